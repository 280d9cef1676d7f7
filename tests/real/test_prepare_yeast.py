"""`maxatac prepare` on real fragments of yeast, against plain numpy from the same text."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from numpy.typing import NDArray

from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist, read_blacklist
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.workflow import PrepareResult, prepare

SLOP = 20


@pytest.fixture(scope="module")
def fragments(yeast: Path) -> Path:
    return yeast / "raw" / "yeast_500k_SRR1822137.bedpe.gz"


@pytest.fixture(scope="module")
def blacklist(yeast: Path) -> Blacklist:
    found = read_blacklist(yeast / "sacCer3_blacklist.bed", problems := Problems())
    assert not problems
    return found


@pytest.fixture(scope="module")
def sizes(yeast: Path) -> dict[str, int]:
    rows = (line.split() for line in (yeast / "sacCer3.chrom.sizes").read_text().splitlines())
    return {chrom: int(size) for chrom, size in rows}


@pytest.fixture(scope="module")
def made(yeast: Path, fragments: Path, tmp_path_factory: pytest.TempPathFactory) -> PrepareResult:
    return prepare(
        PrepareConfig(
            input=(fragments,),
            shift="none",
            sequence=yeast / "sacCer3.2bit",
            blacklist=yeast / "sacCer3_blacklist.bed",
            peaks=yeast / "SRR1822137_part1of2_ATAC_peaks.bed",
            prefix="y",
            output=tmp_path_factory.mktemp("made"),
        )
    )


@pytest.fixture(scope="module")
def sites(fragments: Path, sizes: Mapping[str, int]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {chrom: [] for chrom in sizes}
    with gzip.open(fragments, "rt") as lines:
        for line in lines:
            chrom, start, end = line.split()
            if chrom in found:
                found[chrom] += [int(start) + 4, int(end) - 5]
    return {chrom: np.sort(np.array(positions)) for chrom, positions in found.items()}


def counts(
    sites: Mapping[str, NDArray[np.int64]], sizes: Mapping[str, int], blacklist: Blacklist
) -> tuple[dict[str, NDArray[np.int64]], int]:
    """How many sites cover each base; and the sites that cover any."""
    found, used = {}, 0
    for chrom, size in sizes.items():
        black = np.zeros(size + 1, np.int64)
        for start, end in blacklist.spans(chrom):
            black[start + 1 : end + 1] = 1
        black = np.cumsum(black)
        starts = np.clip(sites[chrom] - SLOP, 0, size)
        ends = np.clip(sites[chrom] + SLOP + 1, 0, size)
        free = black[ends] == black[starts]
        used += int(free.sum())
        steps = np.bincount(starts[free], minlength=size + 1) - np.bincount(ends[free], minlength=size + 1)
        found[chrom] = np.cumsum(steps)[:size]
    return found, used


def values(path: Path, chrom: str, size: int) -> NDArray[np.float32]:
    with pyBigWig.open(str(path)) as track:
        assert track.chroms(chrom) == size
        return np.nan_to_num(track.values(chrom, 0, size, numpy=True))


def test_both_tracks_at_every_base(
    made: PrepareResult, sites: Mapping[str, NDArray[np.int64]], sizes: Mapping[str, int], blacklist: Blacklist
) -> None:
    expected, used = counts(sites, sizes, blacklist)
    covered = np.concatenate([each[each > 0] for each in expected.values()])
    p99 = np.percentile(covered, 99)
    (track,) = made.tracks
    assert track.coverage.p99 == p99
    assert track.coverage.used == used
    assert track.coverage.covered == len(covered)
    depth = sum(map(len, sites.values()))
    assert track.coverage.sites == depth
    for chrom, size in sizes.items():
        scaled = (expected[chrom] * (20_000_000 / depth)).astype(np.float32)
        np.testing.assert_array_equal(values(track.files.scaled, chrom, size), scaled)
        normalised = values(track.files.normalised, chrom, size)
        np.testing.assert_allclose(normalised, expected[chrom] / p99, rtol=1e-7)
    above = np.mean(covered > p99)
    assert 0.005 < above < 0.01


def test_the_record(made: PrepareResult, sizes: Mapping[str, int]) -> None:
    (track,) = made.tracks
    record = json.loads((track.files.scaled.parent / "y_prepare_run.json").read_text())
    assert set(record["chroms"]) == set(sizes)
    assert record["chroms_left_out"] == {"mitochondria and plastids": ["chrM"]}
    assert record["formats"] == {str(record["settings"]["input"][0]): "bed"}
    assert record["tallies"]["records"] == 467_908
    assert record["tallies"]["other_chrom"] == {"chrM": 16_876}

"""`maxatac prepare` on real fragments of yeast, against plain numpy from the same text."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from html_pages import Page
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


def test_quality_by_plain_numpy(
    made: PrepareResult,
    yeast: Path,
    fragments: Path,
    sites: Mapping[str, NDArray[np.int64]],
    sizes: Mapping[str, int],
    blacklist: Blacklist,
) -> None:
    quality = json.loads((made.quality.parent / "y_prepare_run.json").read_text())["quality"]
    peaks = [line.split()[:3] for line in (yeast / "SRR1822137_part1of2_ATAC_peaks.bed").read_text().splitlines()]
    bins, hidden, free_sites, in_peaks = [], 0, 0, 0
    for chrom, size in sizes.items():
        black, peak = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for start, end in blacklist.spans(chrom):
            black[start:end] = True
        for name, start, end in peaks:
            if name == chrom:
                peak[int(start) : int(end)] = True
        # A few sites lie behind the end, where the shift moved them.
        places = np.clip(sites[chrom], 0, size - 1)
        hidden += int(black[places].sum())
        free = places[~black[places]]
        free_sites += len(free)
        in_peaks += int(peak[free].sum())
        shown = [not black[start : start + 500].all() for start in range(0, size, 500)]
        bins += np.bincount(free // 500, minlength=len(shown))[shown].tolist()
    (track,) = quality["tracks"].values()
    assert track["bins"] == len(bins)
    assert track["share_in_blacklist"] == hidden / (hidden + free_sites)
    assert (track["sites_in_peaks"], track["frip"]) == (in_peaks, in_peaks / free_sites)
    fullest = np.concatenate(([0], np.cumsum(np.sort(bins)[::-1])))
    expected = np.interp(len(bins) / 100, np.arange(len(fullest)), fullest) / free_sites
    assert track["share_in_top_bins"] == pytest.approx(expected, rel=1e-12)
    # Real reads show where Tn5 cut: the shift is right.
    assert quality["base_composition"]["middle_of_the_pattern"] == {"+": 0, "-": 0}
    with gzip.open(fragments, "rt") as lines:
        times = Counter(line for line in lines if not line.startswith("chrM"))
    assert (quality["complexity"]["pairs"], quality["complexity"]["distinct_pairs"]) == (times.total(), len(times))
    assert quality["complexity"]["pbc1"] == list(times.values()).count(1) / len(times)


def test_the_page(made: PrepareResult) -> None:
    page = Page(made.quality)
    assert [attributes["id"] for attributes in page.named("figure")] == [
        "filters", "lengths", "lengths_log", "enrichment", "composition", "complexity",
    ]  # fmt: skip
    assert "467,908 fragments" in page.prose

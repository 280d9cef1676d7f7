"""The scale of the yeast signal: counts of cut sites, and the ways in which users normalise them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.data.signal_scale import measure, scale_warning
from maxatac.errors import Problems
from maxatac.files.bigwig import write_track
from maxatac.genome.blacklist import Blacklist, read_blacklist

YEAST = "yeast_sacCer3"
SLOP = 20  # bp on each side of a cut site

Counts = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def blacklist(test_data: Path) -> Blacklist:
    return read_blacklist(test_data / YEAST / "sacCer3_blacklist.bed", Problems())


@pytest.fixture(scope="module")
def prepared(test_data: Path) -> Track:
    """A track that was normalised and clipped at 1."""
    return Track(test_data / YEAST / "SRR1822137_part1of2_RP20M_minmax_percentile99.bw")


@pytest.fixture(scope="module")
def counts(test_data: Path, prepared: Track) -> Counts:
    """How many cut sites lie within 20 bp of each base of some chromosomes."""
    edges = {chrom: np.zeros(prepared.chrom_sizes[chrom] + 1, np.int64) for chrom in ("chrI", "chrII", "chrXII")}
    columns: dict[str, list[int]] = {}
    with gzip.open(test_data / YEAST / "raw" / "yeast_500k_SRR1822137.bedpe.gz", "rt") as fragments:
        for line in fragments:
            chrom, start, end = line.split()[:3]
            columns.setdefault(chrom, []).extend((int(start), int(end) - 1))
    for chrom, changes in edges.items():
        sites = np.array(columns[chrom])
        np.add.at(changes, np.maximum(sites - SLOP, 0), 1)
        np.add.at(changes, np.minimum(sites + SLOP + 1, len(changes) - 1), -1)
    return {chrom: np.cumsum(changes[:-1]).astype(np.float32) for chrom, changes in edges.items()}


@pytest.fixture(scope="module")
def p99(counts: Counts, blacklist: Blacklist) -> float:
    kept = []
    for chrom, values in counts.items():
        outside = np.ones(len(values), bool)
        for start, end in blacklist.spans(chrom):
            outside[start:end] = False
        kept.append(values[outside & (values > 0)].astype(np.float64))
    return float(np.percentile(np.concatenate(kept), 99))


def scaled(folder: Path, counts: Counts, factor: float, *, most: float = np.inf) -> Track:
    values = {chrom: np.minimum(values * np.float32(factor), np.float32(most)) for chrom, values in counts.items()}
    path = folder / "x.bw"
    write_track(path, values, {chrom: len(part) for chrom, part in values.items()}, span=1)
    return Track(path)


def test_a_prepared_track_is_not_warned_of(prepared: Track, blacklist: Blacklist) -> None:
    whole = measure(prepared, prepared.chrom_sizes, blacklist)
    assert (whole.p99, whole.largest) == (1, 1)
    assert scale_warning(whole) is None
    for chrom in prepared.chrom_sizes:
        scale = measure(prepared, [chrom], blacklist)
        assert 0.8 < scale.p99 <= 1
        assert scale_warning(scale) is None
        assert scale_warning(scale, whole) is None


def test_ways_to_normalise(tmp_path: Path, counts: Counts, p99: float, blacklist: Blacklist) -> None:
    largest = max(float(values.max()) for values in counts.values())
    tracks = {
        "raw counts": (1.0, np.inf),
        "counts per million": (1e6 / 935_816, np.inf),
        "20 million": (2e7 / 935_816, np.inf),
        "maximum": (1 / largest, np.inf),
        "normalised": (1 / p99, np.inf),
        "clipped": (1 / p99, 1.0),
        "times 50": (50 / p99, np.inf),
        "times 0.02": (0.02 / p99, np.inf),
    }
    told = {}
    for name, (factor, most) in tracks.items():
        scale = measure(scaled(tmp_path, counts, factor, most=most), counts, blacklist)
        assert scale.p99 == pytest.approx(min(p99 * factor, most), rel=1e-6)
        told[name] = scale_warning(scale)
    assert {name for name, warning in told.items() if warning is None} == {"normalised", "clipped"}
    assert "whole numbers" in told["raw counts"]

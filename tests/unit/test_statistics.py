"""The statistics of a track from histograms, beside numpy's of all values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.preparation.statistics import Histogram, TrackStatistics, statistics_of, write_statistics

VALUES = st.one_of(st.floats(-(2.0**99), 2.0**99, width=32), st.sampled_from([0.0, 1.0, 2.0, 3.0, 1e-45]))
CHROM = st.lists(st.tuples(VALUES, st.integers(1, 40)), min_size=1, max_size=30)


def histogram(bases: np.ndarray) -> Histogram:
    values, counts = np.unique(bases[bases != 0], return_counts=True)
    return Histogram(values, counts, int((bases == 0).sum()))


@given(st.lists(CHROM, min_size=1, max_size=4), st.sampled_from([0.0, 12.5, 50.0, 99.0, 99.5, 100.0]))
def test_statistics_of_any_values(runs: list[list[tuple[float, int]]], percentile: float) -> None:
    chroms = {}
    for place, chrom in enumerate(runs):
        values, counts = zip(*chrom, strict=True)
        chroms[f"chr{place}"] = np.repeat(np.array(values, np.float64), counts)
    found = statistics_of({chrom: histogram(bases) for chrom, bases in chroms.items()}, percentile=percentile)
    for chrom, bases in chroms.items():
        of = found.chroms[chrom]
        covered = bases[bases > 0]
        median = np.percentile(covered, 50) if len(covered) else 0
        assert (of.smallest, of.largest, of.median) == (bases.min(), bases.max(), median)
    every = np.concatenate(list(chroms.values()))
    covered = every[every > 0]
    assert (found.smallest, found.covered) == (every.min(), len(covered))
    if len(covered):
        assert (found.highest, found.median) == tuple(np.percentile(covered, [percentile, 50]))
        assert found.mean == pytest.approx(covered.mean(), rel=1e-12)
        assert found.deviation == pytest.approx(covered.std(), rel=1e-9, abs=1e-9 * covered.mean())
    else:
        assert found.highest == found.median == found.mean == found.deviation == 0


def test_counts_with_a_factor() -> None:
    """As ``prepare`` asks: integer counts times the depth factor."""
    factor = 20e6 / 3_417
    counts = np.array([1, 2, 5])
    found = statistics_of({"chr1": Histogram(counts * factor, np.array([90, 9, 1]), 500)})
    every = np.repeat([1, 2, 5], [90, 9, 1])
    assert found.highest == pytest.approx(np.percentile(every, 99) * factor, rel=1e-15)
    assert found.deviation == pytest.approx(every.std() * factor, rel=1e-14)
    assert found.chroms["chr1"].median == factor


def test_the_two_files(tmp_path: Path) -> None:
    one = Histogram(np.array([0.5, 1.0, 4.0]), np.array([2, 1, 1]), 6)
    found = statistics_of({"chr1": one, "chr2": Histogram(np.empty(0), np.empty(0, np.int64), 9)})
    write_statistics(found, tmp_path / "a.txt", tmp_path / "b.txt")
    table = "chromosome\tmin\tmax\tmedian\nchr1\t0.0\t4.0\t0.75\nchr2\t0.0\t0.0\t0.0\n"
    assert (tmp_path / "a.txt").read_text() == table
    lines = [line.split(": ") for line in (tmp_path / "b.txt").read_text().splitlines()]
    assert [name for name, _ in lines] == [
        "Genomic minimum value",
        "Genomic max value",
        "Genomic median (non-zero)",
        "Genomic mean",
        "Genomic standard deviation",
    ]
    every = np.array([0.5, 0.5, 1, 4])
    numbers = [float(number) for _, number in lines]
    assert numbers == pytest.approx([0, np.percentile(every, 99), 0.75, 1.5, every.std()], rel=1e-15)


def test_nothing_at_all() -> None:
    assert statistics_of({}) == TrackStatistics({}, 0, 99, 0, 0, 0, 0, 0)

"""Sites: which bins, how they are joined, and what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from maxatac.prediction.sites import Sites, call_sites, widen, write_sites

NAN = float("nan")


def sites_of(*rows: tuple[int, int, float, int]) -> Sites:
    starts, ends, maxima, summits = zip(*rows, strict=True)
    return Sites(np.array(starts), np.array(ends), np.array(maxima, np.float32), np.array(summits))


def rows_of(sites: Sites) -> list[tuple[int, int, float, int]]:
    columns = (sites.starts, sites.ends, sites.maxima, sites.summits)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def written(path: Path, *, format: str, **by_chrom: Sites) -> list[list[str]]:
    write_sites(path, by_chrom, format)
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_touching_bins_are_joined() -> None:
    sites = call_sites([0, 32, 96], [32, 64, 128], [0.5, 0.5, 0.5], 0.5)
    assert rows_of(sites) == [(0, 64, 0.5, 16), (96, 128, 0.5, 16)]
    assert (len(sites), sites.bases) == (2, 96)


def test_overlapping_bins_are_joined() -> None:
    assert rows_of(call_sites([0, 16, 40, 72], [72, 48, 50, 80], [1, 2, 1, 1], 1)) == [(0, 80, 2, 32)]


def test_the_summit_is_the_middle_of_the_first_of_the_highest_bins() -> None:
    assert rows_of(call_sites([320, 352, 384], [352, 384, 416], [0.5, 0.75, 0.75], 0.5)) == [(320, 416, 0.75, 48)]


def test_only_scored_bins_are_called() -> None:
    sites = call_sites([0, 32, 64], [32, 64, 96], [0.0, NAN, -0.5], 0)
    assert rows_of(sites) == [(0, 32, 0, 16)]


@pytest.mark.parametrize("cutoff", [0.454, 0.608])
def test_scores_and_cutoffs_are_compared_as_float32(cutoff: float) -> None:
    score = np.float32(cutoff)
    assert float(score) < cutoff
    for values in (np.array([score]), np.array([float(score)]), np.array([cutoff])):
        assert len(call_sites([0], [32], values, cutoff)) == 1
        assert len(call_sites([0], [32], values, float(np.nextafter(score, np.float32(1))))) == 0


def test_nothing_reaches_the_cutoff() -> None:
    assert rows_of(call_sites([0], [32], [0.4], 0.5)) == []
    assert rows_of(call_sites([], [], [], 0.5)) == []


def plain_sites(
    starts: NDArray[np.int64], ends: NDArray[np.int64], values: NDArray[np.float32], cutoff: float
) -> object:
    """Base by base: runs of bases of called bins, split where two bins do not touch."""
    called = [
        (int(s), int(e), float(v)) for s, e, v in zip(starts, ends, values, strict=True) if v >= np.float32(cutoff)
    ]
    covered = sorted({base for start, end, _ in called for base in range(start, end)})
    found = []
    while covered:
        start = end = covered[0]
        while covered and covered[0] == end:
            end = covered.pop(0) + 1
        inside = [item for item in called if start <= item[0] and item[1] <= end]
        highest = max(value for _, _, value in inside)
        first = min(item for item in inside if item[2] == highest)
        found.append((start, end, highest, first[0] + (first[1] - first[0]) // 2 - start))
    return found


@given(
    gaps=st.lists(st.integers(0, 3), max_size=30),
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.454, 0.5, 0.75, NAN]), min_size=30, max_size=30),
    width=st.integers(1, 5),
    cutoff=st.sampled_from([0.0, 0.25, 0.454, 0.6, 0.9]),
    turned=st.booleans(),
)
def test_sites_are_those_of_a_plain_search(
    gaps: list[int], scores: list[float], width: int, cutoff: float, turned: bool
) -> None:
    starts = np.cumsum(np.array(gaps, np.int64) + width)
    ends, values = starts + width, np.array(scores[: len(gaps)], np.float32)
    order = slice(None, None, -1 if turned else 1)
    sites = call_sites(starts[order], ends[order], values[order], cutoff)
    assert rows_of(sites) == plain_sites(starts, ends, values, cutoff)
    assert ((sites.summits >= 0) & (sites.summits < sites.ends - sites.starts)).all()
    again = call_sites(sites.starts, sites.ends, sites.maxima, cutoff)
    assert [row[:3] for row in rows_of(again)] == [row[:3] for row in rows_of(sites)]


@given(
    bins=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.floats(0, 1, width=32)), max_size=20),
    width=st.integers(1, 70),
    turned=st.booleans(),
)
def test_stretches_hold_the_highest_score_of_their_bases(
    bins: list[tuple[int, int, float]], width: int, turned: bool
) -> None:
    starts, ends, position = [], [], 0
    for gap, length, _ in bins:
        starts.append(position + gap)
        position += gap + length
        ends.append(position)
    size = position + 7
    dense = np.full(-(-size // width) * width, np.nan, np.float32)
    for start, end, (_, _, value) in zip(starts, ends, bins, strict=True):
        dense[start:end] = value
    stretches = dense.reshape(-1, width)
    there = np.flatnonzero(~np.isnan(stretches).all(axis=1))
    step = -1 if turned else 1
    found = widen(starts[::step], ends[::step], [value for _, _, value in bins][::step], width=width, size=size)
    assert found[0].tolist() == (there * width).tolist()
    assert found[1].tolist() == [min(place * width + width, size) for place in there.tolist()]
    assert found[2].tolist() == np.nanmax(stretches[there], axis=1, initial=0).tolist()


def test_bed_has_the_shortest_text_of_the_maximum(tmp_path: Path) -> None:
    sites = sites_of((0, 64, 0.454, 16), (96, 128, 1, 16))
    assert written(tmp_path / "a.bed", format="bed", chrI=sites) == [
        ["chrI", "0", "64", "0.454"], ["chrI", "96", "128", "1.0"]
    ]  # fmt: skip


def test_lines_are_in_byte_order(tmp_path: Path) -> None:
    names = ("chr2", "chr10", "chrX", "Chr1", "chr1_gl", "chr1", "é")
    rows = written(
        tmp_path / "a.bed", format="bed", **dict.fromkeys(names, sites_of((0, 32, 1, 16), (96, 1000, 1, 16)))
    )
    assert [row[0] for row in rows[::2]] == sorted(names, key=str.encode)
    assert [row[1] for row in rows[:2]] == ["0", "96"]


def test_narrow_peak(tmp_path: Path) -> None:
    rows = written(
        tmp_path / "a.narrowPeak", format="narrowPeak", chrI=sites_of((0, 96, 0.9, 48), (128, 160, 0.0004, 16))
    )
    assert rows == [
        ["chrI", "0", "96", ".", "900", ".", "0.9", "-1", "-1", "48"],
        ["chrI", "128", "160", ".", "0", ".", "0.0004", "-1", "-1", "16"],
    ]


def test_scores_of_quantitative_sites_stay_within_bounds(tmp_path: Path) -> None:
    sites = {"chrI": sites_of((0, 32, 37.2, 16), (64, 96, 9.3, 16)), "chrII": sites_of((0, 32, 3e38, 16))}
    high = written(tmp_path / "a", format="narrowPeak", chrI=sites["chrI"], chrII=sites_of((0, 32, -2, 16)))
    assert [(row[4], row[6]) for row in high] == [("1000", "37.2"), ("250", "9.3"), ("0", "-2.0")]
    assert [row[4] for row in written(tmp_path / "a", format="narrowPeak", **sites)] == ["0", "0", "1000"]


def test_no_site_is_an_empty_file(tmp_path: Path) -> None:
    for format in ("bed", "narrowPeak"):
        assert written(tmp_path / "a", format=format, chrI=call_sites([], [], [], 0.5)) == []
        assert (tmp_path / "a").read_bytes() == b""

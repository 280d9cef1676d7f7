"""The scale of a signal track, beside numpy's percentiles of all values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maxatac._core import Track, ValueCounts
from maxatac.data.signal_scale import SignalScale, measure, scale_warning, typical
from maxatac.errors import TrackError
from maxatac.files.bigwig import new_bigwig, write_track
from maxatac.genome.blacklist import Blacklist

NONE = Blacklist.empty()


def write(folder: Path, **chroms: NDArray[np.float32]) -> Track:
    path = folder / "x.bw"
    write_track(path, chroms, {chrom: len(values) for chrom, values in chroms.items()}, span=1)
    return Track(path)


def expected(values: Mapping[str, NDArray[np.float32]]) -> SignalScale:
    kept = np.concatenate(list(values.values())).astype(np.float64)
    kept = kept[np.isfinite(kept) & (kept > 0)]
    if not len(kept):
        return SignalScale(0, 0, 0, whole_numbers=False, covered=0)
    p50, p99 = np.percentile(kept, [50, 99])
    return SignalScale(p50, p99, kept.max(), whole_numbers=bool((kept % 1 == 0).all()), covered=len(kept))


def same(found: SignalScale, other: SignalScale) -> bool:
    exact = (found.largest, found.whole_numbers, found.covered) == (other.largest, other.whole_numbers, other.covered)
    return exact and [found.p50, found.p99] == pytest.approx([other.p50, other.p99], rel=1e-12)


VALUES = st.one_of(
    st.floats(width=32, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 1.0000001, 2.0, 3.0, 1e-45, 3.4e38, float("nan")]),
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(VALUES, st.integers(1, 40)), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 30)), max_size=4),
)
def test_scale_of_any_track(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[float, int]], excluded: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    values = {"chr1": np.repeat(*(np.array(column) for column in zip(*runs, strict=True))).astype(np.float32)}
    values["chr2"] = np.arange(7, dtype=np.float32)
    spans = [(start, start + length) for start, length in excluded]
    blacklist = Blacklist({"chr1": tuple(zip(*spans, strict=True))} if spans else {})
    found = measure(write(folder, **values), values, blacklist)
    for start, end in spans:
        values["chr1"][start:end] = np.nan
    assert same(found, expected(values))


def test_pieces_and_threads_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    values = {name: (rng.integers(0, 9, 5_000) / 7).astype(np.float32) for name in ("a", "b")}
    track = write(tmp_path, **values)
    blacklist = Blacklist({"b": ([100, 290], [305, 310])})
    whole = measure(track, values, blacklist)
    monkeypatch.setattr("maxatac.data.value_counts._PIECE", 301)
    assert measure(track, values, blacklist, threads=3) == whole
    values["b"][100:310] = 0
    assert same(whole, expected(values))


def test_of_overlapping_intervals_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([("chr1", 100)])
        track.addEntries(["chr1"] * 2, [0, 40], ends=[50, 60], values=[1.5, 2.5], validate=False)
    assert measure(Track(path), ["chr1"], NONE) == SignalScale(1.5, 2.5, 2.5, whole_numbers=False, covered=60)


def test_chromosomes_that_do_not_count(tmp_path: Path) -> None:
    values = {"chr1": np.ones(100, np.float32), "chrM": np.full(50, 500, np.float32)}
    track = write(tmp_path, **values)
    assert measure(track, ["chr1", "chrM", "chr9"], NONE).covered == 100
    nothing = measure(track, ["chr9"], NONE)
    assert nothing == SignalScale(0, 0, 0, whole_numbers=False, covered=0)
    assert "no value above 0" in str(scale_warning(nothing))


def test_where_little_is_covered_the_whole_track_counts(tmp_path: Path) -> None:
    values = {
        "chr1": np.full(99_000, 1.5, np.float32),
        "chr2": np.full(110_000, 2.5, np.float32),
        "chr3": np.zeros(9, np.float32),
    }
    track = write(tmp_path, **values)
    for chroms, covered in [(["chr2"], 110_000), (["chr1"], 209_000), (["chr1", "chr2"], 209_000), (["chr3"], 0)]:
        assert measure(track, chroms, NONE, enough=100_000).covered == covered
    assert measure(track, ["chr1"], NONE).covered == 99_000
    mitochondrial = write(tmp_path, chrM=np.full(50, 500, np.float32))
    assert measure(mitochondrial, ["chrM"], NONE).p99 == 500


def test_infinite_values_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([("chr1", 100)])
        track.addEntries(["chr1"] * 3, [0, 10, 20], ends=[10, 20, 30], values=[0.5, np.inf, -np.inf])
    assert measure(Track(path), ["chr1"], NONE) == SignalScale(0.5, 0.5, 0.5, whole_numbers=False, covered=10)


def test_damaged_track(tmp_path: Path) -> None:
    track = write(tmp_path, chr1=np.random.default_rng(1).random(50_000, dtype=np.float32))
    path = tmp_path / "x.bw"
    damaged = bytearray(path.read_bytes())
    damaged[2_000:2_100] = bytes(100)
    path.write_bytes(damaged)
    with pytest.raises(TrackError):
        measure(track, ["chr1"], NONE)


def test_counts_by_level_and_by_value(tmp_path: Path) -> None:
    track = write(tmp_path, chr1=np.array([1.0, 1.5, 1.0, -1.0, 0.0, np.nan, 3.0], np.float32))
    nothing = np.empty((0, 2), np.int64)
    counts = ValueCounts()
    counts.add(track, "chr1", 0, 3, nothing)
    counts.add(track, "chr1", 3, 6, nothing)
    assert counts.bases.shape == (32_768,)
    assert {int(level): int(counts.bases[level]) for level in np.flatnonzero(counts.bases)} == {0x3F80: 2, 0x3FC0: 1}
    assert (counts.largest, counts.are_whole) == (1.5, False)
    counts = ValueCounts([0x3F80, 0x4040])
    counts.add(track, "chr1", 0, 7, np.array([[6, 9], [0, 1]]))
    assert counts.bases.shape == (2 * 65_536,)
    assert np.flatnonzero(counts.bases).tolist() == [0]
    with pytest.raises(TrackError, match="chr9"):
        counts.add(track, "chr9", 0, 7, nothing)
    with pytest.raises(ValueError, match="start and end"):
        counts.add(track, "chr1", 0, 7, np.zeros((2, 3), np.int64))


NORMAL = SignalScale(0.04, 1.0, 6.0, whole_numbers=False, covered=1_000)


@pytest.mark.parametrize("trained", [None, NORMAL, SignalScale(0.1, 30.0, 90.0, whole_numbers=False, covered=1_000)])
@pytest.mark.parametrize("factor", [0.02, 0.49, 0.5, 1.0, 2.0, 2.01, 50.0])
def test_scales_that_are_warned_of(trained: SignalScale | None, factor: float) -> None:
    expected = 1.0 if trained is None else trained.p99
    scale = SignalScale(0.05 * expected, factor * expected, 9 * factor, whole_numbers=False, covered=10)
    told = scale_warning(scale, trained)
    assert (told is not None) == (not 0.5 <= factor <= 2)
    if told is not None and trained is None:
        # What was found, what is expected, and what to do.
        assert f"{scale.p50:.3g}, {scale.p99:.3g} and {scale.largest:.3g}" in told
        assert "0.5 to 2" in told
        assert told.count("min-max normalisation of maxATAC at the 99th percentile") == 2


def test_whole_numbers_are_warned_of_unless_training_had_them() -> None:
    counts = SignalScale(1.0, 2.0, 40.0, whole_numbers=True, covered=10)
    assert "whole numbers" in str(scale_warning(counts))
    assert "whole numbers" in str(scale_warning(counts, NORMAL))
    assert scale_warning(counts, counts) is None


def test_the_typical_scale_of_several_tracks() -> None:
    other = SignalScale(0.02, 1.4, 9.0, whole_numbers=True, covered=500)
    assert typical([]) is None
    assert typical([NORMAL]) == NORMAL
    assert typical([NORMAL, other]) == SignalScale(0.03, 1.2, 9.0, whole_numbers=False, covered=1_500)


def test_a_track_without_entries(tmp_path: Path) -> None:
    with new_bigwig(tmp_path / "x.bw", {"chr1": 1_000}):
        pass
    assert measure(Track(tmp_path / "x.bw"), ["chr1"], NONE).covered == 0

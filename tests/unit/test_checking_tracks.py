"""What a check finds in a bigWig, against plain numpy on what another reader reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from writers import BedGraph, write_bigwig

from maxatac._core import Track
from maxatac.checking import tracks
from maxatac.checking.tracks import PIECE, TrackValues, _sums, read_track
from maxatac.errors import TrackError


def expected(path: Path, sizes: dict[str, int]) -> dict[str, NDArray[np.float64]]:
    with pyBigWig.open(str(path)) as track:
        return {chrom: np.array(track.values(chrom, 0, size)) for chrom, size in sizes.items()}


def held_against(found: TrackValues, values: dict[str, NDArray[np.float64]]) -> None:
    whole = np.concatenate(list(values.values()))
    data = whole[~np.isnan(whole)]
    finite = data[np.isfinite(data)]
    assert (found.bases, found.read, found.with_data) == (len(whole), len(whole), len(data))
    assert (found.zero, found.not_finite) == ((data == 0).sum(), np.isinf(data).sum())
    assert found.is_binary == bool(np.isin(data, (0, 1)).all())
    assert found.positive == (finite > 0).sum()
    if len(finite):
        assert (found.smallest, found.largest) == (finite.min(), finite.max())
        np.testing.assert_allclose(found.total, finite.sum(), rtol=1e-6, atol=1e-6)
    for chrom, here in values.items():
        assert found.not_zero[chrom] == (np.nan_to_num(here) != 0).sum()
        bins = np.where(np.isfinite(here), here, 0)[: len(here) // 32 * 32].reshape(-1, 32)
        assert (found.bins[chrom], found.bound[chrom]) == (len(bins), (bins.sum(axis=1) > 16).sum())


SIZES = {"a": 1_000, "b": 333}


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 60), st.sampled_from([0.0, 1.0, 0.5, 2.25, -1.5, np.inf, np.nan])),
        max_size=15,
    )
)
@settings(max_examples=60)
def test_values(tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[int, int, float]]) -> None:
    intervals, place = [], 0
    for gap, length, value in steps:
        intervals.append((place + gap, min(place + gap + length, 1_000), value))
        place += gap + length
    path = tmp_path_factory.mktemp("track") / "t.bw"
    write_bigwig(path, SIZES, [[("a", BedGraph([item for item in intervals if item[0] < item[1]] or [(0, 1, 1.0)]))]])
    held_against(read_track(Track(path), SIZES), expected(path, SIZES))


def test_pieces_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "PIECE", 64)
    random = np.random.default_rng(1)
    ends = np.cumsum(random.integers(1, 50, 35))
    items = [(int(end) - 1 - int(random.integers(0, 1)), int(end), float(np.float32(random.random()))) for end in ends]
    items += [(int(ends[-1]) + 10, int(ends[-1]) + 90, 1.0)]
    path = write_bigwig(tmp_path / "t.bw", {"a": 1_100, "b": 333}, [[("a", BedGraph(items))]])
    told: list[int] = []
    found = read_track(Track(path), {"a": 1_100, "b": 333}, told.append)
    held_against(found, expected(path, {"a": 1_100, "b": 333}))
    assert sum(told) == 1_433
    assert max(told) == 64
    data = np.array([value for start, end, value in items for _ in range(start, end)])
    np.testing.assert_allclose(found.at_largest, (data == data.max()).mean())


def test_intervals_that_overlap_count_once(tmp_path: Path) -> None:
    path = write_bigwig(tmp_path / "t.bw", SIZES, [[("a", BedGraph([(0, 40, 1.0), (20, 60, 3.0), (60, 64, 1.0)]))]])
    found = read_track(Track(path), SIZES)
    # A later interval overwrites an earlier one, as in a run.
    assert (found.with_data, found.total, found.bound["a"]) == (64, 20 + 3 * 40 + 4, 2)


def test_sequences_of_another_size_or_name_are_left_out(tmp_path: Path) -> None:
    path = write_bigwig(tmp_path / "t.bw", SIZES, [[("a", BedGraph([(0, 40, 1.0)])), ("b", BedGraph([(0, 9, 1.0)]))]])
    found = read_track(Track(path), {"a": 1_000, "b": 334, "c": 10})
    assert (found.bases, found.with_data) == (1_000, 40)


@pytest.mark.parametrize("percent", [50, 90, 99])
def test_percentile_is_known_to_a_hundredth(percent: float, tmp_path: Path) -> None:
    values = np.random.default_rng(2).lognormal(0, 3, 1_000).astype(np.float32)
    items = [(place, place + 1, float(value)) for place, value in enumerate(values)]
    found = read_track(Track(write_bigwig(tmp_path / "t.bw", SIZES, [[("a", BedGraph(items))]])), SIZES)
    near = np.percentile(values, [percent - 0.15, percent + 0.15])
    measured = found.percentile(percent)
    assert measured is not None
    assert 0.99 * near[0] <= measured <= 1.01 * near[1]


def test_no_data() -> None:
    nothing = TrackValues()
    assert (nothing.percentile(99), nothing.at_largest, nothing.positive) == (None, 0.0, 0)


def test_damage_in_the_last_block_is_found(tmp_path: Path) -> None:
    sizes = {"a": 10 * PIECE + 7, "b": 3 * PIECE}
    blocks = [[(chrom, BedGraph([(size - 40, size, 1.0)]))] for chrom, size in sizes.items()]
    path = write_bigwig(tmp_path / "t.bw", sizes, blocks)
    found = read_track(Track(path), sizes)
    assert (found.read, found.not_zero) == (sum(sizes.values()), {"a": 40, "b": 40})
    content = bytearray(path.read_bytes())
    index = int.from_bytes(content[24:32], "little")
    content[index - 12 : index] = bytes(12)
    path.write_bytes(content)
    with pytest.raises(TrackError, match="zlib"):
        read_track(Track(path), sizes)


def test_sums_between_edges() -> None:
    starts, ends = np.array([3, 10, 40]), np.array([10, 12, 100])
    values = np.array([1, 2, 0.5], np.float32)
    dense = np.zeros(128)
    for start, end, value in zip(starts, ends, values, strict=True):
        dense[start:end] = value
    np.testing.assert_allclose(_sums(starts, ends, values, np.arange(0, 129, 32)), dense.reshape(-1, 32).sum(axis=1))

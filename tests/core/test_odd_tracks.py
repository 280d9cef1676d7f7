"""Tracks that are odd without being damaged: what docs/train.md says about them holds."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
from numpy.typing import NDArray
from oracles import WINDOW
from writers import BedGraph, FixedStep, Section, VariableStep, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowReader
from maxatac.errors import TrackError

NAN = float("nan")
SIZE = 3 * WINDOW
# Where the window lies whose signal is looked at.
START = WINDOW
# With everything in memory, and with every block read when it is needed.
MEMORY = pytest.mark.parametrize("memory", [None, 0], ids=["in memory", "from the file"])


def signal_of(path: Path, folder: Path, memory: int | None) -> NDArray[np.float32]:
    """Return the signal of the middle window as a sampler gives it: shape (1024,)."""
    genome = Genome(write_twobit(folder / "x.2bit", {"c": "ACGT" * (SIZE // 4)}))
    sampler = Sampler(
        WindowReader(genome, [Track(path)], [Track(path)], memory=memory),
        chroms=["c"],
        roi_chrom=np.zeros(1, np.int32),
        roi_start=np.full(1, START, np.int64),
        roi_track=np.zeros(1, np.int32),
        batch_size=1,
        seed=1,
    )
    signal: NDArray[np.float32] = sampler.batch(0, 0)[0][0, :, 4]
    return signal


def overlaid(items: list[tuple[int, int, float]]) -> NDArray[np.float32]:
    """Lay intervals over each other in the order given; no data and NaN are 0. The middle window, shape (1024,)."""
    values = np.zeros(SIZE + WINDOW, np.float32)
    for start, end, value in items:
        values[start:end] = 0.0 if np.isnan(value) else value
    return values[START : START + WINDOW]


def blocks_of(items: list[tuple[int, int, float]], per_block: int) -> list[list[Section]]:
    return [[("c", BedGraph(items[place : place + per_block]))] for place in range(0, len(items), per_block)]


@MEMORY
def test_negative_values_are_values(tmp_path: Path, memory: int | None) -> None:
    items = [(START + 5, START + 9, -2.5), (START + 9, START + 10, -0.001)]
    signal = signal_of(write_bigwig(tmp_path / "x.bw", {"c": SIZE}, blocks_of(items, 9)), tmp_path, memory)
    assert signal.min() == -2.5
    np.testing.assert_array_equal(signal, overlaid(items))


@MEMORY
def test_nan_is_no_data_and_no_data_is_zero(tmp_path: Path, memory: int | None) -> None:
    blocks: list[list[Section]] = [
        [("c", FixedStep(START, 2, 1, [NAN, 1.0, NAN]))],
        [("c", VariableStep(3, [(START + 10, NAN), (START + 20, 0.5)]))],
        [("c", BedGraph([(START + 30, START + 40, NAN), (START + 40, START + 41, 0.25)]))],
    ]
    path = write_bigwig(tmp_path / "x.bw", {"c": SIZE}, blocks)
    # The reader keeps them apart from 0, the sampler has no need to.
    assert np.isnan(Track(path).values("c", START, START + 2)).all()
    signal = signal_of(path, tmp_path, memory)
    assert np.flatnonzero(signal).tolist() == [2, 20, 21, 22, 40]
    assert np.isfinite(signal).all()


@MEMORY
@pytest.mark.parametrize("value", [float("inf"), -float("inf")])
def test_infinite_values_are_values(tmp_path: Path, memory: int | None, value: float) -> None:
    """They spoil the loss, at which a run stops; a loader that left them out would hide the fault of the file."""
    items = [(START + 1, START + 3, value), (START + 3, START + 4, 1.0)]
    signal = signal_of(write_bigwig(tmp_path / "x.bw", {"c": SIZE}, blocks_of(items, 9)), tmp_path, memory)
    assert signal[:5].tolist() == [0, value, value, 1, 0]
    assert not signal[5:].any()


@MEMORY
@pytest.mark.parametrize("per_block", [1, 3, 9])
def test_of_overlapping_intervals_the_last_one_counts(tmp_path: Path, memory: int | None, per_block: int) -> None:
    """Last in the order of the blocks' starts, and of the file inside a block."""
    items = [
        (START - 50, START + 300, 1.0),
        (START - 20, START + 100, 2.0),
        (START - 20, START + 50, 3.0),
        (START + 40, START + 45, NAN),
        (START + 42, START + 43, 4.0),
        (START + 250, START + 2000, 5.0),
    ]
    path = write_bigwig(tmp_path / "x.bw", {"c": SIZE}, blocks_of(items, per_block))
    np.testing.assert_array_equal(signal_of(path, tmp_path, memory), overlaid(items))


@MEMORY
def test_intervals_and_blocks_may_come_in_any_order(tmp_path: Path, memory: int | None) -> None:
    rng = np.random.default_rng(3)
    starts = rng.permutation(np.arange(0, SIZE - 20, 20)).tolist()
    items = [(start, start + 11, float(place)) for place, start in enumerate(starts)]
    path = write_bigwig(tmp_path / "x.bw", {"c": SIZE}, blocks_of(items, 7), children=3)
    np.testing.assert_array_equal(signal_of(path, tmp_path, memory), overlaid(items))


@MEMORY
@pytest.mark.parametrize("size", [START + 100, SIZE + 500], ids=["shorter", "longer"])
def test_a_chromosome_of_another_length_than_in_the_genome(tmp_path: Path, memory: int | None, size: int) -> None:
    """``maxatac train`` refuses it as another genome build; the loader reads what the two have in common."""
    items = [(place, place + 10, 1.0 + place) for place in range(0, SIZE + 500, 10)]
    blocks: Any = blocks_of(items, 20)
    path = write_bigwig(tmp_path / "x.bw", {"c": size}, blocks)
    inside = [(start, min(end, size), value) for start, end, value in items if start < size]
    np.testing.assert_array_equal(signal_of(path, tmp_path, memory), overlaid(inside))


# Rows in the order of the file. pyBigWig takes the region of a block from its first and its last row.
UNSORTED = pytest.mark.parametrize(
    "rows",
    [
        [(START + 500, START + 600, 1.0), (START, START + 10, 2.0)],
        [(START, START + 10, 2.0), (START + 500, START + 600, 1.0), (START + 20, START + 30, 3.0)],
        [(START + 20, START + 30, 3.0), (START, START + 10, 2.0), (START + 500, START + 600, 1.0)],
    ],
    ids=["first row behind the last", "one row out of place", "first row out of place"],
)


def write_unsorted(path: Path, rows: list[tuple[int, int, float]]) -> Path:
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("c", SIZE)], maxZooms=0)
        starts, ends, values = (list(column) for column in zip(*rows, strict=True))
        file.addEntries(["c"] * len(rows), starts, ends=ends, values=values, validate=False)
    return path


@MEMORY
@UNSORTED
def test_rows_that_were_not_sorted_are_an_error(
    tmp_path: Path, memory: int | None, rows: list[tuple[int, int, float]]
) -> None:
    """The data could not be found from the index; a window without them, beside one with them, would be a lie."""
    path = write_unsorted(tmp_path / "x.bw", rows)
    track = Track(path)
    reads: list[Callable[[], object]] = [
        lambda: signal_of(path, tmp_path, memory),
        lambda: track.values("c", 0, SIZE),
        lambda: track.values("c", START + 21, START + 22),
        lambda: track.intervals("c", 0, SIZE),
        lambda: track.check_blocks("c"),
    ]
    for read in reads:
        with pytest.raises(TrackError, match="the index says") as caught:
            read()
        message = str(caught.value)
        assert message.startswith(f"{path}: not a valid bigWig file: ") and "(at byte " in message
        assert "sort them and write the file again" in message


def test_a_file_of_a_writer_that_sorts_has_sound_blocks(tmp_path: Path) -> None:
    rows = [(start, start + 10, 1.0) for start in range(0, SIZE - 10, 10)]
    track = Track(write_unsorted(tmp_path / "x.bw", rows))
    track.check_blocks("c")
    assert np.nansum(track.values("c", 0, SIZE)) == 10 * len(rows)


def test_a_block_of_another_chromosome_is_an_error(tmp_path: Path) -> None:
    path = write_bigwig(tmp_path / "x.bw", {"c": SIZE, "d": SIZE}, [[("d", BedGraph([(5, 9, 1.0)]))]])
    bytes_ = bytearray(path.read_bytes())
    (index,) = struct.unpack_from("<Q", bytes_, 24)
    # Behind the header of the index and that of its only node: the leaf's region.
    leaf = index + 48 + 4
    assert struct.unpack_from("<4I", bytes_, leaf) == (1, 5, 1, 9)
    struct.pack_into("<4I", bytes_, leaf, 0, 5, 0, 9)
    path.write_bytes(bytes_)
    with pytest.raises(TrackError, match="holds c:5-9, but it holds data of d;"):
        Track(path).values("c", 0, SIZE)

"""Counting the bases of a track by value, by several threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track, ValueCounts
from maxatac.data.percentiles import holding, interpolate, ranks
from maxatac.genome.blacklist import Blacklist

LEVELS = 1 << 15
"""Levels of the values above 0, see ``ValueCounts``."""

LEVEL_SIZE = 1 << 16
"""Values of a level."""

_PIECE = 1 << 22  # bp that are counted at a time

Piece = tuple[str, int, int]
"""Chromosome, start and end."""

ValuesOfLevel = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The lower 16 bits of the values that occur, ascending, and how many bases have each."""


def pieces_of(track: Track, chrom: str) -> Iterator[Piece]:
    """Cut a chromosome of a track into pieces."""
    size = track.chrom_sizes[chrom]
    for start in range(0, size, _PIECE):
        yield chrom, start, min(start + _PIECE, size)


def count_values(
    track: Track,
    pieces: Iterable[Piece],
    blacklist: Blacklist,
    levels: Sequence[int] | None,
    threads: int,
    advance: Callable[[int], object],
) -> list[ValueCounts]:
    """Count the bases of all pieces; each thread has counts of its own.

    Parameters
    ----------
    track : Track
    pieces : iterable of Piece
    blacklist : Blacklist
        Bases that do not count.
    levels : sequence of int, optional
        As ``ValueCounts`` takes them.
    threads : int
    advance : callable
        Is told how many bases were counted.

    Raises
    ------
    TrackError, OSError
        If the track cannot be read.
    """
    left = deque(pieces)
    lock = threading.Lock()

    def count() -> ValueCounts:
        counts = ValueCounts(levels)
        while True:
            try:
                chrom, start, end = left.popleft()
            except IndexError:
                return counts
            counts.add(track, chrom, start, end, blacklist.spans(chrom))
            with lock:
                advance(end - start)

    if (threads := min(threads, len(left))) < 2:
        return [count()]
    with ThreadPoolExecutor(threads, "maxatac-value-counts") as pool:
        running = [pool.submit(count) for _ in range(threads)]
        try:
            return [counts.result() for counts in running]
        finally:
            # After an error or Ctrl-C, the other threads end with the piece that they are at.
            left.clear()


def sum_bases(parts: Sequence[ValueCounts]) -> NDArray[np.int64]:
    """Add up what several threads have counted."""
    total = np.zeros_like(parts[0].bases)
    for part in parts:
        total += part.bases
    return total


def values_by_level(parts: Sequence[ValueCounts], levels: Sequence[int]) -> dict[int, ValuesOfLevel]:
    """Sort what several threads have counted of chosen levels by level."""
    bases = sum_bases(parts).reshape(len(levels), LEVEL_SIZE)
    lower = [np.flatnonzero(row) for row in bases]
    return {level: (lower[row], bases[row, lower[row]]) for row, level in enumerate(levels)}


class LevelPercentiles:
    """Where percentiles of values lie that were counted by level.

    Parameters
    ----------
    levels, bases : shape (n,), int64
        Ascending levels, and how many bases each has.
    percents : sequence of float

    Attributes
    ----------
    levels : set of int
        Levels in which the values have to be counted; empty if there is no base.
    """

    def __init__(self, levels: NDArray[np.int64], bases: NDArray[np.int64], percents: Sequence[float]) -> None:
        count = int(bases.sum())
        self._ranks = [ranks(count, percent) if count else None for percent in percents]
        of_ranks = {rank for found in self._ranks if found is not None for rank in found[:2]}
        held = {rank: holding(bases, int(rank)) for rank in of_ranks}
        self._held = {rank: (int(levels[place]), rest) for rank, (place, rest) in held.items()}
        self.levels = {level for level, _ in self._held.values()}

    def values(self, by_value: Mapping[int, ValuesOfLevel]) -> list[float]:
        """Look the percentiles up in the values of each level; 0 if there is no base."""
        value = {}
        for rank, (level, rest) in self._held.items():
            lower, bases = by_value[level]
            bits = level * LEVEL_SIZE + int(lower[holding(bases, rest)[0]])
            value[rank] = float(np.array(bits, np.uint32).view(np.float32))
        return [
            0.0 if found is None else interpolate(value[found[0]], value[found[1]], found[2]) for found in self._ranks
        ]

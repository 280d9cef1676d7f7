"""A bigWig read from end to end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.data.bins import is_bound
from maxatac.genome.windows import BIN_SIZE

PIECE = 32_768 * BIN_SIZE
"""Bases read at a time: about a million, and whole bins."""

# The upper half of a float32 above 0: sign, exponent and seven bits behind the point, so that a value is known to 1 %.
_LEVELS = 1 << 15


@dataclasses.dataclass
class TrackValues:
    """What a track holds, gathered piece by piece.

    Attributes
    ----------
    bases : int
        Bases of the sequences looked at.
    read : int
        How many of them were read.
    with_data, zero, not_finite : int
        Bases with a value, with the value 0, with an infinite one.
    smallest, largest : float
        Of the finite values; infinities of the wrong sign if there are none.
    total : float
        Sum over the bases.
    is_binary : bool
    not_zero : dict of str to int
        Bases of each sequence whose value is not 0.
    bins, bound : dict of str to int
        Complete bins read of each sequence, and how many of them sum to more than half their width.
    """

    bases: int = 0
    read: int = 0
    with_data: int = 0
    zero: int = 0
    not_finite: int = 0
    smallest: float = np.inf
    largest: float = -np.inf
    total: float = 0.0
    is_binary: bool = True
    not_zero: dict[str, int] = dataclasses.field(default_factory=dict)
    bins: dict[str, int] = dataclasses.field(default_factory=dict)
    bound: dict[str, int] = dataclasses.field(default_factory=dict)
    _levels: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros(_LEVELS, np.int64))
    _at_largest: int = 0

    @property
    def finite(self) -> int:
        """Bases with a finite value."""
        return self.with_data - self.not_finite

    @property
    def missing(self) -> float:
        """Share of the bases read that have no data."""
        return 1 - self.with_data / self.read if self.read else 1.0

    @property
    def positive(self) -> int:
        """Bases with a finite value above 0."""
        return int(self._levels.sum())

    @property
    def at_largest(self) -> float:
        """Share of the bases above 0 that hold the largest value."""
        return self._at_largest / self.positive if self.positive and self.largest > 0 else 0.0

    def percentile(self, percent: float) -> float | None:
        """Percentile of the values above 0, to about 1 %; None if there are none."""
        if not self.positive:
            return None
        level = int(np.searchsorted(np.cumsum(self._levels), percent / 100 * self.positive))
        # The middle of the values that share these bits.
        value = np.array([(min(level, _LEVELS - 1) << 16) | 0x8000], np.uint32).view(np.float32)[0]
        return min(float(value), self.largest)

    def add(self, chrom: str, start: int, end: int, starts: _Ints, ends: _Ints, values: _Floats) -> None:
        """Take in the intervals of a piece, which are clipped to it and do not overlap."""
        there = ~np.isnan(values)
        starts, ends, values = starts[there], ends[there], values[there]
        lengths = ends - starts
        finite = np.isfinite(values)
        self.read += end - start
        self.with_data += int(lengths.sum())
        self.not_finite += int(lengths[~finite].sum())
        self.zero += int(lengths[values == 0].sum())
        self.not_zero[chrom] = self.not_zero.get(chrom, 0) + int(lengths[values != 0].sum())
        self.is_binary &= bool(((values == 0) | (values == 1)).all())
        starts, ends, values, lengths = starts[finite], ends[finite], values[finite], lengths[finite]
        if len(values):
            self._add_range(values, lengths)
        edges = np.arange(start, end + 1, BIN_SIZE)
        sums = _sums(starts, ends, values, edges)
        self.bins[chrom] = self.bins.get(chrom, 0) + len(sums)
        self.bound[chrom] = self.bound.get(chrom, 0) + int(is_bound(sums).sum())

    def _add_range(self, values: _Floats, lengths: _Ints) -> None:
        smallest, largest = float(values.min()), float(values.max())
        self.smallest = min(self.smallest, smallest)
        self.total += float((values * lengths).sum(dtype=np.float64))
        if largest > self.largest:
            self.largest, self._at_largest = largest, 0
        if largest == self.largest:
            self._at_largest += int(lengths[values == values.dtype.type(largest)].sum())
        above = values > 0
        levels = values[above].view(np.uint32) >> 16
        if len(levels):
            # From the lowest level on: a short piece has few. Lengths add up to less than 2**53, so that the sums of
            # floats are exact.
            lowest = int(levels.min())
            counts = np.bincount(levels - lowest, weights=lengths[above])
            self._levels[lowest : lowest + len(counts)] += counts.astype(np.int64)


_Ints = NDArray[np.int64]
_Floats = NDArray[np.float32]


def read_track(
    track: Track, sizes: Mapping[str, int], advance: Callable[[int], object] = lambda _: None
) -> TrackValues:
    """Read the sequences that a track and the genome have in common with the same length.

    Parameters
    ----------
    track : Track
    sizes : mapping of str to int
        Lengths in bp of the genome's sequences.
    advance : callable
        Told how many bases were read, after each piece.

    Raises
    ------
    TrackError, OSError
        If the file is damaged.
    """
    found = TrackValues()
    shared = shared_sizes(track, sizes)
    found.bases = sum(shared.values())
    for chrom, start, end in _pieces(shared):
        found.add(chrom, start, end, *_intervals(track, chrom, start, end))
        advance(end - start)
    return found


def shared_sizes(track: Track, sizes: Mapping[str, int]) -> dict[str, int]:
    """Lengths of the sequences that a track and the genome agree about."""
    return {chrom: size for chrom, size in track.chrom_sizes.items() if sizes.get(chrom) == size}


def _pieces(sizes: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    for chrom, size in sizes.items():
        for start in range(0, size, PIECE):
            yield chrom, start, min(start + PIECE, size)


def _intervals(track: Track, chrom: str, start: int, end: int) -> tuple[_Ints, _Ints, _Floats]:
    """Intervals of a piece, clipped to it, without overlaps; neighbours of one value are joined."""
    starts, ends, values = track.intervals(chrom, start, end)
    starts, ends = np.maximum(starts, start), np.minimum(ends, end)
    if (starts[1:] < ends[:-1]).any():
        values = track.values(chrom, start, end)
        starts = np.arange(start, end, dtype=np.int64)
        ends = starts + 1
    if not len(values):
        return starts, ends, values
    # A dense track has a value for each base, most of them that of the base before.
    changes = (values[1:] != values[:-1]) | (starts[1:] != ends[:-1])
    return starts[np.append(True, changes)], ends[np.append(changes, True)], values[np.append(True, changes)]


def _sums(starts: _Ints, ends: _Ints, values: _Floats, edges: _Ints) -> NDArray[np.float64]:
    """Sum of the values between edges; no data counts as 0.

    The sum up to a base runs straight from knot to knot, a knot being where an interval starts or ends.
    """
    if not len(values):
        return np.zeros(len(edges) - 1)
    knots = np.stack([starts, ends], axis=1).reshape(-1)
    areas = np.stack([np.zeros(len(values)), values.astype(np.float64) * (ends - starts)], axis=1).reshape(-1)
    return np.asarray(np.diff(np.interp(edges, knots, np.cumsum(areas))), dtype=np.float64)

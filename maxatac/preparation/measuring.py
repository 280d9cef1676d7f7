"""The statistics of a track, exact, in two passes over it and with little memory.

The first pass counts the bases by level, the upper 16 bits of a value (see ``ValueCounts``), with sums from which mean
and standard deviation follow as exact fractions. The second pass counts the bases by value in those levels that hold a
percentile; a chromosome is left out if each of them has one value alone, as in most tracks of scaled counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track, ValueCounts
from maxatac.data.value_counts import (
    LEVEL_SIZE,
    LEVELS,
    LevelPercentiles,
    ValuesOfLevel,
    count_values,
    pieces_of,
    values_by_level,
)
from maxatac.genome.blacklist import Blacklist
from maxatac.preparation.coverage import bases_within
from maxatac.preparation.statistics import ChromStatistics, TrackStatistics

_MEDIAN = 50.0


@dataclass(frozen=True)
class MeasuredTrack:
    """What a track holds on the chosen chromosomes.

    Attributes
    ----------
    statistics : TrackStatistics
    largest : float
        The largest value of all bases that count.
    below_zero : int
        Bases with a value below 0.
    not_a_number : int
        Bases whose value is NaN, which counts as no data; those of the blacklist too.
    infinite : mapping of str to (int, int, float)
        Start, end and value of an interval with an infinite value, by chromosome, of those that have one.
    """

    statistics: TrackStatistics
    largest: float
    below_zero: int
    not_a_number: int
    infinite: Mapping[str, tuple[int, int, float]]


def measure_track(
    track: Track,
    sizes: Mapping[str, int],
    blacklist: Blacklist,
    *,
    percentile: float,
    threads: int,
    advance: Callable[[int], object],
) -> MeasuredTrack:
    """Measure a track; it is read once or twice.

    Parameters
    ----------
    track : Track
    sizes : mapping of str to int
        Lengths in bp of the chromosomes; one that the track lacks has no data.
    blacklist : Blacklist
        Bases that do not count.
    percentile : float
        From 0 to 100.
    threads : int
        The result does not depend on it.
    advance : callable
        Is told how many bases were read.

    Returns
    -------
    MeasuredTrack
        Percentiles are exact; mean and standard deviation are rounded once.

    Raises
    ------
    TrackError, OSError
        If the track cannot be read.
    """

    def count(chrom: str, levels: list[int] | None) -> list[ValueCounts]:
        return count_values(track, pieces_of(track, chrom), blacklist, levels, threads, advance)

    seen = _Seen()
    sums = _LevelSums()
    by_level: dict[str, _ChromLevels] = {}
    for chrom in sizes:
        if chrom in track.chrom_sizes:
            parts = count(chrom, None)
            by_level[chrom] = _ChromLevels.of(parts)
            sums.add(by_level[chrom])
            free = sizes[chrom] - bases_within(blacklist, chrom, sizes[chrom])
            seen.add(chrom, parts, free - int(by_level[chrom].bases.sum()))
    of_all = LevelPercentiles(np.arange(LEVELS), sums.bases, (percentile, _MEDIAN))
    by_value = {level: np.zeros(LEVEL_SIZE, np.int64) for level in of_all.levels}
    medians: dict[str, float] = {}
    for chrom, found in by_level.items():
        median = LevelPercentiles(found.levels, found.bases, (_MEDIAN,))
        wanted = median.levels | (of_all.levels & set(found.levels.tolist()))
        values = {level: only for level in wanted if (only := found.only_value(level)) is not None}
        if levels := sorted(wanted - values.keys()):
            values |= values_by_level(count(chrom, levels), levels)
        else:
            advance(sizes[chrom])
        (medians[chrom],) = median.values(values)
        for level in of_all.levels & values.keys():
            lower, bases = values[level]
            by_value[level][lower] += bases
    occurring = {level: np.flatnonzero(bases) for level, bases in by_value.items()}
    highest, middle = of_all.values({level: (lower, by_value[level][lower]) for level, lower in occurring.items()})
    mean, deviation = sums.mean_and_deviation()
    chroms = {chrom: ChromStatistics(*seen.ranges.get(chrom, (0.0, 0.0)), medians.get(chrom, 0.0)) for chrom in sizes}
    smallest = min((of.smallest for of in chroms.values()), default=0.0)
    return MeasuredTrack(
        TrackStatistics(chroms, smallest, percentile, highest, middle, mean, deviation, int(sums.bases.sum())),
        max((of.largest for of in chroms.values()), default=0.0),
        seen.below_zero,
        seen.not_a_number,
        seen.infinite,
    )


class _Seen:
    """What the first pass tells besides the counts."""

    def __init__(self) -> None:
        self.ranges: dict[str, tuple[float, float]] = {}
        self.below_zero = 0
        self.not_a_number = 0
        self.infinite: dict[str, tuple[int, int, float]] = {}

    def add(self, chrom: str, parts: Sequence[ValueCounts], not_above: int) -> None:
        """Add a chromosome, in which so many bases that count are not above 0."""
        below_zero = sum(part.below_zero for part in parts)
        values = [value for part in parts if part.range is not None for value in part.range]
        if not_above > below_zero or not values:
            values.append(0.0)
        self.ranges[chrom] = min(values), max(values)
        self.below_zero += below_zero
        self.not_a_number += sum(part.not_a_number for part in parts)
        if infinite := [part.infinite for part in parts if part.infinite is not None]:
            self.infinite[chrom] = min(infinite)


@dataclass(frozen=True, eq=False)
class _ChromLevels:
    """The levels of a chromosome, ascending, their bases, and sums of the lower bits and of their squares over them."""

    levels: NDArray[np.int64]
    bases: NDArray[np.int64]
    lower: NDArray[np.uint64]
    squares: NDArray[np.uint64]

    @classmethod
    def of(cls, parts: Sequence[ValueCounts]) -> _ChromLevels:
        """Add up what several threads have counted."""
        bases = np.zeros(LEVELS, np.int64)
        lower, squares = np.zeros((2, LEVELS), np.uint64)
        for part in parts:
            levels, of_bases, of_lower, of_squares = part.found()
            bases[levels] += of_bases
            lower[levels] += of_lower
            squares[levels] += of_squares
        levels = np.flatnonzero(bases)
        return cls(levels, bases[levels], lower[levels], squares[levels])

    def only_value(self, level: int) -> ValuesOfLevel | None:
        """Give the value of a level, if it has one alone: then the mean of squares is the square of the mean."""
        place = int(np.searchsorted(self.levels, level))
        bases, lower, square = int(self.bases[place]), int(self.lower[place]), int(self.squares[place])
        if bases * square != lower * lower:
            return None
        return np.array([lower // bases]), np.array([bases])


class _LevelSums:
    """Bases by level, and the sums over them, of all chromosomes."""

    def __init__(self) -> None:
        self.bases = np.zeros(LEVELS, np.int64)
        self._lower = np.zeros(LEVELS, np.uint64)
        # The sums of squares of one chromosome fill 64 bits.
        self._squares = np.zeros((2, LEVELS), np.uint64)

    def add(self, found: _ChromLevels) -> None:
        """Add a chromosome."""
        self.bases[found.levels] += found.bases
        self._lower[found.levels] += found.lower
        self._squares[0, found.levels] += found.squares & np.uint64(0xFFFF_FFFF)
        self._squares[1, found.levels] += found.squares >> np.uint64(32)

    def mean_and_deviation(self) -> tuple[float, float]:
        """Compute mean and standard deviation of all values, each rounded once; 0 without any.

        A float is a whole number of 24 bits times a power of 2. Sums are taken over whole numbers, as multiples of the
        smallest float, 2**-149.
        """
        count = int(self.bases.sum())
        if not count:
            return 0.0, 0.0
        total = square = 0
        for level in np.flatnonzero(self.bases).tolist():
            exponent, upper = level >> 7, level & 0x7F
            number = (upper | (0x80 if exponent else 0)) << 16
            bases, lower = int(self.bases[level]), int(self._lower[level])
            squares = int(self._squares[0, level]) + (int(self._squares[1, level]) << 32)
            shift = max(exponent, 1) - 1
            total += (number * bases + lower) << shift
            square += (number * number * bases + 2 * number * lower + squares) << 2 * shift
        unit = 1 << 149
        variance = (count * square - total * total) / (count * count * unit * unit)
        return total / (count * unit), math.sqrt(variance)

"""The scale of a signal track, and whether a model can be used on it.

A network sees the numbers of the signal, so they must be on the scale of those that it was trained on. maxATAC's
normalisation divides a track by the 99th percentile of its values above 0. A track of raw counts, of reads per
million or of values divided by their maximum makes the network call too many sites, or next to none, without an error.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from maxatac._core import Track, ValueCounts
from maxatac.data.scale_limits import HIGHEST_RATIO, LOWEST_RATIO, is_on_scale
from maxatac.data.value_counts import (
    LEVELS,
    LevelPercentiles,
    Piece,
    count_values,
    pieces_of,
    sum_bases,
    values_by_level,
)
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.chroms import ORGANELLES
from maxatac.system.progress import telling
from maxatac.wording import number

ENOUGH_COVERED = 100_000
"""So many covered bases tell the scale. In yeast, the 99th percentile of stretches with a quarter of that is off by a
factor of 2 in one of ten; of stretches with 100,000, in none of 2,000."""

_PERCENTS = (50, 99)
_NORMALISATION = "the min-max normalisation of maxATAC at the 99th percentile"
_MAKERS = "which maxatac prepare and maxatac normalize do"


@dataclasses.dataclass(frozen=True)
class SignalScale:
    """The distribution of a track's values over its covered bases, those with a value above 0.

    Attributes
    ----------
    p50, p99 : float
        Percentiles of the values, with linear interpolation as in numpy; 0 if no base is covered.
    largest : float
        The largest value; 0 if no base is covered.
    whole_numbers : bool
        Whether all values are whole numbers.
    covered : int
        Covered bases.
    not_a_number : int
        Bases whose value is NaN, which counts as no data; those of the blacklist too.
    """

    p50: float
    p99: float
    largest: float
    whole_numbers: bool
    covered: int
    not_a_number: int = 0


def measure(
    track: Track,
    chroms: Iterable[str],
    blacklist: Blacklist,
    *,
    enough: int = 0,
    threads: int = 1,
) -> SignalScale:
    """Measure the scale of a track, with progress; it is read twice.

    Parameters
    ----------
    track : Track
    chroms : iterable of str
        Chromosomes to look at; those that the track lacks are skipped, and so are mitochondria and plastids unless
        there is nothing else.
    blacklist : Blacklist
        Bases that do not count.
    enough : int
        Look at all of the track where fewer bases of the chromosomes are covered, but some; see ``ENOUGH_COVERED``.
    threads : int
        Threads that read; the result does not depend on it.

    Returns
    -------
    SignalScale
        Exact, and without the values that are infinite: reading the windows reports those.

    Raises
    ------
    TrackError, OSError
        If the track cannot be read.
    """
    chosen = list(chroms)
    scale = _measure(track, chosen, blacklist, threads)
    if 0 < scale.covered < enough and not set(track.chrom_sizes) <= set(chosen):
        return _measure(track, list(track.chrom_sizes), blacklist, threads)
    return scale


def typical(scales: Sequence[SignalScale]) -> SignalScale | None:
    """Summarise the scales of several tracks, such as those that a model was trained on; None if there are none.

    Percentiles are the medians of those of the tracks.
    """
    if not scales:
        return None
    return SignalScale(
        p50=statistics.median(scale.p50 for scale in scales),
        p99=statistics.median(scale.p99 for scale in scales),
        largest=max(scale.largest for scale in scales),
        whole_numbers=all(scale.whole_numbers for scale in scales),
        covered=sum(scale.covered for scale in scales),
        not_a_number=sum(scale.not_a_number for scale in scales),
    )


def scale_warning(scale: SignalScale, trained: SignalScale | None = None) -> str | None:
    """Say that a track is not on the scale that a model expects; None if it is.

    Parameters
    ----------
    scale : SignalScale
        Of the track that the model is used on.
    trained : SignalScale, optional
        Of the tracks that it was trained on. By default it is taken to be that of maxATAC's normalisation, where the
        99th percentile is 1.

    Returns
    -------
    str or None
        A warning without the name of the track.
    """
    if not scale.covered:
        return "the signal has no value above 0 on the chromosomes that are used"
    trained = trained if trained is not None and trained.covered else None
    expected = 1.0 if trained is None else trained.p99
    low, high = LOWEST_RATIO * expected, HIGHEST_RATIO * expected
    are_counts = scale.whole_numbers and (trained is None or not trained.whole_numbers)
    if is_on_scale(scale.p99, expected) and not are_counts:
        return None
    whole = ", and all values are whole numbers, as raw counts are" if are_counts else ""
    scale_of = _NORMALISATION if trained is None else "the tracks that the model was trained on"
    training = "" if trained is None else f"; those of the training tracks are {_numbers(trained)}"
    fractions = " and fractions among the values" if are_counts else ""
    is_usual = LOWEST_RATIO <= expected <= HIGHEST_RATIO
    fix = f"use {_NORMALISATION}, {_MAKERS}" if is_usual else "normalise the track as those of the training were"
    return (
        f"the signal is not on the scale of {scale_of}: the median, 99th percentile and maximum of its values above 0"
        f" are {_numbers(scale)}{whole}{training}; expected a 99th percentile of {number(low)} to"
        f" {number(high)}{fractions}; the predictions can be far too high or too low: {fix}"
    )


def training_warning(scale: SignalScale) -> str | None:
    """Say that a training track is not on the scale of maxATAC's normalisation; None if it is.

    A network can be trained on any scale, but cell types must agree, and so must the tracks that it is used on.

    Returns
    -------
    str or None
        A warning without the name of the track.
    """
    if is_on_scale(scale.p99) and not scale.whole_numbers:
        return None
    whole = " and whole numbers" if scale.whole_numbers else ""
    return (
        f"the signal is not on the scale of {_NORMALISATION}: the median, 99th percentile and maximum of its values"
        f" above 0 are {_numbers(scale)}{whole}; expected a 99th percentile of {LOWEST_RATIO:g} to"
        f" {HIGHEST_RATIO:g}; cell types of another depth will not be comparable: use that normalisation, {_MAKERS}"
    )


def _measure(track: Track, chroms: Sequence[str], blacklist: Blacklist, threads: int) -> SignalScale:
    pieces = list(_pieces(track, chroms))
    bases = 2 * sum(end - start for _, start, end in pieces)
    with telling(f"scale of {Path(track.path).name}", bases, "bp") as advance:
        return _from_counts(lambda levels: count_values(track, pieces, blacklist, levels, threads, advance))


def _from_counts(count: Callable[[Sequence[int] | None], list[ValueCounts]]) -> SignalScale:
    """Find the percentiles in two passes: by level, and by value where they lie."""
    counts = count(None)
    by_level = sum_bases(counts)
    covered = int(by_level.sum())
    not_a_number = sum(part.not_a_number for part in counts)
    if not covered:
        return SignalScale(0.0, 0.0, 0.0, whole_numbers=False, covered=0, not_a_number=not_a_number)
    places = LevelPercentiles(np.arange(LEVELS), by_level, _PERCENTS)
    levels = sorted(places.levels)
    p50, p99 = places.values(values_by_level(count(levels), levels))
    largest = max(part.largest for part in counts)
    are_whole = all(part.are_whole for part in counts)
    return SignalScale(p50, p99, largest, whole_numbers=are_whole, covered=covered, not_a_number=not_a_number)


def _numbers(scale: SignalScale) -> str:
    return f"{number(scale.p50)}, {number(scale.p99)} and {number(scale.largest)}"


def _pieces(track: Track, chroms: Iterable[str]) -> Iterator[Piece]:
    known = [chrom for chrom in chroms if chrom in track.chrom_sizes]
    # A few bases of organelles have most of the reads, and would set the 99th percentile of a small genome.
    for chrom in [chrom for chrom in known if chrom not in ORGANELLES] or known:
        yield from pieces_of(track, chrom)

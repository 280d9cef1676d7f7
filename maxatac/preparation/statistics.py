"""Statistics of a track's values, by chromosome and of all, and the two text files that hold them.

All bases count but those of the blacklist; a base without data has the value 0. *Covered* bases are those with a value
above 0. These are the definitions of the original's ``normalize``. Its medians of chromosomes were those of "is the
base covered", 0, 0.5 or 1; here they are medians of the values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.data.percentiles import interpolate, ranks, value_at
from maxatac.files.atomic import write_text


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many bases of a chromosome have which value.

    Attributes
    ----------
    values : shape (n,), float64
        Distinct and ascending, without 0.
    bases : shape (n,), int64
        Bases with each value.
    zeros : int
        Bases whose value is 0, or that have no data. Those of the blacklist do not count anywhere.
    """

    values: NDArray[np.float64]
    bases: NDArray[np.int64]
    zeros: int


@dataclass(frozen=True)
class ChromStatistics:
    """Statistics of one chromosome.

    Attributes
    ----------
    smallest, largest : float
        Of all bases that count; 0 for a chromosome without any.
    median : float
        Of the covered bases; 0 where none is covered.
    """

    smallest: float
    largest: float
    median: float


@dataclass(frozen=True)
class TrackStatistics:
    """Statistics of the chosen chromosomes of a track.

    Attributes
    ----------
    chroms : mapping of str to ChromStatistics
    smallest : float
        Of all bases that count.
    percentile : float
        Which percentile ``highest`` is, 0 to 100.
    highest : float
        This percentile of the covered bases, with linear interpolation as in numpy.
    median, mean, deviation : float
        Of the covered bases; the standard deviation is that of a population. With ``highest``, 0 where none is covered.
    covered : int
        Covered bases.
    """

    chroms: Mapping[str, ChromStatistics]
    smallest: float
    percentile: float
    highest: float
    median: float
    mean: float
    deviation: float
    covered: int


def statistics_of(histograms: Mapping[str, Histogram], *, percentile: float = 99.0) -> TrackStatistics:
    """Compute the statistics of a track from the histograms of its chromosomes.

    Parameters
    ----------
    histograms : mapping of str to Histogram
    percentile : float
        Which percentile of the covered bases ``highest`` is, 0 to 100.

    Returns
    -------
    TrackStatistics
        Percentiles are exact; sums are rounded once.
    """
    chroms = {chrom: _of_chrom(histogram) for chrom, histogram in histograms.items()}
    values, bases = _covered(_joined(list(histograms.values())))
    covered = int(bases.sum())
    mean = math.fsum(values * bases) / covered if covered else 0.0
    square = math.fsum(bases * (values - mean) ** 2) / covered if covered else 0.0
    return TrackStatistics(
        chroms=chroms,
        smallest=min((chrom.smallest for chrom in chroms.values()), default=0.0),
        percentile=percentile,
        highest=percentile_of(values, bases, percentile),
        median=percentile_of(values, bases, 50.0),
        mean=mean,
        deviation=math.sqrt(square),
        covered=covered,
    )


def percentile_of(values: NDArray[np.float64], bases: NDArray[np.int64], percentile: float) -> float:
    """Find a percentile of values that occur many times each, as numpy does by default; 0 if there is none.

    Parameters
    ----------
    values : shape (n,), float64
        Ascending.
    bases : shape (n,), int64
        How often each occurs.
    percentile : float
        From 0 to 100.
    """
    covered = int(bases.sum())
    if not covered:
        return 0.0
    low, high, part = ranks(covered, percentile)
    return interpolate(value_at(values, bases, low), value_at(values, bases, high), part)


def write_statistics(statistics: TrackStatistics, chrom_min_max: Path, genome_stats: Path) -> None:
    """Write the two text files of the original: a table of the chromosomes, and five lines on all of them.

    Parameters
    ----------
    statistics : TrackStatistics
    chrom_min_max : Path
        ``<prefix>_chromosome_min_max.txt``: chromosome, smallest, largest, and median of the covered bases.
    genome_stats : Path
        ``<prefix>_genome_stats.txt``; its "max" is the percentile.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    rows = [f"{chrom}\t{of.smallest!r}\t{of.largest!r}\t{of.median!r}\n" for chrom, of in statistics.chroms.items()]
    write_text(chrom_min_max, "".join(["chromosome\tmin\tmax\tmedian\n", *rows]))
    lines = {
        "Genomic minimum value": statistics.smallest,
        "Genomic max value": statistics.highest,
        "Genomic median (non-zero)": statistics.median,
        "Genomic mean": statistics.mean,
        "Genomic standard deviation": statistics.deviation,
    }
    write_text(genome_stats, "".join(f"{name}: {value!r}\n" for name, value in lines.items()))


def _of_chrom(histogram: Histogram) -> ChromStatistics:
    ends = [float(value) for value in histogram.values[[0, -1]]] if len(histogram.values) else []
    if histogram.zeros or not ends:
        ends.append(0.0)
    return ChromStatistics(min(ends), max(ends), percentile_of(*_covered(histogram), 50.0))


def _covered(histogram: Histogram) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    above = np.searchsorted(histogram.values, 0.0, side="right")
    return histogram.values[above:], histogram.bases[above:]


def _joined(histograms: list[Histogram]) -> Histogram:
    """Add histograms up."""
    values = [histogram.values for histogram in histograms]
    distinct, places = np.unique(np.concatenate([np.empty(0), *values]), return_inverse=True)
    bases = np.zeros(len(distinct), np.int64)
    np.add.at(bases, places, np.concatenate([np.empty(0, np.int64), *(histogram.bases for histogram in histograms)]))
    return Histogram(distinct, bases, sum(histogram.zeros for histogram in histograms))

"""From cut sites to the two signal tracks.

A cut site covers the bases within ``slop`` bp of it. It counts if this interval stays clear of the blacklist. The
*count* of a base is the number of sites that cover it. One track is ``rpm_factor / depth * count``; the other is
``count / p99``, where p99 is the 99th percentile of the counts of all covered bases. Depth and factor cancel in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import CutSites
from maxatac.files.bigwig import new_bigwig
from maxatac.genome.blacklist import Blacklist
from maxatac.preparation.settings import PERCENTILE
from maxatac.preparation.statistics import Histogram, TrackStatistics, percentile_of, statistics_of


@dataclass(frozen=True, eq=False)
class Coverage:
    """The coverage by the cut sites of a group.

    Attributes
    ----------
    sites : int
        Cut sites on the chosen chromosomes.
    in_blacklist : int
        Those that lie in the blacklist themselves.
    near_blacklist : int
        Those outside it whose widened interval touches it.
    outside : int
        Those whose widened interval lies outside the chromosome, where the ends were moved.
    histograms : mapping of str to (values, bases)
        By chromosome: the counts that occur, ascending and above 0, and how many bases have each; int64.
    p99 : float
        The percentile of the counts of all covered bases; 0 if none is covered.
    """

    sites: int
    in_blacklist: int
    near_blacklist: int
    outside: int
    histograms: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
    p99: float

    @property
    def used(self) -> int:
        """Cut sites that cover something."""
        return self.sites - self.in_blacklist - self.near_blacklist - self.outside

    @property
    def covered(self) -> int:
        """Bases with a count above 0."""
        return sum(int(bases.sum()) for _, bases in self.histograms.values())

    @property
    def highest(self) -> int:
        """The largest count; 0 if no base is covered."""
        return max((int(values[-1]) for values, _ in self.histograms.values() if len(values)), default=0)

    def entry(self) -> dict[str, Any]:
        """List the numbers for the run record."""
        return {
            "cut_sites": self.sites,
            "cut_sites_in_blacklist": self.in_blacklist,
            "cut_sites_near_blacklist": self.near_blacklist,
            "cut_sites_outside": self.outside,
            "cut_sites_used": self.used,
            "covered_bases": self.covered,
            "percentile_of_counts": self.p99,
        }


def measure_coverage(
    sites: CutSites,
    group: int,
    chroms: Iterable[str],
    blacklist: Blacklist,
    slop: int,
    advance: Callable[[int], None],
) -> Coverage:
    """Count the bases of each count.

    Parameters
    ----------
    sites : CutSites
    group : int
    chroms : iterable of str
    blacklist : Blacklist
    slop : int
        In bp.
    advance : callable
        Is told how many sites were counted.
    """
    histograms = {}
    total = inside = near = outside = 0
    for chrom in chroms:
        found = sites.counts(group, chrom, slop=slop, without=blacklist.spans(chrom))
        histograms[chrom] = (found["values"], found["bases"])
        total += found["sites"]
        inside += found["in_blacklist"]
        near += found["near_blacklist"]
        outside += found["outside"]
        advance(found["sites"])
    values, bases = _summed(histograms.values())
    p99 = percentile_of(values.astype(np.float64), bases, PERCENTILE)
    return Coverage(total, inside, near, outside, histograms, p99)


def scaled_statistics(
    coverage: Coverage, factor: float, sizes: Mapping[str, int], blacklist: Blacklist
) -> TrackStatistics:
    """Compute the statistics of a track whose values are the counts times a factor, from the counts."""
    histograms = {}
    for chrom, (values, bases) in coverage.histograms.items():
        free = sizes[chrom] - bases_within(blacklist, chrom, sizes[chrom])
        # A bigWig has float32.
        scaled = (values * factor).astype(np.float32).astype(np.float64)
        histograms[chrom] = Histogram(scaled, bases, free - int(bases.sum()))
    return statistics_of(histograms, percentile=PERCENTILE)


def bases_within(blacklist: Blacklist, chrom: str, size: int) -> int:
    """Count the bases of a chromosome that are in the blacklist."""
    spans = np.minimum(blacklist.spans(chrom), size)
    return int((spans[:, 1] - spans[:, 0]).sum())


def write_tracks(
    sites: CutSites,
    group: int,
    tracks: Mapping[Path, tuple[float, float | None]],
    sizes: Mapping[str, int],
    blacklist: Blacklist,
    *,
    slop: int,
    max_zooms: int,
    threads: int,
    advance: Callable[[int], None],
) -> None:
    """Write tracks whose values are counts times a factor.

    Parameters
    ----------
    sites : CutSites
    group : int
    tracks : mapping of Path to (float, float or None)
        The factor of each, and the value at which it is cut.
    sizes : mapping of str to int
        Lengths of the chromosomes in bp, in the byte order of their names: all of them are in the tracks.
    blacklist : Blacklist
    slop : int
        In bp.
    max_zooms : int
        Zoom levels at most.
    threads : int
        Threads that compress.
    advance : callable
        Is told how many sites were written.

    Raises
    ------
    OSError
        If a file cannot be written; each is whole or absent.
    """
    with contextlib.ExitStack() as stack:
        begun = {path: new_bigwig(path, sizes, max_zooms=max_zooms, threads=threads) for path in tracks}
        writers = {path: stack.enter_context(writer) for path, writer in begun.items()}
        for chrom in sizes:
            without = blacklist.spans(chrom)
            for path, (factor, clip) in tracks.items():
                sites.write_track(writers[path], group, chrom, slop=slop, factor=factor, without=without, clip=clip)
            advance(sites.count(group, chrom))


def _summed(
    histograms: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add histograms up."""
    columns = list(zip(*histograms, strict=True))
    if not columns:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    values, places = np.unique(np.concatenate(columns[0]), return_inverse=True)
    bases = np.zeros(len(values), np.int64)
    np.add.at(bases, places, np.concatenate(columns[1]))
    return values, bases

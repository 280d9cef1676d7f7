"""Tn5 cut sites of one cell type, the signal made from them, and its bigWig files.

The signal is made as maxATAC makes it (Cazares et al. 2023): each cut site is widened by 20 bp to both sides, the depth
is scaled to 20 million cuts, and the result to 0..1 between 0 and its 99th percentile. Depth is a whole number of cuts.
The scale to 20 million cancels, so the signal is the depth divided by the depth at the percentile.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.files.atomic import replacing
from maxatac.genome.spans import Spans, contains
from maxatac.simulation.accessibility import Regions
from maxatac.simulation.binding import Sites

if TYPE_CHECKING:
    from maxatac._core import BigWigWriter

_EXTENSION = 20  # bp on each side of a cut
_BACKGROUND = 0.012  # cuts per bp
_DOMAIN = 12_000  # bp between independent levels of the background, which are joined by straight lines
_DOMAIN_SHAPE = 4.0  # of the gamma distribution of the levels, mean 1
_TILE = 500  # bp in which the background is even
_BP_PER_BURST = 40_000  # amplification bursts: small false peaks, different in each cell type
_CUTS_PER_BURST = 14.0
_BURST_SPREAD = 45.0
_FOOTPRINT = 8  # bp to both sides of a bound site that the factor protects
_PROTECTION = 0.7  # share of the cuts that it prevents where it is always bound
_PERCENTILE = 0.99
_BASES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Runs:
    """Runs of one value on one chromosome, sorted, disjoint, zeros left out.

    Attributes
    ----------
    start, end : shape (runs,), int64
    value : shape (runs,), int64 (depth) or float32 (signal)
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.int64] | NDArray[np.float32]


def draw_cuts(
    size: int, regions: Regions, cell_type: int, sites: Sites, blacklist: Spans, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw the Tn5 cut sites on one chromosome, shape (cuts,), int64, sorted; none in the blacklist.

    The sum of independent Poisson processes: an uneven background, small bursts, and accessible regions, without the
    cuts that bound factors prevent.
    """
    knots = rng.gamma(_DOMAIN_SHAPE, 1 / _DOMAIN_SHAPE, size // _DOMAIN + 2)
    tiles = np.arange(-(-size // _TILE))
    level = np.interp(tiles * (_TILE / _DOMAIN), np.arange(len(knots)), knots)
    in_tile = rng.poisson(level * _BACKGROUND * _TILE)
    background = np.repeat(tiles * _TILE, in_tile) + rng.integers(0, _TILE, int(in_tile.sum()))

    bursts = rng.integers(0, size, rng.poisson(size / _BP_PER_BURST))
    in_burst = rng.poisson(_CUTS_PER_BURST, len(bursts))
    burst = np.repeat(bursts, in_burst) + rng.normal(0, _BURST_SPREAD, int(in_burst.sum())).astype(np.int64)

    lengths = regions.end - regions.start
    # the mean of a parabola is 2/3 of its top
    in_region = rng.poisson(regions.strength[:, cell_type] * lengths * (2 / 3))
    place = rng.beta(2, 2, int(in_region.sum()))  # its density is that parabola
    accessible = np.repeat(regions.start, in_region) + (place * np.repeat(lengths, in_region)).astype(np.int64)
    accessible = accessible[~_is_protected(accessible, sites, rng)]

    cuts = np.concatenate((background, burst, accessible))
    cuts = np.sort(cuts[(cuts >= 0) & (cuts < size)])
    return cuts[~contains(blacklist, cuts)]


def _is_protected(cuts: NDArray[np.int64], sites: Sites, rng: np.random.Generator) -> NDArray[np.bool_]:
    drawn = rng.random(len(cuts))
    if len(sites.centre) == 0:
        return np.zeros(len(cuts), bool)
    after = np.minimum(np.searchsorted(sites.centre, cuts), len(sites.centre) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(sites.centre[after] - cuts) < np.abs(sites.centre[before] - cuts), after, before)
    close = np.abs(sites.centre[nearest] - cuts) <= _FOOTPRINT
    protected: NDArray[np.bool_] = close & sites.has_motif[nearest] & (drawn < _PROTECTION * sites.occupancy[nearest])
    return protected


def write_fragments(path: Path, cuts: Mapping[str, NDArray[np.int64]], barcode: str) -> None:
    """Write the cuts as fragments, gzipped: chromosome, start, end, barcode, count.

    Neighbouring cuts are the ends of a fragment; an odd last one of a chromosome has none. As in fragments of 10x, the
    first cut is the start, and the last one the base before the end.
    """
    with replacing(path) as partial, partial.open("wb") as packed:
        # Without name and time, which would make the bytes differ from run to run.
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=1, mtime=0) as file:
            for chrom, places in cuts.items():
                pairs = places[: len(places) // 2 * 2].reshape(-1, 2).tolist()
                lines = [f"{chrom}\t{start}\t{last + 1}\t{barcode}\t1\n" for start, last in pairs]
                file.write("".join(lines).encode())


def depth_runs(cuts: NDArray[np.int64], size: int) -> Runs:
    """Widen each cut, and count at each base how many cover it."""
    edges = np.concatenate((np.maximum(cuts - _EXTENSION, 0), np.minimum(cuts + _EXTENSION, size)))
    steps = np.repeat(np.array([1, -1], np.int64), len(cuts))
    order = np.argsort(edges, kind="stable")
    return _runs_between(edges[order], np.cumsum(steps[order]))


def add_depths(bases: NDArray[np.int64], depth: Runs) -> NDArray[np.int64]:
    """Add one chromosome to the number of bases at each depth, from 0 on; bases without cuts are not counted."""
    counts = np.bincount(depth.value, weights=depth.end - depth.start, minlength=len(bases)).astype(np.int64)
    counts[: len(bases)] += bases
    return counts


def percentile_depth(bases: NDArray[np.int64]) -> int:
    """Depth of the 99th percentile of all covered bases, given the number of ``bases`` at each; 1 if there is none."""
    cumulative = np.cumsum(bases)
    return max(1, int(np.searchsorted(cumulative, _PERCENTILE * cumulative[-1])))


def mean_signal(bases: NDArray[np.int64], percentile: int, size: int) -> float:
    """Mean of the scaled signal over a genome of ``size`` bp."""
    return float(np.sum(np.minimum(np.arange(len(bases)), percentile) * bases)) / percentile / size


def scale(depth: Runs, percentile: int) -> Runs:
    """Divide by the depth of the percentile and clip to 0..1; neighbours that become equal are joined to one run."""
    if len(depth.start) == 0:
        return Runs(depth.start, depth.end, np.empty(0, np.float32))
    value = np.minimum(depth.value, percentile)
    first = np.concatenate(([True], (value[1:] != value[:-1]) | (depth.start[1:] != depth.end[:-1])))
    last = np.append(np.flatnonzero(first)[1:] - 1, len(value) - 1)
    return Runs(depth.start[first], depth.end[last], (value[first] / percentile).astype(np.float32))


def _runs_between(edges: NDArray[np.int64], values: NDArray[np.int64]) -> Runs:
    """Take the runs of a step function: ``values[i]`` from ``edges[i]`` on; of equal edges the last one counts."""
    deciding = np.append(edges[1:] != edges[:-1], True)[: len(edges)]
    edges, values = edges[deciding], values[deciding]
    changes = np.diff(values, prepend=0) != 0
    edges, values = edges[changes], values[changes]
    covered = values[:-1] > 0
    return Runs(edges[:-1][covered], edges[1:][covered], values[:-1][covered])


def write_signal(track: BigWigWriter, chrom: str, size: int, runs: Runs, *, dense: bool) -> None:
    """Write the signal of a chromosome of ``size`` bp to a bigWig file: the runs or, if ``dense``, every base."""
    if not dense:
        starts, ends = np.ascontiguousarray(runs.start), np.ascontiguousarray(runs.end)
        track.write(chrom, starts, ends, runs.value.astype(np.float32))
        return
    for start in range(0, size, _BASES_AT_ONCE):
        end = min(start + _BASES_AT_ONCE, size)
        first, last = np.searchsorted(runs.end, start, side="right"), np.searchsorted(runs.start, end)
        starts = np.maximum(runs.start[first:last], start) - start
        ends = np.minimum(runs.end[first:last], end) - start
        # the lengths of gap, run, gap, run, ... gap, and their values
        edges = np.concatenate(([0], np.stack((starts, ends), axis=1).ravel(), [end - start]))
        values = np.zeros(len(edges) - 1, np.float32)
        values[1::2] = runs.value[first:last]
        track.write_bins(chrom, start, 1, np.repeat(values, np.diff(edges)))

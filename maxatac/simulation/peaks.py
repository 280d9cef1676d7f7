"""Peaks: ATAC-seq peaks called from the signal, ChIP-seq peaks drawn around bound sites, and narrowPeak files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.spans import merge
from maxatac.simulation.binding import Sites
from maxatac.simulation.tracks import Runs

_STEP = 20  # bp
_SMOOTHED_OVER = 140  # bp; with the step, an odd number of steps
_FOLD = 3.0  # over the mean of the genome
_JOINED_OVER = 80  # bp
_MIN_LENGTH = 120
_SUMMIT_ERROR = 8.0  # bp, standard deviation of a ChIP-seq summit
_CHIP_HALF_WIDTH = (100, 150)  # bp, least and most


@dataclass(frozen=True)
class Peaks:
    """Peaks on one chromosome, sorted and disjoint.

    Attributes
    ----------
    start, end, summit : shape (peaks,), int64
        The summit is a place on the chromosome.
    value : shape (peaks,), float64
        Height: for ATAC the fold over the genome's mean, for ChIP-seq the occupancy in percent.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    summit: NDArray[np.int64]
    value: NDArray[np.float64]


def call_atac_peaks(signal: Runs, size: int, mean: float) -> Peaks:
    """Call peaks where the smoothed signal exceeds three times the mean of the genome.

    It uses the signal alone, so it misses weak regions and calls bursts of noise, as real peak callers do.
    """
    half = _SMOOTHED_OVER // 2
    steps = np.arange(0, size - _STEP + 1, _STEP)
    edges = np.stack((signal.start, signal.end), axis=1).ravel()
    area = np.zeros(len(edges))
    area[1::2] = (signal.end - signal.start) * signal.value.astype(np.float64)
    area = np.cumsum(area)
    if len(edges) == 0 or len(steps) == 0:
        return _no_peaks()
    middle = steps + _STEP // 2
    smoothed = (np.interp(middle + half, edges, area) - np.interp(middle - half, edges, area, left=0.0)) / (2 * half)
    hot = np.flatnonzero(smoothed > _FOLD * mean)
    if len(hot) == 0:
        return _no_peaks()
    stretches = merge(np.stack((steps[hot], steps[hot] + _STEP), axis=1), _JOINED_OVER)
    stretches = stretches[stretches[:, 1] - stretches[:, 0] >= _MIN_LENGTH]
    if len(stretches) == 0:
        return _no_peaks()
    summits = np.empty(len(stretches), np.int64)
    tops = np.empty(len(stretches))
    for number, (start, end) in enumerate(stretches):
        inside = smoothed[start // _STEP : end // _STEP]
        best = int(inside.argmax())
        summits[number] = start + best * _STEP + _STEP // 2
        tops[number] = inside[best]
    return Peaks(stretches[:, 0], stretches[:, 1], summits, tops / mean)


def draw_chip_peaks(sites: Sites, size: int, rng: np.random.Generator) -> Peaks:
    """Draw one peak of 200 to 300 bp around each bound site; those that overlap become one, with the higher summit."""
    if len(sites.centre) == 0:
        return _no_peaks()
    summits = sites.centre + np.round(rng.normal(0, _SUMMIT_ERROR, len(sites.centre))).astype(np.int64)
    least, most = _CHIP_HALF_WIDTH
    half = np.round(least + (most - least) * sites.occupancy).astype(np.int64)
    summits = np.clip(summits, 0, size - 1)
    starts, ends = np.maximum(summits - half, 0), np.minimum(summits + half, size)
    joined = merge(np.stack((starts, ends), axis=1))
    number = np.searchsorted(joined[:, 0], starts, side="right") - 1
    order = np.lexsort((-sites.occupancy, number))
    best = order[np.unique(number[order], return_index=True)[1]]
    return Peaks(joined[:, 0], joined[:, 1], summits[best], 100 * sites.occupancy[best])


def peak_runs(peaks: Peaks) -> Runs:
    """Make the binding track: 1 in the peaks."""
    return Runs(peaks.start, peaks.end, np.ones(len(peaks.start), np.float32))


def write_narrow_peaks(path: Path, name: str, peaks: Mapping[str, Peaks]) -> int:
    """Write the peaks of all chromosomes, and return how many there are.

    Columns as in https://genome.ucsc.edu/FAQ/FAQformat.html#format12; p and q values are -1, which means unknown.
    """
    count = 0
    with path.open("w", encoding="ascii", newline="\n") as file:
        for chrom, found in peaks.items():
            columns = zip(
                found.start.tolist(), found.end.tolist(), found.summit.tolist(), found.value.tolist(), strict=True
            )
            for start, end, summit, value in columns:
                count += 1
                score = min(1000, round(10 * value))
                file.write(
                    f"{chrom}\t{start}\t{end}\t{name}_{count}\t{score}\t.\t{value:.4f}\t-1\t-1\t{summit - start}\n"
                )
    return count


def _no_peaks() -> Peaks:
    nothing = np.empty(0, np.int64)
    return Peaks(nothing, nothing, nothing, np.empty(0))

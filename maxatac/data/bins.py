"""Labels and signal of bins.

The rule that makes a label of a binding signal stands here, for every part that is written in Python. A 32-bp bin is
bound where its sum exceeds half its width, as in the sampler of the core (:func:`is_bound`); a 200-bp bin is bound
where any base is above 0 (:func:`coarse_labels`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.windows import BIN_SIZE

if TYPE_CHECKING:
    from maxatac.data.readers import TrackReader

# Bases read at a time from genomes and tracks, so that memory does not grow with the chromosome; whole bins.
_CHUNK = BIN_SIZE << 15

BOUND_SUM = BIN_SIZE / 2
"""A 32-bp bin is bound where its binding signal sums to more than this (Cazares et al. 2023)."""

COARSE_BIN_SIZE = 200
"""Width in bp of the bins that published maxATAC models are benchmarked in."""


def is_bound(sums: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Label 32-bp bins as bound or not.

    Parameters
    ----------
    sums : any shape, float
        Sum of the binding signal over each bin, as :func:`sum_bins` makes it.

    Returns
    -------
    same shape, bool
    """
    return np.asarray(sums > BOUND_SUM, dtype=np.bool_)


def sum_bins(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum a track over 32-bp bins.

    Parameters
    ----------
    values : shape (..., length), float32
        One value per base; NaN counts as 0.

    Returns
    -------
    shape (..., length // 32), float64

    Raises
    ------
    ValueError
        If the length is not a multiple of 32.
    """
    filled = np.nan_to_num(values, nan=0.0)
    shape = (*values.shape[:-1], values.shape[-1] // BIN_SIZE, BIN_SIZE)
    return np.asarray(filled.reshape(shape).sum(axis=-1, dtype=np.float64), dtype=np.float64)


def bin_labels(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.bool_]:
    """Label the bins of a chromosome as bound or not.

    Parameters
    ----------
    track : Track
        Binding signal; no data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
        Name of the chromosome.
    n_bins : int
        Bins from the chromosome's start on.

    Returns
    -------
    shape (n_bins,), bool
        See :func:`is_bound`.
    """
    return is_bound(_bin_sums(track, chrom, n_bins))


def signal_bins(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.float32]:
    """Average a signal track over the bins of a chromosome.

    Parameters
    ----------
    track, chrom, n_bins
        As in :func:`bin_labels`, for any signal.

    Returns
    -------
    shape (n_bins,), float32
        Mean per base.
    """
    return (_bin_sums(track, chrom, n_bins) / BIN_SIZE).astype(np.float32)


def predicted_bins(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.float32]:
    """Read a predicted track bin by bin.

    Parameters
    ----------
    track : Track
        Predictions in 32-bp bins from the chromosome's start on.
    chrom : str
    n_bins : int
        Bins from the chromosome's start on.

    Returns
    -------
    shape (n_bins,), float32
        NaN where a base has no prediction; the largest value where a bin holds several.
    """
    found = np.full(n_bins, np.nan, dtype=np.float32)
    if chrom in track.chrom_sizes:
        for first, last in chunks(n_bins * BIN_SIZE):
            values = track.values(chrom, first, last).reshape(-1, BIN_SIZE)
            found[first // BIN_SIZE : last // BIN_SIZE] = values.max(axis=1)
    return found


def coarse_maxima(values: NDArray[np.float32], n_coarse: int, width: int = COARSE_BIN_SIZE) -> NDArray[np.float32]:
    """Take the largest value in each stretch of 200 bp, or of another width.

    Parameters
    ----------
    values : shape (bins,), float32
        One value per bin of 32 bp, from the chromosome's start on; it counts for every base of the bin.
    n_coarse : int
        How many stretches to fill.
    width : int
        Length of a stretch in bp.

    Returns
    -------
    shape (n_coarse,), float32
        NaN where a base has no value: its bin is NaN, or beyond the last.
    """
    starts = np.arange(n_coarse, dtype=np.int64) * width
    first, last = starts // BIN_SIZE, (starts + width - 1) // BIN_SIZE
    # The bin behind the chromosome's last full one has no value.
    padded = np.append(values, np.float32(np.nan))
    largest = padded[np.minimum(first, len(values))]
    for offset in range(1, width // BIN_SIZE + 2):
        np.maximum(largest, padded[np.minimum(np.minimum(first + offset, last), len(values))], out=largest)
    return largest


def coarse_labels(track: TrackReader, chrom: str, n_coarse: int) -> NDArray[np.bool_]:
    """Label stretches of 200 bp as bound where any base has binding above 0, as maxATAC's benchmark does.

    Parameters
    ----------
    track : Track
        Binding; no data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
    n_coarse : int
        Stretches from the chromosome's start on.

    Returns
    -------
    shape (n_coarse,), bool
    """
    bound = np.zeros(n_coarse, dtype=np.bool_)
    if chrom in track.chrom_sizes:
        at_once = _CHUNK // COARSE_BIN_SIZE
        for first in range(0, n_coarse, at_once):
            last = min(first + at_once, n_coarse)
            values = track.values(chrom, first * COARSE_BIN_SIZE, last * COARSE_BIN_SIZE)
            bound[first:last] = (values.reshape(-1, COARSE_BIN_SIZE) > 0).any(axis=1)
    return bound


@dataclass(frozen=True)
class Grid:
    """Bins of any width along a chromosome.

    Attributes
    ----------
    size : int
        Length of the chromosome in bp.
    width : int
        Of a bin, in bp. A remainder at the end that fills no bin is left out.
    is_drifting : bool
        Spread the remainder over the bins, as pyBigWig's summaries do: a bin is ``width`` bp long or a base longer.
    """

    size: int
    width: int
    is_drifting: bool = False

    def __len__(self) -> int:
        """Count the bins."""
        return self.size // self.width

    def edges(self, first: int, last: int) -> NDArray[np.int64]:
        """Give the starts of the bins from ``first`` on, and the end of the one before ``last``; in bp."""
        places = np.arange(first, last + 1, dtype=np.int64)
        return places * self.size // max(len(self), 1) if self.is_drifting else places * self.width

    def pieces(self) -> Iterator[NDArray[np.int64]]:
        """Give the edges of about a million bp at a time."""
        at_once = max(_CHUNK // self.width, 1)
        for first in range(0, len(self), at_once):
            yield self.edges(first, min(first + at_once, len(self)))


Read = Callable[[int, int], NDArray[np.float32]]
"""Gives the values of the bases [start, end) of a chromosome."""


def aggregate(read: Read, grid: Grid, how: str) -> NDArray[np.float64]:
    """Make one value of the bases of each bin.

    Parameters
    ----------
    read : callable
    grid : Grid
    how : str
        ``max``, ``mean``, ``min`` or ``sum``.

    Returns
    -------
    shape (bins,), float64
        NaN where a base has no value.
    """
    found = [np.empty(0, np.float64)]
    for edges in grid.pieces():
        values = read(int(edges[0]), int(edges[-1]))
        function = {"max": np.maximum, "min": np.minimum}.get(how, np.add)
        reduced = function.reduceat(values.astype(np.float64), edges[:-1] - edges[0])
        found.append(reduced / np.diff(edges) if how == "mean" else reduced)
    return np.concatenate(found)


def reading_bins(values: NDArray[np.float32]) -> Read:
    """Read the bases of a chromosome from its bins of 32 bp; NaN behind the last."""

    def read(start: int, end: int) -> NDArray[np.float32]:
        first, last = start // BIN_SIZE, -(-end // BIN_SIZE)
        part = values[first:last]
        padded = np.append(part, np.full(last - first - len(part), np.nan, np.float32))
        return np.repeat(padded, BIN_SIZE)[start - first * BIN_SIZE : end - first * BIN_SIZE]

    return read


def reading_track(track: TrackReader, chrom: str) -> Read:
    """Read the bases of a chromosome from a track; NaN where it has none, also on a chromosome that it lacks."""

    def read(start: int, end: int) -> NDArray[np.float32]:
        if chrom not in track.chrom_sizes:
            return np.full(end - start, np.nan, np.float32)
        return track.values(chrom, start, end)

    return read


def without_gaps(read: Read) -> Read:
    """Read no data as 0."""
    return lambda start, end: np.nan_to_num(read(start, end), nan=0.0, posinf=np.inf, neginf=-np.inf)


def chunks(end: int) -> Iterator[tuple[int, int]]:
    """Cut a chromosome into stretches that are read at a time.

    Parameters
    ----------
    end : int
        Where to end, in bp.

    Yields
    ------
    first, last : int
        Half-open, in bp; all but the last are about a million bp long, in whole 32-bp bins.
    """
    for first in range(0, end, _CHUNK):
        yield first, min(first + _CHUNK, end)


def _bin_sums(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.float64]:
    sums = np.zeros(n_bins, dtype=np.float64)
    if chrom in track.chrom_sizes:
        for first, last in chunks(n_bins * BIN_SIZE):
            sums[first // BIN_SIZE : last // BIN_SIZE] = sum_bins(track.values(chrom, first, last))
    return sums

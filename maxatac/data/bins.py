"""Labels and signal of bins.

The rule that makes a label of a binding signal stands here, for every part that is written in Python. A 32-bp bin is
bound where its sum exceeds half its width, as in the sampler of the core (:func:`is_bound`); a 200-bp bin is bound
where any base is above 0 (:func:`coarse_labels`).
"""

from __future__ import annotations

from collections.abc import Iterator
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


def coarse_maxima(values: NDArray[np.float32], n_coarse: int) -> NDArray[np.float32]:
    """Take the largest value in each stretch of 200 bp.

    Parameters
    ----------
    values : shape (bins,), float32
        One value per bin of 32 bp, from the chromosome's start on; it counts for every base of the bin.
    n_coarse : int
        How many stretches to fill.

    Returns
    -------
    shape (n_coarse,), float32
        NaN where a base has no value: its bin is NaN, or beyond the last.
    """
    starts = np.arange(n_coarse, dtype=np.int64) * COARSE_BIN_SIZE
    first, last = starts // BIN_SIZE, (starts + COARSE_BIN_SIZE - 1) // BIN_SIZE
    # The bin behind the chromosome's last full one has no value.
    padded = np.append(values, np.float32(np.nan))
    largest = padded[np.minimum(first, len(values))]
    for offset in range(1, COARSE_BIN_SIZE // BIN_SIZE + 2):
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

"""Sets of half-open intervals on one chromosome, as int64 arrays of shape (intervals, 2): start, end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Intervals = NDArray[np.int64]


def merge(intervals: Intervals, gap: int = 0) -> Intervals:
    """Sort, and join what overlaps or is at most ``gap`` bp apart."""
    if len(intervals) == 0:
        return np.empty((0, 2), np.int64)
    ordered = intervals[np.lexsort((intervals[:, 1], intervals[:, 0]))]
    reach = np.maximum.accumulate(ordered[:, 1])
    first = np.concatenate(([True], ordered[1:, 0] > reach[:-1] + gap))
    starts = ordered[first, 0]
    ends = reach[np.concatenate((np.flatnonzero(first)[1:] - 1, [len(ordered) - 1]))]
    return np.stack((starts, ends), axis=1)


def contains(intervals: Intervals, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which positions lie in one of the sorted, disjoint ``intervals``; shape of ``positions``, bool."""
    before = np.searchsorted(intervals[:, 0], positions, side="right") - 1
    return (before >= 0) & (positions < np.append(intervals[:, 1], 0)[before])


def overlaps(intervals: Intervals, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the intervals ``starts`` to ``ends`` share a base with the sorted, disjoint ``intervals``."""
    return np.searchsorted(intervals[:, 0], ends, side="left") > np.searchsorted(intervals[:, 1], starts, side="right")


def expand(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List every base of many stretches.

    Returns
    -------
    positions, offsets : shape (lengths.sum(),), int64
        Place of each base on the chromosome, and its distance from the start of its stretch.
    """
    ends = np.cumsum(lengths)
    offsets = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    return np.repeat(starts, lengths) + offsets, offsets

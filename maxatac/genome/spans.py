"""Sets of half-open spans on one chromosome, as int64 arrays of shape (spans, 2): start, end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spans = NDArray[np.int64]


def merge(spans: Spans, gap: int = 0) -> Spans:
    """Sort, and join what overlaps or is at most ``gap`` bp apart."""
    if len(spans) == 0:
        return np.empty((0, 2), np.int64)
    ordered = spans[np.lexsort((spans[:, 1], spans[:, 0]))]
    reach = np.maximum.accumulate(ordered[:, 1])
    first = np.concatenate(([True], ordered[1:, 0] > reach[:-1] + gap))
    starts = ordered[first, 0]
    ends = reach[np.concatenate((np.flatnonzero(first)[1:] - 1, [len(ordered) - 1]))]
    return np.stack((starts, ends), axis=1)


def contains(spans: Spans, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which positions lie in one of the sorted, disjoint ``spans``; shape of ``positions``, bool."""
    before = np.searchsorted(spans[:, 0], positions, side="right") - 1
    return (before >= 0) & (positions < np.append(spans[:, 1], 0)[before])


def overlaps(spans: Spans, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the spans ``starts`` to ``ends`` share a base with the sorted, disjoint ``spans``."""
    return np.searchsorted(spans[:, 0], ends, side="left") > np.searchsorted(spans[:, 1], starts, side="right")


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

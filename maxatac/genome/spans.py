"""Sets of half-open spans on one chromosome, as int64 arrays of shape (spans, 2): start, end."""

from __future__ import annotations

from collections.abc import Sequence

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


def at_depth(sets: Sequence[Spans], depth: int) -> Spans:
    """Find the bases that lie in at least ``depth`` of the sets, each of which is sorted and disjoint."""
    return _above(sets, [1] * len(sets), depth)


def without(spans: Spans, removed: Spans) -> Spans:
    """Take the bases of one set out of another; both are sorted and disjoint."""
    return _above((spans, removed), (1, -1), 1)


def _above(sets: Sequence[Spans], weights: Sequence[int], least: int) -> Spans:
    """Find the bases where the weights of the sets that they lie in add up to ``least`` (1 or more)."""
    steps = np.concatenate([np.empty(0, np.int64), *map(np.full, map(len, sets), weights)])
    borders = np.concatenate([np.empty((0, 2), np.int64), *sets])
    places, which = np.unique(borders.T, return_inverse=True)
    change = np.zeros(len(places), np.int64)
    np.add.at(change, which.ravel(), np.concatenate((steps, -steps)))
    inside = np.cumsum(change) >= least
    # No span reaches beyond the last place, so the changes come in pairs.
    return places[np.diff(inside, prepend=False)].reshape(-1, 2)


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

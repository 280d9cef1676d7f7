"""The windows that the network sees, and how they lie on a chromosome.

A window is 1,024 bp wide and is scored in 32 bins of 32 bp (Cazares et al. 2023). Coordinates are 0-based, half-open;
a window is named by its start alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

WINDOW_LENGTH = 1024
"""Length of a window in bp."""

BIN_SIZE = 32
"""Width of a bin in bp; the five max-poolings of the network make it."""

BINS = WINDOW_LENGTH // BIN_SIZE
"""Bins in a window."""


def centre(starts: ArrayLike, ends: ArrayLike) -> NDArray[np.int64]:
    """Place a window on the midpoint of each interval.

    Parameters
    ----------
    starts, ends : shape (n,), integers
        Intervals in bp.

    Returns
    -------
    shape (n,), int64
        Window starts, ``(start + end) // 2 - 512``; they may lie outside the chromosome (see :func:`fits`).
    """
    midpoints = (np.asarray(starts, dtype=np.int64) + np.asarray(ends, dtype=np.int64)) // 2
    return np.asarray(midpoints - WINDOW_LENGTH // 2, dtype=np.int64)


def fits(starts: ArrayLike, size: ArrayLike) -> NDArray[np.bool_]:
    """Tell which windows lie inside their chromosome; touching either end is inside.

    Parameters
    ----------
    starts : shape (n,), integers
        Window starts in bp.
    size : integer, or shape (n,)
        Length of the chromosome in bp, one for all windows or one for each.

    Returns
    -------
    shape (n,), bool
    """
    first = np.asarray(starts, dtype=np.int64)
    return np.asarray((first >= 0) & (first + WINDOW_LENGTH <= np.asarray(size, dtype=np.int64)), dtype=np.bool_)

"""Percentiles of values that occur many times each, with linear interpolation, as in numpy by default."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ranks(count: int, percent: float) -> tuple[int, int, float]:
    """Find the ranks of the two sorted values that a percentile lies between, and its distance from the first.

    Parameters
    ----------
    count : int
        How many values there are, at least one.
    percent : float
        From 0 to 100.
    """
    place = (count - 1) * (percent / 100)
    low = int(place)
    return low, min(low + 1, count - 1), place - low


def interpolate(low: float, high: float, part: float) -> float:
    """Go from one value towards another, rounded as numpy does; from 0, ``low``, to 1, ``high``."""
    between = high - low
    return high - between * (1 - part) if part >= 0.5 else low + between * part


def holding(bases: NDArray[np.int64], rank: int) -> tuple[int, int]:
    """Find the place that holds the base of a rank, and its rank among those of the place.

    Parameters
    ----------
    bases : shape (places,), int64
        Bases at each place, in the order of their values.
    rank : int
        Below their sum.
    """
    ends = np.cumsum(bases)
    place = int(np.searchsorted(ends, rank, side="right"))
    return place, rank - int(ends[place] - bases[place])


def value_at(values: NDArray[np.float64], bases: NDArray[np.int64], rank: int) -> float:
    """Look up the value of a rank where ``values``, ascending, occur ``bases`` times each."""
    return float(values[holding(bases, rank)[0]])

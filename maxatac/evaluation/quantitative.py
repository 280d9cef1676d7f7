"""How close predicted values are to measured ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUANTITATIVE_METRICS = ("pearson", "spearman", "r2", "mean_absolute_error")
"""Metrics of values, in the order in which they are reported."""

_SIDE = 100


@dataclass(frozen=True)
class Agreement:
    """Agreement of predicted with measured values.

    Attributes
    ----------
    bins : int
    pearson, spearman : float
        Correlation of values, and of their ranks (ties share the mean of theirs); NaN where a side is constant.
    r2 : float
        1 minus the squared errors over the squared deviations from the measured mean; NaN where that is constant.
    mean_absolute_error : float
    """

    bins: int
    pearson: float
    spearman: float
    r2: float
    mean_absolute_error: float

    @classmethod
    def of(cls, predicted: NDArray[np.float32], measured: NDArray[np.float32]) -> Agreement:
        """Compare values, both of shape (n,)."""
        if not len(predicted):
            return cls(0, *[float("nan")] * 4)
        p, m = predicted.astype(np.float64), measured.astype(np.float64)
        errors, spread = p - m, m - m.mean()
        total = float(spread @ spread)
        return cls(
            len(p),
            _correlation(p, m),
            _correlation(_ranks(p), _ranks(m)),
            1 - float(errors @ errors) / total if total else float("nan"),
            float(np.abs(errors).mean()),
        )

    def metrics(self) -> dict[str, float]:
        """``QUANTITATIVE_METRICS``, by name."""
        return {name: getattr(self, name) for name in QUANTITATIVE_METRICS}


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's correlation; NaN where a side is constant."""
    if one.min() == one.max() or other.min() == other.max():
        return float("nan")
    x, y = one - one.mean(), other - other.mean()
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank values from 1; equal ones share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def density(predicted: NDArray[np.float32], measured: NDArray[np.float32]) -> dict[str, list[list[int]] | list[float]]:
    """Count bins by both values, for a scatter plot of any number of them.

    Returns
    -------
    dict
        ``measured_edges``, ``predicted_edges``: 101 each; ``counts``: 100 rows of 100, by measured value, then by
        predicted.
    """
    edges = [
        np.linspace(min(float(side.min()), 0.0), float(side.max()) or 1.0, _SIDE + 1) for side in (measured, predicted)
    ]
    counts, *_ = np.histogram2d(measured, predicted, bins=edges)
    return {
        "measured_edges": edges[0].tolist(),
        "predicted_edges": edges[1].tolist(),
        "counts": counts.astype(int).tolist(),
    }

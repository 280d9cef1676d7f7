"""Scores of predictions, counted batch by batch.

A ``ScoreTally`` counts distinct predictions by the bit pattern of their float32, which orders them as their values do.
So predictions that are tied, or crowded below 0.001, are ranked exactly, where histogram bins of equal width would
merge them. Memory is bounded: beyond a number of distinct predictions their last bits are dropped, as many as needed. A
tally of four million then still distinguishes numbers that differ by a few parts in 100,000, whatever their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.evaluation.ranking import METRICS, Ranking

SET_METRICS = ("pooled_dice", *METRICS)
"""What is reported for a set of bins, in this order."""

CELL_COLUMNS = ("epoch", "set", "cell_type", "bins", "bound_bins", "loss", *SET_METRICS)
"""Columns of the table of these scores by cell type."""

MAX_DISTINCT = 1 << 22
"""Distinct predictions that a tally distinguishes; more than the 3.2 million bins of a default validation set."""

_SIGN = np.uint32(1 << 31)
_LOWEST = np.uint32(0x007FFFFF)  # the key of -inf
_UNKNOWN_BELOW = -0.5  # as in the losses
_SMOOTHING = 10.0  # as in the Dice coefficient of a batch


class ScoreTally:
    """Counts of bound bins and others for each distinct prediction, of a stream of batches.

    Parameters
    ----------
    limit : int
        Distinct predictions to distinguish; beyond that, their last bits are dropped. Memory stays below 100 bytes
        times this number.

    Attributes
    ----------
    has_nan : bool
        Whether a prediction was NaN; it is not counted.
    """

    def __init__(self, limit: int = MAX_DISTINCT) -> None:
        self.has_nan = False
        self._limit = limit
        self._shift = 0
        self._keys = np.empty(0, dtype=np.uint32)
        self._true = np.empty(0, dtype=np.int64)
        self._false = np.empty(0, dtype=np.int64)
        self._pending: list[NDArray[np.uint64]] = []
        self._n_pending = 0
        self._ranking: Ranking | None = None

    def update(self, labels: NDArray[np.bool_], scores: NDArray[np.float32]) -> None:
        """Count the bins of a batch.

        Parameters
        ----------
        labels : any shape, bool
            Bound or not.
        scores : same shape, float32
            Predictions.
        """
        self._ranking = None
        is_nan = np.isnan(scores)
        if is_nan.any():
            self.has_nan = True
            labels, scores = labels[~is_nan], scores[~is_nan]
        keys = _to_keys(scores.ravel()) >> np.uint32(self._shift)
        # Key and label in one number: a plain sort then groups them, which is several times faster than an argsort.
        self._pending.append(keys.astype(np.uint64) << np.uint64(1) | labels.ravel())
        self._n_pending += len(keys)
        if self._n_pending >= self._limit:
            self._compact()

    def ranking(self) -> Ranking:
        """Rank what was counted so far; once, however often it is asked for."""
        if self._ranking is None:
            self._compact()
            # Predictions that share a key get the lowest that may share it; keys below that of -inf are NaN.
            scores = _from_keys(np.maximum(self._keys << np.uint32(self._shift), _LOWEST))[::-1]
            self._ranking = Ranking(scores, np.cumsum(self._true[::-1]), np.cumsum(self._false[::-1]))
        return self._ranking

    def _compact(self) -> None:
        """Merge pending bins into the counts, and drop bits until the number of counts is within the limit."""
        if not self._pending:
            return
        codes = np.sort(np.concatenate(self._pending))
        self._pending, self._n_pending = [], 0
        true = (codes & np.uint64(1)).astype(np.int64)
        keys = (codes >> np.uint64(1)).astype(np.uint32)
        first = _firsts(keys)
        found = np.add.reduceat(true, first) if len(first) else true
        sizes = np.diff(np.append(first, len(keys)))
        keys = np.concatenate([self._keys, keys[first]])
        true = np.concatenate([self._true, found])
        false = np.concatenate([self._false, sizes - found])
        order = np.argsort(keys, kind="stable")  # linear in time for runs that are sorted already
        keys, true, false = _grouped(keys[order], true[order], false[order])
        while len(keys) > self._limit and self._shift < 31:
            self._shift += 1
            keys, true, false = _grouped(keys >> np.uint32(1), true, false)
        self._keys, self._true, self._false = keys, true, false


class StreamingScores:
    """Scores of a stream of batches, for each cell type and for all together.

    Parameters
    ----------
    cell_types : sequence of str
    threshold : float, optional
        For quantitative targets: a bin counts as bound where its target is above. The Dice coefficient then takes a
        prediction above it for 1 and any other for 0; the rest ranks the predictions as they are.
    limit : int
        Distinct predictions that are distinguished: of all cell types together, and divided among the cell types.
    """

    def __init__(self, cell_types: Sequence[str], *, threshold: float | None = None, limit: int = MAX_DISTINCT) -> None:
        self.cell_types = tuple(cell_types)
        self._threshold = threshold
        each = max(limit // max(len(self.cell_types), 1), 1 << 16)
        self._tallies = tuple(ScoreTally(each) for _ in self.cell_types)
        # Counted apart: sorting everything once more is quicker than merging the others.
        self._together = ScoreTally(limit)
        # Of each cell type: targets times predictions, targets, predictions, windows, losses.
        self._sums = np.zeros((len(self.cell_types), 5))

    def update(
        self,
        targets: NDArray[np.float32],
        predictions: NDArray[np.float32],
        cells: NDArray[np.integer[Any]],
        losses: NDArray[np.float32],
    ) -> None:
        """Count a batch.

        Parameters
        ----------
        targets : shape (windows, bins), float32
            Below -0.5 where unknown.
        predictions : shape (windows, bins), float32
        cells : shape (windows,), integers
            Index into ``cell_types``.
        losses : shape (windows,), float32
            Mean loss of each window.
        """
        known = targets >= _UNKNOWN_BELOW
        labels = targets > (0.5 if self._threshold is None else self._threshold)
        y = np.where(known, targets if self._threshold is None else labels, 0.0).astype(np.float64)
        p = np.where(known, predictions if self._threshold is None else predictions > self._threshold, 0.0)
        per_window = ((y * p).sum(axis=1), y.sum(axis=1), p.sum(axis=1, dtype=np.float64), None, losses)
        for column, values in enumerate(per_window):
            self._sums[:, column] += np.bincount(cells, values, minlength=len(self.cell_types))
        self._together.update(labels[known], predictions[known])
        for cell in np.unique(cells).tolist():
            mine = cells == cell
            chosen = known[mine]
            self._tallies[cell].update(labels[mine][chosen], predictions[mine][chosen])

    def ranking(self) -> Ranking:
        """Rank the bins of all cell types together."""
        return self._together.ranking()

    def pooled(self) -> dict[str, float]:
        """Scores of all bins: ``SET_METRICS``, by name; NaN if a prediction was NaN."""
        return _metrics(self._together, self._sums.sum(axis=0))

    def by_cell_type(self) -> dict[str, dict[str, float]]:
        """Scores of each cell type: ``bins``, ``bound_bins``, ``loss`` and ``SET_METRICS``, by name."""
        return {
            cell_type: {
                "bins": (ranking := tally.ranking()).bins,
                "bound_bins": ranking.positives,
                "loss": float(sums[4] / sums[3]) if sums[3] else float("nan"),
                **_metrics(tally, sums),
            }
            for cell_type, tally, sums in zip(self.cell_types, self._tallies, self._sums, strict=True)
        }


def _metrics(tally: ScoreTally, sums: NDArray[np.float64]) -> dict[str, float]:
    both, targets, predictions = sums[:3].tolist()
    dice = (2 * both + _SMOOTHING) / (targets + predictions + _SMOOTHING)
    if tally.has_nan:
        return dict.fromkeys(SET_METRICS, float("nan"))
    return {"pooled_dice": dice, **tally.ranking().metrics}


def _to_keys(scores: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Map numbers to integers of the same order."""
    bits = (np.asarray(scores, dtype=np.float32) + np.float32(0)).view(np.uint32)  # -0 becomes 0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _from_keys(keys: NDArray[np.uint32]) -> NDArray[np.float32]:
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float32)


def _firsts(keys: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Places where a sorted array changes."""
    return np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])


def _grouped(
    keys: NDArray[np.uint32], true: NDArray[np.int64], false: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Add up the counts of equal keys, which are neighbours."""
    first = _firsts(keys)
    if len(first) == len(keys):
        return keys, true, false
    return keys[first], np.add.reduceat(true, first), np.add.reduceat(false, first)

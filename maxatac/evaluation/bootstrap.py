"""Intervals for scores over a genome, by resampling contiguous blocks of it.

Neighbouring bins are alike, so that resampling bins would make intervals far too narrow. Whole blocks are drawn, with
replacement, and every predictor is scored on the same draws, so that common variation cancels in differences.

A resample is a weighted sum of the blocks' histograms, so that nothing is sorted again. The histograms' bins are laid
at quantiles of the predictions, of the bound bins and of the others, and are narrow where either kind is dense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.evaluation.ranking import EARLY_RECALL, Ranking

RESAMPLES = 1_000
LEVEL = 0.95
"""Share of the resamples that an interval holds."""

BLOCK = 1_000_000
"""Length of a block in bp."""

MIN_BLOCKS = 30
"""Where there are fewer blocks, they are made shorter."""

BLOCK_UNIT = 800
"""Blocks are a multiple of this many bp: whole bins of 32 and of 200 bp."""

_QUANTILES = 1024  # of the bound bins, and as many of the others
_AT_ONCE = 100  # resamples


def block_length(covered: Mapping[str, NDArray[np.bool_]], bin_size: int) -> int:
    """Choose the length of blocks: 1 Mb, or less where fewer than 30 blocks would have a bin in them.

    Parameters
    ----------
    covered : mapping of str to array of shape (bins,), bool
        Which bins of each chromosome are scored.
    bin_size : int
        In bp.

    Returns
    -------
    int
        In bp, a multiple of 800; 800 where even such short ones are fewer than 30.
    """
    total = bin_size * sum(map(len, covered.values()))
    length = BLOCK
    # There are at most two blocks per block's length of chromosomes, and one more: most lengths need no counting.
    while length > BLOCK_UNIT and (
        2 * total < length * (MIN_BLOCKS - 1) or number_blocks(covered, bin_size, length)[1] < MIN_BLOCKS
    ):
        # A tenth less each time, which is close enough to the longest length that gives 30 blocks.
        length = max(int(length * 0.9) // BLOCK_UNIT, 1) * BLOCK_UNIT
    return length


def number_blocks(
    covered: Mapping[str, NDArray[np.bool_]], bin_size: int, length: int
) -> tuple[NDArray[np.int64], int]:
    """Give numbers to the blocks of a length that have a scored bin in them.

    A chromosome shorter than a block shares one with the next short ones in the list, as long as it has room. So the
    number of blocks depends on the number of bases, not on the number of sequences.

    Parameters
    ----------
    covered : mapping of str to array of shape (bins,), bool
        Which bins of each chromosome are scored.
    bin_size, length : int
        In bp.

    Returns
    -------
    blocks : shape (scored bins,), int64
        Block of each scored bin, from 0, in the order of the chromosomes.
    count : int
        Blocks in all.
    """
    numbers = [np.empty(0, np.int64)]
    count, shared, room = 0, 0, 0
    for mask in covered.values():
        places, size = np.flatnonzero(mask), len(mask) * bin_size
        if size >= length:
            found, own = np.unique(places * bin_size // length, return_inverse=True)
            numbers.append(own + count)
            count += len(found)
        elif len(places):
            if size > room:
                shared, room = count, length
                count += 1
            room -= size
            numbers.append(np.full(len(places), shared, np.int64))
    return np.concatenate(numbers), count


def draw_weights(blocks: int, seed: int, resamples: int = RESAMPLES) -> NDArray[np.int64]:
    """Draw as many blocks as there are, with replacement, once per resample.

    Returns
    -------
    shape (resamples, blocks), int64
        How often each block was drawn.
    """
    random = np.random.Generator(np.random.Philox(seed))
    return random.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples)


@dataclass(frozen=True, eq=False)
class Resampled:
    """A predictor's scores on the resamples, next to those on the bins themselves.

    Attributes
    ----------
    values : dict of str to float
        Metrics of the bins by name, exact.
    resampled : shape (resamples, metrics), float64
        The same metrics of each resample, in the same order.
    """

    values: dict[str, float]
    resampled: NDArray[np.float64]

    def interval(self, metric: str) -> tuple[float, float]:
        """Interval of a metric: low and high, NaN if no resample could be scored."""
        return interval(self.resampled[:, self._place(metric)])

    def difference(self, metric: str, other: Resampled) -> tuple[float, float, float]:
        """Difference from another predictor in a metric, and its low and high, from the same resamples."""
        place = self._place(metric)
        low, high = interval(self.resampled[:, place] - other.resampled[:, place])
        return self.values[metric] - other.values[metric], low, high

    def _place(self, metric: str) -> int:
        return list(self.values).index(metric)


def resample(
    labels: NDArray[np.bool_],
    scores: NDArray[np.float32],
    blocks: NDArray[np.integer[Any]],
    weights: NDArray[np.int64],
    ranking: Ranking | None = None,
    recalls: Sequence[float] = (EARLY_RECALL,),
) -> Resampled:
    """Score a predictor on its bins and on every resample of them.

    Parameters
    ----------
    labels : shape (n,), bool
        Bound or not.
    scores : shape (n,), float32
        Higher means bound.
    blocks : shape (n,), integers
        Block of each bin.
    weights : shape (resamples, blocks)
        From ``draw_weights``.
    ranking : Ranking, optional
        Of these labels and scores, if it was made before: sorting is most of the work.
    recalls : sequence of float
        Recalls at which precision is a metric.

    Returns
    -------
    Resampled
        NaN where there is no bound bin, or for AUROC nothing else.
    """
    edges = _edges(labels, scores)
    n_bins = len(edges) + 1
    # The highest predictions come first.
    place = n_bins - 1 - np.searchsorted(edges, scores, side="right")
    cell = blocks.astype(np.int64) * n_bins + place
    shape = (weights.shape[1], n_bins)
    histograms = [
        np.bincount(cell[mask], minlength=shape[0] * shape[1]).reshape(shape).astype(np.float32)
        for mask in (labels, ~labels)
    ]
    ranking = Ranking.of(labels, scores) if ranking is None else ranking
    values = ranking.metrics_at(recalls)
    found = np.empty((len(weights), len(values)))
    for first in range(0, len(weights), _AT_ONCE):
        drawn = weights[first : first + _AT_ONCE].astype(np.float32)
        gained, others = ((drawn @ histogram).astype(np.float64) for histogram in histograms)
        found[first : first + _AT_ONCE] = _scores(gained, others, recalls)
    exact = np.array(list(values.values()))
    # Predictions that share a bin count as ties. The error of this is nearly the same in every resample.
    gained, others = (histogram.sum(axis=0, dtype=np.float64, keepdims=True) for histogram in histograms)
    binned = _scores(gained, others, recalls)
    found += np.where(np.isfinite(exact), exact - binned[0], 0.0)
    return Resampled(values, found)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Interval that holds the middle 95 % of the resamples that could be scored.

    Parameters
    ----------
    values : shape (resamples,), float64

    Returns
    -------
    low, high : float
        NaN if none could be scored.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high


def _edges(labels: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Choose predictions that occur as the borders of a histogram's bins; each is the first of its bin."""
    quantiles = np.linspace(0, 1, _QUANTILES + 1)[:-1]
    chosen = [np.quantile(part, quantiles, method="higher") for part in (scores[labels], scores[~labels]) if len(part)]
    # Predictions below the lowest border have their own bin, so the lowest value needs no border.
    return np.unique(np.concatenate([np.empty(0, np.float32), *chosen]))[1:]


def _scores(gained: NDArray[np.float64], others: NDArray[np.float64], recalls: Sequence[float]) -> NDArray[np.float64]:
    """Score histograms, one in a row, from the highest predictions down."""
    true, false = np.cumsum(gained, axis=1), np.cumsum(others, axis=1)
    positives, negatives = true[:, -1:], false[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(true + false > 0, true / (true + false), 0.0)
        area = (gained * precision).sum(axis=1, keepdims=True) / positives
        roc = (others * (true - gained / 2)).sum(axis=1, keepdims=True) / (positives * negatives)
    at_recalls = []
    for recall in recalls:
        place = np.argmax(true >= recall * positives, axis=1)[:, None]
        at_recalls.append(np.where(positives > 0, np.take_along_axis(precision, place, axis=1), np.nan))
    return np.concatenate([area, roc, *at_recalls], axis=1)

"""Several predictors of the same bins, such as a model and what it has to beat, scored beside each other."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.evaluation.bootstrap import Resampled, block_length, draw_weights, number_blocks, resample
from maxatac.evaluation.curves import summarize
from maxatac.evaluation.ranking import EARLY_RECALL, GUESS, METRICS, Ranking
from maxatac.genome.windows import BIN_SIZE
from maxatac.wording import first_few

COLUMNS = (
    "cell_type", "label", "chroms", "bin_size", "bins", "bound_bins", "blocks", "block_size", "predictor", "metric",
    "value", "low", "high", "model_minus", "model_minus_low", "model_minus_high", "note",
)  # fmt: skip
"""Columns of the table."""

LISTED_CHROMS = 30
"""Test chromosomes that the table names; of more it has the number."""

_NOTHING_BOUND = "none of the bins is bound"
_ALL_BOUND = "all of the bins are bound"

Labels = Mapping[str, NDArray[np.bool_]]
Predictions = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class BenchmarkScores:
    """Scores of several predictors of the same bins.

    Attributes
    ----------
    bin_size : int
        In bp.
    bins, bound_bins : int
        Scored bins, and bound ones among them.
    blocks, block_size : int
        Blocks that were resampled, and their length in bp.
    predictors : tuple of mappings
        One for each predictor, the guess last: its ``name``, and each of its metrics
        (:func:`maxatac.evaluation.ranking.metric_names`) with ``value``, ``low`` and ``high`` (a 95 % interval). All
        but the first also have ``model_minus``, ``model_minus_low`` and ``model_minus_high``: by how much the first is
        better. One without scores has a ``note`` that says why.
    curves : mapping of str to mapping
        Of each predictor that was given, as :func:`maxatac.evaluation.curves.summarize` makes it.
    measured : mapping of str to object
        Of each predictor that was given, what else was made of its ranking.
    """

    bin_size: int
    bins: int
    bound_bins: int
    blocks: int
    block_size: int
    predictors: tuple[Mapping[str, Any], ...]
    curves: Mapping[str, Mapping[str, Any]]
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prevalence(self) -> float:
        """Share of bound bins: the average precision of a guess; NaN without a bin."""
        return self.bound_bins / self.bins if self.bins else math.nan

    def value(self, predictor: str, metric: str = "average_precision") -> float:
        """Look up a metric of a predictor, by its name; NaN where there is none, as when no bin is bound.

        Raises
        ------
        KeyError
            If there is no such predictor.
        """
        entry = {entry["name"]: entry for entry in self.predictors}[predictor]
        return float(entry[metric]["value"]) if metric in entry else math.nan

    def as_dict(self) -> dict[str, Any]:
        """Make a mapping of plain values, as the files of a run hold it: all but the curves and what was measured."""
        names = ("bin_size", "bins", "bound_bins", "blocks", "block_size")
        return {name: getattr(self, name) for name in names} | {"predictors": list(self.predictors)}


def score_predictors(
    labels: Labels,
    predictors: Mapping[str, Predictions],
    *,
    bin_size: int = BIN_SIZE,
    block_size: int | None = None,
    seed: int = 0,
    unavailable: Mapping[str, str] | None = None,
    recalls: Sequence[float] = (EARLY_RECALL,),
    measure: Callable[[str, Ranking], Any] | None = None,
    intervals: bool = True,
) -> BenchmarkScores:
    """Score predictors on the bins of all chromosomes together, with intervals from resampled blocks.

    The order of the chromosomes does not matter: they are taken in that of their names.

    Parameters
    ----------
    labels : mapping of str to array of shape (bins,), bool
        Bound or not, by chromosome.
    predictors : mapping of str to mapping of str to array of shape (bins,), float32
        By the predictor's name, then by chromosome; higher means bound. The first is what the others are compared with.
        Where it is NaN, a bin is not scored.
    bin_size : int
        In bp.
    block_size : int, optional
        Length of the blocks in bp; :func:`maxatac.evaluation.bootstrap.block_length` by default.
    seed : int
        Draws the resamples.
    unavailable : mapping of str to str, optional
        Predictors that could not be made, and why.
    recalls : sequence of float
        Recalls at which precision is a metric.
    measure : callable, optional
        Gets the name and the ranking of each predictor, which is not kept, and makes more of it.
    intervals : bool
        Whether to resample; else, and if there is a single block, the intervals are NaN.

    Raises
    ------
    ValueError
        If a predictor is NaN in a bin that is scored, or a chromosome has another number of bins in it or the labels.
    """
    first = next(iter(predictors))
    scored = {chrom: ~np.isnan(values) for chrom, values in sorted(predictors[first].items())}
    block_size = block_length(scored, bin_size) if block_size is None else block_size

    bound = _pooled(labels, scored, np.bool_)
    blocks, n_blocks = number_blocks(scored, bin_size, block_size)
    # A single block is always drawn: that would tell of no uncertainty at all.
    weights = draw_weights(n_blocks, seed) if bound.any() and intervals and n_blocks > 1 else None

    def score(values: NDArray[np.float32], ranking: Ranking) -> Resampled:
        if weights is None:
            found = ranking.metrics_at(recalls)
            return Resampled(found, np.full((1, len(found)), np.nan))
        return resample(bound, values, blocks, weights, ranking, recalls)

    curves, results, measured = {}, {}, {}
    for name, by_chrom in predictors.items():
        values = _pooled(by_chrom, scored, np.float32)
        ranking = Ranking.of(bound, values)
        curves[name] = summarize(ranking)
        if measure is not None:
            measured[name] = measure(name, ranking)
        if ranking.positives and ranking.negatives:
            results[name] = score(values, ranking)
    if results:
        guess = np.zeros(len(bound), np.float32)
        results[GUESS] = score(guess, Ranking.of(bound, guess))
    missing = dict(unavailable or {})
    notes = missing if results else {}
    reason = _ALL_BOUND if bound.any() else _NOTHING_BOUND
    entries = tuple(
        {"name": name, **_scores_of(results[name], results[first] if name != first else None)}
        if name in results
        else {"name": name, "note": notes.get(name, reason)}
        for name in dict.fromkeys((*predictors, *missing, GUESS))
    )
    return BenchmarkScores(bin_size, len(bound), int(bound.sum()), n_blocks, block_size, entries, curves, measured)


def _pooled(
    by_chrom: Mapping[str, NDArray[Any]], scored: Mapping[str, NDArray[np.bool_]], dtype: type[np.generic]
) -> NDArray[Any]:
    """Join the bins of all chromosomes that are scored."""
    parts = [np.empty(0, dtype)]
    for chrom, mask in scored.items():
        if len(by_chrom[chrom]) != len(mask):
            raise ValueError(f"{chrom} has {len(by_chrom[chrom]):,} bins here, and {len(mask):,} that may be scored")
        parts.append(by_chrom[chrom][mask])
    return np.concatenate(parts)


def _scores_of(found: Resampled, model: Resampled | None) -> dict[str, dict[str, float]]:
    """Lay out the metrics of a predictor with their intervals, and how much better the model is."""
    scores = {}
    for metric in found.values:
        low, high = found.interval(metric)
        scores[metric] = {"value": found.values[metric], "low": low, "high": high}
        if model is not None:
            more, low, high = model.difference(metric, found)
            scores[metric] |= {"model_minus": more, "model_minus_low": low, "model_minus_high": high}
    return scores


def table_of_test(scores: Mapping[str, Any]) -> str:
    """Lay scores out as a tab-separated table with ``COLUMNS``.

    Parameters
    ----------
    scores : mapping
        ``chroms``, and under ``cell_types`` a mapping for each: ``cell_type``, ``label`` and ``resolutions``, which are
        ``BenchmarkScores.as_dict()``.

    Returns
    -------
    str
        With a header; ``n/a`` where there is no number.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for tested in scores["cell_types"]:
        for resolution in tested["resolutions"]:
            for predictor in resolution["predictors"]:
                for metric in METRICS:
                    found = predictor.get(metric, {"value": math.nan, "low": math.nan, "high": math.nan})
                    writer.writerow(
                        {
                            "cell_type": tested["cell_type"],
                            "label": tested["label"],
                            "chroms": first_few(scores["chroms"], LISTED_CHROMS, separator=" "),
                            **{name: resolution[name] for name in COLUMNS if name in resolution},
                            "predictor": predictor["name"],
                            "metric": metric,
                            **{
                                name: f"{value:.6g}" if math.isfinite(value) else "n/a" for name, value in found.items()
                            },
                            "note": predictor.get("note", ""),
                        }
                    )
    return text.getvalue()

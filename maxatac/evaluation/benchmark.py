"""A model beside what it has to beat, on the same bins."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.bins import bin_labels, signal_bins
from maxatac.evaluation.bootstrap import METRICS, Resampled, draw_weights, number_blocks, resample
from maxatac.evaluation.curves import summarize
from maxatac.evaluation.motif import motif_bins
from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL, Ranking, auroc, average_precision
from maxatac.prediction.chromosome import predict_chromosomes
from maxatac.wording import some

if TYPE_CHECKING:
    import keras

    from maxatac.data.readers import GenomeReader, TrackReader, WindowReader
    from maxatac.genome.blacklist import Blacklist


@dataclass(frozen=True, eq=False)
class HeldOutBins:
    """Every bin that has a prediction, pooled over chromosomes.

    Attributes
    ----------
    chroms : tuple of str
        Where the bins come from.
    labels : shape (n,), bool
        Bound or not.
    model : shape (n,), float32
        Predictions.
    signal : shape (n,), float32
        Mean ATAC signal.
    motif : shape (n,), float32, or None
        Best motif score, if a motif was given.
    """

    chroms: tuple[str, ...]
    labels: NDArray[np.bool_]
    model: NDArray[np.float32]
    signal: NDArray[np.float32]
    motif: NDArray[np.float32] | None

    def scores(self) -> HeldOutScores:
        """Score the predictions, and what they have to beat, on these bins."""
        return HeldOutScores(
            chroms=self.chroms,
            bins=len(self.labels),
            positives=int(self.labels.sum()),
            average_precision=average_precision(self.labels, self.model),
            auroc=auroc(self.labels, self.model),
            signal_average_precision=average_precision(self.labels, self.signal),
            motif_average_precision=None if self.motif is None else average_precision(self.labels, self.motif),
        )


@dataclass(frozen=True)
class HeldOutScores:
    """How well a model, the ATAC signal alone and a motif alone tell bound bins; all on the same bins.

    Attributes
    ----------
    chroms : tuple of str
        Where the bins come from.
    bins, positives : int
        Scored bins, and bound ones among them.
    average_precision, auroc : float
        Of the model; NaN if no bin is bound (AUROC: or if all are).
    signal_average_precision : float
        Of the mean ATAC signal.
    motif_average_precision : float or None
        Of the best motif match, if a motif was given.
    """

    chroms: tuple[str, ...]
    bins: int
    positives: int
    average_precision: float
    auroc: float
    signal_average_precision: float
    motif_average_precision: float | None

    @property
    def prevalence(self) -> float:
        """Share of bound bins: the average precision of a guess."""
        return self.positives / self.bins if self.bins else float("nan")


def held_out_bins(
    model: keras.Model,
    genome: GenomeReader,
    signal: TrackReader,
    binding: TrackReader,
    chroms: Sequence[str],
    *,
    blacklist: Blacklist | None = None,
    motif: NDArray[np.floating[Any]] | None = None,
    motif_reach: int = 3,
    step: int = 256,
    batch_size: int = 256,
    both_strands: bool = True,
    read: WindowReader | None = None,
) -> HeldOutBins:
    """Predict whole chromosomes and collect labels and baselines for the same bins.

    Parameters
    ----------
    model, genome, step, batch_size, both_strands, blacklist, read
        As in ``predict_chromosomes``.
    signal : Track
        ATAC signal of the cell type.
    binding : Track
        Binding in the cell type.
    chroms : sequence of str
        Chromosomes to pool; should be held out from training.
    motif : shape (positions, 4), optional
        Probabilities of A, C, G, T.
    motif_reach : int
        Bins to either side in which a motif match counts (see ``motif_bins``). The default, 96 bp, covers a labelled
        site of 200 bp; with 0 the motif would be judged on one bin of each site and look weaker than it is.

    Returns
    -------
    HeldOutBins
        In the order of ``chroms`` and of positions.
    """
    parts: dict[str, list[NDArray[Any]]] = {"labels": [], "model": [], "signal": [], "motif": []}
    for chrom, predicted in predict_chromosomes(
        model,
        genome,
        signal,
        chroms,
        step=step,
        batch_size=batch_size,
        both_strands=both_strands,
        blacklist=blacklist,
        read=read,
    ):
        covered, n_bins = ~np.isnan(predicted), len(predicted)
        parts["model"].append(predicted[covered])
        parts["labels"].append(bin_labels(binding, chrom, n_bins)[covered])
        parts["signal"].append(signal_bins(signal, chrom, n_bins)[covered])
        if motif is not None:
            parts["motif"].append(motif_bins(genome, chrom, n_bins, motif, reach=motif_reach)[covered])

    def pool(part: str, dtype: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([np.empty(0, dtype=dtype), *parts[part]])

    return HeldOutBins(
        chroms=tuple(chroms),
        labels=pool("labels", np.bool_),
        model=pool("model", np.float32),
        signal=pool("signal", np.float32),
        motif=None if motif is None else pool("motif", np.float32),
    )


def evaluate(
    model: keras.Model,
    genome: GenomeReader,
    signal: TrackReader,
    binding: TrackReader,
    chroms: Sequence[str],
    **options: Any,
) -> HeldOutScores:
    """Score a model on whole held-out chromosomes.

    Parameters
    ----------
    model, genome, signal, binding, chroms, **options
        As in ``held_out_bins``.

    Returns
    -------
    HeldOutScores
    """
    return held_out_bins(model, genome, signal, binding, chroms, **options).scores()


COLUMNS = (
    "cell_type", "label", "chroms", "bin_size", "bins", "bound_bins", "blocks", "block_size", "predictor", "metric",
    "value", "low", "high", "model_minus", "model_minus_low", "model_minus_high", "note",
)  # fmt: skip
"""Columns of the table."""

LISTED_CHROMS = 30
"""Test chromosomes that the table names; of more it has the number."""

_NOTHING_BOUND = "none of the bins is bound"


def masked(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Set values to NaN, in place, where the mask is false."""
    values[~mask] = np.nan
    return values


def score_predictors(
    labels: Mapping[str, NDArray[np.bool_]],
    by_predictor: Mapping[str, Mapping[str, NDArray[np.float32]]],
    bin_size: int,
    block: int,
    seed: int,
    no_baseline: str,
    curves: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Score every predictor on the bins that have a prediction, of all chromosomes together; ``curves`` gets theirs."""
    scored = {chrom: ~np.isnan(values) for chrom, values in by_predictor[MODEL].items()}
    bound = np.concatenate([labels[chrom][mask] for chrom, mask in scored.items()])
    blocks, n_blocks = number_blocks(scored, bin_size, block)
    weights = draw_weights(n_blocks, seed) if bound.any() else None
    results: dict[str, Resampled] = {}
    for name, values in by_predictor.items():
        pooled = np.concatenate([values[chrom][mask] for chrom, mask in scored.items()])
        ranking = Ranking.of(bound, pooled)
        if weights is not None:
            results[name] = resample(bound, pooled, blocks, weights, ranking)
        if curves is not None:
            curves[name] = summarize(ranking)
    if weights is not None:
        results[GUESS] = resample(bound, np.zeros(len(bound), np.float32), blocks, weights)
    predictors: list[dict[str, Any]] = []
    for name in (MODEL, SIGNAL, BINDING, GUESS):
        if name not in results:
            predictors.append({"name": name, "note": _NOTHING_BOUND if weights is None else no_baseline})
            continue
        entry: dict[str, Any] = {"name": name}
        for metric in METRICS:
            low, high = results[name].interval(metric)
            entry[metric] = {"value": results[name].values[metric], "low": low, "high": high}
            if name != MODEL:
                more, low, high = results[MODEL].difference(metric, results[name])
                entry[metric] |= {"model_minus": more, "model_minus_low": low, "model_minus_high": high}
        predictors.append(entry)
    return {
        "bin_size": bin_size,
        "bins": len(bound),
        "bound_bins": int(bound.sum()),
        "blocks": n_blocks,
        "block_size": block,
        "predictors": predictors,
    }


def table_of_test(scores: Mapping[str, Any]) -> str:
    """Lay scores out as a tab-separated table with ``COLUMNS``."""
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
                            "chroms": some(scores["chroms"], LISTED_CHROMS, separator=" "),
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

"""Validation after each epoch, on two fixed sets of windows.

The **ROI set** is what the validation sampler draws: windows around peaks, by the rules of training. Bound bins are
common there, so it shows how well a model distinguishes peaks, not how it would do on a genome. The **genome-like set**
is windows tiled over the validation chromosomes, in which bound bins are as rare as on the genome.

Each set is run through the network once per epoch, in batches that are read while the one before is computed.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.genome_like import UNKNOWN, GenomeBatches
from maxatac.data.readers import read_ahead
from maxatac.evaluation.members import member_column
from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.tally import ScoreTally, StreamingScores
from maxatac.genome.windows import BIN_SIZE, BINS

if TYPE_CHECKING:
    import keras

    from maxatac.data.batches import WindowDataset
    from maxatac.data.genome_like import Batches
    from maxatac.model.ensemble import Network
    from maxatac.model.evaluator import BatchEvaluator
    from maxatac.training.settings import NetworkSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ValidationSet:
    """Batches to validate on.

    Attributes
    ----------
    name : str
        ``ROI`` or ``genome``.
    prefix : str
        First part of the names of its columns.
    batches : Batches
    cells : sequence of arrays
        Cell type of each window, batch by batch; a batch may have further windows, which do not count.
    """

    name: str
    prefix: str
    batches: Batches
    cells: Sequence[NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class Validated:
    """Results of a validation.

    Attributes
    ----------
    row : dict of str to float
        Columns of the history.
    cells : tuple of dict
        One for each set and cell type: ``maxatac.evaluation.tally.CELL_COLUMNS`` without the epoch.
    seconds : dict of str to float
        Time by the name of the set.
    rankings : dict of str to Ranking
        Of the bins of each set, by its name.
    """

    row: dict[str, float]
    cells: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    rankings: dict[str, Ranking]

    @property
    def ranking(self) -> Ranking | None:
        """Ranking of the genome-like set, if there is one."""
        return self.rankings.get("genome")


class Validator:
    """Scores a model on its validation sets.

    Parameters
    ----------
    evaluator : BatchEvaluator
    sets : sequence of ValidationSet
    cell_types : sequence of str
        Of the training rows.
    threshold : float, optional
        Target above which a bin counts as bound, for quantitative targets.
    """

    def __init__(
        self,
        evaluator: BatchEvaluator,
        sets: Sequence[ValidationSet],
        cell_types: Sequence[str],
        *,
        threshold: float | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._sets = sets
        self._cell_types = cell_types
        self._threshold = threshold

    def run(self, callback: keras.callbacks.Callback) -> Validated:
        """Validate once.

        Parameters
        ----------
        callback : keras.callbacks.Callback
            Called for every batch, as by ``evaluate``.
        """
        row: dict[str, float] = {}
        cells: list[dict[str, Any]] = []
        seconds = {}
        rankings = {}
        for validation_set in self._sets:
            begin = time.perf_counter()
            means, scores, members = self._score(validation_set, callback)
            columns = {**means, **scores.pooled()}
            for number, tally in enumerate(members, start=1):
                columns[member_column(number)] = float("nan") if tally.has_nan else tally.ranking().average_precision
            row |= {f"{validation_set.prefix}{name}": value for name, value in columns.items()}
            for cell_type, values in scores.by_cell_type().items():
                cells.append({"set": validation_set.name, "cell_type": cell_type, **values})
            rankings[validation_set.name] = scores.ranking()
            seconds[validation_set.name] = time.perf_counter() - begin
        return Validated(row, tuple(cells), seconds, rankings)

    def baselines(
        self,
        others: Sequence[Sequence[int]] | None = None,
        after_batch: Callable[[], None] = lambda: None,
    ) -> dict[str, dict[str, Ranking]]:
        """Rank the bins of each set by the baselines. The network is not used.

        Parameters
        ----------
        others : sequence of sequences of int, optional
            For each training cell type, those whose mean binding is its baseline, none of them empty.
            Only the genome-like set is ranked by it: the binding at its windows is read from all tracks.
        after_batch : callable
            Called after each batch; what it raises ends the ranking.

        Returns
        -------
        dict of str to dict of str to Ranking
            By the name of the set: ``signal``, and ``binding`` where there are others.
        """
        found = {}
        for validation_set in self._sets:
            tallies = {"signal": ScoreTally()}
            # All rows: this process ranks the whole set by itself.
            batches = validation_set.batches.whole()
            genome_like = batches if others and isinstance(batches, GenomeBatches) else None
            if genome_like is not None:
                tallies["binding"] = ScoreTally()
            for index, (inputs, targets) in enumerate(read_ahead(batches.__getitem__, range(len(batches)))):
                rows = len(validation_set.cells[index])
                labels, known = self._labels(targets[:rows])
                signal = inputs[:rows, :, 4].reshape(rows, BINS, BIN_SIZE).mean(axis=2)
                tallies["signal"].update(labels[known], signal[known])
                if genome_like is not None and others:
                    tallies["binding"].update(labels[known], genome_like.mean_binding(index, others)[known])
                after_batch()
            found[validation_set.name] = {name: tally.ranking() for name, tally in tallies.items()}
        return found

    def _score(
        self, validation_set: ValidationSet, callback: keras.callbacks.Callback
    ) -> tuple[dict[str, float], StreamingScores, list[ScoreTally]]:
        members: list[ScoreTally] = []
        scores = StreamingScores(self._cell_types, threshold=self._threshold)
        # Summed as Keras sums them, in single precision, so that both columns stay what ``evaluate`` would give.
        batches = validation_set.batches
        loss, dice, windows = np.float32(0), np.float32(0), 0
        for index, (inputs, targets) in enumerate(read_ahead(batches.__getitem__, range(len(batches)))):
            callback.on_test_batch_begin(index)
            cells = validation_set.cells[index]
            found = self._evaluator(inputs, targets)
            counted = slice(0, len(cells))
            scores.update(found.targets[counted], found.predictions[counted], cells, found.losses[counted])
            if found.members is not None:
                members = members or [ScoreTally() for _ in range(found.members.shape[1])]
                for tally, predictions in zip(members, found.members.swapaxes(0, 1), strict=True):
                    labels, known = self._labels(found.targets[counted])
                    tally.update(labels[known], predictions[counted][known])
            loss += np.float32(found.loss) * np.float32(len(cells))
            dice += np.float32(found.metric)
            windows += len(cells)
            callback.on_test_batch_end(index)
        return (
            {
                "dice_coef": float(dice / np.float32(len(batches))),
                "loss": float(loss / np.float32(windows)),
            },
            scores,
            members,
        )

    def _labels(self, targets: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which bins are bound, and of which that is known."""
        return targets > (0.5 if self._threshold is None else self._threshold), targets >= UNKNOWN / 2


def make_validator(
    config: NetworkSettings,
    network: Network,
    loss: Callable[[Any, Any], Any],
    metric: Callable[[Any, Any], Any],
    roi: WindowDataset,
    genome_like: GenomeBatches | None,
    cell_types: Sequence[str],
    place: Callable[[Any], Any] = lambda batch: batch,
) -> Validator:
    """Make the validator of a run from the dataset around peaks (``roi``) and the genome-like set, if there is one.

    The cell types are in the order of the samplers' tracks; for ``place`` see ``BatchEvaluator``.
    """
    from maxatac.model.evaluator import BatchEvaluator

    sampler = roi.sampler.with_rows(0, roi.sampler.batch_size)
    drawn = [sampler.plan(0, index)["track"] for index in range(len(roi))]
    sets = [ValidationSet("ROI", "val_", roi, drawn)]
    if genome_like is not None:
        cells = [genome_like.cells(index) for index in range(len(genome_like))]
        sets.append(ValidationSet("genome", "genome_", genome_like, cells))
    threshold = 0.5 * config.target_scale_factor if config.quant else None
    return Validator(BatchEvaluator(network, loss, metric, place), sets, cell_types, threshold=threshold)


def describe_scores(row: Mapping[str, float]) -> str:
    """Describe the scores of an epoch for its line in the log; empty where there are none."""
    told = [
        f"{row[column]:.4f} {where}" if math.isfinite(row[column]) else f"n/a {where}"
        for column, where in (("val_average_precision", "around peaks"), ("genome_average_precision", "genome-like"))
        if column in row
    ]
    return f"; average precision {', '.join(told)}" if told else ""

"""What a run stores in its models: facts of the training, and a check window for the weights."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from maxatac.data.signal_scale import SignalScale, measure
from maxatac.errors import TrackError, WeightsError
from maxatac.model.stored import StoredModel, network_of
from maxatac.prediction.model_record import CheckWindow, ModelRecord, TrainingFacts, read_record
from maxatac.runs.settings import loader_threads

if TYPE_CHECKING:
    import keras

    from maxatac.training.inputs import Inputs
    from maxatac.training.settings import TrainConfig

MEASURED = 100_000_000
"""Bases on which the scale of each signal track is measured: it takes about a second."""

logger = logging.getLogger(__name__)


class ModelDescription:
    """Makes the record of each model that a run writes.

    Nothing is computed on the device of the training, and no random number of the training is drawn, so that a run
    trains the same with it.

    Parameters
    ----------
    config : TrainConfig
    inputs : Inputs
    """

    def __init__(self, config: TrainConfig, inputs: Inputs) -> None:
        self._config, self._inputs = config, inputs

    def of(self, model: keras.Model) -> ModelRecord:
        """Make the record of a model with its present weights.

        Raises
        ------
        ValueError
            If the network has layers that :mod:`maxatac.model.stored` does not understand: it could not be read.
        """
        import keras

        weights = [variable for layer in model.layers for variable in layer.weights]
        arrays = [np.asarray(keras.ops.convert_to_numpy(variable.value)) for variable in weights]
        return ModelRecord(self._facts, CheckWindow.of(StoredModel(network_of(model), arrays)))

    @functools.cached_property
    def scales(self) -> dict[str, SignalScale]:
        """The scale of the ATAC-seq signal of each training cell type that can be read."""
        return _signal_scales(self._inputs, loader_threads(self._config))

    @functools.cached_property
    def _facts(self) -> TrainingFacts:
        config, inputs = self._config, self._inputs
        facts = TrainingFacts(
            quantitative=config.quant,
            target_scale_factor=config.target_scale_factor,
            training_chroms=tuple(inputs.split.training),
            validation_chroms=tuple(inputs.split.validation),
            cell_types=tuple(sample.cell_line for sample in inputs.training),
            unknown_start=config.weights is not None,
            signal=self.scales,
        )
        before = None
        if config.weights is not None:
            # The run has read weights from this file, or goes on with a run that has.
            with contextlib.suppress(WeightsError, OSError):
                before = read_record(config.weights)
        if before is None:
            return facts
        return dataclasses.replace(
            facts,
            training_chroms=_joined(facts.training_chroms, before.facts.training_chroms),
            validation_chroms=_joined(facts.validation_chroms, before.facts.validation_chroms),
            cell_types=_joined(facts.cell_types, before.facts.cell_types),
            unknown_start=before.facts.unknown_start,
        )


def _joined(here: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*here, *before)))


def _signal_scales(inputs: Inputs, threads: int) -> dict[str, SignalScale]:
    """Measure the ATAC-seq signal of each training cell type, on a part of the training chromosomes."""
    chroms = _part_of(inputs.split.training, inputs.genome.chrom_sizes)
    scales = {}
    for sample, track in zip(inputs.training, inputs.signal, strict=True):
        try:
            scales[sample.cell_line] = measure(track, chroms, inputs.blacklist, threads=threads)
        except (TrackError, OSError) as error:
            # Where the training reads it too, that fails; elsewhere it costs the run nothing.
            logger.debug("%s: its scale is not recorded: %s", track.path, error)
    return scales


def _part_of(chroms: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """Choose the largest chromosomes that are no longer than ``MEASURED`` together, or else the smallest one."""
    chosen, left = [], MEASURED
    for chrom in sorted(chroms, key=lambda name: (-sizes[name], name)):
        if sizes[chrom] <= left:
            chosen.append(chrom)
            left -= sizes[chrom]
    return chosen or [min(chroms, key=lambda name: (sizes[name], name))]

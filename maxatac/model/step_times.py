"""Time of the training steps of a ``fit``, apart from the time between them."""

from __future__ import annotations

import time
from typing import Any

import keras


class StepTimes(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds up the time of the training steps of a ``fit``, each from its beginning to its end as Keras reports them.

    Keras waits for the results of a step before it reports its end, on every backend. TensorFlow takes the batch from
    the dataset within the step, JAX before it. The first step of a model compiles it.

    Attributes
    ----------
    seconds : float
        Of all steps so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._begin = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._begin = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop the clock."""
        self.seconds += time.perf_counter() - self._begin

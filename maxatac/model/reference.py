"""A stored network in plain numpy and float64: slow, but the same numbers on every machine.

It tells whether a device computes a network rightly, and whether a file still holds the weights that it was written
with. No device, backend or setting of Keras has a part in it, so it can be called at any time during a training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from maxatac.model.stored import StoredModel

Values = NDArray[np.float64]

_ACTIVATIONS: Mapping[str, Callable[[Values], Values]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: np.exp(-np.logaddexp(0, -x)),
    "softplus": lambda x: np.logaddexp(0, x),
}


def predict(model: StoredModel, window: NDArray[np.float32]) -> Values:
    """Predict the bins of a window.

    Parameters
    ----------
    model : StoredModel
    window : shape (length, channels), float32

    Returns
    -------
    shape (bins,), float64
    """
    values: list[Values] = [window.astype(np.float64)]
    arrays = [array.astype(np.float64) for array in model.arrays]
    for layer in model.network.layers:
        weights, arrays = arrays[: len(layer.shapes)], arrays[len(layer.shapes) :]
        inputs = [values[source + 1] for source in layer.sources]
        x = inputs[0]
        if layer.kind == "Conv1D":
            x = _convolve(x, weights[0], layer.settings["dilation_rate"]) + weights[1]
        elif layer.kind == "BatchNormalization":
            gamma, beta, mean, variance = weights
            x = (x - mean) / np.sqrt(variance + layer.settings["epsilon"]) * gamma + beta
        elif layer.kind == "MaxPooling1D":
            pool = layer.settings["pool_size"]
            x = x[: len(x) // pool * pool].reshape(-1, pool, x.shape[1]).max(axis=1)
        elif layer.kind == "Flatten":
            x = x.reshape(-1)
        elif layer.kind == "Dense":
            x = x @ weights[0] + weights[1]
        elif layer.kind in ("Add", "Average"):
            x = np.sum(inputs, axis=0) / (len(inputs) if layer.kind == "Average" else 1)
        if "activation" in layer.settings:
            x = _ACTIVATIONS[layer.settings["activation"]](x)
        values.append(x)
    return values[-1]


def _convolve(x: Values, kernel: Values, dilation: int) -> Values:
    """Convolve positions, shape (length, channels), padded with zeros on both sides to keep their number."""
    taps = len(kernel)
    reach = (taps - 1) * dilation
    padded = np.pad(x, ((reach // 2, reach - reach // 2), (0, 0)))
    columns = np.concatenate([padded[tap * dilation : tap * dilation + len(x)] for tap in range(taps)], axis=1)
    return columns @ kernel.reshape(-1, kernel.shape[2])

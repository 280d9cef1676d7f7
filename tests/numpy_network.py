"""DCNN_V2 in plain numpy and float64: the oracle for the Keras model. Written from the paper's description."""

from __future__ import annotations

import numpy as np

DILATIONS = (1, 1, 2, 4, 8)


def conv1d(x, kernel, bias, dilation=1):
    taps = kernel.shape[0]
    reach = (taps - 1) * dilation
    padded = np.pad(x, ((0, 0), (reach // 2, reach - reach // 2), (0, 0)))
    length = x.shape[1]
    return sum(padded[:, t * dilation : t * dilation + length] @ kernel[t] for t in range(taps)) + bias


def normalise(x, gamma, beta, mean, variance):
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def forward(x, arrays, *, last="sigmoid"):
    """Predictions of the network; ``arrays`` in the order of the published files."""
    arrays = [np.asarray(array, dtype=np.float64) for array in arrays]
    x = np.asarray(x, dtype=np.float64)
    for dilation in DILATIONS:
        for _ in range(2):
            kernel, bias, gamma, beta, mean, variance, *arrays = arrays
            x = np.maximum(conv1d(x, kernel, bias, dilation), 0)
            x = normalise(x, gamma, beta, mean, variance)
        x = np.maximum(x[:, 0::2], x[:, 1::2])
    kernel, bias, *arrays = arrays
    x = conv1d(x, kernel, bias)[..., 0]
    if arrays:
        kernel, bias = arrays
        x = np.maximum(x, 0) @ kernel + bias
    return {"sigmoid": lambda v: 1 / (1 + np.exp(-v)), "linear": lambda v: v}[last](x)


def random_windows(rng, n, length):
    """One-hot bases with a run of N, and a signal channel."""
    codes = rng.integers(0, 4, (n, length))
    x = np.zeros((n, length, 5), dtype=np.float32)
    x[..., :4] = np.eye(4, dtype=np.float32)[codes]
    x[:, length // 4 : length // 4 + 5, :4] = 0
    x[..., 4] = rng.random((n, length)) ** 4
    return x

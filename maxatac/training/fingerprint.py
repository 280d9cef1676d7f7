"""Fingerprints of a model: of its weights, and of its weights and optimiser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import keras
import numpy as np


def weights_sha256(model: keras.Model) -> str:
    """SHA-256 as :func:`state_sha256`, of the weights alone: equal for a model and for the model read from its file."""
    return _digest(model.weights)


def state_sha256(model: keras.Model) -> str:
    """SHA-256 over name, dtype, shape and bytes of every weight and optimiser variable, in the model's order.

    It is equal for two models exactly if training goes on equally from both. The bytes of a saved file differ: a
    ``.keras`` file holds dates.

    Parameters
    ----------
    model : keras.Model
        Compiled, if the optimiser is to count.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    # A model that was never compiled lacks the attribute.
    optimizer = getattr(model, "optimizer", None)
    return _digest([*model.weights, *(optimizer.variables if optimizer is not None else ())])


def _digest(variables: Iterable[keras.Variable]) -> str:
    digest = hashlib.sha256()
    for variable in variables:
        values = np.asarray(keras.ops.convert_to_numpy(variable.value))
        little_endian = values.astype(values.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{variable.path} {values.dtype.name} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(little_endian).tobytes())
    return digest.hexdigest()

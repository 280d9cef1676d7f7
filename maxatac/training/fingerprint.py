"""A fingerprint of everything that training has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import keras
import numpy as np


def _variables(model: keras.Model) -> Iterator[keras.Variable]:
    yield from model.weights
    # A model that was never compiled lacks the attribute.
    if getattr(model, "optimizer", None) is not None:
        yield from model.optimizer.variables


def weights_sha256(model: keras.Model) -> str:
    """SHA-256 as :func:`state_sha256`, of the weights alone: the same for a model and for what its file gives back."""
    return _digest(model.weights)


def state_sha256(model: keras.Model) -> str:
    """SHA-256 over name, dtype, shape and bytes of every weight and optimiser variable, in the model's order.

    Two models agree in it exactly if training could not tell them apart. The bytes of a saved file could not say so:
    a ``.keras`` file holds dates.

    Parameters
    ----------
    model : keras.Model
        Compiled, if the optimiser is to count.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return _digest(_variables(model))


def _digest(variables: Iterable[keras.Variable]) -> str:
    digest = hashlib.sha256()
    for variable in variables:
        values = np.asarray(keras.ops.convert_to_numpy(variable.value))
        little_endian = values.astype(values.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{variable.path} {values.dtype.name} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(little_endian).tobytes())
    return digest.hexdigest()

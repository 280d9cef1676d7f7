"""Tensors of models whose batches are shared by several devices."""

from __future__ import annotations

from typing import Any

import keras


def whole(tensor: Any) -> Any:
    """Gather a tensor, of which each device holds a part, on every device; without a distribution, return it unchanged.

    A process can read only what is on its own devices.

    Parameters
    ----------
    tensor : tensor of any shape
        Computed within a model.

    Returns
    -------
    tensor, same shape
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return tensor
    layout = keras.distribution.TensorLayout([None] * len(tensor.shape), distribution.device_mesh)
    return keras.distribution.distribute_tensor(tensor, layout)

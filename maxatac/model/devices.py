"""What a model needs to know of several devices that share a batch."""

from __future__ import annotations

from typing import Any

import keras


def whole(tensor: Any) -> Any:
    """Give every device all of a tensor of which each has a part; nothing changes without a distribution.

    A process can only bring back what is on its own devices.

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

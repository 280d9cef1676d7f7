"""The networks that can be trained, by the name of their architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import keras

from maxatac.model.dcnn import dcnn_v2

ARCHITECTURES: Mapping[str, Callable[..., keras.Model]] = MappingProxyType({"DCNN_V2": dcnn_v2})


def build(
    arch: str,
    *,
    length: int = 1024,
    channels: int = 5,
    bins: int = 32,
    dense: bool = False,
    output_activation: str = "sigmoid",
) -> keras.Model:
    """Build a new, uncompiled network by the name of its architecture.

    Parameters
    ----------
    arch : str
        A name in ``ARCHITECTURES``.
    length, channels, bins, dense, output_activation
        As in :func:`maxatac.model.dcnn.dcnn_v2`.

    Returns
    -------
    keras.Model
        Input of shape (windows, length, channels), output of shape (windows, bins), float32. The initial weights
        follow Keras' global seed (``keras.utils.set_random_seed``).

    Raises
    ------
    ValueError
        If the architecture is unknown or does not fit these numbers.
    """
    if arch not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {arch!r}; known: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[arch](
        length=length, channels=channels, bins=bins, dense=dense, output_activation=output_activation
    )

"""The networks that can be trained, by the name of their architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras

from maxatac.model.dcnn import dcnn_v2
from maxatac.model.drn import drn

ARCHITECTURES: Mapping[str, Callable[..., keras.KerasTensor]] = MappingProxyType({
    "DCNN_V2": dcnn_v2,
    "DRN": drn,
})  # fmt: skip
"""What makes the predictions of a window, by name; see :func:`maxatac.model.dcnn.dcnn_v2` for the arguments."""


def build(
    arch: str,
    *,
    length: int = 1024,
    channels: int = 5,
    bins: int = 32,
    output_activation: str = "sigmoid",
    **settings: Any,
) -> keras.Model:
    """Build a new, uncompiled network by the name of its architecture.

    Parameters
    ----------
    arch : str
        A name in ``ARCHITECTURES``.
    length : int
        Window length in bp.
    channels : int
        Values per base: A, C, G, T, signal.
    bins : int
        Predictions per window.
    output_activation : str
        Activation of the predictions, as Keras spells it.
    **settings
        Others that the architecture has, such as ``dense`` of :func:`maxatac.model.dcnn.dcnn_v2`.

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
    window = keras.Input((length, channels), name="window")
    predictions = find(arch)(window, bins=bins, output_activation=output_activation, **settings)
    return keras.Model(window, predictions, name=arch.lower())


def find(arch: str) -> Callable[..., keras.KerasTensor]:
    """Find an architecture by its name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if arch not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {arch!r}; known: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[arch]

"""A dilated residual network: it learns a motif sooner than DCNN_V2."""

from __future__ import annotations

import keras
from keras import layers

_POOL = 8
_BIN = 32
_INITIAL_BIAS = -3.0


def drn(
    window: keras.KerasTensor,
    *,
    bins: int = 32,
    output_activation: str = "sigmoid",
    filters: int = 64,
    motif: int = 15,
    blocks: int = 6,
    prefix: str = "",
) -> keras.KerasTensor:
    """Build DRN: motifs, maximum over 8 bp, six dilated residual blocks, maximum over 32 bp.

    The first layer sees 15 bp, about a motif. The blocks, at a resolution of 8 bp, each add to their input what a
    convolution of three positions finds; their dilation doubles, so that a bin sees 1 kb.

    Parameters
    ----------
    window : keras.KerasTensor
        Shape (windows, length, 5), float32; the length in bp is 32 times ``bins``.
    bins : int
        Predictions per window.
    output_activation : str
        Activation of the predictions, as Keras spells it.
    filters : int
        Channels between the layers.
    motif : int
        Length of the filters of the first layer in bp.
    blocks : int
        Residual blocks; the dilation doubles from each to the next.
    prefix : str
        First part of the names of the layers.

    Returns
    -------
    keras.KerasTensor
        Shape (windows, bins), float32.

    Raises
    ------
    ValueError
        If the length is not 32 times ``bins``.
    """
    length = window.shape[1]
    if bins < 1 or length != bins * _BIN:
        raise ValueError(f"DRN makes one prediction per {_BIN} bp: {length} bp do not give {bins} bins")
    x = layers.Conv1D(filters, motif, padding="same", name=f"{prefix}motif_conv")(window)
    # The maximum first: the rest of the layer then has an eighth of the positions.
    x = _normalised(layers.MaxPooling1D(_POOL, name=f"{prefix}motif_pool")(x), f"{prefix}motif")
    for number in range(1, blocks + 1):
        name = f"{prefix}block_{number}"
        found = layers.Conv1D(filters, 3, padding="same", dilation_rate=2 ** (number - 1), name=f"{name}_conv")(x)
        x = layers.Add(name=f"{name}_add")([x, _normalised(found, name)])
    x = layers.MaxPooling1D(_BIN // _POOL, name=f"{prefix}bin_pool")(x)
    # Few bins are bound: a network that says so at once need not learn it first.
    bias = _INITIAL_BIAS if output_activation == "sigmoid" else 0.0
    x = layers.Conv1D(
        1, 1, padding="same", activation=output_activation, bias_initializer=keras.initializers.Constant(bias),
        name=f"{prefix}head",
    )(x)  # fmt: skip
    return layers.Flatten(name=f"{prefix}bins")(x)


def _normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Normalise, and keep what is above 0."""
    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_batch_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)

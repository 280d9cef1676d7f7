"""The dilated convolutional network of maxATAC (Cazares et al. 2023)."""

from __future__ import annotations

import keras
from keras import layers

# (filters, dilation) of each block: 15 filters, growing by half with Python's rounding to even. The receptive field
# grows by pooling and by dilation together.
_BLOCKS = ((15, 1), (22, 1), (33, 2), (50, 4), (75, 8))
_KERNEL_SIZE = 7
_HEAD_DILATION = 16


def dcnn_v2(
    window: keras.KerasTensor,
    *,
    bins: int = 32,
    dense: bool = False,
    output_activation: str = "sigmoid",
    prefix: str = "",
) -> keras.KerasTensor:
    """Build DCNN_V2: five blocks of two dilated convolutions, each block halving the positions.

    Each convolution is followed by ReLU, then batch normalisation. The layers, their order and their weights are those
    of the published models (117,204 numbers in 62 arrays at the default size), so their files can be loaded. The names
    of the layers are fixed, because the names of the variables derive from them.

    Parameters
    ----------
    window : keras.KerasTensor
        Shape (windows, length, channels), float32; the length in bp is 32 times ``bins``.
    bins : int
        Predictions per window.
    dense : bool
        The last convolution uses ReLU, and a dense layer with the output activation follows.
    output_activation : str
        Activation of the predictions, as Keras spells it.
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
    pooled = 2 ** len(_BLOCKS)
    length = window.shape[1]
    if bins < 1 or length != bins * pooled:
        raise ValueError(f"DCNN_V2 makes one prediction per {pooled} bp: {length} bp do not give {bins} bins")

    x = window
    for number, (filters, dilation) in enumerate(_BLOCKS, start=1):
        for half in "ab":
            x = layers.Conv1D(
                filters,
                _KERNEL_SIZE,
                padding="same",
                dilation_rate=dilation,
                activation="relu",
                kernel_initializer="glorot_uniform",
                name=f"{prefix}conv_{number}{half}",
            )(x)
            x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{prefix}batch_norm_{number}{half}")(x)
        x = layers.MaxPooling1D(pool_size=2, strides=2, name=f"{prefix}pool_{number}")(x)

    x = layers.Conv1D(
        1,
        1,
        padding="same",
        dilation_rate=_HEAD_DILATION,
        activation="relu" if dense else output_activation,
        kernel_initializer="glorot_uniform",
        name=f"{prefix}conv_head",
    )(x)
    outputs = layers.Flatten(name=f"{prefix}bins")(x)
    if dense:
        outputs = layers.Dense(
            bins, activation=output_activation, kernel_initializer="glorot_uniform", name=f"{prefix}dense_head"
        )(outputs)
    return outputs

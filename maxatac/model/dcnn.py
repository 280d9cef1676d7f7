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
    *,
    length: int = 1024,
    channels: int = 5,
    bins: int = 32,
    dense: bool = False,
    output_activation: str = "sigmoid",
) -> keras.Model:
    """Build DCNN_V2: five blocks of two dilated convolutions, each block halving the positions.

    Each convolution is followed by ReLU, then batch normalisation. The layers, their order and their weights are those
    of the published models (117,204 numbers in 62 arrays at the default size), so their files can be loaded. The names
    of the layers are fixed, because the names of the variables derive from them.

    Parameters
    ----------
    length : int
        Window length in bp; 32 times ``bins``.
    channels : int
        Values per base: A, C, G, T, signal.
    bins : int
        Predictions per window.
    dense : bool
        The last convolution uses ReLU, and a dense layer with the output activation follows.
    output_activation : str
        Activation of the predictions, as Keras spells it.

    Returns
    -------
    keras.Model
        Input of shape (windows, length, channels), output of shape (windows, bins), float32.

    Raises
    ------
    ValueError
        If ``length`` is not 32 times ``bins``.
    """
    pooled = 2 ** len(_BLOCKS)
    if bins < 1 or length != bins * pooled:
        raise ValueError(f"DCNN_V2 makes one prediction per {pooled} bp: {length} bp do not give {bins} bins")

    inputs = layers.Input(shape=(length, channels), name="window")
    x = inputs
    for number, (filters, dilation) in enumerate(_BLOCKS, start=1):
        for half in "ab":
            x = layers.Conv1D(
                filters,
                _KERNEL_SIZE,
                padding="same",
                dilation_rate=dilation,
                activation="relu",
                kernel_initializer="glorot_uniform",
                name=f"conv_{number}{half}",
            )(x)
            x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"batch_norm_{number}{half}")(x)
        x = layers.MaxPooling1D(pool_size=2, strides=2, name=f"pool_{number}")(x)

    x = layers.Conv1D(
        1,
        1,
        padding="same",
        dilation_rate=_HEAD_DILATION,
        activation="relu" if dense else output_activation,
        kernel_initializer="glorot_uniform",
        name="conv_head",
    )(x)
    outputs = layers.Flatten(name="bins")(x)
    if dense:
        outputs = layers.Dense(
            bins, activation=output_activation, kernel_initializer="glorot_uniform", name="dense_head"
        )(outputs)
    return keras.Model(inputs, outputs, name="dcnn_v2")

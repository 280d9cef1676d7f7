"""The dilated convolutional network of maxATAC (Cazares et al. 2023), plain and with residual blocks."""

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
    return _network("dcnn_v2", length, channels, bins, dense, output_activation, residual=False)


def res_dcnn_v2(
    *,
    length: int = 1024,
    channels: int = 5,
    bins: int = 32,
    dense: bool = False,
    output_activation: str = "sigmoid",
) -> keras.Model:
    """Build RES_DCNN_V2: DCNN_V2 whose blocks add what they were given to what they make of it.

    On its way around a block the input passes a convolution of width 1, which gives it the block's number of filters;
    the sum is pooled. Everything else is as in DCNN_V2, and the output activation comes once, at the end.

    Parameters
    ----------
    length, channels, bins, dense, output_activation
        As in :func:`dcnn_v2`.

    Returns
    -------
    keras.Model
        Input of shape (windows, length, channels), output of shape (windows, bins), float32.

    Raises
    ------
    ValueError
        If ``length`` is not 32 times ``bins``.
    """
    return _network("res_dcnn_v2", length, channels, bins, dense, output_activation, residual=True)


def _network(
    name: str, length: int, channels: int, bins: int, dense: bool, output_activation: str, *, residual: bool
) -> keras.Model:
    pooled = 2 ** len(_BLOCKS)
    if bins < 1 or length != bins * pooled:
        raise ValueError(f"{name.upper()} makes one prediction per {pooled} bp: {length} bp do not give {bins} bins")

    inputs = layers.Input(shape=(length, channels), name="window")
    x = inputs
    for number, (filters, dilation) in enumerate(_BLOCKS, start=1):
        shortcut = layers.Conv1D(filters, 1, padding="same", name=f"shortcut_{number}")(x) if residual else None
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
        if shortcut is not None:
            x = layers.Add(name=f"add_{number}")([x, shortcut])
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
    return keras.Model(inputs, outputs, name=name)

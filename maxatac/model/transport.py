"""Compact inputs: base codes and signal are sent to the device, a quarter of the bytes, and expanded there."""

from __future__ import annotations

import keras
from keras import ops

BASES = 4


class OneHotInput(keras.layers.Layer):  # type: ignore[misc]
    """Make the input of a model from base codes and signal, on the device.

    Codes 0 to 3 are A, C, G, T; any other is N, all zeros.
    """

    def call(self, codes: keras.KerasTensor, signal: keras.KerasTensor) -> keras.KerasTensor:
        """Make (batch, length, 5) float32 of codes (batch, length) uint8 and signal (batch, length) float32."""
        one_hot = ops.equal(ops.expand_dims(ops.cast(codes, "int32"), -1), ops.arange(BASES, dtype="int32"))
        return ops.concatenate([ops.cast(one_hot, "float32"), ops.expand_dims(signal, -1)], axis=-1)


def accepting_codes(model: keras.Model) -> keras.Model:
    """Put a layer before a model that makes its input, so that ``fit`` takes codes and signal.

    Parameters
    ----------
    model : keras.Model
        Its input is (batch, length, 5).

    Returns
    -------
    keras.Model
        Not compiled. Shares layers and weights with ``model``: compiled with the same optimiser, either can train and
        be saved.
    """
    length = model.input_shape[1]
    codes = keras.Input((length,), dtype="uint8", name="codes")
    signal = keras.Input((length,), dtype="float32", name="signal")
    return keras.Model([codes, signal], model(OneHotInput()(codes, signal)), name=f"{model.name}_of_codes")

"""A network of a few numbers, for tests of everything around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import pytest


def build(arch: str, *, dense: bool = False, output_activation: str = "sigmoid") -> keras.Model:
    """Build it in place of the network of that name."""
    import keras

    inputs = keras.Input((1024, 5), name="window")
    x = keras.layers.AveragePooling1D(32)(inputs)
    x = keras.layers.Conv1D(4, 3, padding="same", activation="relu", name="conv")(x)
    x = keras.layers.BatchNormalization(name="batch_norm")(x)
    x = keras.layers.Conv1D(1, 1, activation=output_activation, name="conv_head")(x)
    return keras.Model(inputs, keras.layers.Flatten(name="bins")(x), name="quick")


def make_network_quick(patch: pytest.MonkeyPatch) -> None:
    """What the fixture ``quick_network`` does, for runs that several tests share."""
    import keras

    compile_as_asked = keras.Model.compile

    def compile_without_xla(self: keras.Model, *arguments: Any, **settings: Any) -> None:
        compile_as_asked(self, *arguments, **{**settings, "jit_compile": False})

    patch.setattr("maxatac.model.architectures.build", build)
    patch.setattr(keras.Model, "compile", compile_without_xla)

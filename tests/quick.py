"""A network of a few numbers, for tests of everything around it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    import keras

PROGRAM = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
from quick import program
program()
"""
"""Python code: the command line with this network, for a process of its own."""


def predictions(
    window: keras.KerasTensor, *, bins: int = 32, dense: bool = False, output_activation: str = "sigmoid",
    prefix: str = "",
) -> keras.KerasTensor:  # fmt: skip
    """Make what it predicts of a window."""
    from keras import layers

    x = layers.Conv1D(4, 3, padding="same", activation="relu", name=f"{prefix}conv")(window)
    x = layers.BatchNormalization(name=f"{prefix}batch_norm")(x)
    x = layers.MaxPooling1D(32, name=f"{prefix}pool")(x)
    x = layers.Conv1D(1, 1, padding="same", activation=output_activation, name=f"{prefix}conv_head")(x)
    return layers.Flatten(name=f"{prefix}bins")(x)


def build(arch: str, *, output_activation: str = "sigmoid") -> keras.Model:
    """Build it in place of the network of that name."""
    import keras

    window = keras.Input((1024, 5), name="window")
    return keras.Model(window, predictions(window, output_activation=output_activation), name="quick")


def find(arch: str) -> Callable[..., keras.KerasTensor]:
    """Find it under any name."""
    return predictions


def leave_xla_out(patch: pytest.MonkeyPatch) -> None:
    """Compile without XLA on TensorFlow: a network that trains for a few steps is not worth it."""
    import keras

    compile_as_asked = keras.Model.compile

    def compile_without_xla(self: keras.Model, *arguments: Any, **settings: Any) -> None:
        compile_as_asked(self, *arguments, **{**settings, "jit_compile": False})

    # JAX would then compile nothing at all, and take longer.
    if keras.backend.backend() == "tensorflow":
        patch.setattr(keras.Model, "compile", compile_without_xla)


def make_network_quick(patch: pytest.MonkeyPatch) -> None:
    """What the fixture ``quick_network`` does, for runs that several tests share."""
    patch.setattr("maxatac.model.architectures.find", find)
    leave_xla_out(patch)


def program() -> NoReturn:
    """Run the command line of this process; what it trains is the quick network."""
    from maxatac.cli.main import program as run

    # What trains nothing may need no Keras.
    if sys.argv[1:2] == ["train"]:
        make_network_quick(pytest.MonkeyPatch())
    run()
    raise AssertionError("the program leaves by itself")

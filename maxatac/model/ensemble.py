"""Several networks in one model: they are trained on the same batches, and the mean of their predictions counts.

Each member has the loss, and so the gradients, that it would have alone, and its optimiser adapts to it alone. One
model, ``members``, gives all predictions side by side; it is trained. Another, which has the same layers, gives their
mean; it is validated and saved, and needs nothing but Keras.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from maxatac.model import architectures

Function = Callable[[Any, Any], Any]


class Network(NamedTuple):
    """A network to train.

    Attributes
    ----------
    model : keras.Model
        What is validated and saved; input of shape (windows, 1024, 5), output of shape (windows, 32), float32.
    members : keras.Model or None
        Of an ensemble: the same layers, with the predictions of all members side by side, shape (windows, members *
        32). None of a single network.
    """

    model: keras.Model
    members: keras.Model | None = None


def build_members(
    arch: str, seeds: Sequence[Callable[[], None]], *, length: int = 1024, channels: int = 5, **settings: Any
) -> Network:
    """Build a new ensemble, or a single network.

    Parameters
    ----------
    arch : str
        A name in ``ARCHITECTURES``.
    seeds : sequence of callable
        One for each member: seeds the random numbers of its initial weights.
    length : int
        Window length in bp.
    channels : int
        Values per base.
    **settings
        As in :func:`maxatac.model.architectures.build`.

    Returns
    -------
    Network
        Uncompiled. The layers of a member are called ``member_1_`` and so on.

    Raises
    ------
    ValueError
        If the architecture is unknown or does not fit the settings, or if two members begin with the same weights.
    """
    if len(seeds) == 1:
        seeds[0]()
        return Network(architectures.build(arch, length=length, channels=channels, **settings))
    window = keras.Input((length, channels), name="window")
    predictions = []
    for number, seed in enumerate(seeds, start=1):
        seed()
        predictions.append(architectures.find(arch)(window, prefix=f"member_{number}_", **settings))
    mean = keras.layers.Average(name="mean")(predictions)
    side_by_side = keras.layers.Concatenate(axis=1, name="members")(predictions)
    network = Network(keras.Model(window, mean, name=arch.lower()), keras.Model(window, side_by_side, name="members"))
    _check_beginnings(network.model, len(seeds))
    return network


def _check_beginnings(model: keras.Model, count: int) -> None:
    """Fail if the first kernels of two members are equal: they would stay equal."""
    kernels = [
        next(layer.kernel for layer in model.layers if layer.name.startswith(f"member_{number}_") and layer.weights)
        for number in range(1, count + 1)
    ]
    for (one, first), (other, second) in itertools.combinations(enumerate(kernels, start=1), 2):
        if np.array_equal(first.numpy(), second.numpy()):
            raise ValueError(f"members {one} and {other} begin with the same weights")


def sum_over_members(loss: Function, members: int) -> Function:
    """Make the loss of ``members``: the sum of a loss over the members.

    Parameters
    ----------
    loss : callable
        Takes targets and predictions, both of shape (windows, bins); gives a number.
    members : int

    Returns
    -------
    callable
        Takes targets of shape (windows, bins) and predictions of shape (windows, members * bins).
    """

    def total(y_true: Any, y_pred: Any) -> Any:
        return sum(loss(y_true, part) for part in ops.split(y_pred, members, axis=1))

    return total


def of_their_mean(metric: Function, members: int) -> Function:
    """Make the metric of ``members``: a metric of the mean of their predictions; shapes as :func:`sum_over_members`."""

    def of_mean(y_true: Any, y_pred: Any) -> Any:
        return metric(y_true, sum(ops.split(y_pred, members, axis=1)) / members)

    # Keras names its column so.
    of_mean.__name__ = metric.__name__
    return of_mean

"""An exponential moving average of the weights, which is often better than the weights of any single step."""

from __future__ import annotations

import keras


def keep_average(optimizer: keras.optimizers.Optimizer, decay: float) -> None:
    """Make an optimiser keep an exponential moving average of the weights, without changing the weights.

    The average begins with the weights of the first step. It lives in variables of the optimiser, so that it is saved
    and restored with them.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not built yet.
    decay : float
        Share of the average that is kept at each step, between 0 and 1.
    """
    optimizer.use_ema, optimizer.ema_momentum = True, decay
    optimizer.ema_overwrite_frequency = None
    # Keras would replace the weights with the average at the end of each fit.
    optimizer.finalize_variable_values = lambda _: None


def exchange(model: keras.Model) -> None:
    """Swap the trainable weights of a model with their average; a second call swaps them back.

    Parameters
    ----------
    model : keras.Model
        Compiled with an optimiser that keeps an average, and trained for at least one step.
    """
    averages = model.optimizer._model_variables_moving_average
    for weight, average in zip(model.trainable_variables, averages, strict=True):
        values = weight.numpy().copy()
        weight.assign(average.numpy())
        average.assign(values)

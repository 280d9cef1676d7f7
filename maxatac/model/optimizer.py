"""The optimiser of the published models."""

from __future__ import annotations

import keras


def adam(learning_rate: float = 1e-3, decay: float = 1e-5) -> keras.optimizers.Adam:
    """Make Adam with time-based decay of its learning rate.

    The rate of a step is ``learning_rate / (1 + decay * step)``, what Keras 2 called ``Adam(decay=...)``. It is not
    weight decay.

    Parameters
    ----------
    learning_rate : float
        Rate of the first step.
    decay : float
        Growth of the divisor per step.

    Returns
    -------
    keras.optimizers.Adam
        With beta 0.9 and 0.999 and epsilon 1e-7.
    """
    schedule = keras.optimizers.schedules.InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=decay)
    # Without a name, the second optimiser of a process and its variables would be called adam_1.
    return keras.optimizers.Adam(learning_rate=schedule, beta_1=0.9, beta_2=0.999, epsilon=1e-7, name="adam")

"""Seed the random numbers of the backend."""

from __future__ import annotations

import random


def seed_backend(seed: int) -> None:
    """Seed the random numbers from which Keras draws initial weights."""
    import keras
    import numpy as np

    if keras.config.backend() == "jax":
        # Keras' own function would import TensorFlow if it is installed.
        random.seed(seed)
        np.random.seed(seed)
    else:
        keras.utils.set_random_seed(seed)

"""Seeds of what the backend draws."""

from __future__ import annotations

import random


def seed_backend(seed: int) -> None:
    """Seed what Keras draws initial weights from."""
    import keras
    import numpy as np

    if keras.config.backend() == "jax":
        # Keras' own function would import TensorFlow wherever it is installed.
        random.seed(seed)
        np.random.seed(seed)
    else:
        keras.utils.set_random_seed(seed)

from __future__ import annotations

import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest

from maxatac.model.optimizer import adam
from maxatac.training.fingerprint import state_sha256

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

INPUTS = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 6)
TARGETS = np.array([[0], [1], [1], [0]], np.float32)


def model(*, seed: int = 1, compiled: bool = True) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((6,))
    made = keras.Model(inputs, keras.layers.Dense(1, name="two")(keras.layers.Dense(2, name="one")(inputs)))
    if compiled:
        made.compile(optimizer=adam(), loss="mse", jit_compile=False)
    return made


def step(made: keras.Model) -> keras.Model:
    made.train_on_batch(INPUTS, TARGETS)
    return made


def test_it_is_the_digest_of_names_shapes_and_bytes() -> None:
    made = model(compiled=False)
    digest = hashlib.sha256()
    for variable in made.weights:
        values = variable.numpy()
        digest.update(f"{variable.path} float32 {values.shape}\n".encode() + values.astype("<f4").tobytes())
    assert state_sha256(made) == digest.hexdigest()


def test_same_course_same_state() -> None:
    assert state_sha256(step(model())) == state_sha256(step(model()))


def test_seed_step_and_optimiser_count() -> None:
    states = {
        state_sha256(made)
        for made in (model(), model(seed=2), step(model()), step(step(model())), model(compiled=False))
    }
    assert len(states) == 5


@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_every_number_counts(place: int) -> None:
    made = step(model())
    before = state_sha256(made)
    for variable in (made.weights[place], made.optimizer.variables[place]):
        values = variable.numpy()
        changed = values + np.ones_like(values) if values.dtype.kind in "iu" else values + np.float32(1e-3)
        variable.assign(changed)
        assert state_sha256(made) != before
        variable.assign(values)
        assert state_sha256(made) == before


def test_a_saved_model_has_the_state(tmp_path: Path) -> None:
    made = step(model())
    made.save(tmp_path / "a.keras")
    assert state_sha256(keras.models.load_model(tmp_path / "a.keras")) == state_sha256(made)

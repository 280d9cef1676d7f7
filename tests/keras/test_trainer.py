"""``maxatac.Trainer`` on its own, with a network of the caller's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import quick
from starting import Start
from tiny import TinySet

import maxatac
from maxatac.model.averaging import keep_average
from maxatac.model.losses import binary_cross_entropy
from maxatac.model.optimizer import adam
from maxatac.training.trainer import Objective, TrainingData

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


class Count(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.batches = {"train": 0, "predict": 0, "test": 0}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches["train"] += 1

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches["predict"] += 1

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches["test"] += 1


@pytest.fixture
def sampler(tiny_set: TinySet, tmp_path: Path, start: Start, quick_network: None) -> maxatac.Sampler:
    return start(tiny_set.arguments(tmp_path / "results")).samplers["training"]


def trainable(model: keras.Model) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in model.trainable_variables]


def test_it_trains_as_fit_does_on_the_batches_of_the_epoch(sampler: maxatac.Sampler) -> None:
    model, twin = quick.build("any"), quick.build("any")
    twin.set_weights(model.get_weights())
    trainer = maxatac.Trainer(
        model, TrainingData({"training": sampler}, batches=3), Objective(adam(), binary_cross_entropy)
    )
    count = Count()
    row, timing = trainer.run_epoch(2, count)

    data = maxatac.WindowDataset(sampler, 3)
    data.epoch = 2
    twin.compile(optimizer=adam(), loss=binary_cross_entropy)
    fitted = twin.fit(data.for_fit(), shuffle=False, verbose=0)
    assert row == {"epoch": 3, "loss": pytest.approx(fitted.history["loss"][0], rel=1e-6)}
    for mine, theirs in zip(trainable(model), trainable(twin), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)
    assert count.batches == {"train": 3, "predict": 10, "test": 0}
    assert timing["epoch"] == 3
    assert trainer.validated is None


def test_it_holds_the_average_of_an_optimizer_that_keeps_one(sampler: maxatac.Sampler) -> None:
    optimizer = adam()
    keep_average(optimizer, 0.9)
    model = quick.build("any")
    first = trainable(model)
    trainer = maxatac.Trainer(model, TrainingData({"training": sampler}, 1), Objective(optimizer, binary_cross_entropy))
    trainer.fit(0, [])
    # The average of one step is the weights of that step; those of the next step move on from there.
    after_one = trainable(model)
    trainer.fit(1, [])
    kept = [np.array(keras.ops.convert_to_numpy(value)) for value in optimizer._model_variables_moving_average]
    assert any(not np.array_equal(mine, before) for mine, before in zip(after_one, first, strict=True))
    for average, one, two in zip(trainable(model), after_one, kept, strict=True):
        np.testing.assert_allclose(average, 0.9 * one + 0.1 * two, rtol=1e-5, atol=1e-7)

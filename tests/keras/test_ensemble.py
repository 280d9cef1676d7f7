"""Ensembles: each member learns what it would learn alone; the mean is one model that Keras reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from starting import Start
from tiny import TinySet

from maxatac import Trainer, train
from maxatac.data.batches import WindowDataset
from maxatac.errors import InputError
from maxatac.model.ensemble import Network, build_members, of_their_mean
from maxatac.model.losses import binary_cross_entropy
from maxatac.model.metrics import dice_coef
from maxatac.model.optimizer import adam
from maxatac.model.stored import read_model
from maxatac.reporting.run_plots import describe_layers
from maxatac.training.trainer import Objective, TrainingData, member_seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

SEEDS = (3, 4, 5)


def networks(*seeds: int) -> Network:
    return build_members("DCNN_V2", [lambda seed=seed: keras.utils.set_random_seed(seed) for seed in seeds])  # type: ignore[misc]


def weights(model: keras.Model, prefix: str = "") -> list[np.ndarray]:
    """Of the layers whose name begins so, in the order in which the data goes through them."""
    named = [layer for layer in model.layers if layer.name.startswith(prefix)]
    return [np.array(array) for layer in sorted(named, key=lambda layer: layer.name) for array in layer.get_weights()]


def test_each_member_learns_what_it_would_alone(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None
) -> None:
    sampler = start(tiny_set.arguments(output)).samplers["training"]

    def trained(seeds: tuple[int, ...]) -> tuple[Network, dict[str, float]]:
        network = networks(*seeds)
        trainer = Trainer(
            network.model, TrainingData({"training": sampler}, 3), Objective(adam(), binary_cross_entropy, dice_coef),
            members=network.members,
        )  # fmt: skip
        row, _ = trainer.run_epoch(0)
        return network, row

    (together, row), alone = trained(SEEDS), [trained((seed,)) for seed in SEEDS]
    assert row["loss"] == pytest.approx(np.mean([row["loss"] for _, row in alone]), rel=1e-5)
    for number, (single, _) in enumerate(alone, start=1):
        for mine, theirs in zip(weights(together.model, f"member_{number}_"), weights(single.model), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    windows = WindowDataset(sampler, 1)[0][0]
    predicted = [single.model.predict_on_batch(windows) for single, _ in alone]
    np.testing.assert_allclose(together.model.predict_on_batch(windows), np.mean(predicted, axis=0), atol=1e-5)


def test_the_metric_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(2)
    targets = (rng.random((4, 32)) < 0.2).astype(np.float32)
    members = rng.random((3, 4, 32)).astype(np.float32)
    metric = of_their_mean(dice_coef, 3)
    found = float(metric(targets, np.concatenate(list(members), axis=1)))
    assert found == pytest.approx(float(dice_coef(targets, members.mean(axis=0))), rel=1e-5)
    assert metric.__name__ == "dice_coef"


def test_one_member_and_the_mean_are_drawn() -> None:
    alone, rows = describe_layers(networks(1).model), describe_layers(networks(1, 2, 3).model)
    assert rows[:-1] == alone
    assert (rows[-1]["name"], rows[-1]["detail"]) == ("mean", "of 3 networks like this")


def test_members_that_begin_alike_are_refused() -> None:
    with pytest.raises(ValueError, match="members 1 and 3"):
        networks(1, 2, 1)


def test_the_first_member_begins_as_a_single_network() -> None:
    assert member_seeds(7, 1) == [7]
    assert member_seeds(7, 3)[:2] == member_seeds(7, 2)
    assert len(set(member_seeds(7, 50))) == 50


@pytest.mark.parametrize("compact", [False, True])
def test_a_run_of_an_ensemble(tiny_set: TinySet, output: Path, quick_network: None, compact: bool) -> None:
    settings: dict[str, Any] = {"ensemble": 3, "epochs": 2, "compact_transport": compact, "ema": 0.9}
    result = train(tiny_set.config(output, **settings))
    for path in (result.best_model, result.best_model.with_suffix(".h5")):
        found, model = read_model(path), keras.models.load_model(path, compile=False)
        assert found.network.output == (32,)
        assert found.network.activation == "sigmoid"
        assert sum(layer.kind == "Conv1D" for layer in found.network.layers) == 3 * 2
        assert model.output_shape == (None, 32)
    last = result.history[-1]
    columns = [f"{prefix}member_{number}_average_precision" for prefix in ("val_", "genome_") for number in (1, 2, 3)]
    assert set(columns) <= set(last)
    assert len({last[column] for column in columns[:3]}) == 3
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert record["settings"]["ensemble"] == 3


def test_an_ensemble_goes_on_as_if_it_had_not_stopped(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    whole = train(tiny_set.config(tmp_path / "whole", ensemble=2, epochs=3))
    train(tiny_set.config(tmp_path / "parts", ensemble=2, epochs=1))
    parts = train(tiny_set.config(tmp_path / "parts", ensemble=2, epochs=3, resume=True))
    assert parts.state_sha256 == whole.state_sha256
    assert parts.history == whole.history


def test_weights_of_another_number_of_members(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    two = train(tiny_set.config(tmp_path / "two", ensemble=2, epochs=1)).best_model
    for members in (1, 3):
        with pytest.raises(InputError, match=f"2 networks, the model {members}: --ensemble 2") as raised:
            train(tiny_set.config(tmp_path / "other", ensemble=members, epochs=1, weights=two))
        assert str(two) in str(raised.value)
    assert not (tmp_path / "other").exists()
    assert train(tiny_set.config(tmp_path / "again", ensemble=2, epochs=1, weights=two)).best_epoch == 1

"""The dilated residual network, and what goes with it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tiny import TinySet

from maxatac.model.architectures import build
from maxatac.model.reference import predict
from maxatac.model.stored import read_model
from maxatac.reporting.run_plots import describe_layers, plot_structure
from maxatac.training.settings import RECIPES, TrainConfig, not_default
from maxatac.training.workflow import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


@pytest.fixture
def windows() -> np.ndarray:
    rng = np.random.default_rng(5)
    signal = rng.gamma(0.5, 0.5, (4, 1024, 1))
    return np.concatenate([np.eye(4)[rng.integers(0, 4, (4, 1024))], signal], axis=2).astype(np.float32)


@pytest.mark.parametrize("settings", [{"output_activation": "softplus"}, {"filters": 8, "motif": 9, "blocks": 2}])
def test_it_is_read_without_maxatac(settings: dict[str, Any], windows: np.ndarray, tmp_path: Path) -> None:
    network = build("DRN", **settings)
    for path in (tmp_path / "model.keras", tmp_path / "model.h5"):
        network.save(path)
        expected = network.predict_on_batch(windows)
        np.testing.assert_array_equal(
            keras.models.load_model(path, compile=False, safe_mode=True).predict_on_batch(windows), expected
        )
        np.testing.assert_allclose([predict(read_model(path), window) for window in windows], expected, atol=1e-5)


def test_it_has_no_form_with_a_dense_layer() -> None:
    problems = TrainConfig(sequence=Path("g.2bit"), meta_file=Path("m.tsv"), arch="DRN", dense=True).problems()
    assert [problem.option for problem in problems] == ["--dense"]


def test_defaults_go_with_the_architecture() -> None:
    def found(**settings: Any) -> tuple[int, int, float | None]:
        config = TrainConfig(sequence=Path("g.2bit"), meta_file=Path("m.tsv"), **settings)
        return config.batches, config.batch_size, config.ema

    assert found() == found(arch="DCNN_V2") == (100, 1_000, None)
    assert found(arch="DRN") == (10_000, 10, 0.999)
    assert found(arch="DRN", ema=0.0, batch_size=20) == (10_000, 20, 0.0)
    assert not_default(dataclasses.asdict(TrainConfig(sequence=Path("g"), arch="DRN"))) == ["sequence", "arch"]


def test_every_architecture_sees_as_many_windows() -> None:
    assert {recipe.batches * recipe.batch_size for recipe in RECIPES.values()} == {100_000}


def test_its_structure_is_drawn(tmp_path: Path) -> None:
    rows = describe_layers(build("DRN"))
    assert sum(row["parameters"] for row in rows) == 80_833
    by_name = {row["name"]: row for row in rows}
    assert len(by_name) == len(rows)
    assert by_name["block_6_conv"]["detail"] == "64 x 3, dilation 32, linear"
    assert by_name["block_2_add"]["detail"] == "block_1_add + block_2_relu"
    plot_structure(rows, tmp_path / "structure.png", title="DRN")
    assert (tmp_path / "structure.png").stat().st_size > 10_000


@pytest.mark.slow
def test_a_run_is_resumed_to_the_same_bits(tiny_set: TinySet, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"arch": "DRN", "epochs": 2}
    whole = train(tiny_set.config(tmp_path / "whole", **settings))
    with pytest.MonkeyPatch.context() as patch:
        # After the first epoch counts.
        patch.setattr("maxatac.training.progress.EpochLog.on_epoch_counted", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_set.config(tmp_path / "parts", **settings))
    parts = train(tiny_set.config(tmp_path / "parts", **settings, resume=True))
    assert parts.state_sha256 == whole.state_sha256


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt

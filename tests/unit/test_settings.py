from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from page import PAGE, PAGE_CHROMS, PAGE_TCHROMS, PAGE_VCHROMS

from maxatac.cli.main import parse
from maxatac.cli.running import settings_from
from maxatac.training import settings
from maxatac.training.settings import TrainConfig

NEEDED = {"sequence": Path("g.2bit"), "meta_file": Path("m.tsv")}


def config(**changes: Any) -> TrainConfig:
    return TrainConfig(**{**NEEDED, **changes})


@pytest.mark.parametrize("name", PAGE)
def test_default_is_the_pages(name: str) -> None:
    typed = settings_from(parse(["train", "--sequence", "g.2bit", "--meta_file", "m.tsv"]), TrainConfig)
    assert getattr(config(), name) == getattr(typed, name) == PAGE[name]


def test_default_chromosomes_are_the_pages() -> None:
    assert list(settings.DEFAULT_CHROMS) == PAGE_CHROMS
    assert list(settings.DEFAULT_TRAINING_CHROMS) == PAGE_TCHROMS
    assert list(settings.DEFAULT_VALIDATION_CHROMS) == PAGE_VCHROMS
    assert settings.SEED_RANGE == (1, 99_999)


def test_command_line_and_python_have_the_same_defaults() -> None:
    assert settings_from(parse(["train", "--sequence", "g.2bit", "--meta_file", "m.tsv"]), TrainConfig) == config()


def test_command_line_covers_every_setting() -> None:
    namespace = vars(parse(["train", "--sequence", "g.2bit", "--meta_file", "m.tsv"]))
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(namespace) - names == {
        "command", "run", "dry_run", "multiprocessing", "max_queue_size", "config", "config_problems",
        "config_notes", "config_record",
    }  # fmt: skip
    assert names <= set(namespace)


def test_strings_and_lists_are_taken() -> None:
    made = config(sequence="a/g.2bit", weights="w.h5", output="out", tchroms=["chr1"], test_cell_types=["C"])
    assert made.sequence == Path("a/g.2bit")
    assert made.weights == Path("w.h5")
    assert made.output == Path("out")
    assert made.tchroms == ("chr1",)
    assert made.test_cell_types == ("C",)
    assert made.blacklist is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().epochs = 3  # type: ignore[misc]


def test_defaults_and_edges_are_no_problem() -> None:
    assert list(config().problems()) == []
    edges = {"epochs": 1, "batches": 1, "batch_size": 1, "val_batch_size": 1, "threads": 1, "jitter": 0}
    for ratio in (0, 1):
        assert list(config(**edges, rand_ratio=ratio, seed=0).problems()) == []
    quantitative = config(seed=2**32 - 1, quant=True, target_scale_factor=1e-3, output_activation="linear")
    assert list(quantitative.problems()) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"epochs": -1}, "at least 1"),
        ({"batches": 0}, "at least 1"),
        ({"batch_size": 0}, "at least 1"),
        ({"batch_size": 200_001}, "at most 200000"),
        ({"val_batch_size": -5}, "at least 1"),
        ({"threads": 0}, "at least 1"),
        ({"threads": 1_025}, "at most 1024"),
        ({"memory": "much"}, "such as 200M or 4G"),
        ({"memory": 0}, "above 0"),
        ({"jitter": -1}, "from 0"),
        ({"jitter": 2**31}, "to 2147483647"),
        ({"rand_ratio": 1.5}, "0 to 1"),
        ({"rand_ratio": -0.1}, "0 to 1"),
        ({"rand_ratio": float("nan")}, "0 to 1"),
        ({"ema": -0.1}, "from 0 to below 1"),
        ({"ema": 1.0}, "from 0 to below 1"),
        ({"ema": float("nan")}, "from 0 to below 1"),
        ({"early_stopping": 0}, "at least 1"),
        ({"seed": -1}, "to 4294967295"),
        ({"seed": 2**32}, "to 4294967295"),
        ({"target_scale_factor": 0.0, "quant": True}, "above 0"),
        ({"target_scale_factor": float("inf"), "quant": True}, "above 0"),
        ({"target_scale_factor": 2.0}, "--quant"),
        ({"output_activation": "linear"}, "--quant"),
        ({"output_activation": "tanh", "quant": True}, "sigmoid, linear"),
        ({"arch": "DCNN_V3"}, "DCNN_V2"),
        ({"arch": ["DRN"]}, "DCNN_V2, DRN"),
        ({"ensemble": 0}, "at least 1"),
        ({"ensemble": -1}, "at least 1"),
        ({"ensemble": 33}, "at most 32"),
        ({"cross_validate": ["cells"]}, "cells, chroms"),
        ({"center": "left"}, "midpoint, summit"),
        ({"model_format": "onnx"}, "keras, h5"),
        ({"loglevel": "loud"}, "debug"),
        ({"keep_checkpoints": "last:0"}, "last:N"),
        ({"genome_validation": -1}, "all"),
        ({"genome_validation": "none"}, "all"),
        ({"genome_validation": 1.5}, "all"),
        ({"select": "auroc"}, "dice, average_precision, loss"),
        ({"select": "average_precision", "genome_validation": 0}, "dice or loss"),
        ({"prefix": ""}, "a file name"),
        ({"prefix": "a/b"}, "without a folder"),
        ({"prefix": ".hidden"}, "leading dot"),
        ({"prefix": "a*b"}, "without '*'"),
    ],
    ids=lambda value: (
        "-".join(f"{name}={setting}" for name, setting in value.items()) if isinstance(value, dict) else ""
    ),
)
def test_problem_is_told(changes: dict[str, Any], expected: str) -> None:
    (problem,) = config(**changes).problems()
    name, value = next(iter(changes.items()))
    assert (problem.kind, problem.option) == ("setting", f"--{name}")
    assert problem.found == (f"{value:g}" if isinstance(value, float) else repr(value))
    assert expected in str(problem.expected)


@pytest.mark.parametrize(
    ("changes", "option"),
    [({"cells": Path("c.json")}, "--meta_file and --cells"), ({"resume": True, "force": True}, "--resume and --force")],
)
def test_settings_that_exclude_each_other(changes: dict[str, Any], option: str) -> None:
    (problem,) = config(**changes).problems()
    assert (problem.found, problem.expected, problem.option) == ("both", "one of them", option)


def test_all_problems_are_told_at_once() -> None:
    assert len(config(epochs=0, batches=0, batch_size=0, rand_ratio=2, seed=-1, prefix="").problems()) == 6


GROUPS = (
    settings.ReadSettings, settings.RegionSettings, settings.NetworkSettings, settings.FitSettings,
    settings.LoaderSettings, settings.HeldOutSettings, settings.FoldSettings, settings.OutputSettings,
)  # fmt: skip


def test_groups_are_all_of_the_settings_in_their_order() -> None:
    names = [field.name for group in GROUPS for field in dataclasses.fields(group)]
    assert names == [field.name for field in dataclasses.fields(TrainConfig)]
    assert issubclass(TrainConfig, GROUPS)


def test_a_group_stands_alone() -> None:
    region = settings.RegionSettings(jitter=-1)
    assert [problem.option for problem in region.problems()] == ["--jitter"]
    assert settings.NetworkSettings(weights="w.h5").files() == {"weights": Path("w.h5")}  # type: ignore[arg-type]


def test_options_that_name_files() -> None:
    assert settings.FILE_OPTIONS == (
        "sequence", "meta_file", "cells", "train_roi", "validate_roi", "blacklist", "chrom_sizes", "weights",
    )  # fmt: skip
    assert config(weights="w.h5").files() == {**NEEDED, "weights": Path("w.h5")}


def test_settings_that_are_not_the_default() -> None:
    given = dataclasses.asdict(config(jitter=3, epochs=20, output=Path("./training_results")))
    assert settings.not_default(given) == ["sequence", "meta_file", "jitter"]

"""A run that a record repeats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starting import Start
from tiny import TinySet

from maxatac.cli.main import main, parse
from maxatac.cli.running import settings_from
from maxatac.cli.settings_file import OF_THE_MACHINE
from maxatac.runs.settings import loader_threads
from maxatac.training.settings import TrainConfig, settings_of_run

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


def config(*words: str) -> TrainConfig:
    namespace = parse(["train", *words])
    assert not namespace.config_problems
    return settings_from(namespace, TrainConfig)


def test_chromosome_added_to_a_record_trains(
    tiny_set: TinySet, tmp_path: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    # The test is on what is left of the default, chr1: nobody asked for that, and it makes way.
    first = start(tiny_set.arguments(tmp_path / "first", tchroms=("chr2",)))
    assert first.inputs.split.test == ("chr1",)
    settings = settings_of_run(first.config, first.inputs.split, 7)
    content = {"maxatac": "0.1.0", "settings": {**settings, "output": str(tmp_path / "again")}}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content, default=str))
    assert start(["train", "--config", str(path)]).inputs.split == first.inputs.split
    split = start(["train", "--config", str(path), "--tchroms", "chr1", "chr2"]).inputs.split
    assert (split.training, split.validation, split.test) == (("chr1", "chr2"), ("chr3",), ())
    told = capsys.readouterr().err
    assert f"left out of the --test_chroms of {path}, because the command line uses them otherwise: chr1" in told


def test_record_repeats_its_run(
    tiny_set: TinySet,
    tmp_path: Path,
    quick_network: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    arguments = tiny_set.arguments(first, "--rev_comp", "--force", epochs=2, seed=None, rand_ratio=0.25, jitter=100)
    assert main(arguments) == 0
    record = first / "maxatac_model_run.json"
    # The record says --force, but not for whoever repeats it.
    assert main(["train", "--config", str(record)]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["train", "--config", str(record), "--output", str(again)]) == 0
    one, other = (json.loads((folder / "maxatac_model_run.json").read_text()) for folder in (first, again))
    assert other["state_sha256"] == one["state_sha256"]
    assert other["seed"] == one["seed"]
    assert (again / "maxatac_model.csv").read_bytes() == (first / "maxatac_model.csv").read_bytes()
    # The machine may be another one.
    assert other["settings"]["threads"] == loader_threads(TrainConfig(sequence=Path("g")))
    for name in ("output", "force", *OF_THE_MACHINE):
        one["settings"].pop(name, None)
        other["settings"].pop(name, None)
    assert other["settings"] == one["settings"]
    assert "the run to repeat" not in capsys.readouterr().err
    monkeypatch.setattr("maxatac.backend.device.describe", lambda: "jax 9.9 on NVIDIA X")
    assert main(["train", "--config", str(record), "--output", str(tmp_path / "elsewhere"), "--epochs", "1"]) == 0
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if "the run to repeat" in line]
    assert "WARNING the run to repeat was made with other device (tensorflow " in warning
    assert "now jax 9.9 on NVIDIA X" in warning

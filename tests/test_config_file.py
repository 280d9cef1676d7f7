"""``--config``: a run record repeats the run, a file by hand sets defaults, and the command line wins."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tiny import TinySet

from maxatac.cli.main import main, parse
from maxatac.cli.train import config_from
from maxatac.config_file import read_settings
from maxatac.settings import TrainConfig

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


def written(path: Path, settings: dict[str, Any]) -> Path:
    path.write_text(json.dumps(settings))
    return path


def config(*words: str) -> TrainConfig:
    namespace = parse(["train", *words])
    assert namespace.config_problems == []
    return config_from(namespace)


def problems(path: Path) -> list[str]:
    found: list[str] = []
    read_settings(path, found)
    return found


NEEDED = {"sequence": "g.2bit", "meta_file": "m.tsv"}

TOML = """
sequence = "g.2bit"
meta_file = "m.tsv"
tchroms = ["chr1", "chr2"]
rand-ratio = 0.5
target_scale_factor = 2
rev_comp_train = true
plot = false
seed = 3
loglevel = "WARNING"
"""


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml = tmp_path / "run.toml"
    toml.write_text(TOML)
    as_json = written(
        tmp_path / "run.json",
        {
            **NEEDED, "tchroms": ["chr1", "chr2"], "rand_ratio": 0.5, "target_scale_factor": 2, "rev_comp_train": True,
            "plot": False, "seed": 3, "loglevel": "warning", "weights": None,
        },
    )  # fmt: skip
    expected = TrainConfig(
        sequence=Path("g.2bit"), meta_file=Path("m.tsv"), tchroms=("chr1", "chr2"), rand_ratio=0.5,
        target_scale_factor=2.0, rev_comp_train=True, plot=False, seed=3, loglevel="warning",
    )  # fmt: skip
    assert config("--config", str(toml)) == config("--config", str(as_json)) == expected
    assert type(config("--config", str(toml)).target_scale_factor) is float


def test_command_line_wins_wherever_it_stands(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {**NEEDED, "epochs": 3, "seed": 4, "rev_comp_train": True, "chroms": ["chr1"]})
    made = config("--epochs", "5", "--config", str(path), "--no-rev_comp", "--sequence", "other.2bit", "--chroms", "c")
    assert (made.epochs, made.seed, made.rev_comp_train) == (5, 4, False)
    assert (made.sequence, made.meta_file, made.chroms) == (Path("other.2bit"), Path("m.tsv"), ("c",))
    assert config(f"--config={path}").epochs == 3


def test_what_neither_says_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "a.json", {"sequence": "g.2bit"})
    with pytest.raises(SystemExit) as leaving:
        main(["train", "--config", str(path)])
    assert leaving.value.code == 2
    told = capsys.readouterr().err
    assert "--meta_file" in told
    assert "--sequence" not in told.splitlines()[-1]


def test_every_setting_can_be_in_a_file(tmp_path: Path) -> None:
    defaults = TrainConfig(sequence=Path("g.2bit"), meta_file=Path("m.tsv"))
    settings = json.loads(json.dumps(dataclasses.asdict(defaults), default=str))
    for name in ("force", "resume"):
        del settings[name]
    found: list[str] = []
    read = read_settings(written(tmp_path / "a.json", settings), found)
    assert found == []
    assert TrainConfig(**read) == defaults


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"epoch": 3}, "unknown setting epoch; did you mean epochs?"),
        ({"Batch_Sise": 3}, "unknown setting Batch_Sise; did you mean batch_size?"),
        ({"xyzzy": 3}, "unknown setting xyzzy"),
        ({"epochs": "many"}, 'epochs: expected a whole number, found "many"'),
        ({"epochs": 2.5}, "epochs: expected a whole number, found 2.5"),
        ({"epochs": True}, "epochs: expected a whole number, found true"),
        ({"epochs": None}, "epochs: expected a value, found null"),
        ({"rand_ratio": "half"}, 'rand_ratio: expected a number, found "half"'),
        ({"plot": "yes"}, 'plot: expected true or false, found "yes"'),
        ({"plot": 1}, "plot: expected true or false, found 1"),
        ({"tchroms": "chr1"}, 'tchroms: expected a list of names, found "chr1"'),
        ({"tchroms": [1, 2]}, "tchroms: expected a list of names, found [1, 2]"),
        ({"tchroms": []}, "tchroms: expected a list of names, found []"),
        ({"sequence": 5}, "sequence: expected a path, found 5"),
        ({"arch": ["DCNN_V2"]}, 'arch: expected text, found ["DCNN_V2"]'),
        ({"force": True}, "force: belongs on the command line, not into a file"),
        ({"resume": False}, "resume: belongs on the command line, not into a file"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_problem_of_a_file(content: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", content)
    assert problems(path) == [f"{path}: {told}"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "cannot be read as JSON (Expecting property name"),
        ("a.json", '{"epochs": 1, "epochs": 2}', "cannot be read as JSON (epochs is there twice)"),
        ("a.json", "[1]", "expected names and values"),
        ("a.json", '{"maxatac": "0.1.0"}', "this run record has no settings"),
        ("a.toml", "epochs = x\n", "cannot be read as TOML (Invalid value (at line 1, column"),
        ("a.json", "", "is empty"),
        ("b.json", None, "does not exist"),
    ],
)
def test_file_that_is_none(name: str, text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    (problem,) = problems(path)
    assert str(path) in problem
    assert told in problem


def test_all_problems_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(
        tmp_path / "a.json", {"meta_file": "m", "epoch": 3, "batches": "x", "rand_ratio": 7, "arch": "DCNN_V9"}
    )
    assert main(["train", "--config", str(path), "--jitter", "-1"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("maxatac: error: ") for line in told[:-1]] == [
        f"{path}: unknown setting epoch; did you mean epochs?",
        f'{path}: batches: expected a whole number, found "x"',
        "--jitter -1: expected a whole number from 0 to 2147483647",
        "--rand_ratio 7: expected a share from 0 to 1",
        "--arch DCNN_V9: expected one of DCNN_V2",
    ]
    assert told[-1] == "maxatac: 5 problems found before the start; nothing was written"


def test_level_of_the_log_that_is_none(tmp_path: Path, tiny_set: TinySet, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "a.json", {"loglevel": "loud"})
    assert main(tiny_set.arguments(tmp_path / "out", "--config", str(path))) == 2
    assert "--loglevel loud: expected one of" in capsys.readouterr().err


def test_record_repeats_its_run(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
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
    for name in ("output", "force"):
        del one["settings"][name], other["settings"][name]
    assert other["settings"] == one["settings"]

"""``--config``: a run record repeats the run, a file by hand sets defaults, and the command line wins."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tiny import TinySet

from maxatac.cli.main import main, parse
from maxatac.cli.running import settings_from
from maxatac.cli.settings_file import read_settings
from maxatac.errors import Problem, Problems
from maxatac.preparation.settings import PrepareConfig
from maxatac.training.settings import TrainConfig

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
    assert not namespace.config_problems
    return settings_from(namespace, TrainConfig)


def problems(path: Path) -> Problems:
    found = Problems()
    read_settings(path, found, TrainConfig)
    assert {problem.file for problem in found} <= {path}
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


def test_every_name_of_an_option_can_be_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.toml"
    path.write_text('sequence = "g"\nmeta-file = "m"\nrev_comp = true\nmultiprocessing = true\nmax-queue-size = 10\n')
    assert config("--config", str(path)).rev_comp_train
    path.write_text('sequence = "g"\nrev-comp = true\nrev_comp_train = false\nrev_cmp = true\n')
    assert main(["train", "--config", str(path), "--meta_file", "m"]) == 2
    told = capsys.readouterr().err
    assert f"{path}, rev-comp and rev_comp_train: found two names of one setting; expected one of them" in told
    assert f"{path}: unknown setting rev_cmp; did you mean rev_comp?" in told
    path.write_text(f"rand_ratio = 0x{'f' * 5000}\n")
    assert problems(path).sentences() == [
        f"{path}, rand_ratio: found a number of thousands of digits; expected a number up to 1.8e+308"
    ]


def test_what_belongs_to_a_machine_stays_there(tmp_path: Path) -> None:
    settings = {**NEEDED, "threads": 64, "memory": 32 * 10**9, "epochs": 3}
    record = written(tmp_path / "a_run.json", {"maxatac": "0.1.0", "settings": settings})
    made = config("--config", str(record))
    assert (made.threads, made.memory, made.epochs) == (None, None, 3)
    assert config("--config", str(record), "--threads", "3", "--memory", "1G").threads == 3
    # Whoever writes such a file means it.
    by_hand = config("--config", str(written(tmp_path / "a.json", settings)))
    assert (by_hand.threads, by_hand.memory) == (64, 32 * 10**9)


def test_check_looks_at_the_folder_of_a_record_only_if_asked_to(tmp_path: Path) -> None:
    settings = {**NEEDED, "output": "results"}
    record = written(tmp_path / "a_run.json", {"maxatac": "0.1.0", "settings": settings})
    by_hand = written(tmp_path / "a.json", settings)
    assert parse(["check", "--config", str(record)]).output is None
    assert parse(["check", "--config", str(record), "--output", "results"]).output == Path("results")
    assert parse(["check", "--config", str(by_hand)]).output == Path("results")
    assert parse(["train", "--config", str(record)]).output == Path("results")


def test_home_is_found_as_in_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "a.json", {"sequence": "~/g.2bit", "meta_file": "m.tsv", "blacklist": "~nobody-here/b.bed"})
    made = config("--config=~/a.json", "--output=~/x", "--weights", "~/w.h5", "--train_roi=a/~/b")
    assert (made.sequence, made.output, made.weights) == (tmp_path / "g.2bit", tmp_path / "x", tmp_path / "w.h5")
    assert (made.blacklist, made.train_roi) == (Path("~nobody-here/b.bed"), Path("a/~/b"))
    assert TrainConfig(sequence="~/g", chrom_sizes=Path("~/s")).chrom_sizes == tmp_path / "s"  # type: ignore[arg-type]
    assert parse(["simulate", "~/x"]).output == tmp_path / "x"
    assert parse(["report", "~/x"]).run_files == tmp_path / "x"


@pytest.mark.parametrize("words", [["train", "--sequence", "g", "--meta_file", "m", "--output", ""], ["simulate", ""]])
def test_folder_without_a_name(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "found nothing; expected the name of a folder" in capsys.readouterr().err


def test_meta_file_of_a_check_wins(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"sequence": "g.2bit", "cells": "c.json"})
    for words in (["m.tsv", "--config", str(path)], ["--config", str(path), "m.tsv"]):
        made = settings_from(parse(["check", *words]), TrainConfig)
        assert (made.meta_file, made.cells) == (Path("m.tsv"), None)
    assert settings_from(parse(["check", "--config", str(path)]), TrainConfig).cells == Path("c.json")


LISTS = {"chroms": "1234", "tchroms": "12", "vchroms": "3", "test_chroms": "56"}


@pytest.mark.parametrize(
    ("words", "changed", "told"),
    [
        ("", {}, None),
        ("--epochs 3", {}, None),
        ("--tchroms 1 7", {"chroms": None, "tchroms": "17"}, None),
        ("--tchroms 4", {"tchroms": "4"}, None),
        ("--vchroms 7", {"chroms": None, "vchroms": "7"}, None),
        ("--tchroms 1 7 --vchroms 8", {"chroms": None, "tchroms": "17", "vchroms": "8"}, None),
        ("--vchroms 2", {"tchroms": "1", "vchroms": "2"}, "left out of the --tchroms of"),
        ("--vchroms 5", {"chroms": None, "vchroms": "5", "test_chroms": "6"}, "left out of the --test_chroms of"),
        ("--tchroms 5 6", {"chroms": None, "tchroms": "56", "test_chroms": None}, "left out of the --test_chroms of"),
        ("--vchroms 5 --test_chroms 5", {"chroms": None, "vchroms": "5", "test_chroms": "5"}, None),
        # Nothing would be left: the overlap is told, by whoever looks at the lists.
        ("--tchroms 3", {"tchroms": "3"}, None),
        ("--test_chroms 8", {"test_chroms": "8"}, None),
        ("--chroms 1 3", {"chroms": "13"}, None),
        ("--chroms 1 3 8", {"chroms": "138"}, "--chroms: not in the chromosomes of"),
        ("--chroms 1 3 8 --tchroms 1 8", {"chroms": "138", "tchroms": "18"}, None),
    ],
)
def test_chromosomes_of_the_command_line_win_over_a_record(
    words: str, changed: dict[str, str | None], told: str | None, tmp_path: Path
) -> None:
    lists = {name: list(chroms) for name, chroms in LISTS.items()}
    path = written(tmp_path / "run.json", {"maxatac": "0.1.0", "settings": {**NEEDED, **lists}})
    namespace = parse(["train", "--config", str(path), *words.split()])
    made = settings_from(namespace, TrainConfig)
    assert {name: getattr(made, name) for name in LISTS} == {
        name: chroms and tuple(chroms) for name, chroms in {**LISTS, **changed}.items()
    }
    assert [note.startswith(f"{told}") and str(path) in note for note in namespace.config_notes] == [True] * bool(told)


def test_lists_by_hand_are_taken_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {**NEEDED, "chroms": ["1", "2"], "tchroms": ["1"], "vchroms": ["2"]})
    made = config("--config", str(path), "--tchroms", "2", "3")
    assert (made.chroms, made.tchroms, made.vchroms) == (("1", "2"), ("2", "3"), ("2",))


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
    found = Problems()
    read, record = read_settings(written(tmp_path / "a.json", settings), found, TrainConfig)
    assert found.sentences() == []
    assert record is None
    assert TrainConfig(**read) == defaults


@pytest.mark.parametrize(
    ("content", "place", "found", "expected", "hint"),
    [
        ({"epoch": 3}, None, "unknown setting epoch", None, "did you mean epochs?"),
        ({"Batch_Sise": 3}, None, "unknown setting Batch_Sise", None, "did you mean batch_size?"),
        ({"xyzzy": 3}, None, "unknown setting xyzzy", None, None),
        ({"epochs": "many"}, "epochs", '"many"', "a whole number", None),
        ({"epochs": 2.5}, "epochs", "2.5", "a whole number", None),
        ({"epochs": True}, "epochs", "true", "a whole number", None),
        ({"epochs": None}, "epochs", "null", "a value", None),
        ({"rand_ratio": "half"}, "rand_ratio", '"half"', "a number", None),
        ({"rand_ratio": 10**400}, "rand_ratio", f"1{'0' * 199}...", "a number up to 1.8e+308", None),
        (
            {"rand_ratio": 0.5, "rand-ratio": 1},
            "rand_ratio and rand-ratio",
            "two names of one setting",
            "one of them",
            None,
        ),
        ({"plot": "yes"}, "plot", '"yes"', "true or false", None),
        ({"plot": 1}, "plot", "1", "true or false", None),
        ({"tchroms": "chr1"}, "tchroms", '"chr1"', "a list of names", None),
        ({"tchroms": [1, 2]}, "tchroms", "[1, 2]", "a list of names", None),
        ({"tchroms": []}, "tchroms", "[]", "a list of names", None),
        ({"sequence": 5}, "sequence", "5", "a path", None),
        ({"arch": ["DCNN_V2"]}, "arch", '["DCNN_V2"]', "text", None),
        ({"force": True}, "force", "belongs on the command line, not into a file", None, None),
        ({"resume": False}, "resume", "belongs on the command line, not into a file", None, None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_problem_of_a_file(
    content: dict[str, Any], place: str | None, found: str, expected: str | None, hint: str | None, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.json", content)
    assert list(problems(path)) == [Problem("setting", found, expected, hint, file=path, place=place)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "cannot be read as JSON (Expecting property name"),
        ("a.json", '{"epochs": 1, "epochs": 2}', "cannot be read as JSON (epochs is there twice)"),
        ("a.json", "[1]", "found [1]; expected names and values"),
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
    assert told in str(problem)


def test_all_problems_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(
        tmp_path / "a.json", {"meta_file": "m", "epoch": 3, "batches": "x", "rand_ratio": 7, "arch": "DCNN_V9"}
    )
    assert main(["train", "--config", str(path), "--jitter", "-1"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("maxatac: error: ") for line in told[:-1]] == [
        f"{path}: unknown setting epoch; did you mean epochs?",
        f'{path}, batches: found "x"; expected a whole number',
        "--jitter: found -1; expected a whole number from 0 to 2147483647",
        "--rand_ratio: found 7; expected a share from 0 to 1",
        "--arch: found 'DCNN_V9'; expected one of DCNN_V2, DRN",
    ]
    assert told[-1] == "maxatac: 5 problems found before the start; nothing was written"


@pytest.mark.parametrize("command", ["prepare", "normalize", "average", "binding", "threshold", "benchmark"])
def test_damaged_file_that_was_to_name_the_prefix(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text("{")
    assert main([command, "--config", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"{path}: cannot be read as JSON" in told
    assert "--prefix: found None" in told


def test_record_of_prepare_leaves_the_folder_of_temporary_data_to_the_machine(tmp_path: Path) -> None:
    settings = {"input": ["a.bam"], "prefix": "x", "temp_dir": "/scratch/job_1", "slop": 5}
    record = written(tmp_path / "a_run.json", {"maxatac": "0.1.0", "run_of": "prepare", "settings": settings})
    made = settings_from(parse(["prepare", "--config", str(record)]), PrepareConfig)
    assert (made.temp_dir, made.slop) == (None, 5)


def test_level_of_the_log_that_is_none(tmp_path: Path, tiny_set: TinySet, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "a.json", {"loglevel": "loud"})
    assert main(tiny_set.arguments(tmp_path / "out", "--config", str(path))) == 2
    assert "--loglevel: found 'loud'; expected one of" in capsys.readouterr().err

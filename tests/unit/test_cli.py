from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TextIO

import pytest

from maxatac.cli import main as command
from maxatac.cli.main import build_parser, main, parse, run
from maxatac.cli.running import settings_from
from maxatac.errors import InputError, Problem, TrackError
from maxatac.training.settings import TrainConfig

EMPTY = Problem("unreadable file", "is empty", file=Path("a.bw"))
NEEDED = ("train", "--sequence", "g.2bit", "--meta_file", "m.tsv")


def train_options(command: str = "train") -> list[str]:
    (subparsers,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = subparsers.choices[command]
    return [option for action in parser._actions for option in action.option_strings if option.startswith("--")]


def config(*words: str) -> TrainConfig:
    return settings_from(parse([*NEEDED, *words]), TrainConfig)


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a usage error says."""
    with pytest.raises(SystemExit) as leaving:
        main(words)
    assert leaving.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


# Run as a program.


# Spelling.


@pytest.mark.parametrize("option", [option for option in train_options() if "_" in option])
def test_hyphens_are_accepted(option: str) -> None:
    values_of = {"--output_activation": "sigmoid", "--model_format": "h5", "--cross_validate": "cells"}
    value = values_of.get(option, "3")
    takes_none = option.startswith("--no-") or "--no-" + option[2:] in train_options()
    words = [] if takes_none else [value]
    given = values([*NEEDED, option.replace("_", "-"), *words])
    assert given == values([*NEEDED, option, *words])
    if not takes_none:
        assert values([*NEEDED, f"{option.replace('_', '-')}={value}"]) == given


def values(words: list[str]) -> dict[str, object]:
    given = vars(parse(words))
    return given | {"config_problems": list(given["config_problems"])}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--epoch", "3"], "--epochs"),
        (["--rev-com"], "--rev_comp"),
        (["--metafile", "m.tsv"], "--meta_file"),
        (["--batchsize=3"], "--batch_size"),
        (["--tchrom", "chr1"], "--tchroms"),
        (["--no-plots"], "--no-plot"),
        (["--target-scale-facto", "2"], "--target_scale_factor"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_unknown_option_brings_a_suggestion(typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused([*NEEDED, *typed], capsys)
    assert f"unknown option {typed[0].partition('=')[0]}; did you mean {meant}?" in told


def test_what_is_alike_by_its_dashes_alone_is_not_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean" not in refused([*NEEDED, "--timed_fit"], capsys)


def test_misspelt_required_option_brings_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(["train", "--sequnce", "g.2bit", "--meta_file", "m.tsv"], capsys)
    assert "unknown option --sequnce; did you mean --sequence?" in told


def test_spaces_that_a_web_page_has_put_in_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown option --epochs\\xa03; did you mean --epochs?" in refused([*NEEDED, "--epochs\xa03"], capsys)


def test_all_unknown_options_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused([*NEEDED, "--epoch", "3", "--xyzzy", "--seeds=4"], capsys)
    assert "--epochs?" in told
    assert "unknown option --xyzzy\n" in told
    assert "--seed?" in told


def test_stray_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown argument stray" in refused([*NEEDED, "--epochs", "3", "stray"], capsys)


@pytest.mark.parametrize("missing", ["--sequence", "--meta_file"])
def test_required_option(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = list(NEEDED)
    place = words.index(missing)
    del words[place : place + 2]
    assert missing in refused(words, capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["--epochs", "many"], ["--epochs", "1.5"], ["--epochs"], ["--rand_ratio", "half"], ["--arch", "DCNN_V9"],
        ["--center", "left"], ["--loglevel", "loud"], ["--output_activation", "tanh"], ["--model_format", "onnx"],
        ["--tchroms"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_value_that_is_none(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert words[0] in refused([*NEEDED, *words], capsys)


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "train" in refused(["trian"], capsys)


def test_the_pages_example_word_for_word() -> None:
    line = (
        "maxatac train --arch DCNN_V2 --sequence hg38.2bit --meta_file CTCF_meta.tsv --output ./CTCF_DCNN "
        "--prefix CTCF_DCNN --shuffle_cell_type --rev_comp"
    )
    assert settings_from(parse(line.split()[1:]), TrainConfig) == TrainConfig(
        sequence=Path("hg38.2bit"),
        meta_file=Path("CTCF_meta.tsv"),
        output=Path("CTCF_DCNN"),
        prefix="CTCF_DCNN",
        rev_comp_train=True,
    )


def test_negative_numbers_reach_the_check() -> None:
    assert config("--epochs", "-1").problems()[0].option == "--epochs"


# Exit statuses.


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (
            InputError([EMPTY, dataclasses.replace(EMPTY, file=Path("b.bw"))]),
            2,
            "maxatac: error: a.bw: is empty\nmaxatac: error: b.bw: is empty\n"
            "maxatac: 2 problems found before the start; nothing was written\n",
        ),
        (
            InputError([EMPTY]),
            2,
            "maxatac: error: a.bw: is empty\nmaxatac: 1 problem found before the start; nothing was written\n",
        ),
        (TrackError("a.bw: block 3 is damaged"), 1, "maxatac: error: a.bw: block 3 is damaged\n"),
        (OSError(28, "No space left on device", "x.keras"), 1, "No space left on device: 'x.keras'\n"),
        (
            MemoryError("Unable to allocate 763. MiB for an array with shape (100000000,) and data type float64"),
            1,
            "or the container's limit, a larger device)\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["problems", "problem", "failure", "disk", "memory", "interrupt"],
)
def test_error_becomes_status(error: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: argparse.Namespace) -> int:
        raise error

    assert run(fail, argparse.Namespace()) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(told)
    assert "Traceback" not in captured.err


def test_status_needs_no_stderr(dead_stderr: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", dead_stderr)
    for error, status in (
        (InputError([EMPTY]), 2),
        (TrackError("a.bw: block 3 is damaged"), 1),
        (OSError(28, "No space left on device", "x.keras"), 1),
        (KeyboardInterrupt(), 130),
    ):

        def fail(_: argparse.Namespace, error: BaseException = error) -> int:
            raise error

        assert run(fail, argparse.Namespace()) == status


def test_a_bug_shows_its_traceback() -> None:
    def fail(_: argparse.Namespace) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(fail, argparse.Namespace())


def test_statuses() -> None:
    assert (command.OK, command.FAILURE, command.BAD_INPUT, command.RETRY, command.INTERRUPTED) == (0, 1, 2, 75, 130)


# What train takes, check takes.


@pytest.mark.parametrize(
    "words",
    [
        "m.tsv --sequence g.2bit", "--sequence g.2bit m.tsv", "--meta_file m.tsv --sequence g.2bit",
        "--sequence g.2bit --meta_file m.tsv", "--sequence g.2bit --meta-file=m.tsv --dry_run",
    ],
)  # fmt: skip
def test_check_takes_the_meta_file_both_ways(words: str) -> None:
    given = settings_from(parse(["check", *words.split()]), TrainConfig)
    assert given == dataclasses.replace(config(), output=given.output)


def test_check_takes_one_meta_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "META" in refused(["check", "m.tsv", "--meta_file", "m.tsv", "--sequence", "g.2bit"], capsys)
    assert "META" in refused(["check", "--sequence", "g.2bit"], capsys)


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    assert [option for option in train_options() if option not in text] == []


def test_check_takes_every_option_of_train() -> None:
    assert set(train_options()) <= set(train_options("check"))


@pytest.mark.parametrize("words", [[], ["n.tsv"], ["--meta_file", "n.tsv"]], ids=" ".join)
def test_meta_file_of_a_settings_file_gives_way(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"sequence": "g.2bit", "meta_file": "m.tsv"}')
    given = parse(["check", "--config", str(tmp_path / "settings.json"), *words])
    assert (given.sequence, given.meta_file) == (Path("g.2bit"), Path("n.tsv" if words else "m.tsv"))


def test_wrong_arguments_are_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words, parser in ((["train", "--sequence"], "maxatac train"), (["trian"], "maxatac")):
        error, hint = refused(words, capsys).splitlines()
        assert error.startswith(f"{parser}: error: ")
        assert f"{parser} --help" in hint


@pytest.mark.parametrize("typed", ["-name", "-prefix", "-seed=1", "-x"])
def test_a_single_dash_starts_a_whole_option(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse([*NEEDED, typed, "X"])
    assert left.value.code == command.BAD_INPUT
    assert typed.partition("=")[0] in capsys.readouterr().err.splitlines()[0]

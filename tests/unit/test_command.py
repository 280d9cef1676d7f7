"""Running a command that leaves files: what is in the way, the record, and failures."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from maxatac.errors import InputError, MaxatacError
from maxatac.files.atomic import write_text
from maxatac.files.checksums import sha256
from maxatac.runs.command import CommandFolder, CommandRun, carry_out, record_of_output
from maxatac.runs.folder import RunFolder, find_run
from maxatac.runs.settings import ResultSettings


@dataclass
class Copying:
    """A command that writes ``<prefix>.bw`` and ``<prefix>_peaks.bed`` from one input."""

    folder: CommandFolder
    inputs: Mapping[str, Path]
    worked_out: Mapping[str, Any]
    between: Callable[[], None] = lambda: None

    @property
    def outputs(self) -> list[Path]:
        return [self.folder.named(".bw"), self.folder.named("_peaks.bed")]

    def describe(self) -> list[str]:
        return []

    def work(self, run: CommandRun) -> str:
        for path in self.outputs:
            write_text(path, "made")
            self.between()
        run.note("made", 2)
        return "done"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "signal.bw"
    path.write_text("signal")
    return path


def run(
    source: Path, output: Path, *, command: str = "predict", between: Callable[[], None] = lambda: None, **more: Any
) -> str:
    config = ResultSettings(output=output, prefix="CTCF", **more)

    def prepare(config: ResultSettings) -> Copying:
        folder = CommandFolder.of(config, command)
        prepared = Copying(folder, {"signal": source}, {"prefix": "CTCF"}, between)
        problems = folder.problems(prepared.outputs, inputs=prepared.inputs, force=config.force)
        if problems:
            raise InputError(problems)
        return prepared

    return carry_out(config, prepare)


def refused(*args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        run(*args, **kwargs)
    assert {problem.kind for problem in caught.value.problems} == {"output"}
    return [problem.file.name for problem in caught.value.problems if problem.file is not None]


def test_record(source: Path, tmp_path: Path) -> None:
    assert run(source, tmp_path / "out") == "done"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["CTCF.bw", "CTCF_peaks.bed", "CTCF_predict.log", "CTCF_predict_run.json"]
    record = json.loads((tmp_path / "out" / "CTCF_predict_run.json").read_text())
    assert (record["run_of"], record["made"]) == ("predict", 2)
    assert record["inputs"]["signal"]["sha256"] == sha256(source)
    assert record["outputs"]["CTCF.bw"]["sha256"] == sha256(tmp_path / "out" / "CTCF.bw")
    assert record_of_output(tmp_path / "out" / "CTCF.bw") == record
    assert record_of_output(source) is None


def test_own_results_need_force(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path)
    assert refused(source, tmp_path) == ["CTCF.bw", "CTCF_peaks.bed", "CTCF_predict_run.json"]
    assert run(source, tmp_path, force=True) == "done"


def test_a_file_of_no_run_needs_force(source: Path, tmp_path: Path) -> None:
    (tmp_path / "CTCF.bw").write_text("mine")
    assert refused(source, tmp_path) == ["CTCF.bw"]
    assert (tmp_path / "CTCF.bw").read_text() == "mine"
    assert run(source, tmp_path, force=True) == "done"


@pytest.mark.parametrize("force", [False, True])
def test_results_of_another_command_stay(source: Path, tmp_path: Path, force: bool) -> None:
    run(source, tmp_path)
    assert refused(source, tmp_path, command="average", force=force) == ["CTCF.bw", "CTCF_peaks.bed"]
    assert (tmp_path / "CTCF.bw").read_text() == "made"


@pytest.mark.parametrize("force", [False, True])
def test_results_of_a_training_run_stay(source: Path, tmp_path: Path, force: bool) -> None:
    (tmp_path / "CTCF.bw").write_text("of the independent test")
    (tmp_path / "CTCF_run.json").write_text('{"maxatac": "0.1.0"}')
    assert refused(source, tmp_path, force=force) == ["CTCF.bw"]
    assert (tmp_path / "CTCF.bw").read_text() == "of the independent test"


def test_a_training_run_leaves_results_of_commands(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path)
    folder = RunFolder(tmp_path, "CTCF")
    assert folder.of_others() == {tmp_path / "CTCF.bw": ("predict", "CTCF")}
    (tmp_path / "CTCF.csv").touch()
    folder.clear()
    assert (tmp_path / "CTCF.bw").exists()
    assert not (tmp_path / "CTCF.csv").exists()


def test_records_of_commands_are_no_training_runs(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path)
    for path in (tmp_path, tmp_path / "CTCF_predict", tmp_path / "CTCF_predict_run.json"):
        with pytest.raises(InputError):
            find_run(path)
    (tmp_path / "other_run.json").write_text('{"maxatac": "0.1.0"}')
    assert find_run(tmp_path) == RunFolder(tmp_path, "other")


@pytest.mark.parametrize("force", [False, True])
def test_an_input_is_never_replaced(tmp_path: Path, force: bool) -> None:
    path = tmp_path / "CTCF.bw"
    path.write_text("signal")
    assert "CTCF.bw" in refused(path, tmp_path, force=force)
    assert path.read_text() == "signal"


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_in_place_of_a_result(source: Path, tmp_path: Path, force: bool) -> None:
    for name in ("CTCF.bw", "CTCF_predict.log"):
        (tmp_path / name).mkdir()
    assert refused(source, tmp_path, force=force) == ["CTCF.bw", "CTCF_predict.log"]


def test_an_input_that_the_earlier_run_made_is_not_removed(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path)
    path = tmp_path / "CTCF_predict_run.json"
    record = json.loads(path.read_text())
    record["outputs"]["signal.bw"] = {}
    path.write_text(json.dumps(record))
    assert refused(source, tmp_path, force=True) == ["signal.bw"]
    assert source.read_text() == "signal"


def test_results_that_came_during_the_checks_stay(source: Path, tmp_path: Path) -> None:
    def prepare(config: ResultSettings) -> Copying:
        # The other run begins and ends here.
        run(source, tmp_path)
        return Copying(CommandFolder.of(config, "predict"), {"signal": source}, {})

    with pytest.raises(InputError) as caught:
        carry_out(ResultSettings(output=tmp_path, prefix="CTCF"), prepare)
    assert "CTCF.bw" in {problem.file.name for problem in caught.value.problems if problem.file is not None}
    assert not list(tmp_path.glob("*running*"))


def test_another_command_that_writes_results_of_this_prefix(source: Path, tmp_path: Path) -> None:
    """Both would write ``CTCF.bw``."""
    told: list[list[str]] = []
    run(source, tmp_path, between=lambda: told.append(refused(source, tmp_path, command="merge", force=True)))
    assert all("CTCF_predict_running.json" in names for names in told)
    assert len(told) == 2


@pytest.mark.parametrize("prefix", ["CTCF", ["CTCF"], None])
@pytest.mark.parametrize("outputs", [None, 5, ["CTCF.bw"], [["CTCF.bw"]], {"../mine.txt": {}}, {"a\0b": {}}])
def test_a_record_that_was_changed(source: Path, tmp_path: Path, outputs: Any, prefix: Any) -> None:
    (tmp_path / "mine.txt").touch()
    path = tmp_path / "out" / "CTCF_predict_run.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"maxatac": "1", "run_of": "predict", "prefix": prefix, "outputs": outputs}))
    assert refused(source, path.parent) == [path.name]
    with contextlib.suppress(InputError):
        run(source, path.parent, force=True)
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("text", ["", "5", "[]", "[" * 100_000, "\udcff"])
def test_a_record_that_is_none(source: Path, tmp_path: Path, text: str) -> None:
    run(source, tmp_path)
    path = tmp_path / "CTCF_predict_run.json"
    path.write_text(text, errors="surrogateescape")
    assert record_of_output(tmp_path / "CTCF.bw") is None
    assert path.name in refused(source, tmp_path)
    assert run(source, tmp_path / "other") == "done"


@pytest.mark.parametrize("error", [MaxatacError("the disk is full"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_but_the_log(source: Path, tmp_path: Path, error: BaseException) -> None:
    """What is told to try again later, after 75, must find nothing in its way."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        run(source, tmp_path / "out", between=fail)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["CTCF_predict.log"]
    assert run(source, tmp_path / "out") == "done"


def test_a_failure_leaves_the_files_that_were_there(source: Path, tmp_path: Path) -> None:
    def fail() -> None:
        raise MaxatacError("the disk is full")

    (tmp_path / "CTCF_peaks.bed").write_text("mine")
    with pytest.raises(MaxatacError):
        run(source, tmp_path, between=fail, force=True)
    assert (tmp_path / "CTCF_peaks.bed").read_text() == "mine"
    assert not (tmp_path / "CTCF.bw").exists()


def test_the_earlier_results_that_are_not_made_again_go(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path)
    path = tmp_path / "CTCF_predict_run.json"
    record = json.loads(path.read_text())
    record["outputs"]["CTCF_more.bed"] = {}
    path.write_text(json.dumps(record))
    (tmp_path / "CTCF_more.bed").touch()
    run(source, tmp_path, force=True)
    assert not (tmp_path / "CTCF_more.bed").exists()


def test_a_name_that_is_too_long(source: Path, tmp_path: Path) -> None:
    folder = CommandFolder(tmp_path, "x" * 250, "predict")
    problems = folder.problems([folder.named(".bw")], inputs={"signal": source})
    assert [problem.option for problem in problems] == ["--prefix"]


def test_a_prefix_with_a_folder_is_told_by_the_settings_alone(tmp_path: Path) -> None:
    folder = CommandFolder(tmp_path, "a/b", "predict")
    assert not folder.problems([folder.named(".bw")], inputs={})
    assert [problem.option for problem in ResultSettings(prefix="a/b").problems()] == ["--prefix"]

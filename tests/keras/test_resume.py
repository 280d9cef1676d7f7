"""A run that was stopped, in whatever way, and gone on with ends as one that was not."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import errno
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import keras
import numpy as np
import pytest
from results import record
from tiny import CELLS, SPLIT, TinySet, write_bigwig

from maxatac.cli.main import main
from maxatac.errors import InputError, MaxatacError
from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.thresholds import threshold_table
from maxatac.files.atomic import replacing, temporary_name
from maxatac.model.batch_norm import StatisticsEstimator
from maxatac.runs import input_files
from maxatac.runs import record as record_module
from maxatac.runs.folder import RunFolder
from maxatac.runs.input_files import BackgroundChecks, InputFile
from maxatac.runs.running import Holder, running, running_problems
from maxatac.training import epochs as epochs_of
from maxatac.training import held_out, prepared
from maxatac.training.report_data import ReportData
from maxatac.training.result import TrainResult
from maxatac.training.resume import (
    FREE_SETTINGS,
    ResumeState,
    input_differences,
    model_variables,
    read_state,
)
from maxatac.training.settings import TrainConfig
from maxatac.training.trainer import Trainer
from maxatac.training.validation import Validated
from maxatac.training.workflow import train

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

SCORES = (0.3, 0.5, 0.4, 0.6, 0.2, 0.1)
PREFIX = "maxatac_model"
STATE = f"{PREFIX}_resume.npz"
THRESHOLDS, REPORT_DATA = f"{PREFIX}_thresholds.tsv", f"{PREFIX}_report.json"


def ranking(epoch: int) -> Ranking:
    """What the validation of an epoch, counted from 0, finds in ``drifting``."""
    return Ranking.of(np.array([False, True, False]), np.array([0.1, SCORES[epoch], 0.9], np.float32))


@pytest.fixture
def drifting(monkeypatch: pytest.MonkeyPatch, quick_network: None) -> None:
    """Epochs that compute nothing, yet move every number to a place that depends on where it was."""

    def run_epoch(self: Any, epoch: int, callback: Any) -> tuple[dict[str, float], dict[str, float]]:
        for variable in model_variables(self.model):
            values = variable.numpy()
            variable.assign(values + 1 if values.dtype.kind in "iu" else 0.75 * values + np.float32(epoch))
        loss = float(self.model.weights[0].numpy().mean())
        score = SCORES[epoch]
        self.validated = Validated({}, (), {}, {"genome": ranking(epoch)})
        row = {"epoch": epoch + 1, "dice_coef": 0.5, "loss": loss, "val_dice_coef": score, "val_loss": 1 - score}
        parts = ("statistics", "validation", "genome")
        shares = dict.fromkeys(("waiting_share", *(f"{part}_share" for part in parts)), 0.1)
        seconds = {"steps_seconds": 1.0} | {f"{part}_seconds": 0.2 for part in parts}
        return row, {"epoch": epoch + 1, "seconds": 2.0, "examples_per_second": 8.0, **shares, **seconds}

    monkeypatch.setattr(Trainer, "run_epoch", run_epoch)


def outcome(output: Path) -> tuple[Any, ...]:
    """What must not depend on how often a run was stopped."""
    return (
        record(output)["state_sha256"],
        (output / f"{PREFIX}.csv").read_bytes(),
        (output / "best_epoch.txt").read_text(),
        (output / THRESHOLDS).read_bytes(),
        json.loads((output / REPORT_DATA).read_text()),
    )


def assert_describes_selected(output: Path) -> None:
    """Whatever is there of thresholds and report data is of the selected epoch of ``drifting``."""
    best = output / "best_epoch.txt"
    epoch = int(best.read_text().rpartition("_")[2].partition(".")[0]) if best.exists() else 0
    if (output / THRESHOLDS).exists():
        assert (output / THRESHOLDS).read_text() == threshold_table([ranking(epoch - 1)])
    if (output / REPORT_DATA).exists():
        assert json.loads((output / REPORT_DATA).read_text())["validation"]["epoch"] == epoch


def names(output: Path) -> set[str]:
    return {path.name for path in output.iterdir()}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def weights(path: Path) -> list[np.ndarray]:
    return [variable.numpy() for variable in keras.models.load_model(path, compile=False).weights]


def same_model(one: Path, other: Path) -> bool:
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(weights(one), weights(other), strict=True))


# The same end.


def test_three_epochs_and_three_more_are_six(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    settings = {"rand_ratio": 0.25, "rev_comp_train": True, "jitter": 100}
    once, twice = tmp_path / "once", tmp_path / "twice"
    whole = train(tiny_set.config(once, epochs=6, **settings))
    train(tiny_set.config(twice, epochs=3, **settings))
    resumed = train(tiny_set.config(twice, epochs=6, resume=True, threads=2, **settings))
    assert outcome(twice) == outcome(once)
    assert dataclasses.replace(resumed, output=once, best_model=whole.best_model) == whole
    assert names(twice) == names(once)
    assert same_model(twice / f"{PREFIX}_best.keras", once / f"{PREFIX}_best.keras")
    # Fails where only the weights came back: Adam's moments and its step count belong to the state.
    assert len(read_state(twice / STATE).names) > len(weights(twice / f"{PREFIX}_6.keras"))  # type: ignore[union-attr]


def test_average_goes_on_too(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    train(tiny_set.config(once, epochs=4, ema=0.8))
    train(tiny_set.config(twice, epochs=2, ema=0.8))
    train(tiny_set.config(twice, epochs=4, ema=0.8, resume=True))
    assert outcome(twice) == outcome(once)


def test_run_that_is_finished_is_left_as_it_is(tiny_set: TinySet, output: Path, drifting: None) -> None:
    train(tiny_set.config(output, epochs=3))
    before = contents(output)
    models = {path for path in before if path.suffix in (".keras", ".h5")}
    again = train(tiny_set.config(output, epochs=3, resume=True))
    after = contents(output)
    assert again.best_epoch == 2
    assert {path for path in models if after[path] != before[path]} == set()
    assert record(output)["status"] == "finished"
    assert {path for path in after if "tfevents" not in path.name} == {
        path for path in before if "tfevents" not in path.name
    }


class Killed(BaseException):
    """Stands for SIGKILL: nothing that handles errors knows it."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], list[str]]:
    """Let a run die before its n-th file gets its name; the returned list tells the names."""
    given: list[str] = []
    state: dict[str, Any] = {}
    replace = Path.replace

    def dying(self: Path, target: Path) -> Path:
        if len(given) == state["at"]:
            state["half"] = (self, self.read_bytes())
            raise Killed
        given.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dying)

    def set_to(at: int | None) -> list[str]:
        if "half" in state:
            path, content = state.pop("half")
            # A process that is killed does not clean up behind itself.
            path.write_bytes(content)
        state["at"] = at
        given.clear()
        return given

    return set_to


# Of three epochs the second is the best: files are written, replaced and removed.
@pytest.mark.slow
@pytest.mark.parametrize(("keep", "epochs"), [("all", 2), ("best", 3)])
def test_killed_before_any_of_its_files(
    keep: str, epochs: int, tiny_set: TinySet, tmp_path: Path, drifting: None,
    kill_at: Callable[[int | None], list[str]],
) -> None:  # fmt: skip
    once = tmp_path / "once"
    written = kill_at(None)
    train(tiny_set.config(once, epochs=epochs, keep_checkpoints=keep))
    total = len(written)
    assert STATE in written
    for at in range(total):
        output = tmp_path / str(at)
        kill_at(at)
        with pytest.raises(Killed):
            train(tiny_set.config(output, epochs=epochs, keep_checkpoints=keep))
        assert_describes_selected(output)
        kill_at(None)
        train(tiny_set.config(output, epochs=epochs, keep_checkpoints=keep, resume=True))
        assert outcome(output) == outcome(once), f"killed before {at}"
        assert names(output) == names(once), f"killed before {at}"
        assert same_model(output / f"{PREFIX}_best.h5", once / f"{PREFIX}_best.h5"), f"killed before {at}"
        assert same_model(output / f"{PREFIX}_best.keras", once / f"{PREFIX}_best.h5"), f"killed before {at}"
        shutil.rmtree(output)


def test_epoch_that_does_not_count_describes_nothing(
    tiny_set: TinySet, output: Path, drifting: None, kill_at: Callable[[int | None], list[str]]
) -> None:
    written = kill_at(None)
    train(tiny_set.config(output, epochs=2))
    third_state = [place for place, name in enumerate(written) if name == STATE][2]
    shutil.rmtree(output)
    kill_at(third_state)
    with pytest.raises(Killed):
        train(tiny_set.config(output, epochs=2))
    kill_at(None)
    assert train(tiny_set.config(output, epochs=1, resume=True)).best_epoch == 1
    assert (output / THRESHOLDS).exists()
    assert_describes_selected(output)


def test_the_resumed_run_may_be_killed_too(
    tiny_set: TinySet, tmp_path: Path, drifting: None, kill_at: Callable[[int | None], list[str]]
) -> None:
    once, output = tmp_path / "once", tmp_path / "often"
    kill_at(None)
    train(tiny_set.config(once, epochs=3))
    for attempt in range(50):
        kill_at(2 + 3 * (attempt % 3))
        try:
            train(tiny_set.config(output, epochs=3, resume=True))
        except Killed:
            continue
        break
    else:
        kill_at(None)
        train(tiny_set.config(output, epochs=3, resume=True))
    assert outcome(output) == outcome(once)
    assert names(output) == names(once)


# The independent test.

TESTED = {f"{PREFIX}{ending}" for ending in ("_test.json", "_test.tsv", ".bw", "_report.html")}


@pytest.fixture
def tested(tiny_set: TinySet, output: Path, drifting: None) -> Path:
    """A run of one epoch with its test, and a stand-in for its report."""
    train(tiny_set.config(output, epochs=1, **SPLIT))
    (output / f"{PREFIX}_report.html").write_text("of epoch 1")
    assert names(output) >= TESTED
    return output


def test_results_of_another_model_go(tiny_set: TinySet, tested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_epoch = Trainer.run_epoch

    def dying(self: Any, epoch: int, callback: Any) -> Any:
        if epoch == 2:
            raise Killed
        return run_epoch(self, epoch, callback)

    (tested / f"{PREFIX}_test.CellA.bw").write_text("of somebody else")
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", dying)
        with pytest.raises(Killed):
            train(tiny_set.config(tested, epochs=3, resume=True, **SPLIT))
    assert (tested / "best_epoch.txt").read_text() == f"{PREFIX}_2.keras\n"
    assert names(tested) & TESTED == set()
    assert (tested / f"{PREFIX}_test.CellA.bw").exists()
    assert_describes_selected(tested)
    train(tiny_set.config(tested, epochs=3, resume=True, **SPLIT))
    assert TESTED - names(tested) == {f"{PREFIX}_report.html"}


def test_test_that_is_skipped_leaves_no_results(
    tiny_set: TinySet, tested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.SCORES", (0.3, 0.2))
    train(tiny_set.config(tested, epochs=2, resume=True, test=False, **SPLIT))
    assert (tested / "best_epoch.txt").read_text() == f"{PREFIX}_1.keras\n"
    assert record(tested)["test"] == {"skipped": "--no-test"}
    assert names(tested) & TESTED == set()
    assert_describes_selected(tested)
    train(tiny_set.config(tested, epochs=2, resume=True, **SPLIT))
    assert record(tested)["test"] == {"scores": f"{PREFIX}_test.json"}


def test_scores_never_stand_beside_the_track_of_another_test(
    tiny_set: TinySet, tested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (tested / f"{PREFIX}.bw").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(held_out, "write_text", _full_disk)
        with pytest.raises(OSError, match="No space"):
            train(tiny_set.config(tested, epochs=1, resume=True, test_rev_comp=True, **SPLIT))
    assert (tested / f"{PREFIX}.bw").read_bytes() != first
    assert not (tested / f"{PREFIX}_test.json").exists()
    train(tiny_set.config(tested, epochs=1, resume=True, **SPLIT))
    assert (tested / f"{PREFIX}.bw").read_bytes() == first
    assert (tested / f"{PREFIX}_test.json").exists()


def _full_disk(*_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_finished_run_that_is_stopped_at_once(tiny_set: TinySet, tested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = record(tested)

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(epochs_of, "run_test", stop)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_set.config(tested, epochs=1, resume=True, **SPLIT))
    found = record(tested)
    assert found["status"] == "interrupted"
    assert [found[name] for name in ("state_sha256", "test")] == [before[name] for name in ("state_sha256", "test")]
    assert names(tested) >= TESTED
    # With an epoch to do they are not those of its end.
    with pytest.raises(KeyboardInterrupt):
        train(tiny_set.config(tested, epochs=2, resume=True, **SPLIT))
    found = record(tested)
    assert found["state_sha256"] is None
    assert "test" not in found


def test_test_that_is_done_is_not_repeated(tiny_set: TinySet, tested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in tested.iterdir() if path.is_file()}

    def predict(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(held_out, "predict_chromosomes", predict)
        result = train(tiny_set.config(tested, epochs=1, resume=True, **SPLIT))
        assert result.test == json.loads(before[f"{PREFIX}_test.json"])
        # Of another model, of other settings, or of files that are not all there.
        monkeypatch.setattr(f"{__name__}.SCORES", (0.3, 0.2, 0.5))
        train(tiny_set.config(tested, epochs=2, resume=True, **SPLIT))
        for changes in ({"epochs": 3}, {"epochs": 2, "test_rev_comp": True}):
            copy = shutil.copytree(tested, tested.with_name("copy"))
            with pytest.raises(Killed):
                train(tiny_set.config(copy, resume=True, **changes, **SPLIT))
            shutil.rmtree(copy)
        (tested / f"{PREFIX}.bw").unlink()
        with pytest.raises(Killed):
            train(tiny_set.config(tested, epochs=2, resume=True, **SPLIT))
    after = {path.name: path.read_bytes() for path in tested.iterdir() if path.is_file()}
    kept = (f"{PREFIX}_test.json", f"{PREFIX}_test.tsv", REPORT_DATA)
    assert [after[name] for name in kept] == [before[name] for name in kept]
    train(tiny_set.config(tested, epochs=2, resume=True, **SPLIT))
    assert (tested / f"{PREFIX}.bw").exists()


def test_test_of_another_file_of_a_test_cell_type(damaged: TinySet, output: Path, drifting: None) -> None:
    """The state of the run says nothing of it: the file was first read when the training was over."""
    train(damaged.config(output, epochs=1, test=False, **SPLIT))
    first = train(damaged.config(output, epochs=1, resume=True, **SPLIT)).test
    write_bigwig(damaged.file("CellC", "binding.bw"), [("chr1", 50_000, 51_000, 1.0)])
    second = train(damaged.config(output, epochs=1, resume=True, **SPLIT)).test
    assert second["cell_types"] != first["cell_types"]


@pytest.mark.parametrize("format", ["keras", "h5"])
def test_another_model_under_the_name_of_the_selected_one(
    format: str, tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"epochs": 3, "model_format": format, **SPLIT}
    once, best = output.with_name("once"), output / f"{PREFIX}_best.keras"
    expected = train(tiny_set.config(once, **settings)).test
    other = output.with_name("other.keras")
    shutil.copyfile(once / f"{PREFIX}_best.keras", other)
    model = keras.models.load_model(other, compile=False)
    model.weights[0].assign(model.weights[0] + 1e-3)
    model.save(other)
    run = held_out.run_test

    def replaced(*arguments: Any, **more: Any) -> Any:
        shutil.copyfile(other, best)
        return run(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(epochs_of, "run_test", replaced)
        with pytest.raises(MaxatacError, match=f"{best}: is not the model that this run has selected"):
            train(tiny_set.config(output, **settings))
    assert record(output)["status"] == "failed"
    assert not names(output) & TESTED
    # Not even a run that goes on takes it for its own.
    with pytest.raises(MaxatacError, match="is not the model"):
        train(tiny_set.config(output, resume=True, **settings))
    best.unlink()
    found = train(tiny_set.config(output, resume=True, **settings)).test
    assert found["cell_types"] == expected["cell_types"]
    assert found["made_of"] == expected["made_of"]


# Another process.


def other_process() -> Holder:
    return dataclasses.replace(Holder.this(), boot="another", host="node7")


def test_run_that_is_being_written_is_left_alone(
    tiny_set: TinySet, tested: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(RunFolder(tested, PREFIX).running("train")):
        before = contents(tested)
        for words in (["--force"], ["--resume"], ["--resume", "--dry_run"], []):
            assert main(tiny_set.arguments(tested, *words, epochs=2, **SPLIT)) == 2
            told = capsys.readouterr().err
            assert f"{PREFIX}_train_running.json: this run is being written by process {os.getpid()} on " in told
        assert contents(tested) == before
        # Another prefix is another run.
        assert main(tiny_set.arguments(tested, prefix="another")) == 0
    assert main(tiny_set.arguments(tested, "--resume", epochs=2, **SPLIT)) == 0
    assert not list(tested.glob("*_running.json"))


SUSPENDED = """
import os, signal, sys
from quick import program
from maxatac.training.trainer import Trainer

run_epoch = Trainer.run_epoch

def suspending(self, epoch, callback):
    if epoch == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    return run_epoch(self, epoch, callback)

Trainer.run_epoch = suspending
program()
"""


def test_process_that_is_suspended_and_one_that_was_killed(
    tiny_set: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[1]), *sys.path))}
    words = tiny_set.arguments(output, epochs=3)
    with subprocess.Popen([sys.executable, "-c", SUSPENDED, *words], env=env, stderr=subprocess.DEVNULL) as process:
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            for how in ("--force", "--resume"):
                assert main([*words, how]) == 2
                assert f"is being written by process {process.pid} on " in capsys.readouterr().err
            process.kill()
            # Nobody has waited for it yet: it is a zombie.
            deadline = time.monotonic() + 60
            while running_problems(RunFolder(output, PREFIX).running("train"), watch=False):
                assert time.monotonic() < deadline
            assert main([*words, "--resume"]) == 0
        finally:
            process.kill()
    assert record(output)["epochs_finished"] == 3
    assert len(record(output)["resumed"]) == 1


def test_run_that_another_has_taken_over_writes_nothing_more(
    tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_epoch = Trainer.run_epoch
    path = RunFolder(output, PREFIX).running("train")
    left: dict[Path, bytes] = {}

    def suspended(self: Any, epoch: int, callback: Any) -> Any:
        row = run_epoch(self, epoch, callback)
        if epoch == 1:
            # Meanwhile another has begun anew.
            path.write_text(json.dumps(dataclasses.asdict(other_process())))
            left.update(contents(output))
        return row

    monkeypatch.setattr(Trainer, "run_epoch", suspended)
    assert main(tiny_set.arguments(output, epochs=3)) == 1
    assert contents(output) == left
    assert json.loads(path.read_text())["host"] == "node7"
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"maxatac: error: {path}: another process has taken over this run")


def test_run_that_came_in_between(
    tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_samplers = prepared.make_samplers

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(prepared, "make_samplers", make_samplers)
        train(tiny_set.config(output, epochs=1))
        return make_samplers(*arguments)

    monkeypatch.setattr(prepared, "make_samplers", meanwhile)
    with pytest.raises(InputError, match=f"{STATE}: written meanwhile by another run"):
        train(tiny_set.config(output, epochs=2))
    assert record(output)["epochs_finished"] == 1


# Signals.


@pytest.fixture
def listening() -> Iterator[None]:
    """Python's own handlers, whatever the test runner has put in their place."""
    default = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGUSR1: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in default.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "moment", "status", "told"),
    [
        (signal.SIGTERM, "training", 75, "interrupted (SIGTERM): 2 of 4 epochs are finished"),
        (signal.SIGUSR1, "statistics", 75, "interrupted (SIGUSR1): 2 of 4 epochs are finished"),
        (signal.SIGTERM, "validation", 75, "interrupted (SIGTERM): 2 of 4 epochs are finished"),
        (signal.SIGINT, "training", 130, "interrupted: 2 of 4 epochs are finished"),
        (signal.SIGTERM, "saving", 75, "interrupted (SIGTERM): 3 of 4 epochs are finished"),
        (signal.SIGTERM, "end", 75, "interrupted (SIGTERM): 4 of 4 epochs are finished"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_signal_abandons_the_epoch(
    number: int, moment: str, status: int, told: str, tiny_set: TinySet, tmp_path: Path, quick_network: None,
    listening: None, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    once, output = tmp_path / "once", tmp_path / "stopped"
    if moment == "training" and number == signal.SIGTERM:
        train(tiny_set.config(once, epochs=4))
    run_epoch, estimate, with_model = (
        Trainer.run_epoch, StatisticsEstimator.estimate, ResumeState.with_model,
    )  # fmt: skip
    now = {"epoch": 0}

    def send(*_: object, **__: object) -> None:
        signal.raise_signal(number)

    def running(self: Any, epoch: int, callback: Any) -> Any:
        now["epoch"] = epoch
        if epoch == 2 and moment in ("training", "validation"):
            setattr(callback, {"training": "on_train_batch_begin", "validation": "on_test_batch_begin"}[moment], send)
        return run_epoch(self, epoch, callback)

    def estimating(self: Any, dataset: Any, after_batch: Any) -> None:
        if now["epoch"] == 2 and moment == "statistics":
            send()
        estimate(self, dataset, after_batch)

    def saving(self: Any, model: Any) -> Any:
        if (now["epoch"], moment) in ((2, "saving"), (3, "end")):
            send()
        return with_model(self, model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", running)
        patch.setattr(StatisticsEstimator, "estimate", estimating)
        patch.setattr(ResumeState, "with_model", saving)
        assert main(tiny_set.arguments(output, epochs=4)) == status
    assert told in capsys.readouterr().err.splitlines()[-1]
    finished = int(told.split(": ")[1][0])
    assert record(output)["status"] == "interrupted"
    assert record(output)["epochs_finished"] == finished
    # A partial epoch reaches neither a checkpoint nor the history.
    assert {name for name in names(output) if name.endswith(".keras")} == {
        f"{PREFIX}_best.keras", *(f"{PREFIX}_{epoch}.keras" for epoch in range(1, finished + 1)),
    }  # fmt: skip
    with (output / f"{PREFIX}.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == [str(epoch) for epoch in range(1, finished + 1)]
    if once.exists():
        assert main(tiny_set.arguments(output, "--resume", epochs=4)) == 0
        assert outcome(output) == outcome(once)


def send_at(moment: str, action: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Let something happen at a moment of the end of a run."""

    def before(function: Any) -> Any:
        def acting(*arguments: Any, **more: Any) -> Any:
            action()
            return function(*arguments, **more)

        return acting

    if moment == "checksums":
        sha256 = input_files.sha256
        patch.setattr(input_files, "sha256", lambda path: time.sleep(0.5) or sha256(path))
        wait = BackgroundChecks.wait
        patch.setattr(BackgroundChecks, "wait", before(wait))
        return
    if moment == "last state":
        note = record_module.RunRecord.note
        patch.setattr(
            record_module.RunRecord,
            "note",
            lambda self, name, value: (action() if name == "test" else None, note(self, name, value)),
        )
        return
    module, name = {
        "test": (held_out, "predict_chromosomes"),
        "scores of the test": (held_out, "write_json"),
        "baselines": (ReportData, "add_baselines"),
        "report": (epochs_of, "try_report"),
    }[moment]
    function = getattr(module, name)
    patch.setattr(module, name, before(function))


ENDS = ("test", "scores of the test", "baselines", "last state", "checksums", "report")


@pytest.mark.parametrize("moment", ENDS)
def test_signal_at_the_end(
    moment: str, tiny_set: TinySet, output: Path, drifting: None, listening: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = output.with_name("once")
    settings: dict[str, Any] = {"epochs": 1, **SPLIT}
    train(tiny_set.config(once, **settings))
    with monkeypatch.context() as patch:
        send_at(moment, lambda: signal.raise_signal(signal.SIGTERM), patch)
        assert main(tiny_set.arguments(output, **settings)) == 75
    assert record(output)["status"] == "interrupted"
    assert not list(output.glob("*_running.json"))
    with monkeypatch.context() as patch:
        if moment in ("last state", "checksums", "report"):
            patch.setattr(held_out, "predict_chromosomes", lambda *_, **__: pytest.fail("tested again"))
        assert main(tiny_set.arguments(output, "--resume", **settings)) == 0
    assert record(output)["status"] == "finished"
    assert outcome(output) == outcome(once)
    assert names(output) == names(once)


@pytest.mark.parametrize("moment", ENDS[:-1])
def test_failure_at_the_end(
    moment: str, tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError(moment)

    if moment == "baselines":
        # A report is not worth a run, but what is no failure of its own is.
        monkeypatch.setattr(ReportData, "_forgiving", contextlib.nullcontext)
    send_at(moment, fail, monkeypatch)
    with pytest.raises(RuntimeError, match=moment):
        train(tiny_set.config(output, epochs=1, **SPLIT))
    assert record(output)["status"] == "failed"
    assert not list(output.glob("*_running.json"))


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(None, 0, "finished"), (signal.SIGTERM, 75, "interrupted"), (signal.SIGINT, 130, "interrupted")],
)
def test_stderr_that_is_gone_changes_nothing(
    number: int | None, status: int, told: str, tiny_set: TinySet, output: Path, drifting: None, listening: None,
    dead_stderr: TextIO, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_epoch = Trainer.run_epoch

    def running(self: Any, epoch: int, callback: Any) -> Any:
        if number is not None and epoch == 1:
            signal.raise_signal(number)
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", running)
    monkeypatch.setattr(sys, "stderr", dead_stderr)
    assert main(tiny_set.arguments(output, epochs=2)) == status
    assert (record(output)["status"], record(output)["epochs_finished"]) == (told, 2)


def test_signal_before_training_needs_no_saving(
    tiny_set: TinySet, output: Path, drifting: None, listening: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_to_stop(*_: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "make_samplers", told_to_stop)
        assert main(tiny_set.arguments(output)) == 75
    assert not output.exists()
    assert main(tiny_set.arguments(output, "--resume")) == 0


# What must be as it was.


def problems(config: TrainConfig) -> tuple[str, ...]:
    """Find out what keeps a run from going on; it must leave everything as it is."""
    before = contents(config.output)
    with pytest.raises(InputError) as caught:
        train(config)
    assert contents(config.output) == before
    return tuple(map(str, caught.value.problems))


@pytest.fixture
def stopped(tiny_set: TinySet, output: Path, drifting: None) -> Path:
    """A run of two epochs."""
    train(tiny_set.config(output, epochs=2))
    return output


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch_size": 16}, "--batch_size is 16, but the run began with 8"),
        ({"seed": 8}, "--seed is 8, but the run began with 7"),
        ({"rev_comp_train": True}, "--rev_comp_train is on, but the run began with off"),
        ({"tchroms": ("chr1",)}, "--tchroms is chr1, but the run began with chr1 chr2"),
        ({"jitter": 0}, "--jitter is 0, but the run began with 480"),
        ({"dense": True}, "--dense is on, but"),
        ({"model_format": "h5"}, "--model_format is h5, but the run began with keras"),
        ({"blacklist": None}, "the run read a file for blacklist, and now there is none"),
        ({"epochs": 1}, "--epochs is 1, but the run has finished 2"),
        (
            {"test_cell_types": ("CellB",)},
            "cell type CellB is labelled Test, but was labelled Train when the run began",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_shapes_the_result_must_match(
    changes: dict[str, Any], told: str, tiny_set: TinySet, stopped: Path
) -> None:
    found = problems(tiny_set.config(stopped, **{"epochs": 4, "resume": True, **changes}))
    assert any(problem.startswith("--resume") and told in problem for problem in found)
    assert len(found) == 1 or changes.keys() & {"tchroms", "test_cell_types"}


def test_all_differences_are_told_at_once(tiny_set: TinySet, stopped: Path) -> None:
    found = problems(tiny_set.config(stopped, resume=True, epochs=1, batch_size=9, jitter=3, blacklist=None))
    assert len(found) == 4


def test_every_setting_either_shapes_the_result_or_does_not(tiny_set: TinySet, stopped: Path) -> None:
    settings = {field.name for field in dataclasses.fields(TrainConfig)}
    assert settings >= FREE_SETTINGS
    state = read_state(stopped / STATE)
    assert state is not None
    assert set(state.settings) == settings


def timing(output: Path) -> list[dict[str, str]]:
    with (output / f"{PREFIX}_timing.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_times_are_carried_over(tiny_set: TinySet, output: Path, drifting: None) -> None:
    """How long an epoch took to save is known only when the state that holds its other times is written."""
    train(tiny_set.config(output, epochs=2))
    before = timing(output)
    assert all(float(row["saving_seconds"]) > 0 for row in before)
    train(tiny_set.config(output, epochs=3, resume=True))
    assert timing(output)[:2] == before
    assert record(output)["phases"]["training"] == pytest.approx(3.0)


def test_times_that_were_lost_are_left_open(tiny_set: TinySet, output: Path, drifting: None) -> None:
    """As after a kill between the state and the table."""
    train(tiny_set.config(output, epochs=2))
    (output / f"{PREFIX}_timing.csv").unlink()
    train(tiny_set.config(output, epochs=3, resume=True, plot=True))
    found = [row["saving_seconds"] for row in timing(output)]
    assert found[1] == ""
    assert float(found[0]) > 0
    assert float(found[2]) > 0
    assert (output / f"{PREFIX}_report.html").exists()


def test_how_it_is_done_may_change(damaged: TinySet, output: Path, drifting: None, tmp_path: Path) -> None:
    train(damaged.config(tmp_path / "once", epochs=4))
    train(damaged.config(output, epochs=2))
    moved = output.rename(tmp_path / "moved")
    elsewhere = damaged.copy(tmp_path / "elsewhere")
    rows = [
        {name: str(elsewhere.folder / value) if "_" in value else value for name, value in row.items()}
        for row in damaged.rows()
    ]
    elsewhere.write_meta(rows)
    shutil.rmtree(damaged.folder)
    train(
        elsewhere.config(
            moved, epochs=4, resume=True, threads=2, plot=True, loglevel="debug", save_roi=True, genome="tiny1",
            chrom_sizes=elsewhere.chrom_sizes,
        )
    )  # fmt: skip
    assert outcome(moved) == outcome(tmp_path / "once")
    assert (moved / f"{PREFIX}_model_dice_acc.png").exists()


@pytest.mark.parametrize("name", ["CellA signal", "sequence", "blacklist", "CellB chip_peaks"])
def test_inputs_are_compared_by_content(name: str, damaged: TinySet, output: Path, drifting: None) -> None:
    train(damaged.config(output, epochs=2))
    cell, _, column = name.partition(" ")
    path = (
        damaged.file(cell, {"signal": "signal.bw", "chip_peaks": "chip.narrowPeak"}[column])
        if cell in CELLS
        else getattr(damaged, name)
    )
    before = path.read_bytes()
    # Touched, the same.
    path.write_bytes(before)
    train(damaged.config(output, epochs=3, resume=True))
    # As long as before, and whole.
    changed = bytearray(before)
    if path.suffix == ".bed" or "Peak" in path.name:
        changed[changed.index(b"0")] = ord("1")
    else:
        changed[-6 if name == "sequence" else 60] ^= 1
    path.write_bytes(changed)
    config = damaged.config(output, epochs=4, resume=True)
    (problem,) = problems(config)
    assert problem.startswith(f"--resume {path}, {name}: is not the file that the run began with: its SHA-256 is ")
    path.write_bytes(before + b"\n")
    (problem,) = problems(config)
    assert f"it has {len(before) + 1:,} bytes, that one had {len(before):,}" in problem


@pytest.mark.parametrize("first", [True, False], ids=["test_at_first", "test_at_last"])
def test_the_test_may_be_switched(first: bool, tiny_set: TinySet, output: Path, drifting: None) -> None:
    chroms = {"tchroms": ("chr2",), "vchroms": ("chr3",), "test_chroms": ("chr1",)}
    train(tiny_set.config(output, epochs=1, test=first, **chroms))
    train(tiny_set.config(output, epochs=2, test=not first, resume=True, **chroms))
    assert record(output)["epochs_finished"] == 2
    assert ("skipped" in record(output)["test"]) == first


def test_dry_run_knows_what_keeps_a_run_from_going_on(
    tiny_set: TinySet, stopped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(stopped)
    assert main(tiny_set.arguments(stopped, "--dry_run", "--resume", epochs=4)) == 0
    assert main(tiny_set.arguments(stopped, "--dry_run", "--resume", epochs=4, batch_size=16)) == 2
    assert "--batch_size is 16, but the run began with 8" in capsys.readouterr().err
    flip(stopped / STATE)
    assert main(tiny_set.arguments(stopped, "--dry_run", "--resume", epochs=4)) == 2
    assert "cannot be read" in capsys.readouterr().err
    (stopped / STATE).write_bytes(before[stopped / STATE])
    assert contents(stopped) == before


def test_input_whose_checksum_was_not_known(tmp_path: Path) -> None:
    """It is compared by pieces, not by its time: the files of a job that starts elsewhere are copied anew."""
    path = tmp_path / "a.bw"
    content = np.random.default_rng(1).bytes(6_000_000)
    path.write_bytes(content)
    before = InputFile.of(path)
    os.utime(path, ns=(1, 1))
    state = ResumeState(1, {}, {}, {"A signal": before}, {"history": []}, {})
    assert input_differences(state, {"A signal": path}, {"A signal": InputFile.of(path)}) == ([], {})
    for place in (0, 3_000_100, len(content) - 1):
        changed = bytearray(content)
        changed[place : place + 40_000] = bytes(len(changed[place : place + 40_000]))
        path.write_bytes(changed)
        (problem,), _ = input_differences(state, {"A signal": path}, {"A signal": InputFile.of(path)})
        assert (problem.kind, problem.file, problem.place) == ("resume", path, "A signal")
        assert problem.found == "is not the file that the run began with: parts of it differ"


def test_other_order_of_the_cell_types(damaged: TinySet, output: Path, drifting: None) -> None:
    train(damaged.config(output, epochs=2))
    damaged.write_meta(damaged.rows()[::-1])
    (problem,) = problems(damaged.config(output, epochs=3, resume=True))
    assert "stand in another order" in problem


def test_other_device_is_warned_of(
    tiny_set: TinySet, stopped: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("maxatac.backend.device.describe", lambda: "jax 9.9 on NVIDIA X")
    with caplog.at_level(logging.WARNING, "maxatac"):
        train(tiny_set.config(stopped, epochs=3, resume=True))
    (warning,) = [line for line in caplog.messages if "began with other device" in line]
    assert "now jax 9.9 on NVIDIA X" in warning


@pytest.mark.parametrize(("device", "warned"), [("jax 9.9 on CPU", 1), ("jax 9.9 on NVIDIA X", 0)])
def test_other_number_of_computing_threads_is_warned_of(
    device: str, warned: int, tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("maxatac.backend.device.limit_threads", lambda threads: threads)
    monkeypatch.setattr("maxatac.backend.device.describe", lambda: device)
    for epochs, threads in ((1, 1), (2, 1), (3, 2)):
        train(tiny_set.config(output, epochs=epochs, threads=threads, resume=True))
    told = [line for line in caplog.messages if "began with other computing threads (1, now 2)" in line]
    assert len(told) == warned


# The file of the state.


def test_nothing_there_is_a_run_to_begin(tiny_set: TinySet, tmp_path: Path, drifting: None) -> None:
    once, output = tmp_path / "once", tmp_path / "resumed"
    train(tiny_set.config(once, epochs=2))
    train(tiny_set.config(output, epochs=2, resume=True))
    assert outcome(output) == outcome(once)
    assert record(output)["resumed"] == []


def test_run_without_its_state_is_not_gone_on_with(tiny_set: TinySet, stopped: Path) -> None:
    (stopped / STATE).unlink()
    (problem,) = problems(tiny_set.config(stopped, epochs=4, resume=True))
    assert STATE in problem
    assert "--force" in problem


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    # Amid the data of an array: what else is in the file is there twice in part, and then read once.
    with zipfile.ZipFile(path) as archive:
        member = max(archive.infolist(), key=lambda one: one.file_size)
    content = bytearray(path.read_bytes())
    content[content.index(b"\x93NUMPY", member.header_offset) + member.file_size // 2] ^= 0xFF
    path.write_bytes(content)


def other_format(path: Path) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    about = json.loads(arrays["about"].tobytes())
    arrays["about"] = np.frombuffer(json.dumps({**about, "format": 99}).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def other_number(path: Path) -> None:
    """Change one number, with the archive's own checksum put right."""
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["variable_0"] = arrays["variable_0"] + np.float32(1e-3)
    with path.open("wb") as file:
        np.savez(file, **arrays)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (cut, "cannot be read"),
        (flip, "cannot be read"),
        (lambda path: path.write_text("not an archive"), "cannot be read"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (other_format, "another version of maxatac"),
        (other_number, "is not the one that was written"),
    ],
    ids=["cut", "flipped", "text", "empty", "other format", "other number"],
)
def test_damaged_state_is_refused(damage: Callable[[Path], Any], told: str, tiny_set: TinySet, stopped: Path) -> None:
    damage(stopped / STATE)
    (problem,) = problems(tiny_set.config(stopped, epochs=4, resume=True))
    assert problem.startswith("--resume")
    assert told in problem


def test_half_written_state_is_never_read(tiny_set: TinySet, stopped: Path, tmp_path: Path) -> None:
    half = stopped / f".{STATE}.partial.npz"
    half.write_bytes((stopped / STATE).read_bytes()[:500])
    other = stopped / f".{PREFIX}_2_1.keras.partial.keras"
    other.touch()
    train(tiny_set.config(stopped, epochs=3, resume=True))
    assert not half.exists()
    # It may be what another run, of the prefix maxatac_model_2, is writing at this moment.
    assert other.exists()
    train(tiny_set.config(tmp_path / "once", epochs=3))
    assert outcome(stopped) == outcome(tmp_path / "once")


def test_state_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def syncing(descriptor: int) -> None:
        done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def renaming(self: Path, target: Path) -> Path:
        done.append(f"rename to {target.name}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", renaming)
    with replacing(tmp_path / "a.npz") as unfinished:
        unfinished.write_bytes(b"state")
    assert done == [f"sync {temporary_name('a.npz')}", "rename to a.npz", f"sync {tmp_path.name}"]


def test_drawn_seed_outlives_a_kill_in_the_first_epoch(
    tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = Trainer.run_epoch

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", die)
        with pytest.raises(Killed):
            train(tiny_set.config(output, seed=None))
    seed = record(output)["seed"]
    assert Trainer.run_epoch is run_epoch
    # Nothing depends on the settings yet.
    assert train(tiny_set.config(output, seed=None, resume=True, batch_size=4)).seed == seed


# The models.


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("all", {1, 2, 3, 4, 5, 6}),
        ("best", {4}),
        ("last:2", {4, 5, 6}),
        ("last:1", {4, 6}),
        ("last:9", set(range(1, 7))),
    ],
)
def test_checkpoints_that_stay(keep: str, kept: set[int], tiny_set: TinySet, output: Path, drifting: None) -> None:
    train(tiny_set.config(output, epochs=3, keep_checkpoints=keep))
    train(tiny_set.config(output, epochs=6, keep_checkpoints=keep, resume=True))
    assert set(RunFolder(output, PREFIX).checkpoints()) == kept
    assert (output / "best_epoch.txt").read_text() == f"{PREFIX}_4.keras\n"
    assert same_model(output / f"{PREFIX}_best.h5", output / f"{PREFIX}_4.keras")


@pytest.mark.parametrize("format", ["keras", "h5"])
def test_selected_model_is_put_back(format: str, tiny_set: TinySet, output: Path, drifting: None) -> None:
    train(tiny_set.config(output, epochs=3, model_format=format))
    for name in (f"{PREFIX}_best.keras", "best_epoch.txt", f"{PREFIX}.csv", f"{PREFIX}_3.{format}"):
        (output / name).unlink()
    train(tiny_set.config(output, epochs=3, model_format=format, resume=True))
    assert (output / "best_epoch.txt").read_text() == f"{PREFIX}_2.{format}\n"
    for name in (f"{PREFIX}_best.keras", f"{PREFIX}_best.h5"):
        assert same_model(output / name, output / f"{PREFIX}_2.{format}")
    assert (output / f"{PREFIX}_3.{format}").exists()
    assert len((output / f"{PREFIX}.csv").read_text().splitlines()) == 4


def test_selected_model_that_is_gone_for_good(tiny_set: TinySet, output: Path, drifting: None) -> None:
    train(tiny_set.config(output, epochs=3))
    for name in (f"{PREFIX}_best.keras", f"{PREFIX}_2.keras"):
        (output / name).unlink()
    (problem,) = problems(tiny_set.config(output, epochs=4, resume=True))
    assert f"{PREFIX}_best.keras and {PREFIX}_2.keras" in problem


def test_event_files_hold_each_epoch_once(
    tiny_set: TinySet, output: Path, drifting: None, kill_at: Callable[[int | None], list[str]]
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    kill_at(None)
    train(tiny_set.config(output, epochs=2))
    train(tiny_set.config(output, epochs=4, resume=True))
    for part, tag in (("train", "epoch_loss"), ("validation", "epoch_dice_coef")):
        (events,) = (output / "tensorboard" / PREFIX / part).iterdir()
        accumulator = EventAccumulator(str(events.parent))
        accumulator.Reload()
        assert [scalar.step for scalar in accumulator.Scalars(tag)] == [1, 2, 3, 4]


# A folder that vanishes.


@pytest.mark.parametrize("moment", ["first epoch", "second epoch", "test", "scores of the test", "checksums"])
def test_folder_that_vanishes(
    moment: str, tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run_epoch = Trainer.run_epoch

    def vanish() -> None:
        shutil.rmtree(output)

    def running_epoch(self: Any, epoch: int, callback: Any) -> Any:
        if moment == ("first epoch", "second epoch")[epoch]:
            vanish()
        return run_epoch(self, epoch, callback)

    if moment.endswith("epoch"):
        monkeypatch.setattr(Trainer, "run_epoch", running_epoch)
    elif moment == "test":
        monkeypatch.setattr(epochs_of, "run_test", lambda *a, **b: vanish() or held_out.run_test(*a, **b))
    else:
        send_at(moment, vanish, monkeypatch)
    assert main(tiny_set.arguments(output, epochs=2, **SPLIT)) == 1
    told = capsys.readouterr().err.splitlines()
    assert "Traceback" not in told
    (last,) = [line for line in told if line.startswith("maxatac: ")]
    assert str(output) in last
    assert "folder" in last
    assert "is gone" in last
    assert "partial" not in last
    assert not output.exists()


# A full disk.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system in memory, of a size in kB that can be changed."""
    mounted = tmp_path / "disk"
    mounted.mkdir()

    def resize(size: int) -> Path:
        again = "remount," if os.path.ismount(mounted) else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{again}size={size}k", "tmpfs", str(mounted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"needs a file system of its own, which only root can mount: {done.stderr.strip()}")
        return mounted

    if shutil.which("mount") is None:
        pytest.skip("needs a file system of its own, and there is no mount")
    yield resize
    if os.path.ismount(mounted):
        subprocess.run(["umount", str(mounted)], check=True)


def test_full_disk(
    tiny_set: TinySet, tmp_path: Path, drifting: None, small_disk: Callable[[int], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    once = tmp_path / "once"
    train(tiny_set.config(once, epochs=4, **SPLIT))
    needed = sum(path.stat().st_size + 4096 for path in once.rglob("*") if path.is_file()) // 1024
    stopped_after = set()
    for size in range(needed - 8, needed // 3, -needed // 12):
        disk = small_disk(size)
        output = disk / "results"
        status = main(tiny_set.arguments(output, epochs=4, **SPLIT))
        told = capsys.readouterr().err
        assert "Traceback" not in told
        if status == 0:
            shutil.rmtree(output)
            continue
        assert status in (1, 2)
        last = [line for line in told.splitlines() if line.startswith("maxatac: ")]
        assert "No space left on device" in last[0]
        assert "partial" not in last[0]
        if (output / f"{PREFIX}_run.json").exists():
            assert record(output)["status"] == "failed"
        assert not list(output.glob("*_running.json"))
        state = read_state(output / STATE)
        finished = state.epochs if state else 0
        stopped_after.add(finished)
        for epoch in range(1, finished + 1):
            assert same_model(output / f"{PREFIX}_{epoch}.keras", once / f"{PREFIX}_{epoch}.keras")
        small_disk(4 * needed)
        assert main(tiny_set.arguments(output, "--resume", epochs=4, **SPLIT)) == 0
        capsys.readouterr()
        assert outcome(output) == outcome(once)
        assert names(output) == names(once)
        shutil.rmtree(output)
    assert len(stopped_after) > 1


# The record.


def test_record_of_a_run_that_was_killed(
    tiny_set: TinySet, output: Path, drifting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = Trainer.run_epoch
    last = 2

    def dying(self: Any, epoch: int, callback: Any) -> Any:
        if epoch == last:
            raise Killed
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", dying)
    # The second of these goes on after the first.
    for last, best in ((2, 2), (4, 4)):
        with pytest.raises(Killed):
            train(tiny_set.config(output, epochs=last + 1, resume=True))
        found = record(output)
        assert (found["status"], found["epochs_finished"], found["best"]["epoch"]) == ("running", last, best)
        assert main(["report", str(output)]) == 0
        assert f"epoch {best}" in (output / f"{PREFIX}_report.html").read_text()


def test_record_tells_of_the_stops(tiny_set: TinySet, stopped: Path) -> None:
    before = record(stopped)
    result: TrainResult = train(tiny_set.config(stopped, epochs=4, resume=True))
    found = record(stopped)
    assert found["started"] == before["started"]
    (resumed,) = found["resumed"]
    assert resumed["after_epoch"] == 2
    assert resumed["command"]
    assert found["seconds"] >= before["seconds"]
    assert found["phases"]["training"] == pytest.approx(4 * 1.0)
    assert found["epochs_finished"] == 4
    assert found["state_sha256"] == result.state_sha256
    assert found["inputs"] == before["inputs"]

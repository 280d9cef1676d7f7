"""One model on several devices against one device with the whole batch."""

from __future__ import annotations

import csv
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from results import record
from tiny import TinySet

from maxatac.backend.processes import Processes, split_problems
from maxatac.system.logs import PACKAGE, naming_process
from maxatac.training.settings import ARCHITECTURES

PREFIX = "maxatac_model"
SETTINGS = {
    "epochs": 2, "batches": 4, "batch_size": 32, "val_batch_size": 32, "rand_ratio": 0.25, "jitter": 100,
    "tchroms": ("chr1",), "test_chroms": ("chr2",),
}  # fmt: skip

QUICK = f"""
import sys
sys.modules["tensorflow"] = None
sys.path.append({str(Path(__file__).parents[1])!r})
import maxatac.model.architectures
from maxatac.cli.main import program
from quick import find
maxatac.model.architectures.find = find
"""
"""A network that compiles in a moment."""

DOUBLE = """
import sys
sys.modules["tensorflow"] = None
import jax
import keras
from maxatac.cli.main import program

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
"""
"""The network of a run in double precision, where rounding differs too little to matter."""


class Started:
    """Processes that train together, and what they write to stderr."""

    def __init__(
        self, words: Sequence[str], folder: Path, count: int = 1, *, program: str = QUICK, devices: int = 1
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        self._logs = [folder / f"{rank}.stderr" for rank in range(count)]
        self.processes = []
        for rank, log in enumerate(self._logs):
            environment = {
                **{name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "OMPI_"))},
                "KERAS_BACKEND": "jax",
                "JAX_PLATFORMS": "cpu",
                "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            }
            if count > 1:
                environment |= {
                    "JAX_COORDINATOR_ADDRESS": f"localhost:{port}",
                    "JAX_NUM_PROCESSES": str(count),
                    "JAX_PROCESS_ID": str(rank),
                }
            command = [sys.executable, "-c", f"{program}\nprogram()", *words]
            with log.open("w") as file:
                self.processes.append(subprocess.Popen(command, stderr=file, stdout=file, env=environment))

    def told(self, rank: int = 0) -> str:
        return self._logs[rank].read_text()

    def statuses(self) -> list[int]:
        try:
            return [process.wait(600) for process in self.processes]
        finally:
            for process in self.processes:
                process.kill()


def history(output: Path) -> dict[str, np.ndarray]:
    with (output / f"{PREFIX}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_rows_that_are_no_split_are_named() -> None:
    assert split_problems([(0, 4), (4, 8)], 8) == []
    for wrong in ([(0, 4), (3, 8)], [(0, 4), (5, 8)], [(0, 4)], [(4, 8), (0, 4)], [(0, 0), (0, 8)], [(0, 9)]):
        assert split_problems(wrong, 8)


def test_one_process_is_alone() -> None:
    alone = Processes()
    assert alone.leads
    assert alone.rows(9) == (0, 9)
    assert alone.gather("x") == ["x"]
    assert alone.record() is None


def test_messages_name_their_process() -> None:
    messages: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    PACKAGE.handlers, PACKAGE.propagate = [Kept()], False
    for rank in (0, 2):
        with naming_process(rank):
            PACKAGE.getChild("training").warning("%d of it", 7)
    PACKAGE.warning("after")
    assert messages == ["7 of it", "[process 2] 7 of it", "after"]


@pytest.fixture(scope="module")
def alone(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on one device."""
    folder = tmp_path_factory.mktemp("alone")
    started = Started(tiny_set.arguments(folder / "results", "--rev_comp", **SETTINGS), folder)
    assert started.statuses() == [0], started.told()
    return folder / "results"


@pytest.fixture(scope="module")
def pair(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Started]:
    """The same run by two processes."""
    folder = tmp_path_factory.mktemp("pair")
    words = tiny_set.arguments(folder / "results", "--rev_comp", "--distribute", **SETTINGS)
    started = Started(words, folder, 2)
    assert started.statuses() == [0, 0], started.told(0) + started.told(1)
    return folder / "results", started


def assert_close(mine: Path, theirs: Path) -> None:
    one, other = history(mine), history(theirs)
    assert list(one) == list(other)
    for name in (name for name in one if name.endswith(("loss", "dice_coef"))):
        np.testing.assert_allclose(one[name], other[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_two_processes_do_what_one_does(alone: Path, pair: tuple[Path, Started]) -> None:
    output, started = pair
    assert_close(alone, output)
    assert len(history(output)["loss"]) == SETTINGS["epochs"]
    # The independent test, which process 0 does alone.
    tested = [json.loads((folder / f"{PREFIX}_test.json").read_text()) for folder in (alone, output)]
    values = [run["cell_types"][0]["resolutions"][0]["predictors"][0]["average_precision"]["value"] for run in tested]
    assert values[0] == pytest.approx(values[1], abs=1e-3)
    # What the model is held against in the report has the windows of both.
    reports = [json.loads((folder / f"{PREFIX}_report.json").read_text()) for folder in (alone, output)]
    assert reports[0]["baselines"] == reports[1]["baselines"]
    # Only process 0 writes and tells.
    assert {path.name for path in output.iterdir()} == {path.name for path in alone.iterdir()}
    assert "epoch 2/2" in started.told(0)
    assert "epoch" not in started.told(1)


@pytest.mark.slow
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_real_network_does_the_same_on_two_devices(tiny_set: TinySet, tmp_path: Path, arch: str) -> None:
    """In single precision Adam makes much of little: where a gradient is close to 0, rounding chooses its sign."""
    settings = {**SETTINGS, "arch": arch, "epochs": 1, "batches": 2, "batch_size": 16, "val_batch_size": 16}
    for name, devices, more in (("one", 1, ()), ("two", 2, ("--distribute",))):
        words = tiny_set.arguments(tmp_path / name / "results", "--rev_comp", "--no-test", *more, **settings)
        started = Started(words, tmp_path / name, program=DOUBLE, devices=devices)
        assert started.statuses() == [0], started.told()
    assert_close(tmp_path / "one" / "results", tmp_path / "two" / "results")


@pytest.mark.slow
def test_record_tells_of_the_processes(alone: Path, pair: tuple[Path, Started]) -> None:
    output, _ = pair
    one, two = record(alone), record(output)
    assert "distribution" not in one
    host = socket.gethostname()
    assert two["distribution"] == {"processes": 2, "devices": 2, "device_kinds": ["cpu"], "hosts": [host, host]}
    assert str(two["device"]).endswith("on CPU, 2 devices of 2 processes")
    guarded = [found["leak_guard"] for found in (one, two)]
    assert isinstance(guarded[0], dict)
    assert isinstance(guarded[1], dict)
    # Both together looked at every window, each at its own rows.
    assert guarded[0]["streams"] == guarded[1]["streams"]
    assert guarded[1]["rows"] == {"training": [[0, 16], [16, 32]], "validation": [[0, 16], [16, 32]]}


@pytest.mark.slow
def test_averages_and_an_early_end_are_the_same_for_all(tiny_set: TinySet, tmp_path: Path) -> None:
    changed = {**SETTINGS, "epochs": 8, "ema": 0.9, "early_stopping": 1}
    for name, count in (("one", 1), ("two", 2)):
        words = ["--distribute"] if count > 1 else []
        words = tiny_set.arguments(tmp_path / name / "results", "--no-test", "--seed", "5", *words, **changed)
        started = Started(words, tmp_path / name, count)
        assert started.statuses() == [0] * count, started.told()
    assert_close(tmp_path / "one" / "results", tmp_path / "two" / "results")
    assert len(history(tmp_path / "one" / "results")["loss"]) == len(history(tmp_path / "two" / "results")["loss"])


@pytest.mark.slow
def test_two_devices_of_one_process_do_what_one_does(alone: Path, tiny_set: TinySet, tmp_path: Path) -> None:
    words = tiny_set.arguments(tmp_path / "results", "--rev_comp", "--distribute", "--no-test", **SETTINGS)
    started = Started(words, tmp_path, devices=2)
    assert started.statuses() == [0], started.told()
    assert_close(alone, tmp_path / "results")
    assert "training on 2 devices of this process" in started.told()


@pytest.mark.slow
def test_what_is_wrong_ends_all_with_the_same_words(
    pair: tuple[Path, Started], tiny_set: TinySet, tmp_path: Path
) -> None:
    output, _ = pair
    before = sorted(path.stat().st_mtime_ns for path in output.iterdir())
    changed = {**SETTINGS, "batch_size": 30, "val_batch_size": 32}
    started = Started(tiny_set.arguments(output, "--distribute", **changed), tmp_path, 2, devices=2)
    assert started.statuses() == [2, 2]
    errors = [[line for line in started.told(rank).splitlines() if line.startswith("maxatac: ")] for rank in (0, 1)]
    assert errors[0] == errors[1]
    told = "\n".join(errors[0])
    assert "--batch_size: found 30; expected a multiple of the 4 devices of --distribute, such as 32" in told
    assert f"holds a run of the prefix {PREFIX}" in told
    assert "2 problems found before the start; nothing was written" in told
    assert sorted(path.stat().st_mtime_ns for path in output.iterdir()) == before


@pytest.mark.slow
def test_a_signal_to_one_stops_all_and_one_goes_on(alone: Path, tiny_set: TinySet, tmp_path: Path) -> None:
    """The run that goes on has one process, and its first epochs are those of a run that had one all along.

    The signal comes while the process measures statistics, which it then puts back without the other's help.
    """
    signalled = f"""{QUICK}
import os, signal
from maxatac.training.trainer import Trainer

def measured(self, after_batch):
    if self.data.statistics.epoch == 2 and os.environ.get("JAX_PROCESS_ID") == "1":
        os.kill(os.getpid(), signal.SIGTERM)
    return measure(self, after_batch)

measure, Trainer.measure_statistics = Trainer.measure_statistics, measured
"""
    output = tmp_path / "results"
    common = ("--rev_comp", "--resume", "--no-test")
    words = tiny_set.arguments(output, "--distribute", *common, **{**SETTINGS, "epochs": 5000})
    started = Started(words, tmp_path, 2, program=signalled)
    assert started.statuses() == [75, 75], started.told(0) + started.told(1)
    assert "interrupted (SIGTERM)" in started.told(0)
    assert record(output)["status"] == "interrupted"
    finished = len(history(output)["loss"])
    again = Started(
        tiny_set.arguments(output, *common, **{**SETTINGS, "epochs": finished + 1}),
        tmp_path / "again",
    )
    assert again.statuses() == [0], again.told()
    assert f"going on after epoch {finished} of {finished + 1}" in again.told()
    np.testing.assert_allclose(history(output)["loss"][:2], history(alone)["loss"], rtol=0, atol=1e-5)
    assert len(history(output)["loss"]) == finished + 1


@pytest.mark.slow
def test_a_process_that_fails_ends_the_other(tiny_set: TinySet, tmp_path: Path) -> None:
    """Process 1 cannot read a batch; process 0 waits for its part and is told why it does not come.

    The seed is drawn, by process 0: with two seeds they would not come as far.
    """
    broken = f"""{QUICK}
import os
from maxatac.data.batches import WindowDataset
from maxatac.errors import TrackError

def fail(self, index):
    if self.epoch == 1 and os.environ["JAX_PROCESS_ID"] == "1":
        raise TrackError("CellA_signal.bw: block at 1,024 is damaged")
    return make(self, index)

make, WindowDataset._batch = WindowDataset._batch, fail
"""
    words = tiny_set.arguments(tmp_path / "results", "--distribute", **SETTINGS, seed=None)
    started = Started(words, tmp_path, 2, program=broken)
    assert started.statuses() == [1, 1], started.told(0) + started.told(1)
    assert started.told(1).splitlines()[-1] == "maxatac: error: CellA_signal.bw: block at 1,024 is damaged"
    expected = "maxatac: error: process 1 of 2 has failed: CellA_signal.bw: block at 1,024 is damaged"
    assert expected in started.told(0).splitlines()
    assert len(history(tmp_path / "results")["loss"]) == 1

"""Real signals to real processes. ``tests/kill.py`` does the same with the real network, as often as it is told to."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kill
import pytest
from quick import PROGRAM
from tiny import CELLS, SPLIT, TinySet

pytestmark = [
    pytest.mark.slow,
    # Continuous integration has it, and fails where it does not.
    pytest.mark.skipif(
        importlib.util.find_spec("jax") is None and os.environ.get("CI") != "true",
        reason="needs JAX, which can keep compiled code",
    ),
]


QUICK = ("-c", PROGRAM)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled code, for the processes to share."""
    return tmp_path_factory.mktemp("cache")


def test_kill_at_random_moments(tmp_path: Path) -> None:
    assert kill.kill_and_resume(tmp_path, 2, seed=1, program=QUICK) == [True, True]


def stop_when(word: str, number: int, data: TinySet, output: Path, cache: Path) -> tuple[int, str]:
    """Send a signal as soon as a word is in the log; returns the status and what was told."""
    return stop_command(word, number, kill.command(data, output, QUICK), output / "maxatac_model.log", cache)


def stop_command(word: str, number: int, command: list[str], log: Path, cache: Path) -> tuple[int, str]:
    """Do the same with any command that has a log."""
    deadline = time.monotonic() + 300
    with subprocess.Popen(command, env=kill.environment(cache), stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (log.exists() and word in log.read_text()):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(number)
            _, told = process.communicate(timeout=120)
            return process.returncode, told
        finally:
            process.kill()


def test_scheduler_stops_a_run(tiny_set: TinySet, tmp_path: Path, cache: Path) -> None:
    output, once = tmp_path / "stopped", tmp_path / "once"
    # Before the first epoch, which the backend compiles for: without the compiled code of another process.
    status, told = stop_when("validation: decoded", signal.SIGTERM, tiny_set, output, tmp_path / "new")
    assert status == 75, told
    assert "Traceback" not in told
    # Within the third epoch.
    status, told = stop_when("INFO epoch 2/6", signal.SIGUSR1, tiny_set, output, cache)
    assert status == 75, told
    assert "interrupted (SIGUSR1): " in told.splitlines()[-1]
    kill.run_to_the_end(tiny_set, output, kill.environment(cache), QUICK)
    kill.run_to_the_end(tiny_set, once, kill.environment(cache), QUICK)
    assert kill.outcome(output) == kill.outcome(once)


def test_cross_validation_goes_on_in_another_process(tiny_set: TinySet, tmp_path: Path, cache: Path) -> None:
    """A fold that is the first of its process ends as one that comes after others, and so does the table."""

    def command(output: Path) -> list[str]:
        changes = {"cross_validate": "cells", "epochs": 4, "batches": 4, **SPLIT}
        return [sys.executable, *QUICK, *tiny_set.arguments(output, "--resume", **changes)]

    def outcome(output: Path) -> list[bytes]:
        folds = [output / "maxatac_model_folds" / cell / f"maxatac_model_{cell}" for cell in CELLS]
        files = [f"{fold}{ending}" for fold in folds for ending in (".csv", "_best.h5", "_test.tsv", ".bw")]
        return [
            path.read_bytes()
            for path in (*map(Path, files), *(output / f"maxatac_model_folds.{end}" for end in ("tsv", "json")))
        ]

    once, output = tmp_path / "once", tmp_path / "stopped"
    subprocess.run(command(once), env=kill.environment(cache), check=True, capture_output=True)
    log = output / "maxatac_model_folds.log"
    status, told = stop_command("fold 1 of 3, CellA", signal.SIGKILL, command(output), log, cache)
    assert status == -signal.SIGKILL
    in_second = output / "maxatac_model_folds" / "CellB" / "maxatac_model_CellB.log"
    status, told = stop_command("INFO epoch 2/4", signal.SIGTERM, command(output), in_second, cache)
    assert status == 75, told
    assert "1 of 3 folds are finished; --resume goes on with fold CellB" in told
    assert "Traceback" not in told
    done = subprocess.run(command(output), env=kill.environment(cache), check=True, capture_output=True, text=True)
    assert "fold 1 of 3, CellA: finished before" in done.stderr
    assert outcome(output) == outcome(once)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_status_where_nobody_reads_what_is_told(
    number: int, status: int, tiny_set: TinySet, tmp_path: Path, cache: Path
) -> None:
    output = tmp_path / "stopped"
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(kill.command(tiny_set, output, QUICK), env=kill.environment(cache), stderr=writer) as process:
        os.close(writer)
        try:
            while kill.finished(output) < 2:
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(number)
            assert process.wait(timeout=60) == status
        finally:
            process.kill()
    record = json.loads((output / f"{kill.PREFIX}_run.json").read_text())
    assert (record["status"], record["epochs_finished"] >= 2) == ("interrupted", True)

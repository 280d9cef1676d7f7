"""Predictions that are killed, stopped by a scheduler, or run out of disk space, and go on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import predicting
import pytest
from predicting import PredictSet

from maxatac.cli.main import main

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZES = {"chr1": 120_000, "chr2": 90_000, "chr10": 60_000, "chr3": 40_000}
OPTIONS = ("--cutoff_type", "score", "--cutoff_value", "0.5", "--rev_comp")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PredictSet:
    return predicting.make(tmp_path_factory.mktemp("predict"), SIZES, ("A",))


def command(made: PredictSet, output: Path) -> list[str]:
    arguments = made.arguments(output, "--resume", *OPTIONS, batch_size=8)
    return [sys.executable, "-m", "maxatac", *arguments]


def run(made: PredictSet, output: Path) -> float:
    """Run to the end; returns the seconds that it took."""
    began = time.monotonic()
    done = subprocess.run(command(made, output), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def results(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.suffix in (".bw", ".bed")}


def left_behind(output: Path) -> list[str]:
    return sorted(path.name for path in output.iterdir())


FINISHED = ["x.bw", "x_peaks.bed", "x_predict.log", "x_predict_run.json"]


@pytest.mark.slow
def test_kill_at_random_moments(made: PredictSet, tmp_path: Path) -> None:
    moments = random.Random(int(os.environ.get("MAXATAC_TEST_SEED", "1")))
    once = tmp_path / "once"
    length = run(made, once)
    expected = results(once)
    for number in range(int(os.environ.get("MAXATAC_TEST_KILLS", "3"))):
        output = tmp_path / f"killed {number}"
        for _ in range(2):
            with subprocess.Popen(command(made, output), stderr=subprocess.DEVNULL) as process:
                # Most of a run is the start of Python and Keras.
                time.sleep(moments.uniform(0.4, 1) * length)
                process.kill()
        run(made, output)
        assert results(output) == expected
        assert left_behind(output) == FINISHED


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_scheduler_stops_a_prediction(made: PredictSet, tmp_path: Path, number: int, status: int) -> None:
    journal = tmp_path / "x_predict_parts.bin"
    with subprocess.Popen(command(made, tmp_path), stderr=subprocess.PIPE, text=True) as process:
        while not journal.exists() or journal.stat().st_size < 10_000:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    assert process.returncode == status, told
    assert str(journal) in told.splitlines()[-1]
    assert left_behind(tmp_path) == ["x_predict.log", journal.name]
    run(made, tmp_path)
    assert left_behind(tmp_path) == FINISHED


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.95])
def test_full_disk(
    made: PredictSet,
    small_disk: Path,
    tmp_path: Path,
    share: float,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path in small_disk.iterdir():
        path.unlink()
    predicting.quick.leave_xla_out(monkeypatch)
    # The disk fills after it was checked.
    monkeypatch.setattr("maxatac.prediction.workflow.check_disk", lambda *_: None)
    arguments = made.arguments(small_disk, *OPTIONS, "--loglevel", "error")
    assert main(made.arguments(tmp_path, *OPTIONS, "--loglevel", "error")) == 0
    expected = results(tmp_path)
    # The journal takes 4 bytes a bin; the file that says who writes takes 64 kB, until it is needed.
    needed = 66_000 + sum(map(len, expected.values())) + 4 * sum(size // 32 for size in SIZES.values())
    filler = small_disk / "filler"
    room = max(66_000, int(share * needed)) // 4096 * 4096
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    capsys.readouterr()
    assert main(arguments) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert str(small_disk) in told[0]
    assert not results(small_disk)
    filler.unlink()
    assert main([*arguments, "--resume"]) == 0
    assert results(small_disk) == expected
    assert left_behind(small_disk) == FINISHED

"""Fixtures shared by all tests."""

from __future__ import annotations

import io
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

import pytest
import tiny
from broken import Check
from hypothesis import HealthCheck, settings
from quick import make_network_quick
from reported import run as run
from starting import Start, Started

from maxatac.cli.main import main
from maxatac.errors import InputError, Problem

# Before anything imports TensorFlow: its start-up messages would drown a failing test's output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# A busy machine fails no test.
settings.register_profile("untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_DATA = Path(os.environ.get("MAXATAC_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder of real data; where it is absent the test is skipped, in continuous integration it fails."""
    if _DATA.is_dir():
        return _DATA
    reason = f"real data not found in {_DATA}; set MAXATAC_TEST_DATA to its folder"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def yeast(test_data: Path) -> Path:
    """Folder of the yeast set."""
    return test_data / "yeast_sacCer3"


def _forget_log_settings() -> None:
    package = logging.getLogger("maxatac")
    package.handlers, package.propagate = [], True
    package.setLevel(logging.NOTSET)
    logging.getLogger("absl").setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def package_log() -> Iterator[None]:
    """Undo what the command line does to the logs, in the test and in fixtures that many tests share."""
    _forget_log_settings()
    yield
    _forget_log_settings()


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory: pytest.TempPathFactory) -> tiny.TinySet:
    """A data set to train on within seconds. Read-only: ``damaged`` is the one to change."""
    return tiny.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def damaged(tiny_set: tiny.TinySet, tmp_path: Path) -> tiny.TinySet:
    """A copy of the data set that a test may change."""
    return tiny_set.copy(tmp_path / "set")


@pytest.fixture
def quick_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the network by one of a few numbers, compiled without XLA: a run then takes a second, not thirty."""
    make_network_quick(monkeypatch)


@pytest.fixture(params=["left by its reader", "full disk", "closed"])
def dead_stderr(request: pytest.FixtureRequest) -> Iterator[TextIO]:
    """A stderr that takes nothing any more. The test puts it in place: pytest sets its own after the fixtures."""
    if request.param == "left by its reader":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open("/dev/full" if request.param == "full disk" else os.devnull, os.O_WRONLY)
    # As Python opens its own: what cannot be written does not wait in a buffer.
    stream = io.TextIOWrapper(os.fdopen(writer, "wb", buffering=0), write_through=True)
    if request.param == "closed":
        stream.close()
    yield stream
    stream.close()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Run a command line up to the point where training would begin, and hand over what it would train with.

    The output folder is removed again, so that one test can start several runs.
    """
    started: list[Started] = []
    monkeypatch.setattr("maxatac.training.epochs.EpochLoop.run", lambda loop: started.append(Started(loop)))

    def run(arguments: Sequence[str]) -> Started:
        assert main(arguments) == 0
        parts = started.pop()
        shutil.rmtree(parts.folder.folder)
        return parts

    return run


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch, quick_network: None) -> list[float]:
    """Let an epoch take no time; append to this list the validation Dice coefficient that each one shall have.

    What is not in the list gets 0.1, 0.2, 0.3 and so on.
    """
    given: list[float] = []

    def run_epoch(self: object, epoch: int, callback: object) -> tuple[dict[str, float], dict[str, float]]:
        score = given[epoch] if epoch < len(given) else 0.1 * (epoch + 1)
        row = {"epoch": epoch + 1, "dice_coef": 0.5, "loss": 0.6, "val_dice_coef": score, "val_loss": 1 - score}
        shares = dict.fromkeys(("waiting_share", "statistics_share", "validation_share", "genome_share"), 0.1)
        seconds = dict.fromkeys((f"{part}_seconds" for part in ("steps", "statistics", "validation", "genome")), 0.1)
        return row, {"epoch": epoch + 1, "seconds": 2.0, "examples_per_second": 8.0, **shares, **seconds}

    monkeypatch.setattr("maxatac.training.trainer.Trainer.run_epoch", run_epoch)
    return given


@pytest.fixture
def problems(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run a command that must be refused, and return the problems that it names."""
    monkeypatch.setattr("maxatac.training.epochs.EpochLoop.run", lambda _: None)
    raised: list[InputError] = []
    make = InputError.__init__

    def keep(self: InputError, problems: Iterable[Problem]) -> None:
        make(self, problems)
        raised.append(self)

    monkeypatch.setattr(InputError, "__init__", keep)

    def check(data: tiny.TinySet, *words: str, **changes: object) -> Sequence[Problem]:
        output = tmp_path / "results"
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert main(data.arguments(output, *words, **changes)) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        # Nothing is half-written, in the output folder or beside the inputs.
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        told = [line for line in captured.err.splitlines() if line.startswith("maxatac: ")]
        found = [line.removeprefix("maxatac: error: ") for line in told[:-1]]
        s = "" if len(found) == 1 else "s"
        assert told[-1] == f"maxatac: {len(found)} problem{s} found before the start; nothing was written"
        assert len(set(found)) == len(found)
        assert found == list(map(str, raised[-1].problems))
        return raised[-1].problems

    return check

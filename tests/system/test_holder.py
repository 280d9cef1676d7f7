"""A folder that another process holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maxatac.errors import InputError
from maxatac.runs import running as module
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import running, running_problems

HOLD = """
import sys, time
from pathlib import Path
from maxatac.runs.running import running
with running(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return RunFolder(tmp_path, "CTCF").running("train")


@pytest.fixture
def other(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the file."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_live_holder_is_named(path: Path, other: subprocess.Popen[str]) -> None:
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(InputError) as caught, running(path):
            pytest.fail("two hold it")
        (problem,) = caught.value.problems
        assert f"{path}: this run is being written by process {other.pid} on {os.uname().nodename}" in str(problem)
        # A suspended process is alive.
        other.send_signal(signal.SIGSTOP)
    assert running_problems(path, watch=False) == [problem]
    assert path.read_bytes() == before
    assert running_problems(path.with_name("absent"), watch=True) == []


def test_killed_holder_is_known_at_once(path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    # Not waited for: what is left of it is a zombie.
    deadline = time.monotonic() + 60
    while module._process_start(other.pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with running(path) as held:
        held.check()
        assert json.loads(path.read_text())["process"] == os.getpid()
    assert list(path.parent.iterdir()) == []

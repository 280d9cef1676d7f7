"""Unit tests load no Keras and start no process. A test that does belongs to ``tests/keras`` or ``tests/system``."""

from __future__ import annotations

import platform
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from maxatac.system.installation import source_revision

_PROCESSES = {"os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "subprocess.Popen"}
_LIBRARIES = {"jax", "keras", "tensorflow"}
_running: list[str] = []


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    # An audit hook cannot be removed: this one does nothing while no unit test runs.
    if not _running:
        return
    if event in _PROCESSES:
        pytest.fail(f"{_running[-1]} starts a process, {event} {arguments[:2]}: tests/system is the place for that")
    if event == "import" and arguments[0].partition(".")[0] in _LIBRARIES:
        pytest.fail(f"{_running[-1]} imports {arguments[0]}: tests/keras is the place for that")


sys.addaudithook(_refuse)

# Records describe machine and source. Both are asked for once, by processes, and kept.
platform.platform()
source_revision()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Fail the test, or its fixture, when it imports Keras or starts a process."""
    # pytest calls this for the tests of every folder.
    if Path(__file__).parent in item.path.parents:
        _running.append(item.nodeid)
    try:
        return (yield)
    finally:
        _running.clear()

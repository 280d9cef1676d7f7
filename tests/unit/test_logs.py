from __future__ import annotations

import io
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from maxatac.backend.noise import without_backend_noise
from maxatac.cli.logs import log_to_stderr
from maxatac.runs.settings import LOG_LEVELS
from maxatac.system.logs import at_level, holding_back, writing_to

logger = logging.getLogger("maxatac.training.workflow")
LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="maxatac")


def test_records_wait_for_release(caplog: pytest.LogCaptureFixture) -> None:
    with holding_back() as held:
        logger.warning("first")
        logger.info("second")
        assert caplog.messages == []
    logger.info("device")
    held.release()
    assert caplog.messages == ["device", "first", "second"]
    held.release()
    assert len(caplog.messages) == 3


def test_a_failing_block_lets_them_out(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="bad"), holding_back():
        logger.warning("seen")
        raise ValueError("bad")
    assert caplog.messages == ["seen"]


def test_file_gets_the_log_as_long_as_the_block_runs(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    logger.info("before")
    with writing_to(path):
        logger.info("während")
        assert re.fullmatch(LINE + " INFO während\n", path.read_text(encoding="utf-8"))
    logger.info("after")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_file_is_closed_when_the_block_fails(tmp_path: Path) -> None:
    before = list(logging.getLogger("maxatac").handlers)
    with pytest.raises(OSError, match="disk"), writing_to(tmp_path / "run.log"):
        raise OSError("disk")
    assert logging.getLogger("maxatac").handlers == before


SHOWN: dict[str, list[Callable[[str], None]]] = {
    "fatal": [logger.critical],
    "error": [logger.critical, logger.error],
    "warning": [logger.critical, logger.error, logger.warning],
    "info": [logger.critical, logger.error, logger.warning, logger.info],
    "debug": [logger.critical, logger.error, logger.warning, logger.info, logger.debug],
}


@pytest.mark.parametrize("name", LOG_LEVELS)
def test_level(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    log_to_stderr(name)
    for write in SHOWN["debug"]:
        write("line")
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == len(SHOWN[name])
    assert all(re.fullmatch(LINE + r" [A-Z]+ line", line) for line in lines)


TROUBLE = "E0000 00:00:1795336922.651386   12345 gpu.cc:7] out of memory\nterminate called\n"


def test_chatter_needs_no_file_behind_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with without_backend_noise():
        print("shown", file=sys.stderr)
    assert stderr.getvalue() == "shown\n"


def test_stderr_that_is_gone_stops_nothing(dead_stderr: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", dead_stderr)
    log_to_stderr("info")
    logger.info("line")
    reached = False
    with without_backend_noise():
        if not dead_stderr.closed:
            os.write(dead_stderr.fileno(), TROUBLE.encode())
        reached = True
    assert reached


def test_line_that_cannot_be_made_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("info")
    logger.info("%d", "no number")
    assert "TypeError" in capsys.readouterr().err


def test_level_is_set_for_the_block_only() -> None:
    package = logging.getLogger("maxatac")
    before = package.level
    for name, level in (("DEBUG", 10), ("error", 40), ("no such level", 20)):
        with pytest.raises(OSError, match="disk"), at_level(name):
            assert package.level == level
            raise OSError("disk")
        assert package.level == before


def test_file_gets_the_traceback_of_a_failed_run(tmp_path: Path) -> None:
    def fail() -> None:
        with writing_to(tmp_path / "run.log"):
            raise ZeroDivisionError("no such luck")

    with pytest.raises(ZeroDivisionError):
        fail()
    text = (tmp_path / "run.log").read_text()
    assert "ERROR the run failed" in text
    assert "ZeroDivisionError: no such luck" in text


def test_what_cannot_be_seen_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("info")
    with writing_to(tmp_path / "run.log"):
        logger.warning("found %s\nin two lines", "chr\u200b1\x1b[31m")
    for text in (capsys.readouterr().err, (tmp_path / "run.log").read_text()):
        assert re.fullmatch(LINE + r" WARNING found chr\\u200b1\\x1b\[31m\nin two lines\n", text)

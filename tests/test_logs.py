from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from maxatac.cli.logs import log_to_stderr
from maxatac.logs import holding_back, writing_to
from maxatac.settings import LOG_LEVELS

logger = logging.getLogger("maxatac.training")
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

"""Progress where stderr is no terminal: a line now and then."""

from __future__ import annotations

import logging

import pytest

from maxatac.system.progress import telling


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, in a list of one."""
    now = [100.0]
    monkeypatch.setattr("maxatac.system.progress.time.monotonic", lambda: now[0])
    monkeypatch.setattr("maxatac.system.progress.on_terminal", lambda: False)
    return now


def test_a_line_now_and_then_with_the_time_left(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "maxatac")
    with telling("predicting", 1_000, "windows", every=30) as advance:
        for seconds in (10, 29, 31, 45, 61):
            clock[0] = 100.0 + seconds
            advance(100)
    assert [record.message for record in caplog.records] == [
        "predicting: 30% of 1,000 windows, about 72 s left",
        "predicting: 50% of 1,000 windows, about 61 s left",
    ]


def test_nothing_to_do_is_no_error(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    with telling("predicting", 0, "windows", every=0) as advance:
        clock[0] += 1
        advance(0)
    assert not caplog.records

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from maxatac.errors import Stopped
from maxatac.system import signals
from maxatac.system.signals import deferring_interrupt, handle_stop_signals

STOPS = (signal.SIGTERM, signal.SIGUSR1)


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Python's own handler, whatever the test runner has put in its place."""
    default = {signal.SIGINT: signal.default_int_handler, **dict.fromkeys(STOPS, signal.SIG_DFL)}
    before = {number: signal.signal(number, handler) for number, handler in default.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def handling() -> Iterator[None]:
    """Stop signals are handled, as the program does."""
    put_back = handle_stop_signals()
    yield
    put_back()


def test_nothing_happens_without_a_signal() -> None:
    with deferring_interrupt() as check:
        check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupt_waits_for_the_check() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deferring_interrupt() as check:
        signal.raise_signal(signal.SIGINT)
        reached = True
        check()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_interrupt_comes_at_once() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deferring_interrupt():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert not reached


def test_interrupt_in_a_destructor_is_not_lost() -> None:
    class Fragile:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    with deferring_interrupt() as check:
        fragile = Fragile()
        del fragile
        with pytest.raises(KeyboardInterrupt):
            check()


def test_a_handler_of_somebody_else_stays() -> None:
    seen: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    with deferring_interrupt() as check:
        signal.raise_signal(signal.SIGINT)
        check()
    assert seen == [signal.SIGINT]


def test_other_threads_are_no_problem() -> None:
    done: list[bool] = []

    def work() -> None:
        with deferring_interrupt() as check:
            check()
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


# The signals of schedulers.


@pytest.mark.parametrize("number", STOPS)
def test_signal_of_a_scheduler(number: int, handling: None) -> None:
    reached = False
    with pytest.raises(Stopped) as caught, deferring_interrupt() as check:
        signal.raise_signal(number)
        # Schedulers repeat themselves; only Ctrl-C is impatient.
        signal.raise_signal(number)
        reached = True
        check()
    assert reached
    assert caught.value.signal_name == signal.Signals(number).name
    assert isinstance(caught.value, KeyboardInterrupt)


def test_outside_of_a_block_it_comes_at_once(handling: None) -> None:
    with pytest.raises(Stopped, match="SIGTERM"):
        signal.raise_signal(signal.SIGTERM)
    # Being handled: what comes now must not disturb the tidying up.
    signal.raise_signal(signal.SIGUSR1)
    with pytest.raises(KeyboardInterrupt) as caught:
        signal.raise_signal(signal.SIGINT)
    assert not isinstance(caught.value, Stopped)


@pytest.mark.parametrize("handled", [False, True])
def test_signal_after_the_last_check_is_not_lost(handled: bool) -> None:
    put_back = handle_stop_signals() if handled else lambda: None
    reached = False
    try:
        with pytest.raises(KeyboardInterrupt), deferring_interrupt() as check:
            check()
            signal.raise_signal(signal.SIGINT)
            reached = True
        assert reached
    finally:
        put_back()


def test_block_that_fails_keeps_its_error(handling: None) -> None:
    with pytest.raises(OSError, match="disk"), deferring_interrupt():
        signal.raise_signal(signal.SIGTERM)
        raise OSError("disk")


def test_everything_is_put_back() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *STOPS)}
    threads = set(threading.enumerate())
    put_back = handle_stop_signals()
    assert {signal.getsignal(number) for number in before}.isdisjoint(before.values())
    # A second call changes nothing, and so puts nothing back.
    handle_stop_signals()()
    assert {signal.getsignal(number) for number in before}.isdisjoint(before.values())
    put_back()
    assert {number: signal.getsignal(number) for number in before} == before
    assert set(threading.enumerate()) == threads
    assert signal.set_wakeup_fd(-1) == -1


def test_signals_that_somebody_sees_to_stay_his() -> None:
    seen: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    put_back = handle_stop_signals()
    try:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGUSR1)
    finally:
        put_back()
    assert seen == [signal.SIGTERM]


def test_without_the_program_schedulers_kill_as_they_always_did() -> None:
    with deferring_interrupt():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


BUSY = """
import hashlib, os, signal, sys
from maxatac.system.signals import handle_stop_signals
handle_stop_signals(limit=float(sys.argv[1]))
print("ready", flush=True)
# One instruction of Python that takes for ever and hears no signal.
hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGINT, 130)])
def test_process_that_is_busy_ends_in_time(number: int, status: int) -> None:
    # A test run in the background of a shell ignores Ctrl-C, and what it starts inherits that.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)" + BUSY
    with subprocess.Popen(
        [sys.executable, "-c", program, "0.5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # It says so a moment before it is busy; a signal that comes in between is heard.
        time.sleep(1)
        process.send_signal(number)
        try:
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == status
    assert told == f"maxatac: still busy 0.5 s after {signal.Signals(number).name}; leaving\n"


@pytest.mark.parametrize("read", [False, True], ids=["left", "full"])
def test_busy_process_ends_where_nobody_hears_it(read: bool) -> None:
    reader, writer = os.pipe()
    if read:
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
    else:
        os.close(reader)
    with subprocess.Popen([sys.executable, "-c", BUSY, "0.5"], stdout=subprocess.PIPE, stderr=writer) as process:
        os.close(writer)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=30) == 75
        finally:
            process.kill()
            if read:
                os.close(reader)


def test_process_that_ends_in_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    put_back: Callable[[], None] = handle_stop_signals(limit=0.2)
    with pytest.raises(Stopped):
        signal.raise_signal(signal.SIGTERM)
    put_back()
    time.sleep(0.4)
    assert left == []


def test_limit_leaves_time_before_schedulers_kill() -> None:
    assert signals.LIMIT < 20

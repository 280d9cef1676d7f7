from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from maxatac.interrupt import deferring_interrupt


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Python's own handler, whatever the test runner has put in its place."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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

"""Ctrl-C that waits for a safe place."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def deferring_interrupt() -> Iterator[Callable[[], None]]:
    """Give a function that raises ``KeyboardInterrupt`` if Ctrl-C was pressed since the block began.

    Python raises it wherever the main thread happens to be. In a destructor, and deep-learning libraries have many, it
    is printed and dropped, and the run goes on. So the block calls the function where stopping does no harm. Whoever
    presses Ctrl-C a second time does not want to wait: that raises at once.

    A handler that is not Python's own stays in charge, and nothing changes outside the main thread, which gets no
    signals.
    """
    pending = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pending
        if pending:
            signal.default_int_handler(number, frame)
        pending = True

    def check() -> None:
        if pending:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield check
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, handler)

"""Signals that ask for the end: heeded at a safe place, and within a bounded time.

Ctrl-C is SIGINT. Schedulers send SIGTERM, or SIGUSR1 some time before a limit is reached, and kill what is still there
a while later.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType

from maxatac.errors import Stopped

LIMIT = 15.0
"""Seconds from a signal to the end of the process, whatever it is doing; schedulers wait for 30."""

STATUSES: Mapping[int, int] = {signal.SIGINT: 130, signal.SIGTERM: 75, signal.SIGUSR1: 75}
"""Exit status for each signal; 75 says "try again" (EX_TEMPFAIL of sysexits.h)."""


class _Wishes:
    """The signals received so far."""

    def __init__(self, *, deferring: bool = False) -> None:
        self.deferring = deferring
        self._first: int | None = None
        self._told = False

    def receive(self, number: int, _: FrameType | None = None) -> None:
        """Take a signal: the handler.

        Whoever presses Ctrl-C once more does not want to wait: that raises at once. Schedulers repeat themselves
        without meaning anything by it.
        """
        if self._first is None:
            self._first = number
            if not self.deferring:
                self.check()
        elif number == signal.SIGINT:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise ``KeyboardInterrupt`` for Ctrl-C, ``Stopped`` for the others, if one of them has come."""
        if self._first is None:
            return
        self._told = True
        if self._first == signal.SIGINT:
            raise KeyboardInterrupt
        raise Stopped(signal.Signals(self._first).name)

    def check_untold(self) -> None:
        """Raise what came after the last check."""
        if not self._told:
            self.check()


_heeded: _Wishes | None = None
"""What ``heed_signals`` has installed in this process."""

_watching: Callable[[], None] | None = None
"""Ends its thread; kept here, for its sockets close when nobody has them any more."""


def heed_signals(limit: float = LIMIT) -> Callable[[], None]:
    """Let SIGINT, SIGTERM and SIGUSR1 raise an exception, and end the process if that does not end it in time.

    For programs; a library leaves the signals of its host alone. Python calls a handler between two instructions of
    the main thread, which may be busy for minutes with one of them: compiling a network, decoding a track. So a thread
    watches the clock, and leaves with the signal's status when time is up. Files are written under another name and
    renamed, so that this harms none.

    A signal with a handler already, or one that is ignored, stays as it is. Outside the main thread, which gets no
    signals, nothing changes.

    Parameters
    ----------
    limit : float
        Seconds from the signal on.

    Returns
    -------
    callable
        Puts everything back. A program that ends need not call it: signals then stay heeded to the very end.
    """
    global _heeded, _watching
    if _heeded is not None or threading.current_thread() is not threading.main_thread():
        return lambda: None
    _heeded = wishes = _Wishes()
    taken = {}
    for number in STATUSES:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            taken[number] = signal.signal(number, wishes.receive)
    _watching = stop_watching = _watch(set(taken), limit)

    def put_back() -> None:
        global _heeded, _watching
        stop_watching()
        _watching = None
        for number, handler in taken.items():
            signal.signal(number, handler)
        _heeded = None

    return put_back


def _watch(numbers: set[int], limit: float) -> Callable[[], None]:
    """Start the thread that watches the clock; returns what ends it."""
    incoming, outgoing = socket.socketpair()
    outgoing.setblocking(False)
    before = signal.set_wakeup_fd(outgoing.fileno(), warn_on_full_buffer=False)
    over = threading.Event()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while received := incoming.recv(1):
                if received[0] in numbers and not over.wait(limit):
                    name = signal.Signals(received[0]).name
                    try:
                        _tell(f"maxatac: still busy {limit:g} s after {name}; leaving\n")
                    finally:
                        os._exit(STATUSES[received[0]])

    def stop() -> None:
        signal.set_wakeup_fd(-1)
        over.set()
        outgoing.close()
        thread.join()
        incoming.close()

    if before != -1:
        # An event loop reads them already; it would miss them.
        signal.set_wakeup_fd(before)
        outgoing.close()
        incoming.close()
        return lambda: None
    thread = threading.Thread(target=watch, name="maxatac-signals", daemon=True)
    thread.start()
    return stop


def _tell(line: str) -> None:
    """Write to stderr, within a second: it may be gone, or a pipe that is full and that nobody reads."""

    def write() -> None:
        with contextlib.suppress(OSError):
            os.write(2, line.encode())

    thread = threading.Thread(target=write, name="maxatac-leaving", daemon=True)
    thread.start()
    thread.join(1)


@contextlib.contextmanager
def deferring_interrupt() -> Iterator[Callable[[], None]]:
    """Give a function that raises if a signal has asked for the end since the block began.

    Python raises ``KeyboardInterrupt`` wherever the main thread happens to be. In a destructor, and deep-learning
    libraries have many, it is printed and dropped, and the run goes on. So the block calls the function where stopping
    does no harm; it is called once more at the end of the block. A second Ctrl-C raises at once.

    The signals are those of ``heed_signals``, else Ctrl-C alone. A handler that is not Python's own stays in charge,
    and nothing changes outside the main thread, which gets no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
    elif _heeded is not None:
        _heeded.deferring = True
        try:
            yield _heeded.check
        finally:
            _heeded.deferring = False
        _heeded.check_untold()
    else:
        wishes = _Wishes(deferring=True)
        handler = signal.getsignal(signal.SIGINT)
        if handler is not signal.default_int_handler:
            yield wishes.check
            return
        signal.signal(signal.SIGINT, wishes.receive)
        try:
            yield wishes.check
        finally:
            signal.signal(signal.SIGINT, handler)
        wishes.check_untold()

"""Signals that ask the process to end: it does at a safe place, and within a bounded time.

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


class _StopSignals:
    """The stop signals received so far."""

    def __init__(self, *, deferring: bool = False) -> None:
        self.deferring = deferring
        self._first: int | None = None
        self._raised = False

    def receive(self, number: int, _: FrameType | None = None) -> None:
        """Handle a signal.

        A second Ctrl-C raises at once: the user does not want to wait. Schedulers send a signal several times, and
        that means nothing.
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
        self._raised = True
        if self._first == signal.SIGINT:
            raise KeyboardInterrupt
        raise Stopped(signal.Signals(self._first).name)

    def check_unraised(self) -> None:
        """Raise as ``check`` does, unless it has raised already."""
        if not self._raised:
            self.check()


_handled: _StopSignals | None = None
"""What ``handle_stop_signals`` has installed in this process."""

_watching: Callable[[], None] | None = None
"""Ends the watching thread. Kept here, because its sockets close when nothing refers to them."""


def handle_stop_signals(limit: float = LIMIT) -> Callable[[], None]:
    """Let SIGINT, SIGTERM and SIGUSR1 raise an exception, and end the process if that does not end it in time.

    For programs; a library leaves the signals of its host alone. Python calls a handler between two instructions of
    the main thread, and one of them may take minutes: compiling a network, decoding a track. So a thread waits until
    the limit is over, and ends the process with the signal's status. Files are written under another name and renamed,
    so that none is left half written.

    A signal with a handler already, or one that is ignored, stays as it is. Outside the main thread, which gets no
    signals, nothing changes.

    Parameters
    ----------
    limit : float
        Seconds from the signal on.

    Returns
    -------
    callable
        Puts everything back. A program that ends need not call it: signals are then handled until the very end.
    """
    global _handled, _watching
    if _handled is not None or threading.current_thread() is not threading.main_thread():
        return lambda: None
    _handled = received = _StopSignals()
    taken = {}
    for number in STATUSES:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            taken[number] = signal.signal(number, received.receive)
    _watching = stop_watching = _watch(set(taken), limit)

    def put_back() -> None:
        global _handled, _watching
        stop_watching()
        _watching = None
        for number, handler in taken.items():
            signal.signal(number, handler)
        _handled = None

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
    """Give a function that raises if a stop signal has come since the block began.

    Python raises ``KeyboardInterrupt`` wherever the main thread happens to be. In a destructor, and deep-learning
    libraries have many, it is printed and dropped, and the run goes on. So the block calls the function where stopping
    does no harm; it is called once more at the end of the block. A second Ctrl-C raises at once.

    The signals are those of ``handle_stop_signals``, else Ctrl-C alone. A handler that is not Python's own stays in
    charge, and nothing changes outside the main thread, which gets no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
    elif _handled is not None:
        _handled.deferring = True
        try:
            yield _handled.check
        finally:
            _handled.deferring = False
        _handled.check_unraised()
    else:
        received = _StopSignals(deferring=True)
        handler = signal.getsignal(signal.SIGINT)
        if handler is not signal.default_int_handler:
            yield received.check
            return
        signal.signal(signal.SIGINT, received.receive)
        try:
            yield received.check
        finally:
            signal.signal(signal.SIGINT, handler)
        received.check_unraised()

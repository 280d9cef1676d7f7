"""The package's log: its format, its file, and holding it back."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from maxatac.errors import visible

PACKAGE = logging.getLogger("maxatac")


class LineFormatter(logging.Formatter):
    """Time, level and message; invisible characters of the message are escaped, see :func:`maxatac.errors.visible`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Escape the message, but not a traceback after it."""
        return visible(super().formatMessage(record))


class _Keep(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class HeldBack:
    """Log records that are logged later."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        self._records = records

    def release(self) -> None:
        """Log the records that were held back, in order, with their own times."""
        while self._records:
            record = self._records.pop(0)
            logging.getLogger(record.name).handle(record)

    def take(self) -> list[logging.LogRecord]:
        """Return the records that were held back; they are not logged."""
        taken = list(self._records)
        self._records.clear()
        return taken


@contextlib.contextmanager
def at_level(name: str) -> Iterator[None]:
    """Log from this level on while the block runs; ``info`` if there is no such level."""
    before = PACKAGE.level
    PACKAGE.setLevel(logging.getLevelNamesMapping().get(name.upper(), logging.INFO))
    try:
        yield
    finally:
        PACKAGE.setLevel(before)


@contextlib.contextmanager
def naming_process(rank: int) -> Iterator[None]:
    """Put the number of the process before the package's messages while the block runs, except for process 0."""
    before = logging.getLogRecordFactory()

    def make(
        name: str, level: int, path: str, line: int, message: object, *more: Any, **rest: Any
    ) -> logging.LogRecord:
        if name.partition(".")[0] == PACKAGE.name:
            message = f"[process {rank}] {message}"
        return before(name, level, path, line, message, *more, **rest)

    if rank:
        logging.setLogRecordFactory(make)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)


@contextlib.contextmanager
def holding_back() -> Iterator[HeldBack]:
    """Keep the package's log records until ``release``, or until the block fails.

    Inputs are checked before Keras is imported, so that a typing error is reported at once, but the first line of a log
    shall name the device.
    """
    keep = _Keep()
    held = HeldBack(keep.records)
    handlers, propagate = PACKAGE.handlers, PACKAGE.propagate
    PACKAGE.handlers, PACKAGE.propagate = [keep], False
    try:
        yield held
    except BaseException:
        PACKAGE.handlers, PACKAGE.propagate = handlers, propagate
        held.release()
        raise
    finally:
        PACKAGE.handlers, PACKAGE.propagate = handlers, propagate


class _LogFile(logging.FileHandler):
    """A log file; if the disk is full, only the log stops."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop a line that cannot be written; the screen has it too."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file, whether or not its last lines can be written."""
        with contextlib.suppress(OSError):
            super().close()


@contextlib.contextmanager
def writing_to(path: Path, may_write: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Write the package's log to a file too, line by line, while the block runs and ``may_write`` allows it."""
    handler = _LogFile(path, encoding="utf-8", errors="backslashreplace")
    handler.addFilter(lambda _: may_write())
    handler.setFormatter(LineFormatter())
    PACKAGE.addHandler(handler)
    try:
        yield
    except Exception:
        # The caller prints one line on the screen; the file gets the traceback.
        record = PACKAGE.makeRecord(PACKAGE.name, logging.ERROR, __file__, 0, "the run failed", (), sys.exc_info())
        handler.handle(record)
        raise
    finally:
        PACKAGE.removeHandler(handler)
        handler.close()

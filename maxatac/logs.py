"""The package's log: its format, its file, and holding it back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(message)s"
TIME = "%Y-%m-%d %H:%M:%S"
PACKAGE = logging.getLogger("maxatac")


class _Keep(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class HeldBack:
    """Log records that wait for their turn."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        self._records = records

    def release(self) -> None:
        """Log what was held back, in order, with its own times."""
        while self._records:
            record = self._records.pop(0)
            logging.getLogger(record.name).handle(record)


@contextlib.contextmanager
def holding_back() -> Iterator[HeldBack]:
    """Keep the package's log records until ``release``, or until the block fails.

    Inputs are checked before Keras is imported, so that a typing error is told at once; yet the first line of a log is
    to name the device.
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


@contextlib.contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Write the package's log to a file too, line by line, as long as the block runs."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT, TIME))
    PACKAGE.addHandler(handler)
    try:
        yield
    finally:
        PACKAGE.removeHandler(handler)
        handler.close()

"""Logging of the command line."""

from __future__ import annotations

import logging
import os
import sys

from maxatac.system.logs import PACKAGE, LineFormatter

# What TensorFlow's C++ side prints is noise to a user unless it is a warning: 1 keeps its notes back, 2 its warnings.
_TENSORFLOW_LEVEL = {"debug": "0", "info": "1", "warning": "1", "error": "2", "fatal": "3"}


class _AboveProgressBar(logging.Handler):
    """Writes lines to stderr without tearing a progress bar; a stderr that is gone stops the log, and nothing else."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        try:
            tqdm.write(self.format(record), file=sys.stderr)
        except Exception:  # noqa: BLE001 - a log must not end a run; handleError tells it
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Let a line go that cannot be written; the file of the log has it too."""
        if not isinstance(sys.exc_info()[1], OSError) and not sys.stderr.closed:
            super().handleError(record)


def log_to_stderr(level: str) -> None:
    """Send the package's log to stderr, and quieten the libraries below it.

    Parameters
    ----------
    level : str
        One of ``maxatac.training.settings.LOG_LEVELS``.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _TENSORFLOW_LEVEL.get(level, "1"))
    # Warned about on each save of the .h5 file that is written on purpose.
    logging.getLogger("absl").setLevel(logging.ERROR)
    # Warned about where its folder in the home cannot be written to; it takes a temporary one.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    handler = _AboveProgressBar()
    handler.setFormatter(LineFormatter())
    PACKAGE.handlers = [handler]
    PACKAGE.propagate = False
    # Settings from a file are checked later than the log begins.
    PACKAGE.setLevel(logging.getLevelNamesMapping().get(level.upper(), logging.INFO))

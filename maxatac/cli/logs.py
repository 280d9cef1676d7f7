"""Logging of the command line."""

from __future__ import annotations

import logging
import os
import sys

from maxatac.system.logs import PACKAGE, LineFormatter

# Notes of TensorFlow's C++ code do not help a user, warnings may: 1 hides its notes, 2 its warnings too.
_TENSORFLOW_LEVEL = {"debug": "0", "info": "1", "warning": "1", "error": "2", "fatal": "3"}


class _AboveProgressBar(logging.Handler):
    """Writes lines to stderr above a progress bar; if stderr is gone, only the log stops."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        try:
            tqdm.write(self.format(record), file=sys.stderr)
        except Exception:  # noqa: BLE001 - a log must not end a run; handleError reports it
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop a line that cannot be written; the log file has it too."""
        if not isinstance(sys.exc_info()[1], OSError) and not sys.stderr.closed:
            super().handleError(record)


def log_to_stderr(level: str) -> None:
    """Send the package's log to stderr, and silence the libraries that it uses.

    Parameters
    ----------
    level : str
        One of ``maxatac.runs.settings.LOG_LEVELS``.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _TENSORFLOW_LEVEL.get(level, "1"))
    # Keras warns at each save of an .h5 file, which is written on purpose.
    logging.getLogger("absl").setLevel(logging.ERROR)
    # Matplotlib warns if its folder in the home is not writable; it then uses a temporary one.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    handler = _AboveProgressBar()
    handler.setFormatter(LineFormatter())
    PACKAGE.handlers = [handler]
    PACKAGE.propagate = False
    # The log begins before settings from a file are checked.
    PACKAGE.setLevel(logging.getLevelNamesMapping().get(level.upper(), logging.INFO))

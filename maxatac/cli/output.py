"""Standard output of the command line. A reader that stops early, such as ``head``, changes neither run nor status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def say(text: str) -> None:
    """Print a text and a line end."""
    with _reader_may_stop():
        print(text, flush=True)


def flush() -> None:
    """Write what is left in the buffer; the interpreter would report a failure of this at its end."""
    with _reader_may_stop():
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()


@contextlib.contextmanager
def _reader_may_stop() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # The rest of the buffer, and all later output, goes to the null device.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except OSError as error:
        # It names no file.
        raise OSError(error.errno, error.strerror, "standard output") from error

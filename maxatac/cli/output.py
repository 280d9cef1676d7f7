"""Standard output of the command line. A reader that leaves early, as ``head`` does, changes neither run nor status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def say(text: str) -> None:
    """Print a text and a line end."""
    with _reader_may_leave():
        print(text, flush=True)


def flush() -> None:
    """Write what is still in the buffer, which would else be told as an error when the interpreter ends."""
    with _reader_may_leave():
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # What is left in the buffer, and whatever comes, goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

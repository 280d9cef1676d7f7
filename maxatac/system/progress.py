"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from maxatac.wording import rough_duration

logger = logging.getLogger(__name__)


def on_terminal() -> bool:
    """Whether stderr is a terminal; it may also be closed."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


@functools.cache
def _bar_class() -> Any:
    """Make a bar class that ignores errors of the terminal, which may be gone or busy."""
    from tqdm import tqdm

    class _Bar(tqdm):  # type: ignore[type-arg] # generic in the stubs, not when it runs
        def display(self, *what: Any, **more: Any) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().display(*what, **more)

        def close(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().close()

    return _Bar


def bar(label: str, total: int, unit: str) -> Any:
    """Make a progress bar on stderr; errors of the terminal are ignored."""
    return _bar_class()(total=total, desc=label, unit=f" {unit}", unit_scale=True, leave=False, file=sys.stderr)


@contextlib.contextmanager
def counting(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs, and give the function that advances it; no bar if stderr is no terminal.

    Parameters
    ----------
    label, unit : str
        What is done, and what is counted.
    total : int
        How many there are.
    """
    if not on_terminal():
        yield lambda done: None
        return
    with bar(label, total, unit) as shown:

        def advance(done: int) -> None:
            shown.update(done)

        yield advance


@contextlib.contextmanager
def telling(label: str, total: int, unit: str, every: float = 30.0) -> Iterator[Callable[[int], None]]:
    """Show a bar as ``counting`` does; where stderr is no terminal, log a line now and then, with the time left.

    Parameters
    ----------
    label, unit : str
        What is done, and what is counted.
    total : int
        How many there are.
    every : float
        Seconds between two lines.
    """
    began = told = time.monotonic()
    done = 0

    def tell(more: int) -> None:
        nonlocal done, told
        done += more
        now = time.monotonic()
        if now - told < every or not done:
            return
        told = now
        left = (now - began) / done * max(total - done, 0)
        share = f"{done / total:.0%}" if total else "100%"
        logger.info("%s: %s of %s %s, about %s left", label, share, f"{total:,}", unit, rough_duration(left))

    if on_terminal():
        with counting(label, total, unit) as advance:
            yield advance
    else:
        yield tell

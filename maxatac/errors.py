"""Every exception that maxatac raises on purpose.

``MaxatacError`` is the root. ``InputError`` gathers all problems found in what the user gave, so that one run names
them all; the command line turns it into exit status 2, any other ``MaxatacError`` into 1. The compiled core raises
``GenomeError``, ``TrackError``, ``RegionError`` and ``ResourceError`` from here too, so there is one tree to catch.
``Stopped`` stands apart: it is an order, not an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class MaxatacError(Exception):
    """Root of all errors of this package.

    Attributes
    ----------
    path : Path or None
        The file that it is about, where the compiled core raises it.
    """

    path: Path | None = None


class GenomeError(MaxatacError):
    """A 2bit or chromosome-sizes file is damaged, or lacks what was asked of it."""


class TrackError(MaxatacError):
    """A bigWig file is damaged, or lacks what was asked of it."""


class RegionError(MaxatacError):
    """An interval lies outside its chromosome, or a pool of regions cannot serve."""


class ResourceError(MaxatacError):
    """The machine, or a limit set for the process, does not give the threads or the memory that are needed."""


class WeightsError(MaxatacError):
    """A weights file does not hold what the model needs."""


class TakenOver(MaxatacError):
    """Another process has taken over the run that this one was writing; this one must write nothing more."""


class Problem(str):
    """A line about what is wrong with a file, and which: nobody has to search the words for it.

    Parameters
    ----------
    text : str
    path : Path or None

    Attributes
    ----------
    path : Path or None
    """

    path: Path | None

    def __new__(cls, text: str, path: Path | None = None) -> Problem:
        """Make it of its words and the file."""
        self = super().__new__(cls, text)
        self.path = path
        return self

    @classmethod
    def of(cls, error: MaxatacError | OSError) -> Problem:
        """Make it of what was raised when the file was read."""
        name = error.filename if isinstance(error, OSError) else error.path
        return cls(str(error), None if name is None else Path(os.fsdecode(name)))


def visible(text: str) -> str:
    r"""Escape what cannot be seen in a message that quotes input: ``\u200b`` for a space without width.

    Plain spaces and line ends stay. A ``Problem`` remains one.
    """
    if text.isprintable():
        return text
    shown = "".join(
        char if char == "\n" or char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
    return Problem(shown, text.path) if isinstance(text, Problem) else shown


class InputError(MaxatacError):
    """Something is wrong with what the user gave; found before any work starts.

    Parameters
    ----------
    problems : iterable of str
        One line per problem: file and line where there is one, what was found, what was expected.

    Attributes
    ----------
    problems : tuple of str
        With escapes for what cannot be seen; see :func:`visible`.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(map(visible, problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """All problems, one per line."""
        return "\n".join(self.problems)


class Stopped(KeyboardInterrupt):
    """A scheduler asked the process to end (SIGTERM, SIGUSR1); like Ctrl-C, but trying again later makes sense.

    Parameters
    ----------
    signal_name : str
        Such as ``SIGTERM``.

    Attributes
    ----------
    signal_name : str
    """

    def __init__(self, signal_name: str) -> None:
        self.signal_name = signal_name
        super().__init__(signal_name)

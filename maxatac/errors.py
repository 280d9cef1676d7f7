"""Every exception that maxatac raises on purpose.

``MaxatacError`` is the root. ``InputError`` gathers all problems found in what the user gave, so that one run names
them all; the command line turns it into exit status 2, any other ``MaxatacError`` into 1. The compiled core raises
``GenomeError``, ``TrackError``, ``ReadsError``, ``RegionError`` and ``ResourceError`` from here too, so there is one
tree to catch.
``Stopped`` stands apart: it is an order, not an error.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


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


class ReadsError(MaxatacError):
    """A file of reads or fragments is damaged, cut short, or does not fit the genome.

    Attributes
    ----------
    line : int or None
        The line that it is about, 1-based.
    """

    line: int | None = None


class RegionError(MaxatacError):
    """An interval lies outside its chromosome, or a pool of regions cannot serve."""


class ResourceError(MaxatacError):
    """The machine, or a limit set for the process, does not give the threads or the memory that are needed."""


class WeightsError(MaxatacError):
    """A weights file does not hold what the model needs."""


class TakenOver(MaxatacError):
    """Another process has taken over the run that this one was writing; this one must write nothing more."""


Kind = Literal[
    "missing file",
    "unreadable file",
    "format",
    "line",
    "column",
    "value",
    "chromosome",
    "size",
    "regions",
    "signal",
    "shared file",
    "setting",
    "output",
    "weights",
    "resume",
    "machine",
    "other",
]
"""What a problem is about.

``missing file`` and ``unreadable file`` are told before a file is opened; ``format`` is a file that is not, or no
longer, of its format; ``line`` one that cannot be parsed; ``column`` a table without a column, or with too few;
``value`` an entry of a table or of JSON; ``chromosome`` a name that the genome lacks; ``size`` a length that differs,
or intervals beyond an end; ``regions`` no region, or regions that touch; ``signal`` what a track holds; ``shared file``
one that trains and tests; ``setting`` an option; ``output`` where the results go; ``weights`` weights to start from;
``resume`` what keeps a run from going on; ``machine`` memory, disk, devices and processes; ``other`` any other error.
"""

_KINDS: Mapping[type[MaxatacError], Kind] = {
    GenomeError: "format",
    TrackError: "format",
    ReadsError: "format",
    RegionError: "regions",
    ResourceError: "machine",
    WeightsError: "weights",
}

# What a damaged file may have on every line.
_CAPPED: frozenset[Kind] = frozenset({"line", "chromosome", "size"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what the user gave, as data; ``str`` makes the sentence.

    Attributes
    ----------
    kind : str
        See ``Kind``.
    found : str
        What was found. It makes a sentence with "found" before it if ``expected`` is given, and without it if not.
    expected : str or None
    hint : str or None
        What may be behind it, or what to do.
    option : str or None
        Such as ``--output``.
    file : Path or None
    line : int or None
        Line of the file, 1-based.
    place : str or None
        Another place in it: a column, a record, a region.
    more : int
        How many further problems of this kind and file this one stands for; see ``Problems``.
    """

    kind: Kind
    found: str
    expected: str | None = None
    hint: str | None = None
    option: str | None = None
    file: Path | None = None
    line: int | None = None
    place: str | None = None
    more: int = 0

    def __post_init__(self) -> None:
        """Accept text for the file: records of other processes come as JSON."""
        if self.file is not None:
            object.__setattr__(self, "file", Path(self.file))

    @classmethod
    def of(cls, error: MaxatacError | OSError, *, hint: str | None = None) -> Problem:
        """Make it of what was raised when a file was read."""
        name = error.filename if isinstance(error, OSError) else error.path
        file = None if name is None else Path(os.fsdecode(name))
        if isinstance(error, OSError):
            return cls("unreadable file", error.strerror or str(error), hint=hint, file=file)
        kind: Kind = next((kind for raised, kind in _KINDS.items() if isinstance(error, raised)), "other")
        told = str(error).removeprefix(f"{file}: ")
        if isinstance(error, ReadsError) and error.line is not None:
            told = told.removeprefix(f"line {error.line}: ")
            return cls("line", told, hint=hint, file=file, line=error.line)
        return cls(kind, told, hint=hint, file=file)

    def __str__(self) -> str:
        """Make the sentence: where, what was found, what was expected, and a hint; see :func:`visible`."""
        subject = " ".join(str(part) for part in (self.option, self.file) if part is not None)
        line = None if self.line is None else f"line {self.line}"
        where = ", ".join(part for part in (subject, line, self.place) if part)
        told = self.found if self.expected is None else f"found {self.found}; expected {self.expected}"
        return visible((f"{where}: " if where else "") + told + ("" if self.hint is None else f"; {self.hint}"))


class Problems:
    """A collector of problems: each is told once, in the order in which they were found.

    Of the kinds that a damaged file may have on every line, ``LIMIT`` are kept for each file, or each option, and the
    rest are counted in one further problem.
    """

    LIMIT = 5

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._kept: dict[Problem, None] = {}
        self._counts: Counter[tuple[str, object]] = Counter()
        self._left_out: Counter[tuple[str, object]] = Counter()
        self += problems

    def add(
        self,
        kind: Kind,
        found: str,
        *,
        expected: str | None = None,
        hint: str | None = None,
        option: str | None = None,
        file: str | os.PathLike[str] | None = None,
        line: int | None = None,
        place: str | None = None,
    ) -> None:
        """Add a problem; see ``Problem`` for the parameters."""
        self.append(Problem(kind, found, expected, hint, option, None if file is None else Path(file), line, place))

    def append(self, problem: Problem) -> None:
        """Add a problem that is made already, unless it is there."""
        if problem in self._kept:
            return
        group = _group(problem)
        if problem.more:
            self._left_out[group] += problem.more
        elif problem.kind in _CAPPED and self._counts[group] >= self.LIMIT:
            self._left_out[group] += 1
            return
        else:
            self._counts[group] += 1
        # A count of further problems is kept too, so that it is added once where collectors are joined twice.
        self._kept[problem] = None

    def __iadd__(self, problems: Iterable[Problem]) -> Problems:
        """Add several."""
        for problem in problems:
            self.append(problem)
        return self

    def __iter__(self) -> Iterator[Problem]:
        """Give each problem, and behind the last of a kind and file that was kept how many more there are."""
        last = {_group(problem): problem for problem in self._kept}
        for problem in self._kept:
            if not problem.more:
                yield problem
            group = _group(problem)
            if last[group] is problem and (more := self._left_out[group]):
                told = f"and {more:,} more problem{'s' * (more != 1)} of this kind"
                yield Problem(problem.kind, told, option=problem.option, file=problem.file, more=more)

    def __getitem__(self, index: int) -> Problem:
        """Get one by its place."""
        return list(self)[index]

    def __len__(self) -> int:
        """Count what is given."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        """Show the problems."""
        return f"Problems({list(self)!r})"

    def sentences(self) -> list[str]:
        """Word the problems, one sentence each."""
        return [str(problem) for problem in self]

    def files(self) -> set[Path]:
        """Get the files that the problems are about."""
        return {problem.file for problem in self._kept if problem.file is not None}


def _group(problem: Problem) -> tuple[str, object]:
    return problem.kind, problem.option if problem.file is None else problem.file


def visible(text: str) -> str:
    r"""Escape what cannot be seen in a message that quotes input: ``\u200b`` for a space without width.

    Plain spaces and line ends stay.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char == "\n" or char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


class InputError(MaxatacError):
    """Something is wrong with what the user gave; found before any work starts."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(Problems(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """All problems, one per line."""
        return "\n".join(map(str, self.problems))


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

"""What the settings of every command are made of: their base, and the groups that commands share.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from maxatac.errors import Problems
from maxatac.files.atomic import expanded
from maxatac.system.resources import parse_bytes, usable_memory, usable_processors

LOG_LEVELS = ("fatal", "error", "warning", "info", "debug")

MAX_THREADS = 1024

MAX_FLOAT32 = 3.4028234e38
"""The largest number that a bigWig can hold."""

MEMORY_SHARE = 4
"""Decoded tracks may by default take the usable memory divided by this."""

MAX_ZOOMS = 10
"""Zoom levels that a bigWig can have."""

FILE = {"names_file": True}
"""Metadata of an option that names a file to read, or several."""

_NOT_IN_NAMES = re.compile(r"[][*?\\\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The base of every group: values are converted when it is made, and checked on request."""

    def __post_init__(self) -> None:
        """Accept text for paths, ``~`` in them, text for amounts of memory, and any sequence or one value for lists."""
        for option in fields(self):
            value = getattr(self, option.name)
            if value is None:
                continue
            kind = str(option.type)
            if "Sequence" in kind:
                values = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
                object.__setattr__(self, option.name, tuple(map(expanded, values)) if "Path" in kind else tuple(values))
            elif "Path" in kind:
                object.__setattr__(self, option.name, expanded(value))
            elif option.name == "memory" and isinstance(value, str):
                object.__setattr__(self, option.name, parse_bytes(value) or value)

    def problems(self) -> Problems:
        """Collect everything that is wrong with the values themselves."""
        problems = Problems()
        self._check(problems)
        return problems

    def _check(self, problems: Problems) -> None:
        """Add what is wrong with the values of a group."""

    def files(self) -> dict[str, Path]:
        """List the files that are named, each by its option; of several, all but the first have a number."""
        named: dict[str, Path] = {}
        for option in fields(self):
            value = getattr(self, option.name)
            if option.metadata != FILE or value is None:
                continue
            for number, path in enumerate((value,) if isinstance(value, Path) else value, 1):
                named[option.name if number == 1 else f"{option.name} {number}"] = path
        return named

    def _spell(self, name: str, choices: Sequence[str]) -> None:
        """Accept a choice in upper or lower case."""
        given = getattr(self, name)
        spelt = {choice.casefold(): choice for choice in choices}
        object.__setattr__(self, name, spelt.get(str(given).casefold(), given))

    def _require(self, problems: Problems, name: str, holds: bool, expected: str, hint: str | None = None) -> None:
        if not holds:
            value = getattr(self, name)
            found = f"{value:g}" if isinstance(value, float) else repr(value)
            problems.add("setting", found, expected=expected, hint=hint, option=f"--{name}")

    def _require_counts(self, problems: Problems, *names: str, most: float = math.inf) -> None:
        for name in names:
            value = 1 if getattr(self, name) is None else getattr(self, name)
            self._require(problems, name, value >= 1, "a whole number of at least 1")
            self._require(problems, name, value <= most, f"at most {most}")

    def _require_choice(self, problems: Problems, name: str, allowed: Sequence[str]) -> None:
        self._require(problems, name, getattr(self, name) in allowed, f"one of {', '.join(allowed)}")

    def _require_float32(self, problems: Problems, name: str, least: float = -MAX_FLOAT32) -> None:
        """Check a number that is compared with the values of a bigWig; ``None`` is sound."""
        value = least if getattr(self, name) is None else getattr(self, name)
        expected = "a number" if least < 0 else f"a number of at least {least:g}"
        self._require(problems, name, least <= value <= MAX_FLOAT32, f"{expected}, no larger than a bigWig can hold")

    def _exclude(self, problems: Problems, one: str, other: str, hint: str) -> None:
        if getattr(self, one) and getattr(self, other):
            problems.add("setting", "both", expected="one of them", hint=hint, option=f"--{one} and --{other}")


@dataclass(frozen=True, kw_only=True)
class ResourceSettings(Settings):
    """Threads and memory.

    Parameters
    ----------
    threads : int, optional
        Threads of the loader, and of the network on a CPU; ``None`` is as many as the process may use. Batches do not
        depend on it; with another number the network may round differently.
    memory : int or str, optional
        Bytes that decoded tracks may take, also as ``200M`` or ``4G``; ``None`` is a quarter of what the process may
        use. Results do not depend on it.
    """

    threads: int | None = None
    memory: int | str | None = None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_counts(problems, "threads", most=MAX_THREADS)
        is_sound = self.memory is None or (isinstance(self.memory, int) and 0 < self.memory < 2**63)
        self._require(problems, "memory", is_sound, "bytes above 0, such as 200M or 4G")


@dataclass(frozen=True, kw_only=True)
class ResultSettings(Settings):
    """Where the results go, and what is logged.

    Parameters
    ----------
    output : path
        Folder of the results.
    prefix : str
        First part of the name of every file in it.
    force : bool
        Replace what an earlier run of this command and prefix left in the folder.
    loglevel : str
        One of ``LOG_LEVELS``.
    """

    output: Path = Path(".")
    prefix: str
    force: bool = False
    loglevel: str = "info"

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "loglevel", LOG_LEVELS)
        # There is none if a settings file that cannot be read was to name it.
        prefix = self.prefix or ""
        is_name = bool(prefix.strip()) and "/" not in prefix and not prefix.startswith(".")
        self._require(problems, "prefix", is_name, "a file name without a folder and without a leading dot")
        odd = sorted(set(_NOT_IN_NAMES.findall(prefix)))
        hint = "shells and workflow engines take it for a pattern, and would not find the results"
        self._require(problems, "prefix", not odd, f"a file name without {' '.join(map(ascii, odd))}", hint)


@dataclass(frozen=True, kw_only=True)
class TrackSettings(Settings):
    """How bigWig files are written.

    Parameters
    ----------
    max_zooms : int
        Zoom levels at most.
    """

    max_zooms: int = MAX_ZOOMS

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        is_number = 0 <= self.max_zooms <= MAX_ZOOMS
        self._require(problems, "max_zooms", is_number, f"a whole number from 0 to {MAX_ZOOMS}")


def loader_threads(settings: ResourceSettings) -> int:
    """Threads of the loader, and of the network on a CPU: as asked for, else the processors that may be used."""
    return settings.threads if settings.threads is not None else usable_processors()


def loader_memory(settings: ResourceSettings) -> int:
    """Bytes that decoded tracks may take: as asked for, else a quarter of what the process may use."""
    return settings.memory if isinstance(settings.memory, int) else usable_memory() // MEMORY_SHARE

"""The argument parser of every command."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NoReturn

from maxatac.errors import visible
from maxatac.runs.settings import Settings

BAD_INPUT = 2
"""Exit status for something wrong with the input."""


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and suggests a name for an unknown option.

    Attributes
    ----------
    settings : type
        What ``--config`` fills; of a command without it, the base of all settings.
    record_of : str
        The command whose run record ``--config`` takes.
    """

    settings: type[Settings] = Settings
    record_of: str = ""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["allow_abbrev"] = False
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def canonical(self, argument: str) -> str:
        """Replace hyphens and underscores of an option that was typed by those that this parser uses."""
        if not _is_option(argument):
            return argument
        name, equals, value = argument.partition("=")
        spellings = {_folded(option): option for option in self._option_string_actions}
        return spellings.get(_folded(name), name) + equals + value

    def unknown_options(self, arguments: Sequence[str]) -> list[str]:
        """List arguments that look like an option but are none.

        With one dash too: argparse would take ``-name X`` for ``-n`` with the value ``ame``.
        """
        options = [argument for argument in takewhile("--".__ne__, arguments) if _is_option(argument)]
        return [option for option in options if option.partition("=")[0] not in self._option_string_actions]

    def error(self, message: str) -> NoReturn:
        """Exit with the problem and the command that lists the options; the usage would hide the problem."""
        lines = "".join(f"{self.prog}: error: {visible(line)}\n" for line in message.split("\n"))
        self.exit(BAD_INPUT, f"{lines}See {self.prog} --help.\n")

    def reject_unknown(self, unknown: Sequence[str]) -> None:
        """Exit with a usage error that names each unknown option and the option that is most similar."""
        problems = []
        for argument in unknown:
            name = argument.partition("=")[0]
            known = [option for option in self._option_string_actions if option.startswith("--")]
            # With the dashes, which all options share, any two would be similar.
            bare = {option.strip("-"): option for option in known}
            close = difflib.get_close_matches(name.strip("-"), bare, n=1, cutoff=0.6) if name.startswith("-") else []
            kind = "option" if name.startswith("-") else "argument"
            hint = f"; did you mean {bare[close[0]]}?" if close else ""
            problems.append(f"unknown {kind} {name}{hint}")
        self.error("\n".join(problems))


def _is_option(argument: str) -> bool:
    """Tell an option from a value, which may be a negative number."""
    return re.match(r"--?[A-Za-z]", argument) is not None


def _folded(option: str) -> str:
    return option.replace("_", "-").lower()

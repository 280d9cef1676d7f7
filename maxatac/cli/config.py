"""The option ``--config``: settings from a file, over which the command line wins."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def add_option(group: Any) -> None:
    """Declare the option."""
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="Settings from a file: the _run.json of a run, to repeat it, or JSON or TOML with the names of these "
        "options. Options of the command line win over it. Default: none.",
    )


def fill_from_file(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Make the settings of the file, if one is named, the defaults of the parser.

    What is wrong with the file becomes the default of ``config_problems``: the command tells it, together with what
    else is wrong.
    """
    if "--config" not in parser._option_string_actions:
        return
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    finder.add_argument("--config", type=Path, nargs="?")
    path: Path | None = finder.parse_known_args(arguments)[0].config
    problems: list[str] = []
    settings: dict[str, Any] = {}
    if path is not None:
        from maxatac.config_file import read_settings

        settings = read_settings(path, problems)
        _let_one_win(parser, arguments, settings)
    parser.set_defaults(**settings, config_problems=problems)
    for action in parser._actions:
        if action.dest in settings or problems:
            action.required = False
    for group in parser._mutually_exclusive_groups:
        if problems or any(settings.get(action.dest) is not None for action in group._group_actions):
            group.required = False


def _let_one_win(parser: argparse.ArgumentParser, arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Drop from the file's settings what excludes an option of the command line: a table of cell types, for one."""
    given = {argument.partition("=")[0] for argument in arguments}
    for group in parser._mutually_exclusive_groups:
        if any(given & set(action.option_strings) for action in group._group_actions):
            for action in group._group_actions:
                settings.pop(action.dest, None)

"""The option ``--config``: settings from a file, which the command line overrides."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.errors import Problems
from maxatac.files.atomic import expanded

if TYPE_CHECKING:
    from maxatac.cli.parser import Parser


def add_option(group: Any) -> None:
    """Declare the option."""
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="Settings from a file: the _run.json of a run, to repeat it, or JSON or TOML with the names of these "
        "options. Options of the command line win over it. Default: none.",
    )


def folder(text: str) -> Path:
    """Read the name of a folder for results from a command line."""
    if not text:
        raise argparse.ArgumentTypeError("found nothing; expected the name of a folder, such as . for this one")
    return expanded(text)


def fill_from_file(parser: Parser, arguments: Sequence[str]) -> None:
    """Make the settings of the file, if one is named, the defaults of the parser.

    What is wrong with the file becomes the default of ``config_problems``, which the command reports with all other
    problems. Notes on settings of a run record that were dropped become that of ``config_notes``, and the record
    itself that of ``config_record``.
    """
    if "--config" not in parser._option_string_actions:
        return
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    finder.add_argument("--config", type=Path, nargs="?")
    path: Path | None = finder.parse_known_args(arguments)[0].config
    path = None if path is None else expanded(path)
    problems = Problems()
    notes: list[str] = []
    settings: dict[str, Any] = {}
    record: dict[str, Any] | None = None
    if path is not None:
        from maxatac.cli.settings_file import read_settings

        settings, record = read_settings(path, problems, parser.settings, _spellings(parser), parser.record_of)
        given = _given(parser, arguments)
        _drop_excluded(parser, given, settings)
        if record is not None:
            if parser.record_of == "train":
                _drop_chroms_in_use(path, given, settings, notes)
            if parser.get_default("output") is None:
                # `check` looks at a folder only if one is typed; that of the record holds the run of the record.
                settings.pop("output", None)
    parser.set_defaults(**settings, config_problems=problems, config_notes=notes, config_record=record)
    for action in parser._actions:
        if action.dest in settings or problems:
            action.required = False
    for group in parser._mutually_exclusive_groups:
        if problems or any(settings.get(action.dest) is not None for action in group._group_actions):
            group.required = False


def log_notes(namespace: argparse.Namespace) -> None:
    """Warn about settings of a run record that were dropped for those of the command line."""
    for note in namespace.config_notes:
        logging.getLogger("maxatac").warning(note)


def _spellings(parser: argparse.ArgumentParser) -> dict[str, str]:
    """List the names that the options have in a file, each with that of its setting."""
    return {
        option.removeprefix("--").replace("-", "_"): action.dest
        for option, action in parser._option_string_actions.items()
        if option.startswith("--")
        and not (isinstance(action, argparse.BooleanOptionalAction) and option.startswith("--no-"))
    }


def _given(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> dict[str, Any]:
    """Parse what was typed on the command line; options that are missing are no error here."""
    parts: list[Any] = [*parser._actions, *parser._mutually_exclusive_groups]
    demanding = [part for part in parts if part.required]
    absent = object()
    namespace = argparse.Namespace(**{action.dest: absent for action in parser._actions})
    for part in demanding:
        part.required = False
    parser.parse_known_args(arguments, namespace)
    for part in demanding:
        part.required = True
    # A positional argument that is left out gets its default all the same.
    return {
        action.dest: value
        for action in parser._actions
        if (value := getattr(namespace, action.dest)) is not absent
        and (action.option_strings or value is not action.default)
    }


def _drop_excluded(parser: argparse.ArgumentParser, given: Mapping[str, Any], settings: dict[str, Any]) -> None:
    """Drop settings of the file that exclude one of the command line, such as the meta file when cells are given."""
    for group in parser._mutually_exclusive_groups:
        if any(action.dest in given for action in group._group_actions):
            for action in group._group_actions:
                settings.pop(action.dest, None)


def _drop_chroms_in_use(path: Path, given: Mapping[str, Any], settings: dict[str, Any], notes: list[str]) -> None:
    """Drop chromosomes of a record's lists that the command line uses in another list.

    A record has the lists that were used. It does not say which of them were typed and which were the defaults.
    """
    typed = [name for option in ("tchroms", "vchroms") for name in given.get(option, ())]
    study = settings.get("chroms") or ()
    if "chroms" not in given:
        # The other lists of the record are part of this one: it could only remove what was typed.
        if not set(typed) <= set(study):
            settings.pop("chroms", None)
    elif not {"tchroms", "vchroms"} <= set(given):
        idle = [name for name in given["chroms"] if name not in (*study, *typed)]
        if idle:
            notes.append(
                f"--chroms: not in the chromosomes of {path}, used only where --tchroms or --vchroms name them: "
                f"{' '.join(idle)}"
            )
    for option in ("tchroms", "vchroms", "test_chroms"):
        names = settings.get(option) or ()
        left = tuple(name for name in names if name not in typed)
        if option in given or left == names:
            continue
        if left:
            settings[option] = left
        elif option == "test_chroms":
            del settings[option]
        else:
            # An empty list would become the default. Kept as it is, the overlap is an error that names both lists.
            continue
        notes.append(
            f"left out of the --{option} of {path}, because the command line uses them otherwise: "
            f"{' '.join(name for name in names if name in typed)}"
        )

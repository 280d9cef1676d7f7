"""Write the option tables of the documentation from the parser of the command line.

``python docs/options.py --check`` fails if a page disagrees with the parser; ``--write`` updates the page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pages import update

from maxatac.cli.main import build_parser

LIKE = {"check": "train"}
"""Subcommands that take the options of another; their pages list only their own options."""

_UNNAMED = ("positional arguments", "options")  # argparse's own groups

END = "<!-- end of the options -->"


def begin(command: str) -> str:
    """Marker before the tables of a subcommand."""
    return f"<!-- options of maxatac {command}, written by docs/options.py -->"


def subparsers() -> dict[str, argparse.ArgumentParser]:
    """List the parsers of all subcommands by name."""
    (action,) = (each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(action.choices)


def subparser(command: str) -> argparse.ArgumentParser:
    """Find the parser of a subcommand."""
    return subparsers()[command]


def page_of(command: str) -> Path:
    """Find the page of a subcommand, which has its tables."""
    return Path(__file__).parent / f"{command}.md"


def tables(command: str) -> str:
    """Lay out the options of a subcommand: a table for each group of the parser."""
    parts = []
    plain: list[argparse.Action] = []
    elsewhere = subparser(LIKE[command])._option_string_actions if command in LIKE else {}
    for group in subparser(command)._action_groups:
        actions = [
            action
            for action in group._group_actions
            if not isinstance(action, argparse._HelpAction) and not set(action.option_strings) & set(elsewhere)
        ]
        if group.title in _UNNAMED:
            plain += actions
        elif actions:
            parts.append(f"### Options: {group.title}\n\n{_table(actions)}")
    return "\n\n".join(([_table(plain)] if plain else []) + parts)


def _table(actions: Sequence[argparse.Action]) -> str:
    return "\n".join(["| Option | Default | Meaning |", "|---|---|---|", *map(_row, actions)])


def _row(action: argparse.Action) -> str:
    spellings = list(action.option_strings) or [str(action.metavar or action.dest)]
    if isinstance(action, argparse.BooleanOptionalAction):
        # Every switch has its opposite; the page shows one spelling of it.
        spellings = [name for name in spellings if not name.startswith("--no-")] + [f"--no-{action.dest}"]
    elif action.option_strings and (value := _value(action)):
        spellings[0] += f" {value}"
    meaning, _, told = (action.help or "").partition(" Default: ")
    default = told.rstrip(".")
    if default in ("on", "off") and isinstance(action.default, float):
        default = f"{action.default:g}"
    if action.required:
        default = "required"
    # A name in angle brackets would be taken for a tag of HTML.
    meaning = (meaning[:1].upper() + meaning[1:]).replace("<", "&lt;")
    cells = ("<br>".join(f"`{spelling}`" for spelling in spellings), default, meaning.rstrip(".") + ".")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(action: argparse.Action) -> str:
    """Show what an option takes, as the help does."""
    if action.nargs == 0 or action.const is not None:
        return ""
    if action.choices:
        return "{" + ",".join(map(str, action.choices)) + "}"
    name = str(action.metavar or action.dest.upper())
    return f"{name} ..." if action.nargs == "+" else name


def filled(text: str, command: str) -> str:
    """Put the tables between the markers of a page's text."""
    head, found, rest = text.partition(begin(command))
    _, ended, tail = rest.partition(END)
    if not found or not ended:
        raise LookupError(f"{page_of(command)}: lacks the markers {begin(command)} and {END}")
    return f"{head}{found}\n\n{tables(command)}\n\n{ended}{tail}"


def main() -> int:
    """Check or write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="fail if a page disagrees with the parser")
    choice.add_argument("--write", action="store_true", help="update the pages")
    arguments = parser.parse_args()
    pages = {page_of(command): command for command in subparsers()}
    texts = {page: filled(page.read_text(encoding="utf-8"), command) for page, command in pages.items()}
    message = "the options differ from the parser's; run python docs/options.py --write"
    return update(texts, write=arguments.write, message=message)


if __name__ == "__main__":
    sys.exit(main())

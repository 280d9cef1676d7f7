"""``maxatac env``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.output import say
from maxatac.errors import visible


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "env",
        help="show versions, devices, threads and memory, for a report of a fault",
        description="Show what maxatac runs with: versions, the backend and its devices, threads, memory, and whether "
        "it runs in a container. A report of a fault needs this. Libraries that are missing or broken are named.",
        epilog="Exit status: 0, also where a library is missing or broken.",
    )
    parser.add_argument("--json", action="store_true", help="Print JSON for programs in place of text. Default: off.")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Look, and print what there is."""
    from maxatac.checking.environment import look_at_environment
    from maxatac.checking.environment_text import format_environment

    found = look_at_environment()
    say(found.as_json() if namespace.json else "\n".join(map(visible, format_environment(found).splitlines())))
    return 0

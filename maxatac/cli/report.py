"""``maxatac report``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from maxatac.errors import InputError
from maxatac.outputs import RunFolder

_RECORD = "_run.json"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "report",
        help="draw the report of a run again",
        description="Draw the report of a training run, and its figures, from the files that the run left.",
        epilog="Exit status: 0 done, 2 there is no such run, or a file of it is damaged.",
    )
    parser.add_argument(
        "run_files", metavar="RUN", type=Path,
        help="folder of the run and its prefix, such as CTCF/CTCF; the folder alone if it holds one run",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Draw, and say where."""
    from maxatac.reporting import write_report

    print(write_report(find_run(namespace.run_files)))
    return 0


def find_run(path: Path) -> RunFolder:
    """Find the run that was named: by folder and prefix, by the folder alone, or by its run record.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    if path.name.endswith(_RECORD):
        path = path.with_name(path.name.removesuffix(_RECORD))
    if path.with_name(path.name + _RECORD).is_file():
        return RunFolder(path.parent, path.name)
    found = sorted(path.glob(f"*{_RECORD}")) if path.is_dir() else []
    prefixes = [record.name.removesuffix(_RECORD) for record in found]
    if len(prefixes) == 1:
        return RunFolder(path, prefixes[0])
    if prefixes:
        raise InputError([f"{path}: holds the runs {', '.join(prefixes)}; name one, such as {path / prefixes[0]}"])
    raise InputError(
        [f"{path}: no run found; expected a folder and prefix, such as results/CTCF, with results/CTCF{_RECORD}"]
    )

"""``maxatac report``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.output import say
from maxatac.files.atomic import expanded
from maxatac.runs.folder import find_run


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "report",
        help="draw the report of a run again",
        description="Draw the report of a training run, and its figures, from the files that the run left. Of a "
        "cross-validation, make the table and the figure of its folds.",
        epilog="Exit status: 0 done, 2 there is no such run, or a file of it is damaged.",
    )
    parser.add_argument(
        "run_files", metavar="RUN", type=expanded,
        help="folder of the run and its prefix, such as CTCF/CTCF; the folder alone if it holds one run. Or the folder "
        "of the folds of a cross-validation, such as CTCF/CTCF_folds, for their table and figure",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Draw the report, and print its path."""
    from maxatac.reporting.folds import files_of_folds, report_folds
    from maxatac.reporting.workflow import write_report

    if files_of_folds(namespace.run_files) is not None:
        say("\n".join(report_folds(namespace.run_files)))
        return 0
    say(str(write_report(find_run(namespace.run_files))))
    return 0

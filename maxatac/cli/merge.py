"""``maxatac merge``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.predict import add_cutoff
from maxatac.cli.running import run_command
from maxatac.prediction.settings import MergeConfig


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "merge",
        help="join predictions of parts of a genome",
        description="Join predictions of disjoint sequences of one genome, such as those of jobs that each predict "
        "some chromosomes, to the track and the sites that one job would have written.",
        epilog=EXIT_STATUSES,
    )
    options = CommandOptions(parser, MergeConfig)
    options.settings_file()
    group = options.group("input")
    options.add(
        group, "--parts", "-i", metavar="BIGWIG",
        help="Predictions of the parts, in any order; no sequence may be in two of them.",
    )  # fmt: skip
    options.results()
    group = add_cutoff(options)
    options.add(
        group, "--part_peaks", metavar="BED", help="Sites of the parts, which are joined; in place of a cutoff."
    )
    options.track()
    options.dry_run("Check the parts, say what would be written, and write nothing.")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Join, and print the files."""
    return run_command(namespace, MergeConfig, "maxatac.prediction.merge", "merge")

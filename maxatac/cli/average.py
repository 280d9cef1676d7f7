"""``maxatac average``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.normalize import add_genome
from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.preparation.settings import AverageConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac average``."""
    parser = subparsers.add_parser(
        "average",
        help="average signal tracks",
        description="Write the mean of several tracks, base by base. A base without data has the value 0. Replicates "
        "are averaged on the scale of reads per 20 million, as maxatac prepare writes it, and normalised afterwards.",
        epilog=EXIT_STATUSES,
    )
    options = CommandOptions(parser, AverageConfig)
    options.settings_file()
    group = options.group("input")
    options.add(group, "--input", "-i", metavar="BIGWIG", help="Tracks of one genome.")
    options.add(
        group, "--weights", "-w", metavar="X", default_text="all alike",
        help="Weight of each track, in the same order: the result is the sum of weight times value, divided by the sum "
        "of the weights.",
    )  # fmt: skip
    add_genome(options, group, tracks="the tracks", blacklisted="get no value")
    options.track()
    options.results(more=("-prefix",))
    options.resources(memory_for="the sums")
    options.dry_run("Check the tracks, say what would be done, and write nothing.")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Average, and print the file."""
    return run_command(namespace, AverageConfig, "maxatac.preparation.average", "average")

"""``maxatac normalize``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.preparation.settings import METHODS, NormalizeConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac normalize``."""
    parser = subparsers.add_parser(
        "normalize",
        help="bring a signal track to another scale",
        description="Bring a signal track to another scale, and write its statistics. min-max is (x - low) / (high - "
        "low), where low is the smallest value and high the 99th percentile of the values above 0: about 1 % of "
        "covered bases then lie above 1. zscore is (x - mean) / standard deviation of the values above 0; arcsinh and "
        "log1p are functions of the value alone. Bases without data have the value 0.",
        epilog="The statistics are exact and computed from all values, never from zoom levels. " + EXIT_STATUSES,
    )
    options = CommandOptions(parser, NormalizeConfig)
    options.settings_file()
    group = options.group("input")
    options.add(group, "--signal", "-i", help="Track to normalise, as bigWig.")
    add_genome(options, group, tracks="the track", blacklisted="become 0, by zscore what 0 becomes, and do not count")
    group = options.group("normalisation")
    options.add(group, "--method", type=str.lower, choices=METHODS, help="What is made of a value, see above.")
    options.add(
        group, "--max_percentile", metavar="PERCENT",
        help="Percentile of the values above 0 that becomes 1 by min-max; also a fraction, such as 99.5.",
    )  # fmt: skip
    options.add(
        group, "--min", metavar="X", default_text="the smallest value", help="What becomes 0 by min-max.",
    )  # fmt: skip
    options.add(
        group, "--max", metavar="X", default_text="the percentile", help="What becomes 1 by min-max.",
    )  # fmt: skip
    options.add(group, "--clip", help="Cut the result of min-max at 0 and 1.")
    options.track()
    options.results(more=("-prefix",))
    options.resources(memory_for="values on their way from file to file")
    options.dry_run("Check everything, compute the statistics, say what would be done, and write nothing.")
    parser.set_defaults(run=run)


def add_genome(options: CommandOptions, group: Any, *, tracks: str, blacklisted: str) -> None:
    """Declare genome, chromosomes and blacklist of a command that reads tracks and needs no genome."""
    told = f"none: sizes are those of {tracks}"
    options.add(
        group, "--sequence", "--seq", metavar="2BIT", default_text=told, help="Genome as 2bit, for chromosome sizes."
    )
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        help="Chromosome sizes, in place of the 2bit or to compare with it.",
    )  # fmt: skip
    options.chroms(
        group, default_text=f"all of {tracks}, and of the genome if it is given, without mitochondria and plastids",
        help=f"Chromosomes of the result. One of the genome that is not in {tracks} has the value 0.",
    )  # fmt: skip
    options.add(
        group, "--blacklist", "-bl", "--blacklist_bw",
        help=f"Regions whose bases {blacklisted}: BED or bigWig, plain or gzip.",
    )  # fmt: skip


def run(namespace: argparse.Namespace) -> int:
    """Normalise, and print the files."""
    return run_command(namespace, NormalizeConfig, "maxatac.preparation.normalize", "normalize")

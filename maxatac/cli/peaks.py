"""``maxatac peaks``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.predict import add_cutoff
from maxatac.cli.running import run_command
from maxatac.prediction.settings import BIN_SIZE, SITE_FORMATS, PeaksConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac peaks``."""
    parser = subparsers.add_parser(
        "peaks",
        help="call sites in a predicted track",
        description="Join the bins of a predicted track whose score reaches a cutoff to sites, and write them as BED "
        "or narrowPeak. The cutoff is a score, or the score for which a table promises a precision, recall, F1 or "
        "log2 fold over random.",
        epilog=EXIT_STATUSES,
    )
    options = CommandOptions(parser, PeaksConfig)
    options.settings_file()
    group = options.group("prediction")
    options.add(group, "--input_bigwig", "-i", help="Predicted scores, as maxatac predict writes them.")
    options.chroms(group, default_text="all of the bigWig", help="Chromosomes on which sites are called.")
    options.add(
        group, "--bin_size", "-bin",
        help=f"Width of a bin in bp. {BIN_SIZE} takes the bins as they are stored; of wider ones, counted from the "
        "chromosome's start, the highest score in each counts. Published tables are for bins of 200 bp.",
    )  # fmt: skip
    add_cutoff(options)
    results = options.results(more=("-prefix",), prefix_text="that of the bigWig without its ending")
    options.add(
        results, "--format", choices=SITE_FORMATS,
        help="bed has chromosome, start, end and highest score; narrowPeak has the summit too.",
    )  # fmt: skip
    options.dry_run("Check everything, say what would be done, and write nothing.")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Call sites."""
    return run_command(namespace, PeaksConfig, "maxatac.prediction.peaks", "peaks")

"""``maxatac threshold``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.evaluation.settings import BIN_SIZES, ThresholdConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac threshold``."""
    parser = subparsers.add_parser(
        "threshold",
        help="make the table from a score to precision and recall",
        description="Compare predictions with binding, and write for each threshold of the score which precision, "
        "recall and F1 the bins that reach it have: the mean over cell types. maxatac predict and maxatac peaks take "
        "the tables as --cutoff_file. Bins without a prediction are not scored.",
        epilog=f"Predictions of models that were trained with --quant are refused: the thresholds run from 0 to 1. "
        f"maxatac train --quant writes a table on the scale of its targets. {EXIT_STATUSES}",
    )
    options = CommandOptions(parser, ThresholdConfig)
    options.settings_file()
    group = options.group("input")
    options.add(
        group, "--meta_file", default_text="required, or --prediction and --binding",
        help="Tab-separated table with a header and a row per cell type: Prediction (bigWig), Binding_File (bigWig of "
        "0 and 1) and, if wanted, Cell_Line. Relative paths start from the working directory or the table's folder.",
    )  # fmt: skip
    options.add(
        group, "--prediction", metavar="BIGWIG", help="Predictions, one for each cell type, in place of a table."
    )
    options.add(
        group, "--binding", metavar="BIGWIG", help="Binding of the cell types of --prediction, in the same order."
    )
    options.add(
        group, "--binding_threshold", metavar="X", default_text="none, other values than 0 and 1 are refused",
        help="Take bases with binding above X as bound.",
    )  # fmt: skip
    options.chroms(group, default_text="all that every prediction and binding track has", help="Chromosomes to count.")
    options.add(
        group, "--bin_size", type=int, choices=BIN_SIZES, metavar="BP",
        help="Width of the bins, 32 or 200. Published tables are for 200: the highest score in them counts, and any "
        "bound base. Sites that maxatac predict and maxatac peaks call are bins of 32 unless asked: a table of 32 "
        "promises what holds for those.",
    )  # fmt: skip
    options.add(group, "--blacklist", "-bl", help="Regions whose bins do not count: BED or bigWig, plain or gzip.")
    options.add(group, "--blacklist_bw", help="Likewise, as bigWig.")
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        help="Chromosome sizes to compare with those of the tracks.",
    )  # fmt: skip
    results = options.results()
    options.add(results, "--plot", help="Draw precision, recall and F1 over the threshold.")
    options.dry_run("Check every input, say what would be counted, and write nothing.")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Make the tables, and print the files."""
    return run_command(namespace, ThresholdConfig, "maxatac.evaluation.threshold", "threshold")

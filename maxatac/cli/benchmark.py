"""``maxatac benchmark``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.predict import add_cutoff
from maxatac.cli.running import run_command
from maxatac.evaluation.settings import AGGREGATES, LABEL_RULES, UNPREDICTED, BenchmarkConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac benchmark``."""
    parser = subparsers.add_parser(
        "benchmark",
        help="score a prediction against binding",
        description="Score a prediction against binding in bins: average precision, prevalence, precision at recalls "
        "and AUROC, per chromosome, as their mean and of all bins together, with intervals and baselines. The scores "
        "of all bins are those of the test of maxatac train.",
        epilog=EXIT_STATUSES,
    )
    options = CommandOptions(parser, BenchmarkConfig)
    options.settings_file()
    _input_options(options)
    _rule_options(options)
    group = options.group("scores")
    options.add(
        group, "--signal", "-s", metavar="BIGWIG", default_text="not scored",
        help="ATAC-seq signal, whose mean in a bin is scored as a baseline.",
    )  # fmt: skip
    options.add(
        group, "--training_binding", metavar="BIGWIG", default_text="not scored",
        help="Binding in the cell types that trained the model; its mean in a bin is scored as a baseline. Files with "
        "the content of --gold_standard are left out.",
    )  # fmt: skip
    options.add(group, "--recalls", help="Recalls, above 0 up to 1, at which precision is reported.")
    options.add(group, "--seed", help="Draws the resamples for intervals; the test of a run has the seed of the run.")
    options.add(
        group, "--quant", help="Compare predicted with measured values: correlations, R2 and mean absolute error."
    )
    options.add(
        group, "--target_scale_factor", metavar="FACTOR", default_text="that of the model's record, or 1",
        help="With --quant: factor of the measured values.",
    )  # fmt: skip
    add_cutoff(options)
    results = options.results()
    options.add(
        results,
        "--full_curve",
        help="Write every point of the curve into <prefix>_<chrom>_<bin>bp_PRC.tsv, not about 300.",
    )
    options.add(results, "--plot", "-plot", help="Draw precision over recall, or with --quant the values.")
    options.add(results, "--skip_plot", "-skip_plot", help="The same as --no-plot.")
    options.dry_run("Check every input, say what would be scored, and write nothing.")
    parser.set_defaults(run=run)


def _input_options(options: CommandOptions) -> None:
    group = options.group("input")
    options.add(
        group, "--prediction", "--bigwig", "--bw", "-bw", metavar="BIGWIG", default_text="required, or --bed",
        help="Prediction.",
    )  # fmt: skip
    options.add(
        group, "--bed", "-bed", default_text="none",
        help="Prediction as BED or narrowPeak. The score is column 7 of narrowPeak, column 4 of a file with four "
        "columns, else column 5; 0 outside the intervals.",
    )  # fmt: skip
    options.add(
        group,
        "--gold_standard",
        help="Binding: a bigWig of 0 and 1, or peaks as BED; with --quant any signal as bigWig.",
    )
    options.add(
        group, "--binding_threshold", metavar="X", default_text="none, other values than 0 and 1 are refused",
        help="Take bases with binding above X as bound.",
    )  # fmt: skip
    options.chroms(group, default_text="all that prediction and binding have", help="Chromosomes to score.")
    options.add(group, "--blacklist", "-bl", help="Regions whose bins are not scored: BED or bigWig, plain or gzip.")
    options.add(group, "--blacklist_bw", help="Likewise, as bigWig.")
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        default_text="those of the bigWigs", help="Chromosome sizes; needed if prediction and binding are both BED.",
    )  # fmt: skip
    options.add(
        group, "--cell_type", metavar="NAME", default_text="not known",
        help="Cell type of the prediction, to compare with those of the table of cutoffs.",
    )  # fmt: skip


def _rule_options(options: CommandOptions) -> None:
    group = options.group("bins")
    options.add(group, "--bin_size", metavar="BP", help="Widths of the bins, scored one by one.")
    options.add(
        group, "--agg", choices=AGGREGATES, default_text="max, with --quant mean",
        help="What a bin takes of the predictions in it.",
    )  # fmt: skip
    options.add(
        group, "--round_predictions", default_text="none, with --original 9", help="Decimals of the predictions."
    )
    options.add(
        group, "--label_rule", choices=LABEL_RULES, default_text="half for bins of 32 bp, any for others",
        help="A bin is bound where more than half of its bases are, where any is, or where --agg of the binding is "
        "above 0 (the original's).",
    )  # fmt: skip
    options.add(
        group, "--unpredicted", choices=UNPREDICTED, default_text="leave_out",
        help="What becomes of bins without a prediction: they are not scored, or score 0 (the original's).",
    )  # fmt: skip
    options.add(
        group, "--drifting_bins", default_text="off",
        help="Spread what is left at the end of a chromosome over its bins, which then have no fixed width, in place "
        "of leaving it out (the original's).",
    )  # fmt: skip
    options.add(
        group, "--count_blacklisted", default_text="off",
        help="Count bound bins of the blacklist in Random_AUPRC of the original's tables (the original's).",
    )  # fmt: skip
    options.add(
        group, "--original", help="Set the last four as the original does, and round predictions to 9 decimals."
    )


def run(namespace: argparse.Namespace) -> int:
    """Score the prediction, and print files and scores."""
    return run_command(namespace, BenchmarkConfig, "maxatac.evaluation.benchmarking", "benchmark")

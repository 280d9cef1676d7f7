"""``maxatac binding``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.preparation.settings import TABLE_LABELS, BindingConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac binding``."""
    parser = subparsers.add_parser(
        "binding",
        help="make a binding track from ChIP-seq peaks",
        description="Make the binary binding track that maxatac train reads, 1 on bound bases and 0 on all others, "
        "from the ChIP-seq peaks of one transcription factor in one cell type, and on wish the row of that cell type "
        "in the table for --meta_file.",
        epilog=EXIT_STATUSES,
    )
    options = CommandOptions(parser, BindingConfig)
    options.settings_file()
    _peak_options(options)
    _genome_options(options)
    _table_options(options)
    options.results()
    options.track()
    options.dry_run("Check everything, say what would be bound, and write nothing.")
    parser.set_defaults(run=run)


def _peak_options(options: CommandOptions) -> None:
    group = options.group("peaks")
    options.add(
        group, "--chip_peaks", "--peaks", "-i", metavar="BED",
        help="ChIP-seq peaks, one file per replicate: BED or narrowPeak, plain or gzip.",
    )  # fmt: skip
    options.add(
        group, "--combine", metavar="RULE",
        help="Bases that are bound, of several replicates: union (in a peak of any), intersection (of all), or a "
        "number (of at least so many).",
    )  # fmt: skip
    options.add(
        group, "--summit_window", metavar="BP", default_text="the whole peak",
        help="Take this many bp around each summit, half of them before it, in place of the whole peak: 200 takes "
        "summit - 100 to summit + 100.",
    )  # fmt: skip


def _genome_options(options: CommandOptions) -> None:
    group = options.group("genome")
    options.add(group, "--sequence", "--seq", metavar="2BIT", default_text="required, or --chrom_sizes", help="Genome.")
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        default_text="those of --sequence", help="Chromosome sizes, in place of --sequence or to compare with it.",
    )  # fmt: skip
    options.chroms(
        group, default_text="all of the genome without organelles",
        help="Chromosomes of the track, with a peak or without.",
    )  # fmt: skip
    options.add(
        group, "--blacklist", "-bl",
        help="Bases that are not bound, whatever the peaks say; the rest of a peak stays. BED or bigWig, plain or "
        "gzip.",
    )  # fmt: skip


def _table_options(options: CommandOptions) -> None:
    group = options.group("table of cell types")
    options.add(
        group, "--meta_out", metavar="FILE", default_text="no table",
        help="Add the row of this cell type to the table that maxatac train and check take as --meta_file; the table "
        "is made if it is not there. Run the command once per cell type, with the same FILE.",
    )  # fmt: skip
    needed = "required with --meta_out"
    options.add(group, "--cell_type", metavar="NAME", default_text=needed, help="Cell type of the row.")
    options.add(
        group, "--tf_name", "-tf", "--tf", metavar="TF", default_text=needed, help="Transcription factor of the row."
    )
    options.add(
        group, "--signal", "-s", metavar="BIGWIG", default_text=needed,
        help="ATAC-seq signal of the cell type, as maxatac prepare makes it.",
    )  # fmt: skip
    options.add(
        group, "--atac_peaks", metavar="BED", default_text=f"{needed} and --label Train",
        help="ATAC-seq peaks of the cell type.",
    )  # fmt: skip
    options.add(
        group, "--label", type=str.capitalize, choices=TABLE_LABELS,
        help="Whether the cell type trains the model or tests it.",
    )  # fmt: skip


def run(namespace: argparse.Namespace) -> int:
    """Make the track."""
    return run_command(namespace, BindingConfig, "maxatac.preparation.binding", "binding")

"""``maxatac prepare``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli import config
from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.preparation.settings import INPUT_FORMATS, SHIFTS, PrepareConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options of ``maxatac prepare``."""
    parser = subparsers.add_parser(
        "prepare",
        help="make a signal track of ATAC-seq reads",
        description="Make the signal tracks that maxatac train and maxatac predict read: of aligned reads (BAM), of a "
        "10x fragments file, or of BED or BEDPE. Every end of a fragment is a cut site of Tn5; a base is covered by "
        "the sites within --slop bp. One track holds the coverage scaled to 20 million reads, the other the coverage "
        "divided by its 99th percentile over covered bases: about 1 % of these lie above 1.",
        epilog="Position-sorted, name-sorted and unsorted input give the same files. CRAM is not read: convert it with "
        f"samtools view -b. {EXIT_STATUSES}",
    )
    options = CommandOptions(parser, PrepareConfig)
    options.settings_file()
    _add_input(options)
    _add_filters(options)
    _add_groups(options)
    _add_tracks(options)
    _add_peaks(options)
    options.results(more=("-prefix", "-name"))
    group = options.resources(
        memory_for="reads and cut sites, before they go to temporary files", at_most="500M", more=("-t", "-threads")
    )
    options.add(
        group, "--temp_dir", type=config.folder, metavar="DIR", default_text="the output folder",
        help="Folder for temporary data, which exists. Nothing is left there.",
    )  # fmt: skip
    options.dry_run("Check every input, say what would be made, and write nothing.")
    parser.set_defaults(run=run)


def _add_input(options: CommandOptions) -> None:
    group = options.group("input")
    options.add(
        group, "--input", "-i",
        help="Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several, "
        "or given again: all together make one track.",
    )  # fmt: skip
    options.add(
        group, "--input_format", choices=INPUT_FORMATS,
        help="What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, "
        "or with --single_end a read with its strand in column 6; bedpe has both mates in ten columns.",
    )  # fmt: skip
    options.add(
        group, "--shift", choices=SHIFTS, default_text="none for BAM, 10x for fragments; to be given for BED and BEDPE",
        help="How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), "
        "where prepare moves them, by +4/-4 bp.",
    )  # fmt: skip
    options.add(
        group, "--sequence", "--seq", metavar="2BIT", default_text="none; BAM needs none",
        help="Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites.",
    )  # fmt: skip
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        help="Chromosome sizes, in place of the 2bit or to compare with it.",
    )  # fmt: skip
    options.chroms(
        group, default_text="all that genome and input share, without mitochondria and plastids",
        help="Chromosomes of the track.",
    )  # fmt: skip
    options.add(
        group, "--blacklist", "-bl", "--blacklist_bw",
        help="Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are "
        "left out.",
    )  # fmt: skip


def _add_filters(options: CommandOptions) -> None:
    group = options.group("reads")
    options.add(
        group, "--single_end",
        help="Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired.",
    )  # fmt: skip
    options.add(
        group, "--skip_deduplication", "-skip_dedup",
        help="Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup.",
    )  # fmt: skip
    options.add(
        group, "--trust_duplicate_flags",
        help="Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew.",
    )  # fmt: skip
    options.add(
        group, "--deduplicate_per_file",
        help="Look for duplicates in each BAM by itself, for files of different libraries.",
    )  # fmt: skip
    options.add(
        group, "--remove_equal_fragments",
        help="Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode.",
    )  # fmt: skip
    options.add(
        group, "--min_mapq", metavar="N",
        help="Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate.",
    )  # fmt: skip
    options.add(group, "--primary_only", help="Leave secondary and supplementary alignments of a BAM out.")
    options.add(group, "--max_fragment", metavar="BP", help="Longest fragment; longer ones are left out.")
    options.add(
        group, "--allow_missing_eof",
        help="Accept a BAM without the block that marks its end, which is missing when a file was cut off.",
    )  # fmt: skip


def _add_groups(options: CommandOptions) -> None:
    group = options.group("single cells")
    options.add(
        group, "--barcodes",
        help="Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each "
        "group. The sample is the name or position of an input, and is needed where there are several.",
    )  # fmt: skip
    options.add(
        group, "--barcode_tag", metavar="TAG",
        help="Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates.",
    )  # fmt: skip


def _add_tracks(options: CommandOptions) -> None:
    group = options.track()
    options.add(group, "--slop", "-slop", metavar="BP", help="Bases on each side of a cut site that are covered.")
    options.add(
        group,
        "--rpm_factor",
        "-rpm",
        metavar="N",
        help="Reads that the coverage is scaled to, in place of those there are.",
    )
    options.add(group, "--clip", help="Cut the normalised track at 1.")
    options.add(group, "--sites_bed", help="Write the cut sites as BED too, as they are and widened by --slop.")


def _add_peaks(options: CommandOptions) -> None:
    group = options.group("peaks")
    options.add(
        group, "--peaks", help="ATAC-seq peaks, BED or narrowPeak, to report the share of cut sites that lie in them."
    )
    options.add(
        group, "--call_peaks",
        help="Call ATAC-seq peaks with MACS on the widened cut sites, as maxatac train needs them: pip install "
        "macs3.",
    )  # fmt: skip
    options.add(
        group, "--genome_size", metavar="BP",
        default_text="bases other than N of the chromosomes in use (with --sequence), else their length",
        help="Size of the mappable genome for MACS.",
    )  # fmt: skip


def run(namespace: argparse.Namespace) -> int:
    """Make the tracks, and print the files."""
    return run_command(namespace, PrepareConfig, "maxatac.preparation.workflow", "prepare")

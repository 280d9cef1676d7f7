"""``maxatac predict``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.options import EXIT_STATUSES, CommandOptions
from maxatac.cli.running import run_command
from maxatac.prediction.settings import CUTOFF_TYPES, DEVICES, MODELS_VARIABLE, PredictConfig


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict binding along a genome",
        description="Apply a model to the sequence and the ATAC-seq signal of a genome: writes a track of scores in "
        "bins of 32 bp and, with a cutoff, the sites that reach it.",
        epilog=f"{EXIT_STATUSES} After 75 and 130, go on with --resume.",
    )
    options = CommandOptions(parser, PredictConfig)
    options.settings_file()
    _add_models(options)
    _add_places(options)
    options.results(
        resume="Go on with the interrupted prediction of this prefix in the folder, after its last finished sequence; "
        "where there is none, begin it. Inputs and options that shape the scores must be as they were."
    )
    _add_network(options)
    group = add_cutoff(options)
    options.add(group, "--skip_call_peaks", "-skip_call_peaks", help="Write no sites, although there is a cutoff.")
    options.track()
    options.resources(of_network=True)
    options.dry_run("Check every input, say how many windows would be predicted, how long it would take and what disk "
                    "space it needs, and write nothing.")  # fmt: skip
    parser.set_defaults(run=run)


def _add_models(options: CommandOptions) -> None:
    group = options.group("model")
    options.add(
        group, "--model", "-m", metavar="MODEL", default_text="required, or --tf_name",
        help="Model: .keras, or .h5 such as the published ones. Of several, or given again: the mean of the scores.",
    )  # fmt: skip
    options.add(
        group, "--tf_name", "-tf", metavar="TF", default_text="required, or --model",
        help="Transcription factor, in place of a model: its model and cutoff table are looked up in --models.",
    )  # fmt: skip
    options.add(
        group, "--models", metavar="DIR", default_text=f"what {MODELS_VARIABLE} names",
        help="Folder of models, with a folder for each transcription factor as in the published data.",
    )  # fmt: skip
    options.add(
        group, "--out_of_fold",
        help="Predict each sequence only with models whose records say that they did not train on it; sequences "
        "without such a model are left out.",
    )  # fmt: skip


def _add_places(options: CommandOptions) -> None:
    group = options.group("input")
    options.add(group, "--sequence", "--seq", metavar="2BIT", help="Genome sequence as 2bit.")
    options.add(
        group, "--signal", "-s", "-i", metavar="BIGWIG",
        help="ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several, or given again: an "
        "output for each, with one header.",
    )  # fmt: skip
    options.add(
        group, "--roi", "--bed", "--peaks", "--regions", "-roi",
        help="Regions of interest, BED or narrowPeak: only windows that touch one are predicted.",
    )  # fmt: skip
    options.add(group, "--clip_to_roi", help="Give no score to bins that touch no region of interest; needs --roi.")
    options.add(
        group, "--unscored_out", metavar="BED", help="Write the regions of interest that get no score, with the reason."
    )
    options.add(
        group, "--windows", "-w",
        help="Windows to predict in place of the grid: BED of 1,024 bp each, whose starts differ by multiples of 32.",
    )  # fmt: skip
    options.add(group, "--step_size", metavar="BP", help="Distance of the windows of the grid, a multiple of 32.")
    options.add(group, "--blacklist", "-bl", help="Regions that no window may touch: BED or bigWig, plain or gzip.")
    options.chroms(
        group, default_text="every sequence of the genome that any of the tracks knows",
        help="Sequences to predict. Where a track lacks one that is named, its signal is taken as 0.",
    )  # fmt: skip
    options.add(
        group, "--chrom_sizes", "--chromosome_sizes", "-cs", "-chrom_sizes",
        help="Chromosome sizes to compare with those of the 2bit, which are used.",
    )  # fmt: skip
    options.add(group, "--genome", metavar="NAME", help="Name of the genome build, a label for the run record only.")
    options.add(group, "--strict", help="Refuse a signal that is not on the scale that the model was trained on.")


def _add_network(options: CommandOptions) -> None:
    group = options.group("network")
    options.add(group, "--batch_size", help="Windows per call of the network; the scores do not depend on it.")
    options.add(group, "--rev_comp", help="Average the predictions of both strands, which takes twice the time.")
    options.add(
        group, "--device", choices=DEVICES, help="What to compute on; gpu is an error where there is none, auto is not."
    )
    options.add(
        group, "--fast_math",
        help="Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits.",
    )  # fmt: skip


def add_cutoff(options: CommandOptions) -> Any:
    """Declare the options of the cutoff, and give the group."""
    group = options.group("sites")
    options.add(
        group, "--cutoff_type", "-ct", "-cutoff_type", metavar="TYPE",
        help=f"What the cutoff is chosen by, in upper or lower case: {', '.join(CUTOFF_TYPES[1:])} of the table, or "
        "score for a score itself. F1 takes the threshold of the highest F1.",
    )  # fmt: skip
    options.add(
        group, "--cutoff_value", "-cv", "-cutoff_value", metavar="X",
        help="Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none.",
    )  # fmt: skip
    options.add(
        group, "--cutoff_file", "-cf", "-cutoff_file",
        help="Table of thresholds, of a published model, of maxatac train or of maxatac threshold.",
    )  # fmt: skip
    return group


def run(namespace: argparse.Namespace) -> int:
    """Predict, and print the files."""
    return run_command(namespace, PredictConfig, "maxatac.prediction.workflow", "predict")

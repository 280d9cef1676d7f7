"""``maxatac train``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from maxatac.cli import config
from maxatac.cli.findings import show
from maxatac.cli.options import CommandOptions
from maxatac.cli.parser import Parser
from maxatac.cli.running import prepare_libraries, settings_from
from maxatac.errors import InputError
from maxatac.runs.folder import RunFolder
from maxatac.training.settings import (
    ARCHITECTURES,
    CENTERS,
    CROSS_VALIDATIONS,
    DEFAULT_CHROMS,
    DEFAULT_FOLDS,
    DEFAULT_TEST_CHROMS,
    DEFAULT_TRAINING_CHROMS,
    DEFAULT_VALIDATION_CHROMS,
    MODEL_FORMATS,
    OUTPUT_ACTIVATIONS,
    RECIPES,
    SEED_RANGE,
    SELECTIONS,
    TrainConfig,
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "train",
        help="train a model",
        description="Train a model on the ATAC-seq and ChIP-seq data that a meta file lists.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 done, 2 something wrong with the input (all of it named, nothing written), "
        "1 failed while running, 75 stopped by SIGTERM or SIGUSR1 (try again with --resume), 130 interrupted.",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: Parser, *, meta_is_positional: bool = False) -> None:
    """Declare the options that make the settings of a run; the meta file can be a positional argument too."""
    options = CommandOptions(parser, TrainConfig, record_of="train")

    def option(group: Any, *names: str, **kwargs: Any) -> None:
        if meta_is_positional and names[0] == "--meta_file":
            group.add_argument(
                "meta_file",
                nargs="?",
                action=_IfGiven,
                metavar="META",
                type=Path,
                help=f"{kwargs['help']} Default: {kwargs['default_text']}.",
            )
        options.add(group, *names, **kwargs)

    options.settings_file()
    group = parser.add_argument_group("required")
    option(group, "--sequence", metavar="2BIT", help="Genome sequence as 2bit.")
    one_of = group.add_mutually_exclusive_group(required=True)
    option(
        one_of, "--meta_file", metavar="TSV", default_text="required, or --cells",
        help="Tab-separated table of the training data: Cell_Line, TF, ATAC_Signal_File, Binding_File, ATAC_Peaks, "
        "CHIP_Peaks, Train_Test_Label, one row per cell type. Paths are absolute, or relative to the working "
        "directory, or to the table's own folder.",
    )  # fmt: skip
    option(
        one_of, "--cells", metavar="JSON", default_text="required, or a meta file",
        help="The same as JSON, for workflow languages: an object with tf, and cells, a list with a record per cell "
        "type: cell_type, atac_signal, binding, atac_peaks, chip_peaks, label. A file is a path or a CWL File object.",
    )  # fmt: skip

    group = parser.add_argument_group("output")
    option(group, "--output", type=config.folder, metavar="DIR", help="Folder for the results.")
    option(group, "--prefix", help="First part of the name of every output file.")
    option(group, "--force", help="Replace what an earlier run of this prefix left in the folder.")
    option(
        group, "--resume",
        help="Go on with the run of this prefix in the folder, from its last finished epoch; where there is none, "
        "begin it. What shapes the result must be as it was; --epochs may grow.",
    )  # fmt: skip
    option(
        group, "--keep_checkpoints", metavar="WHICH",
        help="Which epochs' checkpoints stay: all, best, or last:N (the last N and the best).",
    )  # fmt: skip
    option(group, "--save_roi", help="Write the pools of regions of interest; --train_roi reads them back.")
    option(
        group, "--plot",
        help="Draw the model's structure, the training history and the report; without, maxatac report can draw it "
        "later.",
    )  # fmt: skip
    option(group, "--report", help="Write a report of the run when it is finished: one HTML file, and its figures.")
    option(
        group,
        "--model_format",
        choices=MODEL_FORMATS,
        help="Format of the checkpoints; the best model is written in both.",
    )
    options.loglevel(group)

    group = parser.add_argument_group("chromosomes")
    option(
        group, "--chroms", default_text=" ".join(DEFAULT_CHROMS),
        help="Chromosomes that the study is limited to. With --tchroms and --vchroms given and this not, their union. "
        "Names of a default list that the genome lacks are left out; names typed here must exist.",
    )  # fmt: skip
    option(group, "--tchroms", default_text=" ".join(DEFAULT_TRAINING_CHROMS), help="Chromosomes for training only.")
    option(
        group, "--vchroms", default_text=" ".join(DEFAULT_VALIDATION_CHROMS),
        help="Chromosomes for validation only.",
    )  # fmt: skip
    option(
        group, "--test_chroms", default_text=f"{' '.join(DEFAULT_TEST_CHROMS)}, less those above",
        help="Chromosomes that the selected model is scored on after training; they neither train nor validate.",
    )  # fmt: skip
    option(group, "--blacklist", help="Regions that no window may touch: BED or bigWig, plain or gzip.")
    option(group, "--chrom_sizes", help="Chromosome sizes to hold against those of the 2bit, which are used.")
    option(group, "--genome", metavar="NAME", help="Name of the genome build, a label for the run record only.")

    group = parser.add_argument_group("regions of interest")
    option(
        group, "--train_roi",
        help="Training regions to use instead of the peaks of the meta file: BED, narrowPeak, or what "
        "--save_roi wrote.",
    )  # fmt: skip
    option(group, "--validate_roi", help="Validation regions to use instead of the peaks of the meta file.")
    option(group, "--center", choices=CENTERS, help="What of a peak its window is centred on.")
    option(
        group, "--jitter", metavar="BP",
        help="Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, "
        "and the network learns the place; 0 is the original's behaviour.",
    )  # fmt: skip
    option(
        group, "--rand_ratio", metavar="SHARE",
        help="Share of each training and validation batch that is random windows of the genome, 0 to 1.",
    )  # fmt: skip
    option(
        group, "--shuffle_cell_type",
        help="Give each region a training cell type drawn at random, not its own (pan-cell training).",
    )  # fmt: skip
    option(group, "--rev_comp_train", "--rev_comp", help="Reverse complement each example with probability 1/2.")
    option(
        group, "--test_cell_types", metavar="CELL",
        help="Cell types to hold out, in place of those labelled Test in the meta file; all others train.",
    )  # fmt: skip
    option(
        group, "--allow_shared_files", metavar="CELL",
        help="Test cell types that may have files in common with training cell types. Otherwise signal, binding or "
        "peaks that are equal in content, under whatever path, are an error: such a test proves nothing.",
    )  # fmt: skip
    option(
        group, "--allow_same", metavar="NAME=NAME",
        help="Cell types that are one under two names, and may all the same train and be tested; with --cross_validate "
        "cells they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal "
        "files, are an error.",
    )  # fmt: skip

    group = parser.add_argument_group("model")
    option(
        group,
        "--arch",
        choices=ARCHITECTURES,
        help="Network: that of the paper, or DRN, which learns more from the same data.",
    )
    option(
        group, "--ensemble", metavar="N",
        help="Train N networks together, which differ in their initial weights; the model is the mean of their "
        "predictions. It takes at least N times the computing time of one.",
    )  # fmt: skip
    option(group, "--dense", help="End DCNN_V2 in a dense layer.")
    option(
        group, "--output_activation", choices=OUTPUT_ACTIVATIONS,
        help="Activation of the output; anything but sigmoid needs --quant.",
    )  # fmt: skip
    option(
        group, "--quant",
        help="Quantitative targets: the mean binding signal of each bin, fitted by mean squared error.",
    )  # fmt: skip
    option(group, "--target_scale_factor", metavar="FACTOR", help="Factor of quantitative targets; needs --quant.")
    option(
        group, "--weights", default_text="do not initialize with weights",
        help="Weights to start from: .keras, .weights.h5, or a published .h5 model.",
    )  # fmt: skip

    group = parser.add_argument_group("training")
    option(group, "--epochs", help="Epochs to train for.")
    for name, told in (
        ("batches", "Batches per epoch, for training and for validation."),
        ("batch_size", "Examples per training batch."),
        ("val_batch_size", "Examples per validation batch."),
    ):
        option(group, f"--{name}", help=told, default_text=_by_arch(name))
    option(
        group, "--genome_validation", type=_number_or_all, metavar="N",
        default_text="as many as around peaks, at most 10,000 or a quarter of them",
        help="Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none.",
    )  # fmt: skip
    option(
        group, "--select", choices=SELECTIONS, default_text="dice; loss with --quant",
        help="What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or "
        "average precision of the genome-like set.",
    )  # fmt: skip
    option(
        group, "--ema", metavar="DECAY", default_text=_by_arch("ema"),
        help="Validate, save and select an exponential moving average of the weights, of which this share stays at "
        "each step, such as 0.99; 0 for none.",
    )  # fmt: skip
    option(group, "--early_stopping", help="End training after N epochs without a better one, by what --select says.")
    option(
        group, "--seed",
        default_text=f"drawn from {SEED_RANGE[0]}..{SEED_RANGE[1]} and recorded", help="Seed of everything random.",
    )  # fmt: skip
    option(
        group, "--threads", default_text="what the process may use",
        help="Threads of the loader, and of the network on a CPU, which may round differently with another number.",
    )  # fmt: skip
    option(
        group, "--memory", metavar="BYTES", default_text="a quarter of what the process may use",
        help="Memory for decoded tracks, such as 200M or 4G; the results do not depend on it.",
    )  # fmt: skip
    option(
        group, "--compact_transport",
        help="Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the "
        "saved model is the same.",
    )  # fmt: skip

    option(
        group, "--deterministic",
        help="Let a GPU use only algorithms that give the same bits each time, which are slower.",
    )  # fmt: skip
    option(
        group, "--distribute",
        help="Train on several devices: all that this process has, and those of the other processes that Slurm, Open "
        "MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own "
        "part of every batch. Needs KERAS_BACKEND=jax.",
    )  # fmt: skip

    group = parser.add_argument_group("independent test")
    option(
        group, "--test",
        help="Score the selected model on whole held-out chromosomes of the cell types labelled Test.",
    )  # fmt: skip
    option(
        group, "--test_rev_comp",
        help="Average the predictions for both strands in the test, which takes twice the time.",
    )  # fmt: skip
    option(
        group, "--test_seen",
        help="Score the same cell types on the longest training chromosome too, which takes the time of a test there: "
        "how much the model owes to places that it has seen. --cross_validate cells does so.",
    )  # fmt: skip

    group = parser.add_argument_group("cross-validation")
    option(
        group, "--cross_validate", choices=CROSS_VALIDATIONS,
        help="Train and test once for each part of the data that is held out, and write one table of the scores: cells "
        "holds out each cell type in turn, on chromosomes that are held out too; chroms deals the chromosomes of "
        "--chroms to folds, of which one tests, the next validates and the others train.",
    )  # fmt: skip
    option(
        group, "--folds", default_text=f"{DEFAULT_FOLDS}, with --cross_validate chroms",
        help="Folds that the chromosomes are dealt to, of about the same length.",
    )  # fmt: skip

    group = parser.add_argument_group("accepted for old command lines, without effect")
    for name in ("--multiprocessing", "--max_queue_size"):
        group.add_argument(
            name, nargs="?", const=True, default=None, help="No longer needed: the loader has its own threads."
        )
    parser.add_argument_group("checking").add_argument(
        "--dry_run",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="Read and check every input, report, estimate what the run will take, and write nothing; the same as "
        "maxatac check. Default: off.",
    )


class _IfGiven(argparse.Action):
    """Stores a positional argument if it is given; otherwise the value of the option stays."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        if values is not self.default:
            setattr(namespace, self.dest, values)


def _by_arch(name: str) -> str:
    """Say what each architecture has for an option."""
    first, *others = ((arch, getattr(recipe, name) or "none") for arch, recipe in RECIPES.items())
    return "; ".join([str(first[1]), *(f"{value} for {arch}" for arch, value in others)])


def _number_or_all(text: str) -> int | str:
    if text.lower() == "all":
        return "all"
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected all, or a whole number") from None


def run(namespace: argparse.Namespace) -> int:
    """Train."""
    import logging

    from maxatac.cli.logs import log_to_stderr

    settings = settings_from(namespace, TrainConfig)
    if namespace.config_problems:
        raise InputError([*namespace.config_problems, *settings.problems()])
    log_to_stderr(settings.loglevel)
    config.log_notes(namespace)
    prepare_libraries(settings)
    if namespace.dry_run:
        return show(settings, RunFolder(settings.output, settings.prefix, settings.model_format))
    for name in ("multiprocessing", "max_queue_size"):
        if getattr(namespace, name) is not None:
            logging.getLogger("maxatac").info("--%s is no longer needed: the loader has threads of its own", name)

    if settings.cross_validate is not None:
        from maxatac.training.cross_validation import cross_validate

        cross_validate(settings)
    else:
        from maxatac.training.workflow import train

        train(settings, repeats=namespace.config_record)
    return 0

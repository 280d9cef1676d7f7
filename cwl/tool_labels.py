"""What a person sees of an input on a platform: its label, its text, and which files it takes."""

from __future__ import annotations

import re
from typing import NamedTuple


class FileKind(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    formats : tuple of str
        EDAM formats.
    endings : str
        Endings of names in capitals, as Seven Bridges lists them.
    """

    formats: tuple[str, ...]
    endings: str

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns of names, as Terra, Dockstore and nf-core show them."""
        return tuple(f"*.{ending.lower()}".replace("narrowpeak", "narrowPeak") for ending in self.endings.split(", "))


BIGWIG = FileKind(("format_3006",), "BW, BIGWIG")
TWO_BIT = FileKind(("format_3009",), "2BIT")
INTERVALS = FileKind(("format_3003", "format_3613"), "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ")
REGIONS = FileKind((*INTERVALS.formats, *BIGWIG.formats), f"{INTERVALS.endings}, {BIGWIG.endings}")
READS = FileKind(
    ("format_2572", "format_3003", "format_3475"), "BAM, BED, BED.GZ, BEDPE, BEDPE.GZ, TSV, TSV.GZ"
)  # fmt: skip
MODEL = FileKind(("format_3987", "format_3590"), "KERAS, H5")
TABLE = FileKind(("format_3475",), "TSV, TXT")
SIZES = FileKind(("format_3475",), "SIZES, TSV, TXT")
STATE = FileKind(("format_3987", "format_3590"), "NPZ, KERAS, H5")
JSON = FileKind(("format_3464",), "JSON")
CSV = FileKind(("format_3752",), "CSV")

FILES = {
    "input": BIGWIG,
    "prepare.input": READS,
    "sequence": TWO_BIT,
    "chrom_sizes": SIZES,
    "blacklist": REGIONS,
    "blacklist_bw": BIGWIG,
    "barcodes": TABLE,
    "peaks": INTERVALS,
    "signal": BIGWIG,
    "weights": MODEL,
    "chip_peaks": INTERVALS,
    "train_roi": INTERVALS,
    "validate_roi": INTERVALS,
    "resume_from": STATE,
    "model": MODEL,
    "roi": INTERVALS,
    "windows": INTERVALS,
    "cutoff_file": TABLE,
    "parts": BIGWIG,
    "part_peaks": INTERVALS,
    "input_bigwig": BIGWIG,
    "prediction": BIGWIG,
    "binding": BIGWIG,
    "bed": INTERVALS,
    "gold_standard": REGIONS,
    "training_binding": BIGWIG,
}
"""Which files an input takes; of one command where its name says so."""

LABELS = {
    "agg": "What a bin takes of its predictions",
    "allow_missing_eof": "Accept a BAM without its end",
    "allow_same": "Cell types that are one under two names",
    "allow_shared_files": "Test cell types that may share files",
    "arch": "Network architecture",
    "barcode_tag": "BAM tag of the barcode",
    "barcodes": "Table of barcodes and groups",
    "batch_size": "Training batch size",
    "predict.batch_size": "Windows per call of the network",
    "batches": "Batches per epoch",
    "bed": "Prediction as BED or narrowPeak",
    "bin_size": "Bin width (bp)",
    "benchmark.bin_size": "Bin widths (bp)",
    "binding": "Binding of each cell type",
    "binding_threshold": "Binding above which bases are bound",
    "blacklist": "Blacklisted regions",
    "blacklist_bw": "Blacklisted regions as bigWig",
    "call_peaks": "Call ATAC-seq peaks with MACS",
    "cell_type": "Cell type of the prediction",
    "cells": "Cell types with their files",
    "center": "Centre of a peak's window",
    "chip_peaks": "ChIP-seq peaks, one file per replicate",
    "chrom_sizes": "Chromosome sizes",
    "chroms": "Chromosomes",
    "clip": "Clip at 0 and 1",
    "prepare.clip": "Clip at 1",
    "clip_to_roi": "Score only bins in regions of interest",
    "combine": "How replicates are combined",
    "compact_transport": "Send compact batches to the device",
    "cores": "Processor cores",
    "count_blacklisted": "Count bound blacklisted bins in the random score",
    "cutoff_file": "Table of thresholds",
    "cutoff_type": "What the cutoff is chosen by",
    "cutoff_value": "Value to reach",
    "deduplicate_per_file": "Look for duplicates in each file by itself",
    "dense": "End the network in a dense layer",
    "deterministic": "Deterministic GPU algorithms",
    "device": "Device to compute on",
    "distribute": "Train on several devices",
    "drifting_bins": "Spread the rest of a chromosome over its bins",
    "early_stopping": "Epochs without improvement before stopping",
    "ema": "Moving average of the weights",
    "ensemble": "Networks in the ensemble",
    "epochs": "Epochs",
    "fast_math": "TensorFloat-32 on a GPU",
    "format": "Format of the sites",
    "full_curve": "Write every point of the curve",
    "genome": "Name of the genome build",
    "genome_size": "Mappable genome size for MACS",
    "genome_validation": "Windows of genome-like validation",
    "gold_standard": "Measured binding",
    "input": "Tracks to average",
    "prepare.input": "Reads of one sample",
    "input_bigwig": "Predicted scores",
    "input_format": "Format of the reads",
    "jitter": "Random shift of regions (bp)",
    "keep_checkpoints": "Checkpoints to keep",
    "label_rule": "When a bin is bound",
    "loglevel": "Log level",
    "max": "Value that becomes 1",
    "max_fragment": "Longest fragment (bp)",
    "max_hours": "Time limit (hours)",
    "max_percentile": "Percentile that becomes 1",
    "max_zooms": "Zoom levels of the bigWig",
    "memory": "Memory for data",
    "method": "Normalization method",
    "min": "Value that becomes 0",
    "min_mapq": "Lowest mapping quality",
    "model": "Model, or several",
    "model_format": "Format of the checkpoints",
    "models": "Folder of models",
    "original": "Score as maxATAC 1.0.6 does",
    "out_of_fold": "Predict out of fold only",
    "outdir_mb": "Space for results (MiB)",
    "output_activation": "Activation of the output",
    "part_peaks": "Sites of the parts",
    "parts": "Predictions of the parts",
    "peaks": "ATAC-seq peaks",
    "plot": "Draw figures",
    "prediction": "Predicted scores",
    "prefix": "Prefix of output names",
    "primary_only": "Primary alignments only",
    "quant": "Quantitative targets",
    "benchmark.quant": "Compare values, not classes",
    "ram_mb": "Memory to reserve (MiB)",
    "rand_ratio": "Share of random windows",
    "recalls": "Recalls to report",
    "remove_equal_fragments": "Count equal fragments once",
    "report": "Write a report",
    "resume_from": "Outputs of an earlier run to go on with",
    "rev_comp": "Average both strands",
    "rev_comp_train": "Reverse complement at random",
    "roi": "Regions of interest",
    "round_predictions": "Decimals of the predictions",
    "rpm_factor": "Reads to scale to",
    "save_roi": "Write the regions of interest",
    "seed": "Random seed",
    "select": "What the best epoch is best in",
    "sequence": "Genome sequence (2bit)",
    "shift": "Shift of the cut sites in the input",
    "shuffle_cell_type": "Pan-cell training",
    "signal": "ATAC-seq signal",
    "normalize.signal": "Track to normalize",
    "single_end": "Single-end reads",
    "sites_bed": "Write the cut sites",
    "size": "Length of the genome",
    "skip_call_peaks": "Write no sites",
    "skip_deduplication": "Keep duplicates",
    "slop": "Bases covered around a cut site",
    "step_size": "Distance of windows (bp)",
    "strict": "Refuse a signal of another scale",
    "summit_window": "Width around the summits (bp)",
    "target_scale_factor": "Factor of quantitative targets",
    "tchroms": "Training chromosomes",
    "test": "Score the independent test",
    "test_cell_types": "Cell types to hold out",
    "test_chroms": "Test chromosomes",
    "test_rev_comp": "Average both strands in the test",
    "test_seen": "Score on a training chromosome too",
    "tf": "Transcription factor",
    "tf_name": "Transcription factor of a model in the folder",
    "timed_fit": "Measure a training step",
    "tmpdir_mb": "Space for temporary files (MiB)",
    "train_roi": "Training regions",
    "training_binding": "Binding in the training cell types",
    "trust_duplicate_flags": "Trust duplicate flags",
    "unpredicted": "Bins without a prediction",
    "unscored_out": "Name of the file of unscored regions",
    "val_batch_size": "Validation batch size",
    "validate_roi": "Validation regions",
    "vchroms": "Validation chromosomes",
    "weights": "Weights to start from",
    "average.weights": "Weight of each track",
    "windows": "Windows to predict",
}
"""Label of each input; of one command where its name says so."""

DOCS = {
    "normalize.method": "How values are rescaled: min-max, to the range of 0 to 1; zscore, to mean 0 and standard "
    "deviation 1; arcsinh, to the inverse hyperbolic sine; log1p, to the logarithm of 1 + value.",
    "prepare.call_peaks": "Call ATAC-seq peaks with MACS on the widened cut sites, as training needs them. The image "
    "has MACS.",
    "prepare.clip": "Cut the normalised track at 1; values above it are those over the percentile.",
    "prepare.sequence": "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites; BAM "
    "has the sizes itself.",
    "binding.sequence": "Genome sequence as 2bit, for chromosome sizes. Needed unless `chrom_sizes` is given.",
    "sequence": "Genome sequence as 2bit; it must be the genome of all tracks.",
    "threshold.blacklist_bw": "Regions whose bases do not count, as bigWig: where it is above 0. In place of "
    "`blacklist`.",
    "benchmark.blacklist_bw": "Regions whose bins are not scored, as bigWig: where it is above 0. In place of "
    "`blacklist`.",
    "benchmark.prediction": "Predicted scores as bigWig, as maxatac predict writes them. Needed unless `bed` is given.",
    "benchmark.original": "Score as maxATAC 1.0.6 does: sets `label_rule`, `unpredicted`, `drifting_bins` and "
    "`count_blacklisted` to its rules, and rounds predictions to 9 decimals.",
    "benchmark.seed": "Seed of the resamples that intervals are made of.",
    "train.plot": "Draw the model's structure, the training history and the figures of the report; the tables are "
    "written in any case.",
    "train.seed": "Seed of everything random: with one, a run can be repeated, and engines can reuse finished steps. "
    "Without it: drawn from 1..99999 and recorded.",
    "simulate.seed": "Seed of everything random in the data.",
    "simulate.tf": "Name of the simulated transcription factor; names of files begin with it.",
    "train.epochs": "Epochs to train for; the model of the best one is selected by `select`.",
    "predict.models": "Folder of models, with a folder for each transcription factor as in the published data. "
    "Needed with `tf_name`.",
    "predict.unscored_out": "Name of a file to write, with the regions of interest that get no score, and the reason. "
    "Without it: none is written.",
    "predict.windows": "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ "
    "by multiples of 32. Without it: the grid of `step_size`.",
    "merge.part_peaks": "Sites of the parts as BED, which are joined; in place of a cutoff. Without it: none.",
    "loglevel": "Least severe messages that the log has.",
}
"""Texts of inputs whose help is for a command line; of one command where the name says so."""

_REWORDED = (
    (r"Without it: required, or --(\w+)\.", r"Needed unless `\1` is given."),
    (r"the peaks of the meta file", "the peaks of the cell types"),
    (r"in the meta file", "in `cells`"),
    (r"what --save_roi wrote", "the output `regions` of a run with `save_roi`"),
    (r" --cross_validate cells does so\.", " Leaving each cell type out in turn does so."),
    (r"with --cross_validate cells they", "where each is left out in turn, they"),
    (r"; --train_roi reads them back", "; the input `train_roi` reads them back"),
    (r"; without, maxatac report can draw it later", ""),
    (r", or given again:", ":"),
    (r" Without it: none\.$", " Optional."),
    (r"--(\w+) (mean|9|cells|chroms)\b", r"`\1` \2"),
    (r"--(\w+)", r"`\1`"),
)
"""What a command line says, and what a form says instead."""


def of(table: dict[str, str] | dict[str, FileKind], command: str, name: str) -> str | FileKind | None:
    """Look up what is said of an input: of this command, or of any."""
    # What check is asked of is asked of train, too.
    for key in (f"{command}.{name}", f"train.{name}" if command == "check" else name, name):
        if key in table:
            return table[key]
    return None


def text_of(command: str, name: str, text: str) -> str:
    """Turn the help of an option into the text of an input."""
    if (own := of(DOCS, command, name)) is not None:
        return str(own)
    for pattern, instead in _REWORDED:
        text = re.sub(pattern, instead, text)
    return text

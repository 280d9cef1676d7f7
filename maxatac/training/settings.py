"""The settings of a training run: every option of ``maxatac train``, its default, and what values it takes.

Nothing but the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from maxatac.backend.launch import launch_of
from maxatac.backend.startup import backend_problems
from maxatac.files.atomic import expanded
from maxatac.system.resources import parse_bytes, usable_memory, usable_processors

DEFAULT_CHROMS = tuple(f"chr{name}" for name in (*range(2, 8), *range(9, 23), "X"))

DEFAULT_TRAINING_CHROMS = tuple(f"chr{name}" for name in (*range(3, 8), *range(9, 19), *range(20, 23)))

DEFAULT_VALIDATION_CHROMS = ("chr2", "chr19")

DEFAULT_TEST_CHROMS = ("chr1", "chr8")

ARCHITECTURES = ("DCNN_V2",)

OUTPUT_ACTIVATIONS = ("sigmoid", "linear", "relu", "softplus")

CENTERS = ("midpoint", "summit")

MODEL_FORMATS = ("keras", "h5")

SELECTIONS = ("dice", "average_precision", "loss")

LOG_LEVELS = ("fatal", "error", "warning", "info", "debug")

SEED_RANGE = (1, 99_999)

MAX_BATCH = 200_000
"""Examples per batch: 4 GB of them."""

MAX_THREADS = 1024

MEMORY_SHARE = 4
"""Part of the usable memory that decoded tracks may take unless told otherwise: a quarter."""

DEFAULT_JITTER = 480
"""Largest shift of a region in bp, chosen on the validation chromosomes of a yeast set; see ``docs/train.md``."""

_NOT_IN_NAMES = re.compile(r"[][*?\\\x00-\x1f\x7f]")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What ``maxatac.train`` is to do; each field is the command-line option of that name.

    Parameters
    ----------
    sequence : path
        Genome as 2bit.
    meta_file, cells : path
        The cell types and their files, as a table or as JSON; one of the two.
    prefix, output
        Name and folder of what the run leaves behind.
    train_roi, validate_roi : path, optional
        Regions of interest to use instead of the peaks of the meta file.
    target_scale_factor : float
        Factor of quantitative targets.
    output_activation : str
        One of ``OUTPUT_ACTIVATIONS``.
    chroms, tchroms, vchroms : sequence of str, optional
        Chromosomes of the study, for training and for validation; ``None`` is the page's list, of which names that the
        genome lacks are left out.
    arch : str
        One of ``ARCHITECTURES``.
    rand_ratio : float
        Share of random windows in each batch, 0 to 1.
    seed : int, optional
        Drawn at the start when not given, and recorded.
    weights : path, optional
        Weights to start from.
    epochs, batches, batch_size, val_batch_size : int
        A run is ``epochs`` x ``batches`` x ``batch_size`` examples; validation is ``batches`` x ``val_batch_size``.
    plot : bool
        Draw the model's structure and the training history, and the figures of the report.
    report : bool
        Gather what the report shows, and write the report, unless ``plot`` is off.
    dense : bool
        End the network in a dense layer.
    threads : int, optional
        Threads of the loader, and of the network on a CPU; ``None`` is as many as the process may use. Batches do not
        depend on it; with another number the network may round differently.
    memory : int or str, optional
        Bytes that decoded tracks may take, also as ``200M`` or ``4G``; ``None`` is a quarter of what the process may
        use. Results do not depend on it.
    compact_transport : bool
        Send base codes and signal to the device and make the one-hot form there.
    ema : float, optional
        Validate, save and select an exponential moving average of the weights, of which this share stays at each step.
    early_stopping : int, optional
        Epochs without a better one after which training ends.
    loglevel : str
        One of ``LOG_LEVELS``.
    rev_comp_train : bool
        Reverse complement each example with probability 1/2.
    shuffle_cell_type : bool
        Give each region of interest a random training cell type, not its own.
    blacklist : path, optional
        Regions to keep clear of, BED or bigWig.
    chrom_sizes : path, optional
        Chromosome sizes to hold against the 2bit, which is the source of truth.
    save_roi : bool
        Write the pools of regions of interest.
    genome : str, optional
        A label for the record.
    test_cell_types : sequence of str, optional
        Cell types to hold out, instead of those labelled ``Test`` in the meta file.
    allow_shared_files : sequence of str, optional
        Cell types labelled ``Test`` that may have files in common with training cell types.
    test : bool
        Score the selected model on held-out chromosomes after training.
    test_chroms : sequence of str, optional
        Chromosomes for that, which neither train nor validate; ``None`` is chr1 and chr8, less those that do.
    test_rev_comp : bool
        Average the predictions of both strands in the test.
    jitter : int
        Shift each region by up to this many bp.
    center : str
        Whether regions are centred on a peak's midpoint or on its summit.
    quant : bool
        Quantitative targets: the bin's mean, times ``target_scale_factor``.
    genome_validation : int, "all" or None
        Windows of the genome-like validation set; ``None`` is as many as around peaks, but at most
        10,000 or a quarter of them, whichever is more; 0 none.
    select : str, optional
        What the best epoch is best in, one of ``SELECTIONS``; ``None`` is the Dice coefficient, or the loss if
        ``quant``.
    model_format : str
        Format of the checkpoints, one of ``MODEL_FORMATS``.
    force : bool
        Replace what an earlier run of this prefix left in the output folder.
    resume : bool
        Go on with the run of this prefix in the output folder; where there is none, begin it.
    keep_checkpoints : str
        Which epochs' checkpoints stay: ``all``, ``best``, or ``last:N``, the last N and the best.
    deterministic : bool
        Let a GPU use nothing but algorithms that give the same bits each time.
    distribute : bool
        Train on all devices of this process, and of the other processes that the environment tells of; needs JAX.
    """

    sequence: Path
    meta_file: Path | None = None
    cells: Path | None = None
    prefix: str = "maxatac_model"
    output: Path = Path("./training_results")
    train_roi: Path | None = None
    validate_roi: Path | None = None
    target_scale_factor: float = 1.0
    output_activation: str = "sigmoid"
    chroms: Sequence[str] | None = None
    tchroms: Sequence[str] | None = None
    vchroms: Sequence[str] | None = None
    arch: str = "DCNN_V2"
    rand_ratio: float = 0.0
    seed: int | None = None
    weights: Path | None = None
    epochs: int = 20
    batches: int = 100
    batch_size: int = 1000
    val_batch_size: int = 1000
    plot: bool = True
    report: bool = True
    dense: bool = False
    threads: int | None = None
    memory: int | str | None = None
    compact_transport: bool = False
    ema: float | None = None
    early_stopping: int | None = None
    loglevel: str = "info"
    rev_comp_train: bool = False
    shuffle_cell_type: bool = True
    blacklist: Path | None = None
    chrom_sizes: Path | None = None
    save_roi: bool = False
    genome: str | None = None
    test_cell_types: Sequence[str] | None = None
    allow_shared_files: Sequence[str] | None = None
    test: bool = True
    test_chroms: Sequence[str] | None = None
    test_rev_comp: bool = False
    jitter: int = DEFAULT_JITTER
    center: str = "midpoint"
    quant: bool = False
    genome_validation: int | str | None = None
    select: str | None = None
    model_format: str = "keras"
    force: bool = False
    resume: bool = False
    keep_checkpoints: str = "all"
    deterministic: bool = False
    distribute: bool = False

    def __post_init__(self) -> None:
        """Accept strings for paths, ``~`` in them, amounts of memory as text, and any sequence for lists."""
        if isinstance(self.memory, str):
            object.__setattr__(self, "memory", parse_bytes(self.memory) or self.memory)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if "Path" in str(field.type) and value is not None:
                object.__setattr__(self, field.name, expanded(value))
            elif "Sequence" in str(field.type) and value is not None:
                object.__setattr__(self, field.name, tuple(value))

    def problems(self) -> list[str]:
        """Everything that is wrong with the values themselves, one line each."""
        found = []
        if (self.meta_file is None) == (self.cells is None):
            given = "found neither" if self.cells is None else "found both"
            found.append(f"--meta_file and --cells: {given}; expected one of them")
        for name in ("epochs", "batches", "batch_size", "val_batch_size", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                found.append(f"--{name} {value}: expected a whole number of at least 1")
        for name, most in (("batch_size", MAX_BATCH), ("val_batch_size", MAX_BATCH), ("threads", MAX_THREADS)):
            value = getattr(self, name)
            if value is not None and value > most:
                found.append(f"--{name} {value}: expected at most {most}")
        if self.memory is not None and (isinstance(self.memory, str) or not 0 < self.memory < 2**63):
            found.append(f"--memory {self.memory}: expected bytes above 0, such as 200M or 4G")
        if not 0 <= self.jitter < 2**31:
            found.append(f"--jitter {self.jitter}: expected a whole number from 0 to 2147483647")
        if not 0 <= self.rand_ratio <= 1:
            found.append(f"--rand_ratio {self.rand_ratio:g}: expected a share from 0 to 1")
        if not (math.isfinite(self.target_scale_factor) and self.target_scale_factor > 0):
            found.append(f"--target_scale_factor {self.target_scale_factor:g}: expected a number above 0")
        if self.ema is not None and not 0 < self.ema < 1:
            found.append(f"--ema {self.ema:g}: expected a number between 0 and 1, such as 0.99")
        if self.early_stopping is not None and self.early_stopping < 1:
            found.append(f"--early_stopping {self.early_stopping}: expected a whole number of at least 1")
        if self.seed is not None and not 0 <= self.seed < 2**32:
            found.append(f"--seed {self.seed}: expected a whole number from 0 to 4294967295")
        for name, allowed in (
            ("arch", ARCHITECTURES),
            ("output_activation", OUTPUT_ACTIVATIONS),
            ("center", CENTERS),
            ("model_format", MODEL_FORMATS),
            ("loglevel", LOG_LEVELS),
        ):
            value = getattr(self, name)
            if value not in allowed:
                found.append(f"--{name} {value}: expected one of {', '.join(allowed)}")
        if not re.fullmatch(r"all|best|last:[1-9][0-9]{0,8}", self.keep_checkpoints):
            found.append(f"--keep_checkpoints {self.keep_checkpoints}: expected all, best, or last:N with N from 1")
        if self.resume and self.force:
            found.append("--resume and --force: one goes on with the earlier run, the other removes it; expected one")
        if self.genome_validation not in (None, "all") and not (
            isinstance(self.genome_validation, int) and self.genome_validation >= 0
        ):
            found.append(f"--genome_validation {self.genome_validation}: expected all, or a whole number from 0")
        if self.select is not None and self.select not in SELECTIONS:
            found.append(f"--select {self.select}: expected one of {', '.join(SELECTIONS)}")
        if self.select == "average_precision" and self.genome_validation == 0:
            found.append(
                "--select average_precision: it is that of the genome-like validation set, which "
                "--genome_validation 0 leaves out"
            )
        if not self.prefix or "/" in self.prefix or self.prefix.startswith("."):
            found.append(f"--prefix {self.prefix!r}: expected a file name without a folder and without a leading dot")
        if odd := sorted(set(_NOT_IN_NAMES.findall(self.prefix))):
            found.append(
                f"--prefix {self.prefix!r}: expected a file name without {' '.join(map(ascii, odd))}: shells and "
                "workflow engines take it for a pattern, and would not find the results"
            )
        if self.output_activation != "sigmoid" and not self.quant:
            found.append(
                f"--output_activation {self.output_activation}: binary targets need probabilities; "
                "expected sigmoid, or --quant"
            )
        if self.target_scale_factor != 1 and not self.quant:
            found.append(
                f"--target_scale_factor {self.target_scale_factor:g}: used for quantitative targets only; add --quant"
            )
        found += backend_problems(distribute=self.distribute)
        if self.distribute:
            count = launch_of(os.environ, found).count
            for name in ("batch_size", "val_batch_size"):
                if (size := getattr(self, name)) % count:
                    near = max(1, round(size / count)) * count
                    found.append(
                        f"--{name} {size}: does not divide by the {count} processes of --distribute; {near} does"
                    )
        return found


def loader_threads(config: TrainConfig) -> int:
    """Threads of the loader, and of the network on a CPU: as asked for, else the processors that may be used."""
    return config.threads if config.threads is not None else usable_processors()


def loader_memory(config: TrainConfig) -> int:
    """Bytes that decoded tracks may take: as asked for, else a quarter of what the process may use."""
    return config.memory if isinstance(config.memory, int) else usable_memory() // MEMORY_SHARE

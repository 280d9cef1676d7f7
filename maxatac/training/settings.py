"""The settings of a training run: every option of ``maxatac train``, its default, and what values it takes.

They are divided into groups, so that a function names only the group that it needs. ``TrainConfig`` inherits from all
groups and can be passed as any of them. Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from maxatac.backend.launch import indivisible_batches, launch_of
from maxatac.backend.startup import backend_problems
from maxatac.errors import Problems
from maxatac.runs.settings import FILE, ResourceSettings, ResultSettings, Settings, loader_memory, loader_threads

if TYPE_CHECKING:
    from maxatac.genome.split import ChromSplit

DEFAULT_CHROMS = tuple(f"chr{name}" for name in (*range(2, 8), *range(9, 23), "X"))
DEFAULT_TRAINING_CHROMS = tuple(f"chr{name}" for name in (*range(3, 8), *range(9, 19), *range(20, 23)))
DEFAULT_VALIDATION_CHROMS = ("chr2", "chr19")
DEFAULT_TEST_CHROMS = ("chr1", "chr8")


@dataclass(frozen=True)
class Recipe:
    """What is taken for options of :class:`FitSettings` that are not given.

    Attributes
    ----------
    batches : int
        Per epoch.
    batch_size, val_batch_size : int
        Windows of a batch.
    ema : float or None
        Share of the average of the weights that stays at each step; None for no average.
    """

    batches: int = 100
    batch_size: int = 1000
    val_batch_size: int = 1000
    ema: float | None = None


# Those of DRN see as many windows. What small batches and the average are worth is measured in docs/accuracy.md.
RECIPES: Mapping[str, Recipe] = MappingProxyType({
    "DCNN_V2": Recipe(),
    "DRN": Recipe(batches=10_000, batch_size=10, val_batch_size=10, ema=0.999),
})  # fmt: skip
"""By architecture."""

ARCHITECTURES = tuple(RECIPES)
BY_RECIPE: Any = None
"""Default of an option that is taken from the recipe."""

OUTPUT_ACTIVATIONS = ("sigmoid", "linear", "relu", "softplus")
CENTERS = ("midpoint", "summit")
MODEL_FORMATS = ("keras", "h5")
SELECTIONS = ("dice", "average_precision", "loss")
SEED_RANGE = (1, 99_999)
CROSS_VALIDATIONS = ("cells", "chroms")

MAX_BATCH = 200_000
"""Examples per batch: 4 GB of them."""

MAX_ENSEMBLE = 32

DEFAULT_FOLDS = 5

MIN_FOLDS = 3
"""Folds of chromosomes at least: one tests, one validates, and the others train."""

DEFAULT_JITTER = 480
"""Largest shift of a region in bp, chosen on the validation chromosomes of a yeast set; see ``docs/train.md``."""


@dataclass(frozen=True, kw_only=True)
class ReadSettings(Settings):
    """What is read: the files, and which of their chromosomes and cell types are for what.

    Parameters
    ----------
    sequence : path
        Genome as 2bit.
    meta_file, cells : path
        The cell types and their files, as a table or as JSON; one of the two.
    train_roi, validate_roi : path, optional
        Regions of interest to use instead of the peaks of the meta file.
    blacklist : path, optional
        Regions to keep clear of, BED or bigWig.
    chrom_sizes : path, optional
        Chromosome sizes to compare with those of the 2bit, which are used.
    genome : str, optional
        A label for the record.
    chroms, tchroms, vchroms : sequence of str, optional
        Chromosomes of the study, for training and for validation; ``None`` is the page's list, of which names that the
        genome lacks are left out.
    test_chroms : sequence of str, optional
        Chromosomes of the independent test, which neither train nor validate; ``None`` is chr1 and chr8, less those
        that do.
    test_cell_types : sequence of str, optional
        Cell types to hold out, instead of those labelled ``Test`` in the meta file.
    allow_shared_files : sequence of str, optional
        Cell types labelled ``Test`` that may have files in common with training cell types.
    allow_same : sequence of str, optional
        Pairs ``NAME=NAME`` of cell types that are one, and may all the same be on both sides of the split.
    """

    sequence: Path = field(metadata=FILE)
    meta_file: Path | None = field(default=None, metadata=FILE)
    cells: Path | None = field(default=None, metadata=FILE)
    train_roi: Path | None = field(default=None, metadata=FILE)
    validate_roi: Path | None = field(default=None, metadata=FILE)
    blacklist: Path | None = field(default=None, metadata=FILE)
    chrom_sizes: Path | None = field(default=None, metadata=FILE)
    genome: str | None = None
    chroms: Sequence[str] | None = None
    tchroms: Sequence[str] | None = None
    vchroms: Sequence[str] | None = None
    test_chroms: Sequence[str] | None = None
    test_cell_types: Sequence[str] | None = None
    allow_shared_files: Sequence[str] | None = None
    allow_same: Sequence[str] | None = None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if (self.meta_file is None) == (self.cells is None):
            given = "neither" if self.cells is None else "both"
            problems.add("setting", given, expected="one of them", option="--meta_file and --cells")


@dataclass(frozen=True, kw_only=True)
class RegionSettings(Settings):
    """How windows are chosen as examples.

    Parameters
    ----------
    center : str
        Whether regions are centred on a peak's midpoint or on its summit.
    jitter : int
        Shift each region by up to this many bp.
    rand_ratio : float
        Share of random windows in each batch, 0 to 1.
    rev_comp_train : bool
        Reverse complement each example with probability 1/2.
    shuffle_cell_type : bool
        Give each region of interest a random training cell type, not its own.
    genome_validation : int, "all" or None
        Windows of the genome-like validation set; ``None`` is as many as around peaks, but at most
        10,000 or a quarter of them, whichever is more; 0 none.
    """

    center: str = "midpoint"
    jitter: int = DEFAULT_JITTER
    rand_ratio: float = 0.0
    rev_comp_train: bool = False
    shuffle_cell_type: bool = True
    genome_validation: int | str | None = None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require(problems, "jitter", 0 <= self.jitter < 2**31, "a whole number from 0 to 2147483647")
        self._require(problems, "rand_ratio", 0 <= self.rand_ratio <= 1, "a share from 0 to 1")
        self._require_choice(problems, "center", CENTERS)
        number = self.genome_validation
        is_sound = number in (None, "all") or (isinstance(number, int) and number >= 0)
        self._require(problems, "genome_validation", is_sound, "all, or a whole number from 0")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Settings):
    """The network: architecture, initial weights, and kind of prediction.

    Parameters
    ----------
    arch : str
        One of ``ARCHITECTURES``.
    ensemble : int
        Networks that are trained together; the mean of their predictions counts.
    dense : bool
        End the network in a dense layer.
    output_activation : str
        One of ``OUTPUT_ACTIVATIONS``.
    quant : bool
        Quantitative targets: the bin's mean, times ``target_scale_factor``.
    target_scale_factor : float
        Factor of quantitative targets.
    weights : path, optional
        Weights to start from.
    """

    arch: str = "DCNN_V2"
    ensemble: int = 1
    dense: bool = False
    output_activation: str = "sigmoid"
    quant: bool = False
    target_scale_factor: float = 1.0
    weights: Path | None = field(default=None, metadata=FILE)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "arch", ARCHITECTURES)
        self._require_counts(problems, "ensemble", most=MAX_ENSEMBLE)
        self._require(problems, "dense", not self.dense or self.arch != "DRN", "off with --arch DRN")
        self._require_choice(problems, "output_activation", OUTPUT_ACTIVATIONS)
        is_probability = self.output_activation == "sigmoid"
        hint = "binary targets need probabilities"
        self._require(problems, "output_activation", is_probability or self.quant, "sigmoid, or --quant", hint)
        factor = self.target_scale_factor
        self._require(problems, "target_scale_factor", math.isfinite(factor) and factor > 0, "a number above 0")
        hint = "only quantitative targets are scaled"
        self._require(problems, "target_scale_factor", factor == 1 or self.quant, "1, or --quant", hint)


@dataclass(frozen=True, kw_only=True)
class FitSettings(Settings):
    """How the network is fitted, and which epoch is selected.

    Parameters
    ----------
    epochs, batches, batch_size, val_batch_size : int
        A run is ``epochs`` x ``batches`` x ``batch_size`` examples; validation is ``batches`` x ``val_batch_size``.
        ``TrainConfig`` fills in what is not given: it goes with the architecture (``RECIPES``).
    select : str, optional
        What the best epoch is best in, one of ``SELECTIONS``; ``None`` is the Dice coefficient, or the loss if
        ``quant``.
    ema : float, optional
        Validate, save and select an exponential moving average of the weights, of which this share stays at each step;
        0 for none. ``None`` is what goes with the architecture.
    early_stopping : int, optional
        Training ends after so many epochs in a row without a better one.
    seed : int, optional
        Drawn at the start when not given, and recorded.
    deterministic : bool
        Let a GPU use only algorithms that give the same bits each time.
    distribute : bool
        Train on all devices of this process, and of the other processes that the environment names; needs JAX.
    """

    epochs: int = 20
    batches: int = BY_RECIPE
    batch_size: int = BY_RECIPE
    val_batch_size: int = BY_RECIPE
    select: str | None = None
    ema: float | None = None
    early_stopping: int | None = None
    seed: int | None = None
    deterministic: bool = False
    distribute: bool = False

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_counts(problems, "epochs", "batches", "early_stopping")
        self._require_counts(problems, "batch_size", "val_batch_size", most=MAX_BATCH)
        is_share = self.ema is None or 0 <= self.ema < 1
        self._require(problems, "ema", is_share, "a number from 0 to below 1, such as 0.99")
        is_seed = self.seed is None or 0 <= self.seed < 2**32
        self._require(problems, "seed", is_seed, "a whole number from 0 to 4294967295")
        if self.select is not None:
            self._require_choice(problems, "select", SELECTIONS)
        problems += backend_problems(distribute=self.distribute)
        if self.distribute:
            count = launch_of(os.environ, problems).count
            problems += indivisible_batches(self.batch_sizes(), count, "processes")

    def batch_sizes(self) -> dict[str, int]:
        """Give the examples of a training and of a validation batch, by option."""
        return {"batch_size": self.batch_size, "val_batch_size": self.val_batch_size}


@dataclass(frozen=True, kw_only=True)
class LoaderSettings(ResourceSettings):
    """Threads and memory of the loader, and what it sends to the device.

    Parameters
    ----------
    threads, memory
        As in :class:`maxatac.runs.settings.ResourceSettings`.
    compact_transport : bool
        Send base codes and signal to the device and make the one-hot form there.
    """

    compact_transport: bool = False


@dataclass(frozen=True, kw_only=True)
class HeldOutSettings(Settings):
    """The independent test of the selected model.

    Parameters
    ----------
    test : bool
        Score the selected model on held-out chromosomes after training.
    test_rev_comp : bool
        Average the predictions of both strands in the test.
    test_seen : bool
        Score the tested cell types on the longest training chromosome too.
    """

    test: bool = True
    test_rev_comp: bool = False
    test_seen: bool = False


@dataclass(frozen=True, kw_only=True)
class FoldSettings(Settings):
    """Cross-validation: one training for each part of the data that is held out.

    Parameters
    ----------
    cross_validate : str, optional
        What is held out in turn, one of ``CROSS_VALIDATIONS``: each cell type, or each fold of the chromosomes.
    folds : int, optional
        Folds of the chromosomes; ``None`` is ``DEFAULT_FOLDS``.
    """

    cross_validate: str | None = None
    folds: int | None = None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if self.cross_validate is not None:
            self._require_choice(problems, "cross_validate", CROSS_VALIDATIONS)
        if self.folds is None:
            return
        hint = "with cells, there is a fold for each cell type" if self.cross_validate == "cells" else None
        is_of_chroms = self.cross_validate == "chroms"
        self._require(problems, "folds", is_of_chroms, "no --folds, or --cross_validate chroms", hint)
        hint = "one fold tests, another validates, and the rest trains"
        self._require(problems, "folds", self.folds >= MIN_FOLDS, f"a whole number of at least {MIN_FOLDS}", hint)


@dataclass(frozen=True, kw_only=True)
class OutputSettings(ResultSettings):
    """What is written, and where.

    Parameters
    ----------
    output, prefix, force, loglevel
        As in :class:`maxatac.runs.settings.ResultSettings`.
    resume : bool
        Go on with the run of this prefix in the output folder; where there is none, begin it.
    keep_checkpoints : str
        Which epochs' checkpoints stay: ``all``, ``best``, or ``last:N``, the last N and the best.
    model_format : str
        Format of the checkpoints, one of ``MODEL_FORMATS``.
    save_roi : bool
        Write the pools of regions of interest.
    plot : bool
        Draw the model's structure and the training history, and the figures of the report.
    report : bool
        Gather what the report shows, and write the report, unless ``plot`` is off.
    """

    output: Path = Path("./training_results")
    prefix: str = "maxatac_model"
    resume: bool = False
    keep_checkpoints: str = "all"
    model_format: str = "keras"
    save_roi: bool = False
    plot: bool = True
    report: bool = True

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "model_format", MODEL_FORMATS)
        is_sound = re.fullmatch(r"all|best|last:[1-9][0-9]{0,8}", self.keep_checkpoints) is not None
        self._require(problems, "keep_checkpoints", is_sound, "all, best, or last:N with N from 1")
        self._exclude(problems, "resume", "force", "one goes on with the earlier run, the other removes it")


# Fields, files and problems of the last base come first.
@dataclass(frozen=True, kw_only=True)
class TrainConfig(
    OutputSettings,
    FoldSettings,
    HeldOutSettings,
    LoaderSettings,
    FitSettings,
    NetworkSettings,
    RegionSettings,
    ReadSettings,
):
    """Settings of ``maxatac.train``; each field is the command-line option of that name.

    The fields are those of the groups, which describe them: ``ReadSettings``, ``RegionSettings``, ``NetworkSettings``,
    ``FitSettings``, ``LoaderSettings``, ``HeldOutSettings``, ``FoldSettings`` and ``OutputSettings``. Only
    ``sequence`` and one of ``meta_file`` and ``cells`` must be given.
    """

    def __post_init__(self) -> None:
        """Take from the recipe of the architecture what is not given."""
        super().__post_init__()
        for name, value in _defaults(self.arch).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        # The checks of values in different groups.
        has_precision = self.select != "average_precision" or self.genome_validation != 0
        hint = "--genome_validation 0 leaves out the windows on which average precision is measured"
        self._require(problems, "select", has_precision, "dice or loss", hint)
        if self.cross_validate is not None:
            self._check_folds(problems)

    def _check_folds(self, problems: Problems) -> None:
        """Check that no other setting says what is held out, and that each fold has a score."""
        self._exclude(problems, "cross_validate", "distribute", "the folds are trained one by one, each on one device")
        self._exclude(problems, "cross_validate", "quant", "the folds are compared by how well they find bound bins")
        if not self.test:
            expected = "a test in each fold, whose scores are the result of a cross-validation"
            problems.add("setting", "--no-test", expected=expected, option="--cross_validate")
        if self.cross_validate == "cells":
            self._exclude(problems, "cross_validate", "test_cell_types", "each cell type is held out in turn")
        if self.cross_validate == "chroms":
            for name in ("tchroms", "vchroms", "test_chroms"):
                self._exclude(problems, "cross_validate", name, "each fold of the chromosomes is held out in turn")


FILE_OPTIONS = tuple(option.name for option in fields(TrainConfig) if option.metadata == FILE)
"""Options that name a file to read."""


def settings_of_run(config: TrainConfig, split: ChromSplit, seed: int) -> dict[str, Any]:
    """List all settings, with what was drawn or worked out in place of what was not given."""
    return {option.name: getattr(config, option.name) for option in fields(config)} | {
        "chroms": split.chroms,
        "tchroms": split.training,
        "vchroms": split.validation,
        "test_chroms": split.test or None,
        "seed": seed,
        "threads": loader_threads(config),
        "memory": loader_memory(config),
    }


def not_default(settings: Mapping[str, Any]) -> list[str]:
    """List which of all settings differ from their default, or have none."""
    defaults = {option.name: option.default for option in fields(TrainConfig)} | _defaults(settings["arch"])
    return [name for name, default in defaults.items() if settings[name] != default]


def _defaults(arch: Any) -> dict[str, Any]:
    """Give the options that go with an architecture; of an unknown one, those of the first."""
    return asdict(next((recipe for name, recipe in RECIPES.items() if name == arch), RECIPES[ARCHITECTURES[0]]))

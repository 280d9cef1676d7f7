"""The settings of the commands that apply a model; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maxatac.backend.startup import backend_problems
from maxatac.errors import Problems
from maxatac.files.atomic import expanded
from maxatac.runs.settings import FILE, ResourceSettings, ResultSettings, Settings, TrackSettings

BIN_SIZE = 32
"""Width of a bin in bp, as in :mod:`maxatac.genome.windows`, which needs numpy."""

CUTOFF_TYPES = ("score", "Precision", "Recall", "F1", "log2FC")

SITE_FORMATS = ("bed", "narrowPeak")

MAX_BATCH = 200_000
"""Windows per batch: 4 GB of them."""

MAX_BIN_SIZE = 1_000_000
"""Width of a bin in bp at most."""

DEVICES = ("auto", "gpu", "cpu")

MODELS_VARIABLE = "MAXATAC_MODELS"
"""Variable of the environment that names the folder of models where ``--models`` does not."""


@dataclass(frozen=True, kw_only=True)
class ModelSettings(Settings):
    """The models that predict.

    Parameters
    ----------
    model : sequence of paths, optional
        Models, ``.keras`` or ``.h5``; of several, the mean of the outputs is taken.
    tf_name : str, optional
        Transcription factor whose model and cutoff table are looked up in ``models``; in place of ``model``.
    models : path, optional
        Folder with a folder for each transcription factor; ``None`` is what ``MAXATAC_MODELS`` names.
    out_of_fold : bool
        Predict each chromosome only with models that were not trained on it.
    """

    model: Sequence[Path] | None = field(default=None, metadata=FILE)
    tf_name: str | None = None
    models: Path | None = None
    out_of_fold: bool = False

    @property
    def models_folder(self) -> Path | None:
        """The folder of models, as given or as the environment names it."""
        named = os.environ.get(MODELS_VARIABLE)
        return self.models or (expanded(named) if named else None)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if bool(self.model) == bool(self.tf_name):
            given = "both" if self.model else "neither"
            problems.add("setting", given, expected="one of them", option="--model and --tf_name")
        if self.tf_name and self.models_folder is None:
            expected = f"the folder of models, or {MODELS_VARIABLE} in the environment"
            problems.add("setting", "nothing", expected=expected, hint="--tf_name needs it", option="--models")


@dataclass(frozen=True, kw_only=True)
class PlaceSettings(Settings):
    """What is predicted: the genome, the signal, and where.

    Parameters
    ----------
    sequence : path
        Genome as 2bit.
    signal : sequence of paths
        ATAC-seq signal as bigWig; each gives an output.
    roi : path, optional
        Regions of interest: only windows that touch one are predicted.
    windows : path, optional
        Windows to predict in place of the grid.
    blacklist : path, optional
        Windows that touch it are left out: BED or bigWig.
    chrom_sizes : path, optional
        Chromosome sizes to compare with those of the 2bit, which are used.
    genome : str, optional
        A label for the record.
    chroms : sequence of str, optional
        Sequences to predict; ``None`` is every sequence of the genome that any of the tracks knows.
    step_size : int
        Distance of the windows in bp, a multiple of 32.
    clip_to_roi : bool
        Give no score to bins that touch no region of interest.
    unscored_out : path, optional
        Gets the regions of interest without any score, as BED.
    strict : bool
        Whether a signal of another scale than the model was trained on is an error.
    """

    sequence: Path = field(metadata=FILE)
    signal: Sequence[Path] = field(metadata=FILE)
    roi: Path | None = field(default=None, metadata=FILE)
    windows: Path | None = field(default=None, metadata=FILE)
    blacklist: Path | None = field(default=None, metadata=FILE)
    chrom_sizes: Path | None = field(default=None, metadata=FILE)
    genome: str | None = None
    chroms: Sequence[str] | None = None
    step_size: int = 256
    clip_to_roi: bool = False
    unscored_out: Path | None = None
    strict: bool = False

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        is_step = self.step_size >= BIN_SIZE and self.step_size % BIN_SIZE == 0
        hint = f"bins of {BIN_SIZE} bp would not line up"
        self._require(problems, "step_size", is_step, f"a multiple of {BIN_SIZE}", hint)
        for name in ("clip_to_roi", "unscored_out"):
            if getattr(self, name) and self.roi is None:
                problems.add("setting", "no regions of interest", expected="--roi", option=f"--{name}")
        if not self.signal:
            problems.add("setting", "nothing", expected="a bigWig", option="--signal")


@dataclass(frozen=True, kw_only=True)
class ApplySettings(Settings):
    """How the network is applied.

    Parameters
    ----------
    batch_size : int
        Windows per call of the network. Scores do not depend on it.
    rev_comp : bool
        Average the predictions of both strands.
    fast_math : bool
        Let a GPU compute with shorter numbers (TensorFloat-32).
    device : str
        One of ``DEVICES``; ``gpu`` fails without one.
    """

    batch_size: int = 256
    rev_comp: bool = False
    fast_math: bool = False
    device: str = "auto"

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_counts(problems, "batch_size", most=MAX_BATCH)
        self._require_choice(problems, "device", DEVICES)
        problems += backend_problems()


@dataclass(frozen=True, kw_only=True)
class CutoffSettings(Settings):
    """The score from which on a bin belongs to a site.

    Parameters
    ----------
    cutoff_type : str
        One of ``CUTOFF_TYPES``, in upper or lower case: the score itself, or what a table promises of it.
    cutoff_value : float, optional
        The score, precision, recall or log2FC to reach; the highest F1 needs none.
    cutoff_file : path, optional
        Table of thresholds with their precision and recall; a score needs none.
    """

    cutoff_type: str = "F1"
    cutoff_value: float | None = None
    cutoff_file: Path | None = field(default=None, metadata=FILE)

    def __post_init__(self) -> None:
        """Accept the type in upper or lower case."""
        super().__post_init__()
        self._spell("cutoff_type", CUTOFF_TYPES)

    @property
    def has_cutoff(self) -> bool:
        """Whether a cutoff is asked for."""
        return self.cutoff_file is not None or self.cutoff_value is not None or self.cutoff_type != "F1"

    def cutoff_problems(self) -> Problems:
        """Collect what is wrong with these settings."""
        problems = Problems()
        self._require_choice(problems, "cutoff_type", CUTOFF_TYPES)
        kind, value = self.cutoff_type, self.cutoff_value
        if value is None:
            if kind in CUTOFF_TYPES and kind != "F1":
                problems.add("setting", "nothing", expected=f"the {kind} to reach", option="--cutoff_value")
        elif kind in ("Precision", "Recall"):
            hint = None if not 1 < value <= 100 else f"{value:g} % is {value / 100:g}"
            self._require(problems, "cutoff_value", 0 <= value <= 1, "a share from 0 to 1", hint)
        else:
            self._require_float32(problems, "cutoff_value")
        if kind == "score" and self.cutoff_file is not None:
            hint = "a score needs no table: leave it out, or choose another --cutoff_type"
            problems.add(
                "setting", "a table", expected="none with --cutoff_type score", hint=hint, option="--cutoff_file"
            )
        return problems

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        problems += self.cutoff_problems()


@dataclass(frozen=True, kw_only=True)
class PeaksConfig(ResultSettings, CutoffSettings):
    """Settings of ``maxatac.peaks``; each field is the command-line option of that name.

    A cutoff must be given: a table in ``cutoff_file``, or ``cutoff_type="score"`` with ``cutoff_value``.

    Parameters
    ----------
    input_bigwig : path
        Predicted scores.
    bin_size : int
        Bins in bp. 32 takes the bins as the file has them; of wider ones the highest score in each is taken.
    chroms : sequence of str, optional
        Chromosomes on which sites are called; ``None`` is all of the bigWig.
    format : str
        One of ``SITE_FORMATS``.
    output, prefix
        Folder and name of the results; the name is by default that of the bigWig without its ending.
    """

    input_bigwig: Path = field(metadata=FILE)
    bin_size: int = BIN_SIZE
    chroms: Sequence[str] | None = None
    format: str = "bed"
    output: Path = Path("./peaks")
    prefix: str = ""

    def __post_init__(self) -> None:
        """Name the results, and accept the format in upper or lower case."""
        super().__post_init__()
        if not self.prefix:
            # There is no bigWig if the settings file that should name it cannot be read.
            object.__setattr__(self, "prefix", Path(self.input_bigwig or "peaks").stem)
        self._spell("format", SITE_FORMATS)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "format", SITE_FORMATS)
        is_width = BIN_SIZE <= self.bin_size <= MAX_BIN_SIZE
        self._require(problems, "bin_size", is_width, f"{BIN_SIZE}, the bins of predictions, to {MAX_BIN_SIZE:,}")


# Fields, files and problems of the last base come first.
@dataclass(frozen=True, kw_only=True)
class PredictConfig(
    ResultSettings, ResourceSettings, TrackSettings, CutoffSettings, ApplySettings, PlaceSettings, ModelSettings
):
    """Settings of ``maxatac.predict``; each field is the command-line option of that name.

    The fields are those of the groups, which describe them. ``sequence``, ``signal``, and ``model`` or ``tf_name`` must
    be given.

    Parameters
    ----------
    output, prefix
        Folder and name of the results.
    skip_call_peaks : bool
        Write no sites, although there is a cutoff.
    resume : bool
        Go on with the interrupted prediction of this prefix in the folder; where there is none, begin it.
    """

    output: Path = Path("./prediction_results")
    prefix: str = "maxatac_predict"
    skip_call_peaks: bool = False
    resume: bool = False

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if self.resume and self.force:
            hint = "one goes on with the earlier run, the other removes it"
            problems.add("setting", "both", expected="one of them", hint=hint, option="--resume and --force")


@dataclass(frozen=True, kw_only=True)
class MergeConfig(ResultSettings, TrackSettings, CutoffSettings):
    """Settings of ``maxatac.merge``; each field is the command-line option of that name.

    Parameters
    ----------
    parts : sequence of paths
        Predictions of disjoint sequences of one genome, as bigWig.
    part_peaks : sequence of paths, optional
        Sites of the parts as BED, a file for each, to be joined; a cutoff calls them anew.
    output, prefix
        Folder and name of the results.
    """

    parts: Sequence[Path] = field(metadata=FILE)
    part_peaks: Sequence[Path] | None = field(default=None, metadata=FILE)
    output: Path = Path("./prediction_results")
    prefix: str = "maxatac_predict"

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if not self.parts:
            problems.add("setting", "nothing", expected="a bigWig", option="--parts")
        if self.part_peaks and (self.cutoff_file is not None or self.cutoff_value is not None):
            hint = "with a cutoff the sites are called anew"
            option = "--part_peaks and a cutoff"
            problems.add("setting", "both", expected="one of them", hint=hint, option=option)
        elif self.part_peaks and len(self.part_peaks) != len(self.parts):
            expected = f"{len(self.parts)}, as many as --parts"
            hint = "a part without a site has an empty file"
            problems.add(
                "setting", f"{len(self.part_peaks)} files", expected=expected, hint=hint, option="--part_peaks"
            )

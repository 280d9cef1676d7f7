"""The settings of the commands that score predictions; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maxatac.errors import Problems
from maxatac.prediction.settings import MAX_BIN_SIZE, CutoffSettings
from maxatac.runs.settings import FILE, ResultSettings, Settings

BIN_SIZES = (32, 200)
"""Widths in bp of the bins in which ``maxatac train`` tests a model; :mod:`maxatac.data.bins` says what they hold."""

LABEL_RULES = ("half", "any", "agg")
"""A bin is bound where more than half of its bases are, where any is, or where its aggregate is above 0."""

UNPREDICTED = ("leave_out", "zero")
"""What becomes of bins without a prediction: they are not scored, or their score is 0."""

AGGREGATES = ("max", "mean", "min", "sum")
"""Ways to make one value of the bases of a bin."""

ORIGINAL_DECIMALS = 9


@dataclass(frozen=True, kw_only=True)
class ThresholdConfig(ResultSettings):
    """Settings of ``maxatac.threshold``; each field is the command-line option of that name.

    The predictions of each cell type and its binding are named in ``meta_file``, or in ``prediction`` and ``binding``.

    Parameters
    ----------
    meta_file : path, optional
        Table with a row per cell type and the columns ``Prediction`` and ``Binding_File``.
    prediction, binding : sequence of path, optional
        bigWigs of the cell types, in the same order.
    chroms : sequence of str, optional
        Chromosomes to count; ``None`` is all that every track has.
    bin_size : int
        Width of the bins in bp, one of ``BIN_SIZES``.
    blacklist, blacklist_bw : path, optional
        Regions whose bins do not count, as BED or bigWig; both are used where both are given.
    chrom_sizes : path, optional
        Chromosome sizes to compare with those of the tracks.
    binding_threshold : float, optional
        Bases whose binding is above it are bound; ``None`` takes binding of 0 and 1 alone.
    plot : bool
        Draw precision, recall and F1 over the threshold.
    output
        Folder of the results.
    """

    meta_file: Path | None = field(default=None, metadata=FILE)
    prediction: Sequence[Path] | None = field(default=None, metadata=FILE)
    binding: Sequence[Path] | None = field(default=None, metadata=FILE)
    chroms: Sequence[str] | None = None
    bin_size: int = 200
    blacklist: Path | None = field(default=None, metadata=FILE)
    blacklist_bw: Path | None = field(default=None, metadata=FILE)
    chrom_sizes: Path | None = field(default=None, metadata=FILE)
    binding_threshold: float | None = None
    plot: bool = True
    output: Path = Path("./threshold")

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        hint = "these are the bins of the test of maxatac train, and 200 bp those of published tables"
        self._require(problems, "bin_size", self.bin_size in BIN_SIZES, " or ".join(map(str, BIN_SIZES)), hint)
        self._require_float32(problems, "binding_threshold", least=0)
        self._require(problems, "chroms", self.chroms is None or len(self.chroms) > 0, "one or more chromosomes")
        pairs = self.prediction or self.binding
        if not self.meta_file and not pairs:
            expected = "a table of predictions and binding, or --prediction and --binding"
            problems.add("setting", "nothing", expected=expected, option="--meta_file")
        elif self.meta_file and pairs:
            told = "a table as well as --prediction or --binding"
            problems.add("setting", told, expected="one of them", option="--meta_file")
        elif len(self.prediction or ()) != len(self.binding or ()):
            told = f"{len(self.prediction or ())} predictions and {len(self.binding or ())} binding tracks"
            expected = "as many of the one as of the other, in the same order"
            problems.add("setting", told, expected=expected, option="--prediction and --binding")


@dataclass(frozen=True, kw_only=True)
class RuleSettings(Settings):
    """How bins are made and which are scored; by default as in the test of ``maxatac train``.

    Parameters
    ----------
    bin_size : sequence of int
        Widths of the bins in bp, each scored by itself.
    agg : str, optional
        One of ``AGGREGATES``: what a bin takes of the predictions in it; ``None`` is ``max``, with ``quant`` ``mean``.
    round_predictions : int, optional
        Decimals of predictions; ``None`` is all of them, with ``original`` 9.
    label_rule : str, optional
        One of ``LABEL_RULES``; ``None`` is ``half`` for bins of 32 bp and ``any`` for others.
    unpredicted : str, optional
        One of ``UNPREDICTED``; ``None`` is ``leave_out``.
    drifting_bins : bool, optional
        Spread what is left at the end of a chromosome over its bins, in place of leaving it out; ``None`` is ``False``.
    count_blacklisted : bool, optional
        Count bound bins of the blacklist in the random value of the original's table; ``None`` is ``False``.
    original : bool
        Score as the original's benchmark does: ``agg``, ``zero``, and ``True`` for the two switches, where they are
        ``None``.
    quant : bool
        Compare predicted with measured values, in place of scoring a ranking.
    """

    bin_size: Sequence[int] = BIN_SIZES
    agg: str | None = None
    round_predictions: int | None = None
    label_rule: str | None = None
    unpredicted: str | None = None
    drifting_bins: bool | None = None
    count_blacklisted: bool | None = None
    original: bool = False
    quant: bool = False

    def chosen(self, name: str) -> Any:
        """Look up one of the rules, worked out where it was not given."""
        given = getattr(self, name)
        if given is not None:
            return given
        rules = {
            "agg": "mean" if self.quant else "max",
            "round_predictions": ORIGINAL_DECIMALS if self.original else None,
            "label_rule": "agg" if self.original else None,
            "unpredicted": "zero" if self.original else "leave_out",
        }
        return rules.get(name, self.original)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        sound = bool(self.bin_size) and all(1 <= width <= MAX_BIN_SIZE for width in self.bin_size)
        sound = sound and len(set(self.bin_size)) == len(self.bin_size)
        self._require(problems, "bin_size", sound, f"different widths in bp, from 1 to {MAX_BIN_SIZE:,}")
        for name, allowed in (("agg", AGGREGATES), ("label_rule", LABEL_RULES), ("unpredicted", UNPREDICTED)):
            if getattr(self, name) is not None:
                self._require_choice(problems, name, allowed)
        decimals = self.round_predictions
        self._require(problems, "round_predictions", decimals is None or 0 <= decimals <= 15, "0 to 15 decimals")
        self._exclude(problems, "original", "quant", "the original's table is of a ranking")


# Fields, files and problems of the last base come first.
@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig(ResultSettings, CutoffSettings, RuleSettings):
    """Settings of ``maxatac.benchmark``; each field is the command-line option of that name.

    The prediction is named in ``prediction`` or in ``bed``.

    Parameters
    ----------
    prediction : path, optional
        bigWig.
    bed : path, optional
        BED or narrowPeak: bins in no interval have a score of 0.
    gold_standard : path
        Binding: a bigWig of 0 and 1, or peaks as BED; with ``quant`` a bigWig of the measured signal.
    binding_threshold : float, optional
        Bases whose binding is above it are bound; ``None`` takes binding of 0 and 1 alone.
    chroms : sequence of str, optional
        Chromosomes to score; ``None`` is all that prediction and binding have.
    chrom_sizes : path, optional
        Chromosome sizes to compare with; needed if prediction and binding are both BED.
    blacklist, blacklist_bw : path, optional
        Regions whose bins are not scored, as BED or bigWig; both are used where both are given.
    signal : path, optional
        ATAC-seq signal, for the first baseline.
    training_binding : sequence of path, optional
        Binding in the cell types that trained the model, for the second.
    cell_type : str, optional
        Of the prediction, to compare with that of the table of cutoffs.
    recalls : sequence of float
        Recalls at which precision is reported.
    seed : int
        Draws the resamples for intervals.
    target_scale_factor : float, optional
        With ``quant``: factor of the measured signal; ``None`` is that of the model's record, or 1.
    full_curve : bool
        Write each point of the curve into the original's table, not about 300.
    plot, skip_plot : bool
        Whether to draw the curve, or with ``quant`` the values.
    output
        Folder of the results.
    """

    prediction: Path | None = field(default=None, metadata=FILE)
    bed: Path | None = field(default=None, metadata=FILE)
    gold_standard: Path = field(metadata=FILE)
    binding_threshold: float | None = None
    chroms: Sequence[str] | None = None
    chrom_sizes: Path | None = field(default=None, metadata=FILE)
    blacklist: Path | None = field(default=None, metadata=FILE)
    blacklist_bw: Path | None = field(default=None, metadata=FILE)
    signal: Path | None = field(default=None, metadata=FILE)
    training_binding: Sequence[Path] | None = field(default=None, metadata=FILE)
    cell_type: str | None = None
    recalls: Sequence[float] = (0.05,)
    seed: int = 1
    target_scale_factor: float | None = None
    full_curve: bool = False
    plot: bool = True
    skip_plot: bool = False
    output: Path = Path("./benchmarking_results")

    @property
    def draws(self) -> bool:
        """Whether there is a plot."""
        return self.plot and not self.skip_plot

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if (self.prediction is None) == (self.bed is None):
            given = "neither" if self.bed is None else "both"
            problems.add("setting", given, expected="one of them", option="--prediction and --bed")
        self._require_float32(problems, "binding_threshold", least=0)
        self._require(problems, "chroms", self.chroms is None or len(self.chroms) > 0, "one or more chromosomes")
        sound = all(0 < recall <= 1 for recall in self.recalls) and len(set(self.recalls)) == len(self.recalls)
        self._require(problems, "recalls", sound, "different shares above 0, up to 1")
        self._require(problems, "seed", 0 <= self.seed < 2**64, "a whole number from 0 to 2^64 - 1")
        factor = self.target_scale_factor
        self._require(problems, "target_scale_factor", factor is None or 0 < factor < math.inf, "a number above 0")
        if factor is not None and not self.quant:
            problems.add("setting", f"{factor:g}", expected="--quant", option="--target_scale_factor")
        if self.quant:
            for name in (
                "bed",
                "signal",
                "training_binding",
                "binding_threshold",
                "cutoff_file",
                "cutoff_value",
                "label_rule",
            ):
                if getattr(self, name) is not None:
                    hint = "values are compared as they are"
                    problems.add("setting", "both", expected="one of them", hint=hint, option=f"--quant and --{name}")

"""The settings of the commands that score predictions; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maxatac.errors import Problems
from maxatac.runs.settings import FILE, ResultSettings

BIN_SIZES = (32, 200)
"""Widths in bp of the bins in which ``maxatac train`` tests a model; :mod:`maxatac.data.bins` says what they hold."""


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
        is_number = self.binding_threshold is None or math.isfinite(self.binding_threshold)
        self._require(problems, "binding_threshold", is_number, "a number")
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

"""The settings of the commands that apply a model; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maxatac.errors import Problems
from maxatac.runs.settings import FILE, ResultSettings, Settings

BIN_SIZE = 32
"""Width of a bin in bp, as in :mod:`maxatac.genome.windows`, which needs numpy."""

CUTOFF_TYPES = ("score", "Precision", "Recall", "F1", "log2FC")

SITE_FORMATS = ("bed", "narrowPeak")


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
        spelt = {name.casefold(): name for name in CUTOFF_TYPES}
        object.__setattr__(self, "cutoff_type", spelt.get(str(self.cutoff_type).casefold(), self.cutoff_type))

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "cutoff_type", CUTOFF_TYPES)
        kind, value = self.cutoff_type, self.cutoff_value
        if value is None:
            if kind in CUTOFF_TYPES and kind != "F1":
                problems.add("setting", "nothing", expected=f"the {kind} to reach", option="--cutoff_value")
        elif kind in ("Precision", "Recall"):
            hint = None if not 1 < value <= 100 else f"{value:g} % is {value / 100:g}"
            self._require(problems, "cutoff_value", 0 <= value <= 1, "a share from 0 to 1", hint)
        else:
            self._require(problems, "cutoff_value", math.isfinite(value), "a number")
        if kind == "score" and self.cutoff_file is not None:
            hint = "a score needs no table: leave it out, or choose another --cutoff_type"
            problems.add(
                "setting", "a table", expected="none with --cutoff_type score", hint=hint, option="--cutoff_file"
            )


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
            object.__setattr__(self, "prefix", self.input_bigwig.stem)
        spelt = {name.casefold(): name for name in SITE_FORMATS}
        object.__setattr__(self, "format", spelt.get(str(self.format).casefold(), self.format))

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "format", SITE_FORMATS)
        self._require(problems, "bin_size", self.bin_size >= BIN_SIZE, f"at least {BIN_SIZE}, the bins of predictions")
        if self.cutoff_type != "score" and self.cutoff_file is None:
            expected = "a table of cutoffs, or --cutoff_type score with --cutoff_value"
            problems.add("setting", "nothing", expected=expected, option="--cutoff_file")

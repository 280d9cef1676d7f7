"""The methods of ``normalize``.

=========  ==========================================================================================================
min-max    ``(x - low) / (high - low)``; low is the smallest value, high a percentile of the covered bases. Values
           above the percentile stay above 1 unless they are cut.
zscore     ``(x - mean) / sd``, with mean and standard deviation of the covered bases
arcsinh    inverse hyperbolic sine of x
log1p      natural logarithm of 1 + x
=========  ==========================================================================================================

A base without data has the value 0 like any other. Blacklisted bases become 0, but by zscore what 0 becomes: there 0 is
the mean of the covered bases, and not "no signal".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maxatac._core import TrackTransform
from maxatac.errors import Problems
from maxatac.preparation.measuring import MeasuredTrack
from maxatac.preparation.settings import NormalizeConfig
from maxatac.wording import number

_LEAST_MEMORY = 1 << 24


@dataclass(frozen=True)
class Normalization:
    """What is done to each value.

    Attributes
    ----------
    method : str
        One of ``METHODS``.
    subtract, divide : float
        Of min-max and zscore.
    limits : tuple of float, optional
        The smallest and the largest result, where they are cut.
    """

    method: str
    subtract: float = 0.0
    divide: float = 1.0
    limits: tuple[float, float] | None = None

    def transform(self, *, threads: int = 1, memory: int = _LEAST_MEMORY) -> TrackTransform:
        """Make what computes and writes the new values."""
        low, high = self.limits or (-math.inf, math.inf)
        method = self.method if self.method in ("arcsinh", "log1p") else "linear"
        return TrackTransform(
            method, subtract=self.subtract, divide=self.divide, low=low, high=high, threads=threads, memory=memory
        )

    def of_blacklisted(self, transform: TrackTransform) -> float:
        """Give the new value of blacklisted bases."""
        return transform.apply(0.0) if self.method == "zscore" else 0.0

    def describe(self) -> str:
        """Say what is done, for screen and log."""
        shift = f"- {number(self.subtract, 6)}" if self.subtract >= 0 else f"+ {number(-self.subtract, 6)}"
        value = f"(x {shift})" if self.subtract else "x"
        formulas = {"arcsinh": "arcsinh(x)", "log1p": "ln(1 + x)"}
        formula = formulas.get(self.method, f"{value} / {number(self.divide, 6)}")
        return f"{self.method}: {formula}{'' if self.limits is None else ', cut at 0 and 1'}"

    def entry(self) -> Mapping[str, Any]:
        """Describe it for the run record."""
        return {"method": self.method, "subtract": self.subtract, "divide": self.divide, "limits": self.limits}


def choose_normalization(config: NormalizeConfig, measured: MeasuredTrack, problems: Problems) -> Normalization | None:
    """Work out what is done to each value.

    Parameters
    ----------
    config : NormalizeConfig
    measured : MeasuredTrack
        Without an infinite value.
    problems : Problems
        Gets what the method cannot be applied to.

    Returns
    -------
    Normalization or None
        None if there is a problem.
    """
    before = len(problems)
    statistics = measured.statistics
    found = Normalization(config.method)
    if statistics.smallest == 0 == measured.largest:
        told = "has no value other than 0 on the chosen chromosomes outside of the blacklist"
        problems.add("signal", told, hint="there is nothing to normalise", file=config.signal)
    elif config.method == "min-max":
        found = _min_max(config, measured, problems)
    elif config.method == "zscore":
        if not statistics.deviation:
            told = f"all covered bases have the value {statistics.mean:g}" if statistics.covered else "no value above 0"
            problems.add("signal", told, expected="values that differ, for zscore", file=config.signal)
        found = Normalization("zscore", statistics.mean, statistics.deviation or 1.0)
    elif config.method == "log1p" and statistics.smallest <= -1:
        expected = "values above -1, for log1p"
        problems.add("signal", f"a smallest value of {statistics.smallest:g}", expected=expected, file=config.signal)
    if len(problems) > before:
        return None
    transform = found.transform()
    for value in (statistics.smallest, 0.0, measured.largest):
        if not math.isfinite(transform.apply(value)):
            told = f"{value:g}, which {found.describe()} makes too large for a bigWig"
            problems.add("signal", told, expected="smaller values", file=config.signal)
            return None
    return found


def _min_max(config: NormalizeConfig, measured: MeasuredTrack, problems: Problems) -> Normalization:
    statistics = measured.statistics
    low = statistics.smallest if config.min is None else config.min
    high = statistics.highest if config.max is None else config.max
    if config.max is None and not statistics.covered:
        expected = f"values above 0, of which percentile {config.max_percentile:g} is taken"
        problems.add("signal", "none", expected=expected, hint="or give --max", file=config.signal)
    elif not low < high:
        hint = "give another --max" if config.min is None else "give another --min"
        if config.min is None and config.max is None:
            hint = "a constant track cannot be scaled by its own values: give --min or --max"
        told = f"{low:g} to become 0 and {high:g} to become 1"
        problems.add("signal", told, expected="the second above the first", hint=hint, file=config.signal)
    return Normalization("min-max", low, high - low or 1.0, (0.0, 1.0) if config.clip else None)

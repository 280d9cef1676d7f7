"""From tracks to the bins that are scored: one scorer for the test of ``maxatac train`` and ``maxatac benchmark``.

By default bins are those of the test of ``maxatac train``. Those of 32 bp are bound where more than half of their bases
are; wider ones where any base is. A bin has the largest prediction of its bases. Only bins whose bases all have a
prediction are scored. The other rules are those of the original's benchmark.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.bins import (
    COARSE_BIN_SIZE,
    Grid,
    Read,
    aggregate,
    bin_labels,
    coarse_labels,
    coarse_maxima,
    reading_bins,
    reading_track,
    signal_bins,
    without_gaps,
)
from maxatac.data.readers import TrackReader
from maxatac.evaluation.benchmark import BenchmarkScores, score_predictors
from maxatac.evaluation.bootstrap import block_length
from maxatac.evaluation.ranking import BINDING, MODEL, SIGNAL
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.windows import BIN_SIZE

Bins = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class BinRules:
    """How bins are made of tracks; by default as in the test of ``maxatac train``.

    Attributes
    ----------
    width : int
        In bp.
    how : str
        One of ``settings.AGGREGATES``: what a bin takes of the predictions in it.
    label : str or None
        One of ``settings.LABEL_RULES``; None is ``half`` for bins of 32 bp, ``any`` for others.
    unpredicted : str
        One of ``settings.UNPREDICTED``.
    is_drifting : bool
        See :class:`maxatac.data.bins.Grid`.
    decimals : int or None
        Round predictions.
    """

    width: int = BIN_SIZE
    how: str = "max"
    label: str | None = None
    unpredicted: str = "leave_out"
    is_drifting: bool = False
    decimals: int | None = None

    @property
    def label_rule(self) -> str:
        """The rule for labels, worked out."""
        return self.label or ("half" if self.width == BIN_SIZE else "any")

    def grid(self, size: int) -> Grid:
        """Lay the bins over a chromosome of a length in bp."""
        return Grid(size, self.width, self.is_drifting)

    def labels(self, binding: TrackReader, chrom: str, size: int) -> NDArray[np.bool_]:
        """Label the bins of a chromosome as bound or not; no data counts as 0."""
        grid, rule = self.grid(size), self.label_rule
        if not self.is_drifting and (self.width, rule) == (BIN_SIZE, "half"):
            return bin_labels(binding, chrom, len(grid))
        if not self.is_drifting and (self.width, rule) == (COARSE_BIN_SIZE, "any"):
            return coarse_labels(binding, chrom, len(grid))
        how = {"half": "mean", "any": "max"}.get(rule, self.how)
        values = aggregate(without_gaps(reading_track(binding, chrom)), grid, how)
        return np.asarray(values > (0.5 if rule == "half" else 0), np.bool_)

    def values(
        self, fine: NDArray[np.float32], raw: Read | None, size: int, *, is_prediction: bool
    ) -> NDArray[np.float32]:
        """Make the values of the bins of a chromosome.

        Parameters
        ----------
        fine : shape (bins of 32 bp,), float32
            The track in bins of 32 bp.
        raw : callable or None
            Gives its bases; None if all bases of a 32-bp bin have its value.
        size : int
            Length of the chromosome in bp.
        is_prediction : bool
            Whether gaps may be left and values are rounded.

        Returns
        -------
        shape (bins,), float32
            NaN where there is no value.
        """
        grid = self.grid(size)
        fills = not is_prediction or self.unpredicted == "zero"
        in_parts = self.is_drifting or (raw is not None and self.width % BIN_SIZE)
        if in_parts or fills or self.how != "max":
            read = reading_bins(fine) if raw is None else raw
            made = aggregate(without_gaps(read) if fills else read, grid, self.how)
        else:
            made = coarse_maxima(fine, len(grid), self.width).astype(np.float64)
        if is_prediction and self.decimals is not None:
            made = np.round(made, self.decimals)
        return made.astype(np.float32)


@dataclass(frozen=True, eq=False)
class ScoredTracks:
    """Predictions, and what they are compared with.

    Attributes
    ----------
    predicted : mapping of str to array of shape (bins,), float32
        Prediction of each 32-bp bin by chromosome, NaN where there is none.
    sizes : mapping of str to int
        Lengths of the chromosomes in bp.
    binding : TrackReader
        Of 0 and 1.
    signal : TrackReader or None
        ATAC-seq, for a baseline.
    others : sequence of TrackReader
        Binding in other cell types, for a baseline.
    blacklist : Blacklist
        Bins that touch it are not scored.
    raw : TrackReader or None
        The predictions base by base; None if all bases of a 32-bp bin have its value.
    """

    predicted: Bins
    sizes: Mapping[str, int]
    binding: TrackReader
    signal: TrackReader | None = None
    others: Sequence[TrackReader] = ()
    blacklist: Blacklist = Blacklist.empty()
    raw: TrackReader | None = None

    @cached_property
    def baselines(self) -> Mapping[str, Bins]:
        """ATAC-seq signal and mean binding of other cell types in bins of 32 bp, as far as there are tracks."""
        found: dict[str, dict[str, NDArray[np.float32]]] = {}
        if self.signal is not None:
            found[SIGNAL] = {c: signal_bins(self.signal, c, len(values)) for c, values in self.predicted.items()}
        if self.others:
            found[BINDING] = {c: self._mean_binding(c, len(values)) for c, values in self.predicted.items()}
        return found

    def _mean_binding(self, chrom: str, n_bins: int) -> NDArray[np.float32]:
        total = np.zeros(n_bins, dtype=np.float32)
        for other in self.others:
            total += signal_bins(other, chrom, n_bins)
        return total / np.float32(len(self.others))

    def _prediction(self, rules: BinRules, chrom: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Make the predictions of the bins of a chromosome, and tell which bins have none."""
        fine, raw = self.predicted[chrom], None if self.raw is None else reading_track(self.raw, chrom)
        values = rules.values(fine, raw, self.sizes[chrom], is_prediction=True)
        if rules.unpredicted == "leave_out":
            return values, np.isnan(values)
        unfilled = replace(rules, unpredicted="leave_out").values(fine, raw, self.sizes[chrom], is_prediction=True)
        return values, np.isnan(unfilled)

    def _baseline(self, rules: BinRules, name: str, chrom: str) -> NDArray[np.float32]:
        """Make the values of a baseline: from bins of 32 bp, unless bins drift."""
        raw: Read | None = None
        if rules.is_drifting and name == SIGNAL and self.signal is not None:
            raw = reading_track(self.signal, chrom)
        elif rules.is_drifting:
            reads = [without_gaps(reading_track(other, chrom)) for other in self.others]

            def mean(start: int, end: int) -> NDArray[np.float32]:
                return np.asarray(np.mean([read(start, end) for read in reads], axis=0), np.float32)

            raw = mean

        return rules.values(self.baselines[name][chrom], raw, self.sizes[chrom], is_prediction=False)

    def bins(self, rules: BinRules) -> ScoredBins:
        """Make the bins of all chromosomes.

        Raises
        ------
        TrackError, OSError
            If a track cannot be read.
        """
        labels: dict[str, NDArray[np.bool_]] = {}
        predictors: dict[str, dict[str, NDArray[np.float32]]] = {name: {} for name in (MODEL, *self.baselines)}
        counts: dict[str, LeftOut] = {}
        for chrom in self.predicted:
            size = self.sizes[chrom]
            bound = labels[chrom] = rules.labels(self.binding, chrom, size)
            values, has_none = self._prediction(rules, chrom)
            is_black = self._blacklisted(chrom, rules.grid(size))
            counts[chrom] = LeftOut.of(bound, has_none, is_black)
            values[is_black] = np.nan
            predictors[MODEL][chrom] = values
            for name in self.baselines:
                made = self._baseline(rules, name, chrom)
                made[np.isnan(values)] = np.nan
                predictors[name][chrom] = made
        return ScoredBins(rules, labels, predictors, counts)

    def values(self, rules: BinRules, chrom: str) -> tuple[NDArray[np.float32], NDArray[np.float32], LeftOut]:
        """Make predicted and measured values of the bins of a chromosome; ``binding`` is then any signal.

        Returns
        -------
        predicted, measured : shape (scored bins,), float32
        left_out : LeftOut

        Raises
        ------
        TrackError, OSError
            If a track cannot be read.
        """
        grid = rules.grid(self.sizes[chrom])
        predicted, has_none = self._prediction(rules, chrom)
        measured = aggregate(without_gaps(reading_track(self.binding, chrom)), grid, rules.how).astype(np.float32)
        is_black = self._blacklisted(chrom, grid)
        left_out = LeftOut.of(measured > 0, has_none, is_black)
        is_scored = ~np.isnan(predicted) & ~is_black
        return predicted[is_scored], measured[is_scored], left_out

    def _blacklisted(self, chrom: str, grid: Grid) -> NDArray[np.bool_]:
        edges = grid.edges(0, len(grid))
        return self.blacklist.overlaps(chrom, edges[:-1], edges[1:])

    def block_length(self, unpredicted: str, chroms: Collection[str] | None = None) -> int:
        """Length in bp of the blocks that are resampled for intervals of some or all chromosomes, whatever the bins."""
        scored = {}
        for chrom in self.predicted if chroms is None else chroms:
            values = self.predicted[chrom]
            starts = np.arange(len(values), dtype=np.int64) * BIN_SIZE
            is_scored = ~np.isnan(values) if unpredicted == "leave_out" else np.ones(len(values), np.bool_)
            scored[chrom] = is_scored & ~self.blacklist.overlaps(chrom, starts, starts + BIN_SIZE)
        # The order of the chromosomes would matter a little.
        return block_length(dict(sorted(scored.items())), BIN_SIZE)


@dataclass(frozen=True)
class LeftOut:
    """Bins of a chromosome that are not scored, or scored as 0.

    Attributes
    ----------
    unpredicted, unpredicted_bound : int
        Bins outside the blacklist without a prediction, and bound ones among them.
    blacklisted, blacklisted_bound : int
        Bins that touch the blacklist, and bound ones among them.
    """

    unpredicted: int = 0
    unpredicted_bound: int = 0
    blacklisted: int = 0
    blacklisted_bound: int = 0

    @classmethod
    def of(cls, bound: NDArray[np.bool_], has_none: NDArray[np.bool_], is_black: NDArray[np.bool_]) -> LeftOut:
        """Count them."""
        without = has_none & ~is_black
        counts = (without, without & bound, is_black, is_black & bound)
        return cls(*(int(mask.sum()) for mask in counts))

    def __add__(self, other: LeftOut) -> LeftOut:
        """Add the counts of two chromosomes."""
        return LeftOut(
            self.unpredicted + other.unpredicted,
            self.unpredicted_bound + other.unpredicted_bound,
            self.blacklisted + other.blacklisted,
            self.blacklisted_bound + other.blacklisted_bound,
        )


@dataclass(frozen=True, eq=False)
class ScoredBins:
    """Bins of one width.

    Attributes
    ----------
    rules : BinRules
    labels : mapping of str to array of shape (bins,), bool
        By chromosome.
    predictors : mapping of str to mapping of str to array of shape (bins,), float32
        By name and chromosome; NaN where a bin is not scored.
    left_out : mapping of str to LeftOut
        By chromosome.
    """

    rules: BinRules
    labels: Mapping[str, NDArray[np.bool_]]
    predictors: Mapping[str, Bins]
    left_out: Mapping[str, LeftOut]

    def of(self, chrom: str) -> ScoredBins:
        """Take one chromosome alone."""
        return ScoredBins(
            self.rules,
            {chrom: self.labels[chrom]},
            {name: {chrom: by_chrom[chrom]} for name, by_chrom in self.predictors.items()},
            {chrom: self.left_out[chrom]},
        )

    def score(self, *, block_size: int, seed: int, unavailable: Mapping[str, str], **more: Any) -> BenchmarkScores:
        """Score the predictors; see :func:`maxatac.evaluation.benchmark.score_predictors`."""
        return score_predictors(
            self.labels,
            self.predictors,
            bin_size=self.rules.width,
            block_size=block_size,
            seed=seed,
            unavailable=unavailable,
            **more,
        )

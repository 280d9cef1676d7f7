"""The windows that are predicted: a grid over whole chromosomes, or what a file names, less what is left out.

The plan is made chromosome by chromosome when it is used: hg38 has 10.5 million windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.chroms import check_chrom_names
from maxatac.genome.intervals import Intervals, read_intervals, rows_by_code
from maxatac.genome.spans import Spans, merge, overlaps
from maxatac.genome.windows import BIN_SIZE, WINDOW_LENGTH

Starts = NDArray[np.int64]

OTHER_CHROMOSOME, SHORT, END, BLACKLIST, NOT_GIVEN = (
    "other chromosome", "short sequence", "end of sequence", "blacklist", "no window given",
)  # fmt: skip
"""Why a region has no score."""


def window_starts(chrom: str, size: int, step: int, blacklist: Blacklist | None = None) -> Starts:
    """Lay windows over a chromosome: at 0, ``step``, 2 ``step``, ..., and one more that ends at the last full bin.

    Parameters
    ----------
    chrom : str
    size : int
        Length of the chromosome in bp.
    step : int
        Distance of windows in bp.
    blacklist : Blacklist, optional
        Windows that touch it are left out.

    Returns
    -------
    shape (windows,), int64
        Rising; none on a chromosome that is shorter than a window.
    """
    last = (size - WINDOW_LENGTH) // BIN_SIZE * BIN_SIZE  # bins have to line up, so not always flush with the end
    if last < 0:
        return np.empty(0, dtype=np.int64)
    starts = np.arange(0, last + 1, step, dtype=np.int64)
    if starts[-1] != last:
        starts = np.append(starts, last)
    return starts if blacklist is None else starts[~blacklist.overlaps(chrom, starts, starts + WINDOW_LENGTH)]


def tiled(
    chroms: Iterable[str], sizes: Mapping[str, int], *, step: int = 256, blacklist: Blacklist | None = None
) -> Iterator[tuple[str, Starts]]:
    """Lay windows over some chromosomes; gives each with what :func:`window_starts` gives."""
    return ((chrom, window_starts(chrom, sizes[chrom], step, blacklist)) for chrom in chroms)


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions of interest, each in the chromosomes of the genome or on an unknown name.

    Attributes
    ----------
    intervals : Intervals
        As in the file: in its order, repeated and overlapping ones too.
    spans : mapping of str to shape (n, 2), int64
        The same by chromosome, sorted and merged.
    """

    intervals: Intervals
    spans: Mapping[str, Spans]

    def on(self, chrom: str) -> Spans:
        """Get the merged regions of a chromosome, shape (n, 2); none for a chromosome without any."""
        return self.spans.get(chrom, merge(np.empty((0, 2), np.int64)))


def read_regions(path: Path, sizes: Mapping[str, int], problems: Problems) -> Regions | None:
    """Read regions of interest from BED, narrowPeak or a table of regions.

    Parameters
    ----------
    path : Path
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    problems : Problems
        Gets a problem for each region that ends beyond its chromosome, and one if the names are not those of the
        genome (:func:`maxatac.genome.chroms.check_chrom_names`).

    Returns
    -------
    Regions or None
        None if the file cannot be read.
    """
    intervals = read_intervals(path, problems, what="regions of interest")
    if intervals is None:
        return None
    _check_places(intervals, sizes, "region", problems)
    spans = {
        intervals.chrom.names[code]: merge(np.stack((intervals.start[rows], intervals.end[rows]), axis=1))
        for code, rows in rows_by_code(intervals.chrom.codes)
    }
    return Regions(intervals, spans)


@dataclass(frozen=True, eq=False)
class GivenWindows:
    """Windows that a file names.

    Attributes
    ----------
    starts : mapping of str to shape (n,), int64
        By chromosome: rising, each once.
    listed : mapping of str to int
        Lines by chromosome.
    """

    starts: Mapping[str, Starts]
    listed: Mapping[str, int]


def read_windows(path: Path, sizes: Mapping[str, int], problems: Problems) -> GivenWindows | None:
    """Read windows from BED; columns behind the third are ignored.

    Parameters
    ----------
    path : Path
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    problems : Problems
        Gets one for each window that is not 1,024 bp wide, ends beyond its chromosome, or does not line up with the
        first of its chromosome in bins of 32 bp, and one if the names are not those of the genome.

    Returns
    -------
    GivenWindows or None
        None if the file cannot be read.
    """
    intervals = read_intervals(path, problems, what="windows")
    if intervals is None:
        return None
    widths = intervals.end - intervals.start
    for row in np.flatnonzero(widths != WINDOW_LENGTH).tolist():
        found = f"a window of {widths[row]:,} bp"
        problems.add("line", found, expected=f"{WINDOW_LENGTH:,} bp", file=path, line=int(intervals.line[row]))
    _check_places(intervals, sizes, "window", problems)
    starts, listed = {}, {}
    for code, rows in rows_by_code(intervals.chrom.codes):
        chrom = intervals.chrom.names[code]
        here = intervals.start[rows]
        for row in rows[here % BIN_SIZE != here[0] % BIN_SIZE].tolist():
            problems.add(
                "line",
                f"a window at {chrom}:{intervals.start[row]:,}",
                expected=f"a multiple of {BIN_SIZE} bp from the first window of {chrom} ({here[0]:,})",
                file=path,
                line=int(intervals.line[row]),
            )
        starts[chrom], listed[chrom] = np.unique(here), len(here)
    return GivenWindows(starts, listed)


def _check_places(intervals: Intervals, sizes: Mapping[str, int], what: str, problems: Problems) -> None:
    """Check the chromosome names of a file, and that its intervals lie inside the chromosomes."""
    check_chrom_names(intervals.chrom.counts(), intervals.path, sizes, problems)
    ends = intervals.chrom.looked_up(sizes, missing=2**62)
    for row in np.flatnonzero(intervals.end > ends).tolist():
        chrom = intervals.chrom.names[intervals.chrom.codes[row]]
        found = f"a {what} at {chrom}:{intervals.start[row]:,}-{intervals.end[row]:,}"
        expected = f"an end up to {sizes[chrom]:,}, the length of {chrom}"
        problems.add("line", found, expected=expected, file=intervals.path, line=int(intervals.line[row]))


@dataclass(frozen=True)
class WindowCounts:
    """What became of the windows.

    Attributes
    ----------
    asked : int
        Windows of the grid of all chosen chromosomes, or lines of the file of windows.
    repeated : int
        Lines that name a window once more.
    other_chromosome : int
        Lines on chromosomes that are not chosen.
    outside_roi : int
        Windows that touch no region of interest.
    blacklist : int
        Windows among the rest that touch the blacklist.
    kept : int
        All others: these are predicted.
    """

    asked: int = 0
    repeated: int = 0
    other_chromosome: int = 0
    outside_roi: int = 0
    blacklist: int = 0
    kept: int = 0

    def __add__(self, other: WindowCounts) -> WindowCounts:
        """Add up."""
        return WindowCounts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, eq=False)
class WindowPlan:
    """The windows of a prediction; iterating gives each chromosome that has any, with its starts.

    Attributes
    ----------
    chroms : tuple of str
        Chosen chromosomes, in the order in which they are predicted.
    sizes : mapping of str to int
        Lengths in bp.
    step : int
        Distance of windows of the grid, in bp.
    blacklist : Blacklist
        Windows that touch it are left out.
    given : GivenWindows or None
        Windows to use in place of the grid.
    roi : Regions or None
        Only windows that touch one of these are kept.
    clip : bool
        Whether bins that touch no region of interest lose their score.
    """

    chroms: tuple[str, ...]
    sizes: Mapping[str, int]
    step: int = 256
    blacklist: Blacklist = field(default_factory=Blacklist.empty)
    given: GivenWindows | None = None
    roi: Regions | None = None
    clip: bool = False

    def __iter__(self) -> Iterator[tuple[str, Starts]]:
        """Give each chromosome that has a window, with the rising starts of its windows, shape (windows,), int64."""
        return ((chrom, self.starts(chrom)) for chrom in self.predicted)

    def starts(self, chrom: str) -> Starts:
        """Get the rising starts of a chromosome's windows, shape (windows,), int64."""
        return self._filtered(chrom)[0]

    @cached_property
    def by_chrom(self) -> Mapping[str, WindowCounts]:
        """Count the windows of each chosen chromosome."""
        return {chrom: self._filtered(chrom)[1] for chrom in self.chroms}

    @cached_property
    def predicted(self) -> tuple[str, ...]:
        """Chromosomes that have a window."""
        return tuple(chrom for chrom, counts in self.by_chrom.items() if counts.kept)

    @cached_property
    def counts(self) -> WindowCounts:
        """Count all windows."""
        others = {} if self.given is None else {k: v for k, v in self.given.listed.items() if k not in self.by_chrom}
        elsewhere = sum(others.values())
        return sum(self.by_chrom.values(), WindowCounts(asked=elsewhere, other_chromosome=elsewhere))

    @cached_property
    def short(self) -> tuple[str, ...]:
        """Chosen chromosomes that are shorter than a window."""
        return tuple(chrom for chrom in self.chroms if self.sizes[chrom] < WINDOW_LENGTH)

    def clipped(self, chrom: str, offset: int, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the scores from bins that touch no region of interest, if that is asked for.

        Parameters
        ----------
        chrom : str
        offset : int
            Start of the first bin in bp.
        values : shape (tracks, bins), float32

        Returns
        -------
        shape (tracks, bins), float32
            NaN in bins without a score.
        """
        if not self.clip or self.roi is None:
            return values
        starts = offset + BIN_SIZE * np.arange(values.shape[1], dtype=np.int64)
        return np.where(overlaps(self.roi.on(chrom), starts, starts + BIN_SIZE), values, np.float32(np.nan))

    @cached_property
    def unscored(self) -> list[tuple[str, int, int, str]]:
        """List the regions of interest that get no score at all: chromosome, start, end and the reason."""
        if self.roi is None:
            return []
        found: list[tuple[int, str]] = []
        intervals = self.roi.intervals
        for code, rows in rows_by_code(intervals.chrom.codes):
            chrom = intervals.chrom.names[code]
            for row, reason in self._without_score(chrom, intervals.start[rows], intervals.end[rows]):
                found.append((int(rows[row]), reason))
        names, codes = intervals.chrom.names, intervals.chrom.codes
        return [
            (names[codes[row]], int(intervals.start[row]), int(intervals.end[row]), reason)
            for row, reason in sorted(found)
        ]

    def _filtered(self, chrom: str) -> tuple[Starts, WindowCounts]:
        """Lay the windows of a chromosome, and count what is left out."""
        starts = self._laid(chrom)
        laid = len(starts)
        asked = laid if self.given is None else self.given.listed.get(chrom, 0)
        if self.roi is not None:
            starts = starts[overlaps(self.roi.on(chrom), starts, starts + WINDOW_LENGTH)]
        inside = len(starts)
        starts = starts[~self.blacklist.overlaps(chrom, starts, starts + WINDOW_LENGTH)]
        kept = len(starts)
        return starts, WindowCounts(
            asked=asked, repeated=asked - laid, outside_roi=laid - inside, blacklist=inside - kept, kept=kept
        )

    def _without_score(self, chrom: str, first: Starts, end: Starts) -> Iterator[tuple[int, str]]:
        """Give the place of each of some regions of a chromosome that no window covers, with the reason."""
        if chrom not in self.by_chrom:
            yield from ((row, OTHER_CHROMOSOME) for row in range(len(first)))
            return
        if self.sizes[chrom] < WINDOW_LENGTH:
            yield from ((row, SHORT) for row in range(len(first)))
            return
        starts = self.starts(chrom)
        covered = merge(np.stack((starts, starts + WINDOW_LENGTH), axis=1))
        laid = self._laid(chrom)
        reachable = merge(np.stack((laid, laid + WINDOW_LENGTH), axis=1))
        possible = overlaps(reachable, first, end)
        for row in np.flatnonzero(~overlaps(covered, first, end)).tolist():
            yield row, BLACKLIST if possible[row] else (END if self.given is None else NOT_GIVEN)

    def _laid(self, chrom: str) -> Starts:
        """Lay the windows of a chromosome before any is left out."""
        if self.given is None:
            return window_starts(chrom, self.sizes[chrom], self.step)
        return self.given.starts.get(chrom, np.empty(0, dtype=np.int64))

"""Pools of regions of interest: the peak-centred windows that training and validation examples are drawn from.

Every interval of the ATAC-seq and ChIP-seq peak files of the training cell types becomes a 1,024-bp window on its
midpoint. It is kept if its chromosome is wanted, the window lies inside the chromosome, and no base of it is
blacklisted. An interval in several files stays several regions, as in Cazares et al. 2023, so that shared peaks
are drawn more often.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maxatac.data.samples import Sample
from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.chroms import MAX_BEYOND_END, check_chrom_names
from maxatac.genome.intervals import NO_CELL_LINE, Intervals, read_intervals, rows_by_code
from maxatac.genome.windows import WINDOW_LENGTH, centre, fits
from maxatac.wording import aligned, first_few

logger = logging.getLogger(__name__)

KINDS = ("ATAC", "CHIP", "ROI")
"""Where a region stems from: ATAC-seq peaks, ChIP-seq peaks, or a file of regions that does not say."""

COUNTS = ("intervals", "other_chromosomes", "beyond_end", "off_end", "blacklisted", "kept")
"""What becomes of the intervals of a source, in the order of the filters."""

Center = Literal["midpoint", "summit"]

# What became of an interval, in the order of COUNTS; the first filter that it fails counts.
_OTHER_CHROMOSOME, _BEYOND_END, _OFF_END, _BLACKLISTED, _KEPT = range(5)

_FATES = 5


@dataclass(frozen=True, eq=False)
class RoiPool:
    """Regions of interest as columns of integers.

    Attributes
    ----------
    chroms : tuple of str
        Chromosomes wanted, also those without a region.
    cell_lines : tuple of str
        Training cell types, in the order of the meta file.
    chrom : shape (n,), int32
        Index into ``chroms``.
    start : shape (n,), int64
        Window starts in bp; each window is 1,024 bp and lies inside its chromosome.
    kind : shape (n,), int8
        Index into :data:`KINDS`.
    cell : shape (n,), int32
        Index into ``cell_lines``; -1 for a region without a cell line.
    """

    chroms: tuple[str, ...]
    cell_lines: tuple[str, ...]
    chrom: NDArray[np.int32]
    start: NDArray[np.int64]
    kind: NDArray[np.int8]
    cell: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the regions."""
        return len(self.start)

    def windows_by_chrom(self) -> dict[str, NDArray[np.int64]]:
        """Give the window starts on each chromosome that has some."""
        return {self.chroms[code]: self.start[rows] for code, rows in rows_by_code(self.chrom)}

    def counts_by_cell(self) -> dict[str, int]:
        """Count the regions of each cell type; those without one under ``.``, if there are any."""
        counts = np.bincount(self.cell + 1, minlength=len(self.cell_lines) + 1).tolist()
        named = dict(zip(self.cell_lines, counts[1:], strict=True))
        return named | {NO_CELL_LINE: counts[0]} if counts[0] else named


@dataclass(frozen=True)
class SourceCount:
    """What became of the intervals of one source; the numbers behind ``intervals`` add up to it.

    Attributes
    ----------
    cell_line, kind : str
        Cell type (``.`` for none) and member of :data:`KINDS`.
    path : Path
        The file.
    intervals : int
        Intervals read.
    other_chromosomes : int
        On a chromosome that is not wanted.
    beyond_end : int
        Reaching beyond the chromosome's end.
    off_end : int
        Inside the chromosome, but the window is not.
    blacklisted : int
        The window touches the blacklist.
    kept : int
        In the pool.
    without_summit : int
        Of those kept, how many are centred on their midpoint although summits were asked for: theirs is not known.
    """

    cell_line: str
    kind: str
    path: Path
    intervals: int
    other_chromosomes: int
    beyond_end: int
    off_end: int
    blacklisted: int
    kept: int
    without_summit: int = 0


@dataclass(frozen=True)
class PoolReport:
    """Where the regions of a pool come from, and what each filter took.

    Attributes
    ----------
    name : str
        ``training`` or ``validation``.
    sources : tuple of SourceCount
        In the order of the pool.
    """

    name: str
    sources: tuple[SourceCount, ...]

    def total(self) -> SourceCount:
        """Add the sources up."""
        columns = (*COUNTS, "without_summit")
        sums = {column: sum(getattr(source, column) for source in self.sources) for column in columns}
        return SourceCount("total", "", Path(), **sums)

    def format_table(self) -> str:
        """Make an aligned table of the counts, with a line per source and one for the total."""
        counts = ("intervals", "other chrom", "beyond end", "off end", "blacklisted", "kept")
        header = ("cell type", "kind", "file", *counts)
        rows = [
            (source.cell_line, source.kind, source.path.name, *(f"{getattr(source, name):,}" for name in COUNTS))
            for source in (*self.sources, self.total())
        ]
        return "\n".join([f"{self.name} regions", *aligned(header, rows, left=3)])


def build_pools(
    samples: Sequence[Sample],
    wanted: Mapping[str, Sequence[str]],
    chrom_sizes: Mapping[str, int],
    blacklist: Blacklist,
    problems: Problems,
    *,
    center: Center = "midpoint",
) -> dict[str, tuple[RoiPool, PoolReport]]:
    """Build one or more pools from the peak files of the training cell types, each file being read once.

    Parameters
    ----------
    samples : sequence of Sample
        Rows of the meta file; those labelled Test are skipped, and so are peak files that are not given.
    wanted : mapping of str to sequence of str
        Chromosomes of each pool, by the pool's name (``training``, ``validation``).
    chrom_sizes : mapping of str to int
        Lengths in bp of the chromosomes of the genome, by name.
    blacklist : Blacklist
        No window of a pool touches it.
    problems : Problems
        Gets one for a file that cannot be read or belongs to another genome, and one for an empty pool.
    center : "midpoint" or "summit"
        Where the window is put; intervals whose summit is not known are put on their midpoint.

    Returns
    -------
    dict of str to (RoiPool, PoolReport)
        By the pool's name. Regions are in the order of the meta file, ATAC before CHIP, then in that of the file.
    """
    training = [sample for sample in samples if sample.label == "Train"]
    cell_lines = tuple(sample.cell_line for sample in training)
    files: dict[Path, Intervals | None] = {}
    sources: list[tuple[int, int, Intervals, NDArray[np.int64], NDArray[np.bool_]]] = []
    for cell, sample in enumerate(training):
        for kind, path in enumerate((sample.atac_peaks, sample.chip_peaks)):
            if path is None:
                continue
            if path not in files:
                what = f"{KINDS[kind]} peaks"
                files[path] = read_peaks(path, chrom_sizes, problems, what=what)
            intervals = files[path]
            if intervals is not None:
                sources.append((cell, kind, intervals, *_window_starts(intervals, center)))
    pools = {}
    for name, chroms in wanted.items():
        parts = []
        counts = []
        for cell, kind, intervals, starts, on_midpoint in sources:
            chrom, fate = _judge(intervals, starts, chroms, chrom_sizes, blacklist)
            counts.append(_count(cell_lines[cell], KINDS[kind], intervals.path, fate, on_midpoint))
            kept = fate == _KEPT
            size = int(kept.sum())
            cells, kinds = np.full(size, cell, dtype=np.int32), np.full(size, kind, dtype=np.int8)
            parts.append(RoiPool(tuple(chroms), cell_lines, chrom[kept], starts[kept], kinds, cells))
        pool, report = _join(tuple(chroms), cell_lines, parts), PoolReport(name, tuple(counts))
        # Without a training cell type, or with a file that cannot be read, the cause has been reported already.
        if training and None not in files.values():
            _check_filled(pool, report, problems)
        pools[name] = (pool, report)
    return pools


def pool_from_file(
    path: str | os.PathLike[str],
    chroms: Sequence[str],
    chrom_sizes: Mapping[str, int],
    blacklist: Blacklist,
    problems: Problems,
    *,
    cell_lines: Sequence[str],
    center: Center = "midpoint",
    name: str = "training",
) -> tuple[RoiPool, PoolReport]:
    """Build a pool from a file of regions: BED, narrowPeak, or the table that :func:`save_roi` writes.

    Intervals of exactly 1,024 bp stay as they are, others are re-centred; the filters are those of :func:`build_pools`.

    Parameters
    ----------
    path : path-like
        Text, plain or gzipped.
    chroms : sequence of str
        Chromosomes of the pool.
    chrom_sizes : mapping of str to int
        Lengths in bp of the chromosomes of the genome, by name.
    blacklist : Blacklist
        No window of the pool touches it.
    problems : Problems
    cell_lines : sequence of str
        Training cell types; a table that names any other is a problem.
    center : "midpoint" or "summit"
        Where the window of an interval of another length is put.
    name : str
        ``training`` or ``validation``.

    Returns
    -------
    RoiPool, PoolReport
        The pool in the order of the file; empty if the file cannot be read.
    """
    known = tuple(cell_lines)
    intervals = read_peaks(Path(path), chrom_sizes, problems, what=f"{name} regions")
    if intervals is None:
        return _join(tuple(chroms), known, []), PoolReport(name, ())
    already = intervals.end - intervals.start == WINDOW_LENGTH
    starts, on_midpoint = _window_starts(intervals, center)
    starts = np.where(already, intervals.start, starts)
    on_midpoint &= ~already
    cell = _cells(intervals, known, problems)
    kind = _kinds(intervals)
    chrom, fate = _judge(intervals, starts, chroms, chrom_sizes, blacklist)
    counts = []
    groups = np.stack([cell, kind])
    for one_cell, one_kind in np.unique(groups, axis=1).T.tolist():
        mine = (cell == one_cell) & (kind == one_kind)
        label = known[one_cell] if one_cell >= 0 else NO_CELL_LINE
        counts.append(_count(label, KINDS[one_kind], intervals.path, fate[mine], on_midpoint[mine]))
    kept = fate == _KEPT
    pool = RoiPool(tuple(chroms), known, chrom[kept], starts[kept], kind[kept], cell[kept])
    report = PoolReport(name, tuple(counts))
    _check_filled(pool, report, problems)
    return pool, report


def count_by_chromosome(
    sample: Sample,
    listed: Sequence[str],
    chrom_sizes: Mapping[str, int],
    blacklist: Blacklist,
    problems: Problems,
    *,
    center: Center = "midpoint",
) -> list[tuple[list[SourceCount], int]]:
    """Count what would become of the peaks of a cell type, chromosome by chromosome; each file is read once.

    Parameters
    ----------
    sample : Sample
        Its label does not matter; peak files that are not given are skipped.
    listed : sequence of str
        Chromosomes to count one by one; the others of the genome are counted together.
    chrom_sizes, blacklist, problems, center
        As in :func:`build_pools`.

    Returns
    -------
    list of (list of SourceCount, int)
        For each peak file that could be read: what became of the intervals on each chromosome that is listed and, last,
        on the others; and how many intervals are on names that the genome lacks.
    """
    found = []
    place = {chrom: row for row, chrom in enumerate(listed)}
    others, unknown = len(place), len(place) + 1
    # A name that the genome lacks has the index -1.
    row_of = np.array([*(place.get(chrom, others) for chrom in chrom_sizes), unknown], dtype=np.int64)
    for kind, path in zip(KINDS, (sample.atac_peaks, sample.chip_peaks), strict=False):
        intervals = None if path is None else read_peaks(path, chrom_sizes, problems, what=f"{kind} peaks")
        if path is None or intervals is None:
            continue
        starts, _ = _window_starts(intervals, center)
        chrom, fate = _judge(intervals, starts, list(chrom_sizes), chrom_sizes, blacklist)
        table = np.bincount(row_of[chrom] * _FATES + fate, minlength=(unknown + 1) * _FATES).reshape(-1, _FATES)
        counts = [SourceCount(sample.cell_line, kind, path, sum(row), *row) for row in table[:-1].tolist()]
        found.append((counts, int(table[-1].sum())))
    return found


def tell_of_pools(pools: Mapping[str, tuple[RoiPool, PoolReport]], *, center: Center) -> None:
    """Log what is unusual about pools that can be used: regions without a summit, cell types without a region.

    Parameters
    ----------
    pools : mapping of str to (RoiPool, PoolReport)
        By the pool's name.
    center : "midpoint" or "summit"
        What was asked for.
    """
    for name, (pool, report) in pools.items():
        by_file: dict[Path | str, tuple[int, int]] = {}
        for source in report.sources:
            without, kept = by_file.get(source.path, (0, 0))
            by_file[source.path] = (without + source.without_summit, kept + source.kept)
        for cell_line, count in pool.counts_by_cell().items():
            # Regions of no cell type are read in all of them.
            if not count and (pool.cell >= 0).all():
                before = sum(source.intervals for source in report.sources if source.cell_line == cell_line)
                logger.warning("no %s region of %s is left, of %s intervals", name, cell_line, f"{before:,}")
        if center != "summit":
            continue
        total = report.total()
        if len(by_file) > 1:
            by_file["all files"] = (total.without_summit, total.kept)
        for path, (without, kept) in by_file.items():
            if without:
                logger.log(
                    logging.WARNING if without == kept else logging.INFO,
                    "--center summit: %s of %s %s regions have no summit and lie on their midpoints: %s",
                    f"{without:,}",
                    f"{kept:,}",
                    name,
                    path,
                )


def read_peaks(
    path: Path, chrom_sizes: Mapping[str, int], problems: Problems, *, what: str, may_be_empty: bool = False
) -> Intervals | None:
    """Read a file of intervals, and check that it belongs to the genome.

    Parameters
    ----------
    path : Path
        BED, narrowPeak or a table of regions; plain or gzipped.
    chrom_sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    problems : Problems
        Gets one if the file cannot be read, has the names of another genome, or if more than 1 % of the intervals reach
        beyond their chromosome. Of fewer the log tells, and the caller leaves them out.
    what : str
        What the file should hold, for messages.
    may_be_empty : bool
        Whether a file without an interval will do.

    Returns
    -------
    Intervals or None
        None if the file cannot be used.
    """
    intervals = read_intervals(path, problems, what=what, may_be_empty=may_be_empty)
    if intervals is None:
        return None
    if not check_chrom_names(intervals.chrom.counts(), path, chrom_sizes, problems):
        return None
    sizes = intervals.chrom.looked_up(chrom_sizes)
    known = sizes >= 0
    beyond = np.flatnonzero(known & (intervals.end > sizes))
    if not len(beyond):
        return intervals
    first = beyond[0]
    chrom = intervals.chrom.names[intervals.chrom.codes[first]]
    told = (
        f"{len(beyond):,} of {int(known.sum()):,} intervals reach beyond their chromosome's end, first "
        f"{chrom}:{intervals.start[first]}-{intervals.end[first]}, where {chrom} has {sizes[first]} bp"
    )
    line = int(intervals.line[first])
    if len(beyond) > MAX_BEYOND_END * known.sum():
        problems.add("size", told, hint="another genome build?", file=path, line=line)
        return None
    logger.warning("%s, line %d: %s; left out", path, line, told)
    return intervals


def _window_starts(intervals: Intervals, center: Center) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Place a window on each interval; also tells which ones are on a midpoint because their summit is not known."""
    midpoint = centre(intervals.start, intervals.end)
    if center == "midpoint":
        return midpoint, np.zeros(len(intervals), dtype=np.bool_)
    unknown = intervals.summit < 0
    return np.where(unknown, midpoint, centre(intervals.summit, intervals.summit + 1)), unknown


def _judge(
    intervals: Intervals,
    starts: NDArray[np.int64],
    chroms: Sequence[str],
    chrom_sizes: Mapping[str, int],
    blacklist: Blacklist,
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Filter windows; returns the index into ``chroms`` (-1 for another) and what became of each interval."""
    place = {name: index for index, name in enumerate(chroms) if name in chrom_sizes}
    chrom = intervals.chrom.looked_up(place).astype(np.int32)
    sizes = intervals.chrom.looked_up(chrom_sizes)
    fate = np.full(len(starts), _KEPT, dtype=np.int8)
    # From the last filter to the first, so that the first one that an interval fails is what counts.
    for index, here in rows_by_code(chrom):
        if index < 0:
            continue
        black = blacklist.overlaps(chroms[index], starts[here], starts[here] + WINDOW_LENGTH)
        fate[here[black]] = _BLACKLISTED
    fate[~fits(starts, sizes)] = _OFF_END
    fate[intervals.end > sizes] = _BEYOND_END
    fate[chrom < 0] = _OTHER_CHROMOSOME
    return chrom, fate


def _count(
    cell_line: str, kind: str, path: Path, fate: NDArray[np.int8], on_midpoint: NDArray[np.bool_]
) -> SourceCount:
    """Count what became of the intervals of a source."""
    counts = np.bincount(fate, minlength=_FATES).tolist()
    counts.append(int((on_midpoint & (fate == _KEPT)).sum()))
    return SourceCount(cell_line, kind, path, len(fate), *counts)


def _join(chroms: tuple[str, ...], cell_lines: tuple[str, ...], parts: Sequence[RoiPool]) -> RoiPool:
    """Put pools behind one another."""
    return RoiPool(
        chroms,
        cell_lines,
        np.concatenate([np.empty(0, dtype=np.int32), *(part.chrom for part in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(part.start for part in parts)]),
        np.concatenate([np.empty(0, dtype=np.int8), *(part.kind for part in parts)]),
        np.concatenate([np.empty(0, dtype=np.int32), *(part.cell for part in parts)]),
    )


def _check_filled(pool: RoiPool, report: PoolReport, problems: Problems) -> None:
    """Add a problem, with what each filter took, if the pool is empty although chromosomes are wanted."""
    if len(pool) or not pool.chroms:
        return
    total = report.total()
    files = first_few(dict.fromkeys(str(source.path) for source in report.sources))
    told = (
        f"no {report.name} region is left: of {total.intervals:,} intervals ({files or 'no peak file given'}) "
        f"{total.other_chromosomes:,} are on other chromosomes than {first_few(pool.chroms)}, "
        f"{total.beyond_end:,} beyond a chromosome's end, {total.off_end:,} too near an end for a window, "
        f"{total.blacklisted:,} blacklisted"
    )
    problems.add("regions", told)


def _cells(intervals: Intervals, known: Sequence[str], problems: Problems) -> NDArray[np.int32]:
    """Index of the cell type of each region, -1 for none; a name that is not known is a problem."""
    if intervals.cell_line is None:
        return np.full(len(intervals), -1, dtype=np.int32)
    names = intervals.cell_line.names
    place = {name: index for index, name in enumerate(known)}
    used = np.unique(intervals.cell_line.codes).tolist()
    unknown = [code for code in used if names[code] not in ("", NO_CELL_LINE) and names[code] not in place]
    if unknown:
        line = intervals.line[np.flatnonzero(intervals.cell_line.codes == unknown[0])[0]]
        told = f"no training cell type is called {first_few(names[code] for code in unknown)}"
        problems.add("value", told, hint=f"there are {first_few(known)}", file=intervals.path, line=int(line))
    return intervals.cell_line.looked_up(place).astype(np.int32)


def _kinds(intervals: Intervals) -> NDArray[np.int8]:
    """Index of the kind of each region."""
    unnamed = KINDS.index("ROI")
    if intervals.roi_type is None:
        return np.full(len(intervals), unnamed, dtype=np.int8)
    place = {name: KINDS.index(name.upper()) for name in intervals.roi_type.names if name.upper() in KINDS}
    return intervals.roi_type.looked_up(place, missing=unnamed).astype(np.int8)

"""Regions of interest as files: read as they are given, written as they were pooled."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.data.regions import (
    _KEPT,
    KINDS,
    PoolReport,
    RoiPool,
    _check_filled,
    _count,
    _join,
    _judge,
    _read_checked,
    _window_starts,
)
from maxatac.errors import Problems
from maxatac.files.atomic import replacing
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.intervals import NO_CELL_LINE, TABLE_HEADER, Intervals
from maxatac.genome.windows import WINDOW_LENGTH
from maxatac.wording import some

if TYPE_CHECKING:
    from maxatac.data.regions import Center


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
    intervals = _read_checked(Path(path), chrom_sizes, problems, what=f"{name} regions")
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
    pool = RoiPool(tuple(chroms), known, chrom, starts, kind, cell).select(fate == _KEPT)
    report = PoolReport(name, tuple(counts))
    _check_filled(pool, report, problems)
    return pool, report


def save_roi(pool: RoiPool, prefix: str | os.PathLike[str], name: str) -> list[Path]:
    """Write a pool and its counts.

    Three files, each complete when it appears: ``<prefix>_<name>_ROI.bed.gz`` (the regions, with a header; the same
    bytes for the same pool), ``..._ROI_stats.txt`` (regions per chromosome, cell type and kind) and
    ``..._ROI_totalregions_stats.txt`` (regions per cell type and kind, and in all).

    Parameters
    ----------
    pool : RoiPool
        What to write.
    prefix : path-like
        Output folder and prefix of the run.
    name : str
        ``training`` or ``validation``.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    base = Path(prefix)
    chroms = [pool.chroms[code] for code in pool.chrom.tolist()]
    kinds = [KINDS[code] for code in pool.kind.tolist()]
    cells = [_cell_name(pool, code) for code in pool.cell.tolist()]
    table = ["#" + "\t".join(TABLE_HEADER)]
    for chrom, start, kind, cell in zip(chroms, pool.start.tolist(), kinds, cells, strict=True):
        table.append(f"{chrom}\t{start}\t{start + WINDOW_LENGTH}\t{kind}\t{cell}")
    stats = ["Chr\tCell_Line\tROI_Type\tCount"]
    for (one_chrom, one_cell, one_kind), count in _counts(pool.chrom, pool.cell, pool.kind):
        stats.append(f"{pool.chroms[one_chrom]}\t{_cell_name(pool, one_cell)}\t{KINDS[one_kind]}\t{count}")
    totals = ["Cell_Line\tROI_Type\tCount"]
    for (one_cell, one_kind), count in _counts(pool.cell, pool.kind):
        totals.append(f"{_cell_name(pool, one_cell)}\t{KINDS[one_kind]}\t{count}")
    totals.append(f"total\t\t{len(pool)}")
    contents = {
        f"{base.name}_{name}_ROI.bed.gz": _gzipped(_text(table)),
        f"{base.name}_{name}_ROI_stats.txt": _text(stats),
        f"{base.name}_{name}_ROI_totalregions_stats.txt": _text(totals),
    }
    for file_name, content in contents.items():
        with replacing(base.parent / file_name) as partial:
            partial.write_bytes(content)
    return [base.parent / file_name for file_name in contents]


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
        told = f"no training cell type is called {some(names[code] for code in unknown)}"
        problems.add("value", told, hint=f"there are {some(known)}", file=intervals.path, line=int(line))
    places = np.array([place.get(name, -1) for name in names], dtype=np.int32)
    return np.asarray(places[intervals.cell_line.codes], dtype=np.int32)


def _kinds(intervals: Intervals) -> NDArray[np.int8]:
    """Index of the kind of each region."""
    unnamed = KINDS.index("ROI")
    if intervals.roi_type is None:
        return np.full(len(intervals), unnamed, dtype=np.int8)
    place = {name: index for index, name in enumerate(KINDS)}
    places = np.array([place.get(name.upper(), unnamed) for name in intervals.roi_type.names], dtype=np.int8)
    return np.asarray(places[intervals.roi_type.codes], dtype=np.int8)


def _counts(*columns: NDArray[np.integer]) -> list[tuple[tuple[int, ...], int]]:
    """Count the different rows of some columns, in ascending order."""
    rows, counts = np.unique(np.stack([column.astype(np.int64) for column in columns]), axis=1, return_counts=True)
    return [(tuple(row), count) for row, count in zip(rows.T.tolist(), counts.tolist(), strict=True)]


def _cell_name(pool: RoiPool, cell: int) -> str:
    """Name of a cell type; ``.`` for none."""
    return pool.cell_lines[cell] if cell >= 0 else NO_CELL_LINE


def _text(lines: Sequence[str]) -> bytes:
    """Join lines."""
    return ("\n".join(lines) + "\n").encode()


def _gzipped(content: bytes) -> bytes:
    """Pack without name and time, which would make the bytes differ from run to run."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()

"""Regions of interest as files: written as they were pooled."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.data.regions import KINDS, RoiPool
from maxatac.files.atomic import replacing
from maxatac.genome.intervals import NO_CELL_LINE, TABLE_HEADER
from maxatac.genome.windows import WINDOW_LENGTH


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

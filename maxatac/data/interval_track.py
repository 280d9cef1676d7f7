"""Intervals of a BED file in the place of a track."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import Problems
from maxatac.files.sniff import check_file
from maxatac.genome.intervals import Intervals, parse_intervals, read_bytes, rows_by_code

_SCORE, _VALUE = 4, 6  # columns of BED and narrowPeak, from 0
_BEDGRAPH, _NARROW_PEAK = 4, 10  # columns


class IntervalTrack:
    """A track with the score of the highest interval at each base, and 0 elsewhere.

    Parameters
    ----------
    intervals : Intervals
    scores : shape (n,), float32
        Of each interval.
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp. The track has those with an interval.
    """

    def __init__(self, intervals: Intervals, scores: NDArray[np.float32], sizes: Mapping[str, int]) -> None:
        self.path = str(intervals.path)
        self.chrom_sizes = {name: sizes[name] for name in intervals.chrom.counts() if name in sizes}
        self._by_chrom: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], int]] = {}
        for code, rows in rows_by_code(intervals.chrom.codes):
            rows = rows[np.argsort(intervals.start[rows], kind="stable")]
            starts, ends = intervals.start[rows], intervals.end[rows]
            longest = int((ends - starts).max())
            self._by_chrom[intervals.chrom.names[code]] = starts, ends, scores[rows], longest

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read [start, end), in bp, of one of ``chrom_sizes``: shape (end - start,), float32."""
        starts, ends, scores, longest = self._by_chrom[chrom]
        first, last = np.searchsorted(starts, [start - longest, end])
        near = first + np.flatnonzero(ends[first:last] > start)
        found = np.zeros(end - start, np.float32)
        # The highest comes last, and so stays.
        for row in near[np.argsort(scores[near], kind="stable")].tolist():
            found[max(int(starts[row]) - start, 0) : int(ends[row]) - start] = scores[row]
        return found


def read_scored_intervals(path: Path, problems: Problems) -> tuple[Intervals, NDArray[np.float32]] | None:
    """Read the intervals of a BED or narrowPeak file with their scores.

    Parameters
    ----------
    path : Path
    problems : Problems

    Returns
    -------
    (Intervals, array of shape (n,), float32) or None
        The score is column 7 of a narrowPeak, column 4 of a file with four columns, else column 5; 1 for all where one
        of them is no number. None if something is wrong.
    """
    if not check_file(path, problems, what="prediction"):
        return None
    data = read_bytes(path, problems)
    intervals = None if data is None else parse_intervals(path, data, "prediction", problems)
    if data is None or intervals is None:
        return None
    lines = data.splitlines()
    rows = [_split(lines[number - 1]) for number in intervals.line.tolist()]
    for column in (_VALUE, _BEDGRAPH - 1, _SCORE):
        is_meant = {_VALUE: len(rows[0]) == _NARROW_PEAK, _BEDGRAPH - 1: len(rows[0]) == _BEDGRAPH}.get(column, True)
        scores = _numbers(rows, column) if is_meant else None
        if scores is not None:
            return intervals, scores
    return intervals, np.ones(len(intervals), np.float32)


def _split(line: bytes) -> list[bytes]:
    return line.split(b"\t") if b"\t" in line else line.split()


def _numbers(rows: list[list[bytes]], column: int) -> NDArray[np.float32] | None:
    """Read a column of finite numbers; None if an entry is none."""
    try:
        values = [float(row[column]) for row in rows]
    except (ValueError, IndexError):
        return None
    return np.array(values, np.float32) if all(map(math.isfinite, values)) else None

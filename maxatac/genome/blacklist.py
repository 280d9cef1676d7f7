"""Regions that no window may touch."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maxatac.errors import Problem, Problems, TrackError
from maxatac.files.sniff import check_file, sniff_bytes
from maxatac.genome.chroms import MAX_BEYOND_END, check_chrom_names, relevant_names
from maxatac.genome.intervals import parse_intervals, read_bytes, rows_by_code
from maxatac.genome.spans import Spans, merge, overlaps
from maxatac.wording import first_few

logger = logging.getLogger(__name__)


class Blacklist:
    """Regions that no window may touch, merged and sorted.

    Parameters
    ----------
    intervals : mapping of str to (starts, ends), each of shape (n,)
        Per chromosome, in bp, in any order; overlapping and touching ones become one, empty ones vanish.
    source : str
        The file they come from, for messages.
    """

    def __init__(self, intervals: Mapping[str, tuple[ArrayLike, ArrayLike]], source: str = "") -> None:
        self.source = source
        self._spans: dict[str, Spans] = {}
        for chrom, columns in intervals.items():
            spans = np.stack(columns, axis=1).astype(np.int64)
            if len(merged := merge(spans[spans[:, 1] > spans[:, 0]])):
                self._spans[chrom] = merged

    @classmethod
    def empty(cls) -> Blacklist:
        """Make a blacklist that forbids nothing."""
        return cls({})

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes with at least one interval."""
        return tuple(self._spans)

    def __len__(self) -> int:
        """Count the merged intervals."""
        return sum(map(len, self._spans.values()))

    def spans(self, chrom: str) -> Spans:
        """Get the merged intervals of a chromosome, ascending; none for a chromosome without any."""
        return self._spans.get(chrom, merge(np.empty((0, 2), np.int64)))

    def joined(self, other: Blacklist) -> Blacklist:
        """Put two blacklists together."""
        chroms = dict.fromkeys((*self.chroms, *other.chroms))
        parts = {chrom: np.concatenate((self.spans(chrom), other.spans(chrom))) for chrom in chroms}
        return Blacklist({chrom: (spans[:, 0], spans[:, 1]) for chrom, spans in parts.items()}, self.source)

    def overlaps(self, chrom: str, starts: ArrayLike, ends: ArrayLike) -> NDArray[np.bool_]:
        """Tell which intervals share at least one base with the blacklist.

        Parameters
        ----------
        chrom : str
            Chromosome of all the intervals.
        starts, ends : shape (n,), integers
            In bp, each at least one base long.

        Returns
        -------
        shape (n,), bool
        """
        return overlaps(self.spans(chrom), np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64))


def check_blacklist(
    blacklist: Blacklist,
    chrom_sizes: Mapping[str, int],
    problems: Problems,
    *,
    used: Collection[str],
    is_partial: bool = False,
) -> None:
    """Check that a blacklist belongs to the genome; one that touches no chromosome in use is warned of.

    Parameters
    ----------
    blacklist : Blacklist
        Nothing is checked if it is empty.
    chrom_sizes : mapping of str to int
        Lengths in bp, by name.
    problems : Problems
        Gets one if the names are not those of the genome (see :func:`check_chrom_names`), or if more than 1 % of the
        intervals end beyond their chromosome.
    used : collection of str
        Chromosomes that the run uses.
    is_partial : bool
        Whether ``chrom_sizes`` may be of a part of the genome; see :func:`relevant_names`.
    """
    names = relevant_names(blacklist.chroms, chrom_sizes) if is_partial else blacklist.chroms
    counts = {chrom: len(blacklist.spans(chrom)) for chrom in names}
    if not counts or not check_chrom_names(counts, blacklist.source, chrom_sizes, problems):
        return
    if used and not any(chrom in counts for chrom in used):
        logger.warning(
            "%s: no interval of the blacklist is on a chromosome that the run uses (%s): it changes nothing; it has %s",
            blacklist.source,
            first_few(used),
            first_few(counts),
        )
    shared = [chrom for chrom in blacklist.chroms if chrom in chrom_sizes]
    total = sum(counts[chrom] for chrom in shared)
    ends = {chrom: blacklist.spans(chrom)[:, 1] for chrom in shared}
    beyond = {chrom: ends[chrom][ends[chrom] > chrom_sizes[chrom]] for chrom in shared}
    count = sum(map(len, beyond.values()))
    if not count:
        return
    first = next(chrom for chrom in shared if len(beyond[chrom]))
    told = (
        f"{count:,} of {total:,} blacklist intervals end beyond their chromosome, such as one at {beyond[first][0]:,} "
        f"on {first} of {chrom_sizes[first]:,} bp"
    )
    if count > MAX_BEYOND_END * total:
        problems.add("size", told, hint="another genome build?", file=blacklist.source)
    else:
        logger.warning("%s: %s: what lies beyond is left out", blacklist.source, told)


# In pieces of this many bp, a bigWig's intervals stay small even with a value per base.
_BIGWIG_PIECE = 10_000_000


def read_blacklist(path: str | os.PathLike[str], problems: Problems) -> Blacklist:
    """Read a blacklist from BED or bigWig, plain or gzipped.

    Parameters
    ----------
    path : path-like
        BED text, or a bigWig whose blacklisted bases have a value above 0.
    problems : Problems

    Returns
    -------
    Blacklist
        Empty if something is wrong.
    """
    if not check_file(path, problems, what="blacklist"):
        return Blacklist.empty()
    data = read_bytes(path, problems)
    if data is None:
        return Blacklist.empty()
    if sniff_bytes(data) == "bigWig":
        return _read_bigwig(path, data, problems)
    intervals = parse_intervals(Path(path), data, "blacklist", problems)
    if intervals is None:
        return Blacklist.empty()
    rows = {intervals.chrom.names[code]: rows for code, rows in rows_by_code(intervals.chrom.codes)}
    return Blacklist({name: (intervals.start[here], intervals.end[here]) for name, here in rows.items()}, str(path))


def _read_bigwig(path: str | os.PathLike[str], data: bytes, problems: Problems) -> Blacklist:
    """Take the intervals with a value above 0 from a bigWig."""
    with open(path, "rb") as file:
        packed = sniff_bytes(file.read(16)) == "gzip"
    try:
        if not packed:
            return Blacklist(_positive_intervals(path), source=str(path))
        # The reader opens files only.
        with tempfile.NamedTemporaryFile(suffix=".bw") as unpacked:
            unpacked.write(data)
            unpacked.flush()
            return Blacklist(_positive_intervals(unpacked.name), source=str(path))
    except (OSError, TrackError) as error:
        # A packed one was read from a temporary file.
        fault = Problem.of(error)
        problems.add(fault.kind, f"the blacklist bigWig cannot be read: {fault.found}", file=path)
        return Blacklist.empty()


def _positive_intervals(path: str | os.PathLike[str]) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Read a bigWig's intervals with a value above 0; raises TrackError if it is damaged."""
    from maxatac._core import Track

    track = Track(path)
    intervals: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for chrom, size in track.chrom_sizes.items():
        pieces = []
        for piece in range(0, size, _BIGWIG_PIECE):
            # An interval across a border comes with both pieces; merging makes it one again.
            starts, ends, values = track.intervals(chrom, piece, min(piece + _BIGWIG_PIECE, size))
            pieces.append(np.stack((starts, ends))[:, values > 0])
        starts, ends = np.concatenate(pieces, axis=1) if pieces else np.empty((2, 0), np.int64)
        intervals[chrom] = (starts, ends)
    return intervals

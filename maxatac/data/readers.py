"""What is read: protocols of genome and track, and reading ahead of use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.windows import WINDOW_LENGTH

_T = TypeVar("_T")

_Item = TypeVar("_Item")


class GenomeReader(Protocol):
    """What is used of ``maxatac.Genome``."""

    @property
    def chrom_sizes(self) -> Mapping[str, int]:
        """Chromosome lengths in bp."""

    def one_hot(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read bases as rows of A, C, G, T; all zero for N."""


class TrackReader(Protocol):
    """What is used of ``maxatac.Track``."""

    @property
    def chrom_sizes(self) -> Mapping[str, int]:
        """Chromosome lengths in bp."""

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read one value per base; NaN where there is no data."""


def read_overlapping(
    genome: GenomeReader,
    track: TrackReader,
    chrom: str,
    starts: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Read windows as ``maxatac.read_windows`` does, each base once where windows overlap.

    Parameters
    ----------
    genome : Genome
    track : Track
        No data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
    starts : shape (windows,), int64
        Rising.

    Returns
    -------
    shape (windows, 1024, 5), float32
    """
    windows = np.empty((len(starts), WINDOW_LENGTH, 5), dtype=np.float32)
    has_track = chrom in track.chrom_sizes
    gaps = np.flatnonzero(np.diff(starts) > WINDOW_LENGTH) + 1
    for begin, end in zip([0, *gaps.tolist()], [*gaps.tolist(), len(starts)], strict=True):
        first, last = int(starts[begin]), int(starts[end - 1]) + WINDOW_LENGTH
        span = np.zeros((last - first, 5), dtype=np.float32)
        span[:, :4] = genome.one_hot(chrom, first, last)
        if has_track:
            values = track.values(chrom, first, last)
            span[:, 4] = np.where(np.isnan(values), 0, values)
        for row in range(begin, end):
            offset = int(starts[row]) - first
            windows[row] = span[offset : offset + WINDOW_LENGTH]
    return windows


def reverse_complement(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn windows round: A, C, G, T reversed is T, G, C, A."""
    return np.ascontiguousarray(windows[:, ::-1, [3, 2, 1, 0, 4]])


def read_ahead(make: Callable[[_Item], _T], items: Iterable[_Item]) -> Iterator[_T]:
    """Give what is made of each item in turn; each is made, in a thread, while the one before is being used."""
    with ThreadPoolExecutor(1, "maxatac-read-ahead") as reader:
        coming: list[Future[_T]] = []
        for item in items:
            ready = [future.result() for future in coming]
            coming = [reader.submit(make, item)]
            yield from ready
        yield from [future.result() for future in coming]

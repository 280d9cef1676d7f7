"""Reading windows: protocols of genome and track, and reading ahead of use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T")

_Item = TypeVar("_Item")


class GenomeReader(Protocol):
    """What is used of ``maxatac.Genome``."""

    @property
    def chrom_sizes(self) -> Mapping[str, int]:
        """Chromosome lengths in bp."""

    def one_hot(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read [start, end), in bp: shape (end - start, 4), float32, columns A, C, G, T; all zero for N."""


class TrackReader(Protocol):
    """What is used of ``maxatac.Track``."""

    @property
    def chrom_sizes(self) -> Mapping[str, int]:
        """Chromosome lengths in bp."""

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read [start, end), in bp: shape (end - start,), float32; NaN where there is no data."""


def read_ahead(make: Callable[[_Item], _T], items: Iterable[_Item]) -> Iterator[_T]:
    """Apply a function to items in order, in a thread, one item ahead of use.

    Parameters
    ----------
    make : callable
        Called with each item; what it raises is raised when the item's turn comes.
    items : iterable

    Yields
    ------
    object
        What ``make`` returns, in the order of the items.
    """
    with ThreadPoolExecutor(1, "maxatac-read-ahead") as reader:
        coming: list[Future[_T]] = []
        for item in items:
            ready = [future.result() for future in coming]
            coming = [reader.submit(make, item)]
            yield from ready
        yield from [future.result() for future in coming]

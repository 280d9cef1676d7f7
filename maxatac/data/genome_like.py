"""Genome-like windows: tiled over a set of chromosomes, and their batches."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.blacklist import Blacklist
from maxatac.genome.windows import BINS, WINDOW_LENGTH
from maxatac.wording import first_few

if TYPE_CHECKING:
    from maxatac._core import WindowReader

UNKNOWN = -1.0

_PIECE = 4096  # windows whose targets are read at a time

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


class Batches(Protocol):
    """What is used of a dataset."""

    def __len__(self) -> int:
        """Batches."""

    def __getitem__(self, index: int, /) -> Batch:
        """Make a batch, or this process's rows of it: inputs and targets."""

    def whole(self) -> Batches:
        """Make the same batches with all rows."""


@dataclass(frozen=True, eq=False)
class GenomeWindows:
    """Windows of the genome-like set, sorted by cell type, chromosome and start.

    Attributes
    ----------
    chroms : tuple of str
        The validation chromosomes.
    cell : shape (n,), int32
        Index into the training cell types.
    chrom : shape (n,), int32
        Index into ``chroms``.
    start : shape (n,), int64
        In bp, a multiple of 1,024.
    possible : int
        Windows that they were drawn from.
    """

    chroms: tuple[str, ...]
    cell: NDArray[np.int32]
    chrom: NDArray[np.int32]
    start: NDArray[np.int64]
    possible: int

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.start)


def draw_genome_windows(
    sizes: Mapping[str, int],
    chroms: Sequence[str],
    cell_types: int,
    blacklist: Blacklist,
    *,
    number: int | None,
    seed: int,
) -> GenomeWindows:
    """Choose windows from those that tile the chromosomes side by side, in every cell type.

    Each chromosome in each cell type gives its share, so that the set is a small genome in a few cell types. Which of
    its windows are taken is a pure function of the seed and the place of chromosome and cell type in their lists.

    Parameters
    ----------
    sizes : mapping of str to int
        Lengths in bp, by name.
    chroms : sequence of str
        Chromosomes to tile, from the first base on; a remainder that does not fill a window is left out.
    cell_types : int
        How many there are.
    blacklist : Blacklist
        Windows that touch it are left out.
    number : int or None
        How many windows to take; all, if there are no more or if it is None.
    seed : int
        Of the run.

    Returns
    -------
    GenomeWindows
    """
    tiles = []
    for name in chroms:
        starts = np.arange(0, sizes[name] - WINDOW_LENGTH + 1, WINDOW_LENGTH, dtype=np.int64)
        tiles.append(starts[~blacklist.overlaps(name, starts, starts + WINDOW_LENGTH)])
    strata = [(cell, chrom) for cell in range(cell_types) for chrom in range(len(tiles))]
    available = np.array([len(tiles[chrom]) for _, chrom in strata], dtype=np.int64)
    possible = int(available.sum())
    taken = available if number is None else _shares(available, min(number, possible))
    # Each begins with nothing, so that nothing can be all there is.
    taken_starts = [np.empty(0, np.int64)]
    cells, chrom_codes = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for (cell, chrom), size in zip(strata, taken.tolist(), strict=True):
        # The numbers of Philox are the same in every version of numpy, those of its Generators need not be.
        draws = np.random.Philox(np.random.SeedSequence([seed, cell, chrom])).random_raw(len(tiles[chrom]))
        chosen = np.sort(np.argsort(draws, kind="stable")[:size])
        taken_starts.append(tiles[chrom][chosen])
        cells.append(np.full(size, cell, dtype=np.int32))
        chrom_codes.append(np.full(size, chrom, dtype=np.int32))
    return GenomeWindows(
        chroms=tuple(chroms),
        cell=np.concatenate(cells),
        chrom=np.concatenate(chrom_codes),
        start=np.concatenate(taken_starts),
        possible=possible,
    )


def _shares(available: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Split a number in proportion, in whole parts: what is left over goes to the largest remainders."""
    total = max(int(available.sum()), 1)
    shares = available * number // total
    remainders = available * number % total
    left = number - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares


class GenomeBatches:
    """The windows of the genome-like set, read batch by batch.

    Every batch has the same size; the last is filled up with windows whose targets are unknown. Only the batches that
    are being used are in memory.

    Parameters
    ----------
    windows : GenomeWindows
        What to read.
    reader : WindowReader
        Of the training cell types.
    batch_size : int
    scale : float or None
        Targets are 0 or 1 if None, else the bin's mean times this factor, as the sampler makes them.
    rows : tuple of int, optional
        First row of each batch that is read, and the one behind the last, where several processes share it.

    Attributes
    ----------
    windows : GenomeWindows
    reader : WindowReader
        As given.
    seconds : float
        Time spent making batches so far.
    """

    def __init__(
        self,
        windows: GenomeWindows,
        reader: WindowReader,
        *,
        batch_size: int,
        scale: float | None = None,
        rows: tuple[int, int] | None = None,
    ) -> None:
        self._rows = (0, batch_size) if rows is None else rows
        self.windows = windows
        self.reader = reader
        self.seconds = 0.0
        self._chrom = reader.chrom_numbers(windows.chroms)[windows.chrom]
        self._batch_size = batch_size
        self._scale = scale

    def __len__(self) -> int:
        """Batches."""
        return -(-len(self.windows) // self._batch_size)

    def cells(self, index: int) -> NDArray[np.int32]:
        """Cell types of the windows of a whole batch; shorter than the batch where that was filled up."""
        return self.windows.cell[index * self._batch_size :][: self._batch_size]

    def whole(self) -> GenomeBatches:
        """Make the same set with all rows of each batch."""
        if self._rows == (0, self._batch_size):
            return self
        whole = copy.copy(self)
        whole._rows = (0, self._batch_size)
        return whole

    def __getitem__(self, index: int) -> Batch:
        """One batch, or the rows of it that are this process's.

        Returns
        -------
        inputs : shape (rows, 1024, 5), float32
        targets : shape (rows, 32), float32

        Raises
        ------
        GenomeError, TrackError, OSError
            If a file turns out to be damaged, or was cut short since it was opened.
        """
        begin = time.perf_counter()
        first, last = (index * self._batch_size + row for row in self._rows)
        read = slice(first, last)
        inputs = self.reader.inputs(self.windows.cell[read], self._chrom[read], self.windows.start[read])
        targets = self._targets(read)
        if missing := last - first - len(targets):
            inputs = np.concatenate([inputs, np.zeros((missing, WINDOW_LENGTH, 5), dtype=np.float32)])
            targets = np.concatenate([targets, np.full((missing, BINS), UNKNOWN, dtype=np.float32)])
        self.seconds += time.perf_counter() - begin
        return inputs, targets

    def _targets(self, rows: slice) -> NDArray[np.float32]:
        return self.reader.targets(
            self.windows.cell[rows],
            self._chrom[rows],
            self.windows.start[rows],
            quantitative=self._scale is not None,
            target_scale_factor=self._scale or 1.0,
        )

    def mean_binding(self, index: int, others: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Average the binding of other cell types at the windows of a batch.

        Parameters
        ----------
        index : int
        others : sequence of sequences of int
            For each cell type, those to average.

        Returns
        -------
        shape (windows, 32), float32
            Mean per base; no data counts as 0.
        """
        first = index * self._batch_size
        cells = self.cells(index)
        means = np.zeros((len(cells), BINS), dtype=np.float32)
        for cell in np.unique(cells).tolist():
            rows = np.flatnonzero(cells == cell)
            chrom, start = self._chrom[first + rows], self.windows.start[first + rows]
            for other in others[cell]:
                track = np.full(len(rows), other, dtype=np.int32)
                values = self.reader.targets(track, chrom, start, quantitative=True)
                means[rows] += values.astype(np.float64) / len(others[cell])
        return means

    def description(self) -> str:
        """Word what the set is, for the log."""
        return (
            f"genome-like validation: {len(self.windows):,} of the {self.windows.possible:,} windows "
            f"of {first_few(self.windows.chroms)} in {len(self.reader.signal)} cell types"
        )

    def count_bound(self, threshold: float) -> int:
        """Count the bins whose target is above a threshold."""
        pieces = (slice(first, first + _PIECE) for first in range(0, len(self.windows), _PIECE))
        return sum(int((self._targets(piece) > threshold).sum()) for piece in pieces)

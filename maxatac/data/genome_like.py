"""Genome-like windows: tiled over a set of chromosomes, and their batches."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Genome, Track, read_windows
from maxatac.data.bins import is_bound, sum_bins
from maxatac.errors import InputError, Problem, TrackError
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.windows import BIN_SIZE, BINS, WINDOW_LENGTH
from maxatac.wording import some

if TYPE_CHECKING:
    from maxatac.training.inputs import Inputs
    from maxatac.training.settings import TrainConfig

logger = logging.getLogger(__name__)

MANY_WINDOWS = 10_000
"""So many genome-like windows are taken by default, or a quarter of those around peaks where that is more."""

UNKNOWN = -1.0

_PIECE = 64  # windows that one thread reads at a time

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
    genome : Genome
    signal, binding : sequence of Track
        Of each training cell type.
    batch_size : int
    scale : float or None
        Targets are 0 or 1 if None, else the bin's mean times this factor, as the sampler makes them.
    threads : int
        Threads that read a batch; the numbers do not depend on it.
    rows : tuple of int, optional
        First row of each batch that is read, and the one behind the last, where several processes share it.

    Attributes
    ----------
    windows : GenomeWindows
    signal, binding : tuple of Track
        As given.
    seconds : float
        Time spent making batches so far.
    """

    def __init__(
        self,
        windows: GenomeWindows,
        genome: Genome,
        signal: Sequence[Track],
        binding: Sequence[Track],
        *,
        batch_size: int,
        scale: float | None = None,
        threads: int = 1,
        rows: tuple[int, int] | None = None,
    ) -> None:
        self._rows = (0, batch_size) if rows is None else rows
        self.windows = windows
        self.signal, self.binding = tuple(signal), tuple(binding)
        self.seconds = 0.0
        self._genome = genome
        self._named = [(track, frozenset(track.chrom_sizes)) for track in binding]
        self._batch_size = batch_size
        self._scale = scale
        self._pool = ThreadPoolExecutor(threads, "maxatac-genome-windows")

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
        start, stop = self._rows
        inputs = np.zeros((stop - start, WINDOW_LENGTH, 5), dtype=np.float32)
        targets = np.full((stop - start, BINS), UNKNOWN, dtype=np.float32)
        first = min(index * self._batch_size + start, len(self.windows))
        last = min(index * self._batch_size + stop, len(self.windows))

        def fill(begin: int, end: int) -> None:
            cell, chrom = int(self.windows.cell[begin]), self.windows.chroms[self.windows.chrom[begin]]
            starts = self.windows.start[begin:end]
            rows = slice(begin - first, end - first)
            inputs[rows] = read_windows(self._genome, self.signal[cell], chrom, starts)
            track, known = self._named[cell]
            targets[rows] = _targets(track, chrom, starts, self._scale) if chrom in known else 0.0

        list(self._pool.map(lambda piece: fill(*piece), self._pieces(first, last)))
        self.seconds += time.perf_counter() - begin
        return inputs, targets

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
        last = min(first + self._batch_size, len(self.windows))
        means = np.zeros((last - first, BINS), dtype=np.float32)

        def fill(begin: int, end: int) -> None:
            chrom = self.windows.chroms[self.windows.chrom[begin]]
            chosen = others[int(self.windows.cell[begin])]
            for cell in chosen:
                track, known = self._named[cell]
                if chrom in known:
                    values = _targets(track, chrom, self.windows.start[begin:end], 1.0)
                    means[begin - first : end - first] += values / len(chosen)

        list(self._pool.map(lambda piece: fill(*piece), self._pieces(first, last)))
        return means

    def description(self) -> str:
        """Word what the set is, for the log."""
        return (
            f"genome-like validation: {len(self.windows):,} of the {self.windows.possible:,} windows "
            f"of {some(self.windows.chroms)} in {len(self.signal)} cell types"
        )

    def count_bound(self, threshold: float) -> int:
        """Count the bins above a threshold; reads all targets once."""
        bound = 0
        for begin, end in self._pieces(0, len(self.windows)):
            track, known = self._named[int(self.windows.cell[begin])]
            chrom = self.windows.chroms[self.windows.chrom[begin]]
            if chrom in known:
                bound += int((_targets(track, chrom, self.windows.start[begin:end], self._scale) > threshold).sum())
        return bound

    def _pieces(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Cut rows into pieces that one thread reads: of one cell type and chromosome."""
        cell, chrom = self.windows.cell[first:last], self.windows.chrom[first:last]
        changes = np.flatnonzero((np.diff(cell) != 0) | (np.diff(chrom) != 0)) + 1 + first
        for begin, end in zip([first, *changes.tolist()], [*changes.tolist(), last], strict=True):
            for piece in range(begin, end, _PIECE):
                yield piece, min(piece + _PIECE, end)


def _targets(
    track: Track, chrom: str, starts: NDArray[np.int64], scale: float | None
) -> NDArray[np.floating[Any] | np.bool_]:
    """Read what the network is asked to predict, by the sampler's rule; windows side by side are read in one go."""
    sums = []
    for run in np.split(starts, np.flatnonzero(np.diff(starts) != WINDOW_LENGTH) + 1):
        sums.append(sum_bins(track.values(chrom, int(run[0]), int(run[-1]) + WINDOW_LENGTH)).reshape(-1, BINS))
    total = np.concatenate(sums)
    return is_bound(total) if scale is None else total / BIN_SIZE * scale


def genome_batches(
    config: TrainConfig, inputs: Inputs, seed: int, *, threads: int, rows: tuple[int, int] | None = None
) -> GenomeBatches | None:
    """Make the genome-like set that the settings ask for.

    Parameters
    ----------
    config : TrainConfig
    inputs : Inputs
    seed : int
    threads : int
    rows : tuple of int, optional
        See ``GenomeBatches``.

    Returns
    -------
    GenomeBatches or None
        None if there is to be none.

    Raises
    ------
    InputError
        If the set is to choose the best epoch and cannot: it has no window, or none of its bins is bound.
    """
    if config.genome_validation == 0:
        return None
    number = config.genome_validation
    if number is None:
        around_peaks = config.batches * config.val_batch_size
        number = min(around_peaks, max(MANY_WINDOWS, around_peaks // 4))
    chroms = inputs.split.validation
    windows = draw_genome_windows(
        inputs.genome.chrom_sizes,
        chroms,
        len(inputs.training),
        inputs.blacklist,
        number=None if isinstance(number, str) else number,
        seed=seed,
    )
    batches = GenomeBatches(
        windows,
        inputs.genome,
        inputs.signal,
        inputs.binding,
        batch_size=config.val_batch_size,
        scale=config.target_scale_factor if config.quant else None,
        threads=threads,
        rows=rows,
    )
    where = f"of {some(chroms)} in {len(inputs.training)} cell types"
    if config.select == "average_precision":
        try:
            bound = batches.count_bound(0.5 * config.target_scale_factor)
        except (TrackError, OSError) as error:
            raise InputError([Problem.of(error)]) from error
        if not bound:
            raise InputError(
                [
                    f"--select average_precision: none of the bins in {len(windows):,} genome-like windows {where} is "
                    "bound; select by dice or loss, or take more windows with --genome_validation"
                ]
            )
    if not len(windows):
        logger.warning("no genome-like validation: no window %s is clear of the blacklist", where)
        return None
    return batches

"""What a model is judged by after each epoch, on two fixed sets of windows.

The **ROI set** is what the validation sampler draws: windows around peaks, by the rules of training. Bound bins are
common there, and so it says how well a model tells peaks apart, not what it would find on a genome. The **genome-like
set** is windows tiled over the validation chromosomes, so that bound bins are as rare as they are.

Each set is run through the network once per epoch, in batches that are read while the one before is computed.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Genome, Track, read_windows
from maxatac.errors import InputError, Problem, TrackError
from maxatac.evaluation import read_ahead
from maxatac.genome import Blacklist, some
from maxatac.scores import Ranking, ScoreTally, StreamingScores
from maxatac.windows import BIN_SIZE, BINS, WINDOW_LENGTH

if TYPE_CHECKING:
    import keras

    from maxatac.batches import WindowDataset
    from maxatac.inputs import Inputs
    from maxatac.model.evaluator import BatchEvaluator
    from maxatac.settings import TrainConfig

logger = logging.getLogger(__name__)

MANY_WINDOWS = 10_000
"""So many genome-like windows are taken by default, or a quarter of those around peaks where that is more."""

_UNKNOWN = -1.0
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
        targets = np.full((stop - start, BINS), _UNKNOWN, dtype=np.float32)
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
        values = np.nan_to_num(track.values(chrom, int(run[0]), int(run[-1]) + WINDOW_LENGTH), nan=0.0)
        sums.append(values.reshape(-1, BINS, BIN_SIZE).sum(axis=2, dtype=np.float64))
    total = np.concatenate(sums)
    return total > BIN_SIZE / 2 if scale is None else total / BIN_SIZE * scale


@dataclass(frozen=True, eq=False)
class ValidationSet:
    """Batches to validate on.

    Attributes
    ----------
    name : str
        ``ROI`` or ``genome``.
    prefix : str
        What the names of its columns begin with.
    batches : Batches
    cells : sequence of arrays
        Cell type of each window, batch by batch; a batch may have further windows, which do not count.
    """

    name: str
    prefix: str
    batches: Batches
    cells: Sequence[NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class Validated:
    """What a validation has found.

    Attributes
    ----------
    row : dict of str to float
        Columns of the history.
    cells : tuple of dict
        One for each set and cell type: ``maxatac.scores.CELL_COLUMNS`` without the epoch.
    seconds : dict of str to float
        Time by the name of the set.
    rankings : dict of str to Ranking
        Of the bins of each set, by its name.
    """

    row: dict[str, float]
    cells: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    rankings: dict[str, Ranking]

    @property
    def ranking(self) -> Ranking | None:
        """That of the genome-like set, if there is one."""
        return self.rankings.get("genome")


class Validator:
    """Judges a model on its validation sets.

    Parameters
    ----------
    evaluator : BatchEvaluator
        Of the model.
    sets : sequence of ValidationSet
    cell_types : sequence of str
        Of the training rows.
    threshold : float, optional
        Target above which a bin counts as bound, for quantitative targets.
    """

    def __init__(
        self,
        evaluator: BatchEvaluator,
        sets: Sequence[ValidationSet],
        cell_types: Sequence[str],
        *,
        threshold: float | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._sets = sets
        self._cell_types = cell_types
        self._threshold = threshold

    def run(self, callback: keras.callbacks.Callback) -> Validated:
        """Validate once.

        Parameters
        ----------
        callback : keras.callbacks.Callback
            Told of every batch, as by ``evaluate``.
        """
        row: dict[str, float] = {}
        cells: list[dict[str, Any]] = []
        seconds = {}
        rankings = {}
        for validation_set in self._sets:
            begin = time.perf_counter()
            means, scores = self._score(validation_set, callback)
            columns = {**means, **scores.pooled()}
            row |= {f"{validation_set.prefix}{name}": value for name, value in columns.items()}
            for cell_type, values in scores.by_cell_type().items():
                cells.append({"set": validation_set.name, "cell_type": cell_type, **values})
            rankings[validation_set.name] = scores.ranking()
            seconds[validation_set.name] = time.perf_counter() - begin
        return Validated(row, tuple(cells), seconds, rankings)

    def baselines(
        self,
        others: Sequence[Sequence[int]] | None = None,
        after_batch: Callable[[], None] = lambda: None,
    ) -> dict[str, dict[str, Ranking]]:
        """Rank the bins of each set by what a model has to beat. The network is not used.

        Parameters
        ----------
        others : sequence of sequences of int, optional
            For each training cell type, those whose mean binding is held against the model in it, none of them empty.
            Only the genome-like set is ranked by it: the binding at its windows is read from all tracks.
        after_batch : callable
            Called after each batch; what it raises ends the ranking.

        Returns
        -------
        dict of str to dict of str to Ranking
            By the name of the set: ``signal``, and ``binding`` where there are others.
        """
        found = {}
        for validation_set in self._sets:
            tallies = {"signal": ScoreTally()}
            # One process has what others hold against the model read by itself.
            batches = validation_set.batches.whole()
            genome_like = batches if others and isinstance(batches, GenomeBatches) else None
            if genome_like is not None:
                tallies["binding"] = ScoreTally()
            for index, (inputs, targets) in enumerate(read_ahead(batches.__getitem__, range(len(batches)))):
                rows = len(validation_set.cells[index])
                known = targets[:rows] >= _UNKNOWN / 2
                labels = targets[:rows] > (0.5 if self._threshold is None else self._threshold)
                signal = inputs[:rows, :, 4].reshape(rows, BINS, BIN_SIZE).mean(axis=2)
                tallies["signal"].update(labels[known], signal[known])
                if genome_like is not None and others:
                    tallies["binding"].update(labels[known], genome_like.mean_binding(index, others)[known])
                after_batch()
            found[validation_set.name] = {name: tally.ranking() for name, tally in tallies.items()}
        return found

    def _score(
        self, validation_set: ValidationSet, callback: keras.callbacks.Callback
    ) -> tuple[dict[str, float], StreamingScores]:
        scores = StreamingScores(self._cell_types, threshold=self._threshold)
        # Summed as Keras sums them, in single precision, so that both columns stay what ``evaluate`` would give.
        batches = validation_set.batches
        loss, dice, windows = np.float32(0), np.float32(0), 0
        for index, (inputs, targets) in enumerate(read_ahead(batches.__getitem__, range(len(batches)))):
            callback.on_test_batch_begin(index)
            cells = validation_set.cells[index]
            found = self._evaluator(inputs, targets)
            counted = slice(0, len(cells))
            scores.update(found.targets[counted], found.predictions[counted], cells, found.losses[counted])
            loss += np.float32(found.loss) * np.float32(len(cells))
            dice += np.float32(found.metric)
            windows += len(cells)
            callback.on_test_batch_end(index)
        return {
            "dice_coef": float(dice / np.float32(len(batches))),
            "loss": float(loss / np.float32(windows)),
        }, scores


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


def make_validator(
    config: TrainConfig,
    model: keras.Model,
    loss: Callable[[Any, Any], Any],
    metric: Callable[[Any, Any], Any],
    roi: WindowDataset,
    genome_like: GenomeBatches | None,
    cell_types: Sequence[str],
    place: Callable[[Any], Any] = lambda batch: batch,
) -> Validator:
    """Put the validation of a run together.

    Parameters
    ----------
    config : TrainConfig
    model : keras.Model
        The network that is trained.
    loss, metric : callable
        What it is compiled with.
    roi : WindowDataset
        Of the validation sampler.
    genome_like : GenomeBatches, optional
    cell_types : sequence of str
        Of the training rows, in the order of the samplers' tracks.
    place : callable
        See ``BatchEvaluator``.
    """
    from maxatac.model.evaluator import BatchEvaluator

    sampler = roi.sampler.with_rows(0, roi.sampler.batch_size)
    drawn = [sampler.plan(0, index)["track"] for index in range(len(roi))]
    sets = [ValidationSet("ROI", "val_", roi, drawn)]
    if genome_like is not None:
        cells = [genome_like.cells(index) for index in range(len(genome_like))]
        sets.append(ValidationSet("genome", "genome_", genome_like, cells))
    threshold = 0.5 * config.target_scale_factor if config.quant else None
    return Validator(BatchEvaluator(model, loss, metric, place), sets, cell_types, threshold=threshold)


def describe_scores(row: Mapping[str, float]) -> str:
    """Word the scores of an epoch for its line in the log; nothing where there are none."""
    told = [
        f"{row[column]:.4f} {where}" if math.isfinite(row[column]) else f"n/a {where}"
        for column, where in (("val_average_precision", "around peaks"), ("genome_average_precision", "genome-like"))
        if column in row
    ]
    return f"; average precision {', '.join(told)}" if told else ""

"""Predict the windows of whole chromosomes, and average them per bin.

Windows centred on peaks would flatter a model, which may have learnt where in a window bound bins are. Here windows are
tiled over the chromosome at a fixed step: each bin is predicted at several places of a window and on both strands, and
the predictions are averaged. Bins that no window covers (the chromosome's last few, and those near blacklisted regions)
have no prediction.

Bin ``b`` of a chromosome is [32 b, 32 b + 32); a remainder at the end of the chromosome that does not fill a bin is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.data.readers import read_ahead
from maxatac.errors import MaxatacError
from maxatac.genome.windows import BIN_SIZE, BINS, WINDOW_LENGTH

if TYPE_CHECKING:
    import keras

    from maxatac._core import Track, WindowReader

_STREAMED = 8 << 20
"""Bytes of decoded signal per track that are enough where windows come in their order: no block is inflated twice."""


def streaming_memory(tracks: int) -> int:
    """Bytes of decoded signal that a reader needs to predict some tracks; more would only fill up."""
    return _STREAMED * (1 + tracks)


@dataclass(frozen=True, eq=False)
class ChromPredictions:
    """The predictions of a chromosome.

    Attributes
    ----------
    chrom : str
    offset : int
        Start of the first bin in bp; 0 if the windows lie on the grid.
    values : shape (tracks, bins), float32
        Mean prediction of bin ``b``, [offset + 32 b, offset + 32 b + 32); NaN where no window covers it.
    """

    chrom: str
    offset: int
    values: NDArray[np.float32]


def predict_chromosomes(
    model: keras.Model,
    reader: WindowReader,
    windows: Iterable[tuple[str, NDArray[np.int64]]],
    *,
    cells: Sequence[int] = (0,),
    batch_size: int = 256,
    both_strands: bool = False,
    finished: Collection[str] = (),
    after_batch: Callable[[int], None] | None = None,
) -> Iterator[ChromPredictions]:
    """Predict some windows of some chromosomes, one chromosome after the other.

    The windows of all chromosomes make one row, which is cut into batches: a genome of many small sequences takes no
    more of them than one large chromosome. Every batch has the same size, the very last one is filled up, so that a
    compiled model is compiled once. Compile the model with ``jit_compile=True`` for speed; loss and optimiser are not
    used.

    The scores of a chromosome depend on the windows alone, not on what is finished: the batches are the same then, and
    the sum of each bin runs over its windows in the order of their starts.

    Parameters
    ----------
    model : keras.Model
        Input of shape (windows, 1024, 5), output of shape (windows, 32).
    reader : WindowReader
        Of the genome and the ATAC signals; no data counts as 0.
    windows : iterable of (str, shape (windows,) int64)
        Each chromosome with the starts of its windows in bp: rising, and multiples of 32 apart.
    cells : sequence of int
        Whose signals are read, each for a row of the predictions.
    batch_size : int
        Windows per call of the model.
    both_strands : bool
        Average with the predictions for the reverse complement.
    finished : collection of str
        Chromosomes that are not wanted any more. Of their windows only those are predicted that share a batch with a
        chromosome that is wanted.
    after_batch : callable, optional
        Called after each call of the model with its number of windows of wanted chromosomes; what it raises ends the
        prediction.

    Yields
    ------
    ChromPredictions
        In the order given, each as soon as its last window is predicted; only the bins of one chromosome are kept.

    Raises
    ------
    ValueError
        If the windows of a chromosome do not rise or do not line up with bins, or ``batch_size`` is not positive.
    MaxatacError
        If the signal is infinite, or a prediction is not a number.
    """
    if batch_size < 1:
        raise ValueError(f"a batch needs at least one window, found {batch_size}")
    sizes = reader.genome.chrom_sizes
    make = partial(_read_batch, reader, batch_size=batch_size, both_strands=both_strands)
    done = frozenset(finished)
    batches = (batch for batch in _batches(windows, batch_size) if any(piece.chrom not in done for piece in batch))
    parts = ((batch, row, cell) for batch in batches for row, cell in enumerate(cells))
    begun: dict[str, _BinMeans] = {}
    for batch, row, strands in read_ahead(make, parts):
        wanted = sum(len(piece.starts) for piece in batch if piece.chrom not in done)
        after = partial(after_batch, wanted) if after_batch is not None else None
        found = _predict(model, batch, strands, reader.signal[cells[row]], after)
        first = 0
        for piece in batch:
            last = first + len(piece.starts)
            if piece.chrom not in done:
                means = begun.get(piece.chrom)
                if means is None:
                    means = begun[piece.chrom] = _BinMeans(len(cells), sizes[piece.chrom], piece.starts)
                means.add(row, piece.starts, found[first:last], is_last=piece.is_last)
                if piece.is_last and row == len(cells) - 1:
                    del begun[piece.chrom]
                    yield ChromPredictions(piece.chrom, means.offset, means.values)
            first = last


@dataclass(frozen=True, eq=False)
class _Piece:
    """Consecutive windows of a chromosome in a batch; none, for a chromosome without a window."""

    chrom: str
    starts: NDArray[np.int64]
    is_last: bool


def _batches(windows: Iterable[tuple[str, NDArray[np.int64]]], batch_size: int) -> Iterator[list[_Piece]]:
    """Cut the windows of all chromosomes, one chromosome behind the other, into batches; the last may not be full."""
    batch: list[_Piece] = []
    room = batch_size
    for chrom, starts in windows:
        if (np.diff(starts) <= 0).any() or (np.diff(starts) % BIN_SIZE).any():
            raise ValueError(f"the windows on {chrom} do not rise, or do not line up in bins of {BIN_SIZE} bp")
        first = 0
        while True:
            taken = starts[first : first + room]
            first += len(taken)
            batch.append(_Piece(chrom, taken, first == len(starts)))
            room -= len(taken)
            if not room:
                yield batch
                batch, room = [], batch_size
            if first == len(starts):
                break
    if batch:
        yield batch


def _read_batch(
    reader: WindowReader, item: tuple[Sequence[_Piece], int, int], *, batch_size: int, both_strands: bool
) -> tuple[Sequence[_Piece], int, list[NDArray[np.float32]]]:
    """Read the windows of a batch in one go, filled up with copies of the last; gives one array for each strand."""
    batch, row, cell = item
    starts = np.concatenate([piece.starts for piece in batch])
    if not len(starts):
        return batch, row, []
    numbers = reader.chrom_numbers([piece.chrom for piece in batch])
    chrom = np.repeat(numbers, [len(piece.starts) for piece in batch])
    strands = 1 + both_strands
    rows = np.tile(np.minimum(np.arange(batch_size), len(starts) - 1), strands)
    reverse = np.repeat([False, True][:strands], batch_size)
    track = np.full(len(rows), cell, dtype=np.int32)
    return batch, row, np.split(reader.inputs(track, chrom[rows], starts[rows], reverse), strands)


def _predict(
    model: keras.Model,
    batch: Sequence[_Piece],
    strands: Sequence[NDArray[np.float32]],
    track: Track,
    after: Callable[[], None] | None,
) -> NDArray[np.float32]:
    """Predict a batch; gives shape (windows, strands, 32), bins in the order of the chromosome on both strands."""
    found: list[NDArray[np.float32]] = []
    for inputs in strands:
        outputs: NDArray[np.float32] = np.asarray(model.predict_on_batch(inputs))
        _check_finite(batch, inputs, outputs, track)
        found.append(outputs if not found else outputs[:, ::-1])
        if after is not None:
            after()
    return np.stack(found, axis=1) if found else np.empty((0, 1, BINS), np.float32)


class _BinMeans:
    """Means of the bins of a chromosome, for several tracks.

    The mean of a bin is taken when all windows that cover it are there: those that may cover further bins are kept
    until then. So each sum runs over the windows in the order of their starts, however they came in batches.

    Parameters
    ----------
    tracks : int
    size : int
        Length of the chromosome in bp.
    starts : shape (windows,), int64
        Of its first windows.
    """

    def __init__(self, tracks: int, size: int, starts: NDArray[np.int64]) -> None:
        self.offset = int(starts[0]) % BIN_SIZE if len(starts) else 0
        self.values = np.full((tracks, (size - self.offset) // BIN_SIZE), np.nan, dtype=np.float32)
        self._first: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * tracks
        self._found: list[NDArray[np.float32] | None] = [None] * tracks

    def add(self, track: int, starts: NDArray[np.int64], found: NDArray[np.float32], *, is_last: bool) -> None:
        """Add the predictions of the next windows of a track, shape (windows, strands, 32); ``starts`` rise."""
        if not len(starts):
            return
        kept = self._found[track]
        first, begin = (starts - self.offset) // BIN_SIZE, 0
        if kept is not None:
            # Bins before that of the last window have their mean, and some of their windows are gone.
            begin = int(self._first[track][-1]) + 1
            first, found = np.concatenate((self._first[track], first)), np.concatenate((kept, found))
        # Bins are numbered without those between windows: windows of a small region may lie far apart.
        local = np.concatenate(([0], np.cumsum(np.minimum(np.diff(first), BINS))))[:, None] + np.arange(BINS)
        bins = np.empty(local[-1, -1] + 1, dtype=np.int64)
        bins[local] = first[:, None] + np.arange(BINS)
        places = np.broadcast_to(local[:, None], found.shape).ravel()
        means = np.bincount(places, found.ravel()) / np.bincount(places)
        ready = slice(int(np.searchsorted(bins, begin)), len(bins) if is_last else int(local[-1, 0]) + 1)
        self.values[track, bins[ready]] = means[ready]
        open_windows = first > first[-1] + 1 - BINS
        self._first[track], self._found[track] = first[open_windows], found[open_windows]


def _check_finite(
    batch: Sequence[_Piece], inputs: NDArray[np.float32], outputs: NDArray[np.float32], track: Track
) -> None:
    """Raise an error with the place of the first signal or prediction that is not finite."""
    signal = inputs[:, :, 4]
    # A sum is quicker than a look at each value. It is finite if all of them are: float64 has room for any float32.
    if np.isfinite(signal.sum(dtype=np.float64)) and np.isfinite(outputs.sum(dtype=np.float64)):
        return
    # A batch is filled up with copies of its last window.
    places = [(piece.chrom, int(start)) for piece in batch for start in piece.starts]
    row = int(np.argmin(np.isfinite(signal).all(axis=1) & np.isfinite(outputs).all(axis=1)))
    chrom, start = places[min(row, len(places) - 1)]
    infinite = np.flatnonzero(~np.isfinite(signal[row]))
    if len(infinite):
        # The forward strand is checked first, so this is the place on the chromosome.
        raise MaxatacError(f"{track.path}: the ATAC signal is infinite at {chrom}:{start + int(infinite[0]):,}")
    raise MaxatacError(
        f"the model's prediction for {chrom}:{start:,}-{start + WINDOW_LENGTH:,} is not a number; the ATAC signal of "
        f"this window runs from {signal[row].min():g} to {signal[row].max():g}"
    )

"""Predict the bins of whole chromosomes, as one stream.

Windows centred on peaks would flatter a model, which may have learnt where in a window bound bins are. Windows that are
tiled over the chromosome predict each bin at several places of a window, and on both strands if that is wanted; the
predictions are averaged. Bins that no window covers, such as those near blacklisted regions, have no prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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

    from maxatac._core import WindowReader


@dataclass(frozen=True, eq=False)
class ChromPredictions:
    """The predictions of a chromosome.

    Attributes
    ----------
    chrom : str
    offset : int
        Where the first bin starts, in bp; bin ``b`` is [offset + 32 b, offset + 32 b + 32).
    values : shape (tracks, bins), float32
        Mean prediction per bin for each signal track; NaN where no window covers the bin.
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
    both_strands: bool = True,
    after_batch: Callable[[int], None] | None = None,
) -> Iterator[ChromPredictions]:
    """Predict every bin that some windows cover, one chromosome after the other.

    The windows of all chromosomes make one row, which is cut into batches: a genome of many small sequences takes no
    more of them than one large chromosome. Every batch has the same size, the very last one is filled up, so that a
    compiled model is compiled once. A batch is read while the one before is predicted. Compile the model with
    ``jit_compile=True`` for speed; loss and optimiser are not used.

    Parameters
    ----------
    model : keras.Model
        Input of shape (windows, 1024, 5), output of shape (windows, 32).
    reader : WindowReader
        Of the genome and the ATAC signal tracks; no data counts as 0.
    windows : iterable of (str, array of shape (n,), int64)
        Each chromosome with the starts of its windows in bp, rising, with one remainder when divided by 32.
    cells : sequence of int
        The tracks of the reader to predict from.
    batch_size : int
        Windows per call of the model.
    both_strands : bool
        Average with the predictions for the reverse complement.
    after_batch : callable, optional
        Called with the number of windows of each call of the model; what it raises ends the prediction.

    Yields
    ------
    ChromPredictions
        In the order given, each as soon as its last window is predicted; only the bins of one chromosome are kept.

    Raises
    ------
    ValueError
        If the starts of a chromosome do not line up with bins, or ``batch_size`` is not positive.
    MaxatacError
        If a prediction is not finite, as where the signal is infinite.
    """
    if batch_size < 1:
        raise ValueError(f"a batch needs at least one window, found {batch_size}")
    sizes = reader.genome.chrom_sizes
    make = partial(_read_batch, reader, batch_size=batch_size, both_strands=both_strands)
    parts = ((pieces, row, cell) for pieces in _batches(windows, batch_size) for row, cell in enumerate(cells))
    begun: dict[str, tuple[ChromPredictions, list[_BinMeans]]] = {}
    for pieces, row, strands in read_ahead(make, parts):
        found = _predict(model, pieces, strands, after_batch)
        first = 0
        for piece in pieces:
            if piece.is_first and row == 0:
                begun[piece.chrom] = _begin(piece, sizes[piece.chrom], len(cells))
            predictions, means = begun[piece.chrom]
            last = first + len(piece.starts)
            means[row].add(piece.starts, [of_strand[first:last] for of_strand in found])
            first = last
            if piece.is_last:
                means[row].finish()
                if row == len(cells) - 1:
                    del begun[piece.chrom]
                    yield predictions


@dataclass(frozen=True, eq=False)
class _Piece:
    """Consecutive windows of a chromosome in a batch; none, for a chromosome without a window."""

    chrom: str
    starts: NDArray[np.int64]
    is_first: bool
    is_last: bool


def _batches(windows: Iterable[tuple[str, NDArray[np.int64]]], batch_size: int) -> Iterator[list[_Piece]]:
    """Cut the windows of all chromosomes, one chromosome behind the other, into batches; the last may not be full."""
    batch: list[_Piece] = []
    room = batch_size
    for chrom, starts in windows:
        if len(starts) and (starts % BIN_SIZE != starts[0] % BIN_SIZE).any():
            raise ValueError(f"the windows on {chrom} do not line up with each other in bins of {BIN_SIZE} bp")
        first = 0
        while True:
            taken = starts[first : first + room]
            is_last = first + len(taken) == len(starts)
            batch.append(_Piece(chrom, taken, first == 0, is_last))
            first += len(taken)
            room -= len(taken)
            if not room:
                yield batch
                batch, room = [], batch_size
            if is_last:
                break
    if batch:
        yield batch


def _read_batch(
    reader: WindowReader, part: tuple[Sequence[_Piece], int, int], *, batch_size: int, both_strands: bool
) -> tuple[Sequence[_Piece], int, list[NDArray[np.float32]]]:
    """Read the windows of a batch from a track, filled up with copies of the last; gives an array for each strand."""
    pieces, row, cell = part
    starts = np.concatenate([piece.starts for piece in pieces])
    if not len(starts):
        return pieces, row, []
    numbers = reader.chrom_numbers([piece.chrom for piece in pieces])
    chrom = np.repeat(numbers, [len(piece.starts) for piece in pieces])
    strands = 1 + both_strands
    rows = np.tile(np.minimum(np.arange(batch_size), len(starts) - 1), strands)
    reverse = np.repeat([False, True][:strands], batch_size)
    track = np.full(len(rows), cell, dtype=np.int32)
    return pieces, row, np.split(reader.inputs(track, chrom[rows], starts[rows], reverse), strands)


def _predict(
    model: keras.Model,
    pieces: Sequence[_Piece],
    strands: Sequence[NDArray[np.float32]],
    after_batch: Callable[[int], None] | None,
) -> list[NDArray[np.float32]]:
    """Predict a batch on each strand; the bins of the reverse strand are turned back."""
    found: list[NDArray[np.float32]] = []
    for windows in strands:
        predictions: NDArray[np.float32] = np.asarray(model.predict_on_batch(windows))
        _check_finite(pieces, windows, predictions)
        found.append(predictions if not found else predictions[:, ::-1])
        if after_batch is not None:
            after_batch(sum(len(piece.starts) for piece in pieces))
    return found


def _begin(piece: _Piece, size: int, tracks: int) -> tuple[ChromPredictions, list[_BinMeans]]:
    """Make room for the predictions of a chromosome, of which this is the first piece."""
    offset = int(piece.starts[0]) % BIN_SIZE if len(piece.starts) else 0
    values = np.full((tracks, (size - offset) // BIN_SIZE), np.nan, dtype=np.float32)
    return ChromPredictions(piece.chrom, offset, values), [_BinMeans(row) for row in values]


class _BinMeans:
    """Means of the predictions of each bin. Of bins that further windows may cover, sums and counts are kept.

    Parameters
    ----------
    means : shape (bins,), float32
        Gets the mean of each bin that is covered.
    """

    def __init__(self, means: NDArray[np.float32]) -> None:
        self._means = means
        self._first = 0
        self._total = np.zeros(0, dtype=np.float64)
        self._count = np.zeros(0, dtype=np.int32)

    def add(self, starts: NDArray[np.int64], strands: Sequence[NDArray[np.float32]]) -> None:
        """Add the predictions of the next windows, of each strand an array of shape (windows, 32)."""
        if not len(starts):
            return
        first = starts // BIN_SIZE
        self._settle(int(first[0]))
        more = int(first[-1]) + BINS - self._first - len(self._total)
        self._total = np.pad(self._total, (0, more))
        self._count = np.pad(self._count, (0, more))
        bins = first[:, None] + (np.arange(BINS) - self._first)
        for predictions in strands:
            np.add.at(self._total, bins, predictions)
            np.add.at(self._count, bins, 1)
        self._settle(int(first[-1]))

    def finish(self) -> None:
        """Give the means of the last bins."""
        self._settle(self._first + len(self._total))

    def _settle(self, end: int) -> None:
        """Give the means of the bins before ``end``, which no further window covers."""
        done = min(end - self._first, len(self._total))
        total, count = self._total[:done], self._count[:done]
        means = self._means[self._first : self._first + done]
        np.divide(total, count, out=means, where=count > 0, casting="same_kind")
        self._total, self._count = self._total[done:], self._count[done:]
        self._first = end


def _check_finite(pieces: Sequence[_Piece], windows: NDArray[np.float32], predictions: NDArray[np.float32]) -> None:
    """Raise an error with the place of the first prediction that is not finite, and the range of the signal there."""
    rows = np.flatnonzero(~np.isfinite(predictions).all(axis=1))
    if not len(rows):
        return
    row = int(rows[0])
    signal = windows[row, :, 4]
    what = "is infinite" if not np.isfinite(signal).all() else f"runs from {signal.min():g} to {signal.max():g}"
    # A batch is filled up with copies of its last window.
    places = [(piece.chrom, int(start)) for piece in pieces for start in piece.starts]
    chrom, start = places[min(row, len(places) - 1)]
    raise MaxatacError(
        f"the model's prediction for {chrom}:{start:,}-{start + WINDOW_LENGTH:,} is not a number; the ATAC signal of "
        f"this window {what}"
    )

"""Predict every bin of whole chromosomes.

Windows centred on peaks would flatter a model, which may have learnt where in a window bound bins are. Here windows are
tiled over the chromosome at a fixed step: each bin is predicted at several places of a window and on both strands, and
the predictions are averaged. Bins that no window covers (the chromosome's last few, and those near blacklisted regions)
have no prediction.

Bin ``b`` of a chromosome is [32 b, 32 b + 32); a remainder at the end of the chromosome that does not fill a bin is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    from maxatac.genome.blacklist import Blacklist


def predict_chromosomes(
    model: keras.Model,
    reader: WindowReader,
    chroms: Iterable[str],
    *,
    cell: int = 0,
    step: int = 256,
    batch_size: int = 256,
    both_strands: bool = True,
    blacklist: Blacklist | None = None,
    after_batch: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Predict every bin of some chromosomes, one after the other.

    Windows lie at 0, ``step``, 2 ``step``, ... of each chromosome, and one more at the last place where the bins line
    up, so that all full bins are reached. The windows of all chromosomes make one row, which is cut into batches: a
    genome of many small sequences takes no more of them than one large chromosome. Every batch has the same size, the
    very last one is filled up, so that a compiled model is compiled once. Compile the model with ``jit_compile=True``
    for speed; loss and optimiser are not used.

    Parameters
    ----------
    model : keras.Model
        Input of shape (windows, 1024, 5), output of shape (windows, 32).
    reader : WindowReader
        Of the genome and the ATAC signal; no data counts as 0.
    chroms : iterable of str
        Names of the chromosomes.
    cell : int
        Whose signal is read.
    step : int
        Distance of windows in bp, a multiple of 32.
    batch_size : int
        Windows per call of the model.
    both_strands : bool
        Average with the predictions for the reverse complement.
    blacklist : Blacklist, optional
        Windows that touch it are left out.
    after_batch : callable, optional
        Called with the number of windows of each call of the model; what it raises ends the prediction.

    Yields
    ------
    chrom : str
        In the order given, each as soon as its last window is predicted; only the bins of one chromosome are kept.
    predictions : shape (chromosome length // 32,), float32
        Mean prediction per bin; NaN where no window covers the bin.

    Raises
    ------
    ValueError
        If ``step`` is not a positive multiple of 32, or ``batch_size`` is not positive.
    MaxatacError
        If a prediction is not finite, as where the signal is infinite.
    """
    if step < 1 or step % BIN_SIZE:
        raise ValueError(f"windows {step} bp apart do not line up with bins of {BIN_SIZE} bp")
    if batch_size < 1:
        raise ValueError(f"a batch needs at least one window, found {batch_size}")
    sizes = reader.genome.chrom_sizes
    make = partial(_read_batch, reader, cell, batch_size=batch_size, both_strands=both_strands)
    bins = _BinMeans(0)
    for pieces, strands in read_ahead(make, _batches(chroms, sizes, step, batch_size, blacklist)):
        predictions: list[NDArray[np.float32]] = []
        for windows in strands:
            found: NDArray[np.float32] = np.asarray(model.predict_on_batch(windows))
            _check_finite(pieces, windows, found)
            predictions.append(found if not predictions else found[:, ::-1])
            if after_batch is not None:
                after_batch(sum(len(piece.starts) for piece in pieces))
        row = 0
        for piece in pieces:
            if piece.is_first:
                bins = _BinMeans(sizes[piece.chrom] // BIN_SIZE)
            last = row + len(piece.starts)
            for found in predictions:
                bins.add(piece.starts, found[row:last])
            row = last
            if piece.is_last:
                yield piece.chrom, bins.means()


@dataclass(frozen=True, eq=False)
class _Piece:
    """Consecutive windows of a chromosome in a batch; none, for a chromosome without a window."""

    chrom: str
    starts: NDArray[np.int64]
    is_first: bool
    is_last: bool


def _batches(
    chroms: Iterable[str], sizes: Mapping[str, int], step: int, batch_size: int, blacklist: Blacklist | None
) -> Iterator[list[_Piece]]:
    """Cut the windows of all chromosomes, one chromosome behind the other, into batches; the last may not be full."""
    batch: list[_Piece] = []
    room = batch_size
    for chrom in chroms:
        starts = window_starts(chrom, sizes[chrom], step, blacklist)
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
    reader: WindowReader, cell: int, pieces: Sequence[_Piece], *, batch_size: int, both_strands: bool
) -> tuple[Sequence[_Piece], list[NDArray[np.float32]]]:
    """Read the windows of a batch in one go, filled up with copies of the last; gives one array for each strand."""
    starts = np.concatenate([piece.starts for piece in pieces])
    if not len(starts):
        return pieces, []
    numbers = reader.chrom_numbers([piece.chrom for piece in pieces])
    chrom = np.repeat(numbers, [len(piece.starts) for piece in pieces])
    strands = 1 + both_strands
    rows = np.tile(np.minimum(np.arange(batch_size), len(starts) - 1), strands)
    reverse = np.repeat([False, True][:strands], batch_size)
    track = np.full(len(rows), cell, dtype=np.int32)
    return pieces, np.split(reader.inputs(track, chrom[rows], starts[rows], reverse), strands)


class _BinMeans:
    """Mean of the predictions of each bin of a chromosome."""

    def __init__(self, n_bins: int) -> None:
        self._total = np.zeros(n_bins, dtype=np.float64)
        self._count = np.zeros(n_bins, dtype=np.int32)

    def add(self, starts: NDArray[np.int64], predictions: NDArray[np.float32]) -> None:
        """Add the predictions of windows, shape (windows, 32)."""
        bins = starts[:, None] // BIN_SIZE + np.arange(BINS)
        np.add.at(self._total, bins, predictions)
        np.add.at(self._count, bins, 1)

    def means(self) -> NDArray[np.float32]:
        """Mean of each bin; NaN for one without a prediction."""
        means = np.full(self._total.shape, np.nan, dtype=np.float32)
        np.divide(self._total, self._count, out=means, where=self._count > 0, casting="same_kind")
        return means


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


def window_starts(chrom: str, size: int, step: int, blacklist: Blacklist | None = None) -> NDArray[np.int64]:
    """Lay windows over a chromosome, as ``predict_chromosomes`` does.

    Parameters
    ----------
    chrom : str
    size : int
        Length of the chromosome in bp.
    step : int
        Distance of windows in bp.
    blacklist : Blacklist, optional
        Windows that touch it are left out.

    Returns
    -------
    shape (windows,), int64
        Rising.
    """
    last = (size - WINDOW_LENGTH) // BIN_SIZE * BIN_SIZE  # bins have to line up, so not always flush with the end
    if last < 0:
        return np.empty(0, dtype=np.int64)
    starts = np.arange(0, last + 1, step, dtype=np.int64)
    if starts[-1] != last:
        starts = np.append(starts, last)
    return starts if blacklist is None else starts[~blacklist.overlaps(chrom, starts, starts + WINDOW_LENGTH)]

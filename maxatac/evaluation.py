"""Run a network over whole chromosomes, and score what it says bin by bin.

A window is judged where it stands, so windows that were centred on peaks say little about a model: it may have learnt
the place. Here windows are laid over the chromosome at a fixed step, every bin is seen at several places of a window
and on both strands, and the predictions are averaged. Bins that no window covers (the chromosome's last few, and those
near blacklisted regions) have no score and take no part.

Bin ``b`` of a chromosome is [32 b, 32 b + 32); a remainder at the end of the chromosome that does not fill a bin is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import MaxatacError
from maxatac.scores import auroc, average_precision
from maxatac.windows import BIN_SIZE, BINS, WINDOW_LENGTH

if TYPE_CHECKING:
    import keras

    from maxatac.genome import Blacklist

# Bases read at a time from genomes and tracks, so that memory does not grow with the chromosome; whole bins.
_CHUNK = BIN_SIZE << 15
_LABEL_SUM = BIN_SIZE / 2

COARSE_BIN_SIZE = 200
"""Width in bp of the bins that published maxATAC models are benchmarked in."""

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


WindowReader = Callable[..., NDArray[np.float32]]
"""``maxatac.read_windows``, or anything that is called like it."""


def predict_chromosomes(
    model: keras.Model,
    genome: GenomeReader,
    track: TrackReader,
    chroms: Iterable[str],
    *,
    step: int = 256,
    batch_size: int = 256,
    both_strands: bool = True,
    blacklist: Blacklist | None = None,
    read: WindowReader | None = None,
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
    genome : Genome
        The sequence.
    track : Track
        The ATAC signal; no data counts as 0.
    chroms : iterable of str
        Names of the chromosomes.
    step : int
        Distance of windows in bp, a multiple of 32.
    batch_size : int
        Windows per call of the model.
    both_strands : bool
        Average with the predictions for the reverse complement.
    blacklist : Blacklist, optional
        Windows that touch it are left out.
    read : callable, optional
        Reads windows as ``maxatac.read_windows`` does; ``read_overlapping`` by default.
    after_batch : callable, optional
        Told of the windows of each call of the model; what it raises ends the prediction.

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
        If the model predicts what is no number, as it does where the signal is infinite.
    """
    if step < 1 or step % BIN_SIZE:
        raise ValueError(f"windows {step} bp apart do not line up with bins of {BIN_SIZE} bp")
    if batch_size < 1:
        raise ValueError(f"a batch needs at least one window, found {batch_size}")
    reader = read_overlapping if read is None else read
    sizes = genome.chrom_sizes

    def read_batch(pieces: Sequence[_Piece]) -> tuple[Sequence[_Piece], list[NDArray[np.float32]]]:
        filled = [reader(genome, track, piece.chrom, piece.starts) for piece in pieces if len(piece.starts)]
        if not filled:
            return pieces, []
        missing = batch_size - sum(map(len, filled))
        forward = np.concatenate([*filled, np.repeat(filled[-1][-1:], missing, axis=0)])
        return pieces, [forward, _reverse_complement(forward)] if both_strands else [forward]

    bins = _BinMeans(0)
    for pieces, strands in read_ahead(read_batch, _batches(chroms, sizes, step, batch_size, blacklist)):
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


def predict_chromosome(
    model: keras.Model, genome: GenomeReader, track: TrackReader, chrom: str, **options: Any
) -> NDArray[np.float32]:
    """Predict every bin of one chromosome.

    Parameters
    ----------
    model, genome, track, **options
        As in ``predict_chromosomes``.
    chrom : str
        Name of the chromosome.

    Returns
    -------
    shape (chromosome length // 32,), float32
        Mean prediction per bin; NaN where no window covers the bin.

    Raises
    ------
    ValueError, MaxatacError
        As ``predict_chromosomes`` does.
    """
    ((_, predictions),) = predict_chromosomes(model, genome, track, [chrom], **options)
    return predictions


@dataclass(frozen=True, eq=False)
class _Piece:
    """Windows of a chromosome that stand side by side in a batch; none, for a chromosome without a window."""

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


class _BinMeans:
    """Mean of the predictions of each bin of a chromosome."""

    def __init__(self, n_bins: int) -> None:
        self._total = np.zeros(n_bins, dtype=np.float64)
        self._count = np.zeros(n_bins, dtype=np.int32)

    def add(self, starts: NDArray[np.int64], predictions: NDArray[np.float32]) -> None:
        """Take in the predictions of windows, shape (windows, 32)."""
        bins = starts[:, None] // BIN_SIZE + np.arange(BINS)
        np.add.at(self._total, bins, predictions)
        np.add.at(self._count, bins, 1)

    def means(self) -> NDArray[np.float32]:
        """Mean of each bin; NaN for one without a prediction."""
        means = np.full(self._total.shape, np.nan, dtype=np.float32)
        np.divide(self._total, self._count, out=means, where=self._count > 0, casting="same_kind")
        return means


def _check_finite(pieces: Sequence[_Piece], windows: NDArray[np.float32], predictions: NDArray[np.float32]) -> None:
    """Say where a prediction is no number, and what of the signal may be to blame."""
    rows = np.flatnonzero(~np.isfinite(predictions).all(axis=1))
    if not len(rows):
        return
    row = int(rows[0])
    signal = windows[row, :, 4]
    what = "is infinite" if not np.isfinite(signal).all() else f"runs from {signal.min():g} to {signal.max():g}"
    # What a batch is filled up with is a copy of its last window.
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


def _reverse_complement(windows: NDArray[np.float32]) -> NDArray[np.float32]:
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


def bin_labels(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.bool_]:
    """Label the bins of a chromosome as bound or not.

    Parameters
    ----------
    track : Track
        Binding signal; no data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
        Name of the chromosome.
    n_bins : int
        Bins from the chromosome's start on.

    Returns
    -------
    shape (n_bins,), bool
        True where the sum over the bin exceeds half its width (Cazares et al. 2023).
    """
    return _bin_sums(track, chrom, n_bins) > _LABEL_SUM


def signal_bins(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.float32]:
    """Average a signal track over the bins of a chromosome.

    Parameters
    ----------
    track : Track
        Any signal; no data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
        Name of the chromosome.
    n_bins : int
        Bins from the chromosome's start on.

    Returns
    -------
    shape (n_bins,), float32
        Mean per base.
    """
    return (_bin_sums(track, chrom, n_bins) / BIN_SIZE).astype(np.float32)


def coarse_maxima(values: NDArray[np.float32], n_coarse: int) -> NDArray[np.float32]:
    """Take the largest value in each stretch of 200 bp.

    Parameters
    ----------
    values : shape (bins,), float32
        One value per bin of 32 bp, from the chromosome's start on; it counts for every base of the bin.
    n_coarse : int
        How many stretches to fill.

    Returns
    -------
    shape (n_coarse,), float32
        NaN where a base has no value: its bin is NaN, or beyond the last.
    """
    starts = np.arange(n_coarse, dtype=np.int64) * COARSE_BIN_SIZE
    first, last = starts // BIN_SIZE, (starts + COARSE_BIN_SIZE - 1) // BIN_SIZE
    # The bin behind the chromosome's last full one has no value.
    padded = np.append(values, np.float32(np.nan))
    largest = padded[np.minimum(first, len(values))]
    for offset in range(1, COARSE_BIN_SIZE // BIN_SIZE + 2):
        np.maximum(largest, padded[np.minimum(np.minimum(first + offset, last), len(values))], out=largest)
    return largest


def coarse_labels(track: TrackReader, chrom: str, n_coarse: int) -> NDArray[np.bool_]:
    """Label stretches of 200 bp as bound where any base has binding above 0, as maxATAC's benchmark does.

    Parameters
    ----------
    track : Track
        Binding; no data counts as 0, and so does a chromosome that the track lacks.
    chrom : str
    n_coarse : int
        Stretches from the chromosome's start on.

    Returns
    -------
    shape (n_coarse,), bool
    """
    bound = np.zeros(n_coarse, dtype=np.bool_)
    if chrom in track.chrom_sizes:
        at_once = _CHUNK // COARSE_BIN_SIZE
        for first in range(0, n_coarse, at_once):
            last = min(first + at_once, n_coarse)
            values = track.values(chrom, first * COARSE_BIN_SIZE, last * COARSE_BIN_SIZE)
            bound[first:last] = (values.reshape(-1, COARSE_BIN_SIZE) > 0).any(axis=1)
    return bound


def motif_bins(
    genome: GenomeReader, chrom: str, n_bins: int, motif: NDArray[np.floating[Any]], *, reach: int = 0
) -> NDArray[np.float32]:
    """Score the bins of a chromosome by their best motif match on either strand.

    Parameters
    ----------
    genome : Genome
        The sequence.
    chrom : str
        Name of the chromosome.
    n_bins : int
        Bins from the chromosome's start on.
    motif : shape (positions, 4)
        Probabilities of A, C, G, T at each position; those under 0.001 count as 0.001.
    reach : int
        Bins to either side in which a match counts too. A binding site is wider than its motif, so that a fair
        comparison with a model may need some.

    Returns
    -------
    shape (n_bins,), float32
        Highest log2 odds against a uniform background, of all matches whose centre (position ``positions // 2`` of the
        match) lies in the bin or within reach; where there is none free of N, the lowest score that is possible.

    Raises
    ------
    ValueError
        If the motif is not of shape (positions, 4).
    """
    motif = np.asarray(motif, dtype=np.float64)
    if motif.ndim != 2 or motif.shape[1] != 4 or not len(motif):
        raise ValueError(f"a motif has one row of A, C, G, T per position, found shape {motif.shape}")
    odds = np.log2(np.maximum(motif, 1e-3) / 0.25).astype(np.float32)
    strands = (odds, odds[::-1, ::-1])  # A, C, G, T reversed is T, G, C, A
    worst = float(odds.min(axis=1).sum())
    best = np.full(n_bins, worst, dtype=np.float32)
    for first, last in _chunks(n_bins * BIN_SIZE):
        matches = _match_scores(genome, chrom, first, last, strands)
        best[first // BIN_SIZE : last // BIN_SIZE] = np.fmax(matches, worst).reshape(-1, BIN_SIZE).max(axis=1)
    best_in_reach = best.copy()
    for shift in range(1, min(reach, n_bins - 1) + 1):
        np.maximum(best_in_reach[shift:], best[:-shift], out=best_in_reach[shift:])
        np.maximum(best_in_reach[:-shift], best[shift:], out=best_in_reach[:-shift])
    return best_in_reach


@dataclass(frozen=True, eq=False)
class HeldOutBins:
    """Every bin that has a prediction, pooled over chromosomes.

    Attributes
    ----------
    chroms : tuple of str
        Where the bins come from.
    labels : shape (n,), bool
        Bound or not.
    model : shape (n,), float32
        Predictions.
    signal : shape (n,), float32
        Mean ATAC signal.
    motif : shape (n,), float32, or None
        Best motif score, if a motif was given.
    """

    chroms: tuple[str, ...]
    labels: NDArray[np.bool_]
    model: NDArray[np.float32]
    signal: NDArray[np.float32]
    motif: NDArray[np.float32] | None

    def scores(self) -> HeldOutScores:
        """Score the predictions, and what they have to beat, on these bins."""
        return HeldOutScores(
            chroms=self.chroms,
            bins=len(self.labels),
            positives=int(self.labels.sum()),
            average_precision=average_precision(self.labels, self.model),
            auroc=auroc(self.labels, self.model),
            signal_average_precision=average_precision(self.labels, self.signal),
            motif_average_precision=None if self.motif is None else average_precision(self.labels, self.motif),
        )


@dataclass(frozen=True)
class HeldOutScores:
    """How well a model, the ATAC signal alone and a motif alone tell bound bins; all on the same bins.

    Attributes
    ----------
    chroms : tuple of str
        Where the bins come from.
    bins, positives : int
        Scored bins, and bound ones among them.
    average_precision, auroc : float
        Of the model; NaN if no bin is bound (AUROC: or if all are).
    signal_average_precision : float
        Of the mean ATAC signal.
    motif_average_precision : float or None
        Of the best motif match, if a motif was given.
    """

    chroms: tuple[str, ...]
    bins: int
    positives: int
    average_precision: float
    auroc: float
    signal_average_precision: float
    motif_average_precision: float | None

    @property
    def prevalence(self) -> float:
        """Share of bound bins: the average precision of a guess."""
        return self.positives / self.bins if self.bins else float("nan")


def held_out_bins(
    model: keras.Model,
    genome: GenomeReader,
    signal: TrackReader,
    binding: TrackReader,
    chroms: Sequence[str],
    *,
    blacklist: Blacklist | None = None,
    motif: NDArray[np.floating[Any]] | None = None,
    motif_reach: int = 3,
    step: int = 256,
    batch_size: int = 256,
    both_strands: bool = True,
    read: WindowReader | None = None,
) -> HeldOutBins:
    """Predict whole chromosomes and collect labels and baselines for the same bins.

    Parameters
    ----------
    model, genome, step, batch_size, both_strands, blacklist, read
        As in ``predict_chromosomes``.
    signal : Track
        ATAC signal of the cell type.
    binding : Track
        Binding in the cell type.
    chroms : sequence of str
        Chromosomes to pool; should be held out from training.
    motif : shape (positions, 4), optional
        Probabilities of A, C, G, T.
    motif_reach : int
        Bins to either side in which a motif match counts (see ``motif_bins``). The default, 96 bp, covers a labelled
        site of 200 bp; with 0 the motif would be judged on one bin of each site and look weaker than it is.

    Returns
    -------
    HeldOutBins
        In the order of ``chroms`` and of positions.
    """
    parts: dict[str, list[NDArray[Any]]] = {"labels": [], "model": [], "signal": [], "motif": []}
    for chrom, predicted in predict_chromosomes(
        model,
        genome,
        signal,
        chroms,
        step=step,
        batch_size=batch_size,
        both_strands=both_strands,
        blacklist=blacklist,
        read=read,
    ):
        covered, n_bins = ~np.isnan(predicted), len(predicted)
        parts["model"].append(predicted[covered])
        parts["labels"].append(bin_labels(binding, chrom, n_bins)[covered])
        parts["signal"].append(signal_bins(signal, chrom, n_bins)[covered])
        if motif is not None:
            parts["motif"].append(motif_bins(genome, chrom, n_bins, motif, reach=motif_reach)[covered])

    def pool(part: str, dtype: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([np.empty(0, dtype=dtype), *parts[part]])

    return HeldOutBins(
        chroms=tuple(chroms),
        labels=pool("labels", np.bool_),
        model=pool("model", np.float32),
        signal=pool("signal", np.float32),
        motif=None if motif is None else pool("motif", np.float32),
    )


def evaluate(
    model: keras.Model,
    genome: GenomeReader,
    signal: TrackReader,
    binding: TrackReader,
    chroms: Sequence[str],
    **options: Any,
) -> HeldOutScores:
    """Score a model on whole held-out chromosomes.

    Parameters
    ----------
    model, genome, signal, binding, chroms, **options
        As in ``held_out_bins``.

    Returns
    -------
    HeldOutScores
    """
    return held_out_bins(model, genome, signal, binding, chroms, **options).scores()


def _chunks(end: int) -> Iterator[tuple[int, int]]:
    for first in range(0, end, _CHUNK):
        yield first, min(first + _CHUNK, end)


def _bin_sums(track: TrackReader, chrom: str, n_bins: int) -> NDArray[np.float64]:
    sums = np.zeros(n_bins, dtype=np.float64)
    if chrom in track.chrom_sizes:
        for first, last in _chunks(n_bins * BIN_SIZE):
            values = np.nan_to_num(track.values(chrom, first, last), nan=0.0)
            sums[first // BIN_SIZE : last // BIN_SIZE] = values.reshape(-1, BIN_SIZE).sum(axis=1, dtype=np.float64)
    return sums


def _match_scores(
    genome: GenomeReader, chrom: str, first: int, last: int, strands: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Score the matches centred on each base of [first, last), the better strand; NaN where none fits or N is in it."""
    positions = len(strands[0])
    before = positions // 2
    start, end = max(first - before, 0), min(last - before + positions - 1, genome.chrom_sizes[chrom])
    bases = genome.one_hot(chrom, start, end)
    scores = np.full(last - first, np.nan, dtype=np.float32)
    n_matches = len(bases) - positions + 1
    if n_matches < 1:
        return scores
    found = np.zeros((len(strands), n_matches), dtype=np.float32)
    with_n = np.zeros(n_matches, dtype=np.bool_)
    unknown: NDArray[np.bool_] = bases.sum(axis=1) == 0
    for position in range(positions):
        with_n |= unknown[position : position + n_matches]
        for strand, odds in enumerate(strands):
            found[strand] += bases[position : position + n_matches] @ odds[position]
    best = found.max(axis=0)
    best[with_n] = np.nan
    offset = start + before - first
    scores[offset : offset + n_matches] = best
    return scores

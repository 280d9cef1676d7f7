"""A motif alone as a predictor: the best match in each bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.bins import chunks
from maxatac.genome.windows import BIN_SIZE

if TYPE_CHECKING:
    from maxatac.data.readers import GenomeReader


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
    for first, last in chunks(n_bins * BIN_SIZE):
        matches = _match_scores(genome, chrom, first, last, strands)
        best[first // BIN_SIZE : last // BIN_SIZE] = np.fmax(matches, worst).reshape(-1, BIN_SIZE).max(axis=1)
    best_in_reach = best.copy()
    for shift in range(1, min(reach, n_bins - 1) + 1):
        np.maximum(best_in_reach[shift:], best[:-shift], out=best_in_reach[shift:])
        np.maximum(best_in_reach[:-shift], best[shift:], out=best_in_reach[:-shift])
    return best_in_reach


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

"""The motif: a simulated position weight matrix, and the scan of a sequence with it.

Real motifs are degenerate: they match everywhere, and a few per cent of the matches are bound. This motif holds 11.7
bits. To specify 1,000 places on both strands of 12 Mb, a motif alone would need log2(24,000,000 / 1,000) = 14.6 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.spans import Spans

# Probability of the preferred base at each position: two conserved half sites, as of a dimer.
_PREFERRED = np.array([0.50, 0.94, 0.87, 0.92, 0.84, 0.46, 0.55, 0.86, 0.96, 0.90, 0.82, 0.42])
_CONSERVED = _PREFERRED > 0.7
_OTHERS = np.array([0.5, 0.3, 0.2])  # how the other three share the rest, in an order that is drawn

MATCH_THRESHOLD = 6.0
"""Log-odds score in bits, against equal bases, from which a place counts as a match: 90 % of what the matrix draws, and
one place in about 470 bp of equal bases."""

_SCANNED_AT_ONCE = 1 << 21
_N_SCORE = -1000.0


@dataclass(frozen=True)
class Matches:
    """Places on one chromosome that score at least `MATCH_THRESHOLD`, in order of their start.

    Attributes
    ----------
    start : shape (matches,), int64
        First base on the forward strand.
    reverse : shape (matches,), bool
        True where the motif reads on the reverse strand.
    score : shape (matches,), float64
        Log-odds in bits.
    """

    start: NDArray[np.int64]
    reverse: NDArray[np.bool_]
    score: NDArray[np.float64]


def draw_motif(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a position weight matrix.

    The conserved positions hold every base equally often, so that the base composition of a genome changes the
    number of matches little, and no CpG, which is rare. A motif close to its own reverse complement is drawn again.

    Returns
    -------
    shape (12, 4), float64
        Probabilities of A, C, G, T at each position.
    """
    conserved = np.flatnonzero(_CONSERVED)
    while True:
        preferred = rng.integers(0, 4, len(_CONSERVED))
        preferred[conserved] = rng.permutation(np.repeat(np.arange(4), len(conserved) // 4))
        has_cpg = bool(np.any((preferred[:-1] == 1) & (preferred[1:] == 2)))
        palindromic = int((preferred == 3 - preferred[::-1])[_CONSERVED].sum())
        half_sites = preferred[conserved].reshape(2, -1)
        if not has_cpg and palindromic <= 2 and not np.array_equal(*half_sites):
            break
    probabilities = np.empty((len(preferred), 4))
    for position, (base, top) in enumerate(zip(preferred, _PREFERRED, strict=True)):
        probabilities[position, np.delete(np.arange(4), base)] = (1 - top) * rng.permutation(_OTHERS)
        probabilities[position, base] = top
    # the numbers that are written to the file, with four decimals, are used
    probabilities = np.round(probabilities, 4)
    return probabilities


def information(probabilities: NDArray[np.float64]) -> float:
    """Information content in bits of a matrix of shape (length, 4), against equal bases: 2 bits a position at most."""
    return float(np.sum(2 + np.sum(probabilities * np.log2(probabilities), axis=1)))


def draw_instances(probabilities: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw sequences from the matrix; shape (count, length), uint8, 0 to 3 for A, C, G, T."""
    limits = np.cumsum(probabilities, axis=1)[:, :3]
    codes: NDArray[np.uint8] = np.sum(rng.random((count, len(probabilities), 1)) > limits, axis=2).astype(np.uint8)
    return codes


def find_matches(codes: NDArray[np.uint8], n_runs: Spans, probabilities: NDArray[np.float64]) -> Matches:
    """Scan both strands of a chromosome.

    Parameters
    ----------
    codes : shape (size,), uint8
        0 to 3 for A, C, G, T.
    n_runs : shape (runs, 2), int64
        Runs of N; nothing that touches one is a match.
    probabilities : shape (length, 4), float64
        The matrix.
    """
    # float32 is exact enough and halves the memory; N has its own column
    scores = np.full((len(probabilities), 5), _N_SCORE, np.float32)
    scores[:, :4] = np.log2(probabilities / 0.25)
    reverse_scores = scores.copy()
    reverse_scores[:, :4] = scores[::-1, 3::-1]
    with_n = codes.copy()
    for start, end in n_runs:
        with_n[start:end] = 4
    found: list[tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]] = []
    places = len(codes) - len(probabilities) + 1
    for start in range(0, places, _SCANNED_AT_ONCE):
        count = min(_SCANNED_AT_ONCE, places - start)
        for reverse, table in ((False, scores), (True, reverse_scores)):
            total = np.zeros(count, np.float32)
            for offset, column in enumerate(table):
                total += column[with_n[start + offset : start + offset + count]]
            hits = np.flatnonzero(total >= MATCH_THRESHOLD)
            found.append((hits + start, np.full(len(hits), reverse), total[hits].astype(np.float64)))
    starts, reverses, totals = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((reverses, starts))
    return Matches(starts[order], reverses[order], totals[order])

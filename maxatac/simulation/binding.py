"""Which motif matches are bound in which cell type.

The odds of binding rise with the score of the match and with the accessibility of the chromatin at that place. Noise is
added that is not visible in the data; a part of it is shared between cell types, as that of neighbouring factors is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maxatac.simulation.accessibility import Regions, openness
from maxatac.simulation.motif import Matches

_SCORE_AT_HALF = 9.5  # bits at which half the matches of typical openness are bound
_OPENNESS_AT_HALF = 0.22  # Tn5 cuts per bp
_SCORE_SLOPE = 1.0  # log odds per bit
_OPENNESS_SLOPE = 2.0  # log odds per e-fold
_LEAST_OPENNESS = 0.02  # chromatin below this is closed: nothing binds
_SITE_SPREAD = 0.5  # of the log odds, shared between cell types
_WITHOUT_MOTIF = 0.015  # of the open regions: bound through another factor


@dataclass(frozen=True)
class Sites:
    """Bound sites of one chromosome in one cell type, sorted.

    Attributes
    ----------
    centre : shape (sites,), int64
        Middle of the bound match, or a place in an open region for those without one.
    occupancy : shape (sites,), float64
        0 to 1; how strongly it is bound.
    has_motif : shape (sites,), bool
    """

    centre: NDArray[np.int64]
    occupancy: NDArray[np.float64]
    has_motif: NDArray[np.bool_]


def draw_sites(regions: Regions, matches: Matches, motif_length: int, rng: np.random.Generator) -> list[Sites]:
    """Draw the bound sites of each cell type, in the order of the columns of ``regions``."""
    matches = _best_of_overlapping(matches, motif_length)
    centres = matches.start + motif_length // 2
    shared = rng.normal(0, _SITE_SPREAD, len(centres))
    drawn = []
    for cell_type in range(regions.strength.shape[1]):
        local = openness(regions, cell_type, centres)
        log_odds = (
            _SCORE_SLOPE * (matches.score - _SCORE_AT_HALF)
            + _OPENNESS_SLOPE * np.log(np.maximum(local, 1e-9) / _OPENNESS_AT_HALF)
            + shared
        )
        occupancy = 1 / (1 + np.exp(-log_odds))
        bound = (rng.random(len(centres)) < occupancy) & (local >= _LEAST_OPENNESS)
        other = np.flatnonzero(regions.is_open[:, cell_type] & (rng.random(len(regions.start)) < _WITHOUT_MOTIF))
        places = (regions.start[other] + regions.end[other]) // 2
        centre = np.concatenate((centres[bound], places))
        strength = np.concatenate((occupancy[bound], rng.uniform(0.3, 0.7, len(other))))
        has_motif = np.concatenate((np.ones(int(bound.sum()), bool), np.zeros(len(other), bool)))
        order = np.argsort(centre, kind="stable")
        drawn.append(Sites(centre[order], strength[order], has_motif[order]))
    return drawn


def _best_of_overlapping(matches: Matches, motif_length: int) -> Matches:
    """Drop matches that overlap a better one, because only one factor fits there; of equal matches the first stays."""
    keep = np.ones(len(matches.start), bool)
    for step in range(1, 2 * motif_length):  # on two strands this many matches may start within one motif length
        close = matches.start[step:] - matches.start[:-step] < motif_length
        if not close.any():
            break
        second_is_better = matches.score[step:] > matches.score[:-step]
        keep[:-step] &= ~(close & second_is_better)
        keep[step:] &= ~(close & ~second_is_better)
    return Matches(matches.start[keep], matches.reverse[keep], matches.score[keep])

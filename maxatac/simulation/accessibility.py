"""Accessible regions of one chromosome: where they are, and how accessible in each cell type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.spans import Spans, overlaps
from maxatac.simulation.motif import draw_instances

BP_PER_REGION = 8_500
MIN_LENGTH = 150
MAX_LENGTH = 600
_TYPICAL_LENGTH = 270
_LENGTH_SPREAD = 0.35  # of the logarithm
_MARGIN = 250  # bp kept free between regions and around the blacklist
_SHARED = 0.4  # of the regions: open in every cell type
_OPEN = 0.45  # probability that another region is open in a cell type
_STRENGTH = 0.40  # Tn5 cuts per bp at the middle of a typical region
_STRENGTH_SPREAD = 0.6  # of the logarithm, between regions
_CELL_SPREAD = 0.35  # of the logarithm, between cell types of one region
_LEAK = 0.03  # share of the strength where a region is closed
_PLANTED = 0.30  # of the regions: given a motif instance, on top of what is there by chance


@dataclass(frozen=True)
class Regions:
    """Accessible regions of one chromosome, sorted.

    Attributes
    ----------
    start, end : shape (regions,), int64
        Half-open, `MIN_LENGTH` to `MAX_LENGTH` bp.
    is_open : shape (regions, cell types), bool
        In which cell types it is accessible; at least one.
    strength : shape (regions, cell types), float64
        Tn5 cuts per bp at the middle of the region.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    strength: NDArray[np.float64]


def draw_regions(size: int, closed: Spans, cell_types: int, rng: np.random.Generator) -> Regions:
    """Draw the regions of a chromosome of ``size`` bp, away from the ``closed`` intervals (N, blacklist)."""
    count = int(size / BP_PER_REGION * 1.2) + 10
    lengths = np.exp(rng.normal(np.log(_TYPICAL_LENGTH), _LENGTH_SPREAD, count))
    lengths = np.clip(lengths, MIN_LENGTH, MAX_LENGTH).astype(np.int64)
    # exponential gaps: regions lie at random, but never overlap
    gaps = (_MARGIN + rng.exponential(BP_PER_REGION - _MARGIN - _TYPICAL_LENGTH, count)).astype(np.int64)
    starts = np.cumsum(gaps + lengths) - lengths
    ends = starts + lengths
    keep = (ends + _MARGIN <= size) & ~overlaps(closed, starts - _MARGIN, ends + _MARGIN)

    shared = rng.random(count) < _SHARED
    is_open = rng.random((count, cell_types)) < _OPEN
    is_open[np.arange(count), rng.integers(0, cell_types, count)] |= ~is_open.any(axis=1)
    is_open |= shared[:, None]
    strength = _STRENGTH * np.exp(
        rng.normal(0, _STRENGTH_SPREAD, (count, 1)) + rng.normal(0, _CELL_SPREAD, (count, cell_types))
    )
    strength = np.where(is_open, strength, _LEAK * strength)
    return Regions(starts[keep], ends[keep], is_open[keep], strength[keep])


def plant_motifs(
    codes: NDArray[np.uint8], regions: Regions, probabilities: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Write an instance of the motif into the middle half of some regions, on either strand; changes ``codes``."""
    chosen = np.flatnonzero(rng.random(len(regions.start)) < _PLANTED)
    instances = draw_instances(probabilities, len(chosen), rng)
    reverse = rng.random(len(chosen)) < 0.5
    instances[reverse] = 3 - instances[reverse, ::-1]
    lengths = regions.end[chosen] - regions.start[chosen]
    middle = regions.start[chosen] + (lengths * rng.uniform(0.25, 0.75, len(chosen))).astype(np.int64)
    width = len(probabilities)
    codes[(middle - width // 2)[:, None] + np.arange(width)] = instances


def openness(regions: Regions, cell_type: int, positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Tn5 cuts per bp expected at ``positions``, outside the regions 0: a parabola over each region."""
    if len(regions.start) == 0:
        return np.zeros(len(positions))
    region = np.maximum(np.searchsorted(regions.start, positions, side="right") - 1, 0)
    place = (positions - regions.start[region]) / (regions.end[region] - regions.start[region])
    profile = np.maximum(4 * place * (1 - place), 0)
    expected: NDArray[np.float64] = regions.strength[region, cell_type] * profile
    return expected

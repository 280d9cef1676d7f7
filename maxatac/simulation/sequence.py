"""A chromosome: background with isochores, interspersed and tandem repeats, satellites at the centromere, runs of N.

Sizes and shares are those of a compact vertebrate genome, in round numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.spans import Spans, expand, merge
from maxatac.simulation.streams import stream

# How much more often than by chance one base follows another; the same on both strands. CpG is rare, TpA too.
_DINUCLEOTIDE_ODDS = np.array(
    [  #   A     C     G     T
        [1.15, 0.85, 1.15, 0.90],  # A
        [1.20, 1.20, 0.28, 1.15],  # C
        [1.00, 1.00, 1.20, 0.85],  # G
        [0.75, 1.00, 1.20, 1.15],  # T
    ]
)
_GC_MEAN = 0.41
_GC_SPREAD = 0.045
_GC_LIMITS = (0.33, 0.56)
_GC_LEVELS = np.linspace(*_GC_LIMITS, 24)
_ISOCHORE = 60_000  # bp between independent GC values, which are joined by straight lines
_BLOCK = 512  # bp that one column of the chain makes; each starts from the base composition
_BLOCKS_AT_ONCE = 1 << 14

_TELOMERE = (0.002, 300, 10_000)  # share of the chromosome, least and most bp of N at each end
_CENTROMERE_GAP = (0.006, 1_000, 1_000_000)
_SATELLITE_SHARE = 0.004  # of the chromosome, on each side of the gap
_SATELLITE_UNIT = 171
_BP_PER_GAP = 1_500_000
_BP_PER_TANDEM = 500_000
_BP_PER_MICROSATELLITE = 12_000
_REPEAT_LENGTHS = (140, 300, 310, 450, 1_200, 3_000, 6_000)
_REPEAT_SHARE = 0.25  # of the genome, before copies that fall onto others
_MASK_GAP = 10
_COPIES_AT_ONCE = 4_000


@dataclass(frozen=True)
class ChromSequence:
    """Sequence of one chromosome.

    Attributes
    ----------
    codes : shape (size,), uint8
        0 to 3 for A, C, G, T, also under N.
    n_runs, masked_runs, blacklist : shape (runs, 2), int64
        Runs of N, soft-masked repeats, and places where no short read can be aligned: N, satellites, tandem arrays.
    """

    codes: NDArray[np.uint8]
    n_runs: Spans
    masked_runs: Spans
    blacklist: Spans


def chrom_sizes(size: int, chroms: Sequence[str]) -> dict[str, int]:
    """Divide ``size`` bp among the chromosomes; the last has about a fifth of the first, as in mammals."""
    weights = np.exp(-1.6 * np.linspace(0, 1, len(chroms)))
    ends = np.round(np.cumsum(weights) / weights.sum() * size).astype(np.int64)
    return dict(zip(chroms, np.diff(ends, prepend=0).tolist(), strict=True))


def draw_families(seed: int) -> list[NDArray[np.uint8]]:
    """Draw the consensus of each repeat family; they are the same on all chromosomes."""
    rng = stream(seed, "repeat families")
    return [rng.choice(4, length, p=(0.31, 0.2, 0.21, 0.28)).astype(np.uint8) for length in _REPEAT_LENGTHS]


def draw_sequence(size: int, families: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> ChromSequence:
    """Draw one chromosome of ``size`` bp."""
    codes = _draw_background(size, rng)
    masked = [_insert_repeats(codes, families, rng), _insert_microsatellites(codes, rng)]

    telomere, gap = _bp(_TELOMERE, size), _bp(_CENTROMERE_GAP, size)
    centre = int(size * rng.uniform(0.35, 0.5))
    arrays = _insert_satellites(codes, centre, centre + gap, rng) + _insert_tandem_arrays(codes, telomere, rng)
    n_runs = [(0, telomere), (size - telomere, size), (centre, centre + gap)]
    for _ in range(rng.poisson(size / _BP_PER_GAP)):
        length = int(np.exp(rng.uniform(np.log(20), np.log(2_000))))
        start = int(rng.integers(telomere, size - telomere - length))
        n_runs.append((start, start + length))

    runs_of_n = merge(np.array(n_runs, np.int64))
    tandem = np.array(arrays, np.int64)
    return ChromSequence(
        codes=codes,
        n_runs=runs_of_n,
        masked_runs=merge(np.concatenate((*masked, tandem)), _MASK_GAP),
        blacklist=merge(np.concatenate((runs_of_n, tandem))),
    )


def _bp(limits: tuple[float, int, int], size: int) -> int:
    share, least, most = limits
    return int(min(max(share * size, least), most))


def _draw_background(size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a chain in which each base depends on the one before it; the GC content changes along the chromosome."""
    blocks = -(-size // _BLOCK)
    level = _draw_gc_levels(size, blocks, rng)
    start_limits, limits = _chain_limits()
    first, second, third = (np.ascontiguousarray(limits[:, base]) for base in range(3))
    codes = np.empty(blocks * _BLOCK, np.uint8)
    for start in range(0, blocks, _BLOCKS_AT_ONCE):
        row = level[start : start + _BLOCKS_AT_ONCE]
        table = (row * 4).astype(np.int32)
        state = (rng.random((len(row), 1)) > start_limits[row]).sum(axis=1).astype(np.uint8)
        columns = np.empty((_BLOCK, len(row)), np.uint8)
        for step in range(_BLOCK):
            columns[step] = state
            index = table + state
            drawn = rng.random(len(row), np.float32)
            state = (drawn > first[index]).view(np.uint8) + (drawn > second[index]) + (drawn > third[index])
        codes[start * _BLOCK : (start + len(row)) * _BLOCK] = columns.T.ravel()
    return codes[:size]


def _draw_gc_levels(size: int, blocks: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw which of `_GC_LEVELS` each block has."""
    knots = rng.normal(_GC_MEAN, _GC_SPREAD, size // _ISOCHORE + 2)
    gc = np.clip(np.interp(np.arange(blocks) * (_BLOCK / _ISOCHORE), np.arange(len(knots)), knots), *_GC_LIMITS)
    level: NDArray[np.intp] = np.abs(gc[:, None] - _GC_LEVELS).argmin(axis=1)
    return level


def _chain_limits() -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Cumulative probabilities of A, C and G: of a first base, by level, and of the next, by 4 level + base."""
    base = np.stack(((1 - _GC_LEVELS) / 2, _GC_LEVELS / 2, _GC_LEVELS / 2, (1 - _GC_LEVELS) / 2), axis=1)
    joint = base[:, :, None] * base[:, None, :] * _DINUCLEOTIDE_ODDS
    limits = np.cumsum(joint / joint.sum(axis=2, keepdims=True), axis=2)[:, :, :3].reshape(-1, 3)
    return np.cumsum(base, axis=1)[:, :3], limits.astype(np.float32)


def _insert_repeats(codes: NDArray[np.uint8], families: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> Spans:
    """Overwrite random places with diverged copies, either strand; those of long families lack their 5' end."""
    inserted = [np.empty((0, 2), np.int64)]
    for family in families:
        copies = int(_REPEAT_SHARE * len(codes) / len(families) / min(len(family), 800))
        for first in range(0, copies, _COPIES_AT_ONCE):
            count = min(_COPIES_AT_ONCE, copies - first)
            lengths = np.minimum(len(family), (rng.gamma(2.0, 400.0, count)).astype(np.int64) + 60)
            starts = rng.integers(0, len(codes) - len(family), count)
            positions, offsets = expand(starts, lengths)
            reverse = np.repeat(rng.random(count) < 0.5, lengths)
            place = len(family) - np.repeat(lengths, lengths) + offsets
            bases = np.where(reverse, 3 - family[len(family) - 1 - offsets], family[place])
            divergence = np.repeat(rng.uniform(0.06, 0.25, count), lengths)
            codes[positions] = _mutate(bases, divergence, rng)
            inserted.append(np.stack((starts, starts + lengths), axis=1))
    return np.concatenate(inserted)


def _insert_microsatellites(codes: NDArray[np.uint8], rng: np.random.Generator) -> Spans:
    count = len(codes) // _BP_PER_MICROSATELLITE
    lengths = rng.integers(20, 70, count)
    starts = rng.integers(0, len(codes) - 70, count)
    units = rng.integers(0, 4, (count, 6))
    positions, offsets = expand(starts, lengths)
    unit_lengths = np.repeat(rng.integers(1, 7, count), lengths)
    codes[positions] = units[np.repeat(np.arange(count), lengths), offsets % unit_lengths]
    return np.stack((starts, starts + lengths), axis=1)


def _insert_satellites(
    codes: NDArray[np.uint8], gap_start: int, gap_end: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Overwrite both sides of the centromere's gap with copies of one unit."""
    length = max(_SATELLITE_UNIT, int(_SATELLITE_SHARE * len(codes)))
    arrays = [(gap_start - length, gap_start), (gap_end, gap_end + length)]
    unit = rng.integers(0, 4, _SATELLITE_UNIT).astype(np.uint8)
    for start, end in arrays:
        codes[start:end] = _tandem(unit, length, 0.05, rng)
    return arrays


def _insert_tandem_arrays(codes: NDArray[np.uint8], margin: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Overwrite random places with copies of short units, ``margin`` bp away from the ends."""
    arrays = []
    for _ in range(rng.poisson(len(codes) / _BP_PER_TANDEM)):
        length = int(rng.integers(1_000, 4_000))
        start = int(rng.integers(margin, len(codes) - margin - length))
        unit = rng.integers(0, 4, rng.integers(15, 70)).astype(np.uint8)
        codes[start : start + length] = _tandem(unit, length, 0.08, rng)
        arrays.append((start, start + length))
    return arrays


def _tandem(unit: NDArray[np.uint8], length: int, divergence: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    return _mutate(np.resize(unit, length), np.full(length, divergence), rng)


def _mutate(bases: NDArray[np.uint8], divergence: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change each base into another with its own probability."""
    changed = rng.random(len(bases)) < divergence
    shifts = rng.integers(1, 4, len(bases), np.uint8)
    return np.where(changed, (bases + shifts) % 4, bases).astype(np.uint8)

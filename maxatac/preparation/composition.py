"""Bases around cut sites, where a wrong shift shows.

Tn5 cuts both strands 9 bp apart and likes some bases. It sees the same pattern from both strands, so the bases around
the middle of the 9 bp mirror each other: A on one side is T on the other. With the right shift, cut sites lie in that
middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Genome

FLANK = 20
"""Bases to either side of a site that are counted."""

MOST = 50_000
"""Cut sites that are looked at, or up to twice as many, evenly spaced over the chromosomes."""

BASES = ("A", "C", "G", "T")

FURTHEST = 9
"""Distance in bp up to which the middle of the pattern is looked for."""

_ENOUGH = 2_000  # cut sites of a strand that a middle is worked out from
_CLEAR = 0.6  # of the pattern must mirror itself at its middle; less is no pattern of Tn5


class BaseComposition:
    """Counts the bases around cut sites, in the direction of the read.

    Parameters
    ----------
    genome : Genome
    chrom_sizes : mapping of str to int
        Chromosomes that are looked at, and their lengths in bp.
    groups : int
        How many groups are added, which share ``MOST``.

    Attributes
    ----------
    counts : shape (2, 2 * FLANK + 1, 4), int64
        By strand (+ and -), place and base (A, C, G, T). The site itself is at place ``FLANK``; further places lie in
        the direction of the read.
    """

    def __init__(self, genome: Genome, chrom_sizes: Mapping[str, int], *, groups: int = 1) -> None:
        self._genome = genome
        self._sizes = chrom_sizes
        self._per_base = MOST / max(groups, 1) / max(sum(chrom_sizes.values()), 1)
        self.counts = np.zeros((2, 2 * FLANK + 1, len(BASES)), np.int64)

    def step(self, chrom: str, sites: int) -> int:
        """One of how many of the sites of a chromosome is to be added; 0 for none."""
        wanted = math.ceil(self._per_base * self._sizes[chrom])
        return max(sites // wanted, 1) if wanted else 0

    def add(self, chrom: str, positions: NDArray[np.int64], reverse: NDArray[np.bool_]) -> None:
        """Count the bases around sites.

        Parameters
        ----------
        chrom : str
        positions : shape (sites,), int64
        reverse : shape (sites,), bool
            Whether the read of a site is on the - strand.

        Raises
        ------
        GenomeError
            If the sequence cannot be read.
        """
        size = self._sizes[chrom]
        for position, is_reverse in zip(positions.tolist(), reverse.tolist(), strict=True):
            start, end = position - FLANK, position + FLANK + 1
            if start >= 0 and end <= size:
                around = self._genome.one_hot(chrom, start, end, reverse_complement=is_reverse)
                self.counts[int(is_reverse)] += around.astype(np.int64)

    @property
    def sites(self) -> int:
        """Sites that were looked at and have a base."""
        return int(self.counts[:, FLANK].sum())

    def shares(self) -> NDArray[np.float64]:
        """Share of each base at each place, both strands together: shape (2 * FLANK + 1, 4), 0 without a site."""
        return _shares(self.counts.sum(axis=0))

    def middles(self) -> tuple[float | None, float | None]:
        """Where the middle of the pattern lies, for reads on + and on -.

        Returns
        -------
        tuple of two floats or None
            In bp from the site in the direction of the read, in steps of 0.5; 0 where the shift is right. ``None``
            where there are few sites, or no pattern that mirrors itself.
        """
        return _middle(self.counts[0]), _middle(self.counts[1])

    def entry(self) -> dict[str, Any]:
        """List the numbers for a record."""
        plus, minus = self.middles()
        return {
            "sites_looked_at": self.sites,
            "middle_of_the_pattern": {"+": plus, "-": minus},
            "share_of_bases": {
                base: [round(float(share), 5) for share in column]
                for base, column in zip(BASES, self.shares().T, strict=True)
            },
        }


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _middle(counts: NDArray[np.int64]) -> float | None:
    """Find the place around which a pattern is its own reverse complement, in bp from the site."""
    if counts[FLANK].sum() < _ENOUGH:
        return None
    pattern = _shares(counts)
    # The composition of the genome around open places is no pattern: it changes slowly.
    ends = np.concatenate((pattern[:5], pattern[-5:])).mean(axis=0)
    pattern = pattern - ends
    # How well it mirrors itself around place (i + j) / 2: the sum over all places i, j with that sum. The complement of
    # base b is base 3 - b.
    likeness = np.sum([np.convolve(pattern[:, base], pattern[:, 3 - base]) for base in range(len(BASES))], axis=0)
    places = (np.arange(len(likeness)) - 2 * FLANK) / 2
    near = np.abs(places) <= FURTHEST
    best = int(np.argmax(np.where(near, likeness, -np.inf)))
    strength = float((pattern**2).sum())
    noise = len(pattern) * (1 - float((ends**2).sum())) / float(counts[FLANK].sum())
    if strength < 2 * noise or likeness[best] < _CLEAR * strength:
        return None
    return float(places[best])

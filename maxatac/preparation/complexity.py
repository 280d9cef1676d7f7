"""How many different molecules a library holds, from how often each pair of reads was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

REMOVED = "duplicates were already removed or are not in the file: complexity cannot be estimated"
NONE_SEEN = "no pair was examined for duplicates: complexity cannot be estimated"

_STEPS = 200  # of the bisection; each halves the interval


@dataclass(frozen=True)
class Complexity:
    """Complexity of a library.

    The shares are those of ENCODE (https://www.encodeproject.org/data-standards/terms/). ENCODE's limits for ATAC-seq
    are 0.9 for NRF and PBC1, and 3 for PBC2.

    Attributes
    ----------
    pairs : int
        Pairs of reads that were examined.
    distinct : int
        Different ones among them.
    nrf : float or None
        Non-redundant fraction, ``distinct / pairs``.
    pbc1, pbc2 : float or None
        Pairs seen once by distinct pairs, and by pairs seen twice; ``None`` where that would divide by 0.
    molecules : float or None
        Estimated size of the library.
    relative_error : float or None
        Standard error of ``molecules``, as a share of it: sampling only.
    unknown : str or None
        Why nothing can be estimated; ``None`` if it can.
    """

    pairs: int
    distinct: int
    nrf: float | None = None
    pbc1: float | None = None
    pbc2: float | None = None
    molecules: float | None = None
    relative_error: float | None = None
    unknown: str | None = None

    def expected(self, pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distinct pairs to expect when so many pairs are sequenced; shape of ``pairs``.

        Raises
        ------
        ValueError
            If the size of the library is unknown.
        """
        if self.molecules is None:
            raise ValueError(self.unknown)
        return -self.molecules * np.expm1(-pairs / self.molecules)

    def entry(self) -> dict[str, Any]:
        """List the numbers for a record; ``None`` where there is none."""
        twice = None if self.molecules is None else float(self.expected(np.array([2.0 * self.pairs]))[0])
        return {
            "pairs": self.pairs,
            "distinct_pairs": self.distinct,
            "duplicates": self.pairs - self.distinct,
            "nrf": self.nrf,
            "pbc1": self.pbc1,
            "pbc2": self.pbc2,
            "molecules": self.molecules,
            "molecules_relative_error": self.relative_error,
            "distinct_at_twice_the_depth": twice,
            "unknown": self.unknown,
        }


def estimate_complexity(multiplicity: Mapping[int, int]) -> Complexity:
    """Estimate the size of a library as Picard does, by Lander and Waterman.

    If each of X molecules is equally likely to be sequenced, N pairs hold X (1 - exp(-N / X)) distinct ones. X is
    found for the N and the distinct pairs that were seen. Molecules are not equally likely, so the true size of a
    library is usually larger.

    Parameters
    ----------
    multiplicity : mapping of int to int
        Number of distinct pairs that were seen once, twice, and so on.

    Returns
    -------
    Complexity
    """
    pairs = sum(times * count for times, count in multiplicity.items())
    distinct = sum(count for times, count in multiplicity.items() if times)
    if distinct == 0:
        return Complexity(pairs, distinct, unknown=NONE_SEEN)
    if pairs == distinct:
        return Complexity(pairs, distinct, unknown=REMOVED)
    once, twice = multiplicity.get(1, 0), multiplicity.get(2, 0)
    return Complexity(
        pairs,
        distinct,
        nrf=distinct / pairs,
        pbc1=once / distinct,
        pbc2=once / twice if twice else None,
        molecules=pairs / _depth(distinct / pairs),
        relative_error=1 / math.sqrt(pairs - distinct),
    )


def _depth(nrf: float) -> float:
    """Solve ``nrf = (1 - exp(-depth)) / depth`` for a share between 0 and 1, both excluded."""
    low, high = 0.0, 1 / nrf
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if -math.expm1(-middle) / middle > nrf:
            low = middle
        else:
            high = middle
    return high

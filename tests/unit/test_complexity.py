"""The size of a library, from how often each pair was seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maxatac.preparation.complexity import NONE_SEEN, REMOVED, estimate_complexity


def test_shares_of_a_small_library() -> None:
    # Six pairs seen once, three twice, one five times: ten distinct ones among 17.
    found = estimate_complexity({1: 6, 2: 3, 5: 1})
    assert (found.pairs, found.distinct) == (17, 10)
    assert (found.nrf, found.pbc1, found.pbc2) == (10 / 17, 6 / 10, 6 / 3)
    assert found.relative_error == 1 / math.sqrt(7)
    assert found.entry()["duplicates"] == 7


@pytest.mark.parametrize(
    "multiplicity",
    [
        {1: 6, 2: 3, 5: 1},
        {1: 10**9, 2: 1},
        {2: 5},
        {10**6: 1},
        {1: 1, 10**9: 1},
        {1: 40_000_000, 2: 6_000_000, 3: 900_000},
    ],
)
def test_size_solves_the_equation(multiplicity: dict[int, int]) -> None:
    found = estimate_complexity(multiplicity)
    assert found.molecules is not None and math.isfinite(found.molecules)
    assert found.molecules >= found.distinct * (1 - 1e-9)
    expected = found.expected(np.array([0.0, found.pairs, 1e30]))
    assert expected == pytest.approx([0, found.distinct, found.molecules], rel=1e-6)


def test_size_of_a_drawn_library() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, 200_000, 150_000)
    times, counts = np.unique(np.unique(drawn, return_counts=True)[1], return_counts=True)
    found = estimate_complexity(dict(zip(times.tolist(), counts.tolist(), strict=True)))
    assert found.molecules == pytest.approx(200_000, rel=4 * found.relative_error)
    deeper = len(np.unique(np.concatenate((drawn, rng.integers(0, 200_000, 150_000)))))
    assert found.entry()["distinct_at_twice_the_depth"] == pytest.approx(deeper, rel=0.01)


@pytest.mark.parametrize(("multiplicity", "reason"), [({}, NONE_SEEN), ({1: 0}, NONE_SEEN), ({1: 1_000}, REMOVED)])
def test_nothing_is_estimated_without_a_duplicate(multiplicity: dict[int, int], reason: str) -> None:
    found = estimate_complexity(multiplicity)
    assert found.unknown == reason
    numbers = found.entry()
    assert {name for name, value in numbers.items() if value is None} == {
        "nrf", "pbc1", "pbc2", "molecules", "molecules_relative_error", "distinct_at_twice_the_depth",
    }  # fmt: skip
    with pytest.raises(ValueError, match="cannot be estimated"):
        found.expected(np.array([1.0]))


def test_no_pair_seen_twice() -> None:
    assert estimate_complexity({1: 5, 3: 1}).pbc2 is None

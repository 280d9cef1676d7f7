"""Shares of cut sites in bins, peaks and the blacklist."""

from __future__ import annotations

import json

import numpy as np
import pytest

from maxatac.genome.spans import contains, merge
from maxatac.preparation.enrichment import BIN, SiteSpread


def spans(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, np.int64).reshape(-1, 2)


def test_share_in_the_top_bins() -> None:
    # 200 bins: the two with most sites, 1 % of them, have 5 + 4 of 12.
    positions = np.array([10] * 5 + [BIN * 7] * 4 + [BIN * 9 - 1, BIN * 20, BIN * 200 - 1])
    spread = SiteSpread()
    spread.add("chr1", 200 * BIN, np.sort(positions))
    assert (spread.bins, spread.total) == (200, 12)
    assert spread.top_share() == pytest.approx(9 / 12)
    # Half of the third place goes to one of three bins with one site.
    assert spread.top_share(2.5 / 200) == pytest.approx(9.5 / 12)
    assert spread.top_share(1.0) == 1


def test_curve_is_that_of_sorted_bins() -> None:
    rng = np.random.default_rng(3)
    sizes = {"chr1": 100_000, "chr2": 60_300, "chr3": 700}
    spread, bins = SiteSpread(), []
    for chrom, size in sizes.items():
        positions = np.sort(rng.integers(0, size, size // 100))
        spread.add(chrom, size, positions)
        bins += np.histogram(positions, np.arange(0, size + BIN, BIN))[0].tolist()
    fullest = np.sort(bins)[::-1]
    shares = np.arange(len(bins) + 1) / len(bins)
    found, _ = spread.curve(shares)
    assert found == pytest.approx(np.concatenate(([0], np.cumsum(fullest) / fullest.sum())))


@pytest.mark.parametrize("mean", [0.01, 1, 30, 5_000])
def test_random_places_are_as_drawn(mean: float) -> None:
    bins = 20_000
    drawn = np.sort(np.random.default_rng(5).poisson(mean, bins))[::-1]
    positions = np.repeat(np.arange(bins) * BIN, drawn[::-1] if mean < 100 else 1)
    spread = SiteSpread()
    if mean < 100:
        spread.add("chr1", bins * BIN, np.sort(positions))
        _, at_random = spread.curve(np.array([0.01, 0.1]))
        total = drawn.sum()
        assert at_random == pytest.approx([drawn[:200].sum() / total, drawn[:2000].sum() / total], rel=0.15)
    else:
        spread.add("chr1", 3 * BIN, np.sort(np.tile(np.arange(3) * BIN, int(mean))))
        assert spread.curve(np.array([0.5]))[1] == pytest.approx([0.5], abs=0.01)


def test_blacklist_and_peaks() -> None:
    size = 20 * BIN
    blacklist = merge(spans((BIN, 3 * BIN), (5 * BIN + 1, 6 * BIN), (19 * BIN - 10, size)))
    peaks = merge(spans((0, 50), (2 * BIN, 4 * BIN), (9 * BIN, 9 * BIN + 1)))
    positions = np.sort(np.random.default_rng(2).integers(0, size, 5_000))
    spread = SiteSpread({"chr1": blacklist}, {"chr1": peaks})
    spread.add("chr1", size, positions)
    spread.add("chr2", BIN, np.array([3, 4]))
    black = contains(blacklist, positions)
    assert spread.in_blacklist == black.sum()
    assert spread.hidden == spread.entry()["share_in_blacklist"] == spread.in_blacklist / 5_002
    assert spread.in_peaks == (contains(peaks, positions) & ~black).sum()
    assert spread.frip == spread.in_peaks / (5_002 - spread.in_blacklist)
    # Bins 1, 2 and 19 are hidden wholly; bin 5 is not, for its first base is free.
    assert spread.bins == 20 - 3 + 1


def test_positions_outside_the_chromosome() -> None:
    spread = SiteSpread()
    spread.add("chr1", 1_200, np.array([-4, 0, 1_203]))
    assert (spread.total, spread.bins, spread.top_share(1 / 3)) == (3, 3, pytest.approx(2 / 3))


@pytest.mark.parametrize("size", [0, 300])
def test_nothing_is_not_a_number(size: int) -> None:
    spread = SiteSpread(peaks={})
    spread.add("chr1", size, np.empty(0, np.int64))
    numbers = spread.entry()
    json.dumps(numbers, allow_nan=False)
    assert (numbers["share_in_top_bins"], numbers["frip"]) == (None, None)
    with pytest.raises(ValueError, match="no cut site"):
        spread.curve(np.array([0.5]))

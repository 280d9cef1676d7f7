"""Shares of cut sites in bins, peaks and the blacklist."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cut_sites import spread_of

from maxatac.genome.spans import contains, merge
from maxatac.preparation.enrichment import BIN


def spans(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, np.int64).reshape(-1, 2)


def test_share_in_the_top_bins() -> None:
    # 200 bins: the two with most sites, 1 % of them, have 5 + 4 of 12.
    positions = np.array([10] * 5 + [BIN * 7] * 4 + [BIN * 9 - 1, BIN * 20, BIN * 200 - 1])
    spread = spread_of({"chr1": 200 * BIN}, {"chr1": positions})
    assert (spread.bins, spread.total) == (200, 12)
    assert spread.top_share() == pytest.approx(9 / 12)
    # Half of the third place goes to one of three bins with one site.
    assert spread.top_share(2.5 / 200) == pytest.approx(9.5 / 12)
    assert spread.top_share(1.0) == 1


def test_curve_is_that_of_sorted_bins() -> None:
    rng = np.random.default_rng(3)
    sizes = {"chr1": 100_000, "chr2": 60_300, "chr3": 700}
    positions = {chrom: rng.integers(0, size, size // 100) for chrom, size in sizes.items()}
    spread = spread_of(sizes, positions)
    bins = []
    for chrom, size in sizes.items():
        bins += np.histogram(positions[chrom], np.arange(0, size + BIN, BIN))[0].tolist()
    fullest = np.sort(bins)[::-1]
    shares = np.arange(len(bins) + 1) / len(bins)
    found, _ = spread.curve(shares)
    assert found == pytest.approx(np.concatenate(([0], np.cumsum(fullest) / fullest.sum())))


@pytest.mark.parametrize("mean", [0.01, 1, 30])
def test_random_places_are_as_drawn(mean: float) -> None:
    bins = 20_000
    drawn = np.random.default_rng(5).poisson(mean, bins)
    spread = spread_of({"chr1": bins * BIN}, {"chr1": np.repeat(np.arange(bins) * BIN, drawn)})
    _, at_random = spread.curve(np.array([0.01, 0.1]))
    fullest = np.sort(drawn)[::-1]
    assert at_random == pytest.approx([fullest[:200].sum() / drawn.sum(), fullest[:2000].sum() / drawn.sum()], rel=0.15)


def test_many_sites_at_random_places() -> None:
    spread = spread_of({"chr1": 3 * BIN}, {"chr1": np.tile(np.arange(3) * BIN, 5_000)})
    assert spread.curve(np.array([0.5]))[1] == pytest.approx([0.5], abs=0.01)


def test_blacklist_and_peaks() -> None:
    size = 20 * BIN
    blacklist = merge(spans((BIN, 3 * BIN), (5 * BIN + 1, 6 * BIN), (19 * BIN - 10, size)))
    peaks = merge(spans((0, 50), (2 * BIN, 4 * BIN), (9 * BIN, 9 * BIN + 1)))
    positions = np.sort(np.random.default_rng(2).integers(0, size, 5_000))
    sites = {"chr1": positions, "chr2": np.array([3, 4])}
    spread = spread_of({"chr1": size, "chr2": BIN}, sites, {"chr1": blacklist}, {"chr1": peaks})
    black = contains(blacklist, positions)
    assert spread.in_blacklist == black.sum()
    assert spread.hidden == spread.entry()["share_in_blacklist"] == spread.in_blacklist / 5_002
    assert spread.in_peaks == (contains(peaks, positions) & ~black).sum()
    assert spread.frip == spread.in_peaks / (5_002 - spread.in_blacklist)
    # Bins 1, 2 and 19 are hidden wholly; bin 5 is not, for its first base is free.
    assert spread.bins == 20 - 3 + 1


def test_positions_outside_the_chromosome() -> None:
    spread = spread_of({"chr1": 1_200}, {"chr1": np.array([-4, 0, 1_203])})
    assert (spread.total, spread.bins, spread.top_share(1 / 3)) == (3, 3, pytest.approx(2 / 3))


@pytest.mark.parametrize("size", [0, 300])
def test_nothing_is_not_a_number(size: int) -> None:
    spread = spread_of({"chr1": size}, {}, peaks={})
    numbers = spread.entry()
    json.dumps(numbers, allow_nan=False)
    assert (numbers["share_in_top_bins"], numbers["frip"]) == (None, None)
    with pytest.raises(ValueError, match="no cut site"):
        spread.curve(np.array([0.5]))


def test_chromosomes_without_sites_have_bins_too() -> None:
    blacklist = {"chr2": spans((0, 600)), "chr3": spans((0, 1_250))}
    sizes = {"chr1": 1_000, "chr2": 1_250, "chr3": 1_250, "chr4": 1}
    empty, alone = spread_of(sizes, {"chr1": np.array([3])}, blacklist), spread_of({"chr1": 1_000}, {"chr1": [3]})
    assert (empty.bins, alone.bins) == (2 + 2 + 0 + 1, 2)
    one_each = {chrom: np.array([size - 1]) for chrom, size in sizes.items()}
    assert spread_of(sizes, one_each, blacklist).bins == empty.bins

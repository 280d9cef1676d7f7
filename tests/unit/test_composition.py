"""Bases around cut sites: where the middle of Tn5's pattern lies."""

from __future__ import annotations

import numpy as np
import pytest

from maxatac._core import Genome
from maxatac.files.twobit import TwoBitWriter
from maxatac.preparation.composition import FLANK, MOST, BaseComposition

SIZES = {"chr1": 150_000, "chr2": 100_000}
EVERY = 40

# Of a base of the top strand at each distance from the middle, its own reverse complement, as Tn5 likes it.
PATTERN = {-4: "G", 4: "C", -1: "T", 1: "A", 6: "G", -6: "C"}
CODES = {base: code for code, base in enumerate("ACGT")}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    """A genome whose every 40th base is the middle of a pattern, half of the time."""
    path = tmp_path_factory.mktemp("genome") / "genome.2bit"
    rng = np.random.default_rng(4)
    none = np.empty((0, 2), np.int64)
    with TwoBitWriter(path, list(SIZES)) as writer:
        for size in SIZES.values():
            codes = rng.integers(0, 4, size).astype(np.uint8)
            middles = np.arange(EVERY, size - EVERY, EVERY)
            for distance, base in PATTERN.items():
                codes[middles[rng.random(len(middles)) < 0.5] + distance] = CODES[base]
            writer.add(codes, none, none)
    return Genome(path)


def composition(genome: Genome, plus: int, minus: int, groups: int = 1) -> BaseComposition:
    """Cut sites so many bp right of the middles, for reads on + and on -."""
    made = BaseComposition(genome, SIZES, groups=groups)
    for chrom, size in SIZES.items():
        middles = np.arange(EVERY, size - EVERY, EVERY)
        positions = np.concatenate((middles + plus, middles + minus))
        reverse = np.repeat([False, True], len(middles))
        made.add(chrom, positions, reverse)
    return made


@pytest.mark.parametrize(
    ("plus", "minus", "middles"),
    [
        (0, 0, (0, 0)),  # shifted once
        (-4, 4, (4, 4)),  # not shifted: 4 bp before the middle, in the direction of the read
        (4, -5, (-4, -5)),  # shifted twice
        (0, -1, (0, -1)),  # 10x: the right ends moved by 5
    ],
)
def test_wrong_shift_is_seen(plus: int, minus: int, middles: tuple[int, int], genome: Genome) -> None:
    assert composition(genome, plus, minus).middles() == middles


def test_shares_are_those_of_the_sequence(genome: Genome) -> None:
    made = composition(genome, 0, 0)
    shares = made.shares()
    assert shares.sum(axis=1) == pytest.approx(np.ones(2 * FLANK + 1))
    for distance, base in PATTERN.items():
        assert shares[FLANK + distance, CODES[base]] == pytest.approx(0.625, abs=0.03)
    assert made.sites == 2 * sum(size // EVERY - 2 for size in SIZES.values())


def test_no_pattern_and_few_sites(genome: Genome) -> None:
    made = BaseComposition(genome, SIZES)
    some = np.sort(np.random.default_rng(6).integers(0, 150_000, 10_000))
    made.add("chr1", some, np.arange(10_000) % 2 == 0)
    assert made.middles() == (None, None)
    few = BaseComposition(genome, SIZES)
    few.add("chr1", np.arange(EVERY, 4_000, EVERY), np.zeros(99, np.bool_))
    assert few.middles() == (None, None)
    assert BaseComposition(genome, SIZES).entry()["sites_looked_at"] == 0


def test_ends_are_left_out(genome: Genome) -> None:
    made = BaseComposition(genome, SIZES)
    made.add("chr1", np.array([-3, FLANK - 1, FLANK, 149_979, 149_980, 150_002]), np.zeros(6, np.bool_))
    assert made.sites == 2


def test_groups_share_the_work(genome: Genome) -> None:
    alone, many = (BaseComposition(genome, SIZES, groups=groups) for groups in (1, MOST // 10))
    # Of the 50,000 sites that are looked at, chr1 gets 30,000.
    assert [alone.step("chr1", sites) for sites in (0, 10, 59_999, 60_000, 3_000_000)] == [1, 1, 1, 2, 100]
    assert many.step("chr2", 1_000) == 1_000 // 4
    assert BaseComposition(genome, {"chr1": 0}).step("chr1", 5) == 0

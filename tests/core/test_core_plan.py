"""Which windows a sampler draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chacha import BATCH_LANE, Draw, block
from numpy.typing import NDArray
from oracles import WINDOW
from small_set import BLACKLIST, CHROMS, N_RUNS, SIZES, DataSet
from writers import BedGraph, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowReader

COLUMNS = ("roi", "track", "chrom", "start", "reverse")
LARGEST = 2**64 - 1


def plain(plan: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: column.tolist() for name, column in plan.items()}


def allowed_starts(chrom: str) -> NDArray[np.int64]:
    """Starts of the windows of the small set that are clear of the blacklist and at most half N, base by base."""

    def covered(intervals: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
        bases = np.zeros(SIZES[chrom], np.int64)
        for start, end in intervals:
            bases[start:end] = 1
        return np.convolve(bases, np.ones(WINDOW, np.int64), "valid")

    black, n = covered(BLACKLIST.get(chrom, [])), covered(N_RUNS.get(chrom, []))
    return np.flatnonzero((black == 0) & (n <= WINDOW // 2))


def assert_uniform(counts: NDArray[np.int64], weights: NDArray[Any] | None = None) -> None:
    """Chi-square test of counts against weights, at six standard deviations."""
    weights = np.ones(len(counts)) if weights is None else weights
    expected = counts.sum() * weights / weights.sum()
    assert expected.min() > 5, "too few draws for this test"
    freedom = len(counts) - 1
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < freedom + 6 * np.sqrt(2 * freedom)


def many(sampler: Sampler, batches: int) -> dict[str, NDArray[Any]]:
    plans = [sampler.plan(0, index) for index in range(batches)]
    return {name: np.concatenate([plan[name] for plan in plans]) for name in COLUMNS}


def reference_plan(
    data: DataSet,
    place: tuple[int, int, int, int],
    *,
    batch_size: int,
    rand_ratio: float,
    jitter: int,
    shuffle_cell_type: bool,
    reverse_complement: bool,
    pool: int,
) -> dict[str, list[Any]]:
    """A plan worked out from the cipher, as the core's pages describe it."""
    count = round(batch_size * (1 - rand_ratio))
    rows = list(range(pool)) * (count // pool) + Draw(*place, BATCH_LANE).distinct(count % pool, pool)
    random_places = [(number, start) for number, chrom in enumerate(CHROMS) for start in allowed_starts(chrom).tolist()]
    plan: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for lane in range(batch_size):
        draw = Draw(*place, lane)
        track, coin = draw.below(len(data.signal)), draw.below(2) == 1
        row = rows[lane] if lane < count else -1
        if row == -1:
            chrom, start = random_places[draw.below(len(random_places))]
        else:
            if not shuffle_cell_type and data.roi_track[row] >= 0:
                track = int(data.roi_track[row])
            chrom, start = int(data.roi_chrom[row]), int(data.roi_start[row])
            last = SIZES[CHROMS[chrom]] - WINDOW
            for _ in range(16 if jitter else 0):
                moved = min(max(start + draw.below(2 * jitter + 1) - jitter, 0), last)
                black = BLACKLIST.get(CHROMS[chrom], [])
                if all(moved >= end or moved + WINDOW <= begin for begin, end in black):
                    start = moved
                    break
        for name, value in zip(COLUMNS, (row, track, chrom, start, coin and reverse_complement), strict=True):
            plan[name].append(value)
    return plan


def test_the_reference_cipher_is_chacha8() -> None:
    # The first known-answer vector of 256-bit ChaCha8: key, counter and nonce all zero.
    stream = "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
    assert block(bytes(32), 0, 0).hex().startswith(stream)


@pytest.mark.parametrize(
    "place", [(11, 0, 0, 0), (11, 2, 5, 7), (LARGEST, LARGEST, LARGEST, LARGEST), (0, 1, 2**40, 3)]
)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rand_ratio": 0.5, "reverse_complement": True, "jitter": 480},
        {"rand_ratio": 0.25, "shuffle_cell_type": False, "jitter": 3000},
        {"batch_size": 50, "pool": 9, "reverse_complement": True},
        {"rand_ratio": 1.0},
    ],
    ids=str,
)
def test_a_plan_follows_from_the_cipher_alone(
    data: DataSet, place: tuple[int, int, int, int], settings: dict[str, Any]
) -> None:
    usual = {
        "batch_size": 40,
        "rand_ratio": 0.0,
        "jitter": 0,
        "shuffle_cell_type": True,
        "reverse_complement": False,
        "pool": len(data.roi_start),
    }
    settings = usual | settings
    wanted = reference_plan(data, place, **settings)
    seed, stream, epoch, index = place
    rows = settings.pop("pool")
    sampler = data.sampler(
        **settings,
        seed=seed,
        stream=stream,
        roi_chrom=data.roi_chrom[:rows],
        roi_start=data.roi_start[:rows],
        roi_track=data.roi_track[:rows],
    )
    assert plain(sampler.plan(epoch, index)) == wanted


# Numbers of a plan as they are now. A change breaks the promise that a recorded seed gives the same run again.
GOLDEN = {
    "roi": [0, 2, 3, 1, -1, -1, -1, -1],
    "track": [0, 1, 1, 1, 0, 0, 0, 1],
    "chrom": [0, 0, 1, 1, 0, 0, 0, 0],
    "start": [776, 3676, 1441, 0, 1728, 385, 2152, 2044],
    "reverse": [False, False, True, False, False, False, True, False],
}


def test_golden_plan(tmp_path: Path) -> None:
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"chr1": "N" * 700 + "ACGT" * 1000, "chr2": "GATTACA" * 500}))
    track = Track(write_bigwig(tmp_path / "x.bw", {"chr1": 4700}, [[("chr1", BedGraph([(0, 5, 1.0)]))]]))
    sampler = Sampler(
        WindowReader(genome, [track, track], [track, track]),
        chroms=["chr1", "chr2"],
        roi_chrom=np.array([0, 1, 0, 1, 1], np.int32),
        roi_start=np.array([1000, 0, 3676, 1200, 2476]),
        roi_track=np.array([0, 1, 0, -1, 1], np.int32),
        blacklist={"chr2": np.array([[1100, 1200]])},
        batch_size=8,
        seed=2024,
        stream=1,
        rand_ratio=0.5,
        jitter=300,
        reverse_complement=True,
    )
    assert plain(sampler.plan(3, 4)) == GOLDEN


def test_columns_have_the_promised_types(data: DataSet) -> None:
    plan = data.sampler(batch_size=7).plan(0, 0)
    assert tuple(plan) == COLUMNS
    types = {name: (column.dtype.name, column.shape) for name, column in plan.items()}
    assert types == {
        "roi": ("int64", (7,)),
        "track": ("int32", (7,)),
        "chrom": ("int32", (7,)),
        "start": ("int64", (7,)),
        "reverse": ("bool", (7,)),
    }


def test_seed_stream_epoch_and_index_all_matter(data: DataSet) -> None:
    settings: dict[str, Any] = {"rand_ratio": 0.5, "jitter": 100, "reverse_complement": True}
    plans = [
        plain(data.sampler(seed=seed, stream=stream, **settings).plan(epoch, index))
        for seed, stream, epoch, index in (
            (1, 0, 0, 0),
            (2, 0, 0, 0),
            (1, 1, 0, 0),
            (1, 0, 1, 0),
            (1, 0, 0, 1),
            (0, 1, 0, 0),
            (0, 0, 1, 0),
        )
    ]
    for column in ("track", "start", "reverse"):
        found = {tuple(plan[column]) for plan in plans}
        assert len(found) == len(plans)


def test_a_plan_does_not_depend_on_calls_before_it(data: DataSet) -> None:
    settings: dict[str, Any] = {"rand_ratio": 0.3, "jitter": 50, "reverse_complement": True}
    sampler = data.sampler(**settings)
    places = [(epoch, index) for epoch in range(3) for index in range(4)]
    forwards = {place: plain(sampler.plan(*place)) for place in places}
    backwards = {place: plain(sampler.plan(*place)) for place in reversed(places)}
    other = data.sampler(**settings, threads=3, memory=0)
    assert forwards == backwards == {place: plain(other.plan(*place)) for place in places}


def test_another_stream_shares_the_tracks(data: DataSet) -> None:
    sampler = data.sampler(rand_ratio=0.5, jitter=20)
    other = sampler.with_stream(9)
    assert other.decoded == sampler.decoded
    assert (other.batch_size, other.roi_per_batch) == (sampler.batch_size, sampler.roi_per_batch)
    assert plain(other.plan(1, 2)) != plain(sampler.plan(1, 2))
    assert plain(other.plan(1, 2)) == plain(data.sampler(rand_ratio=0.5, jitter=20, stream=9).plan(1, 2))
    assert plain(other.with_stream(0).plan(1, 2)) == plain(sampler.plan(1, 2))


def test_options_do_not_move_each_others_draws(data: DataSet) -> None:
    settings: dict[str, Any] = {"rand_ratio": 0.25, "batch_size": 64, "shuffle_cell_type": True, "jitter": 0}
    before = plain(data.sampler(**settings).plan(2, 3))
    assert not any(before["reverse"])

    reverse = plain(data.sampler(**settings, reverse_complement=True).plan(2, 3))
    assert any(reverse.pop("reverse"))
    assert reverse == {name: column for name, column in before.items() if name != "reverse"}

    settings["reverse_complement"] = True
    before = plain(data.sampler(**settings).plan(2, 3))
    own = plain(data.sampler(**settings | {"shuffle_cell_type": False}).plan(2, 3))
    assert own.pop("track") != before["track"]
    assert own == {name: column for name, column in before.items() if name != "track"}

    moved = plain(data.sampler(**settings | {"jitter": 200}).plan(2, 3))
    assert moved.pop("start") != before["start"]
    assert moved == {name: column for name, column in before.items() if name != "start"}

    bare = plain(data.sampler(**settings | {"quantitative": True, "target_scale_factor": 2.0}).plan(2, 3))
    assert bare == before


# Regions of interest


def test_the_count_of_regions_rounds_half_to_even(tmp_path: Path) -> None:
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 300}))
    track = Track(write_bigwig(tmp_path / "x.bw", {"c": 1200}, [[("c", BedGraph([(0, 5, 1.0)]))]]))
    rng = np.random.default_rng(5)
    cases = [(size, ratio) for size in range(1, 60) for ratio in (0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0, 1 / 3)]
    cases += [(size, float(rng.random())) for size in range(1, 200)]
    # Where half to even and half away from zero part, both ways.
    assert {(1, 0.5), (3, 0.5), (5, 0.5)} <= set(cases)
    for batch_size, ratio in cases:
        sampler = Sampler(
            WindowReader(genome, [track], [track]),
            chroms=["c"],
            roi_chrom=np.zeros(3, np.int32),
            roi_start=np.zeros(3, np.int64),
            roi_track=np.zeros(3, np.int32),
            batch_size=batch_size,
            seed=1,
            rand_ratio=ratio,
        )
        wanted = round(batch_size * (1 - ratio))
        assert sampler.roi_per_batch == wanted
        rows = sampler.plan(0, 0)["roi"]
        # Regions come first, then random windows.
        assert (rows[:wanted] >= 0).all()
        assert (rows[wanted:] == -1).all()
        assert len(rows) == sampler.batch_size == batch_size


def test_a_region_is_its_row_of_the_pool(data: DataSet) -> None:
    plan = many(data.sampler(), 20)
    np.testing.assert_array_equal(plan["start"], data.roi_start[plan["roi"]])
    np.testing.assert_array_equal(plan["chrom"], data.roi_chrom[plan["roi"]])


@pytest.mark.parametrize("drawn", [1, 10, 32])
def test_no_region_is_drawn_twice_while_the_pool_lasts(data: DataSet, drawn: int) -> None:
    rows = 32
    sampler = data.sampler(
        batch_size=drawn,
        roi_chrom=data.roi_chrom[:rows],
        roi_start=data.roi_start[:rows],
        roi_track=data.roi_track[:rows],
    )
    counts = np.zeros(rows, np.int64)
    for index in range(6000 // drawn):
        drawn_rows = sampler.plan(0, index)["roi"]
        assert len(set(drawn_rows.tolist())) == drawn
        counts[drawn_rows] += 1
    if drawn < rows:
        assert_uniform(counts)
    else:
        assert len(set(counts.tolist())) == 1


@pytest.mark.parametrize(("rows", "drawn"), [(1, 5), (3, 7), (5, 32), (31, 32), (16, 32)])
def test_a_small_pool_is_used_whole_as_often_as_it_fits(data: DataSet, rows: int, drawn: int) -> None:
    sampler = data.sampler(
        batch_size=drawn,
        roi_chrom=data.roi_chrom[:rows],
        roi_start=data.roi_start[:rows],
        roi_track=data.roi_track[:rows],
    )
    extra = np.zeros(rows, np.int64)
    for index in range(600):
        counts = np.bincount(sampler.plan(0, index)["roi"], minlength=rows)
        assert counts.sum() == drawn
        assert set(counts.tolist()) <= {drawn // rows, drawn // rows + 1}
        extra += counts - drawn // rows
    if drawn % rows:
        assert_uniform(extra)


# Cell types


def test_shuffled_cell_types_are_uniform(data: DataSet) -> None:
    plan = many(data.sampler(batch_size=60, rand_ratio=0.5), 200)
    for which in (plan["roi"] >= 0, plan["roi"] == -1):
        assert_uniform(np.bincount(plan["track"][which], minlength=3))
    # Whatever the region: its own cell type is no likelier than another.
    own = data.roi_track[plan["roi"]] == plan["track"]
    known = (plan["roi"] >= 0) & (data.roi_track[plan["roi"]] >= 0)
    assert_uniform(np.bincount(own[known].astype(int)), np.array([2, 1]))


def test_without_shuffling_a_region_has_its_own_cell_type(data: DataSet) -> None:
    plan = many(data.sampler(batch_size=60, rand_ratio=0.5, shuffle_cell_type=False), 200)
    own = np.where(plan["roi"] >= 0, data.roi_track[plan["roi"]], -1)
    assert set(own.tolist()) == {-1, 0, 1, 2}
    np.testing.assert_array_equal(plan["track"][own >= 0], own[own >= 0])
    # Without one of its own, a region draws; and so does a random window.
    assert_uniform(np.bincount(plan["track"][(own == -1) & (plan["roi"] >= 0)], minlength=3))
    assert_uniform(np.bincount(plan["track"][plan["roi"] == -1], minlength=3))


# Reverse complement


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_half_of_the_examples_are_reversed(data: DataSet, ratio: float) -> None:
    assert not many(data.sampler(rand_ratio=ratio), 50)["reverse"].any()
    plan = many(data.sampler(rand_ratio=ratio, reverse_complement=True), 200)
    assert_uniform(np.bincount(plan["reverse"].astype(int), minlength=2))
    # Independent of the cell type.
    assert_uniform(np.bincount(2 * plan["track"] + plan["reverse"], minlength=6))


# Random windows


def test_random_windows_are_uniform_over_what_is_allowed(data: DataSet) -> None:
    plan = many(data.sampler(rand_ratio=1.0, batch_size=500), 60)
    allowed = [allowed_starts(chrom) for chrom in CHROMS]
    assert all(len(starts) > 500 for starts in allowed)
    for number, starts in enumerate(allowed):
        drawn = plan["start"][plan["chrom"] == number]
        ranks = np.searchsorted(starts, drawn)
        # Clear of the blacklist, at most half N, inside the chromosome.
        np.testing.assert_array_equal(starts[ranks], drawn)
        assert_uniform(np.bincount(ranks * 20 // len(starts), minlength=20))
    lengths = np.array([len(starts) for starts in allowed])
    assert_uniform(np.bincount(plan["chrom"], minlength=len(CHROMS)), lengths)


def test_the_edge_of_what_is_allowed_is_drawn_too(data: DataSet) -> None:
    """A handful of starts: each of them comes up, and no other."""
    size = SIZES["chr2"]
    blacklist = {"chr2": np.array([[0, 10_000], [11_026, 25_000]])}
    sampler = data.sampler(chroms=["chr2"], blacklist=blacklist, rand_ratio=1.0, **_no_regions())
    assert set(many(sampler, 20)["start"].tolist()) == {10_000, 10_001, 10_002}
    # N runs 7000..7400: half of a window at most; here all 400 of them, and the window flush with the end.
    blacklist = {"chr2": np.array([[0, 6_800], [7_824, size - 1024]])}
    sampler = data.sampler(chroms=["chr2"], blacklist=blacklist, rand_ratio=1.0, **_no_regions())
    assert set(many(sampler, 20)["start"].tolist()) == {6_800, size - 1024}


def _no_regions() -> dict[str, NDArray[Any]]:
    return {
        "roi_chrom": np.empty(0, np.int32),
        "roi_start": np.empty(0, np.int64),
        "roi_track": np.empty(0, np.int32),
    }


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_blacklist_may_be_unsorted_and_of_either_memory_order(data: DataSet, order: str) -> None:
    intervals = np.array([[11_026, 25_000], [3_000, 10_000], [0, 4_000], [12_000, 13_000]], order=order)
    sampler = data.sampler(chroms=["chr2"], blacklist={"chr2": intervals}, rand_ratio=1.0, **_no_regions())
    assert set(many(sampler, 20)["start"].tolist()) == {10_000, 10_001, 10_002}


# Jitter


def _one_region(chrom: int, start: int) -> dict[str, NDArray[Any]]:
    return {
        "roi_chrom": np.array([chrom], np.int32),
        "roi_start": np.array([start]),
        "roi_track": np.array([-1], np.int32),
    }


def test_shifts_are_uniform_and_within_bounds(data: DataSet) -> None:
    plan = many(data.sampler(jitter=7, batch_size=200, **_one_region(1, 10_000)), 60)
    shifts = plan["start"] - 10_000
    assert_uniform(np.bincount(shifts + 7, minlength=15))
    assert set(shifts.tolist()) == set(range(-7, 8))


def test_shifts_stop_at_both_ends_of_a_chromosome(data: DataSet) -> None:
    last = SIZES["chr2"] - WINDOW
    for start in (0, 5, last, last - 5):
        drawn = many(data.sampler(jitter=20, **_one_region(0, start)), 40)["start"]
        assert set(drawn.tolist()) == set(range(max(start - 20, 0), min(start + 20, last) + 1))


def test_a_shift_larger_than_the_chromosome_is_no_error(data: DataSet) -> None:
    drawn = many(data.sampler(jitter=2**31, **_one_region(0, 9_000)), 40)["start"]
    assert set(drawn.tolist()) == {0, SIZES["chr2"] - WINDOW}


def test_no_shift_touches_the_blacklist(data: DataSet) -> None:
    # Both regions touch an interval's edge, one from either side; chr1 has 5000..5200 black.
    for start, reachable in ((5_000 - WINDOW, range(-50, 1)), (5_200, range(51))):
        drawn = many(data.sampler(jitter=50, **_one_region(1, start)), 60)["start"]
        assert set((drawn - start).tolist()) == set(reachable)


def test_a_region_that_is_boxed_in_stays(data: DataSet) -> None:
    blacklist = {"chr2": np.array([[9_000, 10_000], [10_000 + WINDOW, 12_000]])}
    drawn = many(data.sampler(jitter=400, blacklist=blacklist, **_one_region(0, 10_000)), 60)["start"]
    assert set(drawn.tolist()) == {10_000}


def test_without_jitter_regions_stay(data: DataSet) -> None:
    plan = many(data.sampler(jitter=0), 20)
    np.testing.assert_array_equal(plan["start"], data.roi_start[plan["roi"]])


def test_jitter_leaves_random_windows_alone(data: DataSet) -> None:
    settings: dict[str, Any] = {"rand_ratio": 1.0}
    np.testing.assert_array_equal(
        many(data.sampler(**settings, jitter=500), 5)["start"], many(data.sampler(**settings), 5)["start"]
    )

"""What a sampler reads, and what it refuses."""

from __future__ import annotations

import hashlib
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import BIN, WINDOW
from small_set import CHROMS, SIZES, DataSet
from writers import BedGraph, Section, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowReader
from maxatac.errors import GenomeError, RegionError, TrackError

# All that a batch can be made of.
EVERYTHING: dict[str, Any] = {"rand_ratio": 0.5, "reverse_complement": True, "jitter": 480}


def digest(batch: tuple[NDArray[np.float32], NDArray[np.float32]]) -> str:
    """Tell batches apart by their bytes, so that -0 is not 0."""
    return hashlib.sha256(b"".join(part.tobytes() for part in batch)).hexdigest()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"shuffle_cell_type": False},
        {"reverse_complement": True},
        {"jitter": 300},
        {"rand_ratio": 1.0},
        {"rand_ratio": 1.0, "reverse_complement": True},
        EVERYTHING,
        EVERYTHING | {"memory": 0},
        EVERYTHING | {"quantitative": True},
        EVERYTHING | {"quantitative": True, "target_scale_factor": 2.7},
        EVERYTHING | {"batch_size": 200},
    ],
    ids=str,
)
def test_a_batch_is_its_plan_read_with_other_readers(data: DataSet, settings: dict[str, Any]) -> None:
    sampler = data.sampler(**settings)
    scale = settings.get("target_scale_factor", 1.0) if settings.get("quantitative") else None
    for place in ((0, 0), (3, 2)):
        plan = sampler.plan(*place)
        inputs, targets = sampler.batch(*place)
        wanted_inputs, wanted_targets = data.files.batch(plan, CHROMS, scale=scale)
        np.testing.assert_array_equal(inputs, wanted_inputs)
        np.testing.assert_array_equal(targets, wanted_targets)
        # The set is such that none of this is empty.
        assert inputs[..., 4].any()
        assert 0 < targets.mean()
    # Over both batches every kind of window has come up.
    assert set(plan["track"].tolist()) == {0, 1, 2}
    assert set(plan["chrom"].tolist()) == {0, 1, 2}
    assert plan["reverse"].any() == settings.get("reverse_complement", False)


def test_arrays_are_as_keras_wants_them(data: DataSet) -> None:
    for array, shape in zip(data.sampler(batch_size=5).batch(0, 0), ((5, WINDOW, 5), (5, 32)), strict=True):
        assert array.shape == shape
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.flags.aligned


def test_a_batch_may_be_kept_and_written_to(data: DataSet) -> None:
    sampler = data.sampler(**EVERYTHING, threads=2)
    kept = [sampler.batch(0, index) for index in range(6)]
    before = [digest(batch) for batch in kept]
    for index in range(60):
        sampler.batch(1, index)
    assert [digest(batch) for batch in kept] == before
    for inputs, targets in kept:
        inputs[:] = 7
        targets[:] = 7
    assert [digest(sampler.batch(0, index)) for index in range(6)] == before
    # They outlive what made them, too.
    batch = sampler.batch(0, 0)
    del sampler
    assert digest(batch) == before[0]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("memory", [None, 0, 20_000])
def test_threads_memory_and_order_change_no_byte(data: DataSet, threads: int, memory: int | None) -> None:
    places = list(itertools.product(range(2), range(4)))
    settings = EVERYTHING | {"batch_size": 70}
    usual = data.sampler(**settings)
    wanted = {place: digest(usual.batch(*place)) for place in places}
    assert len(set(wanted.values())) == len(places)
    sampler = data.sampler(**settings, threads=threads, memory=memory)
    for place in [*reversed(places), *places]:
        assert digest(sampler.batch(*place)) == wanted[place]


def test_one_sampler_serves_many_threads(data: DataSet) -> None:
    sampler = data.sampler(**EVERYTHING, threads=2, memory=20_000)
    places = list(itertools.product(range(3), range(6)))
    wanted = [digest(sampler.batch(*place)) for place in places]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda place: digest(sampler.batch(*place)), places)) == wanted


def test_a_stream_reads_its_own_plan(data: DataSet) -> None:
    sampler = data.sampler(**EVERYTHING).with_stream(5)
    wanted = data.files.batch(sampler.plan(0, 1), CHROMS)
    for found, part in zip(sampler.batch(0, 1), wanted, strict=True):
        np.testing.assert_array_equal(found, part)


@pytest.mark.parametrize(
    "settings",
    [
        EVERYTHING,
        EVERYTHING | {"quantitative": True, "threads": 3},
        # Larger than the pool, which is then used whole before some of it is drawn again.
        {"batch_size": 200, "reverse_complement": True},
        {"rand_ratio": 1.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_rows_of_all_are_the_batch(data: DataSet, settings: dict[str, Any], count: int) -> None:
    whole = data.sampler(**settings)
    size = whole.batch_size
    assert whole.rows == (0, size)
    cuts = [size * rank // count for rank in range(count + 1)]
    parts = [whole.with_rows(start, stop) for start, stop in itertools.pairwise(cuts)]
    assert [part.rows for part in parts] == list(itertools.pairwise(cuts))
    assert {part.batch_size for part in parts} == {size}
    for place in ((0, 0), (3, 2)):
        plans, wanted = [part.plan(*place) for part in parts], whole.plan(*place)
        for column, values in wanted.items():
            np.testing.assert_array_equal(np.concatenate([plan[column] for plan in plans]), values)
        assert [len(plan["start"]) for plan in plans] == list(np.diff(cuts))
        inputs, targets = zip(*(part.batch(*place) for part in parts), strict=True)
        assert digest((np.concatenate(inputs), np.concatenate(targets))) == digest(whole.batch(*place))
        compact = [part.batch(*place, compact=True)[0] for part in parts]
        codes, signal = (np.concatenate(arrays) for arrays in zip(*compact, strict=True))
        assert digest((codes, signal)) == digest(whole.batch(*place, compact=True)[0])


def test_rows_come_ahead_and_in_other_streams_too(data: DataSet) -> None:
    whole = data.sampler(**EVERYTHING)
    part = whole.with_rows(5, 20)
    for batch, index in zip(part.batches(1, 2, 5), range(2, 5), strict=True):
        inputs, targets = whole.batch(1, index)
        assert digest(batch) == digest((inputs[5:20], targets[5:20]))
    inputs, targets = whole.with_stream(3).batch(0, 0)
    assert digest(part.with_stream(3).batch(0, 0)) == digest((inputs[5:20], targets[5:20]))
    # Rows are those of the whole batch, not of the part.
    assert digest(part.with_rows(0, whole.batch_size).batch(1, 2)) == digest(whole.batch(1, 2))


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (4, 3), (0, 33), (32, 33)])
def test_rows_that_are_none_are_errors(data: DataSet, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match=f"rows {start} to {stop} of a batch of 32"):
        data.sampler().with_rows(start, stop)


def test_a_batch_is_what_its_reader_gives(data: DataSet) -> None:
    sampler = data.sampler(**EVERYTHING, batch_size=8)
    plan, (inputs, targets) = sampler.plan(0, 0), sampler.batch(0, 0)
    reader = sampler.reader
    where = plan["track"], reader.chrom_numbers(CHROMS)[plan["chrom"]], plan["start"], plan["reverse"]
    np.testing.assert_array_equal(reader.inputs(*where), inputs)
    np.testing.assert_array_equal(reader.targets(*where), targets)
    for one, other in zip(reader.inputs(*where, compact=True), sampler.batch(0, 0, compact=True)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_samplers_that_share_a_reader_decode_once(data: DataSet) -> None:
    sampler = data.sampler()
    settings = {"chroms": CHROMS, "batch_size": 32, "seed": 5}
    columns = {"roi_chrom": data.roi_chrom, "roi_start": data.roi_start, "roi_track": data.roi_track}
    again = Sampler(sampler.reader, **settings, **columns)
    assert again.reader is sampler.reader
    assert sampler.decoded["bytes"] > again.decoded["bytes"] == 0
    assert again.decoded["blocks"] == sampler.decoded["blocks"] > 0


def test_a_reader_without_binding_is_none_for_a_sampler(data: DataSet) -> None:
    with pytest.raises(ValueError, match="3 signal and 0 binding tracks"):
        data.sampler(binding=[])


def test_decoded_says_what_is_held(data: DataSet) -> None:
    nothing = data.sampler(memory=0).decoded
    everything = data.sampler(memory=1 << 30).decoded
    # Nothing but the indexes of the tracks, which are needed whatever the limit.
    indexes = nothing["bytes"]
    limit = indexes + (everything["bytes"] - indexes) // 2
    some = data.sampler(memory=limit).decoded
    assert nothing["blocks"] == everything["left_out"] == 0
    assert 0 < some["blocks"] < everything["blocks"]
    assert some["blocks"] + some["left_out"] == nothing["left_out"] == everything["blocks"]
    assert indexes < some["bytes"] <= limit
    assert all(decoded["seconds"] >= 0 for decoded in (nothing, some, everything))


# Targets


def _one_window(tmp_path: Path, intervals: list[tuple[int, int, float]], **settings: Any) -> NDArray[np.float32]:
    """Targets of the window 0..1024 under a binding track."""
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 256}))
    blocks: list[list[Section]] = [[("c", BedGraph(intervals))]]
    track = Track(write_bigwig(tmp_path / "x.bw", {"c": WINDOW}, blocks))
    sampler = Sampler(
        WindowReader(genome, [track], [track]),
        chroms=["c"],
        roi_chrom=np.zeros(1, np.int32),
        roi_start=np.zeros(1, np.int64),
        roi_track=np.zeros(1, np.int32),
        batch_size=1,
        seed=1,
        **settings,
    )
    targets: NDArray[np.float32] = sampler.batch(0, 0)[1][0]
    return targets


NAN = float("nan")
# Intervals inside a bin, its label, its mean times 32. Half of a bin's width is 16.
BINS: list[tuple[list[tuple[int, int, float]], int, float]] = [
    ([], 0, 0),
    ([(0, 16, 1.0)], 0, 16),
    ([(0, 17, 1.0)], 1, 17),
    ([(5, 21, 1.0)], 0, 16),
    ([(0, 32, 0.5)], 0, 16),
    ([(0, 31, 0.5), (31, 32, 0.5000001)], 1, 16),
    ([(31, 32, 16.0)], 0, 16),
    ([(31, 32, 16.5)], 1, 16.5),
    ([(0, 32, -1.0)], 0, -32),
    ([(0, 20, 1.0), (20, 24, -1.0)], 0, 16),
    ([(0, 20, 1.0), (20, 32, NAN)], 1, 20),
    ([(0, 20, NAN), (20, 32, 1.0)], 0, 12),
    # Added up in single precision, the ones would be lost.
    ([(0, 1, 2.0**25), (1, 18, 1.0), (18, 19, -(2.0**25))], 1, 17),
    ([(0, 32, 1.0)], 1, 32),
]


def _bins() -> list[tuple[int, int, float]]:
    return [
        (BIN * number + start, BIN * number + end, value)
        for number, (intervals, _, _) in enumerate(BINS)
        for start, end, value in intervals
    ]


def test_a_label_is_one_above_half_a_bin(tmp_path: Path) -> None:
    targets = _one_window(tmp_path, _bins())
    assert targets[: len(BINS)].tolist() == [label for _, label, _ in BINS]
    assert not targets[len(BINS) :].any()


@pytest.mark.parametrize("factor", [1.0, 3.0, 0.1, -2.0])
def test_a_quantitative_target_is_the_mean_times_the_factor(tmp_path: Path, factor: float) -> None:
    targets = _one_window(tmp_path, _bins(), quantitative=True, target_scale_factor=factor)
    wanted = [total / BIN * factor for _, _, total in BINS]
    np.testing.assert_allclose(targets[: len(BINS)], wanted, rtol=1e-6)
    assert not targets[len(BINS) :].any()


def test_the_factor_does_nothing_to_labels(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        _one_window(tmp_path, _bins(), target_scale_factor=100.0), _one_window(tmp_path, _bins())
    )


def test_targets_follow_the_window(data: DataSet) -> None:
    """Shifted by whole bins, a window has its neighbour's targets; reversed, they run backwards."""
    sampler = data.sampler(jitter=64, reverse_complement=True, shuffle_cell_type=False, batch_size=64)
    moved = 0
    for index in range(4):
        plan, (_, targets) = sampler.plan(0, index), sampler.batch(0, index)
        for row in range(64):
            chrom, track = CHROMS[plan["chrom"][row]], data.files.binding[plan["track"][row]]
            own = int(data.roi_start[plan["roi"][row]])
            shift = int(plan["start"][row]) - own
            values = np.zeros(SIZES[chrom], np.float32)
            if chrom in track.chroms():
                values = np.nan_to_num(track.values(chrom, 0, SIZES[chrom], numpy=True))
            window = values[own + shift : own + shift + WINDOW].astype(np.float64)
            labels = window.reshape(-1, BIN).sum(axis=1) > BIN / 2
            found = targets[row][::-1] if plan["reverse"][row] else targets[row]
            np.testing.assert_array_equal(found, labels)
            moved += shift != 0
    assert moved > 200


def test_a_chromosome_that_a_track_lacks_reads_as_zeros(data: DataSet) -> None:
    row = np.flatnonzero(data.roi_chrom == CHROMS.index("chrX"))[:1]
    sampler = data.sampler(
        roi_chrom=data.roi_chrom[row],
        roi_start=data.roi_start[row],
        roi_track=np.array([1], np.int32),
        shuffle_cell_type=False,
        batch_size=1,
    )
    inputs, targets = sampler.batch(0, 0)
    assert "chrX" not in Track(data.signal[1]).chrom_sizes
    assert inputs[..., :4].any()
    assert not inputs[..., 4].any()
    assert not targets.any()


# Errors


def _columns(chrom: list[int], start: list[int], track: list[int]) -> dict[str, NDArray[Any]]:
    return {
        "roi_chrom": np.array(chrom, np.int32),
        "roi_start": np.array(start, np.int64),
        "roi_track": np.array(track, np.int32),
    }


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"batch_size": 0}, ValueError, "batch_size is 0"),
        ({"batch_size": -1}, OverflowError, "negative"),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"rand_ratio": 1.5}, ValueError, "1.5 is not within 0..1"),
        ({"rand_ratio": -0.1}, ValueError, "-0.1 is not within 0..1"),
        ({"rand_ratio": float("nan")}, ValueError, "is not within 0..1"),
        ({"jitter": -1}, OverflowError, "out of range"),
        ({"seed": -1}, OverflowError, "negative"),
        ({"seed": 2**64}, OverflowError, "too big"),
        ({"memory": -1}, OverflowError, "negative"),
        ({"binding": []}, ValueError, "3 signal and 0 binding tracks"),
        ({"signal": [], "binding": []}, ValueError, "0 signal and 0 binding tracks"),
        ({"chroms": ["chr1", "chr99", "chrX"]}, GenomeError, 'no chromosome "chr99"'),
        ({"chroms": []}, ValueError, "chromosome . of 0"),
        (_columns([0, 0], [0, 0], [0]), ValueError, "columns of 2, 2 and 1 regions"),
        (_columns([0], [0, 0], [0, 0]), ValueError, "columns of 1, 2 and 2 regions"),
        (_columns([3], [0], [0]), ValueError, "chromosome 3 of 3"),
        (_columns([-1], [0], [0]), ValueError, "roi_chrom: -1 is not within"),
        (_columns([0], [-1], [0]), ValueError, "roi_start: -1 is not within"),
        (_columns([0], [2**32], [0]), ValueError, "roi_start: 4294967296 is not within"),
        (_columns([0], [0], [3]), ValueError, "track 3 of 3"),
        (
            _columns([0, 0], [0, SIZES["chr2"] - WINDOW + 1], [0, 0]),
            RegionError,
            "region 1: chr2:23980, 1024 bp long, does not fit into 25003 bp",
        ),
        (_columns([0], [2**32 - 1], [0]), RegionError, "does not fit"),
        (_columns([], [], []), RegionError, "the pool of regions of interest is empty"),
        (_columns([], [], []) | {"rand_ratio": 0.5}, RegionError, "the pool of regions of interest is empty"),
        (
            _columns([], [], []) | {"chroms": ["chrUn"], "rand_ratio": 1.0},
            RegionError,
            "no 1024-bp window of chrUn is clear of the blacklist and at most half N",
        ),
        (
            {"blacklist": {name: np.array([[0, size]]) for name, size in SIZES.items()}, "rand_ratio": 0.5},
            RegionError,
            "no 1024-bp window of chr2, chr1, chrX",
        ),
        ({"blacklist": {"chr1": np.zeros((2, 3), np.int64)}}, ValueError, "blacklist: expected columns start and end"),
        ({"blacklist": {"chr1": np.array([[-1, 5]])}}, RegionError, "interval -1..5"),
        ({"blacklist": {"chr1": np.array([[6, 5]])}}, RegionError, "interval 6..5"),
        ({"blacklist": {"chr1": np.array([0, 5])}}, TypeError, "dimensionality"),
        ({"blacklist": {"chr1": np.array([[0, 5]], np.int32)}}, TypeError, "from=int32, to=int64"),
        ({"roi_chrom": np.zeros(3, np.int64)}, TypeError, "from=int64, to=int32"),
        ({"roi_start": np.zeros(3)}, TypeError, "from=float64, to=int64"),
        ({"roi_start": [1, 2, 3]}, TypeError, "list"),
        ({"roi_start": np.zeros(6, np.int64)[::2]}, TypeError, "not contiguous"),
    ],
    ids=str,
)
def test_arguments_that_do_not_fit_are_errors(
    data: DataSet, changes: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        data.sampler(**changes)


def test_without_any_region_there_are_random_windows(data: DataSet) -> None:
    sampler = data.sampler(**_columns([], [], []), rand_ratio=1.0, batch_size=3)
    assert sampler.plan(0, 0)["roi"].tolist() == [-1, -1, -1]
    # One example, of which half rounds to none.
    sampler = data.sampler(**_columns([], [], []), rand_ratio=0.5, batch_size=1)
    assert sampler.plan(0, 0)["roi"].tolist() == [-1]


def test_without_random_windows_none_need_be_possible(data: DataSet) -> None:
    everywhere = {name: np.array([[0, size]]) for name, size in SIZES.items()}
    assert data.sampler(blacklist=everywhere).roi_per_batch == 32


@pytest.mark.parametrize(("epoch", "index"), [(-1, 0), (0, -1), (2**64, 0)])
def test_places_that_are_no_place_are_errors(data: DataSet, epoch: int, index: int) -> None:
    with pytest.raises(OverflowError):
        data.sampler().plan(epoch, index)
    with pytest.raises(OverflowError):
        data.sampler().batch(epoch, index)


# Files that change


def _copies(data: DataSet, folder: Path) -> dict[str, Any]:
    def copy(path: Path) -> Path:
        (folder / path.name).write_bytes(path.read_bytes())
        return folder / path.name

    return {
        "genome": copy(data.genome),
        "signal": [copy(path) for path in data.signal],
        "binding": [copy(path) for path in data.binding],
    }


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("what", ["genome", "signal", "binding"])
def test_a_file_that_is_cut_while_in_use_is_named(data: DataSet, tmp_path: Path, what: str, threads: int) -> None:
    copies = _copies(data, tmp_path)
    sampler = data.sampler(**copies, **EVERYTHING, batch_size=200, threads=threads, memory=0)
    before = digest(sampler.batch(0, 0))
    path = copies[what] if what == "genome" else copies[what][1]
    whole = path.read_bytes()
    os.truncate(path, 1000)
    with pytest.raises(GenomeError if what == "genome" else TrackError) as caught:
        sampler.batch(0, 0)
    assert str(path) in str(caught.value)
    # With the file back, so are the batches, but not for who holds the one that was cut.
    path.write_bytes(whole)
    again = data.sampler(**copies, **EVERYTHING, batch_size=200, threads=threads, memory=0)
    assert digest(again.batch(0, 0)) == before


def test_what_is_decoded_needs_no_file(data: DataSet, tmp_path: Path) -> None:
    copies = _copies(data, tmp_path)
    sampler = data.sampler(**copies, jitter=100)
    before = digest(sampler.batch(0, 0))
    for path in (*copies["signal"], *copies["binding"]):
        os.truncate(path, 100)
    assert digest(sampler.batch(0, 0)) == before


@pytest.mark.parametrize("what", ["signal", "binding"])
def test_a_damaged_track_is_found_at_the_start(data: DataSet, tmp_path: Path, what: str) -> None:
    copies = _copies(data, tmp_path)
    path = copies[what][1]
    content = bytearray(path.read_bytes())
    content[1000:3000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(TrackError) as caught:
        data.sampler(**copies)
    assert str(path) in str(caught.value)


def test_no_damage_is_a_crash(data: DataSet, tmp_path: Path) -> None:
    """A changed byte gives other data or a named error; a panic would be neither."""
    copies = _copies(data, tmp_path)
    rng = np.random.default_rng(6)
    paths = [copies["genome"], *copies["signal"], *copies["binding"]]
    refused = 0
    for turn in range(150):
        path = paths[turn % len(paths)]
        content = bytearray(path.read_bytes())
        # Most often in the headers, where it does most harm.
        place = int(rng.integers(0, 700 if rng.random() < 0.7 else len(content)))
        whole = bytes(content)
        content[place] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        try:
            data.sampler(**copies, **EVERYTHING, batch_size=8, threads=2).batch(0, 0)
        except (GenomeError, TrackError) as error:
            assert str(path) in str(error)
            refused += 1
        except RegionError:
            refused += 1
        path.write_bytes(whole)
    assert refused > 20

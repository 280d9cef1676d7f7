"""The benchmarks measure what they say; nothing here asserts on time."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import data, tables
from benchmarks.__main__ import rounded
from benchmarks.clock import Cost, alternate, ratios, spread
from benchmarks.data import BenchSet, make_set
from benchmarks.estimate import Run, estimate
from benchmarks.fresh import measure_fresh
from benchmarks.genvarloader_peer import GenVarLoader
from benchmarks.ideal import observe
from benchmarks.peers import PLAIN, Slices, make_peers
from benchmarks.prediction import TURN, beside, make_genome
from benchmarks.scale import random_regions, repeated
from benchmarks.throughput import assert_same
from maxatac import Track
from maxatac.data.bins import bin_labels
from maxatac.genome.windows import BIN_SIZE
from maxatac.simulation.config import SimulateConfig
from maxatac.simulation.workflow import simulate

SIZE = 1_000_000
BENCH = json.loads((Path(__file__).parents[2] / "docs" / "bench.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=data.KINDS)
def bench_set(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BenchSet:
    return _made(tmp_path_factory.getbasetemp(), request.param)


@cache
def _made(folder: Path, kind: str) -> BenchSet:
    return make_set(folder / "bench", kind, SIZE)


def test_pool_is_that_of_all_cell_types(bench_set: BenchSet) -> None:
    assert bench_set.cells == ("CellA", "CellB", "CellC")
    assert set(bench_set.roi_track.tolist()) == {0, 1, 2}
    peaks = sum(len(path.read_text().splitlines()) for path in bench_set.folder.glob("*.narrowPeak"))
    assert 0.9 * peaks < len(bench_set.roi_start) <= peaks


def test_set_is_made_once(bench_set: BenchSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(config: object) -> None:
        raise AssertionError("simulated again")

    monkeypatch.setattr("maxatac.simulation.workflow.simulate", simulate)
    again = make_set(bench_set.folder.parent, bench_set.kind, SIZE)
    np.testing.assert_array_equal(again.roi_start, bench_set.roi_start)
    # A set of another seed is another set.
    monkeypatch.setattr(data, "SEED", 2)
    with pytest.raises(AssertionError, match="simulated again"):
        make_set(bench_set.folder.parent, bench_set.kind, SIZE)


@pytest.fixture(scope="module")
def batch_size() -> int:
    return 64


def test_peers_make_the_batches_of_the_loader(bench_set: BenchSet, batch_size: int) -> None:
    sampler = bench_set.sampler(batch_size=batch_size)
    peers = make_peers(bench_set, batch_size)
    assert {name.removesuffix("_tuned") for name in peers} == {"pybigwig", "pybigtools", "slices"}
    signal = 0.0
    for index in range(3):
        plan, expected = sampler.plan(0, index), sampler.batch(0, index)
        for name, peer in peers.items():
            assert_same(name, peer.read(plan), expected)
        signal += float(expected[0][..., 4].sum()) * float(expected[1].sum())
    assert signal > 0


def test_a_peer_that_differs_is_noticed(bench_set: BenchSet, batch_size: int) -> None:
    sampler = bench_set.sampler(batch_size=batch_size)
    peer = Slices(PLAIN, bench_set, batch_size)
    plan = sampler.plan(0, 0)
    other = {**plan, "start": plan["start"] - np.where(plan["start"] > 0, 1, 0)}
    with pytest.raises(AssertionError, match="inputs of slices"):
        assert_same("slices", peer.read(other), sampler.batch(0, 0))
    with pytest.raises(ValueError, match="forward only"):
        peer.read({**plan, "reverse": np.ones(batch_size, bool)})


def test_an_environment_without_genvarloader_is_told(bench_set: BenchSet, batch_size: int) -> None:
    with pytest.raises(RuntimeError, match="the process has ended; see"):
        GenVarLoader(Path(sys.executable), bench_set, batch_size, lambda index: index)
    assert "No module named 'genvarloader'" in (bench_set.folder / "genvarloader.log").read_text()


def test_fresh_processes_make_the_same_batches_whatever_is_held(bench_set: BenchSet) -> None:
    free, limited = (
        measure_fresh(bench_set.folder, threads=2, batches=2, times=1, memory=memory) for memory in (None, 1)
    )
    assert free["sha256"] == limited["sha256"]
    assert free["decoded_bytes"] > 0
    assert limited["memory"] == 1
    for measured in (free, limited):
        assert 0 < measured["start_seconds"]["median"] < measured["first_batch_seconds"]["median"]
        if Path("/proc/self/status").exists():
            assert measured["peak_anonymous"]["median"] >= measured["batch_bytes"]


class _Scripted:
    """A contender that takes what it is told."""

    def __init__(self, costs: Iterator[float], log: list[str], name: str) -> None:
        self._costs, self._log, self._name = costs, log, name

    def run(self, index: int) -> Cost:
        self._log.append(f"{self._name}{index}")
        cost = next(self._costs)
        return Cost(cost, 2 * cost)


def test_contenders_take_turns_and_the_first_turn_does_not_count() -> None:
    log: list[str] = []
    contenders = {
        "a": _Scripted(iter([9.0, 9, 1, 3, 2, 4]), log, "a"),
        "b": _Scripted(iter([9.0, 5, 7]), log, "b"),
    }
    costs = alternate(contenders, 2, {"a": 2})
    assert log == ["a0", "a1", "b0", "a2", "a3", "b1", "a4", "a5", "b2"]
    assert costs == {"a": [Cost(2, 4), Cost(3, 6)], "b": [Cost(5, 10), Cost(7, 14)]}


def test_spread_is_median_and_quartiles() -> None:
    values = [5.0, 1, 4, 2, 3]
    assert spread(values) == {"median": 3, "low": 2, "high": 4}
    assert spread([7.0]) == {"median": 7, "low": 7, "high": 7}
    assert ratios([1, 2, 4], [2, 8, 40]) == {"median": 4, "low": 3, "high": 7}


def test_estimate() -> None:
    parts = {"binding_cpu": 1e-9, "signal_cpu": 3e-9, "binding_bytes": 1.0, "signal_bytes": 2.0, "held": 1e-5,
             "not_held": 1e-4}  # fmt: skip
    run = Run(cell_types=2, bases=1000, kept=0.5, memory=1000, threads=3, epochs=2, batches=3, batch_size=10,
              val_batch_size=5, statistics_batches=1)  # fmt: skip
    found = estimate(parts, 0.5, run)
    assert run.examples == 2 * (4 * 10 + 3 * 5)
    assert (found.wanted_bytes, found.held_bytes, found.held) == (4000, 1000, 0.25)
    assert found.start_cpu == pytest.approx(5e-6)
    assert found.start_wall == pytest.approx(2.5e-6)
    assert found.example_cpu == pytest.approx(0.25 * 1e-5 + 0.75 * 1e-4)
    assert found.examples_per_second == pytest.approx(2 / found.example_cpu)
    assert found.loader_cpu == pytest.approx(5e-6 + 110 * found.example_cpu)
    # With room for all, nothing is decoded twice.
    assert estimate(parts, 0.5, Run(cell_types=1, bases=10, kept=1, memory=1000)).held == 1


def _figure(bench: dict[str, Any], name: str) -> tables.Figure:
    found = [figure for figure in tables.figures(bench) if figure.name.startswith(name)]
    # A longer name may begin with a whole one.
    (exact,) = found if len(found) == 1 else [figure for figure in found if figure.name == name]
    return exact


@pytest.mark.parametrize(
    ("name", "ratio", "enough", "too_little"),
    [
        ("CPU time per example, GenVarLoader / maxatac, dense", "dense genvarloader", 2, 1.9),
        ("CPU time per example, pyBigWig + py2bit / maxatac, sparse", "sparse pybigwig", 30, 29),
        ("one batch / memcpy of its inputs, one thread, sparse", "sparse memcpy", 0.25, 0.24),
    ],
)
def test_figures_are_judged_by_their_median(name: str, ratio: str, enough: float, too_little: float) -> None:
    kind, contender = ratio.split()
    for value, met in ((enough, True), (too_little, False)):
        bench = copy.deepcopy(BENCH)
        bench["throughput"][kind]["ratios"][contender] = {"median": value, "low": 0.01, "high": 100}
        assert _figure(bench, name).met is met


def test_threads_are_held_to_the_spin_loop() -> None:
    bench = copy.deepcopy(BENCH)
    gains = bench["threads"]["sparse"]
    gains["spin"]["gain"]["2"] = {"median": 1.5, "low": 1, "high": 2}
    for gain, met in ((1.36, True), (1.34, False)):
        gains["ours"]["gain"]["2"] = {"median": gain, "low": 1, "high": 2}
        assert _figure(bench, "2 threads / 1 thread, wall, sparse").met is met


def test_budget_asks_for_the_same_batches() -> None:
    bench = copy.deepcopy(BENCH)
    limited = bench["budget"]["limited"]
    limited["peak_anonymous"]["median"] = 1e6
    assert _figure(bench, "the same with 200 MB").met
    limited["sha256"] = "other"
    assert not _figure(bench, "the same with 200 MB").met


def test_a_part_of_the_results_is_reported_too() -> None:
    for part in ("throughput", "threads", "fresh", "budget", "training"):
        if part in BENCH:
            assert "| figure |" in tables.report({"machine": BENCH["machine"], part: BENCH[part]})


def test_larger_pools_and_more_tracks(bench_set: BenchSet) -> None:
    regions = random_regions(bench_set, 500)
    sampler = bench_set.sampler(**regions, batch_size=500)
    plan = sampler.plan(0, 0)
    assert sorted(plan["roi"].tolist()) == list(range(500))
    assert len(set(plan["chrom"].tolist())) == len(bench_set.chroms)
    paths = [Path("a"), Path("b")]
    assert repeated(paths, 5) == [Path("a"), Path("b"), Path("a"), Path("b"), Path("a")]


def test_numbers_are_written_short() -> None:
    assert rounded({"a": [0.123456789, 3], "b": "text", "c": 123456789.0}) == {
        "a": [0.123457, 3], "b": "text", "c": 123457000.0,
    }  # fmt: skip


def test_prediction_beside_a_network_of_no_time(tmp_path: Path) -> None:
    for contig in (None, 2_500):
        genome = make_genome(tmp_path, 100_000, contig=contig)
        assert make_genome(tmp_path, 100_000, contig=contig) == genome
        assert beside(genome, batch_size=16, both_strands=True, tracks=2) > 0


def _predicted(
    ratio: float = 1.02, peak: float = 1e9, large: float = 1.01e9, late: float = 1e9, compiled: int = 1
) -> Any:
    turns = {"ratio": ratio, "turns": {"median": ratio, "low": 1, "high": 2}, "peak": peak}
    runs = {
        "turns": turns,
        "turns_both_strands": turns,
        "small": {"peak": 1e9},
        "large": {"peak": large, "memory": {"200": 1e9, "2000": late}, "compiled": compiled},
    }
    return {"prediction": {"size": 5e7, "beside": {"one chromosome": 7.0}, "jax": runs}}


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"ratio": 1.11}, ["prediction / ", "prediction / "]),
        ({"peak": 1.6e9}, ["peak memory"]),
        ({"large": 1.06e9}, ["peak memory"]),
        ({"late": 1.06e9}, ["memory after 200 and 2,000"]),
        ({"compiled": 2}, ["memory after 200 and 2,000"]),
    ],
)
def test_figures_of_predictions(changes: dict[str, Any], missed: list[str]) -> None:
    found = [figure.name for figure in tables.figures(_predicted(**changes)) if not figure.met]
    assert len(found) == len(missed)
    assert all(name.startswith(begin) for name, begin in zip(found, missed, strict=True))


def test_bare_network_computes_as_many_batches() -> None:
    from benchmarks.prediction import _Nothing, _Turns

    model = _Nothing(4)
    calls: list[int] = []
    model.predict_on_batch = lambda batch: calls.append(len(batch))  # type: ignore[method-assign,assignment,func-returns-value]
    turns = _Turns(model, 4, bare=True)
    for _ in range(2 * TURN + 3):
        turns.after_batch(4)
    turns.finish()
    assert len(calls) == 1 + 2 * TURN + 3
    assert len(turns.ours) == len(turns.theirs) == 3


def test_observers_rank_the_bins_that_are_scored(tmp_path: Path) -> None:
    config = SimulateConfig(tmp_path / "data", size=4_000_000)
    simulated = simulate(config)
    binding = Track(simulated.output / "SIMTF_CellC_binding.bw")
    _, bins, (by_cuts, by_accessibility) = observe(config)
    assert bins == sum(
        int(bin_labels(binding, chrom, simulated.sizes[chrom] // BIN_SIZE).sum()) for chrom in simulated.test_chroms
    )
    assert 0.3 < by_cuts < by_accessibility

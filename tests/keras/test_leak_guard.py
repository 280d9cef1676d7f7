"""Nothing that is held out reaches a batch, and the guard is what sees to it.

A marker, a value that no other file holds, is planted in the files of the test cell type and on the test chromosome of
all files. Then something is broken so that it would leak. With the guard the run is refused; with the guard taken out
the same batches carry the marker, so that these tests fail without it.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from starting import Start, Started
from tiny import TinySet

from maxatac._core import Track, WindowReader
from maxatac.cli.main import main
from maxatac.data.regions import RoiPool
from maxatac.errors import MaxatacError
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.split import ChromSplit
from maxatac.training import prepared
from maxatac.training import samplers as samplers_of
from maxatac.training.inputs import Inputs
from maxatac.training.leak_guard import MAX_WINDOWS, Stream, check_leaks, chrom_sets

MARKER = 3 / 128  # exact in float32; no mean of a bin of 0 and 1, and smaller than any signal
TEST_CHROM = "chr2"
SETTINGS: dict[str, Any] = {"tchroms": ("chr1",), "vchroms": ("chr3",), "quant": True, "rand_ratio": 0.5}


@pytest.fixture
def marked(damaged: TinySet) -> TinySet:
    """The data set with the marker wherever nothing may be learnt from; no other value equals it."""
    for cell in tiny.CELLS:
        for what in ("signal.bw", "binding.bw"):
            path = damaged.file(cell, what)
            with pyBigWig.open(str(path)) as track:
                intervals = [(chrom, *interval) for chrom in tiny.SIZES for interval in track.intervals(chrom)]
            assert MARKER not in {value for *_, value in intervals}
            kept = [item for item in intervals if cell != "CellC" and item[0] != TEST_CHROM]
            marked = [
                (chrom, 0, size, MARKER) for chrom, size in tiny.SIZES.items() if cell == "CellC" or chrom == TEST_CHROM
            ]
            tiny.write_bigwig(path, sorted(kept + marked, key=lambda item: (list(tiny.SIZES).index(item[0]), item[1])))
    return damaged


def carries_the_marker(started: Started) -> bool:
    """Read batches of every stream, of several epochs, and look for the marker in inputs and targets."""
    samplers = started.samplers
    found = False
    for sampler in (*samplers.values(), samplers["training"].with_stream(samplers_of.STATISTICS_STREAM)):
        for epoch in range(4):
            for index in range(10):
                inputs, targets = sampler.batch(epoch, index)
                found |= bool((inputs[..., 4] == MARKER).any() or (targets == MARKER).any())
    genome_like = started.genome_like
    assert genome_like is not None
    for index in range(len(genome_like)):
        inputs, targets = genome_like[index]
        found |= bool((inputs[..., 4] == MARKER).any() or (targets == MARKER).any())
    return found


def test_no_batch_carries_the_marker(marked: TinySet, tmp_path: Path, start: Start, quick_network: None) -> None:
    assert not carries_the_marker(start(marked.arguments(tmp_path / "results", "--rev_comp", **SETTINGS)))


def test_the_marker_would_be_seen(marked: TinySet, tmp_path: Path, start: Start, quick_network: None) -> None:
    for changes in ({"tchroms": ("chr1", TEST_CHROM)}, {"test_cell_types": ("CellA",)}):
        assert carries_the_marker(start(marked.arguments(tmp_path / "results", **{**SETTINGS, **changes})))


# Ways in which it could leak.

Sabotage = Callable[[TinySet, pytest.MonkeyPatch], None]


def copy_under_another_name(data: TinySet, _: pytest.MonkeyPatch) -> None:
    """The user lists the test cell type's tracks a second time, as another cell type."""
    for what in ("signal.bw", "binding.bw"):
        shutil.copyfile(data.file("CellC", what), data.file("CellB", what))


def changing(change: Callable[[Inputs], Inputs]) -> Sabotage:
    """Break the program: what samplers are made from is changed behind the back of the checks."""

    def sabotage(_: TinySet, patch: pytest.MonkeyPatch) -> None:
        open_inputs = prepared.open_inputs
        patch.setattr(prepared, "open_inputs", lambda *given: change(open_inputs(*given)))

    return sabotage


def drawing_test_tracks(inputs: Inputs) -> Inputs:
    """The original's fault: cell types labelled Test are drawn into batches."""
    held_out = [sample for sample in inputs.samples if sample.label == "Test"]
    return dataclasses.replace(
        inputs,
        training=(*inputs.training, *held_out),
        signal=(*inputs.signal, *(Track(sample.signal) for sample in held_out)),
        binding=(*inputs.binding, *(Track(sample.binding) for sample in held_out)),
    )


def one_track_exchanged(inputs: Inputs) -> Inputs:
    (held_out,) = (sample for sample in inputs.samples if sample.label == "Test")
    return dataclasses.replace(inputs, signal=(inputs.signal[0], Track(held_out.signal)))


def widened(inputs: Inputs, name: str, chrom: str, start: int) -> Inputs:
    """Add a chromosome and a region on it to a pool."""
    pool = inputs.pools[name]
    wider = RoiPool(
        (*pool.chroms, chrom),
        pool.cell_lines,
        np.append(pool.chrom, len(pool.chroms)).astype(np.int32),
        np.append(pool.start, start),
        np.append(pool.kind, 0).astype(np.int8),
        np.append(pool.cell, 0).astype(np.int32),
    )
    return dataclasses.replace(inputs, pools={**inputs.pools, name: wider})


def genome_like_of(change: Callable[[Inputs], Inputs]) -> Sabotage:
    """Break the genome-like set alone, which no sampler reads."""

    def sabotage(_: TinySet, patch: pytest.MonkeyPatch) -> None:
        make = prepared.genome_batches

        def broken(config: Any, inputs: Inputs, seed: int, reader: WindowReader, **named: Any) -> Any:
            changed = change(inputs)
            reader = WindowReader(changed.genome, changed.signal, changed.binding)
            return make(config, changed, seed, reader, **named)

        patch.setattr(prepared, "genome_batches", broken)

    return sabotage


def sampling_a_test_track(_: TinySet, patch: pytest.MonkeyPatch) -> None:
    """Break the samplers alone."""
    make = prepared.make_samplers
    patch.setattr(
        prepared, "make_samplers", lambda config, inputs, seed: make(config, one_track_exchanged(inputs), seed)
    )


def validating_on_the_test_chromosome(inputs: Inputs) -> Inputs:
    return dataclasses.replace(
        inputs, split=dataclasses.replace(inputs.split, validation=("chr3", TEST_CHROM), test=())
    )


SABOTAGES: dict[str, tuple[Sabotage, int, str]] = {
    "a copy under another name": (copy_under_another_name, 2, "CellC_signal.bw' of CellC (Test) has the same content"),
    "test cell types drawn": (changing(drawing_test_tracks), 1, "labelled Test is among those that train"),
    "a test track opened": (changing(one_track_exchanged), 1, "CellC_signal.bw is one of CellC"),
    "a test track sampled": (
        sampling_a_test_track, 1, "the training stream reads other tracks than those of the training cell types",
    ),
    "test chromosome trains": (
        changing(lambda inputs: widened(inputs, "training", TEST_CHROM, 20_000)), 1,
        "the training pool draws from chr2, which is no training chromosome",
    ),
    "test chromosome validates": (
        changing(lambda inputs: widened(inputs, "validation", TEST_CHROM, 20_000)), 1,
        "the validation pool draws from chr2, which is no validation chromosome",
    ),
    "test chromosome in the genome-like set": (
        genome_like_of(validating_on_the_test_chromosome), 1,
        "the genome-like set lies on chr2, which is no validation chromosome",
    ),
    "test track in the genome-like set": (
        genome_like_of(one_track_exchanged), 1,
        "the genome-like set reads other tracks than those of the training cell types",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SABOTAGES)
def test_guard_refuses_what_would_leak(
    name: str, marked: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sabotage, status, words = SABOTAGES[name]
    sabotage(marked, monkeypatch)
    monkeypatch.setattr("maxatac.training.epochs.EpochLoop.run", lambda _: pytest.fail("training began"))
    assert main(marked.arguments(tmp_path / "results", **SETTINGS)) == status
    assert words in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", SABOTAGES)
def test_without_the_guard_it_leaks(
    name: str, marked: TinySet, tmp_path: Path, start: Start, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    SABOTAGES[name][0](marked, monkeypatch)
    monkeypatch.setattr("maxatac.training.inputs.check_held_out_files", lambda *_, **__: ())
    monkeypatch.setattr("maxatac.training.prepared.guard_samplers", lambda *_, **__: {})
    assert carries_the_marker(start(marked.arguments(tmp_path / "results", **SETTINGS)))


def test_validation_chromosome_in_training_is_refused(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    changing(lambda inputs: widened(inputs, "training", "chr3", 20_000))(tiny_set, monkeypatch)
    assert main(tiny_set.arguments(tmp_path / "results")) == 1
    assert "the training pool draws from chr3" in capsys.readouterr().err


# The check itself.


@pytest.fixture
def started(tiny_set: TinySet, tmp_path: Path, start: Start, quick_network: None) -> Started:
    return start(tiny_set.arguments(tmp_path / "results", rand_ratio=0.5))


def streams_of(started: Started, **samplers: Any) -> dict[str, Stream]:
    return {name: Stream(name, sampler, 2, 3) for name, sampler in {**started.samplers, **samplers}.items()}


class Planned:
    """A sampler with one column of its plans changed."""

    def __init__(self, sampler: Any, column: str, value: int) -> None:
        self.sampler, self.column, self.value = sampler, column, value
        self.batch_size = sampler.batch_size
        self.rows = sampler.rows
        self.reader = sampler.reader

    def plan(self, epoch: int, index: int) -> dict[str, np.ndarray]:
        plan: dict[str, np.ndarray] = dict(self.sampler.plan(epoch, index))
        if (epoch, index) == (1, 2):
            plan[self.column] = plan[self.column].copy()
            plan[self.column][-1] = self.value
        return plan


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("chrom", 2, "a window on no chromosome"),
        ("chrom", -1, "a window on no chromosome"),
        ("track", 2, "a window of no training cell type"),
        ("start", -1, "a window that leaves its chromosome"),
        ("start", 159_000, "a window that leaves its chromosome"),
        ("roi", 100_000, "a window that is none of the training regions"),
    ],
)
def test_stray_window_is_named(column: str, value: int, words: str, started: Started) -> None:
    check_leaks(started.inputs, streams_of(started))
    broken = Planned(started.samplers["training"], column, value)
    with pytest.raises(MaxatacError, match="fault of maxatac") as refused:
        check_leaks(started.inputs, streams_of(started, training=broken))
    assert f"batch 2 of epoch 1 of the training stream has {words}" in str(refused.value)


def test_sampler_of_another_pool_is_named(started: Started) -> None:
    swapped = {"training": started.samplers["validation"], "validation": started.samplers["training"]}
    with pytest.raises(MaxatacError, match="leak guard"):
        check_leaks(started.inputs, streams_of(started, **swapped))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("chrom", 2, "a region on no chromosome"),
        ("start", 1_000_000, "a region that leaves its chromosome"),
        ("cell", 2, "a region of no cell type"),
    ],
)
def test_stray_region_is_named(column: str, value: int, words: str, started: Started) -> None:
    pool = started.inputs.pools["training"]
    changed = getattr(pool, column).copy()
    changed[5] = value
    pools = {**started.inputs.pools, "training": dataclasses.replace(pool, **{column: changed})}
    with pytest.raises(MaxatacError, match=f"the training pool has {words}"):
        check_leaks(dataclasses.replace(started.inputs, pools=pools), {})


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("chrom", 1, "a window on no chromosome"),
        ("start", 159_000, "a window that leaves its chromosome"),
        ("cell", 2, "a window of no training cell type"),
        ("cell", -1, "a window of no training cell type"),
    ],
)
def test_stray_genome_like_window_is_named(column: str, value: int, words: str, started: Started) -> None:
    genome_like = started.genome_like
    assert genome_like is not None
    looked_at = check_leaks(started.inputs, {}, genome_like)["streams"]["genome_like"]
    assert looked_at == {"pool": "validation", "batches": len(genome_like), "windows": len(genome_like.windows)}
    changed = getattr(genome_like.windows, column).copy()
    changed[-1] = value
    genome_like.windows = dataclasses.replace(genome_like.windows, **{column: changed})
    with pytest.raises(MaxatacError, match=f"the genome-like set has {words}"):
        check_leaks(started.inputs, {}, genome_like)


def test_sets_that_share_a_chromosome(started: Started) -> None:
    split = dataclasses.replace(started.inputs.split, validation=("chr3", "chr1"))
    with pytest.raises(MaxatacError, match="chr1 in both the training and the validation chromosomes"):
        check_leaks(dataclasses.replace(started.inputs, split=split), {})


# One chromosome that training and validation divide between them.


@pytest.fixture
def divided(tmp_path: Path) -> tuple[TinySet, dict[str, Any]]:
    """A genome of one chromosome, its regions, and the options that make a run of them."""
    (tmp_path / "one").mkdir()
    data = tiny.make(tmp_path / "one", {"chr1": 160_000})
    files = {"train_roi": range(5_000, 88_000, 1_500), "validate_roi": range(89_024, 150_000, 1_500)}
    for name, starts in files.items():
        (data.folder / f"{name}.bed").write_text("".join(f"chr1\t{start}\t{start + 300}\n" for start in starts))
    options = {name: data.folder / f"{name}.bed" for name in files}
    return data, {"tchroms": ("chr1",), "vchroms": ("chr1",), "jitter": 400, "genome_validation": 0, **options}


def test_a_chromosome_that_two_sets_divide(
    divided: tuple[TinySet, dict[str, Any]], tmp_path: Path, start: Start, quick_network: None
) -> None:
    data, options = divided
    # Between the windows of the two files are 500 bp, less than two jitters: shifted windows could meet.
    started = start(data.arguments(tmp_path / "results", **options, epochs=20))
    seen = {}
    for name, sampler in started.samplers.items():
        plans = [sampler.plan(epoch, index)["start"] for epoch in range(20) for index in range(2)]
        seen[name] = np.concatenate(plans)
        centres = started.inputs.pools[name].start
        assert 0 < np.abs(seen[name][:, None] - centres).min(axis=1).max() <= 400
    assert seen["training"].max() + 1_024 <= seen["validation"].min()
    # Taken apart, the guard sees it.
    free = samplers_of.make_samplers(started.config, dataclasses.replace(started.inputs, pools=one_pool(started)), 1)
    streams = {name: Stream(name, sampler, 1, 2) for name, sampler in free.items()}
    with pytest.raises(MaxatacError, match="windows of training and of validation overlap on chr1"):
        check_leaks(dataclasses.replace(started.inputs, pools=one_pool(started)), streams)


def test_windows_side_by_side_never_meet(
    divided: tuple[TinySet, dict[str, Any]], tmp_path: Path, start: Start, quick_network: None
) -> None:
    data, options = divided
    # Windows of both sets in turn, as close as is allowed: one more bp of jitter, and training could touch validation.
    jitter = options["jitter"] = 300
    starts = range(0, 150_000, 1_024 + jitter)
    for name, some in (("train_roi", starts[::2]), ("validate_roi", starts[1::2])):
        options[name].write_text("".join(f"chr1\t{start}\t{start + 1_024}\n" for start in some))
    black = tmp_path / "black.bed"
    black.write_text("chr1\t4000\t4100\nchr1\t50000\t50010\n")
    started = start(data.arguments(tmp_path / "results", **options, rev_comp=True, blacklist=black, epochs=30))
    covered = {name: np.zeros(160_000, dtype=bool) for name in started.samplers}
    for name, sampler in started.samplers.items():
        plans = [sampler.plan(epoch, index) for epoch in range(30) for index in range(4)]
        assert {bool(reverse) for plan in plans for reverse in plan["reverse"]} == {True, False}
        for first in np.concatenate([plan["start"] for plan in plans]).tolist():
            covered[name][first : first + 1_024] = True
    assert not (covered["training"] & covered["validation"]).any()
    # Windows of validation are shifted into the gaps on both sides, and those of training into what is left.
    assert covered["validation"].sum() > len(starts[1::2]) * (1_024 + jitter)
    assert covered["training"].sum() > len(starts[::2]) * 1_024
    # With training free to go anywhere, the guard sees it.
    inputs = dataclasses.replace(started.inputs, validation_windows=Blacklist.empty())
    free = samplers_of.make_samplers(started.config, inputs, 1)
    with pytest.raises(MaxatacError, match="windows of training and of validation overlap on chr1"):
        check_leaks(inputs, {name: Stream(name, sampler, 30, 4) for name, sampler in free.items()})


def one_pool(started: Started) -> dict[str, RoiPool]:
    pool = started.inputs.pools["training"]
    return {"training": pool, "validation": pool}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rand_ratio": 0.5}, ["--rand_ratio: found 0.5; expected 0", "chr1"]),
        ({"genome_validation": None}, ["--genome_validation: found the default; expected 0", "chr1"]),
        ({"jitter": 1_000}, ["--train_roi", "1 of ", "touch windows of --validate_roi", "1,000 bp"]),
        ({"validate_roi": None}, ["--tchroms and --vchroms: chr1 in both", "--train_roi and --validate_roi"]),
        ({"vchroms": None}, ["--vchroms: no validation chromosome is left", "--train_roi and --validate_roi"]),
    ],
)
def test_how_a_chromosome_cannot_be_divided(
    changes: dict[str, Any], words: list[str], divided: tuple[TinySet, dict[str, Any]], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    data, options = divided
    assert main(data.arguments(tmp_path / "results", **{**options, **changes})) == 2
    (problem,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert [word for word in words if word not in problem] == []


def test_every_set_of_a_split_is_known() -> None:
    @dataclasses.dataclass(frozen=True)
    class WithTest(ChromSplit):
        test: tuple[str, ...] = ()

    split = WithTest(("a", "b"), ("a",), ("b",), ("left out: x",), ("c",))
    assert chrom_sets(split) == {"training": ("a",), "validation": ("b",), "test": ("c",)}


def test_batches_looked_at_are_bounded(started: Started) -> None:
    class Large:
        batch_size = 50_000

    everything = Stream("training", started.samplers["training"], 3, 4).checked_batches()
    assert everything == [(epoch, index) for epoch in (0, 2) for index in range(4)]
    few = Stream("training", Large(), 20, 100).checked_batches()  # type: ignore[arg-type]
    assert few == [(0, 0), (0, 99), (19, 0), (19, 99)]
    assert len(few) * Large.batch_size <= MAX_WINDOWS


# The record.


def test_record_says_what_was_checked(marked: TinySet, tmp_path: Path, scores: list[float]) -> None:
    rows = marked.rows()
    rows[2]["CHIP_Peaks"] = rows[0]["CHIP_Peaks"]
    marked.write_meta(rows)
    settings = {**SETTINGS, "epochs": 2, "allow_shared_files": ("CellC",)}
    assert main(marked.arguments(tmp_path / "results", **settings)) == 0
    record = json.loads((tmp_path / "results" / "maxatac_model_run.json").read_text())
    guard = record["leak_guard"]
    assert guard["held_out_cell_types"] == ["CellC"]
    assert guard["chromosomes"] == {"training": ["chr1"], "validation": ["chr3"], "test": []}
    assert guard["regions"] == record["pools"]
    assert guard["streams"] == {
        "training": {"pool": "training", "batches": 4, "windows": 32},
        "validation": {"pool": "validation", "batches": 2, "windows": 16},
        "statistics": {"pool": "training", "batches": 20, "windows": 160},
        "genome_like": {"pool": "validation", "batches": 2, "windows": 16},
    }
    (shared,) = guard["allowed_shared_files"]
    assert shared["sha256"] is None
    assert [(file["cell_type"], file["label"], file["column"]) for file in shared["files"]] == [
        ("CellA", "Train", "CHIP_Peaks"),
        ("CellC", "Test", "CHIP_Peaks"),
    ]
    assert record["settings"]["allow_shared_files"] == ["CellC"]

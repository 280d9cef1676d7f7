"""Training: what it is fed, what it does when something goes wrong, and that the seed decides everything."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tiny
from page import PAGE, PAGE_CHROMS, PAGE_TCHROMS, PAGE_VCHROMS
from quick import PROGRAM, leave_xla_out
from results import history, record
from starting import Start
from tiny import TinySet
from writers import BedGraph, write_bigwig

import maxatac
from maxatac.cli.main import main
from maxatac.errors import GenomeError, InputError, MaxatacError, TrackError
from maxatac.training import artifacts, prepared
from maxatac.training.result import TrainResult
from maxatac.training.samplers import make_samplers, statistics_batches
from maxatac.training.trainer import Trainer
from maxatac.training.workflow import train

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


def whole(output: Path, epochs: int) -> bool:
    """Whether the folder holds exactly these epochs, each model readable and nothing half-written."""
    models = {path.name for path in output.iterdir() if path.suffix in (".keras", ".h5")}
    best = {"maxatac_model_best.keras", "maxatac_model_best.h5"} if epochs else set()
    assert models == {f"maxatac_model_{epoch}.keras" for epoch in range(1, epochs + 1)} | best
    assert not [path.name for path in output.iterdir() if path.name.startswith(".")]
    for name in models:
        keras.models.load_model(output / name, compile=False)
    return not epochs or [row["epoch"] for row in history(output)] == list(range(1, epochs + 1))


# What training is fed.


def test_model_is_compiled_as_specified(tiny_set: TinySet, output: Path, start: Start) -> None:
    model = start(tiny_set.arguments(output)).trainer.model
    assert model.count_params() == 117_204
    # What Keras picks by itself costs twice the time.
    assert model.jit_compile is True
    assert type(model.optimizer).__name__ == "Adam"
    assert model.optimizer.weight_decay is None
    rates = [float(model.optimizer._learning_rate(step)) for step in (0, 100_000)]
    np.testing.assert_allclose(rates, [1e-3, 5e-4], rtol=1e-6)
    assert model.loss.__name__ == "binary_cross_entropy"


def test_quantitative_run_is_selected_by_its_loss(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    # In this fixture the validation loss is 1 - score; make the two disagree about the best epoch.
    scores += [0.9, 0.1]
    run_epoch = Trainer.run_epoch

    def crossed(self: object, epoch: int, callback: object) -> Any:
        row, times = run_epoch(self, epoch, callback)
        return {**row, "val_loss": row["val_dice_coef"]}, times

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", crossed)
        quantitative = train(tiny_set.config(output, epochs=2, quant=True))
        binary = train(tiny_set.config(output, epochs=2, prefix="binary"))
    assert (quantitative.best_epoch, binary.best_epoch) == (2, 1)


def test_statistics_are_measured_on_enough_windows() -> None:
    assert [statistics_batches(*run) for run in ((100, 1_000), (40, 100), (400, 10), (60, 25), (2, 8))] == [
        10, 10, 100, 15, 10,
    ]  # fmt: skip


def test_every_epoch_trains_on_its_own_batches(
    tiny_set: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maxatac.data.batches import WindowDataset

    asked: list[tuple[int, int, int, int]] = []
    get = WindowDataset.__getitem__

    def watched(self: WindowDataset, index: int) -> Any:
        asked.append((id(self.sampler), len(self), self.epoch, index))
        return get(self, index)

    monkeypatch.setattr(WindowDataset, "__getitem__", watched)
    train(tiny_set.config(output, epochs=3, batches=2))
    read: dict[int, set[tuple[int, int]]] = {}
    for sampler, _, epoch, index in asked:
        read.setdefault(sampler, set()).add((epoch, index))
    lengths = {sampler: length for sampler, length, _, _ in asked}
    own, fixed, measured = (
        {(epoch, index) for epoch in range(3) for index in range(2)},
        {(0, 0), (0, 1)},
        {(epoch, index) for epoch in range(3) for index in range(10)},
    )
    # Training: each epoch its own; validation: the same in every epoch; statistics: each epoch its own.
    assert sorted(map(sorted, read.values())) == sorted(map(sorted, (own, fixed, measured)))
    assert sorted(lengths.values()) == [2, 2, 10]


def test_streams_differ(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    trainer = start(tiny_set.arguments(output)).trainer
    # Same pool and settings, other windows: the statistics take nothing from training's stream.
    assert not np.array_equal(trainer.data.training[0][0], trainer.data.statistics[0][0])
    assert (
        trainer.data.training.sampler.plan(0, 0)["roi"].tolist()
        != trainer.data.statistics.sampler.plan(0, 0)["roi"].tolist()
    )


def test_validation_examples_are_drawn_once(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    trainer = start(tiny_set.arguments(output, "--rev_comp", jitter=100, rand_ratio=0.5)).trainer
    before = [trainer.data.validation[index] for index in range(2)]
    trainer.data.set_epoch(5)
    after = [trainer.data.validation[index] for index in range(2)]
    for (inputs, targets), (same_inputs, same_targets) in zip(before, after, strict=True):
        assert np.array_equal(inputs, same_inputs)
        assert np.array_equal(targets, same_targets)
    assert not np.array_equal(before[0][0], before[1][0])


def test_first_batch_is_what_the_files_say(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    """A training batch, read once more with the reference readers."""
    import py2bit
    import pyBigWig

    started = start(tiny_set.arguments(output, "--rev_comp", rand_ratio=0.25, jitter=100))
    inputs, targets = started.trainer.data.training[0]
    plan = started.samplers["training"].plan(0, 0)
    genome = py2bit.open(str(tiny_set.sequence))
    for row in range(len(inputs)):
        cell = started.inputs.training[plan["track"][row]].cell_line
        chrom = started.inputs.split.training[plan["chrom"][row]]
        first = int(plan["start"][row])
        bases = genome.sequence(chrom, first, first + 1024).upper()
        values = {}
        for name in ("signal", "binding"):
            with pyBigWig.open(str(tiny_set.file(cell, f"{name}.bw"))) as track:
                values[name] = np.nan_to_num(np.array(track.values(chrom, first, first + 1024), np.float64))
        expected = np.column_stack([[base == letter for base in bases] for letter in "ACGT"] + [values["signal"]])
        labels = values["binding"].reshape(32, 32).sum(axis=1) > 16
        if plan["reverse"][row]:
            expected, labels = expected[::-1, [3, 2, 1, 0, 4]], labels[::-1]
        np.testing.assert_allclose(inputs[row], expected, atol=1e-7)
        np.testing.assert_array_equal(targets[row], labels)


def test_held_out_cell_types_are_not_touched(
    damaged: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_inputs = prepared.open_inputs
    held_out = [
        damaged.file("CellC", what) for what in ("signal.bw", "binding.bw", "atac.narrowPeak", "chip.narrowPeak")
    ]
    opened: list[str] = []

    def then_remove(*arguments: Any) -> Any:
        inputs = open_inputs(*arguments)
        opened.extend(track.path for track in (*inputs.signal, *inputs.binding))
        for path in held_out:
            path.write_bytes(b"") if path.suffix == ".bw" else path.unlink()
        return inputs

    monkeypatch.setattr(prepared, "open_inputs", then_remove)
    result = train(damaged.config(output, epochs=2, rand_ratio=0.5))
    assert len(result.history) == 2
    assert not {str(path) for path in held_out} & set(opened)
    assert len(opened) == 4


# The log, and what it warns of.


def test_first_line_names_the_device(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(output, blacklist=None)) == 0
    lines = capsys.readouterr().err.splitlines()
    assert f"INFO Keras {keras.__version__}, " in lines[0]
    # What was found before Keras was there comes behind it.
    assert any("no --blacklist" in line for line in lines[1:])
    assert (output / "maxatac_model.log").read_text().splitlines() == lines


def test_idle_gpu_is_warned_of(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("maxatac.backend.device.gpu_present", lambda: True)
    monkeypatch.setattr("maxatac.backend.device.describe", lambda: "tensorflow 2 on CPU")
    assert main(tiny_set.arguments(output)) == 0
    assert "WARNING this machine has a GPU, but" in capsys.readouterr().err.splitlines()[1]


def test_one_line_per_epoch(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    scores += [0.1, 0.3, 0.2]
    assert main(tiny_set.arguments(output, epochs=3)) == 0
    lines = [line.split(" INFO ")[-1] for line in capsys.readouterr().err.splitlines()]
    told = [line for line in lines if line.startswith("epoch ")]
    assert [line.split(":")[0] for line in told] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "validation loss 0.7000, Dice 0.3000; 2.0 s (8 examples/s in training" in told[1]
    assert lines[-1].startswith("best epoch: 2 of 3 (val_dice_coef 0.3000): ")


def test_log_of_the_api_has_the_level_that_was_asked_for(
    tiny_set: TinySet, tmp_path: Path, scores: list[float]
) -> None:
    package = logging.getLogger("maxatac")
    before = package.level
    for level, told in (("info", {"INFO"}), ("error", set())):
        train(tiny_set.config(tmp_path / level, loglevel=level))
        lines = (tmp_path / level / "maxatac_model.log").read_text().splitlines()
        assert {line.split()[2] for line in lines} == told
    assert package.level == before


def warnings_of(data: TinySet, output: Path, capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    """Run to the end, and return what was warned of."""
    assert main(data.arguments(output, **changes)) == 0
    assert len(history(output)) == 1
    lines = capsys.readouterr().err.splitlines()
    return [line.split(" WARNING ")[1] for line in lines if " WARNING " in line]


def signal_of(data: TinySet, factor: float) -> None:
    """Multiply the signal of CellA."""
    import pyBigWig

    path = data.file("CellA", "signal.bw")
    with pyBigWig.open(str(path)) as track:
        intervals = [(chrom, *interval) for chrom in tiny.SIZES for interval in track.intervals(chrom)]
    tiny.write_bigwig(path, [(chrom, first, last, factor * value) for chrom, first, last, value in intervals])


def test_good_inputs_bring_no_warning(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert warnings_of(tiny_set, output, capsys) == []


def test_no_blacklist_is_warned_of(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    (warning,) = warnings_of(tiny_set, output, capsys, blacklist=None)
    assert "--blacklist" in warning


@pytest.mark.parametrize(
    ("factor", "words"), [(30, "not on the scale"), (-0.5, "expected 0 or more"), (0, "signal is 0")]
)
def test_signal_outside_its_range_is_warned_of(
    factor: float, words: str, damaged: TinySet, output: Path, scores: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    signal_of(damaged, factor)
    (warning,) = warnings_of(damaged, output, capsys)
    assert warning.startswith("CellA: the ")
    assert words in warning


def test_binding_that_is_not_binary_is_warned_of(
    damaged: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged.file("CellB", "binding.bw")
    peaks = [(chrom, start, start + 2_000, 3.5) for chrom in tiny.SIZES for start in range(10_000, 70_000, 5_000)]
    tiny.write_bigwig(path, peaks)
    (warning,) = warnings_of(damaged, output, capsys)
    assert warning.startswith("CellB: the binding track is not binary")
    # Quantitative targets are made from such tracks.
    assert warnings_of(damaged, output, capsys, quant=True, prefix="quant") == []


def test_binding_without_a_bound_bin_is_warned_of(
    damaged: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_bigwig(damaged.file("CellB", "binding.bw"), [(chrom, 10, 20, 1.0) for chrom in tiny.SIZES])
    (warning,) = warnings_of(damaged, output, capsys)
    assert warning.startswith("CellB: no bin of the 281 regions read is bound")


def test_few_peaks_beyond_an_end_are_dropped_and_counted(
    damaged: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged.file("CellA", "atac.narrowPeak")
    lines = path.read_text().splitlines()
    assert len(lines) == 124
    path.write_text("\n".join([*lines, "chr2\t99900\t100100\tp\t0\t.\t1\t1\t1\t-1"]) + "\n")
    (warning,) = warnings_of(damaged, output, capsys)
    for words in (str(path), "1 of 125 intervals", "line 125", "chr2:99900-100100", "100000 bp", "left out"):
        assert words in warning
    assert record(output)["pools"] == {"training": 281, "validation": 81}


@pytest.mark.parametrize("listed", [False, True], ids=["not in the header", "without an interval"])
def test_chromosome_without_binding_data_is_warned_of(
    listed: bool, damaged: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {name: size for name, size in tiny.SIZES.items() if listed or name != "chr2"}
    path = damaged.file("CellA", "binding.bw")
    peaks = [(chrom, start, start + 2_000, 1.0) for chrom in ("chr1", "chr3") for start in range(10_000, 70_000, 5_000)]
    tiny.write_bigwig(path, peaks, sizes)
    (warning,) = warnings_of(damaged, output, capsys)
    assert warning == f"{path}: no binding data on chr2: taken as 0"


def test_pool_smaller_than_a_batch_is_warned_of(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    (warning,) = warnings_of(tiny_set, output, capsys, val_batch_size=100)
    assert warning.startswith("the validation pool has 81 regions, fewer than the 100 of a batch")


# When something goes wrong.


def failing(epoch: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise an error in the middle of an epoch, counted from 1, from where Keras calls back."""
    run_epoch = Trainer.run_epoch

    class Fail(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
            raise error

    def run(self: Any, number: int, callback: Any) -> Any:
        return run_epoch(self, number, Fail() if number + 1 == epoch else callback)

    monkeypatch.setattr(Trainer, "run_epoch", run)


@pytest.mark.parametrize("finished", [0, 2])
def test_interrupt_keeps_what_is_finished_and_says_where(
    finished: int, tiny_set: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    failing(finished + 1, KeyboardInterrupt(), monkeypatch)
    assert main(tiny_set.arguments(output, epochs=4)) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert "interrupted" in last
    assert str(output) in last
    assert finished == 0 or f"{finished} of 4 epochs are finished" in last
    assert whole(output, finished)
    found = record(output)
    assert (found["status"], found["epochs_finished"], found["state_sha256"]) == ("interrupted", finished, None)
    assert (found["best"] is None) == (finished == 0)
    assert found["settings"]["epochs"] == 4


def test_interrupt_of_a_save_leaves_nothing_half_written(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = keras.Model.save

    def interrupted(self: keras.Model, path: Path, *arguments: Any) -> None:
        if "model_2." in str(path):
            Path(path).write_bytes(b"half a model")
            raise KeyboardInterrupt
        save(self, path, *arguments)

    monkeypatch.setattr(keras.Model, "save", interrupted)
    assert main(tiny_set.arguments(output, epochs=3)) == 130
    assert whole(output, 1)
    assert record(output)["epochs_finished"] == 1


@pytest.mark.parametrize("moment", ["before", "in training", "in validation", "in a destructor"])
def test_signal_ends_the_epoch(
    moment: str, tiny_set: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fragile:
        """Python drops an exception that is raised in here."""

        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    run_epoch = Trainer.run_epoch

    def run(self: Any, epoch: int, callback: Any) -> Any:
        if epoch == 1 and moment == "in a destructor":
            fragile = Fragile()
            del fragile
        elif epoch == 1 and moment == "before":
            signal.raise_signal(signal.SIGINT)
        elif epoch == 1:
            name = {"in training": "on_train_batch_begin", "in validation": "on_test_batch_begin"}[moment]
            setattr(callback, name, lambda *_, **__: signal.raise_signal(signal.SIGINT))
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", run)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(tiny_set.arguments(output, epochs=4)) == 130
    finally:
        signal.signal(signal.SIGINT, handler)
    assert whole(output, 1)


HUMAN = {f"chr{name}": 30_000 for name in (*range(1, 23), "X", "Y")}


@pytest.mark.parametrize(
    ("line", "prefix", "folder", "changes"),
    [
        (
            "maxatac train --arch DCNN_V2 --sequence hg38.2bit --meta_file CTCF_meta.tsv --output ./CTCF_DCNN "
            "--prefix CTCF_DCNN --shuffle_cell_type --rev_comp",
            "CTCF_DCNN", "CTCF_DCNN", {"rev_comp_train": True},
        ),
        ("maxatac train --sequence hg38.2bit --meta_file CTCF_meta.tsv", "maxatac_model", "training_results", {}),
    ],
    ids=["the page's example", "nothing but the inputs"],
)  # fmt: skip
def test_bare_commands_record_the_pages_defaults(
    line: str, prefix: str, folder: str, changes: dict[str, Any], tmp_path: Path, scores: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    data = tiny.make(tmp_path, HUMAN)
    data.sequence.rename(tmp_path / "hg38.2bit")
    data.meta_file.rename(tmp_path / "CTCF_meta.tsv")
    monkeypatch.chdir(tmp_path)
    run_epoch = Trainer.run_epoch

    def stop_after_the_first(self: object, epoch: int, callback: object) -> Any:
        if epoch == 1:
            raise KeyboardInterrupt
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", stop_after_the_first)
    assert main(line.split()[1:]) == 130
    settings = json.loads((tmp_path / folder / f"{prefix}_run.json").read_text())["settings"]
    expected = {**PAGE, "prefix": prefix, "output": folder, **changes}
    # Drawn, and counted, when the run starts.
    seed, threads = settings.pop("seed"), settings.pop("threads")
    del expected["seed"], expected["threads"]
    assert 1 <= seed <= 99_999
    assert threads == len(os.sched_getaffinity(0))
    assert {name: settings[name] for name in expected} == expected
    assert (settings["chroms"], settings["tchroms"], settings["vchroms"]) == (PAGE_CHROMS, PAGE_TCHROMS, PAGE_VCHROMS)


def test_failing_plot_costs_only_a_warning(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(*arguments: Any, **_: Any) -> None:
        arguments[-1].write_bytes(b"half a figure")
        raise RuntimeError("no such style: ggplott")

    monkeypatch.setattr(artifacts, "plot_history", fail)
    monkeypatch.setattr(artifacts, "plot_structure", fail)
    assert main(tiny_set.arguments(output, epochs=2, plot=True)) == 0
    warnings = [line.split(" WARNING ")[1] for line in capsys.readouterr().err.splitlines() if " WARNING " in line]
    assert warnings == [
        "maxatac_model_model_structure.png was not drawn: no such style: ggplott",
        *["maxatac_model_model_dice_acc.png was not drawn: no such style: ggplott"] * 2,
    ]
    assert list(output.glob("*.png")) == []
    assert whole(output, 2)
    assert record(output)["status"] == "finished"


def test_interrupt_of_a_plot_is_an_interrupt(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(artifacts, "plot_history", interrupted)
    assert main(tiny_set.arguments(output, epochs=2, plot=True)) == 130
    assert whole(output, 1)


class Unreadable:
    """A sampler whose tracks cannot be read from some batch on."""

    def __init__(self, sampler: Any, first: tuple[int, int]) -> None:
        self._sampler = sampler
        self._first = first
        self.memory, self.rows = sampler.memory, sampler.rows

    def batch(self, epoch: int, index: int) -> Any:
        if (epoch, index) >= self._first:
            raise TrackError("CellA_signal.bw: block at 1,024 is damaged")
        return self._sampler.batch(epoch, index)

    def batches(self, epoch: int, start: int, stop: int, **_: Any) -> Any:
        for index in range(start, stop):
            yield self.batch(epoch, index)


@pytest.mark.parametrize("data", ["training", "statistics", "validation"])
def test_error_of_the_loader_is_told_in_its_own_words(
    data: str, tiny_set: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run_epoch = Trainer.run_epoch

    def run(self: Any, epoch: int, callback: Any) -> Any:
        if epoch == 1:
            dataset = getattr(self.data, data)
            dataset.sampler = Unreadable(dataset.sampler, (0, 1) if data == "validation" else (1, 1))
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", run)
    assert main(tiny_set.arguments(output, epochs=3)) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "maxatac: error: CellA_signal.bw: block at 1,024 is damaged"
    assert whole(output, 1)
    found = record(output)
    assert (found["status"], found["epochs_finished"]) == ("failed", 1)


@pytest.mark.parametrize("from_the_loader", [True, False])
def test_error_that_the_backend_wraps(
    from_the_loader: bool, tiny_set: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some backends raise an error of their own, with the loader's words somewhere in a long text."""

    def fit(self: keras.Model, dataset: Any, **_: Any) -> None:
        if from_the_loader:
            dataset.sampler = Unreadable(dataset.sampler, (0, 0))
            with contextlib.suppress(TrackError):
                dataset[0]
        raise RuntimeError("node PyFunc: generator failed")

    monkeypatch.setattr(keras.Model, "fit", fit)
    monkeypatch.setattr("maxatac.data.batches.WindowDataset.for_fit", lambda dataset: dataset)
    expected = (TrackError, "^CellA_signal.bw") if from_the_loader else (RuntimeError, "PyFunc")
    with pytest.raises(expected[0], match=expected[1]):
        train(tiny_set.config(output))


def test_file_that_is_cut_while_it_is_read(
    damaged: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = Trainer.run_epoch

    def run(self: Any, epoch: int, callback: Any) -> Any:
        if epoch == 1:
            os.truncate(damaged.sequence, 5_000)
        return run_epoch(self, epoch, callback)

    monkeypatch.setattr(Trainer, "run_epoch", run)
    with pytest.raises((GenomeError, OSError), match=r"genome\.2bit"):
        # With so little memory, everything is read when it is needed.
        train(damaged.config(output, epochs=3, memory=1))
    assert whole(output, 1)


def test_input_that_vanishes_at_the_end_costs_its_checksum_only(
    damaged: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanished(path: Path) -> str:
        if path.name == "blacklist.bed":
            raise FileNotFoundError(path)
        return "0" * 64

    monkeypatch.setattr("maxatac.runs.input_files.sha256", vanished)
    train(damaged.config(output))
    inputs = record(output)["inputs"]
    assert inputs["blacklist"]["sha256"] is None
    assert inputs["sequence"]["sha256"] == "0" * 64


def test_full_disk_is_told(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    save = keras.Model.save

    def full(self: keras.Model, path: Path, *arguments: Any) -> None:
        if "model_2." in str(path):
            raise OSError(28, "No space left on device", str(path))
        save(self, path, *arguments)

    monkeypatch.setattr(keras.Model, "save", full)
    assert main(tiny_set.arguments(output, epochs=3)) == 1
    assert "No space left on device" in capsys.readouterr().err.splitlines()[-1]
    assert whole(output, 1)


def test_score_that_is_no_number_never_wins(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    scores += [math.nan, 0.2, math.nan, 0.2]
    result = train(tiny_set.config(output, epochs=4))
    assert result.best_epoch == 2
    assert (output / "best_epoch.txt").read_text() == "maxatac_model_2.keras\n"
    assert (output / "maxatac_model_best.keras").read_bytes() == (output / "maxatac_model_2.keras").read_bytes()


def test_no_finite_score_is_an_error(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    scores += [math.nan, math.nan]
    with pytest.raises(MaxatacError, match="no epoch has a finite val_dice_coef"):
        train(tiny_set.config(output, epochs=2))
    assert record(output)["status"] == "failed"
    assert not (output / "best_epoch.txt").exists()


def test_loss_that_is_no_number_stops_the_run(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = Trainer.run_epoch

    def diverge(self: object, epoch: int, callback: object) -> Any:
        row, times = run_epoch(self, epoch, callback)
        return {**row, "loss": math.nan if epoch == 1 else 0.5}, times

    monkeypatch.setattr(Trainer, "run_epoch", diverge)
    with pytest.raises(MaxatacError, match="the loss of epoch 2 is nan"):
        train(tiny_set.config(output, epochs=3))
    assert whole(output, 1)


def test_best_of_more_than_ten_epochs(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    scores += [0.1] * 10 + [0.9, 0.2]
    assert train(tiny_set.config(output, epochs=12)).best_epoch == 11
    assert (output / "best_epoch.txt").read_text() == "maxatac_model_11.keras\n"


def test_two_runs_share_a_folder(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    train(tiny_set.config(output, prefix="model"))
    train(tiny_set.config(output, prefix="model_2"))
    with pytest.raises(InputError, match="--force"):
        train(tiny_set.config(output, prefix="model"))
    before = (output / "model_2_1.keras").read_bytes()
    train(tiny_set.config(output, prefix="model", force=True))
    assert (output / "model_2_1.keras").read_bytes() == before


# From Python.


def test_result(tiny_set: TinySet, output: Path, quick_network: None) -> None:
    result = maxatac.train(tiny_set.config(output, epochs=2))
    assert isinstance(result, TrainResult)
    assert result.output == output
    assert list(result.history) == history(output)
    assert result.best_epoch in (1, 2)
    assert result.best_model == output / "maxatac_model_best.keras"
    assert result.seed == 7
    assert result.state_sha256 == record(output)["state_sha256"]


def test_problems_are_raised_with_their_list(tiny_set: TinySet, output: Path) -> None:
    with pytest.raises(InputError) as caught:
        maxatac.train(tiny_set.config(output, epochs=0, rand_ratio=2, tchroms=("chr1", "chr9")))
    assert len(caught.value.problems) == 3
    assert not output.exists()


def test_loader_works_on_its_own(tiny_set: TinySet) -> None:
    genome = maxatac.Genome(tiny_set.sequence)
    signal, binding = (maxatac.Track(tiny_set.file("CellA", f"{name}.bw")) for name in ("signal", "binding"))
    reader = maxatac.WindowReader(genome, [signal], [binding])
    sampler = maxatac.Sampler(
        reader, chroms=["chr1"], roi_chrom=np.zeros(3, np.int32),
        roi_start=np.array([10_000, 20_000, 30_000], np.int64), roi_track=np.zeros(3, np.int32), batch_size=2, seed=1,
    )  # fmt: skip
    dataset = maxatac.WindowDataset(sampler, batches=5)
    assert len(dataset) == 5
    inputs, targets = dataset[4]
    assert (inputs.shape, inputs.dtype, targets.shape) == ((2, 1024, 5), np.float32, (2, 32))
    plan = sampler.plan(0, 4)
    windows = reader.inputs(plan["track"], reader.chrom_numbers(["chr1", "chr1"]), plan["start"])
    assert np.array_equal(windows, inputs)


# Batch normalisation.


def distance(tiny_set: TinySet, output: Path) -> float:
    """How far a saved model's predictions in inference mode are from those in training mode, on a training batch."""
    train(tiny_set.config(output, epochs=1, batches=3, batch_size=64))
    model = keras.models.load_model(output / "maxatac_model_1.keras", compile=False)
    from maxatac.runs.folder import RunFolder
    from maxatac.training.inputs import open_inputs

    config = tiny_set.config(output.with_name("none"), batch_size=256)
    inputs = open_inputs(config, RunFolder(config.output, config.prefix))
    windows, _ = make_samplers(config, inputs, seed=3)["training"].batch(0, 0)
    calls = [np.asarray(model(windows, training=mode)) for mode in (True, False)]
    return float(np.abs(calls[0] - calls[1]).mean() / calls[0].std())


def test_saved_model_predicts_as_it_was_trained(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = distance(tiny_set, tmp_path / "measured")
    monkeypatch.setattr("maxatac.model.batch_norm.StatisticsEstimator.estimate", lambda *_: None)
    not_measured = distance(tiny_set, tmp_path / "not")
    assert measured < 0.1
    # The moving averages alone, with their momentum of 0.99, are still far off after three steps.
    assert not_measured > 0.5


def test_measuring_does_not_change_the_course_of_training(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = train(tiny_set.config(tmp_path / "measured", epochs=3))
    monkeypatch.setattr("maxatac.model.batch_norm.StatisticsEstimator.estimate", lambda *_: None)
    not_measured = train(tiny_set.config(tmp_path / "not", epochs=3))
    losses = [[row["loss"] for row in result.history] for result in (measured, not_measured)]
    assert losses[0] == losses[1]
    assert measured.history != not_measured.history


def test_no_epoch_waits_for_the_tuning_of_its_pipeline(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed: list[Any] = []
    fit = keras.Model.fit

    def watched(model: keras.Model, batches: Any, **settings: Any) -> Any:
        fed.append(batches)
        return fit(model, batches, **settings)

    def forbidden(*_: Any, **settings: Any) -> None:
        raise AssertionError("makes a pipeline of its own")

    monkeypatch.setattr(keras.Model, "fit", watched)
    for name in ("evaluate", "predict"):
        monkeypatch.setattr(keras.Model, name, forbidden)
    train(tiny_set.config(tmp_path / "results", epochs=2))
    assert len(fed) == 2
    if keras.config.backend() == "tensorflow":
        assert [batches.options().autotune.enabled for batches in fed] == [False, False]


# The seed decides everything.


def fingerprint(tiny_set: TinySet, output: Path, **changes: Any) -> tuple[bytes, str]:
    options = {"epochs": 2, "rand_ratio": 0.25, "rev_comp_train": True, "jitter": 100, **changes}
    result = train(tiny_set.config(output, **options))
    return (output / "maxatac_model.csv").read_bytes(), result.state_sha256


def test_same_seed_same_run(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    first = fingerprint(tiny_set, tmp_path / "first")
    assert fingerprint(tiny_set, tmp_path / "again") == first
    assert fingerprint(tiny_set, tmp_path / "threads", threads=2) == first
    other = fingerprint(tiny_set, tmp_path / "other", seed=8)
    assert other[0] != first[0]
    assert other[1] != first[1]


@pytest.mark.slow
def test_saved_network_predicts_as_it_was_trained(
    tiny_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_xla_out(monkeypatch)
    measured = distance(tiny_set, tmp_path / "measured")
    monkeypatch.setattr("maxatac.model.batch_norm.StatisticsEstimator.estimate", lambda *_: None)
    assert distance(tiny_set, tmp_path / "not") > 3 * measured
    assert measured < 0.3


@pytest.mark.slow
def test_ctrl_c(tiny_set: TinySet, output: Path) -> None:
    """A real signal to a real process, as soon as its first epoch is finished."""
    arguments = tiny_set.arguments(output, epochs=1_000, batches=5)
    # A test run in the background of a shell ignores Ctrl-C, and what it starts inherits that.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{listening}\n{PROGRAM}"
    log = output / "maxatac_model.log"
    deadline = time.monotonic() + 300
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (log.exists() and "INFO epoch 1/1000" in log.read_text()):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130, told
    assert "Traceback" not in told
    last = told.splitlines()[-1]
    assert "interrupted" in last
    assert str(output) in last
    epochs = len(history(output))
    assert epochs >= 1
    assert whole(output, epochs)
    assert record(output)["status"] == "interrupted"


@pytest.mark.slow
def test_other_kinds_of_run(tiny_set: TinySet, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real network with a dense head on quantitative targets, from random windows, saved as .h5."""
    leave_xla_out(monkeypatch)
    config = tiny_set.config(
        output, quant=True, output_activation="linear", target_scale_factor=10.0, dense=True, model_format="h5",
        rand_ratio=1.0, shuffle_cell_type=False,
    )  # fmt: skip
    result = train(config)
    assert all(math.isfinite(value) for row in result.history for value in row.values())
    assert result.best_epoch == 1
    keras.models.load_model(result.best_model, compile=False)


# Inputs that no window asks for.


def test_data_that_the_index_does_not_lead_to_fail_the_run_though_no_window_reads_their_block(
    damaged: TinySet, output: Path, quick_network: None
) -> None:
    path = damaged.file("CellA", "signal.bw")
    whole, blocks = maxatac.Track(path), []
    for chrom, size in whole.chrom_sizes.items():
        items = list(zip(*(column.tolist() for column in whole.intervals(chrom, 0, size)), strict=True))
        blocks += [[(chrom, BedGraph(items[first : first + 40]))] for first in range(0, len(items), 40)]
    # On the blacklist, so that no region touches it; the index then says less than it holds.
    blocks = [block for block in blocks if block[0][0] != "chr1" or not overlaps(block[0][1].items, 90_000, 100_000)]
    blocks.append([("chr1", BedGraph([(95_000, 95_010, 0.5), (95_500, 95_510, 0.5)]))])
    blocks.sort(key=lambda block: (block[0][0], block[0][1].items[0]))
    write_bigwig(path, whole.chrom_sizes, blocks)
    shorten_region(path, 95_000, 95_510, 95_010)
    with pytest.raises(TrackError, match="chr1:95000-95010, but it holds data of chr1:95000-95510") as caught:
        train(damaged.config(output))
    assert str(caught.value).startswith(f"{path}: ")
    assert maxatac.Track(path).values("chr1", 95_500, 95_501).tolist() != [0.5]


def overlaps(items: Sequence[tuple[int, int, float]], start: int, end: int) -> bool:
    return items[0][0] < end and items[-1][1] > start


def shorten_region(path: Path, start: int, end: int, new_end: int) -> None:
    """Change the end of a block's region in the index of a bigWig file of chr1."""
    content = path.read_bytes()
    region = struct.pack("<4I", 0, start, 0, end)
    assert content.count(region) == 1
    path.write_bytes(content.replace(region, struct.pack("<4I", 0, start, 0, new_end)))

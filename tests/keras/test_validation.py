"""The two validation sets: which windows they hold, what is read, and what is reported of a model."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import py2bit
import pyBigWig
import pytest
import tiny
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from starting import Start
from tiny import TinySet

from maxatac import Genome, Track, WindowReader
from maxatac.cli.main import main
from maxatac.data.genome_like import GenomeBatches, draw_genome_windows
from maxatac.errors import TrackError
from maxatac.evaluation.tally import CELL_COLUMNS, SET_METRICS
from maxatac.genome.blacklist import Blacklist

# Keras 3 reads its variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning",
    "ignore:You are saving your model as an HDF5 file:UserWarning",
)

SIZES = {"a": 50_000, "b": 101_375, "c": 1_023, "d": 1_024}
BLACK = Blacklist({"a": ([10_000], [20_000]), "d": ([5], [6])})


def drawn(number: int | None, seed: int = 7, chroms: str = "abcd", cells: int = 3) -> list[tuple[int, str, int]]:
    windows = draw_genome_windows(SIZES, list(chroms), cells, BLACK, number=number, seed=seed)
    assert windows.chroms == tuple(chroms)
    names = [windows.chroms[code] for code in windows.chrom.tolist()]
    return list(zip(windows.cell.tolist(), names, windows.start.tolist(), strict=True))


def possible(chroms: str = "abcd", cells: int = 3) -> list[tuple[int, str, int]]:
    """Every window side by side, with plain loops."""
    found = []
    for cell in range(cells):
        for chrom in chroms:
            for start in range(0, SIZES[chrom] - 1023, 1024):
                black = {"a": (10_000, 20_000), "d": (5, 6)}.get(chrom, (0, 0))
                if not (start < black[1] and start + 1024 > black[0]):
                    found.append((cell, chrom, start))
    return found


# Which windows.


@pytest.mark.parametrize("number", [None, 10_000])
def test_all_windows_tile_the_chromosomes(number: int | None) -> None:
    assert drawn(number) == possible()
    assert {chrom for _, chrom, _ in drawn(number)} == {"a", "b"}


@pytest.mark.parametrize("number", [0, 1, 50, 131])
def test_drawn_windows_are_shared_out(number: int) -> None:
    windows = drawn(number)
    everything = possible()
    assert len(windows) == number
    assert len(set(windows)) == number
    assert set(windows) <= set(everything)
    assert windows == sorted(windows)
    for cell in range(3):
        for chrom in "ab":
            share = sum(window[:2] == (cell, chrom) for window in everything) / len(everything)
            assert abs(sum(window[:2] == (cell, chrom) for window in windows) - number * share) < 1


def test_seed_decides() -> None:
    assert drawn(50) == drawn(50)
    assert drawn(50, seed=8) != drawn(50)
    # Of cell types it is not the same windows that are taken.
    taken = [{start for cell, chrom, start in drawn(130) if (cell, chrom) == (mine, "b")} for mine in range(3)]
    assert taken[0] != taken[1] != taken[2]


def test_windows_lie_all_over_a_chromosome() -> None:
    sizes = {"a": 1024 * 10_000}
    start = draw_genome_windows(sizes, ["a"], 1, Blacklist.empty(), number=1_000, seed=1).start
    counts = np.histogram(start, bins=10, range=(0, sizes["a"]))[0]
    assert counts.min() > 60
    assert counts.max() < 140


def test_draws_are_the_same_for_ever() -> None:
    """A resumed or repeated run must validate on the same windows, whatever its numpy."""
    windows = draw_genome_windows(SIZES, ["b"], 1, Blacklist.empty(), number=5, seed=1)
    assert (windows.start // 1024).tolist() == [2, 19, 20, 21, 41]


@pytest.mark.parametrize("chroms", ["", "c", "cd"])
def test_nothing_to_draw_from(chroms: str) -> None:
    assert drawn(None, chroms=chroms) == drawn(10, chroms=chroms) == []


# What is read.


def genome_batches(tiny_set: TinySet, number: int | None = 37, **changes: Any) -> GenomeBatches:
    windows = draw_genome_windows(tiny.SIZES, ["chr3", "chr2"], 2, Blacklist.empty(), number=number, seed=3)
    tracks = {
        name: [Track(tiny_set.file(cell, f"{name}.bw")) for cell in tiny.CELLS[:2]] for name in ("signal", "binding")
    }
    reader = WindowReader(Genome(tiny_set.sequence), **tracks, threads=changes.pop("threads", 1))
    return GenomeBatches(windows, reader, **{"batch_size": 8, **changes})


def by_reference_readers(tiny_set: TinySet, batches: GenomeBatches, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of a window, and the sum of its binding over each bin."""
    windows = batches.windows
    cell, chrom = tiny.CELLS[windows.cell[row]], windows.chroms[windows.chrom[row]]
    start = int(windows.start[row])
    bases = py2bit.open(str(tiny_set.sequence)).sequence(chrom, start, start + 1024).upper()
    values = []
    for name in ("signal", "binding"):
        with pyBigWig.open(str(tiny_set.file(cell, f"{name}.bw"))) as track:
            values.append(np.nan_to_num(np.array(track.values(chrom, start, start + 1024), np.float64)))
    inputs = np.column_stack([[base == letter for base in bases] for letter in "ACGT"] + [values[0]])
    return inputs, values[1].reshape(32, 32).sum(axis=1)


@pytest.mark.parametrize("scale", [None, 10.0])
def test_batches_are_what_the_files_say(scale: float | None, tiny_set: TinySet) -> None:
    batches = genome_batches(tiny_set, scale=scale)
    assert len(batches) == 5
    for row in range(37):
        inputs, targets = batches[row // 8]
        assert (inputs.shape, inputs.dtype) == ((8, 1024, 5), np.float32)
        assert (targets.shape, targets.dtype) == ((8, 32), np.float32)
        expected, sums = by_reference_readers(tiny_set, batches, row)
        np.testing.assert_allclose(inputs[row % 8], expected, atol=1e-7)
        np.testing.assert_allclose(targets[row % 8], sums > 16 if scale is None else sums / 32 * scale, rtol=1e-6)
    # The last batch has five windows; nobody knows what binds in the others.
    assert len(batches.cells(4)) == 5
    assert (batches[4][1][5:] == -1).all()
    assert (batches[4][1][:5] >= 0).all()
    assert np.array_equal(np.concatenate([batches.cells(index) for index in range(5)]), batches.windows.cell)


def test_number_of_threads_makes_no_difference(tiny_set: TinySet) -> None:
    one, four = genome_batches(tiny_set, batch_size=200, number=None), genome_batches(
        tiny_set, batch_size=200, number=None, threads=4
    )  # fmt: skip
    assert len(one) == 2
    for index in range(2):
        for mine, theirs in zip(one[index], four[index], strict=True):
            assert np.array_equal(mine, theirs)
    bound = sum(int((one[index][1] > 0.5).sum()) for index in range(2))
    assert one.count_bound(0.5) == bound > 100


def test_tracks_are_decoded_once(tiny_set: TinySet) -> None:
    batches = genome_batches(tiny_set, batch_size=100, number=None)
    assert batches.count_bound(0.5) > 0
    inflated = []
    for _ in range(2):
        for index in range(len(batches)):
            assert len(batches[index][0]) == 100
        inflated.append(batches.reader.memory.usage["inflated"])
    assert inflated[0] == inflated[1] > 0


def test_chromosome_without_binding_is_not_bound(damaged: TinySet) -> None:
    tiny.write_bigwig(damaged.file("CellA", "binding.bw"), [("chr1", 10, 90, 1.0)], {"chr1": tiny.SIZES["chr1"]})
    batches = genome_batches(damaged, number=None, batch_size=400)
    _, targets = batches[0]
    cells = batches.cells(0)
    assert not targets[: len(cells)][cells == 0].any()
    assert targets[: len(cells)][cells == 1].any()


# What is reported.


def dice(y: np.ndarray, p: np.ndarray) -> float:
    return float((2 * (y * p).sum() + 10) / (y.sum() + p.sum() + 10))


def expected_scores(targets: np.ndarray, predictions: np.ndarray, threshold: float | None) -> dict[str, float]:
    """Metrics by scikit-learn, of everything together."""
    labels = targets.ravel() > (threshold or 0.5)
    p = predictions.ravel().astype(np.float64)
    precision, recall, _ = precision_recall_curve(labels, p)
    values = (
        dice(labels, p if threshold is None else p > threshold),
        average_precision_score(labels, p),
        roc_auc_score(labels, p),
        precision[np.flatnonzero(recall >= 0.05)[-1]],
    )
    return dict(zip(SET_METRICS, values, strict=True))


class Count(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self.batches.append(batch)


@pytest.mark.parametrize("quantitative", [False, True])
def test_scores_of_a_model(
    quantitative: bool, tiny_set: TinySet, output: Path, start: Start, quick_network: None
) -> None:
    """Loss and Dice are those of ``evaluate``, the rest is scikit-learn's, and nothing is computed twice."""
    words = ("--quant",) if quantitative else ()
    started = start(
        tiny_set.arguments(output, *words, rand_ratio=0.25, batches=4, val_batch_size=20, genome_validation=70)
    )
    trainer, threshold = started.trainer, 0.5 if quantitative else None
    trainer.model.fit(trainer.data.training, shuffle=False, verbose=0)
    callback = Count()
    found = trainer.validator.run(callback)
    assert callback.batches == [0, 1, 2, 3] * 2
    assert started.genome_like is not None
    assert len(started.genome_like) == 4

    by_keras = trainer.model.evaluate(trainer.data.validation, verbose=0, return_dict=True)
    for name in ("dice_coef", "loss"):
        assert found.row[f"val_{name}"] == pytest.approx(by_keras[name], rel=1e-6)

    for prefix, name, data in (("val_", "ROI", trainer.data.validation), ("genome_", "genome", started.genome_like)):
        batches = [data[index] for index in range(4)]
        targets = np.concatenate([batch[1] for batch in batches])
        predictions = np.concatenate([trainer.model.predict_on_batch(batch[0]) for batch in batches])
        known = targets[:, 0] >= 0
        assert known.sum() == {"ROI": 80, "genome": 70}[name]
        targets, predictions = targets[known], predictions[known]
        expected = expected_scores(targets, predictions, threshold)
        assert {metric: found.row[f"{prefix}{metric}"] for metric in SET_METRICS} == pytest.approx(expected, abs=1e-4)
        if name == "ROI":
            tracks = np.concatenate([data.sampler.plan(0, index)["track"] for index in range(4)])
        else:
            tracks = data.windows.cell
            y = targets.astype(np.float64)
            p = np.clip(predictions.astype(np.float64), 1e-7, 1 - 1e-7)
            losses = (y - predictions) ** 2 if quantitative else -(y * np.log(p) + (1 - y) * np.log(1 - p))
            assert found.row["genome_loss"] == pytest.approx(losses.mean(), rel=1e-5)
        rows = [row for row in found.cells if row["set"] == name]
        assert [row["cell_type"] for row in rows] == ["CellA", "CellB"]
        for cell, row in enumerate(rows):
            mine = tracks == cell
            assert row["bins"] == 32 * mine.sum()
            assert row["bound_bins"] == (targets[mine] > (threshold or 0.5)).sum() > 0
            expected = expected_scores(targets[mine], predictions[mine], threshold)
            assert {metric: row[metric] for metric in SET_METRICS} == pytest.approx(expected, abs=1e-4)
        assert sum(row["loss"] * row["bins"] for row in rows) / (32 * known.sum()) == pytest.approx(
            found.row[f"{prefix}loss"], rel=1e-5
        )
        assert found.seconds[name] > 0
    assert found.ranking is not None
    assert found.ranking.bins == 32 * 70


def test_genome_like_set_is_the_same_in_every_epoch_and_bound_as_the_genome_is(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None
) -> None:
    started = start(tiny_set.arguments(output, genome_validation="all"))
    trainer, genome_like = started.trainer, started.genome_like
    assert genome_like is not None
    before = [genome_like[index] for index in range(3)]
    trainer.data.set_epoch(5)
    for index, batch in enumerate(before):
        assert all(np.array_equal(mine, theirs) for mine, theirs in zip(batch, genome_like[index], strict=True))
    rows = {row["set"]: row for row in trainer.validator.run(Count()).cells if row["cell_type"] == "CellA"}
    with pyBigWig.open(str(tiny_set.file("CellA", "binding.bw"))) as track:
        values = np.nan_to_num(np.array(track.values("chr3", 0, 79_872), np.float64))
    assert rows["genome"]["bound_bins"] / rows["genome"]["bins"] == (values.reshape(-1, 32).sum(axis=1) > 16).mean()


# In a run.


def table(output: Path, ending: str) -> list[dict[str, str]]:
    with (output / f"maxatac_model{ending}").open(newline="") as file:
        return list(csv.DictReader(file))


def test_columns(tiny_set: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tiny_set.arguments(output, epochs=2)) == 0
    rows = table(output, ".csv")
    means = ("dice_coef", "loss")
    assert list(rows[0]) == [
        "epoch", "dice_coef", "loss", "val_dice_coef", "val_loss", *(f"val_{name}" for name in SET_METRICS),
        *(f"genome_{name}" for name in (*means, *SET_METRICS)),
    ]  # fmt: skip
    cells = table(output, "_cells.csv")
    assert tuple(cells[0]) == CELL_COLUMNS
    assert [(row["epoch"], row["set"], row["cell_type"]) for row in cells] == [
        (str(epoch), name, cell) for epoch in (1, 2) for name in ("ROI", "genome") for cell in ("CellA", "CellB")
    ]
    # As many windows as around peaks: two batches of eight.
    assert sum(int(row["bins"]) for row in cells if row["epoch"] == "1" and row["set"] == "genome") == 32 * 16
    assert all(0 < float(row["genome_share"]) < 1 for row in table(output, "_timing.csv"))
    told = capsys.readouterr().err
    assert "genome-like validation: 16 of the 156 windows of chr3 in 2 cell types" in told
    line = next(line for line in told.splitlines() if " INFO epoch 1/2" in line)
    assert "% genome-like validation" in line
    values = [float(rows[0][f"{name}_average_precision"]) for name in ("val", "genome")]
    assert line.endswith(f"; average precision {values[0]:.4f} around peaks, {values[1]:.4f} genome-like")


def test_without_a_genome_like_set(tiny_set: TinySet, output: Path, quick_network: None) -> None:
    assert main(tiny_set.arguments(output, genome_validation=0)) == 0
    assert not any(name.startswith("genome") for name in table(output, ".csv")[0])
    assert {row["set"] for row in table(output, "_cells.csv")} == {"ROI"}
    assert table(output, "_timing.csv")[0]["genome_share"] == "0.0"


def test_validation_chromosome_that_is_all_blacklisted_has_no_genome_like_set(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    # One region is clear of the blacklist, but no window of the tiles is.
    black = tmp_path / "black.bed"
    black.write_text("chr3\t0\t5632\nchr3\t6656\t80000\n")
    regions = tmp_path / "regions.bed"
    regions.write_text("chr3\t5632\t6656\n")
    words = tiny_set.arguments(output, blacklist=black, validate_roi=regions, jitter=0)
    assert start(words).genome_like is None
    assert "no genome-like validation: no window" in capsys.readouterr().err
    assert main([*words, "--select", "average_precision"]) == 2
    assert "none of the bins in 0 genome-like windows" in capsys.readouterr().err


def test_selecting_by_what_no_window_can_tell_is_refused(
    damaged: TinySet, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for cell in tiny.CELLS[:2]:
        tiny.write_bigwig(damaged.file(cell, "binding.bw"), [("chr1", 10_000, 12_000, 1.0), ("chr3", 10, 20, 1.0)])
    assert main(damaged.arguments(output, select="average_precision")) == 2
    told = capsys.readouterr().err
    assert (
        "--select: found average_precision, but none of the bins in 16 genome-like windows of chr3 in 2 cell types"
        in told
    )
    assert not output.exists()


def test_error_of_a_file_is_told(
    damaged: TinySet, output: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def unreadable(*_: Any) -> None:
        raise TrackError("CellA_signal.bw: block at 1,024 is damaged")

    monkeypatch.setattr(GenomeBatches, "__getitem__", unreadable)
    assert main(damaged.arguments(output)) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "maxatac: error: CellA_signal.bw: block at 1,024 is damaged"

"""Scores of a real network on real data, against scikit-learn and plain numpy.

The published CTCF network knows nothing of yeast: most of its predictions are below 0.01, at a prevalence of about
0.01, where bins of equal width between 0 and 1 see little.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyBigWig
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from maxatac import TrainConfig, WindowReader
from maxatac.evaluation.benchmarking import benchmark
from maxatac.evaluation.ranking import METRICS
from maxatac.evaluation.settings import BenchmarkConfig, ThresholdConfig
from maxatac.evaluation.threshold import threshold
from maxatac.model.architectures import build
from maxatac.model.ensemble import Network
from maxatac.model.evaluator import BatchEvaluator
from maxatac.model.losses import binary_cross_entropy
from maxatac.model.metrics import dice_coef
from maxatac.model.weights import load_weights
from maxatac.runs.folder import RunFolder
from maxatac.training.held_out import run_test
from maxatac.training.inputs import Inputs, open_inputs
from maxatac.training.samplers import genome_batches
from maxatac.training.validation import ValidationSet, Validator

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

PUBLISHED = "maxatac_data/models/CTCF/CTCF_binary_revcomp99_fullModel_RR0_95.h5"
CELLS = ["SRR1822137_part1of2", "SRR1822137_part2of2"]


def by_scikit_learn(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    precision, recall, _ = precision_recall_curve(labels, scores)
    early = precision[np.flatnonzero(recall >= 0.05)[-1]]
    return [average_precision_score(labels, scores), roc_auc_score(labels, scores), early]


@pytest.fixture(scope="module")
def model(test_data: Path) -> keras.Model:
    network = build("DCNN_V2")
    load_weights(network, test_data / PUBLISHED)
    return network


@pytest.fixture
def run(yeast: Path, tmp_path: Path) -> tuple[TrainConfig, RunFolder, Inputs]:
    config = TrainConfig(
        sequence=yeast / "sacCer3.2bit", meta_file=yeast / "meta_Abf1.tsv", blacklist=yeast / "sacCer3_blacklist.bed",
        tchroms=["chrII"], vchroms=["chrI", "chrVI"], test_chroms=["chrIII"], output=tmp_path, genome_validation=400,
        batches=2, batch_size=8, val_batch_size=128,
    )  # fmt: skip
    folder = RunFolder(config.output, config.prefix)
    return config, folder, open_inputs(config, folder)


class Quiet(keras.callbacks.Callback):
    pass


def test_validation_equals_scikit_learn(run: Any, model: keras.Model) -> None:
    config, _, inputs = run
    reader = WindowReader(inputs.genome, inputs.signal, inputs.binding, threads=2)
    batches = genome_batches(config, inputs, 1, reader)
    assert batches is not None
    evaluator = BatchEvaluator(Network(model), binary_cross_entropy, dice_coef)
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def remembering(windows: np.ndarray, targets: np.ndarray) -> Any:
        found = evaluator(windows, targets)
        seen.append((targets, found.predictions))
        return found

    cells = [batches.cells(index) for index in range(len(batches))]
    sets = [ValidationSet("genome", "genome_", batches, cells)]
    found = Validator(remembering, sets, CELLS).run(Quiet())  # type: ignore[arg-type]
    targets, predictions = (np.concatenate(parts)[:400] for parts in zip(*seen, strict=True))
    assert np.median(predictions) < 0.01
    assert 0.003 < targets.mean() < 0.03
    expected = by_scikit_learn(targets.ravel() > 0.5, predictions.ravel())
    assert [found.row[f"genome_{name}"] for name in METRICS] == pytest.approx(expected, abs=1e-4)
    for place, row in enumerate(found.cells):
        mine = np.concatenate(cells) == place
        expected = by_scikit_learn(targets[mine].ravel() > 0.5, predictions[mine].ravel())
        assert [row[name] for name in METRICS] == pytest.approx(expected, abs=1e-4)


def test_independent_test_equals_plain_numpy(run: Any, model: keras.Model, yeast: Path) -> None:
    config, folder, inputs = run
    model.save(folder.named("_best.keras"))
    run_test(config, folder, inputs, 1)
    found = json.loads(folder.test_scores.read_text())
    assert [cell["cell_type"] for cell in found["cell_types"]] == [sample.cell_line for sample in inputs.training]
    with pyBigWig.open(str(yeast / "Abf1_binding.bw")) as track:
        binding = np.nan_to_num(np.array(track.values("chrIII", 0, track.chroms("chrIII"))))
    for cell in found["cell_types"]:
        with pyBigWig.open(str(folder.folder / cell["track"])) as track:
            predicted = np.array(track.values("chrIII", 0, track.chroms("chrIII")))
        for resolution in cell["resolutions"]:
            size = resolution["bin_size"]
            shape = (len(predicted) // size, size)
            bases = slice(0, shape[0] * size)
            highest, bound = predicted[bases].reshape(shape).max(axis=1), binding[bases].reshape(shape)
            labels = bound.sum(axis=1) > 16 if size == 32 else bound.max(axis=1) > 0
            scored = ~np.isnan(highest)
            by_name = {entry["name"]: entry for entry in resolution["predictors"]}
            # Both halves of the sample have the same binding file.
            assert "has the same content" in by_name["mean binding of other cell types"]["note"]
            values = [by_name["model"][name]["value"] for name in METRICS]
            assert values == pytest.approx(by_scikit_learn(labels[scored], highest[scored]), abs=1e-6)
            assert by_name["prevalence"]["average_precision"]["value"] == pytest.approx(labels[scored].mean())
            for entry in (by_name["model"], by_name["ATAC-seq signal"]):
                score = entry["average_precision"]
                assert score["low"] < score["value"] < score["high"]
        assert cell["resolutions"][0]["blocks"] >= 30
    check_tables(folder, found["cell_types"], yeast)
    check_benchmarks(folder, found, yeast)


def check_benchmarks(folder: RunFolder, test: dict[str, Any], yeast: Path) -> None:
    """``benchmark`` of the tracks of a test gives its scores and intervals to the last digit."""
    for cell in test["cell_types"]:
        result = benchmark(
            BenchmarkConfig(
                prediction=folder.folder / cell["track"], gold_standard=yeast / "Abf1_binding.bw", seed=1, plot=False,
                signal=yeast / f"{cell['cell_type']}_RP20M_minmax_percentile99.bw", prefix=cell["cell_type"],
                blacklist=yeast / "sacCer3_blacklist.bed", output=folder.folder / "benchmarks",
            )
        )  # fmt: skip
        for mine, theirs in zip(json.loads(result.scores.read_text())["resolutions"], cell["resolutions"], strict=True):
            # Without other cell types to compare with there is no such baseline.
            scored = [entry for entry in theirs["predictors"] if "note" not in entry]
            assert mine == theirs | {"predictors": scored}


def check_tables(folder: RunFolder, tested: list[dict[str, Any]], yeast: Path) -> None:
    """The tables that ``threshold`` makes of the tracks of a test are of the same bins, and equal scikit-learn's."""
    binding = yeast / "Abf1_binding.bw"
    pairs = {
        "prediction": [folder.folder / cell["track"] for cell in tested],
        "binding": [binding] * len(tested),
        "output": folder.folder / "thresholds",
    }
    for place, width in enumerate((32, 200)):
        result = threshold(ThresholdConfig(prefix=f"at_{width}", bin_size=width, plot=False, **pairs))
        record = json.loads(result.record.read_text())
        assert record["chroms"] == ["chrIII"]
        table = np.loadtxt(result.table, skiprows=1, delimiter="\t")
        expected = []
        for cell, entry in zip(tested, record["cell_types"], strict=True):
            resolution = cell["resolutions"][place]
            assert (entry["bins"], entry["bound_bins"]) == (resolution["bins"], resolution["bound_bins"])
            assert entry["average_precision"] == resolution["predictors"][0]["average_precision"]["value"]
            expected.append(by_threshold(*scored_bins(folder.folder / cell["track"], binding, width)))
        np.testing.assert_allclose(table[:, [2, 4]], np.mean(expected, axis=0), rtol=1e-8, atol=1e-10)


def scored_bins(prediction: Path, binding: Path, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores of the bins of chrIII."""
    values = []
    for path in (prediction, binding):
        with pyBigWig.open(str(path)) as track:
            size = track.chroms("chrIII") // width * width
            values.append(np.array(track.values("chrIII", 0, size)).reshape(-1, width))
    scores, bound = values[0].max(axis=1), np.nan_to_num(values[1])
    labels = bound.sum(axis=1) > 16 if width == 32 else bound.max(axis=1) > 0
    return labels[~np.isnan(scores)], scores[~np.isnan(scores)]


def by_threshold(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Recall and F1 at the 1,001 thresholds, from scikit-learn's curve."""
    precision, recall, reached = precision_recall_curve(labels, scores, drop_intermediate=False)
    # The first distinct score at or above each threshold; behind the highest, nothing is called.
    place = np.searchsorted(reached, (np.arange(1_001) / 1_000).astype(np.float32).astype(np.float64))
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    return np.stack([recall[place], f1[place]], axis=1)


def test_table_of_thresholds_has_the_published_columns(test_data: Path) -> None:
    from maxatac.evaluation.thresholds import COLUMNS, STEPS

    (published,) = (test_data / PUBLISHED).parent.glob("*.tsv")
    header, *rows = published.read_text().splitlines()
    assert tuple(header.split("\t")) == COLUMNS
    thresholds = [float(row.split("\t")[0]) for row in rows]
    np.testing.assert_allclose(thresholds, np.arange(STEPS + 1) / STEPS, atol=1e-9)

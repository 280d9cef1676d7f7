"""The independent test, recomputed from what it leaves behind."""

from __future__ import annotations

import csv
import dataclasses
import errno
import hashlib
import io
import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyBigWig
import pytest
import tiny
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from starting import Start
from tiny import SPLIT, TinySet

from maxatac import Genome, Track, WindowReader
from maxatac.cli.main import main
from maxatac.data.samples import Place, Sample
from maxatac.errors import InputError
from maxatac.evaluation.baselines import other_binding
from maxatac.evaluation.benchmark import COLUMNS
from maxatac.files.atomic import temporary_name
from maxatac.files.bigwig import write_track
from maxatac.genome.blacklist import Blacklist
from maxatac.prediction.windows import window_starts
from maxatac.reporting.workflow import write_report
from maxatac.runs.folder import RunFolder
from maxatac.system.progress import counting
from maxatac.training import held_out
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.held_out import no_window
from maxatac.training.inputs import open_inputs
from maxatac.training.result import TrainResult
from maxatac.training.validation import describe_scores
from maxatac.training.workflow import train

# Keras 3 reads its variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

# The chromosome with the blacklisted stretch is the one that is tested.
METRICS = ("average_precision", "auroc", "precision_at_5_percent_recall")


@dataclasses.dataclass(frozen=True)
class Finished:
    """A run with its test."""

    data: TinySet
    output: Path
    result: TrainResult

    @property
    def scores(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "maxatac_model_test.json").read_text())
        return found

    def rows(self) -> dict[tuple[str, int, str, str], dict[str, str]]:
        with (self.output / "maxatac_model_test.tsv").open(newline="") as file:
            return {
                (row["cell_type"], int(row["bin_size"]), row["predictor"], row["metric"]): row
                for row in csv.DictReader(file, delimiter="\t")
            }


def per_base(path: Path, chrom: str) -> np.ndarray:
    """A track's values, NaN where there is none."""
    with pyBigWig.open(str(path)) as track:
        return np.array(track.values(chrom, 0, tiny.SIZES[chrom]), np.float32)


def by_scikit_learn(labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    precision, recall, _ = precision_recall_curve(labels, scores)
    early = precision[np.flatnonzero(recall >= 0.05)[-1]]
    return dict(
        zip(METRICS, (average_precision_score(labels, scores), roc_auc_score(labels, scores), early), strict=True)
    )


@pytest.fixture
def tested(tiny_set: TinySet, output: Path, quick_network: None) -> Finished:
    return Finished(tiny_set, output, train(tiny_set.config(output, epochs=2, **SPLIT)))


def recomputed(tested: Finished, cell: str, others: tuple[str, ...], bin_size: int, track: Path) -> dict[str, Any]:
    """Scores from the prediction track and the inputs, in plain numpy, base by base."""
    signal, binding = (per_base(tested.data.file(cell, f"{name}.bw"), "chr1") for name in ("signal", "binding"))
    predicted = per_base(track, "chr1")
    mean_binding = np.mean(
        [np.nan_to_num(per_base(tested.data.file(other, "binding.bw"), "chr1")) for other in others], 0
    )

    def bins(values: np.ndarray, size: int) -> np.ndarray:
        return values[: len(values) // size * size].reshape(-1, size)

    def of_bins(values: np.ndarray) -> np.ndarray:
        """Every base gets the mean of its 32-bp bin; at 200 bp the largest counts."""
        means = np.repeat(bins(values, 32).mean(axis=1, dtype=np.float64), 32)
        return bins(means, bin_size).max(axis=1)

    covered = ~np.isnan(bins(predicted, bin_size)).any(axis=1)
    bound = (
        bins(np.nan_to_num(binding), 32).sum(axis=1) > 16 if bin_size == 32 else (bins(binding, 200) > 0).any(axis=1)
    )
    scores = {
        "model": bins(predicted, bin_size).max(axis=1),
        "ATAC-seq signal": of_bins(np.nan_to_num(signal)),
        "mean binding of other cell types": of_bins(mean_binding),
        "prevalence": np.zeros(len(bound)),
    }
    return {
        "bins": covered.sum(),
        "bound_bins": bound[covered].sum(),
        **{
            name: by_scikit_learn(bound[covered], values[covered].astype(np.float32)) for name, values in scores.items()
        },
    }


@pytest.mark.parametrize("bin_size", [32, 200])
def test_scores_are_those_of_the_track(bin_size: int, tested: Finished) -> None:
    track = tested.output / "maxatac_model.bw"
    expected = recomputed(tested, "CellC", ("CellA", "CellB"), bin_size, track)
    rows = tested.rows()
    assert expected["bound_bins"] > 30
    (found,) = (
        resolution for resolution in tested.scores["cell_types"][0]["resolutions"] if resolution["bin_size"] == bin_size
    )
    assert (found["bins"], found["bound_bins"]) == (expected["bins"], expected["bound_bins"])
    by_name = {entry["name"]: entry for entry in found["predictors"]}
    assert list(by_name) == ["model", "ATAC-seq signal", "mean binding of other cell types", "prevalence"]
    for name, entry in by_name.items():
        for metric in METRICS:
            row = rows["CellC", bin_size, name, metric]
            assert entry[metric]["value"] == pytest.approx(expected[name][metric], abs=1e-6)
            assert float(row["value"]) == pytest.approx(expected[name][metric], abs=1e-4)
            assert entry[metric]["low"] <= entry[metric]["high"]
            assert (row["label"], row["chroms"], int(row["bins"])) == ("Test", "chr1", expected["bins"])
            if name != "model":
                more = expected["model"][metric] - expected[name][metric]
                assert entry[metric]["model_minus"] == pytest.approx(more, abs=1e-6)
                assert float(row["model_minus"]) == pytest.approx(more, abs=1e-4)
            else:
                assert row["model_minus"] == ""
    assert by_name["prevalence"]["average_precision"]["value"] == pytest.approx(
        expected["bound_bins"] / expected["bins"]
    )
    # The ATAC-seq signal tells something about this set: an interval that holds its value, and not that of a guess.
    signal = by_name["ATAC-seq signal"]["auroc"]
    assert 0.5 < signal["low"] < signal["value"] < signal["high"] < 1


@pytest.mark.parametrize("both_strands", [False, True])
def test_track_holds_the_selected_models_predictions(
    both_strands: bool, tiny_set: TinySet, output: Path, quick_network: None
) -> None:
    result = train(tiny_set.config(output, epochs=2, test_rev_comp=both_strands, **SPLIT))
    model = keras.models.load_model(result.best_model, compile=False)
    reader = WindowReader(Genome(tiny_set.sequence), [Track(tiny_set.file("CellC", "signal.bw"))])
    total, count = np.zeros(5_000), np.zeros(5_000)
    starts = np.array([*range(0, 160_000 - 1023, 256), 158_976], np.int64)
    chrom, black_start, black_end = tiny.BLACK
    starts = np.unique(starts[(starts + 1024 <= black_start) | (starts >= black_end)])
    for reverse in (False, True)[: 1 + both_strands]:
        zeros = np.zeros(len(starts), np.int32)
        windows = reader.inputs(zeros, zeros + reader.chrom_numbers(["chr1"]), starts, np.full(len(starts), reverse))
        predictions = model.predict_on_batch(windows)[:, :: -1 if reverse else 1]
        for start, values in zip(starts.tolist(), predictions, strict=True):
            total[start // 32 : start // 32 + 32] += values
            count[start // 32 : start // 32 + 32] += 1
    with pyBigWig.open(str(output / "maxatac_model.bw")) as track:
        assert track.chroms() == {"chr1": 160_000}
    found = per_base(output / "maxatac_model.bw", "chr1").reshape(-1, 32)
    assert np.array_equal(np.isnan(found).all(axis=1), count == 0)
    assert np.isnan(found[black_start // 32 + 1 : black_end // 32]).all()
    covered = count > 0
    np.testing.assert_allclose(
        found[covered], np.repeat((total / np.maximum(count, 1))[covered, None], 32, 1), rtol=1e-4
    )
    assert json.loads((output / "maxatac_model_test.json").read_text())["both_strands"] == both_strands


def test_what_is_written_and_told(
    tiny_set: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(output, epochs=2, **SPLIT)) == 0
    tested = Finished(tiny_set, output, None)  # type: ignore[arg-type]
    with (output / "maxatac_model_test.tsv").open() as file:
        assert tuple(file.readline().rstrip("\n").split("\t")) == COLUMNS
    assert len(tested.rows()) == 2 * 4 * 3
    assert {row["blocks"] for row in tested.rows().values()} == {
        str(tested.scores["cell_types"][0]["resolutions"][0]["blocks"])
    }
    scores = tested.scores
    assert (scores["chroms"], scores["labels"], scores["window_step"]) == (["chr1"], "Test", 256)
    assert (scores["resamples"], scores["level"]) == (1_000, 0.95)
    (cell,) = scores["cell_types"]
    assert (cell["cell_type"], cell["label"], cell["track"]) == ("CellC", "Test", "maxatac_model.bw")
    assert (cell["mean_binding_of"], cell["same_binding_left_out"]) == (["CellA", "CellB"], [])
    # Of 160 kb there are no 30 blocks of 1 Mb.
    assert cell["resolutions"][0]["blocks"] >= 30
    assert cell["resolutions"][0]["block_size"] % 800 == 0
    lines = capsys.readouterr().err.splitlines()
    assert "INFO best epoch: " in lines[-1]
    value = cell["resolutions"][0]["predictors"][0]["average_precision"]["value"]
    assert "independent test of CellC (labelled Test) on chr1: average precision per 32-bp bin" in lines[-2]
    assert f"model {value:.4f} (" in lines[-2]
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert record["test"] == {"scores": "maxatac_model_test.json"}
    assert record["settings"]["test_chroms"] == ["chr1"]
    assert (
        record["inputs"]["CellC signal"]["sha256"]
        == hashlib.sha256(tiny_set.file("CellC", "signal.bw").read_bytes()).hexdigest()
    )
    assert not {"CellC atac_peaks", "CellC chip_peaks"} & set(record["inputs"])


def test_result_holds_the_scores(tested: Finished) -> None:
    found = tested.result.test["cell_types"][0]["resolutions"][0]["predictors"][0]["auroc"]["value"]
    assert found == tested.scores["cell_types"][0]["resolutions"][0]["predictors"][0]["auroc"]["value"]


def test_without_a_test_row_the_training_cell_types_are_tested(
    damaged: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged.write_meta([{**row, "Train_Test_Label": "Train"} for row in damaged.rows()])
    shutil.copy(damaged.file("CellA", "binding.bw"), damaged.file("CellB", "binding.bw"))
    assert main(damaged.arguments(output, **SPLIT)) == 0
    tested = Finished(damaged, output, None)  # type: ignore[arg-type]
    assert tested.scores["labels"] == "Train"
    cells = {cell["cell_type"]: cell for cell in tested.scores["cell_types"]}
    assert {name: cell["track"] for name, cell in cells.items()} == {
        name: f"maxatac_model_test.{name}.bw" for name in tiny.CELLS
    }
    # The file under another path is no other cell type.
    assert cells["CellA"]["mean_binding_of"] == cells["CellB"]["mean_binding_of"] == ["CellC"]
    assert cells["CellA"]["same_binding_left_out"] == ["CellB"]
    assert cells["CellC"]["mean_binding_of"] == ["CellA", "CellB"]
    for cell, others in (("CellA", ("CellC",)), ("CellC", ("CellA", "CellB"))):
        expected = recomputed(tested, cell, others, 32, output / f"maxatac_model_test.{cell}.bw")
        for name in ("model", "mean binding of other cell types"):
            value = tested.rows()[cell, 32, name, "average_precision"]["value"]
            assert float(value) == pytest.approx(expected[name]["average_precision"], abs=1e-4)
    told = capsys.readouterr().err
    assert "no cell type is labelled Test: the training cell types are tested" in told
    assert "independent test of CellA (labelled Train)" in told


# The baseline of other cell types.


def sample(path: Path, cell: str) -> Sample:
    return Sample(cell, "TF1", path, path, None, None, "Train", Place(path, 2))


def test_cell_types_with_the_same_binding_are_no_baseline(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.bw" for name in ("one", "copy", "as_long", "longer")}
    for (name, path), text in zip(files.items(), ("abc", "abc", "abd", "abcd"), strict=True):
        path.write_text(text)
        assert name
    (tmp_path / "link.bw").symlink_to(files["one"])
    evaluated = sample(files["one"], "E")
    training = [sample(path, name) for name, path in files.items()] + [sample(tmp_path / "link.bw", "link"), evaluated]
    found = other_binding(evaluated, training)
    assert [other.cell_line for other in found.samples] == ["as_long", "longer"]
    assert found.left_out == ("one", "copy", "link")
    assert found.reason == ""
    none = other_binding(evaluated, [training[1], evaluated])
    assert none.samples == ()
    assert "binding file of copy has the same content" in none.reason
    assert "no other training cell type" in other_binding(evaluated, [evaluated]).reason


def test_baseline_that_is_not_there_is_not_available(
    damaged: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged.write_meta([damaged.rows()[0], damaged.rows()[2]])
    shutil.copy(damaged.file("CellC", "binding.bw"), damaged.file("CellA", "binding.bw"))
    assert main(damaged.arguments(output, allow_shared_files=("CellC",), **SPLIT)) == 0
    rows = Finished(damaged, output, None).rows()  # type: ignore[arg-type]
    row = rows["CellC", 32, "mean binding of other cell types", "auroc"]
    assert (row["value"], row["low"], row["high"]) == ("n/a", "n/a", "n/a")
    assert row["note"] == "the binding file of CellA has the same content, and there is no other"
    assert "mean binding of other cell types n/a (the binding file of CellA" in capsys.readouterr().err


# When there is no test.


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "no chromosome is left that neither trains nor validates; name some with --test_chroms"),
        ({**SPLIT, "test": False}, "--no-test"),
    ],
)
def test_no_test(
    changes: dict[str, Any], reason: str, tiny_set: TinySet, output: Path, scores: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(tiny_set.arguments(output, **changes)) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2].endswith(f"INFO no independent test: {reason}")
    assert not [path for path in output.iterdir() if "_test" in path.name or path.suffix == ".bw"]
    assert json.loads((output / "maxatac_model_run.json").read_text())["test"] == {"skipped": reason}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("chr1",), ["--test_chroms: chr1 is also used for training"]),
        (("chr1", "chr2", "chr3"), ["chr1 chr2 are also used for training", "chr3 is also used for validation"]),
        (("chr9",), ["--test_chroms: the genome has no chr9"]),
    ],
)
def test_chromosomes_that_cannot_test(
    typed: tuple[str, ...], words: list[str], tiny_set: TinySet, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for test in (True, False):
        assert main(tiny_set.arguments(output, test_chroms=typed, test=test)) == 2
        told = capsys.readouterr().err
        assert all(word in told for word in words)
        assert not output.exists()


def test_no_window_is_no_test(damaged: TinySet, output: Path, quick_network: None) -> None:
    """A test chromosome that is blacklisted: nothing to predict, nothing to score, and no failure."""
    damaged.blacklist.write_text("chr1\t0\t160000\n")
    result = train(damaged.config(output, **SPLIT))
    reason = result.test["skipped"]
    assert "chr1" in reason
    assert "blacklist" in reason
    assert json.loads((output / "maxatac_model_run.json").read_text())["test"] == {"skipped": reason}
    told = [line for line in (output / "maxatac_model.log").read_text().splitlines() if reason in line]
    # Before training, too: who meant to have a test can still stop.
    assert [" WARNING " in line for line in told] == [True, False]
    assert not [*output.glob("*_test.*"), *output.glob("*.bw")]


@pytest.mark.parametrize(
    ("sizes", "black", "word"),
    [
        ({"a": 1_024, "b": 500}, None, ""),
        ({"a": 1_023, "b": 500}, None, "1,024 bp"),
        ({"a": 1_024, "b": 500}, ("a", 1_000, 1_001), "blacklist"),
        ({"a": 1_056, "b": 500}, ("a", 0, 32), ""),
    ],
)
def test_why_there_is_no_window(sizes: dict[str, int], black: tuple[str, int, int] | None, word: str) -> None:
    blacklist = Blacklist({black[0]: ([black[1]], [black[2]])} if black else {})
    reason = no_window(list(sizes), sizes, blacklist)
    assert word in reason
    assert bool(reason) == bool(word)
    assert not reason or "a, b" in reason


def test_nothing_bound_is_no_score(damaged: TinySet, output: Path, quick_network: None) -> None:
    """The predictions are kept; whoever reads is told why there is no score, and of no nan."""
    tiny.write_bigwig(damaged.file("CellC", "binding.bw"), [("chr2", 10_000, 10_140, 1.0)])
    result = train(damaged.config(output, **SPLIT))
    assert (output / "maxatac_model.bw").is_file()
    for resolution in result.test["cell_types"][0]["resolutions"]:
        assert resolution["bins"] > 0 == resolution["bound_bins"]
        assert {tuple(predictor) for predictor in resolution["predictors"]} == {("name", "note")}
    rows = Finished(damaged, output, result).rows()
    assert len(rows) == 2 * 4 * 3
    assert {row["value"] for row in rows.values()} == {"n/a"}
    assert all("bound" in row["note"] for row in rows.values())
    (told,) = [line for line in (output / "maxatac_model.log").read_text().splitlines() if "independent test" in line]
    assert "no score" in told
    assert "nan" not in told
    page = write_report(RunFolder(output, "maxatac_model")).read_text()
    assert ">nan" not in page
    assert "no bin on the test chromosomes is bound" in page


def test_nothing_bound_in_validation_is_told_without_a_number() -> None:
    row = {"val_average_precision": math.nan, "genome_average_precision": 0.25}
    assert "nan" not in describe_scores(row)
    assert "0.2500" in describe_scores(row)


# What the test may touch, and what its failure may cost.


def test_test_files_never_reach_a_sampler(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import maxatac._core

    given: list[str] = []
    sampler = maxatac._core.Sampler

    def watched(reader: Any, **settings: Any) -> Any:
        given.extend(track.path for track in (*reader.signal, *reader.binding))
        assert not set(settings["chroms"]) & {"chr1"}
        return sampler(reader, **settings)

    monkeypatch.setattr("maxatac._core.Sampler", watched)
    started = start(tiny_set.arguments(output, **SPLIT))
    assert started.inputs.split.test == ("chr1",)
    assert given
    assert not [path for path in given if "CellC" in path]
    genome_like = started.genome_like
    assert genome_like is not None
    assert genome_like.windows.chroms == ("chr3",)
    assert set(genome_like.windows.cell.tolist()) == {0, 1}


def test_test_inputs_are_checked_before_training(
    damaged: TinySet, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged.file("CellC", "signal.bw")
    tiny.write_bigwig(path, [("chr1", 10, 20, 1.0)], {**tiny.SIZES, "chr1": 150_000})
    assert main(damaged.arguments(output, **SPLIT)) == 2
    assert f"{path}: chr1 has 150,000 bp, but 160,000 bp in" in capsys.readouterr().err


def test_test_track_without_data_is_warned_of(
    damaged: TinySet, output: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged.file("CellC", "binding.bw")
    # What it lacks on the other chromosomes is nobody's concern.
    tiny.write_bigwig(path, [], {"chr1": tiny.SIZES["chr1"]})
    start(damaged.arguments(output, **SPLIT))
    warnings = [line for line in capsys.readouterr().err.splitlines() if " WARNING " in line]
    assert [line.split(" WARNING ")[1] for line in warnings] == [f"{path}: no binding data on chr1: taken as 0"]


def test_test_track_that_nothing_reads(damaged: TinySet, output: Path) -> None:
    tiny.write_bigwig(damaged.file("CellC", "signal.bw"), [("chrUn", 10, 20, 1.0)], {"chrUn": 1_000})
    inputs = open_inputs(damaged.config(output, test=False), None)
    assert not inputs.split.test
    with pytest.raises(InputError, match=r"CellC_signal\.bw: has none of the chromosomes that the run uses \(chr1\)"):
        open_inputs(damaged.config(output, **SPLIT), None)


def test_prediction_that_is_no_number_ends_the_test(
    damaged: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """Such bins must not be left out of the scores without a word."""
    tiny.write_bigwig(damaged.file("CellC", "signal.bw"), [("chr1", 60_000, 60_010, np.inf)])
    assert main(damaged.arguments(output, **SPLIT)) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert f"{damaged.file('CellC', 'signal.bw')}: the ATAC signal is infinite at chr1:60,000" in told
    assert (output / "maxatac_model_best.keras").exists()
    assert not list(output.glob("*_test*"))


def test_failing_test_leaves_the_models(
    damaged: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    select = Checkpoints.select

    def then_remove(*arguments: Any) -> None:
        select(*arguments)
        damaged.file("CellC", "signal.bw").unlink(missing_ok=True)

    monkeypatch.setattr(Checkpoints, "select", then_remove)
    assert main(damaged.arguments(output, **SPLIT)) == 1
    assert "CellC_signal.bw" in capsys.readouterr().err.splitlines()[-1]
    assert (output / "maxatac_model_best.keras").exists()
    assert not list(output.glob("*_test*"))
    assert not list(output.glob(".*"))
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert (record["status"], record["epochs_finished"]) == ("failed", 1)


def test_track_that_cannot_be_written_ends_the_test(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The disk fills up while the predictions are written."""
    predict = held_out.predict_chromosomes

    def then_fill(*arguments: Any, **settings: Any) -> Any:
        (output / temporary_name("maxatac_model.bw")).symlink_to("/dev/full")
        return predict(*arguments, **settings)

    monkeypatch.setattr(held_out, "predict_chromosomes", then_fill)
    assert main(tiny_set.arguments(output, **SPLIT)) == 1
    told = capsys.readouterr().err.splitlines()
    assert f"{os.strerror(errno.ENOSPC)}: '{output / 'maxatac_model.bw'}'" in told[-1]
    assert not any("Traceback" in line for line in told)
    assert (output / "maxatac_model_best.keras").exists()
    assert not list(output.glob("*.bw"))
    assert not list(output.glob(".*"))
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert (record["status"], record["epochs_finished"]) == ("failed", 1)


def test_interrupt_of_the_test(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    predict = held_out.predict_chromosomes

    def interrupted(*arguments: Any, **settings: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return predict(*arguments, **settings)

    monkeypatch.setattr(held_out, "predict_chromosomes", interrupted)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(tiny_set.arguments(output, **SPLIT)) == 130
    finally:
        signal.signal(signal.SIGINT, handler)
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert (record["status"], record["epochs_finished"]) == ("interrupted", 1)
    assert not list(output.glob("*.bw"))


# Files and screen.


def test_track_is_written_whole(tmp_path: Path) -> None:
    values = np.array([0.1, np.nan, 0.3, 0.0], np.float32)
    path = tmp_path / "x.bw"
    write_track(path, {"b": values, "a": np.full(3, np.nan, np.float32)}, {"a": 100, "b": 140}, span=32)
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == {"a": 100, "b": 140}
        assert track.intervals("a") is None
        expected = ((0, 32, np.float32(0.1)), (64, 96, np.float32(0.3)), (96, 128, 0.0))
        assert track.intervals("b") == expected
    assert [found.name for found in tmp_path.iterdir()] == ["x.bw"]


def test_names_of_tracks() -> None:
    folder = RunFolder(Path("out"), "CTCF")
    assert folder.test_tracks(["any / name"]) == [Path("out/CTCF.bw")]
    assert [path.name for path in folder.test_tracks(["A549", "T cell", "T/cell", "GM-12.3"])] == [
        "CTCF_test.A549.bw", "CTCF_test.T_cell.bw", "CTCF_test.T_cell_2.bw", "CTCF_test.GM-12_3.bw",
    ]  # fmt: skip


def test_windows_lie_over_the_whole_chromosome() -> None:
    starts = window_starts("chr1", 160_000, 256)
    assert (starts[0], starts[-1], len(starts)) == (0, 158_976, 622)


def test_terminal_sees_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with counting("independent test", 400, "windows") as advance:
        for _ in range(4):
            advance(100)
    shown = terminal.getvalue()
    assert "independent test" in shown
    assert "windows/s" in shown
    assert shown.split("\r")[-1].strip() == ""


def test_no_terminal_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("independent test", 4, "windows") as advance:
        advance(4)
    assert capsys.readouterr() == ("", "")


def test_python_gets_the_problems(tiny_set: TinySet, output: Path) -> None:
    with pytest.raises(InputError) as caught:
        train(tiny_set.config(output, test_chroms=("chr1", "chr9")))
    assert len(caught.value.problems) == 2

"""Cross-validation: its folds are ordinary runs, and it ends the same however often it was stopped."""

from __future__ import annotations

import csv
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
from quick import make_network_quick
from results import record
from sklearn.metrics import average_precision_score
from tiny import CELLS, SIZES, TinySet, write_bigwig

from maxatac import PredictConfig, cross_validate, predict, train
from maxatac._core import Track
from maxatac.cli.main import main
from maxatac.data.bins import bin_labels
from maxatac.errors import InputError, MaxatacError, Stopped
from maxatac.evaluation.folds import COLUMNS
from maxatac.prediction.model_record import read_record
from maxatac.reporting.folds import FoldFiles, report_folds
from maxatac.simulation.config import SimulateConfig
from maxatac.simulation.workflow import simulate
from maxatac.training import cross_validation
from maxatac.training.cross_validation import CrossValidation
from maxatac.training.settings import TrainConfig
from maxatac.training.trainer import Trainer

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

PREFIX = "maxatac_model"
BY_CELL: dict[str, Any] = {
    "cross_validate": "cells", "tchroms": ("chr2",), "vchroms": ("chr3",), "test_chroms": ("chr1",), "epochs": 2,
}  # fmt: skip
BY_CHROM: dict[str, Any] = {
    "cross_validate": "chroms", "folds": 3, "chroms": ("chr1", "chr2", "chr3"), "tchroms": None, "vchroms": None,
    "epochs": 2,
}  # fmt: skip
MODES = {"cells": BY_CELL, "chroms": BY_CHROM}
NAMES = {"cells": CELLS, "chroms": ("fold_1", "fold_2", "fold_3")}


def table(output: Path) -> list[dict[str, str]]:
    with (output / f"{PREFIX}_folds.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def found_in(output: Path, name: str) -> dict[str, Any]:
    path = FoldFiles(output, PREFIX).fold(name).test_scores
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def outcome(output: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """What must not depend on how often it was stopped: bytes, but of what has a date in it the content."""
    files = FoldFiles(output, PREFIX)
    beside = [files.table, files.scores, *filter(Path.exists, [files.figure])]
    found: dict[str, Any] = {path.name: path.read_bytes() for path in beside}
    for name in names:
        folder = files.fold(name)
        record = json.loads(folder.record.read_text())
        assert record["status"] == "finished"
        found[name] = record["state_sha256"], record["best"]["epoch"]
        written = [folder.history, folder.test_table, folder.named("_best.h5"), *sorted(folder.folder.glob("*.bw"))]
        for path in (*written, *filter(Path.exists, [folder.thresholds])):
            found[path.name] = path.read_bytes()
    return found


@pytest.mark.parametrize("mode", MODES)
def test_table_is_that_of_the_folds(
    mode: str, tiny_set: TinySet, output: Path, quick_network: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "maxatac"):
        result = cross_validate(tiny_set.config(output, **MODES[mode], plot=True, report=False))
    rows = table(output)
    assert tuple(rows[0]) == COLUMNS
    names = NAMES[mode]
    # By cell type, the same on a chromosome that trained.
    in_order = ["no", "yes", "no", "yes"] if mode == "cells" else ["no", "no"]
    assert [row["seen"] for row in rows] == [seen for seen in in_order for _ in range(4)]
    assert {row["chroms"] for row in rows if row["seen"] == "yes"} == ({"chr2", ""} if mode == "cells" else set())
    rows = [row for row in rows if row["seen"] == "no"]
    assert [row["fold"] for row in rows] == [*names, "mean"] * 2
    for row in rows:
        if row["fold"] == "mean":
            continue
        found = found_in(output, row["fold"])
        assert row["cell_type"] == (row["fold"] if mode == "cells" else "CellC")
        (cell,) = found["cell_types"]
        assert (row["cell_type"], row["chroms"]) == (cell["cell_type"], " ".join(found["chroms"]))
        (at,) = (each for each in cell["resolutions"] if each["bin_size"] == int(row["bin_size"]))
        assert (int(row["bins"]), int(row["bound_bins"])) == (at["bins"], at["bound_bins"])
        assert float(row["prevalence"]) == pytest.approx(at["bound_bins"] / at["bins"], rel=1e-4)
        by_name = {entry["name"]: entry["average_precision"] for entry in at["predictors"]}
        for column, name, key in (
            ("average_precision", "model", "value"), ("average_precision_low", "model", "low"),
            ("average_precision_high", "model", "high"), ("signal", "ATAC-seq signal", "value"),
            ("model_minus_signal", "ATAC-seq signal", "model_minus"),
            ("model_minus_signal_low", "ATAC-seq signal", "model_minus_low"),
            ("mean_binding", "mean binding of other cell types", "value"),
            ("model_minus_mean_binding_high", "mean binding of other cell types", "model_minus_high"),
        ):  # fmt: skip
            assert float(row[column]) == pytest.approx(by_name[name][key], rel=1e-4)
    for size in ("32", "200"):
        *folds, mean = (row for row in rows if row["bin_size"] == size)
        for column in ("average_precision", "prevalence", "signal", "model_minus_mean_binding"):
            assert float(mean[column]) == pytest.approx(np.mean([float(row[column]) for row in folds]), rel=1e-4)
    # Last the result, for people; the rest is in the files.
    assert any("cross-validation, average precision per 32-bp bin, of 3 folds" in line for line in caplog.messages[-5:])
    content = json.loads((output / f"{PREFIX}_folds.json").read_text())
    assert (content["cross_validate"], [fold["fold"] for fold in content["folds"]]) == (mode, list(names))
    assert [fold["model"] for fold in content["folds"]] == [
        f"{PREFIX}_folds/{name}/{PREFIX}_{name}_best.keras" for name in names
    ]
    assert result.figure is not None and result.figure.read_bytes().startswith(b"\x89PNG")
    assert [fold.name for fold in result.folds] == list(names)
    known = json.loads((output / f"{PREFIX}_folds_run.json").read_text())
    assert (known["run_of"], known["settings"]["seed"]) == ("folds", 7)
    assert set(known["outputs"]) == {f"{PREFIX}_folds.{ending}" for ending in ("tsv", "json", "png")}
    # The same from the files alone.
    before = outcome(output, names)
    report_folds(output / f"{PREFIX}_folds")
    assert outcome(output, names) == before


@pytest.fixture(scope="module")
def by_cell(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> CrossValidation:
    with pytest.MonkeyPatch.context() as patch:
        make_network_quick(patch)
        return cross_validate(tiny_set.config(tmp_path_factory.mktemp("by_cell"), **BY_CELL))


def test_a_fold_is_the_run_that_holds_out_its_cell_type(
    by_cell: CrossValidation, tiny_set: TinySet, tmp_path: Path, quick_network: None
) -> None:
    settings = {name: value for name, value in BY_CELL.items() if name != "cross_validate"}
    alone = train(tiny_set.config(tmp_path / "alone", **settings, test_cell_types=("CellB",)))
    fold = by_cell.folds[1]
    assert record(fold.folder.folder, fold.folder.prefix)["state_sha256"] == alone.state_sha256
    assert fold.test["cell_types"][0]["resolutions"] == json.loads(
        json.dumps(alone.test["cell_types"][0]["resolutions"])
    )


def test_chromosome_that_trained_is_beside_the_result(
    by_cell: CrossValidation, tiny_set: TinySet, output: Path
) -> None:
    for fold in by_cell.folds:
        seen = fold.test["seen"]
        assert (seen["chroms"], fold.training_chroms) == (["chr2"], ("chr2",))
        (cell,) = seen["cell_types"]
        assert (cell["cell_type"], cell["label"]) == (fold.name, "Test")
        assert cell["mean_binding_of"] == [each for each in CELLS if each != fold.name]
        signal, binding = (tiny_set.file(fold.name, f"{what}.bw") for what in ("signal", "binding"))
        predicted = predict(
            PredictConfig(
                model=[fold.best_model], sequence=tiny_set.sequence, signal=[signal], blacklist=tiny_set.blacklist,
                chroms=("chr2",), skip_call_peaks=True, output=output, prefix=fold.name, batch_size=8, threads=1,
            )
        )  # fmt: skip
        size = SIZES["chr2"]
        with pyBigWig.open(str(predicted.tracks[0])) as track:
            values = np.array(track.values("chr2", 0, size))[: size // 32 * 32 : 32]
        labels = bin_labels(Track(binding), "chr2", size // 32)
        has_score = np.isfinite(values)
        expected = average_precision_score(labels[has_score], values[has_score])
        at_32 = cell["resolutions"][0]
        assert (at_32["bins"], at_32["bound_bins"]) == (has_score.sum(), labels[has_score].sum())
        assert at_32["predictors"][0]["average_precision"]["value"] == pytest.approx(expected, rel=1e-4)
        (row,) = (row for row in by_cell.scores.of(32, seen=True) if row["fold"] == fold.name)
        assert row["average_precision"] == at_32["predictors"][0]["average_precision"]["value"]
        # The track of the test has chromosomes that are held out, and no other.
        with pyBigWig.open(str(fold.folder.named(".bw"))) as track:
            assert track.intervals("chr1") and not (track.chroms("chr2") and track.intervals("chr2"))
        log = fold.folder.log.read_text()
        assert (
            f"for comparison, {fold.name} on chr2, which trained: average precision {row['average_precision']:.4f}"
            in log
        )


def test_held_out_cell_type_is_in_no_baseline_and_no_model(by_cell: CrossValidation) -> None:
    for fold in by_cell.folds:
        others = [cell for cell in CELLS if cell != fold.name]
        assert fold.test["cell_types"][0]["mean_binding_of"] == others
        model = read_record(fold.best_model)
        assert model is not None and list(model.facts.cell_types) == others
        assert "chr1" not in (*model.facts.training_chroms, *model.facts.validation_chroms)
        guard = record(fold.folder.folder, fold.folder.prefix)["leak_guard"]
        assert guard["held_out_cell_types"] == [fold.name]


def test_models_of_chromosome_folds_predict_out_of_fold(tiny_set: TinySet, output: Path, quick_network: None) -> None:
    """Each chromosome gets the prediction of the one model that neither trained nor validated on it."""
    result = cross_validate(tiny_set.config(output, **BY_CHROM))
    predicted = predict(
        PredictConfig(
            model=[fold.best_model for fold in result.folds],
            sequence=tiny_set.sequence,
            signal=[tiny_set.file("CellC", "signal.bw")],
            blacklist=tiny_set.blacklist,
            out_of_fold=True,
            skip_call_peaks=True,
            output=output,
            prefix="CellC",
            batch_size=8,
            threads=1,
        )  # fmt: skip
    )
    with pyBigWig.open(str(predicted.tracks[0])) as track:
        for fold in result.folds:
            (chrom,) = fold.test_chroms
            with pyBigWig.open(str(fold.folder.named(".bw"))) as of_test:
                size = of_test.chroms()[chrom]
                expected = np.array(of_test.values(chrom, 0, size))
            np.testing.assert_allclose(np.array(track.values(chrom, 0, size)), expected, rtol=1e-5)


# Stopped.


class Killed(BaseException):
    """As a kill: nothing but what is written already stays."""


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """Raise once, at an epoch that is counted over all folds from 1."""

    def stop(number: int, error: BaseException) -> None:
        run_epoch = Trainer.run_epoch
        seen: list[int] = []

        def running(self: Any, epoch: int, callback: Any) -> Any:
            seen.append(epoch)
            if len(seen) == number:
                raise error
            return run_epoch(self, epoch, callback)

        monkeypatch.setattr(Trainer, "run_epoch", running)

    return stop


@pytest.fixture(scope="module")
def in_one_go(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A cross-validation of each kind that was not stopped."""
    folder = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        make_network_quick(patch)
        for mode, settings in MODES.items():
            cross_validate(tiny_set.config(folder / mode, **settings))
    return {mode: folder / mode for mode in MODES}


@pytest.mark.parametrize(("mode", "number"), [("cells", 1), ("cells", 4), ("chroms", 3), ("cells", 6)])
def test_stopped_in_any_fold(
    mode: str, number: int, tiny_set: TinySet, output: Path, in_one_go: dict[str, Path], quick_network: None,
    monkeypatch: pytest.MonkeyPatch, stop_at: Callable[[int, BaseException], None], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    settings, once = MODES[mode], in_one_go[mode]
    stop_at(number, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        cross_validate(tiny_set.config(output, **settings, resume=True))
    assert f"{(number - 1) // 2} of 3 folds are finished; --resume goes on" in caplog.text
    assert not (output / f"{PREFIX}_folds.tsv").exists()
    trained: list[str] = []
    train_one = cross_validation.train

    def training(config: TrainConfig) -> Any:
        trained.append(config.prefix)
        return train_one(config)

    monkeypatch.setattr(cross_validation, "train", training)
    cross_validate(tiny_set.config(output, **settings, resume=True))
    names = NAMES[mode]
    # Finished folds are not opened again.
    assert trained == [f"{PREFIX}_{name}" for name in names[(number - 1) // 2 :]]
    assert outcome(output, names) == outcome(once, names)
    trained.clear()
    cross_validate(tiny_set.config(output, **settings, resume=True))
    assert trained == []
    assert outcome(output, names) == outcome(once, names)


def test_killed_at_the_end_of_a_fold_and_before_the_table(
    tiny_set: TinySet, output: Path, in_one_go: dict[str, Path], quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    for place in ("maxatac.training.epochs.EpochLoop._finish", "maxatac.training.cross_validation.write_folds"):
        with monkeypatch.context() as patch:
            patch.setattr(place, kill)
            with pytest.raises(Killed):
                cross_validate(tiny_set.config(output, **BY_CELL, resume=True))
    cross_validate(tiny_set.config(output, **BY_CELL, resume=True))
    assert outcome(output, CELLS) == outcome(in_one_go["cells"], CELLS)


def test_drawn_seed_is_that_of_all_folds(
    tiny_set: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**BY_CELL, "seed": None}
    with monkeypatch.context() as patch:
        patch.setattr(cross_validation, "_read", lambda fold: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            cross_validate(tiny_set.config(output, **settings))
    first = record(output / f"{PREFIX}_folds" / "CellA", f"{PREFIX}_CellA")["seed"]
    result = cross_validate(tiny_set.config(output, **settings, resume=True))
    assert [fold.seed for fold in result.folds] == [first] * 3
    assert result.seed == first


@pytest.mark.parametrize(
    ("error", "status"), [(Stopped("SIGTERM"), 75), (KeyboardInterrupt(), 130), (MaxatacError("x"), 1)]
)
def test_exit_status(
    error: BaseException, status: int, tiny_set: TinySet, output: Path, quick_network: None,
    stop_at: Callable[[int, BaseException], None], capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stop_at(3, error)
    assert main(tiny_set.arguments(output, **BY_CELL)) == status
    assert "1 of 3 folds are finished; --resume goes on with fold CellB" in capsys.readouterr().err
    assert not list(output.glob("*.json"))


def test_input_that_goes_bad_meanwhile_is_a_failure(
    damaged: TinySet, output: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    train_one = cross_validation.train

    def training(config: TrainConfig) -> Any:
        if config.prefix.endswith("CellB"):
            damaged.file("CellA", "signal.bw").unlink()
        return train_one(config)

    monkeypatch.setattr(cross_validation, "train", training)
    assert main(damaged.arguments(output, **BY_CELL)) == 1
    told = capsys.readouterr().err
    assert "error: fold CellB: " in told and "CellA_signal.bw" in told
    assert "nothing was written" not in told


def test_other_settings_are_refused_for_all_folds(
    tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(output, **BY_CELL)) == 0
    capsys.readouterr()
    assert main(tiny_set.arguments(output, "--resume", **{**BY_CELL, "batch_size": 4})) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("maxatac: ")]
    assert told[0] == "maxatac: error: --resume: --batch_size is 4, but the run began with 8"
    assert len(told) == 2


def test_more_epochs_go_on_in_every_fold(
    tiny_set: TinySet, output: Path, in_one_go: dict[str, Path], quick_network: None
) -> None:
    cross_validate(tiny_set.config(output, **{**BY_CELL, "epochs": 1}))
    cross_validate(tiny_set.config(output, **BY_CELL, resume=True))
    assert outcome(output, CELLS) == outcome(in_one_go["cells"], CELLS)


def test_what_is_missing_of_a_finished_fold_is_made_again(damaged: TinySet, output: Path, scores: list[float]) -> None:
    damaged.write_meta(damaged.rows()[:2])
    cross_validate(damaged.config(output, **BY_CELL, plot=True))
    expected = outcome(output, CELLS[:2])
    folder = FoldFiles(output, PREFIX).fold("CellB")
    missing = (folder.report, folder.named("_best.keras"), folder.test_scores)
    for path in missing:
        path.unlink()
    cross_validate(damaged.config(output, **BY_CELL, plot=True, resume=True))
    assert all(path.exists() for path in missing)
    assert outcome(output, CELLS[:2]) == expected


def test_force_begins_anew(damaged: TinySet, output: Path, scores: list[float]) -> None:
    cross_validate(damaged.config(output, **BY_CELL, report=False))
    damaged.write_meta(damaged.rows()[:2])
    with pytest.raises(InputError, match="holds folds of an earlier cross-validation"):
        cross_validate(damaged.config(output, **BY_CELL))
    with pytest.raises(InputError, match="holds the folds CellC, which this cross-validation does not have"):
        cross_validate(damaged.config(output, **BY_CELL, resume=True))
    cross_validate(damaged.config(output, **{**BY_CELL, "epochs": 1}, force=True))
    assert sorted(path.name for path in (output / f"{PREFIX}_folds").iterdir()) == ["CellA", "CellB"]
    assert len((output / f"{PREFIX}_folds/CellA/{PREFIX}_CellA.csv").read_text().splitlines()) == 2
    assert [row["fold"] for row in table(output)] == ["CellA", "CellB", "mean"] * 4


def test_final_model_beside_its_cross_validation(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    cross_validate(tiny_set.config(output, **BY_CELL))
    expected = outcome_of_folder(output / f"{PREFIX}_folds")
    settings = {name: value for name, value in BY_CELL.items() if name != "cross_validate"}
    train(tiny_set.config(output, **settings))
    train(tiny_set.config(output, **settings, force=True))
    assert outcome_of_folder(output / f"{PREFIX}_folds") == expected
    assert (output / f"{PREFIX}_folds.tsv").exists()


def outcome_of_folder(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_repeated_from_its_record(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    assert main(tiny_set.arguments(first, **BY_CHROM)) == 0
    words = ["train", "--config", str(first / f"{PREFIX}_folds_run.json"), "--output", str(again), "--threads", "1"]
    assert main(words) == 0
    assert (first / f"{PREFIX}_folds.tsv").read_bytes() == (again / f"{PREFIX}_folds.tsv").read_bytes()


def test_weights_that_have_seen_what_is_held_out(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    settings = {name: value for name, value in BY_CELL.items() if name != "cross_validate"}
    model = train(tiny_set.config(tmp_path / "one", **settings)).best_model
    with pytest.raises(InputError) as raised:
        cross_validate(tiny_set.config(tmp_path / "folds", **BY_CELL, weights=model))
    # CellC alone has not trained it.
    assert sorted(str(problem) for problem in raised.value.problems) == [
        f"--weights {model}, fold {cell}: was trained on {cell}, which a fold holds out; its scores would be too good"
        for cell in ("CellA", "CellB")
    ]


def test_weights_that_do_not_fit(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    """They are refused before the first fold, and what is there stays."""
    settings = {name: value for name, value in BY_CELL.items() if name != "cross_validate"}
    model = train(tiny_set.config(tmp_path / "one", **settings, ensemble=2, test=False)).best_model
    data, output = tiny_set.copy(tmp_path / "data"), tmp_path / "folds"
    data.write_meta([{**row, "Cell_Line": f"New{place}"} for place, row in enumerate(data.rows())])
    output.mkdir()
    table = output / f"{PREFIX}_folds.tsv"
    table.touch()
    with pytest.raises(InputError, match="2 networks, the model 3") as raised:
        cross_validate(data.config(output, **BY_CELL, ensemble=3, weights=model, force=True))
    assert [problem.file for problem in raised.value.problems] == [model]
    assert list(output.iterdir()) == [table]


def test_dry_run_says_the_folds(
    tiny_set: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(output, "--dry_run", **BY_CHROM)) == 0
    told = capsys.readouterr().out
    assert "cross-validation  3 folds, each a training run; seed 7" in told
    assert "fold_2\n  tests on        CellC; chr2\n  trains on       CellA and CellB; chr1\n" in told
    assert "What follows is of the first fold." in told and "A run would start" in told
    assert not output.exists()


def test_check_tells_what_is_wrong_with_any_fold(
    damaged: TinySet, output: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bigwig(damaged.file("CellB", "binding.bw"), [("chr2", 20_000, 20_200, 1.0), ("chr3", 20_000, 20_200, 1.0)])
    words = damaged.arguments(output, "--json", **BY_CELL)
    words[0] = "check"
    assert main(words) == 2
    found = json.loads(capsys.readouterr().out)
    assert [problem["place"] for problem in found["findings"]] == ["fold CellB"]
    # What all folds have is told once.
    shutil.copy(damaged.file("CellA", "signal.bw"), damaged.file("CellB", "signal.bw"))
    assert main(words) == 2
    found = json.loads(capsys.readouterr().out)
    assert [(problem["kind"], problem["line"]) for problem in found["findings"]] == [("shared file", 3)]


def test_one_cell_type_under_two_names_is_held_out_at_once(damaged: TinySet, output: Path, scores: list[float]) -> None:
    """In the mean the two count as one."""
    rows = damaged.rows()
    rows[2]["Cell_Line"] = "cell a"
    damaged.write_meta(rows)
    result = cross_validate(damaged.config(output, **BY_CELL, allow_same=("CellA=cell a",)))
    assert [fold.held_out for fold in result.folds] == [["CellA", "cell a"], ["CellB"]]
    assert [(row["fold"], row["cell_type"]) for row in table(output)[:4]] == [
        ("CellA", "CellA"), ("CellA", "cell a"), ("CellB", "CellB"), ("mean", "")
    ]  # fmt: skip
    assert result.folds[0].test["cell_types"][1]["mean_binding_of"] == ["CellB"]


@pytest.mark.slow
def test_where_binding_is_the_same_everywhere_the_model_does_not_beat_it(tmp_path: Path, quick_network: None) -> None:
    """Four cell types with equal binding: their mean is a perfect predictor, and the headline stays below it."""
    made = simulate(SimulateConfig(tmp_path / "set", size=2_000_000, cell_types=4))
    binding = {cell: tmp_path / "set" / f"SIMTF_{cell}_binding.bw" for cell in made.cell_types}
    # Equal in what they say, not in bytes: equal files would be refused.
    first = binding[made.cell_types[0]]
    with pyBigWig.open(str(first)) as track:
        chroms, found = track.chroms(), {chrom: track.intervals(chrom) or () for chrom in track.chroms()}
    for number, path in enumerate(binding.values()):
        with pyBigWig.open(str(path), "w") as track:
            track.addHeader(list(chroms.items()))
            for chrom, intervals in found.items():
                for start, end, value in intervals:
                    cut = start + (number + 1) * (end - start) // 6
                    track.addEntries([chrom] * 2, [start, cut], ends=[cut, end], values=[value, value])
    result = cross_validate(
        TrainConfig(
            sequence=made.sequence,
            meta_file=made.meta_file,
            blacklist=made.blacklist,
            output=tmp_path / "out",
            prefix=PREFIX,
            tchroms=made.training_chroms,
            vchroms=made.validation_chroms,
            test_chroms=made.test_chroms,
            cross_validate="cells",
            epochs=4,
            batches=20,
            batch_size=32,
            val_batch_size=32,
            seed=1,
            threads=1,
            plot=False,
            report=False,
        )  # fmt: skip
    )
    assert len(result.folds) == 4
    for row in (*result.scores.of(32), *result.scores.of(200)):
        assert row["mean_binding"] > 0.95
        assert row["model_minus_mean_binding_low"] <= 0

"""The report, on one run of a small network that all tests here share."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyBigWig
import pytest
import tiny
from html_pages import Page
from reported import ODD, PREFIX, Run, quick
from sklearn.metrics import average_precision_score, precision_recall_curve
from tiny import SPLIT, TinySet

from maxatac.cli.main import main
from maxatac.reporting import contents
from maxatac.reporting.caveats import find_caveats
from maxatac.reporting.workflow import write_report
from maxatac.runs.folder import find_run
from maxatac.training import held_out
from maxatac.wording import number, share

# Keras 3 reads its variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

# What it says.


def test_page_is_whole_and_every_figure_is_drawn(run: Run) -> None:
    shown = run.page()
    assert [attributes["lang"] for attributes in shown.named("html")] == ["en"]
    names = [attributes["id"] for attributes in shown.named("figure")]
    assert names == [
        "split", "regions", "label_rate", "loss", "dice", "average_precision", "auroc",
        "precision_at_5_percent_recall", "precision_recall_roi", "precision_recall_genome", "precision_recall_test_1",
        "test_scores_1", "cell_types", "calibration", "distribution_roi", "distribution_genome",
        "distribution_test_1", "times", "loader", *(name for name in names if str(name).startswith("locus_1_")),
    ]  # fmt: skip
    assert sum(str(name).startswith("locus_1_") for name in names) >= 3
    drawings = shown.named("svg")
    assert len(drawings) == len(names)
    for attributes in drawings:
        assert attributes["role"] == "img"
        assert len(str(attributes["aria-label"])) > 40
    files = {path.name for path in run.folder.figures.iterdir()}
    assert files == {f"{name}.{suffix}" for name in names for suffix in ("svg", "png")}
    for path in run.folder.figures.iterdir():
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
        else:
            assert len(list(ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}path"))) >= 3
    # Each has its numbers, for those who cannot see it.
    assert len([label for label in shown.tables if label.startswith("Numbers: ")]) == len(names)


def test_nothing_is_asked_of_a_network(run: Run) -> None:
    shown = run.page()
    for name, attributes in shown.tags:
        assert name not in {"script", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}
        assert not {"src", "srcset", "data", "action", "background", "ping"} & set(attributes)
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("href", "xlink:href"):
            if (target := attributes.get(key)) is not None:
                allowed = ("#",) if name == "use" else ("#", "data:,") if name in ("a", "link") else ()
                assert str(target).startswith(allowed), (name, target)
    assert not re.findall(r"url\((?!#)", shown.text)
    assert "@import" not in shown.text
    policy = next(attributes for attributes in shown.named("meta") if "http-equiv" in attributes)
    assert str(policy["content"]).startswith("default-src 'none'")


def test_names_inside_the_page_are_of_one_thing_each(run: Run) -> None:
    shown = run.page()
    ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"] for _, attributes in shown.tags if str(attributes.get("href", "")).startswith("#")]
    targets += [f"#{name}" for name in re.findall(r"url\(#([^)]*)\)", shown.text)]
    assert len(targets) > 20
    assert {str(target)[1:] for target in targets} <= set(ids)
    assert {str(attributes["aria-labelledby"]) for attributes in shown.named("section")} <= set(ids)


def test_names_stay_names(run: Run) -> None:
    shown = run.page()
    assert "<b>" not in shown.text
    assert ODD in shown.prose
    assert ODD in run.folder.record.read_text().encode().decode("unicode_escape")
    svg = ElementTree.parse(run.folder.figures / "split.svg")
    # A long name stands in two lines.
    assert ODD in " ".join("".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text"))


def test_first_screen_tells_what_and_how_well(run: Run) -> None:
    shown = run.page()
    beginning = shown.prose[: shown.prose.index("Contents")]
    best = run.json("_run.json")["best"]
    assert "A DCNN_V2 network for TF1, trained on 2 cell types (CellA and CellB) and 1 chromosome (chr2)" in beginning
    assert "for 3 epochs, 96 examples in all" in beginning
    assert f"Epoch {best['epoch']} was selected by the highest Dice coefficient" in beginning
    rows = shown.tables[f"Average precision on {ODD}"][1:]
    found = run.json("_test.json")["cell_types"][0]["resolutions"][0]["predictors"]
    assert [row[0] for row in rows] == [predictor["name"] for predictor in found]
    for row, predictor in zip(rows, found, strict=True):
        value = predictor["average_precision"]
        assert row[1].startswith(number(value["value"]))
        if predictor["name"] != "prevalence":
            assert row[1].endswith(f"({number(value['low'])} to {number(value['high'])})")


def test_curves_of_the_test_are_those_of_the_track(run: Run) -> None:
    """Against scikit-learn, from the prediction track and the inputs."""

    def per_base(path: Path) -> np.ndarray:
        with pyBigWig.open(str(path)) as track:
            return np.array(track.values("chr1", 0, tiny.SIZES["chr1"]), np.float32).reshape(-1, 32)

    predicted = per_base(run.folder.named(".bw"))[:, 0]
    covered = ~np.isnan(predicted)
    bound = (np.nan_to_num(per_base(run.data.file("CellC", "binding.bw"))).sum(axis=1) > 16)[covered]
    signal = np.nan_to_num(per_base(run.data.file("CellC", "signal.bw"))).mean(axis=1, dtype=np.float64)
    others = np.mean(
        [np.nan_to_num(per_base(run.data.file(cell, "binding.bw"))).mean(axis=1) for cell in ("CellA", "CellB")], 0
    )
    (tested,) = run.json("_report.json")["test"]
    assert list(tested["curves"]) == ["model", "ATAC-seq signal", "mean binding of other cell types"]
    header, *rows = run.page().tables[f"Numbers: Precision and recall: test, {ODD}"][:12]
    assert header == ["recall", *(f"precision, {name}" for name in tested["curves"])]
    for column, (name, values) in enumerate(
        zip(tested["curves"], (predicted, signal.astype(np.float32), others.astype(np.float32)), strict=True), start=1
    ):
        scores = values[covered]
        precision, recall, _ = precision_recall_curve(bound, scores)
        exact = set(zip(recall.round(9).tolist(), precision.round(9).tolist(), strict=True))
        curve = tested["curves"][name]["curve"]
        points = list(zip(np.round(curve["recall"], 9).tolist(), np.round(curve["precision"], 9).tolist(), strict=True))
        assert set(points) <= exact
        assert tested["curves"][name]["average_precision"] == pytest.approx(
            average_precision_score(bound, scores), abs=1e-6
        )
        for row in rows:
            reached = [p for r, p in points if r >= float(row[0]) - 1e-9]
            assert row[column] == number(reached[0])


def test_validation_is_that_of_the_selected_epoch(run: Run) -> None:
    best = run.json("_run.json")["best"]
    data = run.json("_report.json")
    assert data["validation"]["epoch"] == best["epoch"]
    for name, prefix in (("ROI", "val"), ("genome", "genome")):
        found = data["validation"]["sets"][name]
        for metric in ("average_precision", "auroc"):
            assert found[metric] == pytest.approx(best[f"{prefix}_{metric}"])
        cells = [row for row in run.rows("_cells.csv") if row["set"] == name and int(row["epoch"]) == best["epoch"]]
        assert found["bins"] == sum(int(row["bins"]) for row in cells)
        assert found["bound_bins"] == sum(int(row["bound_bins"]) for row in cells)
    assert set(data["baselines"]["ROI"]) == {"ATAC-seq signal"}
    assert set(data["baselines"]["genome"]) == {"ATAC-seq signal", "mean binding of other cell types"}


def test_baselines_of_the_genome_like_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against scikit-learn: all windows of chr3 in both training cell types."""
    output = run.output.parent / "all_windows"
    quick(monkeypatch)
    arguments = run.data.arguments(
        output, prefix=PREFIX, genome_validation="all", test=False, **{**SPLIT, "test_chroms": None}
    )
    assert main(arguments) == 0
    data = json.loads((output / f"{PREFIX}_report.json").read_text())

    def windows(cell: str, what: str) -> np.ndarray:
        size = tiny.SIZES["chr3"] // 1024 * 1024
        with pyBigWig.open(str(run.data.file(cell, what))) as track:
            return np.nan_to_num(np.array(track.values("chr3", 0, size), np.float32)).reshape(-1, 32)

    bound = np.concatenate([windows(cell, "binding.bw").sum(axis=1) > 16 for cell in ("CellA", "CellB")])
    for name, values in (
        ("ATAC-seq signal", [windows(cell, "signal.bw").mean(axis=1) for cell in ("CellA", "CellB")]),
        ("mean binding of other cell types", [windows(cell, "binding.bw").mean(axis=1) for cell in ("CellB", "CellA")]),
    ):
        found = data["baselines"]["genome"][name]
        assert (found["bins"], found["bound_bins"]) == (len(bound), bound.sum())
        assert found["average_precision"] == pytest.approx(
            average_precision_score(bound, np.concatenate(values)), abs=1e-6
        )


def test_tables_are_those_of_the_files(run: Run) -> None:
    shown = run.page()
    history = run.rows(".csv")
    loss = shown.tables["Numbers: Loss"]
    assert loss[0] == ["epoch", "training", "validation, around peaks", "validation, genome-like"]
    for row, expected in zip(loss[1:], history, strict=True):
        columns = ("loss", "val_loss", "genome_loss")
        assert row == [expected["epoch"], *(number(float(expected[column]), 4) for column in columns)]
    timing = run.rows("_timing.csv")
    for row, times in zip(shown.tables["Numbers: The loader"][1:], timing, strict=True):
        assert row[1:] == [number(float(times["examples_per_second"])), share(float(times["waiting_share"]))]
    best = run.json("_run.json")["best"]["epoch"]
    cells = {
        (row[0], row[1]): row for row in shown.tables["Numbers: Average precision by cell type, selected epoch"][1:]
    }
    for expected in run.rows("_cells.csv"):
        if int(expected["epoch"]) == best:
            name = {"ROI": "validation, around peaks", "genome": "validation, genome-like"}[expected["set"]]
            row = cells[expected["cell_type"], name]
            assert row[2:5] == [
                number(int(expected["bins"])), number(int(expected["bound_bins"])),
                number(float(expected["average_precision"])),
            ]  # fmt: skip
    assert (ODD, "test") in cells
    record = run.json("_run.json")
    checksums = {row[0]: row[3] for row in shown.tables["Checksums of the inputs"][1:]}
    assert checksums == {name: file["sha256"] for name, file in record["inputs"].items()}
    settings = dict(map(tuple, shown.tables["Settings"][1:]))
    assert (settings["--seed"], settings["--tchroms"], settings["--rand_ratio"]) == ("7", "chr2", "0.25")
    others = dict(map(tuple, shown.tables["All other settings"][1:]))
    assert others["--jitter"] == "480"
    assert {f"--{name}" for name in record["settings"]} == set(settings) | set(others)


def test_record_that_does_not_say_what_is_the_default(run: Run, tmp_path: Path) -> None:
    copied = run.copy(tmp_path / "copy")
    record = copied.json("_run.json")
    assert {"rand_ratio", "genome", "tchroms"} <= set(record.pop("settings_not_default"))
    copied.folder.record.write_text(json.dumps(record))
    write_report(copied.folder)
    tables = copied.page().tables
    assert len(tables["Settings"]) == 1 + len(record["settings"])


def test_pools_and_split(run: Run) -> None:
    shown = run.page()
    log = run.folder.log.read_text()
    for name in ("training", "validation"):
        total = shown.tables[f"Sources of the {name} pool"][-1]
        assert int(total[-1].replace(",", "")) == run.json("_run.json")["pools"][name]
        assert f"{name} regions" in log
    assert shown.tables["Training, validation and test"][1:] == [
        ["training", "chr2", "100 kb", "CellA and CellB"],
        ["validation", "chr3", "80 kb", "CellA and CellB"],
        ["test", "chr1", "160 kb", ODD],
    ]
    grid = {row[0]: row[2:] for row in shown.tables["Numbers: What is used for what"][1:]}
    assert grid == {
        "CellA": ["trains", "validates", "baseline"], "CellB": ["trains", "validates", "baseline"],
        ODD: ["not read", "not read", "tested"],
    }  # fmt: skip


def test_false_positives_are_unbound_and_ranked(run: Run) -> None:
    rows = run.page().tables[f"False positives of {ODD}"][1:]
    assert 5 < len(rows) <= 20
    with (
        pyBigWig.open(str(run.folder.named(".bw"))) as predicted,
        pyBigWig.open(str(run.data.file("CellC", "binding.bw"))) as binding,
    ):
        scores = []
        for place, row in enumerate(rows, start=1):
            chrom, first, last = re.fullmatch(r"(chr1):([\d,]+)-([\d,]+)", row[1]).groups()  # type: ignore[union-attr]
            start, end = int(first.replace(",", "")) - 1, int(last.replace(",", ""))
            assert (row[0], end - start) == (str(place), 32)
            scores.append(predicted.values(chrom, start, end)[0])
            assert row[2] == number(scores[-1])
            around = np.nan_to_num(binding.values(chrom, max(start - 512, 0), min(end + 512, tiny.SIZES[chrom])))
            assert (around.reshape(-1, 32).sum(axis=1) > 16).sum() == 0
    assert scores == sorted(scores, reverse=True)
    assert "There are no browser links" in run.page().prose
    assert run.page().named("a") == [a for a in run.page().named("a") if str(a["href"]).startswith("#")]


def test_same_files_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    again = run.copy(tmp_path / "again")
    shutil.rmtree(again.folder.figures)
    again.folder.report.unlink()
    stale = again.folder.figures
    stale.mkdir()
    (stale / "gone.svg").write_text("of an earlier report")
    (stale / "mine.txt").write_text("not the report's")
    assert main(["report", str(again.output / PREFIX)]) == 0
    assert again.folder.report.read_bytes() == run.folder.report.read_bytes()
    (stale / "mine.txt").unlink()
    figures = {path.name: path.read_bytes() for path in run.folder.figures.iterdir()}
    assert {path.name: path.read_bytes() for path in stale.iterdir()} == figures


# Caveats.


def changed(run: Run, folder: Path, ending: str, change: Any) -> Run:
    """A copy of the run in which a file is another."""
    copied = run.copy(folder) if not folder.exists() else Run(run.data, folder)
    value = copied.json(ending)
    change(value)
    copied.folder.named(ending).write_text(json.dumps(value))
    return copied


def told(run: Run) -> list[str]:
    return find_caveats(contents.read_contents(run.folder))


def test_caveats_of_this_run(run: Run) -> None:
    found = told(run)
    assert any(caveat.startswith(f"{ODD}: the test chromosomes have only 107 bound bins") for caveat in found)
    assert any("The intervals come from 33 blocks of 4.8 kb" in caveat for caveat in found)
    shown = run.page().prose
    assert all(caveat in shown for caveat in found)


@pytest.mark.parametrize(
    ("ending", "change", "words"),
    [
        ("_run.json", lambda record: record.update(status="interrupted"), "not finished (status: interrupted)"),
        ("_run.json", lambda record: record.update(test={"skipped": "--no-test"}), "no independent test (--no-test)"),
        ("_run.json", lambda record: record.update(revision="abc-modified"), "had been changed since its commit"),
        ("_run.json", lambda record: record["inputs"]["sequence"].update(sha256=None), "The checksum of sequence"),
        ("_run.json", lambda record: record["best"].update(epoch=3), "selected epoch is the last of 3"),
        ("_run.json", lambda record: record["settings"].update(batch_size=5_000), "fewer than the 3,750 of a batch"),
        ("_test.json", lambda test: test.update(labels="Train"), "only the test chromosomes are new"),
        (
            "_test.json",
            lambda test: test["cell_types"][0]["resolutions"][0]["predictors"][1]["average_precision"].update(
                model_minus_low=-0.2, model_minus_high=-0.1
            ),
            "the model is worse than the ATAC-seq signal",
        ),
        (
            "_test.json",
            lambda test: test["cell_types"][0]["resolutions"][0]["predictors"][2]["average_precision"].update(
                model_minus_low=-0.2, model_minus_high=0.1
            ),
            "not clearly better than the mean binding of other cell types",
        ),
        ("_test.json", lambda test: test["cell_types"][0]["resolutions"][0].update(bound_bins=0), "can be said there"),
        ("_report.json", lambda data: data["trained_on"].update(blacklist=False), "There was no blacklist"),
        ("_report.json", lambda data: data["trained_on"]["tracks"][0].update(percentile_99=37.0), "not on the scale"),
        ("_report.json", lambda data: data["trained_on"]["tracks"][0].update(smallest=-2.0), "goes down to -2"),
        ("_report.json", lambda data: data["trained_on"]["tracks"][0].update(is_binary=False), "is not binary"),
        ("_report.json", lambda data: data["validation"]["sets"].pop("genome"), "no genome-like validation"),
        (
            "_report.json",
            lambda data: data["baselines"]["genome"]["ATAC-seq signal"].update(average_precision=0.99),
            "is below that of the ATAC-seq signal, 0.99",
        ),
        ("_report.json", lambda data: data.update(validation=None), "were not kept"),
    ],
)  # fmt: skip
def test_caveat(ending: str, change: Any, words: str, run: Run, tmp_path: Path) -> None:
    # Where this run gives reason for the caveat already, the test would not show anything.
    without = changed(run, tmp_path / "without", ending, lambda _: None)
    value = json.loads(without.folder.test_scores.read_text())
    for predictor in value["cell_types"][0]["resolutions"][0]["predictors"][1:]:
        predictor["average_precision"] |= {"model_minus_low": 0.1, "model_minus_high": 0.2}
    without.folder.test_scores.write_text(json.dumps(value))
    record = without.json("_run.json") | {"revision": "abc"}
    record["best"]["epoch"] = 2
    without.folder.record.write_text(json.dumps(record))
    kept = without.json("_report.json")
    kept["validation"]["epoch"] = 2
    without.folder.report_data.write_text(json.dumps(kept))
    assert not [caveat for caveat in told(without) if words in caveat]
    assert [caveat for caveat in told(changed(without, tmp_path / "changed", ending, change)) if words in caveat]


@pytest.mark.parametrize(("waited", "is_caveat"), [(0.04, False), (0.06, True)])
def test_waiting_is_a_caveat(waited: float, is_caveat: bool, run: Run, tmp_path: Path) -> None:
    copied = run.copy(tmp_path / "changed")
    rows = run.rows("_timing.csv")
    with copied.folder.timing.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, "waiting_share": waited} for row in rows])
    assert bool([caveat for caveat in told(copied) if f"waited {share(waited)} of its time" in caveat]) == is_caveat


@pytest.mark.slow
def test_shared_files_are_shown(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = run.data.copy(tmp_path / "set")
    shutil.copy(data.file("CellA", "signal.bw"), data.file("CellC", "signal.bw"))
    output = tmp_path / "shared"
    quick(monkeypatch)
    words = ("--allow_shared_files", ODD, "--allow_same", f"CellA={ODD}")
    assert main(data.arguments(output, *words, prefix=PREFIX, plot=True, **SPLIT)) == 0
    shown = Run(data, output).page()
    beginning = shown.prose[: shown.prose.index("Contents")]
    assert f"ATAC_Signal_File of CellA (Train) and ATAC_Signal_File of {ODD} (Test) are equal in content" in beginning
    assert f"CellA, which trains, and {ODD}, which is tested, are one cell type, which was allowed" in beginning
    assert f"ATAC_Signal_File of {ODD} (Test): {data.file('CellC', 'signal.bw')}" in shown.prose
    # One epoch, told in words.
    assert "trained for one epoch only" in beginning
    assert "There is one epoch: the figures show points" in shown.prose


# When there is less to show.


def test_without_a_test(run: Run, tmp_path: Path) -> None:
    copied = changed(
        run, tmp_path / "changed", "_run.json", lambda record: record.update(test={"skipped": "--no-test"})
    )
    copied.folder.test_scores.unlink()
    shown = Page(write_report(copied.folder))
    assert "There was none: --no-test." in shown.prose
    assert "so no held-out chromosome was predicted" in shown.prose
    names = {str(attributes["id"]) for attributes in shown.named("figure")}
    assert not [name for name in names if "test" in name or "locus" in name]
    assert {path.stem for path in copied.folder.figures.iterdir()} == names
    assert shown.tables["Average precision in validation"][1][:2] == ["validation, around peaks", "model"]


def test_without_what_was_kept(run: Run, tmp_path: Path) -> None:
    """Of a run whose data for the report are gone there are the tables."""
    copied = run.copy(tmp_path / "changed")
    copied.folder.report_data.unlink()
    shown = Page(write_report(copied.folder))
    assert "What the run trained on was not kept" in shown.prose
    assert "The curves of the selected epoch were not kept." in shown.prose
    assert shown.tables[f"Average precision on {ODD}"]
    assert {"loss", "test_scores_1", "cell_types"} <= {str(attributes["id"]) for attributes in shown.named("figure")}


@pytest.mark.slow
def test_nothing_bound_and_one_set(tiny_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No genome-like set, no bound bin in the test, no other cell type: each is said, none is drawn."""
    quick(monkeypatch)
    data = tiny_set.copy(tmp_path / "set")
    data.write_meta([data.rows()[0], data.rows()[2]])
    tiny.write_bigwig(data.file("CellC", "binding.bw"), [("chr1", 10, 20, 0.0)])
    output = tmp_path / "results"
    assert main(data.arguments(output, prefix=PREFIX, plot=True, genome_validation=0, **SPLIT)) == 0
    found = Run(data, output)
    shown = found.page()
    assert "No curve of CellC: no scored bin is bound" in shown.prose
    assert "nothing can be said there" in shown.prose
    assert "There was no genome-like validation" in shown.prose
    names = {str(attributes["id"]) for attributes in shown.named("figure")}
    assert "precision_recall_roi" in names
    assert not {"precision_recall_genome", "precision_recall_test_1", "test_scores_1"} & names


@pytest.mark.slow
def test_quantitative_targets(tiny_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    output = tmp_path / "results"
    more = {"quant": True, "output_activation": "linear", "target_scale_factor": 10.0}
    assert main(tiny_set.arguments(output, prefix=PREFIX, plot=True, **more, **SPLIT)) == 0
    shown = Run(tiny_set, output).page()
    assert "the targets are quantitative, so that predictions are no probabilities" in shown.prose
    assert "was selected by the lowest loss in validation around peaks" in shown.prose
    assert "calibration" not in {attributes["id"] for attributes in shown.named("figure")}
    histogram = Run(tiny_set, output).json("_report.json")["validation"]["sets"]["ROI"]["histogram"]
    assert histogram["edges"][-1] == 10


@pytest.mark.slow
def test_several_cell_types_are_tested(tiny_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    data = tiny_set.copy(tmp_path / "set")
    data.write_meta([{**row, "Train_Test_Label": "Train"} for row in data.rows()])
    monkeypatch.setattr("maxatac.reporting.sections.SHOWN_CELL_TYPES", 2)
    output = tmp_path / "results"
    assert main(data.arguments(output, prefix=PREFIX, plot=True, **SPLIT)) == 0
    shown = Run(data, output).page()
    assert "No cell type is labelled Test" in shown.prose
    assert "The places of 1 more are in the data file." in shown.prose
    scores = Run(data, output).json("_test.json")["cell_types"]
    (header, *rows) = shown.tables["Average precision in the test"]
    assert header == ["cell type", *(entry["name"] for entry in scores[0]["resolutions"][0]["predictors"])]
    for row, tested in zip(rows, scores, strict=True):
        value = tested["resolutions"][0]["predictors"][0]["average_precision"]["value"]
        assert (row[0], row[1].split()[0]) == (tested["cell_type"], number(value))
    assert [
        words for words in shown.words if words.startswith("CellA, CellB and CellC: the test chromosomes are short")
    ]
    for cell in tiny.CELLS:
        assert shown.tables[f"False positives of {cell}"]
    names = {str(attributes["id"]) for attributes in shown.named("figure")}
    assert {"locus_1_1", "locus_2_1", "precision_recall_test_3"} <= names
    assert "locus_3_1" not in names


# Links to a browser.


def test_links_lead_to_the_place(run: Run, tmp_path: Path) -> None:
    def link(data: dict[str, Any]) -> None:
        data["trained_on"]["assembly"] = "hg38"
        data["test"][0]["false_positives"][0] |= {"chrom": "chr1&x", "start": 320, "end": 352}

    copied = changed(run, tmp_path / "changed", "_report.json", link)
    shown = Page(write_report(copied.folder))
    links = [str(a["href"]) for a in shown.named("a") if not str(a["href"]).startswith("#")]
    assert len(links) == len(shown.tables[f"False positives of {ODD}"]) - 1
    # 1-based, 500 bp to either side, not before the chromosome begins.
    assert links[0] == "https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg38&position=chr1%26x%3A1-852"
    assert shown.tables[f"False positives of {ODD}"][1][1] == "chr1&x:321-352"


# The command, and what a run makes of it.


def test_command_finds_the_run(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = run.copy(tmp_path / "copy")
    for named in (copied.output / PREFIX, copied.output, copied.folder.record):
        assert find_run(named) == copied.folder
    monkeypatch.setattr("maxatac.reporting.workflow.write_report", lambda folder: folder.report)
    assert main(["report", str(copied.output)]) == 0
    assert capsys.readouterr().out == f"{copied.folder.report}\n"
    monkeypatch.undo()
    shutil.copy(copied.folder.record, copied.output / "other_run.json")
    assert main(["report", str(copied.output)]) == 2
    assert f"holds the runs {PREFIX}, other; name one" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "found no run; expected a folder and prefix" in capsys.readouterr().err
    copied.folder.record.unlink()
    shutil.copy(run.folder.record, copied.folder.record)
    for path, text, words in (
        (copied.folder.timing, "epoch,seconds\n1,2\n", "lacks the column examples_per_second"),
        (copied.folder.history, "epoch,dice_coef,loss,val_dice_coef,val_loss\n1,2,x,3,4\n", "is damaged"),
        (copied.folder.history, "epoch,dice_coef,loss,val_dice_coef,val_loss\n1,2\n", "is damaged"),
        (copied.folder.report_data, '{"format": 0}', "was written by another version"),
    ):
        before = path.read_bytes()
        path.write_text(text)
        assert main(["report", str(copied.output / PREFIX)]) == 2
        assert f"{path}: {words}" in capsys.readouterr().err
        path.write_bytes(before)
    copied.folder.record.write_text("{}")
    assert main(["report", str(copied.output / PREFIX)]) == 2
    assert "lacks best, inputs, seed, settings, status" in capsys.readouterr().err
    copied.folder.record.write_text("{")
    assert main(["report", str(copied.output / PREFIX)]) == 2
    assert "is not JSON" in capsys.readouterr().err


def test_failing_figure_costs_a_finished_run_nothing(
    tiny_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick(monkeypatch)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr("maxatac.reporting.data_figures.draw", fail)
    monkeypatch.setattr("maxatac.training.report_data.summarize", fail)
    output = tmp_path / "results"
    assert main(tiny_set.arguments(output, plot=True, **SPLIT)) == 0
    log = capsys.readouterr().err
    assert "WARNING the report will lack something: no font" in log
    assert "WARNING maxatac_model_report.html was not written: no font" in log
    assert json.loads((output / "maxatac_model_run.json").read_text())["status"] == "finished"
    assert (output / "maxatac_model_best.keras").exists()
    assert not (output / "maxatac_model_report.html").exists()


@pytest.mark.slow
def test_report_of_a_run_that_went_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in its test, after the epochs: what goes on has nothing of the validation at hand but the file."""
    quick(monkeypatch)
    output = tmp_path / "results"
    arguments = run.data.arguments(
        output, prefix=PREFIX, epochs=3, batches=4, genome_validation=32, plot=True, rand_ratio=0.25, genome="tiny1",
        **SPLIT,
    )  # fmt: skip
    predict = held_out.predict_chromosomes

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(held_out, "predict_chromosomes", killed)
    assert main(arguments) == 130
    assert not (output / f"{PREFIX}_report.html").exists()
    monkeypatch.setattr(held_out, "predict_chromosomes", predict)
    assert main([*arguments, "--resume"]) == 0
    assert Run(run.data, output).json("_report.json") == run.json("_report.json")
    assert Run(run.data, output).json("_test.json")["cell_types"] == run.json("_test.json")["cell_types"]


def test_data_of_another_epoch_are_not_shown(run: Run, tmp_path: Path) -> None:
    def another(data: dict[str, Any]) -> None:
        data["validation"]["epoch"] += 1

    copied = changed(run, tmp_path / "changed", "_report.json", another)
    assert contents.read_contents(copied.folder).validation == {}


def test_force_clears_the_report(run: Run, tmp_path: Path) -> None:
    copied = run.copy(tmp_path / "copy")
    (copied.folder.figures / ".loss.svg.partial.svg").write_text("not finished")
    (copied.folder.figures / "notes.txt").write_text("mine")
    copied.folder.clear()
    assert [path.name for path in copied.folder.figures.iterdir()] == ["notes.txt"]
    assert not copied.folder.report.exists()
    assert not copied.folder.report_data.exists()


# Pieces.


@pytest.mark.slow
def test_drawing_needs_no_display(tmp_path: Path, run: Run) -> None:
    copied = run.copy(tmp_path / "copy")
    code = (
        "import sys; from pathlib import Path; from maxatac.runs.folder import RunFolder; "
        "from maxatac.reporting.workflow import write_report; "
        f"write_report(RunFolder(Path({str(copied.output)!r}), {PREFIX!r})); "
        "assert not {'matplotlib.pyplot', 'keras', 'tensorflow', 'jax', 'maxatac._core'} & set(sys.modules)"
    )
    environment = {"PATH": "", "MPLBACKEND": "tkagg", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert copied.folder.report.read_bytes() == run.folder.report.read_bytes()

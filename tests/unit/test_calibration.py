"""Whether a table of cutoffs belongs to a prediction, by the records beside both."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest

from maxatac.errors import Problems
from maxatac.files.checksums import sha256
from maxatac.prediction.calibration import (
    calibration_facts,
    compare_with_table,
    facts_of_table,
    facts_of_track,
    seen_chroms,
    tuned_chroms,
)
from maxatac.prediction.cutoffs import Cutoff

A, B = ({"sha256": letter * 64, "weights_sha256": letter * 32} for letter in "ab")
SCORES = {"models": [A], "kind": "binary", "both_strands": False, "bin_size": 32}
TABLE = SCORES | {"cell_types": ["HEK293", "GM12878"], "chroms": ["chrI", "chrII"]}


def record(folder: Path, command: str, output: str, **entries: Any) -> Path:
    """Write a file, and beside it the record of the command that made it."""
    (folder / output).touch()
    content = {"maxatac": "0.1.0", "run_of": command, "prefix": "CTCF", "outputs": {output: {}}, **entries}
    (folder / f"CTCF_{command}_run.json").write_text(json.dumps(content))
    return folder / output


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """The folder of a training run, as far as it matters."""
    for name in ("_thresholds.tsv", ".bw", "_best.keras", "_best.h5"):
        (tmp_path / f"CTCF{name}").write_text(name)
    settings = {"prefix": "CTCF", "quant": False, "vchroms": ["chrI"], "test_rev_comp": True}
    content = {"maxatac": "0.1.0", "settings": settings, "cell_types": {"A": "Train", "B": "Test"}}
    (tmp_path / "CTCF_run.json").write_text(json.dumps(content))
    return tmp_path


def cutoff(table: Path | None, *, largest: float = 1) -> Cutoff:
    return Cutoff("F1", None, 0.5, table, {}, largest)


def compare(
    caplog: pytest.LogCaptureFixture,
    table: Path | None,
    scores: dict[str, Any],
    *,
    bin_size: int = 32,
    largest: float = 1,
) -> list[str]:
    problems = Problems()
    caplog.clear()
    compare_with_table(cutoff(table, largest=largest), scores, problems, bin_size=bin_size)
    assert not problems
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def table_with(folder: Path, **changes: Any) -> Path:
    return record(folder, "threshold", "CTCF.tsv", calibration=TABLE | changes)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({}, []), ({"models": [A, B]}, ["2 models"]), ({"models": [B]}, ["another model"]),
        ({"both_strands": True}, ["both strands"]), ({"models": [B], "both_strands": True}, ["model", "strands"]),
        ({"models": [{"sha256": "c", "weights_sha256": A["weights_sha256"]}]}, []),
        ({"models": [{"sha256": A["sha256"]}]}, []), ({"models": None, "both_strands": None}, []),
    ],
)  # fmt: skip
def test_what_differs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, scores: dict[str, Any], words: list[str]
) -> None:
    told = compare(caplog, table_with(tmp_path), SCORES | scores)
    assert len(told) == len(words)
    assert all(word in line and "CTCF.tsv" in line for word, line in zip(words, told, strict=True))


def test_the_order_of_members_does_not_matter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = table_with(tmp_path, models=[A, B])
    assert not compare(caplog, path, SCORES | {"models": [B, A]})
    assert compare(caplog, path, SCORES | {"models": [A, A]})


def test_other_bins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = table_with(tmp_path, bin_size=200)
    [told] = compare(caplog, path, SCORES)
    assert "200 bp" in told
    assert not compare(caplog, path, SCORES, bin_size=200)
    # What is not known of the prediction does not matter to its bins.
    assert len(compare(caplog, path, {})) == 1


@pytest.mark.parametrize(
    ("table", "largest", "scores"),
    [("binary", 1, "quant"), ("quant", 1, "binary"), ("binary", 40, "quant"), (None, 1, "quant")],
)
def test_another_kind_of_model(tmp_path: Path, table: str | None, largest: float, scores: str) -> None:
    path = table_with(tmp_path, kind=table) if table else tmp_path / "published.tsv"
    problems = Problems()
    compare_with_table(cutoff(path, largest=largest), SCORES | {"kind": scores}, problems, bin_size=32)
    [problem] = problems
    assert (problem.kind, problem.option, problem.file) == ("value", "--cutoff_file", path)


def test_a_quantitative_table_fits_its_models(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scores = SCORES | {"kind": "quant"}
    assert not compare(caplog, table_with(tmp_path, kind="quant"), scores)
    assert not compare(caplog, tmp_path / "no_record.tsv", scores, largest=40)


def test_nothing_is_known(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "published.tsv").touch()
    assert facts_of_table(tmp_path / "published.tsv") == facts_of_track(tmp_path / "none.bw") == {}
    assert not compare(caplog, tmp_path / "published.tsv", SCORES)
    assert not compare(caplog, None, SCORES, largest=math.inf)


@pytest.mark.parametrize(
    "facts",
    [
        {"models": 5}, {"models": ["abc"]}, {"models": [{"sha256": ["a"]}]}, {"models": [A | {"training_chroms": 1}]},
        {"kind": ["quant"]}, {"both_strands": "yes"}, {"bin_size": "32"}, {"cell_types": 1}, {"chroms": [1]},
        {"seen_chroms": None},
    ],
)  # fmt: skip
def test_a_fact_of_another_form_is_not_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, facts: dict[str, Any]
) -> None:
    """Whoever edits a record gets no traceback."""
    (name,) = facts
    table = table_with(tmp_path, **facts)
    track = record(tmp_path, "predict", "CTCF.bw", prediction=SCORES | facts)
    assert dict(facts_of_track(track)) == {key: fact for key, fact in SCORES.items() if key != name}
    assert dict(facts_of_table(table)) == {key: fact for key, fact in TABLE.items() if key != name}
    assert not compare(caplog, table, dict(facts_of_track(track)))
    assert seen_chroms(facts_of_track(track), ["chrI"]) == []
    assert tuned_chroms(table, ["chrI"]) == ([] if name == "chroms" else ["chrI"])


@pytest.mark.parametrize(
    "edited", [{"settings": 5}, {"settings": {"vchroms": 5, "tchroms": {}, "test_rev_comp": "no"}}]
)
def test_an_edited_record_of_a_training_run(
    training: Path, caplog: pytest.LogCaptureFixture, edited: dict[str, Any]
) -> None:
    kept = json.loads((training / "CTCF_run.json").read_text())
    (training / "CTCF_run.json").write_text(json.dumps(kept | edited))
    facts = facts_of_track(training / "CTCF.bw")
    assert "both_strands" not in facts
    assert seen_chroms(facts, ["chrI"]) == tuned_chroms(training / "CTCF_thresholds.tsv", ["chrI"]) == []


def test_the_files_of_a_training_run(training: Path, caplog: pytest.LogCaptureFixture) -> None:
    table, track = training / "CTCF_thresholds.tsv", training / "CTCF.bw"
    facts = facts_of_table(table)
    assert (facts["cell_types"], facts["chroms"], facts["bin_size"]) == (["A"], ["chrI"], 32)
    for name in ("_best.keras", "_best.h5"):
        model = {"sha256": sha256(training / f"CTCF{name}")}
        assert not compare(caplog, table, SCORES | {"models": [model]})
    assert len(compare(caplog, table, SCORES)) == 1
    # The test averages both strands, the validation does not.
    [told] = compare(caplog, table, dict(facts_of_track(track)))
    assert "strand" in told


def test_the_facts_of_a_table_are_those_that_all_its_tracks_share(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in "abc")
    for folder, facts in ((first, SCORES), (second, SCORES | {"both_strands": True}), (third, {})):
        folder.mkdir()
        record(folder, "predict", "CTCF.bw", prediction=facts)
    more = {"bin_size": 200, "cell_types": ["A"], "chroms": ["chrI"]}

    def made(*folders: Path) -> dict[str, Any]:
        tracks = [folder / "CTCF.bw" for folder in folders]
        return dict(calibration_facts(tracks, bin_size=200, cell_types=("A",), chroms=("chrI",)))

    assert made(first) == made(first, first) == {"models": [A], "kind": "binary", "both_strands": False} | more
    assert made(first, second) == {"models": [A], "kind": "binary"} | more
    assert made(first, third) == made() == more


@pytest.mark.parametrize(
    ("cell_type", "tuned"), [(None, ["chrII"]), ("hek-293", ["chrII"]), ("gm_12878", ["chrII"]), ("K562", [])]
)
def test_chromosomes_of_the_table(tmp_path: Path, cell_type: str | None, tuned: list[str]) -> None:
    assert tuned_chroms(table_with(tmp_path), ["chrII", "chrIII"], cell_type) == tuned
    assert tuned_chroms(tmp_path / "none.tsv", ["chrII"], cell_type) == []

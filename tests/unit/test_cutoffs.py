"""Cutoffs: the tables, what is looked up in them, and what is wrong with them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.errors import Problem, Problems
from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.thresholds import metric_table, threshold_table
from maxatac.prediction.cutoffs import Cutoff, find_cutoff, read_cutoff_table
from maxatac.prediction.settings import CutoffSettings

HEADER = "Standard_Thresh\tMonotonic_Avg_Precision\tMonotonic_Avg_Recall\tMonotonic_Avg_log2FC\tAvg_F1\n"
ROWS = """\
0.0\t0.1\t0.98\t-0.5\t0.2
0.2\t0.3\t0.9\t1.0\t0.5
0.454\t0.5\t0.6\t2.5\t0.6
0.6\t0.5\t0.5\t2.5\t0.6
0.8\t0.9\t0.1\t3.0\t0.15
"""
NEWER = """\
Metric\tBin\tPrecision\tRecall\tThreshold\tF1
Precision\t0.5\t0.52\t0.7\t0.3\t0.55
Precision\t0.6\t0.61\t0.5\t0.41\t0.58
Precision\t0.7\tNA\tNA\tNA\tNA
Recall\t0.6\t0.5\t0.6\t0.35\t0.56
Recall\t0.5\t0.6\t0.5\t0.4\t0.57
F1\t0.55\t0.5\t0.6\t0.37\t0.55
F1\t0.6\t0.6\t0.6\t0.39\t0.6
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "CTCF.tsv"
    path.write_text(HEADER + ROWS)
    return path


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    path = tmp_path / "CTCF_cross_celltype.tsv"
    path.write_text(NEWER)
    return path


def find(table: Path | None, kind: str, value: float | None = None) -> Cutoff:
    problems = Problems()
    found = find_cutoff(CutoffSettings(cutoff_file=table, cutoff_type=kind, cutoff_value=value), problems)
    assert found is not None and not problems
    return found


def refused(table: Path, kind: str = "F1", value: float | None = None) -> Problem:
    problems = Problems()
    assert find_cutoff(CutoffSettings(cutoff_file=table, cutoff_type=kind, cutoff_value=value), problems) is None
    [problem] = problems
    assert problem.file == table
    return problem


@pytest.mark.parametrize(
    ("kind", "value", "score"),
    [
        ("F1", None, 0.454), ("f1", 0.9, 0.454), ("Precision", 0.5, 0.454), ("precision", 0.51, 0.8),
        ("Precision", 0, 0.0), ("Recall", 0.6, 0.454), ("RECALL", 0.5, 0.6), ("Recall", 0.61, 0.2),
        ("Recall", 0, 0.8), ("log2FC", 1.5, 0.454), ("log2fc", -1, 0.0), ("log2FC", 3, 0.8),
    ],
)  # fmt: skip
def test_what_is_looked_up(table: Path, kind: str, value: float | None, score: float) -> None:
    found = find(table, kind, value)
    assert found.score == score
    assert (found.type.lower(), found.table, found.largest) == (kind.lower(), table, 0.8)
    assert found.entry()["score_as_float32"] == float(np.float32(score))


@pytest.mark.parametrize(
    ("kind", "value", "score"),
    [
        ("Precision", 0.5, 0.3), ("Precision", 0.51, 0.41), ("Recall", 0.4, 0.4), ("Recall", 0.55, 0.35),
        ("F1", None, 0.39), ("F1", 0.5, 0.37),
    ],
)  # fmt: skip
def test_what_is_looked_up_in_the_newer_layout(newer: Path, kind: str, value: float | None, score: float) -> None:
    assert find(newer, kind, value).score == score


def test_what_the_table_promises(table: Path) -> None:
    assert find(table, "F1").promised == {"Precision": 0.5, "Recall": 0.6, "log2FC": 2.5, "F1": 0.6}
    assert "recall 0.6" in find(table, "F1").describe().lower()


def test_a_score_needs_no_table() -> None:
    found = find(None, "Score", 0.3)
    assert (found.score, found.table, found.largest) == (0.3, None, math.inf)


def test_without_table_and_score_there_is_no_cutoff(table: Path) -> None:
    problems = Problems()
    assert find_cutoff(CutoffSettings(), problems) is None
    assert find_cutoff(CutoffSettings(), problems, table=table) == find(table, "F1")
    assert not problems


@pytest.mark.parametrize(
    ("settings", "is_needed"),
    [({}, True), ({"cutoff_value": 0.5}, False), ({"cutoff_type": "Recall", "cutoff_value": 0.5}, False)],
)
def test_a_cutoff_that_needs_a_table(settings: dict[str, Any], is_needed: bool) -> None:
    problems = Problems()
    assert find_cutoff(CutoffSettings(**settings), problems, is_needed=is_needed) is None
    assert [problem.option for problem in problems] == ["--cutoff_file"]


def test_the_table_of_a_training_run_is_read(tmp_path: Path) -> None:
    path = tmp_path / "CTCF_thresholds.tsv"
    # At the highest thresholds nothing is bound, and at 0 everything is called.
    ranking = Ranking.of(np.array([0, 1, 1, 0]), np.array([0.1, 0.25, 0.5, 0.75], np.float32))
    path.write_text(threshold_table([ranking]))
    assert find(path, "F1").score == 0.101
    assert find(path, "Recall", 0.5).score == 0.5
    path.write_text(metric_table([ranking]))
    assert find(path, "F1").score == find(path, "Recall", 1).score == 0.25
    assert find(path, "Recall", 0.5).score == 0.5
    assert refused(path, "Precision", 0.8).option == "--cutoff_value"


def test_rows_in_another_order(table: Path) -> None:
    table.write_text(HEADER + "\r\n".join(reversed(ROWS.splitlines())))
    assert find(table, "F1").score == 0.454
    assert find(table, "Recall", 0.5).score == 0.6


@pytest.mark.parametrize(
    ("kind", "value", "highest"), [("Precision", 0.95, "0.9"), ("Recall", 0.99, "0.98"), ("log2FC", 3.1, "3")]
)
def test_a_value_that_is_not_reached(table: Path, kind: str, value: float, highest: str) -> None:
    problem = refused(table, kind, value)
    assert (problem.kind, problem.option) == ("value", "--cutoff_value")
    assert f"{kind} there is {highest}" in str(problem)


def test_a_value_that_cannot_be_is_told_once(table: Path) -> None:
    settings = CutoffSettings(cutoff_file=table, cutoff_type="Precision", cutoff_value=70)
    problems = settings.problems()
    assert find_cutoff(settings, problems) is None
    assert [problem.option for problem in problems] == ["--cutoff_value"]


def test_the_table_of_a_quantitative_model_has_no_highest_score(table: Path) -> None:
    """Its outputs may lie above all thresholds, which may end at 1."""
    record = {"maxatac": "1", "run_of": "threshold", "prefix": "CTCF", "outputs": [table.name]}
    (table.parent / "CTCF_threshold_run.json").write_text(json.dumps({**record, "calibration": {"kind": "quant"}}))
    find(table, "F1").check_scale(1.5, "CTCF.bw")


def test_a_value_that_the_newer_layout_does_not_reach(newer: Path) -> None:
    assert "Precision there is 0.6," in str(refused(newer, "Precision", 0.65))
    assert refused(newer, "log2FC", 1).option == "--cutoff_type"


@pytest.mark.parametrize("column", ["Standard_Thresh", "Avg_F1", "Monotonic_Avg_Recall"])
def test_a_column_is_missing(table: Path, column: str) -> None:
    table.write_text((HEADER + ROWS).replace(column, "Other"))
    problem = refused(table, "Recall" if "Recall" in column else "F1", 0.5)
    assert (problem.kind, problem.place) == ("column", f"column '{column}'")


def test_a_column_that_is_there_twice(table: Path) -> None:
    table.write_text(table.read_text().replace("Monotonic_Avg_log2FC", "Avg_F1"))
    assert refused(table).kind == "column"


def test_a_column_that_is_not_needed_may_be_missing(table: Path) -> None:
    table.write_text((HEADER + ROWS).replace("Monotonic_Avg_Recall", "Other"))
    assert find(table, "F1").promised == {"Precision": 0.5, "log2FC": 2.5, "F1": 0.6}


@pytest.mark.parametrize(
    ("old", "new"), [("0.3\t0.9", "0.3"), ("0.3\t0.9", "much\t0.9"), ("0.2\t0.3", "\t0.3"), ("0.2\t0.3", "inf\t0.3")]
)
def test_a_broken_line(table: Path, old: str, new: str) -> None:
    table.write_text(HEADER + ROWS.replace(old, new, 1))
    problem = refused(table)
    assert (problem.kind, problem.line) == ("line", 3)


def test_all_broken_lines_are_told(table: Path) -> None:
    table.write_text(HEADER + ROWS.replace("0.5\t", "half\t"))
    problems = Problems()
    assert read_cutoff_table(table, problems) is None
    assert {problem.line for problem in problems} >= {4, 5}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "unreadable file"), (b"\n", "format"), (HEADER.encode(), "format"), (b"chr1\t0\t32\t0.5\n", "column"),
        (b"\x89HDF\r\n\x1a\n", "format"), (b"PK\x03\x04", "format"), (b"\x80\x81\x82", "format"),
    ],
)  # fmt: skip
def test_what_is_no_table(table: Path, content: bytes, kind: str) -> None:
    table.write_bytes(content)
    assert refused(table).kind == kind


def test_a_missing_table(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.tsv").kind == "missing file"


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"cutoff_type": "recal"}, "--cutoff_type"), ({"cutoff_type": "score"}, "--cutoff_value"),
        ({"cutoff_type": "Recall"}, "--cutoff_value"),
        ({"cutoff_type": "Recall", "cutoff_value": 70}, "--cutoff_value"),
        ({"cutoff_type": "log2FC", "cutoff_value": math.nan}, "--cutoff_value"),
        ({"cutoff_type": "score", "cutoff_value": 1e39}, "--cutoff_value"),
        ({"cutoff_type": "score", "cutoff_value": 0.5, "cutoff_file": Path("a")}, "--cutoff_file"),
    ],
)  # fmt: skip
def test_settings(settings: dict[str, Any], option: str) -> None:
    [problem] = CutoffSettings(**settings).problems()
    assert (problem.kind, problem.option) == ("setting", option)


@given(
    rows=st.lists(
        st.tuples(*[st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.75, 1.0])] * 3),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[0],
    ),
    value=st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.9, 1.0]),
    kind=st.sampled_from(["Precision", "Recall", "log2FC"]),
)
def test_any_table(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float]], value: float, kind: str
) -> None:
    path = tmp_path_factory.mktemp("table") / "table.tsv"
    path.write_text(HEADER + "".join(f"{t}\t{p}\t{r}\t{p}\t0.5\n" for t, p, r in rows))
    there = [t for t, p, r in rows if (r if kind == "Recall" else p) >= value]
    problems = Problems()
    found = find_cutoff(CutoffSettings(cutoff_file=path, cutoff_type=kind, cutoff_value=value), problems)
    if there:
        assert found is not None
        assert found.score == (max(there) if kind == "Recall" else min(there))
    else:
        assert (found, problems[0].option) == (None, "--cutoff_value")

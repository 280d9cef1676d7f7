"""The table of the published CTCF model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from maxatac.errors import Problems
from maxatac.prediction.cutoffs import Cutoff, find_cutoff
from maxatac.prediction.settings import CutoffSettings

TABLE = "maxatac_data/models/CTCF/CTCF_validationPerformance_vs_thresholdCalibration.tsv"


def look_up(table: Path, kind: str, value: float | None) -> tuple[Cutoff | None, Problems]:
    problems = Problems()
    return find_cutoff(CutoffSettings(cutoff_file=table, cutoff_type=kind, cutoff_value=value), problems), problems


@pytest.mark.parametrize(
    ("kind", "value", "score"), [("F1", None, 0.454), ("Precision", 0.7, 0.465), ("Recall", 0.5, 0.608)]
)
def test_worked_values(test_data: Path, kind: str, value: float | None, score: float) -> None:
    found, problems = look_up(test_data / TABLE, kind, value)
    assert found is not None and not problems
    assert (found.score, found.largest) == (score, 1)
    if kind == "F1":
        said = {"Precision": 0.691007, "Recall": 0.605538, "log2FC": 6.205004, "F1": 0.640825}
        assert found.promised == pytest.approx(said, abs=1e-6)


def test_every_value(test_data: Path) -> None:
    table = pd.read_csv(test_data / TABLE, sep="\t")
    for kind, column in (("Precision", "Monotonic_Avg_Precision"), ("log2FC", "Monotonic_Avg_log2FC")):
        for value in (0.0, 0.3, 0.5, 0.99, 1.0):
            found, _ = look_up(test_data / TABLE, kind, value)
            assert found is not None
            assert found.score == table.Standard_Thresh[table[column] >= value].min()
    for value in (0.0, 0.3, 0.9, 0.99):
        found, _ = look_up(test_data / TABLE, "Recall", value)
        assert found is not None
        assert found.score == table.Standard_Thresh[table.Monotonic_Avg_Recall >= value].max()


def test_a_recall_that_is_not_reached(test_data: Path) -> None:
    found, problems = look_up(test_data / TABLE, "Recall", 0.999)
    assert found is None
    assert "0.998039" in str(problems[0])

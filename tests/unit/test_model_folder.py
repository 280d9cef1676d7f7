"""Models by the name of their transcription factor."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken import named

from maxatac.errors import Problem, Problems
from maxatac.prediction.model_folder import find_model

MODEL = "CTCF_binary_revcomp99_fullModel_RR0_95.h5"
TABLE = "CTCF_validationPerformance_vs_thresholdCalibration.tsv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Laid out as the published models."""
    for name in (f"CTCF/{MODEL}", f"CTCF/{TABLE}", "CTCF/CTCF_plot.png", "CTCFL/CTCFL.keras", "MAX/MAX.h5", "motifs/a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def refused(tf_name: str, folder: Path) -> Problem:
    problems = Problems()
    assert find_model(tf_name, folder, problems) is None
    (problem,) = problems
    return problem


def test_model_and_table(folder: Path) -> None:
    problems = Problems()
    assert find_model("CTCF", folder, problems) == (folder / "CTCF" / MODEL, folder / "CTCF" / TABLE)
    assert find_model("CTCFL", folder, problems) == (folder / "CTCFL" / "CTCFL.keras", None)
    assert not problems


@pytest.mark.parametrize(
    ("name", "near"),
    [("CTFC", "there are CTCF, CTCFL, MAX"), ("max", "there are MAX, CTCF"), ("../CTCF", "CTCF"), ("motifs", "CTCF")],
)
def test_unknown_factor(name: str, near: str, folder: Path) -> None:
    assert named(refused(name, folder), f"no model of {name}", near, kind="value", option="--tf_name", file=folder)


def test_several_models(folder: Path) -> None:
    (folder / "CTCF/CTCF_best.keras").touch()
    problem = refused("CTCF", folder)
    assert named(problem, MODEL, "CTCF_best.keras", "--model", file=folder / "CTCF")


def test_several_tables(folder: Path) -> None:
    """Of the two layouts that ``threshold`` writes, the published one is taken."""
    (folder / "CTCF/CTCF_cross_celltype.tsv").touch()
    found = find_model("CTCF", folder, Problems())
    assert found is not None
    assert found[1] == folder / "CTCF" / TABLE
    (folder / "CTCF/CTCF_mine.tsv").touch()
    assert named(refused("CTCF", folder), TABLE, "CTCF_mine.tsv", "--cutoff_file")
    assert find_model("CTCF", folder, Problems(), needs_table=False) == (folder / "CTCF" / MODEL, None)


def test_folders_without_models(folder: Path) -> None:
    assert named(refused("CTCF", folder / "absent"), "does not exist", option="--models", file=folder / "absent")
    assert named(refused("CTCF", folder / "motifs" / "a"), "not a folder", option="--models")
    above = folder / "above"
    above.mkdir()
    (folder / "CTCF").rename(above / "CTCF")
    (folder / "outer").mkdir()
    above.rename(folder / "outer" / "models")
    assert named(refused("CTCF", folder / "outer"), f"did you mean {folder / 'outer' / 'models'}?")

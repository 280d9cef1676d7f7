"""Shared files that a run is allowed to have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starting import Start
from tiny import TinySet


def test_training_cell_types_may_share(
    damaged: TinySet, tmp_path: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(damaged.file("CellA", "binding.bw"), damaged.file("CellB", "binding.bw"))
    assert start(damaged.arguments(tmp_path / "results")).inputs.shared == ()


def test_allowed(
    damaged: TinySet, tmp_path: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(damaged.file("CellA", "binding.bw"), damaged.file("CellC", "binding.bw"))
    started = start(damaged.arguments(tmp_path / "results", allow_shared_files=("CellC",)))
    (equal,) = started.inputs.shared
    assert [(use.cell_line, use.label) for use in equal.uses] == [("CellA", "Train"), ("CellC", "Test")]
    warned = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(warned) == 1
    assert "allowed by --allow_shared_files: Binding_File of CellA (Train, line 2), " in warned[0]


def test_one_cell_type_on_both_sides(
    damaged: TinySet, tmp_path: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its names and its files pass together, and the log says so."""
    rows = damaged.rows()
    rows[2]["Cell_Line"] = "cell-a"
    damaged.write_meta(rows)
    shutil.copyfile(damaged.file("CellA", "signal.bw"), damaged.file("CellC", "signal.bw"))
    started = start(damaged.arguments(tmp_path / "results", allow_same=("cell-a=CellA",)))
    assert len(started.inputs.shared) == 1
    warned = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(warned) == 2
    assert "allowed by --allow_same: ATAC_Signal_File of CellA (Train, line 2), " in warned[0]
    assert "allowed by --allow_same: CellA trains, and cell-a is tested; " in warned[1]

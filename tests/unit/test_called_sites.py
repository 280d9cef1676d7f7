"""Which sites in the folder of a run are those of its cell types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maxatac.reporting.called_sites import called_sites

RUN = {"inputs": {"sequence": {"sha256": "0"}, "CellA signal": {"sha256": "a"}, "CellC signal": {"sha256": "c"}}}


def leave(folder: Path, command: str, prefix: str, inputs: dict[str, str], outputs: dict[str, str]) -> None:
    record: dict[str, Any] = {"maxatac": "0.1.0", "run_of": command}
    record["inputs"] = {name: {"sha256": found} for name, found in inputs.items()}
    record["outputs"] = {name: {"sha256": found} for name, found in outputs.items()}
    (folder / f"{prefix}_{command}_run.json").write_text(json.dumps(record))


def test_sites_of_a_cell_type(tmp_path: Path) -> None:
    leave(
        tmp_path, "predict", "x", {"model": "m", "signal": "c", "signal 2": "other"},
        {"x_C.bw": "track", "x_C_peaks.bed": "s", "x_o.bw": "t"},
    )  # fmt: skip
    leave(tmp_path, "peaks", "x_C", {"input_bigwig": "track"}, {"x_C_200bp.narrowPeak": "s"})
    leave(tmp_path, "peaks", "x_o", {"input_bigwig": "t"}, {"x_o_32bp.bed": "s"})
    (tmp_path / "x_C_peaks.bed").write_text("chr1\t0\t32\t0.5\nchr2\t64\t96\t0.7\n")
    (tmp_path / "x_C_200bp.narrowPeak").write_text("chr1\t0\t200\tx\t1\t.\n")
    (tmp_path / "x_o_32bp.bed").write_text("chr1\t0\t32\t0.5\n")
    assert called_sites(tmp_path, RUN) == {
        "CellC": {
            "x_C_peaks.bed": {"chr1": [(0, 32)], "chr2": [(64, 96)]},
            "x_C_200bp.narrowPeak": {"chr1": [(0, 200)]},
        }
    }


def test_no_sites(tmp_path: Path) -> None:
    leave(tmp_path, "peaks", "x", {"input_bigwig": "track"}, {"x_32bp.bed": "s"})
    (tmp_path / "x_32bp.bed").write_text("")
    assert called_sites(tmp_path, RUN) == {}
    assert called_sites(tmp_path, {"inputs": {"CellA signal": {"sha256": None}}}) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": None}, {"inputs": {"signal": 5}}, {"inputs": {"signal": {}}}, {"inputs": {"signal": {"sha256": []}}},
        {"outputs": ["x.bw"]}, {"outputs": {"x.bw": None}}, {"inputs": {}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["predict", "peaks"])
def test_records_that_were_changed_are_left_out(tmp_path: Path, command: str, change: dict[str, Any]) -> None:
    leave(tmp_path, "predict", "x", {"signal": "c"}, {"x.bw": "track", "x_peaks.bed": "s"})
    leave(tmp_path, "peaks", "x", {"input_bigwig": "track"}, {"x_32bp.bed": "s"})
    for name in ("x_peaks.bed", "x_32bp.bed"):
        (tmp_path / name).write_text("chr1\t0\t32\t0.5\n")
    path = tmp_path / f"x_{command}_run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert list(called_sites(tmp_path, RUN).get("CellC", ())) == ([] if command == "predict" else ["x_peaks.bed"])


@pytest.mark.parametrize("content", [b"track name=x\n", b"chr1\t0\n", b"chr1\ta\tb\n", b"\xff\t0\t1\n"])
def test_sites_that_were_changed_are_left_out(tmp_path: Path, content: bytes) -> None:
    leave(tmp_path, "predict", "x", {"signal": "c"}, {"x.bw": "track", "x_peaks.bed": "s"})
    (tmp_path / "x_peaks.bed").write_bytes(content)
    assert called_sites(tmp_path, RUN) == {}

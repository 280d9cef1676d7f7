"""MultiQC reads the table of ``prepare``, where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cut_sites import spread_of

from maxatac.preparation.multiqc import multiqc_table
from maxatac.preparation.qc import QcFacts, TrackFacts, qc_numbers


def test_samples_of_two_runs_stand_in_one_table(tmp_path: Path) -> None:
    if (program := shutil.which("multiqc")) is None:
        pytest.skip("multiqc is not installed")
    spread = spread_of({"chr1": 100_000}, {"chr1": np.arange(0, 50_000, 7)})
    for sample in ("one", "other sample"):
        tracks = [TrackFacts(sample, spread, 7_000, 8_000, 40_000, 6.0, 9)]
        facts = QcFacts(sample, [Path("a.bam")], "read", 9_000, {"unmapped": 1_000}, tracks)
        (tmp_path / f"{sample}_qc_mqc.tsv").write_text(multiqc_table(facts, qc_numbers(facts)))
    command = [program, "--no-version-check", "--data-format", "json", "--outdir", str(tmp_path / "out"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out/multiqc_data/multiqc_data.json").read_text())
    (table,) = found["report_saved_raw_data"].values()
    assert {name: row["kept"] for name, row in table.items()} == {"one": 8_000, "other sample": 8_000}

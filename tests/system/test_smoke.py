"""The real program trains the real network, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from results import history, record
from tiny import SPLIT, TinySet

PREFIX = "maxatac_model"


def run(tiny_set: TinySet, output: Path, *words: str, **changes: Any) -> Path:
    arguments = tiny_set.arguments(output, "--rev_comp", *words, rand_ratio=0.25, jitter=100, **SPLIT, **changes)
    done = subprocess.run([sys.executable, "-m", "maxatac", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def output(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tiny_set, tmp_path_factory.mktemp("smoke") / "results", plot=True)


def test_run_is_complete(output: Path) -> None:
    assert record(output)["status"] == "finished"
    (row,) = history(output)
    assert all(0 < row[name] < 5 for name in ("dice_coef", "loss", "val_dice_coef", "val_loss"))
    for name in (
        "_1.keras", "_best.keras", "_best.h5", "_model_structure.png", "_model_dice_acc.png", "_test.tsv", ".bw",
        "_thresholds.tsv", "_report.html",
    ):  # fmt: skip
        assert (output / f"{PREFIX}{name}").stat().st_size > 0


@pytest.mark.slow
def test_same_seed_gives_the_same_run(output: Path, tiny_set: TinySet, tmp_path: Path) -> None:
    again = run(tiny_set, tmp_path / "again", "--no-test")
    assert (again / f"{PREFIX}.csv").read_bytes() == (output / f"{PREFIX}.csv").read_bytes()
    assert record(again)["state_sha256"] == record(output)["state_sha256"]


@pytest.mark.slow
def test_another_number_of_threads_rounds_differently_at_most(output: Path, tiny_set: TinySet, tmp_path: Path) -> None:
    """The backend computes with as many threads, and may round as they split its sums."""
    again = run(tiny_set, tmp_path / "again", "--no-test", threads=2)
    assert history(again) == [pytest.approx(row, rel=1e-2) for row in history(output)]

"""Readers of what a run leaves in its folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any


def record(output: Path, prefix: str = "maxatac_model") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / f"{prefix}_run.json").read_text())
    return found


def history(output: Path, prefix: str = "maxatac_model") -> list[dict[str, float]]:
    """The table of the epochs, row by row."""
    with (output / f"{prefix}.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

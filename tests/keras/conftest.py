"""Fixtures of the tests that need Keras."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A folder for the results of a run; not there yet."""
    return tmp_path / "results"

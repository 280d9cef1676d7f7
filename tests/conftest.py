"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports TensorFlow: its start-up messages would drown a failing test's output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_DATA = Path(os.environ.get("MAXATAC_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder of real data; where it is absent the test is skipped, in continuous integration it fails."""
    if _DATA.is_dir():
        return _DATA
    reason = f"real data not found in {_DATA}; set MAXATAC_TEST_DATA to its folder"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def yeast(test_data: Path) -> Path:
    """Folder of the yeast set."""
    return test_data / "yeast_sacCer3"

"""Fixtures of the loader's tests."""

from __future__ import annotations

import pytest
from small_set import DataSet, make_data_set


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """The small set; its files stay as they are, copy them before damaging one."""
    return make_data_set(tmp_path_factory.mktemp("small"))

"""The public names of the package."""

from __future__ import annotations

import pytest

import maxatac


@pytest.mark.parametrize("name", maxatac.__all__)
def test_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(maxatac, name)
    assert callable(found)
    assert found.__doc__

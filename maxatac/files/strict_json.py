"""JSON as it is meant: no key twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def without_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make a mapping of what JSON holds; of a key that is there twice, nobody knows which is meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} is there twice")
    return made

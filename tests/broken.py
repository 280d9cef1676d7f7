"""Broken inputs: a web page in place of a file, rows of a meta file with changes; and what a problem must say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tiny import TinySet

from maxatac.errors import Problem

HTML = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n"

Check = Callable[..., Sequence[Problem]]


def named(problem: Problem | str, *words: object, **data: object) -> bool:
    """The sentence has these words, and the problem this kind, file, line and so on."""
    assert {name: getattr(problem, name) for name in data} == data
    missing = [str(word) for word in words if str(word) not in str(problem)]
    assert not missing, f"{problem!r} lacks {missing}"
    return True


def rows_of(data: TinySet, **changes: Sequence[str]) -> list[dict[str, str]]:
    """Rows of the meta file, with some columns replaced from top to bottom."""
    rows = data.rows()
    for column, values in changes.items():
        for row, value in zip(rows, values, strict=True):
            row[column] = value
    return rows

"""Checksums of files, and whether two files have the same content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from maxatac.errors import Problems


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sampled_sha256(path: Path, *, pieces: int = 64, size: int = 65_536) -> str:
    """SHA-256 of evenly spaced pieces of a file, the first and the last bytes among them, in hexadecimal.

    Parameters
    ----------
    path : Path
        Read whole if it is not longer than the pieces together.
    pieces, size : int
        How many, and bytes of each.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        if length <= pieces * size:
            return sha256(path)
        for piece in range(pieces):
            file.seek((length - size) * piece // (pieces - 1))
            digest.update(file.read(size))
    return digest.hexdigest()


def is_same_file(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, by links or spelling; false if either cannot be looked at."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def distinct_files(option: str, paths: Sequence[Path], problems: Problems) -> list[Path]:
    """Leave out paths that lead to the file of an earlier one; each is a problem of the option."""
    distinct: list[Path] = []
    for path in paths:
        if any(path == other or is_same_file(path, other) for other in distinct):
            problems.add("setting", "is given twice", option=option, file=path)
        else:
            distinct.append(path)
    return distinct


def has_same_content(one: Path, other: Path) -> bool:
    """Tell whether two files are equal, byte for byte.

    Raises
    ------
    OSError
        If either cannot be read: neither answer would be safe.
    """
    return one.samefile(other) or (one.stat().st_size == other.stat().st_size and sha256(one) == sha256(other))

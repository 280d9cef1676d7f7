"""Checksums of files, and whether two files have the same content."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from maxatac.errors import Problems

_Version = tuple[int, int, int, int]

# By version of a file, while a block of ``hashing_once`` runs. Not by context: the threads of a pool have their own.
_kept: dict[_Version, str] | None = None


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        if _kept is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        status = os.fstat(file.fileno())
        version = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        if version not in _kept:
            _kept[version] = hashlib.file_digest(file, "sha256").hexdigest()
        return _kept[version]


@contextlib.contextmanager
def hashing_once() -> Iterator[None]:
    """Keep what :func:`sha256` computes as long as the block runs, so that no unchanged file is read twice for it."""
    global _kept
    before = _kept
    _kept = {} if before is None else before
    try:
        yield
    finally:
        _kept = before


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

"""Checksums of files, and whether two files have the same content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


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


class Content(NamedTuple):
    """Paths of one content.

    Attributes
    ----------
    paths : list of Path
        In the order in which they were given.
    size : int
        Bytes.
    sha256 : str or None
        None where all paths lead to one file: there is nothing to compare.
    """

    paths: list[Path]
    size: int
    sha256: str | None


def by_content(
    paths: Iterable[Path], *, worth_reading: Callable[[list[Path]], bool] = lambda paths: True
) -> Iterator[Content]:
    """Group files by their content: sizes are compared first, then the SHA-256 of those of one size.

    Parameters
    ----------
    paths : iterable of Path
        Different paths. One that is no file with something in it, or cannot be read, is left out.
    worth_reading : callable
        Called with the paths of one size; if it returns false, none of them is read or given.

    Yields
    ------
    Content
        Every path is in one; in the order in which their sizes first occur.
    """
    # By size, then by file: a link and its target are one, and need not be read.
    sizes: dict[int, dict[tuple[int, int], list[Path]]] = {}
    for path in paths:
        try:
            status = path.stat()
        except (OSError, ValueError):
            continue
        if path.is_file() and status.st_size:
            sizes.setdefault(status.st_size, {}).setdefault((status.st_dev, status.st_ino), []).append(path)
    for size, files in sizes.items():
        if not worth_reading([path for names in files.values() for path in names]):
            continue
        if len(files) == 1:
            yield Content(next(iter(files.values())), size, None)
            continue
        contents: dict[str, list[list[Path]]] = {}
        for names in files.values():
            try:
                contents.setdefault(sha256(names[0]), []).append(names)
            except OSError:
                continue
        for digest, groups in contents.items():
            yield Content([path for names in groups for path in names], size, digest if len(groups) > 1 else None)


def has_same_content(one: Path, other: Path) -> bool:
    """Tell whether two files are equal, byte for byte.

    Raises
    ------
    OSError
        If either cannot be read: neither answer would be safe.
    """
    return one.samefile(other) or (one.stat().st_size == other.stat().st_size and sha256(one) == sha256(other))

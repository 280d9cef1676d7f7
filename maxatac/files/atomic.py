"""Files that are whole or absent: written under another name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from maxatac.files.strict_json import to_json

_PARTIAL = ".partial"

# Two processes may write one file by mistake; their temporary files must differ.
_MINE = os.urandom(4).hex()

_guards: list[Callable[[], None]] = []


@contextlib.contextmanager
def guarding(check: Callable[[], None]) -> Iterator[None]:
    """Call a function before each file is begun and before it gets its name, as long as the block runs.

    What it raises leaves the old file in place.
    """
    _guards.append(check)
    try:
        yield
    finally:
        _guards.remove(check)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; what was written there becomes ``path`` when the block ends well.

    The suffix is kept, since writers choose a format by it. A failing block leaves ``path`` as it was and no trace. The
    content is on the disk before the name is, and the name before the block is left: a power cut leaves the old file
    or the new one, whole.

    Raises
    ------
    OSError
        If the file cannot be written; it names ``path``, not the temporary file.
    """
    partial = path.with_name(temporary_name(path.name))
    check_guards()
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        check_guards()
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        check_guards()
        # The error of a full disk has no file name, and a user does not know the temporary one.
        if error.errno is None or error.filename not in (None, str(partial), partial):
            raise
        reason = os.strerror(error.errno)
        if error.errno == errno.ENOENT and not path.parent.is_dir():
            reason = "cannot be written: its folder is gone"
        raise OSError(error.errno, reason, str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def check_guards() -> None:
    """Call the functions of ``guarding``, for a file that is written in another way than by ``replacing``."""
    for check in _guards:
        check()


def temporary_name(name: str, owner: str = _MINE) -> str:
    """Name the temporary file of this process that becomes the file of this name; the suffix stays."""
    return f".{name}{_PARTIAL}.{owner}{Path(name).suffix}"


def whole_name(name: str) -> str | None:
    """Name of the file that a temporary file will become; ``None`` if the name is not that of a temporary file."""
    head, found, _ = name.rpartition(_PARTIAL)
    return head[1:] if found and head.startswith(".") else None


def expanded(path: str | Path) -> Path:
    """Make a path, with ``~`` and ``~user`` as a shell reads them; where there is no such home, it stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _sync_folder(folder: Path) -> None:
    """Put a renaming on the disk. Some network file systems know no such request, and need none."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    r"""Write UTF-8 text, whole or not at all; a byte of a path that is not UTF-8 is written as ``\udce9``."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, whole or not at all; see :func:`to_json`."""
    write_text(path, to_json(value) + "\n")

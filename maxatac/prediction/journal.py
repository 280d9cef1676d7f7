"""The journal of a prediction: the chromosomes that are finished, in one file that only grows.

A genome may have 20,000 sequences, too many for a file each. The journal is a row of blocks, each with its length and
its checksum before it, little-endian:

=========  =======================================================================
8 bytes    length of the content
4 bytes    its CRC-32
content    of the first block: what the predictions are made of, as JSON
           of all others: a chromosome. 4 bytes with the length of a JSON object of ``chrom``, ``offset`` and ``shape``;
           this object; a bit for each bin that says whether it has a prediction; these predictions as float32
=========  =======================================================================

A block that is not whole, as a kill or a full disk leaves one, ends the journal: it is cut off, and its chromosome
predicted again.
"""

from __future__ import annotations

import json
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from maxatac.errors import MaxatacError, Problem, Problems
from maxatac.files.atomic import check_guards, replacing
from maxatac.files.strict_json import to_json
from maxatac.prediction.chromosome import ChromPredictions

_MAGIC = b"maxATAC predictions 1\n"
_HEAD = struct.Struct("<QI")
_LENGTH = struct.Struct("<I")

_CHUNK = 1 << 20
"""Bytes that are read at once to check them."""

_SHOWN = 5
"""Items of a list that a message names."""

_SYNCED_EVERY = 5.0
"""Seconds after which what was written is put on the disk: for each of 20,000 contigs it would take minutes."""


class Journal:
    """Finished chromosomes of a prediction, on disk.

    What is in memory is the place of each chromosome in the file.

    Parameters
    ----------
    path : Path
        Created if it is not there.
    made_of : mapping
        What the predictions depend on, as JSON can hold it.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    MaxatacError
        If it is no journal, or of something else; :func:`journal_problems` tells what.
    """

    def __init__(self, path: Path, made_of: Mapping[str, Any]) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        self._synced = time.monotonic()
        if not path.exists():
            with replacing(path) as partial, partial.open("wb") as file:
                file.write(_MAGIC)
                _write_block(file, to_json(made_of).encode())
        if problems := journal_problems(path, made_of):
            raise MaxatacError("\n".join(map(str, problems)))
        with path.open("rb") as file:
            _read_header(file)
            self._end = file.tell()
            for entry in _entries(file):
                self._places[entry["chrom"]] = self._end
                self._end = file.tell()

    @property
    def finished(self) -> tuple[str, ...]:
        """Names of the chromosomes in it, in the order in which they were added."""
        return tuple(self._places)

    def append(self, predictions: ChromPredictions) -> None:
        """Add a chromosome.

        It outlives the process when this returns, and a power cut some seconds later.

        Parameters
        ----------
        predictions : ChromPredictions
            Of a chromosome that is not there yet.

        Raises
        ------
        OSError
            If the file cannot be written, as on a full disk; what was there before stays valid.
        """
        values = np.ascontiguousarray(predictions.values, dtype="<f4")
        has_value = ~np.isnan(values)
        entry = {"chrom": predictions.chrom, "offset": predictions.offset, "shape": values.shape}
        text = json.dumps(entry).encode()
        parts = (_LENGTH.pack(len(text)), text, np.packbits(has_value), values[has_value])
        check_guards()
        try:
            with self.path.open("r+b", buffering=0) as raw:
                raw.truncate(self._end)
                raw.seek(self._end)
                with open(raw.fileno(), "wb", closefd=False) as file:
                    _write_block(file, *parts)
                    end = file.tell()
                if time.monotonic() - self._synced > _SYNCED_EVERY:
                    os.fsync(raw.fileno())
                    self._synced = time.monotonic()
        except OSError as error:
            # The error of a full disk lacks the name of the file.
            if error.errno is None or error.filename is not None:
                raise
            raise OSError(error.errno, os.strerror(error.errno), str(self.path)) from error
        self._places[predictions.chrom] = self._end
        self._end = end

    def read(self, chrom: str) -> ChromPredictions:
        """Read a chromosome back.

        Parameters
        ----------
        chrom : str

        Returns
        -------
        ChromPredictions

        Raises
        ------
        KeyError
            If it was not added.
        MaxatacError
            If the file has changed since.
        """
        with self.path.open("rb") as file:
            file.seek(self._places[chrom])
            content = _read_block(file)
        if content is None:
            raise MaxatacError(f"{self.path}: has changed while it was in use")
        (length,) = _LENGTH.unpack_from(content)
        begin = _LENGTH.size + length
        entry = json.loads(content[_LENGTH.size : begin])
        shape = tuple(entry["shape"])
        n_bits = int(np.prod(shape))
        bits = np.frombuffer(content, np.uint8, count=-(-n_bits // 8), offset=begin)
        values = np.full(shape, np.nan, np.float32)
        has_value = np.unpackbits(bits, count=n_bits).astype(bool).reshape(shape)
        values[has_value] = np.frombuffer(content, "<f4", offset=begin + len(bits))
        return ChromPredictions(entry["chrom"], entry["offset"], values)


class WriteBehind:
    """Writes things in a thread while the next are made; a context manager, whose end waits for the last.

    Parameters
    ----------
    write : callable
        Called with one thing at a time, in their order.
    """

    def __init__(self, write: Callable[[ChromPredictions], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1, "maxatac-write-behind")
        self._writing: Future[None] | None = None

    def put(self, predictions: ChromPredictions) -> None:
        """Have it written, when the one before is: no more than one waits in memory.

        Raises
        ------
        Exception
            What writing the one before has raised.
        """
        self._settle()
        self._writing = self._thread.submit(self._write, predictions)

    def check(self) -> None:
        """Raise what writing has raised; do not wait for it."""
        if self._writing is not None and self._writing.done():
            self._settle()

    def _settle(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def __enter__(self) -> WriteBehind:
        """Do nothing: the thread starts with the first thing."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is being written; raise what that raises, unless there is an error already."""
        self._thread.shutdown()
        if kind is None:
            self._settle()


def journal_problems(path: Path, made_of: Mapping[str, Any]) -> Problems:
    """Say why a journal cannot be gone on with: it is none, or was made of something else.

    Parameters
    ----------
    path : Path
        Nothing is wrong if there is no such file.
    made_of : mapping
        What the predictions would depend on now.

    Returns
    -------
    Problems
        One for each field that differs, of kind ``resume``.
    """
    problems = Problems()
    if not path.exists():
        return problems
    try:
        with path.open("rb") as file:
            before = _read_header(file)
    except OSError as error:
        return Problems([Problem.of(error)])
    if before is None:
        told = "is no journal of a prediction, or is damaged"
        problems.add("resume", told, hint="begin anew with --force", option="--resume", file=path)
        return problems
    tell_differences(path, before, made_of, problems)
    return problems


def tell_differences(path: Path, before: Mapping[str, Any], made_of: Mapping[str, Any], problems: Problems) -> None:
    """Add a problem of kind ``resume`` for each field in which what a file was made of is not what it would be now."""
    hint = "what shapes the predictions must be as it was; begin anew with --force"
    now: dict[str, Any] = json.loads(to_json(made_of))
    for name in {**before, **now}:
        if before.get(name) != now.get(name):
            found, expected = _shown_apart(now.get(name), before.get(name))
            problems.add("resume", found, expected=expected, hint=hint, option="--resume", file=path, place=name)


def _shown_apart(found: Any, expected: Any) -> tuple[str, str]:
    """Show two values that differ; of long lists what the other lacks."""
    if isinstance(found, list) and isinstance(expected, list) and max(len(found), len(expected)) > _SHOWN:
        ours = [one for one in found if one not in expected]
        theirs = [one for one in expected if one not in found]
        if ours or theirs:
            return f"{_shown(ours)} more", f"{_shown(theirs)} more"
    return _shown(found), _shown(expected)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - _SHOWN:,} others" if len(value) > _SHOWN else ""
        return ", ".join(map(str, value[:_SHOWN])) + more or "none"
    return json.dumps(value)


def _write_block(file: BinaryIO, *parts: Any) -> None:
    """Write a block whose content is some buffers, one behind the other."""
    views = [memoryview(part).cast("B") for part in parts]
    checksum = 0
    for view in views:
        checksum = zlib.crc32(view, checksum)
    file.write(_HEAD.pack(sum(map(len, views)), checksum))
    for view in views:
        file.write(view)


def _block_head(file: BinaryIO) -> tuple[int, int] | None:
    """Read length and checksum of the next block; None if it does not fit into the file."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack(head)
    return (length, checksum) if length <= os.fstat(file.fileno()).st_size - file.tell() else None


def _read_block(file: BinaryIO) -> bytes | None:
    """Read the content of the next block; None if it is not there as it was written."""
    head = _block_head(file)
    if head is None:
        return None
    content = file.read(head[0])
    return content if zlib.crc32(content) == head[1] else None


def _read_header(file: BinaryIO) -> dict[str, Any] | None:
    """Read what the predictions are made of; None if the file is no journal."""
    content = _read_block(file) if file.read(len(_MAGIC)) == _MAGIC else None
    return json.loads(content) if content else None


def _entries(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Give what each whole block says of itself, without its values; the file stands behind it then."""
    while (head := _block_head(file)) is not None:
        length, checksum = head
        begin = b""
        found = 0
        left = length
        while left and (chunk := file.read(min(left, _CHUNK))):
            begin = begin or chunk
            found = zlib.crc32(chunk, found)
            left -= len(chunk)
        # A block of zeros, as a power cut leaves them, has the checksum of nothing.
        if left or found != checksum or length < _LENGTH.size:
            return
        (text,) = _LENGTH.unpack_from(begin)
        yield json.loads(begin[_LENGTH.size : _LENGTH.size + text])

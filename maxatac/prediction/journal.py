"""The journal of a prediction: the chromosomes that are finished, kept in one file until all are.

The file begins with a line of JSON that says what the predictions are made of. Each chromosome follows as a line of
JSON with its name, shape and checksum, and its values as float32, little endian. A run that is killed may leave an
incomplete entry at the end, which is cut off when the file is opened again.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from maxatac.errors import MaxatacError, Problem, Problems
from maxatac.files.atomic import check_guards, replacing
from maxatac.prediction.chromosome import ChromPredictions

_LONGEST_HEADER = 1 << 24
_SYNC_SECONDS = 1.0
_VALUES = np.dtype("<f4")


class Journal:
    """Finished chromosomes in a file, which is made if there is none.

    Parameters
    ----------
    path : Path
    made_of : mapping
        What the predictions depend on, as plain values: settings, versions, checksums.

    Raises
    ------
    MaxatacError
        If the file is of something else; see :func:`journal_problems`.
    OSError
        If it cannot be read or written, as on a full disk.
    """

    def __init__(self, path: Path, made_of: Mapping[str, Any]) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        self._synced = time.monotonic()
        if not path.exists():
            with replacing(path) as partial:
                partial.write_bytes(_line({"made_of": made_of}))
        with path.open("rb") as file:
            if _differences(_header(file), made_of):
                raise MaxatacError(f"{path}: of another prediction; remove it, or go on with what it was made of")
            for place, chrom in _entries(file):
                self._places[chrom] = place
            self._end = file.tell()

    @property
    def finished(self) -> tuple[str, ...]:
        """Names of the chromosomes that are kept, in the order in which they came."""
        return tuple(self._places)

    def append(self, predictions: ChromPredictions) -> None:
        """Keep a chromosome.

        Raises
        ------
        OSError
            If it cannot be written, as on a full disk; the others are kept.
        """
        values = np.ascontiguousarray(predictions.values, dtype=_VALUES)
        entry = {"chrom": predictions.chrom, "offset": predictions.offset, "shape": values.shape}
        head = _line(entry | {"crc32": zlib.crc32(values.data)})
        place = self._end
        self._write(head + values.tobytes(), place)
        self._places[predictions.chrom] = place
        self._end = place + len(head) + values.nbytes

    def read(self, chrom: str) -> ChromPredictions:
        """Read a chromosome again.

        Raises
        ------
        MaxatacError
            If it is not what was written.
        """
        with self.path.open("rb") as file:
            file.seek(self._places[chrom])
            found = _read_entry(file)
        if found is None or found.chrom != chrom:
            raise MaxatacError(f"{self.path}: damaged since it was written; remove it, and predict again")
        return found

    def _write(self, content: bytes, place: int) -> None:
        """Write at a place, behind which nothing is kept."""
        check_guards()
        try:
            with self.path.open("r+b") as file:
                file.seek(place)
                file.write(content)
                file.truncate()
                file.flush()
                if time.monotonic() - self._synced > _SYNC_SECONDS:
                    os.fsync(file.fileno())
                    self._synced = time.monotonic()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error


def journal_problems(path: Path, made_of: Mapping[str, Any]) -> Problems:
    """Say why a prediction cannot go on from a journal: each difference in what the predictions are made of.

    There is none if there is no such file: the prediction then begins.
    """
    problems = Problems()
    if not path.exists():
        return problems
    try:
        with path.open("rb") as file:
            made_before = _header(file)
    except (OSError, MaxatacError) as error:
        problems.append(Problem.of(error))
        return problems
    hint = "what shapes the predictions must be as it was; begin anew with --force"
    for name, before, now in _differences(made_before, made_of):
        problems.add("resume", _told(now), expected=_told(before), hint=hint, option="--resume", file=path, place=name)
    return problems


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, default=str).encode() + b"\n"


def _header(file: BinaryIO) -> dict[str, Any]:
    try:
        made_of: dict[str, Any] = dict(json.loads(file.readline(_LONGEST_HEADER))["made_of"])
    except (ValueError, KeyError, TypeError):
        raise MaxatacError(f"{file.name}: no journal of a prediction; remove it") from None
    return made_of


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    plain = json.loads(_line(now))
    return [
        (name, before.get(name), plain.get(name))
        for name in dict.fromkeys((*before, *plain))
        if before.get(name) != plain.get(name)
    ]


def _told(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _entries(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Find the whole entries of a file, and leave it at the end of the last."""
    while True:
        place = file.tell()
        entry = _read_entry(file)
        if entry is None:
            file.seek(place)
            return
        yield place, entry.chrom


def _read_entry(file: BinaryIO) -> ChromPredictions | None:
    """Read the next entry; ``None`` if it is not whole."""
    try:
        head = json.loads(file.readline(_LONGEST_HEADER))
        tracks, bins = head["shape"]
        values = np.fromfile(file, _VALUES, tracks * bins)
        if len(values) == tracks * bins and zlib.crc32(values.data) == head["crc32"]:
            return ChromPredictions(head["chrom"], head["offset"], values.reshape(tracks, bins))
    except (ValueError, KeyError, TypeError):
        pass
    return None

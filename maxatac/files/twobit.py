"""Writing 2bit files (version 0, little endian).

A header of four 32-bit numbers (signature 0x1A412743, version, number of sequences, 0), an index of (length of the
name in one byte, name, 32-bit offset of the record), then the records: length, the runs of N as starts and sizes, the
soft-masked runs as starts and sizes, 0, and the bases, four to a byte, the first in the highest bits, T C A G being 0
to 3. The format is described at https://genome.ucsc.edu/FAQ/FAQformat.html#format7.

The index comes first and needs the offsets of records that have not been written yet, so it is filled in at the end.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = 0x1A412743
_TO_TWOBIT = np.array([2, 1, 3, 0], np.uint8)  # A C G T as this package counts them, to T C A G as the format does
_BASES_AT_ONCE = 1 << 22


class TwoBitWriter:
    """Writes sequences one after the other; the names are given at the start.

    Parameters
    ----------
    path : Path
        File to write.
    names : sequence of str
        Names of all sequences, ASCII, in the order in which they will be added.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._names = [name.encode("ascii") for name in names]
        self._offsets: list[int] = []
        self._file = path.open("wb")
        self._file.write(bytes(16 + sum(5 + len(name) for name in self._names)))

    def __enter__(self) -> TwoBitWriter:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Fill in the index, unless writing failed, and close the file."""
        with self._file:
            if kind is None:
                self._write_index()

    def add(self, codes: NDArray[np.uint8], n_runs: NDArray[np.int64], masked_runs: NDArray[np.int64]) -> None:
        """Write the next sequence.

        Parameters
        ----------
        codes : shape (length,), uint8
            0 to 3 for A, C, G, T. What stands under a run of N does not matter.
        n_runs, masked_runs : shape (runs, 2), int64
            Start and end of the runs of N and of the soft-masked runs, sorted.
        """
        self._offsets.append(self._file.tell())
        self._file.write(struct.pack("<I", len(codes)))
        for runs in (n_runs, masked_runs):
            self._file.write(struct.pack("<I", len(runs)))
            self._file.write(runs[:, 0].astype("<u4").tobytes())
            self._file.write((runs[:, 1] - runs[:, 0]).astype("<u4").tobytes())
        self._file.write(struct.pack("<I", 0))
        for start in range(0, len(codes), _BASES_AT_ONCE):
            self._file.write(_pack(codes[start : start + _BASES_AT_ONCE]).tobytes())

    def _write_index(self) -> None:
        if len(self._offsets) != len(self._names):
            raise ValueError(f"{len(self._offsets)} sequences written, {len(self._names)} announced")
        self._file.seek(0)
        self._file.write(struct.pack("<4I", _SIGNATURE, 0, len(self._names), 0))
        for name, offset in zip(self._names, self._offsets, strict=True):
            self._file.write(struct.pack("<B", len(name)) + name + struct.pack("<I", offset))


def _pack(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Four bases to a byte; the last byte is filled up with zeros."""
    values = np.zeros(-(-len(codes) // 4) * 4, np.uint8)
    values[: len(codes)] = _TO_TWOBIT[codes]
    packed = np.zeros(len(values) // 4, np.uint8)
    for base in range(4):
        packed |= values[base::4] << np.uint8(6 - 2 * base)
    return packed

"""Writers of small 2bit and bigWig files, for tests.

They know nothing of the readers, and write what other programs rarely do: either byte order, old versions, trees of
many levels, all kinds of sections in one file, several sections in a block, a hole in front of the data.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Interval = tuple[int, int, float]
Key = TypeVar("Key")

_CODES = np.zeros(256, np.uint8)
for _letter, _code in zip(b"TCAGtcag", (0, 1, 2, 3) * 2, strict=True):
    _CODES[_letter] = _code


def write_twobit(
    path: Path, sequences: Mapping[str, str], *, version: int = 0, endian: str = "<", hole: int = 0
) -> Path:
    """Write a 2bit file.

    Parameters
    ----------
    path : pathlib.Path
    sequences : mapping of str to str
        Letters out of ``ACGTNacgtn`` by name.
    version : int
        0, or 1 for 64-bit offsets.
    endian : str
        ``<`` or ``>``.
    hole : int
        Unused bytes between the index and the records; they take no space on most file systems.

    Returns
    -------
    pathlib.Path
        ``path``.
    """
    pack = _packer(endian)
    offset_size = 4 if version == 0 else 8
    records_at = 16 + sum(1 + len(name.encode()) + offset_size for name in sequences) + hole
    head, records = bytearray(pack("IIII", 0x1A412743, version, len(sequences), 0)), bytearray()
    for name, letters in sequences.items():
        text = name.encode()
        head += bytes([len(text)]) + text + pack("I" if version == 0 else "Q", records_at + len(records))
        bases = np.frombuffer(letters.encode(), np.uint8)
        records += pack("I", len(bases))
        for runs in (_runs((bases == ord("N")) | (bases == ord("n"))), _runs(bases >= ord("a"))):
            starts, ends = runs.T
            records += pack("I", len(runs))
            records += starts.astype(f"{endian}u4").tobytes() + (ends - starts).astype(f"{endian}u4").tobytes()
        codes = np.zeros(-(-len(bases) // 4) * 4, np.uint8)
        codes[: len(bases)] = _CODES[bases]
        records += pack("I", 0) + (codes.reshape(-1, 4) @ np.array([64, 16, 4, 1], np.uint8)).tobytes()
    return _write(path, head, hole, records)


@dataclass(frozen=True)
class BedGraph:
    """A section of intervals with a start, an end and a value each."""

    items: Sequence[Interval]

    def intervals(self) -> list[Interval]:
        return list(self.items)


@dataclass(frozen=True)
class VariableStep:
    """A section of starts and values, all of one length."""

    span: int
    items: Sequence[tuple[int, float]]

    def intervals(self) -> list[Interval]:
        return [(start, start + self.span, value) for start, value in self.items]


@dataclass(frozen=True)
class FixedStep:
    """A section of values, at one distance and of one length."""

    start: int
    step: int
    span: int
    values: Sequence[float]

    def intervals(self) -> list[Interval]:
        starts = (self.start + place * self.step for place in range(len(self.values)))
        return [(start, start + self.span, value) for start, value in zip(starts, self.values, strict=True)]


Section = tuple[str, BedGraph | VariableStep | FixedStep]


def write_bigwig(
    path: Path,
    chrom_sizes: Mapping[str, int],
    blocks: Sequence[Sequence[Section]],
    *,
    version: int = 4,
    endian: str = "<",
    compressed: bool = True,
    children: int = 256,
    hole: int = 0,
) -> Path:
    """Write a bigWig file without zoom levels.

    Parameters
    ----------
    path : pathlib.Path
    chrom_sizes : mapping of str to int
        Numbered in the order of their names, as other writers do.
    blocks : sequence of sequences of sections
        The sections of each block; of chromosomes in that same order, and of ascending starts.
    version : int
        1 to 4. There is no compression before version 3, and no summary in version 1.
    endian : str
        ``<`` or ``>``.
    compressed : bool
    children : int
        Children per node of both trees.
    hole : int
        Unused bytes between the chromosomes and the blocks.

    Returns
    -------
    pathlib.Path
        ``path``.
    """
    if compressed and version < 3:
        raise ValueError("blocks are compressed from version 3 on")
    pack = _packer(endian)
    ids = {name: number for number, name in enumerate(sorted(chrom_sizes))}
    name_size = max((len(name.encode()) for name in ids), default=1)

    summary_at = 64
    chroms_at = summary_at + 40
    leaves = [
        (name.encode().ljust(name_size, b"\0"), pack("II", number, chrom_sizes[name])) for name, number in ids.items()
    ]
    head = bytearray(chroms_at)
    head += pack("IIIIQQ", 0x78CA8C91, children, name_size, 8, len(leaves), 0)
    head += _tree(leaves, children, len(head), pack, encode=bytes, merge=lambda names: names[0], key_size=name_size)

    data_at = len(head) + hole
    tail = bytearray(pack("I", len(blocks)))
    entries, largest = [], 0
    for sections in blocks:
        raw = b"".join(_section(section, ids, pack) for section in sections)
        largest = max(largest, len(raw))
        stored = zlib.compress(raw) if compressed else raw
        spans = [
            (ids[chrom], start, ids[chrom], end) for chrom, items in sections for start, end, _ in items.intervals()
        ]
        entries.append((_join(spans), pack("QQ", data_at + len(tail), len(stored))))
        tail += stored

    index_at = data_at + len(tail)
    whole = _join([span for span, _ in entries])
    tail += pack("IIQIIIIQII", 0x2468ACE0, children, len(entries), *whole, index_at, 1, 0)
    base = data_at + len(tail)
    tail += _tree(entries, children, base, pack, encode=lambda span: pack("IIII", *span), merge=_join, key_size=16)
    tail += pack("I", 0x888FFC26)

    has_summary = version > 1
    header = ("IHHQQQHHQQIQ", 0x888FFC26, version, 0, chroms_at, data_at, index_at, 0, 0, 0)
    head[:64] = pack(*header, summary_at if has_summary else 0, largest if compressed else 0, 0)
    if has_summary:
        data = np.array([item for sections in blocks for _, items in sections for item in items.intervals()])
        head[summary_at:chroms_at] = _summary(data.reshape(-1, 3), pack)
    return _write(path, head, hole, tail)


def dense(intervals: Sequence[Interval], size: int) -> NDArray[np.float32]:
    """Spread intervals over bases: NaN where there is none; a later interval overwrites an earlier one."""
    values = np.full(size, np.nan, np.float32)
    for start, end, value in intervals:
        values[start:end] = value
    return values


def _packer(endian: str) -> Callable[..., bytes]:
    return lambda form, *numbers: struct.pack(endian + form, *numbers)


def _runs(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Shape (runs, 2): start and end of each run of true values."""
    return np.flatnonzero(np.diff(inside, prepend=False, append=False)).reshape(-1, 2)


def _write(path: Path, head: bytearray, hole: int, tail: bytearray) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.seek(hole, 1)
        file.write(tail)
    return path


def _section(section: Section, ids: Mapping[str, int], pack: Callable[..., bytes]) -> bytes:
    chrom, items = section
    intervals = items.intervals()
    if isinstance(items, BedGraph):
        step, span, kind = 0, 0, 1
        data = b"".join(pack("IIf", *interval) for interval in intervals)
    elif isinstance(items, VariableStep):
        step, span, kind = 0, items.span, 2
        data = b"".join(pack("If", start, value) for start, _, value in intervals)
    else:
        step, span, kind = items.step, items.span, 3
        data = b"".join(pack("f", value) for _, _, value in intervals)
    start, end = intervals[0][0], intervals[-1][1]
    return pack("IIIIIBBH", ids[chrom], start, end, step, span, kind, 0, len(intervals)) + data


def _summary(data: NDArray[np.float64], pack: Callable[..., bytes]) -> bytes:
    data = data[~np.isnan(data[:, 2])]
    if not len(data):
        return bytes(40)
    lengths, values = data[:, 1] - data[:, 0], data[:, 2]
    bases = int(lengths.sum())
    return pack(
        "Qdddd", bases, values.min(), values.max(), float((lengths * values).sum()), float((lengths * values**2).sum())
    )


def _join(spans: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """The region from the first start to the last end, over chromosomes."""
    first = min((span[:2] for span in spans), default=(0, 0))
    last = max((span[2:] for span in spans), default=(0, 0))
    return (*first, *last)


def _tree(
    leaves: Sequence[tuple[Key, bytes]],
    children: int,
    base: int,
    pack: Callable[..., bytes],
    *,
    encode: Callable[[Key], bytes],
    merge: Callable[[Sequence[Key]], Key],
    key_size: int,
) -> bytes:
    """Lay out a tree whose root comes first and lies at ``base`` of the file.

    Both trees of a bigWig are built alike: a leaf's entry is a key and some bytes, an inner one a key that stands for
    all keys below and an offset.
    """
    levels: list[list[Key]] = [[key for key, _ in leaves]]
    while len(levels[-1]) > children:
        below = levels[-1]
        levels.append([merge(below[at : at + children]) for at in range(0, len(below), children)])
    leaf_size = key_size + (len(leaves[0][1]) if leaves else 8)
    sizes = [4 + children * (leaf_size if level == 0 else key_size + 8) for level in range(len(levels))]

    out = bytearray()
    next_level = base
    for level in reversed(range(len(levels))):
        keys = levels[level]
        starts: Any = range(0, max(len(keys), 1), children)
        next_level += sizes[level] * len(starts)
        for first in starts:
            chunk = keys[first : first + children]
            node = bytearray(pack("BBH", int(level == 0), 0, len(chunk)))
            for place, key in enumerate(chunk, first):
                node += encode(key)
                node += leaves[place][1] if level == 0 else pack("Q", next_level + place * sizes[level - 1])
            out += node.ljust(sizes[level], b"\0")
    return bytes(out)

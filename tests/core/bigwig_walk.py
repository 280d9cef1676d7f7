"""A bigWig file taken apart byte by byte, without any reader.

Written from the description of the format in the supplement of Kent et al. 2010
(https://doi.org/10.1093/bioinformatics/btq351). Whatever is not as UCSC's programs write it is an AssertionError.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

HEADER = struct.Struct("<IHHQQQHHQQIQ")
ZOOM_HEADER = struct.Struct("<IIQQ")
SUMMARY = struct.Struct("<Qdddd")
CHROM_TREE = struct.Struct("<IIIIQQ")
INDEX = struct.Struct("<IIQIIIIQII")
SECTION = struct.Struct("<IIIIIBBH")
NODE = struct.Struct("<BBH")
RECORD = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("bases", "<u4"),
     ("min", "<f4"), ("max", "<f4"), ("sum", "<f4"), ("squares", "<f4")]
)  # fmt: skip


class Span(NamedTuple):
    """A region of an index: number of the first chromosome and start on it, number of the last and end on it."""

    first: int
    start: int
    last: int
    end: int


@dataclass
class Walked:
    """What a file holds."""

    chroms: dict[str, int]
    summary: tuple[int, float, float, float, float]
    kinds: list[int] = field(default_factory=list)
    intervals: dict[str, list[tuple[int, int, float]]] = field(default_factory=dict)
    zooms: dict[int, np.ndarray] = field(default_factory=dict)
    index_levels: int = 0
    chrom_levels: int = 0


def walk(path: Path) -> Walked:
    """Take a file apart from its first to its last byte."""
    data = path.read_bytes()
    (magic, version, zoom_levels, chrom_tree, data_at, index_at, fields, defined, auto_sql, summary_at, buffer_size,
     extension) = HEADER.unpack_from(data)  # fmt: skip
    assert (magic, version, fields, defined, auto_sql, extension) == (0x888FFC26, 4, 0, 0, 0, 0)
    assert data[-4:] == data[:4]
    # header, 10 headers of zoom levels, summary, chromosome tree, data
    assert (summary_at, chrom_tree) == (64 + 10 * ZOOM_HEADER.size, summary_at + SUMMARY.size)
    names, chrom_levels, end = _chroms(data, chrom_tree)
    assert end == data_at

    found = Walked(dict(names), SUMMARY.unpack_from(data, summary_at))
    found.chrom_levels = chrom_levels
    (block_count,) = struct.unpack_from("<Q", data, data_at)
    blocks, found.index_levels, end = _index(data, index_at)
    assert len(blocks) == block_count
    assert _side_by_side(blocks, data_at + 8) == index_at
    found.intervals = {name: [] for name in found.chroms}
    largest = 0
    for span, offset, size in blocks:
        raw = zlib.decompress(data[offset : offset + size])
        largest = max(largest, len(raw))
        chrom, items, kind = _section(raw)
        assert span == (chrom, items[0][0], chrom, items[-1][1])
        found.intervals[names[chrom][0]] += items
        found.kinds.append(kind)

    reduction = 0
    for level in range(10):
        at = 64 + level * ZOOM_HEADER.size
        last_reduction = reduction
        reduction, reserved, zoom_at, zoom_index = ZOOM_HEADER.unpack_from(data, at)
        if level >= zoom_levels:
            assert (reduction, reserved, zoom_at, zoom_index) == (0, 0, 0, 0)
            continue
        assert last_reduction < reduction <= min(max(found.chroms.values()), 2**31 - 1)
        assert zoom_at == end
        blocks, _, end = _index(data, zoom_index)
        assert _side_by_side(blocks, zoom_at + 4) == zoom_index
        records = []
        for span, offset, size in blocks:
            raw = zlib.decompress(data[offset : offset + size])
            largest = max(largest, len(raw))
            part = np.frombuffer(raw, RECORD)
            assert span == (part["chrom"][0], part["start"][0], part["chrom"][-1], part["end"][-1])
            records.append(part)
        found.zooms[reduction] = np.concatenate(records)
        assert struct.unpack_from("<I", data, zoom_at) == (len(found.zooms[reduction]),)
        assert (found.zooms[reduction]["end"] - found.zooms[reduction]["start"]).max() <= reduction
    assert end == len(data) - 4
    # 0 would mean that blocks are not compressed.
    assert max(largest, 1) <= buffer_size <= 1024 * RECORD.itemsize
    return found


def _chroms(data: bytes, at: int) -> tuple[list[tuple[str, int]], int, int]:
    magic, children, name_size, value_size, count, reserved = CHROM_TREE.unpack_from(data, at)
    assert (magic, value_size, reserved) == (0x78CA8C91, 8, 0)
    entry = struct.Struct(f"<{name_size}s8s")
    leaves, levels, end = _nodes(data, at + CHROM_TREE.size, children, entry, entry, name_size)
    for first, below in levels:
        # The name of an inner entry is the first one below it.
        assert first[:name_size] == below[:name_size]
    named = [(name.rstrip(b"\0"), *struct.unpack("<II", rest)) for name, rest in map(entry.unpack, leaves)]
    assert len(named) == count
    assert [name for name, _, _ in named] == sorted({name for name, _, _ in named})
    assert [number for _, number, _ in named] == list(range(count))
    return [(name.decode(), size) for name, _, size in named], _depth(count, children), end


def _index(data: bytes, at: int) -> tuple[list[tuple[Span, int, int]], int, int]:
    magic, children, count, *span, end_of_data, per_block, reserved = INDEX.unpack_from(data, at)
    assert (magic, end_of_data, per_block, reserved) == (0x2468ACE0, at, 1024, 0)
    inner, leaf = struct.Struct("<IIIIQ"), struct.Struct("<IIIIQQ")
    leaves, _, end = _nodes(data, at + INDEX.size, children, inner, leaf, None)
    blocks = [(Span(*fields[:4]), *fields[4:]) for fields in map(leaf.unpack, leaves)]
    assert len(blocks) == count
    starts = [(span.first, span.start) for span, _, _ in blocks]
    assert starts == sorted(starts)
    for (one, _, _), (other, _, _) in zip(blocks, blocks[1:], strict=False):
        assert (one.last, one.end) <= (other.first, other.start)
    first, last = (blocks[0][0], blocks[-1][0]) if blocks else (Span(0, 0, 0, 0),) * 2
    assert Span(*span) == (first.first, first.start, last.last, last.end)
    return blocks, _depth(count, children), end


def _nodes(
    data: bytes, root: int, children: int, inner: struct.Struct, leaf: struct.Struct, name_size: int | None
) -> tuple[list[bytes], list[tuple[bytes, bytes]], int]:
    """Entries of the leaves in order, pairs of an inner entry and the first entry below, and where the tree ends."""
    level, pairs = [root], []
    expected = root
    while True:
        is_leaf = bool(data[level[0]])
        entry = leaf if is_leaf else inner
        entries = []
        for offset in level:
            # All nodes side by side, level by level, all of the full size.
            assert offset == expected
            kind, reserved, count = NODE.unpack_from(data, offset)
            assert (bool(kind), reserved) == (is_leaf, 0)
            assert count <= children
            first = offset + NODE.size
            found = [data[first + i * entry.size : first + (i + 1) * entry.size] for i in range(count)]
            expected = first + children * entry.size
            assert not any(data[first + count * entry.size : expected])
            entries.append(found)
        flat = [one for node in entries for one in node]
        if is_leaf:
            return flat, pairs, expected
        level = [struct.unpack("<Q", one[-8:])[0] for one in flat]
        next_entry = leaf if data[level[0]] else inner
        for one, offset in zip(flat, level, strict=True):
            (count,) = struct.unpack_from("<H", data, offset + 2)
            start = offset + NODE.size
            below = [data[start + i * next_entry.size : start + (i + 1) * next_entry.size] for i in range(count)]
            if name_size is None:
                spans = [Span(*struct.unpack_from("<IIII", other)) for other in below]
                span = Span(spans[0].first, spans[0].start, spans[-1].last, spans[-1].end)
                assert Span(*struct.unpack_from("<IIII", one)) == span
            else:
                pairs.append((one, below[0]))


def _depth(count: int, children: int) -> int:
    depth = 1
    while children**depth < count:
        depth += 1
    return depth


def _side_by_side(blocks: list[tuple[Span, int, int]], start: int) -> int:
    for _, offset, size in blocks:
        assert offset == start
        start += size
    return start


def _section(raw: bytes) -> tuple[int, list[tuple[int, int, float]], int]:
    chrom, start, end, step, span, kind, reserved, count = SECTION.unpack_from(raw)
    assert reserved == 0
    assert 0 < count <= 1024
    item = {1: "<IIf", 2: "<If", 3: "<f"}[kind]
    rows = list(struct.iter_unpack(item, raw[SECTION.size :]))
    assert len(rows) == count
    if kind == 1:
        items = [(first, last, value) for first, last, value in rows]
    elif kind == 2:
        items = [(first, first + span, value) for first, value in rows]
    else:
        items = [(start + i * step, start + i * step + span, value) for i, (value,) in enumerate(rows)]
    assert (items[0][0], items[-1][1]) == (start, end)
    return chrom, items, kind

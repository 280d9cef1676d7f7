"""A writer of BAM files of millions of reads, in numpy: all reads have one length and a CIGAR of one operation.

``bam.py`` writes all that is odd; its records can be appended here.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from bam import FIRST, LAST, MATE_REVERSE, PAIRED, PROPER, REVERSE, bgzf, header
from numpy.typing import NDArray

_AT_ONCE = 200_000
_PATTERNS = 4096
_NAME = 9  # digits


@dataclass
class Reads:
    """Columns of reads, each of shape (reads,); ``start`` and ``mate_start`` are 0-based.

    ``name`` is the number of the pair, and ``quality`` that of a pattern of base qualities.
    """

    chrom: NDArray[np.int32]
    start: NDArray[np.int32]
    flag: NDArray[np.uint16]
    mapq: NDArray[np.uint8]
    mate_start: NDArray[np.int32]
    template_length: NDArray[np.int32]
    name: NDArray[np.int32]
    quality: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: NDArray[np.int64] | slice) -> Reads:
        """Choose rows, in their order."""
        return Reads(*(getattr(self, column.name)[rows] for column in fields(self)))

    def by_position(self) -> NDArray[np.int64]:
        """The order in which samtools sorts them."""
        return np.argsort((self.chrom.astype(np.int64) << 33) | (self.start.astype(np.int64) << 1) | self.reverse)

    @property
    def reverse(self) -> NDArray[np.int64]:
        """1 where the read is a reverse one."""
        return (self.flag & REVERSE != 0).astype(np.int64)


def reads_of_pairs(
    chrom: NDArray[np.integer],
    start: NDArray[np.integer],
    end: NDArray[np.integer],
    length: int,
    rng: np.random.Generator,
) -> Reads:
    """Make the two mates of each fragment; they stand beside each other.

    Parameters
    ----------
    chrom, start, end : shape (fragments,), integers
        Places of the fragments; none is shorter than ``length``.
    length : int
        Of a read, in bp.
    rng : numpy.random.Generator
        Draws which mate is the first, the base qualities, and a low mapping quality for one pair in ten.

    Returns
    -------
    Reads
        2 x fragments.
    """
    pairs = len(start)
    assert pairs == 0 or int((end - start).min()) >= length
    last_first = rng.random(pairs) < 0.5
    shape = (pairs, 2)  # the forward mate, then the reverse one
    starts = np.stack([start, end - length], axis=1).astype(np.int32)
    flag = np.empty(shape, np.uint16)
    flag[:, 0] = PAIRED | PROPER | MATE_REVERSE
    flag[:, 1] = PAIRED | PROPER | REVERSE
    flag[:, 0] |= np.where(last_first, LAST, FIRST).astype(np.uint16)
    flag[:, 1] |= np.where(last_first, FIRST, LAST).astype(np.uint16)
    template = np.stack([end - start, start - end], axis=1).astype(np.int32)
    mapq = np.where(rng.random(pairs) < 0.1, rng.integers(0, 30, pairs), 42).astype(np.uint8)
    return Reads(
        chrom=np.repeat(chrom, 2).astype(np.int32),
        start=starts.ravel(),
        flag=flag.ravel(),
        mapq=np.repeat(mapq, 2),
        mate_start=starts[:, ::-1].ravel(),
        template_length=template.ravel(),
        name=np.repeat(np.arange(pairs, dtype=np.int32), 2),
        quality=rng.integers(0, _PATTERNS, 2 * pairs).astype(np.int16),
    )


def write_reads(
    path: Path,
    references: Mapping[str, int],
    reads: Reads,
    length: int,
    *,
    order: NDArray[np.int64] | None = None,
    text: str | None = None,
    more: bytes = b"",
    level: int = 1,
    threads: int = 2,
    seed: int = 1,
) -> Path:
    """Write reads as a BAM file.

    Parameters
    ----------
    path : pathlib.Path
    references : mapping of str to int
        Lengths by name, in the order of ``reads.chrom``.
    reads : Reads
    length : int
        Of a read, in bp.
    order : shape (reads,), int64, optional
        The rows in the order of the file; as they are if not given.
    text : str, optional
        Of the header.
    more : bytes
        Records to append, as ``bam.encoded`` makes them.
    level : int
        Of compression.
    threads : int
    seed : int
        Of the bases and the qualities.

    Returns
    -------
    pathlib.Path
        ``path``.
    """
    rng = np.random.default_rng(seed)
    # Two bases in a byte, from each position on; reads at one place have the same bases.
    codes = (1 << rng.integers(0, 4, 1 << 20)).astype(np.uint8)
    bases = codes << 4 | np.roll(codes, -1)
    # Binned qualities, worse towards the end.
    worse = rng.random((_PATTERNS, 1)) * np.linspace(0.02, 0.5, length)
    patterns = np.where(rng.random((_PATTERNS, length)) < worse, rng.choice([2, 12, 23], (_PATTERNS, length)), 37)
    rows = np.arange(len(reads)) if order is None else order

    def chunk(first: int) -> bytes:
        part = reads.take(rows[first : first + _AT_ONCE])
        data = _records(part, length, bases, patterns.astype(np.uint8)).tobytes()
        return bgzf(data, end_block=False, level=level)

    with path.open("wb") as file, ThreadPoolExecutor(threads) as pool:
        file.write(bgzf(header(list(references.items()), text), end_block=False))
        firsts = range(0, len(rows), _AT_ONCE)
        # A few at a time, so that memory does not grow with the file.
        for at in range(0, len(firsts), threads):
            for packed in pool.map(chunk, firsts[at : at + threads]):
                file.write(packed)
        file.write(bgzf(*([more] if more else [])))
    return path


def _records(reads: Reads, length: int, bases: NDArray[np.uint8], patterns: NDArray[np.uint8]) -> NDArray[np.void]:
    packed = (length + 1) // 2
    layout = np.dtype(
        [
            ("size", "<u4"), ("chrom", "<i4"), ("start", "<i4"), ("name_size", "u1"), ("mapq", "u1"), ("bin", "<u2"),
            ("operations", "<u2"), ("flag", "<u2"), ("bases", "<i4"), ("mate_chrom", "<i4"), ("mate_start", "<i4"),
            ("template_length", "<i4"), ("name", "u1", (_NAME + 2,)), ("cigar", "<u4"), ("sequence", "u1", (packed,)),
            ("quality", "u1", (length,)),
        ]
    )  # fmt: skip
    out = np.zeros(len(reads), layout)
    out["size"] = layout.itemsize - 4
    for column in ("chrom", "start", "mapq", "flag", "mate_start", "template_length"):
        out[column] = getattr(reads, column)
    out["mate_chrom"] = reads.chrom
    out["name_size"] = _NAME + 2
    # The bin of the index; samtools refuses to index a file whose bins are wrong.
    out["bin"] = _bins(reads.start, reads.start + length)
    out["operations"], out["bases"], out["cigar"] = 1, length, length << 4
    out["name"][:, 0] = ord("r")
    for place in range(_NAME):
        out["name"][:, _NAME - place] = reads.name // 10**place % 10 + ord("0")
    at = reads.start[:, None] + np.arange(0, length, 2)
    out["sequence"] = bases[at & (len(bases) - 1)]
    if length % 2:
        out["sequence"][:, -1] &= 0xF0
    out["quality"] = patterns[reads.quality]
    return out


def _bins(start: NDArray[np.int32], end: NDArray[np.int32]) -> NDArray[np.uint16]:
    bins = np.zeros(len(start), np.uint16)
    for shift, offset in ((26, 1), (23, 9), (20, 73), (17, 585), (14, 4681)):
        inside = start >> shift == (end - 1) >> shift
        bins[inside] = offset + (start[inside] >> shift)
    return bins

"""A writer of small BAM files, for tests: one line of text is one pair or one read.

It knows nothing of the reader, and writes what other programs rarely do: no header text, or one padded with NUL; no
end block, an empty block in the middle, tiny blocks; pairs without tags, mates that are missing. ::

    write_bam(path, {"chr1": 1000}, '''
        a     chr1:100+50M   chr1:250-50M    mapq=60/0  qual=30      CB=AAAC-1
        b     chr1:100+5S45M chr1:240-45M5S  duplicate  qual=15,2/40
        c     chr1:300+      *               # its mate is unmapped; 50M where no CIGAR is given
        a/1   chr1:700+30M   secondary       mate=chr1:250-
        d/1   chr1:100+      mate=chr1:250-  # flags 99; its mate is not in the file
        e     chr1:500-36M                   # a single-end read
        f     *                              # neither mapped nor paired
    ''')

Positions are 0-based. The words ``secondary``, ``supplementary``, ``qc_failed``, ``duplicate``, ``unmapped``,
``proper`` and ``not_proper`` set flags; ``word/1`` and ``word/2`` those of one mate. ``mapq``, ``qual`` and tags take
one value, or one for each mate. A pair is properly paired when both mates lie on one chromosome and on opposite
strands. ``qual`` is qualities, or runs of ``quality x bases``, of which the last goes on to the end of the read; ``*``
is none. ``seq=*`` leaves the bases out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED, REVERSE, MATE_REVERSE, FIRST, LAST = (1 << bit for bit in range(8))
SECONDARY, QC_FAILED, DUPLICATE, SUPPLEMENTARY = (1 << bit for bit in range(8, 12))

FLAGS = {
    "secondary": SECONDARY,
    "supplementary": SUPPLEMENTARY,
    "qc_failed": QC_FAILED,
    "duplicate": DUPLICATE,
    "unmapped": UNMAPPED,
    "proper": PROPER,
}

_LOCUS = re.compile(r"(.+):(\d+)([+-])(\S*)")
_OPERATION = re.compile(r"(\d+)([MIDNSHP=X])")
_BASES = "=ACMGRSVTWYHKDBN"
_END_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@dataclass(frozen=True)
class Record:
    """One alignment; ``chrom`` and ``mate_chrom`` are None where there is none.

    ``quality`` holds one number per base, or is None where QUAL is missing. ``sequence`` is "" where SEQ is missing.
    Tags are text, integers or single characters (``{"MC": "50M", "ms": 1500}``).
    """

    name: str
    flag: int = 0
    chrom: str | None = None
    start: int = -1
    mapq: int = 60
    cigar: str = ""
    mate_chrom: str | None = None
    mate_start: int = -1
    template_length: int = 0
    sequence: str = ""
    quality: bytes | None = None
    tags: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The end on the reference, exclusive."""
        return self.start + sum(size for size, operation in operations(self.cigar) if operation in "MDN=X")


def operations(cigar: str) -> list[tuple[int, str]]:
    """Split a CIGAR: ``5S45M`` is ``[(5, "S"), (45, "M")]``."""
    found = [(int(size), operation) for size, operation in _OPERATION.findall(cigar)]
    assert "".join(f"{size}{operation}" for size, operation in found) == cigar, f"no CIGAR: {cigar}"
    return found


def records(text: str | Iterable[str]) -> list[Record]:
    """Read the lines described at the top of this module."""
    lines = text.splitlines() if isinstance(text, str) else text
    return [record for line in lines if (words := line.partition("#")[0].split()) for record in _line(words)]


def encoded(record: Record, names: Sequence[str]) -> bytes:
    """A record as bytes, without compression."""
    name = record.name.encode() + b"\0"
    cigar = b"".join(struct.pack("<I", size << 4 | "MIDNSHP=X".index(kind)) for size, kind in operations(record.cigar))
    codes = [_BASES.index(base) for base in record.sequence]
    packed = bytes(codes[at] << 4 | (codes[at + 1] if at + 1 < len(codes) else 0) for at in range(0, len(codes), 2))
    quality = b"\xff" * len(codes) if record.quality is None else record.quality
    assert len(quality) == len(codes), f"{record.name}: {len(codes)} bases, {len(quality)} qualities"
    body = struct.pack(
        "<iiBBHHHiiii",
        names.index(record.chrom) if record.chrom else -1,
        record.start,
        len(name),
        record.mapq,
        _bin(record.start, max(record.end, record.start + 1)),
        len(cigar) // 4,
        record.flag,
        len(codes),
        names.index(record.mate_chrom) if record.mate_chrom else -1,
        record.mate_start,
        record.template_length,
    )
    body += name + cigar + packed + quality + b"".join(_tag(name, value) for name, value in record.tags.items())
    return struct.pack("<I", len(body)) + body


def header(references: Sequence[tuple[str, int]], text: str | bytes | None = None) -> bytes:
    """The header as bytes, without compression. Without ``text`` it gets lines of its own, and no order."""
    if text is None:
        text = "@HD\tVN:1.6\n" + "".join(f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in references)
    told = text.encode() if isinstance(text, str) else text
    out = b"BAM\1" + struct.pack("<I", len(told)) + told + struct.pack("<I", len(references))
    for name, length in references:
        out += struct.pack("<I", len(name.encode()) + 1) + name.encode() + b"\0" + struct.pack("<I", length)
    return out


def bgzf(*parts: bytes, block_size: int = 65280, end_block: bool = True, level: int = 6) -> bytes:
    """Compress into blocks. Each part starts a new block; an empty part is an empty block."""
    out = bytearray()
    for part in parts:
        out += b"".join(_block(part[at : at + block_size], level) for at in range(0, len(part), block_size))
        out += _END_BLOCK if not part else b""
    return bytes(out + (_END_BLOCK if end_block else b""))


def write_bam(
    path: Path,
    references: Mapping[str, int] | Sequence[tuple[str, int]],
    reads: str | Iterable[str] | Iterable[Record],
    *,
    text: str | bytes | None = None,
    by_position: bool = False,
    block_size: int = 65280,
    end_block: bool = True,
    empty_block: bool = False,
    level: int = 6,
) -> Path:
    """Write a BAM file.

    Parameters
    ----------
    path : pathlib.Path
    references : mapping of str to int, or sequence of pairs
        Names and lengths. A sequence may name one twice.
    reads : str, iterable of str, or iterable of Record
        Lines as at the top of this module, or records.
    text : str or bytes, optional
        The text of the header, whatever it is.
    by_position : bool
        Sort the records as samtools does; else they stay as they are given.
    block_size : int
        Bytes in a block before compression, at most 65,280.
    end_block : bool
        Write the empty block that marks the end.
    empty_block : bool
        Write such a block behind the header too.
    level : int
        Of compression, 0 to 9.

    Returns
    -------
    pathlib.Path
        ``path``.
    """
    references = list(references.items()) if isinstance(references, Mapping) else list(references)
    names = [name for name, _ in references]
    reads = [reads] if isinstance(reads, str) else list(reads)
    found = [record for one in reads for record in ([one] if isinstance(one, Record) else records(one))]
    if by_position:
        found = sorted_by_position(found, names)
    body = b"".join(encoded(record, names) for record in found)
    parts = [header(references, text), *([b""] if empty_block else []), *([body] if body else [])]
    path.write_bytes(bgzf(*parts, block_size=block_size, end_block=end_block, level=level))
    return path


def sorted_by_position(reads: Iterable[Record], names: Sequence[str]) -> list[Record]:
    """Sort as samtools does: unplaced reads last, forward before reverse at one position."""
    places = {name: place for place, name in enumerate(names)}
    return sorted(reads, key=lambda read: (places.get(read.chrom or "", len(places)), read.start, read.flag & REVERSE))


@dataclass(frozen=True)
class _Locus:
    chrom: str
    start: int
    reverse: bool
    cigar: str


def _line(words: Sequence[str]) -> list[Record]:
    name, *rest = words
    values = {match[1]: match[2] for word in rest if (match := re.fullmatch(r"(\w+)=(.*)", word))}
    loci = [word for word in rest if word == "*" or _LOCUS.fullmatch(word)]
    loci = [word for word in loci if word.partition("=")[0] not in values]
    marks = [word for word in rest if word not in loci and word.partition("=")[0] not in values]
    lone = re.fullmatch(r"(.+)/([12])", name)
    mates = [_locus(word) for word in loci]
    assert 1 <= len(mates) <= 2, f"{name}: {len(mates)} places"
    if lone:
        mate = values.pop("mate", None)
        other = _locus(mate) if mate else None
        return [_record(lone[1], mates[0], other, int(lone[2]), values, marks)]
    if len(mates) == 1:
        return [_record(name, mates[0], None, 0, values, marks)]
    return [_record(name, mates[which - 1], mates[2 - which], which, values, marks) for which in (1, 2)]


def _locus(word: str) -> _Locus | None:
    if word == "*":
        return None
    match = _LOCUS.fullmatch(word)
    assert match, f"no place: {word}"
    return _Locus(match[1], int(match[2]), match[3] == "-", match[4] or "50M")


def _record(
    name: str, own: _Locus | None, mate: _Locus | None, which: int, values: Mapping[str, str], marks: Sequence[str]
) -> Record:
    def chosen(value: str) -> str:
        both = value.split("/")
        return both[0] if len(both) == 1 else both[max(which, 1) - 1]

    # An unmapped read stands where its mate does, as aligners write it.
    at, mate_at = own or mate, mate or own if which else None
    flag = 0 if own else UNMAPPED
    flag |= REVERSE if own and own.reverse else 0
    if which:
        flag |= PAIRED | (FIRST if which == 1 else LAST)
        flag |= (0 if mate else MATE_UNMAPPED) | (MATE_REVERSE if mate and mate.reverse else 0)
        flag |= PROPER if own and mate and own.chrom == mate.chrom and own.reverse != mate.reverse else 0
    for mark in marks:
        word, _, only = mark.partition("/")
        if not only or int(only) == which:
            flag = flag & ~PROPER if word == "not_proper" else flag | FLAGS[word]

    tags: dict[str, str | int] = {key: chosen(value) for key, value in values.items() if len(key) == 2}
    cigar = own.cigar if own else ""
    bases = sum(size for size, kind in operations(cigar) if kind in "MIS=X") if own else 50
    bases = 0 if values.get("seq") == "*" else bases
    record = Record(
        name,
        flag,
        chrom=at.chrom if at else None,
        start=at.start if at else -1,
        mapq=int(chosen(values.get("mapq", "60"))) if own else 0,
        cigar=cigar,
        mate_chrom=mate_at.chrom if mate_at else None,
        mate_start=mate_at.start if mate_at else -1,
        sequence=("ACGT" * (bases // 4 + 1))[:bases],
        quality=_quality(chosen(values.get("qual", "30")), bases),
        tags=tags,
    )
    return replace(record, template_length=_template_length(own, mate))


def _template_length(own: _Locus | None, mate: _Locus | None) -> int:
    if own is None or mate is None or own.chrom != mate.chrom:
        return 0
    ends = [Record("", start=one.start, cigar=one.cigar).end for one in (own, mate)]
    length = max(ends) - min(own.start, mate.start)
    return length if (own.start, own.reverse) <= (mate.start, mate.reverse) else -length


def _quality(text: str, bases: int) -> bytes | None:
    if text == "*":
        return None
    values: list[int] = []
    for run in text.split(","):
        quality, _, count = run.partition("x")
        values += [int(quality)] * int(count or 1)
    return bytes((values + values[-1:] * bases)[:bases])


def _tag(name: str, value: str | int) -> bytes:
    if isinstance(value, int):
        return name.encode() + b"i" + struct.pack("<i", value)
    return name.encode() + b"Z" + value.encode() + b"\0"


def _bin(start: int, end: int) -> int:
    """The bin of the index that holds [start, end), by the SAM specification."""
    end -= 1
    for shift, offset in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == end >> shift:
            return (offset + (start >> shift)) & 0xFFFF
    return 0


def _block(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    size = len(packed) + 25
    head = struct.pack("<BBBBIBBHBBHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data))

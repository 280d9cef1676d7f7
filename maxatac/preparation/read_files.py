"""What a file of reads is: told from its first bytes, before anything of it is used.

The text formats look alike. A fragments file of 10x has chromosome, start, end and, if all is there, barcode, number of
reads and strand. BED has a fragment in each line, or a read with its strand in column 6 (tagAlign). BEDPE has both
mates in ten columns; MACS calls three columns BEDPE too. A wrong guess would put cut sites at wrong ends, so that only
what is clear is guessed.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maxatac._core import check_end
from maxatac.errors import Problem, Problems, ReadsError
from maxatac.files.sniff import file_fault, kind_of_fault, phrase, sniff_bytes
from maxatac.wording import counted

_HEAD_BYTES = 1 << 18

_URL = re.compile(r"[a-z][a-z0-9+.-]*:/", re.IGNORECASE)

_SAM_HEADER = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")

_BARCODE = re.compile(r"[ACGTN]{6,}(?![a-z])", re.IGNORECASE)

_FEWEST_COLUMNS = 3

_DAMAGE = (OSError, EOFError, zlib.error)
"""What a file raises that cannot be unpacked."""

_TO_BAM = "convert it with samtools view -b"


@dataclass(frozen=True)
class ReadsFile:
    """A file of reads.

    Attributes
    ----------
    path : Path
    format : str
        ``bam``, ``fragments``, ``bed`` or ``bedpe``.
    lines : tuple of tuple of str
        The fields of its first lines, if it is text; comments are left out.
    is_packed : bool
        Whether it is gzip or bgzip.
    """

    path: Path
    format: str
    lines: tuple[tuple[str, ...], ...] = ()
    is_packed: bool = True

    @property
    def columns(self) -> int:
        """Columns of the first line; 0 of a BAM."""
        return len(self.lines[0]) if self.lines else 0

    @property
    def are_strands(self) -> bool:
        """Whether column 6 has strands in all lines that were looked at."""
        return self.columns >= 6 and all(len(line) > 5 and line[5] in ("+", "-") for line in self.lines)

    @property
    def have_barcodes(self) -> bool:
        """Whether column 4 looks like the barcode of a cell in the first line."""
        return self.columns > 3 and _BARCODE.search(self.lines[0][3]) is not None


def find_format(path: Path, wanted: str, problems: Problems) -> ReadsFile | None:
    """Tell what a file of reads is.

    Parameters
    ----------
    path : Path
    wanted : str
        What it should be, one of ``INPUT_FORMATS``.
    problems : Problems

    Returns
    -------
    ReadsFile or None
        None if something is wrong.
    """
    if not _can_be_read(path, problems):
        return None
    try:
        head = read_head(path)
    except _DAMAGE as error:
        problems.add("format", f"damaged, or cut off: {error}", hint="copy or make it again", file=path)
        return None
    kind = sniff_bytes(head)
    if kind == "CRAM":
        problems.add("format", "a CRAM file", expected="BAM, fragments, BED or BEDPE", hint=_TO_BAM, file=path)
        return None
    if kind == "BAM":
        if wanted not in ("auto", "bam"):
            problems.add("format", "a BAM file", expected=wanted, hint="see --input_format", file=path)
            return None
        return ReadsFile(path, "bam")
    if _SAM_HEADER.match(head):
        problems.add("format", "SAM text", expected="BAM, fragments, BED or BEDPE", hint=_TO_BAM, file=path)
        return None
    try:
        check_end(path)
    except (ReadsError, OSError) as error:
        problems.append(Problem.of(error))
        return None
    lines = tuple(_lines_of(head))
    if kind not in ("BED text", "unknown") or b"\0" in head or not lines or wanted == "bam":
        found = "no line with reads" if kind in ("BED text", "unknown") and not lines else phrase(kind)
        expected = "a BAM file" if wanted == "bam" else "BAM, fragments, BED or BEDPE"
        problems.add("format", found, expected=expected, file=path)
        return None
    if (columns := len(lines[0])) < _FEWEST_COLUMNS:
        is_text = "".join(lines[0]).isprintable()
        found = f"{counted(columns, 'column')} in the first line" if is_text else "neither BAM nor text"
        tabs = f"{_FEWEST_COLUMNS} columns or more, with tabs between them"
        expected = tabs if is_text else "BAM, fragments, BED or BEDPE"
        problems.add("format", found, expected=expected, file=path)
        return None
    format = _guess(path, lines[0]) if wanted == "auto" else wanted
    if format is None:
        told = f"text of {len(lines[0])} columns, which may be fragments or reads"
        problems.add("format", told, hint="say which with --input_format", file=path)
        return None
    return ReadsFile(path, format, lines, is_packed=_is_packed(path))


def read_head(path: Path) -> bytes:
    """Read the first bytes of a file, unpacked as far as they can be; damage behind them is told when all is read."""
    if not _is_packed(path):
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    parts: list[bytes] = []
    try:
        with gzip.open(path) as unpacked:
            while sum(map(len, parts)) < _HEAD_BYTES and (part := unpacked.read(1 << 16)):
                parts.append(part)
    except _DAMAGE:
        if not parts:
            raise
    return b"".join(parts)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _can_be_read(path: Path, problems: Problems) -> bool:
    """Refuse what is no file, with one sentence."""
    name = str(path)
    if name == "-":
        told = "standard input cannot be read twice, nor its end be checked: write it to a file first"
        problems.add("setting", told, option="--input")
        return False
    if _URL.match(name) and not path.exists():
        problems.add("missing file", "is an address, not a file: download it first", option="--input", file=path)
        return False
    fault = file_fault(path)
    if fault is None:
        return True
    hint = "a pipe cannot be read twice: write it to a file first" if fault == "is not a regular file" else None
    problems.add(kind_of_fault(path), f"input {fault}", hint=hint, file=path)
    return False


def _lines_of(head: bytes) -> Iterator[tuple[str, ...]]:
    """Give the fields of each line that is whole, without comments."""
    whole, _, rest = head.rpartition(b"\n")
    for line in (whole if len(head) >= _HEAD_BYTES else head).splitlines():
        if line.strip() and not line.startswith((b"#", b"track", b"browser")):
            yield tuple(line.decode("utf-8", "surrogateescape").rstrip("\r").split("\t"))


def _guess(path: Path, fields: Sequence[str]) -> str | None:
    """Tell the text formats apart where it is clear."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    if len(fields) >= 10 and _are_numbers(fields[4:6]) and not _are_numbers(fields[3:4]):
        return "bedpe"
    if name.endswith((".bed", ".bedpe", ".tagalign")):
        return "bed" if 3 <= len(fields) <= 6 else None
    if name.endswith(".tsv") and 3 <= len(fields) <= 6 and not _is_read(fields):
        # 10x and the original name fragments so.
        return "fragments"
    if 4 <= len(fields) <= 6 and _BARCODE.search(fields[3]):
        return "fragments"
    return None


def _is_read(fields: Sequence[str]) -> bool:
    """Recognise a line of tagAlign: a strand in column 6, and no barcode in column 4."""
    if len(fields) < 6 or fields[5] not in ("+", "-") or _BARCODE.search(fields[3]):
        return False
    return fields[3] in ("N", ".", "*", "") or any(mark in fields[3] for mark in ":/")


def _are_numbers(fields: Sequence[str]) -> bool:
    return all(re.fullmatch(r"-?[0-9]+", field) for field in fields)

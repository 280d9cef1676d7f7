"""Intervals of peak files, of tables of regions and of blacklists.

Three texts are read, plain or gzipped whatever their names say:

- BED: chromosome, start, end, and any further columns;
- narrowPeak: BED with ten columns, of which the fifth is a score, the sixth a strand and the others numbers. The tenth
  is the summit's distance from the start, -1 if not known. IDR writes ten more columns of numbers behind these. Some of
  its versions write the position of the summit in place of the distance, which shows by where it would lie;
- the table of regions that a training run saves, whose header names the columns ``Chr Start Stop ROI_Type Cell_Line``.

Columns stand between tabs or, in a line without tabs, between spaces. ``track``, ``browser``, ``#`` and blank lines are
skipped, and so is a header before the first interval. Blanks and a pair of quotation marks around a field do not belong
to it. A blacklist may also be a bigWig: what has a value above 0 is in it.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import logging
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import Problems
from maxatac.files.sniff import check_file, file_fault, phrase, sniff_bytes
from maxatac.genome.chroms import Fault, clean_name, name_fault

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

TABLE_HEADER = ("Chr", "Start", "Stop", "ROI_Type", "Cell_Line")
"""Column names of a table of regions."""

NO_CELL_LINE = "."
"""What a table of regions writes for a region without a cell line."""

# Positions in 2bit and bigWig files are unsigned 32-bit numbers.
_MAX_POSITION = 2**32 - 1

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")

_CHROM, _START, _END, _LENGTH, _SCORE, _STRAND, _, _, _, _SUMMIT = range(10)

# narrowPeak, and what IDR makes of two replicates: twelve columns, then four for each.
_WITH_SUMMIT = (10, 20)

_STRANDS = ("+", "-", ".", "*")

_NO_NUMBER = ("", ".", "NA")

_ANEW = "download or make it again"

# Lines that are looked at to tell where a file counts from.
_LOOKED_AT = 100


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of text with few different values.

    Attributes
    ----------
    names : tuple of str
        The values.
    codes : shape (n,), int32
        Index into ``names``.

    Raises
    ------
    ValueError
        If a name is there twice: looking it up would find one of the two.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check that each name is there once."""
        if len(set(self.names)) < len(self.names):
            raise ValueError("a label is there twice")

    def __len__(self) -> int:
        """Length of the column."""
        return len(self.codes)

    @classmethod
    def of(cls, values: Sequence[str] | pd.Series[str]) -> Labels:
        """Make a column from the text of a file; names that differ only in blanks and quotation marks become one."""
        import pandas as pd

        codes, names = pd.factorize(np.asarray(values, dtype=object))
        index: dict[str, int] = {}
        merged = [index.setdefault(clean_name(name), len(index)) for name in names]
        return cls(tuple(index), np.array(merged, dtype=np.int32)[codes])

    def counts(self) -> dict[str, int]:
        """Count how often each name is in the column; names without a row are left out."""
        counts = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return {name: count for name, count in zip(self.names, counts, strict=True) if count}

    def looked_up(self, numbers: Mapping[str, int], *, missing: int = -1) -> NDArray[np.int64]:
        """Get the number of each row's name, shape (n,); ``missing`` for names without one."""
        return np.array([numbers.get(name, missing) for name in self.names], dtype=np.int64)[self.codes]


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals of one file, in its order; coordinates 0-based, half-open, in bp.

    Attributes
    ----------
    path : Path
        The file.
    chrom : Labels
        Chromosome names.
    start, end : shape (n,), int64
        At least one base apart.
    summit : shape (n,), int64
        Position on the chromosome, from the start of the interval to its end; -1 if not known.
    line : shape (n,), int64
        Line of the file, 1-based.
    roi_type, cell_line : Labels or None
        Columns of a table of regions; ``.`` means no cell line.
    """

    path: Path
    chrom: Labels
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    summit: NDArray[np.int64]
    line: NDArray[np.int64]
    roi_type: Labels | None = None
    cell_line: Labels | None = None

    def __len__(self) -> int:
        """Count the intervals."""
        return len(self.start)

    @classmethod
    def none(cls, path: Path) -> Intervals:
        """Make the intervals of a file that has none."""
        nothing = np.empty(0, np.int64)
        return cls(path, Labels((), np.empty(0, np.int32)), nothing, nothing, nothing, nothing)


@dataclass(frozen=True)
class _Layout:
    """Where the columns behind the first three are; -1 for one that is not there."""

    summit: int = -1
    roi_type: int = -1
    cell_line: int = -1

    @property
    def needed(self) -> int:
        """Columns that a line must have."""
        return max(_END, self.roi_type, self.cell_line) + 1


def read_intervals(
    path: str | os.PathLike[str], problems: Problems, *, what: str = "ATAC peaks", may_be_empty: bool = False
) -> Intervals | None:
    """Read a BED or narrowPeak file, or a table of regions.

    Intervals of length zero (insertion points are valid BED) are left out with a warning, and so is a summit that lies
    outside its peak.

    Parameters
    ----------
    path : path-like
        Text, plain or gzipped.
    problems : Problems
    what : str
        What the file should hold, for messages.
    may_be_empty : bool
        Whether a file without an interval, such as one of no bytes, is read as such; it is a problem otherwise.

    Returns
    -------
    Intervals or None
        None if something is wrong.
    """
    kept = _kept.get()
    if kept is not None and (known := kept.get(Path(path))) is not None:
        return known
    if may_be_empty and _is_without_interval(path):
        return Intervals.none(Path(path))
    if not check_file(path, problems, what=what):
        return None
    data = read_bytes(path, problems)
    intervals = None if data is None else parse_intervals(Path(path), data, what, problems)
    if kept is not None and intervals is not None:
        kept[Path(path)] = intervals
    return intervals


def _is_without_interval(path: str | os.PathLike[str]) -> bool:
    """Tell whether a text, plain or gzipped, ends before its first interval; false if it cannot be read."""
    if file_fault(path) not in (None, "is empty"):
        return False
    try:
        with open(path, "rb") as plain:
            packed = sniff_bytes(plain.read(16)) == "gzip"
        with gzip.open(path) if packed else open(path, "rb") as text:
            # A line of a file for old Macintoshes is the whole file.
            lines = (part for line in text for part in line.splitlines())
            return all(_is_skipped(line) or _is_header([name.lower() for name in _split(line)]) for line in lines)
    except (OSError, EOFError, zlib.error):
        return False


_kept: ContextVar[dict[Path, Intervals] | None] = ContextVar("kept intervals", default=None)


@contextlib.contextmanager
def parsing_once() -> Iterator[None]:
    """Keep what :func:`read_intervals` reads as long as the block runs, so that no sound file is parsed twice."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def rows_by_code(codes: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Give each code that occurs, with its rows in rising order: one sort, however many codes there are."""
    order = np.argsort(codes, kind="stable")
    borders = np.flatnonzero(np.diff(codes[order])) + 1
    for first, last in zip([0, *borders.tolist()], [*borders.tolist(), len(order)], strict=True):
        if first < last:
            yield int(codes[order[first]]), order[first:last]


def read_bytes(path: str | os.PathLike[str], problems: Problems) -> bytes | None:
    """Read a file, unpacked if it is gzipped; None, with a problem, if it is damaged or empty inside."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        problems.add("unreadable file", f"cannot be read ({error.strerror})", file=path)
        return None
    if sniff_bytes(data[:16]) != "gzip":
        return data
    try:
        data = gzip.decompress(data)
    except EOFError:
        problems.add("format", "the gzip file is truncated", hint=_ANEW, file=path)
        return None
    except (gzip.BadGzipFile, zlib.error) as error:
        problems.add("format", f"the gzip file is damaged ({error})", hint=_ANEW, file=path)
        return None
    if not data:
        problems.add("unreadable file", "is empty once unpacked", file=path)
        return None
    return data


def parse_intervals(path: Path, data: bytes, what: str, problems: Problems) -> Intervals | None:
    """Turn the content of a file into intervals."""
    kind = sniff_bytes(data)
    zeros = b"\0" in data
    if kind not in ("BED text", "unknown") or zeros:
        found_zeros = " with zero bytes" if zeros and kind == "BED text" else ""
        problems.add("format", phrase(kind) + found_zeros, expected=f"{what} as BED or narrowPeak text", file=path)
        return None
    # bytes.splitlines breaks at \n, \r\n and \r only; str.splitlines at other characters too.
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    layout, header = _find_layout(lines)
    numbers = [number for number, line in enumerate(lines, 1) if number != header and not _is_skipped(line)]
    if not numbers:
        problems.add("format", "no interval", expected=f"{what} as BED or narrowPeak text", file=path)
        return None
    kept = [lines[number - 1] for number in numbers]
    if _counts_from_one(kept):
        problems.add(
            "format",
            "end - start + 1 in column 4, as in the .xls of MACS and in tables of R's GRanges, which count from 1",
            expected=f"{what} as BED or narrowPeak, which count from 0",
            file=path,
            line=numbers[0],
        )
        return None
    if header and layout.cell_line < 0:
        logger.info("%s, line %d: skipped as a header", path, header)
    line_numbers = np.array(numbers, dtype=np.int64)
    parsed = _parse_fast(path, kept, line_numbers, layout)
    if parsed is None or not _is_sound(parsed):
        found = Problems()
        parsed = _parse_slowly(path, kept, line_numbers, layout, found)
        if found:
            problems += found
            return None
    if any(line.startswith((b'"', b"'")) for line in kept):
        logger.warning("%s: there are quotation marks around names; they are read without", path)
    return _finished(parsed, what, problems)


def _is_skipped(line: bytes) -> bool:
    """Tell whether a line holds no interval: a comment, a line for genome browsers, or nothing."""
    words = line.split(maxsplit=1)
    return not words or words[0].startswith(b"#") or words[0] in (b"track", b"browser")


def _find_layout(lines: Sequence[bytes]) -> tuple[_Layout, int]:
    """Find out which column holds what; also returns the line of the header, 0 if there is none."""
    header = 0
    for number, line in enumerate(lines, 1):
        fields = _split(line)
        names = [name.lower() for name in fields]
        if names[:3] == ["#chr", "start", "stop"] or (not header and not _is_skipped(line) and _is_header(names)):
            places = {name: names.index(name) for name in ("roi_type", "cell_line") if name in names}
            header = number
            if places:
                return _Layout(**places), header
        elif not _is_skipped(line):
            return _Layout(summit=_SUMMIT if _has_summit(fields) else -1), header
    return _Layout(), header


def _is_header(names: Sequence[str]) -> bool:
    """Recognise column names such as ``chrom chromStart chromEnd``, in lower case."""
    return len(names) > _END and "start" in names[_START] and any(word in names[_END] for word in ("end", "stop"))


def _has_summit(fields: Sequence[str]) -> bool:
    """Tell a line of narrowPeak from one of another ten columns; BED12 has something else in the tenth."""
    while fields and not fields[-1]:
        # Spreadsheets pad short rows to the width of the widest.
        fields = fields[:-1]
    if len(fields) not in _WITH_SUMMIT or fields[_STRAND] not in _STRANDS:
        return False
    return all(_is_number(field) for field in (fields[_SCORE], *fields[_STRAND + 1 :]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in _NO_NUMBER
    return True


def _counts_from_one(lines: Sequence[bytes]) -> bool:
    """Recognise tables whose fourth column is the number of bases from start to end, both included."""
    for line in lines[:_LOOKED_AT]:
        fields = _split(line)
        if len(fields) <= _LENGTH or not all(_INTEGER.fullmatch(field) for field in fields[_START : _LENGTH + 1]):
            return False
        if int(fields[_LENGTH]) != int(fields[_END]) - int(fields[_START]) + 1:
            return False
    return True


def _parse_fast(path: Path, lines: Sequence[bytes], numbers: NDArray[np.int64], layout: _Layout) -> Intervals | None:
    """Parse all lines at once; None if any of them is unusual. Summits are distances from the start, as in the file."""
    import pandas as pd

    tabs = b"\t" in lines[0]
    if any((b"\t" in line) != tabs for line in lines):
        return None
    if tabs:
        separator, width = "\t", max(line.count(b"\t") for line in lines) + 1
    else:
        separator, width = r"\s+", max(len(line.split()) for line in lines)
    numeric = [column for column in (_START, _END, layout.summit) if column >= 0]
    text = [column for column in (_CHROM, layout.roi_type, layout.cell_line) if column >= 0]
    if max(numeric + text) >= width:
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(b"\n".join(lines)),
            sep=separator,
            header=None,
            names=list(range(width)),
            index_col=False,
            usecols=sorted(numeric + text),
            # Not "category", for which pandas takes names such as 01 and 3e2 for numbers.
            dtype=dict.fromkeys(text, str),
            quoting=csv.QUOTE_NONE,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8",
            encoding_errors="backslashreplace",
            engine="c",
            low_memory=False,
        )
    except (ValueError, OverflowError):
        return None
    # Told to expect int64, pandas would take "1e5", "1.0" and "true" for whole numbers; without a type it does not.
    if len(frame) != len(lines) or any(frame[column].dtype != np.int64 for column in (_START, _END)):
        return None
    summit = np.full(len(lines), -1, dtype=np.int64)
    if layout.summit >= 0:
        if frame[layout.summit].dtype not in (np.int64, np.float64):
            return None
        summit = _offsets(frame[layout.summit].to_numpy())

    def labels(column: int) -> Labels | None:
        return Labels.of(frame[column]) if column >= 0 else None

    return Intervals(
        path,
        Labels.of(frame[_CHROM]),
        frame[_START].to_numpy(),
        frame[_END].to_numpy(),
        summit,
        numbers,
        labels(layout.roi_type),
        labels(layout.cell_line),
    )


def _offsets(values: NDArray[Any]) -> NDArray[np.int64]:
    """Take over whole numbers, written as ``10`` or as ``10.0``; -1 for any other."""
    if values.dtype == np.int64:
        return values
    whole = np.isfinite(values) & (values == np.trunc(values))
    return np.where(whole, np.minimum(values, _MAX_POSITION), -1).astype(np.int64)


def _is_sound(columns: Intervals) -> bool:
    """Tell whether no line needs a second look."""
    # A line that is too short looks like one with empty text in its last columns.
    labels = (columns.chrom, columns.roi_type, columns.cell_line)
    return bool(
        all(all(column.names) for column in labels if column is not None)
        and not any(name_fault(name) for name in columns.chrom.names)
        and columns.start.min() >= 0
        and (columns.start <= columns.end).all()
        and columns.end.max() <= _MAX_POSITION
    )


def _parse_slowly(
    path: Path, lines: Sequence[bytes], numbers: NDArray[np.int64], layout: _Layout, problems: Problems
) -> Intervals:
    """Parse line by line, and report each line that is wrong; see :func:`_parse_fast`."""
    rows: list[list[str]] = []
    for number, line in zip(numbers.tolist(), lines, strict=True):
        fields = _split(line)
        fault = _line_fault(fields, layout)
        if fault is None:
            rows.append(fields)
        else:
            problems.add("line", **fault._asdict(), file=path, line=number)

    def labels(column: int) -> Labels | None:
        return Labels.of([row[column] for row in rows]) if column >= 0 else None

    def summit(row: Sequence[str]) -> float:
        try:
            return float(row[layout.summit]) if layout.summit >= 0 else -1
        except (ValueError, IndexError):
            return -1

    return Intervals(
        path,
        Labels.of([row[_CHROM] for row in rows]),
        np.array([int(row[_START]) for row in rows], dtype=np.int64),
        np.array([int(row[_END]) for row in rows], dtype=np.int64),
        _offsets(np.array([summit(row) for row in rows], dtype=np.float64)),
        numbers,
        labels(layout.roi_type),
        labels(layout.cell_line),
    )


def _split(line: bytes) -> list[str]:
    """Split a line at its tabs, or at white space if it has none; the fields are clean."""
    fields = line.split(b"\t") if b"\t" in line else line.split()
    return [clean_name(field.decode("utf-8", errors="backslashreplace")) for field in fields]


def _line_fault(fields: Sequence[str], layout: _Layout) -> Fault | None:
    """Tell what is wrong with a line."""
    if len(fields) < layout.needed:
        count = f"{len(fields)} column" + ("" if len(fields) == 1 else "s")
        names = "chromosome, start, end" if layout.needed == 3 else "as in the header"
        commas = "commas instead of tabs?" if "," in fields[0] else None
        return Fault(count, f"at least {layout.needed} ({names})", commas)
    if (fault := name_fault(fields[_CHROM])) is not None:
        return fault
    for name, text in (("start", fields[_START]), ("end", fields[_END])):
        if not _INTEGER.fullmatch(text):
            shifted = all(_INTEGER.fullmatch(field) for field in fields[_END : _END + 2]) and len(fields) > _END + 1
            hint = "is the chromosome in the second column?" if shifted else None
            return Fault(f"{name} '{text[:40]}'", "a whole number", hint)
        if int(text) < 0:
            return Fault(f"{name} {text}", "no negative number")
        if int(text) > _MAX_POSITION:
            return Fault(f"{name} {text}", f"at most {_MAX_POSITION}")
    start, end = int(fields[_START]), int(fields[_END])
    if start > end:
        return Fault(f"start {start} behind end {end}", "start before end")
    return None


def _finished(parsed: Intervals, what: str, problems: Problems) -> Intervals | None:
    """Leave out what is empty, and turn the summits, distances from the start so far, into positions."""
    path = parsed.path
    keep = parsed.end > parsed.start
    dropped = int((~keep).sum())
    if dropped == len(keep):
        problems.add("format", f"no interval but {dropped:,} of length 0", expected=what, file=path)
        return None
    if dropped:
        logger.warning("%s: left out %s intervals of length 0", path, f"{dropped:,}")
    start, end, offset = parsed.start[keep], parsed.end[keep], parsed.summit[keep]
    # An interval of one base, as MACS' summits.bed has them, is its own summit.
    summit = np.where(end - start == 1, start, -1)
    known = offset >= 0
    if (offset > end - start).any() and ((offset >= start) & (offset <= end))[known].all():
        # Some versions of IDR write the position itself.
        logger.info("%s: summits are read as positions on the chromosome", path)
        offset = np.where(known, offset - start, -1)
    # ENCODE's own files have summits on the end itself, one base behind the last.
    inside = (offset >= 0) & (offset <= end - start)
    summit[inside] = start[inside] + offset[inside]
    if outside := int((offset > end - start).sum()):
        logger.warning("%s: %s summits lie outside their peaks and are not used", path, f"{outside:,}")

    def kept(labels: Labels | None) -> Labels | None:
        return None if labels is None else Labels(labels.names, labels.codes[keep])

    chrom = Labels(parsed.chrom.names, parsed.chrom.codes[keep])
    return Intervals(path, chrom, start, end, summit, parsed.line[keep], kept(parsed.roi_type), kept(parsed.cell_line))

"""Groups of barcodes: which fragments go into which track.

The table has a barcode in each line and, if wanted, its group and its sample, between tabs or commas. Names of the
columns may stand in the first line, such as ``barcode``, ``group`` and ``sample``, and then in any order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maxatac.errors import Problems
from maxatac.files.sniff import check_file, phrase, sniff_bytes
from maxatac.genome.chroms import clean_name, in_byte_order
from maxatac.genome.intervals import read_bytes
from maxatac.preparation.read_files import ReadsFile
from maxatac.wording import counted, first_few

_COLUMNS = {
    "barcode": ("barcode", "barcodes", "cb", "cell", "cell_barcode", "cellbarcode"),
    "group": ("group", "cluster", "cell_type", "celltype", "cell_line", "annotation"),
    "sample": ("sample", "file", "library"),
}
"""Names of the columns in the first line of a table, in lower case."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

_SUFFIX = re.compile(r"[-_][0-9]+$")

_ENDINGS = re.compile(r"(\.(tsv|txt|bed|bedpe|bam|tagalign))?(\.(gz|bgz))?$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of barcodes.

    Attributes
    ----------
    names : tuple of str
        As in the table, in the byte order of the names; one without a name where the table has no groups.
    parts : tuple of str
        What stands for each group in the names of its files.
    numbers : tuple of mapping of bytes to int
        For each input, the place of the group of each barcode.
    """

    names: tuple[str, ...]
    parts: tuple[str, ...]
    numbers: tuple[Mapping[bytes, int], ...]

    @property
    def sizes(self) -> list[int]:
        """Barcodes of each group, counted by input."""
        counts = Counter(group for numbers in self.numbers for group in numbers.values())
        return [counts[group] for group in range(len(self.names))]


def file_part(name: str) -> str:
    """Make what stands for a group in file names: letters, digits, ``.``, ``_`` and ``-``, and no leading dot."""
    part = _UNSAFE.sub("_", name)
    return f"_{part[1:]}" if part.startswith(".") else part


def read_groups(path: Path, files: Sequence[Path], problems: Problems) -> Groups | None:
    """Read a table of barcodes.

    Parameters
    ----------
    path : Path
        Text, plain or gzipped.
    files : sequence of Path
        The inputs, in the order of the option.
    problems : Problems

    Returns
    -------
    Groups or None
        None if something is wrong.
    """
    found = Problems()
    rows, names = _read_rows(path, found)
    if not rows:
        problems += found
        return None
    has_groups, has_samples = "group" in names, "sample" in names
    if len(files) > 1 and not has_samples:
        told = f"no column for the sample, and {len(files)} inputs: barcodes of two samples may be the same"
        hint = "add a column with the name or position of the input"
        found.add("column", told, hint=hint, option="--barcodes", file=path)
    places = _samples(files)
    group_of: list[dict[str, str]] = [{} for _ in files]
    for line, row in rows:
        barcode, group = row["barcode"], row.get("group", "")
        place = places.get(row["sample"]) if has_samples else 0
        if not barcode or (has_groups and not group):
            found.add("line", f"no {'group' if barcode else 'barcode'}", file=path, line=line)
        elif place is None:
            told = "more than one input" if row["sample"] in places else "no input"
            hint = f"write the position, 1 to {len(files)}, or the name: {first_few([file.name for file in files])}"
            found.add("line", f"{told} is called {row['sample']!r}", hint=hint, file=path, line=line)
        elif (known := group_of[place].setdefault(barcode, group)) != group:
            found.add("line", f"{barcode} is in group {known} already, and here in {group}", file=path, line=line)
    groups = in_byte_order({group for each in group_of for group in each.values()})
    parts = _parts(groups, path, found)
    problems += found
    if found:
        return None
    number = {group: place for place, group in enumerate(groups)}
    numbers = tuple({barcode.encode(): number[group] for barcode, group in each.items()} for each in group_of)
    return Groups(tuple(groups), tuple(parts), numbers)


def check_barcodes(groups: Groups, files: Sequence[ReadsFile], path: Path, problems: Problems) -> None:
    """Look for barcodes of the table in the first lines of each input; add a problem where only spelling differs."""
    for file, numbers in zip(files, groups.numbers, strict=True):
        if not file.lines:
            continue
        if file.columns < 4:
            told = f"{counted(file.columns, 'column')}: there is no barcode"
            problems.add("column", told, expected="4 or more with --barcodes", file=file.path)
            continue
        there = {line[3] for line in file.lines if len(line) > 3}
        listed = {barcode.decode() for barcode in numbers}
        if there.isdisjoint(listed) and (alike := _alike(there, listed)) is not None:
            told = f"none of the first barcodes of {file.path} is in the table"
            hint = f"it has {alike[0]}, the table {alike[1]}"
            problems.add("value", told, hint=hint, option="--barcodes", file=path)


def _read_rows(path: Path, problems: Problems) -> tuple[list[tuple[int, dict[str, str]]], Sequence[str]]:
    """Read the lines of a table: the number of each and its fields by column; and the columns."""
    data = read_bytes(path, problems) if check_file(path, problems, what="table of barcodes") else None
    if data is None:
        return [], ()
    kind = sniff_bytes(data)
    if kind not in ("unknown", "BED text") or b"\0" in data:
        problems.add("format", phrase(kind), expected="barcodes as text", option="--barcodes", file=path)
        return [], ()
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    separator = "," if lines and "\t" not in lines[0][1] and "," in lines[0][1] else "\t"
    split = [(number, [clean_name(field) for field in line.split(separator)]) for number, line in lines]
    if not split:
        problems.add("format", "no barcode", expected="a barcode in each line", option="--barcodes", file=path)
        return [], ()
    header = [_column(field) for field in split[0][1]]
    is_header = "barcode" in header
    names = header if is_header else list(_COLUMNS)[: len(split[0][1])]
    width = len(split[0][1])
    rows = []
    for number, fields in split[is_header:]:
        if len(fields) != width:
            problems.add("line", counted(len(fields), "column"), expected=f"{width}, as before", file=path, line=number)
        else:
            rows.append((number, {name: field for name, field in zip(names, fields, strict=False) if name}))
    if not rows and is_header and len(split) == 1:
        problems.add("format", "a header but no barcode", option="--barcodes", file=path)
    return rows, [name for name in names if name]


def _column(field: str) -> str:
    """Tell which column a name in the first line stands for; empty if none."""
    return next((column for column, names in _COLUMNS.items() if field.lower() in names), "")


def _samples(files: Sequence[Path]) -> dict[str, int | None]:
    """Give the place of each input by its names and its position; None where a name is that of several."""
    places: dict[str, int | None] = {}
    for place, file in enumerate(files):
        for name in {str(file), file.name, _ENDINGS.sub("", file.name)}:
            places[name] = None if name in places else place
    return places | {str(place + 1): place for place in range(len(files))}


def _parts(groups: Sequence[str], path: Path, problems: Problems) -> list[str]:
    """Make the parts of file names; two groups must not fall on one file, on no file system."""
    parts = [file_part(group) for group in groups]
    first: dict[str, str] = {}
    for group, part in zip(groups, parts, strict=True):
        if (other := first.setdefault(part.lower(), group)) != group:
            told = f"the groups {other!r} and {group!r} would have files of the same name"
            problems.add("value", told, hint="rename one of them", option="--barcodes", file=path)
    return parts


def _alike(there: set[str], listed: set[str]) -> tuple[str, str] | None:
    """Find a barcode of each set that differ in what stands behind or before them."""

    def bare(barcode: str) -> str:
        return _SUFFIX.sub("", re.split("[#:]", barcode)[-1]).upper()

    spelt = {bare(barcode): barcode for barcode in listed}
    return next(((barcode, spelt[bare(barcode)]) for barcode in sorted(there) if bare(barcode) in spelt), None)

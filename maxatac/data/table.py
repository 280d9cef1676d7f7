"""Tables that users write: tab-separated text with a header, and a row per cell type.

The columns may be in any order, with others between them. Windows line ends, a byte order mark, blank lines, a missing
last line end, quoted fields, and names of rows, as R writes them, are all right.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maxatac.data.samples import Place
from maxatac.errors import Problems
from maxatac.files.sniff import check_file, phrase, sniff_bytes


@dataclass(frozen=True)
class Table:
    """What was read of a table.

    Attributes
    ----------
    rows : list of (Place, dict of str to str)
        Each row that could be read: where it is, and its cells by column.
    lines : int
        Rows of the file, also those that could not be read.
    """

    rows: list[tuple[Place, dict[str, str]]]
    lines: int


def read_table(
    path: Path,
    columns: Sequence[str],
    problems: Problems,
    *,
    optional: Collection[str] = (),
    told_by: tuple[str, Collection[str]] | None = None,
) -> Table | None:
    """Read a table.

    Parameters
    ----------
    path : Path
        UTF-8 text.
    columns : sequence of str
        Columns to read; others are ignored.
    problems : Problems
    optional : collection of str
        Columns that may be absent.
    told_by : (str, collection of str), optional
        A column and its possible entries in lower case, by which names of rows are told from an entry too many.

    Returns
    -------
    Table or None
        None if there is no row. Rows lack a column that the header lacks, which is a problem unless it is optional.
    """
    lines = read_lines(path, problems, what="meta file")
    if not lines:
        return None
    places = _read_header(path, *lines[0], columns, optional, problems)
    if places is None:
        return None
    if len(lines) == 1:
        problems.add("format", "a header but no row", expected="one row per cell type", file=path)
        return None
    width = len(_fields(lines[0][1].rstrip()))
    rows = []
    split = _without_row_names([_fields(text, width) for _, text in lines[1:]], width, places, told_by)
    for (number, text), fields in zip(lines[1:], split, strict=True):
        if len(fields) == width:
            rows.append((Place(path, number), {column: fields[place] for column, place in places.items()}))
        else:
            hint = "spaces instead of tabs?" if len(fields) < width and " " in text.strip() else None
            told, expected = f"{len(fields)} columns", f"{width}, as in the header"
            problems.add("column", told, expected=expected, hint=hint, file=path, line=number)
    return Table(rows, len(lines) - 1)


def filled(value: str, *, is_path: bool) -> str:
    """Give the entry of a cell, empty if it stands for an empty one: a dot, or for a path NA, as R writes it."""
    return "" if value == "." or (value == "NA" and is_path) else value


def read_lines(path: Path, problems: Problems, *, what: str) -> list[tuple[int, str]]:
    """Read the lines of a table that hold something.

    Parameters
    ----------
    path : Path
    problems : Problems
        Gets the reason why it is no UTF-8 text.
    what : str
        What the table is, such as ``meta file``.

    Returns
    -------
    list of (int, str)
        Number of each line, from 1, and its text.
    """
    if not check_file(path, problems, what=what):
        return []
    data = path.read_bytes()
    kind = sniff_bytes(data)
    if kind not in ("unknown", "BED text"):
        problems.add("format", phrase(kind), expected=f"the {what} as tab-separated text", file=path)
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        expected = f"the {what} as UTF-8 text"
        problems.add("format", "bytes that are not UTF-8", expected=expected, file=path, line=line)
        return []
    if "\0" in text:
        expected = f"the {what} as UTF-8 text (UTF-16 cannot be read)"
        problems.add("format", "zero bytes", expected=expected, file=path)
        return []
    # Not str.splitlines, which also breaks at characters that may stand within a name.
    numbered = enumerate(re.split(r"\r\n|\n|\r", text), 1)
    lines = [(number, line) for number, line in numbered if line.strip()]
    if not lines:
        problems.add("format", "nothing but blank lines", expected="a header and rows", file=path)
    return lines


def _read_header(
    meta: Path, number: int, header: str, columns: Sequence[str], optional: Collection[str], found: Problems
) -> dict[str, int] | None:
    """Find the place of each column that is there; None if there are no columns."""
    names = _fields(header.rstrip())
    here = Place(meta, number)
    if len(names) == 1:
        instead = next(
            (word for mark, word in ((",", "commas"), (";", "semicolons"), (" ", "spaces")) if mark in header), ""
        )
        told = f"no tab in the header{instead and f', but {instead}'}"
        hint = "a spreadsheet saves them as tab-separated text" if instead in ("commas", "semicolons") else None
        here.tell(found, "column", told, expected="columns between tabs", hint=hint)
        return None
    places: dict[str, int] = {}
    for column in columns:
        count = names.count(column)
        if count > 1:
            here.tell(found, "column", f"{count} columns of this name", expected="one", column=column)
        if count:
            places[column] = names.index(column)
        elif column not in optional:
            near = _near_miss(column, [name for name in names if name not in columns])
            hint = f"found '{near}': is that it?" if near else None
            here.tell(found, "column", "the column is missing", hint=hint, column=column)
    return places


def _near_miss(column: str, names: Sequence[str]) -> str | None:
    """Find a header name that may have been meant."""
    bare = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in names if name}
    near = difflib.get_close_matches(re.sub(r"[^a-z0-9]", "", column.lower()), list(bare), n=1, cutoff=0.75)
    return bare[near[0]] if near else None


def _fields(text: str, width: int | None = None) -> list[str]:
    """Split a line into fields, without blanks around them and without quotation marks."""
    fields = [_unquoted(field.strip()) for field in text.split("\t")]
    while width is not None and len(fields) > width and not fields[-1]:
        # Spreadsheets pad short rows to the width of the widest.
        fields.pop()
    return fields


def _unquoted(field: str) -> str:
    """Take off quotation marks by the rules of csv: one within them is doubled."""
    match = re.fullmatch(r'"((?:[^"]|"")*)"', field)
    return field if match is None else match[1].replace('""', '"').strip()


def _without_row_names(
    rows: list[list[str]], width: int, places: Mapping[str, int], told_by: tuple[str, Collection[str]] | None
) -> list[list[str]]:
    """Drop the names of rows, for which R writes no column into the header: one field more, in front of all rows."""
    if any(len(fields) != width + 1 for fields in rows):
        return rows
    if told_by is not None and told_by[0] in places:
        place, entries = places[told_by[0]], told_by[1]
        # The field too many may also be the last; then the entries would be shifted.
        if not all(fields[place + 1].lower() in entries for fields in rows):
            return rows
    return [fields[1:] for fields in rows]

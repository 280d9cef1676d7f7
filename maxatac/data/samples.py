"""The cell types of a run: their files, and whether they train."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from maxatac.errors import Kind, Problems
from maxatac.files.sniff import file_fault, kind_of_fault

COLUMNS = ("Cell_Line", "TF", "ATAC_Signal_File", "Binding_File", "ATAC_Peaks", "CHIP_Peaks", "Train_Test_Label")
"""The columns of a meta file."""

PEAK_COLUMNS = ("ATAC_Peaks", "CHIP_Peaks")
"""Columns that are not needed where the regions of interest are given as files."""

PATH_COLUMNS = ("ATAC_Signal_File", "Binding_File", *PEAK_COLUMNS)

LABEL_COLUMN = "Train_Test_Label"

Label = Literal["Train", "Test"]

LABELS: dict[str, Label] = {"train": "Train", "test": "Test"}


@dataclass(frozen=True)
class Place:
    """The row of a cell type in its table.

    Attributes
    ----------
    file : Path
        The meta file, or the JSON.
    line : int or None
        Of a meta file, 1-based.
    record : str or None
        Of a JSON file, such as ``record 2 (K562)``.
    """

    file: Path
    line: int | None = None
    record: str | None = None

    def __str__(self) -> str:
        """Word it without the file, such as ``line 2``."""
        return self.record or f"line {self.line}"

    def tell(
        self,
        problems: Problems,
        kind: Kind,
        found: str,
        *,
        expected: str | None = None,
        hint: str | None = None,
        column: str | None = None,
    ) -> None:
        """Add a problem of this row, or of one of its columns."""
        place = ", ".join(part for part in (self.record, column) if part) or None
        problems.add(kind, found, expected=expected, hint=hint, file=self.file, line=self.line, place=place)


@dataclass(frozen=True)
class Sample:
    """One cell type of the meta file.

    Attributes
    ----------
    cell_line, tf : str
        Names of the cell type and of the transcription factor.
    signal, binding : Path
        ATAC-seq and ChIP-seq bigWig; absolute.
    atac_peaks, chip_peaks : Path or None
        Peak files; absolute, None if not given.
    label : "Train" or "Test"
        Test cell types are never read while a model is fitted.
    place : Place
    """

    cell_line: str
    tf: str
    signal: Path
    binding: Path
    atac_peaks: Path | None
    chip_peaks: Path | None
    label: Label
    place: Place

    @property
    def files(self) -> dict[str, Path | None]:
        """Its files, by column of the meta file."""
        return dict(zip(PATH_COLUMNS, (self.signal, self.binding, self.atac_peaks, self.chip_peaks), strict=True))

    def with_readable_peaks(self) -> Sample:
        """Leave out peak files that cannot be read: the reader of the table has reported them."""
        atac, chip = (
            None if path is None or file_fault(path) is not None else path
            for path in (self.atac_peaks, self.chip_peaks)
        )
        return replace(self, atac_peaks=atac, chip_peaks=chip)


def label_of(cell_line: str, text: str, test_cell_types: Sequence[str] | None) -> Label | None:
    """Find the label of a cell type: by the test cell types if they are given, else by the text, in any case.

    None if the text is no label.
    """
    if test_cell_types is not None:
        return "Test" if cell_line in test_cell_types else "Train"
    return LABELS.get(text.lower())


def resolve_path(here: Place, column: str, text: str, problems: Problems) -> Path | None:
    """Find the file that a table names; a path even if it cannot be used, None if no name is given.

    Parameters
    ----------
    here : Place
        The row; a relative path may lead to a file beside its table.
    column : str
    text : str
        Absolute or with the user's folder as ``~``, else relative to the working directory, else to the folder of the
        table, else, where the table is a link, to that of its target.
    problems : Problems
        Gets one if there is no such file, it cannot be used, or there are two.
    """
    if not text:
        return None
    meta = here.file
    folders = (Path.cwd(), Path(os.path.abspath(meta)).parent)
    candidates = list(dict.fromkeys(folder / text for folder in folders))
    there = [path for path in candidates if os.path.lexists(path)]
    for other in (Path(os.path.realpath(meta)).parent / text, Path(os.path.expanduser(text))):
        if not there and other not in candidates and other.is_absolute():
            candidates.append(other)
            there = [other] if os.path.lexists(other) else []
    if len(there) == 2 and os.path.realpath(there[0]) != os.path.realpath(there[1]):
        told = f"'{text}' could be {there[0]} or {there[1]}, which differ"
        here.tell(problems, "value", told, hint="write an absolute path", column=column)
        return there[0]
    if not there:
        looked = " and ".join(str(path) for path in candidates) if not os.path.isabs(text) else ""
        said, hint = _foreign(text) or (f"does not exist{looked and f' (looked for {looked})'}", None)
        here.tell(problems, "missing file", f"'{text}' {said}", hint=hint, column=column)
        return candidates[0]
    # A dangling link in the working directory must not hide the file beside the meta file.
    chosen = next((path for path in there if file_fault(path) is None), there[0])
    fault = file_fault(chosen)
    if fault is not None:
        here.tell(problems, kind_of_fault(chosen), f"'{text}' {fault}", column=column)
    return chosen


def _foreign(text: str) -> tuple[str, str] | None:
    """Tell what a path is that this system cannot follow, and what to do; None if it is a usual one."""
    if match := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text):
        parts = urlsplit(text)
        if match[1].lower() == "file" and parts.netloc in ("", "localhost"):
            return "is a URL", f"write {unquote(parts.path)}"
        return "is not on this machine", "download it, and write the path of the copy"
    if re.match(r"[A-Za-z]:[\\/]|\\\\", text):
        return "is a path of Windows", "write the one that the file has on this system"
    if "\\" in text:
        return "does not exist", f"folders are separated by /, as in {text.replace(chr(92), '/')}"
    if re.search(r"\$(\w+|\{\w+\})", text):
        whole = os.path.expandvars(text)
        example = f", such as {whole}" if "$" not in whole else ""
        return "does not exist", f"variables are not replaced here: write the whole path{example}"
    return None


def check_travel(meta: Path, samples: Sequence[Sample], problems: Problems) -> None:
    """Report a table none of whose files is on this machine."""
    paths = [path for sample in samples for path in sample.files.values() if path not in (None, Path())]
    if len(paths) > 1 and not any(os.path.lexists(path) for path in paths if path is not None):
        hint = (
            "in a container or on a platform there is only what is mounted or staged: mount the folder of the files at "
            "the path that it has in the table, or give the files as records with --cells"
        )
        told = f"not one of the {len(paths)} files that it names is here"
        problems.add("missing file", told, hint=hint, file=meta)


def check_samples(
    meta: Path, samples: Sequence[Sample], test_cell_types: Sequence[str] | None, problems: Problems, *, complete: bool
) -> None:
    """Check what only the rows together can show.

    Parameters
    ----------
    meta : Path
        The table.
    samples : sequence of Sample
    test_cell_types : sequence of str, optional
        Those that were asked for.
    problems : Problems
    complete : bool
        Whether every row could be read.
    """
    first: dict[str, Sample] = {}
    tfs: dict[str, Place] = {}
    for sample in samples:
        for what, name in (("cell type", sample.cell_line), ("transcription factor", sample.tf)):
            if not name.isprintable():
                told, expected = f"the {what} '{name}'", "no character that cannot be seen"
                sample.place.tell(problems, "value", told, expected=expected)
        if sample.tf:
            tfs.setdefault(sample.tf, sample.place)
        earlier = first.setdefault(sample.cell_line, sample)
        if earlier is not sample and sample.cell_line:
            told = f"cell type '{sample.cell_line}', which has a row in {earlier.place} already"
            sample.place.tell(problems, "value", told, expected="one row per cell type")
    if len(tfs) > 1:
        named = ", ".join(f"'{tf}' ({place})" for tf, place in tfs.items())
        problems.add("value", f"{len(tfs)} transcription factors: {named}", expected="one in all rows", file=meta)
    if test_cell_types is not None and complete:
        unknown = [name for name in dict.fromkeys(test_cell_types) if name not in first]
        if unknown:
            told, hint = f"no row for test cell type {', '.join(unknown)}", f"there are {', '.join(first)}"
            problems.add("value", told, hint=hint, file=meta)
    # A row that could not be read may well be a training row.
    if complete and all(sample.label == "Test" for sample in samples):
        problems.add("value", "no row labelled Train", expected="at least one", file=meta)


def to_test(samples: Sequence[Sample]) -> list[Sample]:
    """List the cell types of the independent test: those labelled Test, or those that train if there is none."""
    return [sample for sample in samples if sample.label == "Test"] or list(samples)

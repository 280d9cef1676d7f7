"""The cell types of a run: their files, and whether they train."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from maxatac.errors import Problems
from maxatac.files.sniff import file_fault

COLUMNS = ("Cell_Line", "TF", "ATAC_Signal_File", "Binding_File", "ATAC_Peaks", "CHIP_Peaks", "Train_Test_Label")
"""The columns of a meta file."""

PEAK_COLUMNS = ("ATAC_Peaks", "CHIP_Peaks")
"""Columns that are not needed where the regions of interest are given as files."""

_PATH_COLUMNS = ("ATAC_Signal_File", "Binding_File", *PEAK_COLUMNS)

_LABEL_COLUMN = "Train_Test_Label"

Label = Literal["Train", "Test"]

_LABELS: dict[str, Label] = {"train": "Train", "test": "Test"}


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
    line : int
        Line of the meta file, 1-based.
    unit : str
        What is counted: lines, or the records of another kind of file.
    """

    cell_line: str
    tf: str
    signal: Path
    binding: Path
    atac_peaks: Path | None
    chip_peaks: Path | None
    label: Label
    line: int
    unit: str = "line"

    @property
    def place(self) -> str:
        """Where it stands, such as ``line 2``."""
        return f"{self.unit} {self.line}"


def read_label(here: str, text: str, found: Problems, *, what: str = _LABEL_COLUMN) -> Label | None:
    """Read a label in any case."""
    label = _LABELS.get(text.lower())
    if label is not None or not text:
        return label
    found.append(f"{here}: found {what} '{text}'; expected Train or Test")
    return None


def resolve_path(meta: Path, here: str, column: str, text: str, found: Problems) -> Path | None:
    """Find the file that a table names; a path even if it cannot serve, None if no name is given.

    Parameters
    ----------
    meta : Path
        The table, beside which a relative path may lead.
    here, column : str
        The place in it, for messages.
    text : str
        Absolute or with the user's folder as ``~``, else relative to the working directory, else to the folder of the
        table, else, where the table is a link, to that of its target.
    found : Problems
        Gets a line if there is no such file, it cannot be used, or there are two.
    """
    if not text:
        return None
    folders = (Path.cwd(), Path(os.path.abspath(meta)).parent)
    candidates = list(dict.fromkeys(folder / text for folder in folders))
    there = [path for path in candidates if os.path.lexists(path)]
    for other in (Path(os.path.realpath(meta)).parent / text, Path(os.path.expanduser(text))):
        if not there and other not in candidates and other.is_absolute():
            candidates.append(other)
            there = [other] if os.path.lexists(other) else []
    if len(there) == 2 and os.path.realpath(there[0]) != os.path.realpath(there[1]):
        found.append(
            f"{here}: {column} '{text}' could be {there[0]} or {there[1]}, which differ; write an absolute path"
        )
        return there[0]
    if not there:
        looked = " and ".join(str(path) for path in candidates) if not os.path.isabs(text) else ""
        said = _foreign(text) or f"does not exist{looked and f' (looked for {looked})'}"
        found.append(f"{here}: {column} '{text}' {said}")
        return candidates[0]
    # A dangling link in the working directory must not hide the file beside the meta file.
    chosen = next((path for path in there if file_fault(path) is None), there[0])
    fault = file_fault(chosen)
    if fault is not None:
        found.append(f"{here}: {column} '{text}' {fault}")
    return chosen


def _foreign(text: str) -> str | None:
    """Tell what to do about a path that this system cannot follow; None if it is a usual one."""
    if match := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text):
        parts = urlsplit(text)
        if match[1].lower() == "file" and parts.netloc in ("", "localhost"):
            return f"is a URL; write {unquote(parts.path)}"
        return "is not on this machine; download it, and write the path of the copy"
    if re.match(r"[A-Za-z]:[\\/]|\\\\", text):
        return "is a path of Windows; write the one that the file has on this system"
    if "\\" in text:
        return f"does not exist; folders are separated by /, as in {text.replace(chr(92), '/')}"
    if re.search(r"\$(\w+|\{\w+\})", text):
        whole = os.path.expandvars(text)
        hint = f", such as {whole}" if "$" not in whole else ""
        return f"does not exist; variables are not replaced here: write the whole path{hint}"
    return None


def _check_travel(meta: Path, samples: Sequence[Sample], found: Problems) -> None:
    """Tell of a table that has left the machine of its files behind."""
    paths = [
        path
        for sample in samples
        for path in (sample.signal, sample.binding, sample.atac_peaks, sample.chip_peaks)
        if path not in (None, Path())
    ]
    if len(paths) > 1 and not any(os.path.lexists(path) for path in paths if path is not None):
        found.append(
            f"{meta}: not one of the {len(paths)} files that it names is here; in a container or on a platform there "
            "is only what is mounted or staged: mount the folder of the files at the path that it has in the table, or "
            "give the files as records with --cells"
        )


def check_samples(
    meta: Path, samples: Sequence[Sample], test_cell_types: Sequence[str] | None, found: Problems, *, complete: bool
) -> None:
    """Check what only the rows together can show.

    Parameters
    ----------
    meta : Path
        The table, for messages.
    samples : sequence of Sample
    test_cell_types : sequence of str, optional
        Those that were asked for.
    found : Problems
        Gets a line per thing that is wrong.
    complete : bool
        Whether every row could be read.
    """
    first: dict[str, Sample] = {}
    tfs: dict[str, str] = {}
    for sample in samples:
        for what, name in (("cell type", sample.cell_line), ("transcription factor", sample.tf)):
            if not name.isprintable():
                found.append(
                    f"{meta}, {sample.place}: found the {what} '{name}'; expected no character that cannot be seen"
                )
        if sample.tf:
            tfs.setdefault(sample.tf, sample.place)
        earlier = first.setdefault(sample.cell_line, sample)
        if earlier is not sample and sample.cell_line:
            found.append(
                f"{meta}, {sample.place}: cell type '{sample.cell_line}' has a row in {earlier.place} already; "
                "expected one row per cell type"
            )
    if len(tfs) > 1:
        named = ", ".join(f"'{tf}' ({place})" for tf, place in tfs.items())
        found.append(f"{meta}: found {len(tfs)} transcription factors: {named}; expected one in all rows")
    if test_cell_types is not None and complete:
        unknown = [name for name in dict.fromkeys(test_cell_types) if name not in first]
        if unknown:
            found.append(f"{meta}: no row for test cell type {', '.join(unknown)}; there are {', '.join(first)}")
    # A row that could not be read may well be a training row.
    if complete and all(sample.label == "Test" for sample in samples):
        found.append(f"{meta}: no row is labelled Train; expected at least one")


def to_test(samples: Sequence[Sample]) -> list[Sample]:
    """List the cell types of the independent test: those labelled Test, or those that train if there is none."""
    return [sample for sample in samples if sample.label == "Test"] or list(samples)

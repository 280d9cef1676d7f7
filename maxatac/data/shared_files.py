"""Files of a run that are equal in content, whatever their names and folders.

A cell type that is held out for testing proves nothing if one of its files also trains. A copy, a link or another
spelling of a path hides that, so bytes are compared, not names: sizes first, then the SHA-256 of files of one size.
Tracks of different experiments rarely have the same size, so that little is read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from maxatac.data.samples import Label, Place, Sample
from maxatac.errors import Problems
from maxatac.files.checksums import sha256
from maxatac.wording import first_few


@dataclass(frozen=True)
class Use:
    """One place that names a file.

    Attributes
    ----------
    cell_line : str
        Cell type; empty for a file of regions, which is an option and belongs to none.
    label : "Train" or "Test"
    column : str
        Column of the meta file, or the option.
    path : Path
    place : Place or None
        None for an option.
    """

    cell_line: str
    label: Label
    column: str
    path: Path
    place: Place | None = None

    def __str__(self) -> str:
        """Word it, such as ``Binding_File of CellA (Train, line 2)``."""
        return f"{self.column} of {self.cell_line} ({self.label}, {self.place})" if self.place else self.column


@dataclass(frozen=True)
class EqualFiles:
    """Uses of one content.

    Attributes
    ----------
    uses : tuple of Use
        At least two, in the order in which they were given.
    size : int
        Bytes.
    sha256 : str or None
        None where all uses name one file: there is nothing to compare.
    """

    uses: tuple[Use, ...]
    size: int
    sha256: str | None

    def of(self, label: Label) -> tuple[Use, ...]:
        """List the uses of training or of test cell types."""
        return tuple(use for use in self.uses if use.label == label)


def uses_of(samples: Iterable[Sample]) -> list[Use]:
    """List every file that the rows of a meta file name."""
    return [
        Use(sample.cell_line, sample.label, column, path, sample.place)
        for sample in samples
        for column, path in sample.files.items()
        if path is not None
    ]


def find_equal_files(uses: Iterable[Use], *, across_labels: bool = False) -> list[EqualFiles]:
    """Find uses whose files are equal in content.

    Parameters
    ----------
    uses : iterable of Use
        A path that is no file with something in it, or cannot be read, is skipped: it is reported elsewhere.
    across_labels : bool
        Only look for files of a Train use and a Test use, and read no file that cannot be one of them.

    Returns
    -------
    list of EqualFiles
        In the order of their first use.
    """

    def is_wanted(equal: Sequence[Use]) -> bool:
        return len(equal) > 1 and (not across_labels or len({use.label for use in equal}) > 1)

    # By size, then by file: a link and its target are one, and need not be read.
    sizes: dict[int, dict[tuple[int, int], list[Use]]] = {}
    for use in uses:
        with contextlib.suppress(OSError, ValueError):
            status = use.path.stat()
            if use.path.is_file() and status.st_size:
                sizes.setdefault(status.st_size, {}).setdefault((status.st_dev, status.st_ino), []).append(use)
    found = []
    for size, files in sizes.items():
        contents: dict[str | None, list[list[Use]]] = {}
        if is_wanted(list(chain(*files.values()))):
            for same in files.values():
                with contextlib.suppress(OSError):
                    contents.setdefault(sha256(same[0].path) if len(files) > 1 else None, []).append(same)
        for digest, groups in contents.items():
            equal = EqualFiles(tuple(chain(*groups)), size, digest if len(groups) > 1 else None)
            found += [equal] if is_wanted(equal.uses) else []
    return found


def check_held_out_files(
    samples: Sequence[Sample],
    problems: Problems,
    *,
    allowed: Sequence[str] = (),
    regions: Iterable[tuple[str, Path]] = (),
) -> tuple[EqualFiles, ...]:
    """Refuse files that a training cell type and a test cell type have in common.

    Parameters
    ----------
    samples : sequence of Sample
        All rows of the meta file.
    problems : Problems
        Gets one per file of a test cell type that also trains.
    allowed : sequence of str
        Test cell types that may share files with training cell types.
    regions : iterable of (str, Path)
        Options that name a file of regions, and the file: what they hold trains too.

    Returns
    -------
    tuple of EqualFiles
        What is shared and allowed.
    """
    held_out = [sample.cell_line for sample in samples if sample.label == "Test"]
    for name in dict.fromkeys(allowed):
        if name not in held_out:
            hint = f"there are {first_few(held_out)}" if held_out else "there is none"
            told = f"no cell type labelled Test is called {name}"
            problems.add("setting", told, hint=hint, option="--allow_shared_files")
    uses = [*uses_of(samples), *(Use("", "Train", option, path) for option, path in regions)]
    tolerated = []
    for equal in find_equal_files(uses, across_labels=True):
        trains = equal.of("Train")
        more = f" and {len(trains) - 1} more" if len(trains) > 1 else ""
        digest = equal.sha256
        how = "is the same file as" if digest is None else f"has the same content (SHA-256 {digest[:12]}...) as"
        for use in equal.of("Test"):
            if use.place and use.cell_line not in allowed:
                told = f"'{use.path.name}' of {use.cell_line} (Test) {how} {trains[0]}{more}"
                hint = (
                    "a test must not rest on what was trained on: give each its own file, or allow this with "
                    f"--allow_shared_files {use.cell_line}"
                )
                use.place.tell(problems, "shared file", told, hint=hint, column=use.column)
        if any(use.cell_line in allowed for use in equal.of("Test")):
            tolerated.append(equal)
    return tuple(tolerated)


def describe(equal: EqualFiles) -> dict[str, object]:
    """Make a record of equal files: plain values, for JSON."""
    return {
        "bytes": equal.size,
        "sha256": equal.sha256,
        "files": [
            {"cell_type": use.cell_line or None, "label": use.label, "column": use.column, "path": os.fspath(use.path)}
            for use in equal.uses
        ],
    }

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
from itertools import chain, combinations
from pathlib import Path

from maxatac.data.same_cells import ALIKE, OPTION, SameCells, option_value, plain_name
from maxatac.data.samples import Label, Place, Sample
from maxatac.errors import Problems
from maxatac.files.checksums import sha256
from maxatac.wording import first_few, listed


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
    same: SameCells,
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
    same : SameCells
        Cell types that are one, and may share files with each other.
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
        digest = equal.sha256
        how = "is the same file as" if digest is None else f"has the same content (SHA-256 {digest[:12]}...) as"
        is_tolerated = False
        for use in equal.of("Test"):
            trains = [other for other in equal.of("Train") if not same.are_one(other.cell_line, use.cell_line)]
            if not trains or use.cell_line in allowed:
                is_tolerated = True
            elif use.place:
                more = f" and {len(trains) - 1} more" if len(trains) > 1 else ""
                told = f"'{use.path.name}' of {use.cell_line} (Test) {how} {trains[0]}{more}"
                pair = (
                    f", or with {OPTION} {option_value(trains[0].cell_line, use.cell_line)}" if trains[0].place else ""
                )
                hint = (
                    "a test must not rest on what was trained on: give each its own file, or allow this with "
                    f"--allow_shared_files {use.cell_line}{pair}"
                )
                use.place.tell(problems, "shared file", told, hint=hint, column=use.column)
        if is_tolerated:
            tolerated.append(equal)
    return tuple(tolerated)


def check_folds(samples: Sequence[Sample], problems: Problems, *, allowed: Sequence[str] = (), same: SameCells) -> None:
    """Refuse cell types that look like one, but would be held out one after the other.

    Parameters
    ----------
    samples : sequence of Sample
        All rows of the meta file.
    problems : Problems
        Gets one for each pair of them whose names are spellings of one, or that have a file in common.
    allowed : sequence of str
        Cell types that may share files with each other.
    same : SameCells
        Cell types that are one, and are held out together.
    """
    shared: dict[frozenset[str], list[str]] = {}
    for equal in find_equal_files(uses_of(samples)):
        for use, with_it in combinations(equal.uses, 2):
            pair = frozenset((use.cell_line, with_it.cell_line))
            shared.setdefault(pair, []).extend((use.column, with_it.column))
    for first, second in combinations(samples, 2):
        one, other = first.cell_line, second.cell_line
        if same.are_one(one, other):
            continue
        reasons = [f"their names {ALIKE}"] if plain_name(one) == plain_name(other) else []
        columns = dict.fromkeys(shared.get(frozenset((one, other)), ()))
        if columns and not {one, other} <= {*allowed}:
            reasons.append(f"their files in {listed(list(columns))} are equal in content")
        if reasons:
            told = f"{other} seems to be {one} ({first.place}): {', and '.join(reasons)}"
            hint = (
                "one would train the model that is tested on the other: hold both out together with "
                f"{OPTION} {option_value(one, other)}, or leave one out"
            )
            second.place.tell(problems, "shared file" if columns else "value", told, hint=hint)


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

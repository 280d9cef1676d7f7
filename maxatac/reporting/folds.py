"""The table and the figure of a cross-validation, made of the files that its folds leave.

So they are the same whenever the folds were trained, and can be made again at any time, also of folds that separate
jobs have trained.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maxatac.errors import InputError, Problem
from maxatac.evaluation.folds import FORMAT, FoldScores, rows_of_fold
from maxatac.files.atomic import replacing, write_json, write_text
from maxatac.reporting.fold_figures import draw_folds
from maxatac.runs.folder import FOLDS, RunFolder, owners

logger = logging.getLogger(__name__)

CELLS, CHROMS = "cells", "chroms"
"""What is held out in turn."""

UNITS: Mapping[str, str] = {CELLS: "cell type", CHROMS: "chromosomes"}
"""What differs between the folds."""

_ENDING = f"_{FOLDS}"


@dataclass(frozen=True)
class FinishedFold:
    """A fold that is finished.

    Attributes
    ----------
    name : str
        The cell type that is held out, or ``fold_1`` and so on.
    folder : RunFolder
    labels : mapping of str to str
        ``Train`` or ``Test``, by cell type, in the order of the meta file.
    training_chroms, validation_chroms, test_chroms : tuple of str
    seed : int
    best_epoch : int
        From 1.
    test : mapping
        Scores of its independent test, as in its ``<prefix>_test.json``.
    """

    name: str
    folder: RunFolder
    labels: Mapping[str, str]
    training_chroms: tuple[str, ...]
    validation_chroms: tuple[str, ...]
    test_chroms: tuple[str, ...]
    seed: int
    best_epoch: int
    test: Mapping[str, Any]

    @property
    def held_out(self) -> list[str]:
        """The cell types that do not train."""
        return [name for name, label in self.labels.items() if label == "Test"]

    @property
    def best_model(self) -> Path:
        """The selected model, ``.keras``."""
        return self.folder.named("_best.keras")


@dataclass(frozen=True)
class FoldFiles:
    """Names of what a cross-validation leaves beside its folds.

    Parameters
    ----------
    folder : Path
        Its output folder.
    prefix : str
    """

    folder: Path
    prefix: str

    @property
    def place(self) -> Path:
        """The folder that holds a folder for each fold."""
        return self._named("")

    @property
    def table(self) -> Path:
        """The scores."""
        return self._named(".tsv")

    @property
    def scores(self) -> Path:
        """The same for programs."""
        return self._named(".json")

    @property
    def figure(self) -> Path:
        """The average precision of the folds."""
        return self._named(".png")

    def fold(self, name: str, model_format: str = "keras") -> RunFolder:
        """Name the results of a fold; its prefix tells it from others where files of several folds are together."""
        return RunFolder(self.place / name, f"{self.prefix}_{name}", model_format)

    def _named(self, ending: str) -> Path:
        return self.folder / f"{self.prefix}{_ENDING}{ending}"


def files_of_folds(place: Path) -> FoldFiles | None:
    """Tell whether a path is the folder of the folds of a cross-validation; gives the names of its files if it is."""
    place = Path(place)
    if not place.name.endswith(_ENDING) or not place.is_dir():
        return None
    if any(command == "train" for command, _ in owners(place).values()):
        # An ordinary run in a folder of such a name.
        return None
    return FoldFiles(place.parent, place.name.removesuffix(_ENDING))


def read_fold(folder: RunFolder, name: str | None = None) -> FinishedFold:
    """Read what a fold has left.

    Parameters
    ----------
    folder : RunFolder
    name : str, optional
        By default that of its folder.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        If it is not finished, or a file is not what a run writes.
    """
    record = json.loads(folder.record.read_text(encoding="utf-8"))
    if record["status"] != "finished":
        raise ValueError(f"the run is not finished (status: {record['status']})")
    settings = record["settings"]
    return FinishedFold(
        name=folder.folder.name if name is None else name,
        folder=folder,
        labels=dict(record["cell_types"]),
        training_chroms=tuple(settings["tchroms"]),
        validation_chroms=tuple(settings["vchroms"]),
        test_chroms=tuple(settings["test_chroms"]),
        seed=int(record["seed"]),
        best_epoch=int(record["best"]["epoch"]),
        test=json.loads(folder.test_scores.read_text(encoding="utf-8")),
    )


def find_folds(files: FoldFiles) -> tuple[list[FinishedFold], str]:
    """Read all folds of a cross-validation.

    Returns
    -------
    folds : list of FinishedFold
        In the order of the cross-validation.
    held_out : str
        ``CELLS`` or ``CHROMS``.

    Raises
    ------
    InputError
        If there is none, or one is not finished.
    """
    folds: list[FinishedFold] = []
    problems: list[Problem] = []
    for path in sorted(files.place.iterdir()):
        folder = files.fold(path.name)
        if not folder.of_earlier_run():
            continue
        try:
            folds.append(read_fold(folder))
        except (OSError, ValueError, KeyError, TypeError) as error:
            told = f"results that cannot be read ({error})"
            problems.append(Problem("format", told, expected="a fold that is finished", file=folder.folder))
    if not folds and not problems:
        expected = f"folders of folds, such as fold_1 with {files.prefix}_fold_1_run.json"
        problems.append(Problem("missing file", "no fold", expected, file=files.place))
    if problems:
        raise InputError(problems)
    by_cells = len(folds) > 1 and all(fold.held_out and fold.test_chroms == folds[0].test_chroms for fold in folds)
    if by_cells:
        folds = [_named_by_cell(fold) for fold in folds]
        return sorted(folds, key=lambda fold: list(fold.labels).index(fold.name)), CELLS
    return sorted(folds, key=lambda fold: (len(fold.name), fold.name)), CHROMS


def _named_by_cell(fold: FinishedFold) -> FinishedFold:
    """Name a fold by its cell type: the name of its folder lacks what file names cannot hold."""
    return replace(fold, name=fold.held_out[0])


def write_folds(
    files: FoldFiles, folds: Sequence[FinishedFold], held_out: str, *, plot: bool = True
) -> tuple[FoldScores, Path | None]:
    """Write table and figure.

    Parameters
    ----------
    files : FoldFiles
    folds : sequence of FinishedFold
    held_out : str
        ``CELLS`` or ``CHROMS``.
    plot : bool
        Whether to draw the figure.

    Returns
    -------
    scores : FoldScores
    figure : Path or None
        None if it is not drawn; an error of the drawing is only a warning.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    scores = FoldScores(tuple(row for fold in folds for row in rows_of_fold(fold.name, fold.test)))
    about = [
        {
            "fold": fold.name,
            "seed": fold.seed,
            "cell_types": fold.labels,
            "training_chroms": fold.training_chroms,
            "validation_chroms": fold.validation_chroms,
            "test_chroms": fold.test_chroms,
            "best_epoch": fold.best_epoch,
            "model": fold.best_model.relative_to(files.folder),
        }
        for fold in folds
    ]
    write_text(files.table, scores.table())
    write_json(files.scores, {"format": FORMAT, "cross_validate": held_out, "folds": about, **scores.as_dict()})
    if not plot:
        return scores, None
    try:
        each = "cell type" if held_out == CELLS else "fold of the chromosomes"
        drawing = draw_folds(scores, scores.bin_sizes[0], f"{files.prefix}: each {each} held out in turn")
        with replacing(files.figure) as unfinished:
            unfinished.write_bytes(drawing.png)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises
        logger.warning("%s was not drawn: %s", files.figure.name, error)
        logger.debug("traceback", exc_info=True)
        return scores, None
    return scores, files.figure


def report_folds(place: Path) -> list[str]:
    """Make table and figure of a cross-validation again.

    Parameters
    ----------
    place : Path
        The folder of the folds.

    Returns
    -------
    list of str
        What was written, and what came out.

    Raises
    ------
    InputError
        If there is no fold, or one is not finished.
    OSError
        If a file cannot be written.
    """
    files = files_of_folds(place)
    assert files is not None
    folds, held_out = find_folds(files)
    scores, figure = write_folds(files, folds, held_out)
    told, warned = scores.describe(UNITS[held_out])
    return [str(path) for path in (files.table, files.scores, figure) if path is not None] + [*told, *warned]

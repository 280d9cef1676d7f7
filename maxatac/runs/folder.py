"""The output folder of a training run: the names of its files, finding them and removing them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from maxatac.errors import InputError, Problem
from maxatac.files.atomic import temporary_name, whole_name

HISTORY_COLUMNS = ("epoch", "dice_coef", "loss", "val_dice_coef", "val_loss")
"""Columns that the history begins with."""

TIMING_COLUMNS = (
    "epoch", "seconds", "examples_per_second", "waiting_share", "statistics_share", "validation_share", "genome_share",
    "steps_seconds", "statistics_seconds", "validation_seconds", "genome_seconds", "saving_seconds",
)  # fmt: skip
"""Columns of the times of each epoch; the last is empty if the run was killed while it saved the epoch."""

FOLDS = "folds"
"""What a cross-validation, which is ``train`` with ``--cross_validate``, is called in the names of its files."""

_RECORD = "_run.json"

_ENDINGS = (
    r"_\d+\.(keras|h5)|_best\.(keras|h5)|\.csv|_timing\.csv|_cells\.csv|_thresholds\.tsv|_run\.json|\.log|_resume\.npz"
    r"|_cell_types\.tsv|_test\.(tsv|json)|\.bw|_test\.[\w+-]+\.bw"
    r"|_model_(structure|dice_acc)\.(png|svg)|_report\.(html|json)"
    r"|_(training|validation)_ROI(\.bed\.gz|_stats\.txt|_totalregions_stats\.txt)"
)

_RUNNING = r"_[a-z]+_running\.json"

_LONGEST_NAME = 255


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Names of everything that a run of one prefix leaves in its output folder.

    Parameters
    ----------
    folder : Path
    prefix : str
    model_format : str
        ``keras`` or ``h5``, the format of the checkpoints.
    """

    folder: Path
    prefix: str
    model_format: str = "keras"

    def checkpoint(self, epoch: int) -> Path:
        """Name the checkpoint of an epoch, counted from 1."""
        return self.named(f"_{epoch}.{self.model_format}")

    def named(self, ending: str) -> Path:
        """Name the file of this prefix with an ending such as ``.csv`` or ``_best.keras``."""
        return self.folder / f"{self.prefix}{ending}"

    @property
    def history(self) -> Path:
        """Metrics per epoch: only values that the seed determines."""
        return self.named(".csv")

    @property
    def cells(self) -> Path:
        """Validation scores per epoch and cell type."""
        return self.named("_cells.csv")

    @property
    def cell_types(self) -> Path:
        """What ``--cells`` said, as a meta file."""
        return self.named("_cell_types.tsv")

    @property
    def timing(self) -> Path:
        """Times per epoch."""
        return self.named("_timing.csv")

    @property
    def thresholds(self) -> Path:
        """Precision, recall and F1 of the selected model at each threshold."""
        return self.named("_thresholds.tsv")

    @property
    def test_table(self) -> Path:
        """Scores of the independent test."""
        return self.named("_test.tsv")

    @property
    def test_scores(self) -> Path:
        """The same for programs."""
        return self.named("_test.json")

    def test_tracks(self, cell_types: Sequence[str]) -> list[Path]:
        """Name the predictions of the independent test: ``<prefix>.bw``, or one ``<prefix>_test.<cell type>.bw`` each.

        Characters that a file name cannot hold become underscores.
        """
        if len(cell_types) == 1:
            return [self.named(".bw")]
        names: list[str] = []
        for cell_type in cell_types:
            name = plain = re.sub(r"[^\w+-]", "_", cell_type)
            number = 1
            while name in names:
                number += 1
                name = f"{plain}_{number}"
            names.append(name)
        return [self.named(f"_test.{name}.bw") for name in names]

    def of_report(self) -> list[Path]:
        """Name the files of the report, and the file that only it is drawn from; of its figures, those that exist."""
        return [self.report, self.report_data, *self.figure_files()]

    def of_test(self, cell_types: Sequence[str]) -> list[Path]:
        """Name everything that an independent test of these cell types leaves."""
        return [self.test_scores, self.test_table, *self.test_tracks(cell_types)]

    @property
    def record(self) -> Path:
        """The run record."""
        return self.named(_RECORD)

    @property
    def resume_state(self) -> Path:
        """The state for ``--resume``."""
        return self.named("_resume.npz")

    def running(self, command: str) -> Path:
        """Name the file that says which process writes the results of a command (:mod:`maxatac.runs.running`)."""
        return self.named(f"_{command}_running.json")

    def running_files(self) -> list[Path]:
        """List those that are there, of all commands."""
        names = self._mine(_RUNNING)
        return sorted(path for path in self.folder.glob("*_running.json") if names.fullmatch(path.name))

    @property
    def log(self) -> Path:
        """The log."""
        return self.named(".log")

    @property
    def structure_plot(self) -> Path:
        """The drawing of the network."""
        return self.named("_model_structure.png")

    @property
    def history_plot(self) -> Path:
        """The drawing of loss and Dice per epoch."""
        return self.named("_model_dice_acc.png")

    @property
    def report(self) -> Path:
        """The report."""
        return self.named("_report.html")

    @property
    def report_data(self) -> Path:
        """Data of the report that the tables lack."""
        return self.named("_report.json")

    @property
    def figures(self) -> Path:
        """Folder of the report's figures."""
        return self.named("_figures")

    def figure_files(self) -> list[Path]:
        """List the figures of the report that exist, also unfinished ones."""
        if not self.figures.is_dir():
            return []
        names = re.compile(r"[\w-]+\.(png|svg)")
        return sorted(path for path in self.figures.iterdir() if names.fullmatch(whole_name(path.name) or path.name))

    @property
    def best_epoch(self) -> Path:
        """One line: the file name of the best checkpoint."""
        return self.folder / "best_epoch.txt"

    @property
    def tensorboard(self) -> Path:
        """Folder of event files."""
        return self.folder / "tensorboard" / self.prefix

    def too_long(self, epochs: int, cell_types: Sequence[str]) -> str | None:
        """Find a file name of a run that is too long for the file system.

        Parameters
        ----------
        epochs : int
        cell_types : sequence of str
            Those that are tested.

        Returns
        -------
        str or None
            The longest name, in bytes, if it is too long; ``None`` if all fit.
        """
        named = [getattr(self, name) for name, value in vars(RunFolder).items() if isinstance(value, property)]
        pools = [self.named(f"_{pool}_ROI_totalregions_stats.txt") for pool in ("training", "validation")]
        models = [self.checkpoint(epochs), self.named("_best.keras")]
        mine = [*named, *pools, *models, *self.test_tracks(cell_types), self.running("train")]
        longest = max((temporary_name(path.name) for path in mine), key=lambda name: len(os.fsencode(name)))
        return longest if len(os.fsencode(longest)) > self.longest_name() else None

    def longest_name(self) -> int:
        """Bytes that the file system of the folder allows for a name."""
        with contextlib.suppress(OSError, ValueError):
            return os.pathconf(self.existing(), "PC_NAME_MAX")
        return _LONGEST_NAME

    def existing(self) -> Path:
        """Find the folder, or the nearest one above it that exists."""
        nearest = self.folder.absolute()
        while not nearest.exists():
            nearest = nearest.parent
        return nearest

    def of_earlier_run(self) -> list[Path]:
        """List the files of this prefix that exist; those of a longer prefix are not listed.

        The file of a process that is writing is not listed: only :mod:`maxatac.runs.running` removes it.
        """
        if not self.folder.is_dir():
            return []
        others = self.of_others()
        mine = (path for path in self.folder.iterdir() if self._mine(_ENDINGS).fullmatch(path.name))
        found = sorted(path for path in mine if path not in others)
        return found + self.figure_files() + self.event_files()

    def of_others(self) -> dict[Path, tuple[str, str]]:
        """List files with names of this run that another command has written, with that command and its prefix."""
        listed = _listed(self.folder).items()
        mine = self._mine(_ENDINGS)
        return {self.folder / name: owner for name, owner in listed if owner[0] != "train" and mine.fullmatch(name)}

    def event_files(self) -> list[Path]:
        """List the event files of this prefix that exist."""
        if not self.tensorboard.is_dir():
            return []
        return sorted(path for path in self.tensorboard.rglob("events.out.tfevents.*") if path.is_file())

    def checkpoints(self) -> dict[int, Path]:
        """Find the checkpoints that exist, by epoch, counted from 1."""
        pattern = self._mine(rf"_(\d+)\.{self.model_format}")
        names = ((pattern.fullmatch(path.name), path) for path in self.folder.iterdir())
        return {int(match[2]): path for match, path in names if match is not None}

    def clear(self) -> None:
        """Remove what an earlier run of this prefix left."""
        # The state goes first: a run whose files are partly removed must not be resumed.
        self.resume_state.unlink(missing_ok=True)
        for path in self.of_earlier_run():
            path.unlink()
        self.clear_partial()
        mine = self._mine(r"_\d+\.(keras|h5)")
        if self.best_epoch.is_file() and mine.fullmatch(self.best_epoch.read_text().strip()):
            self.best_epoch.unlink()

    def clear_partial(self) -> None:
        """Remove the unfinished files of a killed run of this prefix."""
        for path in self.folder.iterdir():
            name = whole_name(path.name)
            if name is not None and self._mine(f"{_ENDINGS}|{_RUNNING}").fullmatch(name):
                path.unlink(missing_ok=True)

    def _mine(self, endings: str) -> re.Pattern[str]:
        return re.compile(re.escape(self.prefix) + f"({endings})")


def worded(command: str) -> str:
    """Word the command that has the files of a name: what was called."""
    return "train --cross_validate" if command == FOLDS else command


def owners(folder: Path) -> dict[str, tuple[str, str]]:
    """Find which runs the files of a folder belong to, by the records in it.

    Returns
    -------
    dict of str to (str, str)
        Command and prefix of the run, by file name; records are in it too. Files of no run are not.
    """
    found = _listed(folder)
    for command, prefix in set(found.values()):
        if command == "train":
            found |= {path.name: ("train", prefix) for path in RunFolder(folder, prefix).of_earlier_run()}
    return found


def _listed(folder: Path) -> dict[str, tuple[str, str]]:
    """Find the records of a folder, and what those of commands other than ``train`` list as written."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(folder.glob(f"*{_RECORD}")) if folder.is_dir() else ():
        owner, names = _of_record(path)
        found |= dict.fromkeys([path.name, *names], owner)
    return found


def _of_record(path: Path) -> tuple[tuple[str, str], list[str]]:
    """Read command and prefix of a record, and which files of its folder it lists."""
    # It cannot be read: a training run that left it is still found by its name.
    of_training = "train", path.name.removesuffix(_RECORD)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if "run_of" not in record:
            return of_training, []
        owner, names = (record["run_of"], record["prefix"]), list(record["outputs"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return of_training, []
    if not all(isinstance(text, str) for text in (*owner, *names)):
        return of_training, []
    # What a record lists may be removed: nothing outside the folder.
    return owner, [name for name in names if Path(name).name == name]


def find_run(path: Path) -> RunFolder:
    """Find a run by folder and prefix, by the folder alone, or by its run record.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    if path.name.endswith(_RECORD):
        path = path.with_name(path.name.removesuffix(_RECORD))
    owner = _listed(path.parent).get(path.name + _RECORD)
    if owner is not None and owner[0] == "train":
        return RunFolder(path.parent, path.name)
    prefixes = sorted({prefix for command, prefix in _listed(path).values() if command == "train"})
    if len(prefixes) == 1:
        return RunFolder(path, prefixes[0])
    if prefixes:
        told, hint = f"holds the runs {', '.join(prefixes)}", f"name one, such as {path / prefixes[0]}"
        raise InputError([Problem("value", told, hint=hint, file=path)])
    expected = f"a folder and prefix, such as results/CTCF, with results/CTCF{_RECORD}"
    raise InputError([Problem("missing file", "no run", expected, file=path)])

"""Cross-validation: one training for each part of the data that is held out, and one table of how well they do.

Each fold is an ordinary run in a folder of its own, and can be looked at, predicted with and repeated as one. All folds
are checked before the first one trains. A cross-validation that was stopped goes on with the fold that was running:
finished folds are recognised by what they left, so that no state is kept here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maxatac.data.tracks import open_genome
from maxatac.errors import InputError, MaxatacError, Problem, Problems, Stopped
from maxatac.evaluation.folds import FoldScores
from maxatac.files.checksums import hashing_once
from maxatac.genome.intervals import parsing_once
from maxatac.reporting.folds import UNITS, FinishedFold, read_fold, write_folds
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.folder import FOLDS, RunFolder
from maxatac.system.logs import holding_back
from maxatac.training.fold_checks import CheckedFold, check_fold, check_start, naming_folds
from maxatac.training.folds import Fold, files_of, folds_by_cell_type, folds_by_chromosome, study_of
from maxatac.training.inputs import open_inputs, read_samples
from maxatac.training.prepared import choose_seed
from maxatac.training.resume import read_state
from maxatac.training.settings import MIN_FOLDS, TrainConfig, settings_of_run
from maxatac.training.workflow import train
from maxatac.wording import counted, first_few, listed

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """The result of a cross-validation.

    Attributes
    ----------
    folds : tuple of FinishedFold
    scores : FoldScores
        A row for each fold, cell type and size of bins; their mean and spread.
    table, table_json, record : Path
    figure : Path or None
        None if none was to be drawn, or it could not be.
    seed : int
        That of every fold.
    """

    folds: tuple[FinishedFold, ...]
    scores: FoldScores
    table: Path
    table_json: Path
    record: Path
    figure: Path | None
    seed: int


def cross_validate(config: TrainConfig) -> CrossValidation:
    """Train and test once for each part of the data that is held out.

    Parameters
    ----------
    config : TrainConfig
        With ``cross_validate``. ``resume`` goes on with a cross-validation that was stopped; ``force`` begins anew.

    Returns
    -------
    CrossValidation

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, for all folds, before anything is written.
    MaxatacError
        If a fold fails. The folds before it stay, and ``resume`` goes on.
    KeyboardInterrupt
        Passed on, likewise.
    """
    return carry_out(config, prepare_cross_validation)


@dataclasses.dataclass(frozen=True)
class PreparedCrossValidation:
    """A cross-validation whose folds are checked, ready to be trained.

    Attributes
    ----------
    config : TrainConfig
    folder : CommandFolder
        Of the table; each fold has a folder of its own.
    folds : tuple of CheckedFold
    stale : tuple of RunFolder
        Folds of an earlier cross-validation that this one does not have; removed where ``force`` begins anew.
    seed : int
    """

    config: TrainConfig
    folder: CommandFolder
    folds: tuple[CheckedFold, ...]
    stale: tuple[RunFolder, ...]
    seed: int

    @property
    def outputs(self) -> list[Path]:
        """Every file that is written beside the folds, without log and record."""
        return _outputs(self.config)

    @property
    def inputs(self) -> dict[str, Path]:
        """Every file that is read, by purpose."""
        found = self.config.files()
        for checked in self.folds:
            found |= checked.paths
        return found

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """The seed, and the chromosomes."""
        if self.config.cross_validate == "chroms":
            held_out = {chrom for checked in self.folds for chrom in checked.fold.held_out}
            chroms = [chrom for chrom in study_of(self.config) if chrom in held_out]
            return {"seed": self.seed, "chroms": chroms, "folds": len(self.folds)}
        # All folds have the same.
        settings = settings_of_run(self.config, self.folds[0].split, self.seed)
        return {name: settings[name] for name in ("chroms", "tchroms", "vchroms", "test_chroms", "seed")}

    def describe(self) -> list[str]:
        """Say what each fold trains, validates and tests on, for ``--dry_run``."""
        lines = [f"cross-validation  {counted(len(self.folds), 'fold')}, each a training run; seed {self.seed}"]
        for checked in self.folds:
            training, split = checked.cell_types("Train"), checked.split
            tested = checked.cell_types("Test") or training
            lines += [
                f"{checked.fold.name}{'' if checked.result is None else ' (finished)'}",
                f"  tests on        {listed(tested)}; {first_few(split.test, 8)}",
                f"  trains on       {listed(training)}; {first_few(split.training, 8)}",
                f"  validates on    {listed(training)}; {first_few(split.validation, 8)}",
                f"  results         {checked.fold.folder.folder}",
            ]
        return [*lines, *(f"output            {path}" for path in self.outputs)]

    def work(self, run: CommandRun) -> CrossValidation:
        """Train the folds that are not finished, one after the other, and write table and figure."""
        if self.config.force:
            for folder in (*self.stale, *(checked.fold.folder for checked in self.folds)):
                _clear(folder)
        if any(checked.result is None for checked in self.folds):
            # Those of an earlier time are of other models.
            for path in (*self.outputs, self.folder.record):
                path.unlink(missing_ok=True)
        results = []
        for number, checked in enumerate(self.folds, 1):
            name = checked.fold.name
            if checked.result is None:
                logger.info(
                    "fold %d of %d, %s: results go to %s", number, len(self.folds), name, checked.fold.folder.folder
                )
                with run.phases.measuring(f"fold {name}"):
                    self._train(checked.fold, number - 1)
            else:
                logger.info("fold %d of %d, %s: finished before", number, len(self.folds), name)
            results.append(checked.result or _read(checked.fold))
        files, held_out = files_of(self.config), self.config.cross_validate
        assert held_out is not None
        scores, figure = write_folds(files, results, held_out, plot=self.config.plot)
        run.note("folds", {checked.fold.name: str(checked.fold.folder.record) for checked in self.folds})
        told, warned = scores.describe(UNITS[held_out])
        logger.info("scores of all folds: %s", files.table)
        for level, lines in ((logging.INFO, told), (logging.WARNING, warned)):
            for line in lines:
                logger.log(level, "%s", line)
        return CrossValidation(tuple(results), scores, files.table, files.scores, self.folder.record, figure, self.seed)

    def _train(self, fold: Fold, finished: int) -> None:
        """Train a fold, and say what is left to do if that is stopped."""
        told = f"{finished} of {counted(len(self.folds), 'fold')} are finished; --resume goes on with fold {fold.name}"
        try:
            # What was in the way is removed already: a fold that is gone on with must not be.
            train(dataclasses.replace(fold.config, force=False))
        except KeyboardInterrupt as error:
            name = f" ({error.signal_name})" if isinstance(error, Stopped) else ""
            logger.warning("interrupted%s: %s", name, told)
            raise
        except InputError as error:
            # It was sound when all folds were checked, and other folds may be trained by now.
            raise MaxatacError(f"fold {fold.name}: {'; '.join(map(str, error.problems))}") from error
        except Exception:
            logger.error("failed: %s, when the cause is removed", told)
            raise
        finally:
            # The network of a fold refers to itself, and would wait in memory beside the next one.
            gc.collect()


def _read(fold: Fold) -> FinishedFold:
    """Read the result of a fold that was trained just now.

    Raises
    ------
    MaxatacError
        If it is not there any more.
    """
    try:
        return read_fold(fold.folder, fold.name)
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"the results of fold {fold.name} cannot be read any more ({error}); --resume makes them again"
        raise MaxatacError(f"{fold.folder.folder}: {told}") from error


def _outputs(config: TrainConfig) -> list[Path]:
    files = files_of(config)
    return [files.table, files.scores, files.figure]


def prepare_cross_validation(config: TrainConfig, *, checks_folder: bool = True) -> PreparedCrossValidation:
    """Make the folds, and check everything that the run of each would check.

    Parameters
    ----------
    config : TrainConfig
    checks_folder : bool
        Whether the output folder is looked at.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    """
    problems = config.problems()
    if config.cross_validate is None:
        expected = "cells or chroms: what is held out in turn"
        problems.add("setting", "not given", expected=expected, option="--cross_validate")
    with parsing_once(), hashing_once():
        folds = _make_folds(config, problems)
        if not folds:
            problems += _other_problems(config)
            raise InputError(problems)
        stale = _check_folder(config, folds, problems) if checks_folder else ()
        # What is wrong with the folder of all is not told of each fold.
        looks_at_folders = checks_folder and not any(problem.kind in ("output", "resume") for problem in problems)
        checked: list[CheckedFold] = []
        found: dict[str, Sequence[Problem]] = {fold.name: () for fold in folds}
        for fold in folds:
            try:
                checked.append(check_fold(fold, fold.folder if looks_at_folders else None))
            except InputError as error:
                found[fold.name] = error.problems
    problems += naming_folds(found, problems)
    if problems:
        raise InputError(problems)
    check_start(config)
    seed = folds[0].config.seed
    assert seed is not None
    return PreparedCrossValidation(config, CommandFolder.of(config, FOLDS), tuple(checked), stale, seed)


def _make_folds(config: TrainConfig, problems: Problems) -> list[Fold]:
    """Make the folds; where none can be made, ``problems`` says why, or what is wrong with the inputs does."""
    folds: list[Fold] = []
    # What is wrong with the inputs is told by the check of each fold.
    untold = Problems()
    if config.cross_validate == "cells":
        every_row = dataclasses.replace(config, test_cell_types=())
        folds = folds_by_cell_type(config, read_samples(every_row, untold), problems)
    elif config.cross_validate == "chroms" and (config.folds is None or config.folds >= MIN_FOLDS):
        genome = open_genome(config.sequence, untold)
        if genome is not None:
            folds = folds_by_chromosome(config, genome.chrom_sizes, problems)
    seed = _seed(config, folds)
    return [dataclasses.replace(fold, config=dataclasses.replace(fold.config, seed=seed)) for fold in folds]


def _seed(config: TrainConfig, folds: Iterable[Fold]) -> int:
    """Choose the seed of all folds: the one asked for, that of the folds that are gone on with, or one that is drawn.

    With one seed for all, folds differ by their data alone.
    """
    if config.seed is None and config.resume:
        for fold in folds:
            # A state that is damaged is reported by the check of the fold.
            with contextlib.suppress(InputError):
                if (state := read_state(fold.folder.resume_state)) is not None:
                    return state.seed
    return choose_seed(config)


def _other_problems(config: TrainConfig) -> Sequence[Problem]:
    """Find what else is wrong where there are no folds to check: as in one run in which every cell type trains."""
    single = dataclasses.replace(config, cross_validate=None, folds=None, test=True, quant=False, distribute=False)
    if config.cross_validate == "cells":
        single = dataclasses.replace(single, test_cell_types=(), allow_shared_files=None, allow_same=None)
    try:
        with holding_back() as held, contextlib.ExitStack() as stack:
            stack.callback(held.take)
            open_inputs(single, None)
    except InputError as error:
        # Which chromosomes there would be is not known.
        about_chroms = ("--chroms", "--tchroms", "--vchroms", "--test_chroms")
        by_chroms = config.cross_validate == "chroms"
        return [problem for problem in error.problems if not (by_chroms and problem.option in about_chroms)]
    return ()


def _check_folder(config: TrainConfig, folds: Sequence[Fold], problems: Problems) -> tuple[RunFolder, ...]:
    """Check that the results can be written, and find folds of an earlier cross-validation that this one lacks."""
    files = files_of(config)
    place = files.place
    mine = {fold.folder.folder.name for fold in folds}
    stale: list[RunFolder] = []
    with contextlib.suppress(OSError):
        names = sorted(path.name for path in place.iterdir() if path.is_dir() and path.name not in mine)
        stale = [folder for folder in map(files.fold, names) if folder.of_earlier_run()]
    folder = CommandFolder.of(config, FOLDS)
    problems += folder.problems(_outputs(config), inputs=config.files(), force=config.force, resume=config.resume)
    elsewhere = "choose another --output or --prefix"
    if config.resume and stale:
        told = f"holds the folds {_named(stale)}, which this cross-validation does not have"
        hint = f"expected the folds that it began with; begin anew with --force, or {elsewhere}"
        problems.add("resume", told, hint=hint, option="--resume", file=place)
    if not config.resume and not config.force:
        there = [*(fold.folder for fold in folds if fold.folder.of_earlier_run()), *stale]
        if there:
            told = f"holds folds of an earlier cross-validation ({_named(there)})"
            hint = f"{elsewhere}, go on with it by --resume, or replace it with --force"
            problems.add("output", told, hint=hint, option="--output", file=place)
    return tuple(stale)


def _named(folders: Iterable[RunFolder]) -> str:
    return first_few(folder.folder.name for folder in folders)


def _clear(folder: RunFolder) -> None:
    """Remove what the run of a fold left, and its folders if nothing else is in them."""
    if not folder.folder.is_dir():
        return
    folder.clear()
    events = folder.tensorboard
    for path in (folder.figures, events / "train", events / "validation", events, events.parent, folder.folder):
        # It is not there, or holds something else.
        with contextlib.suppress(OSError):
            path.rmdir()

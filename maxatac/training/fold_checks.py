"""Checks of the folds of a cross-validation before the first one trains, and which of them are finished already."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.backend.noise import without_backend_noise
from maxatac.backend.startup import load_keras, own_settings
from maxatac.data.bins import chunks, is_bound, sum_bins
from maxatac.data.same_cells import plain_name
from maxatac.data.samples import Label
from maxatac.errors import InputError, Problem, Problems, TrackError, WeightsError
from maxatac.genome.split import ChromSplit
from maxatac.genome.windows import BIN_SIZE, BINS
from maxatac.prediction.model_record import read_record as read_model_record
from maxatac.prediction.windows import window_starts
from maxatac.reporting.folds import FinishedFold, read_fold
from maxatac.runs.command import read_record
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import running_problems
from maxatac.runs.settings import loader_threads
from maxatac.system.logs import holding_back
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.folds import Fold
from maxatac.training.held_out import STEP, no_test, tested_samples
from maxatac.training.inputs import Inputs, open_inputs
from maxatac.training.prepared import check_resume
from maxatac.training.resume import comparable, read_state
from maxatac.training.settings import FILE_OPTIONS, TrainConfig, settings_of_run
from maxatac.training.trainer import build_network
from maxatac.wording import first_few, listed

_OF_THE_PLACE = frozenset({"output", "prefix", "threads", "memory", "force", "resume", "genome", "loglevel"})
"""Settings that change neither what a finished fold has left nor its scores."""


@dataclasses.dataclass(frozen=True)
class CheckedFold:
    """A fold that can be trained, or is finished.

    Attributes
    ----------
    fold : Fold
    split : ChromSplit
    labels : mapping of str to "Train" or "Test"
        Of each cell type.
    paths : mapping of str to Path
        Every file of a cell type that is read, by purpose.
    result : FinishedFold or None
        If there is nothing left to do.
    """

    fold: Fold
    split: ChromSplit
    labels: Mapping[str, Label]
    paths: Mapping[str, Path]
    result: FinishedFold | None = None

    def cell_types(self, label: Label) -> list[str]:
        """List the cell types of a label."""
        return [cell_type for cell_type, mine in self.labels.items() if mine == label]


def check_fold(fold: Fold, folder: RunFolder | None) -> CheckedFold:
    """Check a fold as its run would, and that it can be scored.

    What a check logs is dropped: the run of the fold tells it.

    Parameters
    ----------
    fold : Fold
    folder : RunFolder or None
        Where its results will go; not looked at if None.

    Raises
    ------
    InputError
        If anything is wrong.
    """
    problems = Problems()
    if folder is not None:
        problems += running_problems(folder.running("train"), watch=False)
    try:
        with holding_back() as held, contextlib.ExitStack() as stack:
            stack.callback(held.take)
            inputs = open_inputs(fold.config, folder)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from error
    resumes = fold.config.resume and folder is not None
    if resumes:
        try:
            check_resume(fold.config, fold.folder, inputs)
        except InputError as error:
            problems += error.problems
    # That --no-test is not for a cross-validation is told of the settings.
    if fold.config.test and (reason := no_test(fold.config, inputs)):
        problems.add("regions", f"there is no test: {reason}", option="--test_chroms")
    _check_binding(inputs, problems)
    _check_weights(fold.config, inputs, problems)
    if problems:
        raise InputError(problems)
    return CheckedFold(
        fold,
        inputs.split,
        {sample.cell_line: sample.label for sample in inputs.samples},
        inputs.paths({}),
        _finished(fold, inputs) if resumes else None,
    )


def check_start(config: TrainConfig) -> None:
    """Check that the weights that all folds start from fit their network.

    A run does so before it begins; of a cross-validation, that would be in the middle.

    Raises
    ------
    InputError
        If they do not fit.
    """
    if config.weights is None:
        return
    with own_settings(), without_backend_noise():
        load_keras()
        from maxatac.backend.device import limit_threads, use_deterministic_algorithms

        # As a fold does: the backend takes these once in a process.
        limit_threads(loader_threads(config))
        if config.deterministic:
            use_deterministic_algorithms()
        try:
            build_network(config)
        except WeightsError as error:
            raise InputError([Problem.of(error)]) from error


def naming_folds(found: Mapping[str, Sequence[Problem]], told: Iterable[Problem]) -> list[Problem]:
    """Join the problems of several folds.

    Parameters
    ----------
    found : mapping of str to sequence of Problem
        By the name of the fold, also of sound ones. A problem that a single fold has gets its name.
    told : iterable of Problem
        What is told of all folds.
    """
    counts = Counter(problem for problems in found.values() for problem in dict.fromkeys(problems))
    about_prefix = any(problem.option == "--prefix" for problem in told)
    made = []
    for name, problems in found.items():
        for problem in problems:
            if about_prefix and problem.option == "--prefix":
                # The prefix of a fold begins with that of all.
                continue
            if counts[problem] == 1 and len(found) > 1 and not problem.more:
                place = f"fold {name}" if problem.place is None else f"{problem.place}, fold {name}"
                made.append(dataclasses.replace(problem, place=place))
            else:
                made.append(problem)
    return made


def _check_binding(inputs: Inputs, problems: Problems) -> None:
    """Find cell types that a fold could not score, and sets of chromosomes on which nothing is bound."""
    tracks = dict(zip((sample.binding for sample in inputs.training), inputs.binding, strict=True))
    split = inputs.split
    for sample in tested_samples(inputs) if split.test else ():
        track = tracks.get(sample.binding) or Track(sample.binding)
        if not _is_bound(track, split.test, inputs, problems):
            told = f"the binding of {sample.cell_line} has no bound bin on {first_few(split.test)}, where it is tested"
            hint = "there would be no score: hold out other chromosomes, or leave this cell type out"
            problems.add("signal", told, hint=hint, file=sample.binding)
    for use, chroms in (("train", split.training), ("validate", split.validation)):
        if not any(_is_bound(track, chroms, inputs, problems) for track in inputs.binding):
            cells = listed([sample.cell_line for sample in inputs.training])
            told = f"no bin of the chromosomes that {use} ({first_few(chroms)}) is bound in {cells}"
            hint = "there is nothing to learn" if use == "train" else "no epoch could be told from another"
            problems.add("signal", told, hint=hint)


def _is_bound(track: Track, chroms: Iterable[str], inputs: Inputs, problems: Problems) -> bool:
    """Tell whether a bin of some chromosomes that a window covers is bound; true where that cannot be read."""
    try:
        for chrom in chroms:
            if chrom in track.chrom_sizes:
                size = inputs.genome.chrom_sizes[chrom]
                covered = _covered_bins(window_starts(chrom, size, STEP, inputs.blacklist), size // BIN_SIZE)
                if _has_bound_bin(track, chrom, covered):
                    return True
    except (TrackError, OSError) as error:
        problems.append(Problem.of(error))
        return True
    return False


def _has_bound_bin(track: Track, chrom: str, covered: NDArray[np.bool_]) -> bool:
    for start, end in chunks(len(covered) * BIN_SIZE):
        here = covered[start // BIN_SIZE : end // BIN_SIZE]
        # Most chunks have a bound bin, so that the first one is all that is read.
        if here.any() and (is_bound(sum_bins(track.values(chrom, start, end))) & here).any():
            return True
    return False


def _covered_bins(starts: NDArray[np.int64], bins: int) -> NDArray[np.bool_]:
    """Tell which bins of a chromosome windows cover, shape (bins,)."""
    borders = np.zeros(bins + 1, np.int64)
    np.add.at(borders, starts // BIN_SIZE, 1)
    np.add.at(borders, starts // BIN_SIZE + BINS, -1)
    return np.asarray(np.cumsum(borders)[:bins] > 0, np.bool_)


def _check_weights(config: TrainConfig, inputs: Inputs, problems: Problems) -> None:
    """Check that the weights that a fold starts from have seen nothing that it holds out."""
    if config.weights is None:
        return
    try:
        record = read_model_record(config.weights)
    except (WeightsError, OSError) as error:
        problems.append(Problem.of(error))
        return
    if record is None or record.facts.unknown_start:
        told = "has no record of what it was trained on"
        hint = "it may have seen what a fold holds out: give weights that maxatac train has written, or none"
        problems.add("weights", told, hint=hint, option="--weights", file=config.weights)
        return
    cells = {plain_name(name) for name in record.facts.cell_types}
    chroms = {*record.facts.training_chroms, *record.facts.validation_chroms}
    held_out = [sample.cell_line for sample in inputs.samples if sample.label == "Test"]
    seen = [name for name in held_out if plain_name(name) in cells]
    seen += [chrom for chrom in inputs.split.test if chrom in chroms]
    if seen:
        told = f"was trained on {first_few(seen)}, which a fold holds out"
        problems.add("weights", told, hint="its scores would be too good", option="--weights", file=config.weights)


def _finished(fold: Fold, inputs: Inputs) -> FinishedFold | None:
    """Take the result of a fold if its run would change nothing; None if it would.

    Its inputs, and the settings that shape its model, have been compared with those of its state. So what is left is
    whether all that it would write is there.
    """
    folder, config = fold.folder, fold.config
    record, state = read_record(folder.record), read_state(folder.resume_state)
    if record is None or state is None:
        return None
    assert config.seed is not None
    now = comparable(settings_of_run(config, inputs.split, config.seed))
    free = {*_OF_THE_PLACE, *FILE_OPTIONS}
    cells = [sample.cell_line for sample in tested_samples(inputs)]
    try:
        found = read_fold(folder, fold.name)
        made_of = found.test["made_of"]
        is_same = all(record["settings"].get(name) == value for name, value in now.items() if name not in free)
        is_of_model = made_of["weights_sha256"] == state.selected["weights_sha256"]
        is_of_fold = (made_of["chroms"], made_of["cell_types"]) == (list(inputs.split.test), cells)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    has_model = Checkpoints(folder).has_best(found.best_epoch)
    files = [*folder.of_test(cells), *((folder.report,) if config.plot and config.report else ())]
    is_whole = is_same and is_of_model and is_of_fold and has_model and all(map(Path.exists, files))
    return found if is_whole else None

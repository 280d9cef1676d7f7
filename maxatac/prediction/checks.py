"""What a prediction checks beside its inputs: disk space, the scale of the signal, what an earlier run left."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.data.signal_scale import ENOUGH_COVERED, SignalScale, measure, scale_warning, typical
from maxatac.errors import Problem, Problems, TrackError
from maxatac.files.checksums import is_same_file
from maxatac.genome.windows import BIN_SIZE, BINS
from maxatac.prediction.description import MADE_OF, journal_path
from maxatac.prediction.journal import tell_differences
from maxatac.runs.command import CommandFolder, read_record
from maxatac.runs.folder import RunFolder
from maxatac.wording import byte_size, first_few

if TYPE_CHECKING:
    from maxatac.prediction.inputs import PredictInputs
    from maxatac.prediction.model_file import Predictor
    from maxatac.prediction.settings import PredictConfig

logger = logging.getLogger(__name__)

_BIGWIG_BYTES = 6
"""Bytes of a bin in a bigWig, with its zoom levels, at most: scores of float32 pack badly."""

_JOURNAL_BYTES = 5
"""Bytes of a bin in the journal, at most."""


def check_journal(config: PredictConfig, folder: CommandFolder, problems: Problems) -> None:
    """Refuse to begin anew, unasked, where an interrupted prediction could go on."""
    path = journal_path(folder)
    if path.exists() and not (config.resume or config.force):
        told = "an interrupted prediction of this prefix has left its finished sequences here"
        problems.add("output", told, hint="go on with it by --resume, or replace it with --force", file=path)


def finished_before(
    config: PredictConfig, folder: CommandFolder, made_of: Mapping[str, Any], problems: Problems
) -> Mapping[str, Any] | None:
    """Find the record of the prediction that is to be gone on with, if that is finished and its results are there.

    Parameters
    ----------
    config : PredictConfig
    folder : CommandFolder
    made_of : mapping
        What all results depend on.
    problems : Problems
        Gets what differs: of a finished prediction nothing is kept that one with other settings could go on from.
    """
    if not config.resume or journal_path(folder).exists() or (record := read_record(folder.record)) is None:
        return None
    try:
        before = dict(record[MADE_OF])
        outputs = {folder.folder / name: facts["bytes"] for name, facts in record["outputs"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        # Of an earlier version, or edited: all is predicted again.
        return None
    tell_differences(folder.record, before, made_of, problems)
    is_there = all(path.is_file() and path.stat().st_size == size for path, size in outputs.items())
    return record if is_there and isinstance(record.get("sites"), dict) else None


def check_unscored_out(
    config: PredictConfig,
    folder: CommandFolder,
    inputs: Mapping[str, Path],
    results: Sequence[Path],
    problems: Problems,
) -> None:
    """Check that the file for regions without a score can be written, and replaces nothing unasked.

    Parameters
    ----------
    config : PredictConfig
    folder : CommandFolder
        It is made where it is not there.
    inputs : mapping of str to Path
        Files that are read, by purpose.
    results : sequence of Path
        All other files that are written into the folder, without log, record and journal.
    problems : Problems
    """
    path = config.unscored_out
    if path is None:
        return
    parent = path.parent.absolute()
    mine = {file.absolute() for file in (*results, folder.record, folder.log, journal_path(folder))}
    if not parent.is_dir() and parent != folder.folder.absolute():
        problems.add("output", f"there is no folder {path.parent}", option="--unscored_out", file=path)
    elif path.is_dir():
        problems.add("output", "is a folder", option="--unscored_out", file=path)
    elif parent.is_dir() and not os.access(parent, os.W_OK | os.X_OK):
        told = f"{path.parent} cannot be written to"
        problems.add("output", told, option="--unscored_out", file=path)
    elif any(is_same_file(path, other) for other in inputs.values()):
        problems.add("output", "is an input too, and would be replaced", option="--unscored_out", file=path)
    elif path.absolute() in mine:
        problems.add("output", "is another result too", option="--unscored_out", file=path)
    elif path.exists() and not (config.force or config.resume):
        problems.add("output", "exists", hint="replace it with --force", option="--unscored_out", file=path)


def disk_space(inputs: PredictInputs) -> int:
    """Estimate the bytes that a prediction writes, with its journal, at most."""
    plan = inputs.plan
    bins = sum(min(plan.sizes[chrom] // BIN_SIZE, plan.by_chrom[chrom].kept * BINS) for chrom in plan.predicted)
    return bins * len(inputs.tracks) * (_BIGWIG_BYTES + _JOURNAL_BYTES)


def check_disk(inputs: PredictInputs, folder: CommandFolder, problems: Problems) -> None:
    """Check that the disk has room for the results, or almost: scores of a flat signal take less than estimated."""
    needed = disk_space(inputs)
    free = shutil.disk_usage(RunFolder(folder.folder, folder.prefix).existing()).free
    if needed > 2 * free:
        told = f"up to {byte_size(needed)} will be written, but {byte_size(free)} are free"
        problems.add("machine", told, option="--output", file=folder.folder)
    elif needed > free:
        logger.warning("up to %s may be written, but %s are free", byte_size(needed), byte_size(free))


def measure_scales(inputs: PredictInputs, problems: Problems, *, threads: int) -> dict[Path, SignalScale]:
    """Measure each signal track outside the blacklist; one that cannot be read is a problem."""
    scales = {}
    for track in inputs.tracks:
        try:
            blacklist = inputs.plan.blacklist
            chroms = inputs.plan.predicted
            scales[Path(track.path)] = measure(track, chroms, blacklist, enough=ENOUGH_COVERED, threads=threads)
        except (TrackError, OSError) as error:
            problems.append(Problem.of(error))
    return scales


def check_scales(
    config: PredictConfig, scales: Mapping[Path, SignalScale], predictor: Predictor, problems: Problems
) -> None:
    """Warn of a signal that is not on the scale that the model was trained on; with ``strict`` it is a problem."""
    trained = _trained_scale(predictor)
    for path, scale in scales.items():
        if scale.not_a_number:
            logger.warning("%s: NaN on %s bases: taken as no data, as 0", path, f"{scale.not_a_number:,}")
        told = scale_warning(scale, trained)
        if told is None:
            continue
        if config.strict:
            problems.add("signal", told, option="--strict", file=path)
        else:
            logger.warning("%s: %s", path, told)


def _trained_scale(predictor: Predictor) -> SignalScale | None:
    """Summarise the signal that the models were trained on; None if their files do not say."""
    records = [member.record for member in predictor.members if member.record is not None]
    return typical([scale for record in records for scale in record.facts.signal.values()])


def tell_of_models(predictor: Predictor, inputs: PredictInputs, *, out_of_fold: bool) -> None:
    """Log what the models say of themselves, and which chromosomes they were trained on."""
    for note in predictor.notes():
        logger.info("%s", note)
    if out_of_fold:
        logger.info("each sequence has the scores of the models that neither trained nor validated on it")
        return
    if len(predictor.members) > 1:
        logger.info("the scores are the mean of those of %d models", len(predictor.members))
    if seen := predictor.seen_chroms(inputs.plan.predicted):
        logger.info("the model was trained on, or selected by, %s: scores there are too good", first_few(seen))

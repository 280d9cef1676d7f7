"""Predict: from checked inputs to a track of each signal, and its sites."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maxatac._core import WindowReader
from maxatac.backend.noise import without_backend_noise
from maxatac.backend.startup import computing_on, load_keras, own_settings
from maxatac.data.signal_scale import SignalScale
from maxatac.errors import InputError, Problems
from maxatac.files.atomic import write_text
from maxatac.genome.windows import BIN_SIZE, WINDOW_LENGTH
from maxatac.prediction.calibration import PREDICTION, compare_with_table
from maxatac.prediction.checks import (
    check_disk,
    check_journal,
    check_scales,
    check_unscored_out,
    disk_space,
    finished_before,
    measure_scales,
    tell_of_models,
)
from maxatac.prediction.chromosome import ChromPredictions, predict_chromosomes, streaming_memory
from maxatac.prediction.cutoffs import Cutoff, find_cutoff
from maxatac.prediction.description import MADE_OF, journal_path, made_of, prediction_facts
from maxatac.prediction.inputs import PredictInputs, describe_counts, open_inputs, tell_of_inputs
from maxatac.prediction.journal import Journal, WriteBehind, journal_problems
from maxatac.prediction.model_file import (
    FAST_TOLERANCE,
    TOLERANCE,
    Member,
    Predictor,
    check_out_of_fold,
    load_predictor,
)
from maxatac.prediction.model_folder import find_model
from maxatac.prediction.outputs import TrackOutput, Written, name_outputs, write_outputs
from maxatac.prediction.settings import PredictConfig
from maxatac.prediction.sites import describe_sites, warn_of_no_site
from maxatac.prediction.windows import Starts
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.settings import loader_memory, loader_threads
from maxatac.system.logs import holding_back
from maxatac.system.progress import telling
from maxatac.system.signals import deferring_interrupt
from maxatac.wording import byte_size, counted, first_few, rough_duration

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

_TIMED = 2
"""Batches that a dry run predicts to estimate the time."""


@dataclasses.dataclass(frozen=True)
class PredictResult:
    """What a prediction has left.

    Attributes
    ----------
    tracks : tuple of Path
        A bigWig for each signal track, in their order.
    peaks : tuple of Path
        Their sites as BED; empty where none were called.
    sites : tuple of int
        How many sites each of these files has.
    chroms : tuple of str
        Sequences with predictions.
    record : Path
    """

    tracks: tuple[Path, ...]
    peaks: tuple[Path, ...]
    sites: tuple[int, ...]
    chroms: tuple[str, ...]
    record: Path

    def describe(self) -> list[str]:
        """List the files for the screen."""
        lines = [str(path) for path in self.tracks]
        lines += [f"{path} ({counted(number, 'site')})" for path, number in zip(self.peaks, self.sites, strict=True)]
        return lines


@dataclasses.dataclass(frozen=True, eq=False)
class PreparedPredict:
    """A prediction whose inputs are checked, ready to work."""

    config: PredictConfig
    folder: CommandFolder
    data: PredictInputs
    predictor: Predictor
    cutoff: Cutoff | None
    written: tuple[TrackOutput, ...]
    scales: Mapping[Path, SignalScale]
    inputs: Mapping[str, Path]
    facts: Mapping[str, Any]
    made_of: Mapping[str, Any]
    all_made_of: Mapping[str, Any]
    device: str
    earlier: Mapping[str, Any] | None

    @property
    def outputs(self) -> list[Path]:
        """Every file that is written, without log, record and journal."""
        return [path for output in self.written for path in output.paths()]

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """Chromosomes, threads and memory."""
        return {
            "chroms": self.data.plan.chroms,
            "threads": loader_threads(self.config),
            "memory": loader_memory(self.config),
        }

    def describe(self) -> list[str]:
        """Say what would be predicted, how long it would take, and what disk space it needs."""
        config, plan = self.config, self.data.plan
        calls = _calls(config, plan.counts.kept, len(self.data.tracks))
        with _multiplying(config):
            seconds = calls * _seconds_per_call(self.predictor.model, config.batch_size)
        return [
            f"windows   {describe_counts(plan)}",
            f"tracks    {len(self.data.tracks)}, {2 if config.rev_comp else 1} strand{'s' * config.rev_comp}",
            f"device    {self.device}",
            f"time      about {rough_duration(seconds)}, of {calls:,} batches of {config.batch_size:,} windows",
            f"disk      {byte_size(disk_space(self.data))} at most, a part of it until the end of the run alone",
            *(f"output    {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> PredictResult:
        """Predict what is not in the journal, then write everything."""
        self._begin(run)
        if self.earlier is not None:
            logger.info("finished before, of the same inputs and settings: the results are kept")
            self._write_unscored()
            return self._end(run, self.earlier["sites"], self.earlier.get("highest_scores", {}))
        path = journal_path(self.folder)
        self.folder.clear_partial([path])
        if not self.config.resume:
            path.unlink(missing_ok=True)
        journal = Journal(path, self.made_of)
        with deferring_interrupt() as check:
            try:
                with run.phases.measuring("prediction"):
                    self._predict(journal, check)
                with run.phases.measuring("writing"):
                    written = self._write(journal, check)
            except KeyboardInterrupt:
                done, all_of_them = len(journal.finished), len(self.data.plan.predicted)
                told = "stopped: %d of %d sequences are finished and kept in %s; go on with --resume"
                logger.warning(told, done, all_of_them, journal_path(self.folder))
                raise
        self._write_unscored()
        called = [
            (output.peaks, found)
            for output, found in zip(self.written, written, strict=True)
            if output.peaks is not None
        ]
        for path, found in called:
            logger.info("%s", describe_sites(path, found.sites))
            if self.cutoff is not None:
                warn_of_no_site(path, found.sites, self.cutoff, found.highest)
        highest = {output.track.name: found.highest for output, found in zip(self.written, written, strict=True)}
        return self._end(run, {path.name: found.number for path, found in called}, highest)

    def _end(self, run: CommandRun, sites: Mapping[str, int], highest: Mapping[str, float | None]) -> PredictResult:
        """Enter into the record what was found, and make the result."""
        run.note("highest_scores", highest)
        run.note("sites", sites)
        peaks = [output.peaks for output in self.written if output.peaks is not None]
        return PredictResult(
            tuple(output.track for output in self.written),
            tuple(peaks),
            tuple(sites.get(path.name, 0) for path in peaks),
            self.data.plan.predicted,
            self.folder.record,
        )

    def _begin(self, run: CommandRun) -> None:
        """Enter into the record what is known from the start."""
        run.note("device", self.device)
        run.note(PREDICTION, self.facts)
        run.note("cutoff", None if self.cutoff is None else self.cutoff.entry())
        run.note("signal_scales", {str(path): dataclasses.asdict(scale) for path, scale in self.scales.items()})
        run.note(MADE_OF, self.all_made_of)
        for name, value in self.data.facts().items():
            run.note(name, value)

    def _write_unscored(self) -> None:
        """List the regions of interest without a score, if that is asked for."""
        if self.config.unscored_out is not None:
            rows = ["\t".join(map(str, row)) for row in self.data.plan.unscored]
            write_text(self.config.unscored_out, "".join(f"{row}\n" for row in rows))

    def _predict(self, journal: Journal, check: Callable[[], None]) -> None:
        """Predict the chromosomes that are not in the journal."""
        config, plan = self.config, self.data.plan
        finished = set(journal.finished)
        left = sum(plan.by_chrom[chrom].kept for chrom in plan.predicted if chrom not in finished)
        if finished:
            logger.info("%d of %d sequences are in %s", len(finished), len(plan.predicted), journal_path(self.folder))
        memory = min(loader_memory(config), streaming_memory(len(self.data.tracks)))
        reader = WindowReader(self.data.genome, self.data.tracks, threads=loader_threads(config), memory=memory)
        strands = 2 if config.rev_comp else 1

        def keep(found: ChromPredictions) -> None:
            values = plan.clipped(found.chrom, found.offset, found.values)
            journal.append(dataclasses.replace(found, values=values))

        windows = left * strands * len(self.data.tracks)
        with (
            _multiplying(config),
            telling("predicting", windows, "windows") as advance,
            WriteBehind(keep) as writing,
        ):

            def after_batch(done: int) -> None:
                check()
                writing.check()
                advance(done)

            for model, starts in self._by_model():
                predicted = predict_chromosomes(
                    model,
                    reader,
                    starts,
                    cells=range(len(self.data.tracks)),
                    batch_size=config.batch_size,
                    both_strands=config.rev_comp,
                    finished=finished,
                    after_batch=after_batch,
                )
                for found in predicted:
                    writing.put(found)

    def _by_model(self) -> Iterator[tuple[keras.Model, Iterable[tuple[str, Starts]]]]:
        """Give each model with its windows: one with all, or several with the chromosomes that they have not seen."""
        plan, predictor = self.data.plan, self.predictor
        if not self.config.out_of_fold:
            yield predictor.model, plan
            return
        groups: dict[tuple[Member, ...], list[str]] = {}
        for chrom in plan.predicted:
            groups.setdefault(predictor.members_for(chrom), []).append(chrom)
        for members, chroms in groups.items():
            yield predictor.model_of(members), ((chrom, plan.starts(chrom)) for chrom in chroms)

    def _write(self, journal: Journal, check: Callable[[], None]) -> list[Written]:
        plan = self.data.plan
        return write_outputs(
            self.written,
            plan.predicted,
            journal.read,
            plan.sizes,
            cutoff=self.cutoff,
            max_zooms=self.config.max_zooms,
            check=check,
        )


def predict(config: PredictConfig) -> PredictResult:
    """Predict binding along a genome.

    Parameters
    ----------
    config : PredictConfig

    Returns
    -------
    PredictResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, before anything is written.
    MaxatacError
        If the run fails, for example because a signal is infinite.
    KeyboardInterrupt
        Passed on; the finished sequences are kept, and ``resume`` goes on after them.

    Notes
    -----
    TensorFlow keeps the device, the number of threads, and taking a GPU's memory as it is needed, to the end of the
    process. All other settings are put back.
    """
    with own_settings():
        result = carry_out(config, prepare_predict)
        journal_path(CommandFolder.of(config, "predict")).unlink(missing_ok=True)
        return result


def prepare_predict(config: PredictConfig) -> PreparedPredict:
    """Open and check everything that a prediction needs, and load the model.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    MaxatacError
        If a model does not predict what its record says, or the device computes otherwise.
    """
    with own_settings(), holding_back() as held:
        prepared = _prepare(config)
        from maxatac.backend.device import device_memory, warn_of_unused_gpu
    # The first line of the log names the device.
    memory = None if prepared.device.endswith(" on CPU") else device_memory()
    logger.info("%s%s", prepared.device, "" if memory is None else f", {byte_size(memory)} of memory")
    if config.device != "cpu":
        warn_of_unused_gpu(prepared.device)
    held.release()
    return prepared


def _prepare(config: PredictConfig) -> PreparedPredict:
    problems = config.problems()
    folder = CommandFolder.of(config, "predict")
    paths, cutoff = _models_and_cutoff(config, problems)
    predictor = load_predictor(paths, problems) if paths else None
    written = name_outputs(folder, config.signal, peaks=cutoff is not None)
    outputs = [path for output in written for path in output.paths()]
    inputs = config.files() | {_role("model", number): path for number, path in enumerate(paths, 1)}
    if cutoff is not None and cutoff.table is not None:
        inputs["cutoff_file"] = cutoff.table
    # Where there is nothing to go on with, files of these names are those of someone else.
    is_begun = config.resume and (journal_path(folder).exists() or folder.record.exists())
    problems += folder.problems(outputs, inputs=inputs, force=config.force, resume=is_begun)
    check_journal(config, folder, problems)
    check_unscored_out(config, folder, inputs, outputs, problems)
    data = open_inputs(config, problems)
    if data is not None and predictor is not None and config.out_of_fold:
        data = _out_of_fold(data, predictor, problems)
    if problems or data is None or predictor is None:
        raise InputError(problems)
    tell_of_inputs(data)
    tell_of_models(predictor, data, out_of_fold=config.out_of_fold)
    facts = prediction_facts(config, predictor, data.plan.predicted)
    if cutoff is not None:
        compare_with_table(cutoff, facts, problems, bin_size=BIN_SIZE)
    check_disk(data, folder, problems)
    scales = measure_scales(data, problems, threads=loader_threads(config))
    check_scales(config, scales, predictor, problems)
    device = _start_backend(config, problems)
    sums = [member.sha256 for member in predictor.members]
    parts = made_of(config, data, inputs, sums, device)
    if config.resume:
        problems += journal_problems(journal_path(folder), parts)
    everything = parts | {
        "cutoff": None if cutoff is None else cutoff.score,
        "--max_zooms": config.max_zooms,
        "outputs": [path.name for path in outputs],
    }
    earlier = finished_before(config, folder, everything, problems)
    if problems:
        raise InputError(problems)
    with without_backend_noise(), _multiplying(config):
        predictor.check(config.batch_size, FAST_TOLERANCE if config.fast_math else TOLERANCE)
    return PreparedPredict(
        config, folder, data, predictor, cutoff, written, scales, inputs, facts, parts, everything, device, earlier
    )


def _role(name: str, number: int) -> str:
    """Name one of several files as the settings do."""
    return name if number == 1 else f"{name} {number}"


def _out_of_fold(data: PredictInputs, predictor: Predictor, problems: Problems) -> PredictInputs | None:
    """Leave out the chromosomes that every model has seen."""
    before = len(problems)
    check_out_of_fold(predictor, problems)
    if len(problems) > before:
        return None
    plan = data.plan
    seen = {chrom: None for chrom in plan.predicted if not predictor.members_for(chrom)}
    kept = tuple(chrom for chrom in plan.chroms if chrom not in seen)
    if seen:
        logger.warning("--out_of_fold: every model has trained on %s: no prediction there", first_few(seen))
    plan = dataclasses.replace(plan, chroms=kept)
    if not plan.predicted:
        told = "every model was trained on every chromosome that could be predicted"
        problems.add("regions", told, hint=first_few(seen), option="--out_of_fold")
        return None
    return dataclasses.replace(data, plan=plan, seen_by_all=tuple(seen))


def _models_and_cutoff(config: PredictConfig, problems: Problems) -> tuple[list[Path], Cutoff | None]:
    """Find the models and the cutoff, as named or in the folder of models."""
    paths, table = list(config.model or ()), None
    if config.tf_name and not config.model and (models := config.models_folder) is not None:
        needs_table = config.cutoff_file is None and config.cutoff_type != "score" and not config.skip_call_peaks
        found = find_model(config.tf_name, models, problems, needs_table=needs_table)
        if found is None:
            return paths, None
        paths, table = [found[0]], found[1]
        if table is None and needs_table and not config.has_cutoff:
            logger.warning("%s: has no table of cutoffs: no sites are called", paths[0].parent)
    return paths, None if config.skip_call_peaks else find_cutoff(config, problems, table=table)


def _start_backend(config: PredictConfig, problems: Problems) -> str:
    """Load Keras, and choose the device; gives the device in words."""
    with computing_on(config.device), without_backend_noise():
        load_keras()
        from maxatac.backend.device import describe, limit_threads, use_device

        limit_threads(loader_threads(config))
        use_device(config.device, problems)
        return describe()


def _multiplying(config: PredictConfig) -> AbstractContextManager[None]:
    """Multiply as exactly as the settings say while a block runs."""
    from maxatac.backend.device import multiplying

    return multiplying(fast_math=config.fast_math)


def _calls(config: PredictConfig, windows: int, tracks: int) -> int:
    """Count the calls of the network."""
    return -(-windows // config.batch_size) * tracks * (2 if config.rev_comp else 1)


def _seconds_per_call(model: keras.Model, batch_size: int) -> float:
    """Measure a call of the network, after one that compiles it."""
    windows = np.zeros((batch_size, WINDOW_LENGTH, 5), np.float32)
    model.predict_on_batch(windows)
    began = time.perf_counter()
    for _ in range(_TIMED):
        model.predict_on_batch(windows)
    return (time.perf_counter() - began) / _TIMED

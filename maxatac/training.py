"""Train a model: from checked inputs to checkpoints, a history and the selected epoch."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.backend import backend_problems, load_keras, overridden, own_settings
from maxatac.cells import as_meta
from maxatac.checkpoints import Checkpoints
from maxatac.distribution import Processes, joined, split_problems
from maxatac.errors import InputError, MaxatacError, Problem, ResourceError, Stopped, TakenOver, WeightsError
from maxatac.files import replacing, write_text
from maxatac.formats import file_fault
from maxatac.held_out import describe_test, no_window, run_test, tested_samples
from maxatac.inputs import Inputs, blacklist_intervals, format_probes, open_inputs, warn_of_odd_tracks
from maxatac.interrupt import deferring_interrupt
from maxatac.leak_guard import Stream, prove
from maxatac.logs import at_level, holding_back, without_backend_noise, writing_to
from maxatac.machine import usable_processors
from maxatac.meter import LoaderTimes
from maxatac.outputs import HISTORY_COLUMNS, TIMING_COLUMNS, RunFolder
from maxatac.progress import EpochProgress, EventFiles
from maxatac.record import PhaseTimes, RunRecord, settings_of_run
from maxatac.regions import save_roi
from maxatac.report import describe_layers, plot_history, plot_structure
from maxatac.report_data import ReportData
from maxatac.reporting import write_report
from maxatac.resume import InputFile, ResumeState, input_differences, read_state, restore, setting_differences
from maxatac.running import Running, running, running_problems
from maxatac.scores import CELL_COLUMNS
from maxatac.selection import best_epoch, criterion, is_over
from maxatac.settings import SEED_RANGE, TrainConfig, loader_memory, loader_threads
from maxatac.thresholds import thresholds_of
from maxatac.validation import GenomeBatches, Validated, describe_scores, genome_batches, make_validator

if TYPE_CHECKING:
    import keras

    from maxatac._core import Sampler

logger = logging.getLogger(__name__)

# Streams of random numbers of a run; recorded seeds rely on them.
TRAINING_STREAM, VALIDATION_STREAM, STATISTICS_STREAM = range(3)

STATISTICS_BATCHES = 10
"""Training batches from which the batch-norm statistics are measured before each validation; see ``docs/train.md``."""

Row = dict[str, float]


@dataclasses.dataclass(frozen=True)
class TrainResult:
    """What a finished run has come to.

    Attributes
    ----------
    output : Path
        The run's folder.
    history : tuple of dict
        One row per epoch: epoch, dice_coef, loss, val_dice_coef, val_loss, and further validation scores.
    best_epoch : int
        The selected epoch, from 1.
    best_model : Path
        The selected model, ``.keras``.
    seed : int
        The seed that was used.
    state_sha256 : str
        Fingerprint of weights and optimiser after the last epoch.
    test : dict
        What the independent test has found, as ``<prefix>_test.json`` holds it; or ``{"skipped": reason}``.
    """

    output: Path
    history: tuple[Row, ...]
    best_epoch: int
    best_model: Path
    seed: int
    state_sha256: str
    test: Mapping[str, Any]


def make_samplers(config: TrainConfig, inputs: Inputs, seed: int) -> dict[str, Sampler]:
    """Make the samplers of the training and of the validation pool, which draw by the same rules.

    Raises
    ------
    InputError
        If a track is damaged where the regions touch it, or random windows cannot be drawn.
    """
    from maxatac._core import Memory, Sampler

    memory = Memory(loader_memory(config))
    samplers = {}
    problems = []
    for name, stream, batch_size in (
        ("training", TRAINING_STREAM, config.batch_size),
        ("validation", VALIDATION_STREAM, config.val_batch_size),
    ):
        pool = inputs.pools[name]
        try:
            samplers[name] = Sampler(
                inputs.genome,
                list(inputs.signal),
                list(inputs.binding),
                chroms=list(pool.chroms),
                roi_chrom=pool.chrom,
                roi_start=pool.start,
                roi_track=pool.cell,
                batch_size=batch_size,
                rand_ratio=config.rand_ratio,
                blacklist=blacklist_intervals(inputs.forbidden(name), pool.chroms),
                shuffle_cell_type=config.shuffle_cell_type,
                reverse_complement=config.rev_comp_train,
                jitter=config.jitter,
                quantitative=config.quant,
                target_scale_factor=config.target_scale_factor,
                seed=seed,
                stream=stream,
                threads=loader_threads(config),
                memory=memory,
            )
        except ResourceError:
            raise
        except (MaxatacError, OSError) as error:
            problems.append(Problem.of(error))
    if problems:
        raise InputError(dict.fromkeys(problems))
    for name, sampler in samplers.items():
        pool_size, needed = len(inputs.pools[name]), sampler.roi_per_batch
        if pool_size < needed:
            logger.warning(
                "the %s pool has %d regions, fewer than the %d of a batch: each is drawn more than once",
                name,
                pool_size,
                needed,
            )
    return samplers


def guard_samplers(
    config: TrainConfig, inputs: Inputs, samplers: Mapping[str, Sampler], genome_like: GenomeBatches | None = None
) -> dict[str, Any]:
    """Prove that none of the batches that a run will read holds anything of what is held out.

    Returns
    -------
    dict
        What was looked at; see :func:`maxatac.leak_guard.prove`.

    Raises
    ------
    MaxatacError
        If something could leak.
    """
    training, validation = samplers["training"], samplers["validation"]
    streams = {
        "training": Stream("training", training, config.epochs, config.batches),
        "validation": Stream("validation", validation, 1, config.batches),
        "statistics": Stream("training", training.with_stream(STATISTICS_STREAM), config.epochs, STATISTICS_BATCHES),
    }
    return prove(inputs, streams, genome_like)


def _seed_keras(seed: int) -> None:
    """Seed what Keras draws initial weights from."""
    import keras
    import numpy as np

    if keras.config.backend() == "jax":
        # Keras' own function would import TensorFlow wherever it is installed.
        random.seed(seed)
        np.random.seed(seed)
    else:
        keras.utils.set_random_seed(seed)


class _Trainee:
    """The compiled model, its data, and what is known of it so far."""

    def __init__(
        self,
        config: TrainConfig,
        samplers: Mapping[str, Sampler],
        seed: int,
        cell_types: Sequence[str],
        genome_like: GenomeBatches | None = None,
        processes: Processes | None = None,
    ) -> None:
        from maxatac.batches import WindowDataset
        from maxatac.model import build
        from maxatac.model.averaging import keep_average
        from maxatac.model.batch_norm import StatisticsEstimator
        from maxatac.model.losses import binary_cross_entropy, mean_squared_error
        from maxatac.model.metrics import dice_coef, thresholded_dice
        from maxatac.model.optimizer import adam
        from maxatac.model.transport import accepting_codes
        from maxatac.weights import load_weights

        self.processes = processes or Processes()
        _seed_keras(seed)
        self.model = build(config.arch, dense=config.dense, output_activation=config.output_activation)
        if config.weights is not None:
            load_weights(self.model, config.weights)
        loss = mean_squared_error if config.quant else binary_cross_entropy
        metric = thresholded_dice(0.5 * config.target_scale_factor) if config.quant else dice_coef
        self.fitted = accepting_codes(self.model) if config.compact_transport else self.model
        optimizer = adam()
        self.averaged = config.ema is not None
        if config.ema is not None:
            keep_average(optimizer, config.ema)
        for model in {id(model): model for model in (self.model, self.fitted)}.values():
            model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile=True)
        place = self.processes.place
        self.statistics = StatisticsEstimator(self.model, place)
        self.training = WindowDataset(samplers["training"], config.batches, compact=config.compact_transport)
        self.validation = WindowDataset(samplers["validation"], config.batches)
        self.for_statistics = WindowDataset(samplers["training"].with_stream(STATISTICS_STREAM), STATISTICS_BATCHES)
        self.batch_size = config.batch_size
        self.loader: LoaderTimes | None = None
        self._threads = loader_threads(config)
        self.genome_like = genome_like
        self.validator = make_validator(
            config, self.model, loss, metric, self.validation, genome_like, cell_types, place
        )
        self.validated: Validated | None = None

    def run_epoch(self, epoch: int, callback: keras.callbacks.Callback) -> tuple[Row, Row]:
        """Train, measure the statistics and validate, once.

        With an average of the weights it is the average that is validated, and that the model holds afterwards; the
        weights themselves wait in the optimiser until they are trained again.

        One ``fit`` per epoch: what is prefetched can then only be of this epoch, and nothing that happens between
        epochs has to squeeze into a callback.

        Parameters
        ----------
        epoch : int
            From 0.
        callback : keras.callbacks.Callback
            Told of every batch.

        Returns
        -------
        history, timing : dict
            The epoch's rows.
        """
        from maxatac.model.averaging import exchange
        from maxatac.model.step_times import StepTimes

        steps = StepTimes()
        self.training.epoch = self.for_statistics.epoch = epoch
        begin, waited, inflated = time.perf_counter(), self.training.seconds, self._inflated()
        first, last = self.training.sampler.rows
        try:
            with self.processes.together():
                if self.averaged and epoch:
                    exchange(self.model)
                fitted = self.fitted.fit(
                    self.training.for_fit(),
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    shuffle=False,
                    verbose=0,
                    callbacks=[steps, callback],
                )
                trained = time.perf_counter()
                self.loader = LoaderTimes(
                    seconds=trained - begin,
                    waited=self.training.seconds - waited,
                    windows=2 * len(self.training) * (last - first),
                    inflated=self._inflated() - inflated,
                    threads=self._threads,
                    processors=usable_processors(),
                )
                if self.averaged:
                    exchange(self.model)
                self.statistics.estimate(self.for_statistics, partial(callback.on_predict_batch_end, 0))
                measured = time.perf_counter()
                self.validated = validated = self.validator.run(callback)
        except Exception as error:
            # The backend wraps what the loader raised; the loader's own words are the ones to show.
            cause = self.training.error or self.for_statistics.error or self.validation.error
            if (reason := cause or self.processes.reason(error)) is None:
                raise
            raise reason from error
        end = time.perf_counter()
        genome_seconds = validated.seconds.get("genome", 0.0)
        row = {name: values[-1] for name, values in fitted.history.items()}
        history = {"epoch": epoch + 1, **row, **validated.row}
        total = end - begin
        seconds = {
            "statistics": measured - trained, "validation": end - measured - genome_seconds, "genome": genome_seconds
        }  # fmt: skip
        timing = {
            "epoch": epoch + 1,
            "seconds": total,
            "examples_per_second": len(self.training) * self.batch_size / (trained - begin),
            "waiting_share": self.loader.waiting_share,
            **{f"{name}_share": part / total for name, part in seconds.items()},
            "steps_seconds": steps.seconds,
            **{f"{name}_seconds": part for name, part in seconds.items()},
        }
        return {name: float(value) if name != "epoch" else value for name, value in history.items()}, timing

    def waiting(self) -> float:
        """Seconds spent waiting for training batches so far."""
        return self.training.seconds

    def _inflated(self) -> int:
        return self.training.sampler.memory.usage["inflated"]

    def close(self) -> None:
        """Let go of batches made ahead for an epoch that was not finished."""
        for dataset in (self.training, self.for_statistics, self.validation):
            dataset.close()


def train(config: TrainConfig, *, repeats: Mapping[str, Any] | None = None) -> TrainResult:
    """Train a model.

    Parameters
    ----------
    config : TrainConfig
    repeats : mapping, optional
        The record of the run that is to be repeated, for a warning if that was made on another device.

    Returns
    -------
    TrainResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, before anything is written.
    MaxatacError
        If the run fails, for example because a file is damaged or changed while it is read.
    KeyboardInterrupt
        Passed on; the epochs that were finished stay, and ``resume`` goes on after them.
    """
    with own_settings(), joined(config) as processes:
        return _train(config, processes, repeats)


def _train(config: TrainConfig, processes: Processes, repeats: Mapping[str, Any] | None) -> TrainResult:
    """Do what ``train`` says; of several processes all do the same, but for what is process 0's alone."""
    begin = time.time()
    folder = RunFolder(config.output, config.prefix, config.model_format)
    loglevel = processes.loglevel(config.loglevel)
    # Before the log is held back: it may take a while, and says so.
    busy = running_problems(folder.running("train"), watch=True) if processes.leads else []
    with at_level(loglevel), holding_back() as held:
        processes.meet()
        for source, settings in overridden().items():
            logger.warning("%s: %s is not used: a run computes with settings of its own", source, settings)
        config = processes.own_share(config)
        with processes.agreeing():
            stamp = _stamp(folder.resume_state)
            earlier = read_state(folder.resume_state) if config.resume else None
        seed = processes.share(_seed(config, earlier))
        phases = PhaseTimes(earlier.past["phases"] if earlier else None)
        with processes.agreeing():
            problems = [*processes.problems(config), *_state_problems(folder, earlier, processes)]
            problems += busy
            try:
                with phases.measuring("checks"):
                    inputs = open_inputs(config, folder if processes.leads else None)
                    checksums = _compare(config, folder, inputs, seed, earlier) if processes.leads else {}
                with phases.measuring("decoding"):
                    samplers = make_samplers(config, inputs, seed)
                    rows = processes.rows(config.val_batch_size)
                    threads = loader_threads(config)
                    genome_like = genome_batches(config, inputs, seed, threads=threads, rows=rows)
            except InputError as error:
                raise InputError([*problems, *error.problems, *_weights_problems(config)]) from error
            if problems:
                raise InputError(problems)
        if processes.count > 1:
            samplers = {
                name: sampler.with_rows(*processes.rows(sampler.batch_size)) for name, sampler in samplers.items()
            }
        leak_guard = _guard_together(guard_samplers(config, inputs, samplers, genome_like), samplers, processes)
        try:
            with phases.measuring("network"), without_backend_noise(), processes.together():
                load_keras()
                from maxatac.device import limit_threads, use_deterministic_algorithms

                computing_threads = limit_threads(loader_threads(config))
                if config.deterministic:
                    use_deterministic_algorithms()
                cell_types = [sample.cell_line for sample in inputs.training]
                trainee = _Trainee(config, samplers, seed, cell_types, genome_like, processes)
                if earlier is not None:
                    restore(earlier, trainee.model)
        except WeightsError as error:
            raise InputError([str(error)]) from error
    if not processes.leads:
        with at_level(loglevel):
            held.release()
            return _follow(config, folder, trainee, earlier)
    record = RunRecord(config, inputs, seed, begin, phases, earlier, checksums, leak_guard)
    record.note("computing_threads", computing_threads)
    if (taking_part := processes.record()) is not None:
        record.note("distribution", taking_part)
    with contextlib.ExitStack() as stack:
        with processes.agreeing():
            try:
                folder.folder.mkdir(parents=True, exist_ok=True)
                holding = stack.enter_context(running(folder.running("train")))
                if _stamp(folder.resume_state) != stamp:
                    # Another run has begun, or gone on, while the inputs were checked.
                    raise InputError(
                        [f"{folder.resume_state}: written meanwhile by another run; look at it, and try again"]
                    )
                if config.force:
                    folder.clear()
                folder.clear_partial()
                if earlier is None or not earlier.epochs:
                    # Before any other file, so that a run that is killed from here on is one to go on with.
                    record.state(_tables_of(None)).write(folder.resume_state)
            except OSError as error:
                raise InputError([f"--output {config.output}: cannot be written to ({error})"]) from error
        with at_level(loglevel), writing_to(folder.log, lambda: not holding.is_lost):
            from maxatac.device import describe_settings, log_device

            with without_backend_noise(), processes.together():
                record.computes_on(log_device(), repeats)
                record.note("keras", describe_settings())
            held.release()
            return _run(config, folder, inputs, samplers, trainee, record, holding, earlier)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Describe a file so that another one of its name is told from it; ``None`` if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _state_problems(folder: RunFolder, earlier: ResumeState | None, processes: Processes) -> list[str]:
    """Find out whether all processes would go on from the same state."""
    seen = processes.gather(None if earlier is None else [earlier.epochs, earlier.state_sha256])
    if all(state == seen[0] for state in seen):
        return []
    return [
        f"--resume: {folder.resume_state}: the processes do not see the same file; expected a folder that all share"
    ]


def _guard_together(mine: dict[str, Any], samplers: Mapping[str, Sampler], processes: Processes) -> dict[str, Any]:
    """Prove that the processes share each batch without overlap, and add up what each has looked at.

    Raises
    ------
    MaxatacError
        If rows are missing, or read twice.
    """
    if processes.count == 1:
        return mine
    shared = processes.gather(
        {"rows": {name: sampler.rows for name, sampler in samplers.items()}, "streams": mine["streams"]}
    )
    rows = {name: [theirs["rows"][name] for theirs in shared] for name in samplers}
    if found := [line for name, here in rows.items() for line in split_problems(here, samplers[name].batch_size)]:
        raise MaxatacError(f"leak guard: {'; '.join(found)}. This is a fault of maxatac: nothing was trained")
    # Each process looks at the whole of the genome-like set, and at its own rows of what the samplers draw.
    streams = {
        name: {**stream, "windows": sum(theirs["streams"][name]["windows"] for theirs in shared)}
        if name != "genome_like"
        else stream
        for name, stream in mine["streams"].items()
    }
    return {**mine, "streams": streams, "rows": rows}


def _follow(config: TrainConfig, folder: RunFolder, trainee: _Trainee, earlier: ResumeState | None) -> TrainResult:
    """Do the part of a process that does not lead: train and validate as the others do, and write nothing."""
    processes = trainee.processes
    with processes.agreeing():
        # Process 0 has made the folder.
        pass
    try:
        with deferring_interrupt() as check_for_interrupt:

            def check() -> None:
                check_for_interrupt()
                processes.check()

            for epoch in range(earlier.epochs if earlier else 0, config.epochs):
                # Until process 0 has saved the epoch before; that has no limit of time, other than an operation of the
                # devices.
                if not processes.gather(None, check)[0]:
                    break
                progress = EpochProgress(epoch, config.epochs, config.batch_size, shown=False)
                with progress:
                    row, _ = trainee.run_epoch(epoch, progress.callback(check))
                if not math.isfinite(row["loss"]):
                    raise MaxatacError(f"the loss of epoch {epoch + 1} is {row['loss']}: training cannot go on")
            result = processes.gather(None, check)[0]
    finally:
        trainee.close()
    return TrainResult(
        output=folder.folder,
        history=tuple(result["history"]),
        best_epoch=result["best_epoch"],
        best_model=folder.named("_best.keras"),
        seed=result["seed"],
        state_sha256=result["state_sha256"],
        test=result["test"],
    )


def _seed(config: TrainConfig, earlier: ResumeState | None) -> int:
    if config.seed is not None:
        return config.seed
    return earlier.seed if earlier else random.SystemRandom().randint(*SEED_RANGE)


def _tables_of(earlier: ResumeState | None) -> dict[str, list[Any]]:
    """Tables of a run, one entry for each finished epoch: rows, and lists of rows of the scores by cell type."""
    return {name: list(earlier.tables[name]) if earlier else [] for name in ("history", "timing", "cells")}


def _compare(
    config: TrainConfig, folder: RunFolder, inputs: Inputs, seed: int, earlier: ResumeState | None
) -> dict[str, str]:
    """Hold a run that is to go on against how it began; returns the checksums of inputs that had to be computed.

    Before its first epoch is finished, nothing depends on how it began.

    Raises
    ------
    InputError
        If it cannot go on.
    """
    if earlier is None or earlier.epochs == 0:
        return {}
    cell_types = {sample.cell_line: sample.label for sample in inputs.samples}
    settings = settings_of_run(config, inputs, seed)
    problems = setting_differences(earlier, settings, cell_types, epochs=config.epochs)
    paths = inputs.paths(config)
    found, checksums = input_differences(earlier, paths, {name: InputFile.of(path) for name, path in paths.items()})
    problems += found
    column, largest = criterion(config.select, quantitative=config.quant)
    if not problems and (best := best_epoch(earlier.tables["history"], column=column, largest=largest)) is not None:
        problems += Checkpoints(folder).problems(earlier.epochs, best + 1)
    if problems:
        raise InputError(problems)
    return checksums


def check_resume(config: TrainConfig, folder: RunFolder, inputs: Inputs) -> None:
    """Find out whether a run can be gone on with, and touch nothing.

    Raises
    ------
    InputError
        If it cannot.
    """
    earlier = read_state(folder.resume_state)
    _compare(config, folder, inputs, _seed(config, earlier), earlier)


def _weights_problems(config: TrainConfig) -> list[str]:
    """Find out whether the weights fit, for a run that will not start anyway: all problems are told at once."""
    if config.weights is None or file_fault(config.weights) is not None or backend_problems():
        return []
    from maxatac.model import build
    from maxatac.weights import load_weights

    try:
        load_weights(build(config.arch, dense=config.dense, output_activation=config.output_activation), config.weights)
    except WeightsError as error:
        return [str(error)]
    except ValueError:
        # No such architecture or activation, which has been told already.
        return []
    return []


def _run(
    config: TrainConfig,
    folder: RunFolder,
    inputs: Inputs,
    samplers: Mapping[str, Sampler],
    trainee: _Trainee,
    record: RunRecord,
    holding: Running,
    earlier: ResumeState | None = None,
) -> TrainResult:
    """Train, test and report, and leave a record that says how it ended."""
    with deferring_interrupt() as check_for_interrupt:
        # Also while an exception is dealt with, so that a signal does not keep the record from being written.
        return _run_deferring(config, folder, inputs, samplers, trainee, record, holding, earlier, check_for_interrupt)


def _begin(
    config: TrainConfig,
    folder: RunFolder,
    inputs: Inputs,
    samplers: Mapping[str, Sampler],
    trainee: _Trainee,
    record: RunRecord,
) -> None:
    """Log what is trained on, and write what is known before training."""
    logger.info("seed %d; results go to %s", record.seed, folder.folder)
    for report in inputs.reports.values():
        _log_table(report.format_table())
    _log_table(format_probes(inputs.probes))
    warn_of_odd_tracks(inputs.probes, quantitative=config.quant)
    for name, sampler in samplers.items():
        decoded = sampler.decoded
        logger.info(
            "%s: decoded %s of %s track blocks in %.1f s; they take %.1f MB of the %.1f MB that --memory allows",
            name,
            f"{decoded['blocks']:,}",
            f"{decoded['blocks'] + decoded['left_out']:,}",
            decoded["seconds"],
            decoded["bytes"] / 1e6,
            loader_memory(config) / 1e6,
        )
    if trainee.genome_like is not None:
        logger.info("%s", trainee.genome_like.description())
    tested = inputs.split.test if config.test else ()
    if tested and (reason := no_window(tested, inputs.genome.chrom_sizes, inputs.blacklist)):
        logger.warning("there will be no independent test: %s", reason)
    if config.cells is not None:
        write_text(folder.cell_types, as_meta(inputs.samples))
    if config.save_roi:
        for name, pool in inputs.pools.items():
            save_roi(pool, folder.folder / folder.prefix, name)
    if config.plot:
        title = f"{config.arch}, {trainee.model.count_params():,} parameters"
        _try_plot(
            folder.structure_plot,
            lambda path: plot_structure(describe_layers(trainee.model), path, title=title),
        )


def _run_deferring(
    config: TrainConfig,
    folder: RunFolder,
    inputs: Inputs,
    samplers: Mapping[str, Sampler],
    trainee: _Trainee,
    record: RunRecord,
    holding: Running,
    earlier: ResumeState | None,
    check_for_interrupt: Callable[[], None],
) -> TrainResult:
    """Do what ``_run`` says, where signals are heeded when ``check_for_interrupt`` is called, and only then."""
    from maxatac.state import state_sha256, weights_sha256

    tables = _tables_of(earlier)
    history, timing = tables["history"], tables["timing"]
    if earlier is not None:
        _complete_timing(folder, timing)
    column, largest = criterion(config.select, quantitative=config.quant)
    best = best_epoch(history, column=column, largest=largest)
    checkpoints = Checkpoints(folder, config.keep_checkpoints)
    advised = False
    processes = trainee.processes
    gathered = ReportData(folder, config, inputs, trainee.model.count_params()) if config.report else None
    chosen: Mapping[str, Any] = earlier.selected if earlier is not None else {}
    state: str | None = None

    def check() -> None:
        check_for_interrupt()
        record.check_inputs()
        processes.check()
        holding.check_seen()

    def conclude(status: str) -> None:
        # A full disk may be what failed, or another run has the folder now: the record must not hide it.
        holding.give_room()
        with contextlib.suppress(OSError, TakenOver):
            record.write(folder, history, best, state, status=status)

    is_trained = len(history) == config.epochs or is_over(len(history), best, config.early_stopping)
    if earlier is not None and is_trained and best is not None and checkpoints.has_best(best + 1):
        # What the record says of the end holds until it is said anew.
        state = earlier.state_sha256
        if (tested_before := _test_on_record(folder)) is not None:
            record.note("test", tested_before)
    try:
        _begin(config, folder, inputs, samplers, trainee, record)
        record.write(folder, history, best, state)
        for path in folder.event_files():
            path.unlink()
        with EventFiles(folder.tensorboard) as events:
            for row, times in zip(history, timing, strict=True):
                events.write(row, times)
            if history:
                logger.info("going on after epoch %d of %d", len(history), config.epochs)
                if best is not None and not checkpoints.has_best(best + 1):
                    _remove_outdated(folder, inputs)
                checkpoints.settle(trainee.model, len(history), None if best is None else best + 1)
                _write_description(folder, chosen, gathered)
                _write_tables(config, folder, tables, best)
                _write_timing(folder, timing)
            for epoch in range(len(history), config.epochs):
                check_for_interrupt()
                over = is_over(epoch, best, config.early_stopping)
                processes.gather(not over, check)
                if over:
                    logger.info("stopped early: no better %s in %d epochs", column, config.early_stopping)
                    break
                with EpochProgress(epoch, config.epochs, config.batch_size, trainee.waiting) as progress:
                    row, times = trainee.run_epoch(epoch, progress.callback(check))
                if not math.isfinite(row["loss"]):
                    raise MaxatacError(f"the loss of epoch {epoch + 1} is {row['loss']}: training cannot go on")
                record.phases.add_epoch(times)
                holding.check()
                saving = time.perf_counter()
                with record.phases.measuring("saving"):
                    scored = [{"epoch": epoch + 1, **scores} for scores in _cells_of(trainee.validated)]
                    now = {
                        "history": [*history, row], "timing": [*timing, times], "cells": [*tables["cells"], scored]
                    }  # fmt: skip
                    leading = best_epoch(now["history"], column=column, largest=largest)
                    selected = None if leading is None else leading + 1
                    checkpoints.save(trainee.model, epoch + 1, selected)
                    is_best = leading != best
                    if is_best:
                        chosen = {
                            "weights_sha256": weights_sha256(trainee.model),
                            "thresholds": thresholds_of(trainee.validated, largest=config.target_scale_factor),
                            "validation": gathered.summary(epoch + 1, trainee.validated) if gathered else None,
                        }
                    resumable = dataclasses.replace(record.state(now), selected=chosen)
                    resumable.with_model(trainee.model).write(folder.resume_state)
                    logger.debug("state after epoch %d: %s", epoch + 1, folder.resume_state)
                    # From here on the epoch counts: what is not done of the rest, a run that goes on will do.
                    history.append(row)
                    timing.append(times)
                    tables["cells"].append(scored)
                    best = leading
                    if is_best:
                        _remove_outdated(folder, inputs)
                    checkpoints.select(trainee.model, epoch + 1, selected)
                    if is_best:
                        _write_description(folder, chosen, gathered)
                    _write_tables(config, folder, tables, best)
                    times["saving_seconds"] = time.perf_counter() - saving
                    events.write(row, times)
                    _write_timing(folder, timing)
                    record.write(folder, history, best, None)
                _log_epoch(row, times, config.epochs)
                advised = advised or _advise(trainee.loader)
        if best is None:
            raise MaxatacError(f"no epoch has a finite {column}: none can be selected")
        holding.check()
        with record.phases.measuring("test"):
            tested = run_test(
                config,
                folder,
                inputs,
                record.seed,
                check,
                selected=chosen["weights_sha256"],
                files=record.files_of_test(),
                keep=gathered is None or gathered.has_test,
                tell_details=gathered.add_test if gathered is not None else lambda details: None,
            )
            if "skipped" in tested:
                _remove_test(folder, inputs)
                if gathered is not None:
                    gathered.add_test([])
            if gathered is not None:
                gathered.add_baselines(trainee.validator, check)
        state = state_sha256(trainee.model)
        record.note("test", tested if "skipped" in tested else {"scores": folder.test_scores.name})
        check()
        record.write(folder, history, best, state, status="finished", check=check)
        check()
        if gathered is not None:
            _try_report(config, folder)
        holding.check()
        check()
    except KeyboardInterrupt as interrupt:
        told = f"interrupted ({interrupt.signal_name})" if isinstance(interrupt, Stopped) else "interrupted"
        if history:
            finished = f"{len(history)} of {config.epochs} epochs"
            logger.warning("%s: %s are finished and in %s; --resume goes on", told, finished, folder.folder)
        else:
            logger.warning("%s before the first epoch was finished; the log is in %s", told, folder.folder)
        conclude("interrupted")
        raise
    except Exception as error:
        if history and not isinstance(error, TakenOver):
            logger.error(
                "failed: %d of %d epochs are finished; when the cause is removed, --resume goes on",
                len(history),
                config.epochs,
            )
        conclude("failed")
        raise
    finally:
        trainee.close()
    for line in describe_test(tested):
        logger.info("%s", line)
    logger.info(
        "best epoch: %d of %d (%s %.4f): %s",
        history[best]["epoch"],
        len(history),
        column,
        history[best][column],
        folder.named("_best.keras"),
    )
    result = TrainResult(
        output=folder.folder,
        history=tuple(history),
        best_epoch=int(history[best]["epoch"]),
        best_model=folder.named("_best.keras"),
        seed=record.seed,
        state_sha256=state,
        test=tested,
    )
    names = ("history", "best_epoch", "seed", "state_sha256", "test")
    processes.gather({name: getattr(result, name) for name in names})
    return result


def _write_description(folder: RunFolder, chosen: Mapping[str, Any], gathered: ReportData | None) -> None:
    """Write what describes the selected model; of a state that is gone on with, what is missing of it."""
    if chosen.get("thresholds") is not None:
        write_text(folder.thresholds, chosen["thresholds"])
    if gathered is not None:
        gathered.select(chosen.get("validation"))


def _remove_outdated(folder: RunFolder, inputs: Inputs) -> None:
    """Remove what describes the selected model, before another one takes its place."""
    for path in (*folder.of_report(), folder.thresholds, *_of_test(folder, inputs)):
        path.unlink(missing_ok=True)


def _remove_test(folder: RunFolder, inputs: Inputs) -> None:
    """Remove what an earlier test has left, and the report that tells of it."""
    left = [path for path in _of_test(folder, inputs) if path.exists()]
    if left:
        for path in (*folder.of_report(), *left):
            path.unlink(missing_ok=True)


def _of_test(folder: RunFolder, inputs: Inputs) -> list[Path]:
    return folder.of_test([sample.cell_line for sample in tested_samples(inputs)])


def _test_on_record(folder: RunFolder) -> Any:
    """Read what the run record says of the test; ``None`` if it says nothing."""
    try:
        return json.loads(folder.record.read_text(encoding="utf-8")).get("test")
    except (OSError, ValueError, AttributeError):
        return None


def _write_tables(
    config: TrainConfig, folder: RunFolder, tables: Mapping[str, Sequence[Any]], best: int | None
) -> None:
    """Write what is written anew after each epoch, but for the times: tables and figure."""
    names = dict.fromkeys((*HISTORY_COLUMNS, *(name for row in tables["history"] for name in row)))
    _write_table(folder.history, names, tables["history"])
    cells = [row for rows in tables["cells"] for row in rows]
    if cells:
        _write_table(folder.cells, CELL_COLUMNS, cells)
    if config.plot:
        _try_plot(folder.history_plot, partial(plot_history, tables["history"], best, title=config.prefix))


def _write_timing(folder: RunFolder, timing: Sequence[Mapping[str, Any]]) -> None:
    """Write the times of each epoch, at the end of its saving, which is one of them."""
    _write_table(folder.timing, TIMING_COLUMNS, timing)


def _complete_timing(folder: RunFolder, timing: Sequence[Row]) -> None:
    """Add to the last row of a state how long its epoch took to save: that was known after the state was saved."""
    with contextlib.suppress(OSError, ValueError, KeyError), folder.timing.open(newline="", encoding="utf-8") as file:
        written = {int(row["epoch"]): row for row in csv.DictReader(file)}
        for row in timing[-1:]:
            same = written[int(row["epoch"])]
            if float(same["seconds"]) == row["seconds"]:
                row["saving_seconds"] = float(same["saving_seconds"])


def _write_table(path: Path, columns: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(columns)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    write_text(path, text.getvalue())


def _try_plot(path: Path, plot: Callable[[Path], None]) -> None:
    """Draw a figure whole or not at all; a figure that fails costs the run nothing but a warning."""
    try:
        with replacing(path) as unfinished:
            plot(unfinished)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises
        logger.warning("%s was not drawn: %s", path.name, error)


def _try_report(config: TrainConfig, folder: RunFolder) -> None:
    """Draw the report, or say why not; the run is finished, and nothing may take that away."""
    if not config.plot:
        logger.info("no report (--no-plot): maxatac report %s draws it", folder.named(""))
        return
    try:
        write_report(folder)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises
        logger.warning("%s was not written: %s", folder.report.name, error)
        logger.debug("traceback", exc_info=True)
    else:
        logger.info("report: %s", folder.report)


def _log_table(table: str) -> None:
    for line in table.splitlines():
        logger.info("%s", line)


def _cells_of(validated: Validated | None) -> tuple[dict[str, Any], ...]:
    return validated.cells if validated is not None else ()


def _advise(loader: LoaderTimes | None) -> bool:
    """Say once what to change when training waits for the loader; whether it was said."""
    advice = loader.advice() if loader is not None else None
    if advice is not None:
        logger.warning("%s", advice)
    return advice is not None


def _log_epoch(row: Mapping[str, float], times: Mapping[str, float], epochs: int) -> None:
    logger.info(
        "epoch %d/%d: loss %.4f, Dice %.4f, validation loss %.4f, Dice %.4f; %.1f s (%.0f examples/s in training, "
        "waiting for the loader %.1f %% of it, %.0f %% validation, %.0f %% genome-like validation, "
        "%.0f %% batch-norm statistics)%s",
        row["epoch"],
        epochs,
        row["loss"],
        row["dice_coef"],
        row["val_loss"],
        row["val_dice_coef"],
        times["seconds"],
        times["examples_per_second"],
        100 * times["waiting_share"],
        100 * times["validation_share"],
        100 * times["genome_share"],
        100 * times["statistics_share"],
        describe_scores(row),
    )

"""Train a model: from checked inputs to checkpoints, a history and the selected epoch."""

from __future__ import annotations

import contextlib
import logging
import math
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.backend.noise import without_backend_noise
from maxatac.backend.processes import Processes, joined, split_problems
from maxatac.backend.startup import backend_problems, load_keras, overridden, own_settings
from maxatac.data.genome_like import genome_batches
from maxatac.errors import InputError, MaxatacError, WeightsError
from maxatac.evaluation.selection import best_epoch, criterion
from maxatac.files.sniff import file_fault
from maxatac.runs.folder import RunFolder
from maxatac.runs.record import PhaseTimes, RunRecord, settings_of_run
from maxatac.runs.running import running, running_problems
from maxatac.system.logs import at_level, holding_back, writing_to
from maxatac.system.signals import deferring_interrupt
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.epochs import _run, _tables_of
from maxatac.training.inputs import Inputs, open_inputs
from maxatac.training.progress import EpochProgress
from maxatac.training.result import TrainResult
from maxatac.training.resume import InputFile, ResumeState, input_differences, read_state, restore, setting_differences
from maxatac.training.samplers import guard_samplers, make_samplers
from maxatac.training.settings import SEED_RANGE, TrainConfig, loader_threads
from maxatac.training.trainer import Trainer

if TYPE_CHECKING:
    from maxatac._core import Sampler

logger = logging.getLogger(__name__)


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
                    reader = samplers["validation"].reader
                    genome_like = genome_batches(config, inputs, seed, reader, rows=rows)
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
                from maxatac.backend.device import limit_threads, use_deterministic_algorithms

                computing_threads = limit_threads(loader_threads(config))
                if config.deterministic:
                    use_deterministic_algorithms()
                cell_types = [sample.cell_line for sample in inputs.training]
                trainee = Trainer(config, samplers, seed, cell_types, genome_like, processes)
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
            from maxatac.backend.device import describe_settings, log_device

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


def _follow(config: TrainConfig, folder: RunFolder, trainee: Trainer, earlier: ResumeState | None) -> TrainResult:
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
    from maxatac.model.architectures import build
    from maxatac.model.weights import load_weights

    try:
        load_weights(build(config.arch, dense=config.dense, output_activation=config.output_activation), config.weights)
    except WeightsError as error:
        return [str(error)]
    except ValueError:
        # No such architecture or activation, which has been told already.
        return []
    return []

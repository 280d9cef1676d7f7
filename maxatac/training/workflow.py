"""Train a model: from checked inputs to checkpoints, a history and the selected epoch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from maxatac.backend.noise import without_backend_noise
from maxatac.backend.processes import Processes, joined
from maxatac.backend.startup import own_settings
from maxatac.errors import InputError, Problem
from maxatac.runs.folder import RunFolder
from maxatac.runs.record import RunRecord
from maxatac.runs.running import Running, running, running_problems
from maxatac.runs.settings import loader_threads
from maxatac.system.logs import at_level, holding_back, writing_to
from maxatac.training.epochs import EpochLoop, follow
from maxatac.training.finished import no_tables
from maxatac.training.prepared import Prepared, file_version, prepare
from maxatac.training.result import TrainResult
from maxatac.training.resume import ResumeState
from maxatac.training.settings import TrainConfig, not_default, settings_of_run


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
        Passed on; the finished epochs stay, and ``resume`` continues after them.
    """
    if config.cross_validate is not None:
        told = f"{config.cross_validate!r}, which is several runs"
        raise InputError([Problem("setting", told, hint="maxatac.cross_validate does them", option="--cross_validate")])
    # Invalid settings are reported with all other problems, by each process alone.
    distribute = config.distribute and not config.problems()
    threads = loader_threads(config)
    with own_settings(), joined(threads, distribute=distribute, deterministic=config.deterministic) as processes:
        return _train(config, processes, repeats)


def _train(config: TrainConfig, processes: Processes, repeats: Mapping[str, Any] | None) -> TrainResult:
    """Do what ``train`` says; all processes do the same, except that only process 0 writes."""
    began = time.time()
    folder = RunFolder(config.output, config.prefix, config.model_format)
    loglevel = processes.loglevel(config.loglevel)
    # Before the log is held back: it may take a while, and logs that.
    busy = running_problems(folder.running("train"), watch=True) if processes.leads else []
    with at_level(loglevel), holding_back() as held:
        run = prepare(config, folder, processes, began=began, busy=busy)
    if not processes.leads:
        with at_level(loglevel):
            held.release()
            return follow(run)
    record = _start_record(run)
    with contextlib.ExitStack() as stack:
        with processes.sharing_problems():
            holding = _take_folder(run, record, stack)
        with at_level(loglevel), writing_to(folder.log, lambda: not holding.is_lost):
            from maxatac.backend.device import describe_settings, log_device

            with without_backend_noise(), processes.on_all_devices():
                record.computes_on(log_device(), repeats)
                record.note("keras", describe_settings())
            held.release()
            return EpochLoop(run, record, holding).run()


def _start_record(run: Prepared) -> RunRecord:
    beginning, inputs, earlier = run.beginning, run.data.inputs, run.beginning.earlier
    settings = settings_of_run(run.config, inputs.split, beginning.seed)
    chroms = sorted({*inputs.split.training, *inputs.split.validation})
    record = RunRecord(
        settings,
        inputs.paths(run.config.files()),
        {
            "settings_not_default": not_default(settings),
            "cell_types": {sample.cell_line: sample.label for sample in inputs.samples},
            "pools": {name: len(pool) for name, pool in inputs.pools.items()},
            "leak_guard": run.leak_guard,
            "computing_threads": run.computing_threads,
        },
        begin=beginning.began,
        phases=beginning.phases,
        comparisons=[
            (track.path, partial(track.check_blocks, chrom))
            for track in (*inputs.signal, *inputs.binding)
            for sizes in [track.chrom_sizes]
            for chrom in chroms
            if chrom in sizes
        ],
        checksums=run.data.checksums,
        past=earlier.past if earlier else None,
        after_epoch=earlier.epochs if earlier else 0,
    )
    if (taking_part := run.trainer.processes.record()) is not None:
        record.note("distribution", taking_part)
    return record


def _take_folder(run: Prepared, record: RunRecord, stack: contextlib.ExitStack) -> Running:
    """Hold the output folder until the stack closes, and clear it for this run.

    Raises
    ------
    InputError
        If another process writes the run or has written it meanwhile, or the folder cannot be written to.
    """
    folder, earlier = run.folder, run.beginning.earlier
    try:
        folder.folder.mkdir(parents=True, exist_ok=True)
        holding = stack.enter_context(running(folder.running("train")))
        if file_version(folder.resume_state) != run.beginning.version:
            # Another run has begun, or gone on, while the inputs were checked.
            told = "written meanwhile by another run"
            raise InputError([Problem("output", told, hint="look at it, and try again", file=folder.resume_state)])
        if run.config.force:
            folder.clear()
        folder.clear_partial()
        if earlier is None or not earlier.epochs:
            # Before any other file, so that a run that is killed from here on can be resumed.
            ResumeState.of(record, no_tables()).write(folder.resume_state)
    except OSError as error:
        told = f"cannot be written to ({error})"
        raise InputError([Problem("output", told, option="--output", file=run.config.output)]) from error
    return holding

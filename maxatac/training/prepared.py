"""Prepare a run: read, check, decode and compile, before anything is written."""

from __future__ import annotations

import dataclasses
import logging
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.backend.noise import without_backend_noise
from maxatac.backend.processes import Processes, split_problems
from maxatac.backend.startup import backend_problems, load_keras, overridden
from maxatac.data.genome_like import GenomeBatches
from maxatac.errors import InputError, MaxatacError, Problem, Problems, WeightsError
from maxatac.evaluation.selection import best_epoch, criterion
from maxatac.files.sniff import file_fault
from maxatac.runs.folder import RunFolder
from maxatac.runs.input_files import InputFile
from maxatac.runs.record import PhaseTimes
from maxatac.runs.settings import loader_memory, loader_threads
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.inputs import Inputs, open_inputs
from maxatac.training.resume import ResumeState, input_differences, read_state, restore, setting_differences
from maxatac.training.samplers import genome_batches, guard_samplers, make_samplers
from maxatac.training.settings import SEED_RANGE, FitSettings, NetworkSettings, TrainConfig, settings_of_run
from maxatac.training.trainer import Trainer, build_network, make_trainer

if TYPE_CHECKING:
    from maxatac._core import Sampler

logger = logging.getLogger(__name__)

FileVersion = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Beginning:
    """Where a run begins.

    Attributes
    ----------
    began : float
        Time at which this process began, in seconds since 1970.
    seed : int
    phases : PhaseTimes
    earlier : ResumeState or None
        The state that is resumed.
    version : tuple of int, or None
        Version of the file of that state; it changes if another run writes the file.
    """

    began: float
    seed: int
    phases: PhaseTimes
    earlier: ResumeState | None
    version: FileVersion | None


@dataclasses.dataclass(frozen=True)
class RunData:
    """What a run reads: inputs with the checksums that are known, samplers by pool, the genome-like set."""

    inputs: Inputs
    checksums: Mapping[str, str]
    samplers: Mapping[str, Sampler]
    genome_like: GenomeBatches | None


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A run that is ready: its trainer has the state that is resumed, and nothing is written yet."""

    config: TrainConfig
    folder: RunFolder
    beginning: Beginning
    data: RunData
    leak_guard: Mapping[str, Any]
    trainer: Trainer
    computing_threads: int | None


def prepare(
    config: TrainConfig, folder: RunFolder, processes: Processes, *, began: float, busy: Sequence[Problem]
) -> Prepared:
    """Read, check and decode what a run trains with, and compile the network, alike in all processes.

    For ``began`` see ``Beginning``; ``busy`` is reported with all other problems.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    MaxatacError
        If held-out data could reach a batch.
    """
    processes.start_listening()
    for source, settings in overridden().items():
        logger.warning("%s: %s is not used: a run computes with settings of its own", source, settings)
    threads, memory = processes.own_share(loader_threads(config), loader_memory(config))
    config = dataclasses.replace(
        config,
        threads=threads if config.threads is None else config.threads,
        memory=memory if config.memory is None else config.memory,
    )
    beginning = _read_beginning(config, folder, processes, began)
    data = _open_data(config, folder, beginning, processes, busy)
    leak_guard = guard_samplers(config, data.inputs, data.samplers, data.genome_like)
    leak_guard = _guard_together(leak_guard, data.samplers, processes)
    try:
        with beginning.phases.measuring("network"), without_backend_noise(), processes.on_all_devices():
            load_keras()
            from maxatac.backend.device import limit_threads, use_deterministic_algorithms

            computing_threads = limit_threads(loader_threads(config))
            if config.deterministic:
                use_deterministic_algorithms()
            cell_types = [sample.cell_line for sample in data.inputs.training]
            trainer = make_trainer(config, data.samplers, beginning.seed, cell_types, data.genome_like, processes)
            if beginning.earlier is not None:
                restore(beginning.earlier, trainer.model)
    except WeightsError as error:
        raise InputError([Problem.of(error)]) from error
    return Prepared(config, folder, beginning, data, leak_guard, trainer, computing_threads)


def file_version(path: Path) -> FileVersion | None:
    """Identify a version of a file by inode, size and time; ``None`` if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def check_resume(config: TrainConfig, folder: RunFolder, inputs: Inputs) -> None:
    """Check, without writing, that a run can be resumed.

    Raises
    ------
    InputError
        If it cannot.
    """
    earlier = read_state(folder.resume_state)
    _compare(config, folder, inputs, choose_seed(config, earlier), earlier)


def _read_beginning(config: TrainConfig, folder: RunFolder, processes: Processes, began: float) -> Beginning:
    with processes.sharing_problems():
        version = file_version(folder.resume_state)
        earlier = read_state(folder.resume_state) if config.resume else None
    seed = processes.value_of_leader(choose_seed(config, earlier))
    return Beginning(began, seed, PhaseTimes(earlier.past["phases"] if earlier else None), earlier, version)


def _open_data(
    config: TrainConfig, folder: RunFolder, beginning: Beginning, processes: Processes, busy: Sequence[Problem]
) -> RunData:
    """Open, check and decode everything that is read; all processes fail if one does."""
    seed, earlier = beginning.seed, beginning.earlier
    with processes.sharing_problems():
        problems = Problems(processes.problems(config.batch_sizes()))
        problems += [*_state_problems(folder, earlier, processes), *busy]
        try:
            with beginning.phases.measuring("checks"):
                inputs = open_inputs(config, folder if processes.leads else None)
                checksums = _compare(config, folder, inputs, seed, earlier) if processes.leads else {}
            with beginning.phases.measuring("decoding"):
                samplers = make_samplers(config, inputs, seed)
                rows = processes.rows(config.val_batch_size)
                reader = samplers["validation"].reader
                genome_like = genome_batches(config, inputs, seed, reader, rows=rows)
        except InputError as error:
            raise InputError([*problems, *error.problems, *_weights_problems(config)]) from error
        if problems:
            raise InputError(problems)
    if processes.count > 1:
        samplers = {name: sampler.with_rows(*processes.rows(sampler.batch_size)) for name, sampler in samplers.items()}
    return RunData(inputs, checksums, samplers, genome_like)


def _state_problems(folder: RunFolder, earlier: ResumeState | None, processes: Processes) -> list[Problem]:
    """Check that all processes have read the same state."""
    seen = processes.gather(None if earlier is None else [earlier.epochs, earlier.state_sha256])
    if all(state == seen[0] for state in seen):
        return []
    told, hint = "the processes do not see the same file", "expected a folder that all share"
    return [Problem("resume", told, hint=hint, option="--resume", file=folder.resume_state)]


def _guard_together(mine: dict[str, Any], samplers: Mapping[str, Sampler], processes: Processes) -> dict[str, Any]:
    """Check that the processes share each batch without overlap, and add up the windows that each has checked.

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
    # Each process checks the whole genome-like set, and its own rows of the batches.
    streams = {
        name: {**stream, "windows": sum(theirs["streams"][name]["windows"] for theirs in shared)}
        if name != "genome_like"
        else stream
        for name, stream in mine["streams"].items()
    }
    return {**mine, "streams": streams, "rows": rows}


def choose_seed(config: FitSettings, earlier: ResumeState | None = None) -> int:
    """Take the seed of the settings, else that of the state that is resumed, else draw one."""
    if config.seed is not None:
        return config.seed
    return earlier.seed if earlier else random.SystemRandom().randint(*SEED_RANGE)


def _compare(
    config: TrainConfig, folder: RunFolder, inputs: Inputs, seed: int, earlier: ResumeState | None
) -> dict[str, str]:
    """Compare a run that is resumed with its state; returns the checksums of inputs that had to be computed.

    Before its first epoch is finished, all settings and inputs may change.

    Raises
    ------
    InputError
        If it cannot go on.
    """
    if earlier is None or earlier.epochs == 0:
        return {}
    cell_types = {sample.cell_line: sample.label for sample in inputs.samples}
    settings = settings_of_run(config, inputs.split, seed)
    problems = setting_differences(earlier, settings, cell_types, epochs=config.epochs)
    paths = inputs.paths(config.files())
    found, checksums = input_differences(earlier, paths, {name: InputFile.of(path) for name, path in paths.items()})
    problems += found
    column, largest = criterion(config.select, quantitative=config.quant)
    if not problems and (best := best_epoch(earlier.tables["history"], column=column, largest=largest)) is not None:
        problems += Checkpoints(folder).problems(earlier.epochs, best + 1)
    if problems:
        raise InputError(problems)
    return checksums


def _weights_problems(config: NetworkSettings) -> list[Problem]:
    """Check the weights of a run that will not start, so that all problems are reported at once."""
    if config.weights is None or file_fault(config.weights) is not None or backend_problems():
        return []
    try:
        build_network(config)
    except WeightsError as error:
        return [Problem.of(error)]
    except ValueError:
        # No such architecture or activation, which is reported already.
        return []
    return []

"""Train a model: from checked inputs to checkpoints, a history and the selected epoch."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import logging
import math
import os
import platform
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.errors import InputError, MaxatacError, WeightsError
from maxatac.files import replacing, sha256, write_text
from maxatac.formats import file_fault
from maxatac.held_out import describe_test, run_test
from maxatac.inputs import Inputs, blacklist_intervals, format_probes, open_inputs, warn_of_odd_tracks
from maxatac.interrupt import deferring_interrupt
from maxatac.logs import at_level, holding_back, without_backend_noise, writing_to
from maxatac.outputs import RunFolder
from maxatac.progress import EpochProgress, EventFiles
from maxatac.regions import save_roi
from maxatac.report import describe_layers, plot_history, plot_structure
from maxatac.selection import best_epoch, criterion
from maxatac.settings import SEED_RANGE, TrainConfig
from maxatac.thresholds import write_thresholds
from maxatac.validation import CELL_COLUMNS, GenomeBatches, Validated, describe_scores, genome_batches, make_validator

if TYPE_CHECKING:
    import keras

    from maxatac._core import Sampler

logger = logging.getLogger(__name__)

# Streams of random numbers of a run; recorded seeds rely on them.
TRAINING_STREAM, VALIDATION_STREAM, STATISTICS_STREAM = range(3)

STATISTICS_BATCHES = 10
"""Training batches from which the batch-norm statistics are measured before each validation; see ``docs/train.md``."""

Row = dict[str, float]

_HISTORY_COLUMNS = ("epoch", "dice_coef", "loss", "val_dice_coef", "val_loss")
_TIMING_COLUMNS = (
    "epoch", "seconds", "examples_per_second", "loader_share", "statistics_share", "validation_share", "genome_share",
)  # fmt: skip


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


def loader_threads(config: TrainConfig) -> int:
    """Threads of the loader: as asked for, else one for each processor that the process may use."""
    if config.threads is not None:
        return config.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_samplers(config: TrainConfig, inputs: Inputs, seed: int) -> dict[str, Sampler]:
    """Make the samplers of the training and of the validation pool, which draw by the same rules.

    Raises
    ------
    InputError
        If a track is damaged where the regions touch it, or random windows cannot be drawn.
    """
    from maxatac._core import Sampler

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
                blacklist=blacklist_intervals(inputs.blacklist, pool.chroms),
                shuffle_cell_type=config.shuffle_cell_type,
                reverse_complement=config.rev_comp_train,
                jitter=config.jitter,
                quantitative=config.quant,
                target_scale_factor=config.target_scale_factor,
                seed=seed,
                stream=stream,
                threads=loader_threads(config),
            )
        except (MaxatacError, OSError) as error:
            problems.append(str(error))
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
    ) -> None:
        from maxatac.batches import WindowDataset
        from maxatac.model import build
        from maxatac.model.batch_norm import StatisticsEstimator
        from maxatac.model.losses import binary_cross_entropy, mean_squared_error
        from maxatac.model.metrics import dice_coef, thresholded_dice
        from maxatac.model.optimizer import adam
        from maxatac.weights import load_weights

        _seed_keras(seed)
        self.model = build(config.arch, dense=config.dense, output_activation=config.output_activation)
        if config.weights is not None:
            load_weights(self.model, config.weights)
        loss = mean_squared_error if config.quant else binary_cross_entropy
        metric = thresholded_dice(0.5 * config.target_scale_factor) if config.quant else dice_coef
        self.model.compile(optimizer=adam(), loss=loss, metrics=[metric], jit_compile=True)
        self.statistics = StatisticsEstimator(self.model)
        self.training = WindowDataset(samplers["training"], config.batches)
        self.validation = WindowDataset(samplers["validation"], config.batches)
        self.for_statistics = WindowDataset(samplers["training"].with_stream(STATISTICS_STREAM), STATISTICS_BATCHES)
        self.batch_size = config.batch_size
        self.genome_like = genome_like
        self.validator = make_validator(config, self.model, loss, metric, self.validation, genome_like, cell_types)
        self.validated: Validated | None = None

    def run_epoch(self, epoch: int, callback: keras.callbacks.Callback) -> tuple[Row, Row]:
        """Train, measure the statistics and validate, once.

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
        self.training.epoch = self.for_statistics.epoch = epoch
        begin, loading = time.perf_counter(), self._loading()
        try:
            fitted = self.model.fit(
                self.training, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0, callbacks=[callback]
            )
            trained = time.perf_counter()
            self.statistics.estimate(self.for_statistics)
            measured = time.perf_counter()
            self.validated = validated = self.validator.run(callback)
        except Exception as error:
            # The backend wraps what the loader raised; the loader's own words are the ones to show.
            cause = self.training.error or self.for_statistics.error or self.validation.error
            if cause is None:
                raise
            raise cause from error
        end = time.perf_counter()
        genome_seconds = validated.seconds.get("genome", 0.0)
        row = {name: values[-1] for name, values in fitted.history.items()}
        history = {"epoch": epoch + 1, **row, **validated.row}
        total = end - begin
        timing = {
            "epoch": epoch + 1,
            "seconds": total,
            "examples_per_second": len(self.training) * self.batch_size / (trained - begin),
            "loader_share": (self._loading() - loading) / total,
            "statistics_share": (measured - trained) / total,
            "validation_share": (end - measured - genome_seconds) / total,
            "genome_share": genome_seconds / total,
        }
        return {name: float(value) if name != "epoch" else value for name, value in history.items()}, timing

    def _loading(self) -> float:
        sets = (self.training, self.for_statistics, self.validation, self.genome_like)
        return sum(data.seconds for data in sets if data is not None)


def train(config: TrainConfig) -> TrainResult:
    """Train a model.

    Parameters
    ----------
    config : TrainConfig

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
        Passed on; the epochs that were finished stay.
    """
    begin = time.time()
    seed = config.seed if config.seed is not None else random.SystemRandom().randint(*SEED_RANGE)
    folder = RunFolder(config.output, config.prefix, config.model_format)
    with at_level(config.loglevel), holding_back() as held:
        try:
            inputs = open_inputs(config, folder)
            samplers = make_samplers(config, inputs, seed)
            genome_like = genome_batches(config, inputs, seed, threads=loader_threads(config))
        except InputError as error:
            raise InputError([*error.problems, *_weights_problems(config)]) from error
        try:
            with without_backend_noise():
                cell_types = [sample.cell_line for sample in inputs.training]
                trainee = _Trainee(config, samplers, seed, cell_types, genome_like)
        except WeightsError as error:
            raise InputError([str(error)]) from error
    try:
        folder.folder.mkdir(parents=True, exist_ok=True)
        if config.force:
            folder.clear()
    except OSError as error:
        raise InputError([f"--output {config.output}: cannot be written to ({error})"]) from error
    with at_level(config.loglevel), writing_to(folder.log):
        from maxatac.device import log_device

        with without_backend_noise():
            device = log_device()
        held.release()
        record = _Record(config, inputs, seed, device, begin)
        return _run(config, folder, inputs, samplers, trainee, record)


def _weights_problems(config: TrainConfig) -> list[str]:
    """Find out whether the weights fit, for a run that will not start anyway: all problems are told at once."""
    if config.weights is None or file_fault(config.weights) is not None:
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
    record: _Record,
) -> TrainResult:
    from maxatac.state import state_sha256

    logger.info("seed %d; results go to %s", record.seed, folder.folder)
    for report in inputs.reports.values():
        _log_table(report.format_table())
    _log_table(format_probes(inputs.probes))
    warn_of_odd_tracks(inputs.probes, quantitative=config.quant)
    for name, sampler in samplers.items():
        decoded = sampler.decoded
        logger.info(
            "%s: decoded %s track blocks in %.1f s, %.1f MB",
            name,
            f"{decoded['blocks']:,}",
            decoded["seconds"],
            decoded["bytes"] / 1e6,
        )
    if trainee.genome_like is not None:
        logger.info("%s", trainee.genome_like.description())
    if config.save_roi:
        for name, pool in inputs.pools.items():
            save_roi(pool, folder.folder / folder.prefix, name)
    if config.plot:
        title = f"{config.arch}, {trainee.model.count_params():,} parameters"
        _try_plot(
            folder.structure_plot,
            lambda path: plot_structure(describe_layers(trainee.model), path, title=title),
        )

    history: list[Row] = []
    timing: list[Row] = []
    cells: list[dict[str, Any]] = []
    best: int | None = None
    column, largest = criterion(config.select, quantitative=config.quant)
    record.write(folder, history, None, None)
    try:
        with EventFiles(folder.tensorboard) as events, deferring_interrupt() as check_for_interrupt:
            for epoch in range(config.epochs):
                check_for_interrupt()
                with EpochProgress(epoch, config.epochs, config.batch_size) as progress:
                    row, times = trainee.run_epoch(epoch, progress.callback(check_for_interrupt))
                if not math.isfinite(row["loss"]):
                    raise MaxatacError(f"the loss of epoch {epoch + 1} is {row['loss']}: training cannot go on")
                with replacing(folder.checkpoint(epoch + 1)) as unfinished:
                    trainee.model.save(unfinished)
                _write_table(folder.history, dict.fromkeys((*_HISTORY_COLUMNS, *row)), [*history, row])
                _write_table(folder.timing, _TIMING_COLUMNS, [*timing, times])
                if trainee.validated is not None:
                    cells += [{"epoch": epoch + 1, **scores} for scores in trainee.validated.cells]
                    _write_table(folder.cells, CELL_COLUMNS, cells)
                # Only what is on disk counts as finished, whatever stops the run from here on.
                history.append(row)
                timing.append(times)
                events.write(row, times)
                leading = best_epoch(history, column=column, largest=largest)
                if leading is not None and leading != best:
                    _save_best(trainee.model, folder, epoch + 1)
                    write_thresholds(folder.thresholds, trainee.validated, largest=config.target_scale_factor)
                    best = leading
                _log_epoch(row, times, config.epochs)
                if config.plot:
                    _try_plot(folder.history_plot, partial(plot_history, history, best, title=config.prefix))
        if best is None:
            raise MaxatacError(f"no epoch has a finite {column}: none can be selected")
        with deferring_interrupt() as check_for_interrupt:
            tested = run_test(config, folder, inputs, record.seed, check_for_interrupt)
    except KeyboardInterrupt:
        if history:
            finished = f"{len(history)} of {config.epochs} epochs"
            logger.warning("interrupted: %s are finished and in %s", finished, folder.folder)
        else:
            logger.warning("interrupted before the first epoch was finished; the log is in %s", folder.folder)
        record.write(folder, history, best, None, status="interrupted")
        raise
    except Exception:
        # A full disk may be what failed: the record must not hide it.
        with contextlib.suppress(OSError):
            record.write(folder, history, best, None, status="failed")
        raise
    state = state_sha256(trainee.model)
    record.note("test", tested if "skipped" in tested else {"scores": folder.test_scores.name})
    record.write(folder, history, best, state, status="finished")
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
    return TrainResult(
        output=folder.folder,
        history=tuple(history),
        best_epoch=int(history[best]["epoch"]),
        best_model=folder.named("_best.keras"),
        seed=record.seed,
        state_sha256=state,
        test=tested,
    )


def _save_best(model: keras.Model, folder: RunFolder, epoch: int) -> None:
    """Write the selected model in both formats, and the name of its checkpoint."""
    for suffix in (".keras", ".h5"):
        with replacing(folder.named(f"_best{suffix}")) as unfinished:
            if suffix == f".{folder.model_format}":
                shutil.copyfile(folder.checkpoint(epoch), unfinished)
            else:
                model.save(unfinished)
    write_text(folder.best_epoch, f"{folder.checkpoint(epoch).name}\n")


def _write_table(path: Path, columns: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(columns)
    writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    write_text(path, text.getvalue())


def _try_plot(path: Path, plot: Callable[[Path], None]) -> None:
    """Draw a figure whole or not at all; a figure that fails costs the run nothing but a warning."""
    try:
        with replacing(path) as unfinished:
            plot(unfinished)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises
        logger.warning("%s was not drawn: %s", path.name, error)


def _log_table(table: str) -> None:
    for line in table.splitlines():
        logger.info("%s", line)


def _log_epoch(row: Mapping[str, float], times: Mapping[str, float], epochs: int) -> None:
    logger.info(
        "epoch %d/%d: loss %.4f, Dice %.4f, validation loss %.4f, Dice %.4f; %.1f s (%.0f examples/s in training, "
        "%.0f %% validation, %.0f %% genome-like validation, %.0f %% batch-norm statistics)%s",
        row["epoch"],
        epochs,
        row["loss"],
        row["dice_coef"],
        row["val_loss"],
        row["val_dice_coef"],
        times["seconds"],
        times["examples_per_second"],
        100 * times["validation_share"],
        100 * times["genome_share"],
        100 * times["statistics_share"],
        describe_scores(row),
    )


class _Record:
    """The run record: what was run, on what, with what result. Inputs are hashed while the model trains."""

    def __init__(self, config: TrainConfig, inputs: Inputs, seed: int, device: str, begin: float) -> None:
        self.seed = seed
        self._begin = begin
        settings = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
        settings |= {
            "chroms": inputs.split.chroms,
            "tchroms": inputs.split.training,
            "vchroms": inputs.split.validation,
            "test_chroms": inputs.split.test,
            "seed": seed,
            "threads": loader_threads(config),
        }
        self._fixed: dict[str, Any] = {
            "maxatac": version("maxatac"),
            "command": sys.argv,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin)),
            "settings": settings,
            "seed": seed,
            "device": device,
            "machine": {"system": platform.platform(), "processors": os.cpu_count()},
            "versions": _versions(),
            "cell_types": {sample.cell_line: sample.label for sample in inputs.samples},
            "pools": {name: len(pool) for name, pool in inputs.pools.items()},
        }
        self._paths = inputs.paths(config)
        self._sizes = {name: path.stat().st_size for name, path in self._paths.items()}
        executor = ThreadPoolExecutor(1, "maxatac-checksums")
        self._sums: dict[str, Future[str]] = {name: executor.submit(sha256, path) for name, path in self._paths.items()}
        executor.shutdown(wait=False)

    def note(self, name: str, value: Any) -> None:
        """Add something for the next time that the record is written."""
        self._fixed[name] = value

    def write(
        self,
        folder: RunFolder,
        history: Sequence[Mapping[str, float]],
        best: int | None,
        state: str | None,
        *,
        status: str = "running",
    ) -> None:
        """Write the record as it stands; only a finished run waits for all checksums.

        A file that cannot be read any more has none: that costs the run nothing.
        """
        if status in ("interrupted", "failed"):
            for pending in self._sums.values():
                pending.cancel()
        elif status == "finished":
            wait(self._sums.values())
        inputs = {
            name: {
                "path": path,
                "bytes": self._sizes[name],
                "sha256": self._sums[name].result() if _is_known(self._sums[name]) else None,
            }
            for name, path in self._paths.items()
        }
        record = self._fixed | {
            "status": status,
            "seconds": time.time() - self._begin,
            "inputs": inputs,
            "epochs_finished": len(history),
            "best": None if best is None else {**history[best], "checkpoint": folder.checkpoint(best + 1).name},
            "state_sha256": state,
        }
        write_text(folder.record, json.dumps(record, indent=2, default=str) + "\n")


def _is_known(future: Future[str]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("tensorflow", "keras", "jax", "numpy", "pandas", "pyBigWig", "h5py", "tensorboardX"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

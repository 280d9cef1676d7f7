"""The epochs of a run, and its end."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maxatac.data.cells_json import as_meta
from maxatac.data.loader_times import LoaderTimes
from maxatac.data.roi_files import save_roi
from maxatac.data.tracks import format_probes, warn_of_odd_tracks
from maxatac.errors import MaxatacError, Stopped, TakenOver
from maxatac.evaluation.selection import best_epoch, criterion, is_over
from maxatac.evaluation.thresholds import thresholds_of
from maxatac.files.atomic import write_text
from maxatac.reporting.run_plots import describe_layers, plot_structure
from maxatac.runs.folder import RunFolder
from maxatac.runs.record import RunRecord
from maxatac.runs.running import Running
from maxatac.system.signals import deferring_interrupt
from maxatac.training.artifacts import (
    _complete_timing,
    _remove_outdated,
    _remove_test,
    _test_on_record,
    _try_plot,
    _try_report,
    _write_description,
    _write_tables,
    _write_timing,
)
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.held_out import describe_test, no_window, run_test
from maxatac.training.inputs import Inputs
from maxatac.training.progress import EpochProgress
from maxatac.training.report_data import ReportData
from maxatac.training.result import TrainResult
from maxatac.training.resume import ResumeState
from maxatac.training.settings import TrainConfig, loader_memory
from maxatac.training.tensorboard import EventFiles
from maxatac.training.validation import Validated, describe_scores

if TYPE_CHECKING:
    from maxatac._core import Sampler
    from maxatac.training.trainer import Trainer

logger = logging.getLogger(__name__)


def _tables_of(earlier: ResumeState | None) -> dict[str, list[Any]]:
    """Tables of a run, one entry for each finished epoch: rows, and lists of rows of the scores by cell type."""
    return {name: list(earlier.tables[name]) if earlier else [] for name in ("history", "timing", "cells")}


def _run(
    config: TrainConfig,
    folder: RunFolder,
    inputs: Inputs,
    samplers: Mapping[str, Sampler],
    trainee: Trainer,
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
    trainee: Trainer,
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
    trainee: Trainer,
    record: RunRecord,
    holding: Running,
    earlier: ResumeState | None,
    check_for_interrupt: Callable[[], None],
) -> TrainResult:
    """Do what ``_run`` says, where signals are heeded when ``check_for_interrupt`` is called, and only then."""
    from maxatac.training.fingerprint import state_sha256, weights_sha256

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
                            "thresholds": thresholds_of(
                                trainee.validated.ranking if trainee.validated else None,
                                largest=config.target_scale_factor,
                            ),
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
                memory=samplers["validation"].memory,
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

"""The epochs of a run, its test and its end."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable
from typing import Any

from maxatac.data.signal_scale import training_warning
from maxatac.data.tracks import format_probes, warn_of_odd_tracks
from maxatac.errors import MaxatacError, Stopped, TakenOver
from maxatac.evaluation.members import MemberScores
from maxatac.evaluation.selection import criterion, is_over
from maxatac.runs.record import RunRecord
from maxatac.runs.running import Running
from maxatac.runs.settings import loader_memory
from maxatac.system.signals import deferring_interrupt
from maxatac.training.artifacts import (
    OutdatedFiles,
    RecordFile,
    SelectedModelFiles,
    TableFiles,
    recorded_test,
    remove_test,
    try_report,
    write_before_training,
)
from maxatac.training.checkpoints import Checkpoints, ModelFiles
from maxatac.training.finished import EpochListener, FinishedEpochs
from maxatac.training.held_out import describe_test, no_window, run_test
from maxatac.training.model_facts import ModelDescription
from maxatac.training.prepared import Prepared
from maxatac.training.progress import EpochLog, epoch_progress
from maxatac.training.report_data import ReportData
from maxatac.training.result import Row, TrainResult
from maxatac.training.resume import ResumeFile
from maxatac.training.tensorboard import EventFiles
from maxatac.training.trainer import Trainer

logger = logging.getLogger(__name__)

_SENT = ("history", "best_epoch", "seed", "state_sha256", "test")
"""Fields of the result that process 0 sends to the others."""


class EpochLoop:
    """Trains, tests and reports, and leaves a record that says how the run ended; in process 0 only.

    After each epoch the listeners are called in this order, all before the epoch counts, and then all again:

    1. ``OutdatedFiles`` removes what describes the selected model, if another takes its place.
    2. ``ModelFiles`` writes the checkpoint before the epoch counts, and the selected model afterwards.
    3. ``SelectedModelFiles`` describes a new selected model before, and writes the description afterwards.
    4. ``ResumeFile`` writes the state for ``--resume``. **From then on the epoch counts**: a resumed run does what a
       kill has prevented after it.
    5. ``TableFiles`` writes history, scores by cell type and their figure, and the times, the time of saving included.
    6. ``EventFiles`` writes them for TensorBoard.
    7. ``RecordFile`` writes the run record.
    8. ``EpochLog`` logs the epoch.

    So a kill at any moment costs at most the epoch that was running, and a description never stands beside another
    model. ``holding`` is the hold of this process on the output folder.
    """

    def __init__(self, run: Prepared, record: RunRecord, holding: Running) -> None:
        self.prepared = run
        self._config, self._folder, self._trainer = run.config, run.folder, run.trainer
        self.record = record
        self._holding = holding
        column, largest = criterion(run.config.select, quantitative=run.config.quant)
        self._finished = FinishedEpochs.of(run.beginning.earlier, column, largest=largest)
        self._description = ModelDescription(run.config, run.data.inputs)
        self._checkpoints = Checkpoints(run.folder, run.config.keep_checkpoints, self._description.of)
        self._report_data: ReportData | None = None
        self._fingerprint: str | None = None
        self._check_for_signal: Callable[[], None] = lambda: None

    def run(self) -> TrainResult:
        """Run all of it.

        Signals end a run only where it checks for them; also while an exception is handled, so that the record is
        written.

        Raises
        ------
        MaxatacError
            If the run fails.
        KeyboardInterrupt
            If a signal ends it.
        """
        with deferring_interrupt() as self._check_for_signal:
            try:
                self._begin()
                self._train()
                tested = self._test()
                self._finish(tested)
            except (KeyboardInterrupt, Exception) as error:
                self._abandon(error)
                raise
            finally:
                self._trainer.data.close()
            return self._tell_result(tested)

    def _begin(self) -> None:
        """Log what is trained on, and write what is known before training."""
        folder, finished, earlier = self._folder, self._finished, self.prepared.beginning.earlier
        inputs, model = self.prepared.data.inputs, self._trainer.model
        best, is_trained = finished.best_number, len(finished) == self._config.epochs or self._is_over()
        if earlier is not None and is_trained and best is not None and self._checkpoints.has_best(best):
            # The record keeps its entries on the end until they are written again.
            self._fingerprint = earlier.state_sha256
            if (tested := recorded_test(folder)) is not None:
                self.record.note("test", tested)
        scales = self._description.scales
        if self._config.report:
            self._report_data = ReportData(folder, self._config, inputs, model.count_params(), scales)
        _log_inputs(self.prepared)
        for cell_type, scale in scales.items():
            if (told := training_warning(scale)) is not None:
                logger.warning("%s: %s", cell_type, told)
        write_before_training(self._config, folder, inputs, model)
        self._write_record("running")

    def _train(self) -> None:
        """Train the epochs that are left."""
        for path in self._folder.event_files():
            path.unlink()
        with EventFiles(self._folder.tensorboard) as events:
            listeners = self._listeners(events)
            if len(self._finished):
                logger.info("going on after epoch %d of %d", len(self._finished), self._config.epochs)
                for listener in listeners:
                    listener.on_resume(self._finished)
            while len(self._finished) < self._config.epochs:
                self._check_for_signal()
                is_over = self._is_over()
                self._trainer.processes.gather(not is_over, self._check)
                if is_over:
                    column, epochs = self._finished.column, self._config.early_stopping
                    logger.info("stopped early: no better %s in %d epochs", column, epochs)
                    break
                self._add_epoch(listeners)
        if self._finished.best is None:
            raise MaxatacError(f"no epoch has a finite {self._finished.column}: none can be selected")

    def _listeners(self, events: EventFiles) -> list[EpochListener]:
        """List the listeners in the order of the class's docstring."""
        folder, model, inputs = self._folder, self._trainer.model, self.prepared.data.inputs
        return [
            OutdatedFiles(folder, inputs, self._checkpoints),
            ModelFiles(self._checkpoints, model),
            SelectedModelFiles(folder, model, self._report_data, self._config.target_scale_factor),
            ResumeFile(folder.resume_state, model, self.record),
            TableFiles(folder, self._config.prefix, self._config.plot),
            events,
            RecordFile(folder, self.record),
            EpochLog(self._config.epochs, self._trainer),
        ]

    def _add_epoch(self, listeners: list[EpochListener]) -> None:
        """Train an epoch, and save it."""
        row, timing = _train_epoch(self._trainer, len(self._finished), self._config.epochs, self._check)
        self.record.phases.add_epoch(timing)
        self._holding.check()
        with self.record.phases.measuring("saving"):
            epoch = self._finished.with_epoch(row, timing, self._trainer.validated)
            for listener in listeners:
                listener.on_epoch_trained(epoch)
            self._finished = epoch.finished
            for listener in listeners:
                listener.on_epoch_counted(epoch)

    def _test(self) -> dict[str, Any]:
        """Test the selected model, and gather what the report shows of test and baselines."""
        inputs, report_data = self.prepared.data.inputs, self._report_data
        self._holding.check()
        with self.record.phases.measuring("test"):
            tested = run_test(
                self._config,
                self._folder,
                inputs,
                self.record.seed,
                self._check,
                memory=self.prepared.data.samplers["validation"].memory,
                selected=self._finished.selected["weights_sha256"],
                files=self.record.files_of_test(),
                keep=report_data is None or report_data.has_test,
                tell_details=report_data.add_test if report_data is not None else lambda details: None,
            )
            if "skipped" in tested:
                remove_test(self._folder, inputs)
                if report_data is not None:
                    report_data.add_test([])
            if report_data is not None and self._trainer.validator is not None:
                report_data.add_baselines(self._trainer.validator, self._check)
        return tested

    def _finish(self, tested: dict[str, Any]) -> None:
        """Write the last record, and draw the report."""
        from maxatac.training.fingerprint import state_sha256

        self._fingerprint = state_sha256(self._trainer.model)
        self.record.note("test", tested if "skipped" in tested else {"scores": self._folder.test_scores.name})
        self._check()
        self._write_record("finished")
        self._check()
        if self._report_data is not None:
            try_report(self._config, self._folder)
        self._holding.check()
        self._check()

    def _abandon(self, error: BaseException) -> None:
        """Write to log and record how far the run has come."""
        finished = f"{len(self._finished)} of {self._config.epochs} epochs"
        is_interrupt = isinstance(error, KeyboardInterrupt)
        if is_interrupt:
            told = f"interrupted ({error.signal_name})" if isinstance(error, Stopped) else "interrupted"
            if len(self._finished):
                logger.warning("%s: %s are finished and in %s; --resume goes on", told, finished, self._folder.folder)
            else:
                folder = self._folder.folder
                logger.warning("%s before the first epoch was finished; the log is in %s", told, folder)
        elif len(self._finished) and not isinstance(error, TakenOver):
            logger.error("failed: %s are finished; when the cause is removed, --resume goes on", finished)
        # A full disk may be what failed, or another run has the folder now: the record must not hide it.
        self._holding.give_room()
        with contextlib.suppress(OSError, TakenOver):
            self._write_record("interrupted" if is_interrupt else "failed")

    def _tell_result(self, tested: dict[str, Any]) -> TrainResult:
        """Log the result, and send it to the other processes."""
        history, column = self._finished.history, self._finished.column
        assert self._finished.best is not None and self._fingerprint is not None
        best = history[self._finished.best]
        model = self._folder.named("_best.keras")
        for line in describe_test(tested):
            logger.info("%s", line)
        if (members := MemberScores.of(best)) is not None:
            logger.log(logging.WARNING if members.is_wide else logging.INFO, "%s", members.describe())
        logger.info("best epoch: %d of %d (%s %.4f): %s", best["epoch"], len(history), column, best[column], model)
        result = TrainResult(
            output=self._folder.folder,
            history=tuple(history),
            best_epoch=int(best["epoch"]),
            best_model=model,
            seed=self.record.seed,
            state_sha256=self._fingerprint,
            test=tested,
        )
        self._trainer.processes.gather({name: getattr(result, name) for name in _SENT})
        return result

    def _is_over(self) -> bool:
        return is_over(len(self._finished), self._finished.best, self._config.early_stopping)

    def _check(self) -> None:
        """Raise if the run must end: a signal, a damaged input, another process that failed or took over."""
        self._check_for_signal()
        self.record.check_inputs()
        self._trainer.processes.check()
        self._holding.check_seen()

    def _write_record(self, status: str) -> None:
        finished = self._finished
        self.record.write(
            self._folder, finished.history, finished.best, self._fingerprint, status=status, check=self._check
        )


def follow(run: Prepared) -> TrainResult:
    """Do the part of a process that does not lead: train and validate as process 0 does, and write nothing.

    Returns
    -------
    TrainResult
        That of process 0.

    Raises
    ------
    MaxatacError
        If this process or another fails.
    KeyboardInterrupt
        If a signal ends it.
    """
    processes, epochs = run.trainer.processes, run.config.epochs
    with processes.sharing_problems():
        # Process 0 makes the folder.
        pass
    try:
        with deferring_interrupt() as check_for_signal:

            def check() -> None:
                check_for_signal()
                processes.check()

            for epoch in range(run.beginning.earlier.epochs if run.beginning.earlier else 0, epochs):
                # Wait until process 0 has saved the epoch before, without a limit; an operation of the devices has one.
                if not processes.gather(None, check)[0]:
                    break
                _train_epoch(run.trainer, epoch, epochs, check, shown=False)
            sent = processes.gather(None, check)[0]
    finally:
        run.trainer.data.close()
    sent["history"] = tuple(sent["history"])
    return TrainResult(output=run.folder.folder, best_model=run.folder.named("_best.keras"), **sent)


def _train_epoch(
    trainer: Trainer, epoch: int, epochs: int, check: Callable[[], None], *, shown: bool = True
) -> tuple[Row, Row]:
    """Train an epoch, counted from 0, with a progress bar; returns its rows of history and times.

    Raises
    ------
    MaxatacError
        If its loss is not finite.
    """
    data = trainer.data
    with epoch_progress(epoch, epochs, data.batch_size, check, data.waited, shown=shown) as callback:
        row, timing = trainer.run_epoch(epoch, callback)
    if not math.isfinite(row["loss"]):
        raise MaxatacError(f"the loss of epoch {epoch + 1} is {row['loss']}: training cannot go on")
    return row, timing


def _log_inputs(run: Prepared) -> None:
    """Log what is trained on."""
    config, inputs = run.config, run.data.inputs
    logger.info("seed %d; results go to %s", run.beginning.seed, run.folder.folder)
    tables = [report.format_table() for report in inputs.reports.values()]
    for line in (line for table in (*tables, format_probes(inputs.probes)) for line in table.splitlines()):
        logger.info("%s", line)
    warn_of_odd_tracks(inputs.probes, quantitative=config.quant)
    for name, sampler in run.data.samplers.items():
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
    if run.data.genome_like is not None:
        logger.info("%s", run.data.genome_like.description())
    tested = inputs.split.test if config.test else ()
    if tested and (reason := no_window(tested, inputs.genome.chrom_sizes, inputs.blacklist)):
        logger.warning("there will be no independent test: %s", reason)

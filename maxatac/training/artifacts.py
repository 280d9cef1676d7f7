"""The files of a run beside its checkpoints: tables, figures, thresholds, the report."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.data.meta_file import as_meta
from maxatac.data.roi_files import save_roi
from maxatac.evaluation.tally import CELL_COLUMNS
from maxatac.evaluation.thresholds import thresholds_of
from maxatac.files.atomic import replacing, write_text
from maxatac.reporting.run_plots import describe_layers, plot_history, plot_structure
from maxatac.reporting.workflow import write_report
from maxatac.runs.folder import HISTORY_COLUMNS, TIMING_COLUMNS, RunFolder
from maxatac.runs.record import RunRecord
from maxatac.training.checkpoints import Checkpoints
from maxatac.training.finished import EpochListener, FinishedEpochs, NewEpoch
from maxatac.training.held_out import tested_samples
from maxatac.training.inputs import Inputs
from maxatac.training.report_data import ReportData
from maxatac.training.settings import OutputSettings, TrainConfig

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)


def write_before_training(config: TrainConfig, folder: RunFolder, inputs: Inputs, model: keras.Model) -> None:
    """Write what is known before the first epoch: cell types, regions, the figure of the network."""
    if config.cells is not None:
        write_text(folder.cell_types, as_meta(inputs.samples))
    if config.save_roi:
        for name, pool in inputs.pools.items():
            save_roi(pool, folder.folder / folder.prefix, name)
    if config.plot:
        ensemble = f", mean of {config.ensemble} networks" if config.ensemble > 1 else ""
        title = f"{config.arch}{ensemble}, {model.count_params():,} parameters"
        _try_plot(folder.structure_plot, lambda path: plot_structure(describe_layers(model), path, title=title))


@dataclasses.dataclass(frozen=True)
class OutdatedFiles(EpochListener):
    """Removes what describes the selected model, before the model is replaced."""

    folder: RunFolder
    inputs: Inputs
    checkpoints: Checkpoints

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Remove it if the selected model is not there: the description may be of an earlier one."""
        if finished.best_number is not None and not self.checkpoints.has_best(finished.best_number):
            self._remove()

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Remove it if this epoch is the selected one."""
        if epoch.is_selected:
            self._remove()

    def _remove(self) -> None:
        for path in (*self.folder.of_report(), self.folder.thresholds, *_of_test(self.folder, self.inputs)):
            path.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True)
class SelectedModelFiles(EpochListener):
    """Writes what describes the selected model: its thresholds, and the report's data on its validation."""

    folder: RunFolder
    model: keras.Model
    report_data: ReportData | None
    target_scale_factor: float

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Write what is missing of it."""
        selected = finished.selected
        if selected.get("thresholds") is not None:
            write_text(self.folder.thresholds, selected["thresholds"])
        if self.report_data is not None:
            self.report_data.select(selected.get("validation"))

    def on_epoch_trained(self, epoch: NewEpoch) -> None:
        """Describe the model of this epoch, if it is the selected one."""
        from maxatac.training.fingerprint import weights_sha256

        if epoch.is_selected:
            validated, report_data = epoch.validated, self.report_data
            selected = {
                "weights_sha256": weights_sha256(self.model),
                "thresholds": thresholds_of(validated.ranking if validated else None, largest=self.target_scale_factor),
                "validation": report_data.summary(len(epoch.finished), validated) if report_data else None,
            }
            epoch.finished = dataclasses.replace(epoch.finished, selected=selected)

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Write it, if this epoch is the selected one."""
        if epoch.is_selected:
            self.on_resume(epoch.finished)


@dataclasses.dataclass(frozen=True)
class TableFiles(EpochListener):
    """Writes history, scores by cell type, the figure of the history, and last the times: saving is one of them."""

    folder: RunFolder
    title: str
    plot: bool

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Write them again. The state lacks the time that saving its last epoch took; the table may have it."""
        self._write_scores(finished)
        timing, path = finished.tables["timing"], self.folder.timing
        with contextlib.suppress(OSError, ValueError, KeyError), path.open(newline="", encoding="utf-8") as file:
            written = {int(row["epoch"]): row for row in csv.DictReader(file)}
            same = written[int(timing[-1]["epoch"])]
            if float(same["seconds"]) == timing[-1]["seconds"]:
                timing[-1]["saving_seconds"] = float(same["saving_seconds"])
        _write_table(path, TIMING_COLUMNS, timing)

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Write them with this epoch."""
        self._write_scores(epoch.finished)
        epoch.timing["saving_seconds"] = time.perf_counter() - epoch.saving_since
        _write_table(self.folder.timing, TIMING_COLUMNS, epoch.finished.tables["timing"])

    def _write_scores(self, finished: FinishedEpochs) -> None:
        history = finished.history
        names = dict.fromkeys((*HISTORY_COLUMNS, *(name for row in history for name in row)))
        _write_table(self.folder.history, names, history)
        if cells := [row for rows in finished.tables["cells"] for row in rows]:
            _write_table(self.folder.cells, CELL_COLUMNS, cells)
        if self.plot:
            _try_plot(self.folder.history_plot, partial(plot_history, history, finished.best, title=self.title))


@dataclasses.dataclass(frozen=True)
class RecordFile(EpochListener):
    """Writes the run record as it stands."""

    folder: RunFolder
    record: RunRecord

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Write it with this epoch."""
        self.record.write(self.folder, epoch.finished.history, epoch.finished.best, None)


def remove_test(folder: RunFolder, inputs: Inputs) -> None:
    """Remove the files of an earlier test, and the report that shows it."""
    left = [path for path in _of_test(folder, inputs) if path.exists()]
    if left:
        for path in (*folder.of_report(), *left):
            path.unlink(missing_ok=True)


def recorded_test(folder: RunFolder) -> Any:
    """Read the entry of the run record on the test; ``None`` if there is none."""
    try:
        return json.loads(folder.record.read_text(encoding="utf-8")).get("test")
    except (OSError, ValueError, AttributeError):
        return None


def try_report(config: OutputSettings, folder: RunFolder) -> None:
    """Draw the report, or log why not; the run is finished, and must not fail here."""
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


def _of_test(folder: RunFolder, inputs: Inputs) -> list[Path]:
    return folder.of_test([sample.cell_line for sample in tested_samples(inputs)])


def _write_table(path: Path, columns: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(columns)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    write_text(path, text.getvalue())


def _try_plot(path: Path, plot: Callable[[Path], None]) -> None:
    """Draw a figure whole or not at all; an error is only a warning."""
    try:
        with replacing(path) as unfinished:
            plot(unfinished)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises
        logger.warning("%s was not drawn: %s", path.name, error)

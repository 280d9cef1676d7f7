"""The files of a run beside its checkpoints: tables, figures, thresholds, the report."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.evaluation.tally import CELL_COLUMNS
from maxatac.files.atomic import replacing, write_text
from maxatac.reporting.run_plots import plot_history
from maxatac.reporting.workflow import write_report
from maxatac.runs.folder import HISTORY_COLUMNS, TIMING_COLUMNS, RunFolder
from maxatac.training.held_out import tested_samples
from maxatac.training.inputs import Inputs
from maxatac.training.report_data import ReportData
from maxatac.training.settings import TrainConfig

if TYPE_CHECKING:
    from maxatac.training.result import Row

logger = logging.getLogger(__name__)


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

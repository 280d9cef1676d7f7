"""The contents of a report, read from the files of a run."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maxatac.errors import InputError, Problem
from maxatac.evaluation.benchmark_tables import FORMAT as BENCHMARK_FORMAT
from maxatac.evaluation.tally import CELL_COLUMNS
from maxatac.reporting.called_sites import Sites, called_sites
from maxatac.runs.folder import HISTORY_COLUMNS, TIMING_COLUMNS, RunFolder

Row = Mapping[str, Any]

FORMAT = 1
"""Version of ``<prefix>_report.json``; another one is not read."""

_BENCHMARK = "_benchmark.json"

_TEXT_COLUMNS = ("set", "cell_type")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclasses.dataclass(frozen=True)
class Contents:
    """The files of a run, as plain values. What is not there is empty.

    Attributes
    ----------
    prefix : str
    record : mapping
        The run record.
    history, timing, cells : sequence of mappings
        Rows of the tables; numbers are floats.
    test : mapping or None
        Scores of the independent test.
    data : mapping
        ``<prefix>_report.json``: what the report needs and the tables lack.
    sites : mapping
        Sites that were called for each cell type (:mod:`maxatac.reporting.called_sites`).
    benchmarks : mapping of str to mapping
        Scores of each benchmark in the folder, by its prefix.
    """

    prefix: str
    record: Row
    history: Sequence[Row]
    timing: Sequence[Row]
    cells: Sequence[Row]
    test: Row | None
    data: Row
    benchmarks: Mapping[str, Row] = dataclasses.field(default_factory=dict)
    sites: Mapping[str, Mapping[str, Sites]] = dataclasses.field(default_factory=dict)

    @property
    def settings(self) -> Row:
        """Settings of the run."""
        found: Row = self.record["settings"]
        return found

    @property
    def trained_on(self) -> Row:
        """Data that was trained on (:func:`maxatac.training.report_data.trained_on`); empty if it was not kept."""
        return self.data.get("trained_on") or {}

    @property
    def validation(self) -> Mapping[str, Row]:
        """Curves of the selected model on each validation set; empty if they were not kept, or are another epoch's."""
        kept = self.data.get("validation")
        return kept["sets"] if kept and kept["epoch"] == self.best_epoch else {}

    @property
    def baselines(self) -> Mapping[str, Mapping[str, Row]]:
        """Curves of the baselines on each validation set."""
        return self.data.get("baselines") or {}

    @property
    def tested(self) -> Sequence[Row]:
        """Curves, places and false positives of each cell type that was tested."""
        return self.data.get("test") or ()

    @property
    def best_epoch(self) -> int | None:
        """The selected epoch, from 1."""
        best = self.record["best"]
        return None if best is None else int(best["epoch"])

    @property
    def best(self) -> Row:
        """Row of the selected epoch; empty if there is none."""
        return next((row for row in self.history if row["epoch"] == self.best_epoch), {})


def read_contents(folder: RunFolder) -> Contents:
    """Read the files of a run.

    Raises
    ------
    InputError
        If there is no run record, or a file is not what a run writes.
    OSError
        If a file cannot be read.
    """
    record = _json(folder.record)
    if record is None:
        raise InputError([Problem("missing file", "no such file", "the record of a training run", file=folder.record)])
    needed = {"settings", "seed", "status", "inputs", "best"} - set(record)
    if needed:
        raise InputError([_not_of_a_run(folder.record, f"lacks {', '.join(sorted(needed))}")])
    # A test that an earlier run of this folder made is not this run's.
    was_tested = "scores" in (record.get("test") or {})
    return Contents(
        prefix=_printable(folder.prefix),
        record=record,
        history=_table(folder.history, HISTORY_COLUMNS),
        timing=_table(folder.timing, TIMING_COLUMNS),
        cells=_table(folder.cells, CELL_COLUMNS),
        test=_json(folder.test_scores) if was_tested else None,
        data=_of_this_format(folder.report_data, _json(folder.report_data) or {}),
        sites=_printable(called_sites(folder.folder, record)),
        benchmarks=_benchmarks(folder.folder),
    )


def _benchmarks(folder: Path) -> dict[str, Row]:
    """Read the scores of the benchmarks in a folder; those of another version of maxatac are left out."""
    found: dict[str, Row] = {}
    for path in sorted(folder.glob(f"*{_BENCHMARK}")):
        scores = _json(path)
        if isinstance(scores, dict) and scores.get("format") == BENCHMARK_FORMAT:
            found[_printable(path.name.removesuffix(_BENCHMARK))] = scores
    return found


def _json(path: Path) -> Any:
    try:
        return _printable(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError([_not_of_a_run(path, f"is not JSON ({error})")]) from error


def _not_of_a_run(path: Path, found: str) -> Problem:
    return Problem("format", found, hint="expected what a training run writes", file=path)


def _of_this_format(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    if data and data.get("format") != FORMAT:
        raise InputError([Problem("format", "was written by another version of maxatac", file=path)])
    return data


def _table(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Read a table; all columns but text become float."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError([_not_of_a_run(path, f"lacks the column {', '.join(missing)}")])
            return [
                {
                    name: _printable(value) if name in _TEXT_COLUMNS else float("nan" if value == "" else value)
                    for name, value in row.items()
                }
                for row in reader
            ]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError([_not_of_a_run(path, f"is damaged ({error})")]) from error


def _printable(value: Any) -> Any:
    """Replace the characters that XML cannot hold."""
    if isinstance(value, str):
        return _CONTROL.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_printable(name): _printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return value

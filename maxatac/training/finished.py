"""The finished epochs of a run, the epoch that is being saved, and the base of its listeners."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maxatac.evaluation.selection import best_epoch

if TYPE_CHECKING:
    from maxatac.training.result import Row
    from maxatac.training.resume import ResumeState
    from maxatac.training.validation import Validated


Tables = Mapping[str, list[Any]]
"""One entry per epoch: rows of ``history`` and ``timing``, lists of rows of ``cells``."""


@dataclasses.dataclass(frozen=True)
class FinishedEpochs:
    """The epochs that count, and which of them is the selected one.

    Attributes
    ----------
    tables : mapping of str to list
        See ``Tables``.
    selected : mapping
        What describes the selected epoch; see ``ResumeState``.
    column : str
        Of the history; epochs are selected by it.
    largest : bool
        Whether the largest value is the best, or the smallest.
    """

    tables: Tables
    selected: Mapping[str, Any]
    column: str
    largest: bool

    @classmethod
    def of(cls, earlier: ResumeState | None, column: str, *, largest: bool) -> FinishedEpochs:
        """Take the epochs of the state that is resumed; none without a state."""
        if earlier is None:
            return cls(no_tables(), {}, column, largest)
        return cls(earlier.tables, earlier.selected, column, largest)

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.history)

    @property
    def history(self) -> list[Row]:
        """A row of scores for each."""
        return self.tables["history"]

    @functools.cached_property
    def best(self) -> int | None:
        """Place of the selected epoch in the tables; None before an epoch has a finite score."""
        return best_epoch(self.history, column=self.column, largest=self.largest)

    @property
    def best_number(self) -> int | None:
        """The selected epoch, counted from 1."""
        return None if self.best is None else self.best + 1

    def with_epoch(self, row: Row, timing: Row, validated: Validated | None) -> NewEpoch:
        """Add an epoch that is trained and validated."""
        cells = [{"epoch": row["epoch"], **scores} for scores in (validated.cells if validated is not None else ())]
        new = {"history": row, "timing": timing, "cells": cells}
        tables = {name: [*rows, new[name]] for name, rows in self.tables.items()}
        finished = dataclasses.replace(self, tables=tables)
        return NewEpoch(row, timing, validated, finished, finished.best != self.best)


def no_tables() -> Tables:
    """Make the tables of a run before its first epoch."""
    return {"history": [], "timing": [], "cells": []}


@dataclasses.dataclass
class NewEpoch:
    """An epoch that is being saved.

    Attributes
    ----------
    row, timing : dict
        Its rows of the history and of the times.
    validated : Validated or None
        What its validation found.
    finished : FinishedEpochs
        Those of the run, this one among them.
    is_selected : bool
        Whether this is the selected one.
    saving_since : float
        When its saving began, on the clock of ``time.perf_counter``.
    """

    row: Row
    timing: Row
    validated: Validated | None
    finished: FinishedEpochs
    is_selected: bool
    saving_since: float = dataclasses.field(default_factory=time.perf_counter)


class EpochListener:
    """Base of what is done after each epoch; its methods do nothing."""

    def on_resume(self, finished: FinishedEpochs) -> None:
        """Complete what a kill may have left incomplete, before a run is resumed."""

    def on_epoch_trained(self, epoch: NewEpoch) -> None:
        """Write what must exist before the epoch counts."""

    def on_epoch_counted(self, epoch: NewEpoch) -> None:
        """Write the rest; a resumed run writes it again."""

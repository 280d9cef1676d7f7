"""The file for ``--resume``: the state of a run after its last finished epoch.

The file decides how many epochs of a run are finished. It is replaced after each epoch: written under another name,
synced and renamed, so that it always holds the state after a whole epoch. From then on the epoch counts. The checkpoint
is written before it; tables, event files, the selected model and its description are written after it, and again by a
run that is resumed.

It is a NumPy archive: ``about``, a JSON text, and the values of each variable of model and optimiser in their order.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import InputError, Problem
from maxatac.files.atomic import replacing
from maxatac.files.checksums import sha256
from maxatac.runs.input_files import InputFile
from maxatac.runs.record import RunRecord
from maxatac.training.finished import EpochListener, NewEpoch, Tables
from maxatac.training.settings import FILE_OPTIONS

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

FORMAT = 3
"""Version of the file's format; other versions are not read."""

FREE_SETTINGS = frozenset({
    # Files are compared by their content, and cell types by their labels.
    *FILE_OPTIONS, "test_cell_types",
    # How it is done and what else is written, but not what comes out.
    "output", "prefix", "threads", "memory", "plot", "report",
    "save_roi", "genome", "loglevel", "keep_checkpoints", "force", "resume", "distribute",
    # What is done with the selected model.
    "test", "test_chroms", "test_rev_comp", "test_seen",
    # When it ends; epochs may grow.
    "epochs", "early_stopping",
})  # fmt: skip
"""Settings that may change on resume; all others shape the result."""

UNCOMPARED_INPUTS = frozenset({"meta_file", "cells", "chrom_sizes"})
"""Inputs whose content may change: paths in a table of cell types may differ; sizes are compared with the 2bit."""

_HASHING_THREADS = 4


@dataclasses.dataclass(frozen=True)
class ResumeState:
    """The state of a run after an epoch.

    Attributes
    ----------
    seed : int
    settings : mapping
        All settings, as the run record has them.
    cell_types : mapping of str to str
        The label of each.
    inputs : mapping of str to InputFile
    tables : mapping of str to list of dict
        One entry per finished epoch: rows of ``history`` and ``timing``, lists of rows of ``cells``.
    past : mapping
        Parts of the run record that a resumed run needs.
    selected : mapping
        What describes the selected epoch: ``weights_sha256``, the fingerprint of its model; ``thresholds``, the text
        of the table, and ``validation``, for the report, each ``None`` where there is none. Empty before an epoch is
        selected.
    state_sha256 : str or None
        Fingerprint of the variables; ``None`` before the first epoch is finished.
    variables : sequence of arrays
        Their values, in the order of ``model_variables``; none before the first epoch is finished.
    names : sequence of str
        Their paths in Keras.
    """

    seed: int
    settings: Mapping[str, Any]
    cell_types: Mapping[str, str]
    inputs: Mapping[str, InputFile]
    tables: Mapping[str, list[Any]]
    past: Mapping[str, Any]
    selected: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    state_sha256: str | None = None
    variables: Sequence[NDArray[Any]] = ()
    names: Sequence[str] = ()

    @classmethod
    def of(cls, record: RunRecord, tables: Tables) -> ResumeState:
        """Make the state from record and tables of a run, without the variables."""
        return cls(
            seed=record.seed,
            settings=comparable(record.settings),
            cell_types=record.facts["cell_types"],
            inputs=record.inputs(),
            tables={name: list(rows) for name, rows in tables.items()},
            past=record.past(),
        )

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return len(self.tables["history"])

    def with_model(self, model: keras.Model) -> ResumeState:
        """Make the same state with the variables of a model."""
        from maxatac.training.fingerprint import state_sha256

        variables = model_variables(model)
        return dataclasses.replace(
            self,
            state_sha256=state_sha256(model),
            variables=[np.asarray(variable.numpy()) for variable in variables],
            names=[variable.path for variable in variables],
        )

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        about = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)} | {
            "format": FORMAT,
            "inputs": {name: dataclasses.asdict(file) for name, file in self.inputs.items()},
        }
        del about["variables"]
        text = np.frombuffer(json.dumps(about, default=str).encode(), np.uint8)
        arrays = {f"variable_{place}": values for place, values in enumerate(self.variables)}
        with replacing(path) as unfinished, unfinished.open("wb") as file:
            np.savez(file, about=text, **arrays)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True)
class ResumeFile(EpochListener):
    """Writes the state after each epoch, which then counts."""

    path: Path
    model: keras.Model
    record: RunRecord

    def on_epoch_trained(self, epoch: NewEpoch) -> None:
        """Write the state after this epoch."""
        state = dataclasses.replace(
            ResumeState.of(self.record, epoch.finished.tables), selected=epoch.finished.selected
        )
        state.with_model(self.model).write(self.path)
        logger.debug("state after epoch %d: %s", len(epoch.finished), self.path)


def model_variables(model: keras.Model) -> list[keras.Variable]:
    """List the variables that the next epoch starts from: weights, seeds of layers, and the optimiser's variables."""
    if not model.optimizer.built:
        # An optimiser that has not been built would drop what it is given.
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def read_state(path: Path) -> ResumeState | None:
    """Read the file; ``None`` if there is none, because no run has begun.

    Raises
    ------
    InputError
        If it is damaged, or has another version of the format.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            about = json.loads(archive["about"].tobytes())
            if about.pop("format") != FORMAT:
                raise InputError([_problem("was written by another version of maxatac", file=path)])
            about["inputs"] = {name: InputFile(**file) for name, file in about["inputs"].items()}
            variables = [archive[f"variable_{place}"] for place in range(len(about["names"]))]
            state = ResumeState(**about, variables=variables)
            if len({len(rows) for rows in state.tables.values()}) != 1:
                raise ValueError("tables of different lengths")
            return state
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError([_problem(f"cannot be read ({error})", hint=_ANEW, file=path)]) from error


def restore(state: ResumeState, model: keras.Model) -> None:
    """Put a compiled model and its optimiser into the state after the last finished epoch.

    Raises
    ------
    InputError
        If the state belongs to another network, or is not what was written.
    """
    from maxatac.training.fingerprint import state_sha256

    if state.epochs == 0:
        return
    variables = model_variables(model)
    expected = [(variable.path, tuple(variable.shape), variable.dtype) for variable in variables]
    found = [(name, here.shape, here.dtype.name) for name, here in zip(state.names, state.variables, strict=True)]
    for (name, shape, dtype), (other, *kind) in zip(expected, found, strict=False):
        if (name, shape, dtype) != (other, *kind):
            told = f"the state has {other} {kind[1]} {kind[0]}, expected {name} {dtype} {shape}"
            raise InputError([_problem(told)])
    if len(expected) != len(found):
        raise InputError([_problem(f"the state has {len(found)} variables, expected {len(expected)}")])
    for variable, values in zip(variables, state.variables, strict=True):
        variable.assign(values)
    if state_sha256(model) != state.state_sha256:
        raise InputError([_problem("the state is not the one that was written", hint=_ANEW)])


def comparable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Round-trip settings through JSON, so that they compare equal to those of a saved state."""
    read_back: dict[str, Any] = json.loads(json.dumps(dict(settings), default=str))
    return read_back


def setting_differences(
    state: ResumeState, settings: Mapping[str, Any], cell_types: Mapping[str, str], *, epochs: int
) -> list[Problem]:
    """Find settings that shape the result and differ from those of the state; a run cannot be resumed with them.

    Parameters
    ----------
    state : ResumeState
    settings : mapping
        The settings now, with chromosome lists as they were resolved.
    cell_types : mapping of str to str
        The labels now.
    epochs : int
        Number asked for.
    """
    problems = []
    now = comparable(settings)
    for name, before in state.settings.items():
        if name in now and name not in FREE_SETTINGS and now[name] != before:
            problems.append(_problem(f"--{name} is {_told(now[name])}, but the run began with {_told(before)}"))
    if epochs < state.epochs:
        problems.append(_problem(f"--epochs is {epochs}, but the run has finished {state.epochs}"))
    for cell in dict.fromkeys((*state.cell_types, *cell_types)):
        before, label = state.cell_types.get(cell), cell_types.get(cell)
        if before != label:
            told = [f"labelled {what}" if what else "absent" for what in (label, before)]
            problems.append(_problem(f"cell type {cell} is {told[0]}, but was {told[1]} when the run began"))
    if not problems and list(cell_types) != list(state.cell_types):
        problems.append(_problem("the cell types of the meta file stand in another order than when the run began"))
    return problems


def input_differences(
    state: ResumeState, paths: Mapping[str, Path], files: Mapping[str, InputFile]
) -> tuple[list[Problem], dict[str, str]]:
    """Find the inputs whose content is not what the run began with; their paths may differ.

    Sizes are compared first, contents by SHA-256. If a run was killed before a checksum was known, that of pieces of
    the file is compared instead. Files of Test cell types are read only for the test, which may be switched on or off:
    a file that only one of the two runs reads is not compared.

    Parameters
    ----------
    state : ResumeState
    paths : mapping of str to Path
        The inputs now.
    files : mapping of str to InputFile
        Their descriptions.

    Returns
    -------
    problems : list of Problem
    checksums : dict of str to str
        Those that had to be computed.
    """

    def only_tested(name: str) -> bool:
        # What is tested, and whether at all, may change.
        return state.cell_types.get(name.rpartition(" ")[0]) == "Test"

    problems = []
    before = {name: file for name, file in state.inputs.items() if name not in UNCOMPARED_INPUTS}
    now = {name: file for name, file in files.items() if name not in UNCOMPARED_INPUTS}
    problems += [
        _problem(f"the run read a file for {name}, and now there is none")
        for name in before
        if name not in now and not only_tested(name)
    ]
    problems += [
        _problem("is new; the run had none", file=paths[name], place=name)
        for name in now
        if name not in before and not only_tested(name)
    ]
    to_hash = []
    for name in (name for name in now if name in before):
        if now[name].bytes != before[name].bytes:
            how = f"it has {now[name].bytes:,} bytes, that one had {before[name].bytes:,}"
            problems.append(_problem(f"{_ANOTHER}: {how}", file=paths[name], place=name))
        elif before[name].sha256 is not None:
            to_hash.append(name)
        elif now[name].sampled != before[name].sampled:
            problems.append(_problem(f"{_ANOTHER}: parts of it differ", file=paths[name], place=name))
    with ThreadPoolExecutor(_HASHING_THREADS) as executor:
        checksums = dict(zip(to_hash, executor.map(sha256, [paths[name] for name in to_hash]), strict=True))
    for name, checksum in checksums.items():
        if checksum != before[name].sha256:
            how = f"its SHA-256 is {checksum[:12]}..., that of the other {str(before[name].sha256)[:12]}..."
            problems.append(_problem(f"{_ANOTHER}: {how}", file=paths[name], place=name))
    return problems, checksums


_ANEW = "begin anew with --force"
_ANOTHER = "is not the file that the run began with"


def _problem(found: str, *, hint: str | None = None, file: Path | None = None, place: str | None = None) -> Problem:
    return Problem("resume", found, hint=hint, option="--resume", file=file, place=place)


def _told(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)

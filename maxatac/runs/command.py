"""Running a command that leaves files: its names, what is in the way of them, and its record.

``carry_out`` does what every command does: it checks everything first, then holds the output folder, logs to a file,
works, and writes the record ``<prefix>_<command>_run.json`` when all else is written.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from maxatac.errors import InputError, Problem, Problems
from maxatac.files.atomic import temporary_name, whole_name, write_json
from maxatac.files.checksums import is_same_file, sha256
from maxatac.files.sniff import whose
from maxatac.runs.folder import RunFolder, owners, worded
from maxatac.runs.input_files import BackgroundChecks
from maxatac.runs.record import PhaseTimes, description
from maxatac.runs.running import running, running_problems
from maxatac.runs.settings import ResourceSettings, ResultSettings, loader_threads
from maxatac.system.logs import HeldBack, at_level, holding_back, writing_to

C = TypeVar("C", bound=ResultSettings)
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclasses.dataclass(frozen=True)
class CommandFolder:
    """Names of what a command of one prefix leaves in its output folder.

    Parameters
    ----------
    folder : Path
    prefix : str
    command : str
        Such as ``predict``.
    """

    folder: Path
    prefix: str
    command: str

    @classmethod
    def of(cls, settings: ResultSettings, command: str) -> CommandFolder:
        """Name the files of a command by its settings."""
        return cls(settings.output, settings.prefix, command)

    def named(self, ending: str) -> Path:
        """Name the file of this prefix with an ending such as ``.bw``."""
        return self.folder / f"{self.prefix}{ending}"

    @property
    def record(self) -> Path:
        """The run record."""
        return self.named(f"_{self.command}_run.json")

    @property
    def log(self) -> Path:
        """The log."""
        return self.named(f"_{self.command}.log")

    @property
    def running(self) -> Path:
        """The file that says which process writes the results (:mod:`maxatac.runs.running`)."""
        return RunFolder(self.folder, self.prefix).running(self.command)

    def earlier(self) -> list[Path]:
        """List what the last run of this command and prefix left and is still there; the record comes last."""
        mine = [
            self.folder / name for name, owner in owners(self.folder).items() if owner == (self.command, self.prefix)
        ]
        return sorted((path for path in mine if path.exists()), key=self.record.__eq__)

    def problems(
        self, outputs: Sequence[Path], *, inputs: Mapping[str, Path], force: bool = False, resume: bool = False
    ) -> Problems:
        """Say what keeps a run from writing its results.

        Parameters
        ----------
        outputs : sequence of Path
            Every file that it would write, without log and record.
        inputs : mapping of str to Path
            What it reads, by purpose: no result may replace it.
        force : bool
            Whether results of an earlier run of this command and prefix, and files of no run, may be replaced.
        resume : bool
            Whether this is to go on with an earlier run, whose files may be there.
        """
        problems = Problems()
        if "/" in self.prefix:
            # The check of the settings has told it.
            return problems
        nearest = RunFolder(self.folder, self.prefix).existing()
        if not nearest.is_dir():
            problems.add("output", f"{nearest}, a file", expected="a folder", option="--output", file=self.folder)
            return problems
        if not os.access(nearest, os.W_OK | os.X_OK):
            told = f"{nearest} cannot be written to{whose(nearest)}"
            problems.add("output", told, option="--output", file=self.folder)
        if (name := self._too_long(outputs)) is not None:
            hint = f"{len(os.fsencode(name))} bytes are too long for the file system of {self.folder}"
            told = f"{self.prefix}, with which {name} would be written"
            problems.add("output", told, expected="a shorter prefix", hint=hint, option="--prefix")
            return problems
        problems += running_problems(self.running, watch=True)
        # Two commands of one prefix may write files of one name: what the other will write is not known here.
        for path in RunFolder(self.folder, self.prefix).running_files():
            if path != self.running:
                problems += running_problems(path, watch=False)
        mine = {*outputs, self.record, self.log, *(self.earlier() if force else ())}
        for purpose, path in inputs.items():
            for result in sorted(mine):
                if is_same_file(path, result):
                    told = f"is read as {purpose}, and would be replaced or removed"
                    problems.add("output", told, hint="choose another --output or --prefix", file=result)
        problems += self.in_the_way(outputs, replace=force or resume)
        return problems

    def in_the_way(self, outputs: Sequence[Path], *, replace: bool) -> Problems:
        """Say which results are there already; with ``replace``, only those that belong to another run."""
        problems = Problems()
        hint = "choose another --output or --prefix"
        owned = owners(self.folder)
        for path in (*outputs, self.record, self.log):
            owner = owned.get(path.name, (self.command, self.prefix))
            if owner != (self.command, self.prefix):
                told = f"belongs to a run of maxatac {worded(owner[0])} with the prefix {owner[1]}"
                problems.add("output", told, hint=hint, file=path)
            elif path.is_dir():
                problems.add("output", "is a folder", hint=hint, file=path)
            elif path != self.log and path.exists() and not replace:
                problems.add("output", "exists", hint=f"{hint}, or replace it with --force", file=path)
        return problems

    def _too_long(self, outputs: Sequence[Path]) -> str | None:
        names = [temporary_name(path.name) for path in (*outputs, self.record, self.running)]
        longest = max(names, key=lambda name: len(os.fsencode(name)))
        limit = RunFolder(self.folder, self.prefix).longest_name()
        return longest if len(os.fsencode(longest)) > limit else None

    def clear_partial(self, outputs: Sequence[Path]) -> None:
        """Remove the unfinished files of a killed run."""
        mine = {path.name for path in (*outputs, self.record, self.running)}
        for path in self.folder.iterdir():
            if whole_name(path.name) in mine:
                path.unlink(missing_ok=True)


def read_record(path: Path) -> dict[str, Any] | None:
    """Read a run record, of a command or of a training run; ``None`` if there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "maxatac" in record else None


def record_of_output(path: Path) -> dict[str, Any] | None:
    """Find the record of the run that wrote a file: in its folder, of those that list it; ``None`` if there is none."""
    owner = owners(path.parent).get(path.name)
    if owner is None:
        return None
    command, prefix = owner
    ending = "_run.json" if command == "train" else f"_{command}_run.json"
    return read_record(path.parent / f"{prefix}{ending}")


class CommandRun:
    """A command while it works: its record, and the times of its phases.

    Parameters
    ----------
    folder : CommandFolder
    settings : mapping
        For the record: with what was worked out in place of what was not given.
    outputs : sequence of Path
    inputs : mapping of str to Path
    """

    def __init__(
        self, folder: CommandFolder, settings: Mapping[str, Any], outputs: Sequence[Path], inputs: Mapping[str, Path]
    ) -> None:
        self.folder = folder
        self.phases = PhaseTimes()
        self._began = time.time()
        self._outputs = outputs
        self._inputs = inputs
        self._sizes = {name: path.stat().st_size for name, path in inputs.items()}
        self._checks = BackgroundChecks(inputs, {})
        self._entries: dict[str, Any] = {
            **description(self._began),
            "run_of": folder.command,
            "prefix": folder.prefix,
            "settings": dict(settings),
        }

    def note(self, name: str, value: Any) -> None:
        """Add an entry to the record."""
        self._entries[name] = value

    def give_up(self) -> None:
        """Stop what goes on in the background."""
        self._checks.give_up()

    def finish(self, threads: int) -> None:
        """Write the record, with the checksums of what was read and written."""
        self._checks.wait(lambda: None, threads, 0)
        inputs = {
            name: {"path": path, "bytes": self._sizes[name], "sha256": self._checks.checksum(name)}
            for name, path in self._inputs.items()
        }
        outputs = {
            path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in self._outputs if path.exists()
        }
        times = {"seconds": time.time() - self._began, "phases": self.phases.seconds}
        write_json(self.folder.record, self._entries | times | {"inputs": inputs, "outputs": outputs})


class Prepared(Protocol[R_co]):
    """A command whose input is checked, ready to work."""

    @property
    def folder(self) -> CommandFolder:
        """Where the results go."""

    @property
    def outputs(self) -> Sequence[Path]:
        """Every file that may be written, without log and record."""

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Every file that is read, by purpose."""

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """Settings for the record that replace what was given, or not given."""

    def describe(self) -> list[str]:
        """Say what the run would do, for ``--dry_run``."""

    def work(self, run: CommandRun) -> R_co:
        """Do it."""


def carry_out(config: C, prepare: Callable[[C], Prepared[R]]) -> R:
    """Run a command: check everything, then work, then write the record.

    Parameters
    ----------
    config : ResultSettings
        Of the command. ``resume``, if it has that, leaves the files of an earlier run in place.
    prepare : callable
        Opens and checks everything that the settings name.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    MaxatacError
        If the run fails.
    """
    with at_level(config.loglevel):
        with holding_back() as held:
            prepared = prepare(config)
        with _writing(config, prepared, held) as run:
            result = prepared.work(run)
            run.finish(loader_threads(config) if isinstance(config, ResourceSettings) else 1)
        return result


@contextlib.contextmanager
def _writing(config: ResultSettings, prepared: Prepared[Any], held: HeldBack) -> Iterator[CommandRun]:
    """Hold the output folder and log to it while the block runs; if it fails, no new result is left."""
    folder = prepared.folder
    with contextlib.ExitStack() as stack:
        try:
            folder.folder.mkdir(parents=True, exist_ok=True)
            holding = stack.enter_context(running(folder.running))
            # Another run may have ended since the checks.
            replace = config.force or getattr(config, "resume", False)
            if problems := folder.in_the_way(prepared.outputs, replace=replace):
                raise InputError(problems)
            folder.clear_partial(prepared.outputs)
            if config.force:
                for path in folder.earlier():
                    path.unlink(missing_ok=True)
        except OSError as error:
            told = f"cannot be written to ({error})"
            raise InputError([Problem("output", told, option="--output", file=config.output)]) from error
        stack.enter_context(writing_to(folder.log, lambda: not holding.is_lost))
        held.release()
        earlier = {path for path in prepared.outputs if path.exists()}
        given = {option.name: getattr(config, option.name) for option in dataclasses.fields(config)}
        settings = {**given, **prepared.worked_out}
        run = CommandRun(folder, settings, prepared.outputs, prepared.inputs)
        try:
            yield run
        except BaseException:
            # Results without a record would only be in the way of the next try.
            for path in () if holding.is_lost else set(prepared.outputs) - earlier:
                path.unlink(missing_ok=True)
            raise
        finally:
            run.give_up()

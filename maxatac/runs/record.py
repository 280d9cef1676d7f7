"""The run record: what was run, on what, for how long, with what result."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from maxatac.files.atomic import write_json
from maxatac.runs.folder import RunFolder
from maxatac.runs.input_files import BackgroundChecks, InputFile
from maxatac.system.installation import source_revision
from maxatac.system.resources import usable_memory, usable_processors

logger = logging.getLogger(__name__)

_PACKAGES = (
    "tensorflow", "tensorflow-cpu", "keras", "jax", "jaxlib", "numpy", "pandas", "h5py", "matplotlib",
    "tensorboardX",
)  # fmt: skip

# Seconds that the end of a run waits, if a tenth of the run is less, for tracks to be compared with their indexes.
_LONGEST_WAIT = 60.0


_PAST = ("command", "started", "resumed", "device", "versions", "computing_threads")
"""Entries that a resumed run takes over."""


class PhaseTimes:
    """Seconds of each phase of a run."""

    def __init__(self, before: Mapping[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = dict(before or {})

    @contextlib.contextmanager
    def measuring(self, phase: str) -> Iterator[None]:
        """Count the time of the block, however it ends, to a phase."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.add(phase, time.perf_counter() - begin)

    def add(self, phase: str, seconds: float) -> None:
        """Count some time to a phase."""
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def add_epoch(self, timing: Mapping[str, float]) -> None:
        """Count an epoch's row of the timing table: what it names, its steps to training, and the rest apart."""
        parts = {"training": timing["steps_seconds"]} | {
            name: timing[f"{name}_seconds"] for name in ("statistics", "validation", "genome")
        }
        for name, part in parts.items():
            self.add(name, part)
        self.add("between_steps", timing["seconds"] - sum(parts.values()))


class RunRecord:
    """Gathers the run record, and writes it as it stands. Inputs are hashed while the run goes on.

    Parameters
    ----------
    settings : mapping
        All settings, with what was drawn or worked out in place of what was not given.
    paths : mapping of str to Path
        Every file that the run reads, by purpose.
    facts : mapping
        Other entries that are known from the start, by key; with ``cell_types`` and ``computing_threads``.
    begin : float
        When the run began, in seconds since 1970.
    phases : PhaseTimes
        Goes on counting.
    comparisons : sequence of (str, callable)
        See :class:`maxatac.runs.input_files.BackgroundChecks`.
    checksums : mapping of str to str, optional
        Those of inputs that are known already.
    past : mapping, optional
        ``past`` of the run that is resumed.
    after_epoch : int
        Finished epochs of that run.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        paths: Mapping[str, Path],
        facts: Mapping[str, Any],
        *,
        begin: float,
        phases: PhaseTimes,
        comparisons: Sequence[tuple[str, Callable[[], None]]] = (),
        checksums: Mapping[str, str] | None = None,
        past: Mapping[str, Any] | None = None,
        after_epoch: int = 0,
    ) -> None:
        self.settings = settings
        self.seed: int = settings["seed"]
        self.facts = facts
        self.phases = phases
        self._begin = begin
        self._before = past if after_epoch else None
        self._seconds_before: float = past["seconds"] if past else 0.0
        self._fixed: dict[str, Any] = {
            **description(begin),
            "resumed": [],
            "settings": settings,
            "seed": self.seed,
            "device": None,
            **facts,
        }
        if past is not None:
            session = {name: self._fixed[name] for name in ("command", "started")}
            resumed = [*past["resumed"], {**session, "after_epoch": after_epoch}]
            self._fixed |= {name: past[name] for name in ("command", "started")} | {"resumed": resumed}
        self._paths = paths
        self._files = {name: InputFile.of(path) for name, path in paths.items()}
        self._checks = BackgroundChecks(paths, checksums or {}, comparisons)

    def computes_on(self, device: str, repeats: Mapping[str, Any] | None = None) -> None:
        """Enter the device, and warn if this run began, or the run that it ``repeats`` was made, on another one."""
        self._fixed["device"] = device
        past, began, other = repeats or {}, "the run to repeat was made", "its own"
        if self._before is not None:
            past, began, other = self._before, "the run began", "those of a run in one go"
        shaping = ["device", "versions"]
        if " on CPU" in device:
            shaping.append("computing_threads")
        for what in shaping:
            here = self._fixed[what]
            # A record may have been written before the device was known.
            if type(before := past.get(what)) is type(here) and before != here:
                logger.warning(
                    "%s with other %s (%s, now %s): the numbers will differ in their last digits from %s",
                    began,
                    what.replace("_", " "),
                    _differing(before, here),
                    _differing(here, before),
                    other,
                )

    def check_inputs(self) -> None:
        """Fail if a track has data that its index does not list: windows were read as if the data were missing.

        Raises
        ------
        TrackError
        """
        if self._checks.fault is not None:
            raise self._checks.fault

    def files_of_test(self) -> dict[str, Any]:
        """Describe the inputs of the independent test, by purpose."""
        return {
            role: {"bytes": file.bytes, "sampled": file.sampled}
            for role, file in self._files.items()
            if role in ("sequence", "blacklist") or role.endswith((" signal", " binding"))
        }

    def note(self, name: str, value: Any) -> None:
        """Add an entry, written the next time the record is written."""
        self._fixed[name] = value

    def inputs(self) -> dict[str, InputFile]:
        """Describe the files that the run reads, with the checksums that are known by now."""
        return {
            name: dataclasses.replace(file, sha256=self._checks.checksum(name)) for name, file in self._files.items()
        }

    def past(self) -> dict[str, Any]:
        """Give what the record of a run that is resumed from here takes over."""
        kept = {name: self._fixed[name] for name in _PAST}
        return kept | {"seconds": self._seconds(), "phases": dict(self.phases.seconds)}

    def write(
        self,
        folder: RunFolder,
        history: Sequence[Mapping[str, float]],
        best: int | None,
        state: str | None,
        *,
        status: str = "running",
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Write the present record. A finished run first waits for all checksums, and calls ``check`` while it waits.

        It also waits a minute, or a tenth of the run, for tracks to be compared with their indexes.
        """
        if status in ("interrupted", "failed"):
            self._checks.give_up()
        elif status == "finished":
            self._checks.wait(check, self.settings["threads"], max(_LONGEST_WAIT, self._seconds() / 10))
            self.check_inputs()
            left = self._checks.not_compared()
            if left:
                logger.warning(
                    "the run did not wait until all data of %s was compared with the index of the file; "
                    "`maxatac check` compares all of it",
                    left[0] if len(left) == 1 else f"{len(left)} tracks, such as {left[0]},",
                )
            self.note("tracks_not_compared", left)
        inputs = {
            name: {"path": self._paths[name], "bytes": file.bytes, "sha256": file.sha256}
            for name, file in self.inputs().items()
        }
        record = self._fixed | {
            "status": status,
            "seconds": self._seconds(),
            "phases": self.phases.seconds,
            "outside_steps_share": self._outside_steps(),
            "inputs": inputs,
            "epochs_finished": len(history),
            "best": None if best is None else {**history[best], "checkpoint": folder.checkpoint(best + 1).name},
            "state_sha256": state,
        }
        write_json(folder.record, record)

    def _outside_steps(self) -> float | None:
        """Share of the run that was no training step; ``None`` before the first epoch."""
        steps = self.phases.seconds.get("training")
        return None if steps is None else max(0.0, 1 - steps / self._seconds())

    def _seconds(self) -> float:
        return self._seconds_before + time.time() - self._begin


def description(begin: float) -> dict[str, Any]:
    """Describe this process for a record: the program, its command, which began at ``begin``, machine and versions."""
    return {
        "maxatac": version("maxatac"),
        "revision": source_revision(),
        "command": sys.argv,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin)),
        "machine": machine(),
        "versions": package_versions(),
    }


def _differing(mine: Any, theirs: Any) -> str:
    if not isinstance(mine, dict):
        return str(mine)
    return ", ".join(f"{name} {value}" for name, value in mine.items() if theirs.get(name) != value)


def machine() -> dict[str, Any]:
    """Describe the machine: host, system, processors and memory, and how much of them the process may use."""
    found: dict[str, Any] = {"host": platform.node(), "system": platform.platform(), "processors": os.cpu_count()}
    found |= {"usable_processors": usable_processors(), "usable_memory_bytes": usable_memory()}
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        found["processor"] = names[0] if names else platform.processor()
    with contextlib.suppress(OSError, ValueError):
        found["memory_bytes"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return found


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that a run may compute with."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

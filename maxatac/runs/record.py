"""The run record: what was run, on what, for how long, with what result."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
import os
import platform
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.errors import ResourceError, TrackError
from maxatac.files.atomic import write_json
from maxatac.files.checksums import sha256
from maxatac.runs.folder import RunFolder
from maxatac.system.resources import usable_memory, usable_processors
from maxatac.training.resume import InputFile, ResumeState, comparable
from maxatac.training.settings import TrainConfig, loader_memory, loader_threads

if TYPE_CHECKING:
    from maxatac._core import Track
    from maxatac.training.inputs import Inputs

logger = logging.getLogger(__name__)

_PACKAGES = (
    "tensorflow", "tensorflow-cpu", "keras", "jax", "jaxlib", "numpy", "pandas", "h5py", "matplotlib",
    "tensorboardX",
)  # fmt: skip

# Seconds that the end of a run waits, if a tenth of the run is less, for tracks to be compared with their indexes.
_LONGEST_WAIT = 60.0


_PAST = ("command", "started", "resumed", "device", "versions", "computing_threads")
"""What a run that goes on has to know of the record."""


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


class _Checksums:
    """Computes SHA-256 of files in the background, one by one, then reads the blocks of tracks that no window asks for.

    The threads do not keep the process alive: a run that is told to end must not wait for 30 GB to be read.
    """

    def __init__(
        self, paths: Mapping[str, Path], known: Mapping[str, str], tracks: Iterable[Track], chroms: Sequence[str]
    ) -> None:
        self.fault: TrackError | None = None
        self._sums = dict(known)
        self._has_all = threading.Event()
        self._blocks = [
            (track, chrom) for track in tracks for sizes in [track.chrom_sizes] for chrom in chroms if chrom in sizes
        ]
        self._to_compare = deque(range(len(self._blocks)))
        self._compared: set[int] = set()
        self._given_up = False
        pending = {name: path for name, path in paths.items() if name not in known}
        self._threads = [self._start(lambda: self._compute(pending))]

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name="maxatac-checksums", daemon=True)
        thread.start()
        return thread

    def _compute(self, pending: Mapping[str, Path]) -> None:
        try:
            for name, path in pending.items():
                if self._given_up:
                    return
                # A file that cannot be read any more has none: that costs the run nothing.
                with contextlib.suppress(OSError):
                    self._sums[name] = sha256(path)
        finally:
            self._has_all.set()
        self._compare()

    def _compare(self) -> None:
        """Compare the blocks of a chromosome with their index, then those of the next that no other thread has."""
        with contextlib.suppress(IndexError):
            while self.fault is None and not self._given_up:
                number = self._to_compare.popleft()
                track, chrom = self._blocks[number]
                try:
                    track.check_blocks(chrom)
                except (OSError, ResourceError):
                    continue
                except TrackError as error:
                    self.fault = error
                    return
                self._compared.add(number)

    def get(self, name: str) -> str | None:
        return self._sums.get(name)

    def wait(self, check: Callable[[], None], threads: int, longest: float) -> None:
        """Wait for all checksums; for the blocks, which all threads now read, no longer than so many seconds."""
        end = time.monotonic() + longest
        # Where no thread is to be had, the first reads all.
        with contextlib.suppress(RuntimeError):
            for _ in range(min(threads - 1, len(self._to_compare))):
                self._threads.append(self._start(self._compare))
        for thread in self._threads:
            while thread.is_alive() and not (self._has_all.is_set() and time.monotonic() > end):
                thread.join(0.1)
                check()
        self.give_up()

    def not_compared(self) -> list[str]:
        """Paths of the tracks that have blocks which were not compared with their index."""
        left = [track for number, (track, _) in enumerate(self._blocks) if number not in self._compared]
        return list(dict.fromkeys(track.path for track in left))

    def give_up(self) -> None:
        self._given_up = True


class RunRecord:
    """Gathers the run record, and writes it as it stands. Inputs are hashed while the model trains.

    Parameters
    ----------
    config : TrainConfig
    inputs : Inputs
    seed : int
    begin : float
        When the run began, in seconds since 1970.
    phases : PhaseTimes
        Goes on counting.
    earlier : ResumeState, optional
        What is gone on with.
    checksums : mapping of str to str
        Those of inputs that are known already.
    leak_guard : mapping, optional
        What the guard proved.
    """

    def __init__(
        self,
        config: TrainConfig,
        inputs: Inputs,
        seed: int,
        begin: float,
        phases: PhaseTimes,
        earlier: ResumeState | None = None,
        checksums: Mapping[str, str] | None = None,
        leak_guard: Mapping[str, Any] | None = None,
    ) -> None:
        self.seed = seed
        self.phases = phases
        self._begin = begin
        self._earlier = earlier if earlier and earlier.epochs else None
        self._seconds_before: float = earlier.past["seconds"] if earlier else 0.0
        self.settings = settings_of_run(config, inputs, seed)
        self.cell_types = {sample.cell_line: sample.label for sample in inputs.samples}
        session = {"command": sys.argv, "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))}
        self._fixed: dict[str, Any] = {
            "maxatac": version("maxatac"),
            "revision": source_revision(),
            **session,
            "resumed": [],
            "settings": self.settings,
            "seed": seed,
            "device": None,
            "computing_threads": None,
            "machine": _machine(),
            "versions": _versions(),
            "cell_types": self.cell_types,
            "pools": {name: len(pool) for name, pool in inputs.pools.items()},
            "leak_guard": leak_guard,
        }
        if earlier is not None:
            resumed = [*earlier.past["resumed"], {**session, "after_epoch": earlier.epochs}]
            self._fixed |= {name: earlier.past[name] for name in ("command", "started")} | {"resumed": resumed}
        self._paths = inputs.paths(config)
        self._files = {name: InputFile.of(path) for name, path in self._paths.items()}
        chroms = sorted({*inputs.split.training, *inputs.split.validation})
        self._sums = _Checksums(self._paths, checksums or {}, (*inputs.signal, *inputs.binding), chroms)

    def computes_on(self, device: str, repeats: Mapping[str, Any] | None = None) -> None:
        """Enter the device, and warn if the run began elsewhere, or the one that it ``repeats``."""
        self._fixed["device"] = device
        past, began, other = repeats or {}, "the run to repeat was made", "its own"
        if self._earlier is not None:
            past, began, other = self._earlier.past, "the run began", "those of a run in one go"
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
        """Fail if a track was found to hold data that its index does not lead to: windows were read as if it had none.

        Raises
        ------
        TrackError
        """
        if self._sums.fault is not None:
            raise self._sums.fault

    def files_of_test(self) -> dict[str, Any]:
        """Say what the inputs look like that the independent test reads, by what each is for."""
        roles = (
            "sequence",
            "blacklist",
            *(f"{cell} {what}" for cell in self.cell_types for what in ("signal", "binding")),
        )
        return {
            role: {"bytes": self._files[role].bytes, "sampled": self._files[role].sampled}
            for role in roles
            if role in self._files
        }

    def note(self, name: str, value: Any) -> None:
        """Add something for the next time that the record is written."""
        self._fixed[name] = value

    def state(self, tables: Mapping[str, Sequence[Any]]) -> ResumeState:
        """Say what a run that goes on has to know, its variables left out."""
        return ResumeState(
            seed=self.seed,
            settings=comparable(self.settings),
            cell_types=self.cell_types,
            inputs={name: dataclasses.replace(file, sha256=self._sums.get(name)) for name, file in self._files.items()},
            tables={name: list(rows) for name, rows in tables.items()},
            past={name: self._fixed[name] for name in _PAST}
            | {"seconds": self._seconds(), "phases": dict(self.phases.seconds)},
        )

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
        """Write the record as it stands; only a finished run waits for all checksums, and calls ``check`` meanwhile.

        It also waits for the tracks to be compared with their indexes, for a minute or a tenth of the run.
        """
        if status in ("interrupted", "failed"):
            self._sums.give_up()
        elif status == "finished":
            self._sums.wait(check, self.settings["threads"], max(_LONGEST_WAIT, self._seconds() / 10))
            self.check_inputs()
            left = self._sums.not_compared()
            if left:
                logger.warning(
                    "the run did not wait until all data of %s was compared with the index of the file; "
                    "`maxatac check` compares all of it",
                    left[0] if len(left) == 1 else f"{len(left)} tracks, such as {left[0]},",
                )
            self.note("tracks_not_compared", left)
        inputs = {
            name: {"path": self._paths[name], "bytes": file.bytes, "sha256": self._sums.get(name)}
            for name, file in self._files.items()
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


def settings_of_run(config: TrainConfig, inputs: Inputs, seed: int) -> dict[str, Any]:
    """List all settings, with what was drawn or worked out in place of what was not given."""
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)} | {
        "chroms": inputs.split.chroms,
        "tchroms": inputs.split.training,
        "vchroms": inputs.split.validation,
        "test_chroms": inputs.split.test or None,
        "seed": seed,
        "threads": loader_threads(config),
        "memory": loader_memory(config),
    }


@functools.cache
def source_revision() -> str | None:
    """Git commit that the package was installed from, with ``-modified`` where it was changed since.

    ``None`` if it was not installed from a clone, or git is not there to be asked.
    """
    clone = Path(__file__).parents[2]
    if not (clone / ".git").exists():
        with contextlib.suppress(PackageNotFoundError, ValueError, KeyError, TypeError):
            origin = json.loads(distribution("maxatac").read_text("direct_url.json") or "{}")
            return str(origin["vcs_info"]["commit_id"])
        return None

    def git(*words: str) -> str:
        command = ["git", "-C", str(clone), *words]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=20
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "maxatac", "rust")
        return git("rev-parse", "HEAD") + ("-modified" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _differing(mine: Any, theirs: Any) -> str:
    if not isinstance(mine, dict):
        return str(mine)
    return ", ".join(f"{name} {value}" for name, value in mine.items() if theirs.get(name) != value)


def _machine() -> dict[str, Any]:
    found: dict[str, Any] = {"host": platform.node(), "system": platform.platform(), "processors": os.cpu_count()}
    found |= {"usable_processors": usable_processors(), "usable_memory_bytes": usable_memory()}
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        found["processor"] = names[0] if names else platform.processor()
    with contextlib.suppress(OSError, ValueError):
        found["memory_bytes"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return found


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

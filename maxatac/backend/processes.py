"""Several devices that train one model, in one process or in several: the rows of each, and messages between them.

Keras' ``DataParallel`` on JAX does the computing: each device has all weights and a part of each batch, and the result
is that of one device with the whole batch. Other messages (what is wrong with the input, that a file is written, that a
process has to stop) go through the key-value store that JAX keeps in process 0. The store waits without a limit; a
collective operation of the devices has one.

Process 0 leads: it alone writes files. The others compute the same numbers and follow.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import logging
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from maxatac.backend.launch import Launch, indivisible_batches, launch_of
from maxatac.backend.noise import without_backend_noise
from maxatac.errors import InputError, MaxatacError, Problem, Problems, Stopped
from maxatac.system.logs import naming_process
from maxatac.system.signals import LIMIT, STATUSES

logger = logging.getLogger(__name__)

_POLL = 0.5  # seconds between two looks for messages of others
_PATIENCE = 5.0  # seconds that a process has to say why it ends, and to end after another has

# What JAX says, in exceptions of several types, when the other end of a connection is gone.
_LOST = re.compile("gloo|nccl|connection|socket|coordination service", re.IGNORECASE)

_left = False

# A process can be joined to others once, and run one training after the other.
_runs = itertools.count()


class Processes:
    """One process on one device; the base class for several.

    Attributes
    ----------
    rank, count : int
        Which of how many processes this is.
    devices : int
        Of all processes together.
    """

    rank = 0
    count = 1
    devices = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def rows(self, batch_size: int) -> tuple[int, int]:
        """Give the rows of each batch that this process reads: the first, and the one behind the last."""
        share = batch_size // self.count
        return self.rank * share, (self.rank + 1) * share

    def gather(self, value: Any, check: Callable[[], None] = lambda: None) -> list[Any]:
        """Send a value to all, and wait for theirs; returns the values in the order of the processes.

        There is no limit of time, so that a process may be busy with something long.

        Parameters
        ----------
        value : what JSON can hold
        check : callable
            Called while waiting; what it raises ends the wait.
        """
        return [value]

    def value_of_leader(self, value: Any) -> Any:
        """Take the value of process 0."""
        return self.gather(value)[0]

    @contextlib.contextmanager
    def sharing_problems(self) -> Iterator[None]:
        """Raise in all processes what any of them finds wrong with the input in the block.

        Raises
        ------
        InputError
            If the block raises it in any of the processes.
        """
        yield

    def problems(self, batch_sizes: Mapping[str, int]) -> list[Problem]:
        """Find what keeps the devices from sharing the batches, which are given by option."""
        return []

    @contextlib.contextmanager
    def on_all_devices(self) -> Iterator[None]:
        """Let Keras make and compute what the block does on all devices.

        All processes must run it alike: whatever Keras does there waits for the others, were it only that it makes a
        variable. Outside, a process is alone with its first device.
        """
        yield

    def place(self, arrays: Any) -> Any:
        """Put this process's rows of a batch, arrays in any nest, where Keras takes them for the whole batch."""
        return arrays

    def cause_elsewhere(self, error: Exception) -> BaseException | None:
        """Find what to raise in place of an error that comes from the end of another process; None if it does not."""
        return None

    def check(self) -> None:
        """Raise ``MaxatacError`` if another process has failed."""

    def start_listening(self) -> None:
        """Exchange hosts and processors with the others, and listen to them from now on."""

    def own_share(self, threads: int, memory: int) -> tuple[int, int]:
        """Divide the threads and the bytes of memory of this machine by the processes that have them in common."""
        return threads, memory

    def loglevel(self, name: str) -> str:
        """Choose what this process logs: process 0 alone logs what is the same in all."""
        return name

    def record(self) -> dict[str, Any] | None:
        """Describe the processes and devices for the run record; None if there is one of each."""
        return None


class JoinedProcesses(Processes):
    """All devices of one process, or of several that know each other through JAX.

    Parameters
    ----------
    launch : Launch
        JAX has been initialised as it says.
    """

    def __init__(self, launch: Launch) -> None:
        import jax
        import keras

        self.rank, self.count = launch.rank, launch.count
        # By process, for the rows of a batch go to the devices in their order.
        devices = sorted(jax.devices(), key=lambda device: (device.process_index, device.id))
        self.devices = len(devices)
        self._by_process = Counter(device.process_index for device in devices)
        self._kinds = sorted({device.device_kind for device in devices})
        self._distribution = keras.distribution.DataParallel(
            devices=[f"{device.platform}:{device.id}" for device in devices], auto_shard_dataset=False
        )
        self._run = next(_runs)
        self._gathered = itertools.count()
        affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self._places: list[dict[str, Any]] = [{"host": socket.gethostname(), "processors": affinity}]
        self._failure: str | None = None
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def _client(self) -> Any:
        from jax._src import distributed

        return distributed.global_state.client

    def gather(self, value: Any, check: Callable[[], None] = lambda: None) -> list[Any]:
        """See ``Processes``."""
        if self.count == 1:
            return [value]
        folder = f"maxatac/{self._run}/{next(self._gathered)}"
        self._client.key_value_set(f"{folder}/{self.rank}", json.dumps(value, default=str))
        wait = 0.01
        while True:
            told = dict(self._client.key_value_dir_get(folder))
            if len(told) == self.count:
                return [json.loads(told[f"{folder}/{rank}"]) for rank in range(self.count)]
            check()
            self.check()
            time.sleep(wait)
            wait = min(2 * wait, _POLL)

    @contextlib.contextmanager
    def sharing_problems(self) -> Iterator[None]:
        """See ``Processes``."""
        mine: list[dict[str, Any]] = []
        try:
            yield
        except InputError as error:
            mine = [dataclasses.asdict(problem) for problem in error.problems]
        first, *others = [[Problem(**data) for data in theirs] for theirs in self.gather(mine)]
        problems = Problems(first)
        for rank, theirs in enumerate(others, 1):
            for problem in theirs:
                if problem not in first:
                    place = ", ".join(part for part in (problem.place, f"process {rank} of {self.count}") if part)
                    problems.append(dataclasses.replace(problem, place=place))
        if problems:
            raise InputError(problems)

    def problems(self, batch_sizes: Mapping[str, int]) -> list[Problem]:
        """See ``Processes``."""
        found = []
        if len(set(self._by_process.values())) > 1:
            shares = ", ".join(f"process {rank} has {number}" for rank, number in sorted(self._by_process.items()))
            expected = "the same number in each"
            found.append(Problem("machine", f"devices: {shares}", expected, option="--distribute"))
        return [*found, *indivisible_batches(batch_sizes, self.devices, "devices")]

    @contextlib.contextmanager
    def on_all_devices(self) -> Iterator[None]:
        """See ``Processes``."""
        with self._distribution.scope():
            yield

    def place(self, arrays: Any) -> Any:
        """See ``Processes``."""
        import jax
        import keras

        def put(rows: Any) -> Any:
            layout = self._distribution.get_data_layout(rows.shape).backend_layout
            return jax.make_array_from_process_local_data(layout, rows)

        return keras.tree.map_structure(put, arrays)

    def check(self) -> None:
        """See ``Processes``."""
        if self._failure is not None:
            raise MaxatacError(self._failure)

    def cause_elsewhere(self, error: Exception) -> BaseException | None:
        """See ``Processes``."""
        if self.count == 1 or isinstance(error, MaxatacError):
            return None
        end = time.monotonic() + _PATIENCE
        while not (gone := self._gone()) and time.monotonic() < end:
            time.sleep(_POLL / 5)
        for told in gone:
            if told["signal"] is not None:
                return Stopped(told["signal"]) if told["signal"] != "SIGINT" else KeyboardInterrupt()
            return MaxatacError(told["failure"])
        if not _LOST.search(str(error)):
            return None
        return MaxatacError(
            f"process {self.rank} of {self.count} has lost another, which may have been killed "
            f"({str(error).splitlines()[0]}); --resume goes on after the last finished epoch"
        )

    def record(self) -> dict[str, Any]:
        """See ``Processes``."""
        hosts = [place["host"] for place in self._places]
        return {"processes": self.count, "devices": self.devices, "device_kinds": self._kinds, "hosts": hosts}

    def own_share(self, threads: int, memory: int) -> tuple[int, int]:
        """See ``Processes``."""
        mine = self._places[self.rank]
        # Slurm may give each process processors of its own, but memory to all of a node together.
        same_processors = self._places.count(mine)
        same_host = sum(place["host"] == mine["host"] for place in self._places)
        return max(1, threads // same_processors), max(1, memory // same_host)

    def loglevel(self, name: str) -> str:
        """See ``Processes``."""
        return "warning" if self.rank and name == "info" else name

    def start_listening(self) -> None:
        """See ``Processes``."""
        if self.count == 1:
            logger.info("training on %d devices of this process", self.devices)
            return
        self._watcher = threading.Thread(target=self._watch, name="maxatac-processes", daemon=True)
        self._watcher.start()
        self._places = self.gather(self._places[0])
        logger.info("training on %d devices of %d processes", self.devices, self.count)
        for rank, place in enumerate(self._places):
            number = self._by_process[rank]
            logger.info("process %d of %d: %d of the devices, on %s", rank, self.count, number, place["host"])

    def leave(self, error: BaseException | None) -> None:
        """Stop listening, and tell the others about the error that ends this process, if there is one.

        Process 0 stays until the others are about to end too: JAX aborts the processes that are left without it.
        """
        global _left
        self._closed.set()
        if self._watcher is None:
            return
        if error is not None:
            _left = True
            stopped = "SIGINT" if isinstance(error, KeyboardInterrupt) else None
            signal_name = error.signal_name if isinstance(error, Stopped) else stopped
            self._tell_end(signal_name, f"process {self.rank} of {self.count} has failed: {error}")
            end = time.monotonic() + 2 * _PATIENCE
            while self.leads and len(self._gone()) < self.count - 1 and time.monotonic() < end:
                time.sleep(_POLL / 5)
            if self.leads:
                # A process that has said that it ends may not have ended yet.
                time.sleep(_POLL)
        self._watcher.join(2 * _POLL)

    def _tell_end(self, signal_name: str | None, failure: str) -> None:
        # Process 0 may be gone, and the store with it.
        with contextlib.suppress(Exception):
            self._client.key_value_set(
                f"{self._ends}/{self.rank}", json.dumps({"signal": signal_name, "failure": failure})
            )

    @property
    def _ends(self) -> str:
        return f"maxatac/{self._run}/ends"

    def _gone(self) -> list[dict[str, Any]]:
        """Read why other processes have ended; nothing if the store cannot be reached."""
        try:
            told = self._client.key_value_dir_get(self._ends)
        except Exception:  # noqa: BLE001 - whatever JAX raises
            return []
        return [json.loads(text) for key, text in sorted(told) if not key.endswith(f"/{self.rank}")]

    def _watch(self) -> None:
        """End this process when another has ended: by the same signal, or by its failure.

        The main thread may wait for results of the process that is gone, and then only an exit helps. Process 0 has
        files to write, and gets as much time as after a signal.
        """
        while not self._closed.wait(_POLL):
            if not (gone := self._gone()):
                continue
            name, failure = gone[0]["signal"], gone[0]["failure"]
            number = getattr(signal, name) if name is not None else None
            if number is not None and callable(signal.getsignal(number)):
                os.kill(os.getpid(), number)
            else:
                self._failure = failure
            if not self._closed.wait(LIMIT if self.leads else _PATIENCE):
                self._tell_end(name, failure)
                if number is None:
                    os.write(2, f"maxatac: error: {failure}\n".encode(errors="backslashreplace"))
                os._exit(1 if number is None else STATUSES.get(number, 1))
            return


def has_left() -> bool:
    """Whether this process ended before the others, because of an error.

    It must then end at once: JAX would let it wait for the others, and they may wait for it.
    """
    return _left


@contextlib.contextmanager
def joined(threads: int, *, distribute: bool, deterministic: bool = False) -> Iterator[Processes]:
    """Join the processes that train together, as the environment says, as long as the block runs.

    Parameters
    ----------
    threads : int
        Threads of the network on a CPU.
    distribute : bool
        Whether to join them; otherwise this process trains alone, on one device.
    deterministic : bool
        Whether a GPU may use only algorithms that give the same bits each time.

    Raises
    ------
    MaxatacError
        If they do not find each other.
    """
    if not distribute:
        yield Processes()
        return
    launch = launch_of(os.environ, Problems())
    from maxatac.backend.device import limit_threads, use_deterministic_algorithms

    # JAX reads both when it first looks for devices.
    limit_threads(threads)
    if deterministic:
        use_deterministic_algorithms()
    with naming_process(launch.rank):
        with without_backend_noise():
            _initialize(launch)
            processes = JoinedProcesses(launch)
        try:
            yield processes
        except BaseException as error:
            processes.leave(error)
            raise
        else:
            processes.leave(None)


def split_problems(rows: Sequence[Sequence[int]], batch_size: int) -> list[str]:
    """Check that the rows of all processes are the batch, each once."""
    ends = [0, *(stop for _, stop in rows)]
    if [start for start, _ in rows] != ends[:-1] or ends[-1] != batch_size or any(b <= a for a, b in rows):
        return [f"the rows of the processes, {list(rows)}, are not those of a batch of {batch_size}"]
    return []


def _initialize(launch: Launch) -> None:
    import jax

    if launch.count == 1 or jax.distributed.is_initialized():
        return
    with contextlib.suppress(AttributeError):
        # It would take SIGTERM for itself.
        jax.config.update("jax_enable_preemption_service", False)
    where = launch.address or "the address that the launcher gives"
    told = {} if launch.address is None else dataclasses.asdict(launch)
    try:
        if told:
            jax.distributed.initialize(
                told["address"], told["count"], told["rank"], cluster_detection_method="deactivate"
            )
        else:
            devices = None if launch.local_devices is None else list(launch.local_devices)
            jax.distributed.initialize(local_device_ids=devices)
    except (RuntimeError, ValueError) as error:
        raise MaxatacError(
            f"--distribute: process {launch.rank} of {launch.count} could not join the others at {where}: {error}"
        ) from error
    if threading.current_thread() is threading.main_thread():
        for number in STATUSES:
            if callable(handler := signal.getsignal(number)):
                # Older releases of JAX take it all the same.
                signal.signal(number, handler)

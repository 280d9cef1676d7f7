"""A loader in a fresh process: the time to its first batch, and its memory.

As a script it opens a set, makes batches, and prints what that took as JSON; :func:`measure_fresh` starts it. The files
are in the page cache, as they are after they were written or read once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.clock import spread

STATUS = Path("/proc/self/status")
INTERVAL = 0.005  # s between two looks at the memory


def measure_fresh(
    folder: Path, *, threads: int, memory: int | None = None, batches: int = 8, times: int = 3
) -> dict[str, Any]:
    """Run the script several times, one after the other.

    Parameters
    ----------
    folder : Path
        Of a set that ``data.make_set`` has made.
    threads : int
        Of the loader.
    memory : int, optional
        Bytes that decoded tracks may take; the loader's default if not given.
    batches : int
        Made in each process.
    times : int
        Processes.

    Returns
    -------
    dict
        Seconds and bytes, each as median and spread; ``sha256`` of all batches.

    Raises
    ------
    RuntimeError
        If the batches of two processes differ.
    """
    command = [sys.executable, "-m", "benchmarks.fresh", str(folder), str(threads), str(batches)]
    command += [] if memory is None else ["--memory", str(memory)]
    runs = []
    for _ in range(times):
        done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
        runs.append(json.loads(done.stdout))
    if len({run["sha256"] for run in runs}) > 1:
        raise RuntimeError("the same batches came out differently in two processes")
    first = runs[0]
    fixed = ("threads", "memory", "batches", "batch_bytes", "sha256", "blocks", "decoded_bytes")
    return {
        name: value if name in fixed or value is None else spread([run[name] for run in runs])
        for name, value in first.items()
    }


def environment(**more: str) -> dict[str, str]:
    """Environment variables with which a new process finds this package, and the one that is measured."""
    found = (str(Path(__file__).parents[1]), str(Path.cwd()), os.environ.get("PYTHONPATH"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, found)), **more}


class _Peak:
    """Looks at the anonymous memory of this process until told to stop."""

    def __init__(self) -> None:
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            self.bytes = max(self.bytes, resident()["RssAnon"])


def resident() -> dict[str, int]:
    """Resident memory of this process in bytes, by kind; 0 where the system does not tell."""
    found = dict.fromkeys(("RssAnon", "RssFile"), 0)
    if STATUS.exists():
        for line in STATUS.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name in found:
                found[name] = int(rest.split()[0]) * 1024
    return found


def main() -> None:
    """Open, make batches, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("batches", type=int)
    parser.add_argument("--memory", type=int)
    arguments = parser.parse_args()

    import maxatac._core  # noqa: F401  # what is measured starts with the files, not with imports
    from benchmarks.data import open_set

    data = open_set(arguments.folder)
    digest = hashlib.sha256()
    before = resident()
    with _Peak() as peak:
        begin, cpu = time.perf_counter(), time.process_time()
        changes = {} if arguments.memory is None else {"memory": arguments.memory}
        sampler = data.sampler(threads=arguments.threads, jitter=480, reverse_complement=True, **changes)
        made = time.perf_counter()
        batch = sampler.batch(0, 0)
        first, first_cpu = time.perf_counter(), time.process_time()
        for index in range(arguments.batches):
            batch = sampler.batch(0, index)
            for array in batch:
                digest.update(array.data)
        steady = resident()
    print(
        json.dumps(
            {
                "threads": arguments.threads,
                "memory": arguments.memory,
                "batches": arguments.batches,
                "batch_bytes": sum(array.nbytes for array in batch),
                "sha256": digest.hexdigest(),
                "blocks": sampler.decoded["blocks"],
                "decoded_bytes": sampler.decoded["bytes"],
                "decode_seconds": sampler.decoded["seconds"],
                "start_seconds": made - begin,
                "first_batch_seconds": first - begin,
                "first_batch_cpu": first_cpu - cpu,
                "peak_anonymous": max(peak.bytes, steady["RssAnon"]) - before["RssAnon"],
                "steady_anonymous": steady["RssAnon"] - before["RssAnon"],
                "mapped": steady["RssFile"] - before["RssFile"],
                "interpreter": before["RssAnon"],
            }
        )
    )


if __name__ == "__main__":
    main()

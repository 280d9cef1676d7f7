"""Work in several jobs on one machine, some of which are killed: is the result that of one job, and what is moved?

``python tests/clusters.py FOLDER`` goes the three ways of docs/clusters.md on simulated data, and prints a line for
each finding; it leaves with 1 if a result is not as it should be. ``--only`` goes one of them:

- ``scatter``: two models by Toil, killed with SIGKILL while the second trains, and ``--restart``. It needs the tools of
  ``requirements-cwl.lock``, by default those in ``.venv-cwl``.
- ``together``: one model by two processes in a network of their own, whose bytes are counted; one process is killed,
  and both go on. Then each process is started again by itself, as Kubernetes does. It needs Linux, and the right to
  make a network.
- ``parts``: a prediction as two jobs, one of which is killed and goes on, and their merge.

The bytes are those of the real network; all else is done with the quick one of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tiny
from quick import PROGRAM
from tiny import CELLS, TinySet

ROOT = Path(__file__).parents[1]
PREFIX = "maxatac_model"
SMALL = {"epochs": 3, "batches": 4, "batch_size": 8, "val_batch_size": 8, "report": False, "genome_validation": "0"}
PORT = "12345"
WITHIN = 1800  # seconds
QUICK = [sys.executable, "-c", PROGRAM]
REAL = [sys.executable, "-m", "maxatac"]

findings: list[bool] = []


def tell(what: str, fits: bool | None = None) -> None:
    if fits is not None:
        findings.append(fits)
        what += ": yes" if fits else ": NO"
    print(what, flush=True)


def wait_for(told: Path, word: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has told of something."""
    deadline = time.monotonic() + WITHIN
    while word not in (told.read_text() if told.exists() else ""):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{told} does not tell of {word!r}")
        time.sleep(0.1)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        **more,
    }  # fmt: skip


def run(folder: Path, words: Sequence[str | Path]) -> None:
    """Run a command of maxatac to its end."""
    done = subprocess.run([*QUICK, *words], env=environment(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: status {done.returncode}\n{done.stderr}")


def outcome(folder: Path, prefix: str = PREFIX) -> tuple[str, bytes]:
    record = json.loads((folder / f"{prefix}_run.json").read_text())
    return record["state_sha256"], (folder / f"{prefix}.csv").read_bytes()


# A scatter by Toil ---------------------------------------------------------------------------------------------------


def scatter(folder: Path, data: TinySet, tools: Path) -> None:
    """Train two factors; the engine and all that it started are killed when the first is done."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "maxatac"
    started = folder / "started"
    variables = {name: value for name, value in environment(folder).items() if os.environ.get(name) != value}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    program.write_text(
        f'#!/bin/sh\n{exports}echo $$ "$@" >> {shlex.quote(str(started))}\nexec {shlex.join(QUICK)} "$@"\n'
    )
    program.chmod(0o755)

    def file(path: Path) -> dict[str, str]:
        return {"class": "File", "path": str(path)}

    columns = {"atac_signal": "signal.bw", "binding": "binding.bw", "atac_peaks": "atac.narrowPeak",
               "chip_peaks": "chip.narrowPeak"}  # fmt: skip
    cells = [
        {"cell_type": cell, "label": "Test" if cell == CELLS[-1] else "Train"}
        | {name: file(data.file(cell, end)) for name, end in columns.items()}
        for cell in CELLS
    ]
    job = {
        "runs": [{"tf": name, "cells": cells} for name in ("TF1", "TF2")], "sequence": file(data.sequence),
        "blacklist": file(data.blacklist), "tchroms": list(tiny.TRAINING), "vchroms": list(tiny.VALIDATION),
        "seed": 7, "plot": False, "test": False, "cores": os.cpu_count() or 1, "ram_mb": 2000, "tmpdir_mb": 10,
        "outdir_mb": 100, **SMALL,
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job))
    store, told = folder / "store", folder / "toil.log"
    words = [
        tools / "toil-cwl-runner", "--no-container", "--preserve-environment", "PATH", "--jobStore", store,
        "--outdir", folder / "scattered", ROOT / "cwl" / "maxatac-train-scatter.cwl", folder / "job.json",
    ]  # fmt: skip
    path = os.pathsep.join([str(folder / "bin"), str(tools), os.environ["PATH"]])

    def begin(*more: str) -> subprocess.Popen[bytes]:
        with told.open("a") as log:
            return subprocess.Popen(
                [*map(str, words), *more], env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    with begin() as engine:
        deadline = time.monotonic() + WITHIN
        # The jobs take all processors, so the second begins when the first is done.
        while len(started.read_text().splitlines() if started.exists() else []) < 2:
            if engine.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(told.read_text())
            time.sleep(0.1)
        time.sleep(1)
        os.killpg(engine.pid, signal.SIGKILL)
    pid = int(started.read_text().splitlines()[-1].split()[0])
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    inputs = [data.file(cell, end) for cell in CELLS for end in columns.values()]
    copies = [found for path in inputs for found in store.rglob(path.name) if not found.is_symlink()]
    tell(f"scatter: tracks and peaks have {total(inputs):,} bytes, their copies in the store {total(copies):,}")
    with begin("--restart") as engine:
        if engine.wait(WITHIN):
            raise RuntimeError(told.read_text())
    names = [line.split("--prefix ")[1].split()[0] for line in started.read_text().splitlines()]
    tell(f"scatter: trainings begun: {' '.join(names)}", len(names) == 3 and names[1] == names[2] != names[0])
    run(folder, data.arguments(folder / "alone", threads=job["cores"], test=False, **SMALL))
    alone = outcome(folder / "alone")
    tell("scatter: both models are that of a run without an engine",
         all(outcome(folder / "scattered", name) == alone for name in ("TF1", "TF2")))  # fmt: skip


def total(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


# One model by two processes ------------------------------------------------------------------------------------------

COUNTED = r"""
counted=$1
shift
ip link set lo up
"$@"
status=$?
sed -n 's/^ *lo: *\([0-9]*\) .*/\1/p' /proc/net/dev > "$counted"
exit $status
"""


def in_network(folder: Path, data: TinySet, part: str, counted: Path) -> None:
    """Go a part of this way in a network of its own, and write to a file how many bytes went through it."""
    words = [sys.executable, __file__, folder, "--data", data.folder, "--only", part]
    subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", COUNTED, "sh", counted, *words], check=True
    )


class Pair:
    """Two processes of one training, in a network of their own."""

    def __init__(
        self, folder: Path, data: TinySet, name: str, *, program: Sequence[str] = QUICK, **changes: object
    ) -> None:
        self.output = folder / name
        self._program = program
        self._folder = folder
        self._words = data.arguments(self.output, "--distribute", "--resume", test=False, **{**SMALL, **changes})
        self.told = [folder / f"{name}.{rank}.log" for rank in (0, 1)]

    def start(self, rank: int) -> subprocess.Popen[bytes]:
        env = environment(
            self._folder, JAX_COORDINATOR_ADDRESS=f"localhost:{PORT}", JAX_NUM_PROCESSES="2", JAX_PROCESS_ID=str(rank)
        )
        with self.told[rank].open("a") as log:
            return subprocess.Popen([*self._program, *self._words], env=env, stderr=log, stdout=log)

    def run(self) -> list[int]:
        return [process.wait(WITHIN) for process in [self.start(0), self.start(1)]]


def together(folder: Path, data: TinySet) -> None:
    """Start the parts of this, each in a network of its own."""
    counts = {}
    for epochs in (1, 3):
        counted = folder / f"bytes_{epochs}"
        in_network(folder, data, f"pair{epochs}", counted)
        counts[epochs] = int(counted.read_text())
    tell(f"together: bytes between the processes: {counts[1]:,} in 1 epoch, {counts[3]:,} in 3")
    steps = 2 * SMALL["batches"]
    tell(f"together: {(counts[3] - counts[1]) / steps:,.0f} bytes more for each of {steps} steps more, both directions")
    in_network(folder, data, "lost", folder / "bytes_lost")


def pair(folder: Path, data: TinySet, epochs: int) -> None:
    if Pair(folder, data, f"pair{epochs}", program=REAL, epochs=epochs).run() != [0, 0]:
        raise RuntimeError((folder / f"pair{epochs}.0.log").read_text())


def lost(folder: Path, data: TinySet) -> None:
    """Lose a process: both are started again by a batch system, or each by itself, as Kubernetes does."""
    whole = Pair(folder, data, "whole")
    if whole.run() != [0, 0]:
        raise RuntimeError(whole.told[0].read_text())
    expected = outcome(whole.output)
    for name, is_alone in (("batch", False), ("alone", True)):
        pair = Pair(folder, data, f"lost_{name}")
        processes = [pair.start(0), pair.start(1)]
        wait_for(pair.told[0], "epoch 1/3", processes[0])
        processes[1].kill()
        begin, statuses = time.monotonic(), [[], []]
        starts = 2
        if is_alone:
            while not all(found[-1:] == [0] for found in statuses):
                for rank, process in enumerate(processes):
                    if process.poll() is not None and statuses[rank][-1:] != [0]:
                        statuses[rank].append(process.returncode)
                        if process.returncode:
                            # Kubernetes waits 10 s, and then longer.
                            time.sleep(10)
                            processes[rank], starts = pair.start(rank), starts + 1
                time.sleep(0.2)
                if time.monotonic() - begin > WITHIN:
                    raise RuntimeError(f"{statuses}: {pair.told[0].read_text()}")
        else:
            left = [process.wait(WITHIN) for process in processes]
            tell(f"together: process 1 is killed, process 0 leaves with {left[0]}")
            if pair.run() != [0, 0]:
                raise RuntimeError(pair.told[0].read_text())
        more = f", statuses {statuses}" if is_alone else ""
        tell(f"together: lost and started again, {name}{more}: the model is that of a run in one go",
             outcome(pair.output) == expected)  # fmt: skip


# A prediction in parts -----------------------------------------------------------------------------------------------


def parts(folder: Path, data: TinySet) -> None:
    run(folder, data.arguments(folder / "model", test=False, **SMALL))
    model, track = folder / "model" / f"{PREFIX}_best.keras", data.file(CELLS[-1], "signal.bw")
    words = [
        "predict", "--model", str(model), "--sequence", str(data.sequence), "--signal", str(track), "--threads", "1",
        "--batch_size", "8",
    ]  # fmt: skip
    run(folder, [*words, "--output", folder / "one", "--prefix", "one"])
    first = [*words, "--output", folder / "two", "--prefix", "part_1", "--chroms", "chr1", "chr2", "--resume"]
    killed = subprocess.Popen([*QUICK, *map(str, first)], env=environment(folder), stderr=subprocess.DEVNULL)
    journal = folder / "two" / "part_1_predict_parts.bin"
    deadline = time.monotonic() + WITHIN
    while not (journal.exists() and journal.stat().st_size > 20_000):
        if killed.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the first part was quicker than the kill")
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    run(folder, first)
    told = (folder / "two" / "part_1_predict.log").read_text()
    tell("parts: the part that was killed went on after a finished chromosome", "of 2 sequences are in" in told)
    run(folder, [*words, "--output", folder / "two", "--prefix", "part_2", "--chroms", "chr3"])
    tracks = [folder / "two" / f"part_{number}.bw" for number in (1, 2)]
    run(folder, ["merge", "--parts", *tracks, "--output", folder / "merged", "--prefix", "one"])
    bins = sum(length // 32 for length in tiny.SIZES.values())
    sizes = [path.stat().st_size for path in (*tracks, folder / "one" / "one.bw")]
    tell(
        f"parts: tracks of {sizes[0]:,} and {sizes[1]:,} bytes are merged to {sizes[2]:,}: {sizes[2] / bins:.1f} a bin"
    )
    same = (folder / "merged" / "one.bw").read_bytes() == (folder / "one" / "one.bw").read_bytes()
    tell("parts: the merged track is that of one job, byte for byte", same)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="new folder for data and runs")
    parser.add_argument("--only", choices=("scatter", "together", "parts", "pair1", "pair3", "lost"))
    parser.add_argument("--tools", type=Path, default=ROOT / ".venv-cwl" / "bin", help="folder of toil-cwl-runner")
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.folder = options.folder.absolute()
    if options.data is None:
        options.folder.mkdir(parents=True)
        (options.folder / "data").mkdir()
        data = tiny.make(options.folder / "data")
    else:
        data = TinySet(options.data)
    ways: Mapping[str, Callable[[Path], None]] = {
        "scatter": lambda folder: scatter(folder, data, options.tools.absolute()),
        "together": lambda folder: together(folder, data),
        "parts": lambda folder: parts(folder, data),
        "pair1": lambda folder: pair(folder, data, 1),
        "pair3": lambda folder: pair(folder, data, 3),
        "lost": lambda folder: lost(folder, data),
    }
    for name in [options.only] if options.only else ["scatter", "together", "parts"]:
        folder = options.folder if options.data else options.folder / name
        folder.mkdir(exist_ok=True)
        ways[name](folder)
    return 0 if all(findings) else 1


if __name__ == "__main__":
    sys.exit(main())

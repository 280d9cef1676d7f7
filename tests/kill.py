"""Kill a training with SIGKILL at random moments, let each go on with ``--resume``, and compare the ends.

A moment is a random one of a random epoch, or of the independent test and the report; what comes before training
belongs to the first epoch.

``python tests/kill.py FOLDER --kills 20`` prints a line per kill and leaves with 1 if any end differs from that of a
run in one go. The network is the real one; the tests take a quick one. JAX computes, for its compiled code can be kept
for the next process, or what ``--backend`` names.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import tiny
from tiny import SPLIT, TinySet

PREFIX = "maxatac_model"
EPOCHS = 6


Outcome = tuple[str | bytes, ...]


REAL = ("-m", "maxatac")


def command(data: TinySet, output: Path, program: Sequence[str] = REAL) -> list[str]:
    changes = {"epochs": EPOCHS, "batches": 4, "rand_ratio": 0.25, "jitter": 100, **SPLIT}
    return [sys.executable, *program, *data.arguments(output, "--rev_comp", "--resume", **changes)]


def environment(cache: Path, backend: str = "jax") -> dict[str, str]:
    return {
        **os.environ,
        "KERAS_BACKEND": backend,
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def outcome(output: Path) -> Outcome:
    """What must not depend on how often a run was killed."""
    record = json.loads((output / f"{PREFIX}_run.json").read_text())
    assert record["status"] == "finished"
    return (
        record["state_sha256"],
        (output / "best_epoch.txt").read_text(),
        *(
            (output / f"{PREFIX}{ending}").read_bytes()
            for ending in (".csv", "_thresholds.tsv", "_report.json", "_test.tsv")
        ),
    )


def run_to_the_end(data: TinySet, output: Path, env: Mapping[str, str], program: Sequence[str] = REAL) -> float:
    """Run, and return how many seconds it took."""
    begin = time.monotonic()
    done = subprocess.run(command(data, output, program), env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{output}: status {done.returncode}\n{done.stderr}")
    return time.monotonic() - begin


def finished(output: Path) -> int:
    """How many epochs the log of a run tells of."""
    log = output / f"{PREFIX}.log"
    return log.read_text().count(" INFO epoch ") if log.exists() else 0


def kill_in(
    epoch: int, seconds: float, data: TinySet, output: Path, env: Mapping[str, str], program: Sequence[str]
) -> str:
    """Start a run and kill it some time after so many epochs; returns what it leaves, empty if it was quicker."""
    with subprocess.Popen(command(data, output, program), env=env, stderr=subprocess.DEVNULL) as process:
        while finished(output) < epoch and process.poll() is None:
            time.sleep(0.02)
        time.sleep(seconds)
        if process.poll() is not None:
            return ""
        process.kill()
    return f"{finished(output)} epochs logged, {len(list(output.glob('.*partial*')))} files half written"


def kill_and_resume(
    folder: Path, kills: int, seed: int, backend: str = "jax", program: Sequence[str] = REAL
) -> list[bool]:
    """Kill so many runs; returns for each whether it ended as the run in one go."""
    random.seed(seed)
    data = tiny.make(folder)
    env, once = environment(folder / "cache", backend), folder / "once"
    run_to_the_end(data, folder / "first", env, program)
    # The second has its compiled code ready, as the ones to be killed have.
    length = run_to_the_end(data, once, env, program)
    expected = outcome(once)
    with (once / f"{PREFIX}_timing.csv").open(newline="") as file:
        # The first epoch has all that comes before it, and each the saving that comes after.
        lengths = [1.3 * float(row["seconds"]) for row in csv.DictReader(file)]
    phases = json.loads((once / f"{PREFIX}_run.json").read_text())["phases"]
    lengths.append(1.3 * phases["test"])
    lengths[0] = length - sum(lengths[1:])
    print(f"in one go: {length:.1f} s, state {expected[0]!r}", flush=True)
    same: list[bool] = []
    while len(same) < kills:
        output, epoch = folder / "killed", random.randrange(EPOCHS + 1)
        moment = random.uniform(0, lengths[epoch])
        if left := kill_in(epoch, moment, data, output, env, program):
            run_to_the_end(data, output, env, program)
            found = outcome(output)
            same.append(found == expected)
            where = f"epoch {epoch + 1}" if epoch < EPOCHS else "the test"
            told = f"killed {moment:.2f} s into {where} ({left}): state {found[0]!r}"
            print(told, "same" if same[-1] else "DIFFERS", flush=True)
        shutil.rmtree(output, ignore_errors=True)
    return same


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="new folder for data and runs")
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--backend", default="jax", choices=("jax", "tensorflow"))
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True)
    same = kill_and_resume(options.folder, options.kills, options.seed, options.backend)
    print(f"{sum(same)} of {len(same)} ended as the run in one go")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The whole training step: how much of it is waiting for the loader.

As a script it trains on a set and prints the timing of the last epoch as JSON; :func:`measure_training` starts it, once
per backend. The first epoch compiles the network, so that only the last one counts.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fresh import environment

BACKENDS = {"jax": "jax", "tensorflow": "tensorflow"}
"""Keras' name of each backend, and the module that it needs."""

EPOCHS = 2


def measure_training(folder: Path, *, batch_size: int, batches: int) -> dict[str, Any]:
    """Train on a set with each backend that is installed.

    Returns
    -------
    dict
        By backend, the columns of ``<prefix>_timing.csv`` for the last epoch.
    """
    results: dict[str, Any] = {"batch_size": batch_size, "batches": batches}
    for backend, module in BACKENDS.items():
        if importlib.util.find_spec(module) is None:
            continue
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.training", str(folder), str(batch_size), str(batches)],
            env=environment(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="2"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the training with {backend} failed:\n{done.stderr}")
        results[backend] = json.loads(done.stdout.splitlines()[-1])
    return results


def main() -> None:
    """Train, and print the timing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("batch_size", type=int)
    parser.add_argument("batches", type=int)
    arguments = parser.parse_args()

    from benchmarks.data import open_set
    from maxatac import TrainConfig, train

    data = open_set(arguments.folder)
    half = len(data.chroms) // 2
    with tempfile.TemporaryDirectory() as output:
        train(
            TrainConfig(
                sequence=data.sequence,
                meta_file=data.meta_file,
                blacklist=data.folder / "blacklist.bed",
                test_cell_types=(),
                tchroms=data.chroms[:half],
                vchroms=data.chroms[half:],
                chroms=data.chroms,
                output=Path(output),
                prefix="bench",
                epochs=EPOCHS,
                batches=arguments.batches,
                batch_size=arguments.batch_size,
                val_batch_size=arguments.batch_size,
                rev_comp_train=True,
                plot=False,
                seed=1,
                loglevel="warning",
            )
        )
        (timing,) = Path(output).rglob("bench_timing.csv")
        with timing.open(newline="") as file:
            rows = list(csv.DictReader(file))
    print(json.dumps({name: float(value) for name, value in rows[-1].items()}))


if __name__ == "__main__":
    main()

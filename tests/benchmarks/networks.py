"""Time of each architecture per window, in training and in prediction.

``PYTHONPATH=tests python -m benchmarks.networks`` prints the table. All architectures take turns in one process, with
each backend that is installed, so that a busy machine is busy for all of them. Batches are random numbers.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.fresh import environment
from benchmarks.training import BACKENDS

ROUNDS = 7
WINDOWS = 1_000
"""Of a round, in batches of the size in question."""


def multiplications(model: Any) -> int:
    """Count the multiplications of a prediction of one window: those of the convolutions and dense layers."""
    count = 0
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            positions = layer.output.shape[1] if len(layer.output.shape) == 3 else 1
            count += positions * int(np.prod(kernel.shape))
    return count


def timed(work: Callable[[], object], batches: int) -> float:
    """Time a round, in milliseconds per batch."""
    begin = time.perf_counter()
    for _ in range(batches):
        work()
    return 1_000 * (time.perf_counter() - begin) / batches


def measure(batch_size: int) -> None:
    """Print a line of the table for each architecture, with the backend of this process."""
    import keras

    from maxatac.model.architectures import ARCHITECTURES, build
    from maxatac.model.losses import binary_cross_entropy
    from maxatac.model.optimizer import adam

    rng = np.random.default_rng(1)
    inputs = rng.random((batch_size, 1024, 5), np.float32)
    targets = (rng.random((batch_size, 32)) < 0.03).astype(np.float32)
    works: dict[tuple[str, str], Callable[[], object]] = {}
    networks = {arch: build(arch) for arch in ARCHITECTURES}
    for arch, network in networks.items():
        network.compile(optimizer=adam(), loss=binary_cross_entropy, jit_compile=True)
        works[arch, "training"] = partial(network.train_on_batch, inputs, targets)
        works[arch, "prediction"] = partial(network.predict_on_batch, inputs)
    times: dict[tuple[str, str], list[float]] = {key: [] for key in works}
    for work in works.values():
        work()
    for _ in range(ROUNDS):
        for key, work in works.items():
            times[key].append(timed(work, max(1, WINDOWS // batch_size)) / batch_size)
    first = next(iter(networks))
    for arch, network in networks.items():
        cells = []
        for task in ("training", "prediction"):
            ratio = statistics.median(a / b for a, b in zip(times[arch, task], times[first, task], strict=True))
            cells.append(f"{statistics.median(times[arch, task]):.2f} ({ratio:.2f})")
        numbers, million = int(network.count_params()), multiplications(network) / 1e6
        print(
            f"| {keras.backend.backend()} | {batch_size} | {arch} | {numbers:,} | {million:.0f} | {' | '.join(cells)} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch_size", type=int, nargs="+", default=[10, 100, 1_000])
    parser.add_argument("--here", action="store_true", help="with the backend of this process")
    arguments = parser.parse_args()
    if arguments.here:
        for batch_size in arguments.batch_size:
            measure(batch_size)
        return
    print("| backend | windows of a batch | network | numbers | million multiplications of a window | training, ms per "
          "window (times the first) | prediction |")  # fmt: skip
    print("|---|---|---|---|---|---|---|", flush=True)
    for backend, module in BACKENDS.items():
        if importlib.util.find_spec(module) is not None:
            subprocess.run(
                [sys.executable, "-m", "benchmarks.networks", "--here", *sys.argv[1:]],
                env=environment(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="2"),
                check=True,
            )


if __name__ == "__main__":
    main()

"""What one call of ``fit`` takes beside its training steps: the time that an epoch waits for nothing.

As a script it trains calls of several lengths and prints their times as JSON; :func:`measure_fit` starts it, once per
backend. Each length is fed in two ways, in turns: as a run feeds it (``WindowDataset.for_fit``), and with the dataset
itself, which leaves it to Keras how batches reach the backend.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.fresh import environment
from benchmarks.training import BACKENDS

BATCH_SIZE = 100
WARM_UP = 6  # steps, of which the first compiles
FEEDS = ("ours", "keras")


def measure_fit(folder: Path, *, lengths: Sequence[float], calls: int) -> dict[str, Any]:
    """Time calls of ``fit`` with each backend that is installed.

    Parameters
    ----------
    folder : Path
        Of a set that ``data.make_set`` has made.
    lengths : sequence of float
        Seconds that the training steps of a call should take, about.
    calls : int
        Of each length and feed.

    Returns
    -------
    dict
        By backend a list of lengths: ``aim`` and ``batches``, and for each feed the seconds of its calls, ``wall`` and
        ``steps``.
    """
    results: dict[str, Any] = {"batch_size": BATCH_SIZE}
    for backend, module in BACKENDS.items():
        if importlib.util.find_spec(module) is None:
            continue
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fit", str(folder), str(calls), *map(str, lengths)],
            env=environment(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="2"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"fit with {backend} failed:\n{done.stderr}")
        results[backend] = json.loads(done.stdout.splitlines()[-1])
    return results


def main() -> None:
    """Train, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("calls", type=int)
    parser.add_argument("lengths", type=float, nargs="+")
    arguments = parser.parse_args()

    from benchmarks.data import open_set
    from maxatac.data.batches import WindowDataset
    from maxatac.model.architectures import build
    from maxatac.model.losses import binary_cross_entropy
    from maxatac.model.optimizer import adam
    from maxatac.model.step_times import StepTimes

    sampler = open_set(arguments.folder).sampler(batch_size=BATCH_SIZE, jitter=480, reverse_complement=True)
    model = build("DCNN_V2")
    model.compile(optimizer=adam(), loss=binary_cross_entropy, jit_compile=True)

    def call(batches: int, feed: str) -> tuple[float, float]:
        dataset, steps = WindowDataset(sampler, batches), StepTimes()
        begin = time.perf_counter()
        model.fit(dataset.for_fit() if feed == "ours" else dataset, shuffle=False, verbose=0, callbacks=[steps])
        return time.perf_counter() - begin, steps.seconds

    call(WARM_UP, "ours")
    step = call(WARM_UP, "ours")[1] / WARM_UP
    found = []
    for aim in arguments.lengths:
        batches = max(1, round(aim / step))
        taken: dict[str, list[tuple[float, float]]] = {feed: [] for feed in FEEDS}
        for _ in range(arguments.calls):
            for feed, calls in taken.items():
                calls.append(call(batches, feed))
        times = {
            feed: dict(zip(("wall", "steps"), zip(*calls, strict=True), strict=True)) for feed, calls in taken.items()
        }
        # The next length is chosen by the pace of this one.
        step = statistics.median(times["ours"]["steps"]) / batches
        found.append({"aim": aim, "batches": batches, **times})
    print(json.dumps(found))


if __name__ == "__main__":
    main()

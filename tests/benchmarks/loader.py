"""The loader beside pyBigWig and py2bit with their handles kept open: same windows, same output, CPU time.

``make bench-loader`` runs this on simulated data and prints a table. Batches of both are compared first.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import py2bit
import pyBigWig
from numpy.typing import NDArray

from maxatac import Genome, Sampler, Track
from maxatac.genome import Blacklist
from maxatac.meta import Sample, read_meta
from maxatac.regions import build_pools
from maxatac.simulation import SimulateConfig, simulate
from maxatac.windows import BIN_SIZE, WINDOW_LENGTH

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]

BASES = np.zeros((256, 4), np.float32)
for column, base in enumerate("ACGT"):
    BASES[ord(base), column] = BASES[ord(base.lower()), column] = 1


class Baseline:
    """What one writes with the two libraries: handles open, ``values(numpy=True)``, arrays reused."""

    def __init__(self, sequence: Path, samples: list[Sample], chroms: list[str], batch_size: int) -> None:
        self._genome = py2bit.open(str(sequence))
        self._signal = [pyBigWig.open(str(sample.signal)) for sample in samples]
        self._binding = [pyBigWig.open(str(sample.binding)) for sample in samples]
        self._chroms = chroms
        self._inputs = np.empty((batch_size, WINDOW_LENGTH, 5), np.float32)
        self._targets = np.empty((batch_size, WINDOW_LENGTH // BIN_SIZE), np.float32)

    def read(self, plan: dict[str, NDArray[np.int64]]) -> Batch:
        """Read the windows of a plan."""
        columns = (plan[name].tolist() for name in ("track", "chrom", "start", "reverse"))
        for row, (track, chrom, start, reverse) in enumerate(zip(*columns, strict=True)):
            name, end = self._chroms[chrom], start + WINDOW_LENGTH
            bases = np.frombuffer(self._genome.sequence(name, start, end).encode(), np.uint8)
            window = self._inputs[row]
            window[:, :4] = BASES[bases]
            window[:, 4] = np.nan_to_num(self._signal[track].values(name, start, end, numpy=True), copy=False)
            binding = np.nan_to_num(self._binding[track].values(name, start, end, numpy=True), copy=False)
            target = binding.reshape(-1, BIN_SIZE).sum(axis=1) > BIN_SIZE / 2
            if reverse:
                window[:, :4] = window[::-1, 3::-1]
                window[:, 4] = window[::-1, 4]
                target = target[::-1]
            self._targets[row] = target
        return self._inputs, self._targets


def cpu_seconds(run: Callable[[int], object], batches: range) -> list[float]:
    """CPU time of the process for each batch."""
    times = []
    for index in batches:
        begin = time.process_time()
        run(index)
        times.append(time.process_time() - begin)
    return times


def measure(dense: bool, size: int, batch_size: int, batches: int, folder: Path) -> tuple[float, float]:
    """Examples per second of CPU time of the loader and of the baseline."""
    simulated = simulate(SimulateConfig(folder, size=size, dense=dense, cell_types=3, force=True))
    problems: list[str] = []
    samples = read_meta(simulated.meta_file, problems)
    genome = Genome(simulated.sequence)
    chroms = list(genome.chrom_sizes)
    pool, _ = build_pools(samples, {"training": chroms}, genome.chrom_sizes, Blacklist.empty(), problems)["training"]
    assert not problems, problems
    training = [sample for sample in samples if sample.label == "Train"]
    sampler = Sampler(
        genome,
        [Track(sample.signal) for sample in training],
        [Track(sample.binding) for sample in training],
        chroms=chroms,
        roi_chrom=pool.chrom,
        roi_start=pool.start,
        roi_track=pool.cell,
        batch_size=batch_size,
        reverse_complement=True,
        jitter=480,
        seed=1,
    )
    baseline = Baseline(simulated.sequence, training, chroms, batch_size)
    for found, expected in zip(sampler.batch(0, 0), baseline.read(sampler.plan(0, 0)), strict=True):
        np.testing.assert_array_equal(found, expected)
    # In turn, so that a change in the machine's speed meets both.
    ours, theirs = [], []
    for index in range(batches):
        ours += cpu_seconds(lambda i: sampler.batch(0, i), range(4 * index, 4 * index + 4))
        theirs += cpu_seconds(lambda i: baseline.read(sampler.plan(0, i)), range(index, index + 1))
    return batch_size / statistics.median(ours), batch_size / statistics.median(theirs)


def main() -> None:
    """Measure sparse and dense tracks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=16_000_000, help="simulated genome in bp")
    parser.add_argument("--batch_size", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=9, help="baseline batches; ours are four times as many")
    arguments = parser.parse_args()
    print("| tracks | loader, examples per CPU second | pyBigWig + py2bit | ratio |\n|---|---|---|---|")
    for dense in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = measure(
                dense, arguments.size, arguments.batch_size, arguments.batches, Path(folder)
            )  # fmt: skip
        kind = "dense (every base)" if dense else "sparse (runs)"
        print(f"| {kind} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |", flush=True)


if __name__ == "__main__":
    main()

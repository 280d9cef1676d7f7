"""What an example costs as the pool and the tracks grow, and what the start costs as the genome grows.

Pools are starts drawn evenly over the genome, so that the largest ones touch all of it. More cell types than were
simulated are the same files opened again: each is decoded and held for itself, as other files would be.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import Contender, InProcess, alternate, spread
from benchmarks.data import BATCH_SIZE, SEED, BenchSet, make_set
from benchmarks.fresh import measure_fresh
from maxatac.genome.windows import WINDOW_LENGTH


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Attributes
    ----------
    pools : tuple of int
        Regions.
    cell_types : tuple of int
        Pairs of tracks.
    genomes : mapping of str to tuple of int
        Bases, for each kind of set.
    genome : int
        Bases of the set on which pools and tracks grow.
    rounds : int
        Turns of each.
    """

    pools: tuple[int, ...]
    cell_types: tuple[int, ...]
    genomes: dict[str, tuple[int, ...]]
    genome: int
    rounds: int


FULL = Sizes(
    pools=(10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000),
    cell_types=(1, 2, 5, 10, 20),
    genomes={"sparse": (16_000_000, 50_000_000, 100_000_000, 150_000_000, 200_000_000),
             "dense": (16_000_000, 150_000_000, 200_000_000)},
    genome=150_000_000,
    rounds=9,
)  # fmt: skip
QUICK = Sizes(
    pools=(1_000, 10_000),
    cell_types=(1, 6),
    genomes={"sparse": (4_000_000, 16_000_000), "dense": (4_000_000, 16_000_000)},
    genome=16_000_000,
    rounds=3,
)

UNLIMITED = 1 << 40


def measure_scale(folder: Path, sizes: Sizes, threads: int) -> dict[str, Any]:
    """Measure all of it; ``folder`` holds the simulated sets."""
    data = make_set(folder, "sparse", sizes.genome)
    return {
        "size": data.size,
        "cell_types": len(data.cells),
        "pool": _pools(data, sizes),
        "tracks": _tracks(data, sizes),
        "genome": [
            {"kind": kind, "size": size, **measure_fresh(make_set(folder, kind, size).folder, threads=threads)}
            for kind, several in sizes.genomes.items()
            for size in several
        ],
        "parts": {kind: _parts(make_set(folder, kind, sizes.genome), sizes) for kind in sizes.genomes},
    }


def random_regions(data: BenchSet, count: int) -> dict[str, NDArray[Any]]:
    """Draw windows evenly over the genome, as arguments of a sampler."""
    from maxatac import Genome

    sizes = Genome(data.sequence).chrom_sizes
    last = np.array([sizes[chrom] - WINDOW_LENGTH for chrom in data.chroms])
    generator = np.random.default_rng(SEED)
    chrom = generator.choice(len(last), count, p=last / last.sum()).astype(np.int32)
    return {
        "roi_chrom": chrom,
        "roi_start": generator.integers(0, last[chrom] + 1),
        "roi_track": np.zeros(count, np.int32),
    }


def _pools(data: BenchSet, sizes: Sizes) -> list[dict[str, Any]]:
    changes = [{**random_regions(data, count), "memory": UNLIMITED} for count in sizes.pools]
    return _examples(data, "regions", sizes.pools, changes, sizes.rounds)


def _tracks(data: BenchSet, sizes: Sizes) -> list[dict[str, Any]]:
    changes = [
        {
            "signal": repeated(data.signal, count),
            "binding": repeated(data.binding, count),
            "roi_track": data.roi_track % count,
            "memory": UNLIMITED,
        }
        for count in sizes.cell_types
    ]
    return _examples(data, "cell_types", sizes.cell_types, changes, sizes.rounds)


def repeated(paths: Sequence[Path], count: int) -> list[Path]:
    """Take the first ``count`` of the paths, from the beginning again when they are used up."""
    return [paths[place % len(paths)] for place in range(count)]


def _examples(
    data: BenchSet, what: str, counts: Sequence[int], changes: Iterable[dict[str, Any]], rounds: int
) -> list[dict[str, Any]]:
    """CPU seconds per example of samplers that differ in one thing, in turns."""
    samplers = [data.sampler(**arguments) for arguments in changes]
    contenders: dict[str, Contender] = {
        str(count): _batches(sampler) for count, sampler in zip(counts, samplers, strict=True)
    }
    costs = alternate(contenders, rounds, dict.fromkeys(contenders, 4))
    return [
        {
            what: count,
            "cpu": spread([cost.cpu / BATCH_SIZE for cost in costs[str(count)]]),
            "decoded_bytes": sampler.decoded["bytes"],
        }
        for count, sampler in zip(counts, samplers, strict=True)
    ]


def _parts(data: BenchSet, sizes: Sizes) -> dict[str, float]:
    """What the estimate of a large run is made of, on one thread.

    Returns
    -------
    dict
        ``binding_cpu``, ``signal_cpu``: seconds to decode a base of a track; ``binding_bytes``, ``signal_bytes``: what
        a base of it takes; ``held``, ``not_held``: seconds per example where all, or nothing, is held decoded.
    """
    bases = data.size * len(data.cells)
    one = {"roi_chrom": data.roi_chrom[:1], "roi_start": data.roi_start[:1], "roi_track": data.roi_track[:1]}
    every = np.concatenate([np.arange(0, end, WINDOW_LENGTH) for end in _ends(data)])
    chrom = np.concatenate([np.full(-(-end // WINDOW_LENGTH), number) for number, end in enumerate(_ends(data))])
    tiles = {"roi_chrom": chrom.astype(np.int32), "roi_start": every, "roi_track": np.zeros(len(every), np.int32)}
    taken = []
    for regions in (one, tiles):
        cpu = time.process_time()
        # A thread more or less does not change the sum of their times, but one keeps the order of the work.
        sampler = data.sampler(**regions, memory=UNLIMITED)
        taken.append((time.process_time() - cpu, sampler.decoded["bytes"]))
        del sampler
    (binding_cpu, binding_bytes), (all_cpu, all_bytes) = taken
    contenders: dict[str, Contender] = {
        "held": _batches(data.sampler(jitter=480, reverse_complement=True, memory=UNLIMITED)),
        "not_held": _batches(data.sampler(jitter=480, reverse_complement=True, memory=1)),
    }
    costs = alternate(contenders, sizes.rounds, {"held": 4})
    return {
        "binding_cpu": binding_cpu / bases,
        "signal_cpu": (all_cpu - binding_cpu) / bases,
        "binding_bytes": binding_bytes / bases,
        "signal_bytes": (all_bytes - binding_bytes) / bases,
        **{name: spread([cost.cpu / BATCH_SIZE for cost in taken])["median"] for name, taken in costs.items()},
    }


def _ends(data: BenchSet) -> list[int]:
    """First start on each chromosome that leaves no room for a window."""
    from maxatac import Genome

    sizes = Genome(data.sequence).chrom_sizes
    return [sizes[chrom] - WINDOW_LENGTH + 1 for chrom in data.chroms]


def _batches(sampler: Any) -> Contender:
    return InProcess(lambda index: sampler.batch(0, index))

"""What a second thread gains: the loader beside work that shares nothing, and beside plain copies.

Threads of the spin loop compute SHA-256 over and over, in registers and without Python. What they gain is what the
machine has: two cores may be two threads of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.clock import Contender, Cost, InProcess, alternate, spread
from benchmarks.data import BATCH_SIZE, BenchSet
from maxatac.system.resources import usable_processors

ITERATIONS = 20_000  # of the hash: about as long as a batch takes on one thread

TURN = 8
"""Batches in a turn."""


def cores() -> int:
    """Processors that this process may use."""
    return usable_processors()


def measure_threads(data: BenchSet, rounds: int) -> dict[str, Any]:
    """Time the same work on one thread, on two and on all, in turns, by the clock on the wall.

    Returns
    -------
    dict
        For ``ours``, ``ahead`` (batches made ahead), ``spin`` and ``copy``: seconds per batch, or for as much work, by
        number of threads, and ``gain``: how much faster each number of threads is than one.
    """
    counts = sorted({1, 2, cores()})
    samplers = {count: data.sampler(threads=count, jitter=480, reverse_complement=True) for count in counts}
    source = samplers[1].batch(0, 0)[0]
    copied = source.copy()
    result: dict[str, Any] = {"batch_size": BATCH_SIZE, "cores": cores(), "rounds": rounds}
    with ThreadPoolExecutor(max(counts)) as pool:
        contenders: dict[str, Contender] = {}
        for count in counts:
            contenders[f"ours {count}"] = _batches(samplers[count])
            contenders[f"spin {count}"] = _at_once(pool, _spin, [1 / count] * count)
            contenders[f"copy {count}"] = _at_once(pool, _copier(source, copied), _rows(count))
            if hasattr(samplers[count], "batches"):
                contenders[f"ahead {count}"] = _Ahead(samplers[count])
        costs = alternate(contenders, rounds, {name: 1 if name.startswith("ahead") else TURN for name in contenders})
    for kind in dict.fromkeys(name.split()[0] for name in contenders):
        walls = {count: [cost.wall for cost in costs[f"{kind} {count}"]] for count in counts}
        result[kind] = {
            "seconds": {str(count): spread(wall) for count, wall in walls.items()},
            "gain": {
                str(count): spread([one / several for one, several in zip(walls[1], wall, strict=True)])
                for count, wall in walls.items()
                if count > 1
            },
        }
    return result


def _batches(sampler: Any) -> Contender:
    return InProcess(lambda index: sampler.batch(0, index))


class _Ahead:
    """Batches that the loader's threads make ahead, of which the consumer does nothing but let go."""

    def __init__(self, sampler: Any) -> None:
        self._sampler = sampler

    def run(self, index: int) -> Cost:
        """Make a run of batches; the cost is that of one."""
        start = index * TURN

        def consume(_: object) -> None:
            for _batch in self._sampler.batches(0, start, start + TURN):
                pass

        taken = InProcess(consume).run(index)
        return Cost(taken.cpu / TURN, taken.wall / TURN)


def _spin(share: float) -> None:
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", max(1, round(ITERATIONS * share)))


def _copier(source: np.ndarray[Any, Any], copied: np.ndarray[Any, Any]) -> Callable[[slice], None]:
    def copy(part: slice) -> None:
        np.copyto(copied[part], source[part])

    return copy


def _rows(count: int) -> list[slice]:
    """Split the rows of a batch into so many parts."""
    edges = [round(BATCH_SIZE * place / count) for place in range(count + 1)]
    return [slice(start, end) for start, end in zip(edges, edges[1:], strict=False)]


def _at_once(pool: ThreadPoolExecutor, work: Callable[[Any], None], parts: Sequence[Any]) -> Contender:
    """Do all parts of some work at a time; a single one without the pool."""

    def do_all(_: object) -> None:
        for _none in pool.map(work, parts) if len(parts) > 1 else map(work, parts):
            pass

    return InProcess(do_all)

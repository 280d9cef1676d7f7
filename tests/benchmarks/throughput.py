"""How many examples per second of CPU time the loader and its peers make of the same windows, one thread each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.clock import Contender, Cost, InProcess, alternate, ratios, spread
from benchmarks.data import BATCH_SIZE, BenchSet
from benchmarks.genvarloader_peer import GenVarLoader
from benchmarks.peers import PLAIN, Batch, PyBigTools, make_peers

if TYPE_CHECKING:
    from maxatac import Sampler

# Batches in a turn; a peer that takes long per batch gets one.
TURNS = {"ours": 8, "ours_training": 8, "ours_random": 2, "memcpy": 16, "genvarloader": 6, "slices_tuned": 2}

TRAINING = {"jitter": 480, "reverse_complement": True}
"""What a training run does to a region besides reading it; the peers are not asked to."""


def measure_throughput(data: BenchSet, rounds: int, genvarloader: Path | None = None) -> dict[str, Any]:
    """Compare the batches of all, then time them in turns.

    Parameters
    ----------
    data : BenchSet
    rounds : int
        Turns of each contender.
    genvarloader : Path, optional
        Interpreter of an environment that has genvarloader.

    Returns
    -------
    dict
        ``contenders``: by name, seconds of CPU and wall time per batch; ``ratios``: by name, CPU time of the contender
        over that of ``ours``; ``conversion`` of GenVarLoader.

    Raises
    ------
    AssertionError
        If a peer's batch is not the loader's.
    """
    result: dict[str, Any] = {"batch_size": BATCH_SIZE, "rounds": rounds}
    costs = _beside_peers(data, rounds, genvarloader, result)
    result["ratios"] = {name: ratios(_cpu(costs["ours"]), _cpu(taken)) for name, taken in costs.items()}
    # Apart from the peers, whose decoded arrays take gigabytes.
    changes: dict[str, dict[str, Any]] = {"ours_training": TRAINING, "ours_random": {**TRAINING, "rand_ratio": 0.5}}
    costs |= alternate({name: _ours(data.sampler(**some)) for name, some in changes.items()}, rounds, TURNS)
    result["contenders"] = {
        name: {"cpu": spread([cost.cpu for cost in taken]), "wall": spread([cost.wall for cost in taken])}
        for name, taken in costs.items()
    }
    return result


def _beside_peers(
    data: BenchSet, rounds: int, genvarloader: Path | None, result: dict[str, Any]
) -> dict[str, list[Cost]]:
    """Compare, then time; ``result`` gets what is to be told of GenVarLoader besides."""
    sampler = data.sampler()
    plans = cache(lambda index: sampler.plan(0, index))
    expected = sampler.batch(0, 0)
    contenders: dict[str, Contender] = {"ours": _ours(sampler), "memcpy": _Memcpy(expected[0])}
    with ExitStack() as stack:
        for name, reader in make_peers(data, BATCH_SIZE).items():
            assert_same(name, reader.read(plans(0)), expected)
            contenders[name] = InProcess(reader.read, plans)
        contenders["pybigtools_reopened"] = _reopened(data, plans)
        if genvarloader is not None:
            other = stack.enter_context(GenVarLoader(genvarloader, data, BATCH_SIZE, plans))
            other.run(0)
            with TemporaryDirectory() as folder:
                assert_same("genvarloader", other.latest(Path(folder) / "batch.npz"), expected)
            contenders["genvarloader"] = other
            result["conversion"], result["genvarloader_version"] = other.conversion, other.version
        return alternate(contenders, rounds, TURNS)


def assert_same(name: str, found: Batch, expected: Batch) -> None:
    """Hold a peer's batch to the loader's, number by number."""
    for what, one, other in zip(("inputs", "targets"), found, expected, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=f"{what} of {name}")


def _ours(sampler: Sampler) -> Contender:
    return InProcess(lambda index: sampler.batch(0, index))


def _reopened(data: BenchSet, plans: Callable[[int], Any]) -> Contender:
    """Make pybigtools open its files before each batch, off the clock: it then holds as little as of a large genome."""
    reader = PyBigTools(PLAIN, data, BATCH_SIZE)

    def prepare(index: int) -> Any:
        reader.reopen()
        return plans(index)

    return InProcess(reader.read, prepare)


def _cpu(costs: list[Cost]) -> list[float]:
    return [cost.cpu for cost in costs]


class _Memcpy(InProcess):
    """Copies the inputs of one batch into memory that has been written before."""

    def __init__(self, inputs: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        source, copied = inputs.copy(), np.ones_like(inputs)
        super().__init__(lambda _: np.copyto(copied, source))

"""Time, taken so that it can be compared: in turns, as medians, with the spread beside them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Spread = dict[str, float]


class Cost(NamedTuple):
    """What one batch took, in seconds."""

    cpu: float
    wall: float


class Contender(Protocol):
    """Makes batches, and says what each one took."""

    def run(self, index: int) -> Cost:
        """Make batch ``index``."""


class InProcess:
    """A contender that lives in this process.

    Parameters
    ----------
    make : callable
        Makes the batch of an index.
    prepare : callable, optional
        What ``make`` needs to know of a batch, worked out before the clock runs; the index itself by default.
    """

    def __init__(self, make: Callable[[Any], object], prepare: Callable[[int], Any] | None = None) -> None:
        self._make = make
        self._prepare = prepare or (lambda index: index)
        self._latest: object = None

    def run(self, index: int) -> Cost:
        """Make batch ``index``.

        The clock also sees how the batch before is let go of: a training loop does that for every batch.
        """
        prepared = self._prepare(index)
        cpu, wall = time.process_time(), time.perf_counter()
        self._latest = self._make(prepared)
        return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def alternate(contenders: Mapping[str, Contender], rounds: int, batches: Mapping[str, int]) -> dict[str, list[Cost]]:
    """Run all contenders in turns, so that a change in the machine's speed meets all of them.

    Parameters
    ----------
    contenders : mapping of str to Contender
        By name.
    rounds : int
        How often each has its turn; one more turn before warms buffers and caches up.
    batches : mapping of str to int
        Batches per turn of each, 1 where it does not say.

    Returns
    -------
    dict of str to list of Cost
        For each contender the medians of its turns.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, contender in contenders.items():
            count = batches.get(name, 1)
            taken = [contender.run(turn * count + place) for place in range(count)]
            if turn:
                costs[name].append(Cost(*(statistics.median(part) for part in zip(*taken, strict=True))))
    return costs


def spread(values: Sequence[float]) -> Spread:
    """Median, and what the middle half of the values lies between.

    Returns
    -------
    dict
        ``median``, ``low`` and ``high``: the quartiles.
    """
    if len(values) < 2:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "low": low, "high": high}


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """How many times ``theirs`` is ``ours``, turn by turn."""
    return spread([their / our for our, their in zip(ours, theirs, strict=True)])

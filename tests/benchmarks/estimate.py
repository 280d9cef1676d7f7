"""What a large run takes, worked out from what was measured.

Standard library only, so that the docs can be made anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GIB = 1 << 30

HG38_BASES = 2_636_000_000
"""Bases of hg38 on the chromosomes of the default lists: 2 to 7, 9 to 22 and X."""


@dataclass(frozen=True)
class Run:
    """A training run; the defaults are those of ``maxatac train``.

    Attributes
    ----------
    cell_types : int
        Pairs of tracks that are trained on.
    bases : int
        Of the chromosomes that are used.
    kept : float
        Share of the genome whose signal is held decoded: what the regions touch, and what lies in the same blocks.
    memory : int
        Bytes that decoded tracks may take, of both samplers together.
    threads : int
        Of the loader.
    epochs, batches, batch_size, val_batch_size, statistics_batches : int
        As in the settings of a run.
    """

    cell_types: int = 20
    bases: int = HG38_BASES
    kept: float = 0.2
    memory: int = 8 * GIB
    threads: int = 8
    epochs: int = 20
    batches: int = 100
    batch_size: int = 1000
    val_batch_size: int = 1000
    statistics_batches: int = 10

    @property
    def examples(self) -> int:
        """Examples that are read in all: to train on, for batch-norm statistics, and to validate on."""
        per_epoch = (self.batches + self.statistics_batches) * self.batch_size + self.batches * self.val_batch_size
        return self.epochs * per_epoch


@dataclass(frozen=True)
class Estimate:
    """What a run takes.

    Attributes
    ----------
    start_cpu, start_wall : float
        Seconds until the first batch.
    wanted_bytes, held_bytes : float
        What the decoded tracks would take, and what they may.
    held : float
        Share of the examples whose data is held decoded.
    example_cpu : float
        Seconds per example.
    examples_per_second : float
        Of all threads.
    loader_cpu : float
        Seconds of the whole run, the start included.
    """

    start_cpu: float
    start_wall: float
    wanted_bytes: float
    held_bytes: float
    held: float
    example_cpu: float
    examples_per_second: float
    loader_cpu: float


def estimate(parts: Mapping[str, float], gain: float, run: Run) -> Estimate:
    """Work out what a run takes.

    With T cell types, G bases, and the share k of the genome that is kept::

        start  = T * G * (binding_cpu + k * signal_cpu)        seconds of CPU time
        wanted = T * G * (binding_bytes + k * signal_bytes)    bytes
        h      = min(1, memory / wanted)                       share of the examples that are held
        cost   = h * held + (1 - h) * not_held                 seconds of CPU time per example
        loader = start + examples * cost

    Parameters
    ----------
    parts : mapping of str to float
        Of one kind of tracks, as ``scale`` measures them.
    gain : float
        What each further thread adds, 0 to 1.
    run : Run
    """
    bases = run.cell_types * run.bases
    start = bases * (parts["binding_cpu"] + run.kept * parts["signal_cpu"])
    wanted = bases * (parts["binding_bytes"] + run.kept * parts["signal_bytes"])
    held = min(1.0, run.memory / wanted)
    cost = held * parts["held"] + (1 - held) * parts["not_held"]
    speed = 1 + (run.threads - 1) * gain
    return Estimate(
        start_cpu=start,
        start_wall=start / speed,
        wanted_bytes=wanted,
        held_bytes=min(wanted, run.memory),
        held=held,
        example_cpu=cost,
        examples_per_second=speed / cost,
        loader_cpu=start + run.examples * cost,
    )

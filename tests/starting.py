"""A run that was stopped where training would begin: what the fixture ``start`` hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maxatac import Sampler, TrainConfig, Trainer
    from maxatac.data.genome_like import GenomeBatches
    from maxatac.runs.folder import RunFolder
    from maxatac.runs.record import RunRecord
    from maxatac.training.epochs import EpochLoop
    from maxatac.training.inputs import Inputs


class Started:
    """What a run would train with."""

    def __init__(self, loop: EpochLoop) -> None:
        run = loop.prepared
        self.config: TrainConfig = run.config
        self.folder: RunFolder = run.folder
        self.inputs: Inputs = run.data.inputs
        self.samplers: Mapping[str, Sampler] = run.data.samplers
        self.genome_like: GenomeBatches | None = run.data.genome_like
        self.trainer: Trainer = run.trainer
        self.record: RunRecord = loop.record

    def pool(self, name: str = "training") -> list[tuple[str, int]]:
        """The regions: chromosome and start."""
        pool = self.inputs.pools[name]
        return [(pool.chroms[chrom], start) for chrom, start in zip(pool.chrom, pool.start.tolist(), strict=True)]


Start = Callable[[Sequence[str]], Started]

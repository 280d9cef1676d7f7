"""A run that was stopped where training would begin; see the fixture ``start``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maxatac import Sampler, TrainConfig
    from maxatac.runs.folder import RunFolder
    from maxatac.runs.record import RunRecord
    from maxatac.runs.running import Running
    from maxatac.training.inputs import Inputs
    from maxatac.training.resume import ResumeState
    from maxatac.training.trainer import Trainer


@dataclasses.dataclass
class Started:
    """What a run would train with."""

    config: TrainConfig
    folder: RunFolder
    inputs: Inputs
    samplers: Mapping[str, Sampler]
    trainee: Trainer
    record: RunRecord
    holding: Running
    earlier: ResumeState | None = None

    def pool(self, name: str = "training") -> list[tuple[str, int]]:
        """The regions: chromosome and start."""
        pool = self.inputs.pools[name]
        return [(pool.chroms[chrom], start) for chrom, start in zip(pool.chrom, pool.start.tolist(), strict=True)]


Start = Callable[[Sequence[str]], Started]

"""A run that was stopped where training would begin; see the fixture ``start``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maxatac import Sampler, TrainConfig
    from maxatac.inputs import Inputs
    from maxatac.outputs import RunFolder
    from maxatac.record import RunRecord
    from maxatac.resume import ResumeState
    from maxatac.running import Running
    from maxatac.training import _Trainee


@dataclasses.dataclass
class Started:
    """What a run would train with."""

    config: TrainConfig
    folder: RunFolder
    inputs: Inputs
    samplers: Mapping[str, Sampler]
    trainee: _Trainee
    record: RunRecord
    holding: Running
    earlier: ResumeState | None = None

    def pool(self, name: str = "training") -> list[tuple[str, int]]:
        """The regions: chromosome and start."""
        pool = self.inputs.pools[name]
        return [(pool.chroms[chrom], start) for chrom, start in zip(pool.chrom, pool.start.tolist(), strict=True)]


Start = Callable[[Sequence[str]], Started]

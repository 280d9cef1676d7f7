"""What a training run would meet: every input opened and read, held against the others, and told before the start.

`maxatac check` and `maxatac train --dry_run` are this. A run opens what it trains on and looks at a part of it; here
every file is read, those of test cell types too, and what the run will cost is estimated. Nothing is written.

=========== ===========================================================================================
`findings`  what is found out, as plain records that become JSON
`tracks`    a bigWig read from end to end
`survey`    files, chromosomes, regions, the split, files equal in content
`estimates` batches, memory, disk and time, from a short probe
`text`      the findings for people
`workflow`  all of them together, and what of it is a problem
=========== ===========================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maxatac.backend.startup import own_settings

if TYPE_CHECKING:
    from maxatac.checking.findings import Findings
    from maxatac.runs.folder import RunFolder
    from maxatac.training.settings import TrainConfig

__all__ = ["check"]


def check(config: TrainConfig, folder: RunFolder | None = None, *, timed_fit: bool = False) -> Findings:
    """Read everything that a training run would read, and find out what would go wrong.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder, optional
        Where the results would go; not judged if not given.
    timed_fit : bool
        Train on a few batches, which are thrown away, to measure time and memory of a step. Else they are estimated.

    Returns
    -------
    Findings
        With every problem that could be found; none is raised.
    """
    from maxatac.checking.workflow import run  # numpy only when something is checked: `--help` stays fast

    with own_settings():
        return run(config, folder, timed_fit=timed_fit)

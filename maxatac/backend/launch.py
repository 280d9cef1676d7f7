"""How a process of a distributed run was started, by its environment.

A launcher sets variables with the number of processes and the rank of this one. JAX knows those of Slurm and Open MPI;
without a launcher there are three variables of JAX. Without any, one process trains on all devices that it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from maxatac.errors import Problem, Problems

ADDRESS, COUNT, RANK = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"
"""Variables for processes that no launcher starts: host and port of process 0, number of processes, rank."""

# What JAX itself asks for before it takes a launcher as given; number of processes and rank come last.
_LAUNCHERS = {
    "Slurm": ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_LOCALID", "SLURM_NTASKS", "SLURM_PROCID"),
    "Open MPI": ("OMPI_MCA_orte_hnp_uri", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
}


@dataclass(frozen=True)
class Launch:
    """Which of how many processes this is.

    Attributes
    ----------
    rank : int
        From 0, below ``count``.
    count : int
    address : str or None
        ``host:port`` of process 0; None if JAX asks the launcher.
    local_devices : tuple of int or None
        Which of the visible devices the process uses; None for what the launcher or JAX chooses.
    """

    rank: int = 0
    count: int = 1
    address: str | None = None
    local_devices: tuple[int, ...] | None = None


def launch_of(environment: Mapping[str, str], problems: Problems) -> Launch:
    """Read how this process was started; what is wrong goes to ``problems``."""
    own = {name: environment[name] for name in (ADDRESS, COUNT, RANK) if environment.get(name)}
    if len(own) == 3:
        return _without_launcher(own, problems)
    for names in _LAUNCHERS.values():
        if all(name in environment for name in names):
            count, rank = (int(environment[name]) for name in names[-2:])
            # One process needs no other, and then all devices are its own.
            return Launch(rank, count, None, _local_devices(environment)) if count > 1 else Launch()
    if own:
        missing = [name for name in (ADDRESS, COUNT, RANK) if name not in own]
        told = f"{' and '.join(own)} set, but not {' and '.join(missing)}"
        hint = "without Slurm or Open MPI each process needs all three, and one process alone none"
        problems.add("machine", told, hint=hint, option="--distribute")
    return Launch()


def _without_launcher(given: Mapping[str, str], problems: Problems) -> Launch:
    before = len(problems)

    def tell(name: str, expected: str) -> None:
        problems.add("machine", given[name], expected=expected, option="--distribute", place=name)

    if not re.fullmatch(r".+:\d{1,5}", given[ADDRESS]):
        tell(ADDRESS, "host:port of process 0")
    for name in (COUNT, RANK):
        if not given[name].isdecimal():
            tell(name, "a whole number")
    if len(problems) > before:
        return Launch()
    count, rank = int(given[COUNT]), int(given[RANK])
    if rank >= count:
        tell(RANK, f"0 to {COUNT} - 1, which is {count - 1}")
        return Launch()
    return Launch(rank, count, given[ADDRESS]) if count > 1 else Launch()


def _local_devices(environment: Mapping[str, str]) -> tuple[int, ...] | None:
    """Choose devices where JAX's own choice, the one of the process's place on its node, would be wrong.

    A launcher may show each process its own devices alone (``--gpus-per-task``), and these are then counted from 0; and
    a process that is alone on its node should have all.
    """
    visible = [name for name in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    here = environment.get("SLURM_STEP_TASKS_PER_NODE", environment.get("OMPI_COMM_WORLD_LOCAL_SIZE", ""))
    if visible and (len(visible) == 1 or re.fullmatch(r"1(\(x\d+\))?", here)):
        return tuple(range(len(visible)))
    return None


def indivisible_batches(sizes: Mapping[str, int], count: int, sharers: str) -> list[Problem]:
    """Find the batches, by option, that so many ``processes`` or ``devices`` cannot share evenly."""
    expected = f"a multiple of the {count} {sharers} of --distribute, such as"
    return [
        Problem("setting", str(size), f"{expected} {max(1, round(size / count)) * count}", option=f"--{option}")
        for option, size in sizes.items()
        if size % count
    ]

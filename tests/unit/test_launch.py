"""Which of how many processes this is, from the environment alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maxatac.backend.launch import ADDRESS, COUNT, RANK, Launch, indivisible_batches, launch_of
from maxatac.backend.processes import JoinedProcesses
from maxatac.errors import InputError, Problem, Problems

SLURM = {
    "SLURM_JOB_ID": "12", "SLURM_STEP_NODELIST": "node[1-2]", "SLURM_LOCALID": "1", "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3", "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}  # fmt: skip
OPEN_MPI = {
    "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1:34911", "OMPI_COMM_WORLD_LOCAL_RANK": "0",
    "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_LOCAL_SIZE": "1",
}  # fmt: skip
OWN = {ADDRESS: "node1:1234", COUNT: "2", RANK: "1"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Launch()),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, Launch()),
        (OWN, Launch(1, 2, "node1:1234")),
        ({**OWN, COUNT: "1", RANK: "0"}, Launch()),
        (SLURM, Launch(3, 4)),
        ({**SLURM, **OWN}, Launch(1, 2, "node1:1234")),
        # JAX reads the address itself; the rest is Slurm's.
        ({**SLURM, ADDRESS: "node1:1234"}, Launch(3, 4)),
        # In a job, but not started by srun.
        ({name: value for name, value in SLURM.items() if name != "SLURM_STEP_NODELIST"}, Launch()),
        ({**SLURM, "SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, Launch()),
        (OPEN_MPI, Launch(1, 2)),
        # All GPUs of a node are visible to each of its processes: JAX takes one for each.
        ({**SLURM, "CUDA_VISIBLE_DEVICES": "0,1"}, Launch(3, 4)),
        # Each process sees its own, whatever its place on the node.
        ({**SLURM, "CUDA_VISIBLE_DEVICES": "0"}, Launch(3, 4, None, (0,))),
        # One process on each node has all of them.
        (
            {**SLURM, "SLURM_STEP_TASKS_PER_NODE": "1(x4)", "CUDA_VISIBLE_DEVICES": "0,1,2"},
            Launch(3, 4, None, (0, 1, 2)),
        ),
        ({**OPEN_MPI, "CUDA_VISIBLE_DEVICES": "4,5"}, Launch(1, 2, None, (0, 1))),
    ],
)
def test_launch(environment: dict[str, str], expected: Launch) -> None:
    problems = Problems()
    assert launch_of(environment, problems) == expected
    assert list(problems) == []


@pytest.mark.parametrize(
    ("environment", "place", "found"),
    [
        ({ADDRESS: "node1:1234"}, None, f"{ADDRESS} set, but not {COUNT} and {RANK}"),
        ({ADDRESS: "node1:1234", COUNT: "2"}, None, f"{ADDRESS} and {COUNT} set, but not {RANK}"),
        ({**OWN, ADDRESS: "node1"}, ADDRESS, "node1"),
        ({**OWN, COUNT: "two"}, COUNT, "two"),
        ({**OWN, RANK: "-1"}, RANK, "-1"),
        ({**OWN, RANK: "2"}, RANK, "2"),
    ],
)
def test_environment_that_is_wrong(environment: dict[str, str], place: str | None, found: str) -> None:
    problems = Problems()
    assert launch_of(environment, problems) == Launch()
    (problem,) = problems
    assert (problem.kind, problem.option, problem.place) == ("machine", "--distribute", place)
    assert problem.found == found


def test_batches_that_processes_cannot_share() -> None:
    (problem,) = indivisible_batches({"batch_size": 10, "val_batch_size": 8}, 4, "processes")
    assert (problem.option, problem.found) == ("--batch_size", "10")
    assert str(problem.expected) == "a multiple of the 4 processes of --distribute, such as 8"


def test_problems_of_one_process_are_told_by_all_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = object.__new__(JoinedProcesses)
    processes.rank, processes.count = 1, 2
    shared = Problem("size", "chr1 has 5 bp", hint="another genome build?", file=Path("a.bw"))
    mine = Problem("missing file", "blacklist does not exist", file=Path("b.bed"), line=3)

    def gather(value: list[dict[str, Any]]) -> list[Any]:
        # The other process has one of the two.
        return json.loads(json.dumps([value[:1], value], default=str))

    monkeypatch.setattr(processes, "gather", gather)
    with pytest.raises(InputError) as caught, processes.sharing_problems():
        raise InputError([shared, mine])
    assert caught.value.problems == (shared, dataclasses.replace(mine, place="process 1 of 2"))

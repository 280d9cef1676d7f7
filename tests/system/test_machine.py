"""What the process may use, from control groups laid out by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maxatac.system.resources import available_memory, usable_memory, usable_processors, want_of_memory

PROCESSORS = len(os.sched_getaffinity(0))
MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def lay_out(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_without_groups_it_is_the_machine(tmp_path: Path) -> None:
    assert usable_processors(tmp_path) == PROCESSORS
    assert usable_memory(tmp_path) == MEMORY
    assert usable_processors() >= 1
    assert 0 < usable_memory() <= MEMORY


@pytest.mark.parametrize(
    ("groups", "files", "processors", "memory"),
    [
        pytest.param(
            "0::/job\n",
            {"sys/fs/cgroup/job/cpu.max": "50000 100000\n", "sys/fs/cgroup/job/memory.max": "1000000\n"},
            1, 1_000_000, id="version 2",
        ),
        pytest.param(
            "0::/batch/job\n",
            {
                "sys/fs/cgroup/batch/job/memory.max": "max\n", "sys/fs/cgroup/batch/job/cpu.max": "max 100000\n",
                "sys/fs/cgroup/batch/memory.max": "2000000\n", "sys/fs/cgroup/batch/cpu.max": "100 100\n",
            },
            1, 2_000_000, id="set on a parent",
        ),
        pytest.param(
            "0::/docker/0123\n",
            {"sys/fs/cgroup/memory.max": "3000000\n", "sys/fs/cgroup/cpu.max": "90000 100000\n"},
            1, 3_000_000, id="a container that sees its own group as the top",
        ),
        pytest.param(
            "5:memory:/job\n4:cpu,cpuacct:/job\n",
            {
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "4000000\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "30000\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
            },
            1, 4_000_000, id="version 1",
        ),
        pytest.param(
            "5:memory:/\n4:cpu:/\n",
            {
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            PROCESSORS, MEMORY, id="version 1 without a limit",
        ),
        pytest.param(
            "0::/\n",
            {"sys/fs/cgroup/cpu.max": "99999900000 100000\n", "sys/fs/cgroup/memory.max": "what\n"},
            PROCESSORS, MEMORY, id="more than there is, and nonsense",
        ),
    ],
)  # fmt: skip
def test_groups_limit_it(tmp_path: Path, groups: str, files: dict[str, str], processors: int, memory: int) -> None:
    root = lay_out(tmp_path, groups, files)
    assert usable_processors(root) == processors
    assert usable_memory(root) == memory


@pytest.mark.parametrize(
    ("groups", "files", "available"),
    [
        pytest.param("", {}, None, id="nothing says so"),
        pytest.param("", {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:   7 kB\n"}, 7 * 1024, id="the machine"),
        pytest.param(
            "0::/slurm/job\n",
            {
                "proc/meminfo": "MemAvailable: 9000 kB\n",
                "sys/fs/cgroup/slurm/job/memory.max": "max\n", "sys/fs/cgroup/slurm/job/memory.current": "900\n",
                "sys/fs/cgroup/slurm/memory.max": "1000\n", "sys/fs/cgroup/slurm/memory.current": "900\n",
                "sys/fs/cgroup/slurm/memory.stat": "anon 600\ninactive_file 250\nactive_file 50\n",
            },
            350, id="version 2, a group above, with files that were read",
        ),
        pytest.param(
            "3:memory:/job\n",
            {
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1000\n",
                "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1200\n",
                "sys/fs/cgroup/memory/job/memory.stat": "inactive_file 1000\ntotal_inactive_file 100\n",
            },
            0, id="version 1, used up",
        ),
    ],
)  # fmt: skip
def test_memory_that_is_left(tmp_path: Path, groups: str, files: dict[str, str], available: int | None) -> None:
    assert available_memory(lay_out(tmp_path, groups, files)) == available


# Memory that is not there, told by whoever asked for it.

ASKING = """
import keras
from maxatac.system.resources import want_of_memory

try:
    keras.ops.convert_to_numpy(keras.ops.zeros((10**7, 10**7)))
except Exception as error:
    print(want_of_memory(error))
"""


@pytest.mark.parametrize(
    ("backend", "amount"), [("tensorflow", "tensor with shape[10000000,10000000]"), ("jax", "400000000000000 bytes")]
)
def test_a_backend_that_runs_out_of_memory(backend: str, amount: str) -> None:
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", ASKING], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    (line,) = ran.stdout.splitlines()
    assert line.startswith(f"memory ran out: {amount} could not be had; lower --batch_size")


def test_numpy_that_runs_out_of_memory_below_another_error() -> None:
    with pytest.raises(ValueError) as caught:
        try:
            np.empty(10**15)
        except MemoryError as error:
            raise ValueError("a batch") from error
    line = want_of_memory(caught.value)
    assert line is not None and line.startswith("memory ran out: 7.11 PiB could not be had")


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("RESOURCE_EXHAUSTED"), KeyError()])
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert want_of_memory(error) is None

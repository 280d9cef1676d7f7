"""Want of threads or memory is an error by kind: no panic, no abort. Each case runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from writers import BedGraph, write_bigwig, write_twobit

SIZE = 200_000

# Opens a genome and a track, then lives within a limit.
SET_UP = """
import os, resource, sys, time
import numpy as np
from maxatac import Genome, Sampler, Track, WindowReader
from maxatac.errors import ResourceError

genome, track = Genome("x.2bit"), Track("x.bw")

def sampler(threads=1, **changes):
    return Sampler(
        WindowReader(genome, [track], [track], threads=threads), chroms=["c"], roi_chrom=np.zeros(9, np.int32),
        roi_start=np.arange(9, dtype=np.int64), roi_track=np.zeros(9, np.int32), seed=1, **{"batch_size": 9, **changes},
    )

def forbid_threads():
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if os.getuid() == 0:
        os.setuid(65534)

def allow_memory(bytes):
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

def told(make):
    try:
        make()
    except ResourceError as error:
        print(error)
    else:
        sys.exit("no error")
"""


def lines_of(folder: Path, script: str) -> list[str]:
    write_twobit(folder / "x.2bit", {"c": "ACGT" * (SIZE // 4)})
    write_bigwig(folder / "x.bw", {"c": SIZE}, [[("c", BedGraph([(0, 9, 1.0), (500, 2000, 2.0)]))]])
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", SET_UP + script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
class TestLimits:
    def test_a_thread_that_cannot_be_started(self, tmp_path: Path) -> None:
        lines = lines_of(
            tmp_path,
            """
ready = sampler()
forbid_threads()
told(sampler)
told(lambda: ready.batches(0, 0, 3))
ready.batch(0, 0)
""",
        )
        assert len(lines) == 2
        assert all(line.startswith("1 thread could not be started: ") for line in lines)
        assert all("raise the limit" in line for line in lines)

    def test_more_threads_than_there_is_room_for(self, tmp_path: Path) -> None:
        lines = lines_of(
            tmp_path,
            """
allow_memory(200 << 20)
told(lambda: sampler(threads=1024))
# Those that were started end by and by.
while len(os.listdir("/proc/self/task")) > 1:
    time.sleep(0.01)
sampler(threads=2).batch(0, 0)
""",
        )
        assert len(lines) == 1
        assert lines[0].startswith("1024 threads could not be started: ")

    def test_memory_for_batches_and_reads(self, tmp_path: Path) -> None:
        """How much was needed is told: of a batch of 20,000 windows, 20,000 x 1,024 x 5 floats."""
        lines = lines_of(
            tmp_path,
            """
large = sampler(batch_size=20_000)
allow_memory(100 << 20)
told(lambda: large.batch(0, 0))
told(lambda: next(large.batches(0, 0, 1)))
told(lambda: large.batch(0, 0, compact=True) and large.batch(0, 0))
zeros = np.zeros(20_000, np.int32)
told(lambda: large.reader.inputs(zeros, zeros, zeros.astype(np.int64)))
print(genome.one_hot("c", 0, 100).shape)
""",
        )
        *told, last = lines
        assert [line.partition(" bytes of memory for ")[0] for line in told[:2]] == ["409600000"] * 2
        assert all(" bytes of memory for a batch" in line and "ask for less" in line for line in told)
        assert len(told) == 4
        assert last == "(100, 4)"

    def test_memory_for_the_index_of_a_file_that_is_written(self, tmp_path: Path) -> None:
        """Zoom levels and the list of blocks grow with the data."""
        lines = lines_of(
            tmp_path,
            """
from maxatac._core import BigWigWriter

values = np.random.default_rng(1).random(1 << 20, dtype=np.float32)
writer = BigWigWriter("y.bw", {"c": 1 << 30})
allow_memory(300_000)
told(lambda: [writer.write_bins("c", start, 1, values) for start in range(0, 1 << 26, 1 << 20)])
""",
        )
        assert len(lines) == 1
        assert " bytes of memory for writing a bigWig file could not be had" in lines[0]

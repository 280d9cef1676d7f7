"""`maxatac prepare` as a process: limits, kills, full disks and inputs that are no files."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tiny

SIZES = {"chr1": 2_000_000, "chr2": 1_000_000}


@pytest.fixture
def sizes(tmp_path: Path) -> Path:
    return tiny.write_sizes(tmp_path / "g.chrom.sizes", SIZES)


def write_fragments(path: Path, count: int, barcodes: int = 1) -> Path:
    random = np.random.default_rng(1)
    starts = random.integers(0, SIZES["chr2"] - 500, count)
    lengths = random.integers(40, 400, count)
    path.write_text(
        "".join(
            f"chr{1 + place % 2}\t{start}\t{start + length}\tBC{place % barcodes}\t1\n"
            for place, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True))
        )
    )
    return path


def command(*inputs: Path | str, **settings: object) -> list[str]:
    words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "maxatac", "prepare", "-n", "x", *words, "-i", *map(str, inputs)]


def run(*inputs: Path | str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*inputs, **settings), capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder where a file is on the disk at once, if there is one: 800 files would take half a minute elsewhere."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def test_many_groups_and_few_open_files(tmp_path: Path, memory_folder: Path, sizes: Path) -> None:
    fragments = write_fragments(tmp_path / "f.tsv", 20_000, barcodes=200)
    table = tmp_path / "b.tsv"
    table.write_text("".join(f"BC{number}\tgroup {number}\n" for number in range(200)))
    done = subprocess.run(
        command(fragments, chrom_sizes=sizes, output=memory_folder, barcodes=table, memory=10_000),
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list(memory_folder.glob("x_group_*_minmax01.bw"))) == 200
    assert len((memory_folder / "x_groups.tsv").read_text().splitlines()) == 201


def test_pipes_and_addresses_are_refused(tmp_path: Path, sizes: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = run(pipe, "https://example.org/a.bam", "-", chrom_sizes=sizes, output=tmp_path / "out")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "Traceback" in line] == []
    assert [word for word in (str(pipe), "https:/example.org/a.bam", "standard input") if word not in done.stderr] == []
    assert not (tmp_path / "out").exists()


def test_a_kill_leaves_nothing_half_written(tmp_path: Path, sizes: Path) -> None:
    fragments = write_fragments(tmp_path / "f.tsv", 300_000)
    output, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    words = command(fragments, chrom_sizes=sizes, output=output, temp_dir=temporary, memory=100_000)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    # The run has begun when its log is there.
    while not (output / "x_prepare.log").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list(temporary.iterdir())
    if not (output / "x_prepare_run.json").exists():
        # What has its name is whole; a run that goes on replaces it.
        assert run(fragments, chrom_sizes=sizes, output=output, temp_dir=temporary, force=True).returncode == 0
    assert not [path.name for path in output.iterdir() if path.name.startswith(".")]
    assert not list(temporary.iterdir())


def test_an_interrupt_ends_it(tmp_path: Path, sizes: Path) -> None:
    fragments = write_fragments(tmp_path / "f.tsv", 300_000)
    output = tmp_path / "out"
    process = subprocess.Popen(
        command(fragments, chrom_sizes=sizes, output=output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (output / "x_prepare.log").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    status = process.wait(timeout=30)
    assert status in (0, 75)
    if status:
        assert [path.name for path in output.iterdir()] == ["x_prepare.log"]


def test_a_full_disk(tmp_path: Path, small_disk: Path, sizes: Path) -> None:
    fragments = write_fragments(tmp_path / "f.tsv", 100_000)
    output = small_disk / "out"
    (small_disk / "filler").write_bytes(bytes(3 * 1024 * 1024 - 400_000))
    done = run(fragments, chrom_sizes=sizes, output=output, temp_dir=tmp_path)
    left = [path.name for path in output.iterdir()]
    shutil.rmtree(output)
    (small_disk / "filler").unlink()
    assert done.returncode == 1, done.stderr
    assert str(output) in done.stderr
    assert left == ["x_prepare.log"]


def test_a_full_temporary_folder(tmp_path: Path, small_disk: Path, sizes: Path) -> None:
    fragments = write_fragments(tmp_path / "f.tsv", 100_000)
    (small_disk / "filler").write_bytes(bytes(3 * 1024 * 1024 - 100_000))
    # More than is free may be needed: told before work.
    done = run(fragments, chrom_sizes=sizes, output=tmp_path / "out", temp_dir=small_disk, memory=10_000)
    left = [path.name for path in small_disk.iterdir()]
    (small_disk / "filler").unlink()
    assert done.returncode == 2
    assert str(small_disk) in done.stderr
    assert not (tmp_path / "out").exists()
    assert left == ["filler"]

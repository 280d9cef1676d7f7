"""The command line as a program of its own."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import TinySet

WATCHED = ("h5py", "jax", "keras", "matplotlib", "numpy", "pandas", "pyBigWig", "tensorflow", "tqdm")


WATCHER = f"""
import atexit, pathlib, sys
atexit.register(lambda: pathlib.Path(sys.argv[1]).write_text(" ".join(set(sys.modules) & {set(WATCHED)!r})))
from maxatac.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


Call = Callable[..., tuple["subprocess.CompletedProcess[str]", list[str]]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Run a command in a new interpreter; returns also which heavy modules it imported."""

    def run_in_new_interpreter(*words: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        seen = tmp_path / "modules"
        program = [sys.executable, "-c", WATCHER, str(seen), *words]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        return done, seen.read_text().split()

    return run_in_new_interpreter


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["check", "--help"], ["env", "--help"], ["--version"]], ids=" ".join
)
def test_help_is_quick(words: list[str], call: Call, record_property: Callable[[str, object], None]) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done, loaded = call(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert (done.returncode, done.stderr) == (0, "")
    assert loaded == [], f"imported by {' '.join(words)}, which took {used:.2f} s of CPU time"
    record_property("cpu_seconds", used)


def test_version(call: Call) -> None:
    import maxatac

    (line,) = call("--version")[0].stdout.splitlines()
    assert re.fullmatch(rf"maxatac {re.escape(maxatac.__version__)} \(([0-9a-f]{{12}}(-modified)?, )?\w+\)", line)


@pytest.mark.parametrize("words", [["--help"], ["train", "--epoch", "3"], ["check", "no.tsv", "--sequence", "no.2bit"]])
def test_terminal_gets_no_colour_that_it_does_not_want(words: list[str], tmp_path: Path) -> None:
    reader, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "maxatac", *words], stdin=terminal, stdout=terminal, stderr=terminal, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "NO_COLOR": "1", "TERM": "xterm-256color"},
    ) as process:  # fmt: skip
        os.close(terminal)
        told = b""
        with contextlib.suppress(OSError):  # Linux says so at the end
            while part := os.read(reader, 1 << 16):
                told += part
    os.close(reader)
    assert process.returncode in (0, 2)
    assert b"maxatac" in told and b"\x1b" not in told


def test_bare_command_shows_help(call: Call) -> None:
    done, _ = call()
    assert done.returncode == 2
    assert "train" in done.stdout
    assert "simulate" in done.stdout


def test_bad_input_is_told_without_keras(call: Call, tmp_path: Path) -> None:
    done, loaded = call("train", "--sequence", "no.2bit", "--meta_file", "no.tsv", "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "no.2bit" in done.stderr
    assert "no.tsv" in done.stderr
    assert "2 problems found before the start; nothing was written" in done.stderr
    assert not {"keras", "tensorflow", "matplotlib"} & set(loaded)


def test_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "maxatac", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("maxatac ")


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_program_needs_no_stderr(stderr: str) -> None:
    words = f"{sys.executable} -m maxatac train --sequence no.2bit --meta_file no.tsv {stderr}"
    done = subprocess.run(words, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_output_that_cannot_be_written_is_named() -> None:
    command = f"{sys.executable} -m maxatac --version >/dev/full"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "maxatac: error: [Errno 28] No space left on device: 'standard output'\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is that of Linux")
def test_threads_that_cannot_be_had_are_one_line(tiny_set: TinySet, tmp_path: Path) -> None:
    limit = 2400 << 20
    done = subprocess.run(
        [sys.executable, "-m", "maxatac", *tiny_set.arguments(tmp_path / "out", threads=1024)],
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith("maxatac: error: 1024 threads could not be started: ")
    assert (done.returncode, done.stdout) == (1, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("train --help", 0, ""),
        ("--version", 0, ""),
        ("check no.tsv --sequence no.2bit", 2, "no.2bit"),
        ("train --dry_run --meta_file no.tsv --sequence no.2bit", 2, "no.2bit"),
    ],
)
@pytest.mark.parametrize("buffered", ["", "1"])
def test_reader_of_the_output_may_leave(words: str, status: int, told: str, buffered: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "maxatac", *words.split()], stdout=writer, stderr=subprocess.PIPE, text=True,
        check=False, env={**os.environ, "PYTHONUNBUFFERED": buffered}, cwd=tmp_path,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == status
    assert told in done.stderr
    assert "roken" not in done.stderr
    if not told:
        assert done.stderr == ""


def test_warnings_as_errors_are_for_other_programs() -> None:
    script = "import warnings; from maxatac.cli import main as m; m.main = lambda: warnings.warn('w'); m.program()"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "Traceback" not in done.stderr

"""Peaks by MACS: found, run, stopped, failing. A script stands for it; where MACS itself is installed, it runs too."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from maxatac.errors import MaxatacError, Problems
from maxatac.preparation import macs
from maxatac.preparation.macs import call_peaks, effective_size, find_macs, macs_folder

PEAKS = "chr1\t100\t300\ts_peak_1\t50\t.\t3.1\t7.2\t5.0\t40\nchr1\t900\t950\ts_peak_2\t50\t.\t3.1\t7.2\t5.0\t20\n"


def program(folder: Path, script: str) -> Path:
    """Make a program; it is called with the arguments of MACS, and finds the folder for its output in $OUT."""
    folder.mkdir(exist_ok=True)
    path = folder / macs.PROGRAM
    path.write_text(f'#!/bin/sh\nwhile [ "$1" != --outdir ]; do shift; done\nOUT=$2\n{script}\n')
    path.chmod(0o755)
    return path


def run(path: Path, tmp_path: Path, name: str = "s") -> macs.CalledPeaks:
    with macs_folder(tmp_path, name) as folder:
        return call_peaks(
            path, tmp_path / "sites.bed.gz", tmp_path / f"{name}_peaks.narrowPeak", folder=folder, name=name, slop=20,
            genome_size=12_071_326,
        )  # fmt: skip


def test_peaks_and_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    script = f'printf "%s" "{PEAKS}" > "$OUT/s_peaks.narrowPeak"\necho "INFO  @ 1 May: [34 MB] #1 read" >&2'
    with caplog.at_level("INFO", logger="maxatac"):
        found = run(program(tmp_path / "bin", script), tmp_path)
    assert (found.count, found.bases, found.path.read_text()) == (2, 250, PEAKS)
    command = list(found.command)
    assert command[1] == "callpeak"
    after = dict(zip(command, command[1:], strict=False))
    wanted = {"--format": "BED", "--gsize": "12071326", "--shift": "0", "--extsize": "40", "--tsize": "41",
              "--keep-dup": "all"}  # fmt: skip
    assert after | wanted == after and "--nomodel" in command
    assert caplog.messages[0].startswith("peaks: ") and "--gsize 12071326" in caplog.messages[0]
    assert caplog.messages[1] == "macs3: #1 read"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "s_peaks.narrowPeak"]


def test_no_peak_is_an_empty_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = run(program(tmp_path / "bin", ': > "$OUT/s_peaks.narrowPeak"'), tmp_path)
    assert (found.count, found.bases, found.path.read_bytes()) == (0, 0, b"")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("for n in 1 2 3 4 5 6 7; do echo line $n; done; exit 3", ("exit status 3", "line 3", "line 7")),
        ("echo dying; kill -9 $$", ("signal 9", "dying")),
        ("echo fine", ("left no file of peaks",)),
    ],
)
def test_failure(script: str, told: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "s_peaks.narrowPeak").write_text("before")
    with pytest.raises(MaxatacError) as caught:
        run(program(tmp_path / "bin", script), tmp_path)
    assert all(words in str(caught.value) for words in told)
    assert "line 2" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "s_peaks.narrowPeak"]
    assert (tmp_path / "s_peaks.narrowPeak").read_text() == "before"


def test_interrupted_run_leaves_no_process(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            run(path, tmp_path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["bin", "pid"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    for name in (".s_macs3-abc", ".other_macs3-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "big").write_text("x")
    with macs_folder(tmp_path, "s") as folder:
        assert folder.parent == tmp_path
    assert [found.name for found in tmp_path.iterdir()] == [".other_macs3-abc"]


def test_program_is_beside_python_or_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, elsewhere = tmp_path / "env", tmp_path / "bin"
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", str(elsewhere))
    problems = Problems()
    assert find_macs(problems) is None
    (problem,) = problems
    assert (problem.kind, problem.option) == ("setting", "--call_peaks")
    assert "maxatac[peaks]" in str(problem)
    on_path = program(elsewhere, "")
    assert find_macs(Problems()) == on_path
    here = program(beside, "")
    assert find_macs(Problems()) == here
    here.chmod(0o644)
    assert find_macs(Problems()) == on_path


def test_size_without_a_sequence() -> None:
    assert effective_size({"chr1": 1_000, "chr2": 34}) == 1_034


def test_macs_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = shutil.which(macs.PROGRAM)
    if path is None:
        pytest.skip("macs3 is not installed")
    with gzip.open(tmp_path / "sites.bed.gz", "wt") as file:
        for place in range(10):
            strand = "+-"[place % 2]
            file.write(f"chr1\t{1_000 + place}\t{1_041 + place}\tr{place}\t60\t{strand}\n")
        for place in range(400):
            file.write(f"chr1\t{10_000 + 200 * place}\t{10_041 + 200 * place}\tx{place}\t60\t+\n")
    found = run(Path(path), tmp_path)
    assert found.count >= 1
    chrom, start, end, *_ = found.path.read_text().split("\t")
    # Each interval covers 40 of its own 41 bp, on both strands.
    assert chrom == "chr1" and 1_000 <= int(start) < 1_010 and 1_040 <= int(end) <= 1_050

"""Peaks by MACS: found, run, stopped, failing. A script stands for it; where MACS itself is installed, it runs too."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from maxatac._core import Genome
from maxatac.errors import InputError, MaxatacError, Problems
from maxatac.files.twobit import TwoBitWriter
from maxatac.preparation import macs
from maxatac.preparation.macs import call_peaks, effective_size, find_macs, macs_folder
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.workflow import prepare

PEAKS = "chr1\t100\t300\ts_peak_1\t50\t.\t3.1\t7.2\t5.0\t40\nchr1\t900\t950\ts_peak_2\t50\t.\t3.1\t7.2\t5.0\t20\n"


_ARGUMENTS = """
while [ "$1" != --treatment ]; do shift; done
IN=$2
while [ "$1" != --outdir ]; do shift; done
OUT=$2
"""


def program(folder: Path, script: str, name: str = "macs3") -> Path:
    """Make a program that is called as MACS is, and finds its input and the folder for its output in $IN and $OUT."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{_ARGUMENTS}{script}\n")
    path.chmod(0o755)
    return path


def run(path: Path, tmp_path: Path, name: str = "s") -> macs.CalledPeaks:
    with macs_folder(tmp_path, name) as folder:
        return call_peaks(
            path, tmp_path / "sites.bed.gz", tmp_path / f"{name}_peaks.narrowPeak", folder=folder, name=name, slop=20,
            genome_size=12_071_326,
        )  # fmt: skip


@pytest.mark.parametrize("name", macs.PROGRAMS)
def test_peaks_and_command(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    script = f'printf "%s" "{PEAKS}" > "$OUT/s_peaks.narrowPeak"\necho "INFO  @ 1 May: [34 MB] #1 read" >&2'
    with caplog.at_level("INFO", logger="maxatac"):
        found = run(program(tmp_path / "bin", script, name), tmp_path)
    assert (found.count, found.bases, found.path.read_text()) == (2, 250, PEAKS)
    command = list(found.command)
    assert command[1] == "callpeak"
    after = dict(zip(command, command[1:], strict=False))
    wanted = {"--format": "BED", "--gsize": "12071326", "--shift": "0", "--extsize": "40", "--tsize": "41",
              "--keep-dup": "all"}  # fmt: skip
    assert after | wanted == after and "--nomodel" in command
    assert caplog.messages[0].startswith("peaks: ") and "--gsize 12071326" in caplog.messages[0]
    assert caplog.messages[1] == f"{name}: #1 read"
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
    for name in (".s_macs-abc", ".other_macs-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "big").write_text("x")
    with macs_folder(tmp_path, "s") as folder:
        assert folder.parent == tmp_path
    assert [found.name for found in tmp_path.iterdir()] == [".other_macs-abc"]


def test_program_is_beside_python_or_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, elsewhere = tmp_path / "env", tmp_path / "bin"
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", str(elsewhere))
    problems = Problems()
    assert find_macs(problems) is None
    (problem,) = problems
    assert (problem.kind, problem.option) == ("setting", "--call_peaks")
    assert "pip install macs3" in str(problem)
    older = program(elsewhere, "", "macs2")
    assert find_macs(Problems()) == older
    older = program(beside, "", "macs2")
    assert find_macs(Problems()) == older
    on_path = program(elsewhere, "")
    assert find_macs(Problems()) == on_path
    here = program(beside, "")
    assert find_macs(Problems()) == here
    here.chmod(0o644)
    assert find_macs(Problems()) == on_path


def test_size_of_the_genome(tmp_path: Path) -> None:
    sizes = {"chr1": 1_000, "chr2": 34}
    assert effective_size(sizes) == 1_034
    none = np.empty((0, 2), np.int64)
    with TwoBitWriter(tmp_path / "g.2bit", [*sizes, "chrM"]) as writer:
        writer.add(np.zeros(1_000, np.uint8), np.array([[0, 100], [990, 1_000]]), none)
        writer.add(np.zeros(34, np.uint8), none, none)
        writer.add(np.zeros(70, np.uint8), none, none)
    assert effective_size(sizes, Genome(tmp_path / "g.2bit")) == 1_034 - 110


@pytest.fixture
def settings(tmp_path: Path) -> PrepareConfig:
    (tmp_path / "g.sizes").write_text("chr1\t10000\nchr2\t5000\n")
    lines = [f"chr{1 + place % 2}\t{1_000 + place}\t{1_200 + place}\tBC{place % 2}\t1\n" for place in range(40)]
    (tmp_path / "f.tsv").write_text("".join(lines))
    return PrepareConfig(
        input=(tmp_path / "f.tsv",), chrom_sizes=tmp_path / "g.sizes", prefix="s", output=tmp_path / "out",
        call_peaks=True,
    )  # fmt: skip


def test_prepare_calls_peaks(settings: PrepareConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peak = r"chr1\t1000\t1010\tp\t1\t.\t1\t1\t1\t5\n"
    script = f"""gzip -dc "$IN" > {tmp_path}/seen.bed; printf '{peak}' > "$OUT/s_peaks.narrowPeak" """
    path = program(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (track,) = prepare(settings).tracks
    assert track.peaks is not None and track.peaks.path.read_text().startswith("chr1\t1000\t1010\tp")
    seen = [line.split("\t") for line in (tmp_path / "seen.bed").read_text().splitlines()]
    assert len(seen) == 80 and {len(line) for line in seen} == {6}
    assert {(int(end) - int(start), strand) for _, start, end, _, _, strand in seen} == {(41, "+"), (41, "-")}
    record = json.loads((settings.output / "s_prepare_run.json").read_text())
    assert record["tracks"]["s"]["peaks"]["genome_size"] == 15_000
    command = record["tracks"]["s"]["peaks"]["command"]
    assert command[:2] == [str(path), "callpeak"] and command[command.index("--gsize") + 1] == "15000"
    # Sites at 1,000 to 1,009 of chr1: every second fragment starts there.
    assert record["quality"]["tracks"]["s"]["frip"] == 5 / 80
    assert not [found for found in settings.output.iterdir() if found.name.startswith(".")]


def test_prepare_says_before_work_how_to_get_macs(settings: PrepareConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(settings.output / "python"))
    with pytest.raises(InputError) as caught:
        prepare(settings)
    (problem,) = caught.value.problems
    assert (problem.option, problem.hint) == ("--call_peaks", macs.HOW_TO_GET_IT)
    assert not settings.output.exists()


def test_prepare_leaves_nothing_where_macs_fails(
    settings: PrepareConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path / "bin", "echo no memory; exit 1")
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(MaxatacError, match="no memory"):
        prepare(settings)
    assert [found.name for found in settings.output.iterdir()] == ["s_prepare.log"]
    assert "macs3: no memory" in (settings.output / "s_prepare.log").read_text()


@pytest.mark.parametrize("name", macs.PROGRAMS)
def test_macs_itself(name: str, tmp_path: Path) -> None:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
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

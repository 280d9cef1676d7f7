from __future__ import annotations

import json
import math
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starting import Start
from tiny import TinySet

from maxatac.runs import input_files
from maxatac.runs.folder import RunFolder
from maxatac.runs.record import PhaseTimes
from maxatac.training.resume import ResumeState


def test_phases_add_up() -> None:
    phases = PhaseTimes({"training": 10.0})
    row = {
        "epoch": 1, "seconds": 20.0, "examples_per_second": 5.0, "waiting_share": 0.5, "statistics_share": 0.1,
        "validation_share": 0.25, "genome_share": 0.05, "steps_seconds": 11.5, "statistics_seconds": 2.0,
        "validation_seconds": 5.0, "genome_seconds": 1.0,
    }  # fmt: skip
    phases.add_epoch(row)
    expected = {"training": 10 + 11.5, "statistics": 2, "validation": 5, "genome": 1, "between_steps": 0.5}
    assert phases.seconds == pytest.approx(expected)
    assert sum(phases.seconds.values()) == pytest.approx(10 + row["seconds"])
    with pytest.raises(OSError, match="disk"), phases.measuring("saving"):
        time.sleep(0.01)
        raise OSError("disk")
    assert 0.01 <= phases.seconds["saving"] < 5


def test_hashing_is_waited_for_at_the_end_only(
    tiny_set: TinySet, tmp_path: Path, start: Start, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(path: Path) -> str:
        go_on.wait(60)
        return path.name

    monkeypatch.setattr(input_files, "sha256", slow)
    run = start(tiny_set.arguments(tmp_path / "out"))
    folder = RunFolder(tmp_path, "a")

    def written(status: str) -> dict[str, Any]:
        run.record.write(folder, [], None, None, status=status)
        found: dict[str, Any] = json.loads(folder.record.read_text())
        return found

    assert {file["sha256"] for file in written("running")["inputs"].values()} == {None}
    # Nor does the state of the run wait.
    state = ResumeState.of(run.record, {"history": []})
    assert {file.sha256 for file in state.inputs.values()} == {None}
    assert all(file.sampled for file in state.inputs.values())
    # And a process that is told to end need not wait for the thread.
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "maxatac-checksums"]
    assert thread.daemon
    go_on.set()
    assert written("finished")["inputs"]["sequence"]["sha256"] == "genome.2bit"


def test_the_end_does_not_wait_for_tracks_of_any_size() -> None:
    go_on = threading.Event()
    sums = input_files.BackgroundChecks({}, {}, [("a.bw", lambda: go_on.wait(60))])
    sums.wait(lambda: None, 1, 0)
    assert sums.not_compared() == ["a.bw"]
    go_on.set()


def test_tracks_are_compared_by_all_threads_at_the_end() -> None:
    both = threading.Barrier(2)
    sums = input_files.BackgroundChecks({}, {}, [(path, lambda: both.wait(60)) for path in ("a.bw", "b.bw")])
    sums.wait(lambda: None, 2, 60)
    assert sums.not_compared() == []


def test_tracks_that_were_not_compared_are_told(
    tiny_set: TinySet,
    tmp_path: Path,
    start: Start,
    quick_network: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = RunFolder(tmp_path, "a")

    def finished() -> list[str]:
        run = start(tiny_set.arguments(tmp_path / "out"))
        run.record.write(folder, [], None, None, status="finished")
        found: list[str] = json.loads(folder.record.read_text())["tracks_not_compared"]
        return found

    assert finished() == []
    assert "WARNING" not in capsys.readouterr().err
    monkeypatch.setattr(input_files.BackgroundChecks, "_compare", lambda _: None)
    left = finished()
    assert str(tiny_set.file("CellA", "signal.bw")) in left
    told = capsys.readouterr().err
    assert left[0] in told and f"{len(left)} tracks" in told


def test_score_that_is_not_defined_is_null(
    tiny_set: TinySet, tmp_path: Path, start: Start, quick_network: None
) -> None:
    def refuse(word: str) -> None:
        raise ValueError(word)

    run = start(tiny_set.arguments(tmp_path / "out"))
    folder = RunFolder(tmp_path, "a")
    run.record.write(folder, [{"epoch": 1, "val_loss": 0.5, "val_auroc": math.nan}], 0, None)
    best = json.loads(folder.record.read_text(), parse_constant=refuse)["best"]
    assert best == {"epoch": 1, "val_loss": 0.5, "val_auroc": None, "checkpoint": folder.checkpoint(1).name}


def test_machine_and_versions(tiny_set: TinySet, tmp_path: Path, start: Start, quick_network: None) -> None:
    run = start(tiny_set.arguments(tmp_path / "out"))
    folder = RunFolder(tmp_path, "a")
    run.record.write(folder, [], None, None)
    found = json.loads(folder.record.read_text())
    assert {"python", "keras", "tensorflow", "numpy", "h5py"} <= set(found["versions"])
    assert found["machine"]["memory_bytes"] > 10**8
    assert found["machine"]["host"]
    assert found["phases"].keys() >= {"checks", "decoding", "network"}

"""One process at a time writes a run; which one it is does not depend on locks, host names or clocks."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time
from pathlib import Path

import pytest

from maxatac.errors import InputError, TakenOver
from maxatac.files.atomic import write_text
from maxatac.runs import running as module
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import ROOM, Holder, Running, running, running_problems


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return RunFolder(tmp_path, "CTCF").running("train")


def write(path: Path, holder: Holder, *, age: float = 0.0) -> Holder:
    path.write_text(json.dumps(dataclasses.asdict(holder)))
    os.utime(path, (time.time() - age,) * 2)
    return holder


ELSEWHERE: dict[str, str] = {"boot": "another", "host": "node7"}


def test_file_says_who_writes_and_goes(path: Path) -> None:
    with running(path):
        found = json.loads(path.read_text())
        assert (found["process"], found["host"]) == (os.getpid(), os.uname().nodename)
        assert path.stat().st_size == ROOM
    assert list(path.parent.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), running(path):
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []


def test_number_of_a_process_that_is_used_again(path: Path) -> None:
    me = Holder.this()
    write(path, dataclasses.replace(me, process_start=(me.process_start or 0) + 1))
    with running(path):
        pass


@pytest.mark.parametrize("changes", [{"boot": "another"}, {"namespace": "pid:[1]"}, {"boot": None}], ids=str)
def test_container_with_the_same_numbers(changes: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host name and process id may repeat among containers: the heartbeat alone decides."""
    monkeypatch.setattr(module, "HEARTBEAT", 0.05)
    monkeypatch.setattr(module, "SILENCE", 60.0)
    holder = write(path, dataclasses.replace(Holder.this(), process=1, process_start=1, **changes))
    over = threading.Event()

    def beat() -> None:
        while not over.wait(0.05):
            os.utime(path)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(InputError, match="written by process 1 on"), running(path):
            pytest.fail("two hold it")
    finally:
        over.set()
        thread.join()
    assert json.loads(path.read_text()) == dataclasses.asdict(holder)
    # Without a heartbeat it is dead, whatever the clocks of the two machines say.
    monkeypatch.setattr(module, "SILENCE", 0.3)
    os.utime(path, (time.time() + 5000,) * 2)
    with running(path):
        pass


def test_heartbeat_long_past_needs_no_watching(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_: float) -> None:
        pytest.fail("watched")

    write(path, dataclasses.replace(Holder.this(), **ELSEWHERE), age=2 * module.LONG_PAST)
    monkeypatch.setattr(time, "sleep", sleep)
    with running(path):
        pass


@pytest.mark.parametrize("age", [0.0, 500.0])
def test_looking_does_not_watch(age: float, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("watched"))
    write(path, dataclasses.replace(Holder.this(), **ELSEWHERE), age=age)
    assert [problem.found.split(" by ")[1].split(",")[0] for problem in running_problems(path, watch=False)] == (
        [] if age else [f"process {os.getpid()} on node7"]
    )


@pytest.mark.parametrize("content", ["", "{", '{"process": 1}', "[]"])
def test_file_that_says_nothing(content: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.05)
    monkeypatch.setattr(module, "SILENCE", 0.2)
    path.write_text(content)
    with running(path) as held:
        held.check()


def holds(held: Running) -> bool:
    try:
        held.check()
    except TakenOver:
        return False
    return True


def test_one_of_many_takes_over(path: Path) -> None:
    for _ in range(15):
        write(path, dataclasses.replace(Holder.this(), process_start=1))
        took: list[Running] = []
        refused: list[InputError] = []
        start = threading.Barrier(6)

        def take(
            start: threading.Barrier = start, took: list[Running] = took, refused: list[InputError] = refused
        ) -> None:
            held = Running(path)
            start.wait()
            try:
                held.take()
                held.check()
                took.append(held)
            except (InputError, TakenOver) as error:
                refused.append(error)  # type: ignore[arg-type]

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One may be moved aside right after its check; it stops at the next.
        assert [holds(held) for held in took].count(True) == 1
        for held in took:
            held.leave()
        assert list(path.parent.iterdir()) == []


def test_whoever_was_taken_for_dead_stops(path: Path) -> None:
    result = path.with_name("CTCF.csv")
    with pytest.raises(TakenOver) as caught, running(path) as held:
        write_text(result, "mine")
        taken = write(path, dataclasses.replace(Holder.this(), **ELSEWHERE))
        with pytest.raises(TakenOver):
            write_text(result, "too late")
        assert sorted(file.name for file in path.parent.iterdir()) == [result.name, path.name]
        held.check()
    assert f"another process has taken over this run: process {os.getpid()} on node7" in str(caught.value)
    assert result.read_text() == "mine"
    # The file is another's, who has to find it.
    assert json.loads(path.read_text()) == dataclasses.asdict(taken)
    write_text(result, "by somebody else")


def test_thread_sees_it_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.05)
    with running(path) as held:
        before = path.stat().st_mtime_ns
        deadline = time.monotonic() + 60
        while path.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        held.check_seen()
        write(path, dataclasses.replace(Holder.this(), **ELSEWHERE))
        while not held.is_lost:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(TakenOver):
            held.check_seen()


def test_file_that_was_removed_is_made_anew(path: Path) -> None:
    with running(path) as held:
        path.unlink()
        held.check()
        assert json.loads(path.read_text())["process"] == os.getpid()
    assert not path.exists()


def test_whoever_took_over_may_have_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is gone after no heartbeat for long enough to be taken for dead."""
    result = path.with_name("CTCF.csv")
    with pytest.raises(TakenOver), running(path):
        path.unlink()
        monkeypatch.setattr(module, "SILENCE", -1.0)
        write_text(result, "too late")
    assert list(path.parent.iterdir()) == []


def test_room_is_given_back(path: Path) -> None:
    with running(path) as held:
        held.give_room()
        assert path.stat().st_size < 1000
        held.check()


def test_folder_that_takes_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OSError), running(path):
        pytest.fail("held")
    with pytest.raises(FileNotFoundError), running(path.parent / "absent" / path.name):
        pytest.fail("held")


def test_clearing_leaves_it(path: Path) -> None:
    folder = RunFolder(path.parent, "CTCF")
    with running(path) as held:
        left = path.with_name(f".{path.name}.partial.0123")
        left.touch()
        assert folder.of_earlier_run() == []
        folder.clear()
        assert not left.exists()
        held.check()
        assert path.exists()

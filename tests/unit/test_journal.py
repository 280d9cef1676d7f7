"""The journal of a prediction: what is kept, what a kill leaves, and what it is made of."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from maxatac.errors import MaxatacError
from maxatac.prediction import journal as journal_module
from maxatac.prediction.chromosome import ChromPredictions
from maxatac.prediction.journal import Journal, WriteBehind, journal_problems

MADE_OF = {"model": "abc", "step": 256, "chroms": ["chr1", "chr2"]}


def predictions(chrom: str, bins: int = 5, tracks: int = 2, offset: int = 0) -> ChromPredictions:
    values = np.random.default_rng(bins).random((tracks, bins)).astype(np.float32)
    values[:, 1:2] = np.nan
    return ChromPredictions(chrom, offset, values)


def same(one: ChromPredictions, other: ChromPredictions) -> bool:
    equal = np.array_equal(one.values, other.values, equal_nan=True)
    return equal and (one.chrom, one.offset) == (other.chrom, other.offset)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x_predict_parts.bin"


def test_what_is_kept(path: Path) -> None:
    kept = [predictions("chr10", 7), predictions("chr2", 0), predictions("a b", 3, offset=31)]
    journal = Journal(path, MADE_OF)
    assert journal.finished == ()
    for one in kept:
        journal.append(one)
    for read in (journal, Journal(path, MADE_OF)):
        assert read.finished == ("chr10", "chr2", "a b")
        assert all(same(read.read(one.chrom), one) for one in reversed(kept))


def test_a_file_cut_anywhere_keeps_what_is_whole(path: Path) -> None:
    journal = Journal(path, MADE_OF)
    ends = [path.stat().st_size]
    for name in ("chr1", "chr2", "chr3"):
        journal.append(predictions(name))
        ends.append(path.stat().st_size)
    whole = path.read_bytes()
    for cut in range(ends[0], ends[-1] + 1):
        path.write_bytes(whole[:cut])
        again = Journal(path, MADE_OF)
        kept = sum(cut >= end for end in ends[1:])
        assert again.finished == ("chr1", "chr2", "chr3")[:kept]
        for name in ("chr1", "chr2", "chr3")[kept:]:
            again.append(predictions(name))
        assert path.read_bytes() == whole


def test_zeros_behind_the_last_entry_are_cut_off(path: Path) -> None:
    """As a power cut leaves them, where the length of a file was put on the disk before its content."""
    journal = Journal(path, MADE_OF)
    begun = path.read_bytes()
    for name in ("chr1", "chr2"):
        journal.append(predictions(name))
    whole = path.read_bytes()
    for zeros in (12, 16, 4_096):
        path.write_bytes(whole + bytes(zeros))
        again = Journal(path, MADE_OF)
        assert again.finished == ("chr1", "chr2")
        again.append(predictions("chr3"))
        assert Journal(path, MADE_OF).finished == ("chr1", "chr2", "chr3")
    path.write_bytes(begun[: begun.index(b"\n") + 1] + bytes(4_096))
    assert [problem.kind for problem in journal_problems(path, MADE_OF)] == ["resume"]


def test_a_damaged_entry_is_not_whole(path: Path) -> None:
    journal = Journal(path, MADE_OF)
    journal.append(predictions("chr1"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(MaxatacError):
        journal.read("chr1")
    assert Journal(path, MADE_OF).finished == ()


def test_another_prediction(path: Path) -> None:
    Journal(path, MADE_OF).append(predictions("chr1"))
    assert not journal_problems(path, MADE_OF)
    other = {**MADE_OF, "step": 512, "strands": 2}
    found = journal_problems(path, other)
    assert [(problem.kind, problem.place, problem.file) for problem in found] == [
        ("resume", "step", path),
        ("resume", "strands", path),
    ]
    with pytest.raises(MaxatacError):
        Journal(path, other)
    assert Journal(path, MADE_OF).finished == ("chr1",)


@pytest.mark.parametrize("content", [b"", b"text", b"{}\n", b'{"made_of": 3}\n', b"[1]\n", b"\xff\n"])
def test_no_journal(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert [(problem.kind, problem.file) for problem in journal_problems(path, MADE_OF)] == [("resume", path)]
    with pytest.raises(MaxatacError):
        Journal(path, MADE_OF)


def test_no_file_is_no_problem(path: Path) -> None:
    assert not journal_problems(path, MADE_OF)


def test_windows_of_small_regions_take_little(path: Path) -> None:
    """Bins without a prediction take a bit each."""
    values = np.full((2, 80_000), np.nan, np.float32)
    values[0, 500:532] = values[1, 70_000:70_032] = np.arange(32)
    journal = Journal(path, MADE_OF)
    begin = path.stat().st_size
    journal.append(ChromPredictions("chr1", 7, values))
    assert path.stat().st_size - begin < 2 * 80_000 / 8 + 64 * 4 + 200
    assert same(Journal(path, MADE_OF).read("chr1"), ChromPredictions("chr1", 7, values))


def test_full_disk_keeps_what_is_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path, MADE_OF)
    journal.append(predictions("chr1"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "_write_block", full)
        with pytest.raises(OSError, match="No space") as caught:
            journal.append(predictions("chr2"))
    assert caught.value.filename == str(path)
    assert journal.finished == Journal(path, MADE_OF).finished == ("chr1",)
    journal.append(predictions("chr2"))
    assert Journal(path, MADE_OF).finished == ("chr1", "chr2")


@pytest.mark.parametrize("byte", [0, 9, 60, -30, -1])
def test_damage_anywhere_in_an_entry_is_found(path: Path, byte: int) -> None:
    """Its length, checksum, name, mask and values."""
    journal = Journal(path, MADE_OF)
    journal.append(predictions("chr1"))
    begin = path.stat().st_size
    journal.append(predictions("chr2"))
    content = bytearray(path.read_bytes())
    content[begin + byte if byte >= 0 else byte] ^= 1
    path.write_bytes(content)
    assert Journal(path, MADE_OF).finished == ("chr1",)


def test_long_lists_are_told_by_what_differs(path: Path) -> None:
    names = [f"contig{number}" for number in range(1_000)]
    Journal(path, {"chroms": names})
    (problem,) = journal_problems(path, {"chroms": [*names[:-1], "other"]})
    assert ("other" in problem.found, "contig999" in str(problem.expected)) == (True, True)
    assert len(str(problem)) < 1_000


def test_writing_behind_keeps_the_order_and_tells_errors() -> None:
    written: list[str] = []

    def write(one: ChromPredictions) -> None:
        if one.chrom == "bad":
            raise OSError("full")
        written.append(one.chrom)

    with WriteBehind(write) as writing:
        for name in ("a", "b", "c"):
            writing.put(predictions(name))
            writing.check()
    assert written == ["a", "b", "c"]
    with pytest.raises(OSError, match="full"), WriteBehind(write) as writing:
        writing.put(predictions("bad"))
    writing = WriteBehind(write)
    with pytest.raises(OSError, match="full"), writing:
        writing.put(predictions("bad"))
        while True:
            writing.check()
    # An interrupt while a chromosome is written: it is written to its end.
    with pytest.raises(KeyboardInterrupt), WriteBehind(write) as writing:
        writing.put(predictions("d"))
        raise KeyboardInterrupt
    assert written[-1] == "d"

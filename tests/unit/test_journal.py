"""The journal of a prediction: what is kept, what a kill leaves, and what it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maxatac.errors import MaxatacError
from maxatac.prediction.chromosome import ChromPredictions
from maxatac.prediction.journal import Journal, journal_problems

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
    assert [problem.file for problem in journal_problems(path, MADE_OF)] in ([path], [None])
    with pytest.raises(MaxatacError):
        Journal(path, MADE_OF)


def test_no_file_is_no_problem(path: Path) -> None:
    assert not journal_problems(path, MADE_OF)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maxatac.genome import (
    Blacklist,
    ChromSizes,
    check_blacklist,
    check_chrom_names,
    compare_chrom_sizes,
    other_spelling,
    suggest_chrom,
)

SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), max_size=20)


@pytest.mark.parametrize(
    "text",
    [
        b"chr2\t200\nchr1\t100\n",
        b"chr2 200\r\n\r\nchr1 100",
        b"\xef\xbb\xbf# sizes\nchr2\t200\tmore\nchr1\t100\n",
        b"chr2\t200\t6\t60\t61\nchr1\t100\t300\t60\t61\n",  # a FASTA index
    ],
)
def test_chrom_sizes_are_read_in_order(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.chrom.sizes"
    path.write_bytes(text)
    problems: list[str] = []
    sizes = ChromSizes.read(path, problems)
    assert problems == []
    assert sizes is not None
    assert list(sizes.items()) == [("chr2", 200), ("chr1", 100)]
    assert len(sizes) == 2
    assert "chr3" not in sizes
    assert dict(sizes) == {"chr2": 200, "chr1": 100}
    assert repr(sizes) == "ChromSizes({'chr2': 200, 'chr1': 100})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "chromosome sizes file is empty"),
        (b"# nothing\n", "holds no chromosome"),
        (b"chr1\n", "line 1: found 1 column"),
        (b"chr1\t100\nchr2\tbig\n", "line 2: found size 'big'; expected a positive whole number"),
        (b"chr1\t0\n", "line 1: found size '0'"),
        (b"chr1\t-5\n", "line 1: found size '-5'"),
        (b"chr1\t1e6\n", "line 1: found size '1e6'"),
        (b"chr1\t100\n\nchr1\t100\n", "line 3: chr1 stands in line 1 already"),
        (b"<html>", "found an HTML page"),
        (b">chr1\nACGT\n", "found FASTA text"),
        (b"\x43\x27\x41\x1a\0\0\0\0", "found a 2bit file"),
    ],
)
def test_bad_chrom_sizes(tmp_path: Path, text: bytes, expected: str) -> None:
    path = tmp_path / "x.chrom.sizes"
    path.write_bytes(text)
    problems: list[str] = []
    assert ChromSizes.read(path, problems) is None
    assert len(problems) == 1
    assert expected in problems[0]
    assert str(path) in problems[0]


def test_absent_chrom_sizes(tmp_path: Path) -> None:
    problems: list[str] = []
    assert ChromSizes.read(tmp_path / "gone", problems) is None
    assert "does not exist" in problems[0]


def test_a_blacklist_is_merged_and_sorted() -> None:
    blacklist = Blacklist({"chr1": ([50, 10, 20, 30, 90], [60, 20, 25, 30, 95]), "chr2": ([5], [5])}, source="b.bed")
    starts, ends = blacklist.intervals("chr1")
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [(10, 25), (50, 60), (90, 95)]
    assert starts.dtype == ends.dtype == np.int64
    assert blacklist.chroms == ("chr1",)
    assert blacklist.bases == 30
    assert len(blacklist) == 3
    assert len(blacklist.intervals("chr2")[0]) == len(blacklist.intervals("chr9")[1]) == 0


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [(0, 10, False), (0, 11, True), (24, 30, True), (25, 50, False), (0, 99, True), (12, 13, True), (95, 99, False)],
)
def test_overlaps_needs_a_shared_base(start: int, end: int, overlaps: bool) -> None:
    blacklist = Blacklist({"chr1": ([10, 50, 90], [25, 60, 95])})
    assert blacklist.overlaps("chr1", [start], [end]).tolist() == [overlaps]
    assert blacklist.overlaps("chr2", [start], [end]).tolist() == [False]
    assert Blacklist.empty().overlaps("chr1", [start], [end]).tolist() == [False]


@settings(deadline=None)
@given(black=SPANS, queries=SPANS)
def test_the_blacklist_against_a_mask_of_bases(black: list[tuple[int, int]], queries: list[tuple[int, int]]) -> None:
    mask = np.zeros(400, dtype=bool)
    for start, length in black:
        mask[start : start + length] = True
    blacklist = Blacklist({"c": ([s for s, _ in black], [s + n for s, n in black])})
    assert blacklist.bases == mask.sum()
    starts, ends = blacklist.intervals("c")
    assert (starts[1:] > ends[:-1]).all()
    rebuilt = np.zeros(400, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        rebuilt[start:end] = True
    assert (rebuilt == mask).all()
    spans = [(start, start + length + 1) for start, length in queries]
    found = blacklist.overlaps("c", [s for s, _ in spans], [e for _, e in spans])
    assert found.tolist() == [bool(mask[s:e].any()) for s, e in spans]


@pytest.mark.parametrize(
    ("name", "known", "other"),
    [
        ("1", ["chr1"], "chr1"),
        ("chr1", ["2", "1"], "1"),
        ("chrM", ["MT"], "MT"),
        ("MT", ["chrM"], "chrM"),
        ("Chr2L", ["chr2L"], "chr2L"),
        ("chr01", ["chr1"], "chr1"),
        ("chr1", ["chr10", "chr11"], None),
        ("chrX", ["chr10"], None),
        ("10", ["1"], None),
    ],
)
def test_other_spelling(name: str, known: list[str], other: str | None) -> None:
    assert other_spelling(name, known) == other


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("1", ["chr1", "chr2"], "it is called 'chr1' there"),
        ("chrrX", ["chrX", "chrY"], "did you mean chrX"),
        ("zebra", ["chr1", "chr2", "chr3", "chr4", "chr5"], "there are chr1, chr2, chr3, chr4 and 1 more"),
    ],
)
def test_suggest_chrom(name: str, known: list[str], said: str) -> None:
    assert suggest_chrom(name, known).startswith(said)


def test_one_shared_name_is_enough() -> None:
    problems: list[str] = []
    assert check_chrom_names(["chrUn", "chr1"], "p.bed", {"chr1": 5}, problems)
    assert problems == []


@pytest.mark.parametrize(
    ("names", "known", "said"),
    [
        (["1", "2"], ["chr1", "chr2"], "it writes '1' where the genome has 'chr1'"),
        (["chr9"], ["chrIX", "chrX"], "found chr9; the genome has chrIX, chrX"),
    ],
)
def test_no_shared_name(names: list[str], known: list[str], said: str) -> None:
    problems: list[str] = []
    assert not check_chrom_names(names, "p.bed", known, problems)
    assert problems == [f"p.bed: no chromosome name is known to the genome: {said}"]


def test_sizes_that_agree_leave_no_problem_and_missing_ones_are_returned() -> None:
    problems: list[str] = []
    reference = {"chr1": 10, "chr2": 20, "chr3": 30}
    missing = compare_chrom_sizes(reference, "g.2bit", {"chr1": 10, "chr3": 31}, "s.bw", ["chr1", "chr2"], problems)
    assert missing == ["chr2"]
    assert problems == []  # chr3 differs, but is not used


def test_sizes_that_differ() -> None:
    problems: list[str] = []
    assert compare_chrom_sizes({"chr1": 1000}, "g.2bit", {"chr1": 1001}, "s.bw", ["chr1"], problems) == []
    assert problems == ["s.bw: chr1 has 1,001 bp, but 1,000 bp in g.2bit: another genome build?"]


def test_many_sizes_that_differ_are_capped() -> None:
    problems: list[str] = []
    chroms = [f"chr{number}" for number in range(20)]
    compare_chrom_sizes(dict.fromkeys(chroms, 5), "g", dict.fromkeys(chroms, 6), "s", chroms, problems)
    assert len(problems) == 6
    assert "15 more" in problems[-1]


def test_names_of_another_convention_are_a_problem_that_names_both() -> None:
    problems: list[str] = []
    reference = {"chr1": 10, "chrM": 20, "chr2": 5}
    missing = compare_chrom_sizes(reference, "g.2bit", {"1": 10, "MT": 20}, "s.bw", list(reference), problems)
    assert missing == ["chr2"]
    assert problems == [
        "s.bw: chromosome names do not match: it writes '1' where g.2bit has 'chr1' (and 1 more)",
    ]


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ({}, None),
        ({"chr1": ([0], [100])}, None),
        ({"chrUn": ([0], [900]), "chr1": ([0], [100])}, None),  # unknown to the genome: nothing to compare
        ({"chr1": ([50], [101])}, "1 of 1 blacklist intervals end beyond their chromosome: another genome build?"),
        ({"1": ([0], [10])}, "it writes '1' where the genome has 'chr1'"),
    ],
)
def test_check_blacklist(intervals: dict[str, tuple[list[int], list[int]]], expected: str | None) -> None:
    problems: list[str] = []
    check_blacklist(Blacklist(intervals, source="b.bed"), {"chr1": 100}, problems)
    assert len(problems) == (expected is not None)
    if expected is not None:
        assert problems[0].startswith("b.bed: ")
        assert expected in problems[0]

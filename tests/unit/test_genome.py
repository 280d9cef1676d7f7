from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist, check_blacklist
from maxatac.genome.chroms import (
    check_chrom_names,
    clean_name,
    compare_chrom_sizes,
    name_fault,
    other_spellings,
    read_chrom_sizes,
    tell_unknown,
)


def bases(blacklist: Blacklist) -> int:
    return sum(int(np.diff(blacklist.spans(chrom)).sum()) for chrom in blacklist.chroms)


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), max_size=20)


@pytest.mark.parametrize(
    "text",
    [
        b"chr2\t200\nchr1\t100\n",
        b"chr2 200\r\n\r\nchr1 100",
        b'"chr2"\t200\n"chr1"\t"100"\n',
        b"\xef\xbb\xbf# sizes\nchr2\t200\tmore\nchr1\t100\n",
        b"chr2\t200\t6\t60\t61\nchr1\t100\t300\t60\t61\n",  # a FASTA index
    ],
)
def test_chrom_sizes_are_read_in_order(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.chrom.sizes"
    path.write_bytes(text)
    problems = Problems()
    sizes = read_chrom_sizes(path, problems)
    assert problems.sentences() == []
    assert sizes is not None
    assert list(sizes.items()) == [("chr2", 200), ("chr1", 100)]


@pytest.mark.parametrize(
    ("text", "kind", "line", "found"),
    [
        (b"", "unreadable file", None, "chromosome sizes file is empty"),
        (b"# nothing\n", "format", None, "no chromosome"),
        (b"chr1\n", "line", 1, "1 column"),
        (b"chr1\t100\nchr2\tbig\n", "line", 2, "size 'big'"),
        (b"chr1\t0\n", "line", 1, "size '0'"),
        (b"chr1\t-5\n", "line", 1, "size '-5'"),
        (b"chr1\t1e6\n", "line", 1, "size '1e6'"),
        (b"chr1\t100\n\nchr1\t100\n", "line", 3, "chr1 stands in line 1 already"),
        (b"b'chr1'\t100\n", "line", 1, "the chromosome name b'chr1'"),
        (b"<html>", "format", None, "an HTML page"),
        (b">chr1\nACGT\n", "format", None, "FASTA text"),
        (b"\x43\x27\x41\x1a\0\0\0\0", "format", None, "a 2bit file"),
        (None, "missing file", None, "chromosome sizes file does not exist"),
    ],
)
def test_bad_chrom_sizes(tmp_path: Path, text: bytes | None, kind: str, line: int | None, found: str) -> None:
    path = tmp_path / "x.chrom.sizes"
    if text is not None:
        path.write_bytes(text)
    problems = Problems()
    assert read_chrom_sizes(path, problems) is None
    (problem,) = problems
    assert (problem.kind, problem.file, problem.line) == (kind, path, line)
    assert problem.found.startswith(found)


def test_a_blacklist_is_merged_and_sorted() -> None:
    blacklist = Blacklist({"chr1": ([50, 10, 20, 30, 90], [60, 20, 25, 30, 95]), "chr2": ([5], [5])}, source="b.bed")
    spans = blacklist.spans("chr1")
    assert spans.tolist() == [[10, 25], [50, 60], [90, 95]]
    assert spans.dtype == np.int64
    assert blacklist.chroms == ("chr1",)
    assert bases(blacklist) == 30
    assert len(blacklist) == 3
    assert blacklist.spans("chr2").shape == blacklist.spans("chr9").shape == (0, 2)


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [(0, 10, False), (0, 11, True), (24, 30, True), (25, 50, False), (0, 99, True), (12, 13, True), (95, 99, False)],
)
def test_overlaps_needs_a_shared_base(start: int, end: int, overlaps: bool) -> None:
    blacklist = Blacklist({"chr1": ([10, 50, 90], [25, 60, 95])})
    assert blacklist.overlaps("chr1", [start], [end]).tolist() == [overlaps]
    assert blacklist.overlaps("chr2", [start], [end]).tolist() == [False]
    assert Blacklist.empty().overlaps("chr1", [start], [end]).tolist() == [False]


@given(black=SPANS, queries=SPANS)
def test_the_blacklist_against_a_mask_of_bases(black: list[tuple[int, int]], queries: list[tuple[int, int]]) -> None:
    mask = np.zeros(400, dtype=bool)
    for start, length in black:
        mask[start : start + length] = True
    blacklist = Blacklist({"c": ([s for s, _ in black], [s + n for s, n in black])})
    assert bases(blacklist) == mask.sum()
    starts, ends = blacklist.spans("c").T
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
        ("chr1\u200b", ["chr1"], "chr1"),
        ("chr\u200b1", ["chr1"], "chr1"),
        ('"chr1"', ["chr1"], "chr1"),
        ("chr1", ["chr10", "chr11"], None),
        ("chrX", ["chr10"], None),
        ("10", ["1"], None),
    ],
)
def test_other_spellings(name: str, known: list[str], other: str | None) -> None:
    assert other_spellings([name, "nowhere"], known) == ({} if other is None else {name: other})


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("1", ["chr1", "chr2"], "it is called 'chr1' there"),
        ("chrrX", ["chrX", "chrY"], "did you mean chrX"),
        ("", ["chr1"], "there are chr1"),
        ("zebra", ["chr1", "chr2", "chr3", "chr4", "chr5"], "there are chr1, chr2, chr3, chr4 and 1 more"),
    ],
)
def test_a_name_that_is_not_there(name: str, known: list[str], hint: str) -> None:
    problems = Problems()
    tell_unknown("--chroms", [name], known, problems)
    (problem,) = problems
    assert (problem.kind, problem.option, problem.found) == (
        "chromosome",
        "--chroms",
        f"the genome has no {name or repr(name)}",
    )
    assert problem.hint is not None
    assert problem.hint.startswith(hint)


def test_many_names_that_are_not_there_are_counted() -> None:
    problems = Problems()
    tell_unknown("--chroms", [f"contig{number}" for number in range(1_000)], ["chr1"], problems)
    assert len(problems) == 6
    assert problems[-1].more == 995


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("chr1", "chr1"),
        (" chr1\t", "chr1"),
        ("\ufeffchr1", "chr1"),
        ("chr1\u200b", "chr1"),
        ("\xa0chr1\xa0", "chr1"),
        ('"chr1"', "chr1"),
        ("'chr1 '", "chr1"),
        ('"chr1', '"chr1'),
        ('"', '"'),
        ("chr 1", "chr 1"),
        ("", ""),
    ],
)
def test_clean_name(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize("name", ["", "b'chr1'", 'b"chr1"'])
def test_words_that_are_no_names(name: str) -> None:
    fault = name_fault(name)
    assert fault is not None
    assert not name or ("bytes" in fault.found and fault.expected == "chr1")


@pytest.mark.parametrize("name", ["chr1", "b", "b'", "b1'x'", "'b'"])
def test_odd_words_that_may_be_names(name: str) -> None:
    assert name_fault(name) is None


MAIN = {"chr1": 5, "chr2": 5, "chrM": 1, "KI270713.1": 1}


@pytest.mark.parametrize(
    ("counts", "known", "outcome", "words"),
    [
        # Judged by the share of the intervals, whatever the number of names.
        ({"chr1": 10}, MAIN, None, ()),
        ({"chr1": 91, "scaffold_7": 9}, MAIN, "INFO", ("9 of 100", "scaffold_7", "chr1, chr2")),
        ({"chr1": 90, "scaffold_7": 10}, MAIN, "WARNING", ("10 of 100", "scaffold_7", "chr1, chr2")),
        ({"chr1": 51, "scaffold_7": 49}, MAIN, "WARNING", ("49 of 100",)),
        ({"chr1": 50, "scaffold_7": 25, "scaffold_8": 25}, MAIN, "error", ("50 of 100", "scaffold_7, scaffold_8")),
        ({"scaffold_7": 3}, MAIN, "error", ("3 of 3", "chr1, chr2")),
        # Renaming would make it fit: an error, however few there are.
        ({"1": 98, "2": 1, "KI270713.1": 1}, MAIN, "error", ("99 of 100", "'1'", "'chr1' (and 1 more)")),
        ({"chr1": 99, "MT": 1}, MAIN, "error", ("1 of 100", "it writes 'MT' where the genome has 'chrM'")),
        ({"chr1": 99, "M": 1}, MAIN, "error", ("it writes 'M' where the genome has 'chrM'",)),
        ({"chr1": 98, "1": 2}, MAIN, "error", ("2 of 100", "it writes '1' where the genome has 'chr1'")),
        ({"chrM": 1}, {"1": 5, "MT": 1}, "error", ("it writes 'chrM' where the genome has 'MT'",)),
        ({"Chr01": 1}, {"Chr1": 5}, "error", ("it writes 'Chr01' where the genome has 'Chr1'",)),
        # A plant's names are as good as any.
        ({"Chr01": 1}, {"Chr01": 5, "scaffold_7": 1}, None, ()),
    ],
)  # fmt: skip
def test_names_that_match_in_part(
    counts: dict[str, int], known: dict[str, int], outcome: str | None, words: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    problems = Problems()
    with caplog.at_level("INFO", logger="maxatac"):
        good = check_chrom_names(counts, "p.bed", known, problems)
    assert good == (outcome != "error") == (not problems)
    told = problems.sentences() + [record.getMessage() for record in caplog.records]
    assert len(told) == (outcome is not None)
    assert [record.levelname for record in caplog.records] == [outcome] * (outcome in ("INFO", "WARNING"))
    for line in told:
        assert line.startswith("p.bed: ")
        assert [word for word in words if word not in line] == []
    # A problem says what to do.
    for problem in problems:
        assert (problem.kind, problem.file) == ("chromosome", Path("p.bed"))
        assert problem.hint is not None
        assert ("write the names alike" in problem.hint) != ("leave their lines out" in problem.hint)


def test_messages_stay_short_with_many_names(caplog: pytest.LogCaptureFixture) -> None:
    known = dict.fromkeys((f"scaffold_{number}" for number in range(20_000)), 1)
    unknown = dict.fromkeys((f"contig{number}x" for number in range(6_000)), 1)
    problems = Problems()
    with caplog.at_level("INFO", logger="maxatac"):
        assert check_chrom_names(unknown | known, "p.bed", known, problems)
    assert not check_chrom_names(unknown, "p.bed", known, problems)
    assert max(map(len, [*problems.sentences(), *caplog.messages])) < 400


TWOBIT, SIGNAL = Path("g.2bit"), Path("s.bw")


def test_sizes_that_agree_leave_no_problem_and_missing_ones_are_returned() -> None:
    problems = Problems()
    reference = {"chr1": 10, "chr2": 20, "chr3": 30}
    missing = compare_chrom_sizes(reference, TWOBIT, {"chr1": 10, "chr3": 31}, SIGNAL, ["chr1", "chr2"], problems)
    assert missing == ["chr2"]
    assert problems.sentences() == []  # chr3 differs, but is not used


def test_sizes_that_differ() -> None:
    problems = Problems()
    assert compare_chrom_sizes({"chr1": 1000}, TWOBIT, {"chr1": 1001}, SIGNAL, ["chr1"], problems) == []
    assert [(problem.kind, problem.file) for problem in problems] == [("size", SIGNAL)]
    assert problems.sentences() == ["s.bw: chr1 has 1,001 bp, but 1,000 bp in g.2bit; another genome build?"]


def test_many_sizes_that_differ_are_capped() -> None:
    problems = Problems()
    chroms = [f"chr{number}" for number in range(20)]
    compare_chrom_sizes(dict.fromkeys(chroms, 5), TWOBIT, dict.fromkeys(chroms, 6), SIGNAL, chroms, problems)
    assert len(problems) == 6
    assert (problems[-1].file, problems[-1].more) == (SIGNAL, 15)


def test_names_of_another_convention_are_a_problem_that_names_both() -> None:
    problems = Problems()
    reference = {"chr1": 10, "chrM": 20, "chr2": 5}
    missing = compare_chrom_sizes(reference, TWOBIT, {"1": 10, "MT": 20}, SIGNAL, list(reference), problems)
    assert missing == ["chr2"]
    (problem,) = problems
    assert (problem.kind, problem.file) == ("chromosome", SIGNAL)
    assert "it writes '1' where g.2bit has 'chr1' (and 1 more)" in problem.found


@pytest.mark.parametrize(
    ("intervals", "kind", "found"),
    [
        ({}, None, ""),
        ({"chr1": ([0], [100])}, None, ""),
        ({"chrUn": ([0], [900]), "chr1": ([0, 20, 40], [9, 29, 100])}, None, ""),  # its end is not known
        ({"chr1": ([50], [101])}, "size", "1 of 1 blacklist intervals end beyond their chromosome"),
        ({"1": ([0], [10])}, "chromosome", "it writes '1' where the genome has 'chr1'"),
        ({"chr1": ([0], [9]), "2": ([0], [9])}, "chromosome", "1 of 2 intervals are on chromosomes that the genome "),
    ],
)
def test_check_blacklist(intervals: dict[str, tuple[list[int], list[int]]], kind: str | None, found: str) -> None:
    problems = Problems()
    check_blacklist(Blacklist(intervals, source="b.bed"), {"chr1": 100}, problems, used=["chr1"])
    assert [(problem.kind, problem.file) for problem in problems] == [(kind, Path("b.bed"))] * (kind is not None)
    assert all(found in problem.found for problem in problems)


def test_one_interval_of_many_beyond_the_end(caplog: pytest.LogCaptureFixture) -> None:
    starts = np.arange(0, 1_000, 10)
    blacklist = Blacklist({"chr1": (starts, np.append(starts[:-1] + 5, 1_001))}, source="b.bed")
    check_blacklist(blacklist, {"chr1": 1_000}, problems := Problems(), used=["chr1"])
    assert not problems
    assert [word for word in ("b.bed", "1 of 100", "1,001", "chr1") if word not in caplog.text] == []


def test_a_blacklist_that_touches_no_chromosome_in_use(caplog: pytest.LogCaptureFixture) -> None:
    blacklist = Blacklist({"chr9": ([0], [10])}, source="b.bed")
    problems = Problems()
    check_blacklist(blacklist, {"chr1": 100, "chr9": 100}, problems, used=["chr9", "chr1"])
    assert caplog.messages == list(problems) == []
    check_blacklist(blacklist, {"chr1": 100, "chr9": 100}, problems, used=["chr1"])
    assert problems.sentences() == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert [word for word in ("b.bed", "chr1", "chr9", "changes nothing") if word not in caplog.text] == []

"""What a file of reads is taken for."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from bam import bgzf

from maxatac.errors import Problems
from maxatac.preparation.read_files import ReadsFile, find_format

BARCODE = "AAACGAAAGAAACGCC-1"
BEDPE = "chr1\t250\t300\tchr1\t100\t150\tq\t60\t-\t+\n"
TAG_ALIGN = "chr1\t100\t136\tN\t1000\t+\n"


def found(path: Path, content: str | bytes, wanted: str = "auto") -> tuple[ReadsFile | None, Problems]:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    problems = Problems()
    return find_format(path, wanted, problems), problems


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.bam", b"BAM\1" + bytes(8), "bam"),
        ("a.gz", b"BAM\1" + bytes(8), "bam"),
        ("fragments.tsv.gz", f"# 10x\nchr1\t1\t9\t{BARCODE}\t2\n", "fragments"),
        ("fragments.tsv", f"chr1\t1\t9\t{BARCODE}\t2\t+\n", "fragments"),
        ("fragments.tsv", "chr1\t1\t9\n", "fragments"),
        ("a.txt", f"chr1\t1\t9\t{BARCODE}\t2\n", "fragments"),
        ("a.bed", "chr1\t1\t9\n", "bed"),
        ("a.bedpe.gz", "chr1\t1\t9\n", "bed"),
        ("a.bed", f"chr1\t1\t9\t{BARCODE}\t2\n", "bed"),
        ("a.tagAlign.gz", TAG_ALIGN, "bed"),
        ("a.bedpe", BEDPE, "bedpe"),
        ("a.tsv", BEDPE, "bedpe"),
        ("a.bedpe", "chr1\t250\t300\t.\t-1\t-1\tq\t60\t-\t.\n", "bedpe"),
    ],
)
def test_formats(tmp_path: Path, name: str, content: str | bytes, expected: str) -> None:
    file, problems = found(tmp_path / name, content)
    assert not problems
    assert file is not None
    assert file.format == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.cram", b"CRAM\3" + bytes(8)),
        ("a.sam", "@HD\tVN:1.6\n"),
        ("a.bed", "@SQ\tSN:chr1\tLN:10\n"),
        ("a.txt", "chr1\t1\t9\n"),
        ("a.txt", TAG_ALIGN),
        ("a.tsv", TAG_ALIGN),
        ("a.bed", "chr1\t0\t9\tx\t0\t+\t0\t9\t0\t1\t9,\t0,\n"),
        ("a.bed", "# nothing\n\n"),
        ("a.bed", b"chr1\t1\t9\0"),
        ("a.bw", b"\x26\xfc\x8f\x88"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, content: str | bytes) -> None:
    file, problems = found(tmp_path / name, content)
    assert file is None
    assert [(problem.kind, problem.file) for problem in problems] == [("format", tmp_path / name)]


def test_cram_and_sam_are_named(tmp_path: Path) -> None:
    for name, content in (("a.cram", "CRAM\3"), ("a.sam", "@HD\tVN:1.6\n")):
        _, problems = found(tmp_path / name, content)
        assert name[2:].upper() in problems[0].found
        assert "samtools" in str(problems[0])


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.tsv", "chr1 104 295 A 1\n", "tabs"),
        ("a.bam", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "neither BAM nor text"),
        ("a.tsv.gz", gzip.compress(b"chr1\t1\t9\n")[:-4], "cut off"),
        ("a.tsv.gz", bgzf(b"chr1\t1\t9\n" * 90, block_size=300)[:-60], "cut off"),
    ],
)
def test_what_was_found_instead_is_said(tmp_path: Path, name: str, content: str | bytes, word: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems = Problems()
    assert find_format(path, "auto", problems) is None
    assert [problem.kind for problem in problems] == ["format"]
    assert word in str(problems[0])


@pytest.mark.parametrize(
    ("content", "wanted"), [(b"BAM\1" + bytes(8), "bed"), ("chr1\t1\t9\n", "bam"), (b"BAM\1" + bytes(8), "fragments")]
)
def test_another_format_than_was_said(tmp_path: Path, content: str | bytes, wanted: str) -> None:
    _, problems = found(tmp_path / "a.txt", content, wanted)
    assert [problem.kind for problem in problems] == ["format"]


@pytest.mark.parametrize("wanted", ["fragments", "bed", "bedpe"])
def test_what_is_said_is_not_guessed(tmp_path: Path, wanted: str) -> None:
    file, problems = found(tmp_path / "a.txt", "chr1\t1\t9\n", wanted)
    assert not problems
    assert file is not None
    assert file.format == wanted


def test_lines_are_whole_and_without_comments(tmp_path: Path) -> None:
    file, _ = found(tmp_path / "a.tsv.gz", b"# x\r\nchr1\t1\t9\t\xff\r\n\n#\nchr2\t2\t8\tB\n")
    assert file is not None
    assert file.lines == (("chr1", "1", "9", "\udcff"), ("chr2", "2", "8", "B"))
    assert file.columns == 4


def test_a_cut_file_is_looked_at_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "fragments.tsv.gz"
    path.write_bytes(gzip.compress(b"chr1\t1\t9\n" * 10_000)[:-4])
    problems = Problems()
    file = find_format(path, "auto", problems)
    assert not problems
    assert file is not None
    assert file.lines[0] == ("chr1", "1", "9")


def test_pipes_addresses_and_standard_input(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("-"), Path("https://example.org/a.bam"), Path("s3://bucket/a.bam")):
        problems = Problems()
        assert find_format(path, "auto", problems) is None
        assert len(problems) == 1
        assert "first" in str(problems[0])

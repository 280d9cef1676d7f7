from __future__ import annotations

import bz2
import gzip
import logging
import lzma
import struct
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maxatac.errors import Problems
from maxatac.genome import intervals as module
from maxatac.genome.blacklist import Blacklist, read_blacklist
from maxatac.genome.intervals import Intervals, Labels, read_intervals

Row = tuple[str, int, int, int]
EXPECTED: list[Row] = [("chr2", 100, 300, -1), ("chr1", 5, 9, -1)]


def decoded(labels: Labels) -> list[str]:
    return [labels.names[code] for code in labels.codes.tolist()]


def rows(intervals: Intervals | None) -> list[Row]:
    assert intervals is not None
    columns = (intervals.start, intervals.end, intervals.summit)
    assert all(column.dtype == np.int64 for column in (*columns, intervals.line))
    assert intervals.chrom.codes.dtype == np.int32
    assert len(intervals) == len(intervals.chrom)
    return list(zip(decoded(intervals.chrom), *(column.tolist() for column in columns), strict=True))


def write(tmp_path: Path, content: bytes, name: str = "x.bed") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "text",
    [
        b"chr2\t100\t300\nchr1\t5\t9\n",
        b"chr2\t100\t300\nchr1\t5\t9",
        b"chr2\t100\t300\r\nchr1\t5\t9\r\n",
        b"chr2\t100\t300\rchr1\t5\t9\r",
        b"\xef\xbb\xbfchr2\t100\t300\nchr1\t5\t9\n",
        b"chr2 100 300\nchr1  5   9\n",
        b"chr2 \t100\t 300\n chr1\t5\t9 \n",
        b"chr2\t100\t300\nchr1 5 9\n",
        b"chr2 100 300\nchr1\t5\t9\n",
        b"chr2\t100\t300\tname\t5\t+\nchr1\t5\t9\n",
        b"chr2\t100\t300\nchr1\t5\t9\tname with spaces\t5\t+\n",
        b'chr2\t100\t300\t"odd\nchr1\t5\t9\tna"me\n',
        b"chr2\t100\t300\tcaf\xe9\nchr1\t5\t9\t\xc3\xa9\n",
        b"browser position chr1:1-2\ntrack name=x\ttype=bed\n# note\n\nchr2\t100\t300\n#\n\n \t\ntrack\nchr1\t5\t9\n\n",
        b"chr2\t+100\t0300\nchr1\t5\t9\n",
        b"chr2\t100\t300\t\t\nchr1\t5\t9\t\t\t\t\n",
        b" # note\n  chr2 100 300\nbrowser\nchr1 5 9\n",
        b"chr2\t100\t300\n\xef\xbb\xbfchr1\t5\t9\n",  # two files put together, each with a byte-order mark
        b"chr2\xc2\xa0\t100\t300\nchr1\xe2\x80\x8b\t5\t9\n",  # no-break and zero-width space
        b"chrom\tchromStart\tchromEnd\nchr2\t100\t300\nchr1\t5\t9\n",
        b"# note\nChr start end\nchr2 100 300\nchr1 5 9\n",
        b"chr2\t100\t300\t201\tx\nchr1\t5\t9\t4\tx\n",  # a name that looks like a length
        b"chr2\t100\t300\t1\t2\t3\t4\t5\t6\t7\t8\t9\nchr1\t5\t9\t1\t2\t3\t4\t5\t6\t2\t8\t9\n",  # BED12 has no summit
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_read(tmp_path: Path, text: bytes, packed: bool) -> None:
    # The name says nothing about the packing.
    path = write(tmp_path, gzip.compress(text) if packed else text, "x.bed" if packed else "x.bed.gz")
    problems = Problems()
    intervals = read_intervals(path, problems)
    assert problems.sentences() == []
    assert rows(intervals) == EXPECTED
    assert intervals is not None
    assert intervals.path == path
    assert intervals.roi_type is intervals.cell_line is None


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"chr2\t100\t300\n") + gzip.compress(b"chr1\t5\t9\n"))
    assert rows(read_intervals(path, Problems())) == EXPECTED


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    intervals = read_intervals(write(tmp_path, b"track x\n\nchr2\t100\t300\n#\nchr1\t7\t7\nchr1\t5\t9\n"), Problems())
    assert intervals is not None
    assert intervals.line.tolist() == [3, 6]


NARROW = b"%s\t%d\t%d\tp\t1\t.\t1.5\t2.5\t-1\t%s\n"


@pytest.mark.parametrize(
    ("summits", "expected"),
    [
        ((b"20", b"0"), (120, 5)),
        ((b"-1", b"3"), (-1, 8)),
        ((b"199", b"-1"), (299, -1)),
        ((b"200", b"4"), (300, 9)),  # on the end, as some files of ENCODE have it
        ((b".", b"3"), (-1, 8)),
        ((b"1.5", b"3"), (-1, 8)),
        ((b"-7", b"3"), (-1, 8)),
        ((b"10.0", b"3.0"), (110, 8)),  # as pandas writes a column with a gap
        ((b"10.0", b"-1.0"), (110, -1)),
        ((b"10.0", b"1.5"), (110, -1)),
        ((b"1e+02", b"NA"), (200, -1)),
        ((b"nan", b"3.0"), (-1, 8)),
        ((b"inf", b"3.0"), (-1, 8)),
    ],
)
def test_summits_of_a_narrow_peak_file(tmp_path: Path, summits: tuple[bytes, bytes], expected: tuple[int, int]) -> None:
    text = NARROW % (b"chr2", 100, 300, summits[0]) + NARROW % (b"chr1", 5, 9, summits[1])
    intervals = read_intervals(write(tmp_path, b"track type=narrowPeak\n" + text), Problems())
    assert rows(intervals) == [("chr2", 100, 300, expected[0]), ("chr1", 5, 9, expected[1])]


def test_padding_of_a_spreadsheet_hides_no_summit(tmp_path: Path) -> None:
    text = (NARROW % (b"chr2", 100, 300, b"10")).replace(b"\n", b'\t\t""\n')
    assert rows(read_intervals(write(tmp_path, text), Problems())) == [("chr2", 100, 300, 110)]
    assert rows(read_intervals(write(tmp_path, b'"chr2"\t100\t300\t\t\n'), Problems())) == [("chr2", 100, 300, -1)]
    problems = Problems()
    assert read_intervals(write(tmp_path, b'""\t""\n'), problems) is None
    assert len(problems) == 1


IDR = "%s\t%d\t%d\t.\t1000\t.\t-1\t5.5\t-1\t%s\t5.00\tinf\t90\t310\t5.5\t%s\t-1\t-1\t6.5\t-1\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [(("20", "3"), (120, 8)), (("20.0", "-1"), (120, -1)), (("120", "8"), (120, 8)), (("250", "-1"), (250, -1))],
)
def test_summits_in_the_columns_of_idr(tmp_path: Path, written: tuple[str, str], expected: tuple[int, int]) -> None:
    text = IDR % ("chr2", 100, 300, written[0], 7) + IDR % ("chr1", 5, 9, written[1], 7)
    intervals = read_intervals(write(tmp_path, text.encode()), Problems())
    assert rows(intervals) == [("chr2", 100, 300, expected[0]), ("chr1", 5, 9, expected[1])]


@pytest.mark.parametrize(
    "columns",
    [
        "p 1 3 1.5 2.5 -1 2",  # no strand
        "p high + 1.5 2.5 -1 2",  # no score
        "p 1 + 1.5 x -1 2",
        "p 1 + 1.5 2.5 -1 x",
        "p 1 + 1.5 2.5 -1 2 1",  # eleven columns
        "p 1 + 100 300 0 1 200, 0,",  # BED12
        "p 1 + 1.5 2.5 -1 2 chr1 5 9 p 1 + 1.5 2.5 -1 2",  # two narrowPeaks side by side, from an intersection
    ],
)
def test_ten_columns_of_another_kind_have_no_summit(tmp_path: Path, columns: str) -> None:
    text = f"chr2 100 300 {columns}\nchr1 5 9 {columns}\n".replace(" ", "\t")
    assert rows(read_intervals(write(tmp_path, text.encode()), Problems())) == EXPECTED


def test_an_interval_of_one_base_is_its_own_summit(tmp_path: Path) -> None:
    assert rows(read_intervals(write(tmp_path, b"chr1\t7\t8\tMACS_peak_1\t5.5\n"), Problems())) == [("chr1", 7, 8, 7)]


MACS = b"chr1\t101\t300\t200\t150\t12.0\t9.5\t6.1\t7.2\tx_peak_1\nchr1\t5\t9\t5\t6\t2\t5\t1\t2\tx_peak_2\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MACS, 1),
        (b"# This file is generated by MACS\n\nchr\tstart\tend\tlength\tabs_summit\tpileup\n" + MACS, 4),
        (b"chr1\t101\t300\t200\t12.0\t9.5\t6.1\t7.2\tbroad_peak_1\n", 1),
        (b'"seqnames" "start" "end" "width" "strand"\n"chr1" 101 300 200 "*"\n"chr1" 5 9 5 "+"\n', 2),
        (b"seqnames\tstart\tend\twidth\nchr1\t101\t300\t200\nchr1\t5\t9\t5\n", 2),
    ],
)
def test_tables_that_count_from_one(tmp_path: Path, text: bytes, line: int) -> None:
    path = write(tmp_path, text)
    problems = Problems()
    assert read_intervals(path, problems) is None
    (problem,) = problems
    assert (problem.kind, problem.file, problem.line) == ("format", path, line)
    assert problem.found.startswith("end - start + 1 in column 4")
    assert [word for word in ("MACS", "GRanges", "count from 1") if word not in problem.found] == []
    assert problem.expected is not None


@pytest.mark.parametrize(
    "text",
    [
        b'"chr2"\t100\t300\n"chr1"\t5\t9\n',
        b'"chr2"\t"100"\t"300"\n"chr1"\t"5"\t"9"\n',
        b'"chr" "start" "end"\n"chr2" 100 300\n"chr1" 5 9\n',
        b"'chr2'\t100\t300\nchr1\t5\t9\n",
        b'"chr2 "\t100\t300\nchr1\t5\t9\n',
    ],
)
def test_names_in_quotation_marks(tmp_path: Path, text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, text)
    assert rows(read_intervals(path, Problems())) == EXPECTED
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{path}: ")
    assert "quotation marks" in caplog.messages[0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"chr1\t10\t20\nchr1 \t3000\t4000\nchr1\t50\t60\n", ["chr1", "chr1", "chr1"]),
        (b'chr1\t10\t20\n"chr1"\t3000\t4000\n\xc2\xa0chr1\t50\t60\n', ["chr1", "chr1", "chr1"]),
        (b"chr1\t10\t20\n chr1\t3000\t4000\nchr1\t50\t60\t\n", ["chr1", "chr1", "chr1"]),
        (b"chr1\t10\t20\r\nchr1 3000 4000\r\nchr1\t50\t60\r\n", ["chr1", "chr1", "chr1"]),
        # Blanks within a name belong to it, and a line without tabs does not change how others are split.
        (b"chr1 10 20\nchr 1\t3000\t4000\nchr1 50 60\n", ["chr1", "chr 1", "chr1"]),
        # Bytes that are no UTF-8 stay apart, and can be seen.
        (b"chr\xe9\t10\t20\nchr\xe8\t3000\t4000\nchr\xe9\t50\t60\n", ["chr\\xe9", "chr\\xe8", "chr\\xe9"]),
    ],
)
def test_no_interval_is_lost_by_how_its_name_is_written(tmp_path: Path, text: bytes, names: list[str]) -> None:
    path = write(tmp_path, text)
    spans = [(10, 20), (3000, 4000), (50, 60)]
    found = rows(read_intervals(path, Problems()))
    assert [(name, start, end) for name, start, end, _ in found] == [
        (name, *span) for name, span in zip(names, spans, strict=True)
    ]
    problems = Problems()
    blacklist = read_blacklist(path, problems)
    assert problems.sentences() == []
    assert {(name, start, end) for name in blacklist.chroms for start, end in blacklist.spans(name).tolist()} == {
        (name, *span) for name, span in zip(names, spans, strict=True)
    }


def test_a_label_stands_there_once() -> None:
    labels = Labels.of(["chr1", "chr1 ", "chr2", "chr1 "])
    assert decoded(labels) == ["chr1", "chr1", "chr2", "chr1"]
    assert labels.counts() == {"chr1": 3, "chr2": 1}
    with pytest.raises(ValueError, match="twice"):
        Labels(("chr1", "chr1"), labels.codes)


def test_a_summit_outside_its_peak_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = NARROW % (b"chr2", 100, 300, b"201") + NARROW % (b"chr1", 5, 9, b"999999999999999999")
    with caplog.at_level(logging.WARNING, logger="maxatac"):
        intervals = read_intervals(write(tmp_path, text), Problems())
    assert rows(intervals) == EXPECTED
    assert "2 summits lie outside their peaks" in caplog.text


def test_a_short_line_among_narrow_peaks_has_no_summit(tmp_path: Path) -> None:
    intervals = read_intervals(write(tmp_path, NARROW % (b"chr2", 100, 300, b"20") + b"chr1\t5\t9\n"), Problems())
    assert rows(intervals) == [("chr2", 100, 300, 120), ("chr1", 5, 9, -1)]


def test_intervals_of_length_zero_are_dropped_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="maxatac"):
        intervals = read_intervals(write(tmp_path, b"chr2\t100\t300\nchr1\t4\t4\nchr1\t0\t0\nchr1\t5\t9\n"), Problems())
    assert rows(intervals) == EXPECTED
    assert "left out 2 intervals of length 0" in caplog.text


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"chr1\tx\t9", "found start 'x'; expected a whole number"),
        (b"chr1\t5\t", "found end ''; expected a whole number"),
        (b"chr1\t1.0\t9", "found start '1.0'; expected a whole number"),
        (b"chr1\t5\t1e+05", "found end '1e+05'; expected a whole number"),
        (b"chr1\t1,000\t2,000", "found start '1,000'; expected a whole number"),
        (b"chr1\ttrue\t9", "found start 'true'; expected a whole number"),
        (b"chr1\t1_0\t90", "found start '1_0'; expected a whole number"),
        (b"chr1\t-5\t9", "found start -5; expected no negative number"),
        (b"chr1\t9\t5", "found start 9 behind end 5; expected start before end"),
        (b"chr1\t5\t4294967296", "found end 4294967296; expected at most 4294967295"),
        (b"chr1\t5\t99999999999999999999", "found end '99999999999999999999'; expected a whole number"),
        (b"chr1\t5", "found 2 columns; expected at least 3 (chromosome, start, end)"),
        (b"chr1:5-9", "found 1 column; expected at least 3 (chromosome, start, end)"),
        (b"chr1,5,9", "found 1 column; expected at least 3 (chromosome, start, end); commas instead of tabs?"),
        (b"1\tchr1\t5\t9", "found start 'chr1'; expected a whole number; is the chromosome in the second column?"),
        (
            b"b'chr1'\t5\t9",
            "found the chromosome name b'chr1', which is how Python prints bytes; expected chr1; "
            "write the file again, with the names decoded",
        ),
        (b"\t5\t9", "found no chromosome name; expected one in the first column"),
        (b"chrom\tchromStart\tchromEnd", "found start 'chromStart'; expected a whole number"),
    ],
)
def test_bad_lines(tmp_path: Path, line: bytes, fault: str) -> None:
    path = write(tmp_path, b"# first\nchr1\t1\t2\n" + line + b"\nchr1\t3\t4\n")
    problems = Problems()
    assert read_intervals(path, problems) is None
    assert [(problem.kind, problem.file, problem.line) for problem in problems] == [("line", path, 3)]
    assert problems.sentences() == [f"{path}, line 3: {fault}"]


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, b"chr1\t1\t2\n" + b"chr1\t2\t1\n" * 1000)
    problems = Problems()
    assert read_intervals(path, problems) is None
    assert [problem.line for problem in problems] == [2, 3, 4, 5, 6, None]
    assert {(problem.kind, problem.file) for problem in problems} == {("line", path)}
    assert problems[-1].more == 995


PACKED = gzip.compress(b"chr1\t5\t9\n" * 100, mtime=0)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "ATAC peaks is empty"),
        (b"\n\n", "found no interval"),
        (b"track name=x\n# nothing\n", "found no interval"),
        (b"#Chr\tStart\tStop\tROI_Type\tCell_Line\n", "found no interval"),
        (b"chr1\t5\t5\nchr1\t9\t9\n", "found no interval but 2 of length 0"),
        (b"<!DOCTYPE html><html></html>", "found an HTML page; expected ATAC peaks as BED or narrowPeak text"),
        (gzip.compress(b"<html>", mtime=0), "found an HTML page"),
        (struct.pack("<I", 0x888FFC26) + bytes(60), "found a bigWig; expected ATAC peaks as BED"),
        (struct.pack("<I", 0x8789F2EB) + bytes(60), "found a bigBed"),
        (b"PK\x03\x04", "found a Zip archive"),
        (b"fixedStep chrom=chr1 start=1 step=1\n1\n", "found wiggle text"),
        ("chr1\t5\t9\n".encode("utf-16"), "found UTF-16 text (save it as UTF-8); expected ATAC peaks"),
        ("chr1\t5\t9\n".encode("utf-16-le"), "found UTF-16 text"),
        ("chr1\t5\t9\n".encode("utf-16-be"), "found UTF-16 text"),
        (bz2.compress(b"chr1\t5\t9\n"), "found a bzip2 file"),
        (lzma.compress(b"chr1\t5\t9\n"), "found an xz file"),
        (b"\x28\xb5\x2f\xfd\x24\x0b\x59\0\0chr1\t5\t9\n", "found a Zstandard file"),
        (gzip.compress(b"BAM\1\0\0\0\0", mtime=0), "found a BAM file"),
        (b"chr1\t5\t9\tx\0\n", "found BED text with zero bytes"),
        (PACKED[:-6], "the gzip file is truncated"),
        (PACKED[:-12], "the gzip file is truncated"),
        (PACKED[:-8] + bytes(8), "the gzip file is damaged"),
        (PACKED[:10] + b"\xff" * 20, "the gzip file is damaged"),
        (gzip.compress(b"", mtime=0), "is empty once unpacked"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, content: bytes, fault: str) -> None:
    path = write(tmp_path, content)
    problems = Problems()
    assert read_intervals(path, problems) is None
    (problem,) = problems
    kind = "unreadable file" if "is empty" in fault else "format"
    assert (problem.kind, problem.file, problem.line) == (kind, path, None)
    assert str(problem).startswith(f"{path}: {fault}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    problems = Problems()
    assert read_intervals(tmp_path / "gone.bed", problems, what="CHIP peaks") is None
    assert problems.sentences() == [f"{tmp_path / 'gone.bed'}: CHIP peaks does not exist"]


TABLE = b"chr2\t100\t300\tATAC\tK562\nchr1\t5\t9\tCHIP\t.\n"


@pytest.mark.parametrize(
    "header",
    [
        b"#Chr\tStart\tStop\tROI_Type\tCell_Line\n",
        b"Chr\tStart\tStop\tROI_Type\tCell_Line\n",
        b"\n# saved by a run\n#chr\tstart\tstop\troi_type\tcell_line\r\n",
    ],
)
@pytest.mark.parametrize("space", [b"\t", b" "])
def test_a_table_of_regions(tmp_path: Path, header: bytes, space: bytes) -> None:
    problems = Problems()
    intervals = read_intervals(write(tmp_path, (header + TABLE).replace(b"\t", space)), problems)
    assert problems.sentences() == []
    assert rows(intervals) == EXPECTED
    assert intervals is not None
    assert intervals.roi_type is not None
    assert intervals.cell_line is not None
    assert decoded(intervals.roi_type) == ["ATAC", "CHIP"]
    assert decoded(intervals.cell_line) == ["K562", "."]


def test_a_table_with_its_last_columns_changed_about(tmp_path: Path) -> None:
    text = b"Chr\tStart\tStop\tCell_Line\tscore\tROI_Type\nchr2\t100\t300\tK562\t7\tATAC\nchr1\t5\t9\t\t8\tCHIP\n"
    intervals = read_intervals(write(tmp_path, text), Problems())
    assert rows(intervals) == EXPECTED
    assert intervals is not None
    assert intervals.cell_line is not None
    assert intervals.roi_type is not None
    assert decoded(intervals.cell_line) == ["K562", ""]
    assert decoded(intervals.roi_type) == ["ATAC", "CHIP"]


def test_a_table_with_coordinates_only(tmp_path: Path) -> None:
    intervals = read_intervals(write(tmp_path, b"Chr\tStart\tStop\nchr2\t100\t300\nchr1\t5\t9\n"), Problems())
    assert rows(intervals) == EXPECTED
    assert intervals is not None
    assert intervals.roi_type is None


def test_a_header_that_is_passed_over_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="maxatac"):
        read_intervals(write(tmp_path, b"#Chr\tStart\tStop\tROI_Type\tCell_Line\n" + TABLE), Problems())
        assert caplog.messages == []
        path = write(tmp_path, b"#c\nchrom\tchromStart\tchromEnd\nchr1\t5\t9\n")
        read_intervals(path, Problems())
    assert caplog.messages == [f"{path}, line 2: skipped as a header"]


def test_names_that_look_like_numbers(tmp_path: Path) -> None:
    names = ["01", "1", "3e2", "1.0", "-0"]
    intervals = read_intervals(write(tmp_path, "".join(f"{name}\t5\t9\n" for name in names).encode()), Problems())
    assert intervals is not None
    assert decoded(intervals.chrom) == names
    table = b"Chr\tStart\tStop\tROI_Type\tCell_Line\n1\t5\t9\tATAC\t007\n"
    intervals = read_intervals(write(tmp_path, table), Problems())
    assert intervals is not None
    assert intervals.cell_line is not None
    assert decoded(intervals.cell_line) == ["007"]


def test_a_short_line_in_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, b"Chr\tStart\tStop\tROI_Type\tCell_Line\n" + TABLE + b"chr1\t5\t9\n")
    problems = Problems()
    assert read_intervals(path, problems) is None
    assert problems.sentences() == [f"{path}, line 4: found 3 columns; expected at least 5 (as in the header)"]


def test_a_comment_that_reads_like_a_header_is_a_comment(tmp_path: Path) -> None:
    path = write(tmp_path, b"# chr start stop roi_type\nchr2\t100\t300\nchr1\t5\t9\n")
    assert rows(read_intervals(path, Problems())) == EXPECTED


FIELD = st.sampled_from(
    ["chr1", "chrX", "01", "0", "5", " 7", "12", "-1", "1.0", "x", "", "3e2", '"5"', "b'chr1'", "\xa05"]
)
LINE = st.one_of(
    st.tuples(
        st.sampled_from(["chr1", "chr1 ", '"chr1"', "2", "a b", "\ufeff2"]), st.integers(0, 50), st.integers(50, 99)
    ).map(lambda row: "\t".join(map(str, row))),
    st.lists(FIELD, min_size=2, max_size=5).map("\t".join),
    st.lists(FIELD, min_size=2, max_size=5).map(" ".join),
)


@example(lines=["3e2\t0\t0"])
@given(lines=st.lists(LINE.filter(str.strip), min_size=1, max_size=5))
def test_the_fast_parser_agrees_with_the_careful_one(lines: list[str]) -> None:
    raw = [line.encode() for line in lines]
    layout = module._Layout()
    found = Problems()
    numbers = np.arange(1, len(raw) + 1)
    careful = module._parse_slowly(Path("x"), raw, numbers, layout, found)
    fast = module._parse_fast(Path("x"), raw, numbers, layout)
    if fast is not None and module._is_sound(fast):
        assert found.sentences() == []
        assert decoded(fast.chrom) == decoded(careful.chrom)
        assert fast.start.tolist() == careful.start.tolist()
        assert fast.end.tolist() == careful.end.tolist()


@pytest.mark.parametrize("name", ["3e2", "1e5", "007", "NaN", "True", "inf", "0x10", "1_000", "nan", "12"])
def test_a_name_that_reads_like_a_number_stays_text(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{name}\t100\t300\n{name}\t5\t9\n".encode())
    intervals = read_intervals(path, Problems())
    assert intervals is not None
    assert decoded(intervals.chrom) == [name, name]


def test_an_ordinary_file_takes_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_parse_slowly", None)
    # A lone quotation mark is a character like any other, and must not send the parser astray.
    line = (NARROW % (b"chr1", 5, 90, b"7")).replace(b"\tp\t", b'\t"p\t')
    path = write(tmp_path, b"track x\n" + line * 1000)
    assert rows(read_intervals(path, Problems())) == [("chr1", 5, 90, 12)] * 1000


def make_bigwig(path: Path, entries: list[tuple[str, int, int, float]], size: int = 5_000_000) -> None:
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([("chr1", size), ("chr2", size)], maxZooms=0)
        chroms, starts, ends, values = map(list, zip(*entries, strict=True))
        track.addEntries(chroms, starts, ends=ends, values=values)


BLACK = [("chr1", 10, 20, 1.0), ("chr1", 20, 30, 0.5), ("chr1", 40, 50, 0.0), ("chr1", 999_990, 3_000_010, 1.0),
         ("chr2", 0, 5, 2.0), ("chr2", 7, 9, -1.0)]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["bed", "bigwig"])
def test_a_blacklist_of_either_kind(tmp_path: Path, kind: str, packed: bool) -> None:
    path = tmp_path / "black"
    if kind == "bigwig":
        make_bigwig(path, BLACK)
    else:
        path.write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e, value in reversed(BLACK) if value > 0))
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    problems = Problems()
    blacklist = read_blacklist(path, problems)
    assert problems.sentences() == []
    assert blacklist.source == str(path)
    spans = {chrom: blacklist.spans(chrom).tolist() for chrom in ("chr1", "chr2")}
    assert spans == {"chr1": [[10, 30], [999_990, 3_000_010]], "chr2": [[0, 5]]}


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        (b"", "unreadable file", "blacklist is empty"),
        (b"<html>", "format", "an HTML page"),
        (b"chr1\t9\t5\n", "line", "start 9 behind end 5"),
        (struct.pack("<I", 0x888FFC26) + bytes(20), "format", "the blacklist bigWig cannot be read"),
        (PACKED[:-4], "format", "the gzip file is truncated"),
    ],
)
def test_a_bad_blacklist(tmp_path: Path, content: bytes, kind: str, found: str) -> None:
    path = write(tmp_path, content)
    problems = Problems()
    assert len(read_blacklist(path, problems)) == 0
    (problem,) = problems
    assert (problem.kind, problem.file) == (kind, path)
    assert problem.found.startswith(found)


def test_a_blacklist_that_ends_after_its_header(tmp_path: Path) -> None:
    path = tmp_path / "cut.bw"
    make_bigwig(path, BLACK)
    path.write_bytes(path.read_bytes()[:64])
    problems = Problems()
    assert len(read_blacklist(path, problems)) == 0
    (problem,) = problems
    assert (problem.kind, problem.file) == ("format", path)
    assert str(problem).startswith(f"{path}: the blacklist bigWig cannot be read: ")
    assert str(problem).count(str(path)) == 1


def test_any_byte_of_a_blacklist_may_be_wrong(tmp_path: Path) -> None:
    """An error, or the same intervals; no one can tell what a name, or the length of a chromosome, should be."""
    path = tmp_path / "black.bw"
    make_bigwig(path, BLACK)
    whole = path.read_bytes()
    expected = read_blacklist(path, Problems())

    def spans(blacklist: Blacklist) -> list[list[list[int]]]:
        return [blacklist.spans(chrom).tolist() for chrom in ("chr1", "chr2")]

    names = whole.index(b"chr1")
    silent = set()
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            problems = Problems()
            found = read_blacklist(path, problems)
            assert len(problems) <= 1
            if not problems and spans(found) != spans(expected):
                silent.add(place)
    # Each name is followed by a number and a length, 4 bytes each.
    assert silent <= {
        names + offset for first in (0, 12) for offset in (*range(first, first + 4), *range(first + 8, first + 12))
    }


def test_no_blacklist_file(tmp_path: Path) -> None:
    problems = Problems()
    assert len(read_blacklist(tmp_path / "gone.bw", problems)) == 0
    assert problems.sentences() == [f"{tmp_path / 'gone.bw'}: blacklist does not exist"]

from __future__ import annotations

import gzip
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.data import regions as module
from maxatac.data.regions import KINDS, Center, PoolReport, RoiPool, build_pools, pool_from_file, tell_of_pools
from maxatac.data.roi_files import save_roi
from maxatac.data.samples import Place, Sample
from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.intervals import Intervals, Labels

SIZES = {"chr1": 10_000, "chr2": 5_000, "chr3": 1_024}
BLACKLIST = Blacklist({"chr1": ([4_000], [4_001]), "chr2": ([0], [100])}, source="black.bed")

Roi = tuple[str, int, str, str]
Bed = Sequence[tuple[str | int, ...]]


def bed(path: Path, rows: Bed) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def narrow(chrom: str, start: int, end: int, summit: int) -> tuple[str | int, ...]:
    return (chrom, start, end, "p", 0, ".", 0, 0, 0, summit)


def sample(cell_line: str, atac: Path | None, chip: Path | None, label: Literal["Train", "Test"] = "Train") -> Sample:
    return Sample(cell_line, "CTCF", Path("a.bw"), Path("b.bw"), atac, chip, label, Place(Path("meta.tsv"), 2))


def listed(pool: RoiPool) -> list[Roi]:
    assert (pool.chrom.dtype, pool.start.dtype) == (np.int32, np.int64)
    assert (pool.kind.dtype, pool.cell.dtype) == (np.int8, np.int32)
    return [
        (pool.chroms[chrom], start, KINDS[kind], pool.cell_lines[cell] if cell >= 0 else ".")
        for chrom, start, kind, cell in zip(
            pool.chrom.tolist(), pool.start.tolist(), pool.kind.tolist(), pool.cell.tolist(), strict=True
        )
    ]


def numbers(report: PoolReport) -> list[tuple[int, ...]]:
    return [(s.intervals, s.other_chromosomes, s.beyond_end, s.off_end, s.blacklisted, s.kept) for s in report.sources]


def from_file(
    path: Path, *, chroms: Sequence[str] = ("chr1", "chr2"), center: Literal["midpoint", "summit"] = "midpoint",
    blacklist: Blacklist = BLACKLIST, cell_lines: Sequence[str] = ("A", "B"),
) -> tuple[RoiPool, PoolReport, Problems]:  # fmt: skip
    problems = Problems()
    pool, report = pool_from_file(path, chroms, SIZES, blacklist, problems, cell_lines=cell_lines, center=center)
    return pool, report, problems


def test_pools_of_two_cell_types(tmp_path: Path) -> None:
    atac = bed(tmp_path / "a.bed", [("chr2", 2_000, 2_200), ("chr1", 1_000, 1_201), ("chr1", 1_000, 1_201)])
    chip = bed(tmp_path / "c.bed", [("chr1", 6_000, 6_010)])
    other = bed(tmp_path / "o.bed", [("chr2", 3_000, 3_002)])
    samples = [
        sample("A", atac, chip),
        sample("T", Path("never/read.bed"), Path("never/read.bed"), "Test"),
        sample("B", other, chip),
    ]
    problems = Problems()
    pools = build_pools(samples, {"training": ["chr1"], "validation": ["chr2", "chr3"]}, SIZES, BLACKLIST, problems)
    assert problems.sentences() == []
    training, report = pools["training"]
    assert training.cell_lines == ("A", "B")
    assert training.chroms == ("chr1",)
    # Duplicates stay; meta file order, ATAC before CHIP, file order.
    assert listed(training) == [
        ("chr1", 588, "ATAC", "A"),
        ("chr1", 588, "ATAC", "A"),
        ("chr1", 5_493, "CHIP", "A"),
        ("chr1", 5_493, "CHIP", "B"),
    ]
    assert len(training) == 4
    assert training.counts_by_cell() == {"A": 3, "B": 1}
    assert numbers(report) == [(3, 1, 0, 0, 0, 2), (1, 0, 0, 0, 0, 1), (1, 1, 0, 0, 0, 0), (1, 0, 0, 0, 0, 1)]
    validation, report = pools["validation"]
    assert listed(validation) == [("chr2", 1_588, "ATAC", "A"), ("chr2", 2_489, "ATAC", "B")]
    assert report.name == "validation"


def test_each_peak_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bed(tmp_path / "a.bed", [("chr1", 1_000, 1_200), ("chr2", 2_000, 2_200)])
    read: list[Path] = []
    original = module.read_intervals

    def counting(path: Path, problems: Problems, **how: Any) -> Intervals | None:
        read.append(path)
        return original(path, problems, **how)

    monkeypatch.setattr(module, "read_intervals", counting)
    wanted = {"training": ["chr1"], "validation": ["chr2"]}
    build_pools([sample("A", path, path), sample("B", path, path)], wanted, SIZES, BLACKLIST, Problems())
    assert read == [path]


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (("chr1", 0, 1_024), "kept"),  # touches the start
        (("chr1", 8_976, 10_000), "kept"),  # touches the end
        (("chr3", 0, 1_024), "kept"),  # touches both
        (("chr1", 510, 512), "off_end"),
        (("chr1", 511, 513), "kept"),
        (("chr1", 9_487, 9_489), "kept"),
        (("chr1", 9_488, 9_490), "off_end"),
        (("chr1", 9_000, 10_001), "beyond_end"),
        (("chr1", 10_000, 10_200), "beyond_end"),
        (("chr1", 2_976, 4_000), "kept"),  # touches the blacklist
        (("chr1", 2_977, 4_001), "blacklisted"),
        (("chr1", 4_000, 5_024), "blacklisted"),
        (("chr1", 4_001, 5_025), "kept"),
        (("chr4", 2_000, 2_200), "other_chromosomes"),
        (("chr2", 2_000, 2_200), "other_chromosomes"),
        # what fails several filters counts for the first
        (("chr2", 0, 9_999), "other_chromosomes"),
        (("chr1", 0, 90_000), "beyond_end"),
    ],
)
def test_filters(tmp_path: Path, row: tuple[str, int, int], fate: str) -> None:
    # 200 good intervals, so that one bad one does not make it another genome.
    good = [("chr1", 6_000, 6_100)] * 200
    path = bed(tmp_path / "x.bed", [*good, row])
    problems = Problems()
    pools = build_pools([sample("A", path, None)], {"training": ["chr1", "chr3"]}, SIZES, BLACKLIST, problems)
    assert problems.sentences() == []
    pool, report = pools["training"]
    (source,) = report.sources
    assert source.intervals == 201
    assert source.kept == len(pool) == 200 + (fate == "kept")
    assert getattr(source, fate) == (201 if fate == "kept" else 1)


CHROM = st.sampled_from(["chr1", "chr2", "chr3", "chrUn"])
SPAN = st.tuples(CHROM, st.integers(0, 10_500), st.integers(1, 3_000), st.integers(-1, 100))


@given(
    spans=st.lists(SPAN, min_size=1, max_size=30),
    black=st.lists(SPAN, max_size=4),
    center=st.sampled_from(["midpoint", "summit"]),
)
def test_the_filters_against_plain_loops(
    spans: list[tuple[str, int, int, int]],
    black: list[tuple[str, int, int, int]],
    center: Literal["midpoint", "summit"],
) -> None:
    masks = {chrom: np.zeros(20_000, dtype=bool) for chrom in ("chr1", "chr2", "chr3", "chrUn")}
    columns: dict[str, tuple[list[int], list[int]]] = {}
    for chrom, start, length, _ in black:
        masks[chrom][start : start + length] = True
        columns.setdefault(chrom, ([], []))[0].append(start)
        columns[chrom][1].append(start + length)
    wanted = ("chr2", "chr1")
    expected = []
    for chrom, start, length, offset in spans:
        end, summit = start + length, start + offset if 0 <= offset < length else -1
        middle = summit if center == "summit" and summit >= 0 else (start + end) // 2
        first = middle - 512
        if chrom not in wanted:
            expected.append("other")
        elif end > SIZES[chrom]:
            expected.append("beyond")
        elif first < 0 or first + 1024 > SIZES[chrom]:
            expected.append("off")
        elif masks[chrom][first : first + 1024].any():
            expected.append("black")
        else:
            expected.append(f"{chrom}:{first}")
    names = ("chrUn", "chr3", "chr2", "chr1")
    start = np.array([row[1] for row in spans])
    end = start + np.array([row[2] for row in spans])
    offset = np.array([row[3] for row in spans])
    intervals = Intervals(
        Path("x.bed"),
        Labels(names, np.array([names.index(row[0]) for row in spans], dtype=np.int32)),
        start,
        end,
        np.where((offset >= 0) & (offset < end - start), start + offset, -1),
        np.arange(len(spans)) + 1,
    )
    starts, _ = module._window_starts(intervals, center)
    chrom, fate = module._judge(intervals, starts, wanted, SIZES, Blacklist(columns))
    words = dict(enumerate(("other", "beyond", "off", "black")))
    found = [
        words.get(f, f"{wanted[c]}:{s}") for c, s, f in zip(chrom.tolist(), starts.tolist(), fate.tolist(), strict=True)
    ]
    assert found == expected


@pytest.mark.parametrize(("center", "starts"), [("midpoint", [1_588, 1_588]), ("summit", [1_498, 1_588])])
def test_center(tmp_path: Path, center: Literal["midpoint", "summit"], starts: list[int]) -> None:
    path = bed(tmp_path / "x.narrowPeak", [narrow("chr1", 2_000, 2_200, 10), narrow("chr1", 2_000, 2_200, -1)])
    pools = build_pools([sample("A", path, None)], {"training": ["chr1"]}, SIZES, BLACKLIST, [], center=center)
    assert pools["training"][0].start.tolist() == starts
    assert from_file(path, center=center)[0].start.tolist() == starts


def test_regions_without_a_summit_are_counted_by_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    some = [narrow("chr1", 2_000, 2_200, 10), narrow("chr1", 2_000, 2_200, -1), narrow("chr2", 2_000, 2_200, -1)]
    atac = bed(tmp_path / "a.narrowPeak", some)
    chip = bed(tmp_path / "c.bed", [("chr1", 6_000, 6_100), ("chr1", 6_000, 6_100)])
    wanted = {"training": ["chr1"]}
    centers: tuple[Center, Center] = ("midpoint", "summit")
    for center in centers:
        caplog.clear()
        problems = Problems()
        with caplog.at_level("INFO", logger="maxatac"):
            pools = build_pools([sample("A", atac, chip)], wanted, SIZES, BLACKLIST, problems, center=center)
            tell_of_pools(pools, center=center)
        told = [(record.levelname, record.getMessage()) for record in caplog.records]
        if center == "midpoint":
            assert told == list(problems) == []
    assert [source.without_summit for source in pools["training"][1].sources] == [1, 2]
    assert [level for level, _ in told] == ["INFO", "WARNING", "INFO"]
    for (_, text), words in zip(told, (["1 of 2", str(atac)], ["2 of 2", str(chip)], ["3 of 4", "all"]), strict=True):
        assert [word for word in words if word not in text] == []
    # The sum over one file is not told again.
    caplog.clear()
    with caplog.at_level("INFO", logger="maxatac"):
        tell_of_pools(
            build_pools([sample("A", chip, None)], wanted, SIZES, BLACKLIST, Problems(), center="summit"),
            center="summit",
        )
    assert len(caplog.records) == 1
    # Windows that stay where they are need no summit.
    path = bed(tmp_path / "w.bed", [("chr1", 5_000, 6_024), ("chr1", 6_000, 6_001), ("chr1", 6_000, 6_100)])
    assert [source.without_summit for source in from_file(path, center="summit")[1].sources] == [1]


def test_a_cell_type_without_a_region_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    here = bed(tmp_path / "a.bed", [("chr1", 6_000, 6_100)])
    elsewhere = bed(tmp_path / "b.bed", [("chr2", 2_000, 2_100), ("chr1", 0, 10)])
    samples = [sample("A", here, here), sample("B", elsewhere, elsewhere)]
    problems = Problems()
    pools = build_pools(samples, {"training": ["chr1"], "validation": ["chr2", "chr1"]}, SIZES, BLACKLIST, problems)
    tell_of_pools(pools, center="midpoint")
    assert problems.sentences() == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no training region of B is left, of 4 intervals" in caplog.text
    # Regions of no cell type are read in every one.
    caplog.clear()
    pool, report, _ = from_file(here)
    tell_of_pools({"training": (pool, report)}, center="midpoint")
    assert caplog.records == []


def test_regions_of_no_cell_type_are_counted_apart(tmp_path: Path) -> None:
    pool, _, _ = from_file(bed(tmp_path / "x.bed", [("chr1", 6_000, 6_100), ("chr2", 2_000, 2_100)]))
    assert pool.counts_by_cell() == {"A": 0, "B": 0, ".": 2}


def test_windows_of_a_file_stay_and_others_are_centred(tmp_path: Path) -> None:
    path = bed(
        tmp_path / "x.narrowPeak",
        [narrow("chr1", 5_001, 6_025, 7), narrow("chr1", 5_001, 6_026, 512), narrow("chr2", 2_000, 2_100, -1)],
    )
    pool, report, problems = from_file(path, center="summit")
    assert problems.sentences() == []
    assert listed(pool) == [("chr1", 5_001, "ROI", "."), ("chr1", 5_001, "ROI", "."), ("chr2", 1_538, "ROI", ".")]
    assert numbers(report) == [(3, 0, 0, 0, 0, 3)]


def test_a_table_brings_kinds_and_cell_types(tmp_path: Path) -> None:
    path = bed(
        tmp_path / "x.bed",
        [
            ("Chr", "Start", "Stop", "ROI_Type", "Cell_Line"),
            ("chr1", 5_000, 6_024, "CHIP", "B"),
            ("chr1", 0, 90_000, "atac", "A"),
            ("chr2", 2_000, 3_024, "atac", "A"),
            ("chr2", 0, 1_024, "enhancer", "."),
            *[("chr1", 6_000, 7_024, "ATAC", "A")] * 100,
        ],
    )
    pool, report, problems = from_file(path)
    assert problems.sentences() == []
    assert listed(pool)[:2] == [("chr1", 5_000, "CHIP", "B"), ("chr2", 2_000, "ATAC", "A")]
    assert [(s.cell_line, s.kind) for s in report.sources] == [(".", "ROI"), ("A", "ATAC"), ("B", "CHIP")]
    assert numbers(report) == [(1, 0, 0, 0, 1, 0), (102, 0, 1, 0, 0, 101), (1, 0, 0, 0, 0, 1)]


def test_a_cell_type_that_does_not_train(tmp_path: Path) -> None:
    rows: Bed = [("Chr", "Start", "Stop", "ROI_Type", "Cell_Line"), ("chr1", 5_000, 6_024, "ATAC", "A"),
                 ("chr1", 5_000, 6_024, "ATAC", "T"), ("chr1", 5_000, 6_024, "ATAC", "U")]  # fmt: skip
    path = bed(tmp_path / "x.bed", rows)
    _, _, problems = from_file(path)
    assert [(problem.kind, problem.file, problem.line) for problem in problems] == [("value", path, 3)]
    assert problems.sentences() == [f"{path}, line 3: no training cell type is called T, U; there are A, B"]


def test_a_pool_that_is_empty_says_what_each_filter_took(tmp_path: Path) -> None:
    path = bed(tmp_path / "x.bed", [("chr2", 2_000, 2_100), ("chr1", 0, 10), ("chr1", 3_500, 4_500), ("chr1", 1, 2)])
    expected = (
        f"no training region is left: of 4 intervals ({path}) 1 are on other chromosomes than chr1, "
        "0 beyond a chromosome's end, 2 too near an end for a window, 1 blacklisted"
    )
    pool, _, problems = from_file(path, chroms=["chr1"])
    assert len(pool) == 0
    assert problems.sentences() == [expected]
    problems = Problems()
    build_pools([sample("A", path, None)], {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    assert problems.sentences() == [expected]


def test_no_peak_file_at_all() -> None:
    problems = Problems()
    pools = build_pools([sample("A", None, None)], {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    (problem,) = problems
    assert problem.kind == "regions"
    assert "no peak file given" in problem.found
    assert listed(pools["training"][0]) == []


def test_no_word_about_an_empty_pool_whose_cause_lies_before(tmp_path: Path) -> None:
    path = bed(tmp_path / "x.bed", [("chr1", 6_000, 6_100)])
    problems = Problems()
    build_pools([], {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    build_pools([sample("A", path, None, "Test")], {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    build_pools([sample("A", path, None)], {"training": []}, SIZES, BLACKLIST, problems)
    assert list(problems) == list(from_file(path, chroms=[])[2]) == []


def test_names_of_another_convention(tmp_path: Path) -> None:
    path = bed(tmp_path / "x.bed", [("1", 2_000, 2_100), ("2", 0, 10)])
    expected = [
        f"{path}: 2 of 2 intervals are on chromosomes that the genome lacks: it writes '1' where the genome has 'chr1' "
        "(and 1 more); nothing is renamed: write the names alike in both"
    ]
    assert from_file(path)[2].sentences() == expected
    problems = Problems()
    pools = build_pools([sample("A", path, path)], {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    # Told once, though two columns name the file, and without an empty pool in its wake.
    assert problems.sentences() == expected
    assert len(pools["training"][0]) == 0


@pytest.mark.parametrize(("beyond", "good", "refused"), [(1, 99, False), (2, 98, True), (1, 98, True), (100, 0, True)])
def test_intervals_beyond_the_end(
    tmp_path: Path, beyond: int, good: int, refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # An unknown chromosome is not counted: nothing is known of its end.
    rows = [("chrUn", 1, 900_000)] * 5 + [("chr2", 2_000, 2_100)] * good + [("chr1", 9_900, 10_001)] * beyond
    path = bed(tmp_path / "x.bed", rows)
    told = (
        f"{beyond} of {beyond + good} intervals reach beyond their chromosome's end, first chr1:9900-10001, where "
        "chr1 has 10000 bp"
    )
    with caplog.at_level(logging.WARNING, logger="maxatac"):
        pool, report, problems = from_file(path)
    if refused:
        (problem,) = problems
        assert (problem.kind, problem.file, problem.line, problem.found) == ("size", path, 6 + good, told)
    else:
        assert problems.sentences() == []
        assert [record.getMessage() for record in caplog.records] == [f"{path}, line {6 + good}: {told}; left out"]
        assert len(pool) == good
        assert report.total().beyond_end == beyond


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    bad = bed(tmp_path / "bad.bed", [("chr1", "x", 5)])
    good = bed(tmp_path / "good.bed", [("chr2", 2_000, 2_100)])
    samples = [sample("A", bad, tmp_path / "gone.bed"), sample("B", good, good)]
    problems = Problems()
    build_pools(samples, {"training": ["chr1"]}, SIZES, BLACKLIST, problems)
    assert [(problem.kind, problem.file, problem.line) for problem in problems] == [
        ("line", bad, 1),
        ("missing file", tmp_path / "gone.bed", None),
    ]


def test_the_table_on_screen(tmp_path: Path) -> None:
    atac = bed(tmp_path / "atac.bed", [("chr1", 6_000, 6_100)] * 1200 + [("chr2", 2_000, 2_100)])
    chip = bed(tmp_path / "c.bed", [("chr1", 3_900, 4_000)])
    pools = build_pools([sample("K562", atac, chip)], {"training": ["chr1"]}, SIZES, BLACKLIST, Problems())
    assert pools["training"][1].format_table() == (
        "training regions\n"
        "cell type  kind  file      intervals  other chrom  beyond end  off end  blacklisted   kept\n"
        "K562       ATAC  atac.bed      1,201            1           0        0            0  1,200\n"
        "K562       CHIP  c.bed             1            0           0        0            1      0\n"
        "total                          1,202            1           0        0            1  1,200"
    )


def make_pool(rois: Sequence[Roi], chroms: Sequence[str], cell_lines: Sequence[str]) -> RoiPool:
    return RoiPool(
        tuple(chroms),
        tuple(cell_lines),
        np.array([chroms.index(roi[0]) for roi in rois], dtype=np.int32),
        np.array([roi[1] for roi in rois], dtype=np.int64),
        np.array([KINDS.index(roi[2]) for roi in rois], dtype=np.int8),
        np.array([cell_lines.index(roi[3]) if roi[3] != "." else -1 for roi in rois], dtype=np.int32),
    )


ROIS: list[Roi] = [
    ("chr2", 2_000, "CHIP", "B"),
    ("chr1", 5_000, "ATAC", "A"),
    ("chr1", 5_000, "ATAC", "A"),
    ("chr1", 0, "ROI", "."),
]


def test_saved_files(tmp_path: Path) -> None:
    pool = make_pool(ROIS, ["chr2", "chr1"], ["B", "A"])
    paths = save_roi(pool, tmp_path / "run", "training")
    assert [path.name for path in paths] == [
        "run_training_ROI.bed.gz",
        "run_training_ROI_stats.txt",
        "run_training_ROI_totalregions_stats.txt",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    assert gzip.decompress(paths[0].read_bytes()).decode() == (
        "#Chr\tStart\tStop\tROI_Type\tCell_Line\n"
        "chr2\t2000\t3024\tCHIP\tB\n"
        "chr1\t5000\t6024\tATAC\tA\n"
        "chr1\t5000\t6024\tATAC\tA\n"
        "chr1\t0\t1024\tROI\t.\n"
    )
    assert paths[1].read_text() == (
        "Chr\tCell_Line\tROI_Type\tCount\nchr2\tB\tCHIP\t1\nchr1\t.\tROI\t1\nchr1\tA\tATAC\t2\n"
    )
    assert paths[2].read_text() == "Cell_Line\tROI_Type\tCount\n.\tROI\t1\nB\tCHIP\t1\nA\tATAC\t2\ntotal\t\t4\n"


def test_saving_gives_the_same_bytes_whatever_the_time_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(ROIS, ["chr2", "chr1"], ["B", "A"])
    first = save_roi(pool, tmp_path / "a", "training")[0].read_bytes()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert save_roi(pool, tmp_path / "b", "validation")[0].read_bytes() == first


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        save_roi(make_pool(ROIS, ["chr2", "chr1"], ["B", "A"]), tmp_path / "run", "training")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_pool_can_be_saved(tmp_path: Path) -> None:
    paths = save_roi(make_pool([], ["chr1"], ["A"]), tmp_path / "run", "training")
    assert paths[1].read_text() == "Chr\tCell_Line\tROI_Type\tCount\n"
    assert paths[2].read_text() == "Cell_Line\tROI_Type\tCount\ntotal\t\t0\n"


ROI = st.tuples(
    st.sampled_from(["chr2", "chr1"]), st.integers(0, 3_976), st.sampled_from(KINDS), st.sampled_from(["x y", "é", "."])
)


@given(rois=st.lists(ROI, min_size=1, max_size=20), center=st.sampled_from(["midpoint", "summit"]))
def test_what_is_saved_reads_back_as_the_same_pool(
    tmp_path_factory: pytest.TempPathFactory, rois: list[Roi], center: Literal["midpoint", "summit"]
) -> None:
    pool = make_pool(rois, ["chr2", "chr1"], ["x y", "é"])
    path = save_roi(pool, tmp_path_factory.mktemp("roi") / "run", "training")[0]
    again, _, problems = from_file(
        path, chroms=pool.chroms, center=center, blacklist=Blacklist.empty(), cell_lines=pool.cell_lines
    )
    assert problems.sentences() == []
    assert listed(again) == rois
    assert (again.chroms, again.cell_lines) == (pool.chroms, pool.cell_lines)


def test_built_saved_and_read_back(tmp_path: Path) -> None:
    atac = bed(tmp_path / "a.bed", [("chr2", 2_000, 2_200), ("chr1", 1_000, 1_201), ("chr1", 3_900, 4_000)])
    chip = bed(tmp_path / "c.bed", [("chr1", 6_000, 6_010)])
    samples = [sample("A", atac, chip), sample("B", chip, atac)]
    pool, _ = build_pools(samples, {"training": ["chr1", "chr2"]}, SIZES, BLACKLIST, Problems())["training"]
    path = save_roi(pool, tmp_path / "run", "training")[0]
    again, report, problems = from_file(path)
    assert problems.sentences() == []
    assert listed(again) == listed(pool)
    assert report.total().kept == report.total().intervals == len(pool)

"""`maxatac prepare` from reads to tracks, against plain numpy on made-up reads."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from bam import records, write_bam
from fragments import write_text
from numpy.typing import NDArray

from maxatac.errors import InputError, MaxatacError, Problem, ReadsError
from maxatac.preparation.macs import CalledPeaks
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.workflow import PrepareResult, prepare, prepare_prepare

SIZES = {"chr1": 1_000, "chr2": 600}
PAIR = "a chr1:100+ chr1:250-\n"
# Left and right end of each fragment; those of 10x are moved.
FRAGMENTS = "chr1\t104\t295\tA\t1\nchr1\t304\t495\tA\t1\nchr2\t104\t205\tB\t2\nchr1\t104\t295\tB\t1\n"


@pytest.fixture(autouse=True)
def quick_page(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Drawing the page takes a second: one test does it."""
    if "page" not in request.node.name:
        monkeypatch.setattr("maxatac.preparation.qc_page.render", lambda *_: "")


@pytest.fixture
def sizes(tmp_path: Path) -> Path:
    return tiny.write_sizes(tmp_path / "g.chrom.sizes", SIZES)


def make(*inputs: Path, **settings: Any) -> PrepareResult:
    return prepare(config(*inputs, **settings))


def config(*inputs: Path, **settings: Any) -> PrepareConfig:
    folder = inputs[0].parent
    if (listed := folder / "g.chrom.sizes").exists():
        settings = {"chrom_sizes": listed} | settings
    return PrepareConfig(input=inputs, **({"output": folder / "out", "prefix": "x", "threads": 1} | settings))


def refused(*inputs: Path, **settings: Any) -> Sequence[Problem]:
    settings = {"output": inputs[0].parent / "refused"} | settings
    with pytest.raises(InputError) as caught:
        make(*inputs, **settings)
    assert not settings["output"].exists()
    return caught.value.problems


def text(path: Path, content: str) -> Path:
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


def record_of(folder: Path, prefix: str = "x") -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / f"{prefix}_prepare_run.json").read_text())
    return record


def values(path: Path, chrom: str) -> NDArray[np.float64]:
    """Values of every base, 0 where there is none."""
    with pyBigWig.open(str(path)) as track:
        return np.nan_to_num(track.values(chrom, 0, track.chroms(chrom), numpy=True)).astype(np.float64)


def header(path: Path) -> dict[str, int]:
    with pyBigWig.open(str(path)) as track:
        return dict(track.chroms())


def covered_by(sites: Sequence[int], size: int = SIZES["chr1"], slop: int = 20) -> NDArray[np.float64]:
    count = np.zeros(size)
    for site in sites:
        count[max(site - slop, 0) : max(min(site + slop + 1, size), 0)] += 1
    return count


def counts(result: PrepareResult, chrom: str = "chr1", group: int = 0) -> NDArray[np.float64]:
    """Number of sites that cover each base."""
    track = result.tracks[group]
    record = record_of(track.files.scaled.parent)
    factor = record["tracks"][track.name or "x"]["scale_factor"]
    return np.round(values(track.files.scaled, chrom) / factor, 3)


def assert_sites(result: PrepareResult, *sites: int, chrom: str = "chr1", group: int = 0) -> None:
    np.testing.assert_array_equal(counts(result, chrom, group), covered_by(sites, SIZES[chrom]))


def test_a_pair_of_reads(tmp_path: Path) -> None:
    result = make(write_bam(tmp_path / "a.bam", SIZES, PAIR))
    (track,) = result.tracks
    assert track.files.scaled.name == "x_IS_slop20_RP20M.bw"
    np.testing.assert_allclose(values(track.files.scaled, "chr1"), covered_by([104, 295]) * 20e6 / 2)
    np.testing.assert_array_equal(values(track.files.normalised, "chr1"), covered_by([104, 295]))
    assert header(track.files.scaled) == header(track.files.normalised) == SIZES
    assert track.files.normalised.name == "x_IS_slop20_RP20M_minmax01.bw"
    assert track.coverage.covered == 82
    record = record_of(tmp_path / "out")
    assert record["tracks"]["x"]["depth"] == 2
    assert record["chroms"] == ["chr1", "chr2"]


def test_the_files_and_the_page(tmp_path: Path, sizes: Path) -> None:
    make(text(tmp_path / "f.tsv.gz", FRAGMENTS), sites_bed=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "x_IS_slop20_RP20M.bw", "x_IS_slop20_RP20M_minmax01.bw", "x_IS_slop20_RP20M_minmax01_chromosome_min_max.txt",
        "x_IS_slop20_RP20M_minmax01_genome_stats.txt", "x_IS.bed.gz", "x_IS_slop20.bed.gz", "x_prepare_run.json",
        "x_prepare.log", "x_qc.html", "x_qc_mqc.tsv",
    }  # fmt: skip


def test_names_follow_slop_and_factor(tmp_path: Path, sizes: Path) -> None:
    result = make(text(tmp_path / "f.tsv", FRAGMENTS), slop=5, rpm_factor=1_000_000)
    (track,) = result.tracks
    assert track.files.scaled.name == "x_IS_slop5_RP1M.bw"
    expected = covered_by([104, 294, 304, 494, 104, 294], slop=5)
    np.testing.assert_allclose(values(track.files.scaled, "chr1"), expected * 1e6 / 8)


def test_the_percentile_becomes_1(tmp_path: Path, sizes: Path) -> None:
    random = np.random.default_rng(1)
    starts = random.integers(0, 700, 400)
    lines = "".join(
        f"chr1\t{start}\t{start + length}\n"
        for start, length in zip(starts, random.integers(50, 300, 400), strict=True)
    )
    path = text(tmp_path / "f.tsv", lines)
    ends = [(int(line.split("\t")[1]), int(line.split("\t")[2]) - 1) for line in lines.splitlines()]
    expected = covered_by([site for fragment in ends for site in fragment])
    p99 = np.percentile(expected[expected > 0], 99)
    (track,) = make(path).tracks
    assert track.coverage.p99 == p99
    np.testing.assert_array_equal(values(track.files.normalised, "chr1"), (expected / p99).astype(np.float32))
    (clipped,) = make(path, clip=True, prefix="clipped").tracks
    assert values(clipped.files.normalised, "chr1").max() == 1
    assert values(track.files.normalised, "chr1").max() > 1


def test_the_shift_of_the_input(tmp_path: Path, sizes: Path) -> None:
    assert_sites(make(text(tmp_path / "a.tsv", "chr1\t10\t60\r\n")), 10, 59)
    assert_sites(make(text(tmp_path / "10x.tsv", "chr1\t104\t295\n"), force=True), 104, 294)
    for line, shift in (("104\t296", "+4/-4"), ("100\t300", "none")):
        result = make(text(tmp_path / "f.bed", f"chr1\t{line}\n"), shift=shift, force=True)
        assert_sites(result, 104, 295)
        assert record_of(tmp_path / "out")["shift_of_input"] == shift


def test_bed_needs_its_shift(tmp_path: Path, sizes: Path) -> None:
    (problem,) = refused(text(tmp_path / "f.bed", "chr1\t104\t295\n"))
    assert (problem.kind, problem.option) == ("setting", "--shift")


def test_bam_has_no_shift(tmp_path: Path) -> None:
    (problem,) = refused(write_bam(tmp_path / "a.bam", SIZES, PAIR), shift="10x")
    assert (problem.kind, problem.option) == ("setting", "--shift")


def test_a_bam_that_may_be_shifted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    header = "@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:1000\n@PG\tID:x\tPN:alignmentSieve\n"
    write_bam(tmp_path / "a.bam", {"chr1": 1_000}, PAIR, text=header)
    make(tmp_path / "a.bam")
    assert "alignmentSieve" in caplog.text


def test_columns_behind_the_third_change_nothing(tmp_path: Path, sizes: Path) -> None:
    rows = [line.split("\t")[:4] for line in FRAGMENTS.splitlines()]
    more = ["7", "-"]
    found = []
    for columns in (3, 4, 5, 6):
        lines = ["\t".join([*row, *more][:columns]) for row in rows]
        path = text(tmp_path / f"{columns}.tsv", "\n".join([*lines[:2], "# a comment", "", *lines[2:]]) + "\n")
        found.append(counts(make(path, output=tmp_path / "out", force=True)))
    for each in found:
        np.testing.assert_array_equal(each, covered_by([104, 294, 304, 494, 104, 294]))


def test_fragments_of_single_reads(tmp_path: Path, sizes: Path) -> None:
    lines = "chr1\t104\t295\tA\t1\t+\nchr1\t504\t695\tA\t1\t-\n"
    assert_sites(make(text(tmp_path / "f.tsv", lines), single_end=True), 104, 694)
    (problem,) = refused(text(tmp_path / "g.tsv", FRAGMENTS), single_end=True)
    assert problem.option == "--single_end"


def test_tag_align(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "a.tagAlign", "chr1\t100\t136\tN\t1000\t+\nchr1\t264\t300\tN\t1000\t-\n")
    assert_sites(make(path, single_end=True, shift="none"), 104, 295)
    (problem,) = refused(path, shift="none")
    assert (problem.kind, problem.file) == ("format", path)


def test_bedpe(tmp_path: Path, sizes: Path) -> None:
    lines = "chr1\t250\t300\tchr1\t100\t150\tq\t60\t-\t+\n.\t-1\t-1\tchr1\t1\t50\tr\t0\t.\t+\n"
    path = text(tmp_path / "a.bedpe.gz", lines + "chr1\t1\t50\tchr2\t1\t50\ts\t0\t+\t+\n")
    assert_sites(make(path, shift="none"), 104, 295)


def test_names_in_another_spelling(tmp_path: Path, sizes: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", {"1": 1_000, "2": 600}, "a 1:100+ 1:250-")
    fragments = text(tmp_path / "f.tsv", "1\t1\t100\n")
    for path in (bam, fragments):
        (problem,) = refused(path)
        assert (problem.kind, problem.file) == ("chromosome", path)
        assert [word for word in ("1", "chr1", "prefix chr") if word not in str(problem)] == []


def test_both_spellings_are_two_sequences(tmp_path: Path) -> None:
    sizes = {"X": 1_000, "chrX": 1_000}
    reads = [f"{name}{place} {name}:{100 * place}+ {name}:{100 * place + 200}-" for name in sizes for place in range(5)]
    make(write_bam(tmp_path / "a.bam", sizes, reads))
    tallies = record_of(tmp_path / "out")["tallies"]
    assert tallies["sites"] == 20
    for name in sizes:
        assert values(tmp_path / "out" / "x_IS_slop20_RP20M.bw", name).sum() > 0


def test_some_names_are_shared(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES | {"chrUn": 500}, PAIR + "b chrUn:100+ chrUn:200-")
    tiny.write_sizes(tmp_path / "g.chrom.sizes", SIZES | {"chr3": 100})
    with caplog.at_level(logging.INFO):
        make(bam)
    record = record_of(tmp_path / "out")
    assert record["chroms"] == ["chr1", "chr2"]
    assert record["chroms_left_out"] == {"not in the input": ["chr3"], "not in the genome": ["chrUn"]}
    assert record["tallies"]["other_chrom"] == {"chrUn": 2}
    assert "chrUn (2)" in caplog.text
    assert [item.levelno for item in caplog.records if "genome lacks" in item.getMessage()] == [logging.WARNING]


def test_lengths_that_differ(tmp_path: Path, sizes: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", {"chr1": 999}, PAIR)
    assert [(problem.kind, problem.file) for problem in refused(bam)] == [("size", bam)]


def test_nothing_on_the_chromosomes(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", "chrUn\t1\t100\nchrUn2\t1\t100\n")
    with pytest.raises(MaxatacError, match="chrUn"):
        make(path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["x_prepare.log"]


def test_text_needs_a_genome(tmp_path: Path) -> None:
    (problem,) = refused(text(tmp_path / "f.tsv", FRAGMENTS))
    assert (problem.kind, problem.option) == ("setting", "--sequence or --chrom_sizes")


def test_organelles_are_left_out(tmp_path: Path) -> None:
    sizes = {"LGM3": 10_000, "chr1": 10_000, "chrM": 1_000}
    tiny.write_sizes(tmp_path / "g.chrom.sizes", sizes)
    lines = [f"{chrom}\t{start + 20}\t{start + 62}\n" for chrom in ("LGM3", "chr1") for start in range(0, 9_880, 82)]
    path = text(tmp_path / "f.tsv", "".join(lines) + "chrM\t100\t200\n" * 500)
    (track,) = make(path).tracks
    record = record_of(tmp_path / "out")
    assert track.coverage.p99 == 1
    assert record["chroms"] == ["LGM3", "chr1"]
    assert record["chroms_left_out"] == {"mitochondria and plastids": ["chrM"]}
    assert record["tallies"]["other_chrom"] == {"chrM": 500}
    (track,) = make(path, chroms=("chrM",), prefix="m").tracks
    assert track.coverage.p99 == 500


def test_chroms_are_honoured(tmp_path: Path, sizes: Path) -> None:
    for path in (
        write_bam(tmp_path / "a.bam", SIZES, PAIR + "b chr2:100+ chr2:200-"),
        text(tmp_path / "f.tsv", FRAGMENTS),
    ):
        result = make(path, chroms=("chr2",), force=True)
        assert header(result.tracks[0].files.scaled) == {"chr2": 600}
        assert result.tracks[0].coverage.sites == 2


@pytest.mark.parametrize(("chroms", "has"), [(("chr3",), False), (("chr1", "Chr1"), False), ((), False)])
def test_unknown_chroms(tmp_path: Path, sizes: Path, chroms: tuple[str, ...], has: bool) -> None:
    assert {problem.option for problem in refused(text(tmp_path / "f.tsv", FRAGMENTS), chroms=chroms)} == {"--chroms"}


def test_the_blacklist(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", "chr1\t104\t295\nchr1\t504\t695\nchr1\t125\t900\n")
    black = text(tmp_path / "b.bed", "chr1\t100\t105\nchr1\t673\t674\nchr2\t0\t50\n")
    result = make(path, blacklist=black)
    # 104 lies in the blacklist; 125 and 694 lie 21 bp from it or fewer.
    (track,) = result.tracks
    assert_sites(result, 294, 504, 694, 125, 899)
    assert (track.coverage.in_blacklist, track.coverage.near_blacklist) == (1, 0)
    result = make(path, blacklist=text(tmp_path / "c.bed", "chr1\t100\t106\nchr1\t674\t675\n"), force=True)
    assert_sites(result, 294, 504, 899)
    (track,) = result.tracks
    assert (track.coverage.in_blacklist, track.coverage.near_blacklist) == (1, 2)
    record = record_of(tmp_path / "out")
    assert record["blacklisted_bases"] == 7
    assert record["tracks"]["x"]["cut_sites_used"] == 3


def test_a_blacklist_as_bigwig(tmp_path: Path, sizes: Path) -> None:
    black = tiny.write_bigwig(tmp_path / "b.bw", [("chr1", 100, 106, 1.0)], SIZES)
    assert_sites(make(text(tmp_path / "f.tsv", "chr1\t104\t295\n"), blacklist=black), 294)


@pytest.mark.parametrize(("line", "kind"), [("1\t0\t100", "chromosome"), ("chr1\t0\t1001", "size")])
def test_a_blacklist_of_another_genome(tmp_path: Path, sizes: Path, line: str, kind: str) -> None:
    black = text(tmp_path / "b.bed", f"{line}\n")
    (problem,) = refused(text(tmp_path / "f.tsv", FRAGMENTS), blacklist=black)
    assert (problem.kind, problem.file) == (kind, black)


def test_all_in_the_blacklist(tmp_path: Path, sizes: Path) -> None:
    black = text(tmp_path / "b.bed", "chr1\t0\t1000\nchr2\t0\t600\n")
    with pytest.raises(MaxatacError, match="blacklist"):
        make(text(tmp_path / "f.tsv", FRAGMENTS), blacklist=black)
    assert not list((tmp_path / "out").glob("*.bw"))


def test_names_without_chr(tmp_path: Path) -> None:
    tiny.write_sizes(tmp_path / "g.chrom.sizes", {"Chr01": 1_000, "scaffold_7": 500})
    black = text(tmp_path / "b.bed", "scaffold_7\t0\t10\n")
    path = text(tmp_path / "f.tsv", "Chr01\t104\t295\n")
    make(path, blacklist=black)
    assert record_of(tmp_path / "out")["chroms"] == ["Chr01", "scaffold_7"]


def test_several_files_of_one_sample(tmp_path: Path) -> None:
    one = write_bam(tmp_path / "1.bam", SIZES, "r1 chr1:100+ chr1:250-")
    two = write_bam(tmp_path / "2.bam", SIZES, "r1 chr1:400+ chr1:550-")
    assert_sites(make(one, two), 104, 295, 404, 595)
    three = write_bam(tmp_path / "3.bam", SIZES, "r2 chr1:100+ chr1:250-", level=1)
    assert_sites(make(one, three, force=True), 104, 295)
    assert record_of(tmp_path / "out")["tracks"]["x"]["depth"] == 4
    assert_sites(make(one, three, force=True, deduplicate_per_file=True), 104, 295, 104, 295)


def test_one_file_twice(tmp_path: Path) -> None:
    one = write_bam(tmp_path / "1.bam", SIZES, PAIR)
    copy = tmp_path / "copy.bam"
    copy.write_bytes(one.read_bytes())
    (link := tmp_path / "link.bam").symlink_to(one)
    for other in (one, copy, link):
        (problem,) = refused(one, other)
        assert (problem.kind, problem.option, problem.file) == ("setting", "--input", other)


def test_bam_and_text_together(tmp_path: Path, sizes: Path) -> None:
    (problem,) = refused(write_bam(tmp_path / "a.bam", SIZES, PAIR), text(tmp_path / "f.tsv", FRAGMENTS))
    assert problem.option == "--input"


@pytest.mark.parametrize(
    ("is_bam", "settings"),
    [
        (False, {"skip_deduplication": True}),
        (False, {"min_mapq": 30}),
        (False, {"barcode_tag": "CB"}),
        (True, {"remove_equal_fragments": True}),
    ],
)
def test_options_of_another_format(tmp_path: Path, sizes: Path, is_bam: bool, settings: dict[str, Any]) -> None:
    bam, fragments = write_bam(tmp_path / "a.bam", SIZES, PAIR), text(tmp_path / "f.tsv", FRAGMENTS)
    (problem,) = refused(bam if is_bam else fragments, **settings)
    assert problem.option == f"--{next(iter(settings))}"


def test_all_problems_at_once(tmp_path: Path) -> None:
    problems = refused(
        tmp_path / "absent.bam", chrom_sizes=tmp_path / "absent.sizes", blacklist=tmp_path / "absent.bed",
        peaks=tmp_path / "absent.peaks", barcodes=tmp_path / "absent.tsv", temp_dir=tmp_path / "absent", slop=-1,
    )  # fmt: skip
    assert {problem.file.name if problem.file else problem.option for problem in problems} == {
        "absent.bam", "absent.sizes", "absent.bed", "absent.tsv", "absent.peaks", "absent", "--slop",
    }  # fmt: skip


def test_groups(tmp_path: Path, sizes: Path) -> None:
    lines = "chr1\t104\t295\tA-1\t1\nchr1\t504\t695\tC-1\t3\nchr2\t104\t295\tC-1\t1\nchr1\t104\t295\tG-1\t1\n"
    table = text(tmp_path / "b.tsv", "A-1\tB cell\nC-1\tT\nT-1\tnone\n")
    result = make(text(tmp_path / "f.tsv", lines), barcodes=table)
    assert [track.name for track in result.tracks] == ["B cell", "T"]
    assert result.empty == ("none",)
    assert_sites(result, 104, 294)
    assert_sites(result, 504, 694, group=1)
    assert result.tracks[0].files.scaled.name == "x_B_cell_IS_slop20_RP20M.bw"
    rows = [line.split("\t") for line in (tmp_path / "out" / "x_groups.tsv").read_text().splitlines()]
    assert [row[:3] for row in rows[1:]] == [["B cell", "1", "2"], ["T", "1", "4"]]
    assert not list((tmp_path / "out").glob("x_none*"))
    record = record_of(tmp_path / "out")
    assert record["groups_without_sites"] == ["none"]
    assert record["tracks"]["T"]["depth"] == 4


def test_a_group_in_the_blacklist_does_not_stop_the_others(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", "chr1\t104\t295\tA\nchr1\t504\t695\tC\n")
    table = text(tmp_path / "b.tsv", "A\tone\nC\ttwo\n")
    result = make(path, barcodes=table, blacklist=text(tmp_path / "b.bed", "chr1\t100\t300\n"))
    assert [track.name for track in result.tracks] == ["two"]
    assert result.empty == ("one",)


def test_samples_with_equal_barcodes(tmp_path: Path, sizes: Path) -> None:
    one = text(tmp_path / "A.tsv", "chr1\t104\t295\tAAAC-1\n")
    two = text(tmp_path / "B.tsv", "chr1\t504\t695\tAAAC-1\nchr1\t804\t895\tAAAC-11\n")
    table = text(tmp_path / "b.tsv", "AAAC-1\tT\tA\nAAAC-1\tB\tB\n")
    result = make(one, two, barcodes=table)
    assert_sites(result, 504, 694)
    assert_sites(result, 104, 294, group=1)


def test_no_barcode_of_the_table(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", "chr1\t104\t295\tAAAC-1\n")
    with pytest.raises(MaxatacError, match="barcode"):
        make(path, barcodes=text(tmp_path / "b.tsv", "GGGG-1\n"))
    assert [problem.option for problem in refused(path, barcodes=text(tmp_path / "c.tsv", "AAAC\n"))] == ["--barcodes"]


def test_groups_of_one_fragment_of_none_and_of_many(
    tmp_path: Path, sizes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    many = "".join(f"chr1\t{place % 600}\t{place % 600 + 200}\tM\n" for place in range(10_000))
    table = text(tmp_path / "b.tsv", "O\tone\nZ\tzero\nM\tmany\n")
    result = make(text(tmp_path / "f.tsv", "chr1\t104\t295\tO\n" + many), barcodes=table)
    many_track, one_track = result.tracks
    np.testing.assert_array_equal(values(one_track.files.normalised, "chr1"), covered_by([104, 294]))
    assert many_track.coverage.sites == 20_000
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("one (4)" in message for message in warned) or any("one (2)" in message for message in warned)
    assert any("zero" in message for message in warned)


def test_barcodes_of_a_bam(tmp_path: Path) -> None:
    reads = "a chr1:100+ chr1:250- CB=A\nb chr1:100+ chr1:250- CB=B\n"
    bam = write_bam(tmp_path / "a.bam", SIZES, reads)
    assert_sites(make(bam), 104, 295)
    assert_sites(make(bam, barcode_tag="CB", force=True), 104, 295, 104, 295)
    table = text(tmp_path / "b.tsv", "A\tone\nB\ttwo\n")
    result = make(bam, barcode_tag="CB", barcodes=table, force=True)
    assert [track.name for track in result.tracks] == ["one", "two"]
    assert_sites(result, 104, 295, group=1)
    assert [problem.option for problem in refused(bam, barcodes=table)] == ["--barcodes"]


def test_a_bam_of_single_cells_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250- CB=A\nb chr1:100+ chr1:250- CB=B\n"))
    assert "--barcode_tag" in caplog.text


def test_equal_fragments(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.bed", "chr1\t104\t295\nchr1\t104\t295\nchr1\t504\t695\n")
    assert_sites(make(path, shift="10x"), 104, 294, 104, 294, 504, 694)
    assert_sites(make(path, shift="10x", remove_equal_fragments=True, force=True), 104, 294, 504, 694)


def test_a_few_lines_that_cannot_be_right(tmp_path: Path, sizes: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = "".join(f"chr1\t{place % 500}\t{place % 500 + 100}\n" for place in range(4_000))
    bad = "chr1\t500\t31000\nchr1\t-7\t100\nchr1\t100\t100\n"
    (track,) = make(text(tmp_path / "f.tsv", good + bad)).tracks
    assert track.coverage.sites == 8_000
    assert record_of(tmp_path / "out")["tallies"]["dropped"] == {"negative_start": 1, "empty": 1, "past_end": 1}
    assert [word for word in ("line 4001", "line 4002", "line 4003") if word not in caplog.text] == []


def test_many_lines_beyond_the_end(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", "chr1\t1\t100\nchr1\t900\t1100\n")
    with pytest.raises(ReadsError) as caught:
        make(path)
    assert caught.value.path == path
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["x_prepare.log"]


def test_cut_files_are_refused_at_the_start(tmp_path: Path, sizes: Path) -> None:
    fragments = write_text(tmp_path / "f.tsv.gz", "chr1 104 295 A 1")
    bam = write_bam(tmp_path / "a.bam", SIZES, PAIR)
    for path in (fragments, bam):
        path.write_bytes(path.read_bytes()[:-28])
        (problem,) = refused(path)
        assert (problem.kind, problem.file) == ("format", path)
    assert "--allow_missing_eof" in str(problem)
    assert_sites(make(bam, allow_missing_eof=True), 104, 295)


def test_all_chromosomes_stand_in_the_header(tmp_path: Path, sizes: Path) -> None:
    (track,) = make(text(tmp_path / "f.tsv", "chr2\t104\t295\n")).tracks
    assert header(track.files.scaled) == SIZES


def test_results_do_not_depend_on_memory_and_threads(tmp_path: Path, sizes: Path) -> None:
    random = np.random.default_rng(2)
    starts = random.integers(0, 500, 3_000)
    path = text(
        tmp_path / "f.tsv",
        "".join(f"chr{1 + place % 2}\t{start}\t{start + 90}\n" for place, start in enumerate(starts)),
    )
    expected = None
    for number, settings in enumerate(({}, {"memory": 1_000}, {"threads": 3})):
        (track,) = make(path, prefix=f"{number}", **settings).tracks
        content = [file.read_bytes() for file in (track.files.scaled, track.files.normalised)]
        expected = expected or content
        assert content == expected


def test_any_order_of_a_bam_gives_the_same_files(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    reads = records(
        f"r{n} chr1:{at}+ chr1:{at + 100 + n % 7}- CB={'AC'[n % 2]}"
        for n, at in enumerate(random.integers(0, 300, 500))
    )
    shuffled = [reads[place] for place in random.permutation(len(reads))]
    expected = None
    for number, (order, by_position, settings) in enumerate((
        (reads, True, {"threads": 64}),
        (reads, False, {"memory": 1}),
        (shuffled, False, {"memory": "1M", "threads": 2}),
    )):  # fmt: skip
        bam = write_bam(tmp_path / f"{number}.bam", SIZES, order, by_position=by_position, block_size=3_000)
        output = tmp_path / f"out{number}"
        make(bam, output=output, sites_bed=True, barcode_tag="CB", **settings)
        made = (path for path in output.iterdir() if path.suffix in (".bw", ".gz", ".txt"))
        content = {path.name: path.read_bytes() for path in made}
        expected = expected or content
        assert len(content) == 6
        assert content == expected


def test_a_small_temporary_folder(tmp_path: Path, sizes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text(tmp_path / "f.tsv", FRAGMENTS * 100)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    (problem,) = refused(path, memory=1_000, temp_dir=tmp_path)
    assert (problem.kind, problem.option, problem.file) == ("machine", "--temp_dir", tmp_path)
    make(path)


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, sizes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    (folder := tmp_path / "temporary").mkdir()
    make(text(tmp_path / "f.tsv", FRAGMENTS * 100), memory=1_000, temp_dir=folder)
    assert not list(folder.iterdir())


def test_a_dry_run_writes_nothing(tmp_path: Path, sizes: Path) -> None:
    told = prepare_prepare(config(text(tmp_path / "f.tsv", FRAGMENTS))).describe()
    assert not (tmp_path / "out").exists()
    assert [word for word in ("fragments", "10x", "chr1", "x_IS_slop20_RP20M.bw") if word not in "\n".join(told)] == []


def test_force(tmp_path: Path, sizes: Path) -> None:
    path = text(tmp_path / "f.tsv", FRAGMENTS)
    make(path)
    with pytest.raises(InputError) as caught:
        make(path)
    assert {problem.kind for problem in caught.value.problems} == {"output"}
    make(path, force=True)


def test_peaks_of_another_genome(tmp_path: Path, sizes: Path) -> None:
    for line, kind in (("1\t0\t100", "chromosome"), ("chr1\t0\t1001", "size")):
        peaks = text(tmp_path / "p.bed", f"{line}\n")
        (problem,) = refused(text(tmp_path / "f.tsv", FRAGMENTS), peaks=peaks)
        assert (problem.kind, problem.file) == (kind, peaks)


def test_a_bam_without_sequences(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", {}, "f *")
    (problem,) = refused(bam)
    assert (problem.kind, problem.file) == ("format", bam)


def test_single_reads_need_the_option(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "e chr1:500-36M\nf chr1:100+36M\n")
    with pytest.raises(MaxatacError, match="--single_end"):
        make(bam)
    not_proper = write_bam(tmp_path / "b.bam", SIZES, "a chr1:100+ chr1:250- not_proper")
    with pytest.raises(MaxatacError, match="not properly paired; --single_end"):
        make(not_proper, force=True)
    orphan = write_bam(tmp_path / "c.bam", SIZES, "a/1 chr1:100+ mate=chr1:250- proper")
    with pytest.raises(MaxatacError, match="--skip_deduplication"):
        make(orphan, force=True)
    assert_sites(make(bam, single_end=True, force=True), 104, 531)


def test_the_record_repeats_a_run(tmp_path: Path, sizes: Path) -> None:
    from maxatac.cli.main import main

    make(text(tmp_path / "f.bed", "chr1\t104\t295\n"), shift="+4/-4")
    record = tmp_path / "out" / "x_prepare_run.json"
    assert main(["prepare", "--config", str(record), "--output", str(tmp_path / "again")]) == 0
    name = "x_IS_slop20_RP20M.bw"
    assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_peaks_are_called_on_the_widened_sites(tmp_path: Path, sizes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def call(macs: Path, sites: Path, output: Path, **settings: Any) -> CalledPeaks:
        given.update(settings, macs=macs, sites=gzip.decompress(sites.read_bytes()).decode().splitlines())
        output.write_text("")
        return CalledPeaks(output, 1, {"chr1": np.array([[100, 110]])}, ("macs3",), settings["genome_size"])

    monkeypatch.setattr("maxatac.preparation.workflow.find_macs", lambda _: Path("/bin/macs3"))
    monkeypatch.setattr("maxatac.preparation.workflow.call_peaks", call)
    path = text(tmp_path / "f.tsv", FRAGMENTS)
    make(path, call_peaks=True, chroms=("chr1",))
    assert (given["name"], given["slop"], given["genome_size"]) == ("x", 20, 1_000)
    rows = [line.split("\t") for line in given["sites"]]
    assert [f"{row[1]}-{row[2]}{row[5]}" for row in rows] == [
        "84-125+", "84-125+", "274-315-", "274-315-", "284-325+", "474-515-",
    ]  # fmt: skip
    record = record_of(tmp_path / "out")
    assert record["tracks"]["x"]["peaks"]["command"] == ["macs3"]
    assert record["quality"]["tracks"]["x"]["frip"] == 2 / 6
    make(path, call_peaks=True, genome_size=12e6, force=True)
    assert given["genome_size"] == 12_000_000


def test_peaks_without_macs(tmp_path: Path, sizes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = refused(text(tmp_path / "f.tsv", FRAGMENTS), call_peaks=True)
    assert problem.option == "--call_peaks"


def test_share_of_sites_in_given_peaks(tmp_path: Path, sizes: Path) -> None:
    peaks = text(tmp_path / "p.bed", "chr1\t104\t105\nchr2\t204\t205\n")
    make(text(tmp_path / "f.tsv", FRAGMENTS), peaks=peaks)
    assert record_of(tmp_path / "out")["quality"]["tracks"]["x"]["frip"] == 3 / 8


def test_bed_files_of_the_sites(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", SIZES, "a chr1:100+ chr1:250- mapq=60/13\nb chr1:0+ chr1:950-\n")
    make(bam, sites_bed=True, blacklist=text(tmp_path / "b.bed", "chr1\t310\t311\n"))
    found = {
        name: gzip.decompress((tmp_path / "out" / name).read_bytes()).decode().splitlines()
        for name in ("x_IS.bed.gz", "x_IS_slop20.bed.gz")
    }
    assert found["x_IS.bed.gz"] == [
        "chr1\t4\t5\tb/1\t60\t+", "chr1\t104\t105\ta/1\t60\t+", "chr1\t295\t296\ta/2\t13\t-",
        "chr1\t995\t996\tb/2\t60\t-",
    ]  # fmt: skip
    assert found["x_IS_slop20.bed.gz"] == [
        "chr1\t0\t25\tb/1\t60\t+", "chr1\t84\t125\ta/1\t60\t+", "chr1\t975\t1000\tb/2\t60\t-",
    ]  # fmt: skip


def test_reading_tells_how_far_it_is(tmp_path: Path, sizes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_text(tmp_path / "f.tsv.gz", FRAGMENTS.replace("\t", " ") * 50_000)
    told: list[int] = []

    @contextlib.contextmanager
    def telling(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        assert total == path.stat().st_size
        yield told.append

    monkeypatch.setattr("maxatac.preparation.cut_sites.telling", telling)
    make(path)
    assert all(more >= 0 for more in told)
    assert sum(told) <= path.stat().st_size

"""The meta file, genome and region layer on real files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from maxatac.data.bins import Grid
from maxatac.data.meta_file import read_meta
from maxatac.data.regions import build_pools, pool_from_file
from maxatac.data.roi_files import save_roi
from maxatac.errors import Problems
from maxatac.files.sniff import sniff
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import read_chrom_sizes
from maxatac.genome.intervals import Intervals, Labels, read_intervals


def decoded(labels: Labels) -> list[str]:
    return [labels.names[code] for code in labels.codes.tolist()]


def bases(blacklist: Blacklist) -> int:
    return sum(int(np.diff(blacklist.spans(chrom)).sum()) for chrom in blacklist.chroms)


YEAST_VALIDATION = ["chrIX", "chrXVI"]
YEAST_TEST = ["chrIII", "chrXII"]


def sizes_of(path: Path) -> dict[str, int]:
    problems = Problems()
    sizes = read_chrom_sizes(path, problems)
    assert problems.sentences() == []
    assert sizes is not None
    return sizes


def intervals_of(path: Path) -> Intervals:
    problems = Problems()
    intervals = read_intervals(path, problems)
    assert problems.sentences() == []
    assert intervals is not None
    return intervals


def plain_rows(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [line.split() for line in text.splitlines() if not line.startswith(("track", "#"))]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("yeast_sacCer3/raw/hmmratac_yeast500k_accessible_regions.narrowPeak", 1605),
        ("hg19_chr22_ctcf/CTCF_K562_chr22.narrowPeak", 1422),
        ("hg19_chr22_ctcf/CTCF_HepG2_chr22.narrowPeak", 1254),
        ("yeast_sacCer3/Abf1_binding_peaks.bed", 648),
        ("yeast_sacCer3/raw/Abf1_CX.bed", 724),
        ("hg19_chr22_ctcf/CTCF_SE_ChIP_chr22_50k.bed.gz", 49622),
    ],
)
def test_intervals_equal_those_of_a_plain_reader(test_data: Path, name: str, count: int) -> None:
    path = test_data / name
    intervals = intervals_of(path)
    assert len(intervals) == count
    with_summits = path.suffix == ".narrowPeak"
    expected = []
    for row in plain_rows(path):
        start, end = int(row[1]), int(row[2])
        point = start if end - start == 1 else -1
        expected.append((row[0], start, end, start + int(row[9]) if with_summits else point))
    columns = (intervals.start.tolist(), intervals.end.tolist(), intervals.summit.tolist())
    assert list(zip(decoded(intervals.chrom), *columns, strict=True)) == expected


def test_lines_behind_a_track_header_keep_their_numbers(yeast: Path) -> None:
    intervals = intervals_of(yeast / "raw" / "hmmratac_yeast500k_accessible_regions.narrowPeak")
    assert intervals.line[0] == 2
    assert intervals.line[-1] == 1606


@pytest.mark.parametrize(("folder", "prefix"), [("maxatac_data/hg38", "hg38_maxatac"), ("yeast_sacCer3", "sacCer3")])
def test_a_blacklist_is_the_same_from_bed_and_bigwig(test_data: Path, folder: str, prefix: str) -> None:
    problems = Problems()
    text = read_blacklist(test_data / folder / f"{prefix}_blacklist.bed", problems)
    track = read_blacklist(test_data / folder / f"{prefix}_blacklist.bw", problems)
    assert problems.sentences() == []
    assert bases(text) == bases(track) > 0
    assert len(text) == len(track)
    assert set(text.chroms) == set(track.chroms)
    for chrom in text.chroms:
        assert np.array_equal(text.spans(chrom), track.spans(chrom))
    sizes = sizes_of(test_data / folder / f"{folder.split('/')[-1].replace('yeast_', '')}.chrom.sizes")
    check_blacklist(text, sizes, problems, used=list(sizes))
    assert problems.sentences() == []


def test_hg38_blacklist_bases(test_data: Path) -> None:
    blacklist = read_blacklist(test_data / "maxatac_data/hg38/hg38_maxatac_blacklist.bw", Problems())
    assert bases(blacklist) == 217_584_415
    assert sum(len(blacklist.spans(chrom)) for chrom in blacklist.chroms) == 374


@pytest.mark.parametrize(("chrom", "bins", "kept"), [("chr1", 1_244_782, 1_136_626), ("chr8", 725_693, 714_621)])
def test_bins_of_the_original_outside_the_hg38_blacklist(test_data: Path, chrom: str, bins: int, kept: int) -> None:
    sizes = sizes_of(test_data / "maxatac_data/hg38/hg38.chrom.sizes")
    blacklist = read_blacklist(test_data / "maxatac_data/hg38/hg38_maxatac_blacklist.bed", Problems())
    edges = Grid(sizes[chrom], 200, is_drifting=True).edges(0, bins)
    assert len(Grid(sizes[chrom], 200)) == bins
    assert int((~blacklist.overlaps(chrom, edges[:-1], edges[1:])).sum()) == kept


def test_the_blacklist_mask_equals_pybigwig(yeast: Path) -> None:
    path = yeast / "sacCer3_blacklist.bw"
    blacklist = read_blacklist(path, Problems())
    rng = np.random.default_rng(1)
    with pyBigWig.open(str(path)) as track:
        for chrom, size in track.chroms().items():
            values = np.nan_to_num(track.values(chrom, 0, size, numpy=True))
            starts = rng.integers(0, size - 1024, 300)
            expected = [bool((values[start : start + 1024] > 0).any()) for start in starts.tolist()]
            assert blacklist.overlaps(chrom, starts, starts + 1024).tolist() == expected


def test_every_placeholder_of_the_published_example_is_named(test_data: Path) -> None:
    problems = Problems()
    samples = read_meta(test_data / "maxatac_data" / "Example_TF_META.tsv", problems)
    assert [(s.cell_line, s.tf, s.label, s.place.line) for s in samples] == [
        ("CT1", "Example_TF", "Train", 2),
        ("CT2", "Example_TF", "Train", 3),
        ("CT3", "Example_TF", "Test", 4),
        ("CT4", "Example_TF", "Train", 5),
    ]
    # And one that tells why not one of them is there.
    assert len(problems) == 17
    for sample in samples:
        for path in (sample.signal, sample.binding, sample.atac_peaks, sample.chip_peaks):
            line = sample.place.line
            found = [problem for problem in problems if problem.line == line and f"'{path}'" in problem.found]
            assert [problem.kind for problem in found] == ["missing file"]


@pytest.mark.parametrize("factor", ["Abf1", "Rap1"])
@pytest.mark.parametrize("with_blacklist", [False, True])
def test_yeast_pools_equal_those_of_plain_loops(yeast: Path, factor: str, with_blacklist: bool, tmp_path: Path) -> None:
    problems = Problems()
    samples = read_meta(yeast / f"meta_{factor}.tsv", problems)
    sizes = sizes_of(yeast / "sacCer3.chrom.sizes")
    # The published set is free of blacklisted peaks, so the text of the raw list serves as a second one.
    black_rows = plain_rows(yeast / "sacCer3_blacklist.bed") if with_blacklist else [["chrI", "0", "1"]]
    black_path = tmp_path / "black.bed"
    black_path.write_text("".join("\t".join(row[:3]) + "\n" for row in black_rows))
    blacklist = read_blacklist(black_path, problems)
    held_out = {*YEAST_VALIDATION, *YEAST_TEST}
    wanted = {"training": [chrom for chrom in sizes if chrom not in held_out], "validation": YEAST_VALIDATION}
    pools = build_pools(samples, wanted, sizes, blacklist, problems)
    assert problems.sentences() == []
    for name, chroms in wanted.items():
        expected = []
        for cell, sample in enumerate(samples):
            for kind, path in enumerate((sample.atac_peaks, sample.chip_peaks)):
                assert path is not None
                for chrom, start, end, *_ in plain_rows(path):
                    first = (int(start) + int(end)) // 2 - 512
                    if chrom not in chroms or first < 0 or first + 1024 > sizes[chrom]:
                        continue
                    if any(c == chrom and int(s) < first + 1024 and int(e) > first for c, s, e, *_ in black_rows):
                        continue
                    expected.append((chroms.index(chrom), first, kind, cell))
        pool, report = pools[name]
        found = zip(*(c.tolist() for c in (pool.chrom, pool.start, pool.kind, pool.cell)), strict=True)
        assert list(found) == expected
        assert len(expected) > 100
        assert report.total().kept == len(expected)
        assert report.total().intervals == sum(
            source.other_chromosomes + source.beyond_end + source.off_end + source.blacklisted + source.kept
            for source in report.sources
        )
        saved = save_roi(pool, tmp_path / factor, name)[0]
        cell_lines = [sample.cell_line for sample in samples]
        again, _ = pool_from_file(saved, chroms, sizes, blacklist, problems, cell_lines=cell_lines, name=name)
        assert problems.sentences() == []
        for mine, theirs in zip(
            (pool.chrom, pool.start, pool.kind, pool.cell),
            (again.chrom, again.start, again.kind, again.cell),
            strict=True,
        ):
            assert np.array_equal(mine, theirs)


def test_summits_move_real_windows(test_data: Path) -> None:
    path = test_data / "hg19_chr22_ctcf" / "CTCF_K562_chr22.narrowPeak"
    sizes = sizes_of(test_data / "maxatac_data/hg19/hg19.chrom.sizes")
    problems = Problems()
    by_summit, _ = pool_from_file(
        path, ["chr22"], sizes, Blacklist.empty(), problems, cell_lines=["K562"], center="summit"
    )
    assert problems.sentences() == []
    assert by_summit.start.tolist() == [int(row[1]) + int(row[9]) - 512 for row in plain_rows(path)]


def test_points_of_another_naming_are_refused(yeast: Path) -> None:
    problems = Problems()
    sizes = sizes_of(yeast / "sacCer3.chrom.sizes")
    blacklist = read_blacklist(yeast / "sacCer3_blacklist.bed", problems)
    pool, _ = pool_from_file(yeast / "raw" / "Abf1_CX.bed", list(sizes), sizes, blacklist, problems, cell_lines=["A"])
    assert len(pool) == 0
    (problem,) = problems
    assert problem.kind == "chromosome"
    assert "724 of 724 intervals are on chromosomes that the genome lacks: found chr" in problem.found


def test_peaks_of_another_build_are_refused(test_data: Path) -> None:
    problems = Problems()
    path = test_data / "hg19_chr22_ctcf" / "CTCF_K562_chr22.narrowPeak"
    sizes = sizes_of(test_data / "maxatac_data/hg38/hg38.chrom.sizes")
    # hg38's chr22 is shorter by half a megabase, and 20 of hg19's 1,422 peaks lie behind its end.
    pool_from_file(path, ["chr22"], sizes, Blacklist.empty(), problems, cell_lines=["A"])
    assert [(problem.kind, problem.file) for problem in problems] == [("size", path)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("yeast_sacCer3/sacCer3.2bit", "2bit"),
        ("conformance/twobit/derived_volvox_bigendian.2bit", "2bit"),
        ("conformance/bigwig/derived_bigendian.bw", "bigWig"),
        ("yeast_sacCer3/Abf1_binding.bw", "bigWig"),
        ("yeast_sacCer3/raw/Rap1_CX.bed", "BED text"),
        ("yeast_sacCer3/raw/hmmratac_yeast500k_accessible_regions.narrowPeak", "BED text"),
        ("conformance/twobit/biopython__sequence.fa", "FASTA text"),
        ("conformance/corrupt/empty_file.bw", "empty"),
        ("maxatac_data/Example_TF_META.tsv", "unknown"),
        ("hg19_chr22_ctcf/CTCF_SE_ChIP_chr22_50k.bed.gz", "gzip"),
        ("maxatac_data/models/CTCF/CTCF_binary_revcomp99_fullModel_RR0_95.h5", "HDF5"),
    ],
)
def test_formats_of_real_files(test_data: Path, name: str, kind: str) -> None:
    assert sniff(test_data / name) == kind

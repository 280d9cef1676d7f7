"""`maxatac binding`: from peaks to a track, against numpy and pyBigWig, and the table of cell types."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.cli.main import main
from maxatac.data.meta_file import read_meta
from maxatac.data.samples import COLUMNS
from maxatac.errors import InputError, Problem, Problems
from maxatac.files.checksums import sha256
from maxatac.preparation.binding import BindingResult, binding
from maxatac.preparation.binding_meta import MetaTable
from maxatac.preparation.settings import BindingConfig

SIZES = {"chr2": 500, "chr1": 1_000, "chr10": 300, "chrM": 200}
NUCLEAR = ["chr1", "chr10", "chr2"]

Peak = tuple[str, int, int]


@pytest.fixture
def sizes(tmp_path: Path) -> Path:
    return tiny.write_sizes(tmp_path / "genome.chrom.sizes", SIZES)


def bed(path: Path, peaks: Sequence[Peak]) -> Path:
    path.write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in peaks))
    return path


def make(sizes: Path, *peaks: Path, **settings: Any) -> BindingResult:
    given = {"chip_peaks": peaks, "chrom_sizes": sizes, "prefix": "x", "output": sizes.parent / "out"}
    return binding(BindingConfig(**(given | settings)))


def refused(sizes: Path, *peaks: Path, **settings: Any) -> Sequence[Problem]:
    output = sizes.parent / "refused"
    with pytest.raises(InputError) as caught:
        make(sizes, *peaks, **({"output": output} | settings))
    assert not output.exists()
    return caught.value.problems


def values(path: Path) -> dict[str, NDArray[np.float64]]:
    """Every base of a track; NaN where it has no data."""
    with pyBigWig.open(str(path)) as track:
        return {chrom: np.array(track.values(chrom, 0, size)) for chrom, size in track.chroms().items()}


def bound(path: Path) -> list[Peak]:
    """The regions of 1, after a check that all else is 0."""
    found: list[Peak] = []
    for chrom, bases in values(path).items():
        assert np.isin(bases, (0, 1)).all()
        edges = np.flatnonzero(np.diff(np.concatenate(([0], bases, [0]))))
        found += [(chrom, int(start), int(end)) for start, end in edges.reshape(-1, 2)]
    return found


def lines(path: Path) -> list[Peak]:
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [(chrom, int(start), int(end)) for chrom, start, end in rows]


def record(result: BindingResult) -> dict[str, Any]:
    text = (result.track.parent / "x_binding_run.json").read_text()
    content: dict[str, Any] = json.loads(text)
    return content


def test_peaks_are_1_and_all_else_is_0(sizes: Path, tmp_path: Path) -> None:
    peaks = bed(tmp_path / "a.bed", [("chr2", 0, 50), ("chr1", 90, 120), ("chr1", 100, 200), ("chr1", 200, 210)])
    result = make(sizes, peaks)
    assert bound(result.track) == lines(result.peaks) == [("chr1", 90, 210), ("chr2", 0, 50)]
    with pyBigWig.open(str(result.track)) as track:
        # Also the chromosome without a peak stands there with a value at each base; organelles do not.
        assert list(track.chroms().items()) == [("chr1", 1_000), ("chr10", 300), ("chr2", 500)]
        assert track.intervals("chr10") == ((0, 300, 0.0),)
        assert track.intervals("chr1") == ((0, 90, 0.0), (90, 210, 1.0), (210, 1_000, 0.0))
    assert record(result)["settings"]["chroms"] == NUCLEAR
    assert record(result)["chroms_left_out"] == {"organelles": ["chrM"]}
    assert record(result)["bound"] == {"regions": 2, "bases": 170, "share": 170 / 1_800}
    assert record(result)["inputs"]["chip_peaks"]["sha256"] == sha256(peaks)


def test_a_peak_over_a_whole_chromosome(sizes: Path, tmp_path: Path) -> None:
    result = make(sizes, bed(tmp_path / "a.bed", [("chr10", 0, 300)]), chroms=("chr10",))
    with pyBigWig.open(str(result.track)) as track:
        assert track.intervals("chr10") == ((0, 300, 1.0),)


def test_chromosomes_that_are_named(sizes: Path, tmp_path: Path) -> None:
    peaks = bed(tmp_path / "a.bed", [("chr1", 0, 50), ("chrM", 5, 9)])
    assert bound(make(sizes, peaks, chroms=("chrM", "chr2")).track) == [("chrM", 5, 9)]
    count = make(sizes, peaks, prefix="y").bound.counts[peaks]
    assert (count.peaks, count.other_chromosomes, count.bases) == (2, 1, 50)
    (problem,) = refused(sizes, peaks, chroms=("chr3",))
    assert (problem.kind, problem.option) == ("chromosome", "--chroms")


@pytest.mark.parametrize(("combine", "depth"), [("union", 1), ("Intersection", 3), ("2", 2), (3, 3)])
def test_replicates_against_counts_per_base(sizes: Path, tmp_path: Path, combine: str | int, depth: int) -> None:
    random = np.random.default_rng(4)
    counts = {chrom: np.zeros(SIZES[chrom], int) for chrom in NUCLEAR}
    files = []
    for number in range(3):
        mine = {chrom: np.zeros(SIZES[chrom], bool) for chrom in NUCLEAR}
        peaks = []
        for _ in range(25):
            chrom = str(random.choice(NUCLEAR))
            start = int(random.integers(0, SIZES[chrom] - 60))
            end = start + int(random.integers(1, 60))
            peaks.append((chrom, start, end))
            mine[chrom][start:end] = True
        files.append(bed(tmp_path / f"{number}.bed", peaks))
        for chrom, is_in in mine.items():
            counts[chrom] += is_in
    found = values(make(sizes, *files, combine=combine).track)
    assert list(found) == NUCLEAR
    for chrom in NUCLEAR:
        np.testing.assert_array_equal(found[chrom], counts[chrom] >= depth)


def test_overlapping_peaks_of_one_replicate_count_once(sizes: Path, tmp_path: Path) -> None:
    one = bed(tmp_path / "1.bed", [("chr1", 0, 50), ("chr1", 20, 80)])
    other = bed(tmp_path / "2.bed", [("chr1", 70, 90)])
    assert bound(make(sizes, one, other, combine="2").track) == [("chr1", 70, 80)]


@pytest.mark.parametrize("combine", ["0", "3", "half", "-1", "1.5", ""])
def test_combine_is_a_word_or_at_most_the_number_of_files(sizes: Path, tmp_path: Path, combine: str) -> None:
    files = [bed(tmp_path / f"{number}.bed", [("chr1", 0, 50)]) for number in range(2)]
    (problem,) = refused(sizes, *files, combine=combine)
    assert (problem.kind, problem.option) == ("setting", "--combine")


def test_a_replicate_that_is_given_twice(sizes: Path, tmp_path: Path) -> None:
    path = bed(tmp_path / "a.bed", [("chr1", 0, 50)])
    (problem,) = refused(sizes, path, tmp_path / "." / "a.bed")
    assert (problem.kind, problem.option) == ("setting", "--chip_peaks")


@pytest.mark.parametrize(("width", "expected"), [(1, (130, 131)), (2, (129, 131)), (3, (129, 132)), (100, (80, 180))])
def test_window_around_the_summit(sizes: Path, tmp_path: Path, width: int, expected: tuple[int, int]) -> None:
    peaks = tiny.write_peaks(tmp_path / "a.narrowPeak", [("chr1", 100, 300, 30)])
    assert bound(make(sizes, peaks, summit_window=width).track) == [("chr1", *expected)]


def test_windows_end_with_their_chromosome(sizes: Path, tmp_path: Path) -> None:
    peaks = tiny.write_peaks(tmp_path / "a.narrowPeak", [("chr1", 0, 100, 10), ("chr2", 400, 500, 95)])
    assert bound(make(sizes, peaks, summit_window=40).track) == [("chr1", 0, 30), ("chr2", 475, 500)]


def test_a_peak_without_a_summit_has_its_window_on_the_midpoint(
    sizes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    peaks = tiny.write_peaks(tmp_path / "a.narrowPeak", [("chr1", 0, 100, 90), ("chr2", 100, 200, -1)])
    result = make(sizes, peaks, summit_window=10)
    assert bound(result.track) == [("chr1", 85, 95), ("chr2", 145, 155)]
    assert result.bound.counts[peaks].without_summit == 1
    assert "1 peak without a summit" in caplog.text


def test_no_summit_at_all(sizes: Path, tmp_path: Path) -> None:
    path = bed(tmp_path / "a.bed", [("chr1", 0, 100)])
    (problem,) = refused(sizes, path, summit_window=10)
    assert (problem.kind, problem.option, problem.file) == ("format", "--summit_window", path)
    found = refused(sizes, path, summit_window=0)
    assert {(problem.kind, problem.option) for problem in found} == {
        ("setting", "--summit_window"), ("format", "--summit_window"),
    }  # fmt: skip


def test_blacklisted_bases_are_not_bound(sizes: Path, tmp_path: Path) -> None:
    peaks = bed(tmp_path / "a.bed", [("chr1", 100, 200), ("chr1", 300, 400), ("chr2", 0, 10)])
    black = bed(tmp_path / "black.bed", [("chr1", 120, 130), ("chr1", 150, 310), ("chr2", 5, 20)])
    result = make(sizes, peaks, blacklist=black)
    assert bound(result.track) == [("chr1", 100, 120), ("chr1", 130, 150), ("chr1", 310, 400), ("chr2", 0, 5)]
    assert record(result)["blacklisted_bases"] == 10 + 50 + 10 + 5
    assert record(make(sizes, peaks, force=True))["blacklisted_bases"] == 0


# Names and builds (row 2 of the cases)


def test_peaks_of_another_naming_are_refused_with_both_spellings(sizes: Path, tmp_path: Path) -> None:
    path = bed(tmp_path / "a.bed", [("1", 0, 100), ("2", 0, 100)])
    (problem,) = refused(sizes, path)
    assert (problem.kind, problem.file) == ("chromosome", path)
    assert "'1'" in str(problem) and "'chr1'" in str(problem)


def test_peaks_beyond_the_end_are_of_another_build(sizes: Path, tmp_path: Path) -> None:
    path = bed(tmp_path / "a.bed", [("chr1", 0, 100), ("chr1", 990, 1_001), ("chr2", 1, 2)])
    (problem,) = refused(sizes, path)
    assert (problem.kind, problem.file, problem.line) == ("size", path, 2)


def test_one_peak_of_many_beyond_the_end_is_left_out(
    sizes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = bed(
        tmp_path / "a.bed", [("chr1", 990, 1_001)] + [("chr1", start, start + 5) for start in range(100, 900, 8)]
    )
    result = make(sizes, path)
    assert ("chr1", 990, 1_000) not in bound(result.track)
    assert result.bound.counts[path].beyond_end == 1
    assert f"{path}, line 1" in caplog.text


def test_a_few_peaks_on_other_sequences(sizes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = bed(tmp_path / "a.bed", [("chr1", start, start + 5) for start in range(0, 70, 10)] + [("chrUn_1", 1, 9)])
    assert make(sizes, path).bound.counts[path].other_chromosomes == 1
    assert "1 of 8 intervals are on chromosomes that the genome lacks: found chrUn_1" in caplog.text


def test_no_rule_about_how_names_look(tmp_path: Path) -> None:
    sizes = tiny.write_sizes(tmp_path / "s", {"Chr01": 100, "scaffold_7": 50, "LGM3": 70})
    peaks = bed(tmp_path / "a.bed", [("scaffold_7", 0, 10), ("LGM3", 0, 10)])
    assert bound(make(sizes, peaks).track) == [("LGM3", 0, 10), ("scaffold_7", 0, 10)]


def test_a_blacklist_of_another_naming(sizes: Path, tmp_path: Path) -> None:
    black = bed(tmp_path / "black.bed", [("1", 0, 100)])
    (problem,) = refused(sizes, bed(tmp_path / "a.bed", [("chr1", 0, 100)]), blacklist=black)
    assert (problem.kind, problem.file) == ("chromosome", black)


# The genome


def test_a_genome_is_needed(sizes: Path, tmp_path: Path) -> None:
    (problem,) = refused(sizes, bed(tmp_path / "a.bed", [("chr1", 0, 100)]), chrom_sizes=None)
    assert (problem.kind, problem.option) == ("setting", "--sequence or --chrom_sizes")


def test_2bit_and_sizes_that_disagree(sizes: Path, tmp_path: Path) -> None:
    sequence = tiny.write_genome(tmp_path / "g.2bit", {**SIZES, "chr1": 999})
    (problem,) = refused(sizes, bed(tmp_path / "a.bed", [("chr1", 0, 100)]), sequence=sequence)
    assert (problem.kind, problem.file) == ("size", sizes)


def test_the_sequences_of_the_2bit_count(sizes: Path, tmp_path: Path) -> None:
    sequence = tiny.write_genome(tmp_path / "g.2bit", {**SIZES, "chrX": 100})
    result = make(sizes, bed(tmp_path / "a.bed", [("chr1", 0, 100)]), sequence=sequence)
    assert list(result.bound.sizes) == [*NUCLEAR, "chrX"]


def test_long_chromosomes(tmp_path: Path) -> None:
    sizes = tiny.write_sizes(tmp_path / "s", {"chr1": 4_294_967_295, "chr2": 830_000_000})
    peaks = bed(tmp_path / "a.bed", [("chr1", 3_000_000_000, 3_000_000_100), ("chr2", 2**29 + 10, 2**29 + 20)])
    result = make(sizes, peaks)
    # pyBigWig's positions are signed: beyond 2^31 they are negative.
    starts, ends, values = Track(result.track).intervals("chr1", 0, 4_294_967_295)
    assert (starts.tolist(), ends.tolist(), values.tolist()) == (
        [0, 3_000_000_000, 3_000_000_100], [3_000_000_000, 3_000_000_100, 4_294_967_295], [0, 1, 0],
    )  # fmt: skip
    with pyBigWig.open(str(result.track)) as track:
        assert track.intervals("chr2")[1] == (2**29 + 10, 2**29 + 20, 1.0)
    tiny.write_sizes(sizes, {"chr1": 2**32})
    (problem,) = refused(sizes, peaks, chroms=("chr1",))
    assert (problem.kind, problem.file) == ("size", sizes)


# Peak files


@pytest.mark.parametrize("content", [b"", b"\n", b"# none\n", b"track type=narrowPeak\n", b"chrom\tstart\tend\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_no_peak(sizes: Path, tmp_path: Path, content: bytes, packed: bool, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.bed"
    path.write_bytes(gzip.compress(content) if packed else content)
    result = make(sizes, path, summit_window=100)
    assert bound(result.track) == lines(result.peaks) == []
    assert list(values(result.track)) == NUCLEAR
    assert f"{path}: holds no peak" in caplog.text


def test_a_replicate_without_a_peak(sizes: Path, tmp_path: Path) -> None:
    empty, other = bed(tmp_path / "a.bed", []), bed(tmp_path / "b.bed", [("chr1", 0, 10)])
    assert bound(make(sizes, empty, other).track) == [("chr1", 0, 10)]
    assert bound(make(sizes, empty, other, combine="intersection", force=True).track) == []


def test_windows_line_ends_and_gzip(sizes: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(b"chr1\t0\t10\r\nchr1\t20\t30\r\n"))
    assert bound(make(sizes, path).track) == [("chr1", 0, 10), ("chr1", 20, 30)]


def test_all_problems_at_once(sizes: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "a.bed"
    damaged.write_text("chr1\t0\t10\nchr1\tx\t20\nchr1\t30\t20\n")
    cut = tmp_path / "b.bed.gz"
    cut.write_bytes(gzip.compress(b"chr1\t0\t10\n" * 50)[:-9])
    found = refused(sizes, damaged, cut, tmp_path / "no.bed", combine="9", chroms=("chr7",), blacklist=tmp_path / "no")
    assert {(problem.kind, problem.file, problem.line, problem.option) for problem in found} == {
        ("line", damaged, 2, None),
        ("line", damaged, 3, None),
        ("format", cut, None, None),
        ("missing file", tmp_path / "no.bed", None, None),
        ("missing file", tmp_path / "no", None, None),
        ("setting", None, None, "--combine"),
        ("chromosome", None, None, "--chroms"),
    }


def test_many_bound_bases_are_told_of(sizes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(sizes, bed(tmp_path / "a.bed", [("chr1", 0, 900)]))
    assert "50 % of the bases are bound" in caplog.text


# The command


def test_the_command(sizes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peaks = bed(tmp_path / "a.bed", [("chr1", 0, 100)])
    given = ["binding", "-i", str(peaks), "-cs", str(sizes), "-n", "x", "-o", str(tmp_path / "out")]
    assert main([*given, "--dry_run"]) == 0
    assert not (tmp_path / "out").exists()
    assert main(given) == 0
    told = capsys.readouterr().out
    assert f"{tmp_path / 'out' / 'x.bw'}: 1 bound region, " in told
    assert main(given) == 2
    assert main([*given, "--force"]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "x.bw", "x_peaks.bed", "x_binding_run.json", "x_binding.log",
    }  # fmt: skip
    assert main(["binding", "--config", str(tmp_path / "out" / "x_binding_run.json"), "-n", "y"]) == 0
    (tmp_path / "settings.json").write_text(json.dumps({"combine": 2, "label": "Test", "chip_peaks": [str(peaks)] * 2}))
    assert main(["binding", "--config", str(tmp_path / "settings.json"), *given[3:], "-n", "z", "--dry_run"]) == 2
    assert "--combine" not in capsys.readouterr().err


def test_zoom_levels(sizes: Path, tmp_path: Path) -> None:
    peaks = bed(tmp_path / "a.bed", [("chr1", start, start + 3) for start in range(0, 900, 9)])
    for most in (0, 10):
        with pyBigWig.open(str(make(sizes, peaks, max_zooms=most, prefix=f"x{most}").track)) as track:
            assert (track.header()["nLevels"] > 0) == (most > 0)


# The table of cell types


@pytest.fixture
def cell(sizes: Path, tmp_path: Path) -> dict[str, Any]:
    """Settings of a row."""
    signal = tiny.write_bigwig(tmp_path / "signal.bw", [("chr1", 0, 500, 0.5)], {"chr1": 1_000, "chr2": 500})
    atac = bed(tmp_path / "atac.bed", [("chr1", 0, 200)])
    return {
        "meta_out": tmp_path / "meta.tsv", "cell_type": "A", "tf_name": "CTCF", "signal": signal, "atac_peaks": atac,
    }  # fmt: skip


@pytest.fixture
def peaks(tmp_path: Path) -> Path:
    return bed(tmp_path / "chip.bed", [("chr1", 100, 200)])


def table(path: Path) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_table_is_made_row_by_row(sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path) -> None:
    meta = cell["meta_out"]
    assert make(sizes, peaks, **cell).meta_file == meta
    make(sizes, peaks, **{**cell, "cell_type": "B", "label": "test", "atac_peaks": None, "prefix": "y"})
    same = {"TF": "CTCF", "ATAC_Signal_File": "signal.bw", "CHIP_Peaks": "chip.bed"}
    assert table(meta) == [
        {**same, "Cell_Line": "A", "Binding_File": "out/x.bw", "ATAC_Peaks": "atac.bed", "Train_Test_Label": "Train"},
        {**same, "Cell_Line": "B", "Binding_File": "out/y.bw", "ATAC_Peaks": ".", "Train_Test_Label": "Test"},
    ]
    problems = Problems()
    one, other = read_meta(meta, problems)
    assert not problems
    assert (one.binding, one.atac_peaks, other.atac_peaks) == (tmp_path / "out/x.bw", cell["atac_peaks"], None)


def test_paths_are_found_from_any_folder(
    sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.chdir(folder)
    make(Path("../genome.chrom.sizes"), Path("../chip.bed"), **{**cell, "meta_out": "m.tsv", "output": "."})
    (row,) = table(folder / "m.tsv")
    # Beneath the folder of the table, the path is relative to it; others are absolute.
    assert (row["Binding_File"], row["CHIP_Peaks"]) == ("x.bw", str(peaks))
    monkeypatch.chdir("/")
    problems = Problems()
    read_meta(folder / "m.tsv", problems)
    assert not problems


def test_peaks_of_several_replicates_are_the_bound_regions(
    sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path
) -> None:
    other = bed(tmp_path / "b.bed", [("chr1", 150, 250)])
    make(sizes, peaks, other, combine="intersection", **cell)
    (row,) = table(cell["meta_out"])
    assert lines(tmp_path / row["CHIP_Peaks"]) == [("chr1", 150, 200)]


def test_a_row_is_replaced_with_force_alone(sizes: Path, peaks: Path, cell: Mapping[str, Any]) -> None:
    meta: Path = cell["meta_out"]
    make(sizes, peaks, **cell)
    make(sizes, peaks, **{**cell, "cell_type": "B", "prefix": "y"})
    before = meta.read_text()
    (problem,) = refused(sizes, peaks, **cell)
    assert (problem.kind, problem.file, problem.line, problem.place) == ("value", meta, 2, "Cell_Line")
    assert meta.read_text() == before
    make(sizes, peaks, **{**cell, "label": "Test", "force": True})
    assert [(row["Cell_Line"], row["Train_Test_Label"]) for row in table(meta)] == [("A", "Test"), ("B", "Train")]


def test_columns_of_others_stay(sizes: Path, peaks: Path, cell: Mapping[str, Any]) -> None:
    meta: Path = cell["meta_out"]
    make(sizes, peaks, **cell)
    (row,) = table(meta)
    names = ["Note", *reversed(row)]
    # As spreadsheets leave it: quoted, padded, with a blank line and without a last line end.
    header = "\t".join(f' "{name}"' for name in names)
    meta.write_text(f"{header}\t\t\r\n\r\n" + "\t".join(["mine", *reversed(row.values()), "", ""]))
    make(sizes, peaks, **{**cell, "cell_type": "B", "prefix": "y"})
    problems = Problems()
    assert [sample.binding.name for sample in read_meta(meta, problems)] == ["x.bw", "y.bw"]
    assert not problems
    assert [line.split("\t")[0] for line in meta.read_text().splitlines()[1:]] == ["mine", "."]


def test_another_transcription_factor(sizes: Path, peaks: Path, cell: Mapping[str, Any]) -> None:
    make(sizes, peaks, **cell)
    (problem,) = refused(sizes, peaks, **{**cell, "cell_type": "B", "tf_name": "ARID3A"})
    assert (problem.kind, problem.file, problem.line, problem.place) == ("value", cell["meta_out"], 2, "TF")


def test_genomes_are_not_mixed(sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path) -> None:
    make(sizes, peaks, **cell)
    other = tiny.write_sizes(tmp_path / "other.sizes", {**SIZES, "chr1": 1_200})
    signal = tiny.write_bigwig(tmp_path / "s2.bw", [("chr1", 0, 500, 0.5)], {"chr1": 1_200})
    found = refused(other, peaks, **{**cell, "cell_type": "B", "signal": signal})
    assert {(problem.kind, problem.file) for problem in found} == {
        ("size", cell["signal"]), ("size", tmp_path / "out" / "x.bw"),
    }  # fmt: skip


def test_a_signal_or_atac_peaks_of_another_genome(
    sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path
) -> None:
    signal = tiny.write_bigwig(tmp_path / "s.bw", [("1", 0, 500, 0.5)], {"1": 1_000})
    atac = bed(tmp_path / "p.bed", [("chr1", 0, 2_000)])
    found = refused(sizes, peaks, **{**cell, "signal": signal, "atac_peaks": atac})
    assert {(problem.kind, problem.file) for problem in found} == {("chromosome", signal), ("size", atac)}
    apart = tiny.write_bigwig(tmp_path / "q.bw", [("scaffold_1", 0, 500, 0.5)], {"scaffold_1": 1_000})
    (problem,) = refused(sizes, peaks, **{**cell, "signal": apart})
    assert (problem.kind, problem.file) == ("chromosome", apart)


@pytest.mark.parametrize("name", ["cell_type", "tf_name", "signal", "atac_peaks"])
def test_a_row_needs_its_settings_and_they_a_table(
    sizes: Path, peaks: Path, cell: Mapping[str, Any], name: str
) -> None:
    (problem,) = refused(sizes, peaks, **{**cell, name: None})
    assert (problem.kind, problem.option) == ("setting", f"--{name}")
    (problem,) = refused(sizes, peaks, **{name: cell[name]})
    assert (problem.kind, problem.option) == ("setting", f"--{name}")


@pytest.mark.parametrize("name", ["", ".", " A", "A\tB", "A\n"])
def test_names_that_a_table_cannot_hold(sizes: Path, peaks: Path, cell: Mapping[str, Any], name: str) -> None:
    found = refused(sizes, peaks, **{**cell, "cell_type": name})
    assert {problem.option for problem in found} == {"--cell_type"}


def test_names_with_quotation_marks(sizes: Path, peaks: Path, cell: Mapping[str, Any]) -> None:
    make(sizes, peaks, **{**cell, "cell_type": '"A" B'})
    assert [sample.cell_line for sample in read_meta(cell["meta_out"], Problems())] == ['"A" B']


def test_a_training_row_needs_a_bound_base(sizes: Path, cell: Mapping[str, Any], tmp_path: Path) -> None:
    empty = bed(tmp_path / "none.bed", [])
    (problem,) = refused(sizes, empty, **cell)
    assert (problem.kind, problem.option) == ("regions", "--chip_peaks")
    make(sizes, empty, **{**cell, "label": "Test"})
    assert [row["CHIP_Peaks"] for row in table(cell["meta_out"])] == ["."]


def test_the_table_replaces_no_other_file(sizes: Path, peaks: Path, cell: Mapping[str, Any], tmp_path: Path) -> None:
    for path in (peaks, tmp_path / "refused" / "x.bw", tmp_path):
        found = refused(sizes, peaks, **{**cell, "meta_out": path})
        assert ("output", "--meta_out", path) in {(problem.kind, problem.option, problem.file) for problem in found}


@pytest.mark.parametrize("content", ["Cell_Line\tTF\nA\tB\n", "no table", "A,B\n", "\n"])
def test_a_file_that_is_no_table_stays(sizes: Path, peaks: Path, cell: Mapping[str, Any], content: str) -> None:
    cell["meta_out"].write_text(content)
    assert {problem.file for problem in refused(sizes, peaks, **cell)} == {cell["meta_out"]}
    assert cell["meta_out"].read_text() == content


def test_names_of_rows_without_a_column(sizes: Path, peaks: Path, cell: Mapping[str, Any]) -> None:
    meta: Path = cell["meta_out"]
    make(sizes, peaks, **cell)
    header, row = meta.read_text().splitlines()
    meta.write_text(f"{header}\n1\t{row}\n")
    (problem,) = refused(sizes, peaks, **{**cell, "cell_type": "B"})
    assert (problem.kind, problem.file) == ("column", meta)


def test_rows_that_are_added_at_once(tmp_path: Path) -> None:
    # Not whole commands: these are one per process.
    meta = tmp_path / "new" / "meta.tsv"
    rows = [dict.fromkeys(COLUMNS, "x") | {"Cell_Line": f"C{number}"} for number in range(8)]
    with ThreadPoolExecutor(len(rows)) as pool:
        list(pool.map(lambda row: MetaTable(meta, row, replace=False).add(), rows))
    assert sorted(row["Cell_Line"] for row in table(meta)) == [f"C{number}" for number in range(8)]
    assert list(meta.parent.iterdir()) == [meta]


def test_a_row_that_another_process_has_added_meanwhile(tmp_path: Path) -> None:
    meta = tmp_path / "meta.tsv"
    row = dict.fromkeys(COLUMNS, "x")
    MetaTable(meta, row, replace=False).add()
    before = meta.read_text()
    with pytest.raises(InputError) as caught:
        MetaTable(meta, row, replace=False).add()
    assert [(problem.kind, problem.place) for problem in caught.value.problems] == [("value", "Cell_Line")]
    assert meta.read_text() == before

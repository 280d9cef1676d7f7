"""Everything that is wrong with what the user gave is found before training, all of it at once."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

import pytest
import tiny
from broken import HTML, Check, named, rows_of
from tiny import TinySet

from maxatac.cli.main import main

# The meta file.


@pytest.mark.parametrize("column", tiny.COLUMNS)
def test_missing_column(column: str, damaged: TinySet, problems: Check) -> None:
    damaged.write_meta(columns=[name for name in tiny.COLUMNS if name != column])
    (problem,) = problems(damaged)
    assert named(problem, kind="column", file=damaged.meta_file, line=1, place=column)


def test_empty_meta_file(damaged: TinySet, problems: Check) -> None:
    damaged.meta_file.write_text("")
    (problem,) = problems(damaged)
    assert named(problem, "is empty", kind="unreadable file", file=damaged.meta_file)


def test_meta_file_without_rows(damaged: TinySet, problems: Check) -> None:
    damaged.write_meta([])
    (problem,) = problems(damaged)
    assert named(problem, "no row", kind="format", file=damaged.meta_file)


def test_no_training_row(damaged: TinySet, problems: Check) -> None:
    damaged.write_meta(rows_of(damaged, Train_Test_Label=["Test"] * 3))
    (problem,) = problems(damaged)
    assert named(problem, "no row labelled Train", kind="value", file=damaged.meta_file)


def test_two_rows_for_one_cell_type(damaged: TinySet, problems: Check) -> None:
    damaged.write_meta(rows_of(damaged, Cell_Line=["CellA", "CellB", "CellA"]))
    (problem,) = problems(damaged)
    assert named(problem, "line 2", "CellA", kind="value", file=damaged.meta_file, line=4)


def test_unknown_label(damaged: TinySet, problems: Check) -> None:
    damaged.write_meta(rows_of(damaged, Train_Test_Label=["Train", "Validation", "Test"]))
    (problem,) = problems(damaged)
    assert named(problem, kind="value", file=damaged.meta_file, line=3, place="Train_Test_Label")
    assert (problem.found, problem.expected) == ("'Validation'", "Train or Test")


def test_two_factors(damaged: TinySet, problems: Check) -> None:
    damaged.write_meta(rows_of(damaged, TF=["CTCF", "CTCF", "MAX"]))
    (problem,) = problems(damaged)
    assert named(problem, "'CTCF' (line 2)", "'MAX' (line 4)", kind="value", file=damaged.meta_file)


def test_unknown_test_cell_type(tiny_set: TinySet, problems: Check) -> None:
    (problem,) = problems(tiny_set, test_cell_types=("CellD",))
    assert named(problem, "CellD", "CellA, CellB, CellC", kind="value", file=tiny_set.meta_file)


# Files.

FILES = (
    "sequence", "meta_file", "signal", "binding", "atac_peaks", "chip_peaks", "blacklist", "chrom_sizes", "train_roi",
    "validate_roi", "weights",
)  # fmt: skip
NAMES = {
    "signal": "CellB_signal.bw",
    "binding": "CellB_binding.bw",
    "atac_peaks": "CellB_atac.narrowPeak",
    "chip_peaks": "CellB_chip.narrowPeak",
}


def place(data: TinySet, what: str) -> tuple[Path, dict[str, object]]:
    """Where a file is, and the options that make a run read it."""
    if what in NAMES:
        return data.folder / NAMES[what], {}
    if what in ("sequence", "meta_file", "blacklist", "chrom_sizes"):
        path: Path = getattr(data, what)
    elif what == "weights":
        path = data.folder / "model.keras"
    else:
        path = data.folder / f"{what}.bed"
        path.write_text("chr1\t20000\t21024\nchr3\t20000\t21024\n")
    return path, {what: path}


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("fault", ["does not exist", "is a directory", "is empty"])
def test_file_that_is_none(what: str, fault: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.unlink(missing_ok=True)
    if fault == "is a directory":
        path.mkdir()
    elif fault == "is empty":
        path.touch()
    (problem,) = problems(damaged, **options)
    # What the meta file names is told with its line and as it is written there.
    file, line = (damaged.meta_file, 3) if what in NAMES else (path, None)
    kind = "missing file" if fault == "does not exist" else "unreadable file"
    assert named(problem, path.name, fault, kind=kind, file=file, line=line)


@pytest.mark.parametrize("what", FILES)
def test_file_that_may_not_be_read(
    what: str, damaged: TinySet, problems: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, options = place(damaged, what)
    path.touch()
    if path.stat().st_size == 0:
        path.write_bytes(b"something")
    path.chmod(0)
    if os.access(path, os.R_OK):
        # The superuser may read everything; tell the check that this one file is closed to him too.
        access = os.access
        monkeypatch.setattr(os, "access", lambda file, mode, **how: Path(file) != path and access(file, mode, **how))
    (problem,) = problems(damaged, **options)
    file, line = (damaged.meta_file, 3) if what in NAMES else (path, None)
    assert named(problem, path.name, "is not readable", kind="unreadable file", file=file, line=line)


@pytest.mark.parametrize("what", [what for what in FILES if what != "weights"])
def test_web_page_instead_of_a_file(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text(HTML)
    (problem,) = problems(damaged, **options)
    assert named(problem, "HTML", kind="format", file=path)


@pytest.mark.parametrize(
    ("what", "other", "found", "expected"),
    [
        ("signal", "CellA_atac.narrowPeak", "BED text", "bigWig"),
        ("binding", "CellA_chip.narrowPeak", "BED text", "bigWig"),
        ("signal", "genome.2bit", "2bit", "bigWig"),
        ("sequence", "CellA_signal.bw", "bigWig", "2bit"),
        ("atac_peaks", "CellA_signal.bw", "bigWig", "BED"),
        ("chip_peaks", "genome.2bit", "2bit", "BED"),
        ("blacklist", "genome.2bit", "2bit", "BED"),
        ("chrom_sizes", "CellA_signal.bw", "bigWig", "sizes"),
        ("train_roi", "CellA_signal.bw", "bigWig", "BED"),
        ("meta_file", "CellA_signal.bw", "bigWig", "tab-separated"),
    ],
    ids=lambda value: str(value),
)
def test_file_of_another_format(
    what: str, other: str, found: str, expected: str, damaged: TinySet, problems: Check
) -> None:
    path, options = place(damaged, what)
    path.write_bytes((damaged.folder / other).read_bytes())
    (problem,) = problems(damaged, **options)
    assert named(problem, found, expected, kind="format", file=path)


@pytest.mark.parametrize("what", ["sequence", "signal", "binding"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_truncated_binary_file(what: str, share: float, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    content = path.read_bytes()
    # Behind the index of a bigWig there are only views of lower resolution.
    needed = len(content) if what == "sequence" else int.from_bytes(content[24:32], "little") + 60
    path.write_bytes(content[: int(needed * share)])
    (problem,) = problems(damaged, **options)
    assert named(problem, kind="format", file=path)


@pytest.mark.parametrize("what", ["atac_peaks", "blacklist", "train_roi"])
def test_truncated_gzip_file(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    content = gzip.compress(path.read_bytes() * 50)
    path.write_bytes(content[: len(content) // 2])
    (problem,) = problems(damaged, **options)
    assert named(problem, "truncated", kind="format", file=path)


@pytest.mark.parametrize("what", ["binding", "signal"])
def test_damage_inside_a_track(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    content = bytearray(path.read_bytes())
    # Data sections begin behind the header, the zoom headers, the summary and the chromosome tree.
    offset = int.from_bytes(content[16:24], "little")
    content[offset + 12 : offset + 40] = bytes(28)
    path.write_bytes(content)
    (problem,) = problems(damaged, **options)
    assert named(problem, kind="format", file=path)


@pytest.mark.parametrize("line", ["chr1\t20", "chr1\tten\t20", "chr1\t30\t20", "chr1\t-5\t20"], ids=repr)
@pytest.mark.parametrize("what", ["atac_peaks", "blacklist", "train_roi"])
def test_line_that_is_no_interval(what: str, line: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text(f"chr1\t10000\t10500\n{line}\n")
    (problem,) = problems(damaged, **options)
    assert named(problem, kind="line", file=path, line=2)


# Names of results.


@pytest.mark.parametrize("odd", ["[", "]", "*", "?", "\\", "\n", "\x7f"])
def test_prefix_that_is_a_pattern(odd: str, tiny_set: TinySet, problems: Check) -> None:
    (problem,) = problems(tiny_set, prefix=f"CT{odd}CF")
    assert named(problem, "--prefix", "without", ascii(odd))


# Chromosomes.


def plain(name: str) -> str:
    return name.removeprefix("chr")


@pytest.mark.parametrize("what", ["signal", "binding"])
def test_tracks_with_other_chromosome_names(what: str, damaged: TinySet, problems: Check) -> None:
    path, _ = place(damaged, what)
    tiny.write_bigwig(path, [("1", 5_000, 6_000, 1.0)], {plain(name): size for name, size in tiny.SIZES.items()})
    (problem,) = problems(damaged)
    assert named(problem, "'1'", "'chr1'", damaged.sequence, kind="chromosome", file=path)


@pytest.mark.parametrize("what", ["atac_peaks", "chip_peaks", "blacklist", "train_roi"])
def test_intervals_with_other_chromosome_names(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text(path.read_text().replace("chr", ""))
    (problem,) = problems(damaged, **options)
    assert named(problem, "'1'", "'chr1'", kind="chromosome", file=path)


def kept_names(path: Path, *old: str, new: str) -> None:
    """Write chromosome names of a file in another way; others stay."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text("".join("\t".join([new if line[0] in old else line[0], *line[1:]]) + "\n" for line in lines))


@pytest.mark.parametrize("what", ["atac_peaks", "chip_peaks", "blacklist", "train_roi"])
def test_intervals_whose_names_match_in_part(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text(path.read_text() + "chr1\t30000\t30500\nchr3\t20000\t20500\n")
    kept_names(path, "chr1", new="1")
    (problem,) = problems(damaged, **options)
    assert named(problem, "'1'", "'chr1'", kind="chromosome", file=path)
    # No other spelling is known, but half of the file is too much.
    kept_names(path, "1", "chr2", new="scaffold_7")
    (problem,) = problems(damaged, **options)
    assert named(problem, "scaffold_7", "chr1, chr2, chr3", kind="chromosome", file=path)


@pytest.mark.parametrize("what", ["atac_peaks", "blacklist", "train_roi"])
@pytest.mark.parametrize(
    ("line", "words"),
    [("b'chr1'\t5\t9", ["b'chr1'", "bytes"]), ("1\tchr1\t5\t9", ["'chr1'", "second column"])],
)
def test_names_that_are_none(what: str, line: str, words: list[str], damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text(f"chr1\t10000\t10500\n{line}\n")
    (problem,) = problems(damaged, **options)
    assert named(problem, *words, kind="line", file=path, line=2)


@pytest.mark.parametrize("what", ["atac_peaks", "chip_peaks", "train_roi"])
def test_table_that_counts_from_one(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    path.write_text("chr1\t10001\t10500\t500\t10200\t12\t9.5\t6.1\t7.2\tx_peak_1\n")
    (problem,) = problems(damaged, **options)
    assert named(problem, "MACS", "count from 1", kind="format", file=path, line=1)


def test_chrom_sizes_with_other_names(damaged: TinySet, problems: Check) -> None:
    tiny.write_sizes(damaged.chrom_sizes, {plain(name): size for name, size in tiny.SIZES.items()})
    (problem,) = problems(damaged, chrom_sizes=damaged.chrom_sizes)
    assert named(problem, "'1'", "'chr1'", kind="chromosome", file=damaged.chrom_sizes)


@pytest.mark.parametrize(
    ("option", "typed", "words"),
    [
        ("tchroms", "1", ["'chr1'"]),
        ("vchroms", "Chr3", ["'chr3'"]),
        ("chroms", "chr17", ["chr1"]),
        ("tchroms", "scaffold", ["chr1, chr2, chr3"]),
    ],
)
def test_typed_chromosome_that_is_nowhere(
    option: str, typed: str, words: list[str], tiny_set: TinySet, problems: Check
) -> None:
    chroms = {"tchroms": tiny.TRAINING, "vchroms": tiny.VALIDATION, "chroms": tuple(tiny.SIZES)}[option]
    (problem,) = problems(tiny_set, **{option: (*chroms, typed)})
    assert named(problem, f" {typed};", *words, kind="chromosome", option=f"--{option}")


def test_track_of_another_build(damaged: TinySet, problems: Check) -> None:
    path, _ = place(damaged, "signal")
    tiny.write_bigwig(path, [("chr1", 5_000, 6_000, 1.0)], {**tiny.SIZES, "chr2": 99_000})
    (problem,) = problems(damaged)
    assert named(problem, "chr2", "99,000", "100,000", damaged.sequence, "genome build", kind="size", file=path)


def test_chrom_sizes_of_another_build(damaged: TinySet, problems: Check) -> None:
    tiny.write_sizes(damaged.chrom_sizes, {**tiny.SIZES, "chr3": 80_001})
    (problem,) = problems(damaged, chrom_sizes=damaged.chrom_sizes)
    assert named(problem, "chr3", "80,001", "80,000", damaged.sequence, kind="size", file=damaged.chrom_sizes)


def test_chrom_sizes_that_lack_a_chromosome(damaged: TinySet, problems: Check) -> None:
    tiny.write_sizes(damaged.chrom_sizes, {"chr1": tiny.SIZES["chr1"]})
    (problem,) = problems(damaged, chrom_sizes=damaged.chrom_sizes)
    assert named(problem, damaged.chrom_sizes, "chr2, chr3")


def test_track_without_any_chromosome_of_the_run(damaged: TinySet, problems: Check) -> None:
    path, _ = place(damaged, "signal")
    tiny.write_bigwig(path, [("scaffold", 5_000, 6_000, 1.0)], {"scaffold": 10_000})
    (problem,) = problems(damaged)
    assert named(problem, "scaffold", "chr1", kind="chromosome", file=path)


def test_overlapping_chromosomes(tiny_set: TinySet, problems: Check) -> None:
    (problem,) = problems(tiny_set, tchroms=("chr1", "chr2"), vchroms=("chr2", "chr3"))
    assert named(problem, "chr2", "overlap", kind="setting", option="--tchroms and --vchroms")


def test_default_chromosomes_that_the_genome_lacks(damaged: TinySet, problems: Check) -> None:
    tiny.write_genome(damaged.sequence, {"scaffold_1": 50_000})
    told = problems(damaged, tchroms=None, vchroms=None)
    assert any(problem.option == "--tchroms" and "scaffold_1" in str(problem) for problem in told)
    assert any(problem.option == "--vchroms" for problem in told)


# Regions.


@pytest.mark.parametrize("pool", ["training", "validation"])
def test_pool_that_the_blacklist_empties(pool: str, damaged: TinySet, problems: Check) -> None:
    chroms = {"training": tiny.TRAINING, "validation": tiny.VALIDATION}[pool]
    damaged.blacklist.write_text("".join(f"{chrom}\t0\t{tiny.SIZES[chrom]}\n" for chrom in chroms))
    (problem,) = problems(damaged)
    intervals = [
        line.split("\t")[0]
        for cell in ("CellA", "CellB")
        for kind in ("atac", "chip")
        for line in damaged.file(cell, f"{kind}.narrowPeak").read_text().splitlines()
    ]
    black = sum(chrom in chroms for chrom in intervals)
    assert named(
        problem, f"no {pool} region is left", f"of {len(intervals):,} intervals",
        f"{len(intervals) - black:,} are on other chromosomes", f"{black:,} blacklisted", "CellA_atac.narrowPeak",
        kind="regions",
    )  # fmt: skip


def test_regions_that_are_all_too_near_an_end(tiny_set: TinySet, problems: Check, tmp_path: Path) -> None:
    bed = tmp_path / "regions.bed"
    bed.write_text("chr1\t0\t100\nchr1\t159900\t160000\nchr3\t20000\t21024\n")
    (problem,) = problems(tiny_set, train_roi=bed)
    assert named(problem, bed, "of 3 intervals", "1 are on other chromosomes", "2 too near an end", kind="regions")


@pytest.mark.parametrize("what", ["atac_peaks", "train_roi", "blacklist"])
def test_many_intervals_beyond_an_end(what: str, damaged: TinySet, problems: Check) -> None:
    path, options = place(damaged, what)
    inside = [f"chr1\t{start}\t{start + 500}" for start in range(10_000, 80_000, 1_000)]
    path.write_text("\n".join([*inside, "chr2\t99900\t100400"]) + "\n")
    (problem,) = problems(damaged, **options)
    line = None if what == "blacklist" else 71
    assert named(problem, "1 of 71", "genome build", kind="size", file=path, line=line)


def test_regions_of_an_unknown_cell_type(tiny_set: TinySet, problems: Check, tmp_path: Path) -> None:
    table = tmp_path / "regions.tsv"
    rows = "chr1\t20000\t21024\tATAC\tCellA\nchr1\t30000\t31024\tATAC\tCellC\n"
    table.write_text(f"Chr\tStart\tStop\tROI_Type\tCell_Line\n{rows}")
    (problem,) = problems(tiny_set, train_roi=table)
    # CellC is labelled Test: its regions must not train.
    assert named(problem, "CellC", "CellA, CellB", kind="value", file=table, line=3)


def test_no_place_for_random_windows(tiny_set: TinySet, problems: Check, tmp_path: Path) -> None:
    black = tmp_path / "black.bed"
    # The regions of the file lie in gaps that are too short to hold anything else than N.
    black.write_text("chr3\t2500\t80000\n")
    regions = tmp_path / "regions.bed"
    regions.write_text("chr3\t1000\t2024\n")
    (problem,) = problems(tiny_set, blacklist=black, validate_roi=regions, rand_ratio=0.5)
    assert named(problem, "random window", kind="regions")


# Weights, output, values.


def test_output_that_is_a_file(tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for output in (taken, taken / "below"):
        assert main(tiny_set.arguments(output)) == 2
        assert named(capsys.readouterr().err, f"--output {output}: found {taken}, a file")
    assert taken.read_text() == "mine"


def test_output_that_cannot_be_written(
    tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        # Nothing is closed to the superuser.
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed)
    for output in (closed, closed / "a" / "b"):
        assert main(tiny_set.arguments(output)) == 2
        assert named(capsys.readouterr().err, f"--output {output}", "cannot be written to")
    assert list(closed.iterdir()) == []


def test_output_of_another_user(
    tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    owner = tmp_path.stat().st_uid
    for command in ([], ["--dry_run"]):
        assert main(tiny_set.arguments(tmp_path / "out", *command)) == 2
        assert named(capsys.readouterr().err, "cannot be written to; it belongs to user", owner, "this is user 54321")


def test_no_folder_for_temporary_files(
    tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "absent")])
    for command in ([], ["--dry_run"]):
        assert main(tiny_set.arguments(tmp_path / "out", *command)) == 2
        captured = capsys.readouterr()
        assert named(captured.out + captured.err, "temporary files: found no folder", "TMPDIR", "--tmpfs /tmp")


@pytest.mark.parametrize(
    "words",
    [("--batch_size", "0"), ("--rand_ratio", "1.5"), ("--epochs", "-1"), ("--jitter", "-3"), ("--threads", "0")],
    ids=" ".join,
)
def test_value_out_of_range(words: tuple[str, str], tiny_set: TinySet, problems: Check) -> None:
    (problem,) = problems(tiny_set, *words)
    assert named(problem, f"{words[0]}: found {words[1]}; expected")


@pytest.mark.parametrize("command", ["train", "check"])
def test_blacklist_that_is_cut(command: str, damaged: TinySet, capfd: pytest.CaptureFixture[str]) -> None:
    """A bigWig cut behind its header."""
    black = damaged.folder / "black.bw"
    tiny.write_bigwig(black, [("chr1", 100, 200, 1.0)])
    black.write_bytes(black.read_bytes()[:64])
    output = damaged.folder / "results"
    _, *words = damaged.arguments(output, blacklist=black)
    assert main([command, *words]) == 2
    assert f"{black}: " in "".join(capfd.readouterr())
    assert not output.exists()


# All at once.


def test_without_a_genome_the_rest_is_still_checked(damaged: TinySet, problems: Check) -> None:
    damaged.sequence.write_text(HTML)
    damaged.file("CellA", "binding.bw").write_text(HTML)
    absent = {name: damaged.folder / f"{name}.bed" for name in ("train_roi", "validate_roi", "chrom_sizes")}
    told = problems(damaged, "--epochs", "0", blacklist=damaged.folder / "black.bed", **absent)
    for words in ("genome.2bit", "CellA_binding.bw", "black.bed", "--epochs: found 0", *map(str, absent.values())):
        assert sum(words in str(problem) for problem in told) == 1, words
    assert len(told) == 7

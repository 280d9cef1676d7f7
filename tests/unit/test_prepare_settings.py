"""Settings of `maxatac prepare`, and the names of its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maxatac.errors import Problems
from maxatac.preparation.barcodes import Groups
from maxatac.preparation.outputs import SampleFiles, group_files, scale_name
from maxatac.preparation.read_files import ReadsFile
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.space import check_space, space_needed
from maxatac.runs.command import CommandFolder


def config(**settings: Any) -> PrepareConfig:
    return PrepareConfig(**({"input": "a.bam", "prefix": "x"} | settings))


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, []),
        ({"input": ()}, ["--input"]),
        ({"slop": -1}, ["--slop"]),
        ({"slop": 0, "min_mapq": 255, "rpm_factor": 1, "max_fragment": 1}, []),
        ({"min_mapq": 256}, ["--min_mapq"]),
        ({"rpm_factor": 0}, ["--rpm_factor"]),
        ({"max_fragment": 0}, ["--max_fragment"]),
        ({"input_format": "sam"}, ["--input_format"]),
        ({"shift": "5"}, ["--shift"]),
        ({"chroms": ()}, ["--chroms"]),
        ({"barcode_tag": "CB:Z"}, ["--barcode_tag"]),
        ({"genome_size": 1.2e7}, ["--genome_size"]),
        ({"genome_size": 1.2e7, "call_peaks": True}, []),
        ({"genome_size": float("nan"), "call_peaks": True}, ["--genome_size"]),
        ({"max_zooms": 11}, ["--max_zooms"]),
    ],
)
def test_problems(settings: dict[str, Any], options: list[str]) -> None:
    assert [problem.option for problem in config(**settings).problems()] == options


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("skip_deduplication", "trust_duplicate_flags"),
        ("skip_deduplication", "deduplicate_per_file"),
        ("trust_duplicate_flags", "deduplicate_per_file"),
    ],
)
def test_what_excludes_each_other(one: str, other: str) -> None:
    (problem,) = config(**{one: True, other: True}).problems()
    assert problem.option == f"--{one} and --{other}"


def test_one_file_and_several() -> None:
    assert config().input == (Path("a.bam"),)
    assert list(config(input=("a.bam", "b.bam")).files()) == ["input", "input 2"]


@pytest.mark.parametrize(
    ("factor", "name"), [(20_000_000, "RP20M"), (1_000_000, "RP1M"), (2_500_000, "RP2.5M"), (1, "RP1e-06M")]
)
def test_the_scale_stands_in_the_name(factor: int, name: str) -> None:
    assert scale_name(factor) == name


def test_names_of_files() -> None:
    folder = CommandFolder(Path("out"), "x", "prepare")
    (files,) = group_files(config(), folder, None)
    assert [path.name for path in files] == [
        "x_IS_slop20_RP20M.bw", "x_IS_slop20_RP20M_minmax01.bw", "x_IS_slop20_RP20M_minmax01_chromosome_min_max.txt",
        "x_IS_slop20_RP20M_minmax01_genome_stats.txt",
    ]  # fmt: skip
    groups = Groups(("B cell", "T"), ("B_cell", "T"), ({},))
    one, other = group_files(config(call_peaks=True), folder, groups)
    assert (one.name, other.name) == ("x_B_cell", "x_T")
    assert [path.name for path in one][4:] == ["x_B_cell_IS_slop20.bed.gz", "x_B_cell_peaks.narrowPeak"]
    (with_sites,) = group_files(config(sites_bed=True), folder, None)
    assert [path.name for path in with_sites][4:] == ["x_IS.bed.gz", "x_IS_slop20.bed.gz"]
    names = [path.name for path in SampleFiles.of(folder, has_groups=True)]
    assert names == ["x_qc.html", "x_qc_mqc.tsv", "x_groups.tsv"]


def test_space_for_temporary_data(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv.gz"
    path.write_bytes(bytes(1_000))
    packed, plain = ReadsFile(path, "fragments"), ReadsFile(path, "fragments", is_packed=False)
    needed = space_needed(config(), [packed])
    assert needed > 1_000 > space_needed(config(), [plain])
    assert space_needed(config(), [packed, packed]) == 2 * needed
    for settings in ({"sites_bed": True}, {"call_peaks": True}, {"remove_equal_fragments": True}):
        assert space_needed(config(**settings), [packed]) > needed


def test_folders_for_temporary_data(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, expected in (("absent", ["output"]), ("file", ["output"]), (".", [])):
        check_space(config(temp_dir=tmp_path / name), tmp_path / "out", [], problems := Problems())
        assert [problem.kind for problem in problems] == expected
    # The output folder is made later.
    check_space(config(), tmp_path / "out" / "deep", [], problems := Problems())
    assert not problems

"""`maxatac peaks`: from a bigWig to sites, against pyBigWig and numpy."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray

from maxatac.cli.main import main, parse
from maxatac.cli.running import settings_from
from maxatac.errors import InputError, MaxatacError, Problem, TrackError
from maxatac.files.checksums import sha256
from maxatac.prediction.peaks import PeaksResult, peaks
from maxatac.prediction.settings import PeaksConfig

HEADER = "Standard_Thresh\tMonotonic_Avg_Precision\tMonotonic_Avg_Recall\tMonotonic_Avg_log2FC\tAvg_F1\n"
TABLE = HEADER + "0\t0.1\t1\t0\t0.2\n0.454\t0.5\t0.6\t2\t0.6\n1\t1\t0\t3\t0\n"
NAN = float("nan")


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """Bins that touch, one apart, one that equals a cutoff in float32 alone, one at the end of a chromosome."""
    intervals = [
        ("chr1", 0, 32, 0.5), ("chr1", 32, 64, 0.75), ("chr1", 64, 96, 0.25), ("chr1", 96, 128, 0.5),
        ("chr1", 192, 224, 0.625), ("chr1", 352, 384, 0.454), ("chr10", 64, 96, 1.0), ("chr2", 960, 992, 0.875),
    ]  # fmt: skip
    return tiny.write_bigwig(tmp_path / "CTCF.bw", intervals, {"chr1": 1_000, "chr10": 500, "chr2": 1_000, "chr3": 400})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.tsv"
    path.write_text(TABLE)
    return path


def call(track: Path, **settings: Any) -> PeaksResult:
    given = {"cutoff_type": "score", "cutoff_value": 0.5, "output": track.parent / "out"}
    return peaks(PeaksConfig(input_bigwig=track, **(given | settings)))


def rows(path: Path) -> list[str]:
    return path.read_text().splitlines()


def refused(track: Path, **settings: Any) -> Sequence[Problem]:
    output = track.parent / "refused"
    with pytest.raises(InputError) as caught:
        call(track, **({"output": output} | settings))
    assert not output.exists()
    return caught.value.problems


def random_track(path: Path, *, seed: int, sizes: Mapping[str, int]) -> dict[str, NDArray[np.float32]]:
    """Scores in steps of 1/8 in most bins; the last partial bin has none."""
    random = np.random.default_rng(seed)
    values = {chrom: random.integers(0, 9, size // 32).astype(np.float32) / 8 for chrom, size in sizes.items()}
    intervals = []
    for chrom, scores in values.items():
        scores[random.random(len(scores)) < 0.2] = np.nan
        intervals += [(chrom, 32 * b, 32 * b + 32, float(s)) for b, s in enumerate(scores) if not np.isnan(s)]
    tiny.write_bigwig(path, intervals, sizes)
    return values


def runs_of(called: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], called.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def test_sites(track: Path) -> None:
    result = call(track)
    assert result.path == track.parent / "out" / "CTCF_32bp.bed"
    assert rows(result.path) == [
        "chr1\t0\t64\t0.75", "chr1\t96\t128\t0.5", "chr1\t192\t224\t0.625", "chr10\t64\t96\t1.0",
        "chr2\t960\t992\t0.875",
    ]  # fmt: skip
    assert {chrom: len(sites) for chrom, sites in result.sites.items()} == {"chr1": 3, "chr10": 1, "chr2": 1, "chr3": 0}


def test_sites_of_wider_bins(track: Path) -> None:
    result = call(track, bin_size=200)
    assert result.path.name == "CTCF_200bp.bed"
    assert rows(result.path) == ["chr1\t0\t400\t0.75", "chr10\t0\t200\t1.0", "chr2\t800\t1000\t0.875"]


def test_the_last_bin_ends_with_its_chromosome(tmp_path: Path) -> None:
    path = tiny.write_bigwig(tmp_path / "a.bw", [("chr1", 960, 992, 1.0)], {"chr1": 1_007})
    assert rows(call(path, bin_size=300).path) == ["chr1\t900\t1007\t1.0"]


def test_narrow_peak(track: Path) -> None:
    result = call(track, format="NarrowPeak", cutoff_value=0.625, chroms=("chr1",))
    assert result.path.name == "CTCF_32bp.narrowPeak"
    assert rows(result.path) == [
        "chr1\t32\t64\t.\t750\t.\t0.75\t-1\t-1\t16",
        "chr1\t192\t224\t.\t625\t.\t0.625\t-1\t-1\t16",
    ]


def test_a_score_equal_to_the_cutoff_in_float32(track: Path, table: Path) -> None:
    for settings in ({"cutoff_value": 0.454}, {"cutoff_type": "F1", "cutoff_value": None, "cutoff_file": table}):
        result = call(track, **settings, chroms="chr1", force=True)
        assert "chr1\t352\t384\t0.454" in rows(result.path)
        assert result.cutoff.score == 0.454


def test_only_scored_bins_reach_a_cutoff_of_0(track: Path) -> None:
    assert rows(call(track, cutoff_value=0).path) == [
        "chr1\t0\t128\t0.75", "chr1\t192\t224\t0.625", "chr1\t352\t384\t0.454", "chr10\t64\t96\t1.0",
        "chr2\t960\t992\t0.875",
    ]  # fmt: skip


@pytest.mark.parametrize("cutoff", [0.0, 0.5, 0.875])
@pytest.mark.parametrize("width", [32, 200, 64, 1000])
def test_against_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cutoff: float, width: int) -> None:
    # Several pieces, whose borders lie within bins.
    monkeypatch.setattr("maxatac.prediction.peaks._PIECE", 1_111)
    sizes = {"chr2": 10_007, "chr10": 3_200, "chr1": 31}
    values = random_track(tmp_path / "a.bw", seed=3, sizes=sizes)
    expected = []
    for chrom in sorted(sizes):
        bases = np.full(-(-sizes[chrom] // width) * width, np.nan, np.float32)
        bases[: len(values[chrom]) * 32] = np.repeat(values[chrom], 32)
        highest = np.max(np.nan_to_num(bases.reshape(-1, width), nan=-1), axis=1, initial=-1)
        for first, last in runs_of(highest >= cutoff):
            end = min(last * width, sizes[chrom])
            expected.append(f"{chrom}\t{first * width}\t{end}\t{highest[first:last].max()}")
    assert rows(call(tmp_path / "a.bw", bin_size=width, cutoff_value=cutoff).path) == expected


def test_maxima_are_those_that_pybigwig_finds(tmp_path: Path) -> None:
    random_track(tmp_path / "a.bw", seed=5, sizes={"chr1": 5_000})
    with pyBigWig.open(str(tmp_path / "a.bw")) as track:
        found = rows(call(tmp_path / "a.bw", cutoff_value=0.625).path)
        for row in found:
            chrom, start, end, highest = row.split("\t")
            assert track.stats(chrom, int(start), int(end), type="max", exact=True) == [float(highest)]
            assert all(value >= 0.625 for value in track.values(chrom, int(start), int(end)))
    assert found


def test_nothing_reaches_the_cutoff(track: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = call(track, cutoff_value=0.99, chroms=["chr1", "chr3"])
    assert result.path.read_bytes() == b""
    [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "0.75" in warning.getMessage()


def test_a_track_without_scores(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tiny.write_bigwig(tmp_path / "a.bw", [("chr1", 0, 32, NAN), ("chr1", 64, 96, NAN)], {"chr1": 1_000})
    assert call(path, cutoff_value=0).path.read_bytes() == b""
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("2 bins" in warning for warning in warnings)


def test_record(track: Path, table: Path) -> None:
    result = call(track, cutoff_type="recall", cutoff_value=0.5, cutoff_file=table)
    record = json.loads((track.parent / "out" / "CTCF_peaks_run.json").read_text())
    assert (record["run_of"], record["settings"]["chroms"]) == ("peaks", ["chr1", "chr10", "chr2", "chr3"])
    assert (record["cutoff"]["score"], record["cutoff"]["promised"]["Recall"]) == (0.454, 0.6)
    assert (record["sites"], record["scored_bins"]) == ({"chr1": 4, "chr10": 1, "chr2": 1}, 8)
    assert record["inputs"]["input_bigwig"]["sha256"] == sha256(track)
    assert list(record["outputs"]) == [result.path.name]
    assert (track.parent / "out" / "CTCF_peaks.log").exists()


def test_all_problems_at_once(track: Path, table: Path) -> None:
    table.write_text(TABLE.replace("Avg_F1", "F1"))
    track.write_text("chr1\t0\t32\t0.5\n")
    found = refused(track, cutoff_type="F1", cutoff_value=None, cutoff_file=table, bin_size=16)
    assert {(problem.kind, problem.option, problem.file) for problem in found} == {
        ("setting", "--bin_size", None), ("format", None, track), ("column", None, table),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"cutoff_value": None}, "--cutoff_value"), ({"cutoff_type": "F1", "cutoff_value": None}, "--cutoff_file"),
        ({"cutoff_type": "F2"}, "--cutoff_type"), ({"format": "gff"}, "--format"), ({"chroms": ["chr4"]}, "--chroms"),
        ({"chroms": []}, "--chroms"), ({"chroms": ["chr1", "1"]}, "--chroms"), ({"bin_size": 0}, "--bin_size"),
        ({"prefix": "a/b"}, "--prefix"), ({"bin_size": 10**30}, "--bin_size"),
    ],
)  # fmt: skip
def test_bad_settings(track: Path, settings: dict[str, Any], option: str) -> None:
    assert option in {problem.option for problem in refused(track, **settings)}


def test_a_settings_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.json"
    assert main(["peaks", "--config", str(path)]) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"maxatac: error: {path}: settings file does not exist"


def test_a_missing_track(tmp_path: Path) -> None:
    [problem] = refused(tmp_path / "none.bw")
    assert (problem.kind, problem.file) == ("missing file", tmp_path / "none.bw")


def test_an_infinite_value(track: Path) -> None:
    tiny.write_bigwig(track, [("chr1", 0, 32, 0.5), ("chr1", 320, 352, float("inf"))], {"chr1": 1_000})
    with pytest.raises(MaxatacError, match="chr1:320-352") as caught:
        call(track)
    assert not isinstance(caught.value, InputError)
    assert [path.name for path in (track.parent / "out").iterdir()] == ["CTCF_peaks.log"]


def test_bins_without_a_number_are_left_out(track: Path, caplog: pytest.LogCaptureFixture) -> None:
    tiny.write_bigwig(track, [("chr1", 0, 32, 0.5), ("chr1", 32, 64, float("nan"))], {"chr1": 1_000})
    with caplog.at_level("WARNING", "maxatac"):
        assert rows(call(track).path) == ["chr1\t0\t32\t0.5"]
    assert [str(track) in record.getMessage() for record in caplog.records] == [True]


def test_a_table_of_another_scale(track: Path, table: Path) -> None:
    tiny.write_bigwig(track, [("chr1", 0, 32, 0.5), ("chr1", 320, 352, 37.2)], {"chr1": 1_000})
    settings = {"cutoff_type": "F1", "cutoff_value": None, "cutoff_file": table}
    with pytest.raises(MaxatacError, match=r"37\.2"):
        call(track, **settings)
    assert rows(call(track, cutoff_value=30).path) == ["chr1\t320\t352\t37.2"]
    # Thresholds up to 40, as of a model that was trained on values up to there.
    table.write_text(TABLE + "30\t1\t0\t3\t0.9\n40\t1\t0\t3\t0\n")
    assert rows(call(track, **settings, force=True).path) == ["chr1\t320\t352\t37.2"]


def test_an_option_of_several_values_may_be_given_again(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"chroms": ["chr3"]}))
    given = ["-i", "a.bw", "-c", "chr1", "chrX", "--chroms", "chr2"]
    for words in (given, [*given, "--config", str(file)]):
        assert settings_from(parse(["peaks", *words]), PeaksConfig).chroms == ("chr1", "chrX", "chr2")


@pytest.mark.parametrize("option", ["-name", "--cutof_type", "-chrom", "-bins"])
def test_unknown_options(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["peaks", "-i", "a.bw", option, "X"])
    assert caught.value.code == 2
    assert f"unknown option {option}" in capsys.readouterr().err


def test_the_command(track: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = track.parent / "out"
    words = ["peaks", "-i", str(track), "-cf", str(table), "-o", str(output)]
    assert main([*words, "--dry_run"]) == 0
    assert "0.454" in capsys.readouterr().out
    assert not output.exists()
    assert main(words) == 0
    assert "6 sites" in capsys.readouterr().out
    assert main(words) == 2
    assert main([*words, "--force"]) == 0
    assert main([*words, "-n", "again", "--config", str(output / "CTCF_peaks_run.json")]) == 0
    assert (output / "again_32bp.bed").read_bytes() == (output / "CTCF_32bp.bed").read_bytes()


def test_a_table_of_other_models_and_bins(track: Path, table: Path, caplog: pytest.LogCaptureFixture) -> None:
    for command, path, entries in (
        ("threshold", table, {"calibration": {"models": [{"sha256": "a"}], "bin_size": 200}}),
        ("predict", track, {"prediction": {"models": [{"sha256": "a"}, {"sha256": "b"}], "kind": "binary"}}),
    ):
        content = {"maxatac": "0", "run_of": command, "prefix": path.stem, "outputs": {path.name: {}}, **entries}
        (path.parent / f"{path.stem}_{command}_run.json").write_text(json.dumps(content))
    settings = {"cutoff_type": "F1", "cutoff_value": None, "cutoff_file": table}
    for width, warnings in ((32, 2), (200, 1)):
        caplog.clear()
        call(track, **settings, bin_size=width, prefix=f"of_{width}")
        assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == warnings


def test_a_quantitative_prediction_needs_a_table_of_its_own(track: Path, table: Path) -> None:
    content = {"maxatac": "0", "run_of": "predict", "prefix": "CTCF", "outputs": {track.name: {}}}
    (track.parent / "CTCF_predict_run.json").write_text(json.dumps(content | {"prediction": {"kind": "quant"}}))
    [problem] = refused(track, cutoff_type="F1", cutoff_value=None, cutoff_file=table)
    assert (problem.kind, problem.file) == ("value", table)
    assert call(track, cutoff_value=0.5).path.exists()


def test_a_damaged_track(track: Path) -> None:
    random_track(track, seed=1, sizes={"chr1": 200_000})
    content = bytearray(track.read_bytes())
    # The first block of data is damaged; header and index are whole.
    place = int.from_bytes(content[16:24], "little") + 64
    content[place : place + 64] = bytes(64)
    track.write_bytes(content)
    with pytest.raises(TrackError):
        call(track)
    assert [path.name for path in (track.parent / "out").iterdir()] == ["CTCF_peaks.log"]

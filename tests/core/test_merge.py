"""``maxatac merge``: parts of a genome, joined to what one job would have written."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.errors import InputError, MaxatacError, Problem
from maxatac.files.bigwig import new_bigwig
from maxatac.prediction.chromosome import ChromPredictions
from maxatac.prediction.cutoffs import Cutoff
from maxatac.prediction.merge import merge, prepare_merge, read_predictions
from maxatac.prediction.outputs import TrackOutput, write_outputs
from maxatac.prediction.settings import MergeConfig

SIZES = {"chr1": 50_000, "chr10": 9_000, "chr2": 20_017, "chrM": 2_000}
OFFSETS = {"chr1": 0, "chr10": 0, "chr2": 17, "chrM": 0}
CUTOFF = Cutoff("score", 0.8, 0.8, None, {}, float("inf"))


def predictions(chrom: str) -> ChromPredictions:
    """Scores with gaps at the start, in the middle and at the end."""
    random = np.random.default_rng(len(chrom) + SIZES[chrom])
    values = random.random((1, (SIZES[chrom] - OFFSETS[chrom]) // 32), dtype=np.float32)
    values[:, :3] = values[:, 20:25] = values[:, -2:] = np.nan
    return ChromPredictions(chrom, OFFSETS[chrom], values)


def part(folder: Path, name: str, chroms: Sequence[str], prediction: Mapping[str, Any] | None = None) -> TrackOutput:
    """Write what a job leaves that has predicted some of the chromosomes."""
    output = TrackOutput(folder / f"{name}.bw", folder / f"{name}_peaks.bed")
    write_outputs([output], chroms, predictions, SIZES, cutoff=CUTOFF, max_zooms=10)
    if prediction is not None:
        record = {"maxatac": "1", "run_of": "predict", "prefix": name, "outputs": {f"{name}.bw": {}}}
        (folder / f"{name}_predict_run.json").write_text(json.dumps({**record, "prediction": prediction}))
    return output


@pytest.fixture
def parts(tmp_path: Path) -> list[TrackOutput]:
    folder = tmp_path / "parts"
    folder.mkdir()
    return [part(folder, "b", ["chr10", "chrM"]), part(folder, "a", ["chr2"]), part(folder, "c", ["chr1"])]


@pytest.fixture
def whole(tmp_path: Path) -> TrackOutput:
    (tmp_path / "whole").mkdir()
    return part(tmp_path / "whole", "x", ["chr1", "chr10", "chr2", "chrM"])


def config(output: Path, parts: Sequence[TrackOutput], **changes: Any) -> MergeConfig:
    return MergeConfig(parts=[part.track for part in parts], output=output, prefix="x", **changes)


def peaks_of(parts: Sequence[TrackOutput]) -> list[Path]:
    return [part.peaks for part in parts if part.peaks is not None]


def refused(output: Path, parts: Sequence[TrackOutput], **changes: Any) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        merge(config(output, parts, **changes))
    assert not output.exists()
    return list(caught.value.problems)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_same_bytes_as_one_job(
    parts: list[TrackOutput], whole: TrackOutput, tmp_path: Path, order: tuple[int, ...]
) -> None:
    shuffled = [parts[place] for place in order]
    joined = merge(config(tmp_path / "joined", shuffled, part_peaks=peaks_of(shuffled)))
    called = merge(config(tmp_path / "called", shuffled, cutoff_type="score", cutoff_value=0.8))
    for result in (joined, called):
        assert result.track.read_bytes() == whole.track.read_bytes()
        assert result.peaks is not None
        assert whole.peaks is not None
        assert result.peaks.read_bytes() == whole.peaks.read_bytes()
    subprocess.run(["sort", "-c", "-k1,1", "-k2,2n", joined.peaks], env={"LC_ALL": "C"}, check=True)


def test_no_sites_without_a_cutoff(parts: list[TrackOutput], tmp_path: Path) -> None:
    assert merge(config(tmp_path / "out", parts)).peaks is None
    assert not (tmp_path / "out" / "x_peaks.bed").exists()


@pytest.mark.parametrize("chrom", SIZES)
def test_scores_are_read_back_as_they_were_written(whole: TrackOutput, chrom: str) -> None:
    found, written = read_predictions(Track(whole.track), chrom), predictions(chrom)
    assert found.offset == written.offset
    np.testing.assert_array_equal(found.values, written.values)


def test_a_part_may_have_no_site(parts: list[TrackOutput], tmp_path: Path) -> None:
    empty = tmp_path / "empty.bed"
    empty.touch()
    peaks = [*peaks_of(parts[:2]), empty]
    result = merge(config(tmp_path / "out", parts, part_peaks=peaks))
    assert result.peaks is not None
    assert {line.split("\t")[0] for line in result.peaks.read_text().splitlines()} == {"chr10", "chr2", "chrM"}


def test_a_sequence_in_two_parts(parts: list[TrackOutput], tmp_path: Path) -> None:
    again = part(tmp_path, "again", ["chr2"])
    (problem,) = refused(tmp_path / "out", [*parts, again])
    assert (problem.kind, problem.file) == ("chromosome", again.track)


def test_a_part_of_another_build(parts: list[TrackOutput], tmp_path: Path) -> None:
    other = tmp_path / "other.bw"
    with new_bigwig(other, {"chr2": 20_000}) as track:
        track.write_bins("chr2", 0, 32, np.ones(9, np.float32))
    (problem,) = refused(tmp_path / "out", [*parts, TrackOutput(other, None)])
    assert "20,000" in problem.found
    assert "20,017" in problem.found


def test_a_part_given_twice(parts: list[TrackOutput], tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "out", [*parts, parts[0]])
    assert (problem.kind, problem.option, problem.file) == ("setting", "--parts", parts[0].track)


def write_intervals(path: Path, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> TrackOutput:
    with new_bigwig(path, {"chr7": 5_000}) as track:
        track.write("chr7", starts, ends, np.ones(len(starts), np.float32))
    return TrackOutput(path, None)


def test_a_track_that_is_no_prediction(parts: list[TrackOutput], tmp_path: Path) -> None:
    signal = write_intervals(tmp_path / "signal.bw", np.array([10, 60]), np.array([50, 100]))
    (problem,) = refused(tmp_path / "out", [*parts, signal])
    assert (problem.kind, problem.file) == ("format", signal.track)


def test_bins_that_do_not_line_up_end_the_run(parts: list[TrackOutput], tmp_path: Path) -> None:
    odd = write_intervals(tmp_path / "odd.bw", np.array([0, 40]), np.array([32, 72]))
    with pytest.raises(MaxatacError, match="chr7:40-72"):
        merge(config(tmp_path / "out", [*parts, odd]))
    assert not (tmp_path / "out" / "x.bw").exists()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("chr2\t0\n", "line"), ("chr9\t0\t32\t1\n", "line"), ("chr2\t20000\t20032\t1\n", "line"),
        ("chr2\t64\t64\t1\n", "line"), ("track name=x\n", "line"),
    ],
)  # fmt: skip
def test_bad_sites(parts: list[TrackOutput], tmp_path: Path, line: str, kind: str) -> None:
    bad = tmp_path / "bad.bed"
    bad.write_text("chr2\t32\t64\t0.9\n" + line)
    (problem,) = refused(tmp_path / "out", parts[1:2], part_peaks=[bad])
    assert (problem.kind, problem.file, problem.line) == (kind, bad, 2)


def test_a_file_that_holds_no_sites(parts: list[TrackOutput], tmp_path: Path) -> None:
    packed = tmp_path / "a.bed.gz"
    packed.write_bytes(gzip.compress(b"chr2\t32\t64\t0.9\n"))
    for bad in (packed, parts[0].track):
        (problem,) = refused(tmp_path / "out", parts[1:2], part_peaks=[bad])
        assert (problem.kind, problem.file) == ("format", bad)


def test_sites_of_each_part_are_needed_once(parts: list[TrackOutput], tmp_path: Path) -> None:
    """Sites of a part that is forgotten would be missing, and those that are given twice would be there twice."""
    (problem,) = refused(tmp_path / "out", parts, part_peaks=peaks_of(parts)[1:])
    assert (problem.kind, problem.option) == ("setting", "--part_peaks")
    sites = peaks_of(parts[:2])
    (problem,) = refused(tmp_path / "out", parts, part_peaks=[*sites, sites[0]])
    assert (problem.kind, problem.option, problem.file) == ("setting", "--part_peaks", sites[0])


@pytest.mark.parametrize("changes", [{"cutoff_value": 0.9}, {"cutoff_type": "Recall", "cutoff_value": 0.5}])
def test_a_cutoff_without_a_table(parts: list[TrackOutput], tmp_path: Path, changes: dict[str, Any]) -> None:
    """It was ignored, and no sites were written."""
    (problem,) = refused(tmp_path / "out", parts, **changes)
    assert (problem.kind, problem.option) == ("setting", "--cutoff_file")


def test_a_table_of_probabilities_for_other_scores(tmp_path: Path) -> None:
    track = tmp_path / "q.bw"
    with new_bigwig(track, {"chr2": 20_000}) as new:
        new.write_bins("chr2", 0, 32, np.array([0.5, 37.5], np.float32))
    table = tmp_path / "table.tsv"
    names = "Standard_Thresh\tMonotonic_Avg_Precision\tMonotonic_Avg_Recall\tMonotonic_Avg_log2FC\tAvg_F1"
    table.write_text(f"{names}\n0.5\t0.5\t0.5\t2\t0.5\n1\t1\t0\t3\t0\n")
    with pytest.raises(MaxatacError, match=r"37\.5"):
        merge(config(tmp_path / "out", [TrackOutput(track, None)], cutoff_file=table))
    assert not (tmp_path / "out" / "x.bw").exists()


def test_sites_of_one_sequence_in_two_files(parts: list[TrackOutput], tmp_path: Path) -> None:
    more = tmp_path / "more.bed"
    more.write_text("chr2\t32\t64\t0.9\n")
    (problem,) = refused(tmp_path / "out", parts, part_peaks=[*peaks_of(parts[:2]), more])
    assert (problem.kind, problem.file) == ("chromosome", more)


def test_sites_and_a_cutoff(parts: list[TrackOutput], tmp_path: Path) -> None:
    changes = {"part_peaks": peaks_of(parts), "cutoff_type": "score", "cutoff_value": 0.5}
    assert "setting" in [problem.kind for problem in refused(tmp_path / "out", parts, **changes)]


def test_the_record_says_how_the_parts_were_predicted(tmp_path: Path) -> None:
    how = {"models": [{"sha256": "abc"}], "both_strands": False}
    one = part(tmp_path, "one", ["chr1"], {**how, "seen_chroms": ["chr1"]})
    other = part(tmp_path, "other", ["chr2"], {**how, "seen_chroms": []})
    merge(config(tmp_path / "out", [one, other]))
    record = json.loads((tmp_path / "out" / "x_merge_run.json").read_text())
    assert record["prediction"] == {**how, "seen_chroms": ["chr1"]}
    assert record["chroms"] == ["chr1", "chr2"]


def test_parts_of_different_models(tmp_path: Path) -> None:
    one = part(tmp_path, "one", ["chr1"], {"models": [{"sha256": "abc"}], "both_strands": False})
    other = part(tmp_path, "other", ["chr2"], {"models": [{"sha256": "xyz"}], "both_strands": False})
    (problem,) = refused(tmp_path / "out", [one, other])
    assert (problem.kind, problem.file) == ("value", other.track)
    assert "models" in problem.found


def test_dry_run(parts: list[TrackOutput], tmp_path: Path) -> None:
    told = "\n".join(prepare_merge(config(tmp_path / "out", parts)).describe())
    assert str(tmp_path / "out" / "x.bw") in told
    assert not (tmp_path / "out").exists()

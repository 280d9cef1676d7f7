"""``maxatac predict``, from the command line to its files."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import predicting
import pyBigWig
import pytest
from predicting import PredictSet, expected_scores, track_intervals
from tiny import write_bigwig, write_genome

from maxatac._core import Track
from maxatac.backend.device import describe
from maxatac.backend.startup import computing_on
from maxatac.cli.main import main
from maxatac.errors import InputError, MaxatacError, Problem
from maxatac.evaluation.settings import ThresholdConfig
from maxatac.evaluation.threshold import threshold
from maxatac.prediction.description import journal_path
from maxatac.prediction.merge import merge, read_predictions
from maxatac.prediction.model_record import add_record, read_record
from maxatac.prediction.settings import MergeConfig, PredictConfig
from maxatac.prediction.windows import window_starts
from maxatac.prediction.workflow import PredictResult, predict, prepare_predict
from maxatac.runs.command import CommandFolder

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CUTOFF = {"cutoff_type": "score", "cutoff_value": 0.5}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> PredictSet:
    return predicting.make(tmp_path_factory.mktemp("predict"))


@pytest.fixture(autouse=True)
def without_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    predicting.quick.leave_xla_out(monkeypatch)


def run(made: PredictSet, output: Path, **changes: Any) -> PredictResult:
    return predict(PredictConfig(**made.settings(output, **changes)))


def refused(made: PredictSet, output: Path, **changes: Any) -> list[Problem]:
    before = sorted(output.rglob("*"))
    with pytest.raises(InputError) as caught:
        run(made, output, **changes)
    assert sorted(output.rglob("*")) == before
    return list(caught.value.problems)


def record_of(output: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((output / "x_predict_run.json").read_text())
    return record


def contents(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir() if path.suffix in (".bw", ".bed")}


@pytest.mark.parametrize("both_strands", [False, True])
def test_scores_are_means_over_windows(made: PredictSet, tmp_path: Path, both_strands: bool) -> None:
    result = run(made, tmp_path, blacklist=made.blacklist, rev_comp=both_strands)
    assert result.tracks == (tmp_path / "x.bw",)
    assert list(track_intervals(tmp_path / "x.bw")) == ["chr1", "chr10", "chr2"]
    with pyBigWig.open(str(tmp_path / "x.bw")) as track:
        assert track.chroms() == made.sizes
    for chrom, size in made.sizes.items():
        last = (size - 1024) // 32 * 32
        starts = sorted({*range(0, last, 256), last})
        if chrom == "chr1":
            starts = [start for start in starts if not (start < 7_100 and start + 1024 > 7_000)]
        expected = expected_scores(made, chrom, starts, both_strands=both_strands)
        found = read_predictions(Track(tmp_path / "x.bw"), chrom)
        assert found.offset == 0
        np.testing.assert_allclose(found.values[0], expected, atol=1e-5)


def test_ends_and_short_sequences(tmp_path: Path) -> None:
    sizes = {"a": 1_023, "b": 1_024, "c": 1_040, "d": 1_056, "e": 1_500}
    made = predicting.make(tmp_path, sizes, ("A",))
    run(made, tmp_path / "out")
    intervals = track_intervals(tmp_path / "out" / "x.bw")
    assert {chrom: len(found) for chrom, found in intervals.items()} == {"b": 32, "c": 32, "d": 33, "e": 46}
    assert intervals["e"][-1][1] == 1_472
    assert record_of(tmp_path / "out")["short_sequences"] == {"number": 1, "bases": 1_023}


def test_several_tracks_have_the_same_bins(made: PredictSet, tmp_path: Path) -> None:
    partly = write_bigwig(
        tmp_path / "A.bw", [("chr1", start, start + 40, 0.7) for start in range(0, 19_000, 60)], {"chr1": 20_000}
    )
    result = run(made, tmp_path / "out", signal=[made.signal(), partly], **CUTOFF)
    assert [path.name for path in result.tracks] == ["x_A.bw", "x_A_2.bw"]
    assert [path.name for path in result.peaks] == ["x_A_peaks.bed", "x_A_2_peaks.bed"]
    one, other = (track_intervals(path) for path in result.tracks)
    assert {chrom: [row[:2] for row in rows] for chrom, rows in one.items()} == {
        chrom: [row[:2] for row in rows] for chrom, rows in other.items()
    }
    assert one["chr1"] != other["chr1"]
    assert record_of(tmp_path / "out")["chroms_without_signal"] == {str(partly): ["chr10", "chr2"]}
    # The sequence is the same for both; the signal of the second is 0 on the other chromosomes.
    alone = run(made, tmp_path / "alone", signal=[partly], chroms=["chr10"])
    np.testing.assert_allclose(
        [row[2] for row in track_intervals(alone.tracks[0])["chr10"]], [row[2] for row in other["chr10"]], atol=1e-6
    )


def test_record(made: PredictSet, tmp_path: Path) -> None:
    run(made, tmp_path, blacklist=made.blacklist, **CUTOFF)
    record = record_of(tmp_path)
    starts = {chrom: window_starts(chrom, size, 256) for chrom, size in made.sizes.items()}
    asked = sum(map(len, starts.values()))
    kept = asked - int(((starts["chr1"] < 7_100) & (starts["chr1"] > 7_000 - 1024)).sum())
    counts = {"asked": asked, "repeated": 0, "other_chromosome": 0, "outside_roi": 0, "blacklist": asked - kept}
    assert record["windows"] == {**counts, "kept": kept}
    assert record["chroms"] == ["chr1", "chr10", "chr2"]
    assert record["device"] == describe()
    assert sorted(record["outputs"]) == ["x.bw", "x_peaks.bed"]
    assert {"sequence", "signal", "model", "blacklist"} <= set(record["inputs"])
    assert record["prediction"]["both_strands"] is False
    assert len(record["prediction"]["models"]) == 1


def test_the_log_begins_with_the_device(made: PredictSet, tmp_path: Path) -> None:
    run(made, tmp_path)
    first = (tmp_path / "x_predict.log").read_text().splitlines()[0]
    assert first.endswith(record_of(tmp_path)["device"])


def test_peaks_are_bins_at_or_above_the_cutoff(made: PredictSet, tmp_path: Path) -> None:
    first = run(made, tmp_path / "first", chroms=["chr10", "chr2"])
    rows = [(chrom, *row) for chrom, found in track_intervals(first.tracks[0]).items() for row in found]
    cutoff = float(np.median([row[3] for row in rows]))
    run(made, tmp_path, chroms=["chr2", "chr10"], cutoff_type="score", cutoff_value=cutoff)
    lines = [line.split("\t") for line in (tmp_path / "x_peaks.bed").read_text().splitlines()]
    covered = {(line[0], start) for line in lines for start in range(int(line[1]), int(line[2]), 32)}
    assert covered == {(chrom, start) for chrom, start, _, value in rows if value >= cutoff}
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)


def test_no_peak_is_an_empty_file_and_a_warning(
    made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "maxatac"):
        run(made, tmp_path, chroms=["chr10"], cutoff_type="score", cutoff_value=2.0)
    assert (tmp_path / "x_peaks.bed").read_bytes() == b""
    assert [record.levelname for record in caplog.records if "cutoff" in record.message] == ["WARNING"]


def test_model_and_table_of_a_transcription_factor(
    made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "models" / "CTCF"
    folder.mkdir(parents=True)
    (folder / "CTCF_best.keras").write_bytes(made.model.read_bytes())
    monkeypatch.setenv("MAXATAC_MODELS", str(folder.parent))
    settings: dict[str, Any] = {"model": None, "tf_name": "CTCF", "chroms": ["chr10"]}
    assert run(made, tmp_path / "without", **settings).peaks == ()
    assert any(record.args and record.args[0] == folder for record in caplog.records if record.levelname == "WARNING")
    table = folder / "CTCF_thresholds.tsv"
    table.write_text("Standard_Thresh\tAvg_F1\n0.1\t0.2\n0.4\t0.6\n0.9\t0.1\n")
    result = run(made, tmp_path / "out", **settings)
    alone = run(made, tmp_path / "alone", chroms=["chr10"], cutoff_type="score", cutoff_value=0.4)
    assert contents(tmp_path / "out") == contents(tmp_path / "alone")
    assert result.sites == alone.sites
    inputs = record_of(tmp_path / "out")["inputs"]
    assert {name: Path(inputs[name]["path"]) for name in ("model", "cutoff_file")} == {
        "model": folder / "CTCF_best.keras",
        "cutoff_file": table,
    }


def test_skip_call_peaks(made: PredictSet, tmp_path: Path) -> None:
    assert run(made, tmp_path, chroms=["chr10"], skip_call_peaks=True, **CUTOFF).peaks == ()
    assert not (tmp_path / "x_peaks.bed").exists()


def test_regions_of_interest(made: PredictSet, tmp_path: Path) -> None:
    roi, unscored = tmp_path / "roi.bed", tmp_path / "unscored.bed"
    roi.write_text("chr1\t7010\t7050\nchr1\t12000\t12100\nchr1\t0\t50\nchr1\t0\t50\nchr10\t3000\t3001\n")
    settings = {"roi": roi, "blacklist": made.blacklist, "unscored_out": unscored}
    run(made, tmp_path / "out", clip_to_roi=True, **settings)
    intervals = track_intervals(tmp_path / "out" / "x.bw")
    assert [row[:2] for row in intervals["chr10"]] == [(2_976, 3_008)]
    assert [row[0] for row in intervals["chr1"]] == [0, 32, 12_000, 12_032, 12_064, 12_096]
    assert unscored.read_text() == "chr1\t7010\t7050\tblacklist\n"
    record = record_of(tmp_path / "out")
    assert record["roi"] == {"intervals": 5, "without_score": 1}
    assert record["chroms"] == ["chr1", "chr10"]
    # Without clipping: every bin of a window that touches a region.
    run(made, tmp_path / "all", **{**settings, "unscored_out": None})
    found = [row[:2] for row in track_intervals(tmp_path / "all" / "x.bw")["chr10"]]
    starts = [start for start in window_starts("chr10", 6_500, 256).tolist() if start <= 3_000 < start + 1_024]
    assert found == sorted({(bin, bin + 32) for start in starts for bin in range(start, start + 1_024, 32)})


def test_the_file_of_regions_without_a_score_replaces_nothing_unasked(made: PredictSet, tmp_path: Path) -> None:
    roi, there = tmp_path / "roi.bed", tmp_path / "there.bed"
    for path in (roi, there):
        path.write_text("chr1\t7010\t7050\nchr10\t0\t50\n")
    settings = {"roi": roi, "blacklist": made.blacklist}
    in_the_way = (roi, there, tmp_path / "none" / "x.bed", tmp_path / "out" / "x.bw", tmp_path)
    for path in in_the_way:
        (problem,) = refused(made, tmp_path / "out", unscored_out=path, **settings)
        assert (problem.kind, problem.option, problem.file) == ("output", "--unscored_out", path)
    listed = "chr1\t7010\t7050\tblacklist\n"
    run(made, tmp_path / "out", unscored_out=there, force=True, **settings)
    assert there.read_text() == listed
    # It is written where the prediction was finished before, and may be in the folder of the results.
    there.unlink()
    run(made, tmp_path / "out", unscored_out=there, resume=True, **settings)
    assert there.read_text() == listed
    inside = tmp_path / "other" / "unscored.bed"
    run(made, inside.parent, unscored_out=inside, **settings)
    assert inside.read_text() == listed


def test_given_windows(made: PredictSet, tmp_path: Path) -> None:
    windows = tmp_path / "windows.bed"
    windows.write_text("chr2\t40\t1064\tx\nchr2\t8\t1032\ny\nchr10\t0\t1024\n".replace("\ny", "\ty"))
    run(made, tmp_path / "out", windows=windows)
    intervals = track_intervals(tmp_path / "out" / "x.bw")
    assert [row[0] for row in intervals["chr2"]] == list(range(8, 1_064, 32))
    assert len(intervals["chr10"]) == 32
    assert list(intervals) == ["chr10", "chr2"]


def test_max_zooms(made: PredictSet, tmp_path: Path) -> None:
    for number in (0, 3):
        run(made, tmp_path / str(number), max_zooms=number)
        with pyBigWig.open(str(tmp_path / str(number) / "x.bw")) as track:
            assert (track.header()["nLevels"] == 0) == (number == 0)


def test_dry_run(made: PredictSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(made.arguments(tmp_path / "out", "--dry_run")) == 0
    told = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"windows", "time", "disk", "output"} <= told
    assert not (tmp_path / "out").exists()


def test_command_line(made: PredictSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"predict -m {made.model} -s {made.signal('A')} -i {made.signal('B')} --seq {made.sequence} -n x"
    assert main([*words.split(), "-o", str(tmp_path), "-c", "chr10", "-ct", "score", "-cv", "0.5"]) == 0
    named = [Path(line.split()[0]).name for line in capsys.readouterr().out.splitlines()]
    assert named == ["x_A.bw", "x_B.bw", "x_A_peaks.bed", "x_B_peaks.bed"]


def stopping_after(calls: int) -> Callable[..., Any]:
    """Make a stand-in for the progress, which stops the prediction after so many calls of the network."""
    import contextlib

    @contextlib.contextmanager
    def telling(*_: object) -> Any:
        left = calls

        def advance(done: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt

        yield advance

    return telling


@pytest.fixture
def interrupted(made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a prediction was stopped after its first chromosome, of 75 windows."""
    with monkeypatch.context() as patch:
        patch.setattr("maxatac.prediction.workflow.telling", stopping_after(6))
        with pytest.raises(KeyboardInterrupt):
            run(made, tmp_path / "out", **CUTOFF)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x_predict.log", "x_predict_parts.bin"]
    return tmp_path / "out"


def test_interruption_names_the_journal(interrupted: Path) -> None:
    last = (interrupted / "x_predict.log").read_text().splitlines()[-1]
    assert str(interrupted / "x_predict_parts.bin") in last
    assert "--resume" in last


def test_resume_gives_the_same_bytes(made: PredictSet, interrupted: Path, tmp_path: Path) -> None:
    run(made, interrupted, resume=True, **CUTOFF)
    run(made, tmp_path / "once", **CUTOFF)
    assert contents(interrupted) == contents(tmp_path / "once")
    assert record_of(interrupted)["chroms"] == ["chr1", "chr10", "chr2"]
    assert sorted(record_of(interrupted)["outputs"]) == ["x.bw", "x_peaks.bed"]
    assert not journal_path(CommandFolder(interrupted, "x", "predict")).exists()


def test_resume_begins_where_there_is_nothing(made: PredictSet, tmp_path: Path) -> None:
    run(made, tmp_path / "out", chroms=["chr10"], resume=True)
    run(made, tmp_path / "once", chroms=["chr10"])
    assert contents(tmp_path / "out") == contents(tmp_path / "once")


def test_resume_replaces_no_file_of_someone_else(made: PredictSet, tmp_path: Path) -> None:
    there = tmp_path / "x.bw"
    there.touch()
    (problem,) = refused(made, tmp_path, chroms=["chr10"], resume=True)
    assert (problem.kind, problem.file) == ("output", there)


def test_resume_keeps_what_is_finished(made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(made, tmp_path, chroms=["chr10"], **CUTOFF)
    before = contents(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("maxatac.prediction.workflow.predict_chromosomes", lambda *_, **__: pytest.fail("again"))
        again = run(made, tmp_path, chroms=["chr10"], resume=True, **CUTOFF)
    assert again == first
    assert contents(tmp_path) == before
    assert record_of(tmp_path)["sites"] == {"x_peaks.bed": first.sites[0]}
    # A result that is gone is made again; with another setting there is nothing to go on from.
    first.tracks[0].unlink()
    run(made, tmp_path, chroms=["chr10"], resume=True, **CUTOFF)
    assert contents(tmp_path) == before
    found = refused(made, tmp_path, chroms=["chr10"], resume=True, cutoff_type="score", cutoff_value=0.6)
    assert [(problem.kind, problem.place) for problem in found] == [("resume", "cutoff")]


def test_an_interrupted_prediction_is_not_replaced_unasked(made: PredictSet, interrupted: Path) -> None:
    (problem,) = refused(made, interrupted, **CUTOFF)
    assert (problem.kind, problem.file) == ("output", interrupted / "x_predict_parts.bin")


def test_force_begins_anew(made: PredictSet, interrupted: Path, tmp_path: Path) -> None:
    run(made, interrupted, force=True, rev_comp=True, **CUTOFF)
    run(made, tmp_path / "once", rev_comp=True, **CUTOFF)
    assert contents(interrupted) == contents(tmp_path / "once")
    assert not (interrupted / "x_predict_parts.bin").exists()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rev_comp": True}, "rev_comp"),
        ({"step_size": 128}, "step_size"),
        ({"batch_size": 8}, "batch_size"),
        ({"chroms": ["chr1"]}, "chroms"),
    ],
)
def test_resume_with_another_setting_is_refused(
    made: PredictSet, interrupted: Path, changes: dict[str, Any], named: str
) -> None:
    (problem,) = refused(made, interrupted, resume=True, **CUTOFF, **changes)
    assert problem.kind == "resume"
    assert named in str(problem)


def write_roi(path: Path, sizes: Mapping[str, int]) -> Path:
    """Whole chromosomes, so that the same windows are predicted as without regions."""
    path.write_text("".join(f"{chrom}\t0\t{size}\n" for chrom, size in sizes.items()))
    return path


@pytest.mark.parametrize("what", ["model", "signal", "blacklist", "sequence", "roi"])
def test_resume_with_another_file_is_refused(made: PredictSet, interrupted: Path, tmp_path: Path, what: str) -> None:
    changes: dict[str, Any] = {
        "model": {"model": [predicting.save_quick_model(tmp_path / "other.keras", seed=4)]},
        "signal": {"signal": [made.signal("B")]},
        "blacklist": {"blacklist": made.blacklist},
        "sequence": {"sequence": write_genome(tmp_path / "other.2bit", made.sizes, seed=5)},
        "roi": {"roi": write_roi(tmp_path / "roi.bed", made.sizes)},
    }[what]
    (problem,) = refused(made, interrupted, resume=True, **CUTOFF, **changes)
    assert problem.kind == "resume"
    assert what in str(problem)


def test_resume_with_another_version_is_refused(
    made: PredictSet, interrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maxatac.prediction.description.package_versions", lambda: {"numpy": "0.1"})
    found = refused(made, interrupted, resume=True, **CUTOFF)
    assert {problem.kind for problem in found} == {"resume"}
    assert "version of numpy" in [problem.place for problem in found]


def test_cutoff_and_zooms_may_change_when_a_prediction_goes_on(
    made: PredictSet, interrupted: Path, tmp_path: Path
) -> None:
    run(made, interrupted, resume=True, cutoff_type="score", cutoff_value=0.6, max_zooms=2)
    run(made, tmp_path / "once", cutoff_type="score", cutoff_value=0.6, max_zooms=2)
    assert contents(interrupted) == contents(tmp_path / "once")


def test_results_are_in_the_way(made: PredictSet, tmp_path: Path) -> None:
    run(made, tmp_path, chroms=["chr10"])
    assert {problem.kind for problem in refused(made, tmp_path, chroms=["chr10"])} == {"output"}
    run(made, tmp_path, chroms=["chr2"], force=True)
    assert list(track_intervals(tmp_path / "x.bw")) == ["chr2"]


def test_the_track_of_a_training_run_is_in_the_way(made: PredictSet, tmp_path: Path) -> None:
    (tmp_path / "x.bw").write_text("of the independent test")
    (tmp_path / "x_run.json").write_text('{"maxatac": "0.1.0"}')
    for force in (False, True):
        (problem,) = refused(made, tmp_path, force=force)
        assert (problem.kind, problem.file) == ("output", tmp_path / "x.bw")


def test_infinity_ends_the_run_and_nothing_is_renamed(made: PredictSet, tmp_path: Path) -> None:
    sizes = {"chr1": 20_000, "chr10": 6_500}
    intervals = [("chr1", 100, 200, 1.0), ("chr10", 3_000, 3_001, float("inf"))]
    signal = write_bigwig(tmp_path / "inf.bw", intervals, sizes)
    with pytest.raises(MaxatacError, match="chr10:") as caught:
        run(made, tmp_path / "out", signal=[signal])
    assert not isinstance(caught.value, InputError)
    assert not (tmp_path / "out" / "x.bw").exists()


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"step_size": 100}, "--step_size"),
        ({"step_size": 0}, "--step_size"),
        ({"batch_size": 0}, "--batch_size"),
        ({"max_zooms": 11}, "--max_zooms"),
        ({"device": "tpu"}, "--device"),
        ({"clip_to_roi": True}, "--clip_to_roi"),
        ({"unscored_out": Path("x.bed")}, "--unscored_out"),
        ({"chroms": ["chr3"]}, "--chroms"),
        ({"model": None}, "--model and --tf_name"),
        ({"resume": True, "force": True}, "--resume and --force"),
        ({"cutoff_type": "score"}, "--cutoff_value"),
        ({"cutoff_value": 0.5}, "--cutoff_file"),
    ],
)
def test_bad_settings(made: PredictSet, tmp_path: Path, changes: dict[str, Any], option: str) -> None:
    assert option in [problem.option for problem in refused(made, tmp_path / "out", **changes)]


def test_all_problems_at_once(made: PredictSet, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    roi = tmp_path / "roi.bed"
    roi.write_text("chr1\t100\t30000\n")
    found = refused(made, tmp_path / "out", model=[gone], blacklist=gone, roi=roi, step_size=33, chroms=["chrZ"])
    assert {(problem.kind, problem.option) for problem in found} >= {
        ("setting", "--step_size"),
        ("chromosome", "--chroms"),
        ("missing file", None),
        ("line", None),
    }


def test_gpu_that_is_not_there(made: PredictSet, tmp_path: Path) -> None:
    if not describe().endswith("on CPU"):
        pytest.skip("this machine has a GPU")
    (problem,) = refused(made, tmp_path / "out", device="gpu")
    assert (problem.kind, problem.option) == ("machine", "--device gpu")


def test_hiding_gpus_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    with computing_on("cpu"):
        assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["JAX_PLATFORMS"]) == ("-1", "cpu")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert "JAX_PLATFORMS" not in os.environ


@pytest.mark.parametrize("fast_math", [True, False])
def test_how_exactly_is_multiplied_is_put_back(
    made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_math: bool
) -> None:
    """The check of the model, the prediction, and nothing after them."""
    from maxatac.backend import device

    before = device._products()
    used: list[Any] = []
    monkeypatch.setattr(device, "_set_products", lambda value: used.append(value))
    run(made, tmp_path, chroms=["chr10"], fast_math=fast_math)
    with device.multiplying(fast_math=fast_math):
        wanted = used[-1]
    assert used == [wanted, before] * 3


def test_a_model_is_checked_less_strictly_where_fewer_digits_are_asked_for(
    made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU they change the third digit, which would be an error otherwise."""
    from maxatac.prediction import model_file

    made_by = model_file.Predictor.model_of

    def roughly(self: Any, members: Any) -> Any:
        model = made_by(self, members)
        if not getattr(model, "is_rough", False):
            model.is_rough, precise = True, model.predict_on_batch
            model.predict_on_batch = lambda windows: precise(windows) + 2e-3
        return model

    monkeypatch.setattr(model_file.Predictor, "model_of", roughly)
    with pytest.raises(MaxatacError, match="on this device"):
        run(made, tmp_path / "exact", chroms=["chr10"])
    run(made, tmp_path / "fast", chroms=["chr10"], fast_math=True)


def test_disk_without_room(made: PredictSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1_000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert [(problem.kind, problem.option) for problem in refused(made, tmp_path / "out")] == [("machine", "--output")]


def test_a_model_that_is_not_that_of_its_record(made: PredictSet, tmp_path: Path) -> None:
    model = predicting.save_quick_model(tmp_path / "one.keras", seed=2)
    record = read_record(predicting.save_quick_model(tmp_path / "other.keras", seed=4, trained_on=["chr7"]))
    assert record is not None
    add_record(model, record)
    with pytest.raises(MaxatacError, match="not those that it was saved with") as caught:
        run(made, tmp_path / "out", model=[model])
    assert not isinstance(caught.value, InputError)
    assert not (tmp_path / "out").exists()


def test_prepare_writes_nothing(made: PredictSet, tmp_path: Path) -> None:
    prepared = prepare_predict(PredictConfig(**made.settings(tmp_path / "out", chroms=["chr10"])))
    assert prepared.data.plan.predicted == ("chr10",)
    assert not (tmp_path / "out").exists()


def scores(path: Path) -> dict[str, list[float]]:
    return {chrom: [row[2] for row in rows] for chrom, rows in track_intervals(path).items()}


def test_an_ensemble_is_the_mean_of_its_models(made: PredictSet, tmp_path: Path) -> None:
    other = predicting.save_quick_model(tmp_path / "other.keras", seed=4)
    found = [
        scores(run(made, tmp_path / str(number), model=models, chroms=["chr10"]).tracks[0])["chr10"]
        for number, models in enumerate(([made.model], [other], [made.model, other]))
    ]
    np.testing.assert_allclose(found[2], np.mean(found[:2], axis=0), atol=1e-6)


def test_a_table_of_one_of_the_models(made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The thresholds of a model are none of the mean of two."""
    other = predicting.save_quick_model(tmp_path / "other.keras", seed=4)
    binding = write_bigwig(tmp_path / "binding.bw", [("chr10", 2_000, 2_100, 1.0)], {"chr10": 6_500})
    run(made, tmp_path / "first", chroms=["chr10"])
    table = threshold(
        ThresholdConfig(
            prediction=[tmp_path / "first" / "x.bw"],
            binding=[binding],
            bin_size=32,
            plot=False,
            output=tmp_path,
            prefix="t",
        )  # fmt: skip
    ).table
    for models, warned in (([made.model], False), ([made.model, other], True)):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "maxatac"):
            run(made, tmp_path / str(warned), model=models, chroms=["chr10"], cutoff_file=table)
        told = [
            each.getMessage()
            for each in caplog.records
            if each.levelname == "WARNING" and str(table) in each.getMessage()
        ]
        assert len(told) == warned
        assert all("2 models" in line for line in told)


def test_threads_and_memory_do_not_matter(made: PredictSet, tmp_path: Path) -> None:
    settings = {"blacklist": made.blacklist, "rev_comp": True, **CUTOFF}
    found = [
        contents(run(made, tmp_path / str(threads), threads=threads, memory=memory, **settings).tracks[0].parent)
        for threads, memory in ((1, None), (3, 1))
    ]
    assert found[0] == found[1]


def test_out_of_fold(made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = predicting.save_quick_model(tmp_path / "one.keras", 2, trained_on=["chr1", "chr2"])
    other = predicting.save_quick_model(tmp_path / "other.keras", 4, trained_on=["chr10", "chr2"])
    with caplog.at_level(logging.INFO, "maxatac"):
        result = run(made, tmp_path / "out", model=[one, other], out_of_fold=True)
    told = [record.getMessage() for record in caplog.records]
    assert any("neither trained nor validated" in line for line in told)
    assert not [line for line in told if "too good" in line or "mean of those" in line]
    assert result.chroms == ("chr1", "chr10")
    found = scores(result.tracks[0])
    assert list(found) == ["chr1", "chr10"]
    alone = {
        "chr1": scores(run(made, tmp_path / "2", model=[other], chroms=["chr1"]).tracks[0])["chr1"],
        "chr10": scores(run(made, tmp_path / "1", model=[one], chroms=["chr10"]).tracks[0])["chr10"],
    }
    for chrom, expected in alone.items():
        np.testing.assert_allclose(found[chrom], expected, atol=1e-6)
    record = record_of(tmp_path / "out")
    assert record["chroms_seen_by_all_models"] == ["chr2"]
    assert record["prediction"]["seen_chroms"] == []
    assert [one.levelname for one in caplog.records if "chr2" in one.message] == ["WARNING"]


def test_chromosomes_that_the_models_have_seen_are_recorded(made: PredictSet, tmp_path: Path) -> None:
    model = predicting.save_quick_model(tmp_path / "one.keras", trained_on=["chr1", "chr7"])
    run(made, tmp_path / "out", model=[model])
    assert record_of(tmp_path / "out")["prediction"]["seen_chroms"] == ["chr1"]


def test_out_of_fold_needs_records_and_a_chromosome(made: PredictSet, tmp_path: Path) -> None:
    (problem,) = refused(made, tmp_path / "out", out_of_fold=True)
    assert (problem.option, problem.file) == ("--out_of_fold", made.model)
    model = predicting.save_quick_model(tmp_path / "one.keras", trained_on=list(made.sizes))
    (problem,) = refused(made, tmp_path / "out", model=[model], out_of_fold=True)
    assert (problem.kind, problem.option) == ("regions", "--out_of_fold")


@pytest.mark.parametrize(("factor", "warned"), [(1.0, False), (50.0, True), (0.02, True)])
@pytest.mark.parametrize("strict", [False, True])
def test_a_signal_on_another_scale(
    made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture, factor: float, warned: bool, strict: bool
) -> None:
    values = [("chr10", start, start + 10, factor * (start + 60) / 6_500) for start in range(0, 6_400, 20)]
    signal = write_bigwig(tmp_path / "s.bw", values, {"chr10": 6_500})
    if warned and strict:
        (problem,) = refused(made, tmp_path / "out", signal=[signal], strict=True)
        assert (problem.kind, problem.file) == ("signal", signal)
        return
    with caplog.at_level(logging.WARNING, "maxatac"):
        run(made, tmp_path / "out", signal=[signal], strict=strict)
    assert any(str(signal) in record.message and "scale" in record.message for record in caplog.records) == warned
    assert record_of(tmp_path / "out")["signal_scales"][str(signal)]["p99"] == pytest.approx(factor, rel=0.1)


def test_the_scale_of_the_training_is_what_counts(
    made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = predicting.save_quick_model(tmp_path / "one.keras", trained_on=["chr7"], p99=40.0)
    with caplog.at_level(logging.WARNING, "maxatac"):
        run(made, tmp_path / "out", model=[model])
    assert [record for record in caplog.records if "scale" in record.message]


def test_a_table_of_another_kind_or_without_the_value(made: PredictSet, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    columns = ("Standard_Thresh", "Monotonic_Avg_Precision", "Monotonic_Avg_Recall", "Avg_F1")
    table.write_text("\t".join(columns) + "\n0.5\t0.3\t0.4\t0.35\n")
    changes = {"cutoff_file": table, "cutoff_type": "Precision", "cutoff_value": 0.9}
    (problem,) = refused(made, tmp_path / "out", **changes)
    assert (problem.kind, problem.option, problem.file) == ("value", "--cutoff_value", table)
    assert "0.3" in str(problem)
    result = run(made, tmp_path / "out", chroms=["chr10"], **{**changes, "cutoff_value": 0.2})
    assert [path.name for path in result.peaks] == ["x_peaks.bed"]
    assert record_of(tmp_path / "out")["inputs"]["cutoff_file"]["path"] == str(table)


def test_nan_is_no_data_and_counted(made: PredictSet, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    intervals = [("chr10", start, start + 50, 1.0) for start in range(0, 6_000, 100)]
    without = write_bigwig(tmp_path / "without.bw", intervals, {"chr10": 6_500})
    missing = [("chr10", 6_100, 6_110, float("nan")), ("chr10", 6_200, 6_233, float("nan"))]
    signal = write_bigwig(tmp_path / "nan.bw", [*intervals, *missing], {"chr10": 6_500})
    with caplog.at_level(logging.WARNING, "maxatac"):
        found = run(made, tmp_path / "nan", signal=[signal])
    assert [one.args for one in caplog.records if "NaN" in one.message] == [(signal, "43")]
    assert scores(found.tracks[0]) == scores(run(made, tmp_path / "none", signal=[without]).tracks[0])


def test_jobs_for_parts_of_the_genome_join_to_the_bytes_of_one(made: PredictSet, tmp_path: Path) -> None:
    whole = run(made, tmp_path / "whole", rev_comp=True, **CUTOFF)
    parts = [
        run(made, tmp_path / str(number), chroms=chroms, rev_comp=True, **CUTOFF)
        for number, chroms in enumerate((["chr2"], ["chr10", "chr1"]))
    ]
    joined = merge(
        MergeConfig(
            parts=[part.tracks[0] for part in parts],
            part_peaks=[part.peaks[0] for part in parts],
            output=tmp_path / "joined",
            prefix="x",
        )
    )
    assert joined.peaks is not None
    assert joined.track.read_bytes() == whole.tracks[0].read_bytes()
    assert joined.peaks.read_bytes() == whole.peaks[0].read_bytes()
    record = json.loads(joined.record.read_text())
    assert record["prediction"] == record_of(tmp_path / "whole")["prediction"]

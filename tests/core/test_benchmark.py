"""``maxatac benchmark``, against plain numpy that reads with pyBigWig and scikit-learn."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from maxatac.cli.main import main
from maxatac.errors import InputError, MaxatacError, Problem
from maxatac.evaluation.benchmark_scorers import BenchmarkResult
from maxatac.evaluation.benchmarking import benchmark, prepare_benchmark
from maxatac.evaluation.settings import BenchmarkConfig
from maxatac.files.atomic import write_json
from maxatac.files.bigwig import write_track

# Ends within a bin of 32 and of 200 bp; the last has neither prediction nor binding.
SIZES = {"chr1": 120_010, "chr2": 30_333, "chr3": 5_000}
BLACK = {"chr1": [(12_345, 14_001)], "chr2": [(0, 55)]}
SCORED = ("chr1", "chr2")

Rows = dict[tuple[int, str, str], dict[str, str]]


@dataclass(frozen=True)
class Pair:
    """A prediction and its binding in a folder."""

    folder: Path

    @property
    def prediction(self) -> Path:
        return self.folder / "CTCF.bw"

    @property
    def binding(self) -> Path:
        return self.folder / "binding.bw"

    @property
    def peaks(self) -> Path:
        return self.folder / "peaks.bed"

    @property
    def signal(self) -> Path:
        return self.folder / "signal.bw"

    @property
    def other(self) -> Path:
        return self.folder / "other.bw"

    @property
    def blacklist(self) -> Path:
        return self.folder / "blacklist.bed"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def config(self, **changes: Any) -> BenchmarkConfig:
        given = {
            "prediction": self.prediction, "gold_standard": self.binding, "output": self.output, "prefix": "x",
            "plot": False, **changes,
        }  # fmt: skip
        return BenchmarkConfig(**given)

    def run(self, **changes: Any) -> BenchmarkResult:
        return benchmark(self.config(**changes))

    def rows(self, **changes: Any) -> Rows:
        """Rows by width, chromosome and predictor."""
        with self.run(**changes).table.open(newline="") as file:
            return {
                (int(row["bin_size"]), row["chrom"], row.get("predictor", "")): row
                for row in csv.DictReader(file, delimiter="\t")
            }

    def problems(self, **changes: Any) -> list[Problem]:
        """What a run is refused for, before it writes anything."""
        with pytest.raises(InputError) as caught:
            self.run(**changes)
        assert not self.output.exists()
        return list(caught.value.problems)


def make(folder: Path) -> Pair:
    folder.mkdir(parents=True, exist_ok=True)
    pair = Pair(folder)
    random = np.random.default_rng(3)
    spans: dict[str, list[tuple[int, int]]] = {"chr3": []}
    scores = {}
    for chrom in SCORED:
        starts = np.sort(random.choice(SIZES[chrom] - 500, 60 if chrom == "chr1" else 9, replace=False)).tolist()
        ends = [start + int(random.integers(10, 400)) for start in starts]
        spans[chrom] = [(a, min(b, c)) for a, b, c in zip(starts, ends, [*starts[1:], SIZES[chrom]], strict=True)]
        values = random.beta(0.4, 5, SIZES[chrom] // 32) * 0.8
        for start, end in spans[chrom]:
            values[start // 32 : end // 32 + 1] += random.random() * 0.6
        values = np.minimum(values, 0.99).astype(np.float32)
        values[random.random(len(values)) < 0.02] = np.nan
        scores[chrom] = values
    intervals = [(chrom, a, b, 1.0) for chrom in SIZES for a, b in spans[chrom]]
    tiny.write_bigwig(pair.binding, intervals, SIZES)
    tiny.write_bigwig(pair.other, intervals[::2], SIZES)
    signal = [
        (chrom, at, at + 25, float(np.float32(random.random()))) for chrom in SCORED for at in range(0, 30_000, 40)
    ]
    tiny.write_bigwig(pair.signal, signal, SIZES)
    pair.peaks.write_text("".join(f"{chrom}\t{a}\t{b}\n" for chrom, a, b, _ in intervals))
    write_track(pair.prediction, scores, SIZES, span=32)
    pair.blacklist.write_text("".join(f"{chrom}\t{a}\t{b}\n" for chrom, found in BLACK.items() for a, b in found))
    return pair


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("benchmark") / "inputs").folder


@pytest.fixture
def pair(shared: Path, tmp_path: Path) -> Pair:
    """The shared files, with an output folder of the test's own."""
    for path in shared.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return Pair(tmp_path)


def rewrite(path: Path, intervals: Sequence[tuple[str, int, int, float]], sizes: Mapping[str, int] = SIZES) -> None:
    path.unlink()
    tiny.write_bigwig(path, intervals, sizes)


def bases(path: Path, chrom: str) -> NDArray[np.float64]:
    with pyBigWig.open(str(path)) as track:
        return np.array(track.values(chrom, 0, SIZES[chrom]))


def black(chrom: str) -> NDArray[np.bool_]:
    mask = np.zeros(SIZES[chrom], bool)
    for start, end in BLACK.get(chrom, ()):
        mask[start:end] = True
    return mask


def bins(values: NDArray[Any], width: int) -> NDArray[Any]:
    return values[: len(values) // width * width].reshape(-1, width)


def scored(pair: Pair, chroms: Sequence[str], width: int, *, masked: bool = False) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels and scores of the bins that count, base by base."""
    labels, scores = [], []
    for chrom in chroms:
        highest = bins(bases(pair.prediction, chrom), width).max(axis=1)
        bound = bins(np.nan_to_num(bases(pair.binding, chrom)), width)
        keep = ~np.isnan(highest)
        if masked:
            keep &= ~bins(black(chrom), width).any(axis=1)
        labels.append((bound.sum(axis=1) > 16 if width == 32 else bound.max(axis=1) > 0)[keep])
        scores.append(highest[keep])
    return np.concatenate(labels), np.concatenate(scores)


@pytest.mark.parametrize("masked", [False, True])
def test_scores_equal_scikit_learn(pair: Pair, masked: bool) -> None:
    found = pair.rows(**({"blacklist": pair.blacklist} if masked else {}))
    for width in (32, 200):
        for chrom, chroms in {"chr1": ["chr1"], "chr2": ["chr2"], "pooled": SCORED}.items():
            row = found[width, chrom, "model"]
            labels, scores = scored(pair, chroms, width, masked=masked)
            assert (int(row["bins"]), int(row["bound_bins"])) == (len(labels), labels.sum())
            precision, recall, _ = precision_recall_curve(labels, scores, drop_intermediate=False)
            expected = {
                "average_precision": average_precision_score(labels, scores),
                "prevalence": labels.mean(),
                "precision_at_5_percent_recall": precision[np.flatnonzero(recall >= 0.05)[-1]],
                "auprc_trapezoid": auc(recall[:-1], precision[:-1]),
                "auroc": roc_auc_score(labels, scores),
            }
            assert {name: float(row[name]) for name in expected} == pytest.approx(expected, rel=1e-5)
        mean = np.mean([float(found[width, chrom, "model"]["average_precision"]) for chrom in SCORED])
        assert float(found[width, "mean", "model"]["average_precision"]) == pytest.approx(mean, rel=1e-5)
        assert found[width, "mean", "model"]["average_precision_low"] == "NA"
        # A short chromosome has too few blocks for an interval.
        assert found[width, "chr2", "model"]["average_precision_low"] == "NA"
        row = found[width, "pooled", "model"]
        low, value, high = (float(row[f"average_precision{end}"]) for end in ("_low", "", "_high"))
        assert low < value < high


def test_columns_end_with_auroc_and_rows_say_which_bins(pair: Pair) -> None:
    found = pair.rows(blacklist=pair.blacklist)
    row = found[32, "pooled", "model"]
    names = list(row)
    order = ["average_precision", "prevalence", "precision_at_5_percent_recall", "auroc"]
    assert sorted(order, key=names.index) == order
    assert names[-1] == "auroc_high"
    assert row["scored"] == "bins with a prediction, outside the blacklist"
    free = ~bins(black("chr1"), 32).any(axis=1)
    without = np.isnan(bins(bases(pair.prediction, "chr1"), 32).max(axis=1)) & free
    assert int(found[32, "chr1", "model"]["bins_without_prediction"]) == without.sum()
    assert int(found[32, "chr1", "model"]["blacklisted_bins"]) == (~free).sum()


def test_auprc_stands_in_the_tables_of_the_original_alone(pair: Pair) -> None:
    result = pair.run()
    assert {path.name for path in result.original} == {
        f"x_{chrom}_{width}bp_PRC.tsv" for chrom in SCORED for width in (32, 200)
    }
    for path in result.original:
        assert "\tAUPRC\t" in path.read_text()
    for path in (result.table, result.scores, result.curve):
        assert path is not None
        assert "AUPRC" not in path.read_text()


def test_of_many_chromosomes_the_longest_have_a_table(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maxatac.evaluation.benchmark_scorers.MOST_TABLES", 1)
    assert {path.name for path in pair.run().original} == {"x_chr1_32bp_PRC.tsv", "x_chr1_200bp_PRC.tsv"}


def test_table_of_the_original_equals_scikit_learn(pair: Pair) -> None:
    pair.run(original=True, blacklist=pair.blacklist, full_curve=True)
    for chrom in SCORED:
        for width in (32, 200):
            size, count = SIZES[chrom], SIZES[chrom] // width
            edges = np.arange(count + 1) * size // count
            shape = [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
            predicted, bound = (np.nan_to_num(bases(path, chrom)) for path in (pair.prediction, pair.binding))
            scores = np.round([predicted[part].max() for part in shape], 9)
            labels = np.array([bound[part].max() > 0 for part in shape])
            keep = np.array([not black(chrom)[part].any() for part in shape])
            precision, recall, thresholds = precision_recall_curve(labels[keep], scores[keep], drop_intermediate=False)
            area, guess = auc(recall[:-1], precision[:-1]), labels.sum() / keep.sum()
            table = np.loadtxt(pair.output / f"x_{chrom}_{width}bp_PRC.tsv", skiprows=1, delimiter="\t")
            # Older versions of scikit-learn end the curve where all bound bins are found.
            table = table[len(table) - len(thresholds) :]
            np.testing.assert_allclose(table[:, 0], precision[:-1], rtol=1e-9)
            np.testing.assert_allclose(table[:, 1], recall[:-1], rtol=1e-9)
            np.testing.assert_allclose(table[:, 2], thresholds, rtol=1e-6)
            np.testing.assert_allclose(table[0, 3:], [area, labels.sum(), guess, np.log2(area / guess)], rtol=1e-9)


def test_each_choice_of_the_original_alone(pair: Pair) -> None:
    """What one of them changes, and that all are said in the file of scores."""
    plain = pair.rows(bin_size=[32])[32, "chr1", "model"]
    for choice, changed in (
        ({"label_rule": "any"}, "bound_bins"), ({"unpredicted": "zero"}, "bins"), ({"drifting_bins": True}, "auroc"),
    ):  # fmt: skip
        row = pair.rows(bin_size=[32], force=True, **choice)[32, "chr1", "model"]
        assert row[changed] != plain[changed], choice
    random_values = []
    for counted in (False, True):
        result = pair.run(bin_size=[32], force=True, blacklist=pair.blacklist, count_blacklisted=counted)
        random_values.append(np.loadtxt(result.original[0], skiprows=1, delimiter="\t")[0, 5])
    assert random_values[0] < random_values[1]
    pair.run(original=True, force=True)
    (rules, _) = json.loads((pair.output / "x_benchmark.json").read_text())["rules"]
    assert rules == {
        "width": 32, "how": "max", "label": "agg", "unpredicted": "zero", "is_drifting": True, "decimals": 9,
    }  # fmt: skip


@pytest.mark.parametrize("how", ["mean", "min", "sum"])
def test_aggregates(pair: Pair, how: str) -> None:
    row = pair.rows(bin_size=[100], agg=how)[100, "pooled", "model"]
    labels, scores = [], []
    for chrom in SCORED:
        values = getattr(np, how)(bins(bases(pair.prediction, chrom), 100), axis=1)
        labels.append((bins(np.nan_to_num(bases(pair.binding, chrom)), 100) > 0).any(axis=1)[~np.isnan(values)])
        scores.append(values[~np.isnan(values)])
    expected = average_precision_score(np.concatenate(labels), np.concatenate(scores).astype(np.float32))
    assert float(row["average_precision"]) == pytest.approx(expected, rel=1e-5)


def test_baselines(pair: Pair) -> None:
    found = pair.rows(signal=pair.signal, training_binding=[pair.other], bin_size=[32])
    labels, _ = scored(pair, SCORED, 32)
    for name, path in (("ATAC-seq signal", pair.signal), ("mean binding of other cell types", pair.other)):
        values = []
        for chrom in SCORED:
            keep = ~np.isnan(bins(bases(pair.prediction, chrom), 32).max(axis=1))
            values.append(bins(np.nan_to_num(bases(path, chrom)), 32).mean(axis=1)[keep])
        expected = average_precision_score(labels, np.concatenate(values).astype(np.float32))
        row = found[32, "pooled", name]
        assert float(row["average_precision"]) == pytest.approx(expected, rel=1e-5)
        model = float(found[32, "pooled", "model"]["average_precision"])
        assert float(row["model_minus"]) == pytest.approx(model - expected, abs=1e-5)
    assert float(found[32, "pooled", "prevalence"]["average_precision"]) == pytest.approx(labels.mean(), rel=1e-5)


def test_binding_with_the_content_of_what_is_scored_is_no_baseline(pair: Pair) -> None:
    found = pair.rows(training_binding=[pair.binding])
    assert "has the content" in found[32, "pooled", "mean binding of other cell types"]["note"]


def test_peaks_in_place_of_a_track(pair: Pair) -> None:
    track = pair.rows()
    peaks = pair.rows(gold_standard=pair.peaks, force=True)
    assert track == peaks


def test_peaks_have_no_binding_threshold(pair: Pair) -> None:
    (problem,) = pair.problems(gold_standard=pair.peaks, binding_threshold=0.5)
    assert (problem.option, problem.file) == ("--binding_threshold", pair.peaks)


def test_prediction_as_bed(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "sites.bed"
    path.write_text("chr1\t320\t640\t0.5\nchr1\t480\t512\t0.75\nchr1\t64000\t64032\t0.25\nchr2\t0\t32\t0.9\n")
    row = pair.rows(prediction=None, bed=path, bin_size=[32])[32, "chr1", "model"]
    values = np.zeros(SIZES["chr1"])
    values[320:640], values[480:512], values[64_000:64_032] = 0.5, 0.75, 0.25
    labels = bins(np.nan_to_num(bases(pair.binding, "chr1")), 32).sum(axis=1) > 16
    expected = average_precision_score(labels, bins(values, 32).max(axis=1))
    assert float(row["average_precision"]) == pytest.approx(expected, rel=1e-5)
    assert row["scored"].startswith("all bins")
    assert int(row["bins"]) == len(labels)


def test_intervals_do_not_spread_into_the_next_bins(pair: Pair) -> None:
    """Their edges are no multiples of 32 bp. The last bin ends within 32 bp of the chromosome's end."""
    sites, sizes = pair.folder / "sites.bed", pair.folder / "sizes"
    sites.write_text("chr1\t200\t400\n")
    sizes.write_text("chr1\t1001\n")
    changes = {"prediction": None, "bed": sites, "gold_standard": sites, "chrom_sizes": sizes, "bin_size": [200]}
    row = pair.rows(**changes)[200, "chr1", "model"]
    assert (row["average_precision"], row["bins"], row["bound_bins"]) == ("1", "5", "1")


def test_aggregates_of_a_track_of_single_bases(pair: Pair) -> None:
    rewrite(pair.prediction, [("chr1", 0, 20, 0.5), ("chr1", 20, 64, 0.25)])
    rewrite(pair.binding, [("chr1", 0, 20, 1.0)])
    result = pair.run(bin_size=[32], agg="mean")
    threshold = (pair.output / "x_chr1_32bp_PRC.tsv").read_text().splitlines()[-1].split("\t")[2]
    assert result.pooled[0]["bins"] == 2
    assert float(threshold) == pytest.approx((20 * 0.5 + 12 * 0.25) / 32)


@pytest.mark.parametrize(
    ("line", "score"),
    [
        ("chr1\t0\t32", 1), ("chr1\t0\t32\tpeak", 1), ("chr1\t0\t32\tpeak\t0.5", 0.5), ("chr1\t0\t32\t0.25", 0.25),
        ("chr1\t0\t32\tpeak\t700\t.\t0.125\t-1\t-1\t16", 0.125),
        ("chr1\t0\t32\tpeak\t700\t.\t0\t32\t0\t1\t32\t0", 700),
    ],
)  # fmt: skip
def test_score_of_an_interval(pair: Pair, line: str, score: float) -> None:
    from maxatac.data.interval_track import read_scored_intervals
    from maxatac.errors import Problems

    path = pair.folder / "one.bed"
    path.write_text(f"{line}\n")
    read = read_scored_intervals(path, Problems())
    assert read is not None
    assert read[1].tolist() == [score]


def test_both_as_bed_need_the_sizes(pair: Pair) -> None:
    (problem,) = pair.problems(prediction=None, bed=pair.peaks, gold_standard=pair.peaks)
    assert problem.option == "--chrom_sizes"
    sizes = tiny.write_sizes(pair.folder / "sizes", SIZES)
    found = pair.rows(prediction=None, bed=pair.peaks, gold_standard=pair.peaks, chrom_sizes=sizes)
    assert found[200, "pooled", "model"]["average_precision"] == "1"


def test_chromosomes_that_a_file_lacks_are_listed(pair: Pair) -> None:
    rewrite(pair.binding, [("chr1", 100, 300, 1.0)], {"chr1": SIZES["chr1"], "chr9": 1_000})
    pair.run()
    record = json.loads((pair.output / "x_benchmark_run.json").read_text())
    assert record["chroms"] == ["chr1"]
    assert set(record["chroms_left_out"]) == {"chr2", "chr9"}


def test_prediction_of_a_part_of_the_genome(pair: Pair) -> None:
    with pyBigWig.open(str(pair.prediction)) as track:
        intervals = [("chr2", *found) for found in track.intervals("chr2")]
    rewrite(pair.prediction, intervals, {"chr2": SIZES["chr2"]})
    found = pair.rows(gold_standard=pair.peaks, blacklist=pair.blacklist, bin_size=[32])
    labels, _ = scored(pair, ["chr2"], 32, masked=True)
    assert int(found[32, "pooled", "model"]["bound_bins"]) == labels.sum()


def test_peaks_of_another_naming(pair: Pair) -> None:
    pair.peaks.unlink()
    pair.peaks.write_text("1\t100\t300\n2\t100\t300\n")
    (problem,) = pair.problems(gold_standard=pair.peaks)
    assert (problem.kind, problem.file) == ("chromosome", pair.peaks)


@pytest.mark.parametrize("option", ["gold_standard", "bed"])
def test_intervals_of_another_build(pair: Pair, option: str) -> None:
    pair.peaks.unlink()
    pair.peaks.write_text("chr1\t100\t300\t0.5\nchr2\t30300\t30400\t0.5\n")
    changes: dict[str, Any] = {"bed": pair.peaks, "prediction": None} if option == "bed" else {option: pair.peaks}
    (problem,) = pair.problems(**changes)
    assert (problem.kind, problem.file) == ("size", pair.peaks)


def test_named_chromosomes_must_be_there(pair: Pair) -> None:
    for problem in pair.problems(chroms=["chr1", "chr7"]):
        assert (problem.kind, problem.option) == ("chromosome", "--chroms")
        assert "chr7" in str(problem)
    assert [problem.option for problem in pair.problems(chroms=[])] == ["--chroms"]


def test_no_common_chromosome(pair: Pair) -> None:
    rewrite(pair.binding, [("scaffold", 100, 300, 1.0)], {"scaffold": 1_000})
    (problem,) = pair.problems()
    assert problem.kind == "chromosome"


def test_another_genome(pair: Pair) -> None:
    rewrite(pair.binding, [("chr1", 100, 300, 1.0)], SIZES | {"chr1": 119_000})
    (problem,) = pair.problems()
    assert (problem.kind, problem.file) == ("size", pair.binding)


def test_continuous_binding_is_refused(pair: Pair) -> None:
    rewrite(pair.binding, [("chr1", 100, 300, 0.3), ("chr1", 3_000, 3_300, 7.0)])
    (problem,) = pair.problems()
    assert (problem.kind, problem.file) == ("signal", pair.binding)
    assert "7" in problem.found
    assert int(pair.rows(binding_threshold=1)[200, "pooled", "model"]["bound_bins"]) == 2


def test_all_problems_are_told_at_once(pair: Pair) -> None:
    found = pair.problems(
        prediction=pair.folder / "no.bw", bin_size=[0], recalls=[2.0], agg="median", label_rule="some",
        cutoff_value=0.5, cutoff_type="score", blacklist=pair.folder / "no.bed",
    )  # fmt: skip
    options = {problem.option for problem in found}
    assert {"--bin_size", "--recalls", "--agg", "--label_rule"} <= options
    assert {problem.file for problem in found} >= {pair.folder / "no.bw", pair.folder / "no.bed"}


def test_chromosome_without_a_bound_bin(pair: Pair) -> None:
    rewrite(pair.binding, [("chr1", 100, 300, 1.0), ("chr1", 9_000, 9_300, 1.0)])
    found = pair.rows()
    row = found[32, "chr2", "model"]
    assert (row["average_precision"], row["auroc"], row["bound_bins"]) == ("NA", "NA", "0")
    assert row["note"]
    mean, pooled = found[32, "mean", "model"], found[32, "pooled", "model"]
    assert mean["average_precision"] == found[32, "chr1", "model"]["average_precision"]
    assert mean["note"] == "mean of 1 of 2 chromosomes"
    assert int(pooled["bins"]) == sum(int(found[32, chrom, "model"]["bins"]) for chrom in SCORED)
    assert not (pair.output / "x_chr2_32bp_PRC.tsv").exists()


def test_nothing_bound_fails(pair: Pair) -> None:
    with pytest.raises(MaxatacError, match="no bound bin on chr2"):
        rewrite(pair.binding, [("chr1", 100, 300, 1.0)])
        pair.run(chroms=["chr2"])
    assert not list(pair.output.glob("x_benchmark*.tsv"))


def test_constant_prediction(pair: Pair) -> None:
    rewrite(pair.prediction, [("chr1", 0, 96_000, 0.3)])
    row = pair.rows()[32, "chr1", "model"]
    assert float(row["average_precision"]) == float(row["prevalence"])
    assert (float(row["auroc"]), row["auprc_trapezoid"]) == (0.5, "NA")
    assert "one point" in row["note"]
    assert (pair.output / "x_chr1_32bp_PRC.tsv").read_text().splitlines()[1].split("\t")[3] == "NA"


def test_infinite_prediction(pair: Pair) -> None:
    rewrite(pair.prediction, [("chr1", 0, 96_000, 0.3), ("chr1", 96_000, 96_032, math.inf)])
    with pytest.raises(MaxatacError, match="chr1:96,000-96,032"):
        pair.run()


def predicted_by(pair: Pair, **facts: Any) -> None:
    """Put the record of a prediction beside the track."""
    settings = facts.pop("settings", {})
    prediction = {"models": [{"sha256": "1", "training_chroms": ["chr2"]}], "kind": "binary", **facts}
    record = {
        "maxatac": "1", "run_of": "predict", "prefix": "CTCF", "outputs": {"CTCF.bw": {}}, "settings": settings,
        "prediction": prediction,
    }  # fmt: skip
    write_json(pair.folder / "CTCF_predict_run.json", record)


def test_chromosomes_that_a_model_has_seen(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    predicted_by(pair)
    found = pair.rows()
    assert "chr2" in caplog.text
    seen = {chrom: found[32, chrom, "model"]["seen_in_training"] for chrom in (*SCORED, "pooled")}
    assert seen == {"chr1": "no", "chr2": "yes", "pooled": "yes"}


def test_prediction_of_regions_alone_is_marked(pair: Pair) -> None:
    predicted_by(pair, settings={"roi": "peaks.bed"})
    assert "regions of interest" in pair.rows()[32, "chr1", "model"]["scored"]


def test_cutoff_that_was_chosen_on_these_bins(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    path = pair.folder / "T.tsv"
    header = "Standard_Thresh\tMonotonic_Avg_Precision\tMonotonic_Avg_Recall\tMonotonic_Avg_log2FC\tAvg_F1"
    path.write_text(f"{header}\n0\t0.1\t1\t0\t0.2\n0.454\t0.6\t0.5\t1\t0.55\n1\t0.9\t0.1\t2\t0.2\n")
    write_json(
        pair.folder / "T_threshold_run.json",
        {
            "maxatac": "1", "run_of": "threshold", "prefix": "T", "outputs": {"T.tsv": {}}, "settings": {},
            "calibration": {"cell_types": ["K562"], "chroms": ["chr1"], "bin_size": 32},
        },
    )  # fmt: skip
    found = pair.rows(cutoff_file=path, cell_type="k-562")
    assert "chr1" in caplog.text
    labels, scores = scored(pair, ["chr1"], 32)
    called = scores >= float(np.float32(0.454))
    row = found[32, "chr1", "model"]
    assert (row["cutoff"], row["tuned_here"], found[32, "chr2", "model"]["tuned_here"]) == ("0.454", "yes", "no")
    assert float(row["precision_at_cutoff"]) == pytest.approx(labels[called].mean(), rel=1e-5)
    assert float(row["recall_at_cutoff"]) == pytest.approx(called[labels].mean(), rel=1e-5)
    other = pair.rows(cutoff_file=path, cell_type="HepG2", force=True)
    assert other[32, "chr1", "model"]["tuned_here"] == "no"


def test_score_equal_to_the_cutoff_is_called(pair: Pair) -> None:
    """0.454 is below its own float32 in decimals; the score is what the bigWig holds."""
    rewrite(pair.prediction, [("chr1", 0, 32, 0.454), ("chr1", 32, 64, 0.1)])
    rewrite(pair.binding, [("chr1", 0, 32, 1.0)])
    row = pair.rows(cutoff_type="score", cutoff_value=0.454, bin_size=[32])[32, "chr1", "model"]
    assert (row["precision_at_cutoff"], row["recall_at_cutoff"], row["f1_at_cutoff"]) == ("1", "1", "1")


def test_quantitative(pair: Pair) -> None:
    found = pair.rows(quant=True, gold_standard=pair.signal, target_scale_factor=2.0, blacklist=pair.blacklist)
    for width in (32, 200):
        sides = []
        for chrom in SCORED:
            predicted = bins(bases(pair.prediction, chrom), width).mean(axis=1)
            measured = 2 * bins(np.nan_to_num(bases(pair.signal, chrom)), width).mean(axis=1)
            keep = ~np.isnan(predicted) & ~bins(black(chrom), width).any(axis=1)
            sides.append((predicted[keep], measured[keep]))
        for chrom, (p, m) in zip((*SCORED, "pooled"), [*sides, np.concatenate(sides, axis=1)], strict=True):
            row = found[width, chrom, ""]
            assert float(row["pearson"]) == pytest.approx(np.corrcoef(p, m)[0, 1], abs=1e-5)
            assert float(row["mean_absolute_error"]) == pytest.approx(np.abs(p - m).mean(), rel=1e-5)
            assert float(row["r2"]) == pytest.approx(1 - ((p - m) ** 2).sum() / ((m - m.mean()) ** 2).sum(), rel=1e-4)


def test_infinite_measured_value(pair: Pair) -> None:
    rewrite(pair.signal, [("chr1", 0, 96_000, 0.3), ("chr1", 96_000, 96_001, math.inf)])
    with pytest.raises(MaxatacError, match=r"signal\.bw.*chr1"):
        pair.run(quant=True, gold_standard=pair.signal)


def test_values_have_no_cutoff(pair: Pair) -> None:
    found = pair.problems(quant=True, gold_standard=pair.signal, cutoff_type="score", cutoff_value=0.5)
    assert [problem.option for problem in found] == ["--quant and --cutoff_value"]


def test_kind_of_model(pair: Pair) -> None:
    predicted_by(pair, kind="quant")
    (problem,) = pair.problems()
    assert problem.file == pair.prediction
    predicted_by(pair, kind="binary")
    (problem,) = pair.problems(quant=True, gold_standard=pair.signal)
    assert problem.file == pair.prediction


def test_command_line(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "benchmark", "-bw", str(pair.prediction), "--gold-standard", str(pair.binding), "-n", "x", "-o",
        str(pair.output), "-c", "chr1", "chr2", "-plot", "--recalls", "0.1", "0.5",
    ]  # fmt: skip
    assert main([*words, "--dry_run"]) == 0
    assert not pair.output.exists()
    capsys.readouterr()
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "average precision" in out
    assert "prevalence" in out
    assert "ratio" in out
    assert (pair.output / "x_benchmark.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads((pair.output / "x_benchmark_run.json").read_text())
    assert set(record["outputs"]) == {path.name for path in pair.output.iterdir()} - {
        "x_benchmark_run.json", "x_benchmark.log",
    }  # fmt: skip
    # Results of an earlier run stay, unless they may be replaced.
    assert main(words) == 2
    assert main([*words, "--force", "--skip_plot"]) == 0
    assert not (pair.output / "x_benchmark.png").exists()


def test_settings_of_a_record_repeat_the_run(pair: Pair) -> None:
    words = ["benchmark", "--bw", str(pair.prediction), "--gold_standard", str(pair.binding), "-o", str(pair.output)]
    assert main([*words, "-n", "x", "--original", "--recalls", "0.1", "--bin_size", "100", "--no-plot"]) == 0
    first = json.loads((pair.output / "x_benchmark.json").read_text())
    assert main(["benchmark", "--config", str(pair.output / "x_benchmark_run.json"), "--force"]) == 0
    # The record names the chromosomes that were scored: then none is left out.
    assert json.loads((pair.output / "x_benchmark.json").read_text()) == first | {"chroms_left_out": {}}


def test_dry_run_says_what_is_left_out(pair: Pair) -> None:
    lines = prepare_benchmark(pair.config()).describe()
    assert any("chr1, chr2" in line for line in lines)


def test_same_seed_same_intervals(pair: Pair) -> None:
    first, second, other = (
        pair.rows(seed=seed, force=True)[32, "pooled", "model"]["average_precision_low"] for seed in (1, 1, 2)
    )
    assert first == second != other

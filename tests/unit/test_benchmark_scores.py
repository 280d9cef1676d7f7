"""Scores of the benchmark, against scikit-learn, scipy and hand-made numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import auc, average_precision_score, mean_absolute_error, precision_recall_curve, r2_score

from maxatac.data.bins import Grid, aggregate, reading_bins
from maxatac.evaluation.benchmark import BenchmarkScores, score_predictors
from maxatac.evaluation.benchmark_tables import mean_rows, rows_of
from maxatac.evaluation.original import COLUMNS, OriginalScores, original_table, trapezoid_area
from maxatac.evaluation.quantitative import Agreement
from maxatac.evaluation.ranking import GUESS, Ranking, metric_names
from maxatac.evaluation.scored_bins import BinRules, ScoredTracks

# Section 13 of the original's facts.
LABELS, SCORES = np.array([0, 0, 1, 1], bool), np.array([0.1, 0.4, 0.35, 0.8])


def by_scikit_learn(labels: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Area by the trapezoidal rule, without the artificial last point."""
    precision, recall, _ = precision_recall_curve(labels, scores.astype(np.float64), drop_intermediate=False)
    return float(auc(recall[:-1], precision[:-1]))


def test_area_of_the_original_by_hand() -> None:
    ranking = Ranking.of(LABELS, SCORES)
    assert trapezoid_area(ranking) == pytest.approx(0.29167, abs=5e-6)
    assert trapezoid_area(ranking) == pytest.approx(0.5 * (2 / 3 + 0.5) / 2, abs=1e-15)


def test_table_of_the_original_by_hand() -> None:
    ranking = Ranking.of(LABELS, SCORES)
    header, *lines = original_table(ranking, OriginalScores.of(ranking), every_point=True).splitlines()
    assert tuple(header.split("\t")) == COLUMNS
    rows = np.array([line.split("\t") for line in lines], float)
    assert rows[:, 2].tolist() == [0.1, 0.35, 0.4, 0.8]
    np.testing.assert_allclose(rows[:, 0], [0.5, 2 / 3, 0.5, 1])
    assert rows[:, 1].tolist() == [1, 1, 0.5, 0.5]
    np.testing.assert_allclose(rows[:, 3:], [[7 / 24, 2, 0.5, np.log2(7 / 12)]] * 4)


def test_blacklisted_bins_count_in_the_random_value_of_the_original() -> None:
    scores = OriginalScores.of(Ranking.of(LABELS, SCORES), 3)
    assert (scores.bound_bins, scores.random_auprc) == (5, 5 / 4)
    assert scores.log2_fold == pytest.approx(math.log2(7 / 24 / (5 / 4)))


@pytest.mark.parametrize("decimals", [1, 3, 8])
def test_equal_scikit_learn(decimals: int) -> None:
    random = np.random.default_rng(decimals)
    labels = random.random(20_000) < 0.01
    scores = np.round(random.random(20_000) * 0.7 + 0.3 * labels, decimals).astype(np.float32)
    ranking = Ranking.of(labels, scores)
    assert trapezoid_area(ranking) == pytest.approx(by_scikit_learn(labels, scores), abs=1e-9)
    assert ranking.average_precision == pytest.approx(average_precision_score(labels, scores.astype(float)), abs=1e-9)


def test_constant_score() -> None:
    ranking = Ranking.of(LABELS, np.full(4, 0.3))
    assert (ranking.average_precision, ranking.auroc) == (0.5, 0.5)
    assert math.isnan(trapezoid_area(ranking))
    assert "\tNA\t2\t0.5\tNA" in original_table(ranking, OriginalScores.of(ranking), every_point=False)


def test_ties_stay_together_and_close_scores_apart() -> None:
    tied = Ranking.of(np.array([True, False]), np.array([0.5, 0.5]))
    called = tied.true + tied.false
    assert (2 * tied.true / (called + tied.positives)).tolist() == [2 / 3]
    assert tied.scores.tolist() == [0.5]
    near = Ranking.of(np.array([True, False]), np.array([0.5, 0.5 + 1e-8]))
    assert len(near.scores) == 2
    assert near.average_precision == 0.5


def test_counts_beyond_those_of_float32() -> None:
    """20 million bins and 1 bound: 2^24 and one more would be equal in float32."""
    count = 20_000_000
    scores = np.zeros(count, np.float32)
    # Rising scores are sorted at once.
    scores[-3:] = 0.3, 0.6, 0.9
    labels = np.zeros(count, bool)
    labels[0] = True
    ranking = Ranking.of(labels, scores)
    assert (ranking.true.tolist(), ranking.false.tolist()) == ([0, 0, 0, 1], [1, 2, 3, count - 1])
    assert ranking.average_precision == 1 / count
    assert ranking.auroc == pytest.approx((count - 4) / 2 / (count - 1), abs=1e-12)


def scored(by_chrom: dict[str, tuple[list[int], list[float]]]) -> BenchmarkScores:
    labels = {chrom: np.array(bound, bool) for chrom, (bound, _) in by_chrom.items()}
    values = {chrom: np.array(scores, np.float32) for chrom, (_, scores) in by_chrom.items()}
    return score_predictors(labels, {"model": values})


def test_mean_and_pooled_are_two_numbers() -> None:
    chroms = {"chrA": ([1, 0], [0.9, 0.8]), "chrB": ([1, 0], [0.2, 0.1])}
    rows = [rows_of(scored({chrom: found}), {"chrom": chrom}) for chrom, found in chroms.items()]
    assert [row[0]["average_precision"] for row in rows] == [1, 1]
    mean = mean_rows(rows, ["average_precision", "prevalence"])[0]
    assert (mean["chrom"], mean["average_precision"], mean["bins"], mean["bound_bins"]) == ("mean", 1, 4, 2)
    assert scored(chroms).value("model") == pytest.approx(0.833, abs=5e-4)


@pytest.mark.parametrize(("bound", "note"), [([0, 0], "none of the bins"), ([1, 1], "all of the bins")])
def test_bins_of_one_kind_have_no_score_and_leave_the_mean(bound: list[int], note: str) -> None:
    chroms = {"chrA": ([1, 0], [0.9, 0.8]), "chrB": (bound, [0.2, 0.1])}
    rows = [rows_of(scored({chrom: found}), {"chrom": chrom}) for chrom, found in chroms.items()]
    assert rows[1][0]["note"].startswith(note)
    assert "average_precision" not in rows[1][0]
    mean = mean_rows(rows, ["average_precision", "prevalence"])[0]
    assert (mean["average_precision"], mean["prevalence"], mean["bins"]) == (1, 0.5, 2)
    pooled = scored(chroms)
    assert (pooled.bins, pooled.bound_bins) == (4, 1 + sum(bound))


def test_mean_is_seen_if_a_chromosome_in_it_is() -> None:
    """A chromosome without a score is not in it, also where it comes first."""
    chroms = {"chrA": ([0, 0], [0.9, 0.8]), "chrB": ([1, 0], [0.2, 0.1]), "chrC": ([1, 0], [0.4, 0.3])}

    def seen_in_mean(*seen: str) -> bool:
        abouts = {chrom: {"chrom": chrom, "seen_in_training": chrom in seen} for chrom in chroms}
        rows = [rows_of(scored({chrom: found}), abouts[chrom]) for chrom, found in chroms.items()]
        found = mean_rows(rows, ["average_precision"])[0]["seen_in_training"]
        assert isinstance(found, bool)
        return found

    assert seen_in_mean("chrC")
    assert not seen_in_mean("chrA")


def test_order_of_chromosomes_does_not_matter() -> None:
    random = np.random.default_rng(4)
    labels = {chrom: random.random(3_000) < 0.05 for chrom in ("chr2", "chr10", "chr1")}
    values = {chrom: random.random(3_000, dtype=np.float32) for chrom in labels}
    orders = [list(labels), list(labels)[::-1]]
    found = [
        score_predictors({c: labels[c] for c in order}, {"model": {c: values[c] for c in order}}) for order in orders
    ]
    assert found[0].as_dict() == found[1].as_dict()


def test_precision_at_recalls_that_are_asked_for() -> None:
    random = np.random.default_rng(5)
    labels = {"chr1": random.random(5_000) < 0.05}
    values = {"chr1": (random.random(5_000) + labels["chr1"] * 0.3).astype(np.float32)}
    recalls = (0.5, 0.9)
    entry = score_predictors(labels, {"model": values}, recalls=recalls).predictors[0]
    precision, recall, _ = precision_recall_curve(labels["chr1"], values["chr1"].astype(float))
    for name, wanted in zip(metric_names(recalls)[2:], recalls, strict=True):
        found = entry[name]
        assert found["value"] == pytest.approx(precision[np.flatnonzero(recall >= wanted)[-1]])
        assert found["low"] < found["value"] < found["high"]
    assert list(entry)[1:] == list(metric_names(recalls))


def test_without_intervals_values_stay() -> None:
    labels, values = {"chr1": LABELS}, {"chr1": SCORES.astype(np.float32)}
    found, with_them = (score_predictors(labels, {"model": values}, intervals=kind) for kind in (False, True))
    for name in ("model", GUESS):
        assert found.value(name) == with_them.value(name)
    assert math.isnan(found.predictors[0]["auroc"]["low"])


# Bins of tracks.


def test_drifting_bins_cover_the_whole_chromosome() -> None:
    grid = Grid(1_007, 100, True)
    edges = np.concatenate([part[:-1] for part in grid.pieces()])
    assert edges.tolist() == [place * 1_007 // 10 for place in range(10)]
    assert grid.edges(0, len(grid))[-1] == 1_007


@given(
    st.integers(1, 500), st.integers(1, 300), st.booleans(), st.sampled_from(["max", "mean", "min", "sum"]), st.data()
)
def test_aggregates_equal_plain_loops(size: int, width: int, drifts: bool, how: str, data: st.DataObject) -> None:
    values = np.array(data.draw(st.lists(st.sampled_from([0, 0.25, 1, np.nan]), min_size=size, max_size=size)))
    grid = Grid(size, width, drifts)
    found = aggregate(lambda start, end: values[start:end].astype(np.float32), grid, how)
    assert len(found) == len(grid) == size // width
    for place, got in enumerate(found):
        start, end = place * width, (place + 1) * width
        if drifts:
            start, end = place * size // len(grid), (place + 1) * size // len(grid)
        function = {"max": np.max, "mean": np.mean, "min": np.min, "sum": np.sum}[how]
        np.testing.assert_allclose(got, function(values[start:end]), rtol=1e-12)


@pytest.mark.parametrize("width", [10, 32, 64, 100, 200, 1_000])
def test_highest_prediction_in_bins_of_any_width(width: int) -> None:
    random = np.random.default_rng(width)
    fine = random.random(100, dtype=np.float32)
    fine[random.random(100) < 0.2] = np.nan
    found = BinRules(width).values(fine, reading_bins(fine), 3_215, is_prediction=True)
    bases = np.append(np.repeat(fine, 32), [np.nan] * 15)
    expected = bases[: 3_215 // width * width].reshape(-1, width).max(axis=1)
    np.testing.assert_array_equal(found, expected)


class Bases:
    """A track in memory."""

    def __init__(self, **values: NDArray[np.floating]) -> None:
        self._values = values
        self.chrom_sizes = {chrom: len(bases) for chrom, bases in values.items()}

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        return self._values[chrom][start:end].astype(np.float32)


def test_label_rules() -> None:
    bases = np.zeros(400)
    bases[:20] = bases[205:206] = 1
    binding = Bases(chr1=bases)

    def bound(**rules: object) -> list[int]:
        return np.flatnonzero(BinRules(**rules).labels(binding, "chr1", 400)).tolist()  # type: ignore[arg-type]

    assert bound(width=32) == [0]
    assert bound(width=32, label="any") == [0, 6]
    assert bound(width=200) == [0, 1]
    assert bound(width=200, label="half") == []
    assert bound(width=200, label="agg", how="max") == [0, 1]
    assert bound(width=20, label="agg", how="min") == [0]


def test_bins_without_a_prediction_are_left_out_or_score_0() -> None:
    bases = np.zeros(320)
    bases[64:96] = 1
    fine = np.array([0.5, 0.25, np.nan, 1, *[0.125] * 6], np.float32)
    tracks = ScoredTracks({"chr1": fine}, {"chr1": 320}, Bases(chr1=bases))
    left_out, zero = (tracks.bins(BinRules(32, unpredicted=rule)) for rule in ("leave_out", "zero"))
    np.testing.assert_array_equal(left_out.predictors["model"]["chr1"], fine)
    np.testing.assert_array_equal(zero.predictors["model"]["chr1"], np.nan_to_num(fine))
    for scored_bins in (left_out, zero):
        counts = scored_bins.left_out["chr1"]
        assert (counts.unpredicted, counts.unpredicted_bound) == (1, 1)


# Values.


@pytest.mark.parametrize("decimals", [1, 6])
def test_agreement_equals_other_libraries(decimals: int) -> None:
    random = np.random.default_rng(decimals)
    measured = np.round(random.gamma(1, 2, 2_000), decimals).astype(np.float32)
    predicted = np.round(measured * 0.7 + random.normal(size=2_000), decimals).astype(np.float32)
    found = Agreement.of(predicted, measured)
    p, m = predicted.astype(float), measured.astype(float)
    expected = (
        scipy.stats.pearsonr(p, m).statistic, scipy.stats.spearmanr(p, m).statistic, r2_score(m, p),
        mean_absolute_error(m, p),
    )  # fmt: skip
    assert tuple(found.metrics().values()) == pytest.approx(expected, abs=1e-9)


def test_agreement_of_constant_values() -> None:
    found = Agreement.of(np.full(3, 2, np.float32), np.array([1, 2, 3], np.float32))
    assert math.isnan(found.pearson)
    assert math.isnan(found.spearman)
    assert found.r2 == 0
    assert found.mean_absolute_error == pytest.approx(2 / 3)
    assert Agreement.of(np.empty(0, np.float32), np.empty(0, np.float32)).bins == 0


def test_a_single_block_has_no_interval() -> None:
    """It would be drawn in each resample, and tell of no uncertainty at all."""
    model = scored({"chrA": ([1, 0, 1], [0.9, 0.8, 0.7])}).predictors[0]
    assert math.isfinite(model["average_precision"]["value"])
    assert math.isnan(model["average_precision"]["low"])

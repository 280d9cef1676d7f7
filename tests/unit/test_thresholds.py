"""The tables of thresholds, against plain numpy and scikit-learn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from maxatac.evaluation import thresholds
from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.thresholds import (
    COLUMNS,
    METRIC_COLUMNS,
    METRICS,
    ThresholdCurve,
    metric_table,
    threshold_table,
    thresholds_of,
)


def ranking(n: int = 20_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, Ranking]:
    random = np.random.default_rng(seed)
    labels = random.random(n) < 0.02
    scores = np.clip(random.beta(0.3, 4, n) + labels * random.random(n) * 0.6, 0, 0.9).astype(np.float32)
    return labels, scores, Ranking.of(labels, scores)


def read(table: str) -> dict[str, np.ndarray]:
    header, *_ = table.splitlines()
    columns = np.loadtxt(io.StringIO(table), skiprows=1, delimiter="\t", unpack=True)
    return dict(zip(header.split("\t"), columns, strict=True))


@pytest.mark.parametrize("largest", [1.0, 5.0])
def test_equals_plain_numpy(largest: float) -> None:
    labels, scores, found = ranking()
    table = read(threshold_table([found], largest=largest))
    assert tuple(table) == COLUMNS
    threshold, precision, recall, fold, f1 = table.values()
    assert len(threshold) == 1_001
    np.testing.assert_allclose(threshold, np.linspace(0, largest, 1_001), atol=1e-9)
    best = 0.0
    for row in range(0, 1_001, 7):
        called = scores >= np.float32(threshold[row])
        for lower in threshold[max(row - 7, 0) : row + 1]:
            reached = scores >= np.float32(lower)
            best = max(best, labels[reached].mean() if reached.any() else 0)
        plain = labels[called].mean() if called.any() else 0
        assert recall[row] == pytest.approx((labels & called).sum() / labels.sum(), rel=1e-9)
        assert precision[row] == pytest.approx(best, rel=1e-9)
        assert fold[row] == pytest.approx(np.log2(best / labels.mean()), abs=1e-9)
        both = plain + recall[row]
        assert f1[row] == pytest.approx(2 * plain * recall[row] / both if both else 0, rel=1e-8)


def test_is_monotonic_and_starts_at_the_prevalence() -> None:
    labels, _, found = ranking(2_000)
    threshold, precision, recall, fold, _ = read(threshold_table([found])).values()
    for rising in (threshold, precision, fold):
        assert (np.diff(rising) >= 0).all()
    assert (np.diff(recall) <= 0).all()
    assert (precision[0], recall[0], fold[0]) == pytest.approx((labels.mean(), 1, 0))
    # Beyond the highest prediction nothing is found; what is known of precision stays.
    assert recall[-1] == 0
    assert precision[-1] == precision.max()


@pytest.mark.parametrize("bound", [True, False])
def test_is_there_where_something_is_bound(bound: bool) -> None:
    found = Ranking.of(np.array([False, bound]), np.array([0.1, 0.2], np.float32))
    assert (thresholds_of(found, largest=1) is not None) == bound
    assert thresholds_of(None, largest=1) is None


def of(labels: list[int], scores: list[float]) -> Ranking:
    return Ranking.of(np.array(labels, bool), np.array(scores, np.float32))


def test_is_the_mean_of_the_tables_of_each_cell_type() -> None:
    rankings = [ranking(4_000, seed)[2] for seed in (1, 2, 3)]
    together = read(threshold_table(rankings))
    single = [read(threshold_table([one])) for one in rankings]
    for name in COLUMNS:
        np.testing.assert_allclose(together[name], np.mean([table[name] for table in single], axis=0), rtol=1e-8)
        assert np.isfinite(together[name]).all()
    # The mean F1 is not the F1 of the mean precision and recall.
    precision, recall = together["Monotonic_Avg_Precision"], together["Monotonic_Avg_Recall"]
    with np.errstate(invalid="ignore"):
        of_means = 2 * precision * recall / (precision + recall)
    assert np.nanmax(np.abs(of_means - together["Avg_F1"])) > 0.001


def test_f1_is_that_of_the_plain_precision() -> None:
    # The precision falls from 1/2 to 1/3 between the second and the third threshold.
    curve = ThresholdCurve.of(of([1, 0, 0, 1, 0], [0.1, 0.1, 0.2, 0.3, 0.4]))
    rows = [100, 200, 300, 400]
    assert curve.precision[rows].tolist() == pytest.approx([2 / 5, 1 / 3, 1 / 2, 0])
    assert curve.highest_precision[rows].tolist() == pytest.approx([2 / 5, 2 / 5, 1 / 2, 1 / 2])
    assert curve.f1[rows].tolist() == pytest.approx([4 / 7, 2 / 5, 1 / 2, 0])


@pytest.mark.parametrize("threshold", [0.454, 0.608])
def test_a_score_at_the_threshold_is_called(threshold: float) -> None:
    """As float32 these lie below their decimal value."""
    score = np.float32(threshold)
    assert float(score) < threshold
    table = read(threshold_table([of([1, 0], [float(score), 0.1])]))
    row = round(threshold * 1_000)
    assert (table["Monotonic_Avg_Recall"][[row, row + 1]] == [1, 0]).all()


def test_ties_stay_together_and_close_scores_apart() -> None:
    tie = read(threshold_table([of([1, 0], [0.5, 0.5])]))
    assert tie["Avg_F1"].max() == pytest.approx(2 / 3)
    assert np.argmax(tie["Avg_F1"] == tie["Avg_F1"].max()) == 0
    assert tie["Avg_F1"][[500, 501]].tolist() == pytest.approx([2 / 3, 0])
    lower = np.nextafter(np.float32(0.5), np.float32(0))
    assert 0.5 - float(lower) < 1e-7
    close = read(threshold_table([of([1, 0], [0.5, float(lower)])]))
    assert close["Avg_F1"][500] == 1


def test_more_bins_than_float32_can_count() -> None:
    others = 20_000_000
    found = Ranking(np.array([0.75, 0.25], np.float32), np.array([1, 1]), np.array([1, others - 1]))
    curve = ThresholdCurve.of(found)
    assert curve.precision[[0, 250, 251]].tolist() == [1 / others, 1 / others, 1 / 2]
    assert curve.log2_fold[750] == np.log2(0.5 / (1 / others))


def by_metric(table: str) -> dict[str, np.ndarray]:
    header, *rows = (line.split("\t") for line in table.splitlines())
    assert tuple(header) == METRIC_COLUMNS
    assert [row[0] for row in rows] == [metric for metric in METRICS for _ in range(101)]
    assert [row[1] for row in rows] == [f"{step / 100:.2f}" for step in range(101)] * 3
    numbers = np.array([[np.nan if text == "NA" else float(text) for text in row[2:]] for row in rows])
    return dict(zip(METRICS, numbers.reshape(3, 101, 4), strict=True))


def slowly(labels: np.ndarray, scores: np.ndarray, metric: str) -> np.ndarray:
    """The row of each value of one cell type, by a loop over scikit-learn's curve."""
    precision, recall, thresholds = precision_recall_curve(labels, scores.astype(np.float64))
    points = []
    for p, r, t in zip(precision[:-1], recall[:-1], thresholds, strict=True):
        points.append((p, r, t, 2 * p * r / (p + r) if p + r else 0.0))
    place = {"Precision": 0, "Recall": 1, "F1": 3}[metric]
    rows = np.full((101, 4), np.nan)
    for step in reversed(range(101)):
        inside = [point for point in points if int(point[place] * 100 + 1e-9) == step]
        if inside:
            rows[step] = max(inside, key=lambda point: (round(point[3], 12), -point[2]))
        elif step < 100:
            rows[step] = rows[step + 1]
    return rows


@pytest.mark.parametrize("at_once", [1 << 20, 37])
@pytest.mark.parametrize("metric", METRICS)
def test_metric_table_equals_plain_numpy(metric: str, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "_AT_ONCE", at_once)
    made = [ranking(3_000, seed) for seed in (1, 2, 3)]
    single = [slowly(labels, scores, metric) for labels, scores, _ in made]
    for (_, _, found), rows in zip(made, single, strict=True):
        np.testing.assert_allclose(by_metric(metric_table([found]))[metric], rows, rtol=1e-8)
    expected = np.full((101, 4), np.nan)
    for step in range(101):
        reached = [rows[step] for rows in single if not np.isnan(rows[step, 0])]
        if len(reached) >= 2:
            expected[step] = np.median(reached, axis=0)
    np.testing.assert_allclose(by_metric(metric_table([found for *_, found in made]))[metric], expected, rtol=1e-8)


bins = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.29, 0.58, 1.0]) | st.floats(0, 1, width=32)), max_size=40
)


@given(bins)
@settings(max_examples=30)
def test_metric_table_keeps_its_promise(bins: list[tuple[bool, float]]) -> None:
    found = of([1, *(int(label) for label, _ in bins)], [0.5, *(score for _, score in bins)])
    for metric, rows in by_metric(metric_table([found])).items():
        reached = rows[:, {"Precision": 0, "Recall": 1, "F1": 3}[metric]]
        values = np.arange(101) / 100
        assert (np.isnan(reached) | (reached >= values - 1e-9)).all()
        for precision, recall, threshold, f1 in rows[~np.isnan(reached)]:
            true, false = (int(count) for count in found.at_or_above(np.float32(threshold)))
            expected = (true / (true + false), true / found.positives, 2 * true / (true + false + found.positives))
            assert (precision, recall, f1) == pytest.approx(expected, rel=1e-8)

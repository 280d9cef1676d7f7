from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from maxatac.evaluation.curves import CALIBRATION_EDGES, calibration, histogram, precision_recall, summarize
from maxatac.evaluation.ranking import Ranking


def drawn(kind: str, size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores, of which some are bound; the scores as networks give them."""
    random = np.random.default_rng(seed)
    labels = random.random(size) < 0.05
    scores = 1 / (1 + np.exp(-random.normal(-4, 2, size) - 3 * labels))
    if kind == "ties":
        scores = np.round(scores, 2)
    if kind == "crowded":
        scores = scores * 1e-4
    return labels, scores.astype(np.float32)


kinds = pytest.mark.parametrize("kind", ["all different", "ties", "crowded"])
sizes = pytest.mark.parametrize("size", [50, 20_000])


@kinds
@sizes
def test_points_are_of_the_exact_curve(kind: str, size: int) -> None:
    labels, scores = drawn(kind, size)
    found = precision_recall(Ranking.of(labels, scores))
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    exact = {float(t): (r, p) for t, r, p in zip(thresholds, recall, precision, strict=False)}
    points = list(zip(found["score"], found["recall"], found["precision"], strict=True))
    assert len(points) <= 302
    for score, r, p in points:
        assert exact[score] == pytest.approx((r, p))
    # From the highest score to the lowest, the whole way.
    assert found["score"] == sorted(found["score"], reverse=True)
    assert found["score"][0] == scores.max()
    assert found["recall"][-1] == 1


@kinds
def test_points_that_are_left_out_are_not_missed(kind: str) -> None:
    labels, scores = drawn(kind, 200_000)
    found = precision_recall(Ranking.of(labels, scores))
    precision, recall, _ = precision_recall_curve(labels, scores)
    # Where a hundredth of the bound bins is found, the curve has settled.
    at = np.linspace(0.01, 1, 500)
    drawn_line = np.interp(at, found["recall"], found["precision"])
    assert np.abs(drawn_line - np.interp(at, recall[::-1], precision[::-1])).max() < 0.02


@kinds
@sizes
def test_summary_has_the_scores(kind: str, size: int) -> None:
    labels, scores = drawn(kind, size)
    found = summarize(Ranking.of(labels, scores))
    assert found["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    assert found["auroc"] == pytest.approx(roc_auc_score(labels, scores))
    assert (found["bins"], found["bound_bins"]) == (size, labels.sum())


@kinds
@pytest.mark.parametrize("largest", [1.0, 0.25])
def test_calibration_is_counted_in_groups(kind: str, largest: float) -> None:
    labels, scores = drawn(kind, 20_000)
    found = calibration(Ranking.of(labels, scores), largest=largest)
    edges = (np.array(CALIBRATION_EDGES) * largest).astype(np.float32)
    group = np.clip(np.digitize(scores, edges) - 1, 0, len(edges) - 2)
    assert [entry["low"] for entry in found] == pytest.approx([float(edges[place]) for place in np.unique(group)])
    for entry, place in zip(found, np.unique(group), strict=True):
        mine = group == place
        assert (entry["bins"], entry["bound_bins"]) == (mine.sum(), labels[mine].sum())
        assert entry["mean_score"] == pytest.approx(scores[mine].astype(float).mean(), rel=1e-6)


@kinds
def test_histogram_counts_every_bin(kind: str) -> None:
    labels, scores = drawn(kind, 20_000)
    found = histogram(Ranking.of(labels, scores))
    for counts, mask in ((found["bound"], labels), (found["others"], ~labels)):
        expected, _ = np.histogram(scores[mask], np.array(found["edges"], np.float32))
        assert counts == expected.tolist()


def test_scores_outside_count_at_the_ends() -> None:
    labels, scores = np.array([True, False, True]), np.array([-1, 0.5, 7], np.float32)
    found = histogram(Ranking.of(labels, scores))
    assert (found["bound"][0], found["bound"][-1], sum(found["others"])) == (1, 1, 1)
    assert sum(entry["bins"] for entry in calibration(Ranking.of(labels, scores))) == 3


@pytest.mark.parametrize(("labels", "scores"), [([], []), ([False, False], [0.1, 0.2])], ids=["no bin", "none bound"])
def test_nothing_to_draw(labels: list[bool], scores: list[float]) -> None:
    found = summarize(Ranking.of(np.array(labels, bool), np.array(scores, np.float32)))
    assert found["curve"] == {"score": [], "recall": [], "precision": []}
    assert (found["bins"], found["bound_bins"]) == (len(labels), 0)
    assert np.isnan(found["average_precision"])
    assert sum(found["histogram"]["others"]) == len(labels)

"""The table of thresholds, against plain numpy and the published one."""

from __future__ import annotations

import io

import numpy as np
import pytest

from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.thresholds import COLUMNS, threshold_table, thresholds_of


def ranking(n: int = 20_000) -> tuple[np.ndarray, np.ndarray, Ranking]:
    random = np.random.default_rng(1)
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
    table = read(threshold_table(found, largest=largest))
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
    threshold, precision, recall, fold, _ = read(threshold_table(found)).values()
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

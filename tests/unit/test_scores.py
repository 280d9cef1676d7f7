"""Scores, held to scikit-learn and plain loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from maxatac.evaluation.ranking import Ranking
from maxatac.evaluation.tally import SET_METRICS, ScoreTally, StreamingScores

Labels = NDArray[np.bool_]
Scores = NDArray[np.float32]
N = 60_000


def by_scikit_learn(labels: Labels, scores: Scores) -> tuple[float, float, float]:
    """Average precision, AUROC, precision at 5 % recall."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    # From the lowest threshold to the highest; the last that still finds 5 %.
    early = precision[np.flatnonzero(recall >= 0.05)[-1]]
    return average_precision_score(labels, scores), roc_auc_score(labels, scores), early


def of(ranking: Ranking) -> tuple[float, float, float]:
    return ranking.average_precision, ranking.auroc, ranking.precision_at_recall(0.05)


def in_batches(tally: ScoreTally, labels: Labels, scores: Scores, size: int = 7_001) -> ScoreTally:
    for first in range(0, len(labels), size):
        tally.update(labels[first : first + size], scores[first : first + size])
    return tally


def spread(random: np.random.Generator, labels: Labels) -> Scores:
    return (random.random(N) * 0.7 + labels * 0.3 * random.random(N)).astype(np.float32)


# What defeats bins of equal width; the labels are one in 300.
KINDS: dict[str, Callable[[np.random.Generator, Labels], Scores]] = {
    "spread": spread,
    "all equal": lambda random, labels: np.full(N, 0.0123, np.float32),
    "all zero": lambda random, labels: np.zeros(N, np.float32),
    "two values": lambda random, labels: (random.random(N) < 0.1 + 0.3 * labels).astype(np.float32),
    "heavily tied": lambda random, labels: np.round(spread(random, labels) * 20) / np.float32(20),
    "below 0.001": lambda random, labels: spread(random, labels) * np.float32(9e-4),
    "below 1e-30": lambda random, labels: spread(random, labels) * np.float32(1e-30),
    # A model before it has learnt anything: all its predictions share their first digits.
    "nearly equal": lambda random, labels: np.float32(0.5) + spread(random, labels) * np.float32(1e-4),
    "of many magnitudes": lambda random, labels: np.exp(-20 * (1 - spread(random, labels))).astype(np.float32),
    "of both signs": lambda random, labels: spread(random, labels) - np.float32(0.4),
    "signed zeros": lambda random, labels: np.where(random.random(N) < 0.5, 0.0, -0.0).astype(np.float32),
}


@pytest.mark.parametrize("prevalence", [0.003, 0.4])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_scikit_learn(kind: str, prevalence: float) -> None:
    random = np.random.default_rng(len(kind))
    labels = random.random(N) < prevalence
    scores = KINDS[kind](random, labels)
    expected = by_scikit_learn(labels, scores)
    assert of(in_batches(ScoreTally(), labels, scores).ranking()) == pytest.approx(expected, abs=1e-9)
    assert of(Ranking.of(labels, scores)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_scikit_learn_to_four_digits_where_memory_is_short(kind: str) -> None:
    """Nearly twice as many distinct predictions as the tally may hold, which is half of what it ever may in a run."""
    random = np.random.default_rng(len(kind))
    labels = random.random(N) < 0.003
    scores = KINDS[kind](random, labels)
    tally = in_batches(ScoreTally(limit=1 << 15), labels, scores)
    ranking = tally.ranking()
    assert len(ranking.scores) <= 1 << 15
    assert (ranking.bins, ranking.positives) == (N, labels.sum())
    assert of(ranking)[:2] == pytest.approx(by_scikit_learn(labels, scores)[:2], abs=1e-4)


def test_memory_is_bounded() -> None:
    tally = ScoreTally(limit=1_000)
    random = np.random.default_rng(1)
    for _ in range(50):
        tally.update(random.random(400) < 0.1, random.random(400, dtype=np.float32))
        assert tally._n_pending < 1_000
        assert len(tally._keys) <= 1_000
    assert tally.ranking().bins == 20_000


pairs = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(-2, 2, width=32)),
    min_size=1,
    max_size=60,
)


@given(pairs, st.integers(1, 60), st.sampled_from([1 << 22, 4]))
# So many bits are dropped that what is left of the lowest is no number.
@example([(False, score) for score in (-2.0, -1.0, -4.5e-33, 0.0, 1.0)], 1, 4)
@example([(True, -np.inf), (False, -np.inf), (False, -3e38), (True, 0.25), (False, 0.5), (True, 1.0)], 2, 4)
def test_any_order_of_batches_is_the_same(bins: list[tuple[bool, float]], size: int, limit: int) -> None:
    labels = np.array([label for label, _ in bins])
    scores = np.array([score for _, score in bins], np.float32)
    at_once, in_parts, reverse = ScoreTally(limit), ScoreTally(1 << 22), ScoreTally(1 << 22)
    at_once.update(labels, scores)
    in_batches(in_parts, labels, scores, size)
    in_batches(reverse, labels[::-1], scores[::-1], size)
    for mine, theirs in ((in_parts, reverse), (in_parts, Ranking.of(labels, scores))):
        one, other = (each.ranking() if isinstance(each, ScoreTally) else each for each in (mine, theirs))
        assert np.array_equal(one.scores, other.scores)
        assert np.array_equal(one.true, other.true)
        assert np.array_equal(one.false, other.false)
    short = at_once.ranking()
    assert (short.positives, short.negatives) == (labels.sum(), (~labels).sum())
    assert (np.diff(short.scores) < 0).all()
    # What is merged keeps its side of every other score.
    found, expected = (
        np.stack(each) for each in ((short.true, short.false), reverse.ranking().at_or_above(short.scores))
    )
    assert np.array_equal(found, expected)


@given(pairs)
def test_counts_at_thresholds(bins: list[tuple[bool, float]]) -> None:
    labels = np.array([label for label, _ in bins])
    scores = np.array([score for _, score in bins], np.float32)
    thresholds = np.array([-3.0, 0.0, 0.25, 0.3, 0.5, 1.0, 2.0, 3.0, *scores[:3]])
    true, false = in_batches(ScoreTally(), labels, scores).ranking().at_or_above(thresholds)
    for threshold, bound, others in zip(thresholds.astype(np.float32), true, false, strict=True):
        assert (bound, others) == ((labels & (scores >= threshold)).sum(), (~labels & (scores >= threshold)).sum())


def test_precision_at_recall_by_hand() -> None:
    labels = np.array([False, True, False, True, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.7, 0.2, 0.1])
    ranking = Ranking.of(labels, scores)
    # The first threshold that finds anything has the false one above it; from there on ties come together.
    assert ranking.precision_at_recall(0.05) == 1 / 2
    assert ranking.precision_at_recall(1 / 3) == 1 / 2
    assert ranking.precision_at_recall(0.34) == 2 / 4
    assert ranking.precision_at_recall(1) == 3 / 5


@pytest.mark.parametrize("bound", [False, True])
def test_bins_of_one_kind(bound: bool) -> None:
    tally = ScoreTally()
    tally.update(np.full(3, bound), np.array([0.1, 0.2, 0.3], np.float32))
    ranking = tally.ranking()
    assert np.isnan(ranking.auroc)
    assert np.isnan(ranking.average_precision) == (not bound)
    assert np.isnan(ranking.precision_at_recall()) == (not bound)
    assert ranking.prevalence == bound


def test_nothing() -> None:
    for ranking in (ScoreTally().ranking(), Ranking.of(np.array([]), np.array([]))):
        assert ranking.bins == 0
        assert all(np.isnan(value) for value in (*of(ranking), ranking.prevalence))


# Of a stream, by cell type.


def stream(random: np.random.Generator, batches: int = 5) -> list[tuple[NDArray[np.float32], ...]]:
    """Targets, predictions, cells and losses of batches of 40 windows of 32 bins in three cell types."""
    found = []
    for _ in range(batches):
        cells = random.integers(0, 3, 40)
        labels = random.random((40, 32)) < 0.1
        predictions = (random.random((40, 32)) * 0.8 + labels * 0.2).astype(np.float32)
        found.append((labels.astype(np.float32), predictions, cells, random.random(40, dtype=np.float32)))
    return found


def dice(y: NDArray[np.floating], p: NDArray[np.floating]) -> float:
    return (2 * (y * p).sum() + 10) / (y.sum() + p.sum() + 10)


def test_pooled_and_by_cell_type() -> None:
    batches = stream(np.random.default_rng(3))
    streaming = StreamingScores(["A", "B", "C", "D"])
    for batch in batches:
        streaming.update(*batch)
    targets, predictions, cells, losses = (np.concatenate(parts) for parts in zip(*batches, strict=True))

    def expected(mine: Labels) -> dict[str, float]:
        y, p = targets[mine].ravel(), predictions[mine].ravel()
        return dict(zip(SET_METRICS, (dice(y, p.astype(np.float64)), *by_scikit_learn(y > 0.5, p)), strict=True))

    assert streaming.pooled() == pytest.approx(expected(np.ones(len(cells), bool)), abs=1e-9)
    found = streaming.by_cell_type()
    assert list(found) == ["A", "B", "C", "D"]
    for index, name in enumerate("ABC"):
        mine = cells == index
        counts = {"bins": 32 * mine.sum(), "bound_bins": targets[mine].sum(), "loss": losses[mine].mean()}
        assert found[name] == pytest.approx({**counts, **expected(mine)}, rel=1e-6)
    assert found["D"]["bins"] == 0
    assert np.isnan(found["D"]["loss"])
    ranking = streaming.ranking()
    assert (ranking.bins, ranking.positives) == (targets.size, targets.sum())


def test_unknown_targets_take_no_part() -> None:
    batches = stream(np.random.default_rng(4), 2)
    without, masked = StreamingScores("ABC"), StreamingScores("ABC")
    for targets, predictions, cells, losses in batches:
        half = slice(0, 16)
        without.update(targets[:, half], predictions[:, half], cells, losses)
        unknown = targets.copy()
        unknown[:, 16:] = -1
        masked.update(unknown, predictions, cells, losses)
    assert masked.pooled() == without.pooled()
    assert masked.by_cell_type() == without.by_cell_type()


def test_quantitative_targets_are_cut_at_the_threshold() -> None:
    random = np.random.default_rng(5)
    streaming = StreamingScores(["A"], threshold=5.0)
    targets = random.gamma(1.0, 3.0, (200, 32)).astype(np.float32)
    predictions = (targets + random.normal(0, 4, targets.shape)).astype(np.float32)
    streaming.update(targets, predictions, np.zeros(200, np.int64), np.zeros(200, np.float32))
    labels = targets.ravel() > 5
    values = (dice(labels, predictions.ravel() > 5), *by_scikit_learn(labels, predictions.ravel()))
    assert streaming.pooled() == pytest.approx(dict(zip(SET_METRICS, values, strict=True)), abs=1e-9)


def test_prediction_that_is_no_number_leaves_no_score() -> None:
    (batch,) = stream(np.random.default_rng(7), 1)
    targets, predictions, cells, losses = batch
    predictions = predictions.copy()
    predictions[cells == 1, 3] = np.nan
    streaming = StreamingScores("ABC")
    streaming.update(targets, predictions, cells, losses)
    assert all(np.isnan(value) for value in streaming.pooled().values())
    found = streaming.by_cell_type()
    assert np.isnan(found["B"]["average_precision"])
    assert np.isfinite(found["A"]["average_precision"])

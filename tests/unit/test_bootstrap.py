"""Intervals by resampling blocks, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from maxatac.evaluation.bootstrap import BLOCK, block_length, draw_weights, interval, number_blocks, resample
from maxatac.evaluation.ranking import METRICS

KINDS = ("spread", "tied", "crowded", "constant")


def bins(kind: str, n: int = 20_000, blocks: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores and blocks; binding is commoner in some blocks."""
    random = np.random.default_rng(len(kind))
    place = np.sort(random.integers(0, blocks, n))
    labels = random.random(n) < 0.02 * random.random(blocks)[place] * 2
    scores = random.random(n) * 0.8 + labels * 0.4 * random.random(n)
    if kind == "tied":
        scores = np.round(scores * 10) / 10
    elif kind == "crowded":
        scores = scores**8 * 1e-4
    elif kind == "constant":
        scores = np.zeros(n)
    return labels, scores.astype(np.float32), place


def by_scikit_learn(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    precision, recall, _ = precision_recall_curve(labels, scores)
    early = precision[np.flatnonzero(recall >= 0.05)[-1]]
    return [average_precision_score(labels, scores), roc_auc_score(labels, scores), early]


@pytest.mark.parametrize("kind", KINDS)
def test_resamples_equal_brute_force(kind: str) -> None:
    labels, scores, place = bins(kind)
    weights = draw_weights(40, seed=1, resamples=25)
    found = resample(labels, scores, place, weights)
    assert list(found.values.values()) == pytest.approx(by_scikit_learn(labels, scores), abs=1e-9)
    assert tuple(found.values) == METRICS
    for row, drawn in enumerate(weights):
        repeats = drawn[place]
        expected = by_scikit_learn(np.repeat(labels, repeats), np.repeat(scores, repeats))
        # The precision at 5 % recall jumps where one of its few bins counts or does not.
        assert found.resampled[row, :2] == pytest.approx(expected[:2], abs=5e-4)
        assert found.resampled[row, 2] == pytest.approx(expected[2], abs=0.02)


def test_interval_is_as_wide_as_the_spread_of_new_data() -> None:
    """What the resamples of one genome say about others like it."""
    random = np.random.default_rng(5)

    def genome() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.repeat(np.arange(100), 200)
        odds, shift = random.random(100) * 0.1, random.normal(0, 0.5, 100)
        labels = random.random(20_000) < odds[place]
        return labels, (random.normal(0, 1, 20_000) + labels + shift[place]).astype(np.float32), place

    values = [average_precision_score(labels, scores) for labels, scores, _ in (genome() for _ in range(200))]
    widths = []
    for seed in range(5):
        labels, scores, place = genome()
        low, high = resample(labels, scores, place, draw_weights(100, seed)).interval("average_precision")
        widths.append(high - low)
    low, high = np.quantile(values, [0.025, 0.975])
    assert 0.7 < np.mean(widths) / (high - low) < 1.4


def test_differences_are_paired() -> None:
    labels, scores, place = bins("spread")
    weights = draw_weights(40, seed=2)
    one = resample(labels, scores, place, weights)
    # The same ranking in other numbers: the intervals are wide, that of the difference has no width.
    same = resample(labels, scores * np.float32(0.5), place, weights)
    low, high = one.interval("average_precision")
    assert high - low > 0.01
    assert one.difference("average_precision", same) == pytest.approx((0, 0, 0), abs=1e-9)
    worse = resample(labels, np.where(place % 2, scores, np.float32(0)), place, weights)
    more, low, high = one.difference("average_precision", worse)
    assert 0 < low < more < high
    assert more == one.values["average_precision"] - worse.values["average_precision"]


def test_guess_scores_the_prevalence() -> None:
    labels, scores, place = bins("constant")
    found = resample(labels, scores, place, weights := draw_weights(40, seed=3))
    assert found.values == pytest.approx(
        {"average_precision": labels.mean(), "auroc": 0.5, "precision_at_5_percent_recall": labels.mean()}
    )
    sizes, bound = (np.bincount(place, values, 40) for values in (np.ones(len(labels)), labels))
    np.testing.assert_allclose(found.resampled[:, 0], (weights @ bound) / (weights @ sizes), rtol=1e-6)


def test_resample_without_a_bound_bin_is_left_out() -> None:
    labels = np.zeros(300, bool)
    labels[:3] = True
    scores = np.linspace(1, 0, 300, dtype=np.float32)
    place = np.repeat([0, 1, 2], 100)
    found = resample(labels, scores, place, draw_weights(3, seed=4))
    without = np.isnan(found.resampled[:, 0])
    assert 0 < without.sum() < 1_000
    assert np.isnan(found.resampled[without]).all()
    assert found.interval("average_precision") == (1, 1)


def test_nothing_to_score() -> None:
    nothing = np.empty(0, np.float32)
    found = resample(nothing.astype(bool), nothing, nothing.astype(np.int64), np.zeros((0, 0), np.int64))
    assert np.isnan(list(found.values.values())).all()
    assert np.isnan(found.interval("auroc")).all()
    none_bound = resample(np.zeros(9, bool), np.ones(9, np.float32), np.zeros(9, int), draw_weights(1, 0))
    assert np.isnan(none_bound.interval("average_precision")).all()


def test_weights() -> None:
    weights = draw_weights(50, seed=1)
    assert weights.shape == (1_000, 50)
    assert (weights.sum(axis=1) == 50).all()
    assert np.array_equal(weights, draw_weights(50, seed=1))
    assert not np.array_equal(weights, draw_weights(50, seed=2))


def test_interval_by_hand() -> None:
    assert interval(np.append(np.arange(1_001.0), np.nan)) == pytest.approx((25, 975))


@pytest.mark.parametrize(
    ("sizes", "length"),
    [
        ({"chr1": 248_956_422, "chr8": 145_138_636}, BLOCK),
        ({"a": 30_000_000}, BLOCK),
        ({"a": 29_000_000}, None),
        ({"a": 1_000_000, "b": 500_000}, None),
        ({"a": 30_000}, None),
        ({"a": 5_000}, 800),
    ],
)
def test_block_length(sizes: dict[str, int], length: int | None) -> None:
    covered = {name: np.ones(size // 32, bool) for name, size in sizes.items()}
    found = block_length(covered, 32)
    assert found == length or (length is None and 800 <= found < BLOCK)
    assert found % 800 == 0
    blocks = number_blocks(covered, 32, found)[1]
    assert blocks == sum(-(-(size // 32 * 32) // found) for size in sizes.values())
    assert blocks >= 30 or found == 800
    # Not shorter than it has to be: a fifth more would give too few.
    assert found == BLOCK or number_blocks(covered, 32, found * 6 // 5 // 800 * 800 + 800)[1] < 30 or found < 4_000


def test_blocks_without_a_scored_bin_do_not_count() -> None:
    covered = {"a": np.ones(40 * BLOCK // 32, bool)}
    covered["a"][: 20 * BLOCK // 32] = False
    assert number_blocks(covered, 32, BLOCK)[1] == 20
    assert block_length(covered, 32) < BLOCK


def test_blocks_of_large_chromosomes_are_their_own() -> None:
    """Counted chromosome by chromosome, from the bins that are scored."""
    random = np.random.default_rng(4)
    covered = {name: random.random(size // 32) < 0.002 for name, size in (("a", 7_000_000), ("b", 3_300_000))}
    expected: list[tuple[str, int]] = []
    for name, mask in covered.items():
        expected += [(name, 32 * place // 80_000) for place in np.flatnonzero(mask).tolist()]
    numbers = {block: number for number, block in enumerate(dict.fromkeys(expected))}
    blocks, count = number_blocks(covered, 32, 80_000)
    assert blocks.tolist() == [numbers[block] for block in expected]
    assert count == len(numbers)


def test_small_sequences_share_blocks() -> None:
    """Chromosomes of 1, 0.4, 0.4, 0.4, 2 and 0.4 blocks, of which the fourth has no scored bin."""
    parts = {"a": 10, "b": 4, "c": 4, "none": 4, "d": 4, "e": 20, "f": 4}
    covered = {name: np.full(tenths * 25, name != "none") for name, tenths in parts.items()}
    blocks, count = number_blocks(covered, 32, 8_000)
    of_first_bins = dict(
        zip(parts, np.split(blocks, np.cumsum([mask.sum() for mask in covered.values()])), strict=False)
    )
    assert {name: sorted(set(found.tolist())) for name, found in of_first_bins.items()} == {
        "a": [0], "b": [1], "c": [1], "none": [], "d": [2], "e": [3, 4], "f": [2],
    }  # fmt: skip
    assert count == 5


def test_blocks_follow_the_bases_not_the_sequences() -> None:
    covered = {f"contig{number}": np.ones(60, bool) for number in range(20_000)}
    assert block_length(covered, 32) == BLOCK
    assert number_blocks(covered, 32, BLOCK)[1] == -(-20_000 // (BLOCK // 1_920))
    few = dict(list(covered.items())[:60])
    assert 30 <= number_blocks(few, 32, block_length(few, 32))[1] < 60

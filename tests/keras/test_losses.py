from __future__ import annotations

import keras
import numpy as np
import pytest

from maxatac.model.losses import binary_cross_entropy, mean_squared_error
from maxatac.model.metrics import dice_coef, thresholded_dice

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

rng = np.random.default_rng(0)
LABELS = rng.integers(-1, 2, (4, 8)).astype(np.float32)  # -1 unknown, 0, 1
PROBABILITIES = rng.random((4, 8)).astype(np.float32)
KNOWN = LABELS >= -0.5
NONE_KNOWN = np.full((4, 8), -1, dtype=np.float32)


def number(tensor):
    value = keras.ops.convert_to_numpy(tensor)
    assert value.shape == ()
    return float(value)


def numpy_dice(y, p):
    return (2 * (y * p).sum() + 10) / (y.sum() + p.sum() + 10)


def test_cross_entropy_is_the_mean_over_known_elements():
    y, p = LABELS[KNOWN].astype(float), PROBABILITIES[KNOWN].astype(float)
    expected = -np.where(y == 1, np.log(p), np.log(1 - p)).mean()
    assert number(binary_cross_entropy(LABELS, PROBABILITIES)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("label", "probability"), [(1, 0), (0, 1)])
def test_cross_entropy_is_clipped(label, probability):
    loss = number(binary_cross_entropy(np.full((1, 2), label, "float32"), np.full((1, 2), probability, "float32")))
    assert loss == pytest.approx(-np.log(1e-7), rel=0.02)  # 1 - 1e-7 is 1 - 1.19e-7 in float32


def test_squared_error_is_the_mean_over_known_elements():
    targets = np.where(KNOWN, rng.random((4, 8)) * 5, -1).astype(np.float32)
    expected = ((targets[KNOWN] - PROBABILITIES[KNOWN]) ** 2).mean()
    assert number(mean_squared_error(targets, PROBABILITIES)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("target", [-0.5, -0.51])
def test_unknown_begins_below_minus_one_half(target):
    targets = np.array([[target, 1.0]], dtype=np.float32)
    expected = np.mean([1.5**2, 0]) if target == -0.5 else 0
    assert number(mean_squared_error(targets, np.ones((1, 2), "float32"))) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [binary_cross_entropy, mean_squared_error])
def test_nothing_known_gives_zero(loss):
    assert number(loss(NONE_KNOWN, PROBABILITIES)) == 0


@pytest.mark.parametrize("loss", [binary_cross_entropy, mean_squared_error])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_trains_on_known_elements_only(loss, jit_compile):
    """A step on a batch with unknown targets changes only what the known ones reach, and never to NaN."""
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Dense(8, activation="sigmoid")(inputs))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=[dice_coef], jit_compile=jit_compile)
    targets = LABELS.copy()
    targets[:, 3:] = -1
    targets[:, 0] = 1
    before = model.get_weights()
    model.train_on_batch(np.ones((4, 8), "float32"), NONE_KNOWN)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.train_on_batch(np.ones((4, 8), "float32"), targets)
    moved = model.get_weights()[1] != before[1]
    assert moved[0]
    assert not moved[3:].any()
    assert all(np.isfinite(array).all() for array in model.get_weights())


def test_integer_targets_are_accepted():
    targets = np.array([[0, 1, -1]], dtype=np.int8)
    probabilities = np.array([[0.25, 0.5, 0.75]], dtype=np.float32)
    assert number(binary_cross_entropy(targets, probabilities)) == pytest.approx(-np.log([0.75, 0.5]).mean(), rel=1e-5)
    assert number(dice_coef(targets, probabilities)) == pytest.approx((2 * 0.5 + 10) / (1 + 0.75 + 10))


def test_dice():
    assert number(dice_coef(LABELS, PROBABILITIES)) == pytest.approx(
        numpy_dice(LABELS[KNOWN], PROBABILITIES[KNOWN]), rel=1e-5
    )


def test_dice_of_nothing_known_is_one():
    assert number(dice_coef(NONE_KNOWN, PROBABILITIES)) == 1


def test_epoch_reports_the_mean_over_batches():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(loss=binary_cross_entropy, metrics=[dice_coef])
    logs = model.evaluate(PROBABILITIES, LABELS, batch_size=1, verbose=0, return_dict=True)
    per_row = [numpy_dice(y[k], p[k]) for y, p, k in zip(LABELS, PROBABILITIES, KNOWN, strict=True)]
    assert logs["dice_coef"] == pytest.approx(np.mean(per_row), rel=1e-5)


def test_thresholded_dice():
    targets = np.where(KNOWN, rng.random((4, 8)) * 10, -1).astype(np.float32)
    targets[0, 0] = 5  # exactly at the threshold: not above it
    predictions = (PROBABILITIES * 10).astype(np.float32)
    metric = thresholded_dice(5)
    known = targets >= -0.5
    expected = numpy_dice(targets[known] > 5, predictions[known] > 5)
    assert number(metric(targets, predictions)) == pytest.approx(expected, rel=1e-6)
    assert metric.__name__ == "dice_coef"
    assert number(metric(NONE_KNOWN, predictions)) == 1


def test_thresholded_dice_below_the_mark_of_unknown():
    """A threshold under -0.5 must not turn unknown targets into labels."""
    assert number(thresholded_dice(-2.0)(NONE_KNOWN, PROBABILITIES)) == 1

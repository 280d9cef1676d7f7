"""The Dice coefficient of the tally is the one that training shows."""

from __future__ import annotations

import numpy as np
import pytest

from maxatac.evaluation.tally import StreamingScores


def test_dice_of_one_batch_is_the_batchs_dice() -> None:
    from maxatac.model.metrics import dice_coef, thresholded_dice

    random = np.random.default_rng(6)
    labels = random.random((40, 32)) < 0.1
    predictions = (random.random((40, 32)) * 0.8 + labels * 0.2).astype(np.float32)
    targets, cells, losses = labels.astype(np.float32), random.integers(0, 3, 40), random.random(40, dtype=np.float32)
    for threshold, metric in ((None, dice_coef), (0.4, thresholded_dice(0.4))):
        streaming = StreamingScores("ABC", threshold=threshold)
        streaming.update(targets, predictions, cells, losses)
        assert streaming.pooled()["pooled_dice"] == pytest.approx(float(metric(targets, predictions)), rel=1e-6)

"""The Dice coefficient, by which the best epoch is chosen.

Both forms are functions of one batch; Keras reports the mean over the batches of an epoch, as the original did. The
smoothing term makes that mean depend on the batch size: compare values of the same batch size only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from maxatac.model.losses import known

_SMOOTHING = 10.0


def dice_coef(y_true: Any, y_pred: Any) -> Any:
    """Dice coefficient of binding labels and predicted probabilities.

    Parameters
    ----------
    y_true : tensor of shape (windows, bins), float
        1 bound, 0 not bound, below -0.5 unknown.
    y_pred : tensor of shape (windows, bins), float32
        Predicted probabilities.

    Returns
    -------
    tensor of shape (), float32
        (2 sum(y p) + 10) / (sum(y) + sum(p) + 10) over the known elements; 1 if there are none.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    mask = known(y_true)
    y = ops.where(mask, y_true, 0.0)
    p = ops.where(mask, y_pred, 0.0)
    return (2.0 * ops.sum(y * p) + _SMOOTHING) / (ops.sum(y) + ops.sum(p) + _SMOOTHING)


def thresholded_dice(threshold: float) -> Callable[[Any, Any], Any]:
    """Make the Dice coefficient for quantitative targets.

    Targets and predictions are both cut into 0 and 1 first: is the bin's signal above the threshold?

    Parameters
    ----------
    threshold : float
        Signal above which a bin counts as bound, in units of the scaled targets.

    Returns
    -------
    callable
        Takes targets and predictions as ``dice_coef`` does, and has its name, so that logs keep their columns.
    """

    def cut(values: Any, dtype: Any) -> Any:
        return ops.cast(ops.greater(values, threshold), dtype)

    def thresholded(y_true: Any, y_pred: Any) -> Any:
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.cast(y_true, y_pred.dtype)
        labels = ops.where(known(y_true), cut(y_true, y_pred.dtype), -1.0)
        return dice_coef(labels, cut(y_pred, y_pred.dtype))

    thresholded.__name__ = dice_coef.__name__
    return thresholded

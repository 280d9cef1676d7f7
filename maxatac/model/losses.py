"""The losses that training minimises.

A target below -0.5 means "unknown" and is ignored. Each loss is the mean over the known elements of the batch; a batch
without any gives 0, never NaN. Elements are masked by ``where`` and sums, because selecting them would make shapes
depend on data, which compiled code cannot handle.
"""

from __future__ import annotations

from typing import Any

from keras import ops

_UNKNOWN_BELOW = -0.5
_CLIP = 1e-7


def known(y_true: Any) -> Any:
    """Find the known targets.

    Parameters
    ----------
    y_true : tensor, any shape, float
        Targets; below -0.5 where unknown.

    Returns
    -------
    tensor, same shape, bool
    """
    return ops.greater_equal(y_true, _UNKNOWN_BELOW)


def binary_cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """Binary cross-entropy, the loss for binding labels.

    Parameters
    ----------
    y_true : tensor of shape (windows, bins), float
        1 bound, 0 not bound, below -0.5 unknown.
    y_pred : tensor of shape (windows, bins), float32
        Predicted probabilities; clipped to [1e-7, 1 - 1e-7].

    Returns
    -------
    tensor of shape (), float32
        Mean over the known elements, in nats.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    p = ops.clip(y_pred, _CLIP, 1.0 - _CLIP)
    return _mean_over_known(y_true, -(y_true * ops.log(p) + (1.0 - y_true) * ops.log(1.0 - p)))


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean squared error, the loss for quantitative targets.

    Parameters
    ----------
    y_true : tensor of shape (windows, bins), float
        Scaled mean signal per bin; below -0.5 unknown.
    y_pred : tensor of shape (windows, bins), float32
        Predicted signal per bin.

    Returns
    -------
    tensor of shape (), float32
        Mean over the known elements.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    return _mean_over_known(y_true, ops.square(y_true - y_pred))


def _mean_over_known(y_true: Any, per_element: Any) -> Any:
    mask = known(y_true)
    count = ops.sum(ops.cast(mask, per_element.dtype))
    return ops.sum(ops.where(mask, per_element, 0.0)) / ops.maximum(count, 1.0)

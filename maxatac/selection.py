"""Which epoch is the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

History = Sequence[Mapping[str, float]]


def best_epoch(history: History, *, column: str = "val_dice_coef", largest: bool = True) -> int | None:
    """Position of the best row; of several equal ones, the first.

    Parameters
    ----------
    history : sequence of mappings
        One row per finished epoch.
    column : str
        What is compared. Values that are not finite never win.
    largest : bool
        Whether the largest value is the best.

    Returns
    -------
    int or None
        ``None`` if no row has a finite value.
    """
    sign = 1 if largest else -1
    ranked = [(sign * row[column], -position) for position, row in enumerate(history) if math.isfinite(row[column])]
    return -max(ranked)[1] if ranked else None

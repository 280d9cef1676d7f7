"""Which epoch is the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_COLUMNS = {
    "dice": ("val_dice_coef", True),
    "average_precision": ("genome_average_precision", True),
    "loss": ("val_loss", False),
}

History = Sequence[Mapping[str, float]]


def criterion(select: str | None, *, quantitative: bool) -> tuple[str, bool]:
    """Name the column of the history that the best epoch is selected by.

    Parameters
    ----------
    select : str, optional
        ``dice`` (of the validation windows around peaks, as the original), ``average_precision`` (of the genome-like
        validation set), ``loss`` (around peaks).
    quantitative : bool
        Whether targets are quantitative. By default the loss then selects: the Dice coefficient is a rough measure.

    Returns
    -------
    column : str
        Of the history.
    largest : bool
        Whether the largest value is the best.
    """
    return _COLUMNS[select or ("loss" if quantitative else "dice")]


def is_over(finished: int, best: int | None, patience: int | None) -> bool:
    """Whether a run stops early, because its last epochs were no better than an earlier one.

    Parameters
    ----------
    finished : int
        Epochs so far.
    best : int or None
        Index of the best of them.
    patience : int or None
        Epochs in a row that may be no better; ``None`` for any number.
    """
    if patience is None or not finished:
        return False
    return finished - (0 if best is None else best + 1) >= patience


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

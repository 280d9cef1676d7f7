"""When scores that should be alike lie far apart: those of the members of an ensemble, and of the folds."""

from __future__ import annotations

from collections.abc import Sequence

LARGE_SPREAD = 0.2
"""From this part of their mean on, the range of scores is large."""


def is_wide(scores: Sequence[float]) -> bool:
    """Whether one score alone does not stand for the others.

    Parameters
    ----------
    scores : sequence of float
        At least one, all finite.
    """
    return max(scores) - min(scores) > LARGE_SPREAD * (sum(scores) / len(scores))

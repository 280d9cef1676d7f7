"""How far the members of an ensemble lie apart: what another seed would have given."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping

from maxatac.evaluation.spread import is_wide

SETS = {"genome_": "in genome-like validation", "val_": "in validation around peaks"}
"""First part of the columns of the history, and what they are of; the first that is there is taken."""


def member_column(number: int) -> str:
    """Name the column, without the prefix of its set, of the average precision of a member, counted from 1."""
    return f"member_{number}_average_precision"


@dataclasses.dataclass(frozen=True)
class MemberScores:
    """Average precision of the members of an ensemble, each alone, and of the mean of their predictions.

    Attributes
    ----------
    scores : tuple of float
        Of each member.
    together : float
        Of the mean of their predictions.
    where : str
        What was scored, in words.
    """

    scores: tuple[float, ...]
    together: float
    where: str

    @classmethod
    def of(cls, row: Mapping[str, float]) -> MemberScores | None:
        """Take them from a row of the history; None for a single network, or where nothing is bound."""
        for prefix, where in SETS.items():
            scores = tuple(_numbers(row, prefix))
            together = row.get(f"{prefix}average_precision", math.nan)
            if scores and all(map(math.isfinite, (*scores, together))):
                return cls(scores, together, where)
        return None

    @property
    def mean(self) -> float:
        """Mean of the members' scores."""
        return sum(self.scores) / len(self.scores)

    @property
    def is_wide(self) -> bool:
        """Whether one network alone cannot be trusted to score like another."""
        return is_wide(self.scores)

    def describe(self) -> str:
        """Say it in a sentence without its full stop."""
        each = ", ".join(f"{score:.4f}" for score in self.scores)
        told = f"average precision {self.where}: members {each} (mean {self.mean:.4f}), together {self.together:.4f}"
        return f"{told}; one network alone depends on its seed" if self.is_wide else told


def _numbers(row: Mapping[str, float], prefix: str) -> Iterator[float]:
    for number in itertools.count(1):
        if (score := row.get(f"{prefix}{member_column(number)}")) is None:
            return
        yield score

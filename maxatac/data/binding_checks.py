"""Checks of binding tracks: a track that says where a factor binds holds nothing but 0 and 1.

A continuous ChIP-seq track in its place makes every base with a read bound. Precision and recall then look fine and
mean nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.data.readers import TrackReader
from maxatac.errors import MaxatacError, Problem, Problems

logger = logging.getLogger(__name__)

HIGH_PREVALENCE = 0.05
"""Above this share of bound bins there is a warning: published binding tracks have 1 % or less."""

_PIECE = 4_000_000  # bp whose intervals are in memory at a time


def value_range(track: Track, chrom: str) -> tuple[float, float] | None:
    """Find the smallest and the largest value of a track on a chromosome.

    Parameters
    ----------
    track : Track
    chrom : str

    Returns
    -------
    smallest, largest : float
        None where the chromosome has no data; NaN is no data.

    Raises
    ------
    TrackError, OSError
        If the track cannot be read.
    """
    lowest, highest = math.inf, -math.inf
    for start in range(0, track.chrom_sizes.get(chrom, 0), _PIECE):
        values = track.intervals(chrom, start, min(start + _PIECE, track.chrom_sizes[chrom]))[2]
        values = values[~np.isnan(values)]
        if len(values):
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    return None if lowest > highest else (lowest, highest)


def check_binary(track: Track, chroms: Iterable[str], problems: Problems, threshold: float | None = None) -> None:
    """Check that a binding track holds nothing but 0 and 1.

    Parameters
    ----------
    track : Track
        Read in pieces, up to the end of the first chromosome with another value.
    chroms : iterable of str
        Chromosomes to look at; those that the track lacks are skipped.
    problems : Problems
        Gets one with the range found, or with the reason why the track cannot be read.
    threshold : float, optional
        Values above it are bound, by the user's wish; nothing is then checked.
    """
    if threshold is not None:
        return
    try:
        for chrom in chroms:
            found = _other_values(track, chrom)
            if found is not None:
                lowest, highest = found
                problems.add(
                    "signal",
                    f"values from {lowest:.6g} to {highest:.6g} on {chrom}",
                    expected="a binding track of 0 and 1",
                    hint="merge the peaks into a track of 0 and 1; if values above X are to be bound, say so with "
                    "--binding_threshold X",
                    file=track.path,
                )
                return
    except (MaxatacError, OSError) as error:
        problems.append(Problem.of(error))


def _other_values(track: Track, chrom: str) -> tuple[float, float] | None:
    """Find the range of the values on a chromosome; None if they are 0 and 1."""
    size = track.chrom_sizes.get(chrom, 0)
    for start in range(0, size, _PIECE):
        values = track.intervals(chrom, start, min(start + _PIECE, size))[2]
        if not ((values == 0) | (values == 1) | np.isnan(values)).all():
            return value_range(track, chrom)
    return None


@dataclass(frozen=True, eq=False)
class BoundAbove:
    """A binding track of 0 and 1, made of one with other values.

    Parameters
    ----------
    track : TrackReader
    threshold : float
        Bases with a value above it are bound; compared as float32, as the values are stored.
    """

    track: TrackReader
    threshold: float

    @property
    def chrom_sizes(self) -> Mapping[str, int]:
        """Chromosome lengths in bp."""
        return self.track.chrom_sizes

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Read [start, end), in bp: 1 where the value is above the threshold, else 0; shape (end - start,)."""
        above: NDArray[np.float32] = (self.track.values(chrom, start, end) > np.float32(self.threshold)).astype(
            np.float32
        )
        return above


def warn_of_prevalence(path: Path, bound: int, bins: int) -> None:
    """Warn if so many bins are bound that the track may hold something else than binding.

    Parameters
    ----------
    path : Path
        The binding track.
    bound, bins : int
        Bound bins, and all of them.
    """
    if bound > HIGH_PREVALENCE * bins:
        logger.warning(
            "%s: %.1f %% of the bins are bound, more than %.0f %%: does the track hold regions of binding, and not all "
            "of the genome's accessible or covered regions?",
            path,
            100 * bound / bins,
            100 * HIGH_PREVALENCE,
        )

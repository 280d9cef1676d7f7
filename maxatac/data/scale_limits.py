"""When two signal tracks count as being on one scale."""

from __future__ import annotations

LOWEST_RATIO, HIGHEST_RATIO = 0.5, 2.0
"""A 99th percentile between these, as a multiple of the expected one, is on the same scale."""


def is_on_scale(p99: float | None, expected: float = 1.0) -> bool:
    """Whether a 99th percentile of the values above 0 is near the expected one; that of a track without any is."""
    return not p99 or LOWEST_RATIO * expected <= p99 <= HIGHEST_RATIO * expected

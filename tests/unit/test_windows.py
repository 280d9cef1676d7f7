from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maxatac.genome.windows import BIN_SIZE, BINS, WINDOW_LENGTH, centre, fits, tile


def test_the_numbers_are_those_of_the_network() -> None:
    assert (WINDOW_LENGTH, BIN_SIZE, BINS) == (1024, 32, 32)


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (1000, 1200, 588),
        (1000, 1201, 588),  # the midpoint is floored
        (1000, 2024, 1000),  # a window's own start
        (0, 10, -507),
        (0, 1, -512),
    ],
)
def test_centre(start: int, end: int, window: int) -> None:
    assert centre([start], [end]).tolist() == [window]


def test_centre_of_nothing_is_nothing() -> None:
    empty = centre([], [])
    assert empty.shape == (0,)
    assert empty.dtype == np.int64


@pytest.mark.parametrize(
    ("start", "size", "inside"),
    [
        (0, 1024, True),  # touches both ends
        (-1, 5000, False),
        (0, 5000, True),
        (3976, 5000, True),  # touches the end
        (3977, 5000, False),
        (0, 1023, False),
    ],
)
def test_fits(start: int, size: int, inside: bool) -> None:
    assert fits([start], size).tolist() == [inside]


def test_fits_takes_a_size_per_window() -> None:
    assert fits([0, 0, 10], np.array([1023, 1024, 1033])).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("size", "step", "starts"),
    [
        (1023, 256, []),
        (0, 256, []),
        (1024, 256, [0]),
        (1025, 256, [0, 1]),
        (1536, 256, [0, 256, 512]),
        (1600, 256, [0, 256, 512, 576]),
        (3072, 1024, [0, 1024, 2048]),
    ],
)
def test_tile(size: int, step: int, starts: list[int]) -> None:
    assert tile(size, step).tolist() == starts


@settings(deadline=None)
@given(size=st.integers(1024, 20_000), step=st.integers(1, 1024))
def test_tiles_cover_every_base_once_in_order(size: int, step: int) -> None:
    starts = tile(size, step)
    covered = np.zeros(size, dtype=bool)
    for start in starts.tolist():
        covered[start : start + 1024] = True
    assert covered.all()
    assert fits(starts, size).all()
    assert (np.diff(starts) > 0).all()


def test_tile_refuses_a_step_that_goes_nowhere() -> None:
    with pytest.raises(ValueError, match="step must be positive, not 0"):
        tile(5000, 0)

from __future__ import annotations

import numpy as np
import pytest

from maxatac.genome.windows import BIN_SIZE, BINS, WINDOW_LENGTH, centre, fits


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

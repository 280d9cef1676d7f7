"""What the meter makes of the loader's times."""

from __future__ import annotations

import pytest

from maxatac.data.loader_times import LoaderTimes


def times(**changes: float) -> LoaderTimes:
    known = {"seconds": 10.0, "waited": 2.0, "windows": 1000, "inflated": 0, "threads": 2, "processors": 2}
    return LoaderTimes(**known | changes)  # type: ignore[arg-type]


def test_share() -> None:
    assert times().waiting_share == pytest.approx(0.2)
    assert times(seconds=0.0).waiting_share == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inflated": 400}, "40% of the windows had to be read from the files; a larger --memory"),
        ({"threads": 1}, "1 of 2 processors; --threads 2 helps"),
        ({}, "2 threads are all that the process may use"),
    ],
)
def test_a_loader_that_is_waited_for_says_what_to_change(changes: dict[str, float], words: str) -> None:
    advice = times(**changes).advice()
    assert advice is not None
    assert words in advice
    assert "waited 20% of its time" in advice


def test_one_that_keeps_up_says_nothing() -> None:
    assert times(waited=0.4, inflated=1000).advice() is None

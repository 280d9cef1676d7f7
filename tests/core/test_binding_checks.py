"""Checks of binding tracks: what is not 0 and 1 is found, whatever holds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tiny

from maxatac import Track
from maxatac.data import binding_checks
from maxatac.data.binding_checks import BoundAbove, check_binary, value_range, warn_of_prevalence
from maxatac.data.bins import bin_labels, coarse_labels
from maxatac.errors import Problem, Problems

SIZES = {"chr1": 10_000, "chr2": 4_000}
BOTH = tuple(SIZES)


def track_of(path: Path, *intervals: tiny.Interval) -> Track:
    return Track(tiny.write_bigwig(path / "binding.bw", intervals, SIZES))


def found_in(track: Track, chroms: Sequence[str] = BOTH, threshold: float | None = None) -> list[Problem]:
    problems = Problems()
    check_binary(track, chroms, problems, threshold)
    return list(problems)


def test_zero_and_one_are_right(tmp_path: Path) -> None:
    track = track_of(tmp_path, ("chr1", 0, 5, 0.0), ("chr1", 10, 5_000, 1.0), ("chr2", 0, 1, float("nan")))
    assert found_in(track, ("chr1", "chr2", "chrAbsent")) == []


@pytest.mark.parametrize("value", [0.3, 7.0, -1.0, float("inf")])
def test_another_value_is_told_with_the_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr(binding_checks, "_PIECE", 1_000)
    track = track_of(tmp_path, ("chr1", 10, 20, 1.0), ("chr1", 9_999, 10_000, value), ("chr2", 5, 9, 70.0))
    (problem,) = found_in(track)
    assert (problem.kind, problem.file) == ("signal", Path(track.path))
    assert f"{min(value, 1):.6g} to {max(value, 1):.6g} on chr1" in problem.found
    assert "--binding_threshold" in str(problem)
    # The other chromosome is not looked at unless it is asked for, and nothing is where the user means it.
    (other,) = found_in(track, ("chr2",))
    assert "70 to 70 on chr2" in other.found
    assert found_in(track, threshold=0.5) == []


def test_a_damaged_track_is_told(tmp_path: Path) -> None:
    path = tiny.write_bigwig(tmp_path / "binding.bw", [("chr1", 10, 20, 1.0)], SIZES)
    track = Track(path)
    path.write_bytes(path.read_bytes()[:200])
    (problem,) = found_in(track)
    assert problem.file == path


def test_values_above_a_threshold_are_bound(tmp_path: Path) -> None:
    track = track_of(tmp_path, ("chr1", 0, 32, 0.3), ("chr1", 64, 81, 7.0), ("chr1", 400, 401, 0.5))
    above = BoundAbove(track, 0.3)
    # As float32, 0.3 lies above the decimal number. It is compared with the threshold as float32: not above.
    assert np.flatnonzero(above.values("chr1", 0, 500)).tolist() == [*range(64, 81), 400]
    assert np.flatnonzero(BoundAbove(track, 0.29).values("chr1", 0, 64)).tolist() == [*range(32)]
    assert np.flatnonzero(bin_labels(BoundAbove(track, 0.4), "chr1", 20)).tolist() == [2]
    assert np.flatnonzero(coarse_labels(BoundAbove(track, 0.4), "chr1", 5)).tolist() == [0, 2]
    assert above.chrom_sizes == SIZES


def test_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding_checks, "_PIECE", 700)
    track = track_of(tmp_path, ("chr1", 10, 20, 1.0), ("chr1", 600, 800, float("nan")), ("chr1", 9_000, 9_001, -2.5))
    assert value_range(track, "chr1") == (-2.5, 1)
    assert value_range(track, "chr2") is None
    assert value_range(track, "chrAbsent") is None


@pytest.mark.parametrize(("bound", "warned"), [(50, False), (51, True)])
def test_many_bound_bins_are_warned_of(caplog: pytest.LogCaptureFixture, bound: int, warned: bool) -> None:
    warn_of_prevalence(Path("binding.bw"), bound, 1_000)
    assert (["5.1 %" in message for message in caplog.messages]) == [True] * warned

"""Which windows are predicted, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maxatac.errors import Problems
from maxatac.genome.blacklist import Blacklist
from maxatac.prediction.windows import (
    GivenWindows,
    Regions,
    WindowCounts,
    WindowPlan,
    read_regions,
    read_windows,
    window_starts,
)

SIZES = {"chr1": 10_000, "chr2": 5_000, "chrS": 800}


def bed(folder: Path, *lines: str) -> Path:
    path = folder / "x.bed"
    path.write_text("".join(line.replace(" ", "\t") + "\n" for line in lines))
    return path


def regions(folder: Path, *lines: str) -> Regions:
    found = read_regions(bed(folder, *lines), SIZES, problems := Problems())
    assert not problems
    assert found is not None
    return found


def windows(folder: Path, *lines: str) -> GivenWindows:
    found = read_windows(bed(folder, *lines), SIZES, problems := Problems())
    assert not problems
    assert found is not None
    return found


def black(chrom: str, start: int, end: int) -> Blacklist:
    return Blacklist({chrom: ([start], [end])})


@pytest.mark.parametrize(
    ("size", "starts", "bins"),
    [(1_023, [], 0), (1_024, [0], 32), (1_040, [0], 32), (1_056, [0, 32], 33), (1_500, [0, 256, 448], 46)],
)
def test_last_window_ends_at_the_last_full_bin(size: int, starts: list[int], bins: int) -> None:
    found = window_starts("c", size, 256)
    assert found.tolist() == starts
    covered = {start // 32 + number for start in found.tolist() for number in range(32)}
    assert len(covered) == bins


@pytest.mark.parametrize("step", [32, 256, 992, 1024, 4096])
@pytest.mark.parametrize("seed", range(5))
def test_kept_windows_are_those_of_the_grid_that_touch_roi_and_not_blacklist(
    step: int, seed: int, tmp_path: Path
) -> None:
    random = np.random.default_rng(seed)
    size = int(random.integers(1_024, 12_000))
    wanted, unwanted = np.zeros(size, bool), np.zeros(size, bool)
    lines = []
    for start in random.integers(0, size - 1, 4).tolist():
        end = min(size, start + int(random.integers(1, 900)))
        wanted[start:end] = True
        lines.append(f"c {start} {end}")
    first = int(random.integers(0, size))
    unwanted[first : first + 300] = True
    roi = read_regions(bed(tmp_path, *lines), {"c": size}, Problems())
    plan = WindowPlan(("c",), {"c": size}, step, black("c", first, min(first + 300, size)), roi=roi)
    last = (size - 1024) // 32 * 32
    grid = sorted({*range(0, last + 1, step), last})
    assert plan.starts("c").tolist() == [
        start for start in grid if wanted[start : start + 1024].any() and not unwanted[start : start + 1024].any()
    ]
    assert plan.counts.asked == len(grid)
    assert plan.counts.outside_roi == sum(not wanted[start : start + 1024].any() for start in grid)
    assert plan.counts.kept + plan.counts.blacklist + plan.counts.outside_roi == len(grid)


def test_sequences_shorter_than_a_window_have_none() -> None:
    plan = WindowPlan(("chr1", "chr2", "chrS"), SIZES)
    assert plan.predicted == ("chr1", "chr2")
    assert plan.short == ("chrS",)
    assert [chrom for chrom, _ in plan] == ["chr1", "chr2"]


def test_regions_without_a_score(tmp_path: Path) -> None:
    roi = regions(
        tmp_path,
        "chr1 0 50",
        "chr1 3000 3010",  # in the blacklist
        "chr1 9990 10000",  # behind the last bin, [9952, 9984)
        "chr1 0 50",
        "chr1 2900 7000",  # longer than a window
        "chrS 10 20",
        "chr2 10 20",  # a chromosome that is not chosen
    )
    plan = WindowPlan(("chr1", "chrS"), SIZES, 256, black("chr1", 2_900, 3_100), roi=roi)
    assert plan.unscored == [
        ("chr1", 3_000, 3_010, "blacklist"),
        ("chr1", 9_990, 10_000, "end of sequence"),
        ("chrS", 10, 20, "short sequence"),
        ("chr2", 10, 20, "other chromosome"),
    ]
    starts = plan.starts("chr1")
    assert len(np.unique(starts)) == len(starts)


def test_clip_keeps_bins_that_touch_a_region(tmp_path: Path) -> None:
    roi = regions(tmp_path, "chr2 100 130", "chr2 4999 5000")
    values = np.arange(2 * 156, dtype=np.float32).reshape(2, 156)
    plan = WindowPlan(("chr2",), SIZES, roi=roi, clip=True)
    # Bins 3 and 4 hold 96 to 160; the last full bin ends at 4,992.
    assert np.flatnonzero(~np.isnan(plan.clipped("chr2", 0, values)[1])).tolist() == [3, 4]
    assert np.flatnonzero(~np.isnan(plan.clipped("chr2", 8, values)[1])).tolist() == [2, 3, 155]
    not_clipped = WindowPlan(("chr2",), SIZES, roi=roi)
    assert not_clipped.clipped("chr2", 0, values) is values


def test_given_windows(tmp_path: Path) -> None:
    given = windows(
        tmp_path,
        "chr1 40 1064 name 7 +",
        "chr1 8 1032",
        "chr1 40 1064",
        "chr2 0 1024",
        "chr1 8968 9992",
    )
    plan = WindowPlan(("chr1",), SIZES, 256, black("chr1", 1_032, 1_033), given)
    assert plan.starts("chr1").tolist() == [8, 8_968]
    assert plan.counts == WindowCounts(asked=5, repeated=1, other_chromosome=1, blacklist=1, kept=2)


def test_given_windows_may_be_limited_to_regions(tmp_path: Path) -> None:
    given = windows(tmp_path, "chr1 0 1024", "chr1 4096 5120")
    (tmp_path / "roi").mkdir()
    roi = regions(tmp_path / "roi", "chr1 5119 5121", "chr1 9000 9001")
    plan = WindowPlan(("chr1",), SIZES, given=given, roi=roi)
    assert plan.starts("chr1").tolist() == [4_096]
    assert plan.unscored == [("chr1", 9_000, 9_001, "no window given")]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("chr1 0 1000", 2),  # not 1,024 bp
        ("chr1 33 1057", 2),  # does not line up
        ("chr1 8992 10016", 2),  # beyond the end
    ],
)
def test_bad_windows_are_named_by_line(line: str, number: int, tmp_path: Path) -> None:
    path = bed(tmp_path, "chr1 0 1024", line)
    read_windows(path, SIZES, problems := Problems())
    (problem,) = problems
    assert (problem.kind, problem.file, problem.line) == ("line", path, number)


def test_windows_line_up_on_each_chromosome_for_itself(tmp_path: Path) -> None:
    assert windows(tmp_path, "chr1 7 1031", "chr2 20 1044", "chr1 39 1063").listed == {"chr1": 2, "chr2": 1}


def test_regions_beyond_their_chromosome_are_named_by_line(tmp_path: Path) -> None:
    path = bed(tmp_path, "chr1 100 200", "chr2 4900 5001", "chr1 10000 10001")
    read_regions(path, SIZES, problems := Problems())
    assert [(problem.kind, problem.line) for problem in problems] == [("line", 2), ("line", 3)]


def test_regions_of_another_naming(tmp_path: Path) -> None:
    path = bed(tmp_path, "1 100 200", *["chr1 0 10"] * 30)
    read_regions(path, SIZES, problems := Problems())
    assert [(problem.kind, problem.file) for problem in problems] == [("chromosome", path)]

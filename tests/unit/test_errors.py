"""Problems with what the user gave: collected as data, worded in one place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from maxatac.errors import GenomeError, InputError, Kind, Problem, Problems, TrackError, WeightsError

HERE = Path("peaks.bed")


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            Problem("line", "2 columns", "at least 3", "commas instead of tabs?", file=HERE, line=7),
            "peaks.bed, line 7: found 2 columns; expected at least 3; commas instead of tabs?",
        ),
        (Problem("missing file", "blacklist does not exist", file=HERE), "peaks.bed: blacklist does not exist"),
        (
            Problem("value", "no name", "a name", file=HERE, place="record 2, cell_type"),
            "peaks.bed, record 2, cell_type: found no name; expected a name",
        ),
        (
            Problem("output", "a file", "a folder", option="--output", file=HERE),
            "--output peaks.bed: found a file; expected a folder",
        ),
        (Problem("setting", "found neither", hint="give one", option="--cells"), "--cells: found neither; give one"),
        (Problem("regions", "no training region is left"), "no training region is left"),
        (Problem("value", "the name 'K\u200b562'", file=HERE, line=2), "peaks.bed, line 2: the name 'K\\u200b562'"),
    ],
)
def test_a_sentence_tells_where_what_was_found_and_what_was_expected(problem: Problem, sentence: str) -> None:
    assert str(problem) == sentence


@pytest.mark.parametrize(("count", "told"), [(0, 0), (5, 5), (6, 6), (1005, 6)])
def test_problems_of_the_lines_of_a_file_are_capped(count: int, told: int) -> None:
    problems = Problems()
    for number in range(1, count + 1):
        problems.add("line", "found nothing", file=HERE, line=number)
        problems.add("value", "is empty", file=HERE, line=number)
    problems.add("line", "found nothing", file="other.bed", line=1)
    lines = [problem for problem in problems if problem.kind == "line" and problem.file == HERE]
    assert len(lines) == told
    assert [problem.line for problem in lines[:5]] == list(range(1, min(count, 5) + 1))
    assert len(problems) == told + count + 1
    if count > 5:
        assert lines[-1].more == count - 5
        plural = "s" * (count > 6)
        assert str(lines[-1]) == f"peaks.bed: and {count - 5:,} more problem{plural} of this kind"


def test_capped_problems_stay_counted_where_collectors_are_joined() -> None:
    first = Problems(Problem("line", "found nothing", file=HERE, line=number) for number in range(8))
    error = InputError(first)
    assert [problem.more for problem in error.problems] == [0, 0, 0, 0, 0, 3]
    joined = Problems([Problem("regions", "none is left"), *error.problems])
    assert list(joined) == [Problem("regions", "none is left"), *error.problems]
    # A file that two options name is read twice.
    joined += error.problems
    assert list(joined) == [Problem("regions", "none is left"), *error.problems]
    joined.add("line", "found nothing", file=HERE, line=9)
    assert [problem.more for problem in joined] == [0, 0, 0, 0, 0, 0, 4]
    assert Problems(error.problems[5:])[0].more == 3


def test_a_problem_is_told_once() -> None:
    problems = Problems()
    for _ in range(2):
        problems.add("chromosome", "the genome has no chr99", option="--tchroms")
    assert problems.sentences() == ["--tchroms: the genome has no chr99"]
    assert problems.files() == set()


@pytest.mark.parametrize(
    ("raised", "kind"), [(GenomeError, "format"), (TrackError, "format"), (WeightsError, "weights")]
)
def test_an_error_of_a_reader_becomes_a_problem_with_its_file(raised: type[TrackError], kind: Kind) -> None:
    error = raised("signal.bw: not a valid bigWig file")
    error.path = Path("signal.bw")
    assert Problem.of(error) == Problem(kind, "not a valid bigWig file", file=Path("signal.bw"))
    gone = FileNotFoundError(2, "No such file or directory", "signal.bw")
    assert Problem.of(gone, hint="mount it") == Problem(
        "unreadable file", "No such file or directory", hint="mount it", file=Path("signal.bw")
    )


def test_the_error_with_all_problems_survives_pickling() -> None:
    error = InputError([Problem("regions", "none is left"), Problem("missing file", "does not exist", file=HERE)])
    copy = pickle.loads(pickle.dumps(error))
    assert copy.problems == error.problems
    assert str(copy) == "none is left\npeaks.bed: does not exist"

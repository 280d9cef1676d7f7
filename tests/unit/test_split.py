from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.errors import Problems
from maxatac.genome.split import ChromSplit, resolve_chroms, resolve_test_chroms

KNOWN = {f"chr{number}": 1000 for number in range(1, 8)}
DEFAULTS = (
    ["chr2", "chr3", "chr4", "chr5", "chr19", "chrX"],
    ["chr3", "chr4", "chr5"],
    ["chr2", "chr19"],
)


def resolve(
    chroms: str | None, tchroms: str | None, vchroms: str | None, known: dict[str, int] = KNOWN
) -> tuple[ChromSplit, Problems]:
    problems = Problems()
    typed = [None if names is None else names.split() for names in (chroms, tchroms, vchroms)]
    split = resolve_chroms(
        known, chroms=typed[0], tchroms=typed[1], vchroms=typed[2], defaults=DEFAULTS, problems=problems
    )
    return split, problems


@pytest.mark.parametrize(
    ("chroms", "tchroms", "vchroms", "expected"),
    [
        # nothing typed: the default lists
        (None, None, None, ("chr2 chr3 chr4 chr5", "chr3 chr4 chr5", "chr2")),
        # the study alone cuts both defaults
        ("chr2 chr3", None, None, ("chr2 chr3", "chr3", "chr2")),
        # both lists typed: the study is their union, whatever its default says
        (None, "chr6 chr1", "chr7", ("chr6 chr1 chr7", "chr6 chr1", "chr7")),
        # repeats do no harm
        (None, "chr6 chr6", "chr7", ("chr6 chr7", "chr6", "chr7")),
        # one typed: the union with what the default list has
        (None, "chr1", None, ("chr1 chr2", "chr1", "chr2")),
        (None, None, "chr1", ("chr3 chr4 chr5 chr1", "chr3 chr4 chr5", "chr1")),
        # one typed: the default gives way
        (None, "chr2 chr6", None, None),
        (None, None, "chr4", ("chr3 chr5 chr4", "chr3 chr5", "chr4")),
        # all typed: both are cut to the study
        ("chr1 chr2 chr3", "chr1 chr4", "chr2", ("chr1 chr2 chr3", "chr1", "chr2")),
        # what both name does not matter outside the study
        ("chr1 chr2", "chr1 chr4", "chr2 chr4", ("chr1 chr2", "chr1", "chr2")),
    ],
)
def test_lists(
    chroms: str | None, tchroms: str | None, vchroms: str | None, expected: tuple[str, str, str] | None
) -> None:
    split, problems = resolve(chroms, tchroms, vchroms)
    if expected is None:
        assert problems.sentences() == ["--vchroms: no validation chromosome is left; name some that the genome has "
                            "(chr1, chr2, chr3, chr4 and 3 more)"]  # fmt: skip
    else:
        assert problems.sentences() == []
        assert (split.chroms, split.training, split.validation) == tuple(tuple(names.split()) for names in expected)


@pytest.mark.parametrize(
    ("chroms", "tchroms", "vchroms", "note"),
    [
        (None, None, None, "not in the genome, left out of the default chromosomes: chr19 chrX"),
        (None, "chr6", None, "not in the genome, left out of the default chromosomes: chr19"),
        (None, None, "chr4", "left out of the default --tchroms, because --vchroms has them: chr4"),
        ("chr1 chr2", "chr1 chr4", "chr2", "--tchroms: not in --chroms, left out: chr4"),
    ],
)
def test_what_is_left_out_is_noted(chroms: str | None, tchroms: str | None, vchroms: str | None, note: str) -> None:
    split, problems = resolve(chroms, tchroms, vchroms)
    assert problems.sentences() == []
    assert split.notes == (note,)


def test_nothing_is_noted_where_all_was_typed() -> None:
    assert resolve(None, "chr1", "chr2")[0].notes == ()


def test_a_default_list_keeps_what_the_typed_one_does_not_name() -> None:
    split, problems = resolve(None, "chr2", None, KNOWN | {"chr19": 1000})
    assert problems.sentences() == []
    assert (split.training, split.validation) == (("chr2",), ("chr19",))
    assert split.notes == ("left out of the default --vchroms, because --tchroms has them: chr2",)


@pytest.mark.parametrize(
    ("chroms", "tchroms", "vchroms", "expected"),
    [
        ("chr1 chr2 9", None, None, ["--chroms: the genome has no 9; "]),
        (None, "1", "chr2", ["--tchroms: the genome has no 1; it is called 'chr1' there"]),
        (None, "chr1", "chr22", ["--vchroms: the genome has no chr22; did you mean chr2"]),
        (
            None,
            "q r",
            "s",
            ["--tchroms: the genome has no q", "--tchroms: the genome has no r", "--vchroms: the genome"],
        ),
        (None, "chr1 chr2", "chr2 chr3", ["--tchroms and --vchroms: chr2 in both; training and validation must not"]),
        ("chr5", None, None, ["--vchroms: no validation chromosome is left"]),
        ("chr5", "chr6", "chr7", ["--tchroms: no training chromosome is left", "--vchroms: no validation chromosome"]),
        (None, "", "chr1", ["--tchroms: no training chromosome is left"]),
    ],
)
def test_problems(chroms: str | None, tchroms: str | None, vchroms: str | None, expected: list[str]) -> None:
    _, problems = resolve(chroms, tchroms, vchroms)
    kind = "chromosome" if "the genome has no" in expected[0] else "setting"
    assert [problem.kind for problem in problems] == [kind] * len(expected)
    assert [problem.option for problem in problems] == [start.partition(":")[0] for start in expected]
    assert all(told.startswith(start) for told, start in zip(problems.sentences(), expected, strict=True))


@pytest.mark.parametrize("may_share", [False, True])
def test_chromosomes_of_two_sets(may_share: bool) -> None:
    problems = Problems()
    split = resolve_chroms(
        KNOWN, chroms=None, tchroms=["chr1", "chr2"], vchroms=["chr2"], defaults=DEFAULTS, problems=problems,
        may_share=may_share,
    )  # fmt: skip
    assert (split.training, split.validation) == (("chr1", "chr2"), ("chr2",))
    assert split.shared == (("chr2",) if may_share else ())
    assert len(problems) == (not may_share)


def test_a_genome_that_has_none_of_the_default_names() -> None:
    _, problems = resolve(None, None, None, {"1": 10, "2": 10})
    assert len(problems) == 2
    assert all("(1, 2)" in told for told in problems.sentences())


@pytest.mark.parametrize(
    ("typed", "default", "expected"),
    [
        (None, "chr1 chr8", "chr1"),
        (None, "chr2 chr4", ""),
        (None, "chr8", ""),
        ("chr6 chr1 chr6", "chr7", "chr6 chr1"),
    ],
)
def test_test_chromosomes(typed: str | None, default: str, expected: str) -> None:
    problems = Problems()
    split = ChromSplit(("chr2", "chr3", "chr4"), ("chr3", "chr4"), ("chr2",))
    names = None if typed is None else typed.split()
    found = resolve_test_chroms(KNOWN, split, test_chroms=names, default=default.split(), problems=problems)
    assert (found, list(problems)) == (tuple(expected.split()), [])


def test_test_chromosomes_that_overlap_or_are_not_there() -> None:
    problems = Problems()
    split = ChromSplit(("chr2", "chr3", "chr4"), ("chr3", "chr4"), ("chr2",))
    typed = ["chr1", "chr3", "chr2", "chr4", "chrY", "7"]
    resolve_test_chroms(KNOWN, split, test_chroms=typed, default=(), problems=problems)
    assert [problem.kind for problem in problems] == ["chromosome", "chromosome", "setting", "setting"]
    assert {problem.option for problem in problems} == {"--test_chroms"}
    assert [problem.found for problem in problems] == [
        "the genome has no chrY",
        "the genome has no 7",
        "chr3 chr4 are also used for training",
        "chr2 is also used for validation",
    ]
    assert problems[1].hint == "it is called 'chr7' there"


NAMES = st.none() | st.lists(st.sampled_from([*KNOWN, "chr19", "chr99"]), min_size=1, max_size=4)


@given(chroms=NAMES, tchroms=NAMES, vchroms=NAMES)
def test_a_split_without_problems_keeps_its_promises(
    chroms: list[str] | None, tchroms: list[str] | None, vchroms: list[str] | None
) -> None:
    problems = Problems()
    split = resolve_chroms(KNOWN, chroms=chroms, tchroms=tchroms, vchroms=vchroms, defaults=DEFAULTS, problems=problems)
    if problems:
        return
    training, validation = set(split.training), set(split.validation)
    assert training
    assert validation
    assert not training & validation
    assert training | validation <= set(split.chroms) <= set(KNOWN)
    if tchroms is not None and chroms is None:
        assert training == set(tchroms)
    if vchroms is not None and chroms is None:
        assert validation == set(vchroms)
    if chroms is not None:
        assert set(split.chroms) == set(chroms)

"""Parts of the report that need no run."""

from __future__ import annotations

import math

import pytest
import tiny

from maxatac.figures.axes import wrapped
from maxatac.figures.markup import Markup, table, tag
from maxatac.figures.predictions import wilson
from maxatac.genome.chroms import assembly
from maxatac.reporting import contents
from maxatac.reporting.data_figures import use_of
from maxatac.reporting.epoch_figures import parts_of
from maxatac.wording import counted, duration, listed, number, share

# Keras 3 reads its variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


HUMAN = {"chr1": 248_956_422, "chr2": 242_193_529, "chr8": 145_138_636}


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        (HUMAN, "hg38"),
        ({"chr1": 249_250_621, "chr2": 243_199_373}, "hg19"),
        ({"chr1": 195_471_971, "chr2": 182_113_224}, "mm10"),
        ({"chrI": 230_218, "chrII": 813_184}, "sacCer3"),
        ({"chr1": 248_956_422}, None),
        ({"chr1": 248_956_422, "chr2": 243_199_373}, None),
        ({"1": 248_956_422, "2": 242_193_529}, None),
        (tiny.SIZES, None),
    ],
)
def test_assembly_is_told_only_when_certain(sizes: dict[str, int], name: str | None) -> None:
    assert assembly(sizes) == name


def test_markup_escapes_what_is_not_markup() -> None:
    assert tag("p", "a < b & c", title='"x"') == '<p title="&quot;x&quot;">a &lt; b &amp; c</p>'
    assert tag("p", tag("b", "x")) == "<p><b>x</b></p>"
    assert Markup("<b>") + "<i>" == "<b>&lt;i&gt;"
    assert "&lt;x&gt;" in table(("<x>",), [("<y>",)], label="<z>")
    assert 'aria-label="&lt;z&gt;"' in table((), [], label="<z>")
    assert f'<th scope="row" class="long">{"x" * 31}</th>' in table(("a",), [("x" * 31,)], label="z")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "n/a"), (math.nan, "n/a"), (0, "0"), (0.0, "0"), (1234567, "1,234,567"), (0.123456, "0.123"),
        (1234.0, "1,234"), (123456.7, "123,000"), (1e-6, "1e-06"), (0.5, "0.5"), (-0.01234, "-0.0123"), (99.96, "100"),
    ],
)  # fmt: skip
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_words() -> None:
    assert [listed(list("abcd"[:count]), 3) for count in range(5)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 1 more",
    ]
    assert [duration(seconds) for seconds in (3.4, 61, 3_725)] == ["3 s", "1 min 1 s", "1 h 2 min"]
    assert (counted(1, "epoch"), counted(2, "epoch"), share(0.0512)) == ("1 epoch", "2 epochs", "5.12 %")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("CellA, training", "CellA, training"),
        ("Primary keratinocyte donor 0 (replicate), training", "Primary keratinocyte donor\n0 (replicate), training"),
        ("x" * 100, f"{'x' * 30}\n{'x' * 14}\u2026{'x' * 15}"),
        (" ".join("abcdefghij" for _ in range(9)), "abcdefghij abcdefghij\nabcdefghij abc\u2026ghij abcdefghij"),
    ],
)
def test_names_stand_in_two_lines(name: str, shown: str) -> None:
    assert wrapped([name]) == [shown]


def test_uses() -> None:
    assert use_of("test", "Test", "Test") == "tested"
    assert use_of("test", "Train", "Train") == "tested"
    assert use_of("test", "Train", "Test") == "baseline"
    assert [use_of(role, "Test", "Test") for role in ("training", "validation")] == ["not read", "not read"]


def test_parts_of_an_epoch_add_up() -> None:
    row = {
        "epoch": 1, "seconds": 50.0, "examples_per_second": 9.0, "waiting_share": 0.1, "statistics_share": 0.1,
        "validation_share": 0.2, "genome_share": 0.3,
    }  # fmt: skip
    assert parts_of(row) == pytest.approx(
        {"training": 18.0, "waiting": 2.0, "statistics": 5.0, "validation": 10.0, "genome": 15.0}
    )


def test_intervals_of_shares() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_control_characters_do_not_reach_the_page() -> None:
    assert contents._printable({"a\x01": ["b\x0c", 1]}) == {"a\ufffd": ["b\ufffd", 1]}

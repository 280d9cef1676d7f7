from __future__ import annotations

import math

import pytest

from maxatac.evaluation.selection import best_epoch, criterion, is_over


def rows(*values: float) -> list[dict[str, float]]:
    return [{"epoch": number, "val_dice_coef": value} for number, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ((0.1,), 0),
        ((0.1, 0.3, 0.2), 1),
        ((0.3, 0.3, 0.1, 0.3), 0),
        ((math.nan, 0.2, 0.1), 1),
        ((0.2, math.nan), 0),
        ((math.inf, 0.2), 1),
        ((-0.5, -0.2), 1),
        ((math.nan,), None),
        ((), None),
    ],
    ids=str,
)
def test_largest(values: tuple[float, ...], best: int | None) -> None:
    assert best_epoch(rows(*values)) == best


@pytest.mark.parametrize(
    ("values", "best"), [((0.3, 0.1, 0.2), 1), ((0.1, 0.1), 0), ((-math.inf, 0.4), 1), ((math.nan, 0.4), 1)], ids=str
)
def test_smallest(values: tuple[float, ...], best: int) -> None:
    history = [{"val_loss": value} for value in values]
    assert best_epoch(history, column="val_loss", largest=False) == best


@pytest.mark.parametrize(
    ("finished", "best", "patience", "over"),
    [
        (0, None, 1, False), (5, 0, None, False), (1, 0, 1, False), (2, 0, 1, True), (2, 1, 1, False),
        (4, 0, 3, True), (3, 0, 3, False), (9, 5, 3, True), (3, None, 3, True), (2, None, 3, False),
    ],
)  # fmt: skip
def test_patience(finished: int, best: int | None, patience: int | None, over: bool) -> None:
    assert is_over(finished, best, patience) is over


def test_more_than_ten_epochs_are_told_apart() -> None:
    assert best_epoch(rows(*[0.1] * 10, 0.2, 0.1)) == 10


@pytest.mark.parametrize(
    ("select", "quantitative", "expected"),
    [
        (None, False, ("val_dice_coef", True)),
        (None, True, ("val_loss", False)),
        ("dice", True, ("val_dice_coef", True)),
        ("average_precision", False, ("genome_average_precision", True)),
        ("loss", False, ("val_loss", False)),
    ],
)
def test_criterion(select: str | None, quantitative: bool, expected: tuple[str, bool]) -> None:
    assert criterion(select, quantitative=quantitative) == expected

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from maxatac.reporting import run_plots as report
from maxatac.reporting.run_plots import plot_history, plot_structure

HISTORY = [
    {"epoch": epoch, "dice_coef": 0.1 * epoch, "loss": 1 / epoch, "val_dice_coef": 0.05 * epoch, "val_loss": 2 / epoch}
    for epoch in range(1, 6)
]
LAYERS: list[dict[str, Any]] = [
    {"name": "window", "kind": "InputLayer", "detail": "", "shape": "1024 x 5", "parameters": 0},
    {
        "name": "conv_1a",
        "kind": "Conv1D",
        "detail": "15 x 7, dilation 1, relu",
        "shape": "1024 x 15",
        "parameters": 540,
    },
]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that a test draws."""
    made: list[Figure] = []
    new_figure = report.new_figure

    def remember(*size: float) -> Figure:
        made.append(new_figure(*size))
        return made[-1]

    monkeypatch.setattr(report, "new_figure", remember)
    return made


def texts(figure: Figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]


def test_history_shows_the_numbers(tmp_path: Path, figures: list[Figure]) -> None:
    path = tmp_path / "history.png"
    plot_history(HISTORY, 3, path, title="CTCF")
    assert path.read_bytes().startswith(b"\x89PNG")
    dice, loss = figures[0].axes
    for axes, name in ((dice, "dice_coef"), (loss, "loss")):
        lines = {str(line.get_label()): line for line in axes.get_lines()}
        for label, column in (("training", name), ("validation", f"val_{name}")):
            assert list(lines[label].get_xdata()) == [1, 2, 3, 4, 5]
            assert list(lines[label].get_ydata()) == [row[column] for row in HISTORY]
        assert list(lines["best epoch (4)"].get_xdata()) == [4, 4]
        assert axes.get_xlabel() == "Epoch"
        assert all(float(tick).is_integer() for tick in axes.get_xticks())
    assert (dice.get_ylabel(), loss.get_ylabel()) == ("Dice coefficient", "Loss")
    assert "CTCF" in texts(figures[0])


@pytest.mark.parametrize(
    "history",
    [HISTORY[:1], [{**HISTORY[0], "val_loss": math.nan, "val_dice_coef": math.nan}, *HISTORY[1:]]],
    ids=["one epoch", "not a number"],
)
def test_history_without_a_best_epoch(history: list[dict[str, float]], tmp_path: Path, figures: list[Figure]) -> None:
    plot_history(history, None, tmp_path / "history.png", title="CTCF")
    assert not [text for text in texts(figures[0]) if text.startswith("best epoch")]


def test_structure_names_every_layer(tmp_path: Path, figures: list[Figure]) -> None:
    plot_structure(LAYERS, tmp_path / "structure.png", title="DCNN_V2, 117,204 parameters")
    shown = texts(figures[0])
    for layer in LAYERS:
        assert {layer["name"], layer["kind"], layer["shape"]} <= set(shown)
    assert "15 x 7, dilation 1, relu" in shown
    assert "540" in shown
    assert "DCNN_V2, 117,204 parameters" in shown


def test_format_follows_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "structure.svg"
    plot_structure(LAYERS, path, title="DCNN_V2")
    assert "<svg" in path.read_text()

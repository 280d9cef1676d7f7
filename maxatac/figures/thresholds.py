"""Figure of what a threshold of the prediction is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.figures.drawing import HEIGHT, WIDTH, Drawing, draw
from maxatac.figures.style import BLUE, DARK, GREEN, ORANGE
from maxatac.wording import first_few, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (BLUE, ORANGE, GREEN)
_DASHES = ("-", "--", "-.")
_SHOWN = 10


def draw_thresholds(
    thresholds: NDArray[np.float64], columns: Mapping[str, NDArray[np.float64]], cell_types: Sequence[str]
) -> Drawing:
    """Draw precision, recall and F1 over the threshold, and mark the highest F1.

    Parameters
    ----------
    thresholds : shape (n,), float64
        Rising.
    columns : mapping of str to array of shape (n,), float64
        At most three, the last of them F1.
    cell_types : sequence of str
        Whose mean they are.
    """
    *_, f1 = columns.values()
    best = int(np.argmax(f1))

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for (name, values), colour, dash in zip(columns.items(), _COLOURS, _DASHES, strict=False):
            axes.plot(thresholds, values, linestyle=dash, color=colour, linewidth=1.7, label=name)
        axes.axvline(thresholds[best], color=DARK, linestyle=":", linewidth=1.4)
        axes.annotate(
            f"F1 {number(f1[best])} at {thresholds[best]:g}", (thresholds[best], 1.0), xytext=(4, 0),
            textcoords="offset points", fontsize=9, va="top",
        )  # fmt: skip
        axes.set(xlabel="Threshold", ylabel="Value", xlim=(0, float(thresholds[-1])), ylim=(0, 1.02))
        figure.legend(loc="outside lower center", ncols=len(columns))

    rows = range(0, len(thresholds), max((len(thresholds) - 1) // _SHOWN, 1))
    return draw(
        "thresholds",
        plot,
        title=f"Precision, recall and F1 by threshold: {first_few(cell_types)}",
        alt=f"Curves over the threshold; the highest F1 is {number(f1[best])}, at {thresholds[best]:g}.",
        note=f"Mean over {first_few(cell_types)}. Precision is the highest so far as the threshold rises.",
        header=["threshold", *columns],
        rows=[[f"{thresholds[row]:g}", *(number(values[row]) for values in columns.values())] for row in rows],
        width=WIDTH,
        height=HEIGHT + 0.3,
    )

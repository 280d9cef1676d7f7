"""Figure of predicted beside measured values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.figures.drawing import HEIGHT, Drawing, draw
from maxatac.figures.style import ORANGE
from maxatac.wording import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def values_figure(name: str, title: str, density: Mapping[str, Any], rows: Sequence[tuple[str, float]]) -> Drawing:
    """Draw how many bins have which measured and predicted value.

    Parameters
    ----------
    name, title : str
    density : mapping
        ``measured_edges``, ``predicted_edges`` and ``counts``
        (:func:`maxatac.evaluation.quantitative.density`).
    rows : sequence of (str, float)
        Scores that are listed with it.
    """

    def plot(figure: Figure) -> None:
        import numpy as np
        from matplotlib.colors import LogNorm

        axes = figure.subplots()
        counts = np.array(density["counts"]).T
        x, y = density["measured_edges"], density["predicted_edges"]
        shown = np.ma.masked_equal(counts, 0)
        mesh = axes.pcolormesh(x, y, shown, norm=LogNorm(1, max(int(counts.max()), 2)), cmap="cividis", rasterized=True)
        low, high = max(x[0], y[0]), min(x[-1], y[-1])
        axes.plot([low, high], [low, high], color=ORANGE, linestyle="--", linewidth=1.4, label="as measured")
        axes.set(xlabel="Measured", ylabel="Predicted")
        figure.colorbar(mesh, label="Bins")
        figure.legend(loc="outside lower center")

    told = ", ".join(f"{metric} {number(value)}" for metric, value in rows)
    return draw(
        name,
        plot,
        title=title,
        alt=f"Density of bins by measured and predicted value; {told}.",
        note="The colour is the number of bins, on a logarithmic scale.",
        header=["score", "value"],
        rows=[[metric, number(value)] for metric, value in rows],
        height=HEIGHT + 0.5,
    )

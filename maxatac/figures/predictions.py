"""Figures of how good predictions are: precision and recall, calibration, distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.figures.axes import logarithmic
from maxatac.figures.drawing import HEIGHT, Drawing, draw
from maxatac.figures.style import BLUE, DARK, GREY, ORANGE, Look
from maxatac.wording import number, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

_RECALLS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def precision_recall(
    name: str, title: str, curves: Mapping[str, Row], looks: Mapping[str, Look], *, guess: str, note: str = ""
) -> Drawing:
    """Draw precision over recall for several predictors of the same bins, and the prevalence.

    Parameters
    ----------
    name, title, note : str
    curves : mapping of str to mapping
        Predictor to what :func:`maxatac.evaluation.curves.summarize` makes; at least one.
    looks : mapping of str to Look
        Of each predictor.
    guess : str
        Name of the line at the prevalence.
    """
    first = next(iter(curves.values()))
    prevalence = first["bound_bins"] / first["bins"]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for predictor, found in curves.items():
            colour, dash, _ = looks[predictor]
            recall, precision = found["curve"]["recall"], found["curve"]["precision"]
            # In steps, so that the area is the average precision: no threshold lies between two points.
            axes.plot(
                [0.0, *recall], [precision[0], *precision], linestyle=dash, color=colour, linewidth=1.7,
                drawstyle="steps-pre", label=f"{predictor} ({number(found['average_precision'])})",
            )  # fmt: skip
        axes.axhline(
            prevalence, color=DARK, linestyle=":", linewidth=1.4, label=f"{guess} ({number(prevalence)})"
        )  # fmt: skip
        axes.set(xlabel="Recall", ylabel="Precision", xlim=(0, 1), ylim=(0, 1.02))
        figure.legend(loc="outside lower center", ncols=1)

    return draw(
        name,
        plot,
        title=title,
        alt="Curves of precision over recall; average precision: "
        + ", ".join(f"{predictor} {number(found['average_precision'])}" for predictor, found in curves.items())
        + f", {guess} {number(prevalence)}.",
        note=f"{first['bins']:,} bins, {first['bound_bins']:,} of them bound. In brackets the average precision. "
        f"{note}".strip(),
        header=["recall", *(f"precision, {predictor}" for predictor in curves)],
        rows=[
            [f"{recall:g}", *(number(precision_at(found["curve"], recall)) for found in curves.values())]
            for recall in _RECALLS
        ],
        height=HEIGHT + 0.25 * (1 + len(curves)),
    )


def precision_at(curve: Row, recall: float) -> float | None:
    """Precision where a curve first reaches a recall; None if there is no curve."""
    # A recall of 0.7 may be a sum that ends a little below.
    return next((p for r, p in zip(curve["recall"], curve["precision"], strict=True) if r >= recall - 1e-12), None)


def calibration(groups: Mapping[str, Sequence[Row]], looks: Mapping[str, Look]) -> Drawing:
    """Draw the share of bound bins over the mean prediction, on logarithmic axes.

    Parameters
    ----------
    groups : mapping of str to sequence of mappings
        Name of a set of bins to its groups, as :func:`maxatac.evaluation.curves.calibration` makes them.
    looks : mapping of str to Look
        Of each set.
    """

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        lowest = 1.0
        for which, found in groups.items():
            colour, dash, marker = looks[which]
            shown = [group for group in found if group["bound_bins"] and group["mean_score"] > 0]
            x = [group["mean_score"] for group in shown]
            y = [group["bound_bins"] / group["bins"] for group in shown]
            lowest = min([lowest, *x, *y])
            axes.plot(x, y, linestyle=dash, color=colour, marker=marker, markersize=5, linewidth=1.4, label=which)
            spread = [wilson(group["bound_bins"], group["bins"]) for group in shown]
            axes.vlines(
                x, [low for low, _ in spread], [high for _, high in spread], color=colour, linewidth=1, alpha=0.6
            )
        bottom = 10 ** math.floor(math.log10(lowest))
        axes.plot([bottom, 1], [bottom, 1], color=GREY, linewidth=1, zorder=0, label="as predicted")
        axes.set(
            xscale="log",
            yscale="log",
            xlim=(bottom, 1.2),
            ylim=(bottom, 1.2),
            xlabel="Mean prediction",
            ylabel="Share of bound bins",
        )
        logarithmic(axes.xaxis)
        logarithmic(axes.yaxis)
        figure.legend(loc="outside lower center", ncols=2)

    return draw(
        "calibration",
        plot,
        title="Calibration of the selected model",
        alt="Lines on logarithmic axes: share of bound bins over the mean prediction, beside the diagonal of a model "
        "whose predictions are probabilities.",
        note="Both axes are logarithmic. Vertical lines are 95 % intervals that take bins for independent, which they "
        "are not: the true ones are wider. Groups without a bound bin are in the table only.",
        header=["set", "prediction", "bins", "mean prediction", "share bound"],
        rows=[
            [
                which, f"{group['low']:g} to {group['high']:g}", number(group["bins"]),
                number(group["mean_score"]), number(group["bound_bins"] / group["bins"]),
            ]
            for which, found in groups.items()
            for group in found
        ],
        height=HEIGHT + 0.7,
    )  # fmt: skip


def wilson(hits: float, trials: float) -> tuple[float, float]:
    """95 % interval of the share ``hits / trials`` by Wilson's score: low and high, from 0 to 1."""
    z = 1.96
    centre = (hits + z * z / 2) / (trials + z * z)
    half = z / (trials + z * z) * math.sqrt(hits * (trials - hits) / trials + z * z / 4)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def score_distribution(name: str, title: str, histogram: Row) -> Drawing:
    """Draw how the predictions of bound bins and of the others are spread.

    Parameters
    ----------
    name, title : str
    histogram : mapping
        As :func:`maxatac.evaluation.curves.histogram` makes it.
    """
    edges = histogram["edges"]
    kinds = {"bound": (BLUE, "-", "bound"), "others": (ORANGE, "--", "not bound")}
    totals = {kind: sum(histogram[kind]) for kind in kinds}

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for kind, (colour, dash, label) in kinds.items():
            if totals[kind]:
                shares = [count / totals[kind] for count in histogram[kind]]
                axes.stairs(
                    shares, edges, color=colour, linestyle=dash, linewidth=1.7, label=f"{label} ({totals[kind]:,} bins)"
                )
        axes.set(yscale="log", xlabel="Prediction", ylabel="Share of the bins", xlim=(edges[0], edges[-1]))
        logarithmic(axes.yaxis, percent=True)
        figure.legend(loc="outside lower center", ncols=1)

    middle = len(edges) // 2
    return draw(
        name,
        plot,
        title=title,
        alt="Two histograms on a logarithmic axis. Predictions of at least "
        f"{edges[middle]:g} have "
        + " and ".join(
            f"{share(sum(histogram[kind][middle:]) / totals[kind])} of the bins that are {label}"
            for kind, (_, _, label) in kinds.items() if totals[kind]
        ) + ".",
        header=["prediction from", "to", "bound bins", "other bins"],
        rows=[
            [f"{edges[place]:g}", f"{edges[place + 1]:g}", number(bound), number(others)]
            for place, (bound, others) in enumerate(zip(histogram["bound"], histogram["others"], strict=True))
            if bound or others
        ],
        height=HEIGHT + 0.3,
    )  # fmt: skip

"""Figures of the scores of a run, and of example loci."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.evaluation.looks import PREDICTOR_LOOKS
from maxatac.evaluation.ranking import BINDING
from maxatac.figures.axes import wrapped
from maxatac.figures.drawing import HEIGHT, Drawing, draw
from maxatac.figures.style import BLUE, DARK, ORANGE
from maxatac.reporting.called_sites import Sites
from maxatac.reporting.looks import SET_LOOKS, SET_NAMES
from maxatac.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]


def test_scores(tested: Row, name: str) -> Drawing:
    """Draw the average precision of model and baselines, with their intervals, at both sizes of bins.

    Parameters
    ----------
    tested : mapping
        One of ``cell_types`` in ``<prefix>_test.json``.
    name : str
        Of the figure.
    """
    found: list[tuple[str, str, Row]] = [
        (f"{resolution['bin_size']} bp", predictor["name"], predictor["average_precision"])
        for resolution in tested["resolutions"]
        for predictor in resolution["predictors"]
        if "average_precision" in predictor and predictor["average_precision"]["value"] is not None
    ]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for y, (_, predictor, value) in enumerate(found):
            colour, _, marker = PREDICTOR_LOOKS[predictor]
            if value["low"] is not None:
                axes.plot(
                    [value["low"], value["high"]], [y, y], color=colour, linewidth=3, alpha=0.55, solid_capstyle="butt"
                )
            axes.plot([value["value"]], [y], marker=marker, color=colour, markersize=7)
        names = [predictor if predictor != BINDING else "mean binding" for _, predictor, _ in found]
        axes.set_yticks(range(len(found)), [f"{name}, {size}" for name, (size, _, _) in zip(names, found, strict=True)])
        axes.set(ylim=(len(found) - 0.5, -0.5), xlabel="Average precision")
        axes.set_xlim(left=0)

    return draw(
        name,
        plot,
        title=f"Average precision on the test chromosomes, {tested['cell_type']}",
        alt="Points with intervals: "
        + "; ".join(f"{predictor}, bins of {size}, {number(value['value'])}" for size, predictor, value in found)
        + ".",
        note="Bars are 95 % intervals from resampled blocks of the chromosomes.",
        header=["predictor", "bins", "average precision", "low", "high"],
        rows=[
            [predictor, size, *(number(value[part]) for part in ("value", "low", "high"))]
            for size, predictor, value in found
        ],
        height=1.1 + 0.33 * len(found),
    )


def by_cell_type(rows: Sequence[Row]) -> Drawing:
    """Draw the average precision of each cell type in each set.

    Parameters
    ----------
    rows : sequence of mappings
        ``cell_type``, ``set`` (``ROI``, ``genome`` or ``test``), ``average_precision``, ``prevalence``, ``auroc``.
    """
    cells = list(dict.fromkeys(row["cell_type"] for row in rows))
    sets = list(dict.fromkeys(row["set"] for row in rows))

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for place, which in enumerate(sets):
            offset = 0.22 * (place - (len(sets) - 1) / 2)
            colour, _, marker = SET_LOOKS[which]
            mine = [row for row in rows if row["set"] == which]
            y = [cells.index(row["cell_type"]) + offset for row in mine]
            axes.plot(
                [row["average_precision"] for row in mine], y, marker=marker, color=colour, linestyle="none",
                markersize=6.5, label=SET_NAMES[which],
            )  # fmt: skip
            axes.plot(
                [row["prevalence"] for row in mine], y, marker="|", color=colour, linestyle="none", markersize=9,
                markeredgewidth=1.6, label="prevalence of the same bins" if which == sets[-1] else None,
            )  # fmt: skip
        axes.set_yticks(range(len(cells)), wrapped(cells))
        axes.set(ylim=(len(cells) - 0.5, -0.5), xlabel="Average precision", xlim=(-0.02, 1.02))
        figure.legend(loc="outside lower center", ncols=2)

    return draw(
        "cell_types",
        plot,
        title="Average precision by cell type, selected epoch",
        alt="Points: " + "; ".join(
            f"{row['cell_type']}, {SET_NAMES[row['set']]}, {number(row['average_precision'])}" for row in rows
        ) + ".",
        header=["cell type", "set", "bins", "bound bins", "average precision", "AUROC", "prevalence"],
        rows=[
            [
                row["cell_type"], SET_NAMES[row["set"]], number(row["bins"]), number(row["bound_bins"]),
                *(number(row[column]) for column in ("average_precision", "auroc", "prevalence")),
            ]
            for row in rows
        ],
        height=1.5 + 0.5 * len(cells),
    )  # fmt: skip


def example_locus(name: str, place: Row, cell_type: str, sites: Mapping[str, Sites] | None = None) -> Drawing:
    """Draw a place of a chromosome as a genome browser does: signal, prediction, called sites and binding.

    Parameters
    ----------
    name : str
    place : mapping
        As :func:`maxatac.evaluation.example_loci.example_loci` makes it.
    cell_type : str
    sites : mapping of str to mapping, optional
        Intervals of each chromosome, by the name of the file: of each a row is drawn.
    """
    sites = sites or {}
    where = f"{place['chrom']}:{place['start'] + 1:,}-{place['end']:,}"
    size = (place["end"] - place["start"]) // len(place["bound"])
    edges = [(place["start"] + size * step) / 1000 for step in range(len(place["bound"]) + 1)]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        rows = figure.subplots(3 + len(sites), 1, sharex=True, height_ratios=(1, 1, *[0.25] * (1 + len(sites))))
        above, below, *called, truth = rows
        _fill(above, edges, place["signal"], ORANGE)
        above.set_ylabel("ATAC-seq\nsignal")
        _fill(below, edges, place["predicted"], BLUE)
        below.set(ylim=(0, max([1.0, *(value for value in place["predicted"] if value is not None)])))
        below.set_ylabel("Prediction")
        for axes, found in zip(called, sites.values(), strict=True):
            shown = [
                (start / 1000, (end - start) / 1000)
                for start, end in found.get(place["chrom"], ())
                if start < place["end"] and end > place["start"]
            ]
            axes.broken_barh(shown, (0.15, 0.7), color=BLUE)
            _label(axes, "sites")
        _fill(truth, edges, place["bound"], DARK)
        _label(truth, "bound")
        for axes in rows:
            axes.axvline((place["bin_start"] + size / 2) / 1000, color="black", linewidth=1.1, linestyle=":")
        truth.set_xlabel(f"{place['chrom']}, kb")
        truth.set_xlim(edges[0], edges[-1])
        truth.xaxis.set_major_locator(MaxNLocator(5))
        truth.ticklabel_format(axis="x", useOffset=False)
        figure.align_ylabels()

    chosen = (place["bin_start"] - place["start"]) // size
    shown = [0, *range(max(chosen - 8, 0), min(chosen + 9, len(place["bound"])))]
    return draw(
        name,
        plot,
        title=f"{where}: {place['why']}",
        alt=f"{cell_type}, {where}: ATAC-seq signal, bound bins and predictions. The chosen bin begins at "
        f"{place['bin_start'] + 1:,}, is {'' if place['bound'][chosen] else 'not '}bound, and has the prediction "
        f"{number(place['predicted'][chosen])}.",
        note=f"{cell_type}. The dotted line is the bin that was chosen; the table has the bins around it."
        + (f" Sites of {', '.join(sites)}, in this order." if sites else ""),
        header=["start of the bin", "ATAC-seq signal", "bound", "prediction"],
        rows=[
            [
                f"{place['start'] + size * step + 1:,}", number(place["signal"][step]),
                "yes" if place["bound"][step] else "no", number(place["predicted"][step]),
            ]
            for step in dict.fromkeys(shown[1:])
        ],
        height=HEIGHT + 0.2 + 0.3 * len(sites),
    )  # fmt: skip


def _label(axes: Axes, text: str) -> None:
    """Turn axes into a narrow row with a name."""
    axes.set(ylim=(0, 1), yticks=())
    axes.set_ylabel(text, rotation=0, ha="right", va="center")
    axes.grid(visible=False)


def _fill(axes: Axes, edges: Sequence[float], values: Sequence[float | None], colour: str) -> None:
    axes.stairs([math.nan if value is None else value for value in values], edges, fill=True, color=colour)

"""The figures of a report, each from plain numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL
from maxatac.figures.drawing import HEIGHT, WIDTH, Drawing, draw
from maxatac.figures.style import BLUE, GREEN, GREY, ORANGE
from maxatac.wording import counted, number, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

PURPLE, DARK = "#AA4499", "#444444"

# Told apart by dash and marker as well as by colour.
_PREDICTORS = {
    MODEL: (BLUE, "-", "o"),
    SIGNAL: (ORANGE, "--", "s"),
    BINDING: (GREEN, "-.", "^"),
    GUESS: (DARK, ":", "D"),
}
_SETS = {
    "training": (BLUE, "-", "o"),
    "ROI": (ORANGE, "--", "s"),
    "genome": (GREEN, "-.", "^"),
    "test": (PURPLE, ":", "D"),
}
SET_NAMES = {
    "training": "training",
    "ROI": "validation, around peaks",
    "genome": "validation, genome-like",
    "test": "test",
}
MOST_CHROMS = 60
"""Chromosomes that are all drawn; of more, the largest of each set are."""

LARGEST_CHROMS = 10

_ROLES = {"training": "trains", "validation": "validates"}
_USES = {
    "trains": (BLUE, "white", "T"),
    "validates": ("#A34700", "white", "V"),
    "tested": (PURPLE, "white", "E"),
    "baseline": ("#BFE3D8", "#222222", "b"),
    "not read": ("#F2F2F2", "#555555", "\u2013"),
}
_LINE, _LONGEST_LINE, _ROW = 24, 30, 0.36  # letters in a line of a name, and height in inches of a row that has one
_RECALLS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def _wrapped(names: Iterable[str]) -> list[str]:
    """Break long names into two lines, so that they leave room for what is drawn; the rest of longer ones is cut."""
    broken = []
    for name in names:
        for width in range(_LINE, _LONGEST_LINE + 1):
            lines = textwrap.wrap(name, width)
            if len(lines) <= 2:
                break
        else:
            rest = name[len(lines[0]) :].strip()
            half = _LONGEST_LINE // 2
            lines = [lines[0], f"{rest[: half - 1]}\u2026{rest[-half:]}"]
        broken.append("\n".join(lines) or name)
    return broken


def _logarithmic(axis: Axis, *, percent: bool = False) -> None:
    """Let an axis that is logarithmic show plain numbers, and more than one of them on a short one."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10, subs=(1,)))
    low, high = sorted(axis.get_view_interval())
    if high < 100 * low:
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %" if percent else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def split_matrix(trained_on: Row, tested_label: str | None) -> Drawing:
    """Draw which chromosome of which cell type is used for what.

    Parameters
    ----------
    trained_on : mapping
        As :func:`maxatac.training.report_data.trained_on` makes it.
    tested_label : str or None
        Label of the cell types that are tested; None if none is.
    """
    cells = trained_on["cell_types"]
    chroms, note = _some_chroms(trained_on["chroms"])
    width = max(WIDTH, 1.6 + 0.3 * len(chroms))
    rows = [
        [cell["name"], cell["label"], *(use_of(chrom["role"], cell["label"], tested_label) for chrom in chroms)]
        for cell in cells
    ]

    def plot(figure: Figure) -> None:
        from matplotlib.patches import Patch, Rectangle

        axes = figure.subplots()
        for y, cell in enumerate(cells):
            for x, chrom in enumerate(chroms):
                colour, ink, mark = _USES[use_of(chrom["role"], cell["label"], tested_label)]
                axes.add_patch(Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, facecolor=colour, edgecolor="none"))
                axes.text(x, y, mark, ha="center", va="center", color=ink)
        axes.set(xlim=(-0.5, len(chroms) - 0.5), ylim=(len(cells) - 0.5, -0.5))
        axes.set_xticks(range(len(chroms)), [chrom["name"] for chrom in chroms], rotation=90 if len(chroms) > 6 else 0)
        axes.set_yticks(range(len(cells)), _wrapped(cell["name"] for cell in cells))
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        used = {use for row in rows for use in row[2:]}
        handles = [Patch(color=look[0], label=f"{look[2]}: {use}") for use, look in _USES.items() if use in used]
        figure.legend(handles=handles, loc="outside lower center", ncols=5 if width > 6 else 3)

    return draw(
        "split",
        plot,
        title="What is used for what",
        alt=f"A grid of {counted(len(cells), 'cell type')} and {counted(len(chroms), 'chromosome')}: "
        "which trains, which validates, which is tested, and which is not read.",
        note=note,
        header=["cell type", "label", *(chrom["name"] for chrom in chroms)],
        rows=rows,
        width=width,
        height=1.5 + _ROW * len(cells) + (0.5 if len(chroms) > 6 else 0),
    )


def _some_chroms(chroms: Sequence[Row]) -> tuple[Sequence[Row], str]:
    """Choose the chromosomes to draw: all, or of many the largest of each set; and say so."""
    if len(chroms) <= MOST_CHROMS:
        return chroms, ""
    drawn: list[Row] = []
    for role in dict.fromkeys(chrom["role"] for chrom in chroms):
        mine = [chrom for chrom in chroms if chrom["role"] == role]
        drawn += sorted(mine, key=lambda chrom: chrom["size"], reverse=True)[:LARGEST_CHROMS]
    return drawn, f"Of {len(chroms):,} chromosomes, the {LARGEST_CHROMS} largest of each set."


def use_of(role: str, label: str, tested_label: str | None) -> str:
    """Say what a chromosome of a cell type is used for."""
    if role == "test":
        # The binding of the others is what the model is held against.
        return "tested" if label == tested_label else "baseline" if label == "Train" and tested_label else "not read"
    return _ROLES[role] if label == "Train" else "not read"


def region_sources(pools: Mapping[str, Sequence[Row]]) -> Drawing:
    """Draw where the regions of both pools come from."""
    kinds = list(dict.fromkeys(source["kind"] for sources in pools.values() for source in sources))
    kept: dict[tuple[str, str], dict[str, int]] = {}
    for name, sources in pools.items():
        for source in sources:
            counts = kept.setdefault((name, source["cell_type"]), dict.fromkeys(kinds, 0))
            counts[source["kind"]] += source["kept"]
    labels = [f"{cell if cell != '.' else 'any cell type'}, {name}" for name, cell in kept]
    looks = dict(zip(kinds, ((BLUE, ""), ("#F0B183", "///"), ("#7FC8B1", "...")), strict=False))

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        left = [0] * len(kept)
        for kind in kinds:
            values = [counts[kind] for counts in kept.values()]
            colour, hatch = looks[kind]
            axes.barh(
                range(len(labels)), values, left=left, color=colour, hatch=hatch, edgecolor="white", label=_kind(kind)
            )
            left = [before + value for before, value in zip(left, values, strict=True)]
        axes.set_yticks(range(len(labels)), _wrapped(labels))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlabel("Regions")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside lower center", ncols=len(kinds))

    return draw(
        "regions",
        plot,
        title="Regions of interest by source",
        alt="Bars: regions of each cell type in the training and the validation pool, by the kind of peak.",
        header=["cell type, pool", *map(_kind, kinds)],
        rows=[
            [label, *(number(count) for count in counts.values())]
            for label, counts in zip(labels, kept.values(), strict=True)
        ],
        height=1.3 + _ROW * len(kept),
    )


def _kind(kind: str) -> str:
    return {"ATAC": "ATAC-seq peaks", "CHIP": "ChIP-seq peaks", "ROI": "regions given"}.get(kind, kind)


def label_rates(rates: Mapping[str, float]) -> Drawing:
    """Draw the share of bound bins in each set of windows."""
    shown = {name: rate for name, rate in rates.items() if rate > 0}

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        names = list(rates)
        axes.plot(list(shown.values()), [names.index(name) for name in shown], "o", color=BLUE, markersize=7)
        for name, rate in shown.items():
            axes.annotate(
                share(rate), (rate, names.index(name)), xytext=(8, 0), textcoords="offset points", va="center"
            )
        axes.set_yticks(range(len(names)), _wrapped(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        if shown:
            axes.set_xscale("log")
            axes.set_xlim(min(shown.values()) / 2, max(shown.values()) * 10)
            _logarithmic(axes.xaxis, percent=True)
        axes.set_xlabel("Bound bins")

    return draw(
        "label_rate",
        plot,
        title="Share of bound bins",
        alt="Dots on a logarithmic axis: " + "; ".join(f"{name} {share(rate)}" for name, rate in rates.items()) + ".",
        note="A guess has this share as its average precision.",
        header=["windows", "bound bins"],
        rows=[[name, share(rate)] for name, rate in rates.items()],
        height=1.1 + _ROW * len(rates),
    )


def epochs(
    name: str,
    title: str,
    label: str,
    history: Sequence[Row],
    columns: Mapping[str, str],
    best: int | None,
    note: str = "",
) -> Drawing:
    """Draw columns of the history over the epochs.

    Parameters
    ----------
    name, title, label : str
        Of the figure and of its vertical axis.
    history : sequence of mappings
    columns : mapping of str to str
        Set (``training``, ``ROI``, ``genome``) to the column.
    best : int or None
        The selected epoch, from 1.
    note : str
    """
    at = [int(row["epoch"]) for row in history]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        for which, column in columns.items():
            colour, dash, marker = _SETS[which]
            axes.plot(
                at, [row[column] for row in history], linestyle=dash, color=colour, marker=marker, markersize=4.5,
                linewidth=1.6, label=SET_NAMES[which],
            )  # fmt: skip
        if best is not None:
            axes.axvline(
                best, color=DARK, linewidth=1, linestyle=(0, (2, 2)), zorder=0, label=f"selected epoch ({best})"
            )
        axes.set(xlabel="Epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(at) == 1:
            axes.set_xlim(at[0] - 1, at[0] + 1)
        figure.legend(loc="outside lower center", ncols=2)

    return draw(
        name,
        plot,
        title=title,
        alt=f"Lines over {counted(len(at), 'epoch')}: {label.lower()} of "
        + ", ".join(
            f"{SET_NAMES[which]}, from {number(history[0][column])} to {number(history[-1][column])}"
            for which, column in columns.items()
        )
        + (f"; epoch {best} is selected." if best is not None else "."),
        note=note,
        header=["epoch", *(SET_NAMES[which] for which in columns)],
        rows=[[str(int(row["epoch"])), *(number(row[column], 4) for column in columns.values())] for row in history],
        height=HEIGHT + 0.3,
    )


def precision_recall(name: str, title: str, curves: Mapping[str, Row], note: str = "") -> Drawing:
    """Draw precision over recall for several predictors of the same bins, and the prevalence.

    Parameters
    ----------
    name, title, note : str
    curves : mapping of str to mapping
        Predictor to what :func:`maxatac.evaluation.curves.summarize` makes.
    """
    first = next(iter(curves.values()))
    prevalence = first["bound_bins"] / first["bins"]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for predictor, found in curves.items():
            colour, dash, _ = _PREDICTORS[predictor]
            recall, precision = found["curve"]["recall"], found["curve"]["precision"]
            # In steps, so that the area is the average precision: between two thresholds there is nothing to choose.
            axes.plot(
                [0.0, *recall], [precision[0], *precision], linestyle=dash, color=colour, linewidth=1.7,
                drawstyle="steps-pre", label=f"{predictor} ({number(found['average_precision'])})",
            )  # fmt: skip
        axes.axhline(
            prevalence, color=DARK, linestyle=":", linewidth=1.4, label=f"{GUESS} ({number(prevalence)})"
        )  # fmt: skip
        axes.set(xlabel="Recall", ylabel="Precision", xlim=(0, 1), ylim=(0, 1.02))
        figure.legend(loc="outside lower center", ncols=1)

    return draw(
        name,
        plot,
        title=title,
        alt="Curves of precision over recall; average precision: "
        + ", ".join(f"{predictor} {number(found['average_precision'])}" for predictor, found in curves.items())
        + f", {GUESS} {number(prevalence)}.",
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
    """Precision where a curve's points first reach a recall; None if there is no curve."""
    # A recall of 0.7 may be a sum that ends a little below.
    return next((p for r, p in zip(curve["recall"], curve["precision"], strict=True) if r >= recall - 1e-12), None)


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
            colour, _, marker = _PREDICTORS[predictor]
            if value["low"] is not None:
                axes.plot(
                    [value["low"], value["high"]], [y, y], color=colour, linewidth=3, alpha=0.55, solid_capstyle="butt"
                )
            axes.plot([value["value"]], [y], marker=marker, color=colour, markersize=7)
        axes.set_yticks(range(len(found)), [f"{_short(predictor)}, {size}" for size, predictor, _ in found])
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


def _short(predictor: str) -> str:
    return "mean binding" if predictor == BINDING else predictor


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
        for offset, which in zip(_offsets(len(sets)), sets, strict=True):
            colour, _, marker = _SETS[which]
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
        axes.set_yticks(range(len(cells)), _wrapped(cells))
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


def _offsets(count: int) -> list[float]:
    return [0.22 * (place - (count - 1) / 2) for place in range(count)]


def calibration(groups: Mapping[str, Sequence[Row]]) -> Drawing:
    """Draw the share of bound bins over the mean prediction, on logarithmic axes.

    Parameters
    ----------
    groups : mapping of str to sequence of mappings
        Set to its groups, as :func:`maxatac.evaluation.curves.calibration` makes them.
    """

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        lowest = 1.0
        for which, found in groups.items():
            colour, dash, marker = _SETS[which]
            shown = [group for group in found if group["bound_bins"] and group["mean_score"] > 0]
            x = [group["mean_score"] for group in shown]
            y = [group["bound_bins"] / group["bins"] for group in shown]
            lowest = min([lowest, *x, *y])
            axes.plot(
                x, y, linestyle=dash, color=colour, marker=marker, markersize=5, linewidth=1.4, label=SET_NAMES[which]
            )
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
        _logarithmic(axes.xaxis)
        _logarithmic(axes.yaxis)
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
                SET_NAMES[which], f"{group['low']:g} to {group['high']:g}", number(group["bins"]),
                number(group["mean_score"]), number(group["bound_bins"] / group["bins"]),
            ]
            for which, found in groups.items()
            for group in found
        ],
        height=HEIGHT + 0.7,
    )  # fmt: skip


def wilson(hits: float, trials: float, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share by Wilson's score.

    Parameters
    ----------
    hits, trials : float
    z : float
        1.96 for 95 %.
    """
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
        _logarithmic(axes.yaxis, percent=True)
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


_PARTS = {
    "training": ("training", BLUE, ""),
    "waiting": ("of it, waiting for the loader at most", "#F0B183", "///"),
    "statistics": ("batch-norm statistics", "#BBBBBB", ""),
    "validation": ("validation, around peaks", "#7FC8B1", "..."),
    "genome": ("validation, genome-like", GREEN, ""),
}


def parts_of(row: Row) -> dict[str, float]:
    """Seconds of each part of an epoch, from its row of the timing table; they add up to the epoch's."""
    seconds = {name: row[f"{name}_share"] * row["seconds"] for name in ("statistics", "validation", "genome")}
    training = row["seconds"] - sum(seconds.values())
    waiting = row["waiting_share"] * training
    return {"training": training - waiting, "waiting": waiting, **seconds}


def times(timing: Sequence[Row]) -> Drawing:
    """Draw what the time of each epoch went to."""
    parts = [parts_of(row) for row in timing]
    at = [int(row["epoch"]) for row in timing]
    shown = [name for name in _PARTS if any(part[name] > 0 for part in parts)]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        bottom = [0.0] * len(at)
        for name in shown:
            label, colour, hatch = _PARTS[name]
            values = [part[name] for part in parts]
            axes.bar(
                at, values, bottom=bottom, color=colour, hatch=hatch, edgecolor="white", linewidth=0.3, label=label
            )
            bottom = [before + value for before, value in zip(bottom, values, strict=True)]
        axes.set(xlabel="Epoch", ylabel="Seconds")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(at) == 1:
            axes.set_xlim(at[0] - 1.5, at[0] + 1.5)
        axes.grid(axis="x", visible=False)
        figure.legend(loc="outside lower center", ncols=1)

    return draw(
        "times",
        plot,
        title="What the time of each epoch went to",
        alt=f"Stacked bars of {counted(len(at), 'epoch')}: seconds of training, of waiting for the loader, and of "
        "validation.",
        header=["epoch", "seconds", *(_PARTS[name][0] for name in shown)],
        rows=[
            [str(epoch), number(row["seconds"]), *(number(part[name]) for name in shown)]
            for epoch, row, part in zip(at, timing, parts, strict=True)
        ],
        height=HEIGHT + 0.2 * len(shown),
    )


def loader_meter(timing: Sequence[Row]) -> Drawing:
    """Draw examples per second, and how long training waited for the loader."""
    at = [int(row["epoch"]) for row in timing]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        above, below = figure.subplots(2, 1, sharex=True)
        above.plot(at, [row["examples_per_second"] for row in timing], color=BLUE, marker="o", markersize=4.5)
        above.set(ylabel="Examples\nper second")
        above.set_ylim(bottom=0)
        waited = [100 * row["waiting_share"] for row in timing]
        below.plot(at, waited, color=ORANGE, linestyle="--", marker="s", markersize=4.5)
        below.axhline(5, color=DARK, linestyle=":", linewidth=1.2)
        below.set(xlabel="Epoch", ylabel="Waiting\n(% of training)", ylim=(0, max(6, *waited) * 1.1))
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(at) == 1:
            below.set_xlim(at[0] - 1, at[0] + 1)

    return draw(
        "loader",
        plot,
        title="The loader",
        alt=f"Lines over {counted(len(at), 'epoch')}: examples per second, and the share of the training time spent "
        f"waiting for the loader, {share(timing[-1]['waiting_share'])} in the last.",
        note="From the dotted line, 5 %, the log says what to change.",
        header=["epoch", "examples per second", "waiting"],
        rows=[
            [str(epoch), number(row["examples_per_second"]), share(row["waiting_share"])]
            for epoch, row in zip(at, timing, strict=True)
        ],
        height=HEIGHT + 0.5,
    )


def locus(name: str, place: Row, cell_type: str) -> Drawing:
    """Draw a place of a chromosome: signal, truth and prediction.

    Parameters
    ----------
    name : str
    place : mapping
        As :func:`maxatac.evaluation.example_loci.example_loci` makes it.
    cell_type : str
    """
    where = f"{place['chrom']}:{place['start'] + 1:,}-{place['end']:,}"
    size = (place["end"] - place["start"]) // len(place["bound"])
    edges = [(place["start"] + size * step) / 1000 for step in range(len(place["bound"]) + 1)]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        above, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(1, 0.25, 1))
        _fill(above, edges, place["signal"], ORANGE)
        above.set_ylabel("ATAC-seq\nsignal")
        _fill(middle, edges, place["bound"], DARK)
        middle.set(ylim=(0, 1), yticks=())
        middle.set_ylabel("bound", rotation=0, ha="right", va="center")
        middle.grid(visible=False)
        _fill(below, edges, place["predicted"], BLUE)
        below.set(ylim=(0, max(1.0, *_known(place["predicted"]))), xlabel=f"{place['chrom']}, kb")
        below.set_ylabel("Prediction")
        for axes in (above, middle, below):
            axes.axvline((place["bin_start"] + size / 2) / 1000, color="black", linewidth=1.1, linestyle=":")
        below.set_xlim(edges[0], edges[-1])
        below.xaxis.set_major_locator(MaxNLocator(5))
        below.ticklabel_format(useOffset=False)
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
        note=f"{cell_type}. The dotted line is the bin that was chosen; the table has the bins around it.",
        header=["start of the bin", "ATAC-seq signal", "bound", "prediction"],
        rows=[
            [
                f"{place['start'] + size * step + 1:,}", number(place["signal"][step]),
                "yes" if place["bound"][step] else "no", number(place["predicted"][step]),
            ]
            for step in dict.fromkeys(shown[1:])
        ],
        height=HEIGHT + 0.2,
    )  # fmt: skip


def _fill(axes: Axes, edges: Sequence[float], values: Sequence[float | None], colour: str) -> None:
    axes.stairs([math.nan if value is None else value for value in values], edges, fill=True, color=colour)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]

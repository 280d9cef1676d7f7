"""The figure of a cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maxatac.evaluation.folds import BASELINES, FoldScores, Row
from maxatac.evaluation.looks import PREDICTOR_LOOKS
from maxatac.evaluation.ranking import GUESS, MODEL
from maxatac.figures.axes import ROW, wrapped
from maxatac.figures.drawing import Drawing, draw
from maxatac.wording import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS = 60
"""Rows of a figure; of more, the folds have one each."""

SEEN = f"{MODEL}, on chromosomes that trained (no result)"
"""How the hollow points are called."""

_COLUMNS = {MODEL: "average_precision", **BASELINES, GUESS: "prevalence"}


def draw_folds(scores: FoldScores, bin_size: int, title: str) -> Drawing:
    """Draw the average precision of the model of each fold, with its interval, and of its baselines, and the means.

    Parameters
    ----------
    scores : FoldScores
    bin_size : int
        In bp.
    title : str
    """
    rows = scores.of(bin_size)
    seen = {(row["fold"], row["cell_type"]): row[_COLUMNS[MODEL]] for row in scores.of(bin_size, seen=True)}
    if len(rows) > MOST_ROWS:
        by_fold = {column: scores.of_folds(column, bin_size) for column in _COLUMNS.values()}
        folds = dict.fromkeys(row["fold"] for row in rows)
        rows = [{"fold": fold, **{column: found.get(fold) for column, found in by_fold.items()}} for fold in folds]
        seen = {(fold, None): value for fold, value in scores.of_folds(_COLUMNS[MODEL], bin_size, seen=True).items()}
    names = [_name(row) for row in rows]
    mean = scores.mean(bin_size)
    seen_values = [seen.get((row["fold"], row.get("cell_type"))) for row in rows]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (name, column) in enumerate(_COLUMNS.items()):
            colour, dash, marker = PREDICTOR_LOOKS[name]
            offset = 0.17 * (place - (len(_COLUMNS) - 1) / 2)
            points = [(row, y + offset) for y, row in enumerate(rows) if row[column] is not None]
            for row, y in points if name == MODEL else ():
                if row.get(f"{column}_low") is not None:
                    ends = [row[f"{column}_low"], row[f"{column}_high"]]
                    axes.plot(ends, [y, y], color=colour, linewidth=3, alpha=0.55, solid_capstyle="butt")
            axes.plot(
                [row[column] for row, _ in points], [y for _, y in points], marker=marker, color=colour,
                linestyle="none", markersize=6, label=name,
            )  # fmt: skip
            if mean[column] is not None and name != GUESS:
                axes.axvline(mean[column], color=colour, linestyle=dash, linewidth=1, zorder=0)
        colour, _, marker = PREDICTOR_LOOKS[MODEL]
        if points := [(value, y) for y, value in enumerate(seen_values) if value is not None]:
            axes.plot(
                *zip(*points, strict=True), marker=marker, color=colour, linestyle="none", markersize=6,
                markerfacecolor="none", label=SEEN,
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), wrapped(names))
        told = "(bars: 95 % intervals of the model; lines: means)"
        axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=f"Average precision, {bin_size}-bp bins\n{told}")
        axes.set_xlim(left=0)
        axes.set_title(title, loc="left", fontsize="medium")
        figure.legend(loc="outside lower center", ncols=2)

    return draw(
        "folds",
        plot,
        title=title,
        alt="Points: " + "; ".join(
            f"{name}, {number(row['average_precision'])}" for name, row in zip(names, rows, strict=True)
        ) + ".",
        note="Bars are 95 % intervals from resampled blocks of the test chromosomes; lines are means over the folds.",
        header=["fold", *_COLUMNS, *([SEEN] if seen else ())],
        rows=[
            [name, *(number(row[column]) for column in _COLUMNS.values()), *([number(value)] if seen else ())]
            for name, row, value in [
                *zip(names, rows, seen_values, strict=True),
                ("mean", mean, scores.mean(bin_size, seen=True)[_COLUMNS[MODEL]]),
            ]
        ],
        width=6.4,
        height=1.4 + 1.5 * ROW * len(rows),
    )  # fmt: skip


def _name(row: Row) -> str:
    """Name a row: the fold, and where it tests another cell type than its name says, that."""
    fold, cell_type = row["fold"], row.get("cell_type")
    return str(fold) if cell_type in (None, fold) else f"{fold}, {cell_type}"

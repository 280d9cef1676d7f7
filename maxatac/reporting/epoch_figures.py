"""Figures of the epochs of a run, and of where their time went.

``timing`` is the rows of the timing table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.figures.drawing import HEIGHT, Drawing, draw
from maxatac.figures.style import BLUE, DARK, GREEN, ORANGE
from maxatac.reporting.looks import SET_LOOKS, SET_NAMES
from maxatac.wording import counted, number, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]


def epochs(name: str, title: str, history: Sequence[Row], columns: Mapping[str, str], best: int | None) -> Drawing:
    """Draw columns of the history over the epochs.

    Parameters
    ----------
    name, title : str
        Of the figure; the title also labels the vertical axis.
    history : sequence of mappings
    columns : mapping of str to str
        Set (``training``, ``ROI``, ``genome``) to the column.
    best : int or None
        The selected epoch, from 1.
    """
    at = [int(row["epoch"]) for row in history]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for which, column in columns.items():
            colour, dash, marker = SET_LOOKS[which]
            axes.plot(
                at, [row[column] for row in history], linestyle=dash, color=colour, marker=marker, markersize=4.5,
                linewidth=1.6, label=SET_NAMES[which],
            )  # fmt: skip
        if best is not None:
            axes.axvline(
                best, color=DARK, linewidth=1, linestyle=(0, (2, 2)), zorder=0, label=f"selected epoch ({best})"
            )
        axes.set(xlabel="Epoch", ylabel=title)
        _whole_epochs(axes, at)
        figure.legend(loc="outside lower center", ncols=2)

    return draw(
        name,
        plot,
        title=title,
        alt=f"Lines over {counted(len(at), 'epoch')}: {title.lower()} of "
        + ", ".join(
            f"{SET_NAMES[which]}, from {number(history[0][column])} to {number(history[-1][column])}"
            for which, column in columns.items()
        )
        + (f"; epoch {best} is selected." if best is not None else "."),
        header=["epoch", *(SET_NAMES[which] for which in columns)],
        rows=[[str(int(row["epoch"])), *(number(row[column], 4) for column in columns.values())] for row in history],
        height=HEIGHT + 0.3,
    )


def _whole_epochs(axes: Axes, at: Sequence[int], margin: float = 1) -> None:
    """Label an axis with whole epochs, and leave room beside a single one."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(at) == 1:
        axes.set_xlim(at[0] - margin, at[0] + margin)


_PARTS = {
    "training": ("training", BLUE, ""),
    "waiting": ("of it, waiting for the loader at most", "#F0B183", "///"),
    "statistics": ("batch-norm statistics", "#BBBBBB", ""),
    "validation": ("validation, around peaks", "#7FC8B1", "..."),
    "genome": ("validation, genome-like", GREEN, ""),
}


def parts_of(row: Row) -> dict[str, float]:
    """Split the time of an epoch.

    Parameters
    ----------
    row : mapping
        Of the timing table.

    Returns
    -------
    dict of str to float
        Seconds of ``training``, ``waiting``, ``statistics``, ``validation`` and ``genome``; they add up.
    """
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
        _whole_epochs(axes, at, margin=1.5)
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


def loader(timing: Sequence[Row]) -> Drawing:
    """Draw examples per second, and how long training waited for the loader."""
    at = [int(row["epoch"]) for row in timing]

    def plot(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        above.plot(at, [row["examples_per_second"] for row in timing], color=BLUE, marker="o", markersize=4.5)
        above.set(ylabel="Examples\nper second")
        above.set_ylim(bottom=0)
        waited = [100 * row["waiting_share"] for row in timing]
        below.plot(at, waited, color=ORANGE, linestyle="--", marker="s", markersize=4.5)
        below.axhline(5, color=DARK, linestyle=":", linewidth=1.2)
        below.set(xlabel="Epoch", ylabel="Waiting\n(% of training)", ylim=(0, max(6, *waited) * 1.1))
        _whole_epochs(below, at)

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

"""Figures of a run. Plotting libraries are imported when a figure is drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maxatac.figures.style import BLUE, GREEN, GREY, ORANGE, new_figure, own_style

_LAYER_COLOURS = {"Conv1D": BLUE, "BatchNormalization": GREY, "MaxPooling1D": ORANGE, "Dense": GREEN}

_MEMBER = re.compile(r"member_(\d+)_")
"""How the layers of a member of an ensemble are called."""


@own_style()
def plot_history(history: Sequence[Mapping[str, float]], best: int | None, path: Path, *, title: str) -> None:
    """Draw loss and Dice coefficient of training and validation per epoch.

    Parameters
    ----------
    history : sequence of mappings
        Rows with ``epoch``, ``loss``, ``dice_coef``, ``val_loss``, ``val_dice_coef``.
    best : int, optional
        Position of the selected row, marked in the figure.
    path : Path
        Where to write; the suffix says the format.
    title : str
    """
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(9, 3.8)
    epochs = [row["epoch"] for row in history]
    for axes, name, label in zip(
        figure.subplots(1, 2), ("dice_coef", "loss"), ("Dice coefficient", "Loss"), strict=True
    ):
        for column, colour, legend, marker in (
            (name, BLUE, "training", "o"),
            (f"val_{name}", ORANGE, "validation", "s"),
        ):
            values = [row[column] for row in history]
            axes.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.5, label=legend)
        if best is not None:
            epoch = history[best]["epoch"]
            axes.axvline(epoch, color=GREY, linestyle="--", linewidth=1, zorder=0, label=f"best epoch ({epoch:g})")
        axes.set(xlabel="Epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e6e6e6")
        axes.set_axisbelow(True)
        axes.legend(frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=150)


@own_style()
def plot_structure(layers: Sequence[Mapping[str, Any]], path: Path, *, title: str) -> None:
    """Draw a network as a column of layers, from input to output.

    Parameters
    ----------
    layers : sequence of mappings
        ``name``, ``kind`` (class), ``detail`` (what distinguishes it), ``shape`` (of its output) and ``parameters`` of
        each layer.
    path : Path
    title : str
    """
    from matplotlib.patches import FancyBboxPatch

    step, height = 0.30, 0.24
    figure = new_figure(8.5, 0.9 + step * len(layers))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, 10), ylim=(-step * len(layers), step))
    for column, heading in ((0.15, "Layer"), (4.1, "Settings"), (7.25, "Output"), (9.85, "Parameters")):
        side = "right" if column > 9 else "left"
        axes.text(column, 0.1, heading, fontsize=8, color="#555555", ha=side, va="center")
    for row, layer in enumerate(layers):
        centre = -step * (row + 0.5)
        colour = _LAYER_COLOURS.get(layer["kind"], "#555555")
        box = FancyBboxPatch(
            (0.05, centre - height / 2), 9.9, height, boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=colour + "1a", edgecolor=colour, linewidth=0.8,
        )  # fmt: skip
        axes.add_patch(box)
        axes.text(0.15, centre, layer["kind"], fontsize=8, weight="bold", color=colour, va="center")
        axes.text(2.2, centre, layer["name"], fontsize=7, color="#555555", va="center")
        axes.text(4.1, centre, layer["detail"], fontsize=8, va="center")
        axes.text(7.25, centre, layer["shape"], fontsize=8, va="center")
        axes.text(
            9.85, centre, f"{layer['parameters']:,}" if layer["parameters"] else "", fontsize=8, ha="right", va="center"
        )
    figure.suptitle(title)
    figure.savefig(path, dpi=150)


def describe_layers(model: Any) -> list[dict[str, Any]]:
    """Turn a Keras model into the rows of ``plot_structure``; of the members of an ensemble, the first one."""
    rows = []
    for layer in model.layers:
        member = _MEMBER.match(layer.name)
        if member and member[1] != "1":
            continue
        config = layer.get_config()
        kind = type(layer).__name__
        detail = ""
        if kind == "Conv1D":
            filters, kernel, dilation = config["filters"], config["kernel_size"][0], config["dilation_rate"][0]
            detail = f"{filters} x {kernel}, dilation {dilation}, {config['activation']}"
        elif kind == "MaxPooling1D":
            detail = f"by {config['pool_size'][0]}"
        elif kind == "BatchNormalization":
            detail = f"momentum {config['momentum']:g}"
        elif kind == "Dense":
            detail = f"{config['units']} units, {config['activation']}"
        elif kind == "Average":
            detail = f"of {len(layer.input)} networks like this"
        elif isinstance(layer.input, list):
            detail = " + ".join(_plain_name(tensor._keras_history.operation) for tensor in layer.input)
        elif "activation" in config:
            detail = str(config["activation"])
        shape = layer.output.shape if not isinstance(layer.output, list) else layer.output[0].shape
        rows.append(
            {
                "name": _plain_name(layer),
                "kind": kind,
                "detail": detail,
                "shape": " x ".join(f"{size}" for size in shape[1:]),
                "parameters": layer.count_params(),
            }
        )
    return rows


def _plain_name(layer: Any) -> str:
    """Name a layer without its member."""
    return _MEMBER.sub("", layer.name)

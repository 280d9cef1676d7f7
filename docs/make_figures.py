"""Draw the figures of the documentation: ``python docs/make_figures.py [FOLDER]``.

What they show comes from the package (the default chromosomes, the split as the program resolves it, windows as it
centres them) or was measured (``scale.json``, which ``make bench-scale`` has made).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle

from maxatac.errors import Problems
from maxatac.genome.split import resolve_chroms
from maxatac.genome.windows import BINS, WINDOW_LENGTH, centre
from maxatac.training.settings import DEFAULT_CHROMS, DEFAULT_TRAINING_CHROMS, DEFAULT_VALIDATION_CHROMS

HUMAN = tuple(f"chr{name}" for name in (*range(1, 23), "X", "Y"))
CELLS = (("Cell type A", "Train"), ("Cell type B", "Train"), ("Cell type C", "Train"), ("Cell type D", "Test"))

# Okabe and Ito's palette, as in the figures of a run: told apart by people who do not see all colours, and in print.
TRAINING, VALIDATION, STUDY, NOTHING = "#0072B2", "#D55E00", "#9fc3d9", "#e9e9e9"
CELL_COLOURS = ("#009E73", "#CC79A7", "#E69F00")
INK, FAINT = "#222222", "#777777"

# Peaks of three cell types along one stretch of a chromosome, in bp: (start, end).
PEAKS = (
    ((900, 1_500), (6_100, 6_500), (11_900, 12_700)),
    ((1_000, 1_700), (8_300, 9_100)),
    ((3_300, 3_900), (8_500, 9_000), (12_000, 12_500)),
)
STRETCH = 14_000
# Region drawn for each example of the batch, and the cell type that it is given; -1 for a random window.
BATCH = ((4, 0), (0, 2), (6, 1), (2, 2), (7, 0), (-1, 1))


def draw_split(path: Path) -> None:
    """Draw which chromosomes and cell types train, and how a batch comes about."""
    figure = Figure(figsize=(10, 6.7))
    FigureCanvasSVG(figure)
    _draw_grid(figure.add_axes((0.02, 0.555, 0.96, 0.43)))
    _draw_batch(figure.add_axes((0.02, 0.01, 0.96, 0.53)))
    _save(figure, path)


def draw_scale(path: Path) -> None:
    """Draw what an example costs as pool and tracks grow, and the time to the first batch as the genome grows."""
    scale = json.loads((Path(__file__).parent / "scale.json").read_text(encoding="utf-8"))
    figure = Figure(figsize=(10, 3.4))
    FigureCanvasSVG(figure)
    pool, tracks, genome = figure.subplots(
        1, 3, gridspec_kw={"left": 0.065, "right": 0.985, "bottom": 0.17, "top": 0.86}
    )
    _draw_costs(pool, scale["pool"], "regions", TRAINING)
    pool.set(xscale="log", xlabel="regions in the pool", ylabel="CPU time per example (us)")
    _draw_costs(tracks, scale["tracks"], "cell_types", TRAINING)
    tracks.set(xlim=(0, None), xlabel="cell types", ylabel="CPU time per example (us)")
    for kind, colour in (("sparse", TRAINING), ("dense", VALIDATION)):
        rows = [row for row in scale["genome"] if row["kind"] == kind]
        _draw_spread(genome, [row["size"] / 1e6 for row in rows], [row["first_batch_seconds"] for row in rows], colour)
        genome.plot([], [], color=colour, marker="o", markersize=4, label=f"{kind} tracks")
    threads, cell_types = scale["genome"][0]["threads"], scale["cell_types"]
    genome.set(xlim=(0, None), xlabel="genome (Mb)", ylabel="time to the first batch (s)")
    genome.legend(frameon=False, fontsize=8.5, loc="upper left", title=f"{cell_types} cell types, {threads} threads",
                  title_fontsize=8.5, alignment="left")  # fmt: skip
    for axes, letter in ((pool, "a"), (tracks, "b"), (genome, "c")):
        axes.set_ylim(0, None)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8.5, colors=INK)
        axes.xaxis.label.set(fontsize=9.5, color=INK)
        axes.yaxis.label.set(fontsize=9.5, color=INK)
        axes.set_title(letter, loc="left", fontsize=14, weight="bold", color=INK)
    _save(figure, path)


def _draw_costs(axes: matplotlib.axes.Axes, rows: Sequence[Mapping[str, Any]], what: str, colour: str) -> None:
    """Draw the cost of an example over a count, in microseconds."""
    costs = [{name: seconds * 1e6 for name, seconds in row["cpu"].items()} for row in rows]
    _draw_spread(axes, [row[what] for row in rows], costs, colour)


def _draw_spread(
    axes: matplotlib.axes.Axes, places: Sequence[float], spreads: Sequence[Mapping[str, float]], colour: str
) -> None:
    """Draw medians, joined, with their quartiles as bars."""
    medians = np.array([spread["median"] for spread in spreads])
    low, high = (np.array([spread[end] for spread in spreads]) for end in ("low", "high"))
    axes.errorbar(places, medians, yerr=(medians - low, high - medians), color=colour, marker="o", markersize=4,
                  linewidth=1.3, elinewidth=1, capsize=2)  # fmt: skip


def _save(figure: Figure, path: Path) -> None:
    # The date and random ids would make the bytes differ from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "maxatac", "svg.fonttype": "path"}):
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _draw_grid(axes: matplotlib.axes.Axes) -> None:
    """Draw chromosomes against cell types."""
    problems = Problems()
    split = resolve_chroms(
        dict.fromkeys(HUMAN, WINDOW_LENGTH),
        chroms=None, tchroms=None, vchroms=None,
        defaults=(DEFAULT_CHROMS, DEFAULT_TRAINING_CHROMS, DEFAULT_VALIDATION_CHROMS),
        problems=problems,
    )  # fmt: skip
    assert not problems
    axes.set_axis_off()
    axes.set(xlim=(-5.1, len(HUMAN) + 0.2), ylim=(len(CELLS) + 1.1, -1.75))
    axes.text(-5.0, -1.35, "a", fontsize=14, weight="bold", color=INK, va="center")
    axes.text(-4.4, -1.35, "Which chromosomes and cell types are used (defaults, human genome)", fontsize=11, color=INK,
              va="center")  # fmt: skip
    for column, chrom in enumerate(HUMAN):
        axes.text(column + 0.5, -0.35, chrom.removeprefix("chr"), ha="center", va="center", fontsize=8.5, color=INK)
        for row, (_, label) in enumerate(CELLS):
            colour = NOTHING
            if label == "Train" and chrom in split.training:
                colour = TRAINING
            elif label == "Train" and chrom in split.validation:
                colour = VALIDATION
            elif label == "Train" and chrom in split.chroms:
                colour = STUDY
            axes.add_patch(Rectangle((column + 0.06, row + 0.08), 0.88, 0.84, facecolor=colour, linewidth=0))
    axes.text(-0.3, -0.35, "chromosome", ha="right", va="center", fontsize=8.5, color=FAINT)
    for row, (name, label) in enumerate(CELLS):
        axes.text(-5.0, row + 0.5, name, va="center", fontsize=10, color=INK)
        axes.text(-0.3, row + 0.5, label, va="center", ha="right", fontsize=10, color=INK,
                  style="italic" if label == "Test" else "normal")  # fmt: skip
    handles = [
        Patch(color=TRAINING, label="training regions"),
        Patch(color=VALIDATION, label="validation regions"),
        Patch(color=STUDY, label="in --chroms, in neither list"),
        Patch(color=NOTHING, label="left alone: kept for an independent test"),
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=4, frameon=False, fontsize=9,
                handlelength=1.2, columnspacing=1.8, borderaxespad=0)  # fmt: skip


def _draw_batch(axes: matplotlib.axes.Axes) -> None:
    """Draw how peaks become regions, and regions a batch."""
    axes.set_axis_off()
    axes.set(xlim=(0, 100), ylim=(12.6, -0.9))
    axes.text(0.3, -0.2, "b", fontsize=14, weight="bold", color=INK, va="center")
    axes.text(2.4, -0.2, "From peaks to a batch", fontsize=11, color=INK, va="center")
    left, width = 15.0, 58.0

    def x(bp: float) -> float:
        return left + width * bp / STRETCH

    axes.text(0.3, 1.0, "1  ATAC-seq and ChIP-seq peaks of the Train cell types", fontsize=9.5, color=INK, va="center")
    regions = []
    for cell, (peaks, colour) in enumerate(zip(PEAKS, CELL_COLOURS, strict=True)):
        middle = 2.0 + 0.85 * cell
        axes.text(left - 1.5, middle, CELLS[cell][0], fontsize=9, color=INK, ha="right", va="center")
        axes.plot([x(0), x(STRETCH)], [middle, middle], color="#d5d5d5", linewidth=1, zorder=0)
        for start, end in peaks:
            axes.add_patch(Rectangle((x(start), middle - 0.26), x(end) - x(start), 0.52, facecolor=colour, linewidth=0))
        starts = centre(np.array([peak[0] for peak in peaks]), np.array([peak[1] for peak in peaks]))
        regions += [(int(start), cell) for start in starts]

    axes.text(0.3, 5.1, f"2  pool: each peak becomes a {WINDOW_LENGTH:,}-bp region; a shared peak stays several",
              fontsize=9.5, color=INK, va="center")  # fmt: skip
    middles = []
    for number, (start, cell) in enumerate(regions):
        # Regions that overlap are drawn on different levels.
        level = sum(abs(start - other) < WINDOW_LENGTH + 150 for other, _ in regions[:number])
        middle = 6.1 + 0.78 * level
        middles.append(middle)
        axes.add_patch(
            Rectangle((x(start), middle - 0.3), x(WINDOW_LENGTH) - x(0), 0.6, facecolor=CELL_COLOURS[cell], linewidth=0)
        )
        axes.text(x(start + WINDOW_LENGTH / 2), middle + 0.04, str(number + 1), fontsize=8, color="white",
                  ha="center", va="center", weight="bold")  # fmt: skip

    axes.text(0.3, 8.6, "3  batch: regions drawn at random, each read in a Train cell type drawn at random",
              fontsize=9.5, color=INK, va="center")  # fmt: skip
    step, box = 14.2, 13.0
    for place, (region, cell) in enumerate(BATCH):
        corner = 0.6 + step * place
        axes.add_patch(
            FancyBboxPatch((corner, 9.35), box, 2.9, boxstyle="round,pad=0,rounding_size=0.35",
                           facecolor=CELL_COLOURS[cell] + "22", edgecolor=CELL_COLOURS[cell], linewidth=1.3)
        )  # fmt: skip
        title = f"region {region + 1}" if region >= 0 else "random window"
        axes.text(corner + box / 2, 10.1, title, fontsize=9.5, ha="center", va="center", color=INK, weight="bold")
        axes.text(corner + box / 2, 10.85, "signal and binding of", fontsize=8, ha="center", va="center", color=FAINT)
        axes.text(corner + box / 2, 11.55, CELLS[cell][0], fontsize=9, ha="center", va="center", color=INK)
    axes.text(0.6 + step * len(BATCH), 10.8, "...", fontsize=14, va="center", color=FAINT)
    top = 0.7
    for heading, lines in (
        ("--shuffle_cell_type", "off: a region keeps its own cell type"),
        ("--jitter", "shifts each region"),
        ("--rand_ratio", "share of random windows"),
        ("--rev_comp_train", "half of the examples are\nreverse complemented"),
        ("input and target", f"{WINDOW_LENGTH:,} x (A, C, G, T, signal);\n{BINS} bins, bound or not"),
    ):
        axes.text(78, top, heading, fontsize=9, color=INK, va="top", family="monospace" if "--" in heading else None)
        axes.text(78, top + 0.6, lines, fontsize=8.5, color=FAINT, va="top", linespacing=1.2)
        top += 1.4 + 0.55 * lines.count("\n")
    axes.plot([76, 76], [0.7, 8.2], color="#d5d5d5", linewidth=1)


FIGURES = {"split.svg": draw_split, "scale.svg": draw_scale}


def main() -> None:
    """Draw all figures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        draw(folder / name)
        print(folder / name)


if __name__ == "__main__":
    main()

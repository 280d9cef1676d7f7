"""Draw the figures of the documentation: ``python docs/make_figures.py [FOLDER]``.

What they show comes from the package (the default chromosomes, the split as the program resolves it, windows as it
centres them), was measured (``scale.json``, which ``make bench-scale`` has made), or is the design of the package. Each
has a white ground of its own, so that it can be read on a dark page too.
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
RUST, PYTHON, FILE = "#D55E00", "#0072B2", "#999999"

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


def draw_flow(path: Path) -> None:
    """Draw the way of a window from the files to the weights of a network."""
    figure = Figure(figsize=(10, 8.45))
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, 100), ylim=(84.5, 0))
    axes.legend(
        handles=[Patch(facecolor=colour + "22", edgecolor=colour, label=name)
                 for colour, name in ((FILE, "file"), (RUST, "Rust (maxatac._core)"), (PYTHON, "Python"))],
        loc="upper left", bbox_to_anchor=(0.012, 0.995), ncols=3, frameon=False, fontsize=9, borderaxespad=0,
    )  # fmt: skip
    for place, colour, title, lines in (
        ((2, 4.5, 17, 6), FILE, "2bit", "bases of the genome"),
        ((21, 4.5, 19, 6), FILE, "ATAC-seq bigWig", "signal of a cell type"),
        ((42, 4.5, 19, 6), FILE, "ChIP-seq bigWig", "binding of a cell type"),
        ((66, 4.5, 29, 6), FILE, "peaks, meta file, blacklist", "where, and in which cell types"),
        ((2, 15, 59, 8), RUST, "1  Open: Genome, Track",
         "the indices of the files are read; names and lengths\nof the chromosomes are compared"),
        ((66, 15, 29, 8), PYTHON, "2  Pool: RoiPool",
         f"each peak of a Train cell type\nbecomes a {WINDOW_LENGTH:,}-bp region"),
        ((2, 28, 42, 8), RUST, "3  Decode: WindowReader",
         "tracks become runs of values in memory, up to\n--memory; other blocks go through a cache"),
        ((53, 28, 42, 8), RUST, "4  Plan: Sampler.plan(epoch, index)",
         "draws cell type, chromosome, start and strand\nof each window of a batch"),
        ((2, 41, 93, 18), RUST, "5  Read: Sampler.batch(epoch, index)", ""),
        ((2, 63.5, 53, 9.5), PYTHON, "6  Fit and validate: WindowDataset, Trainer",
         "Keras' fit: the loss over the bins of a batch gives the gradient,\n"
         "and Adam changes the weights. Then two fixed sets of windows\nare scored"),
        ((61, 63.5, 34, 9.5), PYTHON, "7  Select and save: EpochLoop",
         "the best epoch so far is selected;\ncheckpoint, state, tables and record\nare written"),
        ((61, 77.5, 34, 6), FILE, "<prefix>_best.keras", "weights, and the tables of the run"),
        ((24, 77.5, 31, 6), PYTHON, "8  Test: held_out", "on chromosomes that took no part"),
        ((2, 77.5, 16, 6), FILE, "report", "one page"),
    ):  # fmt: skip
        _box(axes, place, colour, title, lines)
    _draw_window(axes)
    for points in (
        ((10.5, 10.5), (10.5, 15)), ((30.5, 10.5), (30.5, 15)), ((51.5, 10.5), (51.5, 15)), ((80.5, 10.5), (80.5, 15)),
        ((23, 23), (23, 28)), ((66, 19), (63.5, 19), (63.5, 25.5), (38, 25.5), (38, 28)), ((80.5, 23), (80.5, 28)),
        ((23, 36), (23, 41)), ((74, 36), (74, 41)), ((28, 59), (28, 63.5)), ((55, 68), (61, 68)),
        ((78, 73), (78, 77.5)), ((61, 80.5), (55, 80.5)), ((24, 80.5), (18, 80.5)),
        ((95, 68), (97.5, 68), (97.5, 32), (95, 32)),
    ):  # fmt: skip
        _arrow(axes, points)
    axes.text(97.9, 50, "next epoch", fontsize=8.5, color=FAINT, rotation=90, va="center")
    axes.text(62.7, 25.0, "where regions can lie", fontsize=8.5, color=FAINT, ha="right", va="bottom")
    _save(figure, path)


def _box(
    axes: matplotlib.axes.Axes, place: tuple[float, float, float, float], colour: str, title: str, lines: str
) -> None:
    """Draw a box with a title and some lines; ``place`` is its left, top, width and height."""
    x, y, width, height = place
    axes.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=0.7", facecolor=colour + "22",
                       edgecolor=colour, linewidth=1.2)
    )  # fmt: skip
    axes.text(x + 1.2, y + 2.1, title, fontsize=10, color=INK, weight="bold", va="center")
    axes.text(x + 1.2, y + 3.5, lines, fontsize=8.8, color=INK, va="top", linespacing=1.25)


def _arrow(axes: matplotlib.axes.Axes, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line through some points, with a head at the last."""
    xs, ys = zip(*points, strict=True)
    axes.plot(xs[:-1], ys[:-1], color=FAINT, linewidth=1.2)
    axes.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", "color": FAINT, "linewidth": 1.2,
                                                          "shrinkA": 0, "shrinkB": 0})  # fmt: skip


def draw_chain(path: Path) -> None:
    """Draw which command takes which file of another."""
    figure = Figure(figsize=(10, 6.2))
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, 122), ylim=(76, 0))
    for place, colour, title, lines in (
        ((2, 3, 22, 7), FILE, "reads", "BAM or fragments"),
        ((32, 3, 16, 7), PYTHON, "prepare", "count cut sites"),
        ((56, 3, 20, 7), FILE, "_minmax01.bw", "the signal"),
        ((2, 16, 22, 7), FILE, "ChIP-seq peaks", "of each replicate"),
        ((32, 16, 16, 7), PYTHON, "binding", "join peaks"),
        ((56, 16, 20, 7), FILE, ".bw, meta.tsv", "binding and table"),
        ((2, 29, 22, 7), FILE, "training data", "genome, signal, binding"),
        ((32, 29, 16, 7), PYTHON, "train", "fit and test"),
        ((56, 29, 20, 7), FILE, "_best.keras", "the model"),
        ((83, 29, 18, 7), FILE, "_thresholds.tsv", "its table"),
        ((2, 42, 22, 7), FILE, "new cell type", "genome, signal"),
        ((32, 42, 16, 7), PYTHON, "predict", "apply the model"),
        ((56, 42, 20, 7), FILE, ".bw", "a score per 32-bp bin"),
        ((83, 42, 18, 7), PYTHON, "peaks", "call sites"),
        ((107, 42, 13, 7), FILE, "_32bp.bed", "sites"),
        ((2, 55, 22, 7), FILE, "its binding", "if it was measured"),
        ((32, 55, 16, 7), PYTHON, "threshold", "score to precision"),
        ((56, 55, 20, 7), FILE, ".tsv", "table of thresholds"),
        ((32, 67, 16, 7), PYTHON, "benchmark", "score predictions"),
        ((56, 67, 20, 7), FILE, "_benchmark.tsv", "scores and baselines"),
    ):
        _box(axes, place, colour, title, lines)
    for points in (
        ((24, 6.5), (32, 6.5)), ((48, 6.5), (56, 6.5)), ((24, 19.5), (32, 19.5)), ((48, 19.5), (56, 19.5)),
        ((76, 6.5), (79, 6.5), (79, 25.5), (13, 25.5), (13, 29)), ((66, 23), (66, 25.5)),
        ((24, 32.5), (32, 32.5)), ((48, 32.5), (56, 32.5)), ((24, 45.5), (32, 45.5)), ((48, 45.5), (56, 45.5)),
        ((76, 45.5), (83, 45.5)), ((101, 45.5), (107, 45.5)), ((91, 36), (91, 42)), ((24, 58.5), (32, 58.5)),
        ((48, 58.5), (56, 58.5)), ((48, 70.5), (56, 70.5)), ((66, 36), (66, 39), (40, 39), (40, 42)),
        ((66, 49), (66, 52), (40, 52), (40, 55)), ((40, 52), (28, 52), (28, 69), (32, 69)),
        ((13, 62), (13, 72), (32, 72)), ((76, 58.5), (91, 58.5), (91, 49)),
        ((48, 30.7), (52, 30.7), (52, 27.3), (91, 27.3), (91, 29)),
    ):  # fmt: skip
        _arrow(axes, points)
    axes.text(92.2, 39, "one of the tables", fontsize=8.5, color=FAINT, va="center")
    _save(figure, path)


def _draw_window(axes: matplotlib.axes.Axes) -> None:
    """Draw the inputs and targets of one window; sequence, signal and binding are made up."""
    drawn, left, width = 64, 43.0, 50.0
    rng = np.random.default_rng(1)
    places = (np.arange(drawn) + 0.5) / drawn
    signal = np.exp(-(((places - 0.52) / 0.13) ** 2)) + 0.25 * np.exp(-(((places - 0.85) / 0.04) ** 2))
    signal = np.clip(signal * rng.uniform(0.75, 1, drawn) + rng.uniform(0, 0.05, drawn), 0, 1)
    step = width / drawn
    for row, name in enumerate("ACGT"):
        axes.text(left - 1, 43.2 + row, name, fontsize=8.5, color=INK, ha="right", va="center", family="monospace")
    for column, base in enumerate(rng.integers(0, 4, drawn)):
        axes.add_patch(Rectangle((left + column * step, 42.75 + base), 0.9 * step, 0.9, facecolor=INK, linewidth=0))
    axes.bar(left + (np.arange(drawn) + 0.5) * step, -3.6 * signal, 0.9 * step, bottom=51, color=TRAINING)
    axes.plot([left, left + width], [51, 51], color=FAINT, linewidth=0.8)
    for number in range(BINS):
        bound = 15 <= number < 19
        axes.add_patch(
            Rectangle((left + (2 * number + 0.1) * step, 53.6), 1.8 * step, 1.6, linewidth=0.8, edgecolor=VALIDATION,
                      facecolor=VALIDATION if bound else "white")
        )  # fmt: skip
    for y, text in ((45, "one-hot sequence"), (49.3, "ATAC-seq signal, 0 to 1"), (54.4, f"{BINS} bins, bound or not")):
        axes.text(left - 3, y, text, fontsize=8.8, color=INK, ha="right", va="center")
    shown = f"one window of {WINDOW_LENGTH:,} bp; every {WINDOW_LENGTH // drawn}th base is drawn"
    axes.text(left + width / 2, 57.3, shown, fontsize=8.5, color=INK, ha="center", va="center")
    for y, text in ((47.3, f"inputs\nfloat32, (B, {WINDOW_LENGTH:,}, 5)"), (54.4, f"targets\nfloat32, (B, {BINS})")):
        axes.text(3.2, y, text, fontsize=8.8, color=INK, va="center", linespacing=1.25)


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


FIGURES = {"flow.svg": draw_flow, "chain.svg": draw_chain, "split.svg": draw_split, "scale.svg": draw_scale}


def main() -> None:
    """Draw all figures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        draw(folder / name)
        print(folder / name)


if __name__ == "__main__":
    main()

"""Figures of the QC of a prepared sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.figures.axes import ROW, logarithmic, wrapped
from maxatac.figures.drawing import HEIGHT, Drawing, draw
from maxatac.figures.style import BLUE, DARK, GREEN, GREY, ORANGE, PURPLE, Look
from maxatac.preparation.complexity import Complexity
from maxatac.preparation.composition import BASES, FLANK
from maxatac.preparation.enrichment import BIN, TOP
from maxatac.preparation.qc import LADDER, TrackFacts, length_numbers
from maxatac.wording import number, share, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TRACKS = 8
"""Tracks that are drawn; of further ones the numbers are in the table."""

_LOOKS: tuple[Look, ...] = (
    (BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (PURPLE, ":", "D"),
    (DARK, "-", "v"), (BLUE, "--", "P"), (ORANGE, "-.", "X"), (GREEN, ":", "*"),
)  # fmt: skip
_BASE_LOOKS: dict[str, Look] = {
    "A": (GREEN, "-", "o"), "C": (BLUE, "--", "s"), "G": (ORANGE, "-.", "^"), "T": (PURPLE, ":", "D"),
}  # fmt: skip
_LONGEST_NAME = 60  # letters, in a legend
_LENGTHS_OF_A_ROW = 25  # bp, in the table of lengths
_CURVE = 4  # times the depth of the data that the complexity curve reaches


def draw_filters(filters: Sequence[tuple[str, int, int]], *, records: int, unit: str) -> Drawing:
    """Draw how many records are left after each filter.

    Parameters
    ----------
    filters : sequence of (str, int, int)
        What each filter leaves out in words, how many, and how many are left.
    records : int
        How many there were before.
    unit : str
        What they are: ``read`` or ``fragment``.
    """
    steps = [(f"all {unit}s", 0, records), *(step for step in filters if step[1])]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        places = range(len(steps))
        left = [after for _, _, after in steps]
        axes.barh(places, left, color=BLUE, label="left")
        axes.barh(
            places, [lost for _, lost, _ in steps], left=left, color="#F0B183", hatch="///", edgecolor="white",
            label="left out in this step",
        )  # fmt: skip
        axes.set_yticks(places, wrapped(name for name, _, _ in steps))
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlabel(f"{unit}s".capitalize())
        _few_numbers(axes)
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside lower center", ncols=2)

    kept = steps[-1][2]
    taken = ", ".join(f"{lost:,} {name}" for name, lost, _ in steps[1:])
    return draw(
        "filters",
        plot,
        title=f"{unit.capitalize()}s after each filter",
        alt=f"Bars: of {records:,} {unit}s, {kept:,} ({share(kept / records if records else None)}) are left at the "
        f"end; left out: {taken or 'none'}.",
        header=["filter", "left out", "left"],
        note="Filters that left nothing out are not drawn." if len(steps) <= len(filters) else "",
        rows=[[name, number(lost), number(after)] for name, lost, after in filters],
        height=1.5 + ROW * len(steps),
    )


def _few_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,.0f}")


def draw_lengths(lengths: NDArray[np.int64], *, with_logarithm: bool) -> Drawing:
    """Draw how many fragments have which length, with the parts of the nucleosome ladder.

    Parameters
    ----------
    lengths : shape (n,), int64
        Fragments of each length; the last entry holds the longer ones, and is not drawn.
    with_logarithm : bool
        On a logarithmic axis, where di- and tri-nucleosomes can be seen.
    """
    found = length_numbers(lengths)
    shares = lengths / max(int(lengths.sum()), 1)

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(len(shares) - 1)
        shown = places if not with_logarithm else places[shares[:-1] > 0]
        axes.plot(shown, shares[shown], color=BLUE, linewidth=1.3)
        for name, colour in (("one nucleosome", GREEN), ("two nucleosomes", ORANGE)):
            axes.axvspan(*LADDER[name], color=colour, alpha=0.15, linewidth=0, label=name)
        axes.axvline(150, color=DARK, linestyle=":", linewidth=1.2, label="150 bp")
        axes.set(xlabel="Length of the fragment (bp)", ylabel="Share of the fragments", xlim=(0, len(shares) - 2))
        if with_logarithm:
            axes.set_yscale("log")
            logarithmic(axes.yaxis, percent=True)
        else:
            axes.set_ylim(0)
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        figure.legend(loc="outside lower center", ncols=3)

    rows = []
    for low in range(0, len(lengths) - 1, _LENGTHS_OF_A_ROW):
        high = min(low + _LENGTHS_OF_A_ROW, len(lengths) - 1)
        if count := int(lengths[low:high].sum()):
            rows.append([f"{low} to {high - 1}", number(count), share(count / found["fragments"])])
    if count := int(lengths[-1]):
        rows.append([f"over {len(lengths) - 2}", number(count), share(count / found["fragments"])])
    return draw(
        "lengths_log" if with_logarithm else "lengths",
        plot,
        title="Fragment lengths" + (", logarithmic" if with_logarithm else ""),
        alt=f"Curve of the share of fragments over their length; the median is {number(found['median'])} bp, the most "
        f"frequent length {number(found['most_frequent'])} bp; "
        + ", ".join(f"{share(part)} {name}" for name, part in found["shares"].items())
        + ".",
        note="Fragments between two cuts in open chromatin are short; those around one or two nucleosomes make the "
        "steps of the ladder."
        if not with_logarithm
        else "",
        header=["length in bp", "fragments", "share"],
        rows=rows,
        height=HEIGHT + 0.3,
    )


def draw_enrichment(tracks: Sequence[TrackFacts]) -> Drawing:
    """Draw the share of cut sites in the bins with most of them; of at most ``MOST_TRACKS`` tracks with sites."""
    shown = [track for track in tracks if track.spread.top_share() is not None][:MOST_TRACKS]
    shares = np.concatenate(([0.0], np.logspace(-4, 0, 161)))
    curves = [track.spread.curve(shares) for track in shown]

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for track, (found, _), (colour, dash, _) in zip(shown, curves, _LOOKS, strict=False):
            axes.plot(
                shares[1:],
                found[1:],
                color=colour,
                linestyle=dash,
                linewidth=1.7,
                label=shortened(track.name, _LONGEST_NAME),
            )
        for place, (_, at_random) in enumerate(curves):
            label = "as many sites at random places" if place == 0 else None
            axes.plot(shares[1:], at_random[1:], color=GREY, linewidth=1, zorder=1, label=label)
        axes.axvline(TOP, color=DARK, linestyle=":", linewidth=1.2)
        axes.set(
            xscale="log", xlim=(shares[1], 1), ylim=(0, 1.02), xlabel=f"Share of the bins of {BIN} bp, fullest first",
            ylabel="Share of the cut sites",
        )  # fmt: skip
        logarithmic(axes.xaxis, percent=True)
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        figure.legend(loc="outside lower center", ncols=1)

    rows = []
    for track, (found, at_random) in zip(shown, curves, strict=True):
        for point in (0.001, 0.005, 0.01, 0.05, 0.1, 0.5):
            rows.append([track.name, share(point), *(share(np.interp(point, shares, of)) for of in (found, at_random))])
    return draw(
        "enrichment",
        plot,
        title="Enrichment of the cut sites",
        alt="Curves of the share of cut sites over the share of bins, fullest bins first. "
        + "; ".join(
            f"{track.name}: {share(track.spread.top_share())} of the sites in {share(TOP)} of the bins"
            for track in shown
        )
        + ".",
        note=f"The dotted line is at {share(TOP)} of the bins. The further a curve lies above the grey one, the more "
        "the sites are gathered in few places."
        + (f" The first {MOST_TRACKS} tracks are drawn." if len(shown) < len(tracks) else ""),
        header=["track", "share of bins", "share of sites", "at random"],
        rows=rows,
        height=HEIGHT + 0.25 * (1 + len(shown)),
    )


def draw_composition(shares: NDArray[np.float64], *, sites: int) -> Drawing:
    """Draw the bases around the cut sites.

    Parameters
    ----------
    shares : shape (2 * FLANK + 1, 4), float64
        Share of A, C, G and T at each place.
    sites : int
        How many cut sites were looked at.
    """
    places = np.arange(-FLANK, FLANK + 1)

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        for base, column in zip(BASES, shares.T, strict=True):
            colour, dash, marker = _BASE_LOOKS[base]
            axes.plot(
                places, column, color=colour, linestyle=dash, marker=marker, markersize=3, linewidth=1.3, label=base
            )
        axes.axvline(0, color=DARK, linestyle=":", linewidth=1.2)
        axes.set(
            xlabel="Distance from the cut site in the direction of the read (bp)", ylabel="Share", xlim=(-FLANK, FLANK)
        )
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        figure.legend(loc="outside lower center", ncols=4)

    strongest = np.unravel_index(int(np.argmax(np.abs(shares - shares.mean(axis=0)))), shares.shape)
    return draw(
        "composition",
        plot,
        title="Bases around the cut sites",
        alt=f"Curves of the share of each base over the distance from {sites:,} cut sites; the strongest preference is "
        f"{BASES[int(strongest[1])]} with {share(shares[strongest])} at {places[int(strongest[0])]:+d} bp.",
        note="With the right shift, A to the left of the dotted line mirrors T to the right of it, and C mirrors G.",
        header=["distance in bp", *BASES],
        rows=[[f"{place:+d}", *map(share, row)] for place, row in zip(places.tolist(), shares.tolist(), strict=True)],
        height=HEIGHT + 0.3,
    )


def draw_complexity(complexity: Complexity) -> Drawing:
    """Draw the distinct pairs to expect over the pairs that are sequenced.

    Parameters
    ----------
    complexity : Complexity
        With a known size of the library.
    """
    depths = np.linspace(0, _CURVE * complexity.pairs, 101)
    expected = complexity.expected(depths)

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot(depths, expected, color=BLUE, linewidth=1.7, label="expected")
        axes.plot(depths, depths, color=GREY, linestyle="--", linewidth=1, label="no duplicates")
        axes.plot(
            [complexity.pairs], [complexity.distinct], "o", color=ORANGE, markersize=7,
            label=f"this sample ({complexity.distinct:,} of {complexity.pairs:,})",
        )  # fmt: skip
        axes.set(xlabel="Pairs sequenced", ylabel="Distinct pairs", xlim=(0, depths[-1]), ylim=(0, 1.25 * expected[-1]))
        _few_numbers(axes)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        figure.legend(loc="outside lower center", ncols=2)

    rows = [
        [f"{times:g} x", number(int(times * complexity.pairs)), number(round(float(found)))]
        for times in (0.5, 1, 1.5, 2, 3, 4)
        for found in complexity.expected(np.array([times * complexity.pairs]))
    ]
    return draw(
        "complexity",
        plot,
        title="Distinct pairs when sequencing deeper",
        alt=f"Curve of the expected distinct pairs: {rows[1][2]} at the depth of this sample, {rows[3][2]} at twice, "
        f"{rows[5][2]} at four times that depth.",
        note="Expected for a library whose molecules are all equally likely to be sequenced, as Picard does; a real "
        "library usually gives somewhat more.",
        header=["depth", "pairs", "distinct pairs"],
        rows=rows,
        height=HEIGHT + 0.5,
    )

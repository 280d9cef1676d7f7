"""Figures of what a run was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.figures.axes import ROW, logarithmic, wrapped
from maxatac.figures.drawing import WIDTH, Drawing, draw
from maxatac.figures.style import BLUE, PURPLE
from maxatac.wording import counted, number, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

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
_KIND_NAMES = {"ATAC": "ATAC-seq peaks", "CHIP": "ChIP-seq peaks", "ROI": "regions given"}
_KIND_LOOKS = ((BLUE, ""), ("#F0B183", "///"), ("#7FC8B1", "..."))


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
        for y, (_, _, *uses) in enumerate(rows):
            for x, use in enumerate(uses):
                colour, ink, mark = _USES[use]
                axes.add_patch(Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, facecolor=colour, edgecolor="none"))
                axes.text(x, y, mark, ha="center", va="center", color=ink)
        axes.set(xlim=(-0.5, len(chroms) - 0.5), ylim=(len(cells) - 0.5, -0.5))
        axes.set_xticks(range(len(chroms)), [chrom["name"] for chrom in chroms], rotation=90 if len(chroms) > 6 else 0)
        axes.set_yticks(range(len(cells)), wrapped(cell["name"] for cell in cells))
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
        height=1.5 + ROW * len(cells) + (0.5 if len(chroms) > 6 else 0),
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
    """Say what a chromosome of a cell type is used for.

    Parameters
    ----------
    role : str
        Of the chromosome: ``training``, ``validation`` or ``test``.
    label : str
        Of the cell type: ``Train`` or ``Test``.
    tested_label : str or None
        Label of the cell types that are tested; None if none is.

    Returns
    -------
    str
        ``trains``, ``validates``, ``tested``, ``baseline`` or ``not read``.
    """
    if role == "test":
        # The mean binding of training cell types is the baseline.
        return "tested" if label == tested_label else "baseline" if label == "Train" and tested_label else "not read"
    return _ROLES[role] if label == "Train" else "not read"


def region_sources(pools: Mapping[str, Sequence[Row]]) -> Drawing:
    """Draw where the regions of both pools come from.

    Parameters
    ----------
    pools : mapping of str to sequence of mappings
        ``pools`` of :func:`maxatac.training.report_data.trained_on`.
    """
    kinds = list(dict.fromkeys(source["kind"] for sources in pools.values() for source in sources))
    counts = _count_kept(pools, kinds)
    names = [_KIND_NAMES.get(kind, kind) for kind in kinds]

    def plot(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        rows = range(len(counts))
        left = [0] * len(counts)
        for place, (name, (colour, hatch)) in enumerate(zip(names, _KIND_LOOKS, strict=False)):
            values = [of_kind[place] for of_kind in counts.values()]
            axes.barh(rows, values, left=left, color=colour, hatch=hatch, edgecolor="white", label=name)
            left = [before + value for before, value in zip(left, values, strict=True)]
        axes.set_yticks(rows, wrapped(counts))
        axes.set_ylim(len(counts) - 0.5, -0.5)
        axes.set_xlabel("Regions")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside lower center", ncols=len(names))

    return draw(
        "regions",
        plot,
        title="Regions of interest by source",
        alt="Bars: regions of each cell type in the training and the validation pool, by the kind of peak.",
        header=["cell type, pool", *names],
        rows=[[label, *map(number, of_kind)] for label, of_kind in counts.items()],
        height=1.3 + ROW * len(counts),
    )


def _count_kept(pools: Mapping[str, Sequence[Row]], kinds: Sequence[str]) -> dict[str, list[int]]:
    """Count the regions of each kind, by the label of their cell type and pool."""
    counts: dict[str, list[int]] = {}
    for name, sources in pools.items():
        for source in sources:
            cell = "any cell type" if source["cell_type"] == "." else source["cell_type"]
            counts.setdefault(f"{cell}, {name}", [0] * len(kinds))[kinds.index(source["kind"])] += source["kept"]
    return counts


def label_rates(rates: Mapping[str, float]) -> Drawing:
    """Draw the share of bound bins in each set of windows.

    Parameters
    ----------
    rates : mapping of str to float
        Name of the set to its share, 0 to 1.
    """
    shown = {name: rate for name, rate in rates.items() if rate > 0}

    def plot(figure: Figure) -> None:
        axes = figure.subplots()
        names = list(rates)
        axes.plot(list(shown.values()), [names.index(name) for name in shown], "o", color=BLUE, markersize=7)
        for name, rate in shown.items():
            axes.annotate(
                share(rate), (rate, names.index(name)), xytext=(8, 0), textcoords="offset points", va="center"
            )
        axes.set_yticks(range(len(names)), wrapped(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        if shown:
            axes.set_xscale("log")
            axes.set_xlim(min(shown.values()) / 2, max(shown.values()) * 10)
            logarithmic(axes.xaxis, percent=True)
        axes.set_xlabel("Bound bins")

    return draw(
        "label_rate",
        plot,
        title="Share of bound bins",
        alt="Dots on a logarithmic axis: " + "; ".join(f"{name} {share(rate)}" for name, rate in rates.items()) + ".",
        note="A guess has this share as its average precision.",
        header=["windows", "bound bins"],
        rows=[[name, share(rate)] for name, rate in rates.items()],
        height=1.1 + ROW * len(rates),
    )

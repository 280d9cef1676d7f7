"""Figures as SVG and PNG, the same bytes each time. Matplotlib is imported when one is drawn."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from maxatac.figures.style import new_figure, own_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.8, 3.3
"""Usual size in inches: one column of the page, or the whole of a narrow one, with text that stays readable."""

_SETTINGS = {
    "font.size": 10,
    "axes.labelcolor": "#222222",
    "axes.edgecolor": "#555555",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.linewidth": 0.8,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.7,
    "text.color": "#222222",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    # Names may hold dollar signs.
    "text.parse_math": False,
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure and the numbers in it.

    Attributes
    ----------
    name : str
        Of its files, and of its place in the page; lower case, digits and underscores.
    title : str
        What it shows, in a few words.
    alt : str
        Description in a sentence, for readers who cannot see the figure.
    note : str
        What is needed to read it; may be empty.
    header : sequence of str
    rows : sequence of sequences of str
        The numbers.
    svg, png : bytes
    wide : bool
        Whether it is too wide for one column.
    """

    name: str
    title: str
    alt: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    svg: bytes
    png: bytes
    wide: bool = False

    def inline(self) -> str:
        """Make the SVG a part of an HTML page: without prolog, and with ids that no other figure has."""
        text = self.svg.decode()
        text = text[text.index("<svg") :]
        text = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", text, flags=re.DOTALL)
        text = re.sub(r'\bid="([^"]*)"', lambda match: f'id="{self.name}-{match[1]}"', text)
        text = re.sub(r"url\(#([^)]*)\)", lambda match: f"url(#{self.name}-{match[1]})", text)
        text = re.sub(r'href="#([^"]*)"', lambda match: f'href="#{self.name}-{match[1]}"', text)
        text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text, count=2)
        text = text.replace("xlink:href=", "href=")
        head, end, rest = text.partition(">")
        head = re.sub(r' (width|height)="[^"]*"', "", head)
        return f'{head} role="img" aria-label="{escape(self.alt, quote=True)}"{end}{rest}'.strip()


def draw(
    name: str,
    plot: Callable[[Figure], None],
    *,
    title: str,
    alt: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str = "",
    width: float = WIDTH,
    height: float = HEIGHT,
) -> Drawing:
    """Draw a figure.

    Parameters
    ----------
    name, title, alt, header, rows, note
        As in ``Drawing``.
    plot : callable
        Fills an empty figure.
    width, height : float
        In inches.
    """
    with own_style(**_SETTINGS, **{"svg.hashsalt": name}), warnings.catch_warnings():
        # The font of the PNG may lack letters of a name; the text of the SVG and of the page has them.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = new_figure(width, height)
        plot(figure)
        # Laid out once, for both formats.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
    return Drawing(name, title, alt, note, header, rows, svg.getvalue(), png.getvalue(), wide=width > WIDTH)

"""Axes that several figures share: logarithmic ones with plain numbers, and long names beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis

ROW = 0.36
"""Height in inches of a row that has a name of two lines."""

_LINE, _LONGEST_LINE = 24, 30  # letters in a line of a name


def wrapped(names: Iterable[str]) -> list[str]:
    """Break names into two lines of at most 30 letters; a longer name loses the middle of its second line."""
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


def logarithmic(axis: Axis, *, percent: bool = False) -> None:
    """Show plain numbers on a logarithmic axis, and more than one of them on a short axis.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        With its final limits.
    percent : bool
        Show shares in percent.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10, subs=(1,)))
    low, high = sorted(axis.get_view_interval())
    if high < 100 * low:
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %" if percent else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())

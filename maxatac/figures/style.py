"""Colours and style that all figures share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's palette: readable by colour-blind people, and in print.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"

PURPLE, DARK = "#AA4499", "#444444"

Look = tuple[str, str, str]
"""Colour, dash and marker of a line."""


@contextlib.contextmanager
def own_style(**settings: Any) -> Iterator[None]:
    """Draw with Matplotlib's own defaults in the block, not with those of a user's ``matplotlibrc`` or program.

    Parameters
    ----------
    **settings
        Changes to the defaults; see ``matplotlib.rcParams``.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Make a figure that needs no screen; sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Not pyplot: that would keep every figure alive and might look for a display.
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure

"""Looks of sets of bins in all figures of a report: they differ in dash and marker, not only colour."""

from __future__ import annotations

from maxatac.figures.style import BLUE, GREEN, ORANGE, PURPLE, Look

SET_LOOKS: dict[str, Look] = {
    "training": (BLUE, "-", "o"),
    "ROI": (ORANGE, "--", "s"),
    "genome": (GREEN, "-.", "^"),
    "test": (PURPLE, ":", "D"),
}

SET_NAMES = {
    "training": "training",
    "ROI": "validation, around peaks",
    "genome": "validation, genome-like",
    "test": "test",
}

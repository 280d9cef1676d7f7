"""Looks of predictors and sets of bins in all figures of a report: they differ in dash and marker, not only colour."""

from __future__ import annotations

from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL
from maxatac.figures.style import BLUE, DARK, GREEN, ORANGE, PURPLE, Look

PREDICTOR_LOOKS: dict[str, Look] = {
    MODEL: (BLUE, "-", "o"),
    SIGNAL: (ORANGE, "--", "s"),
    BINDING: (GREEN, "-.", "^"),
    GUESS: (DARK, ":", "D"),
}

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

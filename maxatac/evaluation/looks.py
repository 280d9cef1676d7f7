"""Looks of predictors in all figures: they differ in dash and marker, not only colour."""

from __future__ import annotations

from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL
from maxatac.figures.style import BLUE, DARK, GREEN, ORANGE, Look

PREDICTOR_LOOKS: dict[str, Look] = {
    MODEL: (BLUE, "-", "o"),
    SIGNAL: (ORANGE, "--", "s"),
    BINDING: (GREEN, "-.", "^"),
    GUESS: (DARK, ":", "D"),
}

"""Figures of benchmarks, for their folder and for the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maxatac.evaluation.looks import PREDICTOR_LOOKS
from maxatac.evaluation.quantitative import QUANTITATIVE_METRICS
from maxatac.evaluation.ranking import GUESS
from maxatac.figures.drawing import Drawing
from maxatac.figures.predictions import precision_recall
from maxatac.figures.values import values_figure


def draw_curves(name: str, title: str, curves: Mapping[str, Any]) -> Drawing:
    """Draw precision over recall of the predictors of a benchmark."""
    return precision_recall(name, f"Precision and recall: {title}", curves, PREDICTOR_LOOKS, guess=GUESS)


def draw_values(name: str, title: str, found: Mapping[str, Any], row: Mapping[str, Any]) -> Drawing:
    """Draw predicted over measured values of a benchmark."""
    scores = [(metric, row[metric]) for metric in QUANTITATIVE_METRICS]
    return values_figure(name, f"Predicted and measured: {title}", found, scores)

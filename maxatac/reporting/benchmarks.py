"""The section of a report about benchmarks in the folder of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from maxatac.evaluation.benchmark_figures import draw_curves, draw_values
from maxatac.evaluation.benchmark_tables import MEAN, POOLED
from maxatac.evaluation.quantitative import QUANTITATIVE_METRICS
from maxatac.evaluation.ranking import metric_names
from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import Markup, paragraphs, table, tag
from maxatac.figures.page import side_by_side
from maxatac.wording import first_few, number, share, with_interval

SHOWN = 30
"""Chromosomes that have rows of their own; of more there are the mean and the pooled scores."""

Row = Mapping[str, Any]


def benchmarks(found: Mapping[str, Row], show: Callable[[Drawing], Markup]) -> Markup:
    """Tell the scores of each benchmark, by its prefix."""
    parts = []
    sets = {(kept["scored"], tuple(kept["chroms"]), str(kept["rules"])) for kept in found.values()}
    if len(sets) > 1:
        parts.append(
            paragraphs(
                "These benchmarks are of different bins: other chromosomes, rules, or bins with a prediction. "
                "Their scores cannot be compared with each other, and are not ranked."
            )
        )
    for place, (prefix, kept) in enumerate(found.items(), start=1):
        parts.append(tag("h3", prefix))
        parts.append(_about(kept))
        is_quantitative = "density" in kept
        parts.append((_values if is_quantitative else _scores)(kept, prefix))
        parts.append(side_by_side(show, _drawings(kept, prefix, place)))
    return Markup("".join(parts))


def _about(kept: Row) -> Markup:
    seen = f"A model of the prediction has trained on {first_few(kept['seen_chroms'])}: it scores too well there."
    tuned = f"The cutoff was chosen on {first_few(kept['tuned_chroms'])}: its precision and recall are too good there."
    return paragraphs(
        f"{kept['prediction']} against {kept['gold_standard']}, on {first_few(kept['chroms'], 8)}. "
        f"Scored: {kept['scored']}.",
        seen if kept["seen_chroms"] else "",
        tuned if kept["tuned_chroms"] else "",
    )


def _shown(kept: Row) -> Sequence[Row]:
    """Choose rows: those of many chromosomes are left to the table of the benchmark."""
    if len(kept["chroms"]) <= SHOWN:
        return list(kept["rows"])
    return [row for row in kept["rows"] if row["chrom"] in (MEAN, POOLED)]


def _scores(kept: Row, prefix: str) -> Markup:
    at_recalls = [name for name in metric_names(kept["recalls"]) if name.startswith("precision_at_")]
    header = (
        "bins", "chromosome", "predictor", "number", "bound", "average precision", "prevalence",
        *(name.replace("_percent", " %").replace("_", " ") for name in at_recalls), "AUROC",
    )  # fmt: skip
    rows = [
        (
            f"{row['bin_size']} bp", row["chrom"], row["predictor"], number(row["bins"]), number(row["bound_bins"]),
            _interval(row, "average_precision"), share(row["prevalence"]),
            *(_interval(row, name) for name in at_recalls), _interval(row, "auroc"),
        )
        for row in _shown(kept)
    ]  # fmt: skip
    return paragraphs(
        "The rows called pooled are of all bins together, as the test of maxatac train scores them; those called mean "
        "average the scores of the chromosomes."
    ) + table(header, rows, label=f"Scores of {prefix}")


def _interval(row: Row, metric: str) -> str:
    return with_interval(row.get(metric), row.get(f"{metric}_low"), row.get(f"{metric}_high"))


def _values(kept: Row, prefix: str) -> Markup:
    header = ("bins", "chromosome", "number", *QUANTITATIVE_METRICS)
    rows = [
        (f"{row['bin_size']} bp", row["chrom"], number(row["bins"]), *(number(row[name]) for name in header[3:]))
        for row in _shown(kept)
    ]
    return table(header, rows, label=f"Scores of {prefix}")


def _drawings(kept: Row, prefix: str, place: int) -> list[Drawing]:
    pooled = {row["bin_size"]: row for row in kept["rows"] if row["chrom"] == POOLED}
    widths = [rules["width"] for rules in kept["rules"]]
    drawings = []
    for at, width in enumerate(widths):
        name, title = f"benchmark_{place}_{width}", f"{prefix}, {width}-bp bins"
        if "density" in kept:
            drawings.append(draw_values(name, title, kept["density"][at], pooled[width]))
        else:
            drawings.append(draw_curves(name, title, kept["curves"][at]))
    return drawings

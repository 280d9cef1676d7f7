"""The sections of a report about epochs, scores, time and places on chromosomes.

Each function takes the ``Contents`` of a report and makes one section. ``show`` takes a drawing, keeps it for the
folder of figures, and makes its part of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from maxatac.evaluation.looks import PREDICTOR_LOOKS
from maxatac.evaluation.ranking import BINDING, GUESS, MODEL
from maxatac.figures import predictions
from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import Markup, paragraphs, table, tag
from maxatac.figures.page import side_by_side
from maxatac.reporting import epoch_figures, score_figures
from maxatac.reporting.caveats import waiting_share
from maxatac.reporting.contents import Contents
from maxatac.reporting.looks import SET_LOOKS, SET_NAMES
from maxatac.wording import NOT_AVAILABLE, duration, number, share, with_interval

SHOWN_CELL_TYPES = 4
"""Tested cell types whose places are drawn; of further ones the numbers are in the files."""

LINK_FLANK = 500
"""Bases to either side of a false positive that a link shows."""

Draw = Callable[[Drawing], Markup]

_METRICS = {
    "average_precision": "average precision",
    "auroc": "AUROC",
    "precision_at_5_percent_recall": "precision at 5 % recall",
}
_LOCI_INTRODUCTION = (
    "Places on the test chromosomes, chosen by rule and not by hand: the bound bins with the highest, the median and "
    "the lowest prediction, and bins far from any bound one with the highest prediction and with the highest signal "
    "that the model was not misled by."
)


def epochs(contents: Contents, show: Draw) -> Markup:
    """Draw loss, Dice coefficient and scores over the epochs."""
    history, best = contents.history, contents.best_epoch
    if not history:
        return paragraphs("No epoch is finished.")
    parts = []
    if len(history) == 1:
        parts.append(paragraphs("There is one epoch: the figures show points, not lines."))

    def columns(ending: str) -> dict[str, str]:
        names = {"training": ending, "ROI": f"val_{ending}", "genome": f"genome_{ending}"}
        # Columns with a number in some epoch.
        return {
            which: name
            for which, name in names.items()
            if any(isinstance(row.get(name), float) and math.isfinite(row[name]) for row in history)
        }

    drawings = [
        epoch_figures.epochs("loss", "Loss", history, columns("loss"), best),
        epoch_figures.epochs("dice", "Dice coefficient", history, columns("dice_coef"), best),
    ]
    for ending, name in _METRICS.items():
        if chosen := columns(ending):
            drawings.append(epoch_figures.epochs(ending, name[0].upper() + name[1:], history, chosen, best))
    parts.append(side_by_side(show, drawings))
    return Markup("".join(parts))


def precision_recall(contents: Contents, show: Draw) -> Markup:
    """Draw precision over recall in validation and test, beside what a model has to beat."""
    parts = [tag("h3", "Validation, selected epoch")]
    drawings = []
    for which, found in contents.validation.items():
        if not found["bound_bins"]:
            parts.append(paragraphs(f"No bin of the set {SET_NAMES[which]} is bound: there is no curve."))
            continue
        curves = {MODEL: found, **contents.baselines.get(which, {})}
        note = "" if BINDING in curves or which != "genome" else contents.data.get("no_binding_baseline", "")
        note = f"No mean binding of other cell types: {note}." if note else ""
        title = f"Precision and recall: {SET_NAMES[which]}"
        drawings.append(
            predictions.precision_recall(
                f"precision_recall_{which.lower()}", title, curves, PREDICTOR_LOOKS, guess=GUESS, note=note
            )
        )
    if not contents.validation:
        parts.append(paragraphs("The curves of the selected epoch were not kept."))
    parts.append(side_by_side(show, drawings))
    parts.append(tag("h3", "Independent test"))
    if contents.test is None:
        reason = (contents.record.get("test") or {}).get("skipped", "the run ended before it")
        parts.append(paragraphs(f"There was none: {reason}."))
        return Markup("".join(parts))
    drawings = []
    for place, tested in enumerate(contents.test["cell_types"], start=1):
        name = tested["cell_type"]
        curves = next((kept["curves"] for kept in contents.tested if kept["cell_type"] == name), {})
        if curves and curves[MODEL]["bound_bins"]:
            drawings.append(
                predictions.precision_recall(
                    f"precision_recall_test_{place}",
                    f"Precision and recall: test, {name}",
                    curves,
                    PREDICTOR_LOOKS,
                    guess=GUESS,
                )
            )
        else:
            parts.append(paragraphs(f"No curve of {name}: no scored bin is bound, or it was not kept."))
        if tested["resolutions"][0]["bound_bins"]:
            drawings.append(score_figures.test_scores(tested, f"test_scores_{place}"))
    parts.append(side_by_side(show, drawings))
    parts.append(_test_table(contents))
    return Markup("".join(parts))


def _test_table(contents: Contents) -> Markup:
    assert contents.test is not None
    rows = []
    for tested in contents.test["cell_types"]:
        for resolution in tested["resolutions"]:
            for predictor in resolution["predictors"]:
                for metric, title in _METRICS.items():
                    found = predictor.get(metric)
                    row = [tested["cell_type"], f"{resolution['bin_size']} bp", predictor["name"], title]
                    if found is None:
                        rows.append([*row, NOT_AVAILABLE, predictor["note"]])
                        continue
                    value = with_interval(*(found[part] for part in ("value", "low", "high")))
                    minus = [found.get(f"model_minus{part}") for part in ("", "_low", "_high")]
                    rows.append([*row, value, "" if minus[0] is None else with_interval(*minus)])
    header = ("cell type", "bins", "predictor", "metric", "value (interval)", "model minus this (interval)")
    return Markup(
        tag(
            "details",
            tag("summary", "All scores of the test"),
            table(header, rows, label="Scores of the test"),
            class_="numbers",
        )
    )


def cell_types(contents: Contents, show: Draw) -> Markup:
    """Draw the scores of each cell type, of the selected epoch."""
    rows = [
        {**row, "prevalence": row["bound_bins"] / row["bins"] if row["bins"] else math.nan}
        for row in contents.cells
        if row["epoch"] == contents.best_epoch and row["bins"] and row["bound_bins"]
    ]
    for tested in contents.test["cell_types"] if contents.test else ():
        at_32 = tested["resolutions"][0]
        if at_32["bound_bins"]:
            scores = at_32["predictors"][0]
            rows.append(
                {
                    "cell_type": tested["cell_type"], "set": "test", "bins": at_32["bins"],
                    "bound_bins": at_32["bound_bins"], "average_precision": scores["average_precision"]["value"],
                    "auroc": scores["auroc"]["value"], "prevalence": at_32["bound_bins"] / at_32["bins"],
                }
            )  # fmt: skip
    if not rows:
        return paragraphs("No cell type has a score: none has a bound bin in a set, or no epoch was selected.")
    return paragraphs(
        "Sets with more bound bins are easier: compare cell types within a set, and each with its prevalence."
    ) + side_by_side(show, [score_figures.by_cell_type(rows)])


def calibration(contents: Contents, show: Draw) -> Markup:
    """Draw how many of the bins with similar predictions are bound."""
    if contents.settings.get("quant"):
        return paragraphs("Not drawn: the targets are quantitative, so that predictions are no probabilities.")
    groups = {which: found["calibration"] for which, found in contents.validation.items()}
    pooled = [curves[MODEL] for curves in (tested["curves"] for tested in contents.tested) if MODEL in curves]
    if contents.test is not None and pooled:
        groups["test"] = _pooled([found["calibration"] for found in pooled])
    groups = {which: found for which, found in groups.items() if any(group["bound_bins"] for group in found)}
    if not groups:
        return paragraphs("Not drawn: no set with a bound bin was kept.")
    named = {SET_NAMES[which]: found for which, found in groups.items()}
    looks = {SET_NAMES[which]: SET_LOOKS[which] for which in groups}
    return paragraphs(
        "Of the bins that are predicted to be bound with some probability, how many are? A model that was trained "
        "where bound bins are common predicts too much on a genome, where they are rare, however well it ranks them. "
        "Use the table of thresholds, not the prediction itself, to decide what to call bound."
    ) + side_by_side(show, [predictions.calibration(named, looks)])


def _pooled(groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Add up the groups of several cell types."""
    sums: dict[float, dict[str, Any]] = {}
    for group in (group for found in groups for group in found):
        mine = sums.setdefault(group["low"], {**group, "bins": 0, "bound_bins": 0, "mean_score": 0.0})
        mine["mean_score"] += group["mean_score"] * group["bins"]
        mine["bins"] += group["bins"]
        mine["bound_bins"] += group["bound_bins"]
    return [{**mine, "mean_score": mine["mean_score"] / mine["bins"]} for _, mine in sorted(sums.items())]


def scores(contents: Contents, show: Draw) -> Markup:
    """Draw how predictions of bound bins and of the others are spread."""
    drawings = []
    for which, found in contents.validation.items():
        if found["bins"]:
            title = f"Predictions: {SET_NAMES[which]}"
            drawings.append(predictions.score_distribution(f"distribution_{which.lower()}", title, found["histogram"]))
    for place, tested in enumerate(contents.tested if contents.test else (), start=1):
        found = tested["curves"].get(MODEL)
        if found and found["bins"]:
            drawings.append(
                predictions.score_distribution(
                    f"distribution_test_{place}", f"Predictions: test, {tested['cell_type']}", found["histogram"]
                )
            )
    if not drawings:
        return paragraphs("Not drawn: the predictions were not kept.")
    return side_by_side(show, drawings)


def loader(contents: Contents, show: Draw) -> Markup:
    """Draw the times of each epoch, and how long training waited for the loader."""
    if not contents.timing:
        return paragraphs("No epoch is finished.")
    record = contents.record
    waited = waiting_share(contents.timing)
    rows = [(name, duration(seconds)) for name, seconds in record.get("phases", {}).items()]
    outside = record.get("outside_steps_share")
    other = "" if outside is None else f", of which {share(outside)} were no training steps"
    return (
        paragraphs(
            f"The run took {duration(record['seconds'])} on {record.get('device') or 'an unknown device'}{other}. "
            f"Training waited {share(waited)} of its time for the loader, at most."
        )
        + side_by_side(show, [epoch_figures.times(contents.timing), epoch_figures.loader(contents.timing)])
        + table(("phase", "time"), rows, label="Time of each phase")
    )


def example_loci(contents: Contents, show: Draw) -> Markup:
    """Draw places of the test chromosomes, for some cell types."""
    if contents.test is None:
        return paragraphs("There was no independent test, so no held-out chromosome was predicted.")
    parts = [paragraphs(_LOCI_INTRODUCTION)]
    for number_, tested in enumerate(contents.tested[:SHOWN_CELL_TYPES], start=1):
        parts.append(tag("h3", tested["cell_type"]))
        if not tested["loci"]:
            parts.append(paragraphs("No bin has a prediction."))
            continue
        drawings = [
            score_figures.example_locus(
                f"locus_{number_}_{place}", locus, tested["cell_type"], contents.sites.get(tested["cell_type"], {})
            )
            for place, locus in enumerate(tested["loci"], start=1)
        ]
        parts.append(side_by_side(show, drawings))
    if len(contents.tested) > SHOWN_CELL_TYPES:
        parts.append(paragraphs(f"The places of {len(contents.tested) - SHOWN_CELL_TYPES} more are in the data file."))
    if not contents.tested:
        parts.append(paragraphs("They were not kept."))
    return Markup("".join(parts))


def false_positives(contents: Contents) -> Markup:
    """List the highest predictions that are far from every bound bin, with links to a genome browser."""
    if contents.test is None:
        return paragraphs("There was no independent test, so no held-out chromosome was predicted.")
    assembly = contents.trained_on.get("assembly")
    link = (
        f"The links lead to the UCSC Genome Browser ({assembly}); they are followed when you choose one, not before."
        if assembly
        else "There are no browser links: by the names and sizes of its chromosomes the genome is none of hg38, hg19, "
        "mm10 and sacCer3."
    )
    parts = [
        paragraphs(
            "The bins with the highest predictions that have no bound bin within 512 bp, at least 1,024 bp apart. A "
            "site that the ChIP-seq missed looks the same as an error: look at the signal, and at other cell types.",
            link,
        )
    ]
    for tested in contents.tested:
        parts.append(tag("h3", tested["cell_type"]))
        if not tested["false_positives"]:
            parts.append(paragraphs("None: every bin with a prediction is near a bound one."))
            continue
        names = list(tested["false_positives"][0]["tracks"])
        rows = [
            (
                number(rank), _place(found, assembly), number(found["score"]),
                *(number(found["tracks"][name]) for name in names),
                NOT_AVAILABLE if found["distance"] is None else f"{found['distance']:,}",
            )
            for rank, found in enumerate(tested["false_positives"], start=1)
        ]  # fmt: skip
        header = (
            "rank", "bin", "prediction", *(f"{name}, largest within 512 bp" for name in names),
            "bp to the nearest bound bin",
        )  # fmt: skip
        parts.append(table(header, rows, label=f"False positives of {tested['cell_type']}"))
    if not contents.tested:
        parts.append(paragraphs("They were not kept."))
    return Markup("".join(parts))


def _place(found: Mapping[str, Any], assembly: str | None) -> str:
    """Name a bin, 1-based as browsers do, with a link where the genome is known."""
    where = f"{found['chrom']}:{found['start'] + 1:,}-{found['end']:,}"
    if assembly is None:
        return tag("span", where, class_="place")
    span = f"{found['chrom']}:{max(found['start'] - LINK_FLANK, 0) + 1}-{found['end'] + LINK_FLANK}"
    address = f"https://genome.ucsc.edu/cgi-bin/hgTracks?db={quote(assembly)}&position={quote(span, safe='')}"
    return tag("a", where, href=address, rel="noreferrer", class_="place")

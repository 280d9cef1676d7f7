"""The top of a report: what the model is, how well it does, and the caveats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from maxatac.evaluation.members import MemberScores
from maxatac.evaluation.ranking import GUESS, MODEL
from maxatac.evaluation.selection import criterion
from maxatac.figures.markup import Markup, paragraphs, table
from maxatac.figures.page import first_screen
from maxatac.reporting.caveats import find_caveats, verdict
from maxatac.reporting.contents import Contents
from maxatac.reporting.looks import SET_NAMES
from maxatac.wording import NOT_AVAILABLE, counted, listed, number, with_interval

SEPARATE = 2
"""Tested cell types that have a table each at the top of the page; more of them share one."""


def lead(contents: Contents) -> str:
    """Say in a few sentences what was trained, which epoch was selected, and how far members lie apart."""
    known, settings = contents.trained_on, contents.settings
    labels = contents.record.get("cell_types", {})
    training = [name for name, label in labels.items() if label == "Train"]
    what = f"{settings['arch']}" + (f" network for {known['tf']}" if known else " network")
    chroms = settings["tchroms"] or []
    examples = len(contents.history) * settings["batches"] * settings["batch_size"]
    sentence = (
        f"A {what}, trained on {counted(len(training), 'cell type')} ({listed(training, 5)}) and "
        f"{counted(len(chroms), 'chromosome')} ({listed(chroms, 5)}) for {counted(len(contents.history), 'epoch')}, "
        f"{examples:,} examples in all."
    )
    best = contents.best_epoch
    if best is None:
        return f"{sentence} No epoch was selected."
    members = MemberScores.of(contents.best)
    ensemble = "" if members is None else f" {_of_members(members)}"
    column, largest = criterion(settings.get("select"), quantitative=bool(settings.get("quant")))
    which = "highest" if largest else "lowest"
    return (
        f"{sentence} Epoch {best} was selected by the {which} {_column(column)}, {number(contents.best.get(column))}."
        f"{ensemble}"
    )


def _of_members(members: MemberScores) -> str:
    each = ", ".join(map(number, members.scores))
    return (
        f"The prediction is the mean of {len(members.scores)} networks. Average precision {members.where}: {each} alone"
        f" (mean {number(members.mean)}), {number(members.together)} together."
    )


def _column(column: str) -> str:
    return {
        "val_dice_coef": "Dice coefficient in validation around peaks",
        "genome_average_precision": "average precision in genome-like validation",
        "val_loss": "loss in validation around peaks",
    }[column]


def summary(contents: Contents) -> Markup:
    """Make the first screen: how well the model does, and the caveats."""
    return first_screen("How well it does", _results(contents), find_caveats(contents))


def _results(contents: Contents) -> Markup:
    """Show the scores of the test, or of validation where there was none."""
    if contents.test is None:
        return _validation_results(contents)
    chroms, level = listed(contents.test["chroms"], 4), f"{contents.test['level']:.0%}"
    new = "labelled Test: neither cell type nor chromosomes were trained on"
    if contents.test["labels"] != "Test":
        new = "training cell types: only the chromosomes are new"
    cells = contents.test["cell_types"]
    if len(cells) > SEPARATE:
        names = [predictor["name"] for predictor in cells[0]["resolutions"][0]["predictors"]]
        rows = [(tested["cell_type"], *(value for _, value, _ in _scores_of(tested))) for tested in cells]
        return paragraphs(
            f"{counted(len(cells), 'cell type')} on {chroms} ({new}). Average precision per 32-bp bin, {level} "
            "intervals:"
        ) + table(("cell type", *names), rows, label="Average precision in the test")
    made = []
    for tested in cells:
        made.append(
            paragraphs(
                f"{tested['cell_type']} on {chroms} ({new}). Average precision per 32-bp bin, {level} intervals:"
            )
        )
        made.append(
            table(
                ("predictor", "average precision", "the model is"),
                _scores_of(tested),
                label=f"Average precision on {tested['cell_type']}",
            )
        )
    return Markup("".join(made))


def _scores_of(tested: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List predictor, average precision, and how the model compares with it."""
    rows = []
    for predictor in tested["resolutions"][0]["predictors"]:
        name = predictor["name"]
        if "note" in predictor:
            rows.append((name, NOT_AVAILABLE, NOT_AVAILABLE))
            continue
        how = "" if name in (MODEL, GUESS) else verdict(predictor)
        value, low, high = (predictor["average_precision"][part] for part in ("value", "low", "high"))
        rows.append((name, number(value) if name == GUESS else with_interval(value, low, high), how))
    return rows


def _validation_results(contents: Contents) -> Markup:
    """Show the scores of validation."""
    if not contents.validation:
        return paragraphs("There was no independent test, and no validation was kept.")
    rows = []
    for which, found in contents.validation.items():
        prevalence = found["bound_bins"] / found["bins"] if found["bins"] else math.nan
        rows.append((SET_NAMES[which], MODEL, number(found["average_precision"])))
        for name, baseline in contents.baselines.get(which, {}).items():
            rows.append((SET_NAMES[which], name, number(baseline["average_precision"])))
        rows.append((SET_NAMES[which], GUESS, number(prevalence)))
    return paragraphs("There was no independent test. Average precision per 32-bp bin in validation:") + table(
        ("set", "predictor", "average precision"), rows, label="Average precision in validation"
    )

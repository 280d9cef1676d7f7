"""The page of a report: what stands where, and in which words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from maxatac.evaluation.ranking import BINDING, GUESS, MODEL
from maxatac.evaluation.selection import criterion
from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import STYLE, Markup, bullets, figure, paragraphs, table, tag, text
from maxatac.reporting import figures
from maxatac.reporting.caveats import doubts, verdict, waiting_share
from maxatac.reporting.contents import Contents
from maxatac.training.settings import TrainConfig
from maxatac.wording import NOT_AVAILABLE, base_pairs, counted, duration, listed, number, share, some

SHOWN_CELL_TYPES = 4
"""Tested cell types whose places are drawn; of further ones the numbers are in the files."""

SEPARATE = 2
"""Tested cell types that have a table each at the top of the page; more of them share one."""

SHOWN_WORDS = 60
"""Words of a setting or of the command that are shown; the record has all."""

LINK_FLANK = 500
"""Bases to either side of a false positive that a link shows."""

Draw = Callable[[Drawing], Markup]
Section = tuple[str, str, Markup]

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


def render(contents: Contents, drawn: list[Drawing]) -> str:
    """Make the report.

    Parameters
    ----------
    contents : Contents
    drawn : list of Drawing
        Gets every figure of the page.

    Returns
    -------
    str
        A whole HTML file that asks for nothing else.
    """

    def show(drawing: Drawing) -> Markup:
        drawn.append(drawing)
        return figure(drawing)

    sections = [
        ("trained-on", "What was trained on", _trained_on(contents, show)),
        ("epochs", "Epochs", _epochs(contents, show)),
        ("precision-recall", "Precision and recall", _precision_recall(contents, show)),
        ("cell-types", "Cell types", _cell_types(contents, show)),
        ("calibration-section", "Calibration", _calibration(contents, show)),
        ("scores", "Score distribution", _scores(contents, show)),
        ("loader-section", "Time and the loader", _loader(contents, show)),
        ("loci", "Example loci", _loci(contents, show)),
        ("false-positives", "Most confident false positives", _false_positives(contents)),
        ("settings", "Settings and checksums", _settings(contents)),
    ]
    title = f"Training report: {contents.prefix}"
    contents_list = tag(
        "nav",
        tag("strong", "Contents"),
        tag("ol", *(tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _ in sections)),
        aria_label="Contents",
    )
    body = [
        tag("a", "Skip to the sections", class_="skip", href="#trained-on"),
        tag("header", tag("h1", title), tag("p", _lead(contents), class_="lead"), _summary(contents)),
        contents_list,
        tag(
            "main",
            *(
                tag("section", tag("h2", heading, id=name), made, aria_labelledby=name)
                for name, heading, made in sections
            ),
        ),
        tag("footer", paragraphs(_origin(contents)), class_="soft"),
    ]
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Nothing is asked of any network, whatever a name in the data may look like.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f'<link rel="icon" href="data:,"><title>{text(title)}</title><style>{STYLE}</style>'
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _lead(contents: Contents) -> str:
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
    column, largest = criterion(settings.get("select"), quantitative=bool(settings.get("quant")))
    which = "highest" if largest else "lowest"
    return (
        f"{sentence} Epoch {best} was selected by the {which} {_column(column)}, {number(contents.best.get(column))}."
    )


def _column(column: str) -> str:
    return {
        "val_dice_coef": "Dice coefficient in validation around peaks",
        "genome_average_precision": "average precision in genome-like validation",
        "val_loss": "loss in validation around peaks",
    }[column]


def _summary(contents: Contents) -> Markup:
    found = doubts(contents)
    if found:
        box = tag("div", tag("h2", "To be doubted"), bullets(found), class_="doubts")
    else:
        box = tag("div", tag("h2", "To be doubted"), paragraphs("Nothing that could be found."), class_="doubts none")
    return tag(
        "div", tag("div", tag("h2", "How well it does"), _results(contents), class_="result"), box, class_="summary"
    )


def _results(contents: Contents) -> Markup:
    """Tell the first thing that a reader wants to know."""
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
    """List predictor, average precision, and how the model stands to it."""
    rows = []
    for predictor in tested["resolutions"][0]["predictors"]:
        name = predictor["name"]
        if "note" in predictor:
            rows.append((name, NOT_AVAILABLE, NOT_AVAILABLE))
            continue
        how = "" if name in (MODEL, GUESS) else verdict(predictor)
        rows.append((name, _with_interval(predictor["average_precision"], is_guess=name == GUESS), how))
    return rows


def _with_interval(value: Mapping[str, Any], *, is_guess: bool = False) -> str:
    if value["low"] is None or is_guess:
        return number(value["value"])
    return f"{number(value['value'])} ({number(value['low'])} to {number(value['high'])})"


def _validation_results(contents: Contents) -> Markup:
    """Tell of validation, where there was no test."""
    if not contents.validation:
        return paragraphs("There was no independent test, and no validation was kept.")
    rows = []
    for which, found in contents.validation.items():
        prevalence = found["bound_bins"] / found["bins"] if found["bins"] else math.nan
        rows.append((figures.SET_NAMES[which], MODEL, number(found["average_precision"])))
        for name, baseline in contents.baselines.get(which, {}).items():
            rows.append((figures.SET_NAMES[which], name, number(baseline["average_precision"])))
        rows.append((figures.SET_NAMES[which], GUESS, number(prevalence)))
    return paragraphs("There was no independent test. Average precision per 32-bp bin in validation:") + table(
        ("set", "predictor", "average precision"), rows, label="Average precision in validation"
    )


def _trained_on(contents: Contents, show: Draw) -> Markup:
    known = contents.trained_on
    if not known:
        return paragraphs("What the run trained on was not kept: the file of the report's data is not there.")
    tested_label = contents.test["labels"] if contents.test else None
    roles = []
    for role, told in (("training", "training"), ("validation", "validation"), ("test", "test")):
        mine = [chrom for chrom in known["chroms"] if chrom["role"] == role]
        cells = [
            cell["name"] for cell in known["cell_types"]
            if figures.use_of(role, cell["label"], tested_label) in ("trains", "validates", "tested")
        ]  # fmt: skip
        roles.append(
            (
                told,
                listed([chrom["name"] for chrom in mine], 30) or "none",
                base_pairs(sum(chrom["size"] for chrom in mine)),
                listed(cells, 6) or "none",
            )
        )
    parts = [
        paragraphs(
            f"Factor: {known['tf']}. Genome: {known['assembly'] or 'not one that is recognised by its sizes'}"
            + (f", called {contents.settings['genome']}" if contents.settings.get("genome") else "")
            + f". Network: {contents.settings['arch']} with {known['parameters']:,} parameters."
        ),
        table(("set", "chromosomes", "length", "cell types"), roles, label="Training, validation and test"),
    ]
    drawings = [figures.split_matrix(known, tested_label)]
    if sum(source["kept"] for sources in known["pools"].values() for source in sources):
        drawings.append(figures.region_sources(known["pools"]))
    if rates := _label_rates(contents):
        drawings.append(figures.label_rates(rates))
    parts.append(tag("div", *map(show, drawings), class_="figures"))
    parts.append(tag("h3", "Regions of interest, and what each filter took"))
    columns = ("intervals", "other_chromosomes", "beyond_end", "off_end", "blacklisted", "kept")
    for name, sources in known["pools"].items():
        rows = [
            (source["cell_type"], source["kind"], source["file"], *(number(source[column]) for column in columns))
            for source in sources
        ]
        totals = [number(sum(source[column] for source in sources)) for column in columns]
        parts += [
            paragraphs(f"The {name} pool:"),
            table(
                ("cell type", "kind", "file", "intervals", "other chromosome", "beyond end", "off end", "blacklisted",
                 "kept"),
                [*rows, ("total", "", "", *totals)],
                label=f"Sources of the {name} pool",
            ),
        ]  # fmt: skip
    parts += [
        tag("h3", "What the tracks hold"),
        paragraphs("Each training cell type's tracks on evenly spaced regions of the training pool:"),
        table(
            ("cell type", "regions read", "ATAC-seq signal", "regions with a bound bin", "bound bins", "binding"),
            [
                (
                    track["cell_type"], number(track["regions"]),
                    f"{number(track['smallest'])} to {number(track['largest'])}", share(track["positive_regions"]),
                    share(track["positive_bins"]), "binary" if track["is_binary"] else "not binary",
                )
                for track in known["tracks"]
            ],
            label="Signal and binding of each cell type",
        ),
    ]  # fmt: skip
    parts.append(tag("h3", "Files that training and test share"))
    if known["shared_files"]:
        parts.append(paragraphs("Allowed by --allow_shared_files; these are equal in content:"))
        for equal in known["shared_files"]:
            parts.append(
                bullets(
                    f"{file['column']} of {file['cell_type'] or 'all cell types'} ({file['label']}): {file['path']}"
                    for file in equal["files"]
                )
            )
    else:
        parts.append(paragraphs("None."))
    if guard := contents.record.get("leak_guard"):
        parts.append(tag("h3", "Leak guard"))
        parts.append(_guard(guard))
    if known["notes"]:
        parts.append(bullets(known["notes"]))
    return Markup("".join(parts))


def _guard(guard: Mapping[str, Any]) -> Markup:
    rows = [
        (name, stream["pool"], number(stream["batches"]), number(stream["windows"]))
        for name, stream in guard.get("streams", {}).items()
    ]
    return paragraphs(
        "Before the first batch it was proven from the plans of the batches that no window lies on another set's "
        "chromosome or is read in a cell type labelled Test. What was looked at:"
    ) + table(("batches of", "pool", "batches", "windows"), rows, label="What the leak guard looked at")


def _label_rates(contents: Contents) -> dict[str, float]:
    rates = {
        f"{track['cell_type']}, training": track["positive_bins"] for track in contents.trained_on.get("tracks", ())
    }
    for which, found in contents.validation.items():
        if found["bins"]:
            rates[figures.SET_NAMES[which]] = found["bound_bins"] / found["bins"]
    for tested in contents.test["cell_types"] if contents.test else ():
        at_32 = tested["resolutions"][0]
        if at_32["bins"]:
            rates[f"{tested['cell_type']}, test"] = at_32["bound_bins"] / at_32["bins"]
    return rates


def _epochs(contents: Contents, show: Draw) -> Markup:
    history, best = contents.history, contents.best_epoch
    if not history:
        return paragraphs("No epoch is finished.")
    parts = []
    if len(history) == 1:
        parts.append(paragraphs("There is one epoch: the figures show points, and no course."))

    def columns(ending: str) -> dict[str, str]:
        names = {"training": ending, "ROI": f"val_{ending}", "genome": f"genome_{ending}"}
        return {which: name for which, name in names.items() if _is_column(history, name)}

    drawings = [
        figures.epochs("loss", "Loss", "Loss", history, columns("loss"), best),
        figures.epochs("dice", "Dice coefficient", "Dice coefficient", history, columns("dice_coef"), best),
    ]
    for ending, title in (*_METRICS.items(),):
        if chosen := columns(ending):
            title = title[0].upper() + title[1:]
            drawings.append(figures.epochs(ending, title, title, history, chosen, best))
    parts.append(tag("div", *map(show, drawings), class_="figures"))
    return Markup("".join(parts))


def _is_column(history: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether there is something to draw: a number in some epoch."""
    return any(isinstance(row.get(name), float) and math.isfinite(row[name]) for row in history)


def _precision_recall(contents: Contents, show: Draw) -> Markup:
    parts = [tag("h3", "Validation, selected epoch")]
    drawings = []
    for which, found in contents.validation.items():
        if not found["bound_bins"]:
            parts.append(paragraphs(f"No bin of the set {figures.SET_NAMES[which]} is bound: there is no curve."))
            continue
        curves = {MODEL: found, **contents.baselines.get(which, {})}
        note = "" if BINDING in curves or which != "genome" else contents.data.get("no_binding_baseline", "")
        note = f"No mean binding of other cell types: {note}." if note else ""
        title = f"Precision and recall: {figures.SET_NAMES[which]}"
        drawings.append(figures.precision_recall(f"precision_recall_{which.lower()}", title, curves, note))
    if not contents.validation:
        parts.append(paragraphs("The curves of the selected epoch were not kept."))
    parts.append(tag("div", *map(show, drawings), class_="figures"))
    parts.append(tag("h3", "Independent test"))
    if contents.test is None:
        reason = (contents.record.get("test") or {}).get("skipped", "the run ended before it")
        parts.append(paragraphs(f"There was none: {reason}."))
        return Markup("".join(parts))
    drawings = []
    for place, tested in enumerate(contents.test["cell_types"], start=1):
        curves = dict(_curves_of(contents, tested["cell_type"]))
        if curves and curves[MODEL]["bound_bins"]:
            drawings.append(
                figures.precision_recall(
                    f"precision_recall_test_{place}", f"Precision and recall: test, {tested['cell_type']}", curves
                )
            )
        else:
            parts.append(paragraphs(f"No curve of {tested['cell_type']}: no scored bin is bound, or it was not kept."))
        if tested["resolutions"][0]["bound_bins"]:
            drawings.append(figures.test_scores(tested, f"test_scores_{place}"))
    parts.append(tag("div", *map(show, drawings), class_="figures"))
    parts.append(_test_table(contents))
    return Markup("".join(parts))


def _curves_of(contents: Contents, cell_type: str) -> Mapping[str, Any]:
    return next((tested["curves"] for tested in contents.tested if tested["cell_type"] == cell_type), {})


def _test_table(contents: Contents) -> Markup:
    assert contents.test is not None
    rows = []
    for tested in contents.test["cell_types"]:
        for resolution in tested["resolutions"]:
            for predictor in resolution["predictors"]:
                for metric, told in _METRICS.items():
                    found = predictor.get(metric)
                    row = [tested["cell_type"], f"{resolution['bin_size']} bp", predictor["name"], told]
                    if found is None:
                        rows.append([*row, NOT_AVAILABLE, predictor["note"]])
                        continue
                    more = ""
                    if found.get("model_minus") is not None:
                        more = (
                            f"{number(found['model_minus'])} ({number(found['model_minus_low'])} to "
                            f"{number(found['model_minus_high'])})"
                        )
                    rows.append([*row, _with_interval(found), more])
    header = ("cell type", "bins", "predictor", "metric", "value (interval)", "model minus this (interval)")
    return Markup(
        tag(
            "details",
            tag("summary", "All scores of the test"),
            table(header, rows, label="Scores of the test"),
            class_="numbers",
        )
    )


def _cell_types(contents: Contents, show: Draw) -> Markup:
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
    ) + tag("div", show(figures.by_cell_type(rows)), class_="figures")


def _calibration(contents: Contents, show: Draw) -> Markup:
    if contents.settings.get("quant"):
        return paragraphs("Not drawn: the targets are quantitative, so that predictions are no probabilities.")
    groups = {which: found["calibration"] for which, found in contents.validation.items()}
    pooled = [curves[MODEL] for curves in (tested["curves"] for tested in contents.tested) if MODEL in curves]
    if contents.test is not None and pooled:
        groups["test"] = _pooled([found["calibration"] for found in pooled])
    groups = {which: found for which, found in groups.items() if any(group["bound_bins"] for group in found)}
    if not groups:
        return paragraphs("Not drawn: no set with a bound bin was kept.")
    return paragraphs(
        "Of the bins that are predicted to be bound with some probability, how many are? A model that was trained "
        "where bound bins are common predicts too much on a genome, where they are rare, however well it ranks them. "
        "Use the table of thresholds, not the prediction itself, to decide what to call bound."
    ) + tag("div", show(figures.calibration(groups)), class_="figures")


def _pooled(groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Add up the groups of several cell types."""
    sums: dict[float, dict[str, Any]] = {}
    for group in (group for found in groups for group in found):
        mine = sums.setdefault(group["low"], {**group, "bins": 0, "bound_bins": 0, "mean_score": 0.0})
        mine["mean_score"] += group["mean_score"] * group["bins"]
        mine["bins"] += group["bins"]
        mine["bound_bins"] += group["bound_bins"]
    return [{**mine, "mean_score": mine["mean_score"] / mine["bins"]} for _, mine in sorted(sums.items())]


def _scores(contents: Contents, show: Draw) -> Markup:
    drawings = []
    for which, found in contents.validation.items():
        if found["bins"]:
            title = f"Predictions: {figures.SET_NAMES[which]}"
            drawings.append(figures.score_distribution(f"distribution_{which.lower()}", title, found["histogram"]))
    for place, tested in enumerate(contents.tested if contents.test else (), start=1):
        found = tested["curves"].get(MODEL)
        if found and found["bins"]:
            drawings.append(
                figures.score_distribution(
                    f"distribution_test_{place}", f"Predictions: test, {tested['cell_type']}", found["histogram"]
                )
            )
    if not drawings:
        return paragraphs("Not drawn: the predictions were not kept.")
    return tag("div", *map(show, drawings), class_="figures")


def _loader(contents: Contents, show: Draw) -> Markup:
    if not contents.timing:
        return paragraphs("No epoch is finished.")
    record = contents.record
    waited = waiting_share(contents.timing)
    rows = [(name, duration(seconds)) for name, seconds in record.get("phases", {}).items()]
    outside = record.get("outside_steps_share")
    told = "" if outside is None else f", of which {share(outside)} were no training steps"
    return (
        paragraphs(
            f"The run took {duration(record['seconds'])} on {record.get('device') or 'an unknown device'}{told}. "
            f"Training waited {share(waited)} of its time for the loader, at most."
        )
        + tag(
            "div", show(figures.times(contents.timing)), show(figures.loader_meter(contents.timing)), class_="figures"
        )
        + table(("phase", "time"), rows, label="Time of each phase")
    )


def _loci(contents: Contents, show: Draw) -> Markup:
    if contents.test is None:
        return paragraphs("There was no independent test: no prediction of held-out chromosomes is at hand.")
    parts = [paragraphs(_LOCI_INTRODUCTION)]
    for number_, tested in enumerate(contents.tested[:SHOWN_CELL_TYPES], start=1):
        parts.append(tag("h3", tested["cell_type"]))
        if not tested["loci"]:
            parts.append(paragraphs("No bin has a prediction."))
            continue
        drawings = [
            figures.locus(f"locus_{number_}_{place}", locus, tested["cell_type"])
            for place, locus in enumerate(tested["loci"], start=1)
        ]
        parts.append(tag("div", *map(show, drawings), class_="figures"))
    if len(contents.tested) > SHOWN_CELL_TYPES:
        parts.append(paragraphs(f"The places of {len(contents.tested) - SHOWN_CELL_TYPES} more are in the data file."))
    if not contents.tested:
        parts.append(paragraphs("They were not kept."))
    return Markup("".join(parts))


def _false_positives(contents: Contents) -> Markup:
    if contents.test is None:
        return paragraphs("There was no independent test: no prediction of held-out chromosomes is at hand.")
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


def _settings(contents: Contents) -> Markup:
    settings, record = contents.settings, contents.record
    defaults = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
    given = {name: value for name, value in settings.items() if not _is_default(value, defaults.get(name))}
    inputs = [
        (name, str(file["path"]), number(file["bytes"]), _hash(file.get("sha256")))
        for name, file in record["inputs"].items()
    ]
    about = {
        "Status": record["status"],
        "Started": record.get("started"),
        "Command": _value(record.get("command", [])),
        "Gone on with": listed([f"after epoch {again['after_epoch']}" for again in record.get("resumed", ())], 20)
        or "no",
        "Seed": str(record["seed"]),
        "maxatac": f"{record.get('maxatac')}, revision {record.get('revision') or 'unknown'}",
        "Device": record.get("device"),
        "Machine": _value(record.get("machine")),
        "Versions": _value(record.get("versions")),
        "Fingerprint of the last epoch's state": record.get("state_sha256"),
    }
    entries = [
        part for name, value in about.items() for part in (tag("dt", name), tag("dd", str(value or NOT_AVAILABLE)))
    ]
    return Markup(
        tag("dl", *entries)
        + tag("h3", "Settings that are not the default, or were worked out")
        + table(("option", "value"), [(f"--{name}", _value(value)) for name, value in given.items()], label="Settings")
        + tag(
            "details",
            tag("summary", "All other settings"),
            table(
                ("option", "value"),
                [(f"--{name}", _value(value)) for name, value in settings.items() if name not in given],
                label="All other settings",
            ),
        )
        + tag("h3", "Files that were read")
        + table(("file", "path", "bytes", "SHA-256"), inputs, label="Checksums of the inputs")
    )


def _is_default(value: Any, default: Any) -> bool:
    return value == default or (default is not dataclasses.MISSING and str(value) == str(default))


def _hash(digest: str | None) -> Markup | str:
    return NOT_AVAILABLE if digest is None else tag("span", digest, class_="hash")


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if isinstance(value, list):
        return some(map(_value, value), SHOWN_WORDS, separator=" ")
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10**5 else str(value)


def _origin(contents: Contents) -> str:
    return (
        f"Made by maxatac {contents.record.get('maxatac', '')} from the files of the run {contents.prefix}. "
        f"The figures are in the folder {contents.prefix}_figures, as PNG and SVG. "
        "Nothing is loaded from anywhere when this page is opened."
    )

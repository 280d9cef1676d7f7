"""The page of a report: its sections in order, and those about data and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import Markup, bullets, figure, paragraphs, table, tag
from maxatac.figures.page import side_by_side, whole_page
from maxatac.reporting import data_figures, sections
from maxatac.reporting.benchmarks import benchmarks
from maxatac.reporting.contents import Contents
from maxatac.reporting.looks import SET_NAMES
from maxatac.reporting.sections import Draw
from maxatac.reporting.summary import lead, summary
from maxatac.wording import NOT_AVAILABLE, base_pairs, first_few, listed, number, share

SHOWN_WORDS = 60
"""Words of a setting or of the command that are shown; the record has all."""


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

    made = [
        ("trained-on", "What was trained on", _trained_on(contents, show)),
        ("epochs", "Epochs", sections.epochs(contents, show)),
        ("precision-recall", "Precision and recall", sections.precision_recall(contents, show)),
        ("cell-types", "Cell types", sections.cell_types(contents, show)),
        ("calibration-section", "Calibration", sections.calibration(contents, show)),
        ("scores", "Score distribution", sections.scores(contents, show)),
        ("loader-section", "Time and the loader", sections.loader(contents, show)),
        ("loci", "Example loci", sections.example_loci(contents, show)),
        ("false-positives", "Most confident false positives", sections.false_positives(contents)),
        ("settings", "Settings and checksums", _settings(contents)),
    ]
    if contents.benchmarks:
        made.insert(-1, ("benchmarks", "Benchmarks", benchmarks(contents.benchmarks, show)))
    title = f"Training report: {contents.prefix}"
    return whole_page(title, lead(contents), summary(contents), made, _origin(contents))


def _trained_on(contents: Contents, show: Draw) -> Markup:
    known = contents.trained_on
    if not known:
        return paragraphs("What the run trained on was not kept: the file of the report's data is not there.")
    tested_label = contents.test["labels"] if contents.test else None
    roles = []
    for role in ("training", "validation", "test"):
        mine = [chrom for chrom in known["chroms"] if chrom["role"] == role]
        cells = [
            cell["name"] for cell in known["cell_types"]
            if data_figures.use_of(role, cell["label"], tested_label) in ("trains", "validates", "tested")
        ]  # fmt: skip
        roles.append(
            (
                role,
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
    drawings = [data_figures.split_matrix(known, tested_label)]
    if sum(source["kept"] for sources in known["pools"].values() for source in sources):
        drawings.append(data_figures.region_sources(known["pools"]))
    if rates := _label_rates(contents):
        drawings.append(data_figures.label_rates(rates))
    parts.append(side_by_side(show, drawings))
    parts += [*_pools(known["pools"]), *_tracks(known["tracks"]), *_shared_files(known["shared_files"])]
    if guard := contents.record.get("leak_guard"):
        parts.append(tag("h3", "Leak guard"))
        parts.append(_guard(guard))
    if known["notes"]:
        parts.append(bullets(known["notes"]))
    return Markup("".join(parts))


def _pools(pools: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Markup]:
    parts = [tag("h3", "Regions of interest, and what each filter took")]
    columns = ("intervals", "other_chromosomes", "beyond_end", "off_end", "blacklisted", "kept")
    for name, sources in pools.items():
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
    return parts


def _tracks(tracks: Sequence[Mapping[str, Any]]) -> list[Markup]:
    return [
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
                for track in tracks
            ],
            label="Signal and binding of each cell type",
        ),
    ]  # fmt: skip


def _shared_files(shared: Sequence[Mapping[str, Any]]) -> list[Markup]:
    parts = [tag("h3", "Files that training and test share")]
    if not shared:
        return [*parts, paragraphs("None.")]
    parts.append(paragraphs("Allowed by --allow_shared_files or --allow_same; these are equal in content:"))
    for equal in shared:
        parts.append(
            bullets(
                f"{file['column']} of {file['cell_type'] or 'all cell types'} ({file['label']}): {file['path']}"
                for file in equal["files"]
            )
        )
    return parts


def _guard(guard: Mapping[str, Any]) -> Markup:
    rows = [
        (name, stream["pool"], number(stream["batches"]), number(stream["windows"]))
        for name, stream in guard.get("streams", {}).items()
    ]
    return paragraphs(
        "Before the first batch the run checked that regions, tracks and chromosomes belong to their set, and that no "
        "planned window lies on another set's chromosome or is read in a cell type labelled Test. Where a run has more "
        "windows than were checked, these are a sample:"
    ) + table(("batches of", "pool", "batches", "windows"), rows, label="What the leak guard looked at")


def _label_rates(contents: Contents) -> dict[str, float]:
    rates = {
        f"{track['cell_type']}, training": track["positive_bins"] for track in contents.trained_on.get("tracks", ())
    }
    for which, found in contents.validation.items():
        if found["bins"]:
            rates[SET_NAMES[which]] = found["bound_bins"] / found["bins"]
    for tested in contents.test["cell_types"] if contents.test else ():
        at_32 = tested["resolutions"][0]
        if at_32["bins"]:
            rates[f"{tested['cell_type']}, test"] = at_32["bound_bins"] / at_32["bins"]
    return rates


def _settings(contents: Contents) -> Markup:
    settings, record = contents.settings, contents.record
    # Records of earlier versions lack this list: all of their settings are shown at once.
    not_default = record.get("settings_not_default", settings)
    given = {name: value for name, value in settings.items() if name in not_default}
    inputs = [
        (
            name,
            str(file["path"]),
            number(file["bytes"]),
            tag("span", file["sha256"], class_="hash") if file.get("sha256") is not None else NOT_AVAILABLE,
        )
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


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if isinstance(value, list):
        return first_few(map(_value, value), SHOWN_WORDS, separator=" ")
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10**5 else str(value)


def _origin(contents: Contents) -> str:
    return (
        f"Made by maxatac {contents.record.get('maxatac', '')} from the files of the run {contents.prefix}. "
        f"The figures are in the folder {contents.prefix}_figures, as PNG and SVG."
    )

"""The page of the QC of a run, ``<prefix>_qc.html``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maxatac.figures.drawing import Drawing
from maxatac.figures.markup import Markup, figure, paragraphs, table
from maxatac.figures.page import Section, first_screen, side_by_side, whole_page
from maxatac.files.atomic import write_text
from maxatac.preparation.enrichment import BIN, TOP
from maxatac.preparation.multiqc import multiqc_table
from maxatac.preparation.qc import LADDER, QcFacts, qc_numbers
from maxatac.preparation.qc_figures import (
    draw_complexity,
    draw_composition,
    draw_enrichment,
    draw_filters,
    draw_lengths,
)
from maxatac.wording import NOT_AVAILABLE, counted, first_few, listed, number, share

logger = logging.getLogger(__name__)


def write_qc(page: Path, table: Path, facts: QcFacts) -> dict[str, Any]:
    """Write the page and the table of a run; if the page cannot be drawn, only a warning tells.

    Parameters
    ----------
    page, table : Path
        ``<prefix>_qc.html`` and ``<prefix>_qc_mqc.tsv``.
    facts : QcFacts

    Returns
    -------
    dict
        Every number, for the run record.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    numbers = qc_numbers(facts)
    write_text(table, multiqc_table(facts, numbers))
    try:
        text = render(facts, numbers)
    except Exception as error:  # noqa: BLE001 - whatever a plotting library raises: the tracks are good
        logger.warning("%s was not drawn: %s", page.name, error)
        logger.debug("traceback", exc_info=True)
    else:
        write_text(page, text)
    return numbers


def render(facts: QcFacts, numbers: Mapping[str, Any]) -> str:
    """Make the page.

    Parameters
    ----------
    facts : QcFacts
    numbers : mapping
        What :func:`maxatac.preparation.qc.qc_numbers` makes of them.
    """
    sections: list[Section] = [("kept", f"{facts.unit.capitalize()}s kept and lost", _kept(facts, numbers))]
    if facts.fragment_lengths is not None:
        sections.append(("fragments", "Fragment lengths", _lengths(facts, numbers)))
    sections += [
        ("sites", "Cut sites", _sites(facts, numbers)),
        ("library", "Library complexity", _library(facts, numbers)),
        ("tracks", "The tracks", _tracks(facts)),
    ]
    names = first_few([path.name for path in facts.inputs])
    lead = (
        f"{counted(facts.records, facts.unit)} of {names}; {counted(facts.kept, facts.unit)} "
        f"({share(facts.kept / facts.records if facts.records else None)}) gave cut sites for "
        f"{counted(len(facts.tracks), 'track')}."
    )
    origin = f"Made by maxatac prepare for {facts.prefix}. The run record holds the settings and every number."
    top = first_screen("What the sample is like", _key_numbers(facts, numbers), numbers["warnings"])
    return whole_page(f"Quality of {facts.prefix}", lead, top, sections, origin)


def _key_numbers(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    lengths, complexity = numbers["fragment_lengths"], numbers["complexity"]
    rows = [
        (
            f"{facts.unit}s kept",
            f"{number(facts.kept)} ({share(facts.kept / facts.records if facts.records else None)})",
        ),
        ("on organelles, of the mapped", share(numbers["share_on_organelles"])),
    ]
    if lengths is not None:
        rows += [
            ("median fragment length", f"{number(lengths['median'])} bp"),
            ("fragments below 150 bp", share(lengths["shares"]["below 150 bp"])),
            ("fragments of one nucleosome", share(lengths["shares"]["one nucleosome"])),
        ]
    rows.append(("duplicate pairs", NOT_AVAILABLE if complexity["nrf"] is None else share(1 - complexity["nrf"])))
    if len(facts.tracks) == 1:
        known, track = facts.tracks[0], numbers["tracks"][facts.tracks[0].name]
        rows += [
            ("cut sites in the track", number(known.used_sites)),
            (f"cut sites in {share(TOP)} of bins", share(track["share_in_top_bins"])),
        ]
        if track["frip"] is not None:
            rows.append(("cut sites in peaks (FRiP)", share(track["frip"])))
        rows.append((f"sites on a base that become 1 (percentile {facts.percentile:g})", number(known.at_percentile)))
    return table(("what", "value"), rows, label="Key numbers")


def _kept(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    filters = facts.filters()
    parts = [
        paragraphs(f"The filters in their order. Each {facts.unit} is counted at the first that leaves it out."),
        table(
            ("filter", "left out", "share of all", "left"),
            [
                (f"all {facts.unit}s", "", "", number(facts.records)),
                *(
                    (name, number(lost), share(lost / facts.records if facts.records else None), number(left))
                    for name, lost, left in filters
                ),
            ],
            label="What each filter left out",
        ),
        side_by_side(figure, [draw_filters(filters, records=facts.records, unit=facts.unit)]),
    ]
    if facts.among:
        told = [f"{number(count)} {name.replace('_', ' ')}" for name, count in facts.among.items()]
        parts.append(paragraphs(f"Among all {facts.unit}s, whether they were left out or not: {listed(told)}."))
    if facts.clipped is not None:
        parts.append(
            paragraphs(
                f"Clipped at the 5' end: {number(facts.clipped)} of the kept {facts.unit}s "
                f"({share(numbers['share_clipped_at_the_5_prime_end'])})."
            )
        )
    parts.append(_left_out_chroms(facts, numbers))
    if facts.shared_barcodes is not None:
        parts.append(paragraphs(f"Barcodes met in several files: {number(facts.shared_barcodes)}."))
    return Markup("".join(parts))


def _left_out_chroms(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    found = dict(sorted(facts.other_chroms.items(), key=lambda item: -item[1]))
    if not found:
        return paragraphs(f"No {facts.unit} lies on a sequence that was not chosen.")
    told = paragraphs(
        f"On organelles: {share(numbers['share_on_organelles'])} of the mapped {facts.unit}s. Sequences that were not "
        "chosen:"
    )
    rows = [(chrom, number(count), share(count / max(facts.mapped, 1))) for chrom, count in list(found.items())[:20]]
    if len(found) > 20:
        rest = sum(list(found.values())[20:])
        rows.append((f"{len(found) - 20:,} more", number(rest), share(rest / max(facts.mapped, 1))))
    return told + table(
        ("sequence", f"{facts.unit}s", "share of the mapped"), rows, label="Sequences that were not chosen"
    )


def _lengths(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    assert facts.fragment_lengths is not None
    found = numbers["fragment_lengths"]
    rows = [
        ("fragments", number(found["fragments"])),
        ("median", f"{number(found['median'])} bp"),
        ("most frequent", f"{number(found['most_frequent'])} bp"),
        *(
            (name if name.startswith("below") else f"{name}, {low} to {high - 1} bp", share(found["shares"][name]))
            for name, (low, high) in LADDER.items()
        ),
        ("over 10 kb", number(numbers["fragments_over_10kb"])),
    ]
    drawings: list[Drawing] = []
    if found["fragments"]:
        drawings = [draw_lengths(facts.fragment_lengths, with_logarithm=logarithm) for logarithm in (False, True)]
    return table(("length", "value"), rows, label="Fragment lengths") + side_by_side(figure, drawings)


def _sites(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    parts = [
        paragraphs(
            f"Enrichment: the chromosomes are cut into bins of {BIN} bp; the share of the cut sites that lie in the "
            f"{share(TOP)} of the bins with most of them. Sites and bins in the blacklist are left out. Beside it "
            "stands the share that as many sites at random places would have."
        )
    ]
    drawings = []
    if any(track.spread.top_share() is not None for track in facts.tracks):
        drawings.append(draw_enrichment(facts.tracks))
    if facts.composition is not None and facts.composition.sites:
        drawings.append(draw_composition(facts.composition.shares(), sites=facts.composition.sites))
    with_peaks = any(track["frip"] is not None for track in numbers["tracks"].values())
    header = ["track", "cut sites", "in the blacklist", f"in {share(TOP)} of bins", "at random"]
    rows = []
    for track in facts.tracks:
        found = numbers["tracks"][track.name]
        shares = ("share_in_blacklist", "share_in_top_bins", "share_in_top_bins_at_random")
        row = [track.name, number(track.spread.total), *(share(found[name]) for name in shares)]
        rows.append([*row, share(found["frip"])] if with_peaks else row)
    parts.append(table([*header, "in peaks (FRiP)"] if with_peaks else header, rows, label="Where the cut sites lie"))
    parts.append(side_by_side(figure, drawings))
    if facts.composition is not None:
        parts.append(paragraphs(_middle(numbers["base_composition"]["middle_of_the_pattern"])))
    return Markup("".join(parts))


def _middle(found: Mapping[str, float | None]) -> str:
    told = [
        f"{strand} reads " + ("cannot be told" if middle is None else f"{middle:g} bp")
        for strand, middle in found.items()
    ]
    return (
        f"Middle of Tn5's pattern, from the cut sites in the direction of the read: {listed(told)}. It is 0 with the "
        "right shift, but -1 for the right ends of 10x fragments, which are moved by 5 bp and not by 4."
    )


def _library(facts: QcFacts, numbers: Mapping[str, Any]) -> Markup:
    found = numbers["complexity"]
    if found["unknown"] is not None:
        return paragraphs(f"{found['unknown'][0].upper()}{found['unknown'][1:]}.")
    rows = [
        ("pairs examined", number(found["pairs"])),
        ("distinct pairs", number(found["distinct_pairs"])),
        ("NRF, distinct pairs by pairs", number(found["nrf"])),
        ("PBC1, pairs seen once by distinct pairs", number(found["pbc1"])),
        ("PBC2, pairs seen once by pairs seen twice", number(found["pbc2"])),
        ("molecules in the library, estimated", f"{number(found['molecules'])}"),
        ("standard error of that, from sampling", share(found["molecules_relative_error"])),
        ("distinct pairs at twice the depth, expected", number(found["distinct_at_twice_the_depth"])),
    ]
    return (
        paragraphs(
            "From how often each pair of reads on the chosen chromosomes was seen, before the filters after that of "
            "duplicates. ENCODE prefers NRF and PBC1 above 0.9 and PBC2 above 3."
        )
        + table(("what", "value"), rows, label="Library complexity")
        + side_by_side(figure, [draw_complexity(facts.complexity)])
    )


def _tracks(facts: QcFacts) -> Markup:
    with_peaks = any(track.peaks is not None for track in facts.tracks)
    header = [
        "track",
        "sites used",
        "N",
        "covered bases",
        f"sites at percentile {facts.percentile:g}",
        "most on a base",
    ]
    rows = []
    for track in facts.tracks:
        found = (track.used_sites, track.depth, track.covered_bases, track.at_percentile, track.highest)
        rows.append([track.name, *map(number, found), *([number(track.peaks)] if with_peaks else [])])
    return paragraphs(
        f"Each cut site counts on {2 * facts.slop + 1} bp around it; sites whose stretch touches the blacklist are not "
        f"used. The scaled track is the count times {facts.rpm_factor:,} / N. In the normalised track the percentile "
        f"{facts.percentile:g} of the covered bases is 1, so about {number(100 - facts.percentile)} % of them lie "
        "above 1 unless they were cut."
    ) + table([*header, "peaks"] if with_peaks else header, rows, label="The tracks")

"""The table ``<prefix>_qc_mqc.tsv``, which MultiQC reads as custom content.

The format: https://docs.seqera.io/multiqc/custom_content
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from maxatac.preparation.enrichment import BIN
from maxatac.preparation.qc import LADDER, QcFacts, TrackFacts

_COLUMNS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "records": ("Records", "Reads or fragments in the inputs", {"format": "{:,.0f}", "hidden": True}),
    "kept": ("Kept", "Reads or fragments that gave cut sites", {"format": "{:,.0f}"}),
    "organelles": ("Organelles", "Share of the mapped on organelles", {"suffix": "%", "max": 100, "scale": "OrRd"}),
    "duplicates": ("Duplicates", "Share of pairs that are duplicates", {"suffix": "%", "max": 100, "scale": "OrRd"}),
    "nrf": ("NRF", "Distinct pairs by pairs", {"max": 1, "scale": "RdYlGn"}),
    "pbc1": ("PBC1", "Pairs seen once by distinct pairs", {"max": 1, "scale": "RdYlGn", "hidden": True}),
    "pbc2": ("PBC2", "Pairs seen once by pairs seen twice", {"scale": "RdYlGn", "hidden": True}),
    "molecules": ("Molecules", "Estimated size of the library", {"format": "{:,.0f}", "hidden": True}),
    "median_length": ("Length", "Median length of the fragments", {"suffix": " bp", "format": "{:,.0f}"}),
    "below_150": ("< 150 bp", "Share of fragments below 150 bp", {"suffix": "%", "max": 100, "scale": "Greens"}),
    "one_nucleosome": ("Mono", "Share of fragments of one nucleosome", {"suffix": "%", "max": 100, "scale": "Blues"}),
    "clipped": ("Clipped", "Share of reads clipped at the 5' end", {"suffix": "%", "max": 100, "hidden": True}),
    "sites": ("Cut sites", "Cut sites in the track", {"format": "{:,.0f}"}),
    "blacklist": ("Blacklist", "Share of cut sites in the blacklist", {"suffix": "%", "max": 100, "hidden": True}),
    "top": (
        "Top 1 %",
        f"Share of cut sites in 1 % of bins of {BIN} bp",
        {"suffix": "%", "max": 100, "scale": "Greens"},
    ),
    "frip": ("FRiP", "Share of cut sites in peaks", {"suffix": "%", "max": 100, "scale": "Greens"}),
    "at_percentile": ("Percentile", "Cut sites on a base that becomes 1", {"format": "{:,.1f}"}),
    "peaks": ("Peaks", "Peaks that were called", {"format": "{:,.0f}"}),
    "warnings": ("Caveats", "Caveats on the QC page", {"format": "{:,.0f}", "scale": "OrRd"}),
}
"""Column of the table: title, description, and what else MultiQC takes."""


def multiqc_table(facts: QcFacts, numbers: Mapping[str, Any]) -> str:
    """Make the table that MultiQC reads as custom content: a line per track, empty where there is no number.

    Parameters
    ----------
    facts : QcFacts
    numbers : mapping
        What :func:`maxatac.preparation.qc.qc_numbers` makes of them.
    """
    rows = {track.name: _row(track, facts, numbers) for track in facts.tracks}
    used = [name for name in _COLUMNS if any(row[name] is not None for row in rows.values())]
    lines = [
        "# id: maxatac_prepare",
        "# section_name: maxatac prepare",
        "# description: Quality of samples that maxatac prepare made tracks of.",
        "# plot_type: table",
        "# pconfig:",
        "#     id: maxatac_prepare_table",
        "#     title: 'maxatac prepare: quality of the samples'",
        "# headers:",
    ]
    for name in used:
        title, description, more = _COLUMNS[name]
        lines.append(f"#     {name}:")
        settings = {"title": title, "description": description, "min": 0, **more}
        # JSON is YAML.
        lines += [f"#         {key}: {json.dumps(value)}" for key, value in settings.items()]
    lines.append("\t".join(["Sample", *used]))
    for sample, row in rows.items():
        lines.append("\t".join([sample, *("" if row[name] is None else f"{row[name]:.10g}" for name in used)]))
    return "\n".join(lines) + "\n"


def _row(track: TrackFacts, facts: QcFacts, numbers: Mapping[str, Any]) -> dict[str, float | None]:
    found, complexity = numbers["tracks"][track.name], numbers["complexity"]
    lengths = numbers["fragment_lengths"] or {"median": None, "shares": dict.fromkeys(LADDER)}

    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return {
        "records": facts.records,
        "kept": facts.kept,
        "organelles": percent(numbers["share_on_organelles"]),
        "duplicates": None if complexity["nrf"] is None else 100 * (1 - complexity["nrf"]),
        "nrf": complexity["nrf"],
        "pbc1": complexity["pbc1"],
        "pbc2": complexity["pbc2"],
        "molecules": complexity["molecules"],
        "median_length": lengths["median"],
        "below_150": percent(lengths["shares"]["below 150 bp"]),
        "one_nucleosome": percent(lengths["shares"]["one nucleosome"]),
        "clipped": percent(numbers["share_clipped_at_the_5_prime_end"]),
        "sites": track.used_sites,
        "blacklist": percent(found["share_in_blacklist"]),
        "top": percent(found["share_in_top_bins"]),
        "frip": percent(found["frip"]),
        "at_percentile": track.at_percentile,
        "peaks": track.peaks,
        "warnings": len(numbers["warnings"]),
    }

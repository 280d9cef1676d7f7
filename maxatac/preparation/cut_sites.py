"""From files of reads to cut sites: what is read, and what is counted on the way."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maxatac._core import CutSites
from maxatac.errors import MaxatacError
from maxatac.genome.chroms import WARN_UNKNOWN
from maxatac.preparation.inputs import PrepareInputs, unshared_hint
from maxatac.preparation.qc import LOST
from maxatac.preparation.quality import lost_reads
from maxatac.preparation.read_files import ReadsFile
from maxatac.preparation.settings import PrepareConfig
from maxatac.runs.settings import MEMORY_SHARE, loader_threads
from maxatac.system.progress import telling
from maxatac.system.resources import usable_memory
from maxatac.wording import byte_size, counted, first_few

logger = logging.getLogger(__name__)

MOST_MEMORY = 500_000_000
"""Bytes for reads and cut sites if nothing else is asked for; what is more goes to a temporary file."""

_REMEDIES = {
    "not_paired": "single reads need --single_end",
    "orphans": "--skip_deduplication keeps reads without their mates, by their flags",
    "not_proper": "--single_end takes each read by itself",
    "low_mapq": "choose a lower --min_mapq",
}
"""What may help where no read is left, by what keeps reads out."""


def sites_memory(config: PrepareConfig) -> int:
    """Bytes that reads and cut sites may take in memory: as asked for, else a moderate part of what there is."""
    if isinstance(config.memory, int):
        return config.memory
    return min(MOST_MEMORY, usable_memory() // MEMORY_SHARE)


def read_cut_sites(config: PrepareConfig, inputs: PrepareInputs, temp_dir: Path) -> tuple[CutSites, dict[str, Any]]:
    """Read all inputs.

    Parameters
    ----------
    config : PrepareConfig
    inputs : PrepareInputs
    temp_dir : Path
        Folder for what does not fit into memory.

    Returns
    -------
    CutSites
        Finished.
    dict
        What was counted, over all inputs: reads by what became of them, lengths of fragments, and others;
        ``barcodes_in_several_files`` where there are barcodes.

    Raises
    ------
    MaxatacError
        If a file is damaged or does not fit the genome, or nothing is left of the reads.
    """
    groups = inputs.groups
    sites = CutSites(
        inputs.chroms,
        temp_dir=temp_dir,
        memory=sites_memory(config),
        threads=loader_threads(config),
        groups=1 if groups is None else len(groups.names),
        with_labels=config.sites_bed or config.call_peaks,
    )
    tallies: dict[str, Any] = {}
    if inputs.are_bam:
        tallies = _read_bam(config, inputs, sites)
    else:
        for place, file in enumerate(inputs.files):
            numbers = None if groups is None else groups.numbers[place]
            tallies = joined(tallies, _read_text(config, inputs, file, numbers, sites))
        if "barcodes_met" in tallies:
            met = Counter(tallies.pop("barcodes_met"))
            tallies["barcodes_in_several_files"] = sum(files > 1 for files in met.values())
    sites.finish()
    if not tallies["sites"]:
        raise MaxatacError(_why_nothing(inputs, tallies))
    _tell_left_out(inputs, tallies)
    if tallies.get("unsorted"):
        logger.info("the reads are not in the order of their positions; the results do not depend on it")
    logger.info("%s cut sites of %s records", f"{tallies['sites']:,}", f"{tallies['records']:,}")
    return sites, tallies


def _read_bam(config: PrepareConfig, inputs: PrepareInputs, sites: CutSites) -> dict[str, Any]:
    paths = [file.path for file in inputs.files]
    size = sum(path.stat().st_size for path in paths)
    logger.info("reading %s (%s)", first_few([str(path) for path in paths]), byte_size(size))
    with telling("reading", size, "B") as advance:
        tallies: dict[str, Any] = sites.add_bam(
            paths,
            single_end=config.single_end,
            skip_deduplication=config.skip_deduplication,
            trust_marks=config.trust_duplicate_flags,
            per_file=config.deduplicate_per_file,
            min_mapq=config.min_mapq,
            primary_only=config.primary_only,
            barcode_tag=config.barcode_tag,
            barcodes=None if inputs.groups is None else inputs.groups.numbers[0],
            accept_no_end=config.allow_missing_eof,
            max_fragment=config.max_fragment,
            progress=advance,
        )
    return tallies


def _read_text(
    config: PrepareConfig, inputs: PrepareInputs, file: ReadsFile, barcodes: Mapping[bytes, int] | None, sites: CutSites
) -> dict[str, Any]:
    size = file.path.stat().st_size
    logger.info("reading %s (%s)", file.path, byte_size(size))
    with telling("reading", size, "B") as advance:
        tallies: dict[str, Any] = sites.add_text(
            file.path,
            kind=file.format,
            shift=inputs.shift,
            single_end=config.single_end,
            barcodes=barcodes,
            merge_equal=config.remove_equal_fragments,
            max_fragment=config.max_fragment,
            progress=advance,
        )
    return tallies


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Add what was counted in two files: numbers and histograms are summed, places listed."""
    total = dict(one)
    for name, value in other.items():
        before = total.get(name)
        if before is None:
            total[name] = value
        elif isinstance(value, Mapping):
            total[name] = joined(before, value)
        elif isinstance(value, np.ndarray):
            longest = max(len(before), len(value))
            total[name] = sum(np.pad(part, (0, longest - len(part))) for part in (before, value))
        else:
            total[name] = before + value
    return total


def _tell_left_out(inputs: PrepareInputs, tallies: Mapping[str, Any]) -> None:
    """Log how many reads are on sequences that are not used; warn where the genome lacks many of them."""
    elsewhere: Mapping[str, int] = tallies["other_chrom"]
    most = sorted(elsewhere, key=lambda name: -elsewhere[name])
    if most:
        told = first_few([f"{name} ({elsewhere[name]:,})" for name in most], 8)
        logger.info("records on sequences that are left out: %s", told)
    unknown = [name for name in most if name not in inputs.sizes.lengths]
    lost = sum(elsewhere[name] for name in unknown)
    if lost > WARN_UNKNOWN * tallies["records"]:
        told = f"{lost:,} of {tallies['records']:,} records are on sequences that the genome lacks"
        logger.warning("%s, such as %s; %s", told, first_few(unknown), unshared_hint(unknown, inputs.sizes.lengths))


def _why_nothing(inputs: PrepareInputs, tallies: Mapping[str, Any]) -> str:
    """Say why no cut site is left."""
    paths = first_few([str(file.path) for file in inputs.files])
    elsewhere: Mapping[str, int] = tallies.get("other_chrom", {})
    if not tallies.get("records"):
        return f"{paths}: no read"
    if elsewhere and sum(elsewhere.values()) == tallies["records"]:
        names = list(elsewhere)
        return (
            f"{paths}: no read is on the chromosomes in use ({first_few(inputs.chroms)}): they are on "
            f"{first_few(names, 5)}; {unshared_hint(names, inputs.sizes.lengths)}"
        )
    if inputs.groups is not None and not tallies.get("barcoded"):
        there = first_few(dict.fromkeys(line[3] for file in inputs.files for line in file.lines if len(line) > 3), 2)
        listed = first_few([barcode.decode() for numbers in inputs.groups.numbers for barcode in numbers], 2)
        found = f"; they have {there}" if there else ""
        return f"{paths}: no read has a barcode of the table, such as {listed}{found}"
    lost = lost_reads(tallies, marks=False)
    counts = ", ".join(f"{count:,} {LOST[name]}" for name, count in lost.items())
    hint = next((f"; {words}" for name, words in _REMEDIES.items() if name in lost), "")
    return f"{paths}: no cut site is left of {counted(tallies['records'], 'read')}: {counts}{hint}"

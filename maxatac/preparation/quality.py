"""From what a run has counted to the facts of its quality control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maxatac._core import CutSites
from maxatac.genome.spans import Spans
from maxatac.preparation.composition import BaseComposition
from maxatac.preparation.enrichment import SiteSpread
from maxatac.preparation.inputs import PrepareInputs
from maxatac.preparation.qc import LOST, QcFacts, TrackFacts
from maxatac.preparation.settings import PERCENTILE, PrepareConfig
from maxatac.wording import counted, share

_MOST_BARCODED = 0.5
"""Share of the reads with a barcode from which on a BAM is one of single cells."""

_BAD = {
    "negative_start": "start below 0",
    "empty": "end not behind the start",
    "past_end": "end beyond the chromosome",
}
"""Why a line cannot be right: key of the tallies to words."""

_MANY_EQUAL = 0.1
"""Share of lines that are equal to another from which on there is a warning."""

_SHOWN = 3
"""Lines of each kind that are shown."""

_AMONG = ("secondary", "supplementary", "qc_failed", "marked")


class SitesSeen:
    """Looks at the cut sites of every group: where they lie, and which bases are around them.

    Parameters
    ----------
    inputs : PrepareInputs
    """

    def __init__(self, inputs: PrepareInputs) -> None:
        self._chroms = inputs.chroms
        self._blacklist: Mapping[str, Spans] = {chrom: inputs.blacklist.spans(chrom) for chrom in inputs.chroms}
        self._peaks = inputs.peaks
        groups = 1 if inputs.groups is None else len(inputs.groups.names)
        self.composition = None
        if inputs.genome is not None:
            self.composition = BaseComposition(inputs.genome, inputs.chroms, groups=groups)

    def add(self, sites: CutSites, group: int, called: Mapping[str, Spans] | None = None) -> SiteSpread:
        """Look at the sites of a group; ``called`` are peaks that count where none were given."""
        spread = SiteSpread(self._blacklist, called if self._peaks is None else self._peaks)
        for chrom, size in self._chroms.items():
            step = 0 if self.composition is None else self.composition.step(chrom, sites.count(group, chrom))
            positions, reverse = spread.add(sites, group, chrom, size, step=step)
            if self.composition is not None:
                self.composition.add(chrom, positions, reverse)
        return spread


def qc_facts(
    config: PrepareConfig,
    inputs: PrepareInputs,
    tallies: Mapping[str, Any],
    tracks: Sequence[TrackFacts],
    composition: BaseComposition | None,
) -> QcFacts:
    """Gather the facts.

    Parameters
    ----------
    config : PrepareConfig
    inputs : PrepareInputs
    tallies : mapping
        What the readers have counted.
    tracks : sequence of TrackFacts
    composition : BaseComposition or None
    """
    is_bam = inputs.are_bam
    return QcFacts(
        prefix=config.prefix,
        inputs=[file.path for file in inputs.files],
        unit="read" if is_bam or config.single_end else "fragment",
        records=tallies["records"],
        lost=lost_reads(tallies, marks=config.trust_duplicate_flags),
        among={name: tallies[name] for name in _AMONG if name in tallies},
        tracks=tracks,
        percentile=PERCENTILE,
        slop=config.slop,
        rpm_factor=config.rpm_factor,
        other_chroms=tallies["other_chrom"],
        fragment_lengths=None if config.single_end else tallies["fragment_lengths"],
        over_10kb=tallies["over_10kb"],
        multiplicity=tallies.get("multiplicity", {}),
        clipped=tallies.get("clipped_5p"),
        composition=composition,
        shared_barcodes=tallies.get("barcodes_in_several_files") if len(inputs.files) > 1 else None,
        warnings=list(read_warnings(config, inputs, tallies)),
    )


def lost_reads(tallies: Mapping[str, Any], *, marks: bool) -> dict[str, int]:
    """List why reads or fragments gave no site, in the order of the filters; each counts once."""
    lost = {}
    for name in LOST:
        count = tallies.get(name, 0)
        if isinstance(count, Mapping):
            count = sum(each["count"] if isinstance(each, Mapping) else each for each in count.values())
        if count:
            lost["marked" if marks and name == "duplicates" else name] = count
    return lost


def read_warnings(config: PrepareConfig, inputs: PrepareInputs, tallies: Mapping[str, Any]) -> Iterator[str]:
    """Give what a user should know about the reads."""
    barcoded, primary = tallies.get("barcoded", 0), tallies.get("primary", 0)
    if inputs.are_bam and config.barcode_tag is None and primary and barcoded > _MOST_BARCODED * primary:
        yield (
            f"{barcoded:,} of {primary:,} reads carry the barcode of a cell: equal fragments of two cells were taken "
            "for duplicates. Use the fragments file, or --barcode_tag CB."
        )
    for kind, count in tallies.get("dropped", {}).items():
        if count:
            first = "; ".join(tallies["first_dropped"][kind][:_SHOWN])
            yield f"{counted(count, 'line')} left out, {_BAD[kind]}: {first}."
    equal = tallies.get("equal", 0) / (tallies.get("compared") or 1)
    if equal > _MANY_EQUAL and not config.remove_equal_fragments:
        yield (
            f"{share(equal)} of the lines are equal to another, and count: --remove_equal_fragments counts them once."
        )
    if tallies.get("without_bases"):
        yield (
            f"{tallies['without_bases']:,} properly paired reads have no bases, as after a program that moves reads to "
            "the cut sites: prepare has moved them once more."
        )

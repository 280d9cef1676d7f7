"""Quality control of a prepared sample: its numbers, what to watch out for, and the files that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.chroms import ORGANELLES
from maxatac.preparation.complexity import Complexity, estimate_complexity
from maxatac.preparation.composition import BaseComposition
from maxatac.preparation.enrichment import BIN, TOP, SiteSpread
from maxatac.wording import counted, listed, number, share

FEW_SITES = 1_000_000
"""Cut sites below which a track is mostly 0 and 1."""

LOW_PERCENTILE = 2
"""Sites at the percentile up to which a scaled track has few different values."""

LADDER = {
    "below 100 bp": (0, 100),
    "below 150 bp": (0, 150),
    "one nucleosome": (180, 248),
    "two nucleosomes": (315, 474),
}
"""Lengths of fragments in bp, end excluded: of one and of two nucleosomes as in Buenrostro et al. 2013."""

LONG = 1_000
"""Longest fragment in bp that has an entry of its own; longer ones share the last."""

LOST = {
    "unmapped": "not aligned",
    "other_chrom": "on sequences that were not chosen",
    "dropped": "lines that cannot be right",
    "past_end": "beyond the end of the sequence",
    "no_barcode": "barcode not in the table",
    "duplicates": "duplicates",
    "not_paired": "not paired",
    "orphans": "mate not in the file",
    "not_proper": "not properly paired",
    "not_primary": "not the primary alignment",
    "low_mapq": "mapping quality too low",
    "too_long": "fragment too long",
}
"""Why a read or fragment is left out, in the order of the filters: key of the tallies to words."""

_MARKED = "marked as duplicates before"  # in place of duplicates, where marks are trusted

_MANY_ORGANELLES = 0.2
_MANY_CLIPPED = 0.1
_MANY_HIDDEN = 0.1
_FLAT = 1.5  # times the share at random
_FEW = 0.5  # of the sites would be in the fullest bins at random: too few to tell
_LOW_NRF = 0.7  # ENCODE calls what lies below concerning
_OFF = 1.0  # bp between the sites and the middle of Tn5's pattern; the right ends of 10x fragments are 1 bp off


@dataclass(frozen=True, eq=False)
class TrackFacts:
    """What is known of one track: of the whole sample, or of a group of barcodes.

    Attributes
    ----------
    name : str
        First part of the names of its files.
    spread : SiteSpread
    used_sites : int
        Cut sites that the track counts: those whose slopped interval does not touch the blacklist.
    depth : int
        N, which the RP20M track is divided by.
    covered_bases : int
        Bases with a value other than 0.
    at_percentile : float
        Sites at the percentile: what becomes 1 in the scaled track.
    highest : int
        Sites on the base with most of them.
    peaks : int or None
        Called peaks; ``None`` if none were called.
    """

    name: str
    spread: SiteSpread
    used_sites: int
    depth: int
    covered_bases: int
    at_percentile: float
    highest: int
    peaks: int | None = None


@dataclass(frozen=True, eq=False)
class QcFacts:
    """What the QC of a run is made from.

    Attributes
    ----------
    prefix : str
        Of the run.
    inputs : sequence of Path
    unit : str
        What the inputs have a record of: ``read`` or ``fragment``.
    records : int
        How many were read.
    lost : mapping of str to int
        What each filter left out, in its order, by the keys of ``LOST``, or ``marked`` in place of ``duplicates`` where
        the marks of the input are trusted. Each record counts once.
    among : mapping of str to int
        Counts of records that were not left out for it: ``secondary``, ``supplementary``, ``qc_failed``, ``marked``.
    tracks : sequence of TrackFacts
        Those with cut sites.
    percentile : float
    slop : int
        In bp.
    rpm_factor : int
    other_chroms : mapping of str to int
        Records on each sequence that was left out.
    fragment_lengths : shape (LONG + 2,), int64, or None
        Fragments of each length; the last entry holds the longer ones. ``None`` for single reads.
    over_10kb : int
        Fragments over 10 kb.
    multiplicity : mapping of int to int
        Distinct pairs by how often they were seen; empty where duplicates were not looked for.
    clipped : int or None
        Reads that are clipped at the 5' end, of those that were kept; ``None`` where the input does not say.
    composition : BaseComposition or None
        ``None`` without a sequence.
    shared_barcodes : int or None
        Barcodes met in several files; ``None`` where that was not looked for.
    warnings : sequence of str
        What the run found to warn of.
    """

    prefix: str
    inputs: Sequence[Path]
    unit: str
    records: int
    lost: Mapping[str, int]
    tracks: Sequence[TrackFacts]
    percentile: float = 99.0
    slop: int = 20
    rpm_factor: int = 20_000_000
    among: Mapping[str, int] = field(default_factory=dict)
    other_chroms: Mapping[str, int] = field(default_factory=dict)
    fragment_lengths: NDArray[np.int64] | None = None
    over_10kb: int = 0
    multiplicity: Mapping[int, int] = field(default_factory=dict)
    clipped: int | None = None
    composition: BaseComposition | None = None
    shared_barcodes: int | None = None
    warnings: Sequence[str] = ()

    @property
    def kept(self) -> int:
        """Records that give cut sites."""
        return self.records - sum(self.lost.values())

    @cached_property
    def complexity(self) -> Complexity:
        """Complexity of the library."""
        return estimate_complexity(self.multiplicity)

    @property
    def mapped(self) -> int:
        """Records with a place."""
        return self.records - sum(self.lost.get(key, 0) for key in ("unmapped", "dropped", "past_end"))

    @cached_property
    def organelles(self) -> dict[str, int]:
        """Records on each organelle: reads or fragments that were left out, or as many as made the sites."""
        found = {chrom: count for chrom, count in self.other_chroms.items() if chrom in ORGANELLES}
        for track in self.tracks:
            for chrom, sites in track.spread.sites.items():
                if chrom in ORGANELLES:
                    each = 2 if self.unit == "fragment" else 1
                    found[chrom] = found.get(chrom, 0) + sites // each
        return found

    def filters(self) -> list[tuple[str, int, int]]:
        """List the filters in order: words, records that each left out, and records that are left after it."""
        left, steps = self.records, []
        for key, count in self.lost.items():
            left -= count
            steps.append((_MARKED if key == "marked" else LOST[key], count, left))
        return steps


def qc_numbers(facts: QcFacts) -> dict[str, Any]:
    """List every number of the QC, for the run record; ``None`` where there is none, never NaN."""
    numbers: dict[str, Any] = {
        "unit": facts.unit,
        "records": facts.records,
        "left_out": dict(facts.lost),
        "kept": facts.kept,
        "among_them": dict(facts.among),
        "organelles": facts.organelles,
        "share_on_organelles": _ratio(sum(facts.organelles.values()), facts.mapped),
        "clipped_at_the_5_prime_end": facts.clipped,
        "share_clipped_at_the_5_prime_end": None if facts.clipped is None else _ratio(facts.clipped, facts.kept),
        "fragment_lengths": None if facts.fragment_lengths is None else length_numbers(facts.fragment_lengths),
        "fragments_over_10kb": facts.over_10kb,
        "complexity": facts.complexity.entry(),
        "barcodes_in_several_files": facts.shared_barcodes,
        "base_composition": None if facts.composition is None else facts.composition.entry(),
        "tracks": {track.name: track.spread.entry() for track in facts.tracks},
    }
    return numbers | {"warnings": find_warnings(facts)}


def length_numbers(lengths: NDArray[np.int64]) -> dict[str, Any]:
    """Summarize the lengths of fragments.

    Parameters
    ----------
    lengths : shape (n,), int64
        Fragments of each length; the last entry holds the longer ones.

    Returns
    -------
    dict
        ``fragments``, ``median`` and ``most_frequent`` in bp, and the share of each part of ``LADDER``; ``None``
        without a fragment.
    """
    total = int(lengths.sum())
    shares = {name: _ratio(int(lengths[low:high].sum()), total) for name, (low, high) in LADDER.items()}
    median = int(np.searchsorted(np.cumsum(lengths), total / 2)) if total else None
    most = int(np.argmax(lengths[:-1])) if lengths[:-1].any() else None
    return {"fragments": total, "median": median, "most_frequent": most, "shares": shares}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def find_warnings(facts: QcFacts) -> list[str]:
    """List what a user of the tracks should know, a sentence or two each; those of the run first."""
    return [*facts.warnings, *_of_tracks(facts), *_of_shift(facts), *_of_reads(facts)]


def _of_tracks(facts: QcFacts) -> Iterator[str]:
    found = facts.tracks
    few = [f"{track.name} ({track.used_sites:,})" for track in found if track.used_sites < FEW_SITES]
    if few:
        yield f"Fewer than {FEW_SITES:,} cut sites: {listed(few)}. Such a track says little between strong sites."
    low = [f"{track.name} ({number(track.at_percentile)})" for track in found if track.at_percentile <= LOW_PERCENTILE]
    if low:
        yield (
            f"At the percentile {facts.percentile:g} there are at most {LOW_PERCENTILE} cut sites: {listed(low)}. The "
            "scaled track has few different values."
        )
    hidden = [f"{track.name} ({share(part)})" for track in found if (part := track.spread.hidden) > _MANY_HIDDEN]
    if hidden:
        yield f"Many of the cut sites lie in the blacklist: {listed(hidden)}."
    flat = []
    for track in found:
        numbers = track.spread.entry()
        here, at_random = numbers["share_in_top_bins"], numbers["share_in_top_bins_at_random"]
        # Of few sites, most are alone in their bins wherever they lie.
        if here is not None and here < _FLAT * at_random and at_random < _FEW:
            flat.append(f"{track.name} ({share(here)}, at random {share(at_random)})")
    if flat:
        yield (
            f"Hardly any enrichment: the {share(TOP)} of bins of {BIN} bp with most cut sites hold hardly more of them "
            f"than sites at random places would: {listed(flat)}."
        )


def _of_shift(facts: QcFacts) -> Iterator[str]:
    if facts.composition is None:
        return
    for strand, middle in zip("+-", facts.composition.middles(), strict=True):
        if middle is not None and abs(middle) > _OFF:
            yield (
                f"The bases around the cut sites of {strand} reads mirror each other {abs(middle):g} bp "
                f"{'downstream' if middle > 0 else 'upstream'} of the sites. The shift of the input may be another "
                "than was stated."
            )


def _of_reads(facts: QcFacts) -> Iterator[str]:
    on_organelles = _ratio(sum(facts.organelles.values()), facts.mapped)
    if on_organelles is not None and on_organelles > _MANY_ORGANELLES:
        yield f"{share(on_organelles)} of the mapped {facts.unit}s lie on {listed(list(facts.organelles))}."
    clipped = None if facts.clipped is None else _ratio(facts.clipped, facts.kept)
    if clipped is not None and clipped > _MANY_CLIPPED:
        yield f"{share(clipped)} of the reads are clipped at the 5' end: their sites are where the alignment begins."
    if facts.over_10kb:
        yield f"{counted(facts.over_10kb, 'fragment')} over 10 kb."
    if facts.complexity.nrf is not None and facts.complexity.nrf < _LOW_NRF:
        yield (
            f"{share(1 - facts.complexity.nrf)} of the pairs are duplicates: deeper sequencing of this library gives "
            "little that is new."
        )
    if facts.shared_barcodes:
        yield (
            f"{counted(facts.shared_barcodes, 'barcode')} met in several files. They are taken for different cells "
            "only where the table of barcodes names the file."
        )

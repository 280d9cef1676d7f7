"""``maxatac binding``: from peaks of ChIP-seq to the binary track that a model is trained on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.binding_checks import HIGH_PREVALENCE
from maxatac.data.regions import read_peaks
from maxatac.errors import InputError, Problems
from maxatac.files.atomic import write_text
from maxatac.files.bigwig import new_bigwig
from maxatac.files.checksums import distinct_files
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.intervals import Intervals, rows_by_code
from maxatac.genome.spans import Spans, at_depth, merge, without
from maxatac.preparation.binding_meta import MetaTable, open_meta
from maxatac.preparation.genome import choose_chroms, open_sizes
from maxatac.preparation.settings import BindingConfig
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.wording import base_pairs, counted, first_few, share

logger = logging.getLogger(__name__)

_NOTHING: Spans = np.empty((0, 2), np.int64)


@dataclass(frozen=True)
class PeakCount:
    """What became of the peaks of a file.

    Attributes
    ----------
    peaks : int
        In the file.
    other_chromosomes : int
        Left out: on a chromosome that is not chosen.
    beyond_end : int
        Left out: reaching beyond the chromosome's end.
    without_summit : int
        Of the others with ``summit_window``: the window lies around the midpoint, because the summit is not known.
    bases : int
        In a peak that is used, each counted once.
    """

    peaks: int
    other_chromosomes: int
    beyond_end: int
    without_summit: int
    bases: int

    def describe(self) -> str:
        """Say it in words."""
        reasons = {"on other chromosomes": self.other_chromosomes, "beyond a chromosome's end": self.beyond_end}
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
        told = f"{counted(self.peaks, 'peak')} ({base_pairs(self.bases)})"
        return f"{told}; left out: {left_out}" if left_out else told


@dataclass(frozen=True, eq=False)
class Bound:
    """The bound bases.

    Attributes
    ----------
    spans : mapping of str to array of shape (n, 2), int64
        By chosen chromosome, in the order of the file: sorted, disjoint, not touching.
    sizes : mapping of str to int
        Lengths of the chosen chromosomes in bp.
    counts : mapping of Path to PeakCount
        By file of peaks.
    blacklisted : int
        Bases that the blacklist took.
    """

    spans: Mapping[str, Spans]
    sizes: Mapping[str, int]
    counts: Mapping[Path, PeakCount]
    blacklisted: int

    @property
    def regions(self) -> int:
        """How many stretches of bound bases there are."""
        return sum(map(len, self.spans.values()))

    @property
    def bases(self) -> int:
        """Their bases."""
        return sum(_bases(spans) for spans in self.spans.values())

    @property
    def prevalence(self) -> float:
        """Share of the chosen chromosomes."""
        return self.bases / sum(self.sizes.values())

    def describe(self) -> str:
        """Say it in words."""
        where = f"{share(self.prevalence)} of {counted(len(self.sizes), 'chromosome')}"
        return f"{counted(self.regions, 'bound region')}, {where}"


@dataclass(frozen=True)
class BindingResult:
    """What ``binding`` has done.

    Attributes
    ----------
    track : Path
        The bigWig.
    peaks : Path
        The bound regions as BED.
    bound : Bound
    meta_file : Path or None
        The table with the row of this cell type.
    """

    track: Path
    peaks: Path
    bound: Bound
    meta_file: Path | None

    def describe(self) -> list[str]:
        """Say what was written."""
        table = [] if self.meta_file is None else [f"{self.meta_file}"]
        return [f"{self.track}: {self.bound.describe()}", f"{self.peaks}", *table]


@dataclass(frozen=True, eq=False)
class PreparedBinding:
    """A binding track whose input is checked."""

    config: BindingConfig
    folder: CommandFolder
    track: Path
    peaks: Path
    bound: Bound
    left_out: Mapping[str, Sequence[str]]
    meta: MetaTable | None

    @property
    def outputs(self) -> list[Path]:
        """The bigWig and the BED; the table of cell types belongs to several runs."""
        return [self.track, self.peaks]

    @property
    def inputs(self) -> dict[str, Path]:
        """Every file that is named."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """The chromosomes."""
        return {"chroms": list(self.bound.sizes)}

    def describe(self) -> list[str]:
        """Say what would be done."""
        files = [f"{path}: {count.describe()}" for path, count in self.bound.counts.items()]
        table = [] if self.meta is None else [self.meta.describe()]
        return [*files, self.bound.describe(), f"would write {self.track} and {self.peaks}", *table]

    def work(self, run: CommandRun) -> BindingResult:
        """Write track, BED and row."""
        bound = self.bound
        for path, count in bound.counts.items():
            logger.info("%s: %s", path, count.describe())
        for reason, names in self.left_out.items():
            logger.info("left out: %s (%s)", first_few(names), reason)
        with run.phases.measuring("writing"):
            _write_track(self.track, bound, self.config.max_zooms)
            lines = [
                f"{chrom}\t{start}\t{end}\n" for chrom, spans in bound.spans.items() for start, end in spans.tolist()
            ]
            write_text(self.peaks, "".join(lines))
            if self.meta is not None:
                self.meta.add()
        logger.info("%s: %s", self.track, bound.describe())
        run.note("peaks", {str(path): vars(count) for path, count in bound.counts.items()})
        run.note("bound", {"regions": bound.regions, "bases": bound.bases, "share": bound.prevalence})
        run.note("blacklisted_bases", bound.blacklisted)
        run.note("chroms_left_out", self.left_out)
        return BindingResult(self.track, self.peaks, bound, self.config.meta_out)


def _write_track(path: Path, bound: Bound, max_zooms: int) -> None:
    """Write 1 on bound bases and 0 on all others of the chosen chromosomes.

    ``train`` takes no data as 0, but warns of a chromosome without any, and other readers give NaN there. The zeros
    are one run between two peaks.
    """
    with new_bigwig(path, bound.sizes, max_zooms=max_zooms) as writer:
        for chrom, size in bound.sizes.items():
            borders = np.concatenate(([0], bound.spans[chrom].ravel(), [size])).astype(np.int64)
            values = (np.arange(len(borders) - 1) % 2).astype(np.float32)
            some = np.diff(borders) > 0
            writer.write(chrom, borders[:-1][some], borders[1:][some], values[some])


def prepare_binding(config: BindingConfig) -> PreparedBinding:
    """Read and check everything that ``binding`` needs, and find the bound bases.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "binding")
    track, bed = folder.named(".bw"), folder.named("_peaks.bed")
    sizes = open_sizes(config, problems)
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    files = distinct_files("--chip_peaks", config.chip_peaks, problems)
    bound = meta = None
    left_out: dict[str, list[str]] = {}
    if sizes is not None:
        chosen = choose_chroms(config.chroms, sizes, problems)
        others = [name for name in sizes.lengths if name not in chosen]
        left_out = {"organelles" if config.chroms is None else "not named": others} if others else {}
        check_blacklist(blacklist, sizes.lengths, problems, used=chosen)
        read = [read_peaks(path, sizes.lengths, problems, what="ChIP peaks", may_be_empty=True) for path in files]
        replicates = [intervals for intervals in read if intervals is not None]
        if config.summit_window is not None:
            _check_summits(replicates, problems)
        if config.meta_out is not None:
            meta = open_meta(config, sizes, chosen, (track, bed), problems)
        if not problems:
            bound = find_bound(replicates, chosen, blacklist, depth=config.depth or 1, width=config.summit_window)
            if meta is not None:
                meta = meta.with_peaks(bound.regions, problems)
    problems += folder.problems([track, bed], inputs=config.files(), force=config.force)
    if problems or bound is None:
        raise InputError(problems)
    _tell(bound, track)
    return PreparedBinding(config, folder, track, bed, bound, left_out, meta)


def _check_summits(replicates: Sequence[Intervals], problems: Problems) -> None:
    """Refuse files that name no summit at all: windows around midpoints were not asked for."""
    for intervals in replicates:
        if len(intervals) and (intervals.summit < 0).all():
            expected = "narrowPeak, whose 10th column is the summit, or peaks of one base"
            told = "no peak with a summit"
            problems.add("format", told, expected=expected, option="--summit_window", file=intervals.path)


def find_bound(
    replicates: Sequence[Intervals],
    sizes: Mapping[str, int],
    blacklist: Blacklist,
    *,
    depth: int,
    width: int | None,
) -> Bound:
    """Find the bases that are in a peak of enough replicates.

    A replicate counts once for a base, however many of its peaks the base is in. Bases of the blacklist are left out;
    the rest of their peak stays: ``train`` reads no window that touches the blacklist, so what counts is that the bases
    beside it keep their label.

    Parameters
    ----------
    replicates : sequence of Intervals
    sizes : mapping of str to int
        Lengths of the chosen chromosomes in bp.
    blacklist : Blacklist
    depth : int
        How many replicates are enough.
    width : int or None
        Of the window around a summit, in bp; ``None`` takes the whole peak.
    """
    counts: dict[Path, PeakCount] = {}
    parts: list[dict[str, Spans]] = []
    for intervals in replicates:
        merged, counts[intervals.path] = _spans_of(intervals, sizes, width)
        parts.append(merged)
    found: dict[str, Spans] = {}
    blacklisted = 0
    for chrom in sizes:
        spans = at_depth([part.get(chrom, _NOTHING) for part in parts], depth)
        found[chrom] = without(spans, blacklist.spans(chrom))
        blacklisted += _bases(spans) - _bases(found[chrom])
    return Bound(found, sizes, counts, blacklisted)


def _spans_of(intervals: Intervals, sizes: Mapping[str, int], width: int | None) -> tuple[dict[str, Spans], PeakCount]:
    """Merge the peaks of a replicate on each chosen chromosome, and count what became of them."""
    lengths = intervals.chrom.looked_up(sizes)
    is_chosen = lengths >= 0
    is_inside = intervals.end <= lengths
    used = is_chosen & is_inside
    starts, ends, on_midpoint = _bound_part(intervals, lengths, width)
    spans = {
        intervals.chrom.names[code]: merge(np.stack((starts[rows], ends[rows]), axis=1)[used[rows]])
        for code, rows in rows_by_code(intervals.chrom.codes)
    }
    count = PeakCount(
        len(intervals),
        int((~is_chosen).sum()),
        int((is_chosen & ~is_inside).sum()),
        int((on_midpoint & used).sum()),
        sum(map(_bases, spans.values())),
    )
    return spans, count


def _bound_part(
    intervals: Intervals, lengths: NDArray[np.int64], width: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Find what of each peak counts as bound; also tells which windows are on a midpoint."""
    if width is None:
        return intervals.start, intervals.end, np.zeros(len(intervals), np.bool_)
    unknown = intervals.summit < 0
    place = np.where(unknown, (intervals.start + intervals.end) // 2, intervals.summit)
    first = place - width // 2
    return np.maximum(first, 0), np.minimum(first + width, lengths), unknown


def _bases(spans: Spans) -> int:
    return int((spans[:, 1] - spans[:, 0]).sum())


def _tell(bound: Bound, track: Path) -> None:
    """Warn of what is unusual without being wrong."""
    for path, count in bound.counts.items():
        if not count.peaks:
            logger.warning("%s: holds no peak", path)
        if count.without_summit:
            told = counted(count.without_summit, "peak")
            logger.warning("%s: %s without a summit: the window lies around the midpoint", path, told)
    if not bound.bases:
        logger.warning("%s: no base is bound; the track is 0 everywhere", track)
    if bound.prevalence > HIGH_PREVALENCE:
        logger.warning(
            "%s: %s of the bases are bound; in published tracks 1 %% or less", track, share(bound.prevalence)
        )


def binding(config: BindingConfig) -> BindingResult:
    """Make the binary binding track of a transcription factor in a cell type from its ChIP-seq peaks.

    Parameters
    ----------
    config : BindingConfig

    Returns
    -------
    BindingResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    OSError
        If a result cannot be written.
    """
    return carry_out(config, prepare_binding)

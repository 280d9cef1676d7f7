"""``maxatac peaks``: from predicted scores to sites."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.data.tracks import open_track
from maxatac.errors import InputError, MaxatacError, Problems
from maxatac.files.sniff import check_file
from maxatac.genome.chroms import tell_unknown
from maxatac.prediction.calibration import compare_with_table, facts_of_track
from maxatac.prediction.cutoffs import Cutoff, find_cutoff
from maxatac.prediction.settings import BIN_SIZE, PeaksConfig
from maxatac.prediction.sites import Sites, call_sites, describe_sites, reaches, warn_of_no_site, widen, write_sites
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.system.progress import counting
from maxatac.wording import base_pairs, counted, first_few

logger = logging.getLogger(__name__)

# Bases whose bins are read at a time.
_PIECE = 1_000_000


@dataclass(frozen=True, eq=False)
class PeaksResult:
    """What ``peaks`` has done.

    Attributes
    ----------
    path : Path
        The file of sites.
    sites : mapping of str to Sites
        By chromosome.
    cutoff : Cutoff
    """

    path: Path
    sites: Mapping[str, Sites]
    cutoff: Cutoff

    def describe(self) -> list[str]:
        """Say what was written."""
        return [describe_sites(self.path, self.sites)]


@dataclass(frozen=True, eq=False)
class PreparedPeaks:
    """A call of sites whose input is checked."""

    config: PeaksConfig
    folder: CommandFolder
    path: Path
    track: Track
    chroms: Sequence[str]
    cutoff: Cutoff

    @property
    def outputs(self) -> list[Path]:
        """The file of sites."""
        return [self.path]

    @property
    def inputs(self) -> dict[str, Path]:
        """The bigWig, and the table if there is one."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """The chromosomes."""
        return {"chroms": list(self.chroms)}

    def describe(self) -> list[str]:
        """Say what would be done."""
        bases = base_pairs(sum(self.track.chrom_sizes[chrom] for chrom in self.chroms))
        width = f"bins of {self.config.bin_size} bp"
        return [
            f"{self.config.input_bigwig}: {counted(len(self.chroms), 'chromosome')} ({bases}), {width}",
            self.cutoff.describe(),
            f"would write {self.path}",
        ]

    def work(self, run: CommandRun) -> PeaksResult:
        """Call the sites and write them."""
        for line in self.describe()[:2]:
            logger.info("%s", line)
        sizes = self.track.chrom_sizes
        seen = _Seen()
        sites: dict[str, Sites] = {}
        total = sum(sizes[chrom] for chrom in self.chroms)
        with run.phases.measuring("calling"), counting("calling", total, "bp") as advance:
            for chrom in self.chroms:
                sites[chrom] = self._call(chrom, seen, advance)
        with run.phases.measuring("writing"):
            write_sites(self.path, sites, self.config.format)
        if seen.no_number:
            logger.warning("%s: %s without a number: left out", self.track.path, counted(seen.no_number, "bin"))
        warn_of_no_site(self.path, sites, self.cutoff, seen.highest)
        logger.info("%s", describe_sites(self.path, sites))
        run.note("cutoff", self.cutoff.entry())
        run.note("scored_bins", seen.scored)
        run.note("highest_score", seen.highest)
        run.note("sites", {chrom: len(found) for chrom, found in sites.items() if len(found)})
        run.note("bases_in_sites", sum(found.bases for found in sites.values()))
        return PeaksResult(self.path, sites, self.cutoff)

    def _call(self, chrom: str, seen: _Seen, advance: Callable[[int], None]) -> Sites:
        """Call the sites of a chromosome. Only bins that reach the cutoff are kept."""
        pieces = []
        for starts, ends, values in _stored(self.track, chrom, advance):
            seen.add(self.track, chrom, starts, ends, values)
            if seen.highest is not None:
                self.cutoff.check_scale(seen.highest, f"{self.track.path}, {chrom}")
            inside = reaches(values, self.cutoff.score)
            pieces.append((starts[inside], ends[inside], values[inside]))
        starts, ends, values = (np.concatenate(column) for column in zip(*pieces, strict=True))
        if (width := self.config.bin_size) != BIN_SIZE:
            # A bin below the cutoff cannot be the highest of a stretch that reaches it.
            starts, ends, values = widen(starts, ends, values, width=width, size=self.track.chrom_sizes[chrom])
        return call_sites(starts, ends, values, self.cutoff.score)


class _Seen:
    """Counts scores, and finds values that are none.

    Attributes
    ----------
    scored, no_number : int
        Bins with a score, and bins whose value is NaN.
    highest : float or None
        ``None`` without a score.
    """

    def __init__(self) -> None:
        self.scored = 0
        self.no_number = 0
        self.highest: float | None = None

    def add(
        self,
        track: Track,
        chrom: str,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        values: NDArray[np.float32],
    ) -> None:
        """Add bins.

        Raises
        ------
        MaxatacError
            If a value is infinite.
        """
        if len(infinite := np.flatnonzero(np.isinf(values))):
            bin = infinite[0]
            place = f"{chrom}:{starts[bin]:,}-{ends[bin]:,}"
            raise MaxatacError(f"{track.path}: the value of {place} is infinite; predicted scores never are")
        is_number = ~np.isnan(values)
        scored = int(is_number.sum())
        self.scored += scored
        self.no_number += len(values) - scored
        if scored:
            highest = float(values[is_number].max())
            self.highest = highest if self.highest is None else max(self.highest, highest)


def _stored(
    track: Track, chrom: str, advance: Callable[[int], None]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Read the bins of a chromosome as the file has them, in pieces; each bin once."""
    size = track.chrom_sizes[chrom]
    for first in range(0, size, _PIECE):
        last = min(first + _PIECE, size)
        starts, ends, values = track.intervals(chrom, first, last)
        begins = starts >= first
        yield starts[begins], ends[begins], values[begins]
        advance(last - first)


def prepare_peaks(config: PeaksConfig) -> PreparedPeaks:
    """Open and check everything that ``peaks`` needs.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "peaks")
    path = folder.named(f"_{config.bin_size}bp.{config.format}")
    is_file = check_file(config.input_bigwig, problems, what="prediction")
    track = open_track(config.input_bigwig, problems) if is_file else None
    cutoff = find_cutoff(config, problems, is_needed=True)
    if cutoff is not None:
        compare_with_table(cutoff, facts_of_track(config.input_bigwig), problems, bin_size=config.bin_size)
    chroms = () if track is None else _choose_chroms(config, track, problems)
    problems += folder.problems([path], inputs=config.files(), force=config.force)
    if problems or track is None or cutoff is None:
        raise InputError(problems)
    return PreparedPeaks(config, folder, path, track, chroms, cutoff)


def _choose_chroms(config: PeaksConfig, track: Track, problems: Problems) -> Sequence[str]:
    known = track.chrom_sizes
    if config.chroms is None:
        if not known:
            problems.add("chromosome", "has no chromosome", file=config.input_bigwig)
        return tuple(known)
    chroms = tuple(dict.fromkeys(config.chroms))
    unknown = [chrom for chrom in chroms if chrom not in known]
    tell_unknown("--chroms", unknown, known, problems, file=config.input_bigwig)
    if not chroms:
        problems.add("setting", "nothing", expected=f"chromosomes, such as {first_few(known)}", option="--chroms")
    return chroms


def peaks(config: PeaksConfig) -> PeaksResult:
    """Call the sites of a prediction, and write them.

    Parameters
    ----------
    config : PeaksConfig

    Returns
    -------
    PeaksResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    MaxatacError
        If the bigWig is damaged, or what it holds cannot be predicted scores.
    OSError
        If the result cannot be written.
    """
    return carry_out(config, prepare_peaks)

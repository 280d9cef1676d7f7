"""``maxatac average``: the mean of several tracks."""

from __future__ import annotations

import logging
import math
import resource
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maxatac._core import Track, TrackSums
from maxatac.errors import InputError, MaxatacError, Problems
from maxatac.files.bigwig import new_bigwig
from maxatac.files.checksums import distinct_files
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.preparation.settings import AverageConfig
from maxatac.preparation.track_files import ChosenChroms, choose_shared, open_input, tell_of_chroms
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.settings import loader_memory, loader_threads
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, counted

logger = logging.getLogger(__name__)

_SPARE_FILES = 40
"""Files that the process may have open besides the tracks."""

_BYTES_PER_SUM = 8

_PART = 1 << 24
"""Bases that are summed at a time where all tracks can be open at once."""

_SMALLEST_PART = 1 << 18


@dataclass(frozen=True)
class AverageResult:
    """What ``average`` has left: the track."""

    track: Path

    def describe(self) -> list[str]:
        """Name the file for the screen."""
        return [str(self.track)]


@dataclass(frozen=True, eq=False)
class PreparedAverage:
    """Tracks of one genome that can be averaged.

    Attributes
    ----------
    config : AverageConfig
    folder : CommandFolder
    sizes : mapping of Path to mapping of str to int
        Lengths in bp of the chromosomes of each track.
    chroms : ChosenChroms
    blacklist : Blacklist
    """

    config: AverageConfig
    folder: CommandFolder
    sizes: Mapping[Path, Mapping[str, int]]
    chroms: ChosenChroms
    blacklist: Blacklist

    @property
    def outputs(self) -> list[Path]:
        """The track."""
        return [self.folder.named(".bw")]

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Every file that is read, by purpose."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """Chromosomes and weights."""
        return {"chroms": list(self.chroms.sizes), "weights": list(self.weights)}

    @property
    def weights(self) -> Sequence[float]:
        """The weight of each track."""
        return self.config.weights or [1.0] * len(self.config.input)

    def describe(self) -> list[str]:
        """Say what would be done."""
        bases = base_pairs(sum(self.chroms.sizes.values()))
        chroms = f"{counted(len(self.chroms.sizes), 'chromosome')} ({bases})"
        weights = "" if self.config.weights is None else f", weights {' '.join(f'{w:g}' for w in self.weights)}"
        return [
            f"mean of {counted(len(self.sizes), 'track')}{weights}: {chroms}",
            *(f"would write {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> AverageResult:
        """Sum the tracks, and write the mean."""
        logger.info("%s", self.describe()[0])
        tell_of_chroms(self.chroms)
        config, sizes = self.config, self.chroms.sizes
        (result,) = self.outputs
        threads, memory = loader_threads(config), loader_memory(config)
        source = _Tracks(self.config.input)
        # Each part is read from every track: where these cannot all be open, parts are few and large.
        room = max(_SMALLEST_PART, memory // 2 // _BYTES_PER_SUM)
        part = min(room, _PART) if source.are_open else room
        sums = TrackSums(threads=threads, memory=memory // 2)
        bases = sum(sizes.values())
        covered: Counter[Path] = Counter()
        not_a_number: Counter[Path] = Counter()
        with run.phases.measuring("averaging"), telling("averaging", bases * len(self.sizes), "bp") as advance:
            with new_bigwig(result, sizes, max_zooms=config.max_zooms, threads=threads) as writer:
                for chrom, size in sizes.items():
                    for start in range(0, size, part):
                        end = min(start + part, size)
                        sums.begin(start, end)
                        for number, track in enumerate(self.config.input):
                            if chrom in self.sizes[track]:
                                found = self._add(sums, chrom, source, number)
                                covered[track] += found[0]
                                not_a_number[track] += found[1]
                            advance(end - start)
                        sums.clear(self.blacklist.spans(chrom))
                        sums.write(writer, chrom, math.fsum(self.weights), is_last=end == size)
                self._tell(covered, not_a_number)
        run.note("chroms_left_out", self.chroms.left_out)
        run.note("chroms_taken_as_0", {str(track): names for track, names in self.chroms.absent.items()})
        run.note("covered_bases", {str(track): covered[track] for track in self.config.input})
        run.note("bases_not_a_number", {str(track): count for track, count in not_a_number.items()})
        return AverageResult(result)

    def _add(self, sums: TrackSums, chrom: str, source: _Tracks, number: int) -> tuple[int, int]:
        """Add a part of a track; gives how many of its bases have a value other than 0, and how many are NaN."""
        path = self.config.input[number]
        covered, not_a_number, infinite = sums.add(source.track(path), chrom, self.weights[number])
        if infinite is not None:
            start, end, value = infinite
            raise MaxatacError(f"{path}: the value of {chrom}:{start:,}-{end:,} is {value:g}; expected a finite number")
        return covered, not_a_number

    def _tell(self, covered: Counter[Path], not_a_number: Counter[Path]) -> None:
        """Tell what is odd about the tracks."""
        if not covered.total():
            raise MaxatacError("none of the tracks has a value other than 0 on the chosen chromosomes")
        for track in self.config.input:
            if not covered[track]:
                logger.warning("%s: has no value other than 0 on the chosen chromosomes", track)
            if not_a_number[track]:
                count = counted(not_a_number[track], "base")
                logger.warning("%s: %s without a number (NaN): taken as 0", track, count)


class _Tracks:
    """Opens tracks, and keeps as many open as the process may.

    Parameters
    ----------
    paths : sequence of Path
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        kept = paths if most == resource.RLIM_INFINITY else paths[: max(0, most - _SPARE_FILES)]
        self.are_open = len(kept) == len(paths)
        self._open = {path: Track(path) for path in kept}

    def track(self, path: Path) -> Track:
        """Give an open track."""
        return self._open.get(path) or Track(path)


def average(config: AverageConfig) -> AverageResult:
    """Average tracks base by base; a base without data has the value 0.

    Parameters
    ----------
    config : AverageConfig

    Returns
    -------
    AverageResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    MaxatacError
        If a track is damaged or has an infinite value, or none has a value other than 0.
    OSError
        If the result cannot be written.
    """
    return carry_out(config, prepare_average)


def prepare_average(config: AverageConfig) -> PreparedAverage:
    """Open and check everything that ``average`` needs.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "average")
    sizes = _read_sizes(distinct_files("--input", config.input, problems), problems)
    chroms = choose_shared(config, sizes, problems)
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    if chroms is not None:
        check_blacklist(blacklist, chroms.known, problems, used=tuple(chroms.sizes), is_partial=chroms.is_partial)
    problems += folder.problems([folder.named(".bw")], inputs=config.files(), force=config.force)
    if problems or chroms is None:
        raise InputError(problems)
    return PreparedAverage(config, folder, sizes, chroms, blacklist)


def _read_sizes(paths: Sequence[Path], problems: Problems) -> dict[Path, Mapping[str, int]]:
    """Read the chromosomes of each track, one open at a time; most have the same."""
    sizes: dict[Path, Mapping[str, int]] = {}
    last: Mapping[str, int] = {}
    for path in paths:
        if (track := open_input(path, problems)) is not None:
            last = last if track.chrom_sizes == last else dict(track.chrom_sizes)
            sizes[path] = last
    return sizes

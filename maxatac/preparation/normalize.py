"""``maxatac normalize``: another scale for a track."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maxatac._core import Track
from maxatac.errors import InputError, MaxatacError, Problem, Problems
from maxatac.files.bigwig import new_bigwig
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.preparation.measuring import MeasuredTrack, measure_track
from maxatac.preparation.normalization import Normalization, choose_normalization
from maxatac.preparation.settings import NormalizeConfig
from maxatac.preparation.statistics import write_statistics
from maxatac.preparation.track_files import ChosenChroms, choose_shared, open_input, tell_of_chroms
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.settings import loader_memory, loader_threads
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, counted, number

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NormalizeResult:
    """What ``normalize`` has left.

    Attributes
    ----------
    track : Path
    chrom_min_max, genome_stats : Path
        Statistics of the track that was read.
    normalization : Normalization
    """

    track: Path
    chrom_min_max: Path
    genome_stats: Path
    normalization: Normalization

    def describe(self) -> list[str]:
        """List the files for the screen."""
        return [str(path) for path in (self.track, self.chrom_min_max, self.genome_stats)]


@dataclass(frozen=True, eq=False)
class PreparedNormalize:
    """A track that is measured, and can be normalised."""

    config: NormalizeConfig
    folder: CommandFolder
    track: Track
    chroms: ChosenChroms
    blacklist: Blacklist
    measured: MeasuredTrack
    normalization: Normalization

    @property
    def result(self) -> NormalizeResult:
        """What will be left."""
        named = self.folder.named
        return NormalizeResult(
            named(".bw"), named("_chromosome_min_max.txt"), named("_genome_stats.txt"), self.normalization
        )

    @property
    def outputs(self) -> list[Path]:
        """Every file that is written, without log and record."""
        return [self.result.track, self.result.chrom_min_max, self.result.genome_stats]

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Every file that is read, by purpose."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """The chromosomes."""
        return {"chroms": list(self.chroms.sizes)}

    def describe(self) -> list[str]:
        """Say what would be done."""
        statistics = self.measured.statistics
        sizes = self.chroms.sizes
        bases = base_pairs(sum(sizes.values()))
        percentile = f"percentile {statistics.percentile:g} {number(statistics.highest)}"
        return [
            f"{self.config.signal}: {counted(len(sizes), 'chromosome')} ({bases}), "
            f"{base_pairs(statistics.covered)} covered",
            f"of covered bases: median {number(statistics.median)}, {percentile}, mean {number(statistics.mean)}, "
            f"standard deviation {number(statistics.deviation)}",
            self.normalization.describe(),
            *(f"would write {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> NormalizeResult:
        """Write the track and the statistics."""
        for line in self.describe()[:3]:
            logger.info("%s", line)
        tell_of_chroms(self.chroms)
        config, sizes, result = self.config, self.chroms.sizes, self.result
        threads = loader_threads(config)
        transform = self.normalization.transform(threads=threads, memory=loader_memory(config))
        blacklisted = self.normalization.of_blacklisted(transform)
        with run.phases.measuring("writing"), telling("normalizing", sum(sizes.values()), "bp") as advance:
            with new_bigwig(result.track, sizes, max_zooms=config.max_zooms, threads=threads) as writer:
                for chrom, size in sizes.items():
                    transform.write(self.track, chrom, size, self.blacklist.spans(chrom), blacklisted, writer)
                    advance(size)
            write_statistics(self.measured.statistics, result.chrom_min_max, result.genome_stats)
        run.note("chroms_left_out", self.chroms.left_out)
        run.note("normalization", self.normalization.entry())
        run.note("blacklisted_value", blacklisted)
        run.note("statistics", {k: v for k, v in asdict(self.measured.statistics).items() if k != "chroms"})
        run.note("bases_below_zero", self.measured.below_zero)
        run.note("bases_not_a_number", self.measured.not_a_number)
        return result


def normalize(config: NormalizeConfig) -> NormalizeResult:
    """Bring a track to another scale, and write its statistics.

    Parameters
    ----------
    config : NormalizeConfig

    Returns
    -------
    NormalizeResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    MaxatacError
        If the track is damaged.
    OSError
        If a result cannot be written.
    """
    return carry_out(config, prepare_normalize)


def prepare_normalize(config: NormalizeConfig) -> PreparedNormalize:
    """Open and check everything that ``normalize`` needs, and measure the track.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "normalize")
    track = open_input(config.signal, problems)
    chroms = choose_shared(config, {} if track is None else {config.signal: track.chrom_sizes}, problems)
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    if chroms is not None:
        check_blacklist(blacklist, chroms.known, problems, used=tuple(chroms.sizes), is_partial=chroms.is_partial)
    outputs = [folder.named(ending) for ending in (".bw", "_chromosome_min_max.txt", "_genome_stats.txt")]
    problems += folder.problems(outputs, inputs=config.files(), force=config.force)
    measured = normalization = None
    if not problems and track is not None and chroms is not None:
        measured = _measure(config, track, chroms, blacklist, problems)
    if measured is not None:
        normalization = choose_normalization(config, measured, problems)
    if problems or track is None or chroms is None or measured is None or normalization is None:
        raise InputError(problems)
    return PreparedNormalize(config, folder, track, chroms, blacklist, measured, normalization)


def _measure(
    config: NormalizeConfig, track: Track, chroms: ChosenChroms, blacklist: Blacklist, problems: Problems
) -> MeasuredTrack | None:
    """Measure the track, and tell what is odd about it."""
    bases = 2 * sum(chroms.sizes.values())
    try:
        with telling(f"statistics of {config.signal.name}", bases, "bp") as advance:
            measured = measure_track(
                track, chroms.sizes, blacklist,
                percentile=config.max_percentile, threads=loader_threads(config), advance=advance,
            )  # fmt: skip
    except (MaxatacError, OSError) as error:
        problems.append(Problem.of(error))
        return None
    for chrom, (start, end, value) in measured.infinite.items():
        told = f"the value {value:g}"
        problems.add("signal", told, expected="a finite number", file=config.signal, place=f"{chrom}:{start:,}-{end:,}")
    if measured.not_a_number:
        logger.warning("%s: %s without a number (NaN): taken as 0", config.signal, _bases(measured.not_a_number))
    if measured.below_zero:
        told = "%s: %s below 0; percentile, median, mean and standard deviation are those of bases above 0"
        logger.warning(told, config.signal, _bases(measured.below_zero))
    return None if measured.infinite else measured


def _bases(count: int) -> str:
    return counted(count, "base")

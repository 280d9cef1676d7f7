"""``maxatac prepare``: from reads to signal tracks."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maxatac._core import CutSites
from maxatac.errors import InputError, MaxatacError
from maxatac.files.atomic import replacing, write_text
from maxatac.preparation.coverage import (
    Coverage,
    bases_within,
    measure_coverage,
    scaled_statistics,
    write_tracks,
)
from maxatac.preparation.cut_sites import read_cut_sites
from maxatac.preparation.enrichment import SiteSpread
from maxatac.preparation.inputs import PrepareInputs, open_inputs, tell_of_inputs
from maxatac.preparation.macs import CalledPeaks, call_peaks, effective_size, find_macs, macs_folder
from maxatac.preparation.outputs import GroupFiles, SampleFiles, group_files
from maxatac.preparation.qc import TrackFacts
from maxatac.preparation.qc_page import write_qc
from maxatac.preparation.quality import SitesSeen, qc_facts
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.space import check_space
from maxatac.preparation.statistics import write_statistics
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.settings import loader_threads
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, counted, first_few

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PreparedTrack:
    """The tracks of a group.

    Attributes
    ----------
    name : str
        Of the group; empty where there are none.
    files : GroupFiles
    coverage : Coverage
    depth : int
        Reads or cut sites that the scaled track is divided by.
    peaks : CalledPeaks or None
    """

    name: str
    files: GroupFiles
    coverage: Coverage
    depth: int
    peaks: CalledPeaks | None = None

    def entry(self, config: PrepareConfig) -> dict[str, Any]:
        """Describe it for the run record."""
        scale = {"depth": self.depth, "scale_factor": config.rpm_factor / self.depth}
        peaks = {} if self.peaks is None else {"peaks": self.peaks.entry()}
        return scale | self.coverage.entry() | peaks

    def facts(self, spread: SiteSpread) -> TrackFacts:
        """Describe it for the quality control."""
        coverage = self.coverage
        return TrackFacts(
            self.files.name, spread, coverage.used, self.depth, coverage.covered, coverage.p99, coverage.highest,
            None if self.peaks is None else self.peaks.count,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class PrepareResult:
    """What ``prepare`` has left.

    Attributes
    ----------
    tracks : sequence of PreparedTrack
        One for each group that has cut sites.
    empty : tuple of str
        Groups without any.
    tallies : mapping
        What was counted of the reads.
    quality : Path
        Page of the quality control.
    """

    tracks: Sequence[PreparedTrack]
    empty: tuple[str, ...]
    tallies: Mapping[str, Any]
    quality: Path

    def describe(self) -> list[str]:
        """List tracks, peaks, and the page if it could be drawn."""
        files = [track.files for track in self.tracks]
        paths = [path for each in files for path in (each.scaled, each.normalised, each.peaks) if path is not None]
        return [str(path) for path in (*paths, self.quality) if path.exists()]


@dataclass(frozen=True, eq=False)
class PreparedPrepare:
    """Reads that are looked at, ready to be counted."""

    config: PrepareConfig
    folder: CommandFolder
    reads: PrepareInputs
    files: Sequence[GroupFiles]
    sample: SampleFiles
    macs: Path | None = None

    @property
    def genome_size(self) -> int:
        """Effective size of the genome for MACS, in bp."""
        given = self.config.genome_size
        return effective_size(self.reads.chroms, self.reads.genome) if given is None else round(given)

    @property
    def outputs(self) -> list[Path]:
        """Every file that may be written, without log and record."""
        return [*(path for group in self.files for path in group), *self.sample]

    @property
    def inputs(self) -> dict[str, Path]:
        """Every file that is read, by purpose."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """What was told from the inputs."""
        reads = self.reads
        formats = {file.format for file in reads.files}
        return {
            "chroms": list(reads.chroms),
            "shift": None if reads.are_bam else reads.shift,
            "input_format": formats.pop() if len(formats) == 1 else "auto",
        }

    @property
    def _temp_dir(self) -> Path:
        return self.config.temp_dir or self.folder.folder

    def describe(self) -> list[str]:
        """Say what would be made."""
        reads = self.reads
        length = base_pairs(sum(reads.chroms.values()))
        inputs = [f"input        {file.path}: {file.format}" for file in reads.files]
        if not reads.are_bam:
            inputs.append(f"shift        {reads.shift}")
        return [
            *inputs,
            f"chromosomes  {first_few(reads.chroms, 8)}: {length}",
            *(f"left out     {first_few(names)}: {reason}" for reason, names in reads.left_out.items()),
            *([] if reads.groups is None else [f"groups       {counted(len(reads.groups.names), 'group')}"]),
            *(f"output       {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> PrepareResult:
        """Count the reads, write the tracks, and show their quality."""
        tell_of_inputs(self.reads)
        for name, value in self.reads.facts().items():
            run.note(name, value)
        with run.phases.measuring("reading"):
            sites, tallies = read_cut_sites(self.config, self.reads, self._temp_dir)
        names = ("",) if self.reads.groups is None else self.reads.groups.names
        total = 2 * sum(sites.count(group, chrom) for group in range(len(names)) for chrom in self.reads.chroms)
        tracks: list[PreparedTrack] = []
        facts: list[TrackFacts] = []
        seen = SitesSeen(self.reads)
        with run.phases.measuring("writing"), telling("writing", total, "sites") as advance:
            for group, (name, files) in enumerate(zip(names, self.files, strict=True)):
                track = self._write(sites, group, name, files, tallies, advance)
                if track is not None:
                    tracks.append(track)
                    called = None if track.peaks is None else track.peaks.spans
                    facts.append(track.facts(seen.add(sites, group, called)))
            if not tracks:
                raise MaxatacError(
                    f"{self.config.blacklist}: the blacklist leaves none of {tallies['sites']:,} cut sites"
                )
            if self.sample.groups is not None:
                self._write_table(self.sample.groups, tracks)
        written = {track.name for track in tracks}
        if empty := tuple(name for name in names if name not in written):
            logger.warning("no cut site that counts in %s: no track", first_few(empty))
        with run.phases.measuring("quality"):
            quality = qc_facts(self.config, self.reads, tallies, facts, seen.composition)
            numbers = write_qc(self.sample.page, self.sample.multiqc, quality)
        for warning in numbers["warnings"]:
            logger.warning("%s", warning)
        run.note("quality", numbers)
        self._note(run, tracks, empty, tallies)
        return PrepareResult(tracks, empty, tallies, self.sample.page)

    def _write(
        self, sites: CutSites, group: int, name: str, files: GroupFiles, tallies: Mapping[str, Any], advance: Any
    ) -> PreparedTrack | None:
        """Write the files of a group; None if no cut site of it counts."""
        config, reads = self.config, self.reads
        coverage = measure_coverage(sites, group, reads.chroms, reads.blacklist, config.slop, advance)
        if not coverage.covered:
            return None
        depth = tallies["depth"] if reads.groups is None else coverage.sites
        factor = config.rpm_factor / depth
        tracks = {files.scaled: (factor, None), files.normalised: (1 / coverage.p99, 1.0 if config.clip else None)}
        write_tracks(
            sites, group, tracks, reads.chroms, reads.blacklist,
            slop=config.slop, max_zooms=config.max_zooms, threads=loader_threads(config), advance=advance,
        )  # fmt: skip
        statistics = scaled_statistics(coverage, factor, reads.chroms, reads.blacklist)
        write_statistics(statistics, files.chrom_min_max, files.genome_stats)
        self._write_sites(sites, group, files)
        return PreparedTrack(name, files, coverage, depth, self._call_peaks(files))

    def _write_sites(self, sites: CutSites, group: int, files: GroupFiles) -> None:
        """Write the BED files of a group that are wanted."""
        without = {chrom: self.reads.blacklist.spans(chrom) for chrom in self.reads.chroms}
        for path, slop in ((files.sites, 0), (files.slopped_sites, self.config.slop)):
            if path is not None:
                with replacing(path) as partial:
                    sites.write_bed(partial, group, without, slop=slop)

    def _call_peaks(self, files: GroupFiles) -> CalledPeaks | None:
        """Call the peaks of a group, if that is wanted."""
        if self.macs is None or files.peaks is None or files.slopped_sites is None:
            return None
        with macs_folder(self._temp_dir, self.config.prefix) as folder:
            return call_peaks(
                self.macs, files.slopped_sites, files.peaks, folder=folder, name=files.name, slop=self.config.slop,
                genome_size=self.genome_size,
            )  # fmt: skip

    def _write_table(self, path: Path, tracks: Sequence[PreparedTrack]) -> None:
        """Write which files belong to which group."""
        assert self.reads.groups is not None
        sizes = dict(zip(self.reads.groups.names, self.reads.groups.sizes, strict=True))
        lines = ["group\tbarcodes\tcut_sites\tscaled\tnormalised"]
        for track in tracks:
            columns = (track.name, sizes[track.name], track.coverage.sites, track.files.scaled.name,
                       track.files.normalised.name)  # fmt: skip
            lines.append("\t".join(map(str, columns)))
        write_text(path, "\n".join(lines) + "\n")

    def _note(
        self, run: CommandRun, tracks: Sequence[PreparedTrack], empty: Sequence[str], tallies: Mapping[str, Any]
    ) -> None:
        """Add what was counted to the run record."""
        sizes = self.reads.chroms
        blacklisted = sum(bases_within(self.reads.blacklist, chrom, size) for chrom, size in sizes.items())
        run.note("tallies", {name: _plain(value) for name, value in tallies.items()})
        run.note("blacklisted_bases", blacklisted)
        run.note("groups_without_sites", list(empty))
        run.note("tracks", {track.name or self.config.prefix: track.entry(self.config) for track in tracks})


def _plain(value: Any) -> Any:
    """Make what JSON can hold."""
    return value.tolist() if hasattr(value, "tolist") else value


def prepare_prepare(config: PrepareConfig) -> PreparedPrepare:
    """Look at everything that ``prepare`` needs.

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "prepare")
    reads = open_inputs(config, problems)
    files = group_files(config, folder, None if reads is None else reads.groups)
    sample = SampleFiles.of(folder, has_groups=config.barcodes is not None)
    outputs = [*(path for group in files for path in group), *sample]
    problems += folder.problems(outputs, inputs=config.files(), force=config.force)
    check_space(config, folder.folder, () if reads is None else reads.files, problems)
    macs = find_macs(problems) if config.call_peaks else None
    if problems or reads is None:
        raise InputError(problems)
    return PreparedPrepare(config, folder, reads, files, sample, macs)


def prepare(config: PrepareConfig) -> PrepareResult:
    """Make the signal tracks of a sample of ATAC-seq reads.

    Parameters
    ----------
    config : PrepareConfig

    Returns
    -------
    PrepareResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: all of it, before anything is written.
    MaxatacError
        If an input is damaged, or nothing is left of it.
    OSError
        If a result or temporary data cannot be written.
    """
    return carry_out(config, prepare_prepare)

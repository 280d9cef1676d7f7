"""``maxatac prepare``: from reads to signal tracks."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maxatac.errors import InputError, MaxatacError, Problems
from maxatac.files.atomic import write_text
from maxatac.preparation.coverage import (
    Coverage,
    bases_within,
    measure_coverage,
    scaled_statistics,
    warn_of_few,
    write_tracks,
)
from maxatac.preparation.cut_sites import read_cut_sites, sites_memory
from maxatac.preparation.inputs import PrepareInputs, open_inputs, tell_of_inputs
from maxatac.preparation.outputs import GroupFiles, group_files
from maxatac.preparation.settings import PrepareConfig
from maxatac.preparation.statistics import write_statistics
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.runs.folder import RunFolder
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, byte_size, counted, first_few

logger = logging.getLogger(__name__)

_TEMPORARY_PER_BYTE = {"bam": 1.5, "fragments": 2.5, "bed": 2.5, "bedpe": 2.5}
"""Bytes of temporary data for each byte of a packed input, at most; with the names of reads, half as much more."""


@dataclass(frozen=True, eq=False)
class PreparedTrack:
    """The tracks of a group.

    Attributes
    ----------
    name : str
        Of the group; empty where there are none.
    files : GroupFiles
    coverage : Coverage
    """

    name: str
    files: GroupFiles
    coverage: Coverage


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
    """

    tracks: Sequence[PreparedTrack]
    empty: tuple[str, ...]
    tallies: Mapping[str, Any]

    def describe(self) -> list[str]:
        """List the tracks."""
        return [str(path) for track in self.tracks for path in (track.files.scaled, track.files.normalised)]


@dataclass(frozen=True, eq=False)
class PreparedPrepare:
    """Reads that are looked at, ready to be counted."""

    config: PrepareConfig
    folder: CommandFolder
    reads: PrepareInputs
    files: Sequence[GroupFiles]

    @property
    def outputs(self) -> list[Path]:
        """Every file that may be written, without log and record."""
        return _outputs(self.folder, self.files, has_groups=self.reads.groups is not None)

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
            "temp_dir": self._temp_dir,
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
        """Count the reads and write the tracks."""
        tell_of_inputs(self.reads)
        for name, value in self.reads.facts().items():
            run.note(name, value)
        with run.phases.measuring("reading"):
            sites, tallies = read_cut_sites(self.config, self.reads, self._temp_dir)
        tracks: list[PreparedTrack] = []
        empty: list[str] = []
        names = ("",) if self.reads.groups is None else self.reads.groups.names
        total = 3 * sum(sites.count(group, chrom) for group in range(len(names)) for chrom in self.reads.chroms)
        with run.phases.measuring("writing"), telling("writing", total, "sites") as advance:
            for group, (name, files) in enumerate(zip(names, self.files, strict=True)):
                coverage = measure_coverage(
                    sites, group, self.reads.chroms, self.reads.blacklist, self.config.slop, advance
                )
                if coverage.sites:
                    depth = tallies["depth"] if self.reads.groups is None else coverage.sites
                    self._write(sites, group, files, coverage, depth, advance)
                    warn_of_few(coverage, name or self.config.prefix)
                    tracks.append(PreparedTrack(name, files, coverage))
                else:
                    empty.append(name)
            if self.reads.groups is not None:
                self._write_table(tracks)
        if empty:
            logger.warning("no cut site in %s: no track", first_few(empty))
        self._note(run, tracks, empty, tallies)
        return PrepareResult(tracks, tuple(empty), tallies)

    def _write(self, sites: Any, group: int, files: GroupFiles, coverage: Coverage, depth: int, advance: Any) -> None:
        """Write the tracks of a group."""
        config, reads = self.config, self.reads
        if not coverage.covered:
            raise MaxatacError(f"{files.scaled}: the blacklist leaves none of {coverage.sites:,} cut sites")
        factor = config.rpm_factor / depth
        tracks = {files.scaled: (factor, None), files.normalised: (1 / coverage.p99, 1.0 if config.clip else None)}
        write_tracks(
            sites, group, tracks, reads.chroms, reads.blacklist,
            slop=config.slop, max_zooms=config.max_zooms, advance=advance,
        )  # fmt: skip
        statistics = scaled_statistics(coverage, factor, reads.chroms, reads.blacklist)
        write_statistics(statistics, files.chrom_min_max, files.genome_stats)

    def _write_table(self, tracks: Sequence[PreparedTrack]) -> None:
        """Write which files belong to which group."""
        assert self.reads.groups is not None
        sizes = dict(zip(self.reads.groups.names, self.reads.groups.sizes, strict=True))
        lines = ["group\tbarcodes\tcut_sites\tscaled\tnormalised"]
        for track in tracks:
            columns = (track.name, sizes[track.name], track.coverage.sites, track.files.scaled.name,
                       track.files.normalised.name)  # fmt: skip
            lines.append("\t".join(map(str, columns)))
        write_text(_table(self.folder), "\n".join(lines) + "\n")

    def _note(
        self, run: CommandRun, tracks: Sequence[PreparedTrack], empty: Sequence[str], tallies: Mapping[str, Any]
    ) -> None:
        """Add what was counted to the run record."""
        sizes = self.reads.chroms
        blacklisted = sum(bases_within(self.reads.blacklist, chrom, size) for chrom, size in sizes.items())
        run.note("tallies", {name: _plain(value) for name, value in tallies.items()})
        run.note("blacklisted_bases", blacklisted)
        run.note("groups_without_sites", list(empty))
        entries = {}
        for track in tracks:
            depth = tallies["depth"] if self.reads.groups is None else track.coverage.sites
            scale = {"depth": depth, "scale_factor": self.config.rpm_factor / depth}
            entries[track.name or self.config.prefix] = scale | track.coverage.entry()
        run.note("tracks", entries)


def _plain(value: Any) -> Any:
    """Make what JSON can hold."""
    return value.tolist() if hasattr(value, "tolist") else value


def _table(folder: CommandFolder) -> Path:
    return folder.named("_groups.tsv")


def _outputs(folder: CommandFolder, files: Sequence[GroupFiles], *, has_groups: bool) -> list[Path]:
    table = [_table(folder)] if has_groups else []
    return [*(path for group in files for path in group), *table]


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
    outputs = _outputs(folder, files, has_groups=config.barcodes is not None)
    problems += folder.problems(outputs, inputs=config.files(), force=config.force)
    _check_space(config, folder, reads, problems)
    if problems or reads is None:
        raise InputError(problems)
    return PreparedPrepare(config, folder, reads, files)


def _check_space(config: PrepareConfig, folder: CommandFolder, reads: PrepareInputs | None, problems: Problems) -> None:
    """Check the folder for temporary data, and that it has the space that may be needed."""
    temp_dir = config.temp_dir
    if temp_dir is not None and not temp_dir.is_dir():
        told = "is a file" if temp_dir.exists() else "does not exist"
        problems.add("output", told, expected=None, hint="make it first", option="--temp_dir", file=temp_dir)
        return
    if temp_dir is None:
        temp_dir = RunFolder(folder.folder, folder.prefix).existing()
        option = "--output"
    else:
        option = "--temp_dir"
        if not os.access(temp_dir, os.W_OK | os.X_OK):
            problems.add("output", "cannot be written to", option=option, file=temp_dir)
            return
    if reads is None or not temp_dir.is_dir():
        return
    names = 1.5 if config.sites_bed or config.call_peaks else 1.0
    needed = sum(names * _TEMPORARY_PER_BYTE[file.format] * file.path.stat().st_size for file in reads.files)
    if needed <= sites_memory(config):
        return
    free = shutil.disk_usage(temp_dir).free
    if free < needed:
        told = f"{byte_size(free)} are free, and temporary data may need {byte_size(needed)}"
        hint = "name another folder with --temp_dir, or give more --memory"
        problems.add("machine", told, hint=hint, option=option, file=temp_dir)


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

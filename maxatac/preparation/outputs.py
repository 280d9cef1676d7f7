"""The names of the files that ``prepare`` leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maxatac.preparation.barcodes import Groups
from maxatac.preparation.settings import PrepareConfig
from maxatac.runs.command import CommandFolder


@dataclass(frozen=True)
class GroupFiles:
    """The files of one group, or of the sample where there are no groups.

    Attributes
    ----------
    name : str
        What the names of the files begin with.
    scaled, normalised : Path
        bigWigs: the coverage scaled to ``rpm_factor`` reads, and divided by its 99th percentile.
    chrom_min_max, genome_stats : Path
        Statistics of the scaled track.
    sites, slopped_sites : Path or None
        BED of the cut sites, as they are and widened; None where they are not wanted.
    peaks : Path or None
    """

    name: str
    scaled: Path
    normalised: Path
    chrom_min_max: Path
    genome_stats: Path
    sites: Path | None
    slopped_sites: Path | None
    peaks: Path | None

    @classmethod
    def of(cls, config: PrepareConfig, folder: CommandFolder, part: str = "") -> GroupFiles:
        """Name the files of a group; ``part`` stands for it in the names."""
        name = f"_{part}" if part else ""
        widened = f"{name}_IS_slop{config.slop}"
        scaled = f"{widened}_{scale_name(config.rpm_factor)}"
        return cls(
            f"{folder.prefix}{name}",
            folder.named(f"{scaled}.bw"),
            folder.named(f"{scaled}_minmax01.bw"),
            folder.named(f"{scaled}_minmax01_chromosome_min_max.txt"),
            folder.named(f"{scaled}_minmax01_genome_stats.txt"),
            folder.named(f"{name}_IS.bed.gz") if config.sites_bed else None,
            # MACS reads it.
            folder.named(f"{widened}.bed.gz") if config.sites_bed or config.call_peaks else None,
            folder.named(f"{name}_peaks.narrowPeak") if config.call_peaks else None,
        )

    def __iter__(self) -> Iterator[Path]:
        """Give all files that are wanted."""
        paths = (self.scaled, self.normalised, self.chrom_min_max, self.genome_stats, self.sites, self.slopped_sites,
                 self.peaks)  # fmt: skip
        return (path for path in paths if path is not None)


@dataclass(frozen=True)
class SampleFiles:
    """The files of the whole sample.

    Attributes
    ----------
    page, multiqc : Path
        Quality of the sample: a page, and a table that MultiQC reads.
    groups : Path or None
        Table of groups and their files; None where there are no groups.
    """

    page: Path
    multiqc: Path
    groups: Path | None

    @classmethod
    def of(cls, folder: CommandFolder, *, has_groups: bool) -> SampleFiles:
        """Name the files."""
        groups = folder.named("_groups.tsv") if has_groups else None
        return cls(folder.named("_qc.html"), folder.named("_qc_mqc.tsv"), groups)

    def __iter__(self) -> Iterator[Path]:
        """Give all files that are wanted."""
        return (path for path in (self.page, self.multiqc, self.groups) if path is not None)


def scale_name(rpm_factor: int) -> str:
    """Say what a track is scaled to, in a file name: ``RP20M`` for 20 million reads."""
    return f"RP{rpm_factor / 1_000_000:.15g}M"


def group_files(config: PrepareConfig, folder: CommandFolder, groups: Groups | None) -> list[GroupFiles]:
    """Name the files of every group."""
    return [GroupFiles.of(config, folder, part) for part in ([""] if groups is None else groups.parts)]

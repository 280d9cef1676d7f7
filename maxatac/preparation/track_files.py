"""The tracks that ``normalize`` and ``average`` read: opened, compared, and their chromosomes chosen."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maxatac._core import Track
from maxatac.data.tracks import open_track
from maxatac.errors import Problems
from maxatac.files.sniff import check_file
from maxatac.genome.chroms import compare_chrom_sizes, in_byte_order, tell_unknown
from maxatac.preparation.genome import GenomeSizes, choose_chroms, open_sizes
from maxatac.preparation.settings import GenomeSettings
from maxatac.wording import first_few

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChosenChroms:
    """The chromosomes of a new track.

    Attributes
    ----------
    sizes : mapping of str to int
        Lengths in bp of those that are used, in the byte order of their names.
    left_out : tuple of str
        Those that genome and tracks have and that are not used.
    absent : mapping of Path to tuple of str
        Those in use that a track lacks, and for which it counts as 0.
    known : mapping of str to int
        Lengths of all chromosomes of the genome, or of the tracks where no genome was given.
    is_partial : bool
        Whether ``known`` may be a part of the genome.
    """

    sizes: Mapping[str, int]
    left_out: tuple[str, ...]
    absent: Mapping[Path, tuple[str, ...]]
    known: Mapping[str, int]
    is_partial: bool


def open_input(path: Path, problems: Problems) -> Track | None:
    """Open a track; what is wrong with it goes to ``problems``."""
    if not check_file(path, problems, what="track") or (track := open_track(path, problems)) is None:
        return None
    if not track.chrom_sizes:
        problems.add("chromosome", "has no chromosome", file=path)
        return None
    return track


def choose_shared(
    config: GenomeSettings, tracks: Mapping[Path, Mapping[str, int]], problems: Problems
) -> ChosenChroms | None:
    """Choose the chromosomes of a new track, and compare the lengths of all files.

    By default it has all that the genome and any of the tracks have, without the organelles. A chromosome that is named
    may be missing in the tracks if the genome has it.

    Parameters
    ----------
    config : GenomeSettings
    tracks : mapping of Path to mapping of str to int
        Lengths in bp of the chromosomes of each track.
    problems : Problems
        Gets lengths that differ, names that differ by convention, and names that are unknown.

    Returns
    -------
    ChosenChroms or None
        None if something is wrong.
    """
    before = len(problems)
    has_genome = config.sequence is not None or config.chrom_sizes is not None
    sizes = open_sizes(config, problems) if has_genome else None
    if len(problems) > before or not tracks:
        return None
    lengths, owners = (
        (dict(sizes.lengths), dict.fromkeys(sizes.lengths, sizes.file)) if sizes is not None else _joined(tracks)
    )
    first = next(iter(tracks))
    sizes = GenomeSizes(first if sizes is None else sizes.file, lengths)
    shared = {name: size for name, size in lengths.items() if any(name in of for of in tracks.values())}
    if not shared:
        told = f"has none of the chromosomes of {sizes.file} ({first_few(lengths)})"
        problems.add("chromosome", told, hint=f"it has {first_few(tracks[first])}", file=first)
    if not has_genome and config.chroms is not None:
        unknown = [name for name in dict.fromkeys(config.chroms) if name not in lengths]
        tell_unknown("--chroms", unknown, lengths, problems, file=first)
    if len(problems) > before:
        return None
    usable = GenomeSizes(sizes.file, shared) if config.chroms is None else sizes
    chroms = choose_chroms(config.chroms, usable, problems)
    absent = _compare(tracks, lengths, {name: owners[name] for name in chroms}, problems)
    if len(problems) > before:
        return None
    left_out = tuple(in_byte_order(name for name in shared if name not in chroms))
    return ChosenChroms(chroms, left_out, absent, lengths, is_partial=not has_genome)


def tell_of_chroms(chroms: ChosenChroms) -> None:
    """Log what is left out, and what a track lacks."""
    if chroms.left_out:
        logger.info("left out: %s", first_few(chroms.left_out))
    for path, names in chroms.absent.items():
        logger.warning("%s: has no %s: taken as 0", path, first_few(names))


def _joined(tracks: Mapping[Path, Mapping[str, int]]) -> tuple[dict[str, int], dict[str, Path]]:
    """List the chromosomes of all tracks; length and file are those of the first track that has one."""
    lengths: dict[str, int] = {}
    owners: dict[str, Path] = {}
    for path, sizes in tracks.items():
        for name, size in sizes.items():
            if name not in lengths:
                lengths[name], owners[name] = size, path
    return lengths, owners


def _compare(
    tracks: Mapping[Path, Mapping[str, int]],
    lengths: Mapping[str, int],
    owners: Mapping[str, Path],
    problems: Problems,
) -> dict[Path, tuple[str, ...]]:
    """Compare every track with the files that the lengths are from; gives the chromosomes that each lacks."""
    absent = {}
    paths = list(tracks)
    for place, (path, sizes) in enumerate(tracks.items()):
        missing: list[str] = []
        for file in dict.fromkeys(owners.values()):
            names = [name for name, owner in owners.items() if owner == file]
            if file in paths[place:]:
                # That file is compared with this one.
                missing += [name for name in names if name not in sizes]
            else:
                missing += compare_chrom_sizes(lengths, file, sizes, path, names, problems)
        if missing:
            absent[path] = tuple(in_byte_order(missing))
    return absent

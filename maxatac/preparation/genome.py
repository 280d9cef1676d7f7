"""The genome of a command that makes tracks: its chromosomes, and which of them are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maxatac.data.tracks import open_genome
from maxatac.errors import Problems
from maxatac.genome.chroms import ORGANELLES, compare_chrom_sizes, in_byte_order, read_chrom_sizes, tell_unknown
from maxatac.preparation.settings import GenomeSettings
from maxatac.wording import first_few

# Positions in a bigWig are unsigned 32-bit numbers.
_LONGEST = 2**32 - 1


@dataclass(frozen=True)
class GenomeSizes:
    """The chromosomes of a genome.

    Attributes
    ----------
    file : Path
        Where the lengths are from.
    lengths : mapping of str to int
        In bp, by name, in the order of the file.
    """

    file: Path
    lengths: Mapping[str, int]


def open_sizes(config: GenomeSettings, problems: Problems) -> GenomeSizes | None:
    """Read the chromosomes of the genome from ``--sequence``, else from ``--chrom_sizes``.

    Parameters
    ----------
    config : GenomeSettings
    problems : Problems
        Gets one if neither is given, if a file cannot be used, if both are given and disagree, or if a chromosome is
        too long for a bigWig.

    Returns
    -------
    GenomeSizes or None
        None if something is wrong.
    """
    before = len(problems)
    if config.sequence is None and config.chrom_sizes is None:
        expected = "the genome as 2bit, or its chromosome sizes"
        problems.add("setting", "neither", expected=expected, option="--sequence or --chrom_sizes")
        return None
    genome = None if config.sequence is None else open_genome(config.sequence, problems)
    listed = None if config.chrom_sizes is None else read_chrom_sizes(config.chrom_sizes, problems)
    if len(problems) > before:
        return None
    sizes: GenomeSizes | None = None
    if config.chrom_sizes is not None and listed is not None:
        sizes = GenomeSizes(config.chrom_sizes, listed)
    if config.sequence is not None and genome is not None:
        known = genome.chrom_sizes
        if sizes is not None:
            compare_chrom_sizes(known, config.sequence, sizes.lengths, sizes.file, tuple(known), problems)
        sizes = GenomeSizes(config.sequence, known)
    assert sizes is not None
    for chrom, length in sizes.lengths.items():
        if length > _LONGEST:
            expected = f"at most {_LONGEST:,} bp, which a bigWig can hold"
            problems.add("size", f"{chrom} with {length:,} bp", expected=expected, file=sizes.file)
    return None if len(problems) > before else sizes


def choose_chroms(named: Sequence[str] | None, sizes: GenomeSizes, problems: Problems) -> dict[str, int]:
    """Choose the chromosomes of the genome that are used.

    Parameters
    ----------
    named : sequence of str, optional
        Those of ``--chroms``; ``None`` is all without the organelles.
    sizes : GenomeSizes
    problems : Problems
        Gets the names that the genome lacks.

    Returns
    -------
    dict of str to int
        Lengths in bp, in the byte order of the names, as a bigWig has them.
    """
    lengths = sizes.lengths
    if named is None:
        named = [chrom for chrom in lengths if chrom not in ORGANELLES] or list(lengths)
    elif not named:
        problems.add("setting", "nothing", expected=f"chromosomes, such as {first_few(lengths)}", option="--chroms")
    tell_unknown("--chroms", [name for name in dict.fromkeys(named) if name not in lengths], lengths, problems)
    return {chrom: lengths[chrom] for chrom in in_byte_order({name for name in named if name in lengths})}

"""The settings of the commands that make tracks; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maxatac.runs.settings import FILE, Settings


@dataclass(frozen=True, kw_only=True)
class GenomeSettings(Settings):
    """The genome of what is read.

    Parameters
    ----------
    sequence : path, optional
        Genome as 2bit; its sequences and their lengths count.
    chrom_sizes : path, optional
        Table of chromosome sizes, in place of the 2bit or to compare with it.
    blacklist : path, optional
        Bases that get no signal: BED or bigWig.
    chroms : sequence of str, optional
        Chromosomes to use; ``None`` is all that genome and input share, without organelles.
    """

    sequence: Path | None = field(default=None, metadata=FILE)
    chrom_sizes: Path | None = field(default=None, metadata=FILE)
    blacklist: Path | None = field(default=None, metadata=FILE)
    chroms: Sequence[str] | None = None

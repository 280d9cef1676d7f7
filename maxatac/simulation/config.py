"""Settings and result of a simulation; standard library only, so that `--help` stays fast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from maxatac.errors import Problems

MIN_SIZE = 1_000_000
MAX_SIZE = 4_000_000_000  # a 2bit file of this size keeps its 32-bit offsets
MIN_MEAN_CHROM = 20_000  # below this the smallest chromosomes have no room for a telomere and a window
DEFAULT_CHROMS = tuple(f"chr{number}" for number in range(1, 9))
MAX_CELL_TYPES = 26

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_SIZE = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?|\.[0-9]+)(e[+]?[0-9]+)?\s*([kmg]?)(?:b|bp)?", re.IGNORECASE)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_CHROM_NAME = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True)
class SimulateConfig:
    """What to simulate.

    Parameters
    ----------
    output : Path
        Folder for the files; made when it does not exist.
    size : int
        Length of the whole genome in bp.
    chroms : tuple of str
        Names of the chromosomes; their sizes fall from the first to the last.
    tf : str
        Name of the transcription factor.
    cell_types : int
        Number of cell types, named CellA, CellB, ...; the last is labelled ``Test``.
    dense : bool
        True writes every base of a track, zeros included (fixedStep); False writes runs, zeros left out (bedGraph).
    seed : int
        The same settings and seed give the same bytes.
    force : bool
        Write into a folder that is not empty; files of the same names are replaced.
    """

    output: Path
    size: int = 16_000_000
    chroms: tuple[str, ...] = DEFAULT_CHROMS
    tf: str = "SIMTF"
    cell_types: int = 3
    dense: bool = False
    seed: int = 1
    force: bool = False

    @property
    def cell_type_names(self) -> tuple[str, ...]:
        """CellA, CellB, ..."""
        return tuple(f"Cell{chr(ord('A') + number)}" for number in range(self.cell_types))

    def check(self, problems: Problems) -> None:
        """Add a problem for each setting that cannot be simulated."""

        def wrong(option: str, found: object, expected: str) -> None:
            problems.add("setting", str(found), expected=expected, option=option)

        if not MIN_SIZE <= self.size <= MAX_SIZE:
            wrong("--size", f"{self.size:,}", f"{MIN_SIZE:,} to {MAX_SIZE:,} bp")
        if not self.chroms:
            wrong("--chroms", "no name", "one or more")
        elif self.size >= MIN_SIZE and self.size < MIN_MEAN_CHROM * len(self.chroms):
            names = f"{len(self.chroms)} names for {self.size:,} bp"
            wrong("--chroms", names, f"at most one for every {MIN_MEAN_CHROM:,} bp")
        for name in sorted({name for name in self.chroms if self.chroms.count(name) > 1}):
            wrong("--chroms", f"{name} twice", "every name once")
        for name in self.chroms:
            if not _CHROM_NAME.fullmatch(name):
                wrong("--chroms", repr(name), "printable ASCII without spaces")
        if not _FILE_NAME.fullmatch(self.tf):
            wrong("--tf", repr(self.tf), "letters, digits and . _ + - (it is part of file names)")
        if not 2 <= self.cell_types <= MAX_CELL_TYPES:
            wrong("--cell_types", self.cell_types, f"2 to {MAX_CELL_TYPES} (one to train on, one to test on)")
        if self.seed < 0:
            wrong("--seed", self.seed, "0 or more")


@dataclass(frozen=True)
class SimulatedSet:
    """Where the files of a simulated set are, and what is in them.

    Attributes
    ----------
    output, sequence, chrom_sizes, blacklist, motif, meta_file, readme : Path
        The folder, and the files that belong to the set as a whole. ``meta_file`` names those of each cell type.
    cell_types : tuple of str
        The last is labelled ``Test``.
    sizes : mapping of str to int
        Chromosome lengths in bp.
    training_chroms, validation_chroms, test_chroms : tuple of str
        A split that leaves enough binding sites in each part. With fewer than three chromosomes some are empty.
    match_threshold : float
        Score in bits from which a place in the genome counts as a match of the motif; only matches can be bound by it.
    bound_sites, atac_peaks, chip_peaks : mapping of str to int
        Counts per cell type.
    """

    output: Path
    sequence: Path
    chrom_sizes: Path
    blacklist: Path
    motif: Path
    meta_file: Path
    readme: Path
    cell_types: tuple[str, ...]
    sizes: Mapping[str, int]
    training_chroms: tuple[str, ...]
    validation_chroms: tuple[str, ...]
    test_chroms: tuple[str, ...]
    match_threshold: float
    bound_sites: Mapping[str, int]
    atac_peaks: Mapping[str, int]
    chip_peaks: Mapping[str, int]


def parse_size(text: str) -> int:
    """Read a length in bp as people write it: ``12000000``, ``12e6``, ``12M``, ``12Mb``, ``1.5 Gbp``.

    Raises
    ------
    ValueError
        If the text is not a whole number of bp.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"found {text!r}; expected a length in bp such as 12000000, 12e6, 12M or 200Mb")
    number, exponent, unit = match.groups()
    size = Decimal(number.replace("_", "") + (exponent or "")) * _UNITS[unit.lower()]
    if size != size.to_integral_value():
        raise ValueError(f"found {text!r}, {size.normalize():f} bp; expected a whole number")
    return int(size)


def split_chroms(chroms: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Suggest training, validation and test chromosomes: a quarter each for validation and test, at most two names.

    Parameters
    ----------
    chroms : tuple of str
        Largest first. The smallest are the test set: scoring reads the whole of it.

    Returns
    -------
    tuple of three tuples of str
        Training, validation, test. At least one name is left for training.
    """
    held_out = min(2, -(-len(chroms) // 4))
    validation = min(held_out, max(0, len(chroms) - 1))
    test = min(held_out, max(0, len(chroms) - 1 - validation))
    training = len(chroms) - validation - test
    return chroms[:training], chroms[training : training + validation], chroms[training + validation :]

"""What a check finds out. The names of the fields are the keys of the JSON that `maxatac check --json` prints."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maxatac.errors import Problem
from maxatac.files.strict_json import to_json


@dataclasses.dataclass(frozen=True)
class GenomeFindings:
    """The 2bit file.

    Attributes
    ----------
    path : Path
    sequences, bases, unknown_bases : int
        How many sequences, their bp, and how many of these are N.
    without_signal : tuple of str
        Sequences of which no signal track has data or knows the name.
    """

    path: Path
    sequences: int
    bases: int
    unknown_bases: int
    without_signal: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class FileFindings:
    """A file with chromosome names, compared with the 2bit.

    Attributes
    ----------
    cell_type, label : str or None
        None for a file that belongs to no cell type.
    column : str
        Column of the meta file, or the option.
    path : Path
    bytes : int or None
        None if it is not there.
    sequences : int or None
        Names in it; None if it could not be read.
    same_size : int or None
        Names that the 2bit has with the same length; None for files that give no lengths.
    other_size : tuple of str
        Names whose length differs, with both lengths.
    not_in_genome : tuple of str
        Names that the 2bit lacks.
    lacking : tuple of str
        Chromosomes that the run uses and this file lacks.
    """

    cell_type: str | None
    label: str | None
    column: str
    path: Path
    bytes: int | None
    sequences: int | None
    same_size: int | None
    other_size: tuple[str, ...]
    not_in_genome: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class SignalFindings:
    """Values of an ATAC-seq signal track.

    Attributes
    ----------
    cell_type, label : str
    path : Path
    bases, bases_read : int
        Bases of the sequences that it has in common with the 2bit, and how many of them were looked at.
    smallest, largest, mean : float or None
        Of the bases with data; None if there are none.
    missing, zero : float
        Share of the bases read that have no data, and that are 0.
    percentile_99 : float or None
        Of the values above 0, to about 1 %.
    at_largest : float
        Share of the values above 0 that are the largest one.
    not_finite : int
        Bases with an infinite value.
    scale : str
        What the values look like, in words.
    """

    cell_type: str
    label: str
    path: Path
    bases: int
    bases_read: int
    smallest: float | None
    largest: float | None
    mean: float | None
    missing: float
    zero: float
    percentile_99: float | None
    at_largest: float
    not_finite: int
    scale: str


@dataclasses.dataclass(frozen=True)
class Bound:
    """Bins of a set of chromosomes.

    Attributes
    ----------
    bins, bound : int
        Complete 32-bp bins read, and how many of them are bound: their values sum to more than 16.
    """

    bins: int
    bound: int


@dataclasses.dataclass(frozen=True)
class BindingFindings:
    """Values of a binding track.

    Attributes
    ----------
    cell_type, label : str
    path : Path
    bases, bases_read : int
    smallest, largest : float or None
        Of the bases with data.
    missing : float
        Share of the bases read that have no data.
    not_finite : int
    is_binary : bool
        Whether it holds nothing but 0, 1 and no data.
    bound : mapping of str to Bound
        By the set of chromosomes: ``training``, ``validation``, ..., ``unused``.
    """

    cell_type: str
    label: str
    path: Path
    bases: int
    bases_read: int
    smallest: float | None
    largest: float | None
    missing: float
    not_finite: int
    is_binary: bool
    bound: Mapping[str, Bound]


@dataclasses.dataclass(frozen=True)
class RegionFindings:
    """What becomes of the peaks of a file on one chromosome; the numbers behind ``intervals`` add up to it.

    Attributes
    ----------
    cell_type, label, kind : str
        The kind is ATAC or CHIP.
    chromosome : str or None
        None gathers all that are not listed by themselves.
    intervals, not_in_genome, beyond_end, off_end, blacklisted, kept : int
        Peaks; on names that the 2bit lacks; beyond the chromosome's end; too near an end for a window; with a window
        that touches the blacklist; regions.
    """

    cell_type: str
    label: str
    kind: str
    chromosome: str | None
    intervals: int
    not_in_genome: int
    beyond_end: int
    off_end: int
    blacklisted: int
    kept: int


@dataclasses.dataclass(frozen=True)
class PoolFindings:
    """A source of a pool that the run would draw from.

    Attributes
    ----------
    pool : str
        ``training`` or ``validation``.
    cell_type, kind : str
        ``.`` for regions of no cell type.
    path : Path
    intervals, other_chromosomes, beyond_end, off_end, blacklisted, kept : int
    without_summit : int
        With ``--center summit``, regions on their midpoint because their summit is not known.
    """

    pool: str
    cell_type: str
    kind: str
    path: Path
    intervals: int
    other_chromosomes: int
    beyond_end: int
    off_end: int
    blacklisted: int
    kept: int
    without_summit: int


@dataclasses.dataclass(frozen=True)
class SplitFindings:
    """What a chromosome of a cell type is used for.

    Attributes
    ----------
    cell_type, label, chromosome : str
    bases : int
    use : str
        ``training``, ``validation``, ``test`` or ``unused``.
    atac, chip : int
        Regions from its ATAC-seq and from its ChIP-seq peaks.
    """

    cell_type: str
    label: str
    chromosome: str
    bases: int
    use: str
    atac: int
    chip: int


@dataclasses.dataclass(frozen=True)
class LabelFindings:
    """Targets of the batches that were read.

    Attributes
    ----------
    pool : str
        ``training`` or ``validation``.
    cell_type : str or None
        None for all of them.
    windows : int
        Windows read.
    bound_windows, bound_bins : float or None
        Share of the windows with a bound bin, and of the bins that are bound; None without a window.
    bound_by_bin : tuple of float
        Share of the windows whose bin of that place is bound, from the first bin to the last.
    """

    pool: str
    cell_type: str | None
    windows: int
    bound_windows: float | None
    bound_bins: float | None
    bound_by_bin: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class MemoryEstimate:
    """Bytes of memory. ``total`` is the sum of the others but ``available`` and ``on_device``.

    Attributes
    ----------
    program : int
        Interpreter and libraries, measured.
    decoded : int
        Decoded tracks of both samplers, measured.
    batches : int
        Batches in flight.
    network : int
        What a step needs; on a GPU it is the GPU's memory, ``on_device``.
    on_device : bool
    total : int
    available : int or None
        What the process could still get, and has; None if not known.
    """

    program: int
    decoded: int
    batches: int
    network: int
    on_device: bool
    total: int
    available: int | None


@dataclasses.dataclass(frozen=True)
class DiskEstimate:
    """Bytes that the results take.

    Attributes
    ----------
    checkpoint : int
        One of them.
    tracks : int
        The predictions of the independent test.
    total : int
    free : int or None
        Where the output would go; None if no folder was given.
    """

    checkpoint: int
    tracks: int
    total: int
    free: int | None


@dataclasses.dataclass(frozen=True)
class TimeEstimate:
    """Seconds.

    Attributes
    ----------
    start : float
        Checking and decoding, measured.
    loader, step : float
        For 1,000 windows of training: making the batch, measured; computing.
    step_is_measured : bool
        By a timed fit; else it is stated from another machine.
    epoch : float
        Including both validations and batch-norm statistics, loader and network one after the other.
    test : float
        Predicting for the independent test.
    total : float
    """

    start: float
    loader: float
    step: float
    step_is_measured: bool
    epoch: float
    test: float
    total: float


@dataclasses.dataclass(frozen=True)
class Estimates:
    """What the run would cost.

    Attributes
    ----------
    device : str
    threads : int
        Of the loader.
    parameters : int
        Numbers that the network stores.
    memory : MemoryEstimate
    disk : DiskEstimate
    time : TimeEstimate
    """

    device: str
    threads: int
    parameters: int
    memory: MemoryEstimate
    disk: DiskEstimate
    time: TimeEstimate


@dataclasses.dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything that a check found out; parts that could not be looked at are empty or None.

    Attributes
    ----------
    findings : tuple of Problem
        Why a run would fail or mean nothing.
    warnings, notes : tuple of str
        What is odd, and what is worth knowing.
    chromosomes : mapping of str to tuple of str
        The sets of the split, and ``unused``.
    genome : GenomeFindings or None
    files : tuple of FileFindings
    signal : tuple of SignalFindings
    binding : tuple of BindingFindings
    regions : tuple of RegionFindings
    pools : tuple of PoolFindings
    split : tuple of SplitFindings
    labels : tuple of LabelFindings
    equal_files : tuple of dict
        Files equal in content: bytes, SHA-256 (None for one file), and where each is used.
    leak_guard : dict or None
        What the leak guard looked at.
    estimates : Estimates or None
        Of a cross-validation, those of one fold.
    folds : tuple of str
        What each fold of a cross-validation trains, validates and tests on, in lines; the rest is of the first fold.
    """

    findings: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chromosomes: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    genome: GenomeFindings | None = None
    files: tuple[FileFindings, ...] = ()
    signal: tuple[SignalFindings, ...] = ()
    binding: tuple[BindingFindings, ...] = ()
    regions: tuple[RegionFindings, ...] = ()
    pools: tuple[PoolFindings, ...] = ()
    split: tuple[SplitFindings, ...] = ()
    labels: tuple[LabelFindings, ...] = ()
    equal_files: tuple[Mapping[str, Any], ...] = ()
    leak_guard: Mapping[str, Any] | None = None
    estimates: Estimates | None = None
    folds: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """The findings as sentences."""
        return tuple(map(str, self.findings))

    def as_json(self) -> str:
        """Turn into JSON text; ``ok`` tells whether there is no problem, and ``problems`` words the ``findings``."""
        content = {"ok": not self.findings, "problems": self.problems, **dataclasses.asdict(self)}
        return to_json(content)

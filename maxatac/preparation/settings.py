"""The settings of the commands that make tracks; each field is the command-line option of that name.

Only the standard library is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maxatac.errors import Problems
from maxatac.runs.settings import FILE, MAX_FLOAT32, ResourceSettings, ResultSettings, Settings, TrackSettings

UNION, INTERSECTION = "union", "intersection"
"""What ``--combine`` takes beside a number."""

TABLE_LABELS = ("Train", "Test")
"""What a row of the meta file can be for."""


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


INPUT_FORMATS = ("auto", "bam", "fragments", "bed", "bedpe")
"""What the reads come as; ``auto`` tells it from name and content where that is clear."""

SHIFTS = ("none", "10x", "+4/-4")
"""How the ends of fragments or reads were moved to the cut sites before: not at all, by +4 and -5 bp as in fragments
files of 10x, or by +4 and -4 bp."""

PERCENTILE = 99.0
"""The percentile of the coverage of covered bases that becomes 1 in the normalised track."""

MAX_SLOP = 10_000

MAX_MAPQ = 255


@dataclass(frozen=True, kw_only=True)
class PrepareConfig(TrackSettings, ResourceSettings, ResultSettings, GenomeSettings):
    """Settings of ``maxatac.prepare``; each field is the command-line option of that name.

    Parameters
    ----------
    input : sequence of path
        Reads of one sample: BAM, 10x fragments, BED or BEDPE; all of one kind.
    input_format : str
        One of ``INPUT_FORMATS``.
    shift : str, optional
        One of ``SHIFTS``: how the ends were moved before. By default that of the format; BED and BEDPE have none.
    single_end : bool
        Take every read by itself: one cut site each, at its 5' end.
    skip_deduplication : bool
        Keep duplicates. Pairs are then taken as proper by their flag alone.
    trust_duplicate_flags : bool
        Drop what the BAM has marked as duplicate, in place of finding duplicates anew.
    deduplicate_per_file : bool
        Look for duplicates in each BAM by itself: the files are of different libraries.
    remove_equal_fragments : bool
        Take lines with equal ends, and barcode if there is one, for one fragment.
    min_mapq : int
        Lowest mapping quality of a read; judged after duplicates are removed, for each read by itself.
    primary_only : bool
        Leave secondary and supplementary alignments out.
    max_fragment : int, optional
        Longest fragment in bp.
    allow_missing_eof : bool
        Accept a BAM that lacks the block that marks its end.
    barcodes : path, optional
        Table of barcodes and, if wanted, groups and samples: a track for each group.
    barcode_tag : str, optional
        Tag of the BAM with the barcode of a read, such as CB: duplicates then are those of one barcode.
    slop : int
        Bases on each side of a cut site that count as covered.
    rpm_factor : int
        Number of reads that the coverage is scaled to.
    clip : bool
        Cut the normalised track at 1.
    sites_bed : bool
        Write the cut sites too, as they are and widened, as BED.
    peaks : path, optional
        ATAC-seq peaks: the share of cut sites in them is reported.
    call_peaks : bool
        Call ATAC-seq peaks with MACS.
    genome_size : float, optional
        Size in bp of the mappable genome, for MACS. By default the bases other than N of the chromosomes in use.
    temp_dir : path, optional
        Folder for temporary data; by default the output folder.
    output
        Folder of the results.
    """

    input: Sequence[Path] = field(metadata=FILE)
    input_format: str = "auto"
    shift: str | None = None
    single_end: bool = False
    skip_deduplication: bool = False
    trust_duplicate_flags: bool = False
    deduplicate_per_file: bool = False
    remove_equal_fragments: bool = False
    min_mapq: int = 0
    primary_only: bool = False
    max_fragment: int | None = None
    allow_missing_eof: bool = False
    barcodes: Path | None = field(default=None, metadata=FILE)
    barcode_tag: str | None = None
    slop: int = 20
    rpm_factor: int = 20_000_000
    clip: bool = False
    sites_bed: bool = False
    peaks: Path | None = field(default=None, metadata=FILE)
    call_peaks: bool = False
    genome_size: float | None = None
    temp_dir: Path | None = None
    output: Path = Path("./prepare")

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if not self.input:
            problems.add("setting", "nothing", expected="one or more files of reads", option="--input")
        self._require_choice(problems, "input_format", INPUT_FORMATS)
        if self.shift is not None:
            self._require_choice(problems, "shift", SHIFTS)
        self._require(problems, "chroms", self.chroms is None or len(self.chroms) > 0, "one or more chromosomes")
        self._require(problems, "min_mapq", 0 <= self.min_mapq <= MAX_MAPQ, f"a whole number from 0 to {MAX_MAPQ}")
        self._require(problems, "slop", 0 <= self.slop <= MAX_SLOP, f"a whole number from 0 to {MAX_SLOP:,}")
        self._require_counts(problems, "rpm_factor", "max_fragment", most=2**53)
        is_size = self.genome_size is None or 1 <= self.genome_size < 1e15
        self._require(problems, "genome_size", is_size, "a number of bp, such as 1.2e7")
        is_tag = self.barcode_tag is None or re.fullmatch("[A-Za-z][A-Za-z0-9]", self.barcode_tag) is not None
        self._require(problems, "barcode_tag", is_tag, "a tag of two characters, such as CB")
        if self.genome_size is not None and not self.call_peaks:
            problems.add("setting", "has no effect without --call_peaks", option="--genome_size")
        hint = "one keeps every duplicate, the other drops those that are marked"
        self._exclude(problems, "skip_deduplication", "trust_duplicate_flags", hint)
        for name in ("skip_deduplication", "trust_duplicate_flags"):
            self._exclude(problems, name, "deduplicate_per_file", "no duplicate is looked for")


@dataclass(frozen=True, kw_only=True)
class BindingConfig(GenomeSettings, TrackSettings, ResultSettings):
    """Settings of ``maxatac.binding``; each field is the command-line option of that name.

    Parameters
    ----------
    chip_peaks : sequence of path
        Peaks of one transcription factor in one cell type, a file per replicate: BED or narrowPeak, plain or gzipped.
    combine : str
        Bases that are bound, of several replicates: ``union``, in a peak of any; ``intersection``, of all; a number, of
        at least so many.
    summit_window : int, optional
        Width in bp of the window around a summit that is bound, in place of the whole peak: from ``summit - width //
        2`` on. ``None`` is the whole peak.
    chroms
        Chromosomes of the track; ``None`` is all of the genome without organelles, with a peak or without.
    blacklist
        Bases that are not bound, whatever the peaks say.
    meta_out : path, optional
        Table of cell types for ``maxatac train`` to which a row is added; it is made if it is not there.
    cell_type, tf_name : str, optional
        Names in that row.
    signal, atac_peaks : path, optional
        ATAC-seq signal and peaks of the cell type, for that row.
    label : str
        What the row is for, one of ``TABLE_LABELS``.
    """

    chip_peaks: Sequence[Path] = field(metadata=FILE)
    combine: str = UNION
    summit_window: int | None = None
    meta_out: Path | None = None
    cell_type: str | None = None
    tf_name: str | None = None
    signal: Path | None = field(default=None, metadata=FILE)
    atac_peaks: Path | None = field(default=None, metadata=FILE)
    label: str = "Train"

    def __post_init__(self) -> None:
        """Accept a number for ``combine``, and choices in upper or lower case."""
        super().__post_init__()
        object.__setattr__(self, "combine", str(self.combine).casefold())
        self._spell("label", TABLE_LABELS)

    @property
    def depth(self) -> int | None:
        """Replicates that a base must be in to be bound; ``None`` if ``combine`` is neither a word nor a number."""
        if self.combine == UNION:
            return 1
        if self.combine == INTERSECTION:
            return len(self.chip_peaks)
        return int(self.combine) if self.combine.isascii() and self.combine.isdigit() else None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        # There is none if a settings file that cannot be read was to name them.
        files = self.chip_peaks or ()
        self._require(problems, "chip_peaks", len(files) > 0, "at least one file of peaks")
        most = max(len(files), 1)
        is_depth = not files or (self.depth is not None and 1 <= self.depth <= most)
        expected = f"{UNION}, {INTERSECTION}, or a number from 1 to {most}, the files of --chip_peaks"
        self._require(problems, "combine", is_depth, expected)
        self._require_counts(problems, "summit_window")
        self._require_choice(problems, "label", TABLE_LABELS)
        of_row = ("cell_type", "tf_name", "signal", "atac_peaks")
        needed = of_row if self.label == "Train" else of_row[:3]
        for name in of_row:
            is_given = getattr(self, name) is not None
            if self.meta_out is not None and not is_given and name in needed:
                problems.add("setting", "nothing", expected="a value for the row of --meta_out", option=f"--{name}")
            if self.meta_out is None and is_given:
                told, expected = "no --meta_out", "the table whose row it is for"
                problems.add("setting", told, expected=expected, option=f"--{name}")
        for name in of_row[:2]:
            value = getattr(self, name)
            is_name = value is None or (value.isprintable() and value == value.strip() and value not in ("", "."))
            self._require(problems, name, is_name, "a name without blanks around it")


METHODS = ("min-max", "zscore", "arcsinh", "log1p")
"""What ``normalize`` makes of a value; :mod:`maxatac.preparation.normalization` says how."""


@dataclass(frozen=True, kw_only=True)
class NormalizeConfig(TrackSettings, ResourceSettings, ResultSettings, GenomeSettings):
    """Settings of ``maxatac.normalize``; each field is the command-line option of that name.

    Parameters
    ----------
    signal : path
        Track as bigWig.
    method : str
        One of ``METHODS``, in upper or lower case.
    max_percentile : float
        The percentile of the values of covered bases that becomes 1 by min-max, 0 to 100.
    min, max : float, optional
        What becomes 0 and 1 by min-max, in place of the smallest value and of the percentile.
    clip : bool
        Cut the result of min-max at 0 and 1.
    memory
        Bytes for values on their way from file to file.
    output
        Folder of the results.
    """

    signal: Path = field(metadata=FILE)
    method: str = "min-max"
    max_percentile: float = PERCENTILE
    min: float | None = None
    max: float | None = None
    clip: bool = False

    def __post_init__(self) -> None:
        """Accept the method in upper or lower case."""
        super().__post_init__()
        self._spell("method", METHODS)

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        self._require_choice(problems, "method", METHODS)
        self._require(problems, "max_percentile", 0 <= self.max_percentile <= 100, "a number from 0 to 100")
        for name in ("min", "max"):
            self._require_float32(problems, name)
        if self.min is not None and self.max is not None:
            self._require(problems, "max", self.min < self.max, f"a number above --min, {self.min:g}")
        given = {"min": self.min is not None, "max": self.max is not None, "clip": self.clip}
        for name, is_given in given.items():
            if is_given and self.method in METHODS and self.method != "min-max":
                problems.add("setting", f"has no effect on {self.method}", hint="it is for min-max", option=f"--{name}")


@dataclass(frozen=True, kw_only=True)
class AverageConfig(TrackSettings, ResourceSettings, ResultSettings, GenomeSettings):
    """Settings of ``maxatac.average``; each field is the command-line option of that name.

    Parameters
    ----------
    input : sequence of path
        Tracks as bigWig, of one genome.
    weights : sequence of float, optional
        Weight of each track, above 0; ``None`` weights all alike.
    memory
        Bytes for the sums.
    blacklist
        Bases that get no value.
    output
        Folder of the results.
    """

    input: Sequence[Path] = field(metadata=FILE)
    weights: Sequence[float] | None = None

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        if not self.input:
            problems.add("setting", "nothing", expected="a bigWig", option="--input")
        if self.weights is None:
            return
        for weight in self.weights:
            if not 0 < weight <= MAX_FLOAT32:
                problems.add("setting", f"{weight:g}", expected="a number above 0", option="--weights")
        if len(self.weights) != len(self.input):
            expected = f"{len(self.input)}, one for each track"
            problems.add("setting", f"{len(self.weights)} weights", expected=expected, option="--weights")

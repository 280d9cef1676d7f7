"""Files, chromosomes, tracks, regions and the split, looked at one by one.

What cannot be read is reported in ``problems`` and left out.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from maxatac._core import Genome, Track
from maxatac.checking.findings import (
    BindingFindings,
    Bound,
    FileFindings,
    GenomeFindings,
    PoolFindings,
    RegionFindings,
    SignalFindings,
    SplitFindings,
)
from maxatac.checking.tracks import TrackValues, read_track, shared_sizes
from maxatac.data.regions import COUNTS, Center, PoolReport, SourceCount, count_by_chromosome
from maxatac.data.samples import Sample
from maxatac.data.scale_limits import is_on_scale
from maxatac.data.shared_files import EqualFiles, Use, uses_of
from maxatac.errors import GenomeError, Problem, Problems, TrackError
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.chroms import read_chrom_sizes
from maxatac.genome.intervals import read_intervals
from maxatac.system.progress import counting
from maxatac.training.settings import TrainConfig
from maxatac.wording import first_few

LISTED_CHROMS = 100
"""Chromosomes outside the split whose regions are listed one by one; the others are added up."""

UNUSED = "unused"
TRACK_COLUMNS = ("ATAC_Signal_File", "Binding_File")


@dataclasses.dataclass(frozen=True)
class Opened:
    """What of a run's inputs could be opened.

    Attributes
    ----------
    config : TrainConfig
    genome : Genome
    samples : tuple of Sample
        All rows of the meta file that could be read.
    tracks : mapping of Path to Track
    blacklist : Blacklist
    sets : mapping of str to tuple of str
        Chromosomes of each set of the split.
    """

    config: TrainConfig
    genome: Genome
    samples: tuple[Sample, ...]
    tracks: Mapping[Path, Track]
    blacklist: Blacklist
    sets: Mapping[str, tuple[str, ...]]

    @functools.cached_property
    def used(self) -> Mapping[str, str]:
        """Chromosomes of any set, with the first set that has each."""
        found: dict[str, str] = {}
        for name, chroms in self.sets.items():
            for chrom in chroms:
                found.setdefault(chrom, name)
        return found

    def set_of(self, chrom: str) -> str:
        """Name the set of a chromosome."""
        return self.used.get(chrom, UNUSED)

    def use_of(self, sample: Sample, chrom: str) -> str:
        """Tell what a chromosome of a cell type is used for.

        Test chromosomes are those of the test cell types; where there are none, the training cell types are tested.
        """
        where = self.set_of(chrom)
        tested = "Test" if any(one.label == "Test" for one in self.samples) else "Train"
        return where if sample.label == (tested if where == "test" else "Train") else UNUSED


def look_at_genome(opened: Opened, problems: Problems) -> GenomeFindings:
    """Count what the 2bit holds, and find sequences that no signal track knows."""
    sizes = opened.genome.chrom_sizes
    unknown = 0
    for chrom in sizes:
        try:
            runs = opened.genome.n_intervals(chrom)
        except (GenomeError, OSError) as error:
            problems.append(Problem.of(error))
        else:
            unknown += int((runs[:, 1] - runs[:, 0]).sum())
    signal = [opened.tracks[sample.signal] for sample in opened.samples if sample.signal in opened.tracks]
    known = {chrom for track in signal for chrom in track.chrom_sizes}
    silent = tuple(chrom for chrom in sizes if chrom not in known) if signal else ()
    return GenomeFindings(opened.config.sequence, len(sizes), sum(sizes.values()), unknown, silent)


def look_at_files(opened: Opened) -> tuple[FileFindings, ...]:
    """Compare the chromosome names and sizes of every file with the 2bit."""
    config = opened.config
    options = {
        "--chrom_sizes": config.chrom_sizes,
        "--blacklist": config.blacklist,
        "--train_roi": config.train_roi,
        "--validate_roi": config.validate_roi,
    }
    uses = uses_of(opened.samples)
    uses += [Use("", "Train", option, path) for option, path in options.items() if path is not None]
    return tuple(_look_at_file(opened, use) for use in uses)


def _names_in(opened: Opened, use: Use) -> Mapping[str, int] | Sequence[str] | None:
    """Chromosome names of a file, with their lengths if it has them; None if it cannot be read."""
    # What is wrong with a file has been reported.
    if use.column in TRACK_COLUMNS:
        return opened.tracks[use.path].chrom_sizes if use.path in opened.tracks else None
    if use.column == "--chrom_sizes":
        return read_chrom_sizes(use.path, Problems())
    if use.column == "--blacklist":
        return opened.blacklist.chroms or None
    intervals = read_intervals(use.path, Problems())
    return None if intervals is None else intervals.chrom.names


def _look_at_file(opened: Opened, use: Use) -> FileFindings:
    names = _names_in(opened, use)
    lengths = names if isinstance(names, Mapping) else None
    sizes = opened.genome.chrom_sizes
    try:
        size: int | None = use.path.stat().st_size
    except OSError:
        size = None
    known = [name for name in names or () if name in sizes]
    other = [
        f"{name} ({lengths[name]:,} bp, {sizes[name]:,} bp in the 2bit)"
        for name in known
        if lengths is not None and lengths[name] != sizes[name]
    ]
    # Peaks and blacklists need not be everywhere.
    lacking = () if lengths is None else (name for name in opened.used if name not in lengths)
    return FileFindings(
        cell_type=use.cell_line or None,
        label=use.label if use.cell_line else None,
        column=use.column,
        path=use.path,
        bytes=size,
        sequences=None if names is None else len(names),
        same_size=None if lengths is None else len(known) - len(other),
        other_size=tuple(other),
        not_in_genome=tuple(name for name in names or () if name not in sizes),
        lacking=tuple(lacking),
    )


def read_tracks(opened: Opened, threads: int, problems: Problems) -> dict[Path, TrackValues]:
    """Read all tracks, each file once, several at a time; a bar on a terminal shows how far it is."""
    sizes = opened.genome.chrom_sizes
    total = sum(sum(shared_sizes(track, sizes).values()) for track in opened.tracks.values())
    lock = Lock()
    found: dict[Path, TrackValues] = {}
    with (
        counting("reading tracks", total, "b") as move_on,
        ThreadPoolExecutor(max(1, min(threads, len(opened.tracks))), "maxatac-check") as executor,
    ):

        def advance(bases: int) -> None:
            with lock:
                move_on(bases)

        pending = {path: executor.submit(read_track, track, sizes, advance) for path, track in opened.tracks.items()}
        for path, future in pending.items():
            try:
                found[path] = future.result()
            except (TrackError, OSError) as error:
                problems.append(Problem.of(error))
    return found


def look_at_signal(opened: Opened, values: Mapping[Path, TrackValues]) -> tuple[SignalFindings, ...]:
    """Tell what each signal track holds."""
    return tuple(
        SignalFindings(
            cell_type=sample.cell_line,
            label=sample.label,
            path=sample.signal,
            bases=track.bases,
            bases_read=track.read,
            smallest=track.smallest if track.finite else None,
            largest=track.largest if track.finite else None,
            mean=track.total / track.finite if track.finite else None,
            missing=track.missing,
            zero=track.zero / track.read if track.read else 0.0,
            percentile_99=track.percentile(99),
            at_largest=track.at_largest,
            not_finite=track.not_finite,
            scale=_scale(track),
        )
        for sample in opened.samples
        if (track := values.get(sample.signal)) is not None
    )


def _scale(track: TrackValues) -> str:
    """Word what the values of a signal track look like."""
    if not track.finite:
        return "no data"
    if track.smallest == track.largest == 0:
        return "all 0"
    if track.smallest < 0:
        return "below 0"
    if not is_on_scale(track.percentile(99)):
        return "not normalised"
    # A percentile that was made 1 leaves about a hundredth of the values at it; a maximum a single place.
    return "minmax01, cut" if track.largest == 1 and track.at_largest > 0.001 else "minmax01"


def look_at_binding(opened: Opened, values: Mapping[Path, TrackValues]) -> tuple[BindingFindings, ...]:
    """Tell what each binding track holds, and how much of each set of chromosomes is bound."""
    found = []
    for sample in opened.samples:
        track = values.get(sample.binding)
        if track is None:
            continue
        bins = {name: [0, 0] for name in (*opened.sets, UNUSED)}
        for chrom, count in track.bins.items():
            here = bins[opened.set_of(chrom)]
            here[0] += count
            here[1] += track.bound[chrom]
        found.append(
            BindingFindings(
                cell_type=sample.cell_line,
                label=sample.label,
                path=sample.binding,
                bases=track.bases,
                bases_read=track.read,
                smallest=track.smallest if track.finite else None,
                largest=track.largest if track.finite else None,
                missing=track.missing,
                not_finite=track.not_finite,
                is_binary=track.is_binary,
                bound={name: Bound(*counts) for name, counts in bins.items()},
            )
        )
    return tuple(found)


def look_at_regions(opened: Opened, problems: Problems) -> tuple[RegionFindings, ...]:
    """Turn the peaks of all cell types, those labelled Test too, into regions as a run would; count them."""
    center: Center = "summit" if opened.config.center == "summit" else "midpoint"
    sizes = opened.genome.chrom_sizes
    listed = [*opened.used, *[chrom for chrom in sizes if chrom not in opened.used][:LISTED_CHROMS]]
    found: list[RegionFindings] = []
    for sample in opened.samples:
        counted = count_by_chromosome(
            sample.with_readable_peaks(), listed, sizes, opened.blacklist, problems, center=center
        )
        for counts, unknown in counted:
            found += [_region_findings(sample, *one) for one in zip(listed, counts[:-1], strict=True)]
            if counts[-1].intervals + unknown:
                found.append(_region_findings(sample, None, counts[-1], unknown))
    return tuple(found)


def _region_findings(sample: Sample, chrom: str | None, here: SourceCount, unknown: int = 0) -> RegionFindings:
    return RegionFindings(
        cell_type=sample.cell_line,
        label=sample.label,
        kind=here.kind,
        chromosome=chrom,
        intervals=here.intervals + unknown,
        not_in_genome=unknown,
        beyond_end=here.beyond_end,
        off_end=here.off_end,
        blacklisted=here.blacklisted,
        kept=here.kept,
    )


def look_at_split(opened: Opened, regions: Sequence[RegionFindings]) -> tuple[SplitFindings, ...]:
    """Tell the use of each chromosome in each cell type: those of the split, and any other with a peak."""
    kept = {(one.cell_type, one.chromosome, one.kind): one.kept for one in regions}
    sizes = opened.genome.chrom_sizes
    listed = dict.fromkeys([*opened.used, *(one.chromosome for one in regions if one.chromosome and one.intervals)])
    return tuple(
        SplitFindings(
            cell_type=sample.cell_line,
            label=sample.label,
            chromosome=chrom,
            bases=sizes[chrom],
            use=opened.use_of(sample, chrom),
            atac=kept.get((sample.cell_line, chrom, "ATAC"), 0),
            chip=kept.get((sample.cell_line, chrom, "CHIP"), 0),
        )
        for chrom in sizes
        if chrom in listed
        for sample in opened.samples
    )


def pool_findings(reports: Mapping[str, PoolReport]) -> tuple[PoolFindings, ...]:
    """List what became of the intervals behind each pool of the run."""
    counts = (*COUNTS, "without_summit")
    return tuple(
        PoolFindings(name, source.cell_line, source.kind, source.path, **{key: getattr(source, key) for key in counts})
        for name, report in reports.items()
        for source in report.sources
    )


def judge_files(files: Sequence[FileFindings], genome: GenomeFindings) -> tuple[list[str], list[str]]:
    """Word what is unusual about chromosome names and sizes but no problem: warnings, notes."""
    warnings, notes = [], []
    for file in files:
        if file.other_size:
            warnings.append(f"{file.path}: {first_few(file.other_size, 2)}: another genome build?")
        if file.not_in_genome and file.column in TRACK_COLUMNS:
            notes.append(f"{file.path}: has {first_few(file.not_in_genome)}, which the 2bit lacks")
    if genome.without_signal:
        count = len(genome.without_signal)
        notes.append(
            f"{count} of the 2bit's {genome.sequences} sequences {'is' if count == 1 else 'are'} in no signal track: "
            f"{first_few(genome.without_signal)}"
        )
    return warnings, notes


def judge_equal_files(equal_files: Sequence[EqualFiles], problems: Problems, warnings: list[str]) -> None:
    """Word what files of equal content mean, except those that train and test, which open_inputs reports."""
    for equal in equal_files:
        columns = {use.column for use in equal.uses}
        same = "are one file" if equal.sha256 is None else "have the same content"
        listed = first_few([str(use) for use in equal.uses], 6)
        if set(TRACK_COLUMNS) <= columns:
            told = f"{listed}: {same}"
            hint = "the signal must not be what is to be predicted"
            problems.add("shared file", told, hint=hint, file=equal.uses[0].path)
        elif len({use.label for use in equal.uses}) == 1:
            warnings.append(f"{listed}: {same}")

"""The genome and the tracks of a run: opened, and what kind of signal they hold."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from maxatac._core import Genome, Track
from maxatac.data.bins import BOUND_SUM, is_bound, sum_bins
from maxatac.data.regions import RoiPool
from maxatac.data.samples import Sample
from maxatac.errors import GenomeError, MaxatacError, Problem, Problems, TrackError
from maxatac.files.sniff import check_file, file_fault, phrase, sniff
from maxatac.genome.chroms import compare_chrom_sizes
from maxatac.genome.split import ChromSplit
from maxatac.genome.windows import WINDOW_LENGTH
from maxatac.wording import aligned, first_few

logger = logging.getLogger(__name__)

PROBED_REGIONS = 500
"""Regions per cell type that are read to see what kind of signal its tracks hold."""

_PIECE = 1_000_000


@dataclasses.dataclass(frozen=True)
class TrackProbe:
    """What the tracks of a cell type look like on a part of the training regions.

    Attributes
    ----------
    cell_line : str
    regions : int
        How many regions were read.
    smallest, largest : float
        Range of the ATAC-seq signal; no data counts as 0.
    positive_regions : float
        Share of the regions with at least one positive bin in this cell type.
    positive_bins : float
        Share of positive bins.
    is_binary : bool
        Whether the binding track holds nothing but 0 and 1.
    """

    cell_line: str
    regions: int
    smallest: float
    largest: float
    positive_regions: float
    positive_bins: float
    is_binary: bool


def probe_tracks(cell_line: str, signal: Track, binding: Track, pool: RoiPool) -> TrackProbe:
    """Read both tracks of a cell type on evenly spaced regions of a pool.

    Raises
    ------
    TrackError, OSError
        If a track cannot be read there.
    """
    rows = np.unique(np.linspace(0, len(pool) - 1, min(PROBED_REGIONS, len(pool))).astype(np.int64))
    shape = (len(rows), WINDOW_LENGTH)
    values = {}
    for name, track in (("signal", signal), ("binding", binding)):
        read = np.zeros(shape, np.float32)
        for place, row in enumerate(rows):
            chrom, start = pool.chroms[pool.chrom[row]], int(pool.start[row])
            if chrom in track.chrom_sizes:
                read[place] = np.nan_to_num(track.values(chrom, start, start + WINDOW_LENGTH), nan=0.0)
        values[name] = read
    labels = is_bound(sum_bins(values["binding"]))
    return TrackProbe(
        cell_line=cell_line,
        regions=len(rows),
        smallest=float(values["signal"].min(initial=0.0)),
        largest=float(values["signal"].max(initial=0.0)),
        positive_regions=float(labels.any(axis=1).mean()),
        positive_bins=float(labels.mean()),
        is_binary=bool(np.isin(values["binding"], (0.0, 1.0)).all()),
    )


def format_probes(probes: Sequence[TrackProbe]) -> str:
    """Make a table of what was found, for screen and log."""
    header = ("cell type", "regions read", "ATAC signal", "positive regions", "positive bins", "binding")
    rows = [
        (
            probe.cell_line,
            f"{probe.regions:,}",
            f"{probe.smallest:.3g} to {probe.largest:.3g}",
            f"{probe.positive_regions:.1%}",
            f"{probe.positive_bins:.2%}",
            "binary" if probe.is_binary else "not binary",
        )
        for probe in probes
    ]
    return "\n".join(["training regions, as read from each cell type's tracks", *aligned(header, rows)])


def warn_of_odd_tracks(probes: Sequence[TrackProbe], *, quantitative: bool) -> None:
    """Log what is unusual about the tracks without being wrong."""
    for probe in probes:
        if probe.largest == 0 == probe.smallest:
            logger.warning("%s: the ATAC signal is 0 in all %d regions read", probe.cell_line, probe.regions)
        elif probe.smallest < 0:
            logger.warning("%s: the ATAC signal goes down to %.3g; expected 0 or more", probe.cell_line, probe.smallest)
        if not probe.is_binary and not quantitative:
            logger.warning(
                "%s: the binding track is not binary: a bin counts as bound where its values sum to more than %d",
                probe.cell_line,
                BOUND_SUM,
            )
        if probe.positive_bins == 0 and not quantitative:
            logger.warning("%s: no bin of the %d regions read is bound", probe.cell_line, probe.regions)


def open_genome(path: Path, problems: Problems) -> Genome | None:
    """Open a genome; what is wrong with it goes to ``problems``."""
    if not check_file(path, problems, what="genome sequence"):
        return None
    try:
        genome = Genome(path)
    except (GenomeError, OSError) as error:
        problems.append(_with_sniff(path, error, "2bit"))
        return None
    if not genome.chrom_sizes:
        problems.add("format", "this 2bit file holds no sequence", file=path)
        return None
    return genome


def open_track(path: Path, problems: Problems) -> Track | None:
    """Open a track; what is wrong with it goes to ``problems``."""
    # The reader of the meta file has reported files that are not there at all.
    if file_fault(path) is not None:
        return None
    try:
        return Track(path)
    except (TrackError, OSError) as error:
        problems.append(_with_sniff(path, error, "bigWig"))
        return None


def open_tracks(samples: Iterable[Sample], problems: Problems) -> dict[Path, Track]:
    """Open every track that can be opened; what is wrong with the others goes to ``problems``."""
    paths = dict.fromkeys(path for sample in samples for path in (sample.signal, sample.binding))
    opened = {path: open_track(path, problems) for path in paths}
    return {path: track for path, track in opened.items() if track is not None}


def _with_sniff(path: Path, error: MaxatacError | OSError, expected: str) -> Problem:
    """Word an error, with what the file looks like where that is something else."""
    kind = sniff(path)
    hint = None if kind in (expected, "unknown") else f"found {phrase(kind)}, expected a {expected} file"
    return dataclasses.replace(Problem.of(error, hint=hint), file=path)


def has_data(track: Track, chrom: str) -> bool:
    """Look for the first interval of a chromosome, piece by piece: a track may hold a value per base."""
    size = track.chrom_sizes[chrom]
    for start in range(0, size, _PIECE):
        if len(track.intervals(chrom, start, min(start + _PIECE, size))[0]):
            return True
    return False


def check_tracks(
    tracks: Mapping[Path, Track],
    samples: Sequence[Sample],
    split: ChromSplit,
    sizes: Mapping[str, int],
    sequence: Path,
    problems: Problems,
) -> None:
    """Compare the chromosomes of every track with those of the genome, and find some that hold no binding data.

    Parameters
    ----------
    tracks : mapping of Path to Track
        Those that could be opened.
    samples : sequence of Sample
    split : ChromSplit
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    sequence : Path
        The file that these are from.
    problems : Problems
        Gets what is wrong; what is worth a look is logged.
    """
    fitted = (*split.training, *split.validation)
    # Of training rows the test uses the binding too, as a baseline. Of Test rows it uses the test chromosomes alone;
    # without a test they are not used, but a wrong length is an error all the same.
    chroms_of: dict[Path, dict[str, None]] = {}
    for sample in samples:
        chroms = (*fitted, *split.test) if sample.label == "Train" else split.test or fitted
        for file in (sample.signal, sample.binding):
            chroms_of.setdefault(file, {}).update(dict.fromkeys(chroms))
    wanted = [sample for sample in samples if sample.label == "Train" or split.test]
    read = {file for sample in wanted for file in (sample.signal, sample.binding)}
    labels = {sample.binding for sample in wanted}
    purpose = {sample.binding: "binding" for sample in samples} | {sample.signal: "ATAC" for sample in samples}
    for path, track in tracks.items():
        before = len(problems)
        used = tuple(chroms_of[path])
        missing = compare_chrom_sizes(sizes, sequence, track.chrom_sizes, path, used, problems)
        if len(problems) > before or path not in read:
            continue
        if used and len(missing) == len(used):
            told = f"has none of the chromosomes that the run uses ({first_few(used)})"
            problems.add("chromosome", told, hint=f"it has {first_few(track.chrom_sizes)}", file=path)
            continue
        if path in labels:
            try:
                absent = set(missing)
                missing = [chrom for chrom in used if chrom in absent or not has_data(track, chrom)]
            except (TrackError, OSError) as error:
                problems.append(Problem.of(error))
                continue
        if missing:
            logger.warning("%s: no %s data on %s: taken as 0", path, purpose[path], first_few(missing))

"""Join predictions of disjoint sequences of one genome, made by several jobs, to what one job would have written."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maxatac._core import Track
from maxatac.data.tracks import open_track
from maxatac.errors import InputError, MaxatacError, Problem, Problems, TrackError
from maxatac.files.atomic import replacing
from maxatac.files.checksums import distinct_files
from maxatac.files.sniff import check_file, phrase, sniff_bytes
from maxatac.genome.chroms import in_byte_order
from maxatac.genome.windows import BIN_SIZE
from maxatac.prediction.calibration import PREDICTION, SEEN, compare_with_table, facts_of_track
from maxatac.prediction.chromosome import ChromPredictions
from maxatac.prediction.cutoffs import Cutoff, find_cutoff
from maxatac.prediction.outputs import TrackOutput, write_outputs
from maxatac.prediction.settings import MergeConfig
from maxatac.prediction.sites import describe_sites, warn_of_no_site
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.system.progress import telling
from maxatac.system.signals import deferring_interrupt
from maxatac.wording import counted, first_few

logger = logging.getLogger(__name__)

_PIECE = 1 << 24  # bp that are read at a time, whole bins
_TOLD = 60  # bytes of a line that a problem shows


@dataclasses.dataclass(frozen=True)
class MergeResult:
    """What joining has left: the track, its sites or None, and the record."""

    track: Path
    peaks: Path | None
    record: Path

    def describe(self) -> list[str]:
        """List the files for the screen."""
        return [str(path) for path in (self.track, self.peaks) if path is not None]


@dataclasses.dataclass(frozen=True, eq=False)
class PreparedMerge:
    """Predictions that can be joined."""

    config: MergeConfig
    folder: CommandFolder
    sources: Mapping[str, Track]
    cutoff: Cutoff | None
    peaks: Mapping[str, Sequence[bytes]] | None
    prediction: Mapping[str, Any] | None

    @property
    def written(self) -> TrackOutput:
        """The files of the joined track."""
        has_sites = self.cutoff is not None or self.peaks is not None
        return TrackOutput(self.folder.named(".bw"), self.folder.named("_peaks.bed") if has_sites else None)

    @property
    def outputs(self) -> list[Path]:
        """Every file that is written, without log and record."""
        return self.written.paths()

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Every file that is read, by purpose."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def describe(self) -> list[str]:
        """Say what would be joined."""
        return [
            f"parts     {len(self.config.parts):,}, with {counted(len(self.sources), 'sequence')}",
            *(f"output    {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> MergeResult:
        """Join the tracks, and the sites."""
        run.note("chroms", list(self.sources))
        run.note("cutoff", None if self.cutoff is None else self.cutoff.entry())
        run.note(PREDICTION, self.prediction)
        sizes = {chrom: track.chrom_sizes[chrom] for chrom, track in self.sources.items()}
        written = self.written
        with deferring_interrupt() as check, telling("joining", sum(sizes.values()), "bp") as advance:

            def read(chrom: str) -> ChromPredictions:
                found = read_predictions(self.sources[chrom], chrom)
                if self.cutoff is not None and not np.isnan(found.values).all():
                    self.cutoff.check_scale(float(np.nanmax(found.values)), f"{self.sources[chrom].path}, {chrom}")
                advance(sizes[chrom])
                return found

            if self.peaks is None:
                (joined,) = write_outputs(
                    [written], tuple(sizes), read, sizes,
                    cutoff=self.cutoff, max_zooms=self.config.max_zooms, check=check,
                )  # fmt: skip
                if written.peaks is not None and self.cutoff is not None:
                    logger.info("%s", describe_sites(written.peaks, joined.sites))
                    warn_of_no_site(written.peaks, joined.sites, self.cutoff, joined.highest)
            else:
                assert written.peaks is not None
                with replacing(written.peaks) as partial:
                    partial.write_bytes(b"".join(line for lines in self.peaks.values() for line in lines))
                    write_outputs(
                        [TrackOutput(written.track, None)], tuple(sizes), read, sizes,
                        cutoff=None, max_zooms=self.config.max_zooms, check=check,
                    )  # fmt: skip
        return MergeResult(written.track, written.peaks, self.folder.record)


def merge(config: MergeConfig) -> MergeResult:
    """Join predictions of disjoint sequences of one genome.

    Parameters
    ----------
    config : MergeConfig

    Returns
    -------
    MergeResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, before anything is written.
    MaxatacError
        If a part is damaged, or is no prediction.
    """
    return carry_out(config, prepare_merge)


def prepare_merge(config: MergeConfig) -> PreparedMerge:
    """Open the parts, and check that they can be joined.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    """
    problems = config.problems()
    tracks = _open_parts(config.parts, problems)
    sources = _share_chroms(tracks, problems)
    for chrom, track in sources.items():
        _check_first_bin(track, chrom, problems)
    cutoff = find_cutoff(config, problems)
    peaks = None if not config.part_peaks else _read_sites(config.part_peaks, sources, problems)
    prediction = _prediction_of(config.parts, problems)
    if cutoff is not None:
        compare_with_table(cutoff, prediction or {}, problems, bin_size=BIN_SIZE)
    prepared = PreparedMerge(config, CommandFolder.of(config, "merge"), sources, cutoff, peaks, prediction)
    problems += prepared.folder.problems(prepared.outputs, inputs=prepared.inputs, force=config.force)
    if problems:
        raise InputError(problems)
    return prepared


def read_predictions(track: Track, chrom: str) -> ChromPredictions:
    """Read the scores of a chromosome back from a bigWig.

    Parameters
    ----------
    track : Track
        As ``maxatac predict`` writes it.
    chrom : str

    Returns
    -------
    ChromPredictions
        Of one track.

    Raises
    ------
    TrackError, OSError
        If the file is damaged.
    MaxatacError
        If it holds anything but bins of 32 bp that line up.
    """
    size = track.chrom_sizes[chrom]
    offset, values = 0, np.full((1, size // BIN_SIZE), np.nan, dtype=np.float32)
    is_first = True
    for piece in range(0, size, _PIECE):
        starts, ends, found = track.intervals(chrom, piece, min(piece + _PIECE, size))
        if not len(starts):
            continue
        if is_first:
            offset, is_first = int(starts[0]) % BIN_SIZE, False
            values = values[:, : (size - offset) // BIN_SIZE]
        odd = np.flatnonzero((ends - starts != BIN_SIZE) | (starts % BIN_SIZE != offset))
        if len(odd):
            place = f"{chrom}:{starts[odd[0]]:,}-{ends[odd[0]]:,}"
            raise MaxatacError(f"{track.path}: {place} is no bin of {BIN_SIZE} bp that lines up with the others")
        values[0, (starts - offset) // BIN_SIZE] = found
    return ChromPredictions(chrom, offset, values)


def _open_parts(paths: Sequence[Path], problems: Problems) -> dict[Path, Track]:
    tracks: dict[Path, Track] = {}
    for path in distinct_files("--parts", paths, problems):
        if check_file(path, problems, what="prediction") and (track := open_track(path, problems)) is not None:
            tracks[path] = track
    return tracks


def _share_chroms(tracks: Mapping[Path, Track], problems: Problems) -> dict[str, Track]:
    """Find the part of each sequence, in the byte order of the names; one that two parts have is a problem."""
    owners: dict[str, Path] = {}
    for path, track in tracks.items():
        for chrom, size in track.chrom_sizes.items():
            other = owners.setdefault(chrom, path)
            if other == path:
                continue
            differs = tracks[other].chrom_sizes[chrom]
            lengths = f" with {differs:,} bp, here {size:,}: another genome build?" if differs != size else ""
            problems.add("chromosome", f"{chrom} is also in {other}{lengths}", file=path)
    return {chrom: tracks[owners[chrom]] for chrom in in_byte_order(owners)}


def _check_first_bin(track: Track, chrom: str, problems: Problems) -> None:
    """Check, by the first interval of a sequence, that a part is a prediction."""
    size = track.chrom_sizes[chrom]
    try:
        for piece in range(0, size, _PIECE):
            starts, ends, _ = track.intervals(chrom, piece, min(piece + _PIECE, size))
            if len(starts):
                if ends[0] - starts[0] != BIN_SIZE:
                    found = f"{ends[0] - starts[0]:,} bp at {chrom}:{starts[0]:,}"
                    expected = f"bins of {BIN_SIZE} bp, as maxatac predict writes them"
                    problems.add("format", found, expected=expected, file=track.path)
                return
    except (TrackError, OSError) as error:
        problems.append(Problem.of(error))


def _read_sites(paths: Sequence[Path], sources: Mapping[str, Track], problems: Problems) -> dict[str, Sequence[bytes]]:
    """Read the lines of the sites of all parts by chromosome, in the byte order of names, then by start and end."""
    owners: dict[str, Path] = {}
    rows: dict[str, list[tuple[int, int, bytes]]] = {}
    for path in distinct_files("--part_peaks", paths, problems):
        # A part may have no site.
        if (path.is_file() and not path.stat().st_size) or not check_file(path, problems, what="file of sites"):
            continue
        data = path.read_bytes()
        if (kind := sniff_bytes(data)) != "BED text":
            problems.add("format", phrase(kind), expected="sites as BED text", file=path)
            continue
        for number, line in enumerate(data.splitlines(), 1):
            fields = line.split(b"\t")
            chrom = fields[0].decode("utf-8", "surrogateescape")
            is_site = len(fields) > 2 and fields[1].isdigit() and fields[2].isdigit()
            if not is_site or int(fields[1]) >= int(fields[2]):
                told = f"'{line[:_TOLD].decode('utf-8', 'replace')}'"
                expected = "chromosome, start, end, as maxatac predict writes them"
                problems.add("line", told, expected=expected, file=path, line=number)
            elif chrom not in sources or int(fields[2]) > sources[chrom].chrom_sizes[chrom]:
                told = f"a site at {chrom}:{int(fields[1]):,}-{int(fields[2]):,}"
                problems.add("line", told, expected="a place in one of the parts", file=path, line=number)
            elif owners.setdefault(chrom, path) != path:
                problems.add("chromosome", f"{chrom} is also in {owners[chrom]}", file=path)
            else:
                rows.setdefault(chrom, []).append((int(fields[1]), int(fields[2]), line + b"\n"))
    return {chrom: [line for *_, line in sorted(rows[chrom])] for chrom in in_byte_order(rows)}


def _prediction_of(paths: Sequence[Path], problems: Problems) -> Mapping[str, Any] | None:
    """Find out how the parts were predicted, by their records; parts that differ are a problem."""
    known = {path: how for path in paths if (how := facts_of_track(path))}
    if len(known) < len(paths):
        absent = [path.name for path in paths if path not in known]
        logger.info("no run record beside %s: how it was predicted is not known", first_few(absent))
    if not known:
        return None
    first, how = next(iter(known.items()))
    for path, other in known.items():
        compared = ({**how, **other}).keys() - {SEEN}
        if differing := sorted(name for name in compared if how.get(name) != other.get(name)):
            told = f"was predicted with other {first_few(differing)} than {first}"
            problems.add("value", told, file=path)
    if len(known) < len(paths):
        return None
    seen = {chrom for one in known.values() for chrom in one.get(SEEN, ())}
    return {**how, SEEN: in_byte_order(seen)}

"""What a prediction leaves: a bigWig for each signal track, and its sites. Names, size, and writing all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maxatac._core import BigWigWriter
from maxatac.files.atomic import replacing
from maxatac.genome.windows import BIN_SIZE
from maxatac.prediction.sites import Sites, call_sites, fill_sites
from maxatac.runs.command import CommandFolder

if TYPE_CHECKING:
    from maxatac.prediction.chromosome import ChromPredictions
    from maxatac.prediction.cutoffs import Cutoff

_AT_ONCE = 4
"""bigWig files written at the same time; each takes memory for its index and zoom levels."""


@dataclass(frozen=True)
class TrackOutput:
    """The files of one signal track; ``peaks`` is None where no sites are called."""

    track: Path
    peaks: Path | None

    def paths(self) -> list[Path]:
        """List the files."""
        return [self.track, *([] if self.peaks is None else [self.peaks])]


@dataclass
class Written:
    """What the files of a signal track hold.

    Attributes
    ----------
    sites : dict of str to Sites
        By chromosome; empty where none are called.
    highest : float or None
        The highest score; None if there is no score.
    """

    sites: dict[str, Sites] = field(default_factory=dict)
    highest: float | None = None

    @property
    def number(self) -> int:
        """Count the sites."""
        return sum(map(len, self.sites.values()))

    def add(self, found: ChromPredictions, row: int, cutoff: Cutoff | None) -> None:
        """Take in a row of the predictions of a chromosome, and call its sites if there is a cutoff."""
        values = found.values[row]
        scored = np.flatnonzero(~np.isnan(values))
        values = values[scored]
        if not len(values):
            return
        self.highest = max(float(values.max()), -np.inf if self.highest is None else self.highest)
        if cutoff is not None:
            starts = found.offset + BIN_SIZE * scored
            self.sites[found.chrom] = call_sites(starts, starts + BIN_SIZE, values, cutoff.score)


def name_outputs(folder: CommandFolder, signals: Sequence[Path], *, peaks: bool) -> tuple[TrackOutput, ...]:
    """Name the files of each signal track: by the prefix alone, or with the track's own name if there are several."""
    stems = [""] if len(signals) == 1 else [f"_{name}" for name in distinct([path.stem for path in signals])]
    return tuple(
        TrackOutput(folder.named(f"{stem}.bw"), folder.named(f"{stem}_peaks.bed") if peaks else None) for stem in stems
    )


def distinct(names: Sequence[str]) -> list[str]:
    """Put numbers behind names that repeat, in upper or lower case: ``a`` and ``a_2``."""
    found: list[str] = []
    taken: set[str] = set()
    for plain in names:
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        found.append(name)
    return found


def write_outputs(
    outputs: Sequence[TrackOutput],
    chroms: Sequence[str],
    read: Callable[[str], ChromPredictions],
    sizes: Mapping[str, int],
    *,
    cutoff: Cutoff | None,
    max_zooms: int,
    check: Callable[[], None] = lambda: None,
) -> list[Written]:
    """Write the tracks and sites of a prediction: all of them, or none.

    Parameters
    ----------
    outputs : sequence of TrackOutput
    chroms : sequence of str
        Chromosomes with predictions, in the byte order of their names; they make the header.
    read : callable
        Gives the predictions of a chromosome, with a row for each output.
    sizes : mapping of str to int
        Lengths in bp.
    cutoff : Cutoff or None
        Needed where an output has sites.
    max_zooms : int
        Zoom levels of a bigWig, at most.
    check : callable
        Called after each chromosome; what it raises ends the writing.

    Returns
    -------
    list of Written
        What each output holds.

    Raises
    ------
    OSError
        If a file cannot be written, such as on a full disk: none of them has its name then.
    """
    header = {chrom: sizes[chrom] for chrom in chroms}
    written = [Written() for _ in outputs]
    with contextlib.ExitStack() as stack:
        for first in range(0, len(outputs), _AT_ONCE):
            group = range(first, min(first + _AT_ONCE, len(outputs)))
            partial = {row: stack.enter_context(replacing(outputs[row].track)) for row in group}
            writers = {row: BigWigWriter(partial[row], header, max_zooms=max_zooms) for row in group}
            for chrom in chroms:
                found = read(chrom)
                for row in group:
                    writers[row].write_bins(chrom, found.offset, BIN_SIZE, found.values[row])
                    written[row].add(found, row, cutoff if outputs[row].peaks is not None else None)
                check()
            for row in group:
                writers[row].close()
                if (peaks := outputs[row].peaks) is not None:
                    fill_sites(stack.enter_context(replacing(peaks)), written[row].sites)
    return written

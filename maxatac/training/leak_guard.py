"""The check, before training, that no batch can hold anything that is held out.

A batch is a function of its plan, and a plan is made of a pool of regions, a list of chromosomes and a list of tracks.
The guard checks all of these: that each belongs to its set, and that the sets share no chromosome. It also checks
windows that the samplers plan: all of the first and the last epoch where these are at most ``MAX_WINDOWS``, and a
sample of their batches otherwise. Windows lie within their chromosome, so those of different sets cannot overlap. On a
chromosome that training and validation share, windows are compared with each other.

The code that makes pools and samplers is not used here, so that a fault there is found.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maxatac.data.shared_files import describe
from maxatac.errors import MaxatacError
from maxatac.files.checksums import is_same_file
from maxatac.genome.blacklist import Blacklist
from maxatac.genome.intervals import rows_by_code
from maxatac.genome.windows import WINDOW_LENGTH, fits
from maxatac.wording import first_few

if TYPE_CHECKING:
    from maxatac._core import Sampler, WindowReader
    from maxatac.data.genome_like import GenomeBatches
    from maxatac.data.regions import RoiPool
    from maxatac.genome.split import ChromSplit
    from maxatac.training.inputs import Inputs

MAX_WINDOWS = 200_000
"""Most windows of each stream that are planned for the check; a few tenths of a second."""


@dataclasses.dataclass(frozen=True)
class Stream:
    """Batches that a run will read.

    Attributes
    ----------
    pool : str
        Name of the pool that they are drawn from, and of its set of chromosomes.
    sampler : Sampler
        With the rows that this process reads, where several share a batch: each checks its own.
    epochs, batches : int
        How many epochs of how many batches each there will be.
    """

    pool: str
    sampler: Sampler
    epochs: int
    batches: int

    def checked_batches(self) -> list[tuple[int, int]]:
        """Choose batches as (epoch, index): all of the first and the last epoch, or evenly spaced ones."""
        most = max(1, MAX_WINDOWS // self.sampler.batch_size)
        epochs = sorted({0, self.epochs - 1})
        count = max(1, min(self.batches, most // len(epochs)))
        indices = np.unique(np.linspace(0, self.batches - 1, count).astype(np.int64)).tolist()
        return [(epoch, index) for epoch in epochs for index in indices]


def chrom_sets(split: ChromSplit) -> dict[str, tuple[str, ...]]:
    """List the chromosomes of each set of a split (``training``, ``validation``, ...), by its name."""
    names = [field.name for field in dataclasses.fields(split) if field.name not in ("chroms", "notes", "shared")]
    return {name: tuple(getattr(split, name)) for name in names}


def check_leaks(
    inputs: Inputs, streams: Mapping[str, Stream], genome_like: GenomeBatches | None = None
) -> dict[str, Any]:
    """Check that no batch holds an example of a held-out cell type, or of another set's chromosome.

    Chromosomes, tracks, pools and genome-like windows are all checked. Of the windows that samplers plan, those of the
    first and of the last epoch are, or evenly spaced batches of these where they are more than ``MAX_WINDOWS``.

    Parameters
    ----------
    inputs : Inputs
        Those of the samplers.
    streams : mapping of str to Stream
        All batches of the samplers, by the name of the stream.
    genome_like : GenomeBatches, optional
        The genome-like validation set, which is read without a sampler; all of its windows are checked.

    Returns
    -------
    dict
        What was checked, for the run record: plain values.

    Raises
    ------
    MaxatacError
        If something could leak. That is a fault of this program, since inputs that share files are refused before.
    """
    sets = chrom_sets(inputs.split)
    divided = frozenset(inputs.split.shared)
    distinct = {**sets, "validation": tuple(chrom for chrom in sets["validation"] if chrom not in divided)}
    found = [*_shared_chroms(distinct), *_foreign_tracks(inputs)]
    if divided:
        found += _overlaps(inputs, streams, genome_like)
    for name, pool in inputs.pools.items():
        found += _stray_regions(name, pool, inputs, sets)
    looked_at = {}
    for name, stream in streams.items():
        chosen = stream.checked_batches()
        found += _stray_windows(name, stream, chosen, inputs, sets)
        first, last = stream.sampler.rows
        windows = len(chosen) * (last - first)
        looked_at[name] = {"pool": stream.pool, "batches": len(chosen), "windows": windows}
    if genome_like is not None:
        found += _stray_genome_windows(genome_like, inputs, sets)
        looked_at["genome_like"] = {
            "pool": "validation",
            "batches": len(genome_like),
            "windows": len(genome_like.windows),
        }
    if found:
        raise MaxatacError(
            "leak guard: " + "; ".join(dict.fromkeys(found)) + ". This is a fault of maxatac, not of the inputs: "
            "nothing was trained"
        )
    return {
        "held_out_cell_types": [sample.cell_line for sample in inputs.samples if sample.label == "Test"],
        "chromosomes": {name: list(chroms) for name, chroms in sets.items()},
        "regions": {name: len(pool) for name, pool in inputs.pools.items()},
        "streams": looked_at,
        "allowed_shared_files": [describe(equal) for equal in inputs.shared],
    }


def _shared_chroms(sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for (one, mine), (other, theirs) in itertools.combinations(sets.items(), 2):
        others = frozenset(theirs)
        if both := [chrom for chrom in mine if chrom in others]:
            yield f"{first_few(both)} in both the {one} and the {other} chromosomes"


def _overlaps(inputs: Inputs, streams: Mapping[str, Stream], genome_like: GenomeBatches | None) -> Iterable[str]:
    """Find windows of training that share a base with windows of validation, in the pools and in what is planned."""
    starts: dict[tuple[str, str], list[Any]] = {}
    for name, pool in inputs.pools.items():
        for chrom, windows in pool.windows_by_chrom().items():
            starts.setdefault((name, chrom), []).append(windows)
    for stream in streams.values():
        chroms = inputs.pools[stream.pool].chroms
        for plan in itertools.starmap(stream.sampler.plan, stream.checked_batches()):
            for code, rows in rows_by_code(plan["chrom"]):
                starts.setdefault((stream.pool, chroms[code]), []).append(plan["start"][rows])
    if genome_like is not None:
        for code, rows in rows_by_code(genome_like.windows.chrom):
            chrom = genome_like.windows.chroms[code]
            starts.setdefault(("validation", chrom), []).append(genome_like.windows.start[rows])
    joined = {place: np.concatenate(parts) for place, parts in starts.items()}
    validation = Blacklist(
        {chrom: (first, first + WINDOW_LENGTH) for (name, chrom), first in joined.items() if name == "validation"}
    )
    for (name, chrom), first in joined.items():
        if name == "training" and validation.overlaps(chrom, first, first + WINDOW_LENGTH).any():
            yield f"windows of training and of validation overlap on {chrom}"


def _foreign_tracks(inputs: Inputs) -> Iterable[str]:
    """Compare the opened tracks with the rows of the meta file, by path and by file."""
    allowed = {use.path for equal in inputs.shared for use in equal.uses}
    held_out = {
        path: sample.cell_line
        for sample in inputs.samples
        if sample.label == "Test"
        for path in (sample.signal, sample.binding)
        if path not in allowed
    }
    if any(sample.label != "Train" for sample in inputs.training):
        yield "a cell type labelled Test is among those that train"
    for what, tracks in (("signal", inputs.signal), ("binding", inputs.binding)):
        expected = [getattr(sample, what) for sample in inputs.training]
        opened = [Path(track.path) for track in tracks]
        if opened != expected:
            yield f"the {what} tracks opened are not those of the training cell types"
        for path in opened:
            for other, cell_line in held_out.items():
                if path == other or is_same_file(path, other):
                    yield f"the {what} track {path} is one of {cell_line}, which is labelled Test"


def _stray_regions(name: str, pool: RoiPool, inputs: Inputs, sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    own = frozenset(sets[name])
    if foreign := [chrom for chrom in pool.chroms if chrom not in own]:
        yield f"the {name} pool draws from {first_few(foreign)}, which is no {name} chromosome"
    if pool.cell_lines != tuple(sample.cell_line for sample in inputs.training):
        yield f"the {name} pool has other cell types than those that train"
    if not len(pool):
        return
    if pool.chrom.min() < 0 or pool.chrom.max() >= len(pool.chroms):
        yield f"the {name} pool has a region on no chromosome"
    elif not fits(pool.start, _sizes(pool.chroms, inputs)[pool.chrom]).all():
        yield f"the {name} pool has a region that leaves its chromosome"
    if pool.cell.min() < -1 or pool.cell.max() >= len(pool.cell_lines):
        yield f"the {name} pool has a region of no cell type"


def _stray_windows(
    name: str,
    stream: Stream,
    chosen: Iterable[tuple[int, int]],
    inputs: Inputs,
    sets: Mapping[str, Sequence[str]],
) -> Iterable[str]:
    pool = inputs.pools[stream.pool]
    in_set = frozenset(sets[stream.pool])
    own = np.array([chrom in in_set for chrom in pool.chroms], dtype=np.bool_)
    sizes = _sizes(pool.chroms, inputs)
    if _reads_others(stream.sampler.reader, inputs):
        yield f"the {name} stream reads other tracks than those of the training cell types"
    for epoch, index in chosen:
        plan = stream.sampler.plan(epoch, index)
        here = f"batch {index} of epoch {epoch} of the {name} stream"
        first, last = stream.sampler.rows
        if len(plan["start"]) != last - first:
            yield f"{here} has {len(plan['start'])} windows in its rows {first} to {last}"
        if plan["chrom"].min() < 0 or plan["chrom"].max() >= len(own):
            yield f"{here} has a window on no chromosome"
            continue
        if not own[plan["chrom"]].all():
            stray = pool.chroms[int(plan["chrom"][~own[plan["chrom"]]][0])]
            yield f"{here} has a window on {stray}, which is no {stream.pool} chromosome"
        if not fits(plan["start"], sizes[plan["chrom"]]).all():
            yield f"{here} has a window that leaves its chromosome"
        if plan["track"].min() < 0 or plan["track"].max() >= len(inputs.training):
            yield f"{here} has a window of no training cell type"
        drawn = plan["roi"] >= 0
        if plan["roi"].max() >= len(pool) or (pool.chrom[plan["roi"][drawn]] != plan["chrom"][drawn]).any():
            yield f"{here} has a window that is none of the {stream.pool} regions"


def _stray_genome_windows(batches: GenomeBatches, inputs: Inputs, sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    windows = batches.windows
    own = frozenset(sets["validation"])
    if foreign := [chrom for chrom in windows.chroms if chrom not in own]:
        yield f"the genome-like set lies on {first_few(foreign)}, which is no validation chromosome"
    if _reads_others(batches.reader, inputs):
        yield "the genome-like set reads other tracks than those of the training cell types"
    if not len(windows):
        return
    if windows.chrom.min() < 0 or windows.chrom.max() >= len(windows.chroms):
        yield "the genome-like set has a window on no chromosome"
    elif not fits(windows.start, _sizes(windows.chroms, inputs)[windows.chrom]).all():
        yield "the genome-like set has a window that leaves its chromosome"
    if windows.cell.min() < 0 or windows.cell.max() >= len(inputs.training):
        yield "the genome-like set has a window of no training cell type"


def _reads_others(reader: WindowReader, inputs: Inputs) -> bool:
    """Whether a reader has other tracks than those that were opened, which are checked by themselves."""
    read, opened = (reader.signal, reader.binding), (inputs.signal, inputs.binding)
    return any([*map(id, mine)] != [*map(id, known)] for mine, known in zip(read, opened, strict=True))


def _sizes(chroms: Sequence[str], inputs: Inputs) -> np.ndarray[Any, np.dtype[np.int64]]:
    known = inputs.genome.chrom_sizes
    return np.array([known[chrom] for chrom in chroms], dtype=np.int64)

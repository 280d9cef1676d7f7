"""A small genome with three cell types, whose files are of every kind that the loader meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
from numpy.typing import NDArray
from oracles import WINDOW, Files
from writers import BedGraph, FixedStep, Section, VariableStep, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowReader

# The last is shorter than a window, chrX is missing from some tracks.
SIZES = {"chr1": 40_000, "chr2": 25_003, "chrX": 6_000, "chrUn": 700}
CHROMS = ("chr2", "chr1", "chrX")
N_RUNS = {"chr1": [(0, 1500), (20_000, 20_600), (20_700, 21_300), (39_000, 40_000)], "chr2": [(7_000, 7_400)]}
BLACKLIST = {"chr1": [(5_000, 5_200), (30_000, 32_000)], "chrX": [(0, 100), (3_000, 3_001)]}


@dataclass(frozen=True)
class DataSet:
    """Where the files are, and a pool of regions over ``CHROMS``."""

    genome: Path
    signal: list[Path]
    binding: list[Path]
    blacklist: dict[str, NDArray[np.int64]]
    roi_chrom: NDArray[np.int32]
    roi_start: NDArray[np.int64]
    roi_track: NDArray[np.int32]
    files: Files

    def sampler(self, **changes: Any) -> Sampler:
        """A sampler with some arguments other than usual."""
        arguments: dict[str, Any] = {
            "chroms": CHROMS,
            "roi_chrom": self.roi_chrom,
            "roi_start": self.roi_start,
            "roi_track": self.roi_track,
            "batch_size": 32,
            "seed": 11,
            "blacklist": self.blacklist,
        }
        names = {"genome", "signal", "binding", "threads", "memory"} & set(changes)
        reader = self.reader(**{name: changes.pop(name) for name in names})
        return Sampler(reader, **{**arguments, **changes})

    def reader(
        self,
        genome: Path | None = None,
        signal: Sequence[Path] | None = None,
        binding: Sequence[Path] | None = None,
        **changes: Any,
    ) -> WindowReader:
        """A reader of all files, or of others in their place."""
        tracks = (self.signal if signal is None else signal, self.binding if binding is None else binding)
        opened = [[Track(path) for path in paths] for paths in tracks]
        return WindowReader(Genome(genome or self.genome), *opened, **changes)


def inputs_at(
    reader: WindowReader, chrom: str, starts: NDArray[np.int64], *, cell: int = 0, reverse: bool = False
) -> NDArray[np.float32]:
    """Read windows of one chromosome, cell type and strand."""
    rows = len(starts)
    numbers = np.repeat(reader.chrom_numbers([chrom]), rows)
    return reader.inputs(np.full(rows, cell, np.int32), numbers, starts, np.full(rows, reverse))


def _sequences(rng: np.random.Generator) -> dict[str, str]:
    sequences = {}
    for name, size in SIZES.items():
        letters = rng.choice(np.frombuffer(b"ACGTacgt", np.uint8), size)
        for start, end in N_RUNS.get(name, []):
            letters[start:end] = ord("N")
        sequences[name] = letters.tobytes().decode()
    return sequences


def _random_items(rng: np.random.Generator, size: int, longest: int, gap: int) -> list[tuple[int, int, float]]:
    """Intervals with gaps between them; some values are 0, which is not the same as no data."""
    edges = np.cumsum(np.stack([rng.integers(0, gap, size), rng.integers(1, longest, size)], axis=1).ravel())
    starts, ends = edges.reshape(-1, 2)[edges[1::2] <= size].T
    values = np.where(rng.random(len(starts)) < 0.2, 0, rng.random(len(starts), np.float32))
    return list(zip(starts.tolist(), ends.tolist(), values.tolist(), strict=True))


def _bedgraph(path: Path, rng: np.random.Generator, longest: int, gap: int, values: Sequence[float] = ()) -> Path:
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader(list(SIZES.items()))
        for name, size in SIZES.items():
            items = _random_items(rng, size, longest, gap)
            starts, ends, signal = (list(column) for column in zip(*items, strict=True))
            if values:
                signal = rng.choice(values, len(starts)).tolist()
            track.addEntries([name] * len(starts), starts, ends=ends, values=signal)
    return path


def _dense(path: Path, rng: np.random.Generator) -> Path:
    """Every base of chr1 and chr2 has a value; the file does not know of chrX."""
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([("chr1", SIZES["chr1"]), ("chr2", SIZES["chr2"])])
        for name in ("chr1", "chr2"):
            values = rng.random(SIZES[name], np.float32).astype(float).tolist()
            track.addEntries(name, 0, values=values, span=1, step=1)
    return path


def _mixed(path: Path, rng: np.random.Generator, **form: Any) -> Path:
    """Sections of all kinds in turn, with NaN among the values.

    One section to a block: the other readers take no more out of one.
    """
    blocks: list[list[Section]] = []
    for name in sorted(SIZES):
        for start in range(0, SIZES[name] - 500, 500):
            values = rng.random(60, np.float32).tolist()
            values[7] = float("nan")
            bedgraph = [(start + 7 * place, start + 7 * place + 5, value) for place, value in enumerate(values[:20])]
            variable = [(start + 150 + 6 * place, value) for place, value in enumerate(values[:20])]
            fixed = FixedStep(start + 300, 3, 2, values)
            blocks += [[(name, BedGraph(bedgraph))], [(name, VariableStep(4, variable))], [(name, fixed)]]
    return write_bigwig(path, SIZES, blocks, **form)


def make_data_set(folder: Path) -> DataSet:
    """Write all files; the same in every run."""
    rng = np.random.default_rng(20)
    genome = write_twobit(folder / "genome.2bit", _sequences(rng))
    signal = [
        _bedgraph(folder / "sparse.bw", rng, 60, 90),
        _dense(folder / "dense.bw", rng),
        _mixed(folder / "mixed.bw", rng, compressed=False, children=4),
    ]
    binding = [
        _bedgraph(folder / "peaks.bw", rng, 120, 200, values=[1.0]),
        _dense(folder / "random.bw", rng),
        _mixed(folder / "nan.bw", rng, version=3, endian="<", children=3),
    ]
    blacklist = {name: np.array(intervals, np.int64) for name, intervals in BLACKLIST.items()}

    # Windows clear of the blacklist, those at both ends of each chromosome among them.
    chrom, start = [], []
    for number, name in enumerate(CHROMS):
        last = SIZES[name] - WINDOW
        for place in (0, last, *rng.integers(0, last, 30).tolist()):
            if all(place >= end or place + WINDOW <= begin for begin, end in BLACKLIST.get(name, [])):
                chrom.append(number)
                start.append(place)
    rows = len(start)
    return DataSet(
        genome=genome,
        signal=signal,
        binding=binding,
        blacklist=blacklist,
        roi_chrom=np.array(chrom, np.int32),
        roi_start=np.array(start, np.int64),
        roi_track=rng.integers(-1, 3, rows).astype(np.int32),
        files=Files(genome, signal, binding),
    )

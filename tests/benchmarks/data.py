"""The data of the benchmarks: sets of ``maxatac simulate``, made once and kept in a folder.

All cell types of a set are trained on, so that three of them give three pairs of tracks. The pool is that of a training
run on all chromosomes: every ATAC-seq and ChIP-seq peak that keeps clear of the blacklist.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from maxatac import Sampler

BATCH_SIZE = 1000
CELL_TYPES = 3
KINDS = ("sparse", "dense")
SEED = 1


@dataclass(frozen=True)
class BenchSet:
    """A simulated set and its pool of regions.

    Attributes
    ----------
    folder : Path
        Where it lies.
    kind : str
        ``sparse``: zeros left out of the tracks; ``dense``: every base is written.
    size : int
        Bases of the genome.
    chroms : tuple of str
        All chromosomes.
    cells : tuple of str
        Cell types; the tracks are in this order.
    signal, binding : tuple of Path
        ATAC-seq and ChIP-seq bigWig of each cell type.
    roi_chrom, roi_track : shape (regions,), int32
        Index into ``chroms`` and ``cells``.
    roi_start : shape (regions,), int64
        First base of the window.
    """

    folder: Path
    kind: str
    size: int
    chroms: tuple[str, ...]
    cells: tuple[str, ...]
    signal: tuple[Path, ...]
    binding: tuple[Path, ...]
    roi_chrom: NDArray[np.int32]
    roi_start: NDArray[np.int64]
    roi_track: NDArray[np.int32]

    @property
    def sequence(self) -> Path:
        """The genome."""
        return self.folder / "genome.2bit"

    @property
    def meta_file(self) -> Path:
        """The meta file."""
        return self.folder / "meta.tsv"

    def sampler(self, **changes: Any) -> Sampler:
        """Open all files and make a sampler; ``changes`` are arguments of it, or ``signal`` and ``binding`` paths.

        By default an example is what a pool says: the window as it is, forward, in a cell type drawn at random.
        """
        from maxatac import Genome, Sampler, Track, WindowReader

        paths: list[Sequence[Path]] = [changes.pop("signal", self.signal), changes.pop("binding", self.binding)]
        signal, binding = ([Track(path) for path in some] for some in paths)
        arguments: dict[str, Any] = {
            "chroms": list(self.chroms),
            "roi_chrom": self.roi_chrom,
            "roi_start": self.roi_start,
            "roi_track": self.roi_track,
            "batch_size": BATCH_SIZE,
            "seed": SEED,
        }
        limits = {name: changes.pop(name) for name in ("threads", "memory") if name in changes}
        reader = WindowReader(Genome(self.sequence), signal, binding, **limits)
        return Sampler(reader, **{**arguments, **changes})

    def describe(self) -> dict[str, Any]:
        """What a table says about it."""
        return {
            "size": self.size,
            "cell_types": len(self.cells),
            "pool": len(self.roi_start),
            "track_bytes": sum(path.stat().st_size for path in (*self.signal, *self.binding)),
        }


def make_set(folder: Path, kind: str, size: int) -> BenchSet:
    """Simulate a set of ``size`` bases, or open the one that an earlier call has made."""
    from maxatac.simulation.config import SimulateConfig
    from maxatac.simulation.workflow import simulate

    place = folder / f"{kind}_{size / 1e6:g}M"
    config = SimulateConfig(place, size=size, dense=kind == "dense", cell_types=CELL_TYPES, seed=SEED, force=True)
    wanted = json.dumps({name: value for name, value in asdict(config).items() if name != "output"}, sort_keys=True)
    finished = place / "pool.npz"
    if not finished.exists() or str(np.load(finished)["config"]) != wanted:
        simulate(config)
        columns: dict[str, Any] = {"config": np.array(wanted), **_pool(place)}
        np.savez(finished, **columns)
    return open_set(place)


def open_set(folder: Path) -> BenchSet:
    """Open a set that :func:`make_set` has made; neither peaks nor meta file are read again."""
    with np.load(folder / "pool.npz") as pool:
        config = json.loads(str(pool["config"]))
        cells = tuple(pool["cells"].tolist())
        return BenchSet(
            folder=folder,
            kind="dense" if config["dense"] else "sparse",
            size=config["size"],
            chroms=tuple(pool["chroms"].tolist()),
            cells=cells,
            signal=tuple(folder / f"{cell}_atac.bw" for cell in cells),
            binding=tuple(folder / f"{config['tf']}_{cell}_binding.bw" for cell in cells),
            roi_chrom=pool["roi_chrom"],
            roi_start=pool["roi_start"],
            roi_track=pool["roi_track"],
        )


def _pool(folder: Path) -> dict[str, NDArray[Any]]:
    """Build the pool of all chromosomes and all cell types."""
    from maxatac import Genome
    from maxatac.data.meta_file import read_meta
    from maxatac.data.regions import build_pools
    from maxatac.errors import Problems
    from maxatac.genome.blacklist import read_blacklist

    problems = Problems()
    samples = read_meta(folder / "meta.tsv", problems, test_cell_types=())
    sizes = Genome(folder / "genome.2bit").chrom_sizes
    blacklist = read_blacklist(folder / "blacklist.bed", problems)
    pool, _ = build_pools(samples, {"training": list(sizes)}, sizes, blacklist, problems)["training"]
    if problems:
        raise ValueError("\n".join(problems))
    return {
        "chroms": np.array(pool.chroms),
        "cells": np.array(pool.cell_lines),
        "roi_chrom": pool.chrom,
        "roi_start": pool.start,
        "roi_track": pool.cell,
    }

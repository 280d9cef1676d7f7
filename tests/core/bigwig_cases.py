"""Tracks that writers of bigWig files have stumbled over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac._core import BigWigWriter

Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True)
class Case:
    """Chromosomes, and the intervals of those that have any."""

    sizes: dict[str, int]
    data: dict[str, Columns]
    max_zooms: int = 10

    def write(self, path: Path) -> Path:
        writer = BigWigWriter(path, self.sizes, max_zooms=self.max_zooms)
        for chrom in sorted(self.data):
            writer.write(chrom, *self.data[chrom])
        writer.close()
        return path


def columns(*items: tuple[int, int, float]) -> Columns:
    starts, ends, values = zip(*items, strict=True)
    return np.array(starts, np.int64), np.array(ends, np.int64), np.array(values, np.float32)


def bins(start: int, span: int, values: NDArray[np.float32], step: int = 0) -> Columns:
    starts = start + np.arange(len(values), dtype=np.int64) * (step or span)
    return starts, starts + span, values


def noise(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).random(count, dtype=np.float32)


CONTIGS = {f"contig{number}": 1100 for number in range(70_000)}
CASES = {
    "a chromosome of 30 kb": Case({"chr1": 30_000}, {"chr1": bins(0, 32, noise(937))}),
    "a 3-kb genome": Case({"chr1": 3000}, {"chr1": bins(0, 1, noise(3000))}),
    "a genome of 100 bp": Case({"chr1": 100}, {"chr1": columns((3, 9, 0.5))}),
    "one bin on 100 Mb": Case({"chr1": 100_000_000}, {"chr1": columns((50_000_000, 50_000_032, 1.0))}),
    "one base on 249 Mb": Case({"chr1": 249_000_000}, {"chr1": columns((248_999_999, 249_000_000, 2.5))}),
    "one run of 249 Mb": Case({"chr1": 249_000_000}, {"chr1": columns((0, 249_000_000, 0.1))}),
    "10 bases 1 Mb apart": Case({"chr1": 10_000_000}, {"chr1": bins(7, 1, noise(10), 1_000_000)}),
    "70,000 contigs": Case(CONTIGS, {chrom: bins(0, 32, noise(34)) for chrom in list(CONTIGS)[::50]}),
    "70,000 contigs with a base each": Case(CONTIGS, {chrom: columns((5, 6, 1.5)) for chrom in CONTIGS}),
    "2 M runs of one base": Case({"chr1": 5_000_000}, {"chr1": bins(9, 1, noise(2_000_000), 2)}),
    "2 M runs of one base side by side": Case({"chr1": 2_000_000}, {"chr1": bins(0, 1, noise(2_000_000))}),
    "no zoom levels": Case({"chr1": 1_000_000}, {"chr1": bins(0, 32, noise(31_250))}, max_zooms=0),
    "one zoom level": Case({"chr1": 1_000_000}, {"chr1": bins(0, 32, noise(31_250))}, max_zooms=1),
    "a sequence of 3.2 Gb": Case(
        {"chr1": 3_200_000_000}, {"chr1": columns((17, 18, 1.0), (3_000_000_000, 3_000_000_100, 3.0))}
    ),
    "the longest sequence": Case({"chr1": 2**32 - 1}, {"chr1": columns((2**32 - 101, 2**32 - 1, 3.0))}),
    "tiny values, equal neighbours": Case(
        {"chr1": 100}, {"chr1": columns((0, 1, 1e-10), (1, 2, 1e-10), (2, 3, 1.0000001e-10), (98, 100, -2.0))}
    ),
    "names out of order, lengths that differ, none in between": Case(
        {"chr2": 5000, "chr10": 4000, "chr1": 3000, "M": 17, "ä": 40},
        {
            "chr1": bins(0, 32, noise(93)),
            "chr10": columns((0, 10, 1.0), (20, 25, 2.0)),
            "chr2": bins(1, 3, noise(5), 9),
            "ä": columns((39, 40, 4.0)),
        },
    ),
}  # fmt: skip

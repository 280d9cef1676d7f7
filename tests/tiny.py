"""A data set small enough to train on in a test: three chromosomes, three cell types, the third labelled Test."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig

from maxatac.files.twobit import TwoBitWriter
from maxatac.training.settings import TrainConfig

SIZES = {"chr1": 160_000, "chr2": 100_000, "chr3": 80_000}
TRAINING, VALIDATION = ("chr1", "chr2"), ("chr3",)
SPLIT: dict[str, Any] = {"tchroms": ("chr2",), "vchroms": ("chr3",), "test_chroms": ("chr1",)}
CELLS = ("CellA", "CellB", "CellC")
COLUMNS = ("Cell_Line", "TF", "ATAC_Signal_File", "Binding_File", "ATAC_Peaks", "CHIP_Peaks", "Train_Test_Label")
BLACK = ("chr1", 90_000, 100_000)

Interval = tuple[str, int, int, float]


@dataclasses.dataclass(frozen=True)
class TinySet:
    """Where the files are. ``copy`` it before damaging one."""

    folder: Path

    @property
    def sequence(self) -> Path:
        return self.folder / "genome.2bit"

    @property
    def meta_file(self) -> Path:
        return self.folder / "meta.tsv"

    @property
    def blacklist(self) -> Path:
        return self.folder / "blacklist.bed"

    @property
    def chrom_sizes(self) -> Path:
        return self.folder / "genome.chrom.sizes"

    def file(self, cell: str, what: str) -> Path:
        """One of ``signal.bw``, ``binding.bw``, ``atac.narrowPeak``, ``chip.narrowPeak``."""
        return self.folder / f"{cell}_{what}"

    def copy(self, folder: Path) -> TinySet:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return TinySet(folder)

    def settings(self, output: Path, **changes: Any) -> dict[str, Any]:
        return {
            "sequence": self.sequence, "meta_file": self.meta_file, "output": output, "blacklist": self.blacklist,
            "tchroms": TRAINING, "vchroms": VALIDATION, "epochs": 1, "batches": 2, "batch_size": 8,
            "val_batch_size": 8, "seed": 7, "threads": 1, "plot": False, **changes,
        }  # fmt: skip

    def config(self, output: Path, **changes: Any) -> TrainConfig:
        return TrainConfig(**self.settings(output, **changes))

    def arguments(self, output: Path, *more: str, **changes: Any) -> list[str]:
        """A command line; what is ``None`` in ``changes`` is left out."""
        words = ["train"]
        for name, value in self.settings(output, **changes).items():
            if isinstance(value, bool):
                words.append(f"--{name}" if value else f"--no-{name}")
            elif isinstance(value, tuple):
                words += [f"--{name}", *map(str, value)]
            elif value is not None:
                words += [f"--{name}", str(value)]
        return [*words, *more]

    def rows(self) -> list[dict[str, str]]:
        return [
            {
                "Cell_Line": cell,
                "TF": "TF1",
                "ATAC_Signal_File": f"{cell}_signal.bw",
                "Binding_File": f"{cell}_binding.bw",
                "ATAC_Peaks": f"{cell}_atac.narrowPeak",
                "CHIP_Peaks": f"{cell}_chip.narrowPeak",
                "Train_Test_Label": "Test" if cell == CELLS[-1] else "Train",
            }
            for cell in CELLS
        ]

    def write_meta(self, rows: Sequence[Mapping[str, str]] | None = None, columns: Sequence[str] = COLUMNS) -> Path:
        rows = self.rows() if rows is None else rows
        lines = ["\t".join(columns), *("\t".join(row[column] for column in columns) for row in rows)]
        self.meta_file.write_text("\n".join(lines) + "\n")
        return self.meta_file


def write_genome(path: Path, sizes: Mapping[str, int] = SIZES, *, seed: int = 1) -> Path:
    """Random bases; the first 3 kb of each chromosome are N, some of the rest is soft-masked."""
    random = np.random.default_rng(seed)
    with TwoBitWriter(path, list(sizes)) as writer:
        for size in sizes.values():
            runs = np.array([[0, min(3_000, size // 2)]], np.int64)
            writer.add(random.integers(0, 4, size).astype(np.uint8), runs, runs + size // 2)
    return path


def write_bigwig(path: Path, intervals: Sequence[Interval], sizes: Mapping[str, int] = SIZES) -> Path:
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader(list(sizes.items()))
        if intervals:
            chroms, starts, ends, values = map(list, zip(*intervals, strict=True))
            track.addEntries(chroms, starts, ends=ends, values=values)
    return path


def write_peaks(path: Path, peaks: Sequence[tuple[str, int, int, int]]) -> Path:
    """NarrowPeak; the last number of each is the summit's distance from the start."""
    lines = [f"{chrom}\t{start}\t{end}\tp\t0\t.\t1\t1\t1\t{summit}" for chrom, start, end, summit in peaks]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_sizes(path: Path, sizes: Mapping[str, int] = SIZES) -> Path:
    path.write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    return path


def make(folder: Path, sizes: Mapping[str, int] = SIZES) -> TinySet:
    """Write the set: ATAC-seq peaks every few kb, signal in them alone, half of them bound in each cell type."""
    tiny = TinySet(folder)
    write_genome(tiny.sequence, sizes)
    write_sizes(tiny.chrom_sizes, sizes)
    tiny.blacklist.write_text("\t".join(map(str, BLACK)) + "\n")
    for number, cell in enumerate(CELLS):
        random = np.random.default_rng(10 + number)
        signal: list[Interval] = []
        binding: list[Interval] = []
        atac, chip = [], []
        for chrom, size in sizes.items():
            for place in range(5_000, size - 5_000, 2_500):
                start = place + int(random.integers(0, 800))
                end = start + int(random.integers(200, 900))
                atac.append((chrom, start, end, int(random.integers(0, end - start))))
                signal += [
                    (chrom, base, min(base + 20, end), float(np.float32(random.uniform(0.1, 1))))
                    for base in range(start, end, 20)
                ]
                if random.random() < 0.5:
                    middle = (start + end) // 2
                    binding.append((chrom, middle - 70, middle + 70, 1.0))
                    chip.append((chrom, middle - 150, middle + 151, -1))
        write_bigwig(tiny.file(cell, "signal.bw"), signal, sizes)
        write_bigwig(tiny.file(cell, "binding.bw"), binding, sizes)
        write_peaks(tiny.file(cell, "atac.narrowPeak"), atac)
        write_peaks(tiny.file(cell, "chip.narrowPeak"), chip)
    tiny.write_meta()
    return tiny

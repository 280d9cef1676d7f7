"""Where Tn5 cut in real reads of yeast: a wrong shift is seen, whatever the shift of the input was."""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from maxatac._core import Genome
from maxatac.preparation.composition import BaseComposition

CHROMS = ("chrIV", "chrXV")


@pytest.fixture(scope="module")
def fragments(test_data: Path) -> dict[str, np.ndarray]:
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    path = test_data / "yeast_sacCer3/raw/yeast_500k_SRR1822137.bedpe.gz"
    with gzip.open(path, "rt") as lines:
        for line in lines:
            chrom, start, end = line.split()
            if chrom in CHROMS:
                found[chrom].append((int(start), int(end)))
    return {chrom: np.array(spans) for chrom, spans in found.items()}


@pytest.mark.parametrize(
    ("left", "right", "middles"),
    [
        (4, -5, (0, 0)),  # the middle of the 9 bp that Tn5 duplicates
        (0, -1, (4, 4)),  # no shift
        (8, -9, (-4, -4)),  # twice +4 and -4
        (4, -6, (0, -1)),  # as in fragments files of 10x
    ],
)
def test_wrong_shift_is_seen(
    left: int, right: int, middles: tuple[int, int], fragments: dict[str, np.ndarray], test_data: Path
) -> None:
    genome = Genome(test_data / "yeast_sacCer3/sacCer3.2bit")
    made = BaseComposition(genome, {chrom: genome.chrom_sizes[chrom] for chrom in CHROMS}, groups=2)
    for chrom, spans in fragments.items():
        positions = np.concatenate((spans[:, 0] + left, spans[:, 1] + right))
        reverse = np.repeat([False, True], len(spans))
        step = made.step(chrom, len(positions))
        made.add(chrom, positions[::step], reverse[::step])
    assert made.middles() == middles

"""The benchmark of ``prepare`` has the reads that it says, and measures children too."""

from __future__ import annotations

import gzip
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.prepare import GROUPS, LENGTH, ORDERS, Inputs, compare, make_inputs, measure

READS = 4_000


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return make_inputs(tmp_path_factory.mktemp("reads"), READS, 1_000_000, [*ORDERS, "fragments"])


def records(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    """Chromosome, start, flag and name of each record."""
    data = gzip.decompress(path.read_bytes())
    text, references = struct.unpack_from("<I", data, 4)[0], 0
    (references,) = struct.unpack_from("<I", data, 8 + text)
    at = 12 + text
    for _ in range(references):
        at += 8 + struct.unpack_from("<I", data, at)[0]
    while at < len(data):
        size, chrom, start, name_size, *_, flag = struct.unpack_from("<IiiBBHHH", data, at)
        yield chrom, start, flag, data[at + 36 : at + 35 + name_size]
        at += 4 + size


def test_bams_hold_the_same_pairs(inputs: Inputs) -> None:
    ordered, unordered = (list(records(inputs.bam(order))) for order in ORDERS)
    assert len(ordered) == READS
    assert sorted(unordered) == sorted(ordered)
    assert [read[:2] for read in ordered] == sorted(read[:2] for read in ordered)
    assert [read[3] for read in unordered[::2]] == [read[3] for read in unordered[1::2]]
    # A good part of them have the ends of another pair.
    places = Counter(tuple(read[:3] for read in unordered[at : at + 2]) for at in range(0, READS, 2))
    assert 0.05 < 1 - len(places) / (READS / 2) < 0.3


def test_fragments_are_sorted_and_barcodes_in_groups(inputs: Inputs) -> None:
    groups = dict(line.split() for line in inputs.barcodes.read_text().splitlines())
    assert len(set(groups.values())) == GROUPS
    with gzip.open(inputs.fragments, "rt") as file:
        rows = [
            (chrom, int(start), int(end), groups[barcode]) for chrom, start, end, barcode, _ in map(str.split, file)
        ]
    assert len(rows) == READS
    assert [row[:3] for row in rows] == sorted(row[:3] for row in rows)
    assert all(0 <= start <= end - LENGTH and end <= inputs.sizes[chrom] for chrom, start, end, _ in rows)


def test_children_are_measured(tmp_path: Path) -> None:
    code = "import time; held = bytearray(150_000_000); time.sleep(0.3)"
    taken = measure(["sh", "-c", f'"{sys.executable}" -c "{code}"; true'], tmp_path / "log")
    assert taken.memory > 140_000_000
    assert 0 < taken.cpu
    assert taken.wall > 0.3


def test_a_program_that_fails_stands_in_the_table(tmp_path: Path) -> None:
    told: list[str] = []
    compare("reads", {"good": ["true"], "bad": ["false"]}, tmp_path / "out", told.append)
    assert "exit status 1" in told[0]
    assert [line.split("|")[1:3] for line in told[1].splitlines()[2:]][1] == [" bad ", " failed "]

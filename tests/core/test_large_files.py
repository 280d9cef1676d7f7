"""Files over 4 GiB, almost all of which is a hole that takes no space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import py2bit
import pyBigWig
import pytest
from oracles import decode, encode, reverse_complement
from small_set import inputs_at
from writers import BedGraph, FixedStep, Section, VariableStep, dense, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowReader

HOLE = 5 << 30
LETTERS = np.random.default_rng(4).choice(np.frombuffer(b"ACGTNacgt", np.uint8), 5003).tobytes().decode()
BLOCKS: list[list[Section]] = [
    [("chr1", BedGraph([(place, place + 3, place / 8) for place in range(0, 2000, 5)]))],
    [("chr1", VariableStep(2, [(place, 0.5) for place in range(2000, 3000, 7)]))],
    [("chr1", FixedStep(3000, 4, 3, [place / 4 for place in range(400)]))],
]


def sparse(path: Path) -> Path:
    status = path.stat()
    assert status.st_size > 1 << 32
    if status.st_blocks * 512 > 1 << 26:
        pytest.skip("this file system has no sparse files")
    return path


@pytest.mark.parametrize("endian", ["<", ">"])
def test_a_2bit_file_over_4_gib(tmp_path: Path, endian: str) -> None:
    sequences = {"chr1": LETTERS, "chr2": "ACGTN"}
    path = sparse(write_twobit(tmp_path / "x.2bit", sequences, version=1, endian=endian, hole=HOLE))
    genome = Genome(path)
    assert genome.chrom_sizes == {"chr1": 5003, "chr2": 5}
    assert decode(genome.one_hot("chr1", 0, 5003)) == LETTERS.upper()
    reverse = genome.one_hot("chr1", 1001, 4002, reverse_complement=True)
    np.testing.assert_array_equal(reverse, encode(reverse_complement(LETTERS[1001:4002])))
    assert decode(genome.one_hot("chr2", 0, 5)) == "ACGTN"
    if endian == "<":
        other = py2bit.open(str(path))
        assert other.sequence("chr1", 10, 5000) == LETTERS[10:5000].upper()
        other.close()


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_bigwig_file_over_4_gib(tmp_path: Path, endian: str, compressed: bool) -> None:
    sizes = {"chr1": 5003, "chr2": 5}
    path = sparse(
        write_bigwig(tmp_path / "x.bw", sizes, BLOCKS, endian=endian, compressed=compressed, children=2, hole=HOLE)
    )
    track = Track(path)
    assert track.chrom_sizes == sizes
    wanted = dense([item for ((_, items),) in BLOCKS for item in items.intervals()], 5003)
    np.testing.assert_array_equal(track.values("chr1", 0, 5003), wanted)
    assert np.isnan(track.values("chr2", 0, 5)).all()
    if endian == "<":
        with pyBigWig.open(str(path)) as other:
            np.testing.assert_array_equal(other.values("chr1", 0, 5003, numpy=True), wanted)


def test_batches_from_large_files(tmp_path: Path) -> None:
    genome = Genome(sparse(write_twobit(tmp_path / "x.2bit", {"chr1": LETTERS}, version=1, hole=HOLE)))
    track = Track(sparse(write_bigwig(tmp_path / "x.bw", {"chr1": 5003}, BLOCKS, hole=HOLE)))
    starts = np.array([0, 1500, 3979])
    sampler = Sampler(
        WindowReader(genome, [track], [track]),
        chroms=["chr1"],
        roi_chrom=np.zeros(3, np.int32),
        roi_start=starts,
        roi_track=np.zeros(3, np.int32),
        batch_size=3,
        seed=1,
    )
    inputs, _ = sampler.batch(0, 0)
    wanted = inputs_at(WindowReader(genome, [track]), "chr1", sampler.plan(0, 0)["start"])
    np.testing.assert_array_equal(inputs, wanted)
    values = np.nan_to_num(dense([item for ((_, items),) in BLOCKS for item in items.intervals()], 5003))
    for start, window in zip(sampler.plan(0, 0)["start"].tolist(), inputs, strict=True):
        np.testing.assert_array_equal(window[:, 4], values[start : start + 1024])
        np.testing.assert_array_equal(window[:, :4], encode(LETTERS[start : start + 1024]))

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import WINDOW
from small_set import CHROMS, SIZES, DataSet, inputs_at
from writers import BedGraph, write_bigwig, write_twobit

from maxatac import Genome, Track, WindowReader
from maxatac.errors import GenomeError, TrackError


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", range(3))
def test_windows_are_what_other_readers_give(data: DataSet, cell: int, reverse: bool) -> None:
    reader = data.reader()
    rng = np.random.default_rng(cell)
    for chrom in CHROMS:
        last = SIZES[chrom] - WINDOW
        # In no order, one of them twice, both ends of the chromosome.
        starts = np.array([last, 0, *rng.integers(0, last, 12), 0])
        inputs = inputs_at(reader, chrom, starts, cell=cell, reverse=reverse)
        wanted = [data.files.input(data.files.signal[cell], chrom, start, reverse=reverse) for start in starts.tolist()]
        assert inputs.shape == (15, WINDOW, 5)
        assert inputs.dtype == np.float32
        assert inputs.flags.c_contiguous
        np.testing.assert_array_equal(inputs, np.stack(wanted))


def test_the_other_strand_is_the_same_window_turned(data: DataSet) -> None:
    reader = data.reader()
    starts = np.arange(1000, 9000, 777)
    forward, reverse = (inputs_at(reader, "chr1", starts, reverse=reverse) for reverse in (False, True))
    np.testing.assert_array_equal(reverse, forward[:, ::-1, [3, 2, 1, 0, 4]])


def test_no_window_is_no_error(data: DataSet) -> None:
    inputs = inputs_at(data.reader(), "chr1", np.empty(0, np.int64))
    assert inputs.shape == (0, WINDOW, 5)


def test_a_track_without_the_chromosome_reads_as_zeros(data: DataSet) -> None:
    assert "chrX" not in Track(data.signal[1]).chrom_sizes
    inputs = inputs_at(data.reader(), "chrX", np.array([7]), cell=1)
    assert not inputs[..., 4].any()
    assert inputs[..., :4].any()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_track_that_ends_before_the_genome_reads_as_zeros_there(tmp_path: Path, reverse: bool) -> None:
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 1000}))
    track = Track(write_bigwig(tmp_path / "x.bw", {"c": 1500}, [[("c", BedGraph([(0, 1500, 2.0)]))]]))
    signal = inputs_at(WindowReader(genome, [track]), "c", np.array([0, 1000, 2000]), reverse=reverse)[..., 4]
    if reverse:
        signal = signal[:, ::-1]
    assert signal.sum(axis=1).tolist() == [2048, 1000, 0]
    assert (signal[1, :500] == 2).all()


@pytest.mark.parametrize(
    ("chrom", "starts", "kind", "words"),
    [
        ("chr1", [0, 40_000 - 1023], GenomeError, "chr1:38977-40001 is not inside the chromosome"),
        ("chrUn", [0], GenomeError, "chrUn:0-1024 is not inside the chromosome, which is 700 bp long"),
        ("chr99", [0], GenomeError, 'no chromosome "chr99"'),
        ("chr1", [5, -1], ValueError, "start: -1 is not within"),
        ("chr1", [2**32], ValueError, "start: 4294967296 is not within"),
        ("chr1", [2**32 - 5], GenomeError, "chr1:4294967291-4294968315 is not inside the chromosome"),
    ],
)
def test_bad_windows_are_errors(
    data: DataSet, chrom: str, starts: list[int], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        inputs_at(data.reader(), chrom, np.array(starts, np.int64))


@pytest.mark.parametrize("starts", [np.zeros(2, np.int32), np.zeros(2), np.zeros((2, 1), np.int64), [0, 1]])
def test_starts_of_another_type_are_refused(data: DataSet, starts: Any) -> None:
    with pytest.raises(TypeError):
        inputs_at(data.reader(), "chr1", starts)


def test_files_that_are_cut_after_opening_are_named(tmp_path: Path, data: DataSet) -> None:
    genome_path, track_path = tmp_path / "x.2bit", tmp_path / "x.bw"
    genome_path.write_bytes(data.genome.read_bytes())
    track_path.write_bytes(data.signal[1].read_bytes())
    reader = data.reader(genome=genome_path, signal=[track_path], binding=[])
    os.truncate(track_path, 2000)
    with pytest.raises(TrackError) as caught:
        inputs_at(reader, "chr2", np.array([20_000]))
    assert str(track_path) in str(caught.value)
    os.truncate(genome_path, 2000)
    with pytest.raises(GenomeError) as refused:
        inputs_at(data.reader(genome=genome_path), "chr2", np.array([20_000]))
    assert str(genome_path) in str(refused.value)


@pytest.mark.parametrize("scale", [None, 2.5])
def test_targets_are_what_other_readers_give(data: DataSet, scale: float | None) -> None:
    reader = data.reader(threads=2)
    rng = np.random.default_rng(4)
    track, start = rng.integers(0, 3, 40).astype(np.int32), rng.integers(0, SIZES["chr1"] - WINDOW, 40)
    chrom, reverse = np.repeat(reader.chrom_numbers(["chr1"]), 40), rng.random(40) < 0.5
    settings: dict[str, Any] = {} if scale is None else {"quantitative": True, "target_scale_factor": scale}
    found = reader.targets(track, chrom, start, reverse, **settings)
    assert (found.shape, found.dtype) == ((40, 32), np.float32)
    for row in range(40):
        binding = data.files.binding[track[row]]
        wanted = data.files.target(binding, "chr1", int(start[row]), reverse=bool(reverse[row]), scale=scale)
        np.testing.assert_array_equal(found[row], wanted)


def test_a_reader_knows_what_it_reads(data: DataSet) -> None:
    genome, tracks = Genome(data.genome), [Track(path) for path in data.signal]
    reader = WindowReader(genome, tracks, memory=1 << 20)
    assert reader.genome is genome
    assert [*map(id, reader.signal)] == [*map(id, tracks)]
    assert reader.binding == ()
    assert reader.memory.usage["limit"] == 1 << 20
    names = list(genome.chrom_sizes)
    assert reader.chrom_numbers(names[::-1]).tolist() == [*range(len(names))][::-1]
    with pytest.raises(GenomeError, match='no chromosome "chr99"'):
        reader.chrom_numbers(["chr1", "chr99"])


def test_columns_that_do_not_fit_are_errors(data: DataSet) -> None:
    reader = data.reader(binding=[])
    zero, start = np.zeros(1, np.int32), np.zeros(1, np.int64)
    for track, chrom, words in [(zero + 3, zero, "track 3 of 3"), (zero, zero + 4, "chromosome 4 of 4")]:
        with pytest.raises(ValueError, match=words):
            reader.inputs(track, chrom, start)
    with pytest.raises(ValueError, match="track 0 of 0"):
        reader.targets(zero, zero, start)
    with pytest.raises(ValueError, match="columns of 1, 1, 2 and 2 windows"):
        reader.inputs(zero, zero, np.zeros(2, np.int64))

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import WINDOW
from small_set import CHROMS, SIZES, DataSet
from writers import BedGraph, write_bigwig, write_twobit

from maxatac import Genome, Track, read_windows
from maxatac.errors import GenomeError, TrackError


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", range(3))
def test_windows_are_what_other_readers_give(data: DataSet, cell: int, reverse: bool) -> None:
    genome, track = Genome(data.genome), Track(data.signal[cell])
    rng = np.random.default_rng(cell)
    for chrom in CHROMS:
        last = SIZES[chrom] - WINDOW
        # In no order, one of them twice, both ends of the chromosome.
        starts = np.array([last, 0, *rng.integers(0, last, 12), 0])
        inputs = read_windows(genome, track, chrom, starts, reverse_complement=reverse)
        wanted = [data.files.input(data.files.signal[cell], chrom, start, reverse=reverse) for start in starts.tolist()]
        assert inputs.shape == (15, WINDOW, 5)
        assert inputs.dtype == np.float32
        assert inputs.flags.c_contiguous
        np.testing.assert_array_equal(inputs, np.stack(wanted))


def test_the_other_strand_is_the_same_window_turned(data: DataSet) -> None:
    genome, track = Genome(data.genome), Track(data.signal[0])
    starts = np.arange(1000, 9000, 777)
    forward = read_windows(genome, track, "chr1", starts)
    reverse = read_windows(genome, track, "chr1", starts, reverse_complement=True)
    np.testing.assert_array_equal(reverse, forward[:, ::-1, [3, 2, 1, 0, 4]])


def test_no_window_is_no_error(data: DataSet) -> None:
    inputs = read_windows(Genome(data.genome), Track(data.signal[0]), "chr1", np.empty(0, np.int64))
    assert inputs.shape == (0, WINDOW, 5)


def test_a_track_without_the_chromosome_reads_as_zeros(data: DataSet) -> None:
    assert "chrX" not in Track(data.signal[1]).chrom_sizes
    inputs = read_windows(Genome(data.genome), Track(data.signal[1]), "chrX", np.array([7]))
    assert not inputs[..., 4].any()
    assert inputs[..., :4].any()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_track_that_ends_before_the_genome_reads_as_zeros_there(tmp_path: Path, reverse: bool) -> None:
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 1000}))
    track = Track(write_bigwig(tmp_path / "x.bw", {"c": 1500}, [[("c", BedGraph([(0, 1500, 2.0)]))]]))
    signal = read_windows(genome, track, "c", np.array([0, 1000, 2000]), reverse_complement=reverse)[..., 4]
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
        ("chr1", [5, -1], ValueError, "starts: -1 is not within"),
        ("chr1", [2**32], ValueError, "starts: 4294967296 is not within"),
        ("chr1", [2**32 - 5], ValueError, "4294967291"),
    ],
)
def test_bad_windows_are_errors(
    data: DataSet, chrom: str, starts: list[int], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        read_windows(Genome(data.genome), Track(data.signal[0]), chrom, np.array(starts, np.int64))


@pytest.mark.parametrize("starts", [np.zeros(2, np.int32), np.zeros(2), np.zeros((2, 1), np.int64), [0, 1]])
def test_starts_of_another_type_are_refused(data: DataSet, starts: Any) -> None:
    with pytest.raises(TypeError):
        read_windows(Genome(data.genome), Track(data.signal[0]), "chr1", starts)


def test_files_that_are_cut_after_opening_are_named(tmp_path: Path, data: DataSet) -> None:
    genome_path, track_path = tmp_path / "x.2bit", tmp_path / "x.bw"
    genome_path.write_bytes(data.genome.read_bytes())
    track_path.write_bytes(data.signal[1].read_bytes())
    genome, track = Genome(genome_path), Track(track_path)
    os.truncate(track_path, 2000)
    with pytest.raises(TrackError) as caught:
        read_windows(genome, track, "chr2", np.array([20_000]))
    assert str(track_path) in str(caught.value)
    os.truncate(genome_path, 2000)
    with pytest.raises(GenomeError) as refused:
        read_windows(genome, Track(data.signal[0]), "chr2", np.array([20_000]))
    assert str(genome_path) in str(refused.value)

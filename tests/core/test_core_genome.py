from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import py2bit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import decode, encode, reverse_complement
from small_set import N_RUNS, SIZES, DataSet
from writers import write_twobit

from maxatac import Genome
from maxatac.errors import GenomeError, RegionError

# N at both ends and inside, lengths of every remainder by 4, an empty one, one that is all N.
SEQUENCES = {
    "chr1": "nnACGTacgtNNNNNGATTACAttgcaNNcgtatgn",
    "chr2": "TTAGGCATCGAT",
    "empty": "",
    "gap": "NNNNN",
    "one": "g",
    "scaffold_1.1 of many, µ": "CCCGGGAAATTTACGTN",
}
FORMS = [(version, endian) for version in (0, 1) for endian in "<>"]


@pytest.mark.parametrize(("version", "endian"), FORMS)
def test_every_interval_of_every_form_is_read(tmp_path: Path, version: int, endian: str) -> None:
    path = write_twobit(tmp_path / "genome.2bit", SEQUENCES, version=version, endian=endian)
    genome = Genome(path)
    assert list(genome.chrom_sizes.items()) == [(name, len(letters)) for name, letters in SEQUENCES.items()]
    assert genome.path == str(path)
    assert repr(genome) == f"Genome({str(path)!r}, 6 sequences)"
    for name, letters in SEQUENCES.items():
        for start in range(len(letters) + 1):
            for end in range(start, len(letters) + 1):
                wanted = letters[start:end].upper()
                assert decode(genome.one_hot(name, start, end)) == wanted
                reverse = genome.one_hot(name, start, end, reverse_complement=True)
                assert decode(reverse) == reverse_complement(wanted)


def test_the_small_set_reads_as_py2bit_does(data: DataSet) -> None:
    genome = Genome(data.genome)
    assert genome.chrom_sizes == SIZES == data.files.genome.chroms()
    for name, size in SIZES.items():
        letters = data.files.genome.sequence(name).upper()
        one_hot = genome.one_hot(name, 0, size)
        assert one_hot.shape == (size, 4)
        assert one_hot.flags.c_contiguous
        assert one_hot.flags.writeable
        assert decode(one_hot) == letters
        runs = genome.n_intervals(name)
        assert runs.dtype == np.int64
        assert runs.tolist() == [list(run) for run in N_RUNS.get(name, [])]


def test_channels_are_in_order(tmp_path: Path) -> None:
    genome = Genome(write_twobit(tmp_path / "x.2bit", {"c": "ACGTNa"}))
    assert genome.one_hot("c", 0, 6).tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
        [1, 0, 0, 0],
    ]


@settings(max_examples=150)
@given(letters=st.text("ACGTNacgtn", max_size=60), places=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_reverse_complement_twice_is_the_identity(letters: str, places: tuple[float, float]) -> None:
    start, end = sorted(round(place * len(letters)) for place in places)
    with tempfile.TemporaryDirectory() as folder:
        genome = Genome(write_twobit(Path(folder, "x.2bit"), {"c": letters}))
        forward = genome.one_hot("c", start, end)
        reverse = genome.one_hot("c", start, end, reverse_complement=True)
        # The other strand, written down as a sequence and read from its own other strand.
        turned = Genome(write_twobit(Path(folder, "y.2bit"), {"c": decode(reverse)}))
        again = turned.one_hot("c", 0, end - start, reverse_complement=True)
    np.testing.assert_array_equal(again, forward)
    # On one-hot rows: positions and channels both run backwards, A and T, C and G change places.
    np.testing.assert_array_equal(reverse, forward[::-1, ::-1])
    np.testing.assert_array_equal(reverse, encode(reverse_complement(letters[start:end])))


def test_masks_and_n_runs_of_any_order_are_taken(tmp_path: Path) -> None:
    path = write_twobit(tmp_path / "x.2bit", {"c": "NNACGTNNAC"})
    bytes_ = bytearray(path.read_bytes())
    # The record starts behind header and index: size, count, two starts, two lengths. Exchange the runs.
    starts = 16 + 1 + 1 + 4 + 8
    for at in (starts, starts + 8):
        bytes_[at : at + 8] = bytes_[at + 4 : at + 8] + bytes_[at : at + 4]
    path.write_bytes(bytes_)
    genome = Genome(path)
    assert genome.n_intervals("c").tolist() == [[0, 2], [6, 8]]
    assert decode(genome.one_hot("c", 0, 10)) == "NNACGTNNAC"


def test_tens_of_thousands_of_sequences(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    letters = rng.choice(np.frombuffer(b"ACGTN", np.uint8), 40_050).tobytes().decode()
    sequences = {f"scaffold_{number:05d}": letters[number : number + number % 50] for number in range(40_000)}
    path = write_twobit(tmp_path / "scaffolds.2bit", sequences)
    genome = Genome(path)
    sizes = genome.chrom_sizes
    assert sizes == {name: len(letters) for name, letters in sequences.items()}
    assert list(sizes) == list(sequences)
    other = py2bit.open(str(path))
    for name in rng.choice(list(sequences), 500).tolist():
        if sizes[name]:
            wanted = other.sequence(name)
            assert wanted == sequences[name]
            assert decode(genome.one_hot(name, 0, sizes[name])) == wanted
    other.close()


@pytest.mark.parametrize(
    ("interval", "kind", "words"),
    [
        (("chr1", 0, 40_001), GenomeError, "chr1:0-40001 is not inside the chromosome, which is 40000 bp long"),
        (("chr1", 40_001, 40_001), GenomeError, "chr1:40001-40001 is not inside"),
        (("chr1", 0, 2**32 - 1), GenomeError, "is not inside"),
        (("1", 0, 10), GenomeError, 'has no chromosome "1"; it has chr1, chr2, chrX, chrUn'),
        (("chr1", -1, 10), RegionError, "interval -1..10: expected 0 <= start <= end"),
        (("chr1", 10, 9), RegionError, "interval 10..9"),
        (("chr1", 2**32, 2**32 + 5), RegionError, "interval 4294967296..4294967301"),
    ],
)
def test_intervals_outside_are_errors(
    data: DataSet, interval: tuple[str, int, int], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        Genome(data.genome).one_hot(*interval)
    assert words in str(caught.value)
    if kind is GenomeError:
        assert str(data.genome) in str(caught.value)


def test_an_unknown_chromosome_has_no_n_intervals(data: DataSet) -> None:
    with pytest.raises(GenomeError, match="no chromosome"):
        Genome(data.genome).n_intervals("chr99")


def test_what_is_not_a_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Genome(tmp_path / "none.2bit")
    assert caught.value.filename == str(tmp_path / "none.2bit")
    with pytest.raises(OSError, match="is a directory") as refused:
        Genome(tmp_path)
    assert str(tmp_path) in str(refused.value)
    if os.geteuid() != 0:
        locked = tmp_path / "locked.2bit"
        locked.write_bytes(b"x")
        locked.chmod(0)
        with pytest.raises(PermissionError):
            Genome(locked)


@pytest.mark.parametrize("text", [b"", b"\n", b">chr1\nACGT\n", b"<html><body>404</body></html>", bytes(64)])
def test_other_formats_are_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.2bit"
    path.write_bytes(text)
    with pytest.raises(GenomeError, match="not a valid 2bit file") as caught:
        Genome(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_cut_after_opening_is_an_error(tmp_path: Path) -> None:
    path = write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 5000})
    genome = Genome(path)
    os.truncate(path, 3000)
    # What is left could still be read, but a run that goes on has lost its genome.
    for start in (0, 19_000):
        with pytest.raises(GenomeError, match="changed while it was in use.* has 3000 now") as caught:
            genome.one_hot("c", start, start + 1000)
        assert str(path) in str(caught.value)


def test_a_file_that_is_overwritten_after_opening_is_an_error(tmp_path: Path) -> None:
    """Any bytes are bases, so nothing but the time of the change gives it away."""
    path = write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 5000})
    other = write_twobit(tmp_path / "y.2bit", {"c": "TTTT" * 5000}).read_bytes()
    # The clock of a file system may stand still for some milliseconds.
    os.utime(path, (0, 0))
    genome = Genome(path)
    assert decode(genome.one_hot("c", 0, 8)) == "ACGTACGT"
    path.write_bytes(other)
    with pytest.raises(GenomeError, match="changed while it was in use") as caught:
        genome.one_hot("c", 0, 8)
    assert str(path) in str(caught.value)


def test_an_open_file_outlives_its_name(tmp_path: Path) -> None:
    path = write_twobit(tmp_path / "x.2bit", {"c": "ACGT" * 50})
    genome = Genome(path)
    os.replace(write_twobit(tmp_path / "y.2bit", {"c": "TTTT" * 50}), path)
    assert decode(genome.one_hot("c", 0, 200)) == "ACGT" * 50
    path.unlink()
    assert decode(genome.one_hot("c", 0, 200)) == "ACGT" * 50

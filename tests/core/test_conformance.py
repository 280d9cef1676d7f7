"""Awkward and damaged files of many writers, each against what is known of it and against another reader."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import py2bit
import pybigtools
import pyBigWig
import pytest
from oracles import decode

from maxatac import Genome, Track
from maxatac.errors import GenomeError, TrackError

BIGWIGS = [
    "GenVarLoader__sample_0.bw",
    "bbi-js__fixedStep.bw",
    "bbi-js__uncompressed.bw",
    "bbi-js__volvox.bw",
    "big__fixed_step.bw",
    "big__fixed_step_with_span.bw",
    "big__variable_step_with_span.bw",
    "bigtools__mini.bw",
    "bx-python__test.bw",
    "deepTools__test.bw",
    "deepTools__testA_skipNAs.bw",
    "derived_1500_contigs_chrom_tree_3_levels.bw",
    "derived_bigendian.bw",
    "derived_deep_rtree_block4_uncompressed.bw",
    "derived_mixed_section_types.bw",
    "igv.js__bigtools.bigWig",
    "pyBigWig__test.bw",
    "rtracklayer__test.bw",
    "tangermeme__test.bw",
]
TWOBITS = [
    "biopython__sequence.littleendian.2bit",
    "biopython__sequence.long.2bit",
    "bx-python__testMask.2bit",
    "deepTools__sequence.2bit",
    "derived_volvox_bigendian.2bit",
    "py2bit__foo.2bit",
    "rtracklayer__T_species_Oct_2011.2bit",
    "twobit-js__T_ko.2bit",
    "twobit-js__empty.2bit",
    "twobit-js__foo.2bit",
    "twobit-js__out2.2bit",
    "twobit-js__volvox.2bit",
]
CORRUPT = [
    "bad_magic.2bit",
    "chrom_tree_offset_past_end.bw",
    "empty_file.bw",
    "header_only.bw",
    "truncated.2bit",
    "truncated_in_data.bw",
]

# What the other reader refuses, and why; these files are still held to the table, bigWigs to pybigtools too.
PYBIGWIG_REFUSES = {"derived_bigendian.bw": "reads only the byte order of the machine"}
PY2BIT_REFUSES = {
    "derived_volvox_bigendian.2bit": "reads only little-endian files",
    "twobit-js__empty.2bit": "takes a file without sequences for a damaged one",
}


@pytest.fixture(scope="module")
def folder(test_data: Path) -> Path:
    return test_data / "conformance"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text())
    return table


def test_no_file_is_left_out(folder: Path, expected: dict[str, dict[str, Any]]) -> None:
    listed = {f"{kind}/{name}" for kind, names in (("bigwig", BIGWIGS), ("twobit", TWOBITS), ("corrupt", CORRUPT))
              for name in names}  # fmt: skip
    assert listed == set(expected)
    there = {str(path.relative_to(folder)) for path in folder.glob("*/*") if path.suffix != ".fa"}
    assert listed == there


@pytest.mark.parametrize("name", BIGWIGS)
def test_bigwig_reads_as_the_table_says(folder: Path, expected: dict[str, dict[str, Any]], name: str) -> None:
    wanted = expected[f"bigwig/{name}"]
    track = Track(folder / "bigwig" / name)
    sizes = track.chrom_sizes
    assert len(sizes) == wanted["n_chroms"]
    for chrom, size in wanted["chroms_first40"].items():
        assert sizes[chrom] == size
    for chrom, size in sizes.items():
        starts, ends, values = track.intervals(chrom, 0, size)
        assert [column.dtype.name for column in (starts, ends, values)] == ["int64", "int64", "float32"]
        if chrom not in wanted["data"]:
            assert len(starts) == 0
            continue
        data = wanted["data"][chrom]
        items = list(zip(starts.tolist(), ends.tolist(), values.tolist(), strict=True))
        assert len(items) == data["intervals"]
        assert int((ends - starts).sum()) == data["bases"]
        assert float(((ends - starts) * values.astype(np.float64)).sum()) == pytest.approx(data["sum"], rel=1e-12)
        assert [list(item) for item in items[:3]] == data["first3"]
        assert list(items[-1]) == data["last"]


@pytest.mark.parametrize("name", BIGWIGS)
def test_bigwig_reads_as_pybigtools_does(folder: Path, name: str) -> None:
    track = Track(folder / "bigwig" / name)
    with pybigtools.open(str(folder / "bigwig" / name)) as other:
        assert track.chrom_sizes == dict(other.chroms())
        for chrom, size in track.chrom_sizes.items():
            columns = track.intervals(chrom, 0, size)
            items = list(zip(*(column.tolist() for column in columns), strict=True))
            assert items == list(other.records(chrom))


@pytest.mark.parametrize("name", [name for name in BIGWIGS if name not in PYBIGWIG_REFUSES])
def test_bigwig_reads_as_pybigwig_does(folder: Path, name: str) -> None:
    path = folder / "bigwig" / name
    track = Track(path)
    rng = np.random.default_rng(1)
    with pyBigWig.open(str(path)) as other:
        assert track.chrom_sizes == other.chroms()
        for chrom, size in track.chrom_sizes.items():
            columns = track.intervals(chrom, 0, size)
            items = list(zip(*(column.tolist() for column in columns), strict=True))
            assert items == list(other.intervals(chrom) or ())
            if not items:
                # pyBigWig reads megabases without data slowly, and has nothing to say about them.
                assert np.isnan(track.values(chrom, 0, min(size, 1000))).all()
                continue
            # Windows at the data's ends and inside it, and the whole where that is small.
            first, last = items[0][0], items[-1][1]
            starts = [first, last - 1, *rng.integers(first, last, 20).tolist()]
            spans = [(max(start - 700, 0), min(start + 700, size)) for start in starts]
            for start, end in [*spans, (0, min(size, 60_000))]:
                np.testing.assert_array_equal(
                    track.values(chrom, start, end), other.values(chrom, start, end, numpy=True)
                )


@pytest.mark.parametrize("name", TWOBITS)
def test_twobit_reads_as_the_table_says(folder: Path, expected: dict[str, dict[str, Any]], name: str) -> None:
    wanted = expected[f"twobit/{name}"]
    genome = Genome(folder / "twobit" / name)
    sizes = genome.chrom_sizes
    # The file without sequences is not in the table; that it opens and has none is all there is to say.
    assert len(sizes) == wanted.get("n_seq", 0)
    for chrom, facts in wanted.get("seqs_first40", {}).items():
        assert sizes[chrom] == facts["len"]
        letters = decode(genome.one_hot(chrom, 0, sizes[chrom]))
        assert hashlib.md5(letters.encode()).hexdigest() == facts["md5_upper"]


@pytest.mark.parametrize("name", [name for name in TWOBITS if name not in PY2BIT_REFUSES])
def test_twobit_reads_as_py2bit_does(folder: Path, name: str) -> None:
    path = folder / "twobit" / name
    genome = Genome(path)
    other = py2bit.open(str(path))
    assert genome.chrom_sizes == other.chroms()
    rng = np.random.default_rng(2)
    for chrom, size in other.chroms().items():
        letters = other.sequence(chrom).upper()
        assert decode(genome.one_hot(chrom, 0, size)) == letters
        n_bases = sum(end - start for start, end in genome.n_intervals(chrom).tolist())
        assert n_bases == letters.count("N")
        for start, end in np.sort(rng.integers(0, size + 1, (3, 2)), axis=1).tolist():
            assert decode(genome.one_hot(chrom, start, end)) == letters[start:end]
    other.close()


def test_what_other_readers_refuse_they_still_refuse(folder: Path) -> None:
    for name in PYBIGWIG_REFUSES:
        with pytest.raises(RuntimeError):
            pyBigWig.open(str(folder / "bigwig" / name))
    for name in PY2BIT_REFUSES:
        with pytest.raises(RuntimeError):
            py2bit.open(str(folder / "twobit" / name))


@pytest.mark.parametrize("name", CORRUPT)
def test_corrupt_files_are_refused_by_name(folder: Path, name: str) -> None:
    path = folder / "corrupt" / name
    wanted = GenomeError if name.endswith(".2bit") else TrackError
    with pytest.raises(wanted) as caught:
        if wanted is GenomeError:
            genome = Genome(path)
            for chrom, size in genome.chrom_sizes.items():
                genome.one_hot(chrom, 0, size)
        else:
            track = Track(path)
            for chrom, size in track.chrom_sizes.items():
                track.intervals(chrom, 0, size)
    message = str(caught.value)
    assert str(path) in message
    # Not only where, but what is wrong and at which byte.
    assert "(at byte " in message
    assert "\n" not in message

from __future__ import annotations

import argparse
import csv
import errno
import filecmp
import gzip
import hashlib
import resource
import shlex
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import py2bit
import pyBigWig
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from maxatac.cli import simulate as command
from maxatac.errors import InputError
from maxatac.files.twobit import TwoBitWriter
from maxatac.genome.spans import contains, expand, merge, overlaps
from maxatac.simulation import workflow
from maxatac.simulation.config import SimulateConfig, SimulatedSet, parse_size, split_chroms
from maxatac.simulation.sequence import chrom_sizes
from maxatac.simulation.tracks import add_depths, depth_runs, mean_signal, percentile_depth, scale
from maxatac.simulation.workflow import simulate

SMALL = 4_000_000
BIN = 32
HG38 = tuple(f"chr{name}" for name in [*range(1, 23), "X", "Y", "M"])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSet:
    return simulate(SimulateConfig(tmp_path_factory.mktemp("simulated") / "set", size=SMALL, chroms=("chr1", "chr2")))


# What the files say, read with independent libraries.


@dataclass(frozen=True)
class Chrom:
    """One chromosome of a set as its files tell it; arrays over bases."""

    matches: NDArray[np.int64]
    scores: NDArray[np.float64]
    sequence: str
    atac: dict[str, list[tuple[int, int]]]
    chip: dict[str, list[tuple[int, int]]]


def read_meta(found: SimulatedSet) -> list[dict[str, str]]:
    with found.meta_file.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def read_peaks(path: Path, chrom: str) -> list[tuple[int, int]]:
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [(int(row[1]), int(row[2])) for row in rows if row[0] == chrom]


def best_scores(sequence: str, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Best log-odds of both strands at each place where the motif may start."""
    codes = np.searchsorted(np.frombuffer(b"ACGNT", np.uint8), np.frombuffer(sequence.upper().encode(), np.uint8))
    codes = np.array([0, 1, 2, 4, 3])[codes]  # N last
    weights = np.hstack((np.log2(4 * matrix), np.full((len(matrix), 1), -1e3)))
    places = len(codes) - len(matrix) + 1
    complement = np.array([3, 2, 1, 0, 4])
    forward = sum(weights[i][codes[i : i + places]] for i in range(len(matrix)))
    reverse = sum(weights[-1 - i][complement[codes[i : i + places]]] for i in range(len(matrix)))
    return np.maximum(forward, reverse)


@pytest.fixture(scope="module")
def chroms(small: SimulatedSet) -> dict[str, Chrom]:
    matrix = np.loadtxt(small.motif, skiprows=1)
    genome = py2bit.open(str(small.sequence))
    found = {}
    for name in small.sizes:
        sequence = genome.sequence(name)
        scores = best_scores(sequence, matrix)
        found[name] = Chrom(
            matches=np.flatnonzero(scores >= small.match_threshold) + len(matrix) // 2,
            scores=scores,
            sequence=sequence,
            atac={row["Cell_Line"]: read_peaks(small.output / row["ATAC_Peaks"], name) for row in read_meta(small)},
            chip={row["Cell_Line"]: read_peaks(small.output / row["CHIP_Peaks"], name) for row in read_meta(small)},
        )
    genome.close()
    return found


def cover(size: int, peaks: list[tuple[int, int]]) -> NDArray[np.bool_]:
    covered = np.zeros(size, bool)
    for start, end in peaks:
        covered[start:end] = True
    return covered


def accessible_anywhere(small: SimulatedSet, chroms: dict[str, Chrom]) -> Iterator[tuple[Chrom, NDArray[np.bool_]]]:
    for name, chrom in chroms.items():
        yield chrom, cover(small.sizes[name], [peak for peaks in chrom.atac.values() for peak in peaks])


# The bounds that keep the set from being a toy.


def test_motif_is_degenerate(small: SimulatedSet) -> None:
    matrix = np.loadtxt(small.motif, skiprows=1)
    assert small.motif.read_text().splitlines()[0] == "A\tC\tG\tT"
    assert 8 <= len(matrix) <= 14
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    assert 8 < np.sum(2 + np.sum(matrix * np.log2(matrix), axis=1)) <= 12


def test_most_matches_are_outside_accessible_regions(small: SimulatedSet, chroms: dict[str, Chrom]) -> None:
    inside = outside = 0
    for chrom, accessible in accessible_anywhere(small, chroms):
        inside += int(accessible[chrom.matches].sum())
        outside += int((~accessible[chrom.matches]).sum())
    assert inside > 100
    assert outside >= 10 * inside


def test_many_accessible_regions_have_no_match(small: SimulatedSet, chroms: dict[str, Chrom]) -> None:
    counts = []
    for chrom, accessible in accessible_anywhere(small, chroms):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], accessible, [False])).astype(np.int8)))
        in_region = np.searchsorted(chrom.matches, edges[1::2]) - np.searchsorted(chrom.matches, edges[::2])
        counts.extend(in_region)
    without = np.mean(np.array(counts) == 0)
    assert 0.3 <= without <= 0.8  # and enough have one


@pytest.mark.parametrize("kind", ["atac", "chip"])
def test_cell_types_differ(small: SimulatedSet, chroms: dict[str, Chrom], kind: str) -> None:
    for first, second in combinations(small.cell_types, 2):
        only = both = 0
        for name, chrom in chroms.items():
            peaks = getattr(chrom, kind)
            covered = {cell: cover(small.sizes[name], peaks[cell]) for cell in (first, second)}
            in_both = sum(covered[second][start:end].any() for start, end in peaks[first])
            only += len(peaks[first]) - in_both
            only += sum(not covered[first][start:end].any() for start, end in peaks[second])
            both += in_both
        assert 0.3 <= only / (only + both) <= 0.8, (first, second)


def test_binding_takes_motif_and_accessibility(small: SimulatedSet, chroms: dict[str, Chrom]) -> None:
    row = read_meta(small)[-1]
    labels, signals, motifs = [], [], []
    with (
        pyBigWig.open(str(small.output / row["ATAC_Signal_File"])) as signal,
        pyBigWig.open(str(small.output / row["Binding_File"])) as binding,
    ):
        for name, chrom in chroms.items():
            bins = small.sizes[name] // BIN
            values = [np.nan_to_num(track.values(name, 0, bins * BIN, numpy=True)) for track in (signal, binding)]
            score = np.full(bins * BIN, -50.0)
            score[6 : 6 + len(chrom.scores)] = chrom.scores[: bins * BIN - 6]
            best = score.reshape(bins, BIN).max(axis=1)
            # a peak is some 7 bins wide, so a match speaks for its neighbours
            padded = np.pad(best, 3, constant_values=-50)
            motifs.append(np.lib.stride_tricks.sliding_window_view(padded, 7).max(axis=1))
            signals.append(values[0].reshape(bins, BIN).mean(axis=1))
            labels.append(values[1].reshape(bins, BIN).sum(axis=1) > BIN / 2)
    label, atac, motif = (np.concatenate(parts) for parts in (labels, signals, motifs))
    prevalence = label.mean()
    assert 0.003 < prevalence < 0.03
    both = average_precision_score(label, atac / (1 + np.exp(9 - np.maximum(motif, -20))))
    alone = [average_precision_score(label, values) for values in (atac, motif)]
    assert min(alone) > 5 * prevalence
    assert max(alone) < 0.45
    assert both > 2 * max(alone)


def test_signal_dips_at_bound_motifs(small: SimulatedSet) -> None:
    row = read_meta(small)[0]
    at_site, beside = [], []
    with pyBigWig.open(str(small.output / row["ATAC_Signal_File"])) as signal:
        for name in small.sizes:
            for line in (small.output / row["CHIP_Peaks"]).read_text().splitlines():
                fields = line.split("\t")
                summit = int(fields[1]) + int(fields[9])
                if fields[0] != name or not small.sizes[name] - 100 > summit > 100:
                    continue
                values = np.nan_to_num(signal.values(name, summit - 40, summit + 41, numpy=True))
                at_site.append(values[35:46].mean())
                beside.append(values[[*range(5), *range(76, 81)]].mean())
    assert np.mean(at_site) < np.mean(beside)


# Each file.


def test_every_file_is_there_and_nothing_else(small: SimulatedSet) -> None:
    cells = ("CellA", "CellB", "CellC")
    expected = {"genome.2bit", "genome.chrom.sizes", "blacklist.bed", "motif.tsv", "meta.tsv", "README.txt"}
    for cell in cells:
        expected |= {f"{cell}_atac.bw", f"{cell}_atac_peaks.narrowPeak", f"{cell}_fragments.tsv.gz"}
        expected |= {f"SIMTF_{cell}_binding.bw", f"SIMTF_{cell}_chip_peaks.narrowPeak"}
    assert {path.name for path in small.output.iterdir()} == expected
    assert small.cell_types == cells
    readme = small.readme.read_text()
    assert "seed        1\n" in readme
    assert f"scores {small.match_threshold:g} bits" in readme


def test_signal_is_that_of_the_fragments(small: SimulatedSet) -> None:
    with gzip.open(small.output / "CellA_fragments.tsv.gz", "rt") as file:
        rows = [line.split("\t") for line in file]
    assert {tuple(row[3:]) for row in rows} == {("CellA-1", "1\n")}
    assert list(dict.fromkeys(row[0] for row in rows)) == list(small.sizes)
    with pyBigWig.open(str(small.output / "CellA_atac.bw")) as track:
        for name, size in small.sizes.items():
            ends = [(int(row[1]), int(row[2])) for row in rows if row[0] == name]
            assert all(start < end for start, end in ends)
            depth = np.zeros(size + 1, np.int64)
            for cut in (place for start, end in ends for place in (start, end - 1)):
                depth[max(cut - 20, 0)] += 1
                depth[min(cut + 20, size)] -= 1
            depth = np.cumsum(depth)[:-1]
            signal = np.nan_to_num(track.values(name, 0, size, numpy=True))
            below = (signal > 0) & (signal < 1)
            # The last cut of an odd number is in the signal alone.
            ratio = depth[below] / signal[below]
            assert np.mean(np.abs(ratio - np.median(ratio)) < 1e-3) > 0.999


def test_meta_file(small: SimulatedSet) -> None:
    header = small.meta_file.read_text().splitlines()[0]
    assert header.split("\t") == [
        "Cell_Line",
        "TF",
        "CHIP_Peak_Counts",
        "Binding_File",
        "CHIP_Peaks",
        "ATAC_Signal_File",
        "ATAC_Peaks",
        "Train_Test_Label",
    ]
    rows = read_meta(small)
    assert [row["Train_Test_Label"] for row in rows] == ["Train", "Train", "Test"]
    assert {row["TF"] for row in rows} == {"SIMTF"}
    for row in rows:
        for column in ("Binding_File", "CHIP_Peaks", "ATAC_Signal_File", "ATAC_Peaks"):
            assert not Path(row[column]).is_absolute()
            assert (small.output / row[column]).is_file()
        counts = {
            column: len((small.output / row[column]).read_text().splitlines())
            for column in ("CHIP_Peaks", "ATAC_Peaks")
        }
        assert int(row["CHIP_Peak_Counts"]) == counts["CHIP_Peaks"] == small.chip_peaks[row["Cell_Line"]]
        assert counts["ATAC_Peaks"] == small.atac_peaks[row["Cell_Line"]]
        assert small.bound_sites[row["Cell_Line"]] >= counts["CHIP_Peaks"] > 50


def test_sizes_agree(small: SimulatedSet) -> None:
    genome = py2bit.open(str(small.sequence), True)
    assert genome.chroms() == dict(small.sizes)
    text = dict(line.split("\t") for line in small.chrom_sizes.read_text().splitlines())
    assert {name: int(size) for name, size in text.items()} == dict(small.sizes)
    assert sum(small.sizes.values()) == SMALL
    for row in read_meta(small):
        for column in ("Binding_File", "ATAC_Signal_File"):
            with pyBigWig.open(str(small.output / row[column])) as track:
                assert track.chroms() == dict(small.sizes)


def test_genome_has_n_runs_masks_and_natural_composition(small: SimulatedSet, chroms: dict[str, Chrom]) -> None:
    genome = py2bit.open(str(small.sequence), True)
    for name, size in small.sizes.items():
        n_runs = genome.hardMaskedBlocks(name)
        assert len(n_runs) >= 3
        assert n_runs[0][0] == 0
        assert n_runs[-1][1] == size
        masked = sum(end - start for start, end in genome.softMaskedBlocks(name))
        assert 0.1 < masked / size < 0.5
        sequence = chroms[name].sequence
        # py2bit reports masks from the file and letters from the sequence: both say the same
        assert sequence.count("N") + sequence.count("n") == sum(end - start for start, end in n_runs)
        upper = sequence.upper()
        share = {base: upper.count(base) / size for base in "ACGT"}
        assert 0.36 < share["C"] + share["G"] < 0.5
        assert upper.count("CG") / size < 0.6 * share["C"] * share["G"]
        windows = [upper[start : start + 20_000] for start in range(0, size - 20_000, 20_000)]
        gc = [(window.count("G") + window.count("C")) / 20_000 for window in windows if "N" not in window]
        assert np.std(gc) > 3 * np.sqrt(0.24 / 20_000)  # isochores, more than chance


def test_blacklist_is_sorted_and_free_of_signal(small: SimulatedSet) -> None:
    rows = [line.split("\t") for line in small.blacklist.read_text().splitlines()]
    intervals = [(name, int(start), int(end)) for name, start, end in rows]
    genome = py2bit.open(str(small.sequence), True)
    for name, size in small.sizes.items():
        own = [(start, end) for chrom, start, end in intervals if chrom == name]
        assert all(0 <= start < end <= size for start, end in own)
        assert all(before[1] < after[0] for before, after in zip(own, own[1:], strict=False))
        covered = cover(size, own)
        assert all(covered[start:end].all() for start, end in genome.hardMaskedBlocks(name))
        with pyBigWig.open(str(small.output / "CellA_atac.bw")) as track:
            for start, end in own:
                if end - start > 40:  # a cut beside it reaches 20 bp into it
                    assert not np.nan_to_num(track.values(name, start + 20, end - 20, numpy=True)).any()


def test_peak_files_are_sound_narrow_peaks(small: SimulatedSet) -> None:
    order = list(small.sizes)
    for path in small.output.glob("*.narrowPeak"):
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        assert {len(row) for row in rows} == {10}
        places = [(order.index(row[0]), int(row[1])) for row in rows]
        assert places == sorted(places)
        assert len({row[3] for row in rows}) == len(rows)
        for row in rows:
            start, end, summit = int(row[1]), int(row[2]), int(row[9])
            assert 0 <= start < end <= small.sizes[row[0]]
            assert 0 <= summit < end - start
            assert 0 <= int(row[4]) <= 1000


def test_tracks_are_scaled_and_binding_is_the_peaks(small: SimulatedSet, chroms: dict[str, Chrom]) -> None:
    for row in read_meta(small):
        top = 0.0
        for name, size in small.sizes.items():
            with pyBigWig.open(str(small.output / row["ATAC_Signal_File"])) as track:
                values = track.values(name, 0, size, numpy=True)
            assert np.isnan(values).mean() > 0.2  # zeros are left out
            assert np.nanmin(values) > 0
            top = max(top, float(np.nanmax(values)))
            with pyBigWig.open(str(small.output / row["Binding_File"])) as track:
                bound = np.nan_to_num(track.values(name, 0, size, numpy=True))
            np.testing.assert_array_equal(bound == 1, cover(size, chroms[name].chip[row["Cell_Line"]]))
            assert set(np.unique(bound)) == {0.0, 1.0}
        assert top == 1.0


def test_dense_tracks_hold_the_same_values(tmp_path: Path) -> None:
    config = SimulateConfig(tmp_path / "sparse", size=1_500_000, chroms=("chr1", "chr2"), cell_types=2)
    runs, dense = simulate(config), simulate(replace(config, output=tmp_path / "dense", dense=True))
    for path in sorted(runs.output.iterdir()):
        other = dense.output / path.name
        if path.suffix != ".bw":
            assert filecmp.cmp(path, other, shallow=False) or path.name == "README.txt"
            continue
        with pyBigWig.open(str(path)) as sparse, pyBigWig.open(str(other)) as every_base:
            for name, size in runs.sizes.items():
                values = every_base.values(name, 0, size, numpy=True)
                assert not np.isnan(values).any()
                np.testing.assert_array_equal(np.nan_to_num(sparse.values(name, 0, size, numpy=True)), values)


# One seed, one set of bytes.


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    config = SimulateConfig(tmp_path / "one", size=1_000_000, chroms=("chrA", "chrB", "chrC"), seed=7)
    first = digests(simulate(config).output)
    assert digests(simulate(replace(config, output=tmp_path / "two")).output) == first
    other = digests(simulate(replace(config, output=tmp_path / "three", seed=8)).output)
    assert {name for name in first if first[name] == other[name]} <= {"genome.chrom.sizes"}


def test_more_cell_types_leave_the_background_of_the_genome_alone(tmp_path: Path) -> None:
    config = SimulateConfig(tmp_path / "three", size=1_000_000, chroms=("chrA",))
    three = simulate(config)
    five = simulate(replace(config, output=tmp_path / "five", cell_types=5))
    assert five.cell_types == ("CellA", "CellB", "CellC", "CellD", "CellE")
    assert three.motif.read_bytes() == five.motif.read_bytes()
    assert three.blacklist.read_bytes() == five.blacklist.read_bytes()
    assert [row["Train_Test_Label"] for row in read_meta(five)] == ["Train"] * 4 + ["Test"]


# Odd sets.


@pytest.mark.parametrize(
    "names",
    [("chrOnly",), ("b", "a"), HG38, tuple(f"contig_{number}" for number in range(50))],
    ids=["one", "two", "hg38", "contigs"],
)
def test_any_chromosomes(tmp_path: Path, names: tuple[str, ...]) -> None:
    found = simulate(SimulateConfig(tmp_path / "set", size=1_000_003, chroms=names, tf="CTCF", cell_types=2, seed=3))
    genome = py2bit.open(str(found.sequence))
    assert tuple(genome.chroms()) == names == tuple(found.sizes)
    assert sum(genome.chroms().values()) == 1_000_003
    assert min(genome.chroms().values()) > 5 * 1024
    assert (tmp_path / "set" / "CTCF_CellA_binding.bw").is_file()
    split = (*found.training_chroms, *found.validation_chroms, *found.test_chroms)
    assert sorted(split) == sorted(names)
    for row in read_meta(found):
        for column in ("Binding_File", "ATAC_Signal_File"):
            with pyBigWig.open(str(found.output / row[column])) as track:
                assert all(np.nan_to_num(track.values(name, 0, 100, numpy=True)).max() <= 1 for name in names)


@pytest.mark.parametrize(
    ("count", "parts"),
    [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (8, (4, 2, 2)), (25, (21, 2, 2))],
)
def test_split(count: int, parts: tuple[int, int, int]) -> None:
    names = tuple(f"chr{number}" for number in range(count))
    split = split_chroms(names)
    assert tuple(map(len, split)) == parts
    assert sum(split, ()) == names


def test_chromosome_sizes_fall_and_add_up() -> None:
    sizes = list(chrom_sizes(200_000_001, HG38).values())
    assert sum(sizes) == 200_000_001
    assert sizes == sorted(sizes, reverse=True)
    assert 3 < sizes[0] / sizes[-1] < 8


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("6000000", 6_000_000),
        ("6_000_000", 6_000_000),
        ("6e6", 6_000_000),
        ("1.5E+7", 15_000_000),
        ("6M", 6_000_000),
        ("6m", 6_000_000),
        ("200Mb", 200_000_000),
        ("1.25 Mbp", 1_250_000),
        (".5G", 500_000_000),
        ("1500kb", 1_500_000),
    ],
)
def test_parse_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "Mb", "-6M", "6 T", "1.5", "6e-1", "1e6x", "nan", "1_000.0000001k"])
def test_parse_size_says_what_it_expects(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_size(text)


def test_all_problems_at_once_and_nothing_written(tmp_path: Path) -> None:
    config = SimulateConfig(tmp_path / "set", size=10, chroms=("chr1", "chr1", "a b"), tf="../x", cell_types=1, seed=-1)
    with pytest.raises(InputError) as caught:
        simulate(config)
    text = str(caught.value)
    for found in ("--size: found 10;", "chr1 twice", "'a b'", "'../x'", "--cell_types: found 1;", "--seed: found -1;"):
        assert found in text
    assert len(caught.value.problems) == 6
    assert not list(tmp_path.iterdir())


def test_too_many_chromosomes_for_the_size(tmp_path: Path) -> None:
    names = tuple(f"contig{number}" for number in range(51))
    with pytest.raises(InputError, match="51 names for 1,000,000 bp"):
        simulate(SimulateConfig(tmp_path / "set", size=1_000_000, chroms=names))


def test_folder_that_is_not_empty_is_refused_unless_forced(tmp_path: Path) -> None:
    mine = tmp_path / "notes.txt"
    mine.write_text("mine")
    config = SimulateConfig(tmp_path, size=1_000_000, chroms=("chr1",))
    with pytest.raises(InputError, match="not empty"):
        simulate(config)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    simulate(replace(config, force=True))
    before = digests(tmp_path)
    simulate(replace(config, force=True))
    assert digests(tmp_path) == before
    assert mine.read_text() == "mine"


def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("")
    with pytest.raises(InputError, match="found a file"):
        simulate(SimulateConfig(tmp_path / "set"))
    with pytest.raises(InputError, match="cannot be written"):
        simulate(SimulateConfig(tmp_path / "set" / "below"))


def test_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("maxatac.simulation.workflow._write_meta", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate(SimulateConfig(tmp_path / "set", size=1_000_000, chroms=("chr1",)))
    assert not list(tmp_path.iterdir())


# The parts, against plain loops.


@pytest.mark.parametrize(
    ("part", "name"), [("_write_genome", "sim"), ("_write_cell_type", "sim/CellA_fragments.tsv.gz")]
)
def test_disk_that_fills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, name: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    write = getattr(workflow, part)

    def limited(*arguments: Any) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        return write(*arguments)

    monkeypatch.setattr(workflow, part, limited)
    try:
        with pytest.raises(OSError) as caught:
            simulate(SimulateConfig(tmp_path / "sim", size=1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_twobit_bytes(tmp_path: Path) -> None:
    path = tmp_path / "tiny.2bit"
    none = np.empty((0, 2), np.int64)
    with TwoBitWriter(path, ["a", "bc"]) as genome:
        genome.add(np.array([0, 1, 2, 3, 3], np.uint8), np.array([[4, 5]]), np.array([[1, 3]]))
        genome.add(np.array([2], np.uint8), none, none)
    header = (
        struct.pack("<4I", 0x1A412743, 0, 2, 0) + b"\x01a" + struct.pack("<I", 29) + b"\x02bc" + struct.pack("<I", 63)
    )
    first = struct.pack("<9I", 5, 1, 4, 1, 1, 1, 2, 0, 0)[:32] + bytes([0b10_01_11_00, 0b00_00_00_00])
    second = struct.pack("<4I", 1, 0, 0, 0) + bytes([0b11_00_00_00])
    assert path.read_bytes() == header + first + second
    handle = py2bit.open(str(path), True)
    assert handle.sequence("a") == "AcgTN"
    assert handle.sequence("bc") == "G"


def test_twobit_wants_every_sequence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 sequences written, 1 announced"), TwoBitWriter(tmp_path / "x", ["a"]):
        pass


def test_depth_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    size = 400
    cuts = np.sort(rng.integers(0, size, 60))
    cuts = cuts[(cuts < 150) | (cuts > 280)]
    depth = np.zeros(size, int)
    for cut in cuts:
        depth[max(0, cut - 20) : cut + 20] += 1
    runs = depth_runs(cuts, size)
    drawn = np.zeros(size, int)
    for start, end, value in zip(runs.start, runs.end, runs.value, strict=True):
        assert not drawn[start:end].any()
        drawn[start:end] = value
    np.testing.assert_array_equal(drawn, depth)
    assert ((runs.start[1:] > runs.end[:-1]) | (runs.value[1:] != runs.value[:-1])).all()

    bases = add_depths(np.zeros(1, np.int64), runs)
    top = percentile_depth(bases)
    assert top == np.percentile(depth[depth > 0], 99, method="inverted_cdf")
    expected = np.minimum(depth / top, 1)
    assert mean_signal(bases, top, size) == pytest.approx(expected.mean())
    signal = np.zeros(size)
    scaled = scale(runs, top)
    for start, end, value in zip(scaled.start, scaled.end, scaled.value, strict=True):
        signal[start:end] = value
    np.testing.assert_allclose(signal, expected, rtol=1e-6)
    both = add_depths(bases, runs)
    np.testing.assert_array_equal(both, 2 * bases)


def test_no_cuts() -> None:
    runs = depth_runs(np.empty(0, np.int64), 100)
    bases = add_depths(np.zeros(1, np.int64), runs)
    assert len(runs.start) == 0
    assert percentile_depth(bases) == 1
    assert mean_signal(bases, 1, 100) == 0
    assert len(scale(runs, 1).start) == 0


def test_intervals_against_a_loop() -> None:
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 180, 12)
    intervals = np.stack((starts, starts + rng.integers(1, 15, 12)), axis=1)
    covered = cover(200, [(int(start), int(end)) for start, end in intervals])
    merged = merge(intervals)
    np.testing.assert_array_equal(cover(200, [(int(start), int(end)) for start, end in merged]), covered)
    assert (merged[1:, 0] > merged[:-1, 1]).all()
    np.testing.assert_array_equal(contains(merged, np.arange(200)), covered)
    first = rng.integers(0, 190, 300)
    last = first + rng.integers(1, 10, 300)
    expected = [covered[start:end].any() for start, end in zip(first, last, strict=True)]
    np.testing.assert_array_equal(overlaps(merged, first, last), expected)
    assert merge(np.array([[0, 5], [7, 9], [20, 21]]), 2).tolist() == [[0, 9], [20, 21]]
    assert len(merge(np.empty((0, 2), np.int64))) == 0
    positions, offsets = expand(np.array([5, 50]), np.array([3, 2]))
    assert positions.tolist() == [5, 6, 7, 50, 51]
    assert offsets.tolist() == [0, 1, 2, 0, 1]


# The command.


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser()
    command.add_parser(root.add_subparsers())
    return root


def test_command_writes_and_says_what_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "my set"
    arguments = ["simulate", str(output), "--size", "1.2M", "--chroms", "chr1", "chr2", "chr3", "--tf", "MYC", "--seed"]
    namespace = parser().parse_args([*arguments, "5", "--cell_types", "2", "--dense"])
    assert namespace.run(namespace) == 0
    printed = capsys.readouterr().out
    assert "1,200,000 bp" in printed
    words = shlex.split(printed.splitlines()[-1])
    assert words[:2] == ["maxatac", "train"]
    assert Path(words[words.index("--sequence") + 1]) == output / "genome.2bit"
    assert words[words.index("--tchroms") + 1] == "chr1"
    assert words[words.index("--vchroms") + 1] == "chr2"
    readme = (output / "README.txt").read_text()
    assert "seed        5" in readme
    assert "dense" in readme
    assert (output / "MYC_CellB_binding.bw").is_file()


def test_command_defaults_are_those_of_the_config(tmp_path: Path) -> None:
    namespace = parser().parse_args(["simulate", str(tmp_path)])
    config = SimulateConfig(tmp_path)
    for name in ("output", "size", "tf", "cell_types", "dense", "seed", "force"):
        assert getattr(namespace, name) == getattr(config, name)
    assert tuple(namespace.chroms) == config.chroms


def test_command_says_what_a_size_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["simulate", "x", "--size", "many"])
    assert "found 'many'; expected a length in bp" in capsys.readouterr().err


def test_one_chromosome_is_not_offered_for_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    namespace = parser().parse_args(["simulate", str(tmp_path / "set"), "--size", "1M", "--chroms", "chr1"])
    namespace.run(namespace)
    printed = capsys.readouterr().out
    assert "maxatac train" not in printed
    assert "three or more" in printed

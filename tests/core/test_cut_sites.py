"""Cut sites, their coverage, tracks and BED files, beside plain numpy, pyBigWig and bedtools."""

from __future__ import annotations

import errno
import gzip
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maxatac._core import BigWigWriter, CutSites
from maxatac.errors import RegionError, TrackError
from maxatac.genome.spans import Spans, contains, merge

NONE = np.empty((0, 2), np.int64)


def spans(*rows: tuple[int, int]) -> Spans:
    return np.array(rows, np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class Expected:
    """The coverage of a chromosome, computed base by base."""

    depth: NDArray[np.int64]
    inside: int
    near: int

    @classmethod
    def of(cls, positions: NDArray[np.int64], length: int, slop: int, without: Spans) -> Expected:
        blocked = np.zeros(length, bool)
        for start, end in without:
            blocked[start:end] = True
        depth = np.zeros(length, np.int64)
        inside = near = 0
        for position in positions.tolist():
            window = slice(max(0, position - slop), max(0, position + slop + 1))
            if not blocked[window].any():
                depth[window] += 1
            elif contains(without, np.array([position]))[0]:
                inside += 1
            else:
                near += 1
        return cls(depth, inside, near)

    def runs(self) -> list[tuple[int, int, int]]:
        borders = [0, *(np.flatnonzero(np.diff(self.depth)) + 1).tolist(), len(self.depth)]
        found = zip(borders[:-1], borders[1:], self.depth[borders[:-1]].tolist(), strict=True)
        return [run for run in found if run[2]]


def gathered(
    folder: Path, sizes: dict[str, int], sites: dict[str, list[int]], memory: int = 1 << 20, threads: int = 2
) -> CutSites:
    store = CutSites(sizes, temp_dir=folder, memory=memory, threads=threads)
    for chrom, positions in sites.items():
        store.add(0, chrom, np.array(positions, np.int64), np.zeros(len(positions), bool))
    store.finish()
    return store


def track_of(
    store: CutSites, path: Path, sizes: dict[str, int], *, slop: int, factor: float, group: int = 0,
    without: Spans = NONE, clip: float | None = None, threads: int = 1,
) -> dict[str, list[tuple[int, int, float]]]:  # fmt: skip
    writer = BigWigWriter(path, sizes, threads=threads)
    for chrom in sorted(sizes):
        store.write_track(writer, group, chrom, slop=slop, factor=factor, without=without, clip=clip)
    writer.close()
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == sizes
        return {chrom: list(track.intervals(chrom) or ()) for chrom in sizes}


LENGTH = 300


@settings(max_examples=100)
@given(
    positions=st.lists(st.integers(-6, LENGTH + 5), max_size=60),
    slop=st.integers(0, 30),
    blocked=st.lists(st.tuples(st.integers(0, LENGTH), st.integers(0, 40)), max_size=4),
    memory=st.sampled_from([0, 1 << 20]),
)
def test_coverage_is_that_of_every_base(
    tmp_path_factory: pytest.TempPathFactory,
    positions: list[int],
    slop: int,
    blocked: list[tuple[int, int]],
    memory: int,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    without = merge(spans(*((start, min(start + size, LENGTH)) for start, size in blocked)))
    without = without[without[:, 0] < without[:, 1]]
    store = gathered(folder, {"chr1": LENGTH}, {"chr1": positions}, memory)
    expected = Expected.of(np.array(positions, np.int64), LENGTH, slop, without)

    found = store.counts(0, "chr1", slop=slop, without=without)
    values, bases = np.unique(expected.depth[expected.depth > 0], return_counts=True)
    assert (found["values"].tolist(), found["bases"].tolist()) == (values.tolist(), bases.tolist())
    assert (found["sites"], found["in_blacklist"]) == (len(positions), expected.inside)
    assert found["near_blacklist"] == expected.near
    beyond = [position for position in positions if position + slop < 0 or position - slop >= LENGTH]
    assert found["outside"] == len(beyond)

    runs = track_of(store, folder / "x.bw", {"chr1": LENGTH}, slop=slop, factor=0.3, without=without)
    scaled = [(start, end, float(np.float32(0.3 * count))) for start, end, count in expected.runs()]
    assert runs["chr1"] == scaled
    assert list(folder.iterdir()) == [folder / "x.bw"]


@pytest.mark.parametrize("memory", [0, 5000, 1 << 20])
@pytest.mark.parametrize("threads", [1, 3])
def test_sites_are_kept_apart_by_group_and_chromosome(tmp_path: Path, memory: int, threads: int) -> None:
    # Tiles of 4 Mb, and positions above 2^31.
    sizes = {"chr1": 30_000_000, "empty": 5, "long": 3_200_000_000}
    random = np.random.default_rng(1)
    store = CutSites(sizes, temp_dir=tmp_path, memory=memory, threads=threads, groups=3)
    added: dict[tuple[int, str], list[tuple[int, bool]]] = {}
    for number in range(60):
        group, chrom = number % 3 // 2 * 2, ("chr1", "long")[number % 2]
        positions = random.integers(-4, sizes[chrom] + 4, 50)
        reverse = random.random(50) < 0.5
        store.add(group, chrom, positions, reverse)
        added.setdefault((group, chrom), []).extend(zip(positions.tolist(), reverse.tolist(), strict=True))
    store.finish()
    store.finish()
    for group in range(3):
        for chrom in sizes:
            expected = sorted(added.get((group, chrom), []))
            positions, reverse = store.sites(group, chrom)
            assert list(zip(positions.tolist(), reverse.tolist(), strict=True)) == expected
            assert store.count(group, chrom) == len(expected)
    at_the_end = store.counts(0, "long", slop=20, without=NONE)
    assert at_the_end["bases"].sum() == 41 * len(added[0, "long"])


def test_one_site_on_a_chromosome_of_3_gigabases(tmp_path: Path) -> None:
    sizes = {"chr1": 3_200_000_000}
    store = gathered(tmp_path, sizes, {"chr1": [3_000_000_000, 2**29 + 10]})
    runs = track_of(store, tmp_path / "x.bw", sizes, slop=20, factor=1.0)["chr1"]
    # pyBigWig gives positions from 2^31 on as negative numbers.
    found = [(start % 2**32, end % 2**32, value) for start, end, value in runs]
    expected = [(2**29 - 10, 2**29 + 31, 1.0), (2_999_999_980, 3_000_000_021, 1.0)]
    assert found == expected


def test_a_window_over_the_border_of_two_tiles(tmp_path: Path) -> None:
    border = 1 << 22
    sites = [border - 1024 + offset for offset in (-30, -20, -1, 0, 1, 19, 20, 60)]
    sizes = {"chr1": border + 5000}
    store = gathered(tmp_path, sizes, {"chr1": sites})
    runs = track_of(store, tmp_path / "x.bw", sizes, slop=20, factor=1.0)["chr1"]
    assert runs == Expected.of(np.array(sites), sizes["chr1"], 20, NONE).runs()


def test_chromosomes_without_sites_are_in_the_track(tmp_path: Path) -> None:
    sizes = {"chr1": 100, "chr2": 2000, "chr3": 30}
    store = gathered(tmp_path, sizes, {"chr1": [50]})
    assert track_of(store, tmp_path / "x.bw", sizes, slop=2, factor=1.0) == {
        "chr1": [(48, 53, 1.0)],
        "chr2": [],
        "chr3": [],
    }


def test_values_are_rounded_once_and_runs_are_joined_by_count(tmp_path: Path) -> None:
    sizes = {"chr1": 100}
    # Counts 1, 2, 1 side by side, times a factor that is tiny; two windows that only touch.
    store = gathered(tmp_path, sizes, {"chr1": [10, 13, 40, 45, 97]})
    path = tmp_path / "x.bw"
    tiny, twice = float(np.float32(1e-9)), float(np.float32(2e-9))
    expected = [(8, 11, tiny), (11, 13, twice), (13, 16, tiny), (38, 48, tiny), (95, 100, tiny)]
    assert track_of(store, path, sizes, slop=2, factor=1e-9)["chr1"] == expected
    # Over 20 M reads: a factor below 1, and no value of 0.
    assert min(value for *_, value in track_of(store, path, sizes, slop=2, factor=20e6 / 3e9)["chr1"]) > 0
    # What is clipped is one interval.
    clipped = [(8, 16, 1.0), (38, 48, 1.0), (95, 100, 1.0)]
    assert track_of(store, path, sizes, slop=2, factor=1.5, clip=1.0)["chr1"] == clipped
    # Too small for a float: no data.
    assert track_of(store, path, sizes, slop=2, factor=1e-60)["chr1"] == []


def test_a_base_with_more_sites_than_a_float_can_count(tmp_path: Path) -> None:
    store = CutSites({"chr1": 10}, temp_dir=tmp_path, memory=1 << 30)
    part = np.full(1 << 21, 5)
    for _ in range(8):
        store.add(0, "chr1", part, np.zeros(len(part), bool))
    store.add(0, "chr1", np.array([5, 6]), np.zeros(2, bool))
    store.finish()
    found = store.counts(0, "chr1", slop=0, without=NONE)
    assert (found["values"].tolist(), found["bases"].tolist()) == ([1, 16_777_217], [1, 1])
    runs = track_of(store, tmp_path / "x.bw", {"chr1": 10}, slop=0, factor=1.0)
    assert runs["chr1"] == [(5, 6, 16_777_216.0), (6, 7, 1.0)]


def test_threads_and_memory_do_not_change_the_bytes(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    sizes = {"chr1": 10_000_000}
    positions = random.integers(0, sizes["chr1"], 150_000)
    reverse = random.random(len(positions)) < 0.5
    names = [b"r%d" % (number // 2) for number in range(len(positions))]
    found = set()
    for threads, memory, order in [(1, 1 << 30, 1), (2, 300_000, -1), (5, 20_000, 1)]:
        store = CutSites(sizes, temp_dir=tmp_path, memory=memory, threads=threads, with_labels=True)
        for part in np.array_split(np.arange(len(positions))[::order], 1 if memory > 20_000 else 40):
            here = [names[number] for number in part]
            store.add(0, "chr1", positions[part], reverse[part], names=here, quality=60)
        store.finish()
        track_of(store, tmp_path / "x.bw", sizes, slop=20, factor=0.1, threads=threads)
        store.write_bed(tmp_path / "x.bed.gz", 0, {"chr1": spans((500, 70_000))}, slop=20)
        found.add(((tmp_path / "x.bw").read_bytes(), (tmp_path / "x.bed.gz").read_bytes()))
    assert len(found) == 1


@pytest.fixture
def labelled(tmp_path: Path) -> Iterator[CutSites]:
    store = CutSites({"chr2": 60, "chr10": 100}, temp_dir=tmp_path, memory=0, with_labels=True)
    store.add(0, "chr10", np.array([30, 2, 99, 30]), np.array([True, False, True, False]),
              names=[b"b", b"a", b"d/2", b"c"], quality=255)  # fmt: skip
    store.add(0, "chr10", np.array([30, 30, 50]), np.array([True, True, False]), names=[b"a", b"a", b""])
    store.add(0, "chr2", np.array([7, 60]), np.array([False, True]), names=[b"x", b"y"], quality=3)
    store.finish()
    yield store


BED6 = """\
chr10 2 3 a 255 +
chr10 30 31 c 255 +
chr10 30 31 a 0 -
chr10 30 31 a 0 -
chr10 30 31 b 255 -
chr10 99 100 d/2 255 -
chr2 7 8 x 3 +
"""


def test_bed_of_sites_and_of_windows(labelled: CutSites, tmp_path: Path) -> None:
    path = tmp_path / "x.bed.gz"
    without = {"chr2": NONE, "chr10": spans((45, 52))}
    assert labelled.write_bed(path, 0, without) == 7
    assert gzip.decompress(path.read_bytes()).decode() == BED6.replace(" ", "\t")
    assert labelled.write_bed(path, 0, without, slop=14, columns=4) == 8
    expected = ["chr10 0 17 a", "chr10 85 100 d/2", "chr2 0 22 x", "chr2 46 60 y"]
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert [line.replace("\t", " ") for line in lines if "\t16\t" not in line] == expected
    # Without its blacklist, and without a name.
    assert labelled.write_bed(path, 0, {"chr10": NONE}, columns=4) == 7
    assert b"chr10\t50\t51\t.\n" in gzip.decompress(path.read_bytes())


def test_bed_is_bgzf(labelled: CutSites, tmp_path: Path) -> None:
    path = tmp_path / "x.bed.gz"
    labelled.write_bed(path, 0, {})
    assert path.read_bytes().hex() == "1f8b08040000000000ff0600424302001b0003000000000000000000"
    if shutil.which("bgzip"):
        labelled.write_bed(path, 0, {"chr2": NONE})
        assert subprocess.run(["bgzip", "-t", path], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is not installed")
def test_bedtools_makes_the_same_windows_and_runs(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    sizes = {"chr1": 5000, "chr2": 90}
    without = {"chr1": spans((100, 130), (2000, 2001)), "chr2": spans((0, 3))}
    store = CutSites(sizes, temp_dir=tmp_path, memory=1 << 20, with_labels=True)
    for chrom, size in sizes.items():
        positions = random.integers(0, size, 200)
        names = [b"r%d" % number for number in range(200)]
        store.add(0, chrom, positions, random.random(200) < 0.5, names=names, quality=30)
    store.finish()
    everything = dict.fromkeys(sizes, NONE)
    store.write_bed(tmp_path / "all.bed.gz", 0, everything)
    store.write_bed(tmp_path / "slop.bed.gz", 0, without, slop=20)
    (tmp_path / "sizes").write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    rows = [f"{chrom}\t{start}\t{end}\n" for chrom, part in without.items() for start, end in part]
    (tmp_path / "black.bed").write_text("".join(rows))

    def bedtools(*arguments: str) -> str:
        command = ["bedtools", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    (tmp_path / "slopped.bed").write_text(bedtools("slop", "-b", "20", "-i", "all.bed.gz", "-g", "sizes"))
    kept = bedtools("intersect", "-v", "-a", "slopped.bed", "-b", "black.bed")
    assert gzip.decompress((tmp_path / "slop.bed.gz").read_bytes()).decode() == kept
    (tmp_path / "kept.bed").write_text(kept)
    graph = bedtools("genomecov", "-bg", "-i", "kept.bed", "-g", "sizes")
    for chrom in sizes:
        path = tmp_path / f"{chrom}.bw"
        writer = BigWigWriter(path, sizes)
        store.write_track(writer, 0, chrom, slop=20, factor=1.0, without=without[chrom])
        writer.close()
        with pyBigWig.open(str(path)) as track:
            lines = [f"{chrom}\t{start}\t{end}\t{value:g}" for start, end, value in track.intervals(chrom)]
        assert lines == [line for line in graph.splitlines() if line.startswith(f"{chrom}\t")]


def test_what_cannot_be_done(tmp_path: Path) -> None:
    sizes = {"chr1": 100}
    one, strand = np.array([5]), np.array([False])
    for threads, groups in [(0, 1), (1, 0)]:
        with pytest.raises(ValueError, match="1 or more"):
            CutSites(sizes, temp_dir=tmp_path, memory=0, threads=threads, groups=groups)
    with pytest.raises(ValueError, match="wheat"):
        CutSites({"wheat": 2**32}, temp_dir=tmp_path, memory=0)

    store = CutSites(sizes, temp_dir=tmp_path, memory=0)
    with pytest.raises(ValueError, match="not finished"):
        store.count(0, "chr1")
    with pytest.raises(KeyError, match="chr2"):
        store.add(0, "chr2", one, strand)
    with pytest.raises(ValueError, match="2 strands"):
        store.add(0, "chr1", one, np.array([False, True]))
    store.add(0, "chr1", one, strand)
    store.finish()
    with pytest.raises(ValueError, match="after finish"):
        store.add(0, "chr1", one, strand)
    with pytest.raises(ValueError, match="group 1"):
        store.sites(1, "chr1")
    with pytest.raises(ValueError, match="labels"):
        store.write_bed(tmp_path / "x.bed.gz", 0, {"chr1": NONE})
    with pytest.raises(ValueError, match="4 or 6"):
        store.write_bed(tmp_path / "x.bed.gz", 0, {"chr1": NONE}, columns=5)
    for factor, clip in [(0.0, None), (np.nan, None), (np.inf, None), (-1.0, None), (1.0, 0.0)]:
        writer = BigWigWriter(tmp_path / "x.bw", sizes)
        with pytest.raises(ValueError, match="above 0"):
            store.write_track(writer, 0, "chr1", slop=20, factor=factor, without=NONE, clip=clip)
        with pytest.raises(ValueError, match="after an error"):
            writer.close()
    writer = BigWigWriter(tmp_path / "x.bw", {"chr2": 100})
    with pytest.raises(TrackError, match="chr1"):
        store.write_track(writer, 0, "chr1", slop=20, factor=1.0, without=NONE)


def test_after_an_error_the_sites_are_not_used(tmp_path: Path) -> None:
    for positions in ([5, 2000], [-1025]):
        store = CutSites({"chr1": 100}, temp_dir=tmp_path, memory=0)
        with pytest.raises(RegionError, match="100 bp"):
            store.add(0, "chr1", np.array(positions), np.zeros(len(positions), bool))
        for call in (store.finish, lambda store=store: store.sites(0, "chr1")):
            with pytest.raises(ValueError, match="after an error"):
                call()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    store = CutSites({"chr1": 100}, temp_dir=folder, memory=0)
    with pytest.raises(FileNotFoundError) as caught:
        store.add(0, "chr1", np.array([5]), np.array([False]))
    assert caught.value.filename == str(folder)


def in_a_process(code: str, *arguments: object) -> list[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return run.stdout.splitlines()


# Files may not grow beyond a limit: what a full disk does.
LIMITED = """
import os, resource, signal, sys
import numpy as np
from maxatac._core import CutSites
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
store = CutSites({"chr1": 10_000_000}, temp_dir=sys.argv[1], memory=30_000)
part = np.arange(10_000)
try:
    for _ in range(10):
        store.add(0, "chr1", part, part % 2 == 0)
except OSError as error:
    print(error.errno, error.filename, os.listdir(sys.argv[1]))
"""


def test_a_full_folder_is_named_and_left_empty(tmp_path: Path) -> None:
    assert in_a_process(LIMITED, tmp_path) == [f"{errno.EFBIG} {tmp_path} []"]


MANY_GROUPS = """
import resource, sys
import numpy as np
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from maxatac._core import CutSites
sizes = {f"contig{number}": 1000 for number in range(20_000)}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store = CutSites(sizes, temp_dir=sys.argv[1], memory=1_000_000, groups=200)
for number, chrom in enumerate(sizes):
    for group in (number % 200, 199):
        store.add(group, chrom, np.array([number % 1000, 3]), np.array([False, True]))
store.finish()
none = np.empty((0, 2), np.int64)
print(sum(store.counts(199, chrom, slop=0, without=none)["sites"] for chrom in sizes))
print(store.sites(7, "contig207")[0].tolist(), store.count(8, "contig207"))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_200_groups_on_20000_contigs_with_few_open_files(tmp_path: Path) -> None:
    total, sites, megabytes = in_a_process(MANY_GROUPS, tmp_path)
    assert (total, sites) == ("40200", "[3, 207] 0")
    assert int(megabytes) < 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64

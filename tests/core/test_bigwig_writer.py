"""The bigWig writer, beside pyBigWig, pybigtools, our own reader, and a walk over the bytes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pybigtools
import pyBigWig
import pytest
from core.bigwig_cases import CASES, Case, columns, noise
from core.bigwig_walk import Walked, walk
from hypothesis import given, settings
from hypothesis import strategies as st

from maxatac._core import BigWigWriter, Track
from maxatac.errors import TrackError

Written = tuple[Case, Path, Walked]


@pytest.fixture(scope="module", params=list(CASES))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    case = CASES[request.param]
    path = case.write(tmp_path_factory.mktemp("written") / "x.bw")
    return case, path, walk(path)


def test_structure_summary_and_zooms(written: Written) -> None:
    case, _, found = written
    assert found.chroms == case.sizes
    assert list(found.chroms) == sorted(case.sizes, key=str.encode)
    for chrom, items in found.intervals.items():
        expected = case.data.get(chrom)
        assert items == ([] if expected is None else list(zip(*(part.tolist() for part in expected), strict=True)))

    parts = [case.data[chrom] for chrom in sorted(case.data)]
    lengths = np.concatenate([ends - starts for starts, ends, _ in parts])
    values = np.concatenate([values for _, _, values in parts]).astype(np.float64)
    bases, least, most, total, squares = found.summary
    assert (bases, least, most) == (lengths.sum(), values.min(), values.max())
    assert [total, squares] == pytest.approx([(lengths * values).sum(), (lengths * values**2).sum()], rel=1e-12)
    assert bool(found.zooms) == (case.max_zooms > 0)
    assert len(found.zooms) <= case.max_zooms
    for records in found.zooms.values():
        assert int(records["bases"].sum(dtype=np.int64)) == bases
        assert (records["min"].min(), records["max"].max()) == (least, most)
        assert records["sum"].sum(dtype=np.float64) == pytest.approx(total, rel=1e-6)
        assert records["squares"].sum(dtype=np.float64) == pytest.approx(squares, rel=1e-6)


def test_every_record_of_every_level_is_what_lies_under_it(tmp_path: Path) -> None:
    starts = np.sort(np.random.default_rng(3).choice(200_000, 40_000, replace=False)) * 3
    case = Case({"a": 300_000, "b": 600_000}, {"b": (starts, starts + 2, noise(40_000))})
    zooms = walk(case.write(tmp_path / "x.bw")).zooms
    assert list(zooms) == [160 * 4**level for level in range(6)]
    bases = np.zeros(600_000)
    covered = np.zeros(600_000, bool)
    for offset in range(2):
        bases[starts + offset], covered[starts + offset] = case.data["b"][2], True
    for reduction, records in zooms.items():
        assert (records["chrom"] == 1).all()
        windows = records["start"] // reduction
        assert (windows == (records["end"] - 1) // reduction).all()
        assert (np.diff(windows.astype(np.int64)) > 0).all()
        for record in records[:: max(1, len(records) // 50)]:
            window = record["start"] // reduction * reduction
            inside = np.flatnonzero(covered[window : window + reduction]) + window
            assert (record["start"], record["end"], record["bases"]) == (inside[0], inside[-1] + 1, len(inside))
            values = bases[inside]
            assert [record["min"], record["max"]] == [values.min(), values.max()]
            assert [record["sum"], record["squares"]] == pytest.approx([values.sum(), (values**2).sum()], rel=1e-6)


def some_chroms(case: Case) -> list[str]:
    return list(case.sizes)[:: max(1, len(case.sizes) // 200)]


def test_our_reader_reads_the_same(written: Written) -> None:
    case, path, _ = written
    track = Track(path)
    assert track.chrom_sizes == case.sizes
    for chrom in some_chroms(case):
        expected = case.data.get(chrom, (np.empty(0),) * 3)
        for found, column in zip(track.intervals(chrom, 0, case.sizes[chrom]), expected, strict=True):
            np.testing.assert_array_equal(found, column)


def test_pybigwig_reads_the_same(written: Written) -> None:
    case, path, walked = written
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == case.sizes
        assert track.header()["nLevels"] == len(walked.zooms)
        for chrom in some_chroms(case):
            if chrom not in case.data:
                assert track.intervals(chrom) is None
                continue
            starts, ends, values = case.data[chrom]
            # It makes a tuple of each.
            for part in (slice(20_000), slice(max(0, len(starts) - 20_000), None)):
                items = track.intervals(chrom, int(starts[part][0]), int(ends[part][-1]))
                found = [np.array(column) for column in zip(*items, strict=True)]
                # Positions from 2^31 on come as negative numbers.
                np.testing.assert_array_equal(found[0] % 2**32, starts[part])
                np.testing.assert_array_equal(found[1] % 2**32, ends[part])
                np.testing.assert_array_equal(found[2], values[part])


def test_pybigtools_reads_the_same(written: Written) -> None:
    case, path, walked = written
    with pybigtools.open(str(path)) as track:
        assert track.chroms() == case.sizes
        assert sorted(track.zooms()) == list(walked.zooms)
        for chrom in some_chroms(case):
            items = list(track.records(chrom))
            expected = case.data.get(chrom, (np.empty(0),) * 3)
            for found, column in zip(np.array(items).reshape(-1, 3).T, expected, strict=True):
                np.testing.assert_array_equal(found, column)
            for reduction, records in walked.zooms.items():
                number = sorted(case.sizes, key=str.encode).index(chrom)
                records = records[records["chrom"] == number]
                told = [(start, end, of["bases_covered"], of["min_val"], of["max_val"], of["sum"])
                        for start, end, of in track.zoom_records(reduction, chrom)]  # fmt: skip
                names = ["start", "end", "bases", "min", "max", "sum"]
                assert told == [tuple(record[name] for name in names) for record in records]


def test_statistics_from_zooms_are_right_over_a_whole_chromosome(tmp_path: Path) -> None:
    case = CASES["one zoom level"]
    path = case.write(tmp_path / "x.bw")
    exact = float(case.data["chr1"][2].mean(dtype=np.float64))
    with pyBigWig.open(str(path)) as track:
        assert track.stats("chr1", type="mean")[0] == pytest.approx(exact, rel=1e-6)
        assert track.stats("chr1", type="max")[0] == case.data["chr1"][2].max()


def test_no_data_at_all(tmp_path: Path) -> None:
    sizes = {"chr2": 2000, "chr1": 1000}
    path = Case(sizes, {}).write(tmp_path / "x.bw")
    found = walk(path)
    assert (found.chroms, found.summary, found.zooms) == (sizes, (0, 0, 0, 0, 0), {})
    assert Track(path).intervals("chr2", 0, 2000)[0].tolist() == []
    with pybigtools.open(str(path)) as track:
        assert track.chroms() == sizes
        assert list(track.records("chr1")) == []
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == sizes
        assert track.intervals("chr1") is None


def test_shortest_form_of_each_block(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    writer = BigWigWriter(path, {"chr1": 2_000_000})
    gap = noise(3000)
    gap[1500] = np.nan
    writer.write_bins("chr1", 0, 32, gap)
    writer.write("chr1", *columns((96_000, 96_032, 1.0), (96_032, 96_040, 2.0)))
    writer.close()
    assert walk(path).kinds == [3, 2, 1]
    values = Track(path).values("chr1", 0, 96_040)
    np.testing.assert_array_equal(values[:96_000:32], gap)
    assert values[-9:].tolist() == [1.0] + [2.0] * 8


INTERVALS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 90), st.floats(width=32, allow_infinity=False)), max_size=60
)


@settings(max_examples=60)
@given(st.lists(INTERVALS, min_size=1, max_size=3), st.integers(0, 10))
def test_whatever_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, chroms: list[list[tuple[int, int, float]]], max_zooms: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.bw"
    sizes = {f"c{number}": 6000 for number in range(len(chroms))}
    writer = BigWigWriter(path, sizes, max_zooms=max_zooms)
    expected = {}
    for chrom, items in zip(sizes, chroms, strict=True):
        end, rows = 0, []
        for gap, length, value in items:
            rows.append((end + gap, end + gap + length, value))
            end += gap + length
        # In several calls.
        for part in (rows[:7], rows[7:]):
            if part:
                writer.write(chrom, *columns(*part))
        expected[chrom] = [row for row in rows if not np.isnan(row[2])]
    writer.close()
    with np.errstate(over="ignore"):
        assert walk(path).intervals == expected
    for chrom, rows in expected.items():
        found = Track(path).intervals(chrom, 0, 6000)
        assert list(zip(*(part.tolist() for part in found), strict=True)) == rows


def bad_writes() -> dict[str, tuple[Callable[[BigWigWriter], None], type[Exception], str]]:
    def written(*items: tuple[int, int, float], chrom: str = "chr1") -> Callable[[BigWigWriter], None]:
        return lambda writer: writer.write(chrom, *columns(*items))

    def back(writer: BigWigWriter) -> None:
        writer.write("chr2", *columns((0, 5, 1.0)))
        writer.write("chr10", *columns((0, 5, 1.0)))

    return {
        "unknown": (written((0, 5, 1.0), chrom="chr3"), TrackError, "no chromosome \"chr3\""),
        "order of chromosomes": (back, ValueError, "chr10 comes after chr2"),
        "overlap": (written((0, 5, 1.0), (4, 6, 1.0)), ValueError, "chr1:4-6"),
        "order": (written((10, 15, 1.0), (4, 6, 1.0)), ValueError, "chr1:4-6"),
        "empty": (written((5, 5, 1.0)), ValueError, "chr1:5-5"),
        "backwards": (written((5, 4, 1.0)), ValueError, "chr1:5-4"),
        "end": (written((990, 1001, 1.0)), ValueError, "1000 bp"),
        "infinite": (written((0, 5, 1.0), (5, 6, -np.inf)), ValueError, "chr1:5-6"),
        "negative": (written((-1, 5, 1.0)), ValueError, "-1"),
        "lengths": (lambda w: w.write("chr1", np.arange(2), np.arange(2), noise(3)), ValueError, "3 values"),
        "bins": (lambda w: w.write_bins("chr1", 0, 32, noise(32)), ValueError, "1024"),
        "no width": (lambda w: w.write_bins("chr1", 0, 0, noise(3)), ValueError, "chr1:0-0"),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(bad_writes()))
def test_what_cannot_be_written(tmp_path: Path, name: str) -> None:
    write, kind, words = bad_writes()[name]
    path = tmp_path / "x.bw"
    writer = BigWigWriter(path, {"chr1": 1000, "chr2": 1000, "chr10": 1000})
    with pytest.raises(kind, match=words):
        write(writer)
    if name not in ("negative", "lengths"):
        with pytest.raises(ValueError, match="after an error"):
            writer.close()
        with pytest.raises(TrackError):
            Track(path)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({}, "no chromosome"),
        ({"": 5}, '""'),
        ({"a\0b": 5}, "named"),
        ({"a\n": 5}, "named"),
        ({"chr1": 5, "wheat": 2**32}, "wheat is 4294967296 bp"),
    ],
)
def test_chromosomes_that_cannot_be_written(tmp_path: Path, sizes: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BigWigWriter(tmp_path / "x.bw", sizes)
    assert list(tmp_path.iterdir()) == []


def test_too_many_zoom_levels(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="11 zoom levels"):
        BigWigWriter(tmp_path / "x.bw", {"chr1": 5}, max_zooms=11)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_writer_leaves_no_bigwig(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    writer = BigWigWriter(path, {"chr1": 100_000_000})
    writer.write_bins("chr1", 0, 32, noise(500_000))
    assert path.stat().st_size > 1_000_000
    with pytest.raises(TrackError, match="magic number"):
        Track(path)
    del writer
    with pytest.raises(TrackError, match="magic number"):
        Track(path)


def test_trees_have_the_levels_that_they_need(tmp_path: Path) -> None:
    for count, levels in [(1, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 3)]:
        sizes = {f"contig{number}": 10 for number in range(count)}
        path = Case(sizes, {chrom: columns((5, 6, 1.5)) for chrom in sizes}).write(tmp_path / "x.bw")
        found = walk(path)
        assert (found.chrom_levels, found.index_levels, len(found.chroms)) == (levels, levels, count)
        assert all(rows == [(5, 6, 1.5)] for rows in found.intervals.values())


def test_nothing_after_close(tmp_path: Path) -> None:
    writer = BigWigWriter(tmp_path / "x.bw", {"chr1": 100})
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write_bins("chr1", 0, 1, noise(3))


# What the system refuses.


def test_paths_are_bytes(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe4\xff"))
    folder.mkdir()
    path = Case({"chr1": 100}, {"chr1": columns((3, 9, 0.5))}).write(folder / "x.bw")
    assert os.listdir(os.fsencode(folder)) == [b"x.bw"]
    assert walk(path).chroms == {"chr1": 100}


def refusals(folder: Path) -> dict[Path, int]:
    (folder / "folder").mkdir()
    (folder / "file").touch()
    return {
        folder / "gone" / "x.bw": errno.ENOENT,
        folder / "folder": errno.EISDIR,
        folder / "file" / "x.bw": errno.ENOTDIR,
        folder / ("x" * 300): errno.ENAMETOOLONG,
        Path("/proc/x.bw"): errno.ENOENT,
    }


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, number in refusals(tmp_path).items():
        with pytest.raises(OSError, match=".") as caught:
            BigWigWriter(path, {"chr1": 100})
        assert (caught.value.errno, caught.value.filename) == (number, str(path))


def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError):
        BigWigWriter(tmp_path / "x.bw", {"chr1": 100})


def test_a_device_that_is_always_full() -> None:
    writer = BigWigWriter("/dev/full", {"chr1": 100})
    with pytest.raises(OSError, match="/dev/full") as caught:
        writer.close()
    assert caught.value.errno == errno.ENOSPC


WRITE_LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from maxatac._core import BigWigWriter, Track
from maxatac.errors import TrackError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
values = np.random.default_rng(1).random(500_000, dtype=np.float32)
for size in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        writer = BigWigWriter(sys.argv[1], {"chr1": 100_000_000}, threads=1 + (size > 300_000))
        for start in range(0, len(values), 50_000):
            writer.write_bins("chr1", start * 32, 32, values[start : start + 50_000])
        writer.close()
    except OSError as error:
        print(error.errno, error.filename)
        try:
            Track(sys.argv[1])
        except TrackError:
            continue
    print("whole", Path(sys.argv[1]).stat().st_size)
"""


def test_a_file_that_may_not_grow_at_any_size(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def limited(*sizes: int) -> list[str]:
        command = [sys.executable, "-c", WRITE_LIMITED, str(path), *map(str, sizes)]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()

    whole = int(limited(1 << 30)[0].removeprefix("whole "))
    sizes = [0, 100, 400, 300_000, whole // 2, whole - 300_000, whole - 5, whole - 1]
    assert limited(*sizes, whole) == [f"{errno.EFBIG} {path}"] * len(sizes) + [f"whole {whole}"]

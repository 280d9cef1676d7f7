from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_set import DataSet
from writers import BedGraph, FixedStep, Section, VariableStep, dense, write_bigwig

from maxatac import Track
from maxatac.errors import RegionError, TrackError

NAN = float("nan")
INF = float("inf")
CHROMS = {"chr1": 60, "chr10": 40, "chr2": 50, "chrM": 17, "chrX": 20}
# All three kinds, values of all sorts, data up to both ends of chromosomes, a block of two chromosomes; chrX has none.
BLOCKS: list[list[Section]] = [
    [("chr1", BedGraph([(0, 3, 1.5), (3, 4, -2.0), (9, 12, 0.0)]))],
    [("chr1", VariableStep(2, [(14, 3.0), (18, NAN), (20, 4.25)]))],
    [("chr1", FixedStep(30, 5, 5, [1.0, 2.0, 3.0]))],
    [("chr1", FixedStep(46, 4, 1, [7.0, 8.0, INF, 9.5]))],
    [("chr10", BedGraph([(36, 40, 6.0)])), ("chr2", VariableStep(1, [(0, 5.0), (1, 5.5)]))],
    [("chr2", BedGraph([(5, 6, 0.25)]))],
    [("chrM", FixedStep(0, 1, 1, [0.5] * 17))],
]
FORMS = [
    (version, endian, compressed, children)
    for version, children in ((1, 2), (2, 3), (3, 4), (4, 256), (3, 2), (4, 3))
    for endian in "<>"
    for compressed in ((False,) if version < 3 else (True, False))
]


def items_of(blocks: list[list[Section]], chrom: str) -> list[tuple[int, int, float]]:
    return [item for sections in blocks for name, items in sections if name == chrom for item in items.intervals()]


def as_items(columns: tuple[np.ndarray[Any, Any], ...]) -> list[tuple[int, int, float]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(("version", "endian", "compressed", "children"), FORMS)
def test_every_interval_of_every_form_is_read(
    tmp_path: Path, version: int, endian: str, compressed: bool, children: int
) -> None:
    path = write_bigwig(
        tmp_path / "x.bw",
        CHROMS,
        BLOCKS,
        version=version,
        endian=endian,
        compressed=compressed,
        children=children,
    )
    track = Track(path)
    assert track.chrom_sizes == CHROMS
    assert track.path == str(path)
    assert repr(track) == f"Track({str(path)!r}, 5 chromosomes)"
    for name, size in CHROMS.items():
        stored = items_of(BLOCKS, name)
        wanted = dense(stored, size)
        for start in range(size + 1):
            for end in range(start, size + 1):
                values = track.values(name, start, end)
                assert values.dtype == np.float32
                np.testing.assert_array_equal(values, wanted[start:end])
        np.testing.assert_equal(as_items(track.intervals(name, 0, size)), stored)
        for start, end in ((2, 4), (3, 3), (10, 15), (size // 2, size)):
            np.testing.assert_equal(
                as_items(track.intervals(name, start, end)),
                [item for item in stored if item[0] < end and item[1] > start],
            )


@pytest.mark.parametrize(("version", "endian", "compressed", "children"), FORMS)
def test_the_writer_is_understood_by_others(
    tmp_path: Path, version: int, endian: str, compressed: bool, children: int
) -> None:
    form: dict[str, Any] = {"version": version, "endian": endian, "compressed": compressed, "children": children}
    # Others take one section out of a block.
    blocks = [[(name, items)] for sections in BLOCKS for name, items in sections]
    path = write_bigwig(tmp_path / "x.bw", CHROMS, blocks, **form)
    if endian == "<":
        with pyBigWig.open(str(path)) as other:
            assert other.chroms() == CHROMS
            for name, size in CHROMS.items():
                wanted = dense(items_of(BLOCKS, name), size)
                np.testing.assert_array_equal(other.values(name, 0, size, numpy=True), wanted)
    with pybigtools.open(str(path)) as third:
        for name in CHROMS:
            np.testing.assert_equal(list(third.records(name)), items_of(BLOCKS, name))


def test_no_data_is_not_zero(tmp_path: Path) -> None:
    path = write_bigwig(tmp_path / "x.bw", {"c": 12}, [[("c", BedGraph([(2, 4, 0.0), (4, 6, 1.0), (8, 10, -0.0)]))]])
    values = Track(path).values("c", 0, 12)
    np.testing.assert_array_equal(values, [NAN, NAN, 0, 0, 1, 1, NAN, NAN, 0, 0, NAN, NAN])
    assert values.flags.writeable


@st.composite
def tracks(draw: st.DrawFn) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Chromosome sizes, and calls of pyBigWig's addEntries, of one kind each or of several kinds in turn."""
    value = st.floats(-1e6, 1e6, width=32) | st.just(0.0)
    calls: list[dict[str, Any]] = []
    sizes = {}
    for name in [f"chr{number}" for number in range(draw(st.integers(1, 3)))]:
        at = draw(st.integers(0, 20))
        for _ in range(draw(st.integers(0, 4))):
            kind = draw(st.sampled_from(["bedGraph", "fixedStep", "variableStep"]))
            values = draw(st.lists(value, min_size=1, max_size=12))
            span = draw(st.integers(1, 9))
            if kind == "fixedStep":
                step = span + draw(st.integers(0, 5))
                calls.append({"args": [name, at], "values": values, "span": span, "step": step})
                at += step * len(values)
                continue
            gaps = draw(st.lists(st.integers(0, 9), min_size=len(values), max_size=len(values)))
            if kind == "variableStep":
                starts = [at + span * place + sum(gaps[: place + 1]) for place in range(len(values))]
                calls.append({"args": [name, starts], "values": values, "span": span})
                at = starts[-1] + span
            else:
                starts, ends = [], []
                for gap in gaps:
                    starts.append(at + gap)
                    ends.append(starts[-1] + draw(st.integers(1, 30)))
                    at = ends[-1]
                calls.append({"args": [[name] * len(starts), starts], "ends": ends, "values": values})
        sizes[name] = at + draw(st.integers(1, 20))
    return sizes, calls


@settings(max_examples=120)
@given(track=tracks(), places=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=8))
def test_random_tracks_read_as_pybigwig_does(
    track: tuple[dict[str, int], list[dict[str, Any]]], places: list[tuple[float, float]]
) -> None:
    sizes, calls = track
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.bw")
        with pyBigWig.open(str(path), "w") as written:
            written.addHeader(list(sizes.items()))
            for call in calls:
                written.addEntries(*call["args"], **{name: call[name] for name in call if name != "args"})
        ours = Track(path)
        # pyBigWig does not open what it has written when there is nothing in it.
        other = pyBigWig.open(str(path)) if calls else None
        assert ours.chrom_sizes == sizes
        for name, size in sizes.items():
            for start, end in [(0, size), *(sorted(round(place * size) for place in pair) for pair in places)]:
                values = ours.values(name, start, end)
                if other is None:
                    assert np.isnan(values).all()
                elif start < end:
                    np.testing.assert_array_equal(values, other.values(name, start, end, numpy=True))
                    assert as_items(ours.intervals(name, start, end)) == list(other.intervals(name, start, end) or ())
                assert len(values) == end - start
        if other is not None:
            other.close()


def test_the_small_set_reads_as_pybigwig_does(data: DataSet) -> None:
    for paths, others in ((data.signal, data.files.signal), (data.binding, data.files.binding)):
        for path, other in zip(paths, others, strict=True):
            track = Track(path)
            assert track.chrom_sizes == other.chroms()
            for name, size in track.chrom_sizes.items():
                np.testing.assert_array_equal(track.values(name, 0, size), other.values(name, 0, size, numpy=True))


def test_thousands_of_blocks_and_chromosomes(tmp_path: Path) -> None:
    """Trees of many levels, whose nodes are read only where they are asked for."""
    sizes = {f"contig_{number:05d}": 200 for number in range(5_000)}
    blocks: list[list[Section]] = [
        [(name, BedGraph([(number % 90, number % 90 + 5, float(number)), (100, 110, 0.5)]))]
        for number, name in enumerate(sizes)
    ]
    path = write_bigwig(tmp_path / "x.bw", sizes, blocks, children=5, version=3)
    track = Track(path)
    assert track.chrom_sizes == sizes
    with pyBigWig.open(str(path)) as other:
        for name in list(sizes)[::97]:
            np.testing.assert_array_equal(track.values(name, 0, 200), other.values(name, 0, 200, numpy=True))


@pytest.mark.parametrize("method", ["values", "intervals"])
@pytest.mark.parametrize(
    ("interval", "kind", "words"),
    [
        (("chr1", 0, 40_001), TrackError, "chr1:0-40001 is not inside the chromosome, which is 40000 bp long"),
        (("chr1", 40_001, 40_001), TrackError, "is not inside"),
        (("1", 0, 10), TrackError, 'this bigWig file has no chromosome "1"'),
        (("chr1", -1, 10), RegionError, "interval -1..10"),
        (("chr1", 10, 9), RegionError, "interval 10..9"),
        (("chr1", 0, 2**32), RegionError, "interval 0..4294967296"),
    ],
)
def test_intervals_outside_are_errors(
    data: DataSet, method: str, interval: tuple[str, int, int], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        getattr(Track(data.signal[0]), method)(*interval)
    assert words in str(caught.value)
    if kind is TrackError:
        assert str(data.signal[0]) in str(caught.value)


def test_what_is_not_a_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Track(tmp_path / "none.bw")
    assert caught.value.filename == str(tmp_path / "none.bw")
    with pytest.raises(OSError, match="is a directory"):
        Track(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "file ends early"),
        (b"chr1\t0\t10\t1.0\n" * 10, "magic number"),
        (b"<html><body>404</body></html>" * 5, "magic number"),
        (bytes.fromhex("ebf28987") + bytes(60), "this is a bigBed file"),
        (bytes.fromhex("26fc8f88") + b"\x05" + bytes(59), "version is 5, expected 1 to 4"),
    ],
)
def test_other_formats_are_refused(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "x.bw"
    path.write_bytes(text)
    with pytest.raises(TrackError, match=words) as caught:
        Track(path)
    assert str(path) in str(caught.value)
    assert caught.value.path == path


def _big_track(path: Path) -> Path:
    blocks: list[list[Section]] = [
        [("c", FixedStep(start, 1, 1, [float(start + place) for place in range(500)]))]
        for start in range(0, 100_000, 500)
    ]
    return write_bigwig(path, {"c": 100_000}, blocks, children=8)


@pytest.mark.parametrize("read_before", [False, True], ids=["index not yet read", "index read"])
def test_a_file_that_is_cut_after_opening_is_an_error(tmp_path: Path, read_before: bool) -> None:
    path = _big_track(tmp_path / "x.bw")
    track = Track(path)
    if read_before:
        track.values("c", 0, 10)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(TrackError) as caught:
        track.values("c", 99_000, 99_010)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("read_before", [False, True], ids=["index not yet read", "index read"])
def test_a_file_that_is_overwritten_after_opening_is_an_error(tmp_path: Path, read_before: bool) -> None:
    path = _big_track(tmp_path / "x.bw")
    track = Track(path)
    if read_before:
        track.values("c", 0, 10)
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"\xff" * (path.stat().st_size - 200))
    with pytest.raises(TrackError) as caught:
        track.values("c", 50_000, 50_010)
    assert str(path) in str(caught.value)


def test_a_file_that_becomes_another_track_is_an_error(tmp_path: Path) -> None:
    path = _big_track(tmp_path / "x.bw")
    whole = path.read_bytes()
    # The clock of a file system may stand still for some milliseconds.
    os.utime(path, (0, 0))
    track = Track(path)
    assert track.values("c", 0, 2).tolist() == [0, 1]
    path.write_bytes(whole)
    with pytest.raises(TrackError, match="changed while it was in use") as caught:
        track.values("c", 0, 2)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0.6, 0.9, 0.99])
def test_a_file_that_is_cut_in_its_zoom_levels_is_an_error(tmp_path: Path, share: float) -> None:
    """All data is there, and the end of the file is not; pyBigWig writes the zoom levels last."""
    path = tmp_path / "x.bw"
    starts = list(range(0, 200_000, 20))
    with pyBigWig.open(str(path), "w") as written:
        written.addHeader([("c", 200_000)])
        written.addEntries(["c"] * len(starts), starts, ends=[s + 9 for s in starts], values=[0.5] * len(starts))
    assert Track(path).values("c", 0, 1)[0] == 0.5
    content = path.read_bytes()
    (index,) = struct.unpack_from("<Q", content, 24)
    (zoom,) = struct.unpack_from("<Q", content, 64 + 8)
    assert index < zoom < len(content)
    path.write_bytes(content[: int(zoom + share * (len(content) - zoom))])
    with pytest.raises(TrackError, match="zoom level . of 2: file ends early") as caught:
        Track(path)
    assert str(path) in str(caught.value)


def test_an_open_file_outlives_its_name(tmp_path: Path) -> None:
    path = _big_track(tmp_path / "x.bw")
    track = Track(path)
    os.replace(write_bigwig(tmp_path / "y.bw", {"c": 5}, [[("c", BedGraph([(0, 5, 1.0)]))]]), path)
    assert track.values("c", 99_000, 99_003).tolist() == [99_000, 99_001, 99_002]

"""`maxatac average`, beside numpy and pyBigWig."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray

from maxatac._core import BigWigWriter
from maxatac.cli.main import main
from maxatac.errors import InputError, MaxatacError, Problem, TrackError
from maxatac.preparation import average as home
from maxatac.preparation.average import average
from maxatac.preparation.settings import AverageConfig

SIZES = {"chr1": 3_000, "chr10": 400, "chr2": 1_000, "chrM": 60}
NAN = float("nan")


def make(path: Path, seed: int, sizes: dict[str, int] = SIZES) -> Path:
    random = np.random.default_rng(seed)
    intervals = []
    for chrom, size in sizes.items():
        at = 0
        while (end := at + int(random.integers(1, 30))) <= size:
            if random.random() < 0.6:
                intervals.append((chrom, at, end, float(np.float32(random.integers(-2, 9) / 7))))
            at = end
    return tiny.write_bigwig(path, intervals, sizes)


@pytest.fixture
def tracks(tmp_path: Path) -> list[Path]:
    return [make(tmp_path / f"{name}.bw", seed) for seed, name in enumerate("abc")]


def run(tracks: Sequence[Path], **settings: Any) -> Path:
    given = {"output": tracks[0].parent / "out", "prefix": "mean", "force": True}
    return average(AverageConfig(input=tracks, **(given | settings))).track


def refused(tracks: Sequence[Path], **settings: Any) -> Sequence[Problem]:
    with pytest.raises(InputError) as caught:
        run(tracks, **({"output": tracks[0].parent / "refused"} | settings))
    assert not (tracks[0].parent / "refused").exists()
    return caught.value.problems


def read(path: Path, chrom: str) -> NDArray[np.float64]:
    with pyBigWig.open(str(path)) as track:
        return np.nan_to_num(np.array(track.values(chrom, 0, track.chroms(chrom))))


@pytest.mark.parametrize("weights", [None, [1, 2, 0.5], [1e-3, 1e-3, 1e-3]])
def test_every_base(tracks: list[Path], weights: list[float] | None) -> None:
    result = run(tracks, weights=weights)
    for chrom in ("chr1", "chr10", "chr2"):
        sums = np.zeros(SIZES[chrom])
        for weight, path in zip(weights or [1, 1, 1], tracks, strict=True):
            sums += weight * read(path, chrom)
        expected = (sums / sum(weights or [1, 1, 1])).astype(np.float32)
        assert np.array_equal(read(result, chrom).astype(np.float32), expected)
        with pyBigWig.open(str(result)) as track:
            assert track.chroms() == {"chr1": 3_000, "chr10": 400, "chr2": 1_000}
            runs = track.intervals(chrom)
        starts = np.flatnonzero(np.diff(expected, prepend=np.float32(NAN)))
        assert [start for start, _, _ in runs] == [start for start in starts if expected[start]]
        assert all(value for _, _, value in runs)


def test_parts_threads_and_open_files_change_nothing(
    tracks: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / "long.bw"
    random = np.random.default_rng(9)
    values = np.repeat(random.integers(0, 4, 60_000), random.integers(1, 20, 60_000)).astype(np.float32)
    values[200_000:500_000] = 2
    sizes = {"chr1": len(values)}
    writer = BigWigWriter(long, sizes)
    writer.write_bins("chr1", 0, 1, values)
    writer.close()
    other = tiny.write_bigwig(tmp_path / "other.bw", [("chr1", 100, 550_000, 3.0)], sizes)
    first = run([long, other]).read_bytes()
    monkeypatch.setattr(home, "_PART", 100_000)
    assert run([long, other], threads=3).read_bytes() == first
    monkeypatch.setattr(home, "_SPARE_FILES", 1 << 62)
    assert run([long, other], memory=1).read_bytes() == first
    with pyBigWig.open(str(tmp_path / "out" / "mean.bw")) as track:
        assert (200_000, 500_000, 2.5) in track.intervals("chr1", 190_000, 510_000)


def test_a_track_without_a_chromosome_counts_as_0(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = tiny.write_bigwig(tmp_path / "one.bw", [("chr1", 0, 9, 1.0)], {"chr1": 20})
    two = tiny.write_bigwig(tmp_path / "two.bw", [("chr1", 5, 9, 2.0), ("chr2", 1, 3, 4.0)], {"chr1": 20, "chr2": 30})
    with caplog.at_level(logging.WARNING):
        result = run([one, two])
    assert [line for line in caplog.messages if str(one) in line and "chr2" in line] == caplog.messages
    with pyBigWig.open(str(result)) as track:
        assert track.chroms() == {"chr1": 20, "chr2": 30}
        assert track.intervals("chr1") == ((0, 5, 0.5), (5, 9, 1.5))
        assert track.intervals("chr2") == ((1, 3, 2.0),)


def test_tracks_of_different_genomes(tracks: list[Path], tmp_path: Path) -> None:
    longer = make(tmp_path / "longer.bw", 5, SIZES | {"chr2": 1_001})
    (problem,) = refused([*tracks, longer])
    assert (problem.kind, problem.file) == ("size", longer) and str(tracks[0]) in problem.found
    other = make(tmp_path / "other.bw", 5, {"1": 3_000, "10": 400, "2": 1_000})
    (problem,) = refused([*tracks, other])
    assert (problem.kind, problem.file) == ("chromosome", other) and str(tracks[0]) in problem.found


def test_the_genome_decides_where_it_is_given(tracks: list[Path], tmp_path: Path) -> None:
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("chr1\t3000\nchr2\t1000\nchr7\t50\n")
    with pyBigWig.open(str(run(tracks, chrom_sizes=sizes))) as track:
        assert list(track.chroms()) == ["chr1", "chr2"]
    with pyBigWig.open(str(run(tracks, chrom_sizes=sizes, chroms=["chr7", "chr2"]))) as track:
        assert track.chroms() == {"chr2": 1_000, "chr7": 50}
    with pyBigWig.open(str(run(tracks, chroms=["chrM"]))) as track:
        assert list(track.chroms()) == ["chrM"]
    sizes.write_text("chr1\t3000\nchr2\t1010\n")
    problems = refused(tracks, chrom_sizes=sizes)
    assert {(problem.kind, problem.file) for problem in problems} == {("size", track) for track in tracks}


def test_blacklisted_bases_get_no_value(tracks: list[Path], tmp_path: Path) -> None:
    blacklist = tmp_path / "b.bed"
    blacklist.write_text("chr1\t100\t900\nchr1\t2990\t3000\n")
    free = read(run(tracks), "chr1")
    free[100:900] = free[2_990:] = 0
    assert np.array_equal(read(run(tracks, blacklist=blacklist), "chr1"), free)


def test_nan_and_infinite_values(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = tiny.write_bigwig(tmp_path / "one.bw", [("a", 0, 9, 1.0), ("a", 9, 12, NAN)], {"a": 20})
    two = tiny.write_bigwig(tmp_path / "two.bw", [("a", 5, 10, 2.0)], {"a": 20})
    with caplog.at_level(logging.WARNING):
        result = run([one, two])
    assert [line for line in caplog.messages if str(one) in line and "3 bases" in line] == caplog.messages
    with pyBigWig.open(str(result)) as track:
        assert track.intervals("a") == ((0, 5, 0.5), (5, 9, 1.5), (9, 10, 1.0))
    record = json.loads((tmp_path / "out" / "mean_average_run.json").read_text())
    assert record["bases_not_a_number"][str(one)] == 3
    bad = tiny.write_bigwig(tmp_path / "bad.bw", [("a", 5, 10, float("-inf"))], {"a": 20})
    with pytest.raises(MaxatacError, match="a:5-10") as caught:
        run([one, bad], output=tmp_path / "bad")
    assert str(bad) in str(caught.value)
    assert [path.name for path in (tmp_path / "bad").iterdir()] == ["mean_average.log"]


def test_tracks_without_a_value(tracks: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flat = tiny.write_bigwig(tmp_path / "flat.bw", [("chr1", 5, 10, 0.0)], SIZES)
    with caplog.at_level(logging.WARNING):
        result = run([tracks[0], flat])
    assert [line for line in caplog.messages if str(flat) in line] == caplog.messages != []
    assert np.array_equal(read(result, "chr1"), (read(tracks[0], "chr1") / 2).astype(np.float32))
    with pytest.raises(MaxatacError, match="none of the tracks"):
        run([flat], output=tmp_path / "flat")
    assert not list((tmp_path / "flat").glob("*.bw"))


def test_a_damaged_track_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.bw"
    writer = BigWigWriter(path, {"a": 50_000})
    writer.write_bins("a", 0, 1, np.random.default_rng(1).random(50_000, dtype=np.float32))
    writer.close()
    data = bytearray(path.read_bytes())
    data[60_000:60_100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(TrackError):
        run([path])
    assert not list((tmp_path / "out").glob("*.bw"))


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"weights": [1, 2]}, ["--weights"]),
        ({"weights": [1, 0, -1]}, ["--weights", "--weights"]),
        ({"weights": [1, NAN, 1]}, ["--weights"]),
        ({"chroms": ["chr7"]}, ["--chroms"]),
    ],
)
def test_settings_that_are_refused(tracks: list[Path], settings: dict[str, Any], options: list[str]) -> None:
    assert [problem.option for problem in refused(tracks, **settings)] == options


def test_files_that_are_refused(tracks: list[Path], tmp_path: Path) -> None:
    absent, text = tmp_path / "absent.bw", tmp_path / "a.txt"
    text.write_text("chr1\t1\t2\n")
    problems = refused([*tracks, absent, text, tracks[0]])
    assert {(problem.kind, problem.file) for problem in problems} == {
        ("missing file", absent), ("format", text), ("setting", tracks[0]),
    }  # fmt: skip


def test_the_command_line(tracks: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    output = tracks[0].parent / "cli"
    line = ["average", "-i", *map(str, tracks), "--prefix", "m", "-o", str(output), "--loglevel", "error"]
    assert main([*line, "--weights", "1", "1", "2", "--dry_run"]) == 0
    assert not output.exists()
    assert main([*line, "-c", "chr2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(output / "m.bw")
    with pyBigWig.open(str(output / "m.bw")) as track:
        assert track.chroms() == {"chr2": 1_000}
    assert main(["average", "--config", str(output / "m_average_run.json"), "-o", str(output / "again")]) == 0
    assert (output / "again" / "m.bw").read_bytes() == (output / "m.bw").read_bytes()
    assert main([*line, "--force", "--weights", "1"]) == 2

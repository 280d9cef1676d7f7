"""`maxatac normalize`, beside numpy on all values and pyBigWig as reader."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray

from maxatac._core import BigWigWriter, Track
from maxatac.cli.main import main
from maxatac.errors import InputError, Problem
from maxatac.preparation.normalize import NormalizeResult, normalize
from maxatac.preparation.settings import NormalizeConfig, PrepareConfig
from maxatac.preparation.workflow import prepare

Values = Mapping[str, NDArray[np.float64]]

SIZES = {"chr1": 3_000, "chr10": 400, "chr2": 1_000, "chrM": 60}
BLACKLIST = {"chr1": [(100, 160), (900, 2_000)], "chr2": [(0, 10)]}
NAN, INFINITE = float("nan"), float("inf")


def make(path: Path, *, seed: int = 1, below_zero: bool = False) -> Path:
    """Runs of a few values with gaps and stored zeros; chr10 has no data."""
    random = np.random.default_rng(seed)
    intervals = []
    for chrom, size in SIZES.items():
        at = 0
        while chrom != "chr10" and (end := at + int(random.integers(1, 30))) <= size:
            value = random.integers(-3 if below_zero else 0, 9) / 7
            if random.random() < 0.8:
                intervals.append((chrom, at, end, 300.0 if chrom == "chrM" else float(np.float32(value))))
            at = end
    return tiny.write_bigwig(path, intervals, SIZES)


@pytest.fixture
def signal(tmp_path: Path) -> Path:
    return make(tmp_path / "signal.bw")


@pytest.fixture
def blacklist(tmp_path: Path) -> Path:
    path = tmp_path / "blacklist.bed"
    path.write_text("".join(f"{chrom}\t{a}\t{b}\n" for chrom, spans in BLACKLIST.items() for a, b in spans))
    return path


def run(signal: Path, **settings: Any) -> NormalizeResult:
    given = {"output": signal.parent / "out", "prefix": "new", "force": True}
    return normalize(NormalizeConfig(signal=signal, **(given | settings)))


def refused(signal: Path, **settings: Any) -> Sequence[Problem]:
    output = signal.parent / "refused"
    with pytest.raises(InputError) as caught:
        run(signal, **({"output": output} | settings))
    assert not output.exists()
    return caught.value.problems


def read(path: Path, chroms: Sequence[str] | None = None) -> dict[str, NDArray[np.float64]]:
    """Read every base; no data is NaN."""
    with pyBigWig.open(str(path)) as track:
        return {chrom: np.array(track.values(chrom, 0, track.chroms(chrom))) for chrom in chroms or track.chroms()}


def record(signal: Path) -> dict[str, Any]:
    return json.loads((signal.parent / "out" / "new_normalize_run.json").read_text())


def without_blacklist(values: Values) -> dict[str, NDArray[np.bool_]]:
    kept = {chrom: np.ones(len(bases), bool) for chrom, bases in values.items()}
    for chrom, spans in BLACKLIST.items():
        for start, end in spans:
            kept[chrom][start:end] = False
    return kept


def as_stored(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("below_zero", [False, True])
@pytest.mark.parametrize("method", ["min-max", "zscore", "arcsinh", "log1p"])
def test_every_base(tmp_path: Path, blacklist: Path, method: str, below_zero: bool) -> None:
    signal = make(tmp_path / "signal.bw", seed=2 + below_zero, below_zero=below_zero)
    values = {chrom: np.nan_to_num(bases) for chrom, bases in read(signal, ["chr1", "chr10", "chr2"]).items()}
    kept = without_blacklist(values)
    every = np.concatenate([values[chrom][kept[chrom]] for chrom in values])
    covered = every[every > 0]
    low, high = every.min(), np.percentile(covered, 99)
    new = {
        "min-max": lambda x: (x - low) / (high - low),
        "zscore": lambda x: (x - covered.mean()) / covered.std(),
        "arcsinh": np.arcsinh,
        "log1p": np.log1p,
    }[method]
    result = run(signal, blacklist=blacklist, method=method.upper())
    found = read(result.track)
    assert list(found) == list(values)
    zero = float(new(np.zeros(1))[0])
    for chrom, bases in values.items():
        expected = np.where(kept[chrom], new(bases), zero if method == "zscore" else 0.0)
        # Where 0 becomes another number, every base has a value.
        assert np.isnan(found[chrom]).any() == (zero == 0)
        np.testing.assert_allclose(np.nan_to_num(found[chrom]), expected, rtol=1e-7, atol=1e-12)
        assert np.array_equal(np.nan_to_num(found[chrom]) == 0, as_stored(expected) == 0)


def test_the_text_files(signal: Path, blacklist: Path) -> None:
    result = run(signal, blacklist=blacklist, max_percentile=90.5)
    values = {chrom: np.nan_to_num(bases) for chrom, bases in read(signal, ["chr1", "chr10", "chr2"]).items()}
    kept = without_blacklist(values)
    rows = [line.split("\t") for line in result.chrom_min_max.read_text().splitlines()]
    assert rows[0] == ["chromosome", "min", "max", "median"]
    for (chrom, *numbers), bases in zip(rows[1:], values.items(), strict=True):
        counted = bases[1][kept[chrom]]
        median = np.median(counted[counted > 0]) if counted.any() else 0
        assert (chrom, [float(n) for n in numbers]) == (bases[0], [counted.min(), counted.max(), median])
    covered = np.concatenate([values[chrom][kept[chrom]] for chrom in values])
    covered = covered[covered > 0]
    numbers = [float(line.split(": ")[1]) for line in result.genome_stats.read_text().splitlines()]
    assert numbers[:3] == [0, np.percentile(covered, 90.5), np.median(covered)]
    assert numbers[3:] == pytest.approx([covered.mean(), covered.std()], rel=1e-12)


@pytest.mark.parametrize("percentile", [0, 12.5, 50, 99, 99.95, 100])
def test_percentiles_of_numbers_that_all_differ(tmp_path: Path, percentile: float) -> None:
    values = np.random.default_rng(4).gamma(0.3, size=5_001).astype(np.float32)
    signal = tmp_path / "signal.bw"
    writer = BigWigWriter(signal, {"chr1": 6_000})
    writer.write_bins("chr1", 500, 1, values)
    writer.close()
    highest = np.percentile(values.astype(np.float64), percentile)
    result = run(signal, max_percentile=percentile)
    assert result.normalization.divide == highest
    found = read(result.track)["chr1"][500:5_501]
    assert np.array_equal(found, as_stored(values.astype(np.float64) / highest))


def test_mean_and_deviation_are_rounded_once(tmp_path: Path) -> None:
    """Of values from denormal to huge, as exact fractions."""
    values = np.array([1e-45, 3e-39, 1e-20, 1.0, 1 + 2**-23, 7.7, 3e30, 3.3e38], np.float32)
    signal = tiny.write_bigwig(
        tmp_path / "s.bw", [("a", 3 * i, 3 * i + 2, float(v)) for i, v in enumerate(values)], {"a": 99}
    )
    run(signal)
    exact = [Fraction(float(value)) for value in values]
    mean = sum(exact) / len(exact)
    found = record(signal)["statistics"]
    assert found["mean"] == float(mean)
    assert found["deviation"] == math.sqrt(float(sum((value - mean) ** 2 for value in exact) / len(exact)))
    # In floats, this variance is negative or 0.
    close = tiny.write_bigwig(tmp_path / "c.bw", [("a", 0, 5, 16_777_216.0), ("a", 5, 10, 16_777_214.0)], {"a": 10})
    run(close, method="zscore")
    assert record(close)["statistics"]["deviation"] == 1


@pytest.mark.parametrize("seed", range(4))
def test_values_that_share_their_upper_bits(tmp_path: Path, seed: int) -> None:
    """Neighbouring floats: in some chromosomes they are alone in their level, in others not."""
    random = np.random.default_rng(seed)
    near = np.array([1, 1 + 2**-23, 1 + 2**-22, 1.9, 1.9000001, 0.0], np.float32)
    values = {f"chr{n}": random.choice(near[: n + 1], 300) for n in range(6)}
    intervals = [(chrom, n, n + 1, float(v)) for chrom, bases in values.items() for n, v in enumerate(bases)]
    signal = tiny.write_bigwig(tmp_path / "s.bw", intervals, dict.fromkeys(values, 300))
    percentile = random.choice([40, 50, 60.5, 99])
    result = run(signal, max_percentile=percentile, min=0)
    covered = np.concatenate(list(values.values())).astype(np.float64)
    covered = covered[covered > 0]
    assert result.normalization.divide == np.percentile(covered, percentile)
    found = record(signal)["statistics"]
    assert [found["median"], found["covered"]] == [np.median(covered), len(covered)]
    assert found["deviation"] == pytest.approx(covered.std(), rel=1e-12)
    medians = {line.split("\t")[0]: line.split("\t")[3] for line in result.chrom_min_max.read_text().splitlines()[1:]}
    for chrom, bases in values.items():
        assert float(medians[chrom]) == np.median(bases[bases > 0].astype(np.float64))


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [({"min": 0.25}, 0.25, None), ({"max": 1.5}, 0, 1.5), ({"min": -1, "max": 2.5}, -1, 2.5), ({"max": 0.01}, 0, 0.01)],
)
@pytest.mark.parametrize("clip", [False, True])
def test_given_limits(signal: Path, settings: dict[str, float], low: float, high: float | None, clip: bool) -> None:
    values = np.nan_to_num(read(signal, ["chr1"])["chr1"])
    high = float(np.percentile(values[values > 0], 99)) if high is None else high
    found = read(run(signal, chroms=["chr1"], clip=clip, **settings).track)["chr1"]
    expected = (values - low) / (high - low)
    expected = as_stored(np.clip(expected, 0, 1) if clip else expected)
    assert np.array_equal(np.nan_to_num(found), expected)


def test_values_stay_runs(tmp_path: Path) -> None:
    """Tiny values, ends at the chromosome's end; 0 is left out, and neighbours of one value are one."""
    tiny_value = 2.0**-33
    intervals = [
        ("chr1", 0, 5, tiny_value), ("chr1", 5, 9, tiny_value), ("chr1", 9, 700_000, 2 * tiny_value),
        ("chr1", 700_000, 700_001, 0.0),
    ]  # fmt: skip
    signal = tiny.write_bigwig(tmp_path / "s.bw", intervals, {"chr1": 700_001, "chr2": 5})
    with pyBigWig.open(str(run(signal).track)) as track:
        assert track.chroms() == {"chr1": 700_001, "chr2": 5}
        assert track.intervals("chr1") == ((0, 9, 0.5), (9, 700_000, 1.0))
        assert track.intervals("chr2") is None
    with pyBigWig.open(str(run(signal, min=2 * tiny_value, max=3 * tiny_value).track)) as track:
        assert track.intervals("chr1") == ((0, 9, -1.0), (9, 700_000, 0.0), (700_000, 700_001, -2.0))
        assert track.intervals("chr2") == ((0, 5, -2.0),)


def test_threads_and_memory_change_nothing(tmp_path: Path, blacklist: Path) -> None:
    random = np.random.default_rng(7)
    values = np.repeat(random.integers(0, 5, 120_000), random.integers(1, 20, 120_000)).astype(np.float32)
    signal = tmp_path / "signal.bw"
    writer = BigWigWriter(signal, {"chr1": len(values), "chr2": 2_000})
    writer.write_bins("chr1", 0, 1, values)
    writer.close()
    blacklist.write_text("chr1\t262140\t262150\nchr1\t500000\t800000\n")
    files = []
    for threads, memory in [(1, 1), (3, "1G")]:
        result = run(signal, blacklist=blacklist, method="zscore", threads=threads, memory=memory)
        files.append([path.read_bytes() for path in (result.track, result.chrom_min_max, result.genome_stats)])
    assert files[0] == files[1]
    values[262_140:262_150] = values[500_000:800_000] = 0
    starts = np.flatnonzero(np.diff(values, prepend=NAN))
    with pyBigWig.open(str(result.track)) as track:
        assert [start for start, _, _ in track.intervals("chr1")] == starts.tolist()


def test_zoom_levels_are_not_read(signal: Path, tmp_path: Path) -> None:
    first = run(signal)
    expected = [path.read_bytes() for path in (first.track, first.chrom_min_max, first.genome_stats)]
    data = bytearray(signal.read_bytes())
    assert int.from_bytes(data[6:8], "little") > 0
    # The first zoom level: its reduction, an empty word, where its data and its index lie.
    begin, end = (int.from_bytes(data[at : at + 8], "little") for at in (72, 80))
    data[begin + 4 : end] = bytes(end - begin - 4)
    altered = tmp_path / "altered.bw"
    altered.write_bytes(data)
    again = run(altered)
    assert [path.read_bytes() for path in (again.track, again.chrom_min_max, again.genome_stats)] == expected


def test_nan_is_no_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    intervals = [("chr1", 0, 4, 1.0), ("chr1", 4, 9, NAN), ("chr1", 9, 12, 3.0)]
    signal = tiny.write_bigwig(tmp_path / "s.bw", intervals, {"chr1": 20})
    with caplog.at_level(logging.WARNING):
        result = run(signal, method="zscore")
    assert [line for line in caplog.messages if "NaN" in line and " 5 bases " in line] == caplog.messages
    mean, deviation = 13 / 7, np.std([1] * 4 + [3] * 3)
    expected = (np.array([1] * 4 + [0] * 5 + [3] * 3 + [0] * 8) - mean) / deviation
    assert np.array_equal(read(result.track)["chr1"], as_stored(expected))
    assert record(signal)["bases_not_a_number"] == 5


def test_infinite_values_are_refused_with_their_place(tmp_path: Path, blacklist: Path) -> None:
    intervals = [("chr1", 5, 9, 1.0), ("chr1", 100, 120, INFINITE), ("chr2", 50, 60, -INFINITE), ("chr2", 90, 95, 2.0)]
    signal = tiny.write_bigwig(tmp_path / "s.bw", intervals, {"chr1": 2_000, "chr2": 100})
    found = [(problem.kind, problem.file, problem.place) for problem in refused(signal)]
    assert found == [("signal", signal, "chr1:100-120"), ("signal", signal, "chr2:50-60")]
    (problem,) = refused(signal, blacklist=blacklist)
    assert problem.place == "chr2:50-60"
    blacklist.write_text("chr1\t100\t160\nchr2\t40\t60\n")
    values = read(run(signal, blacklist=blacklist).track)
    assert np.nansum(values["chr1"]) == 2 and np.nansum(values["chr2"]) == 5


def test_values_below_0_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    signal = make(tmp_path / "signal.bw", seed=3, below_zero=True)
    with caplog.at_level(logging.WARNING):
        run(signal, chroms=["chr1"])
    below = int((np.nan_to_num(read(signal, ["chr1"])["chr1"]) < 0).sum())
    assert [line for line in caplog.messages if f"{below} bases below 0" in line]


def test_a_chromosome_of_more_than_2_31_bases(tmp_path: Path) -> None:
    size = 3_200_000_000
    signal = tmp_path / "long.bw"
    writer = BigWigWriter(signal, {"chr1": size})
    places = np.array([2**29 + 10, 3_000_000_000, size - 1])
    writer.write("chr1", places, places + 1, np.array([1, 2, 4], np.float32))
    writer.close()
    result = run(signal, max=4, threads=2)
    starts, ends, values = Track(result.track).intervals("chr1", 0, size)
    assert (starts.tolist(), (ends - starts).tolist(), values.tolist()) == (places.tolist(), [1, 1, 1], [0.25, 0.5, 1])
    assert record(signal)["statistics"]["covered"] == 3


def test_default_chromosomes(signal: Path) -> None:
    assert list(read(run(signal).track)) == ["chr1", "chr10", "chr2"]
    assert record(signal)["chroms_left_out"] == ["chrM"]
    assert list(read(run(signal, chroms=["chrM", "chr1"]).track)) == ["chr1", "chrM"]


def test_a_genome_with_other_chromosomes(signal: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("chr1\t3000\nchr10\t400\nchr3\t77\n")
    assert list(read(run(signal, chrom_sizes=sizes).track)) == ["chr1", "chr10"]
    with caplog.at_level(logging.WARNING):
        result = run(signal, chrom_sizes=sizes, chroms=["chr3", "chr1"], method="zscore")
    assert [line for line in caplog.messages if "chr3" in line and str(signal) in line]
    found = read(result.track)
    assert len(found["chr3"]) == 77
    assert len(set(found["chr3"])) == 1 and found["chr3"][0] == found["chr1"].min()
    assert "chr3\t0.0\t0.0\t0.0\n" in result.chrom_min_max.read_text()


def test_a_genome_that_does_not_fit(signal: Path, tmp_path: Path) -> None:
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("chr1\t3001\nchr10\t400\n")
    (problem,) = refused(signal, chrom_sizes=sizes)
    assert (problem.kind, problem.file) == ("size", signal) and str(sizes) in problem.found
    sizes.write_text("1\t3000\n10\t400\n")
    problems = refused(signal, chrom_sizes=sizes)
    assert {(problem.kind, problem.file) for problem in problems} == {("chromosome", signal)}
    sizes.write_text("chr1\t3000\n")
    (problem,) = refused(signal, chrom_sizes=sizes, chroms=["chr2"])
    assert (problem.kind, problem.option) == ("chromosome", "--chroms")


def test_overlapping_intervals_and_damage(tmp_path: Path) -> None:
    signal = tmp_path / "s.bw"
    with pyBigWig.open(str(signal), "w") as track:
        track.addHeader([("chr1", 100)])
        track.addEntries(["chr1"] * 2, [0, 40], ends=[50, 60], values=[1.5, 2.5], validate=False)
    with pyBigWig.open(str(run(signal, max=5).track)) as track:
        assert [(start, end) for start, end, _ in track.intervals("chr1")] == [(0, 40), (40, 60)]
    writer = BigWigWriter(signal, {"chr1": 50_000})
    writer.write_bins("chr1", 0, 1, np.random.default_rng(1).random(50_000, dtype=np.float32))
    writer.close()
    data = bytearray(signal.read_bytes())
    data[60_000:60_100] = bytes(100)
    signal.write_bytes(data)
    (problem,) = refused(signal)
    assert (problem.kind, problem.file) == ("format", signal)


@pytest.mark.parametrize(
    ("values", "settings", "kind"),
    [
        ([0.0], {}, "signal"),
        ([], {}, "signal"),
        ([], {"method": "arcsinh"}, "signal"),
        ([2.0], {"method": "zscore"}, "signal"),
        ([-2.0, -1.0], {}, "signal"),
        ([-1.0, 5.0], {"method": "log1p"}, "signal"),
        ([1.0, 3e38], {"max": 1e-30}, "signal"),
        ([1.0, 2.0], {"min": 3}, "signal"),
        ([1.0, 2.0], {"max": -3}, "signal"),
    ],
)
def test_tracks_that_cannot_be_normalised(
    tmp_path: Path, values: list[float], settings: dict[str, Any], kind: str
) -> None:
    signal = tiny.write_bigwig(tmp_path / "s.bw", [("a", 9 * i, 9 * i + 9, v) for i, v in enumerate(values)], {"a": 99})
    (problem,) = refused(signal, **settings)
    assert (problem.kind, problem.file) == (kind, signal)


def test_constant_tracks(tmp_path: Path) -> None:
    """One value on all covered bases becomes 1; on all bases, there is no scale."""
    signal = tiny.write_bigwig(tmp_path / "s.bw", [("a", 3, 9, 2.5)], {"a": 20})
    with pyBigWig.open(str(run(signal).track)) as track:
        assert track.intervals("a") == ((3, 9, 1.0),)
    signal = tiny.write_bigwig(tmp_path / "t.bw", [("a", 0, 20, 2.5)], {"a": 20})
    (problem,) = refused(signal)
    assert (problem.kind, problem.file) == ("signal", signal)
    with pyBigWig.open(str(run(signal, min=0).track)) as track:
        assert track.intervals("a") == ((0, 20, 1.0),)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"max_percentile": 100.5}, ["--max_percentile"]),
        ({"max_percentile": -1}, ["--max_percentile"]),
        ({"max_percentile": NAN}, ["--max_percentile"]),
        ({"method": "log2"}, ["--method"]),
        ({"min": 2, "max": 2}, ["--max"]),
        ({"max": NAN}, ["--max"]),
        ({"method": "zscore", "min": 0, "max": 1, "clip": True}, ["--min", "--max", "--clip"]),
        ({"chroms": ["chr7"]}, ["--chroms"]),
        ({"chroms": []}, ["--chroms"]),
    ],
)
def test_settings_that_are_refused(signal: Path, settings: dict[str, Any], options: list[str]) -> None:
    assert [problem.option for problem in refused(signal, **settings)] == options


def test_files_that_are_refused(signal: Path, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "absent.bw")
    assert (problem.kind, problem.file) == ("missing file", tmp_path / "absent.bw")
    text = tmp_path / "a.bed"
    text.write_text("chr1\t1\t2\n")
    (problem,) = refused(text)
    assert (problem.kind, problem.file) == ("format", text)
    text.write_text("1\t1\t2\n")
    (problem,) = refused(signal, blacklist=text)
    assert (problem.kind, problem.file) == ("chromosome", text)
    (problem,) = refused(signal, blacklist=signal.parent)
    assert problem.file == signal.parent


def test_prepare_normalises_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scaled track of `prepare`, normalised, is its normalised track; and the statistics are the same."""
    monkeypatch.setattr("maxatac.preparation.qc_page.render", lambda *_: "")
    random = np.random.default_rng(3)
    starts = (3_000 * random.beta(2, 5, 700)).astype(int)
    chroms = random.choice(["chr1", "chr2"], 700)
    reads = tmp_path / "fragments.tsv"
    lines = [f"{chrom}\t{start}\t{start + 90}\tA\t1\n" for chrom, start in zip(chroms, starts, strict=True)]
    reads.write_text("".join(lines))
    sizes = tiny.write_sizes(tmp_path / "sizes.txt", {"chr1": 3_100, "chr2": 3_200, "chr3": 50})
    blacklist = tmp_path / "blacklist.bed"
    blacklist.write_text("chr1\t500\t600\n")
    folder = tmp_path / "prepared"
    prepare(PrepareConfig(input=reads, chrom_sizes=sizes, blacklist=blacklist, output=folder, prefix="p"))
    result = run(folder / "p_IS_slop20_RP20M.bw", blacklist=blacklist)
    prepared = folder / "p_IS_slop20_RP20M_minmax01.bw"
    for chrom, bases in read(prepared).items():
        np.testing.assert_allclose(read(result.track)[chrom], bases, rtol=1e-6)
    for ending in ("chromosome_min_max", "genome_stats"):
        theirs = (folder / f"{prepared.stem}_{ending}.txt").read_text().split()
        for mine, other in zip(
            (tmp_path / "prepared" / "out" / f"new_{ending}.txt").read_text().split(), theirs, strict=True
        ):
            assert mine == other or float(mine) == pytest.approx(float(other), rel=1e-6)


def test_the_signal_is_not_replaced(signal: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(signal, output=signal.parent, prefix="signal")
    assert [problem.kind for problem in caught.value.problems] == ["output"]


def test_the_command_line(signal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = signal.parent / "out"
    line = ["normalize", "-i", str(signal), "-n", "x", "-o", str(output), "--max", "0.25", "--loglevel", "ERROR"]
    assert main([*line, "--dry_run"]) == 0
    assert not output.exists()
    assert main([*line, "--clip"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        str(output / name) for name in ("x.bw", "x_chromosome_min_max.txt", "x_genome_stats.txt")
    ]
    assert np.nanmax(read(output / "x.bw")["chr1"]) == 1
    assert main([*line, "--force", "--no-clip", "--max", "0.5"]) == 0
    assert np.nanmax(read(output / "x.bw")["chr1"]) > 2
    assert main([*line, "--force", "--max_percentile", "101"]) == 2
    record = output / "x_normalize_run.json"
    assert main(["normalize", "--config", str(record), "-o", str(output / "again")]) == 0
    assert (output / "again" / "x.bw").read_bytes() == (output / "x.bw").read_bytes()

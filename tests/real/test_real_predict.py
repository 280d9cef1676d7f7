"""``maxatac predict`` with the published CTCF model on real sequence, against its weights in plain numpy."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import py2bit
import pyBigWig
import pytest
from numpy_network import forward

from maxatac.cli.main import main
from maxatac.errors import Problems
from maxatac.genome.blacklist import read_blacklist
from maxatac.genome.chroms import read_chrom_sizes
from maxatac.prediction.windows import WindowCounts, WindowPlan

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

MODELS = "maxatac_data/models"
PLACE = ("chr1", 150_000, 165_000)
# Some values above 1, as about 1 % of a prepared track has; every third stretch has no data.
RUN = 37


@pytest.fixture
def signal(tmp_path: Path) -> Path:
    path = tmp_path / "signal.bw"
    starts = np.arange(0, 1_000_000 - RUN, RUN)[np.arange(0, 1_000_000 - RUN, RUN) // RUN % 3 > 0]
    values = np.random.default_rng(3).gamma(0.6, 0.35, len(starts)).astype(np.float32)
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([("chr1", 1_000_000)])
        track.addEntries(["chr1"] * len(starts), starts.tolist(), ends=(starts + RUN).tolist(), values=values.tolist())
    return path


@pytest.fixture
def genome(test_data: Path) -> Path:
    return test_data / "hg38_chr1_first_1Mb/hg38_chr1_first_1Mb.2bit"


def windows_of(genome: Path, signal: Path, starts: list[int]) -> np.ndarray:
    windows = np.zeros((len(starts), 1024, 5))
    with pyBigWig.open(str(signal)) as track:
        sequences = py2bit.open(str(genome))
        for window, start in zip(windows, starts, strict=True):
            letters = np.frombuffer(sequences.sequence("chr1", start, start + 1024).upper().encode(), np.uint8)
            window[:, :4] = letters[:, None] == np.frombuffer(b"ACGT", np.uint8)
            window[:, 4] = np.nan_to_num(np.array(track.values("chr1", start, start + 1024)))
    return windows


@pytest.mark.slow
@pytest.mark.parametrize("both_strands", [False, True])
def test_every_bin_equals_numpy(
    test_data: Path, genome: Path, signal: Path, tmp_path: Path, both_strands: bool
) -> None:
    chrom, first, end = PLACE
    sizes = py2bit.open(str(genome)).chroms()
    assert sizes == {chrom: 1_000_000}
    roi = tmp_path / "roi.bed"
    roi.write_text(f"{chrom}\t{first}\t{end}\n{chrom}\t999990\t1000000\n")
    words = ["predict", "-tf", "CTCF", "--models", str(test_data / MODELS), "--sequence", str(genome)]
    words += ["-s", str(signal), "-n", "x", "-o", str(tmp_path), "-roi", str(roi), "--batch_size", "64"]
    assert main([*words, "--rev_comp" if both_strands else "--no-rev_comp"]) == 0

    last = (sizes[chrom] - 1024) // 32 * 32
    grid = sorted({*range(0, last, 256), last})
    starts = [start for start in grid if start < end and start + 1024 > first or start + 1024 > 999_990]
    with h5py.File(next((test_data / MODELS / "CTCF").glob("*.h5"))) as file:
        layers = [file["model_weights"][name] for name in file["model_weights"].attrs["layer_names"]]
        arrays = [layer[name][()] for layer in layers for name in layer.attrs["weight_names"]]
    windows = windows_of(genome, signal, starts)
    scores = [forward(windows, arrays)]
    if both_strands:
        scores.append(forward(windows[:, ::-1, [3, 2, 1, 0, 4]], arrays)[:, ::-1])
    total, count = np.zeros(31_250), np.zeros(31_250)
    for found in scores:
        for start, row in zip(starts, found, strict=True):
            total[start // 32 : start // 32 + 32] += row
            count[start // 32 : start // 32 + 32] += 1
    with pyBigWig.open(str(tmp_path / "x.bw")) as track:
        intervals = np.array(track.intervals(chrom))
    bins = intervals[:, 0].astype(int) // 32
    np.testing.assert_array_equal(bins, np.flatnonzero(count))
    np.testing.assert_allclose(intervals[:, 2], total[bins] / count[bins], atol=1e-5)
    assert intervals[:, 2].max() > 0.3
    table = next((test_data / MODELS / "CTCF").glob("*.tsv")).read_text().splitlines()
    assert len(table) == 1_002
    for line in (tmp_path / "x_peaks.bed").read_text().splitlines():
        assert float(line.split("\t")[3]) >= np.float32(0.454)


@pytest.mark.parametrize(
    ("chroms", "on_the_grid"), [(None, 11_212_205), ([f"chr{number}" for number in range(1, 23)], 10_520_007)]
)
def test_windows_of_hg38(test_data: Path, chroms: list[str] | None, on_the_grid: int) -> None:
    """At the ends of all chromosomes of hg38 the blacklist leaves no window."""
    problems = Problems()
    sizes = read_chrom_sizes(test_data / "maxatac_data/hg38/hg38.chrom.sizes", problems)
    blacklist = read_blacklist(test_data / "maxatac_data/hg38/hg38_maxatac_blacklist.bed", problems)
    assert not problems
    assert sizes is not None
    plan = WindowPlan(tuple(chroms or sizes), sizes, 256, blacklist)
    counts = plan.counts
    assert counts == WindowCounts(counts.asked, blacklist=counts.asked - on_the_grid, kept=on_the_grid)
    kept = {chrom: plan.by_chrom[chrom].kept for chrom in ("chr1", "chr20", "chr21")}
    assert kept == {"chr1": 887_948, "chr20": 240_288, "chr21": 131_566}

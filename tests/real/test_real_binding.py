"""`maxatac binding` on the yeast set, whose tracks another program has made."""

from __future__ import annotations

from pathlib import Path

import pyBigWig
import pytest

from maxatac.cli.main import main

ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI".split()
TFS = ("Abf1", "Rap1")


def assert_same(track: Path, ready: Path) -> None:
    """Compare every interval, those of 0 too."""
    with pyBigWig.open(str(track)) as ours, pyBigWig.open(str(ready)) as theirs:
        assert ours.chroms() == theirs.chroms()
        for chrom in theirs.chroms():
            assert ours.intervals(chrom) == theirs.intervals(chrom)


@pytest.mark.parametrize("tf", TFS)
def test_tracks_of_merged_peaks(yeast: Path, tmp_path: Path, tf: str) -> None:
    peaks = yeast / f"{tf}_binding_peaks.bed"
    given = ["--chip_peaks", str(peaks), "--sequence", str(yeast / "sacCer3.2bit"), "-o", str(tmp_path), "-n", tf]
    assert main(["binding", *given]) == 0
    assert_same(tmp_path / f"{tf}.bw", yeast / f"{tf}_binding.bw")
    rows = [line.split("\t")[:3] for line in peaks.read_text().splitlines()]
    assert [line.split("\t") for line in (tmp_path / f"{tf}_peaks.bed").read_text().splitlines()] == rows


@pytest.mark.parametrize("tf", TFS)
def test_windows_around_points_of_chip_exo(
    yeast: Path, tmp_path: Path, tf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = yeast / "raw" / f"{tf}_CX.bed"
    given = ["--chrom_sizes", str(yeast / "sacCer3.chrom.sizes"), "--summit_window", "200", "-o", str(tmp_path)]
    assert main(["binding", "--chip_peaks", str(raw), *given, "-n", "raw"]) == 2
    assert "chr9" in capsys.readouterr().err
    points = tmp_path / "points.bed"
    rows = [line.split("\t") for line in raw.read_text().splitlines()]
    names = {f"chr{number}": f"chr{roman}" for number, roman in enumerate(ROMAN, 1)}
    points.write_text("".join("\t".join([names.get(chrom, chrom), *rest]) + "\n" for chrom, *rest in rows))
    assert main(["binding", "--chip_peaks", str(points), *given, "-n", tf]) == 0
    assert_same(tmp_path / f"{tf}.bw", yeast / f"{tf}_binding.bw")


def test_check_accepts_the_table(
    yeast: Path, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    meta = tmp_path / "deep" / "meta.tsv"
    for number in (1, 2):
        cell_type = f"SRR1822137_part{number}of2"
        given = [
            "--chip_peaks", yeast / "Abf1_binding_peaks.bed", "--sequence", yeast / "sacCer3.2bit", "-n", f"x{number}",
            "--blacklist", yeast / "sacCer3_blacklist.bw", "--meta_out", meta, "--cell_type", cell_type, "--tf", "Abf1",
            "--signal", yeast / f"{cell_type}_RP20M_minmax_percentile99.bw",
            "--atac_peaks", yeast / f"{cell_type}_ATAC_peaks.bed",
        ]  # fmt: skip
        assert main(["binding", *map(str, given)]) == 0
    monkeypatch.chdir("/")
    words = ["--sequence", yeast / "sacCer3.2bit", "--vchroms", "chrIX", "chrXVI", "--test_chroms", "chrIII", "chrXII"]
    train = [f"chr{roman}" for roman in ROMAN if roman not in ("IX", "XVI", "III", "XII")]
    assert main(["check", str(meta), *map(str, words), "--tchroms", *train]) == 0

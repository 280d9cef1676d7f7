"""Commands take what others have made: ``prepare``, ``binding``, ``check``; ``predict``, ``threshold``, ``peaks``."""

from __future__ import annotations

import json
from pathlib import Path

import predicting
import pyBigWig
import pytest
from tiny import CELLS, TinySet, write_bigwig

from maxatac.cli.main import main
from maxatac.files.checksums import sha256

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    predicting.quick.leave_xla_out(monkeypatch)
    (tmp_path / "data").mkdir()
    made = predicting.make(tmp_path / "data")
    binding = [
        (chrom, start, start + 60, 1.0) for chrom, size in made.sizes.items() for start in range(500, size, 3_000)
    ]
    write_bigwig(made.folder / "binding.bw", binding, made.sizes)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        capsys.readouterr()
        assert main([*words, "-n", "x", "-o", "out"]) == 0
        return capsys.readouterr().err

    run("predict", "-m", str(made.model), "-s", str(made.signal()), "--sequence", str(made.sequence), "--threads", "1")
    run("threshold", "--prediction", "out/x.bw", "--binding", str(made.folder / "binding.bw"), "--bin_size", "32")
    told = run("peaks", "-i", "out/x.bw", "--cutoff_file", "out/x.tsv", "--cutoff_type", "Recall", "-cv", "0.5")
    assert "do not hold here" not in told
    record = json.loads((tmp_path / "out" / "x_threshold_run.json").read_text())
    assert [model["sha256"] for model in record["calibration"]["models"]] == [sha256(made.model)]
    assert record["calibration"]["chroms"] == sorted(made.sizes)
    # All bins were counted, and the sites are those of the threshold.
    with pyBigWig.open("out/x.bw") as track:
        scores = {chrom: track.intervals(chrom) for chrom in track.chroms()}
    assert record["cell_types"][0]["bins"] == sum(map(len, scores.values()))
    cutoff = json.loads((tmp_path / "out" / "x_peaks_run.json").read_text())["cutoff"]["score_as_float32"]
    sites = [line.split("\t") for line in (tmp_path / "out" / "x_32bp.bed").read_text().splitlines()]
    bases = sum(int(end) - int(start) for _, start, end, *_ in sites)
    assert bases == 32 * sum(value >= cutoff for rows in scores.values() for _, _, value in rows)
    # Bins of another width are not those of the table.
    assert "bins of 32 bp" in run("peaks", "-i", "out/x.bw", "-cutoff_file", "out/x.tsv", "--bin_size", "64", "--force")


def test_from_reads_and_peaks_to_a_table(
    tiny_set: TinySet, tmp_path: Path, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(command: str, cell_type: str, *words: str | Path) -> None:
        genome = ("--sequence", tiny_set.sequence, "--blacklist", tiny_set.blacklist)
        assert main([command, *map(str, (*words, *genome, "-n", cell_type, "-o", command))]) == 0

    for cell_type in CELLS:
        peaks = [line.split("\t") for line in tiny_set.file(cell_type, "atac.narrowPeak").read_text().splitlines()]
        fragments = tmp_path / f"{cell_type}.tsv"
        # The whole peak and its halves, so that the middle has the highest coverage.
        lines = [
            f"{chrom}\t{first}\t{last}\tcell\t1\n"
            for chrom, start, end, *_ in peaks
            for middle in [(int(start) + int(end)) // 2]
            for first, last in ((start, end), (start, middle), (middle, end))
        ]
        fragments.write_text("".join(lines))
        run("prepare", cell_type, "-i", fragments)
        (signal,) = (tmp_path / "prepare").glob(f"{cell_type}_*_minmax01.bw")
        label = ("--label", "Test" if cell_type == CELLS[-1] else "Train")
        row = ("--cell_type", cell_type, "--tf", "TF1", "--signal", signal, *label)
        files = ("--peaks", tiny_set.file(cell_type, "chip.narrowPeak"), "--meta_out", "data/table.tsv")
        run("binding", cell_type, *files, *row, "--atac_peaks", tiny_set.file(cell_type, "atac.narrowPeak"))
    monkeypatch.chdir("/")
    words = tiny_set.arguments(tmp_path / "run", meta_file=tmp_path / "data" / "table.tsv")
    assert main(["check", *words[1:]]) == 0

"""The yeast set has one ChIP experiment for both of its cell types: neither can test the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maxatac.cli.main import main

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

PARTS = ("SRR1822137_part1of2", "SRR1822137_part2of2")


def relabelled(yeast: Path, folder: Path) -> Path:
    """The meta file with part 2 labelled Test; its paths absolute, since it lies elsewhere."""
    header, first, second = (yeast / "meta_Abf1.tsv").read_text().splitlines()
    rows = []
    for row, label in ((first, "Train"), (second, "Test")):
        *fields, _ = row.split("\t")
        rows.append(
            "\t".join([*(str(yeast / field) if (yeast / field).is_file() else field for field in fields), label])
        )
    meta = folder / "meta.tsv"
    meta.write_text("\n".join([header, *rows]) + "\n")
    return meta


def arguments(yeast: Path, meta: Path, output: Path) -> list[str]:
    return [
        "train", "--sequence", str(yeast / "sacCer3.2bit"), "--meta_file", str(meta), "--output", str(output),
        "--blacklist", str(yeast / "sacCer3_blacklist.bed"), "--tchroms", "chrI", "chrVI", "--vchroms", "chrIX",
        "--epochs", "1", "--batches", "2", "--batch_size", "20", "--val_batch_size", "20", "--seed", "1", "--no-plot",
        "--threads", "1",
    ]  # fmt: skip


def test_part_2_cannot_test_part_1(yeast: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meta = relabelled(yeast, tmp_path)
    assert main(arguments(yeast, meta, tmp_path / "results")) == 2
    told = capsys.readouterr().err
    for column, name in (("Binding_File", "Abf1_binding.bw"), ("CHIP_Peaks", "Abf1_binding_peaks.bed")):
        assert (
            f"{meta}, line 3, {column}: '{name}' of {PARTS[1]} (Test) is the same file as {column} of {PARTS[0]}"
            in told
        )
    assert "2 problems found" in told
    assert not (tmp_path / "results").exists()


def test_a_copy_is_found_out(yeast: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meta = relabelled(yeast, tmp_path)
    head, _, last = meta.read_text().rstrip().rpartition("\n")
    for name in ("Abf1_binding.bw", "Abf1_binding_peaks.bed"):
        copy = tmp_path / f"other_{name}"
        copy.write_bytes((yeast / name).read_bytes())
        last = last.replace(str(yeast / name), str(copy))
    meta.write_text(f"{head}\n{last}\n")
    assert main(arguments(yeast, meta, tmp_path / "results")) == 2
    told = capsys.readouterr().err
    assert told.count("(Test) has the same content (SHA-256 ") == 2


def test_it_can_be_allowed(
    yeast: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick_network: None
) -> None:
    output = tmp_path / "results"
    words = arguments(yeast, relabelled(yeast, tmp_path), output)
    assert main([*words, "--allow_shared_files", PARTS[1]]) == 0
    assert "WARNING allowed by --allow_shared_files: Binding_File of" in capsys.readouterr().err
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert record["status"] == "finished"
    assert record["leak_guard"]["held_out_cell_types"] == [PARTS[1]]
    assert len(record["leak_guard"]["allowed_shared_files"]) == 2

"""`maxatac check` on the yeast set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest

from maxatac.cli.main import main

PARTS = ("SRR1822137_part1of2", "SRR1822137_part2of2")
VALIDATION = ("chrIX", "chrXVI")
TEST = ("chrIII", "chrXII")


@pytest.fixture
def words(yeast: Path) -> list[str]:
    chroms = [line.split()[0] for line in (yeast / "sacCer3.chrom.sizes").read_text().splitlines()]
    return [
        "check", str(yeast / "meta_Abf1.tsv"), "--sequence", str(yeast / "sacCer3.2bit"),
        "--blacklist", str(yeast / "sacCer3_blacklist.bed"),
        "--tchroms", *[chrom for chrom in chroms if chrom not in (*VALIDATION, *TEST)], "--vchroms", *VALIDATION,
        "--rand_ratio", "0.5", "--rev_comp", "--batch_size", "100", "--val_batch_size", "100", "--seed", "1",
    ]  # fmt: skip


def test_yeast_set(words: list[str], yeast: Path, quick_network: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    assert found["problems"] == []
    # The 2bit has more sequences than the tracks, as in real use.
    assert found["genome"]["without_signal"] == ["chrM"]
    assert found["notes"] == ["1 of the 2bit's 17 sequences is in no signal track: chrM"]
    # Both parts have the binding of one experiment, which is fine as long as both train.
    shared = [sorted({file["column"] for file in equal["files"]}) for equal in found["equal_files"]]
    assert shared == [["Binding_File"], ["CHIP_Peaks"]]
    assert len(found["warnings"]) == 2
    for track in found["signal"]:
        with pyBigWig.open(track["path"]) as reader:
            values = np.concatenate(
                [reader.values(chrom, 0, size, numpy=True) for chrom, size in reader.chroms().items()]
            )
        data = values[~np.isnan(values)]
        assert (track["smallest"], track["largest"]) == (data.min(), data.max()) == (0, 1)
        np.testing.assert_allclose(track["mean"], data.mean(dtype=np.float64), rtol=1e-6)
        np.testing.assert_allclose(track["zero"], (values == 0).mean(), rtol=1e-9)
        np.testing.assert_allclose(track["at_largest"], (data == 1).sum() / (data > 0).sum(), rtol=1e-9)
        assert track["scale"] == "minmax01, cut"
    for track in found["binding"]:
        assert track["is_binary"]
        with pyBigWig.open(track["path"]) as reader:
            for name, chroms in (("validation", VALIDATION), ("unused", TEST)):
                bound = bins = 0
                for chrom in chroms:
                    size = reader.chroms(chrom) // 32 * 32
                    sums = np.nan_to_num(reader.values(chrom, 0, size, numpy=True)).reshape(-1, 32).sum(axis=1)
                    bound, bins = bound + int((sums > 16).sum()), bins + len(sums)
                assert track["bound"][name] == {"bins": bins, "bound": bound}
    pools = {(pool["pool"], pool["cell_type"], pool["kind"]): pool["kept"] for pool in found["pools"]}
    # Counted from the raw files by loops of another test.
    assert pools["training", PARTS[0], "CHIP"] == pools["training", PARTS[1], "CHIP"] == 477
    assert pools["validation", PARTS[0], "CHIP"] == 68


def test_yeast_set_for_people(words: list[str], quick_network: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "A run would start (2 warnings)."
    assert max(map(len, lines)) <= 100
    assert "Genome: sacCer3.2bit, 17 sequences, 12,157,105 bp, 0.00% of it N" in lines


def test_part_2_as_a_test(words: list[str], quick_network: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--test_cell_types", PARTS[1]]) == 2
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("A run would fail or mean nothing: 2 problems")
    assert captured.err.count(f"of {PARTS[1]} (Test) is the same file as") == 2
    assert main([*words, "--test_cell_types", PARTS[1], "--allow_shared_files", PARTS[1]]) == 0
    assert "allowed by --allow_shared_files" in " ".join(capsys.readouterr().out.split())

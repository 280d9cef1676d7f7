"""Bad input that is found with Keras only, and an output folder that cannot be made."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
from broken import HTML, Check, named, rows_of
from tiny import TinySet

from maxatac.cli.main import main
from maxatac.errors import InputError
from maxatac.training.workflow import train


@pytest.mark.parametrize(("letter", "at_most"), [("a", 195), ("\N{GREEK SMALL LETTER BETA}", 97)])
def test_names_that_the_file_system_refuses(
    letter: str, at_most: int, tiny_set: TinySet, scores: list[float], tmp_path: Path
) -> None:
    """It counts bytes, and the longest name is a temporary one: that of a run may have 255."""
    output, prefix = tmp_path / "results", letter * at_most
    split = {"tchroms": ("chr2",), "vchroms": ("chr3",), "test_chroms": ("chr1",)}
    with pytest.raises(InputError) as caught:
        train(tiny_set.config(output, prefix=prefix + letter, **split))
    (problem,) = caught.value.problems
    assert problem.option == "--prefix"
    assert named(problem, f"{prefix + letter}_validation_ROI", "too long")
    assert not output.exists()
    train(tiny_set.config(output, prefix=prefix, save_roi=True, **split))
    assert len(list(output.iterdir())) > 10


def test_cell_type_whose_file_name_gets_too_long(damaged: TinySet, problems: Check) -> None:
    long = "a cell type " * 20
    damaged.write_meta(rows_of(damaged, Cell_Line=["CellA", long, "CellC"], Train_Test_Label=["Train", "Test", "Test"]))
    split = {"tchroms": ("chr2",), "vchroms": ("chr3",), "test_chroms": ("chr1",)}
    (problem,) = problems(damaged, **split)
    assert named(problem, "too long", "maxatac_model_test.a_cell_type", "shorter name of the cell type")
    assert main(damaged.arguments(damaged.folder / "out", "--no-test", **{**split, "test_chroms": None})) == 0


def other_weights(path: Path) -> Path:
    """Weights of a network with half the filters, written without Keras."""
    import h5py
    import numpy as np

    with h5py.File(path, "w") as file:
        file["layers/conv1d/vars/0"] = np.zeros((7, 5, 8), np.float32)
        file["layers/conv1d/vars/1"] = np.zeros(8, np.float32)
    return path


def test_weights_that_are_another_file(damaged: TinySet, problems: Check) -> None:
    weights = damaged.folder / "model.keras"
    for content, words in ((HTML.encode(), ["HTML"]), (damaged.sequence.read_bytes(), ["2bit", ".keras"])):
        weights.write_bytes(content)
        (problem,) = problems(damaged, weights=weights)
        assert named(problem, weights, *words)


def test_weights_of_another_shape(tiny_set: TinySet, problems: Check, tmp_path: Path) -> None:
    weights = other_weights(tmp_path / "other.weights.h5")
    (problem,) = problems(tiny_set, weights=weights)
    assert named(problem, weights, "(7, 5, 8)", "(7, 5, 15)")


def test_output_that_fails_only_when_it_is_made(
    tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick_network: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    output = tmp_path / "results"
    assert main(tiny_set.arguments(output)) == 2
    assert named(capsys.readouterr().err, f"--output {output}", "Read-only file system")


def test_every_problem_is_named_in_one_run(damaged: TinySet, problems: Check, tmp_path: Path) -> None:
    weights = other_weights(tmp_path / "other.weights.h5")
    damaged.file("CellA", "binding.bw").write_text(HTML)
    damaged.file("CellB", "signal.bw").write_bytes(b"")
    damaged.file("CellB", "chip.narrowPeak").write_text("chr1\tten\t20\n")
    damaged.blacklist.write_text("1\t0\t100\n")
    tiny.write_sizes(damaged.chrom_sizes, {**tiny.SIZES, "chr2": 7})
    damaged.write_meta(rows_of(damaged, TF=["CTCF", "CTCF", "MAX"]))
    told = problems(
        damaged, "--batch_size", "0", "--rand_ratio", "1.5", chrom_sizes=damaged.chrom_sizes, weights=weights,
        tchroms=("chr1", "chr2", "chrX"), train_roi=None,
    )  # fmt: skip
    expected = (
        "--batch_size: found 0", "--rand_ratio: found 1.5", "CellA_binding.bw", "CellB_signal.bw",
        "CellB_chip.narrowPeak",
        "blacklist.bed", "genome.chrom.sizes", "transcription factors", "chrX", "other.weights.h5",
    )  # fmt: skip
    for words in expected:
        assert sum(words in str(problem) for problem in told) == 1, words
    assert len(told) == len(expected)

"""What the pages show runs: scripts, shell blocks and examples."""

from __future__ import annotations

import ast
import csv
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import predicting
import pytest
from documentation import ROOT, TRAIN, blocks, pages
from quick import PROGRAM
from tiny import write_bigwig


def test_option_tables_are_the_parsers() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "options.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("script", ["benchmark.py", "image.py", "wheel.py"])
def test_tables_of_numbers_are_those_of_the_files(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / script), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pages
def test_shell_blocks_are_shell(page: Path) -> None:
    for _, block in blocks(page, "bash"):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True, capture_output=True)


@pages
def test_python_blocks_import_what_there_is(page: Path) -> None:
    for _, block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("maxatac"):
                module = importlib.import_module(node.module or "")
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_example_of_the_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = (block for comment, block in blocks(TRAIN, "python") if comment == "tested as it stands")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block, "docs/train.md", "exec"), names)
    assert [names[name].shape for name in ("one_hot", "values")] == [(100, 4), (100,)]  # type: ignore[attr-defined]
    assert [names[name].shape for name in ("inputs", "targets")] == [(50, 1024, 5), (50, 32)]  # type: ignore[attr-defined]
    assert capsys.readouterr().out.startswith("training regions\n")


# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_examples_of_scoring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both ways give the same score."""
    whole, own = (block for comment, block in blocks(TRAIN, "python") if comment == "tested on small files")
    monkeypatch.chdir(tmp_path)
    made = predicting.make(tmp_path, signals=("held_out_atac",))
    made.sequence.rename("hg38.2bit")
    made.blacklist.rename("hg38_maxatac_blacklist.bed")
    Path("CTCF").mkdir()
    made.model.rename("CTCF/CTCF_best.keras")
    bound = [("chr1", start, start + 64, 1.0) for start in range(500, 20_000, 3_000)]
    write_bigwig(Path("held_out_CTCF_binding.bw"), bound, made.sizes)
    names: dict[str, object] = {}
    for block in (whole, own):
        exec(compile(block, "docs/train.md", "exec"), names)
    fine, coarse, model, prevalence = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split()[0] for line in (fine, coarse, prevalence)] == ["32", "200", "prevalence"]
    value = ast.literal_eval(model.removeprefix("model "))["value"]
    assert float(fine.split()[1]) == pytest.approx(value, abs=1e-6)


TUTORIAL = ROOT / "docs" / "tutorial.md"

SMALLER = {
    "--size 8M": "--size 2M",
    "--epochs 10 --batches 300": "--epochs 3 --batches 10 --batch_size 50 --val_batch_size 50 --genome_validation 100",
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the tutorial, with a network of a few numbers and fewer windows; gives the folder of its results."""
    block = "\n".join(["set -e", *(block for _, block in blocks(TUTORIAL, "bash"))])
    for asked, smaller in SMALLER.items():
        assert asked in block
        block = block.replace(asked, smaller)
    folder = tmp_path_factory.mktemp("chain")
    program = folder / "bin" / "maxatac"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    done = subprocess.run(
        ["bash", "-c", block], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if " WARNING " in line and "made from" in line] == []
    return folder / "results"


def test_chain_leaves_what_the_page_says(chain: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    named = {name for name in _named(text) if name.startswith("results/")}
    assert len(named) > 6
    assert [name for name in sorted(named) if not (chain.parent / name).is_file()] == []
    assert "CellC" in (chain / "SIMTF_report.html").read_text(encoding="utf-8")


def test_chain_scores_as_the_test_of_train(chain: Path) -> None:
    """Up to rounding: the test predicts in other batches. Of the test's own track all digits are the same."""
    mine = {
        (row["bin_size"], row["predictor"]): row
        for row in _rows(chain / "CellC_benchmark.tsv")
        if row["chrom"] == "pooled"
    }
    theirs = _rows(chain / "SIMTF_test.tsv")
    assert mine.keys() == {(row["bin_size"], row["predictor"]) for row in theirs}
    for row in theirs:
        found = mine[row["bin_size"], row["predictor"]]
        assert found["bound_bins"] == row["bound_bins"] != "0"
        for ours, other in (("", "value"), ("_low", "low"), ("_high", "high")):
            assert float(found[row["metric"] + ours]) == pytest.approx(float(row[other]), rel=1e-3)


def test_chain_calls_sites_on_the_scored_chromosomes(chain: Path) -> None:
    rows = [line.split("\t") for line in (chain / "CellC_SIMTF_32bp.bed").read_text().splitlines()]
    assert {row[0] for row in rows} == {"chr1", "chr7"}
    assert {row["tuned_here"] for row in _rows(chain / "CellC_benchmark.tsv") if row["predictor"] == "model"} == {"no"}


def _named(text: str) -> set[str]:
    return set(re.findall(r"`([^`\s]+)`", text))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))

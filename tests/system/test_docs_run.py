"""What the pages show runs: scripts, shell blocks and examples."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import ROOT, TRAIN, blocks, pages


def test_option_tables_are_the_parsers() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "options.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_tables_of_numbers_are_those_of_the_files() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "benchmark.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_numbers_of_the_image_are_those_of_the_file() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "image.py"), "--check"], capture_output=True, text=True, check=False
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

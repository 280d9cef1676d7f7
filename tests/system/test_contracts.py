"""The contracts of ``pyproject.toml`` fail when a module imports what it may not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import maxatac

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The modules of the package, and the contracts."""
    modules = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(Path(maxatac.__file__).parent, tmp_path / "maxatac", ignore=modules)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def lint(copy: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-logo", "--no-cache"], cwd=copy, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(copy)}, check=False,
    )  # fmt: skip


def test_the_package_keeps_the_contracts(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("genome/windows", "maxatac.training.settings"),  # upwards
        ("figures/markup", "maxatac.simulation.streams"),  # beside
        ("model/losses", "pandas"),
        ("runs/record", "keras"),
        ("training/trainer", "jax"),
    ],
)
def test_an_import_that_is_not_allowed_breaks_a_contract(module: str, imported: str, copy: Path) -> None:
    path = copy / "maxatac" / f"{module}.py"
    path.write_text(f"{path.read_text()}\nimport {imported}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert "1 broken" in done.stdout
    assert f"maxatac.{module.replace('/', '.')} -> {imported}" in done.stdout

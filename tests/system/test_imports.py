"""What an import loads, in a new interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import maxatac


def fresh(code: str) -> str:
    """Output of a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


HEAVY = ("h5py", "jax", "keras", "matplotlib", "numpy", "pandas", "pyBigWig", "tensorflow", "tqdm")


LIGHT = ("maxatac", "maxatac.cli.main", "maxatac.errors", "maxatac.evaluation.selection", "maxatac.training.settings")


@pytest.mark.parametrize("module", LIGHT)
def test_import_costs_next_to_nothing(module: str) -> None:
    loaded = fresh(f"import sys, {module}; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))")
    assert loaded.split() == []


MIDDLING = (
    "maxatac._core",
    "maxatac.genome.chroms",
    "maxatac.training.inputs",
    "maxatac.data.meta_file",
    "maxatac.data.regions",
    "maxatac.training.workflow",
)


def test_checking_inputs_needs_no_keras() -> None:
    loaded = fresh(f"import sys, {', '.join(MIDDLING)}; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))")
    assert set(loaded.split()) <= {"numpy"}


LIGHT_WITH_NUMPY = (
    "maxatac.genome.windows",
    "maxatac.files.sniff",
    "maxatac.genome.chroms",
    "maxatac.genome.split",
    "maxatac.data.meta_file",
    "maxatac.genome.intervals",
    "maxatac.data.regions",
)


def test_coordinates_need_no_core() -> None:
    loaded = fresh(f"import sys, {', '.join(LIGHT_WITH_NUMPY)}; print(*sys.modules)").split()
    assert set(loaded) & {*HEAVY, "maxatac._core"} <= {"numpy"}


def test_public_names() -> None:
    public = fresh("import maxatac; print(*dir(maxatac))").split()
    names = [
        "AverageConfig",
        "AverageResult",
        "BenchmarkConfig",
        "BenchmarkResult",
        "BindingConfig",
        "BindingResult",
        "CrossValidation",
        "Genome",
        "Memory",
        "MergeConfig",
        "MergeResult",
        "NormalizeConfig",
        "NormalizeResult",
        "PeaksConfig",
        "PeaksResult",
        "PredictConfig",
        "PredictResult",
        "PrepareConfig",
        "PrepareResult",
        "Sampler",
        "ThresholdConfig",
        "ThresholdResult",
        "Track",
        "TrainConfig",
        "TrainResult",
        "Trainer",
        "WindowDataset",
        "WindowReader",
        "average",
        "benchmark",
        "binding",
        "cross_validate",
        "merge",
        "normalize",
        "peaks",
        "predict",
        "prepare",
        "threshold",
        "train",
    ]
    assert public == names == sorted(maxatac.__all__)


def test_help_of_simulate_needs_no_numpy() -> None:
    code = (
        "import argparse, sys; from maxatac.cli import simulate; root = argparse.ArgumentParser();"
        "simulate.add_parser(root.add_subparsers());"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'pyBigWig')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawing_needs_no_display_and_leaves_no_figure_behind(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from maxatac.reporting.run_plots import plot_structure; "
        f"plot_structure([], Path({str(tmp_path / 'a.png')!r}), title='x'); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PATH": "", "MPLBACKEND": "tkagg"})

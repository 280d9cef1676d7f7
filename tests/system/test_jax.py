"""Training on JAX, in a process where TensorFlow cannot be imported. All but one test train the quick network."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import TinySet

pytestmark = pytest.mark.slow

BLOCKER = """
import sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_cpu", "tf_keras"):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, NoTensorFlow())
"""

REAL = """
import sys
from maxatac.cli.main import main

status = main(sys.argv[1:])
assert "jax" in sys.modules
sys.exit(status)
"""

PROGRAM = f"""
import sys
sys.path.append({str(Path(__file__).parents[1])!r})
import pytest
from quick import make_network_quick

make_network_quick(pytest.MonkeyPatch())
{REAL}"""

LOADS = """
import sys
sys.modules["maxatac"] = None
import keras
import numpy as np

model = keras.models.load_model(sys.argv[1], compile=False)
windows = np.eye(5, dtype="float32")[np.arange(2 * 1024) % 5].reshape(2, 1024, 5)
bins = model.predict_on_batch(windows)
assert (bins.shape, bins.dtype) == ((2, 32), "float32")
assert ((bins > 0) & (bins < 1)).all()
assert model.dtype_policy.name == "float32"
print([layer.name for layer in model.layers][-1])
"""


def run(*words: str, program: str = BLOCKER + PROGRAM) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(scope="module")
def output(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jax") / "results"
    done = run(*tiny_set.arguments(folder, "--rev_comp", "--plot", rand_ratio=0.25, jitter=100))
    assert done.returncode == 0, done.stderr
    return folder


def test_run_is_complete(output: Path) -> None:
    with (output / "maxatac_model.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert all(0 < float(row[name]) < 5 for name in ("dice_coef", "loss", "val_dice_coef", "val_loss"))
    for name in ("_1.keras", "_best.keras", "_best.h5", "_model_structure.png", "_model_dice_acc.png"):
        assert (output / f"maxatac_model{name}").stat().st_size > 0
    assert (output / "best_epoch.txt").read_text() == "maxatac_model_1.keras\n"


def test_record_and_log_name_the_backend(output: Path) -> None:
    found = json.loads((output / "maxatac_model_run.json").read_text())
    assert found["status"] == "finished"
    assert found["device"].startswith("jax ")
    assert found["device"] in (output / "maxatac_model.log").read_text().splitlines()[0]


def test_event_files_are_written(output: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(output / "tensorboard" / "maxatac_model" / "validation"))
    events.Reload()
    assert [scalar.step for scalar in events.Scalars("epoch_dice_coef")] == [1]


def test_tensorflow_makes_no_difference_where_it_is_installed(tiny_set: TinySet, output: Path, tmp_path: Path) -> None:
    """Keras imports it when a model is saved, whatever the backend is."""
    again = tmp_path / "again"
    words = tiny_set.arguments(again, "--rev_comp", rand_ratio=0.25, jitter=100)
    done = run(*words, program=PROGRAM)
    assert done.returncode == 0, done.stderr
    states = [json.loads((folder / "maxatac_model_run.json").read_text())["state_sha256"] for folder in (output, again)]
    assert states[0] == states[1]
    assert (again / "maxatac_model.csv").read_bytes() == (output / "maxatac_model.csv").read_bytes()


def test_error_of_the_loader_is_told_in_its_own_words(tiny_set: TinySet, tmp_path: Path) -> None:
    broken = PROGRAM.replace(
        "status = main",
        """
from maxatac.data.batches import WindowDataset
from maxatac.errors import TrackError

class Unreadable:
    def __init__(self, sampler):
        self.sampler = sampler

    def __getattr__(self, name):
        return getattr(self.sampler, name)

    def batches(self, epoch, start, stop, *, compact):
        raise TrackError("CellA_signal.bw: block at 1,024 is damaged")

create = WindowDataset.__init__
def broken(self, sampler, batches, **settings):
    create(self, Unreadable(sampler), batches, **settings)
WindowDataset.__init__ = broken
status = main""",
    )
    done = run(*tiny_set.arguments(tmp_path / "results"), program=BLOCKER + broken)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "maxatac: error: CellA_signal.bw: block at 1,024 is damaged"


def test_real_network_with_a_dense_head(tiny_set: TinySet, tmp_path: Path) -> None:
    """Of full width, in single precision; Keras alone reads what it leaves."""
    folder = tmp_path / "results"
    done = run(*tiny_set.arguments(folder, "--dense", "--no-test"), program=BLOCKER + REAL)
    assert done.returncode == 0, done.stderr
    with (folder / "maxatac_model.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert all(0 < float(row[name]) < 5 for name in ("dice_coef", "loss", "val_dice_coef", "val_loss"))
    loaded = run(str(folder / "maxatac_model_best.keras"), program=BLOCKER + LOADS)
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout == "dense_head\n"

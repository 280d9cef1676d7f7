"""What a run leaves behind, on one real run of the real network that all tests here share."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick import leave_xla_out
from tiny import CELLS, TinySet

from maxatac.runs.folder import RunFolder
from maxatac.runs.settings import loader_memory
from maxatac.system.resources import usable_memory, usable_processors
from maxatac.training.result import TrainResult
from maxatac.training.settings import TrainConfig
from maxatac.training.workflow import train

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

PREFIX = "CTCF"


@dataclasses.dataclass(frozen=True)
class Run:
    config: TrainConfig
    result: TrainResult

    def path(self, ending: str) -> Path:
        return self.config.output / f"{PREFIX}{ending}"

    def rows(self, ending: str = ".csv") -> list[dict[str, float]]:
        with self.path(ending).open(newline="") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path("_run.json").read_text())
        return found


@pytest.fixture(scope="module")
def run(tiny_set: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    output = tmp_path_factory.mktemp("run") / "results"
    config = tiny_set.config(
        output, prefix=PREFIX, epochs=2, plot=True, save_roi=True, rev_comp_train=True, rand_ratio=0.25, jitter=50,
        genome="tiny1", chrom_sizes=tiny_set.chrom_sizes,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        leave_xla_out(patch)
        return Run(config, train(config))


# Names.


def test_everything_is_there_and_nothing_else(run: Run) -> None:
    endings = (
        "_1.keras", "_2.keras", "_best.keras", "_best.h5", ".csv", "_timing.csv", "_cells.csv", "_thresholds.tsv",
        "_run.json", ".log", "_resume.npz", "_report.html", "_report.json", "_figures",
        "_model_structure.png", "_model_dice_acc.png", "_training_ROI.bed.gz", "_training_ROI_stats.txt",
        "_training_ROI_totalregions_stats.txt", "_validation_ROI.bed.gz", "_validation_ROI_stats.txt",
        "_validation_ROI_totalregions_stats.txt",
    )  # fmt: skip
    expected = {f"{PREFIX}{ending}" for ending in endings} | {"best_epoch.txt", "tensorboard"}
    assert {path.name for path in run.config.output.iterdir()} == expected
    assert all(path.stat().st_size > 0 for path in run.config.output.rglob("*"))


# Tables.


def test_history(run: Run) -> None:
    header = run.path(".csv").read_text().splitlines()[0]
    assert header.startswith("epoch,dice_coef,loss,val_dice_coef,val_loss,val_pooled_dice,")
    rows = run.rows()
    assert [row["epoch"] for row in rows] == [1, 2]
    for row in rows:
        assert 0 < row["dice_coef"] < 1
        assert 0 < row["val_dice_coef"] < 1
        assert 0 < row["loss"] < 5
        assert 0 < row["val_loss"] < 5
    # Read back, the text gives the very numbers.
    assert tuple(rows) == run.result.history


def test_history_is_what_the_checkpoints_score(run: Run) -> None:
    """The last row, recomputed in plain numpy from the saved model and the validation windows."""
    import keras

    from maxatac.training.inputs import open_inputs
    from maxatac.training.samplers import make_samplers

    config = dataclasses.replace(run.config, output=run.config.output / "unused")
    inputs = open_inputs(config, RunFolder(config.output, config.prefix))
    sampler = make_samplers(config, inputs, run.result.seed)["validation"]
    model = keras.models.load_model(run.path("_2.keras"), compile=False)
    losses, dices = [], []
    for index in range(config.batches):
        windows, y = sampler.batch(0, index)
        p = np.clip(np.asarray(model(windows, training=False), np.float64), 1e-7, 1 - 1e-7)
        losses.append(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())
        dices.append((2 * (y * p).sum() + 10) / (y.sum() + p.sum() + 10))
    last = run.rows()[-1]
    assert last["val_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert last["val_dice_coef"] == pytest.approx(np.mean(dices), rel=1e-4)


def test_timing(run: Run) -> None:
    rows = run.rows("_timing.csv")
    assert list(rows[0]) == [
        "epoch", "seconds", "examples_per_second", "waiting_share", "statistics_share", "validation_share",
        "genome_share", "steps_seconds", "statistics_seconds", "validation_seconds", "genome_seconds",
        "saving_seconds",
    ]  # fmt: skip
    assert [row["epoch"] for row in rows] == [1, 2]
    for row in rows:
        assert row["seconds"] > 0
        assert row["examples_per_second"] > 0
        shares = [row[name] for name in ("statistics_share", "validation_share", "genome_share")]
        assert all(0 < share < 1 for share in shares)
        parts = [row[f"{name}_seconds"] for name in ("statistics", "validation", "genome")]
        assert parts == pytest.approx([share * row["seconds"] for share in shares])
        assert 0 < row["steps_seconds"] < row["seconds"] - sum(parts)
        assert row["saving_seconds"] > 0


def test_record_tells_what_was_no_training_step(run: Run) -> None:
    record = json.loads(run.path("_run.json").read_text())
    steps = sum(row["steps_seconds"] for row in run.rows("_timing.csv"))
    assert record["phases"]["training"] == pytest.approx(steps)
    assert record["outside_steps_share"] == pytest.approx(1 - steps / record["seconds"])
    phases = sum(record["phases"].values())
    assert phases <= record["seconds"]
    assert record["computing_threads"] is None or record["computing_threads"] > 0


def test_best_epoch(run: Run) -> None:
    rows = run.rows()
    best = max(rows, key=lambda row: row["val_dice_coef"])["epoch"]
    assert run.result.best_epoch == best
    assert run.result.best_model == run.path("_best.keras")
    text = (run.config.output / "best_epoch.txt").read_text()
    assert text == f"{PREFIX}_{best:g}.keras\n"
    checkpoint = run.config.output / text.strip()
    assert run.path("_best.keras").read_bytes() == checkpoint.read_bytes()


# Models.

LOADER = """
import sys

class NoMaxatac:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "maxatac":
            raise ImportError("maxatac is not installed here")

sys.meta_path.insert(0, NoMaxatac())
import keras, numpy as np
windows = np.load(sys.argv[1])
for path in sys.argv[3:]:
    np.save(sys.argv[2] + "/" + path.rpartition("/")[2] + ".npy", keras.models.load_model(path, compile=False)(windows))
assert "maxatac" not in sys.modules
"""


def test_models_load_where_maxatac_is_not_installed(run: Run, tmp_path: Path) -> None:
    windows = np.random.default_rng(1).random((3, 1024, 5), dtype=np.float32)
    np.save(tmp_path / "windows.npy", windows)
    best = run.config.output / (run.config.output / "best_epoch.txt").read_text().strip()
    other = run.path(f"_{3 - run.result.best_epoch}.keras")
    models = [best, run.path("_best.keras"), run.path("_best.h5"), other]
    words = [str(tmp_path / "windows.npy"), str(tmp_path), *map(str, models)]
    done = subprocess.run(
        [sys.executable, "-c", LOADER, *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    predictions = [np.load(tmp_path / f"{path.name}.npy") for path in models]
    assert predictions[0].shape == (3, 32)
    assert ((predictions[0] > 0) & (predictions[0] < 1)).all()
    np.testing.assert_array_equal(predictions[0], predictions[1])
    np.testing.assert_allclose(predictions[0], predictions[2], atol=1e-6)
    assert not np.allclose(predictions[0], predictions[3], atol=1e-6)


def test_model_is_the_specified_one(run: Run) -> None:
    import keras

    model = keras.models.load_model(run.path("_best.keras"), compile=False)
    assert model.count_params() == 117_204
    assert (model.input_shape, model.output_shape) == ((None, 1024, 5), (None, 32))


# Figures.


@pytest.mark.parametrize("ending", ["_model_structure.png", "_model_dice_acc.png"])
def test_figure_shows_something(ending: str, run: Run) -> None:
    from matplotlib.image import imread

    pixels = imread(run.path(ending))
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 20
    # Neither blank nor cut off: ink away from the white rim.
    dark = pixels[..., :3].min(axis=2) < 0.9
    assert 0.005 < dark.mean() < 0.9
    assert not dark[0].any()
    assert not dark[-1].any()


# Record, log, event files, regions.


def test_record(run: Run, tiny_set: TinySet) -> None:
    found = run.record()
    assert found["status"] == "finished"
    assert found["maxatac"] == version("maxatac")
    assert found["seed"] == found["settings"]["seed"] == 7 == run.result.seed
    for package in ("tensorflow", "keras", "numpy", "pandas", "h5py"):
        assert found["versions"][package] == version(package)
    assert found["versions"]["python"] == platform.python_version()
    assert found["device"].endswith("CPU") or found["device"]
    assert found["machine"]["processors"] == os.cpu_count()
    assert found["machine"]["usable_processors"] == usable_processors()
    assert found["machine"]["usable_memory_bytes"] == usable_memory()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["started"])
    assert found["seconds"] > 0
    assert found["epochs_finished"] == 2
    assert found["command"] == sys.argv
    assert found["cell_types"] == {"CellA": "Train", "CellB": "Train", "CellC": "Test"}
    assert found["best"]["epoch"] == run.result.best_epoch
    assert found["best"]["checkpoint"] == (run.config.output / "best_epoch.txt").read_text().strip()
    assert found["best"]["val_dice_coef"] == max(row["val_dice_coef"] for row in run.rows())
    assert found["state_sha256"] == run.result.state_sha256
    assert re.fullmatch("[0-9a-f]{64}", found["state_sha256"])


def test_record_holds_every_setting(run: Run) -> None:
    settings = run.record()["settings"]
    assert set(settings) == {field.name for field in dataclasses.fields(TrainConfig)}
    for name, value in settings.items():
        expected = getattr(run.config, name)
        if name == "chroms":
            expected = ("chr1", "chr2", "chr3")
        elif name == "memory":
            expected = loader_memory(run.config)
        as_text = str(expected) if isinstance(expected, Path) else expected
        assert value == (list(expected) if isinstance(expected, tuple) else as_text)


def test_record_holds_a_checksum_of_every_input(run: Run, tiny_set: TinySet) -> None:
    inputs = run.record()["inputs"]
    expected = {
        "sequence": tiny_set.sequence,
        "meta_file": tiny_set.meta_file,
        "blacklist": tiny_set.blacklist,
        "chrom_sizes": tiny_set.chrom_sizes,
    }
    for cell in CELLS[:2]:
        expected |= {
            f"{cell} signal": tiny_set.file(cell, "signal.bw"),
            f"{cell} binding": tiny_set.file(cell, "binding.bw"),
            f"{cell} atac_peaks": tiny_set.file(cell, "atac.narrowPeak"),
            f"{cell} chip_peaks": tiny_set.file(cell, "chip.narrowPeak"),
        }
    # The Test cell type's files are not among them: they were not used.
    assert set(inputs) == set(expected)
    for name, path in expected.items():
        content = path.read_bytes()
        assert inputs[name] == {
            "path": str(path), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip


def test_log(run: Run) -> None:
    lines = run.path(".log").read_text().splitlines()
    told = [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", "", line) for line in lines]
    assert told[0].startswith("INFO Keras ")
    assert run.record()["device"] in told[0]
    assert "seed 7" in told[1]
    text = "\n".join(told)
    for pool in ("training", "validation"):
        assert f"INFO {pool} regions\nINFO cell type " in text
    assert len([line for line in told if line.startswith("INFO epoch ")]) == 2
    assert f"INFO best epoch: {run.result.best_epoch} of 2" in told[-1]
    # Read from the tracks, once per training cell type.
    for cell in CELLS[:2]:
        assert re.search(rf"INFO {cell} +281 +0 to ", text)


def test_event_files_hold_the_history(run: Run) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for name, names in (("train", ("dice_coef", "loss")), ("validation", ("val_dice_coef", "val_loss"))):
        events = EventAccumulator(str(run.config.output / "tensorboard" / PREFIX / name))
        events.Reload()
        for column in names:
            scalars = events.Scalars(f"epoch_{column.removeprefix('val_')}")
            assert [scalar.step for scalar in scalars] == [1, 2]
            assert [scalar.value for scalar in scalars] == [np.float32(row[column]) for row in run.rows()]


@pytest.mark.parametrize("pool", ["training", "validation"])
def test_saved_regions(pool: str, run: Run) -> None:
    with gzip.open(run.path(f"_{pool}_ROI.bed.gz"), "rt") as file:
        header, *regions = (line.rstrip("\n").split("\t") for line in file)
    assert header == ["#Chr", "Start", "Stop", "ROI_Type", "Cell_Line"]
    assert len(regions) == run.record()["pools"][pool]
    assert {int(end) - int(start) for _, start, end, _, _ in regions} == {1024}
    chroms = {"training": {"chr1", "chr2"}, "validation": {"chr3"}}[pool]
    assert {chrom for chrom, *_ in regions} == chroms
    assert {cell for *_, cell in regions} == {"CellA", "CellB"}
    total = run.path(f"_{pool}_ROI_totalregions_stats.txt").read_text().splitlines()[-1]
    assert total.split() == ["total", str(len(regions))]


# The folder.

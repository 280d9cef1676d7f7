"""The names of the files of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from maxatac.runs.folder import RunFolder

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


def test_names() -> None:
    folder = RunFolder(Path("out"), "CTCF")
    assert folder.checkpoint(11) == Path("out/CTCF_11.keras")
    assert RunFolder(Path("out"), "CTCF", "h5").checkpoint(1) == Path("out/CTCF_1.h5")
    assert folder.named("_best.h5") == Path("out/CTCF_best.h5")
    assert folder.best_epoch == Path("out/best_epoch.txt")


MINE = (
    "model_1.keras", "model_11.keras", "model_3.h5", "model_best.keras", "model_best.h5", "model.csv",
    "model_timing.csv", "model_cells.csv", "model_thresholds.tsv", "model_test.tsv", "model_test.json", "model.bw",
    "model_test.A549.bw", "model_run.json", "model.log", "model_resume.npz", "model_model_structure.png",
    "model_model_structure.svg", "model_model_dice_acc.png", "model_training_ROI.bed.gz",
    "model_validation_ROI_stats.txt", "model_training_ROI_totalregions_stats.txt",
)  # fmt: skip


OTHERS = (
    "model_2_1.keras", "model_2.csv", "model_2.log", "model_2_best.keras", "model_2_run.json", "model_2_resume.npz",
    "my_model.csv", "model_notes.txt", "model.csv.bak", "model_1.keras.old", "modelX1.keras", "model",
    "model_one.keras",
    "model_2_training_ROI.bed.gz", "model_2_model_structure.png", "model_2.bw", "model_test.bw",
    "model_test_test.A549.bw", "model_test_test.tsv", "my_model.bw",
)  # fmt: skip


def test_only_files_of_this_prefix_are_of_an_earlier_run(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "absent", "model").of_earlier_run() == []
    for name in (*MINE, *OTHERS, "best_epoch.txt"):
        (tmp_path / name).touch()
    folder = RunFolder(tmp_path, "model")
    assert {path.name for path in folder.of_earlier_run()} == set(MINE)
    # The dot of a pattern matches anything; that of a prefix is a dot.
    (tmp_path / "v1x2.csv").touch()
    assert RunFolder(tmp_path, "v1.2").of_earlier_run() == []


def test_clearing_takes_this_prefix_only(tmp_path: Path) -> None:
    for name in (*MINE, *OTHERS):
        (tmp_path / name).touch()
    events = {}
    for prefix in ("model", "model_2"):
        folder = tmp_path / "tensorboard" / prefix / "train"
        folder.mkdir(parents=True)
        events[prefix] = folder / "events.out.tfevents.1.host"
        events[prefix].touch()
    best = tmp_path / "best_epoch.txt"

    best.write_text("other_3.keras\n")
    RunFolder(tmp_path, "model").clear()
    assert {path.name for path in tmp_path.iterdir()} == {*OTHERS, "best_epoch.txt", "tensorboard"}
    assert not events["model"].exists()
    assert events["model_2"].exists()

    best.write_text("model_3.keras\n")
    RunFolder(tmp_path, "model").clear()
    assert not best.exists()


def test_clearing_keeps_the_best_epoch_of_a_longer_prefix(tmp_path: Path) -> None:
    best = tmp_path / "best_epoch.txt"
    best.write_text("model_2_3.keras\n")
    RunFolder(tmp_path, "model").clear()
    assert best.exists()

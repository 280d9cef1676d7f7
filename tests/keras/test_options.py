"""One test per option of ``maxatac train`` that fails if the option does nothing.

Most stop where training would begin and look at what it would train with; a few go on with epochs that take no time.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from results import record
from starting import Start, Started
from tiny import TinySet

from maxatac.cli.main import build_parser, main
from maxatac.runs.folder import RunFolder
from maxatac.system.resources import usable_memory, usable_processors
from maxatac.training.cross_validation import PreparedCrossValidation
from maxatac.training.resume import read_state
from maxatac.training.trainer import Trainer

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; .h5 is a format that users may ask for.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

TESTED: dict[str, str] = {}


def covers(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a test into the list of options that have one."""

    def enter(test: Callable[..., None]) -> Callable[..., None]:
        TESTED.update(dict.fromkeys(names, test.__name__))
        return test

    return enter


def test_every_option_has_a_test() -> None:
    (subparsers,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    options = {option for action in subparsers.choices["train"]._actions for option in action.option_strings}
    assert set(TESTED) == options - {"-h", "--help"}
    assert set(TESTED.values()) <= set(globals())


def plans(started: Started, pool: str = "training", batches: int = 4) -> dict[str, np.ndarray]:
    """Columns of the windows of the first batches."""
    sampler = started.samplers[pool]
    parts = [sampler.plan(0, index) for index in range(batches)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def same_batches(one: Started, other: Started) -> bool:
    return all(
        np.array_equal(mine, theirs)
        for name in one.samplers
        for index in range(3)
        for mine, theirs in zip(one.samplers[name].batch(1, index), other.samplers[name].batch(1, index), strict=True)
    )


# Inputs.


@covers("--sequence")
def test_sequence(tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path) -> None:
    other = tiny.write_genome(tmp_path / "other.2bit", seed=2)
    inputs, _ = start(tiny_set.arguments(output)).samplers["training"].batch(0, 0)
    changed, _ = start(tiny_set.arguments(output, sequence=other)).samplers["training"].batch(0, 0)
    assert np.array_equal(inputs[..., 4], changed[..., 4])
    assert not np.array_equal(inputs[..., :4], changed[..., :4])


@covers("--meta_file")
def test_meta_file(damaged: TinySet, output: Path, start: Start, quick_network: None) -> None:
    other = damaged.write_meta(damaged.rows()[1:]).rename(damaged.folder / "other.tsv")
    damaged.write_meta()
    lines = [start(damaged.arguments(output, meta_file=meta)).inputs for meta in (damaged.meta_file, other)]
    assert [[sample.cell_line for sample in inputs.training] for inputs in lines] == [["CellA", "CellB"], ["CellB"]]


@covers("--cells")
def test_cells(damaged: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path) -> None:
    row = damaged.rows()[1]
    keys = {
        "cell_type": "Cell_Line", "atac_signal": "ATAC_Signal_File", "binding": "Binding_File",
        "atac_peaks": "ATAC_Peaks", "chip_peaks": "CHIP_Peaks", "label": "Train_Test_Label",
    }  # fmt: skip
    cells = damaged.folder / "cells.json"
    cells.write_text(json.dumps({"tf": "TF1", "cells": [{key: row[column] for key, column in keys.items()}]}))
    inputs = start(damaged.arguments(output, meta_file=None, cells=cells)).inputs
    assert [sample.cell_line for sample in inputs.training] == ["CellB"]


@covers("--train_roi", "--validate_roi")
@pytest.mark.parametrize("option", ["train_roi", "validate_roi"])
def test_regions_from_a_file(
    option: str, tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path
) -> None:
    mine, other = ("training", "validation") if option == "train_roi" else ("validation", "training")
    chrom = {"training": "chr1", "validation": "chr3"}[mine]
    bed = tmp_path / "regions.bed"
    bed.write_text(f"{chrom}\t20000\t20400\n{chrom}\t30000\t31024\n")
    from_meta = start(tiny_set.arguments(output))
    from_file = start(tiny_set.arguments(output, **{option: bed}))
    assert from_file.pool(mine) == [(chrom, 20_200 - 512), (chrom, 30_000)]
    assert from_file.pool(other) == from_meta.pool(other)
    assert len(from_meta.pool(mine)) > 2
    # A region without a cell line draws one even where cell types are not shuffled.
    unshuffled = start(tiny_set.arguments(output, shuffle_cell_type=False, **{option: bed}))
    assert set(plans(unshuffled, mine)["track"]) == {0, 1}


@covers("--blacklist")
def test_blacklist(tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path) -> None:
    chrom, black_start, black_end = "chr1", 10_000, 150_000
    bed = tmp_path / "black.bed"
    bed.write_text(f"{chrom}\t{black_start}\t{black_end}\n")

    def inside(started: Started) -> int:
        plan = plans(started, batches=20)
        chroms = np.array(started.inputs.split.training)[plan["chrom"]]
        return int(((chroms == chrom) & (plan["start"] + 1_024 > black_start) & (plan["start"] < black_end)).sum())

    with_it, without = (
        start(tiny_set.arguments(output, blacklist=file, rand_ratio=0.5, jitter=400)) for file in (bed, None)
    )
    assert inside(with_it) == 0 < inside(without)
    assert len(with_it.pool()) < len(without.pool())


@covers("--chrom_sizes")
def test_chrom_sizes(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    start(tiny_set.arguments(output, chrom_sizes=tiny_set.chrom_sizes))
    wrong = tiny.write_sizes(tmp_path / "wrong.sizes", {**tiny.SIZES, "chr2": 99_999})
    assert main(tiny_set.arguments(output, chrom_sizes=wrong)) == 2
    told = capsys.readouterr().err
    assert "wrong.sizes: chr2 has 99,999 bp, but 100,000 bp in" in told


@covers("--test_cell_types")
def test_test_cell_types(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    started = start(tiny_set.arguments(output, test_cell_types=("CellA",)))
    assert [sample.cell_line for sample in started.inputs.training] == ["CellB", "CellC"]
    assert started.inputs.pools["training"].cell_lines == ("CellB", "CellC")
    both = start(tiny_set.arguments(output, test_cell_types=("CellA", "CellC")))
    assert [sample.cell_line for sample in both.inputs.training] == ["CellB"]


@covers("--allow_shared_files")
def test_allow_shared_files(
    damaged: TinySet, output: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = damaged.rows()
    rows[2]["Binding_File"] = rows[0]["Binding_File"]
    damaged.write_meta(rows)
    assert main(damaged.arguments(output)) == 2
    assert "--allow_shared_files CellC" in capsys.readouterr().err
    assert len(start(damaged.arguments(output, allow_shared_files=("CellC",))).inputs.shared) == 1


@covers("--allow_same")
def test_allow_same(
    damaged: TinySet, output: Path, start: Start, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = damaged.rows()
    rows[2] |= {"Cell_Line": "cell_a", "Binding_File": rows[0]["Binding_File"], "CHIP_Peaks": rows[1]["CHIP_Peaks"]}
    damaged.write_meta(rows)
    assert main(damaged.arguments(output, "--allow_same", "CellA=cell_a")) == 2
    assert "CellB=cell_a" in capsys.readouterr().err
    words = ("--allow_same", "CellA=cell_a", "--allow_same", "cell_a=CellB")
    assert len(start(damaged.arguments(output, *words)).inputs.shared) == 2


@covers("--dry_run", "--no-dry_run")
def test_dry_run(
    tiny_set: TinySet, output: Path, quick_network: None, scores: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(output, "--dry_run")) == 0
    assert capsys.readouterr().out.endswith("A run would start.\n")
    assert not output.exists()
    assert main(tiny_set.arguments(output, "--dry_run", "--no-dry_run")) == 0
    assert (output / "maxatac_model_1.keras").exists()
    # The folder is judged as that of a run would be.
    capsys.readouterr()
    assert main(tiny_set.arguments(output, "--dry_run")) == 2
    assert "holds a run of the prefix" in capsys.readouterr().err


# Chromosomes.


@covers("--chroms", "--tchroms", "--vchroms")
@pytest.mark.parametrize(
    ("options", "study", "training", "validation"),
    [
        ({"tchroms": ("chr1",), "vchroms": ("chr2",)}, {"chr1", "chr2"}, ("chr1",), ("chr2",)),
        ({"tchroms": ("chr1", "chr2"), "vchroms": ("chr3",)}, {"chr1", "chr2", "chr3"}, ("chr1", "chr2"), ("chr3",)),
        (
            {"tchroms": ("chr1", "chr2"), "vchroms": ("chr3",), "chroms": ("chr3", "chr2")},
            {"chr3", "chr2"}, ("chr2",), ("chr3",),
        ),
        # The page's lists: chr2 validates, chr3 trains, chr1 takes no part.
        ({"tchroms": None, "vchroms": None}, {"chr2", "chr3"}, ("chr3",), ("chr2",)),
    ],
    ids=["lists", "other lists", "cut", "defaults"],
)  # fmt: skip
def test_chromosomes(
    options: dict[str, tuple[str, ...] | None], study: set[str], training: tuple[str, ...],
    validation: tuple[str, ...], tiny_set: TinySet, output: Path, start: Start, quick_network: None,
) -> None:  # fmt: skip
    started = start(tiny_set.arguments(output, rand_ratio=0.5, **options))
    split = started.inputs.split
    assert (set(split.chroms), split.training, split.validation) == (study, training, validation)
    for name, chroms in (("training", training), ("validation", validation)):
        drawn = {chroms[index] for index in plans(started, name, batches=10)["chrom"]}
        assert drawn == set(chroms)


@covers("--test_chroms")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ()),
        ({"tchroms": ("chr2",)}, ("chr1",)),
        ({"tchroms": ("chr2",), "vchroms": ("chr1",)}, ()),
        ({"tchroms": None, "vchroms": None}, ("chr1",)),
        ({"tchroms": ("chr1",), "test_chroms": ("chr2",)}, ("chr2",)),
        # Training and validation are cut to the study, the test is apart from it.
        ({"chroms": ("chr2", "chr3"), "test_chroms": ("chr1",)}, ("chr1",)),
        ({"tchroms": ("chr2",), "test": False}, ()),
    ],
)
def test_test_chroms(
    options: dict[str, Any], expected: tuple[str, ...], tiny_set: TinySet, output: Path, start: Start,
    quick_network: None,
) -> None:  # fmt: skip
    assert start(tiny_set.arguments(output, **options)).inputs.split.test == expected


TESTABLE: dict[str, Any] = {"tchroms": ("chr2",), "test_chroms": ("chr1",)}


@covers("--test", "--no-test")
@pytest.mark.parametrize(("words", "files"), [((), 3), (("--no-test",), 0), (("--no-test", "--test"), 3)], ids=str)
def test_independent_test(
    words: tuple[str, ...], files: int, tiny_set: TinySet, output: Path, scores: list[float]
) -> None:
    assert main(tiny_set.arguments(output, *words, **TESTABLE)) == 0
    found = [path.name for path in output.iterdir() if "_test." in path.name or path.suffix == ".bw"]
    assert len(found) == files


@covers("--test_rev_comp", "--no-test_rev_comp")
def test_test_rev_comp(tiny_set: TinySet, tmp_path: Path, scores: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    from maxatac.training import held_out

    asked: list[bool] = []
    predict = held_out.predict_chromosomes

    def watched(*arguments: Any, **settings: Any) -> Any:
        asked.append(settings["both_strands"])
        return predict(*arguments, **settings)

    monkeypatch.setattr(held_out, "predict_chromosomes", watched)
    for number, words in enumerate(((), ("--test_rev_comp",), ("--test_rev_comp", "--no-test_rev_comp"))):
        assert main(tiny_set.arguments(tmp_path / str(number), *words, **TESTABLE)) == 0
    assert asked == [False, True, False]


@covers("--test_seen", "--no-test_seen")
def test_test_seen(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    for number, (words, seen) in enumerate(
        (((), None), (("--test_seen",), ["chr2"]), (("--test_seen", "--no-test_seen"), None))
    ):
        output = tmp_path / str(number)
        assert main(tiny_set.arguments(output, *words, **TESTABLE)) == 0
        found = json.loads((output / "maxatac_model_test.json").read_text())
        assert (found["seen"] and found["seen"]["chroms"]) == seen
        assert found["chroms"] == ["chr1"]


# What is drawn.


@covers("--rand_ratio")
@pytest.mark.parametrize(("ratio", "random_windows"), [(0.0, 0), (0.25, 2), (0.3, 2), (1.0, 8)])
def test_rand_ratio(
    ratio: float, random_windows: int, tiny_set: TinySet, output: Path, start: Start, quick_network: None
) -> None:
    started = start(tiny_set.arguments(output, rand_ratio=ratio))
    for pool in ("training", "validation"):
        for index in range(3):
            assert int((started.samplers[pool].plan(0, index)["roi"] < 0).sum()) == random_windows


@covers("--jitter")
def test_jitter(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    def shifts(jitter: int, pool: str) -> np.ndarray:
        started = start(tiny_set.arguments(output, jitter=jitter))
        plan = plans(started, pool, batches=20)
        return plan["start"] - started.inputs.pools[pool].start[plan["roi"]]

    for pool in ("training", "validation"):
        assert set(shifts(0, pool)) == {0}
        moved = shifts(100, pool)
        assert moved.min() < -50
        assert moved.max() > 50
        assert np.abs(moved).max() <= 100
        assert np.abs(shifts(300, pool)).max() > 100


@covers("--center")
def test_center(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    # The peak files say where each summit is, -1 where they do not know; read here without the package's reader.
    expected: dict[str, list[tuple[str, int]]] = {"midpoint": [], "summit": []}
    for cell in ("CellA", "CellB"):
        for kind in ("atac", "chip"):
            for line in tiny_set.file(cell, f"{kind}.narrowPeak").read_text().splitlines():
                chrom, first, last, *_, summit = line.split("\t")
                if chrom == "chr3":
                    middle = (int(first) + int(last)) // 2
                    expected["midpoint"].append((chrom, middle - 512))
                    at_summit = int(first) + int(summit) if int(summit) >= 0 else middle
                    expected["summit"].append((chrom, at_summit - 512))
    assert expected["midpoint"] != expected["summit"]
    for center, regions in expected.items():
        assert start(tiny_set.arguments(output, center=center)).pool("validation") == regions
    assert start(tiny_set.arguments(output)).pool("validation") == expected["midpoint"]


@covers("--shuffle_cell_type", "--no-shuffle_cell_type")
def test_shuffle_cell_type(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    def own(*words: str, pool: str) -> float:
        """Share of the windows that are read from the region's own cell type."""
        arguments = tiny_set.arguments(output, *words)
        plan = plans(started := start(arguments), pool, batches=20)
        return float((plan["track"] == started.inputs.pools[pool].cell[plan["roi"]]).mean())

    for pool in ("training", "validation"):
        assert own("--no-shuffle_cell_type", pool=pool) == 1
        assert 0.3 < own("--shuffle_cell_type", pool=pool) < 0.7
        assert 0.3 < own(pool=pool) < 0.7


@covers("--rev_comp_train", "--rev_comp", "--no-rev_comp_train", "--no-rev_comp")
def test_reverse_complement(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    def reversed_share(*words: str, pool: str = "training") -> float:
        return float(plans(start(tiny_set.arguments(output, *words)), pool, batches=20)["reverse"].mean())

    assert reversed_share() == 0
    for option in ("--rev_comp_train", "--rev_comp"):
        assert 0.3 < reversed_share(option) < 0.7
        assert 0.3 < reversed_share(option, pool="validation") < 0.7
        for negation in ("--no-rev_comp_train", "--no-rev_comp"):
            assert reversed_share(option, negation) == 0
    both = [start(tiny_set.arguments(output, option)) for option in ("--rev_comp_train", "--rev_comp")]
    assert same_batches(*both)


@covers("--seed")
def test_seed(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    one, same, other = (start(tiny_set.arguments(output, seed=seed, rand_ratio=0.5)) for seed in (5, 5, 6))
    assert same_batches(one, same)
    assert not same_batches(one, other)
    kernels = [started.trainer.model.weights[0].numpy() for started in (one, same, other)]
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])

    drawn = [start(tiny_set.arguments(output, seed=None)).record.seed for _ in range(5)]
    assert all(1 <= seed <= 99_999 for seed in drawn)
    assert len(set(drawn)) > 1


def test_drawn_seed_is_recorded(tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    assert main(tiny_set.arguments(output, seed=None)) == 0
    found = record(output)
    assert 1 <= found["seed"] <= 99_999
    assert found["settings"]["seed"] == found["seed"]
    assert f"seed {found['seed']};" in (output / "maxatac_model.log").read_text()


@covers("--batch_size", "--val_batch_size")
def test_batch_sizes(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    started = start(tiny_set.arguments(output, batch_size=6, val_batch_size=10))
    for data, size in ((started.trainer.data.training, 6), (started.trainer.data.validation, 10)):
        inputs, targets = data[0]
        assert (inputs.shape, targets.shape) == ((size, 1024, 5), (size, 32))


@covers("--batches")
@pytest.mark.parametrize("batches", [1, 3])
def test_batches(batches: int, tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    trainer = start(tiny_set.arguments(output, batches=batches)).trainer
    assert (len(trainer.data.training), len(trainer.data.validation)) == (batches, batches)


@covers("--threads")
def test_threads(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import maxatac._core

    asked: list[int] = []
    reader = maxatac._core.WindowReader

    def watched(*arguments: Any, **settings: Any) -> Any:
        asked.append(settings["threads"])
        return reader(*arguments, **settings)

    monkeypatch.setattr("maxatac._core.WindowReader", watched)
    one, two = (start(tiny_set.arguments(output, threads=threads, rand_ratio=0.5)) for threads in (1, 2))
    assert asked == [1, 2]
    # It is no number that a result depends on.
    assert same_batches(one, two)
    start(tiny_set.arguments(output, threads=None))
    assert asked[2:] == [usable_processors()]


@covers("--memory")
def test_memory(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    small, large = (start(tiny_set.arguments(output, memory=memory, rand_ratio=0.5)) for memory in ("20k", "1G"))
    for started, limit in ((small, 20_000), (large, 10**9)):
        # One limit for both samplers.
        assert started.samplers["training"].memory.usage == started.samplers["validation"].memory.usage
        assert started.samplers["training"].memory.usage["limit"] == limit
        assert started.record.settings["memory"] == limit
    assert small.samplers["training"].decoded["left_out"] > 0 == large.samplers["training"].decoded["left_out"]
    assert same_batches(small, large)
    assert start(tiny_set.arguments(output)).samplers["training"].memory.usage["limit"] == usable_memory() // 4


@covers("--compact_transport", "--no-compact_transport")
def test_compact_transport(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    plain, compact = (start(tiny_set.arguments(output, compact_transport=value)) for value in (False, True))
    assert plain.trainer.fitted is plain.trainer.model
    (codes, signal), _ = compact.trainer.data.training[0]
    assert (codes.shape, signal.shape) == ((8, 1024), (8, 1024))
    # What is validated and saved takes what it always took.
    assert compact.trainer.data.validation[0][0].shape == plain.trainer.data.validation[0][0].shape
    assert compact.trainer.model.input_shape == plain.trainer.model.input_shape
    assert compact.trainer.fitted.optimizer is compact.trainer.model.optimizer


@covers("--genome_validation")
@pytest.mark.parametrize(
    ("number", "windows"), [(None, 16), ("all", 156), ("ALL", 156), (5, 5), (1000, 156), (0, None)], ids=str
)
def test_genome_validation(
    number: int | str | None, windows: int | None, tiny_set: TinySet, output: Path, start: Start, quick_network: None
) -> None:
    genome_like = start(tiny_set.arguments(output, genome_validation=number)).genome_like
    assert (None if genome_like is None else len(genome_like.windows)) == windows


def test_genome_validation_that_is_no_number(
    tiny_set: TinySet, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(tiny_set.arguments(output, genome_validation="some"))
    assert end.value.code == 2
    assert "--genome_validation: 'some': expected all, or a whole number" in capsys.readouterr().err


@covers("--select")
@pytest.mark.parametrize(
    ("select", "quantitative", "best"),
    [
        (None, False, 2), ("dice", False, 2), ("average_precision", False, 1), ("loss", False, 3),
        (None, True, 3), ("dice", True, 2), ("average_precision", True, 1),
    ],
)  # fmt: skip
def test_select(
    select: str | None, quantitative: bool, best: int, tiny_set: TinySet, output: Path, scores: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_epoch = Trainer.run_epoch

    def run(self: object, epoch: int, callback: object) -> Any:
        row, times = run_epoch(self, epoch, callback)
        by_column = {
            "genome_average_precision": (0.3, 0.1, 0.2), "val_dice_coef": (0.1, 0.3, 0.2), "val_loss": (0.2, 0.3, 0.1),
        }  # fmt: skip
        return {**row, **{column: values[epoch] for column, values in by_column.items()}}, times

    monkeypatch.setattr(Trainer, "run_epoch", run)
    assert main(tiny_set.arguments(output, *(("--quant",) if quantitative else ()), select=select, epochs=3)) == 0
    assert (output / "best_epoch.txt").read_text() == f"maxatac_model_{best}.keras\n"


# The model.


@covers("--arch")
def test_arch(tiny_set: TinySet, output: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from maxatac.model import architectures

    def other(window: keras.KerasTensor, *, bins: int, **_: Any) -> keras.KerasTensor:
        return keras.layers.Flatten()(keras.layers.AveragePooling1D(1024 // bins)(window[..., :1]))

    names = ("DCNN_V2", "OTHER")
    monkeypatch.setattr("maxatac.training.settings.ARCHITECTURES", names)
    monkeypatch.setattr("maxatac.cli.train.ARCHITECTURES", names)
    monkeypatch.setattr(architectures, "ARCHITECTURES", {**architectures.ARCHITECTURES, "OTHER": other})
    models = [start(tiny_set.arguments(output, arch=name)).trainer.model.name for name in names]
    assert models == ["dcnn_v2", "other"]


@covers("--ensemble")
def test_ensemble(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    one, two = (start(tiny_set.arguments(output, ensemble=number)).trainer for number in (1, 2))
    assert one.fitted is one.model
    assert two.fitted.output_shape == (None, 2 * 32)
    assert two.model.output_shape == (None, 32)
    assert two.model.count_params() == 2 * one.model.count_params()


@covers("--dense", "--no-dense")
def test_dense(tiny_set: TinySet, output: Path, start: Start) -> None:
    def layers(*words: str) -> list[str]:
        model = start(tiny_set.arguments(output, *words)).trainer.model
        return [type(layer).__name__ for layer in model.layers]

    assert "Dense" not in layers()
    assert "Dense" not in layers("--dense", "--no-dense")
    assert layers("--dense")[-1] == "Dense"


@covers("--output_activation")
@pytest.mark.parametrize("name", ["sigmoid", "linear", "relu", "softplus"])
def test_output_activation(name: str, tiny_set: TinySet, output: Path, start: Start) -> None:
    for words in ((), ("--dense",)):
        model = start(tiny_set.arguments(output, "--quant", *words, output_activation=name)).trainer.model
        last = [layer for layer in model.layers if layer.weights][-1]
        assert last.get_config()["activation"] == name


@covers("--weights")
def test_weights(tiny_set: TinySet, output: Path, start: Start, tmp_path: Path) -> None:
    import keras

    from maxatac.model.architectures import build

    keras.utils.set_random_seed(99)
    model = build("DCNN_V2")
    for ending in ("w.weights.h5", "w.keras", "w.h5"):
        path = tmp_path / ending
        model.save_weights(path) if "weights" in ending else model.save(path)
        started = start(tiny_set.arguments(output, weights=path)).trainer.model
        for mine, theirs in zip(started.weights, model.weights, strict=True):
            assert np.array_equal(mine.numpy(), theirs.numpy())
    unweighted = start(tiny_set.arguments(output)).trainer.model
    assert not np.array_equal(unweighted.weights[0].numpy(), model.weights[0].numpy())


@covers("--quant", "--no-quant")
def test_quant(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    def started(*words: str) -> Started:
        return start(tiny_set.arguments(output, *words))

    binary, quantitative = started(), started("--quant")
    inputs, labels = binary.samplers["training"].batch(0, 0)
    same_inputs, means = quantitative.samplers["training"].batch(0, 0)
    assert np.array_equal(inputs, same_inputs)
    assert set(np.unique(labels)) == {0, 1}
    # The binding tracks hold 0 and 1: a bin's mean says how much of it is bound.
    assert np.array_equal(labels, means > 0.5)
    assert not np.array_equal(labels, means)
    assert quantitative.trainer.model.loss.__name__ == "mean_squared_error"
    assert binary.trainer.model.loss.__name__ == "binary_cross_entropy"
    assert started("--quant", "--no-quant").trainer.model.loss.__name__ == "binary_cross_entropy"


@covers("--target_scale_factor")
def test_target_scale_factor(tiny_set: TinySet, output: Path, start: Start, quick_network: None) -> None:
    one, ten = (start(tiny_set.arguments(output, "--quant", target_scale_factor=factor)) for factor in (1.0, 10.0))
    for pool in ("training", "validation"):
        np.testing.assert_allclose(one.samplers[pool].batch(0, 0)[1] * 10, ten.samplers[pool].batch(0, 0)[1], rtol=1e-6)


# The run.


@covers("--epochs")
@pytest.mark.parametrize("epochs", [1, 3])
def test_epochs(epochs: int, tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    assert main(tiny_set.arguments(output, epochs=epochs)) == 0
    checkpoints = sorted(path.name for path in output.glob("maxatac_model_[0-9]*.keras"))
    assert checkpoints == [f"maxatac_model_{epoch}.keras" for epoch in range(1, epochs + 1)]
    assert len((output / "maxatac_model.csv").read_text().splitlines()) == 1 + epochs


@covers("--output", "--prefix")
def test_output_and_prefix(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    output = tmp_path / "some" / "folder"
    assert main(tiny_set.arguments(output, prefix="CTCF")) == 0
    names = {path.name for path in output.iterdir()}
    assert {name for name in names if not name.startswith("CTCF")} == {"best_epoch.txt", "tensorboard"}
    assert {"CTCF_1.keras", "CTCF.csv", "CTCF_best.h5", "CTCF_run.json", "CTCF.log"} <= names
    assert (output / "tensorboard" / "CTCF").is_dir()
    assert list(tmp_path.iterdir()) == [tmp_path / "some"]


@covers("--plot", "--no-plot")
@pytest.mark.parametrize(("words", "plots"), [((), 2), (("--plot",), 2), (("--no-plot",), 0)], ids=str)
def test_plot(words: tuple[str, ...], plots: int, tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    arguments = [word for word in tiny_set.arguments(output) if word != "--no-plot"]
    assert main([*arguments, *words]) == 0
    assert len(list(output.glob("*.png"))) == plots
    assert (output / "maxatac_model_report.html").exists() == (plots > 0)
    assert (output / "maxatac_model_figures").exists() == (plots > 0)
    assert (output / "maxatac_model_report.json").exists()


@covers("--report", "--no-report")
@pytest.mark.parametrize("words", [(), ("--no-report",), ("--no-report", "--report")], ids=str)
def test_report(words: tuple[str, ...], tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    arguments = [word for word in tiny_set.arguments(output) if word != "--no-plot"]
    assert main([*arguments, *words]) == 0
    expected = words != ("--no-report",)
    for ending in ("report.html", "report.json", "figures"):
        assert (output / f"maxatac_model_{ending}").exists() == expected
    assert (output / "maxatac_model_model_dice_acc.png").exists()


@covers("--model_format")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_model_format(ending: str, tiny_set: TinySet, output: Path, scores: list[float]) -> None:
    assert main(tiny_set.arguments(output, model_format=ending)) == 0
    models = {path.name for path in output.iterdir() if path.suffix in (".keras", ".h5")}
    assert models == {f"maxatac_model_1.{ending}", "maxatac_model_best.keras", "maxatac_model_best.h5"}
    assert (output / "best_epoch.txt").read_text() == f"maxatac_model_1.{ending}\n"


@covers("--force", "--no-force")
def test_force(tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tiny_set.arguments(output, epochs=2)) == 0
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    capsys.readouterr()
    for words in ((), ("--force", "--no-force")):
        assert main(tiny_set.arguments(output, *words)) == 2
        told = capsys.readouterr().err
        assert f"--output {output}" in told
        assert "--force" in told
        assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before
    assert main(tiny_set.arguments(output, "--force", epochs=1)) == 0
    # Nothing of the longer run is left to be taken for the new one.
    assert not (output / "maxatac_model_2.keras").exists()
    assert len(list(output.rglob("events.out.tfevents.*"))) == 2


@covers("--resume", "--no-resume")
def test_resume(tiny_set: TinySet, output: Path, scores: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tiny_set.arguments(output, epochs=2)) == 0
    capsys.readouterr()
    assert main(tiny_set.arguments(output, "--resume", "--no-resume", epochs=3)) == 2
    assert "go on with it by --resume" in capsys.readouterr().err
    assert main(tiny_set.arguments(output, "--resume", epochs=3)) == 0
    told = capsys.readouterr().err
    assert "going on after epoch 2 of 3" in told
    assert [line for line in told.splitlines() if " INFO epoch " in line][0].partition("INFO epoch ")[2][:3] == "3/3"
    assert main(tiny_set.arguments(output, "--resume", "--force", epochs=3)) == 2
    assert "--resume and --force" in capsys.readouterr().err


@covers("--keep_checkpoints")
def test_keep_checkpoints(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    scores += [0.1, 0.9, 0.2, 0.3]
    for which, kept in (("all", "1234"), ("best", "2"), ("last:1", "24")):
        output = tmp_path / which.replace(":", "_")
        assert main(tiny_set.arguments(output, keep_checkpoints=which, epochs=4)) == 0
        there = {path.name for path in output.glob("maxatac_model_[0-9].keras")}
        assert there == {f"maxatac_model_{epoch}.keras" for epoch in kept}


@covers("--early_stopping")
@pytest.mark.parametrize(("patience", "epochs"), [(1, 3), (2, 6), (3, 7), (8, 8)])
def test_early_stopping(
    patience: int, epochs: int, tiny_set: TinySet, output: Path, scores: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    scores += [0.1, 0.3, 0.2, 0.4, 0.35, 0.4, 0.4, 0.3]
    assert main(tiny_set.arguments(output, early_stopping=patience, epochs=8)) == 0
    rows = (output / "maxatac_model.csv").read_text().splitlines()[1:]
    assert len(rows) == epochs
    assert ("stopped early" in capsys.readouterr().err) is (epochs < 8)
    assert (output / "best_epoch.txt").read_text() == f"maxatac_model_{2 if patience == 1 else 4}.keras\n"
    # A run that goes on has no more patience than one that was never stopped.
    assert main(tiny_set.arguments(output, "--resume", early_stopping=patience, epochs=9)) == 0
    assert len((output / "maxatac_model.csv").read_text().splitlines()[1:]) == (9 if epochs == 8 else epochs)


@covers("--ema")
def test_ema(tiny_set: TinySet, tmp_path: Path, quick_network: None) -> None:
    import keras

    for name, words in (
        ("plain", []),
        ("averaged", ["--ema", "0.5"]),
        ("compact", ["--ema", "0.5", "--compact_transport"]),
    ):
        assert main(tiny_set.arguments(tmp_path / name, "--no-test", *words, epochs=2, seed=3)) == 0
    states, losses, saved = {}, {}, {}
    for name in ("plain", "averaged"):
        state = read_state(RunFolder(tmp_path / name, "maxatac_model").resume_state)
        assert state is not None
        states[name] = dict(zip(state.names, state.variables, strict=True))
        rows = (tmp_path / name / "maxatac_model.csv").read_text().splitlines()[1:]
        losses[name] = [row.split(",")[2] for row in rows]
        saved[name] = keras.models.load_model(tmp_path / name / "maxatac_model_2.keras", compile=False)
    # The course of training is the same; what is saved is not.
    assert losses["plain"] == losses["averaged"]
    kernel = saved["averaged"].get_layer("conv").kernel.numpy()
    weights = states["plain"]["conv/kernel"]
    assert np.array_equal(kernel, states["averaged"]["conv/kernel"])
    assert not np.array_equal(kernel, weights)
    assert sum(np.array_equal(values, weights) for values in states["averaged"].values()) == 1
    # However the inputs travel.
    compact = keras.models.load_model(tmp_path / "compact" / "maxatac_model_2.keras", compile=False)
    np.testing.assert_allclose(compact.get_layer("conv").kernel.numpy(), kernel, atol=1e-5)


@covers("--deterministic", "--no-deterministic")
@pytest.mark.parametrize(
    ("words", "asked"), [((), 0), (("--deterministic",), 1), (("--no-deterministic",), 0)], ids=str
)
def test_deterministic(
    words: tuple[str, ...], asked: int, tiny_set: TinySet, output: Path, start: Start, quick_network: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    calls: list[bool] = []
    monkeypatch.setattr("maxatac.backend.device.use_deterministic_algorithms", lambda: calls.append(True))
    start(tiny_set.arguments(output, *words))
    assert len(calls) == asked


@covers("--distribute", "--no-distribute")
def test_distribute(
    tiny_set: TinySet, output: Path, start: Start, quick_network: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in (
        ("JAX_COORDINATOR_ADDRESS", "localhost:1"),
        ("JAX_NUM_PROCESSES", "3"),
        ("JAX_PROCESS_ID", "0"),
    ):
        monkeypatch.setenv(name, value)
    start(tiny_set.arguments(output, "--no-distribute"))
    # Nothing is started, for the backend of these tests is another.
    assert main(tiny_set.arguments(output, "--distribute", epochs=0)) == 2
    told = capsys.readouterr().err
    (line,) = (line for line in told.splitlines() if "several devices need the JAX backend" in line)
    assert line.endswith("set KERAS_BACKEND=jax")
    for name in ("batch_size", "val_batch_size"):
        assert f"--{name}: found 8; expected a multiple of the 3 processes of --distribute, such as 9" in told
    # With all else that is wrong.
    assert "--epochs: found 0" in told
    assert not output.exists()


@covers("--cross_validate", "--folds")
@pytest.mark.parametrize(
    ("changes", "held_out"),
    [
        ({"cross_validate": "cells", **tiny.SPLIT}, [("CellA",), ("CellB",), ("CellC",)]),
        (
            {"cross_validate": "chroms", "folds": 3, "chroms": tuple(tiny.SIZES), "tchroms": None, "vchroms": None},
            [("chr1",), ("chr2",), ("chr3",)],
        ),
    ],
)
def test_cross_validate(
    changes: dict[str, Any], held_out: list[tuple[str, ...]], tiny_set: TinySet, output: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made: list[PreparedCrossValidation] = []
    monkeypatch.setattr(PreparedCrossValidation, "work", lambda prepared, _: made.append(prepared))
    assert main(tiny_set.arguments(output, **changes)) == 0
    assert [checked.fold.held_out for checked in made[0].folds] == held_out


@covers("--config")
def test_config(tiny_set: TinySet, output: Path, start: Start, quick_network: None, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"rand_ratio": 0.25, "batch_size": 12}))
    with_it = start(tiny_set.arguments(output, "--config", str(path)))
    typed = start(tiny_set.arguments(output, rand_ratio=0.25))
    # What is typed wins.
    assert with_it.config == typed.config
    assert same_batches(with_it, typed)
    assert not same_batches(with_it, start(tiny_set.arguments(output)))


@covers("--save_roi", "--no-save_roi")
def test_save_roi(tiny_set: TinySet, tmp_path: Path, scores: list[float], request: pytest.FixtureRequest) -> None:
    saved, unsaved, negated = (tmp_path / name for name in ("saved", "unsaved", "negated"))
    assert main(tiny_set.arguments(saved, "--save_roi")) == 0
    assert main(tiny_set.arguments(unsaved)) == 0
    assert main(tiny_set.arguments(negated, "--save_roi", "--no-save_roi")) == 0
    names = {
        f"maxatac_model_{pool}_ROI{ending}"
        for pool in ("training", "validation")
        for ending in (".bed.gz", "_stats.txt", "_totalregions_stats.txt")
    }
    assert {path.name for path in saved.glob("*ROI*")} == names
    assert list(unsaved.glob("*ROI*")) == list(negated.glob("*ROI*")) == []

    start: Start = request.getfixturevalue("start")
    files = {
        option: saved / f"maxatac_model_{pool}_ROI.bed.gz"
        for option, pool in (("train_roi", "training"), ("validate_roi", "validation"))
    }
    for words in ((), ("--no-shuffle_cell_type",)):
        first = start(tiny_set.arguments(tmp_path / "a", *words))
        again = start(tiny_set.arguments(tmp_path / "b", *words, **files))
        for name, pool in first.inputs.pools.items():
            for column in ("chrom", "start", "kind", "cell"):
                assert np.array_equal(getattr(pool, column), getattr(again.inputs.pools[name], column))
        assert same_batches(first, again)


@covers("--genome")
def test_genome_is_a_label(tiny_set: TinySet, tmp_path: Path, scores: list[float]) -> None:
    for name, words in (("labelled", ("--genome", "sacCer3")), ("bare", ())):
        assert main(tiny_set.arguments(tmp_path / name, *words)) == 0
    labelled, bare = (record(tmp_path / name) for name in ("labelled", "bare"))
    assert labelled["settings"]["genome"] == "sacCer3"
    assert bare["settings"]["genome"] is None
    # Explicit paths win: the label changes no input.
    assert labelled["inputs"] == bare["inputs"]


@covers("--loglevel")
@pytest.mark.parametrize(
    ("level", "levels"),
    [
        ("ERROR", set()),
        ("fatal", set()),
        ("Warning", {"WARNING"}),
        ("INFO", {"WARNING", "INFO"}),
        ("debug", {"WARNING", "INFO", "DEBUG"}),
    ],
)
def test_loglevel(
    level: str, levels: set[str], tiny_set: TinySet, output: Path, scores: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(tiny_set.arguments(output, loglevel=level, blacklist=None)) == 0
    shown = capsys.readouterr().err.splitlines()
    assert {line.split()[2] for line in shown} == levels
    assert (output / "maxatac_model.log").read_text().splitlines() == shown
    assert logging.getLogger("maxatac").level == getattr(logging, level.upper())


@covers("--multiprocessing", "--max_queue_size")
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--multiprocessing",), "--multiprocessing"),
        (("--multiprocessing", "True"), "--multiprocessing"),
        (("--max_queue_size", "20"), "--max_queue_size"),
        (("--max-queue-size=20",), "--max_queue_size"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_of_old_command_lines(
    words: tuple[str, ...], named: str, tiny_set: TinySet, output: Path, start: Start, quick_network: None,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    bare = start(tiny_set.arguments(output))
    assert "no longer needed" not in capsys.readouterr().err
    noted = start(tiny_set.arguments(output, *words))
    assert f"{named} is no longer needed" in capsys.readouterr().err
    assert noted.config == bare.config
    assert same_batches(noted, bare)

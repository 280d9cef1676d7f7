"""Folds of a cross-validation: how they are made, and the table of their scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import BLACK, TinySet, write_bigwig

from maxatac.data.samples import Label, Place, Sample
from maxatac.errors import InputError, Problems
from maxatac.evaluation.folds import COLUMNS, FoldScores, rows_of_fold
from maxatac.evaluation.members import MemberScores
from maxatac.evaluation.spread import is_wide
from maxatac.files.checksums import hashing_once, sha256
from maxatac.reporting.fold_figures import MOST_ROWS, SEEN, draw_folds
from maxatac.reporting.folds import FoldFiles, files_of_folds, find_folds, report_folds
from maxatac.training.cross_validation import prepare_cross_validation
from maxatac.training.folds import deal, folds_by_cell_type, folds_by_chromosome
from maxatac.training.settings import TrainConfig
from maxatac.training.workflow import train

# Dealing.


@given(st.lists(st.integers(1, 10**9), min_size=3, max_size=30), st.integers(3, 8))
def test_every_chromosome_is_dealt_once(lengths: list[int], count: int) -> None:
    sizes = {f"c{number}": length for number, length in enumerate(lengths)}
    parts = deal(sizes, min(count, len(sizes)))
    assert sorted(name for part in parts for name in part) == sorted(sizes)
    assert all(parts)
    # The longest fold is no more than a chromosome longer than the shortest.
    totals = [sum(sizes[name] for name in part) for part in parts]
    assert max(totals) - min(totals) <= max(lengths)


def test_dealing_does_not_depend_on_the_order() -> None:
    sizes = {"chr1": 50, "chr10": 20, "chr2": 40, "chr3": 20, "chrX": 20}
    parts = deal(sizes, 3)
    # 50; 40; 20 to the third, the next two of 20 to the third and, of 40, 40 and 50, to the second.
    assert parts == [("chr1",), ("chr2", "chrX"), ("chr10", "chr3")]
    backwards = deal(dict(reversed(sizes.items())), 3)
    assert [set(part) for part in backwards] == [set(part) for part in parts]


def config_of(**changes: Any) -> TrainConfig:
    return TrainConfig(sequence="genome.2bit", meta_file="meta.tsv", output="out", prefix="CTCF", seed=1, **changes)


def sample(name: str, label: Label = "Train") -> Sample:
    path = Path(f"{name}.bw")
    return Sample(name, "CTCF", path, path, None, None, label, Place(Path("meta.tsv"), 2))


SIZES = {f"chr{number}": 100 - number for number in range(2, 8)}


def test_folds_of_chromosomes() -> None:
    problems = Problems()
    config = config_of(cross_validate="chroms", folds=3)
    folds = folds_by_chromosome(config, {**SIZES, "chr1": 500}, problems)
    assert not problems
    # chr1 is none of the default study.
    assert [fold.held_out for fold in folds] == [("chr2", "chr7"), ("chr3", "chr6"), ("chr4", "chr5")]
    for place, fold in enumerate(folds):
        mine = fold.config
        assert (mine.cross_validate, mine.folds, mine.test_chroms) == (None, None, fold.held_out)
        assert mine.vchroms == folds[(place + 1) % 3].held_out
        assert mine.tchroms == folds[(place + 2) % 3].held_out
        assert set(mine.chroms or ()) == {*(mine.tchroms or ()), *(mine.vchroms or ())}
        assert fold.folder.named(".csv") == Path(f"out/CTCF_folds/fold_{place + 1}/CTCF_fold_{place + 1}.csv")
        assert not mine.problems()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"folds": 7}, "7 for 6 chromosomes (chr2, chr3, chr4, chr5 and 2 more)"),
        ({"chroms": ("chr2", "chr3")}, "5 for 2 chromosomes (chr2, chr3)"),
        ({"chroms": ("chr2", "chrII")}, "the genome has no chrII"),
    ],
)
def test_too_few_chromosomes(changes: dict[str, Any], told: str) -> None:
    problems = Problems()
    config = config_of(cross_validate="chroms", **changes)
    assert folds_by_chromosome(config, SIZES, problems) == []
    (problem,) = problems
    assert told in str(problem)


def test_folds_of_cell_types() -> None:
    problems = Problems()
    rows = [sample("HEK293"), sample("A/549", "Test"), sample("HEK-293"), sample("A:549"), sample("a_549 ")]
    config = config_of(cross_validate="cells", allow_shared_files=("A/549",), allow_same=("HEK-293=HEK293",))
    folds = folds_by_cell_type(config, rows, problems)
    assert not problems
    # What is said to be one cell type is held out together, whatever the labels.
    assert [fold.held_out for fold in folds] == [("HEK293", "HEK-293"), ("A/549",), ("A:549",), ("a_549 ",)]
    assert [fold.config.test_cell_types for fold in folds] == [fold.held_out for fold in folds]
    assert [fold.config.allow_shared_files for fold in folds] == [None, ("A/549",), None, None]
    assert all(fold.config.test_seen for fold in folds)
    # Names of files, which may not tell upper from lower case.
    assert [fold.folder.folder.name for fold in folds] == ["HEK293", "A_549", "A_549_2", "a_549_"]
    assert [fold.config.prefix for fold in folds][1] == "CTCF_A_549"


def test_names_of_files_differ() -> None:
    rows = [sample("A.1"), sample("A:1"), sample("B")]
    folds = folds_by_cell_type(config_of(cross_validate="cells"), rows, Problems())
    assert [fold.folder.folder.name for fold in folds] == ["A_1", "A_1_2", "B"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["A549"], "found one cell type (A549); expected at least two"),
        (["A549", "a-549"], "found one cell type (A549 and a-549); expected at least two"),
    ],
)
def test_one_cell_type(names: list[str], told: str) -> None:
    problems = Problems()
    config = config_of(cross_validate="cells", allow_same=[f"{one}={names[0]}" for one in names[1:]])
    assert folds_by_cell_type(config, [sample(name) for name in names], problems) == []
    (problem,) = problems
    assert told in str(problem)


def test_unknown_name_that_may_share_files() -> None:
    problems = Problems()
    config = config_of(cross_validate="cells", allow_shared_files=("A", "K562"))
    folds_by_cell_type(config, [sample("A"), sample("B")], problems)
    assert [str(problem) for problem in problems] == [
        "--allow_shared_files: no cell type is called K562; there are A, B"
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cross_validate": "cell"}, "--cross_validate: found 'cell'; expected one of cells, chroms"),
        ({"folds": 4}, "--folds: found 4; expected no --folds, or --cross_validate chroms"),
        ({"cross_validate": "cells", "folds": 4}, "with cells, there is a fold for each cell type"),
        ({"cross_validate": "chroms", "folds": 2}, "--folds: found 2; expected a whole number of at least 3"),
        ({"cross_validate": "cells", "distribute": True}, "--cross_validate and --distribute"),
        ({"cross_validate": "cells", "quant": True}, "--cross_validate and --quant"),
        ({"cross_validate": "cells", "test": False}, "--cross_validate: found --no-test"),
        ({"cross_validate": "cells", "test_cell_types": ("A",)}, "--cross_validate and --test_cell_types"),
        ({"cross_validate": "chroms", "tchroms": ("chr1",)}, "--cross_validate and --tchroms"),
        ({"cross_validate": "chroms", "vchroms": ("chr1",)}, "--cross_validate and --vchroms"),
        ({"cross_validate": "chroms", "test_chroms": ("chr1",)}, "--cross_validate and --test_chroms"),
    ],
)
def test_settings_that_exclude_each_other(changes: dict[str, Any], told: str) -> None:
    assert any(told in str(problem) for problem in config_of(**changes).problems())


@pytest.mark.parametrize(
    "changes",
    [
        {"cross_validate": "cells", "tchroms": ("chr1",), "vchroms": ("chr2",), "test_chroms": ("chr3",)},
        {"cross_validate": "chroms", "folds": 3, "test_cell_types": ("A",)},
    ],
)
def test_settings_that_go_together(changes: dict[str, Any]) -> None:
    assert not config_of(**changes).problems()


def test_training_is_one_run() -> None:
    with pytest.raises(InputError, match="maxatac.cross_validate does them"):
        train(config_of(cross_validate="cells"))


# Checks before training.


def told_of(config: TrainConfig) -> list[str]:
    with pytest.raises(InputError) as raised:
        prepare_cross_validation(config)
    return [str(problem) for problem in raised.value.problems]


CELLS: dict[str, Any] = {
    "cross_validate": "cells",
    "tchroms": ("chr2",),
    "vchroms": ("chr3",),
    "test_chroms": ("chr1",),
}
CHROMS: dict[str, Any] = {
    "cross_validate": "chroms", "folds": 3, "chroms": ("chr1", "chr2", "chr3"), "tchroms": None, "vchroms": None,
}  # fmt: skip


def test_what_each_fold_holds_out(tiny_set: TinySet, tmp_path: Path) -> None:
    prepared = prepare_cross_validation(tiny_set.config(tmp_path / "out", **CELLS))
    assert not (tmp_path / "out").exists()
    assert [checked.cell_types("Test") for checked in prepared.folds] == [["CellA"], ["CellB"], ["CellC"]]
    # The label of the meta file does not matter, and all cell types are read.
    assert {name for name in prepared.inputs if name.endswith(" atac_peaks")} == {
        f"Cell{letter} atac_peaks" for letter in "ABC"
    }
    text = "\n".join(prepared.describe())
    assert "CellB\n  tests on        CellB; chr1\n  trains on       CellA and CellC; chr2\n" in text
    chroms = prepare_cross_validation(tiny_set.config(tmp_path / "out", **CHROMS))
    assert [checked.split.test for checked in chroms.folds] == [("chr1",), ("chr2",), ("chr3",)]
    assert [checked.cell_types("Test") for checked in chroms.folds] == [["CellC"]] * 3
    assert chroms.worked_out == {"seed": 7, "chroms": ["chr1", "chr2", "chr3"], "folds": 3}


def test_problems_of_all_folds_at_once(damaged: TinySet, tmp_path: Path) -> None:
    """One that all folds have is told once; one of a single fold has its name."""
    # Bound on the test chromosome nowhere; where it trains, it is bound.
    write_bigwig(damaged.file("CellB", "binding.bw"), [("chr2", 20_000, 20_200, 1.0), ("chr3", 20_000, 20_200, 1.0)])
    damaged.file("CellC", "chip.narrowPeak").unlink()
    told = told_of(damaged.config(tmp_path / "out", **CELLS, epochs=0))
    assert sum("--epochs" in line for line in told) == 1
    assert sum("CellC_chip.narrowPeak" in line for line in told) == 1
    damaged.file("CellC", "chip.narrowPeak").write_text("chr2\t20000\t20200\n")
    (line,) = told_of(damaged.config(tmp_path / "out", **CELLS))
    assert "CellB_binding.bw, fold CellB: the binding of CellB has no bound bin on chr1, where it is tested" in line
    assert not (tmp_path / "out").exists()


def test_bound_bins_that_no_window_covers_are_none(damaged: TinySet, tmp_path: Path) -> None:
    chrom, start, end = BLACK
    bound = [(chrom, start, end, 1.0), ("chr2", 20_000, 20_200, 1.0), ("chr3", 20_000, 20_200, 1.0)]
    write_bigwig(damaged.file("CellB", "binding.bw"), bound)
    (line,) = told_of(damaged.config(tmp_path / "out", **CELLS))
    assert "the binding of CellB has no bound bin on chr1" in line


def test_nothing_bound_where_a_fold_trains(damaged: TinySet, tmp_path: Path) -> None:
    for cell, end in (("CellA", 20_200), ("CellC", 20_300)):
        write_bigwig(damaged.file(cell, "binding.bw"), [("chr1", 20_000, end, 1.0), ("chr3", 20_000, end, 1.0)])
    told = told_of(damaged.config(tmp_path / "out", **CELLS))
    # In the other folds CellB trains, which is bound there.
    assert [line for line in told if "no bin of the chromosomes that train (chr2) is bound" in line] == [
        "fold CellB: no bin of the chromosomes that train (chr2) is bound in CellA and CellC; there is nothing to learn"
    ]


def test_files_of_two_cell_types(damaged: TinySet, tmp_path: Path) -> None:
    damaged.file("CellB", "signal.bw").write_bytes(damaged.file("CellA", "signal.bw").read_bytes())
    (line,) = told_of(damaged.config(tmp_path / "out", **CELLS))
    assert line == (
        f"{damaged.meta_file}, line 3: CellB seems to be CellA (line 2): their files in ATAC_Signal_File are "
        "equal in content; one would train the model that is tested on the other: hold both out together with "
        "--allow_same CellA=CellB, or leave one out"
    )
    one = damaged.config(tmp_path / "out", **CELLS, allow_same=("CellA=CellB",))
    assert [checked.fold.held_out for checked in prepare_cross_validation(one).folds] == [
        ("CellA", "CellB"), ("CellC",)
    ]  # fmt: skip
    # Each alone, which is what a comparison of such a leak would need.
    allowed = damaged.config(tmp_path / "out", **CELLS, allow_shared_files=("CellA", "CellB"))
    assert len(prepare_cross_validation(allowed).folds) == 3


def test_what_is_no_pair_is_told_once(tiny_set: TinySet, tmp_path: Path) -> None:
    (line,) = told_of(tiny_set.config(tmp_path / "out", **CELLS, allow_same=("CellA=X",)))
    assert line.startswith("--allow_same: found 'CellA=X'; expected NAME=NAME, two cell types; there are CellA, CellB")
    (line,) = told_of(tiny_set.config(tmp_path / "out", **CHROMS, allow_same=("CellA=X",)))
    assert line.startswith("--allow_same: found 'CellA=X'")


def test_names_of_two_cell_types(damaged: TinySet, tmp_path: Path) -> None:
    """All that speaks for one cell type is told in one sentence, beside what else is wrong."""
    rows = damaged.rows()
    rows[1]["Cell_Line"] = "cell-a"
    rows[1] |= {name: rows[0][name] for name in ("Binding_File", "CHIP_Peaks")}
    damaged.write_meta(rows)
    told = told_of(damaged.config(tmp_path / "out", **CELLS, epochs=0))
    assert len(told) == 2 and "--epochs" in told[0]
    assert (
        "line 3: cell-a seems to be CellA (line 2): their names differ in case, blanks, - and _ alone, and their "
        "files in Binding_File and CHIP_Peaks are equal in content; "
    ) in told[1]
    assert "--allow_same CellA=cell-a" in told[1]
    config = damaged.config(tmp_path / "out", **CELLS, allow_same=("CellA=cell-a",))
    assert len(prepare_cross_validation(config).folds) == 2


def test_names_across_labels_in_folds_of_chromosomes(damaged: TinySet, tmp_path: Path) -> None:
    rows = damaged.rows()
    rows[2]["Cell_Line"] = "CELL A"
    damaged.write_meta(rows)
    (line,) = told_of(damaged.config(tmp_path / "out", **CHROMS))
    assert "CELL A (Test) and CellA (Train, line 2) differ in case, blanks, - and _ alone" in line
    config = damaged.config(tmp_path / "out", **CHROMS, allow_same=("CellA=CELL A",))
    assert len(prepare_cross_validation(config).folds) == 3


def test_no_chromosome_to_test(tiny_set: TinySet, tmp_path: Path) -> None:
    settings = {**CELLS, "tchroms": ("chr1", "chr2"), "test_chroms": None}
    (line,) = told_of(tiny_set.config(tmp_path / "out", **settings))
    assert "there is no test: no chromosome is left" in line


def test_a_test_that_is_switched_off_is_told_once(tiny_set: TinySet, tmp_path: Path) -> None:
    (line,) = told_of(tiny_set.config(tmp_path / "out", **CELLS, test=False))
    assert line.startswith("--cross_validate: found --no-test")


def test_folders_that_are_in_the_way(tiny_set: TinySet, tmp_path: Path) -> None:
    output = tmp_path / "out"
    files = FoldFiles(output, "maxatac_model")
    for name in ("CellA", "Gone"):
        folder = files.fold(name)
        folder.folder.mkdir(parents=True)
        folder.history.write_text("epoch\n")
    (line,) = told_of(tiny_set.config(output, **CELLS))
    assert "holds folds of an earlier cross-validation (CellA, Gone)" in line and "--resume" in line
    lines = told_of(tiny_set.config(output, **CELLS, resume=True))
    assert len(lines) == 1 and "holds the folds Gone, which this cross-validation does not have" in lines[0]
    prepared = prepare_cross_validation(tiny_set.config(output, **CELLS, force=True))
    assert [folder.folder.name for folder in prepared.stale] == ["Gone"]


def test_prefix_is_told_once(tiny_set: TinySet, tmp_path: Path) -> None:
    told = told_of(tiny_set.config(tmp_path / "out", **CELLS, prefix="a[b]"))
    assert len(told) == 1 and "--prefix: found 'a[b]'" in told[0]


def test_checksums_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bw"
    path.write_text("one")
    with hashing_once():
        first = sha256(path)
        monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("read again"))
        assert sha256(path) == first
        monkeypatch.undo()
        # A file that was changed is read again.
        path.write_text("other")
        assert sha256(path) != first
    assert sha256(path) != first


# The table.


def scores(value: float, *, cell_type: str = "A", baseline: float | None = 0.2, bound: int = 10) -> dict[str, Any]:
    """What the test of a run leaves, as far as the table needs it."""

    def entry(name: str, value: float | None, model: float) -> dict[str, Any]:
        if value is None:
            return {"name": name, "note": "there is no other training cell type"}
        found = {"value": value, "low": value - 0.1, "high": value + 0.1}
        if name != "model":
            found |= {"model_minus": model - value, "model_minus_low": model - value - 0.05,
                      "model_minus_high": model - value + 0.05}  # fmt: skip
        return {"name": name, "average_precision": found}

    def resolution(size: int, value: float) -> dict[str, Any]:
        entries = [
            entry("model", value, value), entry("ATAC-seq signal", 0.1, value),
            entry("mean binding of other cell types", baseline, value), entry("prevalence", bound / 1_000, value),
        ]  # fmt: skip
        return {"bin_size": size, "bins": 1_000, "bound_bins": bound, "predictors": entries}

    tested = {
        "cell_type": cell_type,
        "label": "Test",
        "resolutions": [resolution(32, value), resolution(200, value / 2)],
    }
    return {"chroms": ["chr1"], "cell_types": [tested]}


def of(*found: tuple[str, dict[str, Any]]) -> FoldScores:
    return FoldScores(tuple(row for name, each in found for row in rows_of_fold(name, each)))


def test_rows_of_the_table() -> None:
    made = of(("A", scores(0.5)), ("B", scores(0.3, cell_type="B", baseline=None, bound=20)))
    lines = [line.split("\t") for line in made.table().splitlines()]
    assert tuple(lines[0]) == COLUMNS
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]
    assert [(row["fold"], row["bin_size"]) for row in rows] == [
        ("A", "32"), ("B", "32"), ("mean", "32"), ("A", "200"), ("B", "200"), ("mean", "200")
    ]  # fmt: skip
    first, second, mean = rows[:3]
    assert (first["average_precision"], first["average_precision_low"], first["prevalence"]) == ("0.5", "0.4", "0.01")
    assert (first["signal"], first["model_minus_signal"], first["model_minus_signal_low"]) == ("0.1", "0.4", "0.35")
    assert (second["mean_binding"], second["model_minus_mean_binding_high"]) == ("n/a", "n/a")
    assert second["note"] == "mean binding of other cell types: there is no other training cell type"
    assert (mean["average_precision"], mean["prevalence"], mean["average_precision_low"]) == ("0.4", "0.015", "")
    # A mean over fewer folds says so.
    assert (mean["mean_binding"], mean["note"]) == ("0.2", "of 2 folds; mean_binding: of 1")
    assert float(mean["model_minus_mean_binding"]) == pytest.approx(0.3)
    assert "pooled" not in made.table()


def test_a_fold_of_several_cell_types_counts_once() -> None:
    several = scores(0.2)
    several["cell_types"] += scores(0.4, cell_type="B")["cell_types"]
    made = of(("one", several), ("two", scores(0.9)))
    assert made.of_folds("average_precision", 32) == pytest.approx({"one": 0.3, "two": 0.9})
    assert made.mean(32)["average_precision"] == pytest.approx(0.6)


def test_fold_without_a_score_is_left_out_of_the_mean() -> None:
    nothing = scores(0.5, bound=0)
    for resolution in nothing["cell_types"][0]["resolutions"]:
        for entry in resolution["predictors"]:
            entry.pop("average_precision", None)
            entry["note"] = "none of the bins is bound"
    made = of(("A", nothing), ("B", scores(0.3)))
    row, _, mean = made.in_order()[:3]
    assert (row["average_precision"], row["prevalence"], row["note"]) == (None, 0.0, "none of the bins is bound")
    assert mean["average_precision"] == pytest.approx(0.3)
    assert "average_precision: of 1" in mean["note"]
    only = of(("A", nothing))
    assert only.spread(32) is None and only.mean(32)["average_precision"] is None
    assert only.describe("cell type")[0] == ["cross-validation: no fold has a score per 32-bp bin"]


def test_one_rule_says_when_scores_lie_far_apart() -> None:
    for low in (0.4, 0.41, 0.42, 0.45):
        values = (low, 0.5)
        made = of(("A", scores(low)), ("B", scores(0.5)))
        spread = made.spread(32)
        assert spread is not None
        assert spread["is_wide"] == is_wide(values) == MemberScores(values, 0.5, "here").is_wide
        assert any("report the range" in line for line in made.describe("cell type")[1]) == is_wide(values)
    assert is_wide((0.4, 0.5)) and not is_wide((0.42, 0.5))


def test_what_is_told() -> None:
    told, _ = of(("A", scores(0.5)), ("B", scores(0.22, cell_type="B"))).describe("cell type")
    assert "mean 0.3600, smallest 0.2200 (B), largest 0.5000 (A); prevalence 0.0100" in told[0]
    assert told[1].startswith(
        "ATAC-seq signal: mean 0.1000; model minus this +0.2600 on average, clearly above 0 in 2 of 2"
    )
    # By 0.02 of an interval of 0.05.
    assert told[2].startswith("mean binding of other cell types: mean 0.2000; model minus this +0.1600")
    assert told[2].endswith("clearly above 0 in 1 of 2")


def test_cell_types_that_train_too_are_told_of() -> None:
    found = scores(0.5)
    found["cell_types"][0]["label"] = "Train"
    assert any("(A) train too" in line for line in of(("fold_1", found)).describe("chromosomes")[1])


@pytest.mark.parametrize("count", [2, MOST_ROWS + 1])
def test_figure(count: int) -> None:
    made = of(*((f"fold_{number}", scores(0.3 + 0.001 * number)) for number in range(count)))
    drawing = draw_folds(made, 32, "CTCF")
    assert drawing.png == draw_folds(made, 32, "CTCF").png
    assert len(drawing.rows) == count + 1
    assert [*drawing.rows[-1][:2]] == ["mean", f"{made.mean(32)['average_precision']:.3g}"]
    assert "ATAC-seq signal" in drawing.svg.decode() and "mean binding of other cell types" in drawing.svg.decode()


def seen(value: float, cell_type: str = "A") -> dict[str, Any]:
    """Scores on a chromosome that trained."""
    return {**scores(value, cell_type=cell_type), "chroms": ["chr2"]}


def with_seen() -> FoldScores:
    return of(
        ("A", {**scores(0.5), "seen": seen(0.9)}),
        ("B", {**scores(0.3, cell_type="B"), "seen": seen(0.7, "B")}),
    )


def test_chromosomes_that_trained_are_beside_the_result_and_never_in_it() -> None:
    made, plain = with_seen(), of(("A", scores(0.5)), ("B", scores(0.3, cell_type="B")))
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in made.table().splitlines()[1:]]
    assert [(row["fold"], row["chroms"], row["seen"], row["bin_size"]) for row in rows[:6]] == [
        ("A", "chr1", "no", "32"), ("B", "chr1", "no", "32"), ("mean", "", "no", "32"),
        ("A", "chr2", "yes", "32"), ("B", "chr2", "yes", "32"), ("mean", "", "yes", "32"),
    ]  # fmt: skip
    assert [row["average_precision"] for row in rows[:6]] == ["0.5", "0.3", "0.4", "0.9", "0.7", "0.8"]
    assert len(rows) == 12
    for size in (32, 200):
        assert made.mean(size) == plain.mean(size)
        assert made.spread(size) == plain.spread(size)
        assert made.better_than("ATAC-seq signal", size) == plain.better_than("ATAC-seq signal", size)
    told, warned = made.describe("cell type")
    expected, also = plain.describe("cell type")
    assert [line for line in told if "for comparison" not in line] == expected
    assert warned == also
    (line,) = (line for line in told if "for comparison" in line)
    assert line.startswith("for comparison, on chromosomes that trained (chr2): mean 0.8000; this is no result")
    content = made.as_dict()
    assert content["mean"] == plain.as_dict()["mean"]
    assert [mean["average_precision"] for mean in content["mean_seen"]] == pytest.approx([0.8, 0.4])
    assert plain.as_dict()["mean_seen"] == []


@pytest.mark.parametrize("count", [1, MOST_ROWS])
def test_figure_shows_chromosomes_that_trained(count: int) -> None:
    found = [(f"fold_{number}", {**scores(0.3), "seen": seen(0.9)}) for number in range(count + 1)]
    drawing = draw_folds(of(*found), 32, "CTCF")
    assert drawing.header[-1] == SEEN and SEEN in drawing.svg.decode()
    assert [row[-1] for row in drawing.rows] == ["0.9"] * (count + 2)
    plain = draw_folds(of(*((name, scores(0.3)) for name, _ in found)), 32, "CTCF")
    assert SEEN not in plain.header and SEEN not in plain.svg.decode()


# From files.


def leave(files: FoldFiles, name: str, value: float, labels: dict[str, str], tested: str, **changes: Any) -> None:
    folder = files.fold(name)
    folder.folder.mkdir(parents=True)
    settings = {"tchroms": ["chr2"], "vchroms": ["chr3"], "test_chroms": [tested]}
    record = {"status": "finished", "settings": settings, "cell_types": labels, "seed": 7, "best": {"epoch": 2}}
    folder.record.write_text(json.dumps({"maxatac": "0.1.0", **record, **changes}))
    folder.test_scores.write_text(json.dumps(scores(value)))


def test_folds_in_their_order(tmp_path: Path) -> None:
    cells = FoldFiles(tmp_path, "CTCF")
    for name, held_out in (("Z_1", "Z:1"), ("A", "A")):
        leave(cells, name, 0.5, {each: "Test" if each == held_out else "Train" for each in ("Z:1", "A")}, "chr1")
    found, held_out = find_folds(cells)
    assert ([fold.name for fold in found], held_out) == (["Z:1", "A"], "cells")
    chroms = FoldFiles(tmp_path, "X")
    for number in (1, 2, 10):
        leave(chroms, f"fold_{number}", 0.1 * number, {"A": "Train"}, f"chr{number}")
    found, held_out = find_folds(chroms)
    assert ([fold.name for fold in found], held_out) == (["fold_1", "fold_2", "fold_10"], "chroms")
    assert files_of_folds(tmp_path / "X_folds") == chroms
    assert files_of_folds(tmp_path) is files_of_folds(tmp_path / "Y_folds") is None
    (tmp_path / "run_folds").mkdir()
    (tmp_path / "run_folds" / "CTCF_run.json").write_text(json.dumps({"maxatac": "0.1.0"}))
    assert files_of_folds(tmp_path / "run_folds") is None
    lines = report_folds(tmp_path / "X_folds")
    assert lines[:3] == [str(tmp_path / f"X_folds.{ending}") for ending in ("tsv", "json", "png")]
    content = json.loads(chroms.scores.read_text())
    assert content["folds"][2]["model"] == "X_folds/fold_10/X_fold_10_best.keras"
    assert content["mean"][0]["largest"]["fold"] == "fold_10"


def test_folds_that_are_not_finished_are_told_of(tmp_path: Path) -> None:
    files = FoldFiles(tmp_path, "CTCF")
    leave(files, "A", 0.5, {"A": "Test", "B": "Train"}, "chr1")
    leave(files, "B", 0.5, {"A": "Train", "B": "Test"}, "chr1", status="running")
    with pytest.raises(InputError, match=r"(?s)CTCF_folds/B.*not finished"):
        report_folds(files.place)
    assert not files.table.exists()
    empty = FoldFiles(tmp_path, "Y")
    empty.place.mkdir()
    with pytest.raises(InputError, match="no fold"):
        report_folds(empty.place)

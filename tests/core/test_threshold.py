"""``maxatac threshold``, against plain numpy that reads with pyBigWig."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import tiny
from numpy.typing import NDArray

from maxatac.cli.main import main
from maxatac.errors import InputError, MaxatacError, Problem
from maxatac.evaluation.settings import ThresholdConfig
from maxatac.evaluation.threshold import ThresholdResult, prepare_threshold, threshold
from maxatac.evaluation.thresholds import COLUMNS
from maxatac.files.bigwig import write_track

# Ends within a bin of 32 and of 200 bp; the second is shorter than the first.
SIZES = {"chr1": 70_010, "chr2": 30_333}
BLACK = {"chr1": [(12_345, 14_001)], "chr2": [(0, 55)]}
BOTH = tuple(SIZES)


@dataclass(frozen=True)
class Cells:
    """Predictions and binding of some cell types in a folder, and their table."""

    folder: Path
    names: tuple[str, ...]

    @property
    def table(self) -> Path:
        return self.folder / "cells.tsv"

    @property
    def blacklist(self) -> Path:
        return self.folder / "blacklist.bed"

    def prediction(self, name: str) -> Path:
        return self.folder / f"{name}.bw"

    def binding(self, name: str) -> Path:
        return self.folder / f"{name}_binding.bw"

    def config(self, **changes: Any) -> ThresholdConfig:
        given = {"meta_file": self.table, "output": self.folder / "out", "prefix": "CTCF", "plot": False}
        return ThresholdConfig(**{**given, **changes})

    def run(self, **changes: Any) -> ThresholdResult:
        return threshold(self.config(**changes))

    def problems(self, **changes: Any) -> list[Problem]:
        """What a run is refused for, before it writes anything."""
        with pytest.raises(InputError) as caught:
            self.run(**changes)
        assert not self.config(**changes).output.exists()
        return list(caught.value.problems)


def predict(path: Path, random: np.random.Generator, bound: Mapping[str, list[tuple[int, int]]]) -> None:
    """Scores that rise where a factor binds, with bins that have none."""
    values = {}
    for chrom, size in SIZES.items():
        n_bins = size // 32
        scores = random.beta(0.4, 5, n_bins) * 0.8
        for start, end in bound[chrom]:
            scores[start // 32 : end // 32 + 1] += random.random() * 0.6
        scores = np.minimum(scores, 0.99).astype(np.float32)
        scores[random.random(n_bins) < 0.02] = np.nan
        values[chrom] = scores
    write_track(path, values, SIZES, span=32)


def make(folder: Path, names: Sequence[str] = ("K562", "HepG2"), sizes: Mapping[str, int] = SIZES) -> Cells:
    folder.mkdir(parents=True, exist_ok=True)
    cells = Cells(folder, tuple(names))
    rows = ["Prediction\tTF\tBinding_File\tCell_Line"]
    for number, name in enumerate(names):
        random = np.random.default_rng(number)
        bound = {}
        for chrom, size in SIZES.items():
            starts = np.sort(random.choice(size - 500, 25 if chrom == "chr1" else 7, replace=False)).tolist()
            spans = [(start, start + int(random.integers(10, 400))) for start in starts]
            bound[chrom] = [(a, min(b, c)) for (a, b), c in zip(spans, [*starts[1:], size], strict=True)]
        intervals = [(chrom, a, b, 1.0) for chrom in SIZES for a, b in bound[chrom]]
        tiny.write_bigwig(cells.binding(name), intervals, sizes)
        predict(cells.prediction(name), random, bound)
        rows.append(f"{name}.bw\tCTCF\t{name}_binding.bw\t{name}")
    cells.table.write_text("\n".join(rows) + "\n")
    lines = [f"{chrom}\t{a}\t{b}" for chrom, spans in BLACK.items() for a, b in spans]
    cells.blacklist.write_text("\n".join(lines) + "\n")
    return cells


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Read-only; the folders above it have dots in their names."""
    return make(tmp_path_factory.mktemp("threshold") / "a.b" / "v1.0.6 of x")


@pytest.fixture
def cells(tmp_path: Path) -> Cells:
    return make(tmp_path / "cells")


def bases(path: Path, chrom: str, count: int) -> NDArray[np.float64]:
    with pyBigWig.open(str(path)) as track:
        return np.array(track.values(chrom, 0, count))


def pooled(
    cells: Cells, name: str, width: int, chroms: Sequence[str] = BOTH, *, masked: bool = False
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and scores of the scored bins of all chromosomes, base by base."""
    labels, scores = [], []
    for chrom in chroms:
        count = SIZES[chrom] // width
        black = np.zeros(SIZES[chrom], bool)
        for start, end in BLACK[chrom] if masked else ():
            black[start:end] = True
        shape = (count, width)
        highest = bases(cells.prediction(name), chrom, count * width).reshape(shape).max(axis=1)
        bound = np.nan_to_num(bases(cells.binding(name), chrom, count * width)).reshape(shape)
        label = bound.sum(axis=1) > 16 if width == 32 else bound.max(axis=1) > 0
        kept = ~np.isnan(highest) & ~black[: count * width].reshape(shape).any(axis=1)
        labels.append(label[kept])
        scores.append(highest[kept])
    return np.concatenate(labels), np.concatenate(scores)


def expected_table(sets: Sequence[tuple[NDArray[np.bool_], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """The published layout, a threshold at a time: shape (1001, 5)."""
    tables = []
    for labels, scores in sets:
        rows, highest = [], 0.0
        for step in range(1_001):
            called = scores >= float(np.float32(step / 1_000))
            true = (called & labels).sum()
            precision = true / called.sum() if called.any() else 0.0
            recall = true / labels.sum()
            highest = max(highest, precision)
            f1 = 2 * precision * recall / (precision + recall) if true else 0.0
            rows.append((step / 1_000, highest, recall, np.log2(highest / labels.mean()), f1))
        tables.append(rows)
    return np.mean(tables, axis=0)


def read(path: Path) -> NDArray[np.float64]:
    header, *_ = path.read_text().splitlines()
    assert tuple(header.split("\t")) == COLUMNS
    return np.loadtxt(path, skiprows=1, delimiter="\t")


def record(result: ThresholdResult) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.record.read_text())
    return found


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("width", [32, 200])
def test_equals_plain_numpy(shared: Cells, tmp_path: Path, width: int, masked: bool) -> None:
    """All chromosomes are pooled, and mask, labels and scores belong to the same bin."""
    result = shared.run(output=tmp_path, bin_size=width, blacklist=shared.blacklist if masked else None)
    sets = [pooled(shared, name, width, masked=masked) for name in shared.names]
    expected = expected_table(sets)
    np.testing.assert_allclose(read(result.table), expected, rtol=1e-9, atol=1e-9)
    assert (result.best_threshold, result.best_f1) == pytest.approx(
        (expected[:, 4].argmax() / 1_000, expected[:, 4].max())
    )
    for entry, (labels, _) in zip(record(result)["cell_types"], sets, strict=True):
        assert (entry["bins"], entry["bound_bins"]) == (len(labels), labels.sum())
        every = sum(size // width for size in SIZES.values())
        assert entry["bins"] + entry["blacklisted_bins"] + entry["bins_without_prediction"] == every
        assert (entry["blacklisted_bins"] > 0) == masked


def test_score_at_a_threshold_is_called(cells: Cells) -> None:
    """0.454 lies below its decimal value as float32, in which a bigWig holds it."""
    scores = np.zeros(SIZES["chr1"] // 32, np.float32)
    scores[10] = np.float32(0.454)
    write_track(cells.prediction("K562"), {"chr1": scores}, SIZES, span=32)
    tiny.write_bigwig(cells.binding("K562"), [("chr1", 320, 352, 1.0)], SIZES)
    pair = {"prediction": [cells.prediction("K562")], "binding": [cells.binding("K562")]}
    table = read(cells.run(meta_file=None, bin_size=32, chroms=["chr1"], **pair).table)
    assert table[[454, 455], 2].tolist() == [1, 0]
    assert table[454, [1, 4]].tolist() == [1, 1]


def test_record_says_what_the_table_is_of(shared: Cells, tmp_path: Path) -> None:
    result = shared.run(output=tmp_path, chroms=["chr2"])
    found = record(result)
    assert found["calibration"] == {"bin_size": 200, "cell_types": ["K562", "HepG2"], "chroms": ["chr2"]}
    assert found["settings"]["chroms"] == found["chroms"] == ["chr2"]
    assert found["bins_without_prediction"] == "not scored"
    assert set(found["outputs"]) == {"CTCF.tsv", "CTCF_cross_celltype.tsv"}
    assert {"prediction of K562", "binding of HepG2", "meta_file"} <= set(found["inputs"])
    np.testing.assert_allclose(
        read(result.table), expected_table([pooled(shared, n, 200, ["chr2"]) for n in shared.names])
    )


def test_takes_pairs_in_place_of_a_table(shared: Cells, tmp_path: Path) -> None:
    by_table = shared.run(output=tmp_path / "one")
    pairs = {
        "prediction": [shared.prediction(name) for name in shared.names],
        "binding": [shared.binding(name) for name in shared.names],
    }
    by_pairs = shared.run(output=tmp_path / "two", meta_file=None, **pairs)
    assert by_pairs.table.read_bytes() == by_table.table.read_bytes()
    assert by_pairs.cell_types == shared.names


def test_command_line(
    shared: Cells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A relative path of the table is found beside it, and one of an option from the working directory."""
    monkeypatch.chdir(shared.folder.parent)
    words = ["--meta-file", f"{shared.folder.name}/cells.tsv", "-n", "CTCF", "-o", str(tmp_path), "-c", *BOTH]
    words += ["--blacklist", f"{shared.folder.name}/blacklist.bed"]
    assert main(["threshold", *words, "--dry_run"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert main(["threshold", *words]) == 0
    assert "highest F1" in capsys.readouterr().out
    names = {"CTCF.tsv", "CTCF_cross_celltype.tsv", "CTCF.png", "CTCF_threshold.log", "CTCF_threshold_run.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert (tmp_path / "CTCF.png").read_bytes().startswith(b"\x89PNG")
    assert main(["threshold", *words]) == 2
    assert main(["threshold", *words, "--force"]) == 0


def test_tables_can_be_looked_up(shared: Cells, tmp_path: Path) -> None:
    from maxatac.errors import Problems
    from maxatac.prediction.cutoffs import find_cutoff
    from maxatac.prediction.settings import CutoffSettings

    result = shared.run(output=tmp_path)
    problems = Problems()
    for table in (result.table, result.metric_table):
        best = find_cutoff(CutoffSettings(cutoff_file=table), problems)
        assert best is not None
        assert best.score == pytest.approx(result.best_threshold, abs=0.1)
        for kind in ("Precision", "Recall"):
            cutoff = find_cutoff(CutoffSettings(cutoff_file=table, cutoff_type=kind, cutoff_value=0.3), problems)
            assert cutoff is not None
            assert cutoff.promised[kind] >= 0.3
    assert not problems


def test_cell_type_without_binding_leaves_the_mean(cells: Cells, caplog: pytest.LogCaptureFixture) -> None:
    tiny.write_bigwig(cells.binding("K562"), [("chr2", 10, 500, 1.0)], SIZES)
    result = cells.run(chroms=["chr1"])
    assert result.cell_types == ("HepG2",)
    assert any("K562" in message and "left out" in message for message in caplog.messages)
    np.testing.assert_allclose(read(result.table), expected_table([pooled(cells, "HepG2", 200, ["chr1"])]))
    found = record(result)
    assert found["calibration"]["cell_types"] == ["HepG2"]
    assert [(entry["in_mean"], entry["average_precision"] is None) for entry in found["cell_types"]] == [
        (False, True),
        (True, False),
    ]


def test_no_bound_bin_at_all_fails(cells: Cells) -> None:
    for name in cells.names:
        tiny.write_bigwig(cells.binding(name), [("chr2", 10, 500, 1.0)], SIZES)
    with pytest.raises(MaxatacError, match="no bound bin on chr1") as caught:
        cells.run(chroms=["chr1"])
    assert not isinstance(caught.value, InputError)
    assert not list((cells.folder / "out").glob("*.tsv"))


def test_chromosomes_that_a_track_lacks_are_left_out_and_listed(cells: Cells) -> None:
    tiny.write_bigwig(cells.binding("HepG2"), [("chr1", 100, 400, 1.0)], {"chr1": SIZES["chr1"]})
    result = cells.run()
    found = record(result)
    assert found["chroms"] == ["chr1"]
    assert found["chroms_left_out"] == {str(cells.binding("HepG2")): ["chr2"]}
    (problem,) = [p for p in _refused(cells, chroms=["chr1", "chr2"]) if p.kind == "chromosome"]
    assert (problem.option, problem.file) == ("--chroms", cells.binding("HepG2"))


def test_a_blacklist_of_more_chromosomes_than_were_predicted(cells: Cells) -> None:
    for name in cells.names:
        with pyBigWig.open(str(cells.prediction(name))) as track:
            values = np.array([value for *_, value in track.intervals("chr2")], np.float32)
        write_track(cells.prediction(name), {"chr2": values}, SIZES, span=32)
    cells.blacklist.write_text("".join(f"chr1\t{start}\t{start + 10}\n" for start in range(0, 60_000, 100)))
    assert record(cells.run(blacklist=cells.blacklist))["calibration"]["chroms"] == ["chr2"]
    cells.blacklist.write_text("chrOther\t0\t10\n")
    assert [problem.kind for problem in cells.problems(blacklist=cells.blacklist, output=cells.folder / "b")] == [
        "chromosome"
    ]


def test_a_blacklist_of_more_chromosomes_than_any_track_has(cells: Cells) -> None:
    rows = [f"chrOther\t{start}\t{start + 10}\n" for start in range(0, 60_000, 100)]
    cells.blacklist.write_text("".join(["chr1\t0\t10\n", *rows]))
    assert record(cells.run(blacklist=cells.blacklist))["cell_types"][0]["blacklisted_bins"] == 1


def _refused(cells: Cells, **changes: Any) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        prepare_threshold(cells.config(force=True, **changes))
    return list(caught.value.problems)


def test_chromosomes_without_a_prediction_are_told(cells: Cells, caplog: pytest.LogCaptureFixture) -> None:
    """A header may hold more than what was predicted."""
    values = {"chr1": np.full(SIZES["chr1"] // 32, 0.2, np.float32), "chr2": np.full(SIZES["chr2"] // 32, np.nan)}
    for name in cells.names:
        write_track(cells.prediction(name), {k: v.astype(np.float32) for k, v in values.items()}, SIZES, span=32)
    found = record(cells.run())
    assert found["calibration"]["chroms"] == ["chr1"]
    assert [entry["chroms"] for entry in found["cell_types"]] == [["chr1"]] * 2
    assert sum("no bin of chr2" in message for message in caplog.messages) == 2


def test_no_common_chromosome(cells: Cells) -> None:
    tiny.write_bigwig(cells.binding("HepG2"), [("chrZ", 100, 400, 1.0)], {"chrZ": 1_000})
    (problem,) = cells.problems()
    assert problem.kind == "chromosome"
    assert "chrZ" in str(problem)


def test_other_build_and_other_names(cells: Cells) -> None:
    tiny.write_bigwig(cells.binding("K562"), [("chr1", 100, 400, 1.0)], {**SIZES, "chr1": 70_011})
    tiny.write_bigwig(cells.binding("HepG2"), [("1", 100, 400, 1.0)], {"1": SIZES["chr1"], "2": SIZES["chr2"]})
    found = cells.problems()
    assert [(problem.kind, problem.file) for problem in found] == [
        ("size", cells.binding("K562")),
        ("chromosome", cells.binding("HepG2")),
    ]


def test_continuous_binding_is_refused_unless_it_is_meant(cells: Cells) -> None:
    with pyBigWig.open(str(cells.binding("K562"))) as track:
        spans = [(chrom, a, b, 7.0) for chrom in SIZES for a, b, _ in track.intervals(chrom)]
    tiny.write_bigwig(cells.binding("K562"), [*spans[:20], ("chr1", 69_990, 70_000, 0.3), *spans[25:]], SIZES)
    (problem,) = cells.problems()
    assert (problem.kind, problem.file) == ("signal", cells.binding("K562"))
    assert "0.3 to 7 on chr1" in problem.found
    assert cells.run(binding_threshold=0.5).cell_types == cells.names


@pytest.mark.parametrize("value", [1.5, -0.1, float("inf")])
def test_scores_that_are_no_probabilities(cells: Cells, value: float) -> None:
    tiny.write_bigwig(cells.prediction("HepG2"), [("chr1", 0, 32, 0.2), ("chr2", 32, 64, value)], SIZES)
    (problem,) = cells.problems()
    assert (problem.kind, problem.file) == ("signal", cells.prediction("HepG2"))


def test_predictions_of_a_quantitative_model_are_refused(cells: Cells) -> None:
    of_predict(cells, "K562", kind="quant")
    (problem,) = cells.problems()
    assert (problem.kind, problem.file) == ("signal", cells.prediction("K562"))
    assert "--quant" in str(problem)


def of_predict(cells: Cells, name: str, **facts: Any) -> None:
    """Write the record of ``maxatac predict`` beside a prediction."""
    entry = {"maxatac": "1", "run_of": "predict", "prefix": name, "outputs": {f"{name}.bw": {}}, "prediction": facts}
    (cells.folder / f"{name}_predict_run.json").write_text(json.dumps(entry))


def test_facts_of_the_predictions_reach_the_record(cells: Cells, caplog: pytest.LogCaptureFixture) -> None:
    for name in cells.names:
        of_predict(cells, name, kind="binary", both_strands=True, models=[{"sha256": "a"}], bin_size=32)
    found = record(cells.run())["calibration"]
    assert (found["models"], found["both_strands"], found["bin_size"]) == ([{"sha256": "a"}], True, 200)
    assert caplog.messages == [message for message in caplog.messages if "same models" not in message]
    of_predict(cells, "HepG2", kind="binary", both_strands=True, models=[{"sha256": "b"}], bin_size=32)
    found = record(cells.run(force=True))
    assert "models" not in found["calibration"]
    assert [each["prediction_facts"]["models"][0]["sha256"] for each in found["cell_types"]] == ["a", "b"]
    assert [message for message in caplog.messages if "same models" in message]


@pytest.mark.parametrize(("out_of_fold", "warned"), [(False, ["K562"]), (True, [])])
def test_chromosomes_of_the_training_are_warned_of(
    cells: Cells, caplog: pytest.LogCaptureFixture, out_of_fold: bool, warned: list[str]
) -> None:
    models = [{"sha256": "a", "training_chroms": ["chr2"]}, {"sha256": "b", "training_chroms": None}]
    of_predict(cells, "K562", models=models, out_of_fold=out_of_fold)
    of_predict(cells, "HepG2", models=models[1:])
    cells.run()
    assert [message.split(":")[0] for message in caplog.messages if "trained on chr2" in message] == warned


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"bin_size": 100}, "--bin_size"),
        ({"chroms": []}, "--chroms"),
        ({"meta_file": None}, "--meta_file"),
        ({"prediction": ["x.bw"], "binding": ["y.bw"]}, "--meta_file"),
        ({"binding_threshold": float("nan")}, "--binding_threshold"),
        ({"binding_threshold": 1e39}, "--binding_threshold"),
        ({"binding_threshold": -1.0}, "--binding_threshold"),
        ({"prefix": " "}, "--prefix"),
    ],
)
def test_settings(cells: Cells, changes: dict[str, Any], option: str) -> None:
    assert option in {problem.option for problem in cells.config(**changes).problems()}


def test_as_many_predictions_as_binding_tracks(cells: Cells) -> None:
    for binding in (None, [cells.binding("K562")] * 2):
        (problem,) = cells.problems(meta_file=None, prediction=[cells.prediction("K562")], binding=binding)
        assert problem.option == "--prediction and --binding"


def test_a_cell_type_that_is_there_twice(cells: Cells) -> None:
    """Its weight in the mean would be 2."""
    prediction, binding = cells.prediction("K562"), cells.binding("K562")
    changes = {"prediction": [prediction] * 2, "binding": [binding, binding.parent / "." / ".." / binding]}
    (problem,) = cells.problems(meta_file=None, **changes)
    assert (problem.kind, problem.option) == ("value", "--prediction and --binding")
    cells.table.write_text("Prediction\tBinding_File\nK562.bw\tK562_binding.bw\nK562.bw\tK562_binding.bw\n")
    (problem,) = cells.problems()
    assert (problem.kind, problem.file) == ("value", cells.table)


def test_everything_wrong_is_told_at_once(cells: Cells, tmp_path: Path) -> None:
    rows = ["Prediction\tBinding_File\tCell_Line", "K562.bw\tgone.bw\tK562", "HepG2.bw\tHepG2_binding.bw\tK562"]
    cells.table.write_text("\n".join([*rows, "\tHepG2_binding.bw\tA549"]) + "\n")
    tiny.write_bigwig(cells.binding("HepG2"), [("chr1", 0, 32, 0.2)], SIZES)
    found = cells.problems(blacklist=tmp_path / "none.bed", bin_size=64)
    told = {(problem.kind, problem.file, problem.line) for problem in found}
    assert told == {
        ("missing file", cells.table, 2),
        ("value", cells.table, 3),
        ("value", cells.table, 4),
        ("missing file", tmp_path / "none.bed", None),
        ("signal", cells.binding("HepG2"), None),
        ("setting", None, None),
    }


def test_the_table_of_a_training_run_lacks_predictions(tiny_set: tiny.TinySet, cells: Cells) -> None:
    (problem,) = cells.problems(meta_file=tiny_set.meta_file)
    assert (problem.kind, problem.file, problem.place) == ("column", tiny_set.meta_file, "Prediction")


def test_cell_types_without_a_name_get_that_of_their_prediction(cells: Cells) -> None:
    rows = ["Binding_File\tPrediction", "K562_binding.bw\tK562.bw", "HepG2_binding.bw\tK562.bw"]
    cells.table.write_text("\n".join(rows) + "\n")
    assert cells.run().cell_types == ("K562", "K562 (2)")

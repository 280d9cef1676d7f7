"""``maxatac benchmark`` of the track that the independent test leaves: one scorer, equal numbers; and its report."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import tiny
from tiny import SPLIT, TinySet

from maxatac.evaluation.benchmark_scorers import BenchmarkResult
from maxatac.evaluation.benchmarking import benchmark
from maxatac.evaluation.settings import BenchmarkConfig
from maxatac.reporting.workflow import write_report
from maxatac.runs.folder import RunFolder
from maxatac.training.workflow import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]


@dataclasses.dataclass(frozen=True)
class Finished:
    """A run with its test."""

    data: TinySet
    output: Path

    @property
    def test(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "maxatac_model_test.json").read_text())
        return found

    def run(self, **changes: Any) -> BenchmarkResult:
        *others, tested = tiny.CELLS
        given = {
            "prediction": self.output / "maxatac_model.bw", "gold_standard": self.data.file(tested, "binding.bw"),
            "signal": self.data.file(tested, "signal.bw"), "blacklist": self.data.blacklist, "seed": 7,
            "training_binding": [self.data.file(cell, "binding.bw") for cell in others], "output": self.output,
            "prefix": "of_test", "plot": False, **changes,
        }  # fmt: skip
        return benchmark(BenchmarkConfig(**given))


@pytest.fixture
def tested(tiny_set: TinySet, output: Path, quick_network: None) -> Finished:
    train(tiny_set.config(output, **SPLIT))
    return Finished(tiny_set, output)


def test_scores_are_those_of_the_test(tested: Finished) -> None:
    (cell,) = tested.test["cell_types"]
    for blacklist in (None, tested.data.blacklist):
        result = tested.run(force=True, blacklist=blacklist)
        found = json.loads(result.scores.read_text())
        assert found["chroms"] == tested.test["chroms"]
        assert found["resolutions"] == cell["resolutions"]
    # The tables hold the same digits.
    with result.table.open(newline="") as file:
        mine = {
            (row["bin_size"], row["predictor"]): row
            for row in csv.DictReader(file, delimiter="\t")
            if row["chrom"] == "pooled"
        }
    with (tested.output / "maxatac_model_test.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows
    for row in rows:
        same, metric = mine[row["bin_size"], row["predictor"]], row["metric"]
        expected = [row[end] for end in ("value", "low", "high")]
        assert [same[metric], same[f"{metric}_low"], same[f"{metric}_high"]] == expected
        if metric == "average_precision":
            assert [same[name].replace("NA", "") for name in ("model_minus", "model_minus_low")] == [
                row["model_minus"], row["model_minus_low"],
            ]  # fmt: skip


def test_report_shows_benchmarks_of_the_folder(tested: Finished) -> None:
    folder = RunFolder(tested.output, "maxatac_model")
    assert 'id="benchmarks"' not in write_report(folder).read_text()
    tested.run()
    page = write_report(folder).read_text()
    assert 'id="benchmarks"' in page
    assert 'id="benchmark_1_32"' in page
    assert 'id="benchmark_1_200"' in page
    assert (folder.figures / "benchmark_1_200.png").is_file()
    assert "cannot be compared" not in page
    tested.run(prefix="zeros", unpredicted="zero")
    assert "cannot be compared" in write_report(folder).read_text()


def test_report_shows_values(tested: Finished) -> None:
    signal = tested.data.file(tiny.CELLS[-1], "signal.bw")
    tested.run(quant=True, prediction=signal, gold_standard=signal, signal=None, training_binding=None, chroms=["chr1"])
    page = write_report(RunFolder(tested.output, "maxatac_model")).read_text()
    assert "mean_absolute_error" in page
    assert 'id="benchmark_1_32"' in page

"""Real engines run the real program: what comes out is what a run without an engine leaves."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import importlib.util
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from quick import PROGRAM
from tiny import TinySet

from maxatac.files.checksums import sha256

ROOT = Path(__file__).parents[3]
CWL = ROOT / "cwl"
CELLS = ("CellA", "CellB", "CellC")
EPOCHS = 2
SMALL: dict[str, Any] = {
    "epochs": EPOCHS, "batches": 2, "batch_size": 8, "val_batch_size": 8, "seed": 7, "plot": False, "test": False,
}  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    # Continuous integration has it, and fails where it does not.
    pytest.mark.skipif(
        importlib.util.find_spec("jax") is None and os.environ.get("CI") != "true",
        reason="needs JAX, which can keep compiled code",
    ),
]

Job = dict[str, Any]
Outcome = tuple[str, bytes, str]


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder with data, and a program ``maxatac`` that notes its process number and trains the quick network."""

    folder: Path
    tools: Path
    data: TinySet

    @property
    def process(self) -> Path:
        return self.folder / "process"

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / "bin"), str(self.tools), os.environ["PATH"]])
        return {**os.environ, "PATH": path}

    def start(self, tool: str, *words: str | Path, **more: Any) -> subprocess.Popen[str]:
        """Start a program of the tools, in a group of its own."""
        return subprocess.Popen(
            [self.tools / tool, *words], env=self.environment, text=True, start_new_session=True,
            cwd=self.folder, **more,
        )  # fmt: skip

    def call(self, tool: str, *words: str | Path) -> tuple[int, str, str]:
        with self.start(tool, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=1200)
            return process.returncode, out, err

    def cwltool(self, descriptor: str, job: Path, output: Path, *words: str | Path) -> tuple[int, str]:
        """Run without a container; returns status and what was told."""
        status, _, err = self.call("cwltool", *ENGINE, *words, "--outdir", output, CWL / descriptor, job)
        return status, err


ENGINE = ("--disable-color", "--no-container", "--preserve-environment", "PATH")


@pytest.fixture(scope="session")
def place(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("engines")
    program = folder / "bin" / "maxatac"
    program.parent.mkdir()
    variables = {
        "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "jax", "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "TF_CPP_MIN_LOG_LEVEL": "2",
    }  # fmt: skip
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    run = f'exec {shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} "$@"'
    program.write_text("\n".join(["#!/bin/sh", *lines, f"echo $$ > {shlex.quote(str(folder / 'process'))}", run, ""]))
    program.chmod(0o755)
    (folder / "data").mkdir()
    return Place(folder, tools, tiny.make(folder / "data"))


def file(path: Path) -> Job:
    return {"class": "File", "path": str(path)}


def cells(data: TinySet) -> list[Job]:
    return [
        {
            "cell_type": cell,
            "atac_signal": file(data.file(cell, "signal.bw")),
            "binding": file(data.file(cell, "binding.bw")),
            "atac_peaks": file(data.file(cell, "atac.narrowPeak")),
            "chip_peaks": file(data.file(cell, "chip.narrowPeak")),
            "label": "Test" if cell == CELLS[-1] else "Train",
        }
        for cell in CELLS
    ]


def common(data: TinySet) -> Job:
    return {
        "sequence": file(data.sequence), "blacklist": file(data.blacklist), "tchroms": list(tiny.TRAINING),
        "vchroms": list(tiny.VALIDATION), "cores": 1, "ram_mb": 2000, "tmpdir_mb": 10, "outdir_mb": 100, **SMALL,
    }  # fmt: skip


def written(place: Place, name: str, job: Job) -> Path:
    path = place.folder / f"{name}.json"
    path.write_text(json.dumps(job))
    return path


def training(place: Place, **changes: Any) -> Job:
    return {"tf": "TF1", "cells": cells(place.data), **common(place.data), **changes}


def outcome(folder: Path, prefix: str = "maxatac_model") -> Outcome:
    record = json.loads((folder / f"{prefix}_run.json").read_text())
    assert record["status"] == "finished"
    return record["state_sha256"], (folder / f"{prefix}.csv").read_bytes(), record["best"]["epoch"]


@pytest.fixture(scope="session")
def direct(place: Place) -> Outcome:
    """What a run without an engine comes to."""
    output = place.folder / "direct"
    words = place.data.arguments(output, **SMALL)
    subprocess.run([place.folder / "bin" / "maxatac", *words], check=True, capture_output=True)
    return outcome(output)


def test_cwltool(place: Place, direct: Outcome) -> None:
    output = place.folder / "one"
    status, told = place.cwltool("maxatac-train-wf.cwl", written(place, "one", training(place)), output)
    assert status == 0, told
    assert outcome(output) == direct
    names = {path.name for path in output.iterdir()}
    assert names == {
        "best_epoch.txt", "cells.json", "maxatac_model", "maxatac_model.csv", "maxatac_model.log",
        "maxatac_model_1.keras", "maxatac_model_2.keras", "maxatac_model_best.h5", "maxatac_model_best.keras",
        "maxatac_model_cell_types.tsv", "maxatac_model_cells.csv", "maxatac_model_report.json",
        "maxatac_model_resume.npz", "maxatac_model_run.json", "maxatac_model_thresholds.tsv",
        "maxatac_model_timing.csv",
    } - {"cells.json"}  # fmt: skip
    # The report, which was not drawn, from what it left.
    files = {
        "record": "run.json", "report_data": "report.json", "history": "csv", "timing": "timing.csv",
        "cell_history": "cells.csv",
    }  # fmt: skip
    job = {
        name: file(output / (f"maxatac_model.{end}" if end == "csv" else f"maxatac_model_{end}"))
        for name, end in files.items()
    }
    status, told = place.cwltool("maxatac-report.cwl", written(place, "report", job), place.folder / "report")
    assert status == 0, told
    assert "<svg" in (place.folder / "report" / "maxatac_model_report.html").read_text()
    assert list((place.folder / "report" / "maxatac_model_figures").glob("*.svg"))


def test_checker_by_cwltest(place: Place) -> None:
    """The checker simulates, trains and compares; asked for the last digit, with what a direct run has left."""
    folder = place.folder / "checker"
    example, output = folder / "example", folder / "direct"
    program = place.folder / "bin" / "maxatac"
    subprocess.run([program, "simulate", example, "--size", "1M"], check=True, capture_output=True)
    words = "--tchroms chr1 chr2 chr3 chr4 --vchroms chr5 chr6 --epochs 2 --batches 2 --batch_size 8 --val_batch_size 8"
    subprocess.run(
        [
            program, "train", "--sequence", example / "genome.2bit", "--meta_file", example / "meta.tsv", "--blacklist",
            example / "blacklist.bed", "--seed", "7", "--threads", "1", "--no-plot", "--no-test", "--output", output,
            *words.split(),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    state, history, best = outcome(output)
    expected = {"best_epoch": best, "state_sha256": state, "history": history.decode(), "tolerance": 0}
    shipped = json.loads((CWL / "jobs" / "expected.json").read_text())
    assert set(shipped) == set(expected)
    assert shipped["history"].splitlines()[0] == expected["history"].splitlines()[0]
    (folder / "expected.json").write_text(json.dumps(expected))
    (folder / "job.json").write_text(json.dumps({"expected": file(folder / "expected.json"), "exact": True}))
    report = b"as expected\n"
    tests = [
        {
            "id": "checker", "doc": "Trains as a direct run does", "tool": str(CWL / "maxatac-checker.cwl"),
            "job": str(folder / "job.json"),
            "output": {
                **dict.fromkeys(("record", "history", "best_model", "best_epoch", "cell_table", "log"), "Any"),
                "report": {
                    "class": "File", "location": "report.txt", "size": len(report),
                    "checksum": f"sha1${hashlib.sha1(report).hexdigest()}",
                },
            },
        }
    ]  # fmt: skip
    (folder / "tests.json").write_text(json.dumps(tests))
    status, out, err = place.call(
        "cwltest", "--test", folder / "tests.json", "--tool", place.tools / "cwltool", "--", *ENGINE
    )
    assert status == 0, out + err
    assert "All tests passed" in out + err


def test_toil_scatters(place: Place, direct: Outcome) -> None:
    """Three factors at once: the second with other tracks, the third with another cell type held out."""
    other = cells(place.data)
    other[0]["binding"], other[1]["binding"] = other[1]["binding"], other[0]["binding"]
    held_out = [{**cell, "label": "Train"} for cell in cells(place.data)]
    held_out[0]["label"] = "Test"
    runs = [{"tf": name, "cells": found} for name, found in (
        ("MAX", cells(place.data)), ("CTCF", other), ("NKX2-1", held_out)
    )]  # fmt: skip
    output, job = place.folder / "scatter", written(place, "scatter", {**common(place.data), "runs": runs})
    status, _, err = place.call(
        "toil-cwl-runner", "--no-container", "--preserve-environment", "PATH", "--jobStore", place.folder / "store",
        "--outdir", output, CWL / "maxatac-train-scatter.cwl", job,
    )  # fmt: skip
    assert status == 0, err
    found = [outcome(output, run["tf"]) for run in runs]
    assert found[0] == direct
    assert len({state for state, _, _ in found}) == 3
    for run in runs:
        table = (output / f"{run['tf']}_cell_types.tsv").read_text().splitlines()[1:]
        assert [line.split("\t")[1] for line in table] == [run["tf"]] * 3
        assert (output / f"{run['tf']}_best.keras").exists()
    assert not [path for path in output.rglob("*") if path.name[-2:] in ("_2", "_3")]


def test_each_cell_type_held_out(place: Place) -> None:
    """A job for each fold, and the table is that of one command."""
    direct = place.folder / "direct_folds"
    changes = {**SMALL, **tiny.SPLIT, "test": True}
    words = place.data.arguments(direct, cross_validate="cells", **changes)
    subprocess.run([place.folder / "bin" / "maxatac", *words], check=True, capture_output=True)
    job = training(place, tchroms=["chr2"], test_chroms=["chr1"])
    del job["test"]
    output = place.folder / "folds"
    status, told = place.cwltool("maxatac-cross-validate.cwl", written(place, "folds", job), output)
    assert status == 0, told
    for ending in ("tsv", "json"):
        name = f"maxatac_model_folds.{ending}"
        assert (output / name).read_bytes() == (direct / name).read_bytes()
    for cell in CELLS:
        assert outcome(output, f"maxatac_model_{cell}") == outcome(
            direct / "maxatac_model_folds" / cell, f"maxatac_model_{cell}"
        )


def test_one_cell_type_under_two_names(place: Place) -> None:
    job = {"prefix": "X", "cells": cells(place.data), "allow_same": ["CellA=cell-a"]}
    job["cells"][2]["cell_type"] = "cell-a"
    status, out, told = place.call("cwltool", *ENGINE, CWL / "fold-cells.cwl", written(place, "two_names", job))
    assert status == 0, told
    assert json.loads(out) == {
        "prefixes": ["X_CellA", "X_CellB"], "held_out": [["CellA", "cell-a"], ["CellB"]], "shared": [[], []]
    }  # fmt: skip
    for pairs, expected in (
        ([], "cells: cell-a seems to be CellA: their names differ in case"),
        (["CellA=CellX"], "allow_same: found CellA=CellX; expected NAME=NAME"),
    ):
        refused_job = written(place, "refused_names", {**job, "allow_same": pairs})
        status, _, told = place.call("cwltool", *ENGINE, CWL / "fold-cells.cwl", refused_job)
        assert status != 0 and expected in " ".join(told.split())


def test_one_cell_type_has_no_folds(place: Place) -> None:
    job = training(place)
    del job["test"]
    job["cells"] = job["cells"][:1]
    told = refused(place, "one_cell", job, descriptor="maxatac-cross-validate.cwl")
    assert "cells: found one cell type (CellA); expected at least two" in told
    assert "[step train] start" not in told


def applying(place: Place, **changes: Any) -> Job:
    """A prediction with the model of the run without an engine."""
    model = place.folder / "direct" / "maxatac_model_best.keras"
    return {
        "model": [file(model)], "sequence": file(place.data.sequence), "prefix": "x", "cutoff_type": "score",
        "cutoff_value": 0.5, "batch_size": 64, "cores": 1, "ram_mb": 2000, "tmpdir_mb": 10, "outdir_mb": 100, **changes,
    }  # fmt: skip


def without_engine(place: Place, output: Path, signals: list[Path]) -> None:
    """Predict as ``applying`` says."""
    model = place.folder / "direct" / "maxatac_model_best.keras"
    words = ["predict", "--model", model, "--sequence", place.data.sequence, "--signal", *signals, "--prefix", "x"]
    words += ["--cutoff_type", "score", "--cutoff_value", "0.5", "--batch_size", "64", "--threads", "1"]
    subprocess.run(
        [place.folder / "bin" / "maxatac", *words, "--output", output], check=True, capture_output=True
    )  # fmt: skip


def test_prediction_in_parts(place: Place, direct: Outcome) -> None:
    """Two jobs of some chromosomes each, and a merge, leave the files of one job."""
    signal = place.data.file("CellC", "signal.bw")
    job = written(place, "parts", applying(place, signal=file(signal), chrom_sets=[["chr3", "chr1"], ["chr2"]]))
    status, told = place.cwltool("maxatac-predict-scatter.cwl", job, place.folder / "parts")
    assert status == 0, told
    without_engine(place, place.folder / "whole", [signal])
    for name in ("x.bw", "x_peaks.bed"):
        assert (place.folder / "parts" / name).read_bytes() == (place.folder / "whole" / name).read_bytes()


def test_sites_by_toil(place: Place, direct: Outcome) -> None:
    """Tracks stay in the order of their signals, and take the record to the next step."""
    signals = [place.data.file(cell, "signal.bw") for cell in ("CellC", "CellA")]
    job = written(place, "sites", applying(place, signal=[file(path) for path in signals], bin_size=32))
    output = place.folder / "sites"
    status, out, err = place.call(
        "toil-cwl-runner", "--no-container", "--preserve-environment", "PATH",
        "--jobStore", place.folder / "sites_store", "--outdir", output, CWL / "maxatac-predict-sites.cwl", job,
    )  # fmt: skip
    assert status == 0, err
    names = [path.stem for path in signals]
    assert [Path(entry["basename"]).stem for entry in json.loads(out)["predict_tracks"]] == [
        f"x_{name}" for name in names
    ]
    without_engine(place, place.folder / "two", signals)
    for name in names:
        sites = (output / f"x_{name}_32bp.bed").read_bytes()
        assert sites == (place.folder / "two" / f"x_{name}_peaks.bed").read_bytes()
        assert (output / f"x_{name}.bw").read_bytes() == (place.folder / "two" / f"x_{name}.bw").read_bytes()


def fragments(place: Place, cell: str) -> Path:
    """Fragments in the ATAC-seq peaks of a cell type, and a few elsewhere."""
    path = place.folder / f"{cell}_fragments.tsv"
    peaks = [line.split("\t") for line in place.data.file(cell, "atac.narrowPeak").read_text().splitlines()]
    spans = [(chrom, int(start) + 20 * step) for chrom, start, *_ in peaks for step in range(8)]
    spans += [(chrom, start) for chrom, size in tiny.SIZES.items() for start in range(500, size - 500, 1_000)]
    path.write_text("".join(f"{chrom}\t{start}\t{start + 70}\t{cell}-1\t1\n" for chrom, start in spans))
    return path


def test_reads_to_sites(place: Place, direct: Outcome) -> None:
    """Each step reads what the one before it has left; a table of barcodes makes a track for each group."""
    reads, barcodes = fragments(place, "CellC"), place.folder / "barcodes.tsv"
    barcodes.write_text("CellC-1\tT cells\n")
    job = applying(place, input=[file(reads)], barcodes=file(barcodes), chroms=["chr3"], bin_size=32, reads_mb=10)
    output = place.folder / "reads"
    status, told = place.cwltool("maxatac-reads-to-sites.cwl", written(place, "reads", job), output)
    assert status == 0, told
    prepared, predicted, called = (
        json.loads((output / f"x_{command}_run.json").read_text()) for command in ("prepare", "predict", "peaks")
    )
    signal = output / "x_T_cells_IS_slop20_RP20M_minmax01.bw"
    assert predicted["inputs"]["signal"]["sha256"] == sha256(signal) == prepared["outputs"][signal.name]["sha256"]
    assert called["inputs"]["input_bigwig"]["sha256"] == sha256(output / "x.bw")
    assert (output / "x_32bp.bed").exists() and (output / "x_qc.html").exists()


def test_reads_to_model(place: Place) -> None:
    """Peaks are called where none are given, and two replicates of ChIP-seq are joined."""
    macs = place.folder / "bin" / "macs3"
    found = place.data.file("CellB", "atac.narrowPeak")
    macs.write_text(
        "#!/bin/sh\nfor word; do case $word in --name=*) name=${word#--name=} ;; esac; done\n"
        f'while [ "$1" != --outdir ]; do shift; done\ncp {shlex.quote(str(found))} "$2/${{name}}_peaks.narrowPeak"\n'
    )
    macs.chmod(0o755)
    reads = [
        {
            "cell_type": cell["cell_type"], "label": cell["label"], "chip_peaks": [cell["chip_peaks"]],
            "atac_peaks": cell["atac_peaks"], "reads": [file(fragments(place, cell["cell_type"]))],
        }
        for cell in cells(place.data)
    ]  # fmt: skip
    del reads[1]["atac_peaks"]
    reads[0]["chip_peaks"].append(file(place.data.file("CellB", "chip.narrowPeak")))
    job = {**common(place.data), "tf": "TF1", "reads": reads, "genome_size": 300_000.0, "reads_mb": 10}
    output = place.folder / "model"
    status, told = place.cwltool("maxatac-reads-to-model.cwl", written(place, "model", job), output)
    assert status == 0, told
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert record["status"] == "finished"
    used = {entry["sha256"] for entry in record["inputs"].values()}
    made = [f"{cell}_IS_slop20_RP20M_minmax01.bw" for cell in CELLS[:2]] + ["CellA_TF1.bw", "CellB_TF1.bw"]
    made += ["CellA_TF1_peaks.bed", "CellB_peaks.narrowPeak"]
    assert [name for name in made if sha256(output / name) not in used] == []
    given = [place.data.file("CellA", "atac.narrowPeak"), place.data.file("CellB", "chip.narrowPeak")]
    assert [path for path in given if sha256(path) not in used] == []


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_train_and_score(place: Place) -> None:
    """All outputs are passed on as they are, with their records: each step knows how its input was made."""
    job = training(place, test=True, tchroms=["chr2"], test_chroms=["chr1"])
    output = place.folder / "scored"
    status, told = place.cwltool("maxatac-train-and-score.cwl", written(place, "scored", job), output)
    assert status == 0, told
    record, calibrated = (
        json.loads((output / name).read_text())
        for name in ("maxatac_model_run.json", "maxatac_model_calibrated_threshold_run.json")
    )
    (model,) = calibrated["calibration"]["models"]
    assert model["sha256"] == sha256(output / "maxatac_model_best.keras")
    assert (calibrated["calibration"]["bin_size"], calibrated["calibration"]["chroms"]) == (32, ["chr3"])
    assert calibrated["inputs"]["prediction of maxatac_model_CellC"]["sha256"] == sha256(
        output / "maxatac_model_CellC.bw"
    )
    # One scorer: the benchmark gives the test of the training to the last digit, intervals too.
    tested, scored = (rows(output / f"maxatac_model_{name}.tsv") for name in ("test", "CellC_benchmark"))
    for row in tested:
        (found,) = (
            other for other in scored
            if (other["bin_size"], other["chrom"], other["predictor"]) == (row["bin_size"], "pooled", row["predictor"])
        )  # fmt: skip
        if row["value"]:
            assert [found[f"{row['metric']}{end}"] for end in ("", "_low", "_high")] == [
                row[end] for end in ("value", "low", "high")
            ]
    assert record["status"] == "finished"
    assert (output / "maxatac_model_CellC_32bp.bed").read_text()


def watch(process: subprocess.Popen[str], log: Path, word: str) -> None:
    """Wait until a word is in what an engine tells."""
    deadline = time.monotonic() + 900
    while word not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_chain_survives(place: Place, direct: Outcome) -> None:
    """Killed between two steps and inside one, the chain ends as one long run."""
    job = written(place, "chain", training(place))
    output, log = place.folder / "chain", place.folder / "chain.log"
    words = [*ENGINE, "--cachedir", place.folder / "finished", "--outdir", output, CWL / "maxatac-train-chain.cwl", job]

    def begin() -> subprocess.Popen[str]:
        with log.open("w") as told:
            return place.start("cwltool", *words, stdout=subprocess.DEVNULL, stderr=told)

    # Everything is gone at once, as with a machine, when the first step is done.
    with begin() as process:
        watch(process, log, "[step part_1] completed success")
        os.killpg(process.pid, signal.SIGKILL)
    # The step that trains the second epoch is told to end: it says that it may be tried again.
    with begin() as process:
        watch(process, log, "going on after epoch 1 of 2")
        os.kill(int(place.process.read_text()), signal.SIGTERM)
        assert process.wait(300) != 0
    told = log.read_text()
    assert "exited with status: 75" in told
    assert "temporaryFail" in told
    assert "[step part_1] start" not in told or "Using cached output" in told
    with begin() as process:
        assert process.wait(900) == 0, log.read_text()
    assert outcome(output) == direct
    assert (output / "maxatac_model_1.keras").exists()
    assert (output / "maxatac_model_2.keras").exists()


def refused(place: Place, name: str, job: Job, *words: str, descriptor: str = "maxatac-train.cwl") -> str:
    """Run a job that must fail for good; returns what was told."""
    output = place.folder / f"refused_{name}"
    status, told = place.cwltool(descriptor, written(place, name, job), output, *words)
    assert status == 1, told
    assert not output.exists() or not list(output.iterdir())
    return told


Change = Callable[[Job], object]


def test_bad_records_are_told_by_the_program(place: Place) -> None:
    job = training(place)
    job["cells"][1]["cell_type"] = "CellA"
    job["cells"][2]["cell_type"] = "Cell\tC"
    told = refused(place, "records", job)
    second, third = (
        [line for line in told.splitlines() if f"cells.json, record {number}" in line] for number in (2, 3)
    )
    assert len(second) == len(third) == 1
    assert "'CellA'" in second[0]
    assert "cell_type" in third[0] and r'"Cell\tC"' in third[0]
    assert "2 problems found before the start; nothing was written" in told
    assert "exited with status: 2" in told
    assert "completed permanentFail" in told


CHANGES: dict[str, tuple[Change, str]] = {
    "no file": (lambda job: job["cells"][0].pop("binding"), "missing required field 'binding'"),
    "absent file": (lambda job: job["cells"][0].update(binding={"class": "File", "path": "no.bw"}), "no.bw"),
    "meta file": (
        lambda job: job.update(meta_file={"class": "File", "path": "data/meta.tsv"}) or job.pop("cells"), "'cells'"
    ),
    "no state": (
        lambda job: job.update(resume_from=[{"class": "File", "path": "data/meta.tsv"}]),
        "expected maxatac_model_resume.npz among them",
    ),
    "memory": (lambda job: job.update(ram_mb=10**9), "1000000000"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_bad_job_is_told_by_the_engine(name: str, place: Place) -> None:
    job = training(place)
    change, expected = CHANGES[name]
    change(job)
    # Only the parallel executor compares what is asked for with what there is.
    assert expected in refused(place, name.replace(" ", "_"), job, "--parallel")


def test_lists_of_different_lengths(place: Place) -> None:
    job = training(place)
    records = job.pop("cells")
    names = ("atac_signal", "binding", "atac_peaks", "chip_peaks")
    job |= {name: [record[name] for record in records] for name in names}
    job |= {"cell_types": list(CELLS), "labels": ["Train", "Test"]}
    told = refused(place, "lists", job, descriptor="maxatac-train-lists.cwl")
    assert "the lists differ in length: 3 cell_types, 2 labels; expected one entry of each" in told


def test_names_that_are_patterns(place: Place) -> None:
    """Refused before anything is trained: the engine would not find the outputs."""
    told = refused(place, "pattern", training(place, prefix="CTCF[1]"))
    assert "prefix: found CTCF[1]; expected a name without [ ] * ?" in told
    job = {**common(place.data), "runs": [{"tf": "what?", "cells": cells(place.data)}]}
    told = refused(place, "patterns", job, descriptor="maxatac-train-scatter.cwl")
    assert "runs: found what?; expected a name without [ ] * ?" in told
    assert "[step train] start" not in told


def test_simulation_with_its_defaults(place: Place) -> None:
    output = place.folder / "simulated"
    status, told = place.cwltool("maxatac-simulate.cwl", written(place, "nothing", {}), output)
    assert status == 0, told
    assert (output / "SIMTF_CellC_binding.bw").exists()


def test_finished_factors_stay(place: Place) -> None:
    """One factor of two fails: what the other has left is there, with --on-error continue, as the page says."""
    broken = cells(place.data)
    broken[1]["cell_type"] = broken[0]["cell_type"]
    runs = [{"tf": "BAD", "cells": broken}, {"tf": "GOOD", "cells": cells(place.data)}]
    output, job = place.folder / "continued", written(place, "continued", {**common(place.data), "runs": runs})
    status, told = place.cwltool("maxatac-train-scatter.cwl", job, output, "--on-error", "continue")
    assert status == 1, told
    assert "BAD" in told
    assert outcome(output, "GOOD")


def test_two_runs_of_one_name(place: Place) -> None:
    job = {**common(place.data), "runs": [{"tf": "MAX", "cells": cells(place.data)}] * 2}
    told = refused(place, "runs", job, descriptor="maxatac-train-scatter.cwl")
    assert "runs: found MAX more than once; expected one run for each transcription factor" in told


def test_check(place: Place) -> None:
    # What only says what is written is no input of it.
    job = {name: value for name, value in training(place).items() if name != "plot"}
    output = place.folder / "check"
    status, told = place.cwltool("maxatac-check.cwl", written(place, "check", job), output)
    assert status == 0, told
    assert json.loads((output / "report.json").read_text())["ok"] is True

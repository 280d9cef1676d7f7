"""The descriptors: valid, and the same as the command line, whatever options come."""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from maxatac import __version__
from maxatac.cli.main import build_parser
from maxatac.cli.parser import Parser
from maxatac.runs.folder import RunFolder

ROOT = Path(__file__).parents[3]
CWL = ROOT / "cwl"
DESCRIPTORS = sorted(CWL.glob("*.cwl"))
JOBS = sorted(CWL.glob("jobs/*.yml"))
WDL = ROOT / "wdl" / "maxatac-train.wdl"
TASKS = ROOT / "wdl" / "maxatac-tasks.wdl"

Content = dict[str, Any]


@pytest.fixture(scope="module")
def looked(tools: Path) -> Content:
    """What the tools say of each descriptor, by its name, and what stands in it and in other files."""
    others = [*JOBS, CWL / "types.yml", ROOT / ".dockstore.yml"]
    done = subprocess.run(
        [tools / "python", Path(__file__).parent / "look.py", *DESCRIPTORS, *others],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {Path(path).name if "jobs" not in path else f"jobs/{Path(path).name}": found
            for path, found in json.loads(done.stdout).items()}  # fmt: skip


@pytest.fixture(scope="module")
def options() -> ModuleType:
    """The script that writes the descriptors."""
    spec = importlib.util.spec_from_file_location("cwl_options", CWL / "options.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    (subparsers,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(subparsers.choices)


each = pytest.mark.parametrize("name", [path.name for path in DESCRIPTORS])


def test_there_is_a_tool_for_every_command(options: ModuleType) -> None:
    without = sys.modules["tool_inputs"].WITHOUT_A_TOOL
    missing = [name for name in commands() if not (CWL / f"maxatac-{name}.cwl").exists()]
    told = "add a CommandLineTool for it in cwl/, and its outputs in cwl/tool_outputs.py; or say there why it has none"
    assert missing == list(without), told


@each
@pytest.mark.parametrize("what", ["packed", "packed_valid", "defaults"])
def test_cwltool_says_it_is_valid(name: str, what: str, looked: Content) -> None:
    status, told = looked[name][what]
    assert status == 0, told


def test_extensions_are_valid(looked: Content) -> None:
    with_extensions = [name for name in looked if name.endswith(".cwl") and "gpu" in name]
    assert len(with_extensions) == 3
    for name in with_extensions:
        status, told = looked[name]["valid_with_extensions"]
        assert status == 0, told


def test_descriptors_are_those_of_the_command_line() -> None:
    """Told by a Python that has no package installed, as the pages show it."""
    done = subprocess.run(
        [sys.executable, "-S", CWL / "options.py", "--check"],
        capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((None, None), (f"maxatac:{__version__}", f"maxatac:{__version__}-gpu")),
        ((None, "there/gpu:1"), (f"maxatac:{__version__}", "there/gpu:1")),
        (("there:5000/maxatac:1", None), ("there:5000/maxatac:1", "there:5000/maxatac:1-gpu")),
        (("there/a@sha256:00", "there/b@sha256:11"), ("there/a@sha256:00", "there/b@sha256:11")),
    ],
)
def test_images_that_are_named(
    given: tuple[str | None, str | None], named: tuple[str, str], options: ModuleType
) -> None:
    made = options.descriptors(options.images(*given))
    found = {path.name: re.findall(r"dockerPull: (\S+)|docker = \"(\S+)\"", text) for path, text in made.items()}
    assert {"".join(image) for name in found if "-gpu" not in name for image in found[name]} == {named[0]}
    assert "".join(found["maxatac-train-gpu.cwl"][0]) == named[1]


@pytest.mark.parametrize("image", ["there/maxatac@sha256:00", "there:5000/maxatac:1@sha256:00", "there:5000/maxatac"])
def test_image_for_gpus_that_does_not_follow(image: str) -> None:
    done = subprocess.run(
        [sys.executable, CWL / "options.py", "--check", "--image", image], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"--image {image}: found" in done.stderr and "--gpu_image" in done.stderr


@pytest.mark.parametrize("command", [name for name in commands() if name not in ("report", "env")])
def test_every_option_is_an_input_or_left_out_for_a_reason(command: str, options: ModuleType, looked: Content) -> None:
    inputs = looked[f"maxatac-{command}.cwl"]["content"]["inputs"]
    excluded = options.excluded(command)
    told = (
        f"is neither an input of maxatac-{command}.cwl nor in EXCLUDED of cwl/tool_inputs.py. Run "
        "python cwl/options.py --write; if it makes no sense in a workflow, enter it into EXCLUDED with the reason"
    )
    actions = {action.dest: action for action in commands()[command]._actions if action.dest != "help"}
    assert all(len(reason) > 5 for reason in excluded.values())
    for name, action in actions.items():
        assert (name in inputs) or (name in excluded), f"--{name} {told}"
        if name in inputs and name not in excluded:
            default = inputs[name].get("default")
            expected = action.default or None if isinstance(action.default, str | tuple) else action.default
            expected = list(expected) if isinstance(expected, tuple) else expected
            if inputs[name]["type"] == "string":
                expected = str(expected) if expected is not None else None
            assert default == expected, f"--{name}: the default of the input is {default}, not {expected}"
            assert inputs[name]["doc"]
            optional = str(inputs[name]["type"]).endswith("?") or "null" in inputs[name]["type"]
            assert optional == (default is None and not action.required)


def test_reasons_are_of_options(options: ModuleType) -> None:
    told = "these are no options any more: take them out of EXCLUDED"
    for command, reasons in sys.modules["tool_inputs"].EXCLUDED.items():
        assert [name for name in reasons if not options.has(command, name)] == [], told


def test_an_option_that_is_added_is_told_of(options: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_option(**settings: Any) -> None:
        parser = Parser()
        parser.add_argument("--novelty", **{"help": "New. Default: none.", **settings})
        monkeypatch.setattr(sys.modules["tool_inputs"], "subparser", lambda command: parser)

    def inputs() -> list[Any]:
        found = sys.modules["tool_inputs"]
        return [found.input_of("train", action) for action in found.options("train")]

    with_option(type=Path)
    with pytest.raises(options.Unknown, match=r"--novelty.*settings of.*KINDS.*EXCLUDED.*options.py --write"):
        inputs()
    with_option(type=lambda text: text)
    with pytest.raises(options.Unknown, match="--novelty"):
        inputs()
    for settings, kind in (
        ({"type": int}, "int?"), ({"type": int, "default": 3}, "int"), ({"type": float}, "double?"),
        ({}, "string?"), ({"nargs": "+"}, "string[]?"), ({"choices": ("a", "b"), "default": "a"}, None),
        ({"action": argparse.BooleanOptionalAction, "default": True}, "boolean"),
    ):  # fmt: skip
        with_option(**settings)
        (made,) = inputs()
        assert made.type == (kind or {"type": "enum", "symbols": ["a", "b"]})
        assert made.default == settings.get("default")


def test_stale_descriptor_is_told_of(options: ModuleType, tmp_path: Path) -> None:
    text = (CWL / "maxatac-train.cwl").read_text()
    stale = tmp_path / "maxatac-train.cwl"
    stale.write_text(text.replace("    default: 20\n", "    default: 30\n"))
    assert stale.read_text() != text
    assert options.filled(stale, f"maxatac:{__version__}") == text


@each
def test_threads_are_the_cores_that_are_reserved(name: str, looked: Content) -> None:
    content = looked[name]["content"]
    command = content.get("baseCommand", [""])
    if command[0] == "maxatac" and "--threads" in commands()[command[1]]._option_string_actions:
        assert {"prefix": "--threads", "valueFrom": "$(runtime.cores)"} in content["arguments"]


def test_every_output_of_a_run_is_an_output(looked: Content) -> None:
    outputs = looked["maxatac-train.cwl"]["content"]["outputs"]
    globs = [glob for output in outputs.values() for glob in as_list(output["outputBinding"]["glob"])]
    patterns = [glob.replace("$(inputs.prefix)", "model").replace("$(inputs.model_format)", "keras") for glob in globs]
    folder = RunFolder(Path(), "model")
    names = {str(getattr(folder, name)) for name, value in vars(RunFolder).items() if isinstance(value, property)}
    names |= {str(folder.checkpoint(3)), "model_best.keras", "model_best.h5", "model_training_ROI.bed.gz"}
    names |= {str(path) for cells in (["A"], ["A", "B"]) for path in folder.test_tracks(cells)}
    missing = [name for name in sorted(names) if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    assert missing == [], "enter it into OUTPUTS of cwl/tool_outputs.py, and run python cwl/options.py --write"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@each
def test_outputs_are_named(name: str, looked: Content) -> None:
    content = looked[name]["content"]
    for output in content["outputs"].values():
        binding = output.get("outputBinding") if isinstance(output, dict) else None
        for glob in as_list(binding["glob"]) if binding else []:
            assert not glob.startswith("*"), "a bare pattern collects what libraries leave in HOME"


@each
def test_a_person_sees_what_each_input_and_output_is(name: str, looked: Content) -> None:
    """In forms and registries. An input has no format of CWL: engines would refuse files that state none."""
    content = looked[name]["content"]
    assert content["label"] and content["doc"]
    for kind in ("inputs", "outputs"):
        for port, one in content[kind].items():
            assert one.get("label") and len(one["label"]) <= 60, f"{port}: no label, or a long one"
            assert len(one.get("doc", "")) >= 10 and one["doc"].endswith("."), f"{port}: no sentence"
            assert not re.search(r"(?:^|[^`])--\w|meta file", one["doc"]), f"{port}: a word of the command line"
            if re.search(r"'?(?:File|stdout)\b", str(one["type"])):
                formats = as_list(one.get("s:encodingFormat" if kind == "inputs" else "format"))
                assert all(re.search(r"edamontology\.org/format_\d{4}|^\$\(", str(found)) for found in formats), port
                assert re.fullmatch(r"[A-Z0-9.]+(?:, [A-Z0-9.]+)*", one["sbg:fileTypes"]), port
                assert kind == "outputs" or "format" not in one, port
            else:
                assert "sbg:fileTypes" not in one
            for found in as_list(one["type"]):
                assert not (isinstance(found, dict) and found["type"] == "enum") or found["name"]


def test_a_person_sees_what_each_field_of_a_record_is(looked: Content) -> None:
    for record in looked["types.yml"]:
        assert all(one["label"] and one["doc"] for one in [record, *record["fields"]])
        for field in record["fields"]:
            if re.match("File", str(field["type"])):
                formats = as_list(field["s:encodingFormat"])
                assert all(found.startswith("http://edamontology.org/format_") for found in formats)
                assert re.fullmatch(r"[A-Z0-9.]+(?:, [A-Z0-9.]+)*", field["sbg:fileTypes"])


@each
def test_descriptor_says_who_made_it(name: str, looked: Content) -> None:
    content = looked[name]["content"]
    assert content["s:author"][0]["s:name"] and content["s:codeRepository"].startswith("https://")
    assert content["s:citation"].startswith("https://doi.org/10.") and len(content["s:keywords"]) > 2
    assert content["s:softwareVersion"] == content["sbg:toolkitVersion"] == __version__


MEMORY_OF = {"m5.xlarge": 16, "m5.2xlarge": 32, "g4dn.2xlarge": 32, "n1-standard-4": 15, "n1-standard-8": 30}
"""Memory of an instance in GiB, as AWS and Google list it."""


@each
def test_workflow_hints_at_an_instance(name: str, looked: Content) -> None:
    """One that has room for what a step reserves by default: on Seven Bridges a task fails that does not fit."""
    content = looked[name]["content"]
    if content["class"] == "Workflow":
        hints = {hint["class"].removeprefix("sbg:"): hint["value"].split(";") for hint in content["hints"]}
        gpu = "gpu" in name
        assert hints["AWSInstanceType"][0].startswith("g") == gpu and ("GoogleInstanceType" in hints) != gpu
        reserved = content["inputs"].get("ram_mb", {}).get("default", 4096) / 1024
        for cloud, disk in (("AWSInstanceType", "ebs-gp2"), ("GoogleInstanceType", "pd-ssd")):
            if cloud in hints:
                instance, kind, size = hints[cloud]
                assert (kind, size.isdigit()) == (disk, True)
                assert reserved < 0.9 * MEMORY_OF[instance]


@each
def test_step_can_be_packed_by_seven_bridges(name: str, looked: Content) -> None:
    """Its sbpack refuses a tool inside a workflow that imports types."""
    for step in looked[name]["content"].get("steps", {}).values():
        assert isinstance(step["run"], str) or "SchemaDefRequirement" not in step["run"].get("requirements", {})


@each
def test_tool_can_run_anywhere(name: str, looked: Content) -> None:
    content = looked[name]["content"]
    assert content["cwlVersion"] == "v1.2"
    requirements = content.get("requirements", {})
    # A hint: what an engine does not know it may not refuse there.
    assert ("cwltool:CUDARequirement" in content.get("hints", {})) == (
        name in ("maxatac-train-gpu.cwl", "maxatac-predict-gpu.cwl")
    )
    assert "CUDARequirement" not in str(requirements)
    if content["class"] != "CommandLineTool":
        return
    # The name of the program is always said: an image's ENTRYPOINT is not everywhere.
    assert content["baseCommand"][0] in ("maxatac", "python3")
    assert requirements["NetworkAccess"] == {"networkAccess": False}
    image = content["hints"]["DockerRequirement"]["dockerPull"]
    tag = image.rpartition(":")[2]
    assert re.match(rf"(?:{re.escape(__version__)})", tag) or "/" in image
    assert tag != "latest"
    assert 2 in content["permanentFailCodes"] or content["baseCommand"][0] == "python3"
    if content["baseCommand"] == ["maxatac", "train"]:
        assert content["temporaryFailCodes"] == [75]
        assert content["permanentFailCodes"] == [1, 2]


def test_example_jobs_fit(looked: Content) -> None:
    fits = {
        "train.yml": [
            "maxatac-train.cwl", "maxatac-train-wf.cwl", "maxatac-train-chain.cwl", "maxatac-train-gpu.cwl",
            "maxatac-train-and-score.cwl", "maxatac-cross-validate.cwl",
        ],
        "reads.yml": ["maxatac-reads-to-sites.cwl"], "reads-to-model.yml": ["maxatac-reads-to-model.cwl"],
        "sites.yml": ["maxatac-predict-sites.cwl"], "parts.yml": ["maxatac-predict-scatter.cwl"],
        "check.yml": ["maxatac-check.cwl"], "lists.yml": ["maxatac-train-lists.cwl"],
        "scatter.yml": ["maxatac-train-scatter.cwl"], "checker.yml": ["maxatac-checker.cwl"],
        "simulate.yml": ["maxatac-simulate.cwl"], "demo.yml": ["maxatac-demo.cwl"],
        "demo-reads.yml": ["maxatac-demo-reads.cwl"],
    }  # fmt: skip
    assert set(fits) == {path.name for path in JOBS}
    for job, names in fits.items():
        for name in names:
            inputs = looked[name]["content"]["inputs"]
            assert set(looked[f"jobs/{job}"]) <= set(inputs)
            needed = {
                key for key, one in inputs.items()
                if isinstance(one, dict) and "default" not in one and not str(one["type"]).endswith("?")
                and "null" not in one["type"]
            }  # fmt: skip
            assert needed <= set(looked[f"jobs/{job}"])


def test_example_jobs_have_what_is_scored(looked: Content, tmp_path: Path) -> None:
    """In data of the size that they and the demos simulate: without a bound bin there is no score, and a job fails."""
    data = tmp_path / "example"
    subprocess.run([sys.executable, "-m", "maxatac", "simulate", data, "--size", "1M"], check=True, capture_output=True)
    bound = {line.split()[0] for line in (data / "SIMTF_CellC_chip_peaks.narrowPeak").read_text().splitlines()}
    given = [looked[f"jobs/{path.name}"] for path in JOBS]
    for demo, step in (("maxatac-demo.cwl", "score"), ("maxatac-demo-reads.cwl", "train")):
        inputs = looked[demo]["content"]["steps"][step]["in"]
        given.append({name: inputs[name]["default"] for name in ("test_chroms", "vchroms")})
    jobs = [json.loads(path.read_text()) for path in (ROOT / "wdl").glob("*.json")]
    given += [{key.partition(".")[2]: value for key, value in job.items()} for job in jobs]
    for job in given:
        assert set(job.get("test_chroms", [])) | set(job.get("vchroms", [])) <= bound


def test_dockstore_finds_what_it_registers(looked: Content) -> None:
    content = looked[".dockstore.yml"]
    entries = [*content["workflows"], *content["tools"]]
    names = [entry["name"] for entry in entries]
    assert len(set(names)) == len(names)
    assert content["version"] == 1.2 and all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in names)
    # Those of Dockstore's classes; it refuses others.
    known = {
        "name", "subclass", "primaryDescriptorPath", "publish", "testParameterFiles", "readMePath", "topic", "authors",
        "latestTagAsDefault", "enableAutoDois", "filters",
    }  # fmt: skip
    assert all(set(entry) == known for entry in entries)
    for entry in entries:
        for path in (entry["primaryDescriptorPath"], entry["readMePath"], *entry["testParameterFiles"]):
            assert path.startswith("/")
            assert (ROOT / path[1:]).is_file(), path
        assert len(entry["topic"]) <= 150
        assert entry["publish"] is True and entry["testParameterFiles"] and entry["authors"][0]["name"]
        assert entry["filters"] == {"branches": ["main"], "tags": ["/v.*/"]}
    registered = {Path(entry["primaryDescriptorPath"]).name for entry in content["workflows"]}
    workflows = {path.name for path in DESCRIPTORS if looked[path.name]["content"]["class"] == "Workflow"}
    assert workflows <= registered
    assert {path.name for path in (ROOT / "wdl").glob("*.wdl")} - {TASKS.name} <= registered


def test_wdl_is_valid(tools: Path) -> None:
    done = subprocess.run(
        [tools / "miniwdl", "check", "--strict", "--suppress", "CommandShellCheck", *(ROOT / "wdl").glob("*.wdl")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def rendered(tools: Path, tmp_path: Path) -> Callable[..., tuple[list[str], Content]]:
    """Run the command of the WDL task with a maxatac that tells its arguments; returns them, and the runtime keys."""
    program = tmp_path / "maxatac"
    program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    program.chmod(0o755)

    def render(task: str = "train", **inputs: Any) -> tuple[list[str], Content]:
        given = inputs
        if task == "train":
            given = {
                "run": {"tf": "TF1", "cells": []}, "sequence": "/in/genome.2bit", "resume_from": [], "input_mb": 0,
                "preemptible": 0, "max_retries": 0, "docker": "maxatac", **inputs,
            }  # fmt: skip
        path = WDL if task == "train" else TASKS
        filled = subprocess.run(
            [tools / "python", Path(__file__).parent / "rendered.py", path, task, tmp_path],
            input=json.dumps(given), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(filled.stdout)
        done = subprocess.run(
            ["bash", "-c", found["command"]], capture_output=True, text=True, check=True, cwd=tmp_path,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.split("\0"), found["runtime"]

    return render


def test_wdl_hands_text_on_as_it_is(rendered: Callable[..., tuple[list[str], Content]], tmp_path: Path) -> None:
    texts = {"prefix": "it's $HOME `id`", "genome": "'", "memory": "4'G", "sequence": "/in/it's a genome.2bit"}
    lists = {"chroms": ["chr'1", "a  b", '"', "$(id)"], "tchroms": ["chr1"]}
    states = [tmp_path / "it's 1_resume.npz", tmp_path / "b 2.keras"]
    for path in states:
        path.write_text(path.name)
    words, _ = rendered(**texts, **lists, blacklist="/in/it's.bed", resume_from=[str(path) for path in states])
    for name, text in {**texts, "blacklist": "/in/it's.bed"}.items():
        assert words[words.index(f"--{name}") + 1] == text
    for name, entries in lists.items():
        begin = words.index(f"--{name}") + 1
        assert words[begin : begin + len(entries)] == entries
    assert "--resume" in words and "--vchroms" not in words and "--ema" not in words
    assert {path.name: path.read_text() for path in (tmp_path / "results").iterdir()} == {
        path.name: path.name for path in states
    }


GIVEN: dict[str, Content] = {
    "prepare": {"input_files": ["it's.bam", "b.bam"], "sequence": "genome.2bit", "prefix": "it's",
                "chroms": ["chr'1"], "atac_peaks": "p.bed"},
    "normalize": {"signal": "it's.bw", "prefix": "it's", "max_percentile": 99.5, "blacklist": "b.bed"},
    "average": {"input_files": ["it's.bw", "b.bw"], "weights": [1.0, 2.5], "prefix": "x"},
    "binding": {"chip_peaks": ["it's.bed", "b.bed"], "combine": "2", "sequence": "genome.2bit", "prefix": "it's"},
    "benchmark": {"prediction": "x.bw", "prediction_record": "x_predict_run.json", "gold_standard": "b.bw",
                  "prefix": "x", "bin_size": [32, 100]},
    "predict": {"model": ["b's.h5", "a.keras"], "sequence": "genome.2bit", "signal": ["A.bw"], "chroms": ["chr'1"]},
    "merge": {"parts": ["1/x.bw", "2/x.bw"], "parts_record": ["1/x_predict_run.json", "2/x_predict_run.json"]},
    "peaks": {"input_bigwig": "it's.bw", "cutoff_file": "x.tsv", "cutoff_file_record": "x_threshold_run.json"},
    "threshold": {"prediction": ["A.bw"], "prediction_record": ["A_predict_run.json"], "binding_tracks": ["b.bw"],
                  "prefix": "it's"},
}  # fmt: skip


@pytest.mark.parametrize("command", sorted(set(commands()) - {"train", "check", "report", "simulate", "env"}))
def test_wdl_task_gives_its_inputs(
    command: str, rendered: Callable[..., tuple[list[str], Content]], options: ModuleType, tmp_path: Path
) -> None:
    """What a task would run is what the command takes; a file that has a record lies beside it."""

    def made(value: Any) -> Any:
        if isinstance(value, list):
            return [made(one) for one in value]
        if not isinstance(value, str) or not Path(value).suffix:
            return value
        path = tmp_path / "given" / value
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return str(path)

    given = {name: made(value) for name, value in GIVEN[command].items()}
    words, _ = rendered(command, **given)
    names = {there: name for name, there in sys.modules["wdl_text"].WDL_NAMES.items()}
    found = build_parser().parse_args(words[:-1])
    for name, value in given.items():
        if name.endswith("_record"):
            continue
        paths = [str(path) for path in as_list(getattr(found, names.get(name, name)))]
        if not paths[0].startswith("inputs/"):
            assert paths == [str(one) for one in as_list(value)]
            continue
        assert [os.readlink(tmp_path / path) for path in paths] == as_list(value)
        beside = [{os.readlink(link) for link in (tmp_path / path).parent.iterdir()} for path in paths]
        records = as_list(given.get(f"{name}_record", []))
        assert beside == [{file, *records[place : place + 1]} for place, file in enumerate(as_list(value))]


def test_wdl_goes_on_from_the_checkpoint_file(
    rendered: Callable[..., tuple[list[str], Content]], tmp_path: Path
) -> None:
    """What Cromwell has kept of a machine that was taken away; at the first try the file may be empty."""
    kept = tmp_path / "training.tar"
    kept.touch()
    words, runtime = rendered()
    assert "--no-resume" in words and runtime["checkpointFile"] == kept.name
    state = tmp_path / "results" / "m_resume.npz"
    state.write_text("state")
    subprocess.run(["tar", "-cf", kept, "results/m_resume.npz"], cwd=tmp_path, check=True)
    shutil.rmtree(tmp_path / "results")
    words, _ = rendered()
    assert "--resume" in words and "--no-resume" not in words
    assert state.read_text() == "state"


def test_every_input_and_output_of_a_wdl_is_described(tools: Path) -> None:
    code = """if True:
        import json, sys, WDL
        found = {}
        for path in sys.argv[1:]:
            read = WDL.load(path)
            for one in [*read.tasks, *([read.workflow] if read.workflow else [])]:
                ports = [port.name for port in [*one.inputs, *one.outputs]]
                found[f"{path}: {one.name}"] = [ports, one.parameter_meta, one.meta]
        print(json.dumps(found))
    """
    paths = sorted((ROOT / "wdl").glob("*.wdl"))
    done = subprocess.run([tools / "python", "-c", code, *paths], capture_output=True, text=True, check=True)
    for place, (ports, described, meta) in json.loads(done.stdout).items():
        assert set(ports) == set(described), place
        assert all(one["label"] and len(one["description"]) > 10 for one in described.values()), place
        assert meta["author"] and meta["description"] and meta["doi"].startswith("https://doi.org/10."), place


def test_wdl_for_gpus_asks_for_one() -> None:
    for name in ("maxatac-train-gpu.wdl", "maxatac-predict-sites-gpu.wdl"):
        text = (ROOT / "wdl" / name).read_text()
        assert text.count("gpuType: gpu_type") == text.count("gpuCount: gpu_count") == 1
        assert f'docker = "maxatac:{__version__}-gpu"' in text
    assert "gpu" not in re.sub(r'"[^"]*"', "", WDL.read_text())


def test_wdl_asks_for_a_disk_for_inputs_and_results(rendered: Callable[..., tuple[list[str], Content]]) -> None:
    words, runtime = rendered(input_mb=300 * 1024, outdir_mb=2048, cores=3)
    assert runtime["disks"] == "local-disk 303 SSD"
    assert words[words.index("--threads") + 1] == "3" and "--no-resume" in words


def test_wdl_counts_every_file(options: ModuleType, looked: Content) -> None:
    text = WDL.read_text()
    (listed,) = re.findall(r"given = select_all\(\[(.*)\]\)", text)
    files = {
        name for name, one in looked["maxatac-train.cwl"]["content"]["inputs"].items()
        if isinstance(one["type"], str) and one["type"].rstrip("?") == "File"
    }  # fmt: skip
    assert set(listed.split(", ")) == files
    (of_cell,) = re.findall(r"of_cell = select_all\(\[(.*)\]\)", text)
    (struct,) = re.findall(r"struct CellType \{(.*?)\}", text, flags=re.DOTALL)
    assert set(of_cell.replace("cell.", "").split(", ")) == set(re.findall(r"File\?? (\w+)", struct))
    assert "size(flatten([flatten(of_cell), given, resume_from])" in text


@pytest.mark.parametrize("command", sorted(set(commands()) - {"check", "report", "simulate", "env"}))
def test_wdl_has_the_options_of_the_cwl(command: str, looked: Content, options: ModuleType) -> None:
    text = (WDL if command == "train" else TASKS).read_text()
    task = text[text.index(f"task {command} {{") :].partition("\n}\n")[0]
    for name in looked[f"maxatac-{command}.cwl"]["content"]["inputs"]:
        if name not in sys.modules["wdl_text"].WDL_LEFT_OUT:
            there = sys.modules["wdl_text"].wdl_name(name)
            assert re.search(rf"^    \S+ {there}\b", task, flags=re.MULTILINE), name


@pytest.mark.parametrize("path", sorted((ROOT / "wdl").glob("*.json")), ids=lambda path: path.name)
def test_wdl_example_fits(path: Path) -> None:
    job = json.loads(path.read_text())
    (workflow,) = {key.partition(".")[0] for key in job}
    (text,) = (text for text in map(Path.read_text, (ROOT / "wdl").glob("*.wdl")) if f"workflow {workflow} {{" in text)
    inputs = text.partition("\n  }\n")[0]
    assert all(re.search(rf"^    \S+ {key.partition('.')[2]}\b", inputs, flags=re.MULTILINE) for key in job)


def test_comparison_of_runs(tmp_path: Path) -> None:
    """What the checker's last step does, for runs that differ and runs that do not."""
    history = "epoch,loss,genome_auroc\n1,0.5,nan\n2,0.4,0.6\n"
    wanted = {"best_epoch": 2, "state_sha256": "a", "history": history, "tolerance": 0.05}
    found = {"status": "finished", "best": {"epoch": 2}, "state_sha256": "a"}
    names = [tmp_path / name for name in ("run.json", "run.csv", "expected.json", "report.txt")]

    def compare(*words: str, history: str = history, **changes: Any) -> tuple[int, str]:
        names[0].write_text(json.dumps(found | changes))
        names[1].write_text(history)
        names[2].write_text(json.dumps(wanted))
        done = subprocess.run(
            [sys.executable, CWL / "compare_run.py", *names, *words], capture_output=True, check=False
        )
        return done.returncode, names[3].read_text()

    assert compare() == compare("--exact") == (0, "as expected\n")
    near = history.replace("0.4", "0.44")
    assert compare(history=near)[0] == 0
    assert compare("--exact", history=near)[0] == 1
    status, told = compare(history=history.replace("0.4", "0.5"))
    assert (status, told) == (1, "history, epoch 2: loss: found 0.5; expected 0.4, give or take 0.05\n")
    assert compare(history=history.replace("nan", "0.5"))[0] == 1
    assert compare(history="epoch,loss,genome_auroc\n1,0.5,nan\n")[0] == 1
    for changes in ({"status": "failed"}, {"state_sha256": "b"}, {"best": {"epoch": 1}}, {"best": None}):
        assert compare("--exact", **changes)[0] == 1

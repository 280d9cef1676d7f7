"""Write what follows from the command line into the CWL and WDL descriptors: inputs, bindings, outputs, image.

``python cwl/options.py --check`` fails if a descriptor disagrees with the parser; ``--write`` puts that right, and
``--write --image registry.example/maxatac:0.1.0`` names another image. The text between the markers
``# begin: ...`` and ``# end`` is written; the rest is written by hand. Any Python that maxatac supports runs it in a
clone, with nothing installed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent

# Its own modules, and what the scripts share that write what follows from the command line.
sys.path[:0] = [str(HERE), str(ROOT / "docs")]
from dockstore import registration  # noqa: E402
from nf_text import MODULES, main_nf, meta_yml  # noqa: E402
from pages import update  # noqa: E402
from tool_inputs import Input, Unknown, commands, excluded, has, inputs_of  # noqa: E402
from tool_outputs import EDAM, OUTPUTS, SCRIPTS, Output  # noqa: E402
from wdl_text import (  # noqa: E402
    GPU_INPUTS,
    GPU_RUNTIME,
    wdl_about,
    wdl_call,
    wdl_command,
    wdl_declarations,
    wdl_outputs,
    wdl_parameters,
    wdl_results,
    wdl_staged,
    wdl_task,
)

from maxatac.training.settings import DEFAULT_TEST_CHROMS, DEFAULT_VALIDATION_CHROMS  # noqa: E402

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
AUTHORS = [author["name"] for author in _PROJECT["authors"]]
DOI = "https://doi.org/10.1371/journal.pcbi.1010863"
"""The article on maxATAC."""

VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]


# YAML.


def scalar(value: Any) -> str:
    """Write a value in one line; what is no plain word is quoted as in JSON, which YAML reads."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w./#]*(\[\])?\??", value) and value.lower() not in (
        "true", "false", "null", "yes", "no", "on", "off", "y", "n",
    ):  # fmt: skip
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {scalar(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(scalar(inner) for inner in value) + "]"
    return json.dumps(value)


def block(name: str, pairs: Mapping[str, Any], indent: int = 2) -> list[str]:
    """Write a mapping, a line per key."""
    space = " " * indent
    return [
        f"{space}{name}:",
        *(f"{space}  {key}: {scalar(value)}" for key, value in pairs.items() if value is not None),
    ]


def beside(patterns: Sequence[str]) -> list[Any] | None:
    """Write secondary files; those that end with a question mark may be absent."""
    made: list[Any] = []
    for pattern in patterns:
        name = pattern.removesuffix("?")
        made.append({"pattern": name, "required": False} if pattern.endswith("?") else name)
    return made or None


def edam(formats: Sequence[str]) -> Any:
    """Write EDAM formats as addresses; expressions stay as they are."""
    found = [name if name.startswith("$") else f"{EDAM}{name}" for name in formats]
    return found[0] if len(found) == 1 else found


def port(one: Input) -> dict[str, Any]:
    """Write what tool and workflow have in common of an input.

    Its EDAM formats are no ``format``: engines refuse each file of which a job does not state the format, and no one
    states it who picks a file in a form.
    """
    files = {} if one.files is None else {
        "s:encodingFormat": edam(one.files.formats), "sbg:fileTypes": one.files.endings,
    }  # fmt: skip
    return {
        "type": one.type, "label": one.label, "secondaryFiles": beside(one.beside), "default": one.default,
        "doc": one.doc, **files,
    }  # fmt: skip


def tool_inputs(command: str) -> list[str]:
    """Write the inputs of a tool."""
    lines = []
    for one in inputs_of(command):
        lines += block(one.name, {**port(one), "inputBinding": one.binding})
    return lines


def workflow_inputs(command: str, leave_out: Collection[str]) -> list[str]:
    """Write the inputs of a workflow that are those of a tool."""
    lines = []
    for one in inputs_of(command):
        if one.name not in leave_out:
            lines += block(one.name, port(one))
    return lines


def step_inputs(command: str, leave_out: Collection[str]) -> list[str]:
    """Write the inputs of a step, each from the workflow's input of its name."""
    return [f"      {one.name}: {one.name}" for one in inputs_of(command) if one.name not in leave_out]


def tool_outputs(command: str) -> list[str]:
    """Write the outputs of a tool."""
    lines = []
    for one in OUTPUTS[command]:
        glob = one.names or (list(one.glob) if isinstance(one.glob, tuple) else one.glob)
        pairs = {"type": one.type, "label": one.label, "secondaryFiles": beside(one.beside), "doc": one.doc}
        files = {} if one.format is None else {"format": edam((one.format,)), "sbg:fileTypes": one.endings}
        lines += block(one.name, {**pairs, **files, "outputBinding": {"glob": glob}})
    return lines


def step_outputs(command: str, leave_out: Collection[str]) -> list[str]:
    """Write what a step hands on."""
    return ["    out: [" + ", ".join(one.name for one in OUTPUTS[command] if one.name not in leave_out) + "]"]


def workflow_outputs(command: str, leave_out: Collection[str], *, step: str | None = None) -> list[str]:
    """Write the outputs of a workflow: those of a step. Of all but training they have its name in front."""
    lines = []
    for one in OUTPUTS[command]:
        if one.name not in leave_out:
            lines += block(output_name(command, one), of_step(one, one.type, f"{step or command}/{one.name}"))
    return lines


def of_step(one: Output, kind: Any, source: str) -> dict[str, Any]:
    """Write an output of a workflow that is that of a step."""
    files = {}
    if one.general_format is not None:
        files = {"format": edam((one.general_format,)), "sbg:fileTypes": one.endings}
    return {"type": kind, "label": one.label, "doc": one.doc, **files, "outputSource": source}


def scattered_outputs(command: str, leave_out: Collection[str]) -> list[str]:
    """Write the outputs of a workflow that scatters a step: lists of those of the step."""
    lines = []
    for one in OUTPUTS[command]:
        if one.name in leave_out:
            continue
        if one.type.endswith("?"):
            items: Any = ["null", one.type.removesuffix("?")]
        elif one.type.endswith("[]"):
            items = {"type": "array", "items": one.type.removesuffix("[]")}
        else:
            items = one.type
        kind = {"type": "array", "items": items}
        lines += block(output_name(command, one), of_step(one, kind, f"{command}/{one.name}"))
    return lines


def output_name(command: str, output: Output) -> str:
    """Name an output of a workflow."""
    return output.name if command == "train" else f"{command}_{output.name}"


MEMORY = '$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + "Mi" : inputs.memory)'


CATEGORIES = ("ATAC-seq", "ChIP-seq", "Epigenomics", "Machine learning")


def about(name: str) -> list[str]:
    """Write who made a descriptor, of what, and under which licence, for registries and for Seven Bridges."""
    urls = _PROJECT["urls"]
    return [
        "$namespaces:",
        "  s: https://schema.org/",
        "  sbg: https://sevenbridges.com",
        f"s:name: {scalar(name)}",
        f"s:softwareVersion: {scalar(VERSION)}",
        "s:author:",
        *(f"  - s:name: {scalar(author)}" for author in AUTHORS),
        f"s:license: https://spdx.org/licenses/{_PROJECT['license']}",
        f"s:citation: {DOI}",
        f"s:codeRepository: {urls['Repository']}",
        f"s:keywords: {scalar(_PROJECT['keywords'])}",
        f"sbg:license: {_PROJECT['license']}",
        "sbg:toolkit: maxatac",
        f"sbg:toolkitVersion: {scalar(VERSION)}",
        f"sbg:toolAuthor: {scalar(', '.join(AUTHORS))}",
        f"sbg:wrapperAuthor: {scalar(', '.join(AUTHORS))}",
        f"sbg:categories: {scalar(CATEGORIES)}",
        "sbg:links:",
        f"  - {{id: {scalar(urls['Repository'])}, label: Source code}}",
        f"  - {{id: {scalar(urls['Documentation'])}, label: Documentation}}",
        f"  - {{id: {scalar(DOI)}, label: Publication}}",
    ]


def about_wdl() -> list[str]:
    """Write the same for WDL."""
    repository = _PROJECT["urls"]["Repository"]
    return wdl_about(AUTHORS, [("version", VERSION), ("doi", DOI), ("source", repository)])


INSTANCES = {
    "training": ("m5.2xlarge", "n1-standard-8", 200),
    "predicting": ("m5.2xlarge", "n1-standard-8", 100),
    "reads": ("m5.2xlarge", "n1-standard-8", 500),
    "examples": ("m5.xlarge", "n1-standard-4", 50),
}
"""Instances of AWS and of Google, and gigabytes of their disk.

With twice the memory that is reserved by default, 16 GiB: a task fails whose steps do not fit, and the platform needs
some of it.
"""

PARALLEL = 8
"""Instances at a time, of a workflow that scatters."""


def instance_hints(what: str) -> list[str]:
    """Write on which instance Seven Bridges runs a workflow, and on how many at a time."""
    kind, _, scatters = what.partition(", ")
    aws, google, disk = INSTANCES[kind]
    hints = [("AWSInstanceType", f"{aws};ebs-gp2;{disk}"), ("GoogleInstanceType", f"{google};pd-ssd;{disk}")]
    if scatters:
        hints.append(("maxNumberOfParallelInstances", str(PARALLEL)))
    lines = (line for name, value in hints for line in (f"  - class: sbg:{name}", f"    value: {json.dumps(value)}"))
    return ["hints:", *lines]


def script(command: str) -> list[str]:
    """Write the functions that the expressions of a tool call."""
    if command not in SCRIPTS:
        return ["  InlineJavascriptRequirement: {}"]
    lines = [f"        {line}" for line in SCRIPTS[command].splitlines()]
    return ["  InlineJavascriptRequirement:", "    expressionLib:", "      - |", *lines]


def tool(command: str, image: str) -> list[str]:
    """Write a tool, but for what it is called and what it does."""
    arguments = [{"prefix": "--output", "valueFrom": "."}]
    if has(command, "threads"):
        arguments.append({"prefix": "--threads", "valueFrom": "$(runtime.cores)"})
    if has(command, "memory"):
        arguments.append({"prefix": "--memory", "valueFrom": MEMORY})
    if has(command, "temp_dir"):
        arguments.append({"prefix": "--temp_dir", "valueFrom": "$(runtime.tmpdir)"})
    cores = "$(inputs.cores)" if has(command, "threads") else 1
    return [
        f"baseCommand: [maxatac, {command}]",
        "arguments:",
        *(f"  - {scalar(argument)}" for argument in arguments),
        "",
        "hints:",
        "  DockerRequirement:",
        f"    dockerPull: {image}",
        "  SoftwareRequirement:",
        "    packages:",
        "      maxatac:",
        f"        version: [{json.dumps(VERSION)}]",
        '        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]',
        "",
        "requirements:",
        *script(command),
        *block("ResourceRequirement", {
            "coresMin": cores, "ramMin": "$(inputs.ram_mb)", "tmpdirMin": "$(inputs.tmpdir_mb)",
            "outdirMin": "$(inputs.outdir_mb)",
        }),
        *block("NetworkAccess", {"networkAccess": False}),
        *block("ToolTimeLimit", {"timelimit": "$(inputs.max_hours * 3600)"}),
        *block("EnvVarRequirement", {
            "envDef": {"KERAS_HOME": "$(runtime.tmpdir)", "MPLCONFIGDIR": "$(runtime.tmpdir)"}
        }),
        "",
        "successCodes: [0]",
        "temporaryFailCodes: [75]",
        "permanentFailCodes: [1, 2]",
        "",
        "inputs:",
        *tool_inputs(command),
        "",
        "outputs:",
        *tool_outputs(command),
        "",
        *about(f"maxatac {command}"),
    ]  # fmt: skip


def default_chroms(name: str, chroms: Sequence[str]) -> list[str]:
    """Write the chromosomes of a step that are those of a set of training, with the same default."""
    return [f"      chroms: {{source: {name}, default: {scalar(chroms)}}}"]


def wdl_default_chroms(name: str, chroms: Sequence[str]) -> list[str]:
    """Write the same for WDL."""
    return [f"      chroms = if length({name}) > 0 then {name} else {json.dumps(chroms)},"]


PARTS = 4
"""Steps of the chain."""


def chain_steps() -> list[str]:
    """Write the steps of the chain: each trains a part of the epochs and hands its state on."""
    lines = []
    for part in range(1, PARTS + 1):
        lines += [
            f"  part_{part}:",
            "    run: maxatac-train.cwl",
            "    in:",
            *step_inputs("train", ("epochs", "resume_from", "test", "plot")),
        ]
        lines += [
            "      epochs:",
            "        source: epochs",
            f"        valueFrom: $(Math.ceil(self * {part} / {PARTS}))",
        ]
        if part == 1:
            lines.append("      resume_from: resume_from")
        else:
            source = f"[part_{part - 1}/resume_state, part_{part - 1}/checkpoints]"
            lines += ["      resume_from:", f"        source: {source}", "        linkMerge: merge_flattened"]
        last = part == PARTS
        lines += [f"      {name}: {name}" if last else f"      {name}: {{default: false}}" for name in ("test", "plot")]
        lines += step_outputs("train", ()) if last else ["    out: [resume_state, checkpoints]"]
    return lines


# Descriptors.


class Images(NamedTuple):
    """The images that the descriptors name: for processors and for GPUs."""

    cpu: str
    gpu: str


def images(cpu: str | None, gpu: str | None) -> Images:
    """Complete what the command line says of the images.

    Raises
    ------
    ValueError
        If the name of one does not follow from that of the other.
    """
    if cpu is None:
        cpu, gpu_there = (named(HERE / name) for name in ("maxatac-train.cwl", "maxatac-train-gpu.cwl"))
        return Images(cpu, gpu or gpu_there)
    if gpu is None and (name := cpu.rpartition("/")[2]) and ("@" in name or ":" not in name):
        raise ValueError(
            f"--image {cpu}: found {'a digest, which is that of one image' if '@' in name else 'no tag'}; name the "
            "image for GPUs with --gpu_image, or give a tag, to which -gpu is added"
        )
    return Images(cpu, gpu or f"{cpu}-gpu")


def named(descriptor: Path) -> str:
    """Find the image that a descriptor names."""
    found = _IMAGE.search(descriptor.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"{descriptor}: names no image")
    return found[1]


_SHARED = {
    "script of": lambda command, _: script(command),
    "inputs of maxatac": lambda command, _: tool_inputs(command),
    "outputs of maxatac": lambda command, _: tool_outputs(command),
    "workflow inputs of": workflow_inputs,
    "workflow outputs of": workflow_outputs,
    "scattered outputs of": scattered_outputs,
    "step inputs of": step_inputs,
    "step outputs of": step_outputs,
    "wdl inputs of": wdl_declarations,
    "wdl call of": wdl_call,
    "wdl command of": lambda command, _: wdl_command(command),
    "wdl files of": lambda command, _: wdl_staged(command),
    "wdl outputs of": lambda command, _: wdl_outputs(command),
    "wdl workflow outputs of": lambda command, _: wdl_outputs(command, of_workflow=True),
}
"""Texts of any command; ``without`` and the names of some leaves these out."""

_MARKER = re.compile(r"(.* (?:of|maxatac)) (\w+)(?: without (.+))?")


def text(name: str, image: str, path: Path) -> list[str]:
    """Make the text of a marker.

    Raises
    ------
    LookupError
        If there is none of this name.
    """
    alone = {
        "chain": chain_steps,
        "chain outputs": lambda: workflow_outputs("train", (), step=f"part_{PARTS}"),
        "validation chroms": lambda: default_chroms("vchroms", DEFAULT_VALIDATION_CHROMS),
        "test chroms": lambda: default_chroms("test_chroms", DEFAULT_TEST_CHROMS),
        "wdl validation chroms": lambda: wdl_default_chroms("vchroms", DEFAULT_VALIDATION_CHROMS),
        "wdl test chroms": lambda: wdl_default_chroms("test_chroms", DEFAULT_TEST_CHROMS),
        "about": lambda: about(path.stem),
        "version": lambda: [f"        version: [{json.dumps(VERSION)}]"],
        "image": lambda: [f"    dockerPull: {image}"],
        "wdl about": about_wdl,
        "wdl parameters": list,  # in a second pass, when all inputs are there
        "wdl image": lambda: [f'    String docker = "{image}"'],
    }
    if name in alone:
        return alone[name]()
    if name.startswith("instance for "):
        return instance_hints(name.removeprefix("instance for "))
    if (found := _MARKER.fullmatch(name)) is not None:
        shared, command = found[1], found[2]
        if shared in ("tool of maxatac", "wdl task of"):
            return tool(command, image) if shared == "tool of maxatac" else wdl_task(command, image, about_wdl())
        if shared in _SHARED:
            return _SHARED[shared](command, re.split(r", | and ", found[3] or ""))
    raise LookupError(f"there is no text {name}")


_BLOCK = re.compile(r"(?m)^( *)# begin: (.*)\n(?:.*\n)*?\1# end$")
_IMAGE = re.compile(r"(?m)^    dockerPull: (\S+)$")


def filled(path: Path, image: str) -> str:
    """Put the texts between the markers of a descriptor; returns what it shall be."""

    def fill(match: re.Match[str]) -> str:
        space, name = match[1], match[2]
        return "\n".join([f"{space}# begin: {name}", *text(name, image, path), f"{space}# end"])

    return _BLOCK.sub(fill, path.read_text(encoding="utf-8"))


_UNIT = re.compile(r"(?m)^(?:workflow|task) (\w+) \{$")


def with_parameters(text: str) -> str:
    """Say of each input and output of a WDL what it is."""

    def fill(match: re.Match[str]) -> str:
        head = text[: match.start()]
        unit = list(_UNIT.finditer(head))[-1]
        block = text[unit.start() :].partition("\n}\n")[0]
        return "\n".join([match[1], *wdl_parameters(head), *wdl_results(block, unit[1]), match[2]])

    return re.sub(r"(?m)^(    # begin: wdl parameters)\n(?:(?!    # end).*\n)*(    # end)$", fill, text)


_GPU = """\
  cwltool:CUDARequirement:
    cudaVersionMin: "12.0"
    cudaComputeCapability: "6.0"
    cudaDeviceCountMin: 1
    cudaDeviceCountMax: 1
"""


def gpu_tool(text: str, image: str, source: str) -> str:
    """Turn a tool into the one for GPUs, which asks for one and has another image.

    It is a hint: an engine that does not know of it runs the tool all the same.
    """
    text = _IMAGE.sub(f"    dockerPull: {image}", text)
    text = re.sub(r"(?m)^label: .*$", r"\g<0> on a GPU", text)
    text = text.replace("hints:\n", f"hints:\n{_GPU}", 1)
    text = text.replace("$namespaces:\n", "$namespaces:\n  cwltool: http://commonwl.org/cwltool#\n", 1)
    return f"# Written by cwl/options.py from {source}.\n{text}"


def gpu_workflow(text: str, image: str, source: str) -> str:
    """Turn the one-step workflow into the one for GPUs."""
    text = text.replace("run: maxatac-train.cwl", "run: maxatac-train-gpu.cwl")
    text = text.replace("label: Train a model", "label: Train a model on a GPU").replace("m5.2xlarge", "g4dn.2xlarge")
    # Google has GPUs beside machines, not in them.
    text = re.sub(r"(?m)^  - class: sbg:GoogleInstanceType\n.*\n", "", text)
    return f"# Written by cwl/options.py from {source}.\n{text}"


def _with_gpu(text: str, image: Images) -> str:
    """Let a WDL ask for a GPU: inputs of workflow and task, the call, and what the machine has."""
    for line in ("    Int max_retries = 0\n", "    Int max_retries\n"):
        text = text.replace(line, line + "\n".join(GPU_INPUTS) + "\n")
    text = text.replace(f'"{image.cpu}"', f'"{image.gpu}"')
    return text.replace(
        "    maxRetries: max_retries\n", "    maxRetries: max_retries\n" + "\n".join(GPU_RUNTIME) + "\n"
    )


_GPU_CALL = "max_retries = max_retries,\n      gpu_type = gpu_type,\n      gpu_count = gpu_count,\n"


def gpu_training_wdl(text: str, image: Images) -> str:
    """Turn the WDL of training into the one for GPUs; what checks the inputs needs none."""
    text = _with_gpu(text.partition("\ntask check {")[0], image)
    text = text.replace("workflow maxatac_train {", "workflow maxatac_train_gpu {")
    text = text.replace("max_retries = max_retries,\n", _GPU_CALL, 1)
    return text.replace('signal and DNA sequence"', 'signal and DNA sequence, on a GPU"')


def gpu_sites_wdl(text: str, image: Images) -> str:
    """Turn the WDL that predicts and calls sites into the one whose prediction is on a GPU."""
    text = text.replace("workflow maxatac_predict_sites {", "workflow maxatac_predict_sites_gpu {")
    line = "    Int max_retries = 0\n"
    text = text.replace(line, line + "\n".join(GPU_INPUTS) + "\n")
    text = text.replace("call tasks.predict {", "call predict_gpu as predict {")
    text = text.replace("max_retries = max_retries,\n", _GPU_CALL, 1)
    text = text.replace(f'"{image.cpu}"', f'"{image.gpu}"').replace(
        "binding and its sites", "binding and its sites, on a GPU"
    )
    return "\n".join([text.rstrip("\n"), "", *wdl_task("predict", image.gpu, about_wdl(), gpu=True), ""])


WDL_MADE_FROM = {
    "maxatac-train-gpu.wdl": ("maxatac-train.wdl", gpu_training_wdl),
    "maxatac-predict-sites-gpu.wdl": ("maxatac-predict-sites.wdl", gpu_sites_wdl),
}
"""The same of WDL."""


MADE_FROM = {
    "maxatac-predict-gpu.cwl": ("maxatac-predict.cwl", gpu_tool),
    "maxatac-train-gpu.cwl": ("maxatac-train.cwl", gpu_tool),
    "maxatac-train-gpu-wf.cwl": ("maxatac-train-wf.cwl", gpu_workflow),
}
"""Descriptors that are written as a whole, and from which."""


def descriptors(image: Images) -> dict[Path, str]:
    """Make every descriptor; returns the text that each shall have."""
    by_hand = [path for path in sorted(HERE.glob("*.cwl")) if path.name not in MADE_FROM]
    made = {path: filled(path, image.cpu) for path in by_hand}
    for name, (source, turn) in MADE_FROM.items():
        made[HERE / name] = turn(made[HERE / source], image.gpu, source)
    wdl = ROOT / "wdl"
    for path in sorted(wdl.glob("*.wdl")):
        if path.name not in WDL_MADE_FROM:
            made[path] = filled(path, image.cpu)
    for name, (source, turn_wdl) in WDL_MADE_FROM.items():
        head, _, rest = turn_wdl(made[wdl / source], image).partition("\n")
        made[wdl / name] = f"{head}\n\n# Written by cwl/options.py from {source}.\n{rest}"
    return {path: with_parameters(text) if path.suffix == ".wdl" else text for path, text in made.items()}


def modules(image: Images) -> dict[Path, str]:
    """Make the modules of Nextflow; returns the text that each file shall have."""
    made = {}
    for module in MODULES:
        folder = ROOT / "nextflow" / "modules" / "maxatac" / module.command
        made[folder / "main.nf"] = main_nf(module, image.cpu)
        made[folder / "meta.yml"] = meta_yml(module, AUTHORS, _PROJECT, DOI)
    return made


DOCKERFILE = ROOT / "Dockerfile"


def dockerfile() -> str:
    """Put version and addresses into the Dockerfile; returns its text."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    said = {"VERSION": VERSION, "REVISION": f"v{VERSION}", "SOURCE": _PROJECT["urls"]["Repository"],
            "DOCUMENTATION": _PROJECT["urls"]["Documentation"]}  # fmt: skip
    for name, value in said.items():
        text = re.sub(rf"(?m)^ARG {name}=.*$", f"ARG {name}={value}", text)
    authors = f'image.authors="{", ".join(AUTHORS)}"'
    return re.sub(r'image\.authors=".*"', authors, text)


DOCKSTORE = ROOT / ".dockstore.yml"
PAGE = ROOT / "docs" / "cwl.md"
_TABLE = ("<!-- options that are no inputs, written by cwl/options.py -->", "<!-- end -->")


def page() -> str:
    """Put the table of the options that are no inputs into the page; returns the page's text."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(_TABLE[0])
    _, _, tail = rest.partition(_TABLE[1])
    reasons: dict[tuple[str, str], list[str]] = {}
    for command in commands():
        # Of simulate no input needs a reason that is not said in its tool, and report takes files for its run.
        for name, reason in excluded(command).items() if command not in ("check", "simulate", "report") else ():
            # Memory is one, but not with the default of the command line.
            if name != "memory":
                reasons.setdefault((name, reason), []).append(command)
    rows = [f"| `--{name}` | {', '.join(of)} | {reason} |" for (name, reason), of in reasons.items()]
    table = "\n".join(["| Option | Of | Why |", "|---|---|---|", *rows])
    return f"{head}{_TABLE[0]}\n\n{table}\n\n{_TABLE[1]}{tail}"


def main() -> int:
    """Check or write the descriptors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="fail if a descriptor disagrees with the command line")
    choice.add_argument("--write", action="store_true", help="update the descriptors")
    parser.add_argument("--image", metavar="NAME", help="the image to name; with -gpu behind its tag, that for GPUs")
    parser.add_argument("--gpu_image", metavar="NAME", help="the image for GPUs, where it has another name")
    arguments = parser.parse_args()
    try:
        wanted = images(arguments.image, arguments.gpu_image)
    except ValueError as error:
        parser.error(str(error))
    try:
        made = {**descriptors(wanted), **modules(wanted), PAGE: page(), DOCKSTORE: registration(AUTHORS),
                DOCKERFILE: dockerfile()}  # fmt: skip
    except Unknown as error:
        print(error)
        return 1
    message = "differs from the command line; run python cwl/options.py --write"
    return update(made, write=arguments.write, message=message)


if __name__ == "__main__":
    sys.exit(main())

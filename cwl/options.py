"""Write what follows from the command line into the CWL and WDL descriptors: inputs, bindings, outputs, image.

``python cwl/options.py --check`` fails if a descriptor disagrees with the parser; ``--write`` puts that right, and
``--write --image registry.example/maxatac:0.1.0`` names another image. The text between the markers
``# begin: ...`` and ``# end`` is written; the rest is written by hand. Any Python that maxatac supports runs it in a
clone, with nothing installed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent
WDL = ROOT / "wdl" / "maxatac-train.wdl"

# The command line of this clone, installed or not, and what the scripts share that write what follows from it.
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]
from pages import update  # noqa: E402

from maxatac.cli.main import build_parser  # noqa: E402
from maxatac.training.settings import FILE_OPTIONS  # noqa: E402

VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]

EXCLUDED = {
    "train": {
        "config": "every setting is an input here, and the paths of a record are those of another machine",
        "meta_file": "a table of paths cannot travel: an engine stages what is typed File, and puts it elsewhere; "
        "the records of cells take its place",
        "cells": "made of the inputs tf and cells",
        "output": "the working directory of the step, from which the engine collects the outputs",
        "force": "the working directory is new: there is no earlier run in it",
        "resume": "set where resume_from is given",
        "threads": "$(runtime.cores): what the engine has reserved",
        "memory": "its default is a quarter of what the engine has reserved, $(runtime.ram)",
        "dry_run": "maxatac-check.cwl does that",
        "multiprocessing": "accepted for old command lines, without effect",
        "max_queue_size": "accepted for old command lines, without effect",
    },
    "check": {
        "json": "set: a report for programs",
        "output": "there is none; nothing is written",
    },
    "simulate": {
        "output": "the working directory of the step",
        "force": "the working directory is the engine's, and may hold its files",
        "chroms": "the defaults; how many there are says which outputs there are",
        "cell_types": "the default, so that every output is there",
        "dense": "for benchmarks",
    },
}
"""Options that are no inputs, and why."""

KINDS = {
    "genome_validation": "string",  # a number or all
    "memory": "string",  # bytes, or with a unit
    "seed": "long",  # up to 2**32 - 1
    "size": "string",  # with a unit
}
"""Options whose CWL type does not follow from the parser."""

WITHOUT_A_RUN = ("prefix", "keep_checkpoints", "save_roi", "plot", "report", "model_format")
"""Options of train that say what is written, which check takes and does not need."""


@dataclasses.dataclass(frozen=True)
class Input:
    """An input of a descriptor.

    Attributes
    ----------
    name, doc : str
    type : CWL type
    default : anything, or None
    binding : mapping or None
        The ``inputBinding``.
    """

    name: str
    type: Any
    doc: str
    default: Any = None
    binding: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Output:
    """An output of the training tool.

    Attributes
    ----------
    name, doc : str
    type : str
    glob : str or tuple of str
    format : str or None
        EDAM format.
    """

    name: str
    type: str
    glob: str | tuple[str, ...]
    format: str | None
    doc: str


CELLS = Input(
    "cells",
    {"type": "array", "items": "types.yml#cell_type"},
    "The cell types: one record each, with its files. Files are handed over as files, not in a table of paths: an "
    "engine stages nothing else, and not where it was.",
)
TF = Input("tf", "string", "Name of the transcription factor.")
RESUME_FROM = Input(
    "resume_from",
    "File[]?",
    "Go on with an earlier run: its outputs resume_state and checkpoints. What shapes the result must be as it was; "
    "epochs may grow.",
)
RESOURCES = (
    Input("cores", "int", "Processor cores to reserve; loader and network have as many threads each.", 4),
    Input("ram_mb", "int", "Memory to reserve, in MiB.", 16384),
    Input("tmpdir_mb", "int", "Space for temporary files to reserve, in MiB.", 1024),
    Input("outdir_mb", "int", "Space for the results to reserve, in MiB.", 4096),
    Input("max_hours", "int", "Hours after which the engine stops the run; 0 for no limit.", 0),
)

_P = "$(inputs.prefix)"
OUTPUTS = (
    Output("best_model", "File", f"{_P}_best.keras", "format_3987", "The selected model, for any program with Keras."),
    Output("best_model_h5", "File", f"{_P}_best.h5", "format_3590", "The same as HDF5."),
    Output("best_epoch", "File", "best_epoch.txt", "format_2330", "One line: file name of the selected checkpoint."),
    Output("history", "File", f"{_P}.csv", "format_3752", "Loss, Dice coefficient and more of each epoch."),
    Output("cell_history", "File?", f"{_P}_cells.csv", "format_3752", "Validation scores of each epoch by cell type."),
    Output("timing", "File", f"{_P}_timing.csv", "format_3752", "Times of each epoch."),
    Output(
        "thresholds", "File?", f"{_P}_thresholds.tsv", "format_3475",
        "Precision and recall at each threshold; not without bound bins in the genome-like windows.",
    ),
    Output("test_table", "File?", f"{_P}_test.tsv", "format_3475", "Scores of the independent test; not without it."),
    Output("test_scores", "File?", f"{_P}_test.json", "format_3464", "The same for programs."),
    Output(
        "predictions", "File[]", (f"{_P}.bw", f"{_P}_test.*.bw"), "format_3006",
        "Predictions of the independent test, one track per cell type.",
    ),
    Output("history_plot", "File?", f"{_P}_model_dice_acc.png", "format_3603", "Loss and Dice; not without plot."),
    Output("structure_plot", "File?", f"{_P}_model_structure.png", "format_3603", "The network; not without plot."),
    Output("report_page", "File?", f"{_P}_report.html", "format_2331", "The report, one HTML file; not without it."),
    Output("report_data", "File?", f"{_P}_report.json", "format_3464", "What it shows beside the tables."),
    Output("figures", "Directory?", f"{_P}_figures", None, "The figures of the report, as PNG and SVG."),
    Output("record", "File", f"{_P}_run.json", "format_3464", "What was run, on what, with what result."),
    Output("log", "File", f"{_P}.log", "format_2330", "The log."),
    Output("cell_table", "File", f"{_P}_cell_types.tsv", "format_3475", "The cell types as a meta file."),
    Output("resume_state", "File", f"{_P}_resume.npz", "format_3987", "What resume_from goes on from."),
    Output("checkpoints", "File[]", f"{_P}_[0-9]*.$(inputs.model_format)", None, "The models after each epoch."),
    Output("tensorboard", "Directory?", f"tensorboard/{_P}", None, "Event files for TensorBoard."),
    Output(
        "regions", "File[]", (f"{_P}_training_ROI.bed.gz", f"{_P}_validation_ROI.bed.gz"), None,
        "The pools of regions, with save_roi.",
    ),
    Output(
        "region_counts", "File[]",
        tuple(f"{_P}_{pool}_ROI_{what}.txt" for pool in ("training", "validation") for what in
              ("stats", "totalregions_stats")), "format_2330", "How many regions there are, with save_roi.",
    ),
)  # fmt: skip
"""Outputs of training. Each is named, and what some options leave out is optional."""


class Unknown(Exception):
    """An option of which this script cannot tell what input it makes."""


def subparser(command: str) -> argparse.ArgumentParser:
    """Find the parser of a subcommand."""
    for action in build_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            parser: argparse.ArgumentParser = action.choices[command]
            return parser
    raise LookupError(command)


def options(command: str) -> list[argparse.Action]:
    """List the options of a subcommand that are to be inputs, in their order."""
    excluded = dict(EXCLUDED[command])
    if command == "check":
        excluded |= EXCLUDED["train"] | dict.fromkeys(WITHOUT_A_RUN, "of a run")
    return [
        action
        for action in subparser(command)._actions
        if not isinstance(action, argparse._HelpAction) and action.dest not in excluded
    ]


def input_of(command: str, action: argparse.Action) -> Input:
    """Turn an option into an input of the same default.

    Raises
    ------
    Unknown
        If its type does not follow from the parser, and nothing here says it.
    """
    name, prefix = action.dest, action.option_strings[0] if action.option_strings else ""
    doc = (action.help or "").partition(" Default: ")
    text = doc[0][:1].upper() + doc[0][1:]
    default = action.default
    if not action.required and default is None:
        text = f"{text.rstrip('.')}. Without it: {doc[2].rstrip('.') or 'none'}."
    kind: Any
    binding: dict[str, Any] = {"prefix": prefix}
    if isinstance(action, argparse.BooleanOptionalAction):
        kind = "boolean"
        binding = {"valueFrom": f'$(self ? "--{name}" : "--no-{name}")'}
    elif isinstance(action, argparse._StoreTrueAction):
        kind = "boolean"
    elif name in KINDS:
        kind = KINDS[name]
    elif action.choices is not None:
        kind = {"type": "enum", "symbols": [str(choice) for choice in action.choices]}
    elif action.nargs == "+" and action.type is None:
        kind = "string[]"
    elif name in FILE_OPTIONS and action.type is Path:
        kind = "File"
    elif action.type in (int, float) and action.nargs is None:
        kind = "int" if action.type is int else "double"
    elif action.type is None and action.nargs is None and name not in FILE_OPTIONS:
        kind = "string"
    else:
        raise Unknown(
            f"maxatac {command} has the option {prefix or name}, of which cwl/options.py cannot tell what input it "
            "makes. If it names a file to read, say so at its field in maxatac/training/settings.py; if it is another "
            "kind of value, add it to KINDS with a CWL type; if it makes no sense in a workflow, to EXCLUDED with the "
            "reason. Then run python cwl/options.py --write"
        )
    if default is None and not action.required:
        kind = f"{kind}?" if isinstance(kind, str) else ["null", kind]
    elif kind == "string":
        # An engine takes no number for a string, of a default neither.
        default = str(default) if default is not None else None
    return Input(name, kind, text, default, binding)


def inputs_of(command: str) -> list[Input]:
    """List the inputs of the tool of a subcommand."""
    made = [input_of(command, action) for action in options(command)]
    if command == "simulate":
        return made
    own = [TF, CELLS]
    memory = next(action for action in subparser("train")._actions if action.dest == "memory")
    made.append(dataclasses.replace(
        input_of(command, memory), binding=None,
        doc="Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of "
        "what is reserved.",
    ))  # fmt: skip
    return [*own, *made, *((RESUME_FROM,) if command == "train" else ()), *RESOURCES]


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


def tool_inputs(command: str) -> list[str]:
    """Write the inputs of a tool."""
    lines = []
    for one in inputs_of(command):
        lines += block(
            one.name, {"type": one.type, "default": one.default, "doc": one.doc, "inputBinding": one.binding}
        )
    return lines


def workflow_inputs(*leave_out: str) -> list[str]:
    """Write the inputs of a workflow around the training tool."""
    lines = []
    for one in inputs_of("train"):
        if one.name not in leave_out:
            lines += block(one.name, {"type": one.type, "default": one.default, "doc": one.doc})
    return lines


def step_inputs(*leave_out: str) -> list[str]:
    """Write the inputs of a training step, each from the workflow's input of its name."""
    return [f"      {one.name}: {one.name}" for one in inputs_of("train") if one.name not in leave_out]


def tool_outputs() -> list[str]:
    """Write the outputs of the training tool."""
    lines = []
    for one in OUTPUTS:
        glob = list(one.glob) if isinstance(one.glob, tuple) else one.glob
        edam = one.format and f"http://edamontology.org/{one.format}"
        lines += block(one.name, {"type": one.type, "format": edam, "doc": one.doc, "outputBinding": {"glob": glob}})
    return lines


def step_outputs(*leave_out: str) -> list[str]:
    """Write what a training step hands on."""
    return ["    out: [" + ", ".join(one.name for one in OUTPUTS if one.name not in leave_out) + "]"]


def workflow_outputs(step: str, *leave_out: str) -> list[str]:
    """Write the outputs of a workflow: those of a training step."""
    lines = []
    for one in OUTPUTS:
        if one.name not in leave_out:
            lines += block(one.name, {"type": one.type, "doc": one.doc, "outputSource": f"{step}/{one.name}"})
    return lines


def scattered_outputs(step: str, *leave_out: str) -> list[str]:
    """Write the outputs of a workflow that scatters training: lists of those of the step."""
    lines = []
    for one in OUTPUTS:
        if one.name in leave_out:
            continue
        if one.type.endswith("?"):
            items: Any = ["null", one.type.removesuffix("?")]
        elif one.type.endswith("[]"):
            items = {"type": "array", "items": one.type.removesuffix("[]")}
        else:
            items = one.type
        kind = {"type": "array", "items": items}
        lines += block(one.name, {"type": kind, "doc": one.doc, "outputSource": f"{step}/{one.name}"})
    return lines


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
            *step_inputs("epochs", "resume_from", "test", "plot"),
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
        lines += step_outputs() if last else ["    out: [resume_state, checkpoints]"]
    return lines


# WDL.

WDL_KINDS = {"string": "String", "int": "Int", "long": "Int", "double": "Float", "boolean": "Boolean", "File": "File"}
WDL_LEFT_OUT = ("cells", "tf", "resume_from", "max_hours", "tmpdir_mb")


def wdl_inputs() -> list[tuple[str, str, Any]]:
    """List the inputs of the WDL task: name, type, default."""
    made = []
    for one in inputs_of("train"):
        if one.name in WDL_LEFT_OUT:
            continue
        kind = one.type
        optional = False
        if isinstance(kind, list):
            optional, kind = True, kind[1]
        if isinstance(kind, dict):
            kind = "string"
        optional = optional or kind.endswith("?")
        kind = kind.removesuffix("?")
        if kind == "string[]":
            made.append((one.name, "Array[String]", []))
        else:
            made.append((one.name, WDL_KINDS[kind] + ("?" if optional else ""), one.default))
    return made


def wdl_declarations() -> list[str]:
    """Write the inputs of the WDL task."""
    return [
        f"    {kind} {name}" + (f" = {json.dumps(default)}" if default is not None else "")
        for name, kind, default in wdl_inputs()
    ]


def wdl_call() -> list[str]:
    """Write how the WDL workflow hands its inputs to the task."""
    return [f"      {name} = {name}," for name, _, _ in wdl_inputs()]


def wdl_command() -> list[str]:
    """Write the options of the WDL task's command line."""
    own = {one.name for one in RESOURCES} | {"memory"}
    lines, lists = ["options=("], []
    for name, kind, _ in wdl_inputs():
        if name in own:
            continue
        if kind == "Boolean":
            lines.append(f'  ~{{if {name} then "--{name}" else "--no-{name}"}}')
        elif kind.startswith("Array"):
            # One a line: so the shell reads them as they are.
            lists.append(f"give --{name} '~{{write_lines({name})}}'")
        elif kind.removesuffix("?") in ("String", "File"):
            value = f"select_first([{name}])" if kind.endswith("?") else name
            quoted = f'"--{name} \'" + sub({value}, "\'", apostrophe) + "\'"'
            lines.append(
                f'  ~{{if defined({name}) then {quoted} else ""}}' if kind.endswith("?") else f"  ~{{{quoted}}}"
            )
        elif kind.endswith("?"):
            lines.append(f'  ~{{"--{name} " + {name}}}')
        else:
            lines.append(f"  --{name} ~{{{name}}}")
    return [f"    {line}" for line in [*lines, ")", *lists]]


def wdl_staged() -> list[str]:
    """Write the list of the files that the WDL workflow hands to a task beside those of the cell types."""
    names = [name for name, kind, _ in wdl_inputs() if kind.startswith("File")]
    return [f"  Array[File] given = select_all([{', '.join(names)}])"]


def wdl_outputs(*, of_workflow: bool = False) -> list[str]:
    """Write the outputs of the WDL task, or of the workflow."""
    lines = []
    for one in OUTPUTS:
        if one.type.startswith("Directory"):
            # WDL 1.0 knows files alone.
            continue
        globs = one.glob if isinstance(one.glob, tuple) else (one.glob,)
        names = [f"results/{glob}".replace("$(inputs.", "~{").replace(")", "}") for glob in globs]
        if one.type == "File[]":
            kind = "Array[File]"
            found = ", ".join(f'glob("{name}")' for name in names)
            value = f"flatten([{found}])" if len(names) > 1 else found
        else:
            kind = one.type
            value = f'"{names[0]}"'
        lines.append(f"    {kind} {one.name} = " + (f"train.{one.name}" if of_workflow else value))
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


def blocks(image: str) -> dict[str, Callable[[], list[str]]]:
    """Name each text that is written, and how it is made."""
    return {
        "inputs of maxatac train": lambda: tool_inputs("train"),
        "inputs of maxatac check": lambda: tool_inputs("check"),
        "inputs of maxatac simulate": lambda: tool_inputs("simulate"),
        "outputs of maxatac train": tool_outputs,
        "workflow inputs": workflow_inputs,
        "workflow inputs without tf, cells and prefix": lambda: workflow_inputs("tf", "cells", "prefix", "resume_from"),
        "workflow inputs without cells": lambda: workflow_inputs("cells"),
        "step inputs": step_inputs,
        "step inputs without tf, cells and prefix": lambda: step_inputs("tf", "cells", "prefix", "resume_from"),
        "step inputs without cells": lambda: step_inputs("cells"),
        "step outputs": step_outputs,
        "step outputs without best_epoch": lambda: step_outputs("best_epoch"),
        "workflow outputs": lambda: workflow_outputs("train"),
        "scattered outputs": lambda: scattered_outputs("train", "best_epoch"),
        "chain": chain_steps,
        "chain outputs": lambda: workflow_outputs(f"part_{PARTS}"),
        "version": lambda: [f"        version: [{json.dumps(VERSION)}]"],
        "image": lambda: [f"    dockerPull: {image}"],
        "wdl inputs": wdl_declarations,
        "wdl call": wdl_call,
        "wdl command": wdl_command,
        "wdl files": wdl_staged,
        "wdl outputs": wdl_outputs,
        "wdl workflow outputs": lambda: wdl_outputs(of_workflow=True),
        "wdl image": lambda: [f'    String docker = "{image}"'],
    }


_BLOCK = re.compile(r"(?m)^( *)# begin: (.*)\n(?:.*\n)*?\1# end$")
_IMAGE = re.compile(r"(?m)^    dockerPull: (\S+)$")


def filled(path: Path, image: str) -> str:
    """Put the texts between the markers of a descriptor; returns what it shall be."""
    made = blocks(image)

    def fill(match: re.Match[str]) -> str:
        space, name = match[1], match[2]
        if name not in made:
            raise LookupError(f"{path}: there is no text {name}")
        return "\n".join([f"{space}# begin: {name}", *made[name](), f"{space}# end"])

    return _BLOCK.sub(fill, path.read_text(encoding="utf-8"))


_GPU = """\
  cwltool:CUDARequirement:
    cudaVersionMin: "12.0"
    cudaComputeCapability: "6.0"
    cudaDeviceCountMin: 1
    cudaDeviceCountMax: 1
"""


def gpu_tool(text: str, image: str) -> str:
    """Turn the training tool into the one for GPUs, which asks for one and has another image.

    It is a hint: an engine that does not know of it runs the tool all the same.
    """
    text = _IMAGE.sub(f"    dockerPull: {image}", text)
    text = text.replace("label: Train a model", "label: Train a model on a GPU")
    text = text.replace("hints:\n", f"hints:\n{_GPU}", 1)
    text = text.replace("$namespaces:\n", "$namespaces:\n  cwltool: http://commonwl.org/cwltool#\n", 1)
    return f"# Written by cwl/options.py from maxatac-train.cwl.\n{text}"


def gpu_workflow(text: str, image: str) -> str:
    """Turn the one-step workflow into the one for GPUs."""
    text = text.replace("run: maxatac-train.cwl", "run: maxatac-train-gpu.cwl")
    text = text.replace("label: Train a model", "label: Train a model on a GPU").replace("c5.2xlarge", "g4dn.2xlarge")
    return f"# Written by cwl/options.py from maxatac-train-wf.cwl.\n{text}"


MADE_FROM = {
    "maxatac-train-gpu.cwl": ("maxatac-train.cwl", gpu_tool),
    "maxatac-train-gpu-wf.cwl": ("maxatac-train-wf.cwl", gpu_workflow),
}
"""Descriptors that are written as a whole, and from which."""


def descriptors(image: Images) -> dict[Path, str]:
    """Make every descriptor; returns the text that each shall have."""
    by_hand = [path for path in sorted(HERE.glob("*.cwl")) if path.name not in MADE_FROM]
    made = {path: filled(path, image.cpu) for path in [*by_hand, WDL]}
    for name, (source, turn) in MADE_FROM.items():
        made[HERE / name] = turn(made[HERE / source], image.gpu)
    return made


PAGE = ROOT / "docs" / "cwl.md"
_TABLE = ("<!-- options that are no inputs, written by cwl/options.py -->", "<!-- end -->")


def page() -> str:
    """Put the table of the options that are no inputs into the page; returns the page's text."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(_TABLE[0])
    _, _, tail = rest.partition(_TABLE[1])
    # Memory is one, but not with the default of the command line.
    rows = [f"| `--{name}` | {reason} |" for name, reason in EXCLUDED["train"].items() if name != "memory"]
    table = "\n".join(["| Option | Why |", "|---|---|", *rows])
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
        made = {**descriptors(wanted), PAGE: page()}
    except Unknown as error:
        print(error)
        return 1
    message = "differs from the command line; run python cwl/options.py --write"
    return update(made, write=arguments.write, message=message)


if __name__ == "__main__":
    sys.exit(main())

"""What each option of a command becomes: an input of its tool, or nothing, for a reason."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tool_labels import FILES, LABELS, FileKind, of, text_of
from tool_outputs import RECORDS

ROOT = Path(__file__).parents[1]

# The command line of this clone, installed or not.
sys.path.insert(0, str(ROOT))
from maxatac.cli.main import build_parser  # noqa: E402
from maxatac.cli.parser import Parser  # noqa: E402
from maxatac.runs.settings import FILE  # noqa: E402

EVERYWHERE = {
    "config": "every setting is an input here, and the paths of a record are those of another machine",
    "output": "the working directory of the step, from which the engine collects the outputs",
    "force": "the working directory is new: there is no earlier run in it",
    "threads": "$(runtime.cores): what the engine has reserved",
    "memory": "its default is a quarter of what the engine has reserved, $(runtime.ram)",
    "temp_dir": "$(runtime.tmpdir)",
    "dry_run": "for a command line: the step checks everything before it writes",
    "resume": "an engine starts a step that was stopped with an empty working directory",
}
"""Options of several commands that are no inputs, and why."""

EXCLUDED = {
    "train": {
        "meta_file": "a table of paths cannot travel: an engine stages what is typed File, and puts it elsewhere; "
        "the records of cells take its place",
        "cells": "made of the inputs tf and cells",
        "resume": "set where resume_from is given",
        "cross_validate": "maxatac-cross-validate.cwl trains the folds side by side, a job each",
        "folds": "of --cross_validate chroms",
        "dry_run": "maxatac-check.cwl does that",
        "multiprocessing": "accepted for old command lines, without effect",
        "max_queue_size": "accepted for old command lines, without effect",
    },
    "check": {
        "output": "there is none; nothing is written",
        "json": "set: a report for programs",
    },
    "simulate": {
        "output": "the working directory of the step",
        "force": "the working directory is the engine's, and may hold its files",
        "chroms": "the defaults; how many there are says which outputs there are",
        "cell_types": "the default, so that every output is there",
        "dense": "for benchmarks",
    },
    "binding": dict.fromkeys(
        ("meta_out", "cell_type", "tf_name", "signal", "atac_peaks", "label"),
        "of a row of a meta file: a table of paths cannot travel, and its place is taken by the records of cells that "
        "maxatac-train.cwl has",
    ),
    "benchmark": {"skip_plot": "the same as plot: false"},
    "threshold": {"meta_file": "a table of paths cannot travel; prediction and binding take its place"},
}
"""Those of one command."""

WITHOUT_A_TOOL = {"env": "it describes the machine of whoever types it, and makes nothing that a step could use"}
"""Commands that are no tools, and why."""

KINDS = {
    "models": "Directory",
    "unscored_out": "string",  # the name of an output
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
    beside : tuple of str
        Secondary files: the run record of the file.
    label : str
        A few words.
    files : FileKind or None
        Which files it takes.
    """

    name: str
    type: Any
    doc: str
    default: Any = None
    binding: Mapping[str, Any] | None = None
    beside: tuple[str, ...] = ()
    label: str = ""
    files: FileKind | None = None


CELLS = Input(
    "cells",
    {"type": "array", "items": "types.yml#cell_type"},
    "The cell types that train or are held out for the test: one record each, with its name, its files and its label. "
    "Files are given as files, not in a table of paths, because an engine stages nothing else.",
)
TF = Input("tf", "string", "Name of the transcription factor whose binding the model learns.")
RESUME_FROM = Input(
    "resume_from",
    "File[]?",
    "Go on with an earlier run: its outputs `resume_state` and `checkpoints`. Whatever shapes the result must be as in "
    "that run; `epochs` may be more.",
)
CORES = Input("cores", "int", "Processor cores to reserve; the command uses as many threads.", 4)
RESOURCES = (
    Input("ram_mb", "int", "Memory to reserve, in MiB; a step that needs more is killed.", 16384),
    Input("tmpdir_mb", "int", "Disk space to reserve for temporary files, in MiB.", 1024),
    Input("outdir_mb", "int", "Disk space to reserve for the results, in MiB.", 4096),
    Input("max_hours", "int", "Hours after which the engine stops the step; 0 for no limit.", 0),
)
LITTLE = 4096
"""Memory to reserve, in MiB, for commands without threads."""

MUCH = 32768
"""Space to reserve, in MiB, for commands that lay reads on the disk."""


class Unknown(Exception):
    """An option of which this script cannot tell what input it makes."""


@functools.cache
def commands() -> dict[str, Parser]:
    """Name the subcommands that are tools, each with its parser."""
    found = [action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: parser for name, parser in found[0].choices.items() if name not in WITHOUT_A_TOOL}


def subparser(command: str) -> Parser:
    """Find the parser of a subcommand."""
    return commands()[command]


def has(command: str, option: str) -> bool:
    """Tell whether a subcommand has an option."""
    return any(action.dest == option for action in subparser(command)._actions)


def excluded(command: str) -> dict[str, str]:
    """List the options of a subcommand that are no inputs, each with the reason."""
    reasons = EVERYWHERE | EXCLUDED.get(command, {})
    if command == "check":
        reasons |= EXCLUDED["train"] | EXCLUDED["check"] | dict.fromkeys(WITHOUT_A_RUN, "of a run")
    return {name: reasons[name] for name in reasons if has(command, name)}


def options(command: str) -> list[argparse.Action]:
    """List the options of a subcommand that are to be inputs, in their order."""
    left_out = excluded(command)
    return [
        action
        for action in subparser(command)._actions
        if not isinstance(action, argparse._HelpAction) and action.dest not in left_out
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
    # Where a name that is not given follows from another, the setting is empty.
    default = None if action.default == "" else action.default
    if not action.required and default is None:
        text = f"{text.rstrip('.')}. Without it: {doc[2].rstrip('.') or 'none'}."
    files = {field.name for field in dataclasses.fields(subparser(command).settings) if field.metadata == FILE}
    kind: Any
    binding: dict[str, Any] = {"prefix": prefix}
    if isinstance(action, argparse.BooleanOptionalAction):
        kind = "boolean"
        binding = {"valueFrom": f'$(self ? "--{name}" : "--no-{name}")'}
    elif isinstance(action, argparse._StoreTrueAction):
        kind = "boolean"
    elif name in KINDS:
        kind = KINDS[name]
    elif action.choices is not None and action.type is not int:
        kind = {"type": "enum", "symbols": [str(choice) for choice in action.choices]}
    elif action.nargs == "+" and action.type is None:
        kind = "string[]"
    elif action.nargs == "+" and action.type in (int, float):
        kind = "int[]" if action.type is int else "double[]"
    elif name in files and action.type is Path:
        kind = "File[]" if action.nargs == "+" else "File"
    elif action.type in (int, float) and action.nargs is None:
        kind = "int" if action.type is int else "double"
    elif action.type is None and action.nargs is None and name not in files:
        kind = "string"
    else:
        raise Unknown(
            f"maxatac {command} has the option {prefix or name}, of which cwl/tool_inputs.py cannot tell what input it "
            "makes. If it names a file to read, say so at its field in the settings of the command; if it is another "
            "kind of value, add it to KINDS with a CWL type; if it makes no sense in a workflow, to EXCLUDED with the "
            "reason. Then run python cwl/options.py --write"
        )
    if default is None and not action.required:
        kind = f"{kind}?" if isinstance(kind, str) else ["null", kind]
    elif kind == "string":
        # An engine takes no number for a string, of a default neither.
        default = str(default) if default is not None else None
    elif isinstance(default, tuple):
        default = list(default)
    return Input(name, kind, text, default, binding, RECORDS.get(name, ()))


def inputs_of(command: str) -> list[Input]:
    """List the inputs of the tool of a subcommand."""
    made = [input_of(command, action) for action in options(command)]
    if command == "simulate":
        return [described(command, one) for one in made]
    own = [TF, CELLS] if command in ("train", "check") else []
    if has(command, "memory"):
        memory = next(action for action in subparser(command)._actions if action.dest == "memory")
        made.append(dataclasses.replace(
            input_of(command, memory), binding=None,
            doc=f"{memory.help.partition(' Default: ')[0]} Without it: a quarter of what is reserved.",
        ))  # fmt: skip
    reserved = [CORES, *RESOURCES] if has(command, "threads") else list(RESOURCES)
    other = {"ram_mb": LITTLE} if not has(command, "threads") else {}
    if has(command, "temp_dir"):
        other |= {"tmpdir_mb": MUCH, "outdir_mb": MUCH}
    reserved = [dataclasses.replace(one, default=other.get(one.name, one.default)) for one in reserved]
    made = [*own, *made, *((RESUME_FROM,) if command == "train" else ()), *reserved]
    return [described(command, one) for one in made]


def described(command: str, one: Input) -> Input:
    """Add what a person sees of an input.

    Raises
    ------
    Unknown
        If there is no label for it, or nothing that says which files it takes.
    """
    label, files = of(LABELS, command, one.name), of(FILES, command, one.name)
    told = f"maxatac {command} has the option --{one.name}, of which cwl/tool_labels.py "
    if label is None:
        raise Unknown(f"{told}has no label: add a few words to LABELS. Then run python cwl/options.py --write")
    takes_files = isinstance(one.type, str) and one.type.startswith("File")
    if takes_files and files is None:
        raise Unknown(
            f"{told}does not say which files it takes: add it to FILES. Then run python cwl/options.py --write"
        )
    kind = named(one.type, one.name)
    doc = text_of(command, one.name, one.doc)
    return dataclasses.replace(one, type=kind, label=str(label), doc=doc, files=files if takes_files else None)


def named(kind: Any, name: str) -> Any:
    """Name an enum, wherever it is in a type: programs that make classes of a descriptor need one."""
    if isinstance(kind, list):
        return [named(inner, name) for inner in kind]
    if isinstance(kind, dict) and kind["type"] == "enum":
        return {"type": "enum", "name": name, "symbols": kind["symbols"]}
    return kind

"""What follows from the command line in the WDL: declarations, command lines, outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tool_inputs import CORES, RESOURCES, inputs_of
from tool_outputs import OUTPUTS

WDL_KINDS = {"string": "String", "int": "Int", "long": "Int", "double": "Float", "boolean": "Boolean", "File": "File"}
WDL_LEFT_OUT = ("cells", "tf", "resume_from", "max_hours", "tmpdir_mb")


def wdl_inputs(command: str = "train") -> list[tuple[str, str, Any]]:
    """List the inputs of the WDL task: name, type, default."""
    made = []
    for one in inputs_of(command):
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
    own = {one.name for one in (CORES, *RESOURCES)} | {"memory"}
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
    for one in OUTPUTS["train"]:
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


def wdl_blocks(image: str) -> dict[str, Callable[[], list[str]]]:
    """Name each text that is written, and how it is made."""
    return {
        "wdl inputs": wdl_declarations,
        "wdl call": wdl_call,
        "wdl command": wdl_command,
        "wdl files": wdl_staged,
        "wdl outputs": wdl_outputs,
        "wdl workflow outputs": lambda: wdl_outputs(of_workflow=True),
        "wdl image": lambda: [f'    String docker = "{image}"'],
    }

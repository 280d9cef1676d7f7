"""What follows from the command line in the WDL: declarations, command lines, outputs."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from tool_inputs import CORES, RESOURCES, has, inputs_of
from tool_outputs import OUTPUTS, SITES

WDL_KINDS = {"string": "String", "int": "Int", "long": "Int", "double": "Float", "boolean": "Boolean", "File": "File"}
WDL_LEFT_OUT = ("cells", "tf", "resume_from", "max_hours", "tmpdir_mb", "models", "tf_name", "unscored_out")
"""Inputs of the CWL that the WDL has in another form or not at all: WDL 1.0 knows no folders."""

WDL_NAMES = {"input": "input_files", "peaks": "atac_peaks", "binding": "binding_tracks"}
"""Inputs whose names are words of WDL or names of tasks, and what they are called there."""

APOSTROPHE = """\
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\\"'\\"'\""""

GIVE = """\
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }"""

LAY = """\
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }"""


def wdl_name(name: str) -> str:
    """Name an input in WDL."""
    return WDL_NAMES.get(name, name)


def wdl_inputs(command: str, leave_out: Collection[str] = ()) -> list[tuple[str, str, Any]]:
    """List the inputs of a WDL task: name, type, default. The run record of a file is one of its own."""
    made: list[tuple[str, str, Any]] = []
    for one in inputs_of(command):
        if one.name in WDL_LEFT_OUT or one.name in leave_out:
            continue
        kind, name = one.type, wdl_name(one.name)
        optional = False
        if isinstance(kind, list):
            optional, kind = True, kind[1]
        if isinstance(kind, dict):
            kind = "string"
        optional = optional or kind.endswith("?")
        kind = kind.removesuffix("?")
        if kind.endswith("[]"):
            needed = not optional and one.default is None
            made.append((name, f"Array[{WDL_KINDS[kind[:-2]]}]", None if needed else one.default or []))
            record: tuple[str, Any] = ("Array[File]", [])
        else:
            made.append((name, WDL_KINDS[kind] + ("?" if optional else ""), one.default))
            record = ("File?", None)
        if one.beside:
            made.append((f"{name}_record", *record))
    return made


def wdl_declarations(command: str, leave_out: Collection[str] = ()) -> list[str]:
    """Write the inputs of a WDL task."""
    return [
        f"    {kind} {name}" + (f" = {json.dumps(default)}" if default is not None else "")
        for name, kind, default in wdl_inputs(command, leave_out)
    ]


def wdl_call(command: str, leave_out: Collection[str] = ()) -> list[str]:
    """Write how a WDL workflow hands its inputs to a task."""
    return [f"      {name} = {name}," for name, _, _ in wdl_inputs(command, leave_out)]


def wdl_command(command: str) -> list[str]:
    """Write the options of the command line of a WDL task."""
    own = {one.name for one in (CORES, *RESOURCES)} | {"memory"}
    with_record = {wdl_name(one.name) for one in inputs_of(command) if one.beside}
    options = {wdl_name(one.name): one.name for one in inputs_of(command)}
    lines, lists = ["options=("], []
    for name, kind, _ in wdl_inputs(command):
        if name in own or name.removesuffix("_record") in with_record - {name}:
            continue
        option = options[name]
        if name in with_record:
            is_list, is_optional = kind.startswith("Array"), kind.endswith("?")
            files = name if is_list else f"select_all([{name}])" if is_optional else f"[{name}]"
            records = f"{name}_record" if is_list else f"select_all([{name}_record])"
            lists.append(f"lay --{option} '~{{write_lines({files})}}' '~{{write_lines({records})}}'")
        elif kind == "Boolean":
            lines.append(f'  ~{{if {name} then "--{option}" else "--no-{option}"}}')
        elif kind == "Boolean?":
            chosen = f'if select_first([{name}]) then "--{option}" else "--no-{option}"'
            lines.append(f'  ~{{if defined({name}) then ({chosen}) else ""}}')
        elif kind.startswith("Array"):
            # One a line: so the shell reads them as they are.
            lists.append(f"give --{option} '~{{write_lines({name})}}'")
        elif kind.removesuffix("?") in ("String", "File"):
            value = f"select_first([{name}])" if kind.endswith("?") else name
            quoted = f'"--{option} \'" + sub({value}, "\'", apostrophe) + "\'"'
            lines.append(
                f'  ~{{if defined({name}) then {quoted} else ""}}' if kind.endswith("?") else f"  ~{{{quoted}}}"
            )
        elif kind.endswith("?"):
            lines.append(f'  ~{{"--{option} " + {name}}}')
        else:
            lines.append(f"  --{option} ~{{{name}}}")
    return [f"    {line}" for line in [*lines, ")", *lists]]


def wdl_staged(command: str = "train") -> list[str]:
    """Write the list of the files that a task gets, beside those of cell types."""
    inputs = wdl_inputs(command)
    names = [name for name, kind, _ in inputs if kind.startswith("File")]
    given = f"select_all([{', '.join(names)}])"
    lists = [name for name, kind, _ in inputs if kind == "Array[File]"]
    if lists:
        given = f"flatten([{', '.join([given, *lists])}])"
    return [f"  Array[File] given = {given}"]


def wdl_outputs(command: str = "train", *, of_workflow: bool = False) -> list[str]:
    """Write the outputs of a WDL task, or of a workflow."""
    lines = []
    for one in OUTPUTS[command]:
        if one.type.startswith("Directory") or one.name in ("unscored",):
            # WDL 1.0 knows files alone.
            continue
        globs = one.glob if isinstance(one.glob, tuple) else (one.glob,)
        names = [f"results/{glob.replace(SITES, '*')}".replace("$(inputs.", "~{").replace(")", "}") for glob in globs]
        if one.type == "File[]":
            kind = "Array[File]"
            found = ", ".join(f'glob("{name}")' for name in names)
            value = f"flatten([{found}])" if len(names) > 1 else found
        else:
            kind = one.type
            value = f'glob("{names[0]}")[0]' if "*" in names[0] else f'"{names[0]}"'
        lines.append(f"    {kind} {one.name} = " + (f"{command}.{one.name}" if of_workflow else value))
    return lines


def wdl_task(command: str, image: str) -> list[str]:
    """Write the task of a command."""
    options = wdl_command(command)
    words = "\n".join(options)
    helpers = [text for word, text in (("give", GIVE), ("lay", LAY)) if f"    {word} --" in words]
    words = [f"    maxatac {command} --output results"]
    if has(command, "threads"):
        words.append("--threads ~{cores}")
    if has(command, "memory"):
        words.append("--memory '~{if defined(memory) then sub(select_first([memory]), \"'\", apostrophe) "
                     "else ram_mb / 4 + \"Mi\"}'")  # fmt: skip
    return [
        f"task {command} {{",
        "  input {",
        *wdl_declarations(command),
        "    Int preemptible = 0",
        "    Int max_retries = 0",
        f'    String docker = "{image}"',
        "  }",
        *wdl_staged(command),
        '  Int input_mb = ceil(size(given, "MiB"))',
        APOSTROPHE,
        "  command <<<",
        "    set -eu",
        "    mkdir results",
        *helpers,
        *options,
        " ".join([*words, '"${options[@]}"']),
        "  >>>",
        "  output {",
        *wdl_outputs(command),
        "  }",
        "  runtime {",
        "    docker: docker",
        f"    cpu: {'cores' if has(command, 'threads') else 1}",
        '    memory: ram_mb + " MiB"',
        '    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"',
        "    preemptible: preemptible",
        "    maxRetries: max_retries",
        "  }",
        "}",
    ]

"""What follows from the command line in the WDL: declarations, command lines, outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from tool_inputs import CORES, RESOURCES, Input, Unknown, has, inputs_of
from tool_labels import BIGWIG, JSON, STATE, FileKind
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
        # The factor of train is in the record of its cell types.
        if (one.name in WDL_LEFT_OUT and command != "simulate") or one.name in leave_out:
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


OWN = {
    "run": ("Transcription factor with its cell types", "Name of the factor, and a record for each cell type: its "
            "name, signal, binding and peaks, and whether it is to train or to test.", None),
    "reads": ("Cell types with their reads", "A record for each cell type: its name, reads, ChIP-seq peaks, and "
              "whether it is to train or to test.", None),
    "tf": ("Transcription factor", "Name of the transcription factor whose binding the model learns.", None),
    "prefix": ("Prefix of output names", "First part of the name of every output file.", None),
    "resume_from": ("Outputs of an earlier run to go on with", "Outputs resume_state and checkpoints of an earlier "
                    "run; whatever shapes the result must be as in that run, and epochs may be more.", STATE),
    "input_mb": ("Size of the inputs (MiB)", "Size of all inputs, for the disk.", None),
    "signal": ("ATAC-seq signal", "ATAC-seq signal as bigWig, on the scale that the model was trained on.", BIGWIG),
    "chrom_sets": ("Chromosomes of each job", "A list of chromosomes for each job; none may be in two of them.", None),
    "signal_chroms": ("Chromosomes of the signal", "Chromosomes of the signal, over which it is normalised. Without "
                      "it: all that genome and reads share, without mitochondria and plastids.", None),
    "track_chroms": ("Chromosomes of signal and binding", "Chromosomes of signal and binding, over which the signal is "
                     "normalised. Without it: all that genome and reads share, without mitochondria and plastids.",
                     None),
    "predict_chroms": ("Chromosomes to predict", "Chromosomes to predict; those of validation and test must be among "
                       "them. Without it: all.", None),
    "bin_size": ("Bin width (bp)", "Width of the bins in which sites are called, 32 or 200. Published tables are for "
                 "bins of 200 bp.", None),
    "reads_mb": ("Space for reads (MiB)", "Disk space to reserve for the steps that read reads, in MiB.", None),
    "seed": ("Random seed", "Seed of the training.", None),
    "cores": ("Processor cores", "Processor cores to reserve for each task.", None),
    "ram_mb": ("Memory to reserve (MiB)", "Memory to reserve for each task, in MiB.", None),
    "outdir_mb": ("Space for results (MiB)", "Disk space to reserve for the results, in MiB.", None),
    "preemptible": ("Tries on preemptible machines", "How often to try on a machine that may be taken away, before an "
                    "ordinary one; 0 for never.", None),
    "max_retries": ("Retries", "How often to try again after a failure.", None),
    "docker": ("Container image", "Image to run in; its name in a registry that the platform reaches.", None),
    "gpu_type": ("Kind of GPU", "Kind of GPU, by the name that the platform has for it.", None),
    "gpu_count": ("GPUs", "Number of GPUs of the machine.", None),
    "record": ("Run record", "Run record of the training run; its name ends with _run.json.", JSON),
    "sources": ("Tables of the run", "The outputs report_data, history, timing, cell_history and test_scores of the "
                "run, as far as there are.", FileKind((), "JSON, CSV")),
}  # fmt: skip
"""Inputs that no option is: label, text, files."""


def described(name: str, label: str, text: str, files: FileKind | None = None, choices: Sequence[str] = ()) -> str:
    """Write what a person sees of an input of WDL."""
    said: dict[str, Any] = {"label": label, "description": text.replace("`", "")}
    if files is not None:
        said["patterns"] = list(files.patterns)
    if choices:
        said["choices"] = list(choices)
    return f"    {name}: {{{', '.join(f'{key}: {json.dumps(value)}' for key, value in said.items())}}}"


def _of_option(one: Input) -> dict[str, str]:
    name = wdl_name(one.name)
    kinds = one.type if isinstance(one.type, list) else [one.type]
    choices = next((kind["symbols"] for kind in kinds if isinstance(kind, dict) and kind["type"] == "enum"), ())
    made = {name: described(name, one.label, one.doc, one.files, choices)}
    if one.beside:
        record = f"{name}_record"
        text = f"Run record of each file of {name}, which says by which model and in which bins it was made. Optional."
        made[record] = described(record, f"Run record of {name}", text, JSON)
    return made


_DECLARED = re.compile(r"(?m)^    [A-Z][\w\[\]?]* (\w+)(?: = .*)?$")
_INPUTS = re.compile(r"  input \{\n((?:    .*\n)*)  \}\n")


def wdl_parameters(text: str, of: Sequence[str] = ()) -> list[str]:
    """Write what a person sees of each input that a workflow or a task declares.

    Parameters
    ----------
    text : str
        The descriptor up to here: the last inputs in it are meant. Markers say of which command they are.
    of : sequence of str
        Commands of inputs without a marker.

    Raises
    ------
    Unknown
        If there is an input of which nothing is known.
    """
    lines = []
    declared = _INPUTS.findall(text)[-1]
    commands = [*re.findall(r"# begin: wdl inputs of (\w+)", declared), *of]
    known: dict[str, str] = {}
    for command in reversed(commands):
        for one in inputs_of(command):
            known |= _of_option(one)
    marked = set()
    for found in re.findall(r"(?s)# begin: wdl inputs of .*?\n(.*?)# end", declared):
        marked |= set(_DECLARED.findall(found))
    for name in _DECLARED.findall(declared):
        own = name in OWN and not (name in known and (name in marked or of))
        if not own and name not in known:
            raise Unknown(f"nothing says what the input {name} of a WDL is: add it to OWN of cwl/wdl_text.py")
        lines.append(described(name, *OWN[name]) if own else known[name])
    return lines


OWN_RESULTS = {
    "predictions": ("Predicted scores", "Predicted scores of each cell type that is held out."),
    "prediction_records": ("Run records of the predictions", "Run record of each prediction."),
    "report": ("Report of the check", "What was found wrong, and what training would take, for programs."),
    "sequence": ("Genome sequence (2bit)", "The simulated genome."),
    "chrom_sizes": ("Chromosome sizes", "Names and lengths of the simulated chromosomes."),
    "blacklist": ("Blacklisted regions", "Regions that no command is to use."),
    "fragments": ("Reads", "ATAC-seq fragments of each cell type."),
    "atac_signal": ("ATAC-seq signal", "ATAC-seq signal of each cell type."),
    "binding_tracks": ("Binding", "Binding in each cell type: 1 in ChIP-seq peaks, 0 elsewhere."),
    "atac_peaks": ("ATAC-seq peaks", "ATAC-seq peaks of each cell type."),
    "chip_peaks": ("ChIP-seq peaks", "ChIP-seq peaks of each cell type."),
    "report_page": ("Report", "The report of the run, drawn again, in one HTML file."),
    "figures": ("Figures of the report", "The figures of the report, as PNG and SVG."),
}
"""Outputs that are none of a tool in OUTPUTS: label and text."""

_RESULTS = re.compile(r"(?m)^  output \{\n((?:    .*\n)*)  \}$")
_RESULT = re.compile(r"(?m)^    [A-Z][\w\[\]?]* (\w+) = (?:(?:maxatac_)?(\w+)\.(\w+)$)?")


def wdl_results(block: str, command: str = "") -> list[str]:
    """Write what a person sees of each output that a workflow or a task declares.

    Parameters
    ----------
    block : str
        The workflow or the task.
    command : str
        Command of a task.

    Raises
    ------
    Unknown
        If there is an output of which nothing is known.
    """
    lines = []
    for name, call, of_call in _RESULT.findall(_RESULTS.findall(block)[-1]):
        known = {one.name: (one.label, one.doc) for one in OUTPUTS.get(call or command, ())}
        said = known.get(of_call or name) or OWN_RESULTS.get(name)
        if said is None:
            raise Unknown(f"nothing says what the output {name} of a WDL is: add it to OWN_RESULTS of cwl/wdl_text.py")
        lines.append(described(name, *said))
    return lines


def wdl_about(authors: Sequence[str], links: Sequence[tuple[str, str]]) -> list[str]:
    """Write who made a descriptor."""
    return [
        f"    author: {json.dumps(', '.join(authors))}",
        *(f"    {name}: {json.dumps(value)}" for name, value in links),
    ]


GPU_INPUTS = ('    String gpu_type = "nvidia-tesla-t4"', "    Int gpu_count = 1")
GPU_RUNTIME = ("    gpu: true", "    gpuType: gpu_type", "    gpuCount: gpu_count")


def wdl_task(command: str, image: str, about: Sequence[str] = (), *, gpu: bool = False) -> list[str]:
    """Write the task of a command; on request one that asks for a GPU."""
    options = wdl_command(command)
    words = "\n".join(options)
    helpers = [text for word, text in (("give", GIVE), ("lay", LAY)) if f"    {word} --" in words]
    words = [f"    maxatac {command} --output results"]
    if has(command, "threads"):
        words.append("--threads ~{cores}")
    if has(command, "memory"):
        words.append("--memory '~{if defined(memory) then sub(select_first([memory]), \"'\", apostrophe) "
                     "else ram_mb / 4 + \"Mi\"}'")  # fmt: skip
    inputs = [
        "  input {",
        *wdl_declarations(command),
        "    Int preemptible = 0",
        "    Int max_retries = 0",
        *(GPU_INPUTS if gpu else ()),
        f'    String docker = "{image}"',
        "  }",
    ]
    return [
        f"task {command}{'_gpu' if gpu else ''} {{",
        "  meta {",
        f'    description: "maxatac {command}"',
        *about,
        "  }",
        "  parameter_meta {",
        *wdl_parameters("\n".join([*inputs, ""]), (command,)),
        *wdl_results("\n".join(["  output {", *wdl_outputs(command), "  }"]), command),
        "  }",
        *inputs,
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
        *(GPU_RUNTIME if gpu else ()),
        "  }",
        "}",
    ]

"""Modules of Nextflow, in the manner of nf-core: process and metadata follow from the outputs of a tool."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tool_labels import BIGWIG, INTERVALS, MODEL, REGIONS, TABLE, TWO_BIT, FileKind
from tool_outputs import EDAM, OUTPUTS, Output


@dataclasses.dataclass(frozen=True)
class Channel:
    """An input channel: name, text and kind of each file of its tuple, and the name of the map before them."""

    meta: str
    files: Sequence[tuple[str, str, FileKind]]


@dataclasses.dataclass(frozen=True)
class Module:
    """A module.

    Attributes
    ----------
    command, description : str
    meta : str
        What is in the map of the first channel.
    channels : sequence of Channel
    script : str
        In Groovy: what is computed before the command line.
    options : str
        What follows from the input channels on the command line.
    label : str
        What nf-core calls the resources.
    """

    command: str
    description: str
    meta: str
    channels: Sequence[Channel]
    script: str
    options: str
    label: str


def _genome(meta: str) -> Channel:
    files = ("sequence", "Genome sequence as 2bit", TWO_BIT), ("blacklist", "Blacklisted regions, or []", REGIONS)
    return Channel(meta, files)


_CELLS = Channel("meta", (
    ("signals", "ATAC-seq signal of each cell type", BIGWIG),
    ("bindings", "Binding in each cell type, 1 in ChIP-seq peaks", BIGWIG),
    ("atac_peaks", "ATAC-seq peaks of each cell type", INTERVALS),
    ("chip_peaks", "ChIP-seq peaks of each cell type", INTERVALS),
))  # fmt: skip

_STAGED = tuple(name for name, _, _ in _CELLS.files)
"""Inputs of many files, whose names may be alike: each lies in a folder of its own."""

MODULES = (
    Module(
        "train",
        "Train a network that predicts where a transcription factor binds, from ATAC-seq signal and DNA sequence",
        "Groovy map: id, the transcription factor; cell_types, their names; labels, Train or Test of each. The names "
        "are in the order of the files.",
        (_CELLS, _genome("meta2")),
        """\
    def lists = [signals, bindings, atac_peaks, chip_peaks].collect { files -> files instanceof List ? files : [files] }
    if ([*lists, meta.labels].any { list -> list.size() != meta.cell_types.size() }) {
        error("maxatac train: ${meta.id}: each cell type needs a label, a signal, a binding, and peaks of both kinds")
    }
    def records = meta.cell_types.withIndex().collect { name, place ->
        [
            cell_type: name,
            label: meta.labels[place],
            atac_signal: lists[0][place].toString(),
            binding: lists[1][place].toString(),
            atac_peaks: lists[2][place].toString(),
            chip_peaks: lists[3][place].toString(),
        ]
    }
    def cells = groovy.json.JsonOutput.toJson([tf: meta.id, cells: records])
""",
        "--cells cells.json",
        "process_high",
    ),
    Module(
        "predict",
        "Predict where a transcription factor binds along a genome, from a model, ATAC-seq signal and DNA sequence",
        "Groovy map with the name of the sample as id",
        (
            Channel("meta", (("signal", "ATAC-seq signal", BIGWIG),)),
            Channel("meta2", (("model", "Model, or several", MODEL), ("cutoffs", "Table of thresholds, or []", TABLE))),
            _genome("meta3"),
        ),
        "    def cutoff = cutoffs ? \"--cutoff_file ${cutoffs}\" : '--skip_call_peaks'\n",
        "--signal ${signal} --model ${model} ${cutoff}",
        "process_medium",
    ),
)

_LEFT_OUT = ("unscored",)
"""Outputs whose names an option says."""

_NEEDED = ("checkpoints", "tracks")
"""Lists that are never empty."""


def _outputs(command: str) -> list[tuple[Output, str, bool]]:
    """List the outputs, each with the pattern of its name, and whether it may be absent."""
    found = []
    for one in OUTPUTS[command]:
        if one.name not in _LEFT_OUT:
            globs = (one.glob,) if isinstance(one.glob, str) else one.glob
            named = [glob.replace("$(inputs.prefix)", "${prefix}") for glob in globs]
            named = [glob.replace("$(inputs.model_format)", "{keras,h5}") for glob in named]
            pattern = named[0] if len(named) == 1 else "{" + ",".join(named) + "}"
            found.append((one, pattern, one.type.endswith(("?", "[]")) and one.name not in _NEEDED))
    return found


_VERSIONS = r"""
    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        maxatac: \$(maxatac --version | cut -d ' ' -f 2)
    END_VERSIONS
"""


def main_nf(module: Module, image: str) -> str:
    """Write the process of a module, ``main.nf``, which runs in an image."""
    command = module.command
    inputs = []
    for channel in module.channels:
        paths = [f"path({name}, stageAs: '{name}?/*')" if name in _STAGED else f"path({name})"
                 for name, _, _ in channel.files]  # fmt: skip
        inputs.append(f"    tuple val({channel.meta}), {', '.join(paths)}")
    outputs, stub = [], []
    for one, pattern, optional in _outputs(command):
        outputs.append(
            f'    tuple val(meta), path("{pattern}"), emit: {one.name}{", optional: true" if optional else ""}'
        )
        if not optional:
            first = pattern.replace("{keras,h5}", "keras").replace("[0-9]*", "1")
            stub.append("    touch " + re.sub(r"^{([^,]*),.*}$", r"\1", first))
    cells = "\n    cat <<'END_CELLS' > cells.json\n    ${cells}\n    END_CELLS\n" if command == "train" else ""
    newline = "\n"
    return f'''\
// Written by cwl/options.py from cwl/nf_text.py: the outputs are those of cwl/maxatac-{command}.cwl.
process MAXATAC_{command.upper()} {{
    tag "${{meta.id}}"
    label '{module.label}'

    container '{image}'

    input:
{newline.join(inputs)}

    output:
{newline.join(outputs)}
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${{meta.id}}"
    def regions = blacklist ? "--blacklist ${{blacklist}}" : ''
    def memory = task.memory ? "--memory ${{Math.max(1, task.memory.toMega().intdiv(4))}}Mi" : ''
{module.script}    """{cells}
    maxatac {command} \\\\
        ${{args}} \\\\
        {module.options} \\\\
        --sequence ${{sequence}} \\\\
        ${{regions}} \\\\
        --threads ${{task.cpus}} \\\\
        ${{memory}} \\\\
        --prefix ${{prefix}} \\\\
        --output .
{_VERSIONS}    """

    stub:
    prefix = task.ext.prefix ?: "${{meta.id}}"
    """
{newline.join(stub)}
{_VERSIONS}    """
}}
'''


def _element(name: str, kind: str, text: str, pattern: str, formats: Sequence[str]) -> list[str]:
    """Write a file of a channel."""
    return [
        f"- {json.dumps(name)}:",
        f"    type: {kind}",
        f"    description: {json.dumps(text)}",
        f"    pattern: {json.dumps(pattern)}",
        *(["    ontologies:", *(f"      - edam: {EDAM}{one}" for one in formats)] if formats else []),
    ]


def _map(name: str, text: str) -> list[str]:
    return [f"- {name}:", "    type: map", f"    description: {json.dumps(text)}"]


def _channel(lines: Sequence[str], lead: str) -> list[str]:
    """Indent the elements of a channel, with its name or its dash before them."""
    return [lead, *(f"      {line}" for line in lines)]


def meta_yml(module: Module, authors: Sequence[str], project: Mapping[str, Any], doi: str) -> str:
    """Write the metadata of a module, ``meta.yml``, by the schema of nf-core."""
    command = module.command
    lines = [
        f"# Written by cwl/options.py from cwl/nf_text.py and the outputs of maxatac {command}.",
        f"name: maxatac_{command}",
        f"description: {json.dumps(module.description)}",
        "keywords:",
        *(f"  - {json.dumps(word.lower())}" for word in [*project["keywords"], command]),
        "tools:",
        "  - maxatac:",
        f"      description: {json.dumps(project['description'])}",
        f"      homepage: {project['urls']['Repository']}",
        f"      documentation: {project['urls']['Documentation']}",
        f"      doi: {json.dumps(doi.removeprefix('https://doi.org/'))}",
        f"      licence: [{json.dumps(project['license'])}]",
        '      identifier: ""',
        "input:",
    ]
    for channel in module.channels:
        text = module.meta if channel.meta == "meta" else "Groovy map with a name as id"
        elements = _map(channel.meta, text)
        for name, what, kind in channel.files:
            pattern = "*.{" + ",".join(pattern.removeprefix("*.") for pattern in kind.patterns) + "}"
            elements += _element(name, "file", what, pattern, kind.formats)
        lines += _channel(elements, "  -")
    lines.append("output:")
    for one, pattern, _ in _outputs(command):
        kind = "directory" if one.type.startswith("Directory") else "file"
        formats = (one.general_format,) if one.general_format else ()
        elements = [*_map("meta", module.meta), *_element(pattern, kind, one.doc.replace("`", ""), pattern, formats)]
        lines += _channel(elements, f"  - {one.name}:")
    versions = _element("versions.yml", "file", "Versions of the software", "versions.yml", ("format_3750",))
    lines += _channel(versions, "  - versions:")
    for role in ("authors", "maintainers"):
        lines += [f"{role}:", *(f"  - {json.dumps(name)}" for name in authors)]
    return "\n".join(lines) + "\n"

"""The modules of Nextflow, as far as they can be looked at without it: their command lines and their metadata."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from maxatac import __version__
from maxatac.cli.main import build_parser

MODULES = Path(__file__).parents[3] / "nextflow" / "modules" / "maxatac"

VALUES = {
    "args": "--loglevel info", "prefix": "x", "sequence": "genome.2bit", "regions": "--blacklist b.bed",
    "task.cpus": "2", "memory": "--memory 512Mi", "cells": '{"tf": "SIMTF", "cells": []}', "signal": "A.bw",
    "model": "a.keras b.keras", "cutoff": "--skip_call_peaks", "task.process": "MAXATAC",
}  # fmt: skip
"""What Nextflow would put in."""


def scripts(module: str) -> list[str]:
    """The script and the stub of a process, as Nextflow hands them to bash."""
    text = (MODULES / module / "main.nf").read_text(encoding="utf-8")
    found = re.findall(r'(?s)    """\n(.*?)    """\n', text)
    assert len(found) == 2
    lines = ["\n".join(line.removeprefix("    ") for line in script.splitlines()) for script in found]
    filled = [re.sub(r"(?<!\\)\$\{([\w.]+)\}", lambda match: VALUES[match[1]], script) for script in lines]
    return [script.replace("\\\\", "\\").replace("\\$", "$") + "\n" for script in filled]


@pytest.mark.parametrize("module", ["train", "predict"])
def test_script_calls_the_command(module: str, tmp_path: Path) -> None:
    program = tmp_path / "maxatac"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "maxatac {__version__}" || printf "%s\\n" "$@" > words\n'
    )
    program.chmod(0o755)
    for script in scripts(module):
        done = subprocess.run(
            ["bash", "-ue", "-o", "pipefail", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "versions.yml").read_text() == f'"MAXATAC":\n    maxatac: {__version__}\n'
    given = build_parser().parse_args((tmp_path / "words").read_text().splitlines())
    assert given.command == module
    assert (str(given.sequence), given.prefix, given.threads, str(given.output)) == ("genome.2bit", "x", 2, ".")
    if module == "train":
        assert json.loads((tmp_path / "cells.json").read_text())["tf"] == "SIMTF"


@pytest.mark.parametrize("module", ["train", "predict"])
def test_metadata_names_the_channels_of_the_process(module: str) -> None:
    process = (MODULES / module / "main.nf").read_text(encoding="utf-8")
    metadata = (MODULES / module / "meta.yml").read_text(encoding="utf-8")
    head, _, tail = metadata.partition("\noutput:\n")
    assert re.findall(r"emit: (\w+)", process) == re.findall(r"(?m)^  - (\w+):$", tail)
    channels = re.findall(r"tuple val\((\w+)\), (.*)", process.partition("    output:")[0])
    named = re.findall(r'(?m)^      - "?(\w+)"?:$', head.partition("\ninput:\n")[2])
    assert [word for meta, paths in channels for word in (meta, *re.findall(r"path\((\w+)", paths))] == named
    assert f"container 'maxatac:{__version__}'" in process
    assert all(process.count(opening) == process.count(closing) for opening, closing in ("{}", "()", "[]"))

"""Validate, pack and read descriptors; runs in the environment of the workflow tools, and prints JSON.

One process for all files: each start of cwltool takes seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwltool.context import LoadingContext, RuntimeContext
from cwltool.errors import WorkflowException
from cwltool.load_tool import load_tool
from cwltool.main import main as cwltool
from ruamel.yaml import YAML
from schema_salad.exceptions import ValidationException


def call(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(err):
        status = cwltool(["--disable-color", *words], stdout=out, stderr=err)
    return status, out.getvalue(), err.getvalue()


def something(kind: Any, records: Mapping[str, Any]) -> Any:
    """A value of a type; of what may be left out, none."""
    match kind:
        case list():
            return None if "null" in kind else something(kind[0], records)
        case {"type": "array"}:
            return [something(kind["items"], records)]
        case {"type": "record"}:
            return {field["name"].rpartition("/")[2]: something(field["type"], records) for field in kind["fields"]}
        case {"type": "enum"}:
            return kind["symbols"][0].rpartition("/")[2]
        case {"type": inner}:
            return something(inner, records)
    if kind in records:
        return something(records[kind], records)
    plain = {"File": {"class": "File", "location": Path(__file__).as_uri()}, "int": 1, "long": 1, "boolean": True}
    return plain.get(kind.rpartition(".")[2], "name")


def defaults(path: Path) -> tuple[int, str]:
    """What cwltool says of a job with nothing in it but what must be."""
    try:
        tool = load_tool(str(path), LoadingContext())
        fields = tool.inputs_record_schema["fields"]
        job = {field["name"]: something(field["type"], tool.schemaDefs) for field in fields if "default" not in field}
        tool._init_job(job, RuntimeContext({"basedir": str(path.parent)}))
    except (WorkflowException, ValidationException) as error:
        return 1, str(error)
    return 0, ""


def look(path: Path, folder: Path) -> dict[str, object]:
    """What cwltool says of a descriptor and of its packed form, and what stands in it.

    Those for GPUs alone have extensions of cwltool; they are looked at with and without.
    """
    # Packing loads it, and so validates it.
    packing, text, told_packing = call("--pack", str(path))
    packed = folder / f"{path.stem}.json"
    packed.write_text(text)
    again, _, told_again = call("--validate", str(packed)) if packing == 0 else (1, "", "not packed")
    extended, _, told_extended = call("--enable-ext", "--validate", str(path)) if "gpu" in path.name else (0, "", "")
    return {
        "valid_with_extensions": [extended, told_extended],
        "defaults": defaults(path),
        "packed": [packing, told_packing],
        "packed_valid": [again, told_again],
        "content": YAML(typ="safe").load(path),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        print(
            json.dumps(
                {
                    word: look(Path(word), folder) if word.endswith(".cwl") else YAML(typ="safe").load(Path(word))
                    for word in sys.argv[1:]
                }
            )
        )

"""Validate, pack and read descriptors; runs in the environment of the workflow tools, and prints JSON.

One process for all files: each start of cwltool takes seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

from cwltool.main import main as cwltool
from ruamel.yaml import YAML


def call(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(err):
        status = cwltool(["--disable-color", *words], stdout=out, stderr=err)
    return status, out.getvalue(), err.getvalue()


def look(path: Path, folder: Path) -> dict[str, object]:
    """What cwltool says of a descriptor and of its packed form, and what stands in it."""
    status, _, told = call("--enable-ext", "--validate", str(path))
    packing, text, told_packing = call("--enable-ext", "--pack", str(path))
    packed = folder / f"{path.stem}.json"
    packed.write_text(text)
    again, _, told_again = call("--enable-ext", "--validate", str(packed)) if packing == 0 else (1, "", "not packed")
    return {
        "valid": [status, told],
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

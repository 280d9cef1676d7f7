"""Fill a WDL task in for inputs; runs in the environment of the workflow tools.

Reads the inputs of the task as JSON from standard input, and prints what the engine would run, and on what.
"""

from __future__ import annotations

import json
import sys

import WDL


class Library(WDL.StdLib.Base):
    """The functions of WDL, for files that are where they are."""

    def _virtualize_filename(self, filename: str) -> str:
        return filename

    _devirtualize_filename = _virtualize_filename


def main(path: str, name: str, folder: str) -> None:
    (task,) = (task for task in WDL.load(path).tasks if task.name == name)
    library = Library(task.effective_wdl_version, write_dir=folder)
    given = WDL.values_from_json(json.load(sys.stdin), task.available_inputs)
    found = given
    for declared in [*task.inputs, *task.postinputs]:
        if not found.has_binding(declared.name):
            value = declared.expr.eval(found, stdlib=library) if declared.expr else WDL.Value.Null()
            found = found.bind(declared.name, value)
    runtime = {name: expression.eval(found, stdlib=library).json for name, expression in task.runtime.items()}
    print(json.dumps({"command": task.command.eval(found, library, dedent=True).value, "runtime": runtime}))


if __name__ == "__main__":
    main(*sys.argv[1:])

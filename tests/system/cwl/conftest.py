"""The workflow tools, which live in an environment of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def absent(reason: str) -> None:
    """Skip; in continuous integration fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def tools() -> Path:
    """Folder of the programs cwltool, cwltest, toil-cwl-runner and miniwdl."""
    folder = Path(os.environ.get("MAXATAC_CWL_TOOLS", ROOT / ".venv-cwl" / "bin")).absolute()
    if not (folder / "cwltool").exists():
        absent(f"no cwltool in {folder}: make .venv-cwl/.done, or set MAXATAC_CWL_TOOLS to the folder of the tools")
    if shutil.which("node") is None:
        absent("no node on the PATH, which computes the expressions of the descriptors (Debian: nodejs)")
    return folder

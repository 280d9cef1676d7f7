"""What libraries print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOISE = """
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795336922.651386   12345 port.cc:153] oneDNN custom operations are on.
E0000 00:00:1795336922.651386   12345 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error
""".lstrip()


TROUBLE = "E0000 00:00:1795336922.651386   12345 gpu.cc:7] out of memory\nterminate called\n"


PROGRAM = """
import os, sys
from maxatac.backend.noise import without_backend_noise
try:
    with without_backend_noise():
        os.write(2, sys.argv[1].encode())
        print("printed", file=sys.stderr)
        if "fail" in sys.argv:
            raise ValueError
except ValueError:
    pass
os.write(2, b"afterwards\\n")
"""


@pytest.mark.parametrize("words", [[], ["fail"]], ids=["done", "failed"])
def test_chatter_of_the_backend_is_dropped_and_nothing_else(words: list[str]) -> None:
    program = [sys.executable, "-c", PROGRAM, NOISE + TROUBLE + NOISE, *words]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stderr
    assert told == f"{TROUBLE}printed\nafterwards\n"


def test_matplotlib_without_a_folder_of_its_own_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    program = "from maxatac.cli.logs import log_to_stderr as log; log('info'); import matplotlib.font_manager"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={**os.environ, "MPLCONFIGDIR": str(tmp_path / "file" / "below")},
    )  # fmt: skip
    assert done.stderr == ""

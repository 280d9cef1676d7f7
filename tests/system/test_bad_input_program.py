"""Bad input, told by the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from broken import HTML, named
from tiny import TinySet


def test_real_program(damaged: TinySet, tmp_path: Path) -> None:
    damaged.file("CellA", "signal.bw").write_text(HTML)
    output = tmp_path / "results"
    arguments = damaged.arguments(output, "--epochs", "-1", blacklist=damaged.folder / "none.bed")
    done = subprocess.run([sys.executable, "-m", "maxatac", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.startswith("maxatac: error: ") for line in lines] == [True, True, True, False]
    assert named(
        done.stderr, "CellA_signal.bw", "HTML", "--epochs: found -1", "none.bed", "3 problems found before the start"
    )
    assert not output.exists()

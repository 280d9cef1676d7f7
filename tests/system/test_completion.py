"""Completion by the shell, asked for as argcomplete's shell functions do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("argcomplete", reason="completion is an extra")

ROOT = Path(__file__).parents[2]


def offered(line: str, tmp_path: Path, *, python: tuple[str, ...] = ()) -> tuple[list[str], int]:
    """What may follow a line that was typed so far, and the exit status."""
    answer = tmp_path / "answer"
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}", "_ARGCOMPLETE": "1",
        "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *python, "-m", "maxatac"], env=environment, capture_output=True, cwd=tmp_path, check=False
    )
    assert done.stdout == b""
    words = answer.read_text().splitlines() if answer.exists() else []
    return sorted(word.strip() for word in words), done.returncode


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("maxatac pre", ["predict", "prepare"]),
        ("maxatac train --ep", ["--epochs"]),
        ("maxatac train --arch D", ["DCNN_V2", "DRN"]),
        ("maxatac env --", ["--help", "--json"]),
        ("maxatac check met", ["meta.tsv"]),
        ("maxatac train --sequence hg38.2bit --meta_file met", ["meta.tsv"]),
    ],
)
def test_what_may_follow(line: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "meta.tsv").touch()
    assert offered(line, tmp_path) == (expected, 0)


def test_program_without_argcomplete_offers_nothing(tmp_path: Path) -> None:
    (tmp_path / "argcomplete.py").write_text("raise ImportError")
    assert offered("maxatac pre", tmp_path) == ([], 1)


def test_argcomplete_is_imported_for_a_shell_alone() -> None:
    code = "import sys; from maxatac.cli.main import parse; parse(['env']); print('argcomplete' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


SHELLS = {
    "bash": """
        eval "$(python -m argcomplete.scripts.register_python_argcomplete maxatac)"
        COMP_LINE='maxatac pre' COMP_POINT=11 COMP_WORDS=(maxatac pre) COMP_CWORD=1 COMP_TYPE=9
        _python_argcomplete maxatac
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "fish": """
        python -m argcomplete.scripts.register_python_argcomplete --shell fish maxatac | source
        complete -C 'maxatac pre'
    """,
}


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_asks(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "maxatac"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m maxatac "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}",
    }  # fmt: skip
    done = subprocess.run(
        [shell, "-c", SHELLS[shell].replace("python -m", f"'{sys.executable}' -m")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == ["predict", "prepare"], done.stderr

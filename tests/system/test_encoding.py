"""Names that are not ASCII, in environments that know no other letters; and bytes of paths that are no text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from quick import PROGRAM
from tiny import TinySet

from maxatac.errors import visible

CELL = "Zelle_\u03b2"
ASCII_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ASCII_STREAMS = {"LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii"}
UTF8_LOCALE = {"LANG": "C.UTF-8"}

GREEK, LATIN_1 = "\u03b2".encode(), b"caf\xe9"
CASES = {
    "Greek, C locale": (GREEK, ASCII_LOCALE),
    "Latin-1, UTF-8 locale": (LATIN_1, UTF8_LOCALE),
    "Greek, ASCII streams": (GREEK, ASCII_STREAMS),
    "Latin-1, C locale": (LATIN_1, ASCII_LOCALE),
}


def data_in(folder: Path, name: bytes, tiny_set: TinySet) -> TinySet:
    """A copy in a folder of this name, with a cell type that has a Greek letter."""
    data = tiny_set.copy(folder / os.fsdecode(name))
    text = data.meta_file.read_text().replace("CellA\t", f"{CELL}\t")
    data.meta_file.write_text(text, encoding="utf-8")
    return data


def run(
    words: list[str], environment: dict[str, str], program: Sequence[str] = ("-m", "maxatac")
) -> subprocess.CompletedProcess[bytes]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    own = {"PYTHONPATH": str(Path(__file__).parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    words = [sys.executable, *program, *words]
    return subprocess.run(words, env={**kept, **own, **environment}, capture_output=True, timeout=300)


@pytest.mark.parametrize("case", CASES)
def test_problems_of_such_files_are_told(case: str, tmp_path: Path, tiny_set: TinySet) -> None:
    name, environment = CASES[case]
    data = data_in(tmp_path, name, tiny_set)
    data.file("CellA", "signal.bw").write_bytes(b"damaged")
    words = [str(data.meta_file), "--sequence", str(data.sequence), "--tchroms", "chr1", "--vchroms", "chr3"]
    for form in ([], ["--json"]):
        done = run(["check", *form, *words], environment)
        told = done.stderr.decode("utf-8")
        assert done.returncode == 2, told
        assert "Traceback" not in told
        assert told.count("not a valid bigWig file") == 1
        text = done.stdout.decode("utf-8")
        assert "Traceback" not in text
        if form:
            found = json.loads(text)
            path = visible(str(data.file("CellA", "signal.bw")))
            assert found["problems"][0].startswith(f"{path}: not a valid bigWig file")
        else:
            assert CELL in text or CELL.encode("ascii", "backslashreplace").decode() in text


@pytest.mark.slow
@pytest.mark.parametrize("case", list(CASES)[:2])
def test_a_run_ends_well_and_writes_utf8(case: str, tmp_path: Path, tiny_set: TinySet) -> None:
    name, environment = CASES[case]
    data = data_in(tmp_path, name, tiny_set)
    output = data.folder / "results"
    words = data.arguments(output, "--plot", plot=None, tchroms=("chr1", "chr2"), vchroms=("chr3",))
    done = run(words, environment, ("-c", PROGRAM))
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    for path in output.iterdir():
        if path.suffix in (".csv", ".tsv", ".json", ".log", ".html", ".txt"):
            path.read_text(encoding="utf-8")
    record = json.loads((output / "maxatac_model_run.json").read_text())
    assert record["status"] == "finished"
    assert CELL in record["cell_types"]
    assert {entry["path"] for entry in record["inputs"].values()} >= {str(data.sequence), str(data.meta_file)}
    assert all(entry["sha256"] for entry in record["inputs"].values())
    assert CELL in (output / "maxatac_model_report.html").read_text(encoding="utf-8")
    assert CELL in (output / "maxatac_model_cells.csv").read_text(encoding="utf-8")

"""``maxatac env``: what it tells, and that it tells it where a library is missing or broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import maxatac
from maxatac.backend.probe import nvidia_gpus, probe_backend
from maxatac.system.resources import usable_processors

ROOT = Path(__file__).parents[2]

Look = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Run ``maxatac env`` with a Keras of a few lines in place of the real one."""

    def run(*words: str, keras: str = "raise ImportError('none')", python: tuple[str, ...] = (), **more: str) -> Any:
        (tmp_path / "keras").mkdir(exist_ok=True)
        (tmp_path / "keras" / "__init__.py").write_text(keras)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
        environment |= {"PYTHONPATH": f"{tmp_path}:{ROOT}", "KERAS_BACKEND": "tensorflow", **more}
        return subprocess.run(
            [sys.executable, *python, "-m", "maxatac", "env", *words],
            capture_output=True, text=True, check=False, env=environment, cwd=tmp_path,
        )  # fmt: skip

    return run


def lines(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What is told, by the name before it."""
    assert (done.returncode, done.stderr) == (0, "")
    return {line.split()[0]: line.split(None, 1)[1] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("keras", "told"),
    [
        ("raise ImportError('libcudart.so.12: cannot open\\nthe file')", "libcudart.so.12: cannot open; the file"),
        ("raise RuntimeError('four\\nlines\\nof\\nit')", "four; lines; of (and 1 line more, see --json)"),
        ("import os, sys; print('no AVX', file=sys.stderr, flush=True); os.abort()", "SIGABRT while it was loaded"),
        ("import os; os._exit(3)", "the process ended with status 3 while it was loaded: no message"),
        ("print('hello')", "AttributeError"),
    ],
)
def test_backend_that_is_broken(keras: str, told: str, look: Look) -> None:
    found = lines(look(keras=keras))
    assert found["device"].startswith("the backend does not load: ")
    assert told in found["device"]
    assert found["core"] == "loads"


def test_backend_that_is_unknown(look: Look) -> None:
    assert "expected tensorflow or jax" in lines(look(KERAS_BACKEND="torch"))["device"]


def test_backend_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "__init__.py").write_text("import time; time.sleep(60)")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert probe_backend(patience=1.0).error == "did not load within 1 s"


def test_nothing_is_installed(look: Look) -> None:
    """Without site packages there is neither Keras nor numpy, and maxatac itself is a folder."""
    found = lines(look(keras="raise ImportError('none')", python=("-S",)))
    assert "a network needs tensorflow, h5py and tensorboardX, not installed here; pip install" in found["device"]
    assert found["packages"] == "none"
    assert found["maxatac"].startswith("of unknown version")
    assert found["core"] == "loads"


def test_json_has_all_of_it(look: Look) -> None:
    done = look("--json", XLA_FLAGS="--a=b", AWS_SECRET="c", KERAS_MAX_EPOCHS="3")
    found = json.loads(done.stdout)
    assert found["maxatac"]["version"] == maxatac.__version__
    assert found["processors"]["usable"] == usable_processors()
    assert found["memory"]["usable"] > found["memory"]["tracks"] > 0
    assert found["backend"]["device"] is None
    assert found["variables"]["XLA_FLAGS"] == "--a=b"
    assert "AWS_SECRET" not in done.stdout
    assert found["overridden"] == {"KERAS_MAX_EPOCHS": "3"}
    assert {"numpy", "keras"} <= set(found["packages"])


def test_packages_of_the_working_folder_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken')")
    (tmp_path / "keras.py").write_text("raise ImportError('taken')")
    (tmp_path / "there" / "keras").mkdir(parents=True)
    (tmp_path / "there" / "keras" / "__init__.py").write_text("raise ImportError('the other one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "there"))
    assert "the other one" in str(probe_backend().error)


def test_gpus_that_the_driver_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771 MiB, 570.1'\necho 'a line of something else'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert nvidia_gpus() == [{"name": "NVIDIA H200", "memory": "143771 MiB", "driver": "570.1"}]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert nvidia_gpus() == []


def test_keras_that_works() -> None:
    found = probe_backend()
    assert found.error is None
    assert found.device is not None and found.device.startswith(f"{found.name} ")

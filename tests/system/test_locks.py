"""File systems that refuse locks: a library that is loaded before all others makes every ``flock`` fail."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or not any(map(shutil.which, ("cc", "gcc"))), reason="needs a C compiler"
    )
]

LIBRARY = """
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdarg.h>

static int refuse(void) { errno = atoi(getenv("NO_LOCKS")); return -1; }
int flock(int file, int how) { return refuse(); }
int lockf(int file, int how, off_t length) { return refuse(); }
"""

# Writes a model in each format and reads it back, as runs do; Keras has not the memory to do so without a file.
WRITE_AND_READ = """
import fcntl, sys
from pathlib import Path

try:
    fcntl.flock(sys.stdin, fcntl.LOCK_SH)
except OSError as error:
    print("refused", error.errno)
from quick import build
from maxatac.training.checkpoints import Checkpoints, load_model
from maxatac.files.atomic import write_text
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import running
from maxatac.training.fingerprint import weights_sha256
from maxatac.model.weights import load_weights
import keras.src.saving.saving_lib as library

for sufficient in (True, False):
    library.is_memory_sufficient = lambda model: sufficient
    for format in ("keras", "h5"):
        folder = RunFolder(Path(sys.argv[1]), f"CTCF_{format}_{sufficient}", format)
        with running(folder.running("train")):
            model = build("quick")
            model.compile("adam", "mse")
            checkpoints = Checkpoints(folder)
            checkpoints.save(model, 1, 1)
            checkpoints.select(model, 1, 1)
            for suffix in (".keras", ".h5"):
                path = folder.named(f"_best{suffix}")
                other = build("quick")
                load_weights(other, path)
                assert weights_sha256(load_model(path)) == weights_sha256(other) == weights_sha256(model)
                path.unlink()
            checkpoints.settle(build("quick"), 2, 1)
            assert weights_sha256(load_model(folder.named("_best.h5"))) == weights_sha256(model)
print("done")
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    source, made = folder / "no_locks.c", folder / "no_locks.so"
    source.write_text(LIBRARY)
    compiler = shutil.which("cc") or "gcc"
    done = subprocess.run([compiler, "-shared", "-fPIC", "-o", made, source], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs a C compiler that makes shared libraries")
    return made


# HDF5 lets the last pass of its own accord, on some systems.
@pytest.mark.parametrize("name", [pytest.param("EAGAIN", marks=pytest.mark.slow), "ENOLCK", "EOPNOTSUPP"])
def test_models_need_no_locks(name: str, library: Path, tmp_path: Path) -> None:
    number = str(getattr(errno, name))
    env = {
        **os.environ, "LD_PRELOAD": str(library), "NO_LOCKS": number,
        "PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[1]), *sys.path)),
    }  # fmt: skip
    # What HDF5 does of its own accord.
    env.pop("HDF5_USE_FILE_LOCKING", None)
    done = subprocess.run(
        [sys.executable, "-c", WRITE_AND_READ, tmp_path], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == [f"refused {number}", "done"]

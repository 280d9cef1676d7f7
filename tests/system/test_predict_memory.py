"""The memory of a long prediction, in a process of its own: nothing is gathered, and one function is compiled."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import write_bigwig, write_genome

ROOT = Path(__file__).parents[2]

PREDICTING = """
import json, sys
import numpy as np
import quick
from benchmarks.fresh import resident
from benchmarks.prediction import compiled
from maxatac._core import Genome, Track, WindowReader
from maxatac.prediction.chromosome import predict_chromosomes

model = quick.build("")
model.compile(jit_compile=True)
reader = WindowReader(Genome(sys.argv[1]), [Track(sys.argv[2])], threads=1, memory=10**6)
held, calls = {}, 0

def after_batch(done):
    global calls
    calls += 1
    if calls in (200, 2_000):
        held[calls] = sum(resident().values())

windows = [(name, np.arange(0, 64_000, 32)) for name in reader.genome.chrom_sizes]
for found in predict_chromosomes(model, reader, windows, batch_size=8, both_strands=True, after_batch=after_batch):
    assert not np.isnan(found.values[0, :2_000]).any()
print(json.dumps({"calls": calls, "held": list(held.values()), "compiled": compiled(model)}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_memory_is_flat(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip("needs the backend")
    sizes = {f"c{number}": 65_100 for number in range(4)}
    genome = write_genome(tmp_path / "genome.2bit", sizes)
    signal = write_bigwig(tmp_path / "signal.bw", [(name, 100, 60_000, 0.5) for name in sizes], sizes)
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", PREDICTING, str(genome), str(signal)],
        env=os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "PYTHONPATH": paths},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["calls"] == 2 * 4 * 2_000 / 8
    early, late = found["held"]
    assert late - early < 50e6
    assert found["compiled"] == 1

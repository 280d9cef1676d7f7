from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from maxatac.backend import device
from maxatac.backend.startup import computing_on
from maxatac.errors import Problems


@pytest.fixture(autouse=True)
def level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="maxatac")


def test_description_names_backend_version_and_device() -> None:
    backend = keras.backend.backend()
    version = importlib.metadata.version(backend)
    assert device.describe().startswith(f"{backend} {version} on ")


@pytest.mark.parametrize("before", [None, "--xla_some_flag=1", "--xla_gpu_deterministic_ops=true"])
def test_deterministic_algorithms(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    flag = "--xla_gpu_deterministic_ops=true"
    if before is None:
        monkeypatch.delenv("XLA_FLAGS", raising=False)
    else:
        monkeypatch.setenv("XLA_FLAGS", before)
    asked: list[bool] = []
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(True))
    device.use_deterministic_algorithms()
    assert os.environ["XLA_FLAGS"] == (flag if before in (None, flag) else f"{before} {flag}")
    assert len(asked) == (keras.backend.backend() == "tensorflow")


THREADS = """
import pathlib, sys
import keras, numpy as np
from maxatac.backend.device import limit_threads

held = limit_threads(3)
model = keras.Sequential([keras.Input((64, 5)), keras.layers.Conv1D(4, 7)])
model.compile(loss="mse", jit_compile=True)
model.predict_on_batch(np.ones((4, 64, 5), "float32"))
names = [path.read_text().strip() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
print(held, limit_threads(2), names.count("tf_XLAEigen"))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_backend_computes_with_the_threads_that_it_is_given(backend: str) -> None:
    """Whatever number of processors the machine has; and what is asked for later changes nothing."""
    if importlib.util.find_spec(backend) is None or not Path("/proc/self/task").exists():
        pytest.skip("needs the backend, and Linux")
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run([sys.executable, "-c", THREADS], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["3", "3", "3"], done.stderr


def test_first_line_names_keras_and_device(caplog: pytest.LogCaptureFixture) -> None:
    description = device.log_device()
    assert caplog.messages[0] == f"Keras {keras.__version__}, {description}"


@pytest.mark.parametrize(
    ("backend", "remedy"),
    [
        ("tensorflow", "pip install 'tensorflow[and-cuda]'"),
        ("jax", "pip install 'jax[cuda12]'"),
        ("torch", "install the GPU build of the backend"),
    ],
)
def test_idle_gpu_is_a_warning_with_the_remedy(
    backend: str, remedy: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(device, "describe", lambda: f"{backend} 1.0 on CPU")
    monkeypatch.setattr(device, "gpu_present", lambda: True)
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    device.log_device()
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert backend in warning
    assert remedy in warning


@pytest.mark.parametrize(("description", "present"), [("tensorflow 1.0 on CPU", False), ("jax 1.0 on NVIDIA X", True)])
def test_no_warning_without_gpu_or_with_a_used_one(
    description: str, present: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(device, "describe", lambda: description)
    monkeypatch.setattr(device, "gpu_present", lambda: present)
    assert device.log_device() == description
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_memory_of_a_gpu_is_taken_as_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("JAX reads a variable of the environment")
    import tensorflow as tf

    grown = []
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [f"a {kind}"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *given: grown.append(given))
    monkeypatch.setattr(device, "describe", lambda: "tensorflow 2.21.0 on a GPU")
    problems = Problems()
    device.use_device("gpu", problems)
    assert (grown, list(problems)) == ([("a GPU", True)], [])


def test_jax_takes_memory_as_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    with computing_on("gpu"):
        assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert "XLA_PYTHON_CLIENT_PREALLOCATE" not in os.environ


PRODUCTS = """
import sys
import keras
from maxatac.backend import device

def state():
    if keras.backend.backend() == "jax":
        import jax
        return {"highest": "exact", None: "fast"}[jax.config.jax_default_matmul_precision]
    import tensorflow as tf
    return "fast" if tf.config.experimental.tensor_float_32_execution_enabled() else "exact"

before = state()
for fast in (True, False):
    with device.multiplying(fast_math=fast):
        print(state())
        with device.multiplying(fast_math=False):
            print(state())
        print(state())
    print(state() == before)
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_products_are_exact_unless_asked_for(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip("needs the backend")
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, "-c", PRODUCTS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["fast", "exact", "fast", "True", "exact", "exact", "exact", "True"], done.stderr

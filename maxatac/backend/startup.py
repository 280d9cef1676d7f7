"""The backend of Keras, and the settings of libraries that a run needs.

Keras and Matplotlib read files of the user, and variables of the environment, when they are imported. These may be
meant for other programs, and would change a run or end it. The user chooses the backend; all else is set here. Nothing
heavy is imported, so that the settings are made before Keras is imported.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maxatac.errors import InputError, Problem
from maxatac.wording import listed

BACKENDS = ("tensorflow", "jax")
"""Backends that a run can compute with, by the name of the package."""

LIBRARIES = ("keras", "h5py", "tensorboardX")
"""What a network needs beside a backend; an installation of the light commands has none of it."""

DEFAULT = "tensorflow"

KERAS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
"""Settings of Keras that a run needs."""

# Each would change what is computed, or how much of it: fewer epochs or steps, other base classes, other numbers.
_UNSET = (
    "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED", "JAX_ENABLE_X64", "JAX_DEFAULT_DTYPE_BITS",
    "JAX_NUMPY_DTYPE_PROMOTION", "JAX_NUMPY_RANK_PROMOTION", "JAX_DISABLE_JIT", "JAX_DEFAULT_PRNG_IMPL",
)  # fmt: skip
# There is no file in it, and none can be written. Figures are drawn to files alone.
_SET = {"KERAS_HOME": os.devnull, "MPLBACKEND": "Agg"}

# First parts of variables that may change what is computed, or on which device. They keep the user's values, and are
# recorded. Not all of "TF_", because Terraform's variables begin so too, and may be secrets.
_RECORDED = (
    "KERAS_", "TF_CUDA_", "TF_CUDNN_", "TF_DETERMINISTIC_", "TF_DISABLE_", "TF_ENABLE_", "TF_FORCE_GPU_", "TF_GPU_",
    "TF_NUM_", "TF_USE_", "TF_XLA_", "XLA_", "JAX_", "CUDA_VISIBLE_", "NVIDIA_TF32_", "OMP_NUM_", "MKL_NUM_",
    "OPENBLAS_NUM_",
)  # fmt: skip

# The environment as the user has set it, while a run has its own.
_given: dict[str, str] | None = None


def given_environment() -> Mapping[str, str]:
    """Give the environment as the user has set it."""
    return os.environ if _given is None else _given


def chosen_backend(environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Find out which backend Keras will use, without importing it.

    Parameters
    ----------
    environment : mapping of str to str, optional
        That of the process if not given.

    Returns
    -------
    name : str
        As given: it may be no backend.
    source : str
        Where that is set: a variable, a file, or Keras itself if it is imported.
    """
    environment = given_environment() if environment is None else environment
    if (keras := sys.modules.get("keras")) is not None:
        return keras.config.backend(), "Keras, which is imported already,"
    if name := environment.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    path = _keras_file(environment)
    name = _keras_settings(path).get("backend")
    return (str(name), str(path)) if name else (DEFAULT, "the default")


def backend_problems(environment: Mapping[str, str] | None = None, *, distribute: bool = False) -> list[Problem]:
    """Check that Keras will have a backend that a run can compute with.

    Parameters
    ----------
    environment : mapping of str to str, optional
        That of the process if not given.
    distribute : bool
        Whether to train on several devices, which only JAX can do.
    """
    name, source = chosen_backend(environment)
    installed = [backend for backend in BACKENDS if _is_installed(backend)]
    here = f"installed: {', '.join(installed) or 'none'}"
    if name not in BACKENDS:
        near = difflib.get_close_matches(name.lower(), BACKENDS, n=1)
        hint = f"did you mean {near[0]}?" if near else None
        where = f"the backend of Keras, by {source}"
        return [Problem("machine", repr(name), f"{' or '.join(BACKENDS)} ({here})", hint, place=where)]
    if lacking := [library for library in LIBRARIES if not _is_installed(library)]:
        wanted = lacking if installed else [name, *lacking]
        told = f"a network needs {listed(wanted)}, not installed here"
        return [Problem("machine", told, hint=f"pip install {' '.join(wanted)}")]
    if name not in installed:
        other = f"set KERAS_BACKEND={installed[0]}, or " if installed else ""
        told = f"{source} says {name} for the backend of Keras, which is not installed ({here})"
        return [Problem("machine", told, hint=f"{other}pip install {name}")]
    if distribute and name != "jax":
        told = f"several devices need the JAX backend, but {source} says {name} ({here})"
        hint = f"set KERAS_BACKEND=jax{'' if 'jax' in installed else ', and pip install jax'}"
        return [Problem("machine", told, hint=hint, option="--distribute")]
    return []


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def leave_tensorflow_out() -> None:
    """Keep TensorFlow from being imported when another backend was chosen.

    Keras imports it if it is installed. That takes seconds and half a gigabyte, and is of no use then.
    """
    if chosen_backend()[0] == "jax":
        sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]


def load_keras() -> None:
    """Import Keras with its backend.

    Raises
    ------
    InputError
        If that fails for any reason, such as a damaged installation or a missing library.
    """
    name, source = chosen_backend()
    try:
        importlib.import_module("keras")
    except Exception as error:
        told = f"Keras cannot be imported with the backend {name} ({source}): {error}"
        raise InputError([Problem("machine", told)]) from error


@contextlib.contextmanager
def own_settings() -> Iterator[None]:
    """Set Keras and Matplotlib as a run needs them while the block runs, whether they are imported already or not yet.

    Afterwards all settings are as before. If Keras is first imported in the block, it keeps its own defaults: of the
    user's ``keras.json`` only the backend is used.
    """
    global _given
    with contextlib.ExitStack() as stack:
        if _given is None:
            _given = dict(os.environ)
            stack.callback(_forget)
            stack.enter_context(_own_environment())
            stack.enter_context(_own_cache())
        if (keras := sys.modules.get("keras")) is not None:
            stack.enter_context(_own_keras(keras))
        if (jax := sys.modules.get("jax")) is not None:
            stack.enter_context(_own_jax(jax))
        yield


@contextlib.contextmanager
def computing_on(device: str) -> Iterator[None]:
    """Set what the backend reads about devices when it is imported, while the block runs.

    Parameters
    ----------
    device : str
        ``cpu`` hides GPUs. Anything else lets JAX take memory of a GPU as it needs it, so that two processes can share
        one; for TensorFlow see :func:`maxatac.backend.device.use_device`.
    """
    name = "XLA_PYTHON_CLIENT_PREALLOCATE"
    wanted: dict[str, str | None] = {name: os.environ.get(name, "false")}
    if device == "cpu":
        wanted = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    with _variables(wanted):
        yield


def recorded_environment() -> dict[str, str]:
    """Variables of the environment, as the user has set them, that may change what is computed, or on which device."""
    environment = given_environment()
    return {name: environment[name] for name in sorted(environment) if name.startswith(_RECORDED)}


def overridden() -> dict[str, Any]:
    """List the settings of the user that a run does not use, by variable or file."""
    environment = given_environment()
    path = _keras_file(environment)
    usual: dict[str, Any] = {**KERAS, "nnx_enabled": False}
    settings = {name: value for name, value in _keras_settings(path).items() if name in usual and value != usual[name]}
    found: dict[str, Any] = {name: environment[name] for name in _UNSET if environment.get(name)}
    return found | ({str(path): settings} if settings else {})


def _forget() -> None:
    global _given
    _given = None


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Set the variables that the libraries read when they are imported."""
    wanted: dict[str, str | None] = {**dict.fromkeys(_UNSET), **_SET}
    name, _ = chosen_backend()
    # An unknown backend is reported; Keras is not imported then.
    wanted["KERAS_BACKEND"] = name if name in BACKENDS else None
    with _variables(wanted):
        yield


@contextlib.contextmanager
def _own_cache() -> Iterator[None]:
    """Let Matplotlib keep its list of fonts in a folder that no other user can write to."""
    name = "MPLCONFIGDIR"
    configured = os.environ.get(name)
    if not configured or not _is_foreign(Path(configured)):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="maxatac-", ignore_cleanup_errors=True) as folder:
        with _variables({name: folder}):
            yield


def _is_foreign(path: Path) -> bool:
    """Whether a file or folder exists and belongs to another user, who is not root."""
    try:
        return hasattr(os, "getuid") and path.stat().st_uid not in (os.getuid(), 0)
    except OSError:
        return False


@contextlib.contextmanager
def _variables(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables of the environment, or unset those without a value, while the block runs."""
    before = {name: os.environ.get(name) for name in wanted}
    _put(wanted)
    try:
        yield
    finally:
        _put(before)


def _put(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def _own_keras(keras: Any) -> Iterator[None]:
    """Set what this process, or the file of Keras, may have set otherwise."""
    config = keras.config
    wanted = {**KERAS, "dtype_policy": "float32", "max_epochs": None, "max_steps_per_epoch": None}
    # Releases of Keras differ in what can be set.
    wanted = {name: value for name, value in wanted.items() if hasattr(config, f"set_{name}")}
    before = {name: getattr(config, name)() for name in wanted}
    for name, value in wanted.items():
        getattr(config, f"set_{name}")(value)
    try:
        yield
    finally:
        for name, value in before.items():
            getattr(config, f"set_{name}")(value)


@contextlib.contextmanager
def _own_jax(jax: Any) -> Iterator[None]:
    """Set what would make JAX compute other numbers."""
    wanted = {
        "jax_enable_x64": False, "jax_numpy_dtype_promotion": "standard", "jax_numpy_rank_promotion": "allow",
        "jax_disable_jit": False, "jax_default_prng_impl": "threefry2x32",
    }  # fmt: skip
    before = {name: getattr(jax.config, name) for name in wanted if hasattr(jax.config, name)}
    for name in before:
        jax.config.update(name, wanted[name])
    try:
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


def _keras_file(environment: Mapping[str, str]) -> Path:
    """Find Keras' own configuration file, as Keras does."""
    if (folder := environment.get("KERAS_HOME")) is not None:
        return Path(folder).expanduser() / "keras.json"
    home = os.path.expanduser("~")
    return Path(home if os.access(home, os.W_OK) else "/tmp") / ".keras" / "keras.json"


def _keras_settings(path: Path) -> dict[str, Any]:
    """Read Keras' own configuration file; nothing if there is none, or another user has left it in a shared folder."""
    try:
        if _is_foreign(path):
            return {}
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return content if isinstance(content, dict) else {}

"""The device that Keras computes on: its name, its threads, its random numbers."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from maxatac.backend.startup import overridden, recorded_environment
from maxatac.errors import Problems

logger = logging.getLogger(__name__)

_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"

_jax_threads: int | None = None  # as set for JAX, which reads it once

_REMEDY = {
    "tensorflow": "pip install 'tensorflow[and-cuda]'",
    "jax": "pip install 'jax[cuda12]' in an environment of its own",
}


def describe() -> str:
    """Backend and device in words, such as ``tensorflow 2.21.0 on CPU``."""
    backend: str = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.get_visible_devices("GPU")
        names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
        version = tf.__version__
    elif backend == "jax":
        import jax

        devices = jax.devices()
        names = [device.device_kind for device in devices if device.platform != "cpu"]
        version = jax.__version__
        if keras.distribution.distribution() is not None:
            several = f", {len(devices)} devices of {jax.process_count()} process{'es' * (jax.process_count() != 1)}"
            return f"{backend} {version} on {', '.join(sorted(set(names))) or 'CPU'}{several}"
    else:
        return backend
    return f"{backend} {version} on {', '.join(names) or 'CPU'}"


def use_device(device: str, problems: Problems) -> None:
    """Choose what to compute on; call it before anything is computed.

    TensorFlow then takes the memory of a GPU as it needs it, so that two processes can share one. It keeps both choices
    to the end of the process.

    Parameters
    ----------
    device : str
        ``gpu``, ``cpu``, or ``auto`` for a GPU where there is one; see also
        :func:`maxatac.backend.startup.computing_on`.
    problems : Problems
        Gets one if there is no GPU, but ``gpu`` was asked for.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with contextlib.suppress(RuntimeError):  # something was computed before in this process
            if device == "cpu":
                tf.config.set_visible_devices([], "GPU")
            for gpu in tf.config.get_visible_devices("GPU"):
                tf.config.experimental.set_memory_growth(gpu, True)
    if device == "gpu" and describe().endswith(" on CPU"):
        hint = _REMEDY.get(keras.backend.backend()) if gpu_present() else "this machine has none"
        problems.add("machine", f"{keras.backend.backend()} has no GPU", hint=hint, option="--device gpu")


@contextlib.contextmanager
def multiplying(*, fast_math: bool) -> Iterator[None]:
    """Choose how exactly to multiply while the block runs; it holds for what is compiled in the block.

    Parameters
    ----------
    fast_math : bool
        Whether a GPU may multiply with 10 of the 23 bits behind the point (TensorFloat-32), not with all of float32.
        Scores then depend on the size of a batch.
    """
    before = _products()
    exactly: Any = "highest" if keras.backend.backend() == "jax" else False
    fast: Any = None if keras.backend.backend() == "jax" else True
    _set_products(fast if fast_math else exactly)
    try:
        yield
    finally:
        _set_products(before)


def _products() -> Any:
    """How exactly the backend multiplies, in its own terms."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.tensor_float_32_execution_enabled()
    if keras.backend.backend() == "jax":
        import jax

        return jax.config.jax_default_matmul_precision
    return None


def _set_products(value: Any) -> None:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(value)
    elif keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", value)


def device_memory() -> int | None:
    """Bytes of memory of the largest GPU of this machine, by the driver's own program; ``None`` if that is not known.

    The backends can tell only after they have taken memory.
    """
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=20)
        return max((int(line) for line in done.stdout.split()), default=0) * 2**20 or None
    return None


def describe_settings() -> dict[str, Any]:
    """Describe Keras' settings, and the variables of the environment that may change results, for the run record."""
    return {
        "backend": keras.config.backend(),
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
        "environment": recorded_environment(),
        "overridden": overridden(),
    }


def use_deterministic_algorithms() -> None:
    """Limit a GPU to algorithms that give the same bits in each run; call it before anything is computed.

    XLA, which both backends compile with, then avoids sums in a changing order, and chooses no algorithms by timing
    them, because the fastest may differ from run to run. TensorFlow's own operations have a switch too.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if _DETERMINISTIC not in flags.split():
        os.environ["XLA_FLAGS"] = f"{flags} {_DETERMINISTIC}".strip()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def seed_backend(seed: int) -> None:
    """Seed the random numbers from which Keras draws initial weights."""
    if keras.config.backend() == "jax":
        # Keras' own function would import TensorFlow if it is installed.
        random.seed(seed)
        np.random.seed(seed)
    else:
        keras.utils.set_random_seed(seed)


def limit_threads(threads: int) -> int | None:
    """Set the number of threads that the backend computes with on a CPU; call it before anything is computed.

    TensorFlow has a pool for parts of an operation and one for operations side by side; both get the number. JAX takes
    it from the variable ``NPROC`` when it first looks for devices. Without it both make as many threads as the machine
    has processors, whatever a container or batch system grants. Sums are split among the threads, so another number may
    round differently.

    Parameters
    ----------
    threads : int
        At least 1.

    Returns
    -------
    int or None
        The number in use, which differs if something was computed before in this process. ``None`` if unknown.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        pools = tf.config.threading
        try:
            pools.set_intra_op_parallelism_threads(threads)
            pools.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            logger.debug("TensorFlow has computed before in this process, so that its threads stay as they are")
        return pools.get_intra_op_parallelism_threads() or None
    if backend == "jax":
        return _limit_jax(threads)
    return None


def _limit_jax(threads: int) -> int:
    global _jax_threads
    if _jax_threads is None:
        os.environ["NPROC"] = str(threads)
        _jax_threads = threads
    return _jax_threads


def untuned_pipeline(batches: Callable[[], Iterator[Any]], signature: Any, count: int) -> Any:
    """Make the pipeline that Keras makes of a dataset with TensorFlow, but without autotuning.

    It holds one batch beyond the one that is computed.

    Parameters
    ----------
    batches : callable
        Gives an iterator over the batches of an epoch.
    signature : nested tuples
        Of each array of a batch its shape and dtype, such as ``((None, 32), "float32")``.
    count : int
        How many batches there are.

    Returns
    -------
    tf.data.Dataset
    """
    import tensorflow as tf

    def specification(of: Any) -> Any:
        shape, dtype = of
        return tf.TensorSpec(shape, dtype) if isinstance(dtype, str) else tuple(map(specification, of))

    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_generator(batches, output_signature=specification(signature))
    return dataset.apply(tf.data.experimental.assert_cardinality(count)).prefetch(1).with_options(options)


def gpu_present() -> bool:
    """Whether the machine has an NVIDIA driver with at least one GPU, usable or not."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*")) or Path("/dev/nvidia0").exists()


def log_device() -> str:
    """Log the device in use, with a warning if a GPU is not used; return its description."""
    description = describe()
    logger.info("Keras %s, %s", keras.__version__, description)
    warn_of_unused_gpu(description)
    return description


def warn_of_unused_gpu(description: str) -> None:
    """Log a warning if the machine has a GPU, and the device that is described is a CPU."""
    if " on CPU" in description and gpu_present():
        remedy = _REMEDY.get(keras.backend.backend(), "install the GPU build of the backend")
        logger.warning("this machine has a GPU, but %s cannot use it: %s", keras.backend.backend(), remedy)

"""Whether the backend of Keras loads and which device it finds, asked of a process of its own.

A broken installation may end the process that loads it, or never come back. So this module imports nothing heavy, and
the process that asks goes on in any case.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from dataclasses import dataclass

from maxatac.backend.startup import (
    backend_problems,
    chosen_backend,
    computing_on,
    given_environment,
    leave_tensorflow_out,
    load_keras,
    own_settings,
)
from maxatac.errors import InputError

PATIENCE = 180.0
"""Seconds after which a backend that has not loaded counts as broken; from a slow disk it may take a minute."""

# Packages are found where this process finds them, and not in the working directory.
_CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from maxatac.backend.probe import answer; answer()"


@dataclass(frozen=True)
class Backend:
    """The backend that a run would compute with.

    Attributes
    ----------
    name, source : str
        As chosen, and where that is set; see :func:`maxatac.backend.startup.chosen_backend`.
    device : str or None
        Backend and device in words, such as ``tensorflow 2.21.0 on CPU``; None if the backend does not load.
    error : str or None
        Why it does not load.
    """

    name: str
    source: str
    device: str | None
    error: str | None


def probe_backend(patience: float = PATIENCE) -> Backend:
    """Load the backend in a process of its own, and say which device it finds.

    Parameters
    ----------
    patience : float
        Seconds to wait for it.
    """
    name, source = chosen_backend()
    command = [sys.executable, "-P", "-c", _CODE, json.dumps(sys.path)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=patience,
            env=dict(given_environment()),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Backend(name, source, None, f"did not load within {patience:g} s")
    except OSError as error:
        return Backend(name, source, None, f"could not be loaded: {error}")
    # Libraries may print lines of their own before the answer.
    with contextlib.suppress(ValueError, IndexError, KeyError, TypeError):
        found = json.loads(done.stdout.splitlines()[-1])
        return Backend(name, source, found["device"], found["error"])
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no message")
    return Backend(name, source, None, f"{_ending(done.returncode)} while it was loaded: {last.strip()}")


def _ending(status: int) -> str:
    """Say how a process ended; a negative status is that of a signal."""
    if status >= 0:
        return f"the process ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"the process was ended by {signal.Signals(-status).name}"
    return f"the process was ended by signal {-status}"


def answer() -> None:
    """Load the backend in this process, and print one line of JSON: the device, and the error."""
    device = error = None
    with own_settings(), computing_on("auto"):
        try:
            if problems := backend_problems():
                raise InputError(problems)
            leave_tensorflow_out()
            load_keras()
            from maxatac.backend.device import describe

            device = describe()
        except InputError as failure:
            error = "; ".join(map(str, failure.problems))
        except Exception as failure:  # noqa: BLE001 - whatever the backend raises is the answer
            error = f"{type(failure).__name__}: {failure}"
    print(json.dumps({"device": device, "error": error}), flush=True)


def nvidia_gpus() -> list[dict[str, str]]:
    """List the GPUs of the machine by NVIDIA's own program: name, memory with its unit, and version of the driver.

    Empty if there is no such program or it fails; whether a backend can use them is another question.
    """
    columns = ("name", "memory.total", "driver_version")
    command = ["nvidia-smi", f"--query-gpu={','.join(columns)}", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=20)
        rows = [[part.strip() for part in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
        names = ("name", "memory", "driver")
        return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]
    return []

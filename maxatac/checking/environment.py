"""Where maxatac runs: what a report of a fault needs, and what a run would compute with."""

from __future__ import annotations

import importlib
import locale
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maxatac.backend.probe import Backend, nvidia_gpus, probe_backend
from maxatac.backend.startup import overridden, recorded_environment
from maxatac.files.strict_json import to_json
from maxatac.runs.record import machine, package_versions
from maxatac.runs.settings import ResourceSettings, loader_memory, loader_threads
from maxatac.system.container import container_kind
from maxatac.system.installation import Build, build
from maxatac.system.resources import available_memory, usable_memory

PROGRAMS = ("macs3", "macs2", "git")
"""Programs that maxatac calls where they are there."""


@dataclass(frozen=True)
class Environment:
    """The program, its libraries and the machine.

    Attributes
    ----------
    maxatac : Build
    core_error : str or None
        Why the compiled core does not load; None if it does.
    package : str
        Folder of the package.
    python : mapping
        ``version``, ``executable`` and ``environment``: ``virtual``, ``conda`` or ``system``.
    system : mapping
        ``platform``, ``machine``, ``encoding`` and ``locale``.
    container : str or None
        See :func:`maxatac.system.container.container_kind`.
    processors : mapping
        ``name``, how many the machine has and how many the process may use, and the ``threads`` that a run has unless
        it is told otherwise.
    memory : mapping
        In bytes: of the machine, what the process may use of it, what is free now, and what a run takes for decoded
        tracks unless it is told otherwise.
    temporary : mapping
        The ``folder`` for temporary files, and how many bytes are free there.
    backend : Backend
    gpus : list of mapping
        See :func:`maxatac.backend.probe.nvidia_gpus`.
    packages : mapping of str to str
        Versions of what is installed of the packages that a run may compute with.
    programs : mapping of str to str
        Where the programs are that maxatac calls.
    variables : mapping of str to str
        Variables of the environment that may change what is computed.
    overridden : mapping
        Settings of the user that a run does not use.
    """

    maxatac: Build
    core_error: str | None
    package: str
    python: dict[str, Any]
    system: dict[str, Any]
    container: str | None
    processors: dict[str, Any]
    memory: dict[str, Any]
    temporary: dict[str, Any]
    backend: Backend
    gpus: list[dict[str, str]]
    packages: dict[str, str]
    programs: dict[str, str]
    variables: dict[str, str]
    overridden: dict[str, Any]

    def as_json(self) -> str:
        """Write all of it as JSON, with the names of the attributes."""
        return to_json(asdict(self))


def look_at_environment() -> Environment:
    """Gather what there is. Nothing of it need work: what is broken or missing is told as such."""
    found = machine()
    usual = ResourceSettings()
    packages = package_versions()
    return Environment(
        maxatac=build(),
        core_error=_core_error(),
        package=str(Path(__file__).parents[1]),
        python={
            "version": packages.pop("python"),
            "executable": sys.executable,
            "environment": _kind_of_python(),
        },
        system={
            "platform": found["system"],
            "machine": platform.machine(),
            "encoding": sys.getfilesystemencoding(),
            "locale": _locale(),
        },
        container=container_kind(),
        processors={
            "name": found.get("processor"),
            "machine": found["processors"],
            "usable": found["usable_processors"],
            "threads": loader_threads(usual),
        },
        memory={
            "machine": found.get("memory_bytes"),
            "usable": usable_memory(),
            "available": available_memory(),
            "tracks": loader_memory(usual),
        },
        temporary=_temporary(),
        backend=probe_backend(),
        gpus=nvidia_gpus(),
        packages=packages,
        programs={name: path for name in PROGRAMS if (path := shutil.which(name)) is not None},
        variables=recorded_environment(),
        overridden=overridden(),
    )


def _core_error() -> str | None:
    try:
        importlib.import_module("maxatac._core")
    except ImportError as error:
        return str(error)
    return None


def _locale() -> str:
    try:
        return ".".join(part or "C" for part in locale.getlocale())
    except ValueError:
        return "unknown"


def _kind_of_python() -> str:
    if (Path(sys.prefix) / "conda-meta").exists():
        return "conda"
    return "virtual" if sys.prefix != sys.base_prefix else "system"


def _temporary() -> dict[str, Any]:
    """Find the folder for temporary files; there may be none that can be written to."""
    try:
        folder = tempfile.gettempdir()
        return {"folder": folder, "free": shutil.disk_usage(folder).free}
    except OSError as error:
        return {"folder": os.environ.get("TMPDIR"), "free": None, "error": str(error)}

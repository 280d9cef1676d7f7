"""Whether the process runs in a container, and in which kind."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

# Marks that engines leave; Apptainer before the others, because it starts images of theirs.
_VARIABLES = {"APPTAINER_CONTAINER": "apptainer", "SINGULARITY_CONTAINER": "singularity"}
_FILES = {".singularity.d": "apptainer", "run/.containerenv": "podman", ".dockerenv": "docker"}
_GROUPS = re.compile(r"kubepods|docker|libpod|containerd|lxc")
_POD = "KUBERNETES_SERVICE_HOST"


def container_kind(environment: Mapping[str, str] | None = None, root: Path = Path("/")) -> str | None:
    """Name the kind of container that the process runs in; ``None`` if there is no sign of one.

    An engine need not leave a sign, so that ``None`` is no proof.

    Parameters
    ----------
    environment : mapping of str to str, optional
        That of the process if not given.
    root : Path
        Where the marks of the engines and ``proc`` lie.

    Returns
    -------
    str or None
        ``apptainer``, ``singularity``, ``kubernetes``, ``podman``, ``docker``, or what the engine calls itself.
    """
    environment = os.environ if environment is None else environment
    for name, kind in _VARIABLES.items():
        if environment.get(name):
            return kind
    if environment.get(_POD):
        return "kubernetes"
    for name, kind in _FILES.items():
        if (root / name).exists():
            return kind
    if named := environment.get("container"):  # set by systemd-nspawn, LXC and Podman
        return named
    try:
        found = _GROUPS.search((root / "proc/1/cgroup").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return {"kubepods": "kubernetes", "libpod": "podman"}.get(found[0], found[0]) if found is not None else None

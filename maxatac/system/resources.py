"""Processors and memory that the process may use, as a container or batch system grants them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path


def usable_processors(root: Path = Path("/")) -> int:
    """Count the processors that the process may use, at least 1.

    The smaller of the affinity mask and the processor time that control groups grant (versions 1 and 2), rounded up.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` lie.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _control_groups("cpu", root):
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        fields = _fields(folder / "cpu.max")
        if len(fields) == 2:
            quota, period = (float(field) if field.isdigit() else None for field in fields)
        if quota is not None and period and quota > 0:
            count = min(count, math.ceil(quota / period))
    return max(1, count)


def limit_numeric_threads(threads: int) -> None:
    """Set the number of threads of the libraries under numpy, unless the environment sets it.

    Call it before numpy is imported, because the libraries make their threads then.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, threads)))


def usable_memory(root: Path = Path("/")) -> int:
    """Bytes of memory that the process may use: of the machine, or of its control groups where they grant less.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` lie.
    """
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        total = 2**32
    for folder in _control_groups("memory", root):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _number(folder / name)
            if limit is not None and limit > 0:
                total = min(total, int(limit))
    return total


def available_memory(root: Path = Path("/")) -> int | None:
    """Bytes of memory that are available on the machine, or in the process's control groups; None if unknown.

    The file cache of a group counts as free: the system drops it when memory is needed.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` lie.
    """
    found = []
    free = _named(root / "proc/meminfo", "MemAvailable:")
    if free is not None:
        found.append(1_024 * free)
    for folder in _control_groups("memory", root):
        for limit_name, usage_name, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = _number(folder / limit_name), _number(folder / usage_name)
            if limit is not None and usage is not None:
                held = max(0, int(usage) - (_named(folder / "memory.stat", cache) or 0))
                found.append(max(0, int(limit) - held))
    return min(found) if found else None


# Words of TensorFlow, JAX and numpy; JAX has one type of error for everything.
_OUT_OF_MEMORY = re.compile(r"RESOURCE_EXHAUSTED|out of memory", re.IGNORECASE)
_AMOUNT = re.compile(r"allocat\w* (?:\d[\d.]* ?(?:bytes|[KMGTPE]i?B)|tensor with shape\[[\d,]*\])")


def want_of_memory(error: BaseException) -> str | None:
    """Say in one line how much memory was needed and what to change; ``None`` for any other failure.

    Parameters
    ----------
    error : BaseException
        Of numpy, TensorFlow or JAX. Its causes are checked too.
    """
    while True:
        kind, text = type(error).__name__, str(error)
        if isinstance(error, MemoryError) or kind == "ResourceExhaustedError":
            break
        if kind in ("JaxRuntimeError", "XlaRuntimeError", "InternalError") and _OUT_OF_MEMORY.search(text):
            break
        if (cause := error.__cause__ or error.__context__) is None:
            return None
        error = cause
    amount = found[0].partition(" ")[2] if (found := _AMOUNT.search(text)) else "more"
    return (
        f"memory ran out: {amount} could not be had; lower --batch_size, --val_batch_size or --memory, or give the"
        " process more (ulimit -v, the batch system's or the container's limit, a larger device)"
    )


def _control_groups(controller: str, root: Path) -> Iterator[Path]:
    """Folders of the process's groups for a controller and of their ancestors; some may not exist."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            top = root / "sys/fs/cgroup"
        elif controller in names.split(","):
            top = root / "sys/fs/cgroup" / controller
        else:
            continue
        folder = top / path.lstrip("/")
        yield folder
        # In a container, the path may be that of the host, which does not exist; the group is then the top folder.
        yield from (parent for parent in folder.parents if parent == top or top in parent.parents)


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _named(path: Path, name: str) -> int | None:
    """Read the number behind a name, in a file of names and numbers."""
    fields = _fields(path)
    return next((int(value) for key, value in pairwise(fields) if key == name and value.isdigit()), None)


def _number(path: Path) -> float | None:
    fields = _fields(path)
    return float(fields[0]) if len(fields) == 1 and fields[0].isdigit() else None


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def parse_bytes(text: str) -> int | None:
    """Read an amount of memory, ``200000000``, ``200M``, ``1.5 GB`` or ``4GiB``, as bytes; ``None`` if invalid."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?", text.strip().lower())
    return int(float(match[1]) * _UNITS[match[2]]) if match is not None else None

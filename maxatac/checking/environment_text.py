"""The environment for people: one line for each thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from maxatac.checking.environment import Environment
from maxatac.wording import NOT_AVAILABLE, aligned, byte_size, counted


def format_environment(found: Environment) -> str:
    """Make the whole text: names at the left, what was found at the right."""
    header, *rest = list(_rows(found))
    return "\n".join(aligned(header, rest))


def _rows(found: Environment) -> Iterator[tuple[str, str]]:
    yield "maxatac", found.maxatac.describe().removeprefix("maxatac ")
    yield "core", "loads" if found.core_error is None else f"does not load: {_one_line(found.core_error)}"
    yield "package", found.package
    yield "python", "{version}, {environment} environment, {executable}".format_map(found.python)
    yield "system", "{platform}, {encoding}, locale {locale}".format_map(found.system)
    yield "container", found.container or "no sign of one"
    yield "processor", str(found.processors["name"] or NOT_AVAILABLE)
    yield "processors", "{machine}, {usable} usable".format_map(found.processors)
    yield "threads", f"{found.processors['threads']} by default"
    yield "memory", _memory(found.memory)
    yield "temporary", f"{found.temporary['folder']}, {_size(found.temporary['free'])} free"
    backend = found.backend
    yield "backend", f"{backend.name} (by {backend.source})"
    yield "device", backend.device or f"the backend does not load: {_one_line(str(backend.error))}"
    for gpu in found.gpus or [{}]:
        yield "GPU", "{name}, {memory}, driver {driver}".format_map(gpu) if gpu else "none that nvidia-smi lists"
    yield "packages", ", ".join(f"{name} {version}" for name, version in found.packages.items()) or "none"
    yield "programs", ", ".join(f"{name} {path}" for name, path in found.programs.items()) or "none"
    yield "variables", _listed(found.variables)
    yield "not used", _listed(found.overridden)


def _memory(memory: Mapping[str, int | None]) -> str:
    return (
        f"{_size(memory['machine'])}, {_size(memory['usable'])} usable, {_size(memory['available'])} available, "
        f"{_size(memory['tracks'])} for decoded tracks by default"
    )


def _size(count: int | None) -> str:
    return NOT_AVAILABLE if count is None else byte_size(count)


def _listed(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) or "none"


def _one_line(text: str) -> str:
    """Join the lines of a message; of a long one, the first lines say what failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rest = len(lines) - 3
    return "; ".join(lines[:3]) + (f" (and {counted(rest, 'line')} more, see --json)" if rest > 0 else "")

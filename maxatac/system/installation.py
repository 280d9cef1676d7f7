"""The program as it is installed: its version, the commit that it was built from, and the platform of its core."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

BUILD_FILE = "build.json"
"""Written into the package by what builds wheels, source distributions and images; holds the ``revision``."""

_SHORT = 12  # digits of a commit that are shown


@dataclass(frozen=True)
class Build:
    """What was installed.

    Attributes
    ----------
    version : str or None
        None in a clone that is not installed.
    revision : str or None
        Git commit, see :func:`source_revision`.
    platform : str or None
        What the compiled core was built for, such as ``manylinux_2_28_x86_64`` or ``macosx_11_0_arm64``.
    """

    version: str | None
    revision: str | None
    platform: str | None

    def describe(self) -> str:
        """Say all in one line: ``maxatac 0.1.0 (0123456789ab, manylinux_2_28_x86_64)``."""
        commit, _, modified = (self.revision or "").partition("-")
        shown = "-".join(part for part in (commit[:_SHORT], modified) if part)
        details = ", ".join(part for part in (shown, self.platform) if part)
        return f"maxatac {self.version or 'of unknown version, not installed'}" + (f" ({details})" if details else "")


def build() -> Build:
    """Find out what was installed."""
    with contextlib.suppress(PackageNotFoundError):
        return Build(version("maxatac"), source_revision(), _platform())
    return Build(None, source_revision(), None)


@functools.cache
def source_revision() -> str | None:
    """Git commit that the package was built from; of a clone with ``-modified`` where it was changed since.

    ``None`` if it is not known: the package was not built from a clone, or git is not there to be asked.
    """
    package = Path(__file__).parents[1]
    if (package.parent / ".git").exists():
        return _revision_of_clone(package.parent)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((package / BUILD_FILE).read_text(encoding="utf-8"))["revision"])
    with contextlib.suppress(PackageNotFoundError, ValueError, KeyError, TypeError):
        origin = json.loads(distribution("maxatac").read_text("direct_url.json") or "{}")
        return str(origin["vcs_info"]["commit_id"])
    return None


def _revision_of_clone(clone: Path) -> str | None:
    # In a hook, variables of git's name another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str:
        command = ["git", "-C", str(clone), *words]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=20, env=environment
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "maxatac", "rust")
        return git("rev-parse", "HEAD") + ("-modified" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _platform() -> str | None:
    """Read the platform tag of the installed wheel: the core is the only part of it that has a platform."""
    found = re.search(r"^Tag: \S+-(\S+)$", distribution("maxatac").read_text("WHEEL") or "", flags=re.MULTILINE)
    return found[1] if found is not None else None

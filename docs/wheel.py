"""Install the wheel of ``dist/`` where nothing can build it, and put time and size into docs/install.md.

``--measure`` does so for the interpreters that are given, and with ``--debian`` in a minimal root of Debian 12, which
needs root and debootstrap. ``.ci/wheel try`` is what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pages import fill, update

ROOT = Path(__file__).parents[1]
SCRIPT = "docs/wheel.py"
FILE = ROOT / "docs" / "install.json"
PAGE = ROOT / "docs" / "install.md"

BUILDERS = ("cargo", "rustc", "cc", "gcc", "clang")
# How this machine reaches the package index.
REGISTRY = ("PIP_CERT", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT")

INSTALLED = {"complete": "all", "light": "light commands"}
STEPS = ("install", "smoke")


def tried(output: str) -> dict[str, Any]:
    """Read the last lines of ``.ci/wheel try``: name, MB, and three times for each step."""
    found: dict[str, Any] = {}
    for line in output.splitlines():
        if line.startswith("tried "):
            _, name, megabytes, *seconds = line.split()
            found[name] = {"megabytes": int(megabytes)}
            for step, (wall, *processor) in zip(STEPS, (seconds[:3], seconds[3:]), strict=True):
                used = sum(map(float, processor))
                found[name][step] = {"seconds": round(float(wall), 1), "processor_seconds": round(used, 1)}
    return found


def tried_by(command: list[str | Path], python: list[str | Path], made_by: str, **environment: str) -> dict[str, Any]:
    """Run it; gives the numbers by the name of the interpreter."""
    version = subprocess.run([*python, "-V"], check=True, capture_output=True, text=True, env=environment).stdout
    done = subprocess.run([*command, "try"], check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return {f"{version.strip()}, {made_by}": tried(done.stdout)}


def try_interpreter(python: Path) -> dict[str, Any]:
    """Install for an interpreter of this machine."""
    made_by = "pyenv" if ".pyenv" in python.parts else "this machine"
    return tried_by([ROOT / ".ci" / "wheel"], [python], made_by, **{**os.environ, "PYTHON": str(python)})


def try_debian(root: Path) -> dict[str, Any]:
    """Install in a root that has Debian's Python and hardly more; it is made if it is not there."""
    if not root.exists():
        include = "--include=python3,python3-venv"
        mirror = [os.environ["DEBIAN_MIRROR"]] if "DEBIAN_MIRROR" in os.environ else []
        subprocess.run(["debootstrap", "--variant=minbase", include, "bookworm", root, *mirror], check=True)
    if there := [name for name in BUILDERS if shutil.which(name, path=f"{root}/usr/bin")]:
        raise SystemExit(f"{root}: expected nothing that builds; found {', '.join(there)}")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    environment |= {name: os.environ[name] for name in REGISTRY if name in os.environ}
    for file in ("/etc/resolv.conf", "/etc/hosts", environment.get("PIP_CERT")):
        if file is not None:
            (root / file[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / file[1:])
    project = root / "maxatac"
    for folder in (".ci", "dist"):
        shutil.copytree(ROOT / folder, project / folder, dirs_exist_ok=True)
    for file in ("Cargo.toml", "requirements.lock", "requirements-light.lock"):
        shutil.copy(ROOT / file, project)
    inside: list[str | Path] = ["chroot", root]
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    try:
        return tried_by([*inside, "/maxatac/.ci/wheel"], [*inside, "python3"], "Debian 12", **environment)
    finally:
        subprocess.run(["umount", root / "proc"], check=True)


def measure(interpreters: list[Path], debian: Path | None) -> None:
    """Measure; what is not measured keeps its numbers."""
    found = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"roots": {}}
    built = [path for path in sorted((ROOT / "dist").glob("maxatac-*")) if path.suffix in (".whl", ".gz")]
    found["files"] = {path.name: path.stat().st_size for path in built}
    for python in interpreters:
        found["roots"] |= try_interpreter(python)
        write(found)
    if debian is not None:
        found["roots"] |= try_debian(debian)
    write(found)


def write(found: dict[str, Any]) -> None:
    """Keep the numbers."""
    found["roots"] = dict(sorted(found["roots"].items()))
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def tables() -> dict[str, str]:
    """Lay out both tables, by name."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    files = ["| File | MB |", "|---|---:|"]
    files += [f"| `{name}` | {size / 1e6:.1f} |" for name, size in found["files"].items()]
    rows = [
        "| Python | Installed | Environment (MB) | Installation (s) | Smoke test (s) |",
        "|---|---|---:|---:|---:|",
    ]
    for root, environments in found["roots"].items():
        for name, numbers in environments.items():
            steps = (numbers[step] for step in STEPS)
            times = [f"{step['seconds']:,.0f} ({step['processor_seconds']:,.0f})" for step in steps]
            rows.append(f"| {root} | {INSTALLED[name]} | {numbers['megabytes']:,} | {' | '.join(times)} |")
    return {"files": "\n".join(files), "roots": "\n".join(rows)}


def main() -> int:
    """Measure, check or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="fail if the page disagrees with the file")
    choice.add_argument("--write", action="store_true", help="update the page")
    choice.add_argument("--measure", nargs="*", metavar="PYTHON", type=Path, help="install for these interpreters")
    parser.add_argument("--debian", metavar="FOLDER", type=Path, help="and in this root of Debian 12, made if need be")
    arguments = parser.parse_args()
    if arguments.measure is not None:
        measure(arguments.measure, arguments.debian)
    message = f"the tables differ from the file; run python {SCRIPT} --write"
    return update({PAGE: fill(PAGE, tables(), SCRIPT)}, write=not arguments.check, message=message)


if __name__ == "__main__":
    sys.exit(main())

"""Collect the licences of everything in the image that is not a Debian package.

``python notices.py FOLDER CRATES SITE_PACKAGES``: CRATES is what ``cargo metadata`` prints. FOLDER gets
``python.tsv`` and ``rust.tsv`` (name, version, licence) and the texts of the licences.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

TEXTS = re.compile(r"(licen[sc]e|copying|copyright|notice|authors|unlicense)", re.IGNORECASE)

Row = tuple[str, str, str]


def licence(distribution: Distribution) -> str:
    """Find what a distribution's metadata say of its licence, the most exact first."""
    fields = distribution.metadata
    classes = [value.split(" :: ") for value in fields.get_all("Classifier", [])]
    classified = [words[-1] for words in classes if words[0] == "License" and words[-1] != "OSI Approved"]
    free = (fields.get("License") or "").strip().splitlines()
    return fields.get("License-Expression") or "; ".join(classified) or (free[0] if free else "") or "see its texts"


def python_rows(site_packages: Path, texts: Path) -> Iterator[Row]:
    """Name, version and licence of each distribution; its licence texts go into a folder of its name."""
    for distribution in distributions(path=[str(site_packages)]):
        name = distribution.metadata["Name"]
        for file in distribution.files or []:
            if ".dist-info" in file.parts[0] and TEXTS.match(file.name):
                keep(site_packages / file, texts / name)
        yield name, distribution.version, licence(distribution)


def rust_rows(metadata: str, texts: Path) -> Iterator[Row]:
    """Do the same for each crate that the extension is built from."""
    found = json.loads(metadata)
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    packages = {package["id"]: package for package in found["packages"]}
    waiting = [id for id, package in packages.items() if package["name"] == "maxatac-python"]
    linked: set[str] = set()
    while waiting:
        crate = waiting.pop()
        if crate in linked:
            continue
        linked.add(crate)
        for dependency in nodes[crate]["deps"]:
            # null is a dependency of the program; the others are for its build or its tests.
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    for crate in linked:
        package = packages[crate]
        if package["source"] is None:
            continue
        for path in Path(package["manifest_path"]).parent.iterdir():
            if path.is_file() and TEXTS.match(path.name):
                keep(path, texts / package["name"])
        yield package["name"], package["version"], package["license"] or "see its texts"


def keep(path: Path, folder: Path) -> None:
    """Copy a text."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / path.name)


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a table, sorted by name."""
    lines = sorted("\t".join(row) for row in rows)
    path.write_text("\n".join(["name\tversion\tlicence", *lines]) + "\n", encoding="utf-8")


def main(folder: Path, crates: Path, site_packages: Path) -> None:
    """Write tables and texts."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "python.tsv", python_rows(site_packages, folder / "python"))
    write(folder / "rust.tsv", rust_rows(crates.read_text(encoding="utf-8"), folder / "rust"))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

"""Sites that were called in the folder of a run, for its example loci.

``maxatac peaks``, and ``maxatac predict`` with a cutoff, leave sites and a record. A file of sites belongs to a cell
type of the run where the track that they were called in was predicted from the signal of that cell type. Records and
sites that were changed by hand and cannot be read are left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maxatac.runs.command import read_record

Row = Mapping[str, Any]
Sites = Mapping[str, list[tuple[int, int]]]


def called_sites(folder: Path, record: Row) -> dict[str, dict[str, Sites]]:
    """Read the sites that were called for the cell types of a run.

    Parameters
    ----------
    folder : Path
    record : mapping
        Of the training run.

    Returns
    -------
    dict
        By cell type and by the name of the file: the intervals of each chromosome.
    """
    files = [
        (name.removesuffix(" signal"), entry) for name, entry in record["inputs"].items() if name.endswith(" signal")
    ]
    cells = {entry["sha256"]: cell for cell, entry in files if isinstance(entry, Mapping) and entry.get("sha256")}
    tracks: dict[str, str] = {}
    found: dict[str, dict[str, Sites]] = {}
    for predicted in _records(folder, "predict"):
        signals = [entry["sha256"] for name, entry in predicted["inputs"].items() if name.split()[0] == "signal"]
        outputs = [(name, entry["sha256"]) for name, entry in predicted["outputs"].items() if name.endswith(".bw")]
        for signal, (name, track) in zip(signals, outputs, strict=False):
            if signal in cells:
                tracks[track] = cells[signal]
                _add(found, cells[signal], folder / f"{name.removesuffix('.bw')}_peaks.bed", predicted)
    for called in _records(folder, "peaks"):
        cell = tracks.get(called["inputs"].get("input_bigwig", {}).get("sha256"))
        for name in called["outputs"] if cell is not None else ():
            _add(found, cell, folder / name, called)
    return found


def _records(folder: Path, command: str) -> Iterator[Row]:
    for path in sorted(folder.glob(f"*_{command}_run.json")):
        record = read_record(path)
        if record is not None and record.get("run_of") == command:
            if all(_are_files(record.get(name)) for name in ("inputs", "outputs")):
                yield record


def _are_files(value: Any) -> bool:
    """Whether an entry of a record lists files with their checksums."""
    return isinstance(value, Mapping) and all(
        isinstance(entry, Mapping) and isinstance(entry.get("sha256", 0), str | None) for entry in value.values()
    )


def _add(found: dict[str, dict[str, Sites]], cell: str | None, path: Path, record: Row) -> None:
    if cell is None or path.name not in record["outputs"] or not path.is_file():
        return
    with contextlib.suppress(OSError, ValueError):
        sites = _read_sites(path)
        found.setdefault(cell, {})[path.name] = sites


def _read_sites(path: Path) -> Sites:
    sites: dict[str, list[tuple[int, int]]] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            chrom, start, end = line.split("\t")[:3]
            sites.setdefault(chrom, []).append((int(start), int(end)))
    return sites

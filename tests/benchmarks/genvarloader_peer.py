"""GenVarLoader as a contender: it runs in its own environment, and is asked for batches over pipes.

Before it can serve a region, genome and tracks have to be converted. That is done once per set, and timed apart.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import Cost
from benchmarks.data import BenchSet

_LINE = 100
"""Bases per line of the FASTA file."""


class GenVarLoader:
    """Reads the batches of a plan in another process.

    Parameters
    ----------
    python : Path
        Interpreter of an environment that has genvarloader.
    data : BenchSet
    batch_size : int
    plans : callable
        The plan of an index; its windows have to be regions of the set as they are.

    Attributes
    ----------
    conversion : dict
        ``cpu`` and ``wall`` seconds and the ``bytes`` that the conversion took.
    version : str
        Of genvarloader.
    """

    def __init__(self, python: Path, data: BenchSet, batch_size: int, plans: Any) -> None:
        self._plans = plans
        folder = data.folder / "genvarloader"
        self._log = (data.folder / "genvarloader.log").open("w")
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("genvarloader_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            self.conversion = self._convert(data, folder)
            opened = self._ask(
                "open", folder=str(folder / "tracks.gvl"), fasta=str(folder / "genome.fa"), batch_size=batch_size
            )
        except BaseException:
            self.close()
            raise
        self.version: str = opened["version"]
        # The samples are in the order of their names there.
        self._sample = np.array([opened["samples"].index(cell) for cell in data.cells])

    def __enter__(self) -> GenVarLoader:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=60)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def run(self, index: int) -> Cost:
        """Make batch ``index``."""
        plan = self._plans(index)
        taken = self._ask("read", regions=plan["roi"].tolist(), samples=self._sample[plan["track"]].tolist())
        return Cost(taken["cpu"], taken["wall"])

    def latest(self, path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Fetch the batch that was made last, through a file."""
        self._ask("save", path=str(path))
        with np.load(path) as saved:
            return saved["inputs"], saved["targets"]

    def _ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps({"do": what, **arguments}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": f"the process has ended; see {self._log.name}"}
        if "error" in answer:
            raise RuntimeError(f"GenVarLoader: {answer['error']}")
        return answer

    def _convert(self, data: BenchSet, folder: Path) -> dict[str, float]:
        finished = folder / "conversion.json"
        if finished.exists():
            known: dict[str, float] = json.loads(finished.read_text())
            return known
        folder.mkdir(exist_ok=True)
        cpu, wall = time.process_time(), time.perf_counter()
        fasta = folder / "genome.fa"
        _write_fasta(data, fasta)
        taken = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        regions = folder / "regions.npz"
        np.savez(regions, chroms=np.array(data.chroms), chrom=data.roi_chrom, start=data.roi_start)
        written = self._ask(
            "write",
            folder=str(folder / "tracks.gvl"),
            fasta=str(fasta),
            regions=str(regions),
            signal=_by_cell(data.cells, data.signal),
            binding=_by_cell(data.cells, data.binding),
        )
        taken = {name: seconds + written[name] for name, seconds in taken.items()}
        taken["bytes"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        finished.write_text(json.dumps(taken))
        return taken


def _by_cell(cells: tuple[str, ...], paths: tuple[Path, ...]) -> Mapping[str, str]:
    return {cell: str(path.resolve()) for cell, path in zip(cells, paths, strict=True)}


def _write_fasta(data: BenchSet, path: Path) -> None:
    import py2bit

    genome = py2bit.open(str(data.sequence))
    with path.open("w", encoding="ascii", newline="\n") as file:
        for chrom in data.chroms:
            text = genome.sequence(chrom)
            file.write(f">{chrom}\n")
            file.writelines(f"{text[start : start + _LINE]}\n" for start in range(0, len(text), _LINE))

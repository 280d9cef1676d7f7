"""GenVarLoader in a process and an environment of its own; ``genvarloader_peer`` talks to it over pipes.

Each line of the input is a request in JSON, each line of the output its answer. Nothing of this project is imported.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# Read when GenVarLoader and numba are imported.
os.environ["GVL_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"

import genvarloader
import numpy as np
import polars
from numpy.typing import NDArray

WINDOW_LENGTH, BIN_SIZE = 1024, 32

LETTERS = np.zeros((256, 5), np.float32)
for column, letter in enumerate(b"ACGT"):
    LETTERS[letter, column] = 1


class Worker:
    """Answers requests, each a method of the same name."""

    def __init__(self) -> None:
        self._dataset: Any = None
        self._inputs: NDArray[np.float32] = np.empty(0, np.float32)
        self._targets: NDArray[np.float32] = np.empty(0, np.float32)

    def write(
        self, folder: str, fasta: str, regions: str, signal: dict[str, str], binding: dict[str, str]
    ) -> dict[str, Any]:
        """Write the regions of a pool and their tracks, and convert the genome."""
        cpu, wall = time.process_time(), time.perf_counter()
        columns = np.load(regions)
        bed = polars.DataFrame(
            {
                "chrom": columns["chroms"][columns["chrom"]].tolist(),
                "chromStart": columns["start"],
                "chromEnd": columns["start"] + WINDOW_LENGTH,
            }
        )
        tracks = [genvarloader.BigWigs("signal", signal), genvarloader.BigWigs("binding", binding)]
        genvarloader.write(folder, bed, tracks=tracks, overwrite=True)
        genvarloader.Reference.from_path(fasta)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}

    def open(self, folder: str, fasta: str, batch_size: int) -> dict[str, Any]:
        """Open what was written, the genome in memory; one thread reads."""
        dataset = genvarloader.Dataset.open(folder, genvarloader.Reference.from_path(fasta, in_memory=True))
        dataset = dataset.with_seqs("reference").with_tracks(["signal", "binding"]).with_len(WINDOW_LENGTH)
        self._dataset = dataset.with_settings(parallel=False)
        self._inputs = np.empty((batch_size, WINDOW_LENGTH, 5), np.float32)
        self._targets = np.empty((batch_size, WINDOW_LENGTH // BIN_SIZE), np.float32)
        return {"samples": list(dataset.samples), "version": genvarloader.__version__}

    def read(self, regions: list[int], samples: list[int]) -> dict[str, Any]:
        """Make a batch; the answer has the time, the batch stays here."""
        rows, columns = np.array(regions), np.array(samples)
        cpu, wall = time.process_time(), time.perf_counter()
        letters, tracks = self._dataset[rows, columns]
        LETTERS.take(letters.view(np.uint8), axis=0, out=self._inputs, mode="clip")
        # Of several tracks, 0.43.1 calls (regions, tracks, length) what it has filled as (tracks, regions, length).
        signal, binding = tracks.reshape(2, len(rows), WINDOW_LENGTH)
        self._inputs[..., 4] = signal
        binned = binding.reshape(len(rows), -1, BIN_SIZE) @ np.ones(BIN_SIZE, np.float32)
        np.greater(binned, BIN_SIZE / 2, out=self._targets)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}

    def save(self, path: str) -> dict[str, Any]:
        """Write the latest batch, to be compared."""
        np.savez(Path(path), inputs=self._inputs, targets=self._targets)
        return {}


def main() -> None:
    """Answer until the input ends."""
    # The libraries print; what they print must not get among the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request)
        except Exception as error:  # noqa: BLE001, the other side raises it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()

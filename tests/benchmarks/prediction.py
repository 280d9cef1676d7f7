"""Prediction: what it takes beside the network, and its memory.

As a script it predicts a genome with the real network and prints what that took as JSON; :func:`measure_prediction`
starts it, in a process for each backend and size. After every :data:`TURN` batches the bare network has its turn, on as
many batches that lie in memory, so that a change in the machine's speed meets both.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import spread
from benchmarks.fresh import environment, resident
from benchmarks.threads import cores
from benchmarks.training import BACKENDS

TURN = 16
"""Batches between two turns of the bare network."""

CONTIG = 2_500
"""Bases of a sequence of the genome of contigs."""

EARLY, LATE = 200, 2_000
"""Batches after which the memory is compared."""

_RUN = 10
"""Bases of a run of equal signal."""


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Attributes
    ----------
    chrom : int
        Bases of the chromosome on which prediction and bare network take turns, at a step of 256.
    windows : int, optional
        Windows that are predicted there; all of them by default.
    small, large : int
        Bases of the chromosomes whose memory is compared, at a step of ``step``.
    batch_size : int
        Windows per batch on the first.
    many : int
        Windows per batch on the others, few so that there are many batches.
    """

    chrom: int = 50_000_000
    windows: int | None = None
    small: int = 50_000_000
    large: int = 200_000_000
    step: int = 1024
    batch_size: int = 256
    many: int = 64


QUICK = Sizes(chrom=1_000_000, small=1_000_000, large=4_000_000, batch_size=64, many=16)


def measure_prediction(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Measure everything, with each backend that is installed.

    Parameters
    ----------
    folder : Path
        Where the genomes are kept.
    sizes : Sizes

    Returns
    -------
    dict
        ``beside``: CPU time in microseconds per window and strand, without a network; and by backend, for each of the
        three runs, what :func:`run` returns.
    """
    genomes = {size: make_genome(folder, size) for size in {sizes.chrom, sizes.small, sizes.large}}
    contigs = make_genome(folder, sizes.chrom, contig=CONTIG)
    results: dict[str, Any] = {
        "size": sizes.chrom,
        "beside": {
            "one chromosome": beside(genomes[sizes.chrom]),
            "both strands": beside(genomes[sizes.chrom], both_strands=True),
            "four tracks": beside(genomes[sizes.chrom], tracks=4),
            f"contigs of {CONTIG:,} bp": beside(contigs),
        },
    }
    for backend, module in BACKENDS.items():
        if importlib.util.find_spec(module) is None:
            continue
        turns = ["--batch_size", str(sizes.batch_size), "--bare"]
        turns += [] if sizes.windows is None else ["--windows", str(sizes.windows)]
        memory = ["--batch_size", str(sizes.many), "--step", str(sizes.step)]
        results[backend] = {
            "turns": _in_process(backend, genomes[sizes.chrom], *turns),
            "turns_both_strands": _in_process(backend, genomes[sizes.chrom], *turns, "--both_strands"),
            "small": _in_process(backend, genomes[sizes.small], *memory),
            "large": _in_process(backend, genomes[sizes.large], *memory),
        }
    return results


def _in_process(backend: str, genome: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prediction", str(genome), *options],
        env=environment(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the prediction with {backend} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def make_genome(folder: Path, size: int, contig: int | None = None) -> Path:
    """Make a random genome with a signal on every base, or find the one that an earlier call has made.

    Parameters
    ----------
    folder : Path
    size : int
        Bases.
    contig : int, optional
        Bases of each sequence; one sequence if not given.

    Returns
    -------
    Path
        Its folder, with ``genome.2bit`` and ``signal.bw``.
    """
    from maxatac._core import BigWigWriter
    from maxatac.files.atomic import replacing
    from maxatac.files.twobit import TwoBitWriter

    place = folder / f"predicted_{size / 1e6:g}M{'' if contig is None else f'_{contig}'}"
    if (place / "signal.bw").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(size)
    each = size if contig is None else contig
    names = ["chr1"] if contig is None else [f"contig{number:06}" for number in range(size // contig)]
    nothing = np.empty((0, 2), np.int64)
    with TwoBitWriter(place / "genome.2bit", names) as genome:
        for _ in names:
            genome.add(random.integers(0, 4, each, np.uint8), nothing, nothing)
    with replacing(place / "signal.bw") as partial:
        writer = BigWigWriter(partial, dict.fromkeys(names, each))
        for name in names:
            for first in range(0, each, _RUN << 20):
                last = min(each, first + (_RUN << 20))
                starts = np.arange(first, last, _RUN)
                values = random.gamma(0.3, 0.3, len(starts)).astype(np.float32)
                writer.write(name, starts, np.minimum(starts + _RUN, last), values)
        writer.close()
    return place


class _Nothing:
    """A network that takes no time."""

    def __init__(self, batch_size: int) -> None:
        self._outputs = np.full((batch_size, 32), 0.25, np.float32)

    def predict_on_batch(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the same for all."""
        return self._outputs


def beside(genome: Path, *, both_strands: bool = False, tracks: int = 1, batch_size: int = 256) -> float:
    """Measure the CPU time of reading, averaging and writing, per window, strand and track, in microseconds."""
    counted: list[int] = []
    with tempfile.TemporaryDirectory() as output:
        begin = time.process_time()
        _predict(
            _Nothing(batch_size), genome, Path(output), counted.append,
            both_strands=both_strands, tracks=tracks, batch_size=batch_size,
        )  # fmt: skip
        return 1e6 * (time.process_time() - begin) / sum(counted)


def _predict(
    model: Any,
    genome: Path,
    output: Path,
    after_batch: Callable[[int], None],
    *,
    both_strands: bool = False,
    tracks: int = 1,
    batch_size: int = 256,
    step: int = 256,
    windows: int | None = None,
) -> None:
    """Predict as ``maxatac predict`` does, from the files to the bigWigs."""
    from maxatac import Genome, Track, WindowReader
    from maxatac.prediction.chromosome import predict_chromosomes, streaming_memory
    from maxatac.prediction.journal import Journal, WriteBehind
    from maxatac.prediction.outputs import TrackOutput, write_outputs
    from maxatac.prediction.windows import tiled

    opened = Genome(genome / "genome.2bit")
    sizes = dict(sorted(opened.chrom_sizes.items()))
    signal = [Track(genome / "signal.bw")] * tracks
    reader = WindowReader(opened, signal, threads=cores(), memory=streaming_memory(tracks))
    journal = Journal(output / "journal.bin", {})
    with WriteBehind(journal.append) as writing:
        for found in predict_chromosomes(
            model,
            reader,
            ((chrom, starts[:windows]) for chrom, starts in tiled(sizes, sizes, step=step)),
            cells=range(tracks),
            batch_size=batch_size,
            both_strands=both_strands,
            after_batch=after_batch,
        ):
            writing.put(found)
    outputs = [TrackOutput(output / f"{number}.bw", None) for number in range(tracks)]
    write_outputs(outputs, list(sizes), journal.read, sizes, cutoff=None, max_zooms=10)


class _Turns:
    """Lets the bare network take turns with the prediction, and looks at the memory."""

    def __init__(self, model: Any, batch_size: int, bare: bool) -> None:
        random = np.random.default_rng(1)
        self._model, self._bare = model, bare
        self._batch = random.random((batch_size, 1024, 5), np.float32)
        self._calls = self._of_turn = 0
        self.ours, self.theirs = [0.0], [0.0]
        self.memory: dict[int, int] = {}
        self._model.predict_on_batch(self._batch)
        self._begin = time.process_time()

    def after_batch(self, done: int) -> None:
        """Count a batch; at the end of a turn, let the bare network compute as many."""
        self._calls += 1
        self._of_turn += 1
        if self._calls in (EARLY, LATE):
            self.memory[self._calls] = sum(resident().values())
        if self._bare and self._of_turn == TURN:
            self.finish()
            self.ours.append(0.0)
            self.theirs.append(0.0)

    def finish(self) -> None:
        """End a turn."""
        now = time.process_time()
        self.ours[-1] += now - self._begin
        if self._bare:
            for _ in range(self._of_turn):
                self._model.predict_on_batch(self._batch)
            self._begin = time.process_time()
            self.theirs[-1] += self._begin - now
            self._of_turn = 0


def run(
    genome: Path,
    *,
    batch_size: int = 256,
    step: int = 256,
    windows: int | None = None,
    both_strands: bool = False,
    bare: bool = False,
) -> dict[str, Any]:
    """Predict a genome with the real network, in this process.

    Parameters
    ----------
    genome : Path
        Of :func:`make_genome`.
    batch_size : int
        Windows per batch.
    step : int
        Distance of windows in bp.
    windows : int, optional
        The first windows of each sequence; all by default.
    both_strands : bool
    bare : bool
        Whether the bare network takes turns.

    Returns
    -------
    dict
        ``windows`` (of all strands), ``cpu`` of the whole prediction in seconds, and if asked for ``bare`` of as many
        batches of the network alone, their ``ratio``, and ``turns`` with its spread; ``peak`` and ``memory`` (by
        number of batches) in bytes; ``compiled``, the number of functions that were compiled for batches.
    """
    import resource

    from maxatac.backend.device import limit_threads
    from maxatac.model import architectures

    limit_threads(cores())
    model = architectures.build("DCNN_V2")
    model.compile(jit_compile=True)
    turns = _Turns(model, batch_size, bare)
    counted: list[int] = []

    def after_batch(done: int) -> None:
        counted.append(done)
        turns.after_batch(done)

    with tempfile.TemporaryDirectory() as output:
        _predict(
            model,
            genome,
            Path(output),
            after_batch,
            both_strands=both_strands,
            batch_size=batch_size,
            step=step,
            windows=windows,
        )
    turns.finish()
    found: dict[str, Any] = {
        "batch_size": batch_size,
        "step": step,
        "windows": sum(counted),
        "cpu": sum(turns.ours),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "memory": turns.memory,
        "compiled": compiled(model),
    }
    if bare:
        each = [ours / theirs for ours, theirs in zip(turns.ours[:-1], turns.theirs[:-1], strict=True)]
        found |= {"bare": sum(turns.theirs), "ratio": sum(turns.ours) / sum(turns.theirs), "turns": spread(each)}
    return found


def compiled(model: Any) -> int:
    """Count the functions that the backend has compiled for batches."""
    import keras

    if keras.backend.backend() == "jax":
        return _in_closures(model.predict_function)
    count: int = model.predict_function.experimental_get_tracing_count()
    return count


def _in_closures(function: Any) -> int:
    """Count what the compiled functions of JAX that a function calls have compiled."""
    if hasattr(function, "_cache_size"):
        count: int = function._cache_size()
        return count
    inner = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    return sum(_in_closures(one) for one in inner if callable(one))


def main() -> None:
    """Predict, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genome", type=Path)
    parser.add_argument("--batch_size", type=int, default=256)
    parser.add_argument("--step", type=int, default=256)
    parser.add_argument("--windows", type=int)
    parser.add_argument("--both_strands", action="store_true")
    parser.add_argument("--bare", action="store_true")
    arguments = vars(parser.parse_args())
    print(json.dumps(run(arguments.pop("genome"), **arguments)))


if __name__ == "__main__":
    main()

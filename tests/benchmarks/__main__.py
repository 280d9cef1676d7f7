"""Measure, and write what was found to a folder: ``bench.json`` and ``bench.md``, or ``scale.json``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks import scale
from benchmarks.data import KINDS, BenchSet, make_set
from benchmarks.fit import measure_fit
from benchmarks.fresh import measure_fresh
from benchmarks.prediction import QUICK, Sizes, measure_prediction
from benchmarks.tables import MEMORY_LIMIT, report
from benchmarks.threads import cores, measure_threads
from benchmarks.throughput import measure_throughput
from benchmarks.training import measure_training

SMALL = 16_000_000

PACKAGES = ("maxatac", "numpy", "pyBigWig", "py2bit", "pybigtools")


def describe_machine() -> dict[str, Any]:
    """Say what the numbers were measured on."""
    processor = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        names = [line.partition(":")[2].strip() for line in known.read_text().splitlines() if "model name" in line]
        processor = names[0] if names else processor
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"processor": processor, "cores": cores(), "versions": {"Python": platform.python_version(), **versions}}


class Benchmark:
    """The measurements of one size.

    Parameters
    ----------
    output : Path
        Folder of the results; the sets are kept in ``data`` below it.
    quick : bool
        Small sets and few rounds: to try, not to quote.
    genvarloader : Path, optional
        Interpreter of an environment that has genvarloader.
    """

    def __init__(self, output: Path, quick: bool, genvarloader: Path | None) -> None:
        self._folder = output / "data"
        self._genvarloader = genvarloader
        self._rounds = 5 if quick else 15
        self._size, self._large = (SMALL, SMALL) if quick else (150_000_000, 200_000_000)
        self._training = {"batch_size": 50, "batches": 2} if quick else {"batch_size": 250, "batches": 8}
        self._fit: dict[str, Any] = {"lengths": (0.5,), "calls": 2} if quick else {"lengths": (1, 6, 15), "calls": 5}
        self._predicted = QUICK if quick else Sizes()
        self._folder.mkdir(parents=True, exist_ok=True)

    def make_sets(self, names: Collection[str]) -> None:
        """Simulate side by side what the named parts need, as far as it is not there."""
        wanted = [("dense", self._large)] if "budget" in names else []
        wanted += [] if set(names) <= {"budget", "fit", "prediction"} else [(kind, self._size) for kind in KINDS]
        with ProcessPoolExecutor(cores()) as pool:
            for job in [pool.submit(make_set, self._folder, *one) for one in dict.fromkeys(wanted)]:
                job.result()

    def _set(self, kind: str) -> BenchSet:
        return make_set(self._folder, kind, self._size)

    def throughput(self) -> dict[str, Any]:
        """Compare the loader with its peers."""
        return {
            kind: {"set": self._set(kind).describe()}
            | measure_throughput(self._set(kind), self._rounds, self._genvarloader)
            for kind in KINDS
        }

    def threads(self) -> dict[str, Any]:
        """Measure what threads gain."""
        return {kind: measure_threads(self._set(kind), self._rounds) for kind in KINDS}

    def fresh(self) -> dict[str, Any]:
        """Measure the start and the memory."""
        return {
            kind: {"set": self._set(kind).describe()} | measure_fresh(self._set(kind).folder, threads=cores())
            for kind in KINDS
        }

    def budget(self) -> dict[str, Any]:
        """Measure the memory with a budget that is too small for the tracks."""
        data = make_set(self._folder, "dense", self._large)
        described = {"set": data.describe()}
        return {
            "default": described | measure_fresh(data.folder, threads=cores(), times=1),
            "limited": described | measure_fresh(data.folder, threads=cores(), times=1, memory=MEMORY_LIMIT),
        }

    def training(self) -> dict[str, Any]:
        """Measure the loader's share of a training step."""
        return measure_training(self._set("sparse").folder, **self._training)

    def fit(self) -> dict[str, Any]:
        """Measure what a call of ``fit`` takes beside its steps; the size of the genome has no part in it."""
        return measure_fit(make_set(self._folder, "sparse", SMALL).folder, **self._fit)

    def prediction(self) -> dict[str, Any]:
        """Measure what a prediction takes beside the network, and its memory; it makes its own genomes."""
        return measure_prediction(self._folder, self._predicted)


CONCERNS: dict[str, Callable[[Benchmark], dict[str, Any]]] = {
    "throughput": Benchmark.throughput,
    "threads": Benchmark.threads,
    "fresh": Benchmark.fresh,
    "budget": Benchmark.budget,
    "training": Benchmark.training,
    "fit": Benchmark.fit,
    "prediction": Benchmark.prediction,
}


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("bench_out"), help="folder for data and results")
    parser.add_argument("--quick", action="store_true", help="small sets and few rounds: to try, not to quote")
    parser.add_argument("--only", nargs="+", choices=tuple(CONCERNS), default=tuple(CONCERNS), help="a part of it")
    parser.add_argument("--scale", action="store_true", help="measure how cost and start grow, and nothing else")
    parser.add_argument("--genvarloader", type=Path, metavar="PYTHON", help="interpreter that has genvarloader")
    arguments = parser.parse_args()
    output = arguments.output / "quick" if arguments.quick else arguments.output
    output.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - begin:6.0f} s  {text}", file=sys.stderr, flush=True)

    if arguments.scale:
        say("scale")
        measured = scale.measure_scale(
            _folder(arguments.output), scale.QUICK if arguments.quick else scale.FULL, cores()
        )
        _write(output / "scale.json", {"machine": describe_machine(), **measured})
        say(f"wrote {output / 'scale.json'}")
        return 0
    benchmark = Benchmark(arguments.output, arguments.quick, arguments.genvarloader)
    say("simulated sets: made once, minutes for each")
    benchmark.make_sets(arguments.only)
    target = output / "bench.json"
    # A part that is measured again takes the place of what is there; the others stay.
    results: dict[str, Any] = json.loads(target.read_text()) if target.exists() else {}
    for name in arguments.only:
        say(name)
        results[name] = CONCERNS[name](benchmark)
        results["machine"] = describe_machine()
        _write(target, results)
    text = report(results)
    (output / "bench.md").write_text(text, encoding="utf-8")
    print(text)
    say(f"wrote {target} and {output / 'bench.md'}")
    return 0


def _folder(output: Path) -> Path:
    folder = output / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, results: dict[str, Any]) -> None:
    path.write_text(json.dumps(rounded(results), indent=1) + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """Round numbers to six digits: more are noise, and make changes of the file hard to read."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())

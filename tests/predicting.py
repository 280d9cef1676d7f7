"""A small genome with signals and a model, to predict with, and an oracle for the scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import quick
from numpy.typing import NDArray
from tiny import write_bigwig, write_genome

from maxatac._core import Genome
from maxatac.data.signal_scale import SignalScale
from maxatac.model.stored import StoredModel, network_of
from maxatac.prediction.model_record import CheckWindow, ModelRecord, TrainingFacts, add_record

SIZES = {"chr2": 9_000, "chr10": 6_500, "chr1": 20_000}


def save_quick_model(path: Path, seed: int = 2, *, trained_on: Sequence[str] = (), p99: float | None = None) -> Path:
    """Save the quick network with random weights; with a record, if it is to say what it was trained on."""
    random = np.random.default_rng(seed)
    model = quick.build("")
    for weights in model.weights:
        if "kernel" in weights.path or "bias" in weights.path:
            weights.assign(random.normal(size=weights.shape))
    model.save(path)
    if trained_on:
        scales = {} if p99 is None else {"cell": SignalScale(p99 / 2, p99, 2 * p99, whole_numbers=False, covered=9)}
        facts = TrainingFacts(
            quantitative=False,
            target_scale_factor=1.0,
            training_chroms=tuple(trained_on),
            validation_chroms=(),
            cell_types=("cell",),
            unknown_start=False,
            signal=scales,
        )
        weights = [np.asarray(weights.numpy()) for layer in model.layers for weights in layer.weights]
        add_record(path, ModelRecord(facts, CheckWindow.of(StoredModel(network_of(model), weights))))
    return path


@dataclasses.dataclass(frozen=True)
class PredictSet:
    """Where the files are."""

    folder: Path
    sizes: Mapping[str, int]

    @property
    def sequence(self) -> Path:
        return self.folder / "genome.2bit"

    @property
    def model(self) -> Path:
        return self.folder / "model.keras"

    @property
    def blacklist(self) -> Path:
        return self.folder / "blacklist.bed"

    def signal(self, name: str = "A") -> Path:
        return self.folder / f"{name}.bw"

    def settings(self, output: Path, **changes: Any) -> dict[str, Any]:
        return {
            "model": [self.model], "sequence": self.sequence, "signal": [self.signal()], "output": output,
            "prefix": "x", "batch_size": 16, "threads": 1, **changes,
        }  # fmt: skip

    def arguments(self, output: Path, *more: str, **changes: Any) -> list[str]:
        """A command line; what is ``None`` in ``changes`` is left out."""
        words = ["predict"]
        for name, value in self.settings(output, **changes).items():
            if isinstance(value, bool):
                words.append(f"--{name}" if value else f"--no-{name}")
            elif isinstance(value, list | tuple):
                words += [f"--{name}", *map(str, value)]
            elif value is not None:
                words += [f"--{name}", str(value)]
        return [*words, *more]


def make(folder: Path, sizes: Mapping[str, int] = SIZES, signals: Sequence[str] = ("A", "B")) -> PredictSet:
    """Write genome, signals, blacklist and model; the 99th percentile of a signal is about 1."""
    made = PredictSet(folder, sizes)
    write_genome(made.sequence, sizes)
    for number, name in enumerate(signals):
        random = np.random.default_rng(number)
        intervals = [
            (chrom, start, min(start + 40, size), float(np.float32(random.uniform(0.05, 1))))
            for chrom, size in sizes.items()
            for start in range(0, size, 60)
        ]
        write_bigwig(made.signal(name), intervals, sizes)
    made.blacklist.write_text("chr1\t7000\t7100\n")
    save_quick_model(made.model)
    return made


def track_intervals(path: Path) -> dict[str, list[tuple[int, int, float]]]:
    """Read a bigWig by another library: the intervals of each sequence of its header."""
    with pyBigWig.open(str(path)) as track:
        return {chrom: list(track.intervals(chrom) or ()) for chrom in track.chroms()}


def expected_scores(
    made: PredictSet, chrom: str, starts: Sequence[int], *, both_strands: bool = False, signal: str = "A"
) -> NDArray[np.float64]:
    """Mean score of each bin over the windows that cover it, window by window: NaN where there is none."""
    import keras

    model = keras.models.load_model(made.model, compile=False)
    genome, size = Genome(made.sequence), made.sizes[chrom]
    with pyBigWig.open(str(made.signal(signal))) as track:
        values = np.nan_to_num(np.array(track.values(chrom, 0, size))) if chrom in track.chroms() else np.zeros(size)
    total, count = np.zeros(size // 32), np.zeros(size // 32)
    for start in starts:
        window = np.zeros((1, 1024, 5), np.float32)
        window[0, :, :4] = genome.one_hot(chrom, start, start + 1024)
        window[0, :, 4] = values[start : start + 1024]
        scores = [np.asarray(model.predict_on_batch(window))[0]]
        if both_strands:
            turned = np.concatenate([window[:, ::-1, 3::-1], window[:, ::-1, 4:]], axis=2)
            scores.append(np.asarray(model.predict_on_batch(turned))[0, ::-1])
        for found in scores:
            total[start // 32 : start // 32 + 32] += found
            count[start // 32 : start // 32 + 32] += 1
    with np.errstate(invalid="ignore"):
        return total / count

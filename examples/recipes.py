"""Networks and recipes compared on real yeast data, with the public Trainer.

``python examples/recipes.py DATA OUT`` trains each line of ``LINES`` with each seed on the yeast set in DATA, and
writes to OUT what whole validation chromosomes say of it. A run that is there already is not repeated. ``--table``
prints the table of the docs from these files, with the mean paired difference from ``--base`` and its interval. The
test chromosomes are not looked at. ``KERAS_BACKEND=jax`` made the docs' numbers.

Every line sees the same number of windows, and differs in one thing from another line.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from yeast import TRAINING_CHROMS, VALIDATION_CHROMS, WINDOWS

Scored = dict[str, tuple[NDArray[np.bool_], NDArray[np.float32]]]
"""Labels and predictions of the bins of each chromosome that have both."""


@dataclasses.dataclass(frozen=True)
class Line:
    """A network, and how it is trained.

    Attributes
    ----------
    arch : str
        Name of the architecture.
    network : dict
        Arguments of the architecture.
    learning_rate : float
        Of Adam.
    is_cosine : bool
        Whether the rate rises in the first 5 % of the steps and falls to 0 at the last, along a half cosine.
    weight_decay : float
    ema : float
        Share of the average of the weights that stays at each step; 0 for none.
    batch_size, jitter : int
    rand_ratio : float
    """

    arch: str = "DRN"
    network: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    learning_rate: float = 1e-3
    is_cosine: bool = False
    weight_decay: float = 0.0
    ema: float = 0.999
    batch_size: int = 10
    jitter: int = 480
    rand_ratio: float = 0.5


LINES: dict[str, Line] = {
    "DCNN_V2, batches of 100, no average": Line("DCNN_V2", batch_size=100, ema=0),
    "DCNN_V2, batches of 100, average 0.99": Line("DCNN_V2", batch_size=100, ema=0.99),
    "DCNN_V2, batches of 10, average 0.999": Line("DCNN_V2"),
    "DRN, batches of 10, average 0.999": Line(),
    "batches of 100": Line(batch_size=100),
    "batches of 25": Line(batch_size=25),
    "batches of 5": Line(batch_size=5),
    "no average": Line(ema=0),
    "rate 0.002": Line(learning_rate=0.002),
    "rate 0.002 along a cosine, average 0.99": Line(learning_rate=0.002, is_cosine=True, ema=0.99),
    "rate 0.002 along a cosine, average 0.99, batches of 100": Line(
        learning_rate=0.002, is_cosine=True, ema=0.99, batch_size=100
    ),
    "weight decay 0.01": Line(weight_decay=0.01),
    "4 blocks": Line(network={"blocks": 4}),
    "96 filters": Line(network={"filters": 96}),
    "filters of 25 bp": Line(network={"motif": 25}),
    "70 % random windows": Line(rand_ratio=0.7),
}


def optimizer(line: Line, steps: int) -> Any:
    """Make the optimiser of a line for a run of so many steps."""
    import keras

    from maxatac.model.averaging import keep_average
    from maxatac.model.optimizer import adam

    made = adam(line.learning_rate)
    if line.is_cosine:
        rising = round(0.05 * steps)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps - rising, warmup_target=line.learning_rate, warmup_steps=rising
        )
        made = keras.optimizers.Adam(rate, epsilon=1e-7, name="adam")
    if line.weight_decay:
        made = keras.optimizers.AdamW(line.learning_rate, line.weight_decay, epsilon=1e-7, name="adam")
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if line.ema:
        keep_average(made, line.ema)
    return made


class Study:
    """A line with a seed: its data and its trainer."""

    def __init__(self, data: Path, tf: str, seed: int, epochs: int, line: Line, folder: Path) -> None:
        from maxatac import TrainConfig, Trainer
        from maxatac.backend.device import seed_backend
        from maxatac.model.architectures import build
        from maxatac.model.losses import binary_cross_entropy
        from maxatac.runs.folder import RunFolder
        from maxatac.training.inputs import open_inputs
        from maxatac.training.samplers import make_samplers
        from maxatac.training.trainer import Objective, TrainingData

        batches = WINDOWS // line.batch_size
        config = TrainConfig(
            sequence=data / "sacCer3.2bit", meta_file=data / f"meta_{tf}.tsv", blacklist=data / "sacCer3_blacklist.bed",
            tchroms=TRAINING_CHROMS, vchroms=VALIDATION_CHROMS, output=folder, seed=seed, rev_comp_train=True,
            epochs=epochs, batches=batches, batch_size=line.batch_size, val_batch_size=100, jitter=line.jitter,
            rand_ratio=line.rand_ratio, force=True, test=False,
        )  # fmt: skip
        self.inputs = open_inputs(config, RunFolder(folder, "recipe"))
        sampler = make_samplers(config, self.inputs, seed)["training"]
        self.reader = sampler.reader
        seed_backend(seed)
        self.trainer = Trainer(
            build(line.arch, **line.network),
            TrainingData({"training": sampler}, batches),
            Objective(optimizer(line, epochs * batches), binary_cross_entropy),
        )

    def score(self, chroms: Sequence[str]) -> Scored:
        """Predict whole chromosomes of the first cell type, both strands."""
        from maxatac import Track
        from maxatac.data.bins import bin_labels
        from maxatac.prediction.chromosome import predict_chromosomes
        from maxatac.prediction.windows import tiled

        binding = Track(self.inputs.training[0].binding)
        windows = tiled(chroms, self.inputs.genome.chrom_sizes, blacklist=self.inputs.blacklist)
        scored = {}
        for found in predict_chromosomes(self.trainer.model, self.reader, windows, both_strands=True):
            values = found.values[0]
            is_known = ~np.isnan(values)
            scored[found.chrom] = (bin_labels(binding, found.chrom, len(values))[is_known], values[is_known])
        return scored


def average_precision(scored: Scored) -> float:
    """Rank all bins together."""
    from maxatac.evaluation.ranking import Ranking

    labels, values = (np.concatenate(parts) for parts in zip(*scored.values(), strict=True))
    return Ranking.of(labels, values).average_precision


def run(study: Study, epochs: int, at: Sequence[int], stem: Path, about: Mapping[str, Any]) -> None:
    """Train a line, and score it after some of its epochs."""
    course, seconds = [], 0.0
    for epoch in range(1, epochs + 1):
        begin = time.process_time()
        row, _ = study.trainer.run_epoch(epoch - 1)
        seconds += time.process_time() - begin
        course.append({"epoch": epoch, "loss": row["loss"]})
        if epoch in at or epoch == epochs:
            scored = study.score(VALIDATION_CHROMS)
            course[-1]["average_precision"] = average_precision(scored)
            told = f"{seconds:.0f} s of CPU, loss {row['loss']:.4f}, {course[-1]['average_precision']:.4f}"
            print(f"{stem.name}: epoch {epoch}, {told}", flush=True)
    arrays: dict[str, Any] = {
        f"{chrom}_{place}": part for chrom, pair in scored.items() for place, part in enumerate(pair)
    }
    np.savez(stem.with_suffix(".npz"), **arrays)
    numbers = int(study.trainer.model.count_params())
    found = {**about, "numbers": numbers, "seconds": seconds, "epochs": epochs, "course": course}
    stem.with_suffix(".json").write_text(json.dumps(found, indent=1))


def table(output: Path, tf: str, base: str) -> None:
    """Print the average precision of each line, and its mean difference from another with an interval."""
    runs = [json.loads(path.read_text()) for path in sorted(output.glob(f"*_{tf}_*.json"))]
    found = {(run["line"], run["seed"]): run for run in runs}
    seeds = sorted({seed for _, seed in found})
    at = [entry["epoch"] for entry in runs[0]["course"] if "average_precision" in entry]
    heads = [f"epoch {epoch}, {' / '.join(f'seed {seed}' for seed in seeds)}" for epoch in at]
    print(f"| {tf} | numbers | CPU time | {' | '.join(heads)} | mean | difference from {base} |")
    print(f"|---|---|---|{'---|' * len(at)}---|---|")
    for line in LINES:
        of_line = [found[line, seed] for seed in seeds if (line, seed) in found]
        if not of_line:
            continue
        scores = [[run["course"][epoch - 1]["average_precision"] for run in of_line] for epoch in at]
        cells = [" / ".join(f"{value:.3f}" for value in values) for values in scores]
        shared = [run["seed"] for run in of_line if (base, run["seed"]) in found]
        told = ""
        if shared and line != base:
            low, middle, high = difference(output, tf, line, base, shared)
            told = f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"
        seconds = np.mean([run["seconds"] for run in of_line])
        print(f"| {line} | {of_line[0]['numbers']:,} | {seconds:.0f} s | {' | '.join(cells)} | "
              f"{np.mean(scores[-1]):.3f} | {told} |")  # fmt: skip


def difference(output: Path, tf: str, line: str, base: str, seeds: Sequence[int]) -> tuple[float, float, float]:
    """Give the mean difference over the seeds between its limits, from the same resamples of blocks for both."""
    from maxatac.evaluation.bootstrap import block_length, draw_weights, interval, number_blocks, resample
    from maxatac.evaluation.ranking import METRICS

    place = METRICS.index("average_precision")
    differences = []
    for seed in seeds:
        both = []
        for name in (line, base):
            with np.load(output / f"{_slug(name)}_{tf}_{seed}.npz") as file:
                scored = {chrom: (file[f"{chrom}_0"], file[f"{chrom}_1"]) for chrom in VALIDATION_CHROMS}
            covered = {chrom: np.ones(len(labels), np.bool_) for chrom, (labels, _) in scored.items()}
            blocks, count = number_blocks(covered, 32, block_length(covered, 32))
            labels, values = (np.concatenate(parts) for parts in zip(*scored.values(), strict=True))
            result = resample(labels, values, blocks, draw_weights(count, 1))
            both.append(np.array([result.values["average_precision"], *result.resampled[:, place]]))
        differences.append(both[0] - both[1])
    mean = np.mean(differences, axis=0)
    low, high = interval(mean[1:])
    return low, float(mean[0]), high


def _slug(line: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in line)


def main() -> None:
    """Train what is asked for, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the yeast set")
    parser.add_argument("output", type=Path)
    parser.add_argument("--lines", nargs="+", default=list(LINES), choices=LINES, metavar="LINE")
    parser.add_argument("--tf", default="Abf1")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--score_epochs", nargs="+", type=int, default=[])
    parser.add_argument("--table", action="store_true", help="print the table of the runs that are there")
    parser.add_argument("--base", default=list(LINES)[3], choices=LINES, help="line that others are compared with")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.table:
        table(arguments.output, arguments.tf, arguments.base)
        return
    for name in arguments.lines:
        for seed in arguments.seeds:
            stem = arguments.output / f"{_slug(name)}_{arguments.tf}_{seed}"
            if stem.with_suffix(".json").exists():
                continue
            folder = arguments.output / f"{stem.name}_inputs"
            study = Study(arguments.data, arguments.tf, seed, arguments.epochs, LINES[name], folder)
            about = {"line": name, "tf": arguments.tf, "seed": seed, **dataclasses.asdict(LINES[name])}
            run(study, arguments.epochs, arguments.score_epochs, stem, about)


if __name__ == "__main__":
    main()

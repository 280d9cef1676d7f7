"""Ways to train better, measured on real yeast data.

``python examples/recipes.py DATA OUT`` trains each recipe with each seed on the yeast set in DATA and writes what the
validation chromosomes say of it to OUT/<recipe>_<tf>_seed<seed>.json. A run that is there already is not repeated.
``--table`` prints the table of the docs from these files. ``--test plain "residual: ema 0.99"`` scores two of its lines
on the test chromosomes, which nothing else here looks at. ``KERAS_BACKEND=jax`` made the docs' numbers.

A recipe is one change to the plain one. Averages of weights are computed beside each run, for they change nothing in
its course.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRAINING_CHROMS = [f"chr{name}" for name in "I II IV V VI VII VIII X XI XIII XIV XV".split()]
VALIDATION_CHROMS = ["chrIX", "chrXVI"]
TEST_CHROMS = ["chrIII", "chrXII"]
BATCHES = 40
DECAYS = (0.99, 0.998)
AVERAGED = (5, 10)
PATIENCES = (3, 8)

Weights = list[NDArray[np.float32]]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One way to train."""

    residual: bool = False
    loss: str = "plain"
    schedule: str = "plain"
    negatives: dict[str, float] | None = None


RECIPES = {
    "plain": Recipe(),
    "residual": Recipe(residual=True),
    "cosine": Recipe(schedule="cosine"),
    "plateau": Recipe(schedule="plateau"),
    "focal": Recipe(loss="focal"),
    "class_weight": Recipe(loss="class_weight"),
    "negatives": Recipe(negatives={"accessible": 0.5, "gc": 0.3, "random": 0.2}),
}


def residual_network() -> Any:
    """DCNN_V2 with the input of each block added to its output, by way of a convolution of width 1."""
    import keras
    from keras import layers

    x = inputs = layers.Input(shape=(1024, 5), name="window")
    for number, (filters, dilation) in enumerate(((15, 1), (22, 1), (33, 2), (50, 4), (75, 8)), start=1):
        shortcut = layers.Conv1D(filters, 1, padding="same", name=f"shortcut_{number}")(x)
        for half in "ab":
            x = layers.Conv1D(
                filters, 7, padding="same", dilation_rate=dilation, activation="relu", name=f"conv_{number}{half}"
            )(x)
            x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"batch_norm_{number}{half}")(x)
        x = layers.Add(name=f"add_{number}")([x, shortcut])
        x = layers.MaxPooling1D(pool_size=2, strides=2, name=f"pool_{number}")(x)
    x = layers.Conv1D(1, 1, padding="same", activation="sigmoid", name="conv_head")(x)
    return keras.Model(inputs, layers.Flatten(name="bins")(x), name="res_dcnn_v2")


def loss_of(name: str) -> Callable[[Any, Any], Any]:
    """Make the loss of a recipe; none of the yeast targets is unknown."""
    from keras import ops

    from maxatac.model.losses import binary_cross_entropy

    def focal(y_true: Any, y_pred: Any) -> Any:
        p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
        of_truth = y_true * p + (1 - y_true) * (1 - p)
        return ops.mean(-ops.square(1 - of_truth) * ops.log(of_truth))

    def class_weight(y_true: Any, y_pred: Any) -> Any:
        p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
        return ops.mean(-(5.0 * y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)))

    return {"plain": binary_cross_entropy, "focal": focal, "class_weight": class_weight}[name]


def optimizer_of(schedule: str, epochs: int) -> Any:
    """Make Adam with the schedule of a recipe."""
    import keras

    from maxatac.model.optimizer import adam

    if schedule == "cosine":
        warm_up = 2 * BATCHES
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, epochs * BATCHES - warm_up, alpha=0.01, warmup_target=1e-3, warmup_steps=warm_up
        )
        return keras.optimizers.Adam(learning_rate=rate, epsilon=1e-7, name="adam")
    if schedule == "plateau":
        return keras.optimizers.Adam(learning_rate=1e-3, epsilon=1e-7, name="adam")
    return adam()


def with_negatives(inputs: Any, shares: dict[str, float], seed: int) -> Any:
    """Let half of the training pool be chosen negatives: peaks without binding, and windows with the GC of peaks.

    The share named ``random`` is left to the sampler. Regions are repeated until each kind has its share.
    """
    from maxatac.data.regions import KINDS

    pool = inputs.pools["training"]
    rng = np.random.default_rng(seed)
    atac = pool.kind == KINDS.index("ATAC")
    bound = [(pool.chrom[i], pool.start[i]) for i in np.flatnonzero(~atac)]
    starts_of: dict[int, list[int]] = {}
    for chrom, start in bound:
        starts_of.setdefault(int(chrom), []).append(int(start))
    free = np.array(
        [
            all(abs(int(s) - b) >= 1024 for b in starts_of.get(int(c), ()))
            for c, s in zip(pool.chrom, pool.start, strict=True)
        ]
    )
    accessible = np.flatnonzero(atac & free)

    def gc(chrom: int, start: int) -> float:
        one_hot = inputs.genome.one_hot(pool.chroms[chrom], start, start + 1024)
        return float(one_hot[:, 1:3].sum() / 1024)

    wanted = np.array([gc(int(c), int(s)) for c, s in zip(pool.chrom, pool.start, strict=True)])
    sizes = np.array([inputs.genome.chrom_sizes[name] for name in pool.chroms])
    chroms = rng.choice(len(sizes), 20_000, p=sizes / sizes.sum())
    starts = (rng.random(20_000) * (sizes[chroms] - 1024)).astype(np.int64)
    candidates = np.array([gc(int(c), int(s)) for c, s in zip(chroms, starts, strict=True)])
    edges = np.linspace(0.2, 0.6, 21)
    target = np.bincount(np.digitize(wanted, edges), minlength=22) / len(wanted)
    have = np.bincount(np.digitize(candidates, edges), minlength=22) / len(candidates)
    weight = (target / np.maximum(have, 1e-9))[np.digitize(candidates, edges)] * (have > 0)[
        np.digitize(candidates, edges)
    ]
    picked = rng.choice(len(candidates), 4_000, p=weight / weight.sum())

    # The random share of a batch is half; what of it is not random becomes part of the pool.
    n = len(pool)
    part = 1 - 0.5 * shares["random"]
    copies = 4
    n_accessible = round(copies * n * 0.5 * shares["accessible"] / 0.5)
    n_gc = round(copies * n * 0.5 * shares["gc"] / 0.5)
    again = np.tile(np.arange(n), copies)
    chosen = rng.choice(accessible, n_accessible)
    gc_rows = rng.choice(picked, n_gc)
    extended = dataclasses.replace(
        pool,
        chrom=np.concatenate([pool.chrom[again], pool.chrom[chosen], chroms[gc_rows].astype(np.int32)]),
        start=np.concatenate([pool.start[again], pool.start[chosen], starts[gc_rows]]),
        kind=np.concatenate([pool.kind[again], pool.kind[chosen], np.full(n_gc, KINDS.index("ATAC"), np.int8)]),
        cell=np.concatenate(
            [pool.cell[again], pool.cell[chosen], rng.integers(0, len(pool.cell_lines), n_gc, np.int32)]
        ),
    )
    assert 0 < part < 1
    return dataclasses.replace(inputs, pools={**inputs.pools, "training": extended}), 1 - part


class Averager:
    """Exponential moving averages of the trainable weights, after each step."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.averages: dict[float, Weights] | None = None

    def update(self) -> None:
        """Count the weights as they are now."""
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        now = [np.asarray(variable) for variable in self.model.trainable_variables]
        if self.averages is None:
            self.averages = {decay: [value.copy() for value in now] for decay in DECAYS}
            return
        for decay, average in self.averages.items():
            for held, value in zip(average, now, strict=True):
                held += np.float32(1 - decay) * (value - held)


class Study:
    """A recipe with a seed: its data and its model."""

    def __init__(self, data: Path, tf: str, seed: int, epochs: int, recipe: Recipe, folder: Path) -> None:
        from maxatac import TrainConfig, Trainer
        from maxatac.backend.device import seed_backend
        from maxatac.model.architectures import build
        from maxatac.runs.folder import RunFolder
        from maxatac.training.inputs import open_inputs
        from maxatac.training.samplers import make_samplers
        from maxatac.training.trainer import Objective, TrainingData

        config = TrainConfig(
            sequence=data / "sacCer3.2bit", meta_file=data / f"meta_{tf}.tsv", blacklist=data / "sacCer3_blacklist.bed",
            tchroms=TRAINING_CHROMS, vchroms=VALIDATION_CHROMS, output=folder, seed=seed, rev_comp_train=True,
            epochs=epochs, batches=BATCHES, batch_size=100, val_batch_size=100, jitter=480, rand_ratio=0.5, force=True,
            test=False,
        )  # fmt: skip
        inputs = open_inputs(config, RunFolder(folder, "recipe"))
        if recipe.negatives is not None:
            inputs, ratio = with_negatives(inputs, recipe.negatives, seed)
            config = dataclasses.replace(config, rand_ratio=ratio)
        sampler = make_samplers(config, inputs, seed)["training"]
        self.seed, self.inputs, self.first = seed, inputs, inputs.training[0]
        self.reader = sampler.reader
        seed_backend(seed)
        self.trainer = Trainer(
            residual_network() if recipe.residual else build("DCNN_V2"),
            TrainingData({"training": sampler}, BATCHES),
            Objective(optimizer_of(recipe.schedule, epochs), loss_of(recipe.loss)),
        )
        self.model = self.trainer.model

    def take(self, weights: Weights) -> None:
        """Give the model trainable weights, and batch-norm statistics that fit them."""
        for variable, value in zip(self.model.trainable_variables, weights, strict=True):
            variable.assign(value)
        self.trainer.measure_statistics()

    def bins(self, chroms: list[str]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Predict whole chromosomes of the first cell type: labels and predictions of the bins that have one."""
        from maxatac import Track
        from maxatac.data.bins import bin_labels
        from maxatac.prediction.chromosome import predict_chromosomes
        from maxatac.prediction.windows import tiled

        binding = Track(self.first.binding)
        windows = tiled(chroms, self.inputs.genome.chrom_sizes, blacklist=self.inputs.blacklist)
        predicted = {
            found.chrom: found.values[0]
            for found in predict_chromosomes(self.model, self.reader, windows, both_strands=True)
        }
        labels = np.concatenate([bin_labels(binding, chrom, len(values)) for chrom, values in predicted.items()])
        values = np.concatenate(list(predicted.values()))
        return labels[~np.isnan(values)], values[~np.isnan(values)]


def run(study: Study, epochs: int, recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Train one recipe and score the validation chromosomes."""
    import keras

    from maxatac.data.genome_like import GenomeBatches, draw_genome_windows
    from maxatac.evaluation.ranking import Ranking

    model, inputs = study.model, study.inputs
    windows = draw_genome_windows(
        inputs.genome.chrom_sizes, VALIDATION_CHROMS, 1, inputs.blacklist, number=None, seed=study.seed
    )
    judged = GenomeBatches(windows, study.reader, batch_size=256)
    averager = Averager(model)
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: averager.update())

    def quick() -> float:
        labels, scores = [], []
        for index in range(len(judged)):
            batch, targets = judged[index]
            rows = len(judged.cells(index))
            scores.append(model.predict_on_batch(batch)[:rows].ravel())
            labels.append(targets[:rows].ravel() > 0.5)
        return Ranking.of(np.concatenate(labels), np.concatenate(scores)).average_precision

    begin = time.process_time()
    course: list[dict[str, float]] = []
    kept: list[Weights] = []
    best, since = -1.0, 0
    for epoch in range(epochs):
        row, _ = study.trainer.run_epoch(epoch, callback)
        score = quick()
        kept.append([np.asarray(variable).copy() for variable in model.trainable_variables])
        course.append({"loss": row["loss"], "average_precision": score})
        if recipe.schedule == "plateau":
            best, since = (score, 0) if score > best else (best, since + 1)
            if since == 4:
                model.optimizer.learning_rate = float(model.optimizer.learning_rate) / 2
                since = 0
        print(f"{folder.name}: epoch {epoch + 1}, {time.process_time() - begin:.0f} s, {score:.4f}", flush=True)
    seconds = time.process_time() - begin
    ranked = sorted(range(epochs), key=lambda epoch: -course[epoch]["average_precision"])
    averages = averager.averages or {}
    lines: dict[str, Weights] = {"last": kept[-1], "best": kept[ranked[0]]}
    lines |= {f"early stopping {patience}": kept[best_before(course, patience)] for patience in PATIENCES}
    lines |= {f"ema {decay}": averages[decay] for decay in DECAYS}
    lines |= {f"mean of last {k}": _mean(kept[-k:]) for k in AVERAGED}
    lines |= {f"mean of best {k}": _mean([kept[epoch] for epoch in ranked[:k]]) for k in AVERAGED}
    found = {}
    for name, weights in lines.items():
        study.take(weights)
        ranking = Ranking.of(*study.bins(VALIDATION_CHROMS))
        found[name] = {"average_precision": ranking.average_precision, "auroc": ranking.auroc}
    folder.mkdir(parents=True, exist_ok=True)
    for name, sets in (("epochs", dict(enumerate(kept))), ("ema", averages)):
        arrays: dict[str, Any] = {
            f"{key}_{i}": array for key, weights in sets.items() for i, array in enumerate(weights)
        }
        np.savez(folder / f"{name}.npz", **arrays)
    return {"seconds": seconds, "course": course, "scores": found}


def best_before(course: Sequence[Mapping[str, float]], patience: int) -> int:
    """Find the best epoch of a run that ends after ``patience`` epochs without a better one."""
    from maxatac.evaluation.selection import best_epoch, is_over

    best = 0
    for finished in range(1, len(course) + 1):
        best = best_epoch(course[:finished], column="average_precision") or 0
        if is_over(finished, best, patience):
            break
    return best


def table(output: Path) -> None:
    """Print the average precision of each line for each seed."""
    runs = [json.loads(path.read_text()) for path in sorted(output.glob("*.json"))]
    lines: dict[tuple[str, str, str], dict[int, float]] = {}
    for found in runs:
        for name, scores in found["scores"].items():
            lines.setdefault((found["tf"], found["recipe"], name), {})[found["seed"]] = scores["average_precision"]
    seeds = sorted({found["seed"] for found in runs})
    print(f"| factor | recipe | weights | {' | '.join(f'seed {seed}' for seed in seeds)} | mean |")
    print("|---|---|---|" + "---|" * (len(seeds) + 1))
    for (tf, recipe, name), values in lines.items():
        told = [f"{values[seed]:.3f}" if seed in values else "" for seed in seeds]
        print(f"| {tf} | {recipe} | {name} | {' | '.join(told)} | {np.mean(list(values.values())):.3f} |")


def weights_of(output: Path, line: str, tf: str, seed: int) -> tuple[Recipe, Weights]:
    """Read the weights of a line of the table: ``recipe: last``, ``recipe: ema 0.99``; the last if not said."""
    recipe, _, name = line.partition(": ")
    name = name or "last"
    kind, _, decay = name.partition(" ")
    folder = output / f"{recipe}_{tf}_seed{seed}"
    if kind == "ema":
        with np.load(folder / "ema.npz") as file:
            count = len(file.files) // len(DECAYS)
            return RECIPES[recipe], [file[f"{decay}_{i}"] for i in range(count)]
    if name != "last":
        raise SystemExit(f"{line}: expected RECIPE, or RECIPE: ema DECAY")
    with np.load(folder / "epochs.npz") as file:
        last = max(int(key.split("_")[0]) for key in file.files)
        return RECIPES[recipe], [file[f"{last}_{i}"] for i in range(len(file.files) // (last + 1))]


def compare(data: Path, output: Path, lines: list[str], tf: str, seeds: list[int], epochs: int) -> None:
    """Score two lines on the test chromosomes, with a paired interval over blocks of the genome."""
    from maxatac.evaluation.bootstrap import Resampled, block_length, draw_weights, interval, number_blocks, resample
    from maxatac.evaluation.ranking import METRICS

    place = METRICS.index("average_precision")
    found: dict[str, list[Resampled]] = {line: [] for line in lines}
    for seed in seeds:
        for line in lines:
            recipe, weights = weights_of(output, line, tf, seed)
            study = Study(data, tf, seed, epochs, recipe, output / "test")
            study.trainer.data.set_epoch(epochs - 1)
            study.take(weights)
            by_chrom = {chrom: study.bins([chrom]) for chrom in TEST_CHROMS}
            # All bins of a chromosome that were predicted, in their order: places in it are lost, blocks stay blocks.
            covered = {chrom: np.ones(len(labels), np.bool_) for chrom, (labels, _) in by_chrom.items()}
            blocks, count = number_blocks(covered, 32, block_length(covered, 32))
            labels, scores = (np.concatenate(parts) for parts in zip(*by_chrom.values(), strict=True))
            result = resample(labels, scores, blocks, draw_weights(count, 1))
            found[line].append(result)
            print(f"{tf} seed {seed}, {line}: {result.values['average_precision']:.4f}", flush=True)
    one, other = (
        np.mean([[result.values["average_precision"], *result.resampled[:, place]] for result in found[line]], axis=0)
        for line in lines
    )
    for line, means in zip(lines, (one, other), strict=True):
        spread = [result.values["average_precision"] for result in found[line]]
        low, high = interval(means[1:])
        print(f"{line}: mean {means[0]:.4f} ({low:.4f} to {high:.4f}), seeds {min(spread):.4f} to {max(spread):.4f}")
    low, high = interval(other[1:] - one[1:])
    print(f"{lines[1]} minus {lines[0]}: {other[0] - one[0]:+.4f} ({low:+.4f} to {high:+.4f}), {count} blocks")


def _mean(sets: Sequence[Weights]) -> Weights:
    return [np.asarray(np.mean(values, axis=0, dtype=np.float64), np.float32) for values in zip(*sets, strict=True)]


def main() -> None:
    """Train what is asked for, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the yeast set")
    parser.add_argument("output", type=Path)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--tf", nargs="+", default=["Abf1"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=36)
    parser.add_argument("--table", action="store_true", help="print the table of the runs that are there")
    parser.add_argument("--test", nargs=2, metavar="LINE", help="score two lines on the test chromosomes")
    arguments = parser.parse_args()
    if arguments.table:
        table(arguments.output)
        return
    if arguments.test:
        for tf in arguments.tf:
            compare(arguments.data, arguments.output, arguments.test, tf, arguments.seeds, arguments.epochs)
        return
    for seed in arguments.seeds:
        for tf in arguments.tf:
            for name in arguments.recipes:
                stem = f"{name}_{tf}_seed{seed}"
                result = arguments.output / f"{stem}.json"
                if result.exists():
                    continue
                recipe, folder = RECIPES[name], arguments.output / stem
                study = Study(arguments.data, tf, seed, arguments.epochs, recipe, folder)
                found = run(study, arguments.epochs, recipe, folder)
                result.write_text(json.dumps({"recipe": name, "tf": tf, "seed": seed, **found}, indent=1))


if __name__ == "__main__":
    main()

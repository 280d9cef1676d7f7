"""The worked example: train on real yeast data, score whole chromosomes that the model has never seen.

``python examples/yeast.py DATA OUT`` trains on the yeast set in DATA, once per factor and seed, and writes the average
precision per 32-bp bin to OUT/scores.tsv. A run that is finished already is scored and not repeated. Set
``KERAS_BACKEND=jax`` for the speed of JAX; the docs' numbers were made so.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

TRAINING_CHROMS = [f"chr{name}" for name in "I II IV V VI VII VIII X XI XIII XIV XV".split()]
VALIDATION_CHROMS = ["chrIX", "chrXVI"]
TEST_CHROMS = ["chrIII", "chrXII"]
WINDOWS = 4_000
"""Of an epoch, whatever the size of a batch."""

BATCH_SIZES = {"DCNN_V2": 100, "DRN": 10}
SELECT = {"DCNN_V2": "dice", "DRN": "average_precision"}
"""What the best epoch is best in: as the original, and what the scores below measure."""

COLUMNS = ("tf", "seed", "epoch", "chroms", "model", "members", "auroc", "atac_alone", "prevalence")


def train(data: Path, output: Path, tf: str, seed: int, settings: dict[str, Any]) -> None:
    """Train one model, unless the folder holds a finished run."""
    from maxatac import TrainConfig
    from maxatac import train as run
    from maxatac.runs.folder import RunFolder

    folder = RunFolder(output, tf)
    if folder.record.is_file():
        record = json.loads(folder.record.read_text())
        if record["status"] == "finished" and settings.items() <= record["settings"].items():
            return
    run(
        TrainConfig(
            sequence=data / "sacCer3.2bit",
            meta_file=data / f"meta_{tf}.tsv",
            blacklist=data / "sacCer3_blacklist.bed",
            tchroms=TRAINING_CHROMS,
            vchroms=VALIDATION_CHROMS,
            output=output,
            prefix=tf,
            seed=seed,
            rev_comp_train=True,
            force=True,
            **settings,
        )
    )


def members_of(model: Any) -> list[Any]:
    """Give the members of an ensemble, each as a model of its own; none of a single network."""
    import keras

    predictions = model.layers[-1].input
    return [keras.Model(model.input, each) for each in predictions] if isinstance(predictions, list) else []


def score(data: Path, output: Path, tf: str, seed: int, epoch: int | None, chroms: list[str]) -> dict[str, Any]:
    """Score the checkpoint of an epoch (none: the selected one) on whole chromosomes of the first cell type."""
    import keras

    from maxatac import Genome, Track, WindowReader
    from maxatac.data.bins import bin_labels, signal_bins
    from maxatac.data.meta_file import read_meta
    from maxatac.errors import Problems
    from maxatac.evaluation.benchmark import score_predictors
    from maxatac.evaluation.ranking import MODEL, SIGNAL
    from maxatac.genome.blacklist import read_blacklist
    from maxatac.prediction.chromosome import predict_chromosomes
    from maxatac.prediction.windows import tiled
    from maxatac.runs.folder import RunFolder

    folder = RunFolder(output, tf)
    path = folder.folder / folder.best_epoch.read_text().strip() if epoch is None else folder.checkpoint(epoch)
    model = keras.models.load_model(path, compile=False)
    models = {MODEL: model} | {f"member {number}": member for number, member in enumerate(members_of(model), start=1)}
    problems = Problems()
    first = read_meta(data / f"meta_{tf}.tsv", problems)[0]
    genome, signal, binding = Genome(data / "sacCer3.2bit"), Track(first.signal), Track(first.binding)
    blacklist = read_blacklist(data / "sacCer3_blacklist.bed", problems)
    reader = WindowReader(genome, [signal])
    predicted = {}
    for name, each in models.items():
        each.compile(jit_compile=True)
        windows = tiled(chroms, genome.chrom_sizes, blacklist=blacklist)
        found = predict_chromosomes(each, reader, windows, both_strands=True)
        predicted[name] = {part.chrom: part.values[0] for part in found}
    n_bins = {chrom: len(values) for chrom, values in predicted[MODEL].items()}
    scores = score_predictors(
        {chrom: bin_labels(binding, chrom, number) for chrom, number in n_bins.items()},
        predicted | {SIGNAL: {chrom: signal_bins(signal, chrom, number) for chrom, number in n_bins.items()}},
    )
    return {
        "tf": tf,
        "seed": seed,
        "epoch": path.stem.rpartition("_")[2],
        "chroms": " ".join(chroms),
        "model": round(scores.value(MODEL), 4),
        "members": " ".join(f"{scores.value(name):.4f}" for name in models if name != MODEL),
        "auroc": round(scores.value(MODEL, "auroc"), 4),
        "atac_alone": round(scores.value(SIGNAL), 4),
        "prevalence": round(scores.prevalence, 5),
    }


def main() -> None:
    """Train and score every factor and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the yeast set")
    parser.add_argument("output", type=Path, help="folder for runs and scores")
    parser.add_argument("--tf", nargs="+", default=["Abf1", "Rap1"], help="factors; default: Abf1 Rap1")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="default: 1 2 3")
    parser.add_argument("--arch", choices=BATCH_SIZES, default="DRN", help="default: DRN")
    parser.add_argument("--ensemble", type=int, default=1, help="networks per run; default: 1")
    parser.add_argument("--epochs", type=int, default=36)
    parser.add_argument("--batch_size", type=int, help="default: 10; 100 for DCNN_V2")
    parser.add_argument("--jitter", type=int, default=480)
    parser.add_argument("--rand_ratio", type=float, default=0.5)
    parser.add_argument("--score_epochs", nargs="+", type=int, help="default: the last epoch and the selected one")
    parser.add_argument("--validation_only", action="store_true", help="leave the test chromosomes alone")
    arguments = parser.parse_args()

    from maxatac.cli.logs import log_to_stderr

    log_to_stderr("info")
    settings = {name: getattr(arguments, name) for name in ("arch", "ensemble", "epochs", "jitter", "rand_ratio")}
    settings["batch_size"] = settings["val_batch_size"] = arguments.batch_size or BATCH_SIZES[arguments.arch]
    settings["batches"] = WINDOWS // settings["batch_size"]
    settings["select"] = SELECT[arguments.arch]
    chrom_sets = [VALIDATION_CHROMS] if arguments.validation_only else [VALIDATION_CHROMS, TEST_CHROMS]
    rows = []
    for tf in arguments.tf:
        for seed in arguments.seeds:
            output = arguments.output / f"{tf}_seed{seed}"
            train(arguments.data, output, tf, seed, settings)
            for epoch in arguments.score_epochs or (arguments.epochs, None):
                for chroms in chrom_sets:
                    rows.append(score(arguments.data, output, tf, seed, epoch, chroms))
                    print(*(f"{name} {rows[-1][name]}" for name in COLUMNS), sep=", ", flush=True)
    table = arguments.output / "scores.tsv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"scores are in {table}")


if __name__ == "__main__":
    main()

"""What batch-norm statistics are worth in the first epochs: as they move, with a lower momentum, and measured anew.

``python examples/batch_norm.py DATA`` trains twice on the yeast set in DATA (Abf1; the two trainings differ in the
momentum alone, so their weights are the same) and scores whole validation chromosomes after a number of steps.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from yeast import TRAINING_CHROMS, VALIDATION_CHROMS

STEPS_PER_EPOCH = 40
SCORED_EPOCHS = (1, 4, 8)


def main() -> None:
    """Train, score, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the yeast set")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    import keras

    from maxatac import TrainConfig, WindowDataset
    from maxatac.data.bins import bin_labels
    from maxatac.evaluation.benchmark import score_predictors
    from maxatac.evaluation.ranking import MODEL
    from maxatac.model.architectures import build
    from maxatac.model.batch_norm import StatisticsEstimator
    from maxatac.model.losses import binary_cross_entropy
    from maxatac.model.optimizer import adam
    from maxatac.prediction.chromosome import predict_chromosomes
    from maxatac.prediction.windows import tiled
    from maxatac.runs.folder import RunFolder
    from maxatac.training.inputs import open_inputs
    from maxatac.training.samplers import STATISTICS_STREAM, make_samplers, statistics_batches

    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(
            sequence=arguments.data / "sacCer3.2bit",
            meta_file=arguments.data / "meta_Abf1.tsv",
            blacklist=arguments.data / "sacCer3_blacklist.bed",
            tchroms=TRAINING_CHROMS,
            vchroms=VALIDATION_CHROMS,
            output=Path(folder),
            batches=STEPS_PER_EPOCH,
            batch_size=100,
            rev_comp_train=True,
            jitter=480,
            rand_ratio=0.5,
        )
        inputs = open_inputs(config, RunFolder(config.output, config.prefix))
    sampler = make_samplers(config, inputs, arguments.seed)["training"]
    training = WindowDataset(sampler, config.batches)
    measured = statistics_batches(config.batches, config.batch_size)
    for_statistics = WindowDataset(sampler.with_stream(STATISTICS_STREAM), measured)

    def score(model: Any) -> str:
        chroms = VALIDATION_CHROMS
        windows = tiled(chroms, inputs.genome.chrom_sizes, blacklist=inputs.blacklist)
        predicted = {
            found.chrom: found.values[0]
            for found in predict_chromosomes(model, sampler.reader, windows, both_strands=True)
        }
        labels = {chrom: bin_labels(inputs.binding[0], chrom, len(values)) for chrom, values in predicted.items()}
        scores = score_predictors(labels, {MODEL: predicted})
        return f"{scores.value(MODEL):.3f} / {scores.value(MODEL, 'auroc'):.3f}"

    rows: dict[int, list[str]] = {epoch: [] for epoch in SCORED_EPOCHS}
    for momentum in (0.99, 0.9):
        keras.utils.set_random_seed(arguments.seed)
        model = build("DCNN_V2")
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = momentum
        model.compile(optimizer=adam(), loss=binary_cross_entropy, jit_compile=True)
        estimator = StatisticsEstimator(model)
        moving = [weight for weight in model.weights if "moving_" in weight.path]
        for epoch in range(max(SCORED_EPOCHS)):
            training.epoch = for_statistics.epoch = epoch
            model.fit(training.for_fit(), initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0)
            if epoch + 1 in SCORED_EPOCHS:
                rows[epoch + 1].append(score(model))
                if momentum == 0.99:
                    kept = [weight.numpy() for weight in moving]
                    estimator.estimate(for_statistics)
                    rows[epoch + 1].append(score(model))
                    for weight, value in zip(moving, kept, strict=True):
                        weight.assign(value)
    print("| steps | momentum 0.99, as it moves | measured before validation | momentum 0.9, as it moves |")
    print("|---|---|---|---|")
    for epoch, cells in rows.items():
        print(f"| {epoch * STEPS_PER_EPOCH} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

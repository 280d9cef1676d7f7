"""The main job, from nothing: simulate a data set, train on it, score the model on what it has never seen.

``make demo`` runs this. Held out are the cell type labelled Test and the test chromosomes, which no training or
validation window comes from; scored is every 32-bp bin of them.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

TRAINING = {"epochs": 20, "batches": 60, "batch_size": 50, "val_batch_size": 50}


def main() -> None:
    """Simulate, train, evaluate, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder for data and results; replaced")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data and of the training")
    arguments = parser.parse_args()
    begin = time.monotonic()

    from maxatac.cli.logs import log_to_stderr

    log_to_stderr("info")
    data, results = arguments.output / "data", arguments.output / "results"
    for folder in (data, results):
        shutil.rmtree(folder, ignore_errors=True)

    from maxatac.simulation import SimulateConfig, simulate

    simulated = simulate(SimulateConfig(data, seed=arguments.seed))
    print(
        f"simulated {sum(simulated.sizes.values()):,} bp and {len(simulated.cell_types)} cell types in {data}",
        flush=True,
    )

    import numpy as np

    from maxatac import Genome, Track, TrainConfig, train
    from maxatac.evaluation import held_out_bins
    from maxatac.intervals import read_blacklist
    from maxatac.meta import read_meta
    from maxatac.report import plot_precision_recall

    result = train(
        TrainConfig(
            sequence=simulated.sequence,
            meta_file=simulated.meta_file,
            blacklist=simulated.blacklist,
            chrom_sizes=simulated.chrom_sizes,
            tchroms=simulated.training_chroms,
            vchroms=simulated.validation_chroms,
            output=results,
            prefix="demo",
            rev_comp_train=True,
            rand_ratio=0.5,
            jitter=480,
            seed=arguments.seed,
            save_roi=True,
            # Scored below, beside the motif too.
            test=False,
            genome_validation=600,
            **TRAINING,
        )
    )

    import keras

    model = keras.models.load_model(result.best_model, compile=False)
    model.compile(jit_compile=True)
    problems: list[str] = []
    held_out = next(sample for sample in read_meta(simulated.meta_file, problems) if sample.label == "Test")
    bins = held_out_bins(
        model,
        Genome(simulated.sequence),
        Track(held_out.signal),
        Track(held_out.binding),
        simulated.test_chroms,
        blacklist=read_blacklist(simulated.blacklist, problems),
        motif=np.loadtxt(simulated.motif, skiprows=1),
    )
    scores = bins.scores()
    curves = {"model": bins.model, "ATAC signal alone": bins.signal, "motif score alone": bins.motif}
    figure = results / "demo_precision_recall.png"
    plot_precision_recall(bins.labels, curves, figure, title=f"{held_out.cell_line}, {', '.join(scores.chroms)}")

    better = max(scores.signal_average_precision, scores.motif_average_precision)
    print(f"\nheld out: {held_out.cell_line} on {' and '.join(scores.chroms)}, {scores.bins:,} bins, ", end="")
    print(f"{scores.positives / scores.bins:.2%} of them bound")
    print("average precision")
    print(f"  model (epoch {result.best_epoch})     {scores.average_precision:.3f}")
    print(f"  ATAC signal alone   {scores.signal_average_precision:.3f}")
    print(f"  motif score alone   {scores.motif_average_precision:.3f}")
    print(f"the model has {scores.average_precision / better:.2f} times the better of the two")
    print("figures:")
    for path in (results / "demo_model_dice_acc.png", results / "demo_model_structure.png", figure):
        print(f"  {path}")
    print(f"the model: {result.best_model}; {time.monotonic() - begin:.0f} s in all")


if __name__ == "__main__":
    main()

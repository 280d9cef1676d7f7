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
    from maxatac.errors import Problems

    log_to_stderr("info")
    data, results = arguments.output / "data", arguments.output / "results"
    for folder in (data, results):
        shutil.rmtree(folder, ignore_errors=True)

    from maxatac.simulation.config import SimulateConfig
    from maxatac.simulation.workflow import simulate

    simulated = simulate(SimulateConfig(data, seed=arguments.seed))
    print(
        f"simulated {sum(simulated.sizes.values()):,} bp and {len(simulated.cell_types)} cell types in {data}",
        flush=True,
    )

    import numpy as np

    from maxatac import Genome, Track, TrainConfig, train
    from maxatac.data.bins import bin_labels, signal_bins
    from maxatac.data.meta_file import read_meta
    from maxatac.evaluation.benchmark import HeldOutBins
    from maxatac.evaluation.motif import motif_bins
    from maxatac.genome.windows import BIN_SIZE
    from maxatac.reporting.run_plots import plot_precision_recall

    result = train(
        TrainConfig(
            sequence=simulated.sequence,
            meta_file=simulated.meta_file,
            blacklist=simulated.blacklist,
            chrom_sizes=simulated.chrom_sizes,
            tchroms=simulated.training_chroms,
            vchroms=simulated.validation_chroms,
            test_chroms=simulated.test_chroms,
            test_rev_comp=True,
            output=results,
            prefix="demo",
            rev_comp_train=True,
            rand_ratio=0.5,
            jitter=480,
            seed=arguments.seed,
            save_roi=True,
            genome_validation=600,
            **TRAINING,
        )
    )

    # The test has predicted the cell type labelled Test; here the same bins are scored by the motif, too.
    problems = Problems()
    held_out = next(sample for sample in read_meta(simulated.meta_file, problems) if sample.label == "Test")
    genome, motif = Genome(simulated.sequence), np.loadtxt(simulated.motif, skiprows=1)
    signal, binding, predicted = Track(held_out.signal), Track(held_out.binding), Track(results / "demo.bw")
    parts: dict[str, list[np.ndarray]] = {"labels": [], "model": [], "signal": [], "motif": []}
    for chrom in simulated.test_chroms:
        n_bins = genome.chrom_sizes[chrom] // BIN_SIZE
        of_model = predicted.values(chrom, 0, n_bins * BIN_SIZE)[::BIN_SIZE]
        covered = ~np.isnan(of_model)
        parts["labels"].append(bin_labels(binding, chrom, n_bins)[covered])
        parts["model"].append(of_model[covered])
        parts["signal"].append(signal_bins(signal, chrom, n_bins)[covered])
        # A match counts 96 bp to either side: a site that is labelled is wider than its motif.
        parts["motif"].append(motif_bins(genome, chrom, n_bins, motif, reach=3)[covered])
    bins = HeldOutBins(simulated.test_chroms, **{name: np.concatenate(values) for name, values in parts.items()})
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
    print(f"the report: {results / 'demo_report.html'}")
    print("figures:")
    for path in (results / "demo_model_dice_acc.png", results / "demo_model_structure.png", figure):
        print(f"  {path}")
    print(f"the model: {result.best_model}; {time.monotonic() - begin:.0f} s in all")


if __name__ == "__main__":
    main()

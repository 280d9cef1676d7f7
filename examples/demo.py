"""The main job, from nothing: simulate a data set, train on it, and predict and score what the model has never seen.

``make demo`` runs this. Held out are the cell type labelled Test and the test chromosomes, which no training or
validation window comes from; scored is every 32-bp bin of them. The cutoff of the sites comes from the validation
chromosomes.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maxatac.simulation.config import SimulatedSet
    from maxatac.training.result import TrainResult

TRAINING: dict[str, Any] = {"arch": "DRN", "epochs": 15, "batches": 300, "select": "average_precision"}


def train(simulated: SimulatedSet, results: Path, seed: int) -> TrainResult:
    """Train on a simulated set."""
    import maxatac

    return maxatac.train(
        maxatac.TrainConfig(
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
            seed=seed,
            save_roi=True,
            genome_validation=600,
            **TRAINING,
        )
    )


def score(simulated: SimulatedSet, results: Path, best_epoch: int | None) -> Path:
    """Score model, signal alone and motif alone on the same bins, and draw them; gives the figure."""
    import numpy as np

    from maxatac import Genome, Track
    from maxatac.data.bins import bin_labels, signal_bins
    from maxatac.data.meta_file import read_meta
    from maxatac.errors import Problems
    from maxatac.evaluation.benchmark import score_predictors
    from maxatac.evaluation.looks import PREDICTOR_LOOKS
    from maxatac.evaluation.motif import motif_bins
    from maxatac.figures.predictions import precision_recall
    from maxatac.genome.windows import BIN_SIZE

    # The test has predicted the cell type labelled Test.
    held_out = next(sample for sample in read_meta(simulated.meta_file, Problems()) if sample.label == "Test")
    genome, motif = Genome(simulated.sequence), np.loadtxt(simulated.motif, skiprows=1)
    signal, binding, predicted = Track(held_out.signal), Track(held_out.binding), Track(results / "demo.bw")
    chroms = simulated.test_chroms
    n_bins = {chrom: genome.chrom_sizes[chrom] // BIN_SIZE for chrom in chroms}
    scores = score_predictors(
        {chrom: bin_labels(binding, chrom, number) for chrom, number in n_bins.items()},
        {
            "model": {chrom: predicted.values(chrom, 0, n * BIN_SIZE)[::BIN_SIZE] for chrom, n in n_bins.items()},
            "ATAC signal alone": {chrom: signal_bins(signal, chrom, number) for chrom, number in n_bins.items()},
            # A match counts 96 bp to either side: a site that is labelled is wider than its motif.
            "motif score alone": {chrom: motif_bins(genome, chrom, n, motif, reach=3) for chrom, n in n_bins.items()},
        },
    )
    figure = results / "demo_precision_recall.png"
    looks = dict(zip(scores.curves, PREDICTOR_LOOKS.values(), strict=False))
    title = f"Precision and recall: {held_out.cell_line}, {', '.join(chroms)}"
    figure.write_bytes(
        precision_recall("precision_recall", title, scores.curves, looks, guess="share of bound bins").png
    )

    of_model, of_signal, of_motif = map(scores.value, scores.curves)
    print(f"\nheld out: {held_out.cell_line} on {' and '.join(chroms)}, {scores.bins:,} bins, ", end="")
    print(f"{scores.prevalence:.2%} of them bound")
    print("average precision")
    print(f"  model (epoch {best_epoch})     {of_model:.3f}")
    print(f"  ATAC signal alone   {of_signal:.3f}")
    print(f"  motif score alone   {of_motif:.3f}")
    print(f"the model has {of_model / max(of_signal, of_motif):.2f} times the better of the two")
    return figure


def predict(simulated: SimulatedSet, model: Path, results: Path) -> tuple[Path, Path]:
    """Predict the held-out cell type, and call its sites; gives the track and the sites."""
    import maxatac
    from maxatac.data.meta_file import read_meta
    from maxatac.errors import Problems
    from maxatac.reporting.workflow import write_report
    from maxatac.runs.folder import RunFolder

    held_out = next(sample for sample in read_meta(simulated.meta_file, Problems()) if sample.label == "Test")
    predicted = maxatac.predict(
        maxatac.PredictConfig(
            model=[model],
            sequence=simulated.sequence,
            signal=[held_out.signal],
            blacklist=simulated.blacklist,
            chroms=(*simulated.validation_chroms, *simulated.test_chroms),
            rev_comp=True,
            output=results,
            prefix=held_out.cell_line,
        )
    )
    (track,) = predicted.tracks
    calibrated = maxatac.threshold(
        maxatac.ThresholdConfig(
            prediction=[track],
            binding=[held_out.binding],
            chroms=simulated.validation_chroms,
            blacklist=simulated.blacklist,
            bin_size=32,
            output=results,
            prefix=f"{held_out.cell_line}_calibrated",
        )
    )
    called = maxatac.peaks(
        maxatac.PeaksConfig(
            input_bigwig=track, cutoff_file=calibrated.table, chroms=simulated.test_chroms, output=results
        )
    )
    maxatac.benchmark(
        maxatac.BenchmarkConfig(
            prediction=track,
            gold_standard=held_out.binding,
            signal=held_out.signal,
            chroms=simulated.test_chroms,
            blacklist=simulated.blacklist,
            cutoff_file=calibrated.table,
            output=results,
            prefix=held_out.cell_line,
        )
    )
    # Once more: it shows the sites in the example loci, and the benchmark.
    write_report(RunFolder(results, "demo"))
    return track, called.path


def locus(results: Path) -> Path:
    """Name the figure of the first example locus."""
    return results / "demo_figures" / "locus_1_1.png"


def main() -> None:
    """Simulate, train, predict, evaluate, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder for data and results; replaced")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data and of the training")
    arguments = parser.parse_args()
    begin = time.monotonic()

    from maxatac.cli.logs import log_to_stderr
    from maxatac.simulation.config import SimulateConfig
    from maxatac.simulation.workflow import simulate

    log_to_stderr("info")
    data, results = arguments.output / "data", arguments.output / "results"
    for folder in (data, results):
        shutil.rmtree(folder, ignore_errors=True)
    simulated = simulate(SimulateConfig(data, seed=arguments.seed))
    print(
        f"simulated {sum(simulated.sizes.values()):,} bp and {len(simulated.cell_types)} cell types in {data}",
        flush=True,
    )
    result = train(simulated, results, arguments.seed)
    figure = score(simulated, results, result.best_epoch)
    track, sites = predict(simulated, result.best_model, results)
    print(f"predicted: {track}\nits sites: {sites}")
    print(f"the report: {results / 'demo_report.html'}")
    print("figures:")
    for path in (results / "demo_model_dice_acc.png", results / "demo_model_structure.png", figure, locus(results)):
        print(f"  {path}")
    print(f"the model: {result.best_model}; {time.monotonic() - begin:.0f} s in all")


if __name__ == "__main__":
    main()

"""The independent test: the selected model on whole chromosomes that neither trained nor validated.

Each cell type labelled Test is predicted over the test chromosomes, and scored beside its baselines on the same bins:
the ATAC-seq signal alone, the mean binding of the other training cell types, and a guess. The intervals come from
resampling blocks of the chromosomes, the same for all.

If wanted, they are scored on a training chromosome too. At places that trained in other cell types, a model may know
what is bound in most of them, so that these scores are for comparison, and never the result.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Memory, Track, WindowReader
from maxatac.data.bins import COARSE_BIN_SIZE
from maxatac.data.samples import Sample, to_test
from maxatac.errors import MaxatacError
from maxatac.evaluation.baselines import other_binding
from maxatac.evaluation.benchmark import table_of_test
from maxatac.evaluation.bootstrap import LEVEL, RESAMPLES
from maxatac.evaluation.example_loci import example_loci, false_positives
from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL
from maxatac.evaluation.scored_bins import BinRules, ScoredTracks
from maxatac.files.atomic import write_json, write_text
from maxatac.files.bigwig import write_track
from maxatac.genome.windows import BIN_SIZE, WINDOW_LENGTH
from maxatac.prediction.chromosome import predict_chromosomes
from maxatac.prediction.windows import tiled, window_starts
from maxatac.runs.settings import loader_threads
from maxatac.system.progress import counting
from maxatac.training.checkpoints import load_model
from maxatac.wording import first_few

if TYPE_CHECKING:
    import keras

    from maxatac.genome.blacklist import Blacklist
    from maxatac.runs.folder import RunFolder
    from maxatac.training.inputs import Inputs
    from maxatac.training.settings import HeldOutSettings, TrainConfig

logger = logging.getLogger(__name__)

STEP = 256
"""Distance of the windows in bp; each bin is predicted at four places of a window."""


def tested_samples(inputs: Inputs) -> list[Sample]:
    """List the cell types to test: those labelled Test, or those that train if there is none."""
    return to_test(inputs.samples)


def no_window(chroms: Sequence[str], sizes: Mapping[str, int], blacklist: Blacklist) -> str:
    """Say why no window of some chromosomes can be predicted; empty if one can.

    Parameters
    ----------
    chroms : sequence of str
        Test chromosomes.
    sizes : mapping of str to int
        Lengths in bp.
    blacklist : Blacklist

    Returns
    -------
    str
    """
    if any(len(window_starts(chrom, sizes[chrom], STEP, blacklist)) for chrom in chroms):
        return ""
    if all(sizes[chrom] < WINDOW_LENGTH for chrom in chroms):
        return f"none of the test chromosomes ({first_few(chroms)}) has the {WINDOW_LENGTH:,} bp of a window"
    return f"no window of the test chromosomes ({first_few(chroms)}) is clear of the blacklist"


def no_test(config: HeldOutSettings, inputs: Inputs) -> str:
    """Say why a run has no test; empty if it has one."""
    if not config.test:
        return "--no-test"
    if not inputs.split.test:
        return "no chromosome is left that neither trains nor validates; name some with --test_chroms"
    return no_window(inputs.split.test, inputs.genome.chrom_sizes, inputs.blacklist)


def seen_chroms(config: HeldOutSettings, inputs: Inputs) -> tuple[str, ...]:
    """Choose the training chromosomes that are scored for comparison: the longest, or none if that is not wanted.

    One is enough: on a genome of many millions of windows, all would take longer than the training.
    """
    if not config.test_seen or not inputs.split.test:
        return ()
    sizes = inputs.genome.chrom_sizes
    with_windows = [
        chrom for chrom in inputs.split.training if len(window_starts(chrom, sizes[chrom], STEP, inputs.blacklist))
    ]
    return (max(with_windows, key=sizes.__getitem__),) if with_windows else ()


def count_windows(config: HeldOutSettings, inputs: Inputs) -> int:
    """Count the windows that the test of a run predicts, each strand for itself; 0 if there is no test."""
    return sum(_windows(config, inputs)) * (2 if config.test_rev_comp else 1) * len(tested_samples(inputs))


def count_batches(config: TrainConfig, inputs: Inputs) -> int:
    """Count the batches that the test of a run reads, each of which is predicted once per strand; 0 without a test."""
    batches = (-(-windows // config.val_batch_size) for windows in _windows(config, inputs))
    return sum(batches) * len(tested_samples(inputs))


def _windows(config: HeldOutSettings, inputs: Inputs) -> tuple[int, int]:
    """Count the windows on the test chromosomes, and on those that are scored for comparison; 0 if there is no test."""
    if not config.test:
        return 0, 0
    sizes = inputs.genome.chrom_sizes

    def count(chroms: Sequence[str]) -> int:
        return sum(len(window_starts(name, sizes[name], STEP, inputs.blacklist)) for name in chroms)

    return count(inputs.split.test), count(seen_chroms(config, inputs))


def count_bins(config: HeldOutSettings, inputs: Inputs) -> int:
    """Count the bins of all prediction tracks that the test of a run writes; 0 if there is no test."""
    if not config.test:
        return 0
    bins = sum(inputs.genome.chrom_sizes[name] // BIN_SIZE for name in inputs.split.test)
    return bins * len(tested_samples(inputs))


def run_test(
    config: TrainConfig,
    folder: RunFolder,
    inputs: Inputs,
    seed: int,
    check_for_interrupt: Callable[[], None] = lambda: None,
    *,
    memory: Memory | None = None,
    selected: str | None = None,
    files: Mapping[str, Any] | None = None,
    keep: bool = False,
    tell_details: Callable[[list[dict[str, Any]]], None] = lambda details: None,
) -> dict[str, Any]:
    """Test the selected model of a run, and write the results; scores are written last, when the test is whole.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder
        Holds the selected model; gets table, scores and prediction tracks.
    inputs, seed
        Of the run; the seed draws the resamples.
    check_for_interrupt : callable
        Called after each batch.
    memory : Memory, optional
        Limits what decoded tracks take.
    selected : str, optional
        The ``weights_sha256`` that the model must have.
    files : mapping, optional
        Description of each input, by its purpose; written beside the scores.
    keep : bool
        Whether scores of the same model, settings and inputs stay.
    tell_details : callable
        Gets for each cell type what the report shows, unless earlier scores stay: ``cell_type``, ``curves``, ``loci``
        and ``false_positives`` (:mod:`maxatac.evaluation.example_loci`).

    Returns
    -------
    dict
        What ``<prefix>_test.json`` holds, or ``{"skipped": reason}``.

    Raises
    ------
    MaxatacError, OSError
        If a file cannot be read or written, or the selected model is gone or replaced.
    """
    if reason := no_test(config, inputs):
        return {"skipped": reason}
    begin = time.perf_counter()
    samples = tested_samples(inputs)
    made_of = {
        "weights_sha256": selected,
        "seed": seed,
        "chroms": list(inputs.split.test),
        "both_strands": config.test_rev_comp,
        "cell_types": [sample.cell_line for sample in samples],
        "seen_chroms": list(seen_chroms(config, inputs)),
        "files": dict(files or {}),
    }
    if keep and (kept := _kept(folder, made_of)) is not None:
        logger.info("independent test: done before, of the same model and inputs; its results are kept")
        return kept
    from maxatac.backend.device import multiplying

    with multiplying(fast_math=False):
        model = _selected_model(folder.named("_best.keras"), selected)
        tested, seen = _test_samples(config, inputs, model, samples, folder, seed, memory, check_for_interrupt)
    scores = {
        "chroms": made_of["chroms"],
        "labels": samples[0].label,
        "window_step": STEP,
        "both_strands": config.test_rev_comp,
        "resamples": RESAMPLES,
        "level": LEVEL,
        "seconds": time.perf_counter() - begin,
        "cell_types": [scores for scores, _ in tested],
        "seen": {"chroms": made_of["seen_chroms"], "cell_types": seen} if seen else None,
        "made_of": made_of,
    }
    tell_details([details for _, details in tested])
    write_text(folder.test_table, table_of_test(scores))
    write_json(folder.test_scores, scores)
    return scores


def _test_samples(
    config: TrainConfig,
    inputs: Inputs,
    model: keras.Model,
    samples: Sequence[Sample],
    folder: RunFolder,
    seed: int,
    memory: Memory | None,
    check_for_interrupt: Callable[[], None],
) -> tuple[list[tuple[dict[str, Any], dict[str, Any]]], list[dict[str, Any]]]:
    """Predict each cell type, write its track and score it; gives scores and the details of the report.

    The second list has the scores on chromosomes that train, if these are wanted.
    """
    if samples[0].label != "Test":
        logger.info("no cell type is labelled Test: the training cell types are tested, on chromosomes held out")
    tested, seen = [], []
    sizes = inputs.genome.chrom_sizes
    with counting("independent test", count_windows(config, inputs), "windows") as advance:

        def after_batch(done: int) -> None:
            check_for_interrupt()
            advance(done)

        tracks = folder.test_tracks([sample.cell_line for sample in samples])
        for sample, path in zip(samples, tracks, strict=True):
            signal = Track(sample.signal)
            reader = WindowReader(inputs.genome, [signal], threads=loader_threads(config), memory=memory)
            binding = Track(sample.binding)
            baseline = other_binding(sample, inputs.training)
            others = [Track(other.binding) for other in baseline.samples]

            def predict(chroms: Sequence[str], reader: WindowReader = reader) -> dict[str, NDArray[np.float32]]:
                found = predict_chromosomes(
                    model,
                    reader,
                    tiled(chroms, sizes, step=STEP, blacklist=inputs.blacklist),
                    batch_size=config.val_batch_size,
                    both_strands=config.test_rev_comp,
                    after_batch=after_batch,
                )
                return {predictions.chrom: predictions.values[0] for predictions in found}

            predicted = predict(inputs.split.test)
            # Scores of an earlier test must not lie beside the track of this one.
            folder.test_scores.unlink(missing_ok=True)
            write_track(path, predicted, sizes, span=BIN_SIZE)
            about = {
                "cell_type": sample.cell_line,
                "label": sample.label,
                "mean_binding_of": [other.cell_line for other in baseline.samples],
                "same_binding_left_out": list(baseline.left_out),
            }
            scored = ScoredTracks(predicted, sizes, binding, signal, others)
            resolutions, details = _score(scored, seed, baseline.reason)
            scores = {**about, "track": path.name, "resolutions": resolutions}
            tested.append((scores, {"cell_type": sample.cell_line, **details}))
            if trained := seen_chroms(config, inputs):
                scored = ScoredTracks(predict(trained), sizes, binding, signal, others)
                seen.append({**about, "resolutions": _score(scored, seed, baseline.reason)[0]})
    return tested, seen


def _score(tracks: ScoredTracks, seed: int, no_baseline: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score the predictors in bins of 32 and of 200 bp; the second part is for the report."""
    unavailable = {} if tracks.others else {BINDING: no_baseline}
    rules = (BinRules(BIN_SIZE), BinRules(COARSE_BIN_SIZE))
    block_size = tracks.block_length(rules[0].unpredicted)
    fine, coarse = map(tracks.bins, rules)
    at_32, at_200 = (bins.score(block_size=block_size, seed=seed, unavailable=unavailable) for bins in (fine, coarse))
    predicted = fine.predictors[MODEL]
    details = {
        "curves": at_32.curves,
        "loci": example_loci(predicted, fine.labels, fine.predictors[SIGNAL]),
        "false_positives": false_positives(
            predicted, fine.labels, {name: values for name, values in fine.predictors.items() if name != MODEL}
        ),
    }
    return [at_32.as_dict(), at_200.as_dict()], details


def _selected_model(path: Path, selected: str | None) -> keras.Model:
    from maxatac.training.fingerprint import weights_sha256

    model = load_model(path)
    if selected is not None and weights_sha256(model) != selected:
        raise MaxatacError(
            f"{path}: is not the model that this run has selected; another run has written it, so it is not tested. "
            "Remove it, and go on with --resume, which writes it anew from its checkpoint"
        )
    model.compile(jit_compile=True)
    return model


def _kept(folder: RunFolder, made_of: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read the scores of an earlier test, if they are of the same model and inputs, and its other files are there."""
    try:
        scores: dict[str, Any] = json.loads(folder.test_scores.read_text(encoding="utf-8"))
        same = scores["made_of"] == json.loads(json.dumps(made_of))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return scores if same and all(path.exists() for path in folder.of_test(made_of["cell_types"])) else None


def describe_test(scores: Mapping[str, Any]) -> list[str]:
    """Describe the result of a test for the log.

    Parameters
    ----------
    scores : mapping
        As :func:`run_test` returns it.

    Returns
    -------
    list of str
        A line per cell type, or one that says why there was no test.
    """
    if "skipped" in scores:
        return [f"no independent test: {scores['skipped']}"]
    lines = []
    for tested in scores["cell_types"]:
        at_32 = tested["resolutions"][0]
        where = f"{tested['cell_type']} (labelled {tested['label']}) on {first_few(scores['chroms'])}"
        if not at_32["bound_bins"]:
            lines.append(
                f"independent test of {where}: no score, none of the {at_32['bins']:,} predicted bins is bound"
            )
            continue
        told = []
        for predictor in at_32["predictors"]:
            if "note" in predictor:
                told.append(f"{predictor['name']} n/a ({predictor['note']})")
                continue
            found = predictor["average_precision"]
            shown = f"{predictor['name']} {found['value']:.4f}"
            if predictor["name"] != GUESS:
                shown += f" ({found['low']:.4f} to {found['high']:.4f})"
            told.append(shown)
        lines.append(
            f"independent test of {where}: average precision per {BIN_SIZE}-bp bin, with {LEVEL:.0%} intervals: "
            f"{', '.join(told)}"
        )
    seen = scores["seen"]
    for tested in seen["cell_types"] if seen else ():
        (model,) = (each for each in tested["resolutions"][0]["predictors"] if each["name"] == MODEL)
        value = "n/a" if "note" in model else f"{model['average_precision']['value']:.4f}"
        lines.append(
            f"for comparison, {tested['cell_type']} on {first_few(seen['chroms'])}, which trained: average precision "
            f"{value}; this is no result"
        )
    return lines

"""The independent test: the selected model on whole chromosomes that neither trained nor validated.

Each cell type labelled Test is predicted over the test chromosomes, and scored beside what a model has to beat, all on
the same bins: the ATAC-seq signal alone, the mean binding of the other training cell types, and a guess. The intervals
come from resampling blocks of the chromosomes, the same for all.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.bigwig import new_bigwig
from maxatac.bootstrap import LEVEL, METRICS, RESAMPLES, Resampled, block_length, draw_weights, number_blocks, resample
from maxatac.checkpoints import load_model
from maxatac.curves import summarize
from maxatac.errors import MaxatacError
from maxatac.evaluation import (
    COARSE_BIN_SIZE,
    bin_labels,
    coarse_labels,
    coarse_maxima,
    predict_chromosomes,
    signal_bins,
    window_starts,
)
from maxatac.files import sha256, write_json, write_text
from maxatac.genome import some
from maxatac.loci import example_loci, false_positives
from maxatac.meta import Sample, to_test
from maxatac.progress import counting
from maxatac.scores import BINDING, GUESS, MODEL, SIGNAL, Ranking
from maxatac.windows import BIN_SIZE, WINDOW_LENGTH

if TYPE_CHECKING:
    import keras

    from maxatac.genome import Blacklist
    from maxatac.inputs import Inputs
    from maxatac.outputs import RunFolder
    from maxatac.settings import TrainConfig

logger = logging.getLogger(__name__)

STEP = 256
"""Distance of the windows in bp; each bin is predicted at four places of a window."""

COLUMNS = (
    "cell_type", "label", "chroms", "bin_size", "bins", "bound_bins", "blocks", "block_size", "predictor", "metric",
    "value", "low", "high", "model_minus", "model_minus_low", "model_minus_high", "note",
)  # fmt: skip
"""Columns of the table."""

LISTED_CHROMS = 30
"""Test chromosomes that the table names; of more it has the number."""

_NOTHING_BOUND = "none of the bins is bound"


@dataclass(frozen=True, eq=False)
class Baseline:
    """The other training cell types whose mean binding is held against the model.

    Attributes
    ----------
    samples : tuple of Sample
    left_out : tuple of str
        Cell types whose binding file is that of the evaluated one, under whatever path.
    """

    samples: tuple[Sample, ...]
    left_out: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why there is no baseline, if there is none."""
        if self.samples:
            return ""
        if self.left_out:
            return f"the binding file of {', '.join(self.left_out)} has the same content, and there is no other"
        return "there is no other training cell type"


def other_binding(sample: Sample, training: Sequence[Sample]) -> Baseline:
    """Choose the training cell types that may stand in for one that is evaluated.

    Parameters
    ----------
    sample : Sample
        The evaluated cell type.
    training : sequence of Sample
        Rows that train.
    """
    others = [other for other in training if other.cell_line != sample.cell_line]
    same = [other.cell_line for other in others if _same_content(other.binding, sample.binding)]
    return Baseline(tuple(other for other in others if other.cell_line not in same), tuple(same))


def _same_content(one: Path, other: Path) -> bool:
    if one.samefile(other):
        return True
    return one.stat().st_size == other.stat().st_size and sha256(one) == sha256(other)


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
    """
    if any(len(window_starts(chrom, sizes[chrom], STEP, blacklist)) for chrom in chroms):
        return ""
    if all(sizes[chrom] < WINDOW_LENGTH for chrom in chroms):
        return f"none of the test chromosomes ({some(chroms)}) has the {WINDOW_LENGTH:,} bp of a window"
    return f"no window of the test chromosomes ({some(chroms)}) is clear of the blacklist"


def _no_test(config: TrainConfig, inputs: Inputs) -> str:
    """Say why a run has no test; empty if it has one."""
    if not config.test:
        return "--no-test"
    if not inputs.split.test:
        return "no chromosome is left that neither trains nor validates; name some with --test_chroms"
    return no_window(inputs.split.test, inputs.genome.chrom_sizes, inputs.blacklist)


def count_windows(config: TrainConfig, inputs: Inputs) -> int:
    """Count the windows that the test of a run predicts, each strand for itself; 0 if there is no test."""
    return _windows(config, inputs) * (2 if config.test_rev_comp else 1) * len(tested_samples(inputs))


def count_batches(config: TrainConfig, inputs: Inputs) -> int:
    """Count the batches that the test of a run reads, each of which is predicted once per strand; 0 without a test."""
    return -(-_windows(config, inputs) // config.val_batch_size) * len(tested_samples(inputs))


def _windows(config: TrainConfig, inputs: Inputs) -> int:
    """Count the windows on the test chromosomes; 0 if there is no test."""
    if not config.test:
        return 0
    sizes = inputs.genome.chrom_sizes
    return sum(len(window_starts(name, sizes[name], STEP, inputs.blacklist)) for name in inputs.split.test)


def count_bins(config: TrainConfig, inputs: Inputs) -> int:
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
    selected: str | None = None,
    files: Mapping[str, Any] | None = None,
    keep: bool = False,
    tell_details: Callable[[list[dict[str, Any]]], None] = lambda details: None,
) -> dict[str, Any]:
    """Test the selected model of a run, and write what comes out; the scores last, so that they tell of a whole test.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder
        Holds the selected model; gets table, scores and prediction tracks.
    inputs : Inputs
    seed : int
        Of the run; draws the resamples.
    check_for_interrupt : callable
        Called after each batch; what it raises ends the test.
    selected : str, optional
        The ``weights_sha256`` that the model must have.
    files : mapping, optional
        What the inputs look like, by what each is for; written beside the scores.
    keep : bool
        Whether scores that are there stay, if they are of the same model, settings and inputs.
    tell_details : callable
        Gets a list with a mapping for each cell type: ``cell_type``, ``curves`` by predictor
        (:func:`maxatac.curves.summarize`) of the 32-bp bins, ``loci`` and ``false_positives`` (:mod:`maxatac.loci`).
        Not called if earlier scores stay.

    Returns
    -------
    dict
        What ``<prefix>_test.json`` holds; or ``{"skipped": reason}``, and nothing was written.

    Raises
    ------
    GenomeError, TrackError, OSError
        If a file cannot be read any more, or a result cannot be written.
    MaxatacError
        If the selected model is gone, or another one is under its name.
    """
    chroms = inputs.split.test
    if reason := _no_test(config, inputs):
        return {"skipped": reason}
    begin = time.perf_counter()
    samples = tested_samples(inputs)
    made_of = {
        "weights_sha256": selected,
        "seed": seed,
        "chroms": list(chroms),
        "both_strands": config.test_rev_comp,
        "cell_types": [sample.cell_line for sample in samples],
        "files": dict(files or {}),
    }
    if keep and (kept := _kept(folder, made_of)) is not None:
        logger.info("independent test: done before, of the same model and inputs; its results are kept")
        return kept
    model = _selected_model(folder.named("_best.keras"), selected)
    model.compile(jit_compile=True)
    held_out = samples[0].label == "Test"
    if not held_out:
        logger.info("no cell type is labelled Test: the training cell types are tested, on chromosomes held out")
    scored_types, details = [], []
    with counting("independent test", count_windows(config, inputs), "windows") as advance:

        def after_batch(done: int) -> None:
            check_for_interrupt()
            advance(done)

        tracks = folder.test_tracks([sample.cell_line for sample in samples])
        for sample, track in zip(samples, tracks, strict=True):
            scored, more = _test_cell_type(config, inputs, model, sample, folder, track, seed, after_batch)
            scored_types.append(scored)
            details.append(more)
    scores = {
        "chroms": list(chroms),
        "labels": "Test" if held_out else "Train",
        "window_step": STEP,
        "both_strands": config.test_rev_comp,
        "resamples": RESAMPLES,
        "level": LEVEL,
        "seconds": time.perf_counter() - begin,
        "cell_types": scored_types,
        "made_of": made_of,
    }
    tell_details(details)
    write_text(folder.test_table, _table(scores))
    write_json(folder.test_scores, scores)
    return scores


def _selected_model(path: Path, selected: str | None) -> keras.Model:
    from maxatac.state import weights_sha256

    model = load_model(path)
    if selected is not None and weights_sha256(model) != selected:
        raise MaxatacError(
            f"{path}: is not the model that this run has selected; another run has written it, so it is not tested. "
            "Remove it, and go on with --resume, which writes it anew from its checkpoint"
        )
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
    """Word the result of a test, for the log: a line per cell type."""
    if "skipped" in scores:
        return [f"no independent test: {scores['skipped']}"]
    lines = []
    for tested in scores["cell_types"]:
        at_32 = tested["resolutions"][0]
        where = f"{tested['cell_type']} (labelled {tested['label']}) on {some(scores['chroms'])}"
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
    return lines


def _test_cell_type(
    config: TrainConfig,
    inputs: Inputs,
    model: keras.Model,
    sample: Sample,
    folder: RunFolder,
    track_path: Path,
    seed: int,
    after_batch: Callable[[int], None],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Predict a cell type over the test chromosomes, write the track, and score it; the second part is for a report."""
    chroms, sizes = inputs.split.test, inputs.genome.chrom_sizes
    signal, binding = Track(sample.signal), Track(sample.binding)
    baseline = other_binding(sample, inputs.training)
    others = [Track(other.binding) for other in baseline.samples]
    predicted = dict(
        predict_chromosomes(
            model,
            inputs.genome,
            signal,
            chroms,
            step=STEP,
            batch_size=config.val_batch_size,
            both_strands=config.test_rev_comp,
            blacklist=inputs.blacklist,
            after_batch=after_batch,
        )
    )
    # Scores of an earlier test would stand beside the track of this one.
    folder.test_scores.unlink(missing_ok=True)
    write_track(track_path, predicted, sizes)
    # One number per bin and predictor; NaN where there is no prediction, for all of them.
    by_predictor: dict[str, dict[str, NDArray[np.float32]]] = {MODEL: predicted, SIGNAL: {}}
    if others:
        by_predictor[BINDING] = {}
    labels = {}
    for chrom, values in predicted.items():
        n_bins, is_predicted = len(values), ~np.isnan(values)
        labels[chrom] = bin_labels(binding, chrom, n_bins)
        by_predictor[SIGNAL][chrom] = _masked(signal_bins(signal, chrom, n_bins), is_predicted)
        if others:
            total = np.zeros(n_bins, dtype=np.float32)
            for other in others:
                total += signal_bins(other, chrom, n_bins)
            by_predictor[BINDING][chrom] = _masked(total / np.float32(len(others)), is_predicted)
    covered = {chrom: ~np.isnan(values) for chrom, values in predicted.items()}
    length = block_length(covered, BIN_SIZE)
    curves: dict[str, Any] = {}
    resolutions = [_score(labels, by_predictor, BIN_SIZE, length, seed, baseline.reason, curves)]
    details = {
        "cell_type": sample.cell_line,
        "curves": curves,
        "loci": example_loci(predicted, labels, by_predictor[SIGNAL]),
        "false_positives": false_positives(
            predicted, labels, {name: by_predictor[name] for name in (SIGNAL, BINDING) if name in by_predictor}
        ),
    }
    coarse = {chrom: sizes[chrom] // COARSE_BIN_SIZE for chrom in chroms}
    resolutions.append(
        _score(
            {chrom: coarse_labels(binding, chrom, number) for chrom, number in coarse.items()},
            {
                name: {chrom: coarse_maxima(values[chrom], number) for chrom, number in coarse.items()}
                for name, values in by_predictor.items()
            },
            COARSE_BIN_SIZE,
            length,
            seed,
            baseline.reason,
        )
    )
    scores = {
        "cell_type": sample.cell_line,
        "label": sample.label,
        "track": track_path.name,
        "mean_binding_of": [other.cell_line for other in baseline.samples],
        "same_binding_left_out": list(baseline.left_out),
        "resolutions": resolutions,
    }
    return scores, details


def _masked(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    values[~mask] = np.nan
    return values


def _score(
    labels: Mapping[str, NDArray[np.bool_]],
    by_predictor: Mapping[str, Mapping[str, NDArray[np.float32]]],
    bin_size: int,
    block: int,
    seed: int,
    no_baseline: str,
    curves: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Score every predictor on the bins that have a prediction, of all chromosomes together; ``curves`` gets theirs."""
    scored = {chrom: ~np.isnan(values) for chrom, values in by_predictor[MODEL].items()}
    bound = np.concatenate([labels[chrom][mask] for chrom, mask in scored.items()])
    blocks, n_blocks = number_blocks(scored, bin_size, block)
    weights = draw_weights(n_blocks, seed) if bound.any() else None
    results: dict[str, Resampled] = {}
    for name, values in by_predictor.items():
        pooled = np.concatenate([values[chrom][mask] for chrom, mask in scored.items()])
        ranking = Ranking.of(bound, pooled)
        if weights is not None:
            results[name] = resample(bound, pooled, blocks, weights, ranking)
        if curves is not None:
            curves[name] = summarize(ranking)
    if weights is not None:
        results[GUESS] = resample(bound, np.zeros(len(bound), np.float32), blocks, weights)
    predictors: list[dict[str, Any]] = []
    for name in (MODEL, SIGNAL, BINDING, GUESS):
        if name not in results:
            predictors.append({"name": name, "note": _NOTHING_BOUND if weights is None else no_baseline})
            continue
        entry: dict[str, Any] = {"name": name}
        for metric in METRICS:
            low, high = results[name].interval(metric)
            entry[metric] = {"value": results[name].values[metric], "low": low, "high": high}
            if name != MODEL:
                more, low, high = results[MODEL].difference(metric, results[name])
                entry[metric] |= {"model_minus": more, "model_minus_low": low, "model_minus_high": high}
        predictors.append(entry)
    return {
        "bin_size": bin_size,
        "bins": len(bound),
        "bound_bins": int(bound.sum()),
        "blocks": n_blocks,
        "block_size": block,
        "predictors": predictors,
    }


def write_track(path: Path, predicted: Mapping[str, NDArray[np.float32]], sizes: Mapping[str, int]) -> None:
    """Write predictions as a bigWig.

    Parameters
    ----------
    path : Path
    predicted : mapping of str to array of shape (bins,), float32
        By chromosome; NaN where there is none, which is left out.
    sizes : mapping of str to int
        Lengths in bp.

    Raises
    ------
    OSError
        If the file cannot be written, such as on a full disk; ``path`` is then as it was.
    """
    with new_bigwig(path, {chrom: sizes[chrom] for chrom in predicted}) as track:
        for chrom in sorted(predicted):
            track.write_bins(chrom, 0, BIN_SIZE, predicted[chrom])


def _table(scores: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for tested in scores["cell_types"]:
        for resolution in tested["resolutions"]:
            for predictor in resolution["predictors"]:
                for metric in METRICS:
                    found = predictor.get(metric, {"value": math.nan, "low": math.nan, "high": math.nan})
                    writer.writerow(
                        {
                            "cell_type": tested["cell_type"],
                            "label": tested["label"],
                            "chroms": some(scores["chroms"], LISTED_CHROMS, separator=" "),
                            **{name: resolution[name] for name in COLUMNS if name in resolution},
                            "predictor": predictor["name"],
                            "metric": metric,
                            **{
                                name: f"{value:.6g}" if math.isfinite(value) else "n/a" for name, value in found.items()
                            },
                            "note": predictor.get("note", ""),
                        }
                    )
    return text.getvalue()

"""Threshold: from predictions and binding of cell types to tables from a score to precision, recall and F1.

Bins and labels are those of the test of ``maxatac train``. Each cell type is counted over all chromosomes together; the
tables are means, or medians, over cell types.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import Track
from maxatac.data.binding_checks import BoundAbove, check_binary, value_range, warn_of_prevalence
from maxatac.data.bins import predicted_bins
from maxatac.data.predictions import PredictedCell, paired_predictions, read_predictions
from maxatac.data.readers import TrackReader
from maxatac.data.tracks import open_track
from maxatac.errors import InputError, MaxatacError, Problem, Problems
from maxatac.evaluation.ranking import MODEL, Ranking
from maxatac.evaluation.scored_bins import BinRules, LeftOut, ScoredTracks
from maxatac.evaluation.settings import ThresholdConfig
from maxatac.evaluation.thresholds import ThresholdCurve, mean_curve, metric_table, threshold_table
from maxatac.figures.thresholds import draw_thresholds
from maxatac.files.atomic import replacing, write_text
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import compare_chrom_sizes, read_chrom_sizes, tell_unknown
from maxatac.genome.windows import BIN_SIZE
from maxatac.prediction.calibration import CALIBRATION, calibration_facts, facts_of_track, seen_chroms
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, counted, first_few, number

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ThresholdResult:
    """What ``threshold`` has left.

    Attributes
    ----------
    table : Path
        Table by threshold.
    metric_table : Path
        Table by metric, ``<prefix>_cross_celltype.tsv``.
    plot : Path or None
    record : Path
    cell_types : tuple of str
        Those in the mean.
    best_threshold, best_f1 : float
        The highest mean F1, and the first threshold with it.
    """

    table: Path
    metric_table: Path
    plot: Path | None
    record: Path
    cell_types: tuple[str, ...]
    best_threshold: float
    best_f1: float

    def describe(self) -> list[str]:
        """List the files and the best threshold, for the screen."""
        paths = [str(path) for path in (self.table, self.metric_table, self.plot) if path is not None]
        cells = counted(len(self.cell_types), "cell type")
        return [*paths, f"highest F1 {number(self.best_f1)} at {self.best_threshold:g}, mean over {cells}"]


@dataclass(frozen=True, eq=False)
class OpenedCell:
    """A cell type whose tracks are open.

    Attributes
    ----------
    cell : PredictedCell
    prediction : Track
    binding : TrackReader
    facts : mapping of str to object
        How it was predicted (:mod:`maxatac.prediction.calibration`); empty if that is not known.
    """

    cell: PredictedCell
    prediction: Track
    binding: TrackReader
    facts: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Counted:
    """The bins of a cell type.

    Attributes
    ----------
    cell : PredictedCell
    facts : mapping of str to object
        As in ``OpenedCell``.
    ranking : Ranking
        Of the bins that are scored.
    left_out : LeftOut
        Bins that are not.
    chroms : tuple of str
        Chromosomes with a bin that is scored.
    """

    cell: PredictedCell
    facts: Mapping[str, Any]
    ranking: Ranking
    left_out: LeftOut
    chroms: tuple[str, ...]

    def entry(self) -> dict[str, Any]:
        """Describe it for the run record."""
        ranking, is_scored = self.ranking, self.ranking.positives > 0
        return {
            "cell_type": self.cell.name,
            "prediction": str(self.cell.prediction),
            "binding": str(self.cell.binding),
            "prediction_facts": dict(self.facts),
            "in_mean": is_scored,
            "bins": ranking.bins,
            "bound_bins": ranking.positives,
            "chroms": list(self.chroms),
            "prevalence": ranking.prevalence if ranking.bins else None,
            "average_precision": ranking.average_precision if is_scored else None,
            "bins_without_prediction": self.left_out.unpredicted,
            "bound_bins_without_prediction": self.left_out.unpredicted_bound,
            "blacklisted_bins": self.left_out.blacklisted,
        }


@dataclass(frozen=True, eq=False)
class PreparedThreshold:
    """Predictions and binding that are checked, ready to be counted.

    Attributes
    ----------
    config : ThresholdConfig
    folder : CommandFolder
    cells : tuple of OpenedCell
    chroms : mapping of str to int
        Chromosomes to count, and their lengths in bp.
    left_out : mapping of str to tuple of str
        Chromosomes that are not in every track, by the name of a track that lacks them.
    blacklist : Blacklist
    inputs : mapping of str to Path
    """

    config: ThresholdConfig
    folder: CommandFolder
    cells: tuple[OpenedCell, ...]
    chroms: Mapping[str, int]
    left_out: Mapping[str, tuple[str, ...]]
    blacklist: Blacklist
    inputs: Mapping[str, Path]

    @property
    def outputs(self) -> list[Path]:
        """Every file that is written, without log and record."""
        return _outputs(self.folder, plot=self.config.plot)

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """The chromosomes."""
        return {"chroms": list(self.chroms)}

    def describe(self) -> list[str]:
        """Say what would be counted."""
        bins = sum(size // self.config.bin_size for size in self.chroms.values())
        length = base_pairs(sum(self.chroms.values()))
        return [
            f"cell types   {first_few([opened.cell.name for opened in self.cells], 8)}",
            f"chromosomes  {first_few(self.chroms, 8)}: {length}, {bins:,} bins of {self.config.bin_size} bp",
            *(f"left out     {first_few(chroms)}, not in {path}" for path, chroms in self.left_out.items()),
            *(f"output       {path}" for path in self.outputs),
        ]

    def work(self, run: CommandRun) -> ThresholdResult:
        """Count the bins, and write the tables and the plot."""
        run.note("chroms", list(self.chroms))
        run.note("chroms_left_out", {path: list(chroms) for path, chroms in self.left_out.items()})
        run.note("bins_without_prediction", "not scored")
        with run.phases.measuring("counting"):
            every = self._count()
        run.note("cell_types", [each.entry() for each in every])
        used = [each for each in every if each.ranking.positives]
        for each in every:
            _tell(each, self.chroms)
        if not used:
            raise MaxatacError(f"no bound bin on {first_few(self.chroms)} in any cell type: there is nothing to count")
        names = [each.cell.name for each in used]
        run.note(CALIBRATION, self._facts(used, names))
        with run.phases.measuring("writing"):
            return self._write([each.ranking for each in used], names)

    def _count(self) -> list[Counted]:
        """Count the bins of each cell type, as the test of ``maxatac train`` does, a chromosome at a time."""
        total = sum(self.chroms.values()) * len(self.cells)
        rules = BinRules(self.config.bin_size)
        every = []
        with telling("counting bins", total, "bp") as advance:
            for opened in self.cells:
                labels, scores = [np.empty(0, np.bool_)], [np.empty(0, np.float32)]
                left_out = LeftOut()
                for chrom, size in self.chroms.items():
                    predicted = {chrom: predicted_bins(opened.prediction, chrom, size // BIN_SIZE)}
                    tracks = ScoredTracks(predicted, self.chroms, opened.binding, blacklist=self.blacklist)
                    bins = tracks.bins(rules)
                    values = bins.predictors[MODEL][chrom]
                    is_scored = ~np.isnan(values)
                    labels.append(bins.labels[chrom][is_scored])
                    scores.append(values[is_scored])
                    left_out += bins.left_out[chrom]
                    advance(size)
                ranking = Ranking.of(np.concatenate(labels), np.concatenate(scores))
                scored = tuple(chrom for chrom, part in zip(self.chroms, scores[1:], strict=True) if len(part))
                every.append(Counted(opened.cell, opened.facts, ranking, left_out, scored))
        return every

    def _facts(self, used: Sequence[Counted], names: Sequence[str]) -> Mapping[str, Any]:
        """Describe the tables, for those who use them; warn if the predictions are not of one kind."""
        paths = [each.cell.prediction for each in used]
        chroms = [chrom for chrom in self.chroms if any(chrom in each.chroms for each in used)]
        facts = calibration_facts(paths, bin_size=self.config.bin_size, cell_types=names, chroms=chroms)
        for name, words in (("models", "models"), ("both_strands", "strands")):
            if name not in facts and any(name in each.facts for each in used):
                logger.warning("the predictions are not all of the same %s: the tables are a mean of all", words)
        return facts

    def _write(self, rankings: Sequence[Ranking], names: Sequence[str]) -> ThresholdResult:
        table, by_metric, *plot = self.outputs
        curves = [ThresholdCurve.of(ranking) for ranking in rankings]
        mean = mean_curve(curves)
        best = int(np.argmax(mean.f1))
        write_text(table, threshold_table(rankings))
        write_text(by_metric, metric_table(rankings))
        if plot:
            with replacing(plot[0]) as unfinished:
                unfinished.write_bytes(draw_thresholds(mean.thresholds, _columns(mean), names).png)
        return ThresholdResult(
            table,
            by_metric,
            plot[0] if plot else None,
            self.folder.record,
            tuple(names),
            float(mean.thresholds[best]),
            float(mean.f1[best]),
        )


def threshold(config: ThresholdConfig) -> ThresholdResult:
    """Make tables from a score to the precision, recall and F1 of the bins that reach it.

    Parameters
    ----------
    config : ThresholdConfig

    Returns
    -------
    ThresholdResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, before anything is written.
    MaxatacError
        If the run fails: a file cannot be read, or no cell type has a bound bin.
    """
    return carry_out(config, prepare_threshold)


def prepare_threshold(config: ThresholdConfig) -> PreparedThreshold:
    """Open and check everything that the settings name.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "threshold")
    named = _read_cells(config, problems)
    inputs = _inputs(config, named)
    problems += folder.problems(_outputs(folder, plot=config.plot), inputs=inputs, force=config.force)
    cells = _open(named, problems)
    blacklists = [
        read_blacklist(path, problems) for path in (config.blacklist, config.blacklist_bw) if path is not None
    ]
    listed = None if config.chrom_sizes is None else read_chrom_sizes(config.chrom_sizes, problems)
    if not cells:
        raise InputError(problems)
    tracks = [track for _, *pair in cells for track in pair]
    chroms, left_out = _choose_chroms(config.chroms, tracks, problems)
    sizes = tracks[0].chrom_sizes
    if listed is not None and config.chrom_sizes is not None:
        compare_chrom_sizes(listed, config.chrom_sizes, sizes, Path(tracks[0].path), list(listed), problems)
    known = {chrom: size for track in tracks for chrom, size in track.chrom_sizes.items()} | (listed or {})
    for blacklist in blacklists:
        # A prediction may hold a few chromosomes of the genome, and the blacklist all.
        check_blacklist(blacklist, known, problems, used=chroms, is_partial=True)
    opened = [_checked(config, *cell, chroms, problems) for cell in cells]
    if problems:
        raise InputError(problems)
    blacklist = functools.reduce(Blacklist.joined, blacklists, Blacklist.empty())
    return PreparedThreshold(config, folder, tuple(opened), chroms, left_out, blacklist, inputs)


def _open(cells: Sequence[PredictedCell], problems: Problems) -> list[tuple[PredictedCell, Track, Track]]:
    """Open prediction and binding of each cell type, of which both can be opened."""
    found = []
    for cell in cells:
        prediction, binding = open_track(cell.prediction, problems), open_track(cell.binding, problems)
        if prediction is not None and binding is not None:
            found.append((cell, prediction, binding))
    return found


def _checked(
    config: ThresholdConfig,
    cell: PredictedCell,
    prediction: Track,
    binding: Track,
    chroms: Collection[str],
    problems: Problems,
) -> OpenedCell:
    """Check what the tracks of a cell type hold."""
    facts, limit = facts_of_track(cell.prediction), config.binding_threshold
    check_binary(binding, chroms, problems, limit)
    _check_prediction(prediction, facts, chroms, problems)
    return OpenedCell(cell, prediction, binding if limit is None else BoundAbove(binding, limit), facts)


def _outputs(folder: CommandFolder, *, plot: bool) -> list[Path]:
    return [folder.named(ending) for ending in (".tsv", "_cross_celltype.tsv", ".png")[: 3 if plot else 2]]


def _read_cells(config: ThresholdConfig, problems: Problems) -> list[PredictedCell]:
    if config.meta_file is not None:
        return read_predictions(config.meta_file, problems)
    return paired_predictions(config.prediction or (), config.binding or (), problems)


def _inputs(config: ThresholdConfig, cells: Sequence[PredictedCell]) -> dict[str, Path]:
    """List what is read, by purpose."""
    pairs = ("prediction", "binding")
    inputs = {name: path for name, path in config.files().items() if name.split(" ")[0] not in pairs}
    for cell in cells:
        inputs |= {f"prediction of {cell.name}": cell.prediction, f"binding of {cell.name}": cell.binding}
    return inputs


def _choose_chroms(
    named: Sequence[str] | None, tracks: Sequence[Track], problems: Problems
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Choose the chromosomes: those named, or all that every track has; the second part is what a track lacks."""
    first = tracks[0]
    wanted = list(
        dict.fromkeys(named if named is not None else (name for track in tracks for name in track.chrom_sizes))
    )
    before = len(problems)
    has = {track.path: track.chrom_sizes for track in tracks}
    lacking: dict[str, tuple[str, ...]] = {}
    for track in tracks:
        absent = [name for name in wanted if name not in track.chrom_sizes]
        if track is not first:
            known = [name for name in wanted if name in first.chrom_sizes]
            compare_chrom_sizes(
                first.chrom_sizes, Path(first.path), track.chrom_sizes, Path(track.path), known, problems
            )
        if absent:
            lacking[track.path] = tuple(absent)
    gone = {name for absent in lacking.values() for name in absent}
    chroms = {name: first.chrom_sizes[name] for name in wanted if name not in gone}
    if len(problems) > before:
        return chroms, lacking
    if named is not None:
        for path, missing in lacking.items():
            tell_unknown("--chroms", missing, has[path], problems, file=Path(path))
    elif not chroms:
        there = "; ".join(f"{track.path} has {first_few(track.chrom_sizes)}" for track in tracks[:4])
        problems.add("chromosome", "no chromosome is in every prediction and every binding track", hint=there)
    return chroms, lacking


def _check_prediction(track: Track, facts: Mapping[str, Any], chroms: Iterable[str], problems: Problems) -> None:
    """Check that a track holds probabilities: thresholds run from 0 to 1."""
    expected = "probabilities from 0 to 1, as thresholds are"
    if facts.get("kind") == "quant":
        hint = "maxatac train --quant writes a table on the scale of its targets"
        problems.add("signal", "predictions of a --quant model", expected=expected, hint=hint, file=track.path)
        return
    try:
        for chrom in chroms:
            found = value_range(track, chrom)
            if found is not None and not (found[0] >= 0 and found[1] <= 1):
                told = f"values from {found[0]:.6g} to {found[1]:.6g} on {chrom}"
                hint = "a prediction of a --quant model, or another signal?"
                problems.add("signal", told, expected=expected, hint=hint, file=track.path)
                return
    except (MaxatacError, OSError) as error:
        problems.append(Problem.of(error))


def _tell(found: Counted, chroms: Iterable[str]) -> None:
    """Log what is odd about a cell type."""
    name, ranking = found.cell.name, found.ranking
    outside = " outside the blacklist" if found.left_out.blacklisted else ""
    if without := [chrom for chrom in chroms if chrom not in found.chroms]:
        logger.warning("%s: no bin of %s%s has a prediction", name, first_few(without), outside)
    if seen := seen_chroms(found.facts, found.chroms):
        told = "%s: the model has trained on %s: precision and recall look better there than they are"
        logger.warning(told, name, first_few(seen))
    if not ranking.positives:
        what = "is bound" if ranking.bins else "has a prediction"
        logger.warning("%s: no bin%s %s: it is left out of the mean", name, outside, what)
        return
    warn_of_prevalence(found.cell.binding, ranking.positives, ranking.bins)
    logger.info(
        "%s: %s, %s of them bound (%.3g %%); %s without a prediction left out, %s of them bound",
        name,
        counted(ranking.bins, "bin"),
        f"{ranking.positives:,}",
        100 * ranking.prevalence,
        counted(found.left_out.unpredicted, "bin"),
        f"{found.left_out.unpredicted_bound:,}",
    )


def _columns(mean: ThresholdCurve) -> dict[str, NDArray[np.float64]]:
    return {"Precision": mean.highest_precision, "Recall": mean.recall, "F1": mean.f1}

"""The inputs of ``maxatac benchmark``: opened and checked, and the chromosomes that are scored."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maxatac._core import Track
from maxatac.data.binding_checks import BoundAbove, check_binary
from maxatac.data.interval_track import IntervalTrack, read_scored_intervals
from maxatac.data.readers import TrackReader
from maxatac.data.tracks import has_data, open_track
from maxatac.errors import MaxatacError, Problem, Problems
from maxatac.evaluation.baselines import with_same_content
from maxatac.evaluation.settings import BenchmarkConfig
from maxatac.files.sniff import check_file, sniff
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import (
    MAX_BEYOND_END,
    check_chrom_names,
    compare_chrom_sizes,
    read_chrom_sizes,
    relevant_names,
    tell_unknown,
)
from maxatac.genome.intervals import Intervals, read_intervals
from maxatac.prediction.calibration import (
    compare_with_table,
    facts_of_table,
    facts_of_track,
    seen_chroms,
    tuned_chroms,
)
from maxatac.prediction.cutoffs import Cutoff, find_cutoff
from maxatac.runs.command import record_of_output
from maxatac.wording import first_few

logger = logging.getLogger(__name__)

Scored = Track | IntervalTrack


@dataclass(frozen=True, eq=False)
class BenchmarkInputs:
    """What is scored.

    Attributes
    ----------
    prediction, binding : TrackReader
    sizes : mapping of str to int
        Chromosomes that are scored, and their lengths in bp.
    left_out : mapping of str to str
        Chromosomes that are not scored, and why.
    blacklist : Blacklist
    signal : Track or None
    others : tuple of Track
        Binding in training cell types.
    no_others : str
        Why there are none although some were named; else empty.
    facts : mapping of str to object
        How the prediction was made (:mod:`maxatac.prediction.calibration`); empty if that is not known.
    seen : tuple of str
        Chromosomes on which a model of the prediction has trained.
    tuned : tuple of str
        Chromosomes from which the table of the cutoff was made.
    cutoff : Cutoff or None
    which : str
        Which bins are scored, in words.
    """

    prediction: Scored
    binding: TrackReader
    sizes: Mapping[str, int]
    left_out: Mapping[str, str]
    blacklist: Blacklist
    signal: Track | None
    others: tuple[Track, ...]
    no_others: str
    facts: Mapping[str, Any]
    seen: tuple[str, ...]
    tuned: tuple[str, ...]
    cutoff: Cutoff | None
    which: str


def open_benchmark(config: BenchmarkConfig, problems: Problems) -> BenchmarkInputs | None:
    """Open and check everything that the settings name.

    Parameters
    ----------
    config : BenchmarkConfig
    problems : Problems
        Gets everything that is wrong.

    Returns
    -------
    BenchmarkInputs or None
        None if something is wrong.
    """
    before = len(problems)
    cutoff = find_cutoff(config, problems)
    baselines = {path: _open_bigwig(path, "baseline", problems) for path in _baseline_paths(config)}
    opened = _open_pair(config, baselines.values(), problems)
    blacklists = [
        read_blacklist(path, problems) for path in (config.blacklist, config.blacklist_bw) if path is not None
    ]
    if opened is None or len(problems) > before:
        return None
    prediction, binding, known = opened
    sizes, left_out = _choose_chroms(config, prediction, binding, problems)
    if len(problems) > before:
        return None
    _check_baselines(baselines, prediction, sizes, problems)
    for blacklist in blacklists:
        check_blacklist(blacklist, known, problems, used=sizes, is_partial=True)
    if not config.quant and isinstance(binding, Track):
        check_binary(binding, sizes, problems, config.binding_threshold)
    facts = {} if config.prediction is None else facts_of_track(config.prediction)
    _check_kind(config, facts, problems)
    tuned = _compare_cutoff(config, cutoff, facts, sizes, problems)
    names = {str(path): path for path in config.training_binding or ()}
    same = with_same_content(names, config.gold_standard)
    others = tuple(
        track for path in config.training_binding or () if (track := baselines[path]) and str(path) not in same
    )
    if len(problems) > before:
        return None
    limit = config.binding_threshold
    return BenchmarkInputs(
        prediction,
        binding if limit is None else BoundAbove(binding, limit),
        sizes,
        left_out,
        functools.reduce(Blacklist.joined, blacklists, Blacklist.empty()),
        None if config.signal is None else baselines[config.signal],
        others,
        "" if others else _no_others(same),
        facts,
        tuple(seen_chroms(facts, sizes)),
        tuned,
        cutoff,
        _which_bins(config, has_blacklist=bool(blacklists)),
    )


def _baseline_paths(config: BenchmarkConfig) -> list[Path]:
    signal = [] if config.signal is None else [config.signal]
    return list(dict.fromkeys([*signal, *(config.training_binding or ())]))


def _open_bigwig(path: Path, what: str, problems: Problems) -> Track | None:
    return open_track(path, problems) if check_file(path, problems, what=what) else None


def _open_pair(
    config: BenchmarkConfig, baselines: Iterable[Track | None], problems: Problems
) -> tuple[Scored, Scored, dict[str, int]] | None:
    """Open prediction and binding, and give the lengths of all chromosomes that are known.

    A prediction may hold a few chromosomes of the genome, and other files all: every file and the list count.
    """
    listed = None if config.chrom_sizes is None else read_chrom_sizes(config.chrom_sizes, problems)
    prediction: Track | tuple[Intervals, Any] | None = None
    if config.prediction is not None:
        prediction = _open_bigwig(config.prediction, "prediction", problems)
    elif config.bed is not None:
        prediction = read_scored_intervals(config.bed, problems)
    binding = _open_binding(config, problems)
    if prediction is None or binding is None or (listed is None and config.chrom_sizes is not None):
        return None
    tracks = [each for each in (prediction, binding) if isinstance(each, Track)]
    if listed is None and not tracks:
        expected, hint = "the lengths of the chromosomes", "prediction and binding are both BED, which has none"
        problems.add("setting", "nothing", expected=expected, hint=hint, option="--chrom_sizes")
        return None
    known = {chrom: size for track in baselines if track is not None for chrom, size in track.chrom_sizes.items()}
    for track in tracks:
        if listed is not None and config.chrom_sizes is not None:
            path = Path(track.path)
            compare_chrom_sizes(listed, config.chrom_sizes, track.chrom_sizes, path, list(listed), problems)
        known |= track.chrom_sizes
    known |= listed or {}
    return _as_track(prediction, known, problems), _as_track(binding, known, problems), known


def _open_binding(config: BenchmarkConfig, problems: Problems) -> Track | tuple[Intervals, Any] | None:
    path = config.gold_standard
    if not check_file(path, problems, what="binding"):
        return None
    if config.quant or sniff(path) == "bigWig":
        return open_track(path, problems)
    if config.binding_threshold is not None:
        expected = "a bigWig of values as --gold_standard"
        problems.add("setting", "peaks", expected=expected, option="--binding_threshold", file=path)
    intervals = read_intervals(path, problems, what="binding peaks")
    return None if intervals is None else (intervals, np.ones(len(intervals), np.float32))


def _as_track(opened: Track | tuple[Intervals, Any], sizes: Mapping[str, int], problems: Problems) -> Scored:
    """Make a track of intervals, and check that they are on chromosomes of the genome."""
    if isinstance(opened, Track):
        return opened
    intervals, scores = opened
    counts = intervals.chrom.counts()
    counts = {name: counts[name] for name in relevant_names(counts, sizes)}
    if check_chrom_names(counts, intervals.path, sizes, problems):
        ends = intervals.chrom.looked_up(sizes, missing=2**62)
        beyond = int((intervals.end > ends).sum())
        if beyond > MAX_BEYOND_END * len(intervals):
            told = f"{beyond:,} of {len(intervals):,} intervals end beyond their chromosome"
            problems.add("size", told, hint="another genome build?", file=intervals.path)
    return IntervalTrack(intervals, scores, sizes)


def _choose_chroms(
    config: BenchmarkConfig, prediction: Scored, binding: Scored, problems: Problems
) -> tuple[dict[str, int], dict[str, str]]:
    """Choose the chromosomes: those named, or all that prediction and binding have; the second part is the others."""
    there, known = dict(prediction.chrom_sizes), dict(binding.chrom_sizes)
    predicted_file, bound_file = Path(prediction.path), Path(binding.path)
    compare_chrom_sizes(there, predicted_file, known, bound_file, list(there), problems)
    wanted = dict.fromkeys((*there, *known) if config.chroms is None else config.chroms)
    without = {chrom: f"not in {predicted_file}" for chrom in wanted if chrom not in there}
    without |= {chrom: f"not in {bound_file}" for chrom in wanted if chrom in there and chrom not in known}
    if config.chroms is not None:
        for path, names in ((predicted_file, there), (bound_file, known)):
            tell_unknown("--chroms", [chrom for chrom in wanted if chrom not in names], names, problems, file=path)
    try:
        empty = [chrom for chrom in wanted if chrom not in without and _is_empty(prediction, chrom)]
    except (MaxatacError, OSError) as error:
        problems.append(Problem.of(error))
        return {}, {}
    if config.chroms is None:
        without |= dict.fromkeys(empty, f"without a prediction in {predicted_file}")
    elif empty:
        logger.warning("%s: no prediction on %s", predicted_file, first_few(empty))
    sizes = {chrom: there[chrom] for chrom in wanted if chrom not in without}
    if not sizes and config.chroms is None:
        has = f"{predicted_file} has {first_few(there)}; {bound_file} has {first_few(known)}"
        problems.add("chromosome", "prediction and binding have no chromosome in common", hint=has, file=predicted_file)
    return sizes, without


def _is_empty(prediction: Scored, chrom: str) -> bool:
    return isinstance(prediction, Track) and not has_data(prediction, chrom)


def _check_baselines(
    baselines: Mapping[Path, Track | None], prediction: Scored, sizes: Mapping[str, int], problems: Problems
) -> None:
    for path, track in baselines.items():
        if track is not None:
            first = Path(prediction.path)
            if absent := compare_chrom_sizes(sizes, first, track.chrom_sizes, path, list(sizes), problems):
                logger.warning("%s: has no %s: taken as 0", path, first_few(absent))


def _check_kind(config: BenchmarkConfig, facts: Mapping[str, Any], problems: Problems) -> None:
    """Check that the model predicts what is to be scored, if that is known."""
    kind, path = facts.get("kind"), config.prediction
    if kind == "quant" and not config.quant and config.binding_threshold is None:
        hint = "ranking bins by these values needs --binding_threshold"
        told, expected = "values of a model with --quant", "probabilities, or --quant here too"
        problems.add("signal", told, expected=expected, hint=hint, file=path)
    elif kind == "binary" and config.quant:
        told, expected = "probabilities of a model without --quant", "values of a model with --quant"
        problems.add("signal", told, expected=expected, file=path)


def _compare_cutoff(
    config: BenchmarkConfig,
    cutoff: Cutoff | None,
    facts: Mapping[str, Any],
    sizes: Mapping[str, int],
    problems: Problems,
) -> tuple[str, ...]:
    """Compare the table of a cutoff with the prediction; gives the chromosomes from which it was made."""
    if cutoff is None or cutoff.table is None:
        return ()
    known = facts_of_table(cutoff.table).get("bin_size")
    width = next((width for width in config.bin_size if width == known), config.bin_size[0])
    compare_with_table(cutoff, facts, problems, bin_size=width)
    tuned = tuple(tuned_chroms(cutoff.table, sizes, config.cell_type))
    if tuned:
        logger.warning(
            "%s: was made from %s too%s: precision, recall and F1 at its cutoff look better there than they are",
            cutoff.table,
            first_few(tuned),
            f", in {config.cell_type}" if config.cell_type else "",
        )
    return tuned


def _no_others(same: Sequence[str]) -> str:
    return f"{first_few(same)} has the content of the binding that is scored, and there is no other" if same else ""


def _which_bins(config: BenchmarkConfig, *, has_blacklist: bool) -> str:
    """Say which bins are scored."""
    record = {} if config.prediction is None else record_of_output(config.prediction) or {}
    settings = record.get("settings") if "run_of" in record else {}
    limited = isinstance(settings, Mapping) and (settings.get("roi") or settings.get("windows"))
    if config.bed is not None:
        which = "all bins, 0 outside the intervals"
    elif config.chosen("unpredicted") == "zero":
        which = "all bins, 0 where there is no prediction"
    else:
        which = "bins with a prediction"
    if limited:
        which += ", which was made for regions of interest only"
    return which + (", outside the blacklist" if has_blacklist else "")

"""The inputs of a prediction: opened, and compared with each other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac._core import Genome, Track
from maxatac.data.tracks import open_genome, open_track
from maxatac.errors import Problems
from maxatac.files.checksums import distinct_files
from maxatac.files.sniff import check_file
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import check_spellings, in_byte_order, read_chrom_sizes, tell_unknown
from maxatac.genome.windows import WINDOW_LENGTH
from maxatac.prediction.windows import WindowPlan, read_regions, read_windows
from maxatac.wording import aligned, base_pairs, counted, first_few

if TYPE_CHECKING:
    from maxatac.prediction.settings import PredictConfig

logger = logging.getLogger(__name__)

_TOLD = 10
"""Sequences whose lengths are shown where files disagree."""


@dataclass(frozen=True, eq=False)
class PredictInputs:
    """The inputs of a prediction, ready to be read.

    Attributes
    ----------
    genome : Genome
    tracks : tuple of Track
        Signal tracks, in the order of the option.
    plan : WindowPlan
        Of the chosen chromosomes, in the byte order of their names.
    unknown : tuple of str
        Sequences of the genome that none of the tracks knows, and that are left out for that reason.
    without_signal : mapping of str to tuple of str
        Chosen chromosomes that a track lacks, by the path of the track: its signal is taken as 0 there.
    seen_by_all : tuple of str
        Chosen chromosomes that are left out because every model was trained on them.
    """

    genome: Genome
    tracks: tuple[Track, ...]
    plan: WindowPlan
    unknown: tuple[str, ...]
    without_signal: Mapping[str, tuple[str, ...]]
    seen_by_all: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Describe chromosomes, windows and regions for the run record."""
        plan = self.plan
        short, predicted = plan.short, set(plan.predicted)
        facts: dict[str, Any] = {
            "chroms": list(plan.predicted),
            "chroms_without_window": [chrom for chrom in plan.chroms if chrom not in predicted],
            "chroms_unknown_to_tracks": list(self.unknown),
            "chroms_seen_by_all_models": list(self.seen_by_all),
            "chroms_without_signal": {path: list(chroms) for path, chroms in self.without_signal.items()},
            "short_sequences": {"number": len(short), "bases": sum(plan.sizes[chrom] for chrom in short)},
            "windows": vars(plan.counts),
        }
        if plan.roi is not None:
            facts["roi"] = {"intervals": len(plan.roi.intervals), "without_score": len(plan.unscored)}
        return facts


def open_inputs(config: PredictConfig, problems: Problems) -> PredictInputs | None:
    """Open everything but the model, and compare it with the genome.

    Parameters
    ----------
    config : PredictConfig
    problems : Problems
        Gets everything that is wrong.

    Returns
    -------
    PredictInputs or None
        None if something is wrong, here or before.
    """
    genome = open_genome(config.sequence, problems)
    tracks = _open_tracks(config.signal, problems)
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    listed = None if config.chrom_sizes is None else read_chrom_sizes(config.chrom_sizes, problems)
    if genome is None:
        for file, what in ((config.roi, "regions of interest"), (config.windows, "windows")):
            if file is not None:
                check_file(file, problems, what=what)
        return None
    sizes = genome.chrom_sizes
    chroms, unknown = _choose_chroms(config.chroms, sizes, tracks.values(), problems)
    check_blacklist(blacklist, sizes, problems, used=chroms)
    others: dict[Path, Mapping[str, int]] = {path: track.chrom_sizes for path, track in tracks.items()}
    _check_names(config, others, sizes if config.chroms is None else chroms, sizes, problems)
    if listed is not None and config.chrom_sizes is not None:
        _check_sizes_file(config, listed, chroms, problems)
        others[config.chrom_sizes] = listed
    _compare_lengths(config.sequence, sizes, others, problems)
    roi = None if config.roi is None else read_regions(config.roi, sizes, problems)
    given = None if config.windows is None else read_windows(config.windows, sizes, problems)
    if problems:
        return None
    plan = WindowPlan(chroms, sizes, config.step_size, blacklist, given, roi, config.clip_to_roi)
    if not plan.predicted:
        problems.add("regions", "no window is left to predict", hint=_why_nothing(plan))
        return None
    absent = {
        str(path): tuple(chrom for chrom in plan.predicted if chrom not in track.chrom_sizes)
        for path, track in tracks.items()
    }
    return PredictInputs(
        genome, tuple(tracks.values()), plan, unknown, {path: chroms for path, chroms in absent.items() if chroms}
    )


def tell_of_inputs(inputs: PredictInputs) -> None:
    """Log what is left out, or taken as 0."""
    plan = inputs.plan
    if plan.short:
        bases = sum(plan.sizes[chrom] for chrom in plan.short)
        logger.warning(
            "%s (%s in all) shorter than a window of %s bp: no prediction there (%s)",
            counted(len(plan.short), "sequence"),
            base_pairs(bases),
            f"{WINDOW_LENGTH:,}",
            first_few(plan.short, 3),
        )
    for path, chroms in inputs.without_signal.items():
        logger.warning("%s: no signal on %s: taken as 0", path, first_few(chroms))
    if inputs.unknown:
        logger.info("no track has %s: left out; name sequences with --chroms", first_few(inputs.unknown))
    logger.info("%s", describe_counts(plan))
    if plan.roi is not None and (unscored := plan.unscored):
        examples = first_few([f"{chrom}:{start:,}-{end:,} ({why})" for chrom, start, end, why in unscored], 3)
        logger.warning(
            "%s of %s regions of interest get no score: %s",
            f"{len(unscored):,}",
            f"{len(plan.roi.intervals):,}",
            examples,
        )
    if not plan.blacklist:
        logger.warning("no --blacklist: windows may lie in regions of artefact signal")


def describe_counts(plan: WindowPlan) -> str:
    """Say what became of the windows of a plan: ``1,200 of 1,300 windows on 3 sequences; left out: 100 blacklist``."""
    counts = plan.counts
    reasons = {
        "named before": counts.repeated,
        "on other chromosomes": counts.other_chromosome,
        "outside the regions of interest": counts.outside_roi,
        "touching the blacklist": counts.blacklist,
    }
    left_out = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items() if number)
    told = f"{counts.kept:,} of {counts.asked:,} windows on {counted(len(plan.predicted), 'sequence')}"
    return f"{told}; left out: {left_out}" if left_out else told


def _open_tracks(paths: Sequence[Path], problems: Problems) -> dict[Path, Track]:
    """Open the signal tracks; one that is given twice is a problem."""
    tracks: dict[Path, Track] = {}
    for path in distinct_files("--signal", paths, problems):
        if check_file(path, problems, what="ATAC-seq signal") and (track := open_track(path, problems)) is not None:
            tracks[path] = track
    return tracks


def _choose_chroms(
    named: Sequence[str] | None, sizes: Mapping[str, int], tracks: Iterable[Track], problems: Problems
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the chromosomes: those named, or all that any track knows; the second part is what none of them knows."""
    if named is not None:
        tell_unknown("--chroms", [name for name in dict.fromkeys(named) if name not in sizes], sizes, problems)
        return tuple(in_byte_order({name for name in named if name in sizes})), ()
    known = set().union(*(track.chrom_sizes for track in tracks))
    return tuple(in_byte_order(known.intersection(sizes))), tuple(name for name in sizes if name not in known)


def _check_names(
    config: PredictConfig,
    tracks: Mapping[Path, Mapping[str, int]],
    chroms: Iterable[str],
    sizes: Mapping[str, int],
    problems: Problems,
) -> None:
    """Check that the tracks name chromosomes as the genome does, and have at least one of them."""
    chroms = tuple(chroms)
    for path, track in tracks.items():
        before = len(problems)
        check_spellings(config.sequence, track, path, chroms, problems)
        if len(problems) == before and not any(chrom in sizes for chrom in track):
            told = f"has none of the sequences of the genome ({first_few(sizes)})"
            problems.add("chromosome", told, hint=f"it has {first_few(track)}", file=path)


def _check_sizes_file(
    config: PredictConfig, listed: Mapping[str, int], chroms: Sequence[str], problems: Problems
) -> None:
    """Check that the file of sizes has every chosen chromosome, under the same name."""
    assert config.chrom_sizes is not None
    missing = check_spellings(config.sequence, listed, config.chrom_sizes, chroms, problems)
    if missing and config.chroms is not None:
        problems.add("chromosome", f"lacks {first_few(missing)}, which --chroms names", file=config.chrom_sizes)


def _compare_lengths(
    genome: Path, sizes: Mapping[str, int], others: Mapping[Path, Mapping[str, int]], problems: Problems
) -> None:
    """Add one problem with a table of all sequences whose length differs between the files."""
    differing = [
        chrom for chrom, size in sizes.items() if any(other.get(chrom, size) != size for other in others.values())
    ]
    if not differing:
        return
    header = ("sequence", str(genome), *map(str, others))
    rows = [
        (chrom, f"{sizes[chrom]:,}", *(f"{other[chrom]:,}" if chrom in other else "-" for other in others.values()))
        for chrom in differing[:_TOLD]
    ]
    table = "\n".join(f"  {line}" for line in aligned(header, rows, left=1))
    more = f"\n  and {len(differing) - _TOLD:,} more" if len(differing) > _TOLD else ""
    told = f"the files disagree on the length of {counted(len(differing), 'sequence')}; another genome build?"
    problems.add("size", f"{told}\n{table}{more}", option="--sequence")


def _why_nothing(plan: WindowPlan) -> str:
    """Say why a plan has no window."""
    if not plan.chroms:
        return "no sequence of the genome is in a signal track"
    if len(plan.short) == len(plan.chroms):
        return f"none of {first_few(plan.chroms)} has the {WINDOW_LENGTH:,} bp of a window"
    return describe_counts(plan)

"""The folds of a cross-validation: what each holds out, and the settings of its run.

By cell type, each in turn is the one that is tested, on chromosomes that are held out too. By chromosome, the
chromosomes of the study are dealt to folds of about the same length: one tests, the next validates, the others train.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from maxatac.data.same_cells import read_same
from maxatac.data.samples import Sample
from maxatac.data.shared_files import check_folds
from maxatac.errors import Problems
from maxatac.genome.chroms import tell_unknown
from maxatac.prediction.outputs import distinct
from maxatac.reporting.folds import FoldFiles
from maxatac.runs.folder import RunFolder
from maxatac.training.settings import DEFAULT_CHROMS, DEFAULT_FOLDS, TrainConfig
from maxatac.wording import first_few, listed

_OPTION = "--cross_validate"


@dataclasses.dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes
    ----------
    name : str
        As the user knows it: the cell type, or ``fold_1`` and so on.
    held_out : tuple of str
        Cell types, or chromosomes.
    config : TrainConfig
        Of its run, which is an ordinary one with a folder and a prefix of its own.
    """

    name: str
    held_out: tuple[str, ...]
    config: TrainConfig

    @property
    def folder(self) -> RunFolder:
        """Where its results are."""
        return RunFolder(self.config.output, self.config.prefix, self.config.model_format)


def files_of(config: TrainConfig) -> FoldFiles:
    """Name the files of a cross-validation."""
    return FoldFiles(config.output, config.prefix)


def study_of(config: TrainConfig) -> tuple[str, ...]:
    """List the chromosomes that are dealt to folds, as they were typed or by default."""
    return tuple(dict.fromkeys(DEFAULT_CHROMS if config.chroms is None else config.chroms))


def deal(sizes: Mapping[str, int], count: int) -> list[tuple[str, ...]]:
    """Deal chromosomes to folds of about the same length.

    The longest that is left goes to the fold that is the shortest so far; of equal ones the first in byte order, and
    the first fold.

    Parameters
    ----------
    sizes : mapping of str to int
        Lengths in bp, at least as many as there are folds.
    count : int
        Folds.

    Returns
    -------
    list of tuple of str
        The chromosomes of each fold, in the order of ``sizes``.
    """
    dealt: list[set[str]] = [set() for _ in range(count)]
    totals = [0] * count
    for name in sorted(sizes, key=lambda name: (-sizes[name], name.encode("utf-8", "surrogateescape"))):
        shortest = min(range(count), key=totals.__getitem__)
        dealt[shortest].add(name)
        totals[shortest] += sizes[name]
    return [tuple(name for name in sizes if name in mine) for mine in dealt]


def folds_by_cell_type(config: TrainConfig, samples: Sequence[Sample], problems: Problems) -> list[Fold]:
    """Make a fold for each cell type.

    Parameters
    ----------
    config : TrainConfig
        Of the cross-validation.
    samples : sequence of Sample
        All rows of the meta file, whatever their label.
    problems : Problems
        Gets one if there are fewer than two cell types, one for each two that seem to be one, and one for each unknown
        name of ``allow_shared_files`` and ``allow_same``.

    Returns
    -------
    list of Fold
        In the order of the rows; none if there are fewer than two, or which are one is not clear.
    """
    names = [sample.cell_line for sample in samples]
    allowed = tuple(dict.fromkeys(config.allow_shared_files or ()))
    if samples and (unknown := [name for name in allowed if name not in names]):
        told, hint = f"no cell type is called {first_few(unknown)}", f"there are {first_few(names, 8)}"
        problems.add("setting", told, hint=hint, option="--allow_shared_files")
    found = len(problems)
    same = read_same(config.allow_same or (), names, problems)
    check_folds(samples, problems, allowed=allowed, same=same)
    groups = same.gather(samples)
    # Where there is none, the table could not be read, which is told by its reader.
    if len(groups) == 1:
        problems.add(
            "setting",
            f"one cell type ({listed(names)})",
            expected="at least two: each in turn is held out, and the others train",
            option=f"{_OPTION} cells",
        )
    if len(groups) < 2 or len(problems) > found:
        return []
    folds = []
    for name, group in zip(_file_names([group[0].cell_line for group in groups]), groups, strict=True):
        held_out = tuple(sample.cell_line for sample in group)
        shared = tuple(cell for cell in held_out if cell in allowed)
        changes = {"test_cell_types": held_out, "allow_shared_files": shared or None, "test_seen": True}
        folds.append(Fold(held_out[0], held_out, _of_fold(config, name, **changes)))
    return folds


def folds_by_chromosome(config: TrainConfig, sizes: Mapping[str, int], problems: Problems) -> list[Fold]:
    """Deal the chromosomes of the study to folds.

    Parameters
    ----------
    config : TrainConfig
        Of the cross-validation.
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    problems : Problems
        Gets one for each unknown chromosome, and one if there are fewer than the folds.

    Returns
    -------
    list of Fold
        None if there are fewer chromosomes.
    """
    wanted = study_of(config)
    study = {name: sizes[name] for name in wanted if name in sizes}
    if config.chroms is not None:
        tell_unknown("--chroms", [name for name in wanted if name not in sizes], sizes, problems)
    count = DEFAULT_FOLDS if config.folds is None else config.folds
    if len(study) < count:
        if config.chroms is None or len(study) == len(wanted):
            hint = f"name more with --chroms, such as {first_few(sizes)}" if len(study) < len(sizes) else None
            told = f"{count} for {len(study)} chromosomes{f' ({first_few(study)})' if study else ''}"
            problems.add("setting", told, expected="no more folds than chromosomes", hint=hint, option="--folds")
        return []
    parts = deal(study, count)
    folds = []
    for number, tested in enumerate(parts):
        validation = parts[(number + 1) % count]
        held_out = {*tested, *validation}
        name = f"fold_{number + 1}"
        changes = {
            "chroms": tuple(chrom for chrom in study if chrom not in tested),
            "tchroms": tuple(chrom for chrom in study if chrom not in held_out),
            "vchroms": validation,
            "test_chroms": tested,
        }
        folds.append(Fold(name, tested, _of_fold(config, name, **changes)))
    return folds


def _of_fold(config: TrainConfig, name: str, **changes: Any) -> TrainConfig:
    """Make the settings of the run of a fold; ``name`` is the one of its files."""
    folder = files_of(config).fold(name)
    return dataclasses.replace(
        config,
        output=folder.folder,
        prefix=folder.prefix,
        cross_validate=None,
        folds=None,
        **changes,
    )


def _file_names(names: Sequence[str]) -> list[str]:
    """Turn names of cell types into those of files: an underscore for what these cannot hold, and no name twice."""
    return distinct([re.sub(r"[^\w+-]", "_", name) or "_" for name in names])

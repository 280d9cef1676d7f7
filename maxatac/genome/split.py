"""Which chromosomes train, which validate, and which test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maxatac.errors import Problems
from maxatac.genome.chroms import tell_unknown
from maxatac.wording import first_few

_WAY_OUT = (
    "to divide a chromosome, type it in both --tchroms and --vchroms, give the regions of each with --train_roi and "
    "--validate_roi, and add --genome_validation 0"
)


@dataclass(frozen=True)
class ChromSplit:
    """Chromosome lists that agree with the genome and with each other.

    Attributes
    ----------
    chroms : tuple of str
        The study; holds both lists below.
    training, validation : tuple of str
        Disjoint but for ``shared``; neither is empty unless a problem was reported.
    test : tuple of str
        For the independent test, in none of the above; may be empty.
    notes : tuple of str
        What was left out without being asked for, one line each.
    shared : tuple of str
        In both the training and the validation chromosomes, which their regions divide.
    """

    chroms: tuple[str, ...]
    training: tuple[str, ...]
    validation: tuple[str, ...]
    notes: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


def resolve_chroms(
    known: Mapping[str, int],
    *,
    chroms: Sequence[str] | None,
    tchroms: Sequence[str] | None,
    vchroms: Sequence[str] | None,
    defaults: tuple[Sequence[str], Sequence[str], Sequence[str]],
    problems: Problems,
    may_share: bool = False,
) -> ChromSplit:
    """Turn ``--chroms``, ``--tchroms`` and ``--vchroms`` into lists that can be used.

    Names in a default list that the genome lacks are left out with a note; names that were typed must exist. Both lists
    are cut to ``--chroms``, which is their union where only they were typed. Where a typed list and a default one share
    a chromosome, the typed one keeps it.

    Parameters
    ----------
    known : mapping of str to int
        Lengths in bp of the chromosomes of the genome, by name.
    chroms, tchroms, vchroms : sequence of str, or None if not typed
        Study, training and validation chromosomes.
    defaults : three sequences of str
        What is taken where they are not typed.
    problems : Problems
    may_share : bool
        Whether the lists may have chromosomes in common: the regions of both are given.
    """
    found = Problems()
    typed = {"--chroms": chroms, "--tchroms": tchroms, "--vchroms": vchroms}
    lists: dict[str, list[str]] = {}
    absent: list[str] = []
    for (option, names), default in zip(typed.items(), defaults, strict=True):
        wanted = _unique(default if names is None else names)
        lists[option] = [name for name in wanted if name in known]
        unknown = [name for name in wanted if name not in known]
        if names is not None:
            tell_unknown(option, unknown, known, found)
        elif option != "--chroms" or (tchroms is None and vchroms is None):
            absent += unknown
    notes = [f"not in the genome, left out of the default chromosomes: {_told(_unique(absent))}"] if absent else []

    study, training, validation = lists.values()
    lists_make_study = chroms is None and not (tchroms is None and vchroms is None)
    if not lists_make_study:
        in_study = frozenset(study)
        for option in ("--tchroms", "--vchroms"):
            outside = [name for name in lists[option] if name not in in_study]
            if outside and typed[option] is not None:
                notes.append(f"{option}: not in --chroms, left out: {_told(outside)}")
        training = [name for name in training if name in in_study]
        validation = [name for name in validation if name in in_study]

    validates = frozenset(validation)
    shared = [name for name in training if name in validates]
    divided: list[str] = []
    if may_share and tchroms is not None and vchroms is not None:
        divided, shared = shared, []
    if shared and (tchroms is None) == (vchroms is None):
        told = f"{_told(shared)} in both; training and validation must not overlap"
        found.add("setting", told, hint=_WAY_OUT, option="--tchroms and --vchroms")
    elif shared and tchroms is None:
        training = [name for name in training if name not in validates]
        notes.append(f"left out of the default --tchroms, because --vchroms has them: {_told(shared)}")
    elif shared:
        trains = frozenset(training)
        validation = [name for name in validation if name not in trains]
        notes.append(f"left out of the default --vchroms, because --tchroms has them: {_told(shared)}")

    if not found:
        # A misspelt name may be all that a list lacks, so emptiness is told only when every name is good.
        for option, what, names in (("--tchroms", "training", training), ("--vchroms", "validation", validation)):
            if not names:
                way_out = f"; it has one only: {_WAY_OUT}" if len(known) == 1 else ""
                hint = f"name some that the genome has ({first_few(known)}){way_out}"
                found.add("setting", f"no {what} chromosome is left", hint=hint, option=option)
    problems += found
    if lists_make_study:
        study = _unique([*training, *validation])
    return ChromSplit(tuple(study), tuple(training), tuple(validation), tuple(notes), shared=tuple(divided))


def resolve_test_chroms(
    known: Mapping[str, int],
    split: ChromSplit,
    *,
    test_chroms: Sequence[str] | None,
    default: Sequence[str],
    problems: Problems,
) -> tuple[str, ...]:
    """Turn ``--test_chroms`` into chromosomes that a model of this split can be tested on.

    Parameters
    ----------
    known : mapping of str to int
        Lengths in bp of the chromosomes of the genome, by name.
    split : ChromSplit
        What trains and validates.
    test_chroms : sequence of str, or None if not typed
    default : sequence of str
        What is taken if it is not typed; names that the genome lacks, or that train or validate, are left out.
    problems : Problems

    Returns
    -------
    tuple of str
        Empty if nothing of the default is left.
    """
    taken = {**dict.fromkeys(split.training, "training"), **dict.fromkeys(split.validation, "validation")}
    if test_chroms is None:
        return tuple(name for name in default if name in known and name not in taken)
    wanted = _unique(test_chroms)
    tell_unknown("--test_chroms", [name for name in wanted if name not in known], known, problems)
    for use in ("training", "validation"):
        shared = [name for name in wanted if taken.get(name) == use]
        if shared:
            told = f"{_told(shared)} {'is' if len(shared) == 1 else 'are'} also used for {use}"
            problems.add("setting", told, hint="a test needs chromosomes of its own", option="--test_chroms")
    return tuple(wanted)


def _told(names: Sequence[str]) -> str:
    """List names as they are typed on the command line."""
    return first_few(names, 30, separator=" ")


def _unique(names: Iterable[str]) -> list[str]:
    """Drop repeats, keep the order."""
    return list(dict.fromkeys(names))

"""Names that are of one cell type: by their spelling, or because the user says so.

A cell type that is held out proves nothing if it trains under another name. Names are compared without case, blanks,
hyphens and underscores; files are compared by :mod:`maxatac.data.shared_files`.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from maxatac.data.samples import Sample
from maxatac.errors import Problems
from maxatac.wording import first_few

OPTION = "--allow_same"

ALIKE = "differ in case, blanks, - and _ alone"
"""How two names that are spellings of one differ."""


def plain_name(name: str) -> str:
    """Reduce the name of a cell type to what spellings have in common: no case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name.casefold())


@dataclass(frozen=True)
class SameCells:
    """Cell types that are one, because the user says so.

    Attributes
    ----------
    groups : tuple of frozenset of str
        Names of one cell type each; no name is in two.
    """

    groups: tuple[frozenset[str], ...] = ()

    def are_one(self, one: str, other: str) -> bool:
        """Tell whether two names are of one cell type."""
        return one == other or any(one in group and other in group for group in self.groups)

    def gather(self, samples: Iterable[Sample]) -> list[list[Sample]]:
        """Gather the rows of each cell type; both in their order."""
        gathered: list[list[Sample]] = []
        for sample in samples:
            for mine in gathered:
                if self.are_one(mine[0].cell_line, sample.cell_line):
                    mine.append(sample)
                    break
            else:
                gathered.append([sample])
        return gathered


def read_same(pairs: Iterable[str], names: Collection[str], problems: Problems) -> SameCells:
    """Read what the user says is one cell type.

    Parameters
    ----------
    pairs : iterable of str
        As ``NAME=NAME``; pairs that share a name are of one cell type.
    names : collection of str
        All cell types; none if they could not be read, which is told elsewhere.
    problems : Problems
        Gets one for each pair that is no two of them.
    """
    groups: list[frozenset[str]] = []
    for pair in dict.fromkeys(pairs):
        # A name may hold the sign, too.
        ends = [(pair[:at], pair[at + 1 :]) for at, letter in enumerate(pair) if letter == "="]
        found = next((frozenset(both) for both in ends if len(set(both)) == 2 and names and {*both} <= {*names}), None)
        if found is None:
            if names or not ends:
                hint = f"there are {first_few(names, 8)}" if names else None
                problems.add("setting", repr(pair), expected="NAME=NAME, two cell types", hint=hint, option=OPTION)
            continue
        joined = found.union(*(group for group in groups if group & found))
        groups = [*(group for group in groups if not group & found), joined]
    return SameCells(tuple(groups))


def check_spelling(samples: Sequence[Sample], same: SameCells, problems: Problems) -> None:
    """Refuse a cell type labelled Test that trains under another spelling of its name.

    Parameters
    ----------
    samples : sequence of Sample
    same : SameCells
        Cell types that may train and be tested.
    problems : Problems
        Gets one for each other pair.
    """
    for test in (sample for sample in samples if sample.label == "Test"):
        for train in (sample for sample in samples if sample.label == "Train"):
            one, other = train.cell_line, test.cell_line
            if plain_name(one) == plain_name(other) and not same.are_one(one, other):
                hint = (
                    "a test must not rest on what was trained on: give both one label, or allow this with "
                    f"{OPTION} {option_value(one, other)}"
                )
                told = f"{other} (Test) and {one} (Train, {train.place}) {ALIKE}"
                test.place.tell(problems, "value", told, hint=hint, column="Cell_Line")


def on_both_sides(labels: Mapping[str, str], same: SameCells) -> list[tuple[str, str]]:
    """List the cell types that are one, of which the first trains and the second is tested.

    Parameters
    ----------
    labels : mapping of str to str
        ``Train`` or ``Test``, by cell type.
    same : SameCells
    """
    sides = ([name for name, label in labels.items() if label == side] for side in ("Train", "Test"))
    return [(train, test) for train, test in itertools.product(*sides) if same.are_one(train, test)]


def option_value(one: str, other: str) -> str:
    """Word the value of the option that lets two names pass, quoted where a shell needs it."""
    return shlex.quote(f"{one}={other}")

"""Whether a table of cutoffs belongs to a prediction.

A table says which precision and recall a score stands for. That holds for scores of the same models, read on the same
strands, in bins of the same width. Both files have run records beside them: that of ``maxatac predict`` has an entry
``prediction``, that of ``maxatac threshold`` an entry ``calibration`` with the same facts and three more::

    models        a list with the sha256 and weights_sha256 of each member
    kind          binary or quant
    both_strands  whether the scores of both strands are averaged
    bin_size      in bp
    cell_types    names, of a table alone
    chroms        names, of a table alone

Those of a training run are worked out from its settings. What is not known is not compared: published tables, and
tracks of other programs, have no record. A fact of another form, as in an edited record, is not known either.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maxatac.errors import Problems
from maxatac.files.checksums import sha256
from maxatac.genome.windows import BIN_SIZE
from maxatac.runs.command import record_of_output
from maxatac.runs.folder import RunFolder
from maxatac.wording import counted, first_few

if TYPE_CHECKING:
    from maxatac.prediction.cutoffs import Cutoff

logger = logging.getLogger(__name__)

CALIBRATION = "calibration"
"""Entry of the run record of a table."""

PREDICTION = "prediction"
"""Entry of the run record of a predicted track; a joined track has that of its parts."""

SEEN = "seen_chroms"
"""Chromosomes in that entry that a model was trained on or selected by, of those that were predicted."""

PUBLISHED_BIN_SIZE = 200
"""Width in bp of the bins that the published tables are presumably made for: their prevalence fits it."""

Facts = Mapping[str, Any]


def facts_of_table(path: Path) -> Facts:
    """Find out what a table of cutoffs was made from; empty if there is no record."""
    record = record_of_output(path) or {}
    if "run_of" in record:
        return _facts(record.get(CALIBRATION))
    if not record:
        return {}
    settings = _mapping(record.get("settings"))
    labels = _mapping(record.get("cell_types"))
    return _facts_of_training(record, path) | {
        # The windows of the validation are read on one strand.
        "both_strands": False,
        "cell_types": [name for name, label in labels.items() if label == "Train"],
        "chroms": _texts(settings.get("vchroms")),
    }


def facts_of_track(path: Path) -> Facts:
    """Find out how a track was predicted; empty if there is no record."""
    record = record_of_output(path) or {}
    if "run_of" in record:
        return _facts(record.get(PREDICTION))
    if not record:
        return {}
    both_strands = _mapping(record.get("settings")).get("test_rev_comp")
    return _facts_of_training(record, path) | _facts({"both_strands": both_strands})


def calibration_facts(
    tracks: Iterable[Path], *, bin_size: int, cell_types: Sequence[str], chroms: Sequence[str]
) -> Facts:
    """Describe a table for its run record.

    Parameters
    ----------
    tracks : iterable of Path
        The predicted tracks that it is made from.
    bin_size : int
        In bp.
    cell_types, chroms : sequence of str

    Returns
    -------
    mapping
        Models, kind and strands are those of all tracks, and left out if two differ or one is not known.
    """
    known = [facts_of_track(path) for path in tracks]
    shared = {
        name: known[0][name]
        for name in ("models", "kind", "both_strands")
        if known and all(name in facts and facts[name] == known[0].get(name) for facts in known)
    }
    return shared | {"bin_size": bin_size, "cell_types": list(cell_types), "chroms": list(chroms)}


def compare_with_table(cutoff: Cutoff, scores: Facts, problems: Problems, *, bin_size: int) -> None:
    """Compare the table of a cutoff with the scores that it is used for.

    Parameters
    ----------
    cutoff : Cutoff
    scores : mapping
        Facts of the prediction, as in its record; empty if they are not known.
    problems : Problems
        Gets a table of another kind of model: its thresholds mean nothing for these scores. Other differences are
        logged as warnings, one for each fact.
    bin_size : int
        Width in bp of the bins that are called.
    """
    if cutoff.table is None:
        return
    table = facts_of_table(cutoff.table)
    # Published models are binary; so are their tables, which have no record and end at 1.
    kind = table.get("kind", "binary" if cutoff.largest <= 1 else None)
    if kind is not None and scores.get("kind", kind) != kind:
        names = {"binary": "probabilities", "quant": "values of a quantitative model"}
        problems.add(
            "value", f"thresholds for {names.get(kind, kind)}", expected=f"thresholds for {names[scores['kind']]}",
            hint="choose --cutoff_type score with a --cutoff_value, or the table of this model",
            option="--cutoff_file", file=cutoff.table,
        )  # fmt: skip
        return
    for told in _differences(table, scores, bin_size):
        logger.warning("%s: %s: the precision and recall that it promises do not hold here", cutoff.table, told)
    if not table and bin_size != PUBLISHED_BIN_SIZE:
        logger.info(
            "%s: has no record of the width of its bins; those of published tables are presumably %d bp wide, these "
            "are %d", cutoff.table, PUBLISHED_BIN_SIZE, bin_size,
        )  # fmt: skip


def tuned_chroms(table: Path, chroms: Iterable[str], cell_type: str | None = None) -> list[str]:
    """List chromosomes from which a table was made: scores there at its cutoff are too good.

    Parameters
    ----------
    table : Path
    chroms : iterable of str
        Those that are scored.
    cell_type : str, optional
        That is scored; ``None`` if it is not known, as if it were one of the table.

    Returns
    -------
    list of str
        None if the table is of other cell types, or has no record.
    """
    facts = facts_of_table(table)
    cells = {_folded(name) for name in facts.get("cell_types", ())}
    if cell_type is not None and _folded(cell_type) not in cells:
        return []
    used = set(facts.get("chroms", ()))
    return [chrom for chrom in chroms if chrom in used]


def seen_chroms(facts: Facts, chroms: Iterable[str]) -> list[str]:
    """List chromosomes on which a model of a prediction has trained, as far as its record says.

    Parameters
    ----------
    facts : mapping
        Of the prediction.
    chroms : iterable of str
    """
    models = () if facts.get("out_of_fold") else facts.get("models", ())
    seen = {chrom for model in models for chrom in model.get("training_chroms") or ()}
    return [chrom for chrom in chroms if chrom in seen]


def _differences(table: Facts, scores: Facts, bin_size: int) -> list[str]:
    """Word each fact in which a table and scores differ, as far as both are known."""
    told = []
    mine, theirs = table.get("models"), scores.get("models")
    if mine and theirs and not _same_models(mine, theirs):
        told.append(f"it is of {_worded(mine)}, the scores are of {_worded(theirs)}")
    strands = {True: "both strands", False: "one strand"}
    mine, theirs = table.get("both_strands"), scores.get("both_strands")
    if mine is not None and theirs is not None and mine != theirs:
        told.append(f"it is of scores of {strands[mine]}, these are of {strands[theirs]}")
    if table.get("bin_size", bin_size) != bin_size:
        told.append(f"it is for bins of {table['bin_size']} bp, these are of {bin_size} bp")
    return told


def _same_models(some: Sequence[Facts], others: Sequence[Facts]) -> bool:
    """Compare models in any order; one may be known by the checksums of several files, and of its weights."""
    left = list(others)
    for model in some:
        same = next((other for other in left if _checksums(model) & _checksums(other)), None)
        if same is None:
            return False
        left.remove(same)
    return not left


def _checksums(model: Facts) -> set[str]:
    return {value for name, value in model.items() if name.endswith("sha256") and value}


def _worded(models: Sequence[Facts]) -> str:
    sums = [str(model.get("sha256") or model.get("weights_sha256"))[:8] for model in models]
    return f"{'another model' if len(sums) == 1 else counted(len(sums), 'model')} ({first_few(sums)})"


def _facts_of_training(record: Facts, output: Path) -> dict[str, Any]:
    """Work out the facts that tables and tracks of a training run share."""
    settings = _mapping(record.get("settings"))
    facts = {"kind": "quant" if settings.get("quant") else "binary", "bin_size": BIN_SIZE}
    folder = RunFolder(output.parent, str(settings.get("prefix")))
    best = {"sha256": folder.named("_best.keras"), "h5_sha256": folder.named("_best.h5")}
    model: dict[str, Any] = {name: sha256(path) for name, path in best.items() if path.is_file()}
    seen = {"training_chroms": _texts(settings.get("tchroms"))}
    return facts | ({"models": [model | seen]} if model else {})


def _facts(value: Any) -> dict[str, Any]:
    """Take the entry of a record, without facts of another form than they have there."""
    return {name: fact for name, fact in _mapping(value).items() if name not in _FORMS or _FORMS[name](fact)}


def _mapping(value: Any) -> Facts:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> list[str]:
    """Take a list of names; none if it is anything else."""
    return value if _are_texts(value) else []


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_models(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(model, Mapping)
        and (model.get("training_chroms") is None or _are_texts(model["training_chroms"]))
        and all(isinstance(fact, str | None) for name, fact in model.items() if name.endswith("sha256"))
        for model in value
    )


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "models": _are_models,
    "kind": lambda value: value in ("binary", "quant"),
    "both_strands": lambda value: isinstance(value, bool),
    "bin_size": lambda value: isinstance(value, int),
    "cell_types": _are_texts,
    "chroms": _are_texts,
    SEEN: _are_texts,
}
"""Whether a fact has its form, by name."""


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()

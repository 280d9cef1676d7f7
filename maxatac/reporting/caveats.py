"""Caveats about a run: what a reader should know before believing its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maxatac.data.loader_times import SLOW
from maxatac.data.same_cells import on_both_sides, read_same
from maxatac.data.scale_limits import is_on_scale
from maxatac.errors import Problems
from maxatac.evaluation.bootstrap import BLOCK
from maxatac.evaluation.members import MemberScores
from maxatac.evaluation.ranking import BINDING, GUESS, MODEL, SIGNAL
from maxatac.reporting.contents import Contents
from maxatac.reporting.epoch_figures import parts_of
from maxatac.wording import base_pairs, counted, listed, number, share

FEW_BOUND = 1_000
"""Bound 32-bp bins below which a score rests on little: some 200 sites."""


def find_caveats(contents: Contents) -> list[str]:
    """List the caveats about a run, the gravest first: a sentence or two each, plain text."""
    return [
        *_unfinished(contents),
        *_shared_files(contents),
        *_same_cells(contents),
        *_test(contents),
        *_validation(contents),
        *_selection(contents),
        *_members(contents),
        *_inputs(contents),
        *_loader(contents),
        *_source(contents),
    ]


def verdict(predictor: Mapping[str, Any]) -> str:
    """Say how a model compares with a predictor by average precision.

    Parameters
    ----------
    predictor : mapping
        One of ``predictors`` in ``<prefix>_test.json``.

    Returns
    -------
    str
        ``better`` or ``worse`` where the interval of the difference leaves 0 out, ``not clearly better`` where it does
        not, ``n/a`` where there is none.
    """
    found = predictor.get("average_precision") or {}
    low, high = found.get("model_minus_low"), found.get("model_minus_high")
    if low is None or high is None:
        return "n/a"
    return "better" if low > 0 else "worse" if high < 0 else "not clearly better"


def _unfinished(contents: Contents) -> Iterator[str]:
    if (status := contents.record["status"]) != "finished":
        yield f"The run is not finished (status: {status}). What is shown is what there was when it ended."


def _shared_files(contents: Contents) -> Iterator[str]:
    for equal in contents.trained_on.get("shared_files", ()):
        files = [
            f"{file['column']} of {file['cell_type']} ({file['label']})" if file["cell_type"] else file["column"]
            for file in equal["files"]
        ]
        yield (
            f"Training and test share a file, which was allowed: {listed(files)} are equal in content. The test of "
            "that cell type says nothing about a new one."
        )


def _same_cells(contents: Contents) -> Iterator[str]:
    labels = contents.record["cell_types"]
    same = read_same(contents.settings.get("allow_same") or (), labels, Problems())
    for train, test in on_both_sides(labels, same):
        yield (
            f"{train}, which trains, and {test}, which is tested, are one cell type, which was allowed. The test "
            "says nothing about a new one."
        )


def _test(contents: Contents) -> Iterator[str]:
    if contents.test is None:
        reason = (contents.record.get("test") or {}).get("skipped", "the run ended before it")
        yield (
            f"There was no independent test ({reason}). The validation below chose the epoch, so that it flatters the "
            "model."
        )
        return
    if contents.test["labels"] == "Train":
        yield "No cell type is labelled Test: only the test chromosomes are new to the model, its cell types are not."
    # Cell types with the same caveat share a line.
    cells: dict[str, list[str]] = {}
    for tested in contents.test["cell_types"]:
        for caveat in _of_tested(tested["resolutions"][0]):
            cells.setdefault(caveat, []).append(tested["cell_type"])
    for caveat, names in cells.items():
        yield f"{listed(names)}: {caveat}"


def _of_tested(at_32: Mapping[str, Any]) -> Iterator[str]:
    """Find the caveats about the test of a cell type, in words that fit any cell type."""
    bound = at_32["bound_bins"]
    if not bound:
        yield "no bin on the test chromosomes is bound, nothing can be said there."
        return
    if bound < FEW_BOUND:
        yield (
            f"the test chromosomes have only {counted(bound, 'bound bin')} of 32 bp. The scores rest on few sites, and "
            "their intervals are rough."
        )
    for predictor in at_32["predictors"]:
        if predictor["name"] in (MODEL, GUESS):
            continue
        if "note" in predictor:
            yield f"there is no {predictor['name']} to compare the model with ({predictor['note']})."
        elif (how := verdict(predictor)) != "better":
            meaning = {
                SIGNAL: "The model may have learnt little beyond where chromatin is open.",
                BINDING: "The model may have learnt little beyond where the factor binds in other cell types.",
            }[predictor["name"]]
            yield f"the model is {how} than the {predictor['name']} by average precision. {meaning}"
    if at_32["block_size"] < BLOCK:
        yield (
            f"the test chromosomes are short. The intervals come from {at_32['blocks']} blocks of "
            f"{base_pairs(at_32['block_size'])}, not of {base_pairs(BLOCK)}, and may be too narrow."
        )


def _validation(contents: Contents) -> Iterator[str]:
    if not contents.validation:
        if contents.best_epoch is not None:
            yield "The curves of the selected epoch's validation were not kept."
        return
    found = contents.validation.get("genome")
    if found is None:
        yield "There was no genome-like validation: around peaks, bound bins are far more common than on a genome."
        return
    if not found["bound_bins"]:
        yield "No bin of the genome-like validation set is bound: it says nothing."
        return
    for name in (SIGNAL, BINDING):
        baseline = contents.baselines.get("genome", {}).get(name)
        if baseline is not None and baseline["average_precision"] >= found["average_precision"]:
            yield (
                f"On the genome-like validation set the model's average precision, "
                f"{number(found['average_precision'])}, is below that of the {name}, "
                f"{number(baseline['average_precision'])}."
            )


def _selection(contents: Contents) -> Iterator[str]:
    finished, best = len(contents.history), contents.best_epoch
    if best is None or not finished:
        return
    if finished == 1:
        yield "The model was trained for one epoch only: nothing was selected."
    elif best == finished:
        yield (
            f"The selected epoch is the last of {finished}: training for longer may do better (--resume with more "
            "--epochs)."
        )


def _members(contents: Contents) -> Iterator[str]:
    members = MemberScores.of(contents.best)
    if members is not None and members.is_wide:
        low, high = min(members.scores), max(members.scores)
        yield (
            f"The members of the ensemble have an average precision of {number(low)} to {number(high)} "
            f"{members.where}: what one network reaches depends on its seed. Compare models by their means."
        )


def _inputs(contents: Contents) -> Iterator[str]:
    known, settings = contents.trained_on, contents.settings
    if not known:
        return
    if not known["blacklist"]:
        yield "There was no blacklist: windows may lie in regions of artefact signal."
    quantitative = settings.get("quant")
    for track in known["tracks"]:
        cell = track["cell_type"]
        if track["largest"] == 0 == track["smallest"]:
            yield f"The ATAC-seq signal of {cell} is 0 in all training regions that were looked at."
        elif track["smallest"] < 0:
            yield f"The ATAC-seq signal of {cell} goes down to {number(track['smallest'])}: it is not normalised."
        elif not is_on_scale(track.get("percentile_99")):
            yield (
                f"The ATAC-seq signal of {cell} is not on the scale of maxATAC's normalisation: cell types may not be "
                "comparable."
            )
        if not quantitative and not track["is_binary"]:
            yield f"The binding track of {cell} is not binary."
        if not quantitative and track["positive_bins"] == 0:
            yield f"No bin of {cell} in the training regions that were looked at is bound."
    for name, batch in (("training", settings["batch_size"]), ("validation", settings["val_batch_size"])):
        kept = sum(source["kept"] for source in known["pools"][name])
        wanted = round(batch * (1 - settings["rand_ratio"]))
        if kept < wanted:
            yield (
                f"The {name} pool has {kept:,} regions, fewer than the {wanted:,} of a batch: each is drawn more than "
                "once."
            )


def _loader(contents: Contents) -> Iterator[str]:
    waited = waiting_share(contents.timing)
    if waited is not None and waited >= SLOW:
        yield (
            f"Training waited {share(waited)} of its time for the loader. The model is the same, but the run was "
            "slower than it could be; the log says what to change."
        )


def waiting_share(timing: Sequence[Mapping[str, Any]]) -> float | None:
    """Share of all epochs' training time, 0 to 1, that was spent waiting for the loader; None without an epoch."""
    parts = [parts_of(row) for row in timing]
    training = sum(part["training"] + part["waiting"] for part in parts)
    return sum(part["waiting"] for part in parts) / training if training > 0 else None


def _source(contents: Contents) -> Iterator[str]:
    if str(contents.record.get("revision") or "").endswith("-modified"):
        yield "The source of maxatac had been changed since its commit: the revision alone does not repeat the run."
    missing = [name for name, file in contents.record["inputs"].items() if file.get("sha256") is None]
    if missing and contents.record["status"] == "finished":
        yield f"The checksum of {listed(missing)} could not be computed."

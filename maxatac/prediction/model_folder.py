"""A folder of models: a subfolder for each transcription factor, with its model and its table of cutoffs.

The published models lie so: ``CTCF/CTCF_..._95.h5`` beside ``CTCF/CTCF_validationPerformance_vs_....tsv``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from maxatac.errors import Problem, Problems
from maxatac.wording import first_few

MODEL_SUFFIXES = (".keras", ".h5")

_OPTION = "--tf_name"
_NEAREST = 5


def find_model(
    tf_name: str, folder: Path, problems: Problems, *, needs_table: bool = True
) -> tuple[Path, Path | None] | None:
    """Find the model of a transcription factor, and its table of cutoffs.

    Parameters
    ----------
    tf_name : str
        Name of a subfolder; the names of model and table begin with it.
    folder : Path
        Holds a subfolder for each transcription factor.
    problems : Problems
        Gets what is wrong: an unknown name with the names that there are, the nearest first; no model, or several.
    needs_table : bool
        Whether it matters which table is meant, if there are several.

    Returns
    -------
    model : Path
    table : Path or None
        ``None`` if there is no table.
    """
    if not folder.is_dir():
        told = "is not a folder" if folder.exists() else "does not exist"
        problems.add("missing file", f"folder of models {told}", option="--models", file=folder)
        return None
    try:
        names = sorted(path.name for path in folder.iterdir() if _files(path, path.name, MODEL_SUFFIXES))
    except OSError as error:
        problems.append(Problem.of(error))
        return None
    if tf_name not in names:
        option = _OPTION if names else "--models"
        problems.add("value", _unknown(tf_name, folder, names), option=option, file=folder, hint=_hint(folder, names))
        return None
    models = _files(folder / tf_name, tf_name, MODEL_SUFFIXES)
    if len(models) > 1:
        told = f"{len(models)} models of {tf_name}: {first_few(path.name for path in models)}"
        hint = "name one with --model, or keep one there"
        problems.add("value", told, expected="one", hint=hint, option=_OPTION, file=folder / tf_name)
        return None
    tables = _files(folder / tf_name, tf_name, (".tsv",))
    if len(tables) > 1:
        # `maxatac threshold` writes both layouts of a table.
        tables = [path for path in tables if not path.name.endswith("_cross_celltype.tsv")] or tables
    if len(tables) > 1 and needs_table:
        told = f"{len(tables)} tables of {tf_name}: {first_few(path.name for path in tables)}"
        hint = "name one with --cutoff_file, or keep one there"
        problems.add("value", told, expected="one", hint=hint, option=_OPTION, file=folder / tf_name)
        return None
    return models[0], tables[0] if len(tables) == 1 else None


def _files(folder: Path, tf_name: str, suffixes: Sequence[str]) -> list[Path]:
    """List the files of a subfolder whose names begin with that of the factor."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.startswith(tf_name) and path.suffix in suffixes and path.is_file()
    )


def _unknown(tf_name: str, folder: Path, names: Sequence[str]) -> str:
    if not names:
        return f"no subfolder with a model, such as {folder / tf_name / tf_name}.keras"
    known = {name.lower(): name for name in names}
    near = [known[name] for name in difflib.get_close_matches(tf_name.lower(), known, n=_NEAREST, cutoff=0.5)]
    ordered = dict.fromkeys((*near, *names))
    return f"no model of {tf_name}; there are {first_few(ordered, 2 * _NEAREST)}"


def _hint(folder: Path, names: Sequence[str]) -> str | None:
    """Point to the subfolder that the published folder keeps its models in, where its parent was given."""
    inner = folder / "models"
    return f"did you mean {inner}?" if not names and inner.is_dir() else None

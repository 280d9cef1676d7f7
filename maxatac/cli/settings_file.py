"""Settings from a file: the record of a run, to repeat it, or JSON or TOML written by hand.

Nothing but the standard library is imported here, as in ``settings``.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maxatac.errors import Problems
from maxatac.files.sniff import check_file
from maxatac.files.strict_json import unique_keys
from maxatac.runs.folder import FOLDS
from maxatac.runs.settings import Settings

OF_THE_COMMAND = ("force", "resume")
"""Settings about an earlier run. In a file, --force would delete the run that the file came from."""

OF_THE_MACHINE = ("threads", "memory", "temp_dir")
"""Settings that a record has from the machine of its run. Results differ by rounding at most."""

WITHOUT_EFFECT = ("multiprocessing", "max_queue_size")
"""Options for old command lines, which a file may hold too, whatever their value."""


def read_settings(
    path: Path,
    problems: Problems,
    of: type[Settings],
    spellings: Mapping[str, str] | None = None,
    command: str = "train",
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Read settings, each by the name of its option.

    A run record, which has a key ``maxatac``, has them under ``settings``; its ``OF_THE_COMMAND`` and
    ``OF_THE_MACHINE`` are left out. A path is relative to the working directory, as on the
    command line.

    Parameters
    ----------
    path : Path
        TOML if its name ends in ``.toml``, else JSON.
    problems : Problems
        Gets one for every unknown key, and for every value of a type that its option does not take.
    of : type
        The settings of the command.
    spellings : mapping of str to str, optional
        Other names of options, each with the name of its setting.
    command : str
        Whose run record the file may be.

    Returns
    -------
    settings : dict
        Those that are sound, as the settings of the command take them.
    record : dict or None
        The whole run record; ``None`` if the file is no record.
    """
    content = _parse(path, problems)
    if content is None:
        return {}, None
    is_record = "maxatac" in content
    given = content.get("settings") if is_record else content
    if not isinstance(given, dict):
        problems.add("setting", "this run record has no settings", file=path)
        return {}, None
    made_by = content.get("run_of", "train")
    if is_record and ("train" if made_by == FOLDS else made_by) != command:
        problems.add("setting", f"the record of a run of maxatac {made_by}", expected=f"one of {command}", file=path)
        return {}, None
    spellings = spellings or {}
    kinds = {field.name: str(field.type) for field in dataclasses.fields(of)}
    known = [*kinds, *(other for other, name in spellings.items() if name in kinds)]
    settings = {}
    keys: dict[str, str] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        name = spellings.get(name, name)
        if keys.setdefault(name, key) != key:
            place = f"{keys[name]} and {key}"
            problems.add("setting", "two names of one setting", expected="one of them", file=path, place=place)
        elif name in OF_THE_COMMAND:
            if not is_record:
                problems.add("setting", "belongs on the command line, not into a file", file=path, place=key)
        elif is_record and name in OF_THE_MACHINE:
            continue
        elif name in WITHOUT_EFFECT:
            settings[name] = value
        elif name not in kinds:
            near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else None
            problems.add("setting", f"unknown setting {key}", hint=hint, file=path)
        else:
            try:
                settings[name] = _converted(value, kinds[name])
            except ValueError as error:
                problems.add("setting", _told(value), expected=str(error), file=path, place=key)
    if isinstance(settings.get("loglevel"), str):
        settings["loglevel"] = settings["loglevel"].lower()
    return settings, content if is_record else None


def _parse(path: Path, problems: Problems) -> dict[str, Any] | None:
    if not check_file(path, problems, what="settings file"):
        return None
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text, object_pairs_hook=unique_keys)
    except (OSError, ValueError, RecursionError) as error:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        problems.add("format", f"cannot be read as {kind} ({error})", file=path)
        return None
    if not isinstance(content, dict):
        problems.add("format", _told(content), expected="names and values", file=path)
        return None
    return content


_EXPECTED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "Path": "a path",
    "Sequence[str]": "a list of names",
    "Sequence[Path]": "a list of paths",
    "Sequence[float]": "a list of numbers",
    "Sequence[int]": "a list of whole numbers",
}

_TOLD = 200
"""Characters of a value that a problem shows."""


def _converted(value: Any, kind: str) -> Any:
    """Turn a value of the file into one of a setting; ``ValueError`` says what was expected."""
    kinds = [one for one in kind.split(" | ") if one != "None"]
    if value is None:
        if kind.endswith("| None"):
            return None
        raise ValueError("a value")
    for one in kinds:
        if one == "bool" and isinstance(value, bool):
            return value
        if one == "int" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if one == "float" and isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise ValueError(f"a number up to {sys.float_info.max:.2g}") from None
        if one == "str" and isinstance(value, str):
            return value
        if one == "Path" and isinstance(value, str) and value:
            return Path(value)
        if one == "Sequence[str]" and isinstance(value, list) and value and all(isinstance(x, str) for x in value):
            return tuple(value)
        if one in ("Sequence[Path]", "Sequence[float]", "Sequence[int]") and isinstance(value, list):
            of_one = one.removeprefix("Sequence[").removesuffix("]")
            return tuple(_converted(entry, of_one) for entry in value)
    raise ValueError(" or ".join(_EXPECTED[one] for one in kinds))


def _told(value: Any) -> str:
    try:
        text = json.dumps(value, default=str)
    except ValueError:
        # Python writes no whole number of thousands of digits.
        return "a number of thousands of digits"
    return text if len(text) <= _TOLD else f"{text[:_TOLD]}..."

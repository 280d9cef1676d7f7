"""Checks, before anything is written, that the results of a run can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from maxatac.data.samples import Sample
from maxatac.data.shared_files import uses_of
from maxatac.errors import Problems
from maxatac.files.sniff import whose
from maxatac.runs.folder import RunFolder, worded
from maxatac.training.settings import OutputSettings


def check_temporary_folder(problems: Problems) -> None:
    """Check that there is a folder for temporary files, which libraries need."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        expected = "/tmp or what TMPDIR names (in a read-only container: --tmpfs /tmp)"
        problems.add("machine", "no folder that can be written to", expected=expected, place="temporary files")


def check_folder(settings: OutputSettings, folder: RunFolder, options: Mapping[str, Path], problems: Problems) -> None:
    """Check that the output folder can be used, and that no earlier run is in the way.

    ``options`` are the files that options name, by option: --force must not remove them.
    """
    try:
        if _can_be_written(settings.output, folder.existing(), problems):
            _check_earlier_run(settings, folder, options, problems)
    except OSError as error:
        problems.add("output", f"cannot be used ({error})", option="--output", file=settings.output)


def _can_be_written(target: Path, nearest: Path, problems: Problems) -> bool:
    if not nearest.is_dir():
        problems.add("output", f"{nearest}, a file", expected="a folder", option="--output", file=target)
        return False
    if not os.access(nearest, os.W_OK | os.X_OK):
        read_only = os.statvfs(nearest).f_flag & os.ST_RDONLY
        reason = "; it is on a read-only file system" if read_only else whose(nearest)
        problems.add("output", f"{nearest} cannot be written to{reason}", option="--output", file=target)
        return False
    return True


def _check_earlier_run(
    settings: OutputSettings, folder: RunFolder, options: Mapping[str, Path], problems: Problems
) -> None:
    for path, (command, prefix) in folder.of_others().items():
        told = f"belongs to a run of maxatac {worded(command)} with the prefix {prefix}"
        problems.add("output", told, hint="choose another --output or --prefix", file=path)
    earlier = folder.of_earlier_run()
    here = f"holds a run of the prefix {settings.prefix}"
    elsewhere = "choose another --output or --prefix"
    if settings.resume:
        if earlier and not folder.resume_state.exists():
            told = f"{here}, but not {folder.resume_state.name}, from which it could go on"
            hint = f"replace the run with --force, or {elsewhere}"
            problems.add("resume", told, hint=hint, option="--resume", file=settings.output)
    elif settings.force:
        doomed = {path.resolve() for path in earlier}
        for option, path in options.items():
            if path.resolve() in doomed:
                told = "belongs to the run that --force would replace"
                problems.add("output", told, hint=f"move it, or {elsewhere}", option=f"--{option}", file=path)
    elif earlier:
        told = f"{here} ({earlier[0].name} and {len(earlier) - 1} more)"
        hint = f"{elsewhere}, go on with it by --resume, or replace it with --force"
        problems.add("output", told, hint=hint, option="--output", file=settings.output)


def check_own_files(folder: RunFolder, samples: Sequence[Sample], problems: Problems) -> None:
    """Find files of cell types that have the name of a result, and would be replaced."""
    try:
        mine = {path.resolve(): path for path in folder.of_earlier_run()}
    except OSError:
        return  # reported by the check of the folder
    for use in uses_of(samples):
        if (result := mine.get(use.path.resolve())) is not None:
            told = (
                f"has the name that a run of the prefix {folder.prefix} in {folder.folder} gives to a result of its "
                f"own ({result.name}), which would replace it"
            )
            hint = "choose another --output or --prefix"
            problems.add("output", told, hint=hint, file=use.path, place=str(use))


def check_names(folder: RunFolder, epochs: int, tested: Sequence[Sample], problems: Problems) -> None:
    """Check that the file system allows the names of all results, also of those that are written last.

    ``tested`` are the cell types of the independent test; none if there is no test.
    """
    if (name := folder.too_long(epochs, [sample.cell_line for sample in tested])) is not None:
        of_cell_type = ", or a shorter name of the cell type" if len(tested) > 1 else ""
        told = f"{folder.prefix}, with which the run would write {name}"
        hint = f"{len(os.fsencode(name))} bytes are too long a name for the file system of {folder.folder}"
        expected = f"a shorter prefix{of_cell_type}"
        problems.add("output", told, expected=expected, hint=hint, option="--prefix")

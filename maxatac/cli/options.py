"""Declaring the options of a command from its settings, and the options that several commands share."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maxatac.cli import config
from maxatac.cli.parser import Parser
from maxatac.runs.settings import LOG_LEVELS, MAX_ZOOMS, Settings

_OF_TYPE: dict[str, dict[str, Any]] = {
    "bool": {"action": argparse.BooleanOptionalAction},
    "int": {"type": int, "metavar": "N"},
    "float": {"type": float},
    "Path": {"type": Path, "metavar": "FILE"},
    "Sequence[str]": {"nargs": "+", "metavar": "CHROM"},
    "Sequence[int]": {"nargs": "+", "type": int, "metavar": "N"},
    "Sequence[float]": {"nargs": "+", "type": float, "metavar": "X"},
    "Sequence[Path]": {"nargs": "+", "type": Path, "metavar": "FILE"},
}
"""Arguments of an option that follow from the type of its field."""

EXIT_STATUSES = (
    "Exit status: 0 done, 2 something wrong with the input (all of it named, nothing written), 1 failed while "
    "running, 75 stopped by SIGTERM or SIGUSR1, 130 interrupted."
)


class _Given(list[Any]):
    """Values from the command line, to which the option adds when it is given again."""


class _Extend(argparse.Action):
    """Takes the values of an option that may be given again; those of a settings file are replaced."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        before = getattr(namespace, self.dest, None)
        setattr(namespace, self.dest, _Given([*(before if isinstance(before, _Given) else ()), *values]))


class CommandOptions:
    """Declares the options of a command; type, default and metavar of each follow from its setting.

    Parameters
    ----------
    parser : Parser
        Of the command. Settings from a file are read as those of ``settings``.
    settings : type
        The command's settings.
    record_of : str, optional
        The command whose run record ``--config`` takes; this one by default.
    """

    def __init__(self, parser: Parser, settings: type[Settings], *, record_of: str | None = None) -> None:
        self.parser = parser
        parser.settings = settings
        parser.record_of = record_of or parser.prog.split()[-1]
        self._fields = {field.name: field for field in dataclasses.fields(settings)}

    def group(self, title: str) -> Any:
        """Begin a group of options."""
        return self.parser.add_argument_group(title)

    def add(self, group: Any, *names: str, default_text: str | None = None, **kwargs: Any) -> None:
        """Declare an option.

        Parameters
        ----------
        group : argparse group
        names : str
            Spellings; the first is ``--`` and the name of the setting.
        default_text : str, optional
            What the help says of the default, if the value does not say it.
        kwargs
            Of ``add_argument``; they replace what follows from the setting.
        """
        name = names[0].removeprefix("--")
        field = self._fields[name]
        kind = str(field.type).removesuffix(" | None")
        kwargs = {"default": field.default, **_OF_TYPE.get(kind, {}), **kwargs}
        if kind.startswith("Sequence"):
            kwargs.setdefault("action", _Extend)
        if default_text is None and kwargs["default"] is not dataclasses.MISSING:
            value = kwargs["default"]
            switches = {True: "on", False: "off"} if isinstance(value, bool) else {}
            if isinstance(value, tuple):
                default_text = " ".join(map(str, value)) or "none"
            else:
                # "." with the full stop behind it would be read as the folder above.
                told = "the working directory" if value == Path() else str(value)
                default_text = "none" if value is None else switches.get(value, told)
        if kwargs["default"] is dataclasses.MISSING:
            kwargs["default"] = None
            kwargs.setdefault("required", True)
        else:
            kwargs["help"] += f" Default: {default_text}."
        group.add_argument(*names, dest=name, **kwargs)

    def settings_file(self) -> None:
        """Declare ``--config``."""
        config.add_option(self.group("settings file"))

    def results(self, *, resume: str | None = None, more: Sequence[str] = (), prefix_text: str | None = None) -> Any:
        """Declare where the results go, and give the group; ``resume`` is what the help says of ``--resume``."""
        group = self.group("output")
        self.add(
            group, "--prefix", "--name", "-n", *more, default_text=prefix_text,
            help="First part of the name of every output file.",
        )  # fmt: skip
        self.add(
            group, "--output", "--output_dir", "--output_directory", "-o", type=config.folder, metavar="DIR",
            help="Folder for the results.",
        )  # fmt: skip
        self.add(group, "--force", help="Replace what an earlier run of this command and prefix left in the folder.")
        if resume is not None:
            self.add(group, "--resume", help=resume)
        self.loglevel(group)
        return group

    def loglevel(self, group: Any) -> None:
        """Declare ``--loglevel``."""
        self.add(group, "--loglevel", type=str.lower, choices=LOG_LEVELS, help="What to log, in upper or lower case.")

    def chroms(self, group: Any, *, default_text: str, help: str = "Chromosomes to use.") -> None:
        """Declare ``--chroms`` with the spellings of all commands."""
        spellings = ("--chroms", "--chromosomes", "-c", "-chroms", "-chromosomes")
        self.add(group, *spellings, metavar="CHROM", default_text=default_text, help=help)

    def resources(
        self,
        *,
        of_network: bool = False,
        memory_for: str = "decoded tracks",
        at_most: str = "",
        more: Sequence[str] = (),
    ) -> Any:
        """Declare threads and memory, and give the group.

        Parameters
        ----------
        of_network : bool
            Whether the threads are those of the network too.
        memory_for : str
            What the help says that the memory is for.
        at_most : str
            The largest default of the memory, such as ``500M``; none if empty.
        more : sequence of str
            Further spellings of ``--threads``.
        """
        group = self.group("resources")
        network = ", and of the network on a CPU, which may round differently with another number" if of_network else ""
        told = f"Threads of the reader{network}."
        self.add(group, "--threads", *more, default_text="what the process may use", help=told)
        limit = f", at most {at_most}" if at_most else ""
        self.add(
            group, "--memory", metavar="BYTES", default_text=f"a quarter of what the process may use{limit}",
            help=f"Memory for {memory_for}, such as 200M or 4G; the results do not depend on it.",
        )  # fmt: skip
        return group

    def track(self) -> Any:
        """Declare how bigWig files are written, and give the group."""
        group = self.group("track")
        self.add(group, "--max_zooms", help=f"Zoom levels of the bigWig, at most; 0 to {MAX_ZOOMS}.")
        return group

    def dry_run(self, help: str) -> None:
        """Declare ``--dry_run``."""
        self.group("checking").add_argument(
            "--dry_run", action=argparse.BooleanOptionalAction, default=False, help=f"{help} Default: off."
        )

"""What `maxatac check` and `maxatac train --dry_run` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maxatac.cli.output import say
from maxatac.errors import InputError

if TYPE_CHECKING:
    from maxatac.runs.folder import RunFolder
    from maxatac.training.settings import TrainConfig


def show(config: TrainConfig, folder: RunFolder | None, *, as_json: bool = False, timed_fit: bool = False) -> int:
    """Check, and print the findings; problems are raised once they are printed, so that the exit status is 2.

    Raises
    ------
    InputError
        With the problems, if there are any.
    """
    from maxatac.checking.text import format_findings
    from maxatac.checking.workflow import check

    findings = check(config, folder, timed_fit=timed_fit)
    say(findings.as_json() if as_json else format_findings(findings))
    if findings.findings:
        raise InputError(findings.findings)
    return 0

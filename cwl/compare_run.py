"""Hold a training run against what is expected of it; leaves with 1, and says why, if it differs.

``python3 compare_run.py RECORD HISTORY EXPECTED REPORT [--exact]``. Without --exact, numbers of the history may
differ by EXPECTED's ``tolerance``: another machine computes other last digits. With it, the selected epoch, the history
and the fingerprint of the weights must be the same.
"""

import csv
import json
import math
import sys
from pathlib import Path


def rows(text):
    """Read a history: a list of rows, numbers by column."""
    return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(text.splitlines())]


def differences(record, history, expected, exact):
    """List what is not as expected."""
    found = []
    if record["status"] != "finished":
        found.append(f"status: found {record['status']}; expected finished")
    best = (record.get("best") or {}).get("epoch")
    if exact and best != expected["best_epoch"]:
        found.append(f"best epoch: found {best}; expected {expected['best_epoch']}")
    if exact and record["state_sha256"] != expected["state_sha256"]:
        found.append(f"state_sha256: found {record['state_sha256']}; expected {expected['state_sha256']}")
    if exact and history != expected["history"]:
        found.append("history: differs from what is expected")
    mine, theirs = rows(history), rows(expected["history"])
    if [list(row) for row in mine] != [list(row) for row in theirs]:
        return [*found, f"history: found {len(mine)} rows or other columns; expected {len(theirs)} rows"]
    tolerance = 0 if exact else expected["tolerance"]
    for row, other in zip(mine, theirs, strict=True):
        for name, value in row.items():
            both_missing = math.isnan(value) and math.isnan(other[name])
            if not both_missing and not abs(value - other[name]) <= tolerance:
                found.append(
                    f"history, epoch {row['epoch']:g}: {name}: found {value:g}; expected {other[name]:g}, give or take "
                    f"{tolerance:g}"
                )
    return found


def main(arguments):
    """Compare, and write the report."""
    exact = "--exact" in arguments
    record, history, expected, report = [Path(word) for word in arguments if word != "--exact"]
    found = differences(json.loads(record.read_text()), history.read_text(), json.loads(expected.read_text()), exact)
    report.write_text("".join(f"{line}\n" for line in found or ["as expected"]))
    for line in found:
        print(f"compare_run: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

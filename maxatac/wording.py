"""Numbers, durations, lists and tables as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

NOT_AVAILABLE = "n/a"

_GAP = "  "  # between the columns of a table
_SHORTEST = 12  # letters that a column keeps when a table is too wide


def number(value: Any, digits: int = 3) -> str:
    """Write a number with a few significant digits; whole ones with separators; ``n/a`` where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOT_AVAILABLE
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10**digits):
        return f"{int(value):,}"
    text = f"{value:.{digits}g}"
    return f"{float(text):,.0f}" if "e+" in text else text


def share(value: Any) -> str:
    """Write a share, 0 to 1, in percent; ``n/a`` where there is none."""
    return NOT_AVAILABLE if value is None or not math.isfinite(value) else f"{number(100 * value)} %"


def with_interval(value: Any, low: Any, high: Any) -> str:
    """Write a number with its interval, where it has one: ``0.41 (0.35 to 0.47)``."""
    return number(value) if low is None else f"{number(value)} ({number(low)} to {number(high)})"


def counted(count: int, thing: str) -> str:
    """Write a count: ``1 epoch``, ``3 epochs``."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def base_pairs(size: float) -> str:
    """Write a length in bp: ``12.3 Mb``, ``40 kb``, ``800 bp``."""
    for unit, factor in (("Mb", 10**6), ("kb", 10**3)):
        if size >= factor:
            return f"{number(size / factor)} {unit}"
    return f"{number(size)} bp"


def byte_size(count: float) -> str:
    """Write a number of bytes: ``1.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1_000:
            return f"{count:.0f} {unit}" if count >= 100 or unit == "bytes" else f"{count:.3g} {unit}"
        count /= 1_000
    return f"{count:.3g} TB"


def duration(seconds: float) -> str:
    """Write a measured time in seconds: ``42 s``, ``3 min 5 s``, ``2 h 4 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def rough_duration(seconds: float) -> str:
    """Write an estimated time in seconds, with two digits and one unit: ``4 min``."""
    for unit, length, limit in (("s", 1, 100), ("min", 60, 6_000), ("h", 3_600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.2g} {unit}" if seconds / length < 10 else f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def listed(names: Sequence[str], limit: int = 8) -> str:
    """List names: ``a, b and c``, or ``a, b, ... and 7 more``."""
    if len(names) > limit:
        return first_few(names, limit)
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def first_few(names: Iterable[str], limit: int = 4, *, separator: str = ", ") -> str:
    """List the first few names, and the number of the rest: no text grows with a genome's sequences."""
    listed = list(names)
    rest = f" and {len(listed) - limit:,} more" if len(listed) > limit else ""
    return separator.join(listed[:limit]) + rest


def aligned(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int | None = None, width: int | None = None
) -> list[str]:
    """Lay out a table as lines with aligned columns.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences of str
        Each as long as the header.
    left : int, optional
        Columns that are aligned at the left, all by default; the others are numbers, and are aligned at the right.
    width : int, optional
        Letters in a line. Where a line would be longer, the widest of the left columns lose the middles of their texts.

    Returns
    -------
    list of str
        The header first.
    """
    table = [list(header), *map(list, rows)]
    left = len(header) if left is None else left
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    while width is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        widest = max(range(left), key=widths.__getitem__)
        if widths[widest] <= _SHORTEST:
            break
        widths[widest] -= 1
    lines = []
    for row in table:
        cells = [
            shortened(text, size).ljust(size) if place < left else text.rjust(size)
            for place, (text, size) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def shortened(text: str, width: int) -> str:
    """Shorten a text to a number of letters: its middle becomes two dots."""
    if len(text) <= width:
        return text
    head = (width - 2) // 2
    return f"{text[:head]}..{text[len(text) - (width - 2 - head) :]}"

"""Numbers and lists in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOT_AVAILABLE = "n/a"


def number(value: Any, digits: int = 3) -> str:
    """Write a number with a few significant digits; whole ones with separators; ``n/a`` where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOT_AVAILABLE
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10**digits):
        return f"{int(value):,}"
    text = f"{value:.{digits}g}"
    return f"{float(text):,.0f}" if "e+" in text else text


def share(value: Any) -> str:
    """Write a share in percent."""
    return NOT_AVAILABLE if value is None or not math.isfinite(value) else f"{number(100 * value)} %"


def interval(found: Mapping[str, Any], prefix: str = "") -> str:
    """Write an interval: ``0.41 (0.35 to 0.47)``."""
    value, low, high = (found.get(f"{prefix}{part}" if part else prefix.rstrip("_")) for part in ("", "low", "high"))
    return f"{number(value)} ({number(low)} to {number(high)})" if low is not None else number(value)


def listed(names: Sequence[str], limit: int = 8) -> str:
    """List names: ``a, b and c``, or ``a, b, ... and 7 more``."""
    if len(names) > limit:
        return some(names, limit)
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def duration(seconds: float) -> str:
    """Write a time: ``42 s``, ``3 min 5 s``, ``2 h 4 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(count: int, thing: str) -> str:
    """Write a count: ``1 epoch``, ``3 epochs``."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def base_pairs(size: float) -> str:
    """Write a length: ``12.3 Mb``, ``40 kb``, ``800 bp``."""
    for unit, factor in (("Mb", 10**6), ("kb", 10**3)):
        if size >= factor:
            return f"{number(size / factor)} {unit}"
    return f"{number(size)} bp"


def some(names: Iterable[str], limit: int = 4, *, separator: str = ", ") -> str:
    """List the first few names, and the number of the rest: no text grows with a genome's sequences."""
    listed = list(names)
    rest = f" and {len(listed) - limit:,} more" if len(listed) > limit else ""
    return separator.join(listed[:limit]) + rest

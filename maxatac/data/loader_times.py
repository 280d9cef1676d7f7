"""Time that training waits for the loader, and advice on what to change."""

from __future__ import annotations

import dataclasses

SLOW = 0.05
"""Share of the training time spent waiting for batches at which advice is given."""

_MUCH_INFLATED = 0.05


@dataclasses.dataclass(frozen=True)
class LoaderTimes:
    """What the loader did in the training part of an epoch.

    Attributes
    ----------
    seconds : float
        Time that training took.
    waited : float
        Of these, seconds in which a batch was asked for and not ready. This is an upper bound: a backend that asks for
        batches in advance may have had other work meanwhile.
    windows : int
        Windows read, of signal and of binding.
    inflated : int
        Track blocks that had to be read from a file, because they were neither decoded at start nor in the cache.
    threads, processors : int
        Threads of the loader, and processors that the process may use.
    """

    seconds: float
    waited: float
    windows: int
    inflated: int
    threads: int
    processors: int

    @property
    def waiting_share(self) -> float:
        """Share of the time that was spent waiting."""
        return self.waited / self.seconds if self.seconds > 0 else 0.0

    def advice(self) -> str | None:
        """Say what to change; ``None`` if training hardly waits."""
        if self.waiting_share < SLOW:
            return None
        if self.inflated > _MUCH_INFLATED * self.windows:
            remedy = (
                f"{self.inflated / self.windows:.0%} of the windows had to be read from the files; a larger --memory "
                "holds more decoded, and a smaller --rand_ratio asks for less outside the regions"
            )
        elif self.threads < self.processors:
            remedy = f"the loader has {self.threads} of {self.processors} processors; --threads {self.processors} helps"
        else:
            remedy = f"its {self.threads} threads are all that the process may use; more processors would help"
        return f"training waited {self.waiting_share:.0%} of its time for the loader: {remedy}"

"""The input files of a run: what identifies each, and its checksum, which is computed in the background."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from maxatac.errors import ResourceError, TrackError
from maxatac.files.checksums import sampled_sha256, sha256


@dataclasses.dataclass(frozen=True)
class InputFile:
    """What is known of a file that a run reads.

    Attributes
    ----------
    bytes : int
        Its size.
    sampled : str
        SHA-256 of pieces of it (:func:`maxatac.files.checksums.sampled_sha256`): known at once, however large the
        file is.
    sha256 : str or None
        ``None`` as long as it has not been computed.
    """

    bytes: int
    sampled: str
    sha256: str | None = None

    @classmethod
    def of(cls, path: Path) -> InputFile:
        """Look at a file without reading all of it."""
        return cls(path.stat().st_size, sampled_sha256(path))


class BackgroundChecks:
    """Computes SHA-256 of files in the background, one by one, then compares tracks with their indexes.

    The threads do not keep the process alive: a run that must end must not wait for 30 GB to be read.

    Parameters
    ----------
    paths : mapping of str to Path
    known : mapping of str to str
        Checksums that need not be computed again.
    comparisons : sequence of (str, callable)
        Path of a track, and what compares a part of it with its index, which raises ``TrackError`` on a difference.

    Attributes
    ----------
    fault : TrackError or None
        What was wrong with a track.
    """

    def __init__(
        self,
        paths: Mapping[str, Path],
        known: Mapping[str, str],
        comparisons: Sequence[tuple[str, Callable[[], None]]] = (),
    ) -> None:
        self.fault: TrackError | None = None
        self._sums = dict(known)
        self._has_all = threading.Event()
        self._comparisons = comparisons
        self._to_compare = deque(range(len(comparisons)))
        self._compared: set[int] = set()
        self._given_up = False
        pending = {name: path for name, path in paths.items() if name not in known}
        self._threads = [self._start(lambda: self._compute(pending))]

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name="maxatac-checksums", daemon=True)
        thread.start()
        return thread

    def _compute(self, pending: Mapping[str, Path]) -> None:
        try:
            for name, path in pending.items():
                if self._given_up:
                    return
                # A file that cannot be read any more has none: that costs the run nothing.
                with contextlib.suppress(OSError):
                    self._sums[name] = sha256(path)
        finally:
            self._has_all.set()
        self._compare()

    def _compare(self) -> None:
        """Make comparisons until none is left; each is made by one thread."""
        with contextlib.suppress(IndexError):
            while self.fault is None and not self._given_up:
                number = self._to_compare.popleft()
                try:
                    self._comparisons[number][1]()
                except (OSError, ResourceError):
                    continue
                except TrackError as error:
                    self.fault = error
                    return
                self._compared.add(number)

    def checksum(self, name: str) -> str | None:
        """SHA-256 of a file; ``None`` until it is computed."""
        return self._sums.get(name)

    def wait(self, check: Callable[[], None], threads: int, longest: float) -> None:
        """Wait for all checksums, and for comparisons up to ``longest`` seconds, with ``threads`` threads.

        ``check`` is called while waiting.
        """
        end = time.monotonic() + longest
        # If no thread can be started, the first one does all.
        with contextlib.suppress(RuntimeError):
            for _ in range(min(threads - 1, len(self._to_compare))):
                self._threads.append(self._start(self._compare))
        for thread in self._threads:
            while thread.is_alive() and not (self._has_all.is_set() and time.monotonic() > end):
                thread.join(0.1)
                check()
        self.give_up()

    def not_compared(self) -> list[str]:
        """List the paths of the tracks that were not compared as a whole."""
        left = [path for number, (path, _) in enumerate(self._comparisons) if number not in self._compared]
        return list(dict.fromkeys(left))

    def give_up(self) -> None:
        """Stop after the current file or comparison."""
        self._given_up = True

"""Which process is writing a run: a small file beside the results, held by one process at a time.

The file ``<prefix>_<command>_running.json`` is created exclusively when a run begins to write, and removed when the run
ends, however it ends. File locks are not used: many network file systems have none. The file names the process that
holds it. Its modification time is a heartbeat, which a thread renews every ``HEARTBEAT`` seconds.

How another process finds out whether the holder is alive:

- If boot id and process namespace are the same, it looks at the process of that id. The start time must be the one in
  the file, because ids are used again. A process that was killed is known at once; a suspended process is alive.
- Otherwise the holder is on another machine, in another container, or from before a reboot. Ids and host names may
  repeat there, so the heartbeat decides: the holder is taken for dead if there is no heartbeat for ``SILENCE`` seconds
  of the other's own clock, or if the last one is older than ``LONG_PAST`` seconds.

The file of a dead holder is moved aside and created again. Of several processes that do so at once, one succeeds. A
process that was suspended and taken for dead checks the file before it writes anything else. It finds the file of
another process, or none if the other has ended, and stops.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from maxatac.errors import InputError, Problem, TakenOver
from maxatac.files.atomic import guarding, temporary_name

logger = logging.getLogger(__name__)

HEARTBEAT = 10.0
SILENCE = 120.0
LONG_PAST = 3600.0

ROOM = 65_536
"""Bytes of the file. Most are blanks, which are given up on a full disk, so that the last record can be written."""

_READ = 4096
_TRIES = 100


@dataclasses.dataclass(frozen=True)
class Holder:
    """The process that writes a run.

    Attributes
    ----------
    host : str
    process : int
        Process id.
    process_start : int or None
        Start of the process, in clock ticks since the machine started.
    boot, namespace : str or None
        Where the process id is valid: boot id of the machine, and namespace of process ids. ``None`` if the system does
        not say.
    started : str
        Time at which the process took the file.
    token : str
        Random; unique to this holder.
    """

    host: str
    process: int
    process_start: int | None
    boot: str | None
    namespace: str | None
    started: str
    token: str

    @classmethod
    def this(cls) -> Holder:
        """Describe this process."""
        boot = namespace = None
        with contextlib.suppress(OSError):
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            namespace = os.readlink("/proc/self/ns/pid")
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        start = _process_start(os.getpid())
        return cls(socket.gethostname(), os.getpid(), start, boot, namespace, started, uuid.uuid4().hex)

    def lives(self) -> bool | None:
        """Whether the process is alive; ``None`` if that cannot be seen from here."""
        here = Holder.this()
        if None in (here.boot, here.namespace, here.process_start, self.process_start):
            return None
        if (self.boot, self.namespace) != (here.boot, here.namespace):
            return None
        start = _process_start(self.process)
        if start is None and _is_of_another_user(self.process):
            return None
        return start == self.process_start

    def __str__(self) -> str:
        """Describe the process in words."""
        return f"process {self.process} on {self.host}, since {self.started}"


def _is_of_another_user(process: int) -> bool:
    """Whether there is a process of this id that belongs to another user, and may not be visible."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        pass
    return False


def _process_start(process: int) -> int | None:
    """Clock ticks from the start of the machine to that of a process; ``None`` if there is none, or it is a zombie."""
    try:
        # After the name, which may hold any character: the state, and 19 fields later the start (proc(5)).
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _read(path: Path) -> tuple[Holder | None, float]:
    """Read the holder of a file, ``None`` if the file is not valid, and the time of the last heartbeat."""
    # Opened each time: a network file system then asks its server.
    with path.open("rb") as file:
        beat = os.fstat(file.fileno()).st_mtime
        try:
            found, _ = json.JSONDecoder().raw_decode(file.read(_READ).decode())
            return Holder(**found), beat
        except (ValueError, TypeError):
            return None, beat


def _judge(path: Path, *, watch: bool) -> tuple[Holder | None, bool]:
    """Read the holder of a file, and find out whether it is alive.

    Raises
    ------
    OSError
        If the file is not there, or cannot be read.
    """
    first: float | None = None
    end = 0.0
    while True:
        holder, beat = _read(path)
        lives = holder.lives() if holder is not None else None
        silent = time.time() - beat
        if lives is None and (not watch or silent > LONG_PAST):
            lives = silent <= SILENCE
        elif lives is None and first is None:
            first, end = beat, time.monotonic() + SILENCE
            logger.warning(
                "%s: left by %s, which cannot be seen from here; watching for up to %g s whether it lives",
                path,
                holder or "nobody known",
                SILENCE,
            )
        elif lives is None and beat != first and holder is not None:
            lives = True
        elif lives is None and time.monotonic() > end:
            lives = False
        if lives is not None:
            return holder, lives
        time.sleep(HEARTBEAT / 10)


def running_problems(path: Path, *, watch: bool) -> list[Problem]:
    """Say which other process is writing the run, if there is one.

    Parameters
    ----------
    path : Path
    watch : bool
        Whether to watch for a heartbeat, if nothing else decides, for up to ``SILENCE`` seconds; otherwise the last
        heartbeat decides.
    """
    try:
        holder, lives = _judge(path, watch=watch)
    except (OSError, ValueError):
        # There is no such file, or the folder does not allow one.
        return []
    return [_held(path, holder)] if lives else []


def _held(path: Path, holder: Holder | None) -> Problem:
    told = f"this run is being written by {holder or 'another process'}"
    hint = "wait until it has ended, or choose another --output or --prefix"
    return Problem("output", told, hint=hint, file=path)


class Running:
    """The file, while this process holds it.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._me = Holder.this()
        self._lost: str | None = None
        self._beat = 0.0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_beating, name="maxatac-heartbeat", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Whether another process has been seen to hold the file."""
        return self._lost is not None

    def take(self) -> None:
        """Take the file, from a dead holder if necessary.

        Raises
        ------
        InputError
            If a live process holds it.
        OSError
            If it cannot be made.
        """
        for _ in range(_TRIES):
            try:
                self._create()
            except FileExistsError:
                with contextlib.suppress(FileNotFoundError):
                    holder, lives = _judge(self.path, watch=True)
                    if lives:
                        raise InputError([_held(self.path, holder)]) from None
                    self._move_aside(holder)
            else:
                self._thread.start()
                return
        told = "taken by other processes again and again"
        raise InputError([Problem("output", told, hint="start one of them", file=self.path)])

    def check(self) -> None:
        """Read the file, and make sure that this process still holds it.

        Raises
        ------
        TakenOver
            If another process holds it.
        """
        if self._over.is_set():
            return
        with self._lock:
            self._look()
        self.check_seen()

    def check_seen(self) -> None:
        """Do the same with the result of the last read, which takes no time."""
        if self._lost is not None:
            raise TakenOver(self._lost)

    def give_room(self) -> None:
        """Free the disk space that the file reserves for what has to be written last."""
        with contextlib.suppress(OSError, TakenOver):
            self.check()
            os.truncate(self.path, len(self._text()))

    def leave(self) -> None:
        """Remove the file, if this process holds it."""
        self._over.set()
        if self._thread.ident is not None:
            # The thread may wait for a file system that is gone; the process must not.
            self._thread.join(HEARTBEAT)
        with contextlib.suppress(OSError):
            holder, _ = _read(self.path)
            if holder is not None and holder.token == self._me.token:
                self.path.unlink()

    def _text(self) -> bytes:
        return f"{json.dumps(dataclasses.asdict(self._me), indent=2)}\n".encode()

    def _create(self) -> None:
        """Create the file, unless there is one."""
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            if os.write(file, self._text().ljust(ROOM)) != ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(file)
            self._beat = time.time()
        except OSError:
            with contextlib.suppress(OSError):
                # Another process may have moved it aside, and created its own.
                if os.path.samestat(os.fstat(file), self.path.stat()):
                    self.path.unlink()
            raise
        finally:
            os.close(file)

    def _move_aside(self, dead: Holder | None) -> None:
        """Remove the file of a dead holder, or put back the file that another process has created in its place."""
        aside = self.path.with_name(temporary_name(self.path.name, self._me.token[:8]))
        self.path.rename(aside)
        try:
            if _read(aside)[0] != dead:
                # If this fails, its owner creates it again, or sees that a third process has, and stops.
                with contextlib.suppress(OSError):
                    os.link(aside, self.path)
        finally:
            aside.unlink(missing_ok=True)

    def _look(self) -> None:
        try:
            try:
                holder, _ = _read(self.path)
            except FileNotFoundError:
                holder = None
                # After a long time without a heartbeat, another process may have taken over, and ended. Otherwise a
                # person has removed it, or, for a moment, a process that took this one for dead.
                if time.time() - self._beat <= SILENCE or not self.path.parent.is_dir():
                    with contextlib.suppress(FileExistsError):
                        self._create()
                        return
                    # Put back, or created by another process.
                    holder, _ = _read(self.path)
        except OSError:
            # The folder is gone, or the disk is full: the next write reports it better.
            return
        if holder is None or holder.token != self._me.token:
            other = f": {holder}" if holder is not None else ""
            self._lost = (
                f"{self.path}: another process has taken over this run{other}; this one was suspended, or cut off from "
                "the file system, and writes nothing more"
            )

    def _keep_beating(self) -> None:
        while not self._over.wait(HEARTBEAT):
            with self._lock:
                self._look()
            if self._lost is not None:
                return
            with contextlib.suppress(OSError):
                os.utime(self.path)
                self._beat = time.time()


@contextlib.contextmanager
def running(path: Path) -> Iterator[Running]:
    """Hold a file while the block runs; before any other file is written, make sure that it is still held.

    Raises
    ------
    InputError
        If a live process holds it.
    OSError
        If it cannot be created.
    TakenOver
        From the block, if another process has taken over.
    """
    held = Running(path)
    try:
        held.take()
        with guarding(held.check):
            yield held
    finally:
        held.leave()

"""Who is writing a run: a small file beside the results, which one process at a time holds.

The file ``<prefix>_<command>_running.json`` is made exclusively when a run begins to write, and removed when it ends,
however it ends. File locks are not used: network file systems often have none. It says which process holds it, and
its time of last change is a heartbeat, renewed every ``HEARTBEAT`` seconds by a thread.

Whether the holder lives:

- It has the boot id and the process namespace of whoever asks: then the process of that id decides, if its start time
  is the one in the file, for ids are used again. A process that was killed is known at once, one that is suspended is
  alive.
- Else it is on another machine, in another container, or from before a reboot. Ids and host names tell nothing there,
  for those of two containers may be equal. The heartbeat decides: whoever asks watches the file, and takes the holder
  for dead when there was no heartbeat for ``SILENCE`` seconds of his own clock, or if the last one is ``LONG_PAST``.

The file of a dead holder is moved aside and made anew. Of several that do so at once one succeeds. A process that was
only taken for dead, because it was suspended, finds another's file in place of its own before it writes anything else,
or none where the other has ended meanwhile, and stops.
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

from maxatac.errors import InputError, TakenOver
from maxatac.files.atomic import guarding, temporary_name

logger = logging.getLogger(__name__)

HEARTBEAT = 10.0
SILENCE = 120.0
LONG_PAST = 3600.0

ROOM = 65_536
"""Bytes of the file. Most are blanks, which are given back where a full disk would not take the last record."""

_READ = 4096
_TRIES = 100


@dataclasses.dataclass(frozen=True)
class Holder:
    """The process that writes a run.

    Attributes
    ----------
    host : str
    process : int
        Its id.
    process_start : int or None
        When it began, in clock ticks since the machine did.
    boot, namespace : str or None
        Where its id means something: boot id of the machine, and namespace of process ids. ``None`` where the system
        does not tell.
    started : str
        When it began to hold the file.
    token : str
        Unlike that of any other.
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
        """Whether the process lives; ``None`` if that cannot be told from here."""
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
        """Say who it is."""
        return f"process {self.process} on {self.host}, since {self.started}"


def _is_of_another_user(process: int) -> bool:
    """Whether there is a process that this user must not touch, and perhaps not see."""
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
        # Behind the name, which may hold anything: the state, and 19 fields on the start (proc(5)).
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _read(path: Path) -> tuple[Holder | None, float]:
    """Read who holds a file, ``None`` if it says nothing sensible, and the time of the last heartbeat."""
    # Opened each time: a network file system then asks its server.
    with path.open("rb") as file:
        beat = os.fstat(file.fileno()).st_mtime
        try:
            found, _ = json.JSONDecoder().raw_decode(file.read(_READ).decode())
            return Holder(**found), beat
        except (ValueError, TypeError):
            return None, beat


def _judge(path: Path, *, watch: bool) -> tuple[Holder | None, bool]:
    """Read who holds a file, and whether it lives.

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


def running_problems(path: Path, *, watch: bool) -> list[str]:
    """Say in a line who else is writing the run, if somebody is.

    Parameters
    ----------
    path : Path
    watch : bool
        Whether to watch for a heartbeat where nothing else tells, for up to ``SILENCE`` seconds; else the last one
        decides.
    """
    try:
        holder, lives = _judge(path, watch=watch)
    except (OSError, ValueError):
        # There is none, or the folder is one in which it could not be made.
        return []
    return [_held(path, holder)] if lives else []


def _held(path: Path, holder: Holder | None) -> str:
    return (
        f"{path}: this run is being written by {holder or 'another process'}; wait until it has ended, or choose "
        "another --output or --prefix"
    )


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
        """Take the file, from a dead holder if need be.

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
        raise InputError([f"{self.path}: taken by other processes again and again; start one of them"])

    def check(self) -> None:
        """Read whether the file is still this process's own.

        Raises
        ------
        TakenOver
            If it is another's.
        """
        if self._over.is_set():
            return
        with self._lock:
            self._look()
        self.check_seen()

    def check_seen(self) -> None:
        """Do the same with what was seen last, which takes no time."""
        if self._lost is not None:
            raise TakenOver(self._lost)

    def give_room(self) -> None:
        """Give back the room on the disk that the file holds for what has to be written last."""
        with contextlib.suppress(OSError, TakenOver):
            self.check()
            os.truncate(self.path, len(self._text()))

    def leave(self) -> None:
        """Remove the file, if it is this process's own."""
        self._over.set()
        if self._thread.ident is not None:
            # It may wait for a file system that is gone; nobody else has to.
            self._thread.join(HEARTBEAT)
        with contextlib.suppress(OSError):
            holder, _ = _read(self.path)
            if holder is not None and holder.token == self._me.token:
                self.path.unlink()

    def _text(self) -> bytes:
        return f"{json.dumps(dataclasses.asdict(self._me), indent=2)}\n".encode()

    def _create(self) -> None:
        """Make the file, unless there is one."""
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            if os.write(file, self._text().ljust(ROOM)) != ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(file)
            self._beat = time.time()
        except OSError:
            with contextlib.suppress(OSError):
                # Another process may have moved it aside, and made its own.
                if os.path.samestat(os.fstat(file), self.path.stat()):
                    self.path.unlink()
            raise
        finally:
            os.close(file)

    def _move_aside(self, dead: Holder | None) -> None:
        """Remove the file of a dead holder, or give back what another process has put in its place meanwhile."""
        aside = self.path.with_name(temporary_name(self.path.name, self._me.token[:8]))
        self.path.rename(aside)
        try:
            if _read(aside)[0] != dead:
                # Where this fails, its owner makes it anew, or sees that a third process has, and stops.
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
                # Without a heartbeat for so long, another process may have taken over, and ended. Else a person has
                # removed it, or, for a moment, a process that took this one for dead.
                if time.time() - self._beat <= SILENCE or not self.path.parent.is_dir():
                    with contextlib.suppress(FileExistsError):
                        self._create()
                        return
                    # Given back, or another's.
                    holder, _ = _read(self.path)
        except OSError:
            # The folder is gone, or the disk is full: what is to be written tells it better.
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
    """Hold a file, as long as the block runs; before any other file is written, it is looked whether it is still held.

    Raises
    ------
    InputError
        If a live process holds it.
    OSError
        If it cannot be made.
    TakenOver
        From the block, when another process has taken over.
    """
    held = Running(path)
    try:
        held.take()
        with guarding(held.check):
            yield held
    finally:
        held.leave()

# SPDX-License-Identifier: BSD-3-Clause
"""Locks that say who works on a task, and that outlive nobody.

A lock is a file that names host, process and the time at which that process began. On its own host a lock is stale once
that process is gone; on another host, once it has not been renewed for ten minutes, which the holder does every minute.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ..reading import SETTINGS_BYTES, parse_json, read_regular

_RENEWAL = 60.0
_ABANDONED = 600.0
_GUARD = "guard"


class Locks:
    """Locks of one folder.

    Parameters
    ----------
    folder : Path
        Made when first needed.
    owner : dict or None
        Host, process and its beginning; None: this process.
    """

    def __init__(self, folder: Path, owner: dict[str, object] | None = None) -> None:
        self._folder = folder
        self._owner = describe_process() if owner is None else owner
        self._held: set[str] = set()

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Hold everyone else's decisions about locks up: the kernel lets go of it even of a killed process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._folder / _GUARD, "ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def acquire(self, name: str) -> bool:
        """Take the lock of a task, unless someone alive holds it."""
        path = self._folder / name
        with self.guard():
            if path.exists() and not self._stale(path):
                return False
            path.write_text(json.dumps(self._owner, sort_keys=True))
            self._held.add(name)
            return True

    def release(self, name: str) -> None:
        """Give a lock back that this object holds."""
        self._held.discard(name)
        (self._folder / name).unlink(missing_ok=True)

    def release_all(self) -> None:
        """Give back every lock that this object holds."""
        for name in sorted(self._held):
            self.release(name)

    def remove_stale(self) -> None:
        """Remove what dead processes hold."""
        with self.guard():
            for path in self._folder.iterdir():
                if path.name != _GUARD and self._stale(path):
                    path.unlink(missing_ok=True)

    def renew(self) -> None:
        """Show that the holder is alive to hosts that cannot see its process."""
        for name in list(self._held):
            with contextlib.suppress(OSError):
                os.utime(self._folder / name)

    @contextlib.contextmanager
    def renewing(self) -> Iterator[None]:
        """Renew now and then while the context lasts."""
        ended = threading.Event()

        def run() -> None:
            while not ended.wait(_RENEWAL):
                self.renew()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _stale(self, path: Path) -> bool:
        try:
            holder = parse_json(read_regular(path, SETTINGS_BYTES))
            age = time.time() - path.stat().st_mtime
            here = holder["host"] == self._owner["host"]
            process, began = int(holder["process"]), holder["began"]
        except FileNotFoundError:
            return True
        except (OSError, ValueError, KeyError, TypeError):
            return True  # locks are written under the guard: an unfinished one is a killed process's
        return process_start(process) != began if here else age > _ABANDONED


def describe_process() -> dict[str, object]:
    """Host, number and beginning of this process."""
    return {"host": _host(), "process": os.getpid(), "began": process_start(os.getpid())}


def _host() -> str:
    # Machines and containers may share a name; process numbers then mean something else in each.
    boot = Path("/proc/sys/kernel/random/boot_id")
    namespace = Path("/proc/self/ns/pid")
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts += [boot.read_text().strip(), os.readlink(namespace)]
    return " ".join(parts)


def process_start(process: int) -> str | None:
    """Something that only this process of that number has; None: there is no such process."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return "alive"
    except OSError:
        return None
    # The command's name, in brackets, may hold anything.
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]

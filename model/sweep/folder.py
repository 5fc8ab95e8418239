# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a sweep: its manifest, one file for each finished task, one for each failed one.

In it:

    sweep.json               what the sweep is
    tasks/NAME.json          result of a task (.safetensors where it holds arrays)
    failed/NAME.json         the one-line error of a task that failed when it was last tried
    locks/NAME               a task that is being worked on, and by whom
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import write_atomically
from ..reading import one_line, parse_json, read_regular, shown
from .locks import Locks
from .plan import Setting, Sweep, canonical
from .results import RESULT_BYTES, SUFFIXES, decode_result, document_hash

MANIFEST = "sweep.json"
FORMAT_VERSION = 1
_FIELDS = {"format_version", "function", "version", "settings", "sha256"}


@dataclass(frozen=True)
class Failure:
    """A task that failed: its setting and the error in one line."""

    name: str
    setting: Setting
    error: str


class SweepFolder:
    """Files of one sweep. Reading is free; whoever writes a task's files holds its lock."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.locks = Locks(self.path / "locks")

    def claim(self, sweep: Sweep) -> None:
        """Write the manifest, or check the one that is there.

        A sweep with further settings may go on in the folder, whatever their order; nothing else may.

        Raises
        ------
        ValueError
            If the folder holds another sweep, or settings that this one lacks; the message says what differs.
        """
        table = {"function": sweep.function, "version": sweep.version, "settings": list(sweep.settings)}
        with self.locks.guard():
            if (self.path / MANIFEST).exists():
                present = self.sweep()
                for field in ("function", "version"):
                    if getattr(present, field) != getattr(sweep, field):
                        raise ValueError(
                            f"{self.path / MANIFEST}: {field} must be {getattr(sweep, field)!r}, "
                            f"not {getattr(present, field)!r}: choose another folder or remove this one"
                        )
                lacking = sorted(set(present.names) - set(sweep.names))
                if lacking:
                    setting = present.settings[present.names.index(lacking[0])]
                    raise ValueError(
                        f"{self.path / MANIFEST}: settings must be among those of this sweep, not {canonical(setting)} "
                        f"({len(lacking)} such): choose another folder or remove this one"
                    )
                if present == sweep:
                    return
            document = {"format_version": FORMAT_VERSION, **table}
            text = json.dumps({**document, "sha256": document_hash(document, {})}, indent=1, sort_keys=True)
            write_atomically(self.path / MANIFEST, (text + "\n").encode())
            _remove_remains(self.path, MANIFEST)

    def sweep(self) -> Sweep:
        """The sweep of the manifest; ValueError names the file if there is none or it is none."""
        path = self.path / MANIFEST
        try:
            table = parse_json(read_regular(path, RESULT_BYTES))
            if table["format_version"] != FORMAT_VERSION:
                raise ValueError(f"format_version must be {FORMAT_VERSION}, not {shown(table['format_version'])}")
            unknown = sorted(set(table) - _FIELDS)
            if unknown:
                raise ValueError(f"fields must be among {', '.join(sorted(_FIELDS))}, not {shown(unknown[0])}")
            # Manifests of before have none.
            if "sha256" in table and table.pop("sha256") != document_hash(table, {}):
                raise ValueError("its hash must be that of its contents")
            return Sweep(table["function"], tuple(table["settings"]), table["version"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if str(error).startswith(f"{path}: "):
                raise
            raise ValueError(f"{path}: must be the manifest of a sweep: {one_line(error)}") from None

    def read(self, name: str) -> object:
        """Result of a task; ValueError if there is none, or its file is damaged."""
        paths = [path for path in self._results(name) if path.exists()]
        return decode_result(paths[0] if paths else self._results(name)[0])

    def done(self, name: str) -> bool:
        """Whether a task has a result that can be read; a damaged one is as good as none."""
        try:
            self.read(name)
        except ValueError:
            return False
        return True

    def write(self, name: str, suffix: str, data: bytes) -> None:
        """Keep a result, in place of whatever there was."""
        target = self.path / "tasks" / (name + suffix)
        write_atomically(target, data)
        for path in self._results(name):
            if path != target:
                path.unlink(missing_ok=True)
        self._failed(name).unlink(missing_ok=True)

    def take(self, name: str, other: SweepFolder) -> None:
        """Keep what another folder has of the same task, where it can be read and nothing is here yet."""
        if self.done(name) or not other.done(name) or not self.locks.acquire(name):
            return
        try:
            found = next(path for path in other._results(name) if path.exists())
            self.write(name, found.suffix, found.read_bytes())
        finally:
            self.locks.release(name)

    def write_failure(self, failure: Failure) -> None:
        """Record that a task failed; a damaged result goes."""
        table = {"setting": failure.setting, "error": failure.error}
        write_atomically(self._failed(failure.name), (json.dumps(table, indent=1, sort_keys=True) + "\n").encode())
        for path in self._results(failure.name):
            path.unlink(missing_ok=True)

    def failure(self, name: str) -> Failure | None:
        """The record of a failed task, if there is a readable one."""
        try:
            table: dict[str, Any] = parse_json(read_regular(self._failed(name), RESULT_BYTES))
            return Failure(name, dict(table["setting"]), str(table["error"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def failure_mark(self, name: str) -> tuple[int, int] | None:
        """What tells one record of a failure from a later one; None: there is none."""
        try:
            status = self._failed(name).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def clean(self, name: str) -> None:
        """Remove what a killed process left of a task that nobody else works on."""
        for part in ("tasks", "failed"):
            _remove_remains(self.path / part, name)

    def _results(self, name: str) -> list[Path]:
        return [self.path / "tasks" / (name + suffix) for suffix in SUFFIXES]

    def _failed(self, name: str) -> Path:
        return self.path / "failed" / f"{name}.json"


def _remove_remains(folder: Path, name: str) -> None:
    """Temporary files of ``write_atomically`` that were never renamed."""
    for path in folder.glob(f".{name}*"):
        path.unlink(missing_ok=True)

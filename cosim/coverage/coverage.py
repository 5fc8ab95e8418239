# SPDX-License-Identifier: BSD-3-Clause
"""The functional coverage of a chip: every bin with its hits, over any number of runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry
from spintile.model.reading import JSON_BYTES, parse_json, read_regular

from .bins import Bin
from .decisions import decision_bins
from .events import event_bins
from .handshakes import handshake_bins
from .programs import program_bins
from .reads import read_bins
from .repairs import repair_bins
from .writes import write_bins

__all__ = ["Coverage", "coverage_bins"]

_FORMAT, _VERSION = "spintile-coverage", 1
_LISTS = (read_bins, repair_bins, decision_bins, program_bins, handshake_bins, event_bins, write_bins)
#: Groups whose bins are those of one shape of chip: hits of other shapes do not count.
_OF_A_SHAPE = ("kernel", "rows", "column", "plane", "activation", "layers", "loops")


def coverage_bins(geometry: Geometry) -> tuple[Bin, ...]:
    """Every bin of a chip, in the order of the groups.

    Raises
    ------
    ValueError
        If two bins have the same name.
    """
    bins = tuple(entry for make in _LISTS for entry in make(geometry))
    names = Counter(entry.name for entry in bins)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ValueError(f"bins must have names of their own, and {twice[0]!r} is used again")
    return bins


class Coverage:
    """Hits of every bin of a chip.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip. Runs on chips of another shape count too, but not in the bins that number its kernels,
        rows, bit planes, levels, layers and loops.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.bins = coverage_bins(geometry)
        self.hits: Counter[str] = Counter()
        self._names = {entry.name for entry in self.bins}

    @classmethod
    def of(cls, geometry: Geometry, parts: Iterable[Mapping[str, int]]) -> Coverage:
        """The coverage of several runs, each as ``CosimResult.coverage`` gives it."""
        coverage = cls(geometry)
        for part in parts:
            coverage.add(part)
        return coverage

    def add(self, hits: Mapping[str, int]) -> None:
        """Count the hits of a run.

        Raises
        ------
        ValueError
            If there is no such bin.
        """
        for name, count in hits.items():
            if name in self._names:
                self.hits[name] += int(count)
            elif name.partition(".")[0] not in _OF_A_SHAPE:
                raise ValueError(f"coverage must have a bin {name!r}, and has none")

    def merge(self, other: Coverage) -> None:
        """Count what another coverage has counted."""
        self.add(other.hits)

    @property
    def missing(self) -> list[Bin]:
        """Bins that were neither hit nor waived."""
        return [entry for entry in self.bins if not entry.waived and not self.hits[entry.name]]

    @property
    def closed(self) -> bool:
        """Whether every bin is hit or waived."""
        return not self.missing

    def summary(self) -> dict[str, Any]:
        """For reports: ``bins``, ``hit``, ``waived`` (and not hit), the same by ``groups``, what is ``missing`` and
        what is waived with its reason (``waivers``)."""
        groups: dict[str, dict[str, int]] = {}
        for entry in self.bins:
            group = groups.setdefault(entry.group, {"bins": 0, "hit": 0, "waived": 0})
            group["bins"] += 1
            group["hit"] += self.hits[entry.name] > 0
            group["waived"] += bool(entry.waived) and not self.hits[entry.name]
        total = {name: sum(group[name] for group in groups.values()) for name in ("bins", "hit", "waived")}
        return {
            **total,
            "groups": groups,
            "missing": [{"name": entry.name, "what": entry.what} for entry in self.missing],
            "waivers": [
                {"name": entry.name, "what": entry.what, "reason": entry.waived} for entry in self.bins if entry.waived
            ],
        }

    def rows(self) -> list[tuple[str, str, int, str]]:
        """Name, what, hits and reason of a waiver of every bin, for tables."""
        return [(entry.name, entry.what, self.hits[entry.name], entry.waived) for entry in self.bins]

    def save(self, path: str | Path) -> None:
        """Write as JSON: geometry, and hits by bin."""
        hits = {entry.name: self.hits[entry.name] for entry in self.bins if self.hits[entry.name]}
        content = {"format": _FORMAT, "version": _VERSION, "geometry": self.geometry.as_dict(), "hits": hits}
        write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: str | Path) -> Coverage:
        """Read what ``save`` wrote.

        Raises
        ------
        ValueError
            If it is no such file, or of another version.
        """
        try:
            content = parse_json(read_regular(path, JSON_BYTES))
        except UnicodeDecodeError:
            raise ValueError(f"{path}: must be JSON in UTF-8") from None
        known = tuple(content.get(name) for name in ("format", "version")) if isinstance(content, dict) else ()
        if known != (_FORMAT, _VERSION):
            raise ValueError(f"{path}: must be {_FORMAT} of version {_VERSION}, and is not")
        geometry, hits = content.get("geometry"), content.get("hits")
        if not isinstance(hits, dict) or not all(type(count) is int and count > 0 for count in hits.values()):
            raise ValueError(f"{path}: hits must be positive integers by bin")
        try:
            coverage = cls(Geometry(**geometry))
        except TypeError:
            raise ValueError(f"{path}: geometry must have the fields of a geometry") from None
        coverage.add(hits)
        return coverage

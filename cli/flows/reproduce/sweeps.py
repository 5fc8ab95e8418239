# SPDX-License-Identifier: BSD-3-Clause
"""The sweeps of one reproduction: each in a folder of its own, so that other plans or other code never collide."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spintile.model.sweep import Progress as SweepProgress
from spintile.model.sweep import Sweep, SweepFolder, collect, run

from ...console import Progress


@dataclass(frozen=True)
class Sweeps:
    """Where and how sweeps run.

    Parameters
    ----------
    folder : Path
        Below it, every sweep has the folder ``<function>-<hash of all its tasks>``.
    version : str
        Of the code that results follow from.
    jobs : int
        Worker processes.
    cluster : str or None
        Address of a dask scheduler whose workers are used instead.
    progress : Progress
    """

    folder: Path
    version: str
    jobs: int
    cluster: str | None
    progress: Progress

    def results(self, function: str, settings: Sequence[Mapping[str, Any]], step: str) -> list[Any]:
        """Results of ``package.module:function`` in the order of its settings.

        What is there already is not done again, whatever plan it was done for.

        Raises
        ------
        ValueError
            If there is no cluster at the address.
        SweepFailed
            If tasks failed.
        """
        if not settings:
            return []
        sweep = Sweep.of(function, settings, self.version)
        name = hashlib.sha256("".join(sweep.names).encode()).hexdigest()[:12]
        kind = function.rpartition(":")[2]
        folder = self.folder / f"{kind}-{name}"
        self._take_over(sweep, folder, kind)
        jobs = min(self.jobs, len(sweep.settings))
        run(sweep, folder, jobs=jobs, cluster=self.cluster, progress=self._telling(step))
        return collect(sweep, folder)

    def _take_over(self, sweep: Sweep, folder: Path, kind: str) -> None:
        """Take what other plans of this run have done of the same tasks, as when a full run follows a default one."""
        if folder.exists():
            return
        own = SweepFolder(folder)
        own.claim(sweep)
        for path in sorted(self.folder.glob(f"{kind}-*")):
            if path != folder:
                for task in sweep.names:
                    own.take(task, SweepFolder(path))

    def _telling(self, step: str) -> Callable[[SweepProgress], None]:
        def tell(state: SweepProgress) -> None:
            over = state.done + state.failed
            left = "" if state.seconds_left is None or over == state.total else f", {state.seconds_left:.0f} s left"
            self.progress(step, over / state.total, f"{over} of {state.total} tasks{left}")

        return tell

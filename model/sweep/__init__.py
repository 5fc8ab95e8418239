# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps: one function called with many settings, each call a task with its own file, resumable at any moment.

For example, the accuracy of five seeds on 36 dies:

    sweep = Sweep.of(accuracy, grid(seed=range(5), die=range(36)), version=source_version("spintile.model"))
    run(sweep, "runs/accuracy", jobs=2)
    for setting, result in zip(sweep.settings, collect(sweep, "runs/accuracy")):
        ...
"""

from .folder import Failure, SweepFolder
from .plan import Setting, Sweep, grid, source_version
from .run import Progress, SweepFailed, collect, run

__all__ = [
    "Failure",
    "Progress",
    "Setting",
    "Sweep",
    "SweepFailed",
    "SweepFolder",
    "collect",
    "grid",
    "run",
    "source_version",
]

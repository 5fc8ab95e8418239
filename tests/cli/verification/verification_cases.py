# SPDX-License-Identifier: BSD-3-Clause
"""A subject that is verified in seconds, on a geometry whose simulators other tests build too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from cosim_cases import WIDE, chip, network
from spintile.cli.flows.verification.stages import Stage
from spintile.cli.flows.verification.subjects import Images, Subject
from spintile.model.chip import Chip
from spintile.model.dies import sample_population

GOLDEN, COMPILED, TWIN, NETLIST = Stage("golden"), Stage("compiled"), Stage("twin"), Stage("netlist", "generic")


def subject(
    name: str = "two", dies: Sequence[int] = range(6), images: int = 12, *, on: Chip | None = None, **changes: Any
) -> Subject:
    """A network of the co-simulation tests on defective dies."""
    on, net = on or chip(WIDE, 6), network(name)
    values = np.random.default_rng(5).integers(0, 1 << net.input_bits, (images, *net.input_shape), dtype=np.uint8)
    settings: dict[str, Any] = {
        "name": name,
        "reaches": "some layers",
        "options": ("--case", name),
        "chip": on,
        "network": net,
        "population": sample_population(on.geometry, on.cell, on.statistics, list(dies), 3),
        "images": Images(values, 100, np.zeros(images, np.int64)),
        "seed": 3,
    }
    return Subject(**settings | changes)


class Told:
    """Progress that remembers what it was told, and may end the run as a user would."""

    def __init__(self, stop_after: int = 0) -> None:
        self.steps: list[tuple[str, float, str]] = []
        self._stop_after = stop_after

    def __call__(self, step: str, done: float, remark: str = "") -> None:
        self.steps.append((step, done, remark))
        if self._stop_after and len(self.steps) >= self._stop_after:
            raise KeyboardInterrupt

# SPDX-License-Identifier: BSD-3-Clause
"""Commands that close the coverage of writing: some kernels of dies with many defects, pulses and all, under cocotb."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import Geometry
from spintile.model.programming import WriteCommand
from spintile.model.sensing import Sensing
from spintile.model.writing import Writing

from ...job import Disturbance
from ...writing import ProgramJob

__all__ = ["directed_commands"]

#: Every outcome among few cells.
_DEFECTS = dataclasses.replace(DefectStatistics.demo(), short=0.06, open=0.06, stuck_p=0.05, stuck_ap=0.05)
#: The same, devices so different that of any few dozen some lie below a nominal one's code.
_UNEVEN = dataclasses.replace(_DEFECTS, spread=0.2)
#: Steps that reach most cells by and by, so that the last one is given too.
_STEPS: dict[str, Any] = {
    "levels_p": (850, 930, 1000, 1065, 1638), "levels_ap": (850, 930, 1000, 1150, 1720), "widths": (1, 1, 1, 1, 2),
}  # fmt: skip
_ROUGH = Disturbance(result_pause=0.4, stall=0.3, reset_after=83, soft_reset_after=61, abort_after=97)


def directed_commands(geometry: Geometry, seed: int = 0) -> Iterator[tuple[str, ProgramJob]]:
    """Names and jobs of one die each."""
    region: dict[str, Any] = {"kernels": (0, 0), "rows": (0, min(2, geometry.rows - 1))}
    targets = np.random.default_rng(seed).random((geometry.kernels, geometry.rows, geometry.cols)) < 0.5
    write, every = WriteCommand("targets", targets, **region), WriteCommand("characterise", **region)
    yield "gated, paused, dropped", _job(geometry, seed, "borders", (write, every), disturbance=_ROUGH)
    settings: dict[str, Any] = {"single": True, "read_first": True, "passes": 3, "repeats": 3, **_STEPS}
    commands = tuple(WriteCommand(op, **region) for op in ("all_p", "all_ap", "read"))
    yield "cell by cell", _narrow(_job(geometry, seed + 1, "borders", commands, _UNEVEN, **settings))
    one_row = WriteCommand("targets", targets, kernels=(0, 0), rows=(0, 0))
    yield "passive", _job(geometry, seed + 2, "goodwill", (one_row,), scheme="floating", passes=2)


def _narrow(job: ProgramJob) -> ProgramJob:
    """The same with a window of P that begins at a nominal device: some are between the windows."""
    chip = job.chip
    usual = chip.writing.windows(chip.geometry, chip.cell, chip.sensing)
    narrow = chip.writing.replace(p_low=math.ceil(usual.p_high / 1.5), ap_high=usual.ap_high)
    return job.replace(chip=chip.replace(writing=narrow))


def _job(
    geometry: Geometry,
    seed: int,
    preset: str,
    commands: tuple[WriteCommand, ...],
    statistics: DefectStatistics = _DEFECTS,
    disturbance: Disturbance | None = None,
    **settings: Any,
) -> ProgramJob:
    cell, writing = Cell.preset(preset), Writing.preset(preset).replace(**settings)
    chip = Chip(geometry, cell, Sensing(adc_bits=geometry.adc_bits), statistics, writing=writing)
    population = sample_population(geometry, cell, chip.statistics, 1, seed)
    return ProgramJob(chip, population, seed, commands, disturbance=disturbance or Disturbance())

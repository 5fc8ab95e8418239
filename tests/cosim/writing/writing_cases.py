# SPDX-License-Identifier: BSD-3-Clause
"""Chips and jobs that the tests of the write path share: few geometries, so that few simulators are built."""

from __future__ import annotations

from typing import Any

import numpy as np
from cosim_cases import DEFECTS, SHARED, WIDE
from spintile.cosim.writing.job import ProgramJob
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import sample_population
from spintile.model.geometry import Geometry
from spintile.model.programming import WriteCommand
from spintile.model.sensing import Sensing
from spintile.model.writing import Writing

__all__ = ["SHARED", "WIDE", "chip", "commands", "job", "targets"]


def chip(
    geometry: Geometry = WIDE, *, adc_bits: int = 8, preset: str = "borders", noise: float = 0.0, **writing: Any
) -> Chip:
    """A chip with many defects, written as a preset is but for ``writing``; noise in LSB."""
    sensing = Sensing(adc_bits=adc_bits, noise_sigma=noise, pedestal=4.0 if noise else 0.0, offset_sigma=noise)
    settings = Writing.preset(preset).replace(**writing)
    return Chip(geometry, Cell.preset(preset), sensing, DEFECTS, writing=settings)


def targets(geometry: Geometry, seed: int = 5) -> np.ndarray:
    """Random states."""
    return np.random.default_rng(seed).random((geometry.kernels, geometry.rows, geometry.cols)) < 0.5


def commands(geometry: Geometry) -> tuple[WriteCommand, ...]:
    """Some targets, a characterisation of others, and a read of a single cell that the second left as it was."""
    rows, cols = geometry.rows, geometry.cols
    return (
        WriteCommand("targets", targets(geometry), kernels=(0, 1), rows=(0, 2)),
        WriteCommand("characterise", kernels=(1, 2), rows=(1, 2), cols=(1, cols - 2)),
        WriteCommand("read", kernels=(2, 2), rows=(rows - 1, rows - 1), cols=(1, 1)),
    )


def job(on: Chip, *given: WriteCommand, dies: int = 2, seed: int = 7, **settings: Any) -> ProgramJob:
    """Commands on random dies of a chip; the usual ones unless given."""
    population = sample_population(on.geometry, on.cell, on.statistics, dies, 3)
    return ProgramJob(on, population, seed, given or commands(on.geometry), **settings)

# SPDX-License-Identifier: BSD-3-Clause
"""Chips, settings, commands and disturbances drawn at random: RTL and golden model agree on all of them."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
from cosim_cases import DEFECTS, SHARED
from needed_tools import engine_or_skip
from spintile.cosim.job import Disturbance
from spintile.cosim.writing import ProgramJob, run_program
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import sample_population
from spintile.model.programming import OPERATIONS, WriteCommand
from spintile.model.sensing import Sensing
from spintile.model.writing import Writing

KERNELS, ROWS, COLS = SHARED.kernels, SHARED.rows, SHARED.cols


def drawn_chip(draw: random.Random) -> Chip:
    """Gated or passive, short schedules, any options, noise, amplifier errors and wires."""
    preset = draw.choice(["borders", "goodwill"])
    low, high = (900, 1800) if preset == "borders" else (560, 800)
    steps = draw.randint(1, 4)

    def levels() -> tuple[int, ...]:
        return tuple(sorted(draw.randint(low, high) for _ in range(steps)))

    writing = Writing.preset(preset).replace(
        scheme="gated" if preset == "borders" else draw.choice(["half", "third", "grounded", "floating"]),
        levels_p=levels(),
        levels_ap=levels(),
        widths=tuple(draw.randint(1, 6) for _ in range(steps)),
        setup_cycles=draw.choice([0, 1, 2, 5]),
        passes=draw.randint(1, 3),
        repeats=draw.randint(1, 5),
        single=draw.random() < 0.5,
        read_first=draw.random() < 0.5,
    )
    sensing = Sensing(
        noise_sigma=draw.choice([0.0, 0.7, 2.0]),
        offset_sigma=draw.choice([0.0, 1.5]),
        gain_sigma=draw.choice([0.0, 0.02]),
        pedestal=draw.choice([0.0, 5.0]),
    )
    wires = draw.choice([Wires(), Wires(1.0, 1.0, 5.0, 5.0)])
    cell = Cell.preset(preset)
    if draw.random() < 0.7:
        # A gap between the windows: what falls into it is neither state.
        found = writing.windows(SHARED, cell, sensing, wires)
        narrow = {name: getattr(found, name) + draw.randint(0, 3) for name in ("p_low", "ap_low")}
        narrow |= {name: getattr(found, name) - draw.randint(0, 3) for name in ("p_high", "ap_high")}
        writing = writing.replace(**narrow)
    statistics = dataclasses.replace(DEFECTS, pinhole=0.03)
    return Chip(SHARED, cell, sensing, statistics, wires=wires, writing=writing)


def drawn_command(draw: random.Random, states: np.ndarray) -> WriteCommand:
    """Any operation on a small region."""

    def some(size: int, most: int) -> tuple[int, int]:
        first = draw.randrange(size)
        return first, min(size - 1, first + draw.randint(0, most))

    operation: Any = draw.choice(OPERATIONS)
    targets = states if operation == "targets" else None
    return WriteCommand(operation, targets, kernels=some(KERNELS, 1), rows=some(ROWS, 2), cols=some(COLS, COLS))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_drawn_agrees(seed: int) -> None:
    draw, generator = random.Random(seed), np.random.default_rng(seed)
    on = drawn_chip(draw)
    population = sample_population(SHARED, on.cell, on.statistics, 2, seed)
    if draw.random() < 0.5:
        row_breaks, col_breaks = (generator.random(population.shape) < 0.005 for _ in range(2))
        population = dataclasses.replace(population, row_breaks=row_breaks, col_breaks=col_breaks)
    states = generator.random(population.shape) < 0.5
    disturbance = Disturbance(
        result_pause=draw.choice([0.0, 0.5]),
        stall=draw.choice([0.0, 0.4]),
        **{name: draw.choice([0, draw.randint(1, 300)]) for name in ("reset_after", "soft_reset_after", "abort_after")},
    )
    commands = tuple(drawn_command(draw, states) for _ in range(2))
    job = ProgramJob(on, population, seed, commands, disturbance=disturbance, settle=draw.choice([None, 0, 3]))
    result = run_program(job, engine_or_skip("verilator"), seed=seed)
    assert result.passed, result.message

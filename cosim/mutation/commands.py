# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which the write controller is given random commands: any window, pulse, region."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import LEVEL_BITS, REPEATS_LIMIT, WINDOW_BITS, WRITE_STEPS, WriteOp

from .script import Script
from .writing import command

__all__ = ["add_commands"]


def add_commands(script: Script, dies: tuple[int, ...], generator: np.random.Generator, count: int) -> None:
    """Run random commands on small regions, each on cells as they were at the beginning."""
    geometry = script.geometry
    for number in range(count):
        script.do("die", dies[number % len(dies)])
        settle = int(generator.integers(4))
        script.do("settle", settle)
        script.write("SETTLE", settle)
        script.write("ADC_BITS", 2 + int(generator.integers(geometry.adc_bits - 1)))
        script.write("WRITE_SETUP", int(generator.integers(4)) if number % 4 else int(generator.integers(40)))
        _schedule(script, generator)
        _targets(script, generator)
        for name in ("WINDOW_P", "WINDOW_AP"):
            low, high = sorted(generator.integers(0, 1 << int(generator.integers(4, WINDOW_BITS + 1)), 2).tolist())
            script.fields(name, low=low, high=high)
        script.do("pauses", 0, 0, *(int(generator.integers(160)) if number % 3 == 2 else 0 for _ in range(3)))
        op, options = _options(generator, number)
        regions = [
            _region(generator, size, most)
            for size, most in ((geometry.kernels, 2), (geometry.rows, 2), (geometry.cols, 6))
        ]
        command(script, op, regions[0], regions[1], regions[2], **options)
    script.do("pauses", 0, 0, 0, 0, 0)


def _schedule(script: Script, generator: np.random.Generator) -> None:
    for name in ("STEP_P", "STEP_AP"):
        for index in range(WRITE_STEPS):
            level = int(generator.integers(1 << LEVEL_BITS))
            script.fields(name, index, level=level, width=1 + int(generator.integers(6)))


def _targets(script: Script, generator: np.random.Generator) -> None:
    """Some lines of the target memory anew."""
    geometry = script.geometry
    lanes = -(-geometry.cols // 32)
    for line in generator.integers(0, geometry.kernels * geometry.rows, 40).tolist():
        script.write("TARGET", *generator.integers(0, 1 << 32, lanes).tolist(), index=line)


def _region(generator: np.random.Generator, size: int, most: int) -> tuple[int, int]:
    first = int(generator.integers(size))
    return first, min(size - 1, first + int(generator.integers(most)))


def _options(generator: np.random.Generator, number: int) -> tuple[int, dict[str, int]]:
    """Operation and options; now and then the most repeats or many passes, which take long."""
    op = WriteOp(number % len(WriteOp))
    reads = op in (WriteOp.READ, WriteOp.CHARACTERISE)
    flags = {name: int(generator.integers(2)) for name in ("single", "passive", "float_unselected", "read_first")}
    options = {
        "steps": 1 + int(generator.integers(WRITE_STEPS if number % 3 == 0 else 4)),
        "repeats": 1 + int(generator.integers(REPEATS_LIMIT if reads and number % 2 else 3)),
        "passes": 1 + int(generator.integers(3)),
        **flags,
    }
    if number == 5:
        options |= {"steps": 1, "passes": 63}
    return int(op), options

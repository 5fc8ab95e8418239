# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which cells are written."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import REPEATS_LIMIT, WRITE_STEPS, Geometry

from .script import Script

__all__ = ["add_long_pulses", "add_writing"]

#: Pulses by (level, cycles): every cell that can be switched is, by the last one at the latest.
_STEPS_P = ((300, 1), (1030, 3), (1900, 2), (4095, 6))
_STEPS_AP = ((512, 2), (1285, 1), (2600, 4), (3333, 9))
_OPTIONS = {"steps": 4, "repeats": 1, "passes": 2}
_TARGETS, _ALL_P, _ALL_AP, _READ, _CHARACTERISE = range(5)


def add_writing(script: Script, die: int, generator: np.random.Generator) -> None:
    """Commands of every kind, with every option, on corners of the chip; a read of one cell of each kernel."""
    geometry = script.geometry
    kernels, rows, cols = geometry.kernels - 1, geometry.rows - 1, geometry.cols - 1
    script.do("die", die)
    script.do("settle", 1)
    script.write("ADC_BITS", min(8, geometry.adc_bits))
    script.write("SETTLE", 1)
    script.write("WRITE_SETUP", 1)
    script.fields("WINDOW_P", low=16, high=25)
    script.fields("WINDOW_AP", low=6, high=13)
    for name, steps in (("STEP_P", _STEPS_P), ("STEP_AP", _STEPS_AP)):
        for index, (level, width) in enumerate(steps):
            script.fields(name, index, level=level, width=width)
    _targets(script, generator)
    _command(script, _TARGETS, (kernels - 1, kernels), (rows - 1, rows), (0, cols), **_OPTIONS)
    _command(script, _READ, (0, kernels), (rows // 2, rows // 2), (1, 1), **{**_OPTIONS, "repeats": 2})
    _command(script, _ALL_AP, (0, 0), (0, rows), (cols - 1, cols), **{**_OPTIONS, "read_first": 1})
    script.do("pauses", 0, 0, 120, 60, 60)
    _command(script, _CHARACTERISE, (1, 2), (0, 1), (2, 3), **{**_OPTIONS, "repeats": 5, "passes": 1})
    _command(
        script, _TARGETS, (0, 0), (1, 2), (0, cols), **{**_OPTIONS, "single": 1, "passive": 1, "float_unselected": 1}
    )
    script.do("pauses", 0, 0, 0, 0, 0)
    _command(script, _ALL_P, (kernels // 2, kernels // 2), (rows, rows), (0, 4), steps=1, repeats=1, passes=1)
    _command(script, _READ, (kernels, kernels), (0, rows), (cols, cols), **{**_OPTIONS, "repeats": REPEATS_LIMIT})
    script.write("WRITE_SETUP", 5)
    _command(script, _TARGETS, (3, 3), (0, rows), (2, 2), **{**_OPTIONS, "passes": 3, "float_unselected": 1})
    _full_tables(script)
    _refusals(script, geometry)
    _aborts(script)
    _command(script, _TARGETS, (2, 2), (3, 4), (1, cols), **_OPTIONS)
    # Every line of the target memory; most cells are there already.
    _command(script, _TARGETS, (0, kernels), (0, rows), (cols // 2, cols // 2), steps=2, repeats=1, passes=1)


def _full_tables(script: Script) -> None:
    """All steps of both tables, and a step of no width at each place."""
    geometry = script.geometry
    cols = geometry.cols - 1
    for name, base in (("STEP_P", 90), ("STEP_AP", 110)):
        for index in range(WRITE_STEPS):
            script.fields(name, index, level=base + 170 * index, width=1 + index % 3)
    whole = {"steps": WRITE_STEPS, "repeats": 1, "passes": 1}
    _command(script, _CHARACTERISE, (1, 1), (2, 2), (0, cols), **whole)
    for name in ("STEP_P", "STEP_AP"):
        for index in range(WRITE_STEPS):
            script.fields(name, index, level=500, width=0)
            _start(script, _READ, (0, 0), (0, 0), (0, 0), **{**whole, "steps": index + 1})
            script.do("idle", 4)
            script.read("WRITE_STATUS")
            script.control("soft_reset")
            script.fields(name, index, level=500, width=1)
    # Without the first step of no width, fewer steps are legal; the rest of the commands use four again.
    for name, steps in (("STEP_P", _STEPS_P), ("STEP_AP", _STEPS_AP)):
        for index, (level, width) in enumerate(steps):
            script.fields(name, index, level=level, width=width)


def add_long_pulses(script: Script, die: int) -> None:
    """Pulses, setups and settling times with high bits."""
    script.do("die", die)
    script.write("ADC_BITS", min(8, script.geometry.adc_bits))
    for width, setup in ((0x9249, 0xA5), (0x0DB6, 0x5A)):
        script.write("WRITE_SETUP", setup)
        script.fields("STEP_P", 0, level=4095, width=width)
        script.fields("STEP_AP", 0, level=4095, width=1)
        _command(script, _ALL_P, (1, 1), (1, 1), (1, 1), steps=1, repeats=1, passes=1)


def _targets(script: Script, generator: np.random.Generator) -> None:
    geometry = script.geometry
    lanes = -(-geometry.cols // 32)
    for line in range(geometry.kernels * geometry.rows):
        words = [int(generator.integers(1 << 32)) for _ in range(lanes)]
        words[-1] &= (1 << (geometry.cols - 32 * (lanes - 1))) - 1
        script.write("TARGET", *words, index=line)


def _command(
    script: Script, op: int, kernels: tuple[int, int], rows: tuple[int, int], cols: tuple[int, int], **options: int
) -> None:
    """Start a command, take its report, read what it says of itself."""
    _start(script, op, kernels, rows, cols, **options)
    script.do("report")
    script.until("WRITE_STATUS", "busy", 0)
    script.read("WRITE_STATUS", "WRITE_FAILED", "WRITE_PULSES")


def _start(
    script: Script, op: int, kernels: tuple[int, int], rows: tuple[int, int], cols: tuple[int, int], **options: int
) -> None:
    for name, (first, last) in (("WRITE_KERNELS", kernels), ("WRITE_ROWS", rows), ("WRITE_COLS", cols)):
        script.fields(name, first=first, last=last)
    script.fields("WRITE_OPTIONS", **options)
    script.fields("WRITE_COMMAND", start=1, op=op)


def _refusals(script: Script, geometry: Geometry) -> None:
    """Starts that must be refused, each for another reason."""
    corner = ((0, 0), (0, 0), (0, 0))
    illegal: list[tuple[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]], dict[str, int]]] = [
        (5, corner, _OPTIONS),
        (_READ, ((1, 0), (0, 0), (0, 0)), _OPTIONS),
        (_READ, ((0, geometry.kernels), (0, 0), (0, 0)), _OPTIONS),
        (_READ, ((0, 0), (1, 0), (0, 0)), _OPTIONS),
        (_READ, ((0, 0), (0, geometry.rows), (0, 0)), _OPTIONS),
        (_READ, ((0, 0), (0, 0), (1, 0)), _OPTIONS),
        (_READ, ((0, 0), (0, 0), (0, geometry.cols)), _OPTIONS),
        (_ALL_P, corner, {**_OPTIONS, "steps": 0}),
        (_ALL_P, corner, {**_OPTIONS, "steps": WRITE_STEPS + 1}),
        (_READ, corner, {**_OPTIONS, "repeats": 0}),
        (_READ, corner, {**_OPTIONS, "repeats": REPEATS_LIMIT + 1}),
        (_ALL_AP, corner, {**_OPTIONS, "passes": 0}),
    ]
    for op, (kernels, rows, cols), options in illegal:
        _start(script, op, kernels, rows, cols, **options)
        script.do("idle", 4)
        script.read("WRITE_STATUS")
        script.control("soft_reset")
        script.read("WRITE_STATUS")
    script.control("enable")
    _start(script, _READ, (0, 0), (0, 0), (0, 0), **_OPTIONS)
    script.do("idle", 4)
    script.read("WRITE_STATUS", "STATUS")
    script.control("soft_reset")


def _aborts(script: Script) -> None:
    """Commands ended by an abort, by a soft reset and by a reset; what they had done by then is not compared."""
    geometry = script.geometry
    rows, cols = (0, geometry.rows - 1), (0, geometry.cols - 1)
    for after, way in ((45, "abort"), (61, "abort"), (83, "soft_reset")):
        script.do("quiet", 1)
        _start(script, _CHARACTERISE, (0, 3), rows, cols, **_OPTIONS)
        script.do("idle", after)
        if way == "abort":
            script.fields("WRITE_COMMAND", abort=1)
        else:
            script.control("soft_reset")
        script.until("WRITE_STATUS", "busy", 0)
        script.do("idle", 20)
        script.do("quiet", 0)
        script.read("WRITE_STATUS", "STATUS")
        # The same states again for every mutant, whatever the pulses before had reached.
        script.do("die", script.last_die)

# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload in which cells are written."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import REPEATS_LIMIT, WRITE_STEPS, Geometry

from .illegal import beyond
from .script import Script

__all__ = ["add_long_pulses", "add_writing", "command", "fill_targets", "program_the_chip", "start"]

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
    fill_targets(script, generator)
    command(script, _TARGETS, (kernels - 1, kernels), (rows - 1, rows), (0, cols), **_OPTIONS)
    command(script, _READ, (0, kernels), (rows // 2, rows // 2), (1, 1), **{**_OPTIONS, "repeats": 2})
    command(script, _ALL_AP, (0, 0), (0, rows), (cols - 1, cols), **{**_OPTIONS, "read_first": 1})
    script.do("pauses", 0, 0, 120, 60, 60)
    command(script, _CHARACTERISE, (1, 2), (0, 1), (2, 3), **{**_OPTIONS, "repeats": 5, "passes": 1})
    command(
        script, _TARGETS, (0, 0), (1, 2), (0, cols), **{**_OPTIONS, "single": 1, "passive": 1, "float_unselected": 1}
    )
    script.do("pauses", 0, 0, 0, 0, 0)
    command(script, _ALL_P, (kernels // 2, kernels // 2), (rows, rows), (0, 4), steps=1, repeats=1, passes=1)
    command(script, _READ, (kernels, kernels), (0, rows), (cols, cols), **{**_OPTIONS, "repeats": REPEATS_LIMIT})
    script.write("WRITE_SETUP", 5)
    command(script, _TARGETS, (3, 3), (0, rows), (2, 2), **{**_OPTIONS, "passes": 3, "float_unselected": 1})
    _full_tables(script)
    _refusals(script, geometry)
    _aborts(script)
    command(script, _TARGETS, (2, 2), (3, 4), (1, cols), **_OPTIONS)


def _full_tables(script: Script) -> None:
    """All steps of both tables, and a step of no width at each place."""
    geometry = script.geometry
    cols = geometry.cols - 1
    for name, base in (("STEP_P", 90), ("STEP_AP", 110)):
        for index in range(WRITE_STEPS):
            script.fields(name, index, level=base + 170 * index, width=1 + index % 3)
    whole = {"steps": WRITE_STEPS, "repeats": 1, "passes": 1}
    command(script, _CHARACTERISE, (1, 1), (2, 2), (0, cols), **whole)
    for name in ("STEP_P", "STEP_AP"):
        for index in range(WRITE_STEPS):
            script.fields(name, index, level=500, width=0)
            start(script, _READ, (0, 0), (0, 0), (0, 0), **{**whole, "steps": index + 1})
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
    for width, setup in ((0x9249, 0xA5), (0x6DB6, 0x5A)):
        script.write("WRITE_SETUP", setup)
        script.fields("STEP_P", 0, level=4095, width=width)
        script.fields("STEP_AP", 0, level=4095, width=1)
        command(script, _ALL_P, (1, 1), (1, 1), (1, 1), steps=1, repeats=1, passes=1)


def program_the_chip(script: Script, die: int) -> None:
    """Every target with its cell, one pulse each, all of them reported: no cell is ever in its window."""
    geometry = script.geometry
    script.do("die", die)
    script.write("ADC_BITS", 2)
    script.write("SETTLE", 0)
    script.do("settle", 0)
    script.write("WRITE_SETUP", 0)
    for name in ("WINDOW_P", "WINDOW_AP"):
        script.fields(name, low=4095, high=0)
    for name in ("STEP_P", "STEP_AP"):
        script.fields(name, 0, level=0, width=1)
    kernels, rows, cols = ((0, size - 1) for size in (geometry.kernels, geometry.rows, geometry.cols))
    command(script, _TARGETS, kernels, rows, cols, steps=1, repeats=1, passes=1, single=1)


def fill_targets(script: Script, generator: np.random.Generator) -> None:
    """Every line of the target memory."""
    geometry = script.geometry
    lanes = -(-geometry.cols // 32)
    for line in range(geometry.kernels * geometry.rows):
        words = [int(generator.integers(1 << 32)) for _ in range(lanes)]
        words[-1] &= (1 << (geometry.cols - 32 * (lanes - 1))) - 1
        script.write("TARGET", *words, index=line)


def command(
    script: Script, op: int, kernels: tuple[int, int], rows: tuple[int, int], cols: tuple[int, int], **options: int
) -> None:
    """Start a command, take its report, read what it says of itself."""
    start(script, op, kernels, rows, cols, **options)
    script.do("report")
    script.until("WRITE_STATUS", "busy", 0)
    script.read("WRITE_STATUS", "WRITE_FAILED", "WRITE_PULSES")


def start(
    script: Script, op: int, kernels: tuple[int, int], rows: tuple[int, int], cols: tuple[int, int], **options: int
) -> None:
    """Write the registers of a command, and begin it."""
    for name, (first, last) in (("WRITE_KERNELS", kernels), ("WRITE_ROWS", rows), ("WRITE_COLS", cols)):
        script.fields(name, first=first, last=last)
    script.fields("WRITE_OPTIONS", **options)
    script.fields("WRITE_COMMAND", start=1, op=op)


def _refusals(script: Script, geometry: Geometry) -> None:
    """Starts that must be refused, each for another reason."""
    whole = {"kernels": (0, 0), "rows": (0, 0), "cols": (0, 0)}
    sizes = {"kernels": geometry.kernels, "rows": geometry.rows, "cols": geometry.cols}
    bits = {"kernels": 8, "rows": 6, "cols": 6}
    regions = [(name, (0, last)) for name, size in sizes.items() for last in beyond(size - 1, bits[name])]
    regions += [
        (name, (1 << bit, (1 << bit) - 1)) for name, size in sizes.items() for bit in range((size - 1).bit_length())
    ]
    legal = {"steps": WRITE_STEPS, "repeats": REPEATS_LIMIT}
    counts = [(name, value) for name, most in legal.items() for value in (0, *beyond(most, most.bit_length()))]
    illegal = [(op, whole, _OPTIONS) for op in (5, 6, 7)]
    illegal += [(_READ, {**whole, name: region}, _OPTIONS) for name, region in regions]
    illegal += [(_READ, whole, {**_OPTIONS, name: value}) for name, value in (*counts, ("passes", 0))]
    for op, region, options in illegal:
        start(script, op, region["kernels"], region["rows"], region["cols"], **options)
        script.do("idle", 4)
        script.read("WRITE_STATUS")
        script.control("soft_reset")
        script.read("WRITE_STATUS")
    script.control("enable")
    start(script, _READ, (0, 0), (0, 0), (0, 0), **_OPTIONS)
    script.do("idle", 4)
    script.read("WRITE_STATUS", "STATUS")
    script.control("soft_reset")


def _aborts(script: Script) -> None:
    """Commands ended by an abort, by a soft reset and by a reset; what they had done by then is not compared."""
    geometry = script.geometry
    rows, cols = (0, geometry.rows - 1), (0, geometry.cols - 1)
    for after, way in ((45, "abort"), (61, "abort"), (83, "soft_reset")):
        script.do("quiet", 1)
        start(script, _CHARACTERISE, (0, 3), rows, cols, **_OPTIONS)
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

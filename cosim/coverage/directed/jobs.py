# SPDX-License-Identifier: BSD-3-Clause
"""Images that close the coverage of inference: small networks and dies, each made for some bins, on any chip."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from spintile.model.geometry import Geometry
from spintile.model.sensing import RepairMode

from ...job import CosimJob
from ...random_programs.case import HiddenLayer, Program
from ...random_programs.networks import job_of
from .variants import around_zero, at_the_end, equal_scores, graded, nested, own_registers, polar, with_ends

__all__ = ["directed_jobs", "shared_jobs"]

#: Few codes and dies of any integers: every sum is met exactly and missed by one now and then.
_FEW_BITS, _IMAGES = 4, 250


def directed_jobs(geometry: Geometry, seed: int = 0) -> Iterator[tuple[str, CosimJob]]:
    """Names and jobs; each is small, and random by the seed where nothing else is said."""
    bits, rows, pairs = geometry.adc_bits, geometry.rows, geometry.pairs
    few = min(_FEW_BITS, bits)

    def job(place: int, **fields: Any) -> CosimJob:
        return job_of(Program(**{"seed": seed * 1000 + place, "images": 20, **fields}), geometry)

    whole = job(0, shape=(rows * geometry.kernels,), classes=min(pairs, 5), adc_bits=bits, images=2 * rows + 2)
    yield "every kernel, every number of rows", whole.replace(images=graded(whole, rows), settle=0)
    yield "full scale", polar(whole)
    yield "end of the memories", at_the_end(job(1, shape=(rows - 1,), classes=3, adc_bits=bits, first_index=1 << 23))
    yield "two bits", job(2, shape=(rows + 1,), classes=2, adc_bits=min(2, bits), wild=True, settle=255)
    one = job(3, shape=(2 * rows,), hidden=(HiddenLayer(pairs),), classes=3, images=2 * rows + 2)
    yield "one bit", one.replace(images=graded(one, rows))
    yield "noise", job(4, shape=(rows,), classes=2, adc_bits=bits, noise=1.5, wild=True)
    codes = tuple((37 * col + 11) % (1 << bits) for col in range(geometry.cols))
    for name, given in (("codes", whole), ("one bit of codes", one)):
        yield f"{name} from registers", given.replace(loop_back=codes)
    yield "pauses", job(5, shape=(rows,), classes=2, adc_bits=few, pauses=(0.3, 0.8, 0.3))
    planes = min(geometry.input_bits, 8)
    yield "bit planes", job(6, shape=(rows - 1,), classes=1, adc_bits=few, input_bits=planes, images=_IMAGES)
    yield "scores around 0", around_zero(job(7, shape=(3 * rows,), classes=1, adc_bits=few, images=_IMAGES, wild=True))
    yield "many classes", job(8, shape=(3,), classes=pairs + 2, copies=2, adc_bits=few, images=_IMAGES, wild=True)
    yield "equal scores", equal_scores(job(9, shape=(3,), classes=pairs + 1, adc_bits=bits))
    yield from _repairs(geometry, seed)
    yield from _layers(geometry, seed)


def shared_jobs(geometry: Geometry, seed: int = 0) -> Iterator[tuple[str, CosimJob]]:
    """Jobs for a chip whose columns share converters."""
    for place, bits in enumerate((geometry.adc_bits, 2, 1)):
        shape, classes = (2 * geometry.rows - 1,), min(3, geometry.pairs)
        program = Program(seed=seed * 1000 + place, shape=shape, classes=classes, adc_bits=bits, images=10)
        yield f"shared converters, {bits} bits", job_of(program, geometry)


def _repairs(geometry: Geometry, seed: int) -> Iterator[tuple[str, CosimJob]]:
    """Every mode on dies of any integers, with nominal constants and with any."""
    rows, few = geometry.rows, min(_FEW_BITS, geometry.adc_bits)
    modes: tuple[tuple[RepairMode, bool, bool], ...] = (
        ("none", False, False), ("range_guard", False, False), ("pair_check", False, False),
        ("pair_check", True, False), ("check", False, False), ("check", False, True),
    )  # fmt: skip
    for place, (mode, strict, flags) in enumerate(modes):
        program = Program(
            seed=seed * 1000 + 100 + place, shape=(2 * rows - 1,), hidden=(HiddenLayer(3, copies=3, median=True),),
            classes=2, adc_bits=few, repair=mode, strict=strict, flags=flags, wild=True, images=_IMAGES,
        )  # fmt: skip
        job = job_of(program, geometry)
        words = [mode, *["strict"] * strict, *["flags"] * flags]
        yield ", ".join(words), own_registers(job, seed)
        if mode != "none":
            yield ", ".join([*words, "any constants"]), job_of(dataclasses.replace(program, extreme=True), geometry)


def _layers(geometry: Geometry, seed: int) -> Iterator[tuple[str, CosimJob]]:
    """Depths, windows, pooling and levels."""
    few, pairs, bits = min(_FEW_BITS, geometry.adc_bits), geometry.pairs, min(2, geometry.input_bits)
    small = HiddenLayer(min(2, pairs))
    for depth in range(1, min(geometry.layer_limit, geometry.kernels) + 1):
        program = Program(seed=seed * 1000 + 200 + depth, shape=(3,), hidden=(small,) * (depth - 1), adc_bits=few)
        yield f"{depth} layers", job_of(dataclasses.replace(program, images=10), geometry)
    shapes: tuple[tuple[str, tuple[int, ...], tuple[HiddenLayer, ...]], ...] = (
        ("windows along one axis", (2, 5, 1), (HiddenLayer(2, window=2),)),
        ("a window of the whole map", (2, 2, 2), (HiddenLayer(2, window=2),)),
        ("pooling", (6, 5, 1), (HiddenLayer(pairs, window=2, pool=2, bits=min(2, geometry.activation_bits)),)),
        ("pooling of 3 x 3", (4, 4, 1), (HiddenLayer(2, window=2, pool=3),)),
        ("groups of windows", (4, 4, 1), (HiddenLayer(pairs + 1, window=2), HiddenLayer(2, window=2))),
    )
    for place, (name, shape, hidden) in enumerate(shapes):
        program = Program(
            seed=seed * 1000 + 300 + place, shape=shape, hidden=hidden, adc_bits=geometry.adc_bits, input_bits=bits,
            images=30,
        )  # fmt: skip
        yield name, with_ends(job_of(program, geometry))
    program = Program(seed=seed * 1000 + 310, shape=(4, 4, 1), hidden=(HiddenLayer(2, window=2),), adc_bits=few)
    for depth in range(1, geometry.loop_depth + 1):
        yield f"loops nested {depth} deep", nested(job_of(dataclasses.replace(program, images=4), geometry), depth)
    for level_bits in range(1, geometry.activation_bits + 1):
        program = Program(
            seed=seed * 1000 + 400 + level_bits, shape=(geometry.rows,), hidden=(HiddenLayer(pairs, level_bits),),
            adc_bits=geometry.adc_bits, images=_IMAGES,
        )  # fmt: skip
        yield f"levels of {level_bits} bits", with_ends(job_of(program, geometry))

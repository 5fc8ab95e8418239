# SPDX-License-Identifier: BSD-3-Clause
"""Networks that mutants are run on: random ones of several kinds, on random dies.

Small enough for thousands of runs, together they use every kernel, repair and converter mode.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import LAYER, Geometry, Opcode, decode, encode, pack, unpack
from spintile.model.golden import make_die_image
from spintile.model.mapping import Program, compile_network, place
from spintile.model.network import Layer, Network
from spintile.model.programming import self_test_flags
from spintile.model.sensing import Repair, RepairMode, Sensing

from ..job import CosimJob

__all__ = ["Kind", "all_kinds", "make_job", "moved_to_the_end", "random_constants"]

#: So many defects that every repair has something to do.
_DEFECTS = dataclasses.replace(DefectStatistics.demo(), short=0.03, open=0.01, stuck_p=0.02, stuck_ap=0.02)


@dataclass(frozen=True)
class Kind:
    """A kind of inference: layers by (neurons, bits, copies, window, pool), converter, repair."""

    name: str
    shape: tuple[int, ...]
    layers: tuple[tuple[int, int, int, int, int], ...]
    classes: int
    output_copies: int = 1
    input_bits: int = 1
    adc_bits: int = 8
    repair: RepairMode = "pair_check"
    strict: bool = False
    flags: bool = False
    images: int = 6
    pauses: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    settle: int | None = None
    extreme: bool = False
    moved: bool = False


def _kinds(geometry: Geometry) -> tuple[Kind, ...]:
    """Kinds of inference that fit a chip."""
    rows, pairs, widest = geometry.rows, geometry.pairs, geometry.adc_bits
    slices = max(1, (geometry.kernels - 4) // 2)
    deep = pairs * 2 - 1 if geometry.kernels >= 8 else pairs
    bits = min(2, geometry.activation_bits, geometry.input_bits)
    middle = min(8, widest)
    depth = min(geometry.layer_limit - 1, geometry.kernels // 2 - 1)
    busy = (90, 90, 90, 40, 60)
    return (
        Kind("wide", (rows * slices - 3,), ((deep, 1, 1, 0, 1),), min(pairs, 10), 3, adc_bits=middle),
        Kind(
            "flags", (rows + 2,), ((pairs - 1, bits, 3, 0, 1),), min(pairs, 7), 3, bits, widest, "check", flags=True,
            pauses=busy,
        ),
        Kind("blind", (rows * 2 - 1,), ((pairs, 1, 1, 0, 1),), 3, adc_bits=middle, repair="check"),
        Kind(
            "windows", (5, 6, 1), ((pairs, bits, 1, 2, 2),), min(pairs, 5), 1, bits, middle, "pair_check", True,
            images=3,
        ),
        Kind("differential", (rows * 2 - 1,), ((pairs, 1, 1, 0, 1),), 3, adc_bits=1, repair="none"),
        Kind(
            "guard", (rows + 1,), ((pairs, 1, 1, 0, 1), (pairs - 1, 1, 1, 0, 1)), 1, adc_bits=max(2, middle - 2),
            repair="range_guard", pauses=(0, 200, 0, 0, 0),
        ),
        Kind("plain", (rows - 1,), (), min(pairs, 4), adc_bits=max(2, widest - 3), repair="none", images=8),
        Kind(
            "deep", (rows // 2,), tuple((pairs - 1 - number % 2, bits, 1, 0, 1) for number in range(depth)), 2,
            adc_bits=middle, repair="none", images=4,
        ),
    )  # fmt: skip


def all_kinds(geometry: Geometry, generator: np.random.Generator) -> list[Kind]:
    """Every kind as it is; with constants of any size, pauses and programs at the end of the memories; and again."""
    kinds = list(_kinds(geometry))
    busy = (60, 60, 60, 60, 30)
    again = [dataclasses.replace(kind, extreme=True, moved=True, pauses=busy, images=4) for kind in kinds]
    settles = [int(generator.integers(3, 30)) for _ in kinds]
    settles[-1], settles[0] = 170, 85
    third = [
        dataclasses.replace(kind, extreme=bool(position % 2), settle=settle, images=2)
        for position, (kind, settle) in enumerate(zip(kinds, settles, strict=True))
    ]
    return [*kinds, *again, *third]


def make_job(kind: Kind, geometry: Geometry, generator: np.random.Generator, first: int) -> CosimJob:
    """A random network of that kind on a random die."""
    shape: tuple[int, ...] = kind.shape
    bits, layers = kind.input_bits, []
    for neurons, out_bits, copies, window, pool in kind.layers:
        layers.append(_layer(generator, shape, neurons, bits, out_bits, copies, window, pool))
        shape, bits = layers[-1].output_shape, out_bits
    layers.append(_layer(generator, shape, kind.classes, bits, 0, kind.output_copies, 0, 1))
    network = Network(tuple(layers))
    chip = Chip(
        geometry,
        Cell.preset("borders"),
        Sensing(adc_bits=kind.adc_bits, offset_sigma=0.0 if kind.adc_bits == 1 else 1.5),
        _DEFECTS,
        repair_mode=kind.repair,
        strict=kind.strict,
        margin_base=0.3,
        margin_row=0.0,
    )
    compiled = compile_network(
        network,
        place(network, geometry),
        codes_per_weight=chip.codes_per_weight,
        adc_bits=chip.adc_bits,
        flagged=kind.flags,
    )
    population = sample_population(geometry, chip.cell, chip.statistics, 1, int(generator.integers(1 << 30)))
    image = make_die_image(population, compiled.states, geometry, chip.cell, chip.sensing, 0)
    if kind.flags:
        image = image.replace(flags=self_test_flags(population, compiled.states, chip))
    inputs = generator.integers(0, 1 << kind.input_bits, (kind.images, *kind.shape), dtype=np.uint8)
    repair = chip.repair
    if kind.extreme and kind.repair != "none":
        # Whatever the constants are: what is added stays within the budget, because D does.
        repair = random_constants(generator, geometry, repair, limit=repair.D)
    job = CosimJob(compiled, image, inputs, repair=repair, first_index=first, settle=kind.settle)
    return job.replace(program=moved_to_the_end(compiled.program, geometry)) if kind.moved else job


def random_constants(generator: np.random.Generator, geometry: Geometry, repair: Repair, limit: int = 0) -> Repair:
    """The same repair with constants of any size that its registers hold, and that limit, or any."""
    bits = geometry.adc_bits + geometry.fraction_bits + 5
    sizes = [1 << int(bits) for bits in generator.integers(4, bits + 1, 5)]
    peak, base, row, total, difference = (int(generator.integers(size)) for size in sizes)
    sums = tuple(int(generator.integers(total + 1)) for _ in range(geometry.pairs))
    return dataclasses.replace(repair, P=peak, D=limit or difference, m0=base, m1=row, K=sums)


def moved_to_the_end(program: Program, geometry: Geometry) -> Program:
    """The same program at the end of its memories, filled before it with words that would be errors."""
    start = geometry.instruction_depth - len(program.instructions)
    segment = geometry.segment_depth - len(program.segments)
    threshold = geometry.threshold_depth - len(program.thresholds)
    words = []
    for word in program.instructions.tolist():
        opcode, fields = decode(word)
        if opcode is Opcode.READ:
            fields["segment"] += segment
        elif opcode is Opcode.EMIT:
            fields["threshold"] += threshold
        words.append(encode(opcode, **fields))
    layers = [unpack(LAYER, int(word)) for word in program.layers]
    return dataclasses.replace(
        program,
        instructions=np.array([0] * start + words, np.uint64),
        segments=np.concatenate([np.zeros(segment, np.uint32), program.segments]),
        thresholds=np.concatenate([np.zeros((threshold, geometry.pairs), np.uint32), program.thresholds]),
        layers=np.array(
            [pack(LAYER, start=fields["start"] + start, ordinal=fields["ordinal"]) for fields in layers], np.uint32
        ),
    )


def _layer(
    generator: np.random.Generator,
    shape: tuple[int, ...],
    neurons: int,
    bits: int,
    out_bits: int,
    copies: int,
    window: int,
    pool: int,
) -> Layer:
    """A random layer; ``out_bits`` 0 is the output layer."""
    shape = shape if window else (int(np.prod(shape)),)
    inputs = (window, window, shape[2]) if window else shape
    reach = int(np.sqrt(np.prod(inputs)) * ((1 << bits) - 1) / 2) + 1
    kind: Literal["conv", "dense"] = "conv" if window else "dense"
    decisions: dict[str, Any] = {"bias": generator.integers(-3, 4, neurons)}
    if out_bits:
        steps = generator.integers(-reach, reach + 1, (neurons, (1 << out_bits) - 1))
        decisions = {
            "thresholds": np.sort(steps, axis=1),
            "invert": generator.random(neurons) < 0.3,
            "activation_bits": out_bits,
        }
    return Layer(
        kind,
        generator.choice(np.array([-1, 1], np.int8), (neurons, *inputs)),
        shape,
        bits,
        pool=pool,
        copies=copies,
        combine="median" if copies == 3 else "sum",
        **decisions,
    )

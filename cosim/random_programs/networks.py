# SPDX-License-Identifier: BSD-3-Clause
"""What a program of a case is to the other engines: a job, with its network, die and images."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any, Literal

import numpy as np
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, make_die_image
from spintile.model.mapping import Compiled, DoesNotFit, compile_network, place
from spintile.model.network import Layer, Network
from spintile.model.sensing import Sensing

from ..job import CosimJob, Disturbance
from .case import Program

__all__ = ["job_of"]

#: So many defects that every repair has something to do.
_DEFECTS = dataclasses.replace(DefectStatistics.demo(), short=0.05, open=0.02, stuck_p=0.03, stuck_ap=0.03)
#: Reads of an image: more would make a case slow, not rich.
_MOST_READS = 200


def job_of(program: Program, geometry: Geometry) -> CosimJob:
    """The job of one program.

    Raises
    ------
    DoesNotFit
        If the network does not fit the geometry, or has more reads than a case may have.
    ValueError
        If the program makes no sense.
    """
    generator = np.random.default_rng([0x50524F47, program.seed])
    network = _network(program, generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a repair that is not legal with these converters becomes none
        chip = _chip(program, geometry)
        repair = chip.repair_for(network)
    compiled = compile_network(
        network,
        place(network, geometry),
        codes_per_weight=chip.codes_per_weight,
        adc_bits=chip.adc_bits,
        flagged=program.flags,
    )
    if compiled.reads_per_image > _MOST_READS:
        raise DoesNotFit(f"reads of an image must be at most {_MOST_READS}, not {compiled.reads_per_image}")
    if program.extreme and repair.mode != "none":
        # Whatever the constants are: what is added stays within the budget, because D does.
        bits = geometry.adc_bits + geometry.fraction_bits + 5
        sizes = [1 << int(size) for size in generator.integers(1, bits + 1, 4)]
        peak, base, row, total = (int(generator.integers(size)) for size in sizes)
        sums = tuple(int(generator.integers(total + 1)) for _ in range(geometry.pairs))
        repair = repair.replace(P=peak, m0=base, m1=row, K=sums)
    image = _wild_die(program, chip, generator) if program.wild else _sampled_die(program, chip, compiled)
    if program.flags:
        image = image.replace(flags=generator.random((1, geometry.kernels, geometry.cols)) < 0.2)
    inputs = generator.integers(0, 1 << program.input_bits, (program.images, *network.input_shape), dtype=np.uint8)
    return CosimJob(
        compiled,
        image,
        inputs,
        repair=repair,
        first_index=program.first_index,
        settle=program.settle,
        disturbance=Disturbance(*program.pauses),
    )


def _chip(program: Program, geometry: Geometry) -> Chip:
    differential = program.adc_bits == 1
    return Chip(
        geometry,
        Cell.preset("borders"),
        Sensing(
            adc_bits=program.adc_bits,
            noise_sigma=program.noise,
            offset_sigma=0.0 if differential else 1.5,
        ),
        _DEFECTS,
        repair_mode="none" if differential else program.repair,
        strict=program.strict,
        margin_base=0.3,
        margin_row=0.0,
    )


def _network(program: Program, generator: np.random.Generator) -> Network:
    layers: list[Layer] = []
    shape, bits = program.shape, program.input_bits
    for hidden in program.hidden:
        windowed = len(shape) == 3 and 0 < hidden.window <= min(shape[:2])
        shape = shape if windowed else (math.prod(shape),)
        window = (hidden.window, hidden.window, shape[-1]) if windowed else shape
        reach = _reach(window, bits)
        steps = generator.integers(-reach, reach + 1, (hidden.neurons, (1 << hidden.bits) - 1))
        layers.append(
            _layer(
                "conv" if windowed else "dense",
                _weights(program, generator, (hidden.neurons, *window)),
                shape,
                bits,
                hidden.copies,
                hidden.median,
                thresholds=np.sort(steps, axis=1),
                invert=generator.random(hidden.neurons) < 0.3,
                activation_bits=hidden.bits,
                pool=min(hidden.pool, *(side - hidden.window + 1 for side in shape[:2])) if windowed else 1,
            )
        )
        shape, bits = layers[-1].output_shape, hidden.bits
    shape = (math.prod(shape),)
    weights = _weights(program, generator, (program.classes, *shape))
    bias = generator.integers(-3, 4, program.classes)
    layers.append(_layer("dense", weights, shape, bits, program.copies, program.median, bias=bias))
    return Network(tuple(layers))


def _layer(
    kind: Literal["dense", "conv"],
    weights: np.ndarray,
    shape: tuple[int, ...],
    bits: int,
    copies: int,
    median: bool,
    **decisions: Any,
) -> Layer:
    combine: Literal["median", "sum"] = "median" if median and copies == 3 else "sum"
    return Layer(kind, weights, shape, bits, copies=copies, combine=combine, **decisions)


def _weights(program: Program, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = [-1, 0, 1] if program.ternary else [-1, 1]
    return generator.choice(np.array(values, np.int8), shape)


def _reach(window: tuple[int, ...], bits: int) -> int:
    """Sums of random inputs and weights seldom are larger."""
    return int(math.sqrt(math.prod(window)) * ((1 << bits) - 1) / 2) + 1


def _sampled_die(program: Program, chip: Chip, compiled: Compiled) -> DieImage:
    seed = program.seed & 0xFFFFFFFF
    population = sample_population(chip.geometry, chip.cell, chip.statistics, 1, seed)
    return make_die_image(population, compiled.states, chip.geometry, chip.cell, chip.sensing, seed)


def _wild_die(program: Program, chip: Chip, generator: np.random.Generator) -> DieImage:
    """Columns that rise and fall far beyond both ends of the converters, rails anywhere, offset registers too."""
    geometry = chip.geometry
    top = 1 << (chip.adc_bits + geometry.fraction_bits)
    lines = (1, geometry.kernels, geometry.cols)
    most = max(1, 2 * top // geometry.rows)
    rails = np.sort(generator.integers(-top // 2, 2 * top, (2, *lines)), axis=0)
    offset = (1 << chip.adc_bits) >> 3
    return DieImage(
        q=generator.integers(-most, most + 1, (1, geometry.kernels, geometry.rows, geometry.cols), dtype=np.int32),
        offset=generator.integers(-top // 4, top, lines),
        lo=rails[0],
        hi=rails[1],
        adc_bits=chip.adc_bits,
        fraction_bits=geometry.fraction_bits,
        noise_sigma=round(program.noise * (1 << geometry.fraction_bits)),
        noise_seed=program.seed,
        die_ids=np.array([program.seed & 0xFFFF]),
        column_offset=generator.integers(-offset, offset + 1, geometry.cols),
        saturations=np.zeros(1, np.int64),
    )

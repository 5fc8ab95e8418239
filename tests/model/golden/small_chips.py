# SPDX-License-Identifier: BSD-3-Clause
"""Small chips, networks and die images with every option in use."""

from __future__ import annotations

import numpy as np
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, make_die_image
from spintile.model.mapping import Compiled, compile_network, place
from spintile.model.network import Layer, Network
from spintile.model.sensing import Repair, RepairMode, Sensing

CELL = Cell(r_p=2530.0, tmr=1.24)
STATISTICS = DefectStatistics(spread=0.05, short=0.03, open=0.02, stuck_p=0.02, stuck_ap=0.02)


def geometry(**fields: int | str) -> Geometry:
    """Kernels of 6 x 7: odd columns, so one is unpaired; sizes that divide nothing."""
    base = Geometry(
        name="small",
        rows=6,
        cols=7,
        kernels=64,
        adc_bits=12,
        activation_depth=4096,
        instruction_depth=4096,
        segment_depth=1024,
        threshold_depth=1024,
        activation_bits=3,
    )
    return base.replace(**fields)


def dense_network(rng: np.random.Generator, input_bits: int = 1, activation_bits: int = 1, outputs: int = 5) -> Network:
    """17 -> 8 -> outputs, the output layer placed twice."""
    weights = [rng.choice(np.array([-1, 1], np.int8), size) for size in ((8, 17), (outputs, 8))]
    top = (1 << activation_bits) - 1
    hidden = Layer(
        "dense",
        weights[0],
        (17,),
        input_bits,
        thresholds=np.sort(rng.integers(-4, 5, (8, top)), axis=1),
        invert=rng.random(8) < 0.5,
        activation_bits=activation_bits,
    )
    last = Layer("dense", weights[1], (8,), activation_bits, bias=rng.integers(-2, 3, outputs), copies=2)
    return Network((hidden, last))


def conv_network(rng: np.random.Generator, activation_bits: int = 2) -> Network:
    """6 x 5 x 2 -> four 2 x 3 filters, pooled by 2, with a row of the map that fills no window -> 3 x 3 x ... -> 4."""
    top = (1 << activation_bits) - 1
    first = Layer(
        "conv",
        rng.choice(np.array([-1, 0, 1], np.int8), (4, 2, 3, 2)),
        (6, 5, 2),
        2,
        thresholds=np.sort(rng.integers(-3, 4, (4, top)), axis=1),
        invert=rng.random(4) < 0.5,
        activation_bits=activation_bits,
        pool=2,
    )
    shape = first.output_shape
    inputs = int(np.prod(shape))
    second = Layer(
        "dense",
        rng.choice(np.array([-1, 1], np.int8), (5, inputs)),
        (inputs,),
        activation_bits,
        thresholds=rng.integers(-2, 3, (5, 1)),
        invert=rng.random(5) < 0.5,
    )
    last = Layer("dense", rng.choice(np.array([-1, 1], np.int8), (4, 5)), (5,), bias=rng.integers(-2, 3, 4))
    return Network((first, second, last))


def prepare(
    network: Network,
    shape: Geometry,
    mode: RepairMode = "none",
    *,
    dies: int = 2,
    seed: int = 0,
    strict: bool = False,
    **sensing: object,
) -> tuple[DieImage, Compiled, Repair]:
    """Defective dies with the network on them."""
    senses = Sensing(**sensing)  # type: ignore[arg-type]
    repair = Repair.nominal(mode, shape, CELL, senses, strict=strict, margin_base=0.5, margin_row=0.05)
    compiled = compile_network(
        network, place(network, shape), codes_per_weight=repair.D / (1 << shape.fraction_bits), adc_bits=senses.adc_bits
    )
    population = sample_population(shape, CELL, STATISTICS, dies, seed)
    return make_die_image(population, compiled.states, shape, CELL, senses, seed), compiled, repair

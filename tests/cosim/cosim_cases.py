# SPDX-License-Identifier: BSD-3-Clause
"""Chips, networks and jobs that the co-simulation tests share: few geometries, so that few simulators are built."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from spintile.cosim.job import CosimJob
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.geometry import Geometry
from spintile.model.golden import make_die_image
from spintile.model.mapping import compile_network, place
from spintile.model.network import Layer, Network
from spintile.model.programming import self_test_flags
from spintile.model.sensing import RepairMode, Sensing

#: Twelve-bit converters, one per column; nothing is a power of two, and the last column has no partner.
WIDE = Geometry(
    name="wide", rows=12, cols=11, kernels=12, adc_bits=12, fraction_bits=5, activation_depth=512,
    instruction_depth=128, segment_depth=64, threshold_depth=32, settle_cycles=1,
)  # fmt: skip
#: Five columns share a converter.
SHARED = Geometry(
    name="shared", rows=7, cols=15, kernels=12, adc_bits=8, columns_per_adc=5, input_bits=2, acc_bits=20,
    activation_depth=512, instruction_depth=128, segment_depth=64, threshold_depth=32,
)  # fmt: skip
#: As small as a network of two layers allows: what is synthesised to cells takes long to compile.
MINI = Geometry(
    name="mini", rows=12, cols=8, kernels=8, adc_bits=4, fraction_bits=3, acc_bits=12, activation_depth=64,
    instruction_depth=32, segment_depth=16, threshold_depth=8, layer_limit=2, loop_depth=1, activation_bits=1,
    input_bits=1,
)  # fmt: skip
#: So many defects that every repair has something to do.
DEFECTS = dataclasses.replace(DefectStatistics.demo(), short=0.03, open=0.01, stuck_p=0.02, stuck_ap=0.02)


def chip(
    geometry: Geometry, adc_bits: int, mode: RepairMode = "pair_check", strict: bool = False, noise: float = 0.0
) -> Chip:
    """A chip with many defects; noise in LSB."""
    sensing = Sensing(adc_bits=adc_bits, noise_sigma=noise)
    repair: RepairMode = "none" if adc_bits == 1 else mode
    # Narrow margins: spread alone looks like a short now and then, with no culprit in sight.
    return Chip(
        geometry,
        Cell.preset("borders"),
        sensing,
        DEFECTS,
        repair_mode=repair,
        strict=strict,
        margin_base=0.3,
        margin_row=0.0,
    )


def _thresholds(rng: np.random.Generator, neurons: int, inputs: int, bits: int, activation_bits: int) -> dict[str, Any]:
    reach = int(np.sqrt(inputs) * ((1 << bits) - 1) / 2) + 1
    steps = rng.integers(-reach, reach + 1, (neurons, (1 << activation_bits) - 1))
    return {
        "thresholds": np.sort(steps, axis=1),
        "invert": rng.random(neurons) < 0.3,
        "activation_bits": activation_bits,
    }


def dense(
    rng: np.random.Generator, inputs: int, neurons: int, bits: int = 1, activation_bits: int = 1, *, copies: int = 1,
    output: bool = False, median: bool = False,
) -> Layer:  # fmt: skip
    """A random dense layer; with ``median`` three times, of which the median is taken."""
    weights = rng.choice(np.array([-1, 1], np.int8), (neurons, inputs))
    decisions = (
        {"bias": rng.integers(-3, 4, neurons)} if output else _thresholds(rng, neurons, inputs, bits, activation_bits)
    )
    combined: dict[str, Any] = {"copies": 3, "combine": "median"} if median else {"copies": copies}
    return Layer("dense", weights, (inputs,), bits, **combined, **decisions)


def conv(
    rng: np.random.Generator, shape: tuple[int, int, int], window: int, neurons: int, bits: int, activation_bits: int,
    pool: int,
) -> Layer:  # fmt: skip
    """A random convolution."""
    weights = rng.choice(np.array([-1, 1], np.int8), (neurons, window, window, shape[2]))
    inputs = window * window * shape[2]
    return Layer("conv", weights, shape, bits, pool=pool, **_thresholds(rng, neurons, inputs, bits, activation_bits))


def network(name: str) -> Network:
    """One of the networks of the tests, the same every time."""
    rng = np.random.default_rng([len(name), *name.encode()])
    layers = {
        # Three slices and two groups; sizes divide neither rows nor pairs.
        "two": lambda: (dense(rng, 23, 8), dense(rng, 8, 7, output=True)),
        "three": lambda: (dense(rng, 20, 9), dense(rng, 9, 6), dense(rng, 6, 3, output=True, copies=3)),
        # Two-bit inputs and activations, OR pooling over a map with a row that fills no window.
        "conv": lambda: (conv(rng, (7, 6, 1), 3, 4, 2, 2, 2), dense(rng, 16, 5, 2, output=True)),
        # One output neuron: the class is the sign.
        "binary": lambda: (dense(rng, 9, 5, 2, 2), dense(rng, 5, 1, 2, output=True)),
        "output": lambda: (dense(rng, 19, 4, output=True),),
        # Two-bit inputs, two slices; medians in the first and last layer, none between them.
        "median": lambda: (
            dense(rng, 14, 5, 2, 2, median=True),
            dense(rng, 5, 5, 2),
            dense(rng, 5, 4, output=True, median=True),
        ),
        "demo": lambda: (dense(rng, 196, 36), dense(rng, 36, 10, output=True)),
        "demo conv": lambda: (conv(rng, (14, 14, 1), 5, 24, 1, 1, 2), dense(rng, 600, 10, output=True)),
    }
    return Network(layers[name]())


def job(
    on: Chip, name: str, *, dies: int = 2, images: int = 5, seed: int = 3, flags: bool | tuple[bool, ...] = False,
    **settings: Any,
) -> CosimJob:  # fmt: skip
    """Random images of a network on random dies of a chip; ``flags``: the layers that look at flags of self-test."""
    net = network(name)
    placement = place(net, on.geometry)
    compiled = compile_network(
        net, placement, codes_per_weight=on.codes_per_weight, adc_bits=on.adc_bits, flagged=flags
    )
    population = sample_population(on.geometry, on.cell, on.statistics, dies, seed)
    image = make_die_image(population, compiled.states, on.geometry, on.cell, on.sensing, seed)
    if flags:
        image = image.replace(flags=self_test_flags(population, compiled.states, on))
    inputs = np.random.default_rng(seed).integers(0, 1 << net.input_bits, (images, *net.input_shape), dtype=np.uint8)
    return CosimJob(compiled, image, inputs, repair=on.repair, **settings)

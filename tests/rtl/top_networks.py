# SPDX-License-Identifier: BSD-3-Clause
"""Networks and dies on a small chip, and what a plain computation says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from chip_bench import ChipBench, die_differences
from spintile.model.geometry import Geometry
from spintile.model.mapping import Compiled, Execution, compile_network, execute, place
from spintile.model.network import Layer, Network

SMALL = Geometry(
    name="small",
    rows=6,
    cols=7,
    kernels=64,
    adc_bits=6,
    acc_bits=14,
    fraction_bits=3,
    activation_depth=256,
    threshold_depth=32,
    input_bits=2,
    loop_depth=2,
)


def layer(rng: np.random.Generator, shape: tuple[int, ...], inputs: tuple[int, ...], **fields: Any) -> Layer:
    """A hidden layer of random weights with thresholds about the middle of its sums."""
    weights = rng.choice([-1, 1], shape).astype(np.int8)
    count = (1 << fields.get("activation_bits", 1)) - 1
    thresholds = np.sort(rng.integers(-2, 3, (shape[0], count)), axis=1)
    invert = rng.integers(0, 2, shape[0]).astype(np.bool_)
    kind = "dense" if len(shape) == 2 else "conv"
    return Layer(kind, weights, inputs, thresholds=thresholds, invert=invert, **fields)


def output(rng: np.random.Generator, neurons: int, inputs: int, **fields: Any) -> Layer:
    """An output layer of random weights."""
    weights = rng.choice([-1, 1], (neurons, inputs)).astype(np.int8)
    return Layer("dense", weights, (inputs,), bias=rng.integers(-3, 4, neurons), **fields)


def network(kind: str) -> Network:
    """Networks that between them use every field of the instructions."""
    rng = np.random.default_rng(5)
    if kind == "one layer":
        return Network((output(rng, 4, 11),))
    if kind == "binary":
        return Network((layer(rng, (5, 9), (9,)), output(rng, 1, 5)))
    if kind == "three layers":
        return Network((layer(rng, (7, 20), (20,)), layer(rng, (5, 7), (7,)), output(rng, 4, 5, copies=3)))
    if kind == "many bits":
        hidden = layer(rng, (5, 13), (13,), input_bits=2, activation_bits=2)
        return Network((hidden, output(rng, 5, 5, input_bits=2)))
    assert kind == "convolution"
    return Network((layer(rng, (4, 3, 2, 1), (6, 5, 1), pool=2, activation_bits=2), output(rng, 3, 16, input_bits=2)))


def die(compiled: Compiled, seed: int = 6) -> np.ndarray:
    """A die with spread and a few shorts, five codes per unit of conductance."""
    rng = np.random.default_rng(seed)
    geometry = compiled.geometry
    codes = np.where(compiled.states, 6.0, 3.0) * rng.lognormal(0.0, 0.1, compiled.states.shape)
    codes[rng.random(codes.shape) < 0.02] = 30.0
    return np.rint(codes * (1 << geometry.fraction_bits)).astype(np.int64)


def bench(
    net: Network, geometry: Geometry, adc_bits: int, kind: type[ChipBench] = ChipBench, **fields: Any
) -> tuple[Compiled, ChipBench]:
    """A network and a die on a chip."""
    unit = 1.0 if adc_bits == 1 else 3.0
    compiled = compile_network(net, place(net, geometry), codes_per_weight=unit, adc_bits=adc_bits, largest_offset=0)
    return compiled, kind(geometry, compiled.program, die(compiled), adc_bits, **fields)


def images_of(net: Network, count: int) -> list[np.ndarray]:
    """Random images."""
    rng = np.random.default_rng(8)
    return list(rng.integers(0, 1 << net.input_bits, (count, *net.input_shape)))


def expected(compiled: Compiled, chip: ChipBench, images: list[np.ndarray]) -> list[Execution]:
    """The same program and die, bit by bit in Python."""
    differences = die_differences(chip.die, chip.adc_bits, chip.geometry.fraction_bits)
    return [execute(compiled.program, chip.geometry, image, differences) for image in images]


def compare(chip: ChipBench, wanted: list[Execution], first: int = 0) -> None:
    """Every accumulator of every lane, and every class."""
    assert chip.results == [(run.predicted, first + number) for number, run in enumerate(wanted)]
    for number, execution in enumerate(wanted):
        seen = [acc for image, acc in chip.accumulators if image == first + number]
        assert seen == [acc.tolist() for acc in execution.accumulators], f"accumulators of image {number}"

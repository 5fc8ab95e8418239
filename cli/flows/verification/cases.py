# SPDX-License-Identifier: BSD-3-Clause
"""Verification cases: random networks that together reach every part of the RTL, compared with the golden model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.geometry import Geometry
    from spintile.model.network import Layer, Network


@dataclass(frozen=True)
class HiddenLayer:
    """A hidden layer to be filled with random weights; ``window`` 0 is a dense layer."""

    neurons: int
    bits: int = 1
    window: int = 0
    pool: int = 1
    copies: int = 1
    combine: Literal["sum", "median"] = "sum"


@dataclass(frozen=True)
class Case:
    """A random network on a random chip.

    Parameters
    ----------
    name, reaches : str
        Short name, and what of the RTL it reaches.
    input_shape : tuple of int
        (inputs,) or (height, width, channels).
    hidden : tuple of HiddenLayer
        In order.
    classes : int
        Output neurons.
    input_bits, adc_bits, columns_per_adc : int
        Of the network and of the converters.
    repair : {"none", "range_guard", "pair_check", "check"}
        Column repair.
    strict : bool
        Pair check only where it is clear which column is faulty.
    noise : float
        Read noise [LSB].
    output_copies, output_combine
        How often the output layer is placed, and whether its copies are added or the median of three is taken.
    flags : bool
        Flag the dies' columns by self-test, for check.
    """

    name: str
    reaches: str
    input_shape: tuple[int, ...]
    hidden: tuple[HiddenLayer, ...]
    classes: int
    input_bits: int = 1
    adc_bits: int = 8
    columns_per_adc: int = 1
    repair: Literal["none", "range_guard", "pair_check", "check"] = "none"
    strict: bool = False
    noise: float = 0.0
    output_copies: int = 1
    output_combine: Literal["sum", "median"] = "sum"
    flags: bool = False


CASES = (
    Case("dense", "two layers, pair check", (196,), (HiddenLayer(36),), 10, repair="pair_check", output_copies=3),
    Case(
        "deep",
        "three layers that do not divide by 25, range guard, noise",
        (60,),
        (HiddenLayer(17), HiddenLayer(14)),
        4,
        adc_bits=6,
        repair="range_guard",
        noise=1.5,
    ),
    Case(
        "convolution",
        "windows, pooling, bit planes, multi-threshold, strict pair check",
        (9, 9, 1),
        (HiddenLayer(14, bits=2, window=3, pool=2),),
        5,
        input_bits=2,
        adc_bits=12,
        repair="pair_check",
        strict=True,
    ),
    Case("differential", "one-bit sense amplifiers", (40,), (HiddenLayer(20),), 3, adc_bits=1),
    Case("binary", "a single output, noise without repair", (30,), (HiddenLayer(12),), 1, noise=0.7),
    Case("shared", "five columns on each ADC", (75,), (HiddenLayer(24),), 6, columns_per_adc=5, repair="pair_check"),
    Case(
        "flags",
        "check with self-test flags, median of three by bit planes",
        (60,),
        (HiddenLayer(20, bits=2, copies=3, combine="median"),),
        7,
        input_bits=2,
        repair="check",
        output_copies=3,
        output_combine="median",
        flags=True,
    ),
    Case("blind", "check without flags, noise", (60,), (HiddenLayer(17),), 5, repair="check", noise=0.7),
)


def chip_of(case: Case, base: Chip) -> Chip:
    """The chip of a case: the base's cells and statistics, converters as the case says.

    The converters are as wide as a case may ask for and the register chooses fewer, so that most cases share one
    simulator.
    """
    geometry: Geometry = base.geometry.replace(adc_bits=12, columns_per_adc=case.columns_per_adc)
    return base.replace(
        geometry=geometry,
        sensing=base.sensing.replace(adc_bits=case.adc_bits, noise_sigma=case.noise),
        strict=case.strict,
    ).with_repair(case.repair)


def network_of(case: Case, seed: int) -> Network:
    """A random network of the case's shape, with thresholds where sums of random weights lie."""
    from spintile.model.network import Network

    generator = np.random.default_rng([seed, *case.name.encode()])
    layers: list[Layer] = []
    shape, bits = case.input_shape, case.input_bits
    for hidden in case.hidden:
        layers.append(_layer(hidden, shape, bits, generator))
        shape, bits = layers[-1].output_shape, hidden.bits
    output = HiddenLayer(case.classes, copies=case.output_copies, combine=case.output_combine)
    layers.append(_layer(output, (int(np.prod(shape)),), bits, generator, output=True))
    return Network(tuple(layers), {"name": case.name, "seed": str(seed)})


def _layer(
    wanted: HiddenLayer, shape: tuple[int, ...], bits: int, generator: np.random.Generator, *, output: bool = False
) -> Layer:
    from spintile.model.network import Layer

    conv = wanted.window > 0
    inputs = (wanted.window, wanted.window, shape[2]) if conv else (int(np.prod(shape)),)
    weights = generator.choice(np.array([-1, 1], np.int8), (wanted.neurons, *inputs))
    reach = max(1, int(np.sqrt(np.prod(inputs)) * (2**bits - 1)))
    steps = 2**wanted.bits - 1
    return Layer(
        kind="conv" if conv else "dense",
        weights=weights,
        input_shape=shape if conv else inputs,
        input_bits=bits,
        thresholds=None if output else np.sort(generator.integers(-reach, reach + 1, (wanted.neurons, steps)), axis=1),
        invert=None if output else generator.random(wanted.neurons) < 0.25,
        bias=generator.integers(-reach, reach + 1, wanted.neurons) if output else None,
        activation_bits=wanted.bits,
        pool=wanted.pool,
        copies=wanted.copies,
        combine=wanted.combine,
    )


def images_of(case: Case, count: int, seed: int) -> np.ndarray:
    """Random inputs (count, *input_shape) of the case's input bits."""
    generator = np.random.default_rng([seed, 1, *case.name.encode()])
    return generator.integers(0, 2**case.input_bits, (count, *case.input_shape)).astype(np.uint8)

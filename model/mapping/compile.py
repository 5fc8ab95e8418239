# SPDX-License-Identifier: BSD-3-Clause
"""A network made ready for a chip: integer thresholds, states of all devices, schedule of reads and program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Geometry
from ..network import Layer, Network, check_network
from .assemble import Decisions, assemble
from .errors import DoesNotFit
from .memory import MemoryLayout
from .placement import Placement
from .program import Program
from .schedule import Schedule, schedule

_SAME_UNIT = 1e-9
_HUGE = 2.0**62  # beyond every bias that fits, within 64 bits


@dataclass(frozen=True)
class CompiledLayer:
    """Decision constants of one layer in accumulator units.

    Parameters
    ----------
    thresholds : int64 array (neurons, 2**activation_bits - 1) or None
        Clamped to -2**acc_bits .. 2**acc_bits - 1, which no accumulator reaches. None for the output layer.
    invert : bool array (neurons,) or None
        Neurons whose activation is counted down.
    bias : int64 array (neurons,) or None
        Only for the output layer.
    accumulator_bound : int
        No accumulator of the layer is larger in magnitude.
    """

    thresholds: NDArray[np.int64] | None
    invert: NDArray[np.bool_] | None
    bias: NDArray[np.int64] | None
    accumulator_bound: int


@dataclass(frozen=True)
class Compiled:
    """A network on a chip, ready for every engine.

    Parameters
    ----------
    network : Network
        As trained.
    placement : Placement
        Where its weights sit.
    codes_per_weight : float
        Codes that one driven row of one copy adds to a pair's difference: (G_P - G_AP) of a row in LSB.
    adc_bits : int
        B of the reads.
    layers : tuple of CompiledLayer
        Constants in accumulator units.
    schedule : Schedule
        Reads and emits in program order.
    states : bool array (kernels, rows, cols)
        True: parallel (P). Devices that carry no weight are AP.
    program : Program
        The same schedule and constants as the words that the sequencer reads.
    """

    network: Network
    placement: Placement
    codes_per_weight: float
    adc_bits: int
    layers: tuple[CompiledLayer, ...]
    schedule: Schedule
    states: NDArray[np.bool_]
    program: Program

    @property
    def geometry(self) -> Geometry:
        return self.placement.geometry

    @property
    def reads_per_image(self) -> int:
        return self.schedule.reads_per_image

    def cycles_bound(self, adc_bits: int | None = None) -> int:
        """Converter cycles of one image: reads * columns_per_adc * (B + 1)."""
        return self.reads_per_image * self.geometry.conversion_cycles(self.adc_bits if adc_bits is None else adc_bits)


def device_states(network: Network, placement: Placement) -> NDArray[np.bool_]:
    """States of all devices (kernels, rows, cols): True is P.

    Weight +1: plus device P, minus device AP; -1 the reverse; 0 and unused devices AP.
    """
    geometry = placement.geometry
    states = np.zeros((geometry.kernels, geometry.rows, geometry.cols), dtype=np.bool_)
    for layer, placed in zip(network.layers, placement.layers, strict=True):
        weights = layer.weights.reshape(layer.neurons, layer.inputs)
        for group, neurons in enumerate(placed.groups):
            for slice_index, inputs in enumerate(placed.slices):
                driven = np.flatnonzero(np.asarray(inputs) >= 0)
                block = weights[np.asarray(neurons)][:, np.asarray(inputs)[driven]].T  # (driven rows, lanes)
                plus = 2 * np.arange(len(neurons))
                for kernel in placed.kernels[group, slice_index]:
                    states[int(kernel), driven[:, None], plus] = block > 0
                    states[int(kernel), driven[:, None], plus + 1] = block < 0
    return states


def compile_layer(layer: Layer, codes_per_weight: float, bound: int, acc_bits: int) -> CompiledLayer:
    """Thresholds and bias in accumulator units.

    A software threshold T (met by sums of T and more) lies halfway between T - 1 and T, so it becomes
    ceil((T - 1/2) * u / unit) with u = codes_per_weight, times the copies that are summed; a bias becomes
    round(bias * u / unit). A layer that was trained through an array with the same u is used as it is.
    """
    unit = layer.summed_copies * codes_per_weight
    same = math.isclose(layer.unit, unit, rel_tol=_SAME_UNIT)
    scale = unit / layer.unit
    low, high = -(1 << acc_bits), (1 << acc_bits) - 1
    thresholds = bias = None
    if layer.thresholds is not None:
        wanted = layer.thresholds if same else np.ceil((layer.thresholds - 0.5) * scale)
        thresholds = np.clip(wanted, low, high).astype(np.int64)
    if layer.bias is not None:
        wanted = layer.bias if same else np.rint(np.clip(layer.bias * scale, -_HUGE, _HUGE))
        bias = wanted.astype(np.int64)
        if bias.min() < low or bias.max() > high:
            worst = int(bias[np.argmax(np.abs(bias))])
            raise DoesNotFit(f"output bias must be from {low} to {high} (acc_bits {acc_bits}), not {worst}")
    invert = None if layer.thresholds is None else _invert(layer)
    return CompiledLayer(thresholds, invert, bias, bound)


def _invert(layer: Layer) -> NDArray[np.bool_]:
    return np.zeros(layer.neurons, np.bool_) if layer.invert is None else layer.invert.astype(np.bool_)


def accumulator_bound(layer: Layer, slices: int, rows: int, codes_per_weight: float, adc_bits: int, offset: int) -> int:
    """Largest magnitude that an accumulator of the layer can take.

    A read adds at most the larger of 2**B - 1 + 2 * offset (difference of two codes, each less its offset register)
    and the repair's clamp rows * codes_per_weight, shifted by its bit plane.
    """
    read = 1 if adc_bits == 1 else max((1 << adc_bits) - 1 + 2 * offset, math.ceil(rows * codes_per_weight))
    return read * slices * layer.summed_copies * ((1 << layer.input_bits) - 1)


def compile_network(
    network: Network,
    placement: Placement,
    *,
    codes_per_weight: float,
    adc_bits: int,
    largest_offset: int | None = None,
    flagged: bool | Sequence[bool] = False,
) -> Compiled:
    """Schedule, device states, integer constants and program of a placed network.

    Parameters
    ----------
    network, placement
        What runs, and where its weights sit.
    codes_per_weight : float
        Nominal difference of one pair for one driven row, in codes (D / 2**F of the repair constants).
    adc_bits : int
        B of the reads: 1 to the geometry's ``adc_bits``.
    largest_offset : int, optional
        Largest magnitude of a column's offset register, for the bound on accumulators; an eighth of full scale
        unless given.
    flagged : bool or sequence of bool
        Whether the repair of the reads looks at the flags of self-test: of all layers, or of each.

    Raises
    ------
    DoesNotFit
        If accumulators, activation memory or a program memory are too small; the message says by how much.
    ValueError
        If an argument is out of range, or placement and network do not belong together.
    """
    geometry = placement.geometry
    if not 1 <= adc_bits <= geometry.adc_bits:
        raise ValueError(f"adc_bits must be from 1 to {geometry.adc_bits} (geometry {geometry.name!r}), not {adc_bits}")
    if not (math.isfinite(codes_per_weight) and codes_per_weight > 0):
        raise ValueError(f"codes_per_weight must be positive and finite, not {codes_per_weight}")
    offset = (1 << adc_bits) >> 3 if largest_offset is None else largest_offset
    check_network(network)
    placement.check(network)
    layers: list[CompiledLayer] = []
    for index, (layer, placed) in enumerate(zip(network.layers, placement.layers, strict=True)):
        bound = accumulator_bound(layer, len(placed.slices), geometry.rows, codes_per_weight, adc_bits, offset)
        limit = (1 << (geometry.acc_bits - 1)) - 1
        if bound > limit:
            raise DoesNotFit(
                f"layer {index}: accumulators must hold at most {limit} ({geometry.acc_bits} bits), "
                f"not {bound} ({bound.bit_length() + 1} bits)"
            )
        layers.append(compile_layer(layer, codes_per_weight, bound, geometry.acc_bits))
    looking = [bool(flagged)] * len(layers) if isinstance(flagged, bool) else [bool(looks) for looks in flagged]
    if len(looking) != len(layers):
        raise ValueError(f"flagged must be one for each of {len(layers)} layers, not {len(looking)}")
    decisions = [Decisions(layer.thresholds, layer.invert, layer.bias) for layer in layers]
    program = assemble(network, placement, MemoryLayout.of(network, geometry), decisions, looking)
    return Compiled(
        network=network,
        placement=placement,
        codes_per_weight=codes_per_weight,
        adc_bits=adc_bits,
        layers=tuple(layers),
        schedule=schedule(network, placement, looking),
        states=device_states(network, placement),
        program=program,
    )

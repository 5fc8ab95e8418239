# SPDX-License-Identifier: BSD-3-Clause
"""Onto the chip: bit planes in, multi-thresholds between, analog conductances in the arrays.

Inputs become 8 bits, one read for each; a sigmoid becomes 15 thresholds and 4 bits; the class is the sign of the last
accumulator. A bias is a row whose input is always full: a third input of 255, and a hidden neuron that is always on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...chip import Chip
from ...golden import DieImage, rounded_transfer
from ...mapping import Compiled, compile_network, place
from ...network import Layer, Network
from ...sensing import Repair
from .crossbar import WINDOW
from .evaluation import Transfers
from .layout import LayerArrays, Written
from .lines import array_conductance

#: Preset of the chip.
ON_CHIP = "drolet"
_INPUT_BITS, _ACTIVATION_BITS = 8, 4
_FULL, _LEVELS = (1 << _INPUT_BITS) - 1, (1 << _ACTIVATION_BITS) - 1
_SPAN = (WINDOW[1] - WINDOW[0]) * 1e-6


@dataclass(frozen=True, eq=False)
class OnChip:
    """A network on the chip, with some transfers of it as dies.

    Parameters
    ----------
    chip : Chip
        Without column repair: analog pairs are not complementary.
    compiled : Compiled
        Program, thresholds and schedule. Its states mean nothing: the devices are analog.
    image : DieImage
        One die for each transfer.
    """

    chip: Chip
    compiled: Compiled
    image: DieImage

    @property
    def repair(self) -> Repair:
        """None, as registers."""
        return self.chip.repair

    def inputs(self, x: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Points as the chip takes them, (points, 3): 8-bit coordinates, those outside the square at its edge."""
        quantised = np.rint(np.clip(x, 0, 1) * _FULL).astype(np.uint8)
        return np.concatenate([quantised, np.full((len(x), 1), _FULL, np.uint8)], axis=1)


def onto_chip(written: Written, transfers: Transfers) -> OnChip:
    """Compile a network of one hidden layer, and turn transfers into die images through the chip's wires.

    Parameters
    ----------
    written : Written
        In arrays of the chip's size.
    transfers : Transfers
        Dies; its wires take the place of the chip's.

    Raises
    ------
    ValueError
        If the network is cut into arrays of another size, or does not fit.
    """
    chip = Chip.preset(ON_CHIP).replace(repair_mode="none", wires=transfers.wires)
    size = LayerArrays(chip.geometry.rows, chip.geometry.pairs)
    if written.arrays != size:
        raise ValueError(f"chip: arrays must be {size.rows} rows and {size.pairs} pairs, not {written.arrays}")
    network = chip_network(written, chip)
    compiled = compile_network(
        network,
        place(network, chip.geometry),
        codes_per_weight=chip.codes_per_weight,
        adc_bits=chip.adc_bits,
        largest_offset=0,
    )
    return OnChip(chip, compiled, _die_image(written, transfers, compiled, chip))


def chip_network(written: Written, chip: Chip) -> Network:
    """Thresholds of the sigmoids in accumulator units; weights only say that every pair is used."""
    hidden, inputs = written.targets[0].shape[0], written.targets[0].shape[1]
    codes = chip.sensing.steps_per_siemens(chip.geometry, chip.cell) / (1 << chip.geometry.fraction_bits)
    # A unit of the sigmoid's argument in accumulator steps: inputs of 255 and the whole window make ``scale``.
    unit = _FULL * codes * _SPAN / written.scales[0]
    levels = (np.arange(1, _LEVELS + 1) - 0.5) / _LEVELS
    sigmoid = np.ceil(np.log(levels / (1 - levels)) * unit).astype(np.int64)
    always = np.full(_LEVELS, -(1 << chip.geometry.acc_bits), np.int64)
    first = Layer(
        kind="dense",
        weights=np.ones((hidden + 1, inputs), np.int8),
        input_shape=(inputs,),
        input_bits=_INPUT_BITS,
        thresholds=np.concatenate([np.tile(sigmoid, (hidden, 1)), always[None]]),
        activation_bits=_ACTIVATION_BITS,
        unit=chip.codes_per_weight,
    )
    last = Layer(
        kind="dense",
        weights=np.ones((1, hidden + 1), np.int8),
        input_shape=(hidden + 1,),
        input_bits=_ACTIVATION_BITS,
        bias=np.zeros(1, np.int64),
        unit=chip.codes_per_weight,
    )
    return Network((first, last), {"made from": f"half-moons {written.shape}"})


def _die_image(written: Written, transfers: Transfers, compiled: Compiled, chip: Chip) -> DieImage:
    geometry, sensing = chip.geometry, chip.sensing
    placed = np.concatenate([_placed(written, block, compiled) for block in transfers.draw(written)])
    q, saturated = rounded_transfer(placed, geometry, chip.cell, sensing, wires=chip.wires)
    dies = len(q)
    columns = (dies, geometry.kernels, geometry.cols)
    one = sensing.full_scale_current(geometry, chip.cell) / sensing.lsb_current(geometry, chip.cell)
    rails = [round(rail * one * (1 << geometry.fraction_bits)) for rail in (sensing.rail_low, sensing.rail_high)]
    return DieImage(
        q=q,
        offset=np.zeros(columns, np.int64),
        lo=np.full(columns, rails[0], np.int64),
        hi=np.full(columns, rails[1], np.int64),
        adc_bits=chip.adc_bits,
        fraction_bits=geometry.fraction_bits,
        noise_sigma=0,
        noise_seed=transfers.seed,
        die_ids=np.arange(dies, dtype=np.int64),
        column_offset=np.zeros(geometry.cols, np.int64),
        saturations=np.count_nonzero(saturated, axis=(1, 2, 3)).astype(np.int64),
    )


def _placed(written: Written, block: list[NDArray[np.float32]], compiled: Compiled) -> NDArray[np.float64]:
    """Transfers in the chip's kernels, (transfers, kernels, rows, cols) [S], by the compiled placement."""
    geometry = compiled.geometry
    result = np.full((len(block[0]), geometry.kernels, geometry.rows, geometry.cols), WINDOW[0] * 1e-6)
    for conductance, placement in zip(block, compiled.placement.layers, strict=True):
        arrays = array_conductance(conductance, written.arrays, geometry.rows, geometry.cols)
        # The neuron that is always on makes a group of its own if it opens one, after all others.
        kernels = placement.kernels[..., 0].ravel()[: arrays.shape[1]]
        result[:, kernels] = arrays
    return result

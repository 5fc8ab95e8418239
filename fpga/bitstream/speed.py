# SPDX-License-Identifier: BSD-3-Clause
"""How many images a second: of the chip, and of the line to it, for the network that the board is meant for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from spintile.cosim.twin import read_cycles
from spintile.model.mapping import compile_network, place
from spintile.model.mapping.interpret import ExpandedRead, interpret
from spintile.model.network import Layer, Network

from ..boards import Board
from ..link.protocol import CRC_BYTES, HEADER_BYTES, REQUEST_BYTES

__all__ = ["Speed", "dense_network", "speed_of"]

#: Bits of a byte on the line, start and stop bit included.
_LINE_BITS = 10
#: Of the bytes of a frame, so many are escaped if they are random.
_ESCAPED = 2 / 256


@dataclass(frozen=True)
class Speed:
    """Bounds at a clock.

    Parameters
    ----------
    layers : tuple of int
        Inputs and neurons of the dense network.
    cycles_per_image : int
        With every row of every read driven: no image takes more in the steady state.
    images_per_second : float
        Of the chip, from that.
    link_images_per_second : float
        What the line can carry to it.
    """

    layers: tuple[int, ...]
    cycles_per_image: int
    images_per_second: float
    link_images_per_second: float


def speed_of(board: Board, clock_hz: float) -> Speed:
    """Bounds of the board's own network at a clock [Hz]."""
    geometry = board.geometry
    network = dense_network(board.layers)
    compiled = compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=geometry.adc_bits)
    cycles = 0
    for step in interpret(compiled.program, geometry):
        if isinstance(step, ExpandedRead):
            driven = sum(address >= 0 for address in step.rows)
            cycles += max(read_cycles(driven), geometry.conversion_cycles(), geometry.settle_cycles + 1)
    image_bytes = compiled.program.beats * geometry.word_bits // 8
    together = max(1, (REQUEST_BYTES - 2) // image_bytes)
    frame = (HEADER_BYTES + 2 + together * image_bytes + CRC_BYTES) * (1 + _ESCAPED) + 1
    return Speed(board.layers, cycles, clock_hz / cycles, board.baud / _LINE_BITS / frame * together)


def dense_network(layers: tuple[int, ...]) -> Network:
    """A dense network of bits of that shape; its weights are all 1, for what depends on no weight."""
    *hidden, (inputs, outputs) = itertools.pairwise(layers)
    made = [
        Layer(
            "dense",
            np.ones((neurons, before), np.int8),
            (before,),
            thresholds=np.zeros((neurons, 1), np.int64),
            invert=np.zeros(neurons, np.bool_),
        )
        for before, neurons in hidden
    ]
    last = Layer("dense", np.ones((outputs, inputs), np.int8), (inputs,), bias=np.zeros(outputs, np.int64))
    return Network((*made, last))

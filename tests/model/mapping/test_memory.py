# SPDX-License-Identifier: BSD-3-Clause
"""Regions of an image follow one another; the input's planes begin on words."""

from __future__ import annotations

import numpy as np
from random_networks import hidden, output
from spintile.model.geometry import preset
from spintile.model.mapping import MemoryLayout, Region
from spintile.model.network import Network

RNG = np.random.default_rng(7)


def test_input_planes_are_padded_to_words_and_others_are_not() -> None:
    network = Network(
        (
            hidden(RNG, (3, 2, 2, 1), (5, 4, 1), input_bits=2, activation_bits=2),
            hidden(RNG, (7, 36), (36,), input_bits=2),
            output(RNG, 2, 7),
        )
    )
    layout = MemoryLayout.of(network, preset("demo"))
    assert layout.regions == (Region(0, 2, 32, 20), Region(64, 2, 36, 36), Region(136, 1, 7, 7))
    assert layout.bits == 143


def test_memory_of_exactly_the_depth_fits() -> None:
    network = Network((output(RNG, 2, 500),))
    assert MemoryLayout.of(network, preset("demo")).bits == 512

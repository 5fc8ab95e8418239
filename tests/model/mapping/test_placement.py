# SPDX-License-Identifier: BSD-3-Clause
"""A placement that loses, doubles or displaces a weight is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from random_networks import hidden, output
from spintile.model.geometry import preset
from spintile.model.mapping import LayerPlacement, Placement, place
from spintile.model.network import Network

RNG = np.random.default_rng(6)
NETWORK = Network((hidden(RNG, (5, 6), (6,)), output(RNG, 3, 5)))
PLACED = place(NETWORK, preset("demo"))


def changed(layer: int, **fields: object) -> Placement:
    layers = list(PLACED.layers)
    layers[layer] = dataclasses.replace(layers[layer], **fields)  # type: ignore[arg-type]
    return Placement(PLACED.geometry, tuple(layers))


@pytest.mark.parametrize(
    ("placement", "message"),
    [
        (Placement(PLACED.geometry, PLACED.layers[:1]), "placement must have 2 layers like the network, not 1"),
        (changed(0, groups=((0, 1, 2, 3),)), r"layer 0: groups must hold each of 5 neurons once, not \[0, 1, 2, 3\]"),
        (changed(0, groups=((0, 1, 2, 3), (3,))), "groups must hold each of 5 neurons once"),
        (changed(1, groups=((1, 0, 2),)), r"layer 1: neurons of the output layer must be in order, not \[1, 0, 2\]"),
        (changed(0, groups=((0, 1, 2, 3, 4),)), "groups must have at most 4 lanes and slices 16 rows, not 5 and 6"),
        (changed(0, slices=((0, 1, 2, 3, 4),)), "slices must hold each of 6 inputs once, and none be empty"),
        (changed(0, slices=((0, 1, 2, 3, 4, 5), (-1,))), "slices must hold each of 6 inputs once, and none be empty"),
        (changed(0, slices=((-1,) * 11 + (0, 1, 2, 3, 4, 5),)), "slices 16 rows, not 4 and 17"),
        (
            changed(0, kernels=np.zeros((1, 1, 1), np.int64)),
            r"kernels must have the shape \(2, 1, 1\), not \(1, 1, 1\)",
        ),
        (changed(0, kernels=np.array([[[0]], [[8]]])), "kernels must be from 0 to 7, not 8"),
        (changed(1, kernels=np.array([[[0]]])), "layer 1: row 0 of kernel 0 must be free, not taken by layer 0"),
    ],
)
def test_wrong_placement_is_refused(placement: Placement, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        placement.check(NETWORK)


def test_rows_of_a_slice_are_those_it_drives() -> None:
    placed = LayerPlacement(((0,),), ((-1, 1, -1, 0),), np.zeros((1, 1, 1), np.int64))
    assert placed.rows(0) == (1, 3)

# SPDX-License-Identifier: BSD-3-Clause
"""The picture and the text of a placement show every kernel."""

from __future__ import annotations

import io

import numpy as np
from random_networks import hidden, output
from spintile.model.geometry import preset
from spintile.model.mapping import draw_placement, place, placement_text
from spintile.model.mapping.drawing import blocks, share_in_use
from spintile.model.network import Network

RNG = np.random.default_rng(12)
NETWORK = Network((hidden(RNG, (8, 20), (20,)), hidden(RNG, (6, 8), (8,), copies=2), output(RNG, 3, 6, copies=3)))
PLACED = place(NETWORK, preset("demo"))


def test_text_names_every_kernel_in_use() -> None:
    text = placement_text(NETWORK, PLACED)
    assert text.splitlines()[:2] == [
        "demo: 7 of 8 kernels of 16 x 8 in use, 61% of 1024 devices",
        "  layer 0: dense 20 \N{RIGHTWARDS ARROW} 8: 2 groups x 2 slices, 4 kernels",
    ]
    assert sum(line.startswith("  kernel") for line in text.splitlines()) == 7
    assert "layer 1 g0 s0 c0 (rows 0-7, 4 neurons); layer 2 g0 s0 c0 (rows 8-13, 3 neurons)" in text


def test_every_weight_is_in_one_block_per_copy() -> None:
    devices = sum(2 * len(block.rows) * block.lanes for block in blocks(PLACED))
    assert devices == 2 * (8 * 20 + 2 * 6 * 8 + 3 * 3 * 6)
    assert share_in_use(PLACED) == devices / 1024


def test_picture_has_a_tile_for_each_kernel_and_is_written() -> None:
    for weights in (True, False):
        figure = draw_placement(NETWORK, PLACED, title="a title", weights=weights)
        assert len(figure.axes) == 8
        assert "a title" in {text.get_text() for text in figure.texts}
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=30)
        assert stream.getvalue().startswith(b"\x89PNG")


def test_devices_that_carry_no_weight_are_grey_and_states_differ() -> None:
    figure = draw_placement(NETWORK, PLACED)
    free = np.asarray(figure.axes[7].images[0].get_array())
    assert len(np.unique(free.reshape(-1, 3), axis=0)) == 1
    first = np.asarray(figure.axes[0].images[0].get_array())
    assert len(np.unique(first.reshape(-1, 3), axis=0)) == 2

# SPDX-License-Identifier: BSD-3-Clause
"""Images are packed as the contract says; a program says which chip it can be loaded into."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_networks import hidden, output
from spintile.model.geometry import preset
from spintile.model.mapping import compile_network, place
from spintile.model.mapping.program import Program
from spintile.model.network import Network

RNG = np.random.default_rng(9)


def program(inputs: int, bits: int = 1) -> Program:
    network = Network((output(RNG, 2, inputs, input_bits=bits),))
    geometry = preset("borders")
    return compile_network(network, place(network, geometry), codes_per_weight=1.0, adc_bits=4).program


@given(inputs=st.integers(1, 80), bits=st.integers(1, 4), seed=st.integers(0, 100))
def test_bit_of_each_input_lies_where_the_contract_says(inputs: int, bits: int, seed: int) -> None:
    words = program(inputs, bits)
    image = np.random.default_rng(seed).integers(0, 1 << bits, inputs)
    packed = words.pack_image(image)
    assert packed.shape == (words.beats,)
    stream = sum(int(word) << (32 * index) for index, word in enumerate(packed))
    assert words.plane_stride % 32 == 0
    assert stream == sum(
        (int(value) >> plane & 1) << (plane * words.plane_stride + index)
        for index, value in enumerate(image)
        for plane in range(bits)
    )


def test_many_images_are_packed_like_one() -> None:
    words = program(40, 2)
    images = RNG.integers(0, 4, (5, 40))
    assert np.array_equal(words.pack_image(images), [words.pack_image(image) for image in images])
    assert words.pack_image(images[:0]).shape == (0, words.beats)


def test_flat_and_shaped_images_are_the_same() -> None:
    network = Network((hidden(RNG, (2, 2, 2, 1), (3, 4, 1)), output(RNG, 2, 12)))
    words = compile_network(network, place(network, preset("demo")), codes_per_weight=1.0, adc_bits=4).program
    image = RNG.integers(0, 2, (3, 4, 1))
    assert np.array_equal(words.pack_image(image), words.pack_image(image.ravel()))
    assert words.pack_image(image[None]).shape == (1, words.beats)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([0, 1], r"image must have the shape \(3,\), not \(2,\)"),
        ([0, 1, 4], "image values must be from 0 to 3, not 4"),
        ([0, -1, 0], "image values must be from 0 to 3, not -1"),
        ([0.0, 1.0, 1.0], "image must hold integers, not float64"),
    ],
)
def test_what_is_no_image_is_refused(image: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        program(3, 2).pack_image(image)


def test_listing_shows_every_instruction() -> None:
    words = program(30)
    lines = words.listing().splitlines()
    assert lines[0] == "input: 1 planes of 32 bits, 1 words of 32 bits; 2 segments, 1 threshold words"
    assert lines[1].startswith("   0  READ segments=1 first=1  ; rows 0+25 <- 0")
    assert len(lines) == 1 + len(words.instructions)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instruction_depth": 4, "rows": 25}, ""),
        ({"segment_depth": 1}, "program segments must be at most 1 .*, not 2"),
        ({"cols": 23}, "program thresholds must have 11 lanes, not 12"),
        ({"rows": 40}, "program word_bits must be 64, not 32"),
    ],
)
def test_chip_that_cannot_hold_the_program_is_refused(changes: dict[str, int], message: str) -> None:
    words = program(30)
    geometry = preset("borders").replace(**changes)
    if not message:
        words.check_geometry(geometry)
        return
    with pytest.raises(ValueError, match=message):
        words.check_geometry(geometry)

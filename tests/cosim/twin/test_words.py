# SPDX-License-Identifier: BSD-3-Clause
"""A die as the twin keeps it gives the golden model's codes, for every die that it does not refuse."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spintile.cosim.twin.words import die_words, held_sums, memory_words, read_cycles
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, column_sums, convert

BY_HAND = Geometry(name="by hand", rows=3, cols=3, kernels=2, adc_bits=2, fraction_bits=2)


def die_image(geometry: Geometry, **changes: Any) -> DieImage:
    """One die of zeros between rails that are far away."""
    columns = (1, geometry.kernels, geometry.cols)
    image = DieImage(
        q=np.zeros((1, geometry.kernels, geometry.rows, geometry.cols), np.int32),
        offset=np.zeros(columns, np.int64),
        lo=np.full(columns, -(1 << 30), np.int64),
        hi=np.full(columns, 1 << 30, np.int64),
        adc_bits=geometry.adc_bits,
        fraction_bits=geometry.fraction_bits,
        noise_sigma=0,
        noise_seed=0,
        die_ids=np.array([7]),
        column_offset=np.zeros(geometry.cols, np.int64),
        saturations=np.zeros(1, np.int64),
    )
    return dataclasses.replace(image, **changes)


def by_hand() -> DieImage:
    """Kernel 1 of the example of ``tests/rtl/twin/plain_twin.py``; kernel 0 is empty."""
    image = die_image(BY_HAND)
    image.q[0, 1] = [[5, -3, 4], [9, 2, 0], [-6, 7, 1]]
    image.offset[0, 1] = [1, 0, -2]
    image.lo[0, 1], image.hi[0, 1] = -4, [10, 12, 12]
    return image


def test_words_worked_out_by_hand() -> None:
    words = die_words(by_hand(), 0, BY_HAND)
    # Half a code, two, is in the offset and in both rails; an entry has eight bits, so far rails are its ends.
    assert words[1].tolist() == [[5, -3, 4], [9, 2, 0], [-6, 7, 1], [3, 2, 0], [-2, -2, -2], [12, 14, 14]]
    assert words[0, 3:].tolist() == [[2, 2, 2], [-128, -128, -128], [127, 127, 127]]
    # 1 + 5 + 9 is 15, held at 10, and half a code; -1 and 2, and half a code.
    assert held_sums(words, 1, np.array([True, True, False])).tolist() == [12, 1, 4]


def test_memory_words_are_slots_of_all_kernels_column_0_lowest() -> None:
    packed = memory_words(die_words(by_hand(), 0, BY_HAND), BY_HAND)
    assert len(packed) == 6 * 2
    assert packed[1] == 0x04_FD_05
    assert packed[2 * 2 + 1] == 0x01_07_FA
    assert packed[5 * 2 + 0] == 0x7F_7F_7F


@st.composite
def dies(draw: st.DrawFn) -> tuple[Geometry, DieImage, int]:
    """A chip, a die of it with entries, offsets and rails of every size, and fewer bits perhaps."""
    geometry = Geometry(
        name="any",
        rows=draw(st.integers(1, 9)),
        cols=draw(st.integers(2, 5)),
        kernels=draw(st.integers(1, 3)),
        adc_bits=draw(st.integers(1, 12)),
        fraction_bits=draw(st.integers(1, 12)),
    )
    bits = draw(st.integers(1, geometry.adc_bits))
    seed = draw(st.integers(0, 1 << 32))
    rng = np.random.default_rng(seed)
    top = 1 << (geometry.adc_bits + geometry.fraction_bits + 3)
    half = 1 << (geometry.fraction_bits - 1)
    size = int(rng.choice([4, 1 << geometry.fraction_bits, top >> 3, top]))
    columns = (1, geometry.kernels, geometry.cols)

    def far(sign: int) -> Any:
        return sign * rng.integers(0, int(rng.choice([size, top, 4 * top, 1 << 40])), columns)

    image = die_image(
        geometry,
        adc_bits=bits,
        q=rng.integers(-size, size, (1, geometry.kernels, geometry.rows, geometry.cols)).astype(np.int32),
        offset=rng.integers(-size, size, columns).clip(-top - half, top - 1 - half),
        lo=far(-1),
        hi=far(1),
    )
    return geometry, image, seed


@settings(deadline=None, max_examples=300)
@given(dies())
def test_codes_of_what_is_held_are_the_golden_model_s(drawn: tuple[Geometry, DieImage, int]) -> None:
    geometry, image, seed = drawn
    try:
        words = die_words(image, 0, geometry)
    except ValueError:
        # Sums of one-bit reads must fit whole; anything else that fits the memory must be taken.
        if image.adc_bits > 1:
            raise
        return
    rng = np.random.default_rng(seed)
    half = 1 << (geometry.fraction_bits - 1)
    for _ in range(8):
        kernel, rows = int(rng.integers(geometry.kernels)), rng.random(geometry.rows) < rng.random()
        golden = convert(column_sums(image, 0, kernel, rows), image.adc_bits, image.fraction_bits)
        held = held_sums(words, kernel, rows) - half
        assert np.array_equal(convert(held, image.adc_bits, image.fraction_bits), golden)


def test_without_the_half_code_the_comparison_fails() -> None:
    image = by_hand()
    words = die_words(image, 0, BY_HAND)
    rows = np.array([True, True, True])
    golden = convert(column_sums(image, 0, 1, rows), 2, 2)
    assert not np.array_equal(convert(held_sums(words, 1, rows), 2, 2), golden)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise_sigma": 3}, "twin: noise_sigma must be 0, not 3: a die in logic has no noise"),
        ({"fraction_bits": 3}, "twin: fraction_bits must be 2, not 3"),
        ({"adc_bits": 3}, "twin: adc_bits must be at most 2, not 3"),
        (
            {"q": np.full((1, 2, 3, 3), 128, np.int32)},
            "twin: q of die 7 must be from -128 to 127, not 128",
        ),
        (
            {"offset": np.full((1, 2, 3), 126, np.int64)},
            "twin: offset of die 7 must be from -130 to 125, not 126",
        ),
        (
            {"adc_bits": 1, "q": np.full((1, 2, 3, 3), 100, np.int32)},
            "twin: sums of die 7 must stay from -130 to 125 in one-bit reads; nearer rails keep them there",
        ),
        (
            {"q": np.zeros((1, 2, 4, 3), np.int32)},
            r"twin: die image must have (kernels, rows, cols) = (2, 3, 3), not (2, 4, 3)",
        ),
    ],
    ids=["noise", "fraction", "bits", "q", "offset", "one bit", "shape"],
)
def test_what_the_twin_cannot_hold_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        die_words(die_image(BY_HAND, **changes), 0, BY_HAND)
    assert str(refused.value) == message


def test_one_bit_reads_between_near_rails_are_not_refused() -> None:
    q = np.full((1, 2, 3, 3), 100, np.int32)
    near = np.full((1, 2, 3), 120, np.int64)
    words = die_words(die_image(BY_HAND, adc_bits=1, q=q, hi=near), 0, BY_HAND)
    assert held_sums(words, 0, np.ones(3, np.bool_)).tolist() == [122, 122, 122]


def test_an_image_of_the_dense_network_costs_at_most_750_cycles_of_the_twin() -> None:
    # 196 inputs in slices of 25 rows for three groups of twelve neurons, then 36 inputs for ten; every row driven.
    reads = 3 * [25, 25, 25, 25, 25, 25, 25, 21] + [25, 11]
    assert sum(reads) == 624
    assert sum(map(read_cycles, reads)) == 728

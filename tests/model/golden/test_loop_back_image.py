# SPDX-License-Identifier: BSD-3-Clause
"""In a loop-back every column converts to its code, whatever the rows, the kernel and the die."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.golden import DieImage, column_sums, convert, loop_back_image


def image(adc_bits: int) -> DieImage:
    """Two dies of anything, with noise."""
    rng = np.random.default_rng(1)
    shape = (2, 3, 4, 5)
    lines = (2, 3, 5)
    return DieImage(
        q=rng.integers(-500, 500, shape).astype(np.int32),
        offset=rng.integers(-100, 100, lines),
        lo=np.full(lines, -200),
        hi=np.full(lines, 200),
        adc_bits=adc_bits,
        fraction_bits=3,
        noise_sigma=9,
        noise_seed=1,
        die_ids=np.array([4, 7]),
        column_offset=np.array([1, 0, -1, 2, 0]),
        saturations=np.zeros(2, np.int64),
    )


@pytest.mark.parametrize(("adc_bits", "wanted"), [(6, [0, 1, 63, 17, 40]), (4, [0, 1, 15, 15, 15])])
def test_every_read_converts_to_the_codes_or_the_largest_there_is(adc_bits: int, wanted: list[int]) -> None:
    looped = loop_back_image(image(adc_bits), [0, 1, 63, 17, 40])
    rows = np.array([[1, 0, 1, 1], [0, 0, 0, 0]], np.uint8)
    for die in range(2):
        for kernel in range(3):
            sums = column_sums(looped, die, kernel, rows)
            assert convert(sums, adc_bits, 3).tolist() == [wanted, wanted]


def test_with_one_bit_the_codes_of_a_pair_are_compared_and_a_lone_column_gives_0() -> None:
    looped = loop_back_image(image(1), [3, 3, 4, 9, 7])
    sums = column_sums(looped, 0, 0, np.ones((1, 4), np.uint8))
    assert convert(sums, 1, 3).tolist() == [[1, 0, 0, 1, 0]]


def test_there_is_no_noise_and_the_registers_stay() -> None:
    looped = loop_back_image(image(6), [1, 2, 3, 4, 5])
    assert looped.noise_sigma == 0
    assert looped.registers.tolist() == image(6).registers.tolist()
    assert looped.die_ids.tolist() == [4, 7]


def test_codes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^loop-back: codes must be one for each of 5 columns, not 4$"):
        loop_back_image(image(6), [1, 2, 3, 4])
    with pytest.raises(ValueError, match=r"^loop-back: codes must be from 0 to 4095, not -1$"):
        loop_back_image(image(6), [1, 2, 3, 4, -1])

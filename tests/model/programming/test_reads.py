# SPDX-License-Identifier: BSD-3-Clause
"""Reads of the write controller are reads like every other: the contract's sums and codes in the present states."""

from __future__ import annotations

import numpy as np
import pytest
from small_write_chips import dies_of, small
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.geometry import maintenance_image
from spintile.model.golden import column_sums, convert, make_die_image
from spintile.model.programming import MaintenanceReads, make_array
from spintile.model.writing import WriteArray

CHIPS = {"ideal": small(), "wires": small().replace(wires=Wires(30.0, 20.0))}


def expected(
    array: WriteArray, chip: Chip, die: int, kernel: int, row: int | None, image: int, ordinal: int
) -> np.ndarray:
    die_image = make_die_image(
        array.population, array.state, chip.geometry, chip.cell, chip.sensing, array.seed, wires=chip.wires
    )
    driven = np.arange(chip.geometry.rows) == (-1 if row is None else row)
    return convert(column_sums(die_image, die, kernel, driven, image, ordinal), chip.adc_bits, 8)


@pytest.mark.parametrize("name", CHIPS)
def test_codes_follow_the_states_as_they_change(name: str) -> None:
    chip = CHIPS[name]
    array = make_array(chip, dies_of(chip), 3)
    reads = MaintenanceReads(array, chip, 5)
    places = np.array([0, 2, 1]), np.array([1, 0, 1])
    rows = np.array([3, 0, 2])
    image = maintenance_image(5, 0x82)
    for _ in range(3):
        codes = reads.row(*places, rows, 0x82, attempt=4)
        for at, (die, kernel, row) in enumerate(zip(*places, rows, strict=True)):
            ordinal = 4 << 14 | int(row) << 8 | int(kernel)
            assert np.array_equal(codes[at], expected(array, chip, die, kernel, row, image, ordinal))
            assert not np.array_equal(codes[at], expected(array, chip, die, 1 - kernel, row, image, ordinal))
        array.state ^= np.random.default_rng(1).random(array.shape) < 0.5


@pytest.mark.parametrize("name", CHIPS)
def test_a_reference_read_shows_the_column_alone(name: str) -> None:
    chip = CHIPS[name]
    array = make_array(chip, dies_of(chip), 3)
    codes = MaintenanceReads(array, chip, 0).reference(np.array([1]), np.array([1]), 0x40, repeat=7)
    tags = maintenance_image(0, 0x40), 63 << 14 | 7 << 8 | 1
    assert np.array_equal(codes[0], expected(array, chip, 1, 1, None, *tags))
    quiet = chip.replace(sensing=chip.sensing.replace(noise_sigma=0.0))
    assert not np.array_equal(codes[0], expected(array, quiet, 1, 1, None, *tags))


def test_one_bit_cannot_verify_and_an_array_must_fit_its_chip() -> None:
    chip = CHIPS["ideal"]
    array = make_array(chip, dies_of(chip), 3)
    bit = chip.replace(sensing=chip.sensing.replace(adc_bits=1), repair_mode="none")
    with pytest.raises(ValueError, match=r"^writing: adc_bits must be at least 2 to verify a cell, not 1$"):
        MaintenanceReads(array, bit, 0)
    with pytest.raises(ValueError, match=r"^array must have \(kernels, rows, cols\) = \(8, 16, 8\), not \(2, 4, 5\)$"):
        MaintenanceReads(array, Chip.preset("demo"), 0)

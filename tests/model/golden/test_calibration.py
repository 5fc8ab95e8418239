# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plain_contract import codes, sums
from small_chips import dense_network, geometry, prepare
from spintile.model.chip import Chip
from spintile.model.dies import ideal_population
from spintile.model.geometry import ReportKind
from spintile.model.golden import DieImage, calibrate_offsets, infer, make_die_image, reference_codes
from spintile.model.programming import WriteCommand, make_array, run_command


def image_of(seed: int = 0, dies: int = 3, **sensing: Any) -> DieImage:
    return prepare(dense_network(np.random.default_rng(0)), geometry(), dies=dies, seed=seed, **sensing)[0]


def test_reference_reads_are_reads_of_the_contract_without_a_row() -> None:
    image = image_of(noise_sigma=1.5, offset_sigma=4.0, pedestal=20.0)
    found = reference_codes(image, 5, kernel=2)
    assert found.shape == (3, 5, 7)
    for die in range(3):
        for repeat in range(5):
            ordinal = 63 << 14 | repeat << 8 | 2
            plain = codes(
                sums(image, die, 2, [0] * image.rows, 0xFF000040, ordinal), image.adc_bits, image.fraction_bits
            )
            assert found[die, repeat].tolist() == plain
    assert len(np.unique(found[0, :, 0])) > 1


def test_a_characterising_chip_reads_the_same_codes() -> None:
    chip = Chip.preset("demo")
    chip = chip.replace(
        sensing=chip.sensing.replace(offset_sigma=3.0, pedestal=16.0, noise_sigma=1.0),
        writing=chip.writing.replace(repeats=8),
    )
    population = ideal_population(chip.geometry, chip.cell, 2)
    states = np.zeros(population.shape, np.bool_)
    image = make_die_image(population, states, chip.geometry, chip.cell, chip.sensing, 5)
    array = make_array(chip, population, 5, initial=states)
    table = run_command(array, chip, WriteCommand("read", kernels=(0, 0)), 0).decode()
    sums = reference_codes(image, 8).sum(axis=1)
    for die in range(2):
        word = (table.die == die) & (table.kind == ReportKind.REFERENCE)
        assert table.value[word].tolist() == sums[die].tolist()
    assert not np.array_equal(sums[0], sums[1])


def test_registers_hold_the_offsets_of_each_die() -> None:
    image = image_of(offset_sigma=2.0, pedestal=10.0)
    found = calibrate_offsets(image)
    exact = image.offset[:, 0] / 256
    assert found.shape == (3, 7)
    assert np.abs(found - exact).max() <= 0.5
    assert not np.array_equal(found[0], found[1])
    # Another die's registers are off by more.
    assert np.abs(found[::-1] - exact).max() > 0.5


def test_noise_averages_out() -> None:
    image = image_of(offset_sigma=2.0, pedestal=16.0, noise_sigma=2.0)
    exact = image.offset[:, 0] / 256
    few, many = (np.abs(calibrate_offsets(image, reads) - exact).mean() for reads in (1, 32))
    assert many < 0.5 < few


def test_an_offset_below_zero_shows_only_on_a_pedestal() -> None:
    image = image_of(offset_sigma=3.0)
    below = image.offset[:, 0] < -128
    assert below.any()
    assert (calibrate_offsets(image)[below] == 0).all()
    raised = calibrate_offsets(image_of(offset_sigma=3.0, pedestal=20.0))
    assert (raised[below] < 20).all()


def test_a_pedestal_alone_is_removed_by_the_common_registers() -> None:
    network = dense_network(np.random.default_rng(0))
    images = np.random.default_rng(1).integers(0, 2, (20, 17)).astype(np.uint8)
    plain, compiled, repair = prepare(network, geometry(), "pair_check")
    raised, _, _ = prepare(network, geometry(), "pair_check", pedestal=12.0)
    assert raised.column_offset.tolist() == [12] * 7
    records = [infer(image, compiled, images, repair=repair, record=True) for image in (plain, raised)]
    for one, other in zip(records[0].accumulators, records[1].accumulators, strict=True):
        assert np.array_equal(one, other)
    forgotten = raised.replace(column_offset=np.zeros(7, np.int64))
    other = infer(forgotten, compiled, images, repair=repair, record=True)
    assert not np.array_equal(other.accumulators[0], records[0].accumulators[0])


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^offsets must be read with at least 2 ADC bits, not 1: "):
        calibrate_offsets(image_of(adc_bits=1))
    for reads in (0, 33):
        with pytest.raises(ValueError, match=rf"^reads must be from 1 to 32, not {reads}$"):
            calibrate_offsets(image_of(), reads)

# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from small_chips import STATISTICS
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import Population, sample_population
from spintile.model.golden import linear_error, make_die_image, sample_reads

CHIP = Chip.preset("demo")
LOSSY = CHIP.replace(wires=Wires(row_segment=5.0, col_segment=5.0, row_driver=50.0, col_sense=50.0))


def dies(chip: Chip, count: int = 2) -> tuple[Population, np.ndarray]:
    population = sample_population(chip.geometry, chip.cell, STATISTICS, count, 1)
    return population, np.random.default_rng(2).random(population.shape[1:]) < 0.5


def test_over_ideal_wires_only_rounding_is_left() -> None:
    population, states = dies(CHIP)
    for found in linear_error(population, states, CHIP, reads=16):
        # An entry is off by at most half of 1/256 of a code, a read of 16 rows by sixteen of these.
        assert 0 < found.mean_codes < 16 * 0.5 / 256
        assert found.max_codes <= 1
        assert abs(found.bias_codes) < found.mean_codes


def test_wires_make_the_image_promise_more_current_than_there_is() -> None:
    population, states = dies(LOSSY)
    low = linear_error(population, states, LOSSY, reads=16)
    high = LOSSY.replace(sensing=LOSSY.sensing.replace(v_read=0.3))
    for one, other in zip(low, linear_error(population, states, high, reads=16), strict=True):
        assert 0.05 < one.bias_codes < other.bias_codes
        assert other.max_codes >= 1
        assert other.changed > one.changed
    # Devices of constant TMR would have shown nothing of it.
    linear = linear_error(population, states, high, reads=16, half_voltage=np.inf)
    assert all(found.mean_codes < 16 * 0.5 / 256 for found in linear)


def test_real_wires_that_the_chip_does_not_know_of_show() -> None:
    population, states = dies(CHIP)
    blind = linear_error(population, states, CHIP, reads=16, wires=LOSSY.wires)
    aware = linear_error(population, states, LOSSY, reads=16)
    assert all(one.bias_codes > 10 * other.bias_codes for one, other in zip(blind, aware, strict=True))


def test_a_fault_in_the_image_is_found_with_its_place() -> None:
    population, states = dies(LOSSY)
    image = make_die_image(population, states, CHIP.geometry, CHIP.cell, CHIP.sensing, wires=LOSSY.wires)
    right = linear_error(population, states, LOSSY, reads=8, image=image)
    assert right == linear_error(population, states, LOSSY, reads=8)
    q = image.q.copy()
    q[1, 6, 3, 5] += 40 << CHIP.geometry.fraction_bits
    # Beyond the upper rail nothing of it would show.
    wrong = linear_error(population, states, LOSSY, reads=np.eye(16, dtype=bool), image=image.replace(q=q))
    assert (wrong[1].kernel, wrong[1].col, wrong[1].rows) == (6, 5, 1)
    assert wrong[1].max_codes in (39, 40, 41)
    assert wrong[0].max_codes <= 1


def test_kernels_may_be_chosen_and_progress_is_told() -> None:
    population, states = dies(LOSSY)
    told: list[tuple[int, int]] = []
    found = linear_error(
        population, states, LOSSY, reads=4, kernels=[2, 2, 5], progress=lambda done, total: told.append((done, total))
    )
    assert [one.reads for one in found] == [8, 8]
    assert all(one.kernel in (2, 5) for one in found)
    assert told == [(1, 2), (2, 2)]


def test_one_bit_compares_columns() -> None:
    chip = LOSSY.replace(sensing=LOSSY.sensing.replace(adc_bits=1), repair_mode="none")
    population, states = dies(chip)
    found = linear_error(population, states, chip, reads=16)
    assert all(one.max_codes <= 1 and one.changed < 0.1 for one in found)
    assert all(one.mean_codes > 0 for one in found)


def test_sampled_reads_drive_any_number_of_rows_and_all_of_them_first() -> None:
    rows = sample_reads(25, 500, 3)
    assert rows[0].all()
    assert set(rows.sum(axis=1).tolist()) == set(range(1, 26))
    assert 0.4 < rows.mean() < 0.65
    assert np.array_equal(rows, sample_reads(25, 500, 3))
    assert not np.array_equal(rows, sample_reads(25, 500, 4))


def test_things_that_do_not_fit_are_refused() -> None:
    population, states = dies(CHIP)
    with pytest.raises(ValueError, match=r"^reads must be at least one set of 16 rows, not shape \(4, 15\)$"):
        linear_error(population, states, CHIP, reads=np.ones((4, 15), bool))
    with pytest.raises(ValueError, match=r"^reads must be at least one set of 16 rows, not shape \(0, 16\)$"):
        linear_error(population, states, CHIP, reads=np.ones((0, 16), bool))
    image = make_die_image(population, states, CHIP.geometry, CHIP.cell, CHIP.sensing)
    with pytest.raises(ValueError, match=r"^image must be of the population's dies, in their order$"):
        linear_error(population, states, CHIP, image=image.select([1, 0]))

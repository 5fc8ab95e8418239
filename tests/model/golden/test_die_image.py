# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_chips import CELL, STATISTICS, dense_network, geometry, prepare
from spintile.model.array import LineBreaks, Nodal, Wires, crossbar
from spintile.model.dies import Population, ideal_population, sample_population
from spintile.model.golden import DieImage, make_die_image
from spintile.model.sensing import Sensing

SHAPE = geometry()
SENSING = Sensing(adc_bits=8, full_scale_rows=1.28)


def one_device(conductance: float, **sensing: float) -> DieImage:
    """Dies whose every device has that conductance."""
    values = np.full((1, SHAPE.kernels, SHAPE.rows, SHAPE.cols), conductance)
    population = Population(values, values, np.zeros(values.shape, np.uint8), np.zeros(1, np.int64))
    states = np.zeros(values.shape[1:], np.bool_)
    return make_die_image(population, states, SHAPE, CELL, SENSING.replace(**sensing))


def test_entries_are_row_currents_in_steps() -> None:
    # The full scale is 1.28 * 6 rows of P devices, so one P device is 256/7.68 codes.
    image = one_device(CELL.g_p)
    assert np.all(image.q == round(256 / 7.68 * 256))
    assert not image.saturations.any()


@pytest.mark.parametrize(("steps", "rounded"), [(0.5, 0), (1.5, 2), (2.5, 2), (2.51, 3)])
def test_halves_round_to_even(steps: float, rounded: int) -> None:
    lsb = CELL.g_p * 0.1
    assert np.all(one_device(CELL.g_p * steps / 256, lsb=lsb).q == rounded)


def test_entries_saturate_and_are_counted() -> None:
    image = one_device(CELL.g_p * 1e6)
    assert np.all(image.q == (1 << 19) - 1)  # 8 + 8 + 4 bits with sign
    assert image.saturations.tolist() == [SHAPE.devices]


def test_rails_follow_the_full_scale() -> None:
    image = one_device(CELL.g_p, rail_low=-0.25, rail_high=1.5)
    assert np.all(image.lo == -(1 << 14))
    assert np.all(image.hi == 3 << 15)


def test_noise_and_offset_registers_are_taken_over() -> None:
    image = make_die_image(
        ideal_population(SHAPE, CELL),
        np.zeros((SHAPE.kernels, SHAPE.rows, SHAPE.cols), np.bool_),
        SHAPE,
        CELL,
        SENSING.replace(noise_sigma=0.5, column_offset=(1, 2, 3, 4, 5, 6, -7)),
        seed=77,
    )
    assert image.noise_sigma == 128
    assert image.noise_seed == 77
    assert image.column_offset.tolist() == [1, 2, 3, 4, 5, 6, -7]


def test_offset_and_gain_errors_belong_to_a_column_of_a_die() -> None:
    population = sample_population(SHAPE, CELL, STATISTICS.replace(spread=0.0), 2, 0)
    states = np.zeros(population.shape[1:], np.bool_)
    image = make_die_image(population, states, SHAPE, CELL, SENSING.replace(offset_sigma=1.0, gain_sigma=0.05), seed=1)
    assert np.all(image.offset == image.offset[:, :1])
    assert not np.array_equal(image.offset[0], image.offset[1])
    healthy = np.where(population.defect == 0, image.q, 0).max(axis=2)
    assert np.all(healthy == healthy[:, :1])
    assert len(np.unique(healthy[0, 0])) > 1


def test_selected_dies_are_what_they_were() -> None:
    image, _, _ = prepare(dense_network(np.random.default_rng(0)), SHAPE, dies=4, noise_sigma=1.0, offset_sigma=1.0)
    alone, _, _ = prepare(dense_network(np.random.default_rng(0)), SHAPE, dies=3, noise_sigma=1.0, offset_sigma=1.0)
    assert image.select([0, 1, 2]).digest() == alone.digest()
    assert image.select([2]).die_ids.tolist() == [2]


def test_the_digest_sees_one_entry() -> None:
    image = one_device(CELL.g_p)
    changed = image.q.copy()
    changed[0, 1, 2, 3] += 1
    assert image.replace(q=changed).digest() != image.digest()


def test_things_that_do_not_fit_are_refused() -> None:
    states = np.zeros((SHAPE.kernels, SHAPE.rows, SHAPE.cols), np.bool_)
    other = ideal_population(SHAPE.replace(rows=5), CELL)
    with pytest.raises(
        ValueError, match=r"^population must have \(kernels, rows, cols\) = \(64, 6, 7\), not \(64, 5, 7\)$"
    ):
        make_die_image(other, states, SHAPE, CELL, SENSING)
    with pytest.raises(ValueError, match=r"^sensing: column_offset must have 7 codes, not 2$"):
        make_die_image(ideal_population(SHAPE, CELL), states, SHAPE, CELL, SENSING.replace(column_offset=(1, 2)))
    image = one_device(CELL.g_p)
    with pytest.raises(ValueError, match=r"^die image: lo must have shape \(1, 64, 7\), not \(1, 1\)$"):
        image.replace(lo=np.zeros((1, 1), np.int64))
    with pytest.raises(ValueError, match=r"^die image: adc_bits must be from 1 to 12, not 0$"):
        image.replace(adc_bits=0)
    with pytest.raises(ValueError, match=r"^die image: hi must be within \+-2\^40, not 2199023255552$"):
        image.replace(hi=np.full((1, 64, 7), 1 << 41))
    with pytest.raises(ValueError, match=r"^die image: noise_sigma must be a non-negative integer, not -1$"):
        dataclasses.replace(image, noise_sigma=-1)


def lossy(breaks: bool = False) -> tuple[Population, np.ndarray, Wires]:
    """Dies with states of their own, wires, and perhaps some broken lines."""
    population = sample_population(SHAPE, CELL, STATISTICS, 2, 0)
    rng = np.random.default_rng(3)
    if breaks:
        row_breaks, col_breaks = (rng.random(population.shape) < 0.002 for _ in range(2))
        population = dataclasses.replace(population, row_breaks=row_breaks, col_breaks=col_breaks)
    return population, rng.random(population.shape) < 0.5, Wires(row_segment=5.0, col_segment=4.0, col_sense=30.0)


@pytest.mark.parametrize("breaks", [False, True])
def test_with_wires_entries_are_the_transfer_matrix_in_steps(breaks: bool) -> None:
    population, states, wires = lossy(breaks)
    image = make_die_image(population, states, SHAPE, CELL, SENSING, wires=wires)
    scale = SENSING.steps_per_siemens(SHAPE, CELL)
    for die, kernel in ((0, 0), (1, 3), (1, 63), (0, 40)):
        broken = None
        if population.row_breaks is not None and population.col_breaks is not None:
            broken = LineBreaks(population.row_breaks[die, kernel], population.col_breaks[die, kernel])
        conductance = population.conductance(states)[die, kernel]
        wanted = Nodal(crossbar(conductance, wires, breaks=broken)).transfer() * scale
        # Another solver's last digits may fall on the other side of a half.
        assert np.abs(image.q[die, kernel] - wanted).max() < 0.5 + 1e-6
    ideal = make_die_image(population, states, SHAPE, CELL, SENSING)
    assert not np.array_equal(ideal.q, image.q)


def test_a_break_takes_away_what_lies_behind_it() -> None:
    population, states, wires = lossy()
    breaks = np.zeros(population.shape, np.bool_)
    breaks[1, 2, 3, 4] = True
    whole, broken = (
        make_die_image(dies, states, SHAPE, CELL, SENSING, wires=wires)
        for dies in (population, dataclasses.replace(population, row_breaks=breaks))
    )
    # The fragment behind the break floats: what reaches its columns comes from other columns' sense resistances.
    assert broken.q[1, 2, 3, 4:].max() < 0.01 * CELL.g_p * SENSING.steps_per_siemens(SHAPE, CELL)
    assert whole.q[1, 2, 3, 4:].max() > 0.2 * CELL.g_p * SENSING.steps_per_siemens(SHAPE, CELL)
    others = np.ones(population.shape[:2], np.bool_)
    others[1, 2] = False
    assert np.array_equal(broken.q[others], whole.q[others])


def test_each_die_may_have_states_of_its_own() -> None:
    population, states, wires = lossy()
    together = make_die_image(population, states, SHAPE, CELL, SENSING, wires=wires)
    for die in range(2):
        alone = make_die_image(population.select([die]), states[die], SHAPE, CELL, SENSING, wires=wires)
        assert alone.digest() == together.select([die]).digest()
    swapped = make_die_image(population, states[::-1], SHAPE, CELL, SENSING, wires=wires)
    assert not np.array_equal(swapped.q, together.q)


def test_registers_may_be_common_to_the_dies_or_of_each() -> None:
    image, _, _ = prepare(dense_network(np.random.default_rng(0)), SHAPE, dies=3)
    common = image.replace(column_offset=np.arange(7))
    each = image.replace(column_offset=np.arange(21).reshape(3, 7))
    assert common.registers.tolist() == [list(range(7))] * 3
    assert each.registers[2].tolist() == list(range(14, 21))
    assert each.select([2, 0]).registers.tolist() == [list(range(14, 21)), list(range(7))]
    assert common.select([2]).column_offset.tolist() == list(range(7))
    assert each.digest() != each.replace(column_offset=each.column_offset[::-1]).digest()
    sentence = r"^die image: column_offset must have shape \(7,\) or \(3, 7\), not \(2, 7\)$"
    with pytest.raises(ValueError, match=sentence):
        image.replace(column_offset=np.zeros((2, 7), np.int64))


def test_rows_that_float_are_refused() -> None:
    population, states, wires = lossy()
    with pytest.raises(
        ValueError, match=r"^undriven rows must be held at the reference in a bit-exact read, not float:"
    ):
        make_die_image(population, states, SHAPE, CELL, SENSING, wires=wires, undriven="float")

# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_chips import STATISTICS, dense_network
from spintile.model.array import Bias, Wires, solve
from spintile.model.chip import Chip
from spintile.model.device import Junction
from spintile.model.dies import Population, ideal_population, sample_population
from spintile.model.golden import FullArray, infer, make_die_image
from spintile.model.mapping import compile_network, place

CHIP = Chip.preset("demo")
LOSSY = CHIP.replace(wires=Wires(row_segment=3.0, col_segment=2.0, row_driver=20.0, col_sense=30.0))
KERNELS = np.array([5, 0, 3])


def dies(chip: Chip, count: int = 2) -> tuple[Population, np.ndarray]:
    population = sample_population(chip.geometry, chip.cell, STATISTICS, count, 1)
    return population, np.random.default_rng(2).random(population.shape) < 0.5


def reads(count: int = 6) -> np.ndarray:
    return np.random.default_rng(3).random((count, CHIP.geometry.rows)) < 0.5


def test_devices_without_bias_dependence_are_the_linear_network() -> None:
    population, states = dies(LOSSY)
    found = FullArray(population, states, LOSSY, half_voltage=np.inf).currents(1, KERNELS, reads())
    conductance = population.conductance(states)[1, KERNELS][:, np.newaxis]
    _, wanted = solve(conductance, LOSSY.wires, Bias.read(reads() * CHIP.sensing.v_read, CHIP.geometry.cols))
    assert np.allclose(found, wanted, rtol=1e-12, atol=0)
    # The comparison sees a half voltage of 0.5 V, and another die.
    other = FullArray(population, states, LOSSY, half_voltage=0.5).currents(1, KERNELS, reads())
    assert not np.allclose(other, wanted, rtol=1e-5, atol=0)
    other = FullArray(population, states, LOSSY, half_voltage=np.inf).currents(0, KERNELS, reads())
    assert not np.allclose(other, wanted, rtol=1e-5, atol=0)


def test_over_ideal_wires_every_cell_conducts_as_it_was_measured() -> None:
    population, states = dies(CHIP)
    full = FullArray(population, states, CHIP)
    wanted = reads() @ population.conductance(states)[0, KERNELS] * CHIP.sensing.v_read
    assert np.allclose(full.currents(0, KERNELS, reads()), wanted, rtol=1e-12, atol=0)
    # Measured towards 0 V instead, AP devices conduct more at the read voltage.
    low = dataclasses.replace(full, measured_at=0.0).currents(0, KERNELS, reads())
    assert (low >= wanted * (1 - 1e-12)).all()
    assert (low > wanted * 1.001).any()


def test_one_cell_is_its_junction_behind_its_transistor() -> None:
    junction = Junction(diameter=40.0, ra=3.2, tmr=1.24, v_half=0.4)
    chip = CHIP.replace(
        cell=junction.cell(1700.0, 0.0),
        sensing=CHIP.sensing.replace(v_read=0.3),
        wires=Wires(row_driver=100.0, col_sense=200.0),
    )
    population = ideal_population(chip.geometry, chip.cell)
    population = dataclasses.replace(population, g_p=population.g_p * 0, g_ap=population.g_ap.copy())
    population.g_ap[...] = 0
    population.defect[...] = 2
    population.g_p[0, 0, 4, 1], population.g_ap[0, 0, 4, 1] = chip.cell.g_p, chip.cell.g_ap
    population.defect[0, 0, 4, 1] = 0
    states = np.zeros(population.shape[1:], np.bool_)
    row = np.zeros((1, chip.geometry.rows), np.bool_)
    row[0, 4] = True
    full = FullArray(population, states, chip, half_voltage=0.4, measured_at=0.0)
    current = full.currents(0, np.array([0]), row)[0, 0]
    across = junction.junction_voltage(False, 0.3, 2000.0)
    assert current[1] == pytest.approx(float((0.3 - across) / 2000.0), rel=1e-10)
    assert np.abs(np.delete(current, 1)).max() == 0


def test_broken_lines_carry_nothing() -> None:
    population, states = dies(LOSSY)
    breaks = np.zeros(population.shape, np.bool_)
    breaks[0, 3, -1, 2] = True  # before the sense amplifier of column 2
    broken = dataclasses.replace(population, col_breaks=breaks)
    found = FullArray(broken, states, LOSSY).currents(0, KERNELS, reads())
    whole = FullArray(population, states, LOSSY).currents(0, KERNELS, reads())
    # What is left are differences of equal potentials.
    assert np.abs(found[2, :, 2]).max() < 1e-11 * whole.max()
    assert (whole[2, :, 2] > 0).all()
    assert np.array_equal(found[:2], whole[:2])


def test_reads_are_solved_alone_or_together() -> None:
    population, states = dies(LOSSY)
    full = FullArray(population, states, LOSSY)
    together = full.currents(0, KERNELS, reads())
    for number, kernel in enumerate(KERNELS):
        alone = full.currents(0, np.array([kernel]), reads()[4:5])
        assert np.allclose(alone[0, 0], together[number, 4], rtol=1e-11, atol=0)


@pytest.mark.parametrize("adc_bits", [1, 8])
def test_inference_by_linear_devices_solved_in_full_gives_the_codes_of_a_fine_die_image(adc_bits: int) -> None:
    rng = np.random.default_rng(0)
    network = dense_network(rng, input_bits=2, activation_bits=2)
    geometry = CHIP.geometry.replace(
        kernels=32, fraction_bits=12, activation_bits=2, threshold_depth=256, segment_depth=256, instruction_depth=512
    )
    chip = LOSSY.replace(
        geometry=geometry,
        sensing=CHIP.sensing.replace(adc_bits=adc_bits, offset_sigma=1.0, gain_sigma=0.02, noise_sigma=0.5),
    )
    compiled = compile_network(
        network, place(network, geometry), codes_per_weight=chip.codes_per_weight, adc_bits=adc_bits
    )
    population = sample_population(geometry, chip.cell, STATISTICS, 2, 1)
    image = make_die_image(population, compiled.states, geometry, chip.cell, chip.sensing, 7, wires=chip.wires)
    images = rng.integers(0, 4, (40, 17)).astype(np.uint8)
    full = FullArray(population, compiled.states, chip, 7, half_voltage=np.inf)
    by_image = infer(image, compiled, images, record=True)
    in_full = infer(image, compiled, images, record=True, full=full)
    assert by_image.codes is not None
    assert in_full.codes is not None
    # Entries are rounded to 1/4096 of a code: a code in a few hundred lies that near to an edge.
    differ = by_image.codes != in_full.codes
    first_layer = compiled.schedule.layers[0].reads
    assert differ[:, :, :first_layer].mean() < 0.005
    assert (by_image.classes == in_full.classes).mean() > 0.9
    # Another seed has other column errors; bias-dependent devices have other currents.
    other = infer(image, compiled, images, record=True, full=dataclasses.replace(full, seed=8))
    assert other.codes is not None
    assert (by_image.codes != other.codes)[:, :, :first_layer].mean() > 0.02


def test_full_dies_must_be_those_of_the_image() -> None:
    network = dense_network(np.random.default_rng(0))
    geometry = CHIP.geometry.replace(kernels=32)
    chip = CHIP.replace(geometry=geometry)
    compiled = compile_network(network, place(network, geometry), codes_per_weight=5.0, adc_bits=8)
    population = sample_population(geometry, chip.cell, STATISTICS, 2, 1)
    image = make_die_image(population, compiled.states, geometry, chip.cell, chip.sensing)
    full = FullArray(population.select([1, 0]), compiled.states, chip)
    with pytest.raises(ValueError, match=r"^full must be of the die image's dies, in their order$"):
        infer(image, compiled, np.zeros((1, 17), np.uint8), full=full)

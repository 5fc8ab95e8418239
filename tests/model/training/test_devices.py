# SPDX-License-Identifier: BSD-3-Clause
"""Devices of a given die are those of its image; drawn devices are those of the statistics, never drawn twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import sample_population
from spintile.model.golden import make_die_image
from spintile.model.training import NetworkSpec
from spintile.model.training.devices import Devices
from spintile.model.training.wiring import Wiring

from .array_networks import small_chip

SPEC = NetworkSpec.dense((11,), 5, output_copies=2)
CHIP = small_chip(sensing={"offset_sigma": 1.0, "gain_sigma": 0.05})


def wirings(chip: Chip) -> list[Wiring]:
    template, placement = SPEC.template((23,)), SPEC.placed((23,), chip.geometry)
    return [Wiring.of(*pair, chip.geometry) for pair in zip(template.layers, placement.layers, strict=True)]


def test_devices_of_dies_are_their_images_in_either_state() -> None:
    population = sample_population(CHIP.geometry, CHIP.cell, CHIP.statistics, 2, seed=1)
    found = Devices.of_population(population, CHIP, wirings(CHIP), seed=9)
    states = np.random.default_rng(1).random(population.shape[1:]) < 0.5
    image = make_die_image(population, states, CHIP.geometry, CHIP.cell, CHIP.sensing, 9)
    fraction = 1 << CHIP.geometry.fraction_bits
    for wiring, devices in zip(wirings(CHIP), found, strict=True):
        assert devices.plus_offset is not None
        assert devices.minus_offset is not None
        sides = (
            (devices.plus_p, devices.plus_ap, devices.plus_offset),
            (devices.minus_p, devices.minus_ap, devices.minus_offset),
        )
        written = wiring.devices(states)
        for die in range(2):
            rows = slice(die * wiring.slices, (die + 1) * wiring.slices)
            expected, offsets = wiring.devices(image.q[die] / fraction), wiring.columns(image.offset[die] / fraction)
            for side, (on, off, offset) in enumerate(sides):
                values = np.where(written[side], on[rows].numpy(), off[rows].numpy())
                assert np.array_equal(values, expected[side])
                assert np.array_equal(offset[rows].numpy(), offsets[side])


def test_with_wires_devices_are_those_among_neighbours_in_either_state() -> None:
    chip = small_chip().replace(wires=Wires(row_segment=20.0, col_segment=20.0))
    population = sample_population(chip.geometry, chip.cell, chip.statistics.replace(short=0.0), 1, seed=1)
    found = Devices.of_population(population, chip, wirings(chip), seed=0)[0]
    ideal = Devices.of_population(population, small_chip(), wirings(chip), seed=0)[0]
    states = np.random.default_rng(1).random(population.shape[1:]) < 0.5
    image = make_die_image(population, states, chip.geometry, chip.cell, chip.sensing, wires=chip.wires)
    wiring = wirings(chip)[0]
    exact, written = wiring.devices(image.q[0] / 256)[0], wiring.devices(states)[0]
    laid, without = (np.where(written, each.plus_p.numpy(), each.plus_ap.numpy()) for each in (found, ideal))
    error, ideal_error = np.abs(laid - exact).mean(), np.abs(without - exact).mean()
    # What is left is what other weights in the neighbourhood would change.
    assert error < 0.1 * ideal_error
    assert ideal_error > 0.03 * exact.mean()


def test_columns_without_offset_have_none() -> None:
    chip = small_chip()
    population = sample_population(chip.geometry, chip.cell, chip.statistics, 1, seed=1)
    assert Devices.of_population(population, chip, wirings(chip), seed=0)[0].plus_offset is None


def test_drawn_devices_are_as_often_defective_as_the_statistics_say() -> None:
    drawn = Devices.drawn(small_chip(), wirings(small_chip()), 300, 1, torch.Generator().manual_seed(1))[0]
    statistics = small_chip().statistics
    # 300 dies * 4 slices * 7 rows * 11 neurons: five standard errors of a rate of 3 % are 0.3 %.
    assert float((drawn.plus_p == 0).float().mean()) == pytest.approx(statistics.open, abs=0.003)
    stuck = (drawn.plus_p == drawn.plus_ap) & (drawn.plus_p > 0)
    rate = statistics.short + statistics.stuck_p + statistics.stuck_ap
    assert float(stuck.float().mean()) == pytest.approx(rate, abs=0.005)


def test_every_draw_is_another_and_a_generator_repeats_itself() -> None:
    def draws(seed: int) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        return [Devices.drawn(CHIP, wirings(CHIP), 1, 1, generator)[1].minus_ap for _ in range(2)]

    first, second = draws(1)
    assert not torch.equal(first, second)
    assert torch.equal(first, draws(1)[0])
    assert not torch.equal(first, draws(2)[0])


def test_a_population_of_the_same_seed_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def remember(geometry: object, cell: object, statistics: object, dies: list[int], seed: int) -> object:
        seen.extend(dies)
        return sample_population(CHIP.geometry, CHIP.cell, CHIP.statistics, dies, seed)

    monkeypatch.setattr("spintile.model.training.devices.sample_population", remember)
    Devices.drawn(CHIP, wirings(CHIP), 50, 1, torch.Generator().manual_seed(1))
    assert len(set(seen)) == 50
    assert min(seen) >= 1 << 31


def test_layers_share_the_errors_of_their_columns() -> None:
    chip = dataclasses.replace(CHIP, statistics=CHIP.statistics.replace(short=0.0))
    drawn = Devices.drawn(chip, wirings(chip), 1, 1, torch.Generator().manual_seed(1))
    offsets = [devices.plus_offset for devices in drawn]
    assert offsets[0] is not None
    assert offsets[1] is not None
    assert torch.equal(offsets[0][0, 0, :4], offsets[1][0, 0, :4])

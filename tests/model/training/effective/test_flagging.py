# SPDX-License-Identifier: BSD-3-Clause
"""Flags of drawn devices are those that self-test gives the same dies."""

from __future__ import annotations

import numpy as np
import torch
from spintile.model.dies import sample_population
from spintile.model.mapping import device_states
from spintile.model.programming import self_test_flags
from spintile.model.training import ArrayNetwork, NetworkSpec
from spintile.model.training.effective import flag_choices

from ..array_networks import small_chip

CHIP = small_chip()
SPEC = NetworkSpec.dense((9,), 4)


def both_ways(driven: float) -> tuple[np.ndarray, np.ndarray]:
    """Flags of the first layer's pairs (dies, slices, neurons, 2): by self-test, and by ``flag_choices``."""
    model = ArrayNetwork(SPEC, (23,), CHIP, seed=5)
    wiring = model.wirings[0]
    states = device_states(model.export(), SPEC.placed((23,), CHIP.geometry))
    population = sample_population(CHIP.geometry, CHIP.cell, CHIP.statistics, 12, 1)
    of_dies = self_test_flags(population, states, CHIP)
    kernel, column = wiring.kernel[:, 0], wiring.column
    wanted = np.stack([of_dies[:, kernel, column + side] for side in (0, 1)], -1)

    found = np.where(states, population.g_p, population.g_ap)
    row = wiring.row_index[:, np.newaxis]
    driven_rows = (wiring.sources.view(wiring.slices, 1, wiring.rows) < 23).numpy()
    plus, minus = (found[:, kernel[..., np.newaxis], row, (column + side)[:, np.newaxis]] for side in (0, 1))
    held = states[kernel[..., np.newaxis], row, column[:, np.newaxis]]
    nominal = np.where(held, 1, -1) * (CHIP.cell.g_p - CHIP.cell.g_ap) * driven_rows
    tensors = [torch.from_numpy(values * 1e6) for values in (plus * driven_rows, minus * driven_rows, nominal)]
    choice, _ = flag_choices(*tensors, (CHIP.cell.g_p + CHIP.cell.g_ap) * 1e6, driven)
    return wanted, np.stack([np.isin(choice.numpy(), (1, 3)), np.isin(choice.numpy(), (2, 3))], -1)


def test_flags_are_those_of_self_test() -> None:
    wanted, found = both_ways(0.5)
    assert wanted.any()
    assert np.array_equal(wanted, found)


def test_rows_driven_at_another_rate_give_other_flags() -> None:
    wanted, found = both_ways(0.02)
    assert not np.array_equal(wanted, found)


def test_every_row_may_have_a_rate_of_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    plus, minus = torch.rand(2, 6, 7, generator=generator)
    wanted = torch.where(torch.rand(6, 7, generator=generator) < 0.5, 0.4, -0.4)
    same = flag_choices(plus, minus, wanted, 1.5, 0.3)
    rows = flag_choices(plus, minus, wanted, 1.5, torch.full((7,), 0.3))
    assert torch.equal(same[0], rows[0])
    assert torch.allclose(same[1], rows[1])

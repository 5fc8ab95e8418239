# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
import torch
from spintile.model import array
from spintile.model.array import Wires
from spintile.model.training.array_torch import transfer_matrix

WIRES = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.0)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("resistances", [(2, 3, 40, 50), (2, 3, 0, 0), (0, 3, 5, 1), (2, 0, 5, 1), (0, 0, 0, 0)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 25), (2, 3, 25, 25)])
def test_float64_agrees_with_numpy(shape: tuple[int, ...], resistances: tuple[float, ...], two_sided: bool) -> None:
    generator = np.random.default_rng(0)
    conductance = 1 / generator.uniform(1e3, 2e4, shape)
    conductance[generator.random(shape) < 0.05] = 0.0
    conductance[generator.random(shape) < 0.02] = 1 / 20
    wires = Wires(*resistances, two_sided_rows=two_sided)
    expected = array.transfer_matrix(conductance, wires)
    found = transfer_matrix(torch.from_numpy(conductance), wires).numpy()
    assert np.abs(found - expected).max() <= 1e-10 * np.abs(expected).max()


def test_64x64_agrees_with_numpy() -> None:
    conductance = 1 / np.random.default_rng(0).uniform(1e3, 2e4, (64, 64))
    with pytest.warns(array.WireLossWarning):
        expected = array.transfer_matrix(conductance, WIRES)
    found = transfer_matrix(torch.from_numpy(conductance), WIRES).numpy()
    assert np.abs(found - expected).max() <= 1e-10 * expected.max()


def test_another_wire_is_seen_by_the_comparison() -> None:
    conductance = np.full((25, 25), 1e-4)
    expected = array.transfer_matrix(conductance, WIRES)
    found = transfer_matrix(torch.from_numpy(conductance), Wires(2.0, 3.0, 40.0, 50.001)).numpy()
    assert np.abs(found - expected).max() > 1e-10 * expected.max()


@pytest.mark.parametrize("two_sided", [False, True])
def test_gradients_are_those_of_finite_differences(two_sided: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    # In units of 1 mS, so that gradcheck's absolute steps are small ones; wires in kOhm.
    conductance = torch.rand((2, 4, 3), generator=generator, dtype=torch.float64)
    conductance[0, 1, 1] = 0.0
    conductance[1, 2, 0] = 50.0
    wires = Wires(0.02, 0.03, 0.4, 0.5, two_sided_rows=two_sided)
    inside = conductance + 1e-3  # a step below 0 S is outside of physics, not of the formula
    assert torch.autograd.gradcheck(lambda g: transfer_matrix(g, wires), (inside.requires_grad_(),))


def test_an_open_cell_has_a_gradient() -> None:
    conductance = torch.full((3, 3), 1e-3, dtype=torch.float64)
    conductance[1, 1] = 0.0
    conductance.requires_grad_()
    transfer_matrix(conductance, WIRES)[1, 1].backward()
    assert conductance.grad is not None
    assert conductance.grad[1, 1] > 0.5


def test_an_empty_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^conductance must have at least one .* \(3, 0\)$"):
        transfer_matrix(torch.ones(3, 0), WIRES)

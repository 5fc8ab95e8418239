# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Bias, LineBreaks, Nodal, Wires, crossbar, solve, transfer_matrix

WIRES = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.0)


def cells(*shape: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    conductance = 1 / generator.uniform(1e3, 2e4, shape)
    conductance[generator.random(shape) < 0.05] = 0.0
    conductance[generator.random(shape) < 0.02] = 1 / 20
    return conductance


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("access", [0.0, 1700.0])
@pytest.mark.parametrize(
    "resistances", [(2, 3, 40, 50), (2, 3, 0, 0), (0, 3, 5, 1), (2, 0, 5, 1), (0, 0, 5, 1), (0, 0, 0, 0)]
)
@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (5, 4), (25, 25)])
def test_conjugate_gradients_agree_with_nodal_analysis(
    shape: tuple[int, int], resistances: tuple[float, ...], access: float, two_sided: bool
) -> None:
    generator = np.random.default_rng(2)
    conductance, wires = cells(*shape), Wires(*resistances, two_sided_rows=two_sided)
    source = 1e-5 * generator.random((3, *shape)) * (conductance > 0)
    for share in (0.0, 0.4):
        bias = Bias.read(generator.random((3, shape[0])), shape[1], generator.random(shape[0]) < share)
        bias = Bias(bias.rows, generator.random((3, shape[1])), bias.floating_rows, bias.floating_cols)
        voltage, current = solve(conductance, wires, bias, cell_source=source, access_resistance=access)
        circuit = crossbar(conductance, wires, access_resistance=access or None)
        nodal = Nodal(circuit, np.concatenate([bias.floating_rows[0], bias.floating_cols[0]]))
        potential = nodal.potentials(np.concatenate([bias.rows, bias.cols], axis=1), source)
        expected = nodal.column_currents(potential, source)
        assert np.abs(current - expected).max() <= 1e-11 * np.abs(expected).max() + 1e-15
        ends = circuit.ends[circuit.cells]
        across = potential[:, ends[..., 0]] - potential[:, ends[..., 1]]
        assert np.abs(voltage - across)[:, conductance > 0].max() <= 1e-10


def test_column_currents_are_those_of_the_transfer_matrix_at_any_size() -> None:
    conductance = cells(96, 130)
    bias = Bias.read(np.random.default_rng(1).random((4, 96)), 130)
    with pytest.warns(UserWarning, match="wires take"):
        expected = bias.rows @ transfer_matrix(conductance, WIRES)
    current = solve(conductance, WIRES, bias)[1]
    assert np.abs(current - expected).max() <= 1e-11 * expected.max()


def test_kernels_and_inputs_broadcast() -> None:
    conductance = cells(2, 3, 5, 4)
    bias = Bias.read(np.random.default_rng(1).random((7, 1, 1, 5)), 4)
    voltage, current = solve(conductance, WIRES, bias)
    assert voltage.shape == (7, 2, 3, 5, 4)
    np.testing.assert_allclose(
        current, (bias.rows[..., np.newaxis, :] @ transfer_matrix(conductance, WIRES))[..., 0, :]
    )


def test_a_cell_that_differs_is_seen_by_the_comparison() -> None:
    conductance = cells(5, 4)
    bias = Bias.read(np.ones(5), 4)
    other = conductance.copy()
    other[3, 2] *= 1.001
    assert not np.allclose(solve(conductance, WIRES, bias)[1], solve(other, WIRES, bias)[1], rtol=1e-9, atol=0)


def test_nothing_flows_into_a_floating_column_and_a_cut_off_fragment_has_no_potential() -> None:
    conductance = np.full((3, 3), 1e-3)
    bias = Bias.select([True, False, False], [True, True, False], 0.3, "floating")
    current = solve(conductance, WIRES, bias)[1]
    assert current[2] == 0.0
    assert (current[:2] > 0).all()
    breaks = LineBreaks.none((3, 3))
    breaks.rows[1, 1] = True
    conductance[1, 1:] = 0.0
    voltage, current = solve(conductance, WIRES, Bias.read(np.ones(3), 3), breaks=breaks)
    assert np.isnan(voltage[1, 1:]).all()
    assert np.isfinite(current).all()


def test_a_bias_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^bias must have 3 rows and 4 columns, not 5 and 4$"):
        solve(np.ones((3, 4)), WIRES, Bias.read(np.ones(5), 4))

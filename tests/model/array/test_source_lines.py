# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Nodal, SourceLines, separate_source, separate_source_currents


@pytest.mark.parametrize("opposite", [True, False])
@pytest.mark.parametrize("resistances", [(2, 3, 4, 5), (0, 0, 0, 0), (2, 3, 0, 0), (0, 0, 4, 5), (2, 0, 0, 5)])
@pytest.mark.parametrize("shape", [(1, 1), (25, 9)])
def test_ladders_agree_with_nodal_analysis(
    shape: tuple[int, int], resistances: tuple[float, ...], opposite: bool
) -> None:
    generator = np.random.default_rng(0)
    conductance, lines = 1 / generator.uniform(1e3, 2e4, shape), SourceLines(*resistances, opposite_ends=opposite)
    conductance[generator.random(shape) < 0.05] = 0.0
    gates = generator.random((5, shape[0])) < 0.6
    found = separate_source_currents(conductance, gates, 0.1, lines)
    assert found.shape == (5, shape[1])
    terminals = np.concatenate([np.full(shape[1], 0.1), np.zeros(shape[1])])
    for pattern, current in zip(gates, found, strict=True):
        nodal = Nodal(separate_source(np.where(pattern[:, np.newaxis], conductance, 0.0), lines))
        expected = nodal.column_currents(nodal.potentials(terminals))
        assert np.abs(current - expected).max() <= 1e-11 * max(expected.max(), 1e-9)


def test_currents_of_rows_add_only_over_ideal_lines() -> None:
    conductance = 1 / np.random.default_rng(0).uniform(1e3, 2e4, (10, 3))
    every = np.ones(10, bool)
    for lines, adds in ((SourceLines(), True), (SourceLines(2.0, 2.0, 10.0, 10.0), False)):
        together = separate_source_currents(conductance, every, 0.1, lines)
        alone = separate_source_currents(conductance, np.eye(10, dtype=bool), 0.1, lines).sum(axis=0)
        assert np.allclose(together, alone, rtol=1e-12) is adds


def test_a_cell_of_0_ohm_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^conductance must be finite \[S\] with separate source lines"):
        separate_source_currents(np.full((2, 2), np.inf), [True, True], 0.1)

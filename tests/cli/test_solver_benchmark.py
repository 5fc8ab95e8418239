# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.cli.benchmarks import solver
from spintile.model.array import Nodal, Wires, crossbar


def nodal_currents(resistance: NDArray[np.float64], voltage: NDArray[np.float64]) -> NDArray[np.float64]:
    wires = Wires(*(solver.SEGMENT,) * 4)
    nodal = Nodal(crossbar(1 / resistance, wires))
    terminals = np.concatenate([voltage, np.zeros((len(voltage), resistance.shape[1]))], axis=1)
    return nodal.column_currents(nodal.potentials(terminals))


def test_a_case_reports_agreement_and_a_ratio_of_times() -> None:
    result = solver.measure_case(8, 6, 20, nodal_currents)
    assert (result["rows"], result["cols"], result["inputs"]) == (8, 6, 20)
    assert result["max_rel_error"] < 1e-11
    assert result["ratio"] == result["reference_seconds"] / result["seconds"] > 0


def test_a_reference_that_is_off_shows_in_the_error() -> None:
    result = solver.measure_case(8, 6, 20, lambda resistance, voltage: 1.001 * nodal_currents(resistance, voltage))
    assert result["max_rel_error"] > 1e-4


def test_the_population_is_measured_in_batches() -> None:
    result = solver.measure_population(dies=1)
    assert (result["kernels"], result["dies"]) == (32, 1)
    assert result["die_ratio"] == pytest.approx(
        result["kernels_per_second_die"] / result["kernels_per_second_single"], rel=1e-12
    )


def test_peak_memory_is_that_of_a_process_of_its_own() -> None:
    few, many = (solver.peak_growth("ours", 16, 16, inputs) for inputs in (100, 100_000))
    assert many - few > 0.9 * 100_000 * 16 * 8


def test_a_missing_competitor_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"^the solver benchmark needs badcrossbar 1\.1\.0: pip install "):
        solver.solver_benchmark(())

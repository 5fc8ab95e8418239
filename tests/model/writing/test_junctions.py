# SPDX-License-Identifier: BSD-3-Clause
"""Junctions behind conductances: what is measured stays, what is drawn has the spreads that it should."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.device import Pinhole, Variation, published, sample_junctions
from spintile.model.dies import Defect, DefectStatistics, Population, sample_population
from spintile.model.writing import Writing, junctions_of, nominal_junction

CHIP = Chip.preset("borders")
PROCESS = DefectStatistics(spread=0.0424, tmr_spread=0.02, short=0.01, open=0.01, stuck_p=0.01, pinhole=0.02)
DIES = sample_population(CHIP.geometry, CHIP.cell, PROCESS, 3, 2)
HEALTHY = DIES.defect == Defect.NONE


def junctions(population: Population = DIES, seed: int = 1, variation: Variation | None = None):  # type: ignore[no-untyped-def]
    return junctions_of(population, CHIP.cell, CHIP.sensing, CHIP.writing, variation or Variation(), seed)


def test_a_junction_conducts_at_the_read_voltage_what_its_cell_was_said_to() -> None:
    found = junctions()
    switches = HEALTHY | (DIES.defect == Defect.PINHOLE)
    for state, cells in ((True, DIES.g_p), (False, DIES.g_ap)):
        across = found.junction_voltage(state, CHIP.sensing.v_read, CHIP.cell.r_access)
        current = across * found.conductance(state, across)
        assert np.allclose((current / CHIP.sensing.v_read)[switches], cells[switches], rtol=1e-9)
    assert not np.allclose((current / CHIP.sensing.v_read)[switches], DIES.g_p[switches], rtol=1e-3)


def test_without_any_spread_every_junction_is_the_nominal_one() -> None:
    plain = sample_population(CHIP.geometry, CHIP.cell, DefectStatistics(), 1, 2)
    found = junctions(plain, variation=Variation(0, 0, 0, 0))
    nominal = nominal_junction(CHIP.cell, CHIP.writing)
    assert np.allclose(found.v_c0_to_p, nominal.v_c0_to_p)
    assert np.allclose(found.delta_ap, nominal.delta_ap)
    assert np.allclose(found.resistance_p(), CHIP.cell.r_p)


def test_critical_voltages_spread_as_published() -> None:
    # The dies have the spread of resistance that the variation's own RA and area give: then all of it is consistent.
    found = junctions()
    spread = np.std(np.log(found.v_c0_to_p[HEALTHY]))
    # 4.4 %, over 55,000 devices; the two halves of the test say how sharply.
    assert spread == pytest.approx(0.0438, rel=0.02)
    drawn = sample_junctions(published("mtj-40nm").junction, Variation(), (50_000,), 1)
    assert spread == pytest.approx(float(np.std(np.log(drawn.v_c0_to_p))), rel=0.02)
    assert np.std(np.log(junctions(variation=Variation(anisotropy=0.04)).v_c0_to_p[HEALTHY])) > 0.049


def test_resistance_and_area_go_together_as_in_junctions_drawn_from_the_process() -> None:
    found = junctions()
    drawn = sample_junctions(published("mtj-40nm").junction, Variation(), (50_000,), 1)

    def correlation(junction: object, where: object = slice(None)) -> float:
        resistance = np.log(junction.resistance_p())[where]  # type: ignore[attr-defined]
        return float(np.corrcoef(resistance, np.log(junction.diameter)[where])[0, 1])  # type: ignore[attr-defined]

    assert correlation(found, HEALTHY) == pytest.approx(correlation(drawn), abs=0.02)
    assert correlation(drawn) == pytest.approx(-0.707, abs=0.02)


def test_a_pinhole_needs_far_less_voltage() -> None:
    found = junctions()
    pinhole, factors = DIES.defect == Defect.PINHOLE, Pinhole()
    ratio = np.median(found.v_c0_to_p[pinhole]) / np.median(found.v_c0_to_p[HEALTHY])
    assert ratio == pytest.approx(factors.ra * factors.critical_current, rel=0.02)
    assert np.median(found.delta_p[pinhole]) == pytest.approx(np.median(found.delta_p[HEALTHY]), rel=0.02)


def test_junctions_of_a_die_do_not_depend_on_the_others() -> None:
    alone = junctions(DIES.select([2]))
    assert np.array_equal(alone.v_c0_to_p[0], junctions().v_c0_to_p[2])
    assert not np.array_equal(junctions(seed=2).v_c0_to_p, junctions().v_c0_to_p)


def test_measured_cells_that_conduct_more_than_their_transistor_are_still_junctions() -> None:
    wild = sample_population(CHIP.geometry, CHIP.cell, DefectStatistics(), 1, 2)
    wild.g_p[0, 0, 0, 0] = 2 / CHIP.cell.r_access
    wild.g_ap[0, 0, 0, 1] = wild.g_p[0, 0, 0, 1] * 1.1
    found = junctions(wild)
    assert np.isfinite(found.v_c0_to_p).all()
    assert (np.asarray(found.tmr) > 0).all()


def test_devices_that_pulses_do_not_write_have_no_junction() -> None:
    with pytest.raises(ValueError, match=r"^writing: the chip's devices are not written by pulses"):
        nominal_junction(CHIP.cell, Writing(junction=""))

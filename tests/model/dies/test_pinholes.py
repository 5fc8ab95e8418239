# SPDX-License-Identifier: BSD-3-Clause
"""Pinholes in populations: drawn at their rate from a stream of their own, conducting as junctions with a thread do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.device import Cell, Pinhole
from spintile.model.dies import Defect, DefectStatistics, load_population, sample_population, save_population
from spintile.model.dies.sampling import draw_defects
from spintile.model.geometry import preset

BORDERS, CELL = preset("borders"), Cell.preset("borders")
PROCESS = DefectStatistics(spread=0.05, tmr_spread=0.03, short=0.01, open=0.02, stuck_p=0.01, stuck_ap=0.01)


def test_dies_with_pinholes_are_the_same_dies_everywhere_else() -> None:
    plain = sample_population(BORDERS, CELL, PROCESS, 2, 7)
    threaded = sample_population(BORDERS, CELL, PROCESS.replace(pinhole=0.05), 2, 7)
    same = threaded.defect != Defect.PINHOLE
    assert not same.all()
    for name in ("g_p", "g_ap", "defect"):
        assert np.array_equal(getattr(plain, name)[same], getattr(threaded, name)[same])
    assert (plain.defect[~same] == Defect.NONE).all()


def test_the_rate_is_the_asked_one_beside_other_defects() -> None:
    dies = sample_population(BORDERS, CELL, PROCESS.replace(pinhole=0.03), 10, 7)
    count = int(dies.counts()["pinhole"].sum())
    cells = dies.defect.size
    # Five standard deviations of a binomial count.
    assert abs(count - 0.03 * cells) < 5 * np.sqrt(0.03 * cells)
    # A tenth more would be seen.
    assert abs(count - 0.033 * cells) > 5 * np.sqrt(0.033 * cells)


def test_a_pinhole_has_less_resistance_and_less_tmr_than_the_device_it_was() -> None:
    plain = sample_population(BORDERS, CELL, PROCESS, 1, 7)
    threaded = sample_population(BORDERS, CELL, PROCESS.replace(pinhole=0.05), 1, 7)
    where = threaded.defect == Defect.PINHOLE
    factors = Pinhole()

    def junction(conductance: np.ndarray) -> np.ndarray:
        return np.asarray(1 / conductance[where] - CELL.r_access)

    r_p = junction(threaded.g_p)
    assert np.allclose(r_p / junction(plain.g_p), factors.ra, rtol=1e-9)
    before = junction(plain.g_ap) / junction(plain.g_p) - 1
    assert np.allclose((junction(threaded.g_ap) / r_p - 1) / before, factors.tmr, rtol=1e-9)


def test_a_device_cannot_have_more_defects_than_there_are_devices() -> None:
    with pytest.raises(
        ValueError, match=r"^defect statistics: the sum of short, .*, pinhole must be at most 1, not 1.2"
    ):
        DefectStatistics(short=0.6, pinhole=0.6)
    everything = draw_defects((2, 5, 5), DefectStatistics(short=0.5, pinhole=0.5), 1, 0)
    assert set(np.unique(everything)) == {Defect.SHORT, Defect.PINHOLE}


def test_pinholes_survive_files(tmp_path: Path) -> None:
    process = PROCESS.replace(pinhole=0.02)
    process.save(tmp_path / "process.toml")
    assert DefectStatistics.load(tmp_path / "process.toml") == process
    dies = sample_population(preset("demo"), CELL, process, 2, 3)
    save_population(dies, tmp_path / "dies.nc")
    found = load_population(tmp_path / "dies.nc")
    assert np.array_equal(found.defect, dies.defect)
    assert found.counts()["pinhole"].sum() > 0

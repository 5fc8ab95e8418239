# SPDX-License-Identifier: BSD-3-Clause
"""Every number of the worked example in model/programming/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.dies import Defect, Population
from spintile.model.geometry import ReportKind
from spintile.model.programming import Report, make_array, program, recover

README = Path(__file__).resolve().parents[3] / "model" / "programming" / "README.md"
BORDERS = Chip.preset("borders")
CHIP = BORDERS.replace(
    geometry=BORDERS.geometry.replace(rows=2, cols=2, kernels=1, adc_bits=6),
    sensing=BORDERS.sensing.replace(adc_bits=6, pedestal=2.0),
    writing=BORDERS.writing.replace(levels_p=(1475, 1638), levels_ap=(1556, 1720), widths=(2, 4)),
)
WORDS = [0x23000000001B, 0x48000010003D, 0x44000400001B, 0x22000410000F]


def dies() -> Population:
    p, ap = CHIP.cell.g_p, CHIP.cell.g_ap
    return Population(
        g_p=np.array([[[[p, 2.3 * p], [p, p]]]]),
        g_ap=np.array([[[[ap, 2.3 * p], [p, ap]]]]),
        defect=np.array([[[[Defect.NONE, Defect.SHORT], [Defect.STUCK_P, Defect.NONE]]]], np.uint8),
        die_ids=np.array([0]),
    )


def written(population: Population) -> Report:
    array = make_array(CHIP, population, 1, initial=np.zeros((1, 1, 2, 2), bool))
    report = program(array, CHIP, "targets", np.array([[[True, False], [False, False]]]))
    assert array.state[0, 0].tolist() == [[True, False], [True, False]]
    return report


def test_codes_and_windows_are_those_of_the_example() -> None:
    siemens = 256 / CHIP.sensing.steps_per_siemens(CHIP.geometry, CHIP.cell)
    assert siemens * 1e6 == pytest.approx(8.865, abs=5e-4)
    assert CHIP.cell.g_p / siemens == pytest.approx(26.7, abs=0.05)
    assert CHIP.cell.g_ap / siemens == pytest.approx(15.3, abs=0.05)
    assert CHIP.writing.windows(CHIP.geometry, CHIP.cell, CHIP.sensing) == (21, 40, 8, 20)


def test_words_are_those_of_the_example() -> None:
    report = written(dies())
    assert report.words(0).tolist() == WORDS
    assert report.pulses is not None
    assert report.pulses.tolist() == [5]
    text = README.read_text(encoding="utf-8")
    assert all(f"{word:#015x}" in text for word in WORDS)


def test_a_healthy_cell_in_place_of_the_short_gives_other_words() -> None:
    population = dies()
    population.g_p[0, 0, 0, 1], population.g_ap[0, 0, 0, 1] = CHIP.cell.g_p, CHIP.cell.g_ap
    population.defect[0, 0, 0, 1] = Defect.NONE
    assert written(population).words(0).tolist() != WORDS


def test_the_characterisation_is_that_of_the_example() -> None:
    report = program(make_array(CHIP, dies(), 1), CHIP, "characterise")
    reads = report.decode().of_kind(ReportKind.READ)
    assert reads.value.tolist() == [27, 61, 27, 27, 15, 61, 27, 15]
    found = recover(report, CHIP)
    assert found.defect.ravel().tolist() == [Defect.NONE, Defect.SHORT, Defect.STUCK_P, Defect.NONE]
    assert found.g_p[0, 0, 0, 0] * 1e6 == pytest.approx(239, abs=0.5)
    assert found.g_ap[0, 0, 0, 0] * 1e6 == pytest.approx(133, abs=0.5)
    assert np.allclose([CHIP.cell.g_p * 1e6, CHIP.cell.g_ap * 1e6], [236.4, 135.7], atol=0.05)

# SPDX-License-Identifier: BSD-3-Clause
"""Conductances and classes that come back from codes."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from spintile.model.array import Wires, transfer_matrix
from spintile.model.chip import Chip
from spintile.model.dies import Defect, DefectStatistics, Population, sample_population
from spintile.model.programming import Region, classify, make_array, program, recover, undo_wires

BORDERS = Chip.preset("borders")
BAD = DefectStatistics(spread=0.05, short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01, pinhole=0.005)


def chip_of(bits: int = 8, kernels: int = 4, wires: Wires | None = None, **sensing: float) -> Chip:
    return BORDERS.replace(
        geometry=BORDERS.geometry.replace(adc_bits=bits, kernels=kernels),
        sensing=BORDERS.sensing.replace(adc_bits=bits, **sensing),
        wires=wires or Wires(),
        statistics=BAD,
    )


def dies_of(chip: Chip, dies: int = 2) -> Population:
    return sample_population(chip.geometry, chip.cell, chip.statistics, dies, 6)


def lsb(chip: Chip) -> float:
    return (1 << chip.geometry.fraction_bits) / chip.sensing.steps_per_siemens(chip.geometry, chip.cell)


def largest_error(chip: Chip, dies: Population, wires: Wires | None = None) -> float:
    """Of healthy cells [LSB]; ``wires`` are those that are undone."""
    report = program(make_array(chip, dies, 1), chip, "characterise")
    found = recover(report, chip if wires is None else chip.replace(wires=wires))
    healthy = (dies.defect == Defect.NONE) & (found.defect == Defect.NONE)
    both = ((found.g_p, dies.g_p), (found.g_ap, dies.g_ap))
    return max(float(np.abs(read - truth)[healthy].max()) for read, truth in both) / lsb(chip)


@pytest.mark.parametrize("strength", [6.0, 2.3])
def test_every_class_comes_back_at_eight_bits(strength: float) -> None:
    chip = chip_of()
    chip = chip.replace(statistics=BAD.replace(short_strength=strength))
    dies = dies_of(chip)
    found = recover(program(make_array(chip, dies, 1), chip, "characterise"), chip).confusion(dies)
    assert found.defects > 150
    assert found.precision == found.recall == 1.0
    assert found.of_class(Defect.PINHOLE) == (1.0, 1.0)


def test_a_map_that_is_wrong_in_one_cell_is_not_perfect() -> None:
    chip = chip_of(kernels=1)
    dies = dies_of(chip)
    found = recover(program(make_array(chip, dies, 1), chip, "characterise"), chip)
    defect = dies.defect.copy()
    defect[0, 0, 0, 0] = Defect.OPEN if defect[0, 0, 0, 0] != Defect.OPEN else Defect.SHORT
    assert found.confusion(dies).recall == 1.0
    assert found.confusion(defect).recall < 1.0


@pytest.mark.parametrize(
    "chip",
    [
        chip_of(),
        chip_of(12),
        chip_of(8, pedestal=6.0, offset_sigma=1.5),
        chip_of(12, 1, Wires(2.0, 2.0)),
        chip_of(12, 1, Wires(2.0, 2.0, col_sense=5.0)),
    ],
)
def test_healthy_conductances_come_back_within_one_code(chip: Chip) -> None:
    assert largest_error(chip, dies_of(chip, 1)) < 1.0


def test_wires_that_are_not_undone_are_seen() -> None:
    chip = chip_of(12, 1, Wires(2.0, 2.0))
    assert largest_error(chip, dies_of(chip, 1), Wires(1.0, 1.0)) > 1.0


def test_offsets_without_a_pedestal_are_seen() -> None:
    chip = chip_of(8, pedestal=0.0, offset_sigma=1.5)
    assert largest_error(chip, dies_of(chip, 1)) > 1.0


def test_conductances_are_half_a_percent_off_on_average_at_twelve_bits() -> None:
    chip = chip_of(12)
    dies = dies_of(chip)
    found = recover(program(make_array(chip, dies, 1), chip, "characterise"), chip)
    healthy = dies.defect == Defect.NONE
    for read, truth in ((found.g_p, dies.g_p), (found.g_ap, dies.g_ap)):
        assert np.mean(np.abs(read[healthy] / truth[healthy] - 1)) < 0.005
        assert np.mean(np.abs(1.006 * read[healthy] / truth[healthy] - 1)) > 0.005


def test_repeated_reads_average_noise() -> None:
    chip = chip_of(8, 2, pedestal=4.0, noise_sigma=0.5)
    dies = dies_of(chip, 1)
    errors = [largest_error(chip.replace(writing=chip.writing.replace(repeats=n)), dies) for n in (1, 32)]
    assert errors[1] < 0.8 < 1.5 < errors[0]


def test_wires_are_undone_exactly_where_nothing_is_rounded() -> None:
    dies = dies_of(chip_of(kernels=3))
    wires = Wires(2.0, 2.0, row_driver=10.0, col_sense=5.0)
    found = undo_wires(np.maximum(transfer_matrix(dies.g_p, wires), 0.0), wires)
    # 1e-9 of the largest: the iteration ends at 1e-10, and what opens conduct is left over.
    assert np.allclose(found, dies.g_p, rtol=1e-7, atol=1e-9 * dies.g_p.max())
    assert not np.allclose(undo_wires(np.maximum(transfer_matrix(dies.g_p, wires), 0.0), Wires()), dies.g_p, rtol=1e-2)


def test_undoing_wires_is_silent_about_what_they_take() -> None:
    wires = Wires(20.0, 20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = transfer_matrix(np.full((8, 8), 2e-4), wires)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.allclose(undo_wires(read, wires), 2e-4)


def test_wires_that_nothing_could_be_read_through_are_an_error() -> None:
    with pytest.raises(ArithmeticError, match=r"^conductances behind these wires must be found within 200 steps, and"):
        undo_wires(np.full((4, 4), 1e-3), Wires(2000.0, 2000.0))


def test_dies_without_a_healthy_device_are_classified_against_the_nominal_cell() -> None:
    chip = chip_of(kernels=1)
    cell = chip.cell
    shape = (3, 1, 25, 25)
    level = np.array([0.0, 6 * cell.g_p, cell.g_p]).reshape(3, 1, 1, 1)
    defect = classify(np.broadcast_to(level, shape), np.broadcast_to(level, shape), chip)
    assert [set(np.unique(die)) for die in defect] == [{Defect.OPEN}, {Defect.SHORT}, {Defect.STUCK_P}]


def test_a_shifted_die_is_classified_by_its_own_medians() -> None:
    chip = chip_of()
    dies = dies_of(chip)
    shifted = dataclasses.replace(dies, g_p=1.2 * dies.g_p, g_ap=1.2 * dies.g_ap)
    found = recover(program(make_array(chip, shifted, 1), chip, "characterise"), chip)
    assert found.confusion(shifted).recall == 1.0


def test_the_recovered_population_can_be_drawn_on() -> None:
    chip = chip_of(12)
    dies = dies_of(chip)
    found = recover(program(make_array(chip, dies, 1), chip, "characterise"), chip).to_population([4, 7])
    assert found.die_ids.tolist() == [4, 7]
    assert found.provenance["source"] == "characterisation"
    fixed = np.isin(found.defect, (Defect.SHORT, Defect.STUCK_P, Defect.STUCK_AP, Defect.OPEN))
    assert np.array_equal(found.g_p[fixed], found.g_ap[fixed])
    assert not found.g_p[found.defect == Defect.OPEN].any()


def test_a_report_that_misses_cells_is_refused() -> None:
    chip = chip_of(kernels=1)
    array = make_array(chip, dies_of(chip, 1), 1)
    part = program(array, chip, "characterise", region=Region(rows=(0, 23)))
    with pytest.raises(ValueError, match=r"every cell once after P was written, not 600 of 625 cells$"):
        recover(part, chip)
    read = program(array, chip, "read")
    with pytest.raises(ValueError, match=r"every cell once after AP was written, not 0 of 625 cells$"):
        recover(read, chip)
    with pytest.raises(ValueError, match=r"^report must be of geometry 'demo', not of 'borders'$"):
        recover(read, Chip.preset("demo"))

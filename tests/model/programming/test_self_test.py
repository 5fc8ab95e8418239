# SPDX-License-Identifier: BSD-3-Clause
"""Self-test flags the column that a pair's difference is better taken without, from what reading the array finds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_write_chips import dies_of, small
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import Defect, Population, ideal_population
from spintile.model.geometry import Geometry
from spintile.model.programming import (
    Characterisation,
    make_array,
    program,
    recover,
    self_test_flags,
    self_test_reads,
)

#: One kernel of 4 x 5: two pairs and a column without a partner.
CHIP = Chip.preset("borders").replace(
    geometry=Geometry(name="tiny", rows=4, cols=5, kernels=1, adc_bits=8), wires=Wires()
)
G_P, G_AP = CHIP.cell.g_p, CHIP.cell.g_ap
#: Weights of the pairs: + - + - and - - + +.
PLUS = np.array([[1, 0], [0, 0], [1, 1], [0, 1]], bool)
STATES = np.zeros((1, 4, 5), np.bool_)
STATES[0, :, 0:4:2], STATES[0, :, 1:4:2] = PLUS, ~PLUS


def die(*defects: tuple[int, int, float]) -> Population:
    """An ideal die but for cells (row, col) that conduct so many G_P in both states."""
    ideal = ideal_population(CHIP.geometry, CHIP.cell, 1)
    g_p, g_ap = ideal.g_p.copy(), ideal.g_ap.copy()
    for row, col, strength in defects:
        g_p[0, 0, row, col] = g_ap[0, 0, row, col] = strength * G_P
    return dataclasses.replace(ideal, g_p=g_p, g_ap=g_ap)


def flagged(*defects: tuple[int, int, float]) -> list[int]:
    return np.flatnonzero(self_test_flags(die(*defects), STATES, CHIP)[0, 0]).tolist()


def test_a_sound_die_has_no_flags() -> None:
    assert flagged() == []


@pytest.mark.parametrize("col", [0, 1, 2, 3])
@pytest.mark.parametrize("strength", [6.0, 2.3, 0.0])
def test_a_short_or_an_open_flags_its_column(col: int, strength: float) -> None:
    row = 0  # of weight + in pair 0, - in pair 1: a short in the column that is P there adds less than one in AP
    assert flagged((row, col, strength)) == [col]


def test_a_device_stuck_in_the_state_it_should_have_is_no_defect() -> None:
    assert flagged((0, 0, 1.0)) == []
    assert flagged((0, 1, 1.0)) == [1]  # stuck in P where AP is wanted


def test_shorts_in_both_columns_flag_both() -> None:
    assert flagged((0, 0, 6.0), (1, 1, 6.0)) == [0, 1]


def test_the_lesser_evil_is_left_alone() -> None:
    # G+ is G_P + 0.1 in one row, G- short: the difference from plus alone is wrong by 2 * 0.1 G_P and no more.
    assert flagged((0, 0, 1.1), (1, 1, 6.0)) == [1]


def test_the_rule_worked_by_hand() -> None:
    # Pair 0, row 1 of weight -1: plus conducts G_AP + s. e is s for none, 0 if plus is flagged (from minus alone),
    # 2 s if minus is flagged, G_P - G_AP and its like in every row for both.
    extra = 0.3 * (G_P - G_AP)
    devices = die((1, 0, (G_AP + extra) / G_P))
    assert np.flatnonzero(self_test_flags(devices, STATES, CHIP)[0, 0]).tolist() == [0]
    # Of rows that are never driven nothing is wrong: every choice costs 0, and none comes first.
    assert not self_test_flags(devices, STATES, CHIP, driven=0.0).any()


def test_rows_without_a_weight_do_not_count() -> None:
    states = STATES.copy()
    states[0, 3] = False
    devices = die((3, 0, 6.0))
    assert not self_test_flags(devices, states, CHIP).any()
    assert self_test_flags(devices, STATES, CHIP).any()


def test_every_die_may_hold_states_of_its_own() -> None:
    two = dataclasses.replace(
        die(),
        **{name: np.concatenate([getattr(die((0, 1, 1.0)), name)] * 2) for name in ("g_p", "g_ap", "defect")},
        die_ids=np.arange(2),
    )
    flags = self_test_flags(two, np.stack([STATES, ~STATES]), CHIP)
    assert flags[0, 0].tolist() == [False, True, False, False, False]
    assert not flags[1].any()  # there the cell is wanted in P, in which it is stuck


def test_a_wrong_conductance_would_be_seen() -> None:
    devices = die((0, 0, 6.0))
    order = [1, 0, 2, 3, 4]
    swapped = dataclasses.replace(devices, g_p=devices.g_p[..., order], g_ap=devices.g_ap[..., order])
    assert not np.array_equal(self_test_flags(devices, STATES, CHIP), self_test_flags(swapped, STATES, CHIP))


def test_states_and_probabilities_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^states must have \(kernels, rows, cols\) = \(1, 4, 5\) or "):
        self_test_flags(die(), STATES[:, :3], CHIP)
    with pytest.raises(ValueError, match=r"^driven must be from 0 to 1, not 1.5$"):
        self_test_flags(die(), STATES, CHIP, driven=1.5)
    with pytest.raises(ValueError, match=r"^self-test needs converters of at least 2 bits, not 1$"):
        self_test_reads(die(), CHIP.replace(sensing=CHIP.sensing.replace(adc_bits=1), repair_mode="none"))


@pytest.mark.parametrize("ohm", [0.0, 2.0])
def test_reading_the_array_finds_most_flags_that_the_truth_gives(ohm: float) -> None:
    chip = Chip.preset("borders").replace(wires=Wires(row_segment=ohm, col_segment=ohm))
    dies = dies_of(chip, 2)
    states = np.random.default_rng(0).random((chip.geometry.kernels, 25, 25)) < 0.5
    states[:, :, 1:24:2] = ~states[:, :, 0:23:2]
    truth = self_test_flags(dies, states, chip)
    found = self_test_flags(self_test_reads(dies, chip), states, chip)
    bad = np.isin(dies.defect, (Defect.SHORT, Defect.OPEN)).any(axis=2)
    bad[..., 24] = False
    # Shorts and opens are what matters; a column between two choices that err alike may fall either way.
    assert (found[bad] == truth[bad]).mean() > 0.9
    assert (found[bad]).mean() > 0.8
    assert bad.any()


def test_a_characterisation_of_the_write_controller_serves_as_well() -> None:
    chip = small(repeats=8)
    dies = dies_of(chip, 2)
    states = np.zeros((2, 4, 5), np.bool_)
    states[:, :, 0:4:2] = True
    found = recover(program(make_array(chip, dies, 1), chip, "characterise"), chip)
    assert isinstance(found, Characterisation)
    truth = self_test_flags(dies, states, chip)
    assert (self_test_flags(found, states, chip) == truth).mean() > 0.8
    assert truth.any()


def test_both_ways_of_reading_say_what_their_conductances_are_multiples_of() -> None:
    truth, chip = die(), CHIP
    array = make_array(chip, truth, seed=2)
    read = recover(program(array, chip, "characterise"), chip)
    for found in (read, self_test_reads(truth, chip)):
        assert found.resolution == pytest.approx(
            chip.sensing.lsb_current(chip.geometry, chip.cell) / chip.sensing.v_read
        )
        assert found.to_population().resolution == found.resolution
        assert found.provenance == {"geometry": "tiny"}

# SPDX-License-Identifier: BSD-3-Clause
"""What pulses do to states."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.array import Bias, BiasDependentTmr, Wires, operating_point
from spintile.model.chip import Chip
from spintile.model.device import Variation, switching_probability
from spintile.model.dies import Defect, DefectStatistics, Population, ideal_population, sample_population
from spintile.model.philox import philox, uniform
from spintile.model.writing import WriteArray, Writing, nominal_junction

BORDERS, GOODWILL = Chip.preset("borders"), Chip.preset("goodwill")
NO_SPREAD = Variation(0, 0, 0, 0)


def array_of(
    chip: Chip, population: Population, seed: int = 1, state: bool | None = None, **more: object
) -> WriteArray:
    initial = None if state is None else np.full(population.shape, state)
    wires = more.pop("wires", Wires())
    return WriteArray(
        population,
        chip.cell,
        chip.sensing,
        chip.writing,
        wires,
        seed,
        initial=initial,
        **more,  # type: ignore[arg-type]
    )


def whole(array: WriteArray, toward_p: bool, volts: float, width: float = 10.0, dies: object = 0) -> None:
    """One pulse on every row of kernel 0."""
    _, _, rows, cols = array.shape
    for row in range(rows):
        array.pulse(dies, 0, np.arange(rows) == row, np.ones(cols, bool), toward_p, volts, width)  # type: ignore[arg-type]


@pytest.mark.parametrize(("toward_p", "volts"), [(True, 1.0), (True, 1.2), (False, 1.1), (False, 1.3)])
def test_pulses_flip_as_many_cells_as_the_device_says(toward_p: bool, volts: float) -> None:
    dies = ideal_population(BORDERS.geometry.replace(kernels=1), BORDERS.cell, 40)
    array = array_of(BORDERS, dies, state=not toward_p, variation=NO_SPREAD)
    whole(array, toward_p, volts, dies=np.arange(40))
    junction = nominal_junction(BORDERS.cell, BORDERS.writing).replace(tmr=float(array.junction.tmr.flat[0]))  # type: ignore[union-attr]
    signed = volts if toward_p else -volts
    across = junction.junction_voltage(not toward_p, signed, BORDERS.cell.r_access)
    chance = float(switching_probability(junction, not toward_p, across, 10.0))
    cells = array.state.size
    flipped = np.count_nonzero(array.state == toward_p)
    five_sigma = 5 * np.sqrt(chance * (1 - chance) * cells)
    assert 0.02 < chance < 0.98
    assert abs(flipped - chance * cells) < five_sigma
    # A cell without its transistor in series would see far more.
    bare = float(switching_probability(junction, not toward_p, signed, 10.0))
    assert abs(flipped - bare * cells) > five_sigma


def test_the_outcome_is_the_counter_s_and_no_other() -> None:
    dies = ideal_population(BORDERS.geometry.replace(kernels=2, rows=3, cols=4), BORDERS.cell, 1)
    array = array_of(BORDERS, dies, seed=(9 << 32) + 5, state=False, variation=NO_SPREAD)
    for _ in range(3):
        before = array.state.copy()
        array.pulse(0, 1, np.array([False, True, False]), np.ones(4, bool), True, 1.0, 10.0)
    chance = float(
        switching_probability(
            array.junction.select((0, 1, 1, 0)),
            False,
            array.junction.select(  # type: ignore[union-attr]
                (0, 1, 1, 0)
            ).junction_voltage(False, 1.0, BORDERS.cell.r_access),
            10.0,
        )
    )  # type: ignore[union-attr]
    for col in range(4):
        cell = (1 * 3 + 1) * 4 + col
        w0, w1, *_ = philox((cell, 2, 0, 0x57524954), (5, 0))
        u = ((int(w0) >> 5) * 2**26 + (int(w1) >> 6)) / 2**53
        assert array.state[0, 1, 1, col] == (before[0, 1, 1, col] or u < chance)
        assert u == float(uniform((cell, 2, 0, 0x57524954), (5, 0)))
    assert array.pulses[0, 1, 1].tolist() == [3] * 4
    assert array.pulses.sum() == 12


def test_a_pulse_into_the_state_that_there_is_changes_nothing() -> None:
    dies = sample_population(BORDERS.geometry, BORDERS.cell, BORDERS.statistics, 1, 1)
    array = array_of(BORDERS, dies, state=True)
    for _ in range(5):
        whole(array, True, 3.3, 100.0)
    assert np.array_equal(array.state, array.initial)
    whole(array, False, 2.0, 100.0)
    assert not np.array_equal(array.state, array.initial)


def test_shorts_opens_and_stuck_devices_keep_their_states_and_conductances() -> None:
    process = DefectStatistics(short=0.1, open=0.1, stuck_p=0.1, stuck_ap=0.1)
    dies = sample_population(BORDERS.geometry.replace(kernels=1), BORDERS.cell, process, 2, 1)
    array = array_of(BORDERS, dies)
    before = array.conductance()
    defective = dies.defect != Defect.NONE
    for toward_p in (False, True):
        whole(array, toward_p, 2.5, 100.0, np.arange(2))
        assert np.array_equal(array.state[defective], array.initial[defective])
        assert np.array_equal(array.conductance()[defective], before[defective])
        assert (array.state[~defective][array.pulses[~defective] > 0] == toward_p).all()
    assert array.state[dies.defect == Defect.STUCK_P].all()
    assert not array.state[dies.defect == Defect.STUCK_AP].any()


def test_initial_states_are_random_and_a_die_s_own() -> None:
    dies = sample_population(BORDERS.geometry, BORDERS.cell, DefectStatistics(), 3, 1)
    array = array_of(BORDERS, dies)
    assert 0.48 < array.initial.mean() < 0.52
    assert np.array_equal(array_of(BORDERS, dies.select([2])).initial[0], array.initial[2])
    assert not np.array_equal(array.initial[0], array.initial[1])
    assert array_of(BORDERS, dies, state=True).initial.all()


def test_gated_cells_of_other_rows_columns_and_kernels_see_nothing() -> None:
    dies = sample_population(BORDERS.geometry, BORDERS.cell, DefectStatistics(), 1, 1)
    array = array_of(BORDERS, dies, state=False)
    array.pulse(0, 3, np.arange(25) == 4, np.arange(25) < 5, True, 2.5, 100.0)
    meant = np.zeros(array.shape, bool)
    meant[0, 3, 4, :5] = True
    assert np.array_equal(array.pulses > 0, meant)
    assert np.array_equal(array.state, meant)


def test_half_selected_cells_see_half_and_may_be_disturbed() -> None:
    geometry = GOODWILL.geometry.replace(kernels=1)
    array = array_of(GOODWILL, ideal_population(geometry, GOODWILL.cell, 1), state=False, variation=NO_SPREAD)
    row, col = np.arange(15) == 4, np.arange(15) == 6
    # At 1.1 V the selected cell is sure to switch, and half of it is 0.73 of the critical voltage.
    array.pulse(0, 0, row, col, True, 1.1, 50.0)
    crossed = row[:, None] | col[None, :]
    assert np.array_equal(array.pulses[0, 0] > 0, crossed)
    assert array.state[0, 0, 4, 6]
    # 28 cells are half-selected, each with a chance of a third or so.
    assert 3 < array.state[0, 0][crossed].sum() < 29
    assert not array.state[0, 0][~crossed].any()
    third = dataclasses.replace(GOODWILL, writing=GOODWILL.writing.replace(scheme="third"))
    array = array_of(third, ideal_population(geometry, GOODWILL.cell, 1), state=False, variation=NO_SPREAD)
    for _ in range(20):
        array.pulse(0, 0, row, col, True, 1.1, 50.0)
    assert array.pulses.all()
    assert array.state.sum() == 1


def test_a_pulse_the_other_way_disturbs_the_other_state() -> None:
    geometry = GOODWILL.geometry.replace(kernels=1)
    array = array_of(GOODWILL, ideal_population(geometry, GOODWILL.cell, 1), state=True, variation=NO_SPREAD)
    row, col = np.arange(15) == 4, np.arange(15) == 6
    array.pulse(0, 0, row, col, False, 1.1, 50.0)
    assert not array.state[0, 0, 4, 6]
    assert 3 < (~array.state).sum() < 29


@pytest.mark.parametrize("chip", [BORDERS, GOODWILL])
def test_next_to_ideal_wires_are_ideal_wires(chip: Chip) -> None:
    process = DefectStatistics(0.05, short=0.1, open=0.1)
    dies = sample_population(chip.geometry.replace(kernels=1, rows=5, cols=6), chip.cell, process, 8, 1)
    row, col = np.arange(5) == 2, np.ones(6, bool)
    states = []
    for wires in (Wires(), Wires(1e-9, 1e-9), Wires(300.0, 300.0)):
        array = array_of(chip, dies, state=False, wires=wires)
        array.pulse(np.arange(8), 0, row, col, True, 1.0 if chip is BORDERS else 0.6, 50.0)
        states.append(array.state[:, 0, 2])
    assert 0 < states[0].sum() < states[0].size
    assert np.array_equal(states[0], states[1])
    assert not np.array_equal(states[0], states[2])


def test_voltages_behind_wires_are_those_of_the_full_solve() -> None:
    dies = ideal_population(BORDERS.geometry.replace(kernels=1, rows=6, cols=5), BORDERS.cell, 1)
    wires = Wires(20.0, 20.0)
    array = array_of(BORDERS, dies, state=False, variation=NO_SPREAD, wires=wires)
    row, col = np.arange(6) == 2, np.array([1, 0, 1, 1, 0], bool)
    across = array._solve(np.array([0]), 0, Bias.select(row, col, 1.5, "grounded"), col[np.newaxis])[0]
    junction = array.junction.select((0, 0))  # type: ignore[union-attr]
    law = BiasDependentTmr(np.where(col, junction.resistance_p(), np.inf), junction.tmr, junction.v_half)
    exact, _ = operating_point(
        law, wires, Bias.select(row, col, 1.5, "grounded"), access_resistance=BORDERS.cell.r_access
    )
    assert np.allclose(across[:, col], np.nan_to_num(exact)[:, col], rtol=1e-9, atol=1e-12)
    # The wires take their part, the far end of the row most.
    alone = float(junction.select((0, 0)).junction_voltage(False, 1.5, BORDERS.cell.r_access))
    assert across[2, 3] < across[2, 0] < alone


def test_cells_beyond_a_break_of_their_row_see_nothing() -> None:
    dies = ideal_population(BORDERS.geometry.replace(kernels=2, rows=4, cols=4), BORDERS.cell, 1)
    rows = np.zeros(dies.shape, bool)
    rows[0, 0, 1, 2] = True
    expected = np.ones((4, 4), bool)
    expected[1, 2:] = False
    for wires in (Wires(), Wires(1.0, 1.0)):
        array = array_of(BORDERS, dataclasses.replace(dies, row_breaks=rows), state=False, wires=wires)
        whole(array, True, 2.5, 100.0)
        assert np.array_equal(array.state[0, 0], expected)
        assert array.independent is False


def test_a_column_beyond_its_break_floats_between_its_rows() -> None:
    dies = ideal_population(BORDERS.geometry.replace(kernels=1, rows=4, cols=4), BORDERS.cell, 1)
    cols = np.zeros(dies.shape, bool)
    cols[0, 0, 0, 0] = True  # the cell of row 0 alone is on the fragment: no current can leave it
    cols[0, 0, 2, 1] = True  # three cells share the fragment: two thirds of the voltage fall across the driven one
    array = array_of(BORDERS, dataclasses.replace(dies, col_breaks=cols), state=False)
    array.pulse(0, 0, np.arange(4) == 0, np.ones(4, bool), True, 2.5, 100.0)
    assert array.state[0, 0, 0].tolist() == [False, True, True, True]
    assert not array.state[0, 0, 1:].any()
    # The other rows' cells saw a third of it, the other way round: too little to flip P to AP here.
    assert array.pulses[0, 0, 1, 1] == 1


def test_a_broken_die_changes_nothing_on_the_dies_beside_it() -> None:
    plain = sample_population(
        BORDERS.geometry.replace(kernels=1, rows=4, cols=5), BORDERS.cell, BORDERS.statistics, 2, 3
    )
    rows = np.zeros(plain.shape, bool)
    rows[0, 0, 0, 0] = True
    broken = dataclasses.replace(plain, row_breaks=rows)
    states = []
    for population in (plain, broken):
        array = array_of(BORDERS, population)
        for toward_p in (True, False, True):
            whole(array, toward_p, 1.1, 10.0, np.arange(2))
        states.append((array.state, array.pulses))
    assert np.array_equal(states[0][0][1], states[1][0][1])
    assert np.array_equal(states[0][1][1], states[1][1][1])
    assert not np.array_equal(states[0][0][0], states[1][0][0])


def test_several_dies_at_once_are_the_dies_one_by_one() -> None:
    for chip, wires in ((BORDERS, Wires()), (BORDERS, Wires(5.0, 5.0)), (GOODWILL, Wires(2.0, 2.0))):
        dies = sample_population(chip.geometry.replace(kernels=1, rows=4, cols=5), chip.cell, chip.statistics, 4, 3)
        together, apart = array_of(chip, dies, wires=wires), array_of(chip, dies, wires=wires)
        rng = np.random.default_rng(1)
        for _ in range(6):
            row, cols, toward_p = int(rng.integers(4)), rng.random((3, 5)) < 0.5, bool(rng.integers(2))
            chosen = np.array([3, 0, 2])
            volts = 1.1 if chip is BORDERS else 0.75
            together.pulse(chosen, 0, np.arange(4) == row, cols, toward_p, volts, 10.0)
            for die, mask in reversed(list(zip(chosen, cols, strict=True))):
                apart.pulse(int(die), 0, np.arange(4) == row, mask, toward_p, volts, 10.0)
        assert np.array_equal(together.state, apart.state)
        assert np.array_equal(together.pulses, apart.pulses)


def test_no_voltage_is_no_pulse() -> None:
    dies = ideal_population(BORDERS.geometry, BORDERS.cell, 1)
    for wires in (Wires(), Wires(1.0, 1.0)):
        array = array_of(BORDERS, dies, wires=wires)
        array.pulse(0, 0, np.ones(25, bool), np.ones(25, bool), True, 0.0, 10.0)
        assert not array.pulses.any()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kernel": 32}, r"^kernel must be from 0 to 31, not 32$"),
        ({"die": 1}, r"^die must be from 0 to 0, not \[1\]$"),
        ({"volts": 3.4}, r"^pulse: volts must be from 0 to 3.3 \[V\], not 3.4$"),
        ({"volts": float("nan")}, r"^pulse: volts must be from 0 to 3.3 \[V\], not nan$"),
        ({"width_ns": -1.0}, r"^pulse: width_ns must be a non-negative time \[ns\], not -1.0$"),
        ({"rows": np.ones(24, bool)}, r"^pulse: rows must have shape \(25,\) or \(1, 25\), not \(24,\)$"),
    ],
)
def test_a_pulse_that_makes_no_sense_is_refused(arguments: dict[str, object], sentence: str) -> None:
    array = array_of(BORDERS, ideal_population(BORDERS.geometry, BORDERS.cell, 1))
    every = {"die": 0, "kernel": 0, "rows": np.ones(25, bool), "cols": np.ones(25, bool)}
    every |= {"toward_p": True, "volts": 1.0, "width_ns": 10.0}
    with pytest.raises(ValueError, match=sentence):
        array.pulse(**(every | arguments))  # type: ignore[arg-type]


def test_an_array_that_makes_no_sense_is_refused() -> None:
    dies = ideal_population(BORDERS.geometry, BORDERS.cell, 2)
    with pytest.raises(
        ValueError, match=r"^initial must have \(dies, kernels, rows, cols\) = \(2, 32, 25, 25\), not \("
    ):
        WriteArray(dies, BORDERS.cell, BORDERS.sensing, BORDERS.writing, initial=np.ones((32, 25, 25), bool))
    with pytest.raises(ValueError, match=r"^seed must be a non-negative integer, not -1$"):
        array_of(BORDERS, dies, seed=-1)
    array = WriteArray(dies, BORDERS.cell, BORDERS.sensing, Writing(junction=""))
    with pytest.raises(ValueError, match=r"^writing: the chip's devices are not written by pulses \(writing.junction"):
        array.pulse(0, 0, np.ones(25, bool), np.ones(25, bool), True, 1.0, 10.0)


def test_a_level_at_which_barriers_break_is_warned_of() -> None:
    dies = ideal_population(BORDERS.geometry, BORDERS.cell, 1)
    array_of(BORDERS, dies)
    high = BORDERS.replace(writing=BORDERS.writing.replace(levels_p=(2650,) * 8))
    with pytest.warns(
        UserWarning, match=r"^writing: 3.23 V across a cell leaves 1.99 V across a nominal junction in AP, "
    ):
        array_of(high, dies)

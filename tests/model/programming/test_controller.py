# SPDX-License-Identifier: BSD-3-Clause
"""The vectorised controller gives word for word what a plain one gives that works cell by cell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from plain_controller import PlainController
from small_write_chips import dies_of, small
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import Defect, Population
from spintile.model.geometry import Outcome
from spintile.model.programming import OPERATIONS, Region, Report, WriteCommand, make_array, program, run_command

SHORT_LEVELS = {"levels_p": (900, 1229), "levels_ap": (1000, 1393), "widths": (1, 1)}
PASSIVE = {"levels_p": (590, 700), "levels_ap": (590, 700), "widths": (20, 20), "passes": 3}

CASES: dict[str, Chip] = {
    "gated": small(**SHORT_LEVELS),
    "gated, one cell at a time, read first": small(**SHORT_LEVELS, single=True, read_first=True),
    "gated, more passes": small(**SHORT_LEVELS, passes=3),
    "gated, resistive wires": small(kernels=1, rows=3, **SHORT_LEVELS, passes=2).replace(wires=Wires(40.0, 30.0)),
    "passive, half": small("goodwill", kernels=1, rows=3, cols=4, **PASSIVE),
    "passive, half, all cells of a row at once": small("goodwill", 1, 3, 4, **PASSIVE, single=False),
    "passive, third, resistive wires": small("goodwill", 1, 3, 3, **PASSIVE, scheme="third").replace(
        wires=Wires(20.0, 20.0)
    ),
    "passive, floating": small("goodwill", 1, 3, 3, **PASSIVE | {"passes": 2}, scheme="floating"),
}


def plainly(
    chip: Chip, population: Population, op: str, targets: np.ndarray | None, region: Region, number: int
) -> tuple[list[np.ndarray], list[int], np.ndarray]:
    words, pulses, states = [], [], []
    for die in range(population.dies):
        array = make_array(chip, population.select([die]), 3)
        controller = PlainController(array, chip, number)
        controller.run(op, targets, *(range(part.start, part.stop) for part in region.of(chip.geometry)))
        words.append(np.array(controller.words, np.uint64))
        pulses.append(controller.pulses)
        states.append(array.state[0])
    return words, pulses, np.stack(states)


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("name", CASES)
def test_words_pulses_and_states_are_those_of_the_plain_controller(name: str, op: str) -> None:
    chip = CASES[name]
    if "resistive" in name or "floating" in name:
        population = dies_of(chip, 2)
    else:
        population = dies_of(chip)
    rng = np.random.default_rng(1)
    targets = rng.random(population.shape[1:]) < 0.5 if op == "targets" else None
    region = Region(rows=(1, chip.geometry.rows - 1), cols=(0, chip.geometry.cols - 2))
    chip = chip.replace(writing=chip.writing.replace(repeats=2))
    array = make_array(chip, population, 3)
    report = program(array, chip, op, targets, region, command=70_001)
    words, pulses, states = plainly(chip, population, op, targets, region, 70_001)
    for die in range(population.dies):
        assert np.array_equal(report.words(die), words[die])
    assert report.pulses is not None
    assert report.pulses.tolist() == pulses
    assert np.array_equal(array.state, states)


@pytest.mark.parametrize("name", ["gated", "passive, half"])
def test_broken_lines_are_written_and_read_as_by_the_plain_controller(name: str) -> None:
    chip = CASES[name]
    population = dies_of(chip)
    rows, cols = np.zeros(population.shape, bool), np.zeros(population.shape, bool)
    rows[0, 0, 1, 2] = cols[1, 0, 1, 1] = True
    broken = dataclasses.replace(population, row_breaks=rows, col_breaks=cols)
    array = make_array(chip, broken, 3)
    report = program(array, chip, "characterise")
    words, _, states = plainly(chip, broken, "characterise", None, Region(), 0)
    whole = program(make_array(chip, population, 3), chip, "characterise")
    for die in range(3):
        assert np.array_equal(report.words(die), words[die])
        assert np.array_equal(whole.words(die), words[die]) == (die == 2)
    assert np.array_equal(array.state, states)


def test_the_comparison_notices_one_cell_one_window_and_one_command() -> None:
    chip = CASES["gated"]
    population = dies_of(chip)
    words, _, _ = plainly(chip, population, "characterise", None, Region(), 0)
    window = chip.writing.windows(chip.geometry, chip.cell, chip.sensing, chip.wires)
    wrong_window = chip.replace(writing=chip.writing.replace(p_low=window.p_low + 3))
    other_cell = dataclasses.replace(population, g_p=population.g_p.copy())
    healthy = tuple(np.argwhere(population.defect == Defect.NONE)[7])
    other_cell.g_p[healthy] *= 1.2
    for other, dies, number in ((chip, population, 1), (wrong_window, population, 0), (chip, other_cell, 0)):
        report = program(make_array(other, dies, 3), other, "characterise", command=number)
        assert any(not np.array_equal(report.words(die), words[die]) for die in range(3))


@pytest.mark.parametrize("name", ["gated", "passive, half", "gated, resistive wires"])
def test_a_die_is_written_alike_in_any_batch(name: str) -> None:
    chip = CASES[name]
    population = dies_of(chip, 4)
    together = make_array(chip, population, 3)
    report = program(together, chip, "characterise")
    for part in ([2], [3, 1], [0, 1, 2]):
        array = make_array(chip, population.select(part), 3)
        alone = program(array, chip, "characterise")
        for place, die in enumerate(part):
            assert np.array_equal(alone.words(place), report.words(die))
            assert np.array_equal(array.state[place], together.state[die])
            assert np.array_equal(array.pulses[place], together.pulses[die])


def test_the_order_of_kernels_changes_nothing_but_the_order_of_words() -> None:
    chip = small(kernels=3, **SHORT_LEVELS)
    population = dies_of(chip)
    whole, apart = make_array(chip, population, 3), make_array(chip, population, 3)
    report = program(whole, chip, "all_p")
    parts = [program(apart, chip, "all_p", region=Region(kernels=(k, k))) for k in (2, 0, 1)]
    assert np.array_equal(report.words(1), np.concatenate([parts[k].words(1) for k in (1, 2, 0)]))
    assert np.array_equal(whole.state, apart.state)


def test_another_seed_or_die_gives_other_outcomes() -> None:
    chip = CASES["gated"]
    population = dies_of(chip)
    first = program(make_array(chip, population, 3), chip, "all_p")
    second = program(make_array(chip, population, 4), chip, "all_p")
    assert any(not np.array_equal(first.words(die), second.words(die)) for die in range(3))


def test_cells_outside_of_the_region_are_left_alone() -> None:
    chip = CASES["gated"]
    array = make_array(chip, dies_of(chip), 3)
    program(array, chip, "all_p", region=Region((1, 1), (1, 2), (2, 3)))
    inside = np.zeros(array.shape, bool)
    inside[:, 1, 1:3, 2:4] = True
    assert np.array_equal(array.state[~inside], array.initial[~inside])
    assert not array.pulses[~inside].any()
    assert array.pulses[inside].all()


def test_a_command_is_the_same_as_its_parts() -> None:
    chip = CASES["gated"]
    targets = np.random.default_rng(2).random((2, 4, 5)) < 0.5
    command = WriteCommand("targets", targets, rows=(0, 1))
    first = run_command(make_array(chip, dies_of(chip), 3), chip, command, 4)
    second = program(make_array(chip, dies_of(chip), 3), chip, "targets", targets, Region(rows=(0, 1)), 4)
    assert np.array_equal(first.words(2), second.words(2))


def test_columns_that_are_short_and_dies_that_are_open_are_reported_as_that() -> None:
    chip = small(**SHORT_LEVELS)
    population = dies_of(chip)
    defect, g_p, g_ap = population.defect.copy(), population.g_p.copy(), population.g_ap.copy()
    defect[0, :, :, 1], g_p[0, :, :, 1], g_ap[0, :, :, 1] = Defect.SHORT, 6 * chip.cell.g_p, 6 * chip.cell.g_p
    defect[1], g_p[1], g_ap[1] = Defect.OPEN, 0.0, 0.0
    population = dataclasses.replace(population, defect=defect, g_p=g_p, g_ap=g_ap)
    array = make_array(chip, population, 3)
    table = program(array, chip, "all_ap").decode()
    assert set(table.outcome[(table.die == 0) & (table.col == 1)]) == {Outcome.SHORT}
    assert set(table.outcome[table.die == 1]) == {Outcome.OPEN}
    assert np.array_equal(array.state[1], array.initial[1])


def test_progress_comes_to_its_end() -> None:
    chip = CASES["passive, half"]
    seen: list[tuple[int, int]] = []
    program(make_array(chip, dies_of(chip, 1), 3), chip, "read", progress=lambda done, all_: seen.append((done, all_)))
    assert seen == [(1, 1)]


NAN = np.full((2, 4, 5), np.nan)


@pytest.mark.parametrize(
    ("op", "arguments", "sentence"),
    [
        ("erase", {}, r"^program: op must be one of targets, all_p, all_ap, read, characterise, not 'erase'$"),
        ("targets", {}, r"^program: targets must be given for op 'targets'$"),
        ("all_p", {"targets": NAN}, r"^program: targets must not be given for op 'all_p'$"),
        ("targets", {"targets": np.ones((2, 4, 6), bool)}, r"^program: targets must have \(kernels, rows, cols\) = "
         r"\(2, 4, 5\) or \(dies, ...\) = \(3, 2, 4, 5\), not \(2, 4, 6\)$"),
        ("targets", {"targets": NAN}, r"^program: targets must be 0 \(AP\) or 1 \(P\), not nan$"),
        ("targets", {"targets": np.full((2, 4, 5), 2)}, r"^program: targets must be 0 \(AP\) or 1 \(P\), not 2$"),
        ("read", {"region": Region(kernels=(0, 2))}, r"^region: kernels must be from 0 to 1, not 0 to 2$"),
        ("read", {"command": -1}, r"^program: command must be a non-negative integer, not -1$"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_one_line(op: str, arguments: dict[str, object], sentence: str) -> None:
    chip = CASES["gated"]
    array = make_array(chip, dies_of(chip), 3)
    with pytest.raises(ValueError, match=sentence):
        program(array, chip, op, **arguments)  # type: ignore[arg-type]
    assert np.array_equal(array.state, array.initial)


def test_devices_that_pulses_do_not_write_are_refused_but_can_be_read() -> None:
    chip = small("drolet")
    array = make_array(chip, dies_of(chip), 3)
    with pytest.raises(ValueError, match=r"^writing: the chip's devices are not written by pulses \(writing.junction"):
        program(array, chip, "all_p")
    assert isinstance(program(array, chip, "read"), Report)


def test_a_converter_of_one_bit_cannot_verify() -> None:
    chip = small()
    chip = chip.replace(sensing=chip.sensing.replace(adc_bits=1), repair_mode="none")
    with pytest.raises(ValueError, match=r"^writing: the converters must tell one P device from an AP one, not read"):
        program(make_array(chip, dies_of(chip), 3), chip, "read")


def test_an_array_of_another_chip_is_refused() -> None:
    array = make_array(CASES["gated"], dies_of(CASES["gated"]), 3)
    with pytest.raises(
        ValueError, match=r"^array must have \(kernels, rows, cols\) = \(32, 25, 25\), not \(2, 4, 5\)$"
    ):
        program(array, Chip.preset("borders"), "read")

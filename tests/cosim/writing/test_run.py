# SPDX-License-Identifier: BSD-3-Clause
"""The RTL programs, reads and characterises dies at its pins exactly as the golden model does, on both simulators."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed_tools import engine_or_skip
from spintile.cosim.design import periphery_verilog
from spintile.cosim.job import Disturbance
from spintile.cosim.simulate import SimulationError, read_results
from spintile.cosim.writing.job import ProgramJob
from spintile.cosim.writing.run import ProgramOutcome, run_program
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import sample_population
from spintile.model.geometry import Geometry, ReportKind
from spintile.model.programming import WriteCommand, make_array, run_command
from writing_cases import SHARED, WIDE, chip, job, targets

#: Few short steps: half-selection still disturbs, and pulses take few cycles.
STEPS: dict[str, Any] = {"levels_p": (640, 700, 760), "levels_ap": (640, 700, 760), "widths": (3, 3, 5)}
ROUGH = Disturbance(result_pause=0.4, stall=0.3, reset_after=83, soft_reset_after=61, abort_after=97)


def must_agree(given: ProgramJob, engine: str, **settings: Any) -> ProgramOutcome:
    """Words, counters and states are all compared and equal."""
    result = run_program(given, engine_or_skip(engine), **settings)
    assert result.passed, result.message
    words = sum(len(die) for command in result.words for die in command)
    assert result.compared["words"] == words > 0
    assert result.compared["states"] == given.population.g_p.size
    assert result.compared["counters"] == 2 * given.dies * len(given.commands)
    return result


@pytest.mark.parametrize("engine", ["verilator", "icarus"])
@pytest.mark.parametrize(
    "on",
    [
        chip(SHARED),
        chip(SHARED, noise=1.0, read_first=True, passes=3, repeats=3),
        chip(WIDE, adc_bits=12, single=True, setup_cycles=0),
    ],
    ids=["plain", "noisy", "single"],
)
def test_rtl_and_golden_model_agree_word_for_word(on: Chip, engine: str) -> None:
    result = must_agree(job(on), engine)
    assert result.pulses > 0
    assert len(result.states) == 2


@pytest.mark.parametrize("engine", ["verilator", "icarus"])
def test_pauses_stalls_and_dropped_attempts_change_nothing(engine: str) -> None:
    quiet, rough = job(chip(SHARED)), job(chip(SHARED), disturbance=ROUGH)
    must_agree(rough, engine, seed=5)
    if engine == "verilator":
        # Without noise, what the number of the command is does not matter either.
        calm, disturbed = run_program(quiet, "verilator"), run_program(rough, "verilator", seed=6)
        assert np.array_equal(calm.states, disturbed.states)
        for one, other in zip(calm.words, disturbed.words, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
        assert disturbed.cycles > calm.cycles


def test_half_selected_cells_of_passive_arrays_are_disturbed_alike() -> None:
    region: dict[str, Any] = {"kernels": (0, 0), "rows": (0, 2)}
    failed = {}
    for scheme in ("half", "grounded", "floating"):
        on = chip(SHARED, preset="goodwill", scheme=scheme, passes=2, **STEPS)
        result = must_agree(job(on, WriteCommand("targets", targets(SHARED), **region), dies=1), "verilator")
        failed[scheme] = result.counters[0][0][0]
    # Grounded columns leave the whole voltage on every other cell of the row.
    assert failed["grounded"] > failed["half"]


@pytest.mark.parametrize("preset", ["borders", "goodwill"])
def test_wires_reach_pulses_and_reads_alike(preset: str) -> None:
    steps = STEPS if preset == "goodwill" else {}
    on = chip(SHARED, preset=preset, passes=2, **steps).replace(wires=Wires(2.0, 2.0, 10.0, 10.0))
    region: dict[str, Any] = {"kernels": (0, 0), "rows": (0, 2), "cols": (0, 6)}
    given = job(on, WriteCommand("characterise", **region), dies=1)
    wired = must_agree(given, "verilator")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ideal = run_program(given.replace(chip=on.replace(wires=Wires())), "verilator")
    assert not np.array_equal(wired.words[0][0], ideal.words[0][0])


def test_states_left_and_told_are_those_that_were_wanted() -> None:
    on = chip(SHARED)
    given = job(on)
    result = must_agree(given, "verilator")
    table = result.reports[0].decode()
    assert set(table.kind.tolist()) == {int(ReportKind.PROGRAM)}
    good = table.where(table.outcome == 0)
    wanted = given.commands[0].targets
    assert wanted is not None
    assert len(good.die) > 0.8 * len(table.die)
    assert np.array_equal(result.states[good.die, good.kernel, good.row, good.col][good.kernel == 0],
                          wanted[good.kernel, good.row, good.col][good.kernel == 0])  # fmt: skip
    assert not np.array_equal(result.states, result.initial_states)
    outside = np.ones(given.population.shape, np.bool_)
    outside[:, :3] = False
    assert np.array_equal(result.states[outside], result.initial_states[outside])


def test_dies_do_not_depend_on_which_simulation_they_are_in() -> None:
    given = job(chip(SHARED, noise=1.0), dies=3)
    one = must_agree(given, "verilator")
    two = must_agree(given, "verilator", jobs=2)
    assert np.array_equal(one.states, two.states)
    assert all(
        np.array_equal(a, b) for x, y in zip(one.words, two.words, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_two_kernels_of_the_default_chip() -> None:
    on = Chip.preset("borders")
    population = sample_population(on.geometry, on.cell, on.statistics, 1, 1)
    given = ProgramJob(on, population, 1, (WriteCommand("characterise", kernels=(30, 31)),))
    result = must_agree(given, "verilator")
    assert result.compared["words"] == 2 * 2 * (625 + 25 + 625)


def test_results_and_progress_are_written(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    result = must_agree(
        job(chip(SHARED)),
        "icarus",
        folder=tmp_path,
        waves=True,
        progress=lambda done, all_: told.append((done, all_)),
    )
    assert told[-1] == (6, 6)
    saved = json.loads((tmp_path / "program.json").read_text())
    assert saved["passed"] is True
    assert saved["difference"] is None
    assert saved["message"] == result.message
    assert saved["counters"][0][0] == dict(zip(("failed", "pulses"), result.counters[0][0], strict=True))
    assert list((tmp_path / "simulation").glob("waves.*"))
    assert read_results(tmp_path / "results.xml") == (2, ())
    assert (tmp_path / "build.log").is_file()


def test_auto_takes_a_simulator_that_is_there() -> None:
    engine_or_skip("verilator")
    assert run_program(job(chip(SHARED), WriteCommand("read", kernels=(0, 0)), dies=1)).engine == "verilator"


def test_an_array_that_differs_from_the_contract_is_told(tmp_path: Path) -> None:
    result = run_program(job(chip(SHARED), array="own_writable_array:reluctant"), engine_or_skip("verilator"))
    assert not result.passed
    assert result.difference is not None
    assert (result.difference.die, result.difference.command, result.difference.kernel) == (0, 0, 0)


def test_the_readmes_array_runs_and_without_its_difference_agrees() -> None:
    here = Path(__file__).parent
    example = (here / "own_writable_array.py").read_text().split("# --- example ---")[1].split("# --- end ---")[0]
    assert example.strip() in (here.parents[2] / "cosim" / "README.md").read_text()
    must_agree(job(chip(SHARED), array="own_writable_array:willing"), "verilator")


def test_an_array_without_pulses_keeps_its_states() -> None:
    given = job(chip(SHARED), array="own_writable_array:frozen")
    result = run_program(given, engine_or_skip("verilator"))
    assert not result.passed
    assert np.array_equal(result.states, result.initial_states)
    assert result.pulses > 0
    array = make_array(given.chip, given.population, given.seed)
    read = run_command(array, given.chip, given.commands[2], 2)
    assert np.array_equal(result.words[2][0], read.words(0))


def test_an_array_that_fails_is_an_error_that_says_why() -> None:
    with pytest.raises(SimulationError, match="own array has no kernel 0"):
        run_program(job(chip(SHARED), array="own_writable_array:broken"), engine_or_skip("verilator"))


def stuck_output(port: str, value: str) -> str:
    """The periphery with an output that always has the same value."""
    top, end, rest = periphery_verilog(SHARED).partition("endmodule")
    cut, count = re.subn(rf"(\.\S+ ?\([^)]*)\b{port}\b", rf"\1open__{port}", top)
    assert count
    return f"{cut}  assign {port} = {value};\n{end}{rest}"


@pytest.mark.parametrize(
    ("pin", "value", "said"),
    [
        ("pulse", "1'h0", "lines must be in a write mode, or float, only with pulse, not select 0b1"),
        ("level", "12'h005", "every line must rest while no kernel is selected, not select 0b0"),
        ("gate", "15'h7fff", "every line must rest while no kernel is selected, not select 0b0"),
        ("select", "12'h003", "select must be one-hot or 0, not 0b11"),
    ],
)
def test_a_pin_that_breaks_the_protocol_ends_the_run_and_is_named(pin: str, value: str, said: str) -> None:
    broken = stuck_output(f"array__{pin}", value)
    result = run_program(job(chip(SHARED)), engine_or_skip("icarus"), verilog=broken)
    assert not result.passed
    assert result.error.startswith(said)
    assert said in result.message


def test_a_report_without_an_end_is_a_hang() -> None:
    given = job(chip(SHARED), WriteCommand("read", kernels=(0, 0), rows=(0, 0)), dies=1)
    result = run_program(given, engine_or_skip("icarus"), verilog=stuck_output("report__tlast", "1'h0"))
    assert result.error == "command must go on, and has not for 2008 cycles"
    # All its words had come.
    assert result.mismatches["words"] == 0
    assert not result.passed


@pytest.mark.parametrize(("rows", "cols", "kernels", "bits"), [(1, 2, 1, 4), (2, 40, 2, 6)])
def test_the_smallest_chip_and_one_with_wide_rows(rows: int, cols: int, kernels: int, bits: int) -> None:
    shape = Geometry(name="odd", rows=rows, cols=cols, kernels=kernels, adc_bits=bits, activation_depth=128)
    on = chip(shape, adc_bits=bits)
    given = job(on, WriteCommand("targets", targets(shape)), WriteCommand("characterise"))
    assert must_agree(given, "icarus").pulses > 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"jobs": 0}, "jobs must be at least 1, not 0"),
        ({"waves": True}, "waves must have a folder to go to"),
        ({"engine": "spice"}, "engine must be one of auto, verilator, icarus, not 'spice'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run_program(job(chip(SHARED)), **settings)

# SPDX-License-Identifier: BSD-3-Clause
"""One simulator process: its verdict, and one clear sentence for each way in which it can go wrong."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from needed_tools import engine_or_skip
from spintile.cosim.build import SimulatorBuild, build_simulator
from spintile.cosim.simulate import SimulationError, SimulationRun, junit_xml, read_results, simulate, simulate_together

HERE = Path(__file__).parent
STUB = (HERE / "sar_stub.v").read_text()


def run(engine: str, folder: Path, waves: bool = False, **settings: str) -> SimulationRun:
    build = build_simulator(STUB, "sar_stub", engine_or_skip(engine), waves=waves)
    path = os.pathsep.join([str(HERE), *sys.path])
    return simulate(build, "sar_bench", folder, environment={"PYTHONPATH": path, **settings}, waves=waves, timeout=120)


@pytest.mark.parametrize("engine", ["icarus", "verilator"])
@pytest.mark.parametrize("stall", ["", "0.3"], ids=["back to back", "array not ready"])
def test_the_pins_protocol_gives_the_contracts_codes(engine: str, stall: str, tmp_path: Path) -> None:
    done = run(engine, tmp_path, STUB_STALL=stall)
    assert (done.tests, done.failures) == (1, ())


@pytest.mark.parametrize("engine", ["icarus", "verilator"])
def test_a_wrong_expectation_turns_it_red(engine: str, tmp_path: Path) -> None:
    done = run(engine, tmp_path, STUB_FAULT="code")
    assert len(done.failures) == 1
    assert done.failures[0].startswith("codes_are_those_of_the_contract: read 20: ")


def test_waves_are_written_on_request(tmp_path: Path) -> None:
    done = run("icarus", tmp_path, waves=True)
    assert done.waves is not None
    assert done.waves.stat().st_size > 500


def test_waves_need_a_build_that_can_write_them(tmp_path: Path) -> None:
    build = build_simulator(STUB, "sar_stub", engine_or_skip("icarus"))
    with pytest.raises(ValueError, match="build must be able to write waveforms"):
        simulate(build, "sar_bench", tmp_path, waves=True)


def test_a_simulation_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    build = build_simulator(STUB, "sar_stub", engine_or_skip("icarus"))
    path = os.pathsep.join([str(HERE), *sys.path])
    endless = {"PYTHONPATH": path, "STUB_READS": "1000000000"}
    with pytest.raises(SimulationError, match=r"icarus must finish within 3 s, and has not \(log: .*simulation\.log\)"):
        simulate(build, "sar_bench", tmp_path, environment=endless, timeout=3)


def crashing(folder: Path, script: str) -> SimulatorBuild:
    """A Verilator build whose simulator is a shell script."""
    build = SimulatorBuild("verilator", folder, "sar_stub")
    build.program.write_text(f"#!/bin/sh\n{script}\n")
    build.program.chmod(0o755)
    return build


def test_a_crash_is_told_with_its_last_words(tmp_path: Path) -> None:
    build = crashing(tmp_path, "echo 'Aborted: out of luck'; exit 134")
    with pytest.raises(
        SimulationError, match=r"verilator ended with status 134 and no results: Aborted: out of luck \(log"
    ):
        simulate(build, "sar_bench", tmp_path / "run")


def test_a_crash_after_green_results_is_a_crash(tmp_path: Path) -> None:
    results = tmp_path / "run" / "results.xml"
    green = '<testsuites><testsuite><testcase name=\\"t\\"/></testsuite></testsuites>'
    with pytest.raises(SimulationError, match="verilator ended with status 139"):
        simulate(crashing(tmp_path, f'echo "{green}" > {results}; exit 139'), "sar_bench", tmp_path / "run")


def test_a_run_without_tests_is_no_success(tmp_path: Path) -> None:
    results = tmp_path / "run" / "results.xml"
    with pytest.raises(SimulationError, match="verilator found no test to run in sar_bench"):
        simulate(crashing(tmp_path, f'echo "<testsuites/>" > {results}'), "sar_bench", tmp_path / "run")


def test_half_a_results_file_is_an_error(tmp_path: Path) -> None:
    results = tmp_path / "run" / "results.xml"
    with pytest.raises(SimulationError, match="in the middle of its results"):
        simulate(crashing(tmp_path, f'echo "<testsuites><te" > {results}'), "sar_bench", tmp_path / "run")


def test_failures_are_read_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "results.xml"
    path.write_text(
        '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure error_msg="x must be 1&#10;more"/>'
        '</testcase><testcase name="c"><error message="crash"/></testcase></testsuite></testsuites>'
    )
    assert read_results(path) == (3, ("b: x must be 1", "c: crash"))


def test_what_is_written_as_junit_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "results.xml"
    path.write_bytes(junit_xml("suite", [("die 0", "", "{}"), ("die 1", "code must be 1, not 2 & more", "")]))
    assert read_results(path) == (2, ("die 1: code must be 1, not 2 & more",))
    assert 'tests="2" failures="1"' in path.read_text()


def test_simulations_together_give_their_results_in_order() -> None:
    told: list[bool] = []
    both_run = threading.Barrier(2, timeout=60)

    def run_one(number: int) -> Callable[[Callable[[], None]], int]:
        def one(poll: Callable[[], None]) -> int:
            poll()
            both_run.wait()
            return number

        return one

    assert simulate_together([run_one(0), run_one(1)], lambda: told.append(True)) == [0, 1]
    assert told


def test_the_first_error_stops_the_other_simulations() -> None:
    began, stopped = threading.Event(), threading.Event()

    def fails(poll: Callable[[], None]) -> None:
        began.wait(60)
        raise SimulationError("crashed")

    def goes_on(poll: Callable[[], None]) -> None:
        began.set()
        try:
            while True:
                poll()
        except SimulationError:
            stopped.set()
            raise

    with pytest.raises(SimulationError, match="crashed"):
        simulate_together([goes_on, fails])
    assert stopped.is_set()

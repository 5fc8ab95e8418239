# SPDX-License-Identifier: BSD-3-Clause
"""One run of one simulator with one cocotb module in it: a process, its environment, its time limit, its verdict."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .build import SimulatorBuild
from .tools import find_icarus, find_libpython, find_verilator, require

__all__ = ["SimulationError", "SimulationRun", "junit_xml", "simulate", "simulate_together"]

_T = TypeVar("_T")


class SimulationError(RuntimeError):
    """A simulator crashed, hung or gave no verdict; the message is one line and names the log."""


@dataclass(frozen=True)
class SimulationRun:
    """What one run left.

    Parameters
    ----------
    results : Path
        JUnit XML that cocotb wrote.
    failures : tuple of str
        What each failed test said, one line each; empty if all passed.
    tests : int
        Tests that ran.
    log : Path
        What the simulator printed.
    waves : Path or None
        Waveforms, if they were asked for.
    seconds : float
        Wall-clock time of the process.
    """

    results: Path
    failures: tuple[str, ...]
    tests: int
    log: Path
    waves: Path | None
    seconds: float


def simulate(
    build: SimulatorBuild,
    module: str,
    folder: Path,
    *,
    test: str | None = None,
    environment: Mapping[str, str] | None = None,
    seed: int = 0,
    waves: bool = False,
    timeout: float = 3600.0,
    poll: Callable[[], None] | None = None,
) -> SimulationRun:
    """Run a cocotb module in a simulator.

    Parameters
    ----------
    build : SimulatorBuild
        The simulator.
    module : str
        Import name of the cocotb module.
    folder : Path
        Where log, results and waveforms go.
    test : str, optional
        Regular expression of the tests to run; all unless given.
    environment : mapping, optional
        More variables for the process.
    seed : int
        Seed of cocotb's random numbers.
    waves : bool
        Write waveforms; the build must be able to.
    timeout : float
        Seconds after which the process is ended.
    poll : callable, optional
        Called some times a second while the process runs.

    Raises
    ------
    SimulationError
        If the process crashes, takes too long or leaves no results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results, log_path = folder / "results.xml", folder / "simulation.log"
    results.unlink(missing_ok=True)
    started = time.monotonic()
    with log_path.open("w") as log:
        process = subprocess.Popen(
            _command(build, waves),
            cwd=folder,
            env={**_environment(build, module, results, seed, test), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    if poll is not None:
                        poll()
                    if time.monotonic() - started > timeout:
                        raise SimulationError(
                            f"{build.engine} must finish within {timeout:g} s, and has not (log: {log_path})"
                        ) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    seconds = time.monotonic() - started
    if not results.is_file():
        raise SimulationError(
            f"{build.engine} ended with status {code} and no results: {_last_words(log_path)} (log: {log_path})"
        )
    try:
        tests, failures = read_results(results)
    except ElementTree.ParseError:
        raise SimulationError(
            f"{build.engine} ended with status {code} in the middle of its results (log: {log_path})"
        ) from None
    if code and not failures:
        raise SimulationError(f"{build.engine} ended with status {code}: {_last_words(log_path)} (log: {log_path})")
    if not tests:
        raise SimulationError(f"{build.engine} found no test to run in {module} (log: {log_path})")
    return SimulationRun(results, failures, tests, log_path, folder / build.waves_file if waves else None, seconds)


def simulate_together(
    runs: Sequence[Callable[[Callable[[], None]], _T]], tell: Callable[[], None] | None = None
) -> list[_T]:
    """Several simulations at once; the first error, or the user's interrupt, ends all of them.

    Parameters
    ----------
    runs : sequence of functions
        Each runs one simulation, to whose ``poll`` it passes on what it is given, and returns what it found.
    tell : callable, optional
        Called some times a second while they run, and once when they are done: for progress.

    Returns
    -------
    list
        What each found, in order.
    """
    stop = threading.Event()

    def poll() -> None:
        if stop.is_set():
            raise SimulationError("stopped, because another simulation failed")

    with ThreadPoolExecutor(max_workers=len(runs)) as pool:
        try:
            running = [pool.submit(run, poll) for run in runs]
            pending = set(running)
            while pending:
                finished, pending = wait(running, timeout=0.3, return_when=FIRST_EXCEPTION)
                for future in finished:
                    if future.exception() is not None:
                        future.result()
                if tell is not None:
                    tell()
            return [future.result() for future in running]
        finally:
            stop.set()


def junit_xml(suite: str, cases: Sequence[tuple[str, str, str]]) -> bytes:
    """JUnit XML of one suite.

    Parameters
    ----------
    suite : str
        Its name.
    cases : sequence of (name, failure, output)
        Its cases; the failure in one line, empty for one that passed.
    """
    tree = ElementTree.Element("testsuite", name=suite)
    for name, failure, output in cases:
        case = ElementTree.SubElement(tree, "testcase", classname="spintile.cosim", name=name)
        if failure:
            ElementTree.SubElement(case, "failure", message=failure)
        if output:
            ElementTree.SubElement(case, "system-out").text = output
    tree.set("tests", str(len(cases)))
    tree.set("failures", str(sum(bool(failure) for _, failure, _ in cases)))
    root = ElementTree.Element("testsuites")
    root.append(tree)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def read_results(path: Path) -> tuple[int, tuple[str, ...]]:
    """Number of tests in a JUnit file, and one line for each that failed."""
    failures = []
    tests = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        tests += 1
        for kind in ("failure", "error"):
            for node in case.findall(kind):
                said = node.get("error_msg") or node.get("message") or (node.text or "").strip() or kind
                failures.append(f"{case.get('name')}: {said.strip().splitlines()[0]}")
    return tests, tuple(failures)


def _command(build: SimulatorBuild, waves: bool) -> list[str]:
    from cocotb_tools import config

    if waves and not build.waves:
        raise ValueError("build must be able to write waveforms (waves=True), not without them")
    if build.engine == "verilator":
        return [str(build.program), *(["--trace", "--trace-file", build.waves_file] if waves else [])]
    vvp = shutil.which("vvp") or str(Path(require(find_icarus()).source).with_name("vvp"))
    form = "-fst" if build.waves_file.endswith(".fst") else "-vcd"
    plusargs = ["+waves", form] if waves else ["-none"]
    return [vvp, "-n", "-m", config.lib_entry("vpi", "icarus"), str(build.program), *plusargs]


def _environment(build: SimulatorBuild, module: str, results: Path, seed: int, test: str | None) -> dict[str, str]:
    from cocotb_tools import config

    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("COCOTB_", "GPI_", "PYTEST_"))
    }
    environment |= {
        "COCOTB_TOPLEVEL": build.top,
        "COCOTB_TEST_MODULES": module,
        "COCOTB_RESULTS_FILE": str(results.resolve()),
        "COCOTB_RANDOM_SEED": str(seed),
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_ANSI_OUTPUT": "0",
        "COCOTB_REWRITE_ASSERTION_FILES": "",
        "TOPLEVEL_LANG": "verilog",
        "GPI_USERS": f"{require(find_libpython()).source};{config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "PATH": os.environ.get("PATH", "") + os.pathsep + str(config.libs_dir),
        # One simulation is one thread; more BLAS threads only fight for the processor.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if test is not None:
        environment["COCOTB_TEST_FILTER"] = test
    if build.engine == "verilator":
        environment["COCOTB_TRUST_INERTIAL_WRITES"] = "1"
        environment |= find_verilator().environment
    return environment


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"

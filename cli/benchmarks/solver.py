# SPDX-License-Identifier: BSD-3-Clause
"""The array solver against badcrossbar: time, peak memory and agreement, and the gain of solving many kernels at once.

Both compute column currents of the same resistive arrays for the same inputs, in one thread and in one process, taking
turns. Times are processor time, so that other load on the machine weighs on both alike; the shortest of several counts.
badcrossbar is told to leave out everything but the column currents. Peak memory is measured in a process of its own for
each of the two: what its resident set grows by during the call.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...model.array import WireLossWarning, Wires, transfer_matrix
from ...model.device import Cell
from ...model.dies import DefectStatistics, sample_population
from ...model.geometry import preset

Floats = NDArray[np.float64]
#: (rows, cols, inputs) of the comparison.
CASES = ((25, 25, 10_000), (64, 64, 2_000), (128, 128, 1_000))
#: Of every wire segment, driver and sense amplifier: the one value that badcrossbar knows [Ohm].
SEGMENT = 2.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def make_case(rows: int, cols: int, inputs: int) -> tuple[Floats, Floats]:
    """Resistances (rows, cols) of 1 .. 20 kOhm and voltages (inputs, rows) of 0 .. 0.1 V, the same at every call."""
    generator = np.random.default_rng(rows * 1_000_003 + cols)
    return generator.uniform(1e3, 2e4, (rows, cols)), generator.uniform(0.0, 0.1, (inputs, rows))


def our_currents(resistance: Floats, voltage: Floats) -> Floats:
    """Column currents (inputs, cols) [A]: one transfer matrix, one product."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WireLossWarning)  # the comparison is of times, also where wires take most
        return voltage @ transfer_matrix(1 / resistance, Wires(SEGMENT, SEGMENT, SEGMENT, SEGMENT))


def badcrossbar_currents(resistance: Floats, voltage: Floats) -> Floats:
    """Column currents (inputs, cols) [A] by badcrossbar."""
    import badcrossbar

    logging.getLogger("badcrossbar").setLevel(logging.WARNING)
    solution = badcrossbar.compute(voltage.T, resistance, SEGMENT, node_voltages=False, all_currents=False)
    return np.asarray(solution.currents.output)


def shortest(calls: Sequence[tuple[Callable[[], object], int]]) -> list[float]:
    """Shortest processor time of every call [s], each repeated as often as said, the calls taking turns."""
    best = [float("inf")] * len(calls)
    for turn in range(max(times for _, times in calls)):
        for index, (call, times) in enumerate(calls):
            if turn < times:
                start = time.process_time()
                call()
                best[index] = min(best[index], time.process_time() - start)
    return best


def resident_peak() -> int:
    """Largest resident set of this process so far [byte]."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def peak_growth(solver: str, rows: int, cols: int, inputs: int) -> int:
    """What the resident set of a fresh process grows by while ``ours`` or ``badcrossbar`` solves a case [byte]."""
    command = [sys.executable, "-m", __name__, solver, str(rows), str(cols), str(inputs)]
    environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"the memory of {solver} could not be measured: {done.stderr.strip().splitlines()[-1]}")
    return int(json.loads(done.stdout.splitlines()[-1])["bytes"])


def _measure_peak(solver: str, rows: int, cols: int, inputs: int) -> dict[str, int]:
    currents = {"ours": our_currents, "badcrossbar": badcrossbar_currents}[solver]
    currents(*make_case(3, 3, 2))  # imports and first calls
    case = make_case(rows, cols, inputs)
    before = resident_peak()
    currents(*case)
    return {"bytes": resident_peak() - before}


def measure_case(rows: int, cols: int, inputs: int, reference: Callable[[Floats, Floats], Floats]) -> dict[str, Any]:
    """Time and agreement of one case; ``ratio`` is the reference's time over ours."""
    resistance, voltage = make_case(rows, cols, inputs)
    expected = reference(resistance, voltage)
    error = np.abs(our_currents(resistance, voltage) - expected).max() / np.abs(expected).max()
    few = voltage[: max(1, inputs // 10)]
    ours, tenth, theirs, product = shortest(
        [
            (lambda: our_currents(resistance, voltage), 9),
            (lambda: our_currents(resistance, few), 9),
            (lambda: reference(resistance, voltage), 2),
            (lambda: voltage @ resistance, 9),
        ]
    )
    return {
        "rows": rows,
        "cols": cols,
        "inputs": inputs,
        "ratio": theirs / ours,
        "max_rel_error": float(error),
        "seconds": ours,
        "reference_seconds": theirs,
        "seconds_tenth_of_inputs": tenth,
        "seconds_matrix_product": product,
    }


def measure_population(dies: int = 36) -> dict[str, Any]:
    """Kernels per second one at a time, a die at a time and all dies at once, for dies of the default chip."""
    geometry = preset("borders")
    population = sample_population(geometry, Cell.preset("borders"), DefectStatistics.demo(), dies, seed=0)
    generator = np.random.default_rng(0)
    states = generator.random((geometry.kernels, geometry.rows, geometry.cols)) < 0.5
    conductance = population.conductance(states)
    wires = Wires(SEGMENT, SEGMENT, SEGMENT, SEGMENT)
    die = conductance[0]
    single, whole_die, whole = shortest(
        [
            (lambda: [transfer_matrix(kernel, wires) for kernel in die], 7),
            (lambda: transfer_matrix(die, wires), 7),
            (lambda: transfer_matrix(conductance, wires), 3),
        ]
    )
    return {
        "kernels": geometry.kernels,
        "dies": dies,
        "kernels_per_second_single": geometry.kernels / single,
        "kernels_per_second_die": geometry.kernels / whole_die,
        "kernels_per_second_population": dies * geometry.kernels / whole,
        "die_ratio": single / whole_die,
        "population_ratio": dies * single / whole,
    }


def solver_benchmark(
    cases: Sequence[tuple[int, int, int]] = CASES,
    *,
    dies: int = 36,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Everything that ``spintile bench solver --json`` prints.

    Threads are those of the process: set ``OMP_NUM_THREADS=1`` before numpy is imported.

    Returns
    -------
    dict
        ``cases``: a list of ``rows, cols, inputs, ratio, max_rel_error, memory_ratio`` (our peak memory over
        badcrossbar's) and the times behind them [s]; ``population``: rates of batches.

    Raises
    ------
    ModuleNotFoundError
        If badcrossbar is not installed; the message says how to install it.
    """
    if importlib.util.find_spec("badcrossbar") is None:
        raise ModuleNotFoundError(
            "the solver benchmark needs badcrossbar 1.1.0: pip install badcrossbar==1.1.0 (its drawing part builds "
            "against Debian's libcairo2-dev and pkg-config)"
        )
    report: dict[str, Any] = {"cases": []}
    for index, (rows, cols, inputs) in enumerate(cases):
        if progress is not None:
            progress(f"{inputs} inputs at {rows}x{cols}", index / (len(cases) + 1))
        result = measure_case(rows, cols, inputs, badcrossbar_currents)
        ours, theirs = (peak_growth(solver, rows, cols, inputs) for solver in ("ours", "badcrossbar"))
        result["memory_ratio"] = ours / theirs
        result["megabytes"] = ours / 1e6
        result["reference_megabytes"] = theirs / 1e6
        report["cases"].append(result)
    if progress is not None:
        progress("a population of dies", len(cases) / (len(cases) + 1))
    report["population"] = measure_population(dies)
    return report


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure_peak(sys.argv[1], *map(int, sys.argv[2:]))) + "\n")

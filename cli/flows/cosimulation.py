# SPDX-License-Identifier: BSD-3-Clause
"""Co-simulation of a network on some dies, and its result as reports want it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.evaluation import compile_for, die_image_for

from ..console import Progress

if TYPE_CHECKING:
    from spintile.cosim.faults import FaultKind
    from spintile.cosim.result import CosimResult, EngineName
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.geometry import Geometry
    from spintile.model.mapping import Placement
    from spintile.model.network import Network


#: Images of which a deliberate fault must be seen, where a job has more: the golden model looks for one that shows.
_FAULT_IMAGES = 25


def prepare_simulator(geometry: Geometry, engine: EngineName, *, waves: bool = False) -> None:
    """Export the RTL and build its simulator now, so that a later run finds them in the cache."""
    from spintile.cosim.build import build_simulator
    from spintile.cosim.compiled import build_library
    from spintile.cosim.design import TOP, periphery_verilog

    verilog = periphery_verilog(geometry)
    if engine == "compiled":
        build_library(verilog, TOP, geometry)
    else:
        build_simulator(verilog, TOP, engine, waves=waves)


def cosimulate_on_dies(
    network: Network,
    chip: Chip,
    population: Population,
    images: NDArray[np.uint8],
    *,
    engine: EngineName,
    folder: Path,
    placement: Placement | None = None,
    first_index: int = 0,
    seed: int = 0,
    jobs: int = 1,
    waves: bool = False,
    fault: FaultKind | None = None,
    states: NDArray[np.bool_] | None = None,
    calibrate: bool = False,
    flags: bool = False,
    examples: NDArray[np.integer] | None = None,
    progress: Progress,
) -> CosimResult:
    """Run images through the RTL with every die of a population at its pins.

    Parameters
    ----------
    network, chip, population
        What runs on what.
    images : uint8 array (images, ...)
        Already quantised to the network's input bits.
    engine : {"verilator", "icarus", "compiled"}
        Which simulator.
    folder : Path
        For logs, JUnit, JSON and waveforms.
    placement : Placement or None
        Where the weights sit on all of the dies; None: the plain placement.
    first_index : int
        Index of the first image in its data set: part of the noise.
    seed : int
        Of column errors and read noise.
    jobs : int
        Simulations at once.
    waves : bool
        Write waveforms.
    fault : {"die-image", "threshold", "instruction", "gate", "flag", "median"} or None
        One thing to break: the run must then end red.
    states : bool array (dies, kernels, rows, cols) or None
        What the dies hold; None: all of them what the network asks for.
    calibrate : bool
        Set every die's offset registers from its own reference reads.
    flags : bool
        Flag every die's columns by self-test.
    examples : int array (images, ...) or None
        Inputs by whose reads the flags are chosen; None: by a rule that knows no network.
    progress : Progress
        Told of the steps.
    """
    from spintile.cosim.job import CosimJob
    from spintile.cosim.run import cosimulate

    compiled = compile_for(network, chip, placement=placement, calibrate=calibrate, flags=flags)
    job = CosimJob(
        compiled=compiled,
        image=die_image_for(
            compiled, chip, population, seed, states=states, calibrate=calibrate, flags=flags, examples=examples
        ),
        images=images,
        repair=chip.repair,
        first_index=first_index,
    )
    verilog = None
    if fault is not None:
        from spintile.cosim.faults import inject

        faulty = inject(job.replace(images=images[:_FAULT_IMAGES]), fault, seed)
        job, verilog = faulty.job.replace(images=images), faulty.verilog
        progress("deliberate fault", 1.0, faulty.description)
    if verilog is None:
        progress("simulator", 0.0, f"{engine}, built once and kept")
        prepare_simulator(chip.geometry, engine, waves=waves)
        progress("simulator", 1.0, engine)
    return cosimulate(
        job,
        engine,
        out=folder,
        waves=waves,
        seed=seed,
        jobs=min(jobs, population.dies),
        verilog=verilog,
        progress=lambda done, total: progress("co-simulation", done / total, f"{done} of {total} images"),
    )


def summary(result: CosimResult) -> dict[str, Any]:
    """A result for ``report.json``: plain values, one total for each thing."""
    stages = {stage: count for stage, count in result.compared.items() if stage != "total"}
    difference = None if result.passed else result.message
    return {
        "engine": result.engine,
        "dies": result.dies,
        "images": result.images,
        "compared": result.compared["total"],
        "compared_by_stage": stages,
        # A run that hung or broke the protocol has not shown equality, even where no value differs.
        "mismatches": result.mismatches["total"] or int(not result.passed),
        "first_difference": difference,
        "cycles_per_image": result.cycles_per_image,
        "cycles_bound": result.cycles_bound,
        "cycles": result.cycles,
        "seconds": sum(result.seconds.get(part, 0.0) for part in ("golden", "build", "simulation")),
    }

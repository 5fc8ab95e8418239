# SPDX-License-Identifier: BSD-3-Clause
"""How fast the engines run on this machine: each benchmark does a fixed piece of work and takes its time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import Progress
from .verification.cases import CASES, chip_of, images_of, network_of

if TYPE_CHECKING:
    from spintile.model.chip import Chip


@dataclass(frozen=True)
class Measurement:
    """A rate: how much of what was done in how many seconds."""

    name: str
    work: str
    amount: float
    unit: str
    seconds: float

    @property
    def rate(self) -> float:
        """Amount per second."""
        return self.amount / self.seconds

    def as_dict(self) -> dict[str, float | str]:
        """Fields by name, with the rate."""
        return {
            "name": self.name,
            "work": self.work,
            "amount": self.amount,
            "unit": self.unit,
            "seconds": self.seconds,
            "rate": self.rate,
        }


def measure_golden(chip: Chip, progress: Progress) -> Measurement:
    """Golden inference of the dense case on 36 dies."""
    from spintile.model.dies import sample_population
    from spintile.model.evaluation import compile_for, die_image_for
    from spintile.model.golden import infer

    case, dies, count = CASES[0], 36, 2000
    compiled = compile_for(network_of(case, 0), chip)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, 0)
    image = die_image_for(compiled, chip, population, 0)
    images = images_of(case, count, 0)
    infer(image, compiled, images[:100], repair=chip.repair)
    began = time.perf_counter()
    infer(image, compiled, images, repair=chip.repair)
    seconds = time.perf_counter() - began
    return Measurement("golden", f"196-36-10, {dies} dies, {count} images", dies * count, "die images", seconds)


def measure_training(chip: Chip, progress: Progress) -> Measurement:
    """Statistics-aware training of the dense network on 10,000 digits."""
    from .data import load_data
    from .training import dense_spec, train_on

    count = 10_000
    load_data("mnist")
    began = time.perf_counter()
    train_on(
        data="mnist",
        spec=dense_spec((36,), 10, output_copies=3),
        chip=chip,
        regime="statistics_aware",
        train_images=count,
        epochs=2,
        progress=lambda done, remark: progress("training", done, remark),
    )
    return Measurement("training", "196-36-10 through the array", 2 * count, "images", time.perf_counter() - began)


def measure_cosim(chip: Chip, progress: Progress) -> Measurement:
    """Co-simulation of the dense case on Verilator; building the simulator is not counted."""
    from spintile.model.dies import sample_population

    from .cosimulation import cosimulate_on_dies, prepare_simulator

    case, dies, count = CASES[0], 1, 100
    wide = chip_of(case, chip)
    progress("simulator", 0.0, "verilator, built once and kept")
    prepare_simulator(wide.geometry, "verilator")
    progress("simulator", 1.0)
    with tempfile.TemporaryDirectory() as folder:
        result = cosimulate_on_dies(
            network_of(case, 0),
            wide,
            sample_population(wide.geometry, wide.cell, wide.statistics, dies, 0),
            images_of(case, count, 0),
            engine="verilator",
            folder=Path(folder),
            progress=progress,
        )
    seconds = result.seconds["simulation"]
    return Measurement("cosim", f"196-36-10, {count} images on Verilator", result.cycles, "cycles", seconds)


BENCHMARKS: dict[str, Callable[[Chip, Progress], Measurement]] = {
    "golden": measure_golden,
    "training": measure_training,
    "cosim": measure_cosim,
}

# SPDX-License-Identifier: BSD-3-Clause
"""The demonstration: from handwritten digits to bit-exact RTL on a population of defective dies."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...console import Progress
from ...options import load_chip
from ..files import source_digest
from ..steps import Step, StepResult, WholeProgress, run_steps
from . import steps as demo_steps
from .settings import DemoSettings

_HERE = demo_steps.__name__

#: Column repair of the rows "with repair"; the chip's own settings say how strict it is.
REPAIR = "pair_check"


@dataclass(frozen=True)
class DemoRun:
    """What the steps found.

    Parameters
    ----------
    settings : DemoSettings
        What was run.
    folder : Path
        The run folder.
    results : dict
        Results of the steps, by name.
    seconds : float
        Wall-clock time of this run; finished steps of an earlier run take none.
    """

    settings: DemoSettings
    folder: Path
    results: dict[str, StepResult]
    seconds: float

    def value(self, step: str) -> dict[str, Any]:
        """What a step returned."""
        return self.results[step].value


def die_aware_name(die: int, repaired: bool) -> str:
    """Name of the network trained for one die."""
    return f"die-aware-{die}" if repaired else f"die-aware-{die}-unrepaired"


def evaluation_name(network: str, repaired: bool) -> str:
    """Name of the step that evaluates a network."""
    return f"evaluate-{network}-{'pair-check' if repaired else 'none'}"


def _title(name: str) -> str:
    return name.replace("-unrepaired", ", no repair").replace("die-aware-", "die-aware, die ")


def plan_training(settings: DemoSettings) -> list[Step]:
    """The steps that train: in software, then each further network from that one."""
    common = {
        "data": settings.data,
        "hidden": list(settings.hidden),
        "output_copies": settings.output_copies,
        "input_bits": settings.input_bits,
        "train_images": settings.train_images,
        "seed": settings.seed,
    }
    software = {"name": "software", "regime": "software", "repair": "none", "epochs": settings.epochs}
    function = f"{_HERE}:train_network"
    steps = [
        Step(
            "train-software",
            "train in software",
            function,
            {**common, **software},
            inputs=(demo_steps.CHIP,),
            outputs=(demo_steps.network_file("software"),),
        )
    ]
    wanted: list[tuple[str, str, bool, int | None]] = [
        ("statistics-aware", "statistics_aware", True, None),
        ("statistics-aware-unrepaired", "statistics_aware", False, None),
    ]
    for own in range(settings.die_aware):
        wanted += [(die_aware_name(own, repaired), "die_aware", repaired, own) for repaired in (True, False)]
    for name, regime, repaired, die in wanted:
        inputs = [demo_steps.CHIP, demo_steps.network_file("software")]
        steps.append(
            Step(
                f"train-{name}",
                f"train {_title(name)}",
                function,
                {
                    **common,
                    "name": name,
                    "regime": regime,
                    "repair": REPAIR if repaired else "none",
                    "epochs": settings.tuning_epochs,
                    "start": "software",
                    "die": die,
                },
                after=("train-software",) if die is None else ("train-software", "population"),
                inputs=inputs if die is None else [*inputs, demo_steps.POPULATION],
                outputs=(demo_steps.network_file(name),),
            )
        )
    return steps


def plan(settings: DemoSettings) -> list[Step]:
    """All steps of a demonstration."""
    population = Step(
        "population",
        "draw the dies",
        f"{_HERE}:draw_population",
        {"dies": settings.dies, "seed": settings.seed},
        inputs=(demo_steps.CHIP,),
        outputs=(demo_steps.POPULATION,),
    )
    engine = Step(
        "simulator",
        f"build {settings.engine}",
        f"{_HERE}:prepare_engine",
        {"engine": settings.engine},
        inputs=(demo_steps.CHIP,),
    )
    training = plan_training(settings)
    cosim = Step(
        "cosim",
        "co-simulate the RTL",
        f"{_HERE}:cosimulate",
        {
            "name": "statistics-aware",
            "repair": REPAIR,
            "data": settings.data,
            "dies": list(range(settings.cosim_dies)),
            "images": settings.cosim_images,
            "engine": settings.engine,
            "seed": settings.seed,
            "jobs": 1,
        },
        after=("train-statistics-aware", "population", "simulator"),
        inputs=(demo_steps.CHIP, demo_steps.POPULATION, demo_steps.network_file("statistics-aware")),
        outputs=("cosim/cosim.json",),
    )
    return [population, training[0], engine, *training[1:], cosim, *_plan_evaluation(settings, training)]


def _plan_evaluation(settings: DemoSettings, training: list[Step]) -> list[Step]:
    steps = []
    for step in training:
        name = str(step.arguments["name"])
        choices = (True, False) if name == "software" else (not name.endswith("-unrepaired"),)
        for repaired in choices:
            steps.append(
                Step(
                    evaluation_name(name, repaired),
                    f"evaluate {_title(name.removesuffix('-unrepaired'))}{'' if repaired else ', no repair'}",
                    f"{_HERE}:evaluate_network",
                    {
                        "name": name,
                        "repair": REPAIR if repaired else "none",
                        "data": settings.data,
                        "test_images": settings.test_images,
                        "seed": settings.seed,
                    },
                    after=(step.name, "population"),
                    inputs=(demo_steps.CHIP, demo_steps.POPULATION, demo_steps.network_file(name)),
                )
            )
    return steps


def check_settings(settings: DemoSettings) -> None:
    """Raise what makes a demonstration impossible before it writes anything: chip, data, a network that does not fit.

    Raises
    ------
    ValueError, BadInput
        One line that says what is wrong.
    """
    from ..data import load_data
    from ..training import dense_spec

    chip = load_chip(settings.chip, REPAIR)
    dataset = load_data(settings.data)
    spec = dense_spec(
        settings.hidden, dataset.classes, input_bits=settings.input_bits, output_copies=settings.output_copies
    )
    spec.placed(dataset.shape, chip.geometry)


def run_demo(settings: DemoSettings, folder: Path, *, jobs: int, progress: Progress, reuse: bool = True) -> DemoRun:
    """Run every step of the demonstration that an earlier run has not finished.

    Parameters
    ----------
    settings : DemoSettings
        What to run.
    folder : Path
        The run folder; it must exist.
    jobs : int
        Processes at once.
    progress : Progress
        Told of every step.
    reuse : bool
        Whether finished steps of an earlier run may be used.
    """
    began = time.monotonic()
    settings.save(folder / "config.toml")
    load_chip(settings.chip, REPAIR).save(folder / demo_steps.CHIP)
    source = source_digest("spintile.model", "spintile.rtl", "spintile.cosim", "spintile.cli.flows")
    steps = plan(settings)
    whole = WholeProgress("whole demonstration", steps, ("train-",), progress)
    results = run_steps(steps, folder, jobs=jobs, progress=whole, source=source, reuse=reuse)
    return DemoRun(settings, folder, results, time.monotonic() - began)

# SPDX-License-Identifier: BSD-3-Clause
"""The closed loop: dies, measured and fitted; a network trained for the fit, written into dies, and answering."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...console import Progress
from ...errors import BadInput
from ...options import ChosenEngineName, load_chip
from ..files import source_digest
from ..steps import Step, StepResult, WholeProgress, run_steps
from . import steps as loop_steps
from .settings import LoopSettings

if TYPE_CHECKING:
    from spintile.model.chip import Chip

_HERE = loop_steps.__name__

#: Column repair of every network here.
REPAIR = "pair_check"


@dataclass(frozen=True)
class LoopRun:
    """What the steps found.

    Parameters
    ----------
    settings : LoopSettings
        What was run.
    folder : Path
        The run folder.
    engine : str
        Who ran the commands: a simulator, or "model".
    results : dict
        Results of the steps, by name.
    seconds : float
        Wall-clock time of this run; finished steps of an earlier run take none.
    """

    settings: LoopSettings
    folder: Path
    engine: ChosenEngineName
    results: dict[str, StepResult]
    seconds: float

    def value(self, step: str) -> dict[str, Any]:
        """What a step returned."""
        return self.results[step].value


def loop_chip(settings: LoopSettings) -> Chip:
    """The chip of the true process: converters wide enough to characterise, statistics as the settings say.

    Without a file, dies differ as those of a real wafer do: not only by chance, but each with spreads and rates of its
    own, so that the fit has something to find.
    """
    from spintile.model.dies import DefectStatistics

    chip = loop_steps.widened(load_chip(settings.chip, REPAIR), settings.characterise_bits)
    if settings.statistics:
        statistics = DefectStatistics.load(settings.statistics)
    else:
        statistics = chip.statistics.replace(die_spread=0.02, tmr_spread=0.02, die_tmr_spread=0.01)
        statistics = statistics.with_rate_spread(0.3)
    return chip.replace(statistics=statistics)


def _turn(settings: LoopSettings, number: int) -> str:
    return f", {number + 1} of {settings.trainings}" if settings.trainings > 1 else ""


def _training(settings: LoopSettings) -> list[Step]:
    common = {
        "data": settings.data,
        "hidden": list(settings.hidden),
        "output_copies": settings.output_copies,
        "input_bits": settings.input_bits,
        "train_images": settings.train_images,
    }
    software = Step(
        "train-software",
        "train in software",
        f"{_HERE}:train_network",
        {
            **common,
            "out": loop_steps.START,
            "regime": "software",
            "chip": loop_steps.CHIP,
            "epochs": settings.epochs,
            "seed": settings.seed,
        },
        inputs=(loop_steps.CHIP,),
        outputs=(loop_steps.START,),
    )
    aware = [
        Step(
            f"train-{which}-{number}",
            f"train for the {which} statistics{_turn(settings, number)}",
            f"{_HERE}:train_network",
            {
                **common,
                "out": loop_steps.network_file(which, number),
                "regime": "statistics_aware",
                "chip": loop_steps.chip_for(which),
                "epochs": settings.tuning_epochs,
                "seed": settings.seed + number,
                "start": loop_steps.START,
            },
            after=("train-software",) if which == "true" else ("train-software", "fit"),
            inputs=(loop_steps.chip_for(which), loop_steps.START),
            outputs=(loop_steps.network_file(which, number),),
        )
        for number in range(settings.trainings)
        for which in ("fitted", "true")
    ]
    return [software, *aware]


def plan(settings: LoopSettings, engine: ChosenEngineName) -> list[Step]:
    """All steps, in the order in which they are started where several could."""
    chip, truth, seed = loop_steps.CHIP, loop_steps.TRUTH, settings.seed
    bits, measured = settings.characterise_bits, list(range(settings.dies))
    words = [loop_steps.words_file("measured", die) for die in measured]
    software, *aware = _training(settings)
    dies = Step(
        "dies",
        "draw the true dies",
        f"{_HERE}:draw_truth",
        {"dies": settings.all_dies, "seed": seed},
        inputs=(chip,),
        outputs=(truth,),
    )
    simulator = Step("simulator", f"build {engine}", f"{_HERE}:prepare_engine", {"engine": engine}, inputs=(chip,))
    measure = [
        Step(
            f"measure-{die}",
            f"write and characterise die {die}",
            f"{_HERE}:measure_die",
            {"die": die, "bits": bits, "engine": engine, "seed": seed},
            after=("dies", "simulator"),
            inputs=(chip, truth),
            outputs=(words[die],),
        )
        for die in measured
    ]
    recover = Step(
        "recover",
        "recover the devices",
        f"{_HERE}:recover_dies",
        {"dies": measured, "bits": bits},
        after=tuple(step.name for step in measure),
        inputs=(chip, truth, *words),
        outputs=(loop_steps.RECOVERED,),
    )
    fit = Step(
        "fit",
        "fit the statistics",
        f"{_HERE}:fit_dies",
        {"bits": bits},
        after=("recover",),
        inputs=(chip, loop_steps.RECOVERED),
        outputs=(loop_steps.FIT, loop_steps.FITTED_CHIP),
    )
    evaluate = [
        Step(
            f"evaluate-{which}-{number}",
            f"write and evaluate, {which} statistics{_turn(settings, number)}",
            f"{_HERE}:evaluate_network",
            {
                "which": which,
                "number": number,
                "measured": measured,
                "data": settings.data,
                "test_images": settings.test_images,
                "seed": seed,
            },
            after=(f"train-{which}-{number}", *(step.name for step in measure)),
            inputs=(loop_steps.chip_for(which), truth, loop_steps.network_file(which, number), *words),
            outputs=(loop_steps.states_file(which),) if number == 0 else (),
        )
        for number in range(settings.trainings)
        for which in ("fitted", "true")
    ]
    on_rtl = [
        Step(
            f"rtl-{die}",
            f"write and infer on {'measured' if die in measured else 'fresh'} die {die}",
            f"{_HERE}:run_on_rtl",
            {
                "die": die,
                "measured": measured,
                "data": settings.data,
                "images": settings.rtl_images,
                "engine": engine,
                "seed": seed,
            },
            after=("evaluate-fitted-0", "simulator"),
            inputs=(
                loop_steps.FITTED_CHIP,
                truth,
                loop_steps.network_file("fitted"),
                loop_steps.states_file("fitted"),
                *(words[die : die + 1] if die in measured else ()),
            ),
            outputs=(),
        )
        for die in settings.programmed
    ]
    return [
        dies,
        simulator,
        software,
        *measure,
        recover,
        fit,
        *aware[:1],
        *evaluate[:1],
        *on_rtl,
        *aware[1:],
        *evaluate[1:],
    ]


def check_settings(settings: LoopSettings) -> Chip:
    """Raise what makes a loop impossible before it writes anything: chip, statistics, data, too large a network.

    Raises
    ------
    ValueError, BadInput
        One line that says what is wrong.
    """
    from ..data import load_data
    from ..training import dense_spec

    chip = loop_chip(settings)
    if not chip.writing.junction:
        raise BadInput(f"loop: chip {chip.geometry.name} must have devices that pulses write, and has not")
    for bits in (chip.adc_bits, settings.characterise_bits):
        read = chip.replace(sensing=chip.sensing.replace(adc_bits=bits))
        read.writing.windows(read.geometry, read.cell, read.sensing, read.wires)
    dataset = load_data(settings.data)
    spec = dense_spec(
        settings.hidden, dataset.classes, input_bits=settings.input_bits, output_copies=settings.output_copies
    )
    spec.placed(dataset.shape, chip.geometry)
    return chip


def run_loop(
    settings: LoopSettings, engine: ChosenEngineName, folder: Path, *, jobs: int, progress: Progress, reuse: bool = True
) -> LoopRun:
    """Run every step of the loop that an earlier run has not finished.

    Parameters
    ----------
    settings : LoopSettings
        What to run.
    engine : {"verilator", "icarus", "model"}
        Who runs the commands of the write controller.
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
    loop_chip(settings).save(folder / loop_steps.CHIP)
    source = source_digest("spintile.model", "spintile.rtl", "spintile.cosim", "spintile.cli.flows")
    steps = plan(settings, engine)
    whole = WholeProgress("whole loop", steps, ("train-", "measure-", "rtl-"), progress)
    results = run_steps(steps, folder, jobs=jobs, progress=whole, source=source, reuse=reuse)
    return LoopRun(settings, folder, engine, results, time.monotonic() - began)

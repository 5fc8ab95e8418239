# SPDX-License-Identifier: BSD-3-Clause
"""What a co-simulation found, whichever engine ran it, and its reports."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .comparison import STAGES
from .job import CosimJob
from .simulate import junit_xml

__all__ = ["CosimResult", "EngineName", "junit_report", "merge_outcomes"]

#: What a co-simulation may run on: cocotb in two simulators, or the compiled engine.
EngineName = Literal["verilator", "icarus", "compiled"]


@dataclass(frozen=True)
class CosimResult:
    """What a co-simulation found.

    Parameters
    ----------
    engine : {"verilator", "icarus", "compiled"}
        The simulator.
    dies, images : int
        Dies simulated, images of each.
    compared, mismatches : dict
        Values compared, and values that differ, are missing or were not expected: by stage, and ``total``.
    first_difference : dict or None
        The first one, of the first die that has any: stage, die, image, layer, kernel, read, column or lane, both
        values, simulation time [ns], and all of it as ``message``.
    error : str
        What went wrong besides: a hang, a broken protocol; empty if nothing.
    cycles_per_image : float or None
        Clock cycles from result to result at saturation, read from the counters, mean over the dies; None for no more
        images than layers, or where results follow each other too fast for the counters to be read in between.
    cycles_bound : int
        Least converter cycles of an image: reads * columns per converter * (bits + 1).
    counters : list of dict
        Performance counters of the RTL, by die.
    cycles : int
        Clock cycles simulated.
    seconds : dict
        Wall-clock time of ``golden`` (0 where the golden model runs batch by batch, within the simulation), ``build``
        and ``simulation``; ``inside`` the simulators without starting them. ``processor``: processor time of all images
        on all dies, without program loading.
    folder : str
        Where logs, ``results.xml``, ``cosim.json`` and waveforms are; empty if nothing was kept.
    coverage : dict of int
        Hits of the bins of the functional coverage (``coverage.Coverage``), in a sample of the images; empty unless the
        run passed.
    """

    engine: EngineName
    dies: int
    images: int
    compared: dict[str, int]
    mismatches: dict[str, int]
    first_difference: dict[str, Any] | None
    error: str
    cycles_per_image: float | None
    cycles_bound: int
    counters: list[dict[str, int]]
    cycles: int
    seconds: dict[str, float]
    folder: str = ""
    coverage: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether everything was compared and nothing differs."""
        return not self.error and not self.mismatches["total"] and self.compared["total"] > 0

    @property
    def message(self) -> str:
        """One line: the verdict."""
        if self.error and self.first_difference is None:
            return self.error
        if self.first_difference is not None:
            return str(self.first_difference["message"]) + (f"; then: {self.error}" if self.error else "")
        return f"{self.compared['total']} values equal on {self.dies} dies and {self.images} images ({self.engine})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**dataclasses.asdict(self), "passed": self.passed, "message": self.message}


def merge_outcomes(
    job: CosimJob,
    engine: EngineName,
    outcomes: list[dict[str, Any]],
    seconds: dict[str, float],
    folder: str,
    count: Callable[[], dict[str, int]],
) -> CosimResult:
    """One result of what several simulations found, each ``dies``, ``error``, ``cycles`` and ``seconds``; ``count``
    gives the coverage, and is asked if they passed."""
    dies = [die for outcome in outcomes for die in outcome["dies"]]
    compared = {stage: sum(die["compared"][stage] for die in dies) for stage in STAGES}
    mismatches = {stage: sum(die["mismatches"][stage] for die in dies) for stage in STAGES}
    counters = [{"die": die["die"], **die["counters"]} for die in dies if die["counters"]]
    rates = [die["cycles_per_image"] for die in dies if die["cycles_per_image"] is not None]
    result = CosimResult(
        engine=engine,
        dies=job.dies,
        images=len(job.images),
        compared=compared | {"total": sum(compared.values())},
        mismatches=mismatches | {"total": sum(mismatches.values())},
        first_difference=next((die["first_difference"] for die in dies if die["first_difference"]), None),
        error="; ".join(outcome["error"] for outcome in outcomes if outcome["error"]),
        cycles_per_image=float(np.mean(rates)) if rates else None,
        cycles_bound=job.compiled.cycles_bound(job.image.adc_bits),
        counters=counters,
        cycles=sum(outcome["cycles"] for outcome in outcomes),
        seconds={
            **seconds,
            "inside": max(outcome["seconds"] for outcome in outcomes),
            "processor": sum(outcome["processor"] for outcome in outcomes),
        },
        folder=folder,
    )
    return dataclasses.replace(result, coverage=count()) if result.passed else result


def junit_report(result: CosimResult, outcomes: list[dict[str, Any]]) -> bytes:
    """One test case per die, as JUnit XML."""
    cases = []
    for outcome in outcomes:
        for die in outcome["dies"]:
            first = die["first_difference"]
            cases.append((f"die {die['die']}", first["message"] if first else "", json.dumps(die["compared"])))
        if outcome["error"]:
            cases.append(("run", outcome["error"], ""))
    return junit_xml(f"spintile.cosim.{result.engine}", cases)

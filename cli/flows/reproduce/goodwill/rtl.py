# SPDX-License-Identifier: BSD-3-Clause
"""The chosen solution down to the RTL: bit planes, thresholds, written dies at the pins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from spintile.model.evaluation import evaluate_on_dies

from ....console import Progress
from ...cosimulation import cosimulate_on_dies, summary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spintile.cosim.build import Engine
    from spintile.cosim.faults import FaultKind

    from .plan import Outcome

#: The chip on which the RTL runs.
DEVICE, WRITE = "mtj-50nm", "defects"
#: Repeated samples differ from the set's own by up to so many of 255 levels in every feature.
JITTER = 4
_STREAM = 0x4A495454


def chosen_solution(outcome: Outcome) -> int:
    """Position, in the first seed, of the solution that was right most often on all arrays at the tuned scale."""
    from spintile.model.training.wine import SCALES

    at = SCALES.index(outcome.tuned)
    right = sum(found[0]["correct"][at].sum(axis=1).astype(np.int64) for found in outcome.arrays.values())
    return int(np.argmax(right))


def samples_for_rtl(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    """Inputs and labels: every sample of the set, then jittered repeats; and how many are repeats."""
    from spintile.model.training.wine import load_samples

    samples = load_samples()
    own = min(count, len(samples.labels))
    repeats = np.arange(count - own) % len(samples.labels)
    shifts = np.random.default_rng([seed, _STREAM]).integers(-JITTER, JITTER + 1, (len(repeats), 13))
    jittered = np.clip(samples.levels[repeats].astype(np.int64) + shifts, 0, 255).astype(np.uint8)
    inputs = np.concatenate([samples.levels[:own], jittered])
    return inputs, np.concatenate([samples.labels[:own], samples.labels[repeats]]), len(repeats)


def verify_on_rtl(
    outcome: Outcome,
    folder: Path,
    *,
    engine: Engine = "verilator",
    jobs: int = 1,
    fault: FaultKind | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Write the chosen solution into dies, ask them through the RTL, compare every stage with the golden model.

    Parameters
    ----------
    outcome : Outcome
    folder : Path
        For the network, logs and results of the simulation.
    engine : {"verilator", "icarus"}
    jobs : int
        Simulations at once.
    fault : {"die-image", "threshold", "instruction", "gate"} or None
        One thing to break: ``mismatches`` must then not be 0.
    progress : Progress

    Returns
    -------
    dict
        Ready for JSON: ``compared``, ``mismatches``, accuracies [%] and what was run.
    """
    from spintile.model.network import save_network, software_classes
    from spintile.model.training.wine import chip_of, integer_network, write_solutions

    plan, seed = outcome.plan, outcome.plan.seeds[0]
    position = chosen_solution(outcome)
    chip = chip_of(DEVICE, WRITE)
    network = integer_network(outcome.solutions[0], position, chip, outcome.tuned)
    folder.mkdir(parents=True, exist_ok=True)
    save_network(network, folder / "network.safetensors")
    # The same solution on several dies: they differ in devices and pulses, by the number that stands for each.
    group = outcome.solutions[0].select([position] * plan.rtl_dies)
    copies = type(group)(tuple(range(plan.rtl_dies)), group.first, group.first_bias, group.second, group.second_bias)
    progress("writing the RTL's dies", 0.0)
    written = write_solutions(copies, chip, seed)
    progress("writing the RTL's dies", 1.0, f"{plan.rtl_dies} dies")
    inputs, labels, repeats = samples_for_rtl(plan.rtl_samples, seed)
    result = cosimulate_on_dies(
        network,
        chip,
        written.population,
        inputs,
        engine=engine,
        folder=folder,
        seed=seed,
        jobs=jobs,
        fault=fault,
        states=written.states,
        progress=progress,
    )
    own = len(labels) - repeats
    on_dies = evaluate_on_dies(
        network, chip, written.population, inputs[:own], labels[:own], seed=seed, states=written.states
    )
    classes = software_classes(network, inputs[:own])
    found = summary(result)
    found.pop("seconds")  # the same run gives the same bytes
    return {
        **found,
        "solution": outcome.solutions[0].numbers[position],
        "scale": outcome.tuned,
        "device": DEVICE,
        "samples": len(labels),
        "jittered_repeats": repeats,
        "cells_wrong": written.wrong.sum(axis=1).tolist(),
        "software_integers": float((classes == labels[:own]).mean() * 100),
        "accuracy": on_dies.as_dict(),
    }

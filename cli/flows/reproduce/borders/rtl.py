# SPDX-License-Identifier: BSD-3-Clause
"""The chosen network down to the RTL: check, flags, median and wires at once, on dies with defects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....console import Progress
from ...cosimulation import cosimulate_on_dies, summary
from . import cases

if TYPE_CHECKING:
    from spintile.cosim.build import Engine
    from spintile.cosim.faults import FaultKind

    from .study import BordersRun


def chosen_network(run: BordersRun) -> tuple[cases.Training, int]:
    """The flagged network of the main setting whose training images come out right most often, and its seed."""
    training = cases.network_for(cases.conditions(cases.STUDIED_RATE, repair="flags"), run.settings)
    seeds = range(run.settings.seeds)
    return training, max(seeds, key=lambda seed: (run.networks[training, seed]["learned"], -seed))


def verify_on_rtl(
    run: BordersRun,
    folder: Path,
    *,
    engine: Engine,
    jobs: int = 1,
    fault: FaultKind | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Ask the chosen network through the RTL, every die at its pins; compare every stage with the golden model.

    Parameters
    ----------
    run : BordersRun
    folder : Path
        For the network, logs and results of the simulation.
    engine : {"verilator", "icarus"}
    jobs : int
        Simulations at once.
    fault : {"die-image", "threshold", "instruction", "gate", "flag", "median"} or None
        One thing to break: ``mismatches`` must then not be 0.
    progress : Progress

    Returns
    -------
    dict
        Ready for JSON: ``compared``, ``mismatches`` and what was run.
    """
    from spintile.model.evaluation import evaluate_on_dies
    from spintile.model.network import save_network
    from spintile.model.training.digits import example_images, fresh_images, unpack_network

    settings = run.settings
    training, seed = chosen_network(run)
    given = cases.conditions(cases.STUDIED_RATE, repair="flags")
    network = unpack_network(cases.placed_for(run.networks[training, seed]["network"], given))
    folder.mkdir(parents=True, exist_ok=True)
    save_network(network, folder / "network.safetensors")
    chip, dies = given.chip(), given.dies(settings.rtl_dies)
    inputs, labels = fresh_images(network, settings.data, settings.rtl_images)
    examples = example_images(network, settings.data)
    result = cosimulate_on_dies(
        network,
        chip,
        dies,
        inputs,
        engine=engine,
        folder=folder,
        jobs=jobs,
        fault=fault,
        flags=True,
        examples=examples,
        progress=progress,
    )
    found = summary(result)
    found.pop("seconds")  # the same run gives the same bytes
    right = evaluate_on_dies(network, chip, dies, inputs, labels, flags=True, examples=examples)
    return {**found, "seed": seed, "rate": given.rate, "accuracy": right.as_dict()}

# SPDX-License-Identifier: BSD-3-Clause
"""Steps of the demonstration: each runs in a process of its own, on files of the run folder; see ``steps``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..steps import StepProgress

if TYPE_CHECKING:
    from spintile.cosim.build import Engine
    from spintile.model.chip import Chip
    from spintile.model.sensing import RepairMode
    from spintile.model.training import Regime

POPULATION = "population.nc"
CHIP = "chip.toml"


def network_file(name: str) -> str:
    """Name of a network's file in the run folder."""
    return f"network-{name}.safetensors"


def _chip(folder: Path, repair: RepairMode | None = None) -> Chip:
    from spintile.model.chip import Chip

    chip = Chip.load(folder / CHIP)
    return chip if repair is None else chip.replace(repair_mode=repair)


def draw_population(folder: Path, progress: StepProgress, *, dies: int, seed: int) -> dict[str, Any]:
    """Draw the dies from the chip's statistics."""
    from spintile.model.dies import sample_population, save_population

    chip = _chip(folder)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed)
    save_population(population, folder / POPULATION)
    return {name: counts.tolist() for name, counts in population.counts().items() if name != "none"}


def train_network(
    folder: Path,
    progress: StepProgress,
    *,
    name: str,
    regime: Regime,
    repair: RepairMode,
    data: str,
    hidden: list[int],
    output_copies: int,
    input_bits: int,
    train_images: int,
    epochs: int,
    seed: int,
    start: str | None = None,
    die: int | None = None,
) -> dict[str, Any]:
    """Train one network and write it; ``start`` names the network to tune, ``die`` the die to be aware of."""
    from spintile.model.dies import load_population
    from spintile.model.network import load_network, save_network

    from ..data import load_data
    from ..training import dense_spec, train_on

    chip = _chip(folder, repair)
    population = None
    if die is not None:
        loaded = load_population(folder / POPULATION)
        population = loaded.select([loaded.die_ids.tolist().index(die)])
    network = train_on(
        data=data,
        spec=dense_spec(hidden, load_data(data).classes, input_bits=input_bits, output_copies=output_copies),
        chip=chip,
        regime=regime,
        train_images=train_images,
        epochs=epochs,
        seed=seed,
        column_seed=seed,
        start=None if start is None else load_network(folder / network_file(start)),
        population=population,
        progress=progress,
    )
    save_network(network, folder / network_file(name))
    return dict(network.metadata)


def evaluate_network(
    folder: Path, progress: StepProgress, *, name: str, repair: RepairMode, data: str, test_images: int, seed: int
) -> dict[str, Any]:
    """Answer the test images on every die of the population, and without an array."""
    from spintile.model.dies import load_population
    from spintile.model.evaluation import evaluate_on_dies
    from spintile.model.network import load_network, software_classes

    from .. import data as data_sets

    network = load_network(folder / network_file(name))
    images, labels, _ = data_sets.network_images(data, network, test_images)
    result = evaluate_on_dies(
        network,
        _chip(folder, repair),
        load_population(folder / POPULATION),
        images,
        labels,
        seed=seed,
        progress=lambda done, total: progress(done / total, f"{done} of {total} images"),
    )
    return {
        "accuracies": result.accuracies.tolist(),
        "confusion": result.confusion.tolist(),
        "saturations": result.saturations,
        "images": result.images,
        "software": float((software_classes(network, images) == labels).mean() * 100),
    }


def prepare_engine(folder: Path, progress: StepProgress, *, engine: Engine) -> dict[str, Any]:
    """Export the RTL and build its simulator while the networks are still being trained."""
    from ..cosimulation import prepare_simulator

    prepare_simulator(_chip(folder).geometry, engine)
    return {}


def cosimulate(
    folder: Path,
    progress: StepProgress,
    *,
    name: str,
    repair: RepairMode,
    data: str,
    dies: list[int],
    images: int,
    engine: Engine,
    seed: int,
    jobs: int,
) -> dict[str, Any]:
    """Run the RTL against the golden model."""
    from spintile.model.dies import load_population
    from spintile.model.network import load_network

    from ..cosimulation import cosimulate_on_dies, summary
    from ..data import network_images

    network = load_network(folder / network_file(name))
    pictures, _, _ = network_images(data, network, images)
    population = load_population(folder / POPULATION)
    known = population.die_ids.tolist()
    result = cosimulate_on_dies(
        network,
        _chip(folder, repair),
        population.select([known.index(die) for die in dies]),
        pictures,
        engine=engine,
        folder=folder / "cosim",
        seed=seed,
        jobs=jobs,
        progress=lambda step, done, remark="": progress(done if step == "co-simulation" else 0.0, remark),
    )
    return {**summary(result), "die_ids": dies}

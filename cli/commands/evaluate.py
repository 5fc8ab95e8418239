# SPDX-License-Identifier: BSD-3-Clause
"""``spintile eval``: accuracy of a network on every die of a population."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..options import ChipName, DataName, Jobs, Json, Quiet, RepairName, Seed, load_chip, worker_count, writable_file


def evaluate(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[Path, typer.Argument(help="Population file, as written by spintile die sample.")],
    data: DataName = "mnist",
    chip: ChipName = "borders",
    repair: RepairName = None,
    images: Annotated[int, typer.Option("--images", min=0, help="Only the first images of the test set; 0: all.")] = 0,
    seed: Seed = 0,
    jobs: Jobs = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer the test images on every die with the golden model, and print the accuracy.

    The golden model is the bit-exact reference: the RTL gives the same answers, see [bold]spintile cosim[/bold].

    Example: [bold]spintile eval network.safetensors population.nc --repair none[/bold]
    """
    writable_file(out, "--out")
    from spintile.model.dies import load_population
    from spintile.model.network import load_network, software_classes

    from ..flows.data import network_images
    from ..flows.evaluation import evaluate_on_dies

    net = load_network(network)
    dies = load_population(population)
    on_chip = load_chip(chip, repair)
    pictures, labels, name = network_images(data, net, images)
    with ProgressDisplay(quiet) as progress:
        progress("inference on the dies", 0.0)
        result = evaluate_on_dies(
            net,
            on_chip,
            dies,
            pictures,
            labels,
            seed=seed,
            jobs=worker_count(jobs),
            progress=lambda done, total: progress("inference on the dies", done / total),
        )
    software = float((software_classes(net, pictures) == labels).mean() * 100)
    summary = {
        "data": name,
        "images": result.images,
        "dies": int(dies.dies),
        "repair": on_chip.repair.mode,
        "software": software,
        "accuracy": result.as_dict(),
        "accuracies": {int(die): float(value) for die, value in zip(dies.die_ids, result.accuracies, strict=True)},
        "saturations": result.saturations,
    }
    if out is not None:
        from ..flows.files import write_json

        write_json(out, summary)
    if json:
        show_json(summary)
        return
    counts = dies.counts()
    show_table(
        f"{name}: {result.images} images on {dies.dies} dies, column repair {on_chip.repair.mode.replace('_', ' ')}",
        ("die", "accuracy [%]", "shorts", "opens", "stuck-P", "stuck-AP"),
        [
            (str(die), f"{value:.2f}", *(str(counts[kind][i]) for kind in ("short", "open", "stuck_p", "stuck_ap")))
            for i, (die, value) in enumerate(zip(dies.die_ids, result.accuracies, strict=True))
        ],
        right=range(6),
    )
    show_table(
        "",
        ("software [%]", "mean", "worst", "best", "spread"),
        [[f"{v:.2f}" for v in (software, *(result.as_dict()[key] for key in ("mean", "min", "max", "std")))]],
        right=range(5),
    )

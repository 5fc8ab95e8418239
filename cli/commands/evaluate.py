# SPDX-License-Identifier: BSD-3-Clause
"""``spintile eval``: accuracy of a network on every die of a population."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..options import (
    Calibrate,
    ChipName,
    DataName,
    Flags,
    Jobs,
    Json,
    PlacementFile,
    Quiet,
    RepairName,
    Seed,
    Segment,
    States,
    load_chip,
    uses_flags,
    worker_count,
    writable_file,
)


def evaluate(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[Path, typer.Argument(help="Population file, as written by spintile die sample.")],
    data: DataName = "mnist",
    chip: ChipName = "borders",
    repair: RepairName = None,
    images: Annotated[int, typer.Option("--images", min=0, help="Only the first images of the test set; 0: all.")] = 0,
    placement: PlacementFile = None,
    segment: Segment = None,
    calibrate: Calibrate = False,
    flags: Flags = "none",
    states: States = None,
    linear_error: Annotated[
        bool,
        typer.Option(
            "--linear-error", help="Also solve the dies in full: how far the die images are from them, die by die."
        ),
    ] = False,
    full_images: Annotated[
        int, typer.Option("--full-images", min=1, help="Images that --linear-error answers in full on each die.")
    ] = 50,
    seed: Seed = 0,
    jobs: Jobs = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer the test images on every die with the golden model, and print the accuracy.

    The golden model is the bit-exact reference: the RTL gives the same answers, see [bold]spintile cosim[/bold]. It
    takes devices for linear at the read voltage; [bold]--linear-error[/bold] measures what that costs where wires,
    drivers and amplifiers leave junctions less, in codes and in answers.

    Example: [bold]spintile eval network.safetensors population.nc --repair none[/bold]
    """
    writable_file(out, "--out")
    from spintile.model.dies import load_population
    from spintile.model.evaluation import evaluate_on_dies
    from spintile.model.mapping import load_placement
    from spintile.model.network import load_network, software_classes

    from ..flows.data import flag_examples, network_images
    from ..flows.dies import warn_of_other_dies
    from ..flows.writing.programming import load_states

    net = load_network(network)
    dies = load_population(population)
    on_chip = load_chip(chip, repair, segment=segment)
    flagged = uses_flags(flags, on_chip)
    warn_of_other_dies(dies, on_chip, population)
    pictures, labels, name = network_images(data, net, images)
    placed = None if placement is None else load_placement(placement, net)
    held = None if states is None else load_states(states, dies)
    with ProgressDisplay(quiet) as progress:
        progress("inference on the dies", 0.0)
        result = evaluate_on_dies(
            net,
            on_chip,
            dies,
            pictures,
            labels,
            placement=placed,
            seed=seed,
            jobs=worker_count(jobs),
            states=held,
            calibrate=calibrate,
            flags=flagged,
            examples=flag_examples(flags, data, net),
            progress=lambda done, total: progress("inference on the dies", done / total),
        )
        if linear_error:
            from ..flows.linear_error import COLUMNS, as_dicts, network_linear_error, rows_of

            few = slice(min(full_images, len(pictures)))
            errors, answers = network_linear_error(
                net, on_chip, dies, pictures[few], labels[few], seed=seed, calibrate=calibrate, progress=progress
            )
    software = float((software_classes(net, pictures) == labels).mean() * 100)
    summary = {
        "data": name,
        "images": result.images,
        "dies": int(dies.dies),
        "repair": on_chip.repair.mode,
        "flags": flags,
        "software": software,
        "accuracy": result.as_dict(),
        "accuracies": {int(die): float(value) for die, value in zip(dies.die_ids, result.accuracies, strict=True)},
        "saturations": result.saturations,
    }
    if linear_error:
        summary["linear_error"] = {"codes": as_dicts(errors), "images": few.stop, "answers": answers}
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
    if linear_error:
        show_table(
            f"die image against the full solve: {errors[0].reads} reads, and {few.stop} images, on each die [codes]",
            (*COLUMNS, "accuracy, image [%]", "in full [%]", "answers that differ"),
            [
                (*cells, f"{found['image']:.2f}", f"{found['full']:.2f}", str(found["different"]))
                for cells, found in zip(rows_of(errors), answers, strict=True)
            ],
            right=range(8),
        )

# SPDX-License-Identifier: BSD-3-Clause
"""``spintile remap``: a network placed anew on every die, so that the die's defects hurt least."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..options import (
    ChipName,
    DataName,
    Flags,
    Json,
    Quiet,
    RepairName,
    Seed,
    Segment,
    load_chip,
    parse_numbers,
    uses_flags,
    writable_folder,
)


def remap(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[
        Path, typer.Argument(help="Population file: measured dies, those of spintile characterise, or drawn ones.")
    ],
    dies: Annotated[str, typer.Option("--dies", help="Which dies, by number: 0,2,5-8; all by default.")] = "",
    knowledge: Annotated[
        Literal["self-test", "population", "flags"],
        typer.Option(
            "--knowledge",
            help="What is known of a die: what self-test reads of every cell in both states (self-test), the file "
            "itself (population), or no more than self-test's flags, a bit for each column.",
        ),
    ] = "self-test",
    inputs: Annotated[
        Literal["chip", "host"],
        typer.Option(
            "--inputs",
            help="Who brings inputs to their rows: the chip, which gathers them one by one and is slower, or the host, "
            "which sends images in that order.",
        ),
    ] = "chip",
    data: DataName = "mnist",
    chip: ChipName = "borders",
    repair: RepairName = None,
    flags: Flags = "none",
    segment: Segment = None,
    images: Annotated[int, typer.Option("--images", min=0, help="Only the first images of the test set; 0: all.")] = 0,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for the network and the placement of every die.")] = Path(
        "runs/remap"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Place a trained network anew on every die: no training, the same answers in software, bit for bit.

    Which kernels stay unused, which inputs drive which rows, which neuron has which lane and with which sign: chosen so
    that defects meet inputs that are hardly ever driven, and stuck devices weights that want their state. Writes
    die-N.safetensors and die-N.json for every die: NETWORK and --placement of [bold]spintile eval[/bold] and
    [bold]spintile cosim[/bold].

    Example: [bold]spintile remap network.safetensors population.nc --repair none --out runs/remap[/bold]
    """
    from spintile.model.dies import load_population
    from spintile.model.network import load_network

    from ..flows.data import flag_examples, network_images, training_images
    from ..flows.dies import choose_dies, warn_of_other_dies
    from ..flows.files import exclusive, write_json
    from ..flows.remapping import remap_dies

    net = load_network(network)
    chosen = load_population(population)
    on_chip = load_chip(chip, repair, segment=segment)
    flagged = uses_flags(flags, on_chip)
    if dies:
        chosen = choose_dies(chosen, parse_numbers(dies, "--dies"), population)
    warn_of_other_dies(chosen, on_chip, population)
    pictures, labels, name = network_images(data, net, images)
    learned = training_images(data, net)
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        found = remap_dies(
            net,
            on_chip,
            chosen,
            learned,
            pictures,
            labels,
            folder=folder,
            knowledge=knowledge,
            on_host=inputs == "host",
            flags=flagged,
            examples=flag_examples(flags, data, net),
            seed=seed,
            progress=progress,
        )
        summary = {
            "data": name,
            "images": len(labels),
            "repair": on_chip.repair.mode,
            "flags": flags,
            **found.summary(),
        }
        write_json(folder / "remap.json", summary)
    if json:
        show_json(summary)
        return
    show_table(
        f"{name}: {len(labels)} images, column repair {on_chip.repair.mode.replace('_', ' ')}, software "
        f"{found.software:.2f} %",
        ("die", "plain [%]", "remapped [%]", "expected damage, plain", "remapped"),
        [
            (str(die.number), f"{die.plain:.2f}", f"{die.remapped:.2f}", f"{die.before:.1f}", f"{die.after:.1f}")
            for die in found.dies
        ],
        right=range(5),
    )
    typer.echo(f"Networks and placements: {folder}")

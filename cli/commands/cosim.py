# SPDX-License-Identifier: BSD-3-Clause
"""``spintile cosim``: the exported RTL against the golden model, with the array model on the analog pins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import ProgressDisplay, rate, show_json, show_table
from ..errors import BadInput, CheckFailed, need
from ..options import (
    Calibrate,
    ChipName,
    CosimEngineName,
    DataName,
    FaultName,
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
    parse_numbers,
    uses_flags,
    worker_count,
    writable_folder,
)


def cosim(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[Path, typer.Argument(help="Population file, as written by spintile die sample.")],
    dies: Annotated[str, typer.Option("--dies", help="Which dies, by number: 0,2,5-8.")] = "0-3",
    images: Annotated[int, typer.Option("--images", min=1, help="How many test images on each die.")] = 25,
    first: Annotated[int, typer.Option("--first", min=0, help="The first of them in the test set.")] = 0,
    engine: Annotated[
        CosimEngineName,
        typer.Option("--engine", help="verilator or icarus, with the array in Python; compiled: all in C++."),
    ] = "verilator",
    data: DataName = "mnist",
    chip: ChipName = "borders",
    repair: RepairName = None,
    waves: Annotated[
        bool,
        typer.Option(
            "--waves", help="Also write waveforms (FST where possible, else VCD), and a view with names for GTKWave."
        ),
    ] = False,
    fault: Annotated[
        FaultName | None,
        typer.Option(
            "--fault",
            help="Break something on purpose: die-image, threshold, instruction, gate, flag or median. Must end red.",
        ),
    ] = None,
    placement: PlacementFile = None,
    segment: Segment = None,
    calibrate: Calibrate = False,
    flags: Flags = "none",
    states: States = None,
    seed: Seed = 0,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for results.xml, cosim.json, logs and waveforms.")] = Path(
        "runs/cosim"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the RTL in a simulator and compare every code, accumulator, activation and class with the golden model.

    The array model answers on the RTL's analog pins, comparator by comparator: in Python, or with --engine compiled in
    C++, hundreds of times as fast, for whole data sets on many dies. The first difference is named with die, image,
    layer, kernel, read, column, both values and simulation time. Exit code 1 if anything differs.

    Examples: [bold]spintile cosim network.safetensors population.nc --dies 0-3 --images 25[/bold],
    [bold]spintile cosim network.safetensors population.nc --dies 0-35 --images 10000 --engine compiled[/bold]
    """
    if waves and engine == "compiled":
        raise BadInput("--waves must go with --engine verilator or icarus, not compiled")
    need("amaranth", *(() if engine == "compiled" else ("cocotb",)))
    from spintile.model.dies import load_population
    from spintile.model.mapping import load_placement
    from spintile.model.network import load_network

    from ..flows.cosimulation import cosimulate_on_dies, summary
    from ..flows.data import flag_examples, network_images
    from ..flows.dies import choose_dies, warn_of_other_dies
    from ..flows.files import exclusive, write_json
    from ..flows.writing.programming import load_states

    net = load_network(network)
    pictures, _, name = network_images(data, net)
    if first + images > len(pictures):
        raise BadInput(f"--first plus --images must be at most {len(pictures)} for {name}, not {first + images}")
    on_chip = load_chip(chip, repair, segment=segment)
    flagged = uses_flags(flags, on_chip)
    numbers = parse_numbers(dies, "--dies")
    chosen = choose_dies(load_population(population), numbers, population)
    warn_of_other_dies(chosen, on_chip, population)
    placed = None if placement is None else load_placement(placement, net)
    held = None if states is None else load_states(states, chosen)
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        result = cosimulate_on_dies(
            net,
            on_chip,
            chosen,
            pictures[first : first + images],
            first_index=first,
            engine=engine,
            folder=folder,
            placement=placed,
            seed=seed,
            jobs=worker_count(jobs),
            waves=waves,
            fault=fault,
            states=held,
            calibrate=calibrate,
            flags=flagged,
            examples=flag_examples(flags, data, net),
            progress=progress,
        )
    shown = summary(result)
    write_json(folder / "cosim.json", shown)
    if json:
        show_json(shown)
    else:
        show_table(
            f"{engine}: {len(numbers)} dies, {images} images on each",
            ("stage", "compared"),
            [(stage, f"{count:,}") for stage, count in shown["compared_by_stage"].items()],
            right=(1,),
        )
        show_table(
            "",
            ("compared", "different", "cycles per image", "bound", "seconds"),
            [
                (
                    f"{shown['compared']:,}",
                    f"{shown['mismatches']:,}",
                    rate(shown["cycles_per_image"]),
                    f"{shown['cycles_bound']}",
                    f"{shown['seconds']:.1f}",
                )
            ],
            right=range(5),
        )
        views = sorted(folder.glob("simulation*/waves.gtkw")) if waves else []
        told = [f"Waveforms, with names of states and modes: cd {view.parent} && gtkwave {view.name}" for view in views]
        typer.echo("\n".join([f"Results and logs: {folder}", *told]))
    if shown["mismatches"]:
        raise CheckFailed(f"RTL and golden model differ: {shown['first_difference']}")

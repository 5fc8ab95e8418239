# SPDX-License-Identifier: BSD-3-Clause
"""``spintile train``: a binary network, in software or through the array."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import BadInput, need
from ..options import (
    ChipName,
    CombineName,
    DataName,
    Json,
    Quiet,
    RegimeName,
    RepairName,
    Seed,
    load_chip,
    parse_layers,
    writable_file,
)

if TYPE_CHECKING:
    from spintile.model.training import Regime

_REGIMES: dict[RegimeName, Regime] = {
    "software": "software",
    "die-aware": "die_aware",
    "statistics-aware": "statistics_aware",
}


def train(
    regime: Annotated[
        RegimeName,
        typer.Option("--regime", help="What training knows of the devices: software, die-aware or statistics-aware."),
    ] = "statistics-aware",
    data: DataName = "mnist",
    side: Annotated[
        int, typer.Option("--side", min=4, max=256, help="Height and width of images; the bundled mnist has 14.")
    ] = 14,
    hidden: Annotated[str, typer.Option("--hidden", help="Neurons of the dense hidden layers: 36, or 64,32.")] = "36",
    filters: Annotated[
        str,
        typer.Option(
            "--filters", help="Filters of convolutions before the dense layers: 24, or 16,32. None by default."
        ),
    ] = "",
    window: Annotated[int, typer.Option("--window", min=1, help="Side of the convolutions' window.")] = 5,
    pool: Annotated[int, typer.Option("--pool", min=1, help="Side of the pooling window after each convolution.")] = 2,
    input_bits: Annotated[
        int, typer.Option("--input-bits", min=1, max=8, help="Bits of an input, read plane by plane.")
    ] = 1,
    activation_bits: Annotated[
        int, typer.Option("--activation-bits", min=1, max=4, help="Bits of a hidden neuron's activation.")
    ] = 1,
    output_copies: Annotated[
        int, typer.Option("--output-copies", min=1, help="How often the output layer is placed.")
    ] = 1,
    combine: Annotated[
        CombineName,
        typer.Option("--combine", help="Copies of the output layer are added (sum), or the median of three is taken."),
    ] = "sum",
    chip: ChipName = "borders",
    repair: RepairName = None,
    statistics: Annotated[
        Path | None,
        typer.Option(
            "--statistics",
            help="Statistics-aware: TOML file of defect statistics, as of spintile die fit; the chip's own by default.",
        ),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--start", help="Trained network of the same shape to start from.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option("--population", help="Die-aware: the file that holds the die.")
    ] = None,
    die: Annotated[int, typer.Option("--die", min=0, help="Die-aware: its number in that file.")] = 0,
    epochs: Annotated[
        int, typer.Option("--epochs", min=0, help="Passes over the training images; 0: the default.")
    ] = 0,
    train_images: Annotated[int, typer.Option("--train-images", min=0, help="Only the first; 0: all.")] = 0,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option("--out", help="Network file to write (safetensors).")] = Path(
        "network.safetensors"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a binary network and write it with integer thresholds, ready for the array.

    [bold]software[/bold] knows nothing of devices. [bold]statistics-aware[/bold] meets a freshly drawn defective die in
    every mini-batch: one set of weights for all dies. [bold]die-aware[/bold] knows one die of a population file.

    Cells are always the chip's. For dies whose cells are others, train with the chip of
    [bold]spintile die fit --chip-out[/bold], and evaluate with it.

    Examples:

    [bold]spintile train --regime software --out software.safetensors[/bold]

    [bold]spintile train --start software.safetensors --output-copies 3[/bold]

    [bold]spintile train --statistics statistics.toml[/bold]

    [bold]spintile train --hidden "" --filters 24 --input-bits 4 --epochs 12[/bold]
    """
    if (regime == "die-aware") != (population is not None):
        raise BadInput(
            f"--population must {'be given' if population is None else 'not be given'} with --regime {regime}"
        )
    if statistics is not None and regime != "statistics-aware":
        raise BadInput(f"--statistics must not be given with --regime {regime}")
    writable_file(out, "--out")
    filter_counts, hidden_counts = parse_layers(filters, "--filters"), parse_layers(hidden, "--hidden")
    need("torch")
    from spintile.model.dies import DefectStatistics, load_population
    from spintile.model.network import load_network, save_network
    from spintile.model.training import LayerSpec, NetworkSpec

    from ..flows.data import load_data
    from ..flows.dies import warn_of_other_cell
    from ..flows.training import train_on

    on_chip = load_chip(chip, repair)
    if statistics is not None:
        on_chip = on_chip.replace(statistics=DefectStatistics.load(statistics))
        warn_of_other_cell(statistics, on_chip)
    dataset = load_data(data, side)
    outputs = dataset.classes if dataset.classes > 2 else 1
    convolutions = [LayerSpec(n, window, pool, activation_bits) for n in filter_counts]
    dense = [LayerSpec(n, activation_bits=activation_bits) for n in hidden_counts]
    spec = NetworkSpec((*convolutions, *dense, LayerSpec(outputs, copies=output_copies, combine=combine)), input_bits)
    given = None
    if population is not None:
        loaded = load_population(population)
        if die not in loaded.die_ids:
            raise BadInput(f"--die must be one of {loaded.die_ids.min()} to {loaded.die_ids.max()}, not {die}")
        given = loaded.select([loaded.die_ids.tolist().index(die)])
    with ProgressDisplay(quiet) as progress:
        progress(f"train, {regime}", 0.0)
        network = train_on(
            data=data,
            spec=spec,
            chip=on_chip,
            regime=_REGIMES[regime],
            train_images=train_images,
            epochs=epochs,
            seed=seed,
            start=None if start is None else load_network(start),
            population=given,
            side=side,
            progress=lambda done, remark: progress(f"train, {regime}", done, remark),
        )
    save_network(network, out)
    if json:
        show_json({"file": str(out), **network.metadata})
        return
    units = {"software_accuracy": " [%]"}
    rows = [(name.replace("_", " ") + units.get(name, ""), value) for name, value in network.metadata.items()]
    show_table(f"{out}: trained network", ("what", "value"), rows)

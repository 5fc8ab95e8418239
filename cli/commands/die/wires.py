# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die wires``: what the lines of dies take, and how far their die images are from a full solve."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Annotated, Literal

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput
from ...flows.dies import check_shape, choose_dies
from ...flows.figure_files import check_picture, save_figure
from ...options import ChipName, Json, Quiet, Seed, Segment, load_chip


def wires(
    population: Annotated[Path, typer.Argument(help="Population file.")],
    chip: ChipName = "borders",
    die: Annotated[int | None, typer.Option("--die", min=0, help="This die; all by default.")] = None,
    segment: Segment = None,
    driver: Annotated[
        float | None, typer.Option("--driver", min=0, help="Output resistance of a row driver [Ohm]; the chip's.")
    ] = None,
    sense: Annotated[
        float | None, typer.Option("--sense", min=0, help="Input resistance of a sense amplifier [Ohm]; the chip's.")
    ] = None,
    state: Annotated[
        Literal["mixed", "p", "ap"], typer.Option("--state", help="What is written: half of each state, or one.")
    ] = "mixed",
    reads: Annotated[int, typer.Option("--reads", min=1, help="Reads of each kernel that are solved in full.")] = 64,
    kernel: Annotated[int, typer.Option("--kernel", min=0, help="Kernel that is drawn.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Draw that kernel's voltages to this file (.png, .svg or .pdf).")
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what the lines take of the currents, and how far the die image is from the full non-linear solve.

    A warning says where the lines make an array unusable. The picture shows what voltage is left across each cell of a
    kernel with every row driven, and what is left of each column's current.

    Example: [bold]spintile die wires population.nc --segment 2 --die 0 --kernel 3 --out wires.png[/bold]
    """
    import numpy as np
    from spintile.model.array import transfer_matrix, wire_transmission
    from spintile.model.array.drawing import draw_ir_drop
    from spintile.model.dies import load_population
    from spintile.model.golden import line_breaks, linear_error

    from ...errors import extras_needed
    from ...flows.linear_error import COLUMNS, as_dicts, rows_of

    check_picture(out, "--out")
    on_chip = load_chip(chip, segment=segment)
    if driver is not None:
        on_chip = on_chip.replace(wires=dataclasses.replace(on_chip.wires, row_driver=driver))
    if sense is not None:
        on_chip = on_chip.replace(wires=dataclasses.replace(on_chip.wires, col_sense=sense))
    dies = load_population(population)
    check_shape(dies, on_chip, population)
    if die is not None:
        dies = choose_dies(dies, [die], population, "--die")
    if kernel >= on_chip.geometry.kernels:
        raise BadInput(f"--kernel must be from 0 to {on_chip.geometry.kernels - 1}, not {kernel}")
    generator = np.random.default_rng([seed, 0x51A7])
    states = generator.random(dies.shape[1:]) < {"mixed": 0.5, "p": 1.0, "ap": 0.0}[state]
    conductance = dies.conductance(states)
    if out is not None:
        with extras_needed():
            save_figure(draw_ir_drop(conductance[0, kernel], on_chip.wires, on_chip.sensing.v_read), out)
    with ProgressDisplay(quiet) as progress:
        step = "reads solved in full"
        progress(step, 0.0)
        found = linear_error(
            dies,
            states,
            on_chip,
            reads=reads,
            seed=seed,
            progress=lambda done, total: progress(step, done / total, f"{done} of {total} dies"),
        )
    breaks = line_breaks(dies)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said by the die image already
        arrives = transfer_matrix(conductance, on_chip.wires, breaks=breaks)
    left = [float(wire_transmission(g, t).min()) for g, t in zip(conductance, arrives, strict=True)]
    if json:
        show_json(
            {
                "file": str(population),
                "chip": on_chip.geometry.name,
                "wires": dataclasses.asdict(on_chip.wires),
                "state": state,
                "reads": found[0].reads,
                "left_at_worst_column": dict(zip(dies.die_ids.tolist(), left, strict=True)),
                "linear_error": as_dicts(found),
            }
        )
        return
    lines = on_chip.wires
    show_table(
        f"{population}: {lines.row_segment:g} / {lines.col_segment:g} Ohm per segment, driver {lines.row_driver:g}, "
        f"amplifier {lines.col_sense:g} Ohm; die image against {found[0].reads} reads solved in full [codes]",
        (COLUMNS[0], "left at the worst column [%]", *COLUMNS[1:]),
        [(cells[0], f"{100 * share:.1f}", *cells[1:]) for cells, share in zip(rows_of(found), left, strict=True)],
        right=range(6),
    )

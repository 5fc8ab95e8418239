# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die netlist``: a kernel of a die as an ngspice netlist, beside what our solver says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ...console import show_json, show_table
from ...errors import BadInput
from ...options import Json, parse_numbers


def netlist(
    population: Annotated[Path, typer.Argument(help="Population file.")],
    die: Annotated[int, typer.Option("--die", min=0, help="Which die.")] = 0,
    kernel: Annotated[int, typer.Option("--kernel", min=0, help="Which kernel of it.")] = 0,
    state: Annotated[Literal["p", "ap"], typer.Option("--state", help="State that every device was written to.")] = "p",
    rows: Annotated[str, typer.Option("--rows", help="Driven rows, like 0,2,5-8, or all; the others at 0 V.")] = "all",
    voltage: Annotated[float, typer.Option("--voltage", help="Of the driven rows [V].")] = 0.1,
    segment: Annotated[float, typer.Option("--segment", min=0, help="Wire between neighbouring cells [Ohm].")] = 2.0,
    driver: Annotated[float, typer.Option("--driver", min=0, help="Output resistance of a row driver [Ohm].")] = 0.0,
    sense: Annotated[float, typer.Option("--sense", min=0, help="Input resistance of a sense amplifier [Ohm].")] = 0.0,
    out: Annotated[Path, typer.Option("--out", help="Netlist to write.")] = Path("kernel.cir"),
    json: Json = False,
) -> None:
    """Write a read of one kernel, wires included, as a netlist for ngspice, and show the column currents to expect.

    Run it with [bold]ngspice -b kernel.cir[/bold]; it prints a line i(vsense0) = ... for every column, which should
    agree with ours to about 1e-12 of the largest.

    Example: [bold]spintile die netlist population.nc --die 7 --kernel 3 --segment 2 --out kernel.cir[/bold]
    """
    import math

    import numpy as np
    from spintile.model.array import Bias, Wires, crossbar, solve
    from spintile.model.array.netlist import write_netlist
    from spintile.model.dies import load_population

    from ...flows.files import write_text

    if not math.isfinite(voltage):
        raise BadInput(f"--voltage must be a finite number of volts, not {voltage}")
    loaded = load_population(population)
    places = np.flatnonzero(loaded.die_ids == die)
    if not places.size:
        raise BadInput(f"--die must be one of {loaded.die_ids.min()} to {loaded.die_ids.max()}, not {die}")
    _, kernels, lines, cols = loaded.shape
    if kernel >= kernels:
        raise BadInput(f"--kernel must be from 0 to {kernels - 1}, not {kernel}")
    driven = list(range(lines)) if rows == "all" else parse_numbers(rows, "--rows")
    if max(driven) >= lines:
        raise BadInput(f"--rows must be from 0 to {lines - 1}, not {max(driven)}")

    conductance = (loaded.g_p if state == "p" else loaded.g_ap)[places[0], kernel]
    wires = Wires(row_segment=segment, col_segment=segment, row_driver=driver, col_sense=sense)
    potentials = np.zeros(lines)
    potentials[driven] = voltage
    bias = Bias.read(potentials, cols)
    text = write_netlist(
        crossbar(conductance, wires), bias, title=f"die {die} kernel {kernel}, every device in {state}"
    )
    _, currents = solve(conductance, wires, bias)
    write_text(out, text)
    if json:
        show_json({"file": str(out), "rows": driven, "column_currents": currents})
        return
    show_table(
        f"{out}: die {die}, kernel {kernel}, {len(driven)} rows at {voltage:g} V",
        ("column", "current [uA]"),
        [(str(col), f"{current * 1e6:.6f}") for col, current in enumerate(currents)],
        right=(0, 1),
    )

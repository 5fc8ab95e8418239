# SPDX-License-Identifier: BSD-3-Clause
"""``spintile rtl``: the periphery as Verilog, with its register map, constraints, and a core file for FuseSoC."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import BadInput, need
from ..options import Json, Quiet, load_chip, writable_folder

app = typer.Typer(
    help="The CMOS periphery as Verilog, with its register map.", no_args_is_help=True, rich_markup_mode="rich"
)


@app.callback()
def _group() -> None:
    # With a single command typer would drop the word `export`.
    pass


@app.command()
def export(
    geometry: Annotated[
        str,
        typer.Option(
            "--geometry",
            help="Shape of the chip: a preset (borders, goodwill, drolet, demo and others) or a chip's TOML file.",
        ),
    ] = "borders",
    trace: Annotated[bool, typer.Option("--trace", help="With the trace ports that co-simulation listens to.")] = False,
    period: Annotated[float, typer.Option("--period", help="Clock period of the timing constraints [ns].")] = 10.0,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("rtl-export"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the RTL as Verilog, its register map as HTML, SystemRDL and a C header, and what integrators need.

    The Verilog comes from Yosys and reads the same in Icarus, Verilator and synthesis. One clock (clk), synchronous
    reset (rst). Timing constraints (SDC; the clock for nextpnr) have their parameters on top. spintile.core makes the
    folder a core of FuseSoC: fusesoc --cores-root rtl-export run --target lint spintile.

    Example: [bold]spintile rtl export --geometry borders --out rtl-export[/bold]
    """
    need("amaranth")
    from spintile.cosim.signoff.constraints import Timing
    from spintile.cosim.tools import find_yosys, require

    from ..flows.rtl_export import export_files

    try:
        timing = Timing(period=period)
    except ValueError as error:
        raise BadInput(f"--period: {error}") from None
    shape = load_chip(geometry).geometry
    yosys = require(find_yosys())
    folder = writable_folder(out)
    with ProgressDisplay(quiet) as progress:
        files = export_files(shape, folder, trace=trace, timing=timing, yosys=yosys.command, progress=progress)
    if json:
        show_json(
            {"geometry": shape.as_dict(), "digest": f"0x{shape.digest():08x}", "files": [str(path) for path in files]}
        )
        return
    show_table(
        f"{shape.name}: {shape.kernels} kernels of {shape.rows} x {shape.cols}, geometry hash 0x{shape.digest():08x}",
        ("file", "holds", "bytes"),
        [(str(path), what, str(path.stat().st_size)) for path, what in files.items()],
        right=(2,),
    )

# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench``: how fast the engines run on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import BadInput
from ..options import ChipName, Json, Quiet, load_chip


def bench(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only this one (golden, training, cosim); may be given again.")
    ] = None,
    chip: ChipName = "borders",
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure golden inference, training through the array and co-simulation on this machine, one process each.

    Rates hold for an idle machine only; nothing is checked. Building the simulator is not counted.

    Example: [bold]spintile bench --only golden[/bold]
    """
    from ..flows.benchmarks import BENCHMARKS

    for name in only or []:
        if name not in BENCHMARKS:
            raise BadInput(f"--only must be one of {', '.join(BENCHMARKS)}, not {name!r}")
    on_chip = load_chip(chip)
    results = []
    with ProgressDisplay(quiet) as progress:
        for name, measure in BENCHMARKS.items():
            if not only or name in only:
                progress(name, 0.0)
                results.append(measure(on_chip, progress))
                progress(name, 1.0)
    report = {"chip": on_chip.geometry.name, "measurements": [result.as_dict() for result in results]}
    if out is not None:
        from ..flows.files import write_json

        write_json(out, report)
    if json:
        show_json(report)
        return
    show_table(
        "Rates on this machine",
        ("benchmark", "work", "seconds", "rate"),
        [(r.name, r.work, f"{r.seconds:.2f}", f"{r.rate:,.0f} {r.unit}/s") for r in results],
        right=(2, 3),
    )

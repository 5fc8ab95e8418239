# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die compare``: whether two populations come from one process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import complain, show_json, show_table
from ...errors import extras_needed
from ...flows.figure_files import check_picture, save_figure
from ...options import ChipName, Json, Seed, existing_file, load_chip


def compare(
    first: Annotated[Path, typer.Argument(help="Population file.")],
    second: Annotated[Path, typer.Argument(help="Another.")],
    chip: ChipName = "borders",
    r_access: Annotated[
        float | None, typer.Option("--r-access", help="In series with a junction [Ohm]; the chip's by default.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence at which they are called different.")] = 0.95,
    permutations: Annotated[int, typer.Option("--permutations", min=1, help="Random exchanges of dies.")] = 4999,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Draw the comparison (.png, .svg or .pdf).")] = None,
    json: Json = False,
) -> None:
    """Compare two populations, property by property, by exchanging their dies at random.

    Example: [bold]spintile die compare wafer3.nc sampled.nc[/bold]
    """
    from spintile.model.dies import load_population
    from spintile.model.dies.fitting import compare_populations, draw_comparison

    check_picture(out, "--out")
    populations = [load_population(existing_file(path, "a population")) for path in (first, second)]
    series = load_chip(chip).cell.r_access if r_access is None else r_access
    found = compare_populations(*populations, r_access=series, level=level, permutations=permutations, seed=seed)
    if out is not None:
        with extras_needed():
            save_figure(draw_comparison(found, (first.name, second.name)), out)
    if json:
        show_json({"first": str(first), "second": str(second), **found.as_dict()})
        return
    show_table(
        f"{first} ({found.dies[0]} dies) and {second} ({found.dies[1]} dies)",
        ("property", "first", "second", "", "p", "p, all together", "differs"),
        [
            (
                each.name.replace("_", "-"),
                f"{each.first:.4g}",
                f"{each.second:.4g}",
                each.unit,
                f"{each.p_value:.2g}",
                f"{each.adjusted:.2g}",
                "yes" if each.name in found.different else "no",
            )
            for each in found.differences
        ],
        right=(1, 2, 4, 5),
    )
    for note in found.notes:
        complain(note)

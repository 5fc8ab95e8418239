# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die show``: what is wrong with the dies of a population."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import show_json, show_table
from ...errors import BadInput
from ...flows.figure_files import check_picture
from ...options import Json


def show(
    population: Annotated[Path, typer.Argument(help="Population file.")],
    die: Annotated[int | None, typer.Option("--die", min=0, help="Draw this die; all by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a picture (.png, .svg or .pdf) to this file.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what is wrong with the dies of a population; with [bold]--out[/bold], draw them.

    Example: [bold]spintile die show population.nc --die 7 --out die7.png[/bold]
    """
    import numpy as np
    from spintile.model.dies import load_population

    check_picture(out, "--out")
    loaded = load_population(population)
    chosen = loaded
    if die is not None:
        places = np.flatnonzero(loaded.die_ids == die)
        if not places.size:
            raise BadInput(f"--die must be one of {loaded.die_ids.min()} to {loaded.die_ids.max()}, not {die}")
        chosen = loaded.select(places)
    counts = chosen.counts()
    healthy = chosen.defect == 0
    siemens = np.where(healthy, chosen.g_p, np.nan)
    if out is not None:
        from ...flows.pictures import draw_dies

        draw_dies(chosen, out)
    if json:
        show_json(
            {
                "file": str(population),
                "dies": chosen.die_ids,
                "kernels": chosen.shape[1],
                "rows": chosen.shape[2],
                "cols": chosen.shape[3],
                "defects": {name: values for name, values in counts.items() if name != "none"},
            }
        )
        return
    rows = []
    for i, number in enumerate(chosen.die_ids):
        mean, std = float(np.nanmean(siemens[i])) * 1e6, float(np.nanstd(siemens[i])) * 1e6
        cells = [str(int(counts[name][i])) for name in ("short", "open", "stuck_p", "stuck_ap", "pinhole")]
        rows.append((str(number), *cells, f"{mean:.1f} ± {std:.1f}"))
    _, kernels, lines, cols = chosen.shape
    show_table(
        f"{population}: {loaded.dies} dies of {kernels} kernels of {lines} x {cols}",
        ("die", "shorts", "opens", "stuck-P", "stuck-AP", "pinholes", "healthy G_P [uS]"),
        rows,
        right=range(7),
    )
    if die is not None:
        _show_kernels(chosen.defect[0])


def _show_kernels(defect: object) -> None:
    """Where the defects of one die are, as text: a line per defective kernel."""
    import numpy as np

    array = np.asarray(defect)
    letters = {1: "S", 2: "O", 3: "P", 4: "A", 5: "H"}
    rows = []
    for kernel in range(array.shape[0]):
        places = [f"{letters[int(array[kernel, r, c])]}({r},{c})" for r, c in np.argwhere(array[kernel] != 0)]
        if places:
            rows.append((str(kernel), "  ".join(places)))
    show_table(
        "", ("kernel", "defects: S short, O open, P stuck-P, A stuck-AP, H pinhole at (row, column)"), rows, right=(0,)
    )

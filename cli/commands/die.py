# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die``: draw populations of defective dies, and look at them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..console import show_json, show_table
from ..errors import BadInput
from ..flows.figure_files import check_picture
from ..options import ChipName, Json, Seed, load_chip, writable_file
from . import die_compare, die_fit, die_import, die_netlist

app = typer.Typer(
    help="Draw populations of defective dies, import measured ones, fit their statistics, and look at them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.command("import")(die_import.import_dies)
app.command("fit")(die_fit.fit)
app.command("compare")(die_compare.compare)
app.command("netlist")(die_netlist.netlist)


@app.command()
def sample(
    dies: Annotated[int, typer.Option("--dies", min=1, help="How many dies.")] = 36,
    chip: ChipName = "borders",
    statistics: Annotated[
        Path | None, typer.Option("--statistics", help="TOML file of defect statistics; the chip's own by default.")
    ] = None,
    short: Annotated[float | None, typer.Option("--short", help="Rate of shorted devices, 0 to 1.")] = None,
    open_: Annotated[float | None, typer.Option("--open", help="Rate of open devices.")] = None,
    stuck_p: Annotated[float | None, typer.Option("--stuck-p", help="Rate of devices stuck in the P state.")] = None,
    stuck_ap: Annotated[float | None, typer.Option("--stuck-ap", help="Rate of devices stuck in the AP state.")] = None,
    short_strength: Annotated[
        float | None, typer.Option("--short-strength", help="Conductance of a shorted cell in units of G_P.")
    ] = None,
    spread: Annotated[float | None, typer.Option("--spread", help="Log-normal resistance spread within a die.")] = None,
    die_spread: Annotated[float | None, typer.Option("--die-spread", help="Log-normal spread between dies.")] = None,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option("--out", help="Population file to write (NetCDF-4).")] = Path("population.nc"),
    json: Json = False,
) -> None:
    """Draw dies from defect statistics and write them as a NetCDF file.

    Options override the statistics file, which overrides the chip's own. A die depends only on the seed and its number:
    die 3 of 36 is die 3 of 5.

    Example: [bold]spintile die sample --dies 36 --short 0.002 --out population.nc[/bold]
    """
    from spintile.model.dies import DefectStatistics, sample_population, save_population

    on_chip = load_chip(chip)
    chosen = DefectStatistics.load(statistics) if statistics else on_chip.statistics
    overrides = {
        "short": short,
        "open": open_,
        "stuck_p": stuck_p,
        "stuck_ap": stuck_ap,
        "short_strength": short_strength,
        "spread": spread,
        "die_spread": die_spread,
    }
    chosen = chosen.replace(**{name: value for name, value in overrides.items() if value is not None})
    writable_file(out, "--out")
    # Three arrays, and the file's copy of them, in memory at once.
    needed = dies * on_chip.geometry.devices * 40
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory // 2:
        most = memory // 2 // (on_chip.geometry.devices * 40)
        raise BadInput(
            f"--dies must be at most {most} of {on_chip.geometry.devices} devices in this memory, not {dies}"
        )
    population = sample_population(on_chip.geometry, on_chip.cell, chosen, dies, seed)
    save_population(population, out)
    counts = {name: int(values.sum()) for name, values in population.counts().items() if name != "none"}
    if json:
        show_json(
            {"file": str(out), "dies": dies, "devices": on_chip.geometry.devices, "seed": seed, "defects": counts}
        )
        return
    show_table(
        f"{out}: {dies} dies of {on_chip.geometry.devices} devices, seed {seed}",
        ("defect", "rate", "expected per die", "drawn per die"),
        [
            (
                name.replace("_", "-"),
                f"{getattr(chosen, name):g}",
                f"{getattr(chosen, name) * on_chip.geometry.devices:.1f}",
                f"{count / dies:.1f}",
            )
            for name, count in counts.items()
        ],
        right=(1, 2, 3),
    )


@app.command()
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
        from ..flows.pictures import draw_dies

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
        cells = [str(int(counts[name][i])) for name in ("short", "open", "stuck_p", "stuck_ap")]
        rows.append((str(number), *cells, f"{mean:.1f} ± {std:.1f}"))
    _, kernels, lines, cols = chosen.shape
    show_table(
        f"{population}: {loaded.dies} dies of {kernels} kernels of {lines} x {cols}",
        ("die", "shorts", "opens", "stuck-P", "stuck-AP", "healthy G_P [uS]"),
        rows,
        right=range(6),
    )
    if die is not None:
        _show_kernels(chosen.defect[0])


def _show_kernels(defect: object) -> None:
    """Where the defects of one die are, as text: a line per defective kernel."""
    import numpy as np

    array = np.asarray(defect)
    letters = {1: "S", 2: "O", 3: "P", 4: "A"}
    rows = []
    for kernel in range(array.shape[0]):
        places = [f"{letters[int(array[kernel, r, c])]}({r},{c})" for r, c in np.argwhere(array[kernel] != 0)]
        if places:
            rows.append((str(kernel), "  ".join(places)))
    show_table("", ("kernel", "defects: S short, O open, P stuck-P, A stuck-AP at (row, column)"), rows, right=(0,))

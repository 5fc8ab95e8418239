# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die import``: measured dies as a population."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import show_json, show_table
from ...errors import BadInput, extras_needed
from ...flows.figure_files import check_picture, save_figure
from ...options import Json, load_chip, writable_file


def import_dies(
    source: Annotated[
        Path, typer.Argument(help="A folder of matrices, or a .csv, .txt, .tsv, .npz, .h5, .hdf5 or .nc file.")
    ],
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the numbers, where the file declares none: uS, kOhm, uA, ...")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", help="Names of a folder's files, such as 'die{die}_kernel{kernel}_{state}.csv'."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Where an HDF5 file's array is: g_p=wafer3/on. May be repeated.")
    ] = None,
    first_index: Annotated[
        int, typer.Option("--first-index", min=0, help="What a table counts kernels, rows and columns from.")
    ] = 0,
    read_voltage: Annotated[float | None, typer.Option("--read-voltage", help="For currents [V].")] = None,
    noise_floor: Annotated[
        float, typer.Option("--noise-floor", help="Down to minus this, a negative reading counts as 0 [S or A].")
    ] = 0.0,
    open_below: Annotated[
        float, typer.Option("--open-below", help="Open: below this much of the median G_AP in both states.")
    ] = 0.3,
    short_above: Annotated[
        float, typer.Option("--short-above", help="Short: above this much of the median G_P in a state.")
    ] = 1.5,
    switch_below: Annotated[
        float, typer.Option("--switch-below", help="Stuck: switches by less than this much of the median difference.")
    ] = 0.5,
    chip: Annotated[str | None, typer.Option("--chip", help="Refuse dies whose kernels are not this chip's.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Population file to write (NetCDF-4).")] = Path("population.nc"),
    preview: Annotated[
        Path | None, typer.Option("--preview", help="Draw what was read into this file (.png, .svg or .pdf).")
    ] = None,
    json: Json = False,
) -> None:
    """Read measured dies, classify their cells and write them as a population.

    A table in long form has the columns die, kernel, row and col, and then g_p and g_ap, or r_p and r_ap, or i_p and
    i_ap, or state and value; headings may declare units: [bold]g_p \\[uS][/bold]. Look at the preview before going on:
    a wrong unit or swapped states show there.

    Example: [bold]spintile die import wafer3.csv --unit uS --out wafer3.nc --preview wafer3.png[/bold]
    """
    from spintile.model.dies import save_population
    from spintile.model.dies.measured import ClassLimits, draw_preview, import_population

    check_picture(preview, "--preview")
    writable_file(out, "--out")
    limits = ClassLimits(open_below=open_below, short_above=short_above, switch_below=switch_below)
    population = import_population(
        source,
        limits=limits,
        unit=unit,
        pattern=pattern,
        names=parse_names(name or []),
        first_index=first_index,
        read_voltage=read_voltage,
        noise_floor=noise_floor,
    )
    dies, kernels, rows, cols = population.shape
    if chip is not None:
        shape = load_chip(chip).geometry
        if (shape.kernels, shape.rows, shape.cols) != (kernels, rows, cols):
            raise BadInput(
                f"{source}: dies must be those of {chip}, {shape.kernels} kernels of {shape.rows} x {shape.cols}, not "
                f"{kernels} of {rows} x {cols}"
            )
    save_population(population, out)
    if preview is not None:
        with extras_needed():
            save_figure(draw_preview(population), preview)
    counts = {kind: int(number.sum()) for kind, number in population.counts().items() if kind != "none"}
    devices = kernels * rows * cols
    if json:
        show_json({"file": str(out), "dies": dies, "devices": devices, "defects": counts, **population.provenance})
        return
    show_table(
        f"{out}: {dies} dies of {kernels} kernels of {rows} x {cols}, from {source}",
        ("defect", "cells", "per die", "share"),
        [
            (kind.replace("_", "-"), str(number), f"{number / dies:.1f}", f"{number / dies / devices:.3%}")
            for kind, number in counts.items()
        ],
        right=(1, 2, 3),
    )


def parse_names(texts: list[str]) -> dict[str, str] | None:
    """``["g_p=wafer3/on"]`` as a mapping; None for none."""
    names = {}
    for text in texts:
        key, equals, place = text.partition("=")
        if not (key and equals and place):
            raise BadInput(f"--name must be an array and its place, such as g_p=wafer3/on, not {text!r}")
        names[key] = place
    return names or None

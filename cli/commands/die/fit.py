# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die fit``: statistics of a process from its dies."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...console import complain, show_json, show_table
from ...errors import extras_needed
from ...flows.figure_files import check_picture, save_figure
from ...options import ChipName, Json, Seed, existing_file, load_chip, writable_file

if TYPE_CHECKING:
    from spintile.model.dies.fitting import Fit

#: Name, factor and unit of each fitted field, in the order of the table.
_SHOWN = {
    "short": ("shorts", 100.0, "%"),
    "open": ("opens", 100.0, "%"),
    "stuck_p": ("stuck-P", 100.0, "%"),
    "stuck_ap": ("stuck-AP", 100.0, "%"),
    "pinhole": ("pinholes", 100.0, "%"),
    "open_row": ("broken rows", 100.0, "%"),
    "open_col": ("broken columns", 100.0, "%"),
    "short_rate_spread": ("over-dispersion of shorts", 1.0, ""),
    "open_rate_spread": ("over-dispersion of opens", 1.0, ""),
    "stuck_p_rate_spread": ("over-dispersion of stuck-P", 1.0, ""),
    "stuck_ap_rate_spread": ("over-dispersion of stuck-AP", 1.0, ""),
    "rate_correlation": ("correlation of the classes", 1.0, ""),
    "spatial_clustering": ("clustering", 1.0, "per defect"),
    "spatial_range": ("range of clusters", 1.0, "pitch"),
    "r_p": ("R_P, median", 1.0, "Ohm"),
    "tmr": ("TMR, median", 100.0, "%"),
    "spread": ("spread of R within dies", 100.0, "%"),
    "die_spread": ("spread of R between dies", 100.0, "%"),
    "tmr_spread": ("spread of TMR within dies", 100.0, "%"),
    "die_tmr_spread": ("spread of TMR between dies", 100.0, "%"),
    "short_strength": ("conductance of a short", 1.0, "G_P"),
    "short_spread": ("spread of shorts", 100.0, "%"),
}


def fit(
    population: Annotated[Path, typer.Argument(help="Population file, sampled or imported.")],
    chip: ChipName = "borders",
    r_access: Annotated[
        float | None, typer.Option("--r-access", help="In series with a junction [Ohm]; the chip's by default.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of the intervals.")] = 0.95,
    out: Annotated[Path, typer.Option("--out", help="Fit to write (TOML).")] = Path("statistics.toml"),
    chip_out: Annotated[
        Path | None,
        typer.Option("--chip-out", help="Also write the chip with the fitted cell and statistics, for --chip (TOML)."),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw how well it fits into this file (.png, .svg or .pdf).")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Populations drawn for the figure.")] = 99,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Fit defect statistics, with confidence intervals, to the dies of a population.

    The file it writes is a statistics file: [bold]spintile die sample --statistics[/bold] draws other dies from it.
    Where measured cells are not those of the chip, give [bold]--chip-out[/bold] and that file as --chip to train, eval,
    write and cosim: the cell sets the converters' full scale, the constants of column repair and what a drawn die is.

    Examples:

    [bold]spintile die fit wafer3.nc --out wafer3.toml --figure wafer3_fit.png[/bold]

    [bold]spintile die fit wafer3.nc --chip-out wafer3_chip.toml[/bold], then [bold]spintile train --chip
    wafer3_chip.toml[/bold]
    """
    from spintile.model.dies import load_population
    from spintile.model.dies.fitting import draw_fit, fit_statistics, goodness_of_fit, save_fit
    from spintile.model.dies.measured.measurement import digest

    from ...flows.dies import check_shape, fitted_chip

    check_picture(figure, "--figure")
    writable_file(out, "--out")
    writable_file(chip_out, "--chip-out")
    loaded = load_population(existing_file(population, "a population"))
    on_chip = load_chip(chip)
    if chip_out is not None:
        check_shape(loaded, on_chip, population)
    series = on_chip.cell.r_access if r_access is None else r_access
    result = fit_statistics(loaded, r_access=series, level=level, source=population.name, digest=digest([population]))
    save_fit(result, out)
    if chip_out is not None:
        fitted_chip(on_chip, result).save(chip_out)
    report = {"file": str(out), "statistics": result.statistics.as_dict(), "level": level, "notes": list(result.notes)}
    if figure is not None or json:
        goodness = goodness_of_fit(loaded, result, draws=draws, seed=seed)
        report["goodness"] = goodness.as_dict()
        if figure is not None:
            with extras_needed():
                save_figure(draw_fit(result, goodness), figure)
    if json:
        intervals = {name: [_plain(value) for value in estimate] for name, estimate in result.estimates.items()}
        show_json({**report, "intervals": intervals, "origin": dict(result.origin)})
        return
    title = f"{out}: fitted to {loaded.dies} dies of {population}"
    columns = ("", "fitted", f"{100 * level:g} % interval", "")
    show_table(title, columns, fit_rows(result), right=(1, 2))
    for note in result.notes:
        complain(note)


def fit_rows(fit: Fit) -> list[tuple[str, str, str, str]]:
    """Name, value, interval and unit of every fitted field."""
    rows = []
    for field, (name, factor, unit) in _SHOWN.items():
        if field in fit.estimates:
            value, low, high = (factor * number for number in fit.estimates[field])
            bounds = f"{low:.4g} .. {high:.4g}" if math.isfinite(high) else f"{low:.4g} .."
            rows.append((name, f"{value:.4g}", bounds, unit))
    return rows


def _plain(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None

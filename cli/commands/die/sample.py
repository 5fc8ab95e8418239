# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die sample``: dies drawn from the statistics of a process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput
from ...options import ChipName, Json, Quiet, Seed, load_chip, writable_file

_RATES = "Rates"
_SPREADS = "Spreads of healthy devices: standard deviation of the logarithm"
_DIES = "How dies differ, and where defects lie"


def _rate(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=what, rich_help_panel=_RATES)
    return option


def _spread(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=what, rich_help_panel=_SPREADS)
    return option


def _pattern(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=what, rich_help_panel=_DIES)
    return option


def sample(
    dies: Annotated[int, typer.Option("--dies", min=1, help="How many dies.")] = 36,
    chip: ChipName = "borders",
    statistics: Annotated[
        Path | None, typer.Option("--statistics", help="TOML file of defect statistics; the chip's own by default.")
    ] = None,
    short: Annotated[float | None, _rate("--short", "Shorted devices, 0 to 1.")] = None,
    open_: Annotated[float | None, _rate("--open", "Open devices.")] = None,
    stuck_p: Annotated[float | None, _rate("--stuck-p", "Devices stuck in the P state.")] = None,
    stuck_ap: Annotated[float | None, _rate("--stuck-ap", "Devices stuck in the AP state.")] = None,
    pinhole: Annotated[float | None, _rate("--pinhole", "Devices with a pinhole: less resistance and TMR.")] = None,
    open_row: Annotated[float | None, _rate("--open-row", "Rows of a kernel broken at their contact.")] = None,
    open_col: Annotated[float | None, _rate("--open-col", "Columns broken at their contact.")] = None,
    short_strength: Annotated[
        float | None, _rate("--short-strength", "Conductance of a shorted cell in units of G_P, whatever its state.")
    ] = None,
    spread: Annotated[float | None, _spread("--spread", "Of resistance, within a die.")] = None,
    die_spread: Annotated[float | None, _spread("--die-spread", "Of resistance, between dies.")] = None,
    tmr_spread: Annotated[float | None, _spread("--tmr-spread", "Of TMR, within a die.")] = None,
    die_tmr_spread: Annotated[float | None, _spread("--die-tmr-spread", "Of TMR, between dies.")] = None,
    short_spread: Annotated[float | None, _spread("--short-spread", "Of the conductance of shorts.")] = None,
    rate_spread: Annotated[
        float | None,
        _pattern("--rate-spread", "Over-dispersion: coefficient of variation of a die's own rates, all four classes."),
    ] = None,
    rate_correlation: Annotated[
        float | None, _pattern("--rate-correlation", "How far a die bad in one class is bad in the others, 0 to 1.")
    ] = None,
    clustering: Annotated[
        float | None, _pattern("--clustering", "Mean number of further defects in the cluster of a defect.")
    ] = None,
    cluster_range: Annotated[
        float | None, _pattern("--cluster-range", "Distance of defects from the middle of their cluster, in cells.")
    ] = None,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option("--out", help="Population file to write (NetCDF-4).")] = Path("population.nc"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw dies from defect statistics and write them as a NetCDF file.

    Options override the statistics file, which overrides the chip's own. A die depends only on the seed and its number:
    die 3 of 36 is die 3 of 5. If the statistics were fitted, their cell is not the chip's: give the chip that
    [bold]spintile die fit --chip-out[/bold] wrote.

    Examples:

    [bold]spintile die sample --dies 36 --short 0.002 --out population.nc[/bold]

    [bold]spintile die sample --rate-spread 0.6 --rate-correlation 0.5 --clustering 2 --open-row 0.0005[/bold]
    """
    from spintile.model.dies import DefectStatistics, save_population

    from ...flows.dies import draw_dies, warn_of_other_cell

    on_chip = load_chip(chip)
    chosen = DefectStatistics.load(statistics) if statistics else on_chip.statistics
    if statistics is not None:
        warn_of_other_cell(statistics, on_chip)
    overrides = {
        "short": short,
        "open": open_,
        "stuck_p": stuck_p,
        "stuck_ap": stuck_ap,
        "pinhole": pinhole,
        "open_row": open_row,
        "open_col": open_col,
        "short_strength": short_strength,
        "spread": spread,
        "die_spread": die_spread,
        "tmr_spread": tmr_spread,
        "die_tmr_spread": die_tmr_spread,
        "short_spread": short_spread,
        "rate_correlation": rate_correlation,
        "spatial_clustering": clustering,
        "spatial_range": cluster_range,
        **{f"{name}_rate_spread": rate_spread for name in ("short", "open", "stuck_p", "stuck_ap")},
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
    with ProgressDisplay(quiet) as progress:
        population = draw_dies(on_chip, chosen, dies, seed, progress)
        progress("write the file", 0.0)
        save_population(population, out)
        progress("write the file", 1.0)
    counts = {name: int(values.sum()) for name, values in population.counts().items() if name != "none"}
    if json:
        show_json(
            {"file": str(out), "dies": dies, "devices": on_chip.geometry.devices, "seed": seed, "defects": counts}
        )
        return
    devices = on_chip.geometry.devices
    # Of a device that a broken line may take with it.
    whole = (1 - chosen.open_row) * (1 - chosen.open_col)
    rates = {name: getattr(chosen, name) * whole + (1 - whole if name == "open" else 0.0) for name in counts}
    show_table(
        f"{out}: {dies} dies of {devices} devices, seed {seed}",
        ("defect", "rate", "expected per die", "drawn per die"),
        [
            (name.replace("_", "-"), f"{rates[name]:.4g}", f"{rates[name] * devices:.1f}", f"{count / dies:.1f}")
            for name, count in counts.items()
        ],
        right=(1, 2, 3),
    )

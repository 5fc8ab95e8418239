# SPDX-License-Identifier: BSD-3-Clause
"""``spintile characterise``: what every device of some dies is, from the codes that the chip itself reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import BadInput, need
from ..options import (
    AdcBits,
    ChipName,
    Jobs,
    Json,
    Quiet,
    Seed,
    WriteEngineName,
    WriteFaultName,
    load_chip,
    parse_numbers,
    worker_count,
    writable_folder,
)


def characterise(
    population: Annotated[
        Path, typer.Argument(help="Population file: the dies as they are, which nobody tells the RTL.")
    ],
    dies: Annotated[str | None, typer.Option("--dies", help="Only these, by number: 0,2,5-8.")] = None,
    engine: Annotated[
        WriteEngineName,
        typer.Option(
            "--engine",
            help="model: the golden model alone, seconds for many dies. verilator, icarus: the RTL, held against it "
            "word "
            "for word, some ten seconds a die. auto: the simulator there is.",
        ),
    ] = "auto",
    chip: ChipName = "borders-12bit",
    adc_bits: AdcBits = None,
    repeats: Annotated[
        int | None, typer.Option("--repeats", min=1, max=32, help="Reads that are added up, against noise; the chip's.")
    ] = None,
    waves: Annotated[bool, typer.Option("--waves", help="Also write waveforms.")] = False,
    fault: Annotated[
        WriteFaultName | None,
        typer.Option("--fault", help="Break something in the RTL or its settings on purpose. Must end red."),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/characterise"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write every cell to P and to AP, read it in both, and recover conductances and defect classes from the codes.

    The write controller does it by itself and streams the codes out. What was recovered is a population like any other:
    [bold]spintile die fit[/bold] makes statistics of it. Since the model knows the truth, precision and recall of the
    classes are shown; pinholes are scored apart.

    Writes recovered.nc, characterise.json, report.html and results.xml. Exit code 1 if the RTL differs from the golden
    model, or if precision or recall are below 99.9 % with 8 bits or more.

    Examples:

    [bold]spintile characterise population.nc --dies 0-2[/bold]

    [bold]spintile characterise population.nc --engine model[/bold], then [bold]spintile die fit
    runs/characterise/recovered.nc --chip borders-12bit[/bold]
    """
    from ..flows.checks import checks_junit, exactness_check, provenance, provenance_tables, raise_first_failure
    from ..flows.dies import check_shape, choose_dies
    from ..flows.files import exclusive, write_json, write_text
    from ..flows.writing.characterisation import (
        characterisation_checks,
        characterisation_sheet,
        summarise_characterisation,
    )
    from ..flows.writing.programming import resolve_engine, run_commands
    from ..flows.writing.report import writing_tables
    from ..report import render_sheet

    need("jinja2")
    chosen_engine = resolve_engine(engine)
    if fault is not None and chosen_engine == "model":
        raise BadInput("--fault must not be given with --engine model: it breaks the RTL")
    if chosen_engine != "model":
        need("amaranth", "cocotb")
    from spintile.model.dies import load_population, save_population
    from spintile.model.programming import WriteCommand, recover

    on_chip = load_chip(chip, adc_bits=adc_bits)
    if repeats is not None:
        on_chip = on_chip.replace(writing=on_chip.writing.replace(repeats=repeats))
    loaded = load_population(population)
    check_shape(loaded, on_chip, population)
    chosen = loaded if dies is None else choose_dies(loaded, parse_numbers(dies, "--dies"), population)
    on_chip.writing.windows(on_chip.geometry, on_chip.cell, on_chip.sensing, on_chip.wires)
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        done = run_commands(
            on_chip,
            chosen,
            [WriteCommand("characterise")],
            seed=seed,
            engine=chosen_engine,
            jobs=worker_count(jobs),
            folder=folder / "rtl",
            waves=waves,
            fault=fault,
            progress=progress,
        )
        comparison = done.comparison()
        broken = exactness_check(comparison)
        if broken is not None and not broken.holds:  # words that are not the golden model's may make no sense
            write_json(folder / "characterise.json", {"format_version": 1, "holds": False, "rtl": comparison})
            write_text(folder / "results.xml", checks_junit([broken], "characterise"))
            raise_first_failure([broken])
        progress("recover the devices", 0.0)
        found = recover(done.reports[0], on_chip)
        summary = summarise_characterisation(found, chosen, on_chip)
        progress("recover the devices", 1.0)
        checks = characterisation_checks(summary, comparison)
        origin = provenance(seed, {"population": population})
        report = {
            "format_version": 1,
            "holds": all(check.holds for check in checks),
            "dies": chosen.die_ids.tolist(),
            **summary,
            "rtl": comparison,
            "checks": [check.as_dict() for check in checks],
            "provenance": origin,
        }
        on_chip.save(folder / "chip.toml")
        save_population(found.to_population(chosen.die_ids), folder / "recovered.nc")
        write_json(folder / "characterise.json", report)
        write_text(folder / "results.xml", checks_junit(checks, "characterise"))
        tables = {**writing_tables(on_chip), **provenance_tables(origin)}
        sheet = characterisation_sheet(summary, comparison, checks, on_chip, chosen, found, tables)
        write_text(folder / "report.html", render_sheet(sheet))
    if json:
        show_json(report)
    else:
        _show(report, folder)
    raise_first_failure(checks)


def _show(report: dict[str, Any], folder: Path) -> None:
    from ..flows.writing.characterisation import class_name, confusion_rows

    heading, rows = confusion_rows(report)
    engine = report["rtl"]["engine"]
    dies = len(report["dies"])
    show_table(
        f"{report['cells']:,} cells of {dies} {'die' if dies == 1 else 'dies'} read at {report['adc_bits']} bits, "
        + ("golden model" if engine == "model" else f"RTL on {engine}"),
        heading,
        rows,
        right=range(1, len(heading)),
    )
    shown = [
        (class_name(name), *("–" if each[key] is None else f"{each[key]:.3%}" for key in ("precision", "recall")))
        for name, each in report["per_class"].items()
        if name != "none" and each["recall"] is not None
    ]
    together = tuple("–" if report[key] is None else f"{report[key]:.3%}" for key in ("precision", "recall"))
    show_table("", ("class", "precision", "recall"), [*shown, ("all but pinholes", *together)], right=(1, 2))
    rtl = report["rtl"]
    compared = "" if engine == "model" else f"{rtl['compared']:,} words and states compared, 0 differ. "
    error = (
        "" if report["mean_error"] is None else f"Healthy conductances off by {report['mean_error']:.3%} on average, "
    )
    error += f"{report['largest_error_lsb']:.2f} codes at most. "
    typer.echo(
        f"{compared}{error}{rtl['seconds']:.1f} s.\nRecovered: {folder / 'recovered.nc'}\nReport: "
        f"{folder / 'report.html'}"
    )

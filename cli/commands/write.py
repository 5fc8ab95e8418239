# SPDX-License-Identifier: BSD-3-Clause
"""``spintile write``: states into dies, pulse by pulse and verified."""

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


def write(
    targets: Annotated[
        str,
        typer.Argument(
            help="What to write: checkerboard, all-p, all-ap, random, a network (.safetensors), or an array of 0 (AP) "
            "and 1 (P), kernels x rows x cols, with or without dies before them (.npy)."
        ),
    ],
    population: Annotated[Path, typer.Argument(help="Population file: the dies.")],
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
    chip: ChipName = "borders",
    adc_bits: AdcBits = None,
    start: Annotated[
        Path | None,
        typer.Option("--start", help="States before: states.safetensors of an earlier run. Random by default."),
    ] = None,
    waves: Annotated[bool, typer.Option("--waves", help="Also write waveforms.")] = False,
    fault: Annotated[
        WriteFaultName | None,
        typer.Option("--fault", help="Break something in the RTL or its settings on purpose. Must end red."),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/write"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Program dies and verify every cell: pulses of rising voltage until it reads right, or is reported.

    Each pulse switches a device by chance, as its physics says. The write controller reads the cell back after every
    pulse; what still reads wrong after the last step is reported with what it looks like: stuck, short or open. Levels,
    widths and retries are the chip's ([bold]\\[writing][/bold] of its TOML file).

    Writes write.json, failures.csv (every cell that was reported), states.safetensors (what the dies hold now, for
    [bold]--states[/bold] of spintile eval and cosim), report.html and results.xml. Exit code 1 if a healthy cell failed
    or the RTL differs from the golden model.

    Examples:

    [bold]spintile write checkerboard population.nc --dies 0[/bold]

    [bold]spintile write network.safetensors population.nc --engine model[/bold]
    """
    from ..flows.checks import checks_junit, exactness_check, provenance, provenance_tables, raise_first_failure
    from ..flows.dies import check_shape, choose_dies
    from ..flows.files import exclusive, write_json, write_text
    from ..flows.writing.fidelity import cell_results, failures_csv, summarise
    from ..flows.writing.programming import load_states, make_targets, resolve_engine, run_commands, save_states
    from ..flows.writing.report import writing_checks, writing_sheet, writing_tables
    from ..report import render_sheet

    need("jinja2")
    chosen_engine = resolve_engine(engine)
    if fault is not None and chosen_engine == "model":
        raise BadInput("--fault must not be given with --engine model: it breaks the RTL")
    if chosen_engine != "model":
        need("amaranth", "cocotb")
    from spintile.model.dies import load_population
    from spintile.model.programming import WriteCommand

    on_chip = load_chip(chip, adc_bits=adc_bits)
    loaded = load_population(population)
    check_shape(loaded, on_chip, population)
    chosen = loaded if dies is None else choose_dies(loaded, parse_numbers(dies, "--dies"), population)
    wanted, what = make_targets(targets, on_chip, chosen.dies, seed)
    initial = None if start is None else load_states(start, chosen)
    command = WriteCommand("targets", wanted)
    on_chip.writing.windows(on_chip.geometry, on_chip.cell, on_chip.sensing, on_chip.wires)
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        done = run_commands(
            on_chip,
            chosen,
            [command],
            seed=seed,
            engine=chosen_engine,
            jobs=worker_count(jobs),
            folder=folder / "rtl",
            initial=initial,
            waves=waves,
            fault=fault,
            progress=progress,
        )
        comparison = done.comparison()
        broken = exactness_check(comparison)
        if broken is not None and not broken.holds:  # words that are not the golden model's may make no sense
            write_json(folder / "write.json", {"format_version": 1, "holds": False, "rtl": comparison})
            write_text(folder / "results.xml", checks_junit([broken], "write"))
            raise_first_failure([broken])
        cells = cell_results(done.reports[0], chosen.shape)
        found = summarise(cells, chosen, done.states, done.initial)
        checks = writing_checks(found, comparison)
        made_from = {"population": population, **({"targets": Path(targets)} if Path(targets).is_file() else {})}
        origin = provenance(seed, made_from)
        report = {
            "format_version": 1,
            "holds": all(check.holds for check in checks),
            "what": what,
            "dies": chosen.die_ids.tolist(),
            **found,
            "rtl": comparison,
            "checks": [check.as_dict() for check in checks],
            "provenance": origin,
        }
        on_chip.save(folder / "chip.toml")
        save_states(folder / "states.safetensors", chosen, done.states, {"what": what, "seed": seed})
        write_json(folder / "write.json", report)
        write_text(folder / "failures.csv", failures_csv(cells, chosen))
        write_text(folder / "results.xml", checks_junit(checks, "write"))
        tables = {**writing_tables(on_chip), **provenance_tables(origin)}
        sheet = writing_sheet(found, comparison, checks, on_chip, chosen, cells, what, tables)
        write_text(folder / "report.html", render_sheet(sheet))
    if json:
        show_json(report)
    else:
        _show(report, chosen.dies, folder)
    raise_first_failure(checks)


def _show(report: dict[str, Any], dies: int, folder: Path) -> None:
    show_table(
        f"{report['what']}: {report['cells']:,} cells of {dies} {'die' if dies == 1 else 'dies'}, "
        + ("golden model" if report["rtl"]["engine"] == "model" else f"RTL on {report['rtl']['engine']}"),
        ("", "before verify", "after verify"),
        [
            (
                "in the intended state",
                f"{report['fidelity_before_verify']:.4%}",
                f"{report['fidelity_after_verify']:.4%}",
            ),
            ("healthy cells that failed", f"{report['failed_before_verify']:,}", f"{report['failed_after_verify']:,}"),
        ],
        right=(1, 2),
    )
    show_table(
        "",
        ("defect", "cells", "reported"),
        [
            (name.replace("_", "-"), f"{found['cells']:,}", f"{found['reported']:,}")
            for name, found in report["defects"].items()
        ],
        right=(1, 2),
    )
    rtl = report["rtl"]
    compared = "" if rtl["engine"] == "model" else f"{rtl['compared']:,} words and states compared, 0 differ. "
    typer.echo(f"{compared}{report['pulses']:,} pulses, {rtl['seconds']:.1f} s.\nReport: {folder / 'report.html'}")

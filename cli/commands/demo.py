# SPDX-License-Identifier: BSD-3-Clause
"""``spintile demo``: the whole chain, from handwritten digits to bit-exact RTL on 36 defective dies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import need
from ..options import EngineName, Jobs, Json, Quiet, worker_count, writable_folder


def demo(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings in TOML, as a run folder's config.toml; these options override it."),
    ] = None,
    dies: Annotated[int | None, typer.Option("--dies", help="Dies of the population. [default: 36]")] = None,
    engine: Annotated[
        EngineName | None, typer.Option("--engine", help="Simulator: verilator or icarus. [default: verilator]")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything drawn at random. [default: 1]")] = None,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/demo"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every step again, also those that are finished.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train on handwritten digits, evaluate on 36 defective dies, co-simulate the RTL bit for bit, write a report.

    Three kinds of training (in software; aware of the statistics; aware of one die), each with and without column
    repair, on all test images and every die. The exported Verilog then runs in a simulator with the array model on its
    analog pins, and every value is compared with the golden model.

    Writes report.html, report.json, results.xml, config.toml, the population and the networks. Exit code 0 only if
    everything that the report's table of checks requires holds. Steps that an earlier run finished with the same inputs
    are reused.

    Example: [bold]spintile demo[/bold], then open runs/demo/report.html
    """
    from ..flows.demo.settings import load_settings

    settings = load_settings(config, dies=dies, engine=engine, seed=seed)
    need("torch", "amaranth", "cocotb", "jinja2", "matplotlib")
    from spintile.cosim.tools import (
        find_compiler,
        find_icarus,
        find_libpython,
        find_make,
        find_verilator,
        find_yosys,
        require,
    )

    # Before minutes of training, not after.
    needed = [find_yosys, find_libpython]
    needed += [find_verilator, find_compiler, find_make] if settings.engine == "verilator" else [find_icarus]
    for find in needed:
        require(find())
    from ..flows.checks import checks_junit, raise_first_failure
    from ..flows.demo.plan import check_settings, run_demo
    from ..flows.demo.report import make_checks, make_contents, make_report
    from ..flows.files import exclusive, write_json, write_text
    from ..report import render_report

    check_settings(settings)  # before anything is written
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        run = run_demo(settings, folder, jobs=worker_count(jobs), progress=progress, reuse=not fresh)
        progress("report", 0.0)
        checks = make_checks(run)
        report = make_report(run, checks)
        write_text(folder / "results.xml", checks_junit(checks))
        write_json(folder / "report.json", report)
        write_text(folder / "report.html", render_report(make_contents(run, checks)))
        progress("report", 1.0)
    if json:
        show_json(report)
    else:
        _show(report, folder)
    raise_first_failure(checks)


def _show(report: dict[str, Any], folder: Path) -> None:
    rows = []
    for label, key in (
        ("unaware", "unaware"),
        ("statistics-aware", "statistics_aware"),
        ("die-aware, own die", "die_aware"),
    ):
        plain, repaired = report["accuracy_without_repair"][key], report["accuracy"][key]
        rows.append((label, *(f"{part[name]:.2f}" for part in (plain, repaired) for name in ("mean", "min"))))
    show_table(
        f"Accuracy [%] of {report['images']} images on {report['dies']} dies; "
        f"software {report['accuracy']['software']:.2f}",
        ("training", "no repair, mean", "worst", "pair check, mean", "worst"),
        rows,
        right=(1, 2, 3, 4),
    )
    show_table(
        "",
        ("", "what had to hold", "required", "found"),
        [
            ("✓" if check["holds"] else "✗", check["name"], check["required"], check["measured"])
            for check in report["checks"]
        ],
    )
    cosim = report["cosim"]
    typer.echo(
        f"{cosim['compared']:,} values compared on {cosim['engine']}, {cosim['mismatches']:,} differ. "
        f"{report['seconds']:.0f} s.\nReport: {folder / 'report.html'}"
    )

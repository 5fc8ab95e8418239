# SPDX-License-Identifier: BSD-3-Clause
"""``spintile loop``: from dies to their statistics, to a network for them, and back into dies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import need
from ..options import Jobs, Json, Quiet, WriteEngineName, worker_count, writable_folder


def loop(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings in TOML, as a run folder's config.toml; these options override it."),
    ] = None,
    chip: Annotated[
        str | None, typer.Option("--chip", help="A preset or a TOML file of a chip. [default: borders]")
    ] = None,
    statistics: Annotated[
        str | None,
        typer.Option("--statistics", help="TOML file of the true statistics; a process of its own by default."),
    ] = None,
    dies: Annotated[int | None, typer.Option("--dies", help="Dies to characterise and fit. [default: 16]")] = None,
    fresh_dies: Annotated[
        int | None, typer.Option("--fresh-dies", help="Dies that nobody measured, for the accuracy. [default: 20]")
    ] = None,
    rtl_dies: Annotated[
        int | None, typer.Option("--rtl-dies", help="Dies that the RTL programs and infers on. [default: 2]")
    ] = None,
    engine: Annotated[
        WriteEngineName | None,
        typer.Option(
            "--engine", help="verilator, icarus, auto (the simulator there is), or model: no RTL. [default: auto]"
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="3 measured and 9 fresh dies, short training: about a minute.")
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything drawn at random. [default: 1]")] = None,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/loop"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every step again, also those that are finished.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Live the life of a die: write, characterise, fit, train for the fit, write the network, infer. Then judge it.

    Dies of a known process are programmed and characterised through the RTL. From the codes it streams out come
    conductances and defect classes, from these the statistics of the process, and from these a network. For comparison
    the same network is trained, with the same seed, for the true statistics. The RTL programs the first into dies, a
    measured one and a fresh one, and answers images with what its pulses left there; the golden model, which the RTL
    matches word for word, does so for all dies and all test images.

    Writes report.html, report.json, results.xml, config.toml, the dies, the fit and the networks. Exit code 0 only if
    RTL and model agree in everything, no healthy cell failed, every defect was reported and found, and the fit costs at
    most 0.5 points of accuracy. Steps that an earlier run finished with the same inputs are reused, also if it was
    killed.

    Examples:

    [bold]spintile loop --quick --out runs/loop-quick[/bold]

    [bold]spintile loop[/bold], some five minutes on two cores, then open runs/loop/report.html
    """
    from ..flows.loop.settings import QUICK, LoopSettings

    given = {
        "chip": chip,
        "statistics": statistics,
        "dies": dies,
        "fresh_dies": fresh_dies,
        "rtl_dies": rtl_dies,
        "engine": engine,
        "seed": seed,
    }
    given = {name: value for name, value in given.items() if value is not None}
    settings = LoopSettings.load(config, **{**(QUICK if quick else {}), **given})
    need("torch", "jinja2")
    from ..flows.writing.programming import resolve_engine

    chosen = resolve_engine(settings.engine)
    if chosen != "model":
        need("amaranth", "cocotb")
        from spintile.cosim.tools import find_libpython, find_yosys, require

        require(find_yosys())
        require(find_libpython())
    from ..flows.checks import checks_junit, raise_first_failure
    from ..flows.files import exclusive, write_json, write_text
    from ..flows.loop.page import make_sheet
    from ..flows.loop.plan import check_settings, run_loop
    from ..flows.loop.results import make_checks, make_report
    from ..report import render_sheet

    check_settings(settings)  # before anything is written
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        run = run_loop(settings, chosen, folder, jobs=worker_count(jobs), progress=progress, reuse=not fresh)
        progress("report", 0.0)
        checks = make_checks(run)
        report = make_report(run, checks)
        write_text(folder / "results.xml", checks_junit(checks, "loop"))
        write_json(folder / "report.json", report)
        write_text(folder / "report.html", render_sheet(make_sheet(run, checks)))
        progress("report", 1.0)
    if json:
        show_json(report)
    else:
        _show(report, folder)
    raise_first_failure(checks)


def _show(report: dict[str, Any], folder: Path) -> None:
    over = report["accuracy_over_dies"]
    dies = report["dies"]["measured"] + report["dies"]["fresh"]
    show_table(
        f"Accuracy [%] of {report['images']:,} images on {dies} dies",
        ("trained for", "mean", "worst", "best", "without an array"),
        [
            (
                f"{which} statistics",
                *(f"{over[f'{which}_statistics'][key]:.2f}" for key in ("mean", "min", "max", "software")),
            )
            for which in ("true", "fitted")
        ],
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
    compared = sum(part["compared"] for part in report["rtl"].values())
    differ = sum(part["mismatches"] for part in report["rtl"].values())
    said = f"{compared:,} values compared on {report['engine']}, {differ:,} differ. " if compared else ""
    typer.echo(f"{said}{report['seconds']:.0f} s.\nReport: {folder / 'report.html'}")

# SPDX-License-Identifier: BSD-3-Clause
"""``spintile reproduce borders``: digits on 36 dies of 20,000 junctions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...console import ProgressDisplay, show_table
from ...errors import BadInput, need
from ...options import Cluster, Jobs, Json, Quiet, worker_count, writable_folder
from .ends import Engine, effort_of, end


def borders(
    quick: Annotated[bool, typer.Option("--quick", help="One seed, short trainings: under three minutes.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="5 seeds, every rate, a 36 x 36 transfer matrix, every study: hours.")
    ] = False,
    seeds: Annotated[int | None, typer.Option("--seeds", help="Trainings of each kind. [default: 3]")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder of the original IDX files, from which the best network takes 20 x 20 images; the bundled "
            "14 x 14 ones by default.",
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option("--device", help="Where the best network is trained.")
    ] = "auto",
    engine: Engine = "auto",
    jobs: Jobs = 0,
    cluster: Cluster = None,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/reproduce-borders"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train digits for arrays whose every die has its own defects, and ask them on 36 dies.

    A 196-36-10 binary network: unaware of devices, trained for the statistics of all dies, and trained for one die;
    over the defect rate, two strengths of shorts, with and without wires; without repair, with blind repair, with
    self-test flags. How many dies the statistics need, trained against true rate, how flat the loss is, and how
    networks made for one die do on the others. The chosen network runs through the RTL, bit-exact.

    Writes report.html, tables.md, report.json, results.xml and pictures with their data. Exit code 0 only if every
    judged claim holds. A run that was killed goes on where it was, and ends with the same files.

    Examples:

    [bold]spintile reproduce borders --quick --out runs/borders-quick[/bold]

    [bold]spintile reproduce borders --full --data mnist/[/bold], then open runs/reproduce-borders/report.html
    """
    effort = effort_of(quick, full)
    need("torch", "matplotlib", "jinja2")
    from spintile.model.data.idx import read_idx_folder

    from ...flows.files import exclusive
    from ...flows.reproduce.borders.outputs import write_outputs
    from ...flows.reproduce.borders.settings import BordersSettings
    from ...flows.reproduce.borders.study import run_borders, with_rtl
    from ...flows.reproduce.simulator import choose_engine

    if data is not None:
        if not data.is_dir():
            raise BadInput(f"{data}: must be a folder of IDX files, and is none")
        read_idx_folder(data)  # refused now, not by every task
    settings = BordersSettings.of(
        effort,
        seeds=seeds,
        data=None if data is None else str(data.resolve()),
        device=_device(device),
        engine=choose_engine(engine, quick),
    )
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        run = run_borders(settings, folder, jobs=worker_count(jobs), cluster=cluster, progress=progress)
        run = with_rtl(run, folder, jobs=worker_count(jobs), progress=progress)
        progress("report", 0.0)
        report, claims = write_outputs(run, folder)
        progress("report", 1.0)
    end(report, claims, folder, json, _show)


def _device(device: str) -> str:
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise BadInput("--device must be cpu or auto where torch finds no CUDA device, not cuda")
    return "cuda" if there and device == "auto" else "cpu" if device == "auto" else device


def _show(report: dict[str, Any]) -> None:
    kinds = ("software", "unaware", "statistics_aware", "blind", "flagged")
    show_table(
        f"Accuracy [%] on {report['run']['dies']} dies, shorts of 6 G_P, 2 Ohm wires: mean (worst of all)",
        ("shorts", "software", "unaware", "statistics-aware", "blind repair", "self-test flags"),
        [
            (f"{rate} %", *(f"{found[kind]['mean']:.2f} ({found[kind]['min']:.1f})" for kind in kinds))
            for rate, found in report["rates"].items()
        ],
        right=(1, 2, 3, 4, 5),
    )

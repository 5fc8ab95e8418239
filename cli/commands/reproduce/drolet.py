# SPDX-License-Identifier: BSD-3-Clause
"""``spintile reproduce drolet``: half-moons on passive crossbars."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay
from ...errors import need
from ...options import Cluster, Jobs, Json, Quiet, worker_count, writable_folder
from .ends import Engine, effort_of, end


def drolet(
    quick: Annotated[bool, typer.Option("--quick", help="One seed, short trainings: under a minute.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="10 seeds, 10,000 transfers, further trainings: an hour or more.")
    ] = False,
    seeds: Annotated[int | None, typer.Option("--seeds", help="Trainings of each kind. [default: 5]")] = None,
    transfers: Annotated[
        int | None, typer.Option("--transfers", help="Times that each network is written. [default: 3,000]")
    ] = None,
    disturbance: Annotated[
        Path | None,
        typer.Option(
            "--disturbance",
            help="CSV file later_writes,mean_uS,sigma_uS: change by later writes on neighbours; a fit to the published "
            "one by default.",
        ),
    ] = None,
    engine: Engine = "auto",
    jobs: Jobs = 0,
    cluster: Cluster = None,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/reproduce-drolet"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train half-moons for passive crossbars, write them thousands of times, and count what stays right.

    A 2-8-1 network, two analog memories a weight, in 8 x 8 crossbars with tuning errors, stuck devices and disturbance
    by neighbours: trained regularly, trained for the crossbar, and a wider one. The share of fresh points right in at
    least 95 % of the transfers is reported with its interval over seeds, with and without wires; the chosen network
    runs through the RTL, bit-exact.

    Writes report.html, report.json, results.xml and pictures with their data. Exit code 0 only if every judged claim
    holds. A run that was killed goes on where it was, and ends with the same files.

    Examples:

    [bold]spintile reproduce drolet --quick --out runs/drolet-quick[/bold]

    [bold]spintile reproduce drolet[/bold], then open runs/reproduce-drolet/report.html
    """
    effort = effort_of(quick, full)
    need("torch", "sklearn", "matplotlib", "jinja2")
    from spintile.model.training.moons import load_disturbance

    from ...flows.files import exclusive
    from ...flows.reproduce.drolet.outputs import write_outputs
    from ...flows.reproduce.drolet.plan import run_drolet
    from ...flows.reproduce.drolet.settings import DroletSettings
    from ...flows.reproduce.simulator import choose_engine

    settings = DroletSettings.of(
        effort,
        seeds=seeds,
        transfers=transfers,
        disturbance=None if disturbance is None else load_disturbance(disturbance),
        engine=choose_engine(engine, quick),
    )
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        run = run_drolet(settings, folder, jobs=worker_count(jobs), cluster=cluster, progress=progress)
        progress("report", 0.0)
        report, claims = write_outputs(run, folder)
        progress("report", 1.0)
    title = f"{report['transfers']:,} transfers, {report['points']:,} fresh points, {report['seeds']} seeds"
    end(report, claims, folder, json, title=f"Half-moons, {title}")

# SPDX-License-Identifier: BSD-3-Clause
"""``spintile reproduce goodwill``: Wine on passive arrays."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_table
from ...errors import need
from ...options import Cluster, Jobs, Json, Quiet, parse_numbers, worker_count, writable_folder
from .ends import Engine, effort_of, end


def goodwill(
    quick: Annotated[bool, typer.Option("--quick", help="20 solutions, short training: under a minute.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="5 seeds of 300 solutions, every device and way of writing: an hour or more.")
    ] = False,
    solutions: Annotated[
        Path | None,
        typer.Option(
            "--solutions",
            help="Folder of solutions trained elsewhere: N_fc1_weight.txt (13 lines of 12 states), N_fc1_bias.txt, "
            "N_fc2_weight.txt (6 lines of 6), N_fc2_bias.txt for each N.",
        ),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Seeds like 1,2 or 1-5; each is the whole experiment. [default: 1]")
    ] = None,
    engine: Engine = "auto",
    jobs: Jobs = 0,
    cluster: Cluster = None,
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/reproduce-goodwill"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train 300 solutions of a Wine network, write each to passive arrays, and take the median of their accuracies.

    A 13-6-3 network of 0/1 devices on passive 15 x 15 arrays of 50, 40 and 11 nm junctions: written by stochastic
    pulses with half-selection, verified and not, asked through wires and resistance spread; accuracy and write fidelity
    of each solution, over the scale G_norm; which metric predicts accuracy. The best solution runs through the RTL,
    bit-exact.

    Writes report.html, report.json, results.xml and pictures with their data. Exit code 0 only if the median reaches
    the published one and the RTL agrees. A run that was killed goes on where it was, and ends with the same files.

    Examples:

    [bold]spintile reproduce goodwill --quick --out runs/goodwill-quick[/bold]

    [bold]spintile reproduce goodwill --solutions published/solutions --out runs/goodwill-published[/bold]
    """
    effort = effort_of(quick, full)
    need("torch", "sklearn", "matplotlib", "jinja2")
    from spintile.model.training.wine import read_folder

    from ...flows.files import exclusive
    from ...flows.reproduce.goodwill.page import write_outputs
    from ...flows.reproduce.goodwill.plan import FULL, QUICK, Plan, run_plan
    from ...flows.reproduce.goodwill.rtl import verify_on_rtl
    from ...flows.reproduce.simulator import choose_engine

    plan = {"quick": QUICK, "default": Plan(), "full": FULL}[effort]
    if seeds is not None:
        plan = dataclasses.replace(plan, seeds=tuple(parse_numbers(seeds, "--seeds")))
    external = None if solutions is None else read_folder(solutions)
    chosen = choose_engine(engine, quick)
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        outcome = run_plan(plan, folder, external=external, jobs=worker_count(jobs), cluster=cluster, progress=progress)
        rtl = None
        if chosen != "model":
            rtl = verify_on_rtl(outcome, folder / "rtl", engine=chosen, jobs=worker_count(jobs), progress=progress)
        progress("report", 0.0)
        source = "trained here" if external is None else f"{len(external)} from {solutions}"
        report, claims = write_outputs(outcome, rtl, source, folder)
        progress("report", 1.0)
    end(report, claims, folder, json, _show)


def _show(report: dict[str, Any]) -> None:
    show_table(
        f"Accuracy [%] of {report['solutions']} solutions at the tuned scale, and write fidelity [%]",
        ("device", "writing", "scale", "median", "95 %", "held out", "first pulse", "at the end", "held"),
        [
            (
                device,
                write.replace("-", " "),
                f"{entry['tuned']:g}",
                f"{entry['at_tuned']['median']:.1f}",
                f"{entry['at_tuned']['low']:.1f} … {entry['at_tuned']['high']:.1f}",
                f"{entry['held_out']['mean']:.1f}" if "held_out" in entry else "–",
                *(f"{entry['fidelity'][name]['mean']:.2f}" for name in ("before_verify", "after_verify", "held")),
            )
            for device, writes in report["by_scale"].items()
            for write, entry in writes.items()
        ],
        right=(2, 3, 5, 6, 7, 8),
    )

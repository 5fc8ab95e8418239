# SPDX-License-Identifier: BSD-3-Clause
"""``spintile verify``: any set of stages on any dies and images, one record, one scoreboard, one status table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ..console import ProgressDisplay, rate, show_json, show_table
from ..errors import CheckFailed, need
from ..options import (
    ChipName,
    DataName,
    Flags,
    Jobs,
    Json,
    Quiet,
    RepairName,
    Seed,
    load_chip,
    parse_numbers,
    uses_flags,
    worker_count,
    writable_folder,
)

FaultOption = Literal["threshold", "instruction", "gate"]


def verify(
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            help="golden: the reference, run in two ways. cocotb: the exported Verilog with the array in Python. "
            "compiled: the same with everything in C++, for whole data sets. twin: a die in logic in place of the "
            "array. netlist: after synthesis. May be given again; cocotb unless given, or compiled for a network.",
        ),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="Simulator of --stage cocotb: verilator or icarus; may be given again."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", help="Gates of --stage netlist: generic, ice40 or ecp5; may be given again."),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option("--case", help="Only this random case; may be given again. All of them unless told otherwise."),
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            "--preset",
            help="A network on MNIST, trained in software for a few epochs when first asked for and kept in the run "
            "folder. dense: 196-36-10 on 10,000 images; conv: 24 filters of 5x5 on 1,000. May be given again.",
        ),
    ] = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="A network of yours, as written by spintile train.")
    ] = None,
    data: DataName = "mnist",
    population: Annotated[
        Path | None,
        typer.Option(
            "--population", help="Dies of a preset or network; drawn from the chip's statistics unless given."
        ),
    ] = None,
    dies: Annotated[
        str | None,
        typer.Option(
            "--dies", help="Which dies, by number: 0,2,5-8. Unless given 0-35, of random cases 0-1, or the file's."
        ),
    ] = None,
    first: Annotated[int, typer.Option("--first", min=0, help="The first image, by its number.")] = 0,
    images: Annotated[
        int | None,
        typer.Option("--images", min=1, help="Images on each die. Unless given, of random cases 10, else see above."),
    ] = None,
    mutants: Annotated[
        int, typer.Option("--mutants", min=0, help="Also run this many mutants of the RTL: each must be noticed.")
    ] = 0,
    properties: Annotated[
        bool, typer.Option("--properties", help="Also prove the stated properties of every block.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Also run what closes functional coverage; every bin must then be hit."),
    ] = False,
    fault: Annotated[
        FaultOption | None,
        typer.Option("--fault", help="Break something on purpose: threshold, instruction or gate. Must end red."),
    ] = None,
    chip: ChipName = "borders",
    repair: RepairName = None,
    flags: Flags = "none",
    seed: Seed = 0,
    jobs: Jobs = 0,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for report.html, report.json and results.xml (JUnit).")
    ] = Path("runs/verify"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the RTL against the golden model: every code, accumulator, activation and class of every image.

    Without further options, random networks that together reach every part of the RTL: dense, deep and convolutional;
    1, 6, 8 and 12 ADC bits; shared converters; noise; every column repair; bit planes, multi-threshold activations,
    pooling, medians and flags. With --preset or --network, whole data sets on as many dies as you like.

    Records are compared in batches as they come, and a finished part is kept: a run that was ended goes on, and ends
    with the same report. report.html has a status table: what is claimed, how it was checked, on how much, the result.
    Where something differs, it names the smallest image and die that show it, with waveforms around it and the command
    that repeats it. Exit code 1 if anything that was run does not hold.

    Examples:

    [bold]spintile verify --stage golden --stage cocotb --stage compiled --stage twin[/bold]

    [bold]spintile verify --preset dense --stage compiled[/bold]

    [bold]spintile verify --network net.safetensors --population p.nc --dies 0-3 --images 500 --stage netlist[/bold]

    [bold]spintile verify --mutants 1000 --properties --coverage[/bold]

    [bold]spintile verify --case dense --fault gate[/bold]
    """
    from ..flows.files import exclusive, write_json, write_text
    from ..flows.mutation import run_mutants
    from ..flows.verification.campaign import plan, run_tasks
    from ..flows.verification.extras import check_provers, coverage_of, prove_properties
    from ..flows.verification.report import first_failure, junit, make_report
    from ..flows.verification.selection import Selection, stages_of, subjects_of
    from ..flows.verification.smallest import find_smallest

    trained = bool(preset) or network is not None
    stages = stages_of(stage or (["compiled"] if trained else ["cocotb"]), engine or (), target or ())
    need("amaranth", "jinja2", *(["cocotb"] if any(each.name == "cocotb" for each in stages) else []))
    on_chip = load_chip(chip, repair)
    uses_flags(flags, on_chip)
    selection = Selection(
        cases=tuple(case or ()),
        presets=tuple(preset or ()),
        network=network,
        data=data,
        population=population,
        dies=None if dies is None else tuple(parse_numbers(dies, "--dies")),
        first=first,
        images=images,
        flags=flags,
    )
    selection.check()
    if preset:
        need("torch")
    if properties:
        check_provers()
    folder = writable_folder(out)
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        subjects = subjects_of(selection, on_chip, folder, seed=seed, progress=progress)
        findings = run_tasks(plan(subjects, stages, seed, fault), folder, jobs=worker_count(jobs), progress=progress)
        shared = _shared_options(chip, repair, flags, seed)
        failed = next((finding for finding in findings if finding.failures), None)
        smallest = None if failed is None else find_smallest(failed, folder, shared, progress=progress)
        mutated = None
        if mutants:
            mutated = run_mutants(
                on_chip.geometry,
                mutants,
                folder=folder / "mutants",
                seed=seed,
                jobs=worker_count(jobs),
                progress=progress,
            )
        report = make_report(
            findings,
            seed=seed,
            difference=smallest,
            mutants=mutated,
            properties=prove_properties(jobs=worker_count(jobs), progress=progress) if properties else None,
            coverage=coverage_of(findings, on_chip.geometry, folder, seed=seed, close=coverage, progress=progress),
        )
    from ..flows.verification.page import verification_sheet
    from ..report import render_sheet

    write_json(folder / "report.json", report)
    write_text(folder / "results.xml", junit(report))
    write_text(folder / "report.html", render_sheet(verification_sheet(report)))
    if json:
        show_json(report)
    else:
        _show(report, folder)
    if not report["holds"]:
        raise CheckFailed(first_failure(report))


def _shared_options(chip: str, repair: str | None, flags: str, seed: int) -> list[str]:
    """Options that a command must repeat to get the same numbers, where they are not the usual ones."""
    words = [] if chip == "borders" else ["--chip", chip]
    words += [] if repair is None else ["--repair", repair]
    words += [] if flags == "none" else ["--flags", flags]
    return [*words, "--seed", str(seed)]


def _show(report: dict[str, Any], folder: Path) -> None:
    marks = {"holds": "✓", "fails": "✗", "not run": ""}
    show_table(
        "RTL against golden model",
        ("", "case", "stage", "dies", "images", "compared", "different", "cycles/image", "bound"),
        [
            (
                "" if entry["not_run"] else ("✗" if entry["mismatches"] else "✓"),
                entry["name"],
                entry["stage"] + (" (not run)" if entry["not_run"] else ""),
                f"{entry['dies']:,}",
                f"{entry['images']:,}",
                f"{entry['compared']:,}",
                f"{entry['mismatches']:,}",
                rate(entry["cycles_per_image"]),
                str(entry["cycles_bound"]),
            )
            for entry in report["cases"]
        ],
        right=range(3, 9),
    )
    show_table(
        "Status",
        ("", "part", "claimed", "on how much", "result"),
        [
            (marks[line["result"]], line["group"], line["claim"], line["amount"], line["result"])
            for line in report["requirements"]
        ],
    )
    difference = report["difference"]
    if difference is not None:
        typer.echo(f"Smallest: die {difference['die']}, image {difference['first']}: {difference['message']}")
        typer.echo(f"Again with: {difference['command']}")
        if difference["waves"]:
            typer.echo(f"Waveforms around it: {folder / difference['waves']}")
    typer.echo(f"Report: {folder / 'report.html'}")

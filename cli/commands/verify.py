# SPDX-License-Identifier: BSD-3-Clause
"""``spintile verify``: cases that together reach every part of the RTL, each compared with the golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import ProgressDisplay, rate, show_json, show_table
from ..errors import BadInput, CheckFailed, need
from ..options import ChipName, CosimEngineName, Jobs, Json, Quiet, Seed, load_chip, worker_count, writable_folder

_ENGINES: dict[str, CosimEngineName] = {"verilator": "verilator", "icarus": "icarus", "compiled": "compiled"}


def verify(
    engine: Annotated[
        list[str] | None, typer.Option("--engine", help="verilator, icarus or compiled; may be given again.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option("--case", help="Only this case; may be given again.")] = None,
    dies: Annotated[int, typer.Option("--dies", min=1, help="Random defective dies for each case.")] = 2,
    images: Annotated[int, typer.Option("--images", min=2, help="Random images on each die.")] = 10,
    mutants: Annotated[
        int, typer.Option("--mutants", min=0, help="Also run this many mutants of the RTL: each must be noticed.")
    ] = 0,
    chip: ChipName = "borders",
    seed: Seed = 0,
    jobs: Jobs = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for results.xml (JUnit) and verify.json.")] = Path(
        "runs/verify"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the RTL against the golden model on random networks that reach every part of it.

    Dense, deep and convolutional networks; 1, 6, 8 and 12 ADC bits; shared and unshared converters; noise on and off;
    every column repair; bit planes, multi-threshold activations and pooling. Every code, accumulator, activation and
    class is compared. Exit code 1 if anything differs. Cycles
    per image are shown, not checked: networks of very few reads wait for the way through the blocks, above their bound.

    With --mutants, small faults are drawn from the netlist and put into the RTL one by one; survivors are listed with
    their source unless they are proved to change nothing. An ended campaign goes on. Exit code 1 if fewer than 95 % of
    those that change something are noticed.

    Example: [bold]spintile verify --engine verilator --mutants 1000[/bold]
    """
    from ..flows.files import exclusive
    from ..flows.mutation import mutant_failure, mutant_rows, run_mutants
    from ..flows.verification import CASES, junit, verify_case

    for name in engine or []:
        if name not in _ENGINES:
            raise BadInput(f"--engine must be verilator, icarus or compiled, not {name!r}")
    engines = [_ENGINES[name] for name in engine or ["verilator"]]
    known = [entry.name for entry in CASES]
    for wanted in case or []:
        if wanted not in known:
            raise BadInput(f"--case must be one of {', '.join(known)}, not {wanted!r}")
    need("amaranth", "cocotb")
    base = load_chip(chip)
    folder = writable_folder(out)
    results = []
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        for simulator in engines:
            for entry in CASES:
                if case and entry.name not in case:
                    continue
                results.append(
                    verify_case(
                        entry,
                        base,
                        engine=simulator,
                        dies=dies,
                        images=images,
                        folder=folder / f"{entry.name}-{simulator}",
                        seed=seed,
                        jobs=worker_count(jobs),
                        progress=progress,
                    )
                )
        mutated: dict[str, Any] = {}
        if mutants:
            mutated = run_mutants(
                base.geometry,
                mutants,
                folder=folder / "mutants",
                seed=seed,
                jobs=worker_count(jobs),
                progress=progress,
            )
    from ..flows.files import write_json, write_text

    different = [result for result in results if result["mismatches"]]
    report: dict[str, Any] = {"holds": not different and mutated.get("holds", True), "cases": results}
    if mutated:
        report["mutants"] = mutated
    write_json(folder / "verify.json", report)
    write_text(folder / "results.xml", junit(results))
    if json:
        show_json(report)
    else:
        show_table(
            f"RTL against golden model: {dies} dies, {images} images on each",
            ("", "case", "reaches", "engine", "compared", "different", "cycles/image", "bound"),
            [
                (
                    "✗" if result["mismatches"] else "✓",
                    result["name"],
                    result["reaches"],
                    result["engine"],
                    f"{result['compared']:,}",
                    f"{result['mismatches']:,}",
                    rate(result["cycles_per_image"]),
                    str(result["cycles_bound"]),
                )
                for result in results
            ],
            right=(4, 5, 6, 7),
        )
        if mutated:
            show_table(
                f"{mutated['total']:,} mutants: {mutated['score']:.1%} of those that change something were noticed",
                ("block", "killed", "equivalent", "survived"),
                mutant_rows(mutated),
                right=(1, 2, 3),
            )
    if different:
        raise CheckFailed(f"{different[0]['name']} on {different[0]['engine']}: {different[0]['first_difference']}")
    if mutated and not mutated["holds"]:
        raise CheckFailed(mutant_failure(mutated))

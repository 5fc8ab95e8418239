# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench``: how fast the engines run on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import ProgressDisplay, show_json, show_table
from ..errors import BadInput
from ..options import ChipName, Json, Quiet, load_chip, writable_file


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="golden, training, cosim or solver; without a name the first three."),
    ] = None,
    chip: ChipName = "borders",
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure golden inference, training through the array and co-simulation on this machine, one process each.

    Rates hold for an idle machine only; nothing is checked. Building the simulator is not counted. [bold]solver[/bold]
    stands alone: it races the array solver against badcrossbar on the same kernels in one run, and gives ratios.

    Example: [bold]spintile bench golden[/bold]
    """
    writable_file(out, "--out")
    from ..flows.benchmarks import BENCHMARKS

    for name in names or []:
        if name not in (*BENCHMARKS, "solver"):
            raise BadInput(f"benchmark must be one of {', '.join(BENCHMARKS)}, solver, not {name!r}")
    if names and "solver" in names:
        if len(names) > 1:
            raise BadInput("benchmark solver runs alone: give the others in a call of their own")
        _solver(out, json, quiet)
        return
    on_chip = load_chip(chip)
    results = []
    with ProgressDisplay(quiet) as progress:
        for name, measure in BENCHMARKS.items():
            if not names or name in names:
                progress(name, 0.0)
                results.append(measure(on_chip, progress))
                progress(name, 1.0)
    report = {"chip": on_chip.geometry.name, "measurements": [result.as_dict() for result in results]}
    _save(report, out)
    if json:
        show_json(report)
        return
    show_table(
        "Rates on this machine",
        ("benchmark", "work", "seconds", "rate"),
        [(r.name, r.work, f"{r.seconds:.2f}", f"{r.rate:,.0f} {r.unit}/s") for r in results],
        right=(2, 3),
    )


def _solver(out: Path | None, json: bool, quiet: bool) -> None:
    """The array solver against badcrossbar."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # before numpy loads: the comparison is of one thread with one thread
    from ..benchmarks.solver import solver_benchmark

    with ProgressDisplay(quiet) as progress:
        try:
            report = solver_benchmark(progress=progress)
        except ModuleNotFoundError as error:
            raise BadInput(str(error)) from None
    _save(report, out)
    if json:
        show_json(report)
        return
    show_table(
        "Array solver against badcrossbar, one thread",
        ("kernel", "inputs", "times as fast", "memory, of badcrossbar's", "largest error"),
        [
            (
                f"{case['rows']}x{case['cols']}",
                f"{case['inputs']:,}",
                f"{case['ratio']:.0f}",
                f"{case['memory_ratio']:.3f}",
                f"{case['max_rel_error']:.1e}",
            )
            for case in report["cases"]
        ],
        right=(1, 2, 3, 4),
    )


def _save(report: dict[str, Any], out: Path | None) -> None:
    if out is not None:
        from ..flows.files import write_json

        write_json(out, report)

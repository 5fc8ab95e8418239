# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench golden``, and ``spintile bench`` alone: rates on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...options import ChipName, Json, Quiet, load_chip, writable_file

Out = Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")]


def golden(chip: ChipName = "borders", out: Out = None, json: Json = False, quiet: Quiet = False) -> None:
    """Golden inference: a 196-36-10 network on 36 dies, 2,000 images each, in one process.

    Example: [bold]spintile bench golden[/bold]
    """
    rates(("golden",), chip, out, json, quiet)


def rates(names: Sequence[str], chip: str, out: Path | None, json: bool, quiet: bool) -> None:
    """Take these measurements one after the other, and show them."""
    writable_file(out, "--out")
    from ...flows.benchmarks import BENCHMARKS

    on_chip = load_chip(chip)
    results = []
    with ProgressDisplay(quiet) as progress:
        for name in names:
            progress(name, 0.0)
            results.append(BENCHMARKS[name](on_chip, progress))
            progress(name, 1.0)
    report = {"chip": on_chip.geometry.name, "measurements": [result.as_dict() for result in results]}
    save(report, out)
    if json:
        show_json(report)
        return
    show_table(
        "Rates on this machine",
        ("benchmark", "work", "seconds", "rate"),
        [(r.name, r.work, f"{r.seconds:.2f}", f"{r.rate:,.0f} {r.unit}/s") for r in results],
        right=(2, 3),
    )


def save(report: dict[str, Any], out: Path | None) -> None:
    """Write a report, if asked to."""
    if out is not None:
        from ...flows.files import write_json

        write_json(out, report)

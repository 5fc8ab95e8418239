# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench cosim | training | population | solver``: ratios to a peer or to a limit, measured in one run."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput
from ...options import ChipName, Json, Quiet, load_chip, writable_file
from .rates import Out, save


def pin_threads() -> None:
    """One thread for all that compute; call before numpy loads."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"


def cosim(
    chip: ChipName = "borders",
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Of each engine and its bare loop, in turns.")] = 5,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Images per second of the RTL in Icarus, Verilator and the compiled engine, each compared with the golden model.

    And what host, array and comparison cost: the compiled engine against Verilator with constant comparators, cocotb on
    Verilator against cocotb that sets and reads the same pins and does nothing else. Processor time, on one core.

    Example: [bold]spintile bench cosim --json[/bold]
    """
    writable_file(out, "--out")
    pin_threads()
    from ...benchmarks.cosimulation import cosimulation_benchmark

    with ProgressDisplay(quiet) as progress:
        report = cosimulation_benchmark(load_chip(chip), rounds=rounds, progress=progress)
    save(report, out)
    if json:
        show_json(report)
        return
    bare = {"compiled": report["compiled_to_bare"], "verilator": report["verilator_to_bare"]}
    show_table(
        f"RTL with a die at its pins: {report['network']}, {report['compared']:,} values equal",
        ("engine", "images/s", "cycles/s", "of its bare loop"),
        [
            (
                name,
                f"{rate:,.1f}",
                f"{report['cycles_per_second'][name]:,.0f}",
                f"{bare[name]:.2f}" if name in bare else "",
            )
            for name, rate in report["images_per_second"].items()
        ],
        right=(1, 2, 3),
    )


def training(
    chip: ChipName = "borders",
    steps: Annotated[int, typer.Option("--steps", min=10, help="Of each of the three kinds.")] = 400,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A statistics-aware training step against the same step without faults, and against a plain binary step.

    The three take turns in one process and one thread; 196-36-10 on drawn dies.

    Example: [bold]spintile bench training --json[/bold]
    """
    writable_file(out, "--out")
    pin_threads()
    from ...benchmarks.training import training_benchmark

    with ProgressDisplay(quiet) as progress:
        report = training_benchmark(load_chip(chip), steps=steps, progress=progress)
    save(report, out)
    if json:
        show_json(report)
        return
    names = {"plain": "plain binary", "array": "array, no faults", "statistics_aware": "statistics-aware"}
    show_table(
        f"One training step, {report['network']}, batch {report['batch']}, {report['dies']} dies",
        ("step", "ms", "statistics-aware takes, times as long"),
        [
            (
                name,
                f"{report['milliseconds'][kind]:.2f}",
                {"plain": f"{report['to_plain']:.2f}", "array": f"{report['to_array']:.2f}"}.get(kind, ""),
            )
            for kind, name in names.items()
        ],
        right=(1, 2),
    )


def population(
    dies: Annotated[int, typer.Option("--dies", min=1, help="Dies that answer.")] = 36,
    images: Annotated[int, typer.Option("--images", min=1, max=10_000, help="Images of each.")] = 10_000,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Exact inference of a population with wires against the bare matrix products in it, one thread.

    Rounding, clamping, pair check and thresholds included, to the bit. Where aihwkit is there, its torch tile passes
    the same images without wires and defects.

    Example: [bold]spintile bench population --json[/bold]
    """
    writable_file(out, "--out")
    pin_threads()
    from ...benchmarks.population import population_benchmark

    with ProgressDisplay(quiet) as progress:
        report = population_benchmark(dies=dies, images=images, progress=progress)
    save(report, out)
    if json:
        show_json(report)
        return
    seconds, peer = report["seconds"], report["aihwkit"]
    rows = [
        ("bare matrix products", f"{seconds['matmul']:.3f}", "1.00"),
        ("golden, no repair", f"{seconds['golden_without_repair']:.3f}", f"{report['ratio_without_repair']:.2f}"),
        (f"golden, {report['repair']}", f"{seconds['golden']:.3f}", f"{report['ratio_to_matmul']:.2f}"),
    ]
    if peer is not None:
        rows.append(("aihwkit torch tile", f"{peer['seconds']:.3f}", f"{peer['seconds'] / seconds['matmul']:.2f}"))
    show_table(
        f"{report['dies']} dies x {report['images']:,} images of {report['network']}",
        ("what", "seconds", "of the products"),
        rows,
        right=(1, 2),
    )


def solver(out: Out = None, json: Json = False, quiet: Quiet = False) -> None:
    """The array solver against badcrossbar 1.1.0 on the same kernels in one run: ratios of time and memory.

    Both run in one thread and take turns; badcrossbar is asked for column currents only. It must be installed:
    pip install badcrossbar==1.1.0

    Example: [bold]spintile bench solver --json[/bold]
    """
    writable_file(out, "--out")
    pin_threads()
    from ...benchmarks.solver import solver_benchmark

    with ProgressDisplay(quiet) as progress:
        try:
            report = solver_benchmark(progress=progress)
        except ModuleNotFoundError as error:
            raise BadInput(str(error)) from None
    save(report, out)
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

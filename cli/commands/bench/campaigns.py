# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench wer | coverage | write``: campaigns that hold a model against what it claims."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import CheckFailed
from ...options import ChipName, Json, Quiet, Seed, load_chip, writable_file
from .rates import Out, save

_QUICK = "A small part of it, in seconds: says whether it runs, not whether it holds in full."


def wer(
    quick: Annotated[bool, typer.Option("--quick", help=_QUICK)] = False,
    trajectories: Annotated[
        int, typer.Option("--trajectories", min=64, help="Of the macrospin, per replicate.")
    ] = 2048,
    replicates: Annotated[int, typer.Option("--replicates", min=4, help="Replicates for each pulse.")] = 16,
    confidence: Annotated[float, typer.Option("--confidence", help="Of all intervals together.")] = 0.95,
    seed: Seed = 1,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write error rates of the closed forms against a stochastic macrospin, over pulse widths and voltages.

    Rates from 1e-5 to 0.1, with splitting of trajectories. Every pulse whose regime has a law (below 0.8 V_c0 and above
    1.2 V_c0) must lie inside its interval, which is corrected for their number; between them the closed form is an
    interpolation and is only shown. Some ten minutes on one core.

    Example: [bold]spintile bench wer --out wer.json[/bold]
    """
    writable_file(out, "--out")
    from ...flows.writing.campaigns import error_rate_campaign

    with ProgressDisplay(quiet) as progress:
        report = error_rate_campaign(
            quick=quick,
            trajectories=trajectories,
            replicates=replicates,
            confidence=confidence,
            seed=seed,
            progress=progress,
        )
    save(report, out)
    if json:
        show_json(report)
    else:
        _show_error_rates(report)
    if not report["agrees"]:
        worst = next(row for row in report["points"] if row["regime"] != "interpolation" and not row["inside"])
        raise CheckFailed(
            f"{report['outside']} of {report['judged']} pulses: the closed form must lie inside the interval; first "
            f"{worst['junction']} at {worst['drive']:g} V_c0 for {worst['width']:g} ns: {worst['closed_form']:.3g}, "
            f"not "
            f"within {worst['low']:.3g} to {worst['high']:.3g}"
        )


def _show_error_rates(report: dict[str, Any]) -> None:
    rows = []
    for row in report["points"]:
        judged = row["regime"] != "interpolation"
        off = row["relative_deviation"]
        rows.append(
            (
                ("✓" if row["inside"] else "✗") if judged else "",
                row["junction"],
                row["regime"],
                f"{row['drive']:g}",
                f"{row['width']:g}",
                row["event"],
                f"{row['simulated']:.3g}",
                f"{row['low']:.3g} .. {row['high']:.3g}",
                f"{row['closed_form']:.3g}",
                "–" if off is None else f"{100 * off:+.1f} %",
            )
        )
    show_table(
        f"Closed forms against the macrospin, {report['trajectories']} x {report['replicates']} trajectories a pulse",
        ("", "junction", "regime", "V/V_c0", "width [ns]", "event", "simulated", "interval", "closed form", "off"),
        rows,
        right=(3, 4, 6, 7, 8, 9),
    )
    typer.echo(f"{report['judged'] - report['outside']} of {report['judged']} judged pulses inside their interval.")


def coverage(
    chip: ChipName = "borders",
    quick: Annotated[bool, typer.Option("--quick", help=_QUICK)] = False,
    dies: Annotated[int, typer.Option("--dies", min=2, help="Dies of each population.")] = 36,
    repetitions: Annotated[int, typer.Option("--repetitions", min=2, help="Populations per over-dispersion.")] = 1000,
    seed: Seed = 1,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Whether the 95 % intervals of fitted statistics cover the truth in 92.5 to 97.5 % of sampled populations.

    Rates of 0.5, 0.3, 0.2 and 0.1 % (short, open, stuck-P, stuck-AP) with over-dispersion between dies of 0, 0.3 and
    0.6. Means must lie within 3 standard errors of the truth. About an hour for borders on one core.

    Example: [bold]spintile bench coverage --chip drolet --out drolet.json[/bold]
    """
    writable_file(out, "--out")
    from ...flows.writing.campaigns import interval_campaign

    on_chip = load_chip(chip)
    with ProgressDisplay(quiet) as progress:
        report = interval_campaign(
            on_chip, dies=dies, repetitions=10 if quick else repetitions, seed=seed, progress=progress
        )
    report["judged"] = not quick
    save(report, out)
    if json:
        show_json(report)
    else:
        _show_coverage(report)
    if not quick and not report["passed"]:
        low, high = report["band"]
        raise CheckFailed(f"coverage must be {low:.1%} to {high:.1%} and means within 3 standard errors for every rate")


def _show_coverage(report: dict[str, Any]) -> None:
    from spintile.model.dies.statistics import RATES

    rows = []
    for case in report["cases"]:
        for name in RATES:
            found = case["fields"].get(name)
            if found and found["truth"]:
                rows.append(
                    (
                        f"{case['rate_spread']:g}",
                        name.replace("_", "-"),
                        f"{found['truth']:.3%}",
                        f"{found['mean']:.3%}",
                        f"{found['deviation']:+.2f}",
                        f"{found['coverage']:.1%}",
                    )
                )
    show_table(
        f"{report['geometry']}: {report['repetitions']} populations of {report['dies']} dies for each over-dispersion",
        ("over-dispersion", "rate of", "truth", "mean of fits", "off [standard errors]", "covered by 95 % intervals"),
        rows,
        right=(0, 2, 3, 4, 5),
    )
    if not report["judged"]:
        typer.echo("Too few repetitions to judge coverage: run it without --quick.")


def write(
    chip: ChipName = "borders",
    dies: Annotated[int, typer.Option("--dies", min=1, help="152 dies of borders have 3 million healthy cells.")] = 152,
    quick: Annotated[bool, typer.Option("--quick", help=_QUICK)] = False,
    seed: Seed = 1,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Program-and-verify on dies with defects: no healthy cell may fail, and every defect that shows is reported.

    A random pattern is written to every die by the golden model of the write controller, which the RTL matches word for
    word. Healthy cells must all end in the intended state; only defective ones may be reported.

    Example: [bold]spintile bench write --out write.json[/bold]
    """
    writable_file(out, "--out")
    from ...flows.writing.campaigns import programming_campaign

    on_chip = load_chip(chip)
    with ProgressDisplay(quiet) as progress:
        report = programming_campaign(on_chip, dies=3 if quick else dies, seed=seed, progress=progress)
    save(report, out)
    if json:
        show_json(report)
    else:
        _show_writing(report)
    if not report["holds"]:
        raise CheckFailed(report["reason"])


def _show_writing(report: dict[str, Any]) -> None:
    fidelity, both = report["fidelity"], report["both_states"]
    bound = report["healthy_failure_rate_below"]
    show_table(
        f"{report['chip']}: random states into {report['dies']} dies, {fidelity['healthy']:,} healthy cells",
        ("", "before verify", "after verify"),
        [
            ("in the intended state", f"{fidelity['before']:.4%}", f"{fidelity['after']:.4%}"),
            (
                "healthy cells that failed",
                f"{fidelity['healthy_failed_before']:,}",
                f"{fidelity['healthy_failed_after']:,}",
            ),
        ],
        right=(1, 2),
    )
    rows = [(name.replace("_", "-"), f"{e['cells']:,}", f"{e['reported']:,}") for name, e in both["defects"].items()]
    rows.append(("healthy", f"{both['healthy_cells']:,}", f"{both['healthy_reported']:,}"))
    show_table("All P, then all AP", ("class", "cells", "reported"), rows, right=(1, 2))
    said = "" if bound is None else f"; a healthy cell fails with a probability below {bound:.1e} (95 % confidence)"
    typer.echo(f"{report['pulses']:,} pulses for {fidelity['cells']:,} cells, {report['passes']} passes at most{said}.")


def characterise(
    chip: ChipName = "borders",
    dies: Annotated[int, typer.Option("--dies", min=1, help="40 dies of borders have 4,000 defects.")] = 40,
    bits: Annotated[
        int | None, typer.Option("--bits", min=2, max=12, help="Converters of so many bits with the same full scale.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help=_QUICK)] = False,
    seed: Seed = 1,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Conductances and defect classes recovered from codes, against the truth: at least 99.9 % precision and recall.

    Healthy conductances must lie within one code of the true ones, and within 0.5 % on average where a code is at most
    1 % of G_P (12 bits over 1.2 x 25 rows). By the golden model of the controller, which the RTL matches word for word.

    Example: [bold]spintile bench characterise --bits 12[/bold]
    """
    writable_file(out, "--out")
    from ...flows.writing.campaigns import recovery_campaign, with_converters

    on_chip = load_chip(chip) if bits is None else with_converters(load_chip(chip), bits)
    with ProgressDisplay(quiet) as progress:
        report = recovery_campaign(on_chip, dies=3 if quick else dies, seed=seed, progress=progress)
    save(report, out)
    if json:
        show_json(report)
    else:
        from ...flows.writing.characterisation import class_name, confusion_rows

        confusion = report["confusion"]
        heading, rows = confusion_rows({"confusion": confusion["matrix"], "classes": confusion["classes"]})
        title = f"{report['chip']}: {report['dies']} dies read at {report['adc_bits']} bits"
        show_table(title, heading, rows, right=range(1, len(heading)))
        shares = [
            (class_name(name), *("–" if each[key] is None else f"{each[key]:.3%}" for key in ("precision", "recall")))
            for name, each in confusion["per_class"].items()
            if each["recall"] is not None
        ]
        show_table("", ("class", "precision", "recall"), shares, right=(1, 2))
        typer.echo(
            f"{confusion['defects']:,} shorts, opens and stuck cells. Healthy conductances: "
            f"{report['mean_error']:.3%} off "
            f"on average, {report['largest_error_lsb']:.2f} codes at most (a code is {report['lsb_over_g_p']:.2%} of "
            f"G_P)."
        )
    if not report["holds"]:
        raise CheckFailed(report["reason"])

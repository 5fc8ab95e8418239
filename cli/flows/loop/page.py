# SPDX-License-Identifier: BSD-3-Clause
"""The page of the closed loop."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...report import Check, Number, Section, Sheet, Strip
from ...report.accuracy_figure import accuracy_figure
from ...report.write_figures import Interval, interval_figure
from ..checks import provenance_tables
from ..writing.characterisation import error_section, truth_section
from ..writing.report import fidelity_section, writing_tables
from . import steps as loop_steps
from .plan import LoopRun
from .results import accuracy, comparisons, covered, on_rtl, provenance, trained, writing

#: Name, factor and unit of a fitted field, in the order of the figure.
FIELDS: Mapping[str, tuple[str, float, str]] = {
    "short": ("rate of shorts", 100.0, "%"),
    "open": ("rate of opens", 100.0, "%"),
    "stuck_p": ("rate of stuck-P", 100.0, "%"),
    "stuck_ap": ("rate of stuck-AP", 100.0, "%"),
    "pinhole": ("rate of pinholes", 100.0, "%"),
    "short_rate_spread": ("over-dispersion, shorts", 1.0, ""),
    "open_rate_spread": ("over-dispersion, opens", 1.0, ""),
    "short_strength": ("conductance of a short", 1.0, "G_P"),
    "r_p": ("R_P, median", 1.0, "Ω"),
    "tmr": ("TMR, median", 100.0, "%"),
    "spread": ("spread of R within dies", 100.0, "%"),
    "die_spread": ("spread of R between dies", 100.0, "%"),
    "tmr_spread": ("spread of TMR within dies", 100.0, "%"),
    "die_tmr_spread": ("spread of TMR between dies", 100.0, "%"),
}


def intervals(fit: Mapping[str, Any]) -> list[Interval]:
    """Rows of the figure of the fit."""
    rows = []
    for field, (label, factor, unit) in FIELDS.items():
        if field in fit["intervals"]:
            value, low, high = (math.inf if v is None else factor * v for v in fit["intervals"][field])
            rows.append(Interval(label, unit, value, low, high, factor * fit["truth"][field]))
    return rows


def make_sheet(run: LoopRun, checks: Sequence[Check]) -> Sheet:
    """What the page shows."""
    from spintile.model.chip import Chip
    from spintile.model.data import load
    from spintile.model.dies import load_population
    from spintile.model.network import load_network
    from spintile.model.programming import Characterisation

    settings, folder = run.settings, run.folder
    chip = Chip.load(folder / loop_steps.CHIP)
    reading = chip.replace(sensing=chip.sensing.replace(adc_bits=settings.characterise_bits))
    truth, recovered = load_population(folder / loop_steps.TRUTH), load_population(folder / loop_steps.RECOVERED)
    measured = truth.select(range(settings.dies))
    found = Characterisation(recovered.g_p, recovered.g_ap, recovered.defect)
    network = load_network(folder / loop_steps.network_file("fitted"))
    summary, wrote = run.value("recover")["characterise"], run.value("recover")["write"]
    true, fitted = accuracy(run, "true"), accuracy(run, "fitted")
    total, written = comparisons(run), writing(run)
    compared = sum(part["compared"] for part in total.values())
    differ = sum(part["mismatches"] for part in total.values())
    fit = run.value("fit")
    who = "the golden model" if run.engine == "model" else f"the RTL on {run.engine}"
    inside = covered(fit)
    return Sheet(
        title="The life of a die, as one loop",
        subtitle=(
            f"{settings.dies} dies of {chip.geometry.devices:,} cells programmed and characterised by {who}; their "
            f"statistics "
            f"fitted; a {loop_steps.network_summary(network)} network trained for the fit, written into dies and asked."
        ),
        question="Is what the chip tells of itself enough to train for it?",
        answer=(
            f"Trained for what was measured, the network answers {fitted['mean']:.2f} % of the test images on "
            f"{settings.all_dies} dies; trained for the true process, {true['mean']:.2f} %. "
            + ("" if run.engine == "model" else _exactness(compared, differ))
        ),
        numbers=(
            Number("fitted statistics", f"{fitted['mean']:.2f}", "%"),
            Number("true statistics", f"{true['mean']:.2f}", "%"),
            Number("precision, recall", f"{_percent(summary['precision'])}, {_percent(summary['recall'])}"),
            Number("healthy cells failed", f"{written['failed_before_verify']:,} → {written['failed_after_verify']:,}"),
            Number("bit-exact values", f"{compared - differ:,}"),
        ),
        sections=(
            fidelity_section(wrote, chip),
            truth_section(measured, found, summary),
            error_section(measured, found, reading),
            Section(
                "Statistics: fitted and true",
                f"Fitted to the {settings.dies} recovered dies, with intervals of {fit['level']:.0%}, each row on a "
                f"scale of its own. "
                f"{sum(inside.values())} of all {len(inside)} intervals hold the truth; one in twenty may miss it.",
                figures=(interval_figure(intervals(fit)),),
            ),
            _accuracy_section(run, true, fitted, truth.die_ids),
            _rtl_section(run),
        ),
        checks=checks,
        tables={
            **writing_tables(chip),
            "Loop": {
                "measured dies": str(settings.dies),
                "fresh dies": str(settings.fresh_dies),
                "bits, characterisation": str(settings.characterise_bits),
                "bits, inference": str(chip.adc_bits),
                "network": loop_steps.network_summary(network),
                "test images": f"{trained(run, 'fitted')[0]['images']:,}",
                "column repair": chip.repair_mode.replace("_", " "),
            },
            **provenance_tables(provenance(run)),
        },
        credit=load(settings.data).attribution,
    )


def _exactness(compared: int, differ: int) -> str:
    if differ:
        return f"RTL and golden model differ in {differ:,} of {compared:,} values."
    return f"All {compared:,} values that the RTL gave are the golden model's, to the bit."


def _accuracy_section(run: LoopRun, true: Mapping[str, Any], fitted: Mapping[str, Any], ids: np.ndarray) -> Section:
    measured, networks = run.settings.dies, run.settings.trainings

    def strip(label: str, colour: str, values: Any, numbers: np.ndarray) -> Strip:
        flat = np.array(values).ravel()
        return Strip(label, colour, True, flat, np.tile(numbers, networks), networks)

    strips = [
        strip("true statistics", "unaware", true["dies"], ids),
        strip("fitted statistics", "statistics", fitted["dies"], ids),
    ]
    if run.settings.fresh_dies:
        found = np.array(fitted["dies"])
        strips.append(strip("fitted, measured dies", "own", found[:, :measured], ids[:measured]))
        strips.append(strip("fitted, fresh dies", "others", found[:, measured:], ids[measured:]))
    figure = accuracy_figure(strips, fitted["software"], "accuracy over the dies, by the statistics trained for")
    return Section(
        "What training for the fit gives",
        "Each dot is one die and all its test images, answered with the states that program-and-verify left in it. All "
        "networks start from the same one, trained in software; each trained for the fit has a twin trained for the "
        "truth with the same seed and the same images in the same order, and only the statistics differ that their "
        "dies "
        "are drawn from. Chance alone moves a network by some tenths of a point. Fresh dies are of the same process, "
        "and "
        "nobody measured them. The dashed line is the networks for the fit without an array.",
        figures=(figure,),
    )


def _rtl_section(run: LoopRun) -> Section:
    rows = []
    for die, step in on_rtl(run).items():
        wrote, infer = step["write"] or {}, step["infer"] or {}
        rows.append(
            (
                f"die {die}, {'measured' if die < run.settings.dies else 'fresh'}",
                f"{wrote.get('failed_before_verify', 0):,}",
                f"{wrote.get('failed_after_verify', 0):,}",
                f"{wrote.get('reported', 0):,}",
                f"{step['program']['compared']:,}",
                f"{infer.get('images', 0):,}",
                f"{infer.get('compared', 0):,}",
                f"{step['program']['mismatches'] + infer.get('mismatches', 0):,}",
            )
        )
    names = (
        "",
        "healthy, failed before verify",
        "after",
        "cells reported",
        "words and states compared",
        "images inferred",
        "values compared",
        "differ",
    )
    return Section(
        "The network written and asked through the RTL",
        "The network trained for the fit, programmed cell by cell into dies at the RTL's pins; then images, through "
        "the same "
        "RTL, with the states that its own pulses left. Every report word, state, code, accumulator, activation and "
        "class is compared."
        if run.engine != "model"
        else "The golden model ran alone: nothing was simulated.",
        columns=names,
        rows=rows,
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %" if share < 1 else "100 %"

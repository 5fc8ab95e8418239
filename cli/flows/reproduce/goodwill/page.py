# SPDX-License-Identifier: BSD-3-Clause
"""Pictures, page and reports of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....report import Number, Section, Sheet, render_sheet
from ...checks import checks_junit, provenance, provenance_tables
from ...files import write_json, write_text
from ..claims import Claim, claim_checks, claims_section
from . import pictures, results
from .plan import HEADLINE

if TYPE_CHECKING:
    from .plan import Outcome

#: What a finished run leaves besides sweeps and the simulation's folder.
FILES = (
    "report.json",
    "report.html",
    "results.xml",
    *(
        f"{name}.{suffix}"
        for name in ("scale", "solutions", "fidelity", "predictors")
        for suffix in ("svg", "png", "json")
    ),
)


def write_outputs(
    outcome: Outcome, rtl: Mapping[str, Any] | None, source: str, folder: Path
) -> tuple[dict[str, Any], tuple[Claim, ...]]:
    """Pictures, page, JUnit and report; the same run gives the same bytes. The report and its claims."""
    scales, related = results.by_scale(outcome), results.predictors(outcome)
    claims = results.make_claims(outcome, scales, rtl)
    report = results.make_report(outcome, scales, related, claims, rtl, source)
    drawn = {
        "scale": pictures.draw_scale(scales, folder),
        "solutions": pictures.draw_solutions(outcome, scales, folder),
        "fidelity": pictures.draw_fidelity(outcome, folder),
        "predictors": pictures.draw_predictors(related, folder),
    }
    write_text(folder / "report.html", render_sheet(make_sheet(report, claims, drawn)))
    write_text(folder / "results.xml", checks_junit(claim_checks(claims), "reproduce goodwill"))
    write_json(folder / "report.json", report)
    return report, claims


def make_sheet(report: Mapping[str, Any], claims: Sequence[Claim], drawn: Mapping[str, str]) -> Sheet:
    """What the page shows."""
    head, rtl = report["headline"], report["rtl"]
    numbers = [
        Number("median of solutions", f"{report['median']:.1f}", "%"),
        Number("published", f"{report['published']:.1f}", "%"),
        Number("solutions", f"{report['solutions']:,}"),
        Number("tuned scale", f"{report['by_scale'][HEADLINE[0]][HEADLINE[1]]['tuned']:g}"),
    ]
    if rtl is not None:
        numbers.append(Number("bit-exact values", f"{rtl['compared'] - rtl['mismatches']:,}"))
    return Sheet(
        title="Wine on passive arrays of magnetic tunnel junctions",
        subtitle=(
            f"{report['solutions']} solutions of a 13-6-3 network ({report['source']}), each written to a die of its "
            "own with passive 15 x 15 arrays, and asked all 178 samples through the wires."
        ),
        question=f"Is the median accuracy at least {report['published']} % with write errors, spread and wires?",
        answer=(
            f"The median is {report['median']:.1f} % ({head['low']:.1f} to {head['high']:.1f}, 95 %) with one "
            f"unverified pulse a cell on {head['device']}."
        ),
        numbers=numbers,
        sections=(
            claims_section(
                claims,
                "Intervals: 95 %, from solutions drawn again with repetition. Lines without a bound of ours are "
                "for comparison; the command is judged by the first and by the RTL.",
            ),
            Section(
                "The tuned scale",
                "Both layers are y = tanh((I_even - I_odd) / (G_norm V_read) + b). G_norm is swept; the tuned value is "
                "the best on the samples that solutions were trained on (on all samples, where those are not known). "
                "Bands: quartiles.",
                figures=(drawn["scale"],),
            ),
            _table(report["by_scale"]),
            Section("Every solution", figures=(drawn["solutions"],)),
            Section(
                "Accuracy and write fidelity",
                "Each mark is a solution on its die; marks are shifted a little so that they do not cover each other.",
                figures=(drawn["fidelity"],),
            ),
            _predictors(report["predictors"], drawn["predictors"]),
            *(() if rtl is None else (_rtl(rtl),)),
            _assumed(),
        ),
        checks=claim_checks(claims),
        tables=provenance_tables(provenance(report["seeds"][0], {})),
        credit="UCI Wine: S. Aeberhard, M. Forina, CC BY 4.0.",
    )


def _table(scales: Mapping[str, Any]) -> Section:
    rows = []
    for device, writes in scales.items():
        for write, entry in writes.items():
            part, written = entry["at_tuned"], entry["fidelity"]
            held_out = f"{entry['held_out']['mean']:.1f}" if "held_out" in entry else "–"
            swept = entry["scales"]
            rows.append(
                (
                    f"{device}, {write.replace('-', ' ')}",
                    f"{entry['tuned']:g}",
                    f"{part['median']:.1f} ({part['low']:.1f} … {part['high']:.1f})",
                    held_out,
                    f"{part['lower_quartile']:.1f}",
                    *(f"{swept[scale]['median']:.1f}" for scale in ("0.5", "1", "1.5")),
                    f"{written['before_verify']['mean']:.2f} → {written['after_verify']['mean']:.2f}",
                    f"{written['held']['mean']:.2f}",
                )
            )
    return Section(
        "Device size, way of writing, scale",
        "Accuracy in percent over all samples; held out: mean over the 30 samples that each solution was not trained "
        "on. Fidelity: share of cells in their window as the controller reads them after their first pulse and at the "
        "end, and share that hold their state when everything is written (shorts and opens count as holding it).",
        columns=(
            "device, writing",
            "tuned",
            "median (95 %)",
            "held out",
            "lower quartile",
            "at 0.5",
            "at 1",
            "at 1.5",
            "fidelity",
            "held",
        ),
        rows=rows,
    )


def _predictors(related: Mapping[str, Any], figure: str) -> Section:
    from spintile.model.training.wine import METRICS

    rows = []
    for device, writes in related.items():
        for write, table in writes.items():
            (name, best), (early, known) = results.best_predictor(table), results.best_predictor(table, True)
            rows.append(
                (
                    f"{device}, {write.replace('-', ' ')}",
                    f"{name.replace('-', ' ')}: {best['rho']:+.2f} ({best['low']:+.2f} … {best['high']:+.2f})",
                    f"{early.replace('-', ' ')}: {known['rho']:+.2f} ({known['low']:+.2f} … {known['high']:+.2f})",
                )
            )
    meaning = "; ".join(f"{name.replace('-', ' ')}: {text}" for name, text in METRICS.items())
    return Section(
        "What predicts accuracy",
        f"Spearman's rank correlation over solutions at the tuned scale, with 95 % intervals. {meaning}.",
        figures=(figure,),
        columns=("device, writing", "best of all", "best of those known before writing"),
        rows=rows,
    )


def _rtl(rtl: Mapping[str, Any]) -> Section:
    repeats = rtl["jittered_repeats"]
    return Section(
        "Down to the RTL",
        f"Solution {rtl['solution']} with 8-bit inputs as bit planes and 4-bit activations by multi-thresholds (tanh "
        f"is affine in them; its constant is in the output bias), program-and-verify on {rtl['dies']} dies of the "
        f"goodwill chip with shorts, opens and stuck devices. {rtl['samples']} samples"
        + (f", {repeats} of them repeats of the set's own with a jitter of up to 4 of 255 levels" if repeats else "")
        + ".",
        columns=("", "value"),
        rows=(
            ("simulator", rtl["engine"]),
            *((f"compared: {stage}", f"{count:,}") for stage, count in rtl["compared_by_stage"].items()),
            ("differ", f"{rtl['mismatches']:,}"),
            ("accuracy of its integers on ideal devices", f"{rtl['software_integers']:.1f} %"),
            ("accuracy on the dies, mean (worst)", f"{rtl['accuracy']['mean']:.1f} % ({rtl['accuracy']['min']:.1f} %)"),
            ("cells in the wrong state, by die", ", ".join(str(count) for count in rtl["cells_wrong"])),
        ),
    )


def _assumed() -> Section:
    from spintile.model.training.wine import WRITES, chip_of

    chip = chip_of("mtj-50nm", "defects")
    wires, statistics = chip.wires, chip.statistics
    rows = [(f"writing: {name.replace('-', ' ')}", text) for name, text in WRITES.items()]
    return Section(
        "What is assumed",
        "Junctions: published RA, TMR and diameter (50, 40 nm) and a published write error rate (11 nm); the rest is "
        "our choice, as are the spread, the wires and the pulses. Reads are linear, without noise and, but for the "
        "RTL, without converters; nothing is known of the published arrays' own errors.",
        columns=("", ""),
        rows=(
            ("wire between neighbouring cells", f"{wires.row_segment:g} Ω"),
            ("spread of resistance, log-normal", f"{100 * statistics.spread:g} %"),
            (
                "shorts, opens, stuck P, stuck AP (defects)",
                ", ".join(
                    f"{100 * rate:g} %"
                    for rate in (statistics.short, statistics.open, statistics.stuck_p, statistics.stuck_ap)
                ),
            ),
            ("pulses", "half-select; every cell of the kernel sees what the solved array gives it"),
            ("cells without a weight", "as they were found: random states"),
            *rows,
        ),
    )

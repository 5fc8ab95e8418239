# SPDX-License-Identifier: BSD-3-Clause
"""The page: claims, boundary, trainings, how networks are written, what the RTL answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....report import Number, Section, Sheet
from ...checks import provenance, provenance_tables
from ..claims import Claim, claim_checks, claims_section
from . import cases
from .plan import DroletRun
from .results import gain, method_summary, rtl_summary
from .settings import SEGMENT


def make_sheet(run: DroletRun, claims: Sequence[Claim], contours: str, shares: str) -> Sheet:
    """Everything the page shows; pictures as SVG elements."""
    settings = run.settings
    aware, plain, wider = run.spread("hardware_aware"), run.spread("regular"), run.spread("wider")
    clean = run.spread("hardware_aware", "clean")
    rtl = rtl_summary(run)
    seeds = "one seed" if settings.seeds == 1 else f"median of {settings.seeds} seeds"
    answer = (
        f"{aware.median:.1f} % of {settings.points:,} fresh points are right in at least 95 % of "
        f"{settings.transfers:,} transfers when training knows the crossbar ({seeds}), "
        f"{plain.median:.1f} % when it does not; {wider.median:.1f} % with 48 hidden neurons."
    )
    if not settings.judged:
        answer += " A quick run: short trainings, judged by the gain and the RTL alone."
    return Sheet(
        title="Half-moons on passive crossbars",
        subtitle=(
            "Two inputs, eight hidden neurons, one output, two analog memories a weight in 8 × 8 crossbars: tuning "
            "errors, stuck devices, and writes that disturb their neighbours. After Drolet et al. 2023, "
            "arXiv 2305.18495."
        ),
        question="Does training that knows the crossbar survive being written thousands of times?",
        answer=answer,
        numbers=(
            Number("hardware-aware", f"{aware.median:.1f}", "%"),
            Number("clean accuracy", f"{clean.median:.1f}", "%"),
            Number("regular", f"{plain.median:.1f}", "%"),
            Number("gain", f"{gain(run).median:.1f}", "points"),
            Number("2-48-1", f"{wider.median:.1f}", "%"),
            Number("RTL: values compared", f"{rtl['compared']:,}" if run.dies else "none"),
        ),
        sections=(
            claims_section(claims, _CLAIMS),
            Section("Where transfers put the boundary", _CONTOURS, figures=(contours,)),
            Section("Every training", _SHARES, figures=(shares,), columns=_COLUMNS, rows=_rows(run)),
            _writing_section(run),
            *([_rtl_section(run)] if run.dies else []),
        ),
        checks=claim_checks(claims),
        tables={
            "Settings": {
                "effort": settings.effort,
                "seeds": str(settings.seeds),
                "transfers": f"{settings.transfers:,}",
                "fresh points": f"{settings.points:,}",
                "epochs of regular training": f"{settings.epochs:,}",
                "disturbance": "own table" if settings.disturbance is None else "given table",
                "wires": f"{SEGMENT:g} Ω a segment",
            },
            **provenance_tables(provenance(0, {})),
        },
        credit="Half-moons drawn by scikit-learn's make_moons (1,000 points, noise 0.05, seed 42; 800 for training).",
    )


_CLAIMS = (
    "Share: of fresh points, those right in at least 95 % of the transfers. The interval runs from the worst to the "
    "best seed; in brackets, how surely it covers the median of all seeds. The published figures are 79.5 % and "
    "18.5 %. Regular training is the published recipe, not tuned, its weights spread over the window layer by layer; "
    "narrower weight ranges lend it robustness at the cost of accuracy, and are shown for comparison."
)
_CONTOURS = (
    "Colour: share of transfers that say class 1. Line: the boundary when every device has what was asked for. Dots are"
    " fresh points right in at least 95 % of transfers, crosses those that are not. The seed with the median share is "
    "drawn. Numbers: contours.json and contours.csv."
)
_SHARES = (
    "A dot is a network trained with one seed; the mark is the median. With wires, every transfer goes through the "
    "exact transfer matrix of its arrays, though training knew nothing of them. “On the chip”: the same transfers "
    "read with 8-bit inputs by bit planes, 4-bit activations and the 8-bit converters, wires included, by the "
    "golden model."
)
_COLUMNS = ("training", "share", "worst seed", "with wires", "on the chip", "clean", "mean over transfers")


def _rows(run: DroletRun) -> list[tuple[str, ...]]:
    rows = []
    for method in cases.methods(run.settings):
        table = method_summary(run, method.key)
        figures = [table["share"]["median"], table["share"]["low"], table["share_with_wires"]["median"]]
        chip: dict[str, Any] | None = table.get("share_on_chip")
        shown = [f"{value:.1f} %" for value in figures]
        shown.append(f"{chip['median']:.1f} %" if chip else "–")
        shown += [f"{table[key]['median']:.1f} %" for key in ("clean", "mean")]
        rows.append((method.title, *shown))
    return rows


def _writing_section(run: DroletRun) -> Section:
    rows = []
    for method in cases.methods(run.settings):
        table = method_summary(run, method.key)
        scales = " and ".join(f"{scale:.3g}" for scale in table["scales"][run.typical(method.key)])
        arrays = " and ".join(map(str, table["arrays"]))
        rows.append((method.title, table["network"], arrays, f"{table['devices']}", scales))
    return Section(
        "How networks are written",
        "Our choices, where the paper is silent. A layer is a matrix of pairs with a last row for the biases, which "
        "are devices like all others and driven with 1. It is cut into arrays of at most 8 rows and 4 pairs. An array "
        "is written row by row, in a row pair by pair, plus before minus, every device once; each write disturbs what "
        "was written before it in the same array and nothing elsewhere, so the first of 24 devices sees 23 later "
        "writes. Scale: the weight of a pair across its whole window of 100 to 500 µS; fixed in hardware-aware "
        "training, the largest weight of the layer in regular training (typical seed). Devices that carry no "
        "weight were never written.",
        columns=("training", "network", "arrays of its layers", "devices", "scales of its layers"),
        rows=rows,
    )


def _rtl_section(run: DroletRun) -> Section:
    return Section(
        "Through the RTL",
        "The hardware-aware 2-8-1 network of the median seed on the chip preset “drolet”: inputs as 8 bit planes, each "
        "sigmoid as 15 thresholds, the class as the sign of the last accumulator. A die is one transfer: its "
        "conductances, through the wires, as integers. Every code, accumulator, activation and class is compared with "
        "the golden model.",
        columns=("die", "points", "right", "values compared", "differ"),
        rows=[
            (
                f"transfer {index}",
                f"{die['points']:,}",
                f"{die['right']:,}",
                f"{die['compared']:,}",
                f"{die['mismatches']:,}",
            )
            for index, die in enumerate(run.dies)
        ],
    )
